/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What makes each map type the one it is, beside the errno tables: which CPU's value, order of
 * walks, what a full map does, padding, memory charged. On both kernels.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define CPUS_MAX 256

/* ---- support ---- */

static int cpus(void)
{
	return sysconf(_SC_NPROCESSORS_CONF);
}

static int create(const struct backend *b, uint32_t type, uint32_t key, uint32_t value,
		  uint32_t max, uint32_t flags, uint64_t extra)
{
	union bpf_attr attr;
	int fd, inner = -1;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = max;
	attr.map_flags = flags;
	attr.map_extra = extra;
	if (type == BPF_MAP_TYPE_HASH_OF_MAPS)
		attr.inner_map_fd = inner = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	fd = b->bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	if (inner >= 0)
		b->close(inner);
	assert_true(fd >= 0);
	return fd;
}

static long memlock(const struct backend *b, int fd)
{
	char text[1024] = "", path[64];
	const char *at;
	FILE *file;
	size_t size;

	if (b->emulated) {
		assert_true(kern_fdinfo(fd, text, sizeof(text) - 1) > 0);
	} else {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		file = fopen(path, "r");
		assert_non_null(file);
		size = fread(text, 1, sizeof(text) - 1, file);
		text[size] = 0;
		fclose(file);
	}
	at = strstr(text, "memlock:");
	assert_non_null(at);
	return atol(at + 8);
}

/* Run a program once; what it returned. */
static uint32_t run_prog(const struct backend *b, const struct bpf_insn *insns, uint32_t cnt)
{
	unsigned char packet[64] = { 0 };
	int prog = load_prog(b, BPF_PROG_TYPE_XDP, insns, cnt);
	union bpf_attr attr;

	assert_true(prog >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	b->close(prog);
	return attr.test.retval;
}

static int lookup_and_delete(const struct backend *b, int fd, const void *key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return b->bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attr, sizeof(attr));
}

/* ---- memory charged ---- */

/* base + per_cpu_values * cpus, empty and with the keys 0, 1, 2 in it. */
static const struct charge {
	uint32_t type, key_size, value_size, max, flags;
	long base, per_cpu, three, three_per_cpu;
} charges[] = {
	{ BPF_MAP_TYPE_HASH, 4, 8, 8, 0, 896 + 8 * 16 + 8 * 64, 8 + 64, 0, 0 },
	{ BPF_MAP_TYPE_HASH, 4, 8, 8, BPF_F_NO_PREALLOC, 896 + 8 * 16, 0, 3 * 72, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 8, 0, 896 + 8 * 16 + 8 * 64, 8 * 8, 0, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 12, 17, 100, 0, 896 + 128 * 16 + 100 * 72, 100 * 24, 0, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 8, BPF_F_NO_PREALLOC, 896 + 8 * 16, 0, 3 * 88, 3 * 8 },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, 8, 0, 896 + 8 * 16 + 8 * 64, 0, 0, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 100, 0, 896 + 128 * 16 + 100 * 64, 100 * 8, 0, 0 },
	{ BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 8, 0, 896 + 8 * 16 + 8 * 64, 8, 0, 0 },
	{ BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 8, BPF_F_NO_PREALLOC, 896 + 8 * 16, 0, 3 * 72, 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, 8, 8, 100, BPF_F_NO_PREALLOC, 0, 0, 3 * (24 + 4 + 8), 0 },
	{ BPF_MAP_TYPE_LPM_TRIE, 9, 3, 100, BPF_F_NO_PREALLOC, 0, 0, 3 * (24 + 5 + 3), 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 4, 9, 0, 312 + 8, 0, 0, 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 4, 100, 0, 312 + 128, 0, 0, 0 },
	{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 4, 100000, 0, 312 + 131072, 0, 0, 0 },
	{ BPF_MAP_TYPE_QUEUE, 0, 3, 8, 0, 312 + 9 * 3, 0, 0, 0 },
	{ BPF_MAP_TYPE_STACK, 0, 8, 100, 0, 312 + 101 * 8, 0, 0, 0 },
};

