/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Iterators: which programs load, what a link needs and tells, in which order it is looked at. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/btf.h>

#include "asm.h"
#include "kernel_types.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct bpf_insn trivial[] = { MOV_IMM(0, 0), EXIT() };

static int load_trivial_iter(const struct backend *b, const char *name)
{
	int fd = load_iter(b, name, trivial, 2);

	if (fd < 0)
		fail_msg("%s: %s\n%s", name, result_name(fd), log_text());
	return fd;
}

/* Touches one byte of the key (argument 2) or of the value (3), at @off. */
static int load_toucher(const struct backend *b, int arg, int off, bool write)
{
	const struct bpf_insn insns[] = {
		LOAD(DW, 2, 1, 8 * arg),
		JUMP_IMM(JEQ, 2, 0, 1),
		write ? (struct bpf_insn)STORE_IMM(B, 2, off, 1) : (struct bpf_insn)LOAD(B, 0, 2, off),
		MOV_IMM(0, 0),
		EXIT(),
	};
	int fd = load_iter(b, "bpf_map_elem", insns, ARRAY_CNT(insns));

	if (fd < 0)
		fail_msg("%s\n%s", result_name(fd), log_text());
	return fd;
}

struct create {
	int prog, target, flags;
	const void *info;
	uint32_t len;
};

static int create(const struct backend *b, const struct create *how)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = how->prog;
	attr.link_create.target_fd = how->target;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	attr.link_create.flags = how->flags;
	attr.link_create.iter_info = (uintptr_t)how->info;
	attr.link_create.iter_info_len = how->len;
	return b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int create_for(const struct backend *b, int prog, int map)
{
	const union bpf_iter_link_info info = { .map.map_fd = map };

	return create(b, &(struct create){ prog, .info = &info, .len = sizeof(info) });
}

static int update(const struct backend *b, int link, int prog, int old)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = link;
	attr.link_update.new_prog_fd = prog;
	attr.link_update.old_prog_fd = old;
	attr.link_update.flags = old ? BPF_F_REPLACE : 0;
	return b->bpf(BPF_LINK_UPDATE, &attr, sizeof(attr));
}

static int make_iter(const struct backend *b, int link, uint32_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = link;
	attr.iter_create.flags = flags;
	return b->bpf(BPF_ITER_CREATE, &attr, sizeof(attr));
}

/* want 0: an fd. */
static void check(const struct backend *b, const char *what, int ret, int want)
{
	if (want ? ret != want : ret < 0)
		fail_msg("%s: %s, not %s", what, result_name(ret), result_name(want));
	if (ret >= 0)
		b->close(ret);
}

/* ---- programs ---- */

static const struct {
	const char *what, *iter;
	struct bpf_insn insns[4];
	int want;
	const char *text;
} programs[] = {
	{ "the meta argument", "bpf_map", { LOAD(DW, 2, 1, 0), MOV_IMM(0, 0), EXIT() }, 0,
	  "R2=trusted_ptr_bpf_iter_meta()" },
	{ "where to write", "bpf_map", { LOAD(DW, 2, 1, 0), LOAD(DW, 3, 2, 0), MOV_IMM(0, 0), EXIT() },
	  0, "R3=trusted_ptr_seq_file()" },
	{ "a map", "bpf_map", { LOAD(DW, 2, 1, 8), MOV_IMM(0, 0), EXIT() }, 0,
	  "R2=trusted_ptr_or_null_bpf_map(id=1)" },
	{ "a map, unchecked", "bpf_map",
	  { LOAD(DW, 2, 1, 8), LOAD(B, 0, 2, 0), MOV_IMM(0, 0), EXIT() }, -EACCES,
	  "R2 invalid mem access 'trusted_ptr_or_null_'\n" },
	{ "a program", "bpf_prog", { LOAD(DW, 2, 1, 8), MOV_IMM(0, 0), EXIT() }, 0,
	  "R2=ptr_or_null_bpf_prog(id=1)" },
	{ "a link", "bpf_link", { LOAD(DW, 2, 1, 8), MOV_IMM(0, 0), EXIT() }, 0,
	  "R2=ptr_or_null_bpf_link(id=1)" },
	{ "the map of elements", "bpf_map_elem", { LOAD(DW, 2, 1, 8), MOV_IMM(0, 0), EXIT() }, 0,
	  "R2=trusted_ptr_bpf_map()" },
	{ "a key", "bpf_map_elem", { LOAD(DW, 2, 1, 16), MOV_IMM(0, 0), EXIT() }, 0,
	  "R2=rdonly_buf_or_null(id=1)" },
	{ "a value", "bpf_map_elem", { LOAD(DW, 2, 1, 24), MOV_IMM(0, 0), EXIT() }, 0,
	  "R2=buf_or_null(id=1)" },
	{ "one too many", "bpf_map_elem", { LOAD(DW, 2, 1, 32), MOV_IMM(0, 0), EXIT() }, -EACCES,
	  "func 'bpf_iter_bpf_map_elem' doesn't have 5-th argument\n" },
	{ "half a key", "bpf_map_elem", { LOAD(W, 2, 1, 16), MOV_IMM(0, 0), EXIT() }, -EACCES,
	  "func 'bpf_iter_bpf_map_elem' size 4 must be 8\n" },
	{ "again is a result", "bpf_map", { MOV_IMM(0, 1), EXIT() }, 0, NULL },
	{ "2 is none", "bpf_map", { MOV_IMM(0, 2), EXIT() }, -EINVAL,
	  "At program exit the register R0 has smin=2 smax=2 should have been in [0, 1]\n" },
	{ "no cookie", "bpf_map", { CALL(BPF_FUNC_get_attach_cookie), MOV_IMM(0, 0), EXIT() }, -EINVAL,
	  "program of this type cannot use helper bpf_get_attach_cookie#174\n" },
};

