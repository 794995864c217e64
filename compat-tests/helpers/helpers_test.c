/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What general helpers return and write, on both kernels. Each case is a program that calls the
 * helper with arguments in a map value and leaves r0 in front of them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "callback.h"
#include "own_cgroup.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* A map value: the result, room for the helper's output, its input. */
#define OUT  8
#define IN   72
#define IN2  200
#define SIZE 328

struct value {
	int64_t result;
	unsigned char out[IN - OUT], in[IN2 - IN], in2[SIZE - IN2];
};

struct call {
	const struct backend *b;
	int map;
	struct value value;
};

/* Run "@body; save r0" once. Return: r0. */
static int64_t run(struct call *c, const struct bpf_insn *body, uint32_t cnt)
{
	const struct bpf_insn tail[] = { MAP_VALUE(1, c->map, 0), STORE(DW, 1, 0, 0),
					 MOV_IMM(0, 0), EXIT() };
	struct bpf_insn insns[128];
	unsigned char packet[64] = { 0 };
	union bpf_attr attr;
	uint32_t key = 0;
	int prog;

	assert_true(cnt + ARRAY_CNT(tail) <= ARRAY_CNT(insns));
	memcpy(insns, body, cnt * sizeof(*body));
	memcpy(insns + cnt, tail, sizeof(tail));
	prog = load_prog(c->b, BPF_PROG_TYPE_XDP, insns, cnt + ARRAY_CNT(tail));
	if (prog < 0)
		fail_msg("load: %s", result_name(prog));
	assert_int_equal(map_update(c->b, c->map, &key, &c->value, 0), 0);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	assert_int_equal(c->b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(map_lookup(c->b, c->map, &key, &c->value), 0);
	c->b->close(prog);
	return c->value.result;
}

#define RUN(c, ...)                                                                                \
	run(c, (const struct bpf_insn[]){ __VA_ARGS__ },                                           \
	    ARRAY_CNT(((const struct bpf_insn[]){ __VA_ARGS__ })))

static struct call begin(void **state)
{
	struct call c = { .b = backend_of(state) };

	c.map = map_create_simple(c.b, BPF_MAP_TYPE_ARRAY, 4, SIZE, 1, 0);
	assert_true(c.map >= 0);
	memset(&c.value, 0xaa, sizeof(c.value));
	return c;
}

static void end(struct call *c)
{
	c->b->close(c->map);
}

/* ---- checksums ---- */

static void csum_diff(void **state)
{
	static const struct { const char *from, *to; uint32_t from_size, to_size, seed, want; } rows[] = {
		{ "", "", 0, 0, 0, 0 },
		{ "", "", 0, 0, 0x12345678, 0x68ac },
		{ "\1\2\3\4", "", 4, 0, 0, 0xf9fb },
		{ "", "\1\2\3\4", 0, 4, 0, 0x604 },
		{ "\1\2\3\4", "\1\2\3\4", 4, 4, 0, 0xffff },
		{ "\xff\xff\xff\xff", "\0\0\0\0", 4, 4, 0, 0 },
		{ "\1\2", "", 2, 0, 0, 0xfdfe },
		{ "\1\2\3\4", "\1", 4, 1, 0, 0xf9fc },
		{ "", "\xff\xff\xff\xff\xff\xff\xff\xff", 0, 8, 0xffffffff, 0xffff },
		{ "", "\xff\xff\xff\xff", 0, 4, 1, 1 },
		{ "\x80\0\0\1", "", 4, 0, 0x7fff0000, 0x7e7f },
		{ "\1\2\3\4", "\5\6\7\x8\x9\xa\xb\xc", 4, 8, 0xdeadbeef, 0xbbb9 },
	};
	struct call c = begin(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int64_t got;

		memcpy(c.value.in, rows[i].from, rows[i].from_size);
		memcpy(c.value.in2, rows[i].to, rows[i].to_size);
		got = RUN(&c, MAP_VALUE(1, c.map, IN), MOV_IMM(2, rows[i].from_size),
			  MAP_VALUE(3, c.map, IN2), MOV_IMM(4, rows[i].to_size),
			  IMM64(5, rows[i].seed), CALL(BPF_FUNC_csum_diff));
		if (got != rows[i].want)
			fail_msg("row %zu: %#llx", i, (long long)got);
	}
	end(&c);
}

/* ---- numbers ---- */

static const struct {
	const char *text;
	uint32_t size;
	int flags;
	int64_t used, value;		/* of strtol */
	int64_t used_unsigned;		/* of strtoul: the same value, or the error */
} numbers[] = {
	{ "123", 3, 0, 3, 123, 3 },
	{ "  42x", 5, 0, 4, 42, 4 },
	{ "-5", 2, 0, 2, -5, -EINVAL },
	{ "+5", 2, 0, -EINVAL, 0, -EINVAL },
	{ "0x1f", 4, 0, 4, 31, 4 },
	{ "0X1F", 4, 16, 4, 31, 4 },
	{ "017", 3, 0, 3, 15, 3 },
	{ "017", 3, 10, 3, 17, 3 },
	{ "08", 2, 0, 1, 0, 1 },
	{ "0x", 2, 0, 1, 0, 1 },
	{ "abc", 3, 16, 3, 2748, 3 },
	{ "abc", 3, 0, -EINVAL, 0, -EINVAL },
	{ "12", 2, 2, -EINVAL, 0, -EINVAL },
	{ "12", 2, 64, -EINVAL, 0, -EINVAL },
	{ "   ", 3, 0, -EINVAL, 0, -EINVAL },
	{ "9223372036854775807", 19, 0, 19, INT64_MAX, 19 },
	{ "9223372036854775808", 19, 0, -ERANGE, 0, 19 },
	{ "-9223372036854775808", 20, 0, 20, INT64_MIN, -EINVAL },
	{ "18446744073709551616", 20, 0, -ERANGE, 0, -ERANGE },
};

static void numbers_are_parsed(void **state)
{
	struct call c = begin(state);

	for (size_t i = 0; i < ARRAY_CNT(numbers); i++)
		for (int id = BPF_FUNC_strtol; id <= BPF_FUNC_strtoul; id++) {
			int64_t want = id == BPF_FUNC_strtol ? numbers[i].used
							      : numbers[i].used_unsigned;
			int64_t got;

			memset(c.value.in, 0, sizeof(c.value.in));
			memcpy(c.value.in, numbers[i].text, numbers[i].size);
			got = RUN(&c, MAP_VALUE(1, c.map, IN), MOV_IMM(2, numbers[i].size),
				  MOV_IMM(3, numbers[i].flags), MOV_REG(4, 10),
				  ALU_IMM(ADD, 4, -8), STORE_IMM(DW, 10, -8, 0x77), CALL(id),
				  LOAD(DW, 1, 10, -8), MAP_VALUE(2, c.map, OUT),
				  STORE(DW, 2, 1, 0));
			if (got != want)
				fail_msg("'%s' base %d: %lld", numbers[i].text, numbers[i].flags,
					 (long long)got);
			if (id == BPF_FUNC_strtol)
				assert_int_equal(*(int64_t *)c.value.out, numbers[i].value);
		}
	end(&c);
}

/* ---- memory ---- */

static void probe_reads_are_whole_or_zero(void **state)
{
	static const struct { int id; uint64_t address; uint32_t size; int64_t want; } rows[] = {
		{ BPF_FUNC_probe_read_kernel, 0, 8, -ERANGE },
		{ BPF_FUNC_probe_read_kernel, 0, 0, -ERANGE },
		{ BPF_FUNC_probe_read_kernel, 0xdead000000000000, 4, -ERANGE },
		{ BPF_FUNC_probe_read_user, 0, 8, -EFAULT },
		{ BPF_FUNC_probe_read_user, 0, 0, 0 },
		{ BPF_FUNC_probe_read_user, 0xdead000000000000, 0, -EFAULT },
		{ BPF_FUNC_probe_read_kernel_str, 0, 8, -ERANGE },
		{ BPF_FUNC_probe_read_kernel_str, 0, 0, 0 },
		{ BPF_FUNC_probe_read_user_str, 0, 8, -EFAULT },
	};
	struct call c = begin(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int64_t got;

		memset(c.value.out, 0xaa, sizeof(c.value.out));
		got = RUN(&c, MAP_VALUE(1, c.map, OUT), MOV_IMM(2, rows[i].size),
			  IMM64(3, rows[i].address), CALL(rows[i].id));
		if (got != rows[i].want)
			fail_msg("row %zu: %lld", i, (long long)got);
		for (uint32_t j = 0; j < 16; j++)
			assert_int_equal(c.value.out[j], j < rows[i].size ? 0 : 0xaa);
	}
	end(&c);
}

static void strings_end_at_their_nul(void **state)
{
	static const struct { uint32_t size; int64_t want; const char *text; } rows[] = {
		{ 1, 1, "" }, { 4, 4, "hel" }, { 11, 11, "hello worl" }, { 12, 12, "hello world" },
		{ 40, 12, "hello world" },
	};
	struct call c = begin(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int64_t got;

		memset(c.value.out, 0xaa, sizeof(c.value.out));
		strcpy((char *)c.value.in, "hello world");
		got = RUN(&c, MAP_VALUE(1, c.map, OUT), MOV_IMM(2, rows[i].size),
			  MAP_VALUE(3, c.map, IN), CALL(BPF_FUNC_probe_read_kernel_str));
		assert_int_equal(got, rows[i].want);
		assert_string_equal((char *)c.value.out, rows[i].text);
		assert_int_equal(c.value.out[rows[i].want], 0xaa);
	}
	end(&c);
}

/* ---- tasks and clocks ---- */

static void the_caller_is_the_current_task(void **state)
{
	struct call c = begin(state);
	int64_t got = RUN(&c, CALL(BPF_FUNC_get_current_pid_tgid));

	assert_int_equal(got >> 32, getpid());
	assert_int_equal((uint32_t)got, gettid());
	assert_int_equal(RUN(&c, CALL(BPF_FUNC_get_current_uid_gid)),
			 (int64_t)getgid() << 32 | getuid());
	end(&c);
}

static void names_are_cut_and_padded(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 4, 15, 16, 20 };
	struct call c = begin(state);
	char name[16] = "";
	FILE *comm = fopen("/proc/self/comm", "r");

	assert_non_null(comm);
	assert_int_equal(fscanf(comm, "%15s", name), 1);
	fclose(comm);
	for (size_t i = 0; i < ARRAY_CNT(sizes); i++) {
		char want[32] = "";

		memset(c.value.out, 0xaa, sizeof(c.value.out));
		assert_int_equal(RUN(&c, MAP_VALUE(1, c.map, OUT), MOV_IMM(2, sizes[i]),
				     CALL(BPF_FUNC_get_current_comm)), 0);
		snprintf(want, sizes[i], "%s", name);
		assert_memory_equal(c.value.out, want, sizes[i]);
		assert_int_equal(c.value.out[sizes[i]], 0xaa);
	}
	end(&c);
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void clocks_are_the_systems(void **state)
{
	static const struct { int id; clockid_t clock; } rows[] = {
		{ BPF_FUNC_ktime_get_ns, CLOCK_MONOTONIC },
		{ BPF_FUNC_ktime_get_boot_ns, CLOCK_BOOTTIME },
		{ BPF_FUNC_ktime_get_coarse_ns, CLOCK_MONOTONIC_COARSE },
		{ BPF_FUNC_ktime_get_tai_ns, CLOCK_TAI },
	};
	struct call c = begin(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int64_t before = clock_ns(rows[i].clock), got = RUN(&c, CALL(rows[i].id));

		assert_true(got >= before - 10000000 && got <= clock_ns(rows[i].clock) + 10000000);
	}
	end(&c);
}

/* ---- callbacks ---- */

static int64_t run_loaded(struct call *c, int prog)
{
	unsigned char packet[64] = { 0 };
	union bpf_attr attr;
	uint32_t key = 0;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	assert_int_equal(c->b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(map_lookup(c->b, c->map, &key, &c->value), 0);
	c->b->close(prog);
	return c->value.result;
}

static void bpf_loop_calls_until_told(void **state)
{
	static const struct { uint32_t rounds; int stop_at, flags; int64_t want; } rows[] = {
		{ 0, 100, 0, 0 }, { 10, 100, 0, 10 }, { 10, 3, 0, 4 }, { 10, 0, 0, 1 },
		{ 10, 100, 1, -EINVAL }, { (8u << 20) + 1, 100, 0, (uint32_t)-E2BIG },	/* inlined, in 32 bits */
	};
	struct call c = begin(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		const struct bpf_insn insns[] = {
			IMM64(1, rows[i].rounds), FUNC(2, 9), MOV_IMM(3, 0),
			MOV_IMM(4, rows[i].flags), CALL(BPF_FUNC_loop), MAP_VALUE(1, c.map, 0),
			STORE(DW, 1, 0, 0), MOV_IMM(0, 0), EXIT(),
			/* 12: (index, context) */
			MOV_IMM(0, 1), JUMP_IMM(JEQ, 1, rows[i].stop_at, 1), MOV_IMM(0, 0), EXIT(),
		};
		int prog = load_with_callback(c.b, insns, ARRAY_CNT(insns), 12);
		int64_t got;

		if (prog < 0)
			fail_msg("load: %s", result_name(prog));
		got = run_loaded(&c, prog);
		if (got != rows[i].want)
			fail_msg("row %zu: %lld", i, (long long)got);
	}
	end(&c);
}

/* Adds up the values of an array of 5 until the sum is larger than a limit. */
static void for_each_map_elem_walks(void **state)
{
	static const struct { int limit, flags; int64_t want, sum; } rows[] = {
		{ 1000, 0, 5, 15 }, { 3, 0, 3, 6 }, { 1000, 1, -EINVAL, 0 },
	};
	struct call c = begin(state);
	int map = map_create_simple(c.b, BPF_MAP_TYPE_ARRAY, 4, 8, 5, 0);

	for (uint32_t key = 0; key < 5; key++) {
		uint64_t value = key + 1;

		assert_int_equal(map_update(c.b, map, &key, &value, 0), 0);
	}
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		const struct bpf_insn insns[] = {
			STORE_IMM(DW, 10, -8, 0), MAP_FD(1, map), FUNC(2, 12), MOV_REG(3, 10),
			ALU_IMM(ADD, 3, -8), MOV_IMM(4, rows[i].flags),
			CALL(BPF_FUNC_for_each_map_elem), MAP_VALUE(1, c.map, 0),
			STORE(DW, 1, 0, 0), LOAD(DW, 2, 10, -8), STORE(DW, 1, 2, OUT),
			MOV_IMM(0, 0), EXIT(),
			/* 16: (map, key, value, context) */
			LOAD(DW, 1, 3, 0), LOAD(DW, 2, 4, 0), ALU_REG(ADD, 2, 1),
			STORE(DW, 4, 2, 0), MOV_IMM(0, 0), JUMP_IMM(JLE, 2, rows[i].limit, 1),
			MOV_IMM(0, 1), EXIT(),
		};
		int prog = load_with_callback(c.b, insns, ARRAY_CNT(insns), 16);
		int64_t got;

		if (prog < 0)
			fail_msg("load: %s", result_name(prog));
		got = run_loaded(&c, prog);
		if (got != rows[i].want || *(int64_t *)c.value.out != rows[i].sum)
			fail_msg("row %zu: %lld, sum %lld", i, (long long)got,
				 (long long)*(int64_t *)c.value.out);
	}
	c.b->close(map);
	end(&c);
}

/* ---- formats ---- */

static void traced_formats(void **state)
{
	static const struct { const char *format; uint32_t size; int64_t want; } rows[] = {
		{ "hello", 6, 5 },	{ "hello", 5, -EINVAL }, { "", 1, 0 },
		{ "%d %u %x", 9, 7 },	{ "%d %d %d %d", 12, -EINVAL }, { "%5d|%-5d|", 10, 12 },
		{ "%05d", 5, 5 },	{ "%lld", 5, 2 },	{ "%hd", 4, -EINVAL },
		{ "%o", 3, -EINVAL },	{ "%.3d", 5, -EINVAL },	{ "%#x", 4, -EINVAL },
		{ "100%%", 6, 4 },	{ "%", 2, -EINVAL },	{ "%c|", 4, 2 },
		{ "%px", 4, 16 },	{ "%p", 3, 16 },	{ "%pB", 4, 4 },
		{ "%pa", 4, -EINVAL },	{ "\x01", 2, -EINVAL },	{ "\xc3\xa9", 3, 2 },
		{ "%sx", 4, -EINVAL },	{ "%s.", 4, 1 },	{ "a\tb\n", 5, 4 },
	};
	struct call c = begin(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int64_t got;

		memset(c.value.in, 'z', sizeof(c.value.in));
		memcpy(c.value.in, rows[i].format, rows[i].size);
		got = RUN(&c, MAP_VALUE(1, c.map, IN), MOV_IMM(2, rows[i].size), MOV_IMM(3, 17),
			  MOV_IMM(4, 10), MOV_IMM(5, 11), CALL(BPF_FUNC_trace_printk));
		if (rows[i].format[0] == '%' && rows[i].format[1] == 'p' &&
		    rows[i].format[2] == 'B' && got == 4)
			continue;
		if (got != rows[i].want)
			fail_msg("'%s': %lld", rows[i].format, (long long)got);
	}
	end(&c);
}

/* ---- ring buffers ---- */

static void ring_buffers_reserve_and_submit(void **state)
{
	struct call c = begin(state);
	int ring = map_create_simple(c.b, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);

	assert_true(ring >= 0);
	/* A record of 16 bytes is kept, one is thrown away; both take 24 bytes. */
	assert_int_equal(RUN(&c, MAP_FD(1, ring), MOV_IMM(2, 16), MOV_IMM(3, 0),
			     CALL(BPF_FUNC_ringbuf_reserve), JUMP_IMM(JEQ, 0, 0, 4),
			     STORE_IMM(DW, 0, 0, 1), MOV_REG(1, 0), MOV_IMM(2, 0),
			     CALL(BPF_FUNC_ringbuf_submit), MAP_FD(1, ring), MOV_IMM(2, 16),
			     MOV_IMM(3, 0), CALL(BPF_FUNC_ringbuf_reserve), JUMP_IMM(JEQ, 0, 0, 3),
			     MOV_REG(1, 0), MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_discard),
			     MAP_FD(1, ring), MOV_IMM(2, BPF_RB_AVAIL_DATA),
			     CALL(BPF_FUNC_ringbuf_query)), 48);
	assert_int_equal(RUN(&c, MAP_FD(1, ring), MOV_IMM(2, BPF_RB_PROD_POS),
			     CALL(BPF_FUNC_ringbuf_query)), 48);
	assert_int_equal(RUN(&c, MAP_FD(1, ring), MOV_IMM(2, BPF_RB_RING_SIZE),
			     CALL(BPF_FUNC_ringbuf_query)), 4096);
	assert_int_equal(RUN(&c, MAP_FD(1, ring), MAP_VALUE(2, c.map, IN), MOV_IMM(3, 32),
			     MOV_IMM(4, 0), CALL(BPF_FUNC_ringbuf_output)), 0);
	assert_int_equal(RUN(&c, MAP_FD(1, ring), MAP_VALUE(2, c.map, IN), MOV_IMM(3, 32),
			     MOV_IMM(4, 8), CALL(BPF_FUNC_ringbuf_output)), -EINVAL);
	/* Larger than the ring. */
	assert_int_equal(RUN(&c, MAP_FD(1, ring), MOV_IMM(2, 8000), MOV_IMM(3, 0),
			     CALL(BPF_FUNC_ringbuf_reserve), JUMP_IMM(JEQ, 0, 0, 4), MOV_REG(1, 0),
			     MOV_IMM(2, 0), CALL(BPF_FUNC_ringbuf_discard), MOV_IMM(0, 1)), 0);
	c.b->close(ring);
	end(&c);
}

