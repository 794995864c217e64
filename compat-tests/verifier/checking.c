/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include "checking.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define FRAMES_MAX 8
#define STACK_SIZE 512
#define PACKET_MAX 64
#define VALUE_SIZE 16
#define VALUES 4		/* of each map */
#define STEPS_MAX 100000

/* ---- claims ---- */

static uint64_t min_u(uint64_t a, uint64_t b) { return a < b ? a : b; }
static uint64_t max_u(uint64_t a, uint64_t b) { return a > b ? a : b; }
static int64_t min_s(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max_s(int64_t a, int64_t b) { return a > b ? a : b; }

static void widen(struct verifier_claim *sum, const struct verifier_claim *c)
{
	sum->mask |= c->mask | (sum->value ^ c->value);
	sum->value &= ~sum->mask;
	sum->umin = min_u(sum->umin, c->umin);
	sum->umax = max_u(sum->umax, c->umax);
	sum->smin = min_s(sum->smin, c->smin);
	sum->smax = max_s(sum->smax, c->smax);
	sum->u32_min = min_u(sum->u32_min, c->u32_min);
	sum->u32_max = max_u(sum->u32_max, c->u32_max);
	sum->s32_min = min_s(sum->s32_min, c->s32_min);
	sum->s32_max = max_s(sum->s32_max, c->s32_max);
}

void note_claim(void *cookie, uint32_t insn, uint32_t regno, const struct verifier_claim *claim)
{
	struct claim_table *table = cookie;
	struct claims *c = &table->at[insn][regno];

	if (!claim->is_number)
		c->other = true;
	else if (!c->told || !c->sum.is_number)
		c->sum = *claim;
	else
		widen(&c->sum, claim);
	c->told = true;
}

static bool is_as_claimed(const struct verifier_claim *c, uint64_t v)
{
	return (v & ~c->mask) == c->value && c->umin <= v && v <= c->umax && c->smin <= (int64_t)v &&
	       (int64_t)v <= c->smax && c->u32_min <= (uint32_t)v && (uint32_t)v <= c->u32_max &&
	       c->s32_min <= (int32_t)v && (int32_t)v <= c->s32_max;
}

/* ---- the machine ---- */

struct region {
	uint64_t base;
	uint32_t size;
	uint8_t *mem;
};

struct frame {
	uint64_t saved[4];	/* r6..r9 of the caller */
	uint32_t back;
};

struct machine {
	const struct bpf_insn *insns;
	uint32_t cnt, pc, depth;
	const struct claim_table *claims;
	uint64_t r[MAX_BPF_REG];
	struct frame frames[FRAMES_MAX];
	uint8_t stack[FRAMES_MAX][STACK_SIZE], packet[PACKET_MAX], values[2 * VALUES][VALUE_SIZE];
	uint32_t packet_size, ctx[5];
	uint64_t seed;
	char why[160];
};

/* Far apart, and where nothing real is. */
enum { CTX = 1, PACKET, STACKS, VALUES_OF_MAPS };

static uint64_t base_of(uint64_t kind, uint64_t index)
{
	return kind << 44 | index << 20;
}

static uint64_t rnd(struct machine *m)
{
	m->seed ^= m->seed << 13;
	m->seed ^= m->seed >> 7;
	m->seed ^= m->seed << 17;
	return m->seed;
}

/* Numbers where something happens, or any. */
static uint64_t interesting(struct machine *m)
{
	static const uint64_t points[] = { 0, 1, 4, 7, 8, 15, 16, 31, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff,
					   0x80000000, 0xffffffff, 0x7fffffffffffffff, UINT64_MAX };

	return rnd(m) % 3 ? points[rnd(m) % ARRAY_SIZE(points)] + rnd(m) % 3 - 1 : rnd(m);
}

static struct region region_of(struct machine *m, uint64_t addr)
{
	uint64_t kind = addr >> 44, index = (addr >> 20) & 0xffffff;

	switch (kind) {
	case PACKET:
		return (struct region){ base_of(kind, 0), m->packet_size, m->packet };
	case STACKS:
		if (index <= m->depth)
			return (struct region){ base_of(kind, index), STACK_SIZE, m->stack[index] };
		break;
	case VALUES_OF_MAPS:
		if (index < ARRAY_SIZE(m->values))
			return (struct region){ base_of(kind, index), VALUE_SIZE, m->values[index] };
		break;
	}
	return (struct region){ 0 };
}

static uint8_t *reach(struct machine *m, uint64_t addr, uint32_t size)
{
	struct region region = region_of(m, addr);

	if (region.size >= size && addr - region.base <= region.size - size)
		return region.mem + (addr - region.base);
	snprintf(m->why, sizeof(m->why), "insn %u: %u bytes at %llx are outside of all memory", m->pc, size,
		 (unsigned long long)addr);
	return NULL;
}

static uint32_t size_of(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:	return 1;
	case BPF_H:	return 2;
	case BPF_W:	return 4;
	default:	return 8;
	}
}

