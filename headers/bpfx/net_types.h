/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Contexts and results of the program types that Linux does not have: policies on connections
 * (sock_policy) and on binding (bind). For BPF programs and for applications.
 */
#ifndef BPFX_NET_TYPES_H
#define BPFX_NET_TYPES_H

#include <linux/types.h>

/* What a sock_policy program returns; anything else is a refusal. */
enum bpfx_policy {
	BPFX_POLICY_REJECT = 0,
	BPFX_POLICY_PROCEED_SOFT = 1,	/* fine, as far as this program is concerned */
	BPFX_POLICY_PROCEED_HARD = 2,	/* fine, and no later soft word shall weaken it */
};

/*
 * Context of sock_policy programs. Addresses and ports are in network byte order; "user" is the end
 * that the application names: the peer of connections, the own end of listening sockets.
 * Programs of connect_redirect hooks may change it, what others write is dropped.
 */
struct bpfx_sock_policy {
	__u32 family;			/* AF_INET, AF_INET6 */
	__u32 type;
	__u32 protocol;
	__u32 user_ip4;
	__u32 user_ip6[4];
	__u32 user_port;
	__u32 msg_src_ip4;
	__u32 msg_src_ip6[4];
	__u32 msg_src_port;
	__u32 compartment_id;
	__u64 interface_luid;
};

/* What a bind program returns; anything else is a refusal. Not asked for when a port is given back. */
enum bpfx_bind_action {
	BPFX_BIND_PERMIT_SOFT = 0,
	BPFX_BIND_DENY = 1,
	BPFX_BIND_REDIRECT = 2,		/* a permission, too */
	BPFX_BIND_PERMIT_HARD = 3,
};

enum bpfx_bind_operation {
	BPFX_BIND_OPERATION_BIND = 0,
	BPFX_BIND_OPERATION_POST_BIND = 1,
	BPFX_BIND_OPERATION_UNBIND = 2,
};

/* Context of bind programs. The application's name is memory between two pointers, in UTF-16. */
struct bpfx_bind_md {
	__u64 app_id_start;
	__u64 app_id_end;
	__u64 process_id;
	__u8 socket_address[16];	/* struct sockaddr_in, or the first bytes of a longer one */
	__u8 socket_address_length;
	__u8 reserved[3];
	__u32 operation;		/* enum bpfx_bind_operation */
	__u8 protocol;
	__u8 reserved_end[7];
};

#endif
