/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Cgroups for tests to attach to, on either kernel; nobody's processes are in them. */
#ifndef SUPPORT_CGROUP_DIRS_H
#define SUPPORT_CGROUP_DIRS_H

#include "backend.h"

/* Where cgroups are made. */
enum cgroup_place {
	CGROUPS_OF_HOST,	/* in a directory of our own below the host's root */
	CGROUPS_OF_STORE,	/* in the tree that the emulated kernel's store has */
};

/**
 * cgroup_dirs_root() - a fresh directory for this process's cgroups
 *
 * It and all cgroups in it are removed when the process exits.
 * Return: its path; NULL where none may be made.
 */
const char *cgroup_dirs_root(enum cgroup_place place);

/* For whoever tests on @b: the host's, or the store's where those cannot be had. */
const char *cgroup_dirs_for(const struct backend *b);

/* Make the cgroup "a" or "a/b" there, and open it. Return: an fd; fails the test otherwise. */
int cgroup_dirs_make(const char *root, const char *name);
void cgroup_dirs_remove(const char *root, const char *name);

/* What the kernel calls it. */
uint64_t cgroup_dirs_id(int fd);

#endif
