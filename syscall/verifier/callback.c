/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Helpers that call functions of the program. A synchronous callback may run any number of times:
 * the call is walked again after each round until a round brings nothing new.
 */
#include "env.h"

/* Called from now on with arguments that @set_callee makes; the call itself goes on as if it had
 * run no more. */
static int push_callback(struct verifier_env *env, uint32_t insn_idx, uint32_t subprog,
			 set_callee_fn *set_callee)
{
	struct frame *caller = cur_frame(env);
	struct state *state;
	int err;

	check_args_match(env, subprog, caller);
	env->subprogs[subprog].is_callback = true;
	state = push_branch(env, env->subprogs[subprog].start, insn_idx);
	if (!state)
		return -E2BIG;
	err = enter_function(env, state, subprog, insn_idx, set_callee);
	if (err)
		return err;
	state->callback_unroll_depth++;
	state->frame[state->curframe - 1]->callback_depth++;
	caller->callback_depth = 0;
	return 0;
}

static void pass(struct frame *callee, uint32_t regno, const struct reg *value)
{
	callee->regs[regno] = *value;
}

static void pass_map(struct frame *callee, uint32_t regno, uint32_t type,
		     const struct verifier_map *map)
{
	struct reg *reg = &callee->regs[regno];

	memset(reg, 0, sizeof(*reg));
	reg->type = type;
	reg->map = map;
	reg_zero_offset(reg);
}

static void returns(struct frame *callee, int64_t min, int64_t max)
{
	callee->in_callback = true;
	callee->ret_min = min;
	callee->ret_max = max;
}

/* bpf_loop(count, callback, ctx, flags): callback(index, ctx) */
static int set_loop_args(struct verifier_env *env, const struct frame *caller,
			 struct frame *callee, uint32_t insn_idx)
{
	callee->regs[BPF_REG_1].type = REG_SCALAR;
	pass(callee, BPF_REG_2, &caller->regs[BPF_REG_3]);
	returns(callee, 0, 1);
	return 0;
}

/* bpf_for_each_map_elem(map, callback, ctx, flags): callback(map, key, value, ctx) */
static int set_map_args(struct verifier_env *env, const struct frame *caller, struct frame *callee,
			uint32_t insn_idx)
{
	const struct verifier_map *map = caller->regs[BPF_REG_1].map;

	if (!map_has_callback(map)) {
		vlog(env, "callback function not allowed for map\n");
		return -ENOTSUPP;
	}
	pass(callee, BPF_REG_1, &caller->regs[BPF_REG_1]);
	pass_map(callee, BPF_REG_2, REG_MAP_KEY, map);
	pass_map(callee, BPF_REG_3, REG_MAP_VALUE, map);
	pass(callee, BPF_REG_4, &caller->regs[BPF_REG_3]);
	returns(callee, 0, 1);
	return 0;
}

/* bpf_user_ringbuf_drain(map, callback, ctx, flags): callback(dynptr, ctx) */
static int set_drain_args(struct verifier_env *env, const struct frame *caller,
			  struct frame *callee, uint32_t insn_idx)
{
	struct reg *reg = &callee->regs[BPF_REG_1];

	memset(reg, 0, sizeof(*reg));
	reg_zero_offset(reg);
	reg->type = REG_DYNPTR;
	reg->dynptr_kind = DYNPTR_LOCAL;
	reg->dynptr_first = true;
	reg->id = ++env->id_gen;
	pass(callee, BPF_REG_2, &caller->regs[BPF_REG_3]);
	returns(callee, 0, 1);
	return 0;
}

static int call_loop(struct verifier_env *env, uint32_t insn_idx, struct call *call)
{
	/* Linux may inline the loop, which needs flags of 0; the count decides when it is over. */
	int err = reg_is_zero(&cur_regs(env)[BPF_REG_4]) ? mark_precise(env, BPF_REG_4) : 0;

	if (!err)
		err = mark_precise(env, BPF_REG_1);

	if (err)
		return err;
	if (cur_frame(env)->callback_depth < cur_regs(env)[BPF_REG_1].num.umax)
		return push_callback(env, insn_idx, call->subprog, set_loop_args);
	cur_frame(env)->callback_depth = 0;
	if (log_verbose(env))
		vlog(env, "frame%d bpf_loop iteration limit reached\n", env->cur->curframe);
	return 0;
}

