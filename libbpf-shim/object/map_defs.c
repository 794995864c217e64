/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Maps defined by variables in .maps: the attributes are in the variable's type. An integer is
 * the length of an array that a pointer points to, a type is what a pointer points to.
 */
#include "object.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "sys.h"

#define PIN_ROOT_DEFAULT "/sys/fs/bpf"

enum { PIN_NONE = 0, PIN_BY_NAME = 1 };

struct parser {
	struct bpf_object *obj;
	struct bpf_map *map;
	const struct btf_type *def;
	bool strict, is_inner;
	const char *pin_root;
	/* sizes may be said twice, by number and by type, if they agree */
	bool has_key_size, has_value_size;
};

static int bad_attr(const struct parser *p, const char *attr, const char *what)
{
	pr_warn("map '%s': attr '%s': %s\n", p->map->name, attr, what);
	return -EINVAL;
}

static int field_int(const struct parser *p, const struct btf_member *m, const char *attr,
		     __u32 *result)
{
	const struct btf_type *t = btf_skip_mods_and_typedefs(p->obj->btf, m->type, NULL);

	if (!btf_is_ptr(t))
		return bad_attr(p, attr, "expected PTR");
	t = btf__type_by_id(p->obj->btf, t->type);
	if (!t || !btf_is_array(t))
		return bad_attr(p, attr, "expected ARRAY");
	*result = btf_array(t)->nelems;
	return 0;
}

/* 64-bit numbers are the value of an enumerator. */
static int field_long(const struct parser *p, const struct btf_member *m, const char *attr,
		      __u64 *result)
{
	const struct btf_type *t = btf_skip_mods_and_typedefs(p->obj->btf, m->type, NULL);
	__u32 small;
	int err;

	if (btf_is_ptr(t)) {
		err = field_int(p, m, attr, &small);
		if (!err)
			*result = small;
		return err;
	}
	if (!btf_is_any_enum(t))
		return bad_attr(p, attr, "expected ENUM or ENUM64");
	if (btf_vlen(t) != 1)
		return bad_attr(p, attr, "invalid __ulong");
	*result = btf_is_enum(t) ? (__u64)btf_enum(t)->val : btf_enum64_value(btf_enum64(t));
	return 0;
}

static int set_size(struct parser *p, const char *attr, __u32 *field, bool *known, __u32 size)
{
	if (*known && *field != size) {
		pr_warn("map '%s': conflicting %s %u != %u.\n", p->map->name, attr, *field, size);
		return -EINVAL;
	}
	*field = size;
	*known = true;
	return 0;
}

/* "key" and "value": the type pointed to gives the size as well. */
static int field_type(struct parser *p, const struct btf_member *m, const char *attr,
		      __u32 *field, bool *known, __u32 *type_id)
{
	const struct btf_type *t = btf__type_by_id(p->obj->btf, m->type);
	__s64 size;

	if (!btf_is_ptr(t))
		return bad_attr(p, attr, "expected PTR");
	size = btf__resolve_size(p->obj->btf, t->type);
	if (size < 0)
		return bad_attr(p, attr, "can't determine size of the type");
	*type_id = t->type;
	return set_size(p, attr, field, known, size);
}

/* ---- "values": the inner map, or programs ---- */

static int parse_fields(struct parser *p);

static struct bpf_map *new_inner_map(const struct bpf_map *outer)
{
	struct bpf_map *inner = calloc(1, sizeof(*inner));

	if (!inner)
		return NULL;
	inner->fd = inner->inner_map_fd = -1;
	inner->sec_idx = outer->sec_idx;
	inner->autocreate = true;
	inner->origin = MAP_DEFINED;
	if (asprintf(&inner->name, "%s.inner", outer->name) < 0) {
		free(inner);
		return NULL;
	}
	return inner;
}

