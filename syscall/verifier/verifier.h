/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The verifier: facts about a program in; verdict, log and rewritten instructions out. It knows no
 * fds, files, processes and no program type by name.
 */
#ifndef SYSCALL_VERIFIER_H
#define SYSCALL_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <bpfx/extension.h>
#include <bpfx/kfunc.h>
#include "btf.h"

struct ulog;

/* A map as the verifier sees it. */
struct verifier_map {
	uint32_t id;
	const char *name;		/* "" where it has none; the log shows it */
	uint32_t type, key_size, value_size, max_entries, map_flags;
	uint64_t map_extra;
	bool frozen;
	const struct kern_btf *btf;	/* NULL: none */
	uint32_t btf_key_type_id, btf_value_type_id;
	struct kern_btf_fields fields;
	const void *value_mem;		/* array of one element: its memory, for constant folding of
					 * frozen read-only data; NULL: not available */
	const struct verifier_map *inner;	/* template of a map-in-map, NULL otherwise */
	/* Which helpers and direct accesses the map type allows. */
	uint64_t direct_value_addr;	/* non-zero where ld_imm64 of a value address is possible */
};

/* What a 64-bit immediate load refers to, resolved before: one per such instruction, ascending. */
struct verifier_ref {
	uint32_t insn;
	int map;		/* index into maps[], or -errno that the resolution gave */
};

/* BTF of a module that kernel functions are called from, by the offset in the calls. */
struct verifier_module {
	int32_t off;
	int err;			/* it could not be had */
	const struct kern_btf *btf;
};

/* An iterator: what programs may expect of the arguments of its function besides their types. */
enum verifier_iterator_arg {
	ITERATOR_ARG_TYPED,		/* what the type says */
	ITERATOR_ARG_OR_NULL,		/* NULL at the end */
	ITERATOR_ARG_TRUSTED_OR_NULL,
	ITERATOR_ARG_RDONLY_BUF,	/* memory or NULL: max_rdonly_buf of the result */
	ITERATOR_ARG_RDWR_BUF,
};
#define VERIFIER_ITERATOR_ARGS 4

struct verifier_iterator {
	uint8_t args[VERIFIER_ITERATOR_ARGS];	/* enum verifier_iterator_arg */
	bool not_here;		/* Linux has it and we do not: its programs are judged, and cannot run */
};

/* How a helper id stands with a program type. */
enum verifier_helper_state {
	VERIFIER_HELPER_OK,
	VERIFIER_HELPER_UNKNOWN,	/* no such helper at all */
	VERIFIER_HELPER_FORBIDDEN,	/* exists, but not for this program type */
};

/* What the caller of the verifier could not read. */
struct verifier_unread {
	int err;		/* 0: nothing is missing */
	const char *text;	/* for the log; "" */
	uint32_t number;	/* printed in text's place of %u */
};

/* What is known of a register before an instruction: of a number, each of these is true. */
struct verifier_claim {
	bool is_number;
	uint64_t value, mask;		/* bits set in mask are unknown, the others are those of value */
	uint64_t umin, umax;
	int64_t smin, smax;
	uint32_t u32_min, u32_max;
	int32_t s32_min, s32_max;
};

struct verifier_input {
	const struct bpf_insn *insns;
	uint32_t insn_cnt;

	const struct bpfx_prog_type *type;
	uint32_t type_number;		/* BPF_PROG_TYPE_* or the allotted number */
	uint32_t expected_attach_type;
	uint32_t prog_flags;		/* BPF_F_* of the load */
	const char *name;
	bool gpl_compatible;

	struct verifier_map *const *maps;
	uint32_t map_cnt;
	const struct verifier_ref *refs;
	uint32_t ref_cnt;

	/* Row of a helper for this program type (override first), and its standing. */
	const struct bpfx_helper *(*helper)(const struct bpfx_prog_type *type, uint32_t id,
					    enum verifier_helper_state *state);
	/* Name of a helper id for disassembly, NULL: unknown. */
	const char *(*helper_name)(uint32_t id);
	/* Row of a kernel function, and whether programs of the type may call it. NULL: none such. */
	const struct bpfx_kfunc *(*kfunc)(const struct bpfx_prog_type *type, const char *name,
					  bool *allowed);
	/* May bpf_snprintf() print that NUL-terminated format with so many arguments. */
	bool (*format_is_good)(const char *format, uint32_t arg_cnt);

	/* Records that could be read, of normal size; why there are no more is told in its place
	 * among the other checks. */
	const struct kern_btf *btf;	/* the program's, NULL: none */
	struct verifier_unread fd_array_unread, btf_unread, func_unread, line_unread, core_unread;
	const struct bpf_func_info *func_info;
	uint32_t func_info_cnt;
	const struct bpf_line_info *line_info;
	uint32_t line_info_cnt;
	const struct bpf_core_relo *core_relos;
	uint32_t core_relo_cnt;

