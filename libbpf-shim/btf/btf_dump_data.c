/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Values as C initializers: "(struct s){ .a = (int)1, }" with the layout that bpftool's users know. */
#include "dump.h"

#include <ctype.h>
#include <stdio.h>

/* Deeper and more than any compiler's types go: BTF from elsewhere may contain itself, or double
 * with every level. */
#define MAX_DEPTH  64
#define MAX_VALUES 1000000

struct value_dump {
	struct btf_dump *d;
	const char *end;		/* of the data */
	char indent_str[32];
	int indent_level, depth;
	__u32 path[MAX_DEPTH];		/* types that contain the value, outermost first */
	int path_len;
	int budget;			/* values that may still be looked at */
	bool compact, skip_names, emit_zeroes, emit_strings;
	bool in_array, in_char_array, char_array_ended;
};

/* Where a value is: bytes, and bits if it is a bit-field. */
struct place {
	const char *data;
	__u8 bit_off, bit_size;
};

static int dump_value(struct value_dump *v, const char *name, __u32 id, struct place place);

/* False for a type that contains itself. */
static bool enter(struct value_dump *v, __u32 id)
{
	int i;

	if (v->path_len == MAX_DEPTH || --v->budget < 0)
		return false;
	for (i = 0; i < v->path_len; i++)
		if (v->path[i] == id)
			return false;
	v->path[v->path_len++] = id;
	return true;
}

static void leave(struct value_dump *v)
{
	v->path_len--;
}

/* ---- layout ---- */

static void start_line(const struct value_dump *v)
{
	int i;

	for (i = 0; !v->compact && i < v->indent_level + v->depth; i++)
		dump_printf(v->d, "%s", v->indent_str);
}

static const char *newline(const struct value_dump *v)
{
	return v->compact || !v->depth ? "" : "\n";
}

/* A value ends with a comma inside of something, and with nothing at the top. */
__attribute__((format(printf, 2, 3))) static void put(const struct value_dump *v,
						       const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	dump_printf(v->d, "%s%s%s", text, v->depth ? "," : "", newline(v));
}

/* ---- type names in front of values ---- */

static void put_type(struct value_dump *v, __u32 id)
{
	struct strbuf out = { 0 };

	v->d->strip_mods = true;
	v->d->skip_anon_defs = true;
	if (!dump_declare(v->d, &out, id, "", 0))
		dump_printf(v->d, "%s", strbuf_text(&out));
	v->d->strip_mods = false;
	v->d->skip_anon_defs = false;
	strbuf_free(&out);
}

static void put_cast(struct value_dump *v, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(v->d->btf, id);

	/* an array's type says what its elements are; variables say it themselves */
	if (v->in_array || btf_is_var(t) || btf_is_datasec(t))
		return;
	dump_printf(v->d, "(");
	put_type(v, id);
	dump_printf(v->d, ")");
}

/* ---- plain values ---- */

static __u64 load_bits(const struct place *place, __u32 size, bool is_signed)
{
	unsigned int bits = place->bit_off + place->bit_size, bytes = (bits + 7) / 8, i;
	unsigned int used = place->bit_size, shift;
	const unsigned char *data = (const unsigned char *)place->data;
	__u64 value = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (i = MIN(bytes, 8u); i > 0; i--)
		value = value << 8 | data[i - 1];
	shift = 64 - MIN(bits, 64u);
#else
	for (i = 0; i < MIN(size, 8u); i++)
		value = value << 8 | data[i];
	shift = 64 - size * 8 + place->bit_off;
#endif
	value <<= shift;
	if (is_signed)
		return (__u64)((__s64)value >> (64 - used));
	return value >> (64 - used);
}

static __s64 load_int(const char *data, __u32 size, bool is_signed)
{
	__u64 value = 0;
	__s8 s8;
	__s16 s16;
	__s32 s32;

	switch (size) {
	case 1:
		memcpy(&s8, data, 1);
		return is_signed ? (__s64)s8 : (__s64)(__u8)s8;
	case 2:
		memcpy(&s16, data, 2);
		return is_signed ? (__s64)s16 : (__s64)(__u16)s16;
	case 4:
		memcpy(&s32, data, 4);
		return is_signed ? (__s64)s32 : (__s64)(__u32)s32;
	default:
		memcpy(&value, data, 8);
		return value;
	}
}

static int dump_int128(struct value_dump *v, const char *data)
{
	__u64 half[2];

	memcpy(half, data, sizeof(half));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	__u64 high = half[0];

	half[0] = half[1];
	half[1] = high;
#endif
	if (half[1])
		put(v, "0x%llx%016llx", (unsigned long long)half[1], (unsigned long long)half[0]);
	else
		put(v, "0x%llx", (unsigned long long)half[0]);
	return 0;
}

