/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Who runs: the thread that fired the hook, as Linux means it. */
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rows.h"

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

HELPER(help_get_current_pid_tgid)
{
	if (!cached_ids) {
		pthread_once(&watch_once, watch_forks);
		cached_ids = (uint64_t)getpid() << 32 | (uint32_t)syscall(SYS_gettid);
	}
	return cached_ids;
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

static const struct bpfx_helper task_rows[] = {
	{ BPF_FUNC_get_current_pid_tgid, "get_current_pid_tgid", help_get_current_pid_tgid,
	  BPFX_RET_INTEGER, .flags = BASE },
	{ BPF_FUNC_get_current_uid_gid, "get_current_uid_gid", help_get_current_uid_gid,
	  BPFX_RET_INTEGER, .flags = BASE },
	{ BPF_FUNC_get_current_comm, "get_current_comm", help_get_current_comm, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_UNINIT | BPFX_WRITE, BPFX_ARG_SIZE }, .flags = BASE_PERFMON },
};
HELPER_TABLE(task);
