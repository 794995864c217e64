/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Events made up from names and numbers (bpfx/fire.h). For sockets: one is made, the event happens to
 * it, it goes. Members: address, port (sockets' own or peers'), path of AF_UNIX, source,
 * protocol, pid, tid; for sock_ops op, local, local_port, remote, remote_port, state, arg0 … arg3.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "fire.h"

struct named {
	const char *name;
	uint32_t number;
};

static const struct named protocols[] = {
	{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "icmp", IPPROTO_ICMP },
	{ "icmpv6", IPPROTO_ICMPV6 },
};

static const struct named ops[] = {
	{ "timeout_init", BPF_SOCK_OPS_TIMEOUT_INIT },
	{ "rwnd_init", BPF_SOCK_OPS_RWND_INIT },
	{ "tcp_connect", BPF_SOCK_OPS_TCP_CONNECT_CB },
	{ "active_established", BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB },
	{ "passive_established", BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB },
	{ "needs_ecn", BPF_SOCK_OPS_NEEDS_ECN },
	{ "base_rtt", BPF_SOCK_OPS_BASE_RTT },
	{ "rto", BPF_SOCK_OPS_RTO_CB },
	{ "retrans", BPF_SOCK_OPS_RETRANS_CB },
	{ "state", BPF_SOCK_OPS_STATE_CB },
	{ "tcp_listen", BPF_SOCK_OPS_TCP_LISTEN_CB },
	{ "rtt", BPF_SOCK_OPS_RTT_CB },
};

/* ---- members ---- */

/* A number, which stays as it is where the event has none of that name. */
int fire_take_number(const struct bpfx_fire *fire, const char *name, uint64_t max, uint32_t *value)
{
	uint64_t number;
	int err = fire->number(fire, name, &number);

	if (err == -ENOENT)
		return 0;
	if (err)
		return net_host->refuse(-EINVAL, "%s is not a number", name);
	if (number > max)
		return net_host->refuse(-EINVAL, "%s: %llu is more than %llu", name,
					(unsigned long long)number, (unsigned long long)max);
	*value = number;
	return 0;
}

/* A number, or one of the names. */
static int take_named(const struct bpfx_fire *fire, const char *name, const struct named *names,
		      size_t cnt, uint32_t *value)
{
	const char *text;

	if (fire->text(fire, name, &text))
		return fire_take_number(fire, name, UINT32_MAX, value);
	for (size_t i = 0; i < cnt; i++)
		if (!strcmp(names[i].name, text)) {
			*value = names[i].number;
			return 0;
		}
	return net_host->refuse(-EINVAL, "%s: '%s' is unknown", name, text);
}

int fire_take_address(const struct bpfx_fire *fire, const char *name, uint32_t family,
			uint32_t address[4])
{
	const char *text;
	int err = fire->text(fire, name, &text);

	if (err == -ENOENT)
		return 0;
	if (err || inet_pton(family, text, address) != 1)
		return net_host->refuse(-EINVAL, "%s is not an %s address", name,
					family == AF_INET ? "IPv4" : "IPv6");
	return 0;
}

static int take_owner(const struct bpfx_fire *fire, struct bpfx_owner *owner)
{
	int err = fire_take_number(fire, "pid", INT32_MAX, &owner->pid);

	owner->known = owner->pid != 0;
	return err ? err : fire_take_number(fire, "tid", INT32_MAX, &owner->tid);
}

/* What an event's sockets have in common. */
int fire_take_sock(const struct bpfx_fire *fire, uint32_t family, struct bpfx_sock_info *info)
{
	int err;

	info->sz = sizeof(*info);
	info->family = family;
	info->cgroup_id = fire->target;
	info->protocol = family == AF_UNIX ? 0 : IPPROTO_TCP;
	err = take_named(fire, "protocol", protocols, ARRAY_CNT(protocols), &info->protocol);
	info->type = info->protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
	return err ? err : take_owner(fire, &info->owner);
}

static uint32_t family_of_address(const struct bpfx_fire *fire, const char *name)
{
	const char *text;

	return !fire->text(fire, name, &text) && strchr(text, ':') ? AF_INET6 : AF_INET;
}

