/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf.h: the commands about links. */
#include "sys.h"

#include <bpf/bpf.h>

#include "attr.h"
#include "util.h"

/* Newer than the 6.18 interface. */
#define TRACE_FSESSION 58

/* Does the caller's union of per-type options begin with zeros only, from @offset on? */
static bool rest_is_zero(const struct bpf_link_create_opts *opts, size_t offset)
{
	size_t end = MIN(opts ? opts->sz : 0, sizeof(*opts));

	return end <= offset || mem_is_zero((const char *)opts + offset, end - offset);
}

#define REST_AFTER(opts, field) rest_is_zero(opts, offsetofend(struct bpf_link_create_opts, field))

/* tcx, netkit and cgroup place themselves before or after another program in the same way. */
static int set_relative(union bpf_attr *attr, const struct bpf_link_create_opts *opts)
{
	__u32 relative_fd = OPTS_GET(opts, tcx.relative_fd, 0);
	__u32 relative_id = OPTS_GET(opts, tcx.relative_id, 0);

	if (relative_fd && relative_id)
		return -EINVAL;
	if (relative_id) {
		attr->link_create.tcx.relative_id = relative_id;
		attr->link_create.flags |= BPF_F_ID;
	} else {
		attr->link_create.tcx.relative_fd = relative_fd;
	}
	attr->link_create.tcx.expected_revision = OPTS_GET(opts, tcx.expected_revision, 0);
	return REST_AFTER(opts, tcx) ? 0 : -EINVAL;
}

static int set_kprobe_multi(union bpf_attr *attr, const struct bpf_link_create_opts *opts)
{
	attr->link_create.kprobe_multi.flags = OPTS_GET(opts, kprobe_multi.flags, 0);
	attr->link_create.kprobe_multi.cnt = OPTS_GET(opts, kprobe_multi.cnt, 0);
	attr->link_create.kprobe_multi.syms = ptr_to_u64(OPTS_GET(opts, kprobe_multi.syms, NULL));
	attr->link_create.kprobe_multi.addrs = ptr_to_u64(OPTS_GET(opts, kprobe_multi.addrs, NULL));
	attr->link_create.kprobe_multi.cookies =
		ptr_to_u64(OPTS_GET(opts, kprobe_multi.cookies, NULL));
	return REST_AFTER(opts, kprobe_multi) ? 0 : -EINVAL;
}

static int set_uprobe_multi(union bpf_attr *attr, const struct bpf_link_create_opts *opts)
{
	attr->link_create.uprobe_multi.flags = OPTS_GET(opts, uprobe_multi.flags, 0);
	attr->link_create.uprobe_multi.cnt = OPTS_GET(opts, uprobe_multi.cnt, 0);
	attr->link_create.uprobe_multi.path = ptr_to_u64(OPTS_GET(opts, uprobe_multi.path, NULL));
	attr->link_create.uprobe_multi.offsets =
		ptr_to_u64(OPTS_GET(opts, uprobe_multi.offsets, NULL));
	attr->link_create.uprobe_multi.ref_ctr_offsets =
		ptr_to_u64(OPTS_GET(opts, uprobe_multi.ref_ctr_offsets, NULL));
	attr->link_create.uprobe_multi.cookies =
		ptr_to_u64(OPTS_GET(opts, uprobe_multi.cookies, NULL));
	attr->link_create.uprobe_multi.pid = OPTS_GET(opts, uprobe_multi.pid, 0);
	/* this interface has no directory fd for the path */
	return OPTS_GET(opts, uprobe_multi.path_fd, 0) ? -EINVAL : 0;
}

static int set_netfilter(union bpf_attr *attr, const struct bpf_link_create_opts *opts)
{
	attr->link_create.netfilter.pf = OPTS_GET(opts, netfilter.pf, 0);
	attr->link_create.netfilter.hooknum = OPTS_GET(opts, netfilter.hooknum, 0);
	attr->link_create.netfilter.priority = OPTS_GET(opts, netfilter.priority, 0);
	attr->link_create.netfilter.flags = OPTS_GET(opts, netfilter.flags, 0);
	return REST_AFTER(opts, netfilter) ? 0 : -EINVAL;
}

static int set_tracing(union bpf_attr *attr, const struct bpf_link_create_opts *opts)
{
	attr->link_create.tracing.cookie = OPTS_GET(opts, tracing.cookie, 0);
	return REST_AFTER(opts, tracing) ? 0 : -EINVAL;
}

static int set_type_options(union bpf_attr *attr, enum bpf_attach_type type,
			    const struct bpf_link_create_opts *opts)
{
	switch ((int)type) {
	case BPF_TRACE_ITER:
		return REST_AFTER(opts, target_btf_id) ? 0 : -EINVAL;
	case BPF_PERF_EVENT:
		attr->link_create.perf_event.bpf_cookie =
			OPTS_GET(opts, perf_event.bpf_cookie, 0);
		return REST_AFTER(opts, perf_event) ? 0 : -EINVAL;
	case BPF_TRACE_KPROBE_MULTI:
	case BPF_TRACE_KPROBE_SESSION:
		return set_kprobe_multi(attr, opts);
	case BPF_TRACE_UPROBE_MULTI:
	case BPF_TRACE_UPROBE_SESSION:
		return set_uprobe_multi(attr, opts);
	case BPF_TRACE_RAW_TP:
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
	case BPF_MODIFY_RETURN:
	case BPF_LSM_MAC:
	case TRACE_FSESSION:
		return set_tracing(attr, opts);
	case BPF_NETFILTER:
		return set_netfilter(attr, opts);
	case BPF_TCX_INGRESS:
	case BPF_TCX_EGRESS:
	case BPF_NETKIT_PRIMARY:
	case BPF_NETKIT_PEER:
		return set_relative(attr, opts);
	case BPF_CGROUP_INET_INGRESS ... BPF_CGROUP_SOCK_OPS:
	case BPF_CGROUP_DEVICE:
	case BPF_CGROUP_INET4_BIND ... BPF_CGROUP_UDP6_SENDMSG:
	case BPF_CGROUP_SYSCTL ... BPF_CGROUP_SETSOCKOPT:
	case BPF_CGROUP_INET4_GETPEERNAME ... BPF_CGROUP_INET6_GETSOCKNAME:
	case BPF_CGROUP_INET_SOCK_RELEASE:
	case BPF_LSM_CGROUP:
	case BPF_CGROUP_UNIX_CONNECT ... BPF_CGROUP_UNIX_GETSOCKNAME:
		return set_relative(attr, opts);
	default:
		return REST_AFTER(opts, target_btf_id) ? 0 : -EINVAL;
	}
}

