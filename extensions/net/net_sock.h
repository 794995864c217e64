/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * An emulated socket. It begins with what programs may read of it (struct bpf_sock), so a pointer to
 * one is a pointer to the other.
 */
#ifndef EXTENSIONS_NET_NET_SOCK_H
#define EXTENSIONS_NET_NET_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <bpfx/helper.h>
#include <linux/bpf.h>

#define SOCK_CONGESTION_NAME 16u
#define NETNS_FIRST	     1u		/* cookie of the first network namespace */
#define ENOTSUPP	     524	/* what the kernel says; libc has no name for it */

/* Options that programs get and set (sock_options.c); defaults are Linux's. */
struct sock_options {
	int32_t reuseaddr, reuseport, keepalive, sndbuf, rcvbuf, rcvlowat, txrehash, pacing_rate;
	int32_t bpf_cb_flags;
	int32_t nodelay, user_mss, keepidle, keepintvl, keepcnt, syncnt, window_clamp, thin_lto;
	int32_t user_timeout, notsent_lowat, save_syn, rto_max_ms;
	int32_t delack_max_us, rto_min_us, snd_cwnd_clamp;
	int32_t tos, tclass, autoflowlabel;
	bool rcvbuf_locked;		/* somebody chose it */
	char congestion[SOCK_CONGESTION_NAME];
};

/* Whose socket it is. Written before a program can see it, only read afterwards. */
struct sock_owner {
	uint64_t pid_tgid;		/* 0: nobody said */
};

struct net_sock {
	/* What verified loads read: these two stay where they are. */
	struct bpf_sock common;
	char between[BPFX_TCP_SOCK_OFFSET - sizeof(struct bpf_sock)];
	struct bpf_tcp_sock tcp;
	struct sock_options options;
	struct sock_owner owner;
	uint64_t cookie, netns_cookie, cgroup_id;
	uint32_t uid;
	int32_t cb_flags;		/* BPF_SOCK_OPS_*_CB_FLAG */
	bool full, is_tcp;
	bool only_ipv6;			/* IPV6_V6ONLY */
	int32_t retval;			/* bpf_get_retval() of programs of a cgroup */
};

_Static_assert(offsetof(struct net_sock, tcp) == BPFX_TCP_SOCK_OFFSET, "where programs look for it");

/* sock.c: a socket as Linux makes it; its own cookie. */
void net_sock_init(struct net_sock *sock, uint32_t family, uint32_t type, uint32_t protocol);

/* Its cgroup's id as programs know it: cgroups of the store's own tree are told apart by the highest
 * bit where hooks are concerned. */
static inline uint64_t net_sock_cgroup(const struct net_sock *sock)
{
	return sock->cgroup_id & ~(1ull << 63);
}

static inline struct net_sock *net_sock_of(const void *sk)
{
	return (void *)(uintptr_t)sk;
}

#endif