static void dump_char(struct value_dump *v, char c, bool is_signed)
{
	if (v->in_char_array) {
		if (v->char_array_ended)
			return;
		if (!c) {
			v->char_array_ended = true;
			return;
		}
		if (isprint((unsigned char)c)) {
			put(v, "'%c'", c);
			return;
		}
	}
	put(v, is_signed ? "%d" : "%u", is_signed ? (int)(__s8)c : (int)(__u8)c);
}

static int dump_int(struct value_dump *v, const struct btf_type *t, const char *data)
{
	bool is_signed = btf_int_encoding(t) & BTF_INT_SIGNED;

	switch (t->size) {
	case 16:
		return dump_int128(v, data);
	case 1:
		dump_char(v, *data, is_signed);
		return 0;
	case 2:
	case 4:
	case 8:
		if (is_signed)
			put(v, "%lld", (long long)load_int(data, t->size, true));
		else
			put(v, "%llu", (unsigned long long)load_int(data, t->size, false));
		return 0;
	default:
		pr_warn("unexpected sz %u for id\n", t->size);
		return -EINVAL;
	}
}

static int dump_float(struct value_dump *v, const struct btf_type *t, const char *data)
{
	long double wide;
	double d;
	float f;

	switch (t->size) {
	case 16:
		memcpy(&wide, data, sizeof(wide));
		put(v, "%Lf", wide);
		return 0;
	case 8:
		memcpy(&d, data, sizeof(d));
		put(v, "%lf", d);
		return 0;
	case 4:
		memcpy(&f, data, sizeof(f));
		put(v, "%f", f);
		return 0;
	default:
		return -EINVAL;
	}
}

static int dump_pointer(struct value_dump *v, const char *data)
{
	__u64 wide = 0;
	__u32 narrow;

	if (v->d->ptr_size == 4) {
		memcpy(&narrow, data, 4);
		put(v, "0x%x", narrow);
		return 0;
	}
	memcpy(&wide, data, 8);
	if (v->d->ptr_size == sizeof(void *) && (unsigned long)data % sizeof(void *) == 0)
		put(v, "%p", (void *)(unsigned long)wide);
	else
		put(v, "0x%llx", (unsigned long long)wide);
	return 0;
}

static int dump_enum(struct value_dump *v, const struct btf_type *t, const struct place *place)
{
	bool is_signed = btf_kflag(t);
	const char *name = NULL;
	__s64 value;
	int i;

	if (t->size != 1 && t->size != 2 && t->size != 4 && t->size != 8)
		return -EINVAL;
	if (place->bit_size)
		value = load_bits(place, t->size, is_signed);
	else
		value = load_int(place->data, t->size, is_signed);
	for (i = 0; i < btf_vlen(t) && !name; i++) {
		if (btf_is_enum(t) && (is_signed ? value == btf_enum(t)[i].val :
						   (__u32)value == (__u32)btf_enum(t)[i].val))
			name = btf_str(v->d->btf, btf_enum(t)[i].name_off);
		else if (btf_is_enum64(t) &&
			 (__u64)value == btf_enum64_value(&btf_enum64(t)[i]))
			name = btf_str(v->d->btf, btf_enum64(t)[i].name_off);
	}
	if (name)
		put(v, "%s", name);
	else if (btf_is_enum64(t))
		put(v, is_signed ? "%lldLL" : "%lluULL", (unsigned long long)value);
	else
		put(v, is_signed ? "%d" : "%u", (int)value);
	return 0;
}

/* ---- what is made of others ---- */

static int dump_struct(struct value_dump *v, const struct btf_type *t, const char *data)
{
	const struct btf_member *m = btf_members(t);
	int i, err = 0;

	v->depth++;
	dump_printf(v->d, "{%s", newline(v));
	for (i = 0; i < btf_vlen(t) && err >= 0; i++) {
		__u32 off = btf_member_bit_offset(t, i);
		struct place place = { data + off / 8, off % 8, btf_member_bitfield_size(t, i) };

		err = dump_value(v, btf_str(v->d->btf, m[i].name_off), m[i].type, place);
	}
	v->depth--;
	if (err < 0)
		return err;
	start_line(v);
	put(v, "}");
	return 0;
}

