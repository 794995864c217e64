/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Iterators: what is shown, in which order, how often, and what a reader gets of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/btf.h>

#include "asm.h"
#include "kernel_types.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define READ_MAX     (1 << 20)

/* ---- calls ---- */

static int attach(const struct backend *b, int prog, int map)
{
	const union bpf_iter_link_info info = { .map.map_fd = map };
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	if (map >= 0) {
		attr.link_create.iter_info = (uintptr_t)&info;
		attr.link_create.iter_info_len = sizeof(info);
	}
	fd = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		fail_msg("%s: attach: %s", b->name, result_name(fd));
	return fd;
}

static int open_iter(const struct backend *b, int link)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = link;
	return b->bpf(BPF_ITER_CREATE, &attr, sizeof(attr));
}

/* Bytes, in pieces of @step, of a reader who reads again when told so; or the first error, which the
 * emulated kernel tells when the file is made. */
static int read_steps(const struct backend *b, int link, char *buf, size_t step)
{
	int fd = open_iter(b, link), again = 0, len = 0;
	ssize_t done;

	if (fd < 0)
		return fd;
	do {
		done = read(fd, buf + len, step);
		if (done > 0)
			len += done;
	} while (done > 0 || (done < 0 && errno == EAGAIN && again++ < 10));
	done = done < 0 ? -errno : 0;
	b->close(fd);
	return done ? (int)done : len;
}

static int read_all(const struct backend *b, int link, char *buf)
{
	return read_steps(b, link, buf, READ_MAX);
}

static int load(const struct backend *b, const char *iter, const struct bpf_insn *insns, uint32_t cnt)
{
	int fd = load_iter(b, iter, insns, cnt);

	if (fd < 0)
		fail_msg("%s: %s\n%s", iter, result_name(fd), log_text());
	return fd;
}

/* ---- a program that writes a record of each object ---- */

struct record {
	uint64_t session, seq_num;
	uint32_t first;		/* word of the object */
	uint32_t end;		/* it is NULL */
};

/* @arg: which argument is the object; its word at @off, -1: none. */
static int load_recorder(const struct backend *b, const char *iter, int arg, int off)
{
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1),
		LOAD(DW, 7, 6, 0),
		LOAD(DW, 8, 7, kernel_member(b, "bpf_iter_meta", "seq")),
		LOAD(DW, 2, 7, kernel_member(b, "bpf_iter_meta", "session_id")),
		STORE(DW, 10, 2, -24),
		LOAD(DW, 2, 7, kernel_member(b, "bpf_iter_meta", "seq_num")),
		STORE(DW, 10, 2, -16),
		STORE_IMM(DW, 10, -8, 0),
		LOAD(DW, 2, 6, 8 * arg),
		JUMP_IMM(JNE, 2, 0, 2),
		STORE_IMM(W, 10, -4, 1),
		JUMP(2),
		off < 0 ? (struct bpf_insn)MOV_IMM(3, 0) : (struct bpf_insn)LOAD(W, 3, 2, off),
		STORE(W, 10, 3, -8),
		MOV_REG(1, 8),
		MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -24),
		MOV_IMM(3, sizeof(struct record)),
		CALL(BPF_FUNC_seq_write),
		MOV_IMM(0, 0),
		EXIT(),
	};

	return load(b, iter, insns, ARRAY_CNT(insns));
}

static int make_map(const struct backend *b, uint32_t type, uint32_t cnt)
{
	int map = map_create_simple(b, type, 4, 8, cnt + 3, 0);

	assert_true(map >= 0);
	for (uint32_t key = 0; key < cnt; key++) {
		uint64_t values[256];

		for (size_t i = 0; i < ARRAY_CNT(values); i++)
			values[i] = 100 * key + i;
		assert_int_equal(map_update(b, map, &key, values, 0), 0);
	}
	return map;
}

static char buf[READ_MAX];

/* The recorder at the elements of a map of @cnt. */
struct walk {
	int prog, map, link;
};

