/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What hash maps with other values use of hash.c. */
#ifndef SYSCALL_MAPS_HASH_PRIVATE_H
#define SYSCALL_MAPS_HASH_PRIVATE_H

#include "map_private.h"
#include "object_cache.h"

/* The view: where elements are, so that lookups need not compute it. */
struct hash_view {
	unsigned char *elements;
	size_t size;
	uint32_t mask, key_pad;
	uint32_t capacity;	/* elements that fit into the file */
	bool percpu;		/* a value per CPU, elem_size apart */
	bool lru;		/* a full map evicts */
	bool of_maps;		/* the value is the id of a map */
	bool has_ids;		/* there is an id of an object in the value, at id_at */
	uint32_t id_at;
	struct object_cache inner;
};

int hash_check(const union bpf_attr *attr);
int hash_layout(const union bpf_attr *attr, struct map_layout *layout);
int hash_init(struct kern_map *map);
int hash_open(struct kern_map *map);
void hash_close(struct kern_map *map);
int hash_next_key(struct kern_map *map, const void *key, void *next);
int hash_bucket_read(struct kern_map *map, uint32_t bucket, uint32_t room, void *keys, void *values,
		     bool remove);
uint64_t hash_memlock(const struct kern_map *map);

/* Offset in the element of the first value, that is of the id in a hash of maps. */
size_t hash_value_offset(const struct kern_map *map);
/* Id for a key, 0: none; @number: of the element, from 0. */
uint32_t hash_find_id(struct kern_map *map, const void *key, uint32_t *number);
/* Put id in place of the one the key has, or add the key. *id: the old one or 0. */
int hash_exchange_id(struct kern_map *map, const void *key, uint32_t *id, uint64_t flags);
/* Put a whole value there; *id: that of the one it replaces, or 0. */
int hash_replace(struct kern_map *map, const void *key, const void *value, uint64_t flags,
		 uint32_t *id);
/* Remove a key; @value: what a lookup would have given, may be NULL. */
int hash_remove(struct kern_map *map, const void *key, void *value);

#endif
