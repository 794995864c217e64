/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Objects that programs make (bpf_obj_new), and lists and trees of them. Who has an object owns it
 * and must give it back or put it into a list or tree; then the list owns it, and a pointer to it
 * stays good only as long as the list's lock is held.
 */
#include "env.h"

#define OBJECT_FIELDS (BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK | BTF_FIELD_KPTR_UNREF |	\
		       BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU | BTF_FIELD_LIST_HEAD |		\
		       BTF_FIELD_LIST_NODE | BTF_FIELD_RB_ROOT | BTF_FIELD_RB_NODE |		\
		       BTF_FIELD_REFCOUNT)

/* ---- special fields ---- */

/* Of a struct of the program's; NULL: it has none. */
const struct kern_btf_fields *object_fields(struct verifier_env *env, const struct kern_btf *btf,
					    uint32_t id)
{
	const struct btf_type *t = kern_btf_type(btf, id);
	struct object_type *type;

	for (type = env->object_types; type; type = type->next)
		if (type->btf == btf && type->id == id)
			return type->fields.cnt ? &type->fields : NULL;
	type = pool_zalloc(&env->pool, sizeof(*type));
	type->btf = btf;
	type->id = id;
	type->next = env->object_types;
	env->object_types = type;
	if (!t || kern_btf_find_fields(btf, id, OBJECT_FIELDS, t->size, &type->fields))
		type->fields.cnt = type->fields.mask = 0;
	return type->fields.cnt ? &type->fields : NULL;
}

const struct kern_btf_fields *reg_fields(struct verifier_env *env, const struct reg *reg)
{
	if (reg_kind(reg) == REG_MAP_VALUE)
		return &reg->map->fields;
	return is_object(reg) ? object_fields(env, reg->btf, reg->btf_id) : NULL;
}

const struct kern_btf_field *field_of_kind(const struct kern_btf_fields *fields, uint32_t kind)
{
	for (uint32_t i = 0; fields && i < fields->cnt; i++)
		if (fields->field[i].kind == kind)
			return &fields->field[i];
	return NULL;
}

const struct kern_btf_field *field_at(const struct kern_btf_fields *fields, uint32_t offset,
				      uint32_t kinds)
{
	for (uint32_t i = 0; fields && i < fields->cnt; i++)
		if (fields->field[i].offset == offset && fields->field[i].kind & kinds)
			return &fields->field[i];
	return NULL;
}

/* BTF that the types behind a register's fields are of. */
static const struct kern_btf *fields_btf(const struct reg *reg)
{
	return reg_kind(reg) == REG_MAP_VALUE ? reg->map->btf : reg->btf;
}

/* ---- pointers that do not own ---- */

int make_non_owning(struct verifier_env *env, struct reg *reg)
{
	const struct kern_btf_fields *fields = reg_fields(env, reg);

	reg->type |= REG_NON_OWN;
	if (fields && fields->mask & BTF_FIELD_REFCOUNT)
		reg->type |= REG_RCU;
	return 0;
}

/* The lock was given back. */
void invalidate_non_owning(struct verifier_env *env)
{
	FOR_EACH_REG(env->cur, frame, reg, {
		if (is_non_owning(reg))
			invalidate_reg(env, reg);
	});
}

/* The list owns the object from now on. */
int give_to_graph(struct verifier_env *env, struct kfunc_call *call)
{
	uint32_t ref = cur_regs(env)[BPF_REG_2].ref_id;
	const struct kfunc *k = call->kfunc;
	int err;

	FOR_EACH_REG(env->cur, frame, reg, {
		if (ref && reg->ref_id == ref) {
			reg->ref_id = 0;
			make_non_owning(env, reg);
		}
	});
	err = release_ref(env, ref);
	if (err)
		vlog(env, "kfunc %s#%d reference has not been acquired before\n", k->name, k->id);
	return err;
}

/* In the function by which a tree orders its elements. */
bool in_tree_callback(const struct verifier_env *env)
{
	const struct state *state = env->cur;
	const struct frame *frame = state->frame[state->curframe];

	return frame->in_callback && frame->callsite >= 0 &&
	       known_kfunc_at(env, frame->callsite) == KFUNC_bpf_rbtree_add_impl;
}

/* ---- list heads and tree roots ---- */

static const char *kind_text(uint32_t kind)
{
	return field_name(kind);
}

static int check_constant_offset(struct verifier_env *env, const struct reg *reg, uint32_t regno,
				 uint32_t kind)
{
	if (tnum_is_const(reg->num.bits))
		return 0;
	vlog(env, "R%d doesn't have constant offset. %s has to be at the constant offset\n", regno,
	     kind_text(kind));
	return -EINVAL;
}

