/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What is registered in this process: program types, helpers, hooks, sections of all extensions,
 * found by number or name. Rows are copies that belong to the registry. Lookups take no lock; a row
 * is valid for whoever registry_remove()'s quiesce function waits for.
 */
#ifndef EXTENSIONS_REGISTRY_H
#define EXTENSIONS_REGISTRY_H

#include <stdbool.h>
#include <bpfx/extension.h>

/* Register the built-in extensions and plugins (BPF_SHIM_EXTENSIONS, the installed folder). Once
 * per process, before the first lookup; later calls do nothing. */
void registry_start(const struct bpfx_host *host);

/* See bpfx_register(), bpfx_reason(). */
int registry_add(const struct bpfx_extension *ext, const struct bpfx_host *host);
const char *registry_reason(void);
/* Set the reason. Return: @err. */
int registry_refuse(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * registry_remove() - see bpfx_unregister()
 * @quiesce: called when nobody can find the rows any more; when it returns nobody uses them
 */
int registry_remove(const struct bpfx_extension *ext,
		    void (*quiesce)(const struct bpfx_extension *rows));

/* Is @row one of the tables of that registered extension (its own rows, as quiesce gets them). */
bool registry_has_row(const struct bpfx_extension *rows, const void *row);

const struct bpfx_prog_type *registry_prog_type(uint32_t number);
const struct bpfx_prog_type *registry_prog_type_by_name(const char *name);
/* The number of a type, also of one whose number was allotted by name. */
uint32_t registry_prog_type_number(const struct bpfx_prog_type *type);

/* Hook of an attach type. */
const struct bpfx_hook *registry_hook(uint32_t attach_type);
const struct bpfx_hook *registry_hook_by_name(const char *name);
uint32_t registry_hook_attach_type(const struct bpfx_hook *hook);
uint32_t registry_hook_link_type(const struct bpfx_hook *hook);

/* General helper that an extension added; NULL: none. */
const struct bpfx_helper *registry_helper(uint32_t id);
/* Kernel function that an extension added; NULL: none. */
const struct bpfx_kfunc *registry_kfunc(const char *name);

/* Map type that an extension added, by its number or name; the number that was allotted to a name, 0:
 * none. */
const struct bpfx_map_type *registry_map_type(uint32_t number);
const struct bpfx_map_type *registry_map_type_by_name(const char *name);
uint32_t registry_map_type_number(const char *name);

/* n-th section row over all extensions; NULL past the end. */
const struct bpfx_section *registry_section(uint32_t n);

/* n-th extension; NULL past the end. Ask once for each: it may be gone the next time. */
const struct bpfx_extension *registry_extension(uint32_t n);
/* Each extension that is there from begin to end, and perhaps those that come or go meanwhile. */
void registry_each(void (*fn)(const struct bpfx_extension *ext));
/* n-th of the built-in ones as it is in the source, registered or not; NULL past the end. */
const struct bpfx_extension *registry_builtin(uint32_t n);
/* Is it one of those, by its registered rows. */
bool registry_is_builtin(const struct bpfx_extension *ext);
/* The extension whose row that is; NULL: it has gone. */
const struct bpfx_extension *registry_owner(const void *row);

#endif
