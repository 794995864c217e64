/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Classifiers of traffic control: the clsact queueing discipline and bpf filters on it. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sys/socket.h>

#include "netlink.h"
#include "util.h"

/* ---- hooks ---- */

/* The parent that stands for a place of the hook; *kind the discipline it belongs to. */
static int place_of(const struct bpf_tc_hook *hook, __u32 *parent)
{
	__u32 given = OPTS_GET(hook, parent, 0);

	switch (OPTS_GET(hook, attach_point, 0)) {
	case BPF_TC_INGRESS:
		*parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
		return given && given != *parent ? -EINVAL : 0;
	case BPF_TC_EGRESS:
		*parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS);
		return given && given != *parent ? -EINVAL : 0;
	case BPF_TC_CUSTOM:
		*parent = given;
		return given ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* Which discipline a hook needs: clsact for the usual places, a named one for BPF_TC_QDISC. */
static int qdisc_of(const struct bpf_tc_hook *hook, struct tcmsg *tc, const char **kind)
{
	switch (OPTS_GET(hook, attach_point, 0)) {
	case BPF_TC_INGRESS:
	case BPF_TC_EGRESS:
	case BPF_TC_INGRESS | BPF_TC_EGRESS:
		if (OPTS_GET(hook, parent, 0))
			return -EINVAL;
		tc->tcm_parent = TC_H_CLSACT;
		tc->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
		*kind = "clsact";
		return 0;
	case BPF_TC_QDISC:
		tc->tcm_parent = OPTS_GET(hook, parent, 0);
		tc->tcm_handle = OPTS_GET(hook, handle, 0);
		*kind = OPTS_GET(hook, qdisc, NULL);
		return *kind ? 0 : -EINVAL;
	case BPF_TC_CUSTOM:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

static int change_qdisc(const struct bpf_tc_hook *hook, uint16_t type, uint16_t flags)
{
	struct tcmsg tc = { .tcm_family = AF_UNSPEC };
	struct netlink_request request;
	const char *kind;
	int err;

	tc.tcm_ifindex = OPTS_GET(hook, ifindex, 0);
	err = qdisc_of(hook, &tc, &kind);
	if (err)
		return err;
	netlink_request_init(&request, type, NLM_F_ACK | flags, &tc, sizeof(tc));
	err = netlink_add(&request, TCA_KIND, kind, strlen(kind) + 1);
	return err ? err : netlink_call(NETLINK_ROUTE, &request, NULL, NULL);
}

static bool hook_is_good(const struct bpf_tc_hook *hook)
{
	return hook && OPTS_VALID(hook, bpf_tc_hook) && OPTS_GET(hook, ifindex, 0) > 0;
}

int bpf_tc_hook_create(struct bpf_tc_hook *hook)
{
	if (!hook_is_good(hook))
		return libbpf_err(-EINVAL);
	return libbpf_err(change_qdisc(hook, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL));
}

/* ---- filters ---- */

struct filter {
	struct bpf_tc_opts *opts;
	bool seen;
};

static int read_filter(const struct nlmsghdr *message, void *ctx)
{
	const struct nlattr *attrs[TCA_MAX + 1], *bpf[TCA_BPF_MAX + 1];
	const struct tcmsg *tc = NLMSG_DATA(message);
	struct filter *filter = ctx;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*tc)))
		return -LIBBPF_ERRNO__NLPARSE;
	netlink_parse(attrs, TCA_MAX, (const char *)tc + NLMSG_ALIGN(sizeof(*tc)),
		      message->nlmsg_len - NLMSG_LENGTH(sizeof(*tc)));
	if (!attrs[TCA_OPTIONS])
		return 0;
	netlink_parse(bpf, TCA_BPF_MAX, nlattr_data(attrs[TCA_OPTIONS]),
		      nlattr_size(attrs[TCA_OPTIONS]));
	if (!bpf[TCA_BPF_ID])
		return -EINVAL;
	OPTS_SET(filter->opts, prog_id, nlattr_u32(bpf[TCA_BPF_ID]));
	OPTS_SET(filter->opts, handle, tc->tcm_handle);
	OPTS_SET(filter->opts, priority, TC_H_MAJ(tc->tcm_info) >> 16);
	filter->seen = true;
	return 1;
}

static int add_program(struct netlink_request *request, int fd)
{
	__u32 flags = TCA_BPF_FLAG_ACT_DIRECT;
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	char name[256];
	int err, name_len;

	err = bpf_prog_get_info_by_fd(fd, &info, &len);
	if (err)
		return err;
	/* the name by which `tc filter show` knows it */
	name_len = snprintf(name, sizeof(name), "%s:[%u]", info.name, info.id);
	err = netlink_add(request, TCA_BPF_FD, &fd, sizeof(fd));
	err = err ? err : netlink_add(request, TCA_BPF_NAME, name, name_len + 1);
	return err ? err : netlink_add(request, TCA_BPF_FLAGS, &flags, sizeof(flags));
}

