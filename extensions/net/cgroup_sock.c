/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs on sockets of a cgroup: made, bound, released. Access measured on Linux 6.18. */
#include "net.h"

#define READ   BPFX_FIELD_READ
#define WRITE  BPFX_FIELD_WRITE
#define NARROW BPFX_FIELD_NARROW
#define LOW    BPFX_FIELD_NARROW_LOW

static const uint32_t make_or_release[] = {
	BPF_CGROUP_INET_SOCK_CREATE,
	BPF_CGROUP_INET_SOCK_RELEASE,
};
static const uint32_t bound4[] = { BPF_CGROUP_INET4_POST_BIND };
static const uint32_t bound6[] = { BPF_CGROUP_INET6_POST_BIND };
static const uint32_t bound[] = { BPF_CGROUP_INET4_POST_BIND, BPF_CGROUP_INET6_POST_BIND };

#define PLACE(field, at) offsetof(struct bpf_sock, field) + (at)
#define FIELD(field, at, size, field_flags)                                                        \
	{ #field, PLACE(field, at), size, BPFX_FIELD_SCALAR, field_flags, PLACE(field, at), size,  \
	  .type_name = NULL }
#define FIELD_AT(field, at, field_flags, types)                                                    \
	{ #field, PLACE(field, at), 4, BPFX_FIELD_SCALAR, field_flags, PLACE(field, at), 4,        \
	  .attach_types = types, .attach_type_cnt = ARRAY_CNT(types) }

static const struct bpfx_ctx_field sock_fields[] = {
	FIELD_AT(bound_dev_if, 0, READ | WRITE, make_or_release),
	FIELD(family, 0, 4, READ | LOW),
	FIELD(type, 0, 4, READ | LOW),
	FIELD(protocol, 0, 4, READ | LOW),
	FIELD_AT(mark, 0, READ | WRITE, make_or_release),
	FIELD_AT(priority, 0, READ | WRITE, make_or_release),
	FIELD_AT(src_ip4, 0, READ | NARROW, bound4),
	FIELD_AT(src_ip6, 0, READ | NARROW, bound6),
	FIELD_AT(src_ip6, 4, READ | NARROW, bound6),
	FIELD_AT(src_ip6, 8, READ | NARROW, bound6),
	FIELD_AT(src_ip6, 12, READ | NARROW, bound6),
	FIELD_AT(src_port, 0, READ | LOW, bound),
	FIELD(dst_port, 0, 2, READ | NARROW),
	FIELD(dst_port, 0, 4, READ),		/* as it was once: with zeros behind it */
	FIELD(dst_ip4, 0, 4, READ | NARROW),
	FIELD(dst_ip6, 0, 4, READ | NARROW),
	FIELD(dst_ip6, 4, 4, READ | NARROW),
	FIELD(dst_ip6, 8, 4, READ | NARROW),
	FIELD(dst_ip6, 12, 4, READ | NARROW),
	FIELD(state, 0, 4, READ | LOW),
	FIELD(rx_queue_mapping, 0, 4, READ | LOW),
};

const struct bpfx_ctx_desc sock_ctx = {
	.size = sizeof(struct bpf_sock),
	.real_size = sizeof(struct bpf_sock),
	.type_name = "bpf_sock",
	.fields = sock_fields,
	.field_cnt = ARRAY_CNT(sock_fields),
	.real_data = -1,
	.real_data_end = -1,
	.real_data_meta = -1,
};
