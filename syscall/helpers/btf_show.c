/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Memory as its type of the kernel's BTF says, in Linux's form: bpf_snprintf_btf(), bpf_seq_printf_btf().
 *
 *	(struct bpf_sock){
 *	 .family = (__u32)2,
 *	}
 *
 * Members that are 0 are left out unless asked for. Whether a struct or an array within another one has
 * anything to show is found out by going through it once in silence.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/btf.h>

#include "btf_objects.h"
#include "fault.h"
#include "rows.h"
#include "shown.h"

#define FLAGS	     (BTF_F_COMPACT | BTF_F_NONAME | BTF_F_PTR_RAW | BTF_F_ZERO)
#define NAME_SIZE    80
#define NESTING_MAX  10		/* of typedefs, pointers and arrays in one name */
#define DEPTH_MAX    32
#define VALUE_SIZE   32

struct show {
	const struct kern_btf *btf;
	uint64_t flags;
	/* Where text goes: a buffer that is filled as far as it goes, or an iterator's. */
	char *buf;
	size_t size, len;
	struct shown_seq *seq;
	int err;
	/* What is being shown. */
	uint32_t type_id, kind;
	const struct btf_member *member;
	bool array_member, chars, terminated;
	uint32_t depth;
	/* In silence, since a struct or array at this depth, if not 0; the deepest that had something. */
	uint32_t silent_since, deepest;
	char name[NAME_SIZE];
	unsigned char value[VALUE_SIZE];
};

static void show_type(struct show *s, uint32_t type_id, const char *data, uint32_t bits);

/* ---- text ---- */

static void put(struct show *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct show *s, const char *format, ...)
{
	char text[256];
	va_list args;
	int len;

	if (s->silent_since)
		return;
	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = MIN(len, (int)sizeof(text) - 1);
	if (s->seq) {
		help_seq_write(s->seq, text, len);
		return;
	}
	if (s->len < s->size) {
		size_t room = s->size - s->len - 1, cnt = MIN((size_t)len, room);

		memcpy(s->buf + s->len, text, cnt);
		s->buf[s->len + cnt] = 0;
	}
	s->len += len;
}

static const char *indent(const struct show *s)
{
	static const char blanks[] = "                                ";

	return s->flags & BTF_F_COMPACT ? "" : blanks + sizeof(blanks) - 1 - MIN(s->depth, DEPTH_MAX);
}

static const char *newline(const struct show *s)
{
	return s->flags & BTF_F_COMPACT ? "" : "\n";
}

static const char *delimiter(const struct show *s)
{
	if (!s->depth)
		return "";
	return s->flags & BTF_F_COMPACT && s->kind == BTF_KIND_UNION ? "|" : ",";
}

/* ---- the name in front: ".member = (struct type *[])" and an opening bracket ---- */

struct naming {
	const char *name;		/* of the first typedef, else of the type at the end */
	const struct btf_type *last;
	uint32_t pointers, arrays;
	bool typedef_seen;
};

static const char *name_of(const struct show *s, const struct btf_type *t)
{
	const char *name = kern_btf_type_name(s->btf, t);

	return name ? name : "";
}

static const struct btf_type *skip_qualifiers(const struct show *s, uint32_t id)
{
	const struct btf_type *t = kern_btf_type(s->btf, id);

	while (btf_kind(t) == BTF_KIND_CONST || btf_kind(t) == BTF_KIND_VOLATILE ||
	       btf_kind(t) == BTF_KIND_RESTRICT || btf_kind(t) == BTF_KIND_TYPE_TAG)
		t = kern_btf_type(s->btf, t->type);
	return t;
}

static bool find_name(const struct show *s, uint32_t id, struct naming *n)
{
	n->last = kern_btf_type(s->btf, id);
	for (int i = 0; i < NESTING_MAX; i++) {
		switch (btf_kind(n->last)) {
		case BTF_KIND_TYPEDEF:
			n->name = n->typedef_seen ? n->name : name_of(s, n->last);
			n->typedef_seen = true;
			id = n->last->type;
			break;
		case BTF_KIND_ARRAY:
			n->arrays++;
			id = btf_array(n->last)->type;
			break;
		case BTF_KIND_PTR:
			n->pointers++;
			id = n->last->type;
			break;
		default:
			id = 0;
		}
		if (!id) {
			n->name = n->typedef_seen ? n->name : name_of(s, n->last);
			return true;
		}
		n->last = skip_qualifiers(s, id);
	}
	return false;
}

