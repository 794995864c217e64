/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * PROG_ATTACH and PROG_DETACH. Linux tells by the attach type which family of targets it is about
 * and which flags may be given; what exists in this kernel is told by the extensions' hooks.
 */
#include <string.h>

#include "attach_types.h"
#include "bits.h"
#include "err.h"
#include "hooks.h"
#include "ordered.h"
#include "registry.h"

#define PLACE_FLAGS  (BPF_F_REPLACE | BPF_F_BEFORE | BPF_F_AFTER | BPF_F_ID | BPF_F_LINK)
#define MODE_FLAGS   (BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI)

/* Families of attach types, as they differ to a caller. */
static const struct {
	uint32_t attach_flags, detach_flags;
	bool attach_relative, detach_relative;	/* relative_fd may be given */
	bool attach_revision;			/* expected_revision, too */
} families[] = {
	[ATTACH_FAMILY_NONE] = { 0 },
	[ATTACH_FAMILY_OTHER] = { MODE_FLAGS | BPF_F_REPLACE | BPF_F_PREORDER, 0, false, false, false },
	[ATTACH_FAMILY_CGROUP] = { MODE_FLAGS | PLACE_FLAGS | BPF_F_PREORDER, 0, true, false, true },
	[ATTACH_FAMILY_MPROG] = { PLACE_FLAGS, PLACE_FLAGS, true, true, true },
};

/* ---- the family of a number ---- */

#define FAMILY(family, type) [BPF_##type] = ATTACH_FAMILY_##family

static const uint8_t known_types[__MAX_BPF_ATTACH_TYPE] = {
	FAMILY(CGROUP, CGROUP_INET_INGRESS),
	FAMILY(CGROUP, CGROUP_INET_EGRESS),
	FAMILY(CGROUP, CGROUP_INET_SOCK_CREATE),
	FAMILY(CGROUP, CGROUP_SOCK_OPS),
	FAMILY(CGROUP, CGROUP_DEVICE),
	FAMILY(CGROUP, CGROUP_INET4_BIND),
	FAMILY(CGROUP, CGROUP_INET6_BIND),
	FAMILY(CGROUP, CGROUP_INET4_CONNECT),
	FAMILY(CGROUP, CGROUP_INET6_CONNECT),
	FAMILY(CGROUP, CGROUP_INET4_POST_BIND),
	FAMILY(CGROUP, CGROUP_INET6_POST_BIND),
	FAMILY(CGROUP, CGROUP_UDP4_SENDMSG),
	FAMILY(CGROUP, CGROUP_UDP6_SENDMSG),
	FAMILY(CGROUP, CGROUP_SYSCTL),
	FAMILY(CGROUP, CGROUP_UDP4_RECVMSG),
	FAMILY(CGROUP, CGROUP_UDP6_RECVMSG),
	FAMILY(CGROUP, CGROUP_GETSOCKOPT),
	FAMILY(CGROUP, CGROUP_SETSOCKOPT),
	FAMILY(CGROUP, CGROUP_INET4_GETPEERNAME),
	FAMILY(CGROUP, CGROUP_INET6_GETPEERNAME),
	FAMILY(CGROUP, CGROUP_INET4_GETSOCKNAME),
	FAMILY(CGROUP, CGROUP_INET6_GETSOCKNAME),
	FAMILY(CGROUP, CGROUP_INET_SOCK_RELEASE),
	FAMILY(CGROUP, LSM_CGROUP),
	FAMILY(CGROUP, CGROUP_UNIX_CONNECT),
	FAMILY(CGROUP, CGROUP_UNIX_SENDMSG),
	FAMILY(CGROUP, CGROUP_UNIX_RECVMSG),
	FAMILY(CGROUP, CGROUP_UNIX_GETPEERNAME),
	FAMILY(CGROUP, CGROUP_UNIX_GETSOCKNAME),
	FAMILY(MPROG, TCX_INGRESS),
	FAMILY(MPROG, TCX_EGRESS),
	FAMILY(MPROG, NETKIT_PRIMARY),
	FAMILY(MPROG, NETKIT_PEER),
	FAMILY(OTHER, SK_SKB_STREAM_PARSER),
	FAMILY(OTHER, SK_SKB_STREAM_VERDICT),
	FAMILY(OTHER, SK_MSG_VERDICT),
	FAMILY(OTHER, LIRC_MODE2),
	FAMILY(OTHER, FLOW_DISSECTOR),
	FAMILY(OTHER, TRACE_RAW_TP),
	FAMILY(OTHER, TRACE_FENTRY),
	FAMILY(OTHER, TRACE_FEXIT),
	FAMILY(OTHER, MODIFY_RETURN),
	FAMILY(OTHER, LSM_MAC),
	FAMILY(OTHER, TRACE_ITER),
	FAMILY(OTHER, SK_LOOKUP),
	FAMILY(OTHER, XDP),
	FAMILY(OTHER, SK_SKB_VERDICT),
};

enum attach_family attach_family_of(uint32_t attach_type)
{
	const struct bpfx_hook *hook;

	if (attach_type < __MAX_BPF_ATTACH_TYPE)
		return known_types[attach_type];
	hook = registry_hook(attach_type);
	if (!hook || !hook_is_ordered(hook))
		return ATTACH_FAMILY_NONE;
	return hook->flags & BPFX_HOOK_CGROUP ? ATTACH_FAMILY_CGROUP : ATTACH_FAMILY_MPROG;
}

