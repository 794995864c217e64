/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The sample extension from outside: a type and a hook whose numbers were allotted by name, a
 * helper of its own, an override, test runs, and several programs on one hook.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpfx/hook.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "registry.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct backend *const b = &emulated_backend;

/* As sample.c has it. */
struct sample_args {
	uint64_t value;
	uint32_t source, verdict;
	uint64_t pid_tgid;
};

struct sample_ctx {
	struct bpfx_ctx_header header;
	struct sample_args args;
	uint64_t canary;
};

static int load(const struct bpf_insn *insns, uint32_t cnt)
{
	return load_prog(b, registry_prog_type_number(registry_prog_type_by_name("sample")), insns,
			 cnt);
}

#define LOAD_PROG(...)                                                                             \
	load((const struct bpf_insn[]){ __VA_ARGS__ },                                             \
	     ARRAY_CNT(((const struct bpf_insn[]){ __VA_ARGS__ })))

static int attach(int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = registry_hook_attach_type(registry_hook_by_name("sample"));
	return b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int fire(struct sample_args args, uint32_t *result, struct sample_args *after)
{
	const struct bpfx_hook *hook = registry_hook_by_name("sample");
	struct sample_ctx ctx = { .args = args, .canary = 0x5a5a };
	int ran;

	*result = 77;
	if (!bpfx_hook_active(hook))
		return 0;
	ran = kern_host()->run_hook(hook, 0, &ctx.args, result);
	assert_int_equal(ctx.canary, 0x5a5a);
	assert_int_equal(ctx.header.slot[BPFX_CTX_RUN], 0);
	if (after)
		*after = ctx.args;
	return ran;
}

static void test_runs_give_the_context_back(void **state)
{
	struct sample_args in = { .value = 500, .source = 3, .verdict = 9 }, out;
	union bpf_attr attr;
	int prog;

	/* verdict = scale(ctx, 30) */
	prog = LOAD_PROG(MOV_REG(6, 1), MOV_IMM(2, 30), CALL(BPFX_HELPER_SPECIFIC),
			 STORE(W, 6, 0, 12), EXIT());
	assert_true(prog >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.ctx_in = (uintptr_t)&in;
	attr.test.ctx_size_in = 16;
	attr.test.ctx_out = (uintptr_t)&out;
	attr.test.ctx_size_out = 16;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(attr.test.retval, 150);
	assert_int_equal(attr.test.ctx_size_out, 16);
	assert_int_equal(out.verdict, 150);
	attr.test.ctx_size_in = 24;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EINVAL);
	b->close(prog);
}

static void programs_stay_inside_their_context(void **state)
{
	assert_int_equal(LOAD_PROG(LOAD(DW, 0, 1, -8), EXIT()), -EACCES);
	assert_int_equal(LOAD_PROG(LOAD(DW, 0, 1, -64), EXIT()), -EACCES);
	assert_int_equal(LOAD_PROG(LOAD(DW, 0, 1, 16), EXIT()), -EACCES);
	assert_int_equal(LOAD_PROG(MOV_IMM(0, 0), STORE(DW, 1, 0, 0), EXIT()), -EACCES);
}

static void the_override_tells_the_events_process(void **state)
{
	uint32_t result;
	int prog = LOAD_PROG(CALL(BPF_FUNC_get_current_pid_tgid), ALU_IMM(RSH, 0, 32), EXIT());
	int link = attach(prog);

	assert_true(link >= 0);
	assert_int_equal(fire((struct sample_args){ .pid_tgid = 4321ull << 32 }, &result, NULL), 1);
	assert_int_equal(result, 4321);
	b->close(link);
	b->close(prog);
}

static void the_first_no_ends_it(void **state)
{
	/* Each counts in verdict; the second one says no. */
	int progs[3], links[3];
	struct sample_args after;
	uint32_t result;

	for (int i = 0; i < 3; i++) {
		progs[i] = LOAD_PROG(LOAD(W, 2, 1, 12), ALU_IMM(ADD, 2, 1), STORE(W, 1, 2, 12),
				     MOV_IMM(0, i == 1 ? 5 : 0), EXIT());
		assert_true(progs[i] >= 0);
		links[i] = attach(progs[i]);
		assert_true(links[i] >= 0);
	}
	assert_int_equal(fire((struct sample_args){ 0 }, &result, &after), 2);
	assert_int_equal(result, 5);
	assert_int_equal(after.verdict, 2);
	b->close(links[1]);
	assert_int_equal(fire((struct sample_args){ 0 }, &result, &after), 2);
	assert_int_equal(result, 0);
	assert_int_equal(after.verdict, 2);
	for (int i = 0; i < 3; i++) {
		if (i != 1)
			b->close(links[i]);
		b->close(progs[i]);
	}
}

static void nothing_attached_costs_a_look(void **state)
{
	uint32_t result;

	assert_int_equal(fire((struct sample_args){ 0 }, &result, NULL), 0);
	assert_int_equal(result, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_attached_costs_a_look),
		cmocka_unit_test(test_runs_give_the_context_back),
		cmocka_unit_test(programs_stay_inside_their_context),
		cmocka_unit_test(the_override_tells_the_events_process),
		cmocka_unit_test(the_first_no_ends_it),
	};

	use_private_store();
	kern_host();
	return cmocka_run_group_tests_name("extensions: sample", tests, NULL, NULL);
}
