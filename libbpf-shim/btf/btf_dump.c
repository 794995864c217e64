/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * BTF as C declarations, in an order that compiles. What is used by value must be defined before;
 * what is used through a pointer only needs to be declared.
 */
#include "dump.h"

#include <stdio.h>

void dump_printf(const struct btf_dump *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	d->printf_fn(d->ctx, format, args);
	va_end(args);
}

/* ---- life ---- */

static uint64_t hash_text(uintptr_t key, void *ctx)
{
	return hash_string((const char *)key);
}

static bool equal_text(uintptr_t a, uintptr_t b, void *ctx)
{
	return strcmp((const char *)a, (const char *)b) == 0;
}

static int mark_reference(__u32 *id, void *ctx)
{
	struct btf_dump *d = ctx;

	if (*id < d->state_cnt)
		d->states[*id].referenced = true;
	return 0;
}

int dump_resize(struct btf_dump *d)
{
	__u32 count = btf__type_cnt(d->btf), id;
	struct dump_state *states;

	if (count <= d->state_cnt)
		return 0;
	states = reallocarray(d->states, count, sizeof(*states));
	if (!states)
		return -ENOMEM;
	memset(states + d->state_cnt, 0, (count - d->state_cnt) * sizeof(*states));
	d->states = states;
	id = d->state_cnt;
	d->state_cnt = count;
	d->states[0].order = ORDERED;
	d->states[0].emit = EMITTED;
	for (id = id ? id : 1; id < count; id++)
		btf_visit_ids((struct btf_type *)btf__type_by_id(d->btf, id), mark_reference, d);
	return 0;
}

struct btf_dump *btf_dump__new(const struct btf *btf, btf_dump_printf_fn_t printf_fn, void *ctx,
			       const struct btf_dump_opts *opts)
{
	struct btf_dump *d;
	int err;

	if (!OPTS_VALID(opts, btf_dump_opts) || !printf_fn)
		return libbpf_err_ptr(-EINVAL);
	d = calloc(1, sizeof(*d));
	if (!d)
		return libbpf_err_ptr(-ENOMEM);
	d->btf = btf;
	d->printf_fn = printf_fn;
	d->ctx = ctx;
	d->ptr_size = btf__pointer_size(btf);
	if (!d->ptr_size)
		d->ptr_size = sizeof(void *);
	hashmap_init(&d->tags, hash_text, equal_text, NULL);
	hashmap_init(&d->idents, hash_text, equal_text, NULL);
	err = dump_resize(d);
	if (err) {
		btf_dump__free(d);
		return libbpf_err_ptr(err);
	}
	return d;
}

static void free_keys(struct hashmap *map)
{
	size_t i;

	for (i = 0; i < map->count; i++)
		free((char *)map->entries[i].key);
	hashmap_free(map);
}

void btf_dump__free(struct btf_dump *d)
{
	__u32 id;

	if (!d || (unsigned long)d >= (unsigned long)-4095)
		return;
	for (id = 0; id < d->state_cnt; id++)
		free(d->states[id].unique_name);
	free(d->states);
	free(d->queue);
	free_keys(&d->tags);
	free_keys(&d->idents);
	free(d);
}

/* ---- names ---- */

/* How many have asked for the name so far, this one included. */
static size_t count_name(struct hashmap *map, const char *name)
{
	struct hashmap_entry *entry;
	char *copy;

	entry = (struct hashmap_entry *)hashmap_next(map, (uintptr_t)name, NULL);
	if (entry)
		return ++entry->value;
	copy = strdup(name);
	if (copy && hashmap_add(map, (uintptr_t)copy, 1))
		free(copy);
	return 1;
}

static bool is_forward(const struct btf_type *t)
{
	return btf_is_fwd(t) || (btf_is_any_enum(t) && !btf_vlen(t));
}

const char *dump_type_name(struct btf_dump *d, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(d->btf, id);
	const char *name = btf_type_name(d->btf, t);
	struct dump_state *state = &d->states[id];
	size_t uses;

	if (!*name)
		return name;
	if (state->name_resolved)
		return state->unique_name ? state->unique_name : name;
	state->name_resolved = true;
	/* a forward declaration means whatever has the name */
	if (is_forward(t))
		return name;
	uses = count_name(btf_is_typedef(t) ? &d->idents : &d->tags, name);
	if (uses > 1 && asprintf(&state->unique_name, "%s___%zu", name, uses) < 0)
		state->unique_name = NULL;
	return state->unique_name ? state->unique_name : name;
}