static struct walk open_walk(const struct backend *b, uint32_t type, uint32_t cnt)
{
	struct walk walk = { load_recorder(b, "bpf_map_elem", 2, 0), make_map(b, type, cnt) };

	walk.link = attach(b, walk.prog, walk.map);
	return walk;
}

static void close_walk(const struct backend *b, const struct walk *walk)
{
	b->close(walk->link);
	b->close(walk->map);
	b->close(walk->prog);
}

/* ---- elements ---- */

static const struct {
	const char *what;
	uint32_t type, cnt;
	bool in_order, whole;	/* by index; all entries exist */
} walked[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 5 },
	{ "lru_hash", BPF_MAP_TYPE_LRU_HASH, 5 },
	{ "percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 5 },
	{ "array", BPF_MAP_TYPE_ARRAY, 5, true, true },
	{ "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 5, true, true },
	{ "nothing", BPF_MAP_TYPE_HASH, 0 },
};

static void check_records(const char *what, const struct record *r, uint32_t cnt, bool in_order)
{
	uint64_t keys = 0;

	for (uint32_t i = 0; i < cnt; i++) {
		if (r[i].session != r[0].session || r[i].seq_num != i || r[i].end ||
		    (in_order && r[i].first != i))
			fail_msg("%s: record %u: number %llu, key %u", what, i,
				 (unsigned long long)r[i].seq_num, r[i].first);
		keys |= 1ull << r[i].first;
	}
	assert_int_equal(keys, (1ull << cnt) - 1);
	/* Once more at the end, with the number of the last one. */
	assert_int_equal(r[cnt].end, 1);
	assert_int_equal(r[cnt].seq_num, cnt ? cnt - 1 : 0);
}

static void each_element_is_shown_once_and_then_the_end(void **state)
{
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(walked); i++) {
		struct walk walk = open_walk(b, walked[i].type, walked[i].cnt);
		uint32_t cnt = walked[i].cnt + (walked[i].whole ? 3 : 0);
		int len = read_all(b, walk.link, buf);

		if (len != (int)((cnt + 1) * sizeof(struct record)))
			fail_msg("%s: %d bytes", walked[i].what, len);
		check_records(walked[i].what, (struct record *)buf, cnt, walked[i].in_order);
		close_walk(b, &walk);
	}
}

static void small_reads_give_the_same(void **state)
{
	const struct backend *b = backend_of(state);
	struct walk walk = open_walk(b, BPF_MAP_TYPE_HASH, 20);
	static const size_t steps[] = { 1, 7, 24, 25, 4096 };
	static char small[READ_MAX];
	int len = read_all(b, walk.link, buf);

	assert_int_equal(len, 21 * sizeof(struct record));
	for (size_t i = 0; i < ARRAY_CNT(steps); i++) {
		struct record *r = (struct record *)small;

		assert_int_equal(read_steps(b, walk.link, small, steps[i]), len);
		/* Each file is another session. */
		for (int j = 0; j < 21; j++)
			r[j].session = ((struct record *)buf)->session;
		assert_memory_equal(small, buf, len);
	}
	close_walk(b, &walk);
}

static void sessions_are_numbered(void **state)
{
	const struct backend *b = backend_of(state);
	struct walk walk = open_walk(b, BPF_MAP_TYPE_ARRAY, 1);
	uint64_t last = 0;

	for (int i = 0; i < 3; i++) {
		assert_true(read_all(b, walk.link, buf) > 0);
		assert_true(((struct record *)buf)->session > last);
		last = ((struct record *)buf)->session;
	}
	close_walk(b, &walk);
}

/* ---- values ---- */

