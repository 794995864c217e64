/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What a cgroup is: a directory of a cgroup2 file system, or of the tree that the store has for
 * machines where nobody may make one. A target is its number as hooks know it.
 */
#ifndef SYSCALL_LINKS_CGROUPS_H
#define SYSCALL_LINKS_CGROUPS_H

#include <stdbool.h>
#include <stdint.h>

/* One that this process has met; they stay where they are. */
struct cgroup {
	struct cgroup *next;		/* in its bucket */
	struct cgroup *parent;		/* NULL: a root */
	uint64_t target;
	uint32_t depth;			/* of a root: 1 */
};

/**
 * cgroup_of_fd() - the cgroup of a directory fd
 *
 * Return: 0; -EBADF: no fd, or one of something else; -ENOENT: it has been removed; -ENOMEM.
 */
int cgroup_of_fd(int fd, const struct cgroup **out);

/* Tell other processes of the store where it stands, before something is attached to it. */
int cgroup_publish(int fd, const struct cgroup *cgroup);

/* By its target, or by its id; NULL: nobody of the store has met it. */
const struct cgroup *cgroup_find(uint64_t target);

/* The kernel's id of the cgroup: its inode number. */
uint64_t cgroup_id(uint64_t target);

/* Has the directory been removed. What cannot be seen from here is taken to be there. */
bool cgroup_is_gone(uint64_t target);

/* The same of a record's name; see store_set_records(). */
bool cgroup_record_is_kept(const char *name);

#endif
