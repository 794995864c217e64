/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Longest prefix match (kernel Documentation map_lpm_trie.rst): a binary trie in which a node stands
 * for a prefix and each child for a longer one. Where two prefixes part and neither is in the map
 * stands an intermediate node, which has no value and always two children.
 *
 * In shared memory: struct trie_head, nodes. Every change is one store of a link or of a node's
 * intermediate mark. Readers take no lock; a node is used again only after the count of reuses has
 * been raised, and who sees it change starts again.
 */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "kill_point.h"
#include "lock.h"
#include "map_private.h"

#define TRIE_FLAGS (BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | \
		    BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define PREFIX_SIZE 4u		/* struct bpf_lpm_trie_key_u8.prefixlen */
#define DATA_MAX    256u
#define DEPTH_MAX   (DATA_MAX * 8 + 1)
/* Largest allocation of the kernel, less the largest key and the head of a node. */
#define VALUE_MAX   ((4u << 20) - 280u)
/* Address space for the nodes: more of them than that would not fit into memory. */
#define FILE_MAX    (1ull << 38)
/* Nodes given back rest while that many others have been given back later: a program may still read
 * the value. */
#define RESTING	    16u

struct trie_head {
	struct shm_lock lock;		/* all writers */
	_Atomic uint32_t root;		/* node numbers from 1; 0: none */
	_Atomic uint32_t reuses;
	_Atomic uint32_t count;		/* prefixes in the map */
	uint32_t used;			/* nodes ever taken */
	uint32_t allocated;		/* nodes with memory; the file is sparse above */
	uint32_t free_first, free_last, free_cnt;	/* nodes given back, oldest first */
};

struct node {
	_Atomic uint32_t child[2];
	_Atomic uint32_t intermediate;
	uint32_t prefixlen;
	uint32_t next_free, pad;
	/* data, padded to 8; value */
	unsigned char data[];
};

/* A key as callers give it. */
struct prefix {
	uint32_t len;
	const unsigned char *data;
};

static struct trie_head *head_of(const struct kern_map *map)
{
	return (struct trie_head *)map->inner;
}

static uint32_t data_size(const struct kern_map *map)
{
	return map->key_size - PREFIX_SIZE;
}

static size_t node_size(uint32_t key_size, uint32_t value_size)
{
	return sizeof(struct node) + round_up64(key_size - PREFIX_SIZE, 8) +
	       round_up64(value_size, 8);
}

/* Each prefix may need an intermediate node, and a replaced one a node beside it. */
static uint32_t capacity(uint32_t key_size, uint32_t value_size, uint32_t max_entries)
{
	uint64_t fit = FILE_MAX / node_size(key_size, value_size);

	return MIN(MIN(2ull * max_entries + RESTING + 2, fit), UINT32_MAX - 1);
}

static struct node *node_at(const struct kern_map *map, uint32_t number)
{
	return (struct node *)(map->inner + STORE_PAGE +
			       (number - 1) * node_size(map->key_size, map->value_size));
}

static void *value_of(const struct kern_map *map, struct node *node)
{
	return node->data + round_up64(data_size(map), 8);
}

static struct prefix prefix_of(const void *key)
{
	struct prefix prefix = { .data = (const unsigned char *)key + PREFIX_SIZE };

	memcpy(&prefix.len, key, sizeof(prefix.len));
	return prefix;
}

static bool fits(const struct kern_map *map, struct prefix prefix)
{
	return prefix.len <= data_size(map) * 8;
}

static int bit_of(const unsigned char *data, uint32_t bit)
{
	return data[bit / 8] >> (7 - bit % 8) & 1;
}

/* Leading bits that a node's prefix and another one have in common. */
static uint32_t common_bits(const struct node *node, struct prefix prefix)
{
	uint32_t limit = MIN(node->prefixlen, prefix.len), bits = 0;

	while (bits < limit && node->data[bits / 8] == prefix.data[bits / 8])
		bits += 8;
	if (bits < limit)
		bits += __builtin_clz(node->data[bits / 8] ^ prefix.data[bits / 8]) - 24;
	return MIN(bits, limit);
}

/* ---- creation ---- */

static int trie_check(const union bpf_attr *attr)
{
	if (!attr->max_entries || !(attr->map_flags & BPF_F_NO_PREALLOC) ||
	    attr->map_flags & ~TRIE_FLAGS || !map_access_flags_ok(attr->map_flags))
		return -EINVAL;
	if (attr->key_size <= PREFIX_SIZE || attr->key_size > PREFIX_SIZE + DATA_MAX ||
	    !attr->value_size || attr->value_size > VALUE_MAX)
		return -EINVAL;
	return 0;
}

