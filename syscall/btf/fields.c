/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Special fields: members that the kernel manages (locks, timers, list heads, pointers to kernel
 * objects), found by the names of their types and by type and declaration tags. What has the right
 * name but the wrong size or alignment is an ordinary member: Linux ignores it, too.
 */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define FIELD_KPTR  (BTF_FIELD_KPTR_UNREF | BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU)
#define FIELD_LOCKS (BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK)
#define FIELD_ROOTS (BTF_FIELD_LIST_HEAD | BTF_FIELD_RB_ROOT)
#define FIELD_NODES (BTF_FIELD_LIST_NODE | BTF_FIELD_RB_NODE)
/* May stand in arrays. */
#define FIELD_REPEATABLE (FIELD_KPTR | BTF_FIELD_UPTR | FIELD_ROOTS)
/* Looked for in every struct of a program, for objects it allocates itself. */
#define FIELD_OF_OBJECTS                                                                           \
	(FIELD_LOCKS | FIELD_ROOTS | FIELD_NODES | BTF_FIELD_REFCOUNT | FIELD_KPTR)

#define FOUND 1

static const struct special {
	const char *name;
	uint32_t kind, size, align;
	bool once;		/* a second one is an error */
	bool of_objects;	/* a struct that has one is checked when it is loaded */
} specials[] = {
	{ "bpf_spin_lock",	BTF_FIELD_SPIN_LOCK,	 4, 4, true, true },
	{ "bpf_res_spin_lock",	BTF_FIELD_RES_SPIN_LOCK, 4, 4, true, false },
	{ "bpf_timer",		BTF_FIELD_TIMER,	 16, 8, true, false },
	{ "bpf_wq",		BTF_FIELD_WORKQUEUE,	 16, 8, true, false },
	{ "bpf_task_work",	BTF_FIELD_TASK_WORK,	 8, 8, true, false },
	{ "bpf_list_head",	BTF_FIELD_LIST_HEAD,	 16, 8, false, true },
	{ "bpf_list_node",	BTF_FIELD_LIST_NODE,	 24, 8, false, true },
	{ "bpf_rb_root",	BTF_FIELD_RB_ROOT,	 16, 8, false, true },
	{ "bpf_rb_node",	BTF_FIELD_RB_NODE,	 32, 8, false, true },
	{ "bpf_refcount",	BTF_FIELD_REFCOUNT,	 4, 4, false, true },
};

static const struct {
	const char *tag;
	uint32_t kind;
} pointer_tags[] = {
	{ "kptr_untrusted",	BTF_FIELD_KPTR_UNREF },
	{ "kptr",		BTF_FIELD_KPTR_REF },
	{ "percpu_kptr",	BTF_FIELD_KPTR_PERCPU },
	{ "uptr",		BTF_FIELD_UPTR },
};

struct search {
	const struct kern_btf *btf;
	uint32_t kinds, cnt;
	struct kern_btf_field field[BTF_FIELDS_MAX];	/* in the order of discovery */
	const char *node_name[BTF_FIELDS_MAX];		/* of graph roots */
};

/* Where a member or variable stands. Tags of graph roots are looked up by it. */
struct place {
	const struct btf_type *parent;
	uint32_t index;
	uint32_t base;		/* of the parent; alignment counts within it, as in Linux */
	uint32_t *seen;		/* kinds that the members before it have, not nested ones */
};

static bool is_struct(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_STRUCT;
}

static const struct special *special_of(const struct kern_btf *btf, const struct btf_type *t,
					uint32_t kinds)
{
	const char *name = kern_btf_type_name(btf, t);

	for (uint32_t i = 0; i < ARRAY_SIZE(specials); i++)
		if (specials[i].kind & kinds && !strcmp(name, specials[i].name))
			return &specials[i];
	return NULL;
}

/* A pointer to a struct with a tag of the kernel's in between. FOUND, 0: an ordinary pointer, or
 * -EINVAL. */
static int match_pointer(const struct kern_btf *btf, const struct btf_type *t, uint32_t kinds,
			 struct kern_btf_field *field)
{
	const struct btf_type *tag, *target;
	uint32_t kind = 0;

