/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A copy of an extension's tables with everything they point to, made when it is registered: what
 * the extension does with its own tables afterwards is its business. Functions and the state of
 * hooks stay the extension's. A new pointer in a row: one line here.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "registry_private.h"

struct block {
	struct block *next;
	size_t size;
	_Alignas(16) char bytes[];
};

/* NULL copies are NULL; a copy that fails for lack of memory is NULL and noted. */
struct copying {
	struct extension *into;
	bool failed;
};

static void *copy_bytes(struct copying *c, const void *from, size_t size)
{
	struct block *block;

	if (!from || !size)
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (!block) {
		c->failed = true;
		return NULL;
	}
	memcpy(block->bytes, from, size);
	block->size = size;
	block->next = c->into->blocks;
	c->into->blocks = block;
	return block->bytes;
}

static const char *copy_text(struct copying *c, const char *text)
{
	return copy_bytes(c, text, text ? strlen(text) + 1 : 0);
}

#define COPY_ROWS(c, rows, cnt) copy_bytes(c, rows, (size_t)(cnt) * sizeof(*(rows)))

static const struct bpfx_ctx_desc *copy_ctx(struct copying *c, const struct bpfx_ctx_desc *from)
{
	struct bpfx_ctx_desc *ctx = COPY_ROWS(c, from, 1);
	struct bpfx_ctx_field *fields;

	if (!ctx)
		return NULL;
	ctx->type_name = copy_text(c, ctx->type_name);
	ctx->fields = fields = COPY_ROWS(c, from->fields, from->field_cnt);
	for (uint32_t i = 0; fields && i < ctx->field_cnt; i++) {
		struct bpfx_ctx_field *field = &fields[i];

		field->name = copy_text(c, field->name);
		field->type_name = copy_text(c, field->type_name);
		field->attach_types = COPY_ROWS(c, field->attach_types, field->attach_type_cnt);
	}
	return ctx;
}

static const struct bpfx_helper *copy_helpers(struct copying *c, const struct bpfx_helper *from,
					      uint32_t cnt)
{
	struct bpfx_helper *rows = COPY_ROWS(c, from, cnt);

	for (uint32_t i = 0; rows && i < cnt; i++) {
		rows[i].name = copy_text(c, rows[i].name);
		rows[i].ret_type = copy_text(c, rows[i].ret_type);
		for (uint32_t j = 0; j < ARRAY_CNT(rows[i].arg_types); j++)
			rows[i].arg_types[j] = copy_text(c, rows[i].arg_types[j]);
	}
	return rows;
}

static const struct bpfx_prog_type *copy_types(struct copying *c, const struct bpfx_prog_type *from,
					       uint32_t cnt)
{
	struct bpfx_prog_type *rows = COPY_ROWS(c, from, cnt);

	for (uint32_t i = 0; rows && i < cnt; i++) {
		struct bpfx_prog_type *type = &rows[i];

		type->name = copy_text(c, type->name);
		type->ctx = copy_ctx(c, type->ctx);
		type->helpers = copy_helpers(c, type->helpers, type->helper_cnt);
		type->general = COPY_ROWS(c, type->general, type->general_cnt);
		type->ret_ranges = COPY_ROWS(c, type->ret_ranges, type->ret_range_cnt);
		type->attach_types = COPY_ROWS(c, type->attach_types, type->attach_type_cnt);
	}
	return rows;
}

static const struct bpfx_hook *copy_hooks(struct copying *c, const struct bpfx_hook *from,
					  uint32_t cnt)
{
	struct bpfx_hook *rows = COPY_ROWS(c, from, cnt);

	for (uint32_t i = 0; rows && i < cnt; i++) {
		rows[i].name = copy_text(c, rows[i].name);
		rows[i].prog_type = copy_text(c, rows[i].prog_type);
	}
	return rows;
}

static const struct bpfx_section *copy_sections(struct copying *c, const struct bpfx_section *from,
						uint32_t cnt)
{
	struct bpfx_section *rows = COPY_ROWS(c, from, cnt);

	for (uint32_t i = 0; rows && i < cnt; i++) {
		rows[i].name = copy_text(c, rows[i].name);
		rows[i].prog_type = copy_text(c, rows[i].prog_type);
		rows[i].hook = copy_text(c, rows[i].hook);
	}
	return rows;
}

int extension_copy(struct extension *extension)
{
	struct bpfx_extension *ext = &extension->rows;
	struct copying c = { .into = extension };

	ext->name = copy_text(&c, ext->name);
	ext->version = copy_text(&c, ext->version);
	ext->prog_types = copy_types(&c, ext->prog_types, ext->prog_type_cnt);
	ext->prog_type_size = sizeof(*ext->prog_types);
	ext->helpers = copy_helpers(&c, ext->helpers, ext->helper_cnt);
	ext->helper_size = sizeof(*ext->helpers);
	ext->hooks = copy_hooks(&c, ext->hooks, ext->hook_cnt);
	ext->hook_size = sizeof(*ext->hooks);
	ext->sections = copy_sections(&c, ext->sections, ext->section_cnt);
	ext->section_size = sizeof(*ext->sections);
	return c.failed ? registry_refuse(-ENOMEM, "no memory for a copy of its tables") : 0;
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
