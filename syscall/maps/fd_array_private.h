/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What arrays have in common into which a caller writes fds: a slot of 8 bytes per element. */
#ifndef SYSCALL_MAPS_FD_ARRAY_PRIVATE_H
#define SYSCALL_MAPS_FD_ARRAY_PRIVATE_H

#include <string.h>

#include "map_private.h"

/* In shared memory; 0: empty. */
union fd_slot {
	struct {
		uint32_t id;	/* which the store counts as a reference */
		uint32_t mark;	/* see perf_event_array.c; 0: for good */
	};
	uint64_t word;		/* of a cgroup: its number */
};

static inline _Atomic uint64_t *fd_slot_of(const struct kern_map *map, uint32_t index)
{
	return (_Atomic uint64_t *)(map->inner + (size_t)index * sizeof(union fd_slot));
}

static inline uint32_t fd_array_index(const void *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	return index;
}

int fd_array_check(const union bpf_attr *attr);
int fd_array_layout(const union bpf_attr *attr, struct map_layout *layout);
/* Slots hold ids. */
int fd_array_init(struct kern_map *map);
uint64_t fd_array_memlock(const struct kern_map *map);

/* Slot and fd of an update: 0, -EINVAL, -E2BIG. */
int fd_array_args(const struct kern_map *map, const void *key, const void *value, uint64_t flags,
		  uint32_t *index, int *fd);
/* @fresh, which names @obj, goes into a slot: 0 or -errno. */
int fd_array_put(struct kern_map *map, uint32_t index, union fd_slot fresh, struct store_obj *obj);
/* Empty a slot if it is still as it was seen. */
bool fd_array_drop(struct kern_map *map, uint32_t index, union fd_slot seen);
int fd_array_delete(struct kern_map *map, const void *key);

#endif
