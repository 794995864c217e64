/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Which maps may be passed to which helpers. */
#include <linux/bpf.h>
#include "env.h"

/*
 * Pairs that fit. A map type that stands here with MAP takes only the helpers listed for it, a
 * helper that stands here with FUNC only the map types listed for it.
 */
enum { MAP = 1, FUNC = 2, BOTH = MAP | FUNC };

static const struct pair {
	uint16_t map, func;
	uint8_t sides;
} pairs[] = {
#define PAIR(map, func, sides) { BPF_MAP_TYPE_##map, BPF_FUNC_##func, sides },
	PAIR(PROG_ARRAY, tail_call, BOTH)
	PAIR(PERF_EVENT_ARRAY, perf_event_read, BOTH)
	PAIR(PERF_EVENT_ARRAY, perf_event_output, BOTH)
	PAIR(PERF_EVENT_ARRAY, skb_output, BOTH)
	PAIR(PERF_EVENT_ARRAY, perf_event_read_value, BOTH)
	PAIR(PERF_EVENT_ARRAY, xdp_output, BOTH)
	PAIR(RINGBUF, ringbuf_output, BOTH)
	PAIR(RINGBUF, ringbuf_reserve, BOTH)
	PAIR(RINGBUF, ringbuf_query, BOTH)
	PAIR(RINGBUF, ringbuf_reserve_dynptr, BOTH)
	PAIR(RINGBUF, ringbuf_submit_dynptr, MAP)
	PAIR(RINGBUF, ringbuf_discard_dynptr, MAP)
	PAIR(USER_RINGBUF, user_ringbuf_drain, BOTH)
	PAIR(STACK_TRACE, get_stackid, BOTH)
	PAIR(CGROUP_ARRAY, skb_under_cgroup, BOTH)
	PAIR(CGROUP_ARRAY, current_task_under_cgroup, BOTH)
	PAIR(CGROUP_STORAGE, get_local_storage, BOTH)
	PAIR(PERCPU_CGROUP_STORAGE, get_local_storage, BOTH)
	PAIR(DEVMAP, redirect_map, BOTH)
	PAIR(DEVMAP, map_lookup_elem, MAP)
	PAIR(DEVMAP_HASH, redirect_map, BOTH)
	PAIR(DEVMAP_HASH, map_lookup_elem, MAP)
	PAIR(CPUMAP, redirect_map, BOTH)
	PAIR(XSKMAP, redirect_map, BOTH)
	PAIR(XSKMAP, map_lookup_elem, MAP)
	PAIR(ARRAY_OF_MAPS, map_lookup_elem, MAP)
	PAIR(HASH_OF_MAPS, map_lookup_elem, MAP)
	PAIR(SOCKMAP, sk_redirect_map, BOTH)
	PAIR(SOCKMAP, sock_map_update, BOTH)
	PAIR(SOCKMAP, msg_redirect_map, BOTH)
	PAIR(SOCKMAP, sk_select_reuseport, BOTH)
	PAIR(SOCKMAP, map_lookup_elem, MAP)
	PAIR(SOCKHASH, sk_redirect_hash, BOTH)
	PAIR(SOCKHASH, sock_hash_update, BOTH)
	PAIR(SOCKHASH, msg_redirect_hash, BOTH)
	PAIR(SOCKHASH, sk_select_reuseport, BOTH)
	PAIR(SOCKHASH, map_lookup_elem, MAP)
	PAIR(REUSEPORT_SOCKARRAY, sk_select_reuseport, BOTH)
	PAIR(QUEUE, map_peek_elem, BOTH)
	PAIR(QUEUE, map_pop_elem, BOTH)
	PAIR(QUEUE, map_push_elem, BOTH)
	PAIR(STACK, map_peek_elem, BOTH)
	PAIR(STACK, map_pop_elem, BOTH)
	PAIR(STACK, map_push_elem, BOTH)
	PAIR(BLOOM_FILTER, map_peek_elem, BOTH)
	PAIR(BLOOM_FILTER, map_push_elem, BOTH)
	PAIR(SK_STORAGE, sk_storage_get, BOTH)
	PAIR(SK_STORAGE, sk_storage_delete, BOTH)
	PAIR(SK_STORAGE, kptr_xchg, MAP)
	PAIR(INODE_STORAGE, inode_storage_get, BOTH)
	PAIR(INODE_STORAGE, inode_storage_delete, BOTH)
	PAIR(INODE_STORAGE, kptr_xchg, MAP)
	PAIR(TASK_STORAGE, task_storage_get, BOTH)
	PAIR(TASK_STORAGE, task_storage_delete, BOTH)
	PAIR(TASK_STORAGE, kptr_xchg, MAP)
	PAIR(CGRP_STORAGE, cgrp_storage_get, BOTH)
	PAIR(CGRP_STORAGE, cgrp_storage_delete, BOTH)
	PAIR(CGRP_STORAGE, kptr_xchg, MAP)
	PAIR(PERCPU_ARRAY, map_lookup_percpu_elem, FUNC)
	PAIR(PERCPU_HASH, map_lookup_percpu_elem, FUNC)
	PAIR(LRU_PERCPU_HASH, map_lookup_percpu_elem, FUNC)
#undef PAIR
};

int check_map_func(struct verifier_env *env, const struct verifier_map *map,
		   const struct bpfx_helper *row)
{
	bool restricted = false;
	char name[64];

	if (!map)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		bool same_map = pairs[i].map == map->type, same_func = pairs[i].func == row->id;

		if (same_map && same_func)
			return 0;
		restricted |= (same_map && (pairs[i].sides & MAP)) ||
			      (same_func && (pairs[i].sides & FUNC));
	}
	if (!restricted)
		return 0;
	if ((map->type == BPF_MAP_TYPE_SOCKMAP || map->type == BPF_MAP_TYPE_SOCKHASH) &&
	    (row->id == BPF_FUNC_map_delete_elem || row->id == BPF_FUNC_map_update_elem))
		vlog(env, "cannot update sockmap in this context\n");
	vlog(env, "cannot pass map_type %d into func %s#%d\n", map->type,
	     helper_text(env, row->id, name, sizeof(name)), row->id);
	return -EINVAL;
}

/* Maps whose every element exists, so that a lookup inside the bounds gives one. */
bool map_elides_null(const struct verifier_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

/* Maps that bpf_for_each_map_elem() walks. */
bool map_has_callback(const struct verifier_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return true;
	default:
		return false;
	}
}
