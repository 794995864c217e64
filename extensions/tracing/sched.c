/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Tracepoints of processes: hooks by name, and events that run their programs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <bpfx/sched.h>

#include "tracing_private.h"

#define EXPORT __attribute__((visibility("default")))

static const struct bpfx_param fork_args[] = {
	{ "struct task_struct *", "parent" },
	{ "struct task_struct *", "child" },
};

static const struct bpfx_param exec_args[] = {
	{ "struct task_struct *", "p" },
	{ "pid_t", "old_pid" },
	{ "struct linux_binprm *", "bprm" },
};

static const struct bpfx_param exit_args[] = {
	{ "struct task_struct *", "p" },
	{ "bool", "group_dead" },
};

static int fire_fork(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire);
static int fire_exec(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire);
static int fire_exit(const struct bpfx_host *host, const struct bpfx_hook *hook,
		     struct bpfx_fire *fire);

static struct bpfx_hook_state states[TRACING_HOOK_CNT];

#define RAW(kind)    (kind)
#define RECORD(kind) (SCHED_KINDS + (kind))

#define TRACEPOINT(kind, tp, its_args, fire_fn)                                                    \
	[RAW(kind)] = { .name = "raw_tp." tp,                                                      \
	  .link_type = BPF_LINK_TYPE_RAW_TRACEPOINT,                                               \
	  .prog_type = "raw_tracepoint",                                                           \
	  .flags = BPFX_HOOK_TRACEPOINT | BPFX_HOOK_MULTI,                                         \
	  .context_header_size = BPFX_CTX_HEADER_SIZE,                                             \
	  .fire = fire_fn,                                                                         \
	  .args = its_args,                                                                        \
	  .arg_cnt = ARRAY_CNT(its_args),                                                          \
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
	TRACEPOINT(BPFX_SCHED_FORK, "sched_process_fork", fork_args, fire_fork),
	TRACEPOINT(BPFX_SCHED_EXEC, "sched_process_exec", exec_args, fire_exec),
	TRACEPOINT(BPFX_SCHED_EXIT, "sched_process_exit", exit_args, fire_exit),
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
	struct bpfx_tracepoint_ctx ctx;
	uint32_t result = 0;

	binprm.filename = event->filename;
	binprm.interp = event->interp ? event->interp : event->filename;
	memset(&ctx, 0, sizeof(ctx));
	ctx.current_task = event->task;
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

/* All raw tracepoints are fired with a struct bpfx_tracepoint_ctx, which begins with the head; a record
 * of another extension has none. */
static bool has_head(const struct bpfx_hook *hook)
{
	return hook->flags & BPFX_HOOK_TRACEPOINT ||
	       (hook->state >= states && hook->state < states + TRACING_HOOK_CNT);
}

const struct bpfx_task *event_current(const void *ctx)
{
	const struct event_head *head =
		(const void *)((const char *)ctx - sizeof(struct event_head));
	const struct bpfx_hook *hook = (void *)(uintptr_t)head->header.slot[BPFX_CTX_HOOK];

	return hook && has_head(hook) ? head->current_task : NULL;
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
