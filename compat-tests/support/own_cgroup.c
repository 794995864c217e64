/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A cgroup of this process's own. */
#include <fcntl.h>
#include <mntent.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpfx/hook.h>

#include "cgroup_dirs.h"
#include "own_cgroup.h"

static char mount[256], dir[512];
static pid_t owner;
static int dir_fd = -1;

static int find_mount(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *entry;

	while (mounts && (entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "cgroup2")) {
			snprintf(mount, sizeof(mount), "%s", entry->mnt_dir);
			break;
		}
	if (mounts)
		endmntent(mounts);
	return mount[0] ? 0 : -1;
}

static int go_to(const char *where)
{
	char path[600], text[32];
	int fd, len, ret;

	snprintf(path, sizeof(path), "%s/cgroup.procs", where);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = snprintf(text, sizeof(text), "%d", getpid());
	ret = write(fd, text, len) == len ? 0 : -1;
	close(fd);
	return ret;
}

static void leave(void)
{
	if (dir_fd < 0 || getpid() != owner)
		return;
	close(dir_fd);
	go_to(mount);
	rmdir(dir);
}

int own_cgroup_enter(void)
{
	if (dir_fd >= 0)
		return dir_fd;
	if (find_mount())
		return -1;
	owner = getpid();
	snprintf(dir, sizeof(dir), "%s/bpf-shim-test-%d", mount, owner);
	if (mkdir(dir, 0755))
		return -1;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	atexit(leave);
	if (dir_fd < 0 || go_to(dir))
		return -1;
	return dir_fd;
}

int some_cgroup(uint64_t *id)
{
	static int made;
	const char *store;
	char name[16];
	int fd = -1;

	if (!find_mount())
		fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	store = fd < 0 ? cgroup_dirs_root(CGROUPS_OF_STORE) : NULL;
	snprintf(name, sizeof(name), "some%d", made++);
	if (store)
		fd = cgroup_dirs_make(store, name);
	if (fd >= 0)
		*id = bpfx_cgroup(fd);
	return fd;
}

void own_loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
}