static void fill_three(const struct backend *b, int fd, const struct charge *row)
{
	static char value[CPUS_MAX * 24];
	char key[64] = { 0 };
	int inner = -1;

	if (row->type == BPF_MAP_TYPE_HASH_OF_MAPS) {
		inner = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
		memcpy(value, &inner, sizeof(inner));
	}
	for (int i = 0; i < 3; i++) {
		key[0] = i;	/* of a trie: the length of the prefix */
		assert_int_equal(map_update(b, fd, row->key_size ? key : NULL, value, 0), 0);
	}
	if (inner >= 0)
		b->close(inner);
}

static void memory_is_charged_as_on_linux(void **state)
{
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(charges); i++) {
		const struct charge *row = &charges[i];
		long want = row->base + row->per_cpu * cpus(), got, more;
		int fd = create(b, row->type, row->key_size, row->value_size, row->max, row->flags, 0);

		got = memlock(b, fd);
		fill_three(b, fd, row);
		more = memlock(b, fd);
		if (got != want || more != want + row->three + row->three_per_cpu * cpus())
			fail_msg("row %zu: %ld, then %ld", i, got, more);
		b->close(fd);
	}
}

/* ---- order of walks ---- */

/* Keys in the order of a walk, as text. */
static const char *walk_text(const struct backend *b, int fd)
{
	static char text[512];
	uint32_t key, *previous = NULL;
	size_t len = 0;

	text[0] = 0;
	while (!map_next_key(b, fd, previous, &key)) {
		len += snprintf(text + len, sizeof(text) - len, "%u ", key);
		previous = &key;
	}
	return text;
}

static void put_keys(const struct backend *b, int fd, const void *value)
{
	static const uint32_t keys[] = { 1, 2, 3, 4, 5, 6, 7, 8, 3, 5, 1 };

	for (size_t i = 0; i < ARRAY_CNT(keys); i++)
		assert_int_equal(map_update(b, fd, &keys[i], value, 0), 0);
}

/* Where an element is replaced its key comes first in its bucket; written in place it stays. */
static void hashes_walk_by_bucket(void **state)
{
	static const struct { uint32_t type; const char *want; } rows[] = {
		{ BPF_MAP_TYPE_HASH, "4 7 2 1 8 5 6 3 " },
		{ BPF_MAP_TYPE_PERCPU_HASH, "4 7 2 1 8 6 5 3 " },
		{ BPF_MAP_TYPE_HASH_OF_MAPS, "4 7 2 1 8 6 5 3 " },
	};
	static char value[CPUS_MAX * 8];
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int inner = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
		int fd = create(b, rows[i].type, 4, rows[i].type == BPF_MAP_TYPE_HASH_OF_MAPS ? 4 : 8,
				8, BPF_F_ZERO_SEED, 0);

		memcpy(value, &inner, sizeof(inner));
		put_keys(b, fd, value);
		assert_string_equal(walk_text(b, fd), rows[i].want);
		b->close(fd);
		b->close(inner);
	}
}

/* ---- per-CPU hash ---- */

static int cpu_that_has(const uint64_t *values, uint64_t value)
{
	for (int cpu = 0; cpu < cpus(); cpu++)
		if (values[cpu] == value)
			return cpu;
	return -1;
}

/* r0 of: update(map, key 1, value 77, ANY); lookup gives 77. */
static void program_writes_its_cpus_value(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = create(b, BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4, 0, 0), mine;
	const struct bpf_insn insns[] = {
		STORE_IMM(W, 10, -4, 1), STORE_IMM(DW, 10, -16, 77),
		MAP_FD(1, fd), MOV_REG(2, 10), ALU_IMM(ADD, 2, -4), MOV_REG(3, 10),
		ALU_IMM(ADD, 3, -16), MOV_IMM(4, 0), CALL(BPF_FUNC_map_update_elem),
		MAP_FD(1, fd), MOV_REG(2, 10), ALU_IMM(ADD, 2, -4), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(JEQ, 0, 0, 1), LOAD(DW, 0, 0, 0), EXIT(),
	};
	uint64_t values[CPUS_MAX];
	uint32_t key = 1;

	assert_int_equal(run_prog(b, insns, ARRAY_CNT(insns)), 77);
	assert_int_equal(map_lookup(b, fd, &key, values), 0);
	mine = cpu_that_has(values, 77);
	assert_true(mine >= 0);
	for (int cpu = 0; cpu < cpus(); cpu++)	/* a new element: the others' are zero */
		assert_int_equal(values[cpu], cpu == mine ? 77 : 0);
	for (int cpu = 0; cpu < cpus(); cpu++)
		values[cpu] = 5;
	assert_int_equal(map_update(b, fd, &key, values, BPF_EXIST), 0);
	assert_int_equal(run_prog(b, insns, ARRAY_CNT(insns)), 77);
	assert_int_equal(map_lookup(b, fd, &key, values), 0);
	mine = cpu_that_has(values, 77);
	for (int cpu = 0; cpu < cpus(); cpu++)	/* an old one: the others' stay */
		assert_int_equal(values[cpu], cpu == mine ? 77 : 5);
	b->close(fd);
}

