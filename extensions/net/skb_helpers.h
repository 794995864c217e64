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
SKB_HELPER(help_csum_update);
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
SKB_HELPER(help_skb_ancestor_cgroup_id);
SKB_HELPER(help_sk_ancestor_cgroup_id);
SKB_HELPER(help_skb_under_cgroup);
SKB_HELPER(help_get_cgroup_classid);

/* skb_tunnel.c */
SKB_HELPER(help_skb_get_tunnel_key);
SKB_HELPER(help_skb_set_tunnel_key);
SKB_HELPER(help_skb_get_tunnel_opt);
SKB_HELPER(help_skb_set_tunnel_opt);
SKB_HELPER(help_skb_get_xfrm_state);

/* interfaces.c */
SKB_HELPER(help_skb_check_mtu);
SKB_HELPER(help_xdp_check_mtu);
SKB_HELPER(help_fib_lookup);
SKB_HELPER(help_clone_redirect);

/* sock_table.c */
SKB_HELPER(help_skb_lookup_tcp);
SKB_HELPER(help_skb_lookup_udp);
SKB_HELPER(help_skb_lookup_skc);
SKB_HELPER(help_xdp_lookup_tcp);
SKB_HELPER(help_xdp_lookup_udp);
SKB_HELPER(help_xdp_lookup_skc);
SKB_HELPER(help_addr_lookup_tcp);
SKB_HELPER(help_addr_lookup_udp);
SKB_HELPER(help_addr_lookup_skc);
SKB_HELPER(help_sk_release);
SKB_HELPER(help_sk_assign);

/* syncookie.c */
SKB_HELPER(help_raw_gen_syncookie4);
SKB_HELPER(help_raw_gen_syncookie6);
SKB_HELPER(help_raw_check_syncookie4);
SKB_HELPER(help_raw_check_syncookie6);
SKB_HELPER(help_tcp_check_syncookie);
SKB_HELPER(help_tcp_gen_syncookie);

/* Rows of types that look for sockets: @who are their native sides. */
#define LOOKUP_ROW(id, fn, ret)                                                                    \
	{ BPF_FUNC_##id, #id, fn, (ret) | BPFX_RET_OR_NULL,                                        \
	  { BPFX_ARG_CTX, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE, BPFX_ARG_ANY, BPFX_ARG_ANY }, \
	  .flags = BPFX_HELPER_PKT_ACCESS }
#define LOOKUP_ROWS(who)                                                                           \
	LOOKUP_ROW(sk_lookup_tcp, help_##who##_lookup_tcp, BPFX_RET_SOCKET),                       \
	LOOKUP_ROW(sk_lookup_udp, help_##who##_lookup_udp, BPFX_RET_SOCKET),                       \
	LOOKUP_ROW(skc_lookup_tcp, help_##who##_lookup_skc, BPFX_RET_SOCK_COMMON),                 \
	{ BPF_FUNC_sk_release, "sk_release", help_sk_release, BPFX_RET_INTEGER,                    \
	  { BPFX_ARG_BTF_ID_SOCK_COMMON | BPFX_RELEASE }, .flags = 0 }

/* And of those that know about SYN cookies. */
#define COOKIE_ROW(id, fn)                                                                         \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER,                                                \
	  { BPFX_ARG_BTF_ID_SOCK_COMMON, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE,                \
	    BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE },                                           \
	  .flags = BPFX_HELPER_PKT_ACCESS | BPFX_HELPER_GPL }
#define RAW_HEADER BPFX_ARG_MEM | BPFX_RDONLY | BPFX_FIXED_SIZE
#define RAW_GEN_ROW(id, fn, ip_size)                                                               \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER,                                                \
	  { RAW_HEADER, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO },                       \
	  .flags = BPFX_HELPER_PKT_ACCESS | BPFX_HELPER_GPL, .arg_sizes = { ip_size } }
#define RAW_CHECK_ROW(id, fn, ip_size)                                                             \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER, { RAW_HEADER, RAW_HEADER },                    \
	  .flags = BPFX_HELPER_PKT_ACCESS | BPFX_HELPER_GPL, .arg_sizes = { ip_size, 20 } }
#define COOKIE_ROWS                                                                                \
	COOKIE_ROW(tcp_check_syncookie, help_tcp_check_syncookie),                                 \
	COOKIE_ROW(tcp_gen_syncookie, help_tcp_gen_syncookie),                                     \
	RAW_GEN_ROW(tcp_raw_gen_syncookie_ipv4, help_raw_gen_syncookie4, 20),                      \
	RAW_GEN_ROW(tcp_raw_gen_syncookie_ipv6, help_raw_gen_syncookie6, 40),                      \
	RAW_CHECK_ROW(tcp_raw_check_syncookie_ipv4, help_raw_check_syncookie4, 20),                \
	RAW_CHECK_ROW(tcp_raw_check_syncookie_ipv6, help_raw_check_syncookie6, 40)

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
