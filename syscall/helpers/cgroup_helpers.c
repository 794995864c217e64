/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Which cgroup, which process namespace the caller is in. "Current" is the process that runs the program,
 * also where an event tells of another. */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "rows.h"

bool (*helper_in_cgroup)(uint64_t target);
uint64_t (*helper_cgroup_id)(int64_t level);

HELPER(help_current_task_under_cgroup)
{
	uint64_t target;
	int64_t err = cgroup_array_get(u64_to_ptr(r1), r2, &target);

	return err ? (uint64_t)err : helper_in_cgroup(target);
}

HELPER(help_get_current_cgroup_id)
{
	return helper_cgroup_id(-1);
}

/* The root is level 0. */
HELPER(help_get_current_ancestor_cgroup_id)
{
	int32_t level = r1;

	return level < 0 ? 0 : helper_cgroup_id(level);
}

/* Nobody here puts tasks into classes of net_cls. */
HELPER(help_get_cgroup_classid)
{
	return 0;
}

/* ---- process namespaces ---- */

/* Only its own can be named by whoever is in it. */
HELPER(help_get_ns_current_pid_tgid)
{
	struct bpf_pidns_info *out = u64_to_ptr(r3);
	uint64_t ids = help_current_ids();
	struct stat own;
	int64_t err = -EINVAL;

	if ((uint32_t)r4 == sizeof(*out) && !stat("/proc/self/ns/pid", &own) &&
	    r1 == makedev(major(own.st_dev), minor(own.st_dev)) && r2 == own.st_ino)
		err = 0;
	if (err) {
		memset(out, 0, (uint32_t)r4);
		return err;
	}
	out->pid = (uint32_t)ids;
	out->tgid = ids >> 32;
	return 0;
}

static const struct bpfx_helper cgroup_rows[] = {
	{ BPF_FUNC_current_task_under_cgroup, "current_task_under_cgroup",
	  help_current_task_under_cgroup, BPFX_RET_INTEGER, { BPFX_ARG_MAP, BPFX_ARG_ANY },
	  .flags = BASE },
	{ BPF_FUNC_get_current_cgroup_id, "get_current_cgroup_id", help_get_current_cgroup_id,
	  BPFX_RET_INTEGER, .flags = BASE },
	{ BPF_FUNC_get_current_ancestor_cgroup_id, "get_current_ancestor_cgroup_id",
	  help_get_current_ancestor_cgroup_id, BPFX_RET_INTEGER, { BPFX_ARG_ANY }, .flags = BASE },
	{ BPF_FUNC_get_cgroup_classid, "get_cgroup_classid", help_get_cgroup_classid,
	  BPFX_RET_INTEGER, .flags = BASE },
	{ BPF_FUNC_get_ns_current_pid_tgid, "get_ns_current_pid_tgid",
	  help_get_ns_current_pid_tgid, BPFX_RET_INTEGER,
	  { BPFX_ARG_ANY, BPFX_ARG_ANY, BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE, BPFX_ARG_SIZE },
	  .flags = BASE },
};
HELPER_TABLE(cgroup);
