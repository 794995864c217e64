/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What an event has counted: read(2), and the helpers of programs. */

#include "clock.h"
#include "err.h"
#include "fault.h"
#include "perf_private.h"
#include "self.h"

#ifndef PERF_FORMAT_LOST
#define PERF_FORMAT_LOST (1u << 4)
#endif

/* How long it was enabled: it runs all that time, there is nothing to share. */
static uint64_t enabled_ns(const struct perf_event_shared *shared)
{
	uint64_t before = atomic_load(&shared->enabled_before);

	return atomic_load(&shared->enabled) ? before + now_ns() - shared->enabled_since : before;
}

/* Whose it is must be here now: this thread, or that CPU. */
int perf_event_value(const struct store_obj *event, uint32_t cpu, uint64_t *count, uint64_t *enabled)
{
	const struct perf_event_shared *shared = perf_shared_of(event);

	if (shared->attr.inherit)
		return -EOPNOTSUPP;
	if (shared->pid != -1 ? shared->pid != (int)self_tid()
			      : shared->cpu != -1 && (uint32_t)shared->cpu != cpu)
		return -EINVAL;
	*count = atomic_load(&shared->count);
	*enabled = enabled_ns(shared);
	return 0;
}

/* One event by itself is a group of one. */
long perf_event_read(struct store_obj *event, uint64_t buf, size_t size)
{
	const struct perf_event_shared *shared = perf_shared_of(event);
	uint64_t format = shared->attr.read_format, values[6], enabled = enabled_ns(shared);
	uint32_t cnt = 0;

	if (format & PERF_FORMAT_GROUP)
		values[cnt++] = 1;
	else
		values[cnt++] = atomic_load(&shared->count);
	if (format & PERF_FORMAT_TOTAL_TIME_ENABLED)
		values[cnt++] = enabled;
	if (format & PERF_FORMAT_TOTAL_TIME_RUNNING)
		values[cnt++] = enabled;
	if (format & PERF_FORMAT_GROUP)
		values[cnt++] = atomic_load(&shared->count);
	if (format & PERF_FORMAT_ID)
		values[cnt++] = event->id;
	if (format & PERF_FORMAT_LOST)
		values[cnt++] = atomic_load(&shared->lost);
	if (size < cnt * sizeof(values[0]))
		return -ENOSPC;
	return user_write(buf, values, cnt * sizeof(values[0])) ? -EFAULT
								: (long)(cnt * sizeof(values[0]));
}
