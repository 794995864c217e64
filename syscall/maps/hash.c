/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Hash: buckets of linked elements (kernel Documentation map_hash.rst). Readers take no lock. A
 * new value of an existing key is a new element in front of the chain, and then the old one goes: as
 * on Linux, which makes the order of walks. Readers find the first, so they see one value or the
 * other; who repairs after a writer killed in between removes the second.
 *
 * In shared memory: struct hash_head, bucket heads, elements. Links are element numbers from 1; a
 * chain ends in END_MARK | bucket, so that a reader who was carried into another chain by a reused
 * element notices and starts again. A deleted element keeps its link until it is reused: a walk that
 * stands on it goes on.
 *
 * A per-CPU hash has the values of all CPUs in the element and writes them in place.
 *
 * An LRU hash that is full gives up an element for a new key: the hand goes round the elements, in
 * the order in which they were filled, passes over those that programs have used since it came by
 * last, and takes the next one.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "bits.h"
#include "err.h"
#include "hash_private.h"
#include "kill_point.h"
#include "lock.h"

#define HASH_FLAGS (BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_RDONLY | \
		    BPF_F_WRONLY | BPF_F_ZERO_SEED | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
/* Largest allocation of the kernel, less the head of an element. */
#define ELEMENT_MAX ((4u << 20) - 48u)
#define END_MARK 0x80000000u
#define FREE_END 0xffffffffu	/* end of the free list */

struct hash_head {
	struct shm_lock lock;		/* all writers */
	uint32_t buckets, seed;
	uint32_t elements;		/* that fit into the file */
	uint32_t used;			/* elements ever taken; above: untouched */
	uint32_t allocated;		/* elements with memory; the file is sparse above */
	uint32_t free;			/* list of elements given back, by next_free */
	_Atomic uint32_t count;		/* keys in the map */
	uint32_t hand;			/* LRU: element looked at last */
};

struct element {
	_Atomic uint32_t next;
	uint32_t hash;
	uint32_t next_free;
	_Atomic uint32_t recent;	/* LRU: used since the hand came by */
	/* key, padded to 8; value */
	unsigned char key[];
};

static struct hash_head *head_of(const struct kern_map *map)
{
	return (struct hash_head *)map->inner;
}

static _Atomic uint32_t *bucket_of(const struct kern_map *map, uint32_t bucket)
{
	return (_Atomic uint32_t *)(map->inner + round_up64(sizeof(struct hash_head), 64)) + bucket;
}