	if (btf_kind(t) != BTF_KIND_PTR)
		return 0;
	tag = kern_btf_type(btf, t->type);
	if (btf_kind(tag) != BTF_KIND_TYPE_TAG || btf_kflag(tag))
		return 0;
	if (btf_kind(kern_btf_type(btf, tag->type)) == BTF_KIND_TYPE_TAG)
		return -EINVAL;
	for (uint32_t i = 0; i < ARRAY_SIZE(pointer_tags); i++)
		if (!strcmp(kern_btf_type_name(btf, tag), pointer_tags[i].tag))
			kind = pointer_tags[i].kind;
	if (!kind)
		return -EINVAL;
	if (!(kind & kinds))
		return 0;
	target = kern_btf_skip_modifiers(btf, tag->type, &field->type_id);
	if (!is_struct(target))
		return -EINVAL;
	field->kind = kind;
	field->size = sizeof(void *);
	return FOUND;
}

/* Text behind "contains:" of the tag on that member; NULL: not exactly one. */
static const char *contains_tag(const struct kern_btf *btf, struct place place)
{
	const char *found = NULL;

	for (uint32_t id = 1; id < kern_btf_type_cnt(btf); id++) {
		const struct btf_type *t = kern_btf_type(btf, id);
		const struct btf_decl_tag *tag = (const void *)(t + 1);
		const char *text;

		if (btf_kind(t) != BTF_KIND_DECL_TAG ||
		    (uint32_t)tag->component_idx != place.index ||
		    kern_btf_type(btf, t->type) != place.parent)
			continue;
		text = kern_btf_type_name(btf, t);
		if (strncmp(text, "contains:", 9))
			continue;
		if (found)
			return NULL;
		found = text + 9;
	}
	return found;
}

/* "contains:<struct>:<member>" of a list head or tree root. */
static int match_root(struct search *s, struct place place, struct kern_btf_field *field,
		      const char **node_name)
{
	const char *text = contains_tag(s->btf, place), *colon;
	char *name;

	colon = text ? strchr(text, ':') : NULL;
	if (!colon)
		return -EINVAL;
	name = strndup(text, colon - text);
	if (!name)
		return -ENOMEM;
	field->type_id = kern_btf_find(s->btf, name, BTF_KIND_STRUCT);
	free(name);
	if (!field->type_id)
		return -ENOENT;
	if (!colon[1])
		return -EINVAL;
	*node_name = colon + 1;
	return FOUND;
}

/* Copies of the last @fields found, one per further element of an array. */
static int repeat(struct search *s, uint32_t fields, uint32_t elems, uint32_t elem_size)
{
	uint32_t first = s->cnt - fields;

	for (uint32_t i = first; i < s->cnt; i++)
		if (!(s->field[i].kind & FIELD_REPEATABLE))
			return -EINVAL;
	if ((uint64_t)fields * elems > BTF_FIELDS_MAX - first)
		return -E2BIG;
	for (uint32_t e = 1; e < elems; e++)
		for (uint32_t i = 0; i < fields; i++, s->cnt++) {
			s->field[s->cnt] = s->field[first + i];
			s->field[s->cnt].offset += e * elem_size;
			s->node_name[s->cnt] = s->node_name[first + i];
		}
	return 0;
}

static int search_struct(struct search *s, const struct btf_type *t, uint32_t base, int level);

static int search_nested(struct search *s, const struct btf_type *t, uint32_t base, uint32_t elems,
			 int level)
{
	uint32_t before = s->cnt;
	int err;

	if (level + 1 >= RESOLVE_DEPTH_MAX)
		return -E2BIG;
	err = search_struct(s, t, base, level + 1);
	if (err || s->cnt == before || elems == 1)
		return err;
	return repeat(s, s->cnt - before, elems, t->size);
}