static void percpu_padding_travels(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = create(b, BPF_MAP_TYPE_PERCPU_HASH, 4, 5, 4, 0, 0);
	unsigned char in[CPUS_MAX * 8], out[CPUS_MAX * 8];
	uint32_t key = 1;

	for (int i = 0; i < cpus() * 8; i++)
		in[i] = i + 1;
	assert_int_equal(map_update(b, fd, &key, in, 0), 0);
	assert_int_equal(map_lookup(b, fd, &key, out), 0);
	assert_memory_equal(in, out, cpus() * 8);
	memset(out, 0, sizeof(out));
	assert_int_equal(lookup_and_delete(b, fd, &key, out), 0);
	assert_memory_equal(in, out, cpus() * 8);
	b->close(fd);
}

/* ---- hash of maps ---- */

static void put_inner(const struct backend *b, int fd, uint32_t key, uint32_t value)
{
	int inner = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	uint32_t zero = 0;

	assert_int_equal(map_update(b, inner, &zero, &value, 0), 0);
	assert_int_equal(map_update(b, fd, &key, &inner, 0), 0);
	b->close(inner);
}

/* The value in the map that key 1 has; 99: it has none. */
static uint32_t value_behind(const struct backend *b, int fd)
{
	const struct bpf_insn insns[] = {
		STORE_IMM(W, 10, -4, 1), STORE_IMM(W, 10, -8, 0), MAP_FD(1, fd), MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -4), CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(JEQ, 0, 0, 6),
		MOV_REG(1, 0), MOV_REG(2, 10), ALU_IMM(ADD, 2, -8), CALL(BPF_FUNC_map_lookup_elem),
		JUMP_IMM(JEQ, 0, 0, 1), JUMP(2), MOV_IMM(0, 99), EXIT(), LOAD(W, 0, 0, 0), EXIT(),
	};

	return run_prog(b, insns, ARRAY_CNT(insns));
}

static void program_finds_the_map_of_a_key(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = create(b, BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 4, 0, 0);
	uint32_t key = 1, id, old;

	assert_int_equal(value_behind(b, fd), 99);
	put_inner(b, fd, 1, 11);
	put_inner(b, fd, 2, 22);
	assert_int_equal(value_behind(b, fd), 11);
	assert_int_equal(map_lookup(b, fd, &key, &old), 0);
	put_inner(b, fd, 1, 33);
	assert_int_equal(value_behind(b, fd), 33);
	assert_int_equal(map_lookup(b, fd, &key, &id), 0);
	assert_int_not_equal(id, old);
	if (b->emulated)	/* there: after a grace period */
		assert_int_equal(fd_by_id(b, BPF_MAP_GET_FD_BY_ID, old), -ENOENT);
	assert_int_equal(map_delete(b, fd, &key), 0);
	assert_int_equal(value_behind(b, fd), 99);
	if (b->emulated)
		assert_int_equal(fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id), -ENOENT);
	put_inner(b, fd, 3, 44);	/* an element used before */
	assert_int_equal(value_behind(b, fd), 99);
	b->close(fd);
}

/* ---- LRU ---- */

static void lru_evicts_instead_of_failing(void **state)
{
	static const uint32_t types[] = { BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH };
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < 2 * ARRAY_CNT(types); i++) {
		int fd = create(b, types[i / 2], 4, 8, 100, i % 2 ? BPF_F_NO_COMMON_LRU : 0, 0);
		static char value[CPUS_MAX * 8];
		uint32_t key, next, *previous = NULL, cnt = 0;

		for (key = 0; key < 1000; key++) {
			assert_int_equal(map_update(b, fd, &key, value, BPF_NOEXIST), 0);
			assert_int_equal(map_lookup(b, fd, &key, value), 0);
		}
		while (!map_next_key(b, fd, previous, &next)) {
			previous = &next;
			assert_true(next >= 600);	/* old ones went */
			cnt++;
		}
		assert_true(cnt <= 100 + (uint32_t)cpus() && cnt >= 100 / (uint32_t)cpus() / 2);
		b->close(fd);
	}
}

