/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The hooks of this extension: interfaces and cgroups. Names are Linux's of the attach types. */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <net/if.h>
#include <stdio.h>

#include "cgroup.h"

/* ---- tcx ---- */

static int tcx_attach(const struct bpfx_host *host, struct bpfx_attach *attach)
{
	uint32_t ifindex = attach->attr->link_create.target_ifindex;
	char name[IF_NAMESIZE];

	(void)host;
	if (!ifindex || !if_indextoname(ifindex, name))
		return -ENODEV;
	attach->target = attach->info[0] = ifindex;
	return 0;
}

static void ingress_info(const uint32_t stored[4], uint64_t target, struct bpf_link_info *info)
{
	(void)target;
	info->tcx.ifindex = stored[0];
	info->tcx.attach_type = BPF_TCX_INGRESS;
}

static void egress_info(const uint32_t stored[4], uint64_t target, struct bpf_link_info *info)
{
	(void)target;
	info->tcx.ifindex = stored[0];
	info->tcx.attach_type = BPF_TCX_EGRESS;
}

static int ingress_fdinfo(const uint32_t stored[4], uint64_t target, char *buf, size_t size)
{
	(void)target;
	return snprintf(buf, size, "ifindex:\t%u\nattach_type:\t%u (ingress)\n", stored[0],
			BPF_TCX_INGRESS);
}

static int egress_fdinfo(const uint32_t stored[4], uint64_t target, char *buf, size_t size)
{
	(void)target;
	return snprintf(buf, size, "ifindex:\t%u\nattach_type:\t%u (egress)\n", stored[0],
			BPF_TCX_EGRESS);
}

/* The first that does not pass on to the next decides. */
static int tcx_combine(uint32_t *result, uint32_t next)
{
	*result = next;
	return next != (uint32_t)TCX_NEXT;
}

/* ---- filters of traffic control ---- */

/* What a filter says that does not return an action by itself. */
static uint32_t classified(uint32_t result)
{
	return result ? TC_ACT_OK : TC_ACT_UNSPEC;
}

static uint32_t action_of(uint32_t result)
{
	switch (result) {
	case TC_ACT_OK:
	case TC_ACT_SHOT:
	case TC_ACT_STOLEN:
	case TC_ACT_TRAP:
	case TC_ACT_REDIRECT:
		return result;
	default:
		return TC_ACT_UNSPEC;
	}
}

/* The first that has an opinion decides. */
static int filter_combine(void *ctx, uint32_t *result, uint32_t next)
{
	uint64_t cookie = bpfx_ctx_header(ctx)->slot[BPFX_CTX_COOKIE];

	*result = cookie & BPFX_TC_DIRECT ? action_of(next) : classified(next);
	return *result != (uint32_t)TC_ACT_UNSPEC;
}

static int filter_wanted(void *ctx, uint64_t cookie)
{
	const struct skb_args *skb = ctx;
	uint16_t protocol = cookie & BPFX_TC_PROTOCOL;

	return protocol == htons(ETH_P_ALL) || protocol == (uint16_t)skb->protocol;
}

#define FILTER(hook_name)                                                                          \
	{ .name = hook_name,                                                                       \
	  .prog_type = "sched_cls",                                                                \
	  .flags = BPFX_HOOK_NETLINK | BPFX_HOOK_DYNAMIC | BPFX_HOOK_MULTI,                        \
	  .context_header_size = BPFX_CTX_HEADER_SIZE,                                             \
	  .combine_ctx = filter_combine,                                                           \
	  .wanted = filter_wanted,                                                                 \
	  .fire = net_fire_skb,                                                                    \
	  .state = &(struct bpfx_hook_state){ 0 } }

/* ---- cgroups ---- */

/* Bit 0: all must allow it. The others are what any of them asks for. */
static int cgroup_combine(uint32_t *result, uint32_t next)
{
	*result = (*result & next & 1u) | ((*result | next) & ~1u);
	return 0;
}

#define CGROUP(hook_name, type, program, fire_fn)                                                  \
	{ .name = hook_name,                                                                       \
	  .attach_type = BPF_##type,                                                               \
	  .link_type = BPF_LINK_TYPE_CGROUP,                                                       \
	  .prog_type = program,                                                                    \
	  .flags = BPFX_HOOK_CGROUP,                                                               \
	  .context_header_size = BPFX_CTX_HEADER_SIZE,                                             \
	  .combine = cgroup_combine,                                                               \
	  .fire = fire_fn,                                                                         \
	  .state = &(struct bpfx_hook_state){ 0 } }
/* Their programs see the result so far as a field. */
#define SOCKOPT(hook_name, type)                                                                   \
	{ .name = hook_name,                                                                       \
	  .attach_type = BPF_##type,                                                               \
	  .link_type = BPF_LINK_TYPE_CGROUP,                                                       \
	  .prog_type = "cgroup_sockopt",                                                           \
	  .flags = BPFX_HOOK_CGROUP,                                                               \
	  .context_header_size = BPFX_CTX_HEADER_SIZE,                                             \
	  .combine_ctx = sockopt_combine,                                                          \
	  .fire = net_fire_sockopt,                                                                \
	  .state = &(struct bpfx_hook_state){ 0 } }
#define SOCK_ADDR(hook_name, type) CGROUP(hook_name, type, "cgroup_sock_addr", net_fire_sock_addr)

