/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The rows of opcodes.def as data; for the files of this room only. */
#ifndef INSN_ROWS_H
#define INSN_ROWS_H

#include "insn.h"

enum insn_select { SELECT_NO, SELECT_OFF, SELECT_IMM, SELECT_SRC };

enum {
	FIELD_NONE = 0,
	FIELD_D = 1,
	FIELD_S = 2,
	FIELD_O = 4,
	FIELD_I = 8,
	FIELD_DS = FIELD_D | FIELD_S,
	FIELD_DO = FIELD_D | FIELD_O,
	FIELD_DI = FIELD_D | FIELD_I,
	FIELD_SI = FIELD_S | FIELD_I,
	FIELD_OI = FIELD_O | FIELD_I,
	FIELD_DSO = FIELD_D | FIELD_S | FIELD_O,
	FIELD_DSI = FIELD_D | FIELD_S | FIELD_I,
	FIELD_DOI = FIELD_D | FIELD_O | FIELD_I,
};

struct insn_row {
	const char *name;
	uint8_t code;
	uint8_t select;		/* enum insn_select */
	uint8_t fields;		/* FIELD_* */
	int32_t value;		/* of the selecting field */
	const char *text;
};

extern const struct insn_row insn_rows[INSN_OP_CNT];

/* First row of an opcode byte, or -1. */
int insn_first_row(uint8_t code);

#endif
