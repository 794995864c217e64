/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Directories that are cgroups. */
#include <fcntl.h>
#include <ftw.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup_dirs.h"
#include "kern.h"

static char roots[2][512];
static pid_t owner;

static int remove_dir(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_DP)
		rmdir(path);
	return 0;
}

static void remove_all(void)
{
	for (int i = 0; i < 2 && getpid() == owner; i++)
		if (roots[i][0])
			nftw(roots[i], remove_dir, 16, FTW_DEPTH | FTW_PHYS);
}

static int host_root(char *out, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *entry;
	int found = -1;

	while (mounts && found && (entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "cgroup2"))
			found = snprintf(out, size, "%s/bpf-shim-test-XXXXXX", entry->mnt_dir) <
				(int)size ? 0 : -1;
	if (mounts)
		endmntent(mounts);
	return found;
}

static int store_root(char *out, size_t size)
{
	const char *dir;
	int err;

	dir = kern_store_dir(&err);
	if (!dir)
		return -1;
	return snprintf(out, size, "%s/root/sys/fs/cgroup/test-XXXXXX", dir) < (int)size ? 0 : -1;
}

const char *cgroup_dirs_root(enum cgroup_place place)
{
	char *root = roots[place];

	if (owner == getpid() && root[0])
		return root;
	if ((place == CGROUPS_OF_HOST ? host_root : store_root)(root, sizeof(roots[0])) ||
	    !mkdtemp(root)) {
		root[0] = 0;
		return NULL;
	}
	if (owner != getpid())
		atexit(remove_all);
	owner = getpid();
	return root;
}

const char *cgroup_dirs_for(const struct backend *b)
{
	const char *root = cgroup_dirs_root(CGROUPS_OF_HOST);

	return root || !b->emulated ? root : cgroup_dirs_root(CGROUPS_OF_STORE);
}

int cgroup_dirs_make(const char *root, const char *name)
{
	char path[1024];
	int fd;

	assert_non_null(root);
	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(mkdir(path, 0755), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

void cgroup_dirs_remove(const char *root, const char *name)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	assert_int_equal(rmdir(path), 0);
}

uint64_t cgroup_dirs_id(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return st.st_ino;
}
