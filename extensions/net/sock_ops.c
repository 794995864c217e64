/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Programs on the life of TCP sockets: what they see of it, measured on Linux 6.18 by one load per
 * offset, size and direction. Every expected_attach_type loads.
 */
#include "sock.h"

#define READ  BPFX_FIELD_READ
#define WRITE BPFX_FIELD_WRITE

#define AT(field, at) offsetof(struct bpf_sock_ops, field) + (at)
#define WORD(field, at, field_flags)                                                               \
	{ #field, AT(field, at), 4, BPFX_FIELD_SCALAR, field_flags, AT(field, at), 4,              \
	  .type_name = NULL }
#define FIELD(field) WORD(field, 0, READ)
#define LONG(field)                                                                                \
	{ #field, AT(field, 0), 8, BPFX_FIELD_SCALAR, READ, AT(field, 0), 8, .type_name = NULL }
#define POINTER(field, kind, field_flags)                                                          \
	{ #field, AT(field, 0), 8, kind, READ | (field_flags), AT(field, 0), 8, .type_name = NULL }

static const struct bpfx_ctx_field fields[] = {
	FIELD(op),
	WORD(args, 0, READ | WRITE),	/* the reply's place, too */
	WORD(args, 4, READ), WORD(args, 8, READ), WORD(args, 12, READ),
	FIELD(family),
	FIELD(remote_ip4),
	FIELD(local_ip4),
	WORD(remote_ip6, 0, READ), WORD(remote_ip6, 4, READ),
	WORD(remote_ip6, 8, READ), WORD(remote_ip6, 12, READ),
	WORD(local_ip6, 0, READ), WORD(local_ip6, 4, READ),
	WORD(local_ip6, 8, READ), WORD(local_ip6, 12, READ),
	FIELD(remote_port),
	FIELD(local_port),
	FIELD(is_fullsock),
	FIELD(snd_cwnd),
	FIELD(srtt_us),
	FIELD(bpf_sock_ops_cb_flags),
	FIELD(state),
	FIELD(rtt_min),
	FIELD(snd_ssthresh),
	FIELD(rcv_nxt),
	FIELD(snd_nxt),
	FIELD(snd_una),
	FIELD(mss_cache),
	FIELD(ecn_flags),
	FIELD(rate_delivered),
	FIELD(rate_interval_us),
	FIELD(packets_out),
	FIELD(retrans_out),
	FIELD(total_retrans),
	FIELD(segs_in),
	FIELD(data_segs_in),
	FIELD(segs_out),
	FIELD(data_segs_out),
	FIELD(lost_out),
	FIELD(sacked_out),
	WORD(sk_txhash, 0, READ | WRITE),
	LONG(bytes_received),
	LONG(bytes_acked),
	POINTER(sk, BPFX_FIELD_SOCKET, BPFX_FIELD_NULLABLE),
	POINTER(skb_data, BPFX_FIELD_PACKET, 0),
	POINTER(skb_data_end, BPFX_FIELD_PACKET_END, 0),
	FIELD(skb_len),
	WORD(skb_tcp_flags, 0, READ | BPFX_FIELD_NARROW_LOW),
	LONG(skb_hwtstamp),
};

const struct bpfx_ctx_desc sock_ops_ctx = {
	.size = sizeof(struct bpf_sock_ops),
	.real_size = sizeof(struct sock_ops_args),
	.type_name = "bpf_sock_ops",
	.kernel_name = "bpf_sock_ops_kern",
	.fields = fields,
	.field_cnt = ARRAY_CNT(fields),
	.real_data = AT(skb_data, 0),
	.real_data_end = AT(skb_data_end, 0),
	.real_data_meta = -1,
};
