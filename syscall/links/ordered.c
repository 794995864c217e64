/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Attachments in order. A link is published first and listed then, so that a process killed in
 * between takes it along; what is attached without a link is in its list, or not, by one write.
 */
#include <string.h>

#include "bits.h"
#include "err.h"
#include "hooks.h"
#include "kill_point.h"
#include "ordered.h"
#include "privilege.h"
#include "registry.h"

#define LINK_FLAGS_CGROUP (BPF_F_BEFORE | BPF_F_AFTER | BPF_F_ID | BPF_F_LINK | BPF_F_PREORDER)

/* ---- where ---- */

static int find_cgroup(uint32_t fd, bool attaches, struct ordered_place *place)
{
	int err = cgroup_of_fd(fd, &place->cgroup);

	if (err)
		return err;
	place->target = place->cgroup->target;
	return attaches ? cgroup_publish(fd, place->cgroup) : 0;
}

int ordered_place_find(const struct bpfx_hook *hook, uint32_t target, uint32_t flags,
		       struct kern_prog *prog, struct ordered_place *place)
{
	struct bpfx_attach at = { .prog = (struct bpfx_prog *)prog };
	union bpf_attr attr;
	int err;

	memset(place, 0, sizeof(*place));
	if (hook->flags & BPFX_HOOK_CGROUP)
		return find_cgroup(target, prog, place);
	memset(&attr, 0, sizeof(attr));
	attr.link_create.target_ifindex = target;
	attr.link_create.attach_type = registry_hook_attach_type(hook);
	attr.link_create.flags = flags;
	at.attr = &attr;
	err = hook->attach ? hook->attach(&link_host, &at) : 0;
	place->target = at.target;
	memcpy(place->info, at.info, sizeof(place->info));
	return err;
}

int ordered_check_prog(const struct kern_prog *prog, const struct bpfx_prog_type *type,
		       uint32_t attach_type)
{
	/* Whoever may load them without may not attach them so. */
	if (type->flags & BPFX_PROG_UNPRIV && !privileged(PRIVILEGE_NET_ADMIN))
		return -EPERM;
	if (!(type->flags & BPFX_PROG_ATTACH_CHECKED) ||
	    prog->shared->expected_attach_type == attach_type)
		return 0;
	/* Programs on packets may be attached either way, unless their result says that they know
	 * what they are for. */
	if (type->flags & BPFX_PROG_ATTACH_LOOSE && !prog->shared->result_is_typed)
		return 0;
	return -EINVAL;
}

/* ---- changing a list ---- */

static int apply(const struct bpfx_hook *hook, const struct ordered_place *place,
		 const struct attach_change *change, struct attach_list *list, uint32_t *replaced)
{
	int err = attach_list_load(hook, place->target, list);

	*replaced = 0;
	if (err)
		return err;
	if (hook->flags & BPFX_HOOK_MPROG)
		return mprog_rules_attach(list, change, replaced);
	err = cgroup_rules_check(hook, place->cgroup, list, change);
	return err ? err : cgroup_rules_attach(list, change, replaced);
}

/* ---- with a link ---- */

static int make_link(const union bpf_attr *attr, struct kern_prog *prog,
		     const struct bpfx_hook *hook, const struct ordered_place *place,
		     struct store_obj **out)
{
	struct link_shared *shared;
	struct store_obj *obj;
	int err = store_create(STORE_LINK, 0, &obj);

	if (err)
		return err;
	shared = link_shared_of(obj);
	strncpy(shared->hook, hook->name, LINK_HOOK_NAME - 1);
	shared->link_type = registry_hook_link_type(hook);
	shared->attach_type = attr->link_create.attach_type;
	shared->target = place->target;
	if (hook->flags & BPFX_HOOK_MPROG)
		shared->netns = attach_own_netns();
	memcpy(shared->info, place->info, sizeof(shared->info));
	store_edge_to(obj, prog->obj);
	*out = obj;
	return 0;
}

