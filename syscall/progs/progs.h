/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs: loading, this process's translated form, runs. */
#ifndef SYSCALL_PROGS_H
#define SYSCALL_PROGS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <bpfx/extension.h>
#include "exec.h"
#include "map_ops.h"
#include "store.h"

#define PROG_MAPS_MAX 64u
#define PROG_TYPE_NAME 32u
#define PROG_TARGET_NAME 32u

/* Facts that all processes share, in the object's header. */
struct prog_shared {
	char type_name[PROG_TYPE_NAME];	/* numbers above the UAPI range are allotted per process */
	uint32_t type, expected_attach_type, prog_flags;
	uint32_t gpl_compatible, info_unhashed;
	uint8_t tag[BPF_TAG_SIZE];
	uint8_t digest[32];		/* SHA-256 of the instructions: tag is its beginning */
	uint8_t info_hash[32];		/* of the program information it was verified with */
	uint64_t type_sum;		/* the same of its type alone, to tell what differs */
	uint32_t btf_id, attach_btf_obj_id, attach_btf_id;
	uint32_t verified_insns;
	uint32_t max_ctx_offset;	/* one above the last context byte it reads */
	uint32_t result_is_typed;	/* its result has a meaning only for its attach type */
	/* Counts of what follows in the file, each section aligned to 8. */
	uint32_t insn_cnt, subprog_cnt, func_info_cnt, line_info_cnt, map_cnt, helper_cnt;
	uint32_t insns, probes, subprogs, tags, func_info, line_info, maps, helpers;	/* offsets */
	uint32_t helper_sums;		/* one per helper, as type_sum */
	uint32_t kfunc_cnt, kfuncs;	/* kernel functions it calls: a section */
	uint32_t exception_start;	/* of the exception callback, 0: none */
	uint32_t needs_kernel;		/* verified with a foreign kernel's BTF: cannot run */
	/* What it attaches to, told at load: the name of a hook or of an iterator; "": nothing. */
	char target[PROG_TARGET_NAME];
	uint64_t target_sum;		/* of the hook's arguments, as type_sum */
	uint32_t max_rdonly_buf, max_rdwr_buf;	/* bytes it touches of an iterator's key and value */
	_Atomic uint64_t run_time_ns, run_cnt, recursion_misses;
};

/* A program in this process. */
struct kern_prog {
	struct store_obj *obj;
	struct prog_shared *shared;
	uint32_t id;
	struct prog_binding *_Atomic binding;	/* made on first use, see bind.c */
	struct kern_map *maps[PROG_MAPS_MAX];	/* in use since it was translated */
	uint32_t map_cnt;
	int told;				/* why it cannot run, as the journal has it */
	struct kern_prog *next, **link;		/* among the views of this process */
};

/* PROG_LOAD after the gate; @user: the caller's attr for the log's true size. fd or -errno. */
int prog_load(const union bpf_attr *attr, uint64_t user_attr, uint32_t user_size);

int prog_get_fd(int fd, struct kern_prog **out);
int prog_get(uint32_t id, struct kern_prog **out);
struct kern_prog *prog_ref(struct kern_prog *prog);
void prog_put(struct kern_prog *prog);

/* Sections of the program's file. */
static inline void *prog_section(const struct kern_prog *prog, uint32_t offset)
{
	return prog->obj->mem + offset;
}

static inline const uint32_t *prog_map_ids(const struct kern_prog *prog)
{
	return prog_section(prog, prog->shared->maps);
}

/* PROG_BIND_MAP: the program also refers to that map. */
int prog_bind_map(struct kern_prog *prog, struct kern_map *map);
/* All maps it refers to, bound ones last. Return: how many; writes at most @room ids. */
uint32_t prog_all_maps(const struct kern_prog *prog, uint32_t *ids, uint32_t room);

/* Did it name what it attaches to when it was loaded. */
static inline bool prog_has_target(const struct kern_prog *prog)
{
	return prog->shared->target[0];
}

/* Row of its type here and now; NULL: nobody has registered it. */
const struct bpfx_prog_type *prog_type_of(const struct kern_prog *prog);

/**
 * prog_info_check() - is what the program was verified with what its extensions say here and now
 * @type: prog_type_of() it
 * @why: receives what is missing or differs
 * Return: 0 or -EINVAL.
 */
#define PROG_WHY_SIZE 160
int prog_info_check(const struct kern_prog *prog, const struct bpfx_prog_type *type, char *why,
		    size_t size);

/* An extension goes, its rows are hidden already: programs that use them are inert from now on, and
 * when this returns none of them runs in this process. */
void progs_unbind(const struct bpfx_extension *ext);

/* Is machine code used for it in this process. */
bool prog_is_jited(struct kern_prog *prog);

/**
 * prog_run() - one run
 * @ctx: behind its header
 * Return: 0 and r0's low 32 bits, -ENOMEM (not translatable), -EINVAL (its extension is gone or
 * says something else now), -EBUSY (runs nest too deep). *result is 0 where it could not run.
 */
int prog_run(struct kern_prog *prog, void *ctx, uint32_t *result);
/* The same on a CPU slot that the caller has taken. */
int prog_run_on(struct kern_prog *prog, void *ctx, uint32_t cpu, uint32_t *result);

/* Runs with one CPU slot; see bpfx_host. */
int prog_batch_begin(struct bpfx_batch *batch, size_t size);
int prog_batch_run(struct bpfx_batch *batch, struct kern_prog *prog, void *ctx, uint32_t *result);
void prog_batch_end(struct bpfx_batch *batch);

/* PROG_TEST_RUN after the gate. @user: the caller's attr, for the results. */
int prog_test_run(const union bpf_attr *attr, uint64_t user_attr, const struct bpfx_host *host);

#endif
