/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Programs on sysctls that processes of a cgroup read and write. Access and rules measured on
 * Linux 6.18.
 */
#include "cgroup.h"

#define EXPORT	   __attribute__((visibility("default")))
#define READ	   BPFX_FIELD_READ
#define VALUE_MAX  4095u	/* a page, its last byte a NUL */

/* What r1 points to, and what the helpers tell and take. */
struct sysctl_args {
	struct bpf_sysctl uapi;
	int32_t retval;
	const char *name;
	const char *current;
	uint32_t current_size, new_size;
	bool changed;
	char value[VALUE_MAX + 1];	/* the new one */
};

struct sysctl_run {
	struct bpfx_ctx_header header;
	struct sysctl_args args;
};

static const struct bpfx_ctx_field fields[] = {
	{ "write", offsetof(struct bpf_sysctl, write), 4, BPFX_FIELD_SCALAR,
	  READ | BPFX_FIELD_NARROW, offsetof(struct sysctl_args, uapi.write), 4,
	  .type_name = NULL },
	{ "file_pos", offsetof(struct bpf_sysctl, file_pos), 4, BPFX_FIELD_SCALAR,
	  READ | BPFX_FIELD_NARROW | BPFX_FIELD_WRITE, offsetof(struct sysctl_args, uapi.file_pos), 4,
	  .type_name = NULL },
};

const struct bpfx_ctx_desc cgroup_sysctl_ctx = {
	.size = sizeof(struct bpf_sysctl),
	.real_size = sizeof(struct sysctl_args),
	.type_name = "bpf_sysctl",
	.fields = fields,
	.field_cnt = ARRAY_CNT(fields),
	.real_data = -1,
	.real_data_end = -1,
	.real_data_meta = -1,
};

/* ---- helpers ---- */

#define HELPER(name)                                                                               \
	static uint64_t name(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,      \
			     void *ctx)

static struct sysctl_args *sysctl_of(uint64_t r1)
{
	return (void *)(uintptr_t)r1;
}

/* A text with zeros behind it; -E2BIG: cut, the last byte is a NUL. */
static int64_t give_text(char *buf, uint32_t size, const char *text, uint32_t length)
{
	if (!length) {
		memset(buf, 0, size);
		return -EINVAL;
	}
	memset(buf, 0, size);
	memcpy(buf, text, MIN(size, length));
	if (size > length)
		return length;
	buf[size - 1] = 0;
	return -E2BIG;
}

HELPER(help_get_name)
{
	const struct sysctl_args *sysctl = sysctl_of(r1);
	const char *name = sysctl->name, *slash = strrchr(name, '/');

	if (r4 & BPF_F_SYSCTL_BASE_NAME && slash)	/* Linux ignores other flags */
		name = slash + 1;
	return give_text((char *)(uintptr_t)r2, r3, name, strlen(name));
}

HELPER(help_get_current_value)
{
	const struct sysctl_args *sysctl = sysctl_of(r1);

	return give_text((char *)(uintptr_t)r2, r3, sysctl->current, sysctl->current_size);
}

HELPER(help_get_new_value)
{
	const struct sysctl_args *sysctl = sysctl_of(r1);

	return give_text((char *)(uintptr_t)r2, r3, sysctl->value,
			 sysctl->uapi.write ? sysctl->new_size : 0);
}

HELPER(help_set_new_value)
{
	struct sysctl_args *sysctl = sysctl_of(r1);
	uint32_t size = r3;

	if (!sysctl->uapi.write || !sysctl->new_size)
		return -EINVAL;
	if (size > VALUE_MAX)
		return -E2BIG;
	memcpy(sysctl->value, (const void *)(uintptr_t)r2, size);
	sysctl->value[size] = 0;
	sysctl->new_size = size;
	sysctl->changed = true;
	return 0;
}

HELPER(help_get_retval)
{
	return (int64_t)cgroup_get_retval(&((struct sysctl_args *)ctx)->retval, ctx);
}

HELPER(help_set_retval)
{
	cgroup_set_retval(&((struct sysctl_args *)ctx)->retval, ctx, r1);
	return 0;
}

#define CTX  BPFX_ARG_CTX
#define OUT  BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE
#define SIZE BPFX_ARG_SIZE

