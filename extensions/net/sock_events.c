/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Sockets of applications and what happens to them: descriptions in, programs run, verdicts and
 * changed addresses out. A socket carries the contexts that outlive one event.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <bpfx/hook.h>

#include "sock.h"

#define EXPORT	     __attribute__((visibility("default")))
#define TCP_HEADER   20u
#define SOCK_FLAGS   BPFX_SOCK_ONLY_IPV6
#define NO_IP4	     0x7f000006u	/* 127.0.0.6: what an address of IPv6 is in IPv4 */

struct bpfx_sock {
	uint32_t busy;			/* an event is going on */
	struct bpfx_owner owner;	/* as it was told */
	struct bpfx_ctx_header header;	/* the socket is the context of cgroup_sock programs */
	struct net_sock sock;
	struct bpfx_ctx_header ops_header;
	struct sock_ops_args ops;
	struct sock_entry entry;
};

struct net_sock *net_sock_of_handle(struct bpfx_sock *handle)
{
	return &handle->sock;
}

struct bpfx_sock *net_sock_handle(struct net_sock *sock)
{
	return (void *)((char *)sock - offsetof(struct bpfx_sock, sock));
}

void sock_get(struct net_sock *sock)
{
	__atomic_fetch_add(&net_sock_handle(sock)->entry.refs, 1, __ATOMIC_RELAXED);
}

