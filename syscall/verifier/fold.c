/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Arithmetic of two numbers that are known completely: what the machine would do. */
#include <linux/bpf.h>
#include "scalar.h"

static uint64_t fold64(uint8_t op, uint64_t a, uint64_t b)
{
	switch (op) {
	case BPF_ADD:	return a + b;
	case BPF_SUB:	return a - b;
	case BPF_NEG:	return -a;
	case BPF_MUL:	return a * b;
	case BPF_AND:	return a & b;
	case BPF_OR:	return a | b;
	case BPF_XOR:	return a ^ b;
	case BPF_LSH:	return a << (b & 63);
	case BPF_RSH:	return a >> (b & 63);
	default:	return (int64_t)a >> (b & 63);	/* BPF_ARSH */
	}
}

static uint32_t fold32(uint8_t op, uint32_t a, uint32_t b)
{
	switch (op) {
	case BPF_LSH:	return a << (b & 31);
	case BPF_RSH:	return a >> (b & 31);
	case BPF_ARSH:	return (int32_t)a >> (b & 31);
	default:	return fold64(op, a, b);
	}
}

/* Division by a known number is not computed: Linux knows nothing of its result either. */
bool scalar_fold(struct scalar *dst, const struct scalar *src, uint8_t op, bool low_half)
{
	uint64_t a = dst->bits.value, b = src->bits.value;

	if (op == BPF_DIV || op == BPF_MOD || op == BPF_END || op == BPF_MOV ||
	    !scalar_is_one_number(dst) || !scalar_is_one_number(src))
		return false;
	*dst = scalar_const(low_half ? fold32(op, a, b) : fold64(op, a, b));
	return true;
}
