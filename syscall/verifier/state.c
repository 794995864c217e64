/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What is known at one point of a path: registers, stack, frames; copying and branching. */
#include <stddef.h>
#include "env.h"

/* ---- registers ---- */

#define UNKNOWN_NUMBER {						\
	.bits = { .mask = UINT64_MAX },						\
	.smin = INT64_MIN, .smax = INT64_MAX, .umax = UINT64_MAX,		\
	.s32_min = INT32_MIN, .s32_max = INT32_MAX, .u32_max = UINT32_MAX,	\
}

void reg_set_not_init(struct reg *reg)
{
	static const struct reg not_init = { .type = REG_NOT_INIT, .num = UNKNOWN_NUMBER };

	*reg = not_init;
}

const struct reg unknown_reg = { .type = REG_SCALAR, .num = UNKNOWN_NUMBER };

void reg_set_unknown(struct reg *reg)
{
	*reg = unknown_reg;
}

/* Only privileged programs get imprecise numbers: the others are compared exactly. */
void env_set_unknown(struct verifier_env *env, struct reg *reg)
{
	reg_set_unknown(reg);
	reg->precise = !env->bpf_capable;
}

void reg_set_const(struct reg *reg, uint64_t value)
{
	reg->num = scalar_const(value);
}

void reg_zero_offset(struct reg *reg)
{
	reg->num = scalar_const(0);
}

void set_unknown(struct verifier_env *env, struct frame *frame, uint32_t regno)
{
	env_set_unknown(env, &frame->regs[regno]);
}

void set_not_init(struct verifier_env *env, struct frame *frame, uint32_t regno)
{
	reg_set_not_init(&frame->regs[regno]);
}

/* ---- frames ---- */

void frame_init(struct verifier_env *env, struct frame *frame, int32_t callsite, uint32_t frameno,
		uint32_t subprog)
{
	memset(frame, 0, sizeof(*frame));
	frame->callsite = callsite;
	frame->frameno = frameno;
	frame->subprog = subprog;
	for (uint32_t i = 0; i < MAX_BPF_REG; i++)
		reg_set_not_init(&frame->regs[i]);
	frame->regs[BPF_REG_FP].type = REG_STACK;
	frame->regs[BPF_REG_FP].frameno = frameno;
	reg_zero_offset(&frame->regs[BPF_REG_FP]);
	scratch_all(env);
}

static struct frame *frame_new(struct verifier_env *env)
{
	struct frame *frame = pool_alloc(&env->pool, sizeof(*frame));

	frame->stack = NULL;
	frame->slot_cnt = frame->slot_cap = frame->stack_size = 0;
	return frame;
}

void frame_free(struct verifier_env *env, struct frame *frame)
{
	if (!frame)
		return;
	pool_free(&env->pool, frame->stack, frame->stack_size);
	pool_free(&env->pool, frame, sizeof(*frame));
}

/* ---- stacks ---- */

/* Room for @slots and @regs; what was there is gone. */
static void stack_alloc(struct verifier_env *env, struct frame *frame, uint32_t slots, uint32_t regs)
{
	uint32_t size = slots * sizeof(struct slot) + regs * sizeof(struct reg);

	if (size > frame->stack_size) {
		pool_free(&env->pool, frame->stack, frame->stack_size);
		frame->stack = pool_alloc(&env->pool, size);
		frame->stack_size = size;
	}
	frame->slot_cap = slots;
}

static struct reg *regs_of_stack(const struct frame *frame)
{
	return (struct reg *)(frame->stack + frame->slot_cap);
}

/* With room for a register in each slot. */
static void stack_open(struct verifier_env *env, struct frame *frame, uint32_t slots)
{
	stack_alloc(env, frame, slots, slots);
	for (uint32_t i = 0; i < slots; i++)
		frame->stack[i].spilled = &regs_of_stack(frame)[i];
}

static void copy_slots(struct frame *dst, const struct frame *src)
{
	for (uint32_t i = 0; i < src->slot_cnt; i++) {
		dst->stack[i].types = src->stack[i].types;
		if (slot_has_reg(&src->stack[i]))
			*dst->stack[i].spilled = *src->stack[i].spilled;
	}
	dst->slot_cnt = src->slot_cnt;
}

#define GROW_BY 4	/* slots */

