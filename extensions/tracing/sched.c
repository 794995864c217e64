/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Tracepoints of processes: hooks by name, and events that run their programs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <bpfx/sched.h>

#include "tracing_private.h"

#define EXPORT __attribute__((visibility("default")))

/* A tracepoint's programs may read as many arguments as it has. */
static int check_args(const struct bpfx_host *host, struct bpfx_attach *attach, uint32_t args)
{
	attach->reason = "the program reads more arguments than the tracepoint has";
	return host->prog_ctx_size(attach->prog) > 8 * args ? -EINVAL : 0;
}

static int attach_2(const struct bpfx_host *host, struct bpfx_attach *attach)
{
	return check_args(host, attach, 2);
}

static int attach_3(const struct bpfx_host *host, struct bpfx_attach *attach)
{
	return check_args(host, attach, 3);
}

static int fire_fork(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire);
static int fire_exec(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire);
static int fire_exit(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire);

static struct bpfx_hook_state states[TRACING_HOOK_CNT];

#define RAW(kind)    (kind)
#define RECORD(kind) (SCHED_KINDS + (kind))

#define TRACEPOINT(kind, tp, attach_fn, fire_fn)                                                   \
	[RAW(kind)] = { .name = "raw_tp." tp,                                                      \
	  .link_type = BPF_LINK_TYPE_RAW_TRACEPOINT,                                               \
	  .prog_type = "raw_tracepoint",                                                           \
	  .flags = BPFX_HOOK_TRACEPOINT | BPFX_HOOK_MULTI,                                         \
	  .context_header_size = BPFX_CTX_HEADER_SIZE,                                             \
	  .attach = attach_fn,                                                                     \
	  .fire = fire_fn,                                                                         \
	  .state = &states[RAW(kind)] },                                                           \
	[RECORD(kind)] = { .name = "tp." tp,                                                       \
	  .link_type = BPF_LINK_TYPE_PERF_EVENT,                                                   \
	  .prog_type = "tracepoint",                                                               \
	  .flags = BPFX_HOOK_RECORD | BPFX_HOOK_MULTI,                                             \
	  .context_header_size = BPFX_CTX_HEADER_SIZE,                                             \
	  .combine = sched_record_combine,                                                         \
	  .fire = fire_fn,                                                                         \
	  .tracepoint = &sched_records[kind],                                                      \
	  .state = &states[RECORD(kind)] }

const struct bpfx_hook tracing_hooks[TRACING_HOOK_CNT] = {
	TRACEPOINT(BPFX_SCHED_FORK, "sched_process_fork", attach_2, fire_fork),
	TRACEPOINT(BPFX_SCHED_EXEC, "sched_process_exec", attach_3, fire_exec),
	TRACEPOINT(BPFX_SCHED_EXIT, "sched_process_exit", attach_2, fire_exit),
};

/* ---- events ---- */

static bool is_whole(const struct bpfx_sched_event *event)
{
	if (event->sz < sizeof(*event) || event->kind > BPFX_SCHED_EXIT ||
	    !event->task)
		return false;
	return (event->kind != BPFX_SCHED_FORK || event->child) &&
	       (event->kind != BPFX_SCHED_EXEC || event->filename);
}

static void complete(struct bpfx_task *task)
{
	task->real_parent = task->real_parent ? task->real_parent : task;
	task->parent = task->parent ? task->parent : task->real_parent;
	task->group_leader = task->group_leader ? task->group_leader : task;
}

static uint64_t word(const void *pointer)
{
	return (uintptr_t)pointer;
}

static void fill_args(const struct bpfx_sched_event *event, const struct bpfx_binprm *binprm,
		      uint64_t *args)
{
	args[0] = word(event->task);
	switch (event->kind) {
	case BPFX_SCHED_FORK:
		args[1] = word(event->child);
		break;
	case BPFX_SCHED_EXEC:
		args[1] = (int64_t)(event->old_pid ? event->old_pid : event->task->pid);
		args[2] = word(binprm);
		break;
	case BPFX_SCHED_EXIT:
		args[1] = event->group_dead != 0;
		break;
	}
}

static int run_raw(const struct bpfx_hook *hook, const struct bpfx_sched_event *event)
{
	struct bpfx_binprm binprm;
	struct raw_tp_event ctx;
	uint32_t result = 0;

	binprm.filename = event->filename;
	binprm.interp = event->interp ? event->interp : event->filename;
	memset(&ctx, 0, sizeof(ctx));
	ctx.head.current_task = event->task;
	fill_args(event, &binprm, ctx.args);
	return tracing_host->run_hook(hook, 0, ctx.args, &result);
}

