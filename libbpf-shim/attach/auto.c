/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf_program__attach(): from what the section name says to the function that does it. */
#include "auto_attach.h"
#include "link.h"

/* Kinds whose target was fixed when the program was loaded. */

static int attach_trace(const struct bpf_program *prog, struct bpf_link **link)
{
	*link = bpf_program__attach_trace(prog);
	return *link ? 0 : -errno;
}

static int attach_lsm(const struct bpf_program *prog, struct bpf_link **link)
{
	*link = bpf_program__attach_lsm(prog);
	return *link ? 0 : -errno;
}

static int attach_iter(const struct bpf_program *prog, struct bpf_link **link)
{
	*link = bpf_program__attach_iter(prog, NULL);
	return *link ? 0 : -errno;
}

static int attach_raw_tracepoint(const struct bpf_program *prog, struct bpf_link **link)
{
	const char *name = sec_def_suffix(prog->sec_def, prog->sec_name);

	*link = NULL;
	if (!name)
		return 0;
	*link = bpf_program__attach_raw_tracepoint(prog, name);
	return *link ? 0 : -errno;
}

/* A hook with no parameters: the attach type says it all. */
static int attach_hook(const struct bpf_program *prog, struct bpf_link **link)
{
	*link = make_link(prog, 0, prog->sec_name, NULL);
	return *link ? 0 : -errno;
}

static int attach_custom(const struct bpf_program *prog, struct bpf_link **link)
{
	return prog->sec_def->attach_fn(prog, prog->sec_def->cookie, link);
}

static int (*const attach_functions[ATTACH_KIND_COUNT])(const struct bpf_program *prog,
							struct bpf_link **link) = {
	[ATTACH_KPROBE]		= attach_kprobe_section,
	[ATTACH_UPROBE]		= attach_uprobe_section,
	[ATTACH_KPROBE_MULTI]	= attach_kprobe_multi_section,
	[ATTACH_KPROBE_SESSION]	= attach_kprobe_session_section,
	[ATTACH_UPROBE_MULTI]	= attach_uprobe_multi_section,
	[ATTACH_KSYSCALL]	= attach_ksyscall_section,
	[ATTACH_TRACEPOINT]	= attach_tracepoint_section,
	[ATTACH_RAW_TRACEPOINT]	= attach_raw_tracepoint,
	[ATTACH_TRACE]		= attach_trace,
	[ATTACH_LSM]		= attach_lsm,
	[ATTACH_ITER]		= attach_iter,
	[ATTACH_HOOK]		= attach_hook,
	[ATTACH_CUSTOM]		= attach_custom,
};

int program_auto_attach(const struct bpf_program *prog, struct bpf_link **link)
{
	*link = NULL;
	if (!prog->sec_def || !attach_functions[prog->sec_def->attach])
		return -EOPNOTSUPP;
	return attach_functions[prog->sec_def->attach](prog, link);
}

bool program_can_auto_attach(const struct bpf_program *prog)
{
	return prog->sec_def && attach_functions[prog->sec_def->attach];
}

struct bpf_link *bpf_program__attach(const struct bpf_program *prog)
{
	struct bpf_link *link;
	int err;

	err = program_auto_attach(prog, &link);
	if (err)
		return libbpf_err_ptr(err);
	/* a bare section name: skeletons pass over it, whoever asks for this program is told */
	return link ? link : libbpf_err_ptr(-EOPNOTSUPP);
}
