/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Random sequences of bpf(2) calls on both kernels at once, with the same arguments: results, output
 * fields and memory must agree. Objects come in pairs, one per kernel; fds, ids and addresses are
 * what differs. Where the real kernel is not permitted the sequence runs on the emulated one alone
 * and must only not crash.
 *
 * BPF_SHIM_TEST_SEED and BPF_SHIM_TEST_STEPS repeat or prolong a run.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kern.h"
#include "random.h"

#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* ---- choosing ---- */

static uint64_t state;

uint32_t rnd(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % below;
}

uint32_t pick_from(const uint32_t *values, size_t cnt)
{
	return values[rnd(cnt)];
}

/* ---- the two kernels ---- */

static const struct backend *backends[2] = { &emulated_backend, &kernel_backend };
static int sides = 2;
static unsigned char *arena[2];
static unsigned int differences;
static unsigned long step;

static void make_arenas(void)
{
	for (int i = 0; i < 2; i++) {
		arena[i] = mmap(NULL, ARENA_SIZE + 4096, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_true(arena[i] != MAP_FAILED);
		mprotect(arena[i] + ARENA_SIZE, 4096, PROT_NONE);
	}
}

void *arena_at(uint32_t offset)
{
	return arena[0] + offset;
}

static void fill_arena(void)
{
	uint32_t *words = (uint32_t *)arena[0];

	for (size_t i = 0; i < ARENA_SIZE / 4; i++)
		words[i] = i < 256 ? rnd(i % 4 ? 3 : 10) : 0;
	for (size_t i = 0; i < 512; i++)
		arena[0][AT_VALUE + i] = rnd(256);
}

/* ---- pairs of objects ---- */

static struct pair pairs[PAIRS];

struct pair *pair_any(enum pair_kind kind)
{
	uint32_t start = rnd(PAIRS);

	if (rnd(24) == 0)
		kind = 0;
	for (uint32_t i = 0; i < PAIRS; i++) {
		struct pair *pair = &pairs[(start + i) % PAIRS];

		if (pair->open && (!kind || pair->kind == kind))
			return pair;
	}
	return NULL;
}

static struct pair *pair_place(void)
{
	for (int i = 0; i < PAIRS; i++)
		if (!pairs[i].open)
			return &pairs[i];
	return NULL;
}

void pair_close(struct pair *pair)
{
	for (int i = 0; i < sides; i++)
		backends[i]->close(pair->fd[i]);
	pair->open = false;
}

static uint32_t id_of(const struct backend *b, enum pair_kind kind, int fd)
{
	struct bpf_link_info link = { 0 };
	struct bpf_btf_info btf = { 0 };
	uint32_t len;

	switch (kind) {
	case PAIR_MAP:
		return map_id(b, fd);
	case PAIR_PROG:
		return prog_id(b, fd);
	case PAIR_LINK:
		len = sizeof(link);
		return obj_info(b, fd, &link, &len) ? 0 : link.id;
	default:
		len = sizeof(btf);
		return obj_info(b, fd, &btf, &len) ? 0 : btf.id;
	}
}

static struct pair *pair_add(enum pair_kind kind, const int *fd)
{
	struct pair *pair = pair_place();

	if (!pair) {
		pair = &pairs[rnd(PAIRS)];
		pair_close(pair);
	}
	/* A pin is of any kind. */
	if (kern_fd_kind(fd[0]) > 0)
		kind = kern_fd_kind(fd[0]);
	*pair = (struct pair){ .open = true, .kind = kind, .fd = { fd[0], fd[1] } };
	for (int i = 0; i < sides; i++) {
		struct bpf_map_info info = { 0 };
		uint32_t len = sizeof(info);

		pair->id[i] = id_of(backends[i], kind, fd[i]);
		if (kind == PAIR_MAP && !obj_info(backends[i], fd[i], &info, &len)) {
			pair->map_type = info.type;
			pair->key_size = info.key_size;
			pair->value_size = info.value_size;
			pair->max_entries = info.max_entries;
		}
	}
	return pair;
}

/* ---- arguments ---- */

static struct fixup *add_fixup(struct request *req, void *field, uint32_t size)
{
	struct fixup *fixup = &req->fixups[req->fixup_cnt++];

	assert_true(req->fixup_cnt <= FIXUPS);
	fixup->offset = (char *)field - (char *)&req->attr;
	fixup->size = size;
	return fixup;
}

void set_ptr_exact(struct request *req, void *field, uint32_t at)
{
	struct fixup *fixup = add_fixup(req, field, 8);

	for (int i = 0; i < 2; i++)
		fixup->value[i] = (uintptr_t)arena[i] + at;
}

/* Mostly good; else NULL, unmapped, the kernel's, or one that ends in the guard page. */
void set_ptr(struct request *req, void *field, uint32_t at)
{
	static const uint64_t bad[] = { 0, 0, 1, 4096, 0xffff888000000000ull, 0x1234567800000000ull };
	uint32_t choice = rnd(48);

	if (choice >= 4) {
		set_ptr_exact(req, field, at);
	} else if (choice == 3) {
		set_ptr_exact(req, field, ARENA_SIZE - rnd(8));
	} else {
		struct fixup *fixup = add_fixup(req, field, 8);

		fixup->value[0] = fixup->value[1] = bad[rnd(6)];
	}
}

struct pair *set_fd(struct request *req, void *field, enum pair_kind kind)
{
	static const int bad[] = { -1, 0, 5000, 1 };
	struct pair *pair = rnd(32) ? pair_any(kind) : NULL;
	struct fixup *fixup = add_fixup(req, field, 4);
	int fd = bad[rnd(4)];

	for (int i = 0; i < 2; i++)
		fixup->value[i] = (uint32_t)(pair ? pair->fd[i] : fd);
	return pair;
}

void set_pair(struct request *req, void *field, uint32_t a, uint32_t b)
{
	struct fixup *fixup = add_fixup(req, field, 4);

	fixup->value[0] = a;
	fixup->value[1] = b;
}

static bool in_fixup(const struct request *req, uint32_t offset)
{
	for (uint32_t i = 0; i < req->fixup_cnt; i++)
		if (offset >= req->fixups[i].offset &&
		    offset < req->fixups[i].offset + req->fixups[i].size)
			return true;
	return false;
}

/* Half an id or address is another number on each kernel. */
static bool cuts_fixup(const struct request *req, uint32_t size)
{
	return in_fixup(req, size) && size && in_fixup(req, size - 1);
}

/* A byte that nobody meant, or another size. */
static void mutate(struct request *req)
{
	uint32_t size = rnd(4) ? req->size - rnd(40) : rnd(sizeof(req->attr) + 40);
	uint32_t at = req->mutable_from + rnd(sizeof(union bpf_attr) - req->mutable_from);

	if (rnd(12) == 0 && !in_fixup(req, at))
		((unsigned char *)&req->attr)[at] ^= 1u << rnd(8);
	if (rnd(16) == 0 && !cuts_fixup(req, size))
		req->size = size;
}

/* ---- running one request on both ---- */

/* Words of the attr; addresses as arena+offset, other fds and ids as they are on each kernel. */
static void print_attr(const struct request *req)
{
	for (uint32_t at = 0, i; at + 4 <= sizeof(req->attr) && at < req->size; at += 4) {
		const struct fixup *fixup = NULL;
		uint32_t word;

		for (i = 0; i < req->fixup_cnt; i++)
			if (req->fixups[i].offset == at && req->fixups[i].size)
				fixup = &req->fixups[i];
		memcpy(&word, (const char *)&req->attr + at, 4);
		if (!fixup)
			printf(" %x", word);
		else if (fixup->size == 4)
			printf(" fd:%d/%d", (int)fixup->value[0], (int)fixup->value[1]);
		else if (fixup->value[0] - (uintptr_t)arena[0] <= ARENA_SIZE)
			printf(" arena+%#lx", (long)(fixup->value[0] - (uintptr_t)arena[0]));
		else
			printf(" %#lx", (long)fixup->value[0]);
		at += fixup ? fixup->size - 4 : 0;
	}
}

static void report(const struct request *req, const int *ret, const char *what, const char *detail)
{
	differences++;
	printf("step %lu: command %d size %u: %s: %s", step, req->cmd, req->size, what,
	       result_name(ret[0]));
	printf(" emulated, %s kernel%s\n ", result_name(ret[1]), detail);
	print_attr(req);
	if (req->pair)
		printf(" (map type %u key %u value %u max %u)", req->pair->map_type,
		       req->pair->key_size, req->pair->value_size, req->pair->max_entries);
	printf(" text '%.40s'\n", arena[0] + AT_TEXT);
}

/* An attr and what a caller may have behind it. */
struct room {
	union bpf_attr attr;
	unsigned char behind[64];
};

static void materialise(const struct request *req, int side, union bpf_attr *attr)
{
	memcpy(attr, &req->attr, sizeof(*attr));
	for (uint32_t i = 0; i < req->fixup_cnt; i++)
		memcpy((char *)attr + req->fixups[i].offset, &req->fixups[i].value[side],
		       req->fixups[i].size);
}

static void compare_attrs(const struct request *req, const int *ret, const struct room *rooms)
{
	const unsigned char *a = (const unsigned char *)&rooms[0], *b = (const unsigned char *)&rooms[1];
	char detail[64];

	for (uint32_t i = 0; i < sizeof(rooms->attr) && i < req->size; i++) {
		if (in_fixup(req, i) || a[i] == b[i])
			continue;
		snprintf(detail, sizeof(detail), ": attr byte %u: %#x and %#x", i, a[i], b[i]);
		report(req, ret, "attr", detail);
		return;
	}
}

static void compare_arenas(const struct request *req, const int *ret)
{
	char detail[96];

	/* Not the end, where a copy may have met the guard page midway. */
	for (uint32_t i = 0; i < ARENA_SIZE - 16; i++) {
		if (arena[0][i] == arena[1][i])
			continue;
		snprintf(detail, sizeof(detail), ": memory %#x: %#x and %#x", i, arena[0][i],
			 arena[1][i]);
		report(req, ret, "memory", detail);
		if (i >= AT_LOG)	/* what leads to it, too */
			for (int side = 0; side < 2; side++)
				printf("  %s log: …%.240s\n", backends[side]->name,
				       arena[side] + MAX(i, AT_LOG + 160) - 160);
		return;
	}
}

/* The real kernel drops what a program held a little later. */
static bool comes_later(struct request *req, const int *ret, union bpf_attr *attr)
{
	for (int i = 0; i < 100; i++) {
		struct timespec pause = { .tv_nsec = 10000000 };
		int again;

		nanosleep(&pause, NULL);
		materialise(req, 1, attr);
		again = kernel_backend.bpf(req->cmd, attr, req->size);
		if (again >= 0 && req->makes)
			close(again);
		if (again == ret[0])
			return true;
	}
	return false;
}

static bool results_agree(struct request *req, int *ret, struct room *rooms)
{
	bool fds = req->makes && ret[0] >= 0 && ret[1] >= 0;

	if (sides == 1 || fds || ret[0] == ret[1])
		return true;
	if (req->cmd == BPF_PROG_LOAD && ret[1] == -ENOTSUPP) {
		if (ret[0] >= 0)		/* no memory for machine code at the moment */
			backends[0]->close(ret[0]);
		ret[0] = -ENOTSUPP;
		return true;
	}
	if (req->retry && ret[0] < 0 && ret[1] >= 0) {
		if (req->makes)
			close(ret[1]);
		if (comes_later(req, ret, &rooms[1].attr)) {
			ret[1] = ret[0];
			return true;
		}
	}
	return false;
}

struct pair *request_run(struct request *req, int *result)
{
	struct room rooms[2] = { 0 };
	int ret[2] = { 0 };

	mutate(req);
	memcpy(arena[1], arena[0], ARENA_SIZE);
	for (int i = 0; i < sides; i++) {
		if (req->prepare)
			req->prepare(req, arena[i], i);
		materialise(req, i, &rooms[i].attr);
		ret[i] = backends[i]->bpf(req->cmd, &rooms[i], req->size);
		if (req->normalise)
			req->normalise(req, arena[i], &rooms[i].attr, i);
	}
	if (result)
		*result = ret[0];
	if (!results_agree(req, ret, rooms)) {
		report(req, ret, "result", "");
		if (req->makes)
			for (int i = 0; i < sides; i++)
				if (ret[i] >= 0)
					backends[i]->close(ret[i]);
		return NULL;
	}
	/* Where a copy stopped midway is nobody's contract. */
	if (sides == 2 && ret[0] != -EFAULT) {
		compare_attrs(req, ret, rooms);
		compare_arenas(req, ret);
	}
	return req->makes && ret[0] >= 0 ? pair_add(req->makes, ret) : NULL;
}

/* ---- steps ---- */

static void close_step(void)
{
	struct pair *pair = pair_any(0);
	int copy[2];

	if (!pair)
		return;
	if (rnd(3) == 0) {
		for (int i = 0; i < sides; i++)
			copy[i] = fcntl(pair->fd[i], F_DUPFD_CLOEXEC, 0);
		pair_add(pair->kind, copy);
	} else {
		pair_close(pair);
	}
}

static void mmap_step(void)
{
	static const uint32_t lengths[] = { 0, 1, 4096, 4097, 8192, 12288, 16384, 20480 };
	struct pair *pair = pair_any(PAIR_MAP);
	size_t length = pick_from(lengths, 8), offset = rnd(3) ? 0 : 4096 * rnd(4);
	int prot = rnd(8), flags = rnd(12) ? MAP_SHARED : MAP_PRIVATE, err[2] = { 0 };
	unsigned char *mem[2];
	struct request nothing = { .cmd = -1 };

	if (!pair)
		return;
	if (prot & PROT_EXEC && rnd(4))
		prot &= ~PROT_EXEC;
	if (pair->kind != PAIR_MAP)
		return;
	for (int i = 0; i < sides; i++)
		mem[i] = backends[i]->mmap(NULL, length, prot, flags, pair->fd[i], offset, &err[i]);
	if (sides == 2 && err[0] != err[1]) {
		char detail[128];

		snprintf(detail, sizeof(detail), ": type %u value %u max %u length %zu prot %d flags %d "
			 "offset %zu", pair->map_type, pair->value_size, pair->max_entries, length,
			 prot, flags, offset);
		report(&nothing, err, "mmap", detail);
	}
	if (sides == 2 && !err[0] && !err[1] && prot & PROT_READ &&
	    pair->map_type == BPF_MAP_TYPE_ARRAY) {
		if (prot & PROT_WRITE)
			mem[0][0] = mem[1][0] = rnd(256);
		if (memcmp(mem[0], mem[1], length))
			report(&nothing, err, "mapped memory", "");
	}
	for (int i = 0; i < sides; i++)
		if (!err[i])
			munmap(mem[i], (length + 4095) & ~4095ul);
}

static void (*const steps[])(void) = {
	map_create_step, element_step, element_step, element_step, element_step, batch_step,
	batch_step, pin_step, id_step, info_step, info_step, load_step, load_step, bind_step,
	link_step, link_step, test_run_step, btf_step, mmap_step, close_step,
};

static unsigned long number_from(const char *name, unsigned long fallback)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : fallback;
}

/* Fds of both kernels with as many digits: logs tell them. */
static void skip_low_fds(void)
{
	static int low[128];
	int cnt = 0;

	while ((low[cnt] = open("/dev/null", O_RDONLY | O_CLOEXEC)) < 100)
		cnt++;
}

static void both_kernels_answer_alike(void **unused)
{
	unsigned long seed = number_from("BPF_SHIM_TEST_SEED", 1);
	unsigned long cnt = number_from("BPF_SHIM_TEST_STEPS", 6000);

	(void)unused;
	state = seed * 0x9e3779b97f4a7c15ull + 1;
	make_arenas();
	skip_low_fds();
	for (step = 0; step < cnt && differences < 25; step++) {
		fill_arena();
		steps[rnd(sizeof(steps) / sizeof(steps[0]))]();
	}
	for (int i = 0; i < PAIRS; i++)
		if (pairs[i].open)
			pair_close(&pairs[i]);
	printf("seed %lu: %lu steps, %u differences%s\n", seed, step, differences,
	       sides == 2 ? "" : " (emulated kernel alone)");
	assert_int_equal(differences, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(both_kernels_answer_alike) };

	sides = 1 + isolate_kernel();
	return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
