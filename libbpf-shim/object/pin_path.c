/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Directories and files of the bpf file system. */
#include "pin_path.h"

#include <libgen.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif

int pin_path_join(char *buf, const char *dir, const char *name)
{
	int len = snprintf(buf, PIN_PATH_MAX, "%s/%s", dir, name);

	if (len < 0)
		return -EINVAL;
	return len >= PIN_PATH_MAX ? -ENAMETOOLONG : 0;
}

void pin_path_sanitize(char *path)
{
	for (; *path; path++)
		if (*path == '.')
			*path = '_';
}

static int make_directory(const char *dir)
{
	char real[PATH_MAX];
	int err;

	if (mkdir(sys_path(dir, real, sizeof(real)), 0700) == 0 || errno == EEXIST)
		return 0;
	err = -errno;
	pr_warn("failed to mkdir %s: %s\n", dir, errstr(err));
	return err;
}

static int check_file_system(const char *dir, const char *path)
{
	char real[PATH_MAX];
	struct statfs fs;
	int err;

	/* what the emulated kernel answers for is its bpf file system */
	if (sys_path(dir, real, sizeof(real)) == real)
		return 0;
	if (statfs(dir, &fs)) {
		err = -errno;
		pr_warn("failed to statfs %s: %s\n", dir, errstr(err));
		return err;
	}
	if ((__u32)fs.f_type == BPF_FS_MAGIC)
		return 0;
	pr_warn("specified path %s is not on BPF FS\n", path);
	return -EINVAL;
}

int pin_path_prepare(const char *path)
{
	char *copy, *dir;
	int err;

	if (!path)
		return -EINVAL;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	dir = dirname(copy);
	err = make_directory(dir);
	if (!err)
		err = check_file_system(dir, path);
	free(copy);
	return err;
}

int pin_path_remove(const char *path)
{
	char *copy;
	int err;

	if (!path)
		return -EINVAL;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	err = check_file_system(dirname(copy), path);
	free(copy);
	if (err)
		return err;
	return sys_unlink(path);
}
