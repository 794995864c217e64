/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Perf events that a map holds: samples written to them, and what they have counted. */
#include <linux/bpf_perf_event.h>

#include "perf_event.h"
#include "rows.h"

/* The event of that index, or of the CPU on which the program runs: 0 or -errno. */
static int find_event(struct kern_map *map, uint64_t flags, uint32_t cpu, struct store_obj **event)
{
	uint32_t index = flags & BPF_F_INDEX_MASK;

	if ((flags & BPF_F_INDEX_MASK) == BPF_F_CURRENT_CPU)
		index = cpu;
	if (index >= map->max_entries)
		return -E2BIG;
	*event = perf_array_event(map, index);
	return *event ? 0 : -ENOENT;
}

int help_perf_output(struct kern_map *map, uint64_t flags, uint32_t cpu, const struct perf_raw *raw)
{
	struct store_obj *event;
	int err = find_event(map, flags, cpu, &event);

	if (err)
		return err;
	if (!perf_event_is_output(perf_shared_of(event)))
		return -EINVAL;
	if (!perf_event_is_on(event, cpu))
		return -EOPNOTSUPP;
	return perf_event_output(event, raw, cpu);
}

HELPER(help_perf_event_output)
{
	const struct perf_raw raw = { .piece = { { u64_to_ptr(r4), r5 } } };

	if (r3 & ~BPF_F_INDEX_MASK)
		return -EINVAL;
	return (int64_t)help_perf_output(u64_to_ptr(r2), r3, help_cpu(u64_to_ptr(r1)), &raw);
}

static int read_event(struct kern_map *map, uint64_t flags, void *ctx,
		      struct bpf_perf_event_value *value)
{
	struct store_obj *event;
	int err;

	if (flags & ~BPF_F_INDEX_MASK)
		return -EINVAL;
	err = find_event(map, flags, help_cpu(ctx), &event);
	err = err ? err
		  : perf_event_value(event, help_cpu(ctx), (uint64_t *)&value->counter,
				     (uint64_t *)&value->enabled);
	value->running = value->enabled;
	return err;
}

HELPER(help_perf_event_read)
{
	struct bpf_perf_event_value value = { 0 };
	int64_t err = read_event(u64_to_ptr(r1), r2, ctx, &value);

	return err ? (uint64_t)err : value.counter;
}

HELPER(help_perf_event_read_value)
{
	struct bpf_perf_event_value value = { 0 };
	int64_t err = (uint32_t)r4 == sizeof(value) ? read_event(u64_to_ptr(r1), r2, ctx, &value)
						    : -EINVAL;

	if (err)
		memset(u64_to_ptr(r3), 0, (uint32_t)r4);
	else
		memcpy(u64_to_ptr(r3), &value, sizeof(value));
	return err;
}

static const struct bpfx_helper perf_rows[] = {
	{ BPF_FUNC_perf_event_output, "perf_event_output", help_perf_event_output, BPFX_RET_INTEGER,
	  { BPFX_ARG_CTX, BPFX_ARG_MAP, BPFX_ARG_ANY, BPFX_ARG_MEM | BPFX_RDONLY,
	    BPFX_ARG_SIZE_OR_ZERO }, .flags = BPFX_HELPER_GPL },
	{ BPF_FUNC_perf_event_read, "perf_event_read", help_perf_event_read, BPFX_RET_INTEGER,
	  { BPFX_ARG_MAP, BPFX_ARG_ANY },
	  .flags = BASE_PERFMON | BPFX_HELPER_GPL | BPFX_HELPER_IMPLICIT_CTX },
	{ BPF_FUNC_perf_event_read_value, "perf_event_read_value", help_perf_event_read_value,
	  BPFX_RET_INTEGER,
	  { BPFX_ARG_MAP, BPFX_ARG_ANY, BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE, BPFX_ARG_SIZE },
	  .flags = BASE_PERFMON | BPFX_HELPER_GPL | BPFX_HELPER_IMPLICIT_CTX },
};
HELPER_TABLE(perf);
