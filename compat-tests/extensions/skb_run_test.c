/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN of programs on __sk_buff on both kernels: which packets are taken, what the
 * program sees of them, what may be given and comes back in the context.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "asm.h"
#include "backend.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define AT(field) (int)offsetof(struct __sk_buff, field)

/* Ethernet, IPv4 from 10.0.0.1 to 10.0.0.2. */
static const unsigned char packet[54] = {
	1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 8, 0,
	0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 80,
};
static unsigned char data_out[128];

struct call {
	const void *data;
	uint32_t size, room;
	const struct __sk_buff *ctx;
	uint32_t flags, cpu, batch;
	struct __sk_buff ctx_out;
};

static int run(const struct backend *b, int prog, struct call *c, union bpf_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	memset(data_out, 0xee, sizeof(data_out));
	attr->test.prog_fd = prog;
	attr->test.data_in = c->size ? (uintptr_t)c->data : 0;
	attr->test.data_size_in = c->size;
	attr->test.data_out = (uintptr_t)data_out;
	attr->test.data_size_out = c->room ? c->room : sizeof(data_out);
	attr->test.ctx_in = (uintptr_t)c->ctx;
	attr->test.ctx_size_in = c->ctx ? sizeof(*c->ctx) : 0;
	attr->test.ctx_out = c->ctx ? (uintptr_t)&c->ctx_out : 0;
	attr->test.ctx_size_out = c->ctx ? sizeof(c->ctx_out) : 0;
	attr->test.flags = c->flags;
	attr->test.cpu = c->cpu;
	attr->test.batch_size = c->batch;
	return b->bpf(BPF_PROG_TEST_RUN, attr, sizeof(*attr));
}

static int load_field(const struct backend *b, uint32_t type, int offset)
{
	const struct bpf_insn insns[] = { LOAD(W, 0, 1, offset), EXIT() };

	return load_prog(b, type, insns, ARRAY_CNT(insns));
}

static void packets_that_are_taken(void **state)
{
	static const struct { uint32_t size; unsigned char proto[2]; int want; } rows[] = {
		{ 0, { 0, 0 }, -EINVAL },	{ 13, { 0, 0 }, -EINVAL }, { 14, { 0, 0 }, 0 },
		{ 33, { 8, 0 }, -EINVAL },	{ 34, { 8, 0 }, 0 },
		{ 53, { 0x86, 0xdd }, -EINVAL }, { 54, { 0x86, 0xdd }, 0 },
	};
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_SOCKET_FILTER);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		unsigned char data[sizeof(packet)];
		struct call c = { .data = data, .size = rows[i].size };
		union bpf_attr attr;

		memcpy(data, packet, sizeof(data));
		memcpy(data + 12, rows[i].proto, 2);
		if (run(b, prog, &c, &attr) != rows[i].want)
			fail_msg("%u bytes of %02x%02x", rows[i].size, rows[i].proto[0],
				 rows[i].proto[1]);
	}
	b->close(prog);
}

static void a_packet_of_a_page_is_too_large(void **state)
{
	static unsigned char data[4096];
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_SCHED_CLS);
	struct call c = { .data = data, .size = 3712 };
	union bpf_attr attr;

	assert_int_equal(run(b, prog, &c, &attr), -ENOSPC);
	assert_int_equal(attr.test.data_size_out, 3712);
	c.size = 3713;
	assert_int_equal(run(b, prog, &c, &attr), -EINVAL);
	b->close(prog);
}

static void what_the_program_sees(void **state)
{
	static const struct { uint32_t type; int offset; uint32_t want; } rows[] = {
		{ BPF_PROG_TYPE_SOCKET_FILTER, AT(len), 40 },
		{ BPF_PROG_TYPE_SCHED_CLS, AT(len), 54 },
		{ BPF_PROG_TYPE_SOCKET_FILTER, AT(pkt_type), 2 },
		{ BPF_PROG_TYPE_SOCKET_FILTER, AT(protocol), 8 },
		{ BPF_PROG_TYPE_SOCKET_FILTER, AT(ifindex), 1 },
		{ BPF_PROG_TYPE_SOCKET_FILTER, AT(ingress_ifindex), 0 },
		{ BPF_PROG_TYPE_SOCKET_FILTER, AT(mark), 0 },
	};
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int prog = load_field(b, rows[i].type, rows[i].offset);
		struct call c = { .data = packet, .size = sizeof(packet) };
		union bpf_attr attr;

		assert_true(prog >= 0);
		assert_int_equal(run(b, prog, &c, &attr), 0);
		if (attr.test.retval != rows[i].want)
			fail_msg("type %u offset %d: %u", rows[i].type, rows[i].offset,
				 attr.test.retval);
		b->close(prog);
	}
}

