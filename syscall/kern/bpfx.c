/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The public side of extensions (bpfx/hook.h): register, find, and what the loader knows of them. */
#include <stdio.h>
#include <string.h>
#include <bpfx/hook.h>

#include "err.h"
#include "journal.h"
#include "kern_private.h"
#include "links.h"
#include "registry.h"
#include "rundown.h"

/* In this order: commands end, hooks do not fire any more, programs do not run any more. */
static void quiesce(const struct bpfx_extension *rows)
{
	rundown_wait(&rundown_commands);
	for (uint32_t i = 0; i < rows->hook_cnt; i++)
		hooks_disconnect(&rows->hooks[i]);
	progs_unbind(rows);
}

/* The rows are those that the registry copied. Any extension may go meanwhile, as in a command. */
static int add_module(const struct bpfx_extension *source)
{
	const struct bpfx_extension *ext;
	int err = 0;

	if (!rundown_enter(&rundown_commands))
		return -EBUSY;
	for (uint32_t i = 0; (ext = registry_extension(i)); i++)
		if (!strcmp(ext->name, source->name)) {
			err = kern_add_module(ext);
			break;
		}
	rundown_leave();
	return err;
}

KERN_EXPORT int bpfx_register(const struct bpfx_extension *ext)
{
	int err = kern_start();

	err = err ? err : registry_add(ext, &link_host);
	if (!err) {
		err = add_module(ext);
		if (err) {
			registry_remove(ext, quiesce);
			registry_refuse(err, "kernel functions of %s: a type is not one of C, or there "
					"is no BTF to put them in", ext->name);
		}
	}
	if (!err)
		kern_host();
	else
		journal_note("extension %s is not registered: %s",
			     ext && ext->name ? ext->name : "?", registry_reason());
	return err;
}

KERN_EXPORT int bpfx_unregister(const struct bpfx_extension *ext)
{
	if (rundown_depth())
		return registry_refuse(-EDEADLK, "it is called from within a run, which it would "
				       "wait for");
	return registry_remove(ext, quiesce);
}

KERN_EXPORT const char *bpfx_reason(void)
{
	return registry_reason();
}

/* Looking rows up is like a command: an extension that goes waits for it. */
static bool begin_lookup(void)
{
	return !kern_start() && rundown_enter(&rundown_commands);
}

KERN_EXPORT const struct bpfx_hook *bpfx_find_hook(const char *name)
{
	const struct bpfx_hook *hook;

	if (!begin_lookup())
		return NULL;
	hook = registry_hook_by_name(name);
	rundown_leave();
	return hook;
}

KERN_EXPORT uint32_t bpfx_prog_type(const char *name)
{
	const struct bpfx_prog_type *type;
	uint32_t number;

	if (!begin_lookup())
		return 0;
	type = registry_prog_type_by_name(name);
	number = type ? registry_prog_type_number(type) : 0;
	rundown_leave();
	return number;
}

KERN_EXPORT uint32_t bpfx_attach_type(const char *hook_name)
{
	const struct bpfx_hook *hook;
	uint32_t number;

	if (!begin_lookup())
		return 0;
	hook = registry_hook_by_name(hook_name);
	number = hook ? registry_hook_attach_type(hook) : 0;
	rundown_leave();
	return number;
}

KERN_EXPORT uint32_t bpfx_map_type(const char *name)
{
	uint32_t number;

	if (!begin_lookup())
		return 0;
	number = registry_map_type_by_name(name) ? registry_map_type_number(name) : 0;
	rundown_leave();
	return number;
}

KERN_EXPORT uint64_t bpfx_cgroup(int dir_fd)
{
	uint64_t target = 0;

	if (kern_start())
		return 0;
	if (dir_fd < 0)
		return links_own_cgroup();
	return links_cgroup(dir_fd, &target) ? 0 : target;
}

KERN_EXPORT const struct bpfx_host *bpfx_host(void)
{
	return kern_host();
}

static void describe(const struct bpfx_section *section, struct kern_section *out)
{
	const struct bpfx_prog_type *type = registry_prog_type_by_name(section->prog_type);
	const struct bpfx_hook *hook;

	hook = section->hook ? registry_hook_by_name(section->hook) : NULL;
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "%s", section->name);
	out->prefix = section->prefix;
	out->prog_type = type ? registry_prog_type_number(type) : 0;
	out->attach_type = hook ? registry_hook_attach_type(hook) : 0;
	out->attaches = hook != NULL;
}

int kern_section(unsigned int n, struct kern_section *out)
{
	const struct bpfx_section *section;

	if (!begin_lookup())
		return -ENOENT;
	section = registry_section(n);
	if (section)
		describe(section, out);
	rundown_leave();
	return section ? 0 : -ENOENT;
}
