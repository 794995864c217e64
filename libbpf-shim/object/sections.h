/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the name of a section says about the programs in it. */
#ifndef BPF_SHIM_SECTIONS_H
#define BPF_SHIM_SECTIONS_H

#include <bpf/libbpf.h>
#include <stdbool.h>

enum sec_flags {
	SEC_NONE = 0,
	SEC_ATTACHABLE = 1 << 0,	/* the attach type can be asked for by name */
	SEC_EXP_ATTACH_OPT = 1 << 1,	/* kernels without expected_attach_type load it, too */
	SEC_ATTACH_BTF = 1 << 2,	/* attaches to a BTF id that is found before load */
	SEC_SLEEPABLE = 1 << 3,
	SEC_XDP_FRAGS = 1 << 4,
	SEC_USDT = 1 << 5,
};

/* How bpf_program__attach() goes about it; attach/auto.c has a function for each. */
enum attach_kind {
	ATTACH_NONE,
	ATTACH_KPROBE,
	ATTACH_UPROBE,
	ATTACH_KPROBE_MULTI,
	ATTACH_KPROBE_SESSION,
	ATTACH_UPROBE_MULTI,
	ATTACH_KSYSCALL,
	ATTACH_USDT,
	ATTACH_TRACEPOINT,
	ATTACH_RAW_TRACEPOINT,
	ATTACH_TRACE,
	ATTACH_LSM,
	ATTACH_ITER,
	ATTACH_HOOK,			/* an extension's, by its attach type alone */
	ATTACH_CUSTOM,			/* by the handler's own function */
	ATTACH_KIND_COUNT,
};

struct sec_def {
	const char *name;		/* NULL: the fallback */
	enum { MATCH_EXACT, MATCH_OPTIONAL_SUFFIX, MATCH_SUFFIX } match;
	enum bpf_prog_type prog_type;
	enum bpf_attach_type attach_type;
	unsigned int flags;
	enum attach_kind attach;

	/* of handlers registered at run time */
	int handler_id;
	long cookie;
	libbpf_prog_setup_fn_t setup;
	libbpf_prog_prepare_load_fn_t prepare_load;
	libbpf_prog_attach_fn_t attach_fn;
};

/* NULL for a name that means nothing. A leading '?' is the caller's. */
const struct sec_def *sec_def_find(const char *sec_name);

/* What stands behind "name/"; NULL for a bare name. */
const char *sec_def_suffix(const struct sec_def *def, const char *sec_name);

#endif
