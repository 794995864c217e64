/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Access strings ("0:3:1") as steps through a type, and the value a relocation asks for. */
#include "core_internal.h"

#include <stdio.h>

static const struct {
	const char *name;
	enum { FIELD, TYPE, ENUMVAL } of;
} kinds[] = {
	[BPF_CORE_FIELD_BYTE_OFFSET]	= { "byte_off", FIELD },
	[BPF_CORE_FIELD_BYTE_SIZE]	= { "byte_sz", FIELD },
	[BPF_CORE_FIELD_EXISTS]		= { "field_exists", FIELD },
	[BPF_CORE_FIELD_SIGNED]		= { "signed", FIELD },
	[BPF_CORE_FIELD_LSHIFT_U64]	= { "lshift_u64", FIELD },
	[BPF_CORE_FIELD_RSHIFT_U64]	= { "rshift_u64", FIELD },
	[BPF_CORE_TYPE_ID_LOCAL]	= { "local_type_id", TYPE },
	[BPF_CORE_TYPE_ID_TARGET]	= { "target_type_id", TYPE },
	[BPF_CORE_TYPE_EXISTS]		= { "type_exists", TYPE },
	[BPF_CORE_TYPE_SIZE]		= { "type_size", TYPE },
	[BPF_CORE_ENUMVAL_EXISTS]	= { "enumval_exists", ENUMVAL },
	[BPF_CORE_ENUMVAL_VALUE]	= { "enumval_value", ENUMVAL },
	[BPF_CORE_TYPE_MATCHES]		= { "type_matches", TYPE },
};

static bool kind_is(enum bpf_core_relo_kind kind, int of)
{
	return (unsigned int)kind < ARRAY_SIZE(kinds) && (int)kinds[kind].of == of;
}

bool core_kind_is_field(enum bpf_core_relo_kind kind)
{
	return kind_is(kind, FIELD);
}

bool core_kind_is_type(enum bpf_core_relo_kind kind)
{
	return kind_is(kind, TYPE);
}

bool core_kind_is_enumval(enum bpf_core_relo_kind kind)
{
	return kind_is(kind, ENUMVAL);
}

const char *core_kind_name(enum bpf_core_relo_kind kind)
{
	return (unsigned int)kind < ARRAY_SIZE(kinds) ? kinds[kind].name : "unknown";
}

/* "name___flavor": three underscores with something else on either side. */
size_t core_essential_len(const char *name)
{
	size_t len = strlen(name), i;

	for (i = len; i >= 5; i--)
		if (name[i - 5] != '_' && name[i - 4] == '_' && name[i - 3] == '_' &&
		    name[i - 2] == '_' && name[i - 1] != '_')
			return i - 4;
	return len;
}

bool core_names_equal(const char *a, const char *b)
{
	size_t len = core_essential_len(a);

	return len == core_essential_len(b) && strncmp(a, b, len) == 0;
}

/* ---- parsing ---- */

static int parse_numbers(struct core_spec *spec, const char *text)
{
	unsigned long number;
	char *end;

	for (;;) {
		if (spec->raw_count == CORE_MAX_STEPS)
			return -E2BIG;
		errno = 0;
		number = strtoul(text, &end, 10);
		if (end == text || *text < '0' || *text > '9' || errno || number > UINT32_MAX)
			return -EINVAL;
		spec->raw[spec->raw_count++] = number;
		if (!*end)
			return 0;
		if (*end != ':')
			return -EINVAL;
		text = end + 1;
	}
}

static struct core_step *add_step(struct core_spec *spec, __u32 type_id, __u32 index,
				  const char *name)
{
	struct core_step *step = &spec->steps[spec->step_count++];

	step->type_id = type_id;
	step->index = index;
	step->name = name;
	return step;
}

static int parse_enumval(struct core_spec *spec, const struct btf_type *t, __u32 id)
{
	__u32 name_off, index = spec->raw[0];

	if (!btf_is_any_enum(t) || spec->raw_count > 1 || index >= btf_vlen(t))
		return -EINVAL;
	name_off = btf_is_enum(t) ? btf_enum(t)[index].name_off : btf_enum64(t)[index].name_off;
	add_step(spec, id, index, btf_str(spec->btf, name_off));
	return 0;
}

/* A last member of zero length, or of length one in the old style, has no bound. */
static bool is_flexible_array(const struct core_spec *spec, const struct btf_array *array)
{
	const struct core_step *step = &spec->steps[spec->step_count - 1];
	const struct btf_type *t;

	if (array->nelems > 1 || !step->name)
		return false;
	t = btf__type_by_id(spec->btf, step->type_id);
	return step->index == (__u32)btf_vlen(t) - 1;
}

static int step_into_member(struct core_spec *spec, const struct btf_type *t, __u32 *id,
			    __u32 index)
{
	const struct btf_member *m;

	if (index >= btf_vlen(t))
		return -EINVAL;
	m = &btf_members(t)[index];
	spec->bit_offset += btf_member_bit_offset(t, index);
	if (m->name_off)
		add_step(spec, *id, index, btf_str(spec->btf, m->name_off));
	*id = m->type;
	return 0;
}

