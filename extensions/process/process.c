/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The process extension: programs that see each process come and go and may deny its creation. Who
 * sees processes (an application, bpf-shim fire) tells through bpfx_process_event().
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpfx/extension.h>
#include <bpfx/process.h>

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define EXPORT	     __attribute__((visibility("default")))
#define COMMAND_MAX  65536u

/* What r1 points to: the fields under their own names, and behind them what helpers tell. */
struct process_args {
	struct process_md md;
	const char *image_path, *account_name, *account_domain;
};

struct process_ctx {
	struct bpfx_ctx_header header;
	struct process_args args;
};

static const struct bpfx_host *process_host;

#define FIELD(field, field_kind)                                                                   \
	{ #field, offsetof(struct process_md, field), sizeof(((struct process_md *)0)->field),     \
	  field_kind, BPFX_FIELD_READ, offsetof(struct process_args, md.field),                    \
	  sizeof(((struct process_md *)0)->field), .type_name = NULL }

static const struct bpfx_ctx_field fields[] = {
	FIELD(command_start, BPFX_FIELD_PACKET),
	FIELD(command_end, BPFX_FIELD_PACKET_END),
	FIELD(process_id, BPFX_FIELD_SCALAR),
	FIELD(parent_process_id, BPFX_FIELD_SCALAR),
	FIELD(creating_process_id, BPFX_FIELD_SCALAR),
	FIELD(creating_thread_id, BPFX_FIELD_SCALAR),
	FIELD(creation_time, BPFX_FIELD_SCALAR),
	FIELD(exit_time, BPFX_FIELD_SCALAR),
	FIELD(process_exit_code, BPFX_FIELD_SCALAR),
	FIELD(operation, BPFX_FIELD_SCALAR),
};

static const struct bpfx_ctx_desc ctx_desc = {
	.size = sizeof(struct process_md),
	.real_size = sizeof(struct process_args),
	.type_name = "process_md",
	.fields = fields,
	.field_cnt = ARRAY_CNT(fields),
	.real_data = offsetof(struct process_args, md.command_start),
	.real_data_end = offsetof(struct process_args, md.command_end),
	.real_data_meta = -1,
};

/* ---- helpers ---- */

static uint64_t give_text(const char *text, uint64_t buf, uint64_t size)
{
	size_t len = text ? strlen(text) + 1 : 0;

	if (!text)
		return -ENOENT;
	if (len > (uint32_t)size)
		return -EINVAL;
	memcpy((void *)(uintptr_t)buf, text, len);
	return len;
}

static const struct process_args *args_of(uint64_t ctx)
{
	return (const struct process_args *)(uintptr_t)ctx;
}

static uint64_t help_image_path(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
				void *ctx)
{
	return give_text(args_of(r1)->image_path, r2, r3);
}

static uint64_t help_account_name(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
				  void *ctx)
{
	return give_text(args_of(r1)->account_name, r2, r3);
}

static uint64_t help_account_domain(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
				    uint64_t r5, void *ctx)
{
	return give_text(args_of(r1)->account_domain, r2, r3);
}

#define TEXT_ARGS { BPFX_ARG_CTX, BPFX_ARG_MEM | BPFX_WRITE, BPFX_ARG_SIZE }

static const struct bpfx_helper helpers[] = {
	{ PROCESS_FUNC_IMAGE_PATH, "process_get_image_path", help_image_path, BPFX_RET_INTEGER,
	  TEXT_ARGS, .flags = 0 },
	{ PROCESS_FUNC_ACCOUNT_NAME, "process_get_account_name", help_account_name,
	  BPFX_RET_INTEGER, TEXT_ARGS, .flags = 0 },
	{ PROCESS_FUNC_ACCOUNT_DOMAIN, "process_get_account_domain", help_account_domain,
	  BPFX_RET_INTEGER, TEXT_ARGS, .flags = 0 },
};

/* ---- hook ---- */

