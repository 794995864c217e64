/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The bpf() commands behind their gate. */
#ifndef SYSCALL_COMMANDS_H
#define SYSCALL_COMMANDS_H

#include <stdint.h>
#include <linux/bpf.h>

/* See kern_bpf(). */
int command_run(int cmd, uint64_t user_attr, uint32_t size);

#endif
