/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of this extension share. */
#ifndef EXTENSIONS_TRACING_PRIVATE_H
#define EXTENSIONS_TRACING_PRIVATE_H

#include <errno.h>
#include <stdbool.h>
#include <bpfx/extension.h>
#include <bpfx/sched.h>

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* What stands in front of what r1 points to, where an event of ours is. */
struct event_head {
	const struct bpfx_task *current_task;	/* NULL: the thread that runs it */
	struct bpfx_ctx_header header;
};

/* tracing.c: the services we got when registered. */
extern const struct bpfx_host *tracing_host;

/* sched.c, by enum bpfx_sched_kind. */
#define SCHED_KINDS	 (BPFX_SCHED_EXIT + 1)
#define TRACING_HOOK_CNT (2 * SCHED_KINDS)
extern const struct bpfx_hook tracing_hooks[TRACING_HOOK_CNT];
/* The current task of a tracepoint program's context; NULL: whoever runs it. */
const struct bpfx_task *event_current(const void *ctx);

/* sched_record.c: the record that Linux's tracepoint programs see. */
extern const struct bpfx_tracepoint sched_records[SCHED_KINDS];
/* Linux's way: all programs run, the event goes on where none of them returned 0. */
int sched_record_combine(uint32_t *result, uint32_t next);
/* Run what is attached to @hook. Return: programs that ran, -errno. */
int sched_record_run(const struct bpfx_hook *hook, const struct bpfx_sched_event *event);

/* bpf_get_attach_cookie() of every tracing program; programs of tracepoints have it and an idea of
 * their own of who is current; iterators have no cookie. */
#define COOKIE_ROW_CNT 1
extern const struct bpfx_helper cookie_rows[COOKIE_ROW_CNT];
#define EVENT_ROW_CNT 5
extern const struct bpfx_helper event_rows[EVENT_ROW_CNT];
extern const struct bpfx_helper btf_target_rows[EVENT_ROW_CNT];

int raw_tp_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);
int btf_target_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);

#endif
