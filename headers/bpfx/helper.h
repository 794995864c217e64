/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Helper functions: one row each. Verifier, interpreter, JIT, disassembler and feature probes read
 * the row; nothing else has to agree with it.
 */
#ifndef BPFX_HELPER_H
#define BPFX_HELPER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * bpfx_helper_fn - native side of a helper
 * @r1..@r5: the program's argument registers
 * @ctx: the context of the running program, behind its 64-byte header (bpfx/context.h); rows
 *	without BPFX_HELPER_IMPLICIT_CTX must ignore it (an engine may pass anything)
 *
 * Return: what the program finds in r0. Errors are negative errno as on Linux.
 */
typedef uint64_t (*bpfx_helper_fn)(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
				   void *ctx);

/**
 * bpfx_load_packet_fn - a packet load of classic BPF (LD_ABS, LD_IND)
 * @ctx: the program's context
 * @offset: in the packet; negative ones mean Linux's SKF_* areas
 * @size: 1, 2 or 4
 * @value: receives the loaded value in host byte order
 *
 * Return: 0, or -EFAULT: outside of the packet, which ends the program with r0 = 0.
 */
typedef int (*bpfx_load_packet_fn)(void *ctx, int32_t offset, uint32_t size, uint64_t *value);

/* What a helper gives back. */
enum bpfx_ret {
	BPFX_RET_INTEGER,
	BPFX_RET_VOID,
	BPFX_RET_MAP_VALUE,		/* of the map in the MAP argument */
	BPFX_RET_SOCKET,
	BPFX_RET_TCP_SOCK,
	BPFX_RET_SOCK_COMMON,
	BPFX_RET_RINGBUF_MEM,		/* as long as the ALLOC_SIZE argument says; to be released */
	BPFX_RET_DYNPTR_MEM,
	BPFX_RET_MEM_OR_BTF_ID,
	BPFX_RET_BTF_ID,		/* pointer to the kernel type named in ret_type */
	BPFX_RET_KIND_MASK = 0xff,
};
#define BPFX_RET_OR_NULL	0x100u	/* flag on the above: must be checked before use */

/* Sockets: memory that begins with a struct bpf_sock. A TCP socket's struct bpf_tcp_sock stands so many
 * bytes behind its start; a pointer to one (RET_TCP_SOCK) is a pointer to the socket. */
#define BPFX_TCP_SOCK_OFFSET 128

/* What a helper takes. */
enum bpfx_arg {
	BPFX_ARG_NONE,			/* end of the list */
	BPFX_ARG_ANY,			/* any initialised value */
	BPFX_ARG_MAP,			/* constant map */
	BPFX_ARG_MAP_KEY,		/* key_size readable bytes of the MAP argument before it */
	BPFX_ARG_MAP_VALUE,		/* value_size readable bytes (UNINIT: written) */
	BPFX_ARG_MEM,			/* memory of the length in the SIZE argument after it */
	BPFX_ARG_SIZE,			/* length of the MEM argument before it, at least 1 */
	BPFX_ARG_SIZE_OR_ZERO,
	BPFX_ARG_CTX,			/* the program's own context */
	BPFX_ARG_SPIN_LOCK,
	BPFX_ARG_SOCK_COMMON,
	BPFX_ARG_SOCKET,
	BPFX_ARG_BTF_ID_SOCK_COMMON,
	BPFX_ARG_BTF_ID,		/* pointer to the kernel type named in arg_types[] */
	BPFX_ARG_PERCPU_BTF_ID,
	BPFX_ARG_RINGBUF_MEM,		/* what RET_RINGBUF_MEM gave (RELEASE: handed back) */
	BPFX_ARG_ALLOC_SIZE,		/* constant size to allocate, may be zero */
	BPFX_ARG_FUNC,			/* static function of the program: a callback */
	BPFX_ARG_STACK,			/* pointer into the stack, or NULL with NULLABLE */
	BPFX_ARG_CONST_STR,		/* NUL-terminated string in a read-only map */
	BPFX_ARG_TIMER,
	BPFX_ARG_KPTR_XCHG_DEST,
	BPFX_ARG_DYNPTR,
	BPFX_ARG_INT_MEM,		/* pointer to arg_sizes[] bytes, FIXED_SIZE */
	BPFX_ARG_KIND_MASK = 0xff,
};
/* Flags on an argument kind. */
#define BPFX_NULLABLE	0x0100u	/* NULL is fine */
#define BPFX_UNINIT	0x0200u	/* the helper writes all of it: need not be initialised */
#define BPFX_RDONLY	0x0400u	/* the helper only reads: read-only memory is fine */
#define BPFX_WRITE	0x0800u	/* the helper writes: read-only memory is refused */
#define BPFX_RELEASE	0x1000u	/* ownership ends here */
#define BPFX_FIXED_SIZE	0x2000u	/* MEM of arg_sizes[] bytes without a SIZE argument */
#define BPFX_ALIGNED	0x4000u	/* must be aligned to its size */

/* Flags of a row. */
#define BPFX_HELPER_BASE	 0x0001u /* every program type may call it */
#define BPFX_HELPER_GPL		 0x0002u /* GPL-compatible programs only */
#define BPFX_HELPER_PKT_ACCESS	 0x0004u /* MEM arguments may be packet memory */
#define BPFX_HELPER_CHANGES_PKT	 0x0008u /* packet pointers die at the call */
#define BPFX_HELPER_IMPLICIT_CTX 0x0010u /* reads @ctx */
#define BPFX_HELPER_MIGHT_SLEEP	 0x0020u
#define BPFX_HELPER_PERFMON	 0x0040u /* needs CAP_PERFMON (or CAP_SYS_ADMIN) at load */
#define BPFX_HELPER_CAP_BPF	 0x0080u /* needs CAP_BPF at load */
#define BPFX_HELPER_RET_EXACT	 0x0100u /* RET_INTEGER may be an error: -4095..max are refined as Linux does */
#define BPFX_HELPER_NOT_AT	 0x0200u /* attach_types are those that it is not there for */

struct bpfx_helper {
	uint32_t id;			/* BPF_FUNC_*; 0x10000 and up: specific to a program type */
	const char *name;		/* without "bpf_" */
	bpfx_helper_fn fn;		/* never NULL */
	uint32_t ret;			/* enum bpfx_ret | BPFX_RET_OR_NULL */
	uint32_t args[5];		/* enum bpfx_arg | flags */
	uint32_t flags;			/* BPFX_HELPER_* */
	const char *ret_type;		/* kernel type behind RET_BTF_ID */
	const char *arg_types[5];	/* kernel types behind ARG_BTF_ID */
	uint32_t arg_sizes[5];		/* bytes of FIXED_SIZE arguments */
	const uint32_t *attach_types;	/* only there for these expected_attach_types (NOT_AT: for
					 * others); NULL: all */
	uint32_t attach_type_cnt;
};

/* First id that is specific to a program type; below are Linux's BPF_FUNC_* numbers. */
#define BPFX_HELPER_SPECIFIC	0x10000u

#ifdef __cplusplus
}
#endif

#endif
