/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What is attached to a hook, as a process has it in memory to run it. */
#ifndef SYSCALL_LINKS_SNAPSHOT_H
#define SYSCALL_LINKS_SNAPSHOT_H

#include "links.h"

struct attachment {
	uint64_t target, cookie;
	uint32_t run_id;		/* how it is known to who waits for its runs */
	uint32_t flags;			/* BPF_F_PREORDER */
	struct kern_prog *prog;
	struct store_obj *link;		/* or the perf event; NULL: attached without either */
};

/* The attachments of one target of an ordered hook, in order. */
struct attached_list {
	uint64_t target;
	uint32_t first, cnt;
	uint32_t flags;			/* mode of a cgroup's list */
};

struct snapshot {
	struct snapshot *next;		/* in the list of replaced ones */
	uint32_t generation;
	uint32_t cnt, list_cnt;
	struct attachment *at;
	struct attached_list *lists;	/* of ordered hooks, ascending targets */
	uint32_t event_cnt;
	struct store_obj **events;	/* perf events that count what the hook sees */
};

/* Everything that is attached to the hook now; NULL: no memory. */
struct snapshot *snapshot_take(const struct bpfx_hook *hook, uint32_t generation);
void snapshot_free(struct snapshot *snapshot);

/* The list of a target; NULL: nothing is attached there. */
const struct attached_list *snapshot_list(const struct snapshot *snapshot, uint64_t target);

/* Is it still there: a link may be detached since. */
static inline bool attachment_lives(const struct attachment *at)
{
	if (!at->link)
		return true;
	return !at->link->header->dead &&
	       (at->link->kind != STORE_LINK || !atomic_load(&link_shared_of(at->link)->detached));
}

#endif
