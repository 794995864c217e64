/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Telling an observer what is claimed of registers: tests run programs beside it. */
#include "env.h"

static struct verifier_claim claim_of(const struct reg *reg)
{
	const struct scalar *s = &reg->num;

	return (struct verifier_claim){
		.is_number = reg->type == REG_SCALAR, .value = s->bits.value, .mask = s->bits.mask,
		.umin = s->umin, .umax = s->umax, .smin = s->smin, .smax = s->smax,
		.u32_min = s->u32_min, .u32_max = s->u32_max,
		.s32_min = s->s32_min, .s32_max = s->s32_max,
	};
}

/*
 * Registers that nobody reads any more may be anything: states that differ in them are equal. The frame
 * pointer is always told, so that the observer knows that somebody came here.
 */
void tell_observer(struct verifier_env *env)
{
	uint32_t live = env->aux[env->insn_idx].live_regs | 1u << BPF_REG_FP;

	for (uint32_t i = 0; i <= BPF_REG_FP; i++) {
		struct verifier_claim claim;

		if (!(live >> i & 1))
			continue;
		claim = claim_of(&cur_regs(env)[i]);
		env->in->observe(env->in->observe_cookie, env->insn_idx, i, &claim);
	}
}
