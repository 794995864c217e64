/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Helpers of programs on sockets. What they say of "the current" process is what the event says of
 * the socket's owner: whoever runs the callback is nobody's business.
 */
#include "skb_helpers.h"
#include "sock.h"

#define HELPER(name)                                                                               \
	static uint64_t name(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,      \
			     void *ctx)


static void *pointer(uint64_t value)
{
	return (void *)(uintptr_t)value;
}

/* The socket of each type's context. */
static struct net_sock *addr_sock(uint64_t ctx)
{
	return ((struct sock_addr_args *)pointer(ctx))->sock;
}

static struct net_sock *ops_sock(uint64_t ctx)
{
	return ((struct sock_ops_args *)pointer(ctx))->sock;
}

/* ---- who ---- */

HELPER(help_addr_pid_tgid)
{
	return ((const struct sock_addr_args *)ctx)->owner.pid_tgid;
}

HELPER(help_ops_pid_tgid)
{
	return ((const struct sock_ops_args *)ctx)->sock->owner.pid_tgid;
}

HELPER(help_addr_cgroup_id)
{
	return net_sock_cgroup(((const struct sock_addr_args *)ctx)->sock);
}

HELPER(help_ops_cgroup_id)
{
	return net_sock_cgroup(((const struct sock_ops_args *)ctx)->sock);
}

HELPER(help_sock_cgroup_id)
{
	return net_sock_cgroup(ctx);
}

HELPER(help_addr_cookie)
{
	return addr_sock(r1)->cookie;
}

HELPER(help_ops_cookie)
{
	return ops_sock(r1)->cookie;
}

HELPER(help_sock_cookie)
{
	return net_sock_of(pointer(r1))->cookie;
}

/* Without a context: where everything began. */
HELPER(help_addr_netns)
{
	return r1 ? addr_sock(r1)->netns_cookie : NETNS_FIRST;
}

HELPER(help_ops_netns)
{
	return r1 ? ops_sock(r1)->netns_cookie : NETNS_FIRST;
}

HELPER(help_sock_netns)
{
	return r1 ? net_sock_of(pointer(r1))->netns_cookie : NETNS_FIRST;
}

/* ---- what the system call will return ---- */

HELPER(help_addr_get_retval)
{
	return (int64_t)cgroup_get_retval(&addr_sock((uintptr_t)ctx)->retval, ctx);
}

HELPER(help_addr_set_retval)
{
	cgroup_set_retval(&addr_sock((uintptr_t)ctx)->retval, ctx, r1);
	return 0;
}

HELPER(help_sock_get_retval)
{
	return (int64_t)cgroup_get_retval(&net_sock_of(ctx)->retval, ctx);
}

HELPER(help_sock_set_retval)
{
	cgroup_set_retval(&net_sock_of(ctx)->retval, ctx, r1);
	return 0;
}

/* ---- options ---- */

HELPER(help_addr_setsockopt)
{
	return (int64_t)sock_option_set(addr_sock(r1), r2, r3, pointer(r4), r5);
}

HELPER(help_addr_getsockopt)
{
	return (int64_t)sock_option_get(addr_sock(r1), r2, r3, pointer(r4), r5);
}

/* Time stamps are told without the socket's lock: nothing that needs it is there. */
static bool is_locked(const struct sock_ops_args *ops)
{
	return ops->uapi.op <= BPF_SOCK_OPS_WRITE_HDR_OPT_CB;
}

static void tell_window(struct sock_ops_args *ops)
{
	if (!ops->uapi.is_fullsock)
		return;
	ops->uapi.snd_cwnd = ops->sock->tcp.snd_cwnd;
	ops->uapi.snd_ssthresh = ops->sock->tcp.snd_ssthresh;
	ops->uapi.bpf_sock_ops_cb_flags = ops->sock->cb_flags;
}

HELPER(help_ops_setsockopt)
{
	struct sock_ops_args *ops = pointer(r1);
	int err;

	if (!is_locked(ops))
		return -EOPNOTSUPP;
	err = sock_option_set(ops->sock, r2, r3, pointer(r4), r5);
	tell_window(ops);
	return (int64_t)err;
}

HELPER(help_ops_getsockopt)
{
	const struct sock_ops_args *ops = pointer(r1);

	if (!is_locked(ops))
		return -EOPNOTSUPP;
	return (int64_t)sock_option_get(ops->sock, r2, r3, pointer(r4), r5);
}

HELPER(help_ops_cb_flags_set)
{
	struct sock_ops_args *ops = pointer(r1);
	uint32_t flags = r2;

	if (!is_locked(ops))
		return -EOPNOTSUPP;
	if (!ops->uapi.is_fullsock)
		return -EINVAL;
	ops->sock->cb_flags = flags & BPF_SOCK_OPS_ALL_CB_FLAGS;
	tell_window(ops);
	return flags & ~(uint32_t)BPF_SOCK_OPS_ALL_CB_FLAGS;
}

HELPER(help_addr_bind)
{
	return (int64_t)sock_bind(addr_sock(r1), pointer(r2), r3);
}

/* ---- TCP ---- */

