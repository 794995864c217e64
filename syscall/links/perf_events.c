/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Programs of perf events. An event has at most one, by a link or by PERF_EVENT_IOC_SET_BPF; those of
 * the events of one tracepoint run together, in the order in which they came, for every process and on
 * every CPU, whether or not their events are enabled: as on Linux.
 */
#include <stdio.h>
#include <string.h>

#include "attach_list.h"
#include "bits.h"
#include "clock.h"
#include "err.h"
#include "fault.h"
#include "hooks.h"
#include "kill_point.h"
#include "links_private.h"
#include "perf_event.h"
#include "registry.h"
#include "snapshot.h"

/* Names of hooks: this and the tracepoint's. */
#define PREFIX "tp."

#define TRACE_PROGS_MAX 64u	/* of one tracepoint */

/* ---- ids of tracepoints: tell where their hooks stand in the store ---- */

/* Linux's own begin behind the numbers of other kinds of records, too. */
#define FIRST_ID 300

int perf_tracepoint_id(const struct bpfx_hook *hook)
{
	int number = store_hook_number(hook->name);

	return number < 0 ? number : FIRST_ID + number;
}

static const struct bpfx_hook *record_hook(const char *name)
{
	const struct bpfx_hook *hook = name ? registry_hook_by_name(name) : NULL;

	return hook && hook->flags & BPFX_HOOK_RECORD ? hook : NULL;
}

static const char *hook_of_id(uint64_t id)
{
	const struct bpfx_hook *hook;

	if (id < FIRST_ID || id - FIRST_ID > UINT32_MAX)
		return NULL;
	hook = record_hook(store_hook_name(id - FIRST_ID));
	return hook ? hook->name : NULL;
}

/* ---- events that come and go ---- */

static uint32_t run_id_of(const struct perf_event_shared *shared)
{
	return ATTACH_BARE_RUN(atomic_load(&shared->prog_id));
}

static void event_removed(struct store_header *header)
{
	struct perf_event_shared *shared = (struct perf_event_shared *)header->room;

	if (!shared->hook[0])
		return;
	store_hook_changed(shared->hook, -1);
	if (atomic_load(&shared->prog_id))
		hook_lost_link(shared->hook, run_id_of(shared));
}

__attribute__((constructor)) static void register_room(void)
{
	perf_tracepoint_hook = hook_of_id;
	perf_tracepoint_used = store_hook_changed;
	store_set_removed(STORE_PERF, event_removed);
}

/* ---- may the event run it ---- */

static bool has_program(const struct perf_event_shared *shared)
{
	uint32_t link_id = atomic_load(&shared->link_id);

	return atomic_load(&shared->prog_id) || (link_id && store_alive(STORE_LINK, link_id));
}

static uint32_t record_end(const struct bpfx_tracepoint *tp)
{
	const struct bpfx_record_field *last = tp->field_cnt ? &tp->fields[tp->field_cnt - 1] : NULL;

	return last ? last->offset + last->size : BPFX_RECORD_COMMON;
}

/* Programs of all events of the tracepoint. */
static int check_others(const struct bpfx_hook *hook, const struct kern_prog *prog)
{
	struct snapshot *now = snapshot_take(hook, 0);
	int err = now ? now->cnt >= TRACE_PROGS_MAX ? -E2BIG : 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < now->cnt; i++)
		if (now->at[i].prog->id == prog->id)
			err = -EEXIST;
	snapshot_free(now);
	return err;
}

static int check_record_prog(const struct bpfx_hook *hook, const struct perf_event_shared *shared,
			     const struct kern_prog *prog)
{
	struct bpfx_attach at = { .prog = (struct bpfx_prog *)prog };
	int err;

	if (prog->shared->type != BPF_PROG_TYPE_TRACEPOINT)
		return -EINVAL;
	err = hooks_connect(hook);
	if (!err && hook->attach)
		err = hook->attach(&link_host, &at);
	if (err)
		return err;
	if (link_host.prog_ctx_size(at.prog) > record_end(hook->tracepoint))
		return -EACCES;
	return has_program(shared) ? -EEXIST : check_others(hook, prog);
}

/* Linux's order. An event that is no tracepoint's runs programs when it overflows, which one that
 * programs write to never does. */
