/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Objects in use for slots that hold their ids; see object_cache.h. */
#include <stdlib.h>

#include "err.h"
#include "object_cache.h"

struct replaced_object {
	struct replaced_object *next;
	struct store_obj *obj;
};

int object_cache_open(struct object_cache *cache, uint32_t slot_cnt)
{
	*cache = (struct object_cache){ .slot_cnt = slot_cnt };
	cache->slots = calloc(slot_cnt, sizeof(*cache->slots));
	if (!cache->slots)
		return -ENOMEM;
	return 0;
}

void object_cache_close(struct object_cache *cache)
{
	struct replaced_object *replaced = atomic_load(&cache->replaced), *next;

	for (uint32_t i = 0; i < cache->slot_cnt; i++)
		if (cache->slots[i])
			store_put(cache->slots[i]);
	for (; replaced; replaced = next) {
		next = replaced->next;
		store_put(replaced->obj);
		free(replaced);
	}
	free(cache->slots);
}

/* Without a lock, which a child could find taken by a thread that it has not. */
static void retire(struct object_cache *cache, struct store_obj *obj)
{
	struct replaced_object *replaced = malloc(sizeof(*replaced));

	if (!replaced)
		return;		/* it stays in use for good */
	*replaced = (struct replaced_object){ atomic_load(&cache->replaced), obj };
	while (!atomic_compare_exchange_weak(&cache->replaced, &replaced->next, replaced))
		;
}

struct store_obj *object_cache_get(struct object_cache *cache, uint32_t slot, enum store_kind kind,
				   uint32_t id)
{
	struct store_obj *known = atomic_load_explicit(&cache->slots[slot], memory_order_acquire);
	struct store_obj *obj;

	if (known && known->id == id)
		return known;
	if (store_get(kind, id, &obj))
		return NULL;
	known = atomic_exchange(&cache->slots[slot], obj);
	if (known)
		retire(cache, known);
	return obj;
}
