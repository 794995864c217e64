/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Pruning: a path may stop where a state was seen that allowed at least as much. Remembered states
 * are kept per instruction and call site; those that never help are forgotten.
 */
#include <stddef.h>
#include "env.h"

enum exactness {
	NOT_EXACT,	/* imprecise numbers are all equal */
	RANGE_WITHIN,	/* every number must be within the old one's range */
	EXACT,
};

/* ---- ids: equal up to renaming ---- */

static void id_map_reset(struct verifier_env *env)
{
	env->id_map_cnt = 0;
	env->id_map_gen = env->id_gen;
}

static bool same_id(struct verifier_env *env, uint32_t old, uint32_t cur)
{
	if (!old || !cur)
		return !old && !cur;
	for (uint32_t i = 0; i < env->id_map_cnt; i++) {
		if (env->id_map[i].old == old)
			return env->id_map[i].cur == cur;
		if (env->id_map[i].cur == cur)
			return false;
	}
	if (env->id_map_cnt == ID_MAP_SIZE)
		return false;
	env->id_map[env->id_map_cnt++] = (struct id_map){ old, cur };
	return true;
}

/* The current number may be linked to nothing where the old one was to what did not matter. */
static bool same_scalar_id(struct verifier_env *env, uint32_t old, uint32_t cur)
{
	return same_id(env, old, cur ? cur : ++env->id_map_gen);
}

/* ---- registers ---- */

static bool regs_exact(struct verifier_env *env, const struct reg *old, const struct reg *cur)
{
	return !memcmp(old, cur, offsetof(struct reg, id)) && same_id(env, old->id, cur->id) &&
	       same_id(env, old->ref_id, cur->ref_id);
}

static bool number_within(const struct reg *old, const struct reg *cur)
{
	return scalar_within(&old->num, &cur->num) && tnum_in(old->num.bits, cur->num.bits);
}

static bool scalar_safe(struct verifier_env *env, const struct reg *old, const struct reg *cur,
			enum exactness exact)
{
	if (!old->precise && exact == NOT_EXACT)
		return true;
	if (!old->id)		/* links of the current one only say more */
		return number_within(old, cur);
	if ((old->id ^ cur->id) & ID_ADD_CONST)
		return false;
	if ((old->id & ID_ADD_CONST) && old->off != cur->off)
		return false;
	return number_within(old, cur) && same_scalar_id(env, old->id, cur->id);
}

static bool packet_safe(struct verifier_env *env, const struct reg *old, const struct reg *cur)
{
	if (old->range < 0 || cur->range < 0) {
		if (old->range != cur->range)
			return false;
	} else if (old->range > cur->range) {
		return false;
	}
	return old->off == cur->off && same_id(env, old->id, cur->id) && number_within(old, cur);
}

/* Is what was found safe with @old safe with @cur. */
static bool reg_safe(struct verifier_env *env, const struct reg *old, const struct reg *cur,
		     enum exactness exact)
{
	if (exact == EXACT)
		return regs_exact(env, old, cur);
	if (old->type == REG_NOT_INIT)
		return true;
	if (old->type != cur->type)
		return false;
	switch (reg_kind(old)) {
	case REG_SCALAR:
		return scalar_safe(env, old, cur, exact);
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
		return !memcmp(old, cur, offsetof(struct reg, num)) && number_within(old, cur) &&
		       same_id(env, old->id, cur->id) && same_id(env, old->ref_id, cur->ref_id);
	case REG_PACKET:
	case REG_PACKET_META:
		return packet_safe(env, old, cur);
	case REG_STACK:
		return regs_exact(env, old, cur) && old->frameno == cur->frameno;
	default:
		return regs_exact(env, old, cur);
	}
}

/* ---- stack ---- */

/* Bits of SLOT_MISC only: each byte is written with something or, where that is no secret, not at all. */
static bool all_misc(const struct verifier_env *env, const struct slot *slot)
{
	return env->allow_leaks ? !(slot->types & ~ALL_OF(SLOT_MISC)) :
				  slot->types == ALL_OF(SLOT_MISC);
}

