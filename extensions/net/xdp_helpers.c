/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* XDP helpers: moving the edges of a packet, bytes across fragments, where it goes next. */
#include "skb_helpers.h"

#define META_MAX (XDP_HEADROOM - XDP_FRAME)
#define OFFSET_MAX 0xffffu

#define HELPER(name)                                                                               \
	static uint64_t name(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,      \
			     void *ctx)

static struct xdp_args *xdp_of(uint64_t r1)
{
	return (void *)(uintptr_t)r1;
}

static uint32_t total_size(const struct xdp_args *xdp)
{
	return xdp_linear_size(xdp) + xdp->frags_size;
}

/* Metadata moves with the start of the packet. */
HELPER(help_xdp_adjust_head)
{
	struct xdp_args *xdp = xdp_of(r1);
	int64_t offset = (int32_t)r2;
	uint32_t meta = xdp->data - xdp->data_meta;
	unsigned char *data = xdp->data + offset;

	if (data < xdp->hard_start + XDP_FRAME + meta || data > xdp->data_end - ETH_HEADER)
		return -EINVAL;
	memmove(xdp->data_meta + offset, xdp->data_meta, meta);
	xdp->data_meta += offset;
	xdp->data = data;
	return 0;
}

HELPER(help_xdp_adjust_meta)
{
	struct xdp_args *xdp = xdp_of(r1);
	unsigned char *meta = xdp->data_meta + (int32_t)r2;
	size_t size = xdp->data - meta;

	if (meta < xdp->hard_start + XDP_FRAME || meta > xdp->data)
		return -EINVAL;
	if (size % 4 || size > META_MAX)
		return -EACCES;
	xdp->data_meta = meta;
	return 0;
}

/* The last fragment grows within its page. */
static int64_t grow_frags(struct xdp_args *xdp, uint32_t by)
{
	uint32_t last = (xdp->frags_size - 1) % XDP_PAGE + 1;

	if (by > XDP_PAGE - last)
		return -EINVAL;
	memset(xdp->frags + xdp->frags_size, 0, by);
	xdp->frags_size += by;
	return 0;
}

static int64_t shrink_frags(struct xdp_args *xdp, uint32_t by)
{
	uint32_t from_frags = MIN(by, xdp->frags_size);

	if ((uint64_t)by + ETH_HEADER > total_size(xdp))
		return -EINVAL;
	xdp->frags_size -= from_frags;
	xdp->data_end -= by - from_frags;
	return 0;
}

HELPER(help_xdp_adjust_tail)
{
	struct xdp_args *xdp = xdp_of(r1);
	int64_t offset = (int32_t)r2;
	unsigned char *end = xdp->data_end + offset;

	if (xdp->frags_size)
		return offset < 0 ? shrink_frags(xdp, -offset) : grow_frags(xdp, offset);
	if (end > xdp->hard_end || end < xdp->data + ETH_HEADER)
		return -EINVAL;
	if (offset > 0)
		memset(xdp->data_end, 0, offset);
	xdp->data_end = end;
	return 0;
}

HELPER(help_xdp_get_buff_len)
{
	return total_size(xdp_of(r1));
}

/* @copy is called for the linear part and for the fragments' part of a range. */
static int64_t copy_range(struct xdp_args *xdp, uint32_t offset, void *buf, uint32_t size,
			  bool to_packet)
{
	uint32_t linear = xdp_linear_size(xdp), first;
	unsigned char *bytes = buf;

	if (offset > OFFSET_MAX || size > OFFSET_MAX)
		return -EFAULT;
	if (offset + size > total_size(xdp))
		return -EINVAL;
	first = offset < linear ? MIN(size, linear - offset) : 0;
	if (to_packet) {
		memcpy(xdp->data + offset, bytes, first);
		if (size > first)
			memcpy(xdp->frags + offset + first - linear, bytes + first, size - first);
	} else {
		memcpy(bytes, xdp->data + offset, first);
		if (size > first)
			memcpy(bytes + first, xdp->frags + offset + first - linear, size - first);
	}
	return 0;
}

HELPER(help_xdp_load_bytes)
{
	return copy_range(xdp_of(r1), r2, (void *)(uintptr_t)r3, r4, false);
}

HELPER(help_xdp_store_bytes)
{
	return copy_range(xdp_of(r1), r2, (void *)(uintptr_t)r3, r4, true);
}

/* The interface is looked for when the packet really goes. */
HELPER(help_xdp_redirect)
{
	struct xdp_args *xdp = ctx;

	if (r2)
		return XDP_ABORTED;
	xdp_set_target(xdp, (struct xdp_target){ .ifindex = r1 });
	return XDP_REDIRECT;
}

#define ACTION_MASK  3ull	/* what to return where the map has nobody */
#define TARGET_FLAGS (BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS)

