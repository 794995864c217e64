/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Events of cgroups on devices and socket options, made up from names and numbers. */
#include <stdlib.h>

#include "cgroup.h"
#include "fire.h"

#define ROOM_MAX 4096u

int net_fire_device(const struct bpfx_host *host, const struct bpfx_hook *hook,
		    struct bpfx_fire *fire)
{
	struct bpfx_device device = {
		.sz = sizeof(device), .cgroup_id = fire->target, .access = BPF_DEVCG_ACC_READ,
		.type = BPF_DEVCG_DEV_CHAR,
	};
	int ret = fire_take_number(fire, "access", 7, &device.access);

	ret = ret ? ret : fire_take_number(fire, "type", BPF_DEVCG_DEV_CHAR, &device.type);
	ret = ret ? ret : fire_take_number(fire, "major", UINT32_MAX, &device.major_number);
	ret = ret ? ret : fire_take_number(fire, "minor", UINT32_MAX, &device.minor_number);
	if (ret)
		return ret;
	ret = bpfx_cgroup_device(&device);
	if (ret == -EINVAL)
		return host->refuse(ret, "hook %s does not take this device", hook->name);
	fire->tell_number(fire, "verdict", ret);
	return 0;
}

static int fire_with(const struct bpfx_host *host, struct bpfx_fire *fire,
		     struct bpfx_sockopt *event)
{
	struct bpfx_sock_info info = { 0 };
	struct bpfx_sock *sock;
	int ret = fire_take_sock(fire, AF_INET, &info);

	ret = ret ? ret : fire_take_number(fire, "level", INT32_MAX, (uint32_t *)&event->level);
	ret = ret ? ret : fire_take_number(fire, "optname", INT32_MAX, (uint32_t *)&event->optname);
	ret = ret ? ret : bpfx_sock_create(&info, &sock);
	if (ret)
		return ret;
	ret = bpfx_sockopt_event(sock, event);
	bpfx_sock_destroy(sock);
	if (ret < 0)
		return host->refuse(ret, "it does not take this option");
	fire->tell_number(fire, "result", event->result);
	fire->tell_number(fire, "bypass", event->bypass);
	fire->tell_data(fire, event->optval, event->optlen);
	return ret;
}

int net_fire_sockopt(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire)
{
	struct bpfx_sockopt event = {
		.sz = sizeof(event), .attach_type = hook->attach_type, .room = ROOM_MAX,
		.optlen = MIN(fire->data_size, ROOM_MAX),
	};
	int ret;

	event.optval = calloc(1, ROOM_MAX);
	if (!event.optval)
		return -ENOMEM;
	if (fire->data)
		memcpy(event.optval, fire->data, event.optlen);
	ret = fire_with(host, fire, &event);
	free(event.optval);
	return ret;
}
