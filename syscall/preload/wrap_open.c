/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Opening paths of the emulated kernel: files, directories, streams. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern.h"
#include "raw.h"
#include "real.h"
#include "redirect.h"

static mode_t mode_argument(int flags, va_list args)
{
	return flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? va_arg(args, mode_t) : 0;
}

/* An iterator's pin is read; no other can be opened. */
static int open_pin(const char *path, int flags)
{
	int fd = kern_open_pinned(path, flags);

	if (fd >= 0)
		return fd;
	errno = fd == KERN_NOT_OURS ? EIO : -fd;
	return -1;
}

/*
 * Bpffs has no plain files: creating one is EACCES, opening a pinned object EIO. Directories are
 * real ones.
 */
static int open_bpffs(const char *path, const char *real, int flags, mode_t mode)
{
	struct stat st;

	if (REAL(stat)(real, &st)) {
		if (errno == ENOENT && flags & O_CREAT)
			errno = EACCES;
		return -1;
	}
	if (S_ISREG(st.st_mode) && !(flags & O_PATH)) {
		if (!(flags & (O_EXCL | O_DIRECTORY)))
			return open_pin(path, flags);
		errno = flags & O_EXCL ? EEXIST : ENOTDIR;
		return -1;
	}
	return REAL(open)(real, flags, mode);
}

/* Nobody makes files there or writes to them, not even root. */
static int open_tracefs(const char *real, int flags)
{
	bool writes = (flags & O_ACCMODE) != O_RDONLY && !(flags & O_PATH);
	struct stat st;
	int fd;

	if (writes && !REAL(stat)(real, &st) && S_ISREG(st.st_mode)) {
		errno = EACCES;
		return -1;
	}
	fd = REAL(open)(real, flags & ~(O_CREAT | O_TRUNC));
	if (fd < 0 && errno == ENOENT && flags & O_CREAT)
		errno = EACCES;
	return fd;
}

/* Numbers of /proc/sys: a new one takes the whole place of the old. Not even root writes to other files. */
static int open_emulated(const char *real, int flags, mode_t mode)
{
	struct stat st;
	int fd;

	if ((flags & O_ACCMODE) == O_RDONLY || flags & O_PATH)
		return REAL(open)(real, flags & ~O_TRUNC, mode);
	if (!REAL(stat)(real, &st) && !(st.st_mode & S_IWUSR)) {
		errno = EACCES;
		return -1;
	}
	fd = REAL(open)(real, (flags & O_ACCMODE) == O_WRONLY ? flags | O_TRUNC : flags, mode);
	if (fd >= 0)
		kern_setting_opened();
	return fd;
}

static int open_trace_pipe(int flags)
{
	int fd = kern_trace_pipe(flags);

	if (fd >= 0)
		return fd;
	errno = -fd;
	return -1;
}

/* @dir: AT_FDCWD or what openat() got, for paths that are not ours. */
static int open_any(int dir, const char *path, int flags, mode_t mode)
{
	struct redirect to;

	switch (redirect(path, &to)) {
	case REDIRECT_BPFFS:
		return open_bpffs(path, to.path, flags, mode);
	case REDIRECT_FILE:
		return open_emulated(to.path, flags, mode);
	case REDIRECT_CGROUP:
		return REAL(open)(to.path, flags, mode);
	case REDIRECT_TRACEFS:
		return open_tracefs(to.path, flags);
	case REDIRECT_TRACE_PIPE:
		return open_trace_pipe(flags);
	case REDIRECT_FDINFO:
	case REDIRECT_MOUNTS:
		return open_text(&to, flags);
	case REDIRECT_FD:
		errno = ENXIO;		/* anonymous inodes cannot be opened again */
		return -1;
	default:
		return REAL(openat)(dir, path, flags, mode);
	}
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_argument(flags, args);
	va_end(args);
	return open_any(AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_argument(flags, args);
	va_end(args);
	return open_any(dir, path, flags, mode);
}

/* The fortified variants are what callers with -D_FORTIFY_SOURCE use. */
int __open_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);

EXPORT int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

EXPORT int __openat_2(int dir, const char *path, int flags)
{
	return open_any(dir, path, flags, 0);
}

EXPORT int creat(const char *path, mode_t mode)
{
	return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

#if __SIZEOF_LONG__ == 8
EXPORT int open64(const char *path, int flags, ...) __attribute__((alias("open")));
EXPORT int openat64(int dir, const char *path, int flags, ...) __attribute__((alias("openat")));
EXPORT int __open64_2(const char *path, int flags) __attribute__((alias("__open_2")));
EXPORT int __openat64_2(int dir, const char *path, int flags)
	__attribute__((alias("__openat_2")));
EXPORT int creat64(const char *path, mode_t mode) __attribute__((alias("creat")));
#endif

/* ---- streams ---- */

static int flags_of_mode(const char *mode)
{
	int flags = mode[0] == 'r' ? O_RDONLY : O_WRONLY | O_CREAT;

	if (strchr(mode, '+'))
		flags = (flags & ~O_ACCMODE) | O_RDWR;
	return strchr(mode, 'e') ? flags | O_CLOEXEC : flags;
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	struct redirect to;
	FILE *file;
	int fd;

	switch (redirect(path, &to)) {
	case REDIRECT_NONE:
		return REAL(fopen)(path, mode);
	case REDIRECT_CGROUP:
		return REAL(fopen)(to.path, mode);
	default:
		fd = open_any(AT_FDCWD, path, flags_of_mode(mode), 0666);
		file = fd < 0 ? NULL : fdopen(fd, mode);
		if (!file && fd >= 0)
			raw_close(fd);
		return file;
	}
}

#if __SIZEOF_LONG__ == 8
EXPORT FILE *fopen64(const char *path, const char *mode) __attribute__((alias("fopen")));
#endif

EXPORT FILE *setmntent(const char *path, const char *mode)
{
	struct redirect to;

	/* libc opens the file inside, past our fopen(). */
	if (redirect(path, &to) == REDIRECT_MOUNTS)
		return fopen(path, mode);
	return REAL(setmntent)(path, mode);
}

EXPORT DIR *opendir(const char *path)
{
	struct redirect to;

	return REAL(opendir)(redirected(path, &to));
}
