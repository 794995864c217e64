/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Records of the tracepoints of processes: formats as Linux 6.18 has them, and filling them in. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tracing_private.h"

/* ---- what they look like ---- */

struct fork_record {
	uint64_t common;
	uint32_t parent_comm;		/* where its bytes are, and how many */
	int32_t parent_pid;
	uint32_t child_comm;
	int32_t child_pid;
	char bytes[];
};

struct exec_record {
	uint64_t common;
	uint32_t filename;
	int32_t pid, old_pid;
	char bytes[];
};

struct exit_record {
	uint64_t common;
	char comm[16];
	int32_t pid, prio;
	uint8_t group_dead;
};

#define FIELD(record, member, text, is_signed_field)                                               \
	{ text, offsetof(struct record, member), sizeof(((struct record *)0)->member),             \
	  is_signed_field }

static const struct bpfx_record_field fork_fields[] = {
	FIELD(fork_record, parent_comm, "__data_loc char[] parent_comm", 0),
	FIELD(fork_record, parent_pid, "pid_t parent_pid", 1),
	FIELD(fork_record, child_comm, "__data_loc char[] child_comm", 0),
	FIELD(fork_record, child_pid, "pid_t child_pid", 1),
};

static const struct bpfx_record_field exec_fields[] = {
	FIELD(exec_record, filename, "__data_loc char[] filename", 0),
	FIELD(exec_record, pid, "pid_t pid", 1),
	FIELD(exec_record, old_pid, "pid_t old_pid", 1),
};

static const struct bpfx_record_field exit_fields[] = {
	FIELD(exit_record, comm, "char comm[16]", 0),
	FIELD(exit_record, pid, "pid_t pid", 1),
	FIELD(exit_record, prio, "int prio", 1),
	FIELD(exit_record, group_dead, "bool group_dead", 0),
};

#define RECORD(table, format)                                                                      \
	{ .system = "sched", .fields = table, .field_cnt = ARRAY_CNT(table), .print_format = format }

const struct bpfx_tracepoint sched_records[SCHED_KINDS] = {
	[BPFX_SCHED_FORK] = RECORD(fork_fields, "\"comm=%s pid=%d child_comm=%s child_pid=%d\", "
		"__get_str(parent_comm), REC->parent_pid, __get_str(child_comm), REC->child_pid"),
	[BPFX_SCHED_EXEC] = RECORD(exec_fields, "\"filename=%s pid=%d old_pid=%d\", "
		"__get_str(filename), REC->pid, REC->old_pid"),
	[BPFX_SCHED_EXIT] = RECORD(exit_fields, "\"comm=%s pid=%d prio=%d group_dead=%s\", "
		"REC->comm, REC->pid, REC->prio, REC->group_dead ? \"true\" : \"false\""),
};

/* ---- running ---- */

int sched_record_combine(uint32_t *result, uint32_t next)
{
	*result &= next;
	return 0;
}

struct record_event {
	struct event_head head;
	union {
		struct fork_record fork;
		struct exec_record exec;
		struct exit_record exit;
		char bytes[sizeof(struct fork_record) + PATH_MAX + 32];
	} record;
};

/* Append a text with its NUL. Return: the word that says where it is. */
static uint32_t add_text(struct record_event *event, uint32_t *end, const char *text, uint32_t max)
{
	uint32_t size = strnlen(text, max - 1) + 1, at = *end;

	memcpy(event->record.bytes + at, text, size - 1);
	event->record.bytes[at + size - 1] = 0;
	*end += size;
	return size << 16 | at;
}

static void fill_fork(struct record_event *to, const struct bpfx_sched_event *event)
{
	uint32_t end = sizeof(to->record.fork);

	to->record.fork.parent_comm = add_text(to, &end, event->task->comm, 16);
	to->record.fork.parent_pid = event->task->pid;
	to->record.fork.child_comm = add_text(to, &end, event->child->comm, 16);
	to->record.fork.child_pid = event->child->pid;
}

static void fill_exec(struct record_event *to, const struct bpfx_sched_event *event)
{
	uint32_t end = offsetof(struct exec_record, bytes);

	to->record.exec.filename = add_text(to, &end, event->filename, PATH_MAX);
	to->record.exec.pid = event->task->pid;
	to->record.exec.old_pid = event->old_pid ? event->old_pid : event->task->pid;
}

/* MAX_RT_PRIO + 20: nice 0 */
#define PRIO_ORDINARY 120

static void fill_exit(struct record_event *to, const struct bpfx_sched_event *event)
{
	memcpy(to->record.exit.comm, event->task->comm, sizeof(to->record.exit.comm));
	to->record.exit.pid = event->task->pid;
	to->record.exit.prio = event->prio ? event->prio : PRIO_ORDINARY;
	to->record.exit.group_dead = event->group_dead != 0;
}

int sched_record_run(const struct bpfx_hook *hook, const struct bpfx_sched_event *event)
{
	static void (*const fill[SCHED_KINDS])(struct record_event *,
					       const struct bpfx_sched_event *) = {
		[BPFX_SCHED_FORK] = fill_fork,
		[BPFX_SCHED_EXEC] = fill_exec,
		[BPFX_SCHED_EXIT] = fill_exit,
	};
	struct record_event to;
	uint32_t result = 1;

	memset(&to, 0, sizeof(to.head) + sizeof(struct exit_record) + sizeof(uint64_t));
	to.head.current_task = event->task;
	fill[event->kind](&to, event);
	return tracing_host->run_hook(hook, 0, to.record.bytes, &result);
}