/* A creation ends with the first program that denies it. */
static int combine(void *ctx, uint32_t *result, uint32_t next)
{
	const struct process_args *args = ctx;

	if (args->md.operation != PROCESS_CREATE)
		return 0;
	*result = next;
	return (int32_t)next < 0;
}

static int fire_process(const struct bpfx_host *host, const struct bpfx_hook *hook,
			struct bpfx_fire *fire);

static struct bpfx_hook_state state;

static const struct bpfx_hook hooks[] = {
	{
		.name = "process",
		.prog_type = "process",
		.flags = BPFX_HOOK_MULTI | BPFX_HOOK_DYNAMIC,
		.context_header_size = BPFX_CTX_HEADER_SIZE,
		.combine_ctx = combine,
		.fire = fire_process,
		.state = &state,
	},
};

EXPORT int bpfx_process_event(struct bpfx_process_event *event)
{
	struct process_ctx ctx;
	struct process_md *md = &ctx.args.md;
	uint32_t result = 0;
	int ran;

	if (event->sz < sizeof(*event) || event->operation > PROCESS_DELETE || event->reserved ||
	    event->command_size > COMMAND_MAX)
		return -EINVAL;
	event->status = 0;
	if (!bpfx_hook_active(&hooks[0]))
		return 0;
	memset(&ctx, 0, sizeof(ctx));
	md->command_start = (uintptr_t)event->command;
	md->command_end = md->command_start + (event->command ? event->command_size : 0);
	md->process_id = event->pid;
	md->parent_process_id = event->parent_pid;
	md->creating_process_id = event->creating_pid;
	md->creating_thread_id = event->creating_tid;
	md->creation_time = event->creation_time;
	md->exit_time = event->exit_time;
	md->process_exit_code = event->exit_code;
	md->operation = event->operation;
	ctx.args.image_path = event->image_path;
	ctx.args.account_name = event->account_name;
	ctx.args.account_domain = event->account_domain;
	ran = process_host->run_hook(&hooks[0], 0, &ctx.args, &result);
	if (ran > 0 && event->operation == PROCESS_CREATE && (int32_t)result < 0)
		event->status = result;
	return ran;
}

/* ---- events made up from names and numbers ---- */

static int take_number(const struct bpfx_fire *fire, const char *name, uint64_t *value)
{
	int err = fire->number(fire, name, value);

	return err == -ENOENT ? 0 : err ? process_host->refuse(err, "%s is not a number", name) : 0;
}

static int take_text(const struct bpfx_fire *fire, const char *name, const char **value)
{
	int err = fire->text(fire, name, value);

	return err == -ENOENT ? 0 : err ? process_host->refuse(err, "%s is not a text", name) : 0;
}

static int take_event(const struct bpfx_fire *fire, struct bpfx_process_event *event)
{
	const char *operation = "create";
	uint64_t exit_code = 0;
	int err = take_text(fire, "operation", &operation);

	event->operation = strcmp(operation, "delete") ? PROCESS_CREATE : PROCESS_DELETE;
	if (!err && event->operation == PROCESS_CREATE && strcmp(operation, "create"))
		err = process_host->refuse(-EINVAL, "operation is create or delete, not '%s'",
					   operation);
	err = err ? err : take_number(fire, "pid", &event->pid);
	err = err ? err : take_number(fire, "parent_pid", &event->parent_pid);
	err = err ? err : take_number(fire, "creating_pid", &event->creating_pid);
	err = err ? err : take_number(fire, "creating_tid", &event->creating_tid);
	err = err ? err : take_number(fire, "creation_time", &event->creation_time);
	err = err ? err : take_number(fire, "exit_time", &event->exit_time);
	err = err ? err : take_number(fire, "exit_code", &exit_code);
	err = err ? err : take_text(fire, "command", &event->command);
	err = err ? err : take_text(fire, "image_path", &event->image_path);
	err = err ? err : take_text(fire, "account_name", &event->account_name);
	err = err ? err : take_text(fire, "account_domain", &event->account_domain);
	event->exit_code = exit_code;
	event->command_size = event->command ? strlen(event->command) : 0;
	return err;
}