static void lru_entries_are_a_multiple_of_cpus(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = create(b, BPF_MAP_TYPE_LRU_HASH, 4, 8, cpus() + 1, BPF_F_NO_COMMON_LRU, 0);
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	assert_int_equal(obj_info(b, fd, &info, &len), 0);
	assert_int_equal(info.max_entries, 2 * cpus());
	b->close(fd);
}

/* A program looks key 1 up each time before another one comes in. */
static void lru_keeps_what_programs_use(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = create(b, BPF_MAP_TYPE_LRU_HASH, 4, 8, 64, 0, 0);
	const struct bpf_insn insns[] = {
		STORE_IMM(W, 10, -4, 1), MAP_FD(1, fd), MOV_REG(2, 10), ALU_IMM(ADD, 2, -4),
		CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(JEQ, 0, 0, 1), MOV_IMM(0, 1), EXIT(),
	};
	uint64_t value = 0;

	for (uint32_t key = 1; key < 300; key++) {
		assert_int_equal(map_update(b, fd, &key, &value, 0), 0);
		assert_int_equal(run_prog(b, insns, ARRAY_CNT(insns)), 1);
	}
	b->close(fd);
}

/* ---- trie ---- */

struct trie_key {
	uint32_t len;
	unsigned char data[4];
};

static int new_trie(const struct backend *b, uint32_t max)
{
	return create(b, BPF_MAP_TYPE_LPM_TRIE, 8, 4, max, BPF_F_NO_PREALLOC, 0);
}

static void full_trie_still_replaces(void **state)
{
	static const struct {
		struct trie_key key;
		uint64_t flags;
		int want;
	} rows[] = {
		{ { 8, { 10, 1, 2, 3 } }, 0, 0 },
		{ { 16, { 10, 20, 5, 5 } }, 0, 0 },
		{ { 8, { 11 } }, 0, 0 },		/* 10 and 11 part after 7 bits */
		{ { 24, { 9, 9, 9 } }, 0, -ENOSPC },
		{ { 24, { 9, 9, 9 } }, BPF_EXIST, -ENOENT },
		{ { 24, { 9, 9, 9 } }, BPF_NOEXIST, -ENOSPC },
		{ { 8, { 10, 7, 7, 7 } }, 0, 0 },
		{ { 8, { 10, 7, 7, 7 } }, BPF_NOEXIST, -EEXIST },
		{ { 7, { 10 } }, 0, -ENOSPC },
		{ { 7, { 10 } }, BPF_EXIST, -ENOENT },
		{ { 33, { 10 } }, 0, -EINVAL },
		{ { 8, { 10 } }, 9, -EINVAL },
	};
	const struct backend *b = backend_of(state);
	int fd = new_trie(b, 3);

	for (uint32_t i = 0; i < ARRAY_CNT(rows); i++)
		if (map_update(b, fd, &rows[i].key, &i, rows[i].flags) != rows[i].want)
			fail_msg("row %u", i);
	b->close(fd);
}

/* "length/bytes" of a walk. */
static const char *walk_trie(const struct backend *b, int fd, char *text)
{
	struct trie_key key, *previous = NULL;

	text[0] = 0;
	while (!map_next_key(b, fd, previous, &key)) {
		sprintf(text + strlen(text), "%u/%u.%u.%u.%u ", key.len, key.data[0], key.data[1],
			key.data[2], key.data[3]);
		previous = &key;
	}
	return text;
}

