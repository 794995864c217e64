/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files of this extension share: packets as programs see them, lists, test runs. */
#ifndef EXTENSIONS_NET_H
#define EXTENSIONS_NET_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <bpfx/extension.h>
#include "net_sock.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)    ((a) < (b) ? (a) : (b))

#define ETH_HEADER 14u

extern const struct bpfx_ctx_desc xdp_ctx, socket_filter_ctx, tc_ctx, cgroup_skb_ctx, sock_ctx;

/* net.c: the services we got when registered. */
extern const struct bpfx_host *net_host;

/* hooks.c: all of them; those that are fired from here have a name. */
enum {
	NET_HOOK_XDP,
	NET_HOOK_TCX_INGRESS,
	NET_HOOK_TCX_EGRESS,
	NET_HOOK_TC_INGRESS,
	NET_HOOK_TC_EGRESS,
	NET_HOOK_CGROUP_INGRESS,
	NET_HOOK_CGROUP_EGRESS,
	NET_HOOK_REST,
	NET_HOOK_CNT = NET_HOOK_REST + 26,
};
extern const struct bpfx_hook net_hooks[NET_HOOK_CNT];

/* fire.c: events made up from names and numbers, see bpfx_hook.fire. */
int net_fire_sock_addr(const struct bpfx_host *host, const struct bpfx_hook *hook,
		       struct bpfx_fire *fire);
int net_fire_sock(const struct bpfx_host *host, const struct bpfx_hook *hook,
		  struct bpfx_fire *fire);
int net_fire_sock_ops(const struct bpfx_host *host, const struct bpfx_hook *hook,
		      struct bpfx_fire *fire);
int net_fire_skb(const struct bpfx_host *host, const struct bpfx_hook *hook,
		 struct bpfx_fire *fire);
int net_fire_xdp(const struct bpfx_host *host, const struct bpfx_hook *hook,
		 struct bpfx_fire *fire);

/* Attachment of XDP programs to interfaces. */
int xdp_attach(const struct bpfx_host *host, struct bpfx_attach *attach);
void xdp_fill_info(const uint32_t stored[4], uint64_t target, struct bpf_link_info *info);
int xdp_fdinfo(const uint32_t stored[4], uint64_t target, char *buf, size_t size);

/* ---- XDP ---- */

#define XDP_PAGE      4096u
#define XDP_HEADROOM  256u
#define XDP_FRAME     40u	/* struct xdp_frame, kept at the start of the headroom */
#define XDP_TAILROOM  320u	/* struct skb_shared_info, behind the data */
#define XDP_LINEAR    (XDP_PAGE - XDP_HEADROOM - XDP_TAILROOM)
#define XDP_FRAGS_MAX 17u

/* Where a packet shall go: out of an interface, seen by a program of its map; or to all of a map. */
struct xdp_target {
	uint32_t ifindex, prog_id;
	struct bpfx_map *map;
	uint64_t flags;			/* BPF_F_BROADCAST, BPF_F_EXCLUDE_INGRESS */
};

/*
 * What r1 of an XDP program really points to. The data lie between hard_start and hard_end; in a
 * test run that is one page with headroom and tailroom, and what does not fit follows in frags,
 * which programs reach by helpers only.
 */
struct xdp_args {
	unsigned char *data, *data_end, *data_meta;
	uint32_t ingress_ifindex, rx_queue_index, egress_ifindex;
	uint32_t frags_size;
	struct xdp_target redirect;	/* with XDP_REDIRECT */
	unsigned char *hard_start, *hard_end;
	unsigned char *frags;		/* room for XDP_FRAGS_MAX pages */
};

#define XDP_ROW_CNT 21
extern const struct bpfx_helper xdp_rows[XDP_ROW_CNT];
int xdp_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);

/* xdp_redirect.c: the latest target counts, and holds its map until the next or none (zeros). */
void xdp_set_target(struct xdp_args *xdp, struct xdp_target target);
struct bpfx_xdp_packet;
/* The packet goes where its program said. Return: what becomes of it, XDP_REDIRECT or XDP_DROP. */
uint32_t xdp_send(struct xdp_args *xdp, struct bpfx_xdp_packet *packet);

static inline uint32_t xdp_linear_size(const struct xdp_args *xdp)
{
	return xdp->data_end - xdp->data;
}

/* ---- sk_buff ---- */

/* What programs wrote of the tunnel that the packet shall go into. */
struct skb_tunnel {
	bool set, has_options;
	uint8_t options_size;
	uint32_t flags;			/* those of bpf_skb_set_tunnel_key() */
	struct bpf_tunnel_key key;
	unsigned char options[255];
};

