/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * An extension brings program types, helpers, hooks, section names and map types into the emulated
 * kernel. It is one constant struct of tables. Built-in ones stand in a list; a plugin is a shared
 * object that exports `const struct bpfx_extension bpfx_extension`.
 *
 * Everything is checked at registration; what is wrong is refused with a text that names it.
 */
#ifndef BPFX_EXTENSION_H
#define BPFX_EXTENSION_H

#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>
#include <bpfx/context.h>
#include <bpfx/fire.h>
#include <bpfx/helper.h>
#include <bpfx/host.h>
#include <bpfx/kfunc.h>
#include <bpfx/map.h>
#include <bpfx/record.h>
#include <bpfx/tracepoint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Must be equal: a higher one changes a layout. Fields are only ever appended; `size` tells how
 * many an extension knows, the rest counts as zero. */
#define BPFX_ABI_VERSION 1

/* First number for program, attach and link types that are allotted by name. */
#define BPFX_TYPE_DYNAMIC 0x10000u

/* Values a program may return. */
struct bpfx_ret_range {
	uint32_t attach_type;	/* expected_attach_type it holds for; UINT32_MAX: any */
	int32_t min, max;
};

/**
 * struct bpfx_test_run - one BPF_PROG_TEST_RUN
 *
 * @attr holds the caller's input fields; the function reads the caller's memory through
 * host->copy_from_user() and writes results into @out and, for data and context, through
 * host->copy_to_user(). Fields of @out are copied to the caller also when the function fails with
 * -ENOSPC, as Linux does.
 */
struct bpfx_test_run {
	struct bpfx_prog *prog;
	const union bpf_attr *attr;	/* ->test */
	struct {
		uint32_t retval, duration;
		uint32_t data_size_out, ctx_size_out;
	} out;
	int write_out;			/* the function sets it when @out is to be copied */
};

#define BPFX_PROG_PKT_READ	0x01u	/* direct packet access */
#define BPFX_PROG_PKT_WRITE	0x02u
#define BPFX_PROG_CAP_NET_ADMIN	0x04u	/* Linux asks for CAP_NET_ADMIN */
#define BPFX_PROG_CAP_PERFMON	0x08u	/* Linux asks for CAP_PERFMON */
#define BPFX_PROG_UNPRIV	0x10u	/* unprivileged users may load it */
#define BPFX_PROG_ATTACH_CHECKED 0x20u	/* expected_attach_type must be one of attach_types */
#define BPFX_PROG_SLEEPABLE_OK	0x40u	/* BPF_F_SLEEPABLE is fine */
#define BPFX_PROG_LD_ABS	0x80u	/* BPF_LD_ABS and BPF_LD_IND read its packet */
/* With BPFX_PROG_ATTACH_CHECKED: attached to any of attach_types unless it returns more than 1. */
#define BPFX_PROG_ATTACH_LOOSE	0x100u
/* What it attaches to is a type of the kernel's BTF (attach_btf_id): a tracepoint, an iterator. Its context is
 * that one's arguments, typed as there; the context's fields do not matter. */
#define BPFX_PROG_BTF_TARGET	0x200u

struct bpfx_prog_type {
	const char *name;		/* Linux's: "xdp"; new ones: their own, at most 31 characters */
	uint32_t type;			/* BPF_PROG_TYPE_*, or 0: allotted by name */
	uint32_t flags;			/* BPFX_PROG_* */
	const struct bpfx_ctx_desc *ctx;
	/* Helpers only this type has, and overrides of general ones (same id, same prototype). */
	const struct bpfx_helper *helpers;
	uint32_t helper_cnt;
	/* Ids of general helpers it may call besides those every type may (BPFX_HELPER_BASE). */
	const uint32_t *general;
	uint32_t general_cnt;
	const struct bpfx_ret_range *ret_ranges;	/* none: any value */
	uint32_t ret_range_cnt;
	const uint32_t *attach_types;	/* with BPFX_PROG_ATTACH_CHECKED */
	uint32_t attach_type_cnt;
	/* NULL: TEST_RUN of this type is -ENOTSUPP (524). */
	int (*test_run)(const struct bpfx_host *host, struct bpfx_test_run *run);
	/* Packet loads of classic BPF; NULL: the type may not use them. */
	bpfx_load_packet_fn load_packet;
};