/* What a load of the whole slot gives, where that is a number. */
static const struct reg *slot_as_scalar(const struct verifier_env *env, const struct slot *slot)
{
	if (slot_is_full_spill(slot) && slot->spilled->type == REG_SCALAR)
		return slot->spilled;
	return all_misc(env, slot) ? &unknown_reg : NULL;
}

static bool bytes_match(const struct verifier_env *env, const struct slot *old,
			const struct slot *cur, enum exactness exact)
{
	if (cur && old->types == cur->types)
		return true;
	if (exact != NOT_EXACT)
		return false;
	for (int i = 0; i < SLOT_SIZE; i++) {
		if (old->type[i] == SLOT_INVALID ||
		    (env->allow_leaks && old->type[i] == SLOT_MISC))
			continue;
		if (!cur)
			return false;
		if (old->type[i] == SLOT_MISC && cur->type[i] == SLOT_ZERO)
			continue;
		if (old->type[i] != cur->type[i])
			return false;
	}
	return true;
}

static bool needs_nothing(const struct verifier_env *env, const struct slot *old)
{
	return env->allow_leaks ? !(old->types & ~ALL_OF(SLOT_MISC)) : !old->types;
}

/* How many rounds an iterator has made does not matter. */
static bool same_iter(struct verifier_env *env, const struct reg *old, const struct reg *cur)
{
	return old->iter_type == cur->iter_type && old->type == cur->type && old->iter_state == cur->iter_state &&
	       same_id(env, old->ref_id, cur->ref_id);
}

static bool slot_safe(struct verifier_env *env, const struct slot *old, const struct slot *cur,
		      enum exactness exact)
{
	const struct reg *a, *b;

	if (exact != NOT_EXACT && !bytes_match(env, old, cur, exact))
		return false;
	if (needs_nothing(env, old))
		return true;
	if (cur) {
		a = slot_as_scalar(env, old);
		b = slot_as_scalar(env, cur);
		if (a && b)
			return reg_safe(env, a, b, exact);
	}
	if (!bytes_match(env, old, cur, exact))
		return false;
	switch (old->type[SLOT_SIZE - 1]) {
	case SLOT_ITER:
		return same_iter(env, old->spilled, cur->spilled);
	case SLOT_DYNPTR:
		return old->spilled->dynptr_kind == cur->spilled->dynptr_kind &&
		       old->spilled->dynptr_first == cur->spilled->dynptr_first &&
		       same_id(env, old->spilled->ref_id, cur->spilled->ref_id);
	case SLOT_IRQ:
		return old->spilled->raw[0] == cur->spilled->raw[0] &&
		       same_id(env, old->spilled->ref_id, cur->spilled->ref_id);
	}
	return !slot_is_spill(old) || reg_safe(env, old->spilled, cur->spilled, exact);
}

/* Most slots need no more than a look at their bytes. */
static bool slot_surely_safe(const struct verifier_env *env, const struct slot *old,
			     const struct slot *cur, enum exactness exact)
{
	if (exact == NOT_EXACT && needs_nothing(env, old))
		return true;
	return cur && old->types == cur->types && !slot_has_reg(old);
}

/* Slots the old state did not have do not matter. */
static bool stack_safe(struct verifier_env *env, const struct frame *old, const struct frame *cur,
		       enum exactness exact, uint32_t *odd)
{
	for (uint32_t i = 0; i < old->slot_cnt; i++) {
		const struct slot *a = &old->stack[i], *b = i < cur->slot_cnt ? &cur->stack[i] : NULL;

		if (!slot_surely_safe(env, a, b, exact) && !slot_safe(env, a, b, exact)) {
			*odd = i;
			return false;
		}
	}
	return true;
}

/* ---- states ---- */

