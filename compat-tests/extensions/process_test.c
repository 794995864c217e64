/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The process extension: what programs see of a process, who denies, test runs (S76, S80, S81). */
#include <errno.h>
#include <string.h>
#include <bpfx/hook.h>
#include <bpfx/process.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"

#define OFF(field) offsetof(struct process_md, field)
#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

static int load_rows(const struct bpf_insn *insns, uint32_t cnt)
{
	return load_prog(&emulated_backend, bpfx_prog_type("process"), insns, cnt);
}

#define PROCESS_LOAD(...)                                                                          \
	load_rows((const struct bpf_insn[]){ __VA_ARGS__ },                                        \
		  ARRAY_CNT(((const struct bpf_insn[]){ __VA_ARGS__ })))

static int attach(int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = bpfx_attach_type("process");
	return kern_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int event(uint32_t operation, int32_t *status)
{
	struct bpfx_process_event process = {
		.sz = sizeof(process), .operation = operation, .pid = 4321, .parent_pid = 1,
		.creating_pid = 77, .creating_tid = 78, .command = "sh\0-c\0ls", .command_size = 8,
		.image_path = "/bin/sh", .account_name = "nobody",
	};
	int ran = bpfx_process_event(&process);

	*status = process.status;
	return ran;
}

/* Counts its runs in an array and returns a constant. */
static int load_counting(int array, int result)
{
	return PROCESS_LOAD(MAP_VALUE(1, array, 0), LOAD(DW, 2, 1, 0), ALU_IMM(ADD, 2, 1),
			    STORE(DW, 1, 2, 0), MOV_IMM(0, result), EXIT());
}

static uint64_t count(int array)
{
	uint32_t key = 0;
	uint64_t value = 0;

	assert_int_equal(map_lookup(&emulated_backend, array, &key, &value), 0);
	return value;
}

/* S76 */
static void the_first_program_that_denies_ends_a_creation(void **state)
{
	static const int results[3] = { 0, -EPERM, -EACCES };
	int arrays[3], progs[3], links[3];
	int32_t status;

	assert_int_equal(event(PROCESS_CREATE, &status), 0);
	assert_int_equal(status, 0);
	for (int i = 0; i < 3; i++) {
		arrays[i] = map_create_simple(&emulated_backend, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
		progs[i] = load_counting(arrays[i], results[i]);
		links[i] = attach(progs[i]);
		assert_true(arrays[i] >= 0 && progs[i] >= 0 && links[i] >= 0);
	}
	assert_int_equal(event(PROCESS_CREATE, &status), 2);
	assert_int_equal(status, -EPERM);
	assert_int_equal(count(arrays[2]), 0);
	assert_int_equal(event(PROCESS_DELETE, &status), 3);
	assert_int_equal(status, 0);
	assert_int_equal(count(arrays[0]), 2);
	assert_int_equal(count(arrays[2]), 1);
	for (int i = 0; i < 3; i++) {
		kern_fd_close(links[i]);
		kern_fd_close(progs[i]);
		kern_fd_close(arrays[i]);
	}
}

/* Each field and helper by a program that denies with it: only negative results are told. */
#define DENY_WITH_R0() RAW(BPF_ALU64 | BPF_NEG, 0, 0, 0, 0), EXIT()

static void programs_see_the_process(void **state)
{
	const struct {
		const char *name;
		int prog;
		int want;
	} rows[] = {
		{ "pid", PROCESS_LOAD(LOAD(DW, 0, 1, OFF(process_id)), DENY_WITH_R0()), -4321 },
		{ "parent", PROCESS_LOAD(LOAD(DW, 0, 1, OFF(parent_process_id)), DENY_WITH_R0()), -1 },
		{ "creator", PROCESS_LOAD(LOAD(DW, 0, 1, OFF(creating_process_id)), DENY_WITH_R0()), -77 },
		{ "thread", PROCESS_LOAD(LOAD(DW, 0, 1, OFF(creating_thread_id)), DENY_WITH_R0()), -78 },
		{ "command", PROCESS_LOAD(LOAD(DW, 2, 1, OFF(command_start)),
					  LOAD(DW, 3, 1, OFF(command_end)), MOV_IMM(0, 0),
					  MOV_REG(4, 2), ALU_IMM(ADD, 4, 5),
					  JUMP_REG(JGT, 4, 3, 1), LOAD(B, 0, 2, 4),
					  DENY_WITH_R0()), -'c' },
		{ "image", PROCESS_LOAD(MOV_REG(2, 10), ALU_IMM(ADD, 2, -16), MOV_IMM(3, 16),
					CALL(PROCESS_FUNC_IMAGE_PATH), DENY_WITH_R0()), -8 },
		{ "image, no room", PROCESS_LOAD(MOV_REG(2, 10), ALU_IMM(ADD, 2, -16), MOV_IMM(3, 7),
						 CALL(PROCESS_FUNC_IMAGE_PATH), EXIT()), -EINVAL },
		{ "account", PROCESS_LOAD(MOV_REG(2, 10), ALU_IMM(ADD, 2, -16), MOV_IMM(3, 16),
					  CALL(PROCESS_FUNC_ACCOUNT_NAME),
					  LOAD(B, 0, 10, -16), DENY_WITH_R0()), -'n' },
		{ "domain", PROCESS_LOAD(MOV_REG(2, 10), ALU_IMM(ADD, 2, -16), MOV_IMM(3, 16),
					 CALL(PROCESS_FUNC_ACCOUNT_DOMAIN), EXIT()), -ENOENT },
		{ "operation", PROCESS_LOAD(LOAD(W, 0, 1, OFF(operation)), EXIT()), 0 },
	};
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int link = rows[i].prog < 0 ? rows[i].prog : attach(rows[i].prog);
		int32_t status;
		int ran;

		if (link < 0)
			fail_msg("%s: %d", rows[i].name, link);
		ran = event(PROCESS_CREATE, &status);
		if (ran != 1 || status != rows[i].want)
			fail_msg("%s: %d programs, status %d", rows[i].name, ran, status);
		kern_fd_close(link);
		kern_fd_close(rows[i].prog);
	}
}

static void programs_only_read_and_stay_inside(void **state)
{
	assert_int_equal(PROCESS_LOAD(MOV_IMM(0, 0), STORE(DW, 1, 0, OFF(process_id)), EXIT()),
			 -EACCES);
	assert_int_equal(PROCESS_LOAD(LOAD(DW, 2, 1, OFF(command_start)), LOAD(B, 0, 2, 0), EXIT()),
			 -EACCES);
	assert_int_equal(PROCESS_LOAD(LOAD(DW, 0, 1, sizeof(struct process_md)), EXIT()), -EACCES);
	assert_int_equal(PROCESS_LOAD(MOV_REG(2, 10), ALU_IMM(ADD, 2, -16), MOV_IMM(3, 17),
				      CALL(PROCESS_FUNC_IMAGE_PATH), EXIT()), -EINVAL);
}

static int test_run(int prog, struct process_md *in, uint32_t in_size, const char *data,
		    uint32_t data_size, struct process_md *out, uint32_t *out_size, uint32_t *retval)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.ctx_in = (uintptr_t)in;
	attr.test.ctx_size_in = in_size;
	attr.test.data_in = (uintptr_t)data;
	attr.test.data_size_in = data_size;
	attr.test.ctx_out = (uintptr_t)out;
	attr.test.ctx_size_out = out ? *out_size : 0;
	err = kern_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	*retval = attr.test.retval;
	if (out)
		*out_size = attr.test.ctx_size_out;
	return err;
}

