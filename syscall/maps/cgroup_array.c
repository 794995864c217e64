/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Arrays of cgroups. A caller writes the fd of a cgroup's directory and reads nothing; programs ask
 * whether a task is in it. Slots hold the number by which hooks know the cgroup, 0: none.
 */
#include "err.h"
#include "fd_array_private.h"

int (*cgroup_array_target)(int fd, uint64_t *target);

static int cgroup_array_update(struct kern_map *map, const void *key, const void *value,
			       uint64_t flags)
{
	uint64_t target;
	uint32_t index;
	int fd, err;

	err = fd_array_args(map, key, value, flags, &index, &fd);
	err = err ? err : cgroup_array_target(fd, &target);
	if (!err)
		atomic_store(fd_slot_of(map, index), target);
	return err;
}

static int cgroup_array_delete(struct kern_map *map, const void *key)
{
	uint32_t index = fd_array_index(key);

	if (index >= map->max_entries)
		return -E2BIG;
	return atomic_exchange(fd_slot_of(map, index), 0) ? 0 : -ENOENT;
}

int cgroup_array_get(struct kern_map *map, uint32_t index, uint64_t *target)
{
	if (index >= map->max_entries)
		return -E2BIG;
	*target = atomic_load_explicit(fd_slot_of(map, index), memory_order_relaxed);
	return *target ? 0 : -EAGAIN;
}

const struct map_ops cgroup_array_map_ops = {
	.name		= "cgroup_array",
	.check		= fd_array_check,
	.layout		= fd_array_layout,
	.cmd_update	= cgroup_array_update,
	.cmd_delete	= cgroup_array_delete,
	.next_key	= array_next_key,
	.memlock	= fd_array_memlock,
	.check_btf	= map_no_btf,
};