/* Its hook, if there is one here that keeps programs in order; connected to the store. */
int attach_hook_of(uint32_t attach_type, const struct bpfx_hook **hook)
{
	*hook = registry_hook(attach_type);
	if (*hook && hook_is_ordered(*hook))
		return hooks_connect(*hook);
	*hook = NULL;
	return 0;
}

/* ---- programs that callers name ---- */

static int prog_of_hook(int fd, const struct bpfx_hook *hook, struct kern_prog **out)
{
	const struct bpfx_prog_type *type;
	struct kern_prog *prog;
	int err = prog_get_fd(fd, &prog);

	if (err)
		return err;
	type = prog_type_of(prog);
	if (!hook || !type || strcmp(hook->prog_type, type->name)) {
		prog_put(prog);
		return -EINVAL;
	}
	*out = prog;
	return 0;
}

static int check_prog(const struct kern_prog *prog, const struct bpfx_hook *hook,
		      uint32_t attach_type)
{
	const struct bpfx_prog_type *type = prog_type_of(prog);
	char why[PROG_WHY_SIZE];

	if (!type || prog_info_check(prog, type, why, sizeof(why)))
		return -EINVAL;
	return ordered_check_prog(prog, type, attach_type) ? -EINVAL : 0;
}

/* ---- attach ---- */

static int replaced_prog(const union bpf_attr *attr, const struct bpfx_hook *hook, uint32_t *id)
{
	struct kern_prog *prog;
	int err;

	*id = 0;
	if (!(attr->attach_flags & BPF_F_REPLACE) ||
	    (hook->flags & BPFX_HOOK_CGROUP && !(attr->attach_flags & BPF_F_ALLOW_MULTI)))
		return 0;
	err = prog_of_hook(attr->replace_bpf_fd, hook, &prog);
	if (err)
		return err;
	*id = prog->id;
	prog_put(prog);
	return 0;
}

static int attach(const union bpf_attr *attr, const struct bpfx_hook *hook, struct kern_prog *prog)
{
	struct attach_change change = {
		.prog_id = prog->id,
		.prog_type = prog->shared->type,
		.flags = attr->attach_flags,
		.relative = attr->relative_fd,
		.revision = attr->expected_revision,
	};
	struct ordered_place place;
	int err = check_prog(prog, hook, attr->attach_type);

	err = err ? err : ordered_place_find(hook, attr->target_fd, attr->attach_flags, prog, &place);
	err = err ? err : replaced_prog(attr, hook, &change.replace_id);
	return err ? err : ordered_attach(hook, &place, prog, &change);
}

int prog_attach(const union bpf_attr *attr)
{
	enum attach_family family = attach_family_of(attr->attach_type);
	const struct bpfx_hook *hook;
	struct kern_prog *prog;
	int err;

	if (family == ATTACH_FAMILY_NONE || attr->attach_flags & ~families[family].attach_flags ||
	    (attr->relative_fd && !families[family].attach_relative) ||
	    (attr->expected_revision && !families[family].attach_revision))
		return -EINVAL;
	err = attach_hook_of(attr->attach_type, &hook);
	err = err ? err : prog_of_hook(attr->attach_bpf_fd, hook, &prog);
	if (err)
		return err;
	err = attach(attr, hook, prog);
	prog_put(prog);
	return err;
}

/* ---- detach ---- */

/* What is at a cgroup's list with one program need not be named: a bad fd there names nothing. */
static int named_prog(const union bpf_attr *attr, const struct bpfx_hook *hook,
		      struct attach_change *change)
{
	bool loose = hook->flags & BPFX_HOOK_CGROUP;
	struct kern_prog *prog;
	int err;

	if (!attr->attach_bpf_fd && !loose)
		return 0;
	err = prog_of_hook(attr->attach_bpf_fd, hook, &prog);
	if (err)
		return loose ? 0 : err;
	change->prog_id = prog->id;
	change->prog_type = prog->shared->type;
	prog_put(prog);
	return 0;
}

static int detach(const union bpf_attr *attr, const struct bpfx_hook *hook)
{
	struct attach_change change = {
		.flags = attr->attach_flags,
		.relative = attr->relative_fd,
		.revision = attr->expected_revision,
	};
	struct ordered_place place;
	int err = named_prog(attr, hook, &change);

	err = err ? err : ordered_place_find(hook, attr->target_fd, attr->attach_flags, NULL, &place);
	return err ? err : ordered_detach(hook, &place, &change);
}

/* No program of a type that could be attached there exists. */
static int detach_nothing(const union bpf_attr *attr, enum attach_family family)
{
	const struct cgroup *cgroup;
	int err;

	if (family != ATTACH_FAMILY_CGROUP)
		return attach_other_error(attr->attach_type, attr->target_fd);
	err = cgroup_of_fd(attr->target_fd, &cgroup);
	if (err)
		return err;
	return attr->expected_revision > 1 ? -ESTALE : -ENOENT;
}

int prog_detach(const union bpf_attr *attr)
{
	enum attach_family family = attach_family_of(attr->attach_type);
	const struct bpfx_hook *hook;
	int err;

	if (family == ATTACH_FAMILY_NONE || attr->attach_flags & ~families[family].detach_flags ||
	    (attr->relative_fd && !families[family].detach_relative))
		return -EINVAL;
	err = attach_hook_of(attr->attach_type, &hook);
	if (err)
		return err;
	return hook ? detach(attr, hook) : detach_nothing(attr, family);
}
