/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Native sides of the helpers of programs on __sk_buff; skb_rows.c has the tables. */
#ifndef EXTENSIONS_NET_SKB_HELPERS_H
#define EXTENSIONS_NET_SKB_HELPERS_H

#include "net.h"

#define SKB_HELPER(name)                                                                           \
	uint64_t name(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)

/* skb_helpers.c: bytes and checksums. */
SKB_HELPER(help_skb_load_bytes);
SKB_HELPER(help_skb_load_bytes_relative);
SKB_HELPER(help_skb_perf_output);
SKB_HELPER(help_skb_store_bytes);
SKB_HELPER(help_skb_pull_data);
SKB_HELPER(help_l3_csum_replace);
SKB_HELPER(help_l4_csum_replace);

/* skb_shape.c: what makes packets longer and shorter. */
SKB_HELPER(help_skb_change_tail);
SKB_HELPER(help_skb_change_head);
SKB_HELPER(help_skb_change_proto);
SKB_HELPER(help_skb_adjust_room);
SKB_HELPER(help_skb_vlan_push);
SKB_HELPER(help_skb_vlan_pop);

/* skb_state.c: what stands beside the packet. */
SKB_HELPER(help_skb_change_type);
SKB_HELPER(help_get_hash_recalc);
SKB_HELPER(help_set_hash);
SKB_HELPER(help_set_hash_invalid);
SKB_HELPER(help_csum_level);
SKB_HELPER(help_skb_ecn_set_ce);
SKB_HELPER(help_skb_set_tstamp);
SKB_HELPER(help_tc_redirect);
SKB_HELPER(help_redirect_neigh);
SKB_HELPER(help_redirect_peer);
SKB_HELPER(help_get_route_realm);
SKB_HELPER(help_skb_cgroup_classid);
SKB_HELPER(help_skb_cgroup_id);
SKB_HELPER(help_skb_cookie);
SKB_HELPER(help_skb_netns_cookie);
SKB_HELPER(help_skb_uid);
SKB_HELPER(help_sk_fullsock);
SKB_HELPER(help_skb_tcp_sock);
SKB_HELPER(help_get_listener_sock);
SKB_HELPER(help_sk_cgroup_id);

static inline struct skb_args *skb_of(uint64_t r1)
{
	return (void *)(uintptr_t)r1;
}

/* @size bytes at @offset from @start; NULL: not in the packet. */
unsigned char *skb_bytes_at(const struct skb_args *skb, const unsigned char *start,
			    uint32_t offset, uint32_t size);

/* RFC 1624: what a checksum becomes when @from is replaced by @to. */
uint16_t skb_csum_replace(uint16_t check, uint32_t from, uint32_t to);

#endif