static void begin_filter(struct netlink_request *request, const struct bpf_tc_hook *hook,
			 const struct bpf_tc_opts *opts, __u32 parent, uint16_t type,
			 uint16_t flags)
{
	struct tcmsg tc = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = OPTS_GET(hook, ifindex, 0),
		.tcm_handle = OPTS_GET(opts, handle, 0),
		.tcm_parent = parent,
	};

	if (opts)
		tc.tcm_info = TC_H_MAKE(OPTS_GET(opts, priority, 0) << 16, htons(ETH_P_ALL));
	netlink_request_init(request, type, flags, &tc, sizeof(tc));
}

int bpf_tc_attach(const struct bpf_tc_hook *hook, struct bpf_tc_opts *opts)
{
	struct filter filter = { .opts = opts };
	struct netlink_request request;
	struct nlattr *nest;
	__u32 parent, flags;
	int err;

	if (!hook_is_good(hook) || !opts || !OPTS_VALID(opts, bpf_tc_opts))
		return libbpf_err(-EINVAL);
	flags = OPTS_GET(opts, flags, 0);
	if (!OPTS_GET(opts, prog_fd, 0) || OPTS_GET(opts, prog_id, 0) ||
	    OPTS_GET(opts, priority, 0) > UINT16_MAX || (flags & ~BPF_TC_F_REPLACE))
		return libbpf_err(-EINVAL);
	err = place_of(hook, &parent);
	if (err)
		return libbpf_err(err);
	begin_filter(&request, hook, opts, parent, RTM_NEWTFILTER,
		     NLM_F_ACK | NLM_F_ECHO | NLM_F_CREATE |
			     (flags & BPF_TC_F_REPLACE ? NLM_F_REPLACE : NLM_F_EXCL));
	err = netlink_add(&request, TCA_KIND, "bpf", sizeof("bpf"));
	nest = err ? NULL : netlink_begin(&request, TCA_OPTIONS);
	if (!nest)
		return libbpf_err(-EMSGSIZE);
	err = add_program(&request, opts->prog_fd);
	if (err)
		return libbpf_err(err);
	netlink_end(&request, nest);
	err = netlink_call(NETLINK_ROUTE, &request, read_filter, &filter);
	/* the echo says what handle and priority were chosen */
	return libbpf_err(err ? err : filter.seen ? 0 : -ENOENT);
}

/* @opts NULL: all filters of that place. */
static int remove_filters(const struct bpf_tc_hook *hook, const struct bpf_tc_opts *opts)
{
	struct netlink_request request;
	__u32 parent;
	int err;

	err = place_of(hook, &parent);
	if (err)
		return err;
	begin_filter(&request, hook, opts, parent, RTM_DELTFILTER, NLM_F_ACK);
	if (opts)
		err = netlink_add(&request, TCA_KIND, "bpf", sizeof("bpf"));
	return err ? err : netlink_call(NETLINK_ROUTE, &request, NULL, NULL);
}

/* Which one: by handle and priority, and by nothing else. */
static bool names_one(const struct bpf_tc_opts *opts)
{
	return opts && OPTS_VALID(opts, bpf_tc_opts) && OPTS_GET(opts, handle, 0) &&
	       OPTS_GET(opts, priority, 0) && OPTS_GET(opts, priority, 0) <= UINT16_MAX &&
	       !OPTS_GET(opts, prog_fd, 0) && !OPTS_GET(opts, prog_id, 0) &&
	       !OPTS_GET(opts, flags, 0);
}

int bpf_tc_detach(const struct bpf_tc_hook *hook, const struct bpf_tc_opts *opts)
{
	if (!hook_is_good(hook) || !names_one(opts))
		return libbpf_err(-EINVAL);
	return libbpf_err(remove_filters(hook, opts));
}

int bpf_tc_query(const struct bpf_tc_hook *hook, struct bpf_tc_opts *opts)
{
	struct filter filter = { .opts = opts };
	struct netlink_request request;
	__u32 parent;
	int err;

	if (!hook_is_good(hook) || !names_one(opts))
		return libbpf_err(-EINVAL);
	err = place_of(hook, &parent);
	if (err)
		return libbpf_err(err);
	begin_filter(&request, hook, opts, parent, RTM_GETTFILTER, 0);
	err = netlink_add(&request, TCA_KIND, "bpf", sizeof("bpf"));
	err = err ? err : netlink_call(NETLINK_ROUTE, &request, read_filter, &filter);
	return libbpf_err(err ? err : filter.seen ? 0 : -ENOENT);
}

int bpf_tc_hook_destroy(struct bpf_tc_hook *hook)
{
	if (!hook_is_good(hook))
		return libbpf_err(-EINVAL);
	switch (OPTS_GET(hook, attach_point, 0)) {
	case BPF_TC_INGRESS:
	case BPF_TC_EGRESS:
		/* the discipline may serve the other direction */
		return libbpf_err(remove_filters(hook, NULL));
	case BPF_TC_INGRESS | BPF_TC_EGRESS:
	case BPF_TC_QDISC:
		return libbpf_err(change_qdisc(hook, RTM_DELQDISC, 0));
	case BPF_TC_CUSTOM:
		return libbpf_err(-EOPNOTSUPP);
	default:
		return libbpf_err(-EINVAL);
	}
}