static bool type_is_percpu(uint32_t type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool type_is_lru(uint32_t type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Bytes of the value, or the values, in an element. */
static size_t value_room(uint32_t type, uint32_t value_size)
{
	return round_up64(value_size, 8) * (type_is_percpu(type) ? store_possible_cpus() : 1);
}

static size_t element_size(uint32_t type, uint32_t key_size, uint32_t value_size)
{
	return sizeof(struct element) + round_up64(key_size, 8) + value_room(type, value_size);
}

static size_t elements_offset(uint32_t buckets)
{
	return round_up64(round_up64(sizeof(struct hash_head), 64) + (size_t)buckets * 4,
			  STORE_PAGE);
}

static struct element *element_at(const struct kern_map *map, uint32_t number)
{
	const struct hash_view *view = map->view;

	return (struct element *)(view->elements + (size_t)(number - 1) * view->size);
}

static uint32_t number_of(const struct kern_map *map, const struct element *element)
{
	const struct hash_view *view = map->view;

	return ((const unsigned char *)element - view->elements) / view->size + 1;
}

static void *value_of(const struct kern_map *map, struct element *element)
{
	return element->key + ((const struct hash_view *)map->view)->key_pad;
}

static bool is_percpu(const struct kern_map *map)
{
	return ((const struct hash_view *)map->view)->percpu;
}

/* ---- values ---- */

#define ALL_CPUS UINT32_MAX	/* a command's value: it has all CPUs' */

static void write_slot(const struct kern_map *map, void *slot, const void *value)
{
	map_value_in(map, slot, value);
	if (!map->shared->fields.cnt)	/* padding is stored as given */
		memcpy((char *)slot + map->value_size, (const char *)value + map->value_size,
		       map->elem_size - map->value_size);
}

/* A program writes its own CPU's value; those of the others in a new element are zero. */
static void write_percpu(const struct kern_map *map, void *values, const void *value, uint32_t cpu,
			 bool is_new)
{
	if (is_new && (cpu != ALL_CPUS || map->shared->fields.cnt))
		memset(values, 0, (size_t)map->elem_size * store_possible_cpus());
	if (cpu != ALL_CPUS) {
		map_value_in(map, (char *)values + (size_t)cpu * map->elem_size, value);
		return;
	}
	for (int i = 0; i < store_possible_cpus(); i++)
		write_slot(map, (char *)values + (size_t)i * map->elem_size,
			   (const char *)value + (size_t)i * map->elem_size);
}

/* What a command gets of an element. */
static void read_value(const struct kern_map *map, void *dst, struct element *element)
{
	size_t size = map->elem_size;

	if (!is_percpu(map)) {
		map_value_out(map, dst, value_of(map, element));
		return;
	}
	for (int i = 0; i < store_possible_cpus(); i++) {
		const char *slot = (const char *)value_of(map, element) + i * size;

		map_value_out(map, (char *)dst + i * size, slot);
		memcpy((char *)dst + i * size + map->value_size, slot + map->value_size,
		       size - map->value_size);
	}
}

/* ---- creation ---- */

/* What Linux's per-CPU allocator hands out at most. */
#define PERCPU_VALUE_MAX 32768u

int hash_check(const union bpf_attr *attr)
{
	bool percpu = type_is_percpu(attr->map_type), lru = type_is_lru(attr->map_type);

	if (attr->map_flags & ~HASH_FLAGS || !map_access_flags_ok(attr->map_flags) ||
	    (!lru && attr->map_flags & BPF_F_NO_COMMON_LRU))
		return -EINVAL;
	if (lru && attr->map_flags & BPF_F_NO_PREALLOC)
		return -ENOTSUPP;
	if (percpu && attr->map_flags & BPF_F_NUMA_NODE && (int)attr->numa_node != -1)
		return -EINVAL;		/* its values are on every CPU's node */
	if (attr->map_flags & BPF_F_NO_COMMON_LRU && attr->map_flags & BPF_F_NUMA_NODE)
		return -EINVAL;		/* its lists are, too */
	if (!attr->max_entries || !attr->key_size || !attr->value_size)
		return -EINVAL;
	if ((uint64_t)attr->key_size + attr->value_size >= ELEMENT_MAX)
		return -E2BIG;
	if (percpu && round_up64(attr->value_size, 8) > PERCPU_VALUE_MAX)
		return -E2BIG;
	return 0;
}

static uint32_t bucket_count(uint32_t max_entries)
{
	return next_power_of_two(max_entries);
}

/* One spare element per CPU lets a full map still replace values. */
static uint64_t element_count(uint32_t max_entries)
{
	return (uint64_t)max_entries + store_possible_cpus();
}

/* Linux gives each CPU the same share of an LRU list that is not common to them. */
static uint32_t rounded_entries(uint32_t map_flags, uint32_t max_entries)
{
	uint64_t cpus = store_possible_cpus(), more = (max_entries + cpus - 1) / cpus * cpus;

	if (!(map_flags & BPF_F_NO_COMMON_LRU))
		return max_entries;
	return more <= UINT32_MAX ? more : max_entries / cpus * cpus;
}

int hash_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	uint32_t max = rounded_entries(attr->map_flags, attr->max_entries);
	size_t size = element_size(attr->map_type, attr->key_size, attr->value_size);

	if (max > 1u << 31 || next_power_of_two(max) > UINT32_MAX / 16)
		return -E2BIG;
	layout->inner = elements_offset(bucket_count(max)) + size * element_count(max);
	if (attr->map_flags & BPF_F_NO_PREALLOC)
		layout->allocate = elements_offset(bucket_count(max));
	return 0;
}

static uint32_t random_seed(const struct kern_map *map)
{
	uint32_t seed = 0;

	if (!(map->map_flags & BPF_F_ZERO_SEED) &&
	    getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = map->id * 0x9e3779b9u;
	return seed;
}

int hash_open(struct kern_map *map)
{
	struct hash_view *view = calloc(1, sizeof(*view));
	uint32_t buckets;

	if (!view)
		return -ENOMEM;
	/* The creator's view comes before the shared facts are rounded. */
	map->max_entries = rounded_entries(map->map_flags, map->max_entries);
	buckets = bucket_count(map->max_entries);
	view->elements = map->inner + elements_offset(buckets);
	view->size = element_size(map->type, map->key_size, map->value_size);
	view->mask = buckets - 1;
	view->key_pad = round_up64(map->key_size, 8);
	view->percpu = type_is_percpu(map->type);
	view->lru = type_is_lru(map->type);
	view->of_maps = map->type == BPF_MAP_TYPE_HASH_OF_MAPS;
	view->has_ids = view->of_maps || map->type == BPF_MAP_TYPE_DEVMAP_HASH;
	view->id_at = map->type == BPF_MAP_TYPE_DEVMAP_HASH ?
		offsetof(struct bpf_devmap_val, bpf_prog) : 0;
	view->capacity = element_count(map->max_entries);
	if (view->of_maps && object_cache_open(&view->inner, view->capacity)) {
		free(view);
		return -ENOMEM;
	}
	map->view = view;
	return 0;
}

void hash_close(struct kern_map *map)
{
	struct hash_view *view = map->view;

	if (view->of_maps)
		object_cache_close(&view->inner);
	free(view);
}

int hash_init(struct kern_map *map)
{
	struct hash_head *head = head_of(map);

	shm_lock_init(&head->lock);
	map->shared->max_entries = map->max_entries;
	head->buckets = bucket_count(map->max_entries);
	head->seed = random_seed(map);
	head->free = FREE_END;
	head->elements = element_count(map->max_entries);
	head->allocated = map->map_flags & BPF_F_NO_PREALLOC ? 0 : head->elements;
	for (uint32_t i = 0; i < head->buckets; i++)
		*bucket_of(map, i) = END_MARK | i;
	return 0;
}

/* ---- reading ---- */

static struct element *find_in(const struct kern_map *map, uint32_t bucket, uint32_t hash,
			       const void *key)
{
	uint32_t at;

restart:
	at = atomic_load_explicit(bucket_of(map, bucket), memory_order_acquire);
	while (!(at & END_MARK)) {
		struct element *element = element_at(map, at);

		if (element->hash == hash && !memcmp(element->key, key, map->key_size))
			return element;
		at = atomic_load_explicit(&element->next, memory_order_acquire);
	}
	if ((at & ~END_MARK) != bucket)
		goto restart;
	return NULL;
}

static struct element *find(const struct kern_map *map, const void *key, uint32_t *hash)
{
	*hash = jhash(key, map->key_size, head_of(map)->seed);
	return find_in(map, *hash & ((const struct hash_view *)map->view)->mask, *hash, key);
}

static void *hash_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	uint32_t hash;
	struct element *element = find(map, key, &hash);

	return element ? value_of(map, element) : NULL;
}

/* For programs: commands do not count as use. */
static void *lru_hash_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	uint32_t hash;
	struct element *element = find(map, key, &hash);

	if (!element)
		return NULL;
	if (!atomic_load_explicit(&element->recent, memory_order_relaxed))
		atomic_store_explicit(&element->recent, 1, memory_order_relaxed);
	return (char *)value_of(map, element) + (is_percpu(map) ? (size_t)cpu * map->elem_size : 0);
}

