/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What a path is: stat and its kin, access, statfs, links and names. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "kern.h"
#include "real.h"
#include "redirect.h"

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif

/* A pinned object is an empty file with one name. */
static int as_bpffs(int ret, enum redirect_kind kind, struct stat *st)
{
	if (!ret && kind == REDIRECT_BPFFS && S_ISREG(st->st_mode)) {
		st->st_size = 0;
		st->st_blocks = 0;
		st->st_nlink = 1;
	}
	return ret;
}

EXPORT int stat(const char *path, struct stat *st)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	return as_bpffs(REAL(stat)(real, st), to.kind, st);
}

EXPORT int lstat(const char *path, struct stat *st)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	return as_bpffs(REAL(lstat)(real, st), to.kind, st);
}

EXPORT int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	return as_bpffs(REAL(fstatat)(dir, real, st, flags), to.kind, st);
}

#if __SIZEOF_LONG__ == 8
EXPORT int stat64(const char *path, struct stat64 *st) __attribute__((alias("stat")));
EXPORT int lstat64(const char *path, struct stat64 *st) __attribute__((alias("lstat")));
EXPORT int fstatat64(int dir, const char *path, struct stat64 *st, int flags)
	__attribute__((alias("fstatat")));
#endif

/* Binaries older than glibc 2.33. */
int __xstat(int version, const char *path, struct stat *st);
int __lxstat(int version, const char *path, struct stat *st);
int __xstat64(int version, const char *path, struct stat64 *st);
int __lxstat64(int version, const char *path, struct stat64 *st);

EXPORT int __xstat(int version, const char *path, struct stat *st)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	return as_bpffs(REAL(__xstat)(version, real, st), to.kind, st);
}

EXPORT int __lxstat(int version, const char *path, struct stat *st)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	return as_bpffs(REAL(__lxstat)(version, real, st), to.kind, st);
}

#if __SIZEOF_LONG__ == 8
EXPORT int __xstat64(int version, const char *path, struct stat64 *st)
	__attribute__((alias("__xstat")));
EXPORT int __lxstat64(int version, const char *path, struct stat64 *st)
	__attribute__((alias("__lxstat")));
#endif

EXPORT int statx(int dir, const char *path, int flags, unsigned int mask, struct statx *st)
{
	struct redirect to;
	const char *real = redirected(path, &to);
	int ret = REAL(statx)(dir, real, flags, mask, st);

	if (!ret && to.kind == REDIRECT_BPFFS && S_ISREG(st->stx_mode)) {
		st->stx_size = 0;
		st->stx_blocks = 0;
		st->stx_nlink = 1;
	}
	return ret;
}

EXPORT int access(const char *path, int mode)
{
	struct redirect to;

	return REAL(access)(redirected(path, &to), mode);
}

EXPORT int faccessat(int dir, const char *path, int mode, int flags)
{
	struct redirect to;

	return REAL(faccessat)(dir, redirected(path, &to), mode, flags);
}

EXPORT int euidaccess(const char *path, int mode)
{
	struct redirect to;

	return REAL(euidaccess)(redirected(path, &to), mode);
}

EXPORT int eaccess(const char *path, int mode)
{
	struct redirect to;

	return REAL(eaccess)(redirected(path, &to), mode);
}

/* ---- file systems ---- */

/* 0: the file system is the one it says it is. */
static unsigned int magic_of(enum redirect_kind kind)
{
	switch (kind) {
	case REDIRECT_BPFFS:
		return BPF_FS_MAGIC;
	case REDIRECT_CGROUP:
		return CGROUP2_SUPER_MAGIC;
	case REDIRECT_TRACEFS:
		return TRACEFS_MAGIC;
	default:
		return 0;
	}
}

EXPORT int statfs(const char *path, struct statfs *st)
{
	struct redirect to;
	int ret = REAL(statfs)(redirected(path, &to), st);

	if (!ret && magic_of(to.kind))
		st->f_type = magic_of(to.kind);
	return ret;
}

EXPORT int fstatfs(int fd, struct statfs *st)
{
	char proc[64], path[PATH_MAX], shown[PATH_MAX];
	int ret = REAL(fstatfs)(fd, st);
	enum redirect_kind kind;
	ssize_t len;

	if (ret || st->f_type != TMPFS_MAGIC)
		return ret;
	/* Stores lie on tmpfs where there is one: only then the fd's path is asked for. */
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	len = REAL(readlink)(proc, path, sizeof(path) - 1);
	if (len > 0) {
		path[len] = 0;
		kind = shown_path(path, shown, sizeof(shown));
		if (magic_of(kind))
			st->f_type = magic_of(kind);
	}
	return 0;
}

#if __SIZEOF_LONG__ == 8
EXPORT int statfs64(const char *path, struct statfs64 *st) __attribute__((alias("statfs")));
EXPORT int fstatfs64(int fd, struct statfs64 *st) __attribute__((alias("fstatfs")));
#endif

EXPORT int statvfs(const char *path, struct statvfs *st)
{
	struct redirect to;

	return REAL(statvfs)(redirected(path, &to), st);
}

/* ---- extended attributes: ls asks for them ---- */

EXPORT ssize_t getxattr(const char *path, const char *name, void *value, size_t size)
{
	struct redirect to;

	return REAL(getxattr)(redirected(path, &to), name, value, size);
}

EXPORT ssize_t lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	struct redirect to;

	return REAL(lgetxattr)(redirected(path, &to), name, value, size);
}

EXPORT ssize_t listxattr(const char *path, char *list, size_t size)
{
	struct redirect to;

	return REAL(listxattr)(redirected(path, &to), list, size);
}

EXPORT ssize_t llistxattr(const char *path, char *list, size_t size)
{
	struct redirect to;

	return REAL(llistxattr)(redirected(path, &to), list, size);
}

/* ---- links and names ---- */

static ssize_t read_link(int dir, const char *path, char *buf, size_t size)
{
	struct redirect to;
	const char *real = redirected(path, &to);

	if (to.kind == REDIRECT_FD)
		return kern_fd_link_text(to.fd, buf, size);
	return REAL(readlinkat)(dir, real, buf, size);
}

EXPORT ssize_t readlink(const char *path, char *buf, size_t size)
{
	return read_link(AT_FDCWD, path, buf, size);
}

EXPORT ssize_t readlinkat(int dir, const char *path, char *buf, size_t size)
{
	return read_link(dir, path, buf, size);
}

EXPORT char *realpath(const char *path, char *resolved)
{
	char real[PATH_MAX], shown[PATH_MAX];
	struct redirect to;

	if (redirect(path, &to) != REDIRECT_BPFFS)
		return REAL(realpath)(path, resolved);
	if (!REAL(realpath)(to.path, real))
		return NULL;
	if (!shown_path(real, shown, sizeof(shown)))
		snprintf(shown, sizeof(shown), "%s", real);
	return resolved ? strcpy(resolved, shown) : strdup(shown);
}

char *__realpath_chk(const char *path, char *resolved, size_t size);

EXPORT char *__realpath_chk(const char *path, char *resolved, size_t size)
{
	struct redirect to;

	if (redirect(path, &to) != REDIRECT_BPFFS)
		return REAL(__realpath_chk)(path, resolved, size);
	return realpath(path, resolved);
}

EXPORT char *canonicalize_file_name(const char *path)
{
	return realpath(path, NULL);
}
