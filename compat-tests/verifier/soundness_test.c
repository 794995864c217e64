/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What is accepted does no harm: random programs that verify_program() accepts run with random inputs in
 * an interpreter that checks every access and every claim (checking.c). Which and how many, the
 * environment may say: SOUNDNESS_SEED, SOUNDNESS_PROGRAMS.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "asm.h"
#include "checking.h"
#include "random_program.h"
#include "ulog.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PROGRAMS 3000
#define INPUTS 12

/* ---- a program type like xdp, two maps, two helpers ---- */

static const struct bpfx_ctx_field fields[] = {
	{ .name = "data", .offset = 0, .size = 4, .kind = BPFX_FIELD_PACKET, .flags = BPFX_FIELD_READ,
	  .real_offset = 0, .real_size = 8 },
	{ .name = "data_end", .offset = 4, .size = 4, .kind = BPFX_FIELD_PACKET_END,
	  .flags = BPFX_FIELD_READ, .real_offset = 8, .real_size = 8 },
	{ .name = "ifindex", .offset = 12, .size = 4, .flags = BPFX_FIELD_READ | BPFX_FIELD_NARROW,
	  .real_offset = 16, .real_size = 4 },
	{ .name = "queue", .offset = 16, .size = 4, .flags = BPFX_FIELD_READ | BPFX_FIELD_NARROW,
	  .real_offset = 20, .real_size = 4 },
};

static const struct bpfx_ctx_desc ctx = {
	.size = 20, .real_size = 24, .type_name = "test_ctx", .fields = fields,
	.field_cnt = ARRAY_SIZE(fields),
};

static const struct bpfx_prog_type type = {
	.name = "test", .flags = BPFX_PROG_PKT_READ | BPFX_PROG_PKT_WRITE, .ctx = &ctx,
};

static struct verifier_map array = {
	.id = 1, .name = "array", .type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 16,
	.max_entries = 4,
}, hash = {
	.id = 2, .name = "hash", .type = BPF_MAP_TYPE_HASH, .key_size = 8, .value_size = 16,
	.max_entries = 4,
};

static struct verifier_map *const maps[] = { &array, &hash };

static const struct bpfx_helper rows[] = {
	{ .id = BPF_FUNC_map_lookup_elem, .name = "map_lookup_elem",
	  .ret = BPFX_RET_MAP_VALUE | BPFX_RET_OR_NULL, .args = { BPFX_ARG_MAP, BPFX_ARG_MAP_KEY } },
	{ .id = BPF_FUNC_get_prandom_u32, .name = "get_prandom_u32" },
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

/* ---- verdicts ---- */

static uint32_t find_refs(const struct bpf_insn *insns, uint32_t cnt, struct verifier_ref *refs)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < cnt; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && insns[i].src_reg)
			refs[n++] = (struct verifier_ref){ .insn = i, .map = insns[i].imm };
	return n;
}

static int verdict(const struct bpf_insn *insns, uint32_t cnt, struct claim_table *claims,
		   uint32_t flags, char *log_text, uint32_t log_size)
{
	struct verifier_ref refs[RANDOM_MEMORY_MAX];
	struct verifier_result result;
	struct ulog log;
	struct verifier_input in = {
		.insns = insns, .insn_cnt = cnt, .type = &type, .name = "random", .gpl_compatible = true,
		.maps = maps, .map_cnt = ARRAY_SIZE(maps), .refs = refs,
		.ref_cnt = find_refs(insns, cnt, refs), .helper = helper, .helper_name = helper_name,
		.cap_bpf = true, .cap_perfmon = true, .prog_flags = flags, .log = &log,
		.log_level = log_text ? 2 : 0,
	};
	uint32_t size;
	int err;

	if (claims) {
		memset(claims, 0, sizeof(*claims));
		in.observe = note_claim;
		in.observe_cookie = claims;
	}
	assert_int_equal(ulog_init(&log, in.log_level, (uintptr_t)log_text, log_size), 0);
	err = verify_program(&in, &result);
	verifier_result_free(&result);
	ulog_finish(&log, &size);
	return err;
}

static void explain(const struct bpf_insn *insns, uint32_t cnt, uint32_t flags)
{
	uint32_t size = 1 << 22;
	char *text = calloc(1, size);

	assert_non_null(text);
	verdict(insns, cnt, NULL, flags, text, size);
	fputs(text, stderr);
	free(text);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void accepted_programs_do_no_harm(void **state)
{
	static struct claim_table claims;
	uint64_t first = from_environment("SOUNDNESS_SEED", 1);
	uint64_t programs = from_environment("SOUNDNESS_PROGRAMS", PROGRAMS), accepted = 0, claimed = 0;

	for (uint64_t seed = first; seed < first + programs; seed++) {
		struct bpf_insn insns[RANDOM_MEMORY_MAX];
		uint32_t cnt = random_memory_program(seed, insns);
		uint32_t flags = seed % 3 ? 0 : BPF_F_TEST_STATE_FREQ;
		const struct claim_table *known;
		const char *wrong = NULL;

		assert_true(cnt <= RANDOM_MEMORY_MAX);
		if (verdict(insns, cnt, NULL, flags, NULL, 0))
			continue;
		accepted++;
		/* Where all numbers count, walking may not end within the limits. */
		known = verdict(insns, cnt, &claims, flags, NULL, 0) ? NULL : &claims;
		claimed += known != NULL;
		for (uint64_t input = 0; input < INPUTS && !wrong; input++)
			wrong = run_checked(insns, cnt, known, seed * INPUTS + input);
		if (!wrong)
			continue;
		explain(insns, cnt, flags);
		fail_msg("seed %llu: %s", (unsigned long long)seed, wrong);
	}
	print_message("%llu of %llu programs accepted, %llu checked against claims\n",
		      (unsigned long long)accepted, (unsigned long long)programs,
		      (unsigned long long)claimed);
	assert_true(accepted > programs / 2 && claimed > accepted / 10 * 9);
}

/*
 * Linux 6.18 accepts this: a spilled number that is filled with its sign spread stays linked to the one that
 * was not, and what a branch says of that is said of it, too. So the real kernel cannot be asked here.
 */
static void a_fill_with_sign_is_another_number(void **state)
{
	static const struct bpf_insn insns[] = {
		LOAD(W, 9, 1, 12),
		STORE(DW, 10, 9, -16),
		RAW(BPF_LDX | BPF_MEMSX | BPF_W, 7, 10, -16, 0),
		IMM64(8, 0x80000000),
		JUMP_REG(JLT, 9, 8, 11),
		ALU_REG(SUB, 7, 8),
		JUMP_IMM(JSGT, 7, 7, 9),
		STORE_IMM(DW, 10, -8, 0),
		MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -8),
		MAP_FD(1, 0),
		CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(JEQ, 0, 0, 2),
		ALU_REG(ADD, 0, 7),
		LOAD(B, 0, 0, 0),
		MOV_IMM(0, 0),
		EXIT(),
	};
	uint32_t cnt = ARRAY_SIZE(insns);

	assert_int_equal(verdict(insns, cnt, NULL, 0, NULL, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fill_with_sign_is_another_number),
		cmocka_unit_test(accepted_programs_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
