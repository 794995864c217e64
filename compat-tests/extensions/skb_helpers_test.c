/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Helpers of programs on __sk_buff: up to two calls, then what the program sees of the packet. Rows
 * say the result and the packet's size; where bpf(2) is permitted every byte and every field is
 * compared with the real kernel's.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>

#include "asm.h"
#include "backend.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define AT(field)    (int)offsetof(struct __sk_buff, field)
#define OUT_MAX	     256

/* Ethernet, then: IPv4 with TCP; IPv6 with UDP; two VLAN tags; ARP. */
#define ETHERNET 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15
#define IP4(tos)                                                                                   \
	0x45, tos, 0, 60, 0, 0, 0, 0, 64, 6, 0x12, 0x34, 10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 0, 99,   \
	0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'
#define IP6(class)                                                                                 \
	0x60, class, 0, 0, 0, 20, 17, 64, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,        \
	0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 80, 0, 99, 0, 20, 0, 0, 'a', 'b'

enum { P4, P4_ECT, P4_CE, P6, P6_ECT, TAGGED, TWICE, ARP, PACKETS };
static const unsigned char packets[PACKETS][82] = {
	[P4] = { ETHERNET, 8, 0, IP4(0) },
	[P4_ECT] = { ETHERNET, 8, 0, IP4(2) },
	[P4_CE] = { ETHERNET, 8, 0, IP4(0xff) },
	[P6] = { ETHERNET, 0x86, 0xdd, IP6(0) },
	[P6_ECT] = { ETHERNET, 0x86, 0xdd, IP6(0x10) },
	[TAGGED] = { ETHERNET, 0x81, 0, 0x20, 5, 8, 0, IP4(0) },
	[TWICE] = { ETHERNET, 0x88, 0xa8, 0x20, 5, 0x81, 0, 0x40, 6, 8, 0, IP4(0) },
	[ARP] = { ETHERNET, 8, 6, IP4(0) },
};
#define SIZE 82

/* A call: r1 is the context unless the helper has none. */
struct call {
	int helper;
	int64_t args[4];
};

#define DO(helper, ...) { BPF_FUNC_##helper, { __VA_ARGS__ } }
#define V6    0xdd86		/* as network byte order has them */
#define V4    0x0008
#define Q     0x0081
#define AD    0xa888
#define ENCAP4 BPF_F_ADJ_ROOM_ENCAP_L3_IPV4
#define ENCAP6 BPF_F_ADJ_ROOM_ENCAP_L3_IPV6
#define DECAP4 BPF_F_ADJ_ROOM_DECAP_L3_IPV4
#define DECAP6 BPF_F_ADJ_ROOM_DECAP_L3_IPV6
#define GRE   BPF_F_ADJ_ROOM_ENCAP_L4_GRE
#define UDP   BPF_F_ADJ_ROOM_ENCAP_L4_UDP
#define L2(n) ((int64_t)(n) << BPF_ADJ_ROOM_ENCAP_L2_SHIFT)
#define NET   BPF_ADJ_ROOM_NET
#define MAC   BPF_ADJ_ROOM_MAC

