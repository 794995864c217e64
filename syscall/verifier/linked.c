/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Linked scalars: registers and spilled registers with the same id hold the same value, or values
 * at a fixed distance. What a branch teaches about one holds for all, and if one must be precise
 * all must. Six of them fit into one step of the history; a seventh loses its link.
 */
#include "env.h"

#define LINKED_MAX 6
#define ENTRY_BITS 10
#define COUNT_BITS 4

struct entry {
	uint32_t frameno;
	uint32_t index;		/* register number or slot */
	bool is_reg;
};

/* A set: number of entries in the low four bits, then ten bits each: frame, index, is_reg. */
static uint32_t count(uint64_t set)
{
	return set & ((1 << COUNT_BITS) - 1);
}

static struct entry entry_at(uint64_t set, uint32_t i)
{
	uint64_t bits = set >> (COUNT_BITS + i * ENTRY_BITS);

	return (struct entry){ .frameno = bits & 7, .index = bits >> 3 & 0x3f,
			       .is_reg = bits >> 9 & 1 };
}

static void add(uint64_t *set, struct reg *reg, uint32_t id, struct entry e)
{
	uint32_t n = count(*set);
	uint64_t bits = e.frameno | e.index << 3 | (uint64_t)e.is_reg << 9;

	if (reg->type != REG_SCALAR || !reg->id || (reg->id & ~ID_ADD_CONST) != id)
		return;
	if (n == LINKED_MAX) {
		reg_unlink(reg);
		return;
	}
	*set = (*set + 1) | bits << (COUNT_BITS + n * ENTRY_BITS);
}

/* Add the scalars of @id to @set. */
void collect_linked(struct verifier_env *env, uint32_t id, uint64_t *set)
{
	struct state *state = env->cur;

	id &= ~ID_ADD_CONST;
	for (int f = state->curframe; f >= 0; f--) {
		struct frame *frame = state->frame[f];
		uint16_t live = env->aux[frame_insn(state, f)].live_regs;

		for (uint32_t i = 0; i < BPF_REG_FP; i++)
			if (live >> i & 1)
				add(set, &frame->regs[i], id, (struct entry){ f, i, true });
		for (uint32_t i = 0; i < frame->slot_cnt; i++)
			if (slot_is_spill(&frame->stack[i]))
				add(set, frame->stack[i].spilled, id,
				    (struct entry){ f, i, false });
	}
}

uint32_t linked_count(uint64_t set)
{
	return count(set);
}

/* @reg becomes what @known is, or that plus the distance between them. */
static void follow(struct reg *reg, const struct reg *known)
{
	struct scalar distance;
	struct reg old = *reg;

	if (reg->type != REG_SCALAR || reg == known ||
	    (reg->id & ~ID_ADD_CONST) != (known->id & ~ID_ADD_CONST))
		return;
	if (((reg->id ^ known->id) & ID_ADD_CONST) == ID_ADD_CONST)
		return;		/* one wraps at 32 bits, the other does not */
	*reg = *known;
	if ((!(old.id & ID_ADD_CONST) && !(known->id & ID_ADD_CONST)) || old.off == known->off)
		return;
	distance = scalar_const((int64_t)old.off - known->off);
	reg->off = old.off;
	reg->id = old.id;
	scalar_add(&reg->num, &distance);
	if ((reg->id | known->id) & ID_ADD_CONST32)
		scalar_zero_extend32(&reg->num);
	scalar_sync(&reg->num);
}

/* In @state, everything of @set that is linked to @known learns what is known of it. */
void sync_linked(struct state *state, const struct reg *known, uint64_t set)
{
	for (uint32_t i = 0; i < count(set); i++) {
		struct entry e = entry_at(set, i);
		struct frame *frame = state->frame[e.frameno];

		follow(e.is_reg ? &frame->regs[e.index] : frame->stack[e.index].spilled, known);
	}
}

static bool is_tracked(const struct backtrack *bt, struct entry e)
{
	return e.is_reg ? bt->regs[e.frameno] >> e.index & 1 : bt->slots[e.frameno] >> e.index & 1;
}

/* One of them tracked back: all of them are. */
void linked_track(struct backtrack *bt, const struct step *step)
{
	uint64_t set = step ? step->linked : 0;
	bool any = false;

	for (uint32_t i = 0; i < count(set); i++)
		any |= is_tracked(bt, entry_at(set, i));
	if (!any)
		return;
	for (uint32_t i = 0; i < count(set); i++) {
		struct entry e = entry_at(set, i);

		if (e.is_reg)
			bt_set_reg(bt, e.frameno, e.index);
		else
			bt_set_slot(bt, e.frameno, e.index);
	}
}
