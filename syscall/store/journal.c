/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Lines are written without a lock: a writer takes a number, blanks the slot's, fills it and puts the
 * number in. One that was killed in between leaves a slot that counts as empty.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "journal.h"
#include "layout.h"
#include "log.h"

void journal_note(const char *format, ...)
{
	struct store_note *note;
	char text[sizeof(note->text)];
	uint32_t number;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	debug_log(LOG_LEVEL_ERROR, "%s", text);
	if (!store_in_use())
		return;
	number = atomic_fetch_add(&store.control->note_cnt, 1) + 1;
	note = &store.control->notes[number % STORE_NOTES_MAX];
	atomic_store(&note->number, 0);
	note->pid = getpid();
	note->when = time(NULL);
	prctl(PR_GET_NAME, note->who);
	memcpy(note->text, text, sizeof(text));
	atomic_store_explicit(&note->number, number, memory_order_release);
}

/* Torn by a writer meanwhile: the number is another one afterwards. */
static bool copy_note(struct store_note *note, uint32_t number, struct journal_line *out)
{
	if (atomic_load_explicit(&note->number, memory_order_acquire) != number)
		return false;
	out->when = note->when;
	out->pid = note->pid;
	memcpy(out->who, note->who, sizeof(out->who));
	memcpy(out->text, note->text, sizeof(out->text));
	out->who[sizeof(out->who) - 1] = out->text[sizeof(out->text) - 1] = 0;
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&note->number, memory_order_relaxed) == number;
}

int journal_read(uint32_t n, struct journal_line *out)
{
	uint32_t cnt, oldest;

	if (store_use())
		return -ENOENT;
	cnt = atomic_load(&store.control->note_cnt);
	oldest = cnt > STORE_NOTES_MAX ? cnt - STORE_NOTES_MAX : 0;
	for (uint32_t number = cnt; number > oldest; number--)
		if (copy_note(&store.control->notes[number % STORE_NOTES_MAX], number, out) && !n--)
			return 0;
	return -ENOENT;
}
