/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Is an extension what it says it is. Each rule is positive, is checked before anything of the
 * extension is used, and has a text that names what is wrong.
 */
#include <string.h>

#include "registry_private.h"

#define NAME_MAX_LEN	 63
#define STORED_NAME_MAX	 31	/* of what objects in the store name */
#define CTX_SIZE_MAX	 (64 * 1024)
#define UAPI_HELPERS_END 0x10000u

#define OLDEST_EXTENSION_SIZE (offsetof(struct bpfx_extension, stop) + sizeof(void (*)(void)))

/* All refusals of this file are -EINVAL. */
#define bad(...) registry_refuse(-EINVAL, __VA_ARGS__)

static int check_name_of(const char *what, const char *name, uint32_t max)
{
	if (!name || !*name)
		return bad("%s has no name", what);
	if (strnlen(name, max + 1) > max)
		return bad("name of %s is longer than %u characters: '%.16s...'", what, max, name);
	for (const char *s = name; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == '/' || *s == ':' || *s == 0x7f)
			return bad("name of %s has a character that is not allowed: '%s'", what,
				   name);
	return 0;
}

static int check_name(const char *what, const char *name)
{
	return check_name_of(what, name, NAME_MAX_LEN);
}

/* ---- the head ---- */

static int take_head(const struct bpfx_extension *source, struct bpfx_extension *out)
{
	const char *bytes = (const char *)source;
	uint32_t size = source->size;

	if (size < OLDEST_EXTENSION_SIZE)
		return bad("size %u of struct bpfx_extension is smaller than any version's", size);
	if (source->abi_version != BPFX_ABI_VERSION)
		return bad("built for extension ABI version %u, this is version %u",
			   source->abi_version, BPFX_ABI_VERSION);
	for (uint32_t i = sizeof(*out); i < size; i++)
		if (bytes[i])
			return bad("uses a field of struct bpfx_extension that this version does "
				   "not know");
	memset(out, 0, sizeof(*out));
	memcpy(out, source, size < sizeof(*out) ? size : sizeof(*out));
	if (out->context_header_size != BPFX_CTX_HEADER_SIZE)
		return bad("its contexts have no header of %u bytes (context_header_size is %u)",
			   BPFX_CTX_HEADER_SIZE, out->context_header_size);
	if (out->reserved)
		return bad("reserved field is not zero");
	for (size_t i = 0; i < ARRAY_CNT(out->spare); i++)
		if (out->spare[i])
			return bad("spare field %zu is not zero", i);
	return 0;
}

/* ---- helpers ---- */

static int check_arguments(const struct bpfx_helper *row)
{
	bool ended = false;

	for (int i = 0; i < 5; i++) {
		uint32_t kind = row->args[i] & BPFX_ARG_KIND_MASK;
		uint32_t before = i ? row->args[i - 1] & BPFX_ARG_KIND_MASK : BPFX_ARG_NONE;

		if (kind > BPFX_ARG_INT_MEM)
			return bad("helper %s: argument %d is of unknown kind %u", row->name, i + 1,
				   kind);
		if (ended && kind != BPFX_ARG_NONE)
			return bad("helper %s: argument %d comes after the end of the list",
				   row->name, i + 1);
		ended = kind == BPFX_ARG_NONE;
		if ((kind == BPFX_ARG_SIZE || kind == BPFX_ARG_SIZE_OR_ZERO) &&
		    before != BPFX_ARG_MEM)
			return bad("helper %s: argument %d is a size, but not behind memory",
				   row->name, i + 1);
		if (row->args[i] & BPFX_FIXED_SIZE && !row->arg_sizes[i])
			return bad("helper %s: argument %d has a fixed size of 0", row->name,
				   i + 1);
		if (kind == BPFX_ARG_BTF_ID && !row->arg_types[i])
			return bad("helper %s: argument %d does not name its type", row->name,
				   i + 1);
	}
	return 0;
}

