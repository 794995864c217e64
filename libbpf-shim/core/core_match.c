/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Does a type of the target have what the program was compiled to use? */
#include "core_internal.h"

struct pair {
	const struct btf *local, *target;
};

/* ---- "the same type" for existence, size and id ---- */

static int types_compatible(const struct pair *btf, __u32 local_id, __u32 target_id, int depth)
{
	const struct btf_type *local, *target;
	int i, ret;

	for (; depth < BTF_MAX_DEPTH; depth++) {
		local = btf_skip_mods_and_typedefs(btf->local, local_id, &local_id);
		target = btf_skip_mods_and_typedefs(btf->target, target_id, &target_id);
		if (!btf_kind_core_compat(local, target))
			return 0;
		switch (btf_kind(local)) {
		case BTF_KIND_UNKN:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
		case BTF_KIND_FWD:
			return 1;
		case BTF_KIND_INT:
			/* the old style of bit-fields */
			return btf_int_offset(local) == 0 && btf_int_offset(target) == 0;
		case BTF_KIND_PTR:
			local_id = local->type;
			target_id = target->type;
			break;
		case BTF_KIND_ARRAY:
			local_id = btf_array(local)->type;
			target_id = btf_array(target)->type;
			break;
		case BTF_KIND_FUNC_PROTO:
			if (btf_vlen(local) != btf_vlen(target))
				return 0;
			for (i = 0; i < btf_vlen(local); i++) {
				ret = types_compatible(btf, btf_params(local)[i].type,
						       btf_params(target)[i].type, depth + 1);
				if (ret <= 0)
					return ret;
			}
			local_id = local->type;
			target_id = target->type;
			break;
		default:
			return 0;
		}
	}
	return -EINVAL;
}

int core_types_are_compatible(const struct btf *local_btf, __u32 local_id,
			      const struct btf *target_btf, __u32 target_id)
{
	struct pair btf = { local_btf, target_btf };

	return types_compatible(&btf, local_id, target_id, 0);
}

/* ---- "the same shape" for type_matches ---- */

static int types_match(const struct pair *btf, __u32 local_id, __u32 target_id, bool behind_ptr,
		       int depth);

static bool type_names_match(const struct pair *btf, __u32 local_off, __u32 target_off)
{
	const char *local = btf_str(btf->local, local_off);
	const char *target = btf_str(btf->target, target_off);

	if (!*target)
		return !*local;
	return core_names_equal(local, target);
}

static __u32 enumerator_name(const struct btf_type *t, int index)
{
	return btf_is_enum(t) ? btf_enum(t)[index].name_off : btf_enum64(t)[index].name_off;
}

/* Every local enumerator exists in the target; the target may have more. */
static int enums_match(const struct pair *btf, const struct btf_type *local,
		       const struct btf_type *target)
{
	int i, n;

	if (btf_vlen(local) > btf_vlen(target))
		return 0;
	for (i = 0; i < btf_vlen(local); i++) {
		for (n = 0; n < btf_vlen(target); n++)
			if (type_names_match(btf, enumerator_name(local, i),
					     enumerator_name(target, n)))
				break;
		if (n == btf_vlen(target))
			return 0;
	}
	return 1;
}

static int member_matches(const struct pair *btf, const struct btf_member *local,
			  const struct btf_type *target, bool behind_ptr, int depth)
{
	const struct btf_member *m = btf_members(target);
	int i, ret;

	for (i = 0; i < btf_vlen(target); i++) {
		if (!type_names_match(btf, local->name_off, m[i].name_off))
			continue;
		ret = types_match(btf, local->type, m[i].type, behind_ptr, depth + 1);
		if (ret)
			return ret;
	}
	return 0;
}

static int composites_match(const struct pair *btf, const struct btf_type *local,
			    const struct btf_type *target, bool behind_ptr, int depth)
{
	int i, ret;

	if (btf_vlen(local) > btf_vlen(target))
		return 0;
	for (i = 0; i < btf_vlen(local); i++) {
		ret = member_matches(btf, &btf_members(local)[i], target, behind_ptr, depth);
		if (ret <= 0)
			return ret;
	}
	return 1;
}

/* A forward declaration stands for the struct (kind flag 0) or union (1) of that name. */
static bool forward_stands_for(const struct btf_type *fwd, const struct btf_type *t)
{
	return btf_kflag(fwd) ? btf_is_union(t) : btf_is_struct(t);
}

