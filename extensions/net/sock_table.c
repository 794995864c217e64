/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The sockets that this application told of, found by the ends of a connection as Linux finds its
 * own; and those that programs hold, which stay until they are given back.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <netinet/in.h>

#include "skb_helpers.h"
#include "sock.h"

#define BUCKETS 256u

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static struct sock_entry *table[BUCKETS];

/* A child has the table as it was, and nobody who holds its lock. */
static void before_fork(void)
{
	pthread_rwlock_wrlock(&lock);
}

static void after_fork(void)
{
	pthread_rwlock_unlock(&lock);
}

static void in_child(void)
{
	pthread_rwlock_init(&lock, NULL);
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, in_child);
}

/* ---- what is in it ---- */

static uint32_t port_of(const struct sock_entry *entry)
{
	return entry->sock->common.src_port;
}

static void put_in(struct sock_entry *entry)
{
	struct sock_entry **bucket = &table[port_of(entry) % BUCKETS];

	entry->port = port_of(entry);
	entry->next = *bucket;
	*bucket = entry;
}

static void take_out(struct sock_entry *entry)
{
	struct sock_entry **at = &table[entry->port % BUCKETS];

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
}

void sock_table_add(struct sock_entry *entry, struct net_sock *sock)
{
	entry->sock = sock;
	entry->refs = 1;
	pthread_rwlock_wrlock(&lock);
	put_in(entry);
	pthread_rwlock_unlock(&lock);
}

void sock_table_remove(struct sock_entry *entry)
{
	pthread_rwlock_wrlock(&lock);
	take_out(entry);
	pthread_rwlock_unlock(&lock);
}

void sock_table_change(struct sock_entry *entry, void (*change)(struct net_sock *, const void *),
		       const void *arg)
{
	pthread_rwlock_wrlock(&lock);
	change(entry->sock, arg);
	take_out(entry);
	put_in(entry);
	pthread_rwlock_unlock(&lock);
}

/* Programs bind sockets, too. */
void sock_table_refresh(struct sock_entry *entry)
{
	if (entry->port == port_of(entry))
		return;
	pthread_rwlock_wrlock(&lock);
	take_out(entry);
	put_in(entry);
	pthread_rwlock_unlock(&lock);
}

/* ---- which one ---- */

struct question {
	const struct bpf_sock_tuple *tuple;
	uint64_t netns_cookie;
	uint32_t family, protocol, ifindex;
	bool listeners;			/* nothing else */
};

static bool is_zero(const void *bytes, uint32_t size)
{
	const unsigned char *at = bytes;

	while (size && !*at)
		at++, size--;
	return !size;
}

struct end {
	const void *address;
	uint32_t port;			/* network order */
};

static struct end local_of(const struct question *q)
{
	return q->family == AF_INET
		? (struct end){ &q->tuple->ipv4.daddr, q->tuple->ipv4.dport }
		: (struct end){ q->tuple->ipv6.daddr, q->tuple->ipv6.dport };
}

static struct end remote_of(const struct question *q)
{
	return q->family == AF_INET
		? (struct end){ &q->tuple->ipv4.saddr, q->tuple->ipv4.sport }
		: (struct end){ q->tuple->ipv6.saddr, q->tuple->ipv6.sport };
}

static uint32_t address_size(const struct question *q)
{
	return q->family == AF_INET ? 4 : 16;
}

/* How well one end fits: -1: not; 0: it takes any; else how much it says. */
static int fit(const void *own, uint32_t own_port, struct end end, uint32_t size, int weight)
{
	int score = 0;

	if (own_port && own_port != end.port)
		return -1;
	if (own_port)
		score += weight;
	if (is_zero(own, size))
		return score;
	return memcmp(own, end.address, size) ? -1 : score + weight;
}

/* Sockets of IPv6 that take any address take IPv4's, too; those of mapped ones take nothing else,
 * but without a connection Linux has them under both names. */
static bool is_of_family(const struct question *q, const struct net_sock *sock)
{
	const struct bpf_sock *sk = &sock->common;
	bool mapped = sk->family == AF_INET6 && sock_is_mapped(sk->src_ip6);

	if (sk->family == q->family)
		return !mapped || sk->protocol != IPPROTO_TCP || sk->state == BPF_TCP_LISTEN;
	return sk->family == AF_INET6 && !sock->only_ipv6 && (mapped || is_zero(sk->src_ip6, 16));
}

static int fit_local(const struct question *q, const struct net_sock *sock)
{
	const struct bpf_sock *sk = &sock->common;
	const void *own = q->family == AF_INET ? (const void *)&sk->src_ip4 : sk->src_ip6;

	if (!is_of_family(q, sock))
		return -1;
	return fit(own, htons(sk->src_port), local_of(q), address_size(q), 16);
}

static int fit_remote(const struct question *q, const struct bpf_sock *sk)
{
	const void *peer = q->family == AF_INET ? (const void *)&sk->dst_ip4 : sk->dst_ip6;

	if (sk->state == BPF_TCP_LISTEN)
		return 0;
	return fit(peer, sk->dst_port, remote_of(q), address_size(q), 4);
}

static bool is_candidate(const struct question *q, const struct net_sock *sock)
{
	const struct bpf_sock *sk = &sock->common;

	if (sk->protocol != q->protocol || sock->netns_cookie != q->netns_cookie || !sk->src_port)
		return false;
	if (sk->bound_dev_if && sk->bound_dev_if != q->ifindex)
		return false;
	if (q->listeners)
		return sk->state == BPF_TCP_LISTEN;
	return q->protocol != IPPROTO_TCP || sk->state != BPF_TCP_CLOSE;
}