static void programs_see_their_arguments(void **state)
{
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(programs); i++) {
		uint32_t cnt = 0;
		int fd;

		while (cnt < 4 && programs[i].insns[cnt].code)
			cnt++;
		fd = load_iter(b, programs[i].iter, programs[i].insns, cnt);
		if (programs[i].text && !strstr(log_text(), programs[i].text))
			fail_msg("%s: %s\n%s", programs[i].what, result_name(fd), log_text());
		check(b, programs[i].what, fd, programs[i].want);
	}
}

static void buffers_are_used_as_they_may(void **state)
{
	const struct backend *b = backend_of(state);
	static const struct {
		const char *what;
		int arg;
		struct bpf_insn insn;
		int want;
		const char *text;
	} rows[] = {
		{ "a key is read", 2, LOAD(W, 0, 2, 0), 0, NULL },
		{ "a key is not written", 2, STORE_IMM(W, 2, 0, 0), -EACCES,
		  "R2 cannot write into rdonly_buf\n" },
		{ "a value is written", 3, STORE_IMM(W, 2, 0, 0), 0, NULL },
		{ "nothing stands before it", 2, LOAD(W, 0, 2, -4), -EACCES,
		  "R2 invalid rdonly buffer access: off=-4, size=4\n" },
		{ "nor before a value", 3, LOAD(W, 0, 2, -8), -EACCES,
		  "R2 invalid rdwr buffer access: off=-8, size=4\n" },
		{ "an atomic operation on a value", 3, RAW(BPF_STX | BPF_ATOMIC | BPF_DW, 2, 0, 0, BPF_ADD),
		  0, NULL },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		const struct bpf_insn insns[] = {
			MOV_IMM(0, 0), LOAD(DW, 2, 1, 8 * rows[i].arg), JUMP_IMM(JEQ, 2, 0, 1),
			rows[i].insn, MOV_IMM(0, 0), EXIT(),
		};
		int fd = load_iter(b, "bpf_map_elem", insns, ARRAY_CNT(insns));

		if (rows[i].text && !strstr(log_text(), rows[i].text))
			fail_msg("%s: %s\n%s", rows[i].what, result_name(fd), log_text());
		check(b, rows[i].what, fd, rows[i].want);
	}
}

/* ---- links ---- */

static void the_order_of_checks(void **state)
{
	const struct backend *b = backend_of(state);
	int maps = load_trivial_iter(b, "bpf_map"), elems = load_trivial_iter(b, "bpf_map_elem");
	int map = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	struct {
		union bpf_iter_link_info info;
		char tail[64];
	} good = { .info.map.map_fd = map }, zero = good, bad = good;
	static char huge[8192];
	const void *nowhere = (void *)8;
	const struct {
		const char *what;
		struct create how;
		int want;
	} rows[] = {
		{ "maps", { maps }, 0 },
		{ "a target", { maps, .target = 9999 }, -EINVAL },
		{ "flags", { maps, .flags = 1 }, -EINVAL },
		{ "a length and no info", { maps, .len = 16 }, -EINVAL },
		{ "info and no length", { maps, .info = &good }, -EINVAL },
		{ "info that is not needed", { maps, .info = &good, .len = 16 }, 0 },
		{ "info nowhere", { elems, .info = nowhere, .len = 16 }, -EFAULT },
		{ "long info nowhere", { elems, .info = nowhere, .len = 32 }, -EFAULT },
		{ "a tail", { elems, .info = &bad, .len = 40 }, -E2BIG },
		{ "a tail of zeros", { elems, .info = &zero, .len = 40 }, 0 },
		{ "a page and more", { elems, .info = huge, .len = sizeof(huge) }, -E2BIG },
		{ "short info", { elems, .info = &good, .len = 4 }, 0 },
		{ "no map", { elems }, -EBADF },
		{ "map 0", { elems, .info = huge, .len = 16 }, -EBADF },
	};

	bad.tail[20] = 1;
	for (size_t i = 0; i < ARRAY_CNT(rows); i++)
		check(b, rows[i].what, create(b, &rows[i].how), rows[i].want);
	check(b, "a bad map", create_for(b, elems, 9999), -EBADF);
	check(b, "a program for a map", create_for(b, elems, maps), -EINVAL);
	b->close(maps);
	b->close(elems);
	b->close(map);
}

