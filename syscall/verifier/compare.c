/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Comparisons of numbers: which way a branch goes, and what each way teaches about both sides. */
#include <linux/bpf.h>
#include "bits.h"
#include "scalar.h"

uint8_t scalar_opposite(uint8_t op)
{
	switch (op) {
	case BPF_JEQ:		return BPF_JNE;
	case BPF_JNE:		return BPF_JEQ;
	case BPF_JGT:		return BPF_JLE;
	case BPF_JGE:		return BPF_JLT;
	case BPF_JLT:		return BPF_JGE;
	case BPF_JLE:		return BPF_JGT;
	case BPF_JSGT:		return BPF_JSLE;
	case BPF_JSGE:		return BPF_JSLT;
	case BPF_JSLT:		return BPF_JSGE;
	case BPF_JSLE:		return BPF_JSGT;
	case BPF_JSET:		return SCALAR_JCLR;
	case SCALAR_JCLR:	return BPF_JSET;
	default:		return op;
	}
}

uint8_t scalar_swapped(uint8_t op)
{
	switch (op) {
	case BPF_JGT:	return BPF_JLT;
	case BPF_JGE:	return BPF_JLE;
	case BPF_JLT:	return BPF_JGT;
	case BPF_JLE:	return BPF_JGE;
	case BPF_JSGT:	return BPF_JSLT;
	case BPF_JSGE:	return BPF_JSLE;
	case BPF_JSLT:	return BPF_JSGT;
	case BPF_JSLE:	return BPF_JSGE;
	default:	return op;	/* ==, != and & do not care */
	}
}

/* ---- which way ---- */

/* Both sides in the width and signs of a comparison. */
struct sides {
	struct tnum a, b;
	uint64_t umin_a, umax_a, umin_b, umax_b;
	int64_t smin_a, smax_a, smin_b, smax_b;
};

static struct sides sides_of(const struct scalar *a, const struct scalar *b, bool low_half)
{
	if (low_half)
		return (struct sides){
			tnum_subreg(a->bits), tnum_subreg(b->bits),
			a->u32_min, a->u32_max, b->u32_min, b->u32_max,
			a->s32_min, a->s32_max, b->s32_min, b->s32_max,
		};
	return (struct sides){
		a->bits, b->bits, a->umin, a->umax, b->umin, b->umax,
		a->smin, a->smax, b->smin, b->smax,
	};
}

static bool low_halves_apart(const struct scalar *a, const struct scalar *b)
{
	return a->u32_min > b->u32_max || a->u32_max < b->u32_min ||
	       a->s32_min > b->s32_max || a->s32_max < b->s32_min;
}

/* 1: equal, 0: different, -1: either. */
static int equal(const struct scalar *a, const struct scalar *b, bool low_half)
{
	struct sides s = sides_of(a, b, low_half);

	if (tnum_is_const(s.a) && tnum_is_const(s.b))
		return s.a.value == s.b.value;
	if (!tnum_overlap(s.a, s.b))
		return 0;
	if (s.umin_a > s.umax_b || s.umax_a < s.umin_b || s.smin_a > s.smax_b ||
	    s.smax_a < s.smin_b)
		return 0;
	return !low_half && low_halves_apart(a, b) ? 0 : -1;
}

static int bits_in_common(const struct scalar *a, const struct scalar *b, bool low_half)
{
	struct sides s;

	if (!scalar_is_const(b, low_half)) {
		const struct scalar *other = a;

		a = b;
		b = other;
	}
	if (!scalar_is_const(b, low_half))
		return -1;
	s = sides_of(a, b, low_half);
	if (~s.a.mask & s.a.value & s.b.value)
		return 1;
	return (s.a.mask | s.a.value) & s.b.value ? -1 : 0;
}

static int always(bool yes, bool no)
{
	return yes ? 1 : no ? 0 : -1;
}

static int negated(int answer)
{
	return answer < 0 ? -1 : !answer;
}

int scalar_compare(const struct scalar *a, const struct scalar *b, uint8_t op, bool low_half)
{
	struct sides s = sides_of(a, b, low_half);

	switch (op) {
	case BPF_JEQ:	return equal(a, b, low_half);
	case BPF_JNE:	return negated(equal(a, b, low_half));
	case BPF_JSET:	return bits_in_common(a, b, low_half);
	case BPF_JGT:	return always(s.umin_a > s.umax_b, s.umax_a <= s.umin_b);
	case BPF_JGE:	return always(s.umin_a >= s.umax_b, s.umax_a < s.umin_b);
	case BPF_JLT:	return always(s.umax_a < s.umin_b, s.umin_a >= s.umax_b);
	case BPF_JLE:	return always(s.umax_a <= s.umin_b, s.umin_a > s.umax_b);
	case BPF_JSGT:	return always(s.smin_a > s.smax_b, s.smax_a <= s.smin_b);
	case BPF_JSGE:	return always(s.smin_a >= s.smax_b, s.smax_a < s.smin_b);
	case BPF_JSLT:	return always(s.smax_a < s.smin_b, s.smin_a >= s.smax_b);
	case BPF_JSLE:	return always(s.smax_a <= s.smin_b, s.smin_a > s.smax_b);
	default:	return -1;
	}
}

