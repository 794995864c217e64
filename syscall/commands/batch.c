/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Batches of elements. `count` goes in and out: what was done is written back also when an element
 * fails, but not when the batch is refused before it begins. Maps with buckets are read a bucket
 * at a time (their position is a bucket number), others by key (their position is a key).
 */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "command.h"
#include "element.h"
#include "err.h"
#include "fault.h"

static int check_elem_flags(const struct kern_map *map, uint64_t flags)
{
	if (flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	return flags & BPF_F_LOCK && !(map->shared->fields.mask & BTF_FIELD_SPIN_LOCK) ? -EINVAL : 0;
}

static int write_count(struct call *call, uint32_t count)
{
	return call_write(call, offsetof(union bpf_attr, batch.count), &count, sizeof(count));
}

/* ---- by key ---- */

static int copy_pair(const union bpf_attr *attr, struct element *element, uint32_t at)
{
	size_t key_size = element->map->key_size, value_size = map_user_value_size(element->map);

	if (user_write(attr->batch.keys + at * key_size, element->key, key_size) ||
	    user_write(attr->batch.values + at * value_size, element->value, value_size))
		return -EFAULT;
	return 0;
}

/* Position: the last key that was read. */
static int read_by_key(struct call *call, struct element *element)
{
	const union bpf_attr *attr = &call->attr;
	struct kern_map *map = element->map;
	void *previous = malloc(map->key_size);
	uint32_t done = 0;
	int err;

	if (!previous)
		return -ENOMEM;
	err = element_value_room(element);
	if (!err && attr->batch.in_batch)
		err = user_read(previous, attr->batch.in_batch, map->key_size);
	if (!err && element->map->key_size > sizeof(element->small_key)) {
		element->key = malloc(map->key_size);
		err = element->key ? 0 : -ENOMEM;
	}
	if (err)
		goto out;
	while (done < attr->batch.count) {
		err = map->ops->next_key(map, done || attr->batch.in_batch ? previous : NULL,
					 element->key);
		if (err)
			break;
		err = map->ops->cmd_lookup(map, element->key, element->value,
					   attr->batch.elem_flags);
		err = err ? err : copy_pair(attr, element, done);
		if (err)
			break;
		done++;
		memcpy(previous, element->key, map->key_size);
	}
	if (err != -EFAULT && (write_count(call, done) ||
			       (done && user_write(attr->batch.out_batch, previous,
						   map->key_size))))
		err = -EFAULT;
out:
	free(previous);
	return err;
}

/* ---- by bucket ---- */

struct bucket_buffers {
	void *keys, *values;
	uint32_t room;			/* elements they hold */
};

static int ensure_room(struct bucket_buffers *buffers, const struct kern_map *map, uint32_t room)
{
	void *keys, *values;

	if (room <= buffers->room)
		return 0;
	keys = realloc(buffers->keys, (size_t)room * map->key_size);
	if (keys)
		buffers->keys = keys;
	values = realloc(buffers->values, (size_t)room * map_user_value_size(map));
	if (values)
		buffers->values = values;
	if (!keys || !values)
		return -ENOMEM;
	buffers->room = room;
	return 0;
}

/* A bucket that does not fit the buffers is retried with larger ones, up to what the caller has
 * room for. */
static int read_bucket(struct kern_map *map, uint32_t bucket, uint32_t left, bool remove,
		       struct bucket_buffers *buffers)
{
	uint32_t room = MIN(left, 8);
	int cnt, err;

	for (;;) {
		err = ensure_room(buffers, map, room);
		if (err)
			return err;
		cnt = map->ops->bucket_read(map, bucket, room, buffers->keys, buffers->values,
					    remove);
		if (cnt != -ENOSPC || room == left)
			return cnt;
		room = left / 2 < room ? left : room * 2;
	}
}

static int read_by_bucket(struct call *call, struct kern_map *map, bool remove)
{
	const union bpf_attr *attr = &call->attr;
	size_t value_size = map_user_value_size(map);
	struct bucket_buffers buffers = { 0 };
	uint32_t bucket = 0, done = 0;
	int cnt = 0, err = 0;

	if (attr->batch.in_batch && user_read(&bucket, attr->batch.in_batch, sizeof(bucket)))
		return -EFAULT;
	cnt = read_bucket(map, bucket, attr->batch.count, false, &buffers);
	if (cnt == -ENOENT) {		/* a position past the end is refused as it is */
		err = -ENOENT;
		goto out;
	}
	while (!err) {
		cnt = read_bucket(map, bucket, attr->batch.count - done, remove, &buffers);
		if (cnt == -ENOSPC) {	/* the bucket waits for the next call */
			err = done ? 0 : -ENOSPC;
			break;
		}
		if (cnt < 0) {
			err = cnt;
			break;
		}
		if (cnt && (user_write(attr->batch.keys + (uint64_t)done * map->key_size,
				       buffers.keys, (size_t)cnt * map->key_size) ||
			    user_write(attr->batch.values + done * value_size, buffers.values,
				       cnt * value_size)))
			err = -EFAULT;
		if (!err) {
			done += cnt;
			bucket++;
		}
	}
	if (err != -EFAULT && (user_write(attr->batch.out_batch, &bucket, sizeof(bucket)) ||
			       write_count(call, done)))
		err = -EFAULT;
out:
	free(buffers.keys);
	free(buffers.values);
	return err;
}

static int read_batch(struct call *call, struct element *element, bool remove)
{
	const union bpf_attr *attr = &call->attr;
	const struct map_ops *ops = element->map->ops;
	int err;

	if (!(ops->flags & MAP_OPS_BATCH) || (remove && !ops->bucket_read))
		return -ENOTSUPP;
	err = check_elem_flags(element->map, attr->batch.elem_flags);
	if (err)
		return err;
	if (ops->bucket_read && attr->batch.flags)
		return -EINVAL;
	if (!attr->batch.count)
		return 0;
	if (write_count(call, 0))
		return -EFAULT;
	return ops->bucket_read ? read_by_bucket(call, element->map, remove)
				: read_by_key(call, element);
}

int map_lookup_batch_command(struct call *call)
{
	struct element element;
	int err = element_open(&element, call->attr.batch.map_fd, STORE_READ);

	if (err)
		return err;
	err = read_batch(call, &element, false);
	element_close(&element);
	return err;
}

int map_lookup_and_delete_batch_command(struct call *call)
{
	struct element element;
	int err = element_open(&element, call->attr.batch.map_fd, STORE_READ | STORE_WRITE);

	if (err)
		return err;
	err = read_batch(call, &element, true);
	element_close(&element);
	return err;
}

/* ---- writing ---- */

static int write_batch(struct call *call, struct element *element, bool deleting)
{
	const union bpf_attr *attr = &call->attr;
	const struct kern_map *map = element->map;
	size_t value_size = map_user_value_size(map);
	uint32_t done = 0;
	int err;

	if (!(map->ops->flags & (deleting ? MAP_OPS_BATCH_DELETE : MAP_OPS_BATCH)))
		return -ENOTSUPP;
	err = check_elem_flags(map, attr->batch.elem_flags);
	if (err || !attr->batch.count)
		return err;
	while (!err && done < attr->batch.count) {
		err = element_read_key(element, attr->batch.keys + (uint64_t)done * map->key_size);
		if (!err && !deleting)
			err = element_read_value(element, attr->batch.values + done * value_size);
		if (!err)
			err = deleting ? element_delete(element)
				       : element_update(element, attr->batch.elem_flags);
		done += !err;
	}
	return write_count(call, done) ? -EFAULT : err;
}

static int open_and_write(struct call *call, bool deleting)
{
	struct element element;
	int err = element_open(&element, call->attr.batch.map_fd, STORE_WRITE);

	if (err)
		return err;
	err = write_batch(call, &element, deleting);
	element_close(&element);
	return err;
}

int map_update_batch_command(struct call *call)
{
	return open_and_write(call, false);
}

int map_delete_batch_command(struct call *call)
{
	return open_and_write(call, true);
}
