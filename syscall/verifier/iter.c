/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Iterators on the stack: made, asked for the next element until there is none, destroyed. A call of
 * "next" splits the path: one goes on with an element, the other knows there is none. A round that
 * begins in a state within an earlier one's needs no further walk, so loops need no bound.
 */
#include "env.h"

static const struct iter_type {
	const char *name;
	uint32_t slots;
} types[ITER_KIND_CNT] = {
	[ITER_NUM] = { "num", 1 },
};

const char *iter_kind_name(uint32_t kind)
{
	return types[kind].name;
}

const char *iter_state_name(uint32_t state)
{
	return state == ITER_ACTIVE ? "active" : state == ITER_DRAINED ? "drained" : "<invalid>";
}

/* Slot at the lower end of what @reg points to, -1: not an iterator's place. */
static int slot_index(struct verifier_env *env, const struct reg *reg, uint32_t slots)
{
	int off = reg->off + (int)reg->num.bits.value;

	if (!tnum_is_const(reg->num.bits)) {
		vlog(env, "iter has to be at a constant offset\n");
		return -1;
	}
	if (off % SLOT_SIZE || off >= 0 || off < -MAX_STACK) {
		vlog(env, "cannot pass in iter at an offset=%d\n", off);
		return -1;
	}
	if ((uint32_t)(-off / SLOT_SIZE) < slots) {
		vlog(env, "cannot pass in iter at an offset=%d\n", off);
		return -1;
	}
	return -off / SLOT_SIZE - 1;
}

static bool is_iter_slot(const struct slot *slot)
{
	return slot->type[SLOT_SIZE - 1] == SLOT_ITER;
}

static bool is_free(const struct frame *frame, int index, uint32_t slots)
{
	for (uint32_t i = 0; i < slots; i++)
		if ((uint32_t)index - i < frame->slot_cnt && is_iter_slot(&frame->stack[index - i]))
			return false;
	return true;
}

static bool holds_iter(const struct frame *frame, int index, const struct kfunc *kfunc)
{
	const struct slot *slot;

	if ((uint32_t)index >= frame->slot_cnt)
		return false;
	slot = &frame->stack[index];
	for (int i = 0; i < SLOT_SIZE; i++)
		if (slot->type[i] != SLOT_ITER)
			return false;
	return slot->spilled.ref_id && slot->spilled.iter_kind == kfunc->iter_kind;
}

static void create(struct verifier_env *env, struct frame *frame, int index,
		   const struct kfunc *kfunc)
{
	uint32_t id = acquire_ref(env, env->insn_idx);
	struct slot *slot = &frame->stack[index];

	memset(&slot->spilled, 0, sizeof(slot->spilled));
	slot->spilled.type = REG_STACK;		/* any kind that needs no care of its own */
	reg_zero_offset(&slot->spilled);
	slot->spilled.ref_id = id;
	slot->spilled.iter_kind = kfunc->iter_kind;
	slot->spilled.iter_state = ITER_ACTIVE;
	memset(slot->type, SLOT_ITER, SLOT_SIZE);
	live_stack_write(env, frame->frameno, 1ULL << index);
	scratch_slot(env, index);
}

static int destroy(struct verifier_env *env, struct frame *frame, int index)
{
	struct slot *slot = &frame->stack[index];
	int err = release_ref(env, slot->spilled.ref_id);

	reg_set_not_init(&slot->spilled);
	memset(slot->type, SLOT_INVALID, SLOT_SIZE);
	live_stack_write(env, frame->frameno, 1ULL << index);
	scratch_slot(env, index);
	return err;
}

static int check_new(struct verifier_env *env, const struct kfunc *kfunc, struct frame *frame,
		     int index)
{
	struct mem_access m = { .regno = BPF_REG_1, .size = SLOT_SIZE, .access = ACCESS_WRITE,
				.value_regno = -1 };
	uint32_t slots = types[kfunc->iter_kind].slots;

	if (index < 0 || !is_free(frame, index, slots)) {
		vlog(env, "expected uninitialized iter_%s as arg #0\n", types[kfunc->iter_kind].name);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < slots; i++) {
		int err;

		m.off = i * SLOT_SIZE;
		err = check_mem_access(env, &m);
		if (err)
			return err;
	}
	create(env, frame, index, kfunc);
	return 0;
}

/* The iterator in r1; *ref_id: the reference that what it gives lives as long as. */
int check_iter_arg(struct verifier_env *env, const struct kfunc *kfunc, uint32_t *ref_id)
{
	const struct reg *reg = &cur_regs(env)[BPF_REG_1];
	struct frame *frame;
	int index;

	if (reg->type != REG_STACK) {
		vlog(env, "arg#0 expected pointer to an iterator on stack\n");
		return -EINVAL;
	}
	frame = frame_of(env, reg);
	index = slot_index(env, reg, types[kfunc->iter_kind].slots);
	if (kfunc->role == KFUNC_ITER_NEW)
		return check_new(env, kfunc, frame, index);
	if (index < 0 || !holds_iter(frame, index, kfunc)) {
		vlog(env, "expected an initialized iter_%s as arg #0\n",
		     types[kfunc->iter_kind].name);
		return -EINVAL;
	}
	live_stack_read(env, frame->frameno, env->insn_idx, 1ULL << index);
	scratch_slot(env, index);
	*ref_id = frame->stack[index].spilled.ref_id;
	return kfunc->role == KFUNC_ITER_DESTROY ? destroy(env, frame, index) : 0;
}

/* ---- next ---- */

static struct reg *iter_in(const struct state *state, const struct reg *ptr)
{
	int off = ptr->off + (int)ptr->num.bits.value;

	return &state->frame[ptr->frameno]->stack[-off / SLOT_SIZE - 1].spilled;
}

/* Iterator that the call of "next" at the current instruction is for. */
const struct reg *iter_of_next(const struct verifier_env *env, const struct state *state)
{
	return iter_in(state, &cur_regs(env)[BPF_REG_1]);
}

/* @iter_ptr: r1 of the call; r0 holds the element, which may be NULL. */
int iter_next(struct verifier_env *env, uint32_t insn_idx)
{
	struct state *cur = env->cur, *queued;
	struct reg *iter = iter_in(cur, &env->scratch_reg[0]), *r0;
	const struct state *earlier;

	if (iter->iter_state == ITER_ACTIVE) {
		earlier = cur->parent ? earlier_round(cur->parent->parent, cur, insn_idx) : NULL;
		queued = push_branch(env, insn_idx + 1, insn_idx);
		if (!queued)
			return -E2BIG;
		iter_in(queued, &env->scratch_reg[0])->iter_depth++;
		if (earlier)
			widen_imprecise(env, earlier, queued);
		make_not_null(&queued->frame[queued->curframe]->regs[BPF_REG_0]);
	}
	iter->iter_state = ITER_DRAINED;
	r0 = &cur_regs(env)[BPF_REG_0];
	env_set_unknown(env, r0);
	reg_set_const(r0, 0);
	return 0;
}

/* Rounds of an iterator that is active: states of different rounds are no endless loop. */
bool iter_depths_differ(const struct state *old, const struct state *cur)
{
	for (uint32_t f = 0; f <= old->curframe; f++)
		for (uint32_t i = 0; i < old->frame[f]->slot_cnt; i++) {
			const struct slot *a = &old->frame[f]->stack[i];

			if (!is_iter_slot(a) || a->spilled.iter_state != ITER_ACTIVE)
				continue;
			if (i < cur->frame[f]->slot_cnt &&
			    a->spilled.iter_depth != cur->frame[f]->stack[i].spilled.iter_depth)
				return true;
		}
	return false;
}
