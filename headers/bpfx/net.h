/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* For applications that receive packets themselves: hand them to the programs attached. */
#ifndef BPFX_NET_H
#define BPFX_NET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Linux's drivers leave so much in front of a packet, and 40 bytes of it to themselves. */
#define BPFX_XDP_HEADROOM 256

/**
 * struct bpfx_xdp_packet - one received packet, in the caller's memory
 *
 * Programs may move both of its edges within the buffer (bpf_xdp_adjust_head, _tail, _meta); where
 * it stands afterwards is told here.
 */
struct bpfx_xdp_packet {
	size_t sz;			/* sizeof(struct bpfx_xdp_packet) */
	uint32_t ifindex;		/* interface it came from: programs attached to it run */
	uint32_t rx_queue_index;
	unsigned char *buffer;
	uint32_t buffer_size;
	uint32_t offset, size;		/* in and out: the packet in the buffer */
	uint32_t meta_size;		/* out: bytes of metadata that end at offset */
	uint32_t action;		/* out: XDP_PASS …; above XDP_REDIRECT is XDP_ABORTED */
	uint32_t redirect_ifindex;	/* out, with XDP_REDIRECT */
};

/**
 * bpfx_xdp_receive() - run the XDP program attached to packet->ifindex
 *
 * Thread-safe; costs a look at a counter while nothing is attached to any interface.
 *
 * Return: programs that ran: 1, or 0 with XDP_PASS; -EINVAL: sz is too small, or the packet is
 * shorter than an Ethernet header or not in the buffer.
 */
int bpfx_xdp_receive(struct bpfx_xdp_packet *packet);

#ifdef __cplusplus
}
#endif

#endif