static const struct row {
	int packet;
	struct call calls[3];
	int want, size;		/* size 0: as it was */
	bool differs;		/* the result is each kernel's own: only that it is not 0 */
} rows[] = {
	/* VLAN tags. */
	{ P4, { DO(skb_vlan_push, Q, 5) }, 0, 0, 0 },
	{ P4, { DO(skb_vlan_push, AD, 0x2005) }, 0, 0, 0 },
	{ P4, { DO(skb_vlan_push, V4, 5) }, 0, 0, 0 },
	{ P4, { DO(skb_vlan_push, Q, 0x12345) }, 0, 0, 0 },
	{ P4, { DO(skb_vlan_push, Q, 5), DO(skb_vlan_push, AD, 6) }, 0, SIZE + 4, 0 },
	{ P4, { DO(skb_vlan_push, AD, 5), DO(skb_vlan_push, Q, 6), DO(skb_vlan_push, Q, 7) }, 0,
	  SIZE + 8, 0 },
	{ P4, { DO(skb_vlan_push, Q, 5), DO(skb_vlan_pop) }, 0, 0, 0 },
	{ P4, { DO(skb_vlan_push, Q, 5), DO(skb_vlan_push, AD, 6), DO(skb_vlan_pop) }, 0, 0, 0 },
	{ P4, { DO(skb_vlan_pop) }, 0, 0, 0 },
	{ TAGGED, { DO(skb_vlan_pop) }, 0, SIZE - 4, 0 },
	{ TAGGED, { DO(skb_vlan_push, Q, 9) }, 0, 0, 0 },
	{ TAGGED, { DO(skb_vlan_push, Q, 9), DO(skb_vlan_pop) }, 0, SIZE - 4, 0 },
	{ TWICE, { DO(skb_vlan_pop) }, 0, SIZE - 8, 0 },
	{ TWICE, { DO(skb_vlan_pop), DO(skb_vlan_pop) }, 0, SIZE - 8, 0 },
	{ TWICE, { DO(skb_vlan_pop), DO(skb_vlan_push, Q, 1) }, 0, SIZE - 4, 0 },
	/* The packet's kind and protocol. */
	{ P4, { DO(skb_change_type, 0) }, 0, 0, 0 },
	{ P4, { DO(skb_change_type, 3) }, 0, 0, 0 },
	{ P4, { DO(skb_change_type, 4) }, -EINVAL, 0, 0 },
	{ P4, { DO(skb_change_type, -1) }, -EINVAL, 0, 0 },
	{ P4, { DO(skb_change_proto, V6) }, 0, SIZE + 20, 0 },
	{ P4, { DO(skb_change_proto, V6), DO(skb_change_proto, V4) }, 0, 0, 0 },
	{ P4, { DO(set_hash, 7), DO(skb_change_proto, V6) }, 0, SIZE + 20, 0 },
	{ P6, { DO(skb_change_proto, V4) }, 0, SIZE - 20, 0 },
	{ P4, { DO(skb_change_proto, V4) }, -ENOTSUPP, 0, 0 },
	{ P4, { DO(skb_change_proto, 0x608) }, -ENOTSUPP, 0, 0 },
	{ ARP, { DO(skb_change_proto, V4) }, -ENOTSUPP, 0, 0 },
	{ P4, { DO(skb_change_proto, V6, 1) }, -EINVAL, 0, 0 },
	/* Room. */
	{ P4, { DO(skb_adjust_room, 10, NET) }, 0, SIZE + 10, 0 },
	{ P4, { DO(skb_adjust_room, 10, MAC) }, 0, SIZE + 10, 0 },
	{ P6, { DO(skb_adjust_room, 8, NET) }, 0, SIZE + 8, 0 },
	{ P6, { DO(skb_adjust_room, 8, MAC) }, 0, SIZE + 8, 0 },
	{ P4, { DO(skb_adjust_room, -10, NET) }, 0, SIZE - 10, 0 },
	{ P4, { DO(skb_adjust_room, -10, MAC) }, 0, SIZE - 10, 0 },
	{ P4, { DO(skb_adjust_room, -48, MAC) }, 0, SIZE - 48, 0 },
	{ P4, { DO(skb_adjust_room, -49, MAC) }, -ENOTSUPP, 0, 0 },
	{ P6, { DO(skb_adjust_room, -28, MAC) }, 0, SIZE - 28, 0 },
	{ P6, { DO(skb_adjust_room, -29, MAC) }, -ENOTSUPP, 0, 0 },
	{ P4, { DO(skb_adjust_room, -68, MAC) }, -ENOTSUPP, 0, 0 },
	{ P4, { DO(skb_adjust_room, 0, NET) }, 0, 0, 0 },
	{ P4, { DO(skb_adjust_room, 0xfff, MAC) }, 0, SIZE + 0xfff, 0 },
	{ P4, { DO(skb_adjust_room, 0x1000, MAC) }, -EFAULT, 0, 0 },
	{ P4, { DO(skb_adjust_room, -0x1000, MAC) }, -EFAULT, 0, 0 },
	{ P4, { DO(skb_adjust_room, 8, 2) }, -ENOTSUPP, 0, 0 },
	{ P4, { DO(skb_adjust_room, 8, MAC, 1 << 20) }, -EINVAL, 0, 0 },
	{ ARP, { DO(skb_adjust_room, 8, MAC) }, -ENOTSUPP, 0, 0 },
	{ P4, { DO(skb_adjust_room, 20, MAC, ENCAP4) }, 0, SIZE + 20, 0 },
	{ P4, { DO(skb_adjust_room, 40, MAC, ENCAP6) }, 0, SIZE + 40, 0 },
	{ P6, { DO(skb_adjust_room, 20, MAC, ENCAP4) }, 0, SIZE + 20, 0 },
	{ P4, { DO(skb_adjust_room, 24, MAC, ENCAP4 | GRE) }, 0, SIZE + 24, 0 },
	{ P4, { DO(skb_adjust_room, 28, MAC, ENCAP4 | UDP) }, 0, SIZE + 28, 0 },
	{ P4, { DO(skb_adjust_room, 28, MAC, ENCAP4 | ENCAP6) }, -EINVAL, 0, 0 },
	{ P4, { DO(skb_adjust_room, 28, MAC, ENCAP4 | UDP | GRE) }, -EINVAL, 0, 0 },
	{ P4, { DO(skb_adjust_room, 28, MAC, UDP | GRE) }, 0, SIZE + 28, 0 },
	{ P4, { DO(skb_adjust_room, 20, MAC, ENCAP4), DO(skb_adjust_room, 20, MAC, ENCAP4) },
	  -EALREADY, SIZE + 20, 0 },
	{ P4, { DO(skb_adjust_room, 20, MAC, ENCAP4), DO(skb_adjust_room, 20, MAC) }, 0, SIZE + 40,
	  0 },
	{ P4, { DO(skb_adjust_room, 42, MAC, ENCAP4 | L2(14)) }, 0, SIZE + 42, 0 },
	{ P4, { DO(skb_adjust_room, 10, MAC, ENCAP4 | L2(14)) }, -EINVAL, 0, 0 },
	{ P4, { DO(skb_adjust_room, 42, MAC, ENCAP4 | L2(13) | BPF_F_ADJ_ROOM_ENCAP_L2_ETH) },
	  -EINVAL, 0, 0 },
	{ P4, { DO(skb_adjust_room, -20, MAC, DECAP4) }, 0, SIZE - 20, 0 },
	{ P4, { DO(skb_adjust_room, -20, MAC, DECAP6) }, 0, SIZE - 20, 0 },
	{ P4, { DO(skb_adjust_room, -29, MAC, DECAP6) }, -ENOTSUPP, 0, 0 },
	{ P4, { DO(skb_adjust_room, -20, MAC, DECAP4 | DECAP6) }, -EINVAL, 0, 0 },
	{ P4, { DO(skb_adjust_room, 20, MAC, DECAP4) }, -EINVAL, 0, 0 },
	/* Ends. */
	{ P4, { DO(skb_change_head, 14, 0) }, 0, SIZE + 14, 0 },
	{ P4, { DO(skb_change_head, 4, 0), DO(skb_change_proto, V6) }, 0, SIZE + 24, 0 },
	{ P4, { DO(skb_change_head, 4, 1) }, -EINVAL, 0, 0 },
	{ P4, { DO(skb_change_tail, 40, 0) }, 0, 40, 0 },
	{ P4, { DO(skb_change_tail, 120, 0) }, 0, 120, 0 },
	/* Congestion. */
	{ P4, { DO(skb_ecn_set_ce) }, 0, 0, 0 },
	{ P4_ECT, { DO(skb_ecn_set_ce) }, 1, 0, 0 },
	{ P4_ECT, { DO(skb_ecn_set_ce), DO(skb_ecn_set_ce) }, 1, 0, 0 },
	{ P4_CE, { DO(skb_ecn_set_ce) }, 1, 0, 0 },
	{ P6, { DO(skb_ecn_set_ce) }, 0, 0, 0 },
	{ P6_ECT, { DO(skb_ecn_set_ce) }, 1, 0, 0 },
	{ ARP, { DO(skb_ecn_set_ce) }, 0, 0, 0 },
	/* Hash. */
	{ P4, { DO(set_hash, 7) }, 0, 0, 0 },
	{ P4, { DO(set_hash, 7), DO(get_hash_recalc) }, 7, 0, 0 },
	{ P4, { DO(set_hash, 0), DO(get_hash_recalc) }, 0, 0, 0 },
	{ P4, { DO(get_hash_recalc) }, 1, 0, true },
	{ P6, { DO(set_hash, 7), DO(set_hash_invalid), DO(get_hash_recalc) }, 1, 0, true },
	{ ARP, { DO(get_hash_recalc) }, 1, 0, true },
	/* Checksum state. */
	{ P4, { DO(csum_level, BPF_CSUM_LEVEL_QUERY) }, -EACCES, 0, 0 },
	{ P4, { DO(csum_level, BPF_CSUM_LEVEL_INC), DO(csum_level, BPF_CSUM_LEVEL_QUERY) }, 0, 0, 0 },
	{ P4, { DO(csum_level, BPF_CSUM_LEVEL_INC), DO(csum_level, BPF_CSUM_LEVEL_INC),
		DO(csum_level, BPF_CSUM_LEVEL_QUERY) }, 1, 0, 0 },
	{ P4, { DO(csum_level, BPF_CSUM_LEVEL_INC), DO(csum_level, BPF_CSUM_LEVEL_DEC),
		DO(csum_level, BPF_CSUM_LEVEL_QUERY) }, -EACCES, 0, 0 },
	{ P4, { DO(csum_level, BPF_CSUM_LEVEL_INC), DO(csum_level, BPF_CSUM_LEVEL_RESET),
		DO(csum_level, BPF_CSUM_LEVEL_QUERY) }, -EACCES, 0, 0 },
	{ P4, { DO(csum_level, 4) }, -EINVAL, 0, 0 },
	/* Time stamps. */
	{ P4, { DO(skb_set_tstamp, 77, BPF_SKB_CLOCK_REALTIME) }, 0, 0, 0 },
	{ P4, { DO(skb_set_tstamp, 0, BPF_SKB_CLOCK_REALTIME) }, 0, 0, 0 },
	{ P4, { DO(skb_set_tstamp, 77, BPF_SKB_CLOCK_MONOTONIC) }, 0, 0, 0 },
	{ P6, { DO(skb_set_tstamp, 77, BPF_SKB_CLOCK_TAI) }, 0, 0, 0 },
	{ P4, { DO(skb_set_tstamp, 0, BPF_SKB_CLOCK_MONOTONIC) }, -EINVAL, 0, 0 },
	{ P4, { DO(skb_set_tstamp, 0, BPF_SKB_CLOCK_TAI) }, -EINVAL, 0, 0 },
	{ P4, { DO(skb_set_tstamp, 77, 3) }, -EINVAL, 0, 0 },
	{ ARP, { DO(skb_set_tstamp, 77, 1) }, -EOPNOTSUPP, 0, 0 },
	/* Whose, and where to. */
	{ P4, { DO(get_socket_cookie) }, 1, 0, true },
	{ P4, { DO(get_netns_cookie) }, 1, 0, true },
	{ P4, { DO(get_socket_uid) }, 0, 0, 0 },
	{ P4, { DO(skb_cgroup_id) }, 1, 0, 0 },
	{ P4, { DO(skb_cgroup_classid) }, 0, 0, 0 },
	{ P4, { DO(get_route_realm) }, 0, 0, 0 },
	{ P4, { DO(redirect, 1, 0) }, 7, 0, 0 },
	{ P4, { DO(redirect, 1, 1) }, 7, 0, 0 },
	{ P4, { DO(redirect, 1, 2) }, 2, 0, 0 },
	{ P4, { DO(redirect_peer, 1, 0) }, 7, 0, 0 },
	{ P4, { DO(redirect_peer, 1, 1) }, 2, 0, 0 },
	{ P4, { DO(redirect_neigh, 1, 0, 0, 0) }, 7, 0, 0 },
	{ P4, { DO(redirect_neigh, 1, 0, 0, 1) }, 2, 0, 0 },
};

