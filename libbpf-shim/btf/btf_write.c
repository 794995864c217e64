/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Building BTF type by type: strings, types, and what belongs to the type added last. */
#include "btf_internal.h"

/* ---- strings ---- */

static int index_strings(struct btf *btf)
{
	size_t off;
	int err;

	if (btf->str_indexed)
		return 0;
	for (off = 0; off < btf->strs_len; off += strlen(btf->strs + off) + 1) {
		err = hashmap_add(&btf->str_index, off, off);
		if (err)
			return err;
	}
	btf->str_indexed = true;
	return 0;
}

static int reserve_strs(struct btf *btf, size_t more)
{
	size_t wanted = btf->strs_len + more;
	char *bigger;

	if (btf->start_str_off + wanted > BTF_MAX_NAME_OFFSET)
		return -E2BIG;
	if (wanted <= btf->strs_cap)
		return 0;
	wanted = MAX(wanted, btf->strs_cap * 2);
	bigger = realloc(btf->strs, wanted);
	if (!bigger)
		return -ENOMEM;
	btf->strs = bigger;
	btf->strs_cap = wanted;
	return 0;
}

/* Return: offset of an equal string in this BTF's own section, or -ENOENT. */
static int find_own_str(struct btf *btf, const char *s)
{
	uintptr_t off;
	int err;

	err = index_strings(btf);
	if (err)
		return err;
	btf->sought_str = s;
	return hashmap_find(&btf->str_index, BTF_SOUGHT_STR, &off) ? (int)off : -ENOENT;
}

static int find_str(struct btf *btf, const char *s)
{
	int off;

	if (!*s)
		return 0;
	if (btf->base) {
		off = find_str(btf->base, s);
		if (off != -ENOENT)
			return off;
	}
	off = find_own_str(btf, s);
	return off < 0 ? off : off + (int)btf->start_str_off;
}

int btf__find_str(struct btf *btf, const char *s)
{
	return libbpf_err(find_str(btf, s));
}

static int append_str(struct btf *btf, const char *s)
{
	size_t len = strlen(s) + 1, off = btf->strs_len;
	int err;

	err = reserve_strs(btf, len);
	if (err)
		return err;
	memcpy(btf->strs + off, s, len);
	err = hashmap_add(&btf->str_index, off, off);
	if (err)
		return err;
	btf->strs_len += len;
	btf_changed(btf);
	return off + btf->start_str_off;
}

int btf__add_str(struct btf *btf, const char *s)
{
	/* @s may point into the section that is going to move */
	char *copy = strdup(s);
	int off;

	if (!copy)
		return libbpf_err(-ENOMEM);
	off = find_str(btf, copy);
	if (off == -ENOENT)
		off = append_str(btf, copy);
	free(copy);
	return libbpf_err(off);
}

/* Offset of a name that may be NULL, meaning none. */
static int name_offset(struct btf *btf, const char *name)
{
	return str_is_empty(name) ? 0 : btf__add_str(btf, name);
}

/* ---- types ---- */

static void *reserve_types(struct btf *btf, size_t more)
{
	size_t wanted = btf->types_len + more;
	unsigned char *bigger;

	if (wanted > INT32_MAX)
		return NULL;
	if (wanted > btf->types_cap) {
		wanted = MAX(wanted, btf->types_cap * 2);
		bigger = realloc(btf->types, wanted);
		if (!bigger)
			return NULL;
		btf->types = bigger;
		btf->types_cap = wanted;
	}
	return btf->types + btf->types_len;
}

/* Appends a record that is complete. Return: its id. */
static int append_type(struct btf *btf, const void *record, size_t size)
{
	size_t off = btf->types_len;
	__u32 *slot;
	void *to;

	if (btf__type_cnt(btf) > BTF_MAX_TYPE)
		return libbpf_err(-E2BIG);
	to = reserve_types(btf, size);
	if (!to)
		return libbpf_err(-ENOMEM);
	slot = array_grow((void **)&btf->type_offs, &btf->own_count, &btf->type_offs_cap,
			  sizeof(*slot));
	if (!slot)
		return libbpf_err(-ENOMEM);
	*slot = off;
	memcpy(to, record, size);
	btf->types_len += size;
	btf_changed(btf);
	return btf__type_cnt(btf) - 1;
}

