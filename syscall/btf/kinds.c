/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* One row per kind: what must hold for a type by itself, and how it is printed. */
#include <inttypes.h>

#include "inner.h"

#define NO_VLEN	 1
#define NO_KFLAG 2

/* ---- rules that many kinds have ---- */

static int check_flags(struct btf_check *c, const struct btf_type *t, int rules)
{
	if (rules & NO_VLEN && btf_vlen(t))
		return check_refuse(c, t, "vlen != 0");
	if (rules & NO_KFLAG && btf_kflag(t))
		return check_refuse(c, t, "Invalid btf_info kind_flag");
	return 0;
}

static bool id_is_possible(uint32_t id)
{
	return id <= BTF_MAX_TYPE;
}

static int check_no_name(struct btf_check *c, const struct btf_type *t)
{
	return t->name_off ? check_refuse(c, t, "Invalid name") : 0;
}

static int check_name_or_none(struct btf_check *c, const struct btf_type *t)
{
	if (t->name_off && !btf_name_is_identifier(c->btf, t->name_off))
		return check_refuse(c, t, "Invalid name");
	return 0;
}

static int check_has_name(struct btf_check *c, const struct btf_type *t)
{
	if (!t->name_off || !btf_name_is_identifier(c->btf, t->name_off))
		return check_refuse(c, t, "Invalid name");
	return 0;
}

static void print_type_id(struct btf_check *c, const struct btf_type *t)
{
	ulog_printf(c->log, "type_id=%u", t->type);
}

static void print_size(struct btf_check *c, const struct btf_type *t)
{
	ulog_printf(c->log, "size=%u", t->size);
}

static void print_size_vlen(struct btf_check *c, const struct btf_type *t)
{
	ulog_printf(c->log, "size=%u vlen=%u", t->size, btf_vlen(t));
}

/* ---- INT ---- */

#define INT_BITS_MAX	128
#define INT_KNOWN_BITS	0x0fffffff

static const char *encoding_text(uint32_t encoding)
{
	switch (encoding) {
	case 0:
		return "(none)";
	case BTF_INT_SIGNED:
		return "SIGNED";
	case BTF_INT_CHAR:
		return "CHAR";
	case BTF_INT_BOOL:
		return "BOOL";
	}
	return "UNKN";
}

static void print_int(struct btf_check *c, const struct btf_type *t)
{
	uint32_t word = btf_int_word(t);

	ulog_printf(c->log, "size=%u bits_offset=%u nr_bits=%u encoding=%s", t->size,
		    BTF_INT_OFFSET(word), BTF_INT_BITS(word),
		    encoding_text(BTF_INT_ENCODING(word)));
}

static int check_int(struct btf_check *c, const struct btf_type *t)
{
	uint32_t word = btf_int_word(t), encoding = BTF_INT_ENCODING(word);
	uint32_t bits = BTF_INT_BITS(word) + BTF_INT_OFFSET(word);
	int err = check_flags(c, t, NO_VLEN | NO_KFLAG);

	if (err)
		return err;
	if (word & ~INT_KNOWN_BITS)
		return check_refuse_basic(c, t, "Invalid int_data:%x", word);
	if (bits > INT_BITS_MAX)
		return check_refuse(c, t, "nr_bits exceeds %u", INT_BITS_MAX);
	if ((bits + 7) / 8 > t->size)
		return check_refuse(c, t, "nr_bits exceeds type_size");
	if (encoding && encoding != BTF_INT_SIGNED && encoding != BTF_INT_CHAR &&
	    encoding != BTF_INT_BOOL) {
		check_refuse(c, t, "Unsupported encoding");
		return -ENOTSUPP;
	}
	return 0;
}

/* ---- pointers, typedefs, qualifiers, type tags ---- */

static int check_ref(struct btf_check *c, const struct btf_type *t)
{
	bool is_tag = btf_kind(t) == BTF_KIND_TYPE_TAG;
	int err = check_flags(c, t, is_tag ? NO_VLEN : NO_VLEN | NO_KFLAG);

	if (err)
		return err;
	if (!id_is_possible(t->type))
		return check_refuse(c, t, "Invalid type_id");
	if (btf_kind(t) == BTF_KIND_TYPEDEF)
		return check_has_name(c, t);
	if (!is_tag)
		return check_no_name(c, t);
	/* A tag may say anything, but something. */
	if (!*kern_btf_name(c->btf, t->name_off))
		return check_refuse(c, t, "Invalid name");
	return 0;
}