/* The better the higher; -1: it is another's. */
static int score_of(const struct question *q, const struct net_sock *sock)
{
	const struct bpf_sock *sk = &sock->common;
	int local, remote;

	if (!is_candidate(q, sock))
		return -1;
	local = fit_local(q, sock);
	remote = fit_remote(q, sk);
	if (local < 0 || remote < 0)
		return -1;
	return local + remote + (sk->bound_dev_if ? 2 : 0) + (sk->family == q->family);
}

static struct sock_entry *find(const struct question *q)
{
	uint32_t bucket = ntohs(local_of(q).port) % BUCKETS;
	struct sock_entry *best = NULL;
	int score = -1;

	for (struct sock_entry *at = table[bucket]; at; at = at->next) {
		int here = score_of(q, at->sock);

		if (here > score) {
			score = here;
			best = at;
		}
	}
	return best;
}

/* With a reference. @full: who asks for a connection is its listener, what is over is nobody. */
static struct net_sock *find_socket(struct question *q, bool full)
{
	struct sock_entry *entry;

	pthread_rwlock_rdlock(&lock);
	entry = find(q);
	if (full && entry && entry->sock->common.state == BPF_TCP_NEW_SYN_RECV) {
		q->listeners = true;
		entry = find(q);
	}
	if (full && entry && entry->sock->common.state == BPF_TCP_TIME_WAIT)
		entry = NULL;
	if (entry)
		__atomic_fetch_add(&entry->refs, 1, __ATOMIC_RELAXED);
	pthread_rwlock_unlock(&lock);
	return entry ? entry->sock : NULL;
}

/* ---- helpers ---- */

struct asker {
	uint64_t netns_cookie;
	uint32_t ifindex;
};

/* Only the asker's own network namespace is known: negative numbers. */
static uint64_t look_up(struct asker asker, uint64_t tuple, uint32_t size, uint64_t netns,
			uint64_t flags, uint32_t protocol, bool full)
{
	struct question q = {
		.tuple = (void *)(uintptr_t)tuple, .netns_cookie = asker.netns_cookie,
		.protocol = protocol, .ifindex = asker.ifindex,
	};

	if (size == sizeof(q.tuple->ipv4))
		q.family = AF_INET;
	else if (size == sizeof(q.tuple->ipv6))
		q.family = AF_INET6;
	if (!q.family || flags || (int32_t)netns >= 0)
		return 0;
	return (uintptr_t)find_socket(&q, full);
}

static struct asker skb_asker(uint64_t ctx)
{
	const struct skb_args *skb = skb_of(ctx);
	const struct net_sock *sock = skb->sk ? net_sock_of(skb->sk) : NULL;

	return (struct asker){ sock ? sock->netns_cookie : NETNS_FIRST, skb->ifindex };
}

static struct asker xdp_asker(uint64_t ctx)
{
	const struct xdp_args *xdp = (void *)(uintptr_t)ctx;

	return (struct asker){ NETNS_FIRST, xdp->ingress_ifindex };
}

static struct asker addr_asker(uint64_t ctx)
{
	const struct sock_addr_args *args = (void *)(uintptr_t)ctx;

	return (struct asker){ args->sock->netns_cookie, 0 };
}

#define LOOK_UP(name, asker, protocol, full)                                                       \
	SKB_HELPER(name)                                                                           \
	{                                                                                          \
		return look_up(asker(r1), r2, r3, r4, r5, protocol, full);                         \
	}

LOOK_UP(help_skb_lookup_tcp, skb_asker, IPPROTO_TCP, true)
LOOK_UP(help_skb_lookup_udp, skb_asker, IPPROTO_UDP, true)
LOOK_UP(help_skb_lookup_skc, skb_asker, IPPROTO_TCP, false)
LOOK_UP(help_xdp_lookup_tcp, xdp_asker, IPPROTO_TCP, true)
LOOK_UP(help_xdp_lookup_udp, xdp_asker, IPPROTO_UDP, true)
LOOK_UP(help_xdp_lookup_skc, xdp_asker, IPPROTO_TCP, false)
LOOK_UP(help_addr_lookup_tcp, addr_asker, IPPROTO_TCP, true)
LOOK_UP(help_addr_lookup_udp, addr_asker, IPPROTO_UDP, true)
LOOK_UP(help_addr_lookup_skc, addr_asker, IPPROTO_TCP, false)

SKB_HELPER(help_sk_release)
{
	sock_put(net_sock_of((void *)(uintptr_t)r1));
	return 0;
}

/* The last one first, each once. */
static int hold_first(struct sock_held **first, struct net_sock *sock)
{
	struct sock_held **at = first, *held;

	while (*at && (*at)->sock != sock)
		at = &(*at)->next;
	held = *at;
	if (held) {
		*at = held->next;
	} else {
		held = malloc(sizeof(*held));
		if (!held)
			return -ENOMEM;
		held->sock = sock;
		sock_get(sock);
	}
	held->next = *first;
	*first = held;
	return 0;
}

/* The socket that a packet which comes in is for, whatever its addresses say. */
SKB_HELPER(help_sk_assign)
{
	struct net_sock *sock = net_sock_of((void *)(uintptr_t)r2);
	struct skb_args *skb = skb_of(r1);

	if (!r2 || r3)
		return -EINVAL;
	if (!skb->is_arriving)
		return -EOPNOTSUPP;
	if (sock->netns_cookie != skb_asker(r1).netns_cookie)
		return -ENETUNREACH;
	if (sock == &skb->sock)
		return -EOPNOTSUPP;	/* made up for the packet: nobody listens there */
	if (hold_first(&skb->assigned, sock))
		return -ENOMEM;
	skb->sk = &sock->common;
	return 0;
}
