/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* perf_event_open(2) and what can be done with its fd: order of checks, ioctls, reads, mappings. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend.h"
#include "perf.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define OUTPUT	     PERF_TYPE_SOFTWARE, PERF_COUNT_SW_BPF_OUTPUT
#define TP	     "sched/sched_process_exec"

static struct perf_event_attr output_attr(void)
{
	return (struct perf_event_attr){ .type = PERF_TYPE_SOFTWARE,
					 .config = PERF_COUNT_SW_BPF_OUTPUT,
					 .size = sizeof(struct perf_event_attr) };
}

static int open_and_close(const struct backend *b, struct perf_event_attr *attr, int pid, int cpu,
			  int group, unsigned long flags)
{
	int fd = perf_open(b, attr, pid, cpu, group, flags);

	if (fd >= 0)
		b->close(fd);
	return fd < 0 ? fd : 0;
}

static void check(const char *what, int got, int want)
{
	if (got != want)
		fail_msg("%s: %s, not %s", what, result_name(got), result_name(want));
}

/* ---- opening ---- */

static void whom_it_may_be_about(void **state)
{
	const struct backend *b = backend_of(state);
	const struct {
		const char *what;
		int pid, cpu, group;
		unsigned long flags;
		int want;
	} rows[] = {
		{ "every task on a CPU", -1, 0, -1, 0, 0 },
		{ "this task anywhere", 0, -1, -1, 0, 0 },
		{ "this task on a CPU", 0, 0, -1, 0, 0 },
		{ "everything", -1, -1, -1, 0, -EINVAL },
		{ "no such CPU", -1, 100000, -1, 0, -EINVAL },
		{ "a task on no such CPU", 0, 100000, -1, 0, -EINVAL },
		{ "a negative CPU", -1, -2, -1, 0, -EINVAL },
		{ "a negative task", -2, 0, -1, 0, -ESRCH },
		{ "no such task", 99999999, 0, -1, 0, -ESRCH },
		{ "no such task or CPU", 99999999, 100000, -1, 0, -ESRCH },
		{ "a closed leader", -1, 0, 999, 0, -EBADF },
		{ "a leader that is none", -1, 0, 0, 0, -EBADF },
		{ "a closed leader of no such task", 99999999, 0, 999, 0, -EBADF },
		{ "unknown flags", -1, 0, -1, 16, -EINVAL },
		{ "unknown flags and a closed leader", -1, 0, 999, 16, -EINVAL },
		{ "close-on-exec", -1, 0, -1, PERF_FLAG_FD_CLOEXEC, 0 },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct perf_event_attr attr = output_attr();

		check(rows[i].what, open_and_close(b, &attr, rows[i].pid, rows[i].cpu,
						   rows[i].group, rows[i].flags), rows[i].want);
	}
	check("no attr", open_and_close(b, NULL, -1, 0, -1, 0), -EFAULT);
	check("no attr, unknown flags", open_and_close(b, NULL, -1, 0, -1, 16), -EINVAL);
}

static void sizes_of_the_attr(void **state)
{
	const struct backend *b = backend_of(state);
	const struct {
		uint32_t size;
		int tail;	/* byte that is set, 0: none */
		int want;
	} rows[] = {
		{ 0, 0, 0 }, { 64, 0, 0 }, { 63, 0, -E2BIG }, { 1, 0, -E2BIG }, { 136, 0, 0 },
		{ 200, 0, 0 }, { 4096, 0, 0 }, { 4097, 0, -E2BIG }, { 200, 135, 0 },
		{ 200, 136, -E2BIG }, { 4096, 4095, -E2BIG }, { 137, 136, -E2BIG },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		union {
			struct perf_event_attr attr;
			char bytes[8192];
		} u = { .attr = output_attr() };

		u.attr.size = rows[i].size;
		if (rows[i].tail)
			u.bytes[rows[i].tail] = 1;
		check("size", open_and_close(b, &u.attr, -1, 0, -1, 0), rows[i].want);
		assert_int_equal(u.attr.size, rows[i].want == -E2BIG ? 136 : rows[i].size);
	}
}

