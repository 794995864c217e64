/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The interpreter: the reference engine, for every CPU. One handler per operation, each jumping
 * straight to the next one's. Semantics: RFC 9669; where it leaves room, Linux: division by zero
 * gives 0, modulo by zero keeps the dividend, shifts take the count modulo the width, an
 * overflowing signed division wraps.
 */
#include <time.h>

#include "clock.h"
#include "fault.h"
#include "image.h"

/* What a bpf-to-bpf call must find again. */
struct frame {
	const struct insn *ret;
	uint64_t callee_saved[4];	/* r6..r9 */
	uint64_t r10;
	uint64_t *base;			/* its stack */
	uint32_t may_goto;
};

/* Memory of programs may be unaligned. */
#define PACKED(bits) struct __attribute__((packed, may_alias)) mem##bits { uint##bits##_t v; }
PACKED(8);
PACKED(16);
PACKED(32);
PACKED(64);
#define MEM(bits, reg) (((struct mem##bits *)(uintptr_t)((reg) + insn->off))->v)
#define ATOM(bits, reg) ((uint##bits##_t *)(uintptr_t)((reg) + insn->off))

static uint64_t sdiv64(int64_t a, int64_t b)
{
	if (!b)
		return 0;
	return b == -1 ? -(uint64_t)a : (uint64_t)(a / b);
}

static uint64_t smod64(int64_t a, int64_t b)
{
	if (!b)
		return a;
	return b == -1 ? 0 : a % b;
}

static uint32_t sdiv32(int32_t a, int32_t b)
{
	if (!b)
		return 0;
	return b == -1 ? -(uint32_t)a : (uint32_t)(a / b);
}

static uint32_t smod32(int32_t a, int32_t b)
{
	if (!b)
		return a;
	return b == -1 ? 0 : a % b;
}

/* A load from an address nobody vouches for: 0 where there is nothing, as on Linux. */
static uint64_t probe(uint64_t address, size_t size)
{
	uint64_t value = 0;

	return fault_read(&value, (const void *)(uintptr_t)address, size) ? value : 0;
}

/* ---- may_goto: loops end after a quarter of a second, looked at now and then ---- */

#define MAY_GOTO_TICKS	0xffff
#define MAY_GOTO_NS	250000000ull

/* Is this loop over. @ticks counts down within a frame, @start is the first look at the clock. */
static bool may_goto_ends(uint32_t *ticks, uint64_t *start)
{
	if (--*ticks)
		return false;
	if (!*start)
		*start = now_ns();
	*ticks = MAY_GOTO_TICKS;
	return now_ns() - *start >= MAY_GOTO_NS;
}

#define NEXT	do { insn++; goto *labels[insn->op]; } while (0)
#define D	r[insn->dst]
#define S	r[insn->src]
#define IMM	insn->imm

/* An operation in its four forms: a and b are the operands, of the width in question. */
#define DO_ALU(name, expr64, expr32)                                                               \
	do_##name##64_IMM: { uint64_t a = D, b = IMM; D = (expr64); NEXT; }                        \
	do_##name##64_REG: { uint64_t a = D, b = S; D = (expr64); NEXT; }                          \
	do_##name##32_IMM: { uint32_t a = D, b = IMM; D = (uint32_t)(expr32); NEXT; }              \
	do_##name##32_REG: { uint32_t a = D, b = S; D = (uint32_t)(expr32); NEXT; }

#define DO_JUMP(name, cast64, cast32, op)                                                          \
	do_##name##64_IMM: if ((cast64)D op (cast64)IMM) insn += insn->off; NEXT;                  \
	do_##name##64_REG: if ((cast64)D op (cast64)S) insn += insn->off; NEXT;                    \
	do_##name##32_IMM: if ((cast32)D op (cast32)IMM) insn += insn->off; NEXT;                  \
	do_##name##32_REG: if ((cast32)D op (cast32)S) insn += insn->off; NEXT;

#define DO_MEMORY(width, bits)                                                                     \
	do_LDX_##width: D = MEM(bits, S); NEXT;                                                    \
	do_ST_##width: MEM(bits, D) = IMM; NEXT;                                                   \
	do_STX_##width: MEM(bits, D) = S; NEXT;

