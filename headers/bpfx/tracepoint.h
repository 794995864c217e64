/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What a hook with BPFX_HOOK_TRACEPOINT is fired with: raw_tracepoint and tp_btf programs read it. */
#ifndef BPFX_TRACEPOINT_H
#define BPFX_TRACEPOINT_H

#include <stdint.h>
#include <bpfx/context.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpfx_task;

#define BPFX_TRACEPOINT_ARGS_MAX 12

/* @args is the context. Arguments that are pointers to types of the kernel's BTF point to such structs. */
struct bpfx_tracepoint_ctx {
	const struct bpfx_task *current_task;	/* see bpfx/sched.h; NULL: the thread that fires */
	struct bpfx_ctx_header header;
	uint64_t args[BPFX_TRACEPOINT_ARGS_MAX];
};

#ifdef __cplusplus
}
#endif

#endif