static int parse_inner_map(struct parser *p, const struct btf_type *t)
{
	struct parser inner = *p;
	int err;

	if (!btf_is_struct(t))
		return bad_attr(p, "values", "map-in-map inner def is of unexpected kind");
	p->map->inner_map = new_inner_map(p->map);
	if (!p->map->inner_map)
		return -ENOMEM;
	inner.map = p->map->inner_map;
	inner.def = t;
	inner.is_inner = true;
	inner.has_key_size = inner.has_value_size = false;
	err = parse_fields(&inner);
	if (!err && map_type_is_ringbuf(inner.map->type))
		inner.map->max_entries = ringbuf_size(inner.map->max_entries);
	return err;
}

static int parse_values(struct parser *p, int index)
{
	const struct btf_member *m = &btf_members(p->def)[index];
	bool of_maps = map_type_is_map_in_map(p->map->type);
	const struct btf_type *t;
	int err;

	if (p->is_inner)
		return bad_attr(p, "values", "multi-level inner maps not supported");
	if (index != btf_vlen(p->def) - 1)
		return bad_attr(p, "values", "not the last field");
	if (!of_maps && p->map->type != BPF_MAP_TYPE_PROG_ARRAY) {
		bad_attr(p, "values", "should be map-in-map or prog-array");
		return -ENOTSUP;
	}
	err = set_size(p, "value size", &p->map->value_size, &p->has_value_size, 4);
	if (err)
		return err;
	t = btf__type_by_id(p->obj->btf, m->type);
	if (!btf_is_array(t) || btf_array(t)->nelems)
		return bad_attr(p, "values", "expected zero-sized array");
	t = btf_skip_mods_and_typedefs(p->obj->btf, btf_array(t)->type, NULL);
	if (!btf_is_ptr(t))
		return bad_attr(p, "values", "def is of unexpected kind");
	t = btf_skip_mods_and_typedefs(p->obj->btf, t->type, NULL);
	if (of_maps)
		return parse_inner_map(p, t);
	return btf_is_func_proto(t) ? 0 :
				      bad_attr(p, "values", "prog-array value def is of unexpected kind");
}

/* ---- fields ---- */

/* Dots would be refused by the bpf file system. */
static int default_pin_path(struct bpf_map *map, const char *root)
{
	char path[PATH_MAX], *c;
	int len = snprintf(path, sizeof(path), "%s/%s", root ? root : PIN_ROOT_DEFAULT, map->name);

	if (len >= (int)sizeof(path))
		return -ENAMETOOLONG;
	for (c = path; *c; c++)
		if (*c == '.')
			*c = '_';
	return bpf_map__set_pin_path(map, path);
}

static int parse_pinning(struct parser *p, const struct btf_member *m)
{
	__u32 value;
	int err;

	if (p->is_inner)
		return bad_attr(p, "pinning", "inner def can't be pinned");
	err = field_int(p, m, "pinning", &value);
	if (err)
		return err;
	if (value != PIN_NONE && value != PIN_BY_NAME) {
		pr_warn("map '%s': invalid pinning value %u.\n", p->map->name, value);
		return -EINVAL;
	}
	if (value == PIN_NONE)
		return 0;
	err = default_pin_path(p->map, p->pin_root);
	if (err)
		pr_warn("map '%s': couldn't build pin path.\n", p->map->name);
	return err;
}