/* ---- socket addresses ---- */

static uint32_t family_of_hook(const struct bpfx_hook *hook)
{
	if (strstr(hook->name, "unix"))
		return AF_UNIX;
	return strchr(hook->name, '6') ? AF_INET6 : AF_INET;
}

int fire_take_sockaddr(const struct bpfx_fire *fire, uint32_t family, union any_address *address,
			 uint32_t *size)
{
	uint32_t words[4] = { 0 }, port = 0;
	const char *path;
	int err;

	memset(address, 0, sizeof(*address));
	address->sa.sa_family = family;
	if (family == AF_UNIX) {
		*size = sizeof(address->un);
		if (!fire->text(fire, "path", &path))
			snprintf(address->un.sun_path, sizeof(address->un.sun_path), "%s", path);
		return 0;
	}
	err = fire_take_address(fire, "address", family, words);
	err = err ? err : fire_take_number(fire, "port", UINT16_MAX, &port);
	if (family == AF_INET) {
		*size = sizeof(address->in4);
		address->in4.sin_port = htons(port);
		memcpy(&address->in4.sin_addr, words, sizeof(address->in4.sin_addr));
	} else {
		*size = sizeof(address->in6);
		address->in6.sin6_port = htons(port);
		memcpy(&address->in6.sin6_addr, words, sizeof(address->in6.sin6_addr));
	}
	return err;
}

void fire_tell_sockaddr(struct bpfx_fire *fire, const union any_address *address)
{
	char text[INET6_ADDRSTRLEN];

	switch (address->sa.sa_family) {
	case AF_UNIX:
		fire->tell_text(fire, "path", address->un.sun_path);
		break;
	case AF_INET:
		fire->tell_text(fire, "address", inet_ntop(AF_INET, &address->in4.sin_addr, text,
							   sizeof(text)));
		fire->tell_number(fire, "port", ntohs(address->in4.sin_port));
		break;
	default:
		fire->tell_text(fire, "address", inet_ntop(AF_INET6, &address->in6.sin6_addr, text,
							   sizeof(text)));
		fire->tell_number(fire, "port", ntohs(address->in6.sin6_port));
	}
}

int net_fire_sock_addr(const struct bpfx_host *host, const struct bpfx_hook *hook,
		       struct bpfx_fire *fire)
{
	uint32_t family = family_of_hook(hook);
	struct bpfx_sock_info info = { 0 };
	struct bpfx_sock_addr event = { .sz = sizeof(event), .attach_type = hook->attach_type };
	union any_address address;
	struct bpfx_sock *sock;
	int ret = fire_take_sock(fire, family, &info);

	if (!ret && strstr(hook->name, "udp"))
		info.type = SOCK_DGRAM, info.protocol = IPPROTO_UDP;
	ret = ret ? ret : fire_take_sockaddr(fire, family, &address, &event.address_size);
	if (!ret && family != AF_UNIX)
		ret = fire_take_address(fire, "source", family, event.source);
	ret = ret ? ret : bpfx_sock_create(&info, &sock);
	if (ret)
		return ret;
	event.address = &address.sa;
	ret = bpfx_sock_addr_event(sock, &event);
	if (ret >= 0) {
		fire->tell_number(fire, "verdict", event.verdict);
		fire_tell_sockaddr(fire, &address);
	} else {
		host->refuse(ret, "hook %s does not take this address", hook->name);
	}
	bpfx_sock_destroy(sock);
	return ret;
}

/* ---- sockets ---- */

int net_fire_sock(const struct bpfx_host *host, const struct bpfx_hook *hook,
		  struct bpfx_fire *fire)
{
	uint32_t family = strstr(hook->name, "inet6") ? AF_INET6 : family_of_address(fire, "address");
	struct bpfx_sock_info info = { 0 };
	struct bpfx_sock *sock;
	int ret = fire_take_sock(fire, family, &info);

