/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Links: created for a hook, detached at the latest when nothing refers to them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bare.h"
#include "bits.h"
#include "err.h"
#include "fault.h"
#include "hooks.h"
#include "journal.h"
#include "links_private.h"
#include "ordered.h"
#include "registry.h"

_Static_assert(sizeof(struct link_shared) <= sizeof(((struct store_header *)0)->room),
	       "link facts fit into the header");

int link_refuse(int err, const struct kern_prog *prog, const char *format, ...)
{
	char why[224];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	journal_note("program %u (%s) is not attached: %s", prog->id, prog->obj->header->name, why);
	return registry_refuse(err, "%s", why);
}

/* The hook takes programs of one type. Linux finds the hook by both; a mismatch is EINVAL. */
static int find_hook(const union bpf_attr *attr, const struct kern_prog *prog,
		     const struct bpfx_hook **hook)
{
	const struct bpfx_prog_type *type = prog_type_of(prog);
	char why[PROG_WHY_SIZE];
	int err;

	*hook = registry_hook(attr->link_create.attach_type);
	if (!*hook)
		return link_refuse(-EINVAL, prog, "nobody here has a hook with attach type %u",
			      attr->link_create.attach_type);
	if (prog_info_check(prog, type, why, sizeof(why)))
		return link_refuse(-EINVAL, prog, "hook %s: %s", (*hook)->name, why);
	if (strcmp((*hook)->prog_type, type->name))
		return link_refuse(-EINVAL, prog, "hook %s takes programs of type %s, this is one of type %s",
			      (*hook)->name, (*hook)->prog_type, type->name);
	err = hook_is_ordered(*hook) ?
		      ordered_check_prog(prog, type, attr->link_create.attach_type) : 0;
	if (err == -EINVAL)
		return link_refuse(err, prog, "hook %s: it was loaded for attach type %u",
			      (*hook)->name, prog->shared->expected_attach_type);
	return err;
}

static bool is_taken(const struct bpfx_hook *hook, uint64_t target, struct bare_now *now)
{
	return !bare_look(hook, target, now) && now->prog_id;
}

/* One more for this target: does the hook take it. */
static int check_room(const struct bpfx_hook *hook, const struct bpfx_attach *at)
{
	struct bare_now now;

	if (hook->flags & BPFX_HOOK_MULTI)
		return hook->max_programs && hook_link_cnt(hook, at->target) >= hook->max_programs
			       ? -E2BIG : 0;
	if (!is_taken(hook, at->target, &now))
		return 0;
	if (at->other_err && now.mode != at->info[1])
		return at->other_err;
	return at->taken_err ? at->taken_err : -EBUSY;
}

static int publish(struct store_obj *obj, const struct bpfx_hook *hook,
		   const struct bpfx_attach *at)
{
	int fd, err = store_attach_lock();

	if (err) {
		store_drop(obj);
		return err;
	}
	fd = check_room(hook, at);
	if (fd) {
		store_drop(obj);
	} else {
		fd = store_publish(obj, STORE_READ | STORE_CREATED);
	}
	store_attach_unlock();
	return fd;
}

int link_attach(const union bpf_attr *attr, struct kern_prog *prog, const struct bpfx_hook *hook,
		uint64_t cookie)
{
	struct bpfx_attach at = { .attr = attr, .prog = (struct bpfx_prog *)prog };
	struct link_shared *shared;
	struct store_obj *obj;
	struct bare_now now;
	int fd, err;

	err = hooks_connect(hook);
	if (err)
		return err;
	if (hook_is_ordered(hook))
		return ordered_link_create(attr, prog, hook);
	if (hook->flags & BPFX_HOOK_NETLINK)
		return link_refuse(-EINVAL, prog, "hook %s takes filters of traffic control, no links",
			      hook->name);
	err = hook->attach ? hook->attach(&link_host, &at) : 0;
	if (err && at.taken_err && is_taken(hook, at.target, &now))
		err = at.taken_err;
	if (err)
		link_refuse(err, prog, "hook %s: %s", hook->name, at.reason ? at.reason : strerror(-err));
	err = err ? err : store_create(STORE_LINK, 0, &obj);
	if (err)
		return err;
	shared = link_shared_of(obj);
	strncpy(shared->hook, hook->name, LINK_HOOK_NAME - 1);
	shared->link_type = registry_hook_link_type(hook);
	if (!(hook->flags & BPFX_HOOK_TRACEPOINT))
		shared->attach_type = attr->link_create.attach_type;
	shared->target = at.target;
	shared->cookie = cookie;
	memcpy(shared->info, at.info, sizeof(shared->info));
	store_edge_to(obj, prog->obj);
	/* Counted before it is there: a count too high only costs a look, one too low would hide
	 * the link of a process killed in between. */
	store_hook_changed(hook->name, 1);
	fd = publish(obj, hook, &at);
	hook_changed(hook, fd < 0 ? -1 : 0, 0);
	return fd;
}

