/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Maps: what every type has in common and the operations that make it one. Map memory is the file
 * of the object: shared by processes that may die at any line, so it holds offsets, never
 * pointers.
 */
#ifndef SYSCALL_MAP_OPS_H
#define SYSCALL_MAP_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>
#include "btf.h"
#include "store.h"

struct kern_map;

/* Sizes of a map's file, from checked attributes. */
struct map_layout {
	size_t front;		/* bytes from offset 0 that a client may mmap; page-aligned */
	size_t inner;		/* bytes behind them that only we see */
	size_t allocate;	/* bytes to allocate at once, the rest as it grows; 0: all */
};

/* cpu of the update and lookup operations: a CPU slot, for maps with a value per CPU. */
struct map_ops {
	const char *name;
	/* Attribute checks after the common ones, in Linux's order: 0 or -errno. */
	int (*check)(const union bpf_attr *attr);
	int (*layout)(const union bpf_attr *attr, struct map_layout *layout);
	/* Set up zeroed shared memory; NULL: zeros are fine. */
	int (*init)(struct kern_map *map);
	/* Fill the process-private view of shared memory (pointers into it); NULL: nothing. */
	int (*open)(struct kern_map *map);
	void (*close)(struct kern_map *map);

	/* Programs and helpers. lookup: pointer to the value or NULL; never blocks. */
	void *(*lookup)(struct kern_map *map, const void *key, uint32_t cpu);
	int (*update)(struct kern_map *map, const void *key, const void *value, uint64_t flags,
		      uint32_t cpu);
	int (*delete)(struct kern_map *map, const void *key);
	int (*push)(struct kern_map *map, const void *value, uint64_t flags);
	int (*pop)(struct kern_map *map, void *value);
	int (*peek)(struct kern_map *map, void *value);
	/* Call fn for each element until it returns non-zero; NULL: -EINVAL for for_each. */
	int (*for_each)(struct kern_map *map, uint32_t cpu,
			uint64_t (*fn)(void *arg, const void *key, void *value), void *arg);

	/* Commands. value: map_user_value_size() bytes. NULL entry: -ENOTSUPP (524). */
	int (*cmd_lookup)(struct kern_map *map, const void *key, void *value, uint64_t flags);
	int (*cmd_update)(struct kern_map *map, const void *key, const void *value, uint64_t flags);
	/* In place of cmd_update, where an element depends on the fd that it is written through. */
	int (*fd_update)(struct kern_map *map, int map_fd, const void *key, const void *value,
			 uint64_t flags);
	int (*cmd_delete)(struct kern_map *map, const void *key);
	int (*cmd_lookup_and_delete)(struct kern_map *map, const void *key, void *value,
				     uint64_t flags);
	int (*next_key)(struct kern_map *map, const void *key, void *next);
	/* Batches of maps with buckets: copy (and remove) bucket @bucket if it fits into @room
	 * elements. Return: how many, -ENOSPC, -ENOENT past the last bucket. NULL: batches go by
	 * next_key. */
	int (*bucket_read)(struct kern_map *map, uint32_t bucket, uint32_t room, void *keys,
			   void *values, bool remove);

	/* Checks of mmap at (offset, length) and view to be made: see kern_mmap(). NULL: 524. */
	int (*mmap)(struct kern_map *map, size_t offset, size_t length, int prot, int flags);
	/* Poll events that are true now; NULL: the fd cannot be polled. */
	int (*poll)(struct kern_map *map);

	/* Address of the value area for BPF_PSEUDO_MAP_VALUE at @offset: 0 or -errno. */
	int (*direct_value)(struct kern_map *map, uint32_t offset, uint64_t *addr);
	/* Bytes Linux would charge for it (fdinfo's memlock). */
	uint64_t (*memlock)(const struct kern_map *map);

	/* Further demands on key and value types; without it a key type is a must. */
	int (*check_btf)(const struct kern_btf *btf, const union bpf_attr *attr);
	uint32_t field_kinds;	/* special BTF fields its values may have */
	uint32_t flags;		/* MAP_OPS_* */
};

#define MAP_OPS_BATCH	  0x2u	/* batch lookup and update */
#define MAP_OPS_BATCH_DELETE 0x4u
#define MAP_OPS_PERCPU	  0x1u	/* values travel as round_up(value_size, 8) x possible CPUs */

#define MAP_OPS_INNER	  0x8u	/* values are maps like the one at inner_map_fd */

#define MAP_OPS_ASKS	  0x10u	/* a lookup reads the value and answers by its result alone */

/* What it takes to create one even where unprivileged callers may create maps. */
#define MAP_OPS_CAP_BPF	  0x20u
#define MAP_OPS_CAP_NET	  0x40u

#define MAP_OPS_RING	  0x80u	/* two pages and data that views show twice; it can be waited for */

/* What an inner map of a map-in-map must be like; its fields are those of map_shared. */
struct map_inner {
	uint32_t type, key_size, value_size, max_entries, map_flags;
	struct kern_btf_fields fields;
	uint32_t btf_id;	/* that the fields' types are of, 0: none */
};