/* One member or variable. @size: of the whole variable, 0 for members: it follows. */
static int search_one(struct search *s, struct place place, const struct btf_type *t,
		      uint32_t offset, uint32_t size, int level)
{
	struct kern_btf_field field = { .offset = place.base + offset };
	const struct special *special;
	const char *node_name = NULL;
	uint32_t elems = 1, elem_size = sizeof(void *), align = sizeof(void *);
	int depth, ret;

	for (depth = 0; depth < RESOLVE_DEPTH_MAX && btf_kind(t) == BTF_KIND_ARRAY; depth++) {
		elems *= btf_array(t)->nelems;
		t = kern_btf_type(s->btf, btf_array(t)->type);
	}
	if (depth == RESOLVE_DEPTH_MAX)
		return -E2BIG;
	if (!elems)
		return 0;
	special = special_of(s->btf, t, s->kinds);
	if (special) {
		if (special->once && *place.seen & special->kind)
			return -E2BIG;
		*place.seen |= special->kind;
		field.kind = special->kind;
		field.size = elem_size = special->size;
		align = special->align;
	} else if (is_struct(t)) {
		if (size && size != (uint64_t)t->size * elems)
			return 0;
		return search_nested(s, t, field.offset, elems, level);
	} else if (!(s->kinds & (FIELD_KPTR | BTF_FIELD_UPTR))) {
		return 0;
	}
	if ((size && size != (uint64_t)elem_size * elems) || offset % align)
		return 0;

	if (!special)
		ret = match_pointer(s->btf, t, s->kinds, &field);
	else if (!is_struct(t) || t->size != special->size)
		ret = 0;
	else if (special->kind & FIELD_ROOTS)
		ret = match_root(s, place, &field, &node_name);
	else
		ret = FOUND;
	if (ret != FOUND)
		return ret;
	if (s->cnt == BTF_FIELDS_MAX)
		return -E2BIG;
	s->field[s->cnt] = field;
	s->node_name[s->cnt++] = node_name;
	return elems > 1 ? repeat(s, 1, elems, elem_size) : 0;
}

static int search_struct(struct search *s, const struct btf_type *t, uint32_t base, int level)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		uint32_t bit = btf_member_bit_offset(t, m);
		int err;

		if (bit % 8)
			return -EINVAL;
		err = search_one(s, (struct place){ t, i, base, &seen },
				 kern_btf_type(s->btf, m->type), bit / 8, 0, level);
		if (err)
			return err;
	}
	return 0;
}

static int search_datasec(struct search *s, const struct btf_type *t)
{
	uint32_t seen = 0;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_var_secinfo *info = &btf_secinfos(t)[i];
		const struct btf_type *var = kern_btf_type(s->btf, info->type);
		int err = search_one(s, (struct place){ var, (uint32_t)-1, 0, &seen },
				     kern_btf_type(s->btf, var->type), info->offset, info->size, 0);

		if (err)
			return err;
	}
	return 0;
}

/* Where in the contained struct a root's nodes are linked. */
static int find_node(const struct kern_btf *btf, struct kern_btf_field *root, const char *name)
{
	const char *wanted = root->kind == BTF_FIELD_LIST_HEAD ? "bpf_list_node" : "bpf_rb_node";
	const struct btf_type *t = kern_btf_type(btf, root->type_id), *node;
	bool found = false;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		uint32_t bit = btf_member_bit_offset(t, m);

		if (strcmp(name, kern_btf_name(btf, m->name_off)))
			continue;
		node = kern_btf_type(btf, m->type);
		if (found || !is_struct(node) || strcmp(kern_btf_type_name(btf, node), wanted))
			return -EINVAL;
		if (bit % 64)
			return -EINVAL;
		root->node_offset = bit / 8;
		found = true;
	}
	return found ? 0 : -ENOENT;
}