static bool is_iter(const struct link_shared *shared)
{
	return shared->link_type == BPF_LINK_TYPE_ITER;
}

/* A link whose last reference went away is gone from its hook. */
static void link_removed(struct store_header *header)
{
	struct link_shared *shared = (struct link_shared *)header->room;

	/* Detached by somebody at this moment: counted once. Iterators and events without a tracepoint are
	 * on no hook. */
	if (shared->hook[0] && !atomic_exchange(&shared->detached, 1))
		hook_lost_link(shared->hook, header->id);
}

__attribute__((constructor)) static void register_room(void)
{
	store_set_removed(STORE_LINK, link_removed);
}

/* Programs that perf events run. */
static bool runs_on_perf_events(const struct kern_prog *prog)
{
	return prog->shared->type == BPF_PROG_TYPE_TRACEPOINT ||
	       prog->shared->type == BPF_PROG_TYPE_KPROBE ||
	       prog->shared->type == BPF_PROG_TYPE_PERF_EVENT;
}

/* What the program named when it was loaded. */
static int attach_to_target(const union bpf_attr *attr, struct kern_prog *prog)
{
	if (attr->link_create.attach_type != prog->shared->expected_attach_type)
		return -EINVAL;
	return attr->link_create.attach_type == BPF_TRACE_ITER ? iter_link_create(attr, prog)
							       : raw_tp_link_create(attr, prog);
}

int link_create(const union bpf_attr *attr)
{
	const struct bpfx_hook *hook;
	struct kern_prog *prog;
	int ret = prog_get_fd(attr->link_create.prog_fd, &prog);

	if (ret)
		return ret;
	if (attr->link_create.attach_type == BPF_PERF_EVENT && runs_on_perf_events(prog)) {
		ret = perf_link_create(attr, prog);
	} else if (prog_has_target(prog)) {
		ret = attach_to_target(attr, prog);
	} else {
		ret = find_hook(attr, prog, &hook);
		ret = ret ? ret : link_attach(attr, prog, hook, 0);
	}
	prog_put(prog);
	return ret;
}

static bool is_raw_tp(const struct link_shared *shared)
{
	return shared->link_type == BPF_LINK_TYPE_RAW_TRACEPOINT;
}

static bool is_perf(const struct link_shared *shared)
{
	return shared->link_type == BPF_LINK_TYPE_PERF_EVENT;
}

/* Links of these types stay as they are until they go. */
static bool stays(const struct link_shared *shared)
{
	return is_raw_tp(shared) || is_perf(shared);
}

int link_detach(int fd)
{
	struct link_shared *shared;
	struct store_obj *obj;
	int err = store_get_fd(fd, STORE_LINK, &obj, NULL);

	if (err)
		return err;
	shared = link_shared_of(obj);
	if (stays(shared) || is_iter(shared)) {
		store_put(obj);
		return -EOPNOTSUPP;
	}
	/* A second detach is fine and does nothing. */
	if (!atomic_exchange(&shared->detached, 1))
		hook_link_detached(obj);
	store_put(obj);
	return 0;
}

/* ---- update ---- */

static bool attach_alike(const struct prog_shared *a, const struct prog_shared *b)
{
	return a->type == b->type && a->expected_attach_type == b->expected_attach_type &&
	       a->attach_btf_obj_id == b->attach_btf_obj_id && a->attach_btf_id == b->attach_btf_id;
}

/* Linux's order: gone hook, wrong old program, unfit new one; the same program again is fine. What a
 * program was loaded for is looked at for hooks without an order only. */
static int check_update(const struct store_obj *obj, const struct bpfx_hook *hook,
			const struct kern_prog *now, const struct kern_prog *fresh,
			const struct kern_prog *expected)
{
	if (stays(link_shared_of(obj)))
		return -EINVAL;
	if (!is_iter(link_shared_of(obj)) && link_is_off(obj, hook))
		return -ENOLINK;
	if (expected && expected->id != now->id)
		return -EPERM;
	if (is_iter(link_shared_of(obj)))
		return attach_alike(now->shared, fresh->shared) ? 0 : -EINVAL;
	if (now->shared->type != fresh->shared->type)
		return -EINVAL;
	if (!(hook && hook_is_ordered(hook)) &&
	    now->shared->expected_attach_type != fresh->shared->expected_attach_type)
		return -EINVAL;
	return 0;
}

/* The edge to its program, while others may keep that alive. */
static int point_to(struct store_obj *obj, const struct kern_prog *now, struct kern_prog *fresh)
{
	int err;

	store_mark_target(fresh->obj);
	__atomic_store_n(&obj->header->edges[0].id, fresh->id, __ATOMIC_RELEASE);
	err = store_check_target(fresh->obj);
	if (err)
		__atomic_store_n(&obj->header->edges[0].id, now->id, __ATOMIC_RELEASE);
	return err;
}