#define MAP_CUSTOM_NAME 64u

/* Facts that all processes share, in the object's header (store_header.room). */
struct map_shared {
	uint32_t type, key_size, value_size, max_entries;
	uint32_t map_flags, pad;
	uint64_t map_extra;
	uint32_t frozen;
	uint32_t btf_id, btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
	_Atomic uint64_t owner;		/* prog array: fixed by the first program, see map_owner() */
	uint32_t front_pages;		/* of layout.front */
	struct kern_btf_fields fields;
	struct map_inner inner;
	char custom[MAP_CUSTOM_NAME];	/* type of an extension, whose base is type; else empty */
};

/* Programs that may be together in a prog array: never 0. */
static inline uint64_t map_owner(uint32_t type, uint32_t attach_type, bool frags)
{
	return 1ull << 63 | (uint64_t)frags << 62 | (uint64_t)type << 32 | attach_type;
}

static inline uint32_t map_owner_type(uint64_t owner)
{
	return owner >> 32 & 0x3fffffff;
}

/* A map in this process. */
struct kern_map {
	const struct map_ops *ops;
	const struct map_ops *base;	/* of a type of an extension: what it is made of; else ops */
	struct store_obj *obj;
	struct map_shared *shared;
	uint32_t id, type, key_size, value_size, max_entries, map_flags;
	uint32_t elem_size;		/* round_up(value_size, 8) */
	unsigned char *front;		/* offset 0 of the file */
	unsigned char *inner;		/* what only we see */
	struct store_obj *_Atomic btf_obj;	/* in use since map_btf() was asked */
	void *view;			/* the type's private view, from ops->open */
};

/* The number of its type that users see: map->type, or what was allotted to an extension's. */
uint32_t map_type_number(const struct kern_map *map);

/* Row of a type; NULL: Linux has it and we do not, or nobody has. */
const struct map_ops *map_ops_of(uint32_t type);

/* MAP_CREATE after the gate: a new fd or -errno. */
int map_create(const union bpf_attr *attr);

/* By fd and by id; give back with map_put(). Errors as store_get_fd(). */
int map_get_fd(int fd, struct kern_map **out, uint32_t *mode);
int map_get(uint32_t id, struct kern_map **out);
struct kern_map *map_ref(struct kern_map *map);
void map_put(struct kern_map *map);
/* View of an object in hand, valid while it is in use. */
int map_view(struct store_obj *obj, struct kern_map **out);

/* BTF of its keys and values; NULL: it has none. Valid while the map is in use. */
const struct kern_btf *map_btf(struct kern_map *map);

/* Bytes of a value in a command: per-CPU maps have all CPUs' values. */
size_t map_user_value_size(const struct kern_map *map);

/* Names: letters, digits, '_', '.', and what the kernel's table counts as letters. */
int kern_object_name(char dst[BPF_OBJ_NAME_LEN], const char *src, size_t size);

/* Prog arrays and arrays of maps: the object in a slot, NULL for an empty one; valid while the
 * array is in use. */
struct store_obj *fd_array_object(struct kern_map *map, uint32_t index);
/* May a program of that kind be in this prog array: set by the room that knows programs. */
extern int (*prog_array_accepts)(struct kern_map *map, const struct store_obj *prog);
/* May it see packets on their way out of an interface of a devmap. */
extern int (*devmap_accepts)(const struct store_obj *prog);

/* The number of a cgroup, by an fd of its directory: set by the room that knows cgroups. */
extern int (*cgroup_array_target)(int fd, uint64_t *target);
/* The number in a slot: 0, -E2BIG, -EAGAIN: none. */
int cgroup_array_get(struct kern_map *map, uint32_t index, uint64_t *target);

/* The event in a slot of an array of perf events, valid while the array is in use; NULL: none. */
struct store_obj *perf_array_event(struct kern_map *map, uint32_t index);

/* Ring buffer operations that its helpers need beside map_ops. */
void *ringbuf_reserve(struct kern_map *map, uint64_t size, uint64_t flags);
/* @sample alone says which ring it is of. */
void ringbuf_submit(void *sample, uint64_t flags);
void ringbuf_discard(void *sample, uint64_t flags);
int ringbuf_output(struct kern_map *map, const void *data, uint64_t size, uint64_t flags);
uint64_t ringbuf_query(struct kern_map *map, uint64_t what);
/* Whoever takes a sample. Return: is it enough. */
typedef bool (*user_ringbuf_take_fn)(void *arg, void *sample, uint32_t size);
/* Samples of the client to @take, in order. Return: how many; -EINVAL, -E2BIG: what the client wrote is
 * none; -EBUSY: somebody takes already. */
int64_t user_ringbuf_drain(struct kern_map *map, user_ringbuf_take_fn take, void *arg, uint64_t flags);
/* Waiting: see kern_poll_fd(), kern_poll_drain(), kern_poll_arm(). */
int ringbuf_wait_fd(struct kern_map *map);
void ringbuf_wait_drain(struct kern_map *map, int fd);
void ringbuf_wait_arm(struct kern_map *map);

#endif