static void *percpu_hash_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	unsigned char *values = hash_lookup(map, key, cpu);

	return values ? values + (size_t)cpu * map->elem_size : NULL;
}

static int hash_cmd_lookup(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	void *found = hash_lookup(map, key, 0);

	if (!found)
		return -ENOENT;
	map_value_load(map, value, found, flags);
	return 0;
}

/* First element of buckets from @bucket on. */
static struct element *first_from(const struct kern_map *map, uint32_t bucket)
{
	for (; bucket < head_of(map)->buckets; bucket++) {
		uint32_t at = atomic_load_explicit(bucket_of(map, bucket), memory_order_acquire);

		if (!(at & END_MARK))
			return element_at(map, at);
	}
	return NULL;
}

/* Is it in that bucket, and not behind the new one of its key: as the writer that put the new one
 * there may have died, walks do not rely on the old one's going. */
static bool is_current(const struct kern_map *map, uint32_t bucket, const struct element *element)
{
	return find_in(map, bucket, element->hash, element->key) == element;
}

static struct element *next_in(const struct kern_map *map, uint32_t bucket, struct element *element)
{
	uint32_t at;

	do {
		at = atomic_load_explicit(&element->next, memory_order_acquire);
		if (at & END_MARK)
			return NULL;
		element = element_at(map, at);
	} while (!is_current(map, bucket, element));
	return element;
}