static int protos_match(const struct pair *btf, const struct btf_type *local,
			const struct btf_type *target, bool behind_ptr, int depth)
{
	int i, ret;

	if (btf_vlen(local) != btf_vlen(target))
		return 0;
	for (i = 0; i < btf_vlen(local); i++) {
		ret = types_match(btf, btf_params(local)[i].type, btf_params(target)[i].type,
				  behind_ptr, depth + 1);
		if (ret <= 0)
			return ret;
	}
	return types_match(btf, local->type, target->type, behind_ptr, depth + 1);
}

static int types_match(const struct pair *btf, __u32 local_id, __u32 target_id, bool behind_ptr,
		       int depth)
{
	const struct btf_type *local = btf_skip_mods_and_typedefs(btf->local, local_id, NULL);
	const struct btf_type *target = btf_skip_mods_and_typedefs(btf->target, target_id, NULL);
	bool same_kind = btf_kind(local) == btf_kind(target);

	if (depth > BTF_MAX_DEPTH)
		return -EINVAL;
	if (!type_names_match(btf, local->name_off, target->name_off))
		return 0;
	switch (btf_kind(local)) {
	case BTF_KIND_UNKN:
		return same_kind;
	case BTF_KIND_FWD:
		if (same_kind)
			return btf_kflag(local) == btf_kflag(target);
		return behind_ptr && forward_stands_for(local, target);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return btf_kind_core_compat(local, target) && enums_match(btf, local, target);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		/* behind a pointer only the name counts, or circular types would never end */
		if (behind_ptr)
			return same_kind ||
			       (btf_is_fwd(target) && forward_stands_for(target, local));
		return same_kind ? composites_match(btf, local, target, behind_ptr, depth) : 0;
	case BTF_KIND_INT:
		return same_kind && local->size == target->size &&
		       (btf_int_encoding(local) & BTF_INT_SIGNED) ==
			       (btf_int_encoding(target) & BTF_INT_SIGNED);
	case BTF_KIND_PTR:
		return same_kind ? types_match(btf, local->type, target->type, true, depth + 1) : 0;
	case BTF_KIND_ARRAY:
		if (!same_kind || btf_array(local)->nelems != btf_array(target)->nelems)
			return 0;
		return types_match(btf, btf_array(local)->type, btf_array(target)->type,
				   behind_ptr, depth + 1);
	case BTF_KIND_FUNC_PROTO:
		return same_kind ? protos_match(btf, local, target, behind_ptr, depth) : 0;
	default:
		return 0;
	}
}

/* ---- fields ---- */

static int fields_compatible(const struct pair *btf, __u32 local_id, __u32 target_id)
{
	const struct btf_type *local, *target;
	const char *local_name, *target_name;
	int depth;

	for (depth = 0; depth < BTF_MAX_DEPTH; depth++) {
		local = btf_skip_mods_and_typedefs(btf->local, local_id, NULL);
		target = btf_skip_mods_and_typedefs(btf->target, target_id, NULL);
		if (btf_is_composite(local) && btf_is_composite(target))
			return 1;
		if (!btf_kind_core_compat(local, target))
			return 0;
		switch (btf_kind(local)) {
		case BTF_KIND_PTR:
		case BTF_KIND_FLOAT:
			return 1;
		case BTF_KIND_FWD:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			local_name = btf_type_name(btf->local, local);
			target_name = btf_type_name(btf->target, target);
			return !*local_name || !*target_name ||
			       core_names_equal(local_name, target_name);
		case BTF_KIND_INT:
			/* the size may differ: loads are adjusted */
			return btf_int_offset(local) == 0 && btf_int_offset(target) == 0;
		case BTF_KIND_ARRAY:
			local_id = btf_array(local)->type;
			target_id = btf_array(target)->type;
			break;
		default:
			return 0;
		}
	}
	return 0;
}

struct search {
	const struct pair *btf;
	const char *name;
	__u32 local_type;	/* of the field */
	struct core_spec *spec;
};

/*
 * Finds a field by name, also inside anonymous members. The target spec grows on the way and is
 * cut back where the search has to turn.
 */
