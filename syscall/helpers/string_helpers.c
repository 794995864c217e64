/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Numbers and texts. */
#include <string.h>

#include "rows.h"

#define NUMBER_MAX 64	/* characters looked at, with the end */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* "0x1f", "017", "12": skip what tells the base. A lone "0x" is a zero. */
static uint32_t find_base(const char **text, uint32_t base)
{
	const char *s = *text;
	bool hex = s[0] == '0' && (s[1] | 0x20) == 'x' && digit_of(s[2]) < 16;

	if (!base)
		base = hex ? 16 : s[0] == '0' ? 8 : 10;
	if (base == 16 && hex)
		*text += 2;
	return base;
}

/* Return: characters used, -EINVAL: no number, -ERANGE: more than 64 bits. */
static int64_t parse_number(const char *buf, uint64_t size, uint64_t flags, uint64_t *value,
			    bool *negative)
{
	char text[NUMBER_MAX] = "";
	uint32_t base = flags & 0x1f;
	const char *s = text, *digits;
	uint64_t number = 0;

	if (!buf || !size || (base && base != 8 && base != 10 && base != 16) || flags & ~0x1full)
		return -EINVAL;
	memcpy(text, buf, MIN(size, sizeof(text) - 1));
	while (is_space(*s))
		s++;
	*negative = *s == '-';
	s += *negative;
	base = find_base(&s, base);
	for (digits = s; (uint32_t)digit_of(*s) < base; s++)
		if (__builtin_mul_overflow(number, base, &number) ||
		    __builtin_add_overflow(number, (uint64_t)digit_of(*s), &number))
			return -ERANGE;
	if (s == digits)
		return -EINVAL;
	*value = number;
	return s - text;
}

HELPER(help_strtol)
{
	int64_t *result = u64_to_ptr(r4);
	uint64_t number = 0;
	bool negative;
	int64_t used;

	*result = 0;
	used = parse_number(u64_to_ptr(r1), r2, r3, &number, &negative);
	if (used < 0)
		return used;
	if (number > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*result = negative ? -number : number;
	return used;
}

HELPER(help_strtoul)
{
	uint64_t *result = u64_to_ptr(r4), number = 0;
	bool negative;
	int64_t used;

	*result = 0;
	used = parse_number(u64_to_ptr(r1), r2, r3, &number, &negative);
	if (used < 0)
		return used;
	if (negative)
		return -EINVAL;
	*result = number;
	return used;
}

HELPER(help_strncmp)
{
	return (int64_t)strncmp(u64_to_ptr(r1), u64_to_ptr(r3), (uint32_t)r2);
}

/* Return: bytes the whole text needs, NUL included. */
HELPER(help_snprintf)
{
	uint32_t args_size = r5;
	int len;

	if (args_size % 8 || args_size > FORMAT_ARGS_MAX * 8 || (args_size && !r4))
		return -EINVAL;
	len = help_format(u64_to_ptr(r1), (uint32_t)r2, u64_to_ptr(r3), UINT32_MAX,
			  u64_to_ptr(r4), args_size / 8);
	return (int64_t)(len < 0 ? len : len + 1);
}

#define NUMBER_ARGS                                                                                \
	{ BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE, BPFX_ARG_ANY,                                 \
	  BPFX_ARG_INT_MEM | BPFX_UNINIT | BPFX_WRITE | BPFX_FIXED_SIZE | BPFX_ALIGNED }

static const struct bpfx_helper string_rows[] = {
	{ BPF_FUNC_strtol, "strtol", help_strtol, BPFX_RET_INTEGER, NUMBER_ARGS, .flags = BASE,
	  .arg_sizes = { [3] = 8 } },
	{ BPF_FUNC_strtoul, "strtoul", help_strtoul, BPFX_RET_INTEGER, NUMBER_ARGS, .flags = BASE,
	  .arg_sizes = { [3] = 8 } },
	{ BPF_FUNC_strncmp, "strncmp", help_strncmp, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE, BPFX_ARG_CONST_STR }, .flags = BASE },
	{ BPF_FUNC_snprintf, "snprintf", help_snprintf, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE | BPFX_NULLABLE, BPFX_ARG_SIZE_OR_ZERO,
	    BPFX_ARG_CONST_STR, BPFX_ARG_MEM | BPFX_NULLABLE | BPFX_RDONLY,
	    BPFX_ARG_SIZE_OR_ZERO },
	  .flags = BASE_PERFMON | BPFX_HELPER_GPL },
};
HELPER_TABLE(string);