int hash_next_key(struct kern_map *map, const void *key, void *next)
{
	struct element *element = NULL;
	uint32_t hash, bucket = 0;

	if (key)
		element = find(map, key, &hash);
	if (element) {
		bucket = hash & ((const struct hash_view *)map->view)->mask;
		element = next_in(map, bucket++, element);
	}
	if (!element)			/* unknown keys start again */
		element = first_from(map, bucket);
	if (!element)
		return -ENOENT;
	memcpy(next, element->key, map->key_size);
	return 0;
}

static int percpu_hash_cmd_lookup(struct kern_map *map, const void *key, void *value,
				  uint64_t flags)
{
	uint32_t hash;
	struct element *element = find(map, key, &hash);

	if (!element)
		return -ENOENT;
	read_value(map, value, element);
	return 0;
}

static int hash_for_each(struct kern_map *map, uint32_t cpu,
			 uint64_t (*fn)(void *arg, const void *key, void *value), void *arg)
{
	size_t of_cpu = is_percpu(map) ? (size_t)cpu * map->elem_size : 0;
	int calls = 0;

	for (uint32_t bucket = 0; bucket < head_of(map)->buckets; bucket++) {
		uint32_t at = atomic_load_explicit(bucket_of(map, bucket), memory_order_acquire);
		struct element *next = at & END_MARK ? NULL : element_at(map, at);

		while (next) {
			struct element *element = next;

			next = next_in(map, bucket, element);	/* it may be deleted */
			calls++;
			if (fn(arg, element->key, (char *)value_of(map, element) + of_cpu))
				return calls;
		}
	}
	return calls;
}

/* ---- ids of objects ---- */

size_t hash_value_offset(const struct kern_map *map)
{
	return sizeof(struct element) + ((const struct hash_view *)map->view)->key_pad;
}

static _Atomic uint32_t *id_of(const struct kern_map *map, struct element *element)
{
	return (_Atomic uint32_t *)((char *)value_of(map, element) +
				    ((const struct hash_view *)map->view)->id_at);
}

uint32_t hash_find_id(struct kern_map *map, const void *key, uint32_t *number)
{
	struct element *element;
	uint32_t hash, id;

	do {
		element = find(map, key, &hash);
		if (!element)
			return 0;
		id = atomic_load(id_of(map, element));
		/* Not of the next key in a reused element. */
	} while (memcmp(element->key, key, map->key_size));
	*number = number_of(map, element) - 1;
	return id;
}

/* An element that is in no chain refers to nothing. */
static void drop_id(struct kern_map *map, uint32_t number)
{
	if (((const struct hash_view *)map->view)->has_ids)
		atomic_store(id_of(map, element_at(map, number)), 0);
}

/* ---- writing, under the lock ---- */

static bool is_linked(uint32_t *seen, uint32_t number)
{
	return seen[number / 32] & 1u << number % 32;
}

/* After a writer's death: what no chain holds is free, what chains hold is counted. */
static int repair(struct kern_map *map)
{
	struct hash_head *head = head_of(map);
	uint32_t *seen = calloc(head->used / 32 + 1, sizeof(*seen));
	uint32_t count = 0;

	if (!seen)
		return -ENOMEM;
	for (uint32_t bucket = 0; bucket < head->buckets; bucket++) {
		_Atomic uint32_t *link = bucket_of(map, bucket);

		while (!(*link & END_MARK)) {
			uint32_t at = *link;

			if (!is_current(map, bucket, element_at(map, at))) {
				atomic_store(link, element_at(map, at)->next);
				continue;
			}
			seen[at / 32] |= 1u << at % 32;
			count++;
			link = &element_at(map, at)->next;
		}
	}
	head->free = FREE_END;
	for (uint32_t number = 1; number <= head->used; number++) {
		if (is_linked(seen, number))
			continue;
		drop_id(map, number);
		element_at(map, number)->next_free = head->free;
		head->free = number;
	}
	head->count = count;
	free(seen);
	return 0;
}