/* "text", with what cannot be printed escaped; false if it is no string. */
static bool dump_string(struct value_dump *v, const char *data, __u32 size)
{
	struct strbuf text = { 0 };
	__u32 i, len = strnlen(data, size);

	if (!len || len == size)
		return false;
	for (i = 0; i < len; i++) {
		if (data[i] == '"' || data[i] == '\\')
			strbuf_add(&text, "\\%c", data[i]);
		else if (isprint((unsigned char)data[i]))
			strbuf_add(&text, "%c", data[i]);
		else
			strbuf_add(&text, "\\x%02x", (unsigned char)data[i]);
	}
	dump_printf(v->d, "\"%s\"%s%s", strbuf_text(&text), v->depth ? "," : "", newline(v));
	strbuf_free(&text);
	return true;
}

static int dump_array(struct value_dump *v, const struct btf_type *t, const char *data)
{
	const struct btf_array *array = btf_array(t);
	const struct btf_type *elem = btf_skip_mods_and_typedefs(v->d->btf, array->type, NULL);
	bool was_in_array = v->in_array, was_char = v->in_char_array, had_ended = v->char_array_ended;
	__s64 size = btf__resolve_size(v->d->btf, array->type);
	__u32 i;

	if (size <= 0)
		return size ? size : -EINVAL;
	if (btf_is_int(elem) && size == 1 && v->emit_strings &&
	    data + array->nelems <= v->end && dump_string(v, data, array->nelems))
		return 0;
	v->in_array = true;
	v->in_char_array = btf_is_int(elem) && size == 1;
	v->char_array_ended = false;
	v->depth++;
	dump_printf(v->d, "[%s", newline(v));
	/* elements that are not there are passed over, as libbpf does it */
	for (i = 0; i < array->nelems && !v->char_array_ended && data + i * size < v->end; i++)
		dump_value(v, NULL, array->type, (struct place){ data + i * size, 0, 0 });
	v->depth--;
	v->in_array = was_in_array;
	v->in_char_array = was_char;
	v->char_array_ended = had_ended;
	start_line(v);
	put(v, "]");
	return 0;
}

static int dump_variable(struct value_dump *v, const struct btf_type *t, const char *data)
{
	switch (btf_var(t)->linkage) {
	case BTF_VAR_STATIC:
		dump_printf(v->d, "static ");
		break;
	case BTF_VAR_GLOBAL_EXTERN:
		dump_printf(v->d, "extern ");
		break;
	default:
		break;
	}
	put_type(v, t->type);
	dump_printf(v->d, " %s = ", btf_type_name(v->d->btf, t));
	return dump_value(v, NULL, t->type, (struct place){ data, 0, 0 });
}

static int dump_section(struct value_dump *v, const struct btf_type *t, const char *data)
{
	const struct btf_var_secinfo *info = btf_var_secinfos(t);
	int i, err;

	put(v, "SEC(\"%s\") ", btf_type_name(v->d->btf, t));
	for (i = 0; i < btf_vlen(t); i++) {
		err = dump_value(v, NULL, info[i].type,
				 (struct place){ data + info[i].offset, 0, 0 });
		if (err < 0)
			return err;
		dump_printf(v->d, ";");
	}
	return 0;
}

/* ---- any value ---- */

/* Return: bytes of the value, or -E2BIG where the data ends before it does. */
static __s64 check_size(const struct value_dump *v, __u32 id, const struct place *place)
{
	const struct btf_type *t = btf_skip_mods_and_typedefs(v->d->btf, id, NULL);
	__s64 size, need;

	size = btf__resolve_size(v->d->btf, id);
	if (size < 0 || size >= INT32_MAX) {
		pr_warn("unexpected size [%lld] for id [%u]\n", (long long)size, id);
		return -EINVAL;
	}
	/* no wider than its type, and not across eight bytes */
	if (place->bit_size && (place->bit_size > size * 8 || place->bit_off + place->bit_size > 64))
		return -EINVAL;
	/* what is made of others is as far good as they are */
	if (!btf_is_int(t) && !btf_is_float(t) && !btf_is_ptr(t) && !btf_is_any_enum(t))
		return size;
	need = place->bit_size ? (place->bit_off + place->bit_size + 7) / 8 : size;
	return place->data + need > v->end ? -E2BIG : size;
}

static bool is_zero(struct value_dump *v, __u32 id, struct place place);

static bool struct_is_zero(struct value_dump *v, const struct btf_type *t, const char *data)
{
	int i;

	for (i = 0; i < btf_vlen(t); i++) {
		__u32 off = btf_member_bit_offset(t, i);

		if (!is_zero(v, btf_members(t)[i].type,
			     (struct place){ data + off / 8, off % 8,
					     btf_member_bitfield_size(t, i) }))
			return false;
	}
	return true;
}

