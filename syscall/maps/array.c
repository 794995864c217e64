/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Arrays: fixed slots, all zero and present from the start (kernel Documentation map_array.rst).
 * A plain array lies at offset 0 of its file; a per-CPU array has one block of slots per CPU.
 */
#include <limits.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "map_private.h"

#define ARRAY_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | \
		     BPF_F_WRONLY_PROG | BPF_F_MMAPABLE | BPF_F_PRESERVE_ELEMS | BPF_F_INNER_MAP)
/* What Linux's per-CPU allocator hands out at most. */
#define PERCPU_VALUE_MAX 32768u

static int check_common(const union bpf_attr *attr, uint32_t refused)
{
	if (!attr->max_entries || attr->key_size != 4 || !attr->value_size ||
	    attr->map_flags & ~ARRAY_FLAGS || !map_access_flags_ok(attr->map_flags) ||
	    attr->map_flags & refused)
		return -EINVAL;
	return attr->value_size > INT_MAX ? -E2BIG : 0;
}

static int array_check(const union bpf_attr *attr)
{
	return check_common(attr, BPF_F_PRESERVE_ELEMS);
}

static int percpu_array_check(const union bpf_attr *attr)
{
	int err = check_common(attr, BPF_F_PRESERVE_ELEMS | BPF_F_MMAPABLE | BPF_F_INNER_MAP);

	/* Its memory is on every CPU's node. */
	if (attr->map_flags & BPF_F_NUMA_NODE && (int)attr->numa_node != -1)
		return -EINVAL;
	if (!err && round_up64(attr->value_size, 8) > PERCPU_VALUE_MAX)
		err = -E2BIG;
	return err;
}

/* Linux rounds the number of slots up for its index mask; more than it can mask is E2BIG. */
static int check_size(const union bpf_attr *attr, uint64_t *bytes)
{
	if (attr->max_entries > 1u << 31)
		return -E2BIG;
	*bytes = round_up64(attr->value_size, 8) * (uint64_t)attr->max_entries;
	return *bytes > SIZE_MAX / 8 ? -ENOMEM : 0;
}

static int array_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	uint64_t bytes = 0;
	int err = check_size(attr, &bytes);

	layout->front = round_up64(bytes, STORE_PAGE);
	return err;
}

static uint64_t percpu_block(uint32_t elem_size, uint32_t max_entries)
{
	return round_up64((uint64_t)elem_size * max_entries, 64);
}

static int percpu_array_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	uint64_t bytes = 0;
	int err = check_size(attr, &bytes);

	layout->inner = round_up64(bytes, 64) * store_possible_cpus();
	return err;
}

static uint32_t index_of(const void *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	return index;
}

static void *array_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	uint32_t index = index_of(key);

	if (index >= map->max_entries)
		return NULL;
	return map->front + (size_t)index * map->elem_size;
}

static void *percpu_slot(struct kern_map *map, uint32_t index, uint32_t cpu)
{
	return map->inner + cpu * percpu_block(map->elem_size, map->max_entries) +
	       (size_t)index * map->elem_size;
}

static void *percpu_array_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	uint32_t index = index_of(key);

	return index < map->max_entries ? percpu_slot(map, index, cpu) : NULL;
}

