/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The one table of BTF kinds and what can be said from it: sizes, references, byte order. */
#include "btf_internal.h"

#include <byteswap.h>

/* kernel Documentation/bpf/btf.rst, section 2.2 */
static const struct btf_kind_info kinds[] = {
	[BTF_KIND_UNKN]		= { "void", 0, 0, false, false },
	[BTF_KIND_INT]		= { "int", 4, 0, false, true },
	[BTF_KIND_PTR]		= { "ptr", 0, 0, true, false },
	[BTF_KIND_ARRAY]	= { "array", sizeof(struct btf_array), 0, false, false },
	[BTF_KIND_STRUCT]	= { "struct", 0, sizeof(struct btf_member), false, true },
	[BTF_KIND_UNION]	= { "union", 0, sizeof(struct btf_member), false, true },
	[BTF_KIND_ENUM]		= { "enum", 0, sizeof(struct btf_enum), false, true },
	[BTF_KIND_FWD]		= { "fwd", 0, 0, false, false },
	[BTF_KIND_TYPEDEF]	= { "typedef", 0, 0, true, false },
	[BTF_KIND_VOLATILE]	= { "volatile", 0, 0, true, false },
	[BTF_KIND_CONST]	= { "const", 0, 0, true, false },
	[BTF_KIND_RESTRICT]	= { "restrict", 0, 0, true, false },
	[BTF_KIND_FUNC]		= { "func", 0, 0, true, false },
	[BTF_KIND_FUNC_PROTO]	= { "func_proto", 0, sizeof(struct btf_param), true, false },
	[BTF_KIND_VAR]		= { "var", sizeof(struct btf_var), 0, true, false },
	[BTF_KIND_DATASEC]	= { "datasec", 0, sizeof(struct btf_var_secinfo), false, true },
	[BTF_KIND_FLOAT]	= { "float", 0, 0, false, true },
	[BTF_KIND_DECL_TAG]	= { "decl_tag", sizeof(struct btf_decl_tag), 0, true, false },
	[BTF_KIND_TYPE_TAG]	= { "type_tag", 0, 0, true, false },
	[BTF_KIND_ENUM64]	= { "enum64", 0, sizeof(struct btf_enum64), false, true },
};

const struct btf_kind_info *btf_kind_info(const struct btf_type *t)
{
	unsigned int kind = btf_kind(t);

	return kind < ARRAY_SIZE(kinds) ? &kinds[kind] : NULL;
}

const char *btf_kind_str(const struct btf_type *t)
{
	const struct btf_kind_info *info = btf_kind_info(t);

	return info ? info->name : "unknown";
}

int btf_type_record_size(const struct btf_type *t)
{
	const struct btf_kind_info *info = btf_kind_info(t);

	if (!info || btf_is_void(t))
		return -EINVAL;
	return sizeof(*t) + info->fixed + info->per_item * btf_vlen(t);
}

/* Both visitors: first the type itself, then what stands behind it. */

int btf_visit_ids(struct btf_type *t, int (*fn)(__u32 *id, void *ctx), void *ctx)
{
	int i, err, vlen = btf_vlen(t);

	if (btf_kind_info(t)->refers) {
		err = fn(&t->type, ctx);
		if (err)
			return err;
	}
	err = 0;
	switch (btf_kind(t)) {
	case BTF_KIND_ARRAY:
		err = fn(&btf_array(t)->type, ctx);
		return err ? err : fn(&btf_array(t)->index_type, ctx);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (i = 0; i < vlen && !err; i++)
			err = fn(&btf_members(t)[i].type, ctx);
		return err;
	case BTF_KIND_FUNC_PROTO:
		for (i = 0; i < vlen && !err; i++)
			err = fn(&btf_params(t)[i].type, ctx);
		return err;
	case BTF_KIND_DATASEC:
		for (i = 0; i < vlen && !err; i++)
			err = fn(&btf_var_secinfos(t)[i].type, ctx);
		return err;
	default:
		return 0;
	}
}

int btf_visit_strs(struct btf_type *t, int (*fn)(__u32 *off, void *ctx), void *ctx)
{
	int i, err, vlen = btf_vlen(t);

	err = fn(&t->name_off, ctx);
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		for (i = 0; i < vlen && !err; i++)
			err = fn(&btf_members(t)[i].name_off, ctx);
		return err;
	case BTF_KIND_ENUM:
		for (i = 0; i < vlen && !err; i++)
			err = fn(&btf_enum(t)[i].name_off, ctx);
		return err;
	case BTF_KIND_ENUM64:
		for (i = 0; i < vlen && !err; i++)
			err = fn(&btf_enum64(t)[i].name_off, ctx);
		return err;
	case BTF_KIND_FUNC_PROTO:
		for (i = 0; i < vlen && !err; i++)
			err = fn(&btf_params(t)[i].name_off, ctx);
		return err;
	default:
		return err;
	}
}

/*
 * Types consist of 32-bit words only. From foreign order the head must be swapped before the
 * kind can be read, to foreign order after it. A record that does not fit ends the walk; the
 * checks that come later find it.
 */
void btf_swap_types(unsigned char *types, size_t len, bool from_foreign)
{
	__u32 *word = (__u32 *)types, *end = (__u32 *)(types + len / 4 * 4);
	struct btf_type *t;
	int size, i;

	while (end - word >= 3) {
		t = (struct btf_type *)word;
		if (from_foreign)
			for (i = 0; i < 3; i++)
				word[i] = bswap_32(word[i]);
		size = btf_type_record_size(t) / 4;
		if (!from_foreign)
			for (i = 0; i < 3; i++)
				word[i] = bswap_32(word[i]);
		if (size < 3 || size > end - word)
			return;
		for (i = 3; i < size; i++)
			word[i] = bswap_32(word[i]);
		word += size;
	}
}
