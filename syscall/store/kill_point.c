/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Kill points of test builds; empty otherwise. */
#include "kill_point.h"


#ifdef BPF_SHIM_KILL_POINTS
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "raw.h"

static void trace(const char *name)
{
	const char *path = getenv("BPF_SHIM_KILL_TRACE");
	char line[128];
	size_t len = strlen(name);
	int fd;

	if (!path || len > sizeof(line) - 2)
		return;
	memcpy(line, name, len);
	line[len++] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (write(fd, line, len) < 0)
		abort();
	raw_close(fd);
}

void kill_point(const char *name)
{
	static atomic_int passes;
	const char *at = getenv("BPF_SHIM_KILL_AT");
	size_t len = strlen(name);

	trace(name);
	if (!at || strncmp(at, name, len) || (at[len] && at[len] != ':'))
		return;
	if (atomic_fetch_add(&passes, 1) + 1 == (at[len] ? atoi(at + len + 1) : 1))
		kill(getpid(), SIGKILL);
}
#else
typedef int kill_points_are_off;
#endif