void sock_put(struct net_sock *sock)
{
	struct bpfx_sock *handle = net_sock_handle(sock);

	if (__atomic_sub_fetch(&handle->entry.refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(handle);
}

static uint64_t unowned_events;

EXPORT uint64_t bpfx_sock_unowned_events(void)
{
	return __atomic_load_n(&unowned_events, __ATOMIC_RELAXED);
}

static void count_unowned(const struct bpfx_owner *owner)
{
	if (!owner->known)
		__atomic_fetch_add(&unowned_events, 1, __ATOMIC_RELAXED);
}

const struct net_sock *sock_state_of(const struct bpfx_sock *sock)
{
	return &sock->sock;
}

/* One event at a time: contexts belong to the socket. */
bool sock_take(struct bpfx_sock *sock)
{
	return !__atomic_exchange_n(&sock->busy, 1, __ATOMIC_ACQUIRE);
}

void sock_give_back(struct bpfx_sock *sock)
{
	sock_table_refresh(&sock->entry);
	__atomic_store_n(&sock->busy, 0, __ATOMIC_RELEASE);
}

/* ---- made, described, freed ---- */

/* What Linux keeps where IPv4's local address stands. */
static uint32_t local_ip4(const uint32_t address[4])
{
	if (sock_is_mapped(address))
		return address[3];
	return address[0] | address[1] | address[2] | address[3] ? htonl(NO_IP4) : INADDR_ANY;
}

static void set_ends(struct bpf_sock *sk, const struct bpfx_endpoint *local,
		     const struct bpfx_endpoint *remote)
{
	if (local) {
		memcpy(sk->src_ip6, local->address, sizeof(sk->src_ip6));
		sk->src_ip4 = sk->family == AF_INET ? local->address[0] :
			      sk->family == AF_INET6 ? local_ip4(local->address) : 0;
		sk->src_port = local->port;
	}
	if (remote) {
		memcpy(sk->dst_ip6, remote->address, sizeof(sk->dst_ip6));
		sk->dst_ip4 = sk->family == AF_INET ? remote->address[0] :
			      sock_is_mapped(remote->address) ? remote->address[3] : 0;
		sk->dst_port = htons(remote->port);
	}
	if (sk->family == AF_INET) {
		memset(sk->src_ip6, 0, sizeof(sk->src_ip6));
		memset(sk->dst_ip6, 0, sizeof(sk->dst_ip6));
	}
}

static void get_end(struct bpfx_endpoint *end, uint32_t family, uint32_t ip4, const uint32_t *ip6,
		    uint32_t port)
{
	memset(end, 0, sizeof(*end));
	if (family == AF_INET)
		end->address[0] = ip4;
	else
		memcpy(end->address, ip6, sizeof(end->address));
	end->port = port;
}

static uint64_t info_flags(const struct bpfx_sock_info *info)
{
	return info->sz >= sizeof(*info) ? info->flags : 0;
}

EXPORT int bpfx_sock_create(const struct bpfx_sock_info *info, struct bpfx_sock **out)
{
	struct bpfx_sock *sock;
	struct bpf_sock *sk;

	if (info->sz < offsetof(struct bpfx_sock_info, flags) || info_flags(info) & ~SOCK_FLAGS ||
	    (info->family != AF_INET && info->family != AF_INET6 && info->family != AF_UNIX))
		return -EINVAL;
	sock = calloc(1, sizeof(*sock));
	if (!sock)
		return -ENOMEM;
	net_sock_init(&sock->sock, info->family, info->type, info->protocol);
	sk = &sock->sock.common;
	sk->state = info->state ? info->state : BPF_TCP_CLOSE;
	sk->mark = info->mark;
	sk->priority = info->priority;
	sk->bound_dev_if = info->bound_dev_if;
	sock->sock.only_ipv6 = info_flags(info) & BPFX_SOCK_ONLY_IPV6;
	set_ends(sk, &info->local, &info->remote);
	sock->sock.cgroup_id = info->cgroup_id ? info->cgroup_id : bpfx_cgroup(-1);
	if (info->netns_cookie)
		sock->sock.netns_cookie = info->netns_cookie;
	sock->owner = info->owner;
	sock->sock.owner = sock_owner_of(&info->owner);
	sock_table_add(&sock->entry, &sock->sock);
	*out = sock;
	return 0;
}

/* Programs that hold it keep it. */
EXPORT void bpfx_sock_destroy(struct bpfx_sock *sock)
{
	if (!sock)
		return;
	sock_table_remove(&sock->entry);
	sock_put(&sock->sock);
}

EXPORT int bpfx_sock_get_info(const struct bpfx_sock *sock, struct bpfx_sock_info *info)
{
	const struct bpf_sock *sk = &sock->sock.common;

	if (info->sz < offsetof(struct bpfx_sock_info, flags))
		return -EINVAL;
	if (info->sz >= sizeof(*info))
		info->flags = sock->sock.only_ipv6 ? BPFX_SOCK_ONLY_IPV6 : 0;
	info->cgroup_id = sock->sock.cgroup_id;
	info->netns_cookie = sock->sock.netns_cookie;
	info->family = sk->family;
	info->type = sk->type;
	info->protocol = sk->protocol;
	info->state = sk->state;
	info->mark = sk->mark;
	info->priority = sk->priority;
	info->bound_dev_if = sk->bound_dev_if;
	info->owner = sock->owner;
	get_end(&info->local, sk->family, sk->src_ip4, sk->src_ip6, sk->src_port);
	get_end(&info->remote, sk->family, sk->dst_ip4, sk->dst_ip6, ntohs(sk->dst_port));
	return 0;
}

struct new_state {
	uint32_t state;
	const struct bpfx_endpoint *local, *remote;
};

static void change_state(struct net_sock *sock, const void *arg)
{
	const struct new_state *to = arg;

	sock->common.state = to->state;
	set_ends(&sock->common, to->local, to->remote);
}

EXPORT int bpfx_sock_set_state(struct bpfx_sock *sock, uint32_t state,
			       const struct bpfx_endpoint *local,
			       const struct bpfx_endpoint *remote)
{
	const struct new_state to = { state, local, remote };

	if (!sock_take(sock))
		return -EBUSY;
	sock_table_change(&sock->entry, change_state, &to);
	sock_give_back(sock);
	return 0;
}

EXPORT uint64_t bpfx_sock_cookie(const struct bpfx_sock *sock)
{
	return sock->sock.cookie;
}

/* ---- programs on sockets ---- */

static bool is_sock_event(uint32_t attach_type)
{
	return attach_type == BPF_CGROUP_INET_SOCK_CREATE ||
	       attach_type == BPF_CGROUP_INET_SOCK_RELEASE ||
	       attach_type == BPF_CGROUP_INET4_POST_BIND ||
	       attach_type == BPF_CGROUP_INET6_POST_BIND;
}

EXPORT int bpfx_sock_event(struct bpfx_sock *sock, uint32_t attach_type)
{
	struct sock_verdict verdict;
	int ran;

	if (!is_sock_event(attach_type))
		return -EINVAL;
	if (!sock_take(sock))
		return -EBUSY;
	count_unowned(&sock->owner);
	ran = sock_hook_run(attach_type, &sock->sock, &sock->sock, &verdict);
	sock_give_back(sock);
	return ran < 0 ? ran : verdict.retval;
}

/* ---- addresses ---- */

struct addr_run {
	struct bpfx_ctx_header header;
	struct sock_addr_args args;
};

/* The family that an attach type's addresses have. */
static uint32_t family_of(uint32_t attach_type)
{
	switch (attach_type) {
	case BPF_CGROUP_INET4_BIND:
	case BPF_CGROUP_INET4_CONNECT:
	case BPF_CGROUP_UDP4_SENDMSG:
	case BPF_CGROUP_UDP4_RECVMSG:
	case BPF_CGROUP_INET4_GETPEERNAME:
	case BPF_CGROUP_INET4_GETSOCKNAME:
		return AF_INET;
	case BPF_CGROUP_INET6_BIND:
	case BPF_CGROUP_INET6_CONNECT:
	case BPF_CGROUP_UDP6_SENDMSG:
	case BPF_CGROUP_UDP6_RECVMSG:
	case BPF_CGROUP_INET6_GETPEERNAME:
	case BPF_CGROUP_INET6_GETSOCKNAME:
		return AF_INET6;
	case BPF_CGROUP_UNIX_CONNECT:
	case BPF_CGROUP_UNIX_SENDMSG:
	case BPF_CGROUP_UNIX_RECVMSG:
	case BPF_CGROUP_UNIX_GETPEERNAME:
	case BPF_CGROUP_UNIX_GETSOCKNAME:
		return AF_UNIX;
	default:
		return AF_UNSPEC;
	}
}

static uint32_t size_of_family(uint32_t family)
{
	return family == AF_INET ? sizeof(struct sockaddr_in) :
	       family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(sa_family_t);
}

void sock_read_address(const struct sockaddr *address, struct bpf_sock_addr *uapi)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	memset(uapi, 0, sizeof(*uapi));
	uapi->user_family = address->sa_family;
	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		uapi->user_ip4 = in.sin_addr.s_addr;
		uapi->user_port = in.sin_port;
	} else if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		memcpy(uapi->user_ip6, &in6.sin6_addr, sizeof(in6.sin6_addr));
		uapi->user_port = in6.sin6_port;
	}
}