/* ---- map elements ---- */

static void elements_are_reached_by_helpers(void **state)
{
	struct call c = begin(state);
	int hash = map_create_simple(c.b, BPF_MAP_TYPE_HASH, 4, 8, 2, 0);
	uint32_t key = 1;
	uint64_t value = 0;

#define KEY(k) STORE_IMM(W, 10, -4, k), MOV_REG(2, 10), ALU_IMM(ADD, 2, -4)
#define VALUE(v) STORE_IMM(DW, 10, -16, v), MOV_REG(3, 10), ALU_IMM(ADD, 3, -16)
	assert_int_equal(RUN(&c, MAP_FD(1, hash), KEY(1), CALL(BPF_FUNC_map_delete_elem)), -ENOENT);
	assert_int_equal(RUN(&c, MAP_FD(1, hash), KEY(1), VALUE(5), MOV_IMM(4, BPF_EXIST),
			     CALL(BPF_FUNC_map_update_elem)), -ENOENT);
	assert_int_equal(RUN(&c, MAP_FD(1, hash), KEY(1), VALUE(5), MOV_IMM(4, BPF_ANY),
			     CALL(BPF_FUNC_map_update_elem)), 0);
	assert_int_equal(RUN(&c, MAP_FD(1, hash), KEY(1), VALUE(5), MOV_IMM(4, BPF_NOEXIST),
			     CALL(BPF_FUNC_map_update_elem)), -EEXIST);
	/* In place. */
	assert_int_equal(RUN(&c, MAP_FD(1, hash), KEY(1), CALL(BPF_FUNC_map_lookup_elem),
			     JUMP_IMM(JEQ, 0, 0, 4), LOAD(DW, 1, 0, 0), ALU_IMM(ADD, 1, 10),
			     STORE(DW, 0, 1, 0), MOV_REG(0, 1)), 15);
	assert_int_equal(map_lookup(c.b, hash, &key, &value), 0);
	assert_int_equal(value, 15);
	c.b->close(hash);
	end(&c);
}