static const struct {
	const char *what;
	uint32_t type, key, value, max;
	int want;
} map_types[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 4, 8, 4, 0 },
	{ "array", BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0 },
	{ "percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4, 0 },
	{ "percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0 },
	{ "lru_hash", BPF_MAP_TYPE_LRU_HASH, 4, 8, 4, 0 },
	{ "lru_percpu_hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4, 0 },
	{ "prog_array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, -EINVAL },
	{ "queue", BPF_MAP_TYPE_QUEUE, 0, 8, 4, -EINVAL },
	{ "ringbuf", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, -EINVAL },
	{ "bloom_filter", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 4, -EINVAL },
	{ "devmap", BPF_MAP_TYPE_DEVMAP, 4, 4, 4, -EINVAL },
};

static void some_types_of_map_are_walked(void **state)
{
	const struct backend *b = backend_of(state);
	int elems = load_trivial_iter(b, "bpf_map_elem");

	for (size_t i = 0; i < ARRAY_CNT(map_types); i++) {
		int map = map_create_simple(b, map_types[i].type, map_types[i].key,
					    map_types[i].value, map_types[i].max, 0);

		assert_true(map >= 0);
		check(b, map_types[i].what, create_for(b, elems, map), map_types[i].want);
		b->close(map);
	}
	b->close(elems);
}

static void what_is_touched_must_be_there(void **state)
{
	const struct backend *b = backend_of(state);
	const int cpus = sysconf(_SC_NPROCESSORS_CONF);
	const struct {
		const char *what;
		uint32_t type;
		int arg, off, want;
	} rows[] = {
		{ "the key's last byte", BPF_MAP_TYPE_HASH, 2, 3, 0 },
		{ "one behind the key", BPF_MAP_TYPE_HASH, 2, 4, -EACCES },
		{ "the value's last byte", BPF_MAP_TYPE_HASH, 3, 5, 0 },
		{ "one behind the value", BPF_MAP_TYPE_HASH, 3, 6, -EACCES },
		{ "the last of all values", BPF_MAP_TYPE_PERCPU_ARRAY, 3, 8 * cpus - 1, 0 },
		{ "one behind all values", BPF_MAP_TYPE_PERCPU_ARRAY, 3, 8 * cpus, -EACCES },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int map = map_create_simple(b, rows[i].type, 4, 6, 4, 0);
		int prog = load_toucher(b, rows[i].arg, rows[i].off, false);

		check(b, rows[i].what, create_for(b, prog, map), rows[i].want);
		b->close(map);
		b->close(prog);
	}
}

/* Rights of fds and of programs on the map do not matter. */
static void any_map_may_be_written(void **state)
{
	const struct backend *b = backend_of(state);
	static const uint32_t flags[] = { BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY_PROG,
					  BPF_F_WRONLY_PROG };
	int prog = load_toucher(b, 3, 0, true);

	for (size_t i = 0; i < ARRAY_CNT(flags); i++) {
		int map = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 4, flags[i]);

		check(b, "a map with flags", create_for(b, prog, map), 0);
		b->close(map);
	}
	b->close(prog);
}

static void none_of_these_sleeps(void **state)
{
	const struct backend *b = backend_of(state);
	static const char *const functions[] = { "bpf_iter_bpf_map", "bpf_iter_bpf_prog",
						 "bpf_iter_bpf_link", "bpf_iter_bpf_map_elem" };
	int map = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 4, 0);

	for (size_t i = 0; i < ARRAY_CNT(functions); i++) {
		const struct target_load how = {
			.attach_type = BPF_TRACE_ITER, .flags = BPF_F_SLEEPABLE,
			.btf_id = kernel_type(b, functions[i], BTF_KIND_FUNC),
		};
		int prog = load_target(b, &how, trivial, 2);

		assert_true(prog >= 0);
		check(b, functions[i], create_for(b, prog, map), -EINVAL);
		b->close(prog);
	}
	b->close(map);
}

/* ---- what is told of them, and changed ---- */

static int link_info(const struct backend *b, int fd, struct bpf_link_info *info, char *name,
		     uint32_t room)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	info->iter.target_name = (uintptr_t)name;
	info->iter.target_name_len = room;
	return obj_info(b, fd, info, &len);
}

