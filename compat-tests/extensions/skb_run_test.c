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
		BOTH(packet_loads),
	};

	return run_on_both("extensions: skb test run", tests, ARRAY_CNT(tests));
}