static const char *prefix_of(const struct naming *n)
{
	if (n->typedef_seen)
		return "";
	switch (btf_kind(n->last)) {
	case BTF_KIND_STRUCT:	return "struct";
	case BTF_KIND_UNION:	return "union";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:	return "enum";
	default:		return "";
	}
}

static const char *bracket_of(const struct naming *n)
{
	if (n->pointers)
		return "";
	return n->arrays ? "[" : btf_is_struct_or_union(n->last) ? "{" : "";
}

static const char *full_name(struct show *s)
{
	const char *member = s->member ? kern_btf_name(s->btf, s->member->name_off) : "";
	static const char stars[] = "**********", pairs[] = "[][][][][][][][][][]";
	struct naming n = { 0 };
	const char *prefix;

	if (s->array_member || !find_name(s, s->member ? s->member->type : s->type_id, &n))
		return "";
	if (s->flags & BTF_F_NONAME)
		return bracket_of(&n);
	prefix = prefix_of(&n);
	snprintf(s->name, sizeof(s->name), "%s%s%s(%s%s%s%s%s%s)%s", *member ? "." : "", member,
		 *member ? " = " : "", prefix, *prefix && *n.name ? " " : "", n.name,
		 n.pointers ? " " : "", stars + sizeof(stars) - 1 - n.pointers,
		 pairs + sizeof(pairs) - 1 - 2 * n.arrays, bracket_of(&n));
	return s->name;
}

/* ---- values ---- */

/* The first bytes of it, in s->value. */
static bool start(struct show *s, uint32_t type_id, const char *data)
{
	uint32_t id, size;
	const struct btf_type *t = kern_btf_skip_modifiers(s->btf, type_id, &id);
	int err;

	s->type_id = type_id;
	s->kind = btf_kind(t);
	if (kern_btf_size(s->btf, id, &size)) {
		s->err = -EINVAL;
		return false;
	}
	size = MIN(size, VALUE_SIZE);
	err = help_kernel_access(ptr_to_u64(data), size);
	if (!err && !fault_read(s->value, data, size))
		err = -EFAULT;
	s->err = err ? err : s->err;
	return !err;
}

static void end(struct show *s)
{
	s->type_id = 0;
	s->kind = BTF_KIND_UNKN;
}

static void put_value(struct show *s, const char *text, bool zero)
{
	if (zero && !(s->flags & BTF_F_ZERO) && s->depth)
		return;
	put(s, "%s%s%s%s%s", indent(s), full_name(s), text, delimiter(s), newline(s));
	s->deepest = MAX(s->deepest, s->depth);
}

static void put_number(struct show *s, int64_t value, bool has_sign)
{
	char text[32];

	snprintf(text, sizeof(text), has_sign ? "%lld" : "%llu", (long long)value);
	put_value(s, text, !value);
}

static void put_hex(struct show *s, unsigned __int128 value)
{
	uint64_t high = value >> 64, low = value;
	char text[48];

	if (high)
		snprintf(text, sizeof(text), "0x%llx%016llx", (unsigned long long)high,
			 (unsigned long long)low);
	else
		snprintf(text, sizeof(text), "0x%llx", (unsigned long long)low);
	put_value(s, text, !value);
}

/* Little endian, as all that is shown here. */
static void show_bits(struct show *s, uint32_t offset, uint32_t bits)
{
	unsigned __int128 value, mask = ~(unsigned __int128)0;

	memcpy(&value, s->value, sizeof(value));
	put_hex(s, value >> offset & (bits < 128 ? ~(mask << bits) : mask));
}

static bool show_char(struct show *s)
{
	unsigned char c = s->value[0];
	char text[8];

	if (!s->chars || (c && !s->terminated && !isprint(c)))
		return false;
	if (!c)
		s->terminated = true;
	if (s->terminated)
		return true;
	snprintf(text, sizeof(text), "'%c'", c);
	put_value(s, text, false);
	return true;
}

