/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpfx_skb_event(): packets of applications. Programs get a copy, which may grow and move. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>
#include <stdlib.h>

#include "sock.h"

#define EXPORT	  __attribute__((visibility("default")))
#define TAIL_ROOM 256u

/* Results of a cgroup's egress programs besides "go on". */
#define XMIT_DROP 1
#define XMIT_CN	  2
#define SLOW_DOWN 1u		/* bit 1 of a program's result, shifted */

struct skb_event {
	struct bpfx_ctx_header header;
	struct skb_args args;
};

/* ---- what is said of the packet ---- */

static const struct bpfx_hook *hook_of(uint32_t attach_type, bool *is_tcx)
{
	*is_tcx = attach_type == BPF_TCX_INGRESS || attach_type == BPF_TCX_EGRESS;
	switch (attach_type) {
	case BPF_TCX_INGRESS:
		return &net_hooks[NET_HOOK_TCX_INGRESS];
	case BPF_TCX_EGRESS:
		return &net_hooks[NET_HOOK_TCX_EGRESS];
	case BPF_CGROUP_INET_INGRESS:
		return &net_hooks[NET_HOOK_CGROUP_INGRESS];
	case BPF_CGROUP_INET_EGRESS:
		return &net_hooks[NET_HOOK_CGROUP_EGRESS];
	default:
		return NULL;
	}
}

static bool is_in_buffer(const struct bpfx_skb *event, uint32_t min_size)
{
	return event->buffer && event->size >= min_size && event->offset <= event->buffer_size &&
	       event->size <= event->buffer_size - event->offset;
}

/* An IP packet gets an empty Ethernet header, which only its protocol is read from. */
static int pretend_ethernet(struct skb_args *skb, unsigned char first)
{
	struct ethhdr *eth = (void *)(skb->head + skb->mac);

	if (first >> 4 != 4 && first >> 4 != 6)
		return -EINVAL;
	eth->h_proto = htons(first >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6);
	return 0;
}

static int copy_packet(const struct bpfx_skb *event, struct skb_args *skb, bool whole)
{
	uint32_t front = whole ? 0 : ETH_HEADER;
	int err = 0;

	skb->capacity = SKB_HEADROOM + front + event->size + TAIL_ROOM;
	skb->head = calloc(1, skb->capacity);
	if (!skb->head)
		return -ENOMEM;
	skb->mac = SKB_HEADROOM;
	skb->network = skb->mac + ETH_HEADER;
	skb->data = skb->data_meta = skb->head + skb->mac;
	skb->data_end = skb->data + front + event->size;
	skb->len = skb->wire_len = front + event->size;
	memcpy(skb->data + front, event->buffer + event->offset, event->size);
	if (!whole)
		err = pretend_ethernet(skb, event->buffer[event->offset]);
	return err ? err : skb_classify(skb, whole);
}

static void take_fields(const struct bpfx_skb *event, struct skb_args *skb)
{
	skb->ifindex = event->ifindex;
	if (event->attach_type == BPF_TCX_INGRESS || event->attach_type == BPF_CGROUP_INET_INGRESS)
		skb->ingress_ifindex = event->ifindex;
	skb->mark = event->mark;
	skb->priority = event->priority;
	skb->queue_mapping = event->queue_mapping;
	skb->tc_index = event->tc_index;
	skb->tc_classid = event->tc_classid;
	skb->hash = event->hash;
	skb->vlan_present = event->vlan_proto != 0;
	skb->vlan_tci = event->vlan_tci;
	skb->vlan_proto = event->vlan_proto;
	skb->tstamp = event->tstamp;
	skb->is_arriving = event->attach_type == BPF_TCX_INGRESS;
	if (event->sz >= sizeof(*event)) {
		skb->transmit = event->transmit;
		skb->transmit_cookie = event->cookie;
	}
}

/* Addresses as the socket has them, for programs of a cgroup; the packet's where nobody has one. */
static void take_socket(const struct bpfx_skb *event, struct skb_args *skb)
{
	const struct bpf_sock *sk;

	if (!event->sock) {
		skb_make_socket(skb);
		if (event->cgroup_id)
			skb->sock.cgroup_id = event->cgroup_id;
		return;
	}
	skb->sk = &net_sock_of_handle(event->sock)->common;
	sk = skb->sk;
	skb->family = sk->family;
	skb->local_ip4 = sk->src_ip4;
	skb->remote_ip4 = sk->dst_ip4;
	memcpy(skb->local_ip6, sk->src_ip6, sizeof(skb->local_ip6));
	memcpy(skb->remote_ip6, sk->dst_ip6, sizeof(skb->remote_ip6));
	skb->local_port = sk->src_port;
	skb->remote_port = sk->dst_port;
}

/* ---- what came of it ---- */