static bool refs_equal(struct verifier_env *env, const struct state *old, const struct state *cur)
{
	if (old->ref_cnt != cur->ref_cnt || old->active_locks != cur->active_locks ||
	    !same_id(env, old->active_lock_id, cur->active_lock_id) ||
	    old->active_lock_object != cur->active_lock_object ||
	    old->preempt_locks != cur->preempt_locks || old->rcu_lock != cur->rcu_lock ||
	    !same_id(env, old->irq_id, cur->irq_id))
		return false;
	for (uint32_t i = 0; i < old->ref_cnt; i++)
		if (old->refs[i].kind != cur->refs[i].kind ||
		    old->refs[i].object != cur->refs[i].object ||
		    !same_id(env, old->refs[i].id, cur->refs[i].id))
			return false;
	return true;
}

static bool frames_equal(struct verifier_env *env, const struct frame *old,
			 const struct frame *cur, uint32_t insn, enum exactness exact,
			 uint32_t *odd)
{
	uint16_t live = env->aux[insn].live_regs;

	if (old->callsite != cur->callsite || old->callback_depth > cur->callback_depth)
		return false;
	for (uint32_t regs = live; regs; regs &= regs - 1) {
		uint32_t i = __builtin_ctz(regs);
		const struct reg *a = &old->regs[i], *b = &cur->regs[i];

		if (exact == NOT_EXACT && a->type == REG_SCALAR && !a->precise ?
		    b->type != REG_SCALAR : !reg_safe(env, a, b, exact)) {
			*odd = i;
			return false;
		}
	}
	if (stack_safe(env, old, cur, exact, odd))
		return true;
	*odd += MAX_BPF_REG;
	return false;
}

/* What mostly tells states apart: the numbers that matter. */
static bool precise_numbers_fit(const struct frame *old, const struct frame *cur)
{
	for (uint32_t regs = old->precise_regs; regs; regs &= regs - 1) {
		uint32_t i = __builtin_ctz(regs);

		if (cur->regs[i].type != REG_SCALAR ||
		    !scalar_within(&old->regs[i].num, &cur->regs[i].num))
			return false;
	}
	return true;
}

/*
 * States compared with one that was remembered mostly differ from it in the same place. What is not
 * equal by itself, before ids are bound to each other, is not equal at all.
 */
static bool still_odd(struct verifier_env *env, const struct visited *v, const struct state *cur,
		      enum exactness exact)
{
	const struct frame *old = v->state.frame[v->odd_frame], *new = cur->frame[v->odd_frame];
	uint32_t live = env->aux[frame_insn(&v->state, v->odd_frame)].live_regs, i = v->odd_place;

	if (i < MAX_BPF_REG)
		return (live >> i & 1) && !reg_safe(env, &old->regs[i], &new->regs[i], exact);
	i -= MAX_BPF_REG;
	return i < old->slot_cnt && !slot_safe(env, &old->stack[i],
					       i < new->slot_cnt ? &new->stack[i] : NULL, exact);
}

static bool states_equal(struct verifier_env *env, struct visited *v, enum exactness exact)
{
	const struct state *old = &v->state, *cur = env->cur;
	uint32_t odd = 0;

	if (old->curframe != cur->curframe || old->in_sleepable != cur->in_sleepable)
		return false;
	/* Those of a state that is not cleaned may be dead. */
	if (old->cleaned)
		for (uint32_t i = 0; i <= old->curframe; i++)
			if (!precise_numbers_fit(old->frame[i], cur->frame[i]))
				return false;
	id_map_reset(env);
	if (still_odd(env, v, cur, exact))
		return false;
	id_map_reset(env);
	if (!refs_equal(env, old, cur))
		return false;
	for (uint32_t i = 0; i <= old->curframe; i++)
		if (!frames_equal(env, old->frame[i], cur->frame[i], frame_insn(old, i), exact, &odd)) {
			v->odd_frame = i;
			v->odd_place = odd;
			return false;
		}
	return true;
}

