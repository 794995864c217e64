/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Who runs: the thread that fired the hook, as Linux means it. */
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rows.h"
#include <bpfx/sched.h>

#define COMM_SIZE 16

/* Ids are asked of the system once per thread and again in a forked child. */
static __thread uint64_t cached_ids;
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

static void forget_ids(void)
{
	cached_ids = 0;
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_ids);
}

uint64_t help_current_ids(void)
{
	if (!cached_ids) {
		pthread_once(&watch_once, watch_forks);
		cached_ids = (uint64_t)getpid() << 32 | (uint32_t)syscall(SYS_gettid);
	}
	return cached_ids;
}

HELPER(help_get_current_pid_tgid)
{
	return help_current_ids();
}

HELPER(help_get_current_uid_gid)
{
	return (uint64_t)getgid() << 32 | getuid();
}

/* Cut to fit, NUL-terminated, the rest zeroed. */
HELPER(help_get_current_comm)
{
	char comm[COMM_SIZE] = "", *buf = u64_to_ptr(r1);
	size_t len;

	prctl(PR_GET_NAME, comm);
	len = MIN(strnlen(comm, sizeof(comm) - 1), (uint32_t)r2 - 1);
	memcpy(buf, comm, len);
	memset(buf + len, 0, (uint32_t)r2 - len);
	return 0;
}

/* ---- the task_struct of who runs, as far as one exists here ---- */

/* Of this thread and of its process's first one; a parent is known by its id only. */
static __thread struct bpfx_task this_task, leader_task, parent_task;

static void fill_task(struct bpfx_task *task, int pid, int tgid)
{
	task->pid = pid;
	task->tgid = tgid;
	task->real_parent = task->parent = &parent_task;
	task->group_leader = pid == tgid ? task : &leader_task;
}

const struct bpfx_task *help_current_task(void)
{
	uint64_t ids = help_current_ids();

	fill_task(&this_task, (uint32_t)ids, ids >> 32);
	fill_task(&leader_task, ids >> 32, ids >> 32);
	fill_task(&parent_task, getppid(), getppid());
	parent_task.real_parent = parent_task.parent = &parent_task;
	prctl(PR_GET_NAME, this_task.comm);
	return &this_task;
}

HELPER(help_get_current_task)
{
	return ptr_to_u64(help_current_task());
}

/* ---- stacks: nothing runs in a kernel here, so there is none to tell ---- */

#define STACK_FLAGS (BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID)

HELPER(help_get_stack)
{
	memset(u64_to_ptr(r2), 0, (uint32_t)r3);
	return (int64_t)(r4 & ~(uint64_t)STACK_FLAGS ? -EINVAL : -EFAULT);
}

static const struct bpfx_helper task_rows[] = {
	{ BPF_FUNC_get_current_task, "get_current_task", help_get_current_task, BPFX_RET_INTEGER,
	  .flags = BASE_PERFMON | BPFX_HELPER_GPL },
	{ BPF_FUNC_get_current_task_btf, "get_current_task_btf", help_get_current_task,
	  BPFX_RET_BTF_ID, .ret_type = "task_struct", .flags = BASE_PERFMON | BPFX_HELPER_GPL },
	{ BPF_FUNC_get_stack, "get_stack", help_get_stack, BPFX_RET_INTEGER,
	  { BPFX_ARG_CTX, BPFX_ARG_MEM | BPFX_UNINIT, BPFX_ARG_SIZE_OR_ZERO, BPFX_ARG_ANY },
	  .flags = BPFX_HELPER_PERFMON | BPFX_HELPER_GPL },
	{ BPF_FUNC_get_task_stack, "get_task_stack", help_get_stack, BPFX_RET_INTEGER,
	  { BPFX_ARG_BTF_ID, BPFX_ARG_MEM | BPFX_UNINIT, BPFX_ARG_SIZE_OR_ZERO, BPFX_ARG_ANY },
	  .arg_types = { "task_struct" }, .flags = BASE_PERFMON },
	{ BPF_FUNC_get_current_pid_tgid, "get_current_pid_tgid", help_get_current_pid_tgid,
	  BPFX_RET_INTEGER, .flags = BASE },
	{ BPF_FUNC_get_current_uid_gid, "get_current_uid_gid", help_get_current_uid_gid,
	  BPFX_RET_INTEGER, .flags = BASE },
	{ BPF_FUNC_get_current_comm, "get_current_comm", help_get_current_comm, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE, BPFX_ARG_SIZE }, .flags = BASE_PERFMON },
};
HELPER_TABLE(task);
