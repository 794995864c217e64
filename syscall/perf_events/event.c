/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* perf_event_open(2), in the order in which Linux looks, and whether an event is on. */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "bits.h"
#include "clock.h"
#include "err.h"
#include "perf_private.h"
#include "privilege.h"
#include "raw.h"
#include "self.h"

_Static_assert(sizeof(struct perf_event_shared) <= sizeof(((struct store_header *)0)->room),
	       "an event's facts fit into the header");

const char *(*perf_tracepoint_hook)(uint64_t id);
void (*perf_tracepoint_used)(const char *hook, int by);

#define OPEN_FLAGS                                                                                 \
	(PERF_FLAG_FD_NO_GROUP | PERF_FLAG_FD_OUTPUT | PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC)

/* ---- whom it is about ---- */

static int check_group(int group_fd, unsigned long flags)
{
	struct store_obj *leader;

	if (group_fd == -1)
		return 0;
	if (store_get_fd(group_fd, STORE_PERF, &leader, NULL))
		return -EBADF;
	store_put(leader);
	/* Events of ours are by themselves: neither counted nor written together. */
	return flags & PERF_FLAG_FD_NO_GROUP && !(flags & PERF_FLAG_FD_OUTPUT) ? 0 : -EINVAL;
}

static int find_task(int pid, int *tid)
{
	*tid = pid ? pid : (int)self_tid();
	if (pid == -1)
		return 0;
	if (pid < -1)
		return -ESRCH;
	if (kill(*tid, 0))
		return errno == EPERM ? -EACCES : -ESRCH;
	return 0;
}

static int check_cpu(int pid, int cpu)
{
	if (cpu == -1)
		return pid == -1 ? -EINVAL : 0;
	return cpu < 0 || cpu >= store_possible_cpus() ? -EINVAL : 0;
}

/* ---- what it is ---- */

/* What becomes of children and across exec is not followed. */
static bool follows_task(const struct perf_event_attr *attr, int pid)
{
	return pid != -1 && (attr->inherit || attr->enable_on_exec || attr->remove_on_exec);
}

static int find_source(const struct perf_event_attr *attr, int pid, const char **hook)
{
	*hook = NULL;
	if (attr->type == PERF_TYPE_TRACEPOINT) {
		*hook = perf_tracepoint_hook ? perf_tracepoint_hook(attr->config) : NULL;
		if (!*hook)
			return -EINVAL;
		if (attr->sample_type & PERF_SAMPLE_RAW && !privileged(PRIVILEGE_PERFMON))
			return -EPERM;
	} else if (attr->type != PERF_TYPE_SOFTWARE || attr->config != PERF_COUNT_SW_BPF_OUTPUT) {
		return -ENOENT;		/* as on a kernel without whatever counts it */
	}
	if (attr->sample_type & PERF_SAMPLE_BRANCH_STACK || attr->aux_output ||
	    follows_task(attr, pid))
		return -EOPNOTSUPP;
	switch (attr->use_clockid ? attr->clockid : CLOCK_MONOTONIC) {
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_REALTIME:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	default:
		return -EINVAL;
	}
}

/* ---- making it ---- */

static int create(const struct perf_event_attr *attr, int pid, int cpu, const char *hook)
{
	struct perf_event_shared *shared;
	struct store_obj *obj;
	int fd, err;

	err = store_create_sparse(STORE_PERF, STORE_PAGE + (size_t)PERF_RING_MAX, STORE_PAGE,
				  &obj);
	if (err)
		return err;
	shared = perf_shared_of(obj);
	shared->attr = *attr;
	shared->pid = pid;
	shared->cpu = cpu;
	shm_lock_init(&shared->ring.lock);
	if (hook)
		strncpy(shared->hook, hook, PERF_HOOK_NAME - 1);
	if (!attr->disabled)
		perf_event_enable(obj, true);
	/* Counted first: a count too high only costs a look. */
	if (hook)
		perf_tracepoint_used(hook, 1);
	fd = store_publish(obj, STORE_READ | STORE_WRITE);
	if (fd < 0 && hook)
		perf_tracepoint_used(hook, -1);
	return fd;
}

int perf_event_open(uint64_t user, int pid, int cpu, int group_fd, unsigned long flags)
{
	struct perf_event_attr attr;
	const char *hook;
	int fd, tid, err;

	if (flags & ~OPEN_FLAGS)
		return -EINVAL;
	err = perf_attr_copy(user, &attr);
	if (!err && flags & PERF_FLAG_PID_CGROUP)
		err = -EINVAL;		/* as on a kernel that counts no cgroups */
	err = err ? err : check_group(group_fd, flags);
	err = err ? err : find_task(pid, &tid);
	err = err ? err : check_cpu(pid, cpu);
	err = err ? err : find_source(&attr, pid, &hook);
	/* A CPU is everybody's. */
	if (!err && pid == -1 && !privileged(PRIVILEGE_PERFMON))
		err = -EACCES;
	if (err)
		return err;
	fd = create(&attr, pid == -1 ? -1 : tid, cpu, hook);
	if (fd >= 0 && !(flags & PERF_FLAG_FD_CLOEXEC))
		raw_fcntl(fd, F_SETFD, NULL);
	return fd;
}

/* ---- on and off ---- */

void perf_event_enable(struct store_obj *event, bool enable)
{
	struct perf_event_shared *shared = perf_shared_of(event);
	uint64_t now = now_ns();

	/* First: whoever finds it enabled reckons from there. */
	if (enable && !atomic_load(&shared->enabled))
		atomic_store(&shared->enabled_since, now);
	if (atomic_exchange(&shared->enabled, enable) != enable && !enable)
		atomic_fetch_add(&shared->enabled_before, now - shared->enabled_since);
}

bool perf_event_is_on(const struct store_obj *event, uint32_t cpu)
{
	const struct perf_event_shared *shared = perf_shared_of(event);

	if (!atomic_load_explicit(&shared->enabled, memory_order_acquire) ||
	    (shared->cpu != -1 && (uint32_t)shared->cpu != cpu))
		return false;
	return shared->pid == -1 || shared->pid == (int)self_tid();
}