EXPORT int bpfx_sched_event(struct bpfx_sched_event *event)
{
	const struct bpfx_hook *raw, *record;
	int ran = 0, more = 0;

	if (!is_whole(event))
		return -EINVAL;
	raw = &tracing_hooks[RAW(event->kind)];
	record = &tracing_hooks[RECORD(event->kind)];
	if (!bpfx_hook_active(raw) && !bpfx_hook_active(record))
		return 0;
	complete(event->task);
	if (event->child)
		complete(event->child);
	if (bpfx_hook_active(raw))
		ran = run_raw(raw, event);
	if (bpfx_hook_active(record))
		more = sched_record_run(record, event);
	return ran < 0 ? ran : more < 0 ? more : ran + more;
}

/* ---- who is current: the event's task, or whoever test-runs ---- */

/* A hook of another extension may run programs of these types on contexts without our head. */
static bool is_ours(const struct bpfx_hook *hook)
{
	return hook->state >= states && hook->state < states + TRACING_HOOK_CNT;
}

const struct bpfx_task *event_current(const void *ctx)
{
	const struct event_head *head =
		(const void *)((const char *)ctx - sizeof(struct event_head));
	const struct bpfx_hook *hook = (void *)(uintptr_t)head->header.slot[BPFX_CTX_HOOK];

	return hook && is_ours(hook) ? head->current_task : NULL;
}

/* ---- events made up from names and numbers ---- */

static int take_number(const struct bpfx_fire *fire, const char *name, int *value)
{
	uint64_t number;
	int err = fire->number(fire, name, &number);

	if (!err && number <= INT32_MAX)
		*value = number;
	else if (err != -ENOENT)
		return tracing_host->refuse(-EINVAL, "%s is not a number of a process", name);
	return 0;
}

static int take_comm(const struct bpfx_fire *fire, const char *name, char comm[16])
{
	const char *text;
	int err = fire->text(fire, name, &text);

	if (!err)
		snprintf(comm, 16, "%s", text);
	return !err || err == -ENOENT ? 0 : tracing_host->refuse(err, "%s is not a text", name);
}

static int take_task(const struct bpfx_fire *fire, struct bpfx_task *task, struct bpfx_task *parent)
{
	struct timespec now;
	int err = take_number(fire, "pid", &task->tgid);

	clock_gettime(CLOCK_BOOTTIME, &now);
	task->start_time = task->start_boottime = now.tv_sec * 1000000000ull + now.tv_nsec;
	task->pid = task->tgid;
	err = err ? err : take_number(fire, "tid", &task->pid);
	err = err ? err : take_number(fire, "parent_pid", &parent->tgid);
	parent->pid = parent->tgid;
	err = err ? err : take_number(fire, "exit_code", &task->exit_code);
	task->real_parent = parent;
	return err ? err : take_comm(fire, "comm", task->comm);
}

static int fire_event(const struct bpfx_fire *fire, struct bpfx_sched_event *event)
{
	struct bpfx_task task = { 0 }, parent = { 0 };
	int err = take_task(fire, &task, &parent);

	event->sz = sizeof(*event);
	event->task = &task;
	if (event->child)
		event->child->real_parent = &task;
	complete(&parent);
	err = err ? err : bpfx_sched_event(event);
	event->task = NULL;
	return err;
}

static int fire_fork(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire)
{
	struct bpfx_task child = { 0 };
	struct bpfx_sched_event event = { .kind = BPFX_SCHED_FORK, .child = &child };
	int err = take_number(fire, "child_pid", &child.tgid);

	child.pid = child.tgid;
	err = err ? err : take_comm(fire, "comm", child.comm);
	return err ? err : fire_event(fire, &event);
}

static int fire_exec(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire)
{
	struct bpfx_sched_event event = { .kind = BPFX_SCHED_EXEC };
	int err = take_number(fire, "old_pid", &event.old_pid);

	if (fire->text(fire, "filename", &event.filename))
		return host->refuse(-EINVAL, "hook %s needs a filename", hook->name);
	return err ? err : fire_event(fire, &event);
}

static int fire_exit(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire)
{
	struct bpfx_sched_event event = { .kind = BPFX_SCHED_EXIT, .group_dead = 1 };

	return fire_event(fire, &event);
}
