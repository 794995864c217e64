/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the program's BTF says of its functions and lines, checked against the instructions. */
#include <stdio.h>
#include "env.h"

/* ---- func_info before the functions are known ---- */

static int check_func_record(struct verifier_env *env, uint32_t i)
{
	const struct bpf_func_info *record = &env->in->func_info[i];
	const struct kern_btf *btf = env->in->btf;
	const struct btf_type *func, *proto;

	if (!i && record->insn_off) {
		vlog(env, "nonzero insn_off %u for the first func info record", record->insn_off);
		return -EINVAL;
	}
	if (i && record->insn_off <= record[-1].insn_off) {
		vlog(env, "same or smaller insn offset (%u) than previous func info record (%u)",
		     record->insn_off, record[-1].insn_off);
		return -EINVAL;
	}
	func = kern_btf_type(btf, record->type_id);
	if (!func || btf_kind(func) != BTF_KIND_FUNC) {
		vlog(env, "invalid type id %d in func info", record->type_id);
		return -EINVAL;
	}
	proto = kern_btf_type(btf, func->type);
	return proto && btf_kind(proto) == BTF_KIND_FUNC_PROTO ? 0 : -EINVAL;
}

static int unread(struct verifier_env *env, const struct verifier_unread *what)
{
	if (what->err && what->text)
		vlog(env, what->text, what->number);
	return what->err;
}

int check_btf_info_early(struct verifier_env *env)
{
	if (env->in->fd_array_unread.err)
		return unread(env, &env->in->fd_array_unread);
	if (env->in->btf_unread.err)
		return unread(env, &env->in->btf_unread);
	if (env->in->func_info_cnt && !env->in->btf)
		return -EINVAL;
	for (uint32_t i = 0; i < env->in->func_info_cnt; i++) {
		int err = check_func_record(env, i);

		if (err)
			return err;
	}
	return unread(env, &env->in->func_unread);
}

/* ---- func_info against the functions ---- */

static bool is_enum(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_ENUM || btf_kind(t) == BTF_KIND_ENUM64;
}

static bool returns_small_number(const struct verifier_env *env, const struct btf_type *func)
{
	const struct btf_type *proto = kern_btf_type(env->in->btf, func->type);
	const struct btf_type *ret = kern_btf_skip_modifiers(env->in->btf, proto->type, NULL);

	return ret && ((btf_kind(ret) == BTF_KIND_INT && ret->size <= sizeof(uint64_t)) ||
		       is_enum(ret));
}

static int refuse_feature(struct verifier_env *env, const struct subprog *sub, const char *without)
{
	if (sub->has_ld_abs) {
		vlog(env, "LD_ABS is %s\n", without);
		return -EINVAL;
	}
	if (sub->has_tail_call) {
		vlog(env, "tail_call is %s\n", without);
		return -EINVAL;
	}
	return 0;
}

static int check_functions(struct verifier_env *env)
{
	const struct verifier_input *in = env->in;
	int err = 0;

	for (uint32_t i = 1; !in->func_info_cnt && !err && i < env->subprog_cnt; i++)
		err = refuse_feature(env, &env->subprogs[i], "not allowed in subprogs without BTF");
	if (err || !in->func_info_cnt)
		return err;
	if (in->func_info_cnt != env->subprog_cnt) {
		vlog(env, "number of funcs in func_info doesn't match number of subprogs\n");
		return -EINVAL;
	}
	for (uint32_t i = 0; !err && i < env->subprog_cnt; i++) {
		struct subprog *sub = &env->subprogs[i];
		const struct btf_type *func = kern_btf_type(in->btf, in->func_info[i].type_id);

		if (sub->start != in->func_info[i].insn_off) {
			vlog(env, "func_info BTF section doesn't match subprog layout in BPF program\n");
			return -EINVAL;
		}
		sub->global = btf_vlen(func) == BTF_FUNC_GLOBAL;
		if (i && !returns_small_number(env, func))
			err = refuse_feature(env, sub, "only allowed in functions that return 'int'.");
	}
	return err;
}

