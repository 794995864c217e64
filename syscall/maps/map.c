/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What all map types share: creation with Linux's order of checks, this process's view of a map,
 * names, and copies of values around their special fields.
 */
#include <ctype.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>

#include "bits.h"
#include "btf_objects.h"
#include "err.h"
#include "map_private.h"
#include "privilege.h"
#include "registry.h"
#include "word_lock.h"

#define NO_NUMA_NODE (-1)

/* ---- names ---- */

static bool name_char(unsigned char c)
{
	/* The kernel's Latin-1 table: 0xc0-0xff are letters but for the two operators. */
	return (c < 0x80 ? isalnum(c) : c >= 0xc0 && c != 0xd7 && c != 0xf7) || c == '_' ||
	       c == '.';
}

int kern_object_name(char dst[BPF_OBJ_NAME_LEN], const char *src, size_t size)
{
	size_t len = 0;

	memset(dst, 0, BPF_OBJ_NAME_LEN);
	while (len < size && name_char(src[len])) {
		dst[len] = src[len];
		len++;
	}
	/* It must end in a NUL inside of the field. */
	if (len == size || src[len])
		return -EINVAL;
	return len;
}

/* ---- creation ---- */

static int check_numa(const union bpf_attr *attr)
{
	int node = attr->map_flags & BPF_F_NUMA_NODE ? (int)attr->numa_node : NO_NUMA_NODE;

	/* The emulated machine has one node. */
	return node == NO_NUMA_NODE || node == 0 ? 0 : -EINVAL;
}

static int check_btf_ids(const union bpf_attr *attr)
{
	if (attr->btf_vmlinux_value_type_id) {
		if (attr->map_type != BPF_MAP_TYPE_STRUCT_OPS || attr->btf_key_type_id ||
		    attr->btf_value_type_id)
			return -EINVAL;
	} else if (attr->btf_key_type_id && !attr->btf_value_type_id) {
		return -EINVAL;
	}
	return 0;
}

/* Device-bound maps: this kernel's devices have no offload, and only two types know the idea. */
static int check_offload(const union bpf_attr *attr)
{
	char name[IF_NAMESIZE];

	if (!attr->map_ifindex)
		return 0;
	if (attr->map_type != BPF_MAP_TYPE_ARRAY && attr->map_type != BPF_MAP_TYPE_HASH)
		return -EINVAL;
	return if_indextoname(attr->map_ifindex, name) ? -EOPNOTSUPP : -EINVAL;
}

