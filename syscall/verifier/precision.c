/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Precision: most numbers do not matter for safety, and states that differ only in them are equal.
 * Where one matters (an offset, a size, a branch that goes one way) it is tracked back along the
 * path to where it came from, and marked in every state remembered on the way.
 */
#include <stdio.h>
#include "env.h"

#define ARGS_MASK 0x3eu	/* r1..r5 */

/* ---- the set that is tracked ---- */

static bool bt_is_empty(const struct backtrack *bt)
{
	for (uint32_t f = 0; f <= bt->frame; f++)
		if (bt->regs[f] || bt->slots[f])
			return false;
	return true;
}

static void bt_reset(struct backtrack *bt)
{
	memset(bt->regs, 0, sizeof(bt->regs));
	memset(bt->slots, 0, sizeof(bt->slots));
	bt->frame = 0;
}

static bool bt_has_reg(const struct backtrack *bt, uint32_t reg)
{
	return bt->regs[bt->frame] >> reg & 1;
}

static void bt_clear_reg(struct backtrack *bt, uint32_t reg)
{
	bt->regs[bt->frame] &= ~(1u << reg);
}

static void bt_add_reg(struct backtrack *bt, uint32_t reg)
{
	bt->regs[bt->frame] |= 1u << reg;
}

static void log_regs(struct verifier_env *env, uint32_t regs)
{
	const char *sep = "";

	for (uint32_t i = 0; i < 32; i++)
		if (regs >> i & 1) {
			vlog(env, "%sr%u", sep, i);
			sep = ",";
		}
}

/* ---- one instruction back: what must be known before it ---- */

/* What back-tracking cannot follow makes every number on the path precise. */
#define GIVE_UP (-ENOTSUPP)

static int back_over_alu(struct backtrack *bt, const struct bpf_insn *insn)
{
	uint8_t op = BPF_OP(insn->code);
	bool reg = BPF_SRC(insn->code) == BPF_X;

	if (!bt_has_reg(bt, insn->dst_reg))
		return 1;
	if (op == BPF_END || op == BPF_NEG)
		return 1;
	if (op == BPF_MOV)
		bt_clear_reg(bt, insn->dst_reg);
	if (reg && insn->src_reg != BPF_REG_FP)
		bt_add_reg(bt, insn->src_reg);
	return 0;
}

static int back_over_load(struct backtrack *bt, const struct bpf_insn *insn,
			  const struct step *step)
{
	if (!bt_has_reg(bt, insn->dst_reg))
		return 1;
	bt_clear_reg(bt, insn->dst_reg);
	if (!step || !(step->flags & STEP_STACK))
		return 1;
	bt_set_slot(bt, step_frame(step->flags), step_slot(step->flags));
	return 0;
}

static int back_over_store(struct backtrack *bt, const struct bpf_insn *insn,
			   const struct step *step)
{
	uint32_t frame;
	uint64_t slot;

	if (bt_has_reg(bt, insn->dst_reg))
		return GIVE_UP;		/* a number as address: difference of pointers */
	if (!step || !(step->flags & STEP_STACK))
		return 1;
	frame = step_frame(step->flags);
	slot = 1ULL << step_slot(step->flags);
	if (!(bt->slots[frame] & slot))
		return 1;
	bt->slots[frame] &= ~slot;
	if (BPF_CLASS(insn->code) == BPF_STX)
		bt_add_reg(bt, insn->src_reg);
	return 0;
}

/* Backwards over a call of a static function: from its first instruction into the caller. */
static int leave_to_caller(struct backtrack *bt, bool keep_args)
{
	uint32_t args = bt->regs[bt->frame];

	if ((args & ~ARGS_MASK) || bt->slots[bt->frame] || !bt->frame)
		return GIVE_UP;
	bt->regs[bt->frame] = 0;
	bt->frame--;
	if (keep_args)
		bt->regs[bt->frame] |= args;
	return 1;
}

static int back_over_local_call(struct verifier_env *env, struct backtrack *bt, uint32_t idx)
{
	int subprog = find_subprog(env, idx + 1 + env->insns[idx].imm);

	if (subprog < 0)
		return GIVE_UP;
	if (!env->subprogs[subprog].global)
		return leave_to_caller(bt, true);
	if (bt->regs[bt->frame] & ARGS_MASK)
		return GIVE_UP;
	bt_clear_reg(bt, BPF_REG_0);
	return 1;
}

