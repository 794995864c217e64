/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpfx_xdp_receive(): packets of applications, run in place. */
#include <bpfx/net.h>

#include "net.h"

#define EXPORT __attribute__((visibility("default")))

struct xdp_event {
	struct bpfx_ctx_header header;
	struct xdp_args args;
};

static bool is_in_buffer(const struct bpfx_xdp_packet *packet)
{
	return packet->buffer && packet->size >= ETH_HEADER &&
	       packet->offset <= packet->buffer_size &&
	       packet->size <= packet->buffer_size - packet->offset;
}

static void take_back(const struct xdp_args *xdp, struct bpfx_xdp_packet *packet)
{
	packet->offset = xdp->data - packet->buffer;
	packet->size = xdp_linear_size(xdp);
	packet->meta_size = xdp->data - xdp->data_meta;
}

EXPORT int bpfx_xdp_receive(struct bpfx_xdp_packet *packet)
{
	struct xdp_event event;
	struct xdp_args *xdp = &event.args;
	uint32_t action = XDP_PASS;
	int ran;

	if (packet->sz < sizeof(*packet) || !is_in_buffer(packet))
		return -EINVAL;
	packet->action = XDP_PASS;
	packet->meta_size = packet->redirect_ifindex = packet->transmitted = 0;
	if (!bpfx_hook_active(&net_hooks[NET_HOOK_XDP]))
		return 0;
	memset(&event, 0, sizeof(event));
	xdp->hard_start = packet->buffer;
	xdp->hard_end = packet->buffer + packet->buffer_size;
	xdp->data = xdp->data_meta = packet->buffer + packet->offset;
	xdp->data_end = xdp->data + packet->size;
	xdp->ingress_ifindex = packet->ifindex;
	xdp->rx_queue_index = packet->rx_queue_index;
	ran = net_host->run_hook(&net_hooks[NET_HOOK_XDP], packet->ifindex, xdp, &action);
	if (ran > 0) {
		packet->action = action > XDP_REDIRECT ? XDP_ABORTED : action;
		if (action == XDP_REDIRECT)
			packet->action = xdp_send(xdp, packet);
		take_back(xdp, packet);
	}
	xdp_set_target(xdp, (struct xdp_target){ 0 });
	return ran;
}
