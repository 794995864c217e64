/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Random programs that work on memory: made of blocks, each of which alone would be accepted most of the
 * time. r6 holds the context, r7..r9 numbers, r0..r5 are for a block's own use.
 */
#include <stdbool.h>
#include <stddef.h>
#include "asm.h"
#include "random_program.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define CALLS_MAX 4
#define BLOCK_MAX 24	/* instructions of the longest block */
#define FUNCTION_MAX 12

static uint64_t state;

/* Careful blocks keep within their bounds: without them hardly a program would be accepted. Where the
 * bounds are, careless ones find out. */
static bool careful;

struct program {
	struct bpf_insn *insns;
	uint32_t cnt;
	uint32_t calls[CALLS_MAX], call_cnt;
};

static uint32_t rnd(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 16) % below;
}

static void put(struct program *p, struct bpf_insn insn)
{
	p->insns[p->cnt++] = insn;
}

static int32_t pick(const int32_t *values, uint32_t cnt)
{
	return values[rnd(cnt)];
}

#define PICK(...) pick((const int32_t[]){ __VA_ARGS__ }, ARRAY_SIZE(((const int32_t[]){ __VA_ARGS__ })))

static uint8_t number(void)
{
	return 7 + rnd(3);
}

static uint8_t size(void)
{
	return PICK(BPF_B, BPF_H, BPF_W, BPF_DW);
}

static uint8_t compare(void)
{
	return PICK(BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT,
		    BPF_JSLE, BPF_JSET);
}

static int32_t constant(void)
{
	return PICK(0, 1, -1, 2, 3, 4, 7, 8, -8, 15, 16, 31, 63, 64, 127, 128, 255, 256, 4096, 32767,
		    65535, INT32_MIN, INT32_MAX);
}

/* ---- numbers ---- */

static void compute(struct program *p, uint8_t dst, uint8_t src)
{
	uint8_t op = PICK(BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR, BPF_LSH, BPF_RSH, BPF_ARSH,
			  BPF_MOV, BPF_NEG, BPF_DIV, BPF_MOD, BPF_END);
	bool wide = rnd(3), shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
	uint8_t class = wide ? BPF_ALU64 : BPF_ALU;
	int32_t imm = constant();

	if (op == BPF_NEG)
		put(p, RAW(class | op, dst, 0, 0, 0));
	else if (op == BPF_END)
		put(p, RAW(class | op | (!wide && rnd(2) ? BPF_TO_BE : BPF_TO_LE), dst, 0, 0, 16 << rnd(3)));
	else if (rnd(2))
		put(p, RAW(class | op | BPF_X, dst, src,
			   op == BPF_MOV && !rnd(3) ? 8 << rnd(wide ? 3 : 2) :
			   (op == BPF_DIV || op == BPF_MOD) && !rnd(3) ? 1 : 0, 0));
	else if (shift)
		put(p, RAW(class | op | BPF_K, dst, 0, 0, rnd(wide ? 64 : 32)));
	else
		put(p, RAW(class | op | BPF_K, dst, 0, 0,
			   (op == BPF_DIV || op == BPF_MOD) && !imm ? 3 : imm));
}

static void computing(struct program *p)
{
	for (uint32_t n = 1 + rnd(4); n; n--)
		compute(p, number(), number());
}

static uint32_t put_jump(struct program *p, uint8_t dst)
{
	uint8_t class = rnd(2) ? BPF_JMP : BPF_JMP32;

	if (rnd(3))
		put(p, RAW(class | compare() | BPF_K, dst, 0, 0, constant()));
	else
		put(p, RAW(class | compare() | BPF_X, dst, number(), 0, 0));
	return p->cnt - 1;
}

/* The jump at @at comes here. */
static void land(struct program *p, uint32_t at)
{
	p->insns[at].off = p->cnt - at - 1;
}

static void branching(struct program *p)
{
	uint32_t jump = put_jump(p, number());

	computing(p);
	land(p, jump);
}

/* ---- the stack ---- */

