/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the links room: hooks and who is attached to them. */
#ifndef SYSCALL_LINKS_HOOKS_H
#define SYSCALL_LINKS_HOOKS_H

#include "links.h"

/* See bpfx_host.run_hook. */
int hook_run(const struct bpfx_hook *hook, uint64_t target, void *ctx, uint32_t *result);

/* Is a link of the hook alive for @target (hooks without BPFX_HOOK_MULTI take one). */
bool hook_is_taken(const struct bpfx_hook *hook, uint64_t target);

/* A link came (+1) or went (-1): tell all processes, wait for runs in this one. */
void hook_changed(const struct bpfx_hook *hook, int attached_by);

#endif
