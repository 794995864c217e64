/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Perf events and tracepoints on either kernel. */
#include "perf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpfx/hook.h>
#include <bpfx/sched.h>

#include "kern.h"

int perf_open(const struct backend *b, struct perf_event_attr *attr, int pid, int cpu, int group_fd,
	      unsigned long flags)
{
	int ret;

	if (b->emulated)
		return kern_perf_event_open(attr, pid, cpu, group_fd, flags);
	ret = syscall(SYS_perf_event_open, attr, pid, cpu, group_fd, flags);
	return ret < 0 ? -errno : ret;
}

int perf_ioctl(const struct backend *b, int fd, unsigned long request, unsigned long arg)
{
	int ret;

	if (b->emulated)
		return kern_ioctl(fd, request, arg);
	ret = ioctl(fd, request, arg);
	return ret < 0 ? -errno : ret;
}

long perf_read(const struct backend *b, int fd, void *buf, size_t size)
{
	long ret;

	if (b->emulated)
		return kern_read(fd, buf, size);
	ret = read(fd, buf, size);
	return ret < 0 ? -errno : ret;
}

int tracefs_read(const struct backend *b, const char *file, char *text, size_t size)
{
	char path[256], real[PATH_MAX];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/%s", file);
	if (b->emulated && kern_path(path, real, sizeof(real)) != KERN_PATH_TRACEFS)
		return -ENOENT;
	fd = open(b->emulated ? real : path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, size - 1);
	close(fd);
	text[len < 0 ? 0 : len] = 0;
	return len < 0 ? -EIO : len;
}

int perf_open_tracepoint(const struct backend *b, const char *name, int cpu)
{
	return perf_open_tracepoint_of(b, name, -1, cpu);
}

int perf_open_tracepoint_of(const struct backend *b, const char *name, int pid, int cpu)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr),
					.disabled = 1 };
	char file[128], text[32];
	int err;

	snprintf(file, sizeof(file), "events/%s/id", name);
	err = tracefs_read(b, file, text, sizeof(text));
	if (err < 0)
		return err;
	attr.config = atoi(text);
	return perf_open(b, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

int perf_open_output(const struct backend *b, int cpu, uint32_t wakeup_events)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
					.config = PERF_COUNT_SW_BPF_OUTPUT, .disabled = 1,
					.sample_type = PERF_SAMPLE_RAW, .sample_period = 1,
					.wakeup_events = wakeup_events };

	return perf_open(b, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

int perf_link(const struct backend *b, int prog, int event, uint64_t cookie)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = event;
	attr.link_create.attach_type = BPF_PERF_EVENT;
	attr.link_create.perf_event.bpf_cookie = cookie;
	return b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

/* ---- events ---- */

#define EMULATED_PID 4321

static int told(uint32_t kind, const char *filename)
{
	struct bpfx_task child = { .pid = EMULATED_PID + 1, .tgid = EMULATED_PID + 1 };
	struct bpfx_task task = { .pid = EMULATED_PID, .tgid = EMULATED_PID };
	struct bpfx_sched_event event = { .sz = sizeof(event), .kind = kind, .task = &task,
					  .filename = filename, .group_dead = 1 };

	snprintf(task.comm, sizeof(task.comm), "worker");
	snprintf(child.comm, sizeof(child.comm), "worker");
	if (kind == BPFX_SCHED_FORK)
		event.child = &child;
	bpfx_host();
	return bpfx_sched_event(&event) < 0 ? -1 : kind == BPFX_SCHED_FORK ? child.pid : task.pid;
}

static int child(const char *filename)
{
	int pid = fork();

	if (!pid) {
		if (filename)
			execl(filename, filename, (char *)NULL);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	return pid;
}

int perf_happen_exec(const struct backend *b, const char *filename)
{
	return b->emulated ? told(BPFX_SCHED_EXEC, filename) : child(filename);
}

int perf_happen_exit(const struct backend *b)
{
	return b->emulated ? told(BPFX_SCHED_EXIT, NULL) : child(NULL);
}

int perf_happen_fork(const struct backend *b)
{
	return b->emulated ? told(BPFX_SCHED_FORK, NULL) : child(NULL);
}

int perf_forking_pid(const struct backend *b)
{
	return b->emulated ? EMULATED_PID : getpid();
}