static uint32_t bytes_of(uint8_t s)
{
	return s == BPF_B ? 1 : s == BPF_H ? 2 : s == BPF_W ? 4 : 8;
}

static void spilling(struct program *p)
{
	int16_t off = -8 * (1 + (int)rnd(4));
	uint8_t s;

	put(p, RAW(BPF_STX | BPF_MEM | (rnd(3) ? BPF_DW : size()), 10, number(), off, 0));
	if (rnd(2))
		computing(p);
	if (!rnd(3))
		put(p, RAW(BPF_ST | BPF_MEM | PICK(BPF_B, BPF_H, BPF_W), 10, 0, off + (rnd(2) ? 0 : 4),
			   constant()));
	s = size();
	put(p, RAW(BPF_LDX | (rnd(4) ? BPF_MEM : BPF_MEMSX) | s, number(), 10,
		   off + (int)(rnd(8) & -bytes_of(s)), 0));
	if (BPF_MODE(p->insns[p->cnt - 1].code) == BPF_MEMSX &&
	    BPF_SIZE(p->insns[p->cnt - 1].code) == BPF_DW)
		p->insns[p->cnt - 1].code = BPF_LDX | BPF_MEM | BPF_DW;
}

/* A load or store through @ptr of at most @room bytes. */
static void touch(struct program *p, uint8_t ptr, int16_t off, uint32_t room, bool atomic)
{
	uint8_t s = size();

	while (careful && bytes_of(s) > room)
		s = size();
	switch (rnd(atomic ? 5 : 4)) {
	case 0:
		put(p, RAW(BPF_STX | BPF_MEM | s, ptr, number(), off, 0));
		break;
	case 1:
		put(p, RAW(BPF_ST | BPF_MEM | s, ptr, 0, off, constant()));
		break;
	case 4:
		put(p, RAW(BPF_STX | BPF_ATOMIC | (s == BPF_DW ? BPF_DW : BPF_W), ptr, number(), off,
			   PICK(BPF_ADD, BPF_ADD | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG)));
		break;
	default:
		put(p, RAW(BPF_LDX | BPF_MEM | s, number(), ptr, off, 0));
	}
}

/* r5: a number of at most 8, or so, for some reason. Returns a jump that leaves where it is not, or -1. */
static int small_number(struct program *p)
{
	int32_t limit = careful ? PICK(0, 1, 4, 7, 8) : PICK(4, 8, 9, 15, 16, 17);
	uint8_t jump = careful ? PICK(BPF_JGT, BPF_JGE) : PICK(BPF_JGT, BPF_JGE, BPF_JSGT, BPF_JSGE);

	put(p, rnd(3) ? MOV_REG(5, number()) : RAW(BPF_ALU | BPF_MOV | BPF_X, 5, number(), 0, 0));
	switch (rnd(4)) {
	case 0:
		put(p, RAW((rnd(2) ? BPF_ALU64 : BPF_ALU) | BPF_AND | BPF_K, 5, 0, 0,
			   careful ? PICK(1, 3, 4, 7, 8) : PICK(12, 15, 16, 31)));
		return -1;
	case 1:
		put(p, RAW(BPF_ALU | BPF_RSH | BPF_K, 5, 0, 0, careful ? 29 + rnd(3) : 27));
		return -1;
	default:
		if (!rnd(3))
			compute(p, 5, number());
		put(p, RAW((careful || rnd(2) ? BPF_JMP : BPF_JMP32) | jump | BPF_K, 5, 0, 0, limit));
		return p->cnt - 1;
	}
}

/* Sometimes what is below zero leaves, too. */
static int not_negative(struct program *p)
{
	if (rnd(2))
		return -1;
	put(p, RAW((careful || rnd(3) ? BPF_JMP : BPF_JMP32) | BPF_JSLT | BPF_K, 5, 0, 0,
		   careful ? PICK(0, 1, 2) : PICK(0, 1, -4)));
	return p->cnt - 1;
}

static void land_if(struct program *p, int at)
{
	if (at >= 0)
		land(p, at);
}

