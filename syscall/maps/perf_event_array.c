/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Arrays of perf events (kernel: bpf_perf_event_output). A caller writes the fd of an event and reads
 * nothing. An element goes with the map's fd through which it was written, unless the map preserves
 * them: the slot names the mark that this open file has, and whoever finds the mark gone empties it.
 */
#include <stdlib.h>

#include "bits.h"
#include "clock.h"
#include "err.h"
#include "fd_array_private.h"
#include "object_cache.h"
#include "perf_event.h"

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
	union fd_slot seen;

	seen.word = atomic_load_explicit(fd_slot_of(map, index), memory_order_acquire);
	if (!seen.id)
		return NULL;
	if (has_mark(map, index, seen.mark))
		return object_cache_get(&view->events, index, STORE_PERF, seen.id);
	if (fd_array_drop(map, index, seen))
		store_collect(STORE_PERF, seen.id);
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
	union fd_slot fresh = { .id = event->id };
	int err = mark_fd(map, map_fd, &fresh.mark);

	return err ? err : fd_array_put(map, index, fresh, event);
}

static int perf_array_fd_update(struct kern_map *map, int map_fd, const void *key,
				const void *value, uint64_t flags)
{
	struct store_obj *event;
	uint32_t index;
	int fd, err;

	err = fd_array_args(map, key, value, flags, &index, &fd);
	if (err)
		return err;
	if (store_get_fd(fd, STORE_PERF, &event, NULL))
		return -EBADF;
	err = perf_shared_of(event)->attr.inherit ? -EOPNOTSUPP
						  : put_event(map, map_fd, index, event);
	store_put(event);
	return err;
}

static int perf_array_delete(struct kern_map *map, const void *key)
{
	uint32_t index = fd_array_index(key);

	if (index < map->max_entries)
		perf_array_event(map, index);	/* it may be gone already */
	return fd_array_delete(map, key);
}

const struct map_ops perf_event_array_map_ops = {
	.name		= "perf_event_array",
	.check		= fd_array_check,
	.layout		= fd_array_layout,
	.init		= fd_array_init,
	.open		= perf_array_open,
	.close		= perf_array_close,
	.fd_update	= perf_array_fd_update,
	.cmd_delete	= perf_array_delete,
	.next_key	= array_next_key,
	.memlock	= fd_array_memlock,
	.check_btf	= map_no_btf,
};
