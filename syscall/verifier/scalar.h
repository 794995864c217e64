/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What is known of a number: bits, and bounds in four readings (64 and 32 bit, signed and
 * unsigned). A value type; every function here is pure apart from the struct it is given.
 */
#ifndef VERIFIER_SCALAR_H
#define VERIFIER_SCALAR_H

#include <string.h>
#include "tnum.h"

struct scalar {
	struct tnum bits;
	int64_t smin, smax;
	uint64_t umin, umax;
	int32_t s32_min, s32_max;
	uint32_t u32_min, u32_max;
};

static inline struct scalar scalar_const(uint64_t value)
{
	return (struct scalar){
		.bits = tnum_const(value),
		.smin = value, .smax = value, .umin = value, .umax = value,
		.s32_min = value, .s32_max = value, .u32_min = value, .u32_max = value,
	};
}

static inline struct scalar scalar_unknown(void)
{
	return (struct scalar){
		.bits = tnum_unknown(),
		.smin = INT64_MIN, .smax = INT64_MAX, .umin = 0, .umax = UINT64_MAX,
		.s32_min = INT32_MIN, .s32_max = INT32_MAX, .u32_min = 0, .u32_max = UINT32_MAX,
	};
}

/* Is everything known the same; is nothing known; is it one number and do all bounds say so. */
static inline bool scalar_same(const struct scalar *a, const struct scalar *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool scalar_is_any(const struct scalar *s)
{
	return tnum_is_unknown(s->bits) && !s->umin && s->umax == UINT64_MAX &&
	       s->smin == INT64_MIN && s->smax == INT64_MAX && !s->u32_min &&
	       s->u32_max == UINT32_MAX && s->s32_min == INT32_MIN && s->s32_max == INT32_MAX;
}

static inline bool scalar_is_one_number(const struct scalar *s)
{
	uint64_t value = s->bits.value;

	return tnum_is_const(s->bits) && s->umin == value && s->umax == value &&
	       s->smin == (int64_t)value && s->smax == (int64_t)value &&
	       s->u32_min == (uint32_t)value && s->u32_max == (uint32_t)value &&
	       s->s32_min == (int32_t)value && s->s32_max == (int32_t)value;
}

/* The low half becomes @value; the rest is left as it is. */
void scalar_set_low_half(struct scalar *s, uint32_t value);

/* Any value: bounds forgotten, bits kept (64 and 32 bit; 32 bit only). */
void scalar_forget_bounds(struct scalar *s);
void scalar_forget_bounds32(struct scalar *s);
void scalar_forget_bounds64(struct scalar *s);

/* Bounds that the known bits imply. */
void scalar_bounds_from_bits(struct scalar *s);
/* Let bits and the four bounds learn from each other. */
void scalar_sync(struct scalar *s);
/* Do the bounds contradict each other (the code that sees it is dead): NULL, or how. */
const char *scalar_contradiction(const struct scalar *s);

static inline bool scalar_is_sane(const struct scalar *s)
{
	uint64_t value = s->bits.value;

	/* Quiet operators: one branch for all that nearly always holds. */
	if ((s->umin > s->umax) | (s->smin > s->smax) | (s->u32_min > s->u32_max) |
	    (s->s32_min > s->s32_max))
		return false;
	if (tnum_subreg_is_const(s->bits) &&
	    ((s->u32_min != (uint32_t)value) | (s->u32_max != (uint32_t)value) |
	     (s->s32_min != (int32_t)value) | (s->s32_max != (int32_t)value)))
		return false;
	return !tnum_is_const(s->bits) ||
	       !((s->umin != value) | (s->umax != value) | (s->smin != (int64_t)value) |
		 (s->smax != (int64_t)value));
}

/* Upper half becomes zero, bounds come from the lower half. */
void scalar_zero_extend32(struct scalar *s);
/* Only the low @size bytes remain. */
void scalar_truncate(struct scalar *s, int size);
/* Sign extension of the low @size bytes to 64 bits, to 32 bits. */
void scalar_sign_extend64(struct scalar *s, int size);
void scalar_sign_extend32(struct scalar *s, int size);

/* Is the number (its low half) one value. */
static inline bool scalar_is_const(const struct scalar *s, bool low_half)
{
	return low_half ? tnum_subreg_is_const(s->bits) : tnum_is_const(s->bits);
}

static inline uint64_t scalar_value(const struct scalar *s, bool low_half)
{
	return low_half ? (uint32_t)s->bits.value : s->bits.value;
}

/* Is everything @cur can be also something @old can be. */
static inline bool scalar_within(const struct scalar *old, const struct scalar *cur)
{
	return old->umin <= cur->umin && old->umax >= cur->umax && old->smin <= cur->smin &&
	       old->smax >= cur->smax && old->u32_min <= cur->u32_min &&
	       old->u32_max >= cur->u32_max && old->s32_min <= cur->s32_min &&
	       old->s32_max >= cur->s32_max;
}


/* Operations: @dst becomes dst op src. Both halves are kept up to date. */
void scalar_add(struct scalar *dst, const struct scalar *src);
void scalar_sub(struct scalar *dst, const struct scalar *src);
void scalar_neg(struct scalar *dst);
void scalar_mul(struct scalar *dst, const struct scalar *src);
void scalar_and(struct scalar *dst, const struct scalar *src);
void scalar_or(struct scalar *dst, const struct scalar *src);
void scalar_xor(struct scalar *dst, const struct scalar *src);
/* The low @size bytes, in reverse order if @swap. */
void scalar_byte_order(struct scalar *dst, uint8_t size, bool swap);
/* Shifts by a known amount below the width. */
void scalar_lsh(struct scalar *dst, uint8_t shift, bool low_half);
void scalar_rsh(struct scalar *dst, uint8_t shift, bool low_half);
void scalar_arsh(struct scalar *dst, uint8_t shift, bool low_half);

/* dst op src where both are one number; false, and nothing done, where not or for divisions. */
bool scalar_fold(struct scalar *dst, const struct scalar *src, uint8_t op, bool low_half);

/* ---- comparisons; @op is a BPF_J* operation ---- */

/* Opposite of BPF_JSET, for refinement only: no instruction has it. */
#define SCALAR_JCLR (BPF_JSET | 0x08)

/* 1: always true, 0: never, -1: depends. */
int scalar_compare(const struct scalar *a, const struct scalar *b, uint8_t op, bool low_half);
/* What is learned on the path where "a op b" holds. */
void scalar_refine(struct scalar *a, struct scalar *b, uint8_t op, bool low_half);
/* The operation that holds where @op does not; the one with operands swapped. */
uint8_t scalar_opposite(uint8_t op);
uint8_t scalar_swapped(uint8_t op);

#endif