/* Adds 1 to the first word of each value and writes that. */
static int load_adder(const struct backend *b)
{
	const struct bpf_insn insns[] = {
		LOAD(DW, 7, 1, 0),
		LOAD(DW, 2, 1, 24),
		JUMP_IMM(JEQ, 2, 0, 8),
		LOAD(DW, 3, 2, 0),
		ALU_IMM(ADD, 3, 1),
		STORE(DW, 2, 3, 0),
		STORE(DW, 10, 3, -8),
		LOAD(DW, 1, 7, kernel_member(b, "bpf_iter_meta", "seq")),
		MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -8),
		JUMP(2),
		MOV_IMM(0, 0),
		EXIT(),
		MOV_IMM(3, 8),
		CALL(BPF_FUNC_seq_write),
		MOV_IMM(0, 0),
		EXIT(),
	};

	return load(b, "bpf_map_elem", insns, ARRAY_CNT(insns));
}

static void values_are_the_maps_own(void **state)
{
	const struct backend *b = backend_of(state);
	static const uint32_t types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH,
					  BPF_MAP_TYPE_ARRAY };
	int prog = load_adder(b);

	for (size_t i = 0; i < ARRAY_CNT(types); i++) {
		int map = make_map(b, types[i], 3), link = attach(b, prog, map);

		assert_true(read_all(b, link, buf) > 0);
		for (uint32_t key = 0; key < 3; key++) {
			uint64_t value;

			assert_int_equal(map_lookup(b, map, &key, &value), 0);
			assert_int_equal(value, 100 * key + 1);
		}
		b->close(link);
		b->close(map);
	}
	b->close(prog);
}

/* Writes the values of all CPUs, after having changed the first. */
static void values_per_cpu_are_a_copy_of_all(void **state)
{
	const struct backend *b = backend_of(state);
	const int cpus = sysconf(_SC_NPROCESSORS_CONF);
	static const uint32_t types[] = { BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY };
	const struct bpf_insn insns[] = {
		LOAD(DW, 7, 1, 0),
		LOAD(DW, 2, 1, 24),
		JUMP_IMM(JNE, 2, 0, 2),
		MOV_IMM(0, 0),
		EXIT(),
		STORE_IMM(DW, 2, 0, 77),
		LOAD(DW, 1, 7, kernel_member(b, "bpf_iter_meta", "seq")),
		MOV_IMM(3, 8 * cpus),
		CALL(BPF_FUNC_seq_write),
		MOV_IMM(0, 0),
		EXIT(),
	};
	int prog = load(b, "bpf_map_elem", insns, ARRAY_CNT(insns));

	for (size_t i = 0; i < ARRAY_CNT(types); i++) {
		int map = make_map(b, types[i], 1), link = attach(b, prog, map);
		const uint64_t *shown = (uint64_t *)buf;
		uint64_t values[256];
		uint32_t key = 0;

		assert_true(read_all(b, link, buf) >= 8 * cpus);
		assert_int_equal(shown[0], 77);
		for (int cpu = 1; cpu < cpus; cpu++)
			assert_int_equal(shown[cpu], cpu);
		assert_int_equal(map_lookup(b, map, &key, values), 0);
		assert_int_equal(values[0], 0);
		b->close(link);
		b->close(map);
	}
	b->close(prog);
}

/* A program may delete what it is shown. */
static void elements_may_go_meanwhile(void **state)
{
	const struct backend *b = backend_of(state);
	int map = make_map(b, BPF_MAP_TYPE_HASH, 30);
	const struct bpf_insn insns[] = {
		LOAD(DW, 6, 1, 16),
		JUMP_IMM(JEQ, 6, 0, 7),
		LOAD(W, 3, 6, 0),
		STORE(W, 10, 3, -4),
		MAP_FD(1, map),
		MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -4),
		CALL(BPF_FUNC_map_delete_elem),
		MOV_IMM(0, 0),
		EXIT(),
	};
	int prog = load(b, "bpf_map_elem", insns, ARRAY_CNT(insns)), link = attach(b, prog, map);
	uint32_t next;

	assert_int_equal(read_all(b, link, buf), 0);
	assert_int_equal(map_next_key(b, map, NULL, &next), -ENOENT);
	b->close(link);
	b->close(prog);
	b->close(map);
}

