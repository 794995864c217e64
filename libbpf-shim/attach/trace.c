/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs that attach to what the kernel's BTF names: fentry, LSM, iterators, raw tracepoints. */
#include "link.h"

static struct bpf_link *attach_btf_id(const struct bpf_program *prog, __u64 cookie)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);

	opts.tracing.cookie = cookie;
	return make_link(prog, 0, "BTF target", cookie ? &opts : NULL);
}

struct bpf_link *bpf_program__attach_trace_opts(const struct bpf_program *prog,
						const struct bpf_trace_opts *opts)
{
	if (!OPTS_VALID(opts, bpf_trace_opts))
		return libbpf_err_ptr(-EINVAL);
	return attach_btf_id(prog, OPTS_GET(opts, cookie, 0));
}

struct bpf_link *bpf_program__attach_trace(const struct bpf_program *prog)
{
	return attach_btf_id(prog, 0);
}

struct bpf_link *bpf_program__attach_lsm(const struct bpf_program *prog)
{
	return attach_btf_id(prog, 0);
}

struct bpf_link *bpf_program__attach_iter(const struct bpf_program *prog,
					  const struct bpf_iter_attach_opts *opts)
{
	LIBBPF_OPTS(bpf_link_create_opts, link_opts);

	if (!OPTS_VALID(opts, bpf_iter_attach_opts))
		return libbpf_err_ptr(-EINVAL);
	link_opts.iter_info = OPTS_GET(opts, link_info, NULL);
	link_opts.iter_info_len = OPTS_GET(opts, link_info_len, 0);
	return make_link(prog, 0, "iterator", &link_opts);
}

struct bpf_link *
bpf_program__attach_raw_tracepoint_opts(const struct bpf_program *prog, const char *tp_name,
					struct bpf_raw_tracepoint_opts *opts)
{
	LIBBPF_OPTS(bpf_raw_tp_opts, open_opts, .tp_name = tp_name);
	int prog_fd, fd;

	if (!OPTS_VALID(opts, bpf_raw_tracepoint_opts))
		return libbpf_err_ptr(-EINVAL);
	open_opts.cookie = OPTS_GET(opts, cookie, 0);
	prog_fd = link_program_fd(prog);
	if (prog_fd < 0)
		return libbpf_err_ptr(prog_fd);
	fd = bpf_raw_tracepoint_open_opts(prog_fd, &open_opts);
	if (fd < 0) {
		pr_warn("prog '%s': failed to attach to raw tracepoint '%s': %s\n", prog->name,
			tp_name, errstr(fd));
		return libbpf_err_ptr(fd);
	}
	return link_from_fd(fd);
}

struct bpf_link *bpf_program__attach_raw_tracepoint(const struct bpf_program *prog,
						    const char *tp_name)
{
	return bpf_program__attach_raw_tracepoint_opts(prog, tp_name, NULL);
}

static int find_function(const struct bpf_program *prog, int target_fd, const char *name)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	struct btf *btf;
	int err, id;

	err = bpf_prog_get_info_by_fd(target_fd, &info, &len);
	if (err)
		return err;
	if (!info.btf_id) {
		pr_warn("prog '%s': the target program doesn't have BTF\n", prog->name);
		return -EINVAL;
	}
	btf = btf__load_from_kernel_by_id(info.btf_id);
	if (!btf)
		return -errno;
	id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	btf__free(btf);
	if (id <= 0)
		pr_warn("prog '%s': %s is not found in the target's BTF\n", prog->name, name);
	return id;
}

struct bpf_link *bpf_program__attach_freplace(const struct bpf_program *prog, int target_fd,
					      const char *attach_func_name)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts);
	int id;

	if (!target_fd != !attach_func_name) {
		pr_warn("prog '%s': supply none or both of target_fd and attach_func_name\n",
			prog->name);
		return libbpf_err_ptr(-EINVAL);
	}
	if (prog->type != BPF_PROG_TYPE_EXT) {
		pr_warn("prog '%s': only BPF_PROG_TYPE_EXT can attach as freplace\n", prog->name);
		return libbpf_err_ptr(-EINVAL);
	}
	/* without a target: the one that it was loaded for */
	if (!target_fd)
		return bpf_program__attach_trace(prog);
	id = find_function(prog, target_fd, attach_func_name);
	if (id < 0)
		return libbpf_err_ptr(id);
	opts.target_btf_id = id;
	return make_link(prog, target_fd, "freplace", &opts);
}
