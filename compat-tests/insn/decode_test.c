/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Instructions: each row decodes to itself and prints as Linux prints it; what is broken is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "asm.h"
#include "insn.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *helper_name(void *cookie, uint32_t id)
{
	return id == 1 ? "map_lookup_elem" : NULL;
}

static void texts_are_those_of_linux(void **state)
{
	const struct insn_printer printer = { .helper_name = helper_name };
	const struct {
		struct bpf_insn insn[2];
		const char *text;
	} rows[] = {
		{ { MOV_IMM(0, -1) }, "(b7) r0 = -1" },
		{ { RAW(0xb4, 1, 0, 0, 7) }, "(b4) w1 = 7" },
		{ { MOV_REG(1, 10) }, "(bf) r1 = r10" },
		{ { RAW(0xbf, 1, 2, 8, 0) }, "(bf) r1 = (s8)r2" },
		{ { RAW(0xbc, 1, 2, 16, 0) }, "(bc) w1 = (s16)w2" },
		{ { RAW(0xbf, 1, 2, 1, 1 << 16) }, "(bf) r1 = addr_space_cast(r2, 1, 0)" },
		{ { ALU_IMM(ADD, 2, 8) }, "(07) r2 += 8" },
		{ { ALU_REG(MUL, 2, 3) }, "(2f) r2 *= r3" },
		{ { RAW(0x37, 2, 0, 1, 3) }, "(37) r2 s/= 3" },
		{ { RAW(0x9c, 2, 3, 0, 0) }, "(9c) w2 %= w3" },
		{ { RAW(0x9f, 2, 3, 1, 0) }, "(9f) r2 s%= r3" },
		{ { RAW(0x87, 4, 0, 0, 0) }, "(87) r4 = -r4" },
		{ { RAW(0xc7, 4, 0, 0, 3) }, "(c7) r4 s>>= 3" },
		{ { RAW(0xd4, 1, 0, 0, 16) }, "(d4) r1 = le16 r1" },
		{ { RAW(0xdc, 1, 0, 0, 64) }, "(dc) r1 = be64 r1" },
		{ { RAW(0xd7, 1, 0, 0, 32) }, "(d7) r1 = bswap32 r1" },
		{ { LOAD(W, 2, 1, 4) }, "(61) r2 = *(u32 *)(r1 +4)" },
		{ { RAW(0x91, 2, 1, -4, 0) }, "(91) r2 = *(s8 *)(r1 -4)" },
		{ { STORE(DW, 10, 1, -8) }, "(7b) *(u64 *)(r10 -8) = r1" },
		{ { STORE_IMM(B, 10, -1, 9) }, "(72) *(u8 *)(r10 -1) = 9" },
		{ { RAW(0xdb, 10, 1, -8, 0) }, "(db) lock *(u64 *)(r10 -8) += r1" },
		{ { RAW(0xc3, 10, 1, -8, 0x41) },
		  "(c3) r1 = atomic_fetch_or((u32 *)(r10 -8), r1)" },
		{ { RAW(0xdb, 10, 1, -8, 0xf1) },
		  "(db) r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1)" },
		{ { RAW(0xdb, 10, 1, -8, 0xe1) }, "(db) r1 = atomic64_xchg((u64 *)(r10 -8), r1)" },
		{ { RAW(0xd3, 1, 2, 1, 0x100) }, "(d3) r1 = load_acquire((u8 *)(r2 +1))" },
		{ { RAW(0xdb, 1, 2, 8, 0x110) }, "(db) store_release((u64 *)(r1 +8), r2)" },
		{ { RAW(0x28, 0, 0, 0, 12) }, "(28) r0 = *(u16 *)skb[12]" },
		{ { RAW(0x40, 0, 7, 0, 2) }, "(40) r0 = *(u32 *)skb[r7 + 2]" },
		{ { IMM64(3, 0x123456789abcdef0) }, "(18) r3 = 0x123456789abcdef0" },
		{ { JUMP(-2) }, "(05) goto pc-2" },
		{ { RAW(0x06, 0, 0, 0, 70000) }, "(06) gotol pc+70000" },
		{ { JUMP_IMM(JEQ, 1, -1, 3) }, "(15) if r1 == 0xffffffff goto pc+3" },
		{ { JUMP_REG(JSGT, 1, 2, 3) }, "(6d) if r1 s> r2 goto pc+3" },
		{ { RAW(0x46, 1, 0, 3, 1) }, "(46) if w1 & 0x1 goto pc+3" },
		{ { RAW(0xe5, 0, 0, 3, 0) }, "(e5) may_goto pc+3" },
		{ { CALL(1) }, "(85) call bpf_map_lookup_elem#1" },
		{ { CALL(9999) }, "(85) call unknown#9999" },
		{ { CALL_LOCAL(5) }, "(85) call pc+5" },
		{ { EXIT() }, "(95) exit" },
		{ { RAW(0xdb, 10, 1, -8, 0x77) }, "BUG_db" },
		{ { RAW(0xd4, 0, 0, 0, 8) }, "(d4) r0 = le8 r0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[INSN_TEXT_MAX];

		insn_print(&printer, rows[i].insn, text);
		assert_string_equal(text, rows[i].text);
	}
}

static void reserved_fields_have_linux_words(void **state)
{
	const struct {
		struct bpf_insn insn;
		const char *words;	/* NULL: fine */
	} rows[] = {
		{ MOV_IMM(0, 1), NULL },
		{ RAW(0xb7, 0, 1, 0, 0), "BPF_MOV uses reserved fields" },
		{ RAW(0xbf, 0, 1, 3, 0), "BPF_MOV uses reserved fields" },
		{ RAW(0xbc, 0, 1, 32, 0), "BPF_MOV uses reserved fields" },
		{ RAW(0xbf, 0, 1, 1, 3),
		  "addr_space_cast insn can only convert between address space 1 and 0" },
		{ RAW(0x07, 0, 0, 1, 0), "BPF_ALU uses reserved fields" },
		{ RAW(0x37, 0, 0, 2, 1), "BPF_ALU uses reserved fields" },
		{ RAW(0x87, 0, 0, 0, 1), "BPF_NEG uses reserved fields" },
		{ RAW(0xd4, 0, 0, 0, 8), "BPF_END uses reserved fields" },
		{ RAW(0x61, 0, 1, 0, 1), "BPF_LDX uses reserved fields" },
		{ RAW(0x62, 10, 1, -4, 1), "BPF_ST uses reserved fields" },
		{ RAW(0x63, 10, 1, -4, 1), "BPF_STX uses reserved fields" },
		{ RAW(0x05, 0, 0, 0, 1), "BPF_JA uses reserved fields" },
		{ RAW(0x06, 0, 0, 1, 0), "BPF_JA uses reserved fields" },
		{ RAW(0x15, 0, 1, 0, 1), "BPF_JMP/JMP32 uses reserved fields" },
		{ RAW(0x85, 1, 0, 0, 5), "BPF_CALL uses reserved fields" },
		{ RAW(0x95, 0, 0, 0, 5), "BPF_EXIT uses reserved fields" },
		{ RAW(0x20, 1, 0, 0, 0), "BPF_LD_[ABS|IND] uses reserved fields" },
		{ RAW(0x18, 0, 0, 1, 0), "BPF_LD_IMM64 uses reserved fields" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *words = insn_reserved(&rows[i].insn);

		if (rows[i].words)
			assert_string_equal(words, rows[i].words);
		else
			assert_null(words);
	}
}

static void jumps_become_indices(void **state)
{
	const struct bpf_insn raw[] = {
		JUMP_IMM(JEQ, 1, 0, 2), IMM64(0, -1ULL), RAW(0x06, 0, 0, 0, -4), CALL_LOCAL(0), EXIT(),
	};
	struct insn out[ARRAY_SIZE(raw)];

	assert_int_equal(insn_decode(raw, ARRAY_SIZE(raw), out), 0);
	assert_int_equal(out[0].op, INSN_JEQ64_IMM);
	assert_int_equal(out[0].target, 3);
	assert_int_equal(out[1].op, INSN_LD_IMM64);
	assert_true(out[1].imm == -1);
	assert_int_equal(out[2].op, INSN_SECOND_SLOT);
	assert_int_equal(out[3].target, 0);
	assert_int_equal(out[4].target, 5);
}

static void broken_programs_are_refused(void **state)
{
	const struct {
		const char *name;
		struct bpf_insn insn[2];
		uint32_t cnt;
	} rows[] = {
		{ "unknown opcode", { RAW(0x8d, 0, 0, 0, 0) }, 1 },
		{ "opcode zero", { RAW(0, 0, 0, 0, 0) }, 1 },
		{ "reserved field", { RAW(0xb7, 0, 0, 1, 0) }, 1 },
		{ "register 11", { RAW(0xbf, 11, 0, 0, 0) }, 1 },
		{ "source register 12", { RAW(0xbf, 0, 12, 0, 0) }, 1 },
		{ "half an imm64", { RAW(0x18, 0, 0, 0, 0) }, 1 },
		{ "imm64 with a second opcode", { RAW(0x18, 0, 0, 0, 0), EXIT() }, 2 },
		{ "unknown pseudo source", { RAW(0x18, 0, 9, 0, 0), RAW(0, 0, 0, 0, 0) }, 2 },
		{ "jump before the start", { JUMP(-2) }, 1 },
		{ "jump behind the end", { JUMP(0) }, 1 },
		{ "call behind the end", { CALL_LOCAL(7) }, 1 },
		{ "atomic of unknown kind", { RAW(0xdb, 0, 0, 0, 0x77) }, 1 },
		{ "atomic byte addition", { RAW(0xd3, 0, 0, 0, 0) }, 1 },
	};
	struct insn out[2];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (insn_decode(rows[i].insn, rows[i].cnt, out) != -EINVAL)
			fail_msg("%s", rows[i].name);
}

static void jump_onto_second_slot_is_refused(void **state)
{
	const struct bpf_insn raw[] = { JUMP(1), IMM64(0, 0), EXIT() };
	struct insn out[ARRAY_SIZE(raw)];

	assert_int_equal(insn_decode(raw, ARRAY_SIZE(raw), out), -EINVAL);
}

/* Selecting field and value of each row: what the table says decodes to that row. */
enum { NO, OFF, IMM, SRC };

static void every_row_decodes_to_itself(void **state)
{
	static const struct {
		uint8_t code;
		int select;
		int32_t value;
	} rows[] = {
#define OP(name, opcode, select, value, fields, text)	{ opcode, select, value },
#define ALT OP
#include "opcodes.def"
#undef OP
#undef ALT
	};

	for (int i = 0; i < INSN_OP_CNT; i++) {
		struct bpf_insn raw = { .code = rows[i].code };

		if (rows[i].select == OFF)
			raw.off = rows[i].value;
		else if (rows[i].select == IMM)
			raw.imm = rows[i].value;
		else if (rows[i].select == SRC)
			raw.src_reg = rows[i].value;
		assert_int_equal(insn_lookup(&raw), i);
		assert_int_equal(insn_opcode_known(raw.code), i != INSN_SECOND_SLOT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_those_of_linux),
		cmocka_unit_test(reserved_fields_have_linux_words),
		cmocka_unit_test(jumps_become_indices),
		cmocka_unit_test(broken_programs_are_refused),
		cmocka_unit_test(jump_onto_second_slot_is_refused),
		cmocka_unit_test(every_row_decodes_to_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
