/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The network extension: program types on packets and sockets. */
#include "cgroup.h"
#include "helper_ids.h"
#include "net.h"

#define GENERAL(id_table) .general = id_table, .general_cnt = ARRAY_CNT(id_table)

static const uint32_t cgroup_skb_attach_types[] = {
	BPF_CGROUP_INET_INGRESS,
	BPF_CGROUP_INET_EGRESS,
};

/* Bit 1 of an egress program's result tells of congestion. */
static const struct bpfx_ret_range cgroup_skb_results[] = {
	{ BPF_CGROUP_INET_INGRESS, 0, 1 },
	{ BPF_CGROUP_INET_EGRESS, 0, 3 },
};

static const uint32_t cgroup_sock_attach_types[] = {
	BPF_CGROUP_INET_SOCK_CREATE,
	BPF_CGROUP_INET4_POST_BIND,
	BPF_CGROUP_INET6_POST_BIND,
	BPF_CGROUP_INET_SOCK_RELEASE,
};

static const struct bpfx_ret_range cgroup_sock_results[] = {
	{ UINT32_MAX, 0, 1 },
};

static const uint32_t sockopt_attach_types[] = {
	BPF_CGROUP_GETSOCKOPT,
	BPF_CGROUP_SETSOCKOPT,
};

static const struct bpfx_prog_type types[] = {
	{
		.name = "socket_filter",
		.type = BPF_PROG_TYPE_SOCKET_FILTER,
		.flags = BPFX_PROG_UNPRIV | BPFX_PROG_LD_ABS,
		.ctx = &socket_filter_ctx,
		.helpers = skb_filter_rows,
		.helper_cnt = SKB_FILTER_ROW_CNT,
		GENERAL(socket_filter_ids),
		.test_run = skb_test_run,
		.load_packet = skb_load_packet,
	},
	{
		.name = "sched_cls",
		.type = BPF_PROG_TYPE_SCHED_CLS,
		.flags = BPFX_PROG_PKT_READ | BPFX_PROG_PKT_WRITE | BPFX_PROG_CAP_NET_ADMIN |
			 BPFX_PROG_LD_ABS,
		.ctx = &tc_ctx,
		.helpers = skb_tc_rows,
		.helper_cnt = SKB_TC_ROW_CNT,
		GENERAL(sched_cls_ids),
		.test_run = skb_test_run,
		.load_packet = skb_load_packet,
	},
	{
		.name = "sched_act",
		.type = BPF_PROG_TYPE_SCHED_ACT,
		.flags = BPFX_PROG_PKT_READ | BPFX_PROG_PKT_WRITE | BPFX_PROG_CAP_NET_ADMIN |
			 BPFX_PROG_LD_ABS,
		.ctx = &tc_ctx,
		.helpers = skb_tc_rows,
		.helper_cnt = SKB_TC_ROW_CNT,
		GENERAL(sched_cls_ids),
		.test_run = skb_test_run,
		.load_packet = skb_load_packet,
	},
	{
		/* Any value may be returned; those above XDP_REDIRECT count as XDP_ABORTED. */
		.name = "xdp",
		.type = BPF_PROG_TYPE_XDP,
		.flags = BPFX_PROG_PKT_READ | BPFX_PROG_PKT_WRITE | BPFX_PROG_CAP_NET_ADMIN,
		.ctx = &xdp_ctx,
		.helpers = xdp_rows,
		.helper_cnt = XDP_ROW_CNT,
		GENERAL(xdp_ids),
		.test_run = xdp_test_run,
	},
	{
		.name = "cgroup_skb",
		.type = BPF_PROG_TYPE_CGROUP_SKB,
		.flags = BPFX_PROG_PKT_READ | BPFX_PROG_CAP_NET_ADMIN | BPFX_PROG_UNPRIV |
			 BPFX_PROG_ATTACH_CHECKED | BPFX_PROG_ATTACH_LOOSE,
		.ctx = &cgroup_skb_ctx,
		.helpers = skb_cgroup_rows,
		.helper_cnt = SKB_CGROUP_ROW_CNT,
		GENERAL(cgroup_skb_ids),
		.ret_ranges = cgroup_skb_results,
		.ret_range_cnt = ARRAY_CNT(cgroup_skb_results),
		.attach_types = cgroup_skb_attach_types,
		.attach_type_cnt = ARRAY_CNT(cgroup_skb_attach_types),
		.test_run = skb_test_run,
	},
	{
		.name = "cgroup_sock",
		.type = BPF_PROG_TYPE_CGROUP_SOCK,
		.flags = BPFX_PROG_CAP_NET_ADMIN | BPFX_PROG_ATTACH_CHECKED,
		.ctx = &sock_ctx,
		.helpers = cgroup_sock_rows,
		.helper_cnt = SOCK_ROW_CNT,
		GENERAL(cgroup_sock_ids),
		.ret_ranges = cgroup_sock_results,
		.ret_range_cnt = ARRAY_CNT(cgroup_sock_results),
		.attach_types = cgroup_sock_attach_types,
		.attach_type_cnt = ARRAY_CNT(cgroup_sock_attach_types),
		.test_run = sock_test_run,
	},
	{
		.name = "cgroup_sock_addr",
		.type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
		.flags = BPFX_PROG_CAP_NET_ADMIN | BPFX_PROG_ATTACH_CHECKED,
		.ctx = &sock_addr_ctx,
		.helpers = sock_addr_rows,
		.helper_cnt = SOCK_ADDR_ROW_CNT,
		GENERAL(sock_addr_ids),
		.ret_ranges = sock_addr_results,
		.ret_range_cnt = SOCK_ADDR_RESULT_CNT,
		.attach_types = sock_addr_attach_types,
		.attach_type_cnt = SOCK_ADDR_ATTACH_TYPE_CNT,
		.test_run = sock_addr_test_run,
	},
	{
		.name = "sock_ops",
		.type = BPF_PROG_TYPE_SOCK_OPS,
		.flags = BPFX_PROG_CAP_NET_ADMIN,
		.ctx = &sock_ops_ctx,
		.helpers = sock_ops_rows,
		.helper_cnt = SOCK_OPS_ROW_CNT,
		GENERAL(sock_ops_ids),
		.ret_ranges = cgroup_sock_results,
		.ret_range_cnt = ARRAY_CNT(cgroup_sock_results),
		.test_run = sock_ops_test_run,
	},
	{
		.name = "cgroup_device",
		.type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.flags = BPFX_PROG_CAP_NET_ADMIN,
		.ctx = &cgroup_device_ctx,
		.helpers = cgroup_device_rows,
		.helper_cnt = CGROUP_DEVICE_ROW_CNT,
		GENERAL(cgroup_device_ids),
		.ret_ranges = cgroup_sock_results,
		.ret_range_cnt = ARRAY_CNT(cgroup_sock_results),
		.test_run = cgroup_device_test_run,
	},
	{
		.name = "cgroup_sysctl",
		.type = BPF_PROG_TYPE_CGROUP_SYSCTL,
		.flags = BPFX_PROG_CAP_NET_ADMIN,
		.ctx = &cgroup_sysctl_ctx,
		.helpers = cgroup_sysctl_rows,
		.helper_cnt = CGROUP_SYSCTL_ROW_CNT,
		GENERAL(cgroup_sysctl_ids),
		.ret_ranges = cgroup_sock_results,
		.ret_range_cnt = ARRAY_CNT(cgroup_sock_results),
		.test_run = cgroup_sysctl_test_run,
	},
	{
		.name = "cgroup_sockopt",
		.type = BPF_PROG_TYPE_CGROUP_SOCKOPT,
		.flags = BPFX_PROG_CAP_NET_ADMIN | BPFX_PROG_ATTACH_CHECKED | BPFX_PROG_PKT_READ |
			 BPFX_PROG_PKT_WRITE,
		.ctx = &cgroup_sockopt_ctx,
		.helpers = cgroup_sockopt_rows,
		.helper_cnt = CGROUP_SOCKOPT_ROW_CNT,
		GENERAL(cgroup_sockopt_ids),
		.ret_ranges = cgroup_sock_results,
		.ret_range_cnt = ARRAY_CNT(cgroup_sock_results),
		.attach_types = sockopt_attach_types,
		.attach_type_cnt = ARRAY_CNT(sockopt_attach_types),
		.test_run = cgroup_sockopt_test_run,
	},
};

const struct bpfx_host *net_host;

static int start(const struct bpfx_host *host)
{
	net_host = host;
	return 0;
}

extern const struct bpfx_extension net_extension;
const struct bpfx_extension net_extension = {
	BPFX_EXTENSION_HEAD,
	.name = "net",
	.version = "1",
	.prog_types = types,
	.prog_type_cnt = ARRAY_CNT(types),
	.hooks = net_hooks,
	.hook_cnt = NET_HOOK_CNT,
	.start = start,
};
