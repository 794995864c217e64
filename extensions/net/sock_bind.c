/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf_bind(): a connecting socket gets a source address, and a port if the program names one. */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sock.h"

#define SIN6_SIZE_OLD 24u	/* sockaddr_in6 of RFC 2133: without a scope */

static bool same_address(const struct sockaddr *sa, const void *address, uint32_t size)
{
	const void *own = sa->sa_family == AF_INET ?
		(const void *)&((const struct sockaddr_in *)sa)->sin_addr :
		(const void *)&((const struct sockaddr_in6 *)sa)->sin6_addr;

	return !memcmp(own, address, size);
}

/* An address of an interface of this machine, which are the emulated kernel's. */
static bool is_of_interface(int family, const void *address, uint32_t size)
{
	struct ifaddrs *list, *at;
	bool found = false;

	if (getifaddrs(&list))
		return false;
	for (at = list; at && !found; at = at->ifa_next)
		found = at->ifa_addr && at->ifa_addr->sa_family == family &&
			same_address(at->ifa_addr, address, size);
	freeifaddrs(list);
	return found;
}

static int bind4(struct net_sock *sock, const struct sockaddr_in *in, uint32_t size)
{
	uint32_t address;

	if (size < sizeof(*in))
		return -EINVAL;
	if (sock->common.family != AF_INET)
		return -EAFNOSUPPORT;
	memcpy(&address, &in->sin_addr, sizeof(address));
	if (ntohl(address) >> 24 != IN_LOOPBACKNET && address != htonl(INADDR_ANY) &&
	    !is_of_interface(AF_INET, &address, sizeof(address)))
		return -EADDRNOTAVAIL;
	if (sock->common.state != BPF_TCP_CLOSE || sock->common.src_port)
		return -EINVAL;
	sock->common.src_ip4 = address;
	sock->common.src_port = ntohs(in->sin_port);
	return 0;
}

static int bind6(struct net_sock *sock, const struct sockaddr_in6 *in, uint32_t size)
{
	const struct in6_addr *address = &in->sin6_addr;

	if (size < SIN6_SIZE_OLD)
		return -EINVAL;
	if (sock->common.family != AF_INET6)
		return -EAFNOSUPPORT;
	if (!IN6_IS_ADDR_LOOPBACK(address) && !IN6_IS_ADDR_UNSPECIFIED(address) &&
	    !is_of_interface(AF_INET6, address, sizeof(*address)))
		return -EADDRNOTAVAIL;
	if (sock->common.state != BPF_TCP_CLOSE || sock->common.src_port)
		return -EINVAL;
	memcpy(sock->common.src_ip6, address, sizeof(*address));
	sock->common.src_port = ntohs(in->sin6_port);
	return 0;
}

int sock_bind(struct net_sock *sock, const void *addr, uint32_t size)
{
	struct sockaddr_in6 copy = { .sin6_family = AF_UNSPEC };

	if (size < sizeof(copy.sin6_family))
		return -EINVAL;
	memcpy(&copy, addr, MIN(size, sizeof(copy)));
	switch (copy.sin6_family) {
	case AF_INET:
		return bind4(sock, (const struct sockaddr_in *)&copy, size);
	case AF_INET6:
		return bind6(sock, &copy, size);
	default:
		return -EAFNOSUPPORT;
	}
}
