/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Statistics are on while an fd of the store's file "stats" is open that holds a lock on it: such fds
 * count themselves, as those of objects do. A word in the control page says whether looking is worth it.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "layout.h"
#include "raw.h"

#define STATS_BYTE 0

static int open_stats(int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/stats", store.dir);
	fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	return fd < 0 ? -errno : fd;
}

int store_stats_fd(void)
{
	int err, fd = open_stats(O_CREAT);

	if (fd < 0)
		return fd;
	err = lock_byte(fd, STATS_BYTE);
	if (err) {
		raw_close(fd);
		return err;
	}
	store_stats_look();
	return fd;
}

void store_stats_look(void)
{
	atomic_store(&store.control->stats, 1);
}

/* Whoever opens the setting to write empties it first: the number is not there yet. */
static bool setting_is_being_written(void)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/root/bpf_stats_enabled", store.dir);
	return !stat(path, &st) && !st.st_size;
}

/* 1, 0, or that this process cannot look (no fd left, say): it counts, and others find out. */
static int somebody_wants_them(void)
{
	int fd, wanted;

	if (store_sysctl("bpf_stats_enabled", 0) > 0 || setting_is_being_written())
		return 1;
	fd = open_stats(0);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	wanted = byte_is_locked(fd, STATS_BYTE);
	raw_close(fd);
	return wanted;
}

bool store_stats_on(void)
{
	if (!atomic_load_explicit(&store.control->stats, memory_order_relaxed))
		return false;
	if (somebody_wants_them())
		return true;
	/* Whoever wants them from now on sets it again: look once more behind the store. */
	atomic_store(&store.control->stats, 0);
	if (!somebody_wants_them())
		return false;
	atomic_store(&store.control->stats, 1);
	return true;
}

_Atomic uint32_t *store_trace_lost(void)
{
	return &store.control->trace_lost;
}

/* ---- fds of other tasks ---- */

/* "…/obj/l12" of this store: kind and id. */
static bool object_of_path(const char *path, enum store_kind *kind, uint32_t *id)
{
	size_t len = strlen(store.dir);
	char *end;

	if (strncmp(path, store.dir, len) || strncmp(path + len, "/obj/", 5))
		return false;
	path += len + 5;
	*kind = kind_of_letter(*path);
	*id = *kind ? strtoul(path + 1, &end, 10) : 0;
	return *kind && end != path + 1;
}

int store_get_task_fd(uint32_t pid, uint32_t fd, struct store_obj **out)
{
	char link[64], path[PATH_MAX];
	enum store_kind kind;
	ssize_t len;
	uint32_t id;

	*out = NULL;
	snprintf(link, sizeof(link), "/proc/%u/fd/%u", pid, fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return -EBADF;
	path[len] = 0;
	if (!object_of_path(path, &kind, &id))
		return 0;
	return store_get(kind, id, out) ? -EBADF : 0;
}
