/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Arrays of cgroups. A caller writes the fd of a cgroup's directory and reads nothing; programs ask
 * whether a task is in it. Slots hold the number by which hooks know the cgroup, 0: none.
 */
#include <string.h>

#include "err.h"
#include "map_private.h"

int (*cgroup_array_target)(int fd, uint64_t *target);

static _Atomic uint64_t *slot_of(const struct kern_map *map, uint32_t index)
{
	return (_Atomic uint64_t *)(map->inner + (size_t)index * sizeof(uint64_t));
}

static uint32_t index_of(const void *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	return index;
}

static int cgroup_array_check(const union bpf_attr *attr)
{
	if (attr->value_size != 4 || attr->key_size != 4 || !attr->max_entries ||
	    attr->map_flags & ~(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	return 0;
}

static int cgroup_array_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	if (attr->max_entries > 1u << 31)
		return -E2BIG;
	layout->inner = (size_t)attr->max_entries * sizeof(uint64_t);
	return 0;
}

static int cgroup_array_update(struct kern_map *map, const void *key, const void *value,
			       uint64_t flags)
{
	uint32_t index = index_of(key);
	uint64_t target;
	int fd, err;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	memcpy(&fd, value, sizeof(fd));
	err = cgroup_array_target(fd, &target);
	if (!err)
		atomic_store(slot_of(map, index), target);
	return err;
}

static int cgroup_array_delete(struct kern_map *map, const void *key)
{
	uint32_t index = index_of(key);

	if (index >= map->max_entries)
		return -E2BIG;
	return atomic_exchange(slot_of(map, index), 0) ? 0 : -ENOENT;
}

int cgroup_array_get(struct kern_map *map, uint32_t index, uint64_t *target)
{
	if (index >= map->max_entries)
		return -E2BIG;
	*target = atomic_load_explicit(slot_of(map, index), memory_order_relaxed);
	return *target ? 0 : -EAGAIN;
}

static uint64_t cgroup_array_memlock(const struct kern_map *map)
{
	return 312 + (uint64_t)map->max_entries * 8;
}

const struct map_ops cgroup_array_map_ops = {
	.name		= "cgroup_array",
	.check		= cgroup_array_check,
	.layout		= cgroup_array_layout,
	.cmd_update	= cgroup_array_update,
	.cmd_delete	= cgroup_array_delete,
	.next_key	= array_next_key,
	.memlock	= cgroup_array_memlock,
	.check_btf	= map_no_btf,
};
