/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the kernel's own tools ask. */
#include "cgroups.h"
#include "helpers.h"
#include "map_ops.h"
#include "err.h"
#include "links.h"
#include "snapshot.h"

#define ROOT_ID 1u

int links_attached(const struct bpfx_hook *hook, uint32_t n, struct link_attachment *out)
{
	struct snapshot *snapshot = snapshot_take(hook, 0);
	int err = snapshot && n < snapshot->cnt ? 0 : snapshot ? -ENOENT : -ENOMEM;

	if (!err) {
		const struct attachment *at = &snapshot->at[n];

		*out = (struct link_attachment){ at->target, at->link ? at->link->id : 0,
						 at->prog->id };
	}
	snapshot_free(snapshot);
	return err;
}

int links_cgroup(int fd, uint64_t *target)
{
	const struct cgroup *cgroup;
	int err = cgroup_of_fd(fd, &cgroup);

	err = err ? err : cgroup_publish(fd, cgroup);
	if (!err)
		*target = cgroup->target;
	return err;
}

bool links_cgroup_is_under(uint64_t cgroup, uint64_t target)
{
	const struct cgroup *at = cgroup_find(cgroup);

	while (at && at->target != target)
		at = at->parent;
	return at;
}

static bool in_cgroup(uint64_t target)
{
	return links_cgroup_is_under(links_own_cgroup(), target);
}

/* Where nobody has met the root, it still is the one of this number. */
uint64_t links_cgroup_ancestor(uint64_t cgroup, uint32_t level)
{
	const struct cgroup *at = cgroup_find(cgroup);

	if (!at)
		return level || cgroup_id(cgroup) != ROOT_ID ? 0 : ROOT_ID;
	if (level >= at->depth)
		return 0;
	while (at && at->depth > level + 1)
		at = at->parent;
	return at ? cgroup_id(at->target) : 0;
}

static uint64_t own_cgroup_id(int64_t level)
{
	const struct cgroup *own = cgroup_find(links_own_cgroup());

	if (level < 0 || !own)
		return own ? cgroup_id(own->target) : 0;
	return links_cgroup_ancestor(own->target, level);
}

__attribute__((constructor)) static void register_cgroups(void)
{
	helper_cgroup_id = own_cgroup_id;
	cgroup_array_target = links_cgroup;
	helper_in_cgroup = in_cgroup;
}