static struct bpfx_hook_state xdp_state, tcx_ingress_state, tcx_egress_state;

const struct bpfx_hook net_hooks[NET_HOOK_CNT] = {
	[NET_HOOK_XDP] = {
		.name = "xdp",
		.attach_type = BPF_XDP,
		.link_type = BPF_LINK_TYPE_XDP,
		.prog_type = "xdp",
		.context_header_size = BPFX_CTX_HEADER_SIZE,
		.attach = xdp_attach,
		.fill_info = xdp_fill_info,
		.fdinfo = xdp_fdinfo,
		.fire = net_fire_xdp,
		.state = &xdp_state,
	},
	[NET_HOOK_TCX_INGRESS] = {
		.name = "tcx_ingress",
		.attach_type = BPF_TCX_INGRESS,
		.link_type = BPF_LINK_TYPE_TCX,
		.prog_type = "sched_cls",
		.flags = BPFX_HOOK_MPROG,
		.context_header_size = BPFX_CTX_HEADER_SIZE,
		.attach = tcx_attach,
		.fill_info = ingress_info,
		.fdinfo = ingress_fdinfo,
		.combine = tcx_combine,
		.fire = net_fire_skb,
		.state = &tcx_ingress_state,
	},
	[NET_HOOK_TCX_EGRESS] = {
		.name = "tcx_egress",
		.attach_type = BPF_TCX_EGRESS,
		.link_type = BPF_LINK_TYPE_TCX,
		.prog_type = "sched_cls",
		.flags = BPFX_HOOK_MPROG,
		.context_header_size = BPFX_CTX_HEADER_SIZE,
		.attach = tcx_attach,
		.fill_info = egress_info,
		.fdinfo = egress_fdinfo,
		.combine = tcx_combine,
		.fire = net_fire_skb,
		.state = &tcx_egress_state,
	},
	[NET_HOOK_TC_INGRESS] = FILTER("tc_ingress"),
	[NET_HOOK_TC_EGRESS] = FILTER("tc_egress"),
	[NET_HOOK_CGROUP_INGRESS] =
	CGROUP("cgroup_inet_ingress", CGROUP_INET_INGRESS, "cgroup_skb", net_fire_skb),
	[NET_HOOK_CGROUP_EGRESS] =
	CGROUP("cgroup_inet_egress", CGROUP_INET_EGRESS, "cgroup_skb", net_fire_skb),
	[NET_HOOK_REST] =
	CGROUP("cgroup_inet_sock_create", CGROUP_INET_SOCK_CREATE, "cgroup_sock", net_fire_sock),
	CGROUP("cgroup_inet_sock_release", CGROUP_INET_SOCK_RELEASE, "cgroup_sock", net_fire_sock),
	CGROUP("cgroup_inet4_post_bind", CGROUP_INET4_POST_BIND, "cgroup_sock", net_fire_sock),
	CGROUP("cgroup_inet6_post_bind", CGROUP_INET6_POST_BIND, "cgroup_sock", net_fire_sock),
	CGROUP("cgroup_sock_ops", CGROUP_SOCK_OPS, "sock_ops", net_fire_sock_ops),
	CGROUP("cgroup_device", CGROUP_DEVICE, "cgroup_device", net_fire_device),
	CGROUP("cgroup_sysctl", CGROUP_SYSCTL, "cgroup_sysctl", net_fire_sysctl),
	SOCKOPT("cgroup_getsockopt", CGROUP_GETSOCKOPT),
	SOCKOPT("cgroup_setsockopt", CGROUP_SETSOCKOPT),
	SOCK_ADDR("cgroup_inet4_bind", CGROUP_INET4_BIND),
	SOCK_ADDR("cgroup_inet6_bind", CGROUP_INET6_BIND),
	SOCK_ADDR("cgroup_inet4_connect", CGROUP_INET4_CONNECT),
	SOCK_ADDR("cgroup_inet6_connect", CGROUP_INET6_CONNECT),
	SOCK_ADDR("cgroup_unix_connect", CGROUP_UNIX_CONNECT),
	SOCK_ADDR("cgroup_udp4_sendmsg", CGROUP_UDP4_SENDMSG),
	SOCK_ADDR("cgroup_udp6_sendmsg", CGROUP_UDP6_SENDMSG),
	SOCK_ADDR("cgroup_unix_sendmsg", CGROUP_UNIX_SENDMSG),
	SOCK_ADDR("cgroup_udp4_recvmsg", CGROUP_UDP4_RECVMSG),
	SOCK_ADDR("cgroup_udp6_recvmsg", CGROUP_UDP6_RECVMSG),
	SOCK_ADDR("cgroup_unix_recvmsg", CGROUP_UNIX_RECVMSG),
	SOCK_ADDR("cgroup_inet4_getpeername", CGROUP_INET4_GETPEERNAME),
	SOCK_ADDR("cgroup_inet6_getpeername", CGROUP_INET6_GETPEERNAME),
	SOCK_ADDR("cgroup_unix_getpeername", CGROUP_UNIX_GETPEERNAME),
	SOCK_ADDR("cgroup_inet4_getsockname", CGROUP_INET4_GETSOCKNAME),
	SOCK_ADDR("cgroup_inet6_getsockname", CGROUP_INET6_GETSOCKNAME),
	SOCK_ADDR("cgroup_unix_getsockname", CGROUP_UNIX_GETSOCKNAME),
};