/* The bits behind the prefix are kept as they were given last. */
static void trie_walks_longest_first_with_host_bits(void **state)
{
	static const struct trie_key keys[] = {
		{ 8, { 10, 1, 2, 3 } }, { 16, { 10, 20, 5, 5 } }, { 8, { 11 } },
		{ 0, { 1, 1, 1, 1 } }, { 32, { 10, 20, 0, 1 } }, { 8, { 10, 7, 7, 7 } },
	};
	const struct backend *b = backend_of(state);
	struct trie_key missing = { 9, { 10 } }, next;
	int fd = new_trie(b, 10);
	char text[512];

	for (uint32_t i = 0; i < ARRAY_CNT(keys); i++)
		assert_int_equal(map_update(b, fd, &keys[i], &i, 0), 0);
	assert_string_equal(walk_trie(b, fd, text),
			    "32/10.20.0.1 16/10.20.5.5 8/10.7.7.7 8/11.0.0.0 0/1.1.1.1 ");
	assert_int_equal(map_next_key(b, fd, &missing, &next), 0);
	assert_int_equal(next.len, 32);
	b->close(fd);
}

/* A random history: every result and the walk now and then, hashed; it is the same everywhere. */
static uint32_t history(const struct backend *b, uint32_t seed)
{
	int fd = new_trie(b, 12);
	uint32_t sum = 0;
	char text[1024];

	srand(seed);
	for (int i = 0; i < 3000; i++) {
		struct trie_key key = { rand() % 34, { rand() % 3 << 6, rand() % 2, 0, rand() % 4 } };
		uint32_t value = i, len = strlen(walk_trie(b, fd, text));
		int what = rand() % 4, err;

		if (what == 0)
			err = map_lookup(b, fd, &key, &value);
		else if (what == 1)
			err = map_delete(b, fd, &key);
		else
			err = map_update(b, fd, &key, &value, rand() % 3);
		sum = sum * 31 + err * 7 + value;
		for (uint32_t at = 0; at < len; at++)
			sum = sum * 31 + text[at];
	}
	b->close(fd);
	return sum;
}

static void trie_histories(void **state)
{
	static const uint32_t want[] = { 0xddef8e1a, 0xaf3ef60b, 0xf5088f1d };

	for (uint32_t i = 0; i < ARRAY_CNT(want); i++)
		assert_int_equal(history(backend_of(state), i + 1), want[i]);
}

/* ---- bloom filter ---- */

/* Of values that were never pushed: a sum over those that seem to have been. */
static uint32_t false_positives(const struct backend *b, uint32_t value_size, uint32_t hashes)
{
	int fd = create(b, BPF_MAP_TYPE_BLOOM_FILTER, 0, value_size, 40, BPF_F_ZERO_SEED, hashes);
	uint32_t value[4] = { 0 }, sum = 0;

	for (value[0] = 0; value[0] < 40; value[0]++)
		assert_int_equal(map_update(b, fd, NULL, value, 0), 0);
	for (value[0] = 0; value[0] < 3000; value[0]++) {
		int err = map_lookup(b, fd, NULL, value);

		assert_true(!err || (err == -ENOENT && value[0] >= 40));
		if (!err)
			sum = sum * 31 + value[0];
	}
	b->close(fd);
	return sum;
}

static void bloom_filter_errs_as_linux_does(void **state)
{
	static const struct { uint32_t value_size, hashes, want; } rows[] = {
		{ 4, 0, 0x30edc76b }, { 4, 1, 0xcaa3fb8 }, { 4, 3, 0xcdcfbb3 },
		{ 4, 15, 0xd60ef814 }, { 7, 2, 0xe9a473f9 }, { 16, 2, 0xda8e4f6d },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++)
		assert_int_equal(false_positives(backend_of(state), rows[i].value_size,
						 rows[i].hashes),
				 rows[i].want);
}

/* Push 5 from a program; peek with 5 and with 6. */
static void program_asks_a_bloom_filter(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = create(b, BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 100, BPF_F_ZERO_SEED, 0);

	for (int value = 5; value <= 6; value++) {
		const struct bpf_insn insns[] = {
			STORE_IMM(DW, 10, -8, 5), MAP_FD(1, fd), MOV_REG(2, 10),
			ALU_IMM(ADD, 2, -8), MOV_IMM(3, 0), CALL(BPF_FUNC_map_push_elem),
			STORE_IMM(DW, 10, -8, value), MAP_FD(1, fd), MOV_REG(2, 10),
			ALU_IMM(ADD, 2, -8), CALL(BPF_FUNC_map_peek_elem), EXIT(),
		};

		assert_int_equal((int)run_prog(b, insns, ARRAY_CNT(insns)),
				 value == 5 ? 0 : -ENOENT);
	}
	b->close(fd);
}