static int parse_field(struct parser *p, int index)
{
	const struct btf_member *m = &btf_members(p->def)[index];
	const char *name = btf_str(p->obj->btf, m->name_off);
	struct bpf_map *map = p->map;
	const struct {
		const char *name;
		__u32 *to;
	} numbers[] = {
		{ "type", (__u32 *)&map->type },
		{ "max_entries", &map->max_entries },
		{ "map_flags", &map->flags },
		{ "numa_node", &map->numa_node },
	};
	__u32 size;
	size_t i;
	int err;

	if (!*name) {
		pr_warn("map '%s': invalid field #%d.\n", map->name, index);
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (strcmp(name, numbers[i].name) == 0)
			return field_int(p, m, name, numbers[i].to);
	if (strcmp(name, "key_size") == 0) {
		err = field_int(p, m, name, &size);
		return err ? err : set_size(p, "key size", &map->key_size, &p->has_key_size, size);
	}
	if (strcmp(name, "value_size") == 0) {
		err = field_int(p, m, name, &size);
		return err ? err :
			     set_size(p, "value size", &map->value_size, &p->has_value_size, size);
	}
	if (strcmp(name, "key") == 0)
		return field_type(p, m, "key size", &map->key_size, &p->has_key_size,
				  &map->btf_key_type_id);
	if (strcmp(name, "value") == 0)
		return field_type(p, m, "value size", &map->value_size, &p->has_value_size,
				  &map->btf_value_type_id);
	if (strcmp(name, "values") == 0)
		return parse_values(p, index);
	if (strcmp(name, "pinning") == 0)
		return parse_pinning(p, m);
	if (strcmp(name, "map_extra") == 0)
		return field_long(p, m, name, &map->map_extra);
	if (p->strict) {
		pr_warn("map '%s': unknown field '%s'.\n", map->name, name);
		return -ENOTSUP;
	}
	pr_debug("map '%s': ignoring unknown field '%s'.\n", map->name, name);
	return 0;
}

static int parse_fields(struct parser *p)
{
	int i, err;

	for (i = 0; i < btf_vlen(p->def); i++) {
		err = parse_field(p, i);
		if (err)
			return err;
	}
	if (p->map->type == BPF_MAP_TYPE_UNSPEC) {
		pr_warn("map '%s': map type isn't specified.\n", p->map->name);
		return -EINVAL;
	}
	return 0;
}

/* ---- variables ---- */

static int parse_map(struct bpf_object *obj, const struct btf_var_secinfo *info, bool relaxed,
		     const char *pin_root)
{
	const struct elf_section *sec = &obj->elf.sections[obj->maps_idx];
	const struct btf_type *var = btf__type_by_id(obj->btf, info->type), *t;
	struct parser p = { .obj = obj, .strict = !relaxed, .pin_root = pin_root };
	const char *name = btf_type_name(obj->btf, var);
	int err;

	if (!btf_is_var(var) || !*name) {
		pr_warn("map #%zu: empty name.\n", obj->map_cnt);
		return -EINVAL;
	}
	if ((__u64)info->offset + info->size > sec->size) {
		pr_warn("map '%s' BTF data is corrupted.\n", name);
		return -EINVAL;
	}
	if (btf_var(var)->linkage != BTF_VAR_GLOBAL_ALLOCATED) {
		pr_warn("map '%s': unsupported map linkage %u.\n", name, btf_var(var)->linkage);
		return -EOPNOTSUPP;
	}
	t = btf_skip_mods_and_typedefs(obj->btf, var->type, NULL);
	if (!btf_is_struct(t)) {
		pr_warn("map '%s': unexpected def kind %s.\n", name, btf_kind_str(t));
		return -EINVAL;
	}
	if (t->size > info->size) {
		pr_warn("map '%s': invalid def size.\n", name);
		return -EINVAL;
	}
	p.def = t;
	p.map = object_add_map(obj);
	if (!p.map)
		return -ENOMEM;
	p.map->name = strdup(name);
	if (!p.map->name)
		return -ENOMEM;
	p.map->sec_idx = obj->maps_idx;
	p.map->sec_offset = info->offset;
	err = parse_fields(&p);
	if (!err && map_type_is_ringbuf(p.map->type))
		p.map->max_entries = ringbuf_size(p.map->max_entries);
	return err;
}

int object_collect_maps(struct bpf_object *obj, bool relaxed, const char *pin_root)
{
	const struct btf_type *sec = NULL, *t;
	__u32 id;
	int i, err;

	if (!obj->maps_idx)
		return 0;
	for (id = 1; id < btf__type_cnt(obj->btf) && !sec; id++) {
		t = btf__type_by_id(obj->btf, id);
		if (btf_is_datasec(t) && strcmp(btf_type_name(obj->btf, t), MAPS_ELF_SEC) == 0)
			sec = t;
	}
	if (!sec) {
		pr_warn("DATASEC '%s' not found.\n", MAPS_ELF_SEC);
		return -ENOENT;
	}
	for (i = 0; i < btf_vlen(sec); i++) {
		err = parse_map(obj, &btf_var_secinfos(sec)[i], relaxed, pin_root);
		if (err)
			return err;
	}
	return 0;
}
