/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The public side of extensions (bpfx/hook.h): register, find, and what the loader knows of them. */
#include <bpfx/hook.h>

#include "err.h"
#include "kern_private.h"
#include "links.h"
#include "registry.h"

KERN_EXPORT int bpfx_register(const struct bpfx_extension *ext)
{
	int err = kern_start();

	err = err ? err : registry_add(ext, &link_host);
	if (!err)
		kern_host();
	return err;
}

KERN_EXPORT int bpfx_unregister(const struct bpfx_extension *ext)
{
	return registry_remove(ext);
}

KERN_EXPORT const char *bpfx_reason(void)
{
	return registry_reason();
}

KERN_EXPORT const struct bpfx_hook *bpfx_find_hook(const char *name)
{
	return kern_start() ? NULL : registry_hook_by_name(name);
}

KERN_EXPORT uint32_t bpfx_prog_type(const char *name)
{
	const struct bpfx_prog_type *type;

	type = kern_start() ? NULL : registry_prog_type_by_name(name);
	return type ? registry_prog_type_number(type) : 0;
}

KERN_EXPORT uint32_t bpfx_attach_type(const char *hook_name)
{
	const struct bpfx_hook *hook = bpfx_find_hook(hook_name);

	return hook ? registry_hook_attach_type(hook) : 0;
}

KERN_EXPORT const struct bpfx_host *bpfx_host(void)
{
	return kern_host();
}

int kern_section(unsigned int n, struct kern_section *out)
{
	const struct bpfx_prog_type *type;
	const struct bpfx_section *section;
	const struct bpfx_hook *hook;

	section = kern_start() ? NULL : registry_section(n);
	if (!section)
		return -ENOENT;
	type = registry_prog_type_by_name(section->prog_type);
	hook = section->hook ? registry_hook_by_name(section->hook) : NULL;
	*out = (struct kern_section){
		.name = section->name,
		.prefix = section->prefix,
		.prog_type = type ? registry_prog_type_number(type) : 0,
		.attach_type = hook ? registry_hook_attach_type(hook) : 0,
		.attaches = hook != NULL,
	};
	return 0;
}
