/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Kernel functions: which of them the emulated kernel has, their arguments and results. */
#include "env.h"

static const struct kfunc kfuncs[] = {
	{ "bpf_iter_num_new", KFUNC_ITER_NEW, ITER_NUM, 3 },
	{ "bpf_iter_num_next", KFUNC_ITER_NEXT, ITER_NUM, 1 },
	{ "bpf_iter_num_destroy", KFUNC_ITER_DESTROY, ITER_NUM, 1 },
};

static const struct btf_type *function_type(const struct verifier_env *env,
					    const struct bpf_insn *insn)
{
	const struct btf_type *t = insn->off ? NULL : kern_btf_type(env->in->kernel_btf, insn->imm);

	return t && btf_kind(t) == BTF_KIND_FUNC ? t : NULL;
}

const char *kfunc_name(const struct verifier_env *env, const struct bpf_insn *insn)
{
	const struct btf_type *t = env->in->kernel_btf ? function_type(env, insn) : NULL;

	return t ? kern_btf_type_name(env->in->kernel_btf, t) : NULL;
}

/* Before the walk: the call at @idx is resolved, or refused as Linux does so early. */
int find_kfunc(struct verifier_env *env, uint32_t idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	const char *name;

	if (!env->in->kernel_btf) {
		vlog(env, "calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF\n");
		return -ENOTSUPP;
	}
	if (!env->in->gpl_compatible) {
		vlog(env, "cannot call kernel function from non-GPL compatible program\n");
		return -EINVAL;
	}
	if (!insn->imm && !insn->off)
		return 0;	/* may be dead code */
	name = kfunc_name(env, insn);
	if (!name) {
		vlog(env, "kernel btf_id %u is not a function\n", insn->imm);
		return -EINVAL;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kfuncs); i++)
		if (!strcmp(kfuncs[i].name, name))
			env->aux[idx].kfunc = &kfuncs[i];
	return 0;
}

static int check_args(struct verifier_env *env, const struct kfunc *kfunc, uint32_t *ref_id)
{
	for (uint32_t i = 1; i <= kfunc->arg_cnt; i++) {
		const struct reg *reg = &cur_regs(env)[i];
		int err;

		if (i == 1) {
			err = check_iter_arg(env, kfunc, ref_id);
			if (err)
				return err;
			continue;
		}
		if (reg->type != REG_SCALAR) {
			vlog(env, "R%d is not a scalar\n", i);
			return -EINVAL;
		}
	}
	return 0;
}

static void set_result(struct verifier_env *env, const struct kfunc *kfunc, uint32_t ref_id)
{
	struct reg *r0 = &cur_regs(env)[BPF_REG_0];

	if (kfunc->role == KFUNC_ITER_DESTROY)
		return;
	if (kfunc->role == KFUNC_ITER_NEW) {
		env_set_unknown(env, r0);
		return;
	}
	memset(r0, 0, sizeof(*r0));
	r0->type = REG_MEM | REG_RDONLY | REG_MAYBE_NULL;
	r0->mem_size = sizeof(int);
	r0->ref_id = ref_id;
	r0->id = ++env->id_gen;
	reg_zero_offset(r0);
}

int check_kfunc_call(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx)
{
	const struct kfunc *kfunc = env->aux[*insn_idx].kfunc;
	uint32_t ref_id = 0;
	int err;

	if (!insn->imm) {
		vlog(env, "invalid kernel function call not eliminated in verifier pass\n");
		return -EINVAL;
	}
	if (!kfunc) {
		vlog(env, "calling kernel function %s is not allowed\n", kfunc_name(env, insn));
		return -EACCES;
	}
	err = check_args(env, kfunc, &ref_id);
	if (err)
		return err;
	env->scratch_reg[0] = cur_regs(env)[BPF_REG_1];
	clear_caller_saved(env, cur_frame(env));
	set_result(env, kfunc, ref_id);
	if (kfunc->role == KFUNC_ITER_NEXT)
		err = iter_next(env, *insn_idx);
	*insn_idx += 1;
	return err;
}