static int check_prog(const struct perf_event_shared *shared, const struct kern_prog *prog,
		      const struct bpfx_hook **hook)
{
	*hook = NULL;
	if (perf_event_is_output(shared)) {
		if (has_program(shared))
			return -EEXIST;
		return prog->shared->type == BPF_PROG_TYPE_PERF_EVENT ? 0 : -EINVAL;
	}
	*hook = record_hook(shared->hook);
	return *hook ? check_record_prog(*hook, shared, prog) : -ENODEV;
}

/* ---- by a link ---- */

static int make_link(struct store_obj *event, struct kern_prog *prog, const struct bpfx_hook *hook,
		     uint64_t cookie)
{
	struct perf_event_shared *facts = perf_shared_of(event);
	struct link_shared *shared;
	struct store_obj *obj;
	uint32_t id;
	int fd, err = store_create(STORE_LINK, 0, &obj);

	if (err)
		return err;
	shared = link_shared_of(obj);
	if (hook)
		snprintf(shared->hook, sizeof(shared->hook), "%s", hook->name);
	shared->link_type = BPF_LINK_TYPE_PERF_EVENT;
	shared->attach_type = BPF_PERF_EVENT;
	shared->cookie = cookie;
	store_edge_to(obj, prog->obj);
	store_edge_to(obj, event);
	id = store_reserve_id(obj);
	if (hook)
		store_hook_changed(hook->name, 1);
	fd = store_publish(obj, STORE_READ | STORE_CREATED);
	if (fd >= 0) {
		atomic_store(&facts->link_id, id);
		facts->cookie = cookie;
	}
	return fd;
}

int perf_link_create(const union bpf_attr *attr, struct kern_prog *prog)
{
	const struct bpfx_hook *hook = NULL;
	struct store_obj *event;
	int ret;

	if (attr->link_create.flags)
		return -EINVAL;
	if (store_get_fd(attr->link_create.target_fd, STORE_PERF, &event, NULL))
		return -EBADF;
	ret = store_attach_lock();
	if (!ret) {
		ret = check_prog(perf_shared_of(event), prog, &hook);
		ret = ret ? ret : make_link(event, prog, hook,
					    attr->link_create.perf_event.bpf_cookie);
		store_attach_unlock();
	}
	if (hook)
		hook_changed(hook, 0, 0);
	store_put(event);
	return ret;
}

/* ---- without ---- */

static int set_program(struct store_obj *event, struct kern_prog *prog, const struct bpfx_hook *hook)
{
	struct perf_event_shared *shared = perf_shared_of(event);
	int err = store_add_edge(event, prog->obj);

	if (err && err != -EEXIST)
		return err;
	shared->attached_ns = clock_ns(CLOCK_BOOTTIME);
	if (hook)
		store_hook_changed(hook->name, 1);
	kill_point("perf.counted");
	atomic_store(&shared->prog_id, prog->id);
	return 0;
}

int perf_event_set_prog(struct store_obj *event, int prog_fd)
{
	const struct bpfx_hook *hook = NULL;
	struct kern_prog *prog;
	int err = prog_get_fd(prog_fd, &prog);

	if (err)
		return err;
	err = store_attach_lock();
	if (!err) {
		err = check_prog(perf_shared_of(event), prog, &hook);
		err = err ? err : set_program(event, prog, hook);
		store_attach_unlock();
	}
	if (hook)
		hook_changed(hook, 0, 0);
	prog_put(prog);
	return err;
}

/* ---- what a snapshot has of them ---- */

int perf_events_each(const struct bpfx_hook *hook, int (*fn)(struct store_obj *event, void *arg),
		     void *arg)
{
	struct store_obj *event;
	uint32_t id = 0;
	int err = 0;

	while (!err && !store_next_id(STORE_PERF, id, &id)) {
		if (store_get(STORE_PERF, id, &event))
			continue;
		if (!strncmp(perf_shared_of(event)->hook, hook->name, PERF_HOOK_NAME))
			err = fn(event, arg);
		store_put(event);
	}
	return err;
}

void perf_event_happened(struct store_obj *event, uint32_t cpu)
{
	if (perf_event_is_on(event, cpu))
		atomic_fetch_add_explicit(&perf_shared_of(event)->count, 1, memory_order_relaxed);
}

/* ---- what is told ---- */

/* The program that it runs now; 0: none. */
static uint32_t prog_of(const struct perf_event_shared *shared)
{
	uint32_t prog_id = atomic_load(&shared->prog_id), link_id = atomic_load(&shared->link_id);
	struct store_obj *link;

	if (prog_id || !link_id || !store_alive(STORE_LINK, link_id) ||
	    store_get(STORE_LINK, link_id, &link))
		return prog_id;
	prog_id = link_prog_id(link);
	store_put(link);
	return prog_id;
}

