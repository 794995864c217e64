/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Iterators on the stack: made, asked for the next element until there is none, destroyed. A call of
 * "next" splits the path: one goes on with an element, the other knows there is none. A round that
 * begins in a state within an earlier one's needs no further walk, so loops need no bound.
 *
 * An iterator is as long as its struct in the kernel's BTF, "bpf_iter_NAME".
 */
#include "env.h"

#define PREFIX "bpf_iter_"

const char *iter_type_name(const struct verifier_env *env, uint32_t type)
{
	const struct btf_type *t = kern_btf_type(env->in->kernel_btf, type);
	const char *name = t ? kern_btf_type_name(env->in->kernel_btf, t) : "";

	return strncmp(name, PREFIX, strlen(PREFIX)) ? name : name + strlen(PREFIX);
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
	if (off % SLOT_SIZE || off >= 0 || off < -MAX_STACK ||
	    (uint32_t)(-off / SLOT_SIZE) < slots) {
		vlog(env, "cannot pass in iter at an offset=%d\n", off);
		return -1;
	}
	return -off / SLOT_SIZE - 1;
}

static bool is_iter_slot(const struct slot *slot)
{
	return slot->type[SLOT_SIZE - 1] == SLOT_ITER;
}

/* Bits of the slots of an iterator at @index. */
static uint64_t slot_mask(int index, uint32_t slots)
{
	return ((1ULL << slots) - 1) << (index - (slots - 1));
}

static bool is_free(const struct frame *frame, int index, uint32_t slots)
{
	for (uint32_t i = 0; i < slots; i++)
		if ((uint32_t)index - i < frame->slot_cnt && is_iter_slot(&frame->stack[index - i]))
			return false;
	return true;
}

static bool holds_iter(const struct frame *frame, int index, uint32_t slots, uint32_t type)
{
	if ((uint32_t)index >= frame->slot_cnt)
		return false;
	for (uint32_t i = 0; i < slots; i++) {
		const struct slot *slot = &frame->stack[index - i];

		for (int b = 0; b < SLOT_SIZE; b++)
			if (slot->type[b] != SLOT_ITER)
				return false;
		if (slot->spilled->iter_type != type || !slot->spilled->ref_id != (i > 0))
			return false;
	}
	return true;
}

static void create(struct verifier_env *env, struct frame *frame, int index, uint32_t slots,
		   const struct kfunc_call *call, uint32_t type)
{
	uint32_t id = acquire_ref(env, env->insn_idx);

	for (uint32_t i = 0; i < slots; i++) {
		struct slot *slot = &frame->stack[index - i];

		memset(slot->spilled, 0, sizeof(*slot->spilled));
		slot->spilled->type = REG_STACK;		/* any kind that needs no care of its own */
		if (call->kfunc->flags & BPFX_KF_RCU_PROTECTED)
			slot->spilled->type |= in_rcu_section(env) ? REG_RCU : REG_UNTRUSTED;
		reg_zero_offset(slot->spilled);
		slot->spilled->ref_id = i ? 0 : id;
		slot->spilled->iter_type = type;
		slot->spilled->iter_state = ITER_ACTIVE;
		memset(slot->type, SLOT_ITER, SLOT_SIZE);
		scratch_slot(env, index - i);
	}
	live_stack_write(env, frame->frameno, slot_mask(index, slots));
}

static int destroy(struct verifier_env *env, struct frame *frame, int index, uint32_t slots)
{
	int err = release_ref(env, frame->stack[index].spilled->ref_id);

	for (uint32_t i = 0; i < slots; i++) {
		struct slot *slot = &frame->stack[index - i];

		reg_set_not_init(slot->spilled);
		memset(slot->type, SLOT_INVALID, SLOT_SIZE);
		scratch_slot(env, index - i);
	}
	live_stack_write(env, frame->frameno, slot_mask(index, slots));
	return err;
}