static uint64_t sign_extend(uint64_t v, uint32_t bits)
{
	return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

/* ---- arithmetic ---- */

static uint64_t swap_bytes(uint64_t v, uint32_t bits)
{
	return __builtin_bswap64(v) >> (64 - bits);
}

static uint64_t convert(const struct bpf_insn *insn, uint64_t v)
{
	uint64_t kept = insn->imm == 64 ? v : v & ((1ULL << insn->imm) - 1);

	if (BPF_CLASS(insn->code) == BPF_ALU64 || BPF_SRC(insn->code) == BPF_TO_BE)
		return swap_bytes(v, insn->imm);
	return kept;
}

static uint64_t divide64(uint64_t a, uint64_t b, bool sign, bool rest)
{
	if (!b)
		return rest ? a : 0;
	if (!sign)
		return rest ? a % b : a / b;
	if (b == UINT64_MAX)
		return rest ? 0 : -a;
	return rest ? (int64_t)a % (int64_t)b : (int64_t)a / (int64_t)b;
}

static uint32_t divide32(uint32_t a, uint32_t b, bool sign, bool rest)
{
	if (!b)
		return rest ? a : 0;
	if (!sign)
		return rest ? a % b : a / b;
	if (b == UINT32_MAX)
		return rest ? 0 : -a;
	return rest ? (int32_t)a % (int32_t)b : (int32_t)a / (int32_t)b;
}

static uint64_t calculate64(const struct bpf_insn *insn, uint64_t a, uint64_t b)
{
	switch (BPF_OP(insn->code)) {
	case BPF_ADD:	return a + b;
	case BPF_SUB:	return a - b;
	case BPF_MUL:	return a * b;
	case BPF_DIV:	return divide64(a, b, insn->off == 1, false);
	case BPF_MOD:	return divide64(a, b, insn->off == 1, true);
	case BPF_AND:	return a & b;
	case BPF_OR:	return a | b;
	case BPF_XOR:	return a ^ b;
	case BPF_LSH:	return a << (b & 63);
	case BPF_RSH:	return a >> (b & 63);
	case BPF_ARSH:	return (int64_t)a >> (b & 63);
	case BPF_NEG:	return -a;
	default:	return insn->off ? sign_extend(b, insn->off) : b;	/* BPF_MOV */
	}
}

static uint32_t calculate32(const struct bpf_insn *insn, uint32_t a, uint32_t b)
{
	switch (BPF_OP(insn->code)) {
	case BPF_DIV:	return divide32(a, b, insn->off == 1, false);
	case BPF_MOD:	return divide32(a, b, insn->off == 1, true);
	case BPF_LSH:	return a << (b & 31);
	case BPF_RSH:	return a >> (b & 31);
	case BPF_ARSH:	return (int32_t)a >> (b & 31);
	default:	return calculate64(insn, a, b);
	}
}

static void compute(struct machine *m, const struct bpf_insn *insn)
{
	uint64_t *dst = &m->r[insn->dst_reg];
	uint64_t b = BPF_SRC(insn->code) == BPF_X ? m->r[insn->src_reg] : (uint64_t)(int64_t)insn->imm;

	if (BPF_OP(insn->code) == BPF_END)
		*dst = convert(insn, *dst);
	else if (BPF_CLASS(insn->code) == BPF_ALU64)
		*dst = calculate64(insn, *dst, b);
	else
		*dst = calculate32(insn, *dst, b);
}

/* ---- memory ---- */

static bool load_ctx(struct machine *m, const struct bpf_insn *insn)
{
	uint32_t off = m->r[insn->src_reg] + insn->off - base_of(CTX, 0);

	if (off == 0 || off == 4) {
		m->r[insn->dst_reg] = base_of(PACKET, 0) + (off ? m->packet_size : 0);
		return true;
	}
	if (off + size_of(insn->code) > sizeof(m->ctx))
		return false;
	m->r[insn->dst_reg] = 0;
	memcpy(&m->r[insn->dst_reg], (uint8_t *)m->ctx + off, size_of(insn->code));
	return true;
}

static bool load(struct machine *m, const struct bpf_insn *insn)
{
	uint64_t addr = m->r[insn->src_reg] + insn->off, v = 0;
	uint32_t size = size_of(insn->code);
	uint8_t *at;

	if (addr >> 44 == CTX)
		return load_ctx(m, insn);
	at = reach(m, addr, size);
	if (!at)
		return false;
	memcpy(&v, at, size);
	m->r[insn->dst_reg] = BPF_MODE(insn->code) == BPF_MEMSX ? sign_extend(v, size * 8) : v;
	return true;
}

static bool change(struct machine *m, const struct bpf_insn *insn, uint8_t *at, uint32_t size)
{
	uint64_t old = 0, new, src = m->r[insn->src_reg];

	memcpy(&old, at, size);
	switch (insn->imm & ~BPF_FETCH) {
	case BPF_ADD:	new = old + src; break;
	case BPF_AND:	new = old & src; break;
	case BPF_OR:	new = old | src; break;
	case BPF_XOR:	new = old ^ src; break;
	default:	new = src;	/* BPF_XCHG */
	}
	memcpy(at, &new, size);
	if (insn->imm & BPF_FETCH)
		m->r[insn->src_reg] = old;
	return true;
}

static bool store(struct machine *m, const struct bpf_insn *insn)
{
	uint32_t size = size_of(insn->code);
	uint64_t v = BPF_CLASS(insn->code) == BPF_STX ? m->r[insn->src_reg] : (uint64_t)(int64_t)insn->imm;
	uint8_t *at = reach(m, m->r[insn->dst_reg] + insn->off, size);

	if (!at)
		return false;
	if (BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC)
		return change(m, insn, at, size);
	memcpy(at, &v, size);
	return true;
}

/* ---- jumps and calls ---- */

static bool holds(uint8_t op, uint64_t a, uint64_t b, int64_t sa, int64_t sb)
{
	switch (op) {
	case BPF_JEQ:	return a == b;
	case BPF_JNE:	return a != b;
	case BPF_JGT:	return a > b;
	case BPF_JGE:	return a >= b;
	case BPF_JLT:	return a < b;
	case BPF_JLE:	return a <= b;
	case BPF_JSGT:	return sa > sb;
	case BPF_JSGE:	return sa >= sb;
	case BPF_JSLT:	return sa < sb;
	case BPF_JSLE:	return sa <= sb;
	default:	return a & b;	/* BPF_JSET */
	}
}

static bool jumps(const struct machine *m, const struct bpf_insn *insn)
{
	uint64_t a = m->r[insn->dst_reg];
	uint64_t b = BPF_SRC(insn->code) == BPF_X ? m->r[insn->src_reg] : (uint64_t)(int64_t)insn->imm;

	if (BPF_CLASS(insn->code) == BPF_JMP32)
		return holds(BPF_OP(insn->code), (uint32_t)a, (uint32_t)b, (int32_t)a, (int32_t)b);
	return holds(BPF_OP(insn->code), a, b, a, b);
}

/* The first half of the values are the array's, the others the hash's, of which some are not there. */
static bool lookup(struct machine *m)
{
	bool hash = m->r[1];
	uint8_t *key = reach(m, m->r[2], hash ? 8 : 4);
	uint64_t index = 0;

	if (!key)
		return false;
	memcpy(&index, key, hash ? 8 : 4);
	m->r[0] = index >= VALUES || (hash && rnd(m) % 4 == 0) ? 0 :
		base_of(VALUES_OF_MAPS, index + hash * VALUES);
	return true;
}

static bool call(struct machine *m, const struct bpf_insn *insn)
{
	if (insn->src_reg == BPF_PSEUDO_CALL) {
		struct frame *frame = &m->frames[m->depth++];

		memcpy(frame->saved, &m->r[6], sizeof(frame->saved));
		frame->back = m->pc + 1;
		m->r[10] = base_of(STACKS, m->depth) + STACK_SIZE;
		m->pc += insn->imm;
		return true;
	}
	if (insn->imm == BPF_FUNC_map_lookup_elem) {
		if (!lookup(m))
			return false;
	} else {
		m->r[0] = (uint32_t)interesting(m);
	}
	for (int i = 1; i <= 5; i++)
		m->r[i] = rnd(m);	/* nothing may depend on them */
	return true;
}

static void leave(struct machine *m)
{
	struct frame *frame = &m->frames[--m->depth];

	memcpy(&m->r[6], frame->saved, sizeof(frame->saved));
	m->r[10] = base_of(STACKS, m->depth) + STACK_SIZE;
	m->pc = frame->back - 1;
}

/* ---- running ---- */

static bool claims_hold(struct machine *m)
{
	const struct claims *at;

	if (!m->claims)
		return true;
	at = m->claims->at[m->pc];
	if (!at[BPF_REG_10].told) {
		snprintf(m->why, sizeof(m->why), "insn %u: nobody should come here", m->pc);
		return false;
	}
	for (int i = 0; i < BPF_REG_10; i++)
		if (at[i].told && !at[i].other && !is_as_claimed(&at[i].sum, m->r[i])) {
			snprintf(m->why, sizeof(m->why),
				 "insn %u: r%d is %llx, claimed to be u64=[%llx, %llx] bits %llx/%llx",
				 m->pc, i, (unsigned long long)m->r[i],
				 (unsigned long long)at[i].sum.umin, (unsigned long long)at[i].sum.umax,
				 (unsigned long long)at[i].sum.value, (unsigned long long)at[i].sum.mask);
			return false;
		}
	return true;
}

/* false: it is over, well or not. */
static bool step(struct machine *m)
{
	const struct bpf_insn *insn = &m->insns[m->pc];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		compute(m, insn);
		return true;
	case BPF_LDX:
		return load(m, insn);
	case BPF_ST:
	case BPF_STX:
		return store(m, insn);
	case BPF_LD:	/* a map, by its number, or a constant */
		m->r[insn->dst_reg] = (uint64_t)(uint32_t)insn[1].imm << 32 | (uint32_t)insn->imm;
		m->pc++;
		return true;
	}
	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		return call(m, insn);
	case BPF_EXIT:
		if (!m->depth)
			return false;
		leave(m);
		return true;
	case BPF_JA:
		m->pc += BPF_CLASS(insn->code) == BPF_JMP32 ? insn->imm : insn->off;
		return true;
	default:
		if (jumps(m, insn))
			m->pc += insn->off;
		return true;
	}
}

