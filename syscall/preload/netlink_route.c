/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern.h"
#include "netlink_route.h"
#include "raw.h"
#include "real.h"

#define LINK_HEAD NLMSG_ALIGN(sizeof(struct ifinfomsg))
#define TC_HEAD	  NLMSG_ALIGN(sizeof(struct tcmsg))
#define REPLY_MAX 65536

/* The attribute @type behind the family's header of @head bytes, or NULL. */
static struct rtattr *find_attr(const struct nlmsghdr *message, size_t head, uint16_t type)
{
	struct rtattr *attr = (struct rtattr *)((char *)NLMSG_DATA(message) + head);
	int left = message->nlmsg_len - NLMSG_LENGTH(head);

	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left))
		if ((attr->rta_type & NLA_TYPE_MASK) == type)
			return attr;
	return NULL;
}

/* ---- whose is it ---- */

enum side {
	THEIRS,		/* the machine's kernel alone */
	OURS,
	BOTH,		/* theirs with ours in it */
};

static enum side side_of_link_change(const struct nlmsghdr *request)
{
	return find_attr(request, LINK_HEAD, IFLA_XDP) ? OURS : THEIRS;
}

static enum side both(const struct nlmsghdr *request)
{
	(void)request;
	return BOTH;
}

static bool is_clsact(const struct nlmsghdr *message)
{
	const struct rtattr *kind = find_attr(message, TC_HEAD, TCA_KIND);
	const struct tcmsg *tc = NLMSG_DATA(message);

	return kind ? !strncmp(RTA_DATA(kind), "clsact", RTA_PAYLOAD(kind))
		    : tc->tcm_parent == TC_H_CLSACT;
}

static bool is_dump(const struct nlmsghdr *request)
{
	return request->nlmsg_flags & NLM_F_DUMP;
}

/* Of one alone only a change is told, to those who listen. */
static enum side side_of_qdisc_query(const struct nlmsghdr *request)
{
	if (is_dump(request))
		return BOTH;
	return request->nlmsg_len >= NLMSG_LENGTH(TC_HEAD) && is_clsact(request) ? OURS : THEIRS;
}

static enum side side_of_qdisc_change(const struct nlmsghdr *request)
{
	return is_clsact(request) ? OURS : THEIRS;
}

/* Filters hang below clsact by its number, whatever their kind. */
static enum side side_of_filter(const struct nlmsghdr *request)
{
	const struct tcmsg *tc = NLMSG_DATA(request);

	return TC_H_MAJ(tc->tcm_parent) == TC_H_MAJ(TC_H_CLSACT) ? OURS : THEIRS;
}

static const struct {
	uint16_t type;
	size_t head;
	enum side (*side)(const struct nlmsghdr *request);
} rows[] = {
	{ RTM_SETLINK, LINK_HEAD, side_of_link_change },
	{ RTM_NEWLINK, LINK_HEAD, side_of_link_change },
	{ RTM_GETLINK, sizeof(struct rtgenmsg), both },
	{ RTM_NEWQDISC, TC_HEAD, side_of_qdisc_change },
	{ RTM_DELQDISC, TC_HEAD, side_of_qdisc_change },
	{ RTM_GETQDISC, sizeof(struct rtgenmsg), side_of_qdisc_query },
	{ RTM_NEWTFILTER, TC_HEAD, side_of_filter },
	{ RTM_DELTFILTER, TC_HEAD, side_of_filter },
	{ RTM_GETTFILTER, TC_HEAD, side_of_filter },
};

static enum side side_of(const struct nlmsghdr *request)
{
	if (!(request->nlmsg_flags & NLM_F_REQUEST))
		return THEIRS;		/* who does not look at it, either */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == request->nlmsg_type)
			return request->nlmsg_len < NLMSG_LENGTH(rows[i].head) ?
				       THEIRS : rows[i].side(request);
	return THEIRS;
}

/* ---- what the machine's kernel says ---- */

/* An acknowledgement stands behind the one message that is told; none behind those of a dump. */
static bool ends_answer(const struct nlmsghdr *message, bool acknowledged)
{
	return message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR ||
	       !(message->nlmsg_flags & NLM_F_MULTI || acknowledged);
}

/* Each message of its answer to @take: 0 or -errno. */
static int read_theirs(int fd, bool acknowledged, netlink_take_fn take, void *arg)
{
	char *buf = malloc(REPLY_MAX);
	bool ended = !buf, taken = buf;

	while (!ended && taken) {
		ssize_t len = REAL(recv)(fd, buf, REPLY_MAX, 0);
		const struct nlmsghdr *message = (const struct nlmsghdr *)buf;

		ended = len <= 0;
		for (; taken && NLMSG_OK(message, len); message = NLMSG_NEXT(message, len)) {
			ended = ended || ends_answer(message, acknowledged);
			taken = take(arg, message);
		}
	}
	free(buf);
	return taken ? 0 : -ENOMEM;
}

