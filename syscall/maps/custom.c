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

#define ON_STACK 512u

static const struct bpfx_map_type *row_of(const struct kern_map *map)
{
	return registry_map_type_by_name(map->shared->custom);
}

/* ---- operations ---- */

/* The extension sees a copy, which it may change, and that is stored. */
static int update_with(struct kern_map *map, const void *key, const void *value, uint64_t flags,
		       int (*store)(struct kern_map *map, const void *key, const void *value,
				    uint64_t flags, uint32_t cpu), uint32_t cpu)
{
	const struct bpfx_map_type *row = row_of(map);
	char small[ON_STACK], *copy = small;
	int err;

	if (!row)
		return -EOPNOTSUPP;
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
	const struct bpfx_map_type *row = row_of(map);
	int err;

	if (!row)
		return -EOPNOTSUPP;
	err = row->remove ? row->remove((struct bpfx_map *)map, key) : 0;
	return err ? err : drop(map, key);
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

static int show(struct kern_map *map, const void *key, void *value)
{
	const struct bpfx_map_type *row = row_of(map);

	return row->lookup ? row->lookup((struct bpfx_map *)map, key, value) : 0;
}

static int cmd_lookup(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	int err = row_of(map) ? map->base->cmd_lookup(map, key, value, flags) : -EOPNOTSUPP;

	return err ? err : show(map, key, value);
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