/* Kernels before 5.15 attach these by RAW_TRACEPOINT_OPEN only. */
static bool has_old_way(enum bpf_attach_type type)
{
	return type == BPF_TRACE_RAW_TP || type == BPF_TRACE_FENTRY || type == BPF_TRACE_FEXIT ||
	       type == BPF_MODIFY_RETURN || type == BPF_LSM_MAC;
}

int bpf_link_create(int prog_fd, int target_fd, enum bpf_attach_type attach_type,
		    const struct bpf_link_create_opts *opts)
{
	__u32 target_btf_id, iter_info_len;
	union bpf_attr attr;
	int fd, err;

	if (!OPTS_VALID(opts, bpf_link_create_opts))
		return libbpf_err(-EINVAL);
	iter_info_len = OPTS_GET(opts, iter_info_len, 0);
	target_btf_id = OPTS_GET(opts, target_btf_id, 0);
	/* both lie in one union, together with what the attach types have of their own */
	if ((iter_info_len || target_btf_id) &&
	    ((iter_info_len && target_btf_id) || !REST_AFTER(opts, target_btf_id)))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, link_create);
	attr.link_create.prog_fd = prog_fd;
	attr.link_create.target_fd = target_fd;
	attr.link_create.attach_type = attach_type;
	attr.link_create.flags = OPTS_GET(opts, flags, 0);
	if (iter_info_len) {
		attr.link_create.iter_info = ptr_to_u64(OPTS_GET(opts, iter_info, NULL));
		attr.link_create.iter_info_len = iter_info_len;
	} else if (target_btf_id) {
		attr.link_create.target_btf_id = target_btf_id;
	} else {
		err = set_type_options(&attr, attach_type, opts);
		if (err)
			return libbpf_err(err);
	}
	fd = sys_bpf_fd(BPF_LINK_CREATE, &attr, ATTR_SIZE(link_create));
	if (fd == -EINVAL && has_old_way(attach_type) && !target_fd && !target_btf_id &&
	    !OPTS_GET(opts, tracing.cookie, 0))
		return bpf_raw_tracepoint_open(NULL, prog_fd);
	return libbpf_err(fd);
}

int bpf_link_detach(int link_fd)
{
	union bpf_attr attr;

	ATTR_CLEAR(attr, link_detach);
	attr.link_detach.link_fd = link_fd;
	return libbpf_err(sys_bpf(BPF_LINK_DETACH, &attr, ATTR_SIZE(link_detach)));
}

int bpf_link_update(int link_fd, int new_prog_fd, const struct bpf_link_update_opts *opts)
{
	__u32 old_prog_fd, old_map_fd;
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_link_update_opts))
		return libbpf_err(-EINVAL);
	old_prog_fd = OPTS_GET(opts, old_prog_fd, 0);
	old_map_fd = OPTS_GET(opts, old_map_fd, 0);
	if (old_prog_fd && old_map_fd)
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, link_update);
	attr.link_update.link_fd = link_fd;
	attr.link_update.new_prog_fd = new_prog_fd;
	attr.link_update.flags = OPTS_GET(opts, flags, 0);
	attr.link_update.old_prog_fd = old_prog_fd ? old_prog_fd : old_map_fd;
	return libbpf_err(sys_bpf(BPF_LINK_UPDATE, &attr, ATTR_SIZE(link_update)));
}

int bpf_iter_create(int link_fd)
{
	union bpf_attr attr;

	ATTR_CLEAR(attr, iter_create);
	attr.iter_create.link_fd = link_fd;
	return libbpf_err(sys_bpf_fd(BPF_ITER_CREATE, &attr, ATTR_SIZE(iter_create)));
}

int bpf_raw_tracepoint_open_opts(int prog_fd, struct bpf_raw_tp_opts *opts)
{
	union bpf_attr attr;

	if (!OPTS_VALID(opts, bpf_raw_tp_opts))
		return libbpf_err(-EINVAL);
	ATTR_CLEAR(attr, raw_tracepoint);
	attr.raw_tracepoint.prog_fd = prog_fd;
	attr.raw_tracepoint.name = ptr_to_u64(OPTS_GET(opts, tp_name, NULL));
	attr.raw_tracepoint.cookie = OPTS_GET(opts, cookie, 0);
	return libbpf_err(sys_bpf_fd(BPF_RAW_TRACEPOINT_OPEN, &attr, ATTR_SIZE(raw_tracepoint)));
}

int bpf_raw_tracepoint_open(const char *name, int prog_fd)
{
	LIBBPF_OPTS(bpf_raw_tp_opts, opts, .tp_name = name);

	return bpf_raw_tracepoint_open_opts(prog_fd, &opts);
}