/* Stack is accessed aligned only: bytes are, whatever the offset. */
static void careful_stack(struct program *p)
{
	struct bpf_insn *insn = &p->insns[p->cnt - 1];

	insn->code = (insn->code & ~(BPF_DW | BPF_H | BPF_B)) | BPF_B;
}

static void stack_at_variable(struct program *p)
{
	int jump = small_number(p), negative = not_negative(p);

	put(p, MOV_REG(1, 10));
	if (!rnd(3)) {
		put(p, ALU_IMM(AND, 5, 8));
		put(p, ALU_IMM(ADD, 1, -16 - 8 * (int)rnd(4)));
	} else {
		put(p, ALU_IMM(ADD, 1, -(int)(10 + rnd(40))));
	}
	put(p, ALU_REG(ADD, 1, 5));
	touch(p, 1, PICK(0, 0, 1, -4, -8), 8, false);
	if (careful)
		careful_stack(p);
	land_if(p, jump);
	land_if(p, negative);
}

/* ---- map values ---- */

static void map_value(struct program *p)
{
	bool hash = rnd(2);
	int jump, negative;
	uint32_t null;

	if (hash)
		put(p, STORE_IMM(DW, 10, -48, rnd(4)));
	else if (rnd(2))
		put(p, STORE_IMM(W, 10, -48, rnd(6)));
	else
		put(p, STORE(W, 10, number(), -48));
	put(p, MOV_REG(2, 10));
	put(p, ALU_IMM(ADD, 2, -48));
	put(p, RAW(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, hash));
	put(p, RAW(0, 0, 0, 0, 0));
	put(p, CALL(BPF_FUNC_map_lookup_elem));
	put(p, JUMP_IMM(JEQ, 0, 0, 0));
	null = p->cnt - 1;
	jump = small_number(p);
	negative = not_negative(p);
	if (!careful && !rnd(3)) {	/* from the middle back */
		put(p, ALU_IMM(ADD, 0, 8));
		put(p, ALU_REG(SUB, 0, 5));
	} else {
		put(p, careful || rnd(2) ? ALU_REG(ADD, 0, 5) : ALU_REG(SUB, 0, 5));
		if (!careful)
			put(p, ALU_IMM(ADD, 0, PICK(1, 4, 8, -1, -8, 15)));
	}
	touch(p, 0, careful ? 0 : PICK(0, 1, 4, 7, 8, -1, -4), 8, !careful);
	if (rnd(2))
		touch(p, 0, careful ? PICK(0, 1, 4) : PICK(0, 1, 8, -2), 4, !careful);
	land(p, null);
	land_if(p, jump);
	land_if(p, negative);
}

/* ---- packets ---- */

static void packet(struct program *p)
{
	int jump = -1, negative = -1, reach = 1 + rnd(16), at;
	bool moved = false;
	uint32_t check;

	put(p, LOAD(W, 2, 6, 0));
	put(p, LOAD(W, 3, 6, 4));
	put(p, MOV_REG(4, 2));
	if (rnd(2)) {
		jump = small_number(p);
		negative = not_negative(p);
		put(p, ALU_REG(ADD, 4, 5));
		moved = rnd(2);
		if (!moved)
			put(p, MOV_REG(2, 4));
	}
	put(p, ALU_IMM(ADD, 4, reach));
	if (rnd(2))
		put(p, RAW(BPF_JMP | (careful ? PICK(BPF_JGT, BPF_JGE) : PICK(BPF_JLE, BPF_JGE, BPF_JLT)) |
			   BPF_X, 4, 3, 0, 0));
	else
		put(p, RAW(BPF_JMP | (careful ? PICK(BPF_JLT, BPF_JLE) : PICK(BPF_JGE, BPF_JGT, BPF_JLE)) |
			   BPF_X, 3, 4, 0, 0));
	check = p->cnt - 1;
	at = rnd(reach + !careful);
	if (moved || !rnd(2))
		touch(p, 4, at - reach, reach - at, false);
	else
		touch(p, 2, at, reach - at, false);
	land(p, check);
	land_if(p, jump);
	land_if(p, negative);
}

/* ---- loops and calls ---- */

