/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#ifndef PRELOAD_WRAP_NETLINK_H
#define PRELOAD_WRAP_NETLINK_H

#include <stdbool.h>

/* Is it a socket whose answers may come from here. */
bool netlink_has(int fd);

/* @fd is about to be closed, or to become something else. */
void netlink_closed(int fd);
void netlink_closed_range(unsigned int first, unsigned int last);

#endif