/* Cheap test before the exact one, beginning with the register that was different last. */
static bool may_be_looping(struct visited *v, const struct state *cur)
{
	const struct frame *a = v->state.frame[v->state.curframe], *b;

	if (v->state.curframe != cur->curframe)
		return false;
	b = cur->frame[cur->curframe];
	for (uint32_t n = 0, i = v->odd_round; n < MAX_BPF_REG; n++, i = (i + 1) % MAX_BPF_REG)
		if (memcmp(&a->regs[i], &b->regs[i], offsetof(struct reg, frameno))) {
			v->odd_round = i;
			return false;
		}
	return true;
}

/* ---- numbers that change from one round of a loop to the next ---- */

static bool same_callsites(const struct state *a, const struct state *b)
{
	if (a->curframe != b->curframe)
		return false;
	for (uint32_t i = 0; i <= a->curframe; i++)
		if (a->frame[i]->callsite != b->frame[i]->callsite)
			return false;
	return true;
}

/* Latest state remembered at @insn on this path, from @before back, in the same calls. */
const struct state *earlier_round(const struct state *before, const struct state *cur,
				  uint32_t insn)
{
	for (; before; before = before->parent)
		if (before->insn == insn && before->branches && same_callsites(before, cur))
			return before;
	return NULL;
}

static void widen(struct verifier_env *env, const struct reg *old, struct reg *cur)
{
	if (old->type != REG_SCALAR || cur->type != REG_SCALAR || old->precise || cur->precise ||
	    regs_exact(env, old, cur))
		return;
	env_set_unknown(env, cur);
}

void widen_imprecise(struct verifier_env *env, const struct state *old, struct state *cur)
{
	id_map_reset(env);
	for (int f = old->curframe; f >= 0; f--) {
		const struct frame *a = old->frame[f];
		struct frame *b = cur->frame[f];

		for (uint32_t i = 0; i < MAX_BPF_REG; i++)
			widen(env, &a->regs[i], &b->regs[i]);
		for (uint32_t i = 0; i < a->slot_cnt && i < b->slot_cnt; i++)
			if (slot_is_spill(&a->stack[i]) && slot_is_spill(&b->stack[i]))
				widen(env, a->stack[i].spilled, b->stack[i].spilled);
	}
}

/* ---- dead parts of remembered states ---- */

static void clean_frame(struct verifier_env *env, struct frame *frame, uint16_t live)
{
	uint64_t live_slots = live_stack_alive(env, frame->frameno);

	for (uint32_t i = 0; i < BPF_REG_FP; i++)
		if (!(live >> i & 1))
			reg_set_not_init(&frame->regs[i]);
	for (uint32_t i = 0; i < frame->slot_cnt; i++)
		if (!(live_slots >> i & 1))
			frame->stack[i].types = 0;
	frame->precise_regs &= live;
	frame->precise_slots &= live_slots;
}

static void clean_state(struct verifier_env *env, struct state *state)
{
	live_stack_query(env, state);
	state->cleaned = true;
	for (uint32_t i = 0; i <= state->curframe; i++)
		clean_frame(env, state->frame[i], env->aux[frame_insn(state, i)].live_regs);
}

static uint32_t bucket_of(const struct verifier_env *env, const struct state *state, uint32_t insn)
{
	return (insn ^ (uint32_t)state->frame[state->curframe]->callsite) % env->insn_cnt;
}

/* All paths from @state are walked: what is dead in it can be told from now on. */
void visited_ended(struct verifier_env *env, const struct state *state)
{
	env->visited_ended[bucket_of(env, state, state->insn)] = true;
}

static bool may_clean(struct verifier_env *env, struct state *state, uint32_t insn)
{
	return state->insn == insn && same_callsites(state, env->cur) &&
	       !(env->open_backedges && scc_incomplete(env, state));
}

