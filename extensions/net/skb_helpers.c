/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Helpers of programs on __sk_buff, and the packet loads of classic BPF. */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>

#include "net.h"

/* Longest packet at tc's ingress: four pages without a struct skb_shared_info (SKB_MAX_ALLOC). */
#define SIZE_MAX_INGRESS (4 * 4096u - 320u)
#define TAIL_SLACK  256u

#define HELPER(name)                                                                               \
	static uint64_t name(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,      \
			     void *ctx)

static struct skb_args *skb_of(uint64_t r1)
{
	return (void *)(uintptr_t)r1;
}

/* @size bytes at @offset from @start; NULL: not in the packet. */
static unsigned char *bytes_at(const struct skb_args *skb, const unsigned char *start,
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

	bytes = start ? bytes_at(skb, start, offset, size) : NULL;
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

	bytes = start && offset <= INT32_MAX ? bytes_at(skb, start, offset, size) : NULL;
	if (!bytes) {
		memset((void *)(uintptr_t)buf, 0, size);
		return -EFAULT;
	}
	memcpy((void *)(uintptr_t)buf, bytes, size);
	return 0;
}

HELPER(help_skb_load_bytes)
{
	const struct skb_args *skb = skb_of(r1);

	return load_bytes(skb, skb->data, r2, r3, r4);
}

HELPER(help_skb_load_bytes_relative)
{
	const struct skb_args *skb = skb_of(r1);
	const unsigned char *start = NULL;

	if (r5 == BPF_HDR_START_MAC)
		start = skb->head + skb->mac;
	else if (r5 == BPF_HDR_START_NET)
		start = skb->head + skb->network;
	return load_bytes(skb, start, r2, r3, r4);
}