static int find_field(const struct search *search, __u32 target_id, __u32 *field_type, int depth)
{
	struct core_spec *spec = search->spec;
	const struct btf_type *t;
	const struct btf_member *m;
	const char *name;
	int i, found;

	if (depth > BTF_MAX_DEPTH || spec->raw_count == CORE_MAX_STEPS)
		return depth > BTF_MAX_DEPTH ? -EINVAL : -E2BIG;
	t = btf_skip_mods_and_typedefs(spec->btf, target_id, &target_id);
	if (!btf_is_composite(t))
		return 0;
	for (i = 0, m = btf_members(t); i < btf_vlen(t); i++, m++) {
		__u64 old_offset = spec->bit_offset;

		name = btf_str(spec->btf, m->name_off);
		spec->bit_offset += btf_member_bit_offset(t, i);
		spec->raw[spec->raw_count++] = i;
		if (!*name) {
			found = find_field(search, m->type, field_type, depth + 1);
			if (found)
				return found;
		} else if (strcmp(name, search->name) == 0) {
			spec->steps[spec->step_count++] =
				(struct core_step){ target_id, i, name };
			*field_type = m->type;
			found = fields_compatible(search->btf, search->local_type, m->type);
			if (!found)
				spec->step_count--, spec->raw_count--;
			return found;
		}
		spec->bit_offset = old_offset;
		spec->raw_count--;
	}
	return 0;
}

static int step_into_element(struct core_spec *spec, const struct core_step *local, bool is_first,
			     __u32 *id)
{
	const struct btf_type *t;
	const struct core_step *last;
	__s64 size;

	if (!is_first) {
		t = btf_skip_mods_and_typedefs(spec->btf, *id, id);
		if (!btf_is_array(t))
			return 0;
		last = &spec->steps[spec->step_count - 1];
		if (local->index >= btf_array(t)->nelems &&
		    !(btf_array(t)->nelems <= 1 && last->name &&
		      last->index ==
			      (__u32)btf_vlen(btf__type_by_id(spec->btf, last->type_id)) - 1))
			return 0;
		btf_skip_mods_and_typedefs(spec->btf, btf_array(t)->type, id);
	}
	if (spec->raw_count == CORE_MAX_STEPS)
		return -E2BIG;
	spec->steps[spec->step_count++] = (struct core_step){ *id, local->index, NULL };
	spec->raw[spec->raw_count++] = local->index;
	size = btf__resolve_size(spec->btf, *id);
	if (size < 0)
		return size;
	spec->bit_offset += (__u64)local->index * size * 8;
	return 1;
}

static int match_field(const struct pair *btf, const struct core_spec *local, __u32 id,
		       struct core_spec *target)
{
	struct search search = { .btf = btf, .spec = target };
	const struct core_step *step;
	const struct btf_type *t;
	int i, found = 1;

	btf_skip_mods_and_typedefs(target->btf, id, &id);
	for (i = 0; i < local->step_count && found > 0; i++) {
		step = &local->steps[i];
		if (step->name) {
			t = btf__type_by_id(local->btf, step->type_id);
			search.name = step->name;
			search.local_type = btf_members(t)[step->index].type;
			found = find_field(&search, id, &id, 0);
		} else {
			found = step_into_element(target, step, i == 0, &id);
		}
	}
	return found;
}

static int match_enumval(const struct core_spec *local, __u32 id, struct core_spec *target)
{
	const struct btf_type *t = btf_skip_mods_and_typedefs(target->btf, id, &id);
	const char *name;
	int i;

	if (!btf_is_any_enum(t))
		return 0;
	for (i = 0; i < btf_vlen(t); i++) {
		name = btf_str(target->btf, enumerator_name(t, i));
		if (!core_names_equal(local->steps[0].name, name))
			continue;
		target->steps[target->step_count++] = (struct core_step){ id, i, name };
		target->raw[target->raw_count++] = i;
		return 1;
	}
	return 0;
}

int core_spec_match(const struct core_spec *local, const struct btf *target_btf, __u32 target_id,
		    struct core_spec *target)
{
	struct pair btf = { local->btf, target_btf };

	memset(target, 0, sizeof(*target));
	target->btf = target_btf;
	target->kind = local->kind;
	target->root_type_id = target_id;
	if (core_kind_is_enumval(local->kind))
		return match_enumval(local, target_id, target);
	if (core_kind_is_field(local->kind))
		return match_field(&btf, local, target_id, target);
	target->steps[target->step_count++] = (struct core_step){ target_id, 0, NULL };
	if (local->kind == BPF_CORE_TYPE_MATCHES)
		return types_match(&btf, local->root_type_id, target_id, false, 0);
	return types_compatible(&btf, local->root_type_id, target_id, 0);
}
