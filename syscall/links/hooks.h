/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the links room: hooks and who is attached to them. */
#ifndef SYSCALL_LINKS_HOOKS_H
#define SYSCALL_LINKS_HOOKS_H

#include "links.h"

/* See bpfx_host.run_hook and the following. */
int hook_run(const struct bpfx_hook *hook, uint64_t target, void *ctx, uint32_t *result);
int hook_batch_begin(struct bpfx_batch *batch, size_t size, const struct bpfx_hook *hook,
		     uint64_t target);
int hook_batch_run(struct bpfx_batch *batch, void *ctx, uint32_t *result);
void hook_batch_end(struct bpfx_batch *batch);

/* Events of a tracepoint; one of them has happened and no program has kept it back. */
int perf_events_each(const struct bpfx_hook *hook, int (*fn)(struct store_obj *event, void *arg),
		     void *arg);
void perf_event_happened(struct store_obj *event, uint32_t cpu);

/* Is it a living link of the hook. */
bool hook_has_link(const struct bpfx_hook *hook, const struct store_obj *link);

/* Living links of the hook for @target (hooks without BPFX_HOOK_MULTI take one). */
uint32_t hook_link_cnt(const struct bpfx_hook *hook, uint64_t target);

/* A link came (+1), went (-1) or changed (0): tell all processes, wait for runs of what is gone. */
void hook_changed(const struct bpfx_hook *hook, int attached_by, uint32_t link_id);

/* A link was detached, in whichever process: tell all, wait for its runs. */
void hook_link_detached(const struct store_obj *link);

/* A link is removed from the store, at a place where nobody may wait: see links_settle(). */
void hook_lost_link(const char *hook, uint32_t link_id);

#endif