static int fire_process(const struct bpfx_host *host, const struct bpfx_hook *hook,
			struct bpfx_fire *fire)
{
	struct bpfx_process_event event = { .sz = sizeof(event) };
	int ret = take_event(fire, &event);

	ret = ret ? ret : bpfx_process_event(&event);
	if (ret >= 0)
		fire->tell_number(fire, "status", event.status);
	return ret;
}

/* ---- test runs: process_md as context, the command line as data ---- */

static int read_in(const struct bpfx_host *host, const union bpf_attr *attr,
		   struct process_md *md, char *command)
{
	uint32_t size = attr->test.ctx_size_in;

	if (size > sizeof(*md) || attr->test.data_size_in > COMMAND_MAX)
		return -E2BIG;
	if (size && host->copy_from_user(md, attr->test.ctx_in, size))
		return -EFAULT;
	if (md->command_start || md->command_end || md->operation > PROCESS_DELETE)
		return -EINVAL;
	if (host->copy_from_user(command, attr->test.data_in, attr->test.data_size_in))
		return -EFAULT;
	md->command_start = (uintptr_t)command;
	md->command_end = md->command_start + attr->test.data_size_in;
	return 0;
}

static int write_ctx(const struct bpfx_host *host, struct bpfx_test_run *run, struct process_md *md)
{
	uint32_t room = run->attr->test.ctx_size_out;

	if (!run->attr->test.ctx_out)
		return 0;
	md->command_start = md->command_end = 0;
	run->out.ctx_size_out = sizeof(*md);
	if (host->copy_to_user(run->attr->test.ctx_out, md, room < sizeof(*md) ? room : sizeof(*md)))
		return -EFAULT;
	return room < sizeof(*md) ? -ENOSPC : 0;
}

static int repeat(const struct bpfx_host *host, struct bpfx_test_run *run, void *ctx)
{
	uint32_t times = run->attr->test.repeat ? run->attr->test.repeat : 1;
	int err = 0;

	for (uint32_t i = 0; !err && i < times; i++)
		err = host->run_prog(run->prog, ctx, &run->out.retval);
	return err;
}

static int test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	const union bpf_attr *attr = run->attr;
	struct process_ctx ctx;
	char *command;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size || attr->test.data_size_out)
		return -EINVAL;
	memset(&ctx, 0, sizeof(ctx));
	command = calloc(1, (attr->test.data_size_in > COMMAND_MAX ? 0 : attr->test.data_size_in) + 1);
	if (!command)
		return -ENOMEM;
	err = read_in(host, attr, &ctx.args.md, command);
	err = err ? err : repeat(host, run, &ctx.args);
	if (!err) {
		run->write_out = 1;
		err = write_ctx(host, run, &ctx.args.md);
	}
	free(command);
	return err;
}

/* ---- the extension ---- */

static const struct bpfx_prog_type types[] = {
	{
		.name = "process",
		.flags = BPFX_PROG_PKT_READ,
		.ctx = &ctx_desc,
		.helpers = helpers,
		.helper_cnt = ARRAY_CNT(helpers),
		.test_run = test_run,
	},
};

static const struct bpfx_section sections[] = {
	{ .name = "process", .prog_type = "process", .hook = "process", .prefix = 1 },
};

static int start(const struct bpfx_host *host)
{
	process_host = host;
	return 0;
}

extern const struct bpfx_extension process_extension;
const struct bpfx_extension process_extension = {
	BPFX_EXTENSION_HEAD,
	.name = "process",
	.version = "1",
	.prog_types = types,
	.prog_type_cnt = ARRAY_CNT(types),
	.hooks = hooks,
	.hook_cnt = ARRAY_CNT(hooks),
	.sections = sections,
	.section_cnt = ARRAY_CNT(sections),
	.start = start,
};
