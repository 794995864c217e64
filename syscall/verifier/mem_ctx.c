/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The context: fields of the program type's table, at the sizes the table allows. */
#include "env.h"

static bool has_attach_type(const struct bpfx_ctx_field *field, uint32_t attach_type)
{
	if (!field->attach_types)
		return true;
	for (uint32_t i = 0; i < field->attach_type_cnt; i++)
		if (field->attach_types[i] == attach_type)
			return true;
	return false;
}

static bool size_fits(const struct bpfx_ctx_field *field, int32_t off, int size, enum access access)
{
	uint32_t narrow = access == ACCESS_WRITE ? BPFX_FIELD_NARROW_WRITE : BPFX_FIELD_NARROW;
	bool at_start = (uint32_t)off == field->offset;

	if (at_start && (uint32_t)size == field->size)
		return true;
	if (field->flags & BPFX_FIELD_WIDE && at_start && size == 8 && field->size == 4)
		return true;
	if (access != ACCESS_WRITE && at_start)
		narrow |= BPFX_FIELD_NARROW_LOW;
	return field->flags & narrow && (uint32_t)size < field->size && (uint32_t)off >= field->offset &&
	       off + size <= field->offset + field->size;
}

/* First field that allows the access; fields may overlap. */
static const struct bpfx_ctx_field *valid_access(const struct verifier_env *env, int32_t off,
						 int size, enum access access, bool sign)
{
	const struct bpfx_ctx_desc *ctx = env->in->type->ctx;
	uint32_t wanted = access == ACCESS_WRITE ? BPFX_FIELD_WRITE : BPFX_FIELD_READ;

	if (!ctx || off < 0 || (uint32_t)off >= ctx->size || off % size)
		return NULL;
	for (uint32_t i = 0; i < ctx->field_cnt; i++) {
		const struct bpfx_ctx_field *field = &ctx->fields[i];

		if (sign && field->kind != BPFX_FIELD_SCALAR)
			continue;	/* a pointer has no sign */
		if (field->flags & wanted && size_fits(field, off, size, access) &&
		    has_attach_type(field, env->in->expected_attach_type))
			return field;
	}
	return NULL;
}

static uint32_t type_of_field(const struct bpfx_ctx_field *field)
{
	uint32_t null = field->flags & BPFX_FIELD_NULLABLE ? REG_MAYBE_NULL : 0;

	switch (field->kind) {
	case BPFX_FIELD_PACKET:		return REG_PACKET;
	case BPFX_FIELD_PACKET_END:	return REG_PACKET_END;
	case BPFX_FIELD_PACKET_META:	return REG_PACKET_META;
	case BPFX_FIELD_SOCK_COMMON:	return REG_SOCK_COMMON | null;
	case BPFX_FIELD_SOCKET:		return REG_SOCKET | null;
	case BPFX_FIELD_FLOW_KEYS:	return REG_FLOW_KEYS;
	case BPFX_FIELD_BTF_ID:		return REG_BTF_ID | REG_TRUSTED | null;
	case BPFX_FIELD_MEM:		return REG_MEM | null;
	default:			return REG_SCALAR;
	}
}

static void load_field(struct verifier_env *env, const struct bpfx_ctx_field *field,
		       struct reg *dst)
{
	uint32_t type = type_of_field(field);

	if (type == REG_SCALAR) {
		env_set_unknown(env, dst);
		return;
	}
	memset(dst, 0, sizeof(*dst));
	dst->type = type;
	reg_zero_offset(dst);
	if (type & REG_MAYBE_NULL)
		dst->id = ++env->id_gen;
	if (field->kind == BPFX_FIELD_MEM)
		dst->mem_size = field->mem_size;
	if (field->kind == BPFX_FIELD_BTF_ID) {
		dst->btf = env->in->kernel_btf;
		dst->btf_id = kern_btf_find(env->in->kernel_btf, field->type_name, BTF_KIND_STRUCT);
	}
}

/* A pointer to a kernel type needs the kernel's BTF to know it. */
static bool type_is_known(const struct verifier_env *env, const struct bpfx_ctx_field *field)
{
	return field->kind != BPFX_FIELD_BTF_ID ||
	       (env->in->kernel_btf &&
		kern_btf_find(env->in->kernel_btf, field->type_name, BTF_KIND_STRUCT));
}

static int check_write_value(struct verifier_env *env, const struct mem_access *m)
{
	if (m->access != ACCESS_WRITE || m->value_regno < 0 || !reg_is_pointer(env, m->value_regno))
		return 0;
	vlog(env, "R%d leaks addr into ctx\n", m->value_regno);
	return -EACCES;
}

int access_ctx(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	struct reg *regs = cur_regs(env);
	const struct bpfx_ctx_field *field;
	int err = check_write_value(env, m);

	if (!err)
		err = check_ptr_off(env, &regs[m->regno], m->regno, false);
	if (err)
		return err;
	if (env->in->type->flags & BPFX_PROG_BTF_TARGET)
		return access_args(env, m, off);
	field = valid_access(env, off, m->size, m->access, m->sign);
	if (!field || !type_is_known(env, field)) {
		vlog(env, "invalid bpf_context access off=%d size=%d\n", off, m->size);
		log_line_info(env, env->insn_idx, "; ");
		return -EACCES;
	}
	env->aux[env->insn_idx].field = field;
	env->max_ctx_offset = MAX(env->max_ctx_offset, (uint32_t)(off + m->size));
	if (m->access == ACCESS_READ && m->value_regno >= 0)
		load_field(env, field, &regs[m->value_regno]);
	return 0;
}
