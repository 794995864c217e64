/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Helpers on what stands beside a packet: its kind, hash, checksum state, time stamp, where it
 * shall go, whose it is. Behaviour measured on Linux 6.18.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>

#include "skb_helpers.h"
#include "skb_sum.h"

#define CSUM_LEVEL_MAX 3
#define NOBODY	       65534u	/* the overflow uid */
#define ECN_MASK       3u
#define ECN_CE	       3u
#define TO_NEIGHBOUR   2u	/* redirect_flags, beside BPF_F_INGRESS */
#define TO_PEER	       4u

SKB_HELPER(help_skb_change_type)
{
	struct skb_args *skb = skb_of(r1);

	if (skb->pkt_type > PACKET_OTHERHOST || (uint32_t)r2 > PACKET_OTHERHOST)
		return -EINVAL;
	skb->pkt_type = r2;
	return 0;
}

/* ---- hash ---- */

void skb_forget_hash(struct skb_args *skb)
{
	skb->hash = 0;
	skb->has_hash = 0;
}

static uint32_t mix(uint32_t hash, const void *bytes, uint32_t size)
{
	const unsigned char *at = bytes;

	for (uint32_t i = 0; i < size; i++)
		hash = (hash ^ at[i]) * 0x01000193;
	return hash;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

/* Both directions of a flow hash alike: the smaller end comes first. */
static uint32_t hash_ends(const unsigned char *addresses, uint32_t size, const unsigned char *ports,
			  uint8_t protocol)
{
	static const unsigned char none[4];
	int order = memcmp(addresses, addresses + size, size);
	uint32_t hash = mix(0x811c9dc5, &protocol, 1);

	if (!ports)
		ports = none;
	if (!order)
		order = memcmp(ports, ports + 2, 2);
	hash = mix(hash, addresses + (order > 0 ? size : 0), size);
	hash = mix(hash, addresses + (order > 0 ? 0 : size), size);
	hash = mix(hash, ports + (order > 0 ? 2 : 0), 2);
	return mix(hash, ports + (order > 0 ? 0 : 2), 2);
}

static uint32_t hash_packet(const struct skb_args *skb)
{
	const unsigned char *ip = skb->head + skb->network, *ports;
	uint32_t header;
	uint8_t protocol;

	if (skb->protocol == htons(ETH_P_IP) && skb_bytes_at(skb, ip, 0, sizeof(struct iphdr))) {
		header = (ip[0] & 15) * 4;
		protocol = ip[offsetof(struct iphdr, protocol)];
		ports = has_ports(protocol) ? skb_bytes_at(skb, ip, header, 4) : NULL;
		return hash_ends(ip + offsetof(struct iphdr, saddr), 4, ports, protocol);
	}
	if (skb->protocol == htons(ETH_P_IPV6) &&
	    skb_bytes_at(skb, ip, 0, sizeof(struct ip6_hdr))) {
		protocol = ip[offsetof(struct ip6_hdr, ip6_nxt)];
		ports = has_ports(protocol) ? skb_bytes_at(skb, ip, sizeof(struct ip6_hdr), 4) : NULL;
		return hash_ends(ip + offsetof(struct ip6_hdr, ip6_src), 16, ports, protocol);
	}
	return mix(0x811c9dc5, &skb->protocol, sizeof(skb->protocol));
}

SKB_HELPER(help_get_hash_recalc)
{
	struct skb_args *skb = skb_of(r1);

	if (!skb->has_hash && !skb->hash) {
		skb->hash = hash_packet(skb);
		skb->hash += !skb->hash;
		skb->has_hash = 1;
	}
	return skb->hash;
}

SKB_HELPER(help_set_hash)
{
	struct skb_args *skb = skb_of(r1);

	skb->hash = r2;
	skb->has_hash = 1;
	return 0;
}

SKB_HELPER(help_set_hash_invalid)
{
	skb_forget_hash(skb_of(r1));
	return 0;
}

/* ---- checksum state ---- */

static int lower_level(struct skb_args *skb)
{
	if (!skb->csum_unnecessary)
		return 0;
	if (skb->csum_level)
		skb->csum_level--;
	else
		skb->csum_unnecessary = 0;
	return 0;
}

static int raise_level(struct skb_args *skb)
{
	if (skb->has_sum)
		return 0;
	if (!skb->csum_unnecessary)
		skb->csum_unnecessary = 1;
	else if (skb->csum_level < CSUM_LEVEL_MAX)
		skb->csum_level++;
	return 0;
}

SKB_HELPER(help_csum_level)
{
	struct skb_args *skb = skb_of(r1);

	switch (r2) {
	case BPF_CSUM_LEVEL_QUERY:
		return skb->csum_unnecessary ? skb->csum_level : (uint64_t)-EACCES;
	case BPF_CSUM_LEVEL_INC:
		return raise_level(skb);
	case BPF_CSUM_LEVEL_DEC:
		return lower_level(skb);
	case BPF_CSUM_LEVEL_RESET:
		skb->csum_unnecessary = skb->csum_level = 0;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Only of packets that have a sum of all of it. */
SKB_HELPER(help_csum_update)
{
	struct skb_args *skb = skb_of(r1);

	if (!skb->has_sum)
		return (int64_t)-ENOTSUPP;
	skb->sum = sum_add(skb->sum, r2);
	return skb->sum;
}

/* ---- congestion ---- */

static uint64_t set_ce4(unsigned char *ip)
{
	struct iphdr header;
	uint8_t old;

	memcpy(&header, ip, sizeof(header));
	old = header.tos;
	if (!(old & ECN_MASK))
		return 0;
	header.tos |= ECN_CE;
	/* The type of service is the second byte of the first word. */
	header.check = skb_csum_replace(header.check, htons(old) | 0xffff0000, htons(header.tos));
	memcpy(ip, &header, sizeof(header));
	return 1;
}

static uint64_t set_ce6(struct skb_args *skb, unsigned char *ip)
{
	uint32_t old;

	if (!(ip[1] >> 4 & ECN_MASK))
		return 0;
	old = sum_of(ip, 4);
	ip[1] |= ECN_CE << 4;
	skb_sum_replace(skb, old, sum_of(ip, 4));
	return 1;
}

SKB_HELPER(help_skb_ecn_set_ce)
{
	struct skb_args *skb = skb_of(r1);
	unsigned char *ip = skb->head + skb->network;

	if (skb->protocol == htons(ETH_P_IP) && skb_bytes_at(skb, ip, 0, sizeof(struct iphdr)))
		return set_ce4(ip);
	if (skb->protocol == htons(ETH_P_IPV6) && skb_bytes_at(skb, ip, 0, sizeof(struct ip6_hdr)))
		return set_ce6(skb, ip);
	return 0;
}

/* ---- time stamp ---- */

SKB_HELPER(help_skb_set_tstamp)
{
	struct skb_args *skb = skb_of(r1);

	if (skb->protocol != htons(ETH_P_IP) && skb->protocol != htons(ETH_P_IPV6))
		return -EOPNOTSUPP;
	if ((uint32_t)r3 > BPF_SKB_CLOCK_TAI || (!r2 && (uint32_t)r3 != BPF_SKB_CLOCK_REALTIME))
		return -EINVAL;
	skb->tstamp = r2;
	skb->tstamp_type = r3;
	return 0;
}

/* ---- where to: interfaces are looked for when the packet really goes ---- */

static uint64_t redirect(struct skb_args *skb, uint32_t ifindex, uint32_t flags)
{
	skb->redirect_ifindex = ifindex;
	skb->redirect_flags = flags;
	return TC_ACT_REDIRECT;
}

SKB_HELPER(help_tc_redirect)
{
	return r2 & ~(uint64_t)BPF_F_INGRESS ? TC_ACT_SHOT : redirect(ctx, r1, r2);
}

SKB_HELPER(help_redirect_neigh)
{
	if (r4 || (r3 && (uint32_t)r3 < sizeof(struct bpf_redir_neigh)))
		return TC_ACT_SHOT;
	return redirect(ctx, r1, TO_NEIGHBOUR);
}

SKB_HELPER(help_redirect_peer)
{
	return r2 ? TC_ACT_SHOT : redirect(ctx, r1, TO_PEER);
}

/* Nothing here is routed, and no network class is given to anybody. */
SKB_HELPER(help_get_route_realm)
{
	return 0;
}

SKB_HELPER(help_skb_cgroup_classid)
{
	return 0;
}

SKB_HELPER(help_get_cgroup_classid)
{
	return 0;
}

/* ---- whose ---- */

static const struct net_sock *sock_of(uint64_t skb)
{
	const struct bpf_sock *sk = skb_of(skb)->sk;

	return sk ? net_sock_of(sk) : NULL;
}

SKB_HELPER(help_skb_cgroup_id)
{
	const struct net_sock *sock = sock_of(r1);

	return sock ? net_sock_cgroup(sock) : 0;
}

SKB_HELPER(help_skb_cookie)
{
	const struct net_sock *sock = sock_of(r1);

	return sock ? sock->cookie : 0;
}

SKB_HELPER(help_skb_netns_cookie)
{
	const struct net_sock *sock = r1 ? sock_of(r1) : NULL;

	return sock ? sock->netns_cookie : NETNS_FIRST;
}

SKB_HELPER(help_skb_uid)
{
	const struct net_sock *sock = sock_of(r1);

	return sock ? sock->uid : NOBODY;
}

SKB_HELPER(help_sk_fullsock)
{
	return r1;
}

SKB_HELPER(help_skb_tcp_sock)
{
	const struct net_sock *sock = net_sock_of((void *)(uintptr_t)r1);

	return sock->full && sock->is_tcp ? r1 : 0;
}

SKB_HELPER(help_get_listener_sock)
{
	const struct net_sock *sock = net_sock_of((void *)(uintptr_t)r1);

	return sock->common.state == BPF_TCP_LISTEN ? r1 : 0;
}

SKB_HELPER(help_sk_cgroup_id)
{
	return net_sock_cgroup(net_sock_of((void *)(uintptr_t)r1));
}

/* The root is level 0. */
static uint64_t ancestor_of(const struct net_sock *sock, int32_t level)
{
	return level < 0 ? 0 : net_host->cgroup_ancestor(sock->cgroup_id, level);
}

SKB_HELPER(help_skb_ancestor_cgroup_id)
{
	const struct net_sock *sock = sock_of(r1);

	return sock ? ancestor_of(sock, r2) : 0;
}

SKB_HELPER(help_sk_ancestor_cgroup_id)
{
	return ancestor_of(net_sock_of((void *)(uintptr_t)r1), r2);
}

SKB_HELPER(help_skb_under_cgroup)
{
	const struct net_sock *sock = sock_of(r1);

	if (!sock)
		return -ENOENT;
	return (int64_t)net_host->cgroup_under((void *)(uintptr_t)r2, r3, sock->cgroup_id);
}