static int lock_map(struct kern_map *map)
{
	int err = shm_lock(&head_of(map)->lock);

	if (err == SHM_LOCK_REPAIR) {
		err = repair(map);
		if (!err)
			shm_lock_repaired(&head_of(map)->lock);
		else
			shm_unlock(&head_of(map)->lock);
	}
	return err;
}

/* Memory for the next elements of a map that grows on demand: about 64 KiB at a time. */
static int grow(struct kern_map *map)
{
	struct hash_head *head = head_of(map);
	const struct hash_view *view = map->view;
	uint32_t step = MAX(1, 65536 / view->size);
	uint32_t more = MIN(step, head->elements - head->allocated);
	size_t from = view->elements - map->obj->mem + (size_t)head->allocated * view->size;
	int err = store_allocate(map->obj, from, (size_t)more * view->size);

	if (!err)
		head->allocated += more;
	return err;
}

static int take_element(struct kern_map *map, uint32_t *number)
{
	struct hash_head *head = head_of(map);
	int err;

	if (head->free != FREE_END) {
		*number = head->free;
		head->free = element_at(map, *number)->next_free;
		return 0;
	}
	if (head->used == head->elements)
		return -E2BIG;
	if (head->used == head->allocated) {
		err = grow(map);
		if (err)
			return err;
	}
	/* The store looks for ids in elements that were ever used. */
	if (((const struct hash_view *)map->view)->has_ids)
		map->obj->header->slot_cnt = head->used + 1;
	*number = ++head->used;
	return 0;
}

static void give_element(struct kern_map *map, uint32_t number)
{
	struct hash_head *head = head_of(map);

	drop_id(map, number);
	element_at(map, number)->next_free = head->free;
	kill_point("hash.free.linked");
	head->free = number;
}

static _Atomic uint32_t *link_to(struct kern_map *map, uint32_t bucket, uint32_t number)
{
	_Atomic uint32_t *link = bucket_of(map, bucket);

	while (*link != number)
		link = &element_at(map, *link)->next;
	return link;
}

static void unlink_element(struct kern_map *map, uint32_t bucket, uint32_t number)
{
	atomic_store_explicit(link_to(map, bucket, number), element_at(map, number)->next,
			      memory_order_release);
}

static void fill_element(struct kern_map *map, struct element *element, uint32_t hash,
			 const void *key, const void *value, struct element *old, uint32_t cpu)
{
	element->hash = hash;
	memcpy(element->key, key, map->key_size);
	if (is_percpu(map)) {
		write_percpu(map, value_of(map, element), value, cpu, true);
		return;
	}
	if (map->shared->fields.cnt) {	/* special fields stay as they were, or start as zero */
		if (old)
			memcpy(value_of(map, element), value_of(map, old), map->value_size);
		else
			memset(value_of(map, element), 0, map->value_size);
	}
	map_value_in(map, value_of(map, element), value);
}

/* Room for a new key in a full map. */
static void evict(struct kern_map *map)
{
	struct hash_head *head = head_of(map);
	struct element *element;
	uint32_t bucket;

	for (;;) {
		head->hand = head->hand < head->used ? head->hand + 1 : 1;
		element = element_at(map, head->hand);
		bucket = element->hash & ((const struct hash_view *)map->view)->mask;
		if (!is_current(map, bucket, element))
			continue;		/* a free one */
		if (!atomic_exchange(&element->recent, 0))
			break;
	}
	unlink_element(map, bucket, head->hand);
	kill_point("hash.evict.unlinked");
	head->count--;
	give_element(map, head->hand);
}

static int check_exists(const struct element *old, uint64_t flags)
{
	if (old && (flags & ~BPF_F_LOCK) == BPF_NOEXIST)
		return -EEXIST;
	return !old && (flags & ~BPF_F_LOCK) == BPF_EXIST ? -ENOENT : 0;
}

