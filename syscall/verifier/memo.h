/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What instructions last made of which numbers: a walk brings the same ones along again and again, and
 * comparing two of them costs a tenth of computing a third. One entry an instruction; where a program
 * is longer than the table, instructions share them.
 */
#ifndef VERIFIER_MEMO_H
#define VERIFIER_MEMO_H

#include "scalar.h"

#define MEMO_MAX 1024		/* a power of two */

#define MEMO_RESYNC 0x80000000u	/* flag in alu_memo.insn: the offset of a pointer that moved by a constant */

/* dst op src is result. */
struct alu_memo {
	uint32_t insn;		/* UINT32_MAX: nothing yet */
	struct scalar dst, src, result;
};

/* Both sides of a comparison before it, after it, and where it jumps. */
struct jump_memo {
	uint32_t insn;
	struct scalar before[2], here[2], there[2];
};

struct memos {
	uint32_t mask;		/* entries - 1 */
	struct alu_memo *alu;
	struct jump_memo *jump;
};

#endif