int perf_event_query(const struct store_obj *event, uint32_t *prog_id, const char **tracepoint)
{
	const struct perf_event_shared *shared = perf_shared_of(event);

	*prog_id = prog_of(shared);
	if (!*prog_id)
		return -ENOENT;
	if (!shared->hook[0])
		return -EOPNOTSUPP;
	*tracepoint = shared->hook + strlen(PREFIX);
	return 0;
}

/* The event of a link: its second edge. */
static int event_of(const struct store_obj *link, struct store_obj **event)
{
	return store_get(STORE_PERF, link->header->edges[1].id, event);
}

static int fill_tracepoint(const struct perf_event_shared *shared, uint64_t cookie,
			   struct bpf_link_info *info)
{
	const char *name = shared->hook + strlen(PREFIX);
	uint64_t user = info->perf_event.tracepoint.tp_name;
	uint32_t room = info->perf_event.tracepoint.name_len;
	int err;

	if (!user != !room)
		return -EINVAL;
	err = user ? link_give_name(name, user, room) : 0;
	if (err)
		return err;
	info->perf_event.type = BPF_PERF_EVENT_TRACEPOINT;
	info->perf_event.tracepoint.name_len = strlen(name) + 1;
	info->perf_event.tracepoint.cookie = cookie;
	return 0;
}

int perf_link_fill_info(const struct store_obj *link, struct bpf_link_info *info)
{
	uint64_t cookie = link_shared_of(link)->cookie;
	struct perf_event_shared *shared;
	struct store_obj *event;
	int err = event_of(link, &event);

	if (err)
		return -EINVAL;
	shared = perf_shared_of(event);
	if (shared->hook[0]) {
		err = fill_tracepoint(shared, cookie, info);
	} else {
		info->perf_event.type = BPF_PERF_EVENT_EVENT;
		info->perf_event.event.type = shared->attr.type;
		info->perf_event.event.config = shared->attr.config;
		info->perf_event.event.cookie = cookie;
	}
	store_put(event);
	return err;
}

int perf_link_fdinfo(const struct store_obj *link, char *buf, size_t size)
{
	unsigned long long cookie = link_shared_of(link)->cookie;
	struct perf_event_shared *shared;
	struct store_obj *event;
	int len;

	if (event_of(link, &event))
		return 0;
	shared = perf_shared_of(event);
	if (shared->hook[0])
		len = snprintf(buf, size, "tp_name:\t%s\nevent_type:\ttracepoint\ncookie:\t%llu\n",
			       shared->hook + strlen(PREFIX), cookie);
	else
		len = snprintf(buf, size,
			       "type:\t%u\nconfig:\t%llu\nevent_type:\tevent\ncookie:\t%llu\n",
			       shared->attr.type, (unsigned long long)shared->attr.config, cookie);
	store_put(event);
	return len;
}

/* ---- PERF_EVENT_IOC_QUERY_BPF: programs of all events of the tracepoint ---- */

struct query {
	uint32_t ids_len, prog_cnt;
	uint32_t ids[];
};

static int give_ids(const struct snapshot *now, uint64_t user, uint32_t room)
{
	uint32_t ids[TRACE_PROGS_MAX] = { 0 };

	for (uint32_t i = 0; i < now->cnt && i < room; i++)
		ids[i] = now->at[i].prog->id;
	if (user_write(user + offsetof(struct query, prog_cnt), &now->cnt, sizeof(now->cnt)) ||
	    user_write(user + offsetof(struct query, ids), ids, room * sizeof(ids[0])))
		return -EFAULT;
	/* Without room only their number is asked for. */
	return room && now->cnt > room ? -ENOSPC : 0;
}

int perf_event_query_progs(const struct store_obj *event, uint64_t user)
{
	const struct bpfx_hook *hook = record_hook(perf_shared_of(event)->hook);
	struct snapshot *now;
	uint32_t room;
	int err;

	if (!hook)
		return -EINVAL;
	if (user_read(&room, user, sizeof(room)))
		return -EFAULT;
	if (room > TRACE_PROGS_MAX)
		return -E2BIG;
	now = snapshot_take(hook, 0);
	err = now ? give_ids(now, user, room) : -ENOMEM;
	snapshot_free(now);
	return err;
}
