/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Map types: one row each. */
#include "bits.h"
#include "map_private.h"

static const struct map_ops *const types[] = {
	[BPF_MAP_TYPE_HASH] = &hash_map_ops,
	[BPF_MAP_TYPE_ARRAY] = &array_map_ops,
	[BPF_MAP_TYPE_PROG_ARRAY] = &prog_array_map_ops,
	[BPF_MAP_TYPE_PERF_EVENT_ARRAY] = &perf_event_array_map_ops,
	[BPF_MAP_TYPE_PERCPU_HASH] = &percpu_hash_map_ops,
	[BPF_MAP_TYPE_PERCPU_ARRAY] = &percpu_array_map_ops,
	[BPF_MAP_TYPE_CGROUP_ARRAY] = &cgroup_array_map_ops,
	[BPF_MAP_TYPE_ARRAY_OF_MAPS] = &array_of_maps_map_ops,
	[BPF_MAP_TYPE_LRU_HASH] = &lru_hash_map_ops,
	[BPF_MAP_TYPE_LRU_PERCPU_HASH] = &lru_percpu_hash_map_ops,
	[BPF_MAP_TYPE_LPM_TRIE] = &lpm_trie_map_ops,
	[BPF_MAP_TYPE_DEVMAP] = &devmap_map_ops,
	[BPF_MAP_TYPE_DEVMAP_HASH] = &devmap_hash_map_ops,
	[BPF_MAP_TYPE_HASH_OF_MAPS] = &hash_of_maps_map_ops,
	[BPF_MAP_TYPE_QUEUE] = &queue_map_ops,
	[BPF_MAP_TYPE_STACK] = &stack_map_ops,
	[BPF_MAP_TYPE_RINGBUF] = &ringbuf_map_ops,
	[BPF_MAP_TYPE_USER_RINGBUF] = &user_ringbuf_map_ops,
	[BPF_MAP_TYPE_BLOOM_FILTER] = &bloom_filter_map_ops,
};

const struct map_ops *map_ops_of(uint32_t type)
{
	return type < ARRAY_SIZE(types) ? types[type] : NULL;
}
