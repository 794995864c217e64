/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A copy of an extension's tables with everything they point to, in the layout of this build, made
 * when it is registered: what the extension does with its own tables afterwards is its business.
 * Functions and the state of hooks stay the extension's. A new pointer in a row: one line here.
 *
 * Rows of another size than ours: what is missing counts as zero, what we do not know must be zero.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry_private.h"

#define ROWS_MAX 4096u
#define TEXT_MAX 255u	/* longer ones are cut here and refused where names are checked */

struct block {
	struct block *next;
	size_t size;
	_Alignas(16) char bytes[];
};

struct copying {
	struct extension *into;
	const struct bpfx_extension *sizes;	/* of rows, as the extension was compiled */
	int err;				/* the first thing that went wrong */
};

static void *new_block(struct copying *c, size_t size)
{
	struct block *block = calloc(1, sizeof(*block) + size);

	if (!block) {
		c->err = registry_refuse(-ENOMEM, "no memory for a copy of its tables");
		return NULL;
	}
	block->size = size;
	block->next = c->into->blocks;
	c->into->blocks = block;
	return block->bytes;
}

static const char *copy_text(struct copying *c, const char *text)
{
	size_t size = text ? strnlen(text, TEXT_MAX) : 0;
	char *copy = text ? new_block(c, size + 1) : NULL;

	if (copy)
		memcpy(copy, text, size);
	return copy;
}

static void copy_row(struct copying *c, const char *what, const char *from, uint32_t size, char *to,
		     uint32_t ours)
{
	memcpy(to, from, size < ours ? size : ours);
	for (uint32_t i = ours; i < size && !c->err; i++)
		if (from[i])
			c->err = registry_refuse(-EINVAL, "%s: a row uses a field that this version "
						 "does not know", what);
}

/* @cnt rows of @size bytes as rows of @ours bytes; @own copies what a row points to. */
static void *copy_table(struct copying *c, const char *what, const void *from, uint32_t cnt,
			uint32_t size, uint32_t ours, void (*own)(struct copying *c, void *row))
{
	char *to;

	if (!cnt || c->err)
		return NULL;
	if (!from || cnt > ROWS_MAX)
		c->err = registry_refuse(-EINVAL, "%s: %u rows, but no table (%p)", what, cnt, from);
	else if (size < 4 || size % 4 || size > 4 * ours)
		c->err = registry_refuse(-EINVAL, "%s: rows of %u bytes make no sense", what, size);
	to = c->err ? NULL : new_block(c, (size_t)cnt * ours);
	for (uint32_t i = 0; to && i < cnt && !c->err; i++) {
		copy_row(c, what, (const char *)from + (size_t)i * size, size, to + (size_t)i * ours,
			 ours);
		if (own && !c->err)
			own(c, to + (size_t)i * ours);
	}
	return to;
}

/* A table of words, which have no layout. */
static const uint32_t *copy_words(struct copying *c, const char *what, const uint32_t *from,
				  uint32_t cnt)
{
	return copy_table(c, what, from, cnt, sizeof(*from), sizeof(*from), NULL);
}

/* ---- what a row of each kind points to ---- */

static void own_field(struct copying *c, void *row)
{
	struct bpfx_ctx_field *field = row;

	field->name = copy_text(c, field->name);
	field->type_name = copy_text(c, field->type_name);
	field->attach_types = copy_words(c, "attach types of a context field", field->attach_types,
					 field->attach_type_cnt);
}

static void own_ctx(struct copying *c, void *row)
{
	struct bpfx_ctx_desc *ctx = row;

	ctx->type_name = copy_text(c, ctx->type_name);
	ctx->fields = copy_table(c, "context fields", ctx->fields, ctx->field_cnt,
				 c->sizes->ctx_field_size, sizeof(*ctx->fields), own_field);
}

static void own_helper(struct copying *c, void *row)
{
	struct bpfx_helper *helper = row;

	helper->name = copy_text(c, helper->name);
	helper->ret_type = copy_text(c, helper->ret_type);
	for (uint32_t i = 0; i < ARRAY_CNT(helper->arg_types); i++)
		helper->arg_types[i] = copy_text(c, helper->arg_types[i]);
	helper->attach_types = copy_words(c, "attach types of a helper", helper->attach_types,
					  helper->attach_type_cnt);
}

