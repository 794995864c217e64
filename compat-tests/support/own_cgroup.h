/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A cgroup of this process's own on the real kernel, for what happens to its sockets. */
#ifndef SUPPORT_OWN_CGROUP_H
#define SUPPORT_OWN_CGROUP_H

#include <stdint.h>

/* Make one and go there; it is left and removed at exit. Return: fd of its directory, or -1. */
int own_cgroup_enter(void);

/* One to attach to on the emulated kernel: whoever may read it will do. Return: fd, or -1; *id: its
 * number, as sockets have it. */
int some_cgroup(uint64_t *id);

/* The loopback interface of this process's network namespace comes up. */
void own_loopback_up(void);

#endif
