/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Open-coded iterators: kernel functions that walk over numbers. */
#include "rows.h"

/* What lies behind struct bpf_iter_num, which is opaque to programs. */
struct iter_num {
	int32_t cur, end;
};

#define ITER_NUM_MAX (8 << 20)

/* bpf_iter_num_new(it, start, end): on an error the iterator is empty. */
HELPER(iter_num_new)
{
	struct iter_num *it = u64_to_ptr(r1);
	int32_t start = r2, end = r3;
	int err = start > end ? -EINVAL : (int64_t)end - start > ITER_NUM_MAX ? -E2BIG : 0;

	/* One below: next() gives the number it has gone to. */
	it->cur = err ? 0 : (int32_t)((uint32_t)start - 1);
	it->end = err ? 0 : end;
	return (int64_t)err;
}

HELPER(iter_num_next)
{
	struct iter_num *it = u64_to_ptr(r1);

	/* In 64 bits: the number before the first may be the highest. */
	if ((int64_t)(int32_t)((uint32_t)it->cur + 1) >= it->end) {
		it->cur = it->end = 0;
		return 0;
	}
	it->cur = (uint32_t)it->cur + 1;
	return ptr_to_u64(&it->cur);
}

HELPER(iter_num_destroy)
{
	struct iter_num *it = u64_to_ptr(r1);

	it->cur = it->end = 0;
	return 0;
}

static const struct bpfx_kfunc iter_rows[] = {
	{ .name = "bpf_iter_num_new", .fn = iter_num_new, .flags = BPFX_KF_ITER_NEW, .ret = "int",
	  .params = { { "struct bpf_iter_num *", "it" }, { "int", "start" }, { "int", "end" } } },
	{ .name = "bpf_iter_num_next", .fn = iter_num_next,
	  .flags = BPFX_KF_ITER_NEXT | BPFX_KF_RET_NULL, .ret = "int *",
	  .params = { { "struct bpf_iter_num *", "it" } } },
	{ .name = "bpf_iter_num_destroy", .fn = iter_num_destroy, .flags = BPFX_KF_ITER_DESTROY,
	  .ret = "void", .params = { { "struct bpf_iter_num *", "it" } } },
};
KFUNC_TABLE(iter);