static void own_type(struct copying *c, void *row)
{
	struct bpfx_prog_type *type = row;

	type->name = copy_text(c, type->name);
	type->ctx = copy_table(c, "context", type->ctx, type->ctx ? 1 : 0, c->sizes->ctx_desc_size,
			       sizeof(*type->ctx), own_ctx);
	type->helpers = copy_table(c, "helpers of a program type", type->helpers, type->helper_cnt,
				   c->sizes->helper_size, sizeof(*type->helpers), own_helper);
	type->general = copy_words(c, "general helpers of a program type", type->general,
				   type->general_cnt);
	type->ret_ranges = copy_table(c, "return ranges", type->ret_ranges, type->ret_range_cnt,
				      c->sizes->ret_range_size, sizeof(*type->ret_ranges), NULL);
	type->attach_types = copy_words(c, "attach types of a program type", type->attach_types,
					type->attach_type_cnt);
}

static void own_param(struct copying *c, void *row)
{
	struct bpfx_param *param = row;

	param->type = copy_text(c, param->type);
	param->name = copy_text(c, param->name);
}

static void own_record_field(struct copying *c, void *row)
{
	struct bpfx_record_field *field = row;

	field->declaration = copy_text(c, field->declaration);
}

static void own_tracepoint(struct copying *c, void *row)
{
	struct bpfx_tracepoint *tp = row;

	tp->system = copy_text(c, tp->system);
	tp->print_format = copy_text(c, tp->print_format);
	tp->fields = copy_table(c, "fields of a record", tp->fields, tp->field_cnt,
				sizeof(*tp->fields), sizeof(*tp->fields), own_record_field);
}

static void own_hook(struct copying *c, void *row)
{
	struct bpfx_hook *hook = row;

	hook->name = copy_text(c, hook->name);
	hook->prog_type = copy_text(c, hook->prog_type);
	hook->args = copy_table(c, "arguments of a tracepoint", hook->args, hook->arg_cnt,
				sizeof(*hook->args), sizeof(*hook->args), own_param);
	hook->tracepoint = copy_table(c, "tracepoint", hook->tracepoint, hook->tracepoint ? 1 : 0,
				      sizeof(*hook->tracepoint), sizeof(*hook->tracepoint),
				      own_tracepoint);
}

static void own_section(struct copying *c, void *row)
{
	struct bpfx_section *section = row;

	section->name = copy_text(c, section->name);
	section->prog_type = copy_text(c, section->prog_type);
	section->hook = copy_text(c, section->hook);
}

static void own_map_type(struct copying *c, void *row)
{
	struct bpfx_map_type *type = row;

	type->name = copy_text(c, type->name);
}

static void own_text(struct copying *c, void *row)
{
	const char **text = row;

	*text = copy_text(c, *text);
}

static void own_kfunc(struct copying *c, void *row)
{
	struct bpfx_kfunc *kfunc = row;

	kfunc->name = copy_text(c, kfunc->name);
	kfunc->ret = copy_text(c, kfunc->ret);
	for (uint32_t i = 0; i < BPFX_KFUNC_PARAMS; i++)
		own_param(c, &kfunc->params[i]);
	kfunc->prog_types = copy_table(c, "program types of a kernel function", kfunc->prog_types,
				       kfunc->prog_type_cnt, sizeof(char *), sizeof(char *),
				       own_text);
}

/* ---- the extension ---- */

#define TABLE(field, kind, own)                                                                    \
	(ext->field = copy_table(c, #field, ext->field, ext->kind##_cnt, ext->kind##_size,         \
				 sizeof(*ext->field), own),                                        \
	 ext->kind##_size = sizeof(*ext->field))

static void copy_tables(struct copying *c, struct bpfx_extension *ext)
{
	ext->name = copy_text(c, ext->name);
	ext->version = copy_text(c, ext->version);
	TABLE(prog_types, prog_type, own_type);
	TABLE(helpers, helper, own_helper);
	TABLE(hooks, hook, own_hook);
	TABLE(sections, section, own_section);
	TABLE(map_types, map_type, own_map_type);
	TABLE(kfuncs, kfunc, own_kfunc);
}

int extension_copy(struct extension *extension)
{
	const struct bpfx_extension sizes = extension->rows;
	struct copying c = { .into = extension, .sizes = &sizes };

	copy_tables(&c, &extension->rows);
	return c.err;
}

bool extension_has(const struct extension *extension, const void *row)
{
	for (const struct block *block = extension->blocks; block; block = block->next)
		if ((uintptr_t)row - (uintptr_t)block->bytes < block->size)
			return true;
	return false;
}

void extension_drop(struct extension *extension)
{
	struct block *block = extension->blocks, *next;

	for (; block; block = next) {
		next = block->next;
		free(block);
	}
	memset(extension, 0, sizeof(*extension));
}
