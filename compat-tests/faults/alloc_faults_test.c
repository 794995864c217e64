/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Allocations fail, one place after the other, each once: a place is the chain of its callers. A step
 * that met a failure may say -ENOMEM and nothing else, must leave no object behind, and works again when it
 * is run once more (S90). alloc_faults_test [STEP]: one step, with each place told.
 */
#include <errno.h>
#include <execinfo.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include <bpfx/hook.h>
#include "kern.h"
#include "workload.h"

#define FRAMES	   12
#define PLACES_MAX 8192

static uint64_t places[PLACES_MAX];	/* that have failed */
static unsigned int place_cnt;
static bool armed, failed, tell;
static _Thread_local bool busy;

/* ---- which place is it ---- */

static uint64_t hash_frames(void *const *frames, int cnt)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	/* The first two are ours. */
	for (int i = 2; i < cnt; i++)
		hash = (hash ^ (uintptr_t)frames[i]) * 0x100000001b3ull;
	return hash;
}

static bool is_known(uint64_t place)
{
	for (unsigned int i = 0; i < place_cnt; i++)
		if (places[i] == place)
			return true;
	return false;
}

/* One failure per run of a step, at a place that has not failed yet. */
static bool must_fail(void)
{
	void *frames[FRAMES];
	uint64_t place;
	int cnt;

	if (!armed || failed || busy)
		return false;
	busy = true;
	cnt = backtrace(frames, FRAMES);
	place = hash_frames(frames, cnt);
	if (!is_known(place) && place_cnt < PLACES_MAX) {
		places[place_cnt++] = place;
		failed = true;
		if (tell)
			backtrace_symbols_fd(frames + 2, cnt - 2, 2);
	}
	busy = false;
	return failed;
}

/* ---- the allocator in front of libc's ---- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t cnt, size_t size);
void *__real_realloc(void *old, size_t size);
int __real_posix_memalign(void **out, size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t cnt, size_t size);
void *__wrap_realloc(void *old, size_t size);
int __wrap_posix_memalign(void **out, size_t alignment, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t size)
{
	return must_fail() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t cnt, size_t size)
{
	return must_fail() ? NULL : __real_calloc(cnt, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return must_fail() ? NULL : __real_realloc(old, size);
}

int __wrap_posix_memalign(void **out, size_t alignment, size_t size)
{
	return must_fail() ? ENOMEM : __real_posix_memalign(out, alignment, size);
}

char *__wrap_strdup(const char *text)
{
	return must_fail() ? NULL : __real_strdup(text);
}

/* ---- steps ---- */

static void check_nothing_is_left(const struct step *step)
{
	static const int walks[] = { BPF_MAP_GET_NEXT_ID, BPF_PROG_GET_NEXT_ID, BPF_LINK_GET_NEXT_ID };
	uint32_t id = 0;

	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		if (next_id(&emulated_backend, walks[i], 0, &id) != -ENOENT)
			fail_msg("%s: object %u of kind %zu is left", step->name, id, i);
	/* The kernel's own BTF, and those of extensions, stay. */
}

static int run_armed(const struct step *step)
{
	int ret;

	failed = false;
	armed = true;
	ret = step->run();
	armed = false;
	return ret;
}

static void run_step(const struct step *step)
{
	unsigned int before = place_cnt;
	int ret;

	do {
		ret = run_armed(step);
		if (ret && !(failed && ret == -ENOMEM))
			fail_msg("%s: %d%s", step->name, ret, failed ? " after a failure" : "");
		check_nothing_is_left(step);
	} while (failed);
	ret = step->run();
	if (ret)
		fail_msg("%s: %d when it is run again", step->name, ret);
	print_message("%s: %u places\n", step->name, place_cnt - before);
}

static const char *only;

static void each_place_fails_once(void **state)
{
	for (unsigned int i = 0; i < workload_cnt; i++)
		if (!only || !strcmp(only, workload[i].name))
			run_step(&workload[i]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_place_fails_once) };
	void *frames[2];

	only = argc > 1 ? argv[1] : NULL;
	tell = only;
	use_private_store();
	bpfx_host();
	workload_prepare();
	backtrace(frames, 2);		/* loads what it needs */
	return cmocka_run_group_tests_name("faults: allocations", tests, NULL, NULL);
}
