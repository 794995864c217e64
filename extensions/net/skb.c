/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * __sk_buff: which field which program type may touch, measured on Linux 6.18 by one load per
 * type, offset, size and direction.
 */
#include "net.h"

#define READ	BPFX_FIELD_READ
#define WRITE	BPFX_FIELD_WRITE
#define NARROW	BPFX_FIELD_NARROW

#define FIELD(field, field_flags)                                                                  \
	{ #field, offsetof(struct __sk_buff, field), sizeof(((struct __sk_buff *)0)->field),       \
	  BPFX_FIELD_SCALAR, field_flags, offsetof(struct skb_args, field),                        \
	  sizeof(((struct skb_args *)0)->field), .type_name = NULL }
#define POINTER(field, uapi_size, field_kind, field_flags)                                         \
	{ #field, offsetof(struct __sk_buff, field), uapi_size, field_kind, field_flags,           \
	  offsetof(struct skb_args, field), sizeof(void *), .type_name = NULL }
/* One of several words of an array. */
#define WORD(array, i, field_flags)                                                                \
	{ #array "[" #i "]", offsetof(struct __sk_buff, array) + 4 * i, 4, BPFX_FIELD_SCALAR,      \
	  field_flags, offsetof(struct skb_args, array) + 4 * i, 4, .type_name = NULL }

#define CB_FLAGS (READ | WRITE | NARROW | BPFX_FIELD_NARROW_WRITE)
#define CB(i)	 WORD(cb, i, CB_FLAGS | BPFX_FIELD_WIDE)

/* Read by every type, also in parts; @tc adds what only traffic control may write. */
#define COMMON_FIELDS(mark_write, priority_write, tc_write)                                        \
	FIELD(len, READ | NARROW),                                                                 \
	FIELD(pkt_type, READ | NARROW),                                                            \
	FIELD(mark, READ | NARROW | (mark_write)),                                                 \
	FIELD(queue_mapping, READ | NARROW | (tc_write)),                                          \
	FIELD(protocol, READ | NARROW),                                                            \
	FIELD(vlan_present, READ | NARROW),                                                        \
	FIELD(vlan_tci, READ | NARROW),                                                            \
	FIELD(vlan_proto, READ | NARROW),                                                          \
	FIELD(priority, READ | NARROW | (priority_write)),                                         \
	FIELD(ingress_ifindex, READ | NARROW),                                                     \
	FIELD(ifindex, READ | NARROW),                                                             \
	FIELD(tc_index, READ | NARROW | (tc_write)),                                               \
	CB(0), CB(1), CB(2), CB(3), WORD(cb, 4, CB_FLAGS),                                         \
	FIELD(hash, READ | NARROW),                                                                \
	FIELD(napi_id, READ | NARROW),                                                             \
	FIELD(gso_segs, READ | NARROW),                                                            \
	POINTER(sk, 8, BPFX_FIELD_SOCK_COMMON, READ | BPFX_FIELD_NULLABLE),                        \
	FIELD(gso_size, READ | NARROW)

#define PACKET_FIELDS                                                                              \
	POINTER(data, 4, BPFX_FIELD_PACKET, READ),                                                 \
	POINTER(data_end, 4, BPFX_FIELD_PACKET_END, READ)

static const struct bpfx_ctx_field socket_filter_fields[] = {
	COMMON_FIELDS(0, 0, 0),
};

static const struct bpfx_ctx_field tc_fields[] = {
	COMMON_FIELDS(WRITE, WRITE, WRITE),
	PACKET_FIELDS,
	POINTER(data_meta, 4, BPFX_FIELD_PACKET_META, READ),
	FIELD(tc_classid, READ | NARROW | WRITE),
	FIELD(tstamp, READ | WRITE),
	FIELD(wire_len, READ | NARROW),
	{ "tstamp_type", offsetof(struct __sk_buff, tstamp_type), 1, BPFX_FIELD_SCALAR, READ,
	  offsetof(struct skb_args, tstamp_type), 1, .type_name = NULL },
	FIELD(hwtstamp, READ),
};

static const struct bpfx_ctx_field cgroup_skb_fields[] = {
	COMMON_FIELDS(WRITE, WRITE, 0),
	PACKET_FIELDS,
	FIELD(family, READ | NARROW),
	FIELD(remote_ip4, READ),
	FIELD(local_ip4, READ),
	WORD(remote_ip6, 0, READ), WORD(remote_ip6, 1, READ),
	WORD(remote_ip6, 2, READ), WORD(remote_ip6, 3, READ),
	WORD(local_ip6, 0, READ), WORD(local_ip6, 1, READ),
	WORD(local_ip6, 2, READ), WORD(local_ip6, 3, READ),
	FIELD(remote_port, READ | NARROW),
	FIELD(local_port, READ | NARROW),
	FIELD(tstamp, READ | WRITE),
	FIELD(hwtstamp, READ),
};

#define SKB_CTX(field_table)                                                                       \
	{ .size = sizeof(struct __sk_buff), .real_size = offsetof(struct skb_args, head),          \
	  .type_name = "__sk_buff", .kernel_name = "sk_buff", .fields = field_table,               \
	  .field_cnt = ARRAY_CNT(field_table),                                                     \
	  .real_data = offsetof(struct skb_args, data),                                            \
	  .real_data_end = offsetof(struct skb_args, data_end),                                    \
	  .real_data_meta = offsetof(struct skb_args, data_meta) }

const struct bpfx_ctx_desc socket_filter_ctx = SKB_CTX(socket_filter_fields);
const struct bpfx_ctx_desc tc_ctx = SKB_CTX(tc_fields);
const struct bpfx_ctx_desc cgroup_skb_ctx = SKB_CTX(cgroup_skb_fields);
