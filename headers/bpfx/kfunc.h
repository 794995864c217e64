/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Kernel functions (kfuncs): functions that programs call by name, typed by BTF. A row says what it
 * is; the verifier judges arguments by the parameters' types and by the suffixes of their names as
 * Linux does (kernel Documentation/bpf/kfuncs.rst): p__nullable, p__ign, mem and mem__sz, n__k …
 */
#ifndef BPFX_KFUNC_H
#define BPFX_KFUNC_H

#include <stdint.h>
#include <bpfx/helper.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Flags of a row, with Linux's numbers. */
#define BPFX_KF_ACQUIRE		0x0001u	/* the result is a reference to be released */
#define BPFX_KF_RELEASE		0x0002u	/* takes over the reference in its argument */
#define BPFX_KF_RET_NULL	0x0004u	/* the result must be checked before use */
#define BPFX_KF_TRUSTED_ARGS	0x0010u	/* pointers must be trusted and not NULL */
#define BPFX_KF_SLEEPABLE	0x0020u
#define BPFX_KF_DESTRUCTIVE	0x0040u
#define BPFX_KF_RCU		0x0080u	/* RCU-protected pointers are fine, too */
#define BPFX_KF_ITER_NEW	0x0100u	/* open-coded iterators: the first argument */
#define BPFX_KF_ITER_NEXT	0x0200u
#define BPFX_KF_ITER_DESTROY	0x0400u
#define BPFX_KF_RCU_PROTECTED	0x0800u	/* only within an RCU read section */
#define BPFX_KF_FASTCALL	0x1000u

#define BPFX_KFUNC_PARAMS 5

/* A parameter. @type as in C, from the right: "struct task_struct *", "u64", "const char *". */
struct bpfx_param {
	const char *type, *name;
};

/**
 * struct bpfx_kfunc - one kernel function
 * @fn: called as helpers are: the argument registers, and the context of the run
 *
 * Types are those of the kernel's BTF; structs it does not have are opaque to programs.
 */
struct bpfx_kfunc {
	const char *name;
	bpfx_helper_fn fn;
	uint32_t flags;				/* BPFX_KF_* */
	uint32_t prog_type_cnt;
	const char *const *prog_types;		/* names of types that may call it; none: all */
	const char *ret;			/* "void", "int", "struct task_struct *" */
	struct bpfx_param params[BPFX_KFUNC_PARAMS];
};

#ifdef __cplusplus
}
#endif

#endif
