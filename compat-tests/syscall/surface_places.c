/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Memory for arguments: each piece ends at a page that cannot be touched. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "surface.h"

#define PLACES 24
#define PAGE   4096

static char *area;
static int used;

static char *pages(void)
{
	if (!area) {
		area = mmap(NULL, (size_t)(PLACES + 1) * 2 * PAGE, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (area == MAP_FAILED)
			abort();
		for (int i = 0; i < PLACES; i++)
			mprotect(area + (size_t)i * 2 * PAGE, PAGE, PROT_READ | PROT_WRITE);
		mprotect(area + (size_t)PLACES * 2 * PAGE, PAGE, PROT_READ);
	}
	return area;
}

uint64_t place(const void *data, size_t size)
{
	char *at = pages() + (size_t)used * 2 * PAGE + PAGE - size;

	if (used++ == PLACES || size > PAGE)
		abort();
	if (data)
		memcpy(at, data, size);
	else
		memset(at, 0, size);
	return (uintptr_t)at;
}

void places_clear(void)
{
	used = 0;
}

uint64_t place_hole(void)
{
	return (uintptr_t)pages() + PAGE;
}

uint64_t place_read_only(void)
{
	return (uintptr_t)pages() + (size_t)PLACES * 2 * PAGE;
}
