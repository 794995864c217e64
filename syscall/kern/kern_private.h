/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the kern room. */
#ifndef SYSCALL_KERN_PRIVATE_H
#define SYSCALL_KERN_PRIVATE_H

#include "kern.h"

/* Store, extensions, kernel BTF: 0 or -errno of the store. */
int kern_start(void);

/* BTF of the kernel, where this store has none yet: 0 or -errno. */
int kern_create_btf(void);

struct bpfx_extension;
/* BTF of the kernel functions and tracepoints that an extension adds: 0 or -errno. */
int kern_add_module(const struct bpfx_extension *ext);

#endif
