/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Where redirected packets go: to one interface, or to each of a map. The program in a map's value
 * sees a packet before it leaves and may drop or change it.
 */
#include <stdlib.h>
#include <bpfx/net.h>

#include "net.h"

struct xdp_copy {
	struct bpfx_ctx_header header;
	struct xdp_args args;
};

void xdp_set_target(struct xdp_args *xdp, struct xdp_target target)
{
	if (xdp->redirect.map)
		net_host->map_put(xdp->redirect.map);
	xdp->redirect = target;
}

/* May it leave: the map's program, if there is one, must pass it. */
static bool is_let_out(struct xdp_args *xdp, const struct xdp_target *target)
{
	uint32_t action = XDP_ABORTED;

	if (!target->prog_id)
		return true;
	xdp->egress_ifindex = target->ifindex;
	return !net_host->run_prog_id(target->prog_id, xdp, &action) && action == XDP_PASS;
}

static void transmit(const struct xdp_args *xdp, uint32_t ifindex, struct bpfx_xdp_packet *packet)
{
	packet->transmit(packet->cookie, ifindex, xdp->data, xdp_linear_size(xdp));
	packet->transmitted++;
}

/* A packet for many is copied with all the room around it: each program may move its edges. */
static void send_copy(const struct xdp_args *xdp, const struct xdp_target *target,
		      struct bpfx_xdp_packet *packet)
{
	size_t size = xdp->hard_end - xdp->hard_start;
	unsigned char *room = malloc(size);
	struct xdp_copy copy;

	if (!room)
		return;
	memset(&copy.header, 0, sizeof(copy.header));
	copy.args = *xdp;
	copy.args.redirect = (struct xdp_target){ 0 };
	memcpy(room, xdp->hard_start, size);
	copy.args.hard_start = room;
	copy.args.hard_end = room + size;
	copy.args.data = room + (xdp->data - xdp->hard_start);
	copy.args.data_meta = room + (xdp->data_meta - xdp->hard_start);
	copy.args.data_end = room + (xdp->data_end - xdp->hard_start);
	if (is_let_out(&copy.args, target))
		transmit(&copy.args, target->ifindex, packet);
	xdp_set_target(&copy.args, (struct xdp_target){ 0 });
	free(room);
}

/* The interface of a key; 0: none any more. */
static struct xdp_target target_of(struct bpfx_map *map, uint32_t key)
{
	const struct bpf_devmap_val *value = net_host->map_lookup(map, &key);
	struct xdp_target target = { 0 };

	if (!value)
		return target;
	target.ifindex = value->ifindex;
	if (net_host->map_value_size(map) == sizeof(*value))
		target.prog_id = value->bpf_prog.id;
	return target;
}

/* A map that changes meanwhile must not hold us forever. */
#define TARGETS_MAX 65536u

static void send_to_all(const struct xdp_args *xdp, struct bpfx_xdp_packet *packet)
{
	struct bpfx_map *map = xdp->redirect.map;
	bool not_back = xdp->redirect.flags & BPF_F_EXCLUDE_INGRESS;
	uint32_t key, next;
	int err = net_host->map_next_key(map, NULL, &next);

	for (uint32_t i = 0; !err && i < TARGETS_MAX; i++) {
		struct xdp_target target = target_of(map, next);

		if (target.ifindex && !(not_back && target.ifindex == xdp->ingress_ifindex))
			send_copy(xdp, &target, packet);
		key = next;
		err = net_host->map_next_key(map, &key, &next);
	}
}

static uint32_t send_to_one(struct xdp_args *xdp, struct bpfx_xdp_packet *packet)
{
	struct xdp_target target = xdp->redirect;

	if (!is_let_out(xdp, &target))
		return XDP_DROP;
	packet->redirect_ifindex = target.ifindex;
	if (packet->transmit)
		transmit(xdp, target.ifindex, packet);
	return XDP_REDIRECT;
}

uint32_t xdp_send(struct xdp_args *xdp, struct bpfx_xdp_packet *packet)
{
	if (!xdp->redirect.map)
		return send_to_one(xdp, packet);
	if (!packet->transmit)
		return XDP_DROP;
	send_to_all(xdp, packet);
	return packet->transmitted ? XDP_REDIRECT : XDP_DROP;
}
