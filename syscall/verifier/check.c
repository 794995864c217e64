/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The walk: which instruction comes next, on which path. What an instruction does to the state is
 * in alu.c, branch.c, mem_*.c and call_*.c; when a path may stop is in prune.c.
 */
#include "env.h"

int refuse_reg_arg(struct verifier_env *env, uint32_t regno, enum reg_use use)
{
	if (regno >= MAX_BPF_REG) {
		vlog(env, "R%d is invalid\n", regno);
		return -EINVAL;
	}
	scratch_reg(env, regno);
	if (use == REG_READ)
		vlog(env, "R%d !read_ok\n", regno);
	else
		vlog(env, "frame pointer is read only\n");
	return -EACCES;
}

/* Linux complains of a reserved field when it walks over it; once is enough. */
int check_reserved(struct verifier_env *env, const struct bpf_insn *insn)
{
	struct insn_aux *aux = &env->aux[insn - env->insns];
	const char *reserved;

	if (aux->fields_fine)
		return 0;
	reserved = insn_reserved(insn);
	if (reserved) {
		vlog(env, "%s\n", reserved);
		return -EINVAL;
	}
	aux->fields_fine = true;
	return 0;
}

/* Holds the register a secret of an unprivileged program: an address. */
bool reg_is_pointer(const struct verifier_env *env, uint32_t regno)
{
	return !env->allow_leaks && cur_regs(env)[regno].type != REG_SCALAR;
}

/* ---- ld_imm64 ---- */

static int load_function(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst)
{
	int subprog = find_subprog(env, env->insn_idx + 1 + insn->imm);

	if (subprog < 0)
		return -EFAULT;
	if (!env->in->func_info_cnt) {
		vlog(env, "missing btf func_info\n");
		return -EINVAL;
	}
	if (env->subprogs[subprog].global) {
		vlog(env, "callback function not static\n");
		return -EINVAL;
	}
	dst->type = REG_FUNC;
	dst->subprog = subprog;
	return 0;
}

/* The address of a map's value is that of its first element, with an offset checked before. */
static void load_map(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst)
{
	const struct insn_aux *aux = &env->aux[env->insn_idx];
	const struct verifier_map *map = env->in->maps[aux->map - 1];

	dst->map = map;
	if (insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE) {
		dst->type = REG_MAP_VALUE;
		dst->off = aux->map_off;
	} else {
		dst->type = REG_MAP;
	}
}

static int check_ld_imm64(struct verifier_env *env, const struct bpf_insn *insn)
{
	struct reg *dst;
	int err = check_reg_arg(env, insn->dst_reg, REG_WRITE);

	if (err)
		return err;
	dst = &cur_regs(env)[insn->dst_reg];
	if (!insn->src_reg) {
		memset(dst, 0, sizeof(*dst));
		dst->type = REG_SCALAR;
		dst->num = scalar_const((uint64_t)(uint32_t)insn[1].imm << 32 |
					(uint32_t)insn->imm);
		return 0;
	}
	memset(dst, 0, sizeof(*dst));
	reg_zero_offset(dst);
	if (insn->src_reg == BPF_PSEUDO_FUNC)
		return load_function(env, insn, dst);
	if (!env->aux[env->insn_idx].map)
		return -EINVAL;
	load_map(env, insn, dst);
	return 0;
}

static int check_ld(struct verifier_env *env, const struct bpf_insn *insn)
{
	uint8_t mode = BPF_MODE(insn->code);
	int err;

	if (mode == BPF_ABS || mode == BPF_IND)
		return check_ld_abs(env, insn, &env->insn_idx);
	if (!insn_is_ld_imm64(insn)) {
		vlog(env, "invalid BPF_LD mode\n");
		return -EINVAL;
	}
	if (insn->off) {
		vlog(env, "BPF_LD_IMM64 uses reserved fields\n");
		return -EINVAL;
	}
	err = check_ld_imm64(env, insn);
	env->insn_idx += 2;
	if (!err)
		env->aux[env->insn_idx - 1].seen = true;
	return err;
}

/* ---- jumps ---- */

enum walk { WALK_ON = 0, WALK_PATH_END = 1 };

