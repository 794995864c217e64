/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Helpers of tracing programs. */
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracing_private.h"

/* The runtime put it into the header of the context; 0 in a test run. */
static uint64_t help_get_attach_cookie(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
				       uint64_t r5, void *ctx)
{
	return bpfx_ctx_header((void *)(uintptr_t)r1)->slot[BPFX_CTX_COOKIE];
}

/* The event's task, whoever tells of it. */
static uint64_t help_current_pid_tgid(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4,
				      uint64_t r5, void *ctx)
{
	const struct bpfx_task *task = event_current(ctx);

	if (task)
		return (uint64_t)task->tgid << 32 | (uint32_t)task->pid;
	return (uint64_t)getpid() << 32 | (uint32_t)syscall(SYS_gettid);
}

/* Cut to fit, NUL-terminated, the rest zeroed. */
static uint64_t help_current_comm(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
				  void *ctx)
{
	const struct bpfx_task *task = event_current(ctx);
	char own[16] = "", *buf = (char *)(uintptr_t)r1;
	uint32_t size = r2, len;

	if (!task)
		prctl(PR_GET_NAME, own);
	len = strnlen(task ? task->comm : own, sizeof(own) - 1);
	len = len < size ? len : size - 1;
	memcpy(buf, task ? task->comm : own, len);
	memset(buf + len, 0, size - len);
	return 0;
}

/* In a test run there is no event: it is the thread that makes it, a task by itself. */
static uint64_t help_current_task(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
				  void *ctx)
{
	static __thread struct bpfx_task own;
	const struct bpfx_task *task = event_current(ctx);

	if (task)
		return (uintptr_t)task;
	own.pid = syscall(SYS_gettid);
	own.tgid = getpid();
	own.real_parent = own.parent = own.group_leader = &own;
	prctl(PR_GET_NAME, own.comm);
	return (uintptr_t)&own;
}

#define COOKIE_ROW(...)                                                                            \
	{ BPF_FUNC_get_attach_cookie, "get_attach_cookie", help_get_attach_cookie,                 \
	  BPFX_RET_INTEGER, { BPFX_ARG_CTX }, .flags = 0, __VA_ARGS__ }

const struct bpfx_helper cookie_rows[COOKIE_ROW_CNT] = { COOKIE_ROW() };

#define CURRENT_ROWS                                                                               \
	{ BPF_FUNC_get_current_pid_tgid, "get_current_pid_tgid", help_current_pid_tgid,            \
	  BPFX_RET_INTEGER, .flags = BPFX_HELPER_IMPLICIT_CTX },                                   \
	{ BPF_FUNC_get_current_task, "get_current_task", help_current_task, BPFX_RET_INTEGER,      \
	  .flags = BPFX_HELPER_IMPLICIT_CTX | BPFX_HELPER_PERFMON | BPFX_HELPER_GPL },             \
	{ BPF_FUNC_get_current_task_btf, "get_current_task_btf", help_current_task, BPFX_RET_BTF_ID, \
	  .ret_type = "task_struct",                                                               \
	  .flags = BPFX_HELPER_IMPLICIT_CTX | BPFX_HELPER_PERFMON | BPFX_HELPER_GPL },             \
	{ BPF_FUNC_get_current_comm, "get_current_comm", help_current_comm, BPFX_RET_INTEGER,      \
	  { BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE, BPFX_ARG_SIZE },                              \
	  .flags = BPFX_HELPER_IMPLICIT_CTX | BPFX_HELPER_PERFMON }

const struct bpfx_helper event_rows[EVENT_ROW_CNT] = { COOKIE_ROW(), CURRENT_ROWS };

static const uint32_t tracepoint_only[] = { BPF_TRACE_RAW_TP };

const struct bpfx_helper btf_target_rows[EVENT_ROW_CNT] = {
	COOKIE_ROW(.attach_types = tracepoint_only, .attach_type_cnt = 1),
	CURRENT_ROWS,
};