/* One attachment that is about to be made. */
struct bpfx_attach {
	const union bpf_attr *attr;	/* ->link_create of BPF_LINK_CREATE */
	struct bpfx_prog *prog;
	uint64_t target;		/* out: what the hook is fired for; see run_hook() */
	uint32_t info[4];		/* out: stored with the link, given back to show() */
	int taken_err;			/* out: result where the target is taken; 0: -EBUSY */
	const char *reason;		/* out: constant text that says why it is refused */
	int other_err;			/* out: as taken_err, where that has another info[1]; 0: as it */
};

#define BPFX_HOOK_MULTI		0x01u	/* many programs per target; else the second is -EBUSY */
#define BPFX_HOOK_FAIL_CLOSED	0x02u	/* a program that cannot run makes run_hook() fail */
#define BPFX_HOOK_DYNAMIC	0x04u	/* attach and link type are allotted by name */
/* The kernel keeps the programs in an order that who attaches may ask for, with or without a link,
 * under Linux's rules for cgroups (targets are cgroups, those above included, modes, preorder; the
 * hook has no attach function) or for interfaces (tcx). attach() of the latter sees target and flags
 * of either way in attr->link_create. */
#define BPFX_HOOK_CGROUP	0x08u
#define BPFX_HOOK_MPROG		0x10u
/* Programs come as bpf filters of traffic control, not by links. Their cookie is the protocol in network
 * byte order, and BPFX_TC_DIRECT where the result is an action. */
#define BPFX_HOOK_NETLINK	0x40u
#define BPFX_TC_PROTOCOL	0xffffu
#define BPFX_TC_DIRECT		0x10000u
/* A raw tracepoint: found by its name alone, "raw_tp." and the tracepoint's; many programs. It is fired with
 * a struct bpfx_tracepoint_ctx. */
#define BPFX_HOOK_TRACEPOINT	0x20u
/* A tracepoint with a record: programs come by perf events of the id that tracefs tells. Found by its
 * name alone, "tp." and the event's; many programs, whose results are combined as combine() says. */
#define BPFX_HOOK_RECORD	0x80u

struct bpfx_hook {
	const char *name;		/* unique, at most 31 characters: "xdp" */
	uint32_t attach_type;		/* enum bpf_attach_type; 0 with BPFX_HOOK_DYNAMIC */
	uint32_t link_type;		/* enum bpf_link_type; 0 with BPFX_HOOK_DYNAMIC */
	const char *prog_type;		/* name of the program type it runs */
	uint32_t flags;			/* BPFX_HOOK_* */
	uint32_t context_header_size;	/* BPFX_CTX_HEADER_SIZE: a declaration, checked at attach */
	/* Check the parameters of an attachment and fill target and info; NULL: none are taken. */
	int (*attach)(const struct bpfx_host *host, struct bpfx_attach *attach);
	/* Link info of its own: fill the union of *info and print fdinfo lines; NULL: none. */
	void (*fill_info)(const uint32_t stored[4], uint64_t target, struct bpf_link_info *info);
	int (*fdinfo)(const uint32_t stored[4], uint64_t target, char *buf, size_t size);
	/* Combine results: called with the next program's result. Return 0 to go on, 1 to stop.
	 * NULL: the last one wins. */
	int (*combine)(uint32_t *result, uint32_t next);
	struct bpfx_hook_state *state;	/* the extension's, zeroed; the runtime fills it */
	/* As combine(), which it replaces, for results that depend on what a program did to @ctx. */
	int (*combine_ctx)(void *ctx, uint32_t *result, uint32_t next);
	uint32_t max_programs;		/* per target, with BPFX_HOOK_MULTI: more are -E2BIG; 0: any */
	/* The event that bpfx_fire_hook() describes (bpfx/fire.h): programs that ran or -errno.
	 * NULL: the context's fields by name. */
	int (*fire)(const struct bpfx_host *host, const struct bpfx_hook *hook,
		    struct bpfx_fire *fire);
	/* Does the program with that cookie want to see the event; NULL: all do. */
	int (*wanted)(void *ctx, uint64_t cookie);
	/* Arguments of a tracepoint, for programs that want them typed (tp_btf): the kernel's BTF, or
	 * that of a module with the extension's name, tells of it. NULL: there are no such programs. */
	const struct bpfx_param *args;
	uint32_t arg_cnt;
	/* With BPFX_HOOK_RECORD. */
	const struct bpfx_tracepoint *tracepoint;
};

