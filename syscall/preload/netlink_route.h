/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Requests to the machine's routing netlink that the emulated kernel answers, or has a part in. */
#ifndef PRELOAD_NETLINK_ROUTE_H
#define PRELOAD_NETLINK_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/netlink.h>

/* Takes one message of an answer. Return: false when there is no memory. */
typedef bool (*netlink_take_fn)(void *arg, const struct nlmsghdr *message);

/**
 * netlink_route_answer() - answer one request, if it is about XDP programs, clsact or bpf filters
 *
 * What the machine's kernel knows of links and disciplines is told, too, with our programs in place
 * of its own.
 * Return: 1; 0: the request is not ours; -errno.
 */
int netlink_route_answer(const struct nlmsghdr *request, netlink_take_fn take, void *arg);

#endif
