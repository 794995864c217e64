/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs on perf events: the caller's own, tracepoints, kprobes and uprobes. */
#include "link.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "elf_symbols.h"
#include "kernel_features.h"
#include "probe_events.h"
#include "sys.h"

/* ---- links of perf events ---- */

struct perf_link {
	struct bpf_link link;		/* first: a perf_link is a link */
	int event_fd;			/* may be link.fd, where the kernel has no perf links */
	struct legacy_probe legacy;	/* to be removed at the end, if it has a name */
};

static int detach_perf(struct bpf_link *link)
{
	struct perf_link *perf = (struct perf_link *)link;
	int err;

	err = sys_perf_ioctl(perf->event_fd, PERF_EVENT_IOC_DISABLE, 0);
	if (perf->event_fd != link->fd)
		sys_close(perf->event_fd);
	sys_close(link->fd);
	if (perf->legacy.name[0])
		err = legacy_probe_remove(&perf->legacy);
	return err;
}

static int connect_program(const struct bpf_program *prog, struct perf_link *perf, int pfd,
			   const struct bpf_perf_event_opts *opts)
{
	LIBBPF_OPTS(bpf_link_create_opts, link_opts);
	int err;

	perf->event_fd = perf->link.fd = pfd;
	if (kernel_supports(FEAT_PERF_LINK, prog->obj->token_fd) &&
	    !OPTS_GET(opts, force_ioctl_attach, false)) {
		link_opts.perf_event.bpf_cookie = OPTS_GET(opts, bpf_cookie, 0);
		err = bpf_link_create(prog->fd, pfd, BPF_PERF_EVENT, &link_opts);
		if (err < 0) {
			pr_warn("prog '%s': failed to create BPF link for perf_event FD %d: %s\n",
				prog->name, pfd, errstr(err));
			return err;
		}
		perf->link.fd = err;
		return 0;
	}
	if (OPTS_GET(opts, bpf_cookie, 0)) {
		pr_warn("prog '%s': user context value is not supported\n", prog->name);
		return -EOPNOTSUPP;
	}
	err = sys_perf_ioctl(pfd, PERF_EVENT_IOC_SET_BPF, prog->fd);
	if (err)
		pr_warn("prog '%s': failed to attach to perf_event FD %d: %s\n", prog->name, pfd,
			errstr(err));
	if (err == -EPROTO)
		pr_warn("prog '%s': try add PERF_SAMPLE_CALLCHAIN to or remove exclude_callchain_[kernel|user] from pfd %d\n",
			prog->name, pfd);
	return err;
}

struct bpf_link *bpf_program__attach_perf_event_opts(const struct bpf_program *prog, int pfd,
						     const struct bpf_perf_event_opts *opts)
{
	struct perf_link *perf;
	int err;

	if (!OPTS_VALID(opts, bpf_perf_event_opts))
		return libbpf_err_ptr(-EINVAL);
	if (pfd < 0) {
		pr_warn("prog '%s': invalid perf event FD %d\n", prog->name, pfd);
		return libbpf_err_ptr(-EINVAL);
	}
	err = link_program_fd(prog);
	if (err < 0)
		return libbpf_err_ptr(err);
	perf = calloc(1, sizeof(*perf));
	if (!perf)
		return libbpf_err_ptr(-ENOMEM);
	perf->link.detach = detach_perf;
	err = connect_program(prog, perf, pfd, opts);
	if (!err && !OPTS_GET(opts, dont_enable, false)) {
		err = sys_perf_ioctl(pfd, PERF_EVENT_IOC_ENABLE, 0);
		if (err)
			pr_warn("prog '%s': failed to enable perf_event FD %d: %s\n", prog->name,
				pfd, errstr(err));
	}
	if (err) {
		/* the event stays the caller's */
		if (perf->link.fd != pfd)
			sys_close(perf->link.fd);
		free(perf);
		return libbpf_err_ptr(err);
	}
	return &perf->link;
}

struct bpf_link *bpf_program__attach_perf_event(const struct bpf_program *prog, int pfd)
{
	return bpf_program__attach_perf_event_opts(prog, pfd, NULL);
}

