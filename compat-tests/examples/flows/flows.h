/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the packet program and the application tell each other. */
#ifndef FLOWS_H
#define FLOWS_H

/* Addresses are 16 bytes; IPv4 stands in the first four. Ports in host order. */
struct flow_key {
	unsigned char source[16], destination[16];
	unsigned short source_port, destination_port;
	unsigned char protocol, ip_version;
	unsigned short pad;
};

struct flow_stats {
	unsigned long long packets, bytes;
};

/* Sent through the ring buffer for the first packet of a flow. */
struct new_flow {
	struct flow_key key;
	unsigned int length;	/* of that packet */
};

#endif
