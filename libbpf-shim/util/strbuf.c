/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Growing text. */
#include "strbuf.h"

#include <stdio.h>
#include <stdlib.h>

void strbuf_add(struct strbuf *buf, const char *format, ...)
{
	va_list args, again;
	char *bigger;
	size_t need;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	need = buf->len + len + 1;
	if (len < 0) {
		buf->failed = true;
	} else if (need > buf->cap) {
		bigger = realloc(buf->text, need * 2);
		buf->failed |= !bigger;
		if (bigger) {
			buf->text = bigger;
			buf->cap = need * 2;
		}
	}
	if (!buf->failed) {
		vsnprintf(buf->text + buf->len, len + 1, format, again);
		buf->len += len;
	}
	va_end(again);
}

const char *strbuf_text(const struct strbuf *buf)
{
	return buf->text ? buf->text : "";
}

void strbuf_free(struct strbuf *buf)
{
	free(buf->text);
	*buf = (struct strbuf){ 0 };
}
