/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Linux's tracepoints of processes: sched_process_fork, sched_process_exec and sched_process_exit, for
 * whoever sees processes come and go. Raw tracepoint programs run with the tracepoint's arguments,
 * tracepoint programs with its record.
 */
#ifndef BPFX_SCHED_H
#define BPFX_SCHED_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The task_struct and linux_binprm of the emulated kernel, as far as they exist; its BTF describes them,
 * so that CO-RE finds its way. Programs get pointers to these. */
struct bpfx_task {
	unsigned int flags;
	int exit_code;
	int pid, tgid;			/* thread, process */
	struct bpfx_task *real_parent, *parent, *group_leader;
	uint64_t start_time, start_boottime;	/* ns */
	char comm[16];
};

struct bpfx_binprm {
	const char *filename, *interp;
};

enum bpfx_sched_kind {
	BPFX_SCHED_FORK,	/* task has forked child */
	BPFX_SCHED_EXEC,	/* task executes filename now */
	BPFX_SCHED_EXIT,	/* task ends */
};

/**
 * struct bpfx_sched_event - one of them
 *
 * @task is the current task of the programs: what bpf_get_current_pid_tgid() and
 * bpf_get_current_comm() tell. Its pointers may be NULL: a task without a parent is its own.
 */
struct bpfx_sched_event {
	size_t sz;			/* sizeof(struct bpfx_sched_event) */
	uint32_t kind;			/* enum bpfx_sched_kind */
	int32_t old_pid;		/* exec: thread id before; 0: the task's */
	struct bpfx_task *task, *child;	/* child: fork only */
	const char *filename;		/* exec: what was asked for */
	const char *interp;		/* exec: what runs it; NULL: the file itself */
	uint32_t group_dead;		/* exit: it was the last thread */
	int32_t prio;			/* exit: as the kernel counts; 0: that of an ordinary task */
};

/**
 * bpfx_sched_event() - run the programs attached to the tracepoint
 *
 * Costs a look at a counter while nothing is attached. Thread-safe for different tasks.
 *
 * Return: programs that ran; -EINVAL: sz, kind, a task or a filename is missing.
 */
int bpfx_sched_event(struct bpfx_sched_event *event);

#ifdef __cplusplus
}
#endif

#endif
