/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Places between two writes to the store at which a process may be killed. In a test build
 * (BPF_SHIM_KILL_POINTS) BPF_SHIM_KILL_AT=NAME:N kills the process at the N-th pass of NAME and
 * BPF_SHIM_KILL_TRACE=FILE records the names passed; otherwise a kill point is nothing.
 */
#ifndef SYSCALL_STORE_KILL_POINT_H
#define SYSCALL_STORE_KILL_POINT_H

#ifdef BPF_SHIM_KILL_POINTS
void kill_point(const char *name);
#else
static inline void kill_point(const char *name)
{
	(void)name;
}
#endif

#endif
