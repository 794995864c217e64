/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What lies behind struct bpf_dynptr, which is opaque to programs: sixteen bytes, as in Linux. */
#ifndef SYSCALL_HELPERS_DYNPTR_H
#define SYSCALL_HELPERS_DYNPTR_H

#include "rows.h"

enum dynptr_type { DYNPTR_INVALID, DYNPTR_LOCAL, DYNPTR_RINGBUF, DYNPTR_PACKET };

/* Highest length; the bits above it tell what it is. */
#define DYNPTR_SIZE_MAX ((1u << 24) - 1)

struct dynptr {
	/* Memory; PACKET: the context, because the packet may move under it. NULL: invalid. */
	uint64_t data;
	uint32_t size : 24, type : 7, rdonly : 1;
	uint32_t offset;
};
_Static_assert(sizeof(struct dynptr) == 16, "two stack slots");

static inline void dynptr_clear(struct dynptr *ptr)
{
	memset(ptr, 0, sizeof(*ptr));
}

static inline void dynptr_set(struct dynptr *ptr, uint64_t data, uint32_t size, enum dynptr_type type)
{
	*ptr = (struct dynptr){ .data = data, .size = size, .type = type };
}

/* Bytes @off..@off + @len of it: 0 or -E2BIG. */
static inline int dynptr_check(const struct dynptr *ptr, uint64_t off, uint64_t len)
{
	return len > ptr->size || off > ptr->size - len ? -E2BIG : 0;
}

/* Where these bytes are; NULL: the packet has become shorter. */
void *dynptr_at(const struct dynptr *ptr, uint64_t off, uint64_t len);
int dynptr_load(const struct dynptr *ptr, uint64_t off, void *dst, uint64_t len);
int dynptr_store(const struct dynptr *ptr, uint64_t off, const void *src, uint64_t len,
		 uint64_t flags);

#endif
