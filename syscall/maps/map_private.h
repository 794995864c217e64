/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the maps room: what map types use of each other and of the common part. */
#ifndef SYSCALL_MAPS_MAP_PRIVATE_H
#define SYSCALL_MAPS_MAP_PRIVATE_H

#include <stdatomic.h>

#include "map_ops.h"

extern const struct map_ops array_map_ops, percpu_array_map_ops, hash_map_ops, ringbuf_map_ops,
	user_ringbuf_map_ops, prog_array_map_ops, array_of_maps_map_ops, percpu_hash_map_ops,
	hash_of_maps_map_ops, queue_map_ops, stack_map_ops, lpm_trie_map_ops,
	bloom_filter_map_ops, lru_hash_map_ops, lru_percpu_hash_map_ops, devmap_map_ops,
	devmap_hash_map_ops, perf_event_array_map_ops, cgroup_array_map_ops;

static inline struct map_shared *map_shared_of(const struct store_obj *obj)
{
	return (struct map_shared *)obj->header->room;
}
_Static_assert(sizeof(struct map_shared) <= sizeof(((struct store_header *)0)->room) / 2,
	       "half of the header's room is left for the type");

/* The type's own words in the header page, behind the common facts. */
static inline void *map_type_room(const struct kern_map *map)
{
	return &map->obj->header->room[128];
}

bool map_access_flags_ok(uint32_t flags);

/* BTF of a new map: checks, edge to the BTF object, special fields. */
int map_attach_btf(struct store_obj *obj, const struct map_ops *ops, const union bpf_attr *attr);
void map_release_btf(struct kern_map *map);

void map_value_in(const struct kern_map *map, void *dst, const void *src);
void map_value_out(const struct kern_map *map, void *dst, const void *src);
/* With BPF_F_LOCK in @flags the copy holds the value's spin lock; @slot is the map's side. */
void map_value_store(const struct kern_map *map, void *slot, const void *src, uint64_t flags);
void map_value_load(const struct kern_map *map, void *dst, void *slot, uint64_t flags);
int map_flags_error(const struct kern_map *map, uint64_t flags);

/* May this map be a value of that map of maps. */
int map_check_inner(const struct kern_map *map, const struct store_obj *obj);
/* check_btf of types that take no BTF. */
int map_no_btf(const struct kern_btf *btf, const union bpf_attr *attr);

/* Types of extensions: base type and name behind a number: 0 or -errno; operations over a base. */
int map_custom_base(uint32_t type, const union bpf_attr *attr, uint32_t *base, const char **name);
const struct map_ops *map_custom_ops(uint32_t base);

int array_next_key(struct kern_map *map, const void *key, void *next);
/* The last fd and pin is gone of a prog array, or of an array of perf events that does not preserve its
 * elements: empty it. Return: was there anything in it. */
bool fd_array_clear(struct kern_map *map);

/* A key must be a 32-bit integer, or void for a single element (global data). */
int array_check_btf(const struct kern_btf *btf, const union bpf_attr *attr);

uint32_t jhash(const void *key, uint32_t length, uint32_t seed);

#endif