static int by_offset(const void *a, const void *b)
{
	const struct kern_btf_field *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int finish(struct search *s, uint32_t value_size, struct kern_btf_fields *fields)
{
	uint32_t end = 0, mask = 0;
	int err;

	for (uint32_t i = 0; i < s->cnt; i++) {
		struct kern_btf_field *field = &s->field[i];

		if ((uint64_t)field->offset + field->size > value_size)
			return -EFAULT;
		if (field->offset < end)
			return -EEXIST;
		end = field->offset + field->size;
		mask |= field->kind;
		err = field->kind & FIELD_ROOTS ? find_node(s->btf, field, s->node_name[i]) : 0;
		if (err)
			return err;
	}
	if ((mask & FIELD_LOCKS) == FIELD_LOCKS)
		return -EINVAL;
	if (mask & FIELD_ROOTS && !(mask & FIELD_LOCKS))
		return -EINVAL;
	/* In a list and a tree at once: only where it is counted. */
	if ((mask & FIELD_NODES) == FIELD_NODES && !(mask & BTF_FIELD_REFCOUNT))
		return -EINVAL;
	memset(fields, 0, sizeof(*fields));
	memcpy(fields->field, s->field, s->cnt * sizeof(s->field[0]));
	qsort(fields->field, s->cnt, sizeof(s->field[0]), by_offset);
	fields->cnt = s->cnt;
	fields->mask = mask;
	return 0;
}

int kern_btf_find_fields(const struct kern_btf *btf, uint32_t type_id, uint32_t kinds,
			 uint32_t value_size, struct kern_btf_fields *fields)
{
	const struct btf_type *t = kern_btf_type(btf, type_id);
	struct search s = { .btf = btf, .kinds = kinds };
	int err = -EINVAL;

	if (t && is_struct(t))
		err = search_struct(&s, t, 0, 0);
	else if (t && btf_kind(t) == BTF_KIND_DATASEC)
		err = search_datasec(&s, t);
	return err ? err : finish(&s, value_size, fields);
}

/* ---- structs of a program, when its BTF is loaded ---- */

/* A member of type @t makes its struct worth a look. */
static bool marks_objects(const struct kern_btf *btf, const struct btf_type *t)
{
	const struct special *special = is_struct(t) ? special_of(btf, t, ~0u) : NULL;
	struct kern_btf_field ignored;

	if (special && special->of_objects)
		return true;
	return match_pointer(btf, t, FIELD_KPTR, &ignored) == FOUND;
}

static bool has_marked_member(const struct kern_btf *btf, const struct btf_type *t,
			      const uint8_t *marked)
{
	if (!is_struct(t))
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (marked[btf_members(t)[i].type])
			return true;
	return false;
}

/* An object in a list must not own a list itself: ownership has no cycles. */
static int check_ownership(const struct kern_btf *btf, uint32_t id, const uint8_t *objects)
{
	struct kern_btf_fields fields, contained;
	int err = kern_btf_find_fields(btf, id, FIELD_OF_OBJECTS,
				       kern_btf_type(btf, id)->size, &fields);

	for (uint32_t i = 0; !err && i < fields.cnt; i++) {
		const struct kern_btf_field *field = &fields.field[i];

		if (!(field->kind & FIELD_ROOTS))
			continue;
		if (!objects[field->type_id])
			return -EFAULT;
		if (!(fields.mask & FIELD_NODES))
			continue;
		err = kern_btf_find_fields(btf, field->type_id, FIELD_OF_OBJECTS,
					   kern_btf_type(btf, field->type_id)->size, &contained);
		if (!err && contained.mask & FIELD_ROOTS)
			return -ELOOP;
	}
	return err;
}

static int check_objects(const struct kern_btf *btf, uint8_t *marked, uint8_t *objects)
{
	uint32_t cnt = kern_btf_type_cnt(btf);
	struct kern_btf_fields fields;
	bool any = false;
	int err = 0;

	for (uint32_t id = 1; id < cnt; id++) {
		marked[id] = marks_objects(btf, kern_btf_type(btf, id));
		any |= marked[id];
	}
	if (!any)
		return 0;
	for (uint32_t id = 1; !err && id < cnt; id++) {
		const struct btf_type *t = kern_btf_type(btf, id);

		objects[id] = has_marked_member(btf, t, marked);
		if (!objects[id])
			continue;
		err = kern_btf_find_fields(btf, id, FIELD_OF_OBJECTS, t->size, &fields);
		if (!err && !fields.cnt)
			err = -EFAULT;	/* the only one is of a wrong size or place */
	}
	for (uint32_t id = 1; !err && id < cnt; id++)
		if (objects[id])
			err = check_ownership(btf, id, objects);
	return err;
}

int btf_check_objects(const struct kern_btf *btf)
{
	uint8_t *marks = calloc(2, kern_btf_type_cnt(btf));
	int err;

	if (!marks)
		return -ENOMEM;
	err = check_objects(btf, marks, marks + kern_btf_type_cnt(btf));
	free(marks);
	return err;
}
