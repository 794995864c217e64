/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A program and what its extensions offer in this process. A binding is made on first use: the type
 * is looked up, the program information compared with what the program was verified with, and the
 * program translated. It goes when one of its extensions is unregistered, and comes again when
 * extensions with the same program information are there.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "fork_guard.h"
#include "helpers.h"
#include "journal.h"
#include "prog_private.h"
#include "registry.h"
#include "rundown.h"

/* Bindings are made and taken away one at a time. */
static pthread_mutex_t bind_mutex = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(bind_mutex, FORK_RANK_PROGS)

/* Views of this process; a leaf, because a view may go wherever an object is let go. */
static pthread_mutex_t views_mutex = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(views_mutex, FORK_RANK_CACHE)
static struct kern_prog *views;

/* ---- views ---- */

static void free_binding(struct prog_binding *binding)
{
	if (!binding)
		return;
	if (binding->image)
		exec_free(binding->image);
	free(binding->rows);
	free(binding->kfuncs);
	free(binding);
}

void prog_view_opened(struct kern_prog *prog)
{
	pthread_mutex_lock(&views_mutex);
	prog->next = views;
	prog->link = &views;
	if (views)
		views->link = &prog->next;
	views = prog;
	pthread_mutex_unlock(&views_mutex);
}

void prog_view_closed(struct kern_prog *prog)
{
	pthread_mutex_lock(&views_mutex);
	*prog->link = prog->next;
	if (prog->next)
		prog->next->link = prog->link;
	pthread_mutex_unlock(&views_mutex);
	free_binding(prog->binding);
}

/* ---- making ---- */

const struct bpfx_prog_type *prog_type_of(const struct kern_prog *prog)
{
	return registry_prog_type_by_name(prog->shared->type_name);
}

static const struct bpfx_helper **helper_rows(const struct kern_prog *prog,
					      const struct bpfx_prog_type *type)
{
	const uint32_t *ids = prog_section(prog, prog->shared->helpers);
	uint32_t cnt = prog->shared->helper_cnt;
	const struct bpfx_helper **rows = calloc(cnt + 1, sizeof(*rows));
	enum verifier_helper_state state;

	for (uint32_t i = 0; rows && i < cnt; i++)
		rows[i] = helper_row(type, ids[i], &state);
	return rows;
}

const struct bpfx_kfunc *prog_kfunc_row(const struct bpfx_prog_type *type, uint32_t btf_id,
					uint32_t id)
{
	const struct bpfx_kfunc *row = NULL;
	const struct kern_btf *btf;
	const struct btf_type *t;
	struct store_obj *obj;
	bool allowed;

	if (btf_object_get(btf_id, &obj, &btf))
		return NULL;
	t = kern_btf_type(btf, id);
	if (t && btf_kind(t) == BTF_KIND_FUNC)
		row = kfunc_row(type, kern_btf_type_name(btf, t), &allowed);
	store_put(obj);
	return row;
}

/* Each as it was when the program was verified; those of Linux that are not here have no function. */
static int bind_kfuncs(struct kern_prog *prog, struct prog_binding *binding, char *why, size_t size)
{
	const struct prog_kfunc *called = prog_section(prog, prog->shared->kfuncs);

	binding->kfuncs = calloc(prog->shared->kfunc_cnt + 1, sizeof(*binding->kfuncs));
	if (!binding->kfuncs)
		return -ENOMEM;
	for (uint32_t i = 0; i < prog->shared->kfunc_cnt; i++) {
		const struct bpfx_kfunc *row = prog_kfunc_row(binding->type, called[i].btf_id,
							      called[i].id);

		if (!row || prog_kfunc_sum(row) != called[i].sum) {
			snprintf(why, size, "kernel function %s %s; the program was verified with "
				 "another one", row ? row->name : "that it calls",
				 row ? "has another prototype now" : "is gone");
			return -EINVAL;
		}
		binding->kfuncs[binding->kfunc_cnt++] = row;
	}
	return 0;
}

static bool has_prog_array(const struct kern_prog *prog)
{
	for (uint32_t i = 0; i < prog->map_cnt; i++)
		if (prog->maps[i]->type == BPF_MAP_TYPE_PROG_ARRAY)
			return true;
	return false;
}

