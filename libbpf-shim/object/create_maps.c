/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Load, first half: maps come into being, from pins or new, with their initial contents. */
#include "object.h"

#include <sys/mman.h>

#include "kernel_features.h"
#include "sys.h"

/* ---- pins ---- */

static bool is_same_shape(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info), flags;
	int err;

	err = bpf_map_get_info_by_fd(fd, &info, &len);
	if (err) {
		pr_warn("failed to get map info for map FD %d: %s\n", fd, errstr(err));
		return false;
	}
	/* the kernel adds this one by itself */
	flags = info.map_flags;
	if (info.type == BPF_MAP_TYPE_DEVMAP || info.type == BPF_MAP_TYPE_DEVMAP_HASH)
		flags &= ~BPF_F_RDONLY_PROG;
	return info.type == map->type && info.key_size == map->key_size &&
	       info.value_size == map->value_size && info.max_entries == map->max_entries &&
	       flags == map->flags && info.map_extra == map->map_extra;
}

static int reuse_pin(struct bpf_map *map)
{
	int fd, err;

	fd = bpf_obj_get(map->pin_path);
	if (fd == -ENOENT) {
		pr_debug("found no pinned map to reuse at '%s'\n", map->pin_path);
		return 0;
	}
	if (fd < 0) {
		pr_warn("couldn't retrieve pinned map '%s': %s\n", map->pin_path, errstr(fd));
		return fd;
	}
	if (!is_same_shape(map, fd)) {
		pr_warn("couldn't reuse pinned map at '%s': parameter mismatch\n", map->pin_path);
		sys_close(fd);
		return -EINVAL;
	}
	err = bpf_map__reuse_fd(map, fd);
	sys_close(fd);
	if (err)
		return err;
	map->pinned = true;
	pr_debug("reused pinned map at '%s'\n", map->pin_path);
	return 0;
}

/* Another loader may have been faster since we looked: then its map is ours, too. */
static int auto_pin(struct bpf_map *map)
{
	int err = bpf_map__pin(map, NULL);

	if (err == -EEXIST) {
		pr_debug("map '%s': somebody pinned one at '%s' meanwhile\n", map->name,
			 map->pin_path);
		err = reuse_pin(map);
		if (!err && !map->reused)	/* and it is gone again */
			err = bpf_map__pin(map, NULL);
	}
	if (err)
		pr_warn("map '%s': failed to auto-pin at '%s': %s\n", map->name, map->pin_path,
			errstr(err));
	return err;
}

/* ---- creation ---- */

/* Types for which the kernel accepts no BTF, or for which it means nothing. */
static bool takes_btf(enum bpf_map_type type)
{
	switch (type) {
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP:
	case BPF_MAP_TYPE_XSKMAP:
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_ARENA:
		return false;
	default:
		return true;
	}
}

static int create(struct bpf_object *obj, struct bpf_map *map, bool is_inner);

/* The template that elements of a map of maps are compared with. Only needed for the creation. */
static int inner_fd(struct bpf_object *obj, struct bpf_map *map)
{
	int err;

	if (map->inner_map_fd >= 0)
		return map->inner_map_fd;
	if (!map->inner_map)
		return 0;
	err = create(obj, map->inner_map, true);
	if (err) {
		pr_warn("map '%s': failed to create inner map: %s\n", map->name, errstr(err));
		return err;
	}
	return map->inner_map->fd;
}

static int create(struct bpf_object *obj, struct bpf_map *map, bool is_inner)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	const char *name = kernel_supports(FEAT_PROG_NAME, obj->token_fd) ? map->name : NULL;
	int fd;

	opts.map_ifindex = map->ifindex;
	opts.map_flags = map->flags;
	opts.numa_node = map->numa_node;
	opts.map_extra = map->map_extra;
	opts.token_fd = obj->token_fd;
	if (obj->token_fd)
		opts.map_flags |= BPF_F_TOKEN_FD;
	if (map_is_internal(map) && !kernel_supports(FEAT_ARRAY_MMAP, obj->token_fd))
		opts.map_flags &= ~BPF_F_MMAPABLE;
	if (obj->btf && btf__fd(obj->btf) >= 0 && takes_btf(map->type)) {
		opts.btf_fd = btf__fd(obj->btf);
		opts.btf_key_type_id = map->btf_key_type_id;
		opts.btf_value_type_id = map->btf_value_type_id;
		if (!opts.btf_key_type_id && !opts.btf_value_type_id)
			opts.btf_fd = 0;
	}
	if (map_type_is_map_in_map(map->type)) {
		fd = inner_fd(obj, map);
		if (fd < 0)
			return fd;
		opts.inner_map_fd = fd;
	}
	fd = bpf_map_create(map->type, is_inner ? NULL : name, map->key_size, map->value_size,
			    map->max_entries, &opts);
	if (fd < 0 && opts.btf_fd) {
		pr_warn("Error in bpf_create_map_xattr(%s): %s. Retrying without BTF.\n",
			map->name, errstr(fd));
		opts.btf_fd = opts.btf_key_type_id = opts.btf_value_type_id = 0;
		map->btf_key_type_id = map->btf_value_type_id = 0;
		fd = bpf_map_create(map->type, is_inner ? NULL : name, map->key_size,
				    map->value_size, map->max_entries, &opts);
	}
	if (map_type_is_map_in_map(map->type) && map->inner_map) {
		sys_close(map->inner_map->fd);
		map->inner_map->fd = -1;
	}
	if (fd < 0)
		return fd;
	map->fd = fd;
	return 0;
}

