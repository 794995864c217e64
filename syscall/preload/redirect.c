/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Which paths are the emulated kernel's. Bpffs and emulated files are real files of the store, so
 * most calls only need another path; texts of /proc are made when opened.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kern.h"
#include "raw.h"
#include "real.h"
#include "redirect.h"

/* "/proc/self/" or the same by number: what follows, or NULL. */
static const char *behind_proc_self(const char *path)
{
	char own[32];
	size_t len;

	if (strncmp(path, "/proc/", 6))
		return NULL;
	if (!strncmp(path + 6, "self/", 5))
		return path + 11;
	if (!strncmp(path + 6, "thread-self/", 12))
		return path + 18;
	len = snprintf(own, sizeof(own), "%d/", (int)getpid());
	return strncmp(path + 6, own, len) ? NULL : path + 6 + len;
}

/* "fd/12": 12, if that is a bpf fd. */
static int bpf_fd_in(const char *text, const char *folder)
{
	size_t len = strlen(folder);
	char *end;
	long fd;

	if (strncmp(text, folder, len))
		return -1;
	fd = strtol(text + len, &end, 10);
	if (end == text + len || *end || fd < 0 || fd > INT_MAX)
		return -1;
	return kern_fd_kind(fd) == KERN_NOT_OURS ? -1 : (int)fd;
}

static enum redirect_kind redirect_proc(const char *path, struct redirect *to)
{
	const char *rest = behind_proc_self(path);

	if (!strcmp(path, "/proc/mounts") || (rest && !strcmp(rest, "mounts")))
		return to->kind = REDIRECT_MOUNTS;
	if (!rest)
		return REDIRECT_NONE;
	to->fd = bpf_fd_in(rest, "fdinfo/");
	if (to->fd >= 0)
		return to->kind = REDIRECT_FDINFO;
	to->fd = bpf_fd_in(rest, "fd/");
	return to->kind = to->fd >= 0 ? REDIRECT_FD : REDIRECT_NONE;
}

/* Doubled slashes and "." in front of what we compare with. */
static const char *tidy(const char *path, char *buf, size_t size)
{
	size_t out = 0;

	if (strlen(path) >= size || (!strstr(path, "//") && !strstr(path, "/./")))
		return path;
	for (const char *p = path; *p; p++) {
		if (p[0] == '/' && p[1] == '/')
			continue;
		if (p[0] == '/' && p[1] == '.' && p[2] == '/') {
			p++;
			continue;
		}
		buf[out++] = *p;
	}
	buf[out] = 0;
	return buf;
}

enum redirect_kind redirect(const char *path, struct redirect *to)
{
	char buf[PATH_MAX];
	int ret;

	to->kind = REDIRECT_NONE;
	to->fd = -1;
	if (!path || path[0] != '/')
		return REDIRECT_NONE;
	path = tidy(path, buf, sizeof(buf));
	if (!strncmp(path, "/proc/", 6) && redirect_proc(path, to) != REDIRECT_NONE)
		return to->kind;
	ret = kern_path(path, to->path, sizeof(to->path));
	if (ret == KERN_PATH_BPFFS)
		to->kind = REDIRECT_BPFFS;
	else if (ret == KERN_PATH_FILE)
		to->kind = REDIRECT_FILE;
	else if (ret == KERN_PATH_CGROUP)
		to->kind = REDIRECT_CGROUP;
	else if (ret == KERN_PATH_TRACEFS)
		to->kind = REDIRECT_TRACEFS;
	else if (ret == KERN_PATH_TRACE_PIPE)
		to->kind = REDIRECT_TRACE_PIPE;
	return to->kind;
}

const char *redirected(const char *path, struct redirect *to)
{
	switch (redirect(path, to)) {
	case REDIRECT_BPFFS:
	case REDIRECT_FILE:
	case REDIRECT_CGROUP:
	case REDIRECT_TRACEFS:
	case REDIRECT_TRACE_PIPE:
		return to->path;
	default:
		return path;
	}
}

/* ---- texts ---- */

/* The machine's mounts, and the file systems of ours that it does not have. */
static int write_mounts(int fd)
{
	FILE *from = REAL(fopen)("/proc/self/mounts", "re"), *to;
	char line[4096], cgroups[PATH_MAX];
	bool there = false, own_cgroups;
	int copy = raw_dup(fd);

	to = copy < 0 ? NULL : fdopen(copy, "w");
	if (!to) {
		if (from)
			fclose(from);
		if (copy >= 0)
			raw_close(copy);
		return -1;
	}
	own_cgroups = kern_path(CGROUP_PATH, cgroups, sizeof(cgroups)) == KERN_PATH_CGROUP;
	while (from && fgets(line, sizeof(line), from)) {
		if ((own_cgroups && strstr(line, " cgroup2 ")) || strstr(line, " tracefs "))
			continue;
		there |= strstr(line, " " BPFFS_PATH " bpf ") != NULL;
		fputs(line, to);
	}
	if (!there)
		fputs("bpf " BPFFS_PATH " bpf rw,nosuid,nodev,noexec,relatime,mode=700 0 0\n", to);
	fputs("tracefs " TRACEFS_PATH " tracefs rw,nosuid,nodev,noexec,relatime 0 0\n", to);
	if (own_cgroups)
		fputs("cgroup2 " CGROUP_PATH " cgroup2 rw,nosuid,nodev,noexec,relatime 0 0\n", to);
	if (from)
		fclose(from);
	return fclose(to);
}

static int write_fdinfo(int fd, int of)
{
	char text[4096];
	ssize_t len = kern_fdinfo(of, text, sizeof(text));

	return len < 0 || write(fd, text, len) != len ? -1 : 0;
}

int open_text(const struct redirect *to, int flags)
{
	int fd, err;

	if ((flags & O_ACCMODE) != O_RDONLY) {
		errno = EACCES;
		return -1;
	}
	fd = memfd_create("bpf-shim", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
	if (fd < 0)
		return -1;
	err = to->kind == REDIRECT_MOUNTS ? write_mounts(fd) : write_fdinfo(fd, to->fd);
	if (err) {
		raw_close(fd);
		errno = EIO;
		return -1;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* ---- the way back ---- */

static bool shown_below(const char *path, const char *folder, int kind, char *shown, size_t size)
{
	char tree[PATH_MAX];
	size_t len;

	if (kern_path(folder, tree, sizeof(tree)) != kind)
		return false;
	len = strlen(tree);
	if (strncmp(path, tree, len) || (path[len] && path[len] != '/'))
		return false;
	return snprintf(shown, size, "%s%s", folder, path + len) < (int)size;
}

enum redirect_kind shown_path(const char *path, char *shown, size_t size)
{
	if (shown_below(path, BPFFS_PATH, KERN_PATH_BPFFS, shown, size))
		return REDIRECT_BPFFS;
	if (shown_below(path, CGROUP_PATH, KERN_PATH_CGROUP, shown, size))
		return REDIRECT_CGROUP;
	if (shown_below(path, TRACEFS_PATH, KERN_PATH_TRACEFS, shown, size))
		return REDIRECT_TRACEFS;
	return REDIRECT_NONE;
}
