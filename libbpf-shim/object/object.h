/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Objects, programs and maps, for this room and those that build on it (attach, skeleton). */
#ifndef BPF_SHIM_OBJECT_H
#define BPF_SHIM_OBJECT_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "btf_util.h"
#include "elf_file.h"
#include "sections.h"
#include "util.h"

#define INSN_SIZE sizeof(struct bpf_insn)

enum object_state {
	OBJECT_OPEN,
	OBJECT_PREPARED,	/* maps exist, programs are relocated */
	OBJECT_LOADED,
};

/* ---- relocations ---- */

enum reloc_kind {
	RELOC_MAP,		/* ldimm64 of a map */
	RELOC_DATA,		/* ldimm64 of a place in a global data section */
	RELOC_EXTERN,		/* ldimm64 of something that the kernel or its config has */
	RELOC_KFUNC,		/* call of a kernel function */
	RELOC_CALL,		/* call of a subprogram */
	RELOC_FUNC_ADDR,	/* ldimm64 of a subprogram */
};

struct reloc {
	enum reloc_kind kind;
	size_t insn_idx;	/* in the program's instructions */
	int index;		/* of the map or extern */
	__u64 offset;		/* in the section that is referred to */
};

/* ---- programs ---- */

/* A subprogram's place in the program it was appended to. */
struct piece {
	size_t prog_idx;	/* in the object's list */
	size_t insn_off;
};

struct bpf_program {
	struct bpf_object *obj;
	char *name;
	char *elf_sec_name;
	const char *sec_name;		/* without a leading '?' */
	size_t sec_idx;
	const struct sec_def *sec_def;	/* NULL: the section name means nothing */

	/* where the code comes from: instructions from the start of the section */
	size_t sec_insn_off;
	size_t sec_insn_cnt;
	/* of a subprogram: where it stands in the program that is being put together; 0: not yet */
	size_t sub_insn_off;

	struct bpf_insn *insns;
	size_t insn_cnt;
	struct reloc *relocs;		/* sorted by insn_idx */
	size_t reloc_cnt, reloc_cap;
	struct piece *pieces;		/* in the order they were appended */
	size_t piece_cnt, piece_cap;

	enum bpf_prog_type type;
	enum bpf_attach_type expected_attach_type;
	__u32 flags;
	__u32 ifindex;
	bool autoload, autoattach;
	bool hidden;			/* its function is static for the kernel */
	bool is_subprog;

	__u32 attach_btf_id;
	int attach_btf_obj_fd;
	int attach_prog_fd;

	int fd;
	char *log_buf;
	size_t log_size;
	__u32 log_level;

	struct bpf_func_info *func_info;
	size_t func_info_cnt, func_info_cap;
	struct bpf_line_info *line_info;
	size_t line_info_cnt, line_info_cap;
};

/* ---- maps ---- */

enum map_origin {
	MAP_DEFINED,		/* by a variable in .maps */
	MAP_DATA,		/* .data, .data.* */
	MAP_BSS,
	MAP_RODATA,
	MAP_KCONFIG,
	MAP_STRUCT_OPS,
};

/* One of the initial elements of a map of maps or programs. */
struct map_slot {
	__u32 index;
	struct bpf_map *map;
	struct bpf_program *prog;
};

struct bpf_map {
	struct bpf_object *obj;		/* NULL for an inner map */
	char *name;
	char *section_name;		/* of global data; NULL else */
	enum map_origin origin;
	size_t sec_idx, sec_offset;

	enum bpf_map_type type;
	__u32 key_size, value_size, max_entries, flags;
	__u32 numa_node, ifindex;
	__u64 map_extra;
	__u32 btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
	int mod_btf_fd;

	int fd;
	bool autocreate, autoattach, reused, pinned;
	char *pin_path;

	int inner_map_fd;		/* given by the user; -1 */
	struct bpf_map *inner_map;	/* or by the definition */
	struct map_slot *slots;
	size_t slot_cnt, slot_cap;

	void *data;			/* global data: the contents, later the map's memory */
	size_t data_size;		/* bytes mapped */
	struct bpf_program *excl_prog;

	struct struct_ops *struct_ops;
};

static inline bool map_is_internal(const struct bpf_map *map)
{
	return map->origin != MAP_DEFINED && map->origin != MAP_STRUCT_OPS;
}

/* ---- externs ---- */

enum extern_kind {
	EXTERN_UNKNOWN,
	EXTERN_KCONFIG,		/* value of a configuration option */
	EXTERN_KSYM,		/* address or type id of a kernel symbol */
};

enum kconfig_type { KCFG_UNKNOWN, KCFG_CHAR, KCFG_BOOL, KCFG_INT, KCFG_TRISTATE, KCFG_CHARS };

struct extern_sym {
	enum extern_kind kind;
	size_t symbol;			/* in the ELF symbol table */
	__u32 btf_id;			/* of the variable or function */
	const char *name;
	char *essential_name;		/* without ___flavor; NULL if it has none */
	bool is_set, is_weak;
	union {
		struct {
			enum kconfig_type type;
			__u32 size, align, data_off;
			bool is_signed;
		} kcfg;
		struct {
			__u64 addr;	/* of a symbol without type */
			__u32 type_id;	/* of one with type, in the object's BTF; 0 */
			__u32 kernel_btf_id;
			int kernel_btf_fd;	/* of a module, 0: vmlinux */
			__s16 btf_fd_idx;	/* of a module, in fd_array */
			bool is_func;
		} ksym;
	};
};