/* The plain ones order nothing, the fetching ones everything, as on Linux. */
#define DO_ATOMIC(width, bits)                                                                     \
	do_ATOMIC_ADD_##width: __atomic_fetch_add(ATOM(bits, D), S, __ATOMIC_RELAXED); NEXT;       \
	do_ATOMIC_AND_##width: __atomic_fetch_and(ATOM(bits, D), S, __ATOMIC_RELAXED); NEXT;       \
	do_ATOMIC_OR_##width: __atomic_fetch_or(ATOM(bits, D), S, __ATOMIC_RELAXED); NEXT;         \
	do_ATOMIC_XOR_##width: __atomic_fetch_xor(ATOM(bits, D), S, __ATOMIC_RELAXED); NEXT;       \
	do_FETCH_ADD_##width: S = __atomic_fetch_add(ATOM(bits, D), S, __ATOMIC_SEQ_CST); NEXT;    \
	do_FETCH_AND_##width: S = __atomic_fetch_and(ATOM(bits, D), S, __ATOMIC_SEQ_CST); NEXT;    \
	do_FETCH_OR_##width: S = __atomic_fetch_or(ATOM(bits, D), S, __ATOMIC_SEQ_CST); NEXT;      \
	do_FETCH_XOR_##width: S = __atomic_fetch_xor(ATOM(bits, D), S, __ATOMIC_SEQ_CST); NEXT;    \
	do_XCHG_##width: S = __atomic_exchange_n(ATOM(bits, D), S, __ATOMIC_SEQ_CST); NEXT;        \
	do_CMPXCHG_##width: {                                                                      \
		uint##bits##_t expected = r[0];                                                    \
                                                                                                   \
		__atomic_compare_exchange_n(ATOM(bits, D), &expected, S, false, __ATOMIC_SEQ_CST,  \
					    __ATOMIC_SEQ_CST);                                     \
		r[0] = expected;                                                                   \
		NEXT;                                                                              \
	}                                                                                          \
	DO_ORDERED(width, bits)

#define DO_ORDERED(width, bits)                                                                    \
	do_LOAD_ACQ_##width: D = __atomic_load_n(ATOM(bits, S), __ATOMIC_ACQUIRE); NEXT;           \
	do_STORE_REL_##width: __atomic_store_n(ATOM(bits, D), S, __ATOMIC_RELEASE); NEXT;

/* Classic packet loads: outside of the packet the program ends with 0. */
#define DO_PACKET(width, size)                                                                     \
	do_LD_ABS_##width:                                                                         \
		if (run->image->load_packet((void *)(uintptr_t)r[6], IMM, size, &r[0]))            \
			goto packet_end;                                                           \
		NEXT;                                                                              \
	do_LD_IND_##width:                                                                         \
		if (run->image->load_packet((void *)(uintptr_t)r[6], (int32_t)((uint32_t)S + IMM), \
					    size, &r[0]))                                          \
			goto packet_end;                                                           \
		NEXT;

typedef uint64_t (*helper_fn)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, void *);

