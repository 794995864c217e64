/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the tests of the libbpf API share: objects, captured messages, runs. */
#ifndef LIBBPF_HARNESS_H
#define LIBBPF_HARNESS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Text that libbpf would have printed since forget_messages(). */
extern char messages[65536];
void forget_messages(void);
#define assert_said(text)                                                                          \
	do {                                                                                       \
		if (!strstr(messages, text))                                                       \
			fail_msg("no message '%s' in:\n%s", text, messages);                       \
	} while (0)

/* Is the library one of the 1.1 series, which behaves differently in a few places? */
bool is_old_libbpf(void);
/* Does the emulated kernel answer? */
bool is_emulated(void);

/* Opens progs/<name>.bpf.o; fails the test if that fails. */
struct bpf_object *open_prog(const char *name);
struct bpf_object *open_prog_opts(const char *name, const struct bpf_object_open_opts *opts);
/* File into memory, to be freed. */
void *read_prog(const char *name, size_t *size);

/* Runs a loaded program on a packet of zeros. Return: its result; fails the test on errors. */
int run_prog(struct bpf_object *obj, const char *name);

/* A directory of its own in a bpf file system; exists once per test program. */
const char *pin_dir(void);

int run_group(const char *name, const struct CMUnitTest *tests, size_t count);

#endif
