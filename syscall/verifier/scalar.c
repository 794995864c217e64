/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Numbers: how bits and the four pairs of bounds inform each other, widths, arithmetic. */
#include "bits.h"
#include "scalar.h"

#define S32_BIT 0x80000000u
#define S64_BIT (1ULL << 63)
#define HIGH_HALF 0xffffffff00000000ULL

void scalar_forget_bounds64(struct scalar *s)
{
	s->smin = INT64_MIN;
	s->smax = INT64_MAX;
	s->umin = 0;
	s->umax = UINT64_MAX;
}

void scalar_forget_bounds32(struct scalar *s)
{
	s->s32_min = INT32_MIN;
	s->s32_max = INT32_MAX;
	s->u32_min = 0;
	s->u32_max = UINT32_MAX;
}

void scalar_forget_bounds(struct scalar *s)
{
	scalar_forget_bounds64(s);
	scalar_forget_bounds32(s);
}

void scalar_set_low_half(struct scalar *s, uint32_t value)
{
	s->bits = tnum_const_subreg(s->bits, value);
	s->u32_min = s->u32_max = value;
	s->s32_min = s->s32_max = value;
}

/* ---- one reading of a bound learns from another ---- */

static void raise_u64(struct scalar *s, uint64_t min, uint64_t max)
{
	s->umin = MAX(s->umin, min);
	s->umax = MIN(s->umax, max);
}

static void raise_s64(struct scalar *s, int64_t min, int64_t max)
{
	s->smin = MAX(s->smin, min);
	s->smax = MIN(s->smax, max);
}

static void raise_u32(struct scalar *s, uint32_t min, uint32_t max)
{
	s->u32_min = MAX(s->u32_min, min);
	s->u32_max = MIN(s->u32_max, max);
}

static void raise_s32(struct scalar *s, int32_t min, int32_t max)
{
	s->s32_min = MAX(s->s32_min, min);
	s->s32_max = MIN(s->s32_max, max);
}

static void bounds32_from_bits(struct scalar *s)
{
	uint32_t value = s->bits.value, mask = s->bits.mask;

	raise_s32(s, value | (mask & S32_BIT), value | (mask & ~S32_BIT));
	raise_u32(s, value, value | mask);
}

/* Bits and unsigned bounds may have one number in common only. */
static void find_only_member(struct scalar *s)
{
	bool min_fits = (s->umin & ~s->bits.mask) == s->bits.value;
	uint64_t last = s->bits.value | s->bits.mask, next = tnum_step(s->bits, s->umin);

	if (min_fits && next > s->umax)
		*s = scalar_const(s->umin);
	else if (!min_fits && next == last)
		*s = scalar_const(last);
	else if (!min_fits && next <= s->umax && tnum_step(s->bits, next) > s->umax)
		*s = scalar_const(next);
}

void scalar_bounds_from_bits(struct scalar *s)
{
	uint64_t value = s->bits.value, mask = s->bits.mask;

	bounds32_from_bits(s);
	raise_s64(s, value | (mask & S64_BIT), value | (mask & ~S64_BIT));
	raise_u64(s, value, value | mask);
	find_only_member(s);
}

/*
 * A range of 64-bit numbers whose ends are @min and @max. Where the upper halves agree, the lower
 * halves are a range too. Where the upper half grows by one and the lower half goes from negative
 * to positive, the lower half is a signed range around zero.
 */
static void lower_half_of_range(struct scalar *s, uint64_t min, uint64_t max)
{
	if (min >> 32 == max >> 32) {
		if ((uint32_t)min <= (uint32_t)max)
			raise_u32(s, min, max);
		if ((int32_t)min <= (int32_t)max)
			raise_s32(s, min, max);
	} else if ((uint32_t)(min >> 32) + 1 == (uint32_t)(max >> 32) && (int32_t)min < 0 &&
		   (int32_t)max >= 0) {
		raise_s32(s, min, max);
	}
}

/*
 * A signed range across zero is two unsigned ranges, one at either end. An unsigned range that
 * meets only one of them lies in it.
 */
