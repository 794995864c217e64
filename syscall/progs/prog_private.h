/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the progs room: one load in progress. */
#ifndef SYSCALL_PROG_PRIVATE_H
#define SYSCALL_PROG_PRIVATE_H

#include "btf_objects.h"
#include "progs.h"
#include "ulog.h"
#include "verifier.h"

/* With the program's own BTF and its maps within what an object can refer to. */
#define PROG_BTFS_MAX (STORE_EDGES_MAX - PROG_MAPS_MAX - 1)

/* Everything a load gathers; released by load_free(). */
struct load {
	const union bpf_attr *attr;
	const struct bpfx_prog_type *type;
	struct bpf_insn *insns;		/* the caller's */
	char license[128];
	char name[BPF_OBJ_NAME_LEN];
	bool gpl_compatible;
	bool cap_bpf;			/* of the caller */

	/* Resolved references. */
	struct kern_map *maps[PROG_MAPS_MAX];
	struct verifier_map *facts[PROG_MAPS_MAX];
	uint32_t map_cnt;
	struct verifier_ref *refs;
	uint32_t ref_cnt;

	struct store_obj *more_btf[PROG_BTFS_MAX];	/* that fd_array lists */
	uint32_t more_btf_cnt;
	struct store_obj *btf_obj;
	struct store_obj *kernel_btf_obj;
	struct store_obj *module_objs[PROG_BTFS_MAX];	/* of modules[], NULL: it could not be had */
	struct verifier_module modules[PROG_BTFS_MAX];
	uint32_t module_cnt;
	/* What it attaches to: BTF of the kernel or of a module, or another program. */
	struct store_obj *attach_btf_obj;
	const struct kern_btf *attach_btf;
	struct kern_prog *attach_prog;
	const struct kern_btf *btf;
	struct bpf_func_info *func_info;
	struct bpf_line_info *line_info;
	struct bpf_core_relo *core_relos;
	uint32_t func_info_cnt, line_info_cnt, core_relo_cnt;	/* those that could be read */
	struct verifier_unread fd_array_unread, btf_unread, func_unread, line_unread, core_unread;

	struct ulog log;
	struct verifier_result result;
	bool verified;
	uint8_t digest[32];
	bool unhashed;			/* its program information is not compared */
};

/* ld_imm64 of maps: fds to entries of load->maps, errors kept for the verifier to report. */
int resolve_references(struct load *load);
int map_facts(struct kern_map *map, struct verifier_map **out);
void map_facts_free(struct verifier_map *facts);
/* BTF of modules that kernel functions are called from. */
void resolve_modules(struct load *load);
/* attach_prog_fd, attach_btf_obj_fd, attach_btf_id: 0 or -errno. Not needed by the type: -EINVAL. */
int resolve_attach(struct load *load);
/* … and what is kept of it with the program. */
void keep_target(struct prog_shared *shared, const struct load *load);
/* Maps and BTF that the caller lists with fd_array_cnt. */
void add_fd_array(struct load *load);
/* BTF, func_info, line_info, core_relos of the attr. */
void copy_btf_info(struct load *load);
/* After E2BIG. 0 or -EFAULT. */
int write_record_size(const struct load *load, uint64_t user_attr);

/* SHA-256 over the instructions with fds blanked. */
void prog_digest(const struct bpf_insn *insns, uint32_t cnt, uint8_t digest[32]);
/* A kernel function that the program calls: where it is named, and the digest of what it was. */
struct prog_kfunc {
	uint32_t id, btf_id;	/* type; BTF object */
	int32_t off;		/* in the call */
	uint32_t pad;
	uint64_t sum;
};

/* Row of a kernel function as programs of the type may call it, by its name in a BTF object. */
const struct bpfx_kfunc *prog_kfunc_row(const struct bpfx_prog_type *type, uint32_t btf_id,
					uint32_t id);
uint64_t prog_kfunc_sum(const struct bpfx_kfunc *row);

/* Program information: SHA-256 over type, context and the helpers that are called; the beginnings
 * of the digests of each part. A helper that is not there has the sum 0. */
void prog_info_hash(const struct bpfx_prog_type *type, const uint32_t *helpers, uint32_t cnt,
		    uint8_t hash[32]);
uint64_t prog_type_sum(const struct bpfx_prog_type *type);
/* The same of a tracepoint's arguments. */
uint64_t prog_args_sum(const struct bpfx_hook *hook);
uint64_t prog_helper_sum(const struct bpfx_prog_type *type, uint32_t helper);

/* May programs of that kind be in a prog array; the first one decides. 0 or -EINVAL. */
int prog_array_claim(struct kern_map *map, uint32_t type, uint32_t attach_type,
		     uint32_t prog_flags);

/* What the program's BTF says about comparing it: 0, or -EINVAL with a line in the log. */
int prog_hash_kind(struct load *load);

/* View of an object in hand. */
int prog_view(struct store_obj *obj, struct kern_prog **out);

/* What runs a program here; valid inside of its rundown mark (the program's address). */
struct prog_binding {
	const struct bpfx_prog_type *type;
	struct exec_image *image;
	bool tail_calls;		/* runs may go on in other programs: prog_tail_runs */
	const struct bpfx_helper **rows;/* that it calls */
	uint32_t row_cnt;
	const struct bpfx_kfunc **kfuncs;
	uint32_t kfunc_cnt;
	const struct kern_prog *owner;
	struct prog_binding *next;
};
/* Rundown mark of all runs that may make tail calls. */
extern const char prog_tail_runs;

/* The binding, made if need be: 0, -EINVAL with the reason in the debug log, -ENOMEM. */
int prog_bind(struct kern_prog *prog, struct prog_binding **out);
int prog_translate(struct kern_prog *prog, const struct prog_binding *binding,
		   struct exec_image **out);
void prog_view_opened(struct kern_prog *prog);
void prog_view_closed(struct kern_prog *prog);

/* Write the verified program into the store: fd or -errno. */
int prog_publish(struct load *load);

#endif
