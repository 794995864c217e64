/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* References a program must give back, locks it must release, pointers that die early. */
#include "env.h"

/* ---- the list ---- */

/* A new entry, made at the current instruction. */
struct ref *add_ref(struct verifier_env *env, enum ref_kind kind, uint32_t id)
{
	struct state *state = env->cur;

	if (state->ref_cnt == state->ref_cap)
		state->refs = pool_grow(&env->pool, state->refs, state->ref_cnt, &state->ref_cap,
					sizeof(*state->refs));
	state->refs[state->ref_cnt] = (struct ref){ .kind = kind, .id = id, .insn = env->insn_idx };
	return &state->refs[state->ref_cnt++];
}

void drop_ref(struct state *state, struct ref *ref)
{
	uint32_t index = ref - state->refs;

	state->ref_cnt--;
	memmove(&state->refs[index], &state->refs[index + 1],
		(state->ref_cnt - index) * sizeof(*state->refs));
}

struct ref *find_ref(struct state *state, enum ref_kind kind, uint32_t id)
{
	for (uint32_t i = 0; i < state->ref_cnt; i++)
		if (state->refs[i].kind == kind && state->refs[i].id == id)
			return &state->refs[i];
	return NULL;
}

/* Return: the id of a new reference. */
int acquire_ref(struct verifier_env *env, uint32_t insn_idx)
{
	struct ref *ref = add_ref(env, REF_POINTER, ++env->id_gen);

	ref->insn = insn_idx;
	return ref->id;
}

int ref_remove(struct state *state, uint32_t id)
{
	struct ref *ref = find_ref(state, REF_POINTER, id);

	if (!ref)
		return -EINVAL;
	drop_ref(state, ref);
	return 0;
}

/* ---- pointers that are not valid any more ---- */

void invalidate_reg(struct verifier_env *env, struct reg *reg)
{
	if (env->allow_leaks)
		env_set_unknown(env, reg);
	else
		reg_set_not_init(reg);
}

int release_ref(struct verifier_env *env, uint32_t ref_id)
{
	int err = ref_remove(env->cur, ref_id);

	if (err)
		return err;
	FOR_EACH_REG(env->cur, frame, reg, {
		if (reg->ref_id == ref_id)
			invalidate_reg(env, reg);
	});
	return 0;
}

/* A helper may have moved the packet. */
void invalidate_packet(struct verifier_env *env)
{
	FOR_EACH_REG(env->cur, frame, reg, {
		if (kind_is_packet(reg->type) || reg->type == REG_PACKET_END ||
		    reg->type & REG_PKT_SLICE)
			invalidate_reg(env, reg);
	});
}

/* ---- at the end ---- */

static int check_references(struct verifier_env *env, bool exception)
{
	struct state *state = env->cur;
	int err = 0;

	if (!exception && state->curframe)
		return 0;
	for (uint32_t i = 0; i < state->ref_cnt; i++) {
		if (state->refs[i].kind != REF_POINTER)
			continue;
		vlog(env, "Unreleased reference id=%d alloc_insn=%d\n", state->refs[i].id,
		     state->refs[i].insn);
		err = -EINVAL;
	}
	return err;
}

/* Sections must be left before the program or a tail call ends it. */
static int check_sections(struct verifier_env *env, const char *prefix)
{
	const struct state *state = env->cur;

	if (state->irq_id) {
		vlog(env, "%s cannot be used inside bpf_local_irq_save-ed region\n", prefix);
		return -EINVAL;
	}
	if (state->rcu_lock) {
		vlog(env, "%s cannot be used inside bpf_rcu_read_lock-ed region\n", prefix);
		return -EINVAL;
	}
	if (state->preempt_locks) {
		vlog(env, "%s cannot be used inside bpf_preempt_disable-ed region\n", prefix);
		return -EINVAL;
	}
	return 0;
}

int check_ref_leak(struct verifier_env *env, bool exception, bool check_lock, const char *prefix)
{
	int err;

	if (check_lock && env->cur->active_locks) {
		vlog(env, "%s cannot be used inside bpf_spin_lock-ed region\n", prefix);
		return -EINVAL;
	}
	err = check_references(env, exception);
	if (err) {
		vlog(env, "%s would lead to reference leak\n", prefix);
		return err;
	}
	return check_lock ? check_sections(env, prefix) : 0;
}

/* ---- spin locks: of map values and of objects ---- */

/* What the lock is in: a map, or the BTF that the object's type is of. */
static const void *lock_owner(const struct reg *reg)
{
	return reg_kind(reg) == REG_MAP_VALUE ? (const void *)reg->map : reg->btf;
}

/* Is a lock held that lies in the same value or object as @reg points into. */
bool holds_lock_of(struct verifier_env *env, const struct reg *reg)
{
	static const enum ref_kind kinds[] = { REF_LOCK, REF_RES_LOCK, REF_RES_LOCK_IRQ };

	for (uint32_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct ref *ref = find_ref(env->cur, kinds[i], reg->id);

		if (ref && ref->object == lock_owner(reg))
			return true;
	}
	return false;
}