static void deduce_across_zero32(struct scalar *s)
{
	if (s->u32_max < (uint32_t)s->s32_min) {
		s->s32_min = s->u32_min;
		s->u32_max = MIN(s->u32_max, (uint32_t)s->s32_max);
	} else if ((uint32_t)s->s32_max < s->u32_min) {
		s->s32_max = s->u32_max;
		s->u32_min = MAX(s->u32_min, (uint32_t)s->s32_min);
	}
}

static void deduce_low_half(struct scalar *s)
{
	lower_half_of_range(s, s->umin, s->umax);
	lower_half_of_range(s, s->smin, s->smax);
	if ((int32_t)s->u32_min <= (int32_t)s->u32_max)
		raise_s32(s, s->u32_min, s->u32_max);
	if ((uint32_t)s->s32_min <= (uint32_t)s->s32_max)
		raise_u32(s, s->s32_min, s->s32_max);
	else
		deduce_across_zero32(s);
}

static void deduce_across_zero(struct scalar *s)
{
	if (s->umax < (uint64_t)s->smin) {
		s->smin = s->umin;
		s->umax = MIN(s->umax, (uint64_t)s->smax);
	} else if ((uint64_t)s->smax < s->umin) {
		s->smax = s->umax;
		s->umin = MAX(s->umin, (uint64_t)s->smin);
	}
}

static void deduce_whole(struct scalar *s)
{
	if ((int64_t)s->umin <= (int64_t)s->umax)
		raise_s64(s, s->umin, s->umax);
	if ((uint64_t)s->smin <= (uint64_t)s->smax)
		raise_u64(s, s->smin, s->smax);
	else
		deduce_across_zero(s);
}

/* The ends of a 64-bit range move to the nearest numbers with a possible lower half. */
static void deduce_whole_from_low_half(struct scalar *s)
{
	raise_u64(s, (s->umin & HIGH_HALF) | s->u32_min, (s->umax & HIGH_HALF) | s->u32_max);
	raise_s64(s, (s->smin & HIGH_HALF) | s->u32_min, (s->smax & HIGH_HALF) | s->u32_max);
	/* Sign-extended 32 bits whose sign is clear: the upper half is zero. */
	if (s->s32_min >= 0 && s->smin >= INT32_MIN && s->smax <= INT32_MAX) {
		s->smin = s->s32_min;
		s->smax = s->s32_max;
		s->umin = s->s32_min;
		s->umax = s->s32_max;
		s->bits = tnum_intersect(s->bits, tnum_range(s->umin, s->umax));
	}
}

static void bits_from_bounds(struct scalar *s)
{
	struct tnum whole = tnum_intersect(s->bits, tnum_range(s->umin, s->umax));
	struct tnum low = tnum_intersect(tnum_subreg(whole), tnum_range(s->u32_min, s->u32_max));

	s->bits = tnum_or(tnum_clear_subreg(whole), low);
}

void scalar_sync(struct scalar *s)
{
	struct scalar before;

	if (scalar_is_one_number(s) || scalar_is_any(s))
		return;		/* nothing to learn */
	scalar_bounds_from_bits(s);
	/* Three rounds are what Linux does, and the result is printed and compared. One that
	 * changes nothing is followed by none that does. */
	for (int round = 0; round < 3; round++) {
		before = *s;
		deduce_low_half(s);
		deduce_whole(s);
		deduce_whole_from_low_half(s);
		if (!memcmp(&before, s, sizeof(before)))
			break;
	}
	bits_from_bounds(s);
	scalar_bounds_from_bits(s);
}

static bool has_empty_range(const struct scalar *s)
{
	return s->umin > s->umax || s->smin > s->smax || s->u32_min > s->u32_max ||
	       s->s32_min > s->s32_max;
}

