/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Sections that a program enters and must leave: RCU reads, no preemption, no interrupts. */
#include "env.h"

/* Programs that may not sleep are read sections as a whole. */
bool in_rcu_section(const struct verifier_env *env)
{
	return env->cur->rcu_lock || env->cur->active_locks || !env->cur->in_sleepable;
}

/* ---- RCU ---- */

static void leave_rcu(struct verifier_env *env)
{
	env->cur->rcu_lock = false;
	FOR_EACH_REG(env->cur, frame, reg, {
		if (reg->type & REG_RCU && !is_non_owning(reg)) {
			reg->type &= ~(REG_RCU | REG_MAYBE_NULL);
			reg->type |= REG_UNTRUSTED;
		}
	});
	for (uint32_t f = 0; f <= env->cur->curframe; f++)
		for (uint32_t i = 0; i < env->cur->frame[f]->slot_cnt; i++) {
			struct slot *slot = &env->cur->frame[f]->stack[i];

			if (slot->type[SLOT_SIZE - 1] == SLOT_ITER && slot->spilled->type & REG_RCU)
				slot->spilled->type ^= REG_RCU | REG_UNTRUSTED;
		}
}

static int check_rcu(struct verifier_env *env, const struct kfunc *k)
{
	bool lock = k->known == KFUNC_bpf_rcu_read_lock, unlock = k->known == KFUNC_bpf_rcu_read_unlock;
	struct state *state = env->cur;

	if (!state->rcu_lock) {
		if (unlock) {
			vlog(env, "unmatched rcu read unlock (kernel function %s)\n", k->name);
			return -EINVAL;
		}
		state->rcu_lock = lock;
		return 0;
	}
	if ((lock || unlock) && in_tree_callback(env)) {
		vlog(env, "Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback\n");
		return -EACCES;
	}
	if (lock) {
		vlog(env, "nested rcu read lock (kernel function %s)\n", k->name);
		return -EINVAL;
	}
	if (unlock) {
		leave_rcu(env);
	} else if (k->flags & BPFX_KF_SLEEPABLE) {
		vlog(env, "kernel func %s is sleepable within rcu_read_lock region\n", k->name);
		return -EACCES;
	}
	return 0;
}

/* ---- preemption, interrupts ---- */

static int check_preemption(struct verifier_env *env, const struct kfunc *k)
{
	struct state *state = env->cur;

	if (k->known == KFUNC_bpf_preempt_disable) {
		state->preempt_locks++;
	} else if (k->known == KFUNC_bpf_preempt_enable) {
		if (!state->preempt_locks) {
			vlog(env, "unmatched attempt to enable preemption (kernel function %s)\n",
			     k->name);
			return -EINVAL;
		}
		state->preempt_locks--;
	} else if (state->preempt_locks && k->flags & BPFX_KF_SLEEPABLE) {
		vlog(env, "kernel func %s is sleepable within non-preemptible region\n", k->name);
		return -EACCES;
	}
	return 0;
}

/* What the kernel function enters, leaves, or may not do where the program is. */
int check_section(struct verifier_env *env, const struct kfunc *k)
{
	int err = check_rcu(env, k);

	if (!err)
		err = check_preemption(env, k);
	if (!err && env->cur->irq_id && k->flags & BPFX_KF_SLEEPABLE) {
		vlog(env, "kernel func %s is sleepable within IRQ-disabled region\n", k->name);
		return -EACCES;
	}
	if (!err && k->flags & BPFX_KF_RCU_PROTECTED && !in_rcu_section(env)) {
		vlog(env, "kernel func %s requires RCU critical section protection\n", k->name);
		return -EACCES;
	}
	return err;
}

/* A helper or global function (@what) that may sleep is called. */
int check_may_sleep(struct verifier_env *env, const char *what)
{
	const struct state *state = env->cur;
	const char *where = state->rcu_lock ? "rcu_read_lock" :
			    state->preempt_locks ? "non-preemptible" :
			    state->irq_id ? "IRQ-disabled" : NULL;

	if (!where)
		return 0;
	vlog(env, "%s in %s region\n", what, where);
	return -EINVAL;
}

/* ---- saved interrupt flags: a stack slot ---- */