HELPER(help_tcp_sock)
{
	const struct net_sock *sock = net_sock_of(pointer(r1));

	return sock->full && sock->is_tcp ? r1 : 0;
}

HELPER(help_load_hdr_opt)
{
	const struct sock_ops_args *ops = pointer(r1);

	if (!is_locked(ops))
		return -EOPNOTSUPP;
	return (int64_t)sock_load_option(ops, pointer(r2), r3, r4);
}

HELPER(help_store_hdr_opt)
{
	return (int64_t)sock_store_option(pointer(r1), pointer(r2), r3, r4);
}

HELPER(help_reserve_hdr_opt)
{
	return (int64_t)sock_reserve_option(pointer(r1), r2, r3);
}

/* ---- rows ---- */

#define CTX  BPFX_ARG_CTX
#define ANY  BPFX_ARG_ANY
#define SIZE BPFX_ARG_SIZE
#define IN   BPFX_ARG_MEM | BPFX_RDONLY
#define OUT  BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE
#define ROW(id, fn, ...)                                                                           \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER, { __VA_ARGS__ }, .flags = 0 }
#define OF_RUN(id, fn, ...)                                                                        \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER, { __VA_ARGS__ },                               \
	  .flags = BPFX_HELPER_IMPLICIT_CTX }
#define OF_RUN_AT(types, id, fn, ...)                                                              \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER, { __VA_ARGS__ },                               \
	  .flags = BPFX_HELPER_IMPLICIT_CTX, .attach_types = types,                                \
	  .attach_type_cnt = ARRAY_CNT(types) }
#define ROW_AT(types, id, fn, ...)                                                                 \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER, { __VA_ARGS__ }, .attach_types = types,        \
	  .attach_type_cnt = ARRAY_CNT(types) }

static const uint32_t connects[] = { BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT };
static const uint32_t may_refuse[] = {
	BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET6_BIND,
	BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT, BPF_CGROUP_UNIX_CONNECT,
	BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP6_SENDMSG, BPF_CGROUP_UNIX_SENDMSG,
};

const struct bpfx_helper sock_addr_rows[SOCK_ADDR_ROW_CNT] = {
	OF_RUN(get_current_pid_tgid, help_addr_pid_tgid, BPFX_ARG_NONE),
	OF_RUN(get_current_cgroup_id, help_addr_cgroup_id, BPFX_ARG_NONE),
	ROW(get_socket_cookie, help_addr_cookie, CTX),
	ROW(get_netns_cookie, help_addr_netns, CTX | BPFX_NULLABLE),
	ROW(setsockopt, help_addr_setsockopt, CTX, ANY, ANY, IN, SIZE),
	ROW(getsockopt, help_addr_getsockopt, CTX, ANY, ANY, OUT, SIZE),
	ROW_AT(connects, bind, help_addr_bind, CTX, IN, SIZE),
	OF_RUN_AT(may_refuse, get_retval, help_addr_get_retval, BPFX_ARG_NONE),
	OF_RUN_AT(may_refuse, set_retval, help_addr_set_retval, ANY),
	LOOKUP_ROWS(addr),
};

const struct bpfx_helper sock_ops_rows[SOCK_OPS_ROW_CNT] = {
	OF_RUN(get_current_pid_tgid, help_ops_pid_tgid, BPFX_ARG_NONE),
	OF_RUN(get_current_cgroup_id, help_ops_cgroup_id, BPFX_ARG_NONE),
	ROW(get_socket_cookie, help_ops_cookie, CTX),
	ROW(get_netns_cookie, help_ops_netns, CTX | BPFX_NULLABLE),
	ROW(setsockopt, help_ops_setsockopt, CTX, ANY, ANY, IN, SIZE),
	ROW(getsockopt, help_ops_getsockopt, CTX, ANY, ANY, OUT, SIZE),
	ROW(sock_ops_cb_flags_set, help_ops_cb_flags_set, CTX, ANY),
	{ BPF_FUNC_tcp_sock, "tcp_sock", help_tcp_sock, BPFX_RET_TCP_SOCK | BPFX_RET_OR_NULL,
	  { BPFX_ARG_SOCK_COMMON }, .flags = 0 },
	ROW(load_hdr_opt, help_load_hdr_opt, CTX, BPFX_ARG_MEM | BPFX_WRITE, SIZE, ANY),
	ROW(store_hdr_opt, help_store_hdr_opt, CTX, IN, SIZE, ANY),
	ROW(reserve_hdr_opt, help_reserve_hdr_opt, CTX, ANY, ANY),
};

const struct bpfx_helper cgroup_sock_rows[SOCK_ROW_CNT] = {
	OF_RUN(get_current_cgroup_id, help_sock_cgroup_id, BPFX_ARG_NONE),
	ROW(get_socket_cookie, help_sock_cookie, CTX),
	ROW(get_netns_cookie, help_sock_netns, CTX | BPFX_NULLABLE),
	OF_RUN(get_retval, help_sock_get_retval, BPFX_ARG_NONE),
	OF_RUN(set_retval, help_sock_set_retval, ANY),
};
