/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What is attached to one target of a hook that keeps its programs in order: a list of links and of
 * programs that are attached without one. It is a record of the store.
 */
#ifndef SYSCALL_LINKS_ATTACH_LIST_H
#define SYSCALL_LINKS_ATTACH_LIST_H

#include "links.h"

#define ATTACH_MAX 64u

struct attach_entry {
	uint32_t prog_id;
	uint32_t link_id;	/* 0: attached by PROG_ATTACH */
	uint32_t flags;		/* BPF_F_PREORDER */
};

struct attach_list {
	char hook[LINK_HOOK_NAME];
	uint64_t target, revision;
	uint32_t hook_flags;	/* BPFX_HOOK_CGROUP or BPFX_HOOK_MPROG */
	uint32_t flags;		/* BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI: the cgroup's mode */
	uint32_t cnt;
	uint64_t netns;		/* of the process that attached first, for interfaces */
	struct attach_entry at[ATTACH_MAX];
};

/* Numbers under which links and bare attachments are known to whoever waits for runs. */
#define ATTACH_BARE_RUN(prog_id) ((prog_id) | 1u << 31)
static inline uint32_t attach_run_id(const struct attach_entry *entry)
{
	return entry->link_id ? entry->link_id : ATTACH_BARE_RUN(entry->prog_id);
}

/* Nothing is attached, and never was. */
void attach_list_init(const char *hook, uint32_t hook_flags, uint64_t target,
		      struct attach_list *list);

/**
 * attach_list_load() - the list as it is now: links that went away are taken out
 * Return: 0, also with an empty list where nothing is attached; -errno.
 */
int attach_list_load(const struct bpfx_hook *hook, uint64_t target, struct attach_list *list);

/* Under the attach lock. Programs without a link must be marked as targets. */
int attach_list_save(const struct attach_list *list);

/* One entry is out. */
void attach_list_drop(struct attach_list *list, uint32_t at);

/* Living lists of a hook, until @fn returns something else than 0. */
int attach_list_each(const struct bpfx_hook *hook, int (*fn)(struct attach_list *list, void *arg),
		     void *arg);

/* Has the cgroup or interface been removed. */
bool attach_target_is_gone(uint32_t hook_flags, uint64_t target, uint64_t netns);

/* Records of traffic control (tc.c). */
#define TC_RECORD "tc-"
bool tc_record_is_kept(const struct store_record *record);

/* Network namespace of this process, by its inode number; 0: not known. */
uint64_t attach_own_netns(void);

#endif
