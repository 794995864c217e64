/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Tracked numbers: a 64-bit number of which some bits are known. A bit set in mask is unknown (and
 * then clear in value); otherwise value holds it. A value type: pure, small, no failures.
 */
#ifndef VERIFIER_TNUM_H
#define VERIFIER_TNUM_H

#include <stdbool.h>
#include <stdint.h>

struct tnum {
	uint64_t value, mask;
};

static inline struct tnum tnum_const(uint64_t value)
{
	return (struct tnum){ .value = value };
}

static inline struct tnum tnum_unknown(void)
{
	return (struct tnum){ .mask = UINT64_MAX };
}

static inline bool tnum_is_const(struct tnum a)
{
	return !a.mask;
}

static inline bool tnum_is_unknown(struct tnum a)
{
	return !~a.mask;
}

static inline bool tnum_equals_const(struct tnum a, uint64_t b)
{
	return !a.mask && a.value == b;
}

/* Smallest tnum that holds all of min..max. */
struct tnum tnum_range(uint64_t min, uint64_t max);
struct tnum tnum_lshift(struct tnum a, uint8_t shift);
struct tnum tnum_rshift(struct tnum a, uint8_t shift);
/* @width: 32 or 64, where the sign bit is. */
struct tnum tnum_arshift(struct tnum a, uint8_t shift, uint8_t width);
struct tnum tnum_add(struct tnum a, struct tnum b);
struct tnum tnum_sub(struct tnum a, struct tnum b);
struct tnum tnum_neg(struct tnum a);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
struct tnum tnum_mul(struct tnum a, struct tnum b);
/* The low @size bytes in reverse order, the rest zero. */
struct tnum tnum_bswap(struct tnum a, uint8_t size);
/* Do they have a value in common. */
bool tnum_overlap(struct tnum a, struct tnum b);
/* What is known of a number that is in both. */
struct tnum tnum_intersect(struct tnum a, struct tnum b);
/* What is known of a number that is in one of them. */
struct tnum tnum_union(struct tnum a, struct tnum b);
/* Smallest member above @z; the largest one where there is none. */
uint64_t tnum_step(struct tnum t, uint64_t z);
/* The low @size bytes, the rest zero. */
struct tnum tnum_cast(struct tnum a, uint8_t size);
bool tnum_is_aligned(struct tnum a, uint64_t size);
/* Is every value of @b one of @a. */
static inline bool tnum_in(struct tnum a, struct tnum b)
{
	return !(b.mask & ~a.mask) && a.value == (b.value & ~a.mask);
}

/* Low half; all but the low half; @a with its low half replaced. */
struct tnum tnum_subreg(struct tnum a);
struct tnum tnum_clear_subreg(struct tnum a);
struct tnum tnum_with_subreg(struct tnum a, struct tnum subreg);
struct tnum tnum_const_subreg(struct tnum a, uint32_t value);

static inline bool tnum_subreg_is_const(struct tnum a)
{
	return !(uint32_t)a.mask;
}

#endif
