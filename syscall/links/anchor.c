/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What BPF_F_BEFORE and BPF_F_AFTER are relative to: a program or a link, by fd or by id. */
#include "attach_rules.h"
#include "err.h"

static int anchor_of_link(struct store_obj *obj, struct attach_anchor *anchor)
{
	struct kern_prog *prog;
	int err = prog_get(link_prog_id(obj), &prog);

	if (err)
		return err;
	*anchor = (struct attach_anchor){ prog->id, obj->id, prog->shared->type };
	prog_put(prog);
	return 0;
}

static int find_link(bool by_id, uint32_t relative, struct attach_anchor *anchor)
{
	struct store_obj *obj;
	int err;

	if (by_id)
		err = relative && store_alive(STORE_LINK, relative)
			      ? store_get(STORE_LINK, relative, &obj) : -ENOENT;
	else
		err = store_get_fd(relative, STORE_LINK, &obj, NULL);
	if (err)
		return err;
	err = anchor_of_link(obj, anchor);
	store_put(obj);
	return err;
}

int attach_anchor_find(uint32_t flags, uint32_t relative, struct attach_anchor *anchor)
{
	struct kern_prog *prog;
	int err;

	if (flags & BPF_F_LINK)
		return find_link(flags & BPF_F_ID, relative, anchor);
	if (flags & BPF_F_ID)
		err = relative && store_alive(STORE_PROG, relative) ? prog_get(relative, &prog)
								    : -ENOENT;
	else
		err = prog_get_fd(relative, &prog);
	if (err)
		return err;
	*anchor = (struct attach_anchor){ prog->id, 0, prog->shared->type };
	prog_put(prog);
	return 0;
}
