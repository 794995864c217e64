/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Kernel functions around dynptrs: packets, slices, views of views. */
#include <string.h>
#include "dynptr.h"

/* ---- of a packet ---- */

static int from_packet(void *ctx, uint64_t flags, struct dynptr *ptr, bool rdonly)
{
	const struct bpfx_ctx_desc *desc = u64_to_ptr(bpfx_ctx_header(ctx)->slot[BPFX_CTX_DESC]);
	const char *data, *end;

	dynptr_clear(ptr);
	if (flags || desc->real_data < 0)
		return -EINVAL;
	memcpy(&data, (char *)ctx + desc->real_data, sizeof(data));
	memcpy(&end, (char *)ctx + desc->real_data_end, sizeof(end));
	dynptr_set(ptr, ptr_to_u64(ctx), end - data, DYNPTR_PACKET);
	ptr->rdonly = rdonly;
	return 0;
}

HELPER(dynptr_from_packet)
{
	return (int64_t)from_packet(u64_to_ptr(r1), r2, u64_to_ptr(r3), false);
}

HELPER(dynptr_from_packet_rdonly)
{
	return (int64_t)from_packet(u64_to_ptr(r1), r2, u64_to_ptr(r3), true);
}

/* Programs of types that may not write packets get dynptrs that cannot be written through. */
bpfx_helper_fn kfunc_fn(const struct bpfx_prog_type *type, const struct bpfx_kfunc *row)
{
	if (row->fn == dynptr_from_packet && !(type->flags & BPFX_PROG_PKT_WRITE))
		return dynptr_from_packet_rdonly;
	return row->fn;
}

/* ---- slices ---- */

/* Everything here lies in one piece, so the program's buffer is never needed. */
HELPER(dynptr_slice)
{
	const struct dynptr *ptr = u64_to_ptr(r1);

	if (!ptr->data || dynptr_check(ptr, r2, r4))
		return 0;
	return ptr_to_u64(dynptr_at(ptr, r2, r4));
}

HELPER(dynptr_slice_rdwr)
{
	const struct dynptr *ptr = u64_to_ptr(r1);

	return ptr->rdonly ? 0 : dynptr_slice(r1, r2, r3, r4, r5, ctx);
}

/* ---- views ---- */

HELPER(dynptr_adjust)
{
	struct dynptr *ptr = u64_to_ptr(r1);
	uint64_t start = r2, end = r3;

	if (!ptr->data || start > end)
		return (int64_t)-EINVAL;
	if (end > ptr->size)
		return (int64_t)-ERANGE;
	ptr->offset += start;
	ptr->size = end - start;
	return 0;
}

HELPER(dynptr_is_null)
{
	return !((const struct dynptr *)u64_to_ptr(r1))->data;
}

HELPER(dynptr_is_rdonly)
{
	const struct dynptr *ptr = u64_to_ptr(r1);

	return ptr->data && ptr->rdonly;
}

HELPER(dynptr_size)
{
	const struct dynptr *ptr = u64_to_ptr(r1);

	return ptr->data ? ptr->size : (uint64_t)(int64_t)-EINVAL;
}

HELPER(dynptr_clone)
{
	const struct dynptr *from = u64_to_ptr(r1);
	struct dynptr *to = u64_to_ptr(r2);

	if (!from->data) {
		dynptr_clear(to);
		return (int64_t)-EINVAL;
	}
	*to = *from;
	return 0;
}

/* ---- contents ---- */

HELPER(dynptr_copy)
{
	const struct dynptr *to = u64_to_ptr(r1), *from = u64_to_ptr(r3);
	const void *src;
	int err = from->data ? dynptr_check(from, r4, r5) : -EINVAL;

	if (err)
		return (int64_t)err;
	src = dynptr_at(from, r4, r5);
	return (int64_t)(src ? dynptr_store(to, r2, src, r5, 0) : -EFAULT);
}

