/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The general helpers, one table per file, and the rule which row a program type gets for an id. */
#ifndef SYSCALL_HELPERS_H
#define SYSCALL_HELPERS_H

#include <bpfx/extension.h>
#include <bpfx/kfunc.h>
#include "verifier.h"

/* Row of @id for a program of @type: the type's own and overriding rows first, then general ones
 * it may call. NULL with *state saying why not; a helper that Linux has and we do not is
 * VERIFIER_HELPER_FORBIDDEN: programs are told what a kernel without it tells them. */
const struct bpfx_helper *helper_row(const struct bpfx_prog_type *type, uint32_t id,
				     enum verifier_helper_state *state);

/* Row of a kernel function, and whether programs of the type may call it; NULL: none such. Without
 * a function in it: Linux has it, but it cannot run here. */
const struct bpfx_kfunc *kfunc_row(const struct bpfx_prog_type *type, const char *name,
				   bool *allowed);
/* What programs of the type call for it; NULL: it cannot run here. */
bpfx_helper_fn kfunc_fn(const struct bpfx_prog_type *type, const struct bpfx_kfunc *row);
/* n-th of those that run here and are always there: what the kernel's own BTF names. */
const struct bpfx_kfunc *kfunc_runtime_row(uint32_t n);

/* ---- iterators ---- */

#define ITER_FUNCTION "bpf_iter_"

struct iter_target {
	const char *function;		/* ITER_FUNCTION and its name */
	struct bpfx_param params[VERIFIER_ITERATOR_ARGS];
	struct verifier_iterator facts;
	bool of_map;			/* over what is in a map that LINK_CREATE names */
};

static inline const char *iter_name(const struct iter_target *target)
{
	return target->function + sizeof(ITER_FUNCTION) - 1;
}

/* n-th one that is here; any by the name of its function in the kernel's BTF. NULL: there is none. */
const struct iter_target *iter_target_row(uint32_t n);
const struct iter_target *iter_target(const char *function);
const struct verifier_iterator *iter_facts(const char *function);

/* Rules of bpf_snprintf()'s formats, for the verifier. */
bool helper_format_is_good(const char *format, uint32_t arg_cnt);

/* "map_lookup_elem" for any helper of Linux 6.18 or of an extension; NULL: unknown id. */
const char *helper_name(uint32_t id);

struct bpfx_run;
struct exec_image;
struct kern_map;

/* bpf_perf_event_output() of pieces of memory, by flags that name an index only: 0 or -errno. */
struct perf_raw;
int help_perf_output(struct kern_map *map, uint64_t flags, uint32_t cpu, const struct perf_raw *raw);

/* Is this process in that cgroup or below it: set by the room that knows cgroups. */
extern bool (*helper_in_cgroup)(uint64_t target);
/* The id of the cgroup this process is in, or of its ancestor at @level (the root: 0; -1: itself); 0: none. */
extern uint64_t (*helper_cgroup_id)(int64_t level);

/* Where lines of bpf_trace_printk go, complete with '\n'; NULL: nowhere. Set once at start. */
extern void (*helper_trace_sink)(const char *line, size_t len);

/**
 * helper_tail_target - what bpf_tail_call() of a slot leads to; set once at start by progs
 * @index: below the map's max_entries
 * Return: translated program, valid until the run ends; NULL: the slot is empty.
 */
extern const struct exec_image *(*helper_tail_target)(struct bpfx_run *run, struct kern_map *map,
						      uint32_t index);

#endif