/* ---- a row's program ---- */

struct program {
	struct bpf_insn insns[96];
	uint32_t cnt;
};

#define PUT(program, ...)                                                                          \
	do {                                                                                       \
		const struct bpf_insn put[] = { __VA_ARGS__ };                                     \
		memcpy(&(program)->insns[(program)->cnt], put, sizeof(put));                       \
		(program)->cnt += ARRAY_CNT(put);                                                  \
	} while (0)

static bool takes_context(int helper)
{
	return helper != BPF_FUNC_redirect && helper != BPF_FUNC_redirect_peer &&
	       helper != BPF_FUNC_redirect_neigh;
}

static void put_call(struct program *p, const struct call *call)
{
	int first = takes_context(call->helper) ? 2 : 1;

	PUT(p, MOV_REG(1, 6));
	for (int i = 0; i < 4; i++)
		PUT(p, IMM64(first + i, (uint64_t)call->args[i]));
	PUT(p, CALL(call->helper), MOV_REG(7, 0));
}

/* What the program sees goes to the control block, which comes back; r7: the last result. */
static void put_fields(struct program *p)
{
	static const int fields[] = { AT(len), AT(protocol), AT(vlan_tci), AT(vlan_proto),
				      AT(pkt_type) };

	for (size_t i = 0; i < ARRAY_CNT(fields); i++)
		PUT(p, LOAD(W, 1, 6, fields[i]), STORE(W, 6, 1, AT(cb) + 4 * (int)i));
	/* How the hash stands to the result; presence of a tag, kind of time stamp. */
	PUT(p, LOAD(W, 1, 6, AT(hash)), ALU_REG(SUB, 1, 7), LOAD(B, 2, 6, AT(tstamp_type)),
	    ALU_IMM(LSH, 2, 8), LOAD(W, 3, 6, AT(vlan_present)), ALU_REG(OR, 2, 3),
	    STORE(W, 6, 2, AT(priority)));
}

