/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Commands that say little: TASK_FD_QUERY, ENABLE_STATS, TOKEN_CREATE, PROG_STREAM_READ_BY_FD, ITER_CREATE. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define TP	     "sched_process_exit"

static int raw_tp(const struct backend *b, int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)TP;
	attr.raw_tracepoint.prog_fd = prog;
	return b->bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
}

/* ---- TASK_FD_QUERY ---- */

static int task_query(const struct backend *b, union bpf_attr *attr, int pid, int fd, char *buf,
		      uint32_t len, uint32_t flags)
{
	memset(attr, 0, sizeof(*attr));
	attr->task_fd_query.pid = pid;
	attr->task_fd_query.fd = fd;
	attr->task_fd_query.flags = flags;
	attr->task_fd_query.buf = (uintptr_t)buf;
	attr->task_fd_query.buf_len = len;
	return b->bpf(BPF_TASK_FD_QUERY, attr, sizeof(*attr));
}

static void task_fd_query(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_RAW_TRACEPOINT), link = raw_tp(b, prog);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	int null = open("/dev/null", O_RDONLY), me = getpid();
	char buf[64];
	const struct {
		const char *what;
		int pid, fd;
		char *buf;
		uint32_t len, flags;
		int want;
		const char *text;
	} rows[] = {
		{ "all of it", me, link, buf, 64, 0, 0, TP },
		{ "just enough", me, link, buf, sizeof(TP), 0, 0, TP },
		{ "cut", me, link, buf, 6, 0, -ENOSPC, "sched" },
		{ "one byte", me, link, buf, 1, 0, -ENOSPC, "" },
		{ "no buffer", me, link, NULL, 0, 0, 0, NULL },
		{ "no buffer, but a size", me, link, NULL, 64, 0, 0, NULL },
		{ "a buffer without size", me, link, buf, 0, 0, 0, NULL },
		{ "a bad buffer", me, link, (char *)8, 64, 0, -EFAULT, NULL },
		{ "flags", me, link, buf, 64, 1, -EINVAL, NULL },
		{ "process 0", 0, link, buf, 64, 0, -ENOENT, NULL },
		{ "nobody", 0x3fffffff, link, buf, 64, 0, -ENOENT, NULL },
		{ "nobody and flags", 0x3fffffff, link, buf, 64, 1, -EINVAL, NULL },
		{ "no fd", me, -1, buf, 64, 0, -EBADF, NULL },
		{ "a closed fd", me, 999, buf, 64, 0, -EBADF, NULL },
		{ "a program", me, prog, buf, 64, 0, -ENOTSUPP, NULL },
		{ "a map", me, map, buf, 64, 0, -ENOTSUPP, NULL },
		{ "another file", me, null, buf, 64, 0, -ENOTSUPP, NULL },
	};

	assert_true(link >= 0);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		union bpf_attr attr;
		int ret;

		memset(buf, 0x0a, sizeof(buf));
		ret = task_query(b, &attr, rows[i].pid, rows[i].fd, rows[i].buf, rows[i].len,
				 rows[i].flags);
		if (ret != rows[i].want)
			fail_msg("%s: %s, not %s", rows[i].what, result_name(ret),
				 result_name(rows[i].want));
		if (rows[i].text)
			assert_string_equal(buf, rows[i].text);
		if (ret && ret != -ENOSPC)
			continue;
		if (attr.task_fd_query.buf_len != strlen(TP) ||
		    attr.task_fd_query.prog_id != prog_id(b, prog) ||
		    attr.task_fd_query.fd_type != BPF_FD_TYPE_RAW_TRACEPOINT ||
		    attr.task_fd_query.probe_offset || attr.task_fd_query.probe_addr)
			fail_msg("%s: length %u, program %u, type %u", rows[i].what,
				 attr.task_fd_query.buf_len, attr.task_fd_query.prog_id,
				 attr.task_fd_query.fd_type);
	}
	close(null);
	b->close(map);
	b->close(link);
	b->close(prog);
}

/* The fd is the other process's: what it inherited and we have closed since. */
static void another_process_is_asked(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_RAW_TRACEPOINT), link = raw_tp(b, prog), status;
	union bpf_attr attr;
	char buf[64] = "";
	pid_t child;

	assert_true(link >= 0);
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	b->close(link);
	assert_int_equal(task_query(b, &attr, getpid(), link, buf, 64, 0), -EBADF);
	assert_int_equal(task_query(b, &attr, child, link, buf, 64, 0), 0);
	assert_string_equal(buf, TP);
	assert_int_equal(attr.task_fd_query.prog_id, prog_id(b, prog));
	assert_int_equal(task_query(b, &attr, child, prog, buf, 64, 0), -ENOTSUPP);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(task_query(b, &attr, child, link, buf, 64, 0), -ENOENT);
	b->close(prog);
}

/* ---- ENABLE_STATS ---- */

static int enable_stats(const struct backend *b, uint32_t type)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.enable_stats.type = type;
	return b->bpf(BPF_ENABLE_STATS, &attr, sizeof(attr));
}

static void run(const struct backend *b, int prog, uint32_t repeat)
{
	unsigned char packet[14] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = repeat;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
}

static uint64_t run_cnt(const struct backend *b, int prog, uint64_t *time)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	assert_int_equal(obj_info(b, prog, &info, &len), 0);
	if (time)
		*time = info.run_time_ns;
	return info.run_cnt;
}

