/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the links room: attach types as PROG_ATTACH, PROG_DETACH and PROG_QUERY see them. */
#ifndef SYSCALL_LINKS_ATTACH_TYPES_H
#define SYSCALL_LINKS_ATTACH_TYPES_H

#include "links.h"

enum attach_family {
	ATTACH_FAMILY_NONE,	/* not a type that these commands know */
	ATTACH_FAMILY_OTHER,	/* known to Linux, and nothing of that kind exists here */
	ATTACH_FAMILY_CGROUP,
	ATTACH_FAMILY_MPROG,
};

enum attach_family attach_family_of(uint32_t attach_type);

/* The hook of an attach type, connected to the store; NULL: none here, or one without an order. */
int attach_hook_of(uint32_t attach_type, const struct bpfx_hook **hook);

/* What Linux says of a target of a type where nothing can be attached here: -EBADF, -EINVAL. */
int attach_other_error(uint32_t attach_type, int target_fd);

#endif