struct outcome {
	int err;
	uint32_t retval, size;
	unsigned char data[8192];
	struct __sk_buff ctx;
};

static void run_row(const struct backend *b, const struct row *row, struct outcome *out)
{
	static const struct __sk_buff ctx = { .mark = 3 };
	struct program p = { .cnt = 0 };
	union bpf_attr attr;
	int fd;

	PUT(&p, MOV_REG(6, 1));
	for (int i = 0; i < 3 && row->calls[i].helper; i++)
		put_call(&p, &row->calls[i]);
	put_fields(&p);
	PUT(&p, MOV_REG(0, 7), EXIT());
	memset(out, 0, sizeof(*out));
	fd = load_prog(b, BPF_PROG_TYPE_SCHED_CLS, p.insns, p.cnt);
	if (fd < 0)
		fail_msg("row %zu: load: %s", row - rows, result_name(fd));
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = (uintptr_t)packets[row->packet];
	attr.test.data_size_in = SIZE;
	attr.test.data_out = (uintptr_t)out->data;
	attr.test.data_size_out = sizeof(out->data);
	attr.test.ctx_in = (uintptr_t)&ctx;
	attr.test.ctx_size_in = sizeof(ctx);
	attr.test.ctx_out = (uintptr_t)&out->ctx;
	attr.test.ctx_size_out = sizeof(out->ctx);
	out->err = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	out->retval = attr.test.retval;
	out->size = attr.test.data_size_out;
	b->close(fd);
}