/* One interface of a map, or all of them. */
HELPER(help_xdp_redirect_map)
{
	struct xdp_args *xdp = ctx;
	struct bpfx_map *map = (void *)(uintptr_t)r1;
	struct xdp_target target = { 0 };
	const struct bpf_devmap_val *value;
	uint32_t key = r2;

	if (r3 & ~(ACTION_MASK | TARGET_FLAGS))
		return XDP_ABORTED;
	if (r3 & BPF_F_BROADCAST) {
		xdp_set_target(xdp, (struct xdp_target){ .map = net_host->map_ref(map),
							 .flags = r3 });
		return XDP_REDIRECT;
	}
	value = net_host->map_lookup(map, &key);
	if (!value)
		return r3 & ACTION_MASK;
	target.ifindex = value->ifindex;
	if (net_host->map_value_size(map) == sizeof(*value))
		target.prog_id = value->bpf_prog.id;
	xdp_set_target(xdp, target);
	return XDP_REDIRECT;
}

/* The sample, and as many bytes of the packet as the flags' upper half says. */
HELPER(help_xdp_perf_output)
{
	struct xdp_args *xdp = xdp_of(r1);
	uint64_t size = (r3 & BPF_F_CTXLEN_MASK) >> 32;
	uint64_t linear = MIN(size, xdp_linear_size(xdp));
	const struct bpfx_piece pieces[] = {
		{ (void *)(uintptr_t)r4, r5 }, { xdp->data, linear }, { xdp->frags, size - linear },
	};

	if (r3 & ~(BPF_F_CTXLEN_MASK | BPF_F_INDEX_MASK))
		return -EINVAL;
	if (size > total_size(xdp))
		return -EFAULT;
	return (int64_t)net_host->perf_output((void *)(uintptr_t)r2, xdp, r3 & BPF_F_INDEX_MASK,
					      pieces, 3);
}

#define CTX BPFX_ARG_CTX
#define ANY BPFX_ARG_ANY

const struct bpfx_helper xdp_rows[XDP_ROW_CNT] = {
	{ BPF_FUNC_xdp_adjust_head, "xdp_adjust_head", help_xdp_adjust_head, BPFX_RET_INTEGER,
	  { CTX, ANY }, .flags = BPFX_HELPER_CHANGES_PKT },
	{ BPF_FUNC_xdp_adjust_meta, "xdp_adjust_meta", help_xdp_adjust_meta, BPFX_RET_INTEGER,
	  { CTX, ANY }, .flags = BPFX_HELPER_CHANGES_PKT },
	{ BPF_FUNC_xdp_adjust_tail, "xdp_adjust_tail", help_xdp_adjust_tail, BPFX_RET_INTEGER,
	  { CTX, ANY }, .flags = BPFX_HELPER_CHANGES_PKT },
	{ BPF_FUNC_xdp_get_buff_len, "xdp_get_buff_len", help_xdp_get_buff_len, BPFX_RET_INTEGER,
	  { CTX }, .flags = 0 },
	{ BPF_FUNC_xdp_load_bytes, "xdp_load_bytes", help_xdp_load_bytes, BPFX_RET_INTEGER,
	  { CTX, ANY, BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE, BPFX_ARG_SIZE }, .flags = 0 },
	{ BPF_FUNC_xdp_store_bytes, "xdp_store_bytes", help_xdp_store_bytes, BPFX_RET_INTEGER,
	  { CTX, ANY, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE }, .flags = 0 },
	{ BPF_FUNC_redirect_map, "redirect_map", help_xdp_redirect_map, BPFX_RET_INTEGER,
	  { BPFX_ARG_MAP, ANY, ANY }, .flags = BPFX_HELPER_IMPLICIT_CTX },
	{ BPF_FUNC_perf_event_output, "perf_event_output", help_xdp_perf_output, BPFX_RET_INTEGER,
	  { CTX, BPFX_ARG_MAP, ANY, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO },
	  .flags = BPFX_HELPER_GPL },
	{ BPF_FUNC_check_mtu, "check_mtu", help_xdp_check_mtu, BPFX_RET_INTEGER,
	  { CTX, ANY, BPFX_ARG_MEM | BPFX_WRITE | BPFX_FIXED_SIZE | BPFX_ALIGNED, ANY, ANY },
	  .flags = BPFX_HELPER_GPL, .arg_sizes = { [2] = sizeof(uint32_t) } },
	{ BPF_FUNC_fib_lookup, "fib_lookup", help_fib_lookup, BPFX_RET_INTEGER,
	  { CTX, BPFX_ARG_MEM | BPFX_WRITE, BPFX_ARG_SIZE, ANY }, .flags = BPFX_HELPER_GPL },
	LOOKUP_ROWS(xdp),
	COOKIE_ROWS,
	{ BPF_FUNC_redirect, "redirect", help_xdp_redirect, BPFX_RET_INTEGER, { ANY, ANY },
	  .flags = BPFX_HELPER_IMPLICIT_CTX },
};
