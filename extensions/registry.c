/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What is registered. Tables of fixed size with one atomic pointer per row: readers take no lock,
 * writers hold one. Numbers that are allotted by name stay with the name for the life of the
 * process, so that programs find their type again after an extension was reloaded.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "registry_private.h"

#define EXTENSIONS_MAX 64
#define ROWS_MAX       512
#define NUMBERS_MAX    512
#define NAME_SIZE      64
#define REASON_SIZE    256

typedef _Atomic(const void *) row_slot;

/* One family of rows. */
struct rows {
	row_slot slot[ROWS_MAX];
	_Atomic uint32_t used;		/* slots above were never filled */
};

static struct rows prog_types, hooks, helpers, sections, map_types, kfuncs, extensions;
static struct extension taken[EXTENSIONS_MAX];
static pthread_mutex_t mutex;
static pthread_once_t mutex_once = PTHREAD_ONCE_INIT;

static __thread char reason[REASON_SIZE];

int registry_refuse(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	return err;
}

const char *registry_reason(void)
{
	return reason;
}

/* start() of an extension may register others. */
static void init_mutex(void)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

static void lock(void)
{
	pthread_once(&mutex_once, init_mutex);
	pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

/* In a child the mutex has an owner who is not there: it is made anew. What another thread was taking
 * out is hidden already, but nobody is there to finish: it may be taken out again. */
static void start_again(void)
{
	init_mutex();
	for (uint32_t i = 0; i < EXTENSIONS_MAX; i++)
		taken[i].leaving = false;
}

/* A child must find it free and the tables whole. It is taken after the kernel's start and before
 * all rooms: FORK_RANK_REGISTRY. */
__attribute__((constructor(206))) static void guard_mutex(void)
{
	pthread_atfork(lock, unlock, start_again);
}

/* ---- numbers allotted by name ---- */

struct numbers {
	char name[NUMBERS_MAX][NAME_SIZE];
	_Atomic uint32_t cnt;
};

static struct numbers type_numbers, attach_numbers, link_numbers, map_numbers;

static uint32_t find_number(struct numbers *numbers, const char *name)
{
	uint32_t cnt = atomic_load_explicit(&numbers->cnt, memory_order_acquire);

	for (uint32_t i = 0; i < cnt; i++)
		if (!strcmp(numbers->name[i], name))
			return BPFX_TYPE_DYNAMIC + i;
	return 0;
}

/* 0: no more. */
static uint32_t allot_number(struct numbers *numbers, const char *name)
{
	uint32_t number = find_number(numbers, name);
	uint32_t cnt = atomic_load(&numbers->cnt);

	if (number || cnt == NUMBERS_MAX)
		return number;
	snprintf(numbers->name[cnt], NAME_SIZE, "%s", name);
	atomic_store_explicit(&numbers->cnt, cnt + 1, memory_order_release);
	return BPFX_TYPE_DYNAMIC + cnt;
}

/* ---- families of rows ---- */

static const void *row_at(struct rows *rows, uint32_t i)
{
	return atomic_load_explicit(&rows->slot[i], memory_order_acquire);
}

static uint32_t row_cnt(struct rows *rows)
{
	return atomic_load_explicit(&rows->used, memory_order_acquire);
}

static bool put_row(struct rows *rows, const void *row)
{
	uint32_t used = row_cnt(rows), i = 0;

	while (i < used && row_at(rows, i))
		i++;
	if (i == ROWS_MAX)
		return false;
	atomic_store_explicit(&rows->slot[i], row, memory_order_release);
	if (i == used)
		atomic_store_explicit(&rows->used, used + 1, memory_order_release);
	return true;
}

static void take_row(struct rows *rows, const void *row)
{
	for (uint32_t i = 0; i < row_cnt(rows); i++)
		if (row_at(rows, i) == row)
			atomic_store_explicit(&rows->slot[i], NULL, memory_order_release);
}

/* n-th row that is there. */
static const void *nth_row(struct rows *rows, uint32_t n)
{
	for (uint32_t i = 0; i < row_cnt(rows); i++) {
		const void *row = row_at(rows, i);

		if (row && !n--)
			return row;
	}
	return NULL;
}

/* ---- lookups ---- */

uint32_t registry_prog_type_number(const struct bpfx_prog_type *type)
{
	return type->type ? type->type : find_number(&type_numbers, type->name);
}

/* Of a hook that is found by its name alone: none. */
uint32_t registry_hook_attach_type(const struct bpfx_hook *hook)
{
	if (hook->flags & (BPFX_HOOK_TRACEPOINT | BPFX_HOOK_RECORD))
		return __MAX_BPF_ATTACH_TYPE;
	return hook->flags & BPFX_HOOK_DYNAMIC ? find_number(&attach_numbers, hook->name)
					       : hook->attach_type;
}

uint32_t registry_hook_link_type(const struct bpfx_hook *hook)
{
	return hook->flags & BPFX_HOOK_DYNAMIC ? find_number(&link_numbers, hook->name)
					       : hook->link_type;
}

const struct bpfx_prog_type *registry_prog_type(uint32_t number)
{
	for (uint32_t i = 0; number && i < row_cnt(&prog_types); i++) {
		const struct bpfx_prog_type *type = row_at(&prog_types, i);

		if (type && registry_prog_type_number(type) == number)
			return type;
	}
	return NULL;
}

const struct bpfx_prog_type *registry_prog_type_by_name(const char *name)
{
	for (uint32_t i = 0; name && i < row_cnt(&prog_types); i++) {
		const struct bpfx_prog_type *type = row_at(&prog_types, i);

		if (type && !strcmp(type->name, name))
			return type;
	}
	return NULL;
}

const struct bpfx_hook *registry_hook(uint32_t attach_type)
{
	for (uint32_t i = 0; i < row_cnt(&hooks); i++) {
		const struct bpfx_hook *hook = row_at(&hooks, i);

		if (hook && !(hook->flags & (BPFX_HOOK_TRACEPOINT | BPFX_HOOK_RECORD)) &&
		    registry_hook_attach_type(hook) == attach_type)
			return hook;
	}
	return NULL;
}

const struct bpfx_hook *registry_hook_by_name(const char *name)
{
	for (uint32_t i = 0; name && i < row_cnt(&hooks); i++) {
		const struct bpfx_hook *hook = row_at(&hooks, i);

		if (hook && !strcmp(hook->name, name))
			return hook;
	}
	return NULL;
}

const struct bpfx_helper *registry_helper(uint32_t id)
{
	for (uint32_t i = 0; i < row_cnt(&helpers); i++) {
		const struct bpfx_helper *row = row_at(&helpers, i);

		if (row && row->id == id)
			return row;
	}
	return NULL;
}

const struct bpfx_kfunc *registry_kfunc(const char *name)
{
	for (uint32_t i = 0; i < row_cnt(&kfuncs); i++) {
		const struct bpfx_kfunc *row = row_at(&kfuncs, i);

		if (row && !strcmp(row->name, name))
			return row;
	}
	return NULL;
}

const struct bpfx_map_type *registry_map_type_by_name(const char *name)
{
	for (uint32_t i = 0; name && i < row_cnt(&map_types); i++) {
		const struct bpfx_map_type *row = row_at(&map_types, i);

		if (row && !strcmp(row->name, name))
			return row;
	}
	return NULL;
}

const struct bpfx_map_type *registry_map_type(uint32_t number)
{
	uint32_t i = number - BPFX_TYPE_DYNAMIC;

	if (number < BPFX_TYPE_DYNAMIC ||
	    i >= atomic_load_explicit(&map_numbers.cnt, memory_order_acquire))
		return NULL;
	return registry_map_type_by_name(map_numbers.name[i]);
}

uint32_t registry_map_type_number(const char *name)
{
	return find_number(&map_numbers, name);
}

const struct bpfx_section *registry_section(uint32_t n)
{
	return nth_row(&sections, n);
}

const struct bpfx_extension *registry_extension(uint32_t n)
{
	return nth_row(&extensions, n);
}

void registry_each(void (*fn)(const struct bpfx_extension *ext))
{
	for (uint32_t i = 0; i < row_cnt(&extensions); i++) {
		const struct bpfx_extension *ext = row_at(&extensions, i);

		if (ext)
			fn(ext);
	}
}

const struct bpfx_extension *registry_owner(const void *row)
{
	for (uint32_t i = 0; i < row_cnt(&extensions); i++) {
		const struct bpfx_extension *ext = row_at(&extensions, i);

		if (ext && registry_has_row(ext, row))
			return ext;
	}
	return NULL;
}

/* ---- is what it brings free, and does what it names exist ---- */

static bool brings_type(const struct bpfx_extension *ext, const char *name)
{
	for (uint32_t i = 0; i < ext->prog_type_cnt; i++)
		if (!strcmp(ext->prog_types[i].name, name))
			return true;
	return registry_prog_type_by_name(name);
}

static bool brings_hook(const struct bpfx_extension *ext, const char *name)
{
	for (uint32_t i = 0; i < ext->hook_cnt; i++)
		if (!strcmp(ext->hooks[i].name, name))
			return true;
	return registry_hook_by_name(name);
}

static int check_types_free(const struct bpfx_extension *ext)
{
	for (uint32_t i = 0; i < ext->prog_type_cnt; i++) {
		const struct bpfx_prog_type *type = &ext->prog_types[i];

		if (registry_prog_type_by_name(type->name))
			return registry_refuse(-EEXIST, "program type %s is registered already",
					       type->name);
		if (type->type && registry_prog_type(type->type))
			return registry_refuse(-EEXIST, "program type %s: number %u is %s's",
					       type->name, type->type,
					       registry_prog_type(type->type)->name);
		for (uint32_t j = 0; j < i; j++)
			if (!strcmp(ext->prog_types[j].name, type->name) ||
			    (type->type && ext->prog_types[j].type == type->type))
				return registry_refuse(-EEXIST, "program type %s is there twice",
						       type->name);
	}
	return 0;
}

/* Hooks whose attach type cannot be somebody else's. */
#define NUMBERLESS (BPFX_HOOK_DYNAMIC | BPFX_HOOK_TRACEPOINT | BPFX_HOOK_RECORD)

static const struct bpfx_hook *hook_of_state(const struct bpfx_hook_state *state)
{
	for (uint32_t i = 0; i < row_cnt(&hooks); i++) {
		const struct bpfx_hook *hook = row_at(&hooks, i);

		if (hook && hook->state == state)
			return hook;
	}
	return NULL;
}

static int check_hooks_free(const struct bpfx_extension *ext)
{
	for (uint32_t i = 0; i < ext->hook_cnt; i++) {
		const struct bpfx_hook *hook = &ext->hooks[i], *other;

		if (!brings_type(ext, hook->prog_type))
			return registry_refuse(-EINVAL, "hook %s runs program type %s, which "
					       "nobody has", hook->name, hook->prog_type);
		other = registry_hook_by_name(hook->name);
		if (!other && !(hook->flags & NUMBERLESS))
			other = registry_hook(hook->attach_type);
		if (!other)
			other = hook_of_state(hook->state);
		for (uint32_t j = 0; !other && j < i; j++)
			if (!strcmp(ext->hooks[j].name, hook->name) ||
			    ext->hooks[j].state == hook->state ||
			    (!((hook->flags | ext->hooks[j].flags) & NUMBERLESS) &&
			     ext->hooks[j].attach_type == hook->attach_type))
				other = &ext->hooks[j];
		if (other)
			return registry_refuse(-EEXIST, "hook %s: its name, number or state is %s's",
					       hook->name, other->name);
	}
	return 0;
}

static int check_map_types_free(const struct bpfx_extension *ext)
{
	for (uint32_t i = 0; i < ext->map_type_cnt; i++) {
		const char *name = ext->map_types[i].name;

		if (registry_map_type_by_name(name))
			return registry_refuse(-EEXIST, "map type %s is registered already", name);
		for (uint32_t j = 0; j < i; j++)
			if (!strcmp(ext->map_types[j].name, name))
				return registry_refuse(-EEXIST, "map type %s is there twice", name);
	}
	return 0;
}

static int check_fits(const struct bpfx_extension *ext)
{
	int err;

	for (uint32_t i = 0; registry_extension(i); i++)
		if (!strcmp(registry_extension(i)->name, ext->name))
			return registry_refuse(-EEXIST, "an extension named %s is registered "
					       "already", ext->name);
	err = check_types_free(ext);
	err = err ? err : check_hooks_free(ext);
	err = err ? err : check_map_types_free(ext);
	for (uint32_t i = 0; !err && i < ext->helper_cnt; i++)
		if (registry_helper(ext->helpers[i].id))
			err = registry_refuse(-EEXIST, "helper %s: id %u is %s's",
					      ext->helpers[i].name, ext->helpers[i].id,
					      registry_helper(ext->helpers[i].id)->name);
	for (uint32_t i = 0; !err && i < ext->kfunc_cnt; i++)
		if (registry_kfunc(ext->kfuncs[i].name))
			err = registry_refuse(-EEXIST, "kernel function %s is registered already",
					      ext->kfuncs[i].name);
	for (uint32_t i = 0; !err && i < ext->section_cnt; i++) {
		const struct bpfx_section *section = &ext->sections[i];

		if (!brings_type(ext, section->prog_type))
			err = registry_refuse(-EINVAL, "section %s: nobody has program type %s",
					      section->name, section->prog_type);
		else if (section->hook && !brings_hook(ext, section->hook))
			err = registry_refuse(-EINVAL, "section %s: nobody has hook %s",
					      section->name, section->hook);
	}
	return err;
}

/* ---- registration ---- */

static void hide(const struct bpfx_extension *ext)
{
	take_row(&extensions, ext);
	for (uint32_t i = 0; i < ext->section_cnt; i++)
		take_row(&sections, &ext->sections[i]);
	for (uint32_t i = 0; i < ext->hook_cnt; i++)
		take_row(&hooks, &ext->hooks[i]);
	for (uint32_t i = 0; i < ext->prog_type_cnt; i++)
		take_row(&prog_types, &ext->prog_types[i]);
	for (uint32_t i = 0; i < ext->helper_cnt; i++)
		take_row(&helpers, &ext->helpers[i]);
	for (uint32_t i = 0; i < ext->kfunc_cnt; i++)
		take_row(&kfuncs, &ext->kfuncs[i]);
	for (uint32_t i = 0; i < ext->map_type_cnt; i++)
		take_row(&map_types, &ext->map_types[i]);
}

static bool allot_numbers(const struct bpfx_extension *ext)
{
	bool ok = true;

	for (uint32_t i = 0; i < ext->prog_type_cnt; i++)
		if (!ext->prog_types[i].type)
			ok &= !!allot_number(&type_numbers, ext->prog_types[i].name);
	for (uint32_t i = 0; i < ext->hook_cnt; i++)
		if (ext->hooks[i].flags & BPFX_HOOK_DYNAMIC)
			ok &= allot_number(&attach_numbers, ext->hooks[i].name) &&
			      allot_number(&link_numbers, ext->hooks[i].name);
	for (uint32_t i = 0; i < ext->map_type_cnt; i++)
		ok &= !!allot_number(&map_numbers, ext->map_types[i].name);
	return ok;
}

/* Helpers first, the extension itself last: who finds a row finds what it refers to. */
static int show(const struct bpfx_extension *ext)
{
	bool ok = allot_numbers(ext);

	for (uint32_t i = 0; i < ext->helper_cnt; i++)
		ok &= put_row(&helpers, &ext->helpers[i]);
	for (uint32_t i = 0; i < ext->kfunc_cnt; i++)
		ok &= put_row(&kfuncs, &ext->kfuncs[i]);
	for (uint32_t i = 0; i < ext->map_type_cnt; i++)
		ok &= put_row(&map_types, &ext->map_types[i]);
	for (uint32_t i = 0; i < ext->prog_type_cnt; i++)
		ok &= put_row(&prog_types, &ext->prog_types[i]);
	for (uint32_t i = 0; i < ext->hook_cnt; i++)
		ok &= put_row(&hooks, &ext->hooks[i]);
	for (uint32_t i = 0; i < ext->section_cnt; i++)
		ok &= put_row(&sections, &ext->sections[i]);
	ok &= put_row(&extensions, ext);
	if (ok)
		return 0;
	hide(ext);
	return registry_refuse(-ENOSPC, "too many rows are registered");
}

static struct extension *find_taken(const struct bpfx_extension *source)
{
	for (uint32_t i = 0; i < EXTENSIONS_MAX; i++)
		if (taken[i].source == source)
			return &taken[i];
	return NULL;
}

static int add_locked(const struct bpfx_extension *source, const struct bpfx_host *host)
{
	struct extension *ext = find_taken(NULL);
	int err;

	if (source && find_taken(source))
		return registry_refuse(-EEXIST, "extension %s is registered already",
				       find_taken(source)->rows.name);
	if (!ext)
		return registry_refuse(-ENOSPC, "more than %u extensions", EXTENSIONS_MAX);
	err = extension_take(source, ext);
	if (err)
		return err;
	err = check_fits(&ext->rows);
	err = err ? err : show(&ext->rows);
	if (!err && ext->rows.start) {
		err = ext->rows.start(host);
		if (err) {
			hide(&ext->rows);
			registry_refuse(err, "start of %s failed: %s", ext->rows.name,
					strerror(-err));
		}
	}
	if (err)
		extension_drop(ext);
	return err;
}

int registry_add(const struct bpfx_extension *source, const struct bpfx_host *host)
{
	int err;

	lock();
	err = add_locked(source, host);
	unlock();
	return err;
}

/* Waiting for users is done without the lock: one of them may be registering something. */
static struct extension *begin_removal(const struct bpfx_extension *source)
{
	struct extension *ext;

	lock();
	ext = source ? find_taken(source) : NULL;
	if (ext && ext->leaving)
		ext = NULL;
	if (ext) {
		ext->leaving = true;
		hide(&ext->rows);
	}
	unlock();
	return ext;
}

int registry_remove(const struct bpfx_extension *source,
		    void (*quiesce)(const struct bpfx_extension *rows))
{
	struct extension *ext = begin_removal(source);

	if (!ext)
		return registry_refuse(-ENOENT, "it is not registered");
	quiesce(&ext->rows);
	if (ext->rows.stop)
		ext->rows.stop();
	lock();
	extension_drop(ext);
	unlock();
	return 0;
}

bool registry_has_row(const struct bpfx_extension *rows, const void *row)
{
	for (uint32_t i = 0; row && i < EXTENSIONS_MAX; i++)
		if (&taken[i].rows == rows)
			return extension_has(&taken[i], row);
	return false;
}

const struct bpfx_extension *registry_builtin(uint32_t n)
{
	return builtin_extensions[n];
}

bool registry_is_builtin(const struct bpfx_extension *ext)
{
	for (uint32_t n = 0; builtin_extensions[n]; n++)
		if (!strcmp(builtin_extensions[n]->name, ext->name))
			return true;
	return false;
}

static void add_builtins(const struct bpfx_host *host)
{
	for (uint32_t i = 0; builtin_extensions[i]; i++)
		if (registry_add(builtin_extensions[i], host))
			host->log(0, "extension %s: %s", builtin_extensions[i]->name,
				  registry_reason());
}

void registry_start(const struct bpfx_host *host)
{
	static bool started;

	lock();
	if (!started) {
		started = true;
		add_builtins(host);
		loader_run(host);
	}
	unlock();
}
