/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Kernel objects as programs see them: structs that exist for as long as an iterator shows one. The
 * kernel's BTF describes them under the names in the comments (runtime_objects.c), so CO-RE finds its
 * way; what Linux has besides and is not here, programs are told at load.
 */
#ifndef SYSCALL_SHOWN_H
#define SYSCALL_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <linux/btf.h>

/* struct seq_file: where bpf_seq_printf() writes. Full: count is size. */
struct shown_seq {
	char *buf;
	size_t size, count;
};

/* struct bpf_iter_meta */
struct shown_meta {
	struct shown_seq *seq;
	uint64_t session_id, seq_num;
};

/* struct btf: types by id, those of a base not included. */
struct shown_btf {
	const struct btf_type *const *types;
	const char *strings;
	uint32_t nr_types, id;
	bool kernel_btf;
	struct btf_header hdr;
};

/* struct bpf_map */
struct shown_map {
	uint32_t map_type, key_size, value_size, max_entries;
	uint64_t map_extra;
	uint32_t map_flags, id;
	uint32_t btf_key_type_id, btf_value_type_id, btf_vmlinux_value_type_id;
	const struct shown_btf *btf;
	char name[BPF_OBJ_NAME_LEN];
	bool frozen;
};

struct shown_prog;

/* struct bpf_prog_aux */
struct shown_aux {
	uint32_t used_map_cnt, id, func_info_cnt, nr_linfo, verified_insns, attach_btf_id;
	uint32_t max_ctx_offset;
	const char *attach_func_name;
	const struct shown_prog *dst_prog;
	const struct shown_btf *btf;
	const struct bpf_func_info *func_info;
	const struct bpf_line_info *linfo;
	uint64_t load_time;
	char name[BPF_OBJ_NAME_LEN];
};

/* struct bpf_prog */
struct shown_prog {
	uint32_t len, type, expected_attach_type;
	uint8_t tag[BPF_TAG_SIZE];
	const struct shown_aux *aux;
};

/* struct bpf_link */
struct shown_link {
	uint32_t id, type, attach_type;
	const struct shown_prog *prog;
};

/* struct bpf_iter__bpf_map, …: the arguments of an iterator's program, of which all begin alike. */
#define SHOWN_ARGS 4

#endif
