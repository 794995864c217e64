/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A map's attributes, and reusing one that exists. */
#include "object.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"

struct bpf_map *object_add_map(struct bpf_object *obj)
{
	struct bpf_map *map = array_grow((void **)&obj->maps, &obj->map_cnt, &obj->map_cap,
					 sizeof(*map));

	if (!map)
		return NULL;
	map->obj = obj;
	map->fd = map->inner_map_fd = -1;
	map->autocreate = map->autoattach = true;
	return map;
}

void map_free(struct bpf_map *map)
{
	if (map->inner_map) {
		map_free(map->inner_map);
		free(map->inner_map);
	}
	if (map->data)
		sys_munmap(map->data, map->data_size);
	sys_close(map->fd);
	free(map->slots);
	free(map->name);
	free(map->section_name);
	free(map->pin_path);
}

bool map_is_created(const struct bpf_map *map)
{
	return map->reused || (map->obj && map->obj->state >= OBJECT_PREPARED);
}

bool map_type_is_ringbuf(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF;
}

bool map_type_is_map_in_map(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/* The kernel wants a power of two of whole pages; people write what they need. */
__u32 ringbuf_size(__u32 size)
{
	__u32 page = sysconf(_SC_PAGE_SIZE), pages;

	/* zero stays zero: it has to be set before load */
	if (!size || (size % page == 0 && is_pow_of_2(size / page)))
		return size;
	for (pages = 1; pages <= UINT32_MAX / page; pages <<= 1) {
		if ((__u64)pages * page > size)
			return pages * page;
		if (pages > UINT32_MAX / 2)
			break;
	}
	return size;
}

/* ---- getters ---- */

#define GETTER(type, name, value)                                                                  \
	type bpf_map__##name(const struct bpf_map *map)                                            \
	{                                                                                          \
		return value;                                                                      \
	}

GETTER(enum bpf_map_type, type, map->type)
GETTER(__u32, max_entries, map->max_entries)
GETTER(__u32, map_flags, map->flags)
GETTER(__u32, numa_node, map->numa_node)
GETTER(__u32, key_size, map->key_size)
GETTER(__u32, value_size, map->value_size)
GETTER(__u32, btf_key_type_id, map ? map->btf_key_type_id : 0)
GETTER(__u32, btf_value_type_id, map ? map->btf_value_type_id : 0)
GETTER(__u32, ifindex, map->ifindex)
GETTER(__u64, map_extra, map->map_extra)
GETTER(bool, autocreate, map->autocreate)
GETTER(bool, autoattach, map->autoattach)
GETTER(bool, is_internal, map_is_internal(map))
GETTER(bool, is_pinned, map->pinned)
GETTER(const char *, pin_path, map->pin_path)
GETTER(const char *, get_pin_path, map->pin_path)

int bpf_map__fd(const struct bpf_map *map)
{
	if (!map)
		return libbpf_err(-EINVAL);
	return map_is_created(map) ? map->fd : -1;
}

const char *bpf_map__name(const struct bpf_map *map)
{
	if (!map)
		return NULL;
	/* .data.foo has no room for the object's name; .data keeps its section's when it is long */
	return map->name;
}

struct bpf_map *bpf_map__inner_map(struct bpf_map *map)
{
	if (!map_type_is_map_in_map(map->type) || !map->inner_map)
		return libbpf_err_ptr(-EINVAL);
	return map->inner_map;
}

/* ---- setters: until the map exists ---- */

#define SETTER(name, type, field)                                                                  \
	int bpf_map__set_##name(struct bpf_map *map, type value)                                   \
	{                                                                                          \
		if (map_is_created(map))                                                           \
			return libbpf_err(-EBUSY);                                                 \
		map->field = value;                                                                \
		return 0;                                                                          \
	}

SETTER(type, enum bpf_map_type, type)
SETTER(map_flags, __u32, flags)
SETTER(numa_node, __u32, numa_node)
SETTER(key_size, __u32, key_size)
SETTER(ifindex, __u32, ifindex)
SETTER(map_extra, __u64, map_extra)
SETTER(autocreate, bool, autocreate)

int bpf_map__set_autoattach(struct bpf_map *map, bool autoattach)
{
	map->autoattach = autoattach;
	return 0;
}

int bpf_map__set_max_entries(struct bpf_map *map, __u32 max_entries)
{
	if (map_is_created(map))
		return libbpf_err(-EBUSY);
	map->max_entries = map_type_is_ringbuf(map->type) ? ringbuf_size(max_entries) :
							    max_entries;
	return 0;
}

int bpf_map__set_value_size(struct bpf_map *map, __u32 size)
{
	if (map_is_created(map))
		return libbpf_err(-EBUSY);
	if (!map->data) {
		map->value_size = size;
		return 0;
	}
	if (map->origin == MAP_KCONFIG || !size || size > INT32_MAX)
		return libbpf_err(map->origin == MAP_KCONFIG ? -EOPNOTSUPP : -EINVAL);
	return libbpf_err(map_resize_data(map, size));
}

int bpf_map__set_initial_value(struct bpf_map *map, const void *data, size_t size)
{
	if (map_is_created(map))
		return libbpf_err(-EBUSY);
	if (!map->data || map->origin == MAP_KCONFIG || size != map->value_size)
		return libbpf_err(-EINVAL);
	memcpy(map->data, data, size);
	return 0;
}

void *bpf_map__initial_value(const struct bpf_map *map, size_t *psize)
{
	if (!map->data)
		return libbpf_err_ptr(-EINVAL);
	if (psize)
		*psize = map->value_size;
	return map->data;
}

int bpf_map__set_inner_map_fd(struct bpf_map *map, int fd)
{
	if (map_is_created(map))
		return libbpf_err(-EBUSY);
	if (!map_type_is_map_in_map(map->type)) {
		pr_warn("error: unsupported map type\n");
		return libbpf_err(-EINVAL);
	}
	if (map->inner_map_fd != -1) {
		pr_warn("error: inner_map_fd already specified\n");
		return libbpf_err(-EINVAL);
	}
	if (map->inner_map) {
		map_free(map->inner_map);
		free(map->inner_map);
		map->inner_map = NULL;
	}
	map->inner_map_fd = fd;
	return 0;
}

int bpf_map__set_exclusive_program(struct bpf_map *map, struct bpf_program *prog)
{
	if (map_is_created(map)) {
		pr_warn("exclusive programs must be set before map creation\n");
		return libbpf_err(-EINVAL);
	}
	if (map->obj != prog->obj) {
		pr_warn("excl_prog and map must be from the same bpf object\n");
		return libbpf_err(-EINVAL);
	}
	map->excl_prog = prog;
	return 0;
}

struct bpf_program *bpf_map__exclusive_program(struct bpf_map *map)
{
	return map->excl_prog;
}

/* ---- another map in its place ---- */

int bpf_map__reuse_fd(struct bpf_map *map, int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	char *name;
	int new_fd, err;

	err = bpf_map_get_info_by_fd(fd, &info, &len);
	if (err)
		return libbpf_err(err);
	/* the kernel has cut a long name that we know in full */
	if (strlen(info.name) == BPF_OBJ_NAME_LEN - 1 &&
	    strncmp(map->name, info.name, BPF_OBJ_NAME_LEN - 1) == 0)
		name = strdup(map->name);
	else
		name = strdup(info.name);
	if (!name)
		return libbpf_err(-ENOMEM);
	new_fd = sys_dup(fd);
	if (new_fd < 0) {
		free(name);
		return libbpf_err(new_fd);
	}
	sys_close(map->fd);
	free(map->name);
	map->fd = new_fd;
	map->name = name;
	map->type = info.type;
	map->key_size = info.key_size;
	map->value_size = info.value_size;
	map->max_entries = info.max_entries;
	map->flags = info.map_flags;
	map->btf_key_type_id = info.btf_key_type_id;
	map->btf_value_type_id = info.btf_value_type_id;
	map->map_extra = info.map_extra;
	map->reused = true;
	return 0;
}