const struct bpfx_helper cgroup_sysctl_rows[CGROUP_SYSCTL_ROW_CNT] = {
	{ BPF_FUNC_sysctl_get_name, "sysctl_get_name", help_get_name, BPFX_RET_INTEGER,
	  { CTX, OUT, SIZE, BPFX_ARG_ANY }, .flags = 0 },
	{ BPF_FUNC_sysctl_get_current_value, "sysctl_get_current_value", help_get_current_value,
	  BPFX_RET_INTEGER, { CTX, OUT, SIZE }, .flags = 0 },
	{ BPF_FUNC_sysctl_get_new_value, "sysctl_get_new_value", help_get_new_value,
	  BPFX_RET_INTEGER, { CTX, OUT, SIZE }, .flags = 0 },
	{ BPF_FUNC_sysctl_set_new_value, "sysctl_set_new_value", help_set_new_value,
	  BPFX_RET_INTEGER, { CTX, BPFX_ARG_MEM | BPFX_RDONLY, SIZE }, .flags = 0 },
	{ BPF_FUNC_get_retval, "get_retval", help_get_retval, BPFX_RET_INTEGER,
	  .flags = BPFX_HELPER_IMPLICIT_CTX | BPFX_HELPER_NOT_AT,
	  .attach_types = cgroup_no_retval, .attach_type_cnt = CGROUP_NO_RETVAL_CNT },
	{ BPF_FUNC_set_retval, "set_retval", help_set_retval, BPFX_RET_INTEGER,
	  { BPFX_ARG_ANY }, .flags = BPFX_HELPER_IMPLICIT_CTX | BPFX_HELPER_NOT_AT,
	  .attach_types = cgroup_no_retval, .attach_type_cnt = CGROUP_NO_RETVAL_CNT },
};

/* ---- events ---- */

static bool is_good(const struct bpfx_sysctl *event)
{
	return event->sz >= sizeof(*event) && event->name && event->write <= 1 &&
	       (event->current || !event->current_size) &&
	       (!event->write || (event->value && event->value_size <= event->room &&
				  event->value_size <= VALUE_MAX));
}

static void fill(const struct bpfx_sysctl *event, struct sysctl_args *args)
{
	memset(args, 0, sizeof(*args));
	args->uapi.write = event->write;
	args->uapi.file_pos = event->file_pos;
	args->name = event->name;
	args->current = event->current;
	args->current_size = event->current_size;
	if (!event->write)
		return;
	args->new_size = event->value_size;
	memcpy(args->value, event->value, event->value_size);
}

/* What the program put in its place is written; nothing of it where there is no room. */
static int32_t take_back(const struct sysctl_args *args, struct bpfx_sysctl *event)
{
	event->file_pos = args->uapi.file_pos;
	if (args->retval || !args->changed)
		return args->retval;
	if (args->new_size > event->room)
		return -ENOSPC;
	memcpy(event->value, args->value, args->new_size);
	event->value_size = args->new_size;
	return 0;
}

EXPORT int bpfx_sysctl_event(struct bpfx_sysctl *event)
{
	struct sysctl_run run;
	uint32_t flags;
	int ran;

	if (!is_good(event))
		return -EINVAL;
	event->result = 0;
	if (!sock_hook_is_active(BPF_CGROUP_SYSCTL))
		return 0;
	memset(&run.header, 0, sizeof(run.header));
	fill(event, &run.args);
	ran = cgroup_hook_run(BPF_CGROUP_SYSCTL, event->cgroup_id, &run.args,
			      &run.args.retval, &flags);
	if (ran > 0)
		event->result = take_back(&run.args, event);
	return ran;
}

/* Linux has no test runs of these: a context in, the context out, of a sysctl without a name. */
int cgroup_sysctl_test_run(const struct bpfx_host *host, struct bpfx_test_run *run)
{
	struct sysctl_run test;
	int err = test_without_data(run->attr);

	memset(&test, 0, sizeof(test));
	test.args.name = "";
	err = err ? err : test_read_ctx(host, run, &test.args.uapi, sizeof(test.args.uapi));
	err = err < 0 ? err : test_run_ctx(host, run, &test.args);
	return err ? err : test_write_ctx(host, run, &test.args.uapi, sizeof(test.args.uapi));
}

int net_fire_sysctl(const struct bpfx_host *host, const struct bpfx_hook *hook,
		    struct bpfx_fire *fire)
{
	char value[VALUE_MAX + 1];
	struct bpfx_sysctl event = {
		.sz = sizeof(event), .cgroup_id = fire->target, .value = value,
		.room = sizeof(value), .value_size = MIN(fire->data_size, VALUE_MAX),
		.write = fire->data != NULL,
	};
	int ret;

	if (fire->text(fire, "name", &event.name))
		return host->refuse(-EINVAL, "hook %s needs a name, such as net/ipv4/ip_forward",
				    hook->name);
	if (!fire->text(fire, "current", &event.current))
		event.current_size = strlen(event.current);
	if (fire->data)
		memcpy(value, fire->data, event.value_size);
	ret = bpfx_sysctl_event(&event);
	if (ret < 0)
		return host->refuse(ret, "hook %s does not take this sysctl", hook->name);
	fire->tell_number(fire, "result", event.result);
	if (event.write)
		fire->tell_data(fire, value, event.value_size);
	return ret;
}
