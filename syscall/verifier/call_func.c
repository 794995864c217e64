/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Calls of the program's own functions: static ones are walked into, global ones are trusted. */
#include "env.h"

void clear_caller_saved(struct verifier_env *env, struct frame *frame)
{
	for (uint32_t i = BPF_REG_0; i <= BPF_REG_5; i++) {
		set_not_init(env, frame, i);
		scratch_reg(env, i);
	}
}

static int set_args(struct verifier_env *env, const struct frame *caller, struct frame *callee,
		    uint32_t insn_idx)
{
	for (uint32_t i = BPF_REG_1; i <= BPF_REG_5; i++)
		callee->regs[i] = caller->regs[i];
	return 0;
}

/* A new frame on top of @state; @set_callee fills its arguments. */
int enter_function(struct verifier_env *env, struct state *state, uint32_t subprog,
		   uint32_t callsite, set_callee_fn *set_callee)
{
	struct frame *callee;
	int err;

	if (state->curframe + 1 >= MAX_FRAMES) {
		vlog(env, "the call stack of %d frames is too deep\n", state->curframe + 2);
		return -E2BIG;
	}
	frame_free(env, state->frame[state->curframe + 1]);
	callee = pool_zalloc(&env->pool, sizeof(*callee));
	state->frame[state->curframe + 1] = callee;
	frame_init(env, callee, callsite, state->curframe + 1, subprog);
	err = set_callee(env, state->frame[state->curframe], callee, callsite);
	if (!err)
		state->curframe++;
	return err;
}

/* ---- arguments against the function's BTF ---- */

/* Memory of @mem_size bytes that may be read and written, or NULL. */
int check_memory_arg(struct verifier_env *env, struct reg *reg, uint32_t regno, uint32_t mem_size)
{
	struct reg saved = *reg;
	int err;

	if (reg_is_zero(reg))
		return 0;
	reg->type &= ~REG_MAYBE_NULL;
	err = check_helper_mem(env, regno, mem_size, ACCESS_READ, true, NULL);
	if (!err)
		err = check_helper_mem(env, regno, mem_size, ACCESS_WRITE, true, NULL);
	*reg = saved;
	return err;
}

/* Linux judges a kernel object as it does the argument of a helper. */
static int match_object(struct verifier_env *env, const struct subprog_arg *arg,
			const struct reg *reg, uint32_t regno)
{
	bool null_ok = arg->kind & BPFX_NULLABLE;
	uint32_t type = reg->type & ~(null_ok ? REG_MAYBE_NULL : 0u);

	if (arg->kind & BPFX_UNINIT)
		return 0;	/* untrusted: any value will do */
	if (null_ok && reg_is_zero(reg))
		return 0;
	if (type != REG_BTF_ID && type != (REG_BTF_ID | REG_TRUSTED) &&
	    type != (REG_BTF_ID | REG_RCU)) {
		vlog(env, "R%d type=%s expected=ptr_, trusted_ptr_, rcu_ptr_\n", regno,
		     reg_type_name(env, reg->type));
		return -EINVAL;
	}
	if (check_arg_offset(env, reg, regno, false))
		return -EINVAL;
	if (btf_struct_matches(reg->btf, reg->btf_id, reg->off, env->in->kernel_btf, arg->btf_id, true))
		return 0;
	vlog(env, "R%d is of type %s but %s is expected\n", regno,
	     kern_btf_type_name(reg->btf, kern_btf_type(reg->btf, reg->btf_id)),
	     kern_btf_type_name(env->in->kernel_btf, kern_btf_type(env->in->kernel_btf, arg->btf_id)));
	return -EINVAL;
}

