/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The rules of cgroups, measured on Linux 6.18. A list is in one of three modes, told by its flags:
 * one program that descendants may not replace (none), one that they may (BPF_F_ALLOW_OVERRIDE), or
 * many in an order (BPF_F_ALLOW_MULTI), all of which run for descendants, too.
 */
#include <stdlib.h>
#include <string.h>

#include "attach_rules.h"
#include "bits.h"
#include "err.h"

#define MODE_FLAGS  (BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI)
#define PLACE_FLAGS (BPF_F_BEFORE | BPF_F_AFTER)
#define WHAT_FLAGS  (BPF_F_ID | BPF_F_LINK)

/* ---- where a new one goes ---- */

/* Programs in front of all others run in front of those of descendants: the two groups do not mix. */
static int place_beside(const struct attach_list *list, const struct attach_anchor *anchor,
			uint32_t flags)
{
	for (uint32_t i = 0; i < list->cnt; i++) {
		const struct attach_entry *entry = &list->at[i];

		if (anchor->link_id ? entry->link_id != anchor->link_id
				    : entry->link_id || entry->prog_id != anchor->prog_id)
			continue;
		if ((entry->flags ^ flags) & BPF_F_PREORDER)
			return -EINVAL;
		return flags & BPF_F_BEFORE ? i : i + 1;
	}
	return -ENOENT;
}

static int find_place(const struct attach_list *list, const struct attach_change *change)
{
	bool relative = change->flags & WHAT_FLAGS || change->relative;
	uint32_t place = change->flags & PLACE_FLAGS;
	struct attach_anchor anchor;
	int err;

	if (!relative) {
		if (place == PLACE_FLAGS && list->cnt)
			return -EINVAL;
		return place & BPF_F_BEFORE ? 0 : list->cnt;
	}
	if (!place || place == PLACE_FLAGS)
		return -EINVAL;
	/* Links stand beside links, programs beside programs. */
	if (!(change->flags & BPF_F_LINK) != !change->link_id)
		return -EINVAL;
	err = attach_anchor_find(change->flags, change->relative, &anchor);
	return err ? err : place_beside(list, &anchor, change->flags);
}

/* ---- attach ---- */

static int check_flags(const struct attach_change *change)
{
	uint32_t flags = change->flags;

	if ((flags & MODE_FLAGS) == MODE_FLAGS)
		return -EINVAL;
	if (flags & BPF_F_REPLACE && (!(flags & BPF_F_ALLOW_MULTI) || flags & PLACE_FLAGS))
		return -EINVAL;
	return 0;
}

static int find_bare(const struct attach_list *list, uint32_t prog_id)
{
	for (uint32_t i = 0; i < list->cnt; i++)
		if (!list->at[i].link_id && list->at[i].prog_id == prog_id)
			return i;
	return -ENOENT;
}

/* Place of the entry that is replaced; -ENOENT: none is; -errno. *fatal tells the two apart. */
static int find_replaced(const struct attach_list *list, const struct attach_change *change,
			 bool *fatal)
{
	int at;

	*fatal = false;
	if (!(change->flags & BPF_F_ALLOW_MULTI))
		return list->cnt ? 0 : -ENOENT;
	*fatal = true;
	if (!change->link_id && change->prog_id != change->replace_id &&
	    find_bare(list, change->prog_id) >= 0)
		return -EINVAL;
	*fatal = change->flags & BPF_F_REPLACE;
	at = *fatal ? find_bare(list, change->replace_id) : -ENOENT;
	return at;
}

static void put(struct attach_list *list, uint32_t place, const struct attach_entry *entry)
{
	memmove(&list->at[place + 1], &list->at[place],
		(list->cnt++ - place) * sizeof(list->at[0]));
	list->at[place] = *entry;
}