static void compare(size_t i, const struct outcome *ours, const struct outcome *theirs)
{
	if (ours->err != theirs->err || ours->size != theirs->size)
		fail_msg("row %zu: %s, %u bytes, not %s, %u bytes", i, result_name(ours->err),
			 ours->size, result_name(theirs->err), theirs->size);
	if (memcmp(ours->data, theirs->data, ours->size < 8192 ? ours->size : 8192))
		fail_msg("row %zu: other bytes", i);
	if (!memcmp(&ours->ctx, &theirs->ctx, sizeof(ours->ctx)))
		return;
	for (int n = 0; n < (int)sizeof(ours->ctx) / 4; n++) {
		uint32_t a = ((const uint32_t *)&ours->ctx)[n];
		uint32_t c = ((const uint32_t *)&theirs->ctx)[n];

		if (a != c)
			print_error("row %zu: context at %d: %#x, not %#x\n", i, n * 4, a, c);
	}
	fail();
}

static void helpers_do_what_they_do_on_linux(void **state)
{
	static struct outcome ours, theirs;
	bool permitted = kernel_is_permitted();

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		uint32_t size = rows[i].size ? rows[i].size : SIZE;

		run_row(&emulated_backend, &rows[i], &ours);
		if (rows[i].differs ? !ours.retval : (int)ours.retval != rows[i].want)
			fail_msg("row %zu: %d", i, (int)ours.retval);
		if (ours.size != size)
			fail_msg("row %zu: %u bytes", i, ours.size);
		if (!permitted)
			continue;
		run_row(&kernel_backend, &rows[i], &theirs);
		if (rows[i].differs ? !theirs.retval : theirs.retval != ours.retval)
			fail_msg("row %zu: the kernel says %d", i, (int)theirs.retval);
		compare(i, &ours, &theirs);
	}
}