/* ---- line_info ---- */

static int check_line_record(struct verifier_env *env, uint32_t i)
{
	const struct bpf_line_info *line = &env->in->line_info[i];
	uint32_t prev = i ? line[-1].insn_off : 0;

	if ((i && line->insn_off <= prev) || line->insn_off >= env->insn_cnt) {
		vlog(env, "Invalid line_info[%u].insn_off:%u (prev_offset:%u prog->len:%u)\n", i,
		     line->insn_off, prev, env->insn_cnt);
		return -EINVAL;
	}
	if (!env->insns[line->insn_off].code) {
		vlog(env, "Invalid insn code at line_info[%u].insn_off\n", i);
		return -EINVAL;
	}
	if (!kern_btf_name(env->in->btf, line->line_off) ||
	    !kern_btf_name(env->in->btf, line->file_name_off)) {
		vlog(env, "Invalid line_info[%u].line_off or .file_name_off\n", i);
		return -EINVAL;
	}
	return 0;
}

/* Every function begins with a record. */
static int check_lines(struct verifier_env *env)
{
	uint32_t s = 0;

	if (env->in->line_info_cnt && !env->in->btf)
		return -EINVAL;
	for (uint32_t i = 0; i < env->in->line_info_cnt; i++) {
		uint32_t insn = env->in->line_info[i].insn_off;
		int err = check_line_record(env, i);

		if (err)
			return err;
		if (s == env->subprog_cnt)
			continue;
		if (insn == env->subprogs[s].start) {
			env->subprogs[s++].linfo = i;
		} else if (env->subprogs[s].start < insn) {
			vlog(env, "missing bpf_line_info for func#%u\n", s);
			return -EINVAL;
		}
	}
	if (env->in->line_unread.err)
		return unread(env, &env->in->line_unread);
	if (env->in->line_info_cnt && s != env->subprog_cnt) {
		vlog(env, "missing bpf_line_info for %u funcs starting from func#%u\n",
		     env->subprog_cnt - s, s);
		return -EINVAL;
	}
	return 0;
}

int check_btf_info(struct verifier_env *env)
{
	int err = check_functions(env);

	err = err ? err : check_lines(env);
	err = err ? err : unread(env, &env->in->core_unread);
	if (!err && env->in->core_relo_cnt) {
		vlog(env, "CO-RE relocations are applied by the loader only\n");
		err = -ENOTSUPP;
	}
	return err;
}

/* ---- arguments of a function ---- */

enum {
	TAG_CTX = 1,
	TAG_NONNULL = 2,
	TAG_NULLABLE = 4,
	TAG_OTHER = 8,
	TAG_TRUSTED = 16,
	TAG_UNTRUSTED = 32,
};

static uint32_t tag_bit(const char *name)
{
	if (!strcmp(name, "ctx"))
		return TAG_CTX;
	if (!strcmp(name, "nonnull"))
		return TAG_NONNULL;
	if (!strcmp(name, "nullable"))
		return TAG_NULLABLE;
	if (!strcmp(name, "trusted"))
		return TAG_TRUSTED;
	if (!strcmp(name, "untrusted"))
		return TAG_UNTRUSTED;
	return TAG_OTHER;
}

/* "arg:…" declaration tags of one argument. */
static uint32_t arg_tags(const struct verifier_env *env, uint32_t func_id, uint32_t arg)
{
	const struct kern_btf *btf = env->in->btf;
	uint32_t tags = 0;

	for (uint32_t id = 1; id < kern_btf_type_cnt(btf); id++) {
		const struct btf_type *t = kern_btf_type(btf, id);
		const char *name;

		if (btf_kind(t) != BTF_KIND_DECL_TAG || t->type != func_id ||
		    ((const struct btf_decl_tag *)(t + 1))->component_idx != (int32_t)arg)
			continue;
		name = kern_btf_type_name(btf, t);
		if (name && !strncmp(name, "arg:", 4))
			tags |= tag_bit(name + 4);
	}
	return tags;
}