int cgroup_rules_attach(struct attach_list *list, const struct attach_change *change,
			uint32_t *replaced)
{
	struct attach_entry entry = { change->prog_id, change->link_id,
				      change->flags & BPF_F_PREORDER };
	uint32_t mode = change->flags & MODE_FLAGS;
	bool fatal;
	int at;

	if (list->cnt && list->flags != mode)
		return -EPERM;
	if (list->cnt >= ATTACH_MAX)
		return -E2BIG;
	at = find_replaced(list, change, &fatal);
	if (at < 0 && fatal)
		return at;
	if (at >= 0) {
		*replaced = list->at[at].prog_id;
		list->at[at] = entry;
	} else {
		at = find_place(list, change);
		if (at < 0)
			return at;
		put(list, at, &entry);
	}
	list->flags = mode;
	list->revision++;
	return 0;
}

/* ---- detach ---- */

int cgroup_rules_detach(struct attach_list *list, const struct attach_change *change,
			uint32_t *replaced)
{
	int at = list->cnt ? 0 : -ENOENT;

	if (change->revision && change->revision != list->revision)
		return -ESTALE;
	/* The only program need not be named. */
	if (list->flags & BPF_F_ALLOW_MULTI)
		at = change->prog_id ? find_bare(list, change->prog_id) : -EINVAL;
	if (at < 0)
		return at;
	*replaced = list->at[at].prog_id;
	attach_list_drop(list, at);
	return 0;
}

/* ---- the hierarchy ---- */

/* The nearest ones above decide: many programs there allow more, one only if it may be overridden. */
static int allowed_below(const struct attach_list *list, bool *decided)
{
	*decided = true;
	if (list->flags & BPF_F_ALLOW_MULTI)
		return 0;
	if (list->cnt == 1)
		return list->flags & BPF_F_ALLOW_OVERRIDE ? 0 : -EPERM;
	*decided = false;
	return 0;
}

static int check_hierarchy(const struct bpfx_hook *hook, const struct cgroup *cgroup)
{
	struct attach_list list;
	bool decided = false;
	int err = 0;

	for (cgroup = cgroup->parent; cgroup && !decided && !err; cgroup = cgroup->parent) {
		err = attach_list_load(hook, cgroup->target, &list);
		err = err ? err : allowed_below(&list, &decided);
	}
	return err;
}

int cgroup_rules_check(const struct bpfx_hook *hook, const struct cgroup *cgroup,
		       const struct attach_list *list, const struct attach_change *change)
{
	int err = check_flags(change);

	if (err)
		return err;
	if (change->revision && change->revision != list->revision)
		return -ESTALE;
	return check_hierarchy(hook, cgroup);
}

/* ---- what runs ---- */

bool cgroup_rules_inherited(uint32_t list_flags, uint32_t below)
{
	return !below || list_flags & BPF_F_ALLOW_MULTI;
}

struct effective {
	uint32_t *ids, cnt, room;
};

static void take(struct effective *out, const struct attach_list *list, uint32_t preorder)
{
	for (uint32_t i = 0; i < list->cnt; i++) {
		if ((list->at[i].flags & BPF_F_PREORDER) != preorder)
			continue;
		if (out->cnt < out->room)
			out->ids[out->cnt] = list->at[i].prog_id;
		out->cnt++;
	}
}

int cgroup_rules_effective(const struct bpfx_hook *hook, const struct cgroup *cgroup,
			   uint32_t *prog_ids, uint32_t room)
{
	struct attach_list *lists = calloc(cgroup->depth, sizeof(*lists));
	struct effective out = { prog_ids, 0, room };
	uint32_t cnt = 0, below = 0;
	int err = lists ? 0 : -ENOMEM;

	for (; cgroup && !err; cgroup = cgroup->parent) {
		err = attach_list_load(hook, cgroup->target, &lists[cnt]);
		if (!err && cgroup_rules_inherited(lists[cnt].flags, below))
			below += lists[cnt++].cnt;
	}
	/* Those in preorder from the top down, then the others from the cgroup itself up. */
	for (uint32_t i = cnt; i-- && !err;)
		take(&out, &lists[i], BPF_F_PREORDER);
	for (uint32_t i = 0; i < cnt && !err; i++)
		take(&out, &lists[i], 0);
	free(lists);
	return err ? err : (int)out.cnt;
}