/* ---- queue and stack ---- */

/* Push 1 to @pushed, then pop until nothing is left. */
static void pops(void **state, uint32_t type, uint32_t pushed, uint64_t flags, const char *want)
{
	const struct backend *b = backend_of(state);
	int fd = create(b, type, 0, 4, 4, 0, 0);
	char text[64] = "";
	uint32_t value;

	for (value = 1; value <= pushed; value++) {
		int err = map_update(b, fd, NULL, &value, flags);

		assert_int_equal(err, value > 4 && flags == BPF_ANY ? -E2BIG : 0);
	}
	if (!map_lookup(b, fd, NULL, &value))	/* a look takes nothing */
		sprintf(text, "%u ", value);
	while (!lookup_and_delete(b, fd, NULL, &value))
		sprintf(text + strlen(text), "%u ", value);
	assert_string_equal(text, want);
	b->close(fd);
}

static void queue_is_first_in_first_out(void **state)
{
	pops(state, BPF_MAP_TYPE_QUEUE, 0, BPF_ANY, "");
	pops(state, BPF_MAP_TYPE_QUEUE, 3, BPF_ANY, "1 1 2 3 ");
	pops(state, BPF_MAP_TYPE_QUEUE, 6, BPF_ANY, "1 1 2 3 4 ");
	pops(state, BPF_MAP_TYPE_QUEUE, 11, BPF_EXIST, "8 8 9 10 11 ");
}

static void stack_is_last_in_first_out(void **state)
{
	pops(state, BPF_MAP_TYPE_STACK, 0, BPF_ANY, "");
	pops(state, BPF_MAP_TYPE_STACK, 3, BPF_ANY, "3 3 2 1 ");
	pops(state, BPF_MAP_TYPE_STACK, 6, BPF_ANY, "4 4 3 2 1 ");
	pops(state, BPF_MAP_TYPE_STACK, 11, BPF_EXIST, "11 11 10 9 8 ");
}

/* What a pop of an empty one leaves in the value plus its error. */
static void program_pushes_and_pops(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = create(b, BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0, 0);
	const struct bpf_insn push[] = {
		STORE_IMM(DW, 10, -8, 5), MAP_FD(1, fd), MOV_REG(2, 10), ALU_IMM(ADD, 2, -8),
		MOV_IMM(3, 0), CALL(BPF_FUNC_map_push_elem), EXIT(),
	};
	const struct bpf_insn pop[] = {
		STORE_IMM(DW, 10, -8, 1000), MAP_FD(1, fd), MOV_REG(2, 10), ALU_IMM(ADD, 2, -8),
		CALL(BPF_FUNC_map_pop_elem), LOAD(DW, 1, 10, -8), ALU_REG(ADD, 0, 1), EXIT(),
	};

	assert_int_equal((int)run_prog(b, pop, ARRAY_CNT(pop)), -ENOENT);
	for (int i = 0; i < 4; i++)
		assert_int_equal((int)run_prog(b, push, ARRAY_CNT(push)), 0);
	assert_int_equal((int)run_prog(b, push, ARRAY_CNT(push)), -E2BIG);
	assert_int_equal((int)run_prog(b, pop, ARRAY_CNT(pop)), 5);
	b->close(fd);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(memory_is_charged_as_on_linux),
		BOTH(hashes_walk_by_bucket),
		BOTH(program_writes_its_cpus_value),
		BOTH(percpu_padding_travels),
		BOTH(program_finds_the_map_of_a_key),
		BOTH(lru_evicts_instead_of_failing),
		BOTH(lru_entries_are_a_multiple_of_cpus),
		BOTH(lru_keeps_what_programs_use),
		BOTH(full_trie_still_replaces),
		BOTH(trie_walks_longest_first_with_host_bits),
		BOTH(trie_histories),
		BOTH(bloom_filter_errs_as_linux_does),
		BOTH(program_asks_a_bloom_filter),
		BOTH(queue_is_first_in_first_out),
		BOTH(stack_is_last_in_first_out),
		BOTH(program_pushes_and_pops),
	};

	return run_on_both("map_types", tests, ARRAY_CNT(tests));
}
