/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Objects in use for slots that hold their ids; see object_cache.h. */
#include <stdlib.h>

#include "err.h"
#include "object_cache.h"

int object_cache_open(struct object_cache *cache, uint32_t slot_cnt)
{
	*cache = (struct object_cache){ .slot_cnt = slot_cnt };
	cache->slots = calloc(slot_cnt, sizeof(*cache->slots));
	if (!cache->slots)
		return -ENOMEM;
	pthread_mutex_init(&cache->lock, NULL);
	return 0;
}

void object_cache_close(struct object_cache *cache)
{
	for (uint32_t i = 0; i < cache->slot_cnt; i++)
		if (cache->slots[i])
			store_put(cache->slots[i]);
	for (uint32_t i = 0; i < cache->replaced_cnt; i++)
		store_put(cache->replaced[i]);
	free(cache->replaced);
	free(cache->slots);
}

static void retire(struct object_cache *cache, struct store_obj *obj)
{
	struct store_obj **grown;

	pthread_mutex_lock(&cache->lock);
	grown = realloc(cache->replaced, (cache->replaced_cnt + 1) * sizeof(*grown));
	if (grown) {
		cache->replaced = grown;
		grown[cache->replaced_cnt++] = obj;
	}	/* else it stays in use for good */
	pthread_mutex_unlock(&cache->lock);
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