static int slot_index(struct verifier_env *env, const struct reg *reg)
{
	int off = reg->off + (int)reg->num.bits.value;

	if (!tnum_is_const(reg->num.bits)) {
		vlog(env, "irq_flag has to be at a constant offset\n");
		return -1;
	}
	if (off % SLOT_SIZE || off >= 0 || off < -MAX_STACK) {
		vlog(env, "cannot pass in irq_flag at an offset=%d\n", off);
		return -1;
	}
	return -off / SLOT_SIZE - 1;
}

static bool holds_flags(const struct frame *frame, int index)
{
	if ((uint32_t)index >= frame->slot_cnt)
		return false;
	for (int i = 0; i < SLOT_SIZE; i++)
		if (frame->stack[index].type[i] != SLOT_IRQ)
			return false;
	return true;
}

static bool is_lock_kfunc(enum known_kfunc known)
{
	return known == KFUNC_bpf_res_spin_lock_irqsave ||
	       known == KFUNC_bpf_res_spin_unlock_irqrestore;
}

static int save_flags(struct verifier_env *env, const struct kfunc_call *call, uint32_t regno)
{
	struct mem_access m = { .regno = regno, .size = SLOT_SIZE, .access = ACCESS_WRITE,
				.value_regno = -1 };
	struct frame *frame = frame_of(env, &cur_regs(env)[regno]);
	int index = slot_index(env, &cur_regs(env)[regno]), err;
	struct slot *slot;
	struct ref *ref;

	if (index < 0 || ((uint32_t)index < frame->slot_cnt &&
			  frame->stack[index].type[SLOT_SIZE - 1] == SLOT_IRQ)) {
		vlog(env, "expected uninitialized irq flag as arg#%d\n", regno - 1);
		return -EINVAL;
	}
	err = check_mem_access(env, &m);
	if (err)
		return err;
	ref = add_ref(env, REF_IRQ, ++env->id_gen);
	ref->outer = env->cur->irq_id;
	env->cur->irq_id = ref->id;
	slot = &frame->stack[index];
	memset(slot->spilled, 0, sizeof(*slot->spilled));
	slot->spilled->type = REG_STACK;
	reg_zero_offset(slot->spilled);
	slot->spilled->ref_id = ref->id;
	slot->spilled->raw[0] = is_lock_kfunc(call->kfunc->known);
	memset(slot->type, SLOT_IRQ, SLOT_SIZE);
	scratch_slot(env, index);
	live_stack_write(env, frame->frameno, 1ULL << index);
	return 0;
}

static int restore_flags(struct verifier_env *env, const struct kfunc_call *call, uint32_t regno)
{
	static const char *const families[] = { "native", "lock" };
	struct frame *frame = frame_of(env, &cur_regs(env)[regno]);
	int index = slot_index(env, &cur_regs(env)[regno]);
	bool family = is_lock_kfunc(call->kfunc->known);
	struct slot *slot;
	struct ref *ref;

	if (index < 0 || !holds_flags(frame, index)) {
		vlog(env, "expected an initialized irq flag as arg#%d\n", regno - 1);
		return -EINVAL;
	}
	live_stack_read(env, frame->frameno, env->insn_idx, 1ULL << index);
	slot = &frame->stack[index];
	if (slot->spilled->raw[0] != family) {
		vlog(env, "irq flag acquired by %s kfuncs cannot be restored with %s kfuncs\n",
		     families[slot->spilled->raw[0]], families[family]);
		return -EINVAL;
	}
	if (slot->spilled->ref_id != env->cur->irq_id) {
		ref = find_ref(env->cur, REF_IRQ, env->cur->irq_id);
		vlog(env, "cannot restore irq state out of order, expected id=%d acquired at "
		     "insn_idx=%d\n", env->cur->irq_id, ref ? ref->insn : -1);
		return -EACCES;
	}
	ref = find_ref(env->cur, REF_IRQ, slot->spilled->ref_id);
	env->cur->irq_id = ref->outer;
	drop_ref(env->cur, ref);
	reg_set_not_init(slot->spilled);
	memset(slot->type, SLOT_INVALID, SLOT_SIZE);
	scratch_slot(env, index);
	live_stack_write(env, frame->frameno, 1ULL << index);
	return 0;
}

int check_irq_arg(struct verifier_env *env, const struct kfunc_call *call, uint32_t regno)
{
	if (call->kfunc->known == KFUNC_bpf_local_irq_save ||
	    call->kfunc->known == KFUNC_bpf_res_spin_lock_irqsave)
		return save_flags(env, call, regno);
	return restore_flags(env, call, regno);
}
