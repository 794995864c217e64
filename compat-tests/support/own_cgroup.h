/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A cgroup of this process's own on the real kernel, for what happens to its sockets. */
#ifndef SUPPORT_OWN_CGROUP_H
#define SUPPORT_OWN_CGROUP_H

/* Make one and go there; it is left and removed at exit. Return: fd of its directory, or -1. */
int own_cgroup_enter(void);

/* The loopback interface of this process's network namespace comes up. */
void own_loopback_up(void);

#endif
