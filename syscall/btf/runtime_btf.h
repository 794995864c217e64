/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF of the emulated kernel itself ("vmlinux"), made from tables of what really runs here. */
#ifndef SYSCALL_RUNTIME_BTF_H
#define SYSCALL_RUNTIME_BTF_H

#include <stdint.h>

struct bpfx_param;
struct kern_btf;

/* A function that the kernel's BTF, or a module's, names. */
enum btf_func_kind {
	BTF_FUNC_PLAIN,		/* that and no more: of an iterator */
	BTF_FUNC_KFUNC,
	BTF_FUNC_TRACEPOINT,	/* a typedef and the function behind it; @name is the tracepoint's */
};

struct btf_func_def {
	enum btf_func_kind kind;
	const char *name, *ret;
	const struct bpfx_param *params;
	uint32_t param_cnt;
};

/**
 * kern_btf_runtime() - the blob, the same in every process of this build
 * @data: receives memory to be freed
 * Return: 0 or -ENOMEM.
 */
int kern_btf_runtime(const struct btf_func_def *funcs, uint32_t cnt, void **data, uint32_t *size);

/**
 * kern_btf_module() - the same for what an extension brings, as split BTF
 * @base: the kernel's: types that it has are used
 * Return: 0, -ENOMEM, -EINVAL: a type is not written as it must be.
 */
int kern_btf_module(const struct kern_btf *base, const struct btf_func_def *funcs, uint32_t cnt,
		    void **data, uint32_t *size);

#endif