/* bpf_rbtree_add(root, node, less): less(node, node) */
static int set_tree_args(struct verifier_env *env, const struct frame *caller,
			 struct frame *callee, uint32_t insn_idx)
{
	const struct reg *root = &caller->regs[BPF_REG_1];
	const struct kern_btf_field *field = field_at(reg_fields(env, root),
						      root->off + root->num.bits.value,
						      BTF_FIELD_RB_ROOT);

	for (uint32_t i = BPF_REG_1; i <= BPF_REG_2; i++) {
		struct reg *reg = &callee->regs[i];

		memset(reg, 0, sizeof(*reg));
		reg->type = REG_BTF_ID | REG_ALLOC;
		reg->btf = reg_kind(root) == REG_MAP_VALUE ? root->map->btf : root->btf;
		reg->btf_id = field->type_id;
		reg->off = field->node_offset;
		reg_zero_offset(reg);
		make_non_owning(env, reg);
	}
	returns(callee, 0, 1);
	return 0;
}

int call_tree_callback(struct verifier_env *env, struct kfunc_call *call)
{
	return push_callback(env, call->insn_idx, call->subprog, set_tree_args);
}

/* ---- callbacks that run later, by themselves ---- */

/* Work and timers get the map, the key and the value that they stand in. */
static int push_async(struct verifier_env *env, uint32_t insn_idx, uint32_t subprog, bool sleepable)
{
	const struct frame *caller = cur_frame(env);
	struct state *state;
	struct frame *callee;

	check_args_match(env, subprog, cur_frame(env));
	env->subprogs[subprog].is_callback = true;
	env->subprogs[subprog].is_async_callback = true;
	state = push_fresh(env, env->subprogs[subprog].start, insn_idx, subprog);
	if (!state)
		return -E2BIG;
	state->in_sleepable = sleepable;
	callee = state->frame[0];
	callee->async_entry = caller->async_entry + 1;
	pass_map(callee, BPF_REG_1, REG_MAP, caller->regs[BPF_REG_1].map);
	pass_map(callee, BPF_REG_2, REG_MAP_KEY, caller->regs[BPF_REG_1].map);
	pass_map(callee, BPF_REG_3, REG_MAP_VALUE, caller->regs[BPF_REG_1].map);
	callee->in_async_callback = true;
	return 0;
}

int call_work_callback(struct verifier_env *env, struct kfunc_call *call)
{
	return push_async(env, call->insn_idx, call->subprog, true);
}

static bool takes_function(const struct bpfx_helper *row)
{
	for (int i = 0; i < 5; i++)
		if ((row->args[i] & BPFX_ARG_KIND_MASK) == BPFX_ARG_FUNC)
			return true;
	return false;
}

/* A function that would run without having been walked must not be passed on. */
static int refuse_function(struct verifier_env *env, const struct bpfx_helper *row)
{
	char name[64];

	if (!takes_function(row))
		return 0;
	vlog(env, "callbacks of %s#%d are not supported\n",
	     helper_text(env, row->id, name, sizeof(name)), row->id);
	return -ENOTSUPP;
}

int call_callbacks(struct verifier_env *env, const struct bpf_insn *insn, uint32_t insn_idx,
		   struct call *call)
{
	switch (insn->imm) {
	case BPF_FUNC_loop:
		return call_loop(env, insn_idx, call);
	case BPF_FUNC_for_each_map_elem:
		return push_callback(env, insn_idx, call->subprog, set_map_args);
	case BPF_FUNC_user_ringbuf_drain:
		return push_callback(env, insn_idx, call->subprog, set_drain_args);
	default:
		return refuse_function(env, call->row);
	}
}
