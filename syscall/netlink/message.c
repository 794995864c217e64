/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Netlink messages and their attributes. */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "message.h"

/* ---- reading ---- */

static void parse(const struct nlattr **table, uint32_t max, const char *at, size_t size)
{
	memset(table, 0, (max + 1) * sizeof(*table));
	while (size >= sizeof(struct nlattr)) {
		const struct nlattr *attr = (const void *)at;
		size_t step;

		if (attr->nla_len < sizeof(*attr) || attr->nla_len > size)
			return;
		if ((attr->nla_type & NLA_TYPE_MASK) <= max)
			table[attr->nla_type & NLA_TYPE_MASK] = attr;
		step = MIN((size_t)NLA_ALIGN(attr->nla_len), size);
		at += step;
		size -= step;
	}
}

void nl_parse(const struct nlattr **table, uint32_t max, const struct nl_request *request,
	      size_t head)
{
	size_t from = MIN((size_t)NLMSG_ALIGN(head), request->size);

	parse(table, max, (const char *)request->body + from, request->size - from);
}

void nl_parse_nest(const struct nlattr **table, uint32_t max, const struct nlattr *nest)
{
	parse(table, max, nl_data(nest), nl_size(nest));
}

int nl_u32(const struct nlattr *attr, uint32_t *value)
{
	if (!attr)
		return 0;
	if (nl_size(attr) < sizeof(*value))
		return -ERANGE;
	memcpy(value, nl_data(attr), sizeof(*value));
	return 0;
}

bool nl_is(const struct nlattr *attr, const char *text)
{
	size_t len = strlen(text);

	return attr && nl_size(attr) >= len && !memcmp(nl_data(attr), text, len) &&
	       (nl_size(attr) == len || !((const char *)nl_data(attr))[len]);
}

/* ---- writing ---- */

/* Room for @size more bytes, zeroed and aligned; NULL: no memory, which is noted. */
static void *extend(struct nl_reply *reply, size_t size)
{
	size_t aligned = NLMSG_ALIGN(size), at = reply->size;
	size_t capacity = MAX(reply->capacity, 4096u);
	char *buf = reply->buf;

	while (capacity < at + aligned)
		capacity *= 2;
	if (!reply->failed && capacity != reply->capacity) {
		buf = realloc(reply->buf, capacity);
		reply->failed = !buf;
	}
	if (reply->failed)
		return NULL;
	reply->buf = buf;
	reply->capacity = capacity;
	reply->size = at + aligned;
	memset(buf + at, 0, aligned);
	return buf + at;
}

void nl_begin(struct nl_reply *reply, const struct nl_request *to, uint16_t type, uint16_t flags,
	      const void *head, size_t size)
{
	size_t at = reply->size;
	struct nlmsghdr *message = extend(reply, NLMSG_HDRLEN + size);

	if (!message)
		return;
	message->nlmsg_type = type;
	message->nlmsg_flags = flags;
	message->nlmsg_seq = to->header->nlmsg_seq;
	message->nlmsg_pid = to->header->nlmsg_pid;
	memcpy(NLMSG_DATA(message), head, size);
	reply->message = at;
}

void nl_end(struct nl_reply *reply)
{
	if (!reply->failed)
		((struct nlmsghdr *)(reply->buf + reply->message))->nlmsg_len =
			reply->size - reply->message;
}

void nl_put(struct nl_reply *reply, uint16_t type, const void *data, size_t size)
{
	struct nlattr *attr = extend(reply, NLA_HDRLEN + size);

	if (!attr)
		return;
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + size;
	if (size)
		memcpy((char *)attr + NLA_HDRLEN, data, size);
}

void nl_put_u32(struct nl_reply *reply, uint16_t type, uint32_t value)
{
	nl_put(reply, type, &value, sizeof(value));
}

void nl_nest_begin(struct nl_reply *reply, uint16_t type)
{
	reply->nest = reply->size;
	nl_put(reply, type, NULL, 0);
}

void nl_nest_end(struct nl_reply *reply)
{
	if (!reply->failed)
		((struct nlattr *)(reply->buf + reply->nest))->nla_len = reply->size - reply->nest;
}

void nl_result(struct nl_reply *reply, const struct nl_request *to, int err)
{
	size_t quoted = err ? to->size : 0;
	struct nlmsgerr head = { .error = err, .msg = *to->header };
	void *copy;

	nl_begin(reply, to, NLMSG_ERROR, (err ? 0 : NLM_F_CAPPED) |
		 (reply->text ? NLM_F_ACK_TLVS : 0), &head, sizeof(head));
	copy = quoted ? extend(reply, quoted) : NULL;
	if (copy)
		memcpy(copy, to->body, quoted);
	if (reply->text)
		nl_put(reply, NLMSGERR_ATTR_MSG, reply->text, strlen(reply->text) + 1);
	nl_end(reply);
}
