/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* syscall(2) itself: how a libbpf, in a library or linked in, reaches the kernel. What asks for perf events
 * gets those of the emulated kernel, or none. */
#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern.h"
#include "real.h"

/* The exported libbpf-shim looks for this name: its own fd wrappers step aside then. */
EXPORT const int bpf_shim_preload = 1;

static long bpf_call(long cmd, long attr, long size)
{
	int ret;

	/* Sizes that are no unsigned int are cut by Linux's system call entry too. */
	ret = kern_bpf(cmd, (union bpf_attr *)attr, size);
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
}

static long perf_event_open_call(long attr, long pid, long cpu, long group_fd, long flags)
{
	int ret = kern_perf_event_open((struct perf_event_attr *)attr, pid, cpu, group_fd, flags);

	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
}

EXPORT long syscall(long number, ...)
{
	va_list args;
	long a[6];

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	switch (number) {
	case SYS_bpf:
		return bpf_call(a[0], a[1], a[2]);
	case SYS_perf_event_open:
		return perf_event_open_call(a[0], a[1], a[2], a[3], a[4]);
	case SYS_ioctl:
		return ioctl(a[0], a[1], a[2]);
	case SYS_close:
		return close(a[0]);
	case SYS_dup3:
		return dup3(a[0], a[1], a[2]);
	default:
		return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
}