void frame_add_slots(struct verifier_env *env, struct frame *frame, uint32_t want)
{
	if (want > frame->slot_cap) {
		struct frame old = *frame;

		frame->stack = NULL;
		frame->stack_size = 0;
		stack_open(env, frame, (want + GROW_BY - 1) / GROW_BY * GROW_BY);
		copy_slots(frame, &old);
		pool_free(&env->pool, old.stack, old.stack_size);
	}
	for (uint32_t i = frame->slot_cnt; i < want; i++)
		frame->stack[i].types = 0;
	frame->slot_cnt = want;
	if (env->subprogs[frame->subprog].stack_depth < want * SLOT_SIZE)
		env->subprogs[frame->subprog].stack_depth = want * SLOT_SIZE;
}

/* A stack for a while: only registers that are there take room. */
static void save_slots(struct verifier_env *env, struct frame *dst, const struct frame *src)
{
	struct reg *reg;
	uint32_t regs = 0;

	for (uint32_t i = 0; i < src->slot_cnt; i++)
		regs += slot_has_reg(&src->stack[i]);
	stack_alloc(env, dst, src->slot_cnt, regs);
	reg = regs_of_stack(dst);
	for (uint32_t i = 0; i < src->slot_cnt; i++) {
		dst->stack[i] = src->stack[i];
		dst->stack[i].spilled = NULL;
		if (slot_has_reg(&src->stack[i])) {
			*reg = *src->stack[i].spilled;
			dst->stack[i].spilled = reg++;
		}
	}
	dst->slot_cnt = src->slot_cnt;
}

/* Its stack becomes the current one again. */
static void load_slots(struct verifier_env *env, struct frame *dst, const struct frame *src)
{
	if (dst->slot_cap < src->slot_cnt)
		stack_open(env, dst, src->slot_cnt);
	copy_slots(dst, src);
}

typedef void copy_stack_fn(struct verifier_env *env, struct frame *dst, const struct frame *src);

static void frame_copy(struct verifier_env *env, struct frame *dst, const struct frame *src,
		       copy_stack_fn *copy_stack)
{
	struct slot *stack;
	uint32_t cap, size;

	copy_stack(env, dst, src);
	stack = dst->stack;
	cap = dst->slot_cap;
	size = dst->stack_size;
	*dst = *src;
	dst->stack = stack;
	dst->slot_cap = cap;
	dst->stack_size = size;
}

/* ---- states ---- */

static void copy_refs(struct verifier_env *env, struct state *dst, const struct state *src)
{
	if (dst->ref_cap < src->ref_cnt) {
		pool_free(&env->pool, dst->refs, dst->ref_cap * sizeof(*dst->refs));
		dst->refs = pool_alloc(&env->pool, src->ref_cnt * sizeof(*dst->refs));
		dst->ref_cap = src->ref_cnt;
	}
	if (src->ref_cnt)
		memcpy(dst->refs, src->refs, src->ref_cnt * sizeof(*dst->refs));
}

static void copy_steps(struct verifier_env *env, struct state *dst, const struct state *src)
{
	if (dst->step_cap < src->step_cnt) {
		pool_free(&env->pool, dst->steps, dst->step_cap * sizeof(*dst->steps));
		dst->steps = pool_alloc(&env->pool, src->step_cnt * sizeof(*dst->steps));
		dst->step_cap = src->step_cnt;
	}
	if (src->step_cnt)
		memcpy(dst->steps, src->steps, src->step_cnt * sizeof(*dst->steps));
}

/* @dst: cleared, or a state whose memory is used again. */
static void state_copy(struct verifier_env *env, struct state *dst, const struct state *src,
		       copy_stack_fn *copy_stack)
{
	for (uint32_t i = dst->curframe; i > src->curframe; i--) {
		frame_free(env, dst->frame[i]);
		dst->frame[i] = NULL;
	}
	for (uint32_t i = 0; i <= src->curframe; i++) {
		if (!dst->frame[i])
			dst->frame[i] = frame_new(env);
		frame_copy(env, dst->frame[i], src->frame[i], copy_stack);
	}
	copy_refs(env, dst, src);
	copy_steps(env, dst, src);
	memcpy(&dst->curframe, &src->curframe, sizeof(*dst) - offsetof(struct state, curframe));
}

void state_save(struct verifier_env *env, struct state *dst, const struct state *src)
{
	state_copy(env, dst, src, save_slots);
}

