/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Functions of the program: where they begin, that none runs into another, how deep they stack. */
#include "env.h"

/* Index of the function that starts at @start, or -ENOENT. */
int find_subprog(const struct verifier_env *env, uint32_t start)
{
	uint32_t low = 0, high = env->subprog_cnt;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (env->subprogs[middle].start == start)
			return middle;
		if (env->subprogs[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	return -ENOENT;
}

struct subprog *subprog_containing(const struct verifier_env *env, uint32_t insn)
{
	uint32_t low = 0, high = env->subprog_cnt;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (env->subprogs[middle].start <= insn)
			low = middle;
		else
			high = middle;
	}
	return &env->subprogs[low];
}

static int add_subprog(struct verifier_env *env, int64_t start)
{
	uint32_t at;

	if (start < 0 || start >= env->insn_cnt) {
		vlog(env, "call to invalid destination\n");
		return -EINVAL;
	}
	if (find_subprog(env, start) >= 0)
		return 0;
	if (env->subprog_cnt >= MAX_SUBPROGS) {
		vlog(env, "too many subprograms\n");
		return -E2BIG;
	}
	for (at = env->subprog_cnt; at > 0 && env->subprogs[at - 1].start > start; at--)
		env->subprogs[at] = env->subprogs[at - 1];
	env->subprogs[at] = (struct subprog){ .start = start };
	env->subprog_cnt++;
	return 0;
}

/* ---- the function that exceptions go to: a tag on the main function names it ---- */

#define EXCEPTION_TAG "exception_callback:"

/* 1: found, 0: none, -EEXIST: several. */
static int exception_callback_name(const struct verifier_env *env, const char **name)
{
	const struct kern_btf *btf = env->in->btf;
	int cnt = 0;

	for (uint32_t id = 1; id < kern_btf_type_cnt(btf); id++) {
		const struct btf_type *t = kern_btf_type(btf, id);
		const char *text;

		if (btf_kind(t) != BTF_KIND_DECL_TAG || t->type != env->in->func_info[0].type_id ||
		    ((const struct btf_decl_tag *)(t + 1))->component_idx != -1)
			continue;
		text = kern_btf_type_name(btf, t);
		if (strncmp(text, EXCEPTION_TAG, strlen(EXCEPTION_TAG)))
			continue;
		*name = text + strlen(EXCEPTION_TAG);
		cnt++;
	}
	return cnt > 1 ? -EEXIST : cnt;
}

/* Its first instruction, 0: there is none. */
static int find_exception_callback(struct verifier_env *env)
{
	const struct verifier_input *in = env->in;
	const char *name = NULL;
	uint32_t id;
	int found;

	if (!in->func_info_cnt || !in->btf)
		return 0;
	found = exception_callback_name(env, &name);
	if (found < 0)
		vlog(env, "multiple exception callback tags for main subprog\n");
	if (found <= 0)
		return found;
	id = kern_btf_find(in->btf, name, BTF_KIND_FUNC);
	if (!id) {
		vlog(env, "exception callback '%s' could not be found in BTF\n", name);
		return -ENOENT;
	}
	if (btf_vlen(kern_btf_type(in->btf, id)) != BTF_FUNC_GLOBAL) {
		vlog(env, "exception callback '%s' must have global linkage\n", name);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < in->func_info_cnt; i++) {
		if (in->func_info[i].type_id != id)
			continue;
		if (in->func_info[i].insn_off)
			return in->func_info[i].insn_off;
		vlog(env, "invalid exception callback insn_off in func_info: 0\n");
		return -EINVAL;
	}
	vlog(env, "exception callback type id not found in func_info\n");
	return -EINVAL;
}

static int add_exception_callback(struct verifier_env *env)
{
	int start = find_exception_callback(env), err;

	if (start <= 0)
		return start;
	err = add_subprog(env, start);
	if (err)
		return err;
	env->exception_subprog = find_subprog(env, start);
	env->subprogs[env->exception_subprog].is_exception_callback = true;
	env->subprogs[env->exception_subprog].is_callback = true;
	env->subprogs[env->exception_subprog].is_async_callback = true;	/* an empty stack */
	return 0;
}

/* Every target of a call or function pointer begins a function; instruction 0 does. */
int add_subprogs(struct verifier_env *env)
{
	int err;

	env->subprogs = pool_zalloc(&env->pool, (MAX_SUBPROGS + 2) * sizeof(*env->subprogs));
	err = add_subprog(env, 0);
	for (uint32_t i = 0; !err && i < env->insn_cnt; i++) {
		const struct bpf_insn *insn = &env->insns[i];

		if (insn_is_kfunc_call(insn)) {
			if (!env->bpf_capable) {
				vlog(env, "loading/calling other bpf or kernel functions are allowed for "
				     "CAP_BPF and CAP_SYS_ADMIN\n");
				return -EPERM;
			}
			err = find_kfunc(env, i);
		}
		if (!insn_is_local_call(insn) && !insn_is_func_ptr(insn))
			continue;
		if (!env->bpf_capable) {
			vlog(env, "loading/calling other bpf or kernel functions are allowed for CAP_BPF "
			     "and CAP_SYS_ADMIN\n");
			return -EPERM;
		}
		err = add_subprog(env, (int64_t)i + 1 + insn->imm);
	}
	if (!err)
		err = add_exception_callback(env);
	if (err)
		return err;
	env->subprogs[env->subprog_cnt].start = env->insn_cnt;
	if (log_verbose(env))
		for (uint32_t i = 0; i < env->subprog_cnt; i++)
			vlog(env, "func#%d @%d\n", i, env->subprogs[i].start);
	return 0;
}

static bool leaves_function(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && BPF_OP(insn->code) != BPF_EXIT &&
	       BPF_OP(insn->code) != BPF_CALL;
}

/* A tail call that succeeds, a packet load out of bounds: the function is over. */
bool may_end_function(const struct bpf_insn *insn)
{
	uint8_t mode = BPF_MODE(insn->code);

	if (BPF_CLASS(insn->code) == BPF_LD)
		return mode == BPF_ABS || mode == BPF_IND;
	return insn_is_helper_call(insn) && insn->imm == BPF_FUNC_tail_call;
}

static void note_features(struct verifier_env *env, uint32_t idx, struct subprog *sub)
{
	const struct bpf_insn *insn = &env->insns[idx];
	uint8_t mode = BPF_MODE(insn->code);

	if (insn->code == (BPF_JMP | BPF_EXIT))
		sub->exit = idx;
	if (insn_is_helper_call(insn) && insn->imm == BPF_FUNC_tail_call)
		sub->has_tail_call = true;
	if (BPF_CLASS(insn->code) == BPF_LD && (mode == BPF_ABS || mode == BPF_IND))
		sub->has_ld_abs = true;
}

static int check_jumps_of(struct verifier_env *env, struct subprog *sub)
{
	uint32_t end = sub[1].start;
	uint8_t last;

	for (uint32_t i = sub->start; i < end; i++) {
		const struct bpf_insn *insn = &env->insns[i];
		int64_t target = insn_jump_target(insn, i);

		note_features(env, i, sub);
		if (leaves_function(insn) && (target < sub->start || target >= end)) {
			vlog(env, "jump out of range from insn %d to %d\n", i, (int)target);
			return -EINVAL;
		}
	}
	last = env->insns[end - 1].code;
	if (last != (BPF_JMP | BPF_EXIT) && last != (BPF_JMP | BPF_JA) &&
	    last != (BPF_JMP32 | BPF_JA)) {
		vlog(env, "last insn is not an exit or jmp\n");
		return -EINVAL;
	}
	return 0;
}

/* No jump crosses from one function into another, and none falls through its end. */
int check_subprogs(struct verifier_env *env)
{
	for (uint32_t i = 0; i < env->subprog_cnt; i++) {
		int err = check_jumps_of(env, &env->subprogs[i]);

		if (err)
			return err;
	}
	return 0;
}

/* ---- stack of whole call chains ---- */

#define MAX_STACK_OF_CALLERS 256	/* of a function that makes tail calls */

struct chain {
	uint32_t ret_insn[MAX_FRAMES];
	uint32_t ret_subprog[MAX_FRAMES];
	uint32_t frame;
	uint32_t depth;
};

static uint32_t frame_size(const struct subprog *sub)
{
	return round_up64(sub->stack_depth, 16);
}

static int enter(struct verifier_env *env, struct chain *c, uint32_t sub)
{
	if (sub && env->subprogs[sub].has_tail_call && c->depth >= MAX_STACK_OF_CALLERS) {
		vlog(env, "tail_calls are not allowed when call stack of previous frames is %d bytes. "
		     "Too large\n", c->depth);
		return -EACCES;
	}
	c->depth += frame_size(&env->subprogs[sub]);
	if (c->depth > MAX_STACK) {
		vlog(env, "combined stack size of %d calls is %d. Too large\n", c->frame + 1,
		     c->depth);
		return -EACCES;
	}
	return 0;
}

/* Function that the instruction calls or names, in whose frame it then is; -1: none. */
static int callee_of(const struct verifier_env *env, uint32_t at)
{
	const struct bpf_insn *insn = &env->insns[at];
	int callee;

	if (!insn_is_local_call(insn) && !insn_is_func_ptr(insn))
		return -1;
	callee = find_subprog(env, at + 1 + insn->imm);
	/* Asynchronous callbacks begin on an empty stack. */
	if (callee >= 0 && env->subprogs[callee].is_async_callback && !insn_is_local_call(insn))
		return -1;
	return callee;
}

static int call(struct verifier_env *env, struct chain *c, uint32_t *sub, uint32_t at,
		uint32_t callee)
{
	c->ret_insn[c->frame] = at + 1;
	c->ret_subprog[c->frame] = *sub;
	*sub = callee;
	if (++c->frame >= MAX_FRAMES) {
		vlog(env, "the call stack of %d frames is too deep !\n", c->frame);
		return -E2BIG;
	}
	return enter(env, c, callee);
}

/* Between a callback and the helper that calls it nothing can be unwound. */
static int check_throw_place(struct verifier_env *env, const struct chain *c, uint32_t sub,
			     uint32_t at)
{
	bool in_callback = env->subprogs[sub].is_callback;

	if (known_kfunc_at(env, at) != KFUNC_bpf_throw)
		return 0;
	for (uint32_t i = 0; i < c->frame; i++)
		in_callback |= env->subprogs[c->ret_subprog[i]].is_callback;
	if (!in_callback)
		return 0;
	vlog(env, "bpf_throw kfunc (insn %d) cannot be called from callback subprog %d\n", at, sub);
	return -EINVAL;
}

/* Depth first over the calls that begin in function @start. */
static int check_chain(struct verifier_env *env, uint32_t start)
{
	uint32_t sub = start, at = env->subprogs[start].start;
	struct chain c = { 0 };
	int err = enter(env, &c, sub);

	while (!err) {
		int callee = -1;

		for (; !err && at < env->subprogs[sub + 1].start && callee < 0; at++) {
			err = check_throw_place(env, &c, sub, at);
			callee = callee_of(env, at);
			if (!err && callee >= 0 && env->subprogs[callee].is_exception_callback) {
				vlog(env, "insn %d cannot call exception cb directly\n", at);
				err = -EINVAL;
			}
		}
		if (err)
			break;
		if (callee >= 0) {
			err = call(env, &c, &sub, at - 1, callee);
			at = env->subprogs[sub].start;
		} else if (c.frame) {
			c.depth -= frame_size(&env->subprogs[sub]);
			c.frame--;
			at = c.ret_insn[c.frame];
			sub = c.ret_subprog[c.frame];
		} else {
			break;
		}
	}
	return err;
}

int check_max_stack_depth(struct verifier_env *env)
{
	for (uint32_t i = 0; i < env->subprog_cnt; i++) {
		int err = !i || env->subprogs[i].is_async_callback ? check_chain(env, i) : 0;

		if (err)
			return err;
	}
	return 0;
}