const char *scalar_contradiction(const struct scalar *s)
{
	uint64_t value = s->bits.value;

	if (has_empty_range(s))
		return "range bounds violation";
	if (tnum_is_const(s->bits) &&
	    (s->umin != value || s->umax != value || s->smin != (int64_t)value ||
	     s->smax != (int64_t)value))
		return "const tnum out of sync with range bounds";
	if (tnum_subreg_is_const(s->bits) &&
	    (s->u32_min != (uint32_t)value || s->u32_max != (uint32_t)value ||
	     s->s32_min != (int32_t)value || s->s32_max != (int32_t)value))
		return "const subreg tnum out of sync with range bounds";
	return NULL;
}

/* ---- widths ---- */

void scalar_zero_extend32(struct scalar *s)
{
	s->bits = tnum_subreg(s->bits);
	s->umin = s->u32_min;
	s->umax = s->u32_max;
	if (s->s32_min >= 0 && s->s32_max >= 0) {
		s->smin = s->s32_min;
		s->smax = s->s32_max;
	} else {
		s->smin = 0;
		s->smax = UINT32_MAX;
	}
}

void scalar_truncate(struct scalar *s, int size)
{
	uint64_t kept = size >= 8 ? UINT64_MAX : (1ULL << (size * 8)) - 1;

	s->bits = tnum_cast(s->bits, size);
	if ((s->umin & ~kept) == (s->umax & ~kept)) {
		s->umin &= kept;
		s->umax &= kept;
	} else {
		s->umin = 0;
		s->umax = kept;
	}
	s->smin = s->umin;
	s->smax = s->umax;
	if (size < 4)
		scalar_forget_bounds32(s);
	scalar_sync(s);
}

static int64_t sign_extend(uint64_t value, int size)
{
	int shift = 64 - size * 8;

	return (int64_t)(value << shift) >> shift;
}

/* Ends of a signed range after sign extension from @size bytes, where it stays one: the bytes cut
 * off must agree, and the sign must not change in between. */
static bool sign_extended_range(int64_t min, int64_t max, int size, int64_t *new_min,
				int64_t *new_max)
{
	int64_t a = sign_extend(min, size), b = sign_extend(max, size);

	if ((uint64_t)min >> (size * 8) != (uint64_t)max >> (size * 8))
		return false;
	*new_min = MIN(a, b);
	*new_max = MAX(a, b);
	return (a >= 0) == (b >= 0);
}

void scalar_sign_extend64(struct scalar *s, int size)
{
	int64_t min, max;

	if (tnum_is_const(s->bits)) {
		*s = scalar_const(sign_extend(s->bits.value, size));
		return;
	}
	if (sign_extended_range(s->smin, s->smax, size, &min, &max)) {
		s->bits = tnum_range(min, max);
		s->umin = min;
		s->umax = max;
		s->u32_min = min;
		s->u32_max = max;
	} else {
		min = -(1LL << (size * 8 - 1));
		max = (1LL << (size * 8 - 1)) - 1;
		s->bits = tnum_unknown();
		s->umin = 0;
		s->umax = UINT64_MAX;
		s->u32_min = 0;
		s->u32_max = UINT32_MAX;
	}
	s->smin = min;
	s->smax = max;
	s->s32_min = min;
	s->s32_max = max;
}

void scalar_sign_extend32(struct scalar *s, int size)
{
	int64_t min, max;

	if (tnum_is_const(s->bits)) {
		*s = scalar_const((uint32_t)sign_extend(s->bits.value, size));
		return;
	}
	/* The cut-off bytes are those of the low half only. */
	if (sign_extended_range((uint32_t)s->s32_min, (uint32_t)s->s32_max, size, &min, &max)) {
		s->bits = tnum_subreg(tnum_range(min, max));
		s->u32_min = min;
		s->u32_max = max;
	} else {
		min = -(1LL << (size * 8 - 1));
		max = (1LL << (size * 8 - 1)) - 1;
		s->bits = tnum_subreg(tnum_unknown());
		s->u32_min = 0;
		s->u32_max = UINT32_MAX;
	}
	s->s32_min = min;
	s->s32_max = max;
}

/* ---- sums ---- */