/* A type of no more than its head and @tail, whose name may be absent. */
static int add_type(struct btf *btf, const char *name, __u32 info, __u32 size_or_type,
		    const void *tail, size_t tail_size)
{
	struct {
		struct btf_type t;
		__u32 tail[3];
	} record = { 0 };
	int name_off = name_offset(btf, name);

	if (name_off < 0)
		return name_off;
	record.t.name_off = name_off;
	record.t.info = info;
	record.t.size = size_or_type;
	if (tail_size)
		memcpy(record.tail, tail, tail_size);
	return append_type(btf, &record, sizeof(record.t) + tail_size);
}

/* The type added last, if it is of one of the kinds that @kinds has a bit for. */
static struct btf_type *last_type(struct btf *btf, __u32 kinds)
{
	struct btf_type *t;

	if (!btf->own_count)
		return NULL;
	t = btf_type_writable(btf, btf__type_cnt(btf) - 1);
	return kinds & (1U << btf_kind(t)) ? t : NULL;
}

/* One more member, value, parameter … of the type added last. */
static int append_item(struct btf *btf, const void *item, size_t size)
{
	struct btf_type *t;
	void *to;

	if (btf_vlen(last_type(btf, ~0U)) == BTF_MAX_VLEN)
		return libbpf_err(-E2BIG);
	to = reserve_types(btf, size);
	if (!to)
		return libbpf_err(-ENOMEM);
	memcpy(to, item, size);
	btf->types_len += size;
	t = last_type(btf, ~0U);
	t->info = btf_make_info(btf_kind(t), btf_vlen(t) + 1, btf_kflag(t));
	btf_changed(btf);
	return 0;
}

static bool id_is_bad(int id)
{
	return id < 0 || id > (int)BTF_MAX_TYPE;
}

int btf__add_int(struct btf *btf, const char *name, size_t byte_sz, int encoding)
{
	__u32 data = (__u32)encoding << 24 | (__u32)byte_sz * 8;

	if (str_is_empty(name) || !is_pow_of_2(byte_sz) || byte_sz > 16)
		return libbpf_err(-EINVAL);
	if (encoding & ~(BTF_INT_SIGNED | BTF_INT_CHAR | BTF_INT_BOOL))
		return libbpf_err(-EINVAL);
	return add_type(btf, name, btf_make_info(BTF_KIND_INT, 0, false), byte_sz, &data,
			sizeof(data));
}

int btf__add_float(struct btf *btf, const char *name, size_t byte_sz)
{
	if (str_is_empty(name))
		return libbpf_err(-EINVAL);
	if (byte_sz != 2 && byte_sz != 4 && byte_sz != 8 && byte_sz != 12 && byte_sz != 16)
		return libbpf_err(-EINVAL);
	return add_type(btf, name, btf_make_info(BTF_KIND_FLOAT, 0, false), byte_sz, NULL, 0);
}

static int add_reference(struct btf *btf, __u32 kind, const char *name, int ref_type_id,
			 bool kflag)
{
	if (id_is_bad(ref_type_id))
		return libbpf_err(-EINVAL);
	return add_type(btf, name, btf_make_info(kind, 0, kflag), ref_type_id, NULL, 0);
}

int btf__add_ptr(struct btf *btf, int ref_type_id)
{
	return add_reference(btf, BTF_KIND_PTR, NULL, ref_type_id, false);
}

int btf__add_array(struct btf *btf, int index_type_id, int elem_type_id, __u32 nr_elems)
{
	struct btf_array array = { elem_type_id, index_type_id, nr_elems };

	if (id_is_bad(index_type_id) || id_is_bad(elem_type_id))
		return libbpf_err(-EINVAL);
	return add_type(btf, NULL, btf_make_info(BTF_KIND_ARRAY, 0, false), 0, &array,
			sizeof(array));
}

