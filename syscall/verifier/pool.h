/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Memory of one verification. Everything the verifier allocates while it walks a program comes
 * from a pool and goes with it, so no path can leak. When memory runs out, pool_alloc() jumps to
 * the place the pool was told and does not return.
 */
#ifndef VERIFIER_POOL_H
#define VERIFIER_POOL_H

#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_CLASSES 23		/* 32, 48, 64, 96 … 64 KiB */

struct pool_block;
struct pool_free;

struct pool {
	struct pool_block *blocks;	/* all memory taken from malloc */
	char *next, *end;		/* rest of the current block */
	size_t block_size;		/* of the next one */
	struct pool_free *freed[POOL_CLASSES];
	jmp_buf *no_memory;
};

void pool_init(struct pool *pool, jmp_buf *no_memory);
void pool_destroy(struct pool *pool);

/* Never NULL. pool_zalloc() clears. */
void *pool_alloc(struct pool *pool, size_t size);
void *pool_zalloc(struct pool *pool, size_t size);
/* @size as given to pool_alloc(); NULL is fine. Large pieces stay until the end. */
void pool_free(struct pool *pool, void *mem, size_t size);
/* Room for twice as many or more elements; the old ones are copied. Updates *cap. */
void *pool_grow(struct pool *pool, void *mem, uint32_t cnt, uint32_t *cap, size_t elem_size);

#endif