static int enter_callee(struct backtrack *bt)
{
	if (bt->frame + 1 >= MAX_FRAMES)
		return GIVE_UP;
	bt->frame++;
	return 1;
}

/* Backwards over the end of a function: into it, looking for its result. */
static int back_over_exit(struct verifier_env *env, struct backtrack *bt, int later)
{
	bool wants_result;

	if (later >= 0 && env->aux[later].calls_callback)
		bt->regs[bt->frame] &= ~ARGS_MASK;	/* set by who calls the callback */
	if (bt->regs[bt->frame] & ARGS_MASK)
		return GIVE_UP;
	wants_result = later > 0 && insn_is_local_call(&env->insns[later - 1]) &&
		       bt_has_reg(bt, BPF_REG_0);
	bt_clear_reg(bt, BPF_REG_0);
	if (enter_callee(bt) < 0)
		return GIVE_UP;
	if (wants_result)
		bt_add_reg(bt, BPF_REG_0);
	return 1;
}

static int back_over_call(struct verifier_env *env, struct backtrack *bt, uint32_t idx, int later)
{
	const struct bpf_insn *insn = &env->insns[idx];

	if (insn_is_local_call(insn))
		return back_over_local_call(env, bt, idx);
	if (calls_sync_callback(env, insn) && (int)idx != later - 1)
		return leave_to_caller(bt, false);
	bt_clear_reg(bt, BPF_REG_0);
	if (bt->regs[bt->frame] & ARGS_MASK)
		return GIVE_UP;
	return may_end_function(insn) && (int)idx != later - 1 ? enter_callee(bt) : 0;
}

static int back_over_jump(struct verifier_env *env, struct backtrack *bt, uint32_t idx, int later,
			  const struct step *step)
{
	const struct bpf_insn *insn = &env->insns[idx];
	uint32_t flags = step ? step->flags : 0;

	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		return back_over_call(env, bt, idx, later);
	case BPF_EXIT:
		return back_over_exit(env, bt, later);
	case BPF_JA:
	case BPF_JCOND:
		return 0;
	}
	if (BPF_SRC(insn->code) != BPF_X)
		return 0;
	if (!bt_has_reg(bt, insn->dst_reg) && !bt_has_reg(bt, insn->src_reg))
		return 1;
	if (!(flags & STEP_SRC_STACK))
		bt_add_reg(bt, insn->src_reg);
	if (!(flags & STEP_DST_STACK))
		bt_add_reg(bt, insn->dst_reg);
	return 0;
}

static int back_over_ld(struct backtrack *bt, const struct bpf_insn *insn, bool ended_function)
{
	if (ended_function && !bt_has_reg(bt, BPF_REG_0))
		return bt->regs[bt->frame] & ARGS_MASK ? GIVE_UP : enter_callee(bt);
	if (!bt_has_reg(bt, insn->dst_reg))
		return 1;
	bt_clear_reg(bt, insn->dst_reg);
	return insn_is_ld_imm64(insn) ? 0 : GIVE_UP;
}

static int back_over_class(struct verifier_env *env, struct backtrack *bt, uint32_t idx, int later,
			   const struct step *step)
{
	const struct bpf_insn *insn = &env->insns[idx];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return back_over_alu(bt, insn);
	case BPF_LDX:
		return back_over_load(bt, insn, step);
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC && insn->imm == BPF_LOAD_ACQ)
			return back_over_load(bt, insn, step);
		return back_over_store(bt, insn, step);
	case BPF_ST:
		return back_over_store(bt, insn, step);
	case BPF_LD:
		return back_over_ld(bt, insn, may_end_function(insn) && (int)idx != later - 1);
	default:
		return back_over_jump(env, bt, idx, later, step);
	}
}

/* @later: the instruction that ran after @idx, -1: none. */
static int back_over(struct verifier_env *env, uint32_t idx, int later, const struct step *step)
{
	struct backtrack *bt = &env->bt;
	int err;

	if (!env->insns[idx].code)
		return 0;
	if (log_verbose(env)) {
		vlog(env, "mark_precise: frame%d: regs=", bt->frame);
		log_regs(env, bt->regs[bt->frame]);
		vlog(env, " stack=");
		log_slots(env, bt->slots[bt->frame]);
		vlog(env, " before %d: ", idx);
		log_insn(env, idx);
	}
	if (step && step->linked)
		linked_track(bt, step);
	err = back_over_class(env, bt, idx, later, step);
	if (!err && step && step->linked)
		linked_track(bt, step);
	return err < 0 ? err : 0;
}