/* ---- what fits ---- */

/* Writes @size bytes per element, and counts its runs in @counter. */
static int load_big(const struct backend *b, int counter, int text, int size)
{
	const struct bpf_insn insns[] = {
		LOAD(DW, 7, 1, 0),
		LOAD(DW, 2, 1, 16),
		JUMP_IMM(JNE, 2, 0, 2),
		MOV_IMM(0, 0),
		EXIT(),
		MAP_VALUE(2, counter, 0),
		MOV_IMM(3, 1),
		RAW(BPF_STX | BPF_ATOMIC | BPF_DW, 2, 3, 0, BPF_ADD),
		LOAD(DW, 1, 7, kernel_member(b, "bpf_iter_meta", "seq")),
		MAP_VALUE(2, text, 0),
		MOV_IMM(3, size),
		CALL(BPF_FUNC_seq_write),
		MOV_IMM(0, 0),
		EXIT(),
	};

	return load(b, "bpf_map_elem", insns, ARRAY_CNT(insns));
}

static void what_does_not_fit_is_shown_again(void **state)
{
	const struct backend *b = backend_of(state);
	static const struct {
		int size, want, runs;
	} rows[] = {
		{ 100, 500, 5 },
		{ 8000, 40000, 6 },
		{ 16383, 5 * 16383, 7 },
		{ 16384, 5 * 16384, 9 },
		{ 20000, 100000, 9 },
		{ 32767, 5 * 32767, 9 },
		{ 32768, -E2BIG, 1 },
		{ 39999, -E2BIG, 1 },
	};
	int map = make_map(b, BPF_MAP_TYPE_HASH, 5);
	int text = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 40000, 1, 0);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int counter = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
		int prog = load_big(b, counter, text, rows[i].size), link = attach(b, prog, map);
		int len = read_all(b, link, buf);
		uint32_t zero = 0;
		uint64_t runs;

		assert_int_equal(map_lookup(b, counter, &zero, &runs), 0);
		if (len != rows[i].want || (int)runs != rows[i].runs)
			fail_msg("%d bytes each: %d in %d runs", rows[i].size, len, (int)runs);
		b->close(link);
		b->close(prog);
		b->close(counter);
	}
	b->close(map);
	b->close(text);
}

/* Wants each object as often as a counter says, then goes on. */
static int load_again(const struct backend *b, int counter)
{
	const struct bpf_insn insns[] = {
		LOAD(DW, 7, 1, 0),
		LOAD(DW, 2, 1, 16),
		JUMP_IMM(JNE, 2, 0, 2),
		MOV_IMM(0, 0),
		EXIT(),
		LOAD(W, 3, 2, 0),
		STORE(W, 10, 3, -4),
		MAP_VALUE(6, counter, 0),
		LOAD(DW, 1, 7, kernel_member(b, "bpf_iter_meta", "seq")),
		MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -4),
		MOV_IMM(3, 4),
		CALL(BPF_FUNC_seq_write),
		LOAD(DW, 3, 6, 0),
		JUMP_IMM(JNE, 3, 0, 2),
		MOV_IMM(0, 0),
		EXIT(),
		ALU_IMM(SUB, 3, 1),
		STORE(DW, 6, 3, 0),
		MOV_IMM(0, 1),
		EXIT(),
	};

	return load(b, "bpf_map_elem", insns, ARRAY_CNT(insns));
}

static void an_object_may_be_wanted_again(void **state)
{
	const struct backend *b = backend_of(state);
	int map = make_map(b, BPF_MAP_TYPE_HASH, 4);
	int counter = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	int prog = load_again(b, counter), link = attach(b, prog, map);
	static const struct {
		uint64_t times;
		int want;
	} rows[] = { { 0, 16 }, { 1, 16 }, { 5, 16 }, { 1000000, -EAGAIN } };
	uint32_t zero = 0;

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		assert_int_equal(map_update(b, counter, &zero, &rows[i].times, 0), 0);
		assert_int_equal(read_all(b, link, buf), rows[i].want);
	}
	b->close(link);
	b->close(prog);
	b->close(counter);
	b->close(map);
}

