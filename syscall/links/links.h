/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Attachments: links as objects, hooks as ordered lists of programs, and the host of extensions. */
#ifndef SYSCALL_LINKS_H
#define SYSCALL_LINKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <bpfx/extension.h>
#include "progs.h"
#include "store.h"

#define LINK_HOOK_NAME 32u

/* Facts that all processes share, in the object's header. */
struct link_shared {
	char hook[LINK_HOOK_NAME];
	uint32_t link_type, attach_type;
	_Atomic uint32_t detached;
	uint64_t target, cookie;
	uint32_t info[4];		/* the hook's own, see bpfx_attach.info */
	uint64_t netns;			/* of an interface, by inode number; 0: not known */
};

static inline struct link_shared *link_shared_of(const struct store_obj *obj)
{
	return (struct link_shared *)obj->header->room;
}

/* Its program: the one edge a link has. */
static inline uint32_t link_prog_id(const struct store_obj *obj)
{
	return __atomic_load_n(&obj->header->edges[0].id, __ATOMIC_ACQUIRE);
}

/* LINK_CREATE, LINK_DETACH, LINK_UPDATE after the gate: fd or 0, -errno. */
int link_create(const union bpf_attr *attr);
int link_detach(int fd);
int link_update(const union bpf_attr *attr);

/* PROG_ATTACH, PROG_DETACH, PROG_QUERY after the gate; @user: the caller's attr, for results. */
int prog_attach(const union bpf_attr *attr);
int prog_detach(const union bpf_attr *attr);
int prog_query(const union bpf_attr *attr, uint64_t user, uint32_t user_size);

/* Before a door of the kernel returns: wait for runs of links that this thread's call removed by
 * letting go of their last reference. */
void links_settle(void);

/* RAW_TRACEPOINT_OPEN after the gate: fd or -errno. */
int raw_tracepoint_open(const union bpf_attr *attr);

/* PERF_EVENT_IOC_SET_BPF and _QUERY_BPF of an event: 0 or -errno. */
int perf_event_set_prog(struct store_obj *event, int prog_fd);
int perf_event_query_progs(const struct store_obj *event, uint64_t user);
/* The id that tracefs tells of a tracepoint with a record, or -errno. */
int perf_tracepoint_id(const struct bpfx_hook *hook);
/* What TASK_FD_QUERY tells of an event: 0, -ENOENT: it runs no program, -EOPNOTSUPP. */
int perf_event_query(const struct store_obj *event, uint32_t *prog_id, const char **tracepoint);

/* Hook-specific part of the info (0 or -errno), and fdinfo lines. */
int link_fill_info(const struct store_obj *obj, struct bpf_link_info *info);
int link_fdinfo(const struct store_obj *obj, char *buf, size_t size);

/* The @n-th program attached to the hook, in the order in which they run: 0 or -ENOENT. */
struct link_attachment {
	uint64_t target;
	uint32_t link_id, prog_id;	/* link_id 0: attached without one */
};
int links_attached(const struct bpfx_hook *hook, uint32_t n, struct link_attachment *out);

/* Number of a cgroup as hooks know it, by an fd of its directory: 0 or -errno. */
int links_cgroup(int fd, uint64_t *target);

/* Name of the tracepoint that the link is of; NULL: it is another link. */
const char *link_tracepoint(const struct store_obj *obj);

/* What extensions call. */
extern const struct bpfx_host link_host;

/* Does /sys/fs/cgroup mean the store's own tree of cgroups to this process: where the machine has no
 * cgroup2 file system, or BPF_SHIM_CGROUPS says "store". */
bool links_cgroups_of_store(void);

/* The cgroup that this process was in when it was first asked; 0: there are none. */
uint64_t links_own_cgroup(void);

/* Id of the cgroup at @level above @cgroup, or itself; the root is level 0. 0: none. */
uint64_t links_cgroup_ancestor(uint64_t cgroup, uint32_t level);
/* Is it @target or below it. */
bool links_cgroup_is_under(uint64_t cgroup, uint64_t target);

/* Connect a registered hook to the store's counters; take it off again when its extension goes, and
 * wait until nothing runs through it in this process. */
int hooks_connect(const struct bpfx_hook *hook);
void hooks_disconnect(const struct bpfx_hook *hook);

#endif