static int match_arg(struct verifier_env *env, const struct subprog_arg *arg, struct reg *reg,
		     uint32_t regno)
{
	if (arg->kind == BPFX_ARG_ANY) {
		if (reg->type == REG_SCALAR)
			return 0;
		vlog(env, "R%d is not a scalar\n", regno);
		return -EINVAL;
	}
	if ((arg->kind & BPFX_ARG_KIND_MASK) == BPFX_ARG_DYNPTR)
		return check_dynptr_arg(env, regno, false, true, DYNPTR_NONE, 0);
	if ((arg->kind & BPFX_ARG_KIND_MASK) == BPFX_ARG_BTF_ID)
		return match_object(env, arg, reg, regno);
	if (check_arg_offset(env, reg, regno, false))
		return -EACCES;
	if (arg->kind == BPFX_ARG_CTX) {
		if (reg->type == REG_CTX)
			return 0;
		vlog(env, "arg#%d expects pointer to ctx\n", regno - 1);
		return -EINVAL;
	}
	if (check_memory_arg(env, reg, regno, arg->mem_size))
		return -EINVAL;
	if (!(arg->kind & BPFX_NULLABLE) && (reg_may_be_null(reg) || reg_is_zero(reg))) {
		vlog(env, "arg#%d is expected to be non-NULL\n", regno - 1);
		return -EINVAL;
	}
	return 0;
}

/* Static functions may have arguments optimised away: for them this only tells what is unreliable. */
int check_args_match(struct verifier_env *env, uint32_t subprog, struct frame *caller)
{
	struct subprog *sub = &env->subprogs[subprog];
	int err;

	if (!env->in->func_info_cnt)
		return -EINVAL;
	if (sub->unreliable)
		return -EINVAL;
	err = prepare_func_args(env, subprog);
	for (uint32_t i = 0; !err && i < sub->arg_cnt; i++)
		err = match_arg(env, &sub->args[i], &caller->regs[i + 1], i + 1);
	if (err)
		sub->unreliable = true;
	return err;
}

/* ---- calling ---- */

static int call_global(struct verifier_env *env, uint32_t subprog, struct frame *caller, int err)
{
	struct subprog *sub = &env->subprogs[subprog];
	const char *name = subprog_name(env, subprog);

	if (env->cur->active_locks) {
		vlog(env, "global function calls are not allowed while holding a lock,\n"
		     "use static function instead\n");
		return -EINVAL;
	}
	if (err) {
		vlog(env, "Caller passes invalid args into func#%d ('%s')\n", subprog, name);
		return err;
	}
	vlog(env, "Func#%d ('%s') is global and assumed valid.\n", subprog, name);
	if (sub->changes_pkt)
		invalidate_packet(env);
	sub->called = true;
	clear_caller_saved(env, caller);
	set_unknown(env, caller, BPF_REG_0);
	return 0;
}

int check_func_call(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx)
{
	struct state *state = env->cur;
	struct frame *caller = cur_frame(env);
	int subprog = find_subprog(env, *insn_idx + insn->imm + 1), err;

	if (subprog < 0)
		return -EFAULT;
	err = check_args_match(env, subprog, caller);
	if (env->subprogs[subprog].global) {
		err = call_global(env, subprog, caller, err);
		*insn_idx += 1;
		return err;
	}
	err = enter_function(env, state, subprog, *insn_idx, set_args);
	if (err)
		return err;
	clear_caller_saved(env, caller);
	*insn_idx = env->subprogs[subprog].start;
	live_stack_reset_callchain(env);
	if (log_enabled(env)) {
		vlog(env, "caller:\n");
		log_state(env, state, caller->frameno, true);
		vlog(env, "callee:\n");
		log_state(env, state, state->curframe, true);
	}
	return 0;
}

/* ---- returning ---- */

void log_not_in_range(struct verifier_env *env, const struct reg *reg, int64_t min, int64_t max,
		      const char *where, const char *name)
{
	bool unknown = true;

	vlog(env, "%s the register %s has", where, name);
	if (reg->num.smin > INT64_MIN) {
		vlog(env, " smin=%lld", (long long)reg->num.smin);
		unknown = false;
	}
	if (reg->num.smax < INT64_MAX) {
		vlog(env, " smax=%lld", (long long)reg->num.smax);
		unknown = false;
	}
	if (unknown)
		vlog(env, " unknown scalar value");
	vlog(env, " should have been in [%d, %d]\n", (int)min, (int)max);
}

static int check_callback_result(struct verifier_env *env, struct frame *callee)
{
	struct reg *r0 = &callee->regs[BPF_REG_0];
	int err;

	if (r0->type != REG_SCALAR) {
		vlog(env, "R0 not a scalar value\n");
		return -EACCES;
	}
	err = mark_precise(env, BPF_REG_0);
	if (err)
		return err;
	if (r0->num.smin < callee->ret_min || r0->num.smax > callee->ret_max) {
		log_not_in_range(env, r0, callee->ret_min, callee->ret_max, "At callback return",
				 "R0");
		return -EINVAL;
	}
	return 0;
}