static int check_new(struct verifier_env *env, struct kfunc_call *call, struct frame *frame,
		     uint32_t regno, int index, uint32_t slots, uint32_t type)
{
	struct mem_access m = { .regno = regno, .size = SLOT_SIZE, .access = ACCESS_WRITE,
				.value_regno = -1 };

	if (index < 0 || !is_free(frame, index, slots)) {
		vlog(env, "expected uninitialized iter_%s as arg #%d\n", iter_type_name(env, type),
		     regno - 1);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < slots; i++) {
		int err;

		m.off = i * SLOT_SIZE;
		err = check_mem_access(env, &m);
		if (err)
			return err;
	}
	create(env, frame, index, slots, call, type);
	return 0;
}

/* The iterator in @regno. @param: the struct that the function takes. */
int check_iter_arg(struct verifier_env *env, struct kfunc_call *call, uint32_t regno,
		   const struct btf_type *param)
{
	const struct reg *reg = &cur_regs(env)[regno];
	const char *name = kern_btf_type_name(call->kfunc->btf, param);
	uint32_t type, slots = param->size / SLOT_SIZE;
	struct frame *frame;
	int index;

	if (reg->type != REG_STACK) {
		vlog(env, "arg#%d expected pointer to an iterator on stack\n", regno - 1);
		return -EINVAL;
	}
	type = strncmp(name, PREFIX, strlen(PREFIX)) ? 0 :
		kern_btf_find(call->kfunc->btf, name, BTF_KIND_STRUCT);
	if (!type || !slots || slots > 8) {
		vlog(env, "expected valid iter pointer as arg #%d\n", regno - 1);
		return -EINVAL;
	}
	frame = frame_of(env, reg);
	index = slot_index(env, reg, slots);
	call->iter = *reg;
	if (call->kfunc->flags & BPFX_KF_ITER_NEW)
		return check_new(env, call, frame, regno, index, slots, type);
	if (index < 0 || !holds_iter(frame, index, slots, type)) {
		vlog(env, "expected an initialized iter_%s as arg #%d\n", iter_type_name(env, type),
		     regno - 1);
		return -EINVAL;
	}
	if (frame->stack[index].spilled->type & REG_UNTRUSTED) {
		vlog(env, "expected an RCU CS when using %s\n", call->kfunc->name);
		return -EINVAL;
	}
	live_stack_read(env, frame->frameno, env->insn_idx, slot_mask(index, slots));
	for (uint32_t i = 0; i < slots; i++)
		scratch_slot(env, index - i);
	call->iter_id = frame->stack[index].spilled->ref_id;
	return call->kfunc->flags & BPFX_KF_ITER_DESTROY ? destroy(env, frame, index, slots) : 0;
}

/* ---- next ---- */

static struct reg *iter_in(const struct state *state, const struct reg *ptr)
{
	int off = ptr->off + (int)ptr->num.bits.value;

	return state->frame[ptr->frameno]->stack[-off / SLOT_SIZE - 1].spilled;
}

/* What the call's iterator is made of: elements are protected as it is. */
bool iter_is_rcu(const struct verifier_env *env, const struct kfunc_call *call)
{
	return iter_in(env->cur, &call->iter)->type & REG_RCU;
}

/* Iterator that the call of "next" at the current instruction is for. */
const struct reg *iter_of_next(const struct verifier_env *env, const struct state *state)
{
	return iter_in(state, &cur_regs(env)[BPF_REG_1]);
}

/* r0 holds the element, which may be NULL. */
int iter_next(struct verifier_env *env, struct kfunc_call *call)
{
	struct state *cur = env->cur, *queued;
	struct reg *iter = iter_in(cur, &call->iter), *r0;
	const struct state *earlier;

	if (iter->iter_state == ITER_ACTIVE) {
		earlier = cur->parent ? earlier_round(cur->parent->parent, cur, call->insn_idx) :
					NULL;
		queued = push_branch(env, call->insn_idx + 1, call->insn_idx);
		if (!queued)
			return -E2BIG;
		iter_in(queued, &call->iter)->iter_depth++;
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

			if (!is_iter_slot(a) || a->spilled->iter_state != ITER_ACTIVE)
				continue;
			if (i < cur->frame[f]->slot_cnt &&
			    a->spilled->iter_depth != cur->frame[f]->stack[i].spilled->iter_depth)
				return true;
		}
	return false;
}
