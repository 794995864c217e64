/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Sizes and alignments of types, and how big a pointer is on the machine described. */
#include "btf_internal.h"

/* Names that compilers give to the type whose size is that of a pointer. */
static const char *const long_names[] = {
	"long", "long int", "int long", "unsigned long", "long unsigned", "unsigned long int",
	"unsigned int long", "long unsigned int", "long int unsigned", "int unsigned long",
	"int long unsigned",
};

static int guess_ptr_size(const struct btf *btf)
{
	const struct btf_type *t;
	const char *name;
	size_t i, n;

	if (btf->base && btf->base->ptr_size > 0)
		return btf->base->ptr_size;
	for (i = 1; i < btf__type_cnt(btf); i++) {
		t = btf__type_by_id(btf, i);
		if (!btf_is_int(t) || (t->size != 4 && t->size != 8))
			continue;
		name = btf_type_name(btf, t);
		for (n = 0; n < ARRAY_SIZE(long_names); n++)
			if (strcmp(name, long_names[n]) == 0)
				return t->size;
	}
	return -1;
}

static int ptr_size(const struct btf *btf)
{
	if (!btf->ptr_size)
		((struct btf *)btf)->ptr_size = guess_ptr_size(btf);
	return btf->ptr_size < 0 ? (int)sizeof(void *) : btf->ptr_size;
}

size_t btf__pointer_size(const struct btf *btf)
{
	if (!btf->ptr_size)
		((struct btf *)btf)->ptr_size = guess_ptr_size(btf);
	return btf->ptr_size < 0 ? 0 : btf->ptr_size;
}

int btf__set_pointer_size(struct btf *btf, size_t ptr_sz)
{
	if (ptr_sz != 4 && ptr_sz != 8)
		return libbpf_err(-EINVAL);
	btf->ptr_size = ptr_sz;
	return 0;
}

static bool passes_on_size(const struct btf_type *t)
{
	return btf_is_mod(t) || btf_is_typedef(t) || btf_is_var(t) || btf_is_decl_tag(t);
}

__s64 btf__resolve_size(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);
	__u64 count = 1, size;
	int depth;

	for (depth = 0; depth < BTF_MAX_DEPTH && t && !btf_is_void(t); depth++) {
		if (passes_on_size(t)) {
			type_id = t->type;
		} else if (btf_is_array(t)) {
			if (btf_array(t)->nelems && count > UINT32_MAX / btf_array(t)->nelems)
				return libbpf_err(-E2BIG);
			count *= btf_array(t)->nelems;
			type_id = btf_array(t)->type;
		} else if (btf_is_ptr(t) || btf_kind_info(t)->has_size) {
			size = btf_is_ptr(t) ? (__u32)ptr_size(btf) : t->size;
			if (size && count > UINT32_MAX / size)
				return libbpf_err(-E2BIG);
			return count * size;
		} else {
			return libbpf_err(-EINVAL);
		}
		t = btf__type_by_id(btf, type_id);
	}
	return libbpf_err(depth == BTF_MAX_DEPTH ? -E2BIG : -EINVAL);
}

int btf__resolve_type(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);
	int depth = 0;

	while (depth < BTF_MAX_DEPTH && t && !btf_is_void(t) &&
	       (btf_is_mod(t) || btf_is_typedef(t) || btf_is_var(t))) {
		type_id = t->type;
		t = btf__type_by_id(btf, type_id);
		depth++;
	}
	if (depth == BTF_MAX_DEPTH || !t || btf_is_void(t))
		return libbpf_err(-EINVAL);
	return type_id;
}

static int align_of(const struct btf *btf, __u32 id, int depth, int *budget);

/* A struct is packed if it is not as long, or a member not where, its members' alignment asks. */
static int align_of_struct(const struct btf *btf, const struct btf_type *t, int depth, int *budget)
{
	const struct btf_member *m = btf_members(t);
	int i, vlen = btf_vlen(t), max = 1, align;

	for (i = 0; i < vlen; i++, m++) {
		align = align_of(btf, m->type, depth + 1, budget);
		if (align <= 0)
			return align;
		max = MAX(max, align);
		if (btf_member_bitfield_size(t, i) == 0 &&
		    btf_member_bit_offset(t, i) % (8 * align) != 0)
			return 1;
	}
	return t->size % max ? 1 : max;
}

/* More types than any struct consists of; one that contains itself twice would take for ever. */
#define MAX_ALIGN_STEPS 100000

static int align_of(const struct btf *btf, __u32 id, int depth, int *budget)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	if (!t || depth > BTF_MAX_DEPTH || --*budget < 0) {
		errno = EINVAL;
		return 0;
	}
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
		return MIN(ptr_size(btf), (int)t->size);
	case BTF_KIND_PTR:
		return ptr_size(btf);
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return align_of(btf, t->type, depth + 1, budget);
	case BTF_KIND_ARRAY:
		return align_of(btf, btf_array(t)->type, depth + 1, budget);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return align_of_struct(btf, t, depth, budget);
	default:
		pr_warn("unsupported BTF_KIND:%u\n", btf_kind(t));
		errno = EINVAL;
		return 0;
	}
}

int btf__align_of(const struct btf *btf, __u32 id)
{
	int budget = MAX_ALIGN_STEPS;

	return align_of(btf, id, 0, &budget);
}