static void statistics_count_while_somebody_wants_them(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_XDP), one, two;
	uint64_t time = 0;

	assert_int_equal(enable_stats(b, 1), -EINVAL);
	run(b, prog, 5);
	assert_int_equal(run_cnt(b, prog, &time), 0);
	assert_int_equal(time, 0);
	one = enable_stats(b, BPF_STATS_RUN_TIME);
	two = enable_stats(b, BPF_STATS_RUN_TIME);
	assert_true(one >= 0 && two >= 0);
	run(b, prog, 5);
	assert_int_equal(run_cnt(b, prog, &time), 5);
	b->close(one);
	run(b, prog, 2);
	assert_int_equal(run_cnt(b, prog, &time), 7);
	assert_true(time > 0);
	b->close(two);
	run(b, prog, 5);
	assert_int_equal(run_cnt(b, prog, NULL), 7);
	b->close(prog);
}

/* That one process cannot look whether somebody wants them is no reason to end them. */
static void statistics_go_on_without_fds(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_XDP), on;
	struct rlimit usual, none;

	run(b, prog, 1);
	on = enable_stats(b, BPF_STATS_RUN_TIME);
	assert_true(on >= 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	none = (struct rlimit){ 0, usual.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	run(b, prog, 2);
	setrlimit(RLIMIT_NOFILE, &usual);
	run(b, prog, 5);
	assert_int_equal(run_cnt(b, prog, NULL), 7);
	b->close(on);
	b->close(prog);
}

/* ---- TOKEN_CREATE ---- */

static int open_bpffs(const struct backend *b)
{
	char path[PATH_MAX] = "/sys/fs/bpf";
	int fd;

	if (b->emulated)
		assert_int_equal(kern_path("/sys/fs/bpf", path, sizeof(path)), KERN_PATH_BPFFS);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	return fd;
}

static void nobody_gets_a_token(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	int root = open("/", O_RDONLY | O_DIRECTORY), bpffs = open_bpffs(b);
	const struct {
		const char *what;
		int fd;
		uint32_t flags;
		int want;
	} rows[] = {
		{ "the bpf file system", bpffs, 0, -EOPNOTSUPP },
		{ "the bpf file system and flags", bpffs, 1, -EINVAL },
		{ "flags", -1, 1, -EINVAL }, { "no fd", -1, 0, -EBADF }, { "a map", map, 0, -EINVAL },
		{ "another directory", root, 0, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		union bpf_attr attr;
		int ret;

		memset(&attr, 0, sizeof(attr));
		attr.token_create.bpffs_fd = rows[i].fd;
		attr.token_create.flags = rows[i].flags;
		ret = b->bpf(BPF_TOKEN_CREATE, &attr, sizeof(attr));
		if (ret != rows[i].want)
			fail_msg("%s: %s", rows[i].what, result_name(ret));
	}
	close(bpffs);
	close(root);
	b->close(map);
}

/* ---- PROG_STREAM_READ_BY_FD ---- */

static void streams_are_there_and_empty(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_XDP);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	char buf[16];
	const struct {
		const char *what;
		int prog;
		uint32_t stream;
		char *buf;
		uint32_t len;
		int want;
	} rows[] = {
		{ "stdout", prog, 1, buf, 16, 0 }, { "stderr", prog, 2, buf, 16, 0 },
		{ "stream 0", prog, 0, buf, 16, -ENOENT }, { "stream 3", prog, 3, buf, 16, -ENOENT },
		{ "no buffer", prog, 1, NULL, 0, 0 }, { "a bad buffer", prog, 1, (char *)8, 16, 0 },
		{ "no fd", -1, 1, buf, 16, -EBADF }, { "a map", map, 1, buf, 16, -EINVAL },
		{ "no fd, stream 0", -1, 0, buf, 16, -EBADF },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		union bpf_attr attr;
		int ret;

		memset(&attr, 0, sizeof(attr));
		attr.prog_stream_read.prog_fd = rows[i].prog;
		attr.prog_stream_read.stream_id = rows[i].stream;
		attr.prog_stream_read.stream_buf = (uintptr_t)rows[i].buf;
		attr.prog_stream_read.stream_buf_len = rows[i].len;
		ret = b->bpf(BPF_PROG_STREAM_READ_BY_FD, &attr, sizeof(attr));
		if (ret != rows[i].want)
			fail_msg("%s: %s", rows[i].what, result_name(ret));
	}
	b->close(map);
	b->close(prog);
}

/* ---- ITER_CREATE ---- */

static void only_iterator_links_make_iterators(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_RAW_TRACEPOINT), link = raw_tp(b, prog);
	const struct {
		const char *what;
		int fd;
		uint32_t flags;
		int want;
	} rows[] = {
		{ "flags", link, 1, -EINVAL }, { "flags and no fd", -1, 1, -EINVAL },
		{ "no fd", -1, 0, -EBADF }, { "a program", prog, 0, -EINVAL },
		{ "another link", link, 0, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		union bpf_attr attr;
		int ret;

		memset(&attr, 0, sizeof(attr));
		attr.iter_create.link_fd = rows[i].fd;
		attr.iter_create.flags = rows[i].flags;
		ret = b->bpf(BPF_ITER_CREATE, &attr, sizeof(attr));
		if (ret != rows[i].want)
			fail_msg("%s: %s", rows[i].what, result_name(ret));
	}
	b->close(link);
	b->close(prog);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(task_fd_query),
		BOTH(another_process_is_asked),
		BOTH(statistics_count_while_somebody_wants_them),
		BOTH(statistics_go_on_without_fds),
		BOTH(nobody_gets_a_token),
		BOTH(streams_are_there_and_empty),
		BOTH(only_iterator_links_make_iterators),
	};

	return run_on_both("syscall: small commands", tests, ARRAY_CNT(tests));
}