/* ---- skipping what cannot matter ---- */

#define NEVER_SKIP 0x8000u
#define SKIP_WITHOUT_SLOTS 0x4000u	/* … unless stack slots are tracked */

static uint16_t regs_of(const struct bpf_insn *insn)
{
	uint8_t op = BPF_OP(insn->code);
	uint16_t dst = 1u << (insn->dst_reg & 0xf), src = 1u << (insn->src_reg & 0xf);

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX:
	case BPF_LD:
		return may_end_function(insn) ? NEVER_SKIP : dst;
	case BPF_ST:
	case BPF_STX:
		return BPF_MODE(insn->code) == BPF_ATOMIC ? NEVER_SKIP : dst | SKIP_WITHOUT_SLOTS;
	default:
		if (op == BPF_CALL || op == BPF_EXIT)
			return NEVER_SKIP;
		if (op == BPF_JA || op == BPF_JCOND)
			return 0;
		return BPF_SRC(insn->code) == BPF_X ? dst | src : 0;
	}
}

void prepare_tracking(struct verifier_env *env)
{
	env->back_regs = pool_alloc(&env->pool, env->insn_cnt * sizeof(*env->back_regs));
	for (uint32_t i = 0; i < env->insn_cnt; i++)
		env->back_regs[i] = regs_of(&env->insns[i]);
}

static bool tracks_slots(const struct backtrack *bt)
{
	for (uint32_t f = 0; f <= bt->frame; f++)
		if (bt->slots[f])
			return true;
	return false;
}

static bool may_skip(const struct verifier_env *env, uint32_t idx, const struct step *step)
{
	uint16_t regs = env->back_regs[idx];

	if ((regs & (NEVER_SKIP | env->bt.regs[env->bt.frame])) || (step && step->linked) ||
	    log_verbose(env))
		return false;
	return !(regs & SKIP_WITHOUT_SLOTS) || !tracks_slots(&env->bt);
}

/* From @idx back to where something may matter, a step was noted, or the stretch begins. */
static int skip_back(const struct verifier_env *env, const struct state *state, uint32_t cnt, int idx)
{
	const struct backtrack *bt = &env->bt;
	const uint16_t *regs = env->back_regs;
	uint16_t matter = NEVER_SKIP | bt->regs[bt->frame] |
			  (tracks_slots(bt) ? SKIP_WITHOUT_SLOTS : 0);
	int stop = 0, first = state->first_insn, step = cnt ? (int)state->steps[cnt - 1].idx : 0;

	if (first <= idx)
		stop = first;
	if (step <= idx)
		stop = MAX(stop, step);
	while (idx > stop && !(regs[idx] & matter))
		idx--;
	return idx;
}

/* ---- one stretch back: from @last to the first instruction since the parent ---- */

static struct step *step_at(const struct state *state, uint32_t cnt, uint32_t idx)
{
	return cnt && state->steps[cnt - 1].idx == idx ? &state->steps[cnt - 1] : NULL;
}

/* Instruction before @idx on the path of @state, -1: none in it. */
static int previous(const struct state *state, uint32_t idx, uint32_t *cnt)
{
	if (idx == state->first_insn &&
	    (!*cnt || (*cnt == 1 && state->steps[0].idx == idx)))
		return -1;
	if (*cnt && state->steps[*cnt - 1].idx == idx)
		return state->steps[--*cnt].prev;
	return idx - 1;
}

static bool outer_frames_tracked(const struct backtrack *bt)
{
	for (uint32_t f = 0; f < bt->frame; f++)
		if (bt->regs[f] || bt->slots[f])
			return true;
	return false;
}

/*
 * Tracking back the same from the same step has the same effect on the states before, and that of a
 * set is the sum of its members': what was tracked beyond @step once needs not be again. Not where
 * the log tells each instruction, and not in the first stretch: it may end at the function's arguments,
 * whose marks go with the registers.
 */
static bool tracked_before(struct verifier_env *env, const struct state *state, struct step *step)
{
	struct backtrack *bt = &env->bt;
	uint32_t regs = bt->regs[bt->frame];
	uint64_t slots = bt->slots[bt->frame];

	if (!state->parent || log_verbose(env) || outer_frames_tracked(bt))
		return false;
	if (!(regs & ~step->tracked_regs) && !(slots & ~step->tracked_slots))
		return true;
	step->tracked_regs |= regs;
	step->tracked_slots |= slots;
	return false;
}

