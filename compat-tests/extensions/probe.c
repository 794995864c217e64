/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "probe.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

struct probe probe;
_Atomic int probe_sleepers, probe_calls;
uint64_t (*_Atomic probe_callback)(void *ctx);

/* ---- helpers ---- */

static uint64_t help_add(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	probe_calls++;
	return ((const struct probe_args *)(uintptr_t)r1)->value + r2;
}

static uint64_t help_mem(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	probe_calls++;
	return r2;
}

static uint64_t help_sleep(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			   void *ctx)
{
	const struct timespec pause = { .tv_nsec = 50000000 };

	probe_sleepers++;
	nanosleep(&pause, NULL);
	probe_sleepers--;
	probe_calls++;
	return 0;
}

static uint64_t help_call(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			  void *ctx)
{
	uint64_t (*callback)(void *) = probe_callback;

	return callback ? callback(ctx) : 0;
}

static uint64_t help_pid(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	return ((const struct probe_args *)ctx)->pid_tgid;
}

/* ---- tables ---- */

static int test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	struct probe_ctx ctx = { 0 };
	uint32_t result = 0;
	int err;

	if (run->attr->test.ctx_in &&
	    host->copy_from_user(&ctx.args, run->attr->test.ctx_in,
				 run->attr->test.ctx_size_in > 16 ? 16 : run->attr->test.ctx_size_in))
		return -EFAULT;
	err = host->run_prog(run->prog, &ctx.args, &result);
	run->out.retval = result;
	run->write_out = !err;
	return err;
}

static int combine(uint32_t *result, uint32_t next)
{
	*result += next;
	return 0;
}

static struct bpfx_ctx_field field(const char *name, uint32_t offset, uint32_t size, uint32_t flags)
{
	return (struct bpfx_ctx_field){ .name = name, .offset = offset, .size = size,
					.kind = BPFX_FIELD_SCALAR, .flags = flags,
					.real_offset = offset, .real_size = size };
}

static struct bpfx_hook hook(const char *name, uint32_t flags, struct bpfx_hook_state *state)
{
	return (struct bpfx_hook){ .name = name, .prog_type = "probe",
				   .flags = BPFX_HOOK_DYNAMIC | BPFX_HOOK_MULTI | flags,
				   .context_header_size = BPFX_CTX_HEADER_SIZE,
				   .combine = combine, .state = state };
}

void probe_reset(void)
{
	memset(&probe, 0, sizeof(probe));
	probe.fields[0] = field("value", 0, 8, BPFX_FIELD_READ);
	probe.fields[1] = field("verdict", 8, 4, BPFX_FIELD_READ | BPFX_FIELD_WRITE);
	probe.fields[2] = field("source", 12, 4, BPFX_FIELD_READ);
	probe.ctx = (struct bpfx_ctx_desc){ .size = 16, .real_size = sizeof(struct probe_args),
					    .type_name = "probe_args", .fields = probe.fields,
					    .field_cnt = 3, .real_data = -1, .real_data_end = -1,
					    .real_data_meta = -1 };
	probe.helpers[0] = (struct bpfx_helper){ PROBE_ADD, "probe_add", help_add, BPFX_RET_INTEGER,
						 { BPFX_ARG_CTX, BPFX_ARG_ANY }, .flags = 0 };
	probe.helpers[1] = (struct bpfx_helper){ PROBE_MEM, "probe_mem", help_mem, BPFX_RET_INTEGER,
						 { BPFX_ARG_MEM, BPFX_ARG_SIZE }, .flags = 0 };
	probe.helpers[2] = (struct bpfx_helper){ PROBE_SLEEP, "probe_sleep", help_sleep,
						 BPFX_RET_INTEGER, .flags = 0 };
	probe.helpers[3] = (struct bpfx_helper){ PROBE_CALL, "probe_call", help_call,
						 BPFX_RET_INTEGER, .flags = BPFX_HELPER_IMPLICIT_CTX };
	probe.helpers[4] = (struct bpfx_helper){ BPF_FUNC_get_current_pid_tgid,
						 "get_current_pid_tgid", help_pid, BPFX_RET_INTEGER,
						 .flags = BPFX_HELPER_IMPLICIT_CTX };
	probe.types[0] = (struct bpfx_prog_type){ .name = "probe", .ctx = &probe.ctx,
						  .helpers = probe.helpers,
						  .helper_cnt = PROBE_HELPERS + 1,
						  .test_run = test_run };
	probe.hooks[0] = hook("probe", 0, &probe.states[0]);
	probe.hooks[1] = hook("probe_closed", BPFX_HOOK_FAIL_CLOSED, &probe.states[1]);
	probe.sections[0] = (struct bpfx_section){ "probe", "probe", "probe", 1 };
	probe.map_types[0] = (struct bpfx_map_type){ .name = "probe_hash",
						     .base = BPF_MAP_TYPE_HASH };
	probe.ext = (struct bpfx_extension){
		BPFX_EXTENSION_HEAD, .name = "probe", .version = "1",
		.prog_types = probe.types, .prog_type_cnt = 1,
		.hooks = probe.hooks, .hook_cnt = 2,
		.sections = probe.sections, .section_cnt = 1,
		.map_types = probe.map_types, .map_type_cnt = 1,
	};
}

/* ---- use ---- */

int probe_load(const struct bpf_insn *insns, uint32_t cnt)
{
	return load_prog(&emulated_backend, bpfx_prog_type("probe"), insns, cnt);
}

int probe_attach(int prog, const char *name)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = bpfx_attach_type(name);
	return kern_bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

int probe_fire(const struct bpfx_hook *hook, uint64_t value, uint32_t *result)
{
	struct probe_ctx ctx = { .args = { .value = value } };

	*result = 0;
	return bpfx_host()->run_hook(hook, 0, &ctx.args, result);
}

int probe_test_run(int prog, uint64_t value, uint32_t *retval)
{
	struct probe_args in = { .value = value };
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.ctx_in = (uintptr_t)&in;
	attr.test.ctx_size_in = 16;
	err = kern_bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	*retval = attr.test.retval;
	return err;
}
