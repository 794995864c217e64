/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Emulated sockets as Linux makes them. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sock.h"

#define INITIAL_WINDOW	    10u
#define INFINITE_THRESHOLD  0x7fffffffu
#define DEFAULT_MSS	    536u

/* What net.core and net.ipv4 say unless somebody changed it. */
static const struct sock_options defaults = {
	.sndbuf = 212992, .rcvbuf = 212992, .rcvlowat = 1, .pacing_rate = -1,
	.autoflowlabel = 1,
};
static const struct sock_options tcp_defaults = {
	.sndbuf = 16384, .rcvbuf = 131072, .rcvlowat = 1, .pacing_rate = -1, .txrehash = 1,
	.keepidle = 7200, .keepintvl = 75, .keepcnt = 9, .syncnt = 6, .rto_max_ms = 120000,
	.delack_max_us = 200000, .rto_min_us = 200000, .snd_cwnd_clamp = -1,
	.autoflowlabel = 1, .congestion = "cubic",
};

/* Unique in the store, too: processes share it, sockets they do not. */
static uint64_t next_cookie(void)
{
	static uint32_t last;

	return (uint64_t)getpid() << 32 | __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
}

static uint32_t protocol_of(uint32_t type, uint32_t family)
{
	if (family != AF_INET && family != AF_INET6)
		return 0;
	return type == SOCK_STREAM ? IPPROTO_TCP : type == SOCK_DGRAM ? IPPROTO_UDP : 0;
}

void net_sock_init(struct net_sock *sock, uint32_t family, uint32_t type, uint32_t protocol)
{
	memset(sock, 0, sizeof(*sock));
	sock->common.family = family;
	sock->common.type = type;
	sock->common.protocol = protocol ? protocol : protocol_of(type, family);
	sock->common.state = BPF_TCP_CLOSE;
	sock->common.rx_queue_mapping = -1;
	sock->is_tcp = sock->common.protocol == IPPROTO_TCP;
	sock->full = true;
	sock->options = sock->is_tcp ? tcp_defaults : defaults;
	sock->tcp.snd_cwnd = INITIAL_WINDOW;
	sock->tcp.snd_ssthresh = INFINITE_THRESHOLD;
	sock->tcp.mss_cache = DEFAULT_MSS;
	sock->tcp.rtt_min = UINT32_MAX;
	sock->cookie = next_cookie();
	sock->netns_cookie = NETNS_FIRST;
}
