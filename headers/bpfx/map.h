/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Map types of an extension: one of Linux's types keeps the elements, the extension sees what goes in
 * and out. Programs and commands use such a map as they would use one of the base type, but not as an
 * inner map.
 */
#ifndef BPFX_MAP_H
#define BPFX_MAP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpfx_map;	/* a map, as a helper's MAP argument */

/* Facts of a map that is about to be made. */
struct bpfx_map_info {
	uint32_t key_size, value_size, max_entries, map_flags;
};

/**
 * struct bpfx_map_type - one row per type; each function may be NULL
 *
 * Functions run in whichever process calls, many at once, also within programs: they must neither
 * block nor use the map they are called for.
 */
struct bpfx_map_type {
	const char *name;	/* unique; its number is allotted by it: bpfx_map_type() */
	uint32_t base;		/* BPF_MAP_TYPE_HASH, _LRU_HASH, _ARRAY or _LPM_TRIE */
	uint32_t reserved;
	/* May such a map be made: 0 or -errno, with a constant text in @reason. */
	int (*check)(const struct bpfx_map_info *info, const char **reason);
	/* Before an element is stored: @value is a copy of value_size bytes that may be changed.
	 * 0, or -errno: it is not stored. */
	int (*update)(struct bpfx_map *map, const void *key, void *value, uint64_t flags);
	/* Before an element is removed by its key: 0, or -errno: it stays. */
	int (*remove)(struct bpfx_map *map, const void *key);
	/* Before a command gets a value: @value is the copy it will get. Programs see the stored
	 * value itself. 0 or -errno. */
	int (*lookup)(struct bpfx_map *map, const void *key, void *value);
};

#ifdef __cplusplus
}
#endif

#endif
