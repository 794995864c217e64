/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Types, names and sizes of a checked BTF, and the search by name. */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

/* Chains of ids with the same hash of the name, lowest id first. */
struct name_index {
	uint32_t mask;
	uint32_t *next;		/* by id - first_id */
	uint32_t head[];	/* mask + 1 */
};

uint32_t kern_btf_type_cnt(const struct kern_btf *btf)
{
	return btf->type_cnt;
}

const struct btf_type *kern_btf_type(const struct kern_btf *btf, uint32_t id)
{
	static const struct btf_type void_type;

	while (btf && id && id < btf->first_id)
		btf = btf->base;
	if (!id)
		return &void_type;
	if (!btf || id >= btf->type_cnt)
		return NULL;
	return btf->types[id - btf->first_id];
}

const char *kern_btf_name(const struct kern_btf *btf, uint32_t offset)
{
	while (btf && offset < btf->first_str)
		btf = btf->base;
	if (!btf)
		return NULL;
	offset -= btf->first_str;
	return offset < btf->str_size ? btf->strings + offset : NULL;
}

const char *kern_btf_type_name(const struct kern_btf *btf, const struct btf_type *type)
{
	return kern_btf_name(btf, type->name_off);
}

/* Modifiers cannot form a loop in a checked BTF; one that was damaged in the store might. */
const struct btf_type *kern_btf_skip_modifiers(const struct kern_btf *btf, uint32_t id,
					       uint32_t *real_id)
{
	const struct btf_type *t = kern_btf_type(btf, id);
	uint32_t limit = btf->type_cnt;

	while (t && btf_is_modifier(t) && limit--) {
		id = t->type;
		t = kern_btf_type(btf, id);
	}
	if (t && real_id)
		*real_id = id;
	return t;
}

int kern_btf_size(const struct kern_btf *btf, uint32_t id, uint32_t *size)
{
	const struct btf_type *t = kern_btf_skip_modifiers(btf, id, NULL);
	uint64_t elems = 1;
	uint32_t limit = RESOLVE_DEPTH_MAX;

	while (t && limit--) {
		switch (btf_kind(t)) {
		case BTF_KIND_ARRAY:
			elems *= btf_array(t)->nelems;
			id = btf_array(t)->type;
			break;
		case BTF_KIND_VAR:
			id = t->type;
			break;
		case BTF_KIND_PTR:
			*size = elems * sizeof(void *);
			return 0;
		default:
			if (!btf_has_size(t))
				return -EINVAL;
			*size = elems * t->size;
			return 0;
		}
		if (elems > UINT32_MAX)
			return -EINVAL;
		t = kern_btf_skip_modifiers(btf, id, NULL);
	}
	return -EINVAL;
}

/* FNV-1a: short strings, no adversary (a collision costs a comparison). */
static uint32_t hash_name(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash;
}

static struct name_index *build_index(const struct kern_btf *btf)
{
	uint32_t cnt = btf->type_cnt - btf->first_id, slots = next_power_of_two(cnt + 1);
	struct name_index *index;

	index = calloc(1, sizeof(*index) + ((size_t)slots + cnt) * sizeof(uint32_t));
	if (!index)
		return NULL;
	index->mask = slots - 1;
	index->next = index->head + slots;
	for (uint32_t i = cnt; i-- > 0;) {
		const char *name = kern_btf_type_name(btf, btf->types[i]);
		uint32_t *head;

		if (!name || !*name)
			continue;
		head = &index->head[hash_name(name) & index->mask];
		index->next[i] = *head;
		*head = btf->first_id + i;
	}
	return index;
}

/* Several threads may build it at once; one of them wins. */
static const struct name_index *get_index(const struct kern_btf *btf)
{
	struct name_index **place = &((struct kern_btf *)btf)->index;
	struct name_index *index = __atomic_load_n(place, __ATOMIC_ACQUIRE), *fresh;

	if (index)
		return index;
	fresh = build_index(btf);
	if (!fresh)
		return NULL;
	if (__atomic_compare_exchange_n(place, &index, fresh, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return fresh;
	free(fresh);
	return index;
}

static bool has_name(const struct kern_btf *btf, uint32_t id, const char *name, uint32_t kind)
{
	const struct btf_type *t = btf->types[id - btf->first_id];
	const char *has = kern_btf_type_name(btf, t);

	return btf_kind(t) == kind && has && !strcmp(has, name);
}

uint32_t kern_btf_find(const struct kern_btf *btf, const char *name, uint32_t kind)
{
	const struct name_index *index;
	uint32_t id = btf->base ? kern_btf_find(btf->base, name, kind) : 0;

	if (id || !*name)
		return id;
	index = get_index(btf);
	if (!index) {	/* no memory for the index: slow, not wrong */
		for (id = btf->first_id; id < btf->type_cnt; id++)
			if (has_name(btf, id, name, kind))
				return id;
		return 0;
	}
	for (id = index->head[hash_name(name) & index->mask]; id;
	     id = index->next[id - btf->first_id])
		if (has_name(btf, id, name, kind))
			return id;
	return 0;
}