static int exchange(struct store_obj *obj, const struct bpfx_hook *hook,
		    struct kern_prog *now, struct kern_prog *fresh)
{
	bool ordered = hook && hook_is_ordered(hook);
	struct attach_list list;
	int err = 0;

	if (now->id == fresh->id && !(ordered && hook->flags & BPFX_HOOK_CGROUP))
		return 0;
	if (ordered)
		err = ordered_link_update(hook, obj, fresh->id, &list);
	err = err ? err : point_to(obj, now, fresh);
	if (!err && ordered) {
		err = attach_list_save(&list);
		if (err)
			point_to(obj, fresh, now);
	}
	if (now->id != fresh->id)
		store_collect(STORE_PROG, err ? fresh->id : now->id);
	return err;
}

static int replace(struct store_obj *obj, struct kern_prog *fresh,
		   const struct kern_prog *expected)
{
	const struct bpfx_hook *hook = registry_hook_by_name(link_shared_of(obj)->hook);
	struct kern_prog *now;
	int err = store_attach_lock();

	if (err)
		return err;
	err = prog_get(link_prog_id(obj), &now);
	if (!err) {
		err = check_update(obj, hook, now, fresh, expected);
		err = err ? err : exchange(obj, hook, now, fresh);
		prog_put(now);
	}
	store_attach_unlock();
	/* Whom we wait for may want the lock. */
	if (!err && hook)
		hook_changed(hook, 0, obj->id);
	return err;
}

int link_update(const union bpf_attr *attr)
{
	struct kern_prog *fresh, *expected = NULL;
	struct store_obj *obj;
	int err;

	if (attr->link_update.flags & ~BPF_F_REPLACE)
		return -EINVAL;
	err = store_get_fd(attr->link_update.link_fd, STORE_LINK, &obj, NULL);
	if (err)
		return err;
	err = prog_get_fd(attr->link_update.new_prog_fd, &fresh);
	if (err)
		goto put_link;
	if (attr->link_update.flags & BPF_F_REPLACE)
		err = prog_get_fd(attr->link_update.old_prog_fd, &expected);
	else if (attr->link_update.old_prog_fd)
		err = -EINVAL;
	err = err ? err : replace(obj, fresh, expected);
	if (expected)
		prog_put(expected);
	prog_put(fresh);
put_link:
	store_put(obj);
	return err;
}

/* ---- what is told of it ---- */

/* Into the caller's buffer, whose place and size @info had: cut and ended with NUL. */
int link_give_name(const char *name, uint64_t user, uint32_t room)
{
	uint32_t size = strlen(name) + 1;
	char cut[LINK_HOOK_NAME];

	if (room >= size)
		return user_write(user, name, size);
	snprintf(cut, sizeof(cut), "%.*s", (int)room - 1, name);
	return user_write(user, cut, room) ? -EFAULT : -ENOSPC;
}

int link_fill_info(const struct store_obj *obj, struct bpf_link_info *info)
{
	const struct link_shared *shared = link_shared_of(obj);
	const struct bpfx_hook *hook = registry_hook_by_name(shared->hook);
	const uint32_t nothing[4] = { 0 };
	bool off = link_is_off(obj, hook);

	if (is_raw_tp(shared))
		return raw_tp_fill_info(shared, info);
	if (is_perf(shared))
		return perf_link_fill_info(obj, info);
	if (is_iter(shared))
		return iter_link_fill_info(obj, info);
	if (hook && hook->flags & BPFX_HOOK_CGROUP) {
		info->cgroup.cgroup_id = off ? 0 : cgroup_id(shared->target);
		info->cgroup.attach_type = shared->attach_type;
	} else if (hook && hook->fill_info) {
		hook->fill_info(off ? nothing : shared->info, off ? 0 : shared->target, info);
	}
	return 0;
}

static int cgroup_fdinfo(const struct link_shared *shared, bool off, char *buf, size_t size)
{
	return snprintf(buf, size, "cgroup_id:\t%llu\nattach_type:\t%u\n",
			off ? 0ull : (unsigned long long)cgroup_id(shared->target),
			shared->attach_type);
}

int link_fdinfo(const struct store_obj *obj, char *buf, size_t size)
{
	const struct link_shared *shared = link_shared_of(obj);
	const struct bpfx_hook *hook = registry_hook_by_name(shared->hook);
	const uint32_t nothing[4] = { 0 };
	bool off = link_is_off(obj, hook);

	if (is_raw_tp(shared))
		return raw_tp_fdinfo(shared, buf, size);
	if (is_perf(shared))
		return perf_link_fdinfo(obj, buf, size);
	if (is_iter(shared))
		return iter_link_fdinfo(obj, buf, size);
	if (hook && hook->flags & BPFX_HOOK_CGROUP)
		return cgroup_fdinfo(shared, off, buf, size);
	if (!hook || !hook->fdinfo)
		return 0;
	return hook->fdinfo(off ? nothing : shared->info, off ? 0 : shared->target, buf, size);
}
