/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Helpers of an extension: arguments and context, which one an id means for which type, packets that a
 * helper moves. Scenarios S37, S38, S40. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "probe.h"

#define PROBE_FIVE 0x10010
#define GENERAL	   0xfffe

static uint64_t seen[5];
static const void *seen_ctx;

static uint64_t help_five(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	const uint64_t registers[5] = { r1, r2, r3, r4, r5 };

	memcpy(seen, registers, sizeof(seen));
	seen_ctx = ctx;
	return ((const struct probe_args *)ctx)->value;
}

static uint64_t help_general(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			     void *ctx)
{
	return 4711;
}

static void add_row(uint32_t id, const char *name, uint32_t arg_cnt, uint32_t flags)
{
	struct bpfx_helper *row = &probe.helpers[PROBE_HELPERS + 1];

	*row = (struct bpfx_helper){ .id = id, .name = name, .fn = help_five,
				     .ret = BPFX_RET_INTEGER, .flags = flags };
	for (uint32_t i = 0; i < arg_cnt; i++)
		row->args[i] = BPFX_ARG_ANY;
	probe.types[0].helper_cnt++;
}

static int load(uint32_t type, const struct bpf_insn *insns, uint32_t cnt, char *log, uint32_t size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uintptr_t)"GPL";
	attr.log_level = 1;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = size;
	return kern_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* S37: five arguments and the context as a sixth; fewer arguments, and the context all the same. */
