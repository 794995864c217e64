/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Maps of interfaces that packets are redirected to (kernel Documentation map_devmap.rst), as an
 * array and as a hash. A value is an interface's index and, in maps that have room for one, a
 * program that sees the packet on its way out: callers write its fd and read its id. Programs only
 * read. The ids are references, which the store counts.
 */
#include <net/if.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "hash_private.h"
#include "kill_point.h"

#define DEVMAP_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)
#define VALUE_PLAIN  4u		/* an interface */
#define VALUE_PROG   8u		/* and a program */
#define MEMLOCK_HEAD 344u

int (*devmap_accepts)(const struct store_obj *prog);

_Static_assert(sizeof(struct bpf_devmap_val) == VALUE_PROG, "one word, written at once");

/* ---- creation ---- */

static int devmap_check(const union bpf_attr *attr)
{
	if (!attr->max_entries || attr->key_size != 4 ||
	    (attr->value_size != VALUE_PLAIN && attr->value_size != VALUE_PROG) ||
	    attr->map_flags & ~DEVMAP_FLAGS)
		return -EINVAL;
	return 0;
}

static void make_read_only(struct kern_map *map)
{
	map->map_flags |= BPF_F_RDONLY_PROG;
	map->shared->map_flags = map->map_flags;
}

static int devmap_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	layout->inner = (size_t)attr->max_entries * VALUE_PROG;
	return 0;
}

static int devmap_init(struct kern_map *map)
{
	struct store_header *header = map->obj->header;

	make_read_only(map);
	header->slot_kind = STORE_PROG;
	header->slot_offset = map->inner - map->obj->mem +
			      offsetof(struct bpf_devmap_val, bpf_prog);
	header->slot_stride = VALUE_PROG;
	header->slot_cnt = map->max_entries;
	return 0;
}

static int devmap_hash_init(struct kern_map *map)
{
	struct store_header *header = map->obj->header;
	const struct hash_view *view = map->view;
	int err = hash_init(map);

	if (err)
		return err;
	make_read_only(map);
	header->slot_kind = STORE_PROG;
	header->slot_offset = view->elements - map->obj->mem + hash_value_offset(map) + view->id_at;
	header->slot_stride = view->size;
	return 0;
}

/* ---- values ---- */

/* What a caller wrote, with the program's id in place of its fd; *prog: in use, or NULL. */
static int take_value(const struct kern_map *map, const void *value, struct bpf_devmap_val *out,
		      struct store_obj **prog)
{
	char name[IF_NAMESIZE];
	int fd, err;

	*prog = NULL;
	memset(out, 0, sizeof(*out));
	memcpy(out, value, map->value_size);
	fd = out->bpf_prog.fd;
	out->bpf_prog.id = 0;
	if (!out->ifindex)
		return fd > 0 ? -EINVAL : 0;
	if (!if_indextoname(out->ifindex, name))
		return -EINVAL;
	if (fd <= 0)
		return 0;
	err = store_get_fd(fd, STORE_PROG, prog, NULL);
	if (err)
		return -EINVAL;
	err = devmap_accepts(*prog);
	if (err) {
		store_put(*prog);
		*prog = NULL;
		return err;
	}
	out->bpf_prog.id = (*prog)->id;
	return 0;
}

static void give_back(struct store_obj *prog, uint32_t old_id)
{
	if (old_id && (!prog || old_id != prog->id))
		store_collect(STORE_PROG, old_id);
	if (prog)
		store_put(prog);
}

/* ---- array ---- */

static struct bpf_devmap_val *slot_of(const struct kern_map *map, uint32_t index)
{
	return (struct bpf_devmap_val *)map->inner + index;
}

static uint32_t index_of(const void *key)
{
	uint32_t index;

	memcpy(&index, key, sizeof(index));
	return index;
}

/* Interface and program change together. */
static struct bpf_devmap_val exchange(struct kern_map *map, uint32_t index,
				      struct bpf_devmap_val value)
{
	struct bpf_devmap_val old;
	uint64_t now, before;

	memcpy(&now, &value, sizeof(now));
	before = atomic_exchange((_Atomic uint64_t *)(void *)slot_of(map, index), now);
	memcpy(&old, &before, sizeof(old));
	return old;
}

/* The program's last fd was closed meanwhile: nobody may find it here. */
static void withdraw(struct kern_map *map, uint32_t index, struct bpf_devmap_val entry)
{
	uint64_t word;

	memcpy(&word, &entry, sizeof(word));
	atomic_compare_exchange_strong((_Atomic uint64_t *)(void *)slot_of(map, index), &word, 0);
}

