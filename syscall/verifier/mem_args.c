/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A context that is the arguments of what the program attaches to: which one an access meets and what
 * its type says of it. And buffers among them, whose size is known when the program is attached.
 */
#include "env.h"

#define ARGS_MAX 12

static uint32_t slot_size(const struct kern_btf *btf, uint32_t type)
{
	uint32_t id, size = 0;
	const struct btf_type *t = kern_btf_skip_modifiers(btf, type, &id);

	if (!type)
		return 0;
	if (btf_kind(t) != BTF_KIND_PTR && kern_btf_size(btf, id, &size))
		return 0;
	return btf_kind(t) == BTF_KIND_PTR ? 8 : (size + 7) / 8 * 8;
}

/* As Linux counts: one above them all is the result, two above is nothing. */
static uint32_t arg_at(const struct verifier_env *env, uint32_t off)
{
	const struct btf_type *proto = env->target_proto;
	uint32_t cnt = btf_vlen(proto), end = 0;

	for (uint32_t i = 0; i < cnt; i++) {
		end += slot_size(env->target_btf, btf_params(proto)[i].type);
		if (off < end)
			return i;
	}
	end += slot_size(env->target_btf, proto->type);
	return off < end ? cnt : cnt + 1;
}

static bool is_plain(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_INT || btf_kind(t) == BTF_KIND_ENUM ||
	       btf_kind(t) == BTF_KIND_ENUM64 || btf_is_struct_or_union(t);
}

static uint32_t tag_flags(const struct kern_btf *btf, const struct btf_type *t)
{
	const char *name = btf_kind(t) == BTF_KIND_TYPE_TAG ? kern_btf_type_name(btf, t) : "";

	return !strcmp(name, "user") ? REG_USER : !strcmp(name, "percpu") ? REG_PERCPU : 0;
}

static bool may_be_null(const struct kern_btf *btf, const struct btf_param *param)
{
	const char *name = kern_btf_name(btf, param->name_off), *suffix = "__nullable";
	size_t len = name ? strlen(name) : 0;

	return len >= strlen(suffix) && !strcmp(name + len - strlen(suffix), suffix);
}

static void set_pointer(struct verifier_env *env, struct reg *dst, uint32_t type, uint32_t btf_id)
{
	memset(dst, 0, sizeof(*dst));
	dst->type = type;
	reg_zero_offset(dst);
	if (type & REG_MAYBE_NULL)
		dst->id = ++env->id_gen;
	if (btf_id) {
		dst->btf = env->target_btf;
		dst->btf_id = btf_id;
	}
}

/* What an iterator says of its arguments goes before what their types say. */
static bool load_known(struct verifier_env *env, uint32_t arg, uint32_t struct_id, struct reg *dst)
{
	const struct verifier_iterator *iter = env->target_iter;

	switch (iter && arg < VERIFIER_ITERATOR_ARGS ? iter->args[arg] : ITERATOR_ARG_TYPED) {
	case ITERATOR_ARG_RDONLY_BUF:
		set_pointer(env, dst, REG_BUF | REG_RDONLY | REG_MAYBE_NULL, 0);
		return true;
	case ITERATOR_ARG_RDWR_BUF:
		set_pointer(env, dst, REG_BUF | REG_MAYBE_NULL, 0);
		return true;
	case ITERATOR_ARG_OR_NULL:
		set_pointer(env, dst, REG_BTF_ID | REG_MAYBE_NULL, struct_id);
		return true;
	case ITERATOR_ARG_TRUSTED_OR_NULL:
		set_pointer(env, dst, REG_BTF_ID | REG_TRUSTED | REG_MAYBE_NULL, struct_id);
		return true;
	default:
		return false;
	}
}

/* May it be NULL: its name says so, it is known to be; and nobody vouches for those of a module. */
static uint32_t null_flag(const struct verifier_env *env, const struct btf_param *param, uint32_t arg)
{
	bool tracepoint = env->target_skips;

	return may_be_null(env->target_btf, param) ||
	       (tracepoint && (env->in->attach_btf != env->in->kernel_btf ||
			       tracepoint_arg_may_be_null(env->target_name, arg))) ? REG_MAYBE_NULL : 0;
}