static int update_locked(struct kern_map *map, const void *key, const void *value, uint64_t flags,
			 uint32_t cpu)
{
	struct hash_head *head = head_of(map);
	struct element *old, *element;
	uint32_t hash, bucket, number;
	int err;

	old = find(map, key, &hash);
	bucket = hash & ((struct hash_view *)map->view)->mask;
	err = check_exists(old, flags);
	if (err)
		return err;
	if (old && flags & BPF_F_LOCK) {	/* in place: who holds the lock goes on with it */
		map_value_store(map, value_of(map, old), value, flags);
		return 0;
	}
	if (old && is_percpu(map)) {
		old->recent = 1;
		write_percpu(map, value_of(map, old), value, cpu, false);
		return 0;
	}
	if (!old && head->count >= map->max_entries) {
		if (!((const struct hash_view *)map->view)->lru)
			return -E2BIG;
		evict(map);
	}
	err = take_element(map, &number);
	if (err)
		return err;
	kill_point("hash.update.taken");
	element = element_at(map, number);
	element->recent = old != NULL;
	fill_element(map, element, hash, key, value, old, cpu);
	kill_point("hash.update.filled");
	/* One store puts it there. */
	element->next = *bucket_of(map, bucket);
	atomic_store_explicit(bucket_of(map, bucket), number, memory_order_release);
	kill_point("hash.update.linked");
	if (old) {
		unlink_element(map, bucket, number_of(map, old));
		kill_point("hash.update.unlinked");
		give_element(map, number_of(map, old));
	} else {
		head->count++;
	}
	kill_point("hash.update.done");
	return 0;
}

