/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Ring buffers. */
#include "rows.h"

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

static const struct bpfx_helper ringbuf_rows[] = {
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
