/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * How types refer to each other: everything named exists, has a size where it needs one, and is
 * not part of itself. A walk with its own stack, so that no input can exhaust ours.
 *
 * A resolver looks at one type. When it needs to know another one first it returns visit() of it
 * and is called again later; when it knows enough it returns resolve_done().
 */
#include "inner.h"

static bool needs_resolve(const struct btf_type *t)
{
	return btf_kinds[btf_kind(t)].resolve;
}

static bool is_resolved(const struct btf_check *c, uint32_t id)
{
	return id < c->btf->first_id || c->visits[id - c->btf->first_id] == RESOLVED;
}

/* The present walk ends at @t whatever @t refers to. */
static bool is_end_of_walk(const struct btf_check *c, const struct btf_type *t)
{
	switch (c->mode) {
	case RESOLVE_PTR:
		return !btf_is_modifier(t) && btf_kind(t) != BTF_KIND_PTR;
	case RESOLVE_STRUCT_OR_ARRAY:
		return !btf_is_modifier(t) && btf_kind(t) != BTF_KIND_ARRAY && !btf_is_composite(t);
	default:
		return !needs_resolve(t);
	}
}

static bool must_visit(const struct btf_check *c, const struct btf_type *t, uint32_t id)
{
	return !is_end_of_walk(c, t) && !is_resolved(c, id);
}

static int visit(struct btf_check *c, const struct btf_type *t, uint32_t id)
{
	uint8_t *state = &c->visits[id - c->btf->first_id];

	if (c->depth == RESOLVE_DEPTH_MAX)
		return -E2BIG;
	if (*state != NOT_VISITED)
		return -EEXIST;
	*state = VISITED;
	c->stack[c->depth++] = (struct visit_frame){ .type = t, .id = id };
	if (c->mode == RESOLVE_ANY) {
		if (btf_kind(t) == BTF_KIND_PTR)
			c->mode = RESOLVE_PTR;
		else if (btf_is_composite(t) || btf_kind(t) == BTF_KIND_ARRAY)
			c->mode = RESOLVE_STRUCT_OR_ARRAY;
	}
	return 0;
}

static int resolve_done(struct btf_check *c, uint32_t type_id, uint32_t size)
{
	uint32_t i = c->stack[--c->depth].id - c->btf->first_id;

	c->resolved_ids[i] = type_id;
	c->resolved_sizes[i] = size;
	c->visits[i] = RESOLVED;
	return 0;
}

const struct btf_type *resolved_type(const struct btf_check *c, uint32_t *id)
{
	if (*id < c->btf->first_id)
		return kern_btf_skip_modifiers(c->btf, *id, id);
	*id = c->resolved_ids[*id - c->btf->first_id];
	return kern_btf_type(c->btf, *id);
}

static uint32_t array_size(const struct btf_check *c, uint32_t id)
{
	uint32_t size = 0;

	if (id < c->btf->first_id)
		kern_btf_size(c->btf, id, &size);
	else
		size = c->resolved_sizes[id - c->btf->first_id];
	return size;
}

const struct btf_type *resolved_size(const struct btf_check *c, uint32_t *id, uint32_t *size)
{
	const struct btf_type *t = kern_btf_type(c->btf, *id);
	uint32_t sized_id = *id, bytes;

	if (!t || btf_has_no_size(t))
		return NULL;
	if (btf_is_modifier(t) || btf_kind(t) == BTF_KIND_VAR) {
		t = resolved_type(c, &sized_id);
		if (!t || btf_has_no_size(t))
			return NULL;
	}
	if (btf_has_size(t))
		bytes = t->size;
	else if (btf_kind(t) == BTF_KIND_PTR)
		bytes = sizeof(void *);
	else if (btf_kind(t) == BTF_KIND_ARRAY)
		bytes = array_size(c, sized_id);
	else
		return NULL;
	*id = sized_id;
	if (size)
		*size = bytes;
	return t;
}

/* A modifier that was resolved for a struct may have ended at a pointer which, for the present
 * walk, is not the end. NULL: nothing is left to visit behind @t. */
static const struct btf_type *pointer_behind(const struct btf_check *c, const struct btf_type *t,
					     uint32_t *id)
{
	const struct btf_type *below;

	if (!btf_is_modifier(t))
		return NULL;
	below = resolved_type(c, id);
	return below && btf_kind(below) == BTF_KIND_PTR && must_visit(c, below, *id) ? below : NULL;
}

/* Without a size only void, forward declarations and prototypes may be referred to. */
static bool may_lack_size(const struct btf_check *c, uint32_t *id)
{
	const struct btf_type *t;

	t = is_resolved(c, *id) ? resolved_type(c, id) : kern_btf_type(c->btf, *id);
	return t && (btf_kind(t) == BTF_KIND_UNKN || btf_kind(t) == BTF_KIND_FWD ||
		     btf_kind(t) == BTF_KIND_FUNC_PROTO);
}

