/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The log that PROG_LOAD and BTF_LOAD write into a caller's buffer, with Linux's size rules:
 * by default a full buffer keeps the newest text, with BPF_LOG_FIXED the oldest; either way the
 * call then ends with -ENOSPC, and the full size is known (kernel Documentation, bpf(2)).
 */
#ifndef BASE_ULOG_H
#define BASE_ULOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#define ULOG_LEVEL1	1u	/* final path and error */
#define ULOG_LEVEL2	2u	/* every path */
#define ULOG_STATS	4u
#define ULOG_FIXED	8u	/* keep the oldest text */
#define ULOG_LEVEL	(ULOG_LEVEL1 | ULOG_LEVEL2)
#define ULOG_MASK	(ULOG_LEVEL | ULOG_STATS | ULOG_FIXED)

struct ulog {
	uint32_t level;		/* 0: nothing is recorded */
	uint64_t ubuf;		/* caller's buffer, 0: only count */
	uint32_t size;		/* bytes at ubuf */
	char *text;		/* what is kept so far: ring of cap bytes */
	uint32_t cap;
	uint64_t start;		/* oldest byte that is still there */
	uint64_t end;		/* bytes written so far, without NUL */
	uint64_t max_end;	/* highest value of end that was ever reached */
	bool no_memory;
};

/* Checks of level, buffer and size as Linux makes them: 0 or -EINVAL. */
int ulog_init(struct ulog *log, uint32_t level, uint64_t ubuf, uint32_t size);

/* Nothing is recorded where the level is 0. */
void ulog_printf(struct ulog *log, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ulog_vprintf(struct ulog *log, const char *format, va_list args);

/* Take back everything written after position @end (a value log->end had). */
void ulog_reset(struct ulog *log, uint64_t end);

static inline bool ulog_enabled(const struct ulog *log)
{
	return log && log->level;
}

/**
 * ulog_finish() - copy the text to the caller's buffer and free it
 * @true_size: receives the size a buffer would need to hold everything, with NUL
 * Return: 0, -ENOSPC where text was cut, -EFAULT for a bad buffer.
 */
int ulog_finish(struct ulog *log, uint32_t *true_size);

#endif