/* Callers can observe the order of these checks: it is the kernel's. */
static int check_update(struct kern_map *map, const void *key, uint64_t flags)
{
	if ((flags & ~BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (index_of(key) >= map->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;		/* every slot of an array always exists */
	return map_flags_error(map, flags);
}

static int array_update(struct kern_map *map, const void *key, const void *value, uint64_t flags,
			uint32_t cpu)
{
	int err = check_update(map, key, flags);

	if (!err)
		map_value_store(map, array_lookup(map, key, 0), value, flags);
	return err;
}

static int array_cmd_update(struct kern_map *map, const void *key, const void *value,
			    uint64_t flags)
{
	return array_update(map, key, value, flags, 0);
}

static int percpu_array_update(struct kern_map *map, const void *key, const void *value,
			       uint64_t flags, uint32_t cpu)
{
	int err = check_update(map, key, flags);

	if (!err)
		map_value_in(map, percpu_slot(map, index_of(key), cpu), value);
	return err;
}

static int array_delete(struct kern_map *map, const void *key)
{
	return -EINVAL;
}

int array_next_key(struct kern_map *map, const void *key, void *next)
{
	uint32_t index = key ? index_of(key) : UINT32_MAX;

	if (index >= map->max_entries)
		index = 0;
	else if (index == map->max_entries - 1)
		return -ENOENT;
	else
		index++;
	memcpy(next, &index, sizeof(index));
	return 0;
}

static int array_cmd_lookup(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	void *slot = array_lookup(map, key, 0);

	if (!slot)
		return -ENOENT;
	map_value_load(map, value, slot, flags);
	return 0;
}

/* All CPUs' values, each rounded up to 8 bytes; padding travels as it is. */
static int percpu_array_cmd_lookup(struct kern_map *map, const void *key, void *value,
				   uint64_t flags)
{
	uint32_t index = index_of(key);

	if (index >= map->max_entries)
		return -ENOENT;
	for (int cpu = 0; cpu < store_possible_cpus(); cpu++)
		memcpy((char *)value + (size_t)cpu * map->elem_size, percpu_slot(map, index, cpu),
		       map->elem_size);
	return 0;
}

static int percpu_array_cmd_update(struct kern_map *map, const void *key, const void *value,
				   uint64_t flags)
{
	uint32_t index = index_of(key);

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	for (int cpu = 0; cpu < store_possible_cpus(); cpu++)
		memcpy(percpu_slot(map, index, cpu),
		       (const char *)value + (size_t)cpu * map->elem_size, map->elem_size);
	return 0;
}

static int array_for_each(struct kern_map *map, uint32_t cpu,
			  uint64_t (*fn)(void *arg, const void *key, void *value), void *arg)
{
	int calls = 0;

	for (uint32_t i = 0; i < map->max_entries; i++) {
		calls++;
		if (fn(arg, &i, map->ops->lookup(map, &i, cpu)))
			break;
	}
	return calls;
}

static int array_mmap(struct kern_map *map, size_t offset, size_t length, int prot, int flags)
{
	size_t bytes = round_up64((size_t)map->elem_size * map->max_entries, STORE_PAGE);

	if (!(map->map_flags & BPF_F_MMAPABLE) || offset > bytes || length > bytes - offset)
		return -EINVAL;
	return 0;
}

static int array_direct_value(struct kern_map *map, uint32_t offset, uint64_t *addr)
{
	if (map->max_entries != 1)
		return -ENOTSUPP;
	if (offset >= map->value_size)
		return -EINVAL;
	*addr = ptr_to_u64(map->front);
	return 0;
}

/* What Linux charges for a map's own struct (measured on 6.18); a mapped array has a page for it. */
#define ARRAY_HEAD 312u

static uint64_t array_memlock(const struct kern_map *map)
{
	uint64_t slots = (uint64_t)map->elem_size * map->max_entries;

	if (map->map_flags & BPF_F_MMAPABLE)
		return round_up64(ARRAY_HEAD, STORE_PAGE) + round_up64(slots, STORE_PAGE);
	return ARRAY_HEAD + slots;
}

static uint64_t percpu_array_memlock(const struct kern_map *map)
{
	uint64_t per_slot = sizeof(void *) + (uint64_t)map->elem_size * store_possible_cpus();

	return ARRAY_HEAD + per_slot * map->max_entries;
}

#define ARRAY_FIELDS (BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK | BTF_FIELD_TIMER | \
		      BTF_FIELD_WORKQUEUE | BTF_FIELD_TASK_WORK | BTF_FIELD_KPTR_UNREF | \
		      BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU | BTF_FIELD_LIST_HEAD | \
		      BTF_FIELD_RB_ROOT | BTF_FIELD_REFCOUNT)

const struct map_ops array_map_ops = {
	.name		= "array",
	.check		= array_check,
	.layout		= array_layout,
	.lookup		= array_lookup,
	.update		= array_update,
	.delete		= array_delete,
	.for_each	= array_for_each,
	.cmd_lookup	= array_cmd_lookup,
	.cmd_update	= array_cmd_update,
	.cmd_delete	= array_delete,
	.next_key	= array_next_key,
	.mmap		= array_mmap,
	.direct_value	= array_direct_value,
	.memlock	= array_memlock,
	.check_btf	= array_check_btf,
	.field_kinds	= ARRAY_FIELDS,
	.flags		= MAP_OPS_BATCH,
};

const struct map_ops percpu_array_map_ops = {
	.name		= "percpu_array",
	.check		= percpu_array_check,
	.layout		= percpu_array_layout,
	.lookup		= percpu_array_lookup,
	.update		= percpu_array_update,
	.delete		= array_delete,
	.for_each	= array_for_each,
	.cmd_lookup	= percpu_array_cmd_lookup,
	.cmd_update	= percpu_array_cmd_update,
	.cmd_delete	= array_delete,
	.next_key	= array_next_key,
	.memlock	= percpu_array_memlock,
	.check_btf	= array_check_btf,
	.field_kinds	= BTF_FIELD_KPTR_UNREF | BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU |
			  BTF_FIELD_REFCOUNT,
	.flags		= MAP_OPS_PERCPU | MAP_OPS_BATCH,
};