/* Linux reads what is there, behind the key; here it is 0. Neither falls. */
static void an_exchanged_program_may_touch_more(void **state)
{
	const struct backend *b = backend_of(state);
	const struct bpf_insn insns[] = {
		LOAD(DW, 2, 1, 16), JUMP_IMM(JEQ, 2, 0, 1), LOAD(DW, 0, 2, 512), LOAD(DW, 2, 1, 24),
		JUMP_IMM(JEQ, 2, 0, 1), LOAD(DW, 0, 2, 1024), MOV_IMM(0, 0), EXIT(),
	};
	int map = make_map(b, BPF_MAP_TYPE_HASH, 3), prog = load_recorder(b, "bpf_map_elem", 2, 0);
	int link = attach(b, prog, map), greedy = load(b, "bpf_map_elem", insns, ARRAY_CNT(insns));
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = link;
	attr.link_update.new_prog_fd = greedy;
	assert_int_equal(b->bpf(BPF_LINK_UPDATE, &attr, sizeof(attr)), 0);
	if (b->emulated)
		assert_int_equal(read_all(b, link, buf), 0);
	b->close(link);
	b->close(prog);
	b->close(greedy);
	b->close(map);
}

/* ---- formatted output ---- */

/* One line per element and its result at the end of the line's array. */
static int load_printer(const struct backend *b, int format, int fmt_size, int args, int args_size,
			int results)
{
	const struct bpf_insn insns[] = {
		LOAD(DW, 7, 1, 0),
		LOAD(DW, 2, 1, 16),
		JUMP_IMM(JNE, 2, 0, 2),
		MOV_IMM(0, 0),
		EXIT(),
		LOAD(DW, 1, 7, kernel_member(b, "bpf_iter_meta", "seq")),
		MAP_VALUE(2, format, 0),
		MOV_IMM(3, fmt_size),
		MAP_VALUE(4, args, 0),
		MOV_IMM(5, args_size),
		CALL(BPF_FUNC_seq_printf),
		MAP_VALUE(1, results, 0),
		STORE(DW, 1, 0, 0),
		MOV_IMM(0, 0),
		EXIT(),
	};

	return load(b, "bpf_map_elem", insns, ARRAY_CNT(insns));
}

static const struct {
	const char *format;
	int size, args_size;	/* size 0: all of it */
	uint64_t args[4];
	int64_t want;
	const char *text;
} prints[] = {
	{ "plain\n", 0, 0, { 0 }, 0, "plain\n" },
	{ "%d %u %x\n", 0, 24, { -5, 7, 255 }, 0, "-5 7 ff\n" },
	{ "%-6d|%6d|%06d\n", 0, 24, { 1, 2, 3 }, 0, "1     |     2|000003\n" },
	{ "%llu %lld\n", 0, 16, { ~0ull, ~0ull }, 0, "18446744073709551615 -1\n" },
	{ "%d%%\n", 0, 8, { 50 }, 0, "50%\n" },
	{ "%c\n", 0, 8, { 'z' }, 0, "z\n" },
	{ "no end", 6, 0, { 0 }, -EINVAL, "" },
	{ "%d\n", 0, 0, { 0 }, -EINVAL, "" },
	{ "%d\n", 0, 12, { 0 }, -EINVAL, "" },
	{ "%f\n", 0, 8, { 0 }, -EINVAL, "" },
	{ "", 0, 0, { 0 }, 0, "" },
};

