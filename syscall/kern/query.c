/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What tools may ask (bpfx/query.h). Each query fills a struct of ours, of which the caller gets as
 * much as he knows. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <bpfx/query.h>

#include "bits.h"
#include "err.h"
#include "journal.h"
#include "kern_private.h"
#include "links.h"
#include "raw.h"
#include "registry.h"
#include "rundown.h"

#define COPY_TEXT(field, text) snprintf(field, sizeof(field), "%s", (text) ? (text) : "")

/* In and out of a query. @sz: the caller's, as all structs begin. */
static int begin(const size_t *sz)
{
	int err = kern_start();

	if (err)
		return err;
	if (*sz <= sizeof(*sz))
		return -EINVAL;
	return rundown_enter(&rundown_commands) ? 0 : -EBUSY;
}

static int finish(int err, void *out, const void *facts, size_t size)
{
	size_t room = *(const size_t *)out;

	rundown_leave();
	if (err)
		return err;
	memset(out, 0, room);
	memcpy(out, facts, MIN(room, size));
	*(size_t *)out = room;
	return 0;
}

/* ---- extensions and their rows ---- */

KERN_EXPORT int bpfx_query_extension(uint32_t n, struct bpfx_extension_facts *out)
{
	struct bpfx_extension_facts facts = { 0 };
	const struct bpfx_extension *ext;
	int err = begin(&out->sz);

	if (err)
		return err;
	ext = registry_extension(n);
	if (!ext)
		return finish(-ENOENT, out, NULL, 0);
	COPY_TEXT(facts.name, ext->name);
	COPY_TEXT(facts.version, ext->version);
	facts.prog_types = ext->prog_type_cnt;
	facts.helpers = ext->helper_cnt;
	facts.hooks = ext->hook_cnt;
	facts.sections = ext->section_cnt;
	facts.map_types = ext->map_type_cnt;
	return finish(0, out, &facts, sizeof(facts));
}

/* Name of the extension whose row that is; none where it goes at this moment. */
static const char *extension_of(const void *row)
{
	const struct bpfx_extension *ext = registry_owner(row);

	return ext ? ext->name : NULL;
}

static const struct bpfx_prog_type *nth_type(uint32_t n)
{
	const struct bpfx_extension *ext;

	for (uint32_t i = 0; (ext = registry_extension(i)); i++) {
		if (n < ext->prog_type_cnt)
			return &ext->prog_types[n];
		n -= ext->prog_type_cnt;
	}
	return NULL;
}

KERN_EXPORT int bpfx_query_prog_type(uint32_t n, struct bpfx_prog_type_facts *out)
{
	struct bpfx_prog_type_facts facts = { 0 };
	const struct bpfx_prog_type *type;
	int err = begin(&out->sz);

	if (err)
		return err;
	type = nth_type(n);
	if (!type)
		return finish(-ENOENT, out, NULL, 0);
	COPY_TEXT(facts.name, type->name);
	COPY_TEXT(facts.extension, extension_of(type));
	COPY_TEXT(facts.context, type->ctx->type_name);
	facts.number = registry_prog_type_number(type);
	facts.context_size = type->ctx->size;
	facts.own_helpers = type->helper_cnt;
	facts.general_helpers = type->general_cnt;
	facts.test_run = type->test_run != NULL;
	return finish(0, out, &facts, sizeof(facts));
}

static const struct bpfx_hook *nth_hook(uint32_t n)
{
	const struct bpfx_extension *ext;

	for (uint32_t i = 0; (ext = registry_extension(i)); i++) {
		if (n < ext->hook_cnt)
			return &ext->hooks[n];
		n -= ext->hook_cnt;
	}
	return NULL;
}

static uint32_t attached_cnt(const struct bpfx_hook *hook)
{
	struct store_counter counter;

	if (store_hook_counter(hook->name, &counter))
		return 0;
	return __atomic_load_n(counter.attached, __ATOMIC_RELAXED);
}

KERN_EXPORT int bpfx_query_hook(uint32_t n, struct bpfx_hook_facts *out)
{
	struct bpfx_hook_facts facts = { 0 };
	const struct bpfx_hook *hook;
	int err = begin(&out->sz);

	if (err)
		return err;
	hook = nth_hook(n);
	if (!hook)
		return finish(-ENOENT, out, NULL, 0);
	COPY_TEXT(facts.name, hook->name);
	COPY_TEXT(facts.extension, extension_of(hook));
	COPY_TEXT(facts.prog_type, hook->prog_type);
	facts.attach_type = registry_hook_attach_type(hook);
	facts.link_type = registry_hook_link_type(hook);
	facts.flags = hook->flags;
	facts.attached = attached_cnt(hook);
	return finish(0, out, &facts, sizeof(facts));
}