static void fields_of_the_attr(void **state)
{
	const struct backend *b = backend_of(state);
	struct perf_event_attr attr;
	/* Bits of sample_type and of the flags that are refused by themselves. */
	const uint64_t bad_samples = 1 << 11 | 1 << 12 | 1 << 18 | ~((1ull << 25) - 1);
	const uint64_t bad_flags = 1ull << 35 | ~((1ull << 37) - 1);

	for (int i = 0; i < 64; i++) {
		attr = output_attr();
		attr.sample_type = 1ull << i;
		check("sample_type", open_and_close(b, &attr, -1, 0, -1, 0),
		      bad_samples & 1ull << i ? -EINVAL : 0);
		attr = output_attr();
		attr.read_format = 1ull << i;
		check("read_format", open_and_close(b, &attr, -1, 0, -1, 0), i > 4 ? -EINVAL : 0);
		attr = output_attr();
		memcpy((char *)&attr + 40, &(uint64_t){ 1ull << i }, 8);
		check("flags", open_and_close(b, &attr, -1, 0, -1, 0),
		      bad_flags & 1ull << i ? -EINVAL : i == 31 ? -EOPNOTSUPP : 0);
	}
	attr = output_attr();
	attr.sample_period = 1ull << 63;
	check("a period of 64 bits", open_and_close(b, &attr, -1, 0, -1, 0), -EINVAL);
	attr = output_attr();
	attr.use_clockid = 1;
	attr.clockid = 3;
	check("a clock of CPU time", open_and_close(b, &attr, -1, 0, -1, 0), -EINVAL);
	attr.clockid = 1;
	check("the monotonic clock", open_and_close(b, &attr, -1, 0, -1, 0), 0);
}

static void what_there_is(void **state)
{
	const struct backend *b = backend_of(state);
	const struct {
		const char *what;
		uint32_t type;
		uint64_t config;
		int cpu, want;
	} rows[] = {
		{ "BPF output", OUTPUT, 0, 0 },
		{ "software of the future", PERF_TYPE_SOFTWARE, 12, 0, -ENOENT },
		{ "hardware", PERF_TYPE_HARDWARE, 0, 0, -ENOENT },
		{ "a cache", PERF_TYPE_HW_CACHE, 0, 0, -ENOENT },
		{ "raw hardware", PERF_TYPE_RAW, 0, 0, -ENOENT },
		{ "an unknown type", 77, 0, 0, -ENOENT },
		{ "an unknown type on no CPU", 77, 0, 100000, -EINVAL },
		{ "tracepoint 0", PERF_TYPE_TRACEPOINT, 0, 0, -EINVAL },
		{ "an unknown tracepoint", PERF_TYPE_TRACEPOINT, 99999, 0, -EINVAL },
		{ "a tracepoint of 64 bits", PERF_TYPE_TRACEPOINT, 1ull << 40, 0, -EINVAL },
	};
	int fd;

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct perf_event_attr attr = { .type = rows[i].type, .config = rows[i].config,
						.size = sizeof(attr) };

		check(rows[i].what, open_and_close(b, &attr, -1, rows[i].cpu, -1, 0),
		      rows[i].want);
	}
	fd = perf_open_tracepoint(b, TP, 0);
	if (fd < 0)
		fail_msg("tracepoint: %s", result_name(fd));
	b->close(fd);
}

/* ---- without capabilities ---- */

