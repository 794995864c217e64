/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* References a program must give back, locks it must release, pointers that die early. */
#include "env.h"

/* ---- the list ---- */

static struct ref *add_ref(struct verifier_env *env, uint32_t insn)
{
	struct state *state = env->cur;

	if (state->ref_cnt == state->ref_cap)
		state->refs = pool_grow(&env->pool, state->refs, state->ref_cnt, &state->ref_cap,
					sizeof(*state->refs));
	state->refs[state->ref_cnt] = (struct ref){ .insn = insn };
	return &state->refs[state->ref_cnt++];
}

static void drop_ref(struct state *state, uint32_t index)
{
	state->ref_cnt--;
	memmove(&state->refs[index], &state->refs[index + 1],
		(state->ref_cnt - index) * sizeof(*state->refs));
}

/* Return: the id of a new reference. */
int acquire_ref(struct verifier_env *env, uint32_t insn_idx)
{
	struct ref *ref = add_ref(env, insn_idx);

	ref->kind = REF_POINTER;
	ref->id = ++env->id_gen;
	return ref->id;
}

int ref_remove(struct state *state, uint32_t id)
{
	for (uint32_t i = 0; i < state->ref_cnt; i++)
		if (state->refs[i].kind == REF_POINTER && state->refs[i].id == id) {
			drop_ref(state, i);
			return 0;
		}
	return -EINVAL;
}

/* ---- pointers that are not valid any more ---- */

static void invalidate(struct verifier_env *env, struct reg *reg)
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
			invalidate(env, reg);
	});
	return 0;
}

/* A helper may have moved the packet. */
void invalidate_packet(struct verifier_env *env)
{
	FOR_EACH_REG(env->cur, frame, reg, {
		if (kind_is_packet(reg->type) || reg->type == REG_PACKET_END)
			invalidate(env, reg);
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

int check_ref_leak(struct verifier_env *env, bool exception, bool check_lock, const char *prefix)
{
	int err;

	if (check_lock && env->cur->active_locks) {
		vlog(env, "%s cannot be used inside bpf_spin_lock-ed region\n", prefix);
		return -EINVAL;
	}
	err = check_references(env, exception);
	if (err)
		vlog(env, "%s would lead to reference leak\n", prefix);
	return err;
}

/* ---- spin locks ---- */

static const struct kern_btf_field *lock_field(const struct verifier_map *map)
{
	for (uint32_t i = 0; i < map->fields.cnt; i++)
		if (map->fields.field[i].kind == BTF_FIELD_SPIN_LOCK)
			return &map->fields.field[i];
	return NULL;
}

static int check_lock_pointer(struct verifier_env *env, const struct reg *reg, uint32_t regno)
{
	const struct kern_btf_field *field;
	int64_t off = reg->num.bits.value + reg->off;

	if (!tnum_is_const(reg->num.bits)) {
		vlog(env, "R%d doesn't have constant offset. bpf_spin_lock has to be at the constant "
		     "offset\n", regno);
		return -EINVAL;
	}
	if (!reg->map->btf) {
		vlog(env, "map '%s' has to have BTF in order to use bpf_spin_lock\n",
		     reg->map->name);
		return -EINVAL;
	}
	field = lock_field(reg->map);
	if (!field) {
		vlog(env, "map '%s' has no valid bpf_spin_lock\n", reg->map->name);
		return -EINVAL;
	}
	if (off != field->offset) {
		vlog(env, "off %lld doesn't point to 'struct bpf_spin_lock' that is at %d\n",
		     (long long)off, field->offset);
		return -EINVAL;
	}
	return 0;
}

static int take_lock(struct verifier_env *env, const struct reg *reg)
{
	struct ref *ref;

	if (env->cur->active_locks) {
		vlog(env, "Locking two bpf_spin_locks are not allowed\n");
		return -EINVAL;
	}
	ref = add_ref(env, env->insn_idx);
	ref->kind = REF_LOCK;
	ref->id = reg->id;
	ref->object = reg->map;
	env->cur->active_locks++;
	env->cur->active_lock_id = reg->id;
	env->cur->active_lock_object = reg->map;
	return 0;
}

static int give_lock(struct verifier_env *env, const struct reg *reg)
{
	struct state *state = env->cur;

	if (!state->active_locks) {
		vlog(env, "bpf_spin_unlock without taking a lock\n");
		return -EINVAL;
	}
	for (uint32_t i = 0; i < state->ref_cnt; i++) {
		if (state->refs[i].kind != REF_LOCK || state->refs[i].id != reg->id ||
		    state->refs[i].object != reg->map)
			continue;
		drop_ref(state, i);
		state->active_locks--;
		state->active_lock_id = 0;
		state->active_lock_object = NULL;
		return 0;
	}
	vlog(env, "bpf_spin_unlock of different lock\n");
	return -EINVAL;
}

int process_lock(struct verifier_env *env, uint32_t regno, bool lock)
{
	const struct reg *reg = &cur_regs(env)[regno];
	int err = check_lock_pointer(env, reg, regno);

	if (err)
		return err;
	return lock ? take_lock(env, reg) : give_lock(env, reg);
}
