/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Policies on connections and on binding: what the files of this extension share. */
#ifndef EXTENSIONS_NET_POLICY_H
#define EXTENSIONS_NET_POLICY_H

#include <bpfx/net_types.h>
#include "sock.h"

/* What r1 of a sock_policy program points to. */
struct policy_args {
	struct bpfx_sock_policy ctx;
	struct sock_owner owner;
	uint64_t cookie;
	struct bpfx_sock_policy before;	/* as it was: a changed destination ends the chain */
};

/* What r1 of a bind program points to. */
struct bind_args {
	const unsigned char *app_id_start, *app_id_end;
	uint64_t process_id;
	struct bpfx_bind_md md;		/* the other fields */
};

extern const struct bpfx_hook policy_hooks[];

/* Rows of policy_hooks. */
enum {
	HOOK_REDIRECT4, HOOK_REDIRECT6, HOOK_AUTHORIZATION4, HOOK_AUTHORIZATION6,
	HOOK_ACCEPT4, HOOK_ACCEPT6, HOOK_LISTEN4, HOOK_LISTEN6, HOOK_BIND, HOOK_CNT,
};

/* Made-up events: address, port, source, source_port, protocol, pid, tid, verdict, interface_luid; the
 * target is the compartment. */
int policy_fire(const struct bpfx_host *host, const struct bpfx_hook *hook, struct bpfx_fire *fire);
/* Data: the application's name; operation, protocol, process_id, address, port. */
int bind_fire(const struct bpfx_host *host, const struct bpfx_hook *hook, struct bpfx_fire *fire);

int policy_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);
int bind_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);

#endif