static int check_locked(struct verifier_env *env, const struct reg *reg,
			const struct kern_btf_fields *fields, uint32_t kind)
{
	const struct kern_btf_field *lock = field_of_kind(fields, BTF_FIELD_SPIN_LOCK);

	if (!env->cur->active_locks) {
		vlog(env, "bpf_spin_lock at off=%d must be held for %s\n",
		     lock ? (int)lock->offset : -1, kind_text(kind));
		return -EINVAL;
	}
	if (holds_lock_of(env, reg))
		return 0;
	vlog(env, "held lock and object are not in the same allocation\n");
	vlog(env, "bpf_spin_lock at off=%d must be held for %s\n", lock ? (int)lock->offset : -1,
	     kind_text(kind));
	return -EINVAL;
}

int check_graph_root(struct verifier_env *env, struct kfunc_call *call, uint32_t regno,
		     uint32_t kind)
{
	const struct reg *reg = &cur_regs(env)[regno];
	const struct kern_btf_fields *fields;
	const struct kern_btf_field *field;
	uint32_t off;
	int err;

	if (reg->type != REG_MAP_VALUE && (!is_object(reg) || reg_may_be_null(reg))) {
		vlog(env, "arg#%d expected pointer to map value or allocated object\n", regno - 1);
		return -EINVAL;
	}
	if (is_object(reg) && !reg->ref_id) {
		vlog(env, "allocated object must be referenced\n");
		return -EINVAL;
	}
	err = check_constant_offset(env, reg, regno, kind);
	if (err)
		return err;
	off = reg->off + reg->num.bits.value;
	fields = reg_fields(env, reg);
	field = field_at(fields, off, kind);
	if (!field) {
		vlog(env, "%s not found at offset=%u\n", kind_text(kind), off);
		return -EINVAL;
	}
	err = check_locked(env, reg, fields, kind);
	call->root = field;
	call->root_btf = fields_btf(reg);
	return err;
}

/* ---- nodes ---- */

static bool takes_non_owning_node(enum known_kfunc known)
{
	return known == KFUNC_bpf_rbtree_remove || known == KFUNC_bpf_rbtree_left ||
	       known == KFUNC_bpf_rbtree_right;
}

static int check_node_owner(struct verifier_env *env, struct kfunc_call *call,
			    const struct reg *reg, uint32_t regno)
{
	if (takes_non_owning_node(call->kfunc->known)) {
		if (!is_non_owning(reg) && !reg->ref_id) {
			vlog(env, "%s can only take non-owning or refcounted bpf_rb_node pointer\n",
			     call->kfunc->name);
			return -EINVAL;
		}
		if (in_tree_callback(env)) {
			vlog(env, "%s not allowed in rbtree cb\n", call->kfunc->name);
			return -EINVAL;
		}
		return 0;
	}
	if (!is_object(reg) || reg->type != (REG_BTF_ID | REG_ALLOC)) {
		vlog(env, "arg#%d expected pointer to allocated object\n", regno - 1);
		return -EINVAL;
	}
	if (reg->ref_id)
		return 0;
	vlog(env, "allocated object must be referenced\n");
	return -EINVAL;
}

static const char *struct_name(const struct kern_btf *btf, uint32_t id)
{
	return kern_btf_type_name(btf, kern_btf_type(btf, id));
}

int check_graph_node(struct verifier_env *env, struct kfunc_call *call, uint32_t regno,
		     uint32_t kind)
{
	const struct reg *reg = &cur_regs(env)[regno];
	const struct kern_btf_field *root = call->root;
	uint32_t root_kind = kind == BTF_FIELD_LIST_NODE ? BTF_FIELD_LIST_HEAD : BTF_FIELD_RB_ROOT;
	uint32_t off;
	int err = check_node_owner(env, call, reg, regno);

	if (!err)
		err = check_constant_offset(env, reg, regno, kind);
	if (err)
		return err;
	off = reg->off + reg->num.bits.value;
	if (!field_at(reg_fields(env, reg), off, kind)) {
		vlog(env, "%s not found at offset=%u\n", kind_text(kind), off);
		return -EINVAL;
	}
	if (!btf_struct_matches(reg->btf, reg->btf_id, 0, call->root_btf, root->type_id, true)) {
		vlog(env, "operation on %s expects arg#1 %s at offset=%d in struct %s, but arg is at "
		     "offset=%d in struct %s\n", kind_text(root_kind), kind_text(kind),
		     root->node_offset, struct_name(call->root_btf, root->type_id), off,
		     struct_name(reg->btf, reg->btf_id));
		return -EINVAL;
	}
	call->arg_btf = reg->btf;
	call->arg_btf_id = reg->btf_id;
	if (off == root->node_offset)
		return 0;
	vlog(env, "arg#1 offset=%d, but expected %s at offset=%d in struct %s\n", off, kind_text(kind),
	     root->node_offset, struct_name(call->root_btf, root->type_id));
	return -EINVAL;
}
