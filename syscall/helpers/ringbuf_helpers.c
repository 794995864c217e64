/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Ring buffers. */
#include <string.h>

#include "dynptr.h"

HELPER(help_ringbuf_output)
{
	return (int64_t)ringbuf_output(u64_to_ptr(r1), u64_to_ptr(r2), r3, r4);
}

HELPER(help_ringbuf_reserve)
{
	return ptr_to_u64(ringbuf_reserve(u64_to_ptr(r1), r2, r3));
}

HELPER(help_ringbuf_submit)
{
	ringbuf_submit(u64_to_ptr(r1), r2);
	return 0;
}

HELPER(help_ringbuf_discard)
{
	ringbuf_discard(u64_to_ptr(r1), r2);
	return 0;
}

HELPER(help_ringbuf_query)
{
	return ringbuf_query(u64_to_ptr(r1), r2);
}

/* ---- samples of the client ---- */

struct drain {
	struct bpfx_run *run;
	void *ctx;
	uint64_t func, arg;
};

static bool take_sample(void *arg, void *sample, uint32_t size)
{
	const struct drain *drain = arg;
	struct dynptr ptr;

	dynptr_set(&ptr, ptr_to_u64(sample), size, DYNPTR_LOCAL);
	return exec_callback(drain->run, drain->ctx, drain->func, ptr_to_u64(&ptr), drain->arg, 0, 0,
			     0);
}

HELPER(help_user_ringbuf_drain)
{
	struct drain drain = { help_run(ctx), ctx, r2, r3 };

	return user_ringbuf_drain(u64_to_ptr(r1), take_sample, &drain, r4);
}

static const struct bpfx_helper ringbuf_rows[] = {
	{ BPF_FUNC_user_ringbuf_drain, "user_ringbuf_drain", help_user_ringbuf_drain,
	  BPFX_RET_INTEGER,
	  { BPFX_ARG_MAP, BPFX_ARG_FUNC, BPFX_ARG_STACK | BPFX_NULLABLE, BPFX_ARG_ANY },
	  .flags = BASE_CAP | BPFX_HELPER_IMPLICIT_CTX },
	{ BPF_FUNC_ringbuf_output, "ringbuf_output", help_ringbuf_output, BPFX_RET_INTEGER,
	  { BPFX_ARG_MAP, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO, BPFX_ARG_ANY },
	  .flags = BASE },
	{ BPF_FUNC_ringbuf_reserve, "ringbuf_reserve", help_ringbuf_reserve,
	  BPFX_RET_RINGBUF_MEM | BPFX_RET_OR_NULL,
	  { BPFX_ARG_MAP, BPFX_ARG_ALLOC_SIZE, BPFX_ARG_ANY }, .flags = BASE },
	{ BPF_FUNC_ringbuf_submit, "ringbuf_submit", help_ringbuf_submit, BPFX_RET_VOID,
	  { BPFX_ARG_RINGBUF_MEM | BPFX_RELEASE, BPFX_ARG_ANY }, .flags = BASE },
	{ BPF_FUNC_ringbuf_discard, "ringbuf_discard", help_ringbuf_discard, BPFX_RET_VOID,
	  { BPFX_ARG_RINGBUF_MEM | BPFX_RELEASE, BPFX_ARG_ANY }, .flags = BASE },
	{ BPF_FUNC_ringbuf_query, "ringbuf_query", help_ringbuf_query, BPFX_RET_INTEGER,
	  { BPFX_ARG_MAP, BPFX_ARG_ANY }, .flags = BASE },
};
HELPER_TABLE(ringbuf);