static int check_attributes(const union bpf_attr *attr, uint32_t flags, const struct map_ops **ops)
{
	int err = check_btf_ids(attr);

	if (err)
		return err;
	if (attr->map_extra && attr->map_type != BPF_MAP_TYPE_BLOOM_FILTER &&
	    attr->map_type != BPF_MAP_TYPE_ARENA)
		return -EINVAL;
	if ((flags & (BPF_F_RDONLY | BPF_F_WRONLY)) == (BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	err = check_numa(attr);
	if (err)
		return err;
	*ops = map_ops_of(attr->map_type);
	if (!*ops)
		return -EINVAL;
	err = (*ops)->check(attr);
	return err ? err : check_offload(attr);
}

bool map_access_flags_ok(uint32_t flags)
{
	return (flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !=
	       (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
}

/* Facts for all processes, in the object's header. */
static void fill_shared(struct map_shared *shared, const union bpf_attr *attr, uint32_t flags)
{
	shared->type = attr->map_type;
	shared->key_size = attr->key_size;
	shared->value_size = attr->value_size;
	shared->max_entries = attr->max_entries;
	/* Access modes belong to the fd, not to the map. */
	shared->map_flags = flags & ~(BPF_F_RDONLY | BPF_F_WRONLY);
	shared->map_extra = attr->map_extra;
}

static uint32_t mode_of_flags(uint32_t flags)
{
	if (flags & BPF_F_RDONLY)
		return STORE_READ;
	return flags & BPF_F_WRONLY ? STORE_WRITE : STORE_READ | STORE_WRITE;
}

static int exclusive_check(const union bpf_attr *attr)
{
	/* A map for one program only: both fields or none, and a SHA-256. */
	if (!attr->excl_prog_hash && !attr->excl_prog_hash_size)
		return 0;
	if (!attr->excl_prog_hash || attr->excl_prog_hash_size != 32)
		return -EINVAL;
	return -EOPNOTSUPP;
}

/* The map a map-in-map takes as an example; it need not stay. */
static int read_template(int fd, struct map_inner *inner)
{
	const struct map_shared *shared;
	struct kern_map *map;
	int err = map_get_fd(fd, &map, NULL);

	if (err)
		return err;
	shared = map->shared;
	if (map->ops->flags & MAP_OPS_INNER)
		err = -EINVAL;		/* one level only */
	else if (map->type == BPF_MAP_TYPE_PROG_ARRAY || shared->custom[0])
		err = -ENOTSUPP;
	*inner = (struct map_inner){ shared->type, shared->key_size, shared->value_size,
				     shared->max_entries, shared->map_flags, shared->fields,
				     shared->btf_id };
	map_put(map);
	return err;
}

/* The types of its fields outlive it. */
static void set_template(struct store_obj *obj, const struct map_inner *inner)
{
	const struct kern_btf *btf;
	struct store_obj *btf_obj;

	map_shared_of(obj)->inner = *inner;
	if (!inner->btf_id || btf_object_get(inner->btf_id, &btf_obj, &btf))
		return;
	store_edge_to(obj, btf_obj);
	store_put(btf_obj);
}

static int open_view(struct store_obj *obj, struct kern_map **out);

static int check_privilege(const struct map_ops *ops)
{
	if (!privileged(PRIVILEGE_BPF) && (ops->flags & MAP_OPS_CAP_BPF ||
					   store_sysctl("unprivileged_bpf_disabled", 2)))
		return -EPERM;
	return ops->flags & MAP_OPS_CAP_NET && !privileged(PRIVILEGE_NET_ADMIN) ? -EPERM : 0;
}

int map_create(const union bpf_attr *attr)
{
	uint32_t flags = attr->map_flags & ~BPF_F_TOKEN_FD;
	union bpf_attr checked = *attr;
	const struct map_ops *ops;
	const char *custom = NULL;
	struct map_layout layout = { 0 };
	struct store_obj *obj;
	struct kern_map *map;
	struct map_inner inner = { 0 };
	char name[BPF_OBJ_NAME_LEN];
	int err;

	checked.map_flags = flags;
	if (attr->map_type >= BPFX_TYPE_DYNAMIC) {
		err = map_custom_base(attr->map_type, attr, &checked.map_type, &custom);
		if (err)
			return err;
	}
	err = check_attributes(&checked, flags, &ops);
	if (err)
		return err;
	if (attr->map_flags & BPF_F_TOKEN_FD)	/* no fd of this kernel is a token */
		return store_fd_kind(attr->map_token_fd, NULL) == -EBADF ? -EBADF : -EINVAL;
	err = check_privilege(ops);
	err = err ? err : ops->layout(&checked, &layout);
	if (!err && ops->flags & MAP_OPS_INNER)
		err = read_template(attr->inner_map_fd, &inner);
	if (err)
		return err;
	err = store_create_sparse(STORE_MAP, layout.front + layout.inner,
				  layout.allocate ? layout.allocate : layout.front + layout.inner,
				  &obj);
	if (err)
		return err;
	fill_shared(map_shared_of(obj), &checked, flags);
	if (custom)
		strncpy(map_shared_of(obj)->custom, custom, MAP_CUSTOM_NAME - 1);
	map_shared_of(obj)->front_pages = layout.front / STORE_PAGE;
	err = kern_object_name(name, attr->map_name, sizeof(attr->map_name));
	if (err < 0)
		goto drop;
	memcpy(obj->header->name, name, sizeof(name));
	if (ops->flags & MAP_OPS_INNER)
		set_template(obj, &inner);
	err = map_attach_btf(obj, ops, attr);
	if (err)
		goto drop;
	err = exclusive_check(attr);
	if (err)
		goto drop;
	store_reserve_id(obj);
	err = open_view(obj, &map);
	if (err)
		goto drop;
	obj->room = map;
	if (ops->init)
		err = ops->init(map);
	if (err)
		goto drop;
	return store_publish(obj, mode_of_flags(flags));

drop:
	store_drop(obj);
	return err;
}

/* ---- this process's view ---- */

static int open_view(struct store_obj *obj, struct kern_map **out)
{
	struct map_shared *shared = map_shared_of(obj);
	struct kern_map *map = calloc(1, sizeof(*map));
	int err;

	if (!map)
		return -ENOMEM;
	map->base = map_ops_of(shared->type);
	map->ops = shared->custom[0] ? map_custom_ops(shared->type) : map->base;
	if (!map->ops || (uint64_t)shared->front_pages * STORE_PAGE > obj->size) {
		free(map);
		return -EINVAL;
	}
	map->obj = obj;
	map->shared = shared;
	map->id = obj->id;
	map->type = shared->type;
	map->key_size = shared->key_size;
	map->value_size = shared->value_size;
	map->max_entries = shared->max_entries;
	map->map_flags = shared->map_flags;
	map->elem_size = round_up64(shared->value_size, 8);
	map->front = obj->mem;
	map->inner = obj->mem + (size_t)shared->front_pages * STORE_PAGE;
	err = map->ops->open ? map->ops->open(map) : 0;
	if (err) {
		free(map);
		return err;
	}
	*out = map;
	return 0;
}

static void close_view(struct kern_map *map)
{
	if (map->ops->close)
		map->ops->close(map);
	map_release_btf(map);
	free(map);
}

static void free_room(struct store_obj *obj)
{
	close_view(obj->room);
}

/* Nobody outside holds it any more, only programs: what that means for arrays of programs and events. */
static bool unheld(uint32_t id)
{
	struct kern_map *map;
	bool cleared;

	if (map_get(id, &map))
		return false;
	cleared = fd_array_clear(map);
	map_put(map);
	return cleared;
}

__attribute__((constructor)) static void register_room(void)
{
	store_set_room(STORE_MAP, free_room);
	store_set_unheld(STORE_MAP, unheld);
}

int map_view(struct store_obj *obj, struct kern_map **out)
{
	struct kern_map *map = atomic_load_explicit(&obj->room, memory_order_acquire);
	void *nobody = NULL;
	int err;

	if (!map) {
		err = open_view(obj, &map);
		if (err)
			return err;
		if (!atomic_compare_exchange_strong(&obj->room, &nobody, map)) {
			close_view(map);
			map = nobody;
		}
	}
	*out = map;
	return 0;
}

int map_get_fd(int fd, struct kern_map **out, uint32_t *mode)
{
	struct store_obj *obj;
	int err = store_get_fd(fd, STORE_MAP, &obj, mode);

	if (err)
		return err;
	err = map_view(obj, out);
	if (err)
		store_put(obj);
	return err;
}

int map_get(uint32_t id, struct kern_map **out)
{
	struct store_obj *obj;
	int err = store_get(STORE_MAP, id, &obj);

	if (err)
		return err;
	err = map_view(obj, out);
	if (err)
		store_put(obj);
	return err;
}

struct kern_map *map_ref(struct kern_map *map)
{
	store_ref(map->obj);
	return map;
}

void map_put(struct kern_map *map)
{
	store_put(map->obj);
}

/* ---- values ---- */

size_t map_user_value_size(const struct kern_map *map)
{
	if (map->ops->flags & MAP_OPS_PERCPU)
		return (size_t)map->elem_size * store_possible_cpus();
	return map->value_size;
}

/* Copies leave the bytes of special fields alone: a lock in the map is nobody's data. */
void map_value_in(const struct kern_map *map, void *dst, const void *src)
{
	const struct kern_btf_fields *fields = &map->shared->fields;
	uint32_t at = 0;

	for (uint32_t i = 0; i < fields->cnt; i++) {
		memcpy((char *)dst + at, (const char *)src + at, fields->field[i].offset - at);
		at = fields->field[i].offset + fields->field[i].size;
	}
	memcpy((char *)dst + at, (const char *)src + at, map->value_size - at);
}

void map_value_out(const struct kern_map *map, void *dst, const void *src)
{
	const struct kern_btf_fields *fields = &map->shared->fields;

	memcpy(dst, src, map->value_size);
	for (uint32_t i = 0; i < fields->cnt; i++)
		memset((char *)dst + fields->field[i].offset, 0, fields->field[i].size);
}

static uint32_t *lock_of(const struct kern_map *map, void *slot, uint64_t flags)
{
	const struct kern_btf_fields *fields = &map->shared->fields;

	for (uint32_t i = 0; flags & BPF_F_LOCK && i < fields->cnt; i++)
		if (fields->field[i].kind == BTF_FIELD_SPIN_LOCK)
			return (uint32_t *)((char *)slot + fields->field[i].offset);
	return NULL;
}

void map_value_store(const struct kern_map *map, void *slot, const void *src, uint64_t flags)
{
	uint32_t *lock = lock_of(map, slot, flags);

	if (lock)
		word_lock(lock);
	map_value_in(map, slot, src);
	if (lock)
		word_unlock(lock);
}

void map_value_load(const struct kern_map *map, void *dst, void *slot, uint64_t flags)
{
	uint32_t *lock = lock_of(map, slot, flags);

	if (lock)
		word_lock(lock);
	map_value_out(map, dst, slot);
	if (lock)
		word_unlock(lock);
}

int map_flags_error(const struct kern_map *map, uint64_t flags)
{
	if (flags & BPF_F_LOCK && !(map->shared->fields.mask & BTF_FIELD_SPIN_LOCK))
		return -EINVAL;
	return 0;
}
