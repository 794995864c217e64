/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Bloom filter (kernel Documentation map_bloom_filter.rst): says of a value that it was never
 * pushed, or that it may have been. Bits are only ever set, each by one atomic operation, so there
 * is no lock and nothing to repair: of a writer that dies some bits remain, as of a value that
 * nobody was told is in.
 */
#include <string.h>
#include <sys/random.h>

#include "bits.h"
#include "err.h"
#include "kill_point.h"
#include "map_private.h"

#define BLOOM_FLAGS (BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | BPF_F_RDONLY | BPF_F_WRONLY | \
		     BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
/* Largest allocation of the kernel. */
#define VALUE_MAX	(4u << 20)
#define HASHES_MASK	0xfull		/* of map_extra */
#define HASHES_DEFAULT	5u
#define BITS_MIN	64u
#define BITS_MAX	(1ull << 32)

struct bloom_head {
	uint32_t seed, pad;
};

static uint32_t hash_count(uint64_t map_extra)
{
	return map_extra ? map_extra : HASHES_DEFAULT;
}

/* A filter of n values with k hashes does best with n * k / ln 2 bits; Linux takes 7/5 for 1 / ln 2
 * and a power of two. */
static uint64_t bit_count(uint32_t max_entries, uint64_t map_extra)
{
	uint64_t bits = (uint64_t)max_entries * hash_count(map_extra) / 5 * 7;

	if (bits <= BITS_MIN)
		return BITS_MIN;
	return bits > BITS_MAX / 2 ? BITS_MAX : next_power_of_two(bits);
}

static struct bloom_head *head_of(const struct kern_map *map)
{
	return (struct bloom_head *)map->inner;
}

static _Atomic uint64_t *word_of(const struct kern_map *map, uint32_t bit)
{
	return (_Atomic uint64_t *)(map->inner + 64) + bit / 64;
}

/* ---- creation ---- */

static int bloom_check(const union bpf_attr *attr)
{
	if (attr->key_size || !attr->value_size || !attr->max_entries ||
	    attr->map_flags & ~BLOOM_FLAGS || !map_access_flags_ok(attr->map_flags) ||
	    attr->map_extra & ~HASHES_MASK)
		return -EINVAL;
	return attr->value_size > VALUE_MAX ? -E2BIG : 0;
}

static int bloom_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	layout->inner = 64 + bit_count(attr->max_entries, attr->map_extra) / 8;
	return 0;
}

static int bloom_init(struct kern_map *map)
{
	struct bloom_head *head = head_of(map);

	if (!(map->map_flags & BPF_F_ZERO_SEED) &&
	    getrandom(&head->seed, sizeof(head->seed), GRND_NONBLOCK) != sizeof(head->seed))
		head->seed = map->id * 0x9e3779b9u;
	return 0;
}

/* Values only: a key type must be void. */
static int bloom_check_btf(const struct kern_btf *btf, const union bpf_attr *attr)
{
	return attr->btf_key_type_id ? -EINVAL : 0;
}

/* ---- operations ---- */

static uint32_t bit_for(const struct kern_map *map, const void *value, uint32_t hash)
{
	uint64_t bits = bit_count(map->max_entries, map->shared->map_extra);

	return jhash(value, map->value_size, head_of(map)->seed + hash) & (bits - 1);
}

static int bloom_push(struct kern_map *map, const void *value, uint64_t flags)
{
	if (flags != BPF_ANY)
		return -EINVAL;
	for (uint32_t hash = 0; hash < hash_count(map->shared->map_extra); hash++) {
		uint32_t bit = bit_for(map, value, hash);

		atomic_fetch_or(word_of(map, bit), 1ull << bit % 64);
		kill_point("bloom_filter.set");
	}
	return 0;
}

static int bloom_peek(struct kern_map *map, void *value)
{
	for (uint32_t hash = 0; hash < hash_count(map->shared->map_extra); hash++) {
		uint32_t bit = bit_for(map, value, hash);

		if (!(atomic_load(word_of(map, bit)) & 1ull << bit % 64))
			return -ENOENT;
	}
	return 0;
}

static int bloom_pop(struct kern_map *map, void *value)
{
	return -EOPNOTSUPP;
}

/* ---- commands ---- */

static int bloom_cmd_lookup(struct kern_map *map, const void *key, void *value, uint64_t flags)
{
	return bloom_peek(map, value);
}

static int bloom_cmd_update(struct kern_map *map, const void *key, const void *value,
			    uint64_t flags)
{
	return bloom_push(map, value, flags);
}

static int bloom_cmd_delete(struct kern_map *map, const void *key)
{
	return -EOPNOTSUPP;
}

static int bloom_next_key(struct kern_map *map, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

/* What Linux charges (measured on 6.18): its struct and the bits. */
static uint64_t bloom_memlock(const struct kern_map *map)
{
	return 312 + bit_count(map->max_entries, map->shared->map_extra) / 8;
}

const struct map_ops bloom_filter_map_ops = {
	.name		= "bloom_filter",
	.check		= bloom_check,
	.layout		= bloom_layout,
	.init		= bloom_init,
	.push		= bloom_push,
	.pop		= bloom_pop,
	.peek		= bloom_peek,
	.cmd_lookup	= bloom_cmd_lookup,
	.cmd_update	= bloom_cmd_update,
	.cmd_delete	= bloom_cmd_delete,
	.next_key	= bloom_next_key,
	.memlock	= bloom_memlock,
	.check_btf	= bloom_check_btf,
	.flags		= MAP_OPS_ASKS | MAP_OPS_CAP_BPF,
};
