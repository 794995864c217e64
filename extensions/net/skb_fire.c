/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Packets made up from names and numbers, for the hooks of tcx, filters and cgroups. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdlib.h>

#include "fire.h"

#define ROOM 256u		/* to grow */

static bool is_ip(const unsigned char *data, uint32_t size)
{
	uint16_t len;

	if (size < sizeof(struct iphdr))
		return false;
	if (data[0] >> 4 == 4) {
		memcpy(&len, data + offsetof(struct iphdr, tot_len), sizeof(len));
		return ntohs(len) >= sizeof(struct iphdr) && ntohs(len) <= size;
	}
	return data[0] >> 4 == 6 && size >= sizeof(struct ip6_hdr);
}

/* Captures hold frames: programs of cgroups see what is behind the Ethernet header. */
static uint32_t header_to_skip(const unsigned char *data, uint32_t size)
{
	uint16_t protocol;

	if (size < ETH_HEADER)
		return 0;
	memcpy(&protocol, data + offsetof(struct ethhdr, h_proto), sizeof(protocol));
	if (protocol != htons(ETH_P_IP) && protocol != htons(ETH_P_IPV6))
		return 0;
	return is_ip(data + ETH_HEADER, size - ETH_HEADER) ? ETH_HEADER : 0;
}

static const struct {
	const char *name;
	size_t offset;
} members[] = {
	{ "mark", offsetof(struct bpfx_skb, mark) },
	{ "priority", offsetof(struct bpfx_skb, priority) },
	{ "queue_mapping", offsetof(struct bpfx_skb, queue_mapping) },
	{ "tc_index", offsetof(struct bpfx_skb, tc_index) },
	{ "tc_classid", offsetof(struct bpfx_skb, tc_classid) },
	{ "hash", offsetof(struct bpfx_skb, hash) },
};

static uint32_t *member(struct bpfx_skb *event, size_t i)
{
	return (uint32_t *)((char *)event + members[i].offset);
}

static int take(const struct bpfx_fire *fire, struct bpfx_skb *event)
{
	int err = fire_take_number(fire, "ifindex", INT32_MAX, &event->ifindex);

	for (size_t i = 0; i < ARRAY_CNT(members) && !err; i++)
		err = fire_take_number(fire, members[i].name, UINT32_MAX, member(event, i));
	return err;
}

static void tell(struct bpfx_fire *fire, struct bpfx_skb *event, bool is_cgroup)
{
	fire->tell_number(fire, "verdict", event->verdict);
	if (!is_cgroup && event->verdict == TCX_REDIRECT)
		fire->tell_number(fire, "redirect_ifindex", event->redirect_ifindex);
	for (size_t i = 0; i < ARRAY_CNT(members); i++)
		if (*member(event, i))
			fire->tell_number(fire, members[i].name, *member(event, i));
	fire->tell_data(fire, event->buffer + event->offset, event->size);
}

static uint32_t attach_type_of(const struct bpfx_hook *hook)
{
	if (!strcmp(hook->name, "tc_ingress"))
		return BPF_TCX_INGRESS;
	if (!strcmp(hook->name, "tc_egress"))
		return BPF_TCX_EGRESS;
	return hook->attach_type;
}

int net_fire_skb(const struct bpfx_host *host, const struct bpfx_hook *hook,
		 struct bpfx_fire *fire)
{
	bool is_cgroup = hook->flags & BPFX_HOOK_CGROUP;
	struct bpfx_skb event = { .sz = sizeof(event), .attach_type = attach_type_of(hook) };
	uint32_t skip;
	int ret;

	if (!fire->data)
		return host->refuse(-EINVAL, "hook %s needs a packet", hook->name);
	if (is_cgroup)
		event.cgroup_id = fire->target;
	else
		event.ifindex = fire->target;
	skip = is_cgroup ? header_to_skip(fire->data, fire->data_size) : 0;
	event.size = fire->data_size - skip;
	event.buffer_size = event.size + ROOM;
	event.buffer = calloc(1, event.buffer_size);
	if (!event.buffer)
		return -ENOMEM;
	memcpy(event.buffer, fire->data + skip, event.size);
	ret = take(fire, &event);
	ret = ret ? ret : bpfx_skb_event(&event);
	if (ret >= 0)
		tell(fire, &event, is_cgroup);
	else
		host->refuse(ret, "hook %s needs %s", hook->name,
			     is_cgroup ? "an IP packet" : "a whole Ethernet frame");
	free(event.buffer);
	return ret;
}
