/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Helpers that make packets longer or shorter, at their ends and behind their headers. They are for
 * traffic control, where packets begin with their Ethernet header. Behaviour measured on Linux 6.18.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <stdlib.h>

#include "skb_helpers.h"
#include "skb_sum.h"

/* Longest packet at tc's ingress: four pages without a struct skb_shared_info (SKB_MAX_ALLOC). */
#define SIZE_MAX_INGRESS (4 * 4096u - 320u)
#define IP4_HEADER	 20u
#define IP6_HEADER	 40u
#define VLAN_TAG	 4u
#define VLAN_AT		 12u	/* behind the two Ethernet addresses */
#define ROOM_MAX	 0xfffu

static uint32_t mac_size(const struct skb_args *skb)
{
	return skb->network - skb->mac;
}

/* @more zeros at @at of the packet; the network header stays where it is. */
static int insert(struct skb_args *skb, uint32_t at, uint32_t more)
{
	uint32_t old = skb->len;
	int err = skb_set_size(skb, old + more);

	if (err)
		return err;
	memmove(skb->data + at + more, skb->data + at, old - at);
	memset(skb->data + at, 0, more);
	skb->data_meta = skb->data;
	return 0;
}

static int cut_out(struct skb_args *skb, uint32_t at, uint32_t less)
{
	skb_sum_replace(skb, sum_of(skb->data + at, less), 0);
	memmove(skb->data + at, skb->data + at + less, skb->len - at - less);
	skb->data_meta = skb->data;
	return skb_set_size(skb, skb->len - less);
}

SKB_HELPER(help_skb_change_tail)
{
	struct skb_args *skb = skb_of(r1);
	uint32_t size = r2;

	if (r3 || size < ETH_HEADER || size > SIZE_MAX_INGRESS)
		return -EINVAL;
	if (size != skb->len)
		skb->has_sum = 0;
	return (int64_t)skb_set_size(skb, size);
}

/* Room in front of the packet, zeroed; the headers move back with it. */
SKB_HELPER(help_skb_change_head)
{
	struct skb_args *skb = skb_of(r1);
	uint32_t more = r2;
	int err;

	if (r3 || more + skb->len > SIZE_MAX_INGRESS || more + skb->len < more)
		return -EINVAL;
	err = insert(skb, 0, more);
	if (!err)
		skb->network += more;
	return (int64_t)err;
}

/* ---- between IPv4 and IPv6 ---- */

static int to_ip6(struct skb_args *skb)
{
	int err = insert(skb, mac_size(skb), IP6_HEADER - IP4_HEADER);

	if (!err)
		skb->protocol = htons(ETH_P_IPV6);
	return err;
}

static int to_ip4(struct skb_args *skb)
{
	if (skb->len < mac_size(skb) + IP6_HEADER - IP4_HEADER)
		return -ENOMEM;
	skb->protocol = htons(ETH_P_IP);
	return cut_out(skb, mac_size(skb), IP6_HEADER - IP4_HEADER);
}

/* Only makes room or takes it away: the headers are the program's to write. */
SKB_HELPER(help_skb_change_proto)
{
	struct skb_args *skb = skb_of(r1);
	uint32_t from = ntohs(skb->protocol), to = ntohs(r2);
	int err;

	if (r3)
		return -EINVAL;
	if (from == ETH_P_IP && to == ETH_P_IPV6)
		err = to_ip6(skb);
	else if (from == ETH_P_IPV6 && to == ETH_P_IP)
		err = to_ip4(skb);
	else
		return -ENOTSUPP;
	if (!err)
		skb_forget_hash(skb);
	return (int64_t)err;
}

/* ---- room behind the link layer's or the network layer's header ---- */

#define ENCAP_IP (BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6)
#define ENCAP_L4 (BPF_F_ADJ_ROOM_ENCAP_L4_GRE | BPF_F_ADJ_ROOM_ENCAP_L4_UDP)
#define DECAP_IP (BPF_F_ADJ_ROOM_DECAP_L3_IPV4 | BPF_F_ADJ_ROOM_DECAP_L3_IPV6)
#define L2_SHIFT BPF_ADJ_ROOM_ENCAP_L2_SHIFT
#define L2_MASK	 ((uint64_t)BPF_ADJ_ROOM_ENCAP_L2_MASK << L2_SHIFT)
#define ROOM_FLAGS                                                                                 \
	(BPF_F_ADJ_ROOM_FIXED_GSO | ENCAP_IP | ENCAP_L4 | BPF_F_ADJ_ROOM_NO_CSUM_RESET |           \
	 BPF_F_ADJ_ROOM_ENCAP_L2_ETH | DECAP_IP | L2_MASK)

/* The packet will be inside another one: what the flags say of that must make sense. */
static int check_encapsulation(const struct skb_args *skb, uint32_t more, uint64_t flags)
{
	uint32_t inner_mac = flags >> L2_SHIFT;

	if ((flags & ENCAP_IP) == ENCAP_IP || (flags & ENCAP_L4) == ENCAP_L4 || inner_mac > more ||
	    (flags & BPF_F_ADJ_ROOM_ENCAP_L2_ETH && inner_mac < ETH_HEADER))
		return -EINVAL;
	return skb->encapsulated ? -EALREADY : 0;
}

