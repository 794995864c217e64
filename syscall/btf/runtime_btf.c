/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * From the tables of runtime_types.c to a BTF blob. Every type is known by its C spelling; it gets
 * an id when it is first asked for and is written when its turn comes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpfx/kfunc.h>

#include "err.h"
#include "inner.h"
#include "runtime_btf.h"
#include "runtime_types.h"

#define SPELLING_MAX 64

struct buffer {
	unsigned char *bytes;
	uint32_t size, cap;
};

struct builder {
	struct buffer types, strings;
	char (*spelling)[SPELLING_MAX];		/* of type id - 1 */
	uint32_t type_cnt, type_cap;
	const struct kern_btf *base;		/* its types come first; NULL: none */
	bool no_memory;
};

static void append(struct builder *b, struct buffer *buf, const void *bytes, uint32_t size)
{
	if (buf->size + size > buf->cap) {
		uint32_t cap = (buf->size + size) * 2;
		void *grown = realloc(buf->bytes, cap);

		if (!grown) {
			b->no_memory = true;
			return;
		}
		buf->bytes = grown;
		buf->cap = cap;
	}
	memcpy(buf->bytes + buf->size, bytes, size);
	buf->size += size;
}

/* Offset of a text that is stored once. */
static uint32_t string_of(struct builder *b, const char *text)
{
	uint32_t first = b->base ? b->base->first_str + b->base->str_size : 0;
	uint32_t at = 0, len;

	if (!*text)
		return 0;
	for (; at < b->strings.size; at += len + 1) {
		len = strlen((char *)b->strings.bytes + at);
		if (!strcmp((char *)b->strings.bytes + at, text))
			return first + at;
	}
	append(b, &b->strings, text, strlen(text) + 1);
	return first + at;
}

/* Types that the base has by that name. */
static uint32_t type_of_base(const struct builder *b, const char *spelling)
{
	static const struct {
		const char *prefix;
		uint32_t kind;
	} forms[] = {
		{ "struct ", BTF_KIND_STRUCT }, { "union ", BTF_KIND_UNION },
		{ "enum ", BTF_KIND_ENUM }, { "", BTF_KIND_TYPEDEF }, { "", BTF_KIND_INT },
	};
	uint32_t id = 0;

	for (size_t i = 0; b->base && !id && i < ARRAY_SIZE(forms); i++) {
		size_t len = strlen(forms[i].prefix);

		if (!strncmp(spelling, forms[i].prefix, len))
			id = kern_btf_find(b->base, spelling + len, forms[i].kind);
	}
	return id;
}

static void append_type(struct builder *b, const char *name, uint32_t kind, uint32_t vlen,
			uint32_t size_or_type)
{
	struct btf_type t = {
		.name_off = name ? string_of(b, name) : 0,
		.info = kind << 24 | vlen,
		.size = size_or_type,
	};

	append(b, &b->types, &t, sizeof(t));
}

/* Id of a spelling; 0: void, or no memory. */
static uint32_t type_of(struct builder *b, const char *spelling)
{
	uint32_t first = b->base ? b->base->type_cnt : 1, id;

	if (!strcmp(spelling, "void"))
		return 0;
	id = type_of_base(b, spelling);
	if (id)
		return id;
	for (uint32_t i = 0; i < b->type_cnt; i++)
		if (!strcmp(b->spelling[i], spelling))
			return first + i;
	if (b->type_cnt == b->type_cap) {
		uint32_t cap = b->type_cap ? b->type_cap * 2 : 64;
		void *grown = realloc(b->spelling, cap * sizeof(*b->spelling));

		if (!grown) {
			b->no_memory = true;
			return 0;
		}
		b->spelling = grown;
		b->type_cap = cap;
	}
	snprintf(b->spelling[b->type_cnt], SPELLING_MAX, "%s", spelling);
	return first + b->type_cnt++;
}

/* ---- one writer per form of spelling; false: it is not of this form ---- */