/* The same for an event of ours: it goes when the link cannot be made. */
static struct bpf_link *attach_own_event(const struct bpf_program *prog, int pfd,
					 const struct bpf_perf_event_opts *opts)
{
	struct bpf_link *link = bpf_program__attach_perf_event_opts(prog, pfd, opts);
	int err = errno;

	if (!link) {
		sys_close(pfd);
		errno = err;
	}
	return link;
}

/* ---- tracepoints ---- */

struct bpf_link *bpf_program__attach_tracepoint_opts(const struct bpf_program *prog,
						     const char *tp_category, const char *tp_name,
						     const struct bpf_tracepoint_opts *opts)
{
	LIBBPF_OPTS(bpf_perf_event_opts, perf_opts);
	struct bpf_link *link;
	int pfd;

	if (!OPTS_VALID(opts, bpf_tracepoint_opts))
		return libbpf_err_ptr(-EINVAL);
	perf_opts.bpf_cookie = OPTS_GET(opts, bpf_cookie, 0);
	pfd = tracepoint_event_open(tp_category, tp_name);
	if (pfd < 0) {
		pr_warn("prog '%s': failed to create tracepoint '%s/%s' perf event: %s\n",
			prog->name, tp_category, tp_name, errstr(pfd));
		return libbpf_err_ptr(pfd);
	}
	link = attach_own_event(prog, pfd, &perf_opts);
	if (!link)
		pr_warn("prog '%s': failed to attach to tracepoint '%s/%s': %s\n", prog->name,
			tp_category, tp_name, errstr(-errno));
	return link;
}

struct bpf_link *bpf_program__attach_tracepoint(const struct bpf_program *prog,
						const char *tp_category, const char *tp_name)
{
	return bpf_program__attach_tracepoint_opts(prog, tp_category, tp_name, NULL);
}

int attach_tracepoint_section(const struct bpf_program *prog, struct bpf_link **link)
{
	const char *suffix = sec_def_suffix(prog->sec_def, prog->sec_name);
	char *copy, *name;
	int err = 0;

	*link = NULL;
	if (!suffix)
		return 0;
	copy = strdup(suffix);
	if (!copy)
		return -ENOMEM;
	name = strchr(copy, '/');
	if (!name) {
		free(copy);
		return -EINVAL;
	}
	*name++ = '\0';
	*link = bpf_program__attach_tracepoint(prog, copy, name);
	err = *link ? 0 : -errno;
	free(copy);
	return err;
}

/* ---- kprobes and uprobes ---- */

struct probe_request {
	const struct bpf_program *prog;
	bool is_uprobe, retprobe;
	const char *name;		/* function, or path of the binary */
	__u64 offset;
	size_t ref_ctr_offset;
	pid_t pid;
	enum probe_attach_mode mode;
	__u64 cookie;
};

static const char *probe_text(const struct probe_request *r)
{
	if (r->is_uprobe)
		return r->retprobe ? "uretprobe" : "uprobe";
	return r->retprobe ? "kretprobe" : "kprobe";
}

/* Which way is asked for, and is it there? */
static int choose_mode(const struct probe_request *r, bool *legacy, bool *force_ioctl)
{
	bool has_event = probe_event_type(r->is_uprobe) >= 0;

	*legacy = !has_event;
	*force_ioctl = false;
	switch (r->mode) {
	case PROBE_ATTACH_MODE_LEGACY:
		*legacy = true;
		*force_ioctl = true;
		return 0;
	case PROBE_ATTACH_MODE_PERF:
		*force_ioctl = true;
		return has_event ? 0 : -ENOTSUP;
	case PROBE_ATTACH_MODE_LINK:
		return has_event && kernel_supports(FEAT_PERF_LINK, r->prog->obj->token_fd) ?
			       0 : -ENOTSUP;
	case PROBE_ATTACH_MODE_DEFAULT:
		return 0;
	default:
		return -EINVAL;
	}
}

static struct bpf_link *attach_probe(const struct probe_request *r)
{
	LIBBPF_OPTS(bpf_perf_event_opts, perf_opts, .bpf_cookie = r->cookie);
	struct legacy_probe old = { .is_uprobe = r->is_uprobe, .retprobe = r->retprobe };
	bool legacy, force_ioctl;
	struct bpf_link *link;
	int pfd, err;

