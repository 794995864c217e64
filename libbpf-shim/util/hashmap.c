/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Chained hash table whose chains are indices, so that growing is one realloc and a rehash. */
#include "hashmap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a */
uint64_t hash_string(const char *str)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	while (*str)
		hash = (hash ^ (unsigned char)*str++) * 0x100000001b3ULL;
	return hash;
}

uint64_t hash_number(uint64_t number)
{
	number = (number ^ (number >> 32)) * 0x9e3779b97f4a7c15ULL;
	return number ^ (number >> 29);
}

static uint64_t hash_plain(uintptr_t key, void *ctx)
{
	return hash_number(key);
}

static bool equal_plain(uintptr_t a, uintptr_t b, void *ctx)
{
	return a == b;
}

void hashmap_init(struct hashmap *map, hashmap_hash_fn hash, hashmap_equal_fn equal, void *ctx)
{
	memset(map, 0, sizeof(*map));
	map->hash = hash ? hash : hash_plain;
	map->equal = equal ? equal : equal_plain;
	map->ctx = ctx;
}

void hashmap_free(struct hashmap *map)
{
	free(map->buckets);
	free(map->entries);
	map->buckets = NULL;
	map->entries = NULL;
	map->bucket_count = map->count = map->capacity = 0;
}

static uint32_t *bucket_of(const struct hashmap *map, uintptr_t key)
{
	return &map->buckets[map->hash(key, map->ctx) & (map->bucket_count - 1)];
}

static void link_entry(struct hashmap *map, size_t index)
{
	uint32_t *bucket = bucket_of(map, map->entries[index].key);

	map->entries[index].next = *bucket;
	*bucket = index + 1;
}

static int grow(struct hashmap *map)
{
	size_t wanted = map->capacity ? map->capacity * 2 : 16, i;
	struct hashmap_entry *entries;
	uint32_t *buckets;

	if (wanted > UINT32_MAX / 2)
		return -ENOMEM;
	entries = reallocarray(map->entries, wanted, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	map->entries = entries;
	buckets = calloc(wanted, sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	free(map->buckets);
	map->buckets = buckets;
	map->bucket_count = map->capacity = wanted;
	for (i = 0; i < map->count; i++)
		link_entry(map, i);
	return 0;
}

int hashmap_add(struct hashmap *map, uintptr_t key, uintptr_t value)
{
	int err;

	if (map->count == map->capacity) {
		err = grow(map);
		if (err)
			return err;
	}
	map->entries[map->count].key = key;
	map->entries[map->count].value = value;
	link_entry(map, map->count++);
	return 0;
}

const struct hashmap_entry *hashmap_next(const struct hashmap *map, uintptr_t key,
					 const struct hashmap_entry *entry)
{
	uint32_t next;

	if (!map->bucket_count)
		return NULL;
	next = entry ? entry->next : *bucket_of(map, key);
	while (next) {
		entry = &map->entries[next - 1];
		if (map->equal(entry->key, key, map->ctx))
			return entry;
		next = entry->next;
	}
	return NULL;
}

bool hashmap_find(const struct hashmap *map, uintptr_t key, uintptr_t *value)
{
	const struct hashmap_entry *entry = hashmap_next(map, key, NULL);

	if (entry && value)
		*value = entry->value;
	return entry != NULL;
}
