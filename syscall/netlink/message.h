/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the netlink room: reading a request, writing the answer. */
#ifndef SYSCALL_NETLINK_MESSAGE_H
#define SYSCALL_NETLINK_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nl_request {
	const struct nlmsghdr *header;
	const void *body;		/* the family's header and attributes */
	size_t size;
};

struct nl_reply {
	char *buf;
	size_t size, capacity;
	size_t message, nest;		/* offsets of what is open */
	const char *text;		/* why it is refused, for who wants it in words */
	bool failed;			/* no memory */
};

/* ---- reading ---- */

/* Attributes behind the family's header of @head bytes, by type; absent ones are NULL. The body has at
 * least @head bytes. */
void nl_parse(const struct nlattr **table, uint32_t max, const struct nl_request *request,
	      size_t head);
void nl_parse_nest(const struct nlattr **table, uint32_t max, const struct nlattr *nest);

static inline const void *nl_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static inline size_t nl_size(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

/* A number: 0, -ERANGE where the attribute is too short. Absent ones leave it alone. */
int nl_u32(const struct nlattr *attr, uint32_t *value);
/* Is it that text. */
bool nl_is(const struct nlattr *attr, const char *text);

/* ---- writing ---- */

void nl_begin(struct nl_reply *reply, const struct nl_request *to, uint16_t type, uint16_t flags,
	      const void *head, size_t size);
void nl_end(struct nl_reply *reply);
void nl_put(struct nl_reply *reply, uint16_t type, const void *data, size_t size);
void nl_put_u32(struct nl_reply *reply, uint16_t type, uint32_t value);
void nl_nest_begin(struct nl_reply *reply, uint16_t type);
void nl_nest_end(struct nl_reply *reply);
/* The result of it all: an acknowledgement, or an error with the request and why. */
void nl_result(struct nl_reply *reply, const struct nl_request *to, int err);

/* Note why. Return: @err. */
static inline int nl_refuse(struct nl_reply *reply, int err, const char *text)
{
	reply->text = text;
	return err;
}

/* ---- what is answered: 0 or -errno ---- */

int get_interfaces(const struct nl_request *request, struct nl_reply *reply);
int set_interface(const struct nl_request *request, struct nl_reply *reply);
int new_qdisc(const struct nl_request *request, struct nl_reply *reply);
int del_qdisc(const struct nl_request *request, struct nl_reply *reply);
int get_qdiscs(const struct nl_request *request, struct nl_reply *reply);
int new_filter(const struct nl_request *request, struct nl_reply *reply);
int del_filter(const struct nl_request *request, struct nl_reply *reply);
int get_filters(const struct nl_request *request, struct nl_reply *reply);

#endif
