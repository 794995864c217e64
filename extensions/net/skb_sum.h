/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The sum of a whole packet from its network header on, which a test run may ask for
 * (BPF_F_TEST_SKB_CHECKSUM_COMPLETE). Helpers keep it as Linux's do; writing past them does not.
 */
#ifndef EXTENSIONS_NET_SKB_SUM_H
#define EXTENSIONS_NET_SKB_SUM_H

#include "net.h"

/* One's complement, 32 bits at a time. */
static inline uint32_t sum_add(uint32_t a, uint32_t b)
{
	uint64_t sum = (uint64_t)a + b;

	return sum + (sum >> 32);
}

static inline uint32_t sum_sub(uint32_t a, uint32_t b)
{
	return sum_add(a, ~b);
}

static inline uint32_t sum_of(const unsigned char *bytes, uint32_t size)
{
	uint32_t sum = 0, word;

	for (; size >= sizeof(word); bytes += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		sum = sum_add(sum, word);
	}
	word = 0;
	memcpy(&word, bytes, size);
	return sum_add(sum, word);
}

/* Of what stands at @offset of the packet: at odd ones bytes change their places. */
static inline uint32_t sum_at(const unsigned char *bytes, uint32_t size, uint32_t offset)
{
	uint32_t sum = sum_of(bytes, size);

	return offset & 1 ? sum >> 8 | sum << 24 : sum;
}

/* Nobody follows it any more once it was lost. */
static inline void skb_sum_replace(struct skb_args *skb, uint32_t from, uint32_t to)
{
	if (skb->has_sum)
		skb->sum = sum_add(sum_sub(skb->sum, from), to);
}

static inline uint32_t skb_whole_sum(const struct skb_args *skb)
{
	const unsigned char *start = skb->head + skb->network;

	return start < skb->data_end ? sum_of(start, skb->data_end - start) : 0;
}

/* As 16 bits they are the same. */
static inline bool sum_is_same(uint32_t a, uint32_t b)
{
	a = (a & 0xffff) + (a >> 16);
	b = (b & 0xffff) + (b >> 16);
	return (uint16_t)(a + (a >> 16)) == (uint16_t)(b + (b >> 16));
}

#endif
