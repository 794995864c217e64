/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What a program attaches to, where that is a type of the kernel's BTF: is it what the attach type wants. */
#include <stdio.h>
#include "env.h"

#define TRACE_PREFIX "btf_trace_"

/* The type that attach_btf_id names. */
struct target {
	const struct kern_btf *btf;
	const struct btf_type *type;
	const char *name;
};

static int take_proto(struct verifier_env *env, const struct kern_btf *btf,
		      const struct btf_type *owner)
{
	const struct btf_type *proto = kern_btf_type(btf, owner->type);

	if (!proto || btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return -EINVAL;
	env->target_btf = btf;
	env->target_proto = proto;
	return 0;
}

/* The typedef has no names of arguments; the function that calls programs has. */
static int check_tracepoint(struct verifier_env *env, const struct target *t)
{
	const char *name = t->name + strlen(TRACE_PREFIX);
	const struct btf_type *owner;
	char function[128];
	uint32_t id;

	if (btf_kind(t->type) != BTF_KIND_TYPEDEF) {
		vlog(env, "attach_btf_id %u is not a typedef\n", env->in->attach_btf_id);
		return -EINVAL;
	}
	if (strncmp(t->name, TRACE_PREFIX, strlen(TRACE_PREFIX))) {
		vlog(env, "attach_btf_id %u points to wrong type name %s\n", env->in->attach_btf_id,
		     t->name);
		return -EINVAL;
	}
	if (!env->in->has_tracepoint || !env->in->has_tracepoint(name)) {
		if (!env->in->kernel_is_foreign)
			return -EINVAL;
		env->needs_kernel = true;
	}
	snprintf(function, sizeof(function), "__bpf_trace_%s", name);
	id = kern_btf_find(t->btf, function, BTF_KIND_FUNC);
	if (!id)
		vlog(env, "Cannot find btf of tracepoint template, fall back to %s%s.\n",
		     TRACE_PREFIX, name);
	owner = kern_btf_type(t->btf, id ? id : t->type->type);
	if (!owner || (!id && btf_kind(owner) != BTF_KIND_PTR))
		return -EINVAL;
	env->target_name = name;
	env->target_skips = 1;
	return take_proto(env, t->btf, owner);
}

static int check_function(struct verifier_env *env, const struct target *t)
{
	if (btf_kind(t->type) != BTF_KIND_FUNC) {
		vlog(env, "attach_btf_id %u is not a function\n", env->in->attach_btf_id);
		return -EINVAL;
	}
	env->target_name = t->name;
	return take_proto(env, t->btf, t->type);
}

static int check_iterator(struct verifier_env *env, const struct target *t)
{
	int err = check_function(env, t);

	if (err)
		return err;
	env->target_iter = env->in->iterator ? env->in->iterator(t->name) : NULL;
	if (!env->target_iter)
		return -EINVAL;
	env->needs_kernel |= env->target_iter->not_here;
	return 0;
}

/* The emulated kernel has no functions that could be traced. */
static int check_traced(struct verifier_env *env, const struct target *t)
{
	int err = check_function(env, t);

	if (err)
		return err;
	vlog(env, "The address of function %s cannot be found\n", t->name);
	return -ENOENT;
}

static const struct target_kind {
	uint32_t attach_type;
	bool may_sleep;
	int (*check)(struct verifier_env *env, const struct target *t);
} kinds[] = {
	{ BPF_TRACE_RAW_TP, false, check_tracepoint },
	{ BPF_TRACE_ITER, true, check_iterator },
	{ BPF_TRACE_FENTRY, true, check_traced },
	{ BPF_TRACE_FEXIT, true, check_traced },
	{ BPF_MODIFY_RETURN, true, check_traced },
	{ BPF_LSM_MAC, false, check_traced },
	{ BPF_LSM_CGROUP, false, check_traced },
};

static const struct target_kind *kind_of(const struct verifier_env *env)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].attach_type == env->in->expected_attach_type)
			return &kinds[i];
	return NULL;
}

static int check_sleepable(struct verifier_env *env)
{
	bool by_target = env->in->type->flags & BPFX_PROG_BTF_TARGET;
	const struct target_kind *kind = by_target ? kind_of(env) : NULL;

	if (!(env->in->prog_flags & BPF_F_SLEEPABLE) ||
	    (by_target ? kind && kind->may_sleep : env->in->type->flags & BPFX_PROG_SLEEPABLE_OK))
		return 0;
	vlog(env, "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be "
	     "sleepable\n");
	return -EINVAL;
}

/* A function of another program: none here is machine code, which is what could be patched. */
static int check_in_program(struct verifier_env *env, const struct target *t)
{
	for (uint32_t i = 0; i < env->in->attach_func_cnt; i++) {
		if (env->in->attach_funcs[i].type_id == env->in->attach_btf_id) {
			vlog(env, "Can attach to only JITed progs\n");
			return -EINVAL;
		}
	}
	vlog(env, "Subprog %s doesn't exist\n", t->name);
	return -EINVAL;
}

static int find_target(struct verifier_env *env, struct target *t)
{
	uint32_t id = env->in->attach_btf_id;

	if (!id) {
		vlog(env, "Tracing programs must provide btf_id\n");
		return -EINVAL;
	}
	t->btf = env->in->attach_btf;
	if (!t->btf) {
		vlog(env, "FENTRY/FEXIT program can only be attached to another program annotated "
		     "with BTF\n");
		return -EINVAL;
	}
	t->type = kern_btf_type(t->btf, id);
	if (!t->type) {
		vlog(env, "attach_btf_id %u is invalid\n", id);
		return -EINVAL;
	}
	t->name = kern_btf_type_name(t->btf, t->type);
	return 0;
}

int check_attach_target(struct verifier_env *env)
{
	const struct target_kind *kind = kind_of(env);
	struct target t;
	int err = check_sleepable(env);

	if (err || !(env->in->type->flags & BPFX_PROG_BTF_TARGET))
		return err;
	err = find_target(env, &t);
	if (!err && env->in->attaches_to_prog)
		err = check_in_program(env, &t);
	if (err)
		return err;
	return kind ? kind->check(env, &t) : -EINVAL;
}
