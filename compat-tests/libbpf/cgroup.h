/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A cgroup to attach to. */
#ifndef LIBBPF_CGROUP_H
#define LIBBPF_CGROUP_H

#include "harness.h"

#include <fcntl.h>
#include <mntent.h>
#include <sys/stat.h>

/* Where cgroups are: the emulated kernel's store has some for everybody. */
static inline int cgroup_mount(char *out, size_t size)
{
	FILE *mounts;
	struct mntent *entry;
	int found = -1;

	if (is_emulated())
		return snprintf(out, size, "%s/root/sys/fs/cgroup", getenv("BPF_SHIM_STORE")) <
			       (int)size ? 0 : -1;
	mounts = setmntent("/proc/self/mounts", "r");
	while (mounts && found && (entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "cgroup2"))
			found = snprintf(out, size, "%s", entry->mnt_dir) < (int)size ? 0 : -1;
	if (mounts)
		endmntent(mounts);
	return found;
}

/* A fresh one, to be given back with drop_cgroup(). Return: fd. */
static inline int make_cgroup(char *path, size_t size)
{
	char mount[512];
	int fd;

	if (cgroup_mount(mount, sizeof(mount)))
		skip();
	snprintf(path, size, "%s/bpf-shim-test-%d", mount, getpid());
	assert_int_equal(mkdir(path, 0755), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static inline void drop_cgroup(int fd, const char *path)
{
	close(fd);
	assert_int_equal(rmdir(path), 0);
}

#endif
