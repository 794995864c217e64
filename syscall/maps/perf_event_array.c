/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Arrays of perf events (kernel: bpf_perf_event_output). A caller writes the fd of an event and reads
 * nothing. An element goes with the map's fd through which it was written, unless the map preserves
 * them: the slot names the mark that this open file has, and whoever finds the mark gone empties it.
 */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "clock.h"
#include "err.h"
#include "kill_point.h"
#include "map_private.h"
#include "object_cache.h"
#include "perf_event.h"

/* In shared memory: an id, which the store counts as a reference, and a mark; 0: for good. */
struct slot {
	uint32_t id, mark;
};

union slot_word {
	struct slot slot;
	uint64_t word;
};

/* Beside the common facts. */
struct perf_array_shared {
	_Atomic uint32_t last_mark;
};

/* A mark is looked for once in that time, by each process. */
#define RECHECK_MS 5u

/* In this process. */
struct perf_array_view {
	struct object_cache events;
	_Atomic uint64_t checked[];	/* per slot: the mark that was there, and when (ms) */
};

static _Atomic uint64_t *slot_of(const struct kern_map *map, uint32_t index)
{
	return (_Atomic uint64_t *)(map->inner + (size_t)index * sizeof(struct slot));
}

static uint32_t index_of(const void *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	return index;
}

/* ---- creation ---- */

#define PERF_ARRAY_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PRESERVE_ELEMS)

static int perf_array_check(const union bpf_attr *attr)
{
	if (attr->value_size != 4 || attr->key_size != 4 || !attr->max_entries ||
	    attr->map_flags & ~PERF_ARRAY_FLAGS)
		return -EINVAL;
	return 0;
}

static int perf_array_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	if (attr->max_entries > 1u << 31)
		return -E2BIG;
	layout->inner = (size_t)attr->max_entries * sizeof(struct slot);
	return 0;
}

static int perf_array_init(struct kern_map *map)
{
	struct store_header *header = map->obj->header;

	header->slot_kind = STORE_PERF;
	header->slot_offset = map->inner - map->obj->mem;
	header->slot_stride = sizeof(struct slot);
	header->slot_cnt = map->max_entries;
	return 0;
}

static int perf_array_open(struct kern_map *map)
{
	struct perf_array_view *view =
		calloc(1, sizeof(*view) + (size_t)map->max_entries * sizeof(view->checked[0]));
	int err = view ? object_cache_open(&view->events, map->max_entries) : -ENOMEM;

	if (err) {
		free(view);
		return err;
	}
	map->view = view;
	return 0;
}

static void perf_array_close(struct kern_map *map)
{
	struct perf_array_view *view = map->view;

	object_cache_close(&view->events);
	free(view);
}

/* ---- elements ---- */

/* Empty it if it is still as it was seen. */
static bool drop(struct kern_map *map, uint32_t index, union slot_word seen)
{
	return atomic_compare_exchange_strong(slot_of(map, index), &seen.word, 0);
}

static bool has_mark(struct kern_map *map, uint32_t index, uint32_t mark)
{
	struct perf_array_view *view = map->view;
	uint32_t now = clock_ns(CLOCK_MONOTONIC_COARSE) / 1000000;
	uint64_t checked = atomic_load_explicit(&view->checked[index], memory_order_relaxed);

	if (!mark || (checked >> 32 == mark && now - (uint32_t)checked < RECHECK_MS))
		return true;
	if (!store_has_mark(map->obj, mark))
		return false;
	atomic_store_explicit(&view->checked[index], (uint64_t)mark << 32 | now,
			      memory_order_relaxed);
	return true;
}

struct store_obj *perf_array_event(struct kern_map *map, uint32_t index)
{
	struct perf_array_view *view = map->view;
	union slot_word seen;

	seen.word = atomic_load_explicit(slot_of(map, index), memory_order_acquire);
	if (!seen.slot.id)
		return NULL;
	if (has_mark(map, index, seen.slot.mark))
		return object_cache_get(&view->events, index, STORE_PERF, seen.slot.id);
	if (drop(map, index, seen))
		store_collect(STORE_PERF, seen.slot.id);
	return NULL;
}

/* The mark of the open file behind the fd: a new one each time, which costs nothing. */
static int mark_fd(struct kern_map *map, int map_fd, uint32_t *mark)
{
	struct perf_array_shared *shared = map_type_room(map);

	*mark = 0;
	if (map->map_flags & BPF_F_PRESERVE_ELEMS)
		return 0;
	*mark = atomic_fetch_add(&shared->last_mark, 1) + 1;
	return store_fd_mark(map_fd, *mark);
}

static int put_event(struct kern_map *map, int map_fd, uint32_t index, struct store_obj *event)
{
	union slot_word fresh = { .slot.id = event->id }, old;
	int err = mark_fd(map, map_fd, &fresh.slot.mark);

	if (err)
		return err;
	store_mark_target(event);
	kill_point("perf_array.marked");
	old.word = atomic_exchange(slot_of(map, index), fresh.word);
	kill_point("perf_array.written");
	err = store_check_target(event);
	if (err)
		drop(map, index, fresh);
	if (old.slot.id && old.slot.id != event->id)
		store_collect(STORE_PERF, old.slot.id);
	return err;
}

static int perf_array_fd_update(struct kern_map *map, int map_fd, const void *key,
				const void *value, uint64_t flags)
{
	uint32_t index = index_of(key);
	struct store_obj *event;
	int fd, err;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	memcpy(&fd, value, sizeof(fd));
	if (store_get_fd(fd, STORE_PERF, &event, NULL))
		return -EBADF;
	err = perf_shared_of(event)->attr.inherit ? -EOPNOTSUPP
						  : put_event(map, map_fd, index, event);
	store_put(event);
	return err;
}

static int perf_array_delete(struct kern_map *map, const void *key)
{
	uint32_t index = index_of(key);
	union slot_word old;

	if (index >= map->max_entries)
		return -E2BIG;
	perf_array_event(map, index);	/* it may be gone already */
	old.word = atomic_exchange(slot_of(map, index), 0);
	if (!old.slot.id)
		return -ENOENT;
	store_collect(STORE_PERF, old.slot.id);
	return 0;
}

bool perf_array_clear(struct kern_map *map)
{
	bool any = false;

	if (map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY || map->map_flags & BPF_F_PRESERVE_ELEMS)
		return false;
	for (uint32_t i = 0; i < map->max_entries; i++)
		any |= atomic_exchange(slot_of(map, i), 0) != 0;
	return any;
}

static uint64_t perf_array_memlock(const struct kern_map *map)
{
	return 312 + (uint64_t)map->max_entries * 8;
}

const struct map_ops perf_event_array_map_ops = {
	.name		= "perf_event_array",
	.check		= perf_array_check,
	.layout		= perf_array_layout,
	.init		= perf_array_init,
	.open		= perf_array_open,
	.close		= perf_array_close,
	.fd_update	= perf_array_fd_update,
	.cmd_delete	= perf_array_delete,
	.next_key	= array_next_key,
	.memlock	= perf_array_memlock,
	.check_btf	= map_no_btf,
};