/*
 * What r1 of a program on __sk_buff really points to: the fields under their own names and, behind
 * what any program reaches, the buffer.
 */
struct skb_args {
	unsigned char *data, *data_end, *data_meta;
	struct bpf_sock *sk;
	uint64_t tstamp, hwtstamp;
	uint32_t len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto;
	uint32_t priority, ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid, napi_id;
	uint32_t family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4];
	uint32_t remote_port, local_port;
	uint32_t wire_len, gso_segs, gso_size;
	uint8_t tstamp_type;

	unsigned char *head;		/* start of the allocation */
	uint32_t capacity;
	uint32_t mac, network;		/* offsets of those headers from head */
	struct net_sock sock;		/* where sk points to, unless it is an application's */
	uint32_t redirect_ifindex, redirect_flags;
	uint8_t has_hash;		/* also if it is 0 */
	uint8_t csum_unnecessary, csum_level;	/* what the device has checked */
	uint8_t encapsulated;
	uint8_t has_sum;		/* CHECKSUM_COMPLETE: of all from the network header on */
	uint32_t sum;
	struct skb_tunnel tunnel;
	/* Where copies go; NULL: nowhere. */
	void (*transmit)(void *cookie, uint32_t ifindex, uint32_t flags, const unsigned char *data,
			 uint32_t size);
	void *transmit_cookie;
	bool is_arriving;		/* at tcx ingress */
	struct sock_held *assigned;	/* by bpf_sk_assign(), the last one first */
};

#define SKB_HEADROOM 64u		/* NET_SKB_PAD */

/* What the receiving side finds out about a whole frame: 0 or -EINVAL. */
int skb_classify(struct skb_args *skb, bool whole);
/* What an Ethernet header says of the @payload bytes behind it, in network byte order. */
uint32_t skb_protocol_of(const void *header, uint32_t payload);
void skb_forget_hash(struct skb_args *skb);
/* A socket with the packet's addresses. */
void skb_make_socket(struct skb_args *skb);

/* Make room for @size bytes of data in all; moves the buffer, so pointers into it die. 0 or
 * -ENOMEM. */
int skb_set_size(struct skb_args *skb, uint32_t size);
int skb_load_packet(void *ctx, int32_t offset, uint32_t size, uint64_t *value);
int skb_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);

/* skb_rows.c */
#define SKB_FILTER_ROW_CNT 6
#define SKB_CGROUP_ROW_CNT 18
#define SKB_TC_ROW_CNT	   55
extern const struct bpfx_helper skb_filter_rows[SKB_FILTER_ROW_CNT];
extern const struct bpfx_helper skb_cgroup_rows[SKB_CGROUP_ROW_CNT];
extern const struct bpfx_helper skb_tc_rows[SKB_TC_ROW_CNT];

/* ---- test_run.c: what Linux does alike for many types ---- */

/**
 * test_read_ctx() - the caller's context
 * Return: 1 with @ctx filled, completed with zeros; 0 when neither context in nor out is asked
 * for; -E2BIG for non-zero bytes past @size, -EFAULT.
 */
int test_read_ctx(const struct bpfx_host *host, const struct bpfx_test_run *run, void *ctx,
		  uint32_t size);

uint64_t test_now_ns(void);
/* Run it as often as the caller wants. Return: 0 with the last result and the mean time. */
int test_repeat(const struct bpfx_host *host, struct bpfx_test_run *run, void *ctx,
		uint32_t *result, uint32_t *duration_ns);

/* Results: @linear bytes at @data, then @frags_size at @frags. 0, -ENOSPC: cut, -EFAULT. */
int test_write_data(const struct bpfx_host *host, struct bpfx_test_run *run, const void *data,
		    uint32_t linear, const void *frags, uint32_t frags_size, uint32_t result,
		    uint32_t duration_ns);
int test_write_ctx(const struct bpfx_host *host, struct bpfx_test_run *run, const void *ctx,
		   uint32_t size);

/* For types without a packet: -EINVAL where there is one, or flags, a CPU, batches. */
int test_without_data(const union bpf_attr *attr);
/* Run it and note result and time. 0 or -errno. */
int test_run_ctx(const struct bpfx_host *host, struct bpfx_test_run *run, void *ctx);

/* Is there an interface of that index in this network namespace. */
bool net_interface_exists(uint32_t ifindex);

#endif
