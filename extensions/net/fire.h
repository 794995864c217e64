/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Members of made-up events, read and told: what fire functions of several hooks need. */
#ifndef EXTENSIONS_NET_FIRE_H
#define EXTENSIONS_NET_FIRE_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sock.h"

union any_address {
	struct sockaddr sa;
	struct sockaddr_in in4;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* Each leaves what the event does not have as it is. 0, or -EINVAL with the reason told. */
int fire_take_number(const struct bpfx_fire *fire, const char *name, uint64_t max, uint32_t *value);
int fire_take_address(const struct bpfx_fire *fire, const char *name, uint32_t family,
		      uint32_t address[4]);
/* Protocol, owner, and the target as its cgroup. */
int fire_take_sock(const struct bpfx_fire *fire, uint32_t family, struct bpfx_sock_info *info);
/* Members address and port, or path; complete. */
int fire_take_sockaddr(const struct bpfx_fire *fire, uint32_t family, union any_address *address,
		       uint32_t *size);
void fire_tell_sockaddr(struct bpfx_fire *fire, const union any_address *address);

#endif