static int trie_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	_Static_assert(sizeof(struct trie_head) <= STORE_PAGE, "nodes begin on the next page");
	layout->inner = STORE_PAGE + node_size(attr->key_size, attr->value_size) *
					     capacity(attr->key_size, attr->value_size,
						      attr->max_entries);
	layout->allocate = STORE_PAGE;
	return 0;
}

static int trie_init(struct kern_map *map)
{
	shm_lock_init(&head_of(map)->lock);
	return 0;
}

static int trie_check_btf(const struct kern_btf *btf, const union bpf_attr *attr)
{
	const struct btf_type *key = kern_btf_type(btf, attr->btf_key_type_id);

	return key && attr->btf_key_type_id && btf_kind(key) == BTF_KIND_STRUCT ? 0 : -EINVAL;
}

/* ---- reading ---- */

static uint32_t reuses(const struct kern_map *map)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&head_of(map)->reuses, memory_order_acquire);
}

static uint32_t follow(const _Atomic uint32_t *link)
{
	return atomic_load_explicit(link, memory_order_acquire);
}

/* Node of the longest prefix of that one; right only if reuses() stayed the same meanwhile. Prefixes
 * grow on the way, so that it ends even if nodes are used again. */
static struct node *find_longest(const struct kern_map *map, struct prefix prefix)
{
	uint32_t at = follow(&head_of(map)->root), len = 0;
	struct node *node, *found = NULL;

	while (at) {
		node = node_at(map, at);
		if (node->prefixlen < len || common_bits(node, prefix) != node->prefixlen)
			break;
		len = node->prefixlen + 1;
		if (!node->intermediate)
			found = node;
		if (len > data_size(map) * 8)
			break;
		at = follow(&node->child[bit_of(prefix.data, len - 1)]);
	}
	return found;
}

static void *trie_lookup(struct kern_map *map, const void *key, uint32_t cpu)
{
	struct prefix prefix = prefix_of(key);
	struct node *node;
	uint32_t before;

	if (!fits(map, prefix))
		return NULL;
	do {
		before = reuses(map);
		node = find_longest(map, prefix);
	} while (reuses(map) != before);
	return node ? value_of(map, node) : NULL;
}

static int trie_cmd_lookup(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	uint32_t before;
	void *found;

	do {
		before = reuses(map);
		found = trie_lookup(map, key, 0);
		if (found)
			map_value_out(map, value, found);
	} while (reuses(map) != before);
	return found ? 0 : -ENOENT;
}

/* ---- walking: longer prefixes before shorter ones, zeros before ones ---- */

struct path {
	uint32_t depth, node[DEPTH_MAX];
};

/* Path to the node of that very prefix; false: it is not in the map. */
static bool find_path(const struct kern_map *map, struct prefix prefix, struct path *path)
{
	uint32_t at = follow(&head_of(map)->root), len = 0;
	struct node *node;

	path->depth = 0;
	while (at && path->depth < DEPTH_MAX) {
		node = node_at(map, at);
		if (node->prefixlen < len || common_bits(node, prefix) != node->prefixlen)
			return false;
		path->node[path->depth++] = at;
		if (node->prefixlen == prefix.len)
			return !node->intermediate;
		len = node->prefixlen + 1;
		at = follow(&node->child[bit_of(prefix.data, node->prefixlen)]);
	}
	return false;
}

/* First node of the walk below and including @at. */
static uint32_t first_below(const struct kern_map *map, uint32_t at)
{
	for (uint32_t depth = 0; at && depth < DEPTH_MAX; depth++) {
		const struct node *node = node_at(map, at);
		uint32_t down = follow(&node->child[0]);

		down = down ? down : follow(&node->child[1]);
		if (!down)
			break;
		at = down;
	}
	return at;
}

/* Node after the last one of the path; 0: none. */
static uint32_t node_after(const struct kern_map *map, const struct path *path)
{
	for (uint32_t depth = path->depth - 1; depth; depth--) {
		const struct node *parent = node_at(map, path->node[depth - 1]);
		uint32_t sibling = follow(&parent->child[1]);

		if (sibling && sibling != path->node[depth])
			return first_below(map, sibling);
		if (!parent->intermediate)
			return path->node[depth - 1];
	}
	return 0;
}

static int trie_next_key(struct kern_map *map, const void *key, void *next)
{
	struct path path;
	struct node *node;
	uint32_t before, at;

	do {
		before = reuses(map);
		if (key && fits(map, prefix_of(key)) && find_path(map, prefix_of(key), &path))
			at = node_after(map, &path);
		else			/* unknown keys start again */
			at = first_below(map, follow(&head_of(map)->root));
		if (at) {
			node = node_at(map, at);
			memcpy(next, &node->prefixlen, PREFIX_SIZE);
			memcpy((char *)next + PREFIX_SIZE, node->data, data_size(map));
		}
	} while (reuses(map) != before);
	return at ? 0 : -ENOENT;
}

