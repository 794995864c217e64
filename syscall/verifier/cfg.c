/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Control flow before the walk: unreachable code, jumps to nowhere, and the places where the walk
 * looks for states it has seen (prune points) and notes how it got there (jump points).
 */
#include <stdio.h>
#include "env.h"

enum {
	DISCOVERED = 0x10,
	EXPLORED = 0x20,
	FALLTHROUGH = 1,
	BRANCH = 2,
};

enum { DONE = 0, DEEPER = 1 };

struct cfg {
	struct verifier_env *env;
	uint32_t *stack;
	uint8_t *state;		/* per instruction: DISCOVERED | last edge taken, or EXPLORED */
	uint32_t depth;
};

bool calls_sync_callback(const struct verifier_env *env, const struct bpf_insn *insn)
{
	if (insn_is_kfunc_call(insn))
		return known_kfunc_at(env, insn - env->insns) == KFUNC_bpf_rbtree_add_impl;
	return insn_is_helper_call(insn) &&
	       (insn->imm == BPF_FUNC_for_each_map_elem || insn->imm == BPF_FUNC_find_vma ||
		insn->imm == BPF_FUNC_loop || insn->imm == BPF_FUNC_user_ringbuf_drain);
}

bool calls_async_callback(const struct verifier_env *env, const struct bpf_insn *insn)
{
	if (insn_is_kfunc_call(insn))
		return known_kfunc_at(env, insn - env->insns) == KFUNC_bpf_wq_set_callback_impl;
	return insn_is_helper_call(insn) && insn->imm == BPF_FUNC_timer_set_callback;
}

static void mark_prune(struct verifier_env *env, int64_t insn)
{
	if (insn >= 0 && insn < env->insn_cnt)
		env->aux[insn].prune_point = true;
}

static void mark_jump(struct verifier_env *env, int64_t insn)
{
	if (insn >= 0 && insn < env->insn_cnt)
		env->aux[insn].jump_point = true;
}

/* Follow one edge: DEEPER when @to was not seen before and goes on the stack. */
static int follow(struct cfg *cfg, uint32_t from, int64_t to, int edge)
{
	struct verifier_env *env = cfg->env;

	if (cfg->state[from] >= (DISCOVERED | edge))
		return DONE;
	if (to < 0 || to >= env->insn_cnt) {
		char prefix[16];

		snprintf(prefix, sizeof(prefix), "%u: ", from);
		log_line_info(env, from, prefix);
		vlog(env, "jump out of range from insn %d to %d\n", from, (int)to);
		return -EINVAL;
	}
	if (edge == BRANCH) {
		mark_prune(env, to);
		mark_jump(env, to);
	}
	if (!cfg->state[to]) {
		cfg->state[from] = DISCOVERED | edge;
		cfg->state[to] = DISCOVERED;
		cfg->stack[cfg->depth++] = to;
		return DEEPER;
	}
	if ((cfg->state[to] & 0xf0) == DISCOVERED) {
		if (env->bpf_capable)
			return DONE;	/* the walk finds out whether the loop ends */
		vlog(env, "back-edge from insn %d to %d\n", from, (int)to);
		return -EINVAL;
	}
	cfg->state[from] = DISCOVERED | edge;
	return DONE;
}

static void merge_callee(struct verifier_env *env, uint32_t from, int64_t to)
{
	struct subprog *caller = subprog_containing(env, from), *callee;

	if (to < 0 || to >= env->insn_cnt)
		return;
	callee = subprog_containing(env, to);
	caller->changes_pkt |= callee->changes_pkt;
	caller->might_sleep |= callee->might_sleep;
}

static int visit_call(struct cfg *cfg, uint32_t at, bool into_callee)
{
	struct verifier_env *env = cfg->env;
	const struct bpf_insn *insn = &env->insns[at];
	uint32_t next = at + (insn_is_ld_imm64(insn) ? 2 : 1);
	int64_t target = (int64_t)at + 1 + insn->imm;
	int err = follow(cfg, at, next, FALLTHROUGH);

	if (err)
		return err;
	mark_prune(env, next);
	mark_jump(env, next);
	if (!into_callee)
		return DONE;
	mark_prune(env, at);
	merge_callee(env, at, target);
	return follow(cfg, at, target, BRANCH);
}

static void note_call_effects(struct verifier_env *env, uint32_t at)
{
	const struct bpf_insn *insn = &env->insns[at];
	enum verifier_helper_state state;
	const struct bpfx_helper *row;

	if (is_iter_next(env, at)) {
		mark_prune(env, at);
		env->aux[at].force_checkpoint = true;
	}
	if (calls_async_callback(env, insn))
		mark_prune(env, at);
	if (calls_sync_callback(env, insn)) {
		env->aux[at].calls_callback = true;
		env->aux[at].force_checkpoint = true;
		mark_prune(env, at);
		mark_jump(env, at);
	}
	if (env->aux[at].kfunc && env->aux[at].kfunc->flags & BPFX_KF_SLEEPABLE)
		subprog_containing(env, at)->might_sleep = true;
	if (!insn_is_helper_call(insn))
		return;
	row = env->in->helper(env->in->type, insn->imm, &state);
	if (row && (row->flags & BPFX_HELPER_MIGHT_SLEEP))
		subprog_containing(env, at)->might_sleep = true;
	if (row && helper_changes_packet(row))
		subprog_containing(env, at)->changes_pkt = true;
}