/* One entry per CPU is what people mean by no size. */
static int default_size(struct bpf_map *map)
{
	int cpus;

	if (map->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY || map->max_entries)
		return 0;
	cpus = libbpf_num_possible_cpus();
	if (cpus < 0) {
		pr_warn("map '%s': failed to determine number of system CPUs: %s\n", map->name,
			errstr(cpus));
		return cpus;
	}
	pr_debug("map '%s': setting size to %d\n", map->name, cpus);
	map->max_entries = cpus;
	return 0;
}

/* ---- contents ---- */

/*
 * From now on our copy of the contents is the map's own memory, at the same address. A section
 * that cannot be mapped keeps the copy.
 */
static int map_in_place(struct bpf_map *map)
{
	int prot = map->flags & BPF_F_RDONLY_PROG ? PROT_READ : PROT_READ | PROT_WRITE, err;
	void *addr = map->data;

	if (!(map->flags & BPF_F_MMAPABLE))
		return 0;
	if (map->origin == MAP_KCONFIG)
		prot = PROT_READ;
	err = sys_mmap(&addr, map->data_size, prot, MAP_SHARED | MAP_FIXED, map->fd, 0);
	if (err)
		pr_warn("map '%s': failed to re-mmap() contents: %s\n", map->name, errstr(err));
	return err;
}

static int fill_data(struct bpf_object *obj, struct bpf_map *map)
{
	int zero = 0, err;

	err = bpf_map_update_elem(map->fd, &zero, map->data, 0);
	if (err) {
		pr_warn("map '%s': failed to set initial contents: %s\n", map->name, errstr(err));
		return err;
	}
	if (map->origin == MAP_RODATA || map->origin == MAP_KCONFIG) {
		err = bpf_map_freeze(map->fd);
		if (err) {
			pr_warn("map '%s': failed to freeze as read-only: %s\n", map->name,
				errstr(err));
			return err;
		}
	}
	if (!kernel_supports(FEAT_ARRAY_MMAP, obj->token_fd))
		return 0;
	return map_in_place(map);
}

static int fill_slots(struct bpf_map *map)
{
	const struct map_slot *slot;
	size_t i;
	int err, fd;

	for (i = 0; i < map->slot_cnt; i++) {
		slot = &map->slots[i];
		fd = slot->map->fd;
		err = bpf_map_update_elem(map->fd, &slot->index, &fd, 0);
		if (err) {
			pr_warn("map '%s': failed to initialize slot [%u] to map '%s' fd=%d: %s\n",
				map->name, slot->index, slot->map->name, fd, errstr(err));
			return err;
		}
	}
	return 0;
}

int object_fill_prog_arrays(struct bpf_object *obj)
{
	const struct map_slot *slot;
	struct bpf_map *map;
	size_t i;
	int err, fd;

	bpf_object__for_each_map(map, obj) {
		if (map->type != BPF_MAP_TYPE_PROG_ARRAY)
			continue;
		for (i = 0; i < map->slot_cnt; i++) {
			slot = &map->slots[i];
			fd = bpf_program__fd(slot->prog);
			err = fd < 0 ? fd :
				       bpf_map_update_elem(map->fd, &slot->index, &fd, 0);
			if (err) {
				pr_warn("map '%s': failed to initialize slot [%u] to prog '%s' fd=%d: %s\n",
					map->name, slot->index, slot->prog->name, fd, errstr(err));
				return err;
			}
		}
	}
	return 0;
}

/* ---- all of them ---- */

static bool is_wanted(const struct bpf_object *obj, const struct bpf_map *map)
{
	if (map_is_internal(map) && !kernel_supports(FEAT_GLOBAL_DATA, obj->token_fd)) {
		pr_warn("map '%s': kernel doesn't support global data, skipping\n", map->name);
		return false;
	}
	return map->autocreate;
}

static int create_map(struct bpf_object *obj, struct bpf_map *map)
{
	int err;

	err = default_size(map);
	if (!err && map->pin_path && !map->reused)
		err = reuse_pin(map);
	if (err)
		return err;
	if (map->reused)
		return map->data && map_is_internal(map) ? map_in_place(map) : 0;
	err = create(obj, map, false);
	if (err)
		return err;
	pr_debug("map '%s': created successfully, fd=%d\n", map->name, map->fd);
	if (map_is_internal(map))
		err = fill_data(obj, map);
	/* Before others refer to it: pinning may put another in its place. Maps of maps follow when
	 * their slots are filled. */
	if (!err && map->pin_path && !map->pinned && !map_type_is_map_in_map(map->type))
		err = auto_pin(map);
	return err;
}

int object_create_maps(struct bpf_object *obj)
{
	struct bpf_map *map;
	int err;

	bpf_object__for_each_map(map, obj) {
		if (!is_wanted(obj, map)) {
			map->autocreate = false;
			pr_debug("map '%s': skipped auto-creating...\n", map->name);
			continue;
		}
		err = create_map(obj, map);
		if (err) {
			pr_warn("map '%s': failed to create: %s\n", map->name, errstr(err));
			return err;
		}
	}
	/* slots may refer to maps that come later */
	bpf_object__for_each_map(map, obj) {
		if (map->fd < 0)
			continue;
		err = map_type_is_map_in_map(map->type) && !map->reused ? fill_slots(map) : 0;
		if (!err && map->pin_path && !map->pinned)
			err = auto_pin(map);
		if (err)
			return err;
	}
	return 0;
}