static void show_int(struct show *s, const struct btf_type *t, uint32_t bits)
{
	uint32_t word = *(const uint32_t *)(t + 1), nr_bits = BTF_INT_BITS(word);
	bool has_sign = BTF_INT_ENCODING(word) & BTF_INT_SIGNED;
	uint32_t shift = 64 - nr_bits;
	int64_t value;

	if (bits || BTF_INT_OFFSET(word) || nr_bits % 8 || nr_bits > 64) {
		show_bits(s, bits + BTF_INT_OFFSET(word), nr_bits);
		return;
	}
	if (nr_bits == 8 && show_char(s))
		return;
	memcpy(&value, s->value, sizeof(value));
	value = has_sign ? (int64_t)((uint64_t)value << shift) >> shift
			 : (int64_t)((uint64_t)value << shift >> shift);
	put_number(s, value, has_sign);
}

static void show_enum(struct show *s, const struct btf_type *t)
{
	const struct btf_enum *values = (const struct btf_enum *)(t + 1);
	int32_t value;

	memcpy(&value, s->value, sizeof(value));
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if (values[i].val == value) {
			put_value(s, kern_btf_name(s->btf, values[i].name_off), false);
			return;
		}
	}
	put_number(s, btf_kflag(t) ? value : (uint32_t)value, btf_kflag(t));
}

static void show_enum64(struct show *s, const struct btf_type *t)
{
	const struct btf_enum64 *values = (const struct btf_enum64 *)(t + 1);
	int64_t value;

	memcpy(&value, s->value, sizeof(value));
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if ((int64_t)((uint64_t)values[i].val_hi32 << 32 | values[i].val_lo32) == value) {
			put_value(s, kern_btf_name(s->btf, values[i].name_off), false);
			return;
		}
	}
	put_number(s, value, btf_kflag(t));
}

static void show_pointer(struct show *s)
{
	uint64_t value;
	char text[32];

	memcpy(&value, s->value, sizeof(value));
	snprintf(text, sizeof(text), "0x%016llx", (unsigned long long)
		 (s->flags & BTF_F_PTR_RAW ? value : help_hide_pointer(value)));
	put_value(s, text, !value);
}

/* ---- structs and arrays ---- */

static bool start_group(struct show *s, uint32_t type_id, const char *data)
{
	if (!start(s, type_id, data))
		return false;
	put(s, "%s%s%s", indent(s), full_name(s), newline(s));
	s->depth++;
	return true;
}

static void end_group(struct show *s, const char *bracket)
{
	s->depth--;
	put(s, "%s%s%s%s", indent(s), bracket, delimiter(s), newline(s));
	end(s);
}

static void show_member(struct show *s, const struct btf_type *t, const struct btf_member *m,
			const char *data)
{
	uint32_t bits = btf_member_bits(t, m), offset = btf_member_bit_offset(t, m);

	s->member = m;
	if (!bits) {
		show_type(s, m->type, data + offset / 8, offset % 8);
	} else if (start(s, m->type, data + offset / 8)) {
		/* A bit-field may reach beyond its type's size at this byte. */
		fault_read(s->value, data + offset / 8, (offset % 8 + bits + 7) / 8);
		show_bits(s, offset % 8, bits);
	}
	end(s);
	s->member = NULL;
}

static void show_members(struct show *s, const struct btf_type *t, uint32_t type_id,
			 const char *data, uint32_t bits)
{
	if (!start_group(s, type_id, data))
		return;
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		show_member(s, t, &btf_members(t)[i], data);
	end_group(s, "}");
}

/* As on Linux, elements that are pointers have no size: the first one is shown again and again. */
static uint32_t element_size(const struct show *s, const struct btf_type *elem)
{
	switch (btf_kind(elem)) {
	case BTF_KIND_INT:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
		return elem->size;
	default:
		return 0;
	}
}

static void show_elements(struct show *s, const struct btf_type *t, uint32_t type_id,
			  const char *data, uint32_t bits)
{
	const struct btf_array *array = btf_array(t);
	const struct btf_type *elem = kern_btf_skip_modifiers(s->btf, array->type, NULL);
	uint32_t size = element_size(s, elem);

	s->chars = btf_kind(elem) == BTF_KIND_INT && size == 1;
	s->terminated = false;
	if (!start_group(s, type_id, data))
		return;
	for (uint32_t i = 0; i < array->nelems && !s->terminated; i++) {
		s->array_member = true;
		s->member = NULL;
		show_type(s, array->type, data, bits);
		data += size;
		s->array_member = false;
		s->member = NULL;
	}
	s->chars = s->terminated = false;
	end_group(s, "]");
}

