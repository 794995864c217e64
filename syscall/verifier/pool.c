/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Pieces cut from big blocks, kept on free lists by size: powers of two and what is halfway. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "bits.h"
#include "pool.h"

#define SMALLEST 32
#define LARGEST (SMALLEST << (POOL_CLASSES / 2))
#define PAGE 4096
#define FIRST_BLOCK (2 * LARGEST)	/* any piece fits into a new block */
#define HUGE_PAGE (2 * 1024 * 1024)
#define LARGEST_BLOCK (4 * HUGE_PAGE)

struct pool_block {
	struct pool_block *next;
	uint64_t pad;		/* pieces stay aligned to 16 */
};

struct pool_free {
	struct pool_free *next;
};

void pool_init(struct pool *pool, jmp_buf *no_memory)
{
	memset(pool, 0, sizeof(*pool));
	pool->block_size = FIRST_BLOCK;
	pool->no_memory = no_memory;
}

void pool_destroy(struct pool *pool)
{
	while (pool->blocks) {
		struct pool_block *block = pool->blocks;

		pool->blocks = block->next;
		free(block);
	}
}

/*
 * Most memory of a big walk is written once only, and asking for it page by page would cost as much as
 * the walk: huge pages where there are any, else all pages of a block at once.
 */
static void *block_memory(size_t size)
{
	bool huge = size >= HUGE_PAGE;
	void *block;

	if (size <= FIRST_BLOCK)
		return malloc(size);
	if (posix_memalign(&block, huge ? HUGE_PAGE : PAGE, size))
		return NULL;
	madvise(block, size / PAGE * PAGE, huge ? MADV_HUGEPAGE : MADV_POPULATE_WRITE);
	return block;
}

static void *new_block(struct pool *pool, size_t size)
{
	struct pool_block *block = block_memory(sizeof(*block) + size);

	if (!block)
		longjmp(*pool->no_memory, 1);
	block->next = pool->blocks;
	pool->blocks = block;
	return block + 1;
}

/* Even classes are powers of two, odd ones half as much again. */
static size_t class_size(int class)
{
	size_t power = (size_t)SMALLEST << (class / 2);

	return class % 2 ? power + power / 2 : power;
}

static int class_of(size_t size)
{
	int power = size <= SMALLEST ? 0 : 64 - __builtin_clzll((size - 1) / SMALLEST);

	return power && size <= class_size(2 * power - 1) ? 2 * power - 1 : 2 * power;
}

static void *cut(struct pool *pool, size_t size)
{
	void *piece;

	if ((size_t)(pool->end - pool->next) < size) {
		size_t room = pool->block_size - sizeof(struct pool_block);

		pool->next = new_block(pool, room);
		pool->end = pool->next + room;
		pool->block_size = MIN(2 * pool->block_size, (size_t)LARGEST_BLOCK);
	}
	piece = pool->next;
	pool->next += size;
	return piece;
}

void *pool_alloc(struct pool *pool, size_t size)
{
	struct pool_free *piece;
	int class;

	if (size > LARGEST)
		return new_block(pool, size);
	class = class_of(size);
	piece = pool->freed[class];
	if (!piece)
		return cut(pool, class_size(class));
	pool->freed[class] = piece->next;
	return piece;
}

void *pool_zalloc(struct pool *pool, size_t size)
{
	return memset(pool_alloc(pool, size), 0, size);
}

void pool_free(struct pool *pool, void *mem, size_t size)
{
	struct pool_free *piece = mem;
	int class;

	if (!mem || size > LARGEST)
		return;
	class = class_of(size);
	piece->next = pool->freed[class];
	pool->freed[class] = piece;
}

void *pool_grow(struct pool *pool, void *mem, uint32_t cnt, uint32_t *cap, size_t elem_size)
{
	uint32_t new_cap = MAX(*cap * 2, MAX(cnt + 1, 4u));
	void *bigger = pool_alloc(pool, new_cap * elem_size);

	if (cnt)
		memcpy(bigger, mem, cnt * elem_size);
	pool_free(pool, mem, *cap * elem_size);
	*cap = new_cap;
	return bigger;
}
