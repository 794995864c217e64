/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Raw tracepoints: hooks that are found by the tracepoint's name, and what their links tell of it. */
#include <stdio.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "fault.h"
#include "hooks.h"
#include "links_private.h"
#include "registry.h"

/* Names of hooks: this and the tracepoint's. */
#define PREFIX "raw_tp."

/* Programs may read as many arguments as there are; whoever does not tell of them checks by himself. */
static int attach(const union bpf_attr *attr, struct kern_prog *prog, const struct bpfx_hook *hook,
		  uint64_t cookie)
{
	char why[PROG_WHY_SIZE];

	if (hook->args && prog->shared->max_ctx_offset > 8 * hook->arg_cnt)
		return link_refuse(-EINVAL, prog, "hook %s: the program reads more arguments than "
				   "the tracepoint has", hook->name);
	if (prog_has_target(prog) && prog_info_check(prog, prog_type_of(prog), why, sizeof(why)))
		return link_refuse(-EINVAL, prog, "hook %s: %s", hook->name, why);
	return link_attach(attr, prog, hook, cookie);
}

static int copy_name(const union bpf_attr *attr, char *out, size_t size)
{
	if (fault_read_string(out, u64_to_ptr(attr->raw_tracepoint.name), size) < 0)
		return -EFAULT;
	out[size - 1] = 0;
	return 0;
}

/* The tracepoint that a program named when it was loaded, if it is of that kind. */
static int open_typed(const union bpf_attr *attr, struct kern_prog *prog, uint64_t cookie)
{
	const struct bpfx_hook *hook;

	if (prog->shared->expected_attach_type != BPF_TRACE_RAW_TP)
		return -EINVAL;
	hook = registry_hook_by_name(prog->shared->target);
	return hook ? attach(attr, prog, hook, cookie) : -ENOENT;
}

int raw_tp_link_create(const union bpf_attr *attr, struct kern_prog *prog)
{
	return open_typed(attr, prog, attr->link_create.tracing.cookie);
}

static int open_named(const union bpf_attr *attr, struct kern_prog *prog)
{
	char name[128], hook_name[sizeof(name) + sizeof(PREFIX)];
	const struct bpfx_hook *hook;
	int err = copy_name(attr, name, sizeof(name));

	if (err)
		return err;
	snprintf(hook_name, sizeof(hook_name), PREFIX "%s", name);
	hook = registry_hook_by_name(hook_name);
	return hook ? attach(attr, prog, hook, attr->raw_tracepoint.cookie) : -ENOENT;
}

int raw_tracepoint_open(const union bpf_attr *attr)
{
	struct kern_prog *prog;
	int ret = prog_get_fd(attr->raw_tracepoint.prog_fd, &prog);

	if (ret)
		return ret;
	if (prog_has_target(prog))
		ret = attr->raw_tracepoint.name ? -EINVAL :
			open_typed(attr, prog, attr->raw_tracepoint.cookie);
	else
		ret = prog->shared->type == BPF_PROG_TYPE_RAW_TRACEPOINT ? open_named(attr, prog) :
			-EINVAL;
	prog_put(prog);
	return ret;
}

/* ---- what a link tells ---- */

static const char *tracepoint_of(const struct link_shared *shared)
{
	return shared->hook + strlen(PREFIX);
}

const char *link_tracepoint(const struct store_obj *obj)
{
	const struct link_shared *shared = link_shared_of(obj);

	return shared->link_type == BPF_LINK_TYPE_RAW_TRACEPOINT ? tracepoint_of(shared) : NULL;
}

int raw_tp_fill_info(const struct link_shared *shared, struct bpf_link_info *info)
{
	uint64_t user = info->raw_tracepoint.tp_name;
	uint32_t room = info->raw_tracepoint.tp_name_len;

	if (!user != !room)
		return -EINVAL;
	info->raw_tracepoint.tp_name_len = strlen(tracepoint_of(shared)) + 1;
	info->raw_tracepoint.cookie = shared->cookie;
	return user ? link_give_name(tracepoint_of(shared), user, room) : 0;
}

int raw_tp_fdinfo(const struct link_shared *shared, char *buf, size_t size)
{
	return snprintf(buf, size, "tp_name:\t%s\ncookie:\t%llu\n", tracepoint_of(shared),
			(unsigned long long)shared->cookie);
}
