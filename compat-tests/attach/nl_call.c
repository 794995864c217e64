/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Netlink: messages, and a socket or the emulated kernel's door. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern.h"
#include "nl_call.h"

void nl_init(struct nl_message *message, uint16_t type, uint16_t flags, const void *head,
	     size_t size)
{
	memset(message, 0, sizeof(*message));
	message->header.nlmsg_type = type;
	message->header.nlmsg_flags = NLM_F_REQUEST | flags;
	message->header.nlmsg_seq = 1;
	message->header.nlmsg_len = NLMSG_LENGTH(size);
	memcpy(NLMSG_DATA(&message->header), head, size);
}

void nl_add(struct nl_message *message, uint16_t type, const void *data, size_t size)
{
	size_t at = NLMSG_ALIGN(message->header.nlmsg_len);
	struct nlattr *attr = (void *)(message->buf + at);

	assert_true(at + NLA_HDRLEN + size <= sizeof(message->buf));
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + size;
	if (size)
		memcpy((char *)attr + NLA_HDRLEN, data, size);
	message->header.nlmsg_len = at + NLA_HDRLEN + size;
}

struct nlattr *nl_open(struct nl_message *message, uint16_t type)
{
	size_t at = NLMSG_ALIGN(message->header.nlmsg_len);

	nl_add(message, type | NLA_F_NESTED, NULL, 0);
	return (void *)(message->buf + at);
}

void nl_close(struct nl_message *message, struct nlattr *nest)
{
	nest->nla_len = message->buf + message->header.nlmsg_len - (char *)nest;
}

void nl_read(const struct nlattr **table, uint32_t max, const void *attrs, size_t size)
{
	const char *at = attrs;

	memset(table, 0, (max + 1) * sizeof(*table));
	while (size >= sizeof(struct nlattr)) {
		const struct nlattr *attr = (const void *)at;
		size_t step;

		if (attr->nla_len < sizeof(*attr) || attr->nla_len > size)
			return;
		if ((attr->nla_type & NLA_TYPE_MASK) <= max)
			table[attr->nla_type & NLA_TYPE_MASK] = attr;
		step = NLA_ALIGN(attr->nla_len) < size ? NLA_ALIGN(attr->nla_len) : size;
		at += step;
		size -= step;
	}
}

/* ---- the answer ---- */

struct hearing {
	void (*seen)(const struct nlmsghdr *message, void *arg);
	void *arg;
	char *text;
	int result;
	bool done;
};

static void read_text(const struct nlmsghdr *message, char *text)
{
	const struct nlmsgerr *err = NLMSG_DATA(message);
	const struct nlattr *table[NLMSGERR_ATTR_MSG + 1];
	size_t head = NLMSG_LENGTH(sizeof(*err));

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		head += NLMSG_ALIGN(err->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (head > message->nlmsg_len)
		return;
	nl_read(table, NLMSGERR_ATTR_MSG, (const char *)message + head, message->nlmsg_len - head);
	if (table[NLMSGERR_ATTR_MSG])
		snprintf(text, 128, "%s", (const char *)(table[NLMSGERR_ATTR_MSG] + 1));
}

static void hear(struct hearing *h, const void *buf, size_t size, bool acks)
{
	const struct nlmsghdr *message = buf;

	for (; NLMSG_OK(message, size) && !h->done; message = NLMSG_NEXT(message, size)) {
		if (message->nlmsg_type == NLMSG_DONE) {
			h->done = true;
		} else if (message->nlmsg_type == NLMSG_ERROR) {
			h->result = ((const struct nlmsgerr *)NLMSG_DATA(message))->error;
			if (h->text)
				read_text(message, h->text);
			h->done = true;
		} else {
			if (h->seen)
				h->seen(message, h->arg);
			h->done = !acks && !(message->nlmsg_flags & NLM_F_MULTI);
		}
	}
}

static void ask_kernel(struct nl_message *message, struct hearing *h)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), one = 1;
	bool acks = message->header.nlmsg_flags & NLM_F_ACK;
	static char buf[65536];
	ssize_t len;

	assert_true(fd >= 0);
	setsockopt(fd, 270 /* SOL_NETLINK */, NETLINK_EXT_ACK, &one, sizeof(one));
	assert_true(send(fd, message->buf, message->header.nlmsg_len, 0) > 0);
	while (!h->done) {
		len = recv(fd, buf, sizeof(buf), 0);
		assert_true(len > 0);
		hear(h, buf, len, acks);
	}
	close(fd);
}

int nl_call(const struct backend *b, struct nl_message *message,
	    void (*seen)(const struct nlmsghdr *message, void *arg), void *arg, char *text)
{
	struct hearing h = { .seen = seen, .arg = arg, .text = text };
	size_t size;
	void *reply;

	if (text)
		text[0] = 0;
	if (!b->emulated) {
		ask_kernel(message, &h);
		return h.result;
	}
	assert_int_equal(kern_netlink(NETLINK_ROUTE, message->buf, message->header.nlmsg_len, &reply,
				      &size), 0);
	hear(&h, reply, size, message->header.nlmsg_flags & NLM_F_ACK);
	free(reply);
	return h.result;
}