typedef void show_group_fn(struct show *s, const struct btf_type *t, uint32_t type_id,
			   const char *data, uint32_t bits);

/* Within another: only if something in it is to be seen. */
static void show_group(struct show *s, show_group_fn *fn, const struct btf_type *t, uint32_t type_id,
		       const char *data, uint32_t bits)
{
	const struct btf_member *member = s->member;

	if (s->depth >= DEPTH_MAX)
		return;
	if (s->depth && !(s->flags & BTF_F_ZERO)) {
		if (!s->silent_since) {
			s->silent_since = s->depth + 1;
			s->deepest = 0;
		}
		fn(s, t, type_id, data, bits);
		s->member = member;
		if (s->silent_since != s->depth + 1)
			return;
		s->silent_since = 0;
		if (s->deepest <= s->depth)
			return;
	}
	fn(s, t, type_id, data, bits);
}

static void show_simple(struct show *s, const struct btf_type *t, uint32_t type_id,
			const char *data, uint32_t bits)
{
	if (start(s, type_id, data)) {
		switch (btf_kind(t)) {
		case BTF_KIND_INT:
			show_int(s, t, bits);
			break;
		case BTF_KIND_ENUM:
			show_enum(s, t);
			break;
		case BTF_KIND_ENUM64:
			show_enum64(s, t);
			break;
		default:
			show_pointer(s);
		}
	}
	end(s);
}

static void show_type(struct show *s, uint32_t type_id, const char *data, uint32_t bits)
{
	const struct btf_type *t = kern_btf_skip_modifiers(s->btf, type_id, NULL);

	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		show_group(s, show_members, t, type_id, data, bits);
		break;
	case BTF_KIND_ARRAY:
		show_group(s, show_elements, t, type_id, data, bits);
		break;
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_PTR:
		show_simple(s, t, type_id, data, bits);
		break;
	default:
		put(s, "<unsupported kind:%u>", btf_kind(t));
	}
}

/* ---- the helpers ---- */

static int check_args(const struct kern_btf *btf, const struct btf_ptr *ptr, uint32_t ptr_size,
		      uint64_t flags)
{
	if (flags & ~(uint64_t)FLAGS || ptr_size != sizeof(*ptr) || !ptr->type_id)
		return -EINVAL;
	return ptr->type_id > INT32_MAX || !kern_btf_type(btf, ptr->type_id) ? -ENOENT : 0;
}

static int show(struct show *s, const struct btf_ptr *ptr, uint32_t ptr_size)
{
	struct store_obj *obj;
	int err = btf_object_get(KERNEL_BTF_ID, &obj, &s->btf);

	if (err)
		return -EINVAL;		/* a kernel without BTF */
	err = check_args(s->btf, ptr, ptr_size, s->flags);
	if (!err) {
		show_type(s, ptr->type_id, ptr->ptr, 0);
		err = s->err;
	}
	store_put(obj);
	return err;
}

HELPER(help_snprintf_btf)
{
	struct show s = { .flags = r5, .buf = u64_to_ptr(r1), .size = (uint32_t)r2 };
	int err = show(&s, u64_to_ptr(r3), r4);

	return err ? err : (int)s.len;
}

HELPER(help_seq_printf_btf)
{
	struct show s = { .flags = r4, .seq = u64_to_ptr(r1) };

	return show(&s, u64_to_ptr(r2), r3);
}

static const uint32_t iterators[] = { BPF_TRACE_ITER };

static const struct bpfx_helper show_rows[] = {
	{ BPF_FUNC_snprintf_btf, "snprintf_btf", help_snprintf_btf, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_WRITE, BPFX_ARG_SIZE, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE,
	    BPFX_ARG_ANY },
	  .flags = BASE_PERFMON },
	{ BPF_FUNC_seq_printf_btf, "seq_printf_btf", help_seq_printf_btf, BPFX_RET_INTEGER,
	  { BPFX_ARG_BTF_ID, BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO, BPFX_ARG_ANY },
	  .flags = BPFX_HELPER_PERFMON | BPFX_HELPER_GPL, .arg_types = { "seq_file" },
	  .attach_types = iterators, .attach_type_cnt = ARRAY_SIZE(iterators) },
};
HELPER_TABLE(show);
