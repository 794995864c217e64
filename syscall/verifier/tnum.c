/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Arithmetic on tracked numbers. Sound: the result holds every number that the operation gives for
 * some choice of the unknown bits. Background: Vishwanathan et al., "Sound, Precise, and Fast
 * Abstract Interpretation with Tristate Numbers" (CGO 2022).
 */
#include "tnum.h"

static struct tnum make(uint64_t value, uint64_t mask)
{
	return (struct tnum){ .value = value, .mask = mask };
}

struct tnum tnum_range(uint64_t min, uint64_t max)
{
	uint64_t differing = min ^ max;
	uint64_t unknown;

	if (!differing)
		return tnum_const(min);
	if (differing >> 63)
		return tnum_unknown();
	/* Everything below the highest differing bit may take any value. */
	unknown = (2ULL << (63 - __builtin_clzll(differing))) - 1;
	return make(min & ~unknown, unknown);
}

struct tnum tnum_lshift(struct tnum a, uint8_t shift)
{
	return make(a.value << shift, a.mask << shift);
}

struct tnum tnum_rshift(struct tnum a, uint8_t shift)
{
	return make(a.value >> shift, a.mask >> shift);
}

struct tnum tnum_arshift(struct tnum a, uint8_t shift, uint8_t width)
{
	if (width == 32)
		return make((uint32_t)((int32_t)a.value >> shift),
			    (uint32_t)((int32_t)a.mask >> shift));
	return make((int64_t)a.value >> shift, (int64_t)a.mask >> shift);
}

/* A bit of the sum is unknown where an operand's bit is, or where a carry may or may not come in:
 * that shows as a difference between the smallest and the largest sum. */
struct tnum tnum_add(struct tnum a, struct tnum b)
{
	uint64_t least = a.value + b.value;
	uint64_t most = least + a.mask + b.mask;
	uint64_t unknown = (least ^ most) | a.mask | b.mask;

	return make(least & ~unknown, unknown);
}

struct tnum tnum_sub(struct tnum a, struct tnum b)
{
	uint64_t middle = a.value - b.value;
	uint64_t most = middle + a.mask;
	uint64_t least = middle - b.mask;
	uint64_t unknown = (least ^ most) | a.mask | b.mask;

	return make(middle & ~unknown, unknown);
}

struct tnum tnum_neg(struct tnum a)
{
	return tnum_sub(tnum_const(0), a);
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
	uint64_t may_be_one = (a.value | a.mask) & (b.value | b.mask);
	uint64_t one = a.value & b.value;

	return make(one, may_be_one & ~one);
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
	uint64_t one = a.value | b.value;

	return make(one, (a.mask | b.mask) & ~one);
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	uint64_t unknown = a.mask | b.mask;

	return make((a.value ^ b.value) & ~unknown, unknown);
}

/* Long multiplication: an unknown bit of @a may or may not add @b, so the sum is in either. */
struct tnum tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum sum = tnum_const(0);

	for (; a.value | a.mask; a = tnum_rshift(a, 1), b = tnum_lshift(b, 1)) {
		if (a.value & 1)
			sum = tnum_add(sum, b);
		else if (a.mask & 1)
			sum = tnum_union(sum, tnum_add(sum, b));
	}
	return sum;
}

static uint64_t bswap(uint64_t value, uint8_t size)
{
	return __builtin_bswap64(value) >> (64 - size * 8);
}

struct tnum tnum_bswap(struct tnum a, uint8_t size)
{
	return make(bswap(a.value, size), bswap(a.mask, size));
}

bool tnum_overlap(struct tnum a, struct tnum b)
{
	uint64_t known_in_both = ~(a.mask | b.mask);

	return (a.value & known_in_both) == (b.value & known_in_both);
}

struct tnum tnum_intersect(struct tnum a, struct tnum b)
{
	uint64_t unknown = a.mask & b.mask;

	return make((a.value | b.value) & ~unknown, unknown);
}

struct tnum tnum_union(struct tnum a, struct tnum b)
{
	uint64_t unknown = (a.value ^ b.value) | a.mask | b.mask;

	return make(a.value & b.value & ~unknown, unknown);
}

/* Next pattern of the unknown bits, the known ones in place. */
static uint64_t next_member(struct tnum t, uint64_t z)
{
	return (((z | ~t.mask) + 1) & t.mask) | t.value;
}

uint64_t tnum_step(struct tnum t, uint64_t z)
{
	uint64_t wrong = (z ^ t.value) & ~t.mask, below;

	if (z < t.value)
		return t.value;
	if (z >= (t.value | t.mask))
		return t.value | t.mask;
	if (!wrong)
		return next_member(t, z);
	/* The highest known bit that @z has not got right decides. */
	below = (2ULL << (63 - __builtin_clzll(wrong))) - 1;
	if (z < ((z & ~below) | (t.value & below)))
		return (z & t.mask & ~below) | t.value;
	return next_member(t, z | below) & (~below | t.value);
}

struct tnum tnum_cast(struct tnum a, uint8_t size)
{
	uint64_t kept = size >= 8 ? UINT64_MAX : (1ULL << (size * 8)) - 1;

	return make(a.value & kept, a.mask & kept);
}

bool tnum_is_aligned(struct tnum a, uint64_t size)
{
	return !size || !((a.value | a.mask) & (size - 1));
}

struct tnum tnum_subreg(struct tnum a)
{
	return tnum_cast(a, 4);
}

struct tnum tnum_clear_subreg(struct tnum a)
{
	return tnum_lshift(tnum_rshift(a, 32), 32);
}

struct tnum tnum_with_subreg(struct tnum a, struct tnum subreg)
{
	return tnum_or(tnum_clear_subreg(a), tnum_subreg(subreg));
}

struct tnum tnum_const_subreg(struct tnum a, uint32_t value)
{
	return tnum_with_subreg(a, tnum_const(value));
}