static void the_context_comes_behind_the_arguments(void **state)
{
	uint32_t result;
	int prog;

	probe_reset();
	add_row(PROBE_FIVE, "probe_five", 5, BPFX_HELPER_IMPLICIT_CTX);
	assert_int_equal(bpfx_register(&probe.ext), 0);
	prog = PROBE_LOAD(MOV_IMM(1, 11), MOV_IMM(2, 22), MOV_IMM(3, 33), MOV_IMM(4, 44),
			  MOV_IMM(5, 55), CALL(PROBE_FIVE), EXIT());
	assert_true(prog >= 0);
	assert_int_equal(probe_test_run(prog, 99, &result), 0);
	assert_int_equal(result, 99);
	for (int i = 0; i < 5; i++)
		assert_int_equal(seen[i], 11 * (i + 1));
	kern_fd_close(prog);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
	probe_reset();
	add_row(PROBE_FIVE, "probe_five", 1, BPFX_HELPER_IMPLICIT_CTX);
	assert_int_equal(bpfx_register(&probe.ext), 0);
	prog = PROBE_LOAD(MOV_IMM(1, 11), CALL(PROBE_FIVE), EXIT());
	assert_int_equal(probe_test_run(prog, 98, &result), 0);
	assert_int_equal(result, 98);
	assert_int_equal(seen[0], 11);
	assert_non_null(seen_ctx);
	kern_fd_close(prog);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

/* S38: what a type calls by an id: its own row, else the general one, else nothing. */
static void an_id_means_what_the_type_says(void **state)
{
	static const struct bpfx_helper general[] = {
		{ .id = GENERAL, .name = "probe_general", .fn = help_general,
		  .ret = BPFX_RET_INTEGER, .flags = BPFX_HELPER_BASE },
	};
	const struct {
		uint32_t id;
		bool probe, socket_filter;
	} rows[] = {
		{ BPF_FUNC_get_current_pid_tgid, true, true }, { GENERAL, true, true },
		{ BPF_FUNC_sk_lookup_tcp, false, false }, { PROBE_CALL, true, false },
		{ 0xffff, false, false }, { 0x1ffff, false, false }, { 0, false, false },
	};
	static char log[4096];

	probe_reset();
	probe.ext.helpers = general;
	probe.ext.helper_cnt = 1;
	assert_int_equal(bpfx_register(&probe.ext), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct bpf_insn insns[] = { CALL(rows[i].id), MOV_IMM(0, 0), EXIT() };
		int own = load(bpfx_prog_type("probe"), insns, 3, log, sizeof(log)), other;

		if (!rows[i].probe && (own != -EINVAL || (!strstr(log, "func") && !strstr(log, "helper"))))
			fail_msg("0x%x: %d '%s'", rows[i].id, own, log);
		other = load(BPF_PROG_TYPE_SOCKET_FILTER, insns, 3, log, sizeof(log));
		if ((own >= 0) != rows[i].probe || (other >= 0) != rows[i].socket_filter)
			fail_msg("0x%x: %d, %d", rows[i].id, own, other);
		if (own >= 0)
			kern_fd_close(own);
		if (other >= 0)
			kern_fd_close(other);
	}
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

/* The log names helpers of the type. */
static void the_log_names_them(void **state)
{
	const struct bpf_insn insns[] = { MOV_IMM(2, 1), CALL(PROBE_ADD), MOV_IMM(1, 0),
					  CALL(PROBE_ADD), EXIT() };
	static char log[8192];

	probe_reset();
	assert_int_equal(bpfx_register(&probe.ext), 0);
	assert_int_equal(load(bpfx_prog_type("probe"), insns, 5, log, sizeof(log)), -EACCES);
	assert_non_null(strstr(log, "call bpf_probe_add#65536"));
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

/* The override is the type's, the process that runs it everybody else's. */
static void an_override_is_for_its_type(void **state)
{
	const struct bpf_insn insns[] = { CALL(BPF_FUNC_get_current_pid_tgid),
					  ALU_IMM(RSH, 0, 32), EXIT() };
	unsigned char packet[14] = { 0 };
	union bpf_attr attr;
	uint32_t result;
	int prog;

	probe_reset();
	assert_int_equal(bpfx_register(&probe.ext), 0);
	prog = load_prog(&emulated_backend, bpfx_prog_type("probe"), insns, 3);
	assert_int_equal(probe_test_run(prog, 1, &result), 0);
	assert_int_equal(result, 0);
	kern_fd_close(prog);
	prog = load_prog(&emulated_backend, BPF_PROG_TYPE_XDP, insns, 3);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	assert_int_equal(kern_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(attr.test.retval, getpid());
	kern_fd_close(prog);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

/* S40: the same program with and without the flag. */
static void packet_pointers_end_where_the_packet_moves(void **state)
{
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1), LOAD(DW, 7, 1, 0), LOAD(DW, 2, 1, 16), MOV_REG(3, 7),
		ALU_IMM(ADD, 3, 1), JUMP_REG(JGT, 3, 2, 4), MOV_REG(1, 6), MOV_IMM(2, 0),
		CALL(PROBE_ADD), LOAD(B, 0, 7, 0), MOV_IMM(0, 0), EXIT(),
	};

	for (int moves = 0; moves < 2; moves++) {
		int prog;

		probe_reset();
		probe.fields[0].kind = BPFX_FIELD_PACKET;
		probe.fields[2] = (struct bpfx_ctx_field){
			.name = "end", .offset = 16, .size = 8, .kind = BPFX_FIELD_PACKET_END,
			.flags = BPFX_FIELD_READ, .real_offset = 16, .real_size = 8 };
		probe.ctx.size = 24;
		probe.types[0].flags = BPFX_PROG_PKT_READ;
		probe.helpers[0].flags |= moves ? BPFX_HELPER_CHANGES_PKT : 0;
		assert_int_equal(bpfx_register(&probe.ext), 0);
		prog = load_prog(&emulated_backend, bpfx_prog_type("probe"), insns,
				 sizeof(insns) / sizeof(insns[0]));
		if (moves ? prog != -EACCES : prog < 0)
			fail_msg("moves %d: %d", moves, prog);
		if (prog >= 0)
			kern_fd_close(prog);
		assert_int_equal(bpfx_unregister(&probe.ext), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_context_comes_behind_the_arguments),
		cmocka_unit_test(an_id_means_what_the_type_says),
		cmocka_unit_test(the_log_names_them),
		cmocka_unit_test(an_override_is_for_its_type),
		cmocka_unit_test(packet_pointers_end_where_the_packet_moves),
	};

	use_private_store();
	bpfx_host();
	return cmocka_run_group_tests_name("extensions: rows of helpers", tests, NULL, NULL);
}
