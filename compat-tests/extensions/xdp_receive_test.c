/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Packets of an application: run by what is attached to their interface, in the caller's buffer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpfx/net.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define LOOPBACK     1u
#define ROOM	     2048

static const struct backend *const b = &emulated_backend;
static unsigned char buffer[ROOM];

static struct bpfx_xdp_packet a_packet(void)
{
	struct bpfx_xdp_packet packet = {
		.sz = sizeof(packet), .ifindex = LOOPBACK, .buffer = buffer, .buffer_size = ROOM,
		.offset = BPFX_XDP_HEADROOM, .size = 64,
	};

	memset(buffer, 0xee, sizeof(buffer));
	for (int i = 0; i < 64; i++)
		buffer[BPFX_XDP_HEADROOM + i] = i;
	return packet;
}

static int attach(const struct bpf_insn *insns, uint32_t cnt)
{
	int prog = load_prog(b, BPF_PROG_TYPE_XDP, insns, cnt), link;
	union bpf_attr attr;

	assert_true(prog >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_ifindex = LOOPBACK;
	attr.link_create.attach_type = BPF_XDP;
	link = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	assert_true(link >= 0);
	b->close(prog);
	return link;
}

#define ATTACH(...)                                                                                \
	attach((const struct bpf_insn[]){ __VA_ARGS__ },                                           \
	       ARRAY_CNT(((const struct bpf_insn[]){ __VA_ARGS__ })))

static void without_a_program_packets_pass(void **state)
{
	struct bpfx_xdp_packet packet = a_packet();

	assert_int_equal(bpfx_xdp_receive(&packet), 0);
	assert_int_equal(packet.action, XDP_PASS);
	assert_int_equal(packet.size, 64);
}

static void the_program_of_the_interface_runs(void **state)
{
	struct bpfx_xdp_packet packet = a_packet();
	/* Returns the first byte of the packet, which it can see. */
	int link = ATTACH(LOAD(W, 2, 1, 0), LOAD(W, 3, 1, 4), MOV_REG(4, 2), ALU_IMM(ADD, 4, 1),
			  MOV_IMM(0, 0), JUMP_REG(JGT, 4, 3, 1), LOAD(B, 0, 2, 0), EXIT());

	buffer[BPFX_XDP_HEADROOM] = XDP_TX;
	assert_int_equal(bpfx_xdp_receive(&packet), 1);
	assert_int_equal(packet.action, XDP_TX);
	buffer[BPFX_XDP_HEADROOM] = 200;
	assert_int_equal(bpfx_xdp_receive(&packet), 1);
	assert_int_equal(packet.action, XDP_ABORTED);
	/* Another interface has none. */
	packet.ifindex = 77;
	assert_int_equal(bpfx_xdp_receive(&packet), 0);
	b->close(link);
	packet.ifindex = LOOPBACK;
	assert_int_equal(bpfx_xdp_receive(&packet), 0);
}

static void edges_are_told(void **state)
{
	struct bpfx_xdp_packet packet = a_packet();
	int link = ATTACH(MOV_REG(6, 1), MOV_IMM(2, -14), CALL(BPF_FUNC_xdp_adjust_head),
			  MOV_REG(1, 6), MOV_IMM(2, 10), CALL(BPF_FUNC_xdp_adjust_tail),
			  MOV_REG(1, 6), MOV_IMM(2, -8), CALL(BPF_FUNC_xdp_adjust_meta),
			  MOV_IMM(0, XDP_PASS), EXIT());

	assert_int_equal(bpfx_xdp_receive(&packet), 1);
	assert_int_equal(packet.offset, BPFX_XDP_HEADROOM - 14);
	assert_int_equal(packet.size, 64 + 14 + 10);
	assert_int_equal(packet.meta_size, 8);
	assert_int_equal(buffer[BPFX_XDP_HEADROOM + 64 + 9], 0);
	assert_int_equal(buffer[BPFX_XDP_HEADROOM + 64 + 10], 0xee);
	b->close(link);
}

static void edges_stay_in_the_buffer(void **state)
{
	static const struct { int helper, by; int64_t want; } rows[] = {
		{ BPF_FUNC_xdp_adjust_head, -216, 0 }, { BPF_FUNC_xdp_adjust_head, -217, -EINVAL },
		{ BPF_FUNC_xdp_adjust_tail, ROOM - BPFX_XDP_HEADROOM - 64, 0 },
		{ BPF_FUNC_xdp_adjust_tail, ROOM - BPFX_XDP_HEADROOM - 63, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct bpfx_xdp_packet packet = a_packet();
		int link = ATTACH(MOV_IMM(2, rows[i].by), CALL(rows[i].helper),
				  JUMP_IMM(JEQ, 0, (int)rows[i].want, 2), MOV_IMM(0, XDP_DROP),
				  EXIT(), MOV_IMM(0, XDP_PASS), EXIT());

		assert_int_equal(bpfx_xdp_receive(&packet), 1);
		if (packet.action != XDP_PASS)
			fail_msg("helper %d by %d", rows[i].helper, rows[i].by);
		b->close(link);
	}
}

static void redirects_name_their_interface(void **state)
{
	struct bpfx_xdp_packet packet = a_packet();
	int link = ATTACH(MOV_IMM(1, 42), MOV_IMM(2, 0), CALL(BPF_FUNC_redirect), EXIT());

	assert_int_equal(bpfx_xdp_receive(&packet), 1);
	assert_int_equal(packet.action, XDP_REDIRECT);
	assert_int_equal(packet.redirect_ifindex, 42);
	b->close(link);
}

static void bad_packets_are_refused(void **state)
{
	const struct bpfx_xdp_packet good = a_packet();
	struct bpfx_xdp_packet bad[5];

	for (size_t i = 0; i < ARRAY_CNT(bad); i++)
		bad[i] = good;
	bad[0].sz = 8;
	bad[1].size = 13;
	bad[2].offset = ROOM - 63;
	bad[3].offset = ROOM + 1;
	bad[4].buffer = NULL;
	for (size_t i = 0; i < ARRAY_CNT(bad); i++)
		assert_int_equal(bpfx_xdp_receive(&bad[i]), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_program_packets_pass),
		cmocka_unit_test(the_program_of_the_interface_runs),
		cmocka_unit_test(edges_are_told),
		cmocka_unit_test(edges_stay_in_the_buffer),
		cmocka_unit_test(redirects_name_their_interface),
		cmocka_unit_test(bad_packets_are_refused),
	};

	use_private_store();
	kern_host();
	return cmocka_run_group_tests_name("extensions: xdp receive", tests, NULL, NULL);
}
