/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * From a socket's event to the hook of its attach type, and from the programs' results to what the
 * system call returns. A program that refuses makes that -EPERM, unless an error stands there
 * already; the next one can read it and put something else in its place.
 */
#include "sock.h"

#define MAX_ERRNO 4095
#define ALLOW	  1u

/* Events are of known attach types: there always is one. Looked for once. */
static const struct bpfx_hook *hook_of(uint32_t attach_type)
{
	static const struct bpfx_hook *found[__MAX_BPF_ATTACH_TYPE];
	const struct bpfx_hook *hook = __atomic_load_n(&found[attach_type], __ATOMIC_RELAXED);

	if (hook)
		return hook;
	for (uint32_t i = 0; !hook && i < NET_HOOK_CNT; i++)
		if (net_hooks[i].attach_type == attach_type)
			hook = &net_hooks[i];
	__atomic_store_n(&found[attach_type], hook, __ATOMIC_RELAXED);
	return hook;
}

bool sock_hook_is_active(uint32_t attach_type)
{
	return bpfx_hook_active(hook_of(attach_type));
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

int32_t cgroup_get_retval(const int32_t *retval, void *ctx)
{
	const uint32_t *result = result_before(ctx);

	return judge(result ? *result : ALLOW, *retval);
}

/* Whatever was refused before is overruled: this is the result now. */
void cgroup_set_retval(int32_t *retval, void *ctx, int32_t value)
{
	uint32_t *result = result_before(ctx);

	*retval = value;
	if (result)
		*result |= ALLOW;
}

int cgroup_hook_run(uint32_t attach_type, uint64_t cgroup_id, void *ctx, int32_t *retval,
		    uint32_t *flags)
{
	const struct bpfx_hook *hook = hook_of(attach_type);
	uint32_t result = ALLOW;
	int ran = 0;

	if (bpfx_hook_active(hook))
		ran = net_host->run_hook(hook, cgroup_id, ctx, &result);
	*retval = judge(result, *retval);
	*flags = result >> 1;
	return ran;
}

int sock_hook_run(uint32_t attach_type, struct net_sock *sock, void *ctx,
		  struct sock_verdict *verdict)
{
	int ran;

	sock->retval = 0;
	ran = cgroup_hook_run(attach_type, sock->cgroup_id, ctx, &sock->retval, &verdict->flags);
	verdict->retval = sock->retval;
	return ran;
}