/* exit of a function goes back to its caller, of the program ends the path. */
static int check_exit(struct verifier_env *env, bool *print_state)
{
	struct state *state = env->cur;
	int err;

	err = check_ref_leak(env, false, !state->curframe, "BPF_EXIT instruction in main prog");
	if (err)
		return err;
	if (state->curframe) {
		err = prepare_func_exit(env, &env->insn_idx);
		*print_state = !err;
		return err;
	}
	err = check_return_value(env, BPF_REG_0, "R0");
	return err ? err : WALK_PATH_END;
}

/* Under a lock: the program's own functions, and what gives the lock back or works on its object. */
static bool allowed_under_lock(const struct verifier_env *env, const struct bpf_insn *insn)
{
	if (insn_is_helper_call(insn))
		return insn->imm == BPF_FUNC_spin_unlock || insn->imm == BPF_FUNC_kptr_xchg;
	return insn->src_reg == BPF_PSEUDO_CALL || kfunc_allowed_under_lock(env, env->insn_idx);
}

/* An exception ends the program wherever it is. */
static int check_throw_leaks(struct verifier_env *env, uint32_t insn_idx)
{
	int err;

	if (known_kfunc_at(env, insn_idx) != KFUNC_bpf_throw)
		return WALK_ON;
	err = check_ref_leak(env, true, true, "bpf_throw");
	return err ? err : WALK_PATH_END;
}

static int check_call(struct verifier_env *env, const struct bpf_insn *insn)
{
	uint32_t insn_idx = env->insn_idx;
	int err;

	if (env->cur->active_locks && !allowed_under_lock(env, insn)) {
		vlog(env, "function calls are not allowed while holding a lock\n");
		return -EINVAL;
	}
	if (insn->src_reg == BPF_PSEUDO_CALL)
		return check_func_call(env, insn, &env->insn_idx);
	if (insn->src_reg != BPF_PSEUDO_KFUNC_CALL)
		return check_helper_call(env, insn, &env->insn_idx);
	err = check_kfunc_call(env, insn, &env->insn_idx);
	return err ? err : check_throw_leaks(env, insn_idx);
}

static int check_jump(struct verifier_env *env, const struct bpf_insn *insn, bool *print_state)
{
	uint8_t op = BPF_OP(insn->code);
	int err = 0;

	env->jmps_processed++;
	if (op == BPF_CALL || op == BPF_JA || op == BPF_EXIT)
		err = check_reserved(env, insn);
	if (err)
		return err;
	switch (op) {
	case BPF_CALL:
		return check_call(env, insn);
	case BPF_JA:
		env->insn_idx = insn_jump_target(insn, env->insn_idx);
		return 0;
	case BPF_EXIT:
		return check_exit(env, print_state);
	default:
		return check_cond_jump(env, insn, &env->insn_idx);
	}
}

/* ---- one instruction: WALK_ON with env->insn_idx moved, WALK_PATH_END, or -errno ---- */

static int check_plain(struct verifier_env *env, const struct bpf_insn *insn)
{
	if (!env->aux[env->insn_idx].fields_fine) {
		int err = check_reserved(env, insn);

		if (err)
			return err;
	}
	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
		return check_load(env, insn);
	case BPF_STX:
		return BPF_MODE(insn->code) == BPF_ATOMIC ? check_atomic(env, insn) :
							    check_store_reg(env, insn);
	case BPF_ST:
		return check_store_imm(env, insn);
	default:
		return check_alu(env, insn);
	}
}

static int check_insn(struct verifier_env *env, const struct bpf_insn *insn, bool *print_state)
{
	int err;

	switch (BPF_CLASS(insn->code)) {
	case BPF_JMP:
	case BPF_JMP32:
		return check_jump(env, insn, print_state);
	case BPF_LD:
		return check_ld(env, insn);
	default:
		err = check_plain(env, insn);
		env->insn_idx++;
		return err;
	}
}

/* ---- the loop ---- */

static void log_safe(struct verifier_env *env, bool print_state)
{
	if (print_state)
		vlog(env, "\nfrom %d to %d: safe\n", env->prev_insn_idx, env->insn_idx);
	else
		vlog(env, "%d: safe\n", env->insn_idx);
}