static int ask_theirs(const struct nlmsghdr *request, netlink_take_fn take, void *arg)
{
	int fd = REAL(socket)(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err;

	if (fd < 0)
		return -errno;
	if (REAL(send)(fd, request, request->nlmsg_len, 0) < 0)
		err = -errno;
	else
		err = read_theirs(fd, request->nlmsg_flags & NLM_F_ACK && !is_dump(request),
				  take, arg);
	raw_close(fd);
	return err;
}

/* ---- what the emulated one says ---- */

static int ask_ours(const struct nlmsghdr *request, netlink_take_fn take, void *arg)
{
	const struct nlmsghdr *message;
	void *reply;
	size_t size;
	int len, err = kern_netlink(NETLINK_ROUTE, request, request->nlmsg_len, &reply, &size);

	if (err)
		return err;
	len = size;
	for (message = reply; NLMSG_OK(message, len) && !err; message = NLMSG_NEXT(message, len))
		err = take(arg, message) ? 0 : -ENOMEM;
	free(reply);
	return err;
}

/* ---- both ---- */

struct merge {
	const struct nlmsghdr *request;
	netlink_take_fn take;
	void *arg;
	struct rtattr *xdp;	/* a copy: of the interface asked for */
};

static bool keep_xdp(void *arg, const struct nlmsghdr *message)
{
	struct merge *merge = arg;
	const struct rtattr *xdp = message->nlmsg_type == RTM_NEWLINK ?
					   find_attr(message, LINK_HEAD, IFLA_XDP) : NULL;

	if (!xdp || merge->xdp)
		return true;
	merge->xdp = calloc(1, RTA_ALIGN(xdp->rta_len));
	if (merge->xdp)
		memcpy(merge->xdp, xdp, xdp->rta_len);
	return merge->xdp;
}

/* Our IFLA_XDP of an interface goes into @merge->xdp; none where we do not know the interface. */
static int find_xdp(struct merge *merge, int ifindex)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header = { sizeof(request), RTM_GETLINK, NLM_F_REQUEST, 0, 0 },
		.info.ifi_index = ifindex,
	};

	return ask_ours(&request.header, keep_xdp, merge);
}

/* A copy of @message with our XDP program in place of the machine's. */
static bool take_link(struct merge *merge, const struct nlmsghdr *message)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	const struct rtattr *theirs = find_attr(message, LINK_HEAD, IFLA_XDP);
	struct nlmsghdr *copy;
	bool taken = false;
	size_t before, behind;

	if (!theirs || find_xdp(merge, info->ifi_index) || !merge->xdp)
		return merge->take(merge->arg, message);
	before = (const char *)theirs - (const char *)message;
	behind = before + RTA_ALIGN(theirs->rta_len);
	copy = malloc(message->nlmsg_len + RTA_ALIGN(merge->xdp->rta_len));
	if (copy) {
		char *to = (char *)copy;

		memcpy(to, message, before);
		memcpy(to + before, merge->xdp, RTA_ALIGN(merge->xdp->rta_len));
		to += before + RTA_ALIGN(merge->xdp->rta_len);
		if (behind < message->nlmsg_len)
			memcpy(to, (const char *)message + behind, message->nlmsg_len - behind);
		copy->nlmsg_len = before + RTA_ALIGN(merge->xdp->rta_len) +
				  (behind < message->nlmsg_len ? message->nlmsg_len - behind : 0);
		taken = merge->take(merge->arg, copy);
	}
	free(copy);
	free(merge->xdp);
	merge->xdp = NULL;
	return taken;
}

static bool take_our_qdisc(void *arg, const struct nlmsghdr *message)
{
	struct merge *merge = arg;

	return message->nlmsg_type != RTM_NEWQDISC || merge->take(merge->arg, message);
}

static bool take_theirs(void *arg, const struct nlmsghdr *message)
{
	struct merge *merge = arg;

	switch (message->nlmsg_type) {
	case RTM_NEWLINK:
		return take_link(merge, message);
	case RTM_NEWQDISC:	/* the machine's clsact is not ours */
		return is_clsact(message) || merge->take(merge->arg, message);
	case NLMSG_DONE:
		/* Without a store there is only the machine's. */
		if (merge->request->nlmsg_type == RTM_GETQDISC &&
		    ask_ours(merge->request, take_our_qdisc, merge) == -ENOMEM)
			return false;
		return merge->take(merge->arg, message);
	default:
		return merge->take(merge->arg, message);
	}
}

int netlink_route_answer(const struct nlmsghdr *request, netlink_take_fn take, void *arg)
{
	struct merge merge = { request, take, arg, NULL };
	enum side side = side_of(request);
	int err;

	if (side == THEIRS)
		return 0;
	err = side == OURS ? ask_ours(request, take, arg) : ask_theirs(request, take_theirs, &merge);
	return err ? err : 1;
}