void sock_write_address(const struct bpf_sock_addr *uapi, struct sockaddr *address)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		in.sin_addr.s_addr = uapi->user_ip4;
		in.sin_port = uapi->user_port;
		memcpy(address, &in, sizeof(in));
	} else if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		memcpy(&in6.sin6_addr, uapi->user_ip6, sizeof(in6.sin6_addr));
		in6.sin6_port = uapi->user_port;
		memcpy(address, &in6, sizeof(in6));
	}
}

static void fill_addr(struct sock_addr_args *args, struct net_sock *sock,
		      const struct bpfx_sock_addr *event)
{
	struct bpf_sock_addr *uapi = &args->uapi;

	sock_read_address(event->address, uapi);
	uapi->family = sock->common.family;
	uapi->type = sock->common.type;
	uapi->protocol = sock->common.protocol;
	uapi->msg_src_ip4 = event->source[0];
	memcpy(uapi->msg_src_ip6, event->source, sizeof(uapi->msg_src_ip6));
	uapi->sk = &sock->common;
	args->sock = sock;
}

static void tell_addr(const struct sock_addr_args *args, const struct bpf_sock_addr *before,
		      struct bpfx_sock_addr *event)
{
	event->changed = memcmp(&args->uapi, before, sizeof(*before)) != 0;
	if (!event->changed)
		return;
	sock_write_address(&args->uapi, event->address);
	if (event->attach_type == BPF_CGROUP_UDP4_SENDMSG)
		event->source[0] = args->uapi.msg_src_ip4;
	if (event->attach_type == BPF_CGROUP_UDP6_SENDMSG)
		memcpy(event->source, args->uapi.msg_src_ip6, sizeof(event->source));
}