HELPER(help_skb_store_bytes)
{
	struct skb_args *skb = skb_of(r1);
	unsigned char *bytes;

	if (r5 & ~(uint64_t)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return -EINVAL;
	bytes = (uint32_t)r2 <= INT32_MAX ? bytes_at(skb, skb->data, r2, r4) : NULL;
	if (!bytes)
		return -EFAULT;
	memcpy(bytes, (void *)(uintptr_t)r3, (uint32_t)r4);
	if (r5 & BPF_F_INVALIDATE_HASH)
		skb->hash = 0;
	return 0;
}

/* Everything is linear here: only more than there is fails. */
HELPER(help_skb_pull_data)
{
	return (uint32_t)r2 > skb_of(r1)->len ? -ENOMEM : 0;
}

HELPER(help_skb_change_tail)
{
	struct skb_args *skb = skb_of(r1);
	uint32_t size = r2;

	if (r3 || size < ETH_HEADER || size > SIZE_MAX_INGRESS)
		return -EINVAL;
	return (int64_t)skb_set_size(skb, size);
}

/* Room in front of the packet, zeroed. */
HELPER(help_skb_change_head)
{
	struct skb_args *skb = skb_of(r1);
	uint32_t more = r2, old = skb->len;
	int err;

	if (r3 || more + old > SIZE_MAX_INGRESS || more + old < old)
		return -EINVAL;
	err = skb_set_size(skb, old + more);
	if (err)
		return (int64_t)err;
	memmove(skb->data + more, skb->data, old);
	memset(skb->data, 0, more);
	skb->data_meta = skb->data;
	return 0;
}

HELPER(help_sk_fullsock)
{
	return r1;
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

/* RFC 1624: what a checksum becomes when @from is replaced by @to. */
static uint16_t replace(uint16_t check, uint32_t from, uint32_t to)
{
	return ~fold((uint64_t)(uint16_t)~check + (uint32_t)~from + to);
}

/* Where a checksum stands; NULL: not in the packet, or odd. */
static packet_u16 *checksum_at(const struct skb_args *skb, uint32_t offset)
{
	if (offset > 0xffff || offset & 1)
		return NULL;
	return (packet_u16 *)bytes_at(skb, skb->data, offset, sizeof(uint16_t));
}

/* Sizes of the changed field; 0: r4 is a difference. */
static int replace_sized(packet_u16 *check, uint64_t from, uint64_t to, uint64_t size)
{
	switch (size) {
	case 0:
		if (from)
			return -EINVAL;
		*check = replace(*check, 0xffffffff, to);
		return 0;
	case 2:
		*check = replace(*check, (uint16_t)from | 0xffff0000, (uint16_t)to);
		return 0;
	case 4:
		*check = replace(*check, from, to);
		return 0;
	}
	return -EINVAL;
}

HELPER(help_l3_csum_replace)
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

/* UDP: a checksum of 0 means there is none; it stays so unless enforced. */
HELPER(help_l4_csum_replace)
{
	bool mangled = r5 & BPF_F_MARK_MANGLED_0;
	packet_u16 *check;
	int err;

	if (r5 & ~(uint64_t)L4_FLAGS)
		return -EINVAL;
	check = checksum_at(skb_of(r1), r2);
	if (!check)
		return -EFAULT;
	if (mangled && !(r5 & BPF_F_MARK_ENFORCE) && !*check)
		return 0;
	err = replace_sized(check, r3, r4, r5 & BPF_F_HDR_FIELD_MASK);
	if (!err && mangled && !*check)
		*check = 0xffff;
	return (int64_t)err;
}

/* The interface is looked for when the packet really goes. */
HELPER(help_tc_redirect)
{
	struct skb_args *skb = ctx;

	if (r2 & ~(uint64_t)BPF_F_INGRESS)
		return TC_ACT_SHOT;
	skb->redirect_ifindex = r1;
	skb->redirect_flags = r2;
	return TC_ACT_REDIRECT;
}

#define CTX BPFX_ARG_CTX
#define ANY BPFX_ARG_ANY
#define OUT BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE
#define IN  BPFX_ARG_MEM | BPFX_RDONLY

const struct bpfx_helper skb_rows[SKB_TC_ROW_CNT] = {
	{ BPF_FUNC_skb_load_bytes, "skb_load_bytes", help_skb_load_bytes, BPFX_RET_INTEGER,
	  { CTX, ANY, OUT, BPFX_ARG_SIZE }, .flags = 0 },
	{ BPF_FUNC_skb_load_bytes_relative, "skb_load_bytes_relative",
	  help_skb_load_bytes_relative, BPFX_RET_INTEGER, { CTX, ANY, OUT, BPFX_ARG_SIZE, ANY },
	  .flags = 0 },
	/* Up to here for filters, from here on for traffic control only. */
	{ BPF_FUNC_skb_store_bytes, "skb_store_bytes", help_skb_store_bytes, BPFX_RET_INTEGER,
	  { CTX, ANY, IN, BPFX_ARG_SIZE, ANY }, .flags = BPFX_HELPER_CHANGES_PKT },
	{ BPF_FUNC_skb_pull_data, "skb_pull_data", help_skb_pull_data, BPFX_RET_INTEGER,
	  { CTX, ANY }, .flags = BPFX_HELPER_CHANGES_PKT },
	{ BPF_FUNC_skb_change_tail, "skb_change_tail", help_skb_change_tail, BPFX_RET_INTEGER,
	  { CTX, ANY, ANY }, .flags = BPFX_HELPER_CHANGES_PKT },
	{ BPF_FUNC_skb_change_head, "skb_change_head", help_skb_change_head, BPFX_RET_INTEGER,
	  { CTX, ANY, ANY }, .flags = BPFX_HELPER_CHANGES_PKT },
	{ BPF_FUNC_l3_csum_replace, "l3_csum_replace", help_l3_csum_replace, BPFX_RET_INTEGER,
	  { CTX, ANY, ANY, ANY, ANY }, .flags = BPFX_HELPER_CHANGES_PKT },
	{ BPF_FUNC_l4_csum_replace, "l4_csum_replace", help_l4_csum_replace, BPFX_RET_INTEGER,
	  { CTX, ANY, ANY, ANY, ANY }, .flags = BPFX_HELPER_CHANGES_PKT },
	{ BPF_FUNC_sk_fullsock, "sk_fullsock", help_sk_fullsock,
	  BPFX_RET_SOCKET | BPFX_RET_OR_NULL, { BPFX_ARG_SOCK_COMMON }, .flags = 0 },
	{ BPF_FUNC_redirect, "redirect", help_tc_redirect, BPFX_RET_INTEGER, { ANY, ANY },
	  .flags = BPFX_HELPER_IMPLICIT_CTX },
};
_Static_assert(SKB_FILTER_ROW_CNT <= SKB_TC_ROW_CNT, "the filters' rows come first");