HELPER(dynptr_memset)
{
	const struct dynptr *ptr = u64_to_ptr(r1);
	int err = ptr->data && !ptr->rdonly ? dynptr_check(ptr, r2, r3) : -EINVAL;
	void *to = err ? NULL : dynptr_at(ptr, r2, r3);

	if (err)
		return (int64_t)err;
	if (!to)
		return (int64_t)-EFAULT;
	memset(to, r4, r3);
	return 0;
}

#define DYNPTR "const struct bpf_dynptr *"
#define UNINIT "struct bpf_dynptr *"

static const char *const skb_types[] = {
	"sched_cls", "sched_act", "sk_skb", "socket_filter", "cgroup_skb", "lwt_in", "lwt_out",
	"lwt_xmit", "lwt_seg6local", "netfilter", "tracing", "tracepoint", "perf_event", "lsm",
};
static const char *const xdp_types[] = { "xdp" };

static const struct bpfx_kfunc dynptr_rows[] = {
	{ .name = "bpf_dynptr_from_skb", .fn = dynptr_from_packet, .flags = BPFX_KF_TRUSTED_ARGS,
	  .prog_types = skb_types, .prog_type_cnt = ARRAY_SIZE(skb_types), .ret = "int",
	  .params = { { "struct __sk_buff *", "s" }, { "__u64", "flags" },
		      { UNINIT, "ptr__uninit" } } },
	{ .name = "bpf_dynptr_from_xdp", .fn = dynptr_from_packet, .prog_types = xdp_types,
	  .prog_type_cnt = ARRAY_SIZE(xdp_types), .ret = "int",
	  .params = { { "struct xdp_md *", "x" }, { "__u64", "flags" }, { UNINIT, "ptr__uninit" } } },
	{ .name = "bpf_dynptr_slice", .fn = dynptr_slice, .flags = BPFX_KF_RET_NULL, .ret = "void *",
	  .params = { { DYNPTR, "p" }, { "__u32", "offset" }, { "void *", "buffer__opt" },
		      { "__u32", "buffer__szk" } } },
	{ .name = "bpf_dynptr_slice_rdwr", .fn = dynptr_slice_rdwr, .flags = BPFX_KF_RET_NULL,
	  .ret = "void *",
	  .params = { { DYNPTR, "p" }, { "__u32", "offset" }, { "void *", "buffer__opt" },
		      { "__u32", "buffer__szk" } } },
	{ .name = "bpf_dynptr_adjust", .fn = dynptr_adjust, .ret = "int",
	  .params = { { DYNPTR, "p" }, { "__u32", "start" }, { "__u32", "end" } } },
	{ .name = "bpf_dynptr_is_null", .fn = dynptr_is_null, .ret = "bool",
	  .params = { { DYNPTR, "p" } } },
	{ .name = "bpf_dynptr_is_rdonly", .fn = dynptr_is_rdonly, .ret = "bool",
	  .params = { { DYNPTR, "p" } } },
	{ .name = "bpf_dynptr_size", .fn = dynptr_size, .ret = "__u32", .params = { { DYNPTR, "p" } } },
	{ .name = "bpf_dynptr_clone", .fn = dynptr_clone, .ret = "int",
	  .params = { { DYNPTR, "p" }, { UNINIT, "clone__uninit" } } },
	{ .name = "bpf_dynptr_copy", .fn = dynptr_copy, .ret = "int",
	  .params = { { UNINIT, "dst_ptr" }, { "__u32", "dst_off" }, { UNINIT, "src_ptr" },
		      { "__u32", "src_off" }, { "__u32", "size" } } },
	{ .name = "bpf_dynptr_memset", .fn = dynptr_memset, .ret = "int",
	  .params = { { UNINIT, "p" }, { "__u32", "offset" }, { "__u32", "size" }, { "__u8", "val" } } },
};
KFUNC_TABLE(dynptr);
