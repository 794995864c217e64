/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What the verifier knows of numbers is true: on small widths for all inputs, on 64 bits for seeded
 * random walks along which a concrete number is carried beside what is known of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <linux/bpf.h>
#include "scalar.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static bool member(struct tnum t, uint64_t value)
{
	return (value & ~t.mask) == t.value;
}

/* ---- tnum: all of four bits ---- */

#define WIDTH 4
#define LAST ((1u << WIDTH) - 1)

struct tnum_case {
	const char *name;
	struct tnum (*abstract)(struct tnum a, struct tnum b);
	uint64_t (*concrete)(uint64_t a, uint64_t b);
};

static uint64_t do_add(uint64_t a, uint64_t b) { return a + b; }
static uint64_t do_sub(uint64_t a, uint64_t b) { return a - b; }
static uint64_t do_mul(uint64_t a, uint64_t b) { return a * b; }
static uint64_t do_and(uint64_t a, uint64_t b) { return a & b; }
static uint64_t do_or(uint64_t a, uint64_t b) { return a | b; }
static uint64_t do_xor(uint64_t a, uint64_t b) { return a ^ b; }

static const struct tnum_case tnum_cases[] = {
	{ "add", tnum_add, do_add }, { "sub", tnum_sub, do_sub }, { "mul", tnum_mul, do_mul },
	{ "and", tnum_and, do_and }, { "or", tnum_or, do_or }, { "xor", tnum_xor, do_xor },
};

