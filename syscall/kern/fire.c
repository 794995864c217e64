/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Events made up from names and numbers (bpfx/fire.h), for hooks that do not say how their events
 * are made: each scalar field of the context by its name, the bytes as packet.
 */
#include <stdlib.h>
#include <string.h>
#include <bpfx/fire.h>

#include "bits.h"
#include "err.h"
#include "kern_private.h"
#include "links.h"
#include "registry.h"
#include "rundown.h"

static int put_number(unsigned char *at, const struct bpfx_ctx_field *field, uint64_t value)
{
	uint32_t bits = 8 * field->real_size;

	if (bits < 64 && value >> bits && ~value >> (bits - 1))
		return registry_refuse(-EINVAL, "%s: %llu does not fit into %u bytes", field->name,
				       (unsigned long long)value, field->real_size);
	memcpy(at, &value, field->real_size);	/* little-endian, as is all of the shim */
	return 0;
}

static int64_t get_number(const unsigned char *at, const struct bpfx_ctx_field *field)
{
	uint64_t value = 0;

	memcpy(&value, at, field->real_size);
	return value;
}

static bool is_number(const struct bpfx_ctx_field *field)
{
	return field->kind == BPFX_FIELD_SCALAR && field->real_size <= 8;
}

static int fill_field(const struct bpfx_fire *fire, const struct bpfx_ctx_field *field,
		      unsigned char *ctx, unsigned char *data)
{
	unsigned char *pointer = data;
	uint64_t value;
	int err;

	if (field->kind == BPFX_FIELD_PACKET_END)
		pointer += fire->data_size;
	if (field->kind == BPFX_FIELD_PACKET || field->kind == BPFX_FIELD_PACKET_END ||
	    field->kind == BPFX_FIELD_PACKET_META)
		memcpy(ctx + field->real_offset, &pointer, sizeof(pointer));
	if (!is_number(field))
		return 0;
	err = fire->number(fire, field->name, &value);
	if (err == -ENOENT)
		return 0;
	if (err)
		return registry_refuse(err, "%s is not a number", field->name);
	return put_number(ctx + field->real_offset, field, value);
}

static void tell_fields(struct bpfx_fire *fire, const struct bpfx_ctx_desc *desc,
			const unsigned char *ctx)
{
	for (uint32_t i = 0; i < desc->field_cnt; i++)
		if (is_number(&desc->fields[i]) && desc->fields[i].flags & BPFX_FIELD_WRITE)
			fire->tell_number(fire, desc->fields[i].name,
					  get_number(ctx + desc->fields[i].real_offset,
						     &desc->fields[i]));
}

static int fire_by_fields(const struct bpfx_hook *hook, const struct bpfx_ctx_desc *desc,
			  struct bpfx_fire *fire)
{
	unsigned char *event = calloc(1, BPFX_CTX_HEADER_SIZE + desc->real_size + fire->data_size);
	unsigned char *ctx, *data;
	uint32_t result = 0;
	int ret = 0;

	if (!event)
		return -ENOMEM;
	ctx = event + BPFX_CTX_HEADER_SIZE;
	data = ctx + desc->real_size;
	if (fire->data_size)
		memcpy(data, fire->data, fire->data_size);
	for (uint32_t i = 0; i < desc->field_cnt && !ret; i++)
		ret = fill_field(fire, &desc->fields[i], ctx, data);
	ret = ret ? ret : link_host.run_hook(hook, fire->target, ctx, &result);
	if (ret >= 0) {
		fire->tell_number(fire, "result", (int32_t)result);
		tell_fields(fire, desc, ctx);
		if (fire->data_size)
			fire->tell_data(fire, data, fire->data_size);
	}
	free(event);
	return ret;
}

static int fire_row(const struct bpfx_hook *hook, struct bpfx_fire *fire)
{
	const struct bpfx_prog_type *type;

	if (hook->fire)
		return hook->fire(&link_host, hook, fire);
	type = registry_prog_type_by_name(hook->prog_type);
	if (!type)
		return registry_refuse(-EINVAL, "hook %s: program type %s is not there", hook->name,
				       hook->prog_type);
	return fire_by_fields(hook, type->ctx, fire);
}

KERN_EXPORT int bpfx_fire_hook(const char *name, struct bpfx_fire *fire)
{
	const struct bpfx_hook *hook;
	int ret;

	if (!name || !fire)
		return registry_refuse(-EINVAL, "no hook or no event is named");
	if (fire->sz < sizeof(*fire) || fire->reserved)
		return registry_refuse(-EINVAL, "struct bpfx_fire of another version");
	if (!kern_host())
		return registry_refuse(-EIO, "there is no store");
	registry_refuse(0, "%s", "");	/* what the start had to say is not about this */
	if (!rundown_enter(&rundown_commands))
		return -EBUSY;
	hook = registry_hook_by_name(name);
	ret = hook ? fire_row(hook, fire)
		   : registry_refuse(-ENOENT, "nobody here has a hook named %s", name);
	rundown_leave();
	links_settle();
	return ret;
}
