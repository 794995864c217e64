/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* perf_event_open(2), and what is done with the fd that it returns. */
#include <linux/perf_event.h>

#include "bits.h"
#include "commands.h"
#include "err.h"
#include "fault.h"
#include "kern_private.h"
#include "links.h"
#include "perf_event.h"
#include "rundown.h"

int kern_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			 unsigned long flags)
{
	int saved = errno, ret = kern_start();

	if (!ret && !rundown_enter(&rundown_commands))
		ret = -EBUSY;
	if (!ret) {
		fault_check_handler();
		ret = perf_event_open(ptr_to_u64(attr), pid, cpu, group_fd, flags);
		rundown_leave();
	}
	errno = saved;
	return ret;
}

/* ---- ioctl ---- */

static int enable(struct store_obj *event, unsigned long arg)
{
	perf_event_enable(event, true);
	return 0;
}

static int disable(struct store_obj *event, unsigned long arg)
{
	perf_event_enable(event, false);
	return 0;
}

static int reset(struct store_obj *event, unsigned long arg)
{
	atomic_store(&perf_shared_of(event)->count, 0);
	return 0;
}

static int give_id(struct store_obj *event, unsigned long arg)
{
	const uint64_t id = event->id;

	return user_write(arg, &id, sizeof(id));
}

/* Of events that take samples by themselves, which none of ours does. */
static int set_period(struct store_obj *event, unsigned long arg)
{
	uint64_t period;

	return user_read(&period, arg, sizeof(period)) ? -EFAULT : -EINVAL;
}

/* Enabled for so many overflows, of which there are none. */
static int refresh(struct store_obj *event, unsigned long arg)
{
	const struct perf_event_attr *attr = &perf_shared_of(event)->attr;

	if (!attr->sample_period || attr->inherit)
		return -EINVAL;
	perf_event_enable(event, true);
	return 0;
}

static int set_filter(struct store_obj *event, unsigned long arg)
{
	char first;

	return user_read(&first, arg, sizeof(first)) ? -EFAULT : -EINVAL;
}

/* No two events write to one ring. */
static int set_output(struct store_obj *event, unsigned long arg)
{
	struct store_obj *other;

	if (arg == -1ul)
		return 0;
	if (store_get_fd(arg, STORE_PERF, &other, NULL))
		return -EBADF;
	store_put(other);
	return -EINVAL;
}

static int set_prog(struct store_obj *event, unsigned long arg)
{
	return perf_event_set_prog(event, arg);
}

static int query_progs(struct store_obj *event, unsigned long arg)
{
	return perf_event_query_progs(event, arg);
}

static int pause_output(struct store_obj *event, unsigned long arg)
{
	return perf_ring_pause(event, arg != 0);
}

static int modify(struct store_obj *event, unsigned long arg)
{
	return -EOPNOTSUPP;
}

static const struct {
	unsigned long request;
	int (*run)(struct store_obj *event, unsigned long arg);
} requests[] = {
	{ PERF_EVENT_IOC_ENABLE, enable },
	{ PERF_EVENT_IOC_DISABLE, disable },
	{ PERF_EVENT_IOC_RESET, reset },
	{ PERF_EVENT_IOC_REFRESH, refresh },
	{ PERF_EVENT_IOC_PERIOD, set_period },
	{ PERF_EVENT_IOC_ID, give_id },
	{ PERF_EVENT_IOC_SET_OUTPUT, set_output },
	{ PERF_EVENT_IOC_SET_FILTER, set_filter },
	{ PERF_EVENT_IOC_SET_BPF, set_prog },
	{ PERF_EVENT_IOC_PAUSE_OUTPUT, pause_output },
	{ PERF_EVENT_IOC_QUERY_BPF, query_progs },
	{ PERF_EVENT_IOC_MODIFY_ATTRIBUTES, modify },
};

static int run_request(struct store_obj *event, unsigned long request, unsigned long arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].request == request)
			return requests[i].run(event, arg);
	return -ENOTTY;
}

int kern_ioctl(int fd, unsigned long request, unsigned long arg)
{
	int saved = errno, kind = kern_fd_kind(fd), ret = -ENOTTY;
	struct store_obj *event;

	if (kind == KERN_NOT_OURS)
		return kind;
	if (kind == KERN_FD_PERF && rundown_enter(&rundown_commands)) {
		ret = store_get_fd(fd, STORE_PERF, &event, NULL);
		fault_check_handler();
		if (!ret) {
			ret = run_request(event, request, arg);
			store_put(event);
		}
		rundown_leave();
		links_settle();
	}
	errno = saved;
	return ret;
}

/* ---- read ---- */

ssize_t kern_read(int fd, void *buf, size_t size)
{
	int saved = errno, kind = kern_fd_kind(fd);
	struct store_obj *event;
	ssize_t ret = -EINVAL;

	if (kind == KERN_NOT_OURS)
		return kind;
	if (kind == KERN_FD_PERF)
		ret = store_get_fd(fd, STORE_PERF, &event, NULL);
	if (kind == KERN_FD_PERF && !ret) {
		fault_check_handler();
		ret = perf_event_read(event, ptr_to_u64(buf), size);
		store_put(event);
	}
	errno = saved;
	return ret;
}