/* Pointer to the struct that programs of this type know as their context. */
static bool is_ctx_pointer(const struct verifier_env *env, const struct btf_type *ptr)
{
	const struct bpfx_ctx_desc *ctx = env->in->type->ctx;
	const struct btf_type *t = kern_btf_skip_modifiers(env->in->btf, ptr->type, NULL);
	const char *name;

	if (!ctx || !ctx->type_name || !t || btf_kind(t) != BTF_KIND_STRUCT)
		return false;
	name = kern_btf_type_name(env->in->btf, t);
	return name && !strcmp(name, ctx->type_name);
}

static const char *kind_name(const struct btf_type *t)
{
	static const char *const names[] = {
		"UNKNOWN", "INT", "PTR", "ARRAY", "STRUCT", "UNION", "ENUM", "FWD", "TYPEDEF",
		"VOLATILE", "CONST", "RESTRICT", "FUNC", "FUNC_PROTO", "VAR", "DATASEC", "FLOAT",
		"DECL_TAG", "TYPE_TAG", "ENUM64",
	};

	return btf_kind(t) < ARRAY_SIZE(names) ? names[btf_kind(t)] : "UNKNOWN";
}

static int memory_arg(struct verifier_env *env, const struct btf_type *ptr, uint32_t i,
		      uint32_t tags, struct subprog_arg *arg)
{
	const struct kern_btf *btf = env->in->btf;
	uint32_t id, size;
	const struct btf_type *t = kern_btf_skip_modifiers(btf, ptr->type, &id);
	int err = t ? kern_btf_size(btf, id, &size) : -EINVAL;

	if (err) {
		vlog(env, "arg#%d reference type('%s %s') size cannot be determined: %d\n", i,
		     t ? kind_name(t) : "UNKNOWN", t ? kern_btf_type_name(btf, t) : "", err);
		return -EINVAL;
	}
	arg->kind = BPFX_ARG_MEM | (tags & TAG_NONNULL ? 0 : BPFX_NULLABLE);
	arg->mem_size = size;
	return 0;
}

static bool is_dynptr_pointer(const struct verifier_env *env, const struct btf_type *ptr)
{
	const struct btf_type *t = kern_btf_skip_modifiers(env->in->btf, ptr->type, NULL);

	return t && btf_kind(t) == BTF_KIND_STRUCT &&
	       !strcmp(kern_btf_type_name(env->in->btf, t), "bpf_dynptr");
}

/* A kernel object: the struct of that name in the kernel's BTF, its flavour left out. */
static int object_arg(struct verifier_env *env, const struct btf_type *ptr, uint32_t i,
		      uint32_t tags, struct subprog_arg *arg)
{
	const struct btf_type *t = kern_btf_skip_modifiers(env->in->btf, ptr->type, NULL);
	const char *name = t ? kern_btf_type_name(env->in->btf, t) : "";
	char essential[128], *flavour;

	snprintf(essential, sizeof(essential), "%s", name);
	flavour = strstr(essential, "___");
	if (flavour)
		*flavour = 0;
	if (tags & TAG_TRUSTED && tags & TAG_NONNULL) {
		vlog(env, "arg#%d has invalid combination of tags\n", i);
		return -EINVAL;
	}
	arg->btf_id = env->in->kernel_btf && t && btf_is_struct_or_union(t) ?
		kern_btf_find(env->in->kernel_btf, essential, btf_kind(t)) : 0;
	if (!arg->btf_id) {
		vlog(env, "arg#%d type lookup in kernel BTF failed\n", i);
		return -ENOENT;
	}
	arg->kind = BPFX_ARG_BTF_ID | (tags & TAG_NULLABLE ? BPFX_NULLABLE : 0) |
		    (tags & TAG_UNTRUSTED ? BPFX_UNINIT : 0);
	return 0;
}