/* ---- order ---- */

/* Types that contain themselves, which no compiler makes, must not exhaust the stack. */
#define MAX_NESTING 512

static bool enter(struct btf_dump *d)
{
	return d->nesting < MAX_NESTING ? ++d->nesting : 0;
}

static void leave(struct btf_dump *d)
{
	d->nesting--;
}

static int enqueue(struct btf_dump *d, __u32 id)
{
	__u32 *slot = array_grow((void **)&d->queue, &d->queue_cnt, &d->queue_cap, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	*slot = id;
	return 0;
}

static int order(struct btf_dump *d, __u32 id, bool through_ptr);

static int order_members(struct btf_dump *d, const struct btf_type *t)
{
	int i, ret;

	for (i = 0; i < btf_vlen(t); i++) {
		ret = order(d, btf_members(t)[i].type, false);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int order_proto(struct btf_dump *d, const struct btf_type *t, bool through_ptr)
{
	int i, ret, strong;

	strong = order(d, t->type, through_ptr);
	for (i = 0; i < btf_vlen(t) && strong >= 0; i++) {
		ret = order(d, btf_params(t)[i].type, through_ptr);
		strong = ret < 0 ? ret : strong | ret;
	}
	return strong;
}

/*
 * Queues what must be defined before the type can be used.
 * Return: 1 if it was queued or needs something queued ("strong"), 0 if declaring it will do.
 */
static int order_type(struct btf_dump *d, __u32 id, bool through_ptr)
{
	const struct btf_type *t = btf__type_by_id(d->btf, id);
	struct dump_state *state = &d->states[id];
	bool named = t->name_off != 0;
	int ret;

	if (state->order == ORDERED)
		return 1;
	if (state->order == ORDERING) {
		if (btf_is_composite(t) && through_ptr && named)
			return 0;
		pr_warn("unsatisfiable type cycle, id:[%u]\n", id);
		return -ELOOP;
	}
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		state->order = ORDERED;
		return 0;
	case BTF_KIND_PTR:
		ret = order(d, t->type, true);
		state->order = ORDERED;
		return ret;
	case BTF_KIND_ARRAY:
		return order(d, btf_array(t)->type, false);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (through_ptr && named)
			return 0;
		state->order = ORDERING;
		ret = order_members(d, t);
		if (ret)
			return ret;
		/* an anonymous one stands where it is used */
		if (named)
			ret = enqueue(d, id);
		state->order = ORDERED;
		return ret ? ret : 1;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
		ret = named || !state->referenced ? enqueue(d, id) : 0;
		state->order = ORDERED;
		return ret ? ret : 1;
	case BTF_KIND_TYPEDEF:
		ret = order(d, t->type, through_ptr);
		if (ret < 0 || (through_ptr && !ret))
			return ret;
		ret = enqueue(d, id);
		state->order = ORDERED;
		return ret ? ret : 1;
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return order(d, t->type, through_ptr);
	case BTF_KIND_FUNC_PROTO:
		return order_proto(d, t, through_ptr);
	default:
		state->order = ORDERED;
		return 0;
	}
}

static int order(struct btf_dump *d, __u32 id, bool through_ptr)
{
	int ret;

	if (!enter(d))
		return -ELOOP;
	ret = order_type(d, id, through_ptr);
	leave(d);
	return ret;
}

/* ---- definitions ---- */

static const char tabs[] = "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";

static const char *indent(int level)
{
	return level >= (int)sizeof(tabs) - 1 ? tabs : &tabs[sizeof(tabs) - 1 - level];
}

static const char *tag_of(const struct btf_type *t)
{
	return btf_is_struct(t) ? "struct" : btf_is_union(t) ? "union" : "enum";
}

#define LONG_GAP 4096	/* bytes */

/*
 * Bits between two members, all of them covered by unnamed bit-fields, so that the place of the
 * next member does not depend on the compiler's idea of alignment.
 */
static void pad(const struct btf_dump *d, struct strbuf *out, __u32 from, __u32 to, int level)
{
	const struct {
		const char *name;
		__u32 bits;
	} units[] = { { "char", 8 }, { "short", 16 }, { "int", 32 }, { "long", d->ptr_size * 8 } };
	__u32 width, best, i, n;

	while (from < to) {
		/* pages of it would be thousands of lines */
		if (to - from > LONG_GAP * 8 && from % 8 == 0) {
			n = (to - from) / 8;
			strbuf_add(out, "\n%schar __hole_%u[%u];", indent(level), from / 8, n);
			from += n * 8;
			continue;
		}
		/* the type that covers most without crossing its own boundary */
		for (best = i = 0, n = 0; i < ARRAY_SIZE(units); i++) {
			width = MIN(units[i].bits - from % units[i].bits, to - from);
			if (width > n) {
				n = width;
				best = i;
			}
		}
		strbuf_add(out, "\n%s%s: %u;", indent(level), units[best].name, n);
		from += n;
	}
}

static bool is_packed(const struct btf_dump *d, __u32 id, const struct btf_type *t)
{
	int i, align, max = 1;

	if (btf_is_union(t))
		return false;
	for (i = 0; i < btf_vlen(t); i++) {
		align = btf__align_of(d->btf, btf_members(t)[i].type);
		max = MAX(max, align);
		if (align > 0 && !btf_member_bitfield_size(t, i) &&
		    btf_member_bit_offset(t, i) % (align * 8))
			return true;
	}
	return t->size % max != 0;
}

/* Where the compiler puts the next member by itself. */
static __u32 natural_place(const struct btf_dump *d, __u32 off, __u32 type_id, __u32 bits,
			   bool packed)
{
	int align = packed ? 1 : btf__align_of(d->btf, type_id);
	__s64 unit = btf__resolve_size(d->btf, type_id) * 8;

	/* a bit-field goes on where the last member ended, unless it would cross a unit of its type */
	if (bits && (packed || (unit > 0 && off % unit + bits <= unit)))
		return off;
	return align > 0 ? round_up(off, align * 8) : off;
}

static int add_member(struct btf_dump *d, struct strbuf *out, const struct btf_type *t, int i,
		      int level)
{
	const struct btf_member *m = &btf_members(t)[i];
	__u32 bits = btf_member_bitfield_size(t, i);
	int err;

	strbuf_add(out, "\n%s", indent(level));
	err = dump_declare(d, out, m->type, btf_str(d->btf, m->name_off), level);
	if (bits)
		strbuf_add(out, ": %u", bits);
	strbuf_add(out, ";");
	return err;
}

static int add_body(struct btf_dump *d, struct strbuf *out, __u32 id, const struct btf_type *t,
		    int level)
{
	const char *name = dump_type_name(d, id);
	bool packed = is_packed(d, id, t);
	__u32 off = 0, at, bits;
	int i, err, align = 1;
	__s64 size;

	strbuf_add(out, "%s%s%s {", tag_of(t), *name ? " " : "", name);
	for (i = 0; i < btf_vlen(t); i++) {
		__u32 type_id = btf_members(t)[i].type;

		at = btf_member_bit_offset(t, i);
		bits = btf_member_bitfield_size(t, i);
		if (at / 8 > t->size)
			return -EINVAL;
		align = MAX(align, btf__align_of(d->btf, type_id));
		if (btf_is_struct(t) && at > off &&
		    natural_place(d, off, type_id, bits, packed) != at)
			pad(d, out, off, at, level + 1);
		err = add_member(d, out, t, i, level + 1);
		if (err)
			return err;
		size = btf__resolve_size(d->btf, type_id);
		off = at + (bits ? bits : size > 0 ? (__u32)size * 8 : 0);
	}
	/* what the last member's own alignment does not fill */
	if (t->size > BTF_MAX_SIZE)
		return -EINVAL;
	if (btf_is_struct(t) && t->size * 8 > off &&
	    round_up(off, (packed ? 1 : align) * 8) != t->size * 8)
		pad(d, out, off, t->size * 8, level + 1);
	/* the compiler's attribute, not ours: only the result is known */
	strbuf_add(out, "%s%s}%s", btf_vlen(t) || t->size ? "\n" : "",
		   btf_vlen(t) || t->size ? indent(level) : "",
		   packed ? " __attribute__((packed))" : "");
	return 0;
}

static int add_composite(struct btf_dump *d, struct strbuf *out, __u32 id,
			 const struct btf_type *t, int level)
{
	int err;

	if (!enter(d))
		return -ELOOP;
	err = add_body(d, out, id, t, level);
	leave(d);
	return err;
}

/* @suffix: what makes the constant as wide as its type. */
static void add_enumerator(struct btf_dump *d, struct strbuf *out, const char *name, bool is_signed,
			   __u64 value, const char *suffix, int level)
{
	size_t uses = count_name(&d->idents, name);

	strbuf_add(out, "\n%s%s", indent(level + 1), name);
	if (uses > 1)
		strbuf_add(out, "___%zu", uses);
	if (is_signed)
		strbuf_add(out, " = %lld%s,", (long long)value, suffix);
	else
		strbuf_add(out, " = %llu%s,", (unsigned long long)value, suffix);
}

static void add_enum(struct btf_dump *d, struct strbuf *out, __u32 id, const struct btf_type *t,
		     int level)
{
	const char *name = dump_type_name(d, id);
	bool is_signed = btf_kflag(t);
	int i;

	strbuf_add(out, "enum%s%s", *name ? " " : "", name);
	if (!btf_vlen(t))
		return;
	strbuf_add(out, " {");
	for (i = 0; i < btf_vlen(t); i++) {
		if (btf_is_enum(t)) {
			const struct btf_enum *v = &btf_enum(t)[i];

			add_enumerator(d, out, btf_str(d->btf, v->name_off), is_signed,
				       is_signed ? (__u64)(__s64)v->val : (__u32)v->val, "",
				       level);
		} else {
			const struct btf_enum64 *v = &btf_enum64(t)[i];

			add_enumerator(d, out, btf_str(d->btf, v->name_off), is_signed,
				       btf_enum64_value(v), is_signed ? "LL" : "ULL", level);
		}
	}
	strbuf_add(out, "\n%s}", indent(level));
	/* the size is part of the type */
	if (t->size == 1)
		strbuf_add(out, " __attribute__((mode(byte)))");
	else if (t->size == 8 && btf_is_enum(t))
		strbuf_add(out, " __attribute__((mode(word)))");
}

/* ---- declarators ---- */

static int add_params(struct btf_dump *d, struct strbuf *out, const struct btf_type *t)
{
	const struct btf_param *p = btf_params(t);
	int i, err, count = btf_vlen(t);

	if (!count || (count == 1 && !p->type)) {
		strbuf_add(out, "(void)");
		return 0;
	}
	strbuf_add(out, "(");
	for (i = 0; i < count; i++, p++) {
		if (i)
			strbuf_add(out, ", ");
		if (i == count - 1 && !p->type) {
			strbuf_add(out, "...");
			break;
		}
		err = dump_declare(d, out, p->type, btf_str(d->btf, p->name_off), 0);
		if (err)
			return err;
	}
	strbuf_add(out, ")");
	return 0;
}

static const char *qualifier(const struct btf_type *t)
{
	return btf_is_const(t) ? "const" : btf_is_volatile(t) ? "volatile" : "restrict";
}

/* The type that declarators end in, after qualifiers that belong to it. */
static int add_base(struct btf_dump *d, struct strbuf *out, __u32 id, int level)
{
	const struct btf_type *t = btf__type_by_id(d->btf, id);

	switch (btf_kind(t)) {
	case BTF_KIND_UNKN:
		strbuf_add(out, "void");
		return 0;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
		strbuf_add(out, "%s", btf_type_name(d->btf, t));
		return 0;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (!t->name_off && !d->skip_anon_defs)
			return add_composite(d, out, id, t, level);
		strbuf_add(out, "%s%s%s", tag_of(t), t->name_off ? " " : "", dump_type_name(d, id));
		return 0;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (!t->name_off && !d->skip_anon_defs) {
			add_enum(d, out, id, t, level);
			return 0;
		}
		strbuf_add(out, "enum %s", dump_type_name(d, id));
		return 0;
	case BTF_KIND_FWD:
		strbuf_add(out, "%s %s", btf_kflag(t) ? "union" : "struct", dump_type_name(d, id));
		return 0;
	case BTF_KIND_TYPEDEF:
		strbuf_add(out, "%s", dump_type_name(d, id));
		return 0;
	default:
		pr_warn("unexpected type in decl chain, kind:%u, id:[%u]\n", btf_kind(t), id);
		return -EINVAL;
	}
}

/* Text in front of the declarator so far. */
static void put_before(struct strbuf *inner, const char *text, const char *between)
{
	struct strbuf both = { 0 };

	strbuf_add(&both, "%s%s%s", text, between, strbuf_text(inner));
	both.failed |= inner->failed;
	strbuf_free(inner);
	*inner = both;
}

/*
 * C writes a declarator from the inside to the outside, and BTF says it in that order: a pointer
 * goes in front, an array or parameter list behind, in parentheses where a pointer came before.
 */
static int declare(struct btf_dump *d, struct strbuf *out, __u32 id, struct strbuf *inner,
		   int level)
{
	struct strbuf quals = { 0 };
	const struct btf_type *t;
	bool pointer_outside = false;
	int depth = 0, err = 0;

	for (;; id = btf_is_array(t) ? btf_array(t)->type : t->type) {
		t = btf__type_by_id(d->btf, id);
		if (++depth > BTF_MAX_DEPTH * 4) {
			err = -E2BIG;
			break;
		}
		if (btf_is_ptr(t)) {
			/* "* const name", but "*name" and "**name" */
			if (quals.len) {
				put_before(inner, strbuf_text(&quals), inner->len ? " " : "");
				put_before(inner, "*", " ");
			} else {
				put_before(inner, "*", strbuf_text(inner)[0] == '(' ? " " : "");
			}
			strbuf_free(&quals);
			pointer_outside = true;
		} else if (btf_is_array(t) || btf_is_func_proto(t)) {
			if (pointer_outside) {
				put_before(inner, "(", "");
				strbuf_add(inner, ")");
			}
			pointer_outside = false;
			if (btf_is_array(t))
				strbuf_add(inner, "[%u]", btf_array(t)->nelems);
			else
				err = add_params(d, inner, t);
		} else if (btf_is_type_tag(t)) {
			/* "__attribute__((btf_type_tag(…)))" is for one compiler only */
			continue;
		} else if (btf_is_mod(t)) {
			/* an array and its elements may both be const */
			if (!d->strip_mods && !strstr(strbuf_text(&quals), qualifier(t)))
				strbuf_add(&quals, "%s%s", quals.len ? " " : "",
					   qualifier(t));
		} else {
			break;
		}
		if (err)
			break;
	}
	if (!err) {
		if (quals.len)
			strbuf_add(out, "%s ", strbuf_text(&quals));
		err = add_base(d, out, id, level);
		if (inner->len)
			strbuf_add(out, "%s%s", strbuf_text(inner)[0] == '[' ? "" : " ",
				   strbuf_text(inner));
	}
	strbuf_free(&quals);
	return err;
}

int dump_declare(struct btf_dump *d, struct strbuf *out, __u32 id, const char *name, int level)
{
	struct strbuf inner = { 0 };
	int err;

	if (!enter(d))
		return -ELOOP;
	strbuf_add(&inner, "%s", name);
	err = declare(d, out, id, &inner, level);
	leave(d);
	out->failed |= inner.failed;
	strbuf_free(&inner);
	return err ? err : out->failed ? -ENOMEM : 0;
}

/* ---- emission ---- */

static int print_and_free(struct btf_dump *d, struct strbuf *out, int err)
{
	if (!err && out->failed)
		err = -ENOMEM;
	if (!err)
		dump_printf(d, "%s;\n\n", strbuf_text(out));
	strbuf_free(out);
	return err;
}

static int emit_forward(struct btf_dump *d, __u32 id, const struct btf_type *t)
{
	const char *tag = btf_is_fwd(t) ? (btf_kflag(t) ? "union" : "struct") : tag_of(t);

	dump_printf(d, "%s %s;\n\n", tag, dump_type_name(d, id));
	return 0;
}

static int emit_typedef(struct btf_dump *d, __u32 id, const struct btf_type *t)
{
	const char *name = dump_type_name(d, id);
	struct strbuf out = { 0 };

	/* compilers know it without a definition, and refuse one */
	if (strcmp(name, "__builtin_va_list") == 0 || strcmp(name, "__gnuc_va_list") == 0) {
		dump_printf(d, "typedef __builtin_va_list %s;\n\n",
			    strcmp(name, "__builtin_va_list") ? name : "__gnuc_va_list");
		return 0;
	}
	strbuf_add(&out, "typedef ");
	return print_and_free(d, &out, dump_declare(d, &out, t->type, name, 0));
}

static int emit(struct btf_dump *d, __u32 id, __u32 container);

/* Everything that a definition names must have been declared at least. */
static int emit_needed(struct btf_dump *d, __u32 id, const struct btf_type *t, __u32 container)
{
	int i, err = 0;

	for (i = 0; i < btf_vlen(t) && !err; i++)
		err = emit(d, btf_members(t)[i].type, t->name_off || !container ? id : container);
	return err;
}

static int emit_composite(struct btf_dump *d, __u32 id, const struct btf_type *t, __u32 container)
{
	struct dump_state *state = &d->states[id];
	struct strbuf out = { 0 };
	int err = 0;

	state->emit = EMITTING;
	if (!container || !t->name_off)
		err = emit_needed(d, id, t, container);
	else if (!state->fwd_emitted && id != container) {
		state->fwd_emitted = true;
		err = emit_forward(d, id, t);
	}
	if (err || container) {
		state->emit = NOT_EMITTED;
		return err;
	}
	state->emit = EMITTED;
	return print_and_free(d, &out, add_composite(d, &out, id, t, 0));
}

static int emit_typedef_once(struct btf_dump *d, __u32 id, const struct btf_type *t)
{
	if (d->states[id].fwd_emitted)
		return 0;
	d->states[id].fwd_emitted = true;
	return emit_typedef(d, id, t);
}

static int emit_type(struct btf_dump *d, __u32 id, __u32 container)
{
	const struct btf_type *t = btf__type_by_id(d->btf, id);
	struct dump_state *state = &d->states[id];
	struct strbuf out = { 0 };
	int i, err;

	if (state->emit == EMITTED)
		return 0;
	if (state->emit == EMITTING) {
		/* a circle: only a declaration can come before */
		if (state->fwd_emitted || id == container)
			return 0;
		if (btf_is_typedef(t))
			return emit_typedef_once(d, id, t);
		state->fwd_emitted = true;
		return t->name_off ? emit_forward(d, id, t) : -EINVAL;
	}
	switch (btf_kind(t)) {
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (container)
			return 0;
		state->emit = EMITTED;
		add_enum(d, &out, id, t, 0);
		return print_and_free(d, &out, 0);
	case BTF_KIND_PTR:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return emit(d, t->type, container);
	case BTF_KIND_ARRAY:
		return emit(d, btf_array(t)->type, container);
	case BTF_KIND_FWD:
		state->emit = EMITTED;
		return emit_forward(d, id, t);
	case BTF_KIND_TYPEDEF:
		state->emit = EMITTING;
		err = emit(d, t->type, id);
		err = err ? err : emit_typedef_once(d, id, t);
		state->emit = EMITTED;
		return err;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return emit_composite(d, id, t, container);
	case BTF_KIND_FUNC_PROTO:
		err = emit(d, t->type, container);
		for (i = 0; i < btf_vlen(t) && !err; i++)
			err = emit(d, btf_params(t)[i].type, container);
		return err;
	default:
		state->emit = EMITTED;
		return 0;
	}
}

/* @container: the definition that needs it; 0: it is to be defined itself. */
static int emit(struct btf_dump *d, __u32 id, __u32 container)
{
	int err;

	if (!enter(d))
		return -ELOOP;
	err = emit_type(d, id, container);
	leave(d);
	return err;
}

int btf_dump__dump_type(struct btf_dump *d, __u32 id)
{
	size_t i;
	int err;

	if (btf__type_cnt(d->btf) <= id)
		return libbpf_err(-EINVAL);
	err = dump_resize(d);
	if (err)
		return libbpf_err(err);
	d->queue_cnt = 0;
	err = order(d, id, false);
	if (err < 0)
		return libbpf_err(err);
	for (i = 0; i < d->queue_cnt; i++) {
		err = emit(d, d->queue[i], 0);
		if (err)
			return libbpf_err(err);
	}
	return 0;
}

int btf_dump__emit_type_decl(struct btf_dump *d, __u32 id,
			     const struct btf_dump_emit_type_decl_opts *opts)
{
	const char *name;
	struct strbuf out = { 0 };
	int level, err;

	if (!OPTS_VALID(opts, btf_dump_emit_type_decl_opts))
		return libbpf_err(-EINVAL);
	err = dump_resize(d);
	if (err)
		return libbpf_err(err);
	if (btf__type_cnt(d->btf) <= id)
		return libbpf_err(-EINVAL);
	name = OPTS_GET(opts, field_name, NULL);
	level = OPTS_GET(opts, indent_level, 0);
	d->strip_mods = OPTS_GET(opts, strip_mods, false);
	err = dump_declare(d, &out, id, name ? name : "", level);
	d->strip_mods = false;
	if (!err)
		dump_printf(d, "%s", strbuf_text(&out));
	strbuf_free(&out);
	return libbpf_err(err);
}