static void text_is_formatted_as_the_kernel_does(void **state)
{
	const struct backend *b = backend_of(state);
	int map = make_map(b, BPF_MAP_TYPE_HASH, 1);
	int format = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 64, 1, 0);
	int args = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 32, 1, 0);
	int results = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	uint32_t zero = 0;

	for (size_t i = 0; i < ARRAY_CNT(prints); i++) {
		int size = prints[i].size ? prints[i].size : (int)strlen(prints[i].format) + 1;
		int prog = load_printer(b, format, size, args, prints[i].args_size, results);
		int link = attach(b, prog, map), len;
		char text[64] = "";
		int64_t result;

		snprintf(text, sizeof(text), "%s", prints[i].format);
		assert_int_equal(map_update(b, format, &zero, text, 0), 0);
		assert_int_equal(map_update(b, args, &zero, prints[i].args, 0), 0);
		len = read_all(b, link, buf);
		assert_true(len >= 0);
		buf[len] = 0;
		assert_int_equal(map_lookup(b, results, &zero, &result), 0);
		if (strcmp(buf, prints[i].text) || result != prints[i].want)
			fail_msg("'%s': '%s', %lld", prints[i].format, buf, (long long)result);
		b->close(link);
		b->close(prog);
	}
	b->close(map);
	b->close(format);
	b->close(args);
	b->close(results);
}

/* Each key by its type. */
static void memory_is_shown_by_its_type(void **state)
{
	const struct backend *b = backend_of(state);
	const struct bpf_insn insns[] = {
		LOAD(DW, 7, 1, 0),
		LOAD(DW, 2, 1, 16),
		JUMP_IMM(JNE, 2, 0, 2),
		MOV_IMM(0, 0),
		EXIT(),
		STORE(DW, 10, 2, -16),
		STORE_IMM(W, 10, -8, (int)kernel_type(b, "u32", BTF_KIND_TYPEDEF)),
		STORE_IMM(W, 10, -4, 0),
		LOAD(DW, 1, 7, kernel_member(b, "bpf_iter_meta", "seq")),
		MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -16),
		MOV_IMM(3, 16),
		MOV_IMM(4, 0),
		CALL(BPF_FUNC_seq_printf_btf),
		MOV_IMM(0, 0),
		EXIT(),
	};
	int prog = load(b, "bpf_map_elem", insns, ARRAY_CNT(insns));
	int map = make_map(b, BPF_MAP_TYPE_ARRAY, 1), link = attach(b, prog, map);

	buf[read_all(b, link, buf)] = 0;
	assert_string_equal(buf, "(u32)0\n(u32)1\n(u32)2\n(u32)3\n");
	b->close(link);
	b->close(map);
	b->close(prog);
}

/* ---- objects ---- */

/* Others make objects, too: ours are there, each once, in order, numbered from 0. */
static void check_ids(const char *what, int len, const uint32_t *ours, uint32_t cnt)
{
	const struct record *r = (struct record *)buf;
	int records = len / (int)sizeof(*r), found = 0;
	uint32_t last = 0;

	assert_true(len > 0 && len % sizeof(*r) == 0);
	for (int i = 0; i + 1 < records; i++) {
		assert_int_equal(r[i].seq_num, i);
		assert_int_equal(r[i].end, 0);
		if (!r[i].first)	/* somebody's, who is closing it now */
			continue;
		if (r[i].first <= last)
			fail_msg("%s: id %u after %u", what, r[i].first, last);
		last = r[i].first;
		for (uint32_t j = 0; j < cnt; j++)
			found += r[i].first == ours[j];
	}
	assert_int_equal(found, cnt);
	assert_int_equal(r[records - 1].end, 1);
}

static void maps_are_walked_by_id(void **state)
{
	const struct backend *b = backend_of(state);
	int maps[2] = { make_map(b, BPF_MAP_TYPE_HASH, 0), make_map(b, BPF_MAP_TYPE_ARRAY, 0) };
	const uint32_t ids[2] = { map_id(b, maps[0]), map_id(b, maps[1]) };
	int prog = load_recorder(b, "bpf_map", 1, kernel_member(b, "bpf_map", "id"));
	int link = attach(b, prog, -1);

	check_ids("maps", read_all(b, link, buf), ids, 2);
	b->close(link);
	b->close(prog);
	b->close(maps[0]);
	b->close(maps[1]);
}

