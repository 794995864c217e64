/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Helpers of tracing programs. */
#include "tracing_private.h"

/* The runtime put it into the header of the context; 0 in a test run. */
static uint64_t help_get_attach_cookie(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
				       uint64_t r5, void *ctx)
{
	return bpfx_ctx_header((void *)(uintptr_t)r1)->slot[BPFX_CTX_COOKIE];
}

const struct bpfx_helper cookie_rows[COOKIE_ROW_CNT] = {
	{ BPF_FUNC_get_attach_cookie, "get_attach_cookie", help_get_attach_cookie,
	  BPFX_RET_INTEGER, { BPFX_ARG_CTX }, .flags = 0 },
};
