/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What netlink attaches to interfaces: an XDP program without a link, and bpf filters of traffic
 * control. All of it under the attach lock of the store, which the caller takes; when he has given it
 * back he waits for runs of what is gone: bare_settle(), tc_settle().
 */
#ifndef SYSCALL_LINKS_BARE_H
#define SYSCALL_LINKS_BARE_H

#include "links.h"

/* ---- one program per target ---- */

struct bare_now {
	uint32_t prog_id;	/* 0: nothing is attached */
	bool by_link;
	uint32_t mode;		/* bpfx_attach.info[1] of the link, or as it was put */
};
int bare_look(const struct bpfx_hook *hook, uint64_t target, struct bare_now *now);

/* Attach @prog in place of what netlink attached before; NULL: nothing. *gone: that program, 0: none.
 * 0 or -errno. */
int bare_put(const struct bpfx_hook *hook, uint64_t target, struct kern_prog *prog, uint32_t mode,
	     uint32_t *gone);
void bare_settle(const struct bpfx_hook *hook, uint32_t gone);

/* ---- traffic control ---- */

#define TC_INGRESS_HOOK "tc_ingress"
#define TC_EGRESS_HOOK	"tc_egress"
#define TC_FILTERS_MAX	32u
#define TC_NAME_SIZE	64u

struct tc_filter {
	uint32_t egress;	/* 0: ingress */
	uint32_t priority, handle;
	uint16_t protocol;	/* network byte order, as in tcm_info */
	uint16_t has_name, has_flags, reserved;
	uint32_t prog_id, flags, flags_gen;
	char name[TC_NAME_SIZE];
};

/* The clsact queueing discipline of an interface: filters in the order in which they are asked. */
struct tc_qdisc {
	uint32_t ifindex, cnt;
	uint32_t present;	/* 0: it was removed */
	uint32_t reserved;
	uint64_t netns;
	struct tc_filter filters[TC_FILTERS_MAX];
};

/* 0, -ENOENT: the interface never had one; *qdisc is one without filters then. */
int tc_load(uint32_t ifindex, struct tc_qdisc *qdisc);
/* @added: the program of a new filter, NULL: none is new; @gone: that of one that went, 0: none. */
int tc_save(const struct tc_qdisc *qdisc, struct kern_prog *added, uint32_t gone);
/* It goes, with all filters; or those of one side. */
int tc_remove(const struct tc_qdisc *qdisc);
int tc_flush(const struct tc_qdisc *qdisc, bool egress, uint32_t priority);
void tc_settle(void);
/* Cookie with which a filter's program runs: see BPFX_TC_COOKIE_* in bpfx/extension.h. */
uint64_t tc_cookie(const struct tc_filter *filter);
int tc_each(int (*fn)(const struct tc_qdisc *qdisc, void *arg), void *arg);

#endif
