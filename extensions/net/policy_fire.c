/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Policy events made up from names and numbers (bpfx/fire.h). */
#include <arpa/inet.h>
#include <string.h>

#include "fire.h"
#include "policy.h"

/* A hook's name tells event and family: "listen6". */
static enum bpfx_policy_event event_of(const struct bpfx_hook *hook)
{
	if (strstr(hook->name, "redirect"))
		return BPFX_CONNECT_REDIRECT;
	if (strstr(hook->name, "authorization"))
		return BPFX_CONNECT_AUTHORIZATION;
	return strstr(hook->name, "accept") ? BPFX_RECV_ACCEPT : BPFX_LISTEN;
}

static int take_event(const struct bpfx_fire *fire, uint32_t family,
		      struct bpfx_sock_policy_event *event, union any_address *address)
{
	int err = fire_take_sockaddr(fire, family, address, &event->address_size);

	event->address = &address->sa;
	err = err ? err : fire_take_address(fire, "source", family, event->source.address);
	err = err ? err : fire_take_number(fire, "source_port", UINT16_MAX, &event->source.port);
	err = err ? err : fire_take_number(fire, "verdict", BPFX_POLICY_PROCEED_HARD,
					   &event->verdict);
	if (!err && fire->number(fire, "interface_luid", &event->interface_luid) == -EINVAL)
		err = net_host->refuse(-EINVAL, "interface_luid is not a number");
	return err;
}

int policy_fire(const struct bpfx_host *host, const struct bpfx_hook *hook, struct bpfx_fire *fire)
{
	uint32_t family = hook->name[strlen(hook->name) - 1] == '6' ? AF_INET6 : AF_INET;
	struct bpfx_sock_policy_event event = {
		.sz = sizeof(event), .event = event_of(hook), .compartment_id = fire->target,
		.verdict = BPFX_POLICY_PROCEED_SOFT,
	};
	struct bpfx_sock_info info = { 0 };
	union any_address address;
	struct bpfx_sock *sock;
	int ret = fire_take_sock(fire, family, &info);

	info.cgroup_id = 0;
	ret = ret ? ret : take_event(fire, family, &event, &address);
	ret = ret ? ret : bpfx_sock_create(&info, &sock);
	if (ret)
		return ret;
	ret = bpfx_sock_policy_fire(sock, &event);
	if (ret >= 0) {
		fire->tell_number(fire, "verdict", event.verdict);
		fire_tell_sockaddr(fire, &address);
	} else {
		host->refuse(ret, "hook %s: a program could not run", hook->name);
	}
	bpfx_sock_destroy(sock);
	return ret;
}

int bind_fire(const struct bpfx_host *host, const struct bpfx_hook *hook, struct bpfx_fire *fire)
{
	struct bpfx_bind_event event = {
		.sz = sizeof(event), .app_id = fire->data, .app_id_size = fire->data_size,
		.socket_address_length = sizeof(struct sockaddr_in), .protocol = IPPROTO_TCP,
	};
	union any_address address;
	uint32_t size;
	int ret = fire_take_sockaddr(fire, AF_INET, &address, &size);

	ret = ret ? ret : fire_take_number(fire, "operation", BPFX_BIND_OPERATION_UNBIND,
					   &event.operation);
	ret = ret ? ret : fire_take_number(fire, "protocol", UINT8_MAX, &event.protocol);
	if (!ret && fire->number(fire, "process_id", &event.process_id) == -EINVAL)
		ret = host->refuse(-EINVAL, "process_id is not a number");
	if (ret)
		return ret;
	memcpy(event.socket_address, &address.in4, sizeof(address.in4));
	ret = bpfx_bind_fire(&event);
	if (ret == -EINVAL)
		return host->refuse(ret, "hook %s needs a name in UTF-16", hook->name);
	if (ret < 0)
		return host->refuse(ret, "hook %s: a program could not run", hook->name);
	fire->tell_number(fire, "action", event.action);
	return ret;
}
