/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Queues and stacks: values without keys, pushed at the head and taken from the tail or the head
 * (kernel Documentation map_queue_stack.rst).
 *
 * A ring with one slot more than values fit: a value is written into the free slot, then one store
 * of both ends puts it in, and takes the oldest out where that has to go.
 */
#include <string.h>

#include "bits.h"
#include "err.h"
#include "kill_point.h"
#include "lock.h"
#include "map_private.h"

#define QUEUE_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | \
		     BPF_F_WRONLY_PROG)
/* Largest allocation of the kernel. */
#define VALUE_MAX (4u << 20)

struct queue_head {
	struct shm_lock lock;
	_Atomic uint64_t ends;		/* see struct ends */
};

/* Slots: where the next value goes, where the oldest is; the same if there is none. */
struct ends {
	uint32_t head, tail;
};

static struct queue_head *head_of(const struct kern_map *map)
{
	return (struct queue_head *)map->inner;
}

static void *slot_at(const struct kern_map *map, uint32_t slot)
{
	return map->inner + round_up64(sizeof(struct queue_head), 64) +
	       (size_t)slot * map->value_size;
}

static struct ends ends_of(const struct kern_map *map)
{
	uint64_t ends = atomic_load_explicit(&head_of(map)->ends, memory_order_acquire);

	return (struct ends){ ends >> 32, (uint32_t)ends };
}

static void set_ends(struct kern_map *map, struct ends ends)
{
	atomic_store_explicit(&head_of(map)->ends, (uint64_t)ends.head << 32 | ends.tail,
			      memory_order_release);
}

/* Slots are numbered from 0 to max_entries. */
static uint32_t slot_after(const struct kern_map *map, uint32_t slot)
{
	return slot == map->max_entries ? 0 : slot + 1;
}

static uint32_t slot_before(const struct kern_map *map, uint32_t slot)
{
	return slot ? slot - 1 : map->max_entries;
}

/* ---- creation ---- */

static int queue_check(const union bpf_attr *attr)
{
	if (!attr->max_entries || attr->key_size || !attr->value_size ||
	    attr->map_flags & ~QUEUE_FLAGS || !map_access_flags_ok(attr->map_flags))
		return -EINVAL;
	return attr->value_size > VALUE_MAX ? -E2BIG : 0;
}

static int queue_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	layout->inner = round_up64(sizeof(struct queue_head), 64) +
			((size_t)attr->max_entries + 1) * attr->value_size;
	return 0;
}

static int queue_init(struct kern_map *map)
{
	shm_lock_init(&head_of(map)->lock);
	return 0;
}

/* ---- operations ---- */

/* Each change is one store: nothing to repair after a death. */
static int lock_map(struct kern_map *map)
{
	int err = shm_lock(&head_of(map)->lock);

	if (err == SHM_LOCK_REPAIR)
		shm_lock_repaired(&head_of(map)->lock);
	return err == SHM_LOCK_REPAIR ? 0 : err;
}

static int push_locked(struct kern_map *map, const void *value, bool replace)
{
	struct ends ends = ends_of(map);
	uint32_t slot = ends.head;

	ends.head = slot_after(map, slot);
	if (ends.head == ends.tail) {
		if (!replace)
			return -E2BIG;
		ends.tail = slot_after(map, ends.tail);
	}
	memcpy(slot_at(map, slot), value, map->value_size);
	kill_point("queue.push.written");
	set_ends(map, ends);
	kill_point("queue.push.done");
	return 0;
}

static int queue_push(struct kern_map *map, const void *value, uint64_t flags)
{
	int err;

	if (flags & BPF_NOEXIST || flags > BPF_EXIST)
		return -EINVAL;
	err = lock_map(map);
	if (err)
		return err;
	err = push_locked(map, value, flags & BPF_EXIST);
	shm_unlock(&head_of(map)->lock);
	return err;
}

/* Copy the next value; *ends: what they are without it. */
static int next_value(struct kern_map *map, void *value, struct ends *ends)
{
	uint32_t slot;

	*ends = ends_of(map);
	if (ends->head == ends->tail) {
		memset(value, 0, map->value_size);
		return -ENOENT;
	}
	if (map->type == BPF_MAP_TYPE_STACK) {
		slot = ends->head = slot_before(map, ends->head);
	} else {
		slot = ends->tail;
		ends->tail = slot_after(map, slot);
	}
	memcpy(value, slot_at(map, slot), map->value_size);
	return 0;
}

static int read_next(struct kern_map *map, void *value, bool take)
{
	struct ends ends;
	int err = lock_map(map);

	if (err)
		return err;
	err = next_value(map, value, &ends);
	kill_point("queue.read");
	if (!err && take)
		set_ends(map, ends);
	kill_point("queue.taken");
	shm_unlock(&head_of(map)->lock);
	return err;
}

static int queue_pop(struct kern_map *map, void *value)
{
	return read_next(map, value, true);
}

static int queue_peek(struct kern_map *map, void *value)
{
	return read_next(map, value, false);
}

/* ---- commands ---- */

static int queue_cmd_lookup(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	return queue_peek(map, value);
}

static int queue_cmd_lookup_and_delete(struct kern_map *map, const void *key, void *value,
				       uint64_t flags)
{
	return queue_pop(map, value);
}

static int queue_cmd_update(struct kern_map *map, const void *key, const void *value,
			    uint64_t flags)
{
	return queue_push(map, value, flags);
}

static int queue_cmd_delete(struct kern_map *map, const void *key)
{
	return -EINVAL;
}

static int queue_next_key(struct kern_map *map, const void *key, void *next)
{
	return -EINVAL;
}

/* What Linux charges (measured on 6.18): its struct and the slots. */
static uint64_t queue_memlock(const struct kern_map *map)
{
	return 312 + ((uint64_t)map->max_entries + 1) * map->value_size;
}

const struct map_ops queue_map_ops = {
	.name			= "queue",
	.check			= queue_check,
	.layout			= queue_layout,
	.init			= queue_init,
	.push			= queue_push,
	.pop			= queue_pop,
	.peek			= queue_peek,
	.cmd_lookup		= queue_cmd_lookup,
	.cmd_update		= queue_cmd_update,
	.cmd_delete		= queue_cmd_delete,
	.cmd_lookup_and_delete	= queue_cmd_lookup_and_delete,
	.next_key		= queue_next_key,
	.memlock		= queue_memlock,
	.flags			= MAP_OPS_CAP_BPF,
};

const struct map_ops stack_map_ops = {
	.name			= "stack",
	.check			= queue_check,
	.layout			= queue_layout,
	.init			= queue_init,
	.push			= queue_push,
	.pop			= queue_pop,
	.peek			= queue_peek,
	.cmd_lookup		= queue_cmd_lookup,
	.cmd_update		= queue_cmd_update,
	.cmd_delete		= queue_cmd_delete,
	.cmd_lookup_and_delete	= queue_cmd_lookup_and_delete,
	.next_key		= queue_next_key,
	.memlock		= queue_memlock,
	.flags			= MAP_OPS_CAP_BPF,
};