static uint64_t effective(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static void make_effective(uint64_t caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	assert_int_equal(syscall(SYS_capget, &header, data), 0);
	data[0].effective = caps;
	data[1].effective = caps >> 32;
	assert_int_equal(syscall(SYS_capset, &header, data), 0);
}

static void what_is_left_without_capabilities(void **state)
{
	const struct backend *b = backend_of(state);
	const uint64_t raw = PERF_SAMPLE_RAW, all = effective();
	const struct {
		const char *what;
		uint32_t type;
		int pid, exclude_kernel;
		uint64_t sample_type;
		int want;
	} rows[] = {
		{ "a CPU", PERF_TYPE_SOFTWARE, -1, 0, 0, -EACCES },
		{ "itself and the kernel", PERF_TYPE_SOFTWARE, 0, 0, 0, -EACCES },
		{ "itself", PERF_TYPE_SOFTWARE, 0, 1, 0, 0 },
		{ "a CPU but not the kernel", PERF_TYPE_SOFTWARE, -1, 1, 0, -EACCES },
		{ "a tracepoint on a CPU", PERF_TYPE_TRACEPOINT, -1, 1, 0, -EACCES },
		{ "a tracepoint in the kernel", PERF_TYPE_TRACEPOINT, 0, 0, 0, -EACCES },
		{ "a tracepoint", PERF_TYPE_TRACEPOINT, 0, 1, 0, 0 },
		{ "records of a tracepoint", PERF_TYPE_TRACEPOINT, 0, 1, raw, -EPERM },
		{ "records on a CPU", PERF_TYPE_TRACEPOINT, -1, 1, raw, -EPERM },
		{ "an unknown type", 77, -1, 1, 0, -ENOENT },
		{ "an unknown type in the kernel", 77, -1, 0, 0, -EACCES },
		{ "an unknown part", PERF_TYPE_SOFTWARE, -1, 0, 1ull << 40, -EINVAL },
		{ "no such task", PERF_TYPE_SOFTWARE, 99999999, 1, 0, -ESRCH },
	};
	char text[32];

	if (!(all & (1ull << CAP_PERFMON | 1ull << CAP_SYS_ADMIN)))
		return;		/* it began without: the emulated kernel is its own */
	assert_true(tracefs_read(b, "events/" TP "/id", text, sizeof(text)) > 0);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct perf_event_attr attr = { .type = rows[i].type, .size = sizeof(attr),
						.config = rows[i].type == PERF_TYPE_SOFTWARE
								  ? PERF_COUNT_SW_BPF_OUTPUT
								  : (uint64_t)atoi(text),
						.exclude_kernel = rows[i].exclude_kernel,
						.sample_type = rows[i].sample_type };
		int got;

		make_effective(0);
		got = open_and_close(b, &attr, rows[i].pid, rows[i].pid == -1 ? 0 : -1, -1, 0);
		make_effective(all);
		check(rows[i].what, got, rows[i].want);
	}
}

/* ---- the fd ---- */

