/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* RAW_TRACEPOINT_OPEN and its links: order of checks, what info and fdinfo say. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "asm.h"
#include "calls.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define TP	     "sched_process_exec"

static int load_args(const struct backend *b, int args)
{
	const struct bpf_insn insns[] = { LOAD(DW, 0, 1, 8 * (args - 1)), MOV_IMM(0, 0), EXIT() };

	return load_prog(b, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_CNT(insns));
}

static void the_order_of_checks(void **state)
{
	const struct backend *b = backend_of(state);
	int raw = load_trivial(b, BPF_PROG_TYPE_RAW_TRACEPOINT);
	int xdp = load_trivial(b, BPF_PROG_TYPE_XDP);
	int kprobe = load_trivial(b, BPF_PROG_TYPE_KPROBE);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	char longest[256];
	const struct {
		const char *what, *name;
		int prog, want;
	} rows[] = {
		{ "no fd", TP, -1, -EBADF },
		{ "a map", TP, map, -EINVAL },
		{ "an XDP program", TP, xdp, -EINVAL },
		{ "an XDP program without name", NULL, xdp, -EINVAL },
		{ "a kprobe", TP, kprobe, -EINVAL },
		{ "no name", NULL, raw, -EFAULT },
		{ "a bad name", (const char *)8, raw, -EFAULT },
		{ "an empty name", "", raw, -ENOENT },
		{ "an unknown name", "no_such_tracepoint", raw, -ENOENT },
		{ "a name with its category", "sched/" TP, raw, -ENOENT },
		{ "a very long name", longest, raw, -ENOENT },
	};

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int ret = open_tp(b, rows[i].name, rows[i].prog, 0);

		if (ret != rows[i].want)
			fail_msg("%s: %s, not %s", rows[i].what, result_name(ret),
				 result_name(rows[i].want));
	}
	b->close(raw);
	b->close(xdp);
	b->close(kprobe);
	b->close(map);
}

/* A program that reads more arguments than there are. */
static void arguments_must_be_there(void **state)
{
	const struct backend *b = backend_of(state);

	for (int args = 1; args <= 12; args++) {
		int prog = load_args(b, args), fd;

		assert_true(prog >= 0);
		fd = open_tp(b, TP, prog, 0);
		if (args <= 3 ? fd < 0 : fd != -EINVAL)
			fail_msg("%d arguments: %s", args, result_name(fd));
		if (fd >= 0)
			b->close(fd);
		b->close(prog);
	}
}

static void several_programs_and_twice_the_same(void **state)
{
	const struct backend *b = backend_of(state);
	int one = load_trivial(b, BPF_PROG_TYPE_RAW_TRACEPOINT);
	int two = load_trivial(b, BPF_PROG_TYPE_RAW_TRACEPOINT);
	int links[3] = { open_tp(b, TP, one, 0), open_tp(b, TP, two, 0), open_tp(b, TP, one, 0) };

	for (int i = 0; i < 3; i++) {
		assert_true(links[i] >= 0);
		b->close(links[i]);
	}
	b->close(one);
	b->close(two);
}

static int tp_info(const struct backend *b, int fd, struct bpf_link_info *info, char *name,
		     uint32_t room)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	info->raw_tracepoint.tp_name = (uintptr_t)name;
	info->raw_tracepoint.tp_name_len = room;
	return obj_info(b, fd, info, &len);
}

static void info_has_the_name(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_RAW_TRACEPOINT);
	int fd = open_tp(b, TP, prog, 77);
	struct bpf_link_info info;
	char name[64];
	static const struct {
		uint32_t room;
		int want;
		const char *name;
	} rows[] = {
		{ 64, 0, TP }, { 19, 0, TP }, { 18, -ENOSPC, "sched_process_exe" },
		{ 2, -ENOSPC, "s" }, { 1, -ENOSPC, "" },
	};

	assert_true(fd >= 0);
	assert_int_equal(tp_info(b, fd, &info, NULL, 0), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_RAW_TRACEPOINT);
	assert_int_equal(info.prog_id, prog_id(b, prog));
	assert_int_equal(info.raw_tracepoint.tp_name_len, sizeof(TP));
	assert_int_equal(info.raw_tracepoint.cookie, 77);
	assert_int_equal(tp_info(b, fd, &info, name, 0), -EINVAL);
	assert_int_equal(tp_info(b, fd, &info, NULL, 5), -EINVAL);
	assert_int_equal(tp_info(b, fd, &info, (char *)8, 64), -EFAULT);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int ret;

		memset(name, 0x0a, sizeof(name));
		ret = tp_info(b, fd, &info, name, rows[i].room);
		if (ret != rows[i].want || strcmp(name, rows[i].name))
			fail_msg("room %u: %s, '%s'", rows[i].room, result_name(ret), name);
		if (strlen(rows[i].name) + 1 < sizeof(name))
			assert_int_equal(name[strlen(rows[i].name) + 1], 0x0a);
		/* Cut or not, what is told besides is the same. */
		if (!ret)
			assert_int_equal(info.raw_tracepoint.tp_name_len, sizeof(TP));
	}
	b->close(fd);
	b->close(prog);
}

static void links_are_like_others(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_RAW_TRACEPOINT);
	int other = load_trivial(b, BPF_PROG_TYPE_RAW_TRACEPOINT);
	int fd = open_tp(b, TP, prog, 0);
	union bpf_attr attr;

	assert_int_equal(detach_link(b, fd), -EOPNOTSUPP);
	assert_int_equal(update_link(b, fd, other, 0, 0), -EINVAL);
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = BPF_TRACE_RAW_TP;
	assert_int_equal(b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr)), -EINVAL);
	b->close(fd);
	b->close(prog);
	b->close(other);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(the_order_of_checks),
		BOTH(arguments_must_be_there),
		BOTH(several_programs_and_twice_the_same),
		BOTH(info_has_the_name),
		BOTH(links_are_like_others),
	};

	return run_on_both("attach: raw tracepoints", tests, ARRAY_CNT(tests));
}
