/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF of the emulated kernel itself ("vmlinux"), made from tables of what really runs here. */
#ifndef SYSCALL_RUNTIME_BTF_H
#define SYSCALL_RUNTIME_BTF_H

#include <stdint.h>

struct bpfx_kfunc;
struct kern_btf;

/**
 * kern_btf_runtime() - the blob, the same in every process of this build
 * @kfunc: n-th kernel function that it names; NULL past the end
 * @data: receives memory to be freed
 * Return: 0 or -ENOMEM.
 */
int kern_btf_runtime(const struct bpfx_kfunc *(*kfunc)(uint32_t n), void **data, uint32_t *size);

/**
 * kern_btf_module() - the same for an extension's kernel functions, as split BTF
 * @base: the kernel's: types that it has are used
 * Return: 0, -ENOMEM, -EINVAL: a type is not written as it must be.
 */
int kern_btf_module(const struct kern_btf *base, const struct bpfx_kfunc *rows, uint32_t cnt,
		    void **data, uint32_t *size);


#endif
