/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Map types of extensions (bpfx/map.h): a map of a base type, with the extension's functions in front
 * of its operations. The map knows its type by name; a process in which nobody has registered it can
 * do nothing with the elements (-EOPNOTSUPP).
 */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "journal.h"
#include "map_private.h"
#include "registry.h"
#include "rundown.h"

#define ON_STACK 512u

static const struct bpfx_map_type *row_of(const struct kern_map *map)
{
	return registry_map_type_by_name(map->shared->custom);
}

/* The extension's functions are called as within a command, so that it waits for them when it goes: a
 * program may have the map from another one, a helper may have kept it. 0 or -errno. */
static int row_begin(const struct kern_map *map, const struct bpfx_map_type **row)
{
	if (!rundown_enter(&rundown_commands))
		return -EBUSY;
	*row = row_of(map);
	if (*row)
		return 0;
	rundown_leave();
	return -EOPNOTSUPP;
}

/* ---- operations ---- */

typedef int (*store_fn)(struct kern_map *map, const void *key, const void *value, uint64_t flags,
			uint32_t cpu);

/* The extension sees a copy, which it may change, and that is stored. */
static int update_row(const struct bpfx_map_type *row, struct kern_map *map, const void *key,
		      const void *value, uint64_t flags, store_fn store, uint32_t cpu)
{
	char small[ON_STACK], *copy = small;
	int err;

	if (!row->update)
		return store(map, key, value, flags, cpu);
	if (map->value_size > sizeof(small))
		copy = malloc(map->value_size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, value, map->value_size);
	err = row->update((struct bpfx_map *)map, key, copy, flags);
	err = err ? err : store(map, key, copy, flags, cpu);
	if (copy != small)
		free(copy);
	return err;
}

static int update_with(struct kern_map *map, const void *key, const void *value, uint64_t flags,
		       store_fn store, uint32_t cpu)
{
	const struct bpfx_map_type *row;
	int err = row_begin(map, &row);

	if (err)
		return err;
	err = update_row(row, map, key, value, flags, store, cpu);
	rundown_leave();
	return err;
}

static int update(struct kern_map *map, const void *key, const void *value, uint64_t flags,
		  uint32_t cpu)
{
	return update_with(map, key, value, flags, map->base->update, cpu);
}

static int store_by_command(struct kern_map *map, const void *key, const void *value,
			    uint64_t flags, uint32_t cpu)
{
	return map->base->cmd_update(map, key, value, flags);
}

static int cmd_update(struct kern_map *map, const void *key, const void *value, uint64_t flags)
{
	return update_with(map, key, value, flags, store_by_command, 0);
}

static int remove_with(struct kern_map *map, const void *key,
		       int (*drop)(struct kern_map *map, const void *key))
{
	const struct bpfx_map_type *row;
	int err = row_begin(map, &row);

	if (err)
		return err;
	err = row->remove ? row->remove((struct bpfx_map *)map, key) : 0;
	err = err ? err : drop(map, key);
	rundown_leave();
	return err;
}

static int delete(struct kern_map *map, const void *key)
{
	return remove_with(map, key, map->base->delete);
}

static int cmd_delete(struct kern_map *map, const void *key)
{
	return remove_with(map, key, map->base->cmd_delete);
}

static void *lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	return row_of(map) ? map->base->lookup(map, key, cpu) : NULL;
}

static int cmd_lookup(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	const struct bpfx_map_type *row;
	int err = row_begin(map, &row);

	if (err)
		return err;
	err = map->base->cmd_lookup(map, key, value, flags);
	if (!err && row->lookup)
		err = row->lookup((struct bpfx_map *)map, key, value);
	rundown_leave();
	return err;
}

static int cmd_lookup_and_delete(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	int err = cmd_lookup(map, key, value, flags);

	return err ? err : cmd_delete(map, key);
}

/* ---- types: the base's operations with ours in place ---- */

static struct map_ops derived[__MAX_BPF_MAP_TYPE];

static void derive(uint32_t base)
{
	const struct map_ops *from = map_ops_of(base);
	struct map_ops *ops = &derived[base];

	*ops = *from;
	ops->lookup = lookup;
	ops->cmd_lookup = cmd_lookup;
	ops->update = from->update ? update : NULL;
	ops->cmd_update = from->cmd_update ? cmd_update : NULL;
	ops->delete = from->delete ? delete : NULL;
	ops->cmd_delete = from->cmd_delete ? cmd_delete : NULL;
	ops->cmd_lookup_and_delete = from->cmd_lookup_and_delete ? cmd_lookup_and_delete : NULL;
	ops->bucket_read = NULL;	/* batches go element by element */
	ops->mmap = NULL;
	ops->direct_value = NULL;
}

__attribute__((constructor)) static void derive_all(void)
{
	static const uint32_t bases[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH,
					  BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_LPM_TRIE };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++)
		derive(bases[i]);
}

int map_custom_base(uint32_t type, const union bpf_attr *attr, uint32_t *base, const char **name)
{
	const struct bpfx_map_type *row = registry_map_type(type);
	const struct bpfx_map_info info = { attr->key_size, attr->value_size, attr->max_entries,
					    attr->map_flags };
	const char *reason = NULL;
	int err;

	if (!row)
		return -EINVAL;
	err = row->check ? row->check(&info, &reason) : 0;
	if (err) {
		reason = reason ? reason : strerror(-err);
		journal_note("map '%.15s' of type %s is not made: %s", attr->map_name, row->name,
			     reason);
		return registry_refuse(err, "%s", reason);
	}
	*base = row->base;
	*name = row->name;
	return 0;
}

const struct map_ops *map_custom_ops(uint32_t base)
{
	return base < ARRAY_SIZE(derived) && derived[base].name ? &derived[base] : NULL;
}

uint32_t map_type_number(const struct kern_map *map)
{
	return map->shared->custom[0] ? registry_map_type_number(map->shared->custom) : map->type;
}
