/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Arrays whose values are objects: prog arrays (kernel Documentation, bpf_tail_call) and arrays of
 * maps (map_of_maps.rst). A caller writes an fd and reads an id. The slots in shared memory hold
 * ids, which the store counts as references; each process keeps the objects it has looked up.
 */
#include <stdlib.h>

#include "bits.h"
#include "err.h"
#include "fd_array_private.h"
#include "kill_point.h"
#include "object_cache.h"

int (*prog_array_accepts)(struct kern_map *map, const struct store_obj *prog);

static enum store_kind kind_of(const struct kern_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
		return STORE_PROG;
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		return STORE_PERF;
	default:
		return STORE_MAP;
	}
}

/* ---- creation ---- */

#define FD_ARRAY_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)

int fd_array_check(const union bpf_attr *attr)
{
	uint32_t flags = FD_ARRAY_FLAGS;

	if (attr->map_type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		flags |= BPF_F_PRESERVE_ELEMS;
	if (attr->value_size != 4 || attr->key_size != 4 || !attr->max_entries ||
	    attr->map_flags & ~flags)
		return -EINVAL;
	return 0;
}

int fd_array_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	if (attr->max_entries > 1u << 31)
		return -E2BIG;
	layout->inner = (size_t)attr->max_entries * sizeof(union fd_slot);
	return 0;
}

int fd_array_init(struct kern_map *map)
{
	struct store_header *header = map->obj->header;

	header->slot_kind = kind_of(map);
	header->slot_offset = map->inner - map->obj->mem;
	header->slot_stride = sizeof(union fd_slot);
	header->slot_cnt = map->max_entries;
	return 0;
}

static int fd_array_open(struct kern_map *map)
{
	struct object_cache *cache = malloc(sizeof(*cache));
	int err = cache ? object_cache_open(cache, map->max_entries) : -ENOMEM;

	if (err) {
		free(cache);
		return err;
	}
	map->view = cache;
	return 0;
}

static void fd_array_close(struct kern_map *map)
{
	object_cache_close(map->view);
	free(map->view);
}

/* ---- looking up ---- */

struct store_obj *fd_array_object(struct kern_map *map, uint32_t index)
{
	union fd_slot slot;

	if (index >= map->max_entries)
		return NULL;
	slot.word = atomic_load_explicit(fd_slot_of(map, index), memory_order_acquire);
	return slot.id ? object_cache_get(map->view, index, kind_of(map), slot.id) : NULL;
}

/* Programs get the inner map itself. */
static void *map_array_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	struct store_obj *obj = fd_array_object(map, fd_array_index(key));
	struct kern_map *inner;

	return obj && !map_view(obj, &inner) ? inner : NULL;
}

static int fd_array_cmd_lookup(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	uint32_t index = fd_array_index(key);
	union fd_slot slot;

	slot.word = index < map->max_entries ? atomic_load(fd_slot_of(map, index)) : 0;
	if (!slot.id)
		return -ENOENT;
	memcpy(value, &slot.id, sizeof(slot.id));
	return 0;
}

/* ---- writing ---- */

/* An inner map must be like the one that was given at creation. */
int map_check_inner(const struct kern_map *map, const struct store_obj *obj)
{
	const struct map_shared *want = map->shared, *have = map_shared_of(obj);
	const struct map_inner *inner = &want->inner;

	if (have->type != inner->type || have->custom[0] || have->key_size != inner->key_size ||
	    have->value_size != inner->value_size || have->map_flags != inner->map_flags ||
	    memcmp(&have->fields, &inner->fields, sizeof(have->fields)))
		return -EINVAL;
	if (have->type == BPF_MAP_TYPE_ARRAY && !(inner->map_flags & BPF_F_INNER_MAP) &&
	    have->max_entries != inner->max_entries)
		return -EINVAL;
	return 0;
}

static int check_object(struct kern_map *map, const struct store_obj *obj)
{
	if (map->type == BPF_MAP_TYPE_PROG_ARRAY)
		return prog_array_accepts(map, obj);
	return map_check_inner(map, obj);
}

