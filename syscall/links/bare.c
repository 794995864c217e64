/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* A program that netlink attaches where one program or link has its place: a list with one entry. */
#include <string.h>

#include "attach_list.h"
#include "bare.h"
#include "err.h"
#include "hooks.h"
#include "kill_point.h"

static bool look_for_link(const struct bpfx_hook *hook, uint64_t target, struct bare_now *now)
{
	struct store_obj *obj;
	uint32_t id = 0;

	while (!now->by_link && !store_next_id(STORE_LINK, id, &id)) {
		if (store_get(STORE_LINK, id, &obj))
			continue;
		if (hook_has_link(hook, obj) && link_shared_of(obj)->target == target)
			*now = (struct bare_now){ link_prog_id(obj), true,
						  link_shared_of(obj)->info[1] };
		store_put(obj);
	}
	return now->by_link;
}

int bare_look(const struct bpfx_hook *hook, uint64_t target, struct bare_now *now)
{
	struct attach_list list;
	int err;

	memset(now, 0, sizeof(*now));
	if (look_for_link(hook, target, now))
		return 0;
	err = attach_list_load(hook, target, &list);
	if (!err && list.cnt)
		*now = (struct bare_now){ list.at[0].prog_id, false, list.at[0].flags };
	return err;
}

int bare_put(const struct bpfx_hook *hook, uint64_t target, struct kern_prog *prog, uint32_t mode,
	     uint32_t *gone)
{
	struct attach_list list;
	int err = attach_list_load(hook, target, &list);

	*gone = 0;
	if (err)
		return err;
	*gone = list.cnt ? list.at[0].prog_id : 0;
	list.cnt = prog ? 1 : 0;
	if (prog) {
		list.at[0] = (struct attach_entry){ prog->id, 0, mode };
		store_mark_target(prog->obj);
		store_hook_changed(hook->name, 1);
	}
	err = attach_list_save(&list);
	kill_point("bare.saved");
	if (err) {
		if (prog)
			store_hook_changed(hook->name, -1);
		*gone = 0;
		return err;
	}
	if (*gone)
		store_collect(STORE_PROG, *gone);
	return 0;
}

void bare_settle(const struct bpfx_hook *hook, uint32_t gone)
{
	hook_changed(hook, gone ? -1 : 0, gone ? ATTACH_BARE_RUN(gone) : 0);
}