/* ---- objects ---- */

enum section_use {
	SEC_USE_NONE,
	SEC_USE_TEXT,
	SEC_USE_PROGRAMS,
	SEC_USE_MAPS,
	SEC_USE_DATA,
	SEC_USE_BSS,
	SEC_USE_RODATA,
	SEC_USE_STRUCT_OPS,
};

struct module_btf {
	struct btf *btf;
	char *name;
	__u32 id;
	int fd;
	int fd_array_idx;	/* 0: not in it */
};

struct bpf_object {
	char name[BPF_OBJ_NAME_LEN];
	char *path;
	char license[64];
	__u32 kern_version;
	enum object_state state;
	bool load_failed;

	/* the file, until the object is loaded */
	void *file;
	struct elf_file elf;
	enum section_use *uses;		/* by section index */
	size_t text_idx, maps_idx;

	struct btf *btf;
	struct btf_ext *btf_ext;
	bool btf_needed;		/* by what it defines: maps, kconfig, struct_ops */

	struct bpf_program *programs;
	size_t program_cnt, program_cap;
	bool has_subprogs;		/* .text holds functions, not programs */
	struct bpf_map *maps;
	size_t map_cnt, map_cap;
	struct extern_sym *externs;
	size_t extern_cnt, extern_cap;
	int kconfig_map;		/* index, -1: none */
	char *kconfig;			/* lines from the user */

	char *btf_custom_path;
	struct btf *core_btf;		/* from there */
	struct btf *vmlinux_btf;
	bool vmlinux_wanted;
	struct module_btf *modules;
	size_t module_cnt, module_cap;
	bool modules_read;

	int *fd_array;
	size_t fd_array_cnt, fd_array_cap;

	char *log_buf;
	size_t log_size;
	__u32 log_level;

	char *token_path;
	int token_fd;			/* 0: none */
};

/* ---- open (each reads what those before it have found) ---- */

int object_collect(struct bpf_object *obj, bool relaxed_maps, const char *pin_root);
int object_init_btf(struct bpf_object *obj);
int object_fix_datasecs(struct bpf_object *obj);
int object_collect_maps(struct bpf_object *obj, bool relaxed, const char *pin_root);
int object_collect_data(struct bpf_object *obj);
int object_collect_externs(struct bpf_object *obj);
int object_collect_relocs(struct bpf_object *obj);

/* ---- load ---- */

int object_read_kernel_btf(struct bpf_object *obj);
int object_read_modules(struct bpf_object *obj);
void object_forget_kernel_btf(struct bpf_object *obj);
int object_resolve_externs(struct bpf_object *obj);
int object_load_btf(struct bpf_object *obj);
int object_create_maps(struct bpf_object *obj);
int object_relocate(struct bpf_object *obj);
int object_load_programs(struct bpf_object *obj);
int object_fill_prog_arrays(struct bpf_object *obj);

/* kconfig.c, ksyms.c: the two halves of object_resolve_externs() */
int kconfig_layout(struct bpf_object *obj);
int kconfig_resolve(struct bpf_object *obj);
int ksyms_resolve(struct bpf_object *obj);
enum kconfig_type kconfig_type_of(const struct btf *btf, __u32 id, bool *is_signed);

/* btf_name "" for the kernel, else a module's. Return: id with *obj_fd, or -errno. */
int object_find_attach_id(struct bpf_object *obj, const char *name, enum bpf_attach_type type,
			  int *obj_fd);
int prog_find_attach_target(struct bpf_program *prog);

/* ---- programs ---- */

struct bpf_program *object_add_program(struct bpf_object *obj);
void program_free(struct bpf_program *prog);
/* The program or subprogram that holds an instruction of a section. */
struct bpf_program *object_program_at(const struct bpf_object *obj, size_t sec_idx,
				      size_t insn_off);
const struct reloc *program_reloc_at(const struct bpf_program *prog, size_t insn_idx);
int program_append_subprogs(struct bpf_program *prog);
int program_append_ext_info(struct bpf_program *main, const struct bpf_program *prog,
			    size_t insn_off);
int program_load(struct bpf_program *prog, int *result_fd, const struct bpf_prog_load_opts *user);
/* Rewrites what the verifier says of instructions that we made invalid, in @log of @size. */
void verifier_log_explain(struct bpf_program *prog, char *log, size_t size);

/* Immediates of calls that stand for "this is not there"; see verifier_log.c. */
#define POISON_MAP_BASE	  2001000000
#define POISON_KFUNC_BASE 2002000000

/* ---- maps ---- */

struct bpf_map *object_add_map(struct bpf_object *obj);
void map_free(struct bpf_map *map);
bool map_is_created(const struct bpf_map *map);
size_t map_data_bytes(__u32 value_size, __u32 max_entries);
__u32 ringbuf_size(__u32 size);
bool map_type_is_ringbuf(enum bpf_map_type type);
bool map_type_is_map_in_map(enum bpf_map_type type);
int map_resize_data(struct bpf_map *map, __u32 size);

static inline struct bpf_map *object_map(const struct bpf_object *obj, size_t index)
{
	return &obj->maps[index];
}

#endif