/* Lets the place that fires a hook skip it with one load while nothing is attached. */
struct bpfx_hook_state {
	const uint32_t *attached;	/* number of attachments in the store; NULL: not registered */
	void *runtime;
};

static inline int bpfx_hook_active(const struct bpfx_hook *hook)
{
	const uint32_t *attached = __atomic_load_n(&hook->state->attached, __ATOMIC_RELAXED);

	return attached && __atomic_load_n(attached, __ATOMIC_RELAXED);
}

/* A name for SEC("…"): "xdp", or with prefix set "xdp/…" too. */
struct bpfx_section {
	const char *name;
	const char *prog_type;		/* name of a program type */
	const char *hook;		/* name of the hook it attaches to, NULL: none */
	uint32_t prefix;
};

struct bpfx_extension {
	/* BPFX_EXTENSION_HEAD fills these: versions and sizes as compiled. */
	uint32_t size;			/* sizeof(struct bpfx_extension) */
	uint32_t abi_version;		/* BPFX_ABI_VERSION */
	uint32_t context_header_size;	/* BPFX_CTX_HEADER_SIZE: its contexts have the header */
	uint32_t reserved;
	uint32_t prog_type_size, helper_size, hook_size, section_size;	/* of one row */
	uint32_t ctx_desc_size, ctx_field_size, ret_range_size, map_type_size;
	uint32_t kfunc_size;
	uint32_t spare[3];
	/* Its own. */
	const char *name;
	const char *version;
	const struct bpfx_prog_type *prog_types;
	const struct bpfx_helper *helpers;	/* general helpers it adds */
	const struct bpfx_hook *hooks;
	const struct bpfx_section *sections;
	const struct bpfx_map_type *map_types;
	uint32_t prog_type_cnt, helper_cnt, hook_cnt, section_cnt, map_type_cnt;
	/* Called once when registered and before it goes; NULL: nothing to do. */
	int (*start)(const struct bpfx_host *host);
	void (*stop)(void);
	/* Kernel functions it adds: its BTF is that of a module with its name. */
	const struct bpfx_kfunc *kfuncs;
	uint32_t kfunc_cnt;
};

/* First in an extension's initializer: which layout it was compiled for, and the declaration that
 * its contexts have the header. */
#define BPFX_EXTENSION_HEAD                                                                        \
	.size = sizeof(struct bpfx_extension), .abi_version = BPFX_ABI_VERSION,                    \
	.context_header_size = BPFX_CTX_HEADER_SIZE, .reserved = 0,                                \
	.prog_type_size = sizeof(struct bpfx_prog_type),                                           \
	.helper_size = sizeof(struct bpfx_helper), .hook_size = sizeof(struct bpfx_hook),          \
	.section_size = sizeof(struct bpfx_section),                                               \
	.ctx_desc_size = sizeof(struct bpfx_ctx_desc),                                             \
	.ctx_field_size = sizeof(struct bpfx_ctx_field),                                           \
	.ret_range_size = sizeof(struct bpfx_ret_range),                                           \
	.map_type_size = sizeof(struct bpfx_map_type),                                             \
	.kfunc_size = sizeof(struct bpfx_kfunc), .spare = { 0 }

#ifdef __cplusplus
}
#endif

#endif