static void clean_bucket(struct verifier_env *env, uint32_t bucket, uint32_t insn)
{
	if (!env->visited_ended[bucket])
		return;
	env->visited_ended[bucket] = false;
	for (struct visited *v = env->visited[bucket]; v; v = v->next) {
		if (v->state.branches || v->state.cleaned)
			continue;
		if (may_clean(env, &v->state, insn))
			clean_state(env, &v->state);
		else
			env->visited_ended[bucket] = true;	/* another time */
	}
}

/* ---- remembering and forgetting ---- */

void visited_init(struct verifier_env *env)
{
	if (env->visited) {
		pool_free(&env->pool, env->visited, env->insn_cnt * sizeof(*env->visited));
		pool_free(&env->pool, env->visited_ended, env->insn_cnt);
	}
	env->visited = pool_zalloc(&env->pool, env->insn_cnt * sizeof(*env->visited));
	env->visited_ended = pool_zalloc(&env->pool, env->insn_cnt);
}

static void unlink_visited(struct visited **bucket, struct visited *v)
{
	if (v->prev)
		v->prev->next = v->next;
	else
		*bucket = v->next;
	if (v->next)
		v->next->prev = v->prev;
}

/* An evicted state goes when nothing refers to it any more. */
void visited_maybe_free(struct verifier_env *env, struct visited *v)
{
	if (!v->evicted || v->state.branches || scc_incomplete(env, &v->state))
		return;
	unlink_visited(&env->free_list, v);
	env->free_list_cnt--;
	state_release(env, &v->state);
	pool_free(&env->pool, v, sizeof(*v));
}

void note_peak(struct verifier_env *env)
{
	env->peak_states = MAX(env->peak_states, env->visited_cnt + env->free_list_cnt +
			       env->backedge_cnt);
}

static void evict(struct verifier_env *env, struct visited **bucket, struct visited *v)
{
	unlink_visited(bucket, v);
	v->evicted = true;
	v->prev = NULL;
	v->next = env->free_list;
	if (v->next)
		v->next->prev = v;
	env->free_list = v;
	env->free_list_cnt++;
	env->visited_cnt--;
	visited_maybe_free(env, v);
}

static void remember(struct verifier_env *env, struct visited **bucket, uint32_t insn)
{
	struct visited *v = pool_zalloc(&env->pool, sizeof(*v));
	struct state *cur = env->cur;

	env->total_states++;
	env->visited_cnt++;
	note_peak(env);
	env->prev_jmps_processed = env->jmps_processed;
	env->prev_insn_processed = env->insn_processed;
	/* What needs precision is found anew from here on. */
	if (env->bpf_capable)
		forget_precision(env, cur);
	state_save(env, &v->state, cur);
	v->state.insn = insn;
	scc_enter(env, &v->state);
	cur->parent = &v->state;
	cur->first_insn = insn;
	state_clear_steps(cur);
	v->next = *bucket;
	if (v->next)
		v->next->prev = v;
	*bucket = v;
}

/* ---- arriving at an instruction ---- */

enum { MISS, HIT, HIT_LOOP };

static int infinite_loop(struct verifier_env *env, const struct state *old, uint32_t insn)
{
	log_line_info(env, insn, "; ");
	vlog(env, "infinite loop detected at insn %d\n", insn);
	vlog(env, "cur state:");
	log_state(env, env->cur, env->cur->curframe, true);
	vlog(env, "old state:");
	log_state(env, old, env->cur->curframe, true);
	return -EINVAL;
}

