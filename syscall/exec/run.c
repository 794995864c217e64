/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The doors into running code: from outside, from a helper's callback, and for raw memory. */
#include "image.h"

/* The context's header names the run for as long as it lasts; a nested run puts it back. */
uint64_t exec_run(const struct exec_image *image, struct bpfx_run *run, void *ctx)
{
	const uint64_t args[5] = { (uintptr_t)ctx };
	uint64_t *slot, outer, r0;

	run->image = image;
	run->next = NULL;
	if (!ctx)
		return exec_interpret(&image->funcs[0], run, NULL, args);
	slot = &bpfx_ctx_header(ctx)->slot[BPFX_CTX_RUN];
	outer = *slot;
	*slot = (uintptr_t)run;
	r0 = exec_interpret(&image->funcs[0], run, ctx, args);
	*slot = outer;
	return r0;
}

uint64_t exec_run_raw(const struct exec_image *image, struct bpfx_run *run, uint64_t r1,
		      uint64_t r2)
{
	const uint64_t args[5] = { r1, r2 };

	run->image = image;
	run->next = NULL;
	return exec_interpret(&image->funcs[0], run, NULL, args);
}

uint64_t exec_throw(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	return 0;
}

uint64_t exec_callback(struct bpfx_run *run, void *ctx, uint64_t func, uint64_t a1, uint64_t a2,
		       uint64_t a3, uint64_t a4, uint64_t a5)
{
	const uint64_t args[5] = { a1, a2, a3, a4, a5 };

	if (!func)
		return 0;
	return exec_interpret((const struct exec_func *)(uintptr_t)func, run, ctx, args);
}
