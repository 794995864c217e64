/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* For applications that have hooks of their own and for whoever fires a built-in one. */
#ifndef BPFX_HOOK_H
#define BPFX_HOOK_H

#include <bpfx/extension.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * bpfx_register() - bring an extension into this process's emulated kernel
 * @ext: its address is its name for bpfx_unregister(); tables and texts are copied, functions and
 *	the state of hooks are used where they are
 *
 * Return: 0; -EINVAL with the reason in bpfx_reason(); -EEXIST: a name, number or state is taken; -ENOSPC;
 * -ENOMEM; what its start() returned.
 */
int bpfx_register(const struct bpfx_extension *ext);

/**
 * bpfx_unregister() - take it out; waits for commands, hooks and programs in flight that use it
 *
 * Programs, maps, links and their ids stay. Its programs cannot run and its hooks are inert until
 * an extension is registered that says the same about what each program uses (its program-info
 * hash); then they work again without further ado.
 *
 * Return: 0; -ENOENT: it is not registered; -EDEADLK: called from within a run or a command.
 */
int bpfx_unregister(const struct bpfx_extension *ext);

/* Why the last bpfx_ call of this thread failed. Never NULL. */
const char *bpfx_reason(void);

/* Hook by name; NULL: not there. */
const struct bpfx_hook *bpfx_find_hook(const char *name);

/* Number for bpf_attr.prog_type of a program type, for link_create.attach_type of a hook, for
 * bpf_attr.map_type of an extension's map type: Linux's or the one that was allotted to the name.
 * 0: no such name. */
uint32_t bpfx_prog_type(const char *name);
uint32_t bpfx_attach_type(const char *hook_name);
uint32_t bpfx_map_type(const char *name);

/**
 * bpfx_cgroup() - the cgroup behind a directory, as events and run_hook() take it
 * @dir_fd: directory of a cgroup2 file system, or of the store's own tree; -1: the cgroup of this
 *	process, which is what 0 in an event means, too
 *
 * The cgroup's id (inode number) will do as well once the kernel has met it: because something was
 * attached there, or by this call. Return: 0 for anything else.
 */
uint64_t bpfx_cgroup(int dir_fd);

/* The emulated kernel's services: run_hook() and more. NULL where there is no store; the reason is in
 * the debug log. Call it once before the first event: it connects hooks to the store. */
const struct bpfx_host *bpfx_host(void);

#ifdef __cplusplus
}
#endif

#endif
