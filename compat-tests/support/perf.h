/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Perf events and tracepoints on either kernel. */
#ifndef SUPPORT_PERF_H
#define SUPPORT_PERF_H

#include <linux/perf_event.h>

#include "backend.h"

/* >= 0 or -errno. */
int perf_open(const struct backend *b, struct perf_event_attr *attr, int pid, int cpu, int group_fd,
	      unsigned long flags);
int perf_ioctl(const struct backend *b, int fd, unsigned long request, unsigned long arg);
long perf_read(const struct backend *b, int fd, void *buf, size_t size);

/* Text of a file of the tracing file system, NUL-terminated: bytes or -errno. */
int tracefs_read(const struct backend *b, const char *file, char *text, size_t size);
/* An event of a tracepoint on that CPU, of BPF output there. Not enabled. fd or -errno. */
int perf_open_tracepoint(const struct backend *b, const char *system_and_name, int cpu);
int perf_open_tracepoint_of(const struct backend *b, const char *system_and_name, int pid, int cpu);
int perf_open_output(const struct backend *b, int cpu, uint32_t wakeup_events);

/* What a link of a program to an event returns. */
int perf_link(const struct backend *b, int prog, int event, uint64_t cookie);

/* Let a process execute that program, end, fork: told to the emulated kernel, by a child of ours else.
 * Return: its pid; that of the child. */
int perf_happen_exec(const struct backend *b, const char *filename);
int perf_happen_exit(const struct backend *b);
int perf_happen_fork(const struct backend *b);
/* Who forks then. */
int perf_forking_pid(const struct backend *b);

#endif
