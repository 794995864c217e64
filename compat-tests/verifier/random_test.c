/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Random instructions through verify_program(): whatever they are, there is a verdict and nothing
 * is touched that should not be. What is accepted decodes, and jumps only inside the program.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "asm.h"
#include "insn.h"
#include "random_program.h"
#include "ulog.h"
#include "verifier.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A program type of four plain fields and a packet, with a handful of helpers. */
static const struct bpfx_ctx_field fields[] = {
	{ .name = "data", .offset = 0, .size = 4, .kind = BPFX_FIELD_PACKET,
	  .flags = BPFX_FIELD_READ, .real_offset = 0, .real_size = 8 },
	{ .name = "data_end", .offset = 4, .size = 4, .kind = BPFX_FIELD_PACKET_END,
	  .flags = BPFX_FIELD_READ, .real_offset = 8, .real_size = 8 },
	{ .name = "mark", .offset = 8, .size = 4,
	  .flags = BPFX_FIELD_READ | BPFX_FIELD_WRITE | BPFX_FIELD_NARROW, .real_offset = 16,
	  .real_size = 4 },
	{ .name = "stamp", .offset = 16, .size = 8, .flags = BPFX_FIELD_READ | BPFX_FIELD_NARROW,
	  .real_offset = 24, .real_size = 8 },
};

static const struct bpfx_ctx_desc ctx = {
	.size = 24, .real_size = 32, .type_name = "test_ctx", .fields = fields,
	.field_cnt = ARRAY_SIZE(fields),
};

static const struct bpfx_prog_type type = {
	.name = "test", .flags = BPFX_PROG_PKT_READ | BPFX_PROG_PKT_WRITE, .ctx = &ctx,
};

static const struct bpfx_helper rows[] = {
	{ .id = BPF_FUNC_map_lookup_elem, .name = "map_lookup_elem",
	  .ret = BPFX_RET_MAP_VALUE | BPFX_RET_OR_NULL, .args = { BPFX_ARG_MAP, BPFX_ARG_MAP_KEY } },
	{ .id = BPF_FUNC_get_prandom_u32, .name = "get_prandom_u32" },
	{ .id = BPF_FUNC_ringbuf_reserve, .name = "ringbuf_reserve",
	  .ret = BPFX_RET_RINGBUF_MEM | BPFX_RET_OR_NULL,
	  .args = { BPFX_ARG_MAP, BPFX_ARG_ALLOC_SIZE, BPFX_ARG_ANY } },
	{ .id = BPF_FUNC_loop, .name = "loop",
	  .args = { BPFX_ARG_ANY, BPFX_ARG_FUNC, BPFX_ARG_STACK | BPFX_NULLABLE, BPFX_ARG_ANY } },
};

static const struct bpfx_helper *helper(const struct bpfx_prog_type *t, uint32_t id,
					enum verifier_helper_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].id == id)
			return &rows[i];
	*state = VERIFIER_HELPER_UNKNOWN;
	return NULL;
}

static const char *helper_name(uint32_t id)
{
	return NULL;
}

static void check_accepted(const struct verifier_result *result)
{
	struct insn *decoded = calloc(result->insn_cnt, sizeof(*decoded));

	assert_non_null(decoded);
	assert_true(result->insn_cnt > 0);
	assert_int_equal(insn_decode(result->insns, result->insn_cnt, decoded), 0);
	for (uint32_t i = 0; i < result->subprog_cnt; i++) {
		assert_true(result->subprogs[i].start < result->insn_cnt);
		assert_true(result->subprogs[i].stack_depth <= 512);
	}
	free(decoded);
}

static void random_programs_get_a_verdict(void **state)
{
	static char log_text[1 << 16];
	uint32_t accepted = 0;

	for (uint32_t run = 1; run <= 4000; run++) {
		struct bpf_insn insns[RANDOM_MAX];
		struct ulog log;
		struct verifier_result result;
		struct verifier_input in = {
			.insns = insns, .type = &type, .name = "random", .gpl_compatible = true,
			.helper = helper, .helper_name = helper_name, .cap_bpf = run % 8,
			.cap_perfmon = run % 8, .prog_flags = run % 3 ? 0 : BPF_F_TEST_STATE_FREQ,
			.log = &log,
		};
		uint32_t size;
		int err;

		in.insn_cnt = random_program(run, insns);
		in.log_level = run % 3;
		assert_int_equal(ulog_init(&log, in.log_level, in.log_level ? (uintptr_t)log_text : 0,
					   in.log_level ? sizeof(log_text) : 0), 0);
		err = verify_program(&in, &result);
		if (!err) {
			check_accepted(&result);
			accepted++;
		} else {
			assert_true(err == -EACCES || err == -EINVAL || err == -EPERM ||
				    err == -E2BIG || err == -524 || err == -ENOENT || err == -EBADF);
		}
		verifier_result_free(&result);
		ulog_finish(&log, &size);
	}
	assert_true(accepted > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs_get_a_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
