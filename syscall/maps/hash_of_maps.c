/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A hash whose values are maps (kernel Documentation map_of_maps.rst). A caller writes an fd and
 * reads an id. The ids in the elements are references, which the store counts: an element that is
 * not in the map any more holds none.
 */
#include <string.h>

#include "bits.h"
#include "err.h"
#include "hash_private.h"
#include "kill_point.h"

static int hash_of_maps_check(const union bpf_attr *attr)
{
	return attr->value_size == 4 ? hash_check(attr) : -EINVAL;
}

static int hash_of_maps_init(struct kern_map *map)
{
	struct store_header *header = map->obj->header;
	const struct hash_view *view = map->view;

	header->slot_kind = STORE_MAP;
	header->slot_offset = view->elements - map->obj->mem + hash_value_offset(map);
	header->slot_stride = view->size;
	return hash_init(map);
}

/* Programs get the inner map itself. */
static void *hash_of_maps_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	struct hash_view *view = map->view;
	uint32_t number, id = hash_find_id(map, key, &number);
	struct store_obj *obj;
	struct kern_map *inner;

	obj = id ? object_cache_get(&view->inner, number, STORE_MAP, id) : NULL;
	return obj && !map_view(obj, &inner) ? inner : NULL;
}

static int hash_of_maps_cmd_lookup(struct kern_map *map, const void *key, void *value,
				   uint64_t flags)
{
	uint32_t number, id = hash_find_id(map, key, &number);

	if (!id)
		return -ENOENT;
	memcpy(value, &id, sizeof(id));
	return 0;
}

static int put_map(struct kern_map *map, const void *key, struct store_obj *obj, uint64_t flags)
{
	uint32_t id = obj->id;
	int err = map_check_inner(map, obj);

	if (err)
		return err;
	store_mark_target(obj);
	kill_point("hash_of_maps.marked");
	err = hash_exchange_id(map, key, &id, flags);
	kill_point("hash_of_maps.written");
	if (!err && id && id != obj->id)
		store_collect(STORE_MAP, id);
	return err;
}

static int hash_of_maps_cmd_update(struct kern_map *map, const void *key, const void *value,
				   uint64_t flags)
{
	struct store_obj *obj;
	int fd, err;

	memcpy(&fd, value, sizeof(fd));
	err = store_get_fd(fd, STORE_MAP, &obj, NULL);
	if (err)
		return err;
	err = put_map(map, key, obj, flags);
	store_put(obj);
	return err;
}

static int hash_of_maps_delete(struct kern_map *map, const void *key)
{
	uint32_t id;
	int err = hash_remove(map, key, &id);

	kill_point("hash_of_maps.removed");
	if (!err && id)
		store_collect(STORE_MAP, id);
	return err;
}

static int hash_of_maps_bucket_read(struct kern_map *map, uint32_t bucket, uint32_t room, void *keys,
				    void *values, bool remove)
{
	int cnt = hash_bucket_read(map, bucket, room, keys, values, remove);

	for (int i = 0; remove && i < cnt; i++)
		store_collect(STORE_MAP, ((uint32_t *)values)[i]);
	return cnt;
}

const struct map_ops hash_of_maps_map_ops = {
	.name		= "hash_of_maps",
	.check		= hash_of_maps_check,
	.layout		= hash_layout,
	.init		= hash_of_maps_init,
	.open		= hash_open,
	.close		= hash_close,
	.lookup		= hash_of_maps_lookup,
	.cmd_lookup	= hash_of_maps_cmd_lookup,
	.cmd_update	= hash_of_maps_cmd_update,
	.cmd_delete	= hash_of_maps_delete,
	.next_key	= hash_next_key,
	.bucket_read	= hash_of_maps_bucket_read,
	.memlock	= hash_memlock,
	.check_btf	= map_no_btf,
	.flags		= MAP_OPS_BATCH | MAP_OPS_BATCH_DELETE | MAP_OPS_INNER,
};
