/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Text that grows. Running out of memory is remembered and asked for once, at the end. */
#ifndef BPF_SHIM_STRBUF_H
#define BPF_SHIM_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *text;		/* NULL while empty */
	size_t len, cap;
	bool failed;
};

void strbuf_add(struct strbuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The text, "" if there is none. */
const char *strbuf_text(const struct strbuf *buf);
void strbuf_free(struct strbuf *buf);

#endif