int btf__add_struct(struct btf *btf, const char *name, __u32 byte_sz)
{
	return add_type(btf, name, btf_make_info(BTF_KIND_STRUCT, 0, false), byte_sz, NULL, 0);
}

int btf__add_union(struct btf *btf, const char *name, __u32 byte_sz)
{
	return add_type(btf, name, btf_make_info(BTF_KIND_UNION, 0, false), byte_sz, NULL, 0);
}

int btf__add_field(struct btf *btf, const char *name, int type_id, __u32 bit_offset,
		   __u32 bit_size)
{
	struct btf_member m = { .type = type_id, .offset = bit_offset | bit_size << 24 };
	struct btf_type *t = last_type(btf, 1U << BTF_KIND_STRUCT | 1U << BTF_KIND_UNION);
	bool bitfield = bit_size || bit_offset % 8 != 0;
	int err;

	if (!t || id_is_bad(type_id) || bit_size > 255 || (bit_size && bit_offset > 0xffffff))
		return libbpf_err(-EINVAL);
	/* the offset of a union's member can only be zero */
	if (btf_is_union(t) && bit_offset)
		return libbpf_err(-EINVAL);
	err = name_offset(btf, name);
	if (err < 0)
		return err;
	m.name_off = err;
	err = append_item(btf, &m, sizeof(m));
	if (err || !bitfield)
		return err;
	/* one bit-field makes the offsets of all members take the other form */
	t = last_type(btf, ~0U);
	t->info = btf_make_info(btf_kind(t), btf_vlen(t), true);
	return 0;
}

static int add_enum_type(struct btf *btf, __u32 kind, const char *name, __u32 byte_sz, bool kflag)
{
	if (!is_pow_of_2(byte_sz) || byte_sz > 8)
		return libbpf_err(-EINVAL);
	return add_type(btf, name, btf_make_info(kind, 0, kflag), byte_sz, NULL, 0);
}

int btf__add_enum(struct btf *btf, const char *name, __u32 byte_sz)
{
	/* unsigned until a negative value comes */
	return add_enum_type(btf, BTF_KIND_ENUM, name, byte_sz, false);
}

int btf__add_enum_value(struct btf *btf, const char *name, __s64 value)
{
	struct btf_enum v = { .val = value };
	struct btf_type *t = last_type(btf, 1U << BTF_KIND_ENUM);
	int err;

	if (!t || str_is_empty(name))
		return libbpf_err(-EINVAL);
	if (value < INT32_MIN || value > UINT32_MAX)
		return libbpf_err(-E2BIG);
	err = name_offset(btf, name);
	if (err < 0)
		return err;
	v.name_off = err;
	err = append_item(btf, &v, sizeof(v));
	if (!err && value < 0) {
		t = last_type(btf, ~0U);
		t->info = btf_make_info(btf_kind(t), btf_vlen(t), true);
	}
	return err;
}

int btf__add_enum64(struct btf *btf, const char *name, __u32 byte_sz, bool is_signed)
{
	return add_enum_type(btf, BTF_KIND_ENUM64, name, byte_sz, is_signed);
}

int btf__add_enum64_value(struct btf *btf, const char *name, __u64 value)
{
	struct btf_enum64 v = { .val_lo32 = (__u32)value, .val_hi32 = value >> 32 };
	int err;

	if (!last_type(btf, 1U << BTF_KIND_ENUM64) || str_is_empty(name))
		return libbpf_err(-EINVAL);
	err = name_offset(btf, name);
	if (err < 0)
		return err;
	v.name_off = err;
	return append_item(btf, &v, sizeof(v));
}