static bool write_pointer(struct builder *b, const char *spelling)
{
	size_t len = strlen(spelling);
	char target[SPELLING_MAX];

	if (spelling[len - 1] != '*')
		return false;
	snprintf(target, sizeof(target), "%.*s", (int)len - 1, spelling);
	for (len--; len && target[len - 1] == ' '; len--)
		target[len - 1] = 0;
	append_type(b, NULL, BTF_KIND_PTR, 0, type_of(b, target));
	return true;
}

static bool write_array(struct builder *b, const char *spelling)
{
	const char *open = strrchr(spelling, '[');
	struct btf_array array = { 0 };
	char elem[SPELLING_MAX];

	if (!open)
		return false;
	snprintf(elem, sizeof(elem), "%.*s", (int)(open - spelling), spelling);
	array.type = type_of(b, elem);
	array.index_type = type_of(b, runtime_ints[0].name);
	array.nelems = strtoul(open + 1, NULL, 10);
	append_type(b, NULL, BTF_KIND_ARRAY, 0, 0);
	append(b, &b->types, &array, sizeof(array));
	return true;
}

/* Members stand by offset, whatever union they come from. */
static void write_members(struct builder *b, const struct struct_def *def)
{
	uint32_t written = 0;

	for (uint32_t offset = 0; written < def->cnt; offset++)
		for (uint32_t i = 0; i < def->cnt; i++) {
			const struct member_def *member = &def->members[i];
			struct btf_member m;

			if (member->offset != offset)
				continue;
			m = (struct btf_member){ string_of(b, member->name),
						 type_of(b, member->type), offset * 8 };
			append(b, &b->types, &m, sizeof(m));
			written++;
		}
}

static const struct type_set *const sets[] = { &runtime_uapi, &runtime_objects };

static const struct struct_def *find_struct(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		for (uint32_t j = 0; j < sets[i]->struct_cnt; j++)
			if (!strcmp(sets[i]->structs[j].name, name))
				return &sets[i]->structs[j];
	return NULL;
}

static const struct enum_def *find_enum(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		for (uint32_t j = 0; j < sets[i]->enum_cnt; j++)
			if (!strcmp(sets[i]->enums[j].name, name))
				return &sets[i]->enums[j];
	return NULL;
}

static bool write_struct(struct builder *b, const char *spelling)
{
	const char *name = spelling + strlen("struct ");
	const struct struct_def *def;
	struct btf_member member;

	if (strncmp(spelling, "struct ", strlen("struct ")))
		return false;
	def = find_struct(name);
	if (def) {
		append_type(b, name, BTF_KIND_STRUCT, def->cnt, def->size);
		write_members(b, def);
		return true;
	}
	if (!b->base) {
		append_type(b, name, BTF_KIND_FWD, 0, 0);
		return true;
	}
	/* Objects of an extension are opaque; with a pointer in it no plain memory passes for one. */
	member = (struct btf_member){ string_of(b, "opaque"), type_of(b, "void *"), 0 };
	append_type(b, name, BTF_KIND_STRUCT, 1, sizeof(uint64_t));
	append(b, &b->types, &member, sizeof(member));
	return true;
}

static bool write_enum(struct builder *b, const char *spelling)
{
	const struct enum_def *def;

	if (strncmp(spelling, "enum ", strlen("enum ")))
		return false;
	def = find_enum(spelling + strlen("enum "));
	if (!def)
		return false;
	append_type(b, def->name, BTF_KIND_ENUM, def->cnt, 4);
	for (uint32_t j = 0; j < def->cnt; j++) {
		struct btf_enum value = { string_of(b, def->values[j].name), def->values[j].value };

		append(b, &b->types, &value, sizeof(value));
	}
	return true;
}

/* "const T": before pointers and arrays of it, which end differently, have been taken apart. */
static bool write_const(struct builder *b, const char *spelling)
{
	const char *prefix = "const ";

	if (strncmp(spelling, prefix, strlen(prefix)))
		return false;
	append_type(b, NULL, BTF_KIND_CONST, 0, type_of(b, spelling + strlen(prefix)));
	return true;
}

