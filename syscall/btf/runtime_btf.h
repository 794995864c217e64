/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF of the emulated kernel itself ("vmlinux"), made from tables of what really runs here. */
#ifndef SYSCALL_RUNTIME_BTF_H
#define SYSCALL_RUNTIME_BTF_H

#include <stdint.h>

/**
 * kern_btf_runtime() - the blob, the same in every process of this build
 * @data: receives memory to be freed
 * Return: 0 or -ENOMEM.
 */
int kern_btf_runtime(void **data, uint32_t *size);

#endif