static const struct btf_type *referred(const struct btf_check *c, uint32_t id)
{
	const struct btf_type *t = kern_btf_type(c->btf, id);

	return t && !btf_is_source_only(t) ? t : NULL;
}

int resolve_modifier(struct btf_check *c, struct visit_frame *frame)
{
	uint32_t id = frame->type->type;
	const struct btf_type *next = referred(c, id);

	if (!next)
		return check_refuse(c, frame->type, "Invalid type_id");
	if (must_visit(c, next, id))
		return visit(c, next, id);
	if (!resolved_size(c, &id, NULL) && !may_lack_size(c, &id))
		return check_refuse(c, frame->type, "Invalid type_id");
	return resolve_done(c, id, 0);
}

int resolve_ptr(struct btf_check *c, struct visit_frame *frame)
{
	uint32_t id = frame->type->type, behind = id;
	const struct btf_type *next = referred(c, id), *pointer;

	if (!next)
		return check_refuse(c, frame->type, "Invalid type_id");
	if (must_visit(c, next, id))
		return visit(c, next, id);
	pointer = pointer_behind(c, next, &behind);
	if (pointer)
		return visit(c, pointer, behind);
	if (!resolved_size(c, &id, NULL) && !may_lack_size(c, &id))
		return check_refuse(c, frame->type, "Invalid type_id");
	return resolve_done(c, id, 0);
}

int resolve_var(struct btf_check *c, struct visit_frame *frame)
{
	uint32_t id = frame->type->type, behind = id;
	const struct btf_type *next = referred(c, id), *pointer;

	if (!next)
		return check_refuse(c, frame->type, "Invalid type_id");
	if (must_visit(c, next, id))
		return visit(c, next, id);
	pointer = pointer_behind(c, next, &behind);
	if (pointer)
		return visit(c, pointer, behind);
	if (!resolved_size(c, &id, NULL))
		return check_refuse(c, frame->type, "Invalid type_id");
	return resolve_done(c, id, 0);
}

/* May be of a kind that an array's element or index has. */
static const struct btf_type *array_part(const struct btf_check *c, uint32_t id)
{
	const struct btf_type *t = referred(c, id);

	return t && !btf_has_no_size(t) ? t : NULL;
}

int resolve_array(struct btf_check *c, struct visit_frame *frame)
{
	const struct btf_array *array = btf_array(frame->type);
	uint32_t index = array->index_type, elem = array->type, size;
	const struct btf_type *t;

	t = array_part(c, index);
	if (!t)
		return check_refuse(c, frame->type, "Invalid index");
	if (must_visit(c, t, index))
		return visit(c, t, index);
	t = resolved_size(c, &index, NULL);
	if (!t || btf_kind(t) != BTF_KIND_INT || !btf_int_is_regular(t))
		return check_refuse(c, frame->type, "Invalid index");

	t = array_part(c, elem);
	if (!t)
		return check_refuse(c, frame->type, "Invalid elem");
	if (must_visit(c, t, elem))
		return visit(c, t, elem);
	t = resolved_size(c, &elem, &size);
	if (!t)
		return check_refuse(c, frame->type, "Invalid elem");
	if (btf_kind(t) == BTF_KIND_INT && !btf_int_is_regular(t))
		return check_refuse(c, frame->type, "Invalid array of int");
	if (array->nelems && size > UINT32_MAX / array->nelems)
		return check_refuse(c, frame->type, "Array size overflows U32_MAX");
	return resolve_done(c, elem, size * array->nelems);
}

static int check_member(struct btf_check *c, const struct btf_type *s, const struct btf_member *m)
{
	const struct btf_type *t = kern_btf_type(c->btf, m->type);
	const struct btf_kind_row *row = &btf_kinds[btf_kind(t)];

	return (btf_kflag(s) ? row->bit_member : row->member)(c, s, m, t);
}

int resolve_struct(struct btf_check *c, struct visit_frame *frame)
{
	const struct btf_type *s = frame->type, *t;
	const struct btf_member *m = btf_members(s);
	uint32_t i = frame->next_member;
	int err;

	/* The member for which we went away is known now. */
	if (i) {
		err = check_member(c, s, &m[i - 1]);
		if (err)
			return err;
	}
	for (; i < btf_vlen(s); i++) {
		t = array_part(c, m[i].type);
		if (!t)
			return check_refuse_member(c, s, &m[i], "Invalid member");
		if (must_visit(c, t, m[i].type)) {
			frame->next_member = i + 1;
			return visit(c, t, m[i].type);
		}
		err = check_member(c, s, &m[i]);
		if (err)
			return err;
	}
	return resolve_done(c, 0, 0);
}

