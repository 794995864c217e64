/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * From a socket's event to the hook of its attach type, and from the programs' results to what the
 * system call returns. A program that refuses makes that -EPERM, unless an error stands there
 * already; the next one can read it and put something else in its place.
 */
#include <bpfx/hook.h>

#include "sock.h"

#define MAX_ERRNO 4095
#define ALLOW	  1u

/* Linux's names of the attach types whose events sockets have. */
static const char *const names[__MAX_BPF_ATTACH_TYPE] = {
	[BPF_CGROUP_INET_SOCK_CREATE]	= "cgroup_inet_sock_create",
	[BPF_CGROUP_INET_SOCK_RELEASE]	= "cgroup_inet_sock_release",
	[BPF_CGROUP_INET4_POST_BIND]	= "cgroup_inet4_post_bind",
	[BPF_CGROUP_INET6_POST_BIND]	= "cgroup_inet6_post_bind",
	[BPF_CGROUP_SOCK_OPS]		= "cgroup_sock_ops",
	[BPF_CGROUP_INET4_BIND]		= "cgroup_inet4_bind",
	[BPF_CGROUP_INET6_BIND]		= "cgroup_inet6_bind",
	[BPF_CGROUP_INET4_CONNECT]	= "cgroup_inet4_connect",
	[BPF_CGROUP_INET6_CONNECT]	= "cgroup_inet6_connect",
	[BPF_CGROUP_UNIX_CONNECT]	= "cgroup_unix_connect",
	[BPF_CGROUP_UDP4_SENDMSG]	= "cgroup_udp4_sendmsg",
	[BPF_CGROUP_UDP6_SENDMSG]	= "cgroup_udp6_sendmsg",
	[BPF_CGROUP_UNIX_SENDMSG]	= "cgroup_unix_sendmsg",
	[BPF_CGROUP_UDP4_RECVMSG]	= "cgroup_udp4_recvmsg",
	[BPF_CGROUP_UDP6_RECVMSG]	= "cgroup_udp6_recvmsg",
	[BPF_CGROUP_UNIX_RECVMSG]	= "cgroup_unix_recvmsg",
	[BPF_CGROUP_INET4_GETPEERNAME]	= "cgroup_inet4_getpeername",
	[BPF_CGROUP_INET6_GETPEERNAME]	= "cgroup_inet6_getpeername",
	[BPF_CGROUP_UNIX_GETPEERNAME]	= "cgroup_unix_getpeername",
	[BPF_CGROUP_INET4_GETSOCKNAME]	= "cgroup_inet4_getsockname",
	[BPF_CGROUP_INET6_GETSOCKNAME]	= "cgroup_inet6_getsockname",
	[BPF_CGROUP_UNIX_GETSOCKNAME]	= "cgroup_unix_getsockname",
};

/* Looked for once. */
static const struct bpfx_hook *found[__MAX_BPF_ATTACH_TYPE];

void sock_hooks_forget(void)
{
	for (uint32_t i = 0; i < ARRAY_CNT(found); i++)
		__atomic_store_n(&found[i], NULL, __ATOMIC_RELAXED);
}

static const struct bpfx_hook *hook_of(uint32_t attach_type)
{
	const struct bpfx_hook *hook = __atomic_load_n(&found[attach_type], __ATOMIC_RELAXED);

	if (!hook) {
		hook = bpfx_find_hook(names[attach_type]);
		__atomic_store_n(&found[attach_type], hook, __ATOMIC_RELAXED);
	}
	return hook;
}

bool sock_hook_is_active(uint32_t attach_type)
{
	const struct bpfx_hook *hook = hook_of(attach_type);

	return hook && bpfx_hook_active(hook);
}

/* ---- what the system call returns ---- */

static bool is_error(int32_t retval)
{
	return retval < 0 && retval >= -MAX_ERRNO;
}

static int32_t judge(uint32_t result, int32_t retval)
{
	return result & ALLOW || is_error(retval) ? retval : -EPERM;
}

static uint32_t *result_before(void *ctx)
{
	return (void *)(uintptr_t)bpfx_ctx_header(ctx)->slot[BPFX_CTX_RESULT];
}

int32_t sock_get_retval(struct net_sock *sock, void *ctx)
{
	const uint32_t *result = result_before(ctx);

	return judge(result ? *result : ALLOW, sock->retval);
}

/* Whatever was refused before is overruled: this is the result now. */
void sock_set_retval(struct net_sock *sock, void *ctx, int32_t retval)
{
	uint32_t *result = result_before(ctx);

	sock->retval = retval;
	if (result)
		*result |= ALLOW;
}

int sock_hook_run(uint32_t attach_type, struct net_sock *sock, void *ctx,
		  struct sock_verdict *verdict)
{
	const struct bpfx_hook *hook = hook_of(attach_type);
	uint32_t result = ALLOW;
	int ran = 0;

	sock->retval = 0;
	if (hook && bpfx_hook_active(hook))
		ran = net_host->run_hook(hook, sock->cgroup_id, ctx, &result);
	verdict->retval = judge(result, sock->retval);
	verdict->flags = result >> 1;
	return ran;
}