/* Once until it runs again: events may be many. */
static int tell(int err, struct kern_prog *prog, const char *why)
{
	if (prog->told != err)
		journal_note("program %u (%s) cannot run: %s", prog->id, prog->obj->header->name,
			     why);
	prog->told = err;
	return err;
}

static int make_binding(struct kern_prog *prog, struct prog_binding **out)
{
	const struct bpfx_prog_type *type = prog_type_of(prog);
	struct prog_binding *binding;
	char why[PROG_WHY_SIZE];
	int err = prog_info_check(prog, type, why, sizeof(why));

	if (err)
		return tell(err, prog, why);
	binding = calloc(1, sizeof(*binding));
	if (!binding)
		return -ENOMEM;
	binding->owner = prog;
	binding->type = type;
	binding->row_cnt = prog->shared->helper_cnt;
	binding->rows = helper_rows(prog, type);
	snprintf(why, sizeof(why), "out of memory");
	err = binding->rows ? bind_kfuncs(prog, binding, why, sizeof(why)) : -ENOMEM;
	if (!err) {
		err = prog_translate(prog, binding, &binding->image);
		snprintf(why, sizeof(why), "%s", strerror(-err));
	}
	if (err) {
		free_binding(binding);
		return tell(err, prog, why);
	}
	prog->told = 0;
	binding->tail_calls = has_prog_array(prog);
	*out = binding;
	return 0;
}

int prog_bind(struct kern_prog *prog, struct prog_binding **out)
{
	struct prog_binding *binding;
	int err = 0;

	binding = atomic_load_explicit(&prog->binding, memory_order_acquire);
	if (!binding) {
		pthread_mutex_lock(&bind_mutex);
		binding = atomic_load(&prog->binding);
		if (!binding) {
			err = make_binding(prog, &binding);
			if (!err)
				atomic_store_explicit(&prog->binding, binding,
						      memory_order_release);
		}
		pthread_mutex_unlock(&bind_mutex);
	}
	*out = binding;
	return err;
}

/* ---- taking away ---- */

static bool has_map_type(const struct bpfx_extension *ext, const char *name)
{
	for (uint32_t i = 0; i < ext->map_type_cnt; i++)
		if (!strcmp(ext->map_types[i].name, name))
			return true;
	return false;
}

static bool depends_on(const struct kern_prog *prog, const struct prog_binding *binding,
		       const struct bpfx_extension *ext)
{
	if (registry_has_row(ext, binding->type))
		return true;
	for (uint32_t i = 0; i < binding->row_cnt; i++)
		if (registry_has_row(ext, binding->rows[i]))
			return true;
	for (uint32_t i = 0; i < binding->kfunc_cnt; i++)
		if (registry_has_row(ext, binding->kfuncs[i]))
			return true;
	for (uint32_t i = 0; i < prog->map_cnt; i++)
		if (has_map_type(ext, prog->maps[i]->shared->custom))
			return true;
	return false;
}

static struct prog_binding *cut_bindings(const struct bpfx_extension *ext)
{
	struct prog_binding *cut = NULL;

	pthread_mutex_lock(&bind_mutex);
	pthread_mutex_lock(&views_mutex);
	for (struct kern_prog *prog = views; prog; prog = prog->next) {
		struct prog_binding *binding = atomic_load(&prog->binding);

		if (!binding || !depends_on(prog, binding, ext))
			continue;
		atomic_store(&prog->binding, NULL);
		binding->next = cut;
		cut = binding;
	}
	pthread_mutex_unlock(&views_mutex);
	pthread_mutex_unlock(&bind_mutex);
	return cut;
}

/* The owner is not looked at any more, it may be gone: its address is what runs have marked. A run
 * that made a tail call bears the mark of the program it began with, hence the second wait. */
void progs_unbind(const struct bpfx_extension *ext)
{
	struct prog_binding *cut = cut_bindings(ext), *next;

	for (struct prog_binding *binding = cut; binding; binding = binding->next)
		rundown_wait(binding->owner);
	if (cut)
		rundown_wait(&prog_tail_runs);
	for (; cut; cut = next) {
		next = cut->next;
		free_binding(cut);
	}
}
