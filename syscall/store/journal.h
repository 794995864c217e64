/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The journal of a store: its last refusals with their reasons, for whoever asks later and elsewhere
 * (bpf-shim doctor) why something does not work. The newest 64 are kept.
 */
#ifndef SYSCALL_STORE_JOURNAL_H
#define SYSCALL_STORE_JOURNAL_H

#include <stdint.h>

/* One line, also to the debug log. Does nothing in a process without a store. */
void journal_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct journal_line {
	int64_t when;		/* seconds since 1970 */
	uint32_t pid;
	char who[16];
	char text[224];
};

/* The @n-th newest line, 0 the newest: 0, or -ENOENT past the end. */
int journal_read(uint32_t n, struct journal_line *out);

#endif
