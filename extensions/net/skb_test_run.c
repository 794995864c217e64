/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN of programs on __sk_buff as Linux 6.18 does it: a packet with Ethernet header
 * arrives on the loopback interface. Traffic control sees it whole, everybody else from behind the
 * Ethernet header, which comes back as zeros then.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdlib.h>

#include "skb_sum.h"

#define SIZE_MAX_TEST (4096u - SKB_HEADROOM - 320u)
#define FLAGS_KNOWN   BPF_F_TEST_SKB_CHECKSUM_COMPLETE
#define LOOPBACK      1u
#define ROOT_CGROUP   1u
#define WIRE_LEN_MAX  65536u
#define GSO_SEGS_MAX  65535u

struct skb_run {
	struct bpfx_ctx_header header;
	struct skb_args args;
};

/* ---- the caller's __sk_buff ---- */

/* What may be given; between them everything is zero. */
static const struct {
	uint32_t offset, size;
} settable[] = {
	{ offsetof(struct __sk_buff, mark), 4 },
	{ offsetof(struct __sk_buff, priority), 4 },
	{ offsetof(struct __sk_buff, ingress_ifindex), 8 },	/* and ifindex */
	{ offsetof(struct __sk_buff, cb), 20 },
	{ offsetof(struct __sk_buff, tstamp), 16 },		/* and wire_len, gso_segs */
	{ offsetof(struct __sk_buff, gso_size), 4 },
	{ offsetof(struct __sk_buff, hwtstamp), 8 },
	{ sizeof(struct __sk_buff), 0 },
};

static bool other_fields_zero(const struct __sk_buff *in)
{
	const unsigned char *bytes = (const void *)in;
	uint32_t at = 0;

	for (uint32_t i = 0; i < ARRAY_CNT(settable); i++) {
		for (; at < settable[i].offset; at++)
			if (bytes[at])
				return false;
		at += settable[i].size;
	}
	return true;
}

static int take_ctx(const struct __sk_buff *in, struct skb_args *skb)
{
	if (!other_fields_zero(in))
		return -EINVAL;
	skb->mark = in->mark;
	skb->priority = in->priority;
	skb->ingress_ifindex = in->ingress_ifindex;
	skb->tstamp = in->tstamp;
	memcpy(skb->cb, in->cb, sizeof(skb->cb));
	if (in->wire_len && (in->wire_len < skb->len || in->wire_len > WIRE_LEN_MAX))
		return -EINVAL;
	skb->wire_len = in->wire_len ? in->wire_len : skb->len;
	if (in->gso_segs > GSO_SEGS_MAX)
		return -EINVAL;
	skb->gso_segs = in->gso_segs;
	skb->gso_size = in->gso_size;
	skb->hwtstamp = in->hwtstamp;
	return 0;
}

static void give_ctx(const struct skb_args *skb, struct __sk_buff *out)
{
	memset(out, 0, sizeof(*out));
	out->mark = skb->mark;
	out->priority = skb->priority;
	out->ingress_ifindex = skb->ingress_ifindex;
	out->ifindex = skb->ifindex;
	out->tstamp = skb->tstamp;
	memcpy(out->cb, skb->cb, sizeof(out->cb));
	out->wire_len = skb->wire_len;
	out->gso_segs = skb->gso_segs;
	out->gso_size = skb->gso_size;
	out->hwtstamp = skb->hwtstamp;
}

/* ---- the packet ---- */

