/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Map commands on single elements, creation and freeze. Checks stand in Linux's order. */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "command.h"
#include "element.h"
#include "err.h"
#include "fault.h"
#include "map_ops.h"

int map_create_command(struct call *call)
{
	fault_check_handler();
	return map_create(&call->attr);
}

/* ---- one element ---- */

int element_open(struct element *element, int fd, uint32_t need)
{
	uint32_t mode;
	int err;

	memset(element, 0, sizeof(*element));
	err = map_get_fd(fd, &element->map, &mode);
	if (err)
		return err;
	/* A frozen map has lost its user-space write permission, whatever the fd says. */
	if (element->map->shared->frozen)
		mode &= ~STORE_WRITE;
	if ((mode & need) != need) {
		map_put(element->map);
		element->map = NULL;
		return -EPERM;
	}
	element->key = element->small_key;
	element->value = element->small_value;
	return 0;
}

void element_close(struct element *element)
{
	if (!element->map)
		return;
	if (element->key != element->small_key)
		free(element->key);
	if (element->value != element->small_value)
		free(element->value);
	map_put(element->map);
}

/* Key argument: maps without keys refuse one that is there. */
int element_read_key(struct element *element, uint64_t user_key)
{
	uint32_t size = element->map->key_size;

	if (!size) {
		element->key = element->small_key;
		return user_key ? -EINVAL : 0;
	}
	if (size > sizeof(element->small_key) && element->key == element->small_key) {
		element->key = malloc(size);
		if (!element->key) {
			element->key = element->small_key;
			return -ENOMEM;
		}
	}
	return user_read(element->key, user_key, size);
}

int element_value_room(struct element *element)
{
	size_t size = map_user_value_size(element->map);

	if (size > sizeof(element->small_value) && element->value == element->small_value) {
		element->value = malloc(size);
		if (!element->value) {
			element->value = element->small_value;
			return -ENOMEM;
		}
	}
	return 0;
}

int element_read_value(struct element *element, uint64_t user_value)
{
	int err = element_value_room(element);

	return err ? err
		   : user_read(element->value, user_value, map_user_value_size(element->map));
}

static int check_lock_flag(const struct kern_map *map, uint64_t flags)
{
	return flags & BPF_F_LOCK && !(map->shared->fields.mask & BTF_FIELD_SPIN_LOCK) ? -EINVAL : 0;
}

int map_lookup_command(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct element element;
	int err;

	if (attr->flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	err = element_open(&element, attr->map_fd, STORE_READ);
	if (err)
		return err;
	err = check_lock_flag(element.map, attr->flags);
	err = err ? err : element_read_key(&element, attr->key);
	if (!err)
		err = element.map->ops->flags & MAP_OPS_ASKS
			      ? element_read_value(&element, attr->value)
			      : element_value_room(&element);
	if (!err)
		err = element.map->ops->cmd_lookup
			      ? element.map->ops->cmd_lookup(element.map, element.key,
							     element.value, attr->flags)
			      : -ENOTSUPP;
	if (!err && !(element.map->ops->flags & MAP_OPS_ASKS))
		err = user_write(attr->value, element.value, map_user_value_size(element.map));
	element_close(&element);
	return err;
}

int element_update(struct element *element, uint64_t flags)
{
	const struct map_ops *ops = element->map->ops;

	return ops->cmd_update ? ops->cmd_update(element->map, element->key, element->value, flags)
			       : -ENOTSUPP;
}

static int update(struct element *element, int map_fd, uint64_t flags)
{
	const struct map_ops *ops = element->map->ops;

	return ops->fd_update ? ops->fd_update(element->map, map_fd, element->key, element->value,
					       flags)
			      : element_update(element, flags);
}

int map_update_command(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct element element;
	int err = element_open(&element, attr->map_fd, STORE_WRITE);

	if (err)
		return err;
	err = check_lock_flag(element.map, attr->flags);
	err = err ? err : element_read_key(&element, attr->key);
	err = err ? err : element_read_value(&element, attr->value);
	err = err ? err : update(&element, attr->map_fd, attr->flags);
	element_close(&element);
	return err;
}

int element_delete(struct element *element)
{
	const struct map_ops *ops = element->map->ops;

	return ops->cmd_delete ? ops->cmd_delete(element->map, element->key) : -ENOTSUPP;
}

int map_delete_command(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct element element;
	int err = element_open(&element, attr->map_fd, STORE_WRITE);

	if (err)
		return err;
	err = element_read_key(&element, attr->key);
	err = err ? err : element_delete(&element);
	element_close(&element);
	return err;
}

int map_next_key_command(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct element element;
	void *next = NULL;
	int err = element_open(&element, attr->map_fd, STORE_READ);

	if (err)
		return err;
	if (attr->key)
		err = element_read_key(&element, attr->key);
	if (!err && !element.map->ops->next_key)
		err = -ENOTSUPP;
	if (!err) {
		next = malloc(element.map->key_size + 1);
		err = next ? element.map->ops->next_key(element.map,
							attr->key ? element.key : NULL, next)
			   : -ENOMEM;
	}
	if (!err)
		err = user_write(attr->next_key, next, element.map->key_size);
	free(next);
	element_close(&element);
	return err;
}

int map_lookup_and_delete_command(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	const struct map_ops *ops;
	struct element element;
	int err;

	if (attr->flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	err = element_open(&element, attr->map_fd, STORE_READ | STORE_WRITE);
	if (err)
		return err;
	ops = element.map->ops;
	err = check_lock_flag(element.map, attr->flags);
	err = err ? err : element_read_key(&element, attr->key);
	err = err ? err : element_value_room(&element);
	if (!err)
		err = ops->cmd_lookup_and_delete
			      ? ops->cmd_lookup_and_delete(element.map, element.key, element.value,
							   attr->flags)
			      : -ENOTSUPP;
	if (!err)
		err = user_write(attr->value, element.value, map_user_value_size(element.map));
	element_close(&element);
	return err;
}

/* ---- freeze ---- */

static int freeze(struct kern_map *map, uint32_t mode)
{
	uint32_t thawed = 0;

	if (map->type == BPF_MAP_TYPE_STRUCT_OPS || map->shared->fields.cnt)
		return -ENOTSUPP;
	if (!(mode & STORE_WRITE) || map->shared->frozen)
		return -EPERM;
	if (store_has_writable(map->obj))
		return -EBUSY;
	return __atomic_compare_exchange_n(&map->shared->frozen, &thawed, 1, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
		       ? 0
		       : -EPERM;
}

int map_freeze_command(struct call *call)
{
	struct kern_map *map;
	uint32_t mode;
	int err = map_get_fd(call->attr.map_fd, &map, &mode);

	if (err)
		return err;
	err = freeze(map, mode);
	map_put(map);
	return err;
}
