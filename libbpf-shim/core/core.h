/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * CO-RE: what a program was compiled to access by name is looked up in the types of the kernel it
 * is going to run on, and its instructions are patched. Pure: BTF and instructions in, patched
 * instructions out.
 */
#ifndef BPF_SHIM_CORE_H
#define BPF_SHIM_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/btf.h>

/* The immediate of the call that takes the place of an access that does not exist: "bad relo". */
#define CORE_POISON_IMM 0xbad2310

struct core;

/**
 * core_new() - begin with the relocations of one object
 * @local: the object's BTF; must outlive the result, and so must the targets
 */
struct core *core_new(const struct btf *local);
void core_free(struct core *core);

/* A BTF to look in: first the kernel's, then its modules'. @name is for messages. */
int core_add_target(struct core *core, const struct btf *btf, const char *name);

/**
 * core_relocate() - resolve one relocation and patch its instruction
 * @prog_name: for messages
 * @insns: of the program, @insn_cnt of them
 * @insn_idx: the one to be patched; ldimm64 takes two
 *
 * What the target lacks makes the instruction invalid ("poisons" it), which matters only if the
 * verifier reaches it. Return: 0 or -errno, with a message.
 */
int core_relocate(struct core *core, const char *prog_name, const struct bpf_core_relo *relo,
		  struct bpf_insn *insns, size_t insn_cnt, size_t insn_idx);

/**
 * core_describe() - text of a relocation, as messages and the verifier log show it
 * E.g. "<byte_off> [5] struct task_struct.pid (0:12 @ offset 1234)".
 */
int core_describe(struct core *core, const struct bpf_core_relo *relo, char *buf, size_t size);

/* Would a declaration of one type do for the other? Names count only where members are not
 * looked at. Return: 1, 0, or -EINVAL for types that are nested too deeply. */
int core_types_are_compatible(const struct btf *local_btf, __u32 local_id,
			      const struct btf *target_btf, __u32 target_id);

#endif
