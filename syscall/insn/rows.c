/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The instruction table itself and the way from an opcode byte to its rows. */
#include "insn_rows.h"

#define ROW(n, c, sel, val, f, t)						\
	[INSN_##n] = { .name = #n, .code = (c), .select = SELECT_##sel, .value = (val),	\
		       .fields = FIELD_##f, .text = (t) },

const struct insn_row insn_rows[INSN_OP_CNT] = {
#define OP ROW
#define ALT ROW
#include "opcodes.def"
#undef OP
#undef ALT
};

/* Row + 1, so that what is not listed is 0. The second slot shares its byte with nothing. */
static const uint8_t first_row[256] = {
#define OP(n, c, sel, val, f, t)	[c] = INSN_##n + 1,
#define ALT(n, c, sel, val, f, t)
#include "opcodes.def"
#undef OP
#undef ALT
};

_Static_assert(INSN_OP_CNT < 256, "a row number fits in a byte");

int insn_first_row(uint8_t code)
{
	return (int)first_row[code] - 1;
}

bool insn_opcode_known(uint8_t code)
{
	return code && first_row[code];
}

const char *insn_name(int op)
{
	return op >= 0 && op < INSN_OP_CNT ? insn_rows[op].name : "?";
}
