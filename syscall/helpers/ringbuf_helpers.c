/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Ring buffers. Submit and discard get only the record; its map is found among those that this
 * thread reserved from: a record is committed by the run that reserved it.
 */
#include <string.h>

#include "rows.h"

#define RECENT_MAX 128	/* more than the ring buffers of nested programs */

static __thread struct recent {
	uint64_t start, end;	/* the map's memory */
	struct kern_map *map;
} recent[RECENT_MAX];
static __thread uint32_t recent_cnt;

/* To the front: the last one used is nearly always the next one asked for. */
static void remember(struct kern_map *map)
{
	uint64_t start = ptr_to_u64(map->obj->mem);
	struct recent now = { start, start + map->obj->size, map };
	uint32_t at = 0;

	if (recent_cnt && !memcmp(&recent[0], &now, sizeof(now)))
		return;
	/* Forget the same map, and older ones that used to be at these addresses. */
	while (at < recent_cnt && (recent[at].end <= now.start || recent[at].start >= now.end))
		at++;
	if (at == recent_cnt && recent_cnt < RECENT_MAX)
		recent_cnt++;
	else if (at == recent_cnt)
		at--;
	memmove(&recent[1], &recent[0], at * sizeof(recent[0]));
	recent[0] = now;
}

static struct kern_map *map_of(uint64_t sample)
{
	for (uint32_t i = 0; i < recent_cnt; i++)
		if (sample >= recent[i].start && sample < recent[i].end)
			return recent[i].map;
	return NULL;
}

HELPER(help_ringbuf_output)
{
	return (int64_t)ringbuf_output(u64_to_ptr(r1), u64_to_ptr(r2), r3, r4);
}

HELPER(help_ringbuf_reserve)
{
	struct kern_map *map = u64_to_ptr(r1);
	void *sample = ringbuf_reserve(map, r2, r3);

	if (sample)
		remember(map);
	return ptr_to_u64(sample);
}

HELPER(help_ringbuf_submit)
{
	struct kern_map *map = map_of(r1);

	if (map)
		ringbuf_submit(map, u64_to_ptr(r1), r2);
	return 0;
}

HELPER(help_ringbuf_discard)
{
	struct kern_map *map = map_of(r1);

	if (map)
		ringbuf_discard(map, u64_to_ptr(r1), r2);
	return 0;
}

HELPER(help_ringbuf_query)
{
	return ringbuf_query(u64_to_ptr(r1), r2);
}

static const struct bpfx_helper ringbuf_rows[] = {
	{ BPF_FUNC_ringbuf_output, "ringbuf_output", help_ringbuf_output, BPFX_RET_INTEGER,
	  { BPFX_ARG_MAP, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO, BPFX_ARG_ANY },
	  .flags = BASE },
	{ BPF_FUNC_ringbuf_reserve, "ringbuf_reserve", help_ringbuf_reserve,
	  BPFX_RET_RINGBUF_MEM | BPFX_RET_OR_NULL,
	  { BPFX_ARG_MAP, BPFX_ARG_ALLOC_SIZE, BPFX_ARG_ANY }, .flags = BASE },
	{ BPF_FUNC_ringbuf_submit, "ringbuf_submit", help_ringbuf_submit, BPFX_RET_VOID,
	  { BPFX_ARG_RINGBUF_MEM | BPFX_RELEASE, BPFX_ARG_ANY }, .flags = BASE },
	{ BPF_FUNC_ringbuf_discard, "ringbuf_discard", help_ringbuf_discard, BPFX_RET_VOID,
	  { BPFX_ARG_RINGBUF_MEM | BPFX_RELEASE, BPFX_ARG_ANY }, .flags = BASE },
	{ BPF_FUNC_ringbuf_query, "ringbuf_query", help_ringbuf_query, BPFX_RET_INTEGER,
	  { BPFX_ARG_MAP, BPFX_ARG_ANY }, .flags = BASE },
};
HELPER_TABLE(ringbuf);