	const struct kern_btf *kernel_btf;	/* NULL: none */
	const struct verifier_module *modules;
	uint32_t module_cnt;
	bool has_fd_array;
	bool kernel_is_foreign;	/* it is of a kernel that stands for this one in verification: what
				 * lies in its structs is not here */

	/* With BPFX_PROG_BTF_TARGET: what it attaches to, a type of that BTF (the kernel's, a module's, or
	 * that of the program whose functions are given); NULL: no BTF. */
	uint32_t attach_btf_id;
	const struct kern_btf *attach_btf;
	bool attaches_to_prog;
	const struct bpf_func_info *attach_funcs;
	uint32_t attach_func_cnt;
	/* Is there such a tracepoint; what the iterator is that runs at that function, NULL: none. */
	bool (*has_tracepoint)(const char *name);
	const struct verifier_iterator *(*iterator)(const char *function);

	/* What the caller may do (kernel capabilities as Linux asks them at load). */
	bool cap_bpf, cap_perfmon, cap_net_admin, cap_sys_admin;

	uint32_t nr_cpus;	/* bpf_get_smp_processor_id() is below it; 0: say nothing about it */

	/* For tests: told of each register that may still be read, before each instruction of each
	 * path. States then count as equal only where all numbers lie within the older one's, so that
	 * what is told of an instruction is all there is. NULL: nobody is told. */
	void (*observe)(void *cookie, uint32_t insn, uint32_t regno,
			const struct verifier_claim *claim);
	void *observe_cookie;

	uint32_t log_level;
	struct ulog *log;
};

/* What the engines need to know about an instruction of the result. */
struct verifier_insn {
	uint32_t orig;		/* index of the instruction it came from */
	uint32_t map;		/* ld_imm64 of a map or value, helper call with a known map:
				 * index into maps[] + 1; 0: none */
	uint8_t probe_mem;	/* load that may fault: reads as 0 then */
};

struct verifier_subprog {
	uint32_t start;		/* first instruction */
	uint32_t orig_start;	/* the same before rewriting */
	uint16_t stack_depth;	/* bytes, multiple of 8 */
	bool is_callback;	/* called by helpers */
	bool has_tail_call;
};

struct verifier_kfunc {
	uint32_t id;		/* in the kernel's or a module's BTF */
	int32_t off;		/* as in the call; 0: the kernel's */
};

/*
 * The result owns its arrays; free with verifier_result_free(), also after a refusal.
 *
 * Rewritten instructions keep BPF's own form: ld_imm64 of a map has src_reg BPF_PSEUDO_MAP_FD and
 * as immediate the map's id; of a value BPF_PSEUDO_MAP_VALUE, id and offset; calls of helpers keep
 * the helper id; calls of subprograms are relative; context accesses use real offsets and sizes.
 */
struct verifier_result {
	struct bpf_insn *insns;
	uint32_t insn_cnt;
	struct verifier_insn *aux;
	struct verifier_subprog *subprogs;
	uint32_t subprog_cnt;
	/* Adjusted to the rewritten instructions; func_info as far as still there. */
	struct bpf_func_info *func_info;
	uint32_t func_info_cnt;
	struct bpf_line_info *line_info;
	uint32_t line_info_cnt;
	bool *map_used;		/* map_cnt entries: still referenced */
	uint32_t *helpers;	/* ids of helpers it calls, ascending, each once */
	uint32_t helper_cnt;
	uint32_t verified_insns;	/* "processed N insns" */
	uint32_t max_ctx_offset, max_pkt_offset;
	uint32_t max_rdonly_buf, max_rdwr_buf;	/* bytes it touches in an iterator's buffers */
	bool writes_packet, uses_tail_call, sleepable;
	bool result_is_typed;	/* a path returns more than 1: its attach type gives that a meaning */
	bool needs_kernel;	/* cannot run here: it looks into structs of a foreign kernel */
	uint32_t exception_start;	/* first instruction of the exception callback; 0: none */
	struct verifier_kfunc *kfuncs;	/* kernel functions it calls, each once */
	uint32_t kfunc_cnt;
};

/**
 * verify_program() - may this program run, and in which form
 * Return: 0 and @result, or Linux's -errno (-EACCES, -EINVAL, -EPERM, -E2BIG, -ENOMEM, -EFAULT …);
 * the log says why. Never touches what @in points to.
 */
int verify_program(const struct verifier_input *in, struct verifier_result *result);
void verifier_result_free(struct verifier_result *result);

#endif