static void add_low_half(struct scalar *d, const struct scalar *s)
{
	uint32_t umin, umax;
	bool min_wraps, max_wraps;

	if (__builtin_add_overflow(d->s32_min, s->s32_min, &d->s32_min) ||
	    __builtin_add_overflow(d->s32_max, s->s32_max, &d->s32_max)) {
		d->s32_min = INT32_MIN;
		d->s32_max = INT32_MAX;
	}
	/* When both ends wrap, everything between them does. */
	min_wraps = __builtin_add_overflow(d->u32_min, s->u32_min, &umin);
	max_wraps = __builtin_add_overflow(d->u32_max, s->u32_max, &umax);
	d->u32_min = !min_wraps && max_wraps ? 0 : umin;
	d->u32_max = !min_wraps && max_wraps ? UINT32_MAX : umax;
}

static void add_whole(struct scalar *d, const struct scalar *s)
{
	uint64_t umin, umax;
	bool min_wraps, max_wraps;

	if (__builtin_add_overflow(d->smin, s->smin, &d->smin) ||
	    __builtin_add_overflow(d->smax, s->smax, &d->smax)) {
		d->smin = INT64_MIN;
		d->smax = INT64_MAX;
	}
	min_wraps = __builtin_add_overflow(d->umin, s->umin, &umin);
	max_wraps = __builtin_add_overflow(d->umax, s->umax, &umax);
	d->umin = !min_wraps && max_wraps ? 0 : umin;
	d->umax = !min_wraps && max_wraps ? UINT64_MAX : umax;
}

void scalar_add(struct scalar *dst, const struct scalar *src)
{
	add_low_half(dst, src);
	add_whole(dst, src);
	dst->bits = tnum_add(dst->bits, src->bits);
}

static void sub_low_half(struct scalar *d, const struct scalar *s)
{
	uint32_t umin, umax;
	bool min_wraps, max_wraps;

	if (__builtin_sub_overflow(d->s32_min, s->s32_max, &d->s32_min) ||
	    __builtin_sub_overflow(d->s32_max, s->s32_min, &d->s32_max)) {
		d->s32_min = INT32_MIN;
		d->s32_max = INT32_MAX;
	}
	min_wraps = __builtin_sub_overflow(d->u32_min, s->u32_max, &umin);
	max_wraps = __builtin_sub_overflow(d->u32_max, s->u32_min, &umax);
	d->u32_min = min_wraps && !max_wraps ? 0 : umin;
	d->u32_max = min_wraps && !max_wraps ? UINT32_MAX : umax;
}

static void sub_whole(struct scalar *d, const struct scalar *s)
{
	uint64_t umin, umax;
	bool min_wraps, max_wraps;

	if (__builtin_sub_overflow(d->smin, s->smax, &d->smin) ||
	    __builtin_sub_overflow(d->smax, s->smin, &d->smax)) {
		d->smin = INT64_MIN;
		d->smax = INT64_MAX;
	}
	min_wraps = __builtin_sub_overflow(d->umin, s->umax, &umin);
	max_wraps = __builtin_sub_overflow(d->umax, s->umin, &umax);
	d->umin = min_wraps && !max_wraps ? 0 : umin;
	d->umax = min_wraps && !max_wraps ? UINT64_MAX : umax;
}

void scalar_sub(struct scalar *dst, const struct scalar *src)
{
	struct scalar by = *src;	/* may be the same one */

	sub_low_half(dst, &by);
	sub_whole(dst, &by);
	dst->bits = tnum_sub(dst->bits, by.bits);
}

void scalar_neg(struct scalar *dst)
{
	struct scalar zero = scalar_const(0);

	scalar_sub(&zero, dst);
	*dst = zero;
}

/* ---- products: signed ends are among the products of the ends ---- */

static void mul_low_half(struct scalar *d, const struct scalar *s)
{
	int32_t p[4];

	if (__builtin_mul_overflow(d->u32_max, s->u32_max, &d->u32_max) ||
	    __builtin_mul_overflow(d->u32_min, s->u32_min, &d->u32_min)) {
		d->u32_min = 0;
		d->u32_max = UINT32_MAX;
	}
	if (__builtin_mul_overflow(d->s32_min, s->s32_min, &p[0]) ||
	    __builtin_mul_overflow(d->s32_min, s->s32_max, &p[1]) ||
	    __builtin_mul_overflow(d->s32_max, s->s32_min, &p[2]) ||
	    __builtin_mul_overflow(d->s32_max, s->s32_max, &p[3])) {
		d->s32_min = INT32_MIN;
		d->s32_max = INT32_MAX;
		return;
	}
	d->s32_min = MIN(MIN(p[0], p[1]), MIN(p[2], p[3]));
	d->s32_max = MAX(MAX(p[0], p[1]), MAX(p[2], p[3]));
}