static int grow(struct skb_args *skb, uint32_t at, uint32_t more, uint64_t flags)
{
	int err = flags & ENCAP_IP ? check_encapsulation(skb, more, flags) : 0;

	err = err ? err : insert(skb, at, more);
	if (err || !(flags & ENCAP_IP))
		return err;
	skb->encapsulated = 1;
	skb->protocol = htons(flags & BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 ? ETH_P_IP : ETH_P_IPV6);
	return 0;
}

static int shrink(struct skb_args *skb, uint32_t at, uint32_t less, uint64_t flags)
{
	if (skb->len < at + less)
		return -ENOMEM;
	if (flags & DECAP_IP)
		skb->protocol = htons(flags & BPF_F_ADJ_ROOM_DECAP_L3_IPV4 ? ETH_P_IP : ETH_P_IPV6);
	return cut_out(skb, at, less);
}

/* Least size of what stays of the network layer. 0: the flags contradict each other. */
static uint32_t least_size(const struct skb_args *skb, bool shrinks, uint64_t flags)
{
	if (!(flags & DECAP_IP))
		return ntohs(skb->protocol) == ETH_P_IP ? IP4_HEADER : IP6_HEADER;
	if (!shrinks || (flags & DECAP_IP) == DECAP_IP)
		return 0;
	return flags & BPF_F_ADJ_ROOM_DECAP_L3_IPV4 ? IP4_HEADER : IP6_HEADER;
}

static bool fits(const struct skb_args *skb, bool shrinks, uint32_t by, uint32_t least)
{
	uint32_t now = skb->len - mac_size(skb);

	return shrinks ? by < now && now - by >= least : skb->len + by <= SIZE_MAX_INGRESS;
}

SKB_HELPER(help_skb_adjust_room)
{
	struct skb_args *skb = skb_of(r1);
	int32_t by = r2;
	uint32_t size = by < 0 ? -(uint32_t)by : (uint32_t)by, mode = r3, at = mac_size(skb), least;
	bool ip4 = ntohs(skb->protocol) == ETH_P_IP;

	if (r4 & ~(uint64_t)ROOM_FLAGS)
		return -EINVAL;
	if (size > ROOM_MAX)
		return -EFAULT;
	if (!ip4 && ntohs(skb->protocol) != ETH_P_IPV6)
		return -ENOTSUPP;
	if (mode == BPF_ADJ_ROOM_NET)
		at += ip4 ? IP4_HEADER : IP6_HEADER;
	else if (mode != BPF_ADJ_ROOM_MAC)
		return -ENOTSUPP;
	least = least_size(skb, by < 0, r4);
	if (!least)
		return -EINVAL;
	if (!fits(skb, by < 0, size, least))
		return -ENOTSUPP;
	return (int64_t)(by < 0 ? shrink(skb, at, size, r4) : grow(skb, at, size, r4));
}

/* ---- VLAN tags: the outermost stands beside the packet, others in it ---- */

static bool is_vlan(uint32_t protocol)
{
	return protocol == htons(ETH_P_8021Q) || protocol == htons(ETH_P_8021AD);
}

static void put16(unsigned char *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static uint16_t get16(const unsigned char *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* The tag beside the packet goes into it. */
static int write_tag(struct skb_args *skb)
{
	int err = insert(skb, VLAN_AT, VLAN_TAG);

	if (err)
		return err;
	put16(skb->data + VLAN_AT, skb->vlan_proto);
	put16(skb->data + VLAN_AT + 2, htons(skb->vlan_tci));
	skb_sum_replace(skb, 0, sum_of(skb->data + VLAN_AT, VLAN_TAG));
	skb->network += VLAN_TAG;
	skb->protocol = skb->vlan_proto;
	return 0;
}

SKB_HELPER(help_skb_vlan_push)
{
	struct skb_args *skb = skb_of(r1);
	uint16_t protocol = r2;
	int err = skb->vlan_present ? write_tag(skb) : 0;

	if (err)
		return (int64_t)err;
	skb->vlan_present = 1;
	skb->vlan_proto = is_vlan(protocol) ? protocol : htons(ETH_P_8021Q);
	skb->vlan_tci = (uint16_t)r3;
	return 0;
}

/* The outermost tag in the packet goes; *tci: what it said. */
static int take_tag(struct skb_args *skb, uint32_t *tci)
{
	if (skb->len < ETH_HEADER + VLAN_TAG)
		return -ENOMEM;
	*tci = ntohs(get16(skb->data + VLAN_AT + 2));
	cut_out(skb, VLAN_AT, VLAN_TAG);
	skb->protocol = skb_protocol_of(skb->data, skb->len - ETH_HEADER);
	if (mac_size(skb) >= ETH_HEADER + VLAN_TAG)
		skb->network -= VLAN_TAG;
	return 0;
}

SKB_HELPER(help_skb_vlan_pop)
{
	struct skb_args *skb = skb_of(r1);
	uint32_t tci, protocol;
	int err = 0;

	if (skb->vlan_present)
		skb->vlan_present = skb->vlan_tci = skb->vlan_proto = 0;
	else if (is_vlan(skb->protocol))
		err = take_tag(skb, &tci);
	if (err || !is_vlan(skb->protocol))
		return (int64_t)err;
	/* The next one comes beside the packet. */
	protocol = skb->protocol;
	err = take_tag(skb, &tci);
	if (err)
		return (int64_t)err;
	skb->vlan_present = 1;
	skb->vlan_proto = protocol;
	skb->vlan_tci = tci;
	return 0;
}