int prepare_func_exit(struct verifier_env *env, uint32_t *insn_idx)
{
	struct state *state = env->cur;
	struct frame *callee = cur_frame(env), *caller = state->frame[state->curframe - 1];
	bool callback = callee->in_callback;
	const struct state *earlier;
	int err = 0;

	live_stack_commit(env);
	live_stack_update(env);
	if (callee->regs[BPF_REG_0].type == REG_STACK) {
		vlog(env, "cannot return stack pointer to the caller\n");
		return -EINVAL;
	}
	if (callback)
		err = check_callback_result(env, callee);
	else
		caller->regs[BPF_REG_0] = callee->regs[BPF_REG_0];
	if (err)
		return err;
	/* Callbacks come back to the call, which decides whether there is another round. */
	*insn_idx = callee->callsite + !callback;
	if (log_enabled(env)) {
		vlog(env, "returning from callee:\n");
		log_state(env, state, callee->frameno, true);
		vlog(env, "to caller at %d:\n", *insn_idx);
		log_state(env, state, caller->frameno, true);
	}
	frame_free(env, callee);
	state->frame[state->curframe--] = NULL;
	earlier = callback ? earlier_round(state->parent, state, *insn_idx) : NULL;
	if (earlier)
		widen_imprecise(env, earlier, state);
	return 0;
}

/*
 * An instruction in a called function that may end it: one path goes on behind it, the current one
 * returns @result.
 */
int end_function_here(struct verifier_env *env, uint32_t *insn_idx, const struct reg *result)
{
	scratch_reg(env, BPF_REG_0);
	if (!push_branch(env, *insn_idx + 1, *insn_idx))
		return -E2BIG;
	cur_regs(env)[BPF_REG_0] = *result;
	return prepare_func_exit(env, insn_idx);
}

/* ---- what the program returns ---- */

static const struct bpfx_ret_range *ret_range(const struct verifier_env *env)
{
	const struct bpfx_prog_type *type = env->in->type;

	for (uint32_t i = 0; i < type->ret_range_cnt; i++)
		if (type->ret_ranges[i].attach_type == UINT32_MAX ||
		    type->ret_ranges[i].attach_type == env->in->expected_attach_type)
			return &type->ret_ranges[i];
	return NULL;
}

static int check_in_range(struct verifier_env *env, uint32_t regno, const char *name, int64_t min,
			  int64_t max, const char *where)
{
	const struct reg *reg = &cur_regs(env)[regno];
	int err;

	if (reg->type != REG_SCALAR) {
		vlog(env, "%s the register R%d is not a known value (%s)\n", where, regno,
		     reg_type_name(env, reg->type));
		return -EINVAL;
	}
	err = mark_precise(env, regno);
	if (err)
		return err;
	if (reg->num.smin < min || reg->num.smax > max) {
		log_not_in_range(env, reg, min, max, where, name);
		return -EINVAL;
	}
	return 0;
}

int check_return_value(struct verifier_env *env, uint32_t regno, const char *name)
{
	const struct frame *frame = cur_frame(env);
	const struct reg *reg = &cur_regs(env)[regno];
	const struct bpfx_ret_range *range;
	int err = check_reg_arg(env, regno, REG_READ);

	if (err)
		return err;
	if (reg_is_pointer(env, regno)) {
		vlog(env, "R%d leaks addr as return value\n", regno);
		return -EACCES;
	}
	if (frame->in_async_callback)
		return check_in_range(env, regno, name, 0, 0, "At async callback return");
	if (frame->subprog && !frame->in_exception_callback && known_kfunc_at(env, env->insn_idx) !=
	    KFUNC_bpf_throw) {
		if (reg->type == REG_SCALAR)
			return 0;
		vlog(env, "At subprogram exit the register R%d is not a scalar value (%s)\n", regno,
		     reg_type_name(env, reg->type));
		return -EINVAL;
	}
	range = ret_range(env);
	if (!range)
		return 0;
	err = check_in_range(env, regno, name, range->min, range->max, "At program exit");
	if (!err && range->max > 1 && reg->num.smin > 1)
		env->result_is_typed = true;
	return err;
}