/* Consumes @obj. Under the attach lock. */
static int list_and_publish(const struct bpfx_hook *hook, const struct ordered_place *place,
			    const struct attach_change *change, struct store_obj *obj)
{
	struct attach_list list;
	uint32_t replaced;
	int fd, err = apply(hook, place, change, &list, &replaced);

	if (err) {
		store_drop(obj);
		store_hook_changed(hook->name, -1);
		return err;
	}
	fd = store_publish(obj, STORE_READ | STORE_CREATED);
	kill_point("attach.published");
	if (fd < 0) {
		store_hook_changed(hook->name, -1);
		return fd;
	}
	err = attach_list_save(&list);
	if (err)
		store_close_fd(fd);	/* counts it out again */
	return err ? err : fd;
}

int ordered_link_create(const union bpf_attr *attr, struct kern_prog *prog,
			const struct bpfx_hook *hook)
{
	bool is_cgroup = hook->flags & BPFX_HOOK_CGROUP;
	struct attach_change change = {
		.prog_id = prog->id,
		.prog_type = prog->shared->type,
		.flags = attr->link_create.flags | (is_cgroup ? BPF_F_ALLOW_MULTI : 0),
		.relative = attr->link_create.tcx.relative_fd,
		.revision = attr->link_create.tcx.expected_revision,
	};
	struct ordered_place place;
	struct store_obj *obj;
	int fd, err;

	if (is_cgroup && attr->link_create.flags & ~(uint32_t)LINK_FLAGS_CGROUP)
		return -EINVAL;
	err = ordered_place_find(hook, attr->link_create.target_fd, attr->link_create.flags, prog,
				 &place);
	err = err ? err : make_link(attr, prog, hook, &place, &obj);
	if (err)
		return err;
	change.link_id = store_reserve_id(obj);
	err = store_attach_lock();
	if (err) {
		store_drop(obj);
		return err;
	}
	store_hook_changed(hook->name, 1);
	fd = list_and_publish(hook, &place, &change, obj);
	store_attach_unlock();
	hook_changed(hook, 0, 0);
	return fd;
}

int ordered_link_update(const struct bpfx_hook *hook, const struct store_obj *link,
			uint32_t prog_id, struct attach_list *list)
{
	int err = attach_list_load(hook, link_shared_of(link)->target, list);

	if (err)
		return err;
	if (hook->flags & BPFX_HOOK_MPROG)
		return mprog_rules_update(list, link->id, prog_id);
	list->revision++;
	return 0;
}

bool link_is_off(const struct store_obj *link, const struct bpfx_hook *hook)
{
	const struct link_shared *shared = link_shared_of(link);

	if (shared->detached)
		return true;
	return hook && hook_is_ordered(hook) &&
	       attach_target_is_gone(hook->flags, shared->target, shared->netns);
}

/* ---- without one ---- */

int ordered_attach(const struct bpfx_hook *hook, const struct ordered_place *place,
		   struct kern_prog *prog, const struct attach_change *change)
{
	struct attach_list list;
	uint32_t replaced = 0;
	int err = store_attach_lock();

	if (err)
		return err;
	store_mark_target(prog->obj);
	store_hook_changed(hook->name, 1);
	err = apply(hook, place, change, &list, &replaced);
	err = err ? err : attach_list_save(&list);
	kill_point("attach.listed");
	store_attach_unlock();
	replaced = err ? 0 : replaced;
	if (replaced)
		store_collect(STORE_PROG, replaced);
	hook_changed(hook, err || replaced ? -1 : 0, replaced ? ATTACH_BARE_RUN(replaced) : 0);
	return err;
}

int ordered_detach(const struct bpfx_hook *hook, const struct ordered_place *place,
		   const struct attach_change *change)
{
	struct attach_list list;
	uint32_t gone = 0;
	int err = store_attach_lock();

	if (err)
		return err;
	err = attach_list_load(hook, place->target, &list);
	if (!err)
		err = hook->flags & BPFX_HOOK_MPROG ? mprog_rules_detach(&list, change, &gone)
						    : cgroup_rules_detach(&list, change, &gone);
	err = err ? err : attach_list_save(&list);
	kill_point("attach.unlisted");
	store_attach_unlock();
	if (err)
		return err;
	store_collect(STORE_PROG, gone);
	hook_changed(hook, -1, ATTACH_BARE_RUN(gone));
	return 0;
}
