/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The caller-visible log. Kept in memory until the command ends: at most as many bytes as the
 * caller's buffer holds, as a ring (newest text) or cut at the end (BPF_LOG_FIXED).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "fault.h"
#include "ulog.h"

#define ULOG_MAX_SIZE (UINT32_MAX >> 2)

int ulog_init(struct ulog *log, uint32_t level, uint64_t ubuf, uint32_t size)
{
	*log = (struct ulog){ .level = level, .ubuf = ubuf, .size = size };
	/* A buffer needs a level and a size; no buffer with a level only counts. */
	if (!!ubuf != !!size)
		return -EINVAL;
	if ((ubuf && !level) || level & ~ULOG_MASK)
		return -EINVAL;
	if (size > ULOG_MAX_SIZE)
		return -EINVAL;
	return 0;
}

/* Grow the ring while it has not wrapped; afterwards it has the caller's size. */
static bool ensure_capacity(struct ulog *log, uint64_t wanted)
{
	uint32_t cap = log->cap ? log->cap : 1024;
	char *text;

	if (wanted > log->size)
		wanted = log->size;
	if (wanted <= log->cap)
		return true;
	while (cap < wanted)
		cap = cap > log->size / 2 ? log->size : cap * 2;
	if (cap > log->size)
		cap = log->size;
	text = realloc(log->text, cap);
	if (!text) {
		log->no_memory = true;
		return false;
	}
	log->text = text;
	log->cap = cap;
	return true;
}

static void append(struct ulog *log, const char *text, size_t len)
{
	if (log->size && ensure_capacity(log, log->end + len + 1)) {
		for (size_t done = 0; done < len;) {
			uint64_t at = log->end + done;
			size_t step;

			if (log->level & ULOG_FIXED) {
				if (at >= log->cap)
					break;
				step = MIN(len - done, log->cap - at);
			} else {
				at %= log->cap;
				step = MIN(len - done, log->cap - at);
			}
			memcpy(log->text + at, text + done, step);
			done += step;
		}
	}
	log->end += len;
	if (log->end > log->max_end)
		log->max_end = log->end;
	/* A ring keeps room for the NUL. */
	if (!(log->level & ULOG_FIXED) && log->end - log->start >= log->size)
		log->start = log->end + 1 - log->size;
}

void ulog_vprintf(struct ulog *log, const char *format, va_list args)
{
	char small[512], *text = small;
	va_list again;
	int len;

	if (!ulog_enabled(log))
		return;
	va_copy(again, args);
	len = vsnprintf(small, sizeof(small), format, args);
	if (len >= (int)sizeof(small)) {
		text = malloc(len + 1);
		if (text) {
			vsnprintf(text, len + 1, format, again);
		} else {
			text = small;
			len = sizeof(small) - 1;
			log->no_memory = true;
		}
	}
	va_end(again);
	if (len > 0)
		append(log, text, len);
	if (text != small)
		free(text);
}

void ulog_printf(struct ulog *log, const char *format, ...)
{
	va_list args;

	if (!ulog_enabled(log))
		return;
	va_start(args, format);
	ulog_vprintf(log, format, args);
	va_end(args);
}

void ulog_reset(struct ulog *log, uint64_t end)
{
	if (!log || end >= log->end)
		return;
	log->end = end;
	if (log->start > end)	/* nothing of what stays is left */
		log->start = end;
}

static int copy_out(struct ulog *log, uint64_t from, uint64_t to)
{
	uint64_t dst = log->ubuf;

	while (from < to) {
		uint64_t at = log->level & ULOG_FIXED ? from : from % log->cap;
		size_t step = MIN(to - from, log->cap - at);

		if (user_write(dst, log->text + at, step))
			return -EFAULT;
		dst += step;
		from += step;
	}
	return user_write(dst, "", 1);
}

int ulog_finish(struct ulog *log, uint32_t *true_size)
{
	uint64_t from = log->start, to = log->end;
	int err = 0;

	/* The NUL counts; Linux reports the largest size the text ever had. */
	*true_size = log->level ? MIN(log->max_end + 1, UINT32_MAX) : 0;
	if (!log->level || !log->ubuf)
		goto out;
	if (log->level & ULOG_FIXED)
		to = MIN(to, log->size - 1);
	if (log->no_memory)
		err = -ENOMEM;
	else
		err = copy_out(log, from, to);
	if (!err && log->max_end + 1 > log->size)
		err = -ENOSPC;
out:
	free(log->text);
	log->text = NULL;
	log->cap = 0;
	return err;
}