/* Filters do not see the Ethernet header, and it comes back as zeros. */
static void the_ethernet_header_comes_back(void **state)
{
	static const unsigned char zeros[14];
	const struct backend *b = backend_of(state);
	int filter = load_trivial(b, BPF_PROG_TYPE_SOCKET_FILTER);
	int tc = load_trivial(b, BPF_PROG_TYPE_SCHED_CLS);
	struct call c = { .data = packet, .size = sizeof(packet) };
	union bpf_attr attr;

	assert_int_equal(run(b, filter, &c, &attr), 0);
	assert_int_equal(attr.test.data_size_out, sizeof(packet));
	assert_memory_equal(data_out, zeros, 14);
	assert_memory_equal(data_out + 14, packet + 14, sizeof(packet) - 14);
	assert_int_equal(run(b, tc, &c, &attr), 0);
	assert_memory_equal(data_out, packet, sizeof(packet));
	b->close(filter);
	b->close(tc);
}

#define GIVEN(field, value, result) { #field, { .field = value }, result }
static const struct {
	const char *name;
	struct __sk_buff ctx;
	int want;
} contexts[] = {
	GIVEN(mark, 5, 0),	     GIVEN(priority, 7, 0),	   GIVEN(ingress_ifindex, 9, 0),
	GIVEN(ifindex, 1, 0),	     GIVEN(ifindex, 99999, -ENODEV), GIVEN(cb[0], 1, 0),
	GIVEN(cb[4], 1, 0),	     GIVEN(tstamp, 77, 0),	   GIVEN(hwtstamp, 9, 0),
	GIVEN(wire_len, 53, -EINVAL), GIVEN(wire_len, 54, 0),	   GIVEN(wire_len, 65537, -EINVAL),
	GIVEN(gso_segs, 65535, 0),   GIVEN(gso_segs, 65536, -EINVAL), GIVEN(gso_size, 1, 0),
	GIVEN(len, 1, -EINVAL),	     GIVEN(pkt_type, 1, -EINVAL),  GIVEN(queue_mapping, 1, -EINVAL),
	GIVEN(protocol, 1, -EINVAL), GIVEN(hash, 1, -EINVAL),	   GIVEN(tc_classid, 1, -EINVAL),
	GIVEN(data, 1, -EINVAL),     GIVEN(data_end, 1, -EINVAL),  GIVEN(family, 1, -EINVAL),
	GIVEN(local_port, 1, -EINVAL), GIVEN(data_meta, 1, -EINVAL),
};

static void what_may_be_given(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_SCHED_CLS);

	for (size_t i = 0; i < ARRAY_CNT(contexts); i++) {
		struct call c = { .data = packet, .size = sizeof(packet),
				  .ctx = &contexts[i].ctx };
		struct __sk_buff want = contexts[i].ctx;
		union bpf_attr attr;
		int got = run(b, prog, &c, &attr);

		if (got != contexts[i].want)
			fail_msg("%s: %s", contexts[i].name, result_name(got));
		if (got)
			continue;
		want.ifindex = 1;
		want.wire_len = want.wire_len ? want.wire_len : sizeof(packet);
		if (memcmp(&c.ctx_out, &want, sizeof(want)))
			fail_msg("%s does not come back", contexts[i].name);
	}
	b->close(prog);
}

static void attributes_that_are_refused(void **state)
{
	static const struct { uint32_t flags, cpu, batch; int want; } rows[] = {
		{ 1, 0, 0, -EINVAL }, { 2, 0, 0, -EINVAL }, { 4, 0, 0, 0 }, { 8, 0, 0, -EINVAL },
		{ 0, 1, 0, -EINVAL }, { 0, 0, 1, -EINVAL },
	};
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_SCHED_CLS);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct call c = { .data = packet, .size = sizeof(packet), .flags = rows[i].flags,
				  .cpu = rows[i].cpu, .batch = rows[i].batch };
		union bpf_attr attr;

		assert_int_equal(run(b, prog, &c, &attr), rows[i].want);
	}
	b->close(prog);
}