/* Every tnum of WIDTH bits: calls @visit for each. */
#define FOR_EACH_TNUM(t)								\
	for (uint32_t t##_mask = 0; t##_mask <= LAST; t##_mask++)			\
		for (uint32_t t##_value = 0; t##_value <= LAST; t##_value++)		\
			if (t##_value & t##_mask)					\
				continue;						\
			else for (struct tnum t = { t##_value, t##_mask }, *t##_once = &t;	\
				  t##_once; t##_once = NULL)

static void tnum_operations_hold_every_result(void **state)
{
	for (size_t c = 0; c < ARRAY_SIZE(tnum_cases); c++)
		FOR_EACH_TNUM(a) FOR_EACH_TNUM(b) {
			struct tnum result = tnum_cases[c].abstract(a, b);

			assert_int_equal(result.value & result.mask, 0);
			for (uint32_t x = 0; x <= LAST; x++)
				for (uint32_t y = 0; y <= LAST; y++)
					if (member(a, x) && member(b, y) &&
					    !member(result, tnum_cases[c].concrete(x, y)))
						fail_msg("%s: %x %x", tnum_cases[c].name, x, y);
		}
}

static void tnum_sets_are_what_they_say(void **state)
{
	FOR_EACH_TNUM(a) FOR_EACH_TNUM(b) {
		struct tnum both = tnum_intersect(a, b), either = tnum_union(a, b);
		bool common = false, inside = true;

		for (uint32_t x = 0; x <= LAST; x++) {
			common |= member(a, x) && member(b, x);
			inside &= !member(b, x) || member(a, x);
			if (member(a, x) && member(b, x))
				assert_true(member(both, x));
			if (member(a, x) || member(b, x))
				assert_true(member(either, x));
		}
		assert_int_equal(tnum_overlap(a, b), common);
		assert_int_equal(tnum_in(a, b), inside);
	}
}

static void tnum_step_is_the_next_member(void **state)
{
	FOR_EACH_TNUM(t) {
		for (uint32_t z = 0; z <= LAST; z++) {
			uint32_t want = t.value | t.mask;

			for (uint32_t x = LAST; x > z; x--)
				if (member(t, x))
					want = x;
			assert_int_equal(tnum_step(t, z), want);
		}
	}
}

static void tnum_range_holds_its_range(void **state)
{
	for (uint64_t min = 0; min <= 64; min++)
		for (uint64_t max = min; max <= 64; max++)
			for (uint64_t x = min; x <= max; x++)
				assert_true(member(tnum_range(min, max), x));
	assert_true(tnum_is_unknown(tnum_range(0, UINT64_MAX)));
}

static void tnum_shifts_hold_every_result(void **state)
{
	FOR_EACH_TNUM(a) {
		for (uint32_t x = 0; x <= LAST; x++)
			for (uint8_t by = 0; by < WIDTH && member(a, x); by++) {
				assert_true(member(tnum_lshift(a, by), (uint64_t)x << by));
				assert_true(member(tnum_rshift(a, by), x >> by));
			}
	}
}

/* A tnum of four bits moved to where something happens; the other bits are zero. */
static struct tnum moved(struct tnum t, uint8_t by)
{
	return (struct tnum){ t.value << by, t.mask << by };
}

static void tnum_sign_shifts_hold_every_result(void **state)
{
	FOR_EACH_TNUM(a) {
		for (uint64_t x = 0; x <= LAST; x++)
			for (uint8_t by = 0; by < 8 && member(a, x); by++) {
				uint32_t low = x << (32 - WIDTH);

				assert_true(member(tnum_arshift(moved(a, 64 - WIDTH), by, 64),
						   (int64_t)(x << (64 - WIDTH)) >> by));
				assert_true(member(tnum_arshift(moved(a, 32 - WIDTH), by, 32),
						   (uint32_t)((int32_t)low >> by)));
			}
	}
}

static void tnum_negation_holds_every_result(void **state)
{
	FOR_EACH_TNUM(a) {
		for (uint8_t by = 0; by <= 64 - WIDTH; by++)
			for (uint64_t x = 0; x <= LAST; x++)
				if (member(a, x))
					assert_true(member(tnum_neg(moved(a, by)), -(x << by)));
	}
}

static void tnum_bytes_are_swapped_and_cut(void **state)
{
	static const uint8_t sizes[] = { 1, 2, 4, 8 };

	FOR_EACH_TNUM(a) {
		for (uint8_t by = 0; by <= 64 - WIDTH; by += 2)
			for (uint64_t x = 0; x <= LAST; x++)
				for (size_t s = 0; s < ARRAY_SIZE(sizes) && member(a, x); s++) {
					uint8_t bits = sizes[s] * 8;
					uint64_t v = x << by, kept = v << (64 - bits) >> (64 - bits);

					assert_true(member(tnum_cast(moved(a, by), sizes[s]), kept));
					if (sizes[s] > 1)
						assert_true(member(tnum_bswap(moved(a, by), sizes[s]),
								   __builtin_bswap64(v) >> (64 - bits)));
				}
	}
}

static void tnum_is_aligned_if_all_members_are(void **state)
{
	FOR_EACH_TNUM(a) {
		for (uint64_t size = 1; size <= 16; size *= 2) {
			bool all = true;

			for (uint64_t x = 0; x <= LAST; x++)
				all &= !member(a, x) || x % size == 0;
			assert_int_equal(tnum_is_aligned(a, size), all);
		}
	}
}

/* Across the middle: two bits in each half. */
static void tnum_halves_are_taken_and_put(void **state)
{
	FOR_EACH_TNUM(a) FOR_EACH_TNUM(b) {
		struct tnum t = moved(a, 30), u = moved(b, 30);

		for (uint64_t x = 0; x <= LAST; x++) {
			uint64_t v = x << 30;

			if (!member(a, x))
				continue;
			assert_true(member(tnum_subreg(t), (uint32_t)v));
			assert_true(member(tnum_clear_subreg(t), v >> 32 << 32));
			assert_true(member(tnum_const_subreg(t, 0x1234), (v >> 32 << 32) | 0x1234));
			for (uint64_t y = 0; y <= LAST; y++)
				if (member(b, y))
					assert_true(member(tnum_with_subreg(t, u),
							   (v >> 32 << 32) | (uint32_t)(y << 30)));
		}
	}
}

/* ---- scalars: all small ones around the numbers where something happens ---- */

#define SPAN 8		/* numbers around a pivot */

static const uint64_t pivots[] = { 0, 0x80, 0x8000, 0x80000000, 0x100000000, 0x8000000000000000 };

static bool holds(const struct scalar *s, uint64_t v);

/* The n-th number around @pivot: half of them below it. */
static uint64_t around(uint64_t pivot, uint32_t n)
{
	return pivot + n - SPAN / 2;
}

/* What a program can know of a number around @pivot: a range in each reading, or bits. */
struct small {
	struct scalar s;
	uint32_t first, last;	/* ranges: of the numbers around the pivot */
};

#define RANGES (SPAN * (SPAN + 1) / 2)

static uint32_t small_ranges(uint64_t pivot, struct small *out)
{
	uint32_t cnt = 0;

	for (uint32_t first = 0; first < SPAN; first++)
		for (uint32_t last = first; last < SPAN; last++) {
			uint64_t a = around(pivot, first), b = around(pivot, last);
			struct scalar low = scalar_const(a), high = scalar_const(b);
			struct scalar s = scalar_unknown();
			bool is_signed = (int64_t)a <= (int64_t)b;

			/* Around zero a range is signed, around the sign bit unsigned. */
			scalar_refine(&s, &low, is_signed ? BPF_JSGE : BPF_JGE, false);
			scalar_refine(&s, &high, is_signed ? BPF_JSLE : BPF_JLE, false);
			scalar_sync(&s);
			out[cnt++] = (struct small){ s, first, last };
		}
	return cnt;
}

struct scalar_case {
	const char *name;
	void (*abstract)(struct scalar *dst, const struct scalar *src);
	uint64_t (*concrete)(uint64_t a, uint64_t b);
};

static const struct scalar_case scalar_cases[] = {
	{ "add", scalar_add, do_add }, { "sub", scalar_sub, do_sub }, { "mul", scalar_mul, do_mul },
	{ "and", scalar_and, do_and }, { "or", scalar_or, do_or }, { "xor", scalar_xor, do_xor },
};

typedef void visit_fn(const struct small *a, uint64_t pivot_a, const struct small *b, uint64_t pivot_b);

static void for_each_pair(visit_fn *visit)
{
	static struct small a[RANGES], b[RANGES];

	for (size_t p = 0; p < ARRAY_SIZE(pivots); p++)
		for (size_t q = 0; q < ARRAY_SIZE(pivots); q++) {
			uint32_t a_cnt = small_ranges(pivots[p], a), b_cnt = small_ranges(pivots[q], b);

			for (uint32_t i = 0; i < a_cnt; i++)
				for (uint32_t j = 0; j < b_cnt; j++)
					visit(&a[i], pivots[p], &b[j], pivots[q]);
		}
}

/* In 64 bits, and in 32 bits, where the upper half of the result is zero. */
static void visit_operations(const struct small *a, uint64_t pivot_a, const struct small *b,
			     uint64_t pivot_b)
{
	for (size_t c = 0; c < ARRAY_SIZE(scalar_cases); c++) {
		struct scalar wide = a->s, half;

		scalar_cases[c].abstract(&wide, &b->s);
		half = wide;
		scalar_sync(&wide);
		scalar_zero_extend32(&half);
		scalar_sync(&half);
		for (uint32_t x = a->first; x <= a->last; x++)
			for (uint32_t y = b->first; y <= b->last; y++) {
				uint64_t v = scalar_cases[c].concrete(around(pivot_a, x),
								      around(pivot_b, y));

				if (!holds(&wide, v) || !holds(&half, (uint32_t)v))
					fail_msg("%s of %lx and %lx", scalar_cases[c].name,
						 around(pivot_a, x), around(pivot_b, y));
			}
	}
}

static void scalar_operations_hold_every_result(void **state)
{
	for_each_pair(visit_operations);
}

static const uint8_t jump_ops[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT,
				    BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET };

/* A jump in both widths: what is predicted, and what is learned on either side. */
static void visit_jump(const struct small *a, uint64_t pivot_a, const struct small *b, uint64_t pivot_b,
		       uint8_t op, bool low_half)
{
	struct scalar yes_a = a->s, yes_b = b->s, no_a = a->s, no_b = b->s;
	int predicted = scalar_compare(&a->s, &b->s, op, low_half);

	scalar_refine(&yes_a, &yes_b, op, low_half);
	scalar_refine(&no_a, &no_b, scalar_opposite(op), low_half);
	scalar_sync(&yes_a);
	scalar_sync(&yes_b);
	scalar_sync(&no_a);
	scalar_sync(&no_b);
	for (uint32_t x = a->first; x <= a->last; x++)
		for (uint32_t y = b->first; y <= b->last; y++) {
			uint64_t v = around(pivot_a, x), w = around(pivot_b, y);
			struct scalar one = scalar_const(v), other = scalar_const(w);
			int taken = scalar_compare(&one, &other, op, low_half);

			assert_true(predicted < 0 || predicted == taken);
			if (!holds(taken ? &yes_a : &no_a, v) || !holds(taken ? &yes_b : &no_b, w))
				fail_msg("jump %x, low half %d, of %lx and %lx", op, low_half, v, w);
		}
}

static void visit_jumps(const struct small *a, uint64_t pivot_a, const struct small *b, uint64_t pivot_b)
{
	for (size_t i = 0; i < ARRAY_SIZE(jump_ops); i++) {
		visit_jump(a, pivot_a, b, pivot_b, jump_ops[i], false);
		visit_jump(a, pivot_a, b, pivot_b, jump_ops[i], true);
	}
}

static void jumps_teach_what_is_true_on_both_sides(void **state)
{
	for_each_pair(visit_jumps);
}

static uint64_t sign_extend(uint64_t v, int size);

/* Operations on one number: shifts by every amount, widths, byte orders. */
static void check_unary(const struct small *a, uint64_t pivot)
{
	for (uint32_t x = a->first; x <= a->last; x++) {
		uint64_t v = around(pivot, x);
		struct scalar s = a->s;

		scalar_neg(&s);
		scalar_sync(&s);
		assert_true(holds(&s, -v));
		for (int size = 1; size <= 4; size *= 2) {
			s = a->s;
			scalar_truncate(&s, size);
			assert_true(holds(&s, v & ((1ULL << size * 8) - 1)));
			s = a->s;
			scalar_sign_extend64(&s, size);
			assert_true(holds(&s, sign_extend(v, size)));
			if (size == 4)
				continue;
			s = a->s;
			scalar_sign_extend32(&s, size);
			scalar_zero_extend32(&s);
			scalar_sync(&s);
			assert_true(holds(&s, (uint32_t)sign_extend(v, size)));
		}
		for (int size = 2; size <= 8; size *= 2) {
			s = a->s;
			scalar_byte_order(&s, size, true);
			scalar_sync(&s);
			assert_true(holds(&s, __builtin_bswap64(v) >> (64 - size * 8)));
		}
	}
}

typedef void shift_fn(struct scalar *dst, uint8_t shift, bool low_half);

static void check_shift(const struct small *a, uint64_t pivot, shift_fn *shift, uint8_t op, uint8_t by,
			bool low_half)
{
	struct scalar s = a->s;

	shift(&s, by, low_half);
	if (low_half)
		scalar_zero_extend32(&s);
	scalar_sync(&s);
	for (uint32_t x = a->first; x <= a->last; x++) {
		struct scalar v = scalar_const(around(pivot, x)), amount = scalar_const(by);

		assert_true(scalar_fold(&v, &amount, op, low_half));
		if (!holds(&s, v.bits.value))
			fail_msg("shift %x by %u, low half %d, of %lx", op, by, low_half, around(pivot, x));
	}
}

static void unary_operations_hold_every_result(void **state)
{
	struct small a[RANGES];

	for (size_t p = 0; p < ARRAY_SIZE(pivots); p++) {
		uint32_t cnt = small_ranges(pivots[p], a);

		for (uint32_t i = 0; i < cnt; i++) {
			check_unary(&a[i], pivots[p]);
			for (uint8_t by = 0; by < 64; by++)
				for (int half = 0; half < (by < 32 ? 2 : 1); half++) {
					check_shift(&a[i], pivots[p], scalar_lsh, BPF_LSH, by, half);
					check_shift(&a[i], pivots[p], scalar_rsh, BPF_RSH, by, half);
					check_shift(&a[i], pivots[p], scalar_arsh, BPF_ARSH, by, half);
				}
		}
	}
}

/* Two known numbers give what the machine would: the same as bounds and bits find. */
static void folding_is_computing(void **state)
{
	static const uint8_t ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_AND, BPF_OR, BPF_XOR };

	for (size_t p = 0; p < ARRAY_SIZE(pivots); p++)
		for (size_t q = 0; q < ARRAY_SIZE(pivots); q++)
			for (uint32_t n = 0; n < SPAN * SPAN; n++)
				for (size_t c = 0; c < ARRAY_SIZE(ops); c++) {
					uint64_t v = around(pivots[p], n / SPAN);
					struct scalar w = scalar_const(around(pivots[q], n % SPAN));
					struct scalar folded = scalar_const(v), found = folded, half = found;

					assert_true(scalar_fold(&folded, &w, ops[c], false));
					assert_true(scalar_fold(&half, &w, ops[c], true));
					scalar_cases[c].abstract(&found, &w);
					scalar_sync(&found);
					assert_true(scalar_same(&folded, &found));
					scalar_zero_extend32(&found);
					scalar_sync(&found);
					assert_true(scalar_same(&half, &found));
				}
}

/* ---- scalars: random walks ---- */

static uint64_t seed;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Numbers where something happens: near zero, near the ends of each width. */
static uint64_t interesting(void)
{
	static const uint64_t points[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, 0x7fffffffffffffff, 0x8000000000000000, UINT64_MAX,
	};

	if (rnd() % 4 == 0)
		return rnd();
	return points[rnd() % ARRAY_SIZE(points)] + rnd() % 5 - 2;
}

static bool holds(const struct scalar *s, uint64_t v)
{
	return member(s->bits, v) && s->umin <= v && v <= s->umax && s->smin <= (int64_t)v &&
	       (int64_t)v <= s->smax && s->u32_min <= (uint32_t)v && (uint32_t)v <= s->u32_max &&
	       s->s32_min <= (int32_t)v && (int32_t)v <= s->s32_max;
}

/* Something true of @v, by a random number of true comparisons. */
static struct scalar known_of(uint64_t v)
{
	static const uint8_t ops[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE,
				       BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET };
	struct scalar s = scalar_unknown();

	s.bits.mask = rnd() | rnd();
	if (rnd() % 2)
		s.bits.mask = UINT64_MAX;
	s.bits.value = v & ~s.bits.mask;
	scalar_sync(&s);
	for (uint32_t n = rnd() % 4; n > 0; n--) {
		uint64_t w = rnd() % 3 ? interesting() : v;
		struct scalar a = scalar_const(v), b = scalar_const(w);
		uint8_t op = ops[rnd() % ARRAY_SIZE(ops)];
		bool low_half = rnd() % 2;
		int yes = scalar_compare(&a, &b, op, low_half);

		assert_true(yes >= 0);
		if (scalar_compare(&s, &b, op, low_half) >= 0)
			continue;
		scalar_refine(&s, &b, yes ? op : scalar_opposite(op), low_half);
		scalar_sync(&s);
	}
	return s;
}

static uint64_t sign_extend(uint64_t v, int size)
{
	int shift = 64 - size * 8;

	return (int64_t)(v << shift) >> shift;
}

/* One operation on both. */
static const char *step(struct scalar *s, uint64_t *v, const struct scalar *t, uint64_t w)
{
	uint8_t by = rnd() % 32;
	int size = 1 << rnd() % 3;

	switch (rnd() % 15) {
	case 0:	scalar_add(s, t); *v += w; return "add";
	case 1:	scalar_sub(s, t); *v -= w; return "sub";
	case 2:	scalar_mul(s, t); *v *= w; return "mul";
	case 3:	scalar_and(s, t); *v &= w; return "and";
	case 4:	scalar_or(s, t); *v |= w; return "or";
	case 5:	scalar_xor(s, t); *v ^= w; return "xor";
	case 6:	scalar_neg(s); *v = -*v; return "neg";
	case 7:	scalar_lsh(s, by * 2, false); *v <<= by * 2; return "lsh";
	case 8:	scalar_rsh(s, by * 2, false); *v >>= by * 2; return "rsh";
	case 9:	scalar_arsh(s, by * 2, false); *v = (int64_t)*v >> by * 2; return "arsh";
	case 10: scalar_truncate(s, size); *v &= (1ULL << size * 8) - 1; return "truncate";
	case 11: scalar_sign_extend64(s, size); *v = sign_extend(*v, size); return "sign extend";
	case 12: scalar_byte_order(s, 8, true); *v = __builtin_bswap64(*v); return "swap";
	case 13:
		scalar_arsh(s, by, true);
		scalar_zero_extend32(s);
		*v = (uint32_t)((int32_t)*v >> by);
		return "arsh32";
	default:
		scalar_lsh(s, by, true);
		scalar_zero_extend32(s);
		*v = (uint32_t)*v << by;
		return "lsh32";
	}
}

static void what_is_known_stays_true(void **state)
{
	for (uint32_t run = 1; run <= 200000; run++) {
		uint64_t v, w;
		struct scalar s, t;

		seed = run * 0x9e3779b97f4a7c15;
		v = interesting();
		s = known_of(v);
		for (int i = 0; i < 6; i++) {
			const char *what;

			w = interesting();
			t = known_of(w);
			what = step(&s, &v, &t, w);
			if (!holds(&s, v))
				fail_msg("run %u: %s loses %lx before sync", run, what, v);
			scalar_sync(&s);
			if (!holds(&s, v))
				fail_msg("run %u: %s loses %lx", run, what, v);
		}
	}
}

/* A comparison predicted for what is known comes out so for the numbers. */
static void predictions_come_true(void **state)
{
	static const uint8_t ops[] = { BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE,
				       BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET };

	for (uint32_t run = 1; run <= 200000; run++) {
		uint64_t v, w;
		struct scalar s, t, a, b;
		bool low_half = run % 2;
		uint8_t op;
		int predicted, real;

		seed = run * 0x9e3779b97f4a7c15;
		v = interesting();
		w = rnd() % 4 ? interesting() : v;
		s = known_of(v);
		t = known_of(w);
		a = scalar_const(v);
		b = scalar_const(w);
		op = ops[rnd() % ARRAY_SIZE(ops)];
		predicted = scalar_compare(&s, &t, op, low_half);
		real = scalar_compare(&a, &b, op, low_half);
		if (predicted >= 0)
			assert_int_equal(predicted, real);
		/* The way that is taken teaches only what is true. */
		scalar_refine(&s, &t, real ? op : scalar_opposite(op), low_half);
		scalar_sync(&s);
		scalar_sync(&t);
		if (!holds(&s, v) || !holds(&t, w))
			fail_msg("run %u: op %x on %lx %lx", run, op, v, w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tnum_operations_hold_every_result),
		cmocka_unit_test(tnum_sets_are_what_they_say),
		cmocka_unit_test(tnum_step_is_the_next_member),
		cmocka_unit_test(tnum_range_holds_its_range),
		cmocka_unit_test(tnum_shifts_hold_every_result),
		cmocka_unit_test(tnum_sign_shifts_hold_every_result),
		cmocka_unit_test(tnum_negation_holds_every_result),
		cmocka_unit_test(tnum_bytes_are_swapped_and_cut),
		cmocka_unit_test(tnum_is_aligned_if_all_members_are),
		cmocka_unit_test(tnum_halves_are_taken_and_put),
		cmocka_unit_test(scalar_operations_hold_every_result),
		cmocka_unit_test(jumps_teach_what_is_true_on_both_sides),
		cmocka_unit_test(unary_operations_hold_every_result),
		cmocka_unit_test(folding_is_computing),
		cmocka_unit_test(what_is_known_stays_true),
		cmocka_unit_test(predictions_come_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