/* A state on the current path, its branches not walked to the end. */
static int compare_unfinished(struct verifier_env *env, struct visited *v, uint32_t insn)
{
	const struct state *old = &v->state, *cur = env->cur;
	const struct frame *frame = old->frame[old->curframe];

	if (frame->in_async_callback &&
	    frame->async_entry != cur->frame[cur->curframe]->async_entry)
		return MISS;		/* another run of it */
	if (is_iter_next(env, insn))
		return states_equal(env, v, RANGE_WITHIN) &&
		       iter_of_next(env, cur)->iter_state == ITER_ACTIVE ? HIT_LOOP : MISS;
	if (insn_is_may_goto(&env->insns[insn]) && old->may_goto_depth != cur->may_goto_depth &&
	    states_equal(env, v, RANGE_WITHIN))
		return HIT_LOOP;
	if (env->aux[insn].calls_callback)
		return states_equal(env, v, RANGE_WITHIN) ? HIT_LOOP : MISS;
	if (may_be_looping(v, cur) && states_equal(env, v, EXACT) &&
	    !iter_depths_differ(old, cur) && old->may_goto_depth == cur->may_goto_depth &&
	    old->callback_unroll_depth == cur->callback_unroll_depth)
		return infinite_loop(env, old, insn);
	return MISS;
}

static int compare_finished(struct verifier_env *env, struct visited *v)
{
	bool loop = env->open_backedges && scc_incomplete(env, &v->state);

	if (!states_equal(env, v, loop || env->in->observe ? RANGE_WITHIN : NOT_EXACT))
		return MISS;
	return loop ? HIT_LOOP : HIT;
}

/* The current path ends here: what the old state's future needed precisely, the past must give. */
static int end_path(struct verifier_env *env, struct visited *v, uint32_t insn, bool loop)
{
	int err = 0;

	v->hits++;
	if (env->aux[insn].jump_point)
		err = push_step(env, env->cur, 0, 0);
	if (!err)
		err = propagate_precision(env, &v->state, env->cur, NULL);
	if (!err && loop)
		err = scc_add_backedge(env, &v->state, env->cur, insn);
	return err ? err : 1;
}

#define KEEP_RATIO 3
#define KEEP_RATIO_CHECKPOINT 64
#define HISTORY_MAX 40

static bool is_useless(struct verifier_env *env, const struct visited *v, uint32_t insn)
{
	uint32_t ratio = env->aux[insn].force_checkpoint && v->state.branches ?
		KEEP_RATIO_CHECKPOINT : KEEP_RATIO;

	return v->misses > v->hits * ratio + ratio;
}

/* Has anything worth remembering happened since the last state was. */
static bool progressed(const struct verifier_env *env, uint32_t jumps, uint32_t insns)
{
	return env->jmps_processed - env->prev_jmps_processed >= jumps &&
	       env->insn_processed - env->prev_insn_processed >= insns;
}

/* In a loop fewer states are remembered: its rounds differ anyway. */
static bool loop_progressed(const struct verifier_env *env)
{
	return env->jmps_processed - env->prev_jmps_processed >= 20 ||
	       env->insn_processed - env->prev_insn_processed >= 100;
}

/**
 * is_visited() - was a state like the current one seen at @insn
 * Return: 1: yes, this path is done; 0: no, and the current one may have been remembered; -errno.
 */
int is_visited(struct verifier_env *env, uint32_t insn)
{
	uint32_t index = bucket_of(env, env->cur, insn);
	struct visited **bucket = &env->visited[index], *v, *next;
	bool force = env->aux[insn].force_checkpoint || env->cur->step_cnt > HISTORY_MAX ||
		     env->test_state_freq;
	bool add = force || progressed(env, 2, 8);
	uint32_t states = 0;

	clean_bucket(env, index, insn);
	for (v = *bucket; v; v = next) {
		int found;

		next = v->next;
		states++;
		if (v->state.insn != insn)
			continue;
		found = v->state.branches ? compare_unfinished(env, v, insn) :
					    compare_finished(env, v);
		if (found < 0)
			return found;
		if (found != MISS)
			return end_path(env, v, insn, found == HIT_LOOP);
		if (v->state.branches && !force && !loop_progressed(env))
			add = false;
		if (add)
			v->misses++;
		if (is_useless(env, v, insn))
			evict(env, bucket, v);
	}
	env->max_states_per_insn = MAX(env->max_states_per_insn, states);
	if (!env->bpf_capable && states > LIMIT_STATES)
		return 0;
	if (add)
		remember(env, bucket, insn);
	return 0;
}
