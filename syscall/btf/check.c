/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The check of all types, in Linux's order: each by itself, then how they refer to each other. */
#include <stdlib.h>

#include "inner.h"

#define INFO_KNOWN_BITS 0x9f00ffff

static int refuse_id(struct btf_check *c, const char *what, uint32_t value, bool hex)
{
	ulog_printf(c->log, hex ? "[%u] %s:%x" : "[%u] %s:%u", c->log_id, what, value);
	return -EINVAL;
}

static int add_type(struct btf_check *c, const struct btf_type *t, uint32_t *cap)
{
	struct kern_btf *btf = c->btf;
	uint32_t cnt = btf->type_cnt - btf->first_id;
	void *types;

	if (btf->type_cnt == BTF_MAX_TYPE) {
		ulog_printf(c->log, "Exceeded max num of types");
		return -E2BIG;
	}
	if (cnt == *cap) {
		*cap = *cap ? *cap * 2 : 16;
		types = realloc(btf->types, *cap * sizeof(*btf->types));
		if (!types)
			return -ENOMEM;
		btf->types = types;
	}
	btf->types[cnt] = t;
	btf->type_cnt++;
	return 0;
}

/* One type by itself. Return: its bytes, or -errno. */
static int64_t check_type(struct btf_check *c, const struct btf_type *t, size_t left)
{
	const struct btf_kind_row *row;
	size_t need;
	int err;

	if (left < sizeof(*t)) {
		ulog_printf(c->log, "[%u] meta_left:%zu meta_needed:%zu", c->log_id, left,
			    sizeof(*t));
		return -EINVAL;
	}
	left -= sizeof(*t);
	if (t->info & ~INFO_KNOWN_BITS)
		return refuse_id(c, "Invalid btf_info", t->info, true);
	if (btf_kind(t) > BTF_KIND_MAX || btf_kind(t) == BTF_KIND_UNKN)
		return refuse_id(c, "Invalid kind", btf_kind(t), false);
	if (!kern_btf_name(c->btf, t->name_off))
		return refuse_id(c, "Invalid name_offset", t->name_off, false);
	row = &btf_kinds[btf_kind(t)];
	need = row->fixed_size + (size_t)row->item_size * btf_vlen(t);
	if (left < need)
		return check_refuse_basic(c, t, "meta_left:%zu meta_needed:%zu", left, need);
	err = row->check(c, t);
	if (err)
		return err;
	check_print_type(c, t);
	err = row->items ? row->items(c, t) : 0;
	return err ? err : (int64_t)(sizeof(*t) + need);
}

static int check_each(struct btf_check *c, struct btf_section s)
{
	uint32_t cap = 0;

	while (s.start < s.end) {
		const struct btf_type *t = (const void *)s.start;
		int64_t bytes;
		int err;

		c->log_id = c->btf->type_cnt;
		bytes = check_type(c, t, s.end - s.start);
		if (bytes < 0)
			return bytes;
		err = add_type(c, t, &cap);
		if (err)
			return err;
		s.start += bytes;
	}
	return 0;
}

static int check_references(struct btf_check *c)
{
	const struct kern_btf *btf = c->btf;
	int err = 0;

	for (uint32_t id = btf->first_id; !err && id < btf->type_cnt; id++) {
		const struct btf_type *t = kern_btf_type(btf, id);

		c->log_id = id;
		if (btf_kinds[btf_kind(t)].resolve && c->visits[id - btf->first_id] != RESOLVED)
			err = btf_resolve(c, t, id);
		if (!err && btf_kind(t) == BTF_KIND_FUNC_PROTO)
			err = btf_check_func_proto(c, t);
	}
	return err;
}

/* In a chain of modifiers all type tags come first: none stands right behind another modifier. */
static int check_tags(struct btf_check *c)
{
	const struct kern_btf *btf = c->btf;

	for (uint32_t id = btf->first_id; id < btf->type_cnt; id++) {
		const struct btf_type *t = kern_btf_type(btf, id);

		if (!btf_is_modifier(t) || btf_kind(t) == BTF_KIND_TYPE_TAG)
			continue;
		if (btf_kind(kern_btf_type(btf, t->type)) == BTF_KIND_TYPE_TAG) {
			ulog_printf(c->log, "Type tags don't precede modifiers");
			return -EINVAL;
		}
	}
	return 0;
}

static int check_run(struct btf_check *c, struct btf_section types)
{
	uint32_t cnt;
	int err = check_each(c, types);

	if (err)
		return err;
	c->first_pass = false;
	cnt = c->btf->type_cnt - c->btf->first_id + 1;
	c->visits = calloc(cnt, sizeof(*c->visits));
	c->resolved_ids = calloc(cnt, sizeof(*c->resolved_ids));
	c->resolved_sizes = calloc(cnt, sizeof(*c->resolved_sizes));
	if (!c->visits || !c->resolved_ids || !c->resolved_sizes)
		return -ENOMEM;
	err = check_references(c);
	return err ? err : check_tags(c);
}

int btf_check_all(struct kern_btf *btf, struct btf_section types, struct ulog *log)
{
	struct btf_check *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->btf = btf;
	c->log = log;
	c->first_pass = true;
	err = check_run(c, types);
	free(c->visits);
	free(c->resolved_ids);
	free(c->resolved_sizes);
	free(c);
	return err;
}