static bool is_good_addr(const struct bpfx_sock_addr *event)
{
	uint32_t family = family_of(event->attach_type);

	return event->sz >= sizeof(*event) && family && event->address &&
	       event->address_size >= size_of_family(family) &&
	       event->address->sa_family == family;
}

static int run_addr(struct bpfx_sock *sock, struct bpfx_sock_addr *event)
{
	const struct bpfx_owner *owner = event->owner.known ? &event->owner : &sock->owner;
	struct sock_verdict verdict;
	struct bpf_sock_addr before;
	struct addr_run run;
	int ran;

	memset(&run, 0, sizeof(run));
	fill_addr(&run.args, &sock->sock, event);
	run.args.owner = sock_owner_of(owner);
	count_unowned(owner);
	before = run.args.uapi;
	ran = sock_hook_run(event->attach_type, &sock->sock, &run.args, &verdict);
	if (ran < 0)
		return ran;
	event->verdict = verdict.retval;
	event->bind_any_port = verdict.flags & 1;
	tell_addr(&run.args, &before, event);
	return ran;
}

EXPORT int bpfx_sock_addr_event(struct bpfx_sock *sock, struct bpfx_sock_addr *event)
{
	int ran;

	if (!is_good_addr(event))
		return -EINVAL;
	event->verdict = 0;
	event->changed = event->bind_any_port = 0;
	if (!sock_hook_is_active(event->attach_type))
		return 0;
	if (!sock_take(sock))
		return -EBUSY;
	ran = run_addr(sock, event);
	sock_give_back(sock);
	return ran;
}

/* ---- life of a TCP socket ---- */

static bool is_good_op(const struct bpfx_sock_ops *event)
{
	if (event->sz < sizeof(*event) || event->op == BPF_SOCK_OPS_VOID)
		return false;
	if (event->header ? event->header_size < TCP_HEADER : event->header_size)
		return false;
	return event->room || !event->room_size || event->op == BPF_SOCK_OPS_HDR_OPT_LEN_CB;
}

/* What only a full socket has. */
static void fill_tcp(struct bpf_sock_ops *uapi, const struct net_sock *sock)
{
	const struct bpf_tcp_sock *tcp = &sock->tcp;

	uapi->is_fullsock = 1;
	uapi->snd_cwnd = tcp->snd_cwnd;
	uapi->srtt_us = tcp->srtt_us;
	uapi->bpf_sock_ops_cb_flags = sock->cb_flags;
	uapi->rtt_min = tcp->rtt_min;
	uapi->snd_ssthresh = tcp->snd_ssthresh;
	uapi->rcv_nxt = tcp->rcv_nxt;
	uapi->snd_nxt = tcp->snd_nxt;
	uapi->snd_una = tcp->snd_una;
	uapi->mss_cache = tcp->mss_cache;
	uapi->ecn_flags = tcp->ecn_flags;
	uapi->rate_delivered = tcp->rate_delivered;
	uapi->rate_interval_us = tcp->rate_interval_us;
	uapi->packets_out = tcp->packets_out;
	uapi->retrans_out = tcp->retrans_out;
	uapi->total_retrans = tcp->total_retrans;
	uapi->segs_in = tcp->segs_in;
	uapi->data_segs_in = tcp->data_segs_in;
	uapi->segs_out = tcp->segs_out;
	uapi->data_segs_out = tcp->data_segs_out;
	uapi->lost_out = tcp->lost_out;
	uapi->sacked_out = tcp->sacked_out;
	uapi->bytes_received = tcp->bytes_received;
	uapi->bytes_acked = tcp->bytes_acked;
}