	err = choose_mode(r, &legacy, &force_ioctl);
	if (err)
		return libbpf_err_ptr(err);
	perf_opts.force_ioctl_attach = force_ioctl;
	if (legacy)
		pfd = legacy_probe_open(&old, r->name, r->offset, r->pid);
	else
		pfd = probe_event_open(r->is_uprobe, r->retprobe, r->name, r->offset, r->pid,
				       r->ref_ctr_offset);
	if (pfd < 0) {
		pr_warn("prog '%s': failed to create %s '%s%s0x%llx' perf event: %s\n",
			r->prog->name, probe_text(r), r->name, r->is_uprobe ? ":" : "+",
			(unsigned long long)r->offset, errstr(pfd));
		return libbpf_err_ptr(pfd);
	}
	link = attach_own_event(r->prog, pfd, &perf_opts);
	if (!link) {
		err = -errno;
		pr_warn("prog '%s': failed to attach to %s '%s%s0x%llx': %s\n", r->prog->name,
			probe_text(r), r->name, r->is_uprobe ? ":" : "+",
			(unsigned long long)r->offset, errstr(err));
		if (legacy)
			legacy_probe_remove(&old);
		return libbpf_err_ptr(err);
	}
	if (legacy)
		((struct perf_link *)link)->legacy = old;
	return link;
}

struct bpf_link *bpf_program__attach_kprobe_opts(const struct bpf_program *prog,
						 const char *func_name,
						 const struct bpf_kprobe_opts *opts)
{
	struct probe_request r = { .prog = prog, .name = func_name, .pid = -1 };

	if (!OPTS_VALID(opts, bpf_kprobe_opts))
		return libbpf_err_ptr(-EINVAL);
	r.mode = OPTS_GET(opts, attach_mode, PROBE_ATTACH_MODE_DEFAULT);
	r.retprobe = OPTS_GET(opts, retprobe, false);
	r.offset = OPTS_GET(opts, offset, 0);
	r.cookie = OPTS_GET(opts, bpf_cookie, 0);
	return attach_probe(&r);
}

struct bpf_link *bpf_program__attach_kprobe(const struct bpf_program *prog, bool retprobe,
					    const char *func_name)
{
	LIBBPF_OPTS(bpf_kprobe_opts, opts, .retprobe = retprobe);

	return bpf_program__attach_kprobe_opts(prog, func_name, &opts);
}

int attach_kprobe_section(const struct bpf_program *prog, struct bpf_link **link)
{
	const char *suffix = sec_def_suffix(prog->sec_def, prog->sec_name);
	LIBBPF_OPTS(bpf_kprobe_opts, opts);
	unsigned long offset = 0;
	char *func = NULL;
	int n;

	*link = NULL;
	if (!suffix)
		return 0;
	opts.retprobe = str_has_prefix(prog->sec_name, "kretprobe/");
	n = sscanf(suffix, "%m[a-zA-Z0-9_.]+%li", &func, &offset);
	if (n < 1) {
		pr_warn("kprobe name is invalid: %s\n", suffix);
		return -EINVAL;
	}
	if (opts.retprobe && offset) {
		free(func);
		pr_warn("kretprobes do not support offset specification\n");
		return -EINVAL;
	}
	opts.offset = offset;
	*link = bpf_program__attach_kprobe_opts(prog, func, &opts);
	free(func);
	return *link ? 0 : -errno;
}

/* ---- system calls ---- */

struct bpf_link *bpf_program__attach_ksyscall(const struct bpf_program *prog,
					      const char *syscall_name,
					      const struct bpf_ksyscall_opts *opts)
{
	LIBBPF_OPTS(bpf_kprobe_opts, kprobe_opts);
	char func[128];

	if (!OPTS_VALID(opts, bpf_ksyscall_opts))
		return libbpf_err_ptr(-EINVAL);
	if (kernel_supports(FEAT_SYSCALL_WRAPPER, prog->obj->token_fd))
		snprintf(func, sizeof(func), "__%s_sys_%s", syscall_prefix(), syscall_name);
	else
		snprintf(func, sizeof(func), "__se_sys_%s", syscall_name);
	kprobe_opts.retprobe = OPTS_GET(opts, retprobe, false);
	kprobe_opts.bpf_cookie = OPTS_GET(opts, bpf_cookie, 0);
	return bpf_program__attach_kprobe_opts(prog, func, &kprobe_opts);
}