KERN_EXPORT int bpfx_query_field(const char *prog_type, uint32_t n, struct bpfx_field_facts *out)
{
	struct bpfx_field_facts facts = { 0 };
	const struct bpfx_prog_type *type;
	int err = begin(&out->sz);

	if (err)
		return err;
	type = registry_prog_type_by_name(prog_type);
	if (!type || n >= type->ctx->field_cnt)
		return finish(-ENOENT, out, NULL, 0);
	COPY_TEXT(facts.name, type->ctx->fields[n].name);
	facts.offset = type->ctx->fields[n].offset;
	facts.size = type->ctx->fields[n].size;
	facts.kind = type->ctx->fields[n].kind;
	facts.flags = type->ctx->fields[n].flags;
	return finish(0, out, &facts, sizeof(facts));
}

/* ---- objects ---- */

static void describe_maker(const struct kern_prog *prog, uint32_t *pid, char *who, size_t size)
{
	*pid = prog->obj->header->pid;
	snprintf(who, size, "%.15s", prog->obj->header->who);
}

KERN_EXPORT int bpfx_query_attachment(const char *name, uint32_t n,
				      struct bpfx_attachment_facts *out)
{
	struct bpfx_attachment_facts facts = { 0 };
	struct link_attachment at;
	const struct bpfx_hook *hook;
	struct kern_prog *prog;
	int err = begin(&out->sz);

	if (err)
		return err;
	hook = registry_hook_by_name(name);
	err = hook ? links_attached(hook, n, &at) : -ENOENT;
	err = err ? err : prog_get(at.prog_id, &prog);
	if (err)
		return finish(err, out, NULL, 0);
	facts.target = at.target;
	facts.link_id = at.link_id;
	facts.prog_id = at.prog_id;
	COPY_TEXT(facts.prog_name, prog->obj->header->name);
	describe_maker(prog, &facts.pid, facts.who, sizeof(facts.who));
	prog_put(prog);
	return finish(0, out, &facts, sizeof(facts));
}

KERN_EXPORT int bpfx_query_prog(uint32_t id, struct bpfx_prog_facts *out)
{
	struct bpfx_prog_facts facts = { 0 };
	struct kern_prog *prog;
	int err = begin(&out->sz);

	if (err)
		return err;
	do
		err = store_next_id(STORE_PROG, id, &id);
	while (!err && prog_get(id, &prog));
	if (err)
		return finish(err, out, NULL, 0);
	facts.id = id;
	COPY_TEXT(facts.name, prog->obj->header->name);
	COPY_TEXT(facts.prog_type, prog->shared->type_name);
	describe_maker(prog, &facts.pid, facts.who, sizeof(facts.who));
	prog_info_check(prog, prog_type_of(prog), facts.why_not, sizeof(facts.why_not));
	prog_put(prog);
	return finish(0, out, &facts, sizeof(facts));
}

KERN_EXPORT int bpfx_query_refusal(uint32_t n, struct bpfx_refusal_facts *out)
{
	struct bpfx_refusal_facts facts = { 0 };
	struct journal_line line;
	int err = begin(&out->sz);

	if (err)
		return err;
	err = journal_read(n, &line);
	if (err)
		return finish(err, out, NULL, 0);
	facts.when = line.when;
	facts.pid = line.pid;
	COPY_TEXT(facts.who, line.who);
	COPY_TEXT(facts.text, line.text);
	return finish(0, out, &facts, sizeof(facts));
}

/* ---- cgroups ---- */

#define CGROUP_ROOT "/sys/fs/cgroup"

static int cgroup_at(const char *path, uint64_t *id)
{
	int fd = raw_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = links_cgroup(fd, id);
	raw_close(fd);
	return err;
}

KERN_EXPORT int bpfx_cgroup_id(const char *directory, uint64_t *id)
{
	char path[PATH_MAX];
	int err = kern_start();

	if (err)
		return err;
	err = cgroup_at(directory, id);
	if (err && !strncmp(directory, CGROUP_ROOT, strlen(CGROUP_ROOT)) &&
	    snprintf(path, sizeof(path), "%s/root%s", store_dir(), directory) < (int)sizeof(path) &&
	    !cgroup_at(path, id))
		err = 0;
	return err;
}