static void flags_of_the_fd(void **state)
{
	const struct backend *b = backend_of(state);
	struct perf_event_attr attr = output_attr();
	int plain = perf_open(b, &attr, -1, 0, -1, 0);
	int cloexec = perf_open(b, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	assert_int_equal(fcntl(plain, F_GETFD), 0);
	assert_int_equal(fcntl(cloexec, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(plain, F_GETFL) & O_ACCMODE, O_RDWR);
	b->close(plain);
	b->close(cloexec);
}

static void ioctls(void **state)
{
	const struct backend *b = backend_of(state);
	int event = perf_open_output(b, 0, 1), other = perf_open_output(b, 0, 1);
	int tp = perf_open_tracepoint(b, TP, 0), map;
	uint64_t id = 0, other_id = 0, period = 5;
	struct { uint32_t room, cnt, ids[64]; } query = { 64 }, many = { 65 }, none = { 0 };
	const struct {
		const char *what;
		int fd;
		unsigned long request, arg;
		int want;
	} rows[] = {
		{ "enable", event, PERF_EVENT_IOC_ENABLE, 0, 0 },
		{ "enable again", event, PERF_EVENT_IOC_ENABLE, 7, 0 },
		{ "disable", event, PERF_EVENT_IOC_DISABLE, 0, 0 },
		{ "disable again", event, PERF_EVENT_IOC_DISABLE, 0, 0 },
		{ "reset", event, PERF_EVENT_IOC_RESET, 0, 0 },
		{ "id", event, PERF_EVENT_IOC_ID, (uintptr_t)&id, 0 },
		{ "id of another", other, PERF_EVENT_IOC_ID, (uintptr_t)&other_id, 0 },
		{ "id to nowhere", event, PERF_EVENT_IOC_ID, 0, -EFAULT },
		{ "period from nowhere", event, PERF_EVENT_IOC_PERIOD, 0, -EFAULT },
		{ "period of a tracepoint", tp, PERF_EVENT_IOC_PERIOD, (uintptr_t)&period,
		  -EINVAL },
		{ "refresh", event, PERF_EVENT_IOC_REFRESH, 1, 0 },
		{ "refresh of a tracepoint", tp, PERF_EVENT_IOC_REFRESH, 1, -EINVAL },
		{ "output to itself", event, PERF_EVENT_IOC_SET_OUTPUT, event, -EINVAL },
		{ "output to a closed fd", event, PERF_EVENT_IOC_SET_OUTPUT, 999, -EBADF },
		{ "output to nowhere", event, PERF_EVENT_IOC_SET_OUTPUT, -1ul, 0 },
		{ "filter from nowhere", event, PERF_EVENT_IOC_SET_FILTER, 0, -EFAULT },
		{ "filter", event, PERF_EVENT_IOC_SET_FILTER, (uintptr_t)"pid>0", -EINVAL },
		{ "a program that is none", event, PERF_EVENT_IOC_SET_BPF, event, -EINVAL },
		{ "a closed program", event, PERF_EVENT_IOC_SET_BPF, 999, -EBADF },
		{ "pause without a ring", event, PERF_EVENT_IOC_PAUSE_OUTPUT, 1, -EINVAL },
		{ "programs of no tracepoint", event, PERF_EVENT_IOC_QUERY_BPF,
		  (uintptr_t)&query, -EINVAL },
		{ "programs", tp, PERF_EVENT_IOC_QUERY_BPF, (uintptr_t)&query, 0 },
		{ "programs, no room", tp, PERF_EVENT_IOC_QUERY_BPF, (uintptr_t)&none, 0 },
		{ "programs, too much room", tp, PERF_EVENT_IOC_QUERY_BPF, (uintptr_t)&many,
		  -E2BIG },
		{ "programs to nowhere", tp, PERF_EVENT_IOC_QUERY_BPF, 0, -EFAULT },
		{ "an unknown request", event, _IO('$', 99), 0, -ENOTTY },
		{ "FIONREAD", event, 0x541B, (uintptr_t)&id, -ENOTTY },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++)
		check(rows[i].what, perf_ioctl(b, rows[i].fd, rows[i].request, rows[i].arg),
		      rows[i].want);
	assert_true(id && other_id && id != other_id);
	map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	check("enable a map", perf_ioctl(b, map, PERF_EVENT_IOC_ENABLE, 0), -ENOTTY);
	b->close(map);
	b->close(event);
	b->close(other);
	b->close(tp);
}

static void reads(void **state)
{
	const struct backend *b = backend_of(state);
	uint64_t values[8];

	for (uint64_t format = 0; format < 32; format++) {
		struct perf_event_attr attr = output_attr();
		uint64_t id;
		int fd, cnt = 1 + __builtin_popcountll(format);

		attr.read_format = format;
		fd = perf_open(b, &attr, -1, 0, -1, 0);
		assert_int_equal(perf_read(b, fd, values, 8 * cnt - 1), -ENOSPC);
		assert_int_equal(perf_read(b, fd, NULL, 100), -EFAULT);
		memset(values, 0xff, sizeof(values));
		assert_int_equal(perf_read(b, fd, values, sizeof(values)), 8 * cnt);
		assert_int_equal(values[0], !!(format & PERF_FORMAT_GROUP));
		assert_int_equal(perf_ioctl(b, fd, PERF_EVENT_IOC_ID, (uintptr_t)&id), 0);
		if (format & PERF_FORMAT_ID)
			assert_int_equal(values[cnt - 1 - !!(format & 16)], id);
		b->close(fd);
	}
}

static void mappings(void **state)
{
	const struct backend *b = backend_of(state);
	const struct {
		const char *what;
		size_t length;
		int prot, flags;
		off_t offset;
		int want;
	} rows[] = {
		{ "the control page", 4096, 3, MAP_SHARED, 0, 0 },
		{ "a page of data", 8192, 3, MAP_SHARED, 0, 0 },
		{ "three pages", 3 * 4096, 3, MAP_SHARED, 0, 0 },
		{ "four pages", 4 * 4096, 3, MAP_SHARED, 0, -EINVAL },
		{ "half a page", 5000, 3, MAP_SHARED, 0, 0 },
		{ "to be read only", 8192, 1, MAP_SHARED, 0, 0 },
		{ "private", 8192, 3, MAP_PRIVATE, 0, -EINVAL },
		{ "behind the first page", 8192, 3, MAP_SHARED, 4096, -EINVAL },
		{ "code", 8192, 7, MAP_SHARED, 0, -EPERM },
		{ "2 GiB", 4096 + (1ul << 31), 3, MAP_SHARED, 0, -ENOMEM },
	};
	struct perf_event_mmap_page *page;
	int fd = perf_open_output(b, 0, 1), err;
	void *again;

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		void *mem = b->mmap(NULL, rows[i].length, rows[i].prot, rows[i].flags, fd,
				    rows[i].offset, &err);

		check(rows[i].what, err, rows[i].want);
		if (!err)
			munmap(mem, rows[i].length);
	}
	page = b->mmap(NULL, 5 * 4096, 3, MAP_SHARED, fd, 0, &err);
	assert_int_equal(err, 0);
	assert_int_equal(page->version, 0);
	assert_int_equal(page->data_offset, 4096);
	assert_int_equal(page->data_size, 4 * 4096);
	assert_int_equal(page->data_head, 0);
	assert_int_equal(page->capabilities & 3, 2);
	assert_int_equal(page->aux_offset, 0);
	b->mmap(NULL, 3 * 4096, 3, MAP_SHARED, fd, 0, &err);
	assert_int_equal(err, -EINVAL);
	again = b->mmap(NULL, 5 * 4096, 1, MAP_SHARED, fd, 0, &err);
	assert_int_equal(err, 0);
	assert_int_equal(perf_ioctl(b, fd, PERF_EVENT_IOC_PAUSE_OUTPUT, 1), 0);
	munmap(again, 5 * 4096);
	munmap(page, 5 * 4096);
	assert_int_equal(perf_ioctl(b, fd, PERF_EVENT_IOC_PAUSE_OUTPUT, 0), -EINVAL);
	b->close(fd);
}

static void bpf_commands_refuse_it(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = perf_open_output(b, 0, 1);
	char info[64];
	uint32_t len = sizeof(info);

	assert_int_equal(obj_info(b, fd, info, &len), -EINVAL);
	assert_int_equal(obj_pin(b, fd, "/sys/fs/bpf/event"), -EINVAL);
	assert_int_equal(map_delete(b, fd, &len), -EINVAL);
	b->close(fd);
}

/* ---- the tracing file system ---- */

static void formats_are_linuxs(void **state)
{
	static const char *const want[] = {
		"name: sched_process_fork\n", "char[] parent_comm;\toffset:8;\tsize:4;\tsigned:0;\n",
		"name: sched_process_exec\n", "pid_t old_pid;\toffset:16;\tsize:4;\tsigned:1;\n"
		"\nprint fmt: \"filename=%s pid=%d old_pid=%d\", __get_str(filename), REC->pid, "
		"REC->old_pid\n",
		"name: sched_process_exit\n", "bool group_dead;\toffset:32;\tsize:1;\tsigned:0;\n"
		"\nprint fmt: \"comm=%s pid=%d prio=%d group_dead=%s\", REC->comm, REC->pid, "
		"REC->prio, REC->group_dead ? \"true\" : \"false\"\n",
	};
	static const char *const files[] = { "sched_process_fork", "sched_process_exec",
					     "sched_process_exit" };
	const struct backend *b = backend_of(state);
	char file[64], text[4096], id[32], line[64];

	for (size_t i = 0; i < ARRAY_CNT(files); i++) {
		snprintf(file, sizeof(file), "events/sched/%s/format", files[i]);
		assert_true(tracefs_read(b, file, text, sizeof(text)) > 0);
		assert_non_null(strstr(text, want[2 * i]));
		assert_non_null(strstr(text, want[2 * i + 1]));
		assert_non_null(strstr(text, "\tfield:int common_pid;\toffset:4;\tsize:4;"));
		snprintf(file, sizeof(file), "events/sched/%s/id", files[i]);
		assert_true(tracefs_read(b, file, id, sizeof(id)) > 0);
		snprintf(line, sizeof(line), "\nID: %s", id);
		assert_non_null(strstr(text, line));
	}
	assert_int_equal(tracefs_read(b, "events/sched/no_such_event/id", id, sizeof(id)),
			 -ENOENT);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(whom_it_may_be_about),
		BOTH(sizes_of_the_attr),
		BOTH(fields_of_the_attr),
		BOTH(what_there_is),
		BOTH(what_is_left_without_capabilities),
		BOTH(flags_of_the_fd),
		BOTH(ioctls),
		BOTH(reads),
		BOTH(mappings),
		BOTH(bpf_commands_refuse_it),
		BOTH(formats_are_linuxs),
	};

	return run_on_both("perf events", tests, sizeof(tests) / sizeof(tests[0]));
}
