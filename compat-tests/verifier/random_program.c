/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the random programs are made of. */
#include <stdbool.h>
#include <stddef.h>
#include "asm.h"
#include "random_program.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t state;

static uint32_t rnd(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 16) % below;
}

static int32_t small(void)
{
	static const int32_t values[] = { 0, 1, -1, 2, 3, 4, -4, 7, 8, -8, 16, -16, 31, 32, 63, 100,
					  255, 4096, 65535, INT32_MIN, INT32_MAX };

	return values[rnd(ARRAY_SIZE(values))];
}

static uint8_t size(void)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

	return sizes[rnd(ARRAY_SIZE(sizes))];
}

/* r6 holds the context, r7..r9 numbers; most instructions leave it so. */
static uint8_t number(void)
{
	return rnd(4) ? 7 + rnd(3) : rnd(10);
}

static int32_t operand(uint8_t op, bool wide)
{
	int32_t imm = small();

	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		return rnd(wide ? 64 : 32);
	return (op == BPF_DIV || op == BPF_MOD) && !imm ? 3 : imm;
}

static struct bpf_insn arithmetic(void)
{
	static const uint8_t ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH,
				       BPF_RSH, BPF_ARSH, BPF_MOV, BPF_NEG, BPF_DIV, BPF_MOD, BPF_END };
	uint8_t op = ops[rnd(ARRAY_SIZE(ops))], dst = number();
	bool wide = rnd(3), reg = rnd(2);
	uint8_t class = wide ? BPF_ALU64 : BPF_ALU;

	if (op == BPF_NEG)
		return RAW(class | op, dst, 0, 0, 0);
	if (op == BPF_END)
		return RAW(class | op | (!wide && rnd(2) ? BPF_TO_BE : BPF_TO_LE), dst, 0, 0,
			   16 << rnd(3));
	if (op == BPF_MOV && reg && !rnd(4))
		return RAW(class | op | BPF_X, dst, number(), 8 << rnd(wide ? 3 : 2), 0);
	if (reg)
		return RAW(class | op | BPF_X, dst, number(), 0, 0);
	return RAW(class | op | BPF_K, dst, 0, 0, operand(op, wide));
}

static int stack_offset(void)
{
	return -8 * (1 + (int)rnd(4)) + (rnd(4) ? 0 : (int)rnd(8));
}

static struct bpf_insn memory(void)
{
	static const int32_t atomics[] = { BPF_ADD, BPF_ADD | BPF_FETCH, BPF_OR | BPF_FETCH,
					   BPF_AND | BPF_FETCH, BPF_XOR, BPF_XCHG, BPF_CMPXCHG };
	uint8_t s = size();

	switch (rnd(6)) {
	case 0:
		return RAW(BPF_LDX | (s != BPF_DW && !rnd(3) ? BPF_MEMSX : BPF_MEM) | s, number(), 10,
			   stack_offset(), 0);
	case 1:
		return RAW(BPF_STX | BPF_MEM | s, 10, number(), stack_offset(), 0);
	case 2:
		return RAW(BPF_ST | BPF_MEM | s, 10, 0, stack_offset(), small());
	case 3:
		return RAW(BPF_STX | BPF_ATOMIC | (rnd(2) ? BPF_W : BPF_DW), 10, number(),
			   -8 * (1 + (int)rnd(4)), atomics[rnd(ARRAY_SIZE(atomics))]);
	case 4:
		return LOAD(W, number(), 6, 4 * (int)rnd(7));
	default:
		return RAW(BPF_LDX | BPF_MEM | s, number(), rnd(10), small() & 0xff, 0);
	}
}

static struct bpf_insn jump(void)
{
	static const uint8_t ops[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT,
				       BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET };
	uint8_t op = ops[rnd(ARRAY_SIZE(ops))], class = rnd(2) ? BPF_JMP : BPF_JMP32;
	int off = (int)rnd(8) - (rnd(8) ? 0 : 3);

	if (rnd(2))
		return RAW(class | op | BPF_X, number(), number(), off, 0);
	return RAW(class | op | BPF_K, number(), 0, off, small());
}

static struct bpf_insn any(void)
{
	struct bpf_insn insn;

	for (size_t i = 0; i < sizeof(insn); i++)
		((uint8_t *)&insn)[i] = rnd(256);
	return insn;
}

static struct bpf_insn one(void)
{
	uint32_t what = rnd(200);

	if (what == 0)
		return any();
	if (what < 70)
		return arithmetic();
	if (what < 120)
		return memory();
	return what < 190 ? jump() : CALL(BPF_FUNC_get_prandom_u32);
}

static bool leaves(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

/* Jumps out of the program would be all there is to say of most programs. */
static void keep_inside(struct bpf_insn *insns, int cnt)
{
	for (int i = 0; i < cnt; i++) {
		int target = i + 1 + insns[i].off;

		if (!leaves(&insns[i]))
			continue;
		if (target < 0)
			insns[i].off = 0;
		else if (target >= cnt)
			insns[i].off = cnt - 2 - i;
	}
}

uint32_t random_program(uint64_t seed, struct bpf_insn *insns)
{
	uint32_t n = 0, cnt;

	state = seed * 0x9e3779b97f4a7c15;
	cnt = 8 + rnd(RANDOM_MAX - 16);
	insns[n++] = MOV_REG(6, 1);
	insns[n++] = CALL(BPF_FUNC_get_prandom_u32);
	insns[n++] = MOV_REG(7, 0);
	insns[n++] = CALL(BPF_FUNC_get_prandom_u32);
	insns[n++] = MOV_REG(8, 0);
	insns[n++] = ALU_IMM(AND, 8, small() & 0xffff);
	insns[n++] = MOV_IMM(9, small());
	while (n < cnt)
		insns[n++] = one();
	if (rnd(2)) {		/* a number becomes an offset */
		insns[n++] = ALU_IMM(AND, 7, 31);
		insns[n++] = MOV_REG(1, 10);
		insns[n++] = ALU_IMM(ADD, 1, -40);
		insns[n++] = ALU_REG(ADD, 1, 7);
		insns[n++] = STORE_IMM(B, 1, 0, 1);
	}
	insns[n++] = MOV_IMM(0, 0);
	insns[n++] = EXIT();
	keep_inside(insns, n);
	return n;
}
