/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* One netlink request on either kernel. */
#ifndef ATTACH_NL_CALL_H
#define ATTACH_NL_CALL_H

#include <linux/netlink.h>

#include "backend.h"

struct nl_message {
	union {
		struct nlmsghdr header;
		char buf[1024];
	};
};

void nl_init(struct nl_message *message, uint16_t type, uint16_t flags, const void *head,
	     size_t size);
void nl_add(struct nl_message *message, uint16_t type, const void *data, size_t size);
struct nlattr *nl_open(struct nl_message *message, uint16_t type);
void nl_close(struct nl_message *message, struct nlattr *nest);

/* Attributes by type; absent ones are NULL. */
void nl_read(const struct nlattr **table, uint32_t max, const void *attrs, size_t size);

/**
 * nl_call() - ask and hear the answer
 * @seen: called for each message that is no error and no end
 * @text: receives why it is refused, at least 128 bytes; may be NULL
 *
 * Return: 0 or the error in the answer.
 */
int nl_call(const struct backend *b, struct nl_message *message,
	    void (*seen)(const struct nlmsghdr *message, void *arg), void *arg, char *text);

#endif
