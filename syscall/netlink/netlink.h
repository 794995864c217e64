/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Requests to Linux's netlink that are about XDP programs and bpf filters, answered here. */
#ifndef SYSCALL_NETLINK_H
#define SYSCALL_NETLINK_H

#include <stddef.h>
#include <stdint.h>

/**
 * netlink_answer() - what the kernel would send back for one request
 * @protocol: NETLINK_ROUTE, NETLINK_GENERIC
 * @request: one message, @size bytes; its port id goes into the answer
 * @reply: receives all messages of the answer; free() it
 *
 * Return: 0, -EINVAL: no whole message; -ENOMEM.
 */
int netlink_answer(int protocol, const void *request, size_t size, void **reply,
		   size_t *reply_size);

#endif