/* A function's arguments have names, so that they can be found. */
int resolve_func(struct btf_check *c, struct visit_frame *frame)
{
	const struct btf_type *proto = kern_btf_type(c->btf, frame->type->type);
	const struct btf_param *args;

	if (!proto || btf_kind(proto) != BTF_KIND_FUNC_PROTO)
		return check_refuse(c, frame->type, "Invalid type_id");
	args = btf_params(proto);
	for (uint32_t i = 0; i < btf_vlen(proto); i++)
		if (!args[i].name_off && args[i].type)
			return check_refuse(c, frame->type, "Invalid arg#%u", i + 1);
	return resolve_done(c, frame->type->type, 0);
}

int resolve_datasec(struct btf_check *c, struct visit_frame *frame)
{
	const struct btf_type *section = frame->type, *var;

	for (uint32_t i = frame->next_member; i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *info = &btf_secinfos(section)[i];
		uint32_t id, size;

		var = kern_btf_type(c->btf, info->type);
		if (!var || btf_kind(var) != BTF_KIND_VAR)
			return check_refuse_var(c, section, info, "Not a VAR kind member");
		if (must_visit(c, var, info->type)) {
			/* Linux does not come back to this one's size either. */
			frame->next_member = i + 1;
			return visit(c, var, info->type);
		}
		id = var->type;
		if (!resolved_size(c, &id, &size))
			return check_refuse_var(c, section, info, "Invalid type");
		if (info->size < size)
			return check_refuse_var(c, section, info, "Invalid size");
	}
	return resolve_done(c, 0, 0);
}

/* Things a declaration tag's component index counts; -1: @t has no components. */
static int64_t component_cnt(const struct btf_check *c, const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return btf_vlen(t);
	case BTF_KIND_FUNC:
		return btf_vlen(kern_btf_type(c->btf, t->type));
	}
	return -1;
}

static bool is_tag_target(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_FUNC || btf_is_composite(t) ||
	       btf_kind(t) == BTF_KIND_VAR || btf_kind(t) == BTF_KIND_TYPEDEF;
}

int resolve_decl_tag(struct btf_check *c, struct visit_frame *frame)
{
	const struct btf_decl_tag *tag = (const void *)(frame->type + 1);
	uint32_t id = frame->type->type;
	const struct btf_type *next = kern_btf_type(c->btf, id);

	if (!next || !is_tag_target(next))
		return check_refuse(c, frame->type, "Invalid type_id");
	if (must_visit(c, next, id))
		return visit(c, next, id);
	if (tag->component_idx != -1 && tag->component_idx >= component_cnt(c, next))
		return check_refuse(c, frame->type, "Invalid component_idx");
	return resolve_done(c, id, 0);
}

int btf_resolve(struct btf_check *c, const struct btf_type *t, uint32_t id)
{
	uint32_t caller_id = c->log_id;
	int err;

	c->mode = RESOLVE_ANY;
	c->depth = 0;
	err = visit(c, t, id);
	while (!err && c->depth) {
		struct visit_frame *frame = &c->stack[c->depth - 1];

		c->log_id = frame->id;
		err = btf_kinds[btf_kind(frame->type)].resolve(c, frame);
	}
	c->log_id = id;
	if (err == -E2BIG)
		check_refuse(c, t, "Exceeded max resolving depth:%u", RESOLVE_DEPTH_MAX);
	else if (err == -EEXIST)
		check_refuse(c, t, "Loop detected");
	c->log_id = caller_id;
	return err;
}

/* Type @id with a size, resolved now where it was not yet. */
static int sized(struct btf_check *c, uint32_t id, bool *ok)
{
	const struct btf_type *t = referred(c, id);
	int err = 0;

	*ok = false;
	if (!t)
		return 0;
	if (needs_resolve(t) && !is_resolved(c, id))
		err = btf_resolve(c, t, id);
	*ok = resolved_size(c, &id, NULL);
	return err;
}

static int check_arg(struct btf_check *c, const struct btf_type *proto, uint32_t i)
{
	const struct btf_param *arg = &btf_params(proto)[i];
	bool ok;
	int err;

	if (!referred(c, arg->type) ||
	    (arg->name_off && (!kern_btf_name(c->btf, arg->name_off) ||
			       !btf_name_is_identifier(c->btf, arg->name_off))))
		return check_refuse(c, proto, "Invalid arg#%u", i + 1);
	err = sized(c, arg->type, &ok);
	if (!err && !ok)
		err = check_refuse(c, proto, "Invalid arg#%u", i + 1);
	return err;
}

int btf_check_func_proto(struct btf_check *c, const struct btf_type *proto)
{
	const struct btf_param *args = btf_params(proto);
	uint32_t cnt = btf_vlen(proto);
	bool ok = true;
	int err = 0;

	if (proto->type) {
		err = sized(c, proto->type, &ok);
		if (!err && !ok)
			err = check_refuse(c, proto, "Invalid return type");
	}
	if (!err && cnt && !args[cnt - 1].type) {
		if (args[cnt - 1].name_off)
			err = check_refuse(c, proto, "Invalid arg#%u", cnt);
		cnt--;
	}
	for (uint32_t i = 0; !err && i < cnt; i++)
		err = check_arg(c, proto, i);
	return err;
}
