/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Programs on addresses: bind, connect, sendmsg, recvmsg, getpeername, getsockname. Fields and results
 * measured on Linux 6.18 by one load per attach type, offset, size and direction.
 */
#include "sock.h"

#define READ   BPFX_FIELD_READ
#define WRITE  BPFX_FIELD_WRITE
#define NARROW BPFX_FIELD_NARROW
#define WIDE   BPFX_FIELD_WIDE

const uint32_t sock_addr_attach_types[SOCK_ADDR_ATTACH_TYPE_CNT] = {
	BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET6_BIND,
	BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT, BPF_CGROUP_UNIX_CONNECT,
	BPF_CGROUP_UDP4_SENDMSG, BPF_CGROUP_UDP6_SENDMSG, BPF_CGROUP_UNIX_SENDMSG,
	BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_UDP6_RECVMSG, BPF_CGROUP_UNIX_RECVMSG,
	BPF_CGROUP_INET4_GETPEERNAME, BPF_CGROUP_INET6_GETPEERNAME, BPF_CGROUP_UNIX_GETPEERNAME,
	BPF_CGROUP_INET4_GETSOCKNAME, BPF_CGROUP_INET6_GETSOCKNAME, BPF_CGROUP_UNIX_GETSOCKNAME,
};

/* 2 of a bind program: a privileged port is fine. What only tells an address cannot refuse it. */
const struct bpfx_ret_range sock_addr_results[SOCK_ADDR_RESULT_CNT] = {
	{ BPF_CGROUP_INET4_BIND, 0, 3 },
	{ BPF_CGROUP_INET6_BIND, 0, 3 },
	{ BPF_CGROUP_UDP4_RECVMSG, 1, 1 },
	{ BPF_CGROUP_UDP6_RECVMSG, 1, 1 },
	{ BPF_CGROUP_UNIX_RECVMSG, 1, 1 },
	{ BPF_CGROUP_INET4_GETPEERNAME, 1, 1 },
	{ BPF_CGROUP_INET6_GETPEERNAME, 1, 1 },
	{ BPF_CGROUP_UNIX_GETPEERNAME, 1, 1 },
	{ BPF_CGROUP_INET4_GETSOCKNAME, 1, 1 },
	{ BPF_CGROUP_INET6_GETSOCKNAME, 1, 1 },
	{ BPF_CGROUP_UNIX_GETSOCKNAME, 1, 1 },
	{ UINT32_MAX, 0, 1 },
};

static const uint32_t ip4[] = {
	BPF_CGROUP_INET4_BIND, BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_UDP4_SENDMSG,
	BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_INET4_GETPEERNAME, BPF_CGROUP_INET4_GETSOCKNAME,
};
static const uint32_t ip6[] = {
	BPF_CGROUP_INET6_BIND, BPF_CGROUP_INET6_CONNECT, BPF_CGROUP_UDP6_SENDMSG,
	BPF_CGROUP_UDP6_RECVMSG, BPF_CGROUP_INET6_GETPEERNAME, BPF_CGROUP_INET6_GETSOCKNAME,
};
static const uint32_t source4[] = { BPF_CGROUP_UDP4_SENDMSG };
static const uint32_t source6[] = { BPF_CGROUP_UDP6_SENDMSG };

#define AT(field, at) offsetof(struct bpf_sock_addr, field) + (at)
#define FIELD(field, field_flags)                                                                  \
	{ #field, AT(field, 0), 4, BPFX_FIELD_SCALAR, field_flags, AT(field, 0), 4,                \
	  .type_name = NULL }
#define ADDRESS(field, at, field_flags, types)                                                     \
	{ #field, AT(field, at), 4, BPFX_FIELD_SCALAR, READ | WRITE | NARROW | (field_flags),      \
	  AT(field, at), 4, .attach_types = types, .attach_type_cnt = ARRAY_CNT(types) }

static const struct bpfx_ctx_field fields[] = {
	FIELD(user_family, READ),
	ADDRESS(user_ip4, 0, 0, ip4),
	ADDRESS(user_ip6, 0, WIDE, ip6),
	ADDRESS(user_ip6, 4, 0, ip6),
	ADDRESS(user_ip6, 8, WIDE, ip6),
	ADDRESS(user_ip6, 12, 0, ip6),
	/* A port has 16 bits: what is stored above them is lost, as on Linux. */
	{ "user_port", AT(user_port, 0), 4, BPFX_FIELD_SCALAR, READ | WRITE | NARROW,
	  AT(user_port, 0), 2, .type_name = NULL },
	FIELD(family, READ),
	FIELD(type, READ),
	FIELD(protocol, READ),
	ADDRESS(msg_src_ip4, 0, 0, source4),
	ADDRESS(msg_src_ip6, 0, 0, source6),
	ADDRESS(msg_src_ip6, 4, WIDE, source6),
	ADDRESS(msg_src_ip6, 8, 0, source6),
	ADDRESS(msg_src_ip6, 12, 0, source6),
	{ "sk", AT(sk, 0), 8, BPFX_FIELD_SOCKET, READ, AT(sk, 0), 8, .type_name = NULL },
};

const struct bpfx_ctx_desc sock_addr_ctx = {
	.size = sizeof(struct bpf_sock_addr),
	.real_size = sizeof(struct sock_addr_args),
	.type_name = "bpf_sock_addr",
	.kernel_name = "bpf_sock_addr_kern",
	.fields = fields,
	.field_cnt = ARRAY_CNT(fields),
	.real_data = -1,
	.real_data_end = -1,
	.real_data_meta = -1,
};