/* Which calls end the life of packet pointers. */
static int load_with_pointer(const struct backend *b, const struct call *call)
{
	struct program p = { .cnt = 0 };

	PUT(&p, MOV_REG(6, 1), LOAD(W, 8, 1, AT(data)), LOAD(W, 9, 1, AT(data_end)), MOV_REG(2, 8),
	    ALU_IMM(ADD, 2, 14), MOV_IMM(0, 0), JUMP_REG(JLE, 2, 9, 1), EXIT());
	put_call(&p, call);
	PUT(&p, LOAD(B, 0, 8, 0), EXIT());
	return load_prog(b, BPF_PROG_TYPE_SCHED_CLS, p.insns, p.cnt);
}

static void packet_pointers_die_as_on_linux(void **state)
{
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int ours = load_with_pointer(&emulated_backend, &rows[i].calls[0]), theirs;

		if (ours >= 0)
			emulated_backend.close(ours);
		if (!kernel_is_permitted())
			continue;
		theirs = load_with_pointer(&kernel_backend, &rows[i].calls[0]);
		if (theirs >= 0)
			kernel_backend.close(theirs);
		if ((ours < 0 || theirs < 0) && ours != theirs)
			fail_msg("helper %d: %s, not %s", rows[i].calls[0].helper,
				 result_name(ours), result_name(theirs));
	}
}

/* The hash of a flow is that of its other direction. */
static void both_directions_hash_alike(void **state)
{
	static const struct row row = { .packet = P4, .calls = { DO(get_hash_recalc) } };
	const struct bpf_insn insns[] = { CALL(BPF_FUNC_get_hash_recalc), EXIT() };
	const struct backend *b = &emulated_backend;
	int fd = load_prog(b, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_CNT(insns));
	uint32_t hash[3];

	for (int i = 0; i < 3; i++) {
		unsigned char packet[SIZE];
		union bpf_attr attr;

		memcpy(packet, packets[row.packet], SIZE);
		if (i == 1) {
			memcpy(packet + 26, packets[row.packet] + 30, 4);
			memcpy(packet + 30, packets[row.packet] + 26, 4);
			memcpy(packet + 34, packets[row.packet] + 36, 2);
			memcpy(packet + 36, packets[row.packet] + 34, 2);
		}
		packet[37] += i == 2;
		memset(&attr, 0, sizeof(attr));
		attr.test.prog_fd = fd;
		attr.test.data_in = (uintptr_t)packet;
		attr.test.data_size_in = SIZE;
		assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
		hash[i] = attr.test.retval;
	}
	assert_int_equal(hash[0], hash[1]);
	assert_int_not_equal(hash[0], hash[2]);
	b->close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(helpers_do_what_they_do_on_linux),
		cmocka_unit_test(packet_pointers_die_as_on_linux),
		cmocka_unit_test(both_directions_hash_alike),
	};

	use_private_store();
	return cmocka_run_group_tests_name("extensions: helpers on packets", tests, NULL, NULL);
}
