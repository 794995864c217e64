/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Arithmetic on sizes and small questions about memory. */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)	((a) < (b) ? (a) : (b))
#define MAX(a, b)	((a) > (b) ? (a) : (b))

/* For the few words that each run of a program looks at: found without a call, also in a library. The
 * room for such words is small where a library is loaded late, so nothing else may have it. */
#define HOT_THREAD_LOCAL __thread __attribute__((tls_model("initial-exec")))

/* @to is a power of two. */
static inline uint64_t round_up64(uint64_t value, uint64_t to)
{
	return (value + to - 1) & ~(to - 1);
}

static inline bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

static inline uint64_t next_power_of_two(uint64_t value)
{
	return value <= 1 ? 1 : 1ULL << (64 - __builtin_clzll(value - 1));
}

static inline bool is_zero(const void *mem, size_t size)
{
	const unsigned char *p = mem;

	/* Zero if the first byte is and each byte equals the one behind it. */
	return !size || (!p[0] && !memcmp(p, p + 1, size - 1));
}

static inline void *u64_to_ptr(uint64_t value)
{
	return (void *)(uintptr_t)value;
}

static inline uint64_t ptr_to_u64(const void *ptr)
{
	return (uintptr_t)ptr;
}

#endif
