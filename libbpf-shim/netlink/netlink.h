/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* One request to the kernel's netlink and its answers. */
#ifndef BPF_SHIM_NETLINK_H
#define BPF_SHIM_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLINK_BUF_SIZE 4096

/* A request under construction: the header, the family's own, attributes. */
struct netlink_request {
	union {
		struct nlmsghdr header;
		char buf[512];
	};
};

void netlink_request_init(struct netlink_request *request, uint16_t type, uint16_t flags,
			  const void *family_header, size_t size);
/* Return: 0, or -EMSGSIZE when it is full. */
int netlink_add(struct netlink_request *request, uint16_t type, const void *data, size_t size);
/* Attributes until netlink_end() are inside. Return: NULL when it is full. */
struct nlattr *netlink_begin(struct netlink_request *request, uint16_t type);
void netlink_end(struct netlink_request *request, struct nlattr *nest);

/* Attributes by type; absent ones are NULL. */
void netlink_parse(const struct nlattr **table, unsigned int max, const void *attrs, size_t size);
static inline const void *nlattr_data(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}
static inline size_t nlattr_size(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}
/* Value of an attribute of at least that size; 0 if it is absent or shorter. */
uint32_t nlattr_u32(const struct nlattr *attr);
uint64_t nlattr_u64(const struct nlattr *attr);
uint16_t nlattr_u16(const struct nlattr *attr);

/* For each message of the answer. Return: 0 to go on, 1: the rest is of no interest, or -errno. */
typedef int (*netlink_answer_fn)(const struct nlmsghdr *message, void *ctx);

/**
 * netlink_call() - send a request and read its answer
 * @protocol: NETLINK_ROUTE, NETLINK_GENERIC
 * @answer: NULL if only success matters
 *
 * Return: 0 or -errno. The emulated kernel has the host's interfaces and its own programs on them.
 */
int netlink_call(int protocol, struct netlink_request *request, netlink_answer_fn answer,
		 void *ctx);

#endif