/* ---- where the caller is ---- */

/* The process moves while the program is there; without a right to move it stays where it is. */
static void the_caller_is_in_its_cgroup(void **state)
{
	struct call c = begin(state);
	int dir = own_cgroup_enter();
	struct stat st = { 0 };
	int64_t root, level = 0;

	if (dir >= 0)
		usleep(20000);
	if (dir < 0 || fstat(dir, &st))
		st.st_ino = RUN(&c, CALL(BPF_FUNC_get_current_cgroup_id));
	assert_int_equal(RUN(&c, CALL(BPF_FUNC_get_current_cgroup_id)), st.st_ino);
	root = RUN(&c, MOV_IMM(1, 0), CALL(BPF_FUNC_get_current_ancestor_cgroup_id));
	assert_true(root > 0);
	assert_int_equal(RUN(&c, MOV_IMM(1, -1), CALL(BPF_FUNC_get_current_ancestor_cgroup_id)), 0);
	assert_int_equal(RUN(&c, MOV_IMM(1, 4711), CALL(BPF_FUNC_get_current_ancestor_cgroup_id)),
			 0);
	/* One of the levels is its own, those behind it are none. */
	while (level < 64 && RUN(&c, MOV_IMM(1, level),
				 CALL(BPF_FUNC_get_current_ancestor_cgroup_id)) != (int64_t)st.st_ino)
		level++;
	assert_true(level < 64);
	assert_int_equal(RUN(&c, MOV_IMM(1, level + 1),
			     CALL(BPF_FUNC_get_current_ancestor_cgroup_id)), 0);
	assert_int_equal(RUN(&c, CALL(BPF_FUNC_get_cgroup_classid)), 0);
	end(&c);
}