/* ---- ARRAY ---- */

static void print_array(struct btf_check *c, const struct btf_type *t)
{
	const struct btf_array *array = btf_array(t);

	ulog_printf(c->log, "type_id=%u index_type_id=%u nr_elems=%u", array->type,
		    array->index_type, array->nelems);
}

static int check_array(struct btf_check *c, const struct btf_type *t)
{
	const struct btf_array *array = btf_array(t);
	int err = check_no_name(c, t);

	if (!err)
		err = check_flags(c, t, NO_VLEN | NO_KFLAG);
	if (err)
		return err;
	if (t->size)
		return check_refuse(c, t, "size != 0");
	if (!array->type || !id_is_possible(array->type))
		return check_refuse(c, t, "Invalid elem");
	if (!array->index_type || !id_is_possible(array->index_type))
		return check_refuse(c, t, "Invalid index");
	return 0;
}

/* ---- STRUCT, UNION ---- */

static int check_member(struct btf_check *c, const struct btf_type *t, const struct btf_member *m,
			uint32_t *last_offset)
{
	uint32_t offset = btf_member_bit_offset(t, m);

	if (!kern_btf_name(c->btf, m->name_off))
		return check_refuse_member(c, t, m, "Invalid member name_offset:%u", m->name_off);
	if (m->name_off && !btf_name_is_identifier(c->btf, m->name_off))
		return check_refuse_member(c, t, m, "Invalid name");
	if (!m->type || !id_is_possible(m->type))
		return check_refuse_member(c, t, m, "Invalid type_id");
	if (btf_kind(t) == BTF_KIND_UNION && offset)
		return check_refuse_member(c, t, m, "Invalid member bits_offset");
	if (*last_offset > offset)
		return check_refuse_member(c, t, m, "Invalid member bits_offset");
	if (((uint64_t)offset + 7) / 8 > t->size)
		return check_refuse_member(c, t, m, "Member bits_offset exceeds its struct size");
	*last_offset = offset;
	check_print_member(c, t, m);
	return 0;
}

static int check_members(struct btf_check *c, const struct btf_type *t)
{
	uint32_t last_offset = 0;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		int err = check_member(c, t, &btf_members(t)[i], &last_offset);

		if (err)
			return err;
	}
	return 0;
}

/* ---- ENUM, ENUM64 ---- */

static int check_enum(struct btf_check *c, const struct btf_type *t)
{
	if (t->size > 8 || !is_power_of_two(t->size))
		return check_refuse(c, t, "Unexpected size");
	return check_name_or_none(c, t);
}

static int check_enumerator(struct btf_check *c, const struct btf_type *t, uint32_t name_off)
{
	if (!kern_btf_name(c->btf, name_off)) {
		ulog_printf(c->log, "\tInvalid name_offset:%u", name_off);
		return -EINVAL;
	}
	if (!name_off || !btf_name_is_identifier(c->btf, name_off))
		return check_refuse(c, t, "Invalid name");
	return 0;
}

static int check_enumerators(struct btf_check *c, const struct btf_type *t)
{
	const struct btf_enum *e = (const void *)(t + 1);

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		int err = check_enumerator(c, t, e[i].name_off);

		if (err)
			return err;
		ulog_printf(c->log, btf_kflag(t) ? "\t%s val=%d\n" : "\t%s val=%u\n",
			    check_name(c, e[i].name_off), e[i].val);
	}
	return 0;
}

static int check_enumerators64(struct btf_check *c, const struct btf_type *t)
{
	const struct btf_enum64 *e = (const void *)(t + 1);

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint64_t value = (uint64_t)e[i].val_hi32 << 32 | e[i].val_lo32;
		int err = check_enumerator(c, t, e[i].name_off);

		if (err)
			return err;
		ulog_printf(c->log,
			    btf_kflag(t) ? "\t%s val=%" PRId64 "\n" : "\t%s val=%" PRIu64 "\n",
			    check_name(c, e[i].name_off), value);
	}
	return 0;
}

/* ---- FWD ---- */

static void print_fwd(struct btf_check *c, const struct btf_type *t)
{
	ulog_printf(c->log, "%s", btf_kflag(t) ? "union" : "struct");
}