static int check_lock_pointer(struct verifier_env *env, const struct reg *reg, uint32_t regno,
			      uint32_t kind)
{
	const char *lock = field_name(kind);
	bool in_map = reg_kind(reg) == REG_MAP_VALUE;
	const struct kern_btf_field *field;
	int64_t off = reg->num.bits.value + reg->off;

	if (!tnum_is_const(reg->num.bits)) {
		vlog(env, "R%d doesn't have constant offset. %s has to be at the constant offset\n",
		     regno, lock);
		return -EINVAL;
	}
	if (in_map && !reg->map->btf) {
		vlog(env, "map '%s' has to have BTF in order to use %s\n", reg->map->name, lock);
		return -EINVAL;
	}
	field = field_of_kind(reg_fields(env, reg), kind);
	if (!field) {
		vlog(env, "%s '%s' has no valid %s\n", in_map ? "map" : "local",
		     in_map ? reg->map->name : "kptr", lock);
		return -EINVAL;
	}
	if (off != field->offset) {
		vlog(env, "off %lld doesn't point to 'struct %s' that is at %d\n", (long long)off, lock,
		     field->offset);
		return -EINVAL;
	}
	return 0;
}

static void take(struct verifier_env *env, const struct reg *reg, enum ref_kind kind)
{
	struct ref *ref = add_ref(env, kind, reg->id);

	ref->object = lock_owner(reg);
	env->cur->active_locks++;
	env->cur->active_lock_id = reg->id;
	env->cur->active_lock_object = ref->object;
}

/* The lock taken before it is the innermost again. */
static void give(struct verifier_env *env, struct ref *ref)
{
	struct state *state = env->cur;

	drop_ref(state, ref);
	state->active_locks--;
	state->active_lock_id = 0;
	state->active_lock_object = NULL;
	for (uint32_t i = 0; i < state->ref_cnt; i++)
		if (state->refs[i].kind != REF_POINTER && state->refs[i].kind != REF_IRQ) {
			state->active_lock_id = state->refs[i].id;
			state->active_lock_object = state->refs[i].object;
		}
	invalidate_non_owning(env);
}

static int take_lock(struct verifier_env *env, const struct reg *reg)
{
	if (env->cur->active_locks) {
		vlog(env, "Locking two bpf_spin_locks are not allowed\n");
		return -EINVAL;
	}
	take(env, reg, REF_LOCK);
	return 0;
}

static int take_res_lock(struct verifier_env *env, const struct reg *reg, enum ref_kind kind)
{
	if (find_ref(env->cur, REF_LOCK, env->cur->active_lock_id) && env->cur->active_locks) {
		vlog(env, "Locking two bpf_spin_locks are not allowed\n");
		return -EINVAL;
	}
	if (holds_lock_of(env, reg)) {
		vlog(env, "Acquiring the same lock again, AA deadlock detected\n");
		return -EINVAL;
	}
	take(env, reg, kind);
	return 0;
}

static int give_lock(struct verifier_env *env, const struct reg *reg, enum ref_kind kind,
		     const char *unlock)
{
	struct state *state = env->cur;
	struct ref *ref;

	if (!state->active_locks) {
		vlog(env, "%s_unlock without taking a lock\n", unlock);
		return -EINVAL;
	}
	ref = find_ref(state, kind, reg->id);
	if (!ref || ref->object != lock_owner(reg)) {
		vlog(env, "%s_unlock of different lock\n", unlock);
		return -EINVAL;
	}
	if (reg->id != state->active_lock_id || ref->object != state->active_lock_object) {
		vlog(env, "%s_unlock cannot be out of order\n", unlock);
		return -EINVAL;
	}
	give(env, ref);
	return 0;
}

int process_lock(struct verifier_env *env, uint32_t regno, bool lock)
{
	const struct reg *reg = &cur_regs(env)[regno];
	int err;

	if (in_tree_callback(env)) {
		vlog(env, "can't spin_{lock,unlock} in rbtree cb\n");
		return -EACCES;
	}
	err = check_lock_pointer(env, reg, regno, BTF_FIELD_SPIN_LOCK);
	if (err)
		return err;
	return lock ? take_lock(env, reg) : give_lock(env, reg, REF_LOCK, "bpf_spin");
}

int process_res_lock(struct verifier_env *env, uint32_t regno, enum known_kfunc known)
{
	const struct reg *reg = &cur_regs(env)[regno];
	bool irq = known == KFUNC_bpf_res_spin_lock_irqsave ||
		   known == KFUNC_bpf_res_spin_unlock_irqrestore;
	enum ref_kind kind = irq ? REF_RES_LOCK_IRQ : REF_RES_LOCK;
	int err = check_lock_pointer(env, reg, regno, BTF_FIELD_RES_SPIN_LOCK);

	if (err)
		return err;
	if (known == KFUNC_bpf_res_spin_lock || known == KFUNC_bpf_res_spin_lock_irqsave)
		return take_res_lock(env, reg, kind);
	return give_lock(env, reg, kind, "bpf_res_spin");
}
