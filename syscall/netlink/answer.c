/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* From a request to its answer: one row per message type. */
#include <linux/rtnetlink.h>
#include <stdlib.h>

#include "bits.h"
#include "err.h"
#include "message.h"
#include "netlink.h"

static int get_nothing(const struct nl_request *request, struct nl_reply *reply)
{
	(void)request;
	(void)reply;
	return 0;
}

static const struct {
	uint16_t type;
	uint16_t head;			/* bytes of the family's header */
	int (*run)(const struct nl_request *request, struct nl_reply *reply);
} rows[] = {
	{ RTM_GETLINK, sizeof(struct ifinfomsg), get_interfaces },
	{ RTM_SETLINK, sizeof(struct ifinfomsg), set_interface },
	{ RTM_NEWLINK, sizeof(struct ifinfomsg), set_interface },
	{ RTM_NEWQDISC, sizeof(struct tcmsg), new_qdisc },
	{ RTM_DELQDISC, sizeof(struct tcmsg), del_qdisc },
	{ RTM_GETQDISC, sizeof(struct tcmsg), get_qdiscs },
	{ RTM_GETTCLASS, sizeof(struct tcmsg), get_nothing },
	{ RTM_NEWTFILTER, sizeof(struct tcmsg), new_filter },
	{ RTM_DELTFILTER, sizeof(struct tcmsg), del_filter },
	{ RTM_GETTFILTER, sizeof(struct tcmsg), get_filters },
};

static int run(int protocol, const struct nl_request *request, struct nl_reply *reply)
{
	/* No generic family exists here: devices have no features to tell. */
	if (protocol == NETLINK_GENERIC)
		return -ENOENT;
	if (protocol != NETLINK_ROUTE)
		return -EOPNOTSUPP;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].type != request->header->nlmsg_type)
			continue;
		return request->size < rows[i].head ? -EINVAL : rows[i].run(request, reply);
	}
	return -EOPNOTSUPP;
}

static void finish(const struct nl_request *request, struct nl_reply *reply, int err)
{
	bool is_dump = (request->header->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP &&
		       request->header->nlmsg_type % 4 == 2;	/* RTM_GET… */
	int zero = 0;

	if (err) {
		nl_result(reply, request, err);
	} else if (is_dump) {
		nl_begin(reply, request, NLMSG_DONE, NLM_F_MULTI, &zero, sizeof(zero));
		nl_end(reply);
	} else if (request->header->nlmsg_flags & NLM_F_ACK) {
		nl_result(reply, request, 0);
	}
}

int netlink_answer(int protocol, const void *message, size_t size, void **out, size_t *out_size)
{
	const struct nlmsghdr *header = message;
	struct nl_request request = { .header = header };
	struct nl_reply reply = { 0 };
	int err;

	if (size < sizeof(*header) || header->nlmsg_len < sizeof(*header) ||
	    header->nlmsg_len > size)
		return -EINVAL;
	request.body = NLMSG_DATA(header);
	request.size = header->nlmsg_len - NLMSG_HDRLEN;
	err = run(protocol, &request, &reply);
	finish(&request, &reply, err);
	if (reply.failed) {
		free(reply.buf);
		return -ENOMEM;
	}
	*out = reply.buf;
	*out_size = reply.size;
	return 0;
}
