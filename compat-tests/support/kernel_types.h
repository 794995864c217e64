/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What a kernel's own BTF says, and programs that attach to what it names, on either kernel. */
#ifndef SUPPORT_KERNEL_TYPES_H
#define SUPPORT_KERNEL_TYPES_H

#include "backend.h"

/* Id of a type; 0: there is none of that name and kind (BTF_KIND_*). */
uint32_t kernel_type(const struct backend *b, const char *name, uint32_t kind);

/* Offset of a member of a struct; fails the test where there is none. */
int kernel_member(const struct backend *b, const char *type, const char *member);

/* One BPF_PROG_LOAD of a TRACING program. */
struct target_load {
	uint32_t attach_type, btf_id;
	int target_fd;			/* attach_prog_fd, attach_btf_obj_fd */
	uint32_t prog_type;		/* 0: TRACING */
	uint32_t flags;
	bool not_gpl;
};

/* fd or -errno; log_text() has the log at level 2. */
int load_target(const struct backend *b, const struct target_load *how,
		const struct bpf_insn *insns, uint32_t cnt);
const char *log_text(void);

/* A tp_btf program, an iterator: by the tracepoint's and the iterator's name. */
int load_tp_btf(const struct backend *b, const char *tracepoint, const struct bpf_insn *insns,
		uint32_t cnt);
int load_iter(const struct backend *b, const char *name, const struct bpf_insn *insns, uint32_t cnt);

#endif