static int give_packet(const struct skb_args *skb, struct bpfx_skb *event)
{
	event->size = skb->data_end - skb->data;
	if (event->size > event->buffer_size - event->offset)
		return -ENOSPC;
	memcpy(event->buffer + event->offset, skb->data, event->size);
	return 0;
}

static void give_fields(const struct skb_args *skb, struct bpfx_skb *event)
{
	event->mark = skb->mark;
	event->priority = skb->priority;
	event->queue_mapping = skb->queue_mapping;
	event->tc_index = skb->tc_index;
	event->tc_classid = skb->tc_classid;
	event->tstamp = skb->tstamp;
}

/* What is no verdict passes the packet on. */
static int32_t tcx_verdict(uint32_t result)
{
	return result == TCX_PASS || result == TCX_DROP || result == TCX_REDIRECT ? (int32_t)result
										  : TCX_NEXT;
}

static int32_t cgroup_verdict(uint32_t result)
{
	bool slow = result >> 1 & SLOW_DOWN;

	if (!(result & 1))
		return slow ? XMIT_DROP : -EPERM;
	return slow ? XMIT_CN : 0;
}

/* Filters of traffic control come behind, if no program of tcx decided. */
static int run_filters(struct bpfx_skb *event, struct skb_args *skb)
{
	bool egress = event->attach_type == BPF_TCX_EGRESS;
	const struct bpfx_hook *hook = &net_hooks[egress ? NET_HOOK_TC_EGRESS : NET_HOOK_TC_INGRESS];
	uint32_t result = TC_ACT_UNSPEC;
	int ran = 0;

	if (bpfx_hook_active(hook))
		ran = net_host->run_hook(hook, event->ifindex, skb, &result);
	if (ran > 0)
		event->verdict = (int32_t)result;
	return ran;
}

static int run_tcx(const struct bpfx_hook *hook, struct bpfx_skb *event, struct skb_args *skb)
{
	uint32_t result = TCX_NEXT;
	int ran = 0, more = 0, err;

	if (bpfx_hook_active(hook))
		ran = net_host->run_hook(hook, event->ifindex, skb, &result);
	event->verdict = tcx_verdict(result);
	if (ran >= 0 && event->verdict == TCX_NEXT)
		more = run_filters(event, skb);
	if (ran < 0 || more < 0)
		return ran < 0 ? ran : more;
	ran += more;
	if (!ran)
		return 0;
	if (event->verdict == TCX_REDIRECT) {
		event->redirect_ifindex = skb->redirect_ifindex;
		event->redirect_flags = skb->redirect_flags;
	}
	give_fields(skb, event);
	err = give_packet(skb, event);
	return err ? err : ran;
}

static int run_cgroup(const struct bpfx_hook *hook, struct bpfx_skb *event, struct skb_args *skb)
{
	uint64_t cgroup = event->cgroup_id;
	uint32_t result = 1;
	int ran;

	if (!cgroup && event->sock)
		cgroup = net_sock_of_handle(event->sock)->cgroup_id;
	ran = net_host->run_hook(hook, cgroup, skb, &result);
	if (ran <= 0)
		return ran;
	event->verdict = cgroup_verdict(result);
	give_fields(skb, event);
	return ran;
}

static bool filters_are_active(uint32_t attach_type)
{
	return bpfx_hook_active(&net_hooks[attach_type == BPF_TCX_EGRESS ? NET_HOOK_TC_EGRESS
									 : NET_HOOK_TC_INGRESS]);
}

/* The application learns of the last one. */
static void give_sockets_back(struct bpfx_skb *event, struct sock_held *held)
{
	struct sock_held *next;

	event->sock = net_sock_handle(held->sock);
	for (; held; held = next) {
		next = held->next;
		sock_put(held->sock);
		free(held);
	}
}

EXPORT int bpfx_skb_event(struct bpfx_skb *event)
{
	struct skb_event made;
	const struct bpfx_hook *hook;
	bool is_tcx;
	int ret;

	if (event->sz < offsetof(struct bpfx_skb, transmit))
		return -EINVAL;
	hook = hook_of(event->attach_type, &is_tcx);
	if (!hook || !is_in_buffer(event, is_tcx ? ETH_HEADER : 1))
		return -EINVAL;
	event->verdict = is_tcx ? TCX_NEXT : 0;
	event->redirect_ifindex = event->redirect_flags = 0;
	if (!bpfx_hook_active(hook) && !(is_tcx && filters_are_active(event->attach_type)))
		return 0;
	memset(&made, 0, sizeof(made));
	ret = copy_packet(event, &made.args, is_tcx);
	if (!ret) {
		take_fields(event, &made.args);
		take_socket(event, &made.args);
		ret = is_tcx ? run_tcx(hook, event, &made.args)
			     : run_cgroup(hook, event, &made.args);
	}
	if (made.args.assigned)
		give_sockets_back(event, made.args.assigned);
	free(made.args.head);
	return ret;
}
