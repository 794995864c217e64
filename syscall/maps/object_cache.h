/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Objects this process has in use because slots of a map name their ids. Replaced ones stay in use
 * until the map's view goes: a program may still be running in them, and readers take no lock.
 */
#ifndef SYSCALL_MAPS_OBJECT_CACHE_H
#define SYSCALL_MAPS_OBJECT_CACHE_H

#include <stdatomic.h>
#include <stdint.h>

#include "store.h"

struct object_cache {
	struct store_obj *_Atomic *slots;
	uint32_t slot_cnt;
	struct replaced_object *_Atomic replaced;
};

int object_cache_open(struct object_cache *cache, uint32_t slot_cnt);
void object_cache_close(struct object_cache *cache);

/**
 * object_cache_get() - the object that slot @slot names
 * @id: what the slot holds
 *
 * Return: the object, in use as long as the cache is; NULL: it is gone.
 */
struct store_obj *object_cache_get(struct object_cache *cache, uint32_t slot, enum store_kind kind,
				   uint32_t id);

#endif