static bool write_int(struct builder *b, const char *spelling)
{
	for (uint32_t i = 0; i < runtime_int_cnt; i++) {
		const struct int_def *def = &runtime_ints[i];
		uint32_t word = (uint32_t)def->encoding << 24 | def->size * 8;

		if (strcmp(def->name, spelling))
			continue;
		append_type(b, spelling, BTF_KIND_INT, 0, def->size);
		append(b, &b->types, &word, sizeof(word));
		return true;
	}
	return false;
}

static bool write_typedef(struct builder *b, const char *spelling)
{
	for (uint32_t i = 0; i < runtime_typedef_cnt; i++) {
		if (strcmp(runtime_typedefs[i].name, spelling))
			continue;
		append_type(b, spelling, BTF_KIND_TYPEDEF, 0,
			    type_of(b, runtime_typedefs[i].type));
		return true;
	}
	return false;
}

/* A spelling in a table that has no form is a mistake of ours, found by the room's test. */
static int write_type(struct builder *b, uint32_t id)
{
	char spelling[SPELLING_MAX];

	/* Asking for other types may move the table of spellings. */
	memcpy(spelling, b->spelling[id - 1], sizeof(spelling));
	return write_pointer(b, spelling) || write_array(b, spelling) || write_const(b, spelling) ||
	       write_struct(b, spelling) || write_enum(b, spelling) || write_int(b, spelling) ||
	       write_typedef(b, spelling) ? 0 : -EINVAL;
}

/* ---- functions; types that are named here first come behind, the ids of these (from @id) are known
 * beforehand ---- */

static void write_proto(struct builder *b, const struct btf_func_def *def, bool first_hidden, bool named)
{
	uint32_t cnt = def->param_cnt;
	struct btf_param param = { named ? string_of(b, "__data") : 0, 0 };

	append_type(b, NULL, BTF_KIND_FUNC_PROTO, cnt + first_hidden, type_of(b, def->ret));
	if (first_hidden) {
		param.type = type_of(b, "void *");
		append(b, &b->types, &param, sizeof(param));
	}
	for (uint32_t i = 0; i < cnt; i++) {
		param.name_off = named ? string_of(b, def->params[i].name) : 0;
		param.type = type_of(b, def->params[i].type);
		append(b, &b->types, &param, sizeof(param));
	}
}

static void write_function(struct builder *b, const struct btf_func_def *def, uint32_t id)
{
	write_proto(b, def, false, true);
	append_type(b, def->name, BTF_KIND_FUNC, BTF_FUNC_STATIC, id);
}

/* The tag tells tools what it is. */
static void write_kfunc(struct builder *b, const struct btf_func_def *def, uint32_t id)
{
	const uint32_t whole = UINT32_MAX;

	write_function(b, def, id);
	append_type(b, "bpf_kfunc", BTF_KIND_DECL_TAG, 0, id + 1);
	append(b, &b->types, &whole, sizeof(whole));
}

/* As Linux has it: a typedef of a pointer to what takes the arguments, and the function that runs
 * programs, which alone has their names. */
static void write_tracepoint(struct builder *b, const struct btf_func_def *def, uint32_t id)
{
	char name[SPELLING_MAX];

	snprintf(name, sizeof(name), "btf_trace_%s", def->name);
	write_proto(b, def, true, false);
	append_type(b, NULL, BTF_KIND_PTR, 0, id);
	append_type(b, name, BTF_KIND_TYPEDEF, 0, id + 1);
	snprintf(name, sizeof(name), "__bpf_trace_%s", def->name);
	write_proto(b, def, true, true);
	append_type(b, name, BTF_KIND_FUNC, BTF_FUNC_STATIC, id + 3);
}

static const struct func_kind {
	uint32_t ids;		/* how many types it is */
	void (*write)(struct builder *b, const struct btf_func_def *def, uint32_t id);
} func_kinds[] = {
	[BTF_FUNC_PLAIN] = { 2, write_function },
	[BTF_FUNC_KFUNC] = { 3, write_kfunc },
	[BTF_FUNC_TRACEPOINT] = { 5, write_tracepoint },
};