int btf__add_fwd(struct btf *btf, const char *name, enum btf_fwd_kind fwd_kind)
{
	if (str_is_empty(name))
		return libbpf_err(-EINVAL);
	switch (fwd_kind) {
	case BTF_FWD_STRUCT:
	case BTF_FWD_UNION:
		return add_type(btf, name,
				btf_make_info(BTF_KIND_FWD, 0, fwd_kind == BTF_FWD_UNION), 0,
				NULL, 0);
	case BTF_FWD_ENUM:
		/* BTF says it by an enum without values */
		return btf__add_enum(btf, name, sizeof(int));
	default:
		return libbpf_err(-EINVAL);
	}
}

int btf__add_typedef(struct btf *btf, const char *name, int ref_type_id)
{
	if (str_is_empty(name))
		return libbpf_err(-EINVAL);
	return add_reference(btf, BTF_KIND_TYPEDEF, name, ref_type_id, false);
}

int btf__add_volatile(struct btf *btf, int ref_type_id)
{
	return add_reference(btf, BTF_KIND_VOLATILE, NULL, ref_type_id, false);
}

int btf__add_const(struct btf *btf, int ref_type_id)
{
	return add_reference(btf, BTF_KIND_CONST, NULL, ref_type_id, false);
}

int btf__add_restrict(struct btf *btf, int ref_type_id)
{
	return add_reference(btf, BTF_KIND_RESTRICT, NULL, ref_type_id, false);
}

int btf__add_type_tag(struct btf *btf, const char *value, int ref_type_id)
{
	if (str_is_empty(value))
		return libbpf_err(-EINVAL);
	return add_reference(btf, BTF_KIND_TYPE_TAG, value, ref_type_id, false);
}

int btf__add_type_attr(struct btf *btf, const char *value, int ref_type_id)
{
	if (str_is_empty(value))
		return libbpf_err(-EINVAL);
	return add_reference(btf, BTF_KIND_TYPE_TAG, value, ref_type_id, true);
}

int btf__add_func(struct btf *btf, const char *name, enum btf_func_linkage linkage,
		  int proto_type_id)
{
	if (str_is_empty(name))
		return libbpf_err(-EINVAL);
	if (linkage != BTF_FUNC_STATIC && linkage != BTF_FUNC_GLOBAL && linkage != BTF_FUNC_EXTERN)
		return libbpf_err(-EINVAL);
	if (id_is_bad(proto_type_id))
		return libbpf_err(-EINVAL);
	/* vlen carries the linkage */
	return add_type(btf, name, btf_make_info(BTF_KIND_FUNC, linkage, false), proto_type_id,
			NULL, 0);
}

int btf__add_func_proto(struct btf *btf, int ret_type_id)
{
	return add_reference(btf, BTF_KIND_FUNC_PROTO, NULL, ret_type_id, false);
}

int btf__add_func_param(struct btf *btf, const char *name, int type_id)
{
	struct btf_param p = { .type = type_id };
	int err;

	if (!last_type(btf, 1U << BTF_KIND_FUNC_PROTO) || id_is_bad(type_id))
		return libbpf_err(-EINVAL);
	err = name_offset(btf, name);
	if (err < 0)
		return err;
	p.name_off = err;
	return append_item(btf, &p, sizeof(p));
}

int btf__add_var(struct btf *btf, const char *name, int linkage, int type_id)
{
	__u32 tail = linkage;

	if (str_is_empty(name))
		return libbpf_err(-EINVAL);
	if (linkage != BTF_VAR_STATIC && linkage != BTF_VAR_GLOBAL_ALLOCATED &&
	    linkage != BTF_VAR_GLOBAL_EXTERN)
		return libbpf_err(-EINVAL);
	if (id_is_bad(type_id))
		return libbpf_err(-EINVAL);
	return add_type(btf, name, btf_make_info(BTF_KIND_VAR, 0, false), type_id, &tail,
			sizeof(tail));
}

int btf__add_datasec(struct btf *btf, const char *name, __u32 byte_sz)
{
	if (str_is_empty(name))
		return libbpf_err(-EINVAL);
	return add_type(btf, name, btf_make_info(BTF_KIND_DATASEC, 0, false), byte_sz, NULL, 0);
}

