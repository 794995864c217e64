/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The rules of interfaces (tcx), measured on Linux 6.18: one list of different programs, each with
 * or without a link, and places that a caller may name in more than one way if they agree.
 */
#include <string.h>

#include "attach_rules.h"
#include "bits.h"
#include "err.h"

#define NOWHERE	   (-2)		/* nothing said where yet; -1 is in front of the first */
#define WHAT_FLAGS (BPF_F_ID | BPF_F_LINK)
#define MPROG_MAX  (ATTACH_MAX - 1)	/* Linux keeps the end of the list in it */

static int find_prog(const struct attach_list *list, uint32_t prog_id)
{
	for (uint32_t i = 0; i < list->cnt; i++)
		if (list->at[i].prog_id == prog_id)
			return i;
	return -ENOENT;
}

/* The entry of exactly that program and link (0: none). */
static int find_own(const struct attach_list *list, uint32_t prog_id, uint32_t link_id)
{
	int at = find_prog(list, prog_id);

	return at >= 0 && list->at[at].link_id != link_id ? -EBUSY : at;
}

static int find_anchor(const struct attach_list *list, const struct attach_anchor *anchor)
{
	int at = find_prog(list, anchor->prog_id);

	return at >= 0 && anchor->link_id && list->at[at].link_id != anchor->link_id ? -ENOENT : at;
}

/* An anchor without a program is the end of the list that the flag speaks of. */
static int resolve_anchor(const struct attach_change *change, struct attach_anchor *anchor)
{
	int err;

	memset(anchor, 0, sizeof(*anchor));
	if (!change->relative && !(change->flags & WHAT_FLAGS))
		return 0;
	err = attach_anchor_find(change->flags, change->relative, anchor);
	if (!err && change->prog_type && anchor->prog_type != change->prog_type)
		err = -EINVAL;
	return err;
}

/* Take in what is said about the place; it must be what is known already. */
static int agree(int *place, int said)
{
	if (*place > NOWHERE && *place != said)
		return -ERANGE;
	*place = said;
	return 0;
}

/* Behind which entry BPF_F_BEFORE puts it, and at which BPF_F_AFTER: what -1 and the number of entries
 * mean depends on who asks. */
static int take_flags(const struct attach_list *list, const struct attach_change *change,
		      const struct attach_anchor *anchor, int *place)
{
	int at = anchor->prog_id ? find_anchor(list, anchor) : 0, err = 0;

	if (!(change->flags & (BPF_F_BEFORE | BPF_F_AFTER)))
		return 0;
	if (at < 0)
		return at;
	if (change->flags & BPF_F_BEFORE)
		err = agree(place, at - 1);
	if (!anchor->prog_id)
		at = (int)list->cnt - 1;
	if (!err && change->flags & BPF_F_AFTER)
		err = agree(place, at + 1);
	return err;
}

/* Nothing said where: the end of the list, unless something was said that has no meaning then. */
static int take_default(const struct attach_change *change, const struct attach_anchor *anchor,
			int *place, int end)
{
	if (*place > NOWHERE)
		return 0;
	if (anchor->prog_id || change->flags)
		return -EINVAL;
	*place = end;
	return 0;
}

static void put(struct attach_list *list, int place, const struct attach_change *change)
{
	uint32_t at = change->flags & BPF_F_BEFORE ? place + 1 : place;

	if (!(change->flags & BPF_F_REPLACE)) {
		memmove(&list->at[at + 1], &list->at[at], (list->cnt - at) * sizeof(list->at[0]));
		list->cnt++;
	} else {
		at = place;
	}
	list->at[at] = (struct attach_entry){ change->prog_id, change->link_id, 0 };
	list->revision++;
}

int mprog_rules_attach(struct attach_list *list, const struct attach_change *change,
		       uint32_t *replaced)
{
	struct attach_anchor anchor;
	int place = NOWHERE, err;

	if (change->revision && change->revision != list->revision)
		return -ESTALE;
	if (find_prog(list, change->prog_id) >= 0)
		return -EEXIST;
	err = resolve_anchor(change, &anchor);
	if (err)
		return err;
	if (change->flags & BPF_F_REPLACE) {
		place = find_own(list, change->replace_id, 0);
		if (place < 0)
			return place;
		*replaced = change->replace_id;
	} else if (list->cnt >= MPROG_MAX) {
		return -ERANGE;
	}
	err = take_flags(list, change, &anchor, &place);
	err = err ? err : take_default(change, &anchor, &place, list->cnt);
	if (!err)
		put(list, place, change);
	return err;
}

int mprog_rules_detach(struct attach_list *list, const struct attach_change *change,
		       uint32_t *replaced)
{
	struct attach_anchor anchor;
	int place = NOWHERE, err;

	if (!list->cnt)
		return -ENOENT;
	if (change->flags & BPF_F_REPLACE)
		return -EINVAL;
	if (change->revision && change->revision != list->revision)
		return -ESTALE;
	err = resolve_anchor(change, &anchor);
	if (err)
		return err;
	if (change->prog_id) {
		place = find_own(list, change->prog_id, 0);
		if (place < 0)
			return place;
	}
	err = take_flags(list, change, &anchor, &place);
	err = err ? err : take_default(change, &anchor, &place, list->cnt - 1);
	if (err)
		return err;
	place = MAX(0, MIN(place, (int)list->cnt - 1));
	if (list->at[place].link_id)
		return -EBUSY;
	*replaced = list->at[place].prog_id;
	attach_list_drop(list, place);
	return 0;
}

int mprog_rules_update(struct attach_list *list, uint32_t link_id, uint32_t prog_id)
{
	if (find_prog(list, prog_id) >= 0)
		return -EEXIST;
	for (uint32_t i = 0; i < list->cnt; i++)
		if (list->at[i].link_id == link_id)
			list->at[i].prog_id = prog_id;
	list->revision++;
	return 0;
}
