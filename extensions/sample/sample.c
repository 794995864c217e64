/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The smallest complete extension: a program type with a context of its own, a helper that only
 * this type has, an override of a general helper, a hook, a section name and test runs. It is the
 * example of the documentation; its event is a number that somebody measured.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <bpfx/extension.h>

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* What r1 points to. Programs see it as it is; they may change the verdict. */
struct sample_args {
	uint64_t value;
	uint32_t source;	/* who measured it */
	uint32_t verdict;
	uint64_t pid_tgid;	/* of whom it is about; behind what programs see */
};

struct sample_ctx {
	struct bpfx_ctx_header header;
	struct sample_args args;
};

#define SAME(field, field_flags)                                                                   \
	{ #field, offsetof(struct sample_args, field), sizeof(((struct sample_args *)0)->field),   \
	  BPFX_FIELD_SCALAR, field_flags, offsetof(struct sample_args, field),                     \
	  sizeof(((struct sample_args *)0)->field), .type_name = NULL }

static const struct bpfx_ctx_field fields[] = {
	SAME(value, BPFX_FIELD_READ | BPFX_FIELD_NARROW),
	SAME(source, BPFX_FIELD_READ),
	SAME(verdict, BPFX_FIELD_READ | BPFX_FIELD_WRITE),
};

static const struct bpfx_ctx_desc ctx_desc = {
	.size = offsetof(struct sample_args, pid_tgid),
	.real_size = sizeof(struct sample_args),
	.type_name = "sample_args",
	.fields = fields,
	.field_cnt = ARRAY_CNT(fields),
	.real_data = -1,
	.real_data_end = -1,
	.real_data_meta = -1,
};

/* ---- helpers ---- */

/* Scale the value: @r2 percent of it. */
static uint64_t help_sample_scale(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
				  void *ctx)
{
	const struct sample_args *args = (const void *)(uintptr_t)r1;

	return args->value / 100 * r2 + args->value % 100 * r2 / 100;
}

/* The event's process, not the one that happens to fire the hook. */
static uint64_t help_pid_tgid(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			      void *ctx)
{
	return ((const struct sample_args *)ctx)->pid_tgid;
}

static const struct bpfx_helper helpers[] = {
	{ BPFX_HELPER_SPECIFIC, "sample_scale", help_sample_scale, BPFX_RET_INTEGER,
	  { BPFX_ARG_CTX, BPFX_ARG_ANY }, .flags = 0 },
	{ BPF_FUNC_get_current_pid_tgid, "get_current_pid_tgid", help_pid_tgid, BPFX_RET_INTEGER,
	  .flags = BPFX_HELPER_IMPLICIT_CTX },
};

/* ---- test run: a context in, the context out ---- */

static int test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	const union bpf_attr *attr = run->attr;
	struct sample_ctx ctx;
	uint32_t result = 0;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size ||
	    attr->test.data_size_in || attr->test.data_size_out ||
	    attr->test.ctx_size_in > ctx_desc.size)
		return -EINVAL;
	memset(&ctx, 0, sizeof(ctx));
	if (attr->test.ctx_in &&
	    host->copy_from_user(&ctx.args, attr->test.ctx_in, attr->test.ctx_size_in))
		return -EFAULT;
	err = host->run_prog(run->prog, &ctx.args, &result);
	if (err)
		return err;
	run->out.retval = result;
	run->write_out = 1;
	if (!attr->test.ctx_out)
		return 0;
	run->out.ctx_size_out = ctx_desc.size;
	if (attr->test.ctx_size_out < ctx_desc.size)
		return -ENOSPC;
	return host->copy_to_user(attr->test.ctx_out, &ctx.args, ctx_desc.size);
}

static const struct bpfx_prog_type types[] = {
	{
		.name = "sample",
		.ctx = &ctx_desc,
		.helpers = helpers,
		.helper_cnt = ARRAY_CNT(helpers),
		.test_run = test_run,
	},
};

/* ---- hook ---- */

/* The first program that says no ends it. */
static int combine(uint32_t *result, uint32_t next)
{
	*result = next;
	return next != 0;
}

static struct bpfx_hook_state state;

static const struct bpfx_hook hooks[] = {
	{
		.name = "sample",
		.prog_type = "sample",
		.flags = BPFX_HOOK_MULTI | BPFX_HOOK_DYNAMIC,
		.context_header_size = BPFX_CTX_HEADER_SIZE,
		.combine = combine,
		.state = &state,
	},
};

static const struct bpfx_section sections[] = {
	{ .name = "sample", .prog_type = "sample", .hook = "sample", .prefix = 1 },
};

extern const struct bpfx_extension sample_extension;
const struct bpfx_extension sample_extension = {
	BPFX_EXTENSION_HEAD,
	.name = "sample",
	.version = "1",
	.prog_types = types,
	.prog_type_cnt = ARRAY_CNT(types),
	.hooks = hooks,
	.hook_cnt = ARRAY_CNT(hooks),
	.sections = sections,
	.section_cnt = ARRAY_CNT(sections),
};
