/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BPF instructions as initialisers, for programs in rows of tests. */
#ifndef SUPPORT_ASM_H
#define SUPPORT_ASM_H

#include <linux/bpf.h>

#define RAW(opcode, d, s, o, i)                                                                    \
	((struct bpf_insn){ .code = opcode, .dst_reg = d, .src_reg = s, .off = o, .imm = i })

#define MOV_IMM(d, i)	   RAW(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOV_REG(d, s)	   RAW(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ALU_IMM(op, d, i)  RAW(BPF_ALU64 | BPF_##op | BPF_K, d, 0, 0, i)
#define ALU_REG(op, d, s)  RAW(BPF_ALU64 | BPF_##op | BPF_X, d, s, 0, 0)
#define LOAD(size, d, s, o)  RAW(BPF_LDX | BPF_MEM | BPF_##size, d, s, o, 0)
#define STORE(size, d, s, o) RAW(BPF_STX | BPF_MEM | BPF_##size, d, s, o, 0)
#define STORE_IMM(size, d, o, i) RAW(BPF_ST | BPF_MEM | BPF_##size, d, 0, o, i)
#define JUMP_IMM(op, d, i, o) RAW(BPF_JMP | BPF_##op | BPF_K, d, 0, o, i)
#define JUMP_REG(op, d, s, o) RAW(BPF_JMP | BPF_##op | BPF_X, d, s, o, 0)
#define JUMP(o)		   RAW(BPF_JMP | BPF_JA, 0, 0, o, 0)
#define CALL(id)	   RAW(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define CALL_LOCAL(o)	   RAW(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, o)
#define EXIT()		   RAW(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* Two slots. */
#define IMM64(d, v)                                                                                \
	RAW(BPF_LD | BPF_IMM | BPF_DW, d, 0, 0, (int)(__u32)(v)),                                  \
	RAW(0, 0, 0, 0, (int)((__u64)(v) >> 32))
#define MAP_FD(d, fd)                                                                              \
	RAW(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_FD, 0, fd), RAW(0, 0, 0, 0, 0)
#define MAP_VALUE(d, fd, o)                                                                        \
	RAW(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_MAP_VALUE, 0, fd), RAW(0, 0, 0, 0, o)
/* Address of the function @o instructions behind the next one. */
#define FUNC(d, o)                                                                                 \
	RAW(BPF_LD | BPF_IMM | BPF_DW, d, BPF_PSEUDO_FUNC, 0, o), RAW(0, 0, 0, 0, 0)

#endif