/* ---- a sum of the whole packet (BPF_F_TEST_SKB_CHECKSUM_COMPLETE) ---- */

#define SUMMED	     4u
#define CTX	     MOV_REG(1, 6)
#define DO(helper)   CALL(BPF_FUNC_##helper)
#define BYTES(v)     STORE_IMM(W, 10, -8, v), MOV_REG(3, 10), ALU_IMM(ADD, 3, -8)
#define STORE_AT(at, v, size, flags)                                                               \
	CTX, MOV_IMM(2, at), BYTES(v), MOV_IMM(4, size), MOV_IMM(5, flags), DO(skb_store_bytes)
#define UPDATE(by)   CTX, IMM64(2, by), DO(csum_update)
#define LEVEL(what)  CTX, MOV_IMM(2, what), DO(csum_level)
#define TAIL(size)   CTX, MOV_IMM(2, size), MOV_IMM(3, 0), DO(skb_change_tail)
#define HEAD(more)   CTX, MOV_IMM(2, more), MOV_IMM(3, 0), DO(skb_change_head)
#define ROOM(by, mode, flags)                                                                      \
	CTX, MOV_IMM(2, by), MOV_IMM(3, mode), MOV_IMM(4, flags), DO(skb_adjust_room)
#define PUSH	     CTX, MOV_IMM(2, 0x81), MOV_IMM(3, 5), DO(skb_vlan_push)
#define POP	     CTX, DO(skb_vlan_pop)
#define PROTO(to)    CTX, MOV_IMM(2, to), MOV_IMM(3, 0), DO(skb_change_proto)
#define L4(at, from, to, flags)                                                                    \
	CTX, MOV_IMM(2, at), MOV_IMM(3, from), MOV_IMM(4, to), MOV_IMM(5, flags),                  \
	DO(l4_csum_replace)
#define L3(at, from, to, flags)                                                                    \
	CTX, MOV_IMM(2, at), MOV_IMM(3, from), MOV_IMM(4, to), MOV_IMM(5, flags),                  \
	DO(l3_csum_replace)
#define NEGATIVE     ALU_IMM(RSH, 0, 63)
#define SUM(name, want, ret, ...) { name, want, ret, { MOV_REG(6, 1), __VA_ARGS__, EXIT() } }