static void loop(struct program *p)
{
	uint32_t start;

	put(p, MOV_IMM(9, PICK(0, 0, 1, -3)));
	start = p->cnt;
	compute(p, 7, 8);
	if (rnd(2))
		compute(p, 8, 7);
	if (rnd(2)) {
		put(p, MOV_REG(1, 10));
		put(p, ALU_REG(ADD, 1, 9));
		touch(p, 1, -20 - (int)rnd(20), 1, false);
		if (careful)
			careful_stack(p);
		if (p->insns[p->cnt - 1].dst_reg == 9)	/* the counter is nobody else's */
			p->insns[p->cnt - 1].dst_reg = 7;
	}
	put(p, ALU_IMM(ADD, 9, 1 + rnd(3)));
	put(p, RAW((rnd(2) ? BPF_JMP : BPF_JMP32) | PICK(BPF_JLT, BPF_JSLT, BPF_JLE, BPF_JSLE) | BPF_K, 9, 0,
		   0, 1 + rnd(12)));
	p->insns[p->cnt - 1].off = (int)start - (int)p->cnt;
}

static void call(struct program *p)
{
	if (p->call_cnt == CALLS_MAX)
		return;
	put(p, MOV_REG(1, number()));
	put(p, MOV_REG(2, number()));
	p->calls[p->call_cnt++] = p->cnt;
	put(p, CALL_LOCAL(0));
	put(p, MOV_REG(number(), 0));
}

/* What all calls go to. */
static void function(struct program *p)
{
	uint32_t jump;

	if (!p->call_cnt)
		return;
	for (uint32_t i = 0; i < p->call_cnt; i++)
		p->insns[p->calls[i]].imm = p->cnt - p->calls[i] - 1;
	put(p, STORE(DW, 10, 1, -8));
	compute(p, 1, 2);
	put(p, RAW((rnd(2) ? BPF_JMP : BPF_JMP32) | compare() | BPF_K, 1, 0, 0, constant()));
	jump = p->cnt - 1;
	compute(p, 2, 1);
	put(p, LOAD(W, 1, 10, -8));
	land(p, jump);
	put(p, MOV_REG(0, 1));
	put(p, EXIT());
}

/* ---- the whole ---- */

static void (*const blocks[])(struct program *p) = {
	computing, branching, branching, spilling, stack_at_variable, map_value, map_value, packet, packet,
	loop, call,
};

/* One instruction becomes another: what was just enough may be too little. */
static void disturb(struct program *p)
{
	struct bpf_insn *insn = &p->insns[rnd(p->cnt)];

	if (insn->code == (BPF_LD | BPF_IMM | BPF_DW) || !insn->code)
		return;
	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		insn->off += (int)rnd(5) - 2;
		break;
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_SRC(insn->code) == BPF_K && BPF_OP(insn->code) == BPF_ADD)
			insn->imm += (int)rnd(5) - 2;
		break;
	}
}

uint32_t random_memory_program(uint64_t seed, struct bpf_insn *insns)
{
	struct program p = { .insns = insns };
	uint32_t want;

	state = seed * 0x9e3779b97f4a7c15;
	want = 16 + rnd(rnd(16) ? 56 : RANDOM_MEMORY_MAX - 16 - BLOCK_MAX - FUNCTION_MAX - 2);
	put(&p, MOV_REG(6, 1));
	put(&p, LOAD(W, 9, 6, 12));
	for (uint8_t r = 7; r <= 8; r++) {
		put(&p, CALL(BPF_FUNC_get_prandom_u32));
		put(&p, MOV_REG(r, 0));
	}
	if (rnd(2)) {
		put(&p, ALU_IMM(LSH, 7, 32));
		put(&p, ALU_REG(OR, 7, 8));
	}
	while (p.cnt < want) {
		careful = rnd(24);
		blocks[rnd(ARRAY_SIZE(blocks))](&p);
	}
	put(&p, MOV_IMM(0, 0));
	put(&p, EXIT());
	function(&p);
	if (!rnd(4))
		disturb(&p);
	return p.cnt;
}