static void mul_whole(struct scalar *d, const struct scalar *s)
{
	int64_t p[4];

	if (__builtin_mul_overflow(d->umax, s->umax, &d->umax) ||
	    __builtin_mul_overflow(d->umin, s->umin, &d->umin)) {
		d->umin = 0;
		d->umax = UINT64_MAX;
	}
	if (__builtin_mul_overflow(d->smin, s->smin, &p[0]) ||
	    __builtin_mul_overflow(d->smin, s->smax, &p[1]) ||
	    __builtin_mul_overflow(d->smax, s->smin, &p[2]) ||
	    __builtin_mul_overflow(d->smax, s->smax, &p[3])) {
		d->smin = INT64_MIN;
		d->smax = INT64_MAX;
		return;
	}
	d->smin = MIN(MIN(p[0], p[1]), MIN(p[2], p[3]));
	d->smax = MAX(MAX(p[0], p[1]), MAX(p[2], p[3]));
}

void scalar_mul(struct scalar *dst, const struct scalar *src)
{
	struct scalar by = *src;

	dst->bits = tnum_mul(dst->bits, by.bits);
	mul_low_half(dst, &by);
	mul_whole(dst, &by);
}

/* ---- bit operations: the unsigned result is known, the signed one follows where it can ---- */

static void set_unsigned32(struct scalar *d, uint32_t min, uint32_t max)
{
	bool ordered = (int32_t)min <= (int32_t)max;

	d->u32_min = min;
	d->u32_max = max;
	d->s32_min = ordered ? (int32_t)min : INT32_MIN;
	d->s32_max = ordered ? (int32_t)max : INT32_MAX;
}

static void set_unsigned64(struct scalar *d, uint64_t min, uint64_t max)
{
	bool ordered = (int64_t)min <= (int64_t)max;

	d->umin = min;
	d->umax = max;
	d->smin = ordered ? (int64_t)min : INT64_MIN;
	d->smax = ordered ? (int64_t)max : INT64_MAX;
}

/* Whatever is known completely after an operation on bits. */
static void set_known_halves(struct scalar *d, bool low_known, bool whole_known)
{
	uint32_t low = d->bits.value;
	uint64_t whole = d->bits.value;

	if (low_known)
		set_unsigned32(d, low, low);
	if (whole_known)
		*d = scalar_const(whole);
}

static bool low_known(const struct scalar *a, const struct scalar *b)
{
	return tnum_subreg_is_const(a->bits) && tnum_subreg_is_const(b->bits);
}

static bool whole_known(const struct scalar *a, const struct scalar *b)
{
	return tnum_is_const(a->bits) && tnum_is_const(b->bits);
}

void scalar_and(struct scalar *dst, const struct scalar *src)
{
	bool low = low_known(dst, src), whole = whole_known(dst, src);

	dst->bits = tnum_and(dst->bits, src->bits);
	set_unsigned32(dst, dst->bits.value, MIN(dst->u32_max, src->u32_max));
	set_unsigned64(dst, dst->bits.value, MIN(dst->umax, src->umax));
	if (!whole)
		scalar_bounds_from_bits(dst);
	set_known_halves(dst, low, whole);
}

void scalar_or(struct scalar *dst, const struct scalar *src)
{
	bool low = low_known(dst, src), whole = whole_known(dst, src);

	dst->bits = tnum_or(dst->bits, src->bits);
	set_unsigned32(dst, MAX(dst->u32_min, src->u32_min), dst->bits.value | dst->bits.mask);
	set_unsigned64(dst, MAX(dst->umin, src->umin), dst->bits.value | dst->bits.mask);
	if (!whole)
		scalar_bounds_from_bits(dst);
	set_known_halves(dst, low, whole);
}

