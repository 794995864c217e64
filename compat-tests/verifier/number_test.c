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
		cmocka_unit_test(what_is_known_stays_true),
		cmocka_unit_test(predictions_come_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