/* Return: 1: everything was found, 0: the rest comes from the parent, GIVE_UP. */
static int back_to_parent(struct verifier_env *env, const struct state *state, int last,
			  bool skip_first, int *later)
{
	uint32_t cnt = state->step_cnt;

	for (int i = last;;) {
		struct step *step = step_at(state, cnt, i);

		if (!skip_first && !may_skip(env, i, step)) {
			int err = back_over(env, i, *later, step);

			if (err)
				return err;
			if (bt_is_empty(&env->bt))
				return 1;
		}
		if (step && !skip_first && tracked_before(env, state, step))
			return 1;
		skip_first = false;
		*later = i;
		i = previous(state, i, &cnt);
		if (i < 0)
			return 0;
		if ((uint32_t)i >= env->insn_cnt)
			return GIVE_UP;
		if (!log_verbose(env)) {
			int here = skip_back(env, state, cnt, i);

			if (here != i)
				*later = here + 1;
			i = here;
		}
	}
}

/* Precise already: what is before was tracked then. */
static bool mark_one(struct reg *reg, bool *changed)
{
	if (reg->type != REG_SCALAR || reg->precise)
		return false;
	reg->precise = true;
	*changed = true;
	return true;
}

static void mark_in_frame(struct verifier_env *env, const struct state *state, uint32_t f,
			  bool *changed)
{
	struct frame *frame = state->frame[f];
	struct backtrack *bt = &env->bt;

	for (uint32_t regs = bt->regs[f]; regs; regs &= regs - 1) {
		uint32_t i = __builtin_ctz(regs);

		if (mark_one(&frame->regs[i], changed))
			frame->precise_regs |= 1u << i;
		else
			bt->regs[f] &= ~(1u << i);
	}
	for (uint64_t slots = bt->slots[f]; slots; slots &= slots - 1) {
		uint32_t i = __builtin_ctzll(slots);

		if (i < frame->slot_cnt && slot_is_spill(&frame->stack[i]) &&
		    mark_one(frame->stack[i].spilled, changed))
			frame->precise_slots |= 1ULL << i;
		else
			bt->slots[f] &= ~(1ULL << i);
	}
	if (!log_verbose(env))
		return;
	vlog(env, "mark_precise: frame%d: parent state regs=", f);
	log_regs(env, bt->regs[f]);
	vlog(env, " stack=");
	log_slots(env, bt->slots[f]);
	vlog(env, ": ");
	log_state(env, state, f, true);
}

/* Arguments of a global function are where tracking ends. */
static int mark_entry(struct verifier_env *env, struct state *state, bool *changed)
{
	struct backtrack *bt = &env->bt;
	struct frame *frame = state->frame[0];

	if (state->curframe || !frame->subprog || frame->callsite != -1 || bt->frame ||
	    bt->slots[0] || (bt->regs[0] & ~ARGS_MASK))
		return GIVE_UP;
	for (uint32_t i = BPF_REG_1; i <= BPF_REG_5; i++)
		if ((bt->regs[0] >> i & 1) && frame->regs[i].type == REG_SCALAR) {
			frame->regs[i].precise = true;
			frame->precise_regs |= 1u << i;
			*changed = true;
		}
	bt_reset(bt);
	return 1;
}

/* Giving up concerns all states from @start on, not only those before a step: track again from each. */
static int give_up(struct state *start, const struct state *here)
{
	for (struct state *state = start; state; state = state->parent) {
		for (uint32_t i = 0; i < state->step_cnt; i++)
			state->steps[i].tracked_regs = state->steps[i].tracked_slots = 0;
		if (state == here)
			break;
	}
	return GIVE_UP;
}

static int track_back(struct verifier_env *env, struct state *start, bool *changed)
{
	struct state *state = start, *child;
	int first = state->first_insn, last = state->insn, later = -1;
	bool skip_first = true;

	for (;;) {
		int found;

		if (log_verbose(env))
			vlog(env, "mark_precise: frame%d: last_idx %d first_idx %d subseq_idx %d \n",
			     env->bt.frame, last, first, later);
		found = last < 0 ? mark_entry(env, state, changed) :
				   back_to_parent(env, state, last, skip_first, &later);
		if (found)
			return found < 0 ? give_up(start, state) : found;
		skip_first = false;
		child = state;
		state = state->parent;
		if (!state)
			return give_up(start, child);
		for (int f = env->bt.frame; f >= 0; f--)
			mark_in_frame(env, state, f, changed);
		if (bt_is_empty(&env->bt))
			return 1;
		later = first;
		last = state->last_insn;
		first = state->first_insn;
	}
}

