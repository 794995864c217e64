/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf_map__*_elem(): the element functions with the caller's buffer sizes checked. */
#include "object.h"

/* Newer than the 6.18 interface: the flag carries a CPU's number in its upper half, or the value
 * is meant for all of them, so that the buffer holds one value. */
#define F_CPU	   8
#define F_ALL_CPUS 16

static bool is_percpu(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	       type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

static int check_value_size(const struct bpf_map *map, size_t value_sz, __u64 flags)
{
	size_t wanted = map->value_size;
	int cpus;

	if (is_percpu(map->type) && !(flags & (F_CPU | F_ALL_CPUS))) {
		cpus = libbpf_num_possible_cpus();
		if (cpus < 0)
			return cpus;
		wanted = cpus * round_up(map->value_size, 8);
		if (value_sz == wanted)
			return 0;
		pr_warn("map '%s': unexpected value size %zu provided for per-CPU map, expected %d * %zu = %zd\n",
			map->name, value_sz, cpus, (size_t)round_up(map->value_size, 8), wanted);
		return -EINVAL;
	}
	if (value_sz == wanted)
		return 0;
	pr_warn("map '%s': unexpected value size %zu provided, expected %u\n", map->name, value_sz,
		map->value_size);
	return -EINVAL;
}

static int check_map(const struct bpf_map *map, size_t key_sz)
{
	if (!map_is_created(map))
		return -ENOENT;
	if (map->key_size != key_sz) {
		pr_warn("map '%s': unexpected key size %zu provided, expected %u\n", map->name,
			key_sz, map->key_size);
		return -EINVAL;
	}
	if (map->fd < 0) {
		pr_warn("map '%s': can't use BPF map without FD (was it created?)\n", map->name);
		return -EINVAL;
	}
	return 0;
}

static int check(const struct bpf_map *map, size_t key_sz, size_t value_sz, __u64 flags)
{
	int err = check_map(map, key_sz);

	return err ? err : check_value_size(map, value_sz, flags);
}

int bpf_map__lookup_elem(const struct bpf_map *map, const void *key, size_t key_sz, void *value,
			 size_t value_sz, __u64 flags)
{
	int err = check(map, key_sz, value_sz, flags);

	return err ? libbpf_err(err) : bpf_map_lookup_elem_flags(map->fd, key, value, flags);
}

int bpf_map__update_elem(const struct bpf_map *map, const void *key, size_t key_sz,
			 const void *value, size_t value_sz, __u64 flags)
{
	int err = check(map, key_sz, value_sz, flags);

	return err ? libbpf_err(err) : bpf_map_update_elem(map->fd, key, value, flags);
}

int bpf_map__delete_elem(const struct bpf_map *map, const void *key, size_t key_sz, __u64 flags)
{
	int err = check_map(map, key_sz);

	return err ? libbpf_err(err) : bpf_map_delete_elem_flags(map->fd, key, flags);
}

int bpf_map__lookup_and_delete_elem(const struct bpf_map *map, const void *key, size_t key_sz,
				    void *value, size_t value_sz, __u64 flags)
{
	int err = check(map, key_sz, value_sz, flags);

	return err ? libbpf_err(err) :
		     bpf_map_lookup_and_delete_elem_flags(map->fd, key, value, flags);
}

int bpf_map__get_next_key(const struct bpf_map *map, const void *cur_key, void *next_key,
			  size_t key_sz)
{
	int err = check_map(map, key_sz);

	return err ? libbpf_err(err) : bpf_map_get_next_key(map->fd, cur_key, next_key);
}
