/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Attaching to cgroups, interfaces, namespaces and maps of sockets. */
#include "link.h"

static struct bpf_link *bad_target(const struct bpf_program *prog, const char *what)
{
	pr_warn("prog '%s': %s\n", prog->name, what);
	return libbpf_err_ptr(-EINVAL);
}

/* cgroup, tcx and netkit take the same place: before or after another program. */
#define SET_PLACE(link_opts, part, opts)                                                           \
	do {                                                                                       \
		(link_opts).flags = OPTS_GET(opts, flags, 0);                                      \
		(link_opts).part.relative_fd = OPTS_GET(opts, relative_fd, 0);                     \
		(link_opts).part.relative_id = OPTS_GET(opts, relative_id, 0);                     \
		(link_opts).part.expected_revision = OPTS_GET(opts, expected_revision, 0);         \
	} while (0)

#define HAS_TWO_PLACES(opts) (OPTS_GET(opts, relative_fd, 0) && OPTS_GET(opts, relative_id, 0))

struct bpf_link *bpf_program__attach_cgroup(const struct bpf_program *prog, int cgroup_fd)
{
	return make_link(prog, cgroup_fd, "cgroup", NULL);
}

struct bpf_link *bpf_program__attach_cgroup_opts(const struct bpf_program *prog, int cgroup_fd,
						 const struct bpf_cgroup_opts *opts)
{
	LIBBPF_OPTS(bpf_link_create_opts, link_opts);

	if (!OPTS_VALID(opts, bpf_cgroup_opts))
		return libbpf_err_ptr(-EINVAL);
	if (HAS_TWO_PLACES(opts))
		return bad_target(prog, "relative_fd and relative_id cannot be set at the same time");
	SET_PLACE(link_opts, cgroup, opts);
	return make_link(prog, cgroup_fd, "cgroup", &link_opts);
}

struct bpf_link *bpf_program__attach_netns(const struct bpf_program *prog, int netns_fd)
{
	return make_link(prog, netns_fd, "netns", NULL);
}

struct bpf_link *bpf_program__attach_sockmap(const struct bpf_program *prog, int map_fd)
{
	return make_link(prog, map_fd, "sockmap", NULL);
}

struct bpf_link *bpf_program__attach_xdp(const struct bpf_program *prog, int ifindex)
{
	return make_link(prog, ifindex, "xdp", NULL);
}

struct bpf_link *bpf_program__attach_tcx(const struct bpf_program *prog, int ifindex,
					 const struct bpf_tcx_opts *opts)
{
	LIBBPF_OPTS(bpf_link_create_opts, link_opts);

	if (!OPTS_VALID(opts, bpf_tcx_opts))
		return libbpf_err_ptr(-EINVAL);
	if (!ifindex)
		return bad_target(prog, "target netdevice ifindex cannot be zero");
	if (HAS_TWO_PLACES(opts))
		return bad_target(prog, "relative_fd and relative_id cannot be set at the same time");
	SET_PLACE(link_opts, tcx, opts);
	return make_link(prog, ifindex, "tcx", &link_opts);
}

struct bpf_link *bpf_program__attach_netkit(const struct bpf_program *prog, int ifindex,
					    const struct bpf_netkit_opts *opts)
{
	LIBBPF_OPTS(bpf_link_create_opts, link_opts);

	if (!OPTS_VALID(opts, bpf_netkit_opts))
		return libbpf_err_ptr(-EINVAL);
	if (!ifindex)
		return bad_target(prog, "target netdevice ifindex cannot be zero");
	if (HAS_TWO_PLACES(opts))
		return bad_target(prog, "relative_fd and relative_id cannot be set at the same time");
	SET_PLACE(link_opts, netkit, opts);
	return make_link(prog, ifindex, "netkit", &link_opts);
}

struct bpf_link *bpf_program__attach_netfilter(const struct bpf_program *prog,
					       const struct bpf_netfilter_opts *opts)
{
	LIBBPF_OPTS(bpf_link_create_opts, link_opts);
	int prog_fd, fd;

	if (!OPTS_VALID(opts, bpf_netfilter_opts))
		return libbpf_err_ptr(-EINVAL);
	prog_fd = link_program_fd(prog);
	if (prog_fd < 0)
		return libbpf_err_ptr(prog_fd);
	link_opts.netfilter.pf = OPTS_GET(opts, pf, 0);
	link_opts.netfilter.hooknum = OPTS_GET(opts, hooknum, 0);
	link_opts.netfilter.priority = OPTS_GET(opts, priority, 0);
	link_opts.netfilter.flags = OPTS_GET(opts, flags, 0);
	/* the type has one hook, whatever the program was loaded with */
	fd = bpf_link_create(prog_fd, 0, BPF_NETFILTER, &link_opts);
	return fd < 0 ? link_failed(prog, "netfilter", fd) : link_from_fd(fd);
}