static int visit_jump(struct cfg *cfg, uint32_t at)
{
	struct verifier_env *env = cfg->env;
	const struct bpf_insn *insn = &env->insns[at];
	int64_t target = insn_jump_target(insn, at);
	int err;

	switch (BPF_OP(insn->code)) {
	case BPF_EXIT:
		return DONE;
	case BPF_CALL:
		note_call_effects(env, at);
		return visit_call(cfg, at, insn->src_reg == BPF_PSEUDO_CALL);
	case BPF_JA:
		err = follow(cfg, at, target, FALLTHROUGH);
		mark_prune(env, target);
		mark_jump(env, target);
		return err;
	default:
		mark_prune(env, at);
		if (insn_is_may_goto(insn))
			env->aux[at].force_checkpoint = true;
		err = follow(cfg, at, at + 1, FALLTHROUGH);
		return err ? err : follow(cfg, at, target, BRANCH);
	}
}

static int visit(struct cfg *cfg, uint32_t at)
{
	const struct bpf_insn *insn = &cfg->env->insns[at];
	uint8_t class = BPF_CLASS(insn->code);

	if (insn_is_func_ptr(insn))
		return visit_call(cfg, at, true);
	if (class != BPF_JMP && class != BPF_JMP32)
		return follow(cfg, at, (int64_t)at + (insn_is_ld_imm64(insn) ? 2 : 1), FALLTHROUGH);
	return visit_jump(cfg, at);
}

static int walk(struct cfg *cfg, uint32_t start)
{
	cfg->state[start] = DISCOVERED;
	cfg->stack[0] = start;
	cfg->depth = 1;
	while (cfg->depth) {
		uint32_t at = cfg->stack[cfg->depth - 1];
		int err = visit(cfg, at);

		if (err < 0)
			return err;
		if (err == DEEPER)
			continue;
		cfg->state[at] = EXPLORED;
		cfg->depth--;
	}
	return 0;
}

static int check_all_reached(struct cfg *cfg)
{
	struct verifier_env *env = cfg->env;

	for (uint32_t i = 0; i < env->insn_cnt; i++) {
		if (cfg->state[i] != EXPLORED) {
			vlog(env, "unreachable insn %d\n", i);
			return -EINVAL;
		}
		if (!insn_is_ld_imm64(&env->insns[i]))
			continue;
		if (cfg->state[++i]) {
			vlog(env, "jump into the middle of ldimm64 insn %d\n", i - 1);
			return -EINVAL;
		}
	}
	return 0;
}

int check_cfg(struct verifier_env *env)
{
	struct cfg cfg = { .env = env };
	int err;

	cfg.stack = pool_alloc(&env->pool, env->insn_cnt * sizeof(*cfg.stack));
	cfg.state = pool_zalloc(&env->pool, env->insn_cnt);
	err = walk(&cfg, 0);
	if (!err && env->exception_subprog && !cfg.state[env->subprogs[env->exception_subprog].start])
		err = walk(&cfg, env->subprogs[env->exception_subprog].start);
	return err ? err : check_all_reached(&cfg);
}

/* ---- order of instructions within their functions, callees' bodies left out ---- */

uint32_t insn_successors(const struct verifier_env *env, uint32_t idx, uint32_t succ[2])
{
	const struct bpf_insn *insn = &env->insns[idx];
	uint8_t class = BPF_CLASS(insn->code);
	uint32_t cnt = 0;
	bool jump = class == BPF_JMP || class == BPF_JMP32;
	uint8_t op = BPF_OP(insn->code);

	if (jump && op == BPF_EXIT)
		return 0;
	if (!jump || op != BPF_JA)
		succ[cnt++] = idx + (insn_is_ld_imm64(insn) ? 2 : 1);
	if (jump && op != BPF_CALL)
		succ[cnt++] = insn_jump_target(insn, idx);
	if (may_end_function(insn)) {
		const struct subprog *sub = subprog_containing(env, idx);

		if (sub->exit)
			succ[cnt++] = sub->exit;
	}
	return cnt;
}

/* All successors wait at once: the one pushed last, the jump's target, is gone through first. */
static void postorder_of(struct verifier_env *env, struct subprog *sub, uint8_t *state,
			 uint32_t *stack)
{
	uint32_t depth = 1, succ[2];

	sub->postorder_start = env->postorder_cnt;
	stack[0] = sub->start;
	while (depth) {
		uint32_t top = stack[depth - 1], cnt;

		if (state[top] & EXPLORED) {
			env->postorder[env->postorder_cnt++] = top;
			depth--;
			continue;
		}
		state[top] = EXPLORED;
		cnt = insn_successors(env, top, succ);
		for (uint32_t s = 0; s < cnt; s++)
			if (!state[succ[s]]) {
				state[succ[s]] = DISCOVERED;
				stack[depth++] = succ[s];
			}
	}
	sub->postorder_cnt = env->postorder_cnt - sub->postorder_start;
}

int compute_postorder(struct verifier_env *env)
{
	uint32_t *stack = pool_alloc(&env->pool, (env->insn_cnt + 1) * sizeof(*stack));
	uint8_t *state = pool_zalloc(&env->pool, env->insn_cnt + 1);

	env->postorder = pool_alloc(&env->pool, (env->insn_cnt + 1) * sizeof(*env->postorder));
	for (uint32_t i = 0; i < env->subprog_cnt; i++)
		postorder_of(env, &env->subprogs[i], state, stack);
	return 0;
}