int btf__add_datasec_var_info(struct btf *btf, int var_type_id, __u32 offset, __u32 byte_sz)
{
	struct btf_var_secinfo v = { var_type_id, offset, byte_sz };

	if (!last_type(btf, 1U << BTF_KIND_DATASEC) || id_is_bad(var_type_id))
		return libbpf_err(-EINVAL);
	return append_item(btf, &v, sizeof(v));
}

static int add_decl(struct btf *btf, const char *value, int ref_type_id, int component_idx,
		    bool kflag)
{
	struct btf_decl_tag tag = { component_idx };

	if (str_is_empty(value) || component_idx < -1 || id_is_bad(ref_type_id))
		return libbpf_err(-EINVAL);
	return add_type(btf, value, btf_make_info(BTF_KIND_DECL_TAG, 0, kflag), ref_type_id, &tag,
			sizeof(tag));
}

int btf__add_decl_tag(struct btf *btf, const char *value, int ref_type_id, int component_idx)
{
	return add_decl(btf, value, ref_type_id, component_idx, false);
}

int btf__add_decl_attr(struct btf *btf, const char *value, int ref_type_id, int component_idx)
{
	return add_decl(btf, value, ref_type_id, component_idx, true);
}

/* ---- types of another BTF ---- */

struct copy {
	struct btf *to;
	const struct btf *from;
	__u32 id_shift;		/* for ids that are not the base's */
};

static int copy_str(__u32 *off, void *ctx)
{
	const struct copy *copy = ctx;
	const char *str;
	int added;

	/* strings of a common base are at the same place */
	if (!*off || (copy->from->base && copy->from->base == copy->to->base &&
		      *off < copy->from->start_str_off))
		return 0;
	str = btf__str_by_offset(copy->from, *off);
	if (!str)
		return -errno;
	added = btf__add_str(copy->to, str);
	if (added < 0)
		return added;
	*off = added;
	return 0;
}

static int shift_id(__u32 *id, void *ctx)
{
	const struct copy *copy = ctx;

	if (*id >= copy->from->start_id)
		*id += copy->id_shift;
	return 0;
}

static int copy_type(struct copy *copy, const struct btf_type *src, bool shift)
{
	int size = btf_type_record_size(src), err;
	struct btf_type *t;

	if (size < 0)
		return size;
	t = malloc(size);
	if (!t)
		return -ENOMEM;
	memcpy(t, src, size);
	err = btf_visit_strs(t, copy_str, copy);
	if (!err && shift)
		err = btf_visit_ids(t, shift_id, copy);
	if (!err)
		err = append_type(copy->to, t, size);
	free(t);
	return err;
}

int btf__add_type(struct btf *btf, const struct btf *src_btf, const struct btf_type *src_type)
{
	struct copy copy = { .to = btf, .from = src_btf };

	return libbpf_err(copy_type(&copy, src_type, false));
}

/* Back to how it was before btf__add_btf(); strings that were added may stay. */
static void cut_types(struct btf *btf, size_t own_count, size_t types_len)
{
	btf->own_count = own_count;
	btf->types_len = types_len;
	btf_changed(btf);
}

int btf__add_btf(struct btf *btf, const struct btf *src_btf)
{
	struct copy copy = { .to = btf, .from = src_btf };
	size_t old_count = btf->own_count, old_len = btf->types_len, i;
	__u32 first = btf__type_cnt(btf);
	int err;

	/* ids of a base mean the same in both only if it is the same base */
	if (src_btf->base && src_btf->base != btf->base) {
		pr_debug("btf: appending split BTF with a different base is not supported\n");
		return libbpf_err(-ENOTSUP);
	}
	copy.id_shift = first - src_btf->start_id;
	for (i = 0; i < src_btf->own_count; i++) {
		err = copy_type(&copy, (void *)(src_btf->types + src_btf->type_offs[i]), true);
		if (err < 0) {
			cut_types(btf, old_count, old_len);
			return libbpf_err(err);
		}
	}
	/* an empty source adds nothing, yet its "first id" is well defined */
	return first;
}
