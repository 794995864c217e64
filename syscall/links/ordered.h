/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Attachments to hooks whose programs the kernel keeps in order (BPFX_HOOK_CGROUP, BPFX_HOOK_MPROG):
 * with a link, without one, and what becomes of them. */
#ifndef SYSCALL_LINKS_ORDERED_H
#define SYSCALL_LINKS_ORDERED_H

#include "attach_rules.h"

static inline bool hook_is_ordered(const struct bpfx_hook *hook)
{
	return hook->flags & (BPFX_HOOK_CGROUP | BPFX_HOOK_MPROG);
}

/* Where something is attached. */
struct ordered_place {
	uint64_t target;
	const struct cgroup *cgroup;	/* of BPFX_HOOK_CGROUP */
	uint32_t info[4];		/* see bpfx_attach.info */
};

/**
 * ordered_place_find() - the target that a caller names
 * @target: directory fd or interface index
 * @prog: what is attached; NULL: it is about what is attached already
 * Return: 0 or Linux's errno.
 */
int ordered_place_find(const struct bpfx_hook *hook, uint32_t target, uint32_t flags,
		       struct kern_prog *prog, struct ordered_place *place);

/* May the program be attached to this of its type's attach types: 0 or -EINVAL. */
int ordered_check_prog(const struct kern_prog *prog, const struct bpfx_prog_type *type,
		       uint32_t attach_type);

/* LINK_CREATE, the program fits the hook: fd or -errno. */
int ordered_link_create(const union bpf_attr *attr, struct kern_prog *prog,
			const struct bpfx_hook *hook);

/* PROG_ATTACH and PROG_DETACH. @change names the program; @prog is NULL for detach. */
int ordered_attach(const struct bpfx_hook *hook, const struct ordered_place *place,
		   struct kern_prog *prog, const struct attach_change *change);
int ordered_detach(const struct bpfx_hook *hook, const struct ordered_place *place,
		   const struct attach_change *change);

/* A link's program is exchanged, under the attach lock: check and fill @list, to be saved after. */
int ordered_link_update(const struct bpfx_hook *hook, const struct store_obj *link,
			uint32_t prog_id, struct attach_list *list);

/* Is the link off its hook: it was detached, or its target has been removed. */
bool link_is_off(const struct store_obj *link, const struct bpfx_hook *hook);

#endif