void state_load(struct verifier_env *env, struct state *dst, const struct state *src)
{
	state_copy(env, dst, src, load_slots);
}

/* Gives back what @state owns; the struct itself is the caller's. */
void state_release(struct verifier_env *env, struct state *state)
{
	for (uint32_t i = 0; i <= state->curframe; i++) {
		frame_free(env, state->frame[i]);
		state->frame[i] = NULL;
	}
	pool_free(&env->pool, state->refs, state->ref_cap * sizeof(*state->refs));
	pool_free(&env->pool, state->steps, state->step_cap * sizeof(*state->steps));
	state->refs = NULL;
	state->steps = NULL;
	state->ref_cnt = state->ref_cap = state->step_cnt = state->step_cap = 0;
}

/* ---- history of the stretch since the parent ---- */

void state_clear_steps(struct state *state)
{
	state->step_cnt = 0;
}

/* One step per instruction: what comes later for the same one is added to it. */
int push_step(struct verifier_env *env, struct state *state, uint32_t flags, uint64_t linked)
{
	struct step *step = env->cur_step;

	if (step) {
		step->flags |= flags;
		if (linked && !step->linked)
			step->linked = linked;
		return 0;
	}
	if (state->step_cnt == state->step_cap)
		state->steps = pool_grow(&env->pool, state->steps, state->step_cnt,
					 &state->step_cap, sizeof(*step));
	step = &state->steps[state->step_cnt++];
	*step = (struct step){ .idx = env->insn_idx, .prev = env->prev_insn_idx, .flags = flags,
			       .linked = linked };
	env->cur_step = step;
	return 0;
}

/* ---- branches ---- */

/* A copy of the current state to go on with later from @insn; NULL: too many wait. */
struct state *push_branch(struct verifier_env *env, uint32_t insn, uint32_t prev_insn)
{
	struct pending *p = pool_zalloc(&env->pool, sizeof(*p));

	p->insn = insn;
	p->prev_insn = prev_insn;
	p->next = env->pending;
	p->log_end = env->log->end;
	env->pending = p;
	env->pending_cnt++;
	state_save(env, &p->state, env->cur);
	if (env->pending_cnt > LIMIT_JUMPS) {
		vlog(env, "The sequence of %d jumps is too complex.\n", env->pending_cnt);
		return NULL;
	}
	if (p->state.parent)
		p->state.parent->branches++;
	return &p->state;
}

/* A path of its own, on an empty stack: its function is called by nobody on this one. */
struct state *push_fresh(struct verifier_env *env, uint32_t insn, uint32_t prev_insn, uint32_t subprog)
{
	struct pending *p = pool_zalloc(&env->pool, sizeof(*p));

	p->insn = insn;
	p->prev_insn = prev_insn;
	p->next = env->pending;
	p->log_end = env->log->end;
	env->pending = p;
	env->pending_cnt++;
	if (env->pending_cnt > LIMIT_JUMPS) {
		vlog(env, "The sequence of %d jumps is too complex for async cb.\n", env->pending_cnt);
		return NULL;
	}
	p->state.branches = 1;
	p->state.first_insn = insn;
	p->state.last_insn = UINT32_MAX;
	p->state.frame[0] = frame_new(env);
	frame_init(env, p->state.frame[0], -1, 0, subprog);
	return &p->state;
}

/* The current path has ended: so have those of its ancestors that were waiting only for it. */
int branch_done(struct verifier_env *env, struct state *state)
{
	while (state) {
		struct state *parent = state->parent;
		int err;

		if (--state->branches)
			break;
		err = scc_exit(env, state);
		if (err)
			return err;
		/* All but the current one are remembered states. */
		if (state != env->cur) {
			visited_ended(env, state);
			visited_maybe_free(env, (struct visited *)state);
		}
		state = parent;
	}
	return 0;
}

/* Go on with the branch pushed last; false: all paths are walked. */
bool pop_branch(struct verifier_env *env, uint32_t *prev_insn, uint32_t *insn, bool pop_log)
{
	struct pending *p = env->pending;

	if (!p)
		return false;
	state_load(env, env->cur, &p->state);
	state_release(env, &p->state);
	if (pop_log)
		ulog_reset(env->log, p->log_end);
	*insn = p->insn;
	*prev_insn = p->prev_insn;
	env->pending = p->next;
	env->pending_cnt--;
	pool_free(&env->pool, p, sizeof(*p));
	return true;
}