/* Numbers for what has no spelling. */
static void reserve(struct builder *b, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++) {
		char name[SPELLING_MAX];

		snprintf(name, sizeof(name), "func %u", b->type_cnt);
		type_of(b, name);
	}
}

/* All types by their turn; functions have the ids from @id on, @at in the BTF of which this is a part. */
static int write_types(struct builder *b, const struct btf_func_def *funcs, uint32_t cnt, uint32_t id,
		       uint32_t at)
{
	int err = 0;

	for (uint32_t i = 1; !err && !b->no_memory && i <= b->type_cnt; i++) {
		const struct func_kind *kind = i >= id && cnt ? &func_kinds[funcs->kind] : NULL;

		if (!kind) {
			err = write_type(b, i);
			continue;
		}
		kind->write(b, funcs, at + i);
		i += kind->ids - 1;
		funcs++;
		cnt--;
	}
	return b->no_memory ? -ENOMEM : err;
}

static void reserve_funcs(struct builder *b, const struct btf_func_def *funcs, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		reserve(b, func_kinds[funcs[i].kind].ids);
}

static void want_set(struct builder *b, const struct type_set *set)
{
	char spelling[SPELLING_MAX];

	for (uint32_t i = 0; i < set->enum_cnt; i++) {
		snprintf(spelling, sizeof(spelling), "enum %s", set->enums[i].name);
		type_of(b, spelling);
	}
	for (uint32_t i = 0; i < set->struct_cnt; i++) {
		snprintf(spelling, sizeof(spelling), "struct %s", set->structs[i].name);
		type_of(b, spelling);
	}
}

/* Everything in the tables is wanted, in their order; what it refers to follows. */
static int write_all(struct builder *b, const struct btf_func_def *funcs, uint32_t cnt)
{
	uint32_t first;

	append(b, &b->strings, "", 1);
	for (uint32_t i = 0; i < runtime_int_cnt; i++)
		type_of(b, runtime_ints[i].name);
	for (uint32_t i = 0; i < runtime_typedef_cnt; i++)
		type_of(b, runtime_typedefs[i].name);
	for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
		want_set(b, sets[i]);
	first = b->type_cnt + 1;
	reserve_funcs(b, funcs, cnt);
	return write_types(b, funcs, cnt, first, 0);
}

static int join(const struct builder *b, void **data, uint32_t *size)
{
	struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
		.type_len = b->types.size,
		.str_off = b->types.size,
		.str_len = b->strings.size,
	};
	unsigned char *blob = malloc(sizeof(header) + b->types.size + b->strings.size);

	if (!blob)
		return -ENOMEM;
	memcpy(blob, &header, sizeof(header));
	memcpy(blob + sizeof(header), b->types.bytes, b->types.size);
	memcpy(blob + sizeof(header) + b->types.size, b->strings.bytes, b->strings.size);
	*data = blob;
	*size = sizeof(header) + b->types.size + b->strings.size;
	return 0;
}

static int finish(struct builder *b, int err, void **data, uint32_t *size)
{
	err = err ? err : join(b, data, size);
	free(b->types.bytes);
	free(b->strings.bytes);
	free(b->spelling);
	return err;
}

int kern_btf_module(const struct kern_btf *base, const struct btf_func_def *funcs, uint32_t cnt,
		    void **data, uint32_t *size)
{
	struct builder b = { .base = base };

	append(&b, &b.strings, "", 1);
	reserve_funcs(&b, funcs, cnt);
	return finish(&b, write_types(&b, funcs, cnt, 1, base->type_cnt - 1), data, size);
}

int kern_btf_runtime(const struct btf_func_def *funcs, uint32_t cnt, void **data, uint32_t *size)
{
	struct builder b = { 0 };

	return finish(&b, write_all(&b, funcs, cnt), data, size);
}