static void log_step(struct verifier_env *env, bool *print_state)
{
	struct state *state = env->cur;

	if (log_verbose(env) && *print_state) {
		vlog(env, "\nfrom %d to %d:", env->prev_insn_idx, env->insn_idx);
		log_state(env, state, state->curframe, true);
		*print_state = false;
	}
	if (!log_enabled(env))
		return;
	if (env->scratched_regs || env->scratched_slots)
		log_insn_state(env, state, state->curframe);
	log_line_info(env, env->insn_idx, "; ");
	env->prev_log_end = env->log->end;
	vlog(env, "%d: ", env->insn_idx);
	log_insn(env, env->insn_idx);
	env->prev_insn_len = env->log->end - env->prev_log_end;
	env->prev_log_end = env->log->end;
}

/* Before an instruction: 1 when an equal state was seen and this path is done. */
static int arrive(struct verifier_env *env, const struct insn_aux *aux, bool print_state)
{
	int err = 0;

	if (aux->prune_point) {
		err = is_visited(env, env->insn_idx);
		if (err < 0)
			return err;
		if (err) {
			log_safe(env, print_state);
			return 1;
		}
	}
	if (aux->jump_point)
		err = push_step(env, env->cur, 0, 0);
	return err;
}

static int walk_one(struct verifier_env *env, bool *print_state)
{
	uint32_t idx = env->insn_idx;
	struct insn_aux *aux;
	int err;

	if (idx >= env->insn_cnt) {
		vlog(env, "invalid insn idx %d insn_cnt %d\n", idx, env->insn_cnt);
		return -EFAULT;
	}
	if (++env->insn_processed > LIMIT_INSNS) {
		vlog(env, "BPF program is too large. Processed %d insn\n", env->insn_processed);
		return -E2BIG;
	}
	env->cur->last_insn = env->prev_insn_idx;
	env->cur->insn = idx;
	aux = &env->aux[idx];
	if (aux->prune_point || aux->jump_point) {
		err = arrive(env, aux, *print_state);
		if (err)
			return err;
	}
	if (log_enabled(env))
		log_step(env, print_state);
	if (env->in->observe)
		tell_observer(env);
	aux->seen = true;
	if (!aux->may_write_stack)
		return check_insn(env, &env->insns[idx], print_state);
	live_stack_begin(env, idx);
	err = check_insn(env, &env->insns[idx], print_state);
	if (err >= 0)
		live_stack_commit(env);
	return err;
}

static int walk(struct verifier_env *env)
{
	bool pop_log = !log_verbose(env), print_state = false;
	uint32_t prev_insn = UINT32_MAX;

	for (;;) {
		uint32_t insn = env->insn_idx;
		int err;

		env->cur_step = NULL;
		env->prev_insn_idx = prev_insn;
		err = walk_one(env, &print_state);
		prev_insn = insn;
		if (err < 0)
			return err;
		if (err != WALK_PATH_END)
			continue;
		scratch_all(env);
		err = branch_done(env, env->cur);
		if (err)
			return err;
		live_stack_update(env);
		if (!pop_branch(env, &prev_insn, &env->insn_idx, pop_log))
			return 0;
		live_stack_reset_callchain(env);
		print_state = true;
	}
}

/* ---- starting a walk: the main program or a global function ---- */