static bool array_is_zero(struct value_dump *v, const struct btf_type *t, const char *data)
{
	__u32 elem_id = btf_array(t)->type, i;
	__s64 size = btf__resolve_size(v->d->btf, elem_id);

	if (size <= 0)
		return true;
	/* an empty string, whatever stands behind its end */
	if (size == 1 && btf_is_int(btf_skip_mods_and_typedefs(v->d->btf, elem_id, NULL)) &&
	    btf_array(t)->nelems)
		return data >= v->end || !*data;
	for (i = 0; i < btf_array(t)->nelems; i++)
		if (!is_zero(v, elem_id, (struct place){ data + i * size, 0, 0 }))
			return false;
	return true;
}

/* What is not there counts as not zero: printing it finds out. */
static bool is_zero(struct value_dump *v, __u32 id, struct place place)
{
	const struct btf_type *t = btf_skip_mods_and_typedefs(v->d->btf, id, &id);
	__s64 size = check_size(v, id, &place);
	bool zero;

	if (size < 0)
		return false;
	if (btf_is_composite(t) || btf_is_array(t)) {
		if (!enter(v, id))
			return false;
		zero = btf_is_array(t) ? array_is_zero(v, t, place.data) :
					 struct_is_zero(v, t, place.data);
		leave(v);
		return zero;
	}
	if (place.bit_size)
		return load_bits(&place, size, false) == 0;
	if (btf_is_int(t) || btf_is_float(t) || btf_is_ptr(t) || btf_is_any_enum(t))
		return mem_is_zero(place.data, size);
	return false;
}

/* Zeros are left out, but not at the top, and not from the middle of an array. */
static bool may_leave_out(const struct value_dump *v)
{
	return !v->emit_zeroes && v->depth && !(v->in_array && !v->in_char_array);
}

static int dump_by_kind(struct value_dump *v, const struct btf_type *t, const struct place *place)
{
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
		if (!place->bit_size)
			return dump_int(v, t, place->data);
		put(v, "0x%llx", (unsigned long long)load_bits(place, t->size, false));
		return 0;
	case BTF_KIND_FLOAT:
		return dump_float(v, t, place->data);
	case BTF_KIND_PTR:
		return dump_pointer(v, place->data);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return dump_enum(v, t, place);
	case BTF_KIND_ARRAY:
		return dump_array(v, t, place->data);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return dump_struct(v, t, place->data);
	case BTF_KIND_VAR:
		return dump_variable(v, t, place->data);
	case BTF_KIND_DATASEC:
		return dump_section(v, t, place->data);
	default:
		/* functions and declarations have no value */
		dump_printf(v->d, "<unsupported kind:%u>", btf_kind(t));
		return -ENOTSUP;
	}
}

/* Return: bytes that the value takes, or -errno. */
static int dump_value(struct value_dump *v, const char *name, __u32 id, struct place place)
{
	__s64 size = check_size(v, id, &place);
	int err;

	if (size < 0)
		return size;
	if (may_leave_out(v) && is_zero(v, id, place))
		return size;
	/* the end of a string is not an element */
	if (!v->in_char_array || *place.data)
		start_line(v);
	if (!v->skip_names) {
		if (!str_is_empty(name))
			dump_printf(v->d, ".%s = ", name);
		put_cast(v, id);
	}
	btf_skip_mods_and_typedefs(v->d->btf, id, &id);
	if (!enter(v, id))
		return -ELOOP;
	err = dump_by_kind(v, btf__type_by_id(v->d->btf, id), &place);
	leave(v);
	return err < 0 ? err : (int)size;
}

int btf_dump__dump_type_data(struct btf_dump *d, __u32 id, const void *data, size_t data_sz,
			     const struct btf_dump_type_data_opts *opts)
{
	struct value_dump v = { .d = d, .end = (const char *)data + data_sz, .budget = MAX_VALUES };
	const char *indent;
	int err;

	if (!OPTS_VALID(opts, btf_dump_type_data_opts) || !btf__type_by_id(d->btf, id))
		return libbpf_err(btf__type_by_id(d->btf, id) ? -EINVAL : -ENOENT);
	err = dump_resize(d);
	if (err)
		return libbpf_err(err);
	indent = OPTS_GET(opts, indent_str, NULL);
	str_copy(v.indent_str, indent ? indent : "\t", sizeof(v.indent_str));
	v.indent_level = OPTS_GET(opts, indent_level, 0);
	v.compact = OPTS_GET(opts, compact, false);
	v.skip_names = OPTS_GET(opts, skip_names, false);
	v.emit_zeroes = OPTS_GET(opts, emit_zeroes, false);
	v.emit_strings = OPTS_GET(opts, emit_strings, false);
	return libbpf_err(dump_value(&v, NULL, id, (struct place){ data, 0, 0 }));
}