/* ---- nodes, under the lock ---- */

static void add_free(struct kern_map *map, uint32_t number)
{
	struct trie_head *head = head_of(map);

	node_at(map, number)->next_free = 0;
	if (head->free_first)
		node_at(map, head->free_last)->next_free = number;
	else
		head->free_first = number;
	head->free_last = number;
	head->free_cnt++;
}

static void mark_seen(uint8_t *seen, uint32_t number)
{
	seen[number / 8] |= 1u << number % 8;
}

/* Mark what the trie holds. Return: how many prefixes. */
static uint32_t mark_trie(struct kern_map *map, uint8_t *seen)
{
	uint32_t count = 0;
	struct path todo = { .depth = 0 };

	if (head_of(map)->root)
		todo.node[todo.depth++] = head_of(map)->root;
	while (todo.depth) {
		uint32_t number = todo.node[--todo.depth];
		struct node *node = node_at(map, number);

		mark_seen(seen, number);
		count += !node->intermediate;
		for (int i = 0; i < 2; i++)
			if (node->child[i])
				todo.node[todo.depth++] = node->child[i];
	}
	return count;
}

/* After a writer's death: what the trie does not hold is free. */
static int repair(struct kern_map *map)
{
	struct trie_head *head = head_of(map);
	uint8_t *seen = calloc(head->used / 8 + 1, 1);

	if (!seen)
		return -ENOMEM;
	head->count = mark_trie(map, seen);
	head->free_first = head->free_last = head->free_cnt = 0;
	for (uint32_t number = 1; number <= head->used; number++)
		if (!(seen[number / 8] & 1u << number % 8))
			add_free(map, number);
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

/* Memory for the next nodes: about 64 KiB at a time. */
static int grow(struct kern_map *map, uint32_t limit)
{
	struct trie_head *head = head_of(map);
	size_t size = node_size(map->key_size, map->value_size);
	uint32_t more = MIN(MAX(1, 65536 / size), limit - head->allocated);
	size_t from = map->inner - map->obj->mem + STORE_PAGE + head->allocated * size;
	int err = store_allocate(map->obj, from, more * size);

	if (!err)
		head->allocated += more;
	return err;
}

static uint32_t take_free(struct kern_map *map)
{
	struct trie_head *head = head_of(map);
	uint32_t number = head->free_first;

	head->free_first = node_at(map, number)->next_free;
	head->free_cnt--;
	atomic_fetch_add(&head->reuses, 1);
	atomic_thread_fence(memory_order_seq_cst);	/* before it is written */
	kill_point("lpm_trie.reused");
	return number;
}

static int take_node(struct kern_map *map, uint32_t *number)
{
	uint32_t limit = capacity(map->key_size, map->value_size, map->max_entries);
	struct trie_head *head = head_of(map);
	int err = 0;

	if (head->free_cnt > RESTING || (head->free_cnt && head->used == limit)) {
		*number = take_free(map);
		return 0;
	}
	if (head->used == limit)
		return -ENOMEM;
	if (head->used == head->allocated)
		err = grow(map, limit);
	if (!err)
		*number = ++head->used;
	return err;
}

static int new_node(struct kern_map *map, uint32_t prefixlen, const unsigned char *data,
		    uint32_t *number)
{
	int err = take_node(map, number);
	struct node *node;

	if (err)
		return err;
	node = node_at(map, *number);
	node->child[0] = node->child[1] = 0;
	node->intermediate = 0;
	node->prefixlen = prefixlen;
	memcpy(node->data, data, data_size(map));
	kill_point("lpm_trie.taken");
	return 0;
}

static void set_link(_Atomic uint32_t *link, uint32_t number)
{
	atomic_store_explicit(link, number, memory_order_release);
	kill_point("lpm_trie.linked");
}

/* ---- writing, under the lock ---- */

/* Where a prefix is or belongs, and the links above. */
struct place {
	_Atomic uint32_t *link, *parent_link;
	struct node *node, *parent;	/* node: what the link leads to; NULL: nothing */
	uint32_t common;		/* bits the node has in common with the prefix */
};

static struct place find_place(struct kern_map *map, struct prefix prefix)
{
	struct place place = { .link = &head_of(map)->root };

	while (*place.link) {
		place.node = node_at(map, *place.link);
		place.common = common_bits(place.node, prefix);
		if (place.common != place.node->prefixlen || place.common == prefix.len)
			break;
		place.parent = place.node;
		place.parent_link = place.link;
		place.link = &place.node->child[bit_of(prefix.data, place.common)];
		place.node = NULL;
	}
	return place;
}

static bool is_at(const struct place *place, struct prefix prefix)
{
	return place->node && place->node->prefixlen == prefix.len && place->common == prefix.len;
}

/* Put a node above the place's: of a shorter prefix, or an intermediate one beside it. */
static int link_above(struct kern_map *map, struct place *place, struct prefix prefix,
		      uint32_t number)
{
	int bit = bit_of(place->node->data, place->common), err;
	uint32_t between;

	if (place->common == prefix.len) {
		node_at(map, number)->child[bit] = *place->link;
		set_link(place->link, number);
		return 0;
	}
	err = new_node(map, place->common, prefix.data, &between);
	if (err)
		return err;
	node_at(map, between)->intermediate = 1;
	node_at(map, between)->child[bit] = *place->link;
	node_at(map, between)->child[!bit] = number;
	set_link(place->link, between);
	return 0;
}

static void replace_node(struct kern_map *map, struct place *place, uint32_t number)
{
	struct node *node = node_at(map, number);
	uint32_t old = *place->link;

	node->child[0] = place->node->child[0];
	node->child[1] = place->node->child[1];
	set_link(place->link, number);
	add_free(map, old);
}

static int update_locked(struct kern_map *map, struct prefix prefix, const void *value,
			 uint64_t flags)
{
	struct place place = find_place(map, prefix);
	bool at = is_at(&place, prefix), old = at && !place.node->intermediate;
	uint32_t number;
	int err;

	if (old && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!old && flags == BPF_EXIST)
		return -ENOENT;
	if (!old && head_of(map)->count >= map->max_entries)
		return -ENOSPC;
	err = new_node(map, prefix.len, prefix.data, &number);
	if (err)
		return err;
	map_value_in(map, value_of(map, node_at(map, number)), value);
	if (at)
		replace_node(map, &place, number);
	else if (!place.node)
		set_link(place.link, number);
	else
		err = link_above(map, &place, prefix, number);
	if (err)
		add_free(map, number);
	else if (!old)
		head_of(map)->count++;
	kill_point("lpm_trie.updated");
	return err;
}

static int trie_update(struct kern_map *map, const void *key, const void *value, uint64_t flags,
		       uint32_t cpu)
{
	int err;

	if (flags > BPF_EXIST || !fits(map, prefix_of(key)))
		return -EINVAL;
	err = lock_map(map);
	if (err)
		return err;
	err = update_locked(map, prefix_of(key), value, flags);
	shm_unlock(&head_of(map)->lock);
	return err;
}

static int trie_cmd_update(struct kern_map *map, const void *key, const void *value,
			   uint64_t flags)
{
	return trie_update(map, key, value, flags, 0);
}

/* A leaf below an intermediate node takes that with it: its sibling moves up. */
static void unlink_leaf(struct kern_map *map, struct place *place)
{
	uint32_t number = *place->link, parent = *place->parent_link;
	bool is_one = place->link == &place->parent->child[1];

	set_link(place->parent_link, place->parent->child[!is_one]);
	add_free(map, parent);
	kill_point("lpm_trie.unlinked");
	add_free(map, number);
}

static int delete_locked(struct kern_map *map, struct prefix prefix)
{
	struct place place = find_place(map, prefix);
	uint32_t number, one, zero;

	if (!is_at(&place, prefix) || place.node->intermediate)
		return -ENOENT;
	number = *place.link;
	zero = place.node->child[0];
	one = place.node->child[1];
	if (zero && one) {
		place.node->intermediate = 1;
	} else if (!zero && !one && place.parent && place.parent->intermediate) {
		unlink_leaf(map, &place);
	} else {
		set_link(place.link, zero ? zero : one);
		add_free(map, number);
	}
	kill_point("lpm_trie.deleted");
	head_of(map)->count--;
	return 0;
}

static int trie_delete(struct kern_map *map, const void *key)
{
	int err;

	if (!fits(map, prefix_of(key)))
		return -EINVAL;
	err = lock_map(map);
	if (err)
		return err;
	err = delete_locked(map, prefix_of(key));
	shm_unlock(&head_of(map)->lock);
	return err;
}

/* What Linux charges (measured on 6.18): prefixes that are in the map, with a head of 24. */
static uint64_t trie_memlock(const struct kern_map *map)
{
	return head_of(map)->count * (24ull + data_size(map) + map->value_size);
}

const struct map_ops lpm_trie_map_ops = {
	.name		= "lpm_trie",
	.check		= trie_check,
	.layout		= trie_layout,
	.init		= trie_init,
	.lookup		= trie_lookup,
	.update		= trie_update,
	.delete		= trie_delete,
	.cmd_lookup	= trie_cmd_lookup,
	.cmd_update	= trie_cmd_update,
	.cmd_delete	= trie_delete,
	.next_key	= trie_next_key,
	.memlock	= trie_memlock,
	.check_btf	= trie_check_btf,
	.flags		= MAP_OPS_BATCH | MAP_OPS_BATCH_DELETE | MAP_OPS_CAP_BPF,
};
