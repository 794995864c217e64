/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What the calling thread may do. The emulated kernel is its owner's, who may do everything; a process
 * that began with capabilities of the machine and dropped them is judged by what it has left.
 */
#ifndef SYSCALL_PRIVILEGE_H
#define SYSCALL_PRIVILEGE_H

#include <stdbool.h>

enum privilege {
	PRIVILEGE_BPF,
	PRIVILEGE_PERFMON,
	PRIVILEGE_NET_ADMIN,
	PRIVILEGE_SYS_ADMIN,	/* has the others, too */
};

/* One system call where there was something to drop. */
bool privileged(enum privilege privilege);

#endif
