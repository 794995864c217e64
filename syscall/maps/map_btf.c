/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF that describes a map's keys and values: checks at creation, lookup afterwards. */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "btf_objects.h"
#include "err.h"
#include "map_private.h"

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
	/* A value without special fields, or with broken ones, is plain data: Linux complains only
	 * when a program wants to use them. */
	if (kern_btf_find_fields(btf, attr->btf_value_type_id, ALL_FIELDS, attr->value_size,
				 fields)) {
		memset(fields, 0, sizeof(*fields));
		return 0;
	}
	if (!fields->cnt)
		return 0;
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
	const struct kern_btf *btf;
	struct store_obj *btf_obj;
	int err;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id && !attr->btf_vmlinux_value_type_id)
		return 0;
	err = btf_object_get_fd(attr->btf_fd, &btf_obj, &btf);
	if (err)
		return err;
	if (btf_shared_of(btf_obj)->kernel)
		err = -EACCES;
	else
		err = attr->btf_value_type_id ? check(btf, ops, attr, &shared->fields) : -EINVAL;
	if (!err) {
		shared->btf_id = btf_obj->id;
		shared->btf_key_type_id = attr->btf_key_type_id;
		shared->btf_value_type_id = attr->btf_value_type_id;
		store_edge_to(obj, btf_obj);
	}
	store_put(btf_obj);
	return err;
}

const struct kern_btf *map_btf(struct kern_map *map)
{
	struct store_obj *nobody = NULL, *obj = atomic_load(&map->btf_obj);
	const struct kern_btf *btf;

	if (!map->shared->btf_id)
		return NULL;
	if (obj)
		return btf_object_view(obj, &btf) ? NULL : btf;
	if (btf_object_get(map->shared->btf_id, &obj, &btf))
		return NULL;
	/* The map keeps a use of it, so that the view stays as long as the map's does. */
	if (!atomic_compare_exchange_strong(&map->btf_obj, &nobody, obj))
		store_put(obj);
	return btf;
}

void map_release_btf(struct kern_map *map)
{
	if (map->btf_obj)
		store_put(map->btf_obj);
}
