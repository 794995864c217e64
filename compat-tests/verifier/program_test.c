/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The rows of programs.c: verdict and log line on each kernel, and, where the real one may be asked,
 * the whole log at level 2, which must be the same but for addresses.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "backend.h"
#include "programs.h"
#include "random_program.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define LOG_SIZE (1u << 24)
#define INSNS_MAX RANDOM_MEMORY_MAX
#define RANDOM_RUNS 500
#define RANDOM_MEMORY_RUNS 1000

struct maps {
	int fd[MAP_CNT];
};

static void fill_read_only(const struct backend *b, int fd)
{
	union bpf_attr attr = { .map_fd = fd };
	uint32_t key = 0;
	char value[16] = "abc";

	assert_int_equal(map_update(b, fd, &key, value, 0), 0);
	assert_int_equal(b->bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)), 0);
}

static void open_maps(const struct backend *b, struct maps *maps)
{
	maps->fd[MAP_ARRAY] = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 16, 4, 0);
	maps->fd[MAP_HASH] = map_create_simple(b, BPF_MAP_TYPE_HASH, 8, 16, 4, 0);
	maps->fd[MAP_RING] = map_create_simple(b, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	maps->fd[MAP_PROGS] = map_create_simple(b, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	maps->fd[MAP_ONE] = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0);
	maps->fd[MAP_READ_ONLY] = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 16, 1,
						    BPF_F_RDONLY_PROG);
	for (int i = 0; i < MAP_CNT; i++)
		if (maps->fd[i] < 0)
			fail_msg("map %d: %s", i, result_name(maps->fd[i]));
	fill_read_only(b, maps->fd[MAP_READ_ONLY]);
}

static void close_maps(const struct backend *b, struct maps *maps)
{
	for (int i = 0; i < MAP_CNT; i++)
		b->close(maps->fd[i]);
}

static void set_fds(struct bpf_insn *insns, uint32_t cnt, const struct maps *maps)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && (uint32_t)insns[i].imm < MAP_CNT &&
		    (insns[i].src_reg == BPF_PSEUDO_MAP_FD ||
		     insns[i].src_reg == BPF_PSEUDO_MAP_VALUE))
			insns[i].imm = maps->fd[insns[i].imm];
}

/* 0 or -errno; a program that loads is closed again. */
static int load(const struct backend *b, const struct program *p, const struct maps *maps,
		uint32_t level, char *log)
{
	struct bpf_insn insns[INSNS_MAX];
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	memcpy(insns, p->insns, p->cnt * sizeof(*insns));
	set_fds(insns, p->cnt, maps);
	attr.prog_type = p->type ? p->type : BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = p->cnt;
	attr.license = (uintptr_t)"GPL";
	attr.prog_flags = p->flags;
	attr.log_level = level;
	attr.log_buf = level ? (uintptr_t)log : 0;
	attr.log_size = level ? LOG_SIZE : 0;
	log[0] = 0;
	fd = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return fd;
	b->close(fd);
	return 0;
}

static bool has_line(const char *log, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = strstr(log, line); at; at = strstr(at + 1, line))
		if ((at == log || at[-1] == '\n') && (at[len] == '\n' || !at[len]))
			return true;
	return false;
}

static void programs_are_judged_as_by_linux(void **state)
{
	const struct backend *b = backend_of(state);
	char *log = malloc(LOG_SIZE);
	struct maps maps;
	int failed = 0;

	assert_non_null(log);
	open_maps(b, &maps);
	for (uint32_t i = 0; i < program_cnt; i++) {
		const struct program *p = &programs[i];
		int got = load(b, p, &maps, p->line ? 1 : 0, log);
		bool said = !p->line || has_line(log, p->line);

		if (got == p->want && said)
			continue;
		print_error("%s: %s instead of %s%s\n%s\n", p->name, result_name(got),
			    result_name(p->want), said ? "" : ", other words", log);
		failed++;
	}
	close_maps(b, &maps);
	free(log);
	assert_int_equal(failed, 0);
}

/* Addresses of maps and values differ: 0xffff… becomes 0xffff. */
static void hide_addresses(char *log)
{
	char *to = log;

	for (const char *from = log; *from;) {
		if (!strncmp(from, "(18) r", 6)) {
			const char *address = strstr(from, "0xffff");

			if (address && address - from < 16) {
				size_t len = address + 6 - from;

				memmove(to, from, len);
				to += len;
				from = address + 6 + strspn(address + 6, "0123456789abcdef");
				/* What follows stands in a column that depends on the length. */
				from += strspn(from, " ");
				continue;
			}
		}
		*to++ = *from++;
	}
	*to = 0;
}