static int step_into_element(struct core_spec *spec, const struct btf_type *t, __u32 *id,
			     __u32 index)
{
	const struct btf_array *array = btf_array(t);
	__s64 size;

	btf_skip_mods_and_typedefs(spec->btf, array->type, id);
	if (index >= array->nelems && !is_flexible_array(spec, array))
		return -EINVAL;
	add_step(spec, *id, index, NULL);
	size = btf__resolve_size(spec->btf, *id);
	if (size < 0)
		return size;
	spec->bit_offset += (__u64)index * size * 8;
	return 0;
}

static int parse_field(struct core_spec *spec, __u32 id)
{
	const struct btf_type *t;
	__s64 size;
	int i, err;

	size = btf__resolve_size(spec->btf, id);
	if (size < 0)
		return size;
	spec->bit_offset = (__u64)spec->raw[0] * size * 8;
	add_step(spec, id, spec->raw[0], NULL);
	for (i = 1; i < spec->raw_count; i++) {
		t = btf_skip_mods_and_typedefs(spec->btf, id, &id);
		if (btf_is_composite(t))
			err = step_into_member(spec, t, &id, spec->raw[i]);
		else if (btf_is_array(t))
			err = step_into_element(spec, t, &id, spec->raw[i]);
		else
			err = -EINVAL;
		if (err)
			return err;
	}
	return 0;
}

int core_spec_parse(struct core_spec *spec, const struct btf *btf,
		    const struct bpf_core_relo *relo)
{
	const char *text = btf__str_by_offset(btf, relo->access_str_off);
	const struct btf_type *t;
	__u32 id = relo->type_id;
	int err;

	memset(spec, 0, sizeof(*spec));
	spec->btf = btf;
	spec->kind = relo->kind;
	spec->root_type_id = id;
	if (str_is_empty(text) || !btf__type_by_id(btf, id))
		return -EINVAL;
	err = parse_numbers(spec, text);
	if (err)
		return err;
	if (core_kind_is_type(relo->kind)) {
		if (spec->raw_count != 1 || spec->raw[0] != 0)
			return -EINVAL;
		add_step(spec, id, 0, NULL);
		return 0;
	}
	t = btf_skip_mods_and_typedefs(btf, id, &id);
	if (core_kind_is_enumval(relo->kind))
		return parse_enumval(spec, t, id);
	return core_kind_is_field(relo->kind) ? parse_field(spec, id) : -EINVAL;
}

/* ---- values ---- */

static int enum_value(const struct core_spec *spec, struct core_value *value)
{
	const struct core_step *step = &spec->steps[0];
	const struct btf_type *t = btf__type_by_id(spec->btf, step->type_id);

	if (btf_is_enum64(t))
		value->value = btf_enum64_value(&btf_enum64(t)[step->index]);
	else
		value->value = (__s64)btf_enum(t)[step->index].val;
	if (btf_is_enum(t) && !btf_kflag(t))
		value->value &= 0xffffffff;
	return 0;
}

static int type_value(const struct core_spec *spec, struct core_value *value)
{
	__s64 size;

	switch (spec->kind) {
	case BPF_CORE_TYPE_ID_LOCAL:
	case BPF_CORE_TYPE_ID_TARGET:
		value->value = spec->root_type_id;
		/* compilers put a type's id or zero there */
		value->validate = false;
		return 0;
	case BPF_CORE_TYPE_SIZE:
		size = btf__resolve_size(spec->btf, spec->root_type_id);
		if (size < 0)
			return -EINVAL;
		value->value = size;
		return 0;
	default:
		value->value = 1;
		return 0;
	}
}

/* The bytes that are loaded to get at a field. */
struct field_place {
	__u32 byte_off, byte_size, bit_off, bit_size;
	bool is_bitfield;
	__u32 type_id;
	const struct btf_type *t;
};

/* The smallest aligned unit that holds all bits of a bit-field. */
static int place_bitfield(struct field_place *place)
{
	__u32 size = place->t->size;

	if (!size)
		return -EINVAL;
	place->byte_off = place->bit_off / 8 / size * size;
	while (place->bit_off + place->bit_size - place->byte_off * 8 > size * 8) {
		if (size >= 8)
			return -E2BIG;
		size *= 2;
		place->byte_off = place->bit_off / 8 / size * size;
	}
	place->byte_size = size;
	return 0;
}