/* ---- what is learned ---- */

static void refine_equal(struct scalar *a, struct scalar *b, bool low_half)
{
	if (low_half) {
		struct tnum t = tnum_intersect(tnum_subreg(a->bits), tnum_subreg(b->bits));

		a->u32_min = b->u32_min = MAX(a->u32_min, b->u32_min);
		a->u32_max = b->u32_max = MIN(a->u32_max, b->u32_max);
		a->s32_min = b->s32_min = MAX(a->s32_min, b->s32_min);
		a->s32_max = b->s32_max = MIN(a->s32_max, b->s32_max);
		a->bits = tnum_with_subreg(a->bits, t);
		b->bits = tnum_with_subreg(b->bits, t);
		return;
	}
	a->umin = b->umin = MAX(a->umin, b->umin);
	a->umax = b->umax = MIN(a->umax, b->umax);
	a->smin = b->smin = MAX(a->smin, b->smin);
	a->smax = b->smax = MIN(a->smax, b->smax);
	a->bits = b->bits = tnum_intersect(a->bits, b->bits);
}

/* Unequal to a constant that is one of its ends: the end moves by one. It may wrap where it is the only
 * one: nobody goes that way. */
static void refine_unequal(struct scalar *a, uint64_t value, bool low_half)
{
	if (low_half) {
		a->u32_min += a->u32_min == (uint32_t)value;
		a->u32_max -= a->u32_max == (uint32_t)value;
		a->s32_min = (uint32_t)a->s32_min + (a->s32_min == (int32_t)value);
		a->s32_max = (uint32_t)a->s32_max - (a->s32_max == (int32_t)value);
		return;
	}
	a->umin += a->umin == value;
	a->umax -= a->umax == value;
	a->smin = (uint64_t)a->smin + (a->smin == (int64_t)value);
	a->smax = (uint64_t)a->smax - (a->smax == (int64_t)value);
}

/* Some bit of @value is set: which one is known only if there is one. */
static void refine_set(struct scalar *a, uint64_t value, bool low_half)
{
	if (!is_power_of_two(value))
		return;
	if (low_half)
		a->bits = tnum_with_subreg(a->bits,
					   tnum_or(tnum_subreg(a->bits), tnum_const(value)));
	else
		a->bits = tnum_or(a->bits, tnum_const(value));
}

static void refine_clear(struct scalar *a, uint64_t value, bool low_half)
{
	/* The bounds may contradict the bits on a path that is never taken. */
	scalar_forget_bounds(a);
	if (low_half)
		a->bits = tnum_with_subreg(a->bits,
					   tnum_and(tnum_subreg(a->bits), tnum_const(~value)));
	else
		a->bits = tnum_and(a->bits, tnum_const(~value));
}

/* a < b (strict) or a <= b. */
static void refine_unsigned(struct scalar *a, struct scalar *b, bool strict, bool low_half)
{
	if (low_half) {
		a->u32_max = MIN(a->u32_max, b->u32_max - strict);
		b->u32_min = MAX(a->u32_min + strict, b->u32_min);
	} else {
		a->umax = MIN(a->umax, b->umax - strict);
		b->umin = MAX(a->umin + strict, b->umin);
	}
}

static void refine_signed(struct scalar *a, struct scalar *b, bool strict, bool low_half)
{
	if (low_half) {
		a->s32_max = MIN(a->s32_max, (int32_t)((uint32_t)b->s32_max - strict));
		b->s32_min = MAX((int32_t)((uint32_t)a->s32_min + strict), b->s32_min);
	} else {
		a->smax = MIN(a->smax, (int64_t)((uint64_t)b->smax - strict));
		b->smin = MAX((int64_t)((uint64_t)a->smin + strict), b->smin);
	}
}

/* Comparisons with a constant on either side. */
static void refine_by_constant(struct scalar *a, struct scalar *b, uint8_t op, bool low_half)
{
	struct scalar *number = a, *constant = b;
	uint64_t value;

	if (!scalar_is_const(b, low_half)) {
		number = b;
		constant = a;
	}
	if (!scalar_is_const(constant, low_half))
		return;
	value = scalar_value(constant, low_half);
	if (op == BPF_JNE)
		refine_unequal(number, value, low_half);
	else if (op == BPF_JSET)
		refine_set(number, value, low_half);
	else
		refine_clear(number, value, low_half);
}

void scalar_refine(struct scalar *a, struct scalar *b, uint8_t op, bool low_half)
{
	switch (op) {
	case BPF_JEQ:
		return refine_equal(a, b, low_half);
	case BPF_JNE:
	case BPF_JSET:
	case SCALAR_JCLR:
		return refine_by_constant(a, b, op, low_half);
	case BPF_JLT:
	case BPF_JLE:
		return refine_unsigned(a, b, op == BPF_JLT, low_half);
	case BPF_JSLT:
	case BPF_JSLE:
		return refine_signed(a, b, op == BPF_JSLT, low_half);
	default:	/* greater: the same with sides swapped */
		return scalar_refine(b, a, scalar_swapped(op), low_half);
	}
}
