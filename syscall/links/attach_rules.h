/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* How lists of attachments change: Linux's rules for cgroups and for interfaces. */
#ifndef SYSCALL_LINKS_ATTACH_RULES_H
#define SYSCALL_LINKS_ATTACH_RULES_H

#include "attach_list.h"
#include "cgroups.h"

/* What is to be attached or detached, as the caller of bpf() put it. */
struct attach_change {
	uint32_t prog_id;	/* 0: detach without naming one */
	uint32_t prog_type;
	uint32_t link_id;	/* 0: without a link */
	uint32_t flags;
	uint32_t replace_id;	/* program to be replaced, with BPF_F_REPLACE */
	uint32_t relative;	/* fd or id of what BPF_F_BEFORE or BPF_F_AFTER are about */
	uint64_t revision;	/* expected one; 0: any */
};

/* What a change is relative to. */
struct attach_anchor {
	uint32_t prog_id, link_id, prog_type;
};
int attach_anchor_find(uint32_t flags, uint32_t relative, struct attach_anchor *anchor);

/* The list after a change, or -errno and the list as it was. *replaced: a program that was taken
 * out of it, 0: none. */
int cgroup_rules_attach(struct attach_list *list, const struct attach_change *change,
			uint32_t *replaced);
int cgroup_rules_detach(struct attach_list *list, const struct attach_change *change,
			uint32_t *replaced);
int mprog_rules_attach(struct attach_list *list, const struct attach_change *change,
		       uint32_t *replaced);
int mprog_rules_detach(struct attach_list *list, const struct attach_change *change,
		       uint32_t *replaced);
/* A link's program is exchanged. */
int mprog_rules_update(struct attach_list *list, uint32_t link_id, uint32_t prog_id);

/* What comes first: flags, revision, and whether the cgroups above let programs be attached here. */
int cgroup_rules_check(const struct bpfx_hook *hook, const struct cgroup *cgroup,
		       const struct attach_list *list, const struct attach_change *change);

/* Of a list above others that have @below programs: do its programs run, too. */
bool cgroup_rules_inherited(uint32_t list_flags, uint32_t below);

/* Ids of the programs that run for @cgroup, in order, at most @room of them. Return: how many there
 * are, or -errno. */
int cgroup_rules_effective(const struct bpfx_hook *hook, const struct cgroup *cgroup,
			   uint32_t *prog_ids, uint32_t room);

#endif