static int find_place(const struct core_spec *spec, struct field_place *place)
{
	const struct core_step *step = &spec->steps[spec->step_count - 1];
	const struct btf_type *t = btf__type_by_id(spec->btf, step->type_id);
	__u32 field_type = step->type_id;
	__s64 size;

	if (spec->bit_offset > UINT32_MAX)
		return -E2BIG;
	memset(place, 0, sizeof(*place));
	place->bit_off = spec->bit_offset;
	if (step->name) {
		field_type = btf_members(t)[step->index].type;
		place->bit_size = btf_member_bitfield_size(t, step->index);
	}
	place->t = btf_skip_mods_and_typedefs(spec->btf, field_type, &place->type_id);
	place->is_bitfield = place->bit_size > 0;
	if (place->is_bitfield)
		return place_bitfield(place);
	size = btf__resolve_size(spec->btf, field_type);
	if (size < 0)
		return -EINVAL;
	place->byte_size = size;
	place->byte_off = place->bit_off / 8;
	place->bit_size = size * 8;
	return 0;
}

static bool is_signed(const struct btf_type *t)
{
	if (btf_is_any_enum(t))
		return btf_kflag(t);
	return btf_is_int(t) && (btf_int_encoding(t) & BTF_INT_SIGNED);
}

static int field_value(const struct core_spec *spec, struct core_value *value)
{
	bool is_element = !spec->steps[spec->step_count - 1].name;
	struct field_place place;
	int err;

	if (spec->kind == BPF_CORE_FIELD_EXISTS) {
		value->value = 1;
		return 0;
	}
	err = find_place(spec, &place);
	if (err)
		return err;
	/* shifts and signs are asked for members only */
	if (is_element && spec->kind != BPF_CORE_FIELD_BYTE_OFFSET &&
	    spec->kind != BPF_CORE_FIELD_BYTE_SIZE)
		return -EINVAL;
	value->validate = !place.is_bitfield;
	switch (spec->kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
		value->value = place.byte_off;
		if (!place.is_bitfield) {
			value->size = place.byte_size;
			value->type_id = place.type_id;
		}
		return 0;
	case BPF_CORE_FIELD_BYTE_SIZE:
		value->value = place.byte_size;
		return 0;
	case BPF_CORE_FIELD_SIGNED:
		value->value = is_signed(place.t);
		value->validate = true;
		return 0;
	case BPF_CORE_FIELD_LSHIFT_U64:
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		value->value = 64 - (place.bit_off + place.bit_size - place.byte_off * 8);
#else
		value->value = (8 - place.byte_size) * 8 + (place.bit_off - place.byte_off * 8);
#endif
		return 0;
	case BPF_CORE_FIELD_RSHIFT_U64:
		value->value = 64 - place.bit_size;
		value->validate = true;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

int core_spec_value(const struct core_spec *spec, struct core_value *value)
{
	memset(value, 0, sizeof(*value));
	value->validate = true;
	if (core_kind_is_field(spec->kind))
		return field_value(spec, value);
	if (core_kind_is_type(spec->kind))
		return type_value(spec, value);
	if (spec->kind == BPF_CORE_ENUMVAL_EXISTS) {
		value->value = 1;
		return 0;
	}
	return enum_value(spec, value);
}

/* ---- text ---- */

struct text {
	char *buf;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void append(struct text *text, const char *fmt, ...)
{
	size_t room = text->len < text->size ? text->size - text->len : 0;
	va_list args;

	va_start(args, fmt);
	text->len += vsnprintf(room ? text->buf + text->len : NULL, room, fmt, args);
	va_end(args);
}

static void print_enumval(struct text *text, const struct core_spec *spec)
{
	const struct core_step *step = &spec->steps[0];
	const struct btf_type *t = btf__type_by_id(spec->btf, step->type_id);
	struct core_value value;

	enum_value(spec, &value);
	append(text, "::%s = ", step->name);
	append(text, btf_kflag(t) ? "%lld" : "%llu", (unsigned long long)value.value);
}

static void print_field(struct text *text, const struct core_spec *spec)
{
	int i;

	for (i = 0; i < spec->step_count; i++) {
		if (spec->steps[i].name)
			append(text, ".%s", spec->steps[i].name);
		else if (i > 0 || spec->steps[i].index > 0)
			append(text, "[%u]", spec->steps[i].index);
	}
	append(text, " (");
	for (i = 0; i < spec->raw_count; i++)
		append(text, "%s%u", i ? ":" : "", spec->raw[i]);
	if (spec->bit_offset % 8)
		append(text, " @ offset %llu.%llu)", spec->bit_offset / 8, spec->bit_offset % 8);
	else
		append(text, " @ offset %llu)", spec->bit_offset / 8);
}

int core_spec_print(const struct core_spec *spec, char *buf, size_t size)
{
	const struct btf_type *t = btf__type_by_id(spec->btf, spec->root_type_id);
	struct text text = { .buf = buf, .size = size };
	const char *name = btf_type_name(spec->btf, t);

	append(&text, "<%s> [%u] %s %s", core_kind_name(spec->kind), spec->root_type_id,
	       btf_kind_str(t), *name ? name : "<anon>");
	if (core_kind_is_enumval(spec->kind))
		print_enumval(&text, spec);
	else if (core_kind_is_field(spec->kind))
		print_field(&text, spec);
	return text.len;
}
