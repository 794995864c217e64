/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Bytes of packets, checksums among them, and the packet loads of classic BPF. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <stdlib.h>

#include "skb_helpers.h"
#include "skb_sum.h"

#define TAIL_SLACK  256u

unsigned char *skb_bytes_at(const struct skb_args *skb, const unsigned char *start,
			    uint32_t offset, uint32_t size)
{
	size_t left = skb->data_end - start;

	if (offset > left || size > left - offset)
		return NULL;
	return (unsigned char *)start + offset;
}

int skb_set_size(struct skb_args *skb, uint32_t size)
{
	uint32_t before = skb->data - skb->head, old = skb->data_end - skb->data;
	uint32_t meta = skb->data_meta - skb->head;
	unsigned char *head = skb->head;

	if (before + size > skb->capacity) {
		head = realloc(head, before + size + TAIL_SLACK);
		if (!head)
			return -ENOMEM;
		skb->capacity = before + size + TAIL_SLACK;
	}
	if (size > old)
		memset(head + before + old, 0, size - old);
	skb->head = head;
	skb->data_meta = head + meta;
	skb->data = head + before;
	skb->data_end = skb->data + size;
	skb->len = size;
	return 0;
}

/* ---- LD_ABS, LD_IND ---- */

/* Negative offsets count from the network or the link layer header. */
static const unsigned char *load_start(const struct skb_args *skb, int32_t *offset)
{
	if (*offset >= 0)
		return skb->data;
	if (*offset >= SKF_NET_OFF) {
		*offset -= SKF_NET_OFF;
		return skb->head + skb->network;
	}
	if (*offset >= SKF_LL_OFF) {
		*offset -= SKF_LL_OFF;
		return skb->head + skb->mac;
	}
	return NULL;
}

int skb_load_packet(void *ctx, int32_t offset, uint32_t size, uint64_t *value)
{
	const struct skb_args *skb = ctx;
	const unsigned char *start = load_start(skb, &offset), *bytes;

	bytes = start ? skb_bytes_at(skb, start, offset, size) : NULL;
	if (!bytes)
		return -EFAULT;
	*value = 0;
	for (uint32_t i = 0; i < size; i++)
		*value = *value << 8 | bytes[i];
	return 0;
}

/* ---- bytes ---- */

static int64_t load_bytes(const struct skb_args *skb, const unsigned char *start, uint32_t offset,
			  uint64_t buf, uint32_t size)
{
	const unsigned char *bytes;

	bytes = start && offset <= INT32_MAX ? skb_bytes_at(skb, start, offset, size) : NULL;
	if (!bytes) {
		memset((void *)(uintptr_t)buf, 0, size);
		return -EFAULT;
	}
	memcpy((void *)(uintptr_t)buf, bytes, size);
	return 0;
}

SKB_HELPER(help_skb_load_bytes)
{
	const struct skb_args *skb = skb_of(r1);

	return load_bytes(skb, skb->data, r2, r3, r4);
}

/* The sample, and as many bytes of the packet as the flags' upper half says. */
SKB_HELPER(help_skb_perf_output)
{
	struct skb_args *skb = skb_of(r1);
	uint64_t size = (r3 & BPF_F_CTXLEN_MASK) >> 32;
	const struct bpfx_piece pieces[] = { { (void *)(uintptr_t)r4, r5 }, { skb->data, size } };

	if (r3 & ~(BPF_F_CTXLEN_MASK | BPF_F_INDEX_MASK))
		return -EINVAL;
	if (size > (uint64_t)(skb->data_end - skb->data))
		return -EFAULT;
	return (int64_t)net_host->perf_output((void *)(uintptr_t)r2, skb, r3 & BPF_F_INDEX_MASK,
					      pieces, 2);
}

SKB_HELPER(help_skb_load_bytes_relative)
{
	const struct skb_args *skb = skb_of(r1);
	const unsigned char *start = NULL;

	if (r5 == BPF_HDR_START_MAC)
		start = skb->head + skb->mac;
	else if (r5 == BPF_HDR_START_NET)
		start = skb->head + skb->network;
	return load_bytes(skb, start, r2, r3, r4);
}