static int track(struct verifier_env *env, struct state *start, bool *changed)
{
	bool unused = false;

	env->bt.frame = start->curframe;
	if (bt_is_empty(&env->bt))
		return 0;
	if (track_back(env, start, changed ? changed : &unused) < 0)
		all_scalars_precise(env, start);
	bt_reset(&env->bt);
	return 0;
}

/* ---- entry points ---- */

/* The number in @regno decides something at the current instruction. */
int mark_precise(struct verifier_env *env, uint32_t regno)
{
	if (!env->bpf_capable)
		return 0;
	bt_set_reg(&env->bt, env->cur->curframe, regno);
	return track(env, env->cur, NULL);
}

int mark_slot_precise(struct verifier_env *env, uint32_t frameno, uint32_t slot)
{
	if (!env->bpf_capable)
		return 0;
	bt_set_slot(&env->bt, frameno, slot);
	return track(env, env->cur, NULL);
}

static void log_propagated(struct verifier_env *env, const struct frame *old, uint32_t f)
{
	const char *sep = "";

	vlog(env, "frame %d: propagating ", f);
	for (uint32_t i = 0; i < BPF_REG_FP; i++)
		if (old->precise_regs >> i & 1) {
			vlog(env, "%sr%d", sep, i);
			sep = ",";
		}
	for (uint32_t i = 0; i < old->slot_cnt; i++)
		if (old->precise_slots >> i & 1) {
			vlog(env, "%sfp%d", sep, -(int)(i + 1) * SLOT_SIZE);
			sep = ",";
		}
	vlog(env, "\n");
}

/* What is precise in @old must be so on the path to @cur, which was found equal. */
int propagate_precision(struct verifier_env *env, const struct state *old, struct state *cur,
			bool *changed)
{
	if (!env->bpf_capable)
		return 0;
	for (int f = old->curframe; f >= 0; f--) {
		const struct frame *frame = old->frame[f];

		if (log_verbose(env) && (frame->precise_regs || frame->precise_slots))
			log_propagated(env, frame, f);
		env->bt.regs[f] |= frame->precise_regs;
		env->bt.slots[f] |= frame->precise_slots;
	}
	return track(env, cur, changed);
}

/* Only the arguments of a function, before the first state is remembered, can be precise already. */
void forget_precision(struct verifier_env *env, struct state *state)
{
	if (state->parent)
		return;
	for (uint32_t f = 0; f <= state->curframe; f++)
		state->frame[f]->precise_regs = state->frame[f]->precise_slots = 0;
	FOR_EACH_REG(state, frame, reg, {
		if (reg->type == REG_SCALAR)
			reg->precise = false;
	});
}

static void force_frame(struct verifier_env *env, struct frame *frame, uint32_t f)
{
	for (uint32_t i = 0; i < BPF_REG_FP; i++) {
		struct reg *reg = &frame->regs[i];

		if (reg->type != REG_SCALAR || reg->precise)
			continue;
		reg->precise = true;
		frame->precise_regs |= 1u << i;
		if (log_verbose(env))
			vlog(env, "force_precise: frame%d: forcing r%d to be precise\n", f, i);
	}
	for (uint32_t i = 0; i < frame->slot_cnt; i++) {
		struct slot *slot = &frame->stack[i];

		if (!slot_is_spill(slot) || slot->spilled->type != REG_SCALAR ||
		    slot->spilled->precise)
			continue;
		slot->spilled->precise = true;
		frame->precise_slots |= 1ULL << i;
		if (log_verbose(env))
			vlog(env, "force_precise: frame%d: forcing fp%d to be precise\n", f,
			     -(int)(i + 1) * SLOT_SIZE);
	}
}

void all_scalars_precise(struct verifier_env *env, struct state *state)
{
	if (log_verbose(env))
		vlog(env, "mark_precise: frame%d: falling back to forcing all scalars precise\n",
		     state->curframe);
	for (state = state->parent; state; state = state->parent)
		for (uint32_t f = 0; f <= state->curframe; f++)
			force_frame(env, state->frame[f], f);
}
