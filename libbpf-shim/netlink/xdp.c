/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* XDP programs on interfaces, without links. */
#include <bpf/libbpf.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "netlink.h"
#include "util.h"

/* ---- attach ---- */

static int set_program(int ifindex, int prog_fd, int old_prog_fd, __u32 flags)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
	struct netlink_request request;
	struct nlattr *nest;
	int err;

	netlink_request_init(&request, RTM_SETLINK, NLM_F_ACK, &info, sizeof(info));
	nest = netlink_begin(&request, IFLA_XDP);
	if (!nest)
		return -EMSGSIZE;
	err = netlink_add(&request, IFLA_XDP_FD, &prog_fd, sizeof(prog_fd));
	if (!err && flags)
		err = netlink_add(&request, IFLA_XDP_FLAGS, &flags, sizeof(flags));
	if (!err && (flags & XDP_FLAGS_REPLACE))
		err = netlink_add(&request, IFLA_XDP_EXPECTED_FD, &old_prog_fd,
				  sizeof(old_prog_fd));
	if (err)
		return err;
	netlink_end(&request, nest);
	return netlink_call(NETLINK_ROUTE, &request, NULL, NULL);
}

int bpf_xdp_attach(int ifindex, int prog_fd, __u32 flags, const struct bpf_xdp_attach_opts *opts)
{
	int old_prog_fd;

	if (!OPTS_VALID(opts, bpf_xdp_attach_opts))
		return libbpf_err(-EINVAL);
	old_prog_fd = OPTS_GET(opts, old_prog_fd, 0);
	if (old_prog_fd)
		flags |= XDP_FLAGS_REPLACE;
	else
		old_prog_fd = -1;
	return libbpf_err(set_program(ifindex, prog_fd, old_prog_fd, flags));
}

int bpf_xdp_detach(int ifindex, __u32 flags, const struct bpf_xdp_attach_opts *opts)
{
	return bpf_xdp_attach(ifindex, -1, flags, opts);
}

/* ---- query ---- */

struct query {
	int ifindex;
	struct bpf_xdp_query_opts found;
};

static int read_link(const struct nlmsghdr *message, void *ctx)
{
	const struct nlattr *link[IFLA_MAX + 1], *xdp[IFLA_XDP_MAX + 1];
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct query *query = ctx;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return -LIBBPF_ERRNO__NLPARSE;
	if (info->ifi_index != query->ifindex)
		return 0;
	netlink_parse(link, IFLA_MAX, (const char *)info + NLMSG_ALIGN(sizeof(*info)),
		      message->nlmsg_len - NLMSG_LENGTH(sizeof(*info)));
	if (!link[IFLA_XDP])
		return 1;
	netlink_parse(xdp, IFLA_XDP_MAX, nlattr_data(link[IFLA_XDP]), nlattr_size(link[IFLA_XDP]));
	if (!xdp[IFLA_XDP_ATTACHED] || !nlattr_size(xdp[IFLA_XDP_ATTACHED]))
		return 1;
	query->found.attach_mode = *(const __u8 *)nlattr_data(xdp[IFLA_XDP_ATTACHED]);
	if (query->found.attach_mode == XDP_ATTACHED_NONE)
		return 1;
	query->found.prog_id = nlattr_u32(xdp[IFLA_XDP_PROG_ID]);
	query->found.skb_prog_id = nlattr_u32(xdp[IFLA_XDP_SKB_PROG_ID]);
	query->found.drv_prog_id = nlattr_u32(xdp[IFLA_XDP_DRV_PROG_ID]);
	query->found.hw_prog_id = nlattr_u32(xdp[IFLA_XDP_HW_PROG_ID]);
	return 1;
}

/* Names of the "netdev" family, kernel Documentation/netlink/specs/netdev.yaml. */
enum {
	NETDEV_CMD_DEV_GET = 1,
	NETDEV_A_DEV_IFINDEX = 1,
	NETDEV_A_DEV_XDP_FEATURES = 3,
	NETDEV_A_DEV_XDP_ZC_MAX_SEGS = 4,
};

static int read_family(const struct nlmsghdr *message, void *ctx)
{
	const struct nlattr *attrs[CTRL_ATTR_FAMILY_ID + 1];

	if (message->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return -LIBBPF_ERRNO__NLPARSE;
	netlink_parse(attrs, CTRL_ATTR_FAMILY_ID, (const char *)NLMSG_DATA(message) + GENL_HDRLEN,
		      message->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN));
	*(uint16_t *)ctx = nlattr_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	return 1;
}