static void test_runs_take_a_process_and_its_command(void **state)
{
	struct process_md in = { .process_id = 5, .operation = PROCESS_DELETE }, out;
	uint32_t retval, size;
	int prog = PROCESS_LOAD(LOAD(DW, 0, 1, OFF(process_id)), LOAD(DW, 2, 1, OFF(command_start)),
				LOAD(DW, 3, 1, OFF(command_end)), MOV_REG(4, 2), ALU_IMM(ADD, 4, 2),
				JUMP_REG(JGT, 4, 3, 2), LOAD(B, 5, 2, 1), ALU_REG(ADD, 0, 5), EXIT());

	assert_true(prog >= 0);
	memset(&out, 0x0a, sizeof(out));
	size = sizeof(out);
	assert_int_equal(test_run(prog, &in, sizeof(in), "ab", 2, &out, &size, &retval), 0);
	assert_int_equal(retval, 5 + 'b');
	assert_int_equal(size, sizeof(out));
	assert_memory_equal(&in, &out, sizeof(out));
	/* A shorter context is completed with zeros, without a command there is nothing to read. */
	assert_int_equal(test_run(prog, &in, OFF(process_id) + 8, NULL, 0, NULL, NULL, &retval), 0);
	assert_int_equal(retval, 5);
	size = 16;
	memset(&out, 0x0a, sizeof(out));
	assert_int_equal(test_run(prog, &in, sizeof(in), "ab", 2, &out, &size, &retval), -ENOSPC);
	assert_int_equal(retval, 5 + 'b');
	assert_int_equal(size, sizeof(out));
	assert_int_equal(((unsigned char *)&out)[16], 0x0a);
	in.command_start = 4096;
	assert_int_equal(test_run(prog, &in, sizeof(in), NULL, 0, NULL, NULL, &retval), -EINVAL);
	assert_int_equal(test_run(prog, (void *)8, sizeof(in), NULL, 0, NULL, NULL, &retval), -EFAULT);
	kern_fd_close(prog);
}

static void bad_events_are_refused(void **state)
{
	struct bpfx_process_event process = { .sz = sizeof(process) - 1 };

	assert_int_equal(bpfx_process_event(&process), -EINVAL);
	process.sz = sizeof(process);
	process.operation = 2;
	assert_int_equal(bpfx_process_event(&process), -EINVAL);
	process.operation = 0;
	process.command_size = 65537;
	assert_int_equal(bpfx_process_event(&process), -EINVAL);
	process.command_size = 0;
	assert_int_equal(bpfx_process_event(&process), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_program_that_denies_ends_a_creation),
		cmocka_unit_test(programs_see_the_process),
		cmocka_unit_test(programs_only_read_and_stay_inside),
		cmocka_unit_test(test_runs_take_a_process_and_its_command),
		cmocka_unit_test(bad_events_are_refused),
	};

	use_private_store();
	bpfx_host();
	return cmocka_run_group_tests_name("extensions: process", tests, NULL, NULL);
}