static void *devmap_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	uint32_t index = index_of(key);
	struct bpf_devmap_val *slot = index < map->max_entries ? slot_of(map, index) : NULL;

	return slot && __atomic_load_n(&slot->ifindex, __ATOMIC_ACQUIRE) ? slot : NULL;
}

static int devmap_cmd_lookup(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	const void *slot = devmap_lookup(map, key, 0);
	uint64_t word;

	if (!slot)
		return -ENOENT;
	word = __atomic_load_n((const uint64_t *)slot, __ATOMIC_ACQUIRE);
	memcpy(value, &word, map->value_size);
	return 0;
}

static int devmap_cmd_update(struct kern_map *map, const void *key, const void *value,
			     uint64_t flags)
{
	struct bpf_devmap_val entry, old;
	struct store_obj *prog;
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index_of(key) >= map->max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;		/* every slot of an array always exists */
	err = take_value(map, value, &entry, &prog);
	if (err)
		return err;
	if (prog)
		store_mark_target(prog);
	kill_point("devmap.marked");
	old = exchange(map, index_of(key), entry);
	kill_point("devmap.written");
	err = prog ? store_check_target(prog) : 0;
	if (err)
		withdraw(map, index_of(key), entry);
	give_back(prog, old.bpf_prog.id);
	return err;
}

static int devmap_delete(struct kern_map *map, const void *key)
{
	struct bpf_devmap_val old, none = { 0 };

	if (index_of(key) >= map->max_entries)
		return -EINVAL;
	old = exchange(map, index_of(key), none);
	give_back(NULL, old.bpf_prog.id);
	return 0;
}

static uint64_t devmap_memlock(const struct kern_map *map)
{
	return MEMLOCK_HEAD + (uint64_t)map->max_entries * 8;
}

/* ---- hash ---- */

static void *devmap_hash_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	return hash_map_ops.lookup(map, key, cpu);
}

static int devmap_hash_cmd_lookup(struct kern_map *map, const void *key, void *value,
				  uint64_t flags)
{
	return hash_map_ops.cmd_lookup(map, key, value, flags);
}

static int devmap_hash_cmd_update(struct kern_map *map, const void *key, const void *value,
				  uint64_t flags)
{
	struct bpf_devmap_val entry;
	struct store_obj *prog;
	uint32_t old = 0;
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	err = take_value(map, value, &entry, &prog);
	if (!err && !entry.ifindex)
		err = -EINVAL;
	if (err)
		return err;
	if (prog)
		store_mark_target(prog);
	kill_point("devmap_hash.marked");
	/* BPF_EXIST makes a missing one, too: so it is on Linux. */
	err = hash_replace(map, key, &entry, flags & BPF_NOEXIST, &old);
	kill_point("devmap_hash.written");
	give_back(prog, err ? 0 : old);
	return err;
}

static int devmap_hash_delete(struct kern_map *map, const void *key)
{
	struct bpf_devmap_val old = { 0 };
	int err = hash_remove(map, key, &old);

	kill_point("devmap_hash.removed");
	if (!err)
		give_back(NULL, old.bpf_prog.id);
	return err;
}

static uint64_t devmap_hash_memlock(const struct kern_map *map)
{
	return MEMLOCK_HEAD + (uint64_t)next_power_of_two(map->max_entries) * 8;
}

const struct map_ops devmap_map_ops = {
	.name		= "devmap",
	.check		= devmap_check,
	.layout		= devmap_layout,
	.init		= devmap_init,
	.lookup		= devmap_lookup,
	.cmd_lookup	= devmap_cmd_lookup,
	.cmd_update	= devmap_cmd_update,
	.cmd_delete	= devmap_delete,
	.next_key	= array_next_key,
	.memlock	= devmap_memlock,
	.check_btf	= map_no_btf,
	.flags		= MAP_OPS_CAP_NET,
};

const struct map_ops devmap_hash_map_ops = {
	.name		= "devmap_hash",
	.check		= devmap_check,
	.layout		= hash_layout,
	.init		= devmap_hash_init,
	.open		= hash_open,
	.close		= hash_close,
	.lookup		= devmap_hash_lookup,
	.cmd_lookup	= devmap_hash_cmd_lookup,
	.cmd_update	= devmap_hash_cmd_update,
	.cmd_delete	= devmap_hash_delete,
	.next_key	= hash_next_key,
	.memlock	= devmap_hash_memlock,
	.check_btf	= map_no_btf,
	.flags		= MAP_OPS_CAP_NET,
};