/* A pointer: to a struct it is typed, to a number or to void it is a number itself. */
static int load_pointer(struct verifier_env *env, const struct btf_param *param, uint32_t arg,
			const struct btf_type *ptr, struct reg *dst)
{
	const struct kern_btf *btf = env->target_btf;
	uint32_t id, flags = null_flag(env, param, arg);
	const struct btf_type *t = kern_btf_skip_modifiers(btf, ptr->type, &id);

	if (load_known(env, arg, id, dst))
		return 0;
	if (!id || btf_kind(t) == BTF_KIND_INT) {
		env_set_unknown(env, dst);
		return 0;
	}
	if (!btf_is_struct_or_union(t)) {
		vlog(env, "func '%s' arg%d type %s is not a struct\n", env->target_name, arg,
		     btf_kind_text(t));
		return -EACCES;
	}
	vlog(env, "func '%s' arg%d has btf_id %d type %s '%s'\n", env->target_name, arg, id,
	     btf_kind_text(t), kern_btf_type_name(btf, t));
	flags |= tag_flags(btf, kern_btf_type(btf, ptr->type));
	set_pointer(env, dst, REG_BTF_ID | REG_TRUSTED | flags, id);
	return 0;
}

static int refuse(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	vlog(env, "invalid bpf_context access off=%d size=%d\n", off, m->size);
	log_line_info(env, env->insn_idx, "; ");
	return -EACCES;
}

/* 0, and the argument; 1: there is none, and the log says why if there is more to say. */
static int find_arg(struct verifier_env *env, int32_t off, int size, uint32_t *arg,
		    const struct btf_param **param)
{
	uint32_t cnt = btf_vlen(env->target_proto) - env->target_skips;

	if (off % 8) {
		vlog(env, "func '%s' offset %d is not multiple of 8\n", env->target_name, off);
		return 1;
	}
	*arg = arg_at(env, off);
	if (*arg >= cnt) {
		vlog(env, "func '%s' doesn't have %d-th argument\n", env->target_name, *arg + 1);
		return 1;
	}
	*param = &btf_params(env->target_proto)[*arg + env->target_skips];
	return 0;
}

int access_args(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	struct reg dst = { 0 };
	const struct btf_param *param;
	const struct btf_type *t;
	uint32_t arg;

	if (off < 0 || off >= 8 * ARGS_MAX || m->access != ACCESS_READ || off % m->size ||
	    find_arg(env, off, m->size, &arg, &param))
		return refuse(env, m, off);
	t = kern_btf_skip_modifiers(env->target_btf, param->type, NULL);
	if (is_plain(t)) {
		env_set_unknown(env, &dst);
	} else if (btf_kind(t) != BTF_KIND_PTR) {
		vlog(env, "func '%s' arg%d '%s' has type %s. Only pointer access is allowed\n",
		     env->target_name, arg, kern_btf_type_name(env->target_btf, t),
		     btf_kind_text(t));
		return refuse(env, m, off);
	} else if (m->size != 8) {
		vlog(env, "func '%s' size %d must be 8\n", env->target_name, m->size);
		return refuse(env, m, off);
	} else if (load_pointer(env, param, arg, t, &dst)) {
		return refuse(env, m, off);
	}
	env->max_ctx_offset = MAX(env->max_ctx_offset, (uint32_t)(off + m->size));
	if (m->value_regno >= 0)
		cur_regs(env)[m->value_regno] = dst;
	return 0;
}

/* ---- buffers ---- */

int check_buf_access(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size)
{
	const struct reg *reg = &cur_regs(env)[regno];
	bool rdonly = reg->type & REG_RDONLY;
	uint32_t *most = rdonly ? &env->max_rdonly_buf : &env->max_rdwr_buf;
	char text[64];

	if (off < 0) {
		vlog(env, "R%d invalid %s buffer access: off=%d, size=%d\n", regno,
		     rdonly ? "rdonly" : "rdwr", off, (int)size);
		return -EACCES;
	}
	if (!tnum_is_const(reg->num.bits) || reg->num.bits.value) {
		vlog(env, "R%d invalid variable buffer offset: off=%d, var_off=%s\n", regno, off,
		     tnum_text(reg->num.bits, text, sizeof(text)));
		return -EACCES;
	}
	*most = MAX(*most, (uint32_t)(off + size));
	return 0;
}

int access_buf(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	struct reg *regs = cur_regs(env);
	bool rdonly = regs[m->regno].type & REG_RDONLY;
	int err;

	if (rdonly && m->access == ACCESS_WRITE) {
		vlog(env, "R%d cannot write into %s\n", m->regno,
		     reg_type_name(env, regs[m->regno].type));
		return -EACCES;
	}
	err = check_buf_access(env, m->regno, off, m->size);
	if (!err && m->value_regno >= 0 && (rdonly || m->access == ACCESS_READ))
		env_set_unknown(env, &regs[m->value_regno]);
	return err;
}