static int pointer_arg(struct verifier_env *env, const struct subprog *sub,
		       const struct btf_type *ptr, uint32_t i, uint32_t tags,
		       struct subprog_arg *arg)
{
	if ((tags & TAG_CTX) || is_ctx_pointer(env, ptr)) {
		if (tags & ~TAG_CTX) {
			vlog(env, "arg#%d has invalid combination of tags\n", i);
			return -EINVAL;
		}
		arg->kind = BPFX_ARG_CTX;
		return 0;
	}
	if (!sub->global)
		return -EINVAL;
	if (is_dynptr_pointer(env, ptr)) {
		if (tags) {
			vlog(env, "arg#%d has invalid combination of tags\n", i);
			return -EINVAL;
		}
		arg->kind = BPFX_ARG_DYNPTR | BPFX_RDONLY;
		return 0;
	}
	if (tags & (TAG_TRUSTED | TAG_UNTRUSTED))
		return object_arg(env, ptr, i, tags, arg);
	return memory_arg(env, ptr, i, tags, arg);
}

static int one_arg(struct verifier_env *env, const struct subprog *sub, uint32_t func_id,
		   const struct btf_param *param, uint32_t i, struct subprog_arg *arg)
{
	const struct btf_type *t = kern_btf_skip_modifiers(env->in->btf, param->type, NULL);
	const struct btf_type *func = kern_btf_type(env->in->btf, func_id);
	uint32_t tags = arg_tags(env, func_id, i);

	if (tags && !sub->global) {
		vlog(env, "arg#%d type tag is not supported in static functions\n", i);
		return -EOPNOTSUPP;
	}
	if (tags & TAG_OTHER) {
		vlog(env, "arg#%d has unsupported set of tags\n", i);
		return -EOPNOTSUPP;
	}
	if (t && btf_kind(t) == BTF_KIND_PTR)
		return pointer_arg(env, sub, t, i, tags, arg);
	if (tags) {
		vlog(env, "arg#%d has pointer tag, but is not a pointer type\n", i);
		return -EINVAL;
	}
	if (t && (btf_kind(t) == BTF_KIND_INT || is_enum(t))) {
		arg->kind = BPFX_ARG_ANY;
		return 0;
	}
	if (sub->global)
		vlog(env, "Arg#%d type %s in %s() is not supported yet.\n", i,
		     t ? kind_name(t) : "UNKNOWN", kern_btf_type_name(env->in->btf, func));
	return -EINVAL;
}

/* Arguments of a function as the verifier must assume them; kept with the function. */
int prepare_func_args(struct verifier_env *env, uint32_t subprog)
{
	const struct kern_btf *btf = env->in->btf;
	struct subprog *sub = &env->subprogs[subprog];
	uint32_t func_id = env->in->func_info[subprog].type_id, cnt;
	const struct btf_type *func = kern_btf_type(btf, func_id);
	const struct btf_type *proto = kern_btf_type(btf, func->type);
	const struct btf_type *ret = kern_btf_skip_modifiers(btf, proto->type, NULL);
	const char *name = kern_btf_type_name(btf, func);

	if (sub->args_cached)
		return 0;
	cnt = btf_vlen(proto);
	if (cnt > ARRAY_SIZE(sub->args)) {
		if (sub->global)
			vlog(env, "Global function %s() with %d > %d args. Buggy compiler.\n", name,
			     cnt, (int)ARRAY_SIZE(sub->args));
		return -EINVAL;
	}
	if (!ret || (btf_kind(ret) != BTF_KIND_INT && !is_enum(ret))) {
		if (sub->global)
			vlog(env, "Global function %s() doesn't return scalar. Only those are "
			     "supported.\n", name);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < cnt; i++) {
		int err = one_arg(env, sub, func_id, &btf_params(proto)[i], i, &sub->args[i]);

		if (err)
			return err;
	}
	sub->arg_cnt = cnt;
	sub->args_cached = true;
	return 0;
}
