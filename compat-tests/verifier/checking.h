/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * An interpreter that believes nothing: it knows where each piece of memory ends, and what the verifier
 * claims of registers at each instruction, and stops where either does not hold. Addresses are made up.
 */
#ifndef VERIFIER_CHECKING_H
#define VERIFIER_CHECKING_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/bpf.h>
#include "verifier.h"

#define CHECKED_INSNS_MAX 256

/* All that was said of one register before one instruction, over all paths. */
struct claims {
	bool told, other;	/* other: somebody said that it is no number */
	struct verifier_claim sum;
};

struct claim_table {
	struct claims at[CHECKED_INSNS_MAX][MAX_BPF_REG];
};

/* verifier_input.observe; the cookie is a claim_table, cleared before. */
void note_claim(void *cookie, uint32_t insn, uint32_t regno, const struct verifier_claim *claim);

/* Return: NULL, or what went wrong. @seed: of the inputs. Claims may be NULL. */
const char *run_checked(const struct bpf_insn *insns, uint32_t cnt, const struct claim_table *claims,
			uint64_t seed);

#endif