static const char *first_difference(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a || *b ? a : NULL;
}

/* A million instructions would fill any log. */
static bool is_too_long(const struct program *p)
{
	return p->want == -E2BIG && !p->line;
}

/* Both kernels' logs of one program at level 2; false and printed where they differ. */
static bool logs_agree(const struct program *p, const struct maps *our_maps,
		       const struct maps *linux_maps, char *ours, char *linux_log)
{
	const char *at;

	load(&emulated_backend, p, our_maps, 2, ours);
	load(&kernel_backend, p, linux_maps, 2, linux_log);
	hide_addresses(ours);
	hide_addresses(linux_log);
	at = first_difference(ours, linux_log);
	if (at)
		print_error("%s: differs at '%.60s'\n--- ours\n%s--- Linux\n%s\n", p->name, at, ours,
			    linux_log);
	return !at;
}

static int compare_rows(const struct maps *our_maps, const struct maps *linux_maps, char *ours,
			char *linux_log)
{
	int failed = 0;

	for (uint32_t i = 0; i < program_cnt; i++)
		if (!is_too_long(&programs[i]))
			failed += !logs_agree(&programs[i], our_maps, linux_maps, ours, linux_log);
	return failed;
}

static int compare_random(const struct maps *our_maps, const struct maps *linux_maps, char *ours,
			  char *linux_log)
{
	struct bpf_insn insns[RANDOM_MAX];
	char name[32];
	struct program p = { .name = name, .insns = insns };
	int failed = 0;

	for (uint32_t run = 1; run <= RANDOM_RUNS && failed < 3; run++) {
		snprintf(name, sizeof(name), "random program %u", run);
		p.cnt = random_program(run, insns);
		p.flags = run % 2 ? BPF_F_TEST_STATE_FREQ : 0;
		failed += !logs_agree(&p, our_maps, linux_maps, ours, linux_log);
	}
	return failed;
}

static void logs_are_linux_logs(void **state)
{
	struct maps our_maps, linux_maps;
	char *ours, *linux_log;
	int failed;

	if (!kernel_is_permitted() || !backend_of(state)->emulated)
		skip();
	ours = malloc(LOG_SIZE);
	linux_log = malloc(LOG_SIZE);
	assert_non_null(ours);
	assert_non_null(linux_log);
	open_maps(&emulated_backend, &our_maps);
	open_maps(&kernel_backend, &linux_maps);
	failed = compare_rows(&our_maps, &linux_maps, ours, linux_log);
	failed += compare_random(&our_maps, &linux_maps, ours, linux_log);
	close_maps(&emulated_backend, &our_maps);
	close_maps(&kernel_backend, &linux_maps);
	free(ours);
	free(linux_log);
	assert_int_equal(failed, 0);
}

/*
 * Verdicts of random programs on memory: what Linux refuses is refused. Something that Linux accepts may be
 * refused, hardly ever: it keeps numbers linked that are not the same (soundness_test.c).
 */
static void random_programs_are_judged_as_by_linux(void **state)
{
	struct maps our_maps, linux_maps;
	struct bpf_insn insns[RANDOM_MEMORY_MAX];
	char name[48], *log = malloc(LOG_SIZE);
	struct program p = { .name = name, .insns = insns };
	int lax = 0, strict = 0;

	assert_non_null(log);
	if (!kernel_is_permitted() || !backend_of(state)->emulated) {
		free(log);
		skip();
	}
	open_maps(&emulated_backend, &our_maps);
	open_maps(&kernel_backend, &linux_maps);
	for (uint32_t run = 1; run <= RANDOM_MEMORY_RUNS; run++) {
		int ours, real;

		snprintf(name, sizeof(name), "random program on memory %u", run);
		p.cnt = random_memory_program(run, insns);
		ours = load(&emulated_backend, &p, &our_maps, 0, log);
		real = load(&kernel_backend, &p, &linux_maps, 0, log);
		if (ours != real)
			print_error("%s: %s, on Linux %s\n", name, result_name(ours), result_name(real));
		lax += !ours && real;
		strict += ours && !real;
	}
	close_maps(&emulated_backend, &our_maps);
	close_maps(&kernel_backend, &linux_maps);
	free(log);
	assert_int_equal(lax, 0);
	assert_true(strict <= RANDOM_MEMORY_RUNS / 200);
}

int main(void)
{
	const struct both_test tests[] = {
		BOTH(programs_are_judged_as_by_linux),
		BOTH(logs_are_linux_logs),
		BOTH(random_programs_are_judged_as_by_linux),
	};

	return run_on_both("verifier programs", tests, ARRAY_SIZE(tests));
}