static int read_features(const struct nlmsghdr *message, void *ctx)
{
	const struct nlattr *attrs[NETDEV_A_DEV_XDP_ZC_MAX_SEGS + 1];
	struct bpf_xdp_query_opts *found = ctx;

	if (message->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return -LIBBPF_ERRNO__NLPARSE;
	netlink_parse(attrs, NETDEV_A_DEV_XDP_ZC_MAX_SEGS,
		      (const char *)NLMSG_DATA(message) + GENL_HDRLEN,
		      message->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN));
	found->feature_flags = nlattr_u64(attrs[NETDEV_A_DEV_XDP_FEATURES]);
	found->xdp_zc_max_segs = nlattr_u32(attrs[NETDEV_A_DEV_XDP_ZC_MAX_SEGS]);
	return 1;
}

/* What the driver can do. Kernels that do not tell leave zeros. */
static int query_features(__u32 ifindex, struct bpf_xdp_query_opts *found)
{
	struct genlmsghdr header = { .cmd = CTRL_CMD_GETFAMILY, .version = 2 };
	struct netlink_request request;
	uint16_t family = 0;
	int err;

	netlink_request_init(&request, GENL_ID_CTRL, NLM_F_ACK, &header, sizeof(header));
	err = netlink_add(&request, CTRL_ATTR_FAMILY_NAME, "netdev", sizeof("netdev"));
	err = err ? err : netlink_call(NETLINK_GENERIC, &request, read_family, &family);
	if (err == -ENOENT || (!err && !family))
		return 0;
	if (err)
		return err;
	header = (struct genlmsghdr){ .cmd = NETDEV_CMD_DEV_GET, .version = 2 };
	netlink_request_init(&request, family, NLM_F_ACK, &header, sizeof(header));
	err = netlink_add(&request, NETDEV_A_DEV_IFINDEX, &ifindex, sizeof(ifindex));
	return err ? err : netlink_call(NETLINK_GENERIC, &request, read_features, found);
}

int bpf_xdp_query(int ifindex, int xdp_flags, struct bpf_xdp_query_opts *opts)
{
	struct ifinfomsg info = { .ifi_family = AF_PACKET };
	struct query query = { .ifindex = ifindex };
	struct netlink_request request;
	int modes = xdp_flags & XDP_FLAGS_MODES, err;

	if (!OPTS_VALID(opts, bpf_xdp_query_opts) || (xdp_flags & ~XDP_FLAGS_MASK))
		return libbpf_err(-EINVAL);
	/* one mode at most */
	if (modes & (modes - 1))
		return libbpf_err(-EINVAL);
	netlink_request_init(&request, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	err = netlink_call(NETLINK_ROUTE, &request, read_link, &query);
	if (err)
		return libbpf_err(err);
	OPTS_SET(opts, prog_id, query.found.prog_id);
	OPTS_SET(opts, drv_prog_id, query.found.drv_prog_id);
	OPTS_SET(opts, hw_prog_id, query.found.hw_prog_id);
	OPTS_SET(opts, skb_prog_id, query.found.skb_prog_id);
	OPTS_SET(opts, attach_mode, query.found.attach_mode);
	if (!OPTS_HAS(opts, feature_flags))
		return 0;
	err = query_features(ifindex, &query.found);
	if (err)
		return libbpf_err(err);
	OPTS_SET(opts, feature_flags, query.found.feature_flags);
	OPTS_SET(opts, xdp_zc_max_segs, query.found.xdp_zc_max_segs);
	return 0;
}

int bpf_xdp_query_id(int ifindex, int flags, __u32 *prog_id)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	int err;

	/* features are not asked for */
	opts.sz = offsetof(struct bpf_xdp_query_opts, feature_flags);
	err = bpf_xdp_query(ifindex, flags, &opts);
	if (err)
		return err;
	flags &= XDP_FLAGS_MODES;
	if (opts.attach_mode != XDP_ATTACHED_MULTI && !flags)
		*prog_id = opts.prog_id;
	else if (flags & XDP_FLAGS_DRV_MODE)
		*prog_id = opts.drv_prog_id;
	else if (flags & XDP_FLAGS_HW_MODE)
		*prog_id = opts.hw_prog_id;
	else if (flags & XDP_FLAGS_SKB_MODE)
		*prog_id = opts.skb_prog_id;
	else
		*prog_id = 0;
	return 0;
}
