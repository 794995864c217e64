/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Files on tmpfs cannot be waited for: what wakes somebody has a FIFO beside it. It holds at most one
 * byte, and only the one whose pid is
 * in the word writes it.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "err.h"
#include "kill_point.h"
#include "layout.h"
#include "raw.h"
#include "self.h"

#define FIFO_FULL UINT32_MAX

static void fifo_path(char *out, size_t size, const struct store_obj *obj)
{
	snprintf(out, size, "%s/fifo/%c%u", store.dir, kind_letter(obj->kind), obj->id);
}

int store_fifo_open(struct store_fifo *fifo, const struct store_obj *obj)
{
	char path[PATH_MAX];
	int fd;

	fifo_path(path, sizeof(path), obj);
	if (mkfifo(path, 0600) && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!atomic_exchange(&fifo->waited_for, 1))
		atomic_store(&fifo->signalled, 0);
	return fd;
}

/* It is ours to write the byte: nobody has, or who wanted to was killed. */
static bool claim(struct store_fifo *fifo, uint32_t own)
{
	uint32_t now = 0;

	if (atomic_compare_exchange_strong(&fifo->signalled, &now, own))
		return true;
	return now != FIFO_FULL && now != own && kill(now, 0) && errno == ESRCH &&
	       atomic_compare_exchange_strong(&fifo->signalled, &now, own);
}

void store_fifo_wake(struct store_fifo *fifo, const struct store_obj *obj)
{
	uint32_t own = self_pid();
	char path[PATH_MAX];
	int fd;

	if (!atomic_load(&fifo->waited_for) || !claim(fifo, own))
		return;
	kill_point("fifo.claimed");
	fifo_path(path, sizeof(path), obj);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || write(fd, "", 1) != 1)
		atomic_store(&fifo->signalled, 0);
	else	/* unless it was taken out already */
		atomic_compare_exchange_strong(&fifo->signalled, &own, FIFO_FULL);
	if (fd >= 0)
		raw_close(fd);
}

void store_fifo_drain(struct store_fifo *fifo, int fd)
{
	char byte[8];

	if (read(fd, byte, sizeof(byte)) > 0 || errno == EAGAIN)
		atomic_store(&fifo->signalled, 0);
}
