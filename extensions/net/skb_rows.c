/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Helpers of programs on __sk_buff: which type has which. */
#include "skb_helpers.h"

#define CTX BPFX_ARG_CTX
#define ANY BPFX_ARG_ANY
#define OUT BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE
#define IN  BPFX_ARG_MEM | BPFX_RDONLY
#define SIZE BPFX_ARG_SIZE
#define INT_OUT BPFX_ARG_MEM | BPFX_WRITE | BPFX_FIXED_SIZE | BPFX_ALIGNED

#define ROW(id, fn, ...)                                                                           \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER, { __VA_ARGS__ }, .flags = 0 }
/* Packet pointers die. */
#define CHANGES(id, fn, ...)                                                                       \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER, { __VA_ARGS__ },                               \
	  .flags = BPFX_HELPER_CHANGES_PKT }
#define OF_RUN(id, fn, ...)                                                                        \
	{ BPF_FUNC_##id, #id, fn, BPFX_RET_INTEGER, { __VA_ARGS__ },                               \
	  .flags = BPFX_HELPER_IMPLICIT_CTX }
#define POINTER(id, fn, ret, ...)                                                                  \
	{ BPF_FUNC_##id, #id, fn, (ret) | BPFX_RET_OR_NULL, { __VA_ARGS__ }, .flags = 0 }

/* What all have. */
#define READS                                                                                      \
	ROW(skb_load_bytes, help_skb_load_bytes, CTX, ANY, OUT, SIZE),                             \
	ROW(skb_load_bytes_relative, help_skb_load_bytes_relative, CTX, ANY, OUT, SIZE, ANY),      \
	ROW(get_socket_cookie, help_skb_cookie, CTX),                                              \
	ROW(get_socket_uid, help_skb_uid, CTX),                                                    \
	ROW(get_netns_cookie, help_skb_netns_cookie, CTX | BPFX_NULLABLE),                         \
	{ BPF_FUNC_perf_event_output, "perf_event_output", help_skb_perf_output,                   \
	  BPFX_RET_INTEGER, { CTX, BPFX_ARG_MAP, ANY, IN, BPFX_ARG_SIZE_OR_ZERO },                 \
	  .flags = BPFX_HELPER_GPL }

/* And what those have that know cgroups or sockets. */
#define SOCKETS                                                                                    \
	POINTER(sk_fullsock, help_sk_fullsock, BPFX_RET_SOCKET, BPFX_ARG_SOCK_COMMON),             \
	POINTER(tcp_sock, help_skb_tcp_sock, BPFX_RET_TCP_SOCK, BPFX_ARG_SOCK_COMMON),             \
	POINTER(get_listener_sock, help_get_listener_sock, BPFX_RET_SOCKET, BPFX_ARG_SOCK_COMMON), \
	ROW(skb_cgroup_id, help_skb_cgroup_id, CTX),                                               \
	ROW(skb_ancestor_cgroup_id, help_skb_ancestor_cgroup_id, CTX, ANY),                        \
	ROW(skb_ecn_set_ce, help_skb_ecn_set_ce, CTX),                                             \
	LOOKUP_ROWS(skb)

const struct bpfx_helper skb_filter_rows[SKB_FILTER_ROW_CNT] = { READS };

const struct bpfx_helper skb_cgroup_rows[SKB_CGROUP_ROW_CNT] = {
	READS,
	SOCKETS,
	ROW(sk_cgroup_id, help_sk_cgroup_id, BPFX_ARG_BTF_ID_SOCK_COMMON),
	ROW(sk_ancestor_cgroup_id, help_sk_ancestor_cgroup_id, BPFX_ARG_BTF_ID_SOCK_COMMON, ANY),
};

const struct bpfx_helper skb_tc_rows[SKB_TC_ROW_CNT] = {
	READS,
	SOCKETS,
	CHANGES(skb_store_bytes, help_skb_store_bytes, CTX, ANY, IN, SIZE, ANY),
	CHANGES(skb_pull_data, help_skb_pull_data, CTX, ANY),
	CHANGES(skb_change_tail, help_skb_change_tail, CTX, ANY, ANY),
	CHANGES(skb_change_head, help_skb_change_head, CTX, ANY, ANY),
	CHANGES(skb_change_proto, help_skb_change_proto, CTX, ANY, ANY),
	CHANGES(skb_adjust_room, help_skb_adjust_room, CTX, ANY, ANY, ANY),
	CHANGES(skb_vlan_push, help_skb_vlan_push, CTX, ANY, ANY),
	CHANGES(skb_vlan_pop, help_skb_vlan_pop, CTX),
	CHANGES(l3_csum_replace, help_l3_csum_replace, CTX, ANY, ANY, ANY, ANY),
	CHANGES(l4_csum_replace, help_l4_csum_replace, CTX, ANY, ANY, ANY, ANY),
	ROW(skb_change_type, help_skb_change_type, CTX, ANY),
	ROW(get_hash_recalc, help_get_hash_recalc, CTX),
	ROW(set_hash, help_set_hash, CTX, ANY),
	ROW(set_hash_invalid, help_set_hash_invalid, CTX),
	ROW(csum_level, help_csum_level, CTX, ANY),
	ROW(skb_set_tstamp, help_skb_set_tstamp, CTX, ANY, ANY),
	ROW(get_route_realm, help_get_route_realm, CTX),
	ROW(skb_cgroup_classid, help_skb_cgroup_classid, CTX),
	ROW(get_cgroup_classid, help_get_cgroup_classid, CTX),
	ROW(skb_under_cgroup, help_skb_under_cgroup, CTX, BPFX_ARG_MAP, ANY),
	ROW(csum_update, help_csum_update, CTX, ANY),
	ROW(skb_get_tunnel_key, help_skb_get_tunnel_key, CTX, OUT, SIZE, ANY),
	ROW(skb_set_tunnel_key, help_skb_set_tunnel_key, CTX, IN, SIZE, ANY),
	ROW(skb_get_tunnel_opt, help_skb_get_tunnel_opt, CTX, OUT, SIZE),
	ROW(skb_set_tunnel_opt, help_skb_set_tunnel_opt, CTX, IN, SIZE),
	ROW(skb_get_xfrm_state, help_skb_get_xfrm_state, CTX, ANY, OUT, SIZE, ANY),
	{ BPF_FUNC_check_mtu, "check_mtu", help_skb_check_mtu, BPFX_RET_INTEGER,
	  { CTX, ANY, INT_OUT, ANY, ANY }, .flags = BPFX_HELPER_GPL,
	  .arg_sizes = { [2] = sizeof(uint32_t) } },
	{ BPF_FUNC_fib_lookup, "fib_lookup", help_fib_lookup, BPFX_RET_INTEGER,
	  { CTX, BPFX_ARG_MEM | BPFX_WRITE, SIZE, ANY }, .flags = BPFX_HELPER_GPL },
	CHANGES(clone_redirect, help_clone_redirect, CTX, ANY, ANY),
	ROW(sk_assign, help_sk_assign, CTX, BPFX_ARG_BTF_ID_SOCK_COMMON, ANY),
	COOKIE_ROWS,
	OF_RUN(redirect, help_tc_redirect, ANY, ANY),
	OF_RUN(redirect_neigh, help_redirect_neigh, ANY,
	       BPFX_ARG_MEM | BPFX_RDONLY | BPFX_NULLABLE, BPFX_ARG_SIZE_OR_ZERO, ANY),
	OF_RUN(redirect_peer, help_redirect_peer, ANY, ANY),
};
