/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Dynptrs: memory whose length only the run knows, reached through helpers that check. */
#include <string.h>
#include "dynptr.h"

/* ---- memory behind one ---- */

static void *packet_at(const struct dynptr *ptr, uint64_t off, uint64_t len)
{
	const char *ctx = u64_to_ptr(ptr->data);
	const struct bpfx_ctx_desc *desc =
		u64_to_ptr(bpfx_ctx_header((void *)ctx)->slot[BPFX_CTX_DESC]);
	char *data, *end;

	memcpy(&data, ctx + desc->real_data, sizeof(data));
	memcpy(&end, ctx + desc->real_data_end, sizeof(end));
	if (len > (uint64_t)(end - data) || off > (uint64_t)(end - data) - len)
		return NULL;
	return data + off;
}

void *dynptr_at(const struct dynptr *ptr, uint64_t off, uint64_t len)
{
	off += ptr->offset;
	if (ptr->type == DYNPTR_PACKET)
		return packet_at(ptr, off, len);
	return u64_to_ptr(ptr->data + off);
}

int dynptr_load(const struct dynptr *ptr, uint64_t off, void *dst, uint64_t len)
{
	int err = ptr->data ? dynptr_check(ptr, off, len) : -EINVAL;
	const void *from = err ? NULL : dynptr_at(ptr, off, len);

	if (err)
		return err;
	if (!from)
		return -EFAULT;
	memmove(dst, from, len);
	return 0;
}

#define STORE_FLAGS (BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH)

int dynptr_store(const struct dynptr *ptr, uint64_t off, const void *src, uint64_t len, uint64_t flags)
{
	int err = ptr->data && !ptr->rdonly ? dynptr_check(ptr, off, len) : -EINVAL;
	void *to;

	if (!err && flags & (ptr->type == DYNPTR_PACKET ? ~(uint64_t)STORE_FLAGS : ~0ull))
		err = -EINVAL;
	if (err)
		return err;
	to = dynptr_at(ptr, off, len);
	if (!to)
		return -EFAULT;
	memmove(to, src, len);
	return 0;
}

/* ---- helpers ---- */

HELPER(dynptr_from_mem)
{
	struct dynptr *ptr = u64_to_ptr(r4);
	uint32_t size = r2;
	int err = size > DYNPTR_SIZE_MAX ? -E2BIG : r3 ? -EINVAL : 0;

	if (err)
		dynptr_clear(ptr);
	else
		dynptr_set(ptr, r1, size, DYNPTR_LOCAL);
	return (int64_t)err;
}

HELPER(dynptr_read)
{
	return (int64_t)(r5 ? -EINVAL : dynptr_load(u64_to_ptr(r3), r4, u64_to_ptr(r1), r2));
}

HELPER(dynptr_write)
{
	return (int64_t)dynptr_store(u64_to_ptr(r1), r2, u64_to_ptr(r3), r4, r5);
}

/* Packets may move: of them only slices and copies. */
HELPER(dynptr_data)
{
	const struct dynptr *ptr = u64_to_ptr(r1);

	if (!ptr->data || dynptr_check(ptr, r2, r3) || ptr->rdonly || ptr->type == DYNPTR_PACKET)
		return 0;
	return ptr_to_u64(dynptr_at(ptr, r2, r3));
}

HELPER(reserve_dynptr)
{
	struct dynptr *ptr = u64_to_ptr(r4);
	uint32_t size = r2;
	void *sample = NULL;
	int err = r3 ? -EINVAL : size > DYNPTR_SIZE_MAX ? -E2BIG : 0;

	if (!err) {
		sample = ringbuf_reserve(u64_to_ptr(r1), size, 0);
		err = sample ? 0 : -EINVAL;
	}
	if (err)
		dynptr_clear(ptr);
	else
		dynptr_set(ptr, ptr_to_u64(sample), size, DYNPTR_RINGBUF);
	return (int64_t)err;
}

HELPER(submit_dynptr)
{
	struct dynptr *ptr = u64_to_ptr(r1);

	if (ptr->data)
		ringbuf_submit(u64_to_ptr(ptr->data), r2);
	dynptr_clear(ptr);
	return 0;
}

HELPER(discard_dynptr)
{
	struct dynptr *ptr = u64_to_ptr(r1);

	if (ptr->data)
		ringbuf_discard(u64_to_ptr(ptr->data), r2);
	dynptr_clear(ptr);
	return 0;
}

#define LOOK (BPFX_ARG_DYNPTR | BPFX_RDONLY)
#define MAKE (BPFX_ARG_DYNPTR | BPFX_UNINIT)

static const struct bpfx_helper dynptr_rows[] = {
	{ BPF_FUNC_dynptr_from_mem, "dynptr_from_mem", dynptr_from_mem, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_UNINIT, BPFX_ARG_SIZE_OR_ZERO, BPFX_ARG_ANY, MAKE },
	  .arg_types = { NULL, NULL, NULL, "local" }, .flags = BASE_CAP },
	{ BPF_FUNC_dynptr_read, "dynptr_read", dynptr_read, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_UNINIT, BPFX_ARG_SIZE_OR_ZERO, LOOK, BPFX_ARG_ANY, BPFX_ARG_ANY },
	  .flags = BASE_CAP },
	{ BPF_FUNC_dynptr_write, "dynptr_write", dynptr_write, BPFX_RET_INTEGER,
	  { LOOK, BPFX_ARG_ANY, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO, BPFX_ARG_ANY },
	  .flags = BASE_CAP },
	{ BPF_FUNC_dynptr_data, "dynptr_data", dynptr_data, BPFX_RET_DYNPTR_MEM | BPFX_RET_OR_NULL,
	  { LOOK, BPFX_ARG_ANY, BPFX_ARG_ALLOC_SIZE }, .flags = BASE_CAP },
	{ BPF_FUNC_ringbuf_reserve_dynptr, "ringbuf_reserve_dynptr", reserve_dynptr, BPFX_RET_INTEGER,
	  { BPFX_ARG_MAP, BPFX_ARG_ANY, BPFX_ARG_ANY, MAKE },
	  .arg_types = { NULL, NULL, NULL, "ringbuf" }, .flags = BASE_CAP },
	{ BPF_FUNC_ringbuf_submit_dynptr, "ringbuf_submit_dynptr", submit_dynptr, BPFX_RET_VOID,
	  { BPFX_ARG_DYNPTR | BPFX_RELEASE, BPFX_ARG_ANY }, .arg_types = { "ringbuf" },
	  .flags = BASE_CAP },
	{ BPF_FUNC_ringbuf_discard_dynptr, "ringbuf_discard_dynptr", discard_dynptr, BPFX_RET_VOID,
	  { BPFX_ARG_DYNPTR | BPFX_RELEASE, BPFX_ARG_ANY }, .arg_types = { "ringbuf" },
	  .flags = BASE_CAP },
};
HELPER_TABLE(dynptr);