static int check_fwd(struct btf_check *c, const struct btf_type *t)
{
	int err = check_flags(c, t, NO_VLEN);

	if (err)
		return err;
	if (t->type)
		return check_refuse(c, t, "type != 0");
	return check_has_name(c, t);
}

/* ---- FUNC_PROTO, FUNC ---- */

static void print_func_proto(struct btf_check *c, const struct btf_type *t)
{
	const struct btf_param *args = btf_params(t);
	uint32_t cnt = btf_vlen(t);

	ulog_printf(c->log, "return=%u args=(%s", t->type, cnt ? "" : "void");
	for (uint32_t i = 0; i < cnt; i++) {
		const char *comma = i ? ", " : "";

		/* A last argument without a type stands for "...". */
		if (i == cnt - 1 && !args[i].type)
			ulog_printf(c->log, "%svararg", comma);
		else
			ulog_printf(c->log, "%s%u %s", comma, args[i].type,
				    check_name(c, args[i].name_off));
	}
	ulog_printf(c->log, ")");
}

static int check_func_proto_type(struct btf_check *c, const struct btf_type *t)
{
	int err = check_no_name(c, t);

	return err ? err : check_flags(c, t, NO_KFLAG);
}

static int check_func(struct btf_check *c, const struct btf_type *t)
{
	int err = check_has_name(c, t);

	if (err)
		return err;
	if (btf_vlen(t) > BTF_FUNC_GLOBAL)
		return check_refuse(c, t, "Invalid func linkage");
	return check_flags(c, t, NO_KFLAG);
}

/* ---- VAR, DATASEC ---- */

static void print_variable(struct btf_check *c, const struct btf_type *t)
{
	const struct btf_var *var = (const void *)(t + 1);

	ulog_printf(c->log, "type_id=%u linkage=%u", t->type, var->linkage);
}

static int check_variable(struct btf_check *c, const struct btf_type *t)
{
	const struct btf_var *var = (const void *)(t + 1);
	int err = check_flags(c, t, NO_VLEN | NO_KFLAG);

	if (!err)
		err = check_has_name(c, t);
	if (err)
		return err;
	if (!t->type || !id_is_possible(t->type))
		return check_refuse(c, t, "Invalid type_id");
	if (var->linkage != BTF_VAR_STATIC && var->linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return check_refuse(c, t, "Linkage not supported");
	return 0;
}

static int check_datasec(struct btf_check *c, const struct btf_type *t)
{
	int err;

	if (!t->size)
		return check_refuse(c, t, "size == 0");
	err = check_flags(c, t, NO_KFLAG);
	if (err)
		return err;
	if (!t->name_off || !btf_name_is_section(c->btf, t->name_off))
		return check_refuse(c, t, "Invalid name");
	return 0;
}

static int check_secinfos(struct btf_check *c, const struct btf_type *t)
{
	uint64_t last_end = 0, sum = 0;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *info = &btf_secinfos(t)[i];

		if (!info->type || !id_is_possible(info->type))
			return check_refuse_var(c, t, info, "Invalid type_id");
		if (info->offset < last_end || info->offset >= t->size)
			return check_refuse_var(c, t, info, "Invalid offset");
		if (!info->size || info->size > t->size)
			return check_refuse_var(c, t, info, "Invalid size");
		/* In 32 bits, as Linux computes it. */
		last_end = (uint32_t)(info->offset + info->size);
		if (last_end > t->size)
			return check_refuse_var(c, t, info, "Invalid offset+size");
		check_print_var(c, t, info);
		sum += info->size;
	}
	if (t->size < sum)
		return check_refuse(c, t, "Invalid btf_info size");
	return 0;
}

/* ---- FLOAT, DECL_TAG ---- */

static int check_float(struct btf_check *c, const struct btf_type *t)
{
	int err = check_flags(c, t, NO_VLEN | NO_KFLAG);

	if (err)
		return err;
	if (t->size != 2 && t->size != 4 && t->size != 8 && t->size != 12 && t->size != 16)
		return check_refuse(c, t, "Invalid type_size");
	return 0;
}

static void print_decl_tag(struct btf_check *c, const struct btf_type *t)
{
	const struct btf_decl_tag *tag = (const void *)(t + 1);

	ulog_printf(c->log, "type=%u component_idx=%d", t->type, tag->component_idx);
}

