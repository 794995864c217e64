/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf_loop: a callback, many times. */
#include "rows.h"

#define LOOPS_MAX (8u << 20)

/* Return: calls made; the callback ends it with 1. */
HELPER(help_loop)
{
	struct bpfx_run *run = help_run(ctx);
	uint32_t rounds = r1;

	if (r4)
		return -EINVAL;
	/* Linux inlines the call and leaves the error in 32 bits. */
	if (rounds > LOOPS_MAX)
		return (uint32_t)-E2BIG;
	for (uint32_t i = 0; i < rounds; i++)
		if (exec_callback(run, ctx, r2, i, r3, 0, 0, 0))
			return i + 1;
	return rounds;
}

static const struct bpfx_helper loop_rows[] = {
	{ BPF_FUNC_loop, "loop", help_loop, BPFX_RET_INTEGER,
	  { BPFX_ARG_ANY, BPFX_ARG_FUNC, BPFX_ARG_STACK | BPFX_NULLABLE, BPFX_ARG_ANY },
	  .flags = BASE_CAP | BPFX_HELPER_IMPLICIT_CTX },
};
HELPER_TABLE(loop);
