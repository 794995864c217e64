/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Instructions: decoded once from 8-byte slots, named, validated and printed from one table
 * (opcodes.def). After insn_decode() nobody looks at opcode bits again. Source: RFC 9669.
 */
#ifndef SYSCALL_INSN_H
#define SYSCALL_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>

/*
 * INSN_ADD64_IMM, INSN_JEQ32_REG, INSN_LDX_W, INSN_CALL_HELPER, … in the order of opcodes.def.
 * A room that wants a table over all of them includes opcodes.def with its own OP and ALT.
 */
enum insn_op {
#define OP(name, code, select, value, fields, text)	INSN_##name,
#define ALT OP
#include "opcodes.def"
#undef OP
#undef ALT
	INSN_OP_CNT
};

/*
 * One decoded instruction. The array has as many entries as there are slots, with the same
 * indices; the slot behind an ld_imm64 is INSN_SECOND_SLOT and never executed.
 */
struct insn {
	uint16_t op;		/* enum insn_op */
	uint8_t dst, src;	/* registers 0..10 */
	union {
		int32_t off;	/* memory: signed byte offset; CALL_KFUNC: fd array index */
		uint32_t target;/* jumps, may_goto, CALL_LOCAL, LD_FUNC: index where it goes */
	};
	/*
	 * Immediates are sign-extended to 64 bits; 32-bit operations use the low half.
	 * ld_imm64: both halves joined, for LD_MAP_* the low half is fd, index or id, the high
	 * half the offset in the value. CALL_HELPER: helper id. CALL_KFUNC: BTF id.
	 */
	int64_t imm;
};

/**
 * insn_decode() - slots to decoded instructions
 * @raw: @cnt slots
 * @out: room for @cnt entries
 *
 * Return: 0, or -EINVAL for an unknown instruction, a non-zero field that the instruction does not
 * use, a register above 10, half an ld_imm64, a jump that leaves the program or lands on a
 * second slot. What verified decodes.
 */
int insn_decode(const struct bpf_insn *raw, uint32_t cnt, struct insn *out);

/* Operation of one slot by its opcode and the fields that select; -1: there is none. Does not
 * look at fields that must be zero. */
int insn_lookup(const struct bpf_insn *raw);

/* Does any instruction have this opcode byte (Linux's "unknown opcode"). */
bool insn_opcode_known(uint8_t code);

/**
 * insn_reserved() - Linux's complaint about a slot with a non-zero field that must be zero
 * Return: its text ("BPF_MOV uses reserved fields"), or NULL where the slot is fine.
 */
const char *insn_reserved(const struct bpf_insn *raw);

/* "ADD64_IMM"; for our own diagnostics. */
const char *insn_name(int op);

/* Bytes a load, store or atomic touches: 1, 2, 4, 8; 0 for everything else. */
int insn_access_size(const struct bpf_insn *raw);

/* Absolute target of a jump at @index; only for jumps. */
static inline int64_t insn_jump_target(const struct bpf_insn *raw, uint32_t index)
{
	bool gotol = raw->code == (BPF_JMP32 | BPF_JA);

	return (int64_t)index + 1 + (gotol ? raw->imm : raw->off);
}

static inline bool insn_is_ld_imm64(const struct bpf_insn *raw)
{
	return raw->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static inline bool insn_is_local_call(const struct bpf_insn *raw)
{
	return raw->code == (BPF_JMP | BPF_CALL) && raw->src_reg == BPF_PSEUDO_CALL;
}

static inline bool insn_is_helper_call(const struct bpf_insn *raw)
{
	return raw->code == (BPF_JMP | BPF_CALL) && raw->src_reg == 0;
}

static inline bool insn_is_kfunc_call(const struct bpf_insn *raw)
{
	return raw->code == (BPF_JMP | BPF_CALL) && raw->src_reg == BPF_PSEUDO_KFUNC_CALL;
}

static inline bool insn_is_func_ptr(const struct bpf_insn *raw)
{
	return insn_is_ld_imm64(raw) && raw->src_reg == BPF_PSEUDO_FUNC;
}

static inline bool insn_is_may_goto(const struct bpf_insn *raw)
{
	return raw->code == (BPF_JMP | BPF_JCOND) && raw->src_reg == BPF_MAY_GOTO;
}

/* What disassembly cannot know by itself. */
struct insn_printer {
	/* Name of a helper without "bpf_", or NULL. */
	const char *(*helper_name)(void *cookie, uint32_t id);
	/* Name of a kfunc, or NULL. */
	const char *(*kfunc_name)(void *cookie, const struct bpf_insn *raw);
	/* Text for a resolved ld_imm64 into @buf; false: print the number. */
	bool (*imm64)(void *cookie, const struct bpf_insn *raw, char *buf, size_t size);
	void *cookie;
};

#define INSN_TEXT_MAX 128

/**
 * insn_print() - one instruction as Linux's verifier log shows it: "(b7) r0 = 0"
 * @raw: the slot; an ld_imm64 reads the next one too
 * @buf: INSN_TEXT_MAX bytes
 */
void insn_print(const struct insn_printer *printer, const struct bpf_insn *raw, char *buf);

#endif
