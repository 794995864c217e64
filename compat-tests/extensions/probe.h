/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * An extension to be changed, taken out and put back: all its tables can be written to. Its program
 * type "probe" has a context of three fields, four helpers of its own and an override; its hooks are
 * "probe" (many programs) and "probe_closed" (a program that cannot run makes it fail).
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdatomic.h>
#include <bpfx/hook.h>

struct probe_args {
	uint64_t value;
	uint32_t verdict, source;
	uint64_t pid_tgid;	/* behind what programs see */
};

struct probe_ctx {
	struct bpfx_ctx_header header;
	struct probe_args args;
};

enum {
	PROBE_ADD = 0x10000,	/* (ctx, n): value + n */
	PROBE_MEM,		/* (mem, size): size */
	PROBE_SLEEP,		/* (): 50 ms */
	PROBE_CALL,		/* (): calls probe_callback */
	PROBE_HELPERS = 4,
};

struct probe {
	struct bpfx_ctx_field fields[3];
	struct bpfx_ctx_desc ctx;
	struct bpfx_helper helpers[PROBE_HELPERS + 2];	/* and the override, and room for one */
	struct bpfx_prog_type types[1];
	struct bpfx_hook_state states[2];
	struct bpfx_hook hooks[2];
	struct bpfx_section sections[1];
	struct bpfx_map_type map_types[1];
	struct bpfx_extension ext;
};

/* The one there is. probe_reset() makes it good again; it must not be registered then. */
extern struct probe probe;
void probe_reset(void);

/* Programs inside of PROBE_SLEEP now; runs of any helper ever. */
extern _Atomic int probe_sleepers, probe_calls;
/* What PROBE_CALL does; NULL: nothing. */
extern uint64_t (*_Atomic probe_callback)(void *ctx);

/* Load a program of type probe: fd or -errno. */
struct bpf_insn;
int probe_load(const struct bpf_insn *insns, uint32_t cnt);
#define PROBE_LOAD(...)                                                                            \
	probe_load((const struct bpf_insn[]){ __VA_ARGS__ },                                       \
		   sizeof((const struct bpf_insn[]){ __VA_ARGS__ }) / sizeof(struct bpf_insn))

/* A link to hook "probe" or another: fd or -errno. */
int probe_attach(int prog, const char *hook);

/* Fire a hook for value @value: number of programs or -errno. */
int probe_fire(const struct bpfx_hook *hook, uint64_t value, uint32_t *result);

/* One test run of a program: its result in *retval. 0 or -errno. */
int probe_test_run(int prog, uint64_t value, uint32_t *retval);

#endif
