/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Changing names: mkdir, unlink, rename, links, mounts, and walks over trees. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern.h"
#include "real.h"
#include "redirect.h"

/* Names with a dot are the file system's own: measured for mkdir and pins, not for rename. */
static bool refused_name(const struct redirect *to)
{
	const char *base = strrchr(to->path, '/');

	return to->kind == REDIRECT_BPFFS && base && strchr(base, '.');
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	if (refused_name(&to)) {
		errno = EPERM;
		return -1;
	}
	return REAL(mkdir)(real, mode);
}

EXPORT int mkdirat(int dir, const char *path, mode_t mode)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	if (refused_name(&to)) {
		errno = EPERM;
		return -1;
	}
	return REAL(mkdirat)(dir, real, mode);
}

EXPORT int rmdir(const char *path)
{
	struct redirect to;

	return REAL(rmdir)(redirected(path, &to));
}

/* A name that went may have been the last reference to its object. */
static int after_removal(int ret, const struct redirect *to)
{
	if (!ret && to->kind == REDIRECT_BPFFS)
		kern_unpinned();
	return ret;
}

EXPORT int unlink(const char *path)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	return after_removal(REAL(unlink)(real), &to);
}

EXPORT int unlinkat(int dir, const char *path, int flags)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	return after_removal(REAL(unlinkat)(dir, real, flags), &to);
}

EXPORT int remove(const char *path)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	return after_removal(REAL(remove)(real), &to);
}

/* ---- two paths ---- */

EXPORT int rename(const char *from, const char *to)
{
	struct redirect a, b;
	const char *real_from = redirected(from, &a), *real_to = redirected(to, &b);

	return after_removal(REAL(rename)(real_from, real_to), &b);
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	struct redirect a, b;
	const char *real_from = redirected(from, &a), *real_to = redirected(to, &b);

	return after_removal(REAL(renameat)(from_dir, real_from, to_dir, real_to), &b);
}

EXPORT int renameat2(int from_dir, const char *from, int to_dir, const char *to,
		     unsigned int flags)
{
	struct redirect a, b;
	const char *real_from = redirected(from, &a), *real_to = redirected(to, &b);

	return after_removal(REAL(renameat2)(from_dir, real_from, to_dir, real_to, flags), &b);
}

EXPORT int link(const char *from, const char *to)
{
	struct redirect a, b;
	const char *real_from = redirected(from, &a), *real_to = redirected(to, &b);

	return REAL(link)(real_from, real_to);
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	struct redirect a, b;
	const char *real_from = redirected(from, &a), *real_to = redirected(to, &b);

	return REAL(linkat)(from_dir, real_from, to_dir, real_to, flags);
}

/* The text of a symbolic link is the real path where it is ours, so that the file system itself
 * can follow it. */
EXPORT int symlink(const char *text, const char *path)
{
	struct redirect a, b;
	const char *real_text = redirected(text, &a), *real = redirected(path, &b);

	return REAL(symlink)(real_text, real);
}

EXPORT int symlinkat(const char *text, int dir, const char *path)
{
	struct redirect a, b;
	const char *real_text = redirected(text, &a), *real = redirected(path, &b);

	return REAL(symlinkat)(real_text, dir, real);
}

EXPORT int chdir(const char *path)
{
	struct redirect to;

	return REAL(chdir)(redirected(path, &to));
}

EXPORT int chmod(const char *path, mode_t mode)
{
	struct redirect to;

	return REAL(chmod)(redirected(path, &to), mode);
}

EXPORT int fchmodat(int dir, const char *path, mode_t mode, int flags)
{
	struct redirect to;

	return REAL(fchmodat)(dir, redirected(path, &to), mode, flags);
}

EXPORT int chown(const char *path, uid_t owner, gid_t group)
{
	struct redirect to;

	return REAL(chown)(redirected(path, &to), owner, group);
}

EXPORT int fchownat(int dir, const char *path, uid_t owner, gid_t group, int flags)
{
	struct redirect to;

	return REAL(fchownat)(dir, redirected(path, &to), owner, group, flags);
}

EXPORT int utimensat(int dir, const char *path, const struct timespec times[2], int flags)
{
	struct redirect to;

	return REAL(utimensat)(dir, redirected(path, &to), times, flags);
}

/* ---- mounts: the emulated file systems are always there ---- */

EXPORT int mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *data)
{
	struct redirect to;

	if (type && !strcmp(type, "bpf") && redirect(target, &to) == REDIRECT_BPFFS)
		return 0;
	if (type && !strcmp(type, "tracefs") && redirect(target, &to) == REDIRECT_TRACEFS)
		return 0;
	return REAL(mount)(source, target, type, flags, data);
}

EXPORT int umount(const char *target)
{
	struct redirect to;

	if (redirect(target, &to) == REDIRECT_BPFFS) {
		errno = EBUSY;
		return -1;
	}
	return REAL(umount)(target);
}

EXPORT int umount2(const char *target, int flags)
{
	struct redirect to;

	if (redirect(target, &to) == REDIRECT_BPFFS) {
		errno = EBUSY;
		return -1;
	}
	return REAL(umount2)(target, flags);
}

/* ---- walks: paths are given back as the program knows them ---- */

static _Thread_local __nftw_func_t walk_fn;

static int walk_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char shown[PATH_MAX];
	enum redirect_kind kind = shown_path(path, shown, sizeof(shown));
	struct stat copy = *st;
	struct FTW place = *ftw;

	if (!kind)
		return walk_fn(path, st, type, ftw);
	place.base += (int)strlen(shown) - (int)strlen(path);
	if (kind == REDIRECT_BPFFS && S_ISREG(copy.st_mode)) {
		copy.st_size = 0;
		copy.st_blocks = 0;
		copy.st_nlink = 1;
	}
	return walk_fn(shown, &copy, type, &place);
}

EXPORT int nftw(const char *path, __nftw_func_t fn, int fds, int flags)
{
	__nftw_func_t outer = walk_fn;
	struct redirect to;
	int ret;

	redirect(path, &to);
	if (to.kind != REDIRECT_BPFFS && to.kind != REDIRECT_CGROUP && to.kind != REDIRECT_TRACEFS)
		return REAL(nftw)(path, fn, fds, flags);
	walk_fn = fn;
	ret = REAL(nftw)(to.path, walk_entry, fds, flags);
	walk_fn = outer;
	return ret;
}

#if __SIZEOF_LONG__ == 8
EXPORT int nftw64(const char *path, __nftw64_func_t fn, int fds, int flags)
	__attribute__((alias("nftw")));
#endif