static const struct {
	const char *name;
	int want, retval;
	struct bpf_insn insns[48];
} sums[] = {
	SUM("nothing", 0, 0, MOV_IMM(0, 0)),
	SUM("store", -EBADMSG, 0, STORE_AT(40, 0x1234, 4, 0)),
	SUM("store the same", 0, 0, STORE_AT(40, 0, 4, 0)),
	SUM("store, recompute", 0, 0, STORE_AT(40, 0x1234, 4, BPF_F_RECOMPUTE_CSUM)),
	SUM("store, recompute, odd", 0, 0, STORE_AT(41, 0x123456, 3, BPF_F_RECOMPUTE_CSUM)),
	SUM("store, recompute, one", 0, 0, STORE_AT(41, 0x77, 1, BPF_F_RECOMPUTE_CSUM)),
	SUM("store at Ethernet, recompute", -EBADMSG, 0,
	    STORE_AT(0, 0x77, 4, BPF_F_RECOMPUTE_CSUM)),
	SUM("store at Ethernet", 0, 0, STORE_AT(0, 0x77, 4, 0)),
	SUM("store, update", 0, 0, STORE_AT(40, 0x1234, 4, 0), UPDATE(0x1234), NEGATIVE),
	SUM("update", -EBADMSG, 0, UPDATE(5), NEGATIVE),
	SUM("update by nothing", 0, 0, UPDATE(0), NEGATIVE),
	SUM("update by nothing", 0, 0, UPDATE(0xffffffff), NEGATIVE),
	SUM("level, update", 0, 0, LEVEL(BPF_CSUM_LEVEL_INC), UPDATE(0), NEGATIVE),
	SUM("level", 0, -EACCES, LEVEL(BPF_CSUM_LEVEL_QUERY)),
	SUM("level, inc", 0, -EACCES, LEVEL(BPF_CSUM_LEVEL_INC), LEVEL(BPF_CSUM_LEVEL_QUERY)),
	SUM("level, dec", 0, -EACCES, LEVEL(BPF_CSUM_LEVEL_DEC), LEVEL(BPF_CSUM_LEVEL_QUERY)),
	SUM("level, reset", 0, 0, LEVEL(BPF_CSUM_LEVEL_RESET), UPDATE(0), NEGATIVE),
	SUM("tail", -EBADMSG, 0, STORE_AT(50, 0x1234, 4, BPF_F_RECOMPUTE_CSUM), TAIL(51)),
	SUM("tail, update", 0, -ENOTSUPP, TAIL(50), UPDATE(0)),
	SUM("tail, odd", -EBADMSG, 0, STORE_AT(50, 0x123456, 4, BPF_F_RECOMPUTE_CSUM), TAIL(51)),
	SUM("longer tail", 0, 0, TAIL(60)),
	SUM("longer tail, update", 0, -ENOTSUPP, TAIL(60), UPDATE(0)),
	SUM("same tail, update", 0, 0, TAIL(54), UPDATE(0), NEGATIVE),
	SUM("longer, shorter", -EBADMSG, 0,
	    STORE_AT(50, 0x123456, 4, BPF_F_RECOMPUTE_CSUM), TAIL(60), TAIL(51)),
	SUM("longer, store", -EBADMSG, 0, TAIL(60),
	    STORE_AT(50, 0x123456, 4, BPF_F_RECOMPUTE_CSUM)),
	SUM("head", 0, 0, HEAD(14)),
	SUM("head, update", 0, 0, HEAD(14), UPDATE(0), NEGATIVE),
	SUM("head, odd", 0, 0, HEAD(7)),
	SUM("room", 0, 0, ROOM(8, BPF_ADJ_ROOM_NET, 0)),
	SUM("room, odd", -EBADMSG, 0, ROOM(7, BPF_ADJ_ROOM_NET, 0)),
	SUM("room, mac", 0, 0, ROOM(8, BPF_ADJ_ROOM_MAC, 0)),
	SUM("room, mac, odd", -EBADMSG, 0, ROOM(7, BPF_ADJ_ROOM_MAC, 0)),
	SUM("room, update", 0, 0, ROOM(8, BPF_ADJ_ROOM_NET, 0), UPDATE(0), NEGATIVE),
	SUM("less room", 0, 0, ROOM(-4, BPF_ADJ_ROOM_NET, 0)),
	SUM("less room, odd", 0, 0, ROOM(-3, BPF_ADJ_ROOM_NET, 0)),
	SUM("less room, mac", 0, 0, ROOM(-4, BPF_ADJ_ROOM_MAC, 0)),
	SUM("less room, update", 0, 0, ROOM(-4, BPF_ADJ_ROOM_NET, 0), UPDATE(0), NEGATIVE),
	SUM("encapsulated", 0, 0, ROOM(20, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4)),
	SUM("vlan", 0, 0, PUSH),
	SUM("vlan twice", -EBADMSG, 0, PUSH, PUSH),
	SUM("vlan, pop", 0, 0, PUSH, POP),
	SUM("vlan twice, pop", 0, 0, PUSH, PUSH, POP),
	SUM("vlan twice, pop twice", 0, 0, PUSH, PUSH, POP, POP),
	SUM("IPv6", 0, 0, PROTO(0xdd86)),
	SUM("IPv6 and back", 0, 0, PROTO(0xdd86), PROTO(8)),
	SUM("IPv6 and back, not empty", 0, 0, PROTO(0xdd86),
	    STORE_AT(20, 0x123456, 4, BPF_F_RECOMPUTE_CSUM), PROTO(8)),
	SUM("congestion of IPv6", 0, 1, PROTO(0xdd86),
	    STORE_AT(14, 0x2060, 4, BPF_F_RECOMPUTE_CSUM), CTX, DO(skb_ecn_set_ce)),
	SUM("congestion", 0, 1, STORE_AT(14, 0x28000145, 4, BPF_F_RECOMPUTE_CSUM), CTX,
	    DO(skb_ecn_set_ce)),
	SUM("the sum", 0, 721442457, UPDATE(0)),
	SUM("l3", 0, 0, STORE_AT(16, 0x1234, 2, 0), L3(24, 0x2800, 0x1234, 2)),
	SUM("l3 alone", -EBADMSG, 0, L3(24, 0x2800, 0x1234, 2)),
	SUM("l4", 0, 0, STORE_AT(40, 0x1234, 2, 0), L4(50, 0, 0x1234, 2)),
	SUM("l4 alone", -EBADMSG, 0, L4(50, 0, 0x1234, 2)),
	SUM("l4 pseudo", 0, 0, L4(50, 0, 0x1234, 2 | BPF_F_PSEUDO_HDR)),
	SUM("l4 pseudo 4", 0, 0, L4(50, 0x7777, 0x1234, 4 | BPF_F_PSEUDO_HDR)),
	SUM("l4 pseudo 0", 0, 0, L4(50, 0, 0x1234, BPF_F_PSEUDO_HDR)),
	SUM("l4 pseudo 0 of IPv6", -EBADMSG, 0,
	    L4(50, 0, 0x1234, BPF_F_PSEUDO_HDR | BPF_F_IPV6)),
	SUM("l4 pseudo 2 of IPv6", 0, 0,
	    L4(50, 0, 0x1234, 2 | BPF_F_PSEUDO_HDR | BPF_F_IPV6)),
	SUM("longer, l4 pseudo", -EBADMSG, 0, TAIL(60), L4(50, 0, 0x1234, 2 | BPF_F_PSEUDO_HDR)),
	SUM("longer, IPv6", 0, 0, TAIL(90), PROTO(0xdd86)),
	SUM("l4 mangled 0", 0, 0, L4(50, 0, 0x1234, 2 | BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0)),
};

