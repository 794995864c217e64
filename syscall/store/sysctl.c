/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Settings that an administrator would write to /proc/sys: small files of the store. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "layout.h"
#include "raw.h"

int store_sysctl(const char *name, int otherwise)
{
	char path[PATH_MAX], text[16], *end;
	ssize_t len;
	long value;
	int fd;

	snprintf(path, sizeof(path), "%s/root/%s", store.dir, name);
	fd = raw_open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return otherwise;
	len = raw_syscall(SYS_read, fd, (long)text, sizeof(text) - 1, 0, 0, 0);
	raw_close(fd);
	text[len > 0 ? len : 0] = 0;
	value = strtol(text, &end, 10);
	return end == text || value < INT_MIN || value > INT_MAX ? otherwise : (int)value;
}