static void process_namespaces_are_told_by_name(void **state)
{
	struct call c = begin(state);
	struct bpf_pidns_info *out = (void *)c.value.out;
	struct stat ns;

	assert_int_equal(stat("/proc/self/ns/pid", &ns), 0);
#define NAMESPACE(dev, ino, size)                                                                  \
	RUN(&c, IMM64(1, dev), IMM64(2, ino), MAP_VALUE(3, c.map, OUT), MOV_IMM(4, size),          \
	    CALL(BPF_FUNC_get_ns_current_pid_tgid))
	assert_int_equal(NAMESPACE(ns.st_dev, ns.st_ino, 8), 0);
	assert_int_equal(out->tgid, getpid());
	assert_int_equal(out->pid, gettid());
	assert_int_equal(NAMESPACE(ns.st_dev, ns.st_ino + 1, 8), -EINVAL);
	assert_int_equal(out->tgid, 0);
	assert_int_equal(NAMESPACE(ns.st_dev + 1, ns.st_ino, 8), -EINVAL);
	assert_int_equal(NAMESPACE(ns.st_dev | 1ull << 40, ns.st_ino, 8), -EINVAL);
	memset(c.value.out, 0xaa, 16);
	assert_int_equal(NAMESPACE(ns.st_dev, ns.st_ino, 7), -EINVAL);
	assert_int_equal(c.value.out[0] | c.value.out[6], 0);
	assert_int_equal(c.value.out[7], 0xaa);
	end(&c);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(csum_diff),
		BOTH(numbers_are_parsed),
		BOTH(probe_reads_are_whole_or_zero),
		BOTH(strings_end_at_their_nul),
		BOTH(the_caller_is_the_current_task),
		BOTH(names_are_cut_and_padded),
		BOTH(clocks_are_the_systems),
		BOTH(bpf_loop_calls_until_told),
		BOTH(for_each_map_elem_walks),
		BOTH(traced_formats),
		BOTH(ring_buffers_reserve_and_submit),
		BOTH(elements_are_reached_by_helpers),
		BOTH(the_caller_is_in_its_cgroup),
		BOTH(process_namespaces_are_told_by_name),
	};

	return run_on_both("helpers: results", tests, ARRAY_CNT(tests));
}