static void sums_are_followed(void **state)
{
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(sums); i++) {
		struct call c = { .data = packet, .size = sizeof(packet), .flags = SUMMED };
		uint32_t cnt = ARRAY_CNT(sums[i].insns);
		union bpf_attr attr;
		int prog, got;

		while (!sums[i].insns[cnt - 1].code)
			cnt--;
		prog = load_prog(b, BPF_PROG_TYPE_SCHED_CLS, sums[i].insns, cnt);
		if (prog < 0)
			fail_msg("%s: %s", sums[i].name, result_name(prog));
		got = run(b, prog, &c, &attr);
		b->close(prog);
		if (got != sums[i].want || (!got && (int)attr.test.retval != sums[i].retval))
			fail_msg("%s: %s, %d", sums[i].name, result_name(got),
				 (int)attr.test.retval);
	}
}

/* Classic loads count from the network header here, are big-endian and end the program outside. */
static void packet_loads(void **state)
{
	static const struct { uint8_t size; int offset; uint32_t want; } rows[] = {
		{ BPF_B, 0, 0x45 }, { BPF_H, 2, 40 }, { BPF_W, 12, 0x0a000001 },
		{ BPF_B, 39, 0 },   { BPF_B, 40, 0 }, { BPF_W, 0x7fffffff, 0 },
		{ BPF_H, -0x100000, 0x4500 }, { BPF_B, -0x200000 + 5, 6 },
	};
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		const struct bpf_insn insns[] = {
			MOV_REG(6, 1),
			RAW(BPF_LD | BPF_ABS | rows[i].size, 0, 0, 0, rows[i].offset),
			EXIT(),
		};
		struct call c = { .data = packet, .size = sizeof(packet) };
		int prog = load_prog(b, BPF_PROG_TYPE_SOCKET_FILTER, insns, ARRAY_CNT(insns));
		union bpf_attr attr;

		if (prog < 0)
			fail_msg("offset %d: %s", rows[i].offset, result_name(prog));
		assert_int_equal(run(b, prog, &c, &attr), 0);
		if (attr.test.retval != rows[i].want)
			fail_msg("offset %d: %#x", rows[i].offset, attr.test.retval);
		b->close(prog);
	}
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(packets_that_are_taken),
		BOTH(a_packet_of_a_page_is_too_large),
		BOTH(what_the_program_sees),
		BOTH(the_ethernet_header_comes_back),
		BOTH(what_may_be_given),
		BOTH(attributes_that_are_refused),
		BOTH(sums_are_followed),
		BOTH(packet_loads),
	};

	return run_on_both("extensions: skb test run", tests, ARRAY_CNT(tests));
}