static int hash_update(struct kern_map *map, const void *key, const void *value, uint64_t flags,
		       uint32_t cpu)
{
	int err;

	if ((flags & ~BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	err = map_flags_error(map, flags);
	err = err ? err : lock_map(map);
	if (err)
		return err;
	err = update_locked(map, key, value, flags, cpu);
	shm_unlock(&head_of(map)->lock);
	return err;
}

static int percpu_hash_update(struct kern_map *map, const void *key, const void *value,
			      uint64_t flags, uint32_t cpu)
{
	return flags > BPF_EXIST ? -EINVAL : hash_update(map, key, value, flags, cpu);
}

static int lru_hash_update(struct kern_map *map, const void *key, const void *value,
			   uint64_t flags, uint32_t cpu)
{
	return flags > BPF_EXIST ? -EINVAL : hash_update(map, key, value, flags, cpu);
}

static int lru_hash_cmd_update(struct kern_map *map, const void *key, const void *value,
			       uint64_t flags)
{
	return lru_hash_update(map, key, value, flags, 0);
}

static int percpu_hash_cmd_update(struct kern_map *map, const void *key, const void *value,
				  uint64_t flags)
{
	return percpu_hash_update(map, key, value, flags, ALL_CPUS);
}

static int hash_cmd_update(struct kern_map *map, const void *key, const void *value,
			   uint64_t flags)
{
	return hash_update(map, key, value, flags, 0);
}

static int exchange_locked(struct kern_map *map, const void *key, uint32_t *id, uint64_t flags)
{
	uint32_t hash, given = *id;
	struct element *old = find(map, key, &hash);
	int err = check_exists(old, flags);

	if (err)
		return err;
	*id = old ? atomic_exchange(id_of(map, old), given) : 0;
	return old ? 0 : update_locked(map, key, &given, flags, ALL_CPUS);
}

int hash_exchange_id(struct kern_map *map, const void *key, uint32_t *id, uint64_t flags)
{
	int err = flags > BPF_EXIST ? -EINVAL : lock_map(map);

	if (err)
		return err;
	err = exchange_locked(map, key, id, flags);
	shm_unlock(&head_of(map)->lock);
	return err;
}

int hash_replace(struct kern_map *map, const void *key, const void *value, uint64_t flags,
		 uint32_t *id)
{
	int err = flags > BPF_EXIST ? -EINVAL : lock_map(map);
	struct element *old;
	uint32_t hash;

	if (err)
		return err;
	old = find(map, key, &hash);
	*id = old ? atomic_load(id_of(map, old)) : 0;
	err = update_locked(map, key, value, flags, ALL_CPUS);
	shm_unlock(&head_of(map)->lock);
	return err;
}

static int delete_locked(struct kern_map *map, const void *key, void *value)
{
	struct element *element;
	uint32_t hash, number;

	element = find(map, key, &hash);
	if (!element)
		return -ENOENT;
	if (value)
		read_value(map, value, element);
	number = number_of(map, element);
	unlink_element(map, hash & ((struct hash_view *)map->view)->mask, number);
	kill_point("hash.delete.unlinked");
	head_of(map)->count--;
	give_element(map, number);
	kill_point("hash.delete.done");
	return 0;
}

int hash_remove(struct kern_map *map, const void *key, void *value)
{
	int err = lock_map(map);

	if (err)
		return err;
	err = delete_locked(map, key, value);
	shm_unlock(&head_of(map)->lock);
	return err;
}

static int hash_delete(struct kern_map *map, const void *key)
{
	return hash_remove(map, key, NULL);
}

static int hash_cmd_lookup_and_delete(struct kern_map *map, const void *key, void *value,
				      uint64_t flags)
{
	return hash_remove(map, key, value);
}

/* ---- batches: a bucket at a time ---- */

static int hash_bucket_size(struct kern_map *map, uint32_t bucket)
{
	uint32_t at = bucket < head_of(map)->buckets ? *bucket_of(map, bucket) : END_MARK;
	int size = 0;

	for (; !(at & END_MARK); at = element_at(map, at)->next)
		size++;
	return bucket < head_of(map)->buckets ? size : -ENOENT;
}

/* Copies a whole bucket under the lock; see map_ops.bucket_read. */
int hash_bucket_read(struct kern_map *map, uint32_t bucket, uint32_t room, void *keys, void *values,
		     bool remove)
{
	size_t value_size = map_user_value_size(map);
	int size, cnt = 0, err;
	uint32_t at;

	err = lock_map(map);
	if (err)
		return err;
	size = hash_bucket_size(map, bucket);
	if (size < 0 || size > (int)room) {
		shm_unlock(&head_of(map)->lock);
		return size < 0 ? size : -ENOSPC;
	}
	at = size ? *bucket_of(map, bucket) : END_MARK;
	while (!(at & END_MARK)) {
		struct element *element = element_at(map, at);

		at = element->next;
		memcpy((char *)keys + (size_t)cnt * map->key_size, element->key, map->key_size);
		read_value(map, (char *)values + cnt * value_size, element);
		cnt++;
		if (remove)
			delete_locked(map, element->key, NULL);
	}
	shm_unlock(&head_of(map)->lock);
	return cnt;
}

/* What Linux charges (measured on 6.18): its struct 896, a bucket 16, the head of an element 48, a
 * pointer to each element that is not preallocated 8; a preallocated map has a pointer per
 * CPU, to a spare element where a new value is a new element. Values per CPU are allocations of their own. */
uint64_t hash_memlock(const struct kern_map *map)
{
	const struct hash_head *head = head_of(map);
	uint64_t cpus = store_possible_cpus(), elements = map->max_entries;
	uint64_t element = 48 + round_up64(map->key_size, 8), all = 896 + (uint64_t)head->buckets * 16;

	element += is_percpu(map) ? 8 + map->elem_size * cpus : map->elem_size;
	if (map->map_flags & BPF_F_NO_PREALLOC) {
		elements = head->count;
		element += is_percpu(map) ? 24 : 8;
	} else if (!is_percpu(map) && !type_is_lru(map->type)) {
		all += 8 * cpus;
		if (map->type == BPF_MAP_TYPE_HASH)
			elements += cpus;
	}
	return all + elements * element;
}

const struct map_ops hash_map_ops = {
	.name			= "hash",
	.check			= hash_check,
	.layout			= hash_layout,
	.init			= hash_init,
	.open			= hash_open,
	.close			= hash_close,
	.lookup			= hash_lookup,
	.update			= hash_update,
	.delete			= hash_delete,
	.for_each		= hash_for_each,
	.cmd_lookup		= hash_cmd_lookup,
	.cmd_update		= hash_cmd_update,
	.cmd_delete		= hash_delete,
	.cmd_lookup_and_delete	= hash_cmd_lookup_and_delete,
	.next_key		= hash_next_key,
	.bucket_read		= hash_bucket_read,
	.memlock		= hash_memlock,
	.field_kinds		= BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK | BTF_FIELD_TIMER |
				  BTF_FIELD_WORKQUEUE | BTF_FIELD_TASK_WORK | BTF_FIELD_KPTR_UNREF |
				  BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU | BTF_FIELD_LIST_HEAD |
				  BTF_FIELD_RB_ROOT | BTF_FIELD_REFCOUNT,
	.flags			= MAP_OPS_BATCH | MAP_OPS_BATCH_DELETE,
};

const struct map_ops percpu_hash_map_ops = {
	.name			= "percpu_hash",
	.check			= hash_check,
	.layout			= hash_layout,
	.init			= hash_init,
	.open			= hash_open,
	.close			= hash_close,
	.lookup			= percpu_hash_lookup,
	.update			= percpu_hash_update,
	.delete			= hash_delete,
	.for_each		= hash_for_each,
	.cmd_lookup		= percpu_hash_cmd_lookup,
	.cmd_update		= percpu_hash_cmd_update,
	.cmd_delete		= hash_delete,
	.cmd_lookup_and_delete	= hash_cmd_lookup_and_delete,
	.next_key		= hash_next_key,
	.bucket_read		= hash_bucket_read,
	.memlock		= hash_memlock,
	.field_kinds		= BTF_FIELD_KPTR_UNREF | BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU |
				  BTF_FIELD_REFCOUNT,
	.flags			= MAP_OPS_PERCPU | MAP_OPS_BATCH | MAP_OPS_BATCH_DELETE,
};

const struct map_ops lru_hash_map_ops = {
	.name			= "lru_hash",
	.check			= hash_check,
	.layout			= hash_layout,
	.init			= hash_init,
	.open			= hash_open,
	.close			= hash_close,
	.lookup			= lru_hash_lookup,
	.update			= lru_hash_update,
	.delete			= hash_delete,
	.for_each		= hash_for_each,
	.cmd_lookup		= hash_cmd_lookup,
	.cmd_update		= lru_hash_cmd_update,
	.cmd_delete		= hash_delete,
	.cmd_lookup_and_delete	= hash_cmd_lookup_and_delete,
	.next_key		= hash_next_key,
	.bucket_read		= hash_bucket_read,
	.memlock		= hash_memlock,
	.field_kinds		= BTF_FIELD_TIMER | BTF_FIELD_WORKQUEUE | BTF_FIELD_TASK_WORK |
				  BTF_FIELD_KPTR_UNREF | BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU |
				  BTF_FIELD_LIST_HEAD | BTF_FIELD_RB_ROOT | BTF_FIELD_REFCOUNT,
	.flags			= MAP_OPS_BATCH | MAP_OPS_BATCH_DELETE | MAP_OPS_CAP_BPF,
};

const struct map_ops lru_percpu_hash_map_ops = {
	.name			= "lru_percpu_hash",
	.check			= hash_check,
	.layout			= hash_layout,
	.init			= hash_init,
	.open			= hash_open,
	.close			= hash_close,
	.lookup			= lru_hash_lookup,
	.update			= percpu_hash_update,
	.delete			= hash_delete,
	.for_each		= hash_for_each,
	.cmd_lookup		= percpu_hash_cmd_lookup,
	.cmd_update		= percpu_hash_cmd_update,
	.cmd_delete		= hash_delete,
	.cmd_lookup_and_delete	= hash_cmd_lookup_and_delete,
	.next_key		= hash_next_key,
	.bucket_read		= hash_bucket_read,
	.memlock		= hash_memlock,
	.field_kinds		= BTF_FIELD_KPTR_UNREF | BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU |
				  BTF_FIELD_REFCOUNT,
	.flags			= MAP_OPS_PERCPU | MAP_OPS_BATCH | MAP_OPS_BATCH_DELETE |
				  MAP_OPS_CAP_BPF,
};
