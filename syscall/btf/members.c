/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Does a member of a given kind fit into its struct; plain and as a bit-field. */
#include "inner.h"

#define COPY_BITS_MAX	128
#define ENUM_BITS	32
#define BITS_PER_BYTE	8

/* Whole bytes, a usual width, beginning at bit 0. */
bool btf_int_is_regular(const struct btf_type *t)
{
	uint32_t word = btf_int_word(t), bits = BTF_INT_BITS(word), bytes = bits / BITS_PER_BYTE;

	return bits % BITS_PER_BYTE == 0 && !BTF_INT_OFFSET(word) && bytes <= 16 &&
	       is_power_of_two(bytes);
}

static int exceeds(struct btf_check *c, const struct btf_type *s, const struct btf_member *m)
{
	return check_refuse_member(c, s, m, "Member exceeds struct_size");
}

/* @bits at bit @offset of @s. */
static int bits_fit(struct btf_check *c, const struct btf_type *s, const struct btf_member *m,
		    uint32_t offset, uint32_t bits)
{
	uint32_t byte = offset / BITS_PER_BYTE;
	uint32_t copied = bits + offset % BITS_PER_BYTE;

	if (copied > COPY_BITS_MAX)
		return check_refuse_member(c, s, m, "nr_copy_bits exceeds %u", COPY_BITS_MAX);
	if (s->size < byte || s->size - byte < (copied + 7) / BITS_PER_BYTE)
		return exceeds(c, s, m);
	return 0;
}

MEMBER_CHECK(member_int)
{
	uint32_t word = btf_int_word(t);

	if (UINT32_MAX - m->offset < BTF_INT_OFFSET(word))
		return check_refuse_member(c, s, m, "bits_offset exceeds U32_MAX");
	return bits_fit(c, s, m, m->offset + BTF_INT_OFFSET(word), BTF_INT_BITS(word));
}

MEMBER_CHECK(member_int_bits)
{
	uint32_t bits = btf_member_bits(s, m), offset = btf_member_bit_offset(s, m);
	uint32_t type_bits = BTF_INT_BITS(btf_int_word(t));

	if (!btf_int_is_regular(t))
		return check_refuse_member(c, s, m, "Invalid member base type");
	if (bits > type_bits)
		return check_refuse_member(c, s, m, "Invalid member bitfield_size");
	if (!bits) {
		if (offset % BITS_PER_BYTE)
			return check_refuse_member(c, s, m, "Invalid member offset");
		bits = type_bits;
	}
	return bits_fit(c, s, m, offset, bits);
}

static int bytes_fit(struct btf_check *c, const struct btf_type *s, const struct btf_member *m,
		     uint32_t size)
{
	uint32_t offset = btf_member_bit_offset(s, m), byte = offset / BITS_PER_BYTE;

	if (offset % BITS_PER_BYTE)
		return check_refuse_member(c, s, m, "Member is not byte aligned");
	return s->size - byte < size ? exceeds(c, s, m) : 0;
}

MEMBER_CHECK(member_sized)
{
	return bytes_fit(c, s, m, t->size);
}

MEMBER_CHECK(member_ptr)
{
	return bytes_fit(c, s, m, sizeof(void *));
}

MEMBER_CHECK(member_array)
{
	uint32_t id = m->type, size = 0;

	resolved_size(c, &id, &size);
	return bytes_fit(c, s, m, size);
}

MEMBER_CHECK(member_enum_bits)
{
	uint32_t bits = btf_member_bits(s, m), offset = btf_member_bit_offset(s, m);

	if (!bits) {
		if (offset % BITS_PER_BYTE)
			return check_refuse_member(c, s, m, "Member is not byte aligned");
		bits = ENUM_BITS;
	} else if (bits > ENUM_BITS) {
		return check_refuse_member(c, s, m, "Invalid member bitfield_size");
	}
	return s->size < (offset + bits + 7) / BITS_PER_BYTE ? exceeds(c, s, m) : 0;
}

/* Aligned as much as every CPU wants it. */
MEMBER_CHECK(member_float)
{
	uint32_t offset = btf_member_bit_offset(s, m);
	uint32_t align = MIN(sizeof(void *), t->size);

	if (offset % (align * BITS_PER_BYTE))
		return check_refuse_member(c, s, m, "Member is not properly aligned");
	return s->size < (uint64_t)offset / BITS_PER_BYTE + t->size ? exceeds(c, s, m) : 0;
}

/* Judged as what is below; messages then name that type. */
MEMBER_CHECK(member_modifier)
{
	struct btf_member below = *m;
	const struct btf_kind_row *row;

	t = resolved_size(c, &below.type, NULL);
	if (!t || !btf_kinds[btf_kind(t)].member)
		return check_refuse_member(c, s, m, "Invalid member");
	row = &btf_kinds[btf_kind(t)];
	return (btf_kflag(s) ? row->bit_member : row->member)(c, s, &below, t);
}

/* Kinds that cannot be bit-fields. */
MEMBER_CHECK(member_plain_bits)
{
	if (btf_member_bits(s, m))
		return check_refuse_member(c, s, m, "Invalid member bitfield_size");
	return btf_kinds[btf_kind(t)].member(c, s, m, t);
}