/* The loopback interface's address is zero, and so is its broadcast address. */
static uint32_t pkt_type_of(const struct ethhdr *eth)
{
	static const unsigned char own[ETH_ALEN];

	if (!memcmp(eth->h_dest, own, ETH_ALEN))
		return PACKET_HOST;
	return eth->h_dest[0] & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

/* Below 0x600 the field is a length: IEEE 802.2, or Novell's raw 802.3 which begins with ones. */
uint32_t skb_protocol_of(const void *header, uint32_t payload)
{
	const struct ethhdr *eth = header;
	const unsigned char *behind = (const void *)(eth + 1);

	if (ntohs(eth->h_proto) >= ETH_P_802_3_MIN)
		return eth->h_proto;
	if (payload >= 2 && behind[0] == 0xff && behind[1] == 0xff)
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

/* The socket is told the addresses of an IP packet. -EINVAL: it claims to be one and is not. */
static int take_addresses(struct skb_args *skb, const unsigned char *l3, uint32_t size)
{
	if (skb->protocol == htons(ETH_P_IP)) {
		if (size < sizeof(struct iphdr))
			return -EINVAL;
		skb->family = AF_INET;
		memcpy(&skb->local_ip4, l3 + offsetof(struct iphdr, saddr), 4);
		memcpy(&skb->remote_ip4, l3 + offsetof(struct iphdr, daddr), 4);
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		if (size < sizeof(struct ip6_hdr))
			return -EINVAL;
		skb->family = AF_INET6;
		memcpy(skb->local_ip6, l3 + offsetof(struct ip6_hdr, ip6_src), 16);
		memcpy(skb->remote_ip6, l3 + offsetof(struct ip6_hdr, ip6_dst), 16);
	}
	return 0;
}

void skb_make_socket(struct skb_args *skb)
{
	struct bpf_sock *sk = &skb->sock.common;

	net_sock_init(&skb->sock, skb->family, 0, 0);
	skb->sock.cgroup_id = ROOT_CGROUP;
	sk->src_ip4 = skb->local_ip4;
	sk->dst_ip4 = skb->remote_ip4;
	memcpy(sk->src_ip6, skb->local_ip6, sizeof(sk->src_ip6));
	memcpy(sk->dst_ip6, skb->remote_ip6, sizeof(sk->dst_ip6));
	skb->sk = sk;
}

static int read_packet(const struct bpfx_host *host, const struct bpfx_test_run *run,
		       struct skb_args *skb)
{
	uint32_t size = run->attr->test.data_size_in;

	if (size < ETH_HEADER || size > SIZE_MAX_TEST)
		return -EINVAL;
	skb->capacity = 4096;
	skb->head = calloc(1, skb->capacity);
	if (!skb->head)
		return -ENOMEM;
	skb->mac = SKB_HEADROOM;
	skb->network = skb->mac + ETH_HEADER;
	skb->data = skb->data_meta = skb->head + skb->mac;
	skb->data_end = skb->data + size;
	skb->len = size;
	if (host->copy_from_user(skb->data, run->attr->test.data_in, size))
		return -EFAULT;
	return 0;
}

int skb_classify(struct skb_args *skb, bool whole)
{
	const struct ethhdr *eth = (const void *)(skb->head + skb->mac);
	uint32_t payload = skb->len - ETH_HEADER;

	skb->ifindex = LOOPBACK;
	skb->pkt_type = pkt_type_of(eth);
	skb->protocol = skb_protocol_of(eth, payload);
	if (!whole) {
		skb->data = skb->data_meta = skb->head + skb->network;
		skb->len = payload;
	}
	return take_addresses(skb, skb->head + skb->network, payload);
}

/* The Ethernet header goes back in front, empty. */
static void push_header(struct skb_args *skb)
{
	memset(skb->head + skb->mac, 0, ETH_HEADER);
	skb->data = skb->head + skb->mac;
	skb->len += ETH_HEADER;
}

static int run_and_report(const struct bpfx_host *host, struct bpfx_test_run *run,
			  struct skb_args *skb, bool whole, struct __sk_buff *ctx)
{
	uint32_t result = 0, duration = 0;
	bool summed = run->attr->test.flags & BPF_F_TEST_SKB_CHECKSUM_COMPLETE;
	int err;

	skb->has_sum = summed;
	skb->sum = skb_whole_sum(skb);
	err = test_repeat(host, run, skb, &result, &duration);
	if (err)
		return err;
	/* Also if helpers found on the way that nobody keeps it any more. */
	if (summed && !sum_is_same(skb->sum, skb_whole_sum(skb)))
		return -EBADMSG;
	if (ctx)
		give_ctx(skb, ctx);
	if (!whole)
		push_header(skb);
	err = test_write_data(host, run, skb->data, skb->data_end - skb->data, NULL, 0, result,
			      duration);
	return err || !ctx ? err : test_write_ctx(host, run, ctx, sizeof(*ctx));
}

static bool sees_whole(const struct bpfx_host *host, const struct bpfx_test_run *run)
{
	uint32_t type = host->prog_type(run->prog);

	return type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT;
}

static int set_up(const struct bpfx_host *host, struct bpfx_test_run *run, struct skb_args *skb,
		  bool whole, struct __sk_buff *ctx, int *has_ctx)
{
	int err = read_packet(host, run, skb);

	if (err)
		return err;
	*has_ctx = test_read_ctx(host, run, ctx, sizeof(*ctx));
	if (*has_ctx < 0)
		return *has_ctx;
	if (*has_ctx && ctx->ifindex > LOOPBACK && !net_interface_exists(ctx->ifindex))
		return -ENODEV;
	err = skb_classify(skb, whole);
	if (!err && *has_ctx)
		err = take_ctx(ctx, skb);
	if (!err && *has_ctx && ctx->ifindex > LOOPBACK)
		skb->ifindex = ctx->ifindex;
	skb_make_socket(skb);
	return err;
}

int skb_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	const union bpf_attr *attr = run->attr;
	struct __sk_buff ctx;
	struct skb_run s;
	bool whole = sees_whole(host, run);
	int err, has_ctx = 0;

	if (attr->test.flags & ~FLAGS_KNOWN || attr->test.cpu || attr->test.batch_size)
		return -EINVAL;
	memset(&s, 0, sizeof(s));
	err = set_up(host, run, &s.args, whole, &ctx, &has_ctx);
	if (!err)
		err = run_and_report(host, run, &s.args, whole, has_ctx ? &ctx : NULL);
	free(s.args.head);
	return err;
}
