/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf_trace_printk and bpf_trace_vprintk: lines as trace_pipe shows them. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "rows.h"

#define COMM_SIZE 16
#define LINE_MAX_SIZE (FORMAT_TEXT_MAX + 128)

void (*helper_trace_sink)(const char *line, size_t len);

/* Interrupt and preemption state of a program: bottom halves off, not to be moved. */
#define TRACE_FLAGS "b..11"

static void write_line(const char *text, uint32_t cpu)
{
	char line[LINE_MAX_SIZE], comm[COMM_SIZE] = "";
	struct timespec now;
	int len;

	if (!helper_trace_sink)
		return;
	prctl(PR_GET_NAME, comm);
	clock_gettime(CLOCK_MONOTONIC, &now);
	len = snprintf(line, sizeof(line),
		       "%16s-%-7ld [%03u] %s %5lld.%06ld: bpf_trace_printk: %s\n", comm, (long)syscall(SYS_gettid), cpu, TRACE_FLAGS, (long long)now.tv_sec,
		       now.tv_nsec / 1000, text);
	helper_trace_sink(line, MIN(len, (int)sizeof(line) - 1));
}

static int64_t trace(const char *fmt, uint32_t fmt_size, const uint64_t *args, uint32_t arg_cnt,
		     void *ctx)
{
	char text[FORMAT_TEXT_MAX];
	int len = help_format(text, sizeof(text), fmt, fmt_size, args, arg_cnt);

	if (len >= 0)
		write_line(text, help_cpu(ctx));
	return len;
}

HELPER(help_trace_printk)
{
	const uint64_t args[] = { r3, r4, r5 };

	return trace(u64_to_ptr(r1), r2, args, ARRAY_SIZE(args), ctx);
}

HELPER(help_trace_vprintk)
{
	uint32_t size = r4;

	if (size % 8 || size > FORMAT_ARGS_MAX * 8 || (size && !r3))
		return -EINVAL;
	return trace(u64_to_ptr(r1), r2, u64_to_ptr(r3), size / 8, ctx);
}

static const struct bpfx_helper trace_rows[] = {
	{ BPF_FUNC_trace_printk, "trace_printk", help_trace_printk, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE },
	  .flags = BASE_PERFMON | BPFX_HELPER_GPL | BPFX_HELPER_IMPLICIT_CTX },
	{ BPF_FUNC_trace_vprintk, "trace_vprintk", help_trace_vprintk, BPFX_RET_INTEGER,
	  { BPFX_ARG_MEM | BPFX_RDONLY, BPFX_ARG_SIZE,
	    BPFX_ARG_MEM | BPFX_NULLABLE | BPFX_RDONLY, BPFX_ARG_SIZE_OR_ZERO },
	  .flags = BASE_PERFMON | BPFX_HELPER_GPL | BPFX_HELPER_IMPLICIT_CTX },
};
HELPER_TABLE(trace);
