/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN of programs on sockets, which Linux does not have: a context in, the context
 * out, under Linux's rules for sizes. All that the caller does not say is zero, always: the socket
 * is nobody's unless a struct bpfx_owner follows the context.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sock.h"

/* A test run's socket is the first one of the first namespace: runs must not differ. */
#define TEST_COOKIE 1u
#define TEST_CGROUP 1u

/* What is given back must not tell addresses of this process. */
struct addr_in {
	struct bpf_sock_addr uapi;
	struct bpfx_owner owner;
};

struct ops_in {
	struct bpf_sock_ops uapi;
	struct bpfx_owner owner;
};

struct sock_in {
	struct bpf_sock uapi;
	struct bpfx_owner owner;
};

static int read_ctx(const struct bpfx_host *host, const struct bpfx_test_run *run, void *in,
		    uint32_t size)
{
	int err = test_without_data(run->attr), given;

	if (err)
		return err;
	memset(in, 0, size);
	given = test_read_ctx(host, run, in, size);
	return given < 0 ? given : 0;
}

static void init_sock(struct net_sock *sock, uint32_t family, uint32_t type, uint32_t protocol,
		      const struct bpfx_owner *owner)
{
	net_sock_init(sock, family, type, protocol);
	sock->cookie = TEST_COOKIE;
	sock->cgroup_id = TEST_CGROUP;
	sock->owner = sock_owner_of(owner);
}

/* ---- sock_addr ---- */

int sock_addr_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	struct { struct bpfx_ctx_header header; struct sock_addr_args args; } test;
	struct bpf_sock_addr *uapi = &test.args.uapi;
	struct net_sock sock;
	struct addr_in in;
	int err = read_ctx(host, run, &in, sizeof(in));

	if (err || in.uapi.sk)
		return err ? err : -EINVAL;
	init_sock(&sock, in.uapi.family, in.uapi.type, in.uapi.protocol, &in.owner);
	memset(&test, 0, sizeof(test));
	*uapi = in.uapi;
	uapi->sk = &sock.common;
	test.args.sock = &sock;
	test.args.owner = sock.owner;
	err = test_run_ctx(host, run, &test.args);
	uapi->sk = NULL;
	return err ? err : test_write_ctx(host, run, uapi, sizeof(*uapi));
}

/* ---- sock_ops ---- */

static void ends_of(struct bpf_sock *sk, const struct bpf_sock_ops *uapi)
{
	sk->src_ip4 = uapi->local_ip4;
	sk->dst_ip4 = uapi->remote_ip4;
	memcpy(sk->src_ip6, uapi->local_ip6, sizeof(sk->src_ip6));
	memcpy(sk->dst_ip6, uapi->remote_ip6, sizeof(sk->dst_ip6));
	sk->src_port = uapi->local_port;
	sk->dst_port = htons(ntohl(uapi->remote_port));
	sk->state = uapi->state;
}

static void tcp_of(struct net_sock *sock, const struct bpf_sock_ops *uapi)
{
	sock->tcp.snd_cwnd = uapi->snd_cwnd;
	sock->tcp.srtt_us = uapi->srtt_us;
	sock->tcp.snd_ssthresh = uapi->snd_ssthresh;
	sock->tcp.mss_cache = uapi->mss_cache;
	sock->tcp.data_segs_out = uapi->data_segs_out;
	sock->tcp.bytes_received = uapi->bytes_received;
	sock->tcp.bytes_acked = uapi->bytes_acked;
	sock->cb_flags = uapi->bpf_sock_ops_cb_flags;
}

int sock_ops_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	struct { struct bpfx_ctx_header header; struct sock_ops_args args; } test;
	struct bpf_sock_ops *uapi = &test.args.uapi;
	struct net_sock sock;
	struct ops_in in;
	int err = read_ctx(host, run, &in, sizeof(in));

	if (err || in.uapi.sk || in.uapi.skb_data || in.uapi.skb_data_end ||
	    in.uapi.is_fullsock > 1)
		return err ? err : -EINVAL;
	init_sock(&sock, in.uapi.family, SOCK_STREAM, IPPROTO_TCP, &in.owner);
	ends_of(&sock.common, &in.uapi);
	tcp_of(&sock, &in.uapi);
	sock.full = in.uapi.is_fullsock;
	memset(&test, 0, sizeof(test));
	*uapi = in.uapi;
	if (sock.full)
		uapi->sk = &sock.common;
	test.args.sock = &sock;
	err = test_run_ctx(host, run, &test.args);
	uapi->sk = NULL;
	return err ? err : test_write_ctx(host, run, uapi, sizeof(*uapi));
}

/* ---- cgroup_sock ---- */

int sock_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	struct { struct bpfx_ctx_header header; struct net_sock sock; } test;
	struct sock_in in;
	int err = read_ctx(host, run, &in, sizeof(in));

	if (err)
		return err;
	memset(&test, 0, sizeof(test));
	init_sock(&test.sock, in.uapi.family, in.uapi.type, in.uapi.protocol, &in.owner);
	test.sock.common = in.uapi;
	err = test_run_ctx(host, run, &test.sock);
	return err ? err : test_write_ctx(host, run, &test.sock.common, sizeof(in.uapi));
}
