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

/* Whole or not at all: another process may ask at the same time. 0 or -errno. */
int kern_write_file(const char *path, const void *data, size_t size);
bool kern_is_below(const char *path, const char *folder);
/* From now on lines of bpf_trace_printk() go to who reads trace_pipe. */
void kern_trace_start(void);
/* As kern_path(), of the tracing file system. */
int kern_tracefs_path(const char *path, char *out, size_t size);

#endif