/* Linux checks alignment of atomics when it verifies; the CPU does not mind the rest. */
__attribute__((no_sanitize("alignment")))
uint64_t exec_interpret(const struct exec_func *func, struct bpfx_run *run, void *ctx,
			const uint64_t args[5])
{
	static const void *const labels[OP_CNT] = {
#define OP(name, code, select, value, fields, text) [INSN_##name] = &&do_##name,
#define ALT OP
#include "opcodes.def"
#undef OP
#undef ALT
		[OP_PROBE_B] = &&do_PROBE_B,   [OP_PROBE_H] = &&do_PROBE_H,
		[OP_PROBE_W] = &&do_PROBE_W,   [OP_PROBE_DW] = &&do_PROBE_DW,
		[OP_PROBE_SB] = &&do_PROBE_SB, [OP_PROBE_SH] = &&do_PROBE_SH,
		[OP_PROBE_SW] = &&do_PROBE_SW, [OP_TAIL_CALL] = &&do_TAIL_CALL,
		[OP_THROW] = &&do_THROW,
	};
	uint64_t own_stack[EXEC_STACK_SIZE / 8];
	uint64_t *outer_stack = run->stack, *outer_end = run->stack_end;
	struct frame frames[EXEC_FRAMES_MAX];
	uint32_t depth = 0, ticks = MAY_GOTO_TICKS;
	uint64_t may_goto_start = 0;
	const struct insn *insn;
	uint64_t r[11], *base;

	if (!run->stack) {
		run->stack = own_stack;
		run->stack_end = own_stack + EXEC_STACK_SIZE / 8;
	}
	base = run->stack;
	r[0] = 0;
	for (int i = 0; i < 5; i++)
		r[i + 1] = args[i];
	r[6] = r[7] = r[8] = r[9] = 0;
	insn = func->code - 1;
	if (func->stack_words > run->stack_end - run->stack)
		goto too_deep;
	run->stack += func->stack_words;
	r[10] = (uintptr_t)run->stack;
	NEXT;

	/* ---- arithmetic ---- */
	DO_ALU(ADD, a + b, a + b)
	DO_ALU(SUB, a - b, a - b)
	DO_ALU(MUL, a * b, a * b)
	DO_ALU(DIV, b ? a / b : 0, b ? a / b : 0)
	DO_ALU(SDIV, sdiv64(a, b), sdiv32(a, b))
	DO_ALU(OR, a | b, a | b)
	DO_ALU(AND, a & b, a & b)
	DO_ALU(LSH, a << (b & 63), a << (b & 31))
	DO_ALU(RSH, a >> (b & 63), a >> (b & 31))
	DO_ALU(MOD, b ? a % b : a, b ? a % b : a)
	DO_ALU(SMOD, smod64(a, b), smod32(a, b))
	DO_ALU(XOR, a ^ b, a ^ b)
	DO_ALU(ARSH, (uint64_t)((int64_t)a >> (b & 63)), (uint32_t)((int32_t)a >> (b & 31)))
do_NEG64: D = -D; NEXT;
do_NEG32: D = -(uint32_t)D; NEXT;

do_MOV64_IMM: D = IMM; NEXT;
do_MOV64_REG: D = S; NEXT;
do_MOVSX64_8: D = (int64_t)(int8_t)S; NEXT;
do_MOVSX64_16: D = (int64_t)(int16_t)S; NEXT;
do_MOVSX64_32: D = (int64_t)(int32_t)S; NEXT;
do_MOV32_IMM: D = (uint32_t)IMM; NEXT;
do_MOV32_REG: D = (uint32_t)S; NEXT;
do_MOVSX32_8: D = (uint32_t)(int8_t)S; NEXT;
do_MOVSX32_16: D = (uint32_t)(int16_t)S; NEXT;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define TO_LITTLE(bits, v) (v)
#define TO_BIG(bits, v)	   __builtin_bswap##bits(v)
#else
#define TO_LITTLE(bits, v) __builtin_bswap##bits(v)
#define TO_BIG(bits, v)	   (v)
#endif
do_LE16: D = TO_LITTLE(16, (uint16_t)D); NEXT;
do_LE32: D = TO_LITTLE(32, (uint32_t)D); NEXT;
do_LE64: D = TO_LITTLE(64, D); NEXT;
do_BE16: D = TO_BIG(16, (uint16_t)D); NEXT;
do_BE32: D = TO_BIG(32, (uint32_t)D); NEXT;
do_BE64: D = TO_BIG(64, D); NEXT;
do_BSWAP16: D = __builtin_bswap16(D); NEXT;
do_BSWAP32: D = __builtin_bswap32(D); NEXT;
do_BSWAP64: D = __builtin_bswap64(D); NEXT;

	/* ---- memory ---- */
	DO_MEMORY(B, 8)
	DO_MEMORY(H, 16)
	DO_MEMORY(W, 32)
	DO_MEMORY(DW, 64)
do_LDSX_B: D = (int64_t)(int8_t)MEM(8, S); NEXT;
do_LDSX_H: D = (int64_t)(int16_t)MEM(16, S); NEXT;
do_LDSX_W: D = (int64_t)(int32_t)MEM(32, S); NEXT;
do_PROBE_B: D = probe(S + insn->off, 1); NEXT;
do_PROBE_H: D = (uint16_t)probe(S + insn->off, 2); NEXT;
do_PROBE_W: D = (uint32_t)probe(S + insn->off, 4); NEXT;
do_PROBE_DW: D = probe(S + insn->off, 8); NEXT;
do_PROBE_SB: D = (int64_t)(int8_t)probe(S + insn->off, 1); NEXT;
do_PROBE_SH: D = (int64_t)(int16_t)probe(S + insn->off, 2); NEXT;
do_PROBE_SW: D = (int64_t)(int32_t)probe(S + insn->off, 4); NEXT;
	DO_ATOMIC(W, 32)
	DO_ATOMIC(DW, 64)
	DO_ORDERED(B, 8)
	DO_ORDERED(H, 16)
	DO_PACKET(B, 1)
	DO_PACKET(H, 2)
	DO_PACKET(W, 4)
do_LD_IMM64:
do_LD_FUNC:
	D = IMM;
	insn++;
	NEXT;

	/* ---- jumps ---- */
do_JA:
do_GOTOL:
	insn += insn->off;
	NEXT;
	DO_JUMP(JEQ, uint64_t, uint32_t, ==)
	DO_JUMP(JNE, uint64_t, uint32_t, !=)
	DO_JUMP(JGT, uint64_t, uint32_t, >)
	DO_JUMP(JGE, uint64_t, uint32_t, >=)
	DO_JUMP(JLT, uint64_t, uint32_t, <)
	DO_JUMP(JLE, uint64_t, uint32_t, <=)
	DO_JUMP(JSET, uint64_t, uint32_t, &)
	DO_JUMP(JSGT, int64_t, int32_t, >)
	DO_JUMP(JSGE, int64_t, int32_t, >=)
	DO_JUMP(JSLT, int64_t, int32_t, <)
	DO_JUMP(JSLE, int64_t, int32_t, <=)
do_MAY_GOTO:
	if (may_goto_ends(&ticks, &may_goto_start))
		insn += insn->off;
	NEXT;

	/* ---- calls ---- */
do_CALL_HELPER:
	r[0] = ((helper_fn)(uintptr_t)IMM)(r[1], r[2], r[3], r[4], r[5], ctx);
	NEXT;
do_TAIL_CALL:
	r[0] = ((helper_fn)(uintptr_t)IMM)(r[1], r[2], r[3], r[4], r[5], ctx);
	if (!run->next)
		NEXT;
	/* The function ends here and the next program takes its place, stack included. */
	run->image = run->next;
	run->next = NULL;
	func = &run->image->funcs[0];
	run->stack = base;
	insn = func->code - 1;
	if (func->stack_words > run->stack_end - run->stack)
		goto too_deep;
	run->stack += func->stack_words;
	r[10] = (uintptr_t)run->stack;
	NEXT;
do_THROW:
	/* Never below a callback: all functions of the run are in these frames. */
	if (depth)
		base = frames[0].base;
	depth = 0;
	run->stack = base;
	r[0] = r[1];
	func = run->image->exception;
	if (!func)
		goto out;
	if (func->stack_words > run->stack_end - run->stack)
		goto too_deep;
	run->stack += func->stack_words;
	r[10] = (uintptr_t)run->stack;
	insn = func->code - 1;
	NEXT;
do_CALL_LOCAL: {
	struct frame *frame = &frames[depth];

	func = (const struct exec_func *)(uintptr_t)IMM;
	if (depth == EXEC_FRAMES_MAX || func->stack_words > run->stack_end - run->stack)
		goto too_deep;
	*frame = (struct frame){ insn, { r[6], r[7], r[8], r[9] }, r[10], base, ticks };
	depth++;
	ticks = MAY_GOTO_TICKS;
	base = run->stack;
	run->stack += func->stack_words;
	r[10] = (uintptr_t)run->stack;
	insn = func->code - 1;
	NEXT;
}
packet_end:
	r[0] = 0;
do_EXIT:
	run->stack = base;
	if (depth) {
		const struct frame *frame = &frames[--depth];

		insn = frame->ret;
		for (int i = 0; i < 4; i++)
			r[6 + i] = frame->callee_saved[i];
		r[10] = frame->r10;
		base = frame->base;
		ticks = frame->may_goto;
		NEXT;
	}
	goto out;

	/* Nothing that translates has these. */
do_SECOND_SLOT:
do_LD_MAP_FD:
do_LD_MAP_VALUE:
do_LD_BTF_ID:
do_LD_MAP_IDX:
do_LD_MAP_IDX_VALUE:
do_CALL_KFUNC:
do_ADDR_SPACE_CAST:
too_deep:
	run->fault = (uintptr_t)insn;
	r[0] = 0;
out:
	run->stack = outer_stack;
	run->stack_end = outer_end;
	return r[0];
}
