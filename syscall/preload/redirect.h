/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Paths of the emulated kernel and the real ones behind them. */
#ifndef PRELOAD_REDIRECT_H
#define PRELOAD_REDIRECT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define BPFFS_PATH  "/sys/fs/bpf"
#define CGROUP_PATH "/sys/fs/cgroup"
#define TRACEFS_PATH "/sys/kernel/tracing"

enum redirect_kind {
	REDIRECT_NONE,		/* somebody else's path */
	REDIRECT_BPFFS,		/* real path in .path */
	REDIRECT_FILE,		/* real path in .path */
	REDIRECT_CGROUP,	/* real path in .path */
	REDIRECT_TRACEFS,	/* real path in .path */
	REDIRECT_TRACE_PIPE,	/* real path in .path */
	REDIRECT_FDINFO,	/* /proc/self/fdinfo/N of a bpf fd: .fd */
	REDIRECT_FD,		/* /proc/self/fd/N of a bpf fd: .fd */
	REDIRECT_MOUNTS,	/* /proc/mounts and its aliases */
};

struct redirect {
	enum redirect_kind kind;
	int fd;
	char path[PATH_MAX];
};

/* Where @path leads. Costs a few compares for paths that are not ours. */
enum redirect_kind redirect(const char *path, struct redirect *to);

/* The path a real file system call shall get: @path itself, or the one in @to for bpffs and
 * emulated files. */
const char *redirected(const char *path, struct redirect *to);

/* A file in memory with the text of a fdinfo or mounts path; fd or -1 with errno. */
int open_text(const struct redirect *to, int flags);

/* Back: is @path in one of the real trees; then *shown is what the program knows it as. */
enum redirect_kind shown_path(const char *path, char *shown, size_t size);

#endif