static void init_global_args(struct verifier_env *env, const struct subprog *sub, struct frame *frame)
{
	for (uint32_t i = 0; i < sub->arg_cnt; i++) {
		const struct subprog_arg *arg = &sub->args[i];
		struct reg *reg = &frame->regs[BPF_REG_1 + i];

		if (arg->kind == BPFX_ARG_ANY) {
			env_set_unknown(env, reg);
			continue;
		}
		memset(reg, 0, sizeof(*reg));
		reg_zero_offset(reg);
		if (arg->kind == BPFX_ARG_CTX) {
			reg->type = REG_CTX;
			continue;
		}
		if ((arg->kind & BPFX_ARG_KIND_MASK) == BPFX_ARG_DYNPTR) {
			reg->type = REG_DYNPTR;
			reg->dynptr_kind = DYNPTR_LOCAL;
			reg->dynptr_first = true;
			reg->id = ++env->id_gen;
			continue;
		}
		if ((arg->kind & BPFX_ARG_KIND_MASK) == BPFX_ARG_BTF_ID) {
			reg->type = REG_BTF_ID | (arg->kind & BPFX_UNINIT ? REG_UNTRUSTED : REG_TRUSTED);
			reg->btf = env->in->kernel_btf;
			reg->btf_id = arg->btf_id;
			if (arg->kind & BPFX_NULLABLE) {
				reg->type |= REG_MAYBE_NULL;
				reg->id = ++env->id_gen;
			}
			continue;
		}
		reg->type = REG_MEM | (arg->kind & BPFX_RDONLY ? REG_RDONLY : 0);
		reg->mem_size = arg->mem_size;
		if (arg->kind & BPFX_NULLABLE) {
			reg->type |= REG_MAYBE_NULL;
			reg->id = ++env->id_gen;
		}
	}
}

static int init_args(struct verifier_env *env, uint32_t subprog, struct frame *frame)
{
	int err;

	if (!subprog) {
		/* The main function is told its context whatever its BTF says. */
		if (env->in->func_info_cnt &&
		    (prepare_func_args(env, 0) || env->subprogs[0].arg_cnt != 1 ||
		     env->subprogs[0].args[0].kind != BPFX_ARG_CTX))
			env->subprogs[0].unreliable = true;
		frame->regs[BPF_REG_1].type = REG_CTX;
		reg_zero_offset(&frame->regs[BPF_REG_1]);
		return 0;
	}
	vlog(env, "Validating %s() func#%d...\n", subprog_name(env, subprog), subprog);
	err = prepare_func_args(env, subprog);
	if (!err && subprog == env->exception_subprog) {
		frame->in_exception_callback = true;
		if (env->subprogs[subprog].arg_cnt != 1 ||
		    env->subprogs[subprog].args[0].kind != BPFX_ARG_ANY) {
			vlog(env, "exception cb only supports single integer argument\n");
			return -EINVAL;
		}
	}
	if (!err)
		init_global_args(env, &env->subprogs[subprog], frame);
	return err;
}

static int walk_from(struct verifier_env *env, uint32_t subprog)
{
	struct frame *frame = pool_zalloc(&env->pool, sizeof(*frame));
	int err;

	env->prev_line = NULL;
	env->cur = pool_zalloc(&env->pool, sizeof(*env->cur));
	env->cur->branches = 1;
	env->cur->in_sleepable = env->in->prog_flags & BPF_F_SLEEPABLE;
	env->cur->frame[0] = frame;
	frame_init(env, frame, -1, 0, subprog);
	env->cur->first_insn = env->subprogs[subprog].start;
	env->cur->last_insn = UINT32_MAX;
	env->insn_idx = env->subprogs[subprog].start;
	visited_init(env);
	live_stack_reset_callchain(env);
	err = init_args(env, subprog, frame);
	if (!err)
		err = walk(env);
	if (!err && !log_verbose(env))
		ulog_reset(env->log, 0);
	return err;
}

/* Global functions are walked on their own, those that are called, until no new one is. */
static int check_global_functions(struct verifier_env *env)
{
	bool again = true;

	/* Nobody calls it, but anything may throw. */
	if (env->exception_subprog)
		env->subprogs[env->exception_subprog].called = true;
	while (again) {
		again = false;
		for (uint32_t i = 1; i < env->subprog_cnt; i++) {
			int err;

			if (!env->subprogs[i].global || !env->subprogs[i].called ||
			    env->subprogs[i].verified)
				continue;
			err = walk_from(env, i);
			if (err)
				return err;
			vlog(env, "Func#%d ('%s') is safe for any args that match its prototype\n",
			     i, subprog_name(env, i));
			env->subprogs[i].verified = true;
			again = true;
		}
	}
	return 0;
}

int check_program(struct verifier_env *env)
{
	int err = walk_from(env, 0);

	return err ? err : check_global_functions(env);
}