void scalar_xor(struct scalar *dst, const struct scalar *src)
{
	bool low = low_known(dst, src), whole = whole_known(dst, src);

	dst->bits = tnum_xor(dst->bits, src->bits);
	set_unsigned32(dst, dst->bits.value, dst->bits.value | dst->bits.mask);
	set_unsigned64(dst, dst->bits.value, dst->bits.value | dst->bits.mask);
	if (!whole)
		scalar_bounds_from_bits(dst);
	set_known_halves(dst, low, whole);
}

void scalar_byte_order(struct scalar *dst, uint8_t size, bool swap)
{
	if (swap) {
		dst->bits = tnum_bswap(dst->bits, size);
		scalar_forget_bounds(dst);
	}
	if (size < 8)
		scalar_truncate(dst, size);
}

/* ---- shifts ---- */

static void lsh_low_half(struct scalar *d, uint8_t shift)
{
	d->s32_min = INT32_MIN;
	d->s32_max = INT32_MAX;
	if (shift > 31 || d->u32_max > 1ULL << (31 - shift)) {
		d->u32_min = 0;
		d->u32_max = UINT32_MAX;
	} else {
		d->u32_min <<= shift;
		d->u32_max <<= shift;
	}
}

/* Shifting left by 32 is the first half of a sign extension: keep what is known of the sign. */
static void lsh_whole(struct scalar *d, uint8_t shift)
{
	bool half = shift == 32;

	d->smax = half ? (int64_t)((uint64_t)d->s32_max << 32) : INT64_MAX;
	d->smin = half ? (int64_t)((uint64_t)d->s32_min << 32) : INT64_MIN;
	if (d->umax > 1ULL << (63 - shift)) {
		d->umin = 0;
		d->umax = UINT64_MAX;
	} else {
		d->umin <<= shift;
		d->umax <<= shift;
	}
}

void scalar_lsh(struct scalar *dst, uint8_t shift, bool low_half)
{
	if (low_half) {
		lsh_low_half(dst, shift);
		dst->bits = tnum_lshift(tnum_subreg(dst->bits), shift);
		scalar_forget_bounds64(dst);
		bounds32_from_bits(dst);
		return;
	}
	lsh_whole(dst, shift);
	lsh_low_half(dst, shift);
	dst->bits = tnum_lshift(dst->bits, shift);
	scalar_bounds_from_bits(dst);
}

void scalar_rsh(struct scalar *dst, uint8_t shift, bool low_half)
{
	if (low_half) {
		dst->s32_min = INT32_MIN;
		dst->s32_max = INT32_MAX;
		dst->bits = tnum_rshift(tnum_subreg(dst->bits), shift);
		dst->u32_min >>= shift;
		dst->u32_max >>= shift;
		scalar_forget_bounds64(dst);
		bounds32_from_bits(dst);
		return;
	}
	dst->smin = INT64_MIN;
	dst->smax = INT64_MAX;
	dst->bits = tnum_rshift(dst->bits, shift);
	dst->umin >>= shift;
	dst->umax >>= shift;
	scalar_forget_bounds32(dst);
	scalar_bounds_from_bits(dst);
}

void scalar_arsh(struct scalar *dst, uint8_t shift, bool low_half)
{
	if (low_half) {
		dst->s32_min >>= shift;
		dst->s32_max >>= shift;
		dst->u32_min = 0;
		dst->u32_max = UINT32_MAX;
		dst->bits = tnum_arshift(tnum_subreg(dst->bits), shift, 32);
		scalar_forget_bounds64(dst);
		bounds32_from_bits(dst);
		return;
	}
	dst->smin >>= shift;
	dst->smax >>= shift;
	dst->umin = 0;
	dst->umax = UINT64_MAX;
	dst->bits = tnum_arshift(dst->bits, shift, 64);
	scalar_forget_bounds32(dst);
	scalar_bounds_from_bits(dst);
}