static void fill(struct machine *m, void *mem, size_t size)
{
	uint8_t *bytes = mem;

	for (size_t i = 0; i < size; i++)
		bytes[i] = rnd(m) % 4 ? rnd(m) : 0;
}

const char *run_checked(const struct bpf_insn *insns, uint32_t cnt, const struct claim_table *claims,
			uint64_t seed)
{
	static struct machine machine;
	struct machine *m = &machine;

	*m = (struct machine){ .insns = insns, .cnt = cnt, .claims = claims,
			       .seed = (seed + 1) * 0x9e3779b97f4a7c15 };
	fill(m, m->stack, sizeof(m->stack));
	fill(m, m->packet, sizeof(m->packet));
	fill(m, m->values, sizeof(m->values));
	for (size_t i = 0; i < ARRAY_SIZE(m->ctx); i++)
		m->ctx[i] = interesting(m);
	for (int i = 0; i < BPF_REG_10; i++)
		m->r[i] = rnd(m);
	m->packet_size = rnd(m) % (PACKET_MAX + 1);
	m->r[1] = base_of(CTX, 0);
	m->r[10] = base_of(STACKS, 0) + STACK_SIZE;
	for (uint32_t steps = 0; steps < STEPS_MAX; steps++, m->pc++) {
		if (m->pc >= cnt)
			return "it runs out of the program";
		if (!claims_hold(m))
			return m->why;
		if (!step(m))
			return m->why[0] ? m->why : NULL;
	}
	return "it does not end";
}
