/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A hash table from numbers (or pointers, as numbers) to numbers; a key may stand in it twice. */
#ifndef BPF_SHIM_HASHMAP_H
#define BPF_SHIM_HASHMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t (*hashmap_hash_fn)(uintptr_t key, void *ctx);
typedef bool (*hashmap_equal_fn)(uintptr_t a, uintptr_t b, void *ctx);

struct hashmap_entry {
	uintptr_t key;
	uintptr_t value;
	uint32_t next;		/* index + 1 in entries; 0 ends the bucket */
};

struct hashmap {
	hashmap_hash_fn hash;
	hashmap_equal_fn equal;
	void *ctx;
	uint32_t *buckets;	/* index + 1 in entries */
	size_t bucket_count;	/* a power of two, or 0 */
	struct hashmap_entry *entries;
	size_t count, capacity;
};

/* @hash and @equal NULL: keys are plain numbers. */
void hashmap_init(struct hashmap *map, hashmap_hash_fn hash, hashmap_equal_fn equal, void *ctx);
void hashmap_free(struct hashmap *map);

/* Adds an entry, also when the key is there already. Return: 0 or -ENOMEM. */
int hashmap_add(struct hashmap *map, uintptr_t key, uintptr_t value);
/* Return: whether there is one; *value receives that of the entry added last. */
bool hashmap_find(const struct hashmap *map, uintptr_t key, uintptr_t *value);

/* Walk over entries that are equal to @key; entry NULL begins. */
const struct hashmap_entry *hashmap_next(const struct hashmap *map, uintptr_t key,
					 const struct hashmap_entry *entry);

uint64_t hash_string(const char *str);
uint64_t hash_number(uint64_t number);

#endif
