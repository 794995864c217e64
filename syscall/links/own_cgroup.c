/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Whose cgroups this process sees, and which one it is in: for events that do not say where they
 * happen. */
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroups.h"
#include "clock.h"
#include "err.h"
#include "links.h"
#include "raw.h"
#include "store.h"

/* "0::/path" of /proc/self/cgroup. */
static int own_path(char *out, size_t size)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX + 8];
	int err = -ENOENT;

	while (file && err && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "0::", 3))
			continue;
		line[strcspn(line, "\n")] = 0;
		err = snprintf(out, size, "%s", line + 3) < (int)size ? 0 : -ENAMETOOLONG;
	}
	if (file)
		fclose(file);
	return err;
}

/* Where the cgroup2 file system is mounted, and which of its directories stands there. */
static int find_mount(char *root, char *point)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[2 * PATH_MAX];
	int err = -ENOENT;

	while (file && err && fgets(line, sizeof(line), file)) {
		if (!strstr(line, " - cgroup2 ") ||
		    sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) != 2)
			continue;
		err = 0;
	}
	if (file)
		fclose(file);
	return err;
}

bool links_cgroups_of_store(void)
{
	enum { UNKNOWN, HOST, STORE };
	static _Atomic int whose;
	char root[PATH_MAX], point[PATH_MAX];
	const char *wanted;

	if (atomic_load(&whose) == UNKNOWN) {
		wanted = getenv("BPF_SHIM_CGROUPS");
		if (wanted && !strcmp(wanted, "store"))
			whose = STORE;
		else if (wanted && !strcmp(wanted, "host"))
			whose = HOST;
		else
			whose = find_mount(root, point) ? STORE : HOST;
	}
	return atomic_load(&whose) == STORE;
}

static int open_own(void)
{
	char own[PATH_MAX], root[PATH_MAX], point[PATH_MAX], path[2 * PATH_MAX];
	size_t len;
	int fd;

	if (links_cgroups_of_store() || own_path(own, sizeof(own)) || find_mount(root, point))
		return -ENOENT;
	len = strcmp(root, "/") ? strlen(root) : 0;
	if (strncmp(own, root, len))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s%s", point, own + len);
	fd = raw_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Without such a file system: the root of the store's own tree. */
static int open_tree(void)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/root/sys/fs/cgroup", store_dir());
	fd = raw_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static uint64_t look_up_own(void)
{
	const struct cgroup *cgroup;
	uint64_t target = 0;
	int fd = open_own();

	if (fd < 0)
		fd = open_tree();
	if (fd < 0)
		return 0;
	if (!cgroup_of_fd(fd, &cgroup))
		target = cgroup->target;
	raw_close(fd);
	return target;
}

/* A number for what /proc says of the process's cgroups; cheap, and nothing is allocated. */
static uint64_t fingerprint(void)
{
	int fd = raw_open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
	uint64_t hash = 0xcbf29ce484222325ull;
	unsigned char text[512];
	ssize_t len;

	while (fd >= 0 && (len = raw_syscall(SYS_read, fd, (long)text, sizeof(text), 0, 0, 0)) > 0)
		for (ssize_t i = 0; i < len; i++)
			hash = (hash ^ text[i]) * 0x100000001b3ull;
	if (fd >= 0)
		raw_close(fd);
	return hash;
}

/* Somebody may move the process: looked at again every few milliseconds while somebody asks. */
#define OLD_NS 5000000u

uint64_t links_own_cgroup(void)
{
	static _Atomic uint64_t own, seen, looked_at;
	uint64_t now = clock_ns(CLOCK_MONOTONIC_COARSE), print;

	if (now - atomic_load_explicit(&looked_at, memory_order_relaxed) <= OLD_NS &&
	    atomic_load_explicit(&own, memory_order_relaxed))
		return atomic_load_explicit(&own, memory_order_relaxed);
	print = fingerprint();
	if (print != atomic_load(&seen) || !atomic_load(&own)) {
		atomic_store(&own, look_up_own());
		atomic_store(&seen, print);
	}
	atomic_store(&looked_at, now);
	return atomic_load(&own);
}
