/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF that describes a map's keys and values: checks at creation, lookup afterwards. */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "map_private.h"

/* BTF objects are their raw data; size in the first word of the header's room. */
static int open_btf(const struct store_obj *obj, struct kern_btf **out)
{
	uint64_t size = obj->header->room[0];

	if (size > obj->size)
		return -EINVAL;
	return kern_btf_open(obj->mem, size, NULL, out);
}

int array_check_btf(const struct kern_btf *btf, const union bpf_attr *attr)
{
	const struct btf_type *key = kern_btf_type(btf, attr->btf_key_type_id);
	uint32_t encoding;

	if (!attr->btf_key_type_id) {
		if (attr->map_type != BPF_MAP_TYPE_ARRAY || attr->max_entries != 1)
			return -EINVAL;
		return 0;
	}
	key = kern_btf_skip_modifiers(btf, attr->btf_key_type_id, NULL);
	if (!key || btf_kind(key) != BTF_KIND_INT)
		return -EINVAL;
	encoding = *(const uint32_t *)(key + 1);
	if (BTF_INT_BITS(encoding) != 32 || BTF_INT_OFFSET(encoding))
		return -EINVAL;
	return 0;
}

static int check_sizes(const struct kern_btf *btf, const struct map_ops *ops,
		       const union bpf_attr *attr)
{
	uint32_t size;

	if (attr->btf_key_type_id) {
		if (kern_btf_size(btf, attr->btf_key_type_id, &size) || size != attr->key_size)
			return -EINVAL;
	} else if (!ops->check_btf) {
		return -EINVAL;
	}
	if (kern_btf_size(btf, attr->btf_value_type_id, &size) || size != attr->value_size)
		return -EINVAL;
	return 0;
}

#define ALL_FIELDS UINT32_MAX

static int check_fields(const struct kern_btf *btf, const struct map_ops *ops,
			const union bpf_attr *attr, struct kern_btf_fields *fields)
{
	int err = kern_btf_find_fields(btf, attr->btf_value_type_id, ALL_FIELDS, attr->value_size,
				       fields);

	if (err || !fields->cnt)
		return err;
	if (attr->map_flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EACCES;
	return fields->mask & ~ops->field_kinds ? -EOPNOTSUPP : 0;
}

static int check(const struct kern_btf *btf, const struct map_ops *ops, const union bpf_attr *attr,
		 struct kern_btf_fields *fields)
{
	int err = check_sizes(btf, ops, attr);

	err = err ? err : check_fields(btf, ops, attr, fields);
	return err || !ops->check_btf ? err : ops->check_btf(btf, attr);
}

int map_attach_btf(struct store_obj *obj, const struct map_ops *ops, const union bpf_attr *attr)
{
	struct map_shared *shared = map_shared_of(obj);
	struct store_obj *btf_obj;
	struct kern_btf *btf;
	int err;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id && !attr->btf_vmlinux_value_type_id)
		return 0;
	err = store_get_fd(attr->btf_fd, STORE_BTF, &btf_obj, NULL);
	if (err)
		return err;
	err = open_btf(btf_obj, &btf);
	if (!err) {
		err = attr->btf_value_type_id ? check(btf, ops, attr, &shared->fields) : -EINVAL;
		kern_btf_free(btf);
	}
	if (!err) {
		shared->btf_id = btf_obj->id;
		shared->btf_key_type_id = attr->btf_key_type_id;
		shared->btf_value_type_id = attr->btf_value_type_id;
		obj->header->edges[obj->header->edge_cnt++] =
			(struct store_edge){ STORE_BTF, btf_obj->id };
	}
	store_put(btf_obj);
	return err;
}

/* The map's BTF, opened when first wanted; its memory stays while the map's view does. */
const struct kern_btf *map_btf(struct kern_map *map)
{
	struct store_obj *obj;
	struct kern_btf *btf, *nobody = NULL;

	if (!map->shared->btf_id)
		return NULL;
	btf = atomic_load(&map->btf);
	if (btf)
		return btf;
	if (store_get(STORE_BTF, map->shared->btf_id, &obj))
		return NULL;
	if (open_btf(obj, &btf)) {
		store_put(obj);
		return NULL;
	}
	if (!atomic_compare_exchange_strong(&map->btf, &nobody, btf)) {
		kern_btf_free(btf);
		store_put(obj);
		return nobody;
	}
	map->btf_obj = obj;
	return btf;
}

void map_release_btf(struct kern_map *map)
{
	if (map->btf)
		kern_btf_free(map->btf);
	if (map->btf_obj)
		store_put(map->btf_obj);
}