SKB_HELPER(help_skb_store_bytes)
{
	struct skb_args *skb = skb_of(r1);
	unsigned char *bytes;
	bool summed = r5 & BPF_F_RECOMPUTE_CSUM && skb->has_sum;
	uint32_t old = 0;

	if (r5 & ~(uint64_t)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return -EINVAL;
	bytes = (uint32_t)r2 <= INT32_MAX ? skb_bytes_at(skb, skb->data, r2, r4) : NULL;
	if (!bytes)
		return -EFAULT;
	if (summed)
		old = sum_at(bytes, r4, r2);
	memcpy(bytes, (void *)(uintptr_t)r3, (uint32_t)r4);
	if (summed)
		skb_sum_replace(skb, old, sum_at(bytes, r4, r2));
	if (r5 & BPF_F_INVALIDATE_HASH)
		skb_forget_hash(skb);
	return 0;
}

/* Everything is linear here: only more than there is fails. */
SKB_HELPER(help_skb_pull_data)
{
	return (uint32_t)r2 > skb_of(r1)->len ? -ENOMEM : 0;
}

/* ---- checksums in the packet ---- */

/* Packets begin anywhere. */
typedef uint16_t __attribute__((aligned(1), may_alias)) packet_u16;

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

uint16_t skb_csum_replace(uint16_t check, uint32_t from, uint32_t to)
{
	return ~fold((uint64_t)(uint16_t)~check + (uint32_t)~from + to);
}

/* Where a checksum stands; NULL: not in the packet, or odd. */
static packet_u16 *checksum_at(const struct skb_args *skb, uint32_t offset)
{
	if (offset > 0xffff || offset & 1)
		return NULL;
	return (packet_u16 *)skb_bytes_at(skb, skb->data, offset, sizeof(uint16_t));
}

/* Sizes of the changed field; 0: r4 is a difference. */
static int replace_sized(packet_u16 *check, uint64_t from, uint64_t to, uint64_t size)
{
	switch (size) {
	case 0:
		if (from)
			return -EINVAL;
		*check = skb_csum_replace(*check, 0xffffffff, to);
		return 0;
	case 2:
		*check = skb_csum_replace(*check, (uint16_t)from | 0xffff0000, (uint16_t)to);
		return 0;
	case 4:
		*check = skb_csum_replace(*check, from, to);
		return 0;
	}
	return -EINVAL;
}

SKB_HELPER(help_l3_csum_replace)
{
	packet_u16 *check;

	if (r5 & ~(uint64_t)BPF_F_HDR_FIELD_MASK)
		return -EINVAL;
	check = checksum_at(skb_of(r1), r2);
	if (!check)
		return -EFAULT;
	return (int64_t)replace_sized(check, r3, r4, r5 & BPF_F_HDR_FIELD_MASK);
}

#define L4_FLAGS (BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR |                   \
		  BPF_F_HDR_FIELD_MASK | BPF_F_IPV6)

/* What is changed beside the packet is in the checksum, but not in the sum of it all. */
static void leave_pseudo_header(struct skb_args *skb, uint64_t from, uint64_t to, uint64_t flags)
{
	uint32_t size = flags & BPF_F_HDR_FIELD_MASK;

	if (!(flags & BPF_F_PSEUDO_HDR) || (!size && flags & BPF_F_IPV6))
		return;
	if (size == 2)
		skb_sum_replace(skb, (uint16_t)to, (uint16_t)from);
	else
		skb_sum_replace(skb, to, from);
}

/* UDP: a checksum of 0 means there is none; it stays so unless enforced. */
SKB_HELPER(help_l4_csum_replace)
{
	struct skb_args *skb = skb_of(r1);
	bool mangled = r5 & BPF_F_MARK_MANGLED_0;
	packet_u16 *check;
	int err;

	if (r5 & ~(uint64_t)L4_FLAGS)
		return -EINVAL;
	check = checksum_at(skb, r2);
	if (!check)
		return -EFAULT;
	if (mangled && !(r5 & BPF_F_MARK_ENFORCE) && !*check)
		return 0;
	err = replace_sized(check, r3, r4, r5 & BPF_F_HDR_FIELD_MASK);
	if (!err)
		leave_pseudo_header(skb, r3, r4, r5);
	if (!err && mangled && !*check)
		*check = 0xffff;
	return (int64_t)err;
}
