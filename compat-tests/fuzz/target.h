/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What a fuzz target is: libFuzzer's entry, and a start of its own. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Inputs are read from the front; past the end come zeros. */
struct input {
	const uint8_t *data;
	size_t size;
};

static inline void take(struct input *in, void *out, size_t size)
{
	size_t have = size < in->size ? size : in->size;

	memset(out, 0, size);
	memcpy(out, in->data, have);
	in->data += have;
	in->size -= have;
}

static inline uint8_t take_byte(struct input *in)
{
	uint8_t byte;

	take(in, &byte, 1);
	return byte;
}

/* The kernel writes where it is told: an address that happens to be one of this process is made a bad one. */
static inline void disarm(uint64_t *quad)
{
	void *page = (void *)(uintptr_t)(*quad & ~4095ull);

	if (*quad >= 4096 && !msync(page, 1, MS_ASYNC))
		*quad = 8;
}

/* A property that does not hold. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

#endif