/* The id of a program is in what it points to. */
static int load_prog_ids(const struct backend *b)
{
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1),
		LOAD(DW, 7, 6, 0),
		LOAD(DW, 8, 7, kernel_member(b, "bpf_iter_meta", "seq")),
		LOAD(DW, 2, 7, kernel_member(b, "bpf_iter_meta", "seq_num")),
		STORE_IMM(DW, 10, -24, 0),
		STORE(DW, 10, 2, -16),
		STORE_IMM(DW, 10, -8, 0),
		LOAD(DW, 2, 6, 8),
		JUMP_IMM(JNE, 2, 0, 2),
		STORE_IMM(W, 10, -4, 1),
		JUMP(3),
		LOAD(DW, 2, 2, kernel_member(b, "bpf_prog", "aux")),
		LOAD(W, 2, 2, kernel_member(b, "bpf_prog_aux", "id")),
		STORE(W, 10, 2, -8),
		MOV_REG(1, 8),
		MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -24),
		MOV_IMM(3, sizeof(struct record)),
		CALL(BPF_FUNC_seq_write),
		MOV_IMM(0, 0),
		EXIT(),
	};

	return load(b, "bpf_prog", insns, ARRAY_CNT(insns));
}

static void programs_are_walked_by_id(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_prog_ids(b), other = load_trivial(b, BPF_PROG_TYPE_XDP);
	const uint32_t ids[2] = { prog_id(b, prog), prog_id(b, other) };
	int link = attach(b, prog, -1);

	check_ids("programs", read_all(b, link, buf), ids, 2);
	b->close(link);
	b->close(prog);
	b->close(other);
}

static void links_are_walked_by_id(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_recorder(b, "bpf_link", 1, kernel_member(b, "bpf_link", "id"));
	int links[2] = { attach(b, prog, -1), attach(b, prog, -1) };
	uint32_t ids[2];

	for (int i = 0; i < 2; i++) {
		struct bpf_link_info info = { 0 };
		uint32_t len = sizeof(info);

		assert_int_equal(obj_info(b, links[i], &info, &len), 0);
		ids[i] = info.id;
	}
	check_ids("links", read_all(b, links[0], buf), ids, 2);
	b->close(links[0]);
	b->close(links[1]);
	b->close(prog);
}

/* ---- the file ---- */

static void a_file_is_read_only_and_goes_at_exec(void **state)
{
	const struct backend *b = backend_of(state);
	struct walk walk = open_walk(b, BPF_MAP_TYPE_ARRAY, 1);
	int fd = open_iter(b, walk.link);

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(errno, EBADF);
	/* It is there when link, program and map have gone. */
	close_walk(b, &walk);
	assert_true(read(fd, buf, READ_MAX) > 0);
	assert_int_equal(read(fd, buf, READ_MAX), 0);
	b->close(fd);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(each_element_is_shown_once_and_then_the_end),
		BOTH(small_reads_give_the_same),
		BOTH(sessions_are_numbered),
		BOTH(values_are_the_maps_own),
		BOTH(values_per_cpu_are_a_copy_of_all),
		BOTH(elements_may_go_meanwhile),
		BOTH(what_does_not_fit_is_shown_again),
		BOTH(an_object_may_be_wanted_again),
		BOTH(an_exchanged_program_may_touch_more),
		BOTH(text_is_formatted_as_the_kernel_does),
		BOTH(memory_is_shown_by_its_type),
		BOTH(maps_are_walked_by_id),
		BOTH(programs_are_walked_by_id),
		BOTH(links_are_walked_by_id),
		BOTH(a_file_is_read_only_and_goes_at_exec),
	};

	return run_on_both("iters: reading", tests, ARRAY_CNT(tests));
}