void sock_ops_fill(struct sock_ops_args *ops, struct net_sock *sock, bool full)
{
	struct bpf_sock_ops *uapi = &ops->uapi;
	const struct bpf_sock *sk = &sock->common;

	memset(ops, 0, sizeof(*ops));
	uapi->family = sk->family;
	uapi->remote_ip4 = sk->dst_ip4;
	uapi->local_ip4 = sk->src_ip4;
	memcpy(uapi->remote_ip6, sk->dst_ip6, sizeof(uapi->remote_ip6));
	memcpy(uapi->local_ip6, sk->src_ip6, sizeof(uapi->local_ip6));
	/* A 16-bit port in network order, read as the upper half of a big-endian word. */
	uapi->remote_port = htonl(ntohs(sk->dst_port));
	uapi->local_port = sk->src_port;
	uapi->state = sk->state;
	sock->full = full;
	ops->sock = sock;
	if (!full)
		return;
	fill_tcp(uapi, sock);
	uapi->sk = (struct bpf_sock *)sk;
}

static void fill_packet(struct sock_ops_args *ops, const struct bpfx_sock_ops *event)
{
	const unsigned char *header = event->header;

	ops->uapi.skb_data = (void *)(uintptr_t)header;
	ops->uapi.skb_data_end = (void *)(uintptr_t)(header + event->header_size);
	ops->uapi.skb_len = event->packet_size;
	ops->uapi.skb_hwtstamp = event->hwtstamp;
	if (header)
		ops->uapi.skb_tcp_flags = header[offsetof(struct tcphdr, window) - 1];
	ops->packet = (struct sock_ops_packet){
		.data = header, .size = event->header_size,
		.room = event->room, .room_size = event->room_size,
	};
}

static int run_ops(struct bpfx_sock *sock, struct bpfx_sock_ops *event)
{
	struct sock_ops_args *ops = &sock->ops;
	struct sock_verdict verdict;
	int ran;

	if (event->tcp)
		sock->sock.tcp = *event->tcp;
	sock_ops_fill(ops, &sock->sock, !event->request_sock);
	ops->uapi.op = event->op;
	memcpy(ops->uapi.args, event->args, sizeof(ops->uapi.args));
	ops->uapi.sk_txhash = event->tx_hash;
	fill_packet(ops, event);
	count_unowned(&sock->owner);
	ran = sock_hook_run(BPF_CGROUP_SOCK_OPS, &sock->sock, ops, &verdict);
	sock->sock.full = true;
	if (ran < 0)
		return ran;
	event->reply = verdict.retval ? -1 : (int32_t)ops->uapi.reply;
	event->tx_hash = ops->uapi.sk_txhash;
	event->used = ops->packet.used;
	event->reserved_room = ops->packet.reserved;
	return ran;
}

EXPORT int bpfx_sock_ops_event(struct bpfx_sock *sock, struct bpfx_sock_ops *event)
{
	int ran;

	if (!is_good_op(event) || !sock->sock.is_tcp)
		return -EINVAL;
	event->used = event->reserved_room = 0;
	event->reply = event->args[0];
	if (!sock_hook_is_active(BPF_CGROUP_SOCK_OPS))
		return 0;
	if (!sock_take(sock))
		return -EBUSY;
	ran = run_ops(sock, event);
	sock_give_back(sock);
	return ran;
}