	ret = ret ? ret : fire_take_address(fire, "address", family, info.local.address);
	ret = ret ? ret : fire_take_number(fire, "port", UINT16_MAX, &info.local.port);
	ret = ret ? ret : bpfx_sock_create(&info, &sock);
	if (ret)
		return ret;
	ret = bpfx_sock_event(sock, hook->attach_type);
	bpfx_sock_destroy(sock);
	if (ret == -EINVAL || ret == -EBUSY)
		return host->refuse(ret, "hook %s does not take this socket", hook->name);
	fire->tell_number(fire, "verdict", ret);
	return 0;
}

/* ---- sock_ops ---- */

static int take_ops(const struct bpfx_fire *fire, struct bpfx_sock_info *info,
		    struct bpfx_sock_ops *event)
{
	static const char *const args[] = { "arg0", "arg1", "arg2", "arg3" };
	uint32_t family = family_of_address(fire, "remote");
	int err = fire_take_sock(fire, family, info);

	info->state = BPF_TCP_ESTABLISHED;
	err = err ? err : take_named(fire, "op", ops, ARRAY_CNT(ops), &event->op);
	err = err ? err : fire_take_number(fire, "state", UINT32_MAX, &info->state);
	err = err ? err : fire_take_address(fire, "local", family, info->local.address);
	err = err ? err : fire_take_number(fire, "local_port", UINT16_MAX, &info->local.port);
	err = err ? err : fire_take_address(fire, "remote", family, info->remote.address);
	err = err ? err : fire_take_number(fire, "remote_port", UINT16_MAX, &info->remote.port);
	for (uint32_t i = 0; !err && i < ARRAY_CNT(args); i++)
		err = fire_take_number(fire, args[i], UINT32_MAX, &event->args[i]);
	return err;
}

int net_fire_sock_ops(const struct bpfx_host *host, const struct bpfx_hook *hook,
		      struct bpfx_fire *fire)
{
	struct bpfx_sock_info info = { 0 };
	struct bpfx_sock_ops event = { .sz = sizeof(event), .op = BPF_SOCK_OPS_VOID };
	struct bpfx_sock *sock;
	int ret = take_ops(fire, &info, &event);

	if (!ret && event.op == BPF_SOCK_OPS_VOID)
		ret = host->refuse(-EINVAL, "hook %s needs an op, such as passive_established",
				   hook->name);
	ret = ret ? ret : bpfx_sock_create(&info, &sock);
	if (ret)
		return ret;
	ret = bpfx_sock_ops_event(sock, &event);
	if (ret >= 0)
		fire->tell_number(fire, "reply", event.reply);
	else
		host->refuse(ret, "hook %s does not take this operation", hook->name);
	bpfx_sock_destroy(sock);
	return ret;
}

/* ---- XDP ---- */

int net_fire_xdp(const struct bpfx_host *host, const struct bpfx_hook *hook,
		 struct bpfx_fire *fire)
{
	struct bpfx_xdp_packet packet = { .sz = sizeof(packet), .ifindex = fire->target };
	int ret;

	if (!fire->data)
		return host->refuse(-EINVAL, "hook %s needs a packet", hook->name);
	packet.buffer_size = BPFX_XDP_HEADROOM + fire->data_size + XDP_TAILROOM;
	packet.offset = BPFX_XDP_HEADROOM;
	packet.size = fire->data_size;
	packet.buffer = calloc(1, packet.buffer_size);
	if (!packet.buffer)
		return -ENOMEM;
	memcpy(packet.buffer + packet.offset, fire->data, fire->data_size);
	ret = fire_take_number(fire, "rx_queue_index", UINT32_MAX, &packet.rx_queue_index);
	ret = ret ? ret : bpfx_xdp_receive(&packet);
	if (ret >= 0) {
		fire->tell_number(fire, "action", packet.action);
		if (packet.action == XDP_REDIRECT)
			fire->tell_number(fire, "redirect_ifindex", packet.redirect_ifindex);
		fire->tell_data(fire, packet.buffer + packet.offset, packet.size);
	} else {
		host->refuse(ret, "hook %s needs a whole Ethernet frame", hook->name);
	}
	free(packet.buffer);
	return ret;
}
