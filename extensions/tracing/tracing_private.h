/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of this extension share. */
#ifndef EXTENSIONS_TRACING_PRIVATE_H
#define EXTENSIONS_TRACING_PRIVATE_H

#include <errno.h>
#include <stdbool.h>
#include <bpfx/extension.h>
#include <bpfx/sched.h>

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* tracing.c: the services we got when registered. */
extern const struct bpfx_host *tracing_host;

/* sched.c, by enum bpfx_sched_kind. */
#define TRACING_HOOK_CNT 3
extern const struct bpfx_hook tracing_hooks[TRACING_HOOK_CNT];
/* The current task of a raw tracepoint program's context; NULL: whoever runs it. */
const struct bpfx_task *raw_tp_current(const void *ctx);

/* bpf_get_attach_cookie() of every tracing program; raw tracepoint programs have it and an idea of
 * their own of who is current; iterators have no cookie. */
#define COOKIE_ROW_CNT 1
extern const struct bpfx_helper cookie_rows[COOKIE_ROW_CNT];
#define RAW_TP_ROW_CNT 5
extern const struct bpfx_helper raw_tp_rows[RAW_TP_ROW_CNT];
extern const struct bpfx_helper btf_target_rows[RAW_TP_ROW_CNT];

int raw_tp_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);
int btf_target_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);

#endif