int attach_ksyscall_section(const struct bpf_program *prog, struct bpf_link **link)
{
	const char *name = sec_def_suffix(prog->sec_def, prog->sec_name);
	LIBBPF_OPTS(bpf_ksyscall_opts, opts);

	*link = NULL;
	if (!name)
		return 0;
	opts.retprobe = str_has_prefix(prog->sec_name, "kretsyscall/");
	*link = bpf_program__attach_ksyscall(prog, name, &opts);
	return *link ? 0 : -errno;
}

/* ---- uprobes ---- */

struct bpf_link *bpf_program__attach_uprobe_opts(const struct bpf_program *prog, pid_t pid,
						 const char *binary_path, size_t func_offset,
						 const struct bpf_uprobe_opts *opts)
{
	struct probe_request r = { .prog = prog, .is_uprobe = true, .pid = pid };
	const char *func;
	char path[PATH_MAX];
	long offset;
	int err;

	if (!OPTS_VALID(opts, bpf_uprobe_opts) || !binary_path)
		return libbpf_err_ptr(-EINVAL);
	r.mode = OPTS_GET(opts, attach_mode, PROBE_ATTACH_MODE_DEFAULT);
	r.retprobe = OPTS_GET(opts, retprobe, false);
	r.ref_ctr_offset = OPTS_GET(opts, ref_ctr_offset, 0);
	r.cookie = OPTS_GET(opts, bpf_cookie, 0);
	r.name = binary_path;
	if (!strchr(binary_path, '/')) {
		err = resolve_binary(binary_path, path, sizeof(path));
		if (err) {
			pr_warn("prog '%s': failed to resolve full path for '%s': %s\n",
				prog->name, binary_path, errstr(err));
			return libbpf_err_ptr(err);
		}
		r.name = path;
	}
	func = OPTS_GET(opts, func_name, NULL);
	if (func) {
		offset = elf_find_function(r.name, func);
		if (offset < 0)
			return libbpf_err_ptr(offset);
		func_offset += offset;
	}
	r.offset = func_offset;
	return attach_probe(&r);
}

struct bpf_link *bpf_program__attach_uprobe(const struct bpf_program *prog, bool retprobe,
					    pid_t pid, const char *binary_path, size_t func_offset)
{
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .retprobe = retprobe);

	return bpf_program__attach_uprobe_opts(prog, pid, binary_path, func_offset, &opts);
}

/* "u[ret]probe/binary:function[+offset]"; a number alone is a file offset. */
int attach_uprobe_section(const struct bpf_program *prog, struct bpf_link **link)
{
	const char *suffix = sec_def_suffix(prog->sec_def, prog->sec_name);
	LIBBPF_OPTS(bpf_uprobe_opts, opts);
	char *binary, *func, *plus, *end;
	long offset = 0;
	int err = -EINVAL;

	*link = NULL;
	if (!suffix)
		return 0;
	binary = strdup(suffix);
	if (!binary)
		return -ENOMEM;
	opts.retprobe = str_has_prefix(prog->sec_name, "uretprobe");
	func = strchr(binary, ':');
	if (!func || !func[1]) {
		pr_warn("prog '%s': section '%s' missing ':function[+offset]' specification\n",
			prog->name, prog->sec_name);
		goto free_binary;
	}
	*func++ = '\0';
	plus = strrchr(func, '+');
	if (plus) {
		offset = strtol(plus + 1, &end, 0);
		if (end == plus + 1 || *end) {
			pr_warn("prog '%s': invalid offset in '%s'\n", prog->name, prog->sec_name);
			goto free_binary;
		}
		*plus = '\0';
	}
	if (opts.retprobe && offset) {
		pr_warn("prog '%s': uretprobes do not support offset specification.\n",
			prog->name);
		goto free_binary;
	}
	opts.func_name = func;
	if (!plus) {
		long absolute = strtol(func, &end, 0);

		if (end != func && !*end) {
			opts.func_name = NULL;
			offset = absolute;
		}
	}
	*link = bpf_program__attach_uprobe_opts(prog, -1, binary, offset, &opts);
	err = *link ? 0 : -errno;

free_binary:
	free(binary);
	return err;
}