static int check_decl_tag(struct btf_check *c, const struct btf_type *t)
{
	const struct btf_decl_tag *tag = (const void *)(t + 1);
	int err;

	if (!*kern_btf_name(c->btf, t->name_off))
		return check_refuse(c, t, "Invalid value");
	err = check_flags(c, t, NO_VLEN);
	if (err)
		return err;
	if (tag->component_idx < -1)
		return check_refuse(c, t, "Invalid component_idx");
	return 0;
}

#define REF_KIND(kind_text)                                                                        \
	{ .text = kind_text, .check = check_ref, .details = print_type_id,                         \
	  .resolve = resolve_modifier, .member = member_modifier, .bit_member = member_modifier }

const struct btf_kind_row btf_kinds[NR_BTF_KINDS] = {
	[BTF_KIND_UNKN] = { .text = "UNKNOWN" },
	[BTF_KIND_INT] = { .text = "INT", .fixed_size = 4, .check = check_int,
			   .details = print_int, .member = member_int,
			   .bit_member = member_int_bits },
	[BTF_KIND_PTR] = { .text = "PTR", .check = check_ref, .details = print_type_id,
			   .resolve = resolve_ptr, .member = member_ptr,
			   .bit_member = member_plain_bits },
	[BTF_KIND_ARRAY] = { .text = "ARRAY", .fixed_size = sizeof(struct btf_array),
			     .check = check_array, .details = print_array,
			     .resolve = resolve_array, .member = member_array,
			     .bit_member = member_plain_bits },
	[BTF_KIND_STRUCT] = { .text = "STRUCT", .item_size = sizeof(struct btf_member),
			      .check = check_name_or_none, .items = check_members,
			      .details = print_size_vlen, .resolve = resolve_struct,
			      .member = member_sized, .bit_member = member_plain_bits },
	[BTF_KIND_UNION] = { .text = "UNION", .item_size = sizeof(struct btf_member),
			     .check = check_name_or_none, .items = check_members,
			     .details = print_size_vlen, .resolve = resolve_struct,
			     .member = member_sized, .bit_member = member_plain_bits },
	[BTF_KIND_ENUM] = { .text = "ENUM", .item_size = sizeof(struct btf_enum),
			    .check = check_enum, .items = check_enumerators,
			    .details = print_size_vlen, .member = member_sized,
			    .bit_member = member_enum_bits },
	[BTF_KIND_FWD] = { .text = "FWD", .check = check_fwd, .details = print_fwd },
	[BTF_KIND_TYPEDEF] = REF_KIND("TYPEDEF"),
	[BTF_KIND_VOLATILE] = REF_KIND("VOLATILE"),
	[BTF_KIND_CONST] = REF_KIND("CONST"),
	[BTF_KIND_RESTRICT] = REF_KIND("RESTRICT"),
	[BTF_KIND_FUNC] = { .text = "FUNC", .check = check_func, .details = print_type_id,
			    .resolve = resolve_func },
	[BTF_KIND_FUNC_PROTO] = { .text = "FUNC_PROTO", .item_size = sizeof(struct btf_param),
				  .check = check_func_proto_type, .details = print_func_proto },
	[BTF_KIND_VAR] = { .text = "VAR", .fixed_size = sizeof(struct btf_var),
			   .check = check_variable, .details = print_variable,
			   .resolve = resolve_var },
	[BTF_KIND_DATASEC] = { .text = "DATASEC", .item_size = sizeof(struct btf_var_secinfo),
			       .check = check_datasec, .items = check_secinfos,
			       .details = print_size_vlen, .resolve = resolve_datasec },
	[BTF_KIND_FLOAT] = { .text = "FLOAT", .check = check_float, .details = print_size,
			     .member = member_float, .bit_member = member_plain_bits },
	[BTF_KIND_DECL_TAG] = { .text = "DECL_TAG", .fixed_size = sizeof(struct btf_decl_tag),
				.check = check_decl_tag, .details = print_decl_tag,
				.resolve = resolve_decl_tag },
	[BTF_KIND_TYPE_TAG] = REF_KIND("TYPE_TAG"),
	[BTF_KIND_ENUM64] = { .text = "ENUM64", .item_size = sizeof(struct btf_enum64),
			      .check = check_enum, .items = check_enumerators64,
			      .details = print_size_vlen, .member = member_sized,
			      .bit_member = member_enum_bits },
};