static void info_has_name_and_map(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial_iter(b, "bpf_map_elem");
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	int fd = create_for(b, prog, map);
	struct bpf_link_info info;
	char name[64];
	static const struct {
		uint32_t room;
		int want;
		const char *name;
	} rows[] = {
		{ 64, 0, "bpf_map_elem" }, { 13, 0, "bpf_map_elem" }, { 12, -ENOSPC, "bpf_map_ele" },
		{ 2, -ENOSPC, "b" }, { 1, -ENOSPC, "" },
	};

	assert_true(fd >= 0);
	assert_int_equal(link_info(b, fd, &info, NULL, 0), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_ITER);
	assert_int_equal(info.prog_id, prog_id(b, prog));
	assert_int_equal(info.iter.target_name_len, 13);
	assert_int_equal(info.iter.map.map_id, map_id(b, map));
	assert_int_equal(link_info(b, fd, &info, name, 0), -EINVAL);
	assert_int_equal(link_info(b, fd, &info, NULL, 5), -EINVAL);
	assert_int_equal(link_info(b, fd, &info, (char *)8, 64), -EFAULT);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int ret;

		memset(name, 0x0a, sizeof(name));
		ret = link_info(b, fd, &info, name, rows[i].room);
		if (ret != rows[i].want || strcmp(name, rows[i].name))
			fail_msg("room %u: %s, '%s'", rows[i].room, result_name(ret), name);
	}
	b->close(fd);
	b->close(prog);
	prog = load_trivial_iter(b, "bpf_prog");
	fd = create(b, &(struct create){ prog });
	assert_int_equal(link_info(b, fd, &info, name, sizeof(name)), 0);
	assert_string_equal(name, "bpf_prog");
	assert_int_equal(info.iter.map.map_id, 0);
	b->close(fd);
	b->close(prog);
	b->close(map);
}

static void a_program_is_exchanged_for_one_of_the_same_iterator(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	int prog = load_trivial_iter(b, "bpf_map_elem"), same = load_trivial_iter(b, "bpf_map_elem");
	int other = load_trivial_iter(b, "bpf_map"), greedy = load_toucher(b, 2, 40, false);
	int xdp = load_trivial(b, BPF_PROG_TYPE_XDP), fd = create_for(b, prog, map);
	union bpf_attr attr;

	assert_int_equal(update(b, fd, prog, 0), 0);
	assert_int_equal(update(b, fd, same, 0), 0);
	assert_int_equal(update(b, fd, other, 0), -EINVAL);
	assert_int_equal(update(b, fd, xdp, 0), -EINVAL);
	assert_int_equal(update(b, fd, prog, other), -EPERM);
	assert_int_equal(update(b, fd, prog, same), 0);
	/* Nobody looks again at what it touches. */
	assert_int_equal(update(b, fd, greedy, 0), 0);
	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = fd;
	assert_int_equal(b->bpf(BPF_LINK_DETACH, &attr, sizeof(attr)), -EOPNOTSUPP);
	b->close(fd);
	b->close(map);
	b->close(prog);
	b->close(same);
	b->close(other);
	b->close(greedy);
	b->close(xdp);
}

/* The link alone keeps program and map. */
static void a_link_keeps_its_map(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	int prog = load_trivial_iter(b, "bpf_map_elem"), fd = create_for(b, prog, map), again;
	uint32_t id = map_id(b, map);

	assert_true(fd >= 0);
	b->close(map);
	b->close(prog);
	again = fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id);
	assert_true(again >= 0);
	b->close(again);
	b->close(fd);
}

static void only_iterators_give_files(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial_iter(b, "bpf_map"), fd = create(b, &(struct create){ prog });
	int tp = load_tp_btf(b, "sched_process_exec", trivial, 2), other;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = tp;
	other = b->bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	assert_true(other >= 0);
	check(b, "an iterator", make_iter(b, fd, 0), 0);
	check(b, "flags", make_iter(b, fd, 1), -EINVAL);
	check(b, "another link", make_iter(b, other, 0), -EINVAL);
	check(b, "a program", make_iter(b, prog, 0), -EINVAL);
	check(b, "no fd", make_iter(b, 9999, 0), -EBADF);
	b->close(fd);
	b->close(prog);
	b->close(other);
	b->close(tp);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(programs_see_their_arguments),
		BOTH(buffers_are_used_as_they_may),
		BOTH(the_order_of_checks),
		BOTH(some_types_of_map_are_walked),
		BOTH(what_is_touched_must_be_there),
		BOTH(any_map_may_be_written),
		BOTH(none_of_these_sleeps),
		BOTH(info_has_name_and_map),
		BOTH(a_program_is_exchanged_for_one_of_the_same_iterator),
		BOTH(a_link_keeps_its_map),
		BOTH(only_iterators_give_files),
	};

	return run_on_both("iters: links", tests, ARRAY_CNT(tests));
}
