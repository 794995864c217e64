/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Bob Jenkins' lookup3 (public domain, burtleburtle.net/bob/c/lookup3.c) with the start value that
 * Linux uses, so that a hash with BPF_F_ZERO_SEED walks in the same order.
 */
#include <string.h>

#include "map_private.h"

#define START 0xdeadbeefu

static inline uint32_t rotate(uint32_t word, int bits)
{
	return word << bits | word >> (32 - bits);
}

static inline void mix(uint32_t *a, uint32_t *b, uint32_t *c)
{
	*a -= *c; *a ^= rotate(*c, 4); *c += *b;
	*b -= *a; *b ^= rotate(*a, 6); *a += *c;
	*c -= *b; *c ^= rotate(*b, 8); *b += *a;
	*a -= *c; *a ^= rotate(*c, 16); *c += *b;
	*b -= *a; *b ^= rotate(*a, 19); *a += *c;
	*c -= *b; *c ^= rotate(*b, 4); *b += *a;
}

static inline void final(uint32_t *a, uint32_t *b, uint32_t *c)
{
	*c ^= *b; *c -= rotate(*b, 14);
	*a ^= *c; *a -= rotate(*c, 11);
	*b ^= *a; *b -= rotate(*a, 25);
	*c ^= *b; *c -= rotate(*b, 16);
	*a ^= *c; *a -= rotate(*c, 4);
	*b ^= *a; *b -= rotate(*a, 14);
	*c ^= *b; *c -= rotate(*b, 24);
}

uint32_t jhash(const void *key, uint32_t length, uint32_t seed)
{
	uint32_t a, b, c, word[3] = { 0 };
	const unsigned char *p = key;

	a = b = c = START + length + seed;
	while (length > 12) {
		memcpy(word, p, 12);
		a += word[0];
		b += word[1];
		c += word[2];
		mix(&a, &b, &c);
		p += 12;
		length -= 12;
	}
	if (!length)
		return c;
	/* The last 1 to 12 bytes, missing ones as zero (little-endian words). */
	memset(word, 0, sizeof(word));
	memcpy(word, p, length);
	a += word[0];
	b += word[1];
	c += word[2];
	final(&a, &b, &c);
	return c;
}