static int check_helper(const struct bpfx_helper *row)
{
	uint32_t ret = row->ret & BPFX_RET_KIND_MASK;
	int err = check_name("helper", row->name);

	if (err)
		return err;
	if (!row->fn)
		return bad("helper %s has no function", row->name);
	if (!row->id)
		return bad("helper %s has no id", row->name);
	if (ret > BPFX_RET_BTF_ID)
		return bad("helper %s: result is of unknown kind %u", row->name, ret);
	if (ret == BPFX_RET_BTF_ID && !row->ret_type)
		return bad("helper %s does not name the type of its result", row->name);
	return check_arguments(row);
}

static int check_helpers(const char *whose, const struct bpfx_helper *rows, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++) {
		int err = check_helper(&rows[i]);

		if (err)
			return err;
		for (uint32_t j = 0; j < i; j++)
			if (rows[j].id == rows[i].id)
				return bad("%s: helpers %s and %s have the same id %u", whose,
					   rows[j].name, rows[i].name, rows[i].id);
	}
	return 0;
}

/* ---- contexts ---- */

static bool is_access_size(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static int check_field(const char *type, const struct bpfx_ctx_desc *ctx,
		       const struct bpfx_ctx_field *field)
{
	bool area = field->kind == BPFX_FIELD_SCALAR && field->size > 8;

	if (!field->name || !*field->name)
		return bad("%s: context field at offset %u has no name", type, field->offset);
	if (!area && (!is_access_size(field->size) || !is_access_size(field->real_size)))
		return bad("%s: context field %s has a size that no access has", type, field->name);
	if (area && field->size != field->real_size)
		return bad("%s: context area %s has two sizes", type, field->name);
	if (field->offset > ctx->size || field->size > ctx->size - field->offset)
		return bad("%s: context field %s ends behind the context", type, field->name);
	if (field->real_offset > ctx->real_size ||
	    field->real_size > ctx->real_size - field->real_offset)
		return bad("%s: context field %s ends behind the real struct", type, field->name);
	if (field->kind > BPFX_FIELD_MEM)
		return bad("%s: context field %s is of unknown kind %u", type, field->name,
			   field->kind);
	if (field->kind == BPFX_FIELD_BTF_ID && !field->type_name)
		return bad("%s: context field %s does not name its type", type, field->name);
	if (field->kind == BPFX_FIELD_MEM && !field->mem_size)
		return bad("%s: context field %s does not tell the size of its memory", type,
			   field->name);
	if (field->kind != BPFX_FIELD_SCALAR && field->real_size != sizeof(void *))
		return bad("%s: context field %s is a pointer that is not one in the real struct",
			   type, field->name);
	return 0;
}

static int check_pointer(const char *type, const struct bpfx_ctx_desc *ctx, int32_t offset)
{
	if (offset >= -1 && (offset == -1 || offset + sizeof(void *) <= ctx->real_size))
		return 0;
	return bad("%s: a packet pointer at offset %d is not in the real struct", type, offset);
}

static int check_ctx(const char *type, const struct bpfx_ctx_desc *ctx)
{
	int err = 0;

	if (!ctx)
		return bad("%s has no context description", type);
	if (!ctx->size || ctx->size > CTX_SIZE_MAX || !ctx->real_size ||
	    ctx->real_size > CTX_SIZE_MAX)
		return bad("%s: context of %u bytes (%u in reality)", type, ctx->size,
			   ctx->real_size);
	for (uint32_t i = 0; !err && i < ctx->field_cnt; i++)
		err = check_field(type, ctx, &ctx->fields[i]);
	err = err ? err : check_pointer(type, ctx, ctx->real_data);
	err = err ? err : check_pointer(type, ctx, ctx->real_data_end);
	return err ? err : check_pointer(type, ctx, ctx->real_data_meta);
}

/* ---- program types, hooks, sections ---- */

static int check_prog_type(const struct bpfx_prog_type *type)
{
	int err = check_name_of("program type", type->name, STORED_NAME_MAX);

	if (err)
		return err;
	if (type->type >= BPFX_TYPE_DYNAMIC)
		return bad("program type %s: number 0x%x is not its own to choose", type->name,
			   type->type);
	err = check_ctx(type->name, type->ctx);
	err = err ? err : check_helpers(type->name, type->helpers, type->helper_cnt);
	if (err)
		return err;
	for (uint32_t i = 0; i < type->ret_range_cnt; i++)
		if (type->ret_ranges[i].min > type->ret_ranges[i].max)
			return bad("program type %s: return range %u is empty", type->name, i);
	if (type->flags & BPFX_PROG_ATTACH_CHECKED &&
	    (!type->attach_type_cnt || !type->attach_types))
		return bad("program type %s checks attach types, but lists none", type->name);
	return 0;
}

#define TYPE_TEXT_MAX 63

static bool is_type_text(const char *text)
{
	return text && *text && strnlen(text, TYPE_TEXT_MAX + 1) <= TYPE_TEXT_MAX;
}

static int check_tracepoint(const struct bpfx_hook *hook)
{
	if (strncmp(hook->name, "raw_tp.", strlen("raw_tp.")))
		return bad("tracepoint %s has no name that begins with raw_tp.", hook->name);
	if (hook->arg_cnt > BPFX_TRACEPOINT_ARGS_MAX)
		return bad("tracepoint %s has %u arguments, more than %u", hook->name, hook->arg_cnt,
			   BPFX_TRACEPOINT_ARGS_MAX);
	for (uint32_t i = 0; i < hook->arg_cnt; i++)
		if (!is_type_text(hook->args[i].type) || !is_type_text(hook->args[i].name))
			return bad("tracepoint %s: argument %u has no type or no name", hook->name,
				   i + 1);
	return 0;
}

static int check_record(const struct bpfx_hook *hook)
{
	const struct bpfx_tracepoint *tp = hook->tracepoint;
	uint32_t end = BPFX_RECORD_COMMON;

	if (!tp || !tp->system || !*tp->system || strchr(tp->system, '/') || !tp->print_format ||
	    tp->reserved)
		return bad("hook %s does not say what its record is", hook->name);
	if (strncmp(hook->name, "tp.", 3) || !hook->name[3] || strchr(hook->name, '/'))
		return bad("hook %s has a record: its name is tp. and the event's", hook->name);
	for (uint32_t i = 0; i < tp->field_cnt; i++) {
		const struct bpfx_record_field *field = &tp->fields[i];

		if (!field->declaration || !field->size || field->offset < end ||
		    field->size > UINT16_MAX || field->offset > UINT16_MAX)
			return bad("hook %s: field %u of its record has no name or place",
				   hook->name, i);
		end = field->offset + field->size;
	}
	return 0;
}

static int check_hook(const struct bpfx_hook *hook)
{
	int err = check_name_of("hook", hook->name, STORED_NAME_MAX);

	if (err)
		return err;
	if (hook->context_header_size != BPFX_CTX_HEADER_SIZE)
		return bad("hook %s: its contexts have no header of %u bytes (context_header_size "
			   "is %u)", hook->name, BPFX_CTX_HEADER_SIZE, hook->context_header_size);
	if (!hook->prog_type || !*hook->prog_type)
		return bad("hook %s does not name the program type it runs", hook->name);
	if (!hook->state)
		return bad("hook %s has no state", hook->name);
	if (hook->flags & BPFX_HOOK_DYNAMIC && (hook->attach_type || hook->link_type))
		return bad("hook %s has numbers and wants them allotted", hook->name);
	if (hook->attach_type >= BPFX_TYPE_DYNAMIC || hook->link_type >= BPFX_TYPE_DYNAMIC)
		return bad("hook %s: its numbers are not its own to choose", hook->name);
	if (!(hook->flags & BPFX_HOOK_DYNAMIC) && !hook->link_type)
		return bad("hook %s has no link type", hook->name);
	if (hook->flags & BPFX_HOOK_TRACEPOINT)
		return check_tracepoint(hook);
	if (hook->arg_cnt)
		return bad("hook %s has arguments, but is no tracepoint", hook->name);
	if (hook->flags & BPFX_HOOK_RECORD || hook->tracepoint)
		return check_record(hook);
	return 0;
}

static int check_section(const struct bpfx_section *section)
{
	if (!section->name || !*section->name)
		return bad("a section has no name");
	if (!section->prog_type || !*section->prog_type)
		return bad("section %s does not name its program type", section->name);
	return 0;
}

static bool may_be_base(uint32_t type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH ||
	       type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_LPM_TRIE;
}

static int check_map_type(const struct bpfx_map_type *type)
{
	int err = check_name("map type", type->name);

	if (err)
		return err;
	if (!may_be_base(type->base))
		return bad("map type %s: type %u cannot keep its elements", type->name, type->base);
	if (type->reserved)
		return bad("map type %s: reserved field is not zero", type->name);
	return 0;
}

#define KFUNC_FLAGS                                                                                \
	(BPFX_KF_ACQUIRE | BPFX_KF_RELEASE | BPFX_KF_RET_NULL | BPFX_KF_TRUSTED_ARGS |             \
	 BPFX_KF_SLEEPABLE | BPFX_KF_DESTRUCTIVE | BPFX_KF_RCU | BPFX_KF_ITER_NEW |                \
	 BPFX_KF_ITER_NEXT | BPFX_KF_ITER_DESTROY | BPFX_KF_RCU_PROTECTED | BPFX_KF_FASTCALL)

static int check_kfunc(const struct bpfx_kfunc *row)
{
	bool ended = false;
	int err = check_name("kernel function", row->name);

	if (err)
		return err;
	if (!row->fn)
		return bad("kernel function %s has no function", row->name);
	if (row->flags & ~KFUNC_FLAGS)
		return bad("kernel function %s has unknown flags 0x%x", row->name,
			   row->flags & ~KFUNC_FLAGS);
	if (!is_type_text(row->ret))
		return bad("kernel function %s does not name the type of its result", row->name);
	for (uint32_t i = 0; i < BPFX_KFUNC_PARAMS; i++) {
		const struct bpfx_param *param = &row->params[i];

		if (!param->type) {
			ended = true;
			continue;
		}
		if (ended)
			return bad("kernel function %s: parameter %u comes after the end of the list",
				   row->name, i + 1);
		if (!is_type_text(param->type) || !is_type_text(param->name))
			return bad("kernel function %s: parameter %u has no type or no name",
				   row->name, i + 1);
	}
	for (uint32_t i = 0; i < row->prog_type_cnt; i++)
		if (!row->prog_types[i] || !*row->prog_types[i])
			return bad("kernel function %s: program type %u has no name", row->name, i);
	return 0;
}

static int check_rows(const struct bpfx_extension *ext)
{
	int err = check_helpers(ext->name, ext->helpers, ext->helper_cnt);

	for (uint32_t i = 0; !err && i < ext->helper_cnt; i++)
		if (ext->helpers[i].id >= UAPI_HELPERS_END)
			err = bad("general helper %s: id 0x%x is for helpers of one program type",
				  ext->helpers[i].name, ext->helpers[i].id);
	for (uint32_t i = 0; !err && i < ext->prog_type_cnt; i++)
		err = check_prog_type(&ext->prog_types[i]);
	for (uint32_t i = 0; !err && i < ext->hook_cnt; i++)
		err = check_hook(&ext->hooks[i]);
	for (uint32_t i = 0; !err && i < ext->section_cnt; i++)
		err = check_section(&ext->sections[i]);
	for (uint32_t i = 0; !err && i < ext->map_type_cnt; i++)
		err = check_map_type(&ext->map_types[i]);
	for (uint32_t i = 0; !err && i < ext->kfunc_cnt; i++)
		err = check_kfunc(&ext->kfuncs[i]);
	return err;
}

/* Copied first: rows of other builds are in our layout then, and nobody changes what is checked. */
int extension_take(const struct bpfx_extension *source, struct extension *out)
{
	int err;

	memset(out, 0, sizeof(*out));
	if (!source)
		return bad("there is no extension");
	err = take_head(source, &out->rows);
	err = err ? err : extension_copy(out);
	err = err ? err : check_name("extension", out->rows.name);
	err = err ? err : check_rows(&out->rows);
	if (err)
		extension_drop(out);
	else
		out->source = source;
	return err;
}
