/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The tables of this room's files, and what their functions share. */
#ifndef SYSCALL_HELPERS_ROWS_H
#define SYSCALL_HELPERS_ROWS_H

#include "bits.h"
#include "err.h"
#include "exec.h"
#include "helpers.h"
#include "map_ops.h"

struct helper_table {
	const struct bpfx_helper *rows;
	uint32_t cnt;
};

extern const struct helper_table map_helpers, ringbuf_helpers, time_helpers, task_helpers,
	misc_helpers, memory_helpers, string_helpers, loop_helpers, trace_helpers, spin_helpers,
	dynptr_helpers, seq_helpers, perf_helpers, show_helpers, cgroup_helpers;

#define HELPER_TABLE(name) const struct helper_table name##_helpers = { name##_rows,		   \
									ARRAY_SIZE(name##_rows) }

struct kfunc_table {
	const struct bpfx_kfunc *rows;
	uint32_t cnt;
};

extern const struct kfunc_table iter_kfuncs, section_kfuncs, dynptr_kfuncs, linux_kfuncs;

#define KFUNC_TABLE(name) const struct kfunc_table name##_kfuncs = { name##_rows,		   \
								      ARRAY_SIZE(name##_rows) }

/* What a native side takes; unused registers keep their names. */
#define HELPER(name)                                                                               \
	static uint64_t name(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,      \
			     void *ctx)

/* Flags that most rows of a family share. */
#define BASE	     BPFX_HELPER_BASE
#define BASE_CAP     (BPFX_HELPER_BASE | BPFX_HELPER_CAP_BPF)
#define BASE_PERFMON (BPFX_HELPER_BASE | BPFX_HELPER_PERFMON)

/* The run that @ctx belongs to; NULL: a program on raw memory. */
static inline struct bpfx_run *help_run(void *ctx)
{
	return ctx ? (void *)(uintptr_t)bpfx_ctx_header(ctx)->slot[BPFX_CTX_RUN] : NULL;
}

/* Process and thread that run the program: tgid and pid, as bpf_get_current_pid_tgid() has them. */
uint64_t help_current_ids(void);

struct bpfx_task;
/* The calling thread; its memory stays as long as the thread. */
const struct bpfx_task *help_current_task(void);

static inline uint32_t help_cpu(void *ctx)
{
	const struct bpfx_run *run = help_run(ctx);

	return run ? run->cpu : 0;
}

struct shown_seq;
/* All of it, or -EOVERFLOW and the buffer is full. */
int help_seq_write(struct shown_seq *seq, const void *data, size_t size);

/* format.c: Linux's printf of programs (bpf_trace_printk, bpf_snprintf …). */

#define FORMAT_ARGS_MAX 12
#define FORMAT_TEXT_MAX 1024

/**
 * help_format() - text of a format and its 64-bit arguments
 * @out: receives at most @size bytes, NUL included; NULL with size 0 only measures
 * @fmt_size: bytes at @fmt; the NUL must be among them
 * Return: length of the whole text without NUL, or -EINVAL for a bad format or too few arguments.
 */
int help_format(char *out, size_t size, const char *fmt, uint32_t fmt_size, const uint64_t *args,
		uint32_t arg_cnt);

/* 0, or -ERANGE: kernel memory cannot be there. */
int help_kernel_access(uint64_t address, uint64_t size);

/* The number that stands for an address where addresses are not shown. */
uint64_t help_hide_pointer(uint64_t pointer);

#endif