int fd_array_args(const struct kern_map *map, const void *key, const void *value, uint64_t flags,
		  uint32_t *index, int *fd)
{
	*index = fd_array_index(key);
	if (flags != BPF_ANY)
		return -EINVAL;
	if (*index >= map->max_entries)
		return -E2BIG;
	memcpy(fd, value, sizeof(*fd));
	return 0;
}

bool fd_array_drop(struct kern_map *map, uint32_t index, union fd_slot seen)
{
	return atomic_compare_exchange_strong(fd_slot_of(map, index), &seen.word, 0);
}

int fd_array_put(struct kern_map *map, uint32_t index, union fd_slot fresh, struct store_obj *obj)
{
	union fd_slot old;
	int err;

	store_mark_target(obj);
	kill_point("fd_array.marked");
	old.word = atomic_exchange(fd_slot_of(map, index), fresh.word);
	kill_point("fd_array.written");
	err = store_check_target(obj);
	if (err)
		fd_array_drop(map, index, fresh);
	if (old.id && old.id != obj->id)
		store_collect(kind_of(map), old.id);
	return err;
}

static int fd_array_cmd_update(struct kern_map *map, const void *key, const void *value,
			       uint64_t flags)
{
	union fd_slot fresh = { .word = 0 };
	struct store_obj *obj;
	uint32_t index;
	int fd, err;

	err = fd_array_args(map, key, value, flags, &index, &fd);
	err = err ? err : store_get_fd(fd, kind_of(map), &obj, NULL);
	if (err)
		return err;
	fresh.id = obj->id;
	err = check_object(map, obj);
	err = err ? err : fd_array_put(map, index, fresh, obj);
	store_put(obj);
	return err;
}

int fd_array_delete(struct kern_map *map, const void *key)
{
	uint32_t index = fd_array_index(key);
	union fd_slot old;

	if (index >= map->max_entries)
		return -E2BIG;
	old.word = atomic_exchange(fd_slot_of(map, index), 0);
	if (!old.id)
		return -ENOENT;
	store_collect(kind_of(map), old.id);
	return 0;
}

bool fd_array_clear(struct kern_map *map)
{
	bool any = false;

	if (map->type != BPF_MAP_TYPE_PROG_ARRAY &&
	    (map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY || map->map_flags & BPF_F_PRESERVE_ELEMS))
		return false;
	for (uint32_t i = 0; i < map->max_entries; i++)
		any |= atomic_exchange(fd_slot_of(map, i), 0) != 0;
	return any;
}

uint64_t fd_array_memlock(const struct kern_map *map)
{
	return 312 + (uint64_t)map->max_entries * 8;
}

int map_no_btf(const struct kern_btf *btf, const union bpf_attr *attr)
{
	return -ENOTSUPP;
}

const struct map_ops prog_array_map_ops = {
	.name		= "prog_array",
	.check		= fd_array_check,
	.layout		= fd_array_layout,
	.init		= fd_array_init,
	.open		= fd_array_open,
	.close		= fd_array_close,
	.cmd_lookup	= fd_array_cmd_lookup,
	.cmd_update	= fd_array_cmd_update,
	.cmd_delete	= fd_array_delete,
	.next_key	= array_next_key,
	.memlock	= fd_array_memlock,
};

const struct map_ops array_of_maps_map_ops = {
	.name		= "array_of_maps",
	.check		= fd_array_check,
	.layout		= fd_array_layout,
	.init		= fd_array_init,
	.open		= fd_array_open,
	.close		= fd_array_close,
	.lookup		= map_array_lookup,
	.cmd_lookup	= fd_array_cmd_lookup,
	.cmd_update	= fd_array_cmd_update,
	.cmd_delete	= fd_array_delete,
	.next_key	= array_next_key,
	.memlock	= fd_array_memlock,
	.check_btf	= map_no_btf,
	.flags		= MAP_OPS_BATCH | MAP_OPS_INNER,
};
