/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs on tracepoints: by links and by PERF_EVENT_IOC_SET_BPF, what they see, what is told of them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "perf.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define EXEC	     "sched/sched_process_exec"
#define FORK	     "sched/sched_process_fork"

static void check(const char *what, int got, int want)
{
	if (got != want)
		fail_msg("%s: %s, not %s", what, result_name(got), result_name(want));
}

static int set_bpf(const struct backend *b, int event, int prog)
{
	return perf_ioctl(b, event, PERF_EVENT_IOC_SET_BPF, prog);
}

/* "*slot = *slot * 10 + digit; return result" of an array of u64: the order of runs can be read. Only for
 * forks of this process, whatever else goes on on the machine. */
static int load_digit(const struct backend *b, int map, int digit, int result)
{
	const struct bpf_insn insns[] = {
		CALL(BPF_FUNC_get_current_pid_tgid), ALU_IMM(RSH, 0, 32),
		JUMP_IMM(JNE, 0, perf_forking_pid(b), 6),
		MAP_VALUE(1, map, 0), LOAD(DW, 2, 1, 0), ALU_IMM(MUL, 2, 10),
		ALU_IMM(ADD, 2, digit), STORE(DW, 1, 2, 0), MOV_IMM(0, result), EXIT(),
	};

	return load_prog(b, BPF_PROG_TYPE_TRACEPOINT, insns, ARRAY_CNT(insns));
}

static uint64_t number(const struct backend *b, int map)
{
	uint64_t value = 0;
	uint32_t zero = 0;

	assert_int_equal(map_lookup(b, map, &zero, &value), 0);
	return value;
}

static void set_number(const struct backend *b, int map, uint64_t value)
{
	uint32_t zero = 0;

	assert_int_equal(map_update(b, map, &zero, &value, 0), 0);
}

static int exec_here(const struct backend *b)
{
	return perf_happen_exec(b, "/bin/true");
}

/* An event that counts forks of this thread. */
static int open_own_forks(const struct backend *b)
{
	return perf_open_tracepoint_of(b, FORK, 0, -1);
}

/* ---- attaching ---- */

static int load_reading(const struct backend *b, int end)
{
	const struct bpf_insn insns[] = { LOAD(B, 0, 1, end - 1), MOV_IMM(0, 0), EXIT() };

	return load_prog(b, BPF_PROG_TYPE_TRACEPOINT, insns, ARRAY_CNT(insns));
}

static void programs_read_as_far_as_the_fields_go(void **state)
{
	static const struct {
		const char *event;
		int end;
	} rows[] = {
		{ "sched/sched_process_fork", 24 }, { EXEC, 20 }, { "sched/sched_process_exit", 33 },
	};
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		for (int more = 0; more < 2; more++) {
			int event = perf_open_tracepoint(b, rows[i].event, 0);
			int prog = load_reading(b, rows[i].end + more), link;

			link = perf_link(b, prog, event, 0);
			check(rows[i].event, link < 0 ? link : 0, more ? -EACCES : 0);
			if (link >= 0)
				b->close(link);
			check(rows[i].event, set_bpf(b, event, prog), more ? -EACCES : 0);
			b->close(prog);
			b->close(event);
		}
	}
}

static void one_program_per_event_and_once_per_tracepoint(void **state)
{
	const struct backend *b = backend_of(state);
	int one = load_trivial(b, BPF_PROG_TYPE_TRACEPOINT);
	int two = load_trivial(b, BPF_PROG_TYPE_TRACEPOINT);
	int far = load_reading(b, 100);
	int xdp = load_trivial(b, BPF_PROG_TYPE_XDP), kprobe = load_trivial(b, BPF_PROG_TYPE_KPROBE);
	int sample = load_trivial(b, BPF_PROG_TYPE_PERF_EVENT);
	int event = perf_open_tracepoint(b, EXEC, 0), other = perf_open_tracepoint(b, EXEC, 0);
	int output = perf_open_output(b, 0, 1), link;

	check("XDP", set_bpf(b, event, xdp), -EINVAL);
	check("kprobe", set_bpf(b, event, kprobe), -EINVAL);
	check("link of a kprobe", perf_link(b, kprobe, event, 0), -EINVAL);
	check("perf event program", set_bpf(b, event, sample), -EINVAL);
	link = perf_link(b, one, event, 0);
	assert_true(link >= 0);
	check("a second program", set_bpf(b, event, two), -EEXIST);
	check("a second link", perf_link(b, two, event, 0), -EEXIST);
	check("a second program that reads too far", set_bpf(b, event, far), -EACCES);
	check("the program again", set_bpf(b, other, one), -EEXIST);
	check("its link again", perf_link(b, one, other, 0), -EEXIST);
	check("another program", set_bpf(b, other, two), 0);
	check("and once more", set_bpf(b, other, two), -EEXIST);
	b->close(link);
	check("after the link has gone", set_bpf(b, event, one), 0);
	/* What programs write to may have one for its own samples. */
	check("a tracepoint's", set_bpf(b, output, one), -EINVAL);
	check("its own kind", set_bpf(b, output, sample), 0);
	check("a second one", set_bpf(b, output, sample), -EEXIST);
	check("one of another kind", set_bpf(b, output, one), -EEXIST);
	b->close(one);
	b->close(two);
	b->close(far);
	b->close(xdp);
	b->close(kprobe);
	b->close(sample);
	b->close(event);
	b->close(other);
	b->close(output);
}

static void at_most_64_programs(void **state)
{
	const struct backend *b = backend_of(state);
	int events[65], progs[65];

	for (int i = 0; i < 65; i++) {
		progs[i] = load_trivial(b, BPF_PROG_TYPE_TRACEPOINT);
		events[i] = perf_open_tracepoint(b, EXEC, 0);
		check("program", set_bpf(b, events[i], progs[i]), i < 64 ? 0 : -E2BIG);
	}
	check("of those that are there", set_bpf(b, events[64], progs[0]), -E2BIG);
	for (int i = 0; i < 65; i++) {
		b->close(progs[i]);
		b->close(events[i]);
	}
}

/* ---- running ---- */

static void programs_run_in_order_whatever_their_events_are(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	int progs[3], events[3], link;

	for (int i = 0; i < 3; i++) {
		progs[i] = load_digit(b, map, i + 1, 1);
		/* None is enabled, and each is about one CPU. */
		events[i] = perf_open_tracepoint(b, FORK, 0);
	}
	check("first", set_bpf(b, events[2], progs[2]), 0);
	link = perf_link(b, progs[0], events[0], 0);
	assert_true(link >= 0);
	check("last", set_bpf(b, events[1], progs[1]), 0);
	perf_happen_fork(b);
	assert_int_equal(number(b, map), 312);
	b->close(events[0]);		/* the link keeps it */
	perf_happen_fork(b);
	assert_int_equal(number(b, map), 312312);
	b->close(link);
	b->close(events[2]);
	set_number(b, map, 0);
	perf_happen_fork(b);
	assert_int_equal(number(b, map), 2);
	b->close(events[1]);
	perf_happen_fork(b);
	assert_int_equal(number(b, map), 2);
	for (int i = 0; i < 3; i++)
		b->close(progs[i]);
	b->close(map);
}

/* The event goes on to be counted where no program returned an even number; all of them run. */
static void results_keep_the_event_back(void **state)
{
	static const struct {
		int results[2];
		int counted;
	} rows[] = { { { 1, 1 }, 1 }, { { 0, 1 }, 0 }, { { 1, 0 }, 0 }, { { 3, 1 }, 1 },
		     { { 2, 1 }, 0 }, { { 3, 5 }, 1 } };
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int counter = open_own_forks(b), events[2], progs[2];
		uint64_t count = 77;

		assert_int_equal(perf_ioctl(b, counter, PERF_EVENT_IOC_ENABLE, 0), 0);
		for (int p = 0; p < 2; p++) {
			events[p] = perf_open_tracepoint(b, FORK, 0);
			progs[p] = load_digit(b, map, p + 1, rows[i].results[p]);
			check("program", set_bpf(b, events[p], progs[p]), 0);
		}
		set_number(b, map, 0);
		perf_happen_fork(b);
		assert_int_equal(number(b, map), 12);
		assert_int_equal(perf_read(b, counter, &count, 8), 8);
		assert_int_equal(count, rows[i].counted);
		b->close(counter);
		for (int p = 0; p < 2; p++) {
			b->close(events[p]);
			b->close(progs[p]);
		}
	}
	b->close(map);
}

static void only_enabled_events_count(void **state)
{
	const struct backend *b = backend_of(state);
	int event = open_own_forks(b);
	uint64_t count = 77;

	perf_happen_fork(b);
	perf_ioctl(b, event, PERF_EVENT_IOC_ENABLE, 0);
	perf_happen_fork(b);
	perf_happen_fork(b);
	perf_ioctl(b, event, PERF_EVENT_IOC_DISABLE, 0);
	perf_happen_fork(b);
	assert_int_equal(perf_read(b, event, &count, 8), 8);
	assert_int_equal(count, 2);
	perf_ioctl(b, event, PERF_EVENT_IOC_RESET, 0);
	assert_int_equal(perf_read(b, event, &count, 8), 8);
	assert_int_equal(count, 0);
	b->close(event);
}

/* ---- what they see ---- */

/* Copy @size bytes at @offset of the record into a map's value. */
static int load_copy(const struct backend *b, int map, int offset, int size)
{
	const struct bpf_insn insns[] = {
		MOV_REG(3, 1), ALU_IMM(ADD, 3, offset), MAP_VALUE(1, map, 0), MOV_IMM(2, size),
		CALL(BPF_FUNC_probe_read_kernel), MOV_IMM(0, 1), EXIT(),
	};

	return load_prog(b, BPF_PROG_TYPE_TRACEPOINT, insns, ARRAY_CNT(insns));
}

struct copied {
	int map, prog, event;
	char bytes[96];
};

static void begin(const struct backend *b, struct copied *c, const char *name, int offset)
{
	c->map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, sizeof(c->bytes), 1, 0);
	c->prog = load_copy(b, c->map, offset, sizeof(c->bytes) - offset);
	c->event = perf_open_tracepoint(b, name, 0);
	assert_true(c->prog >= 0);
	check("program", set_bpf(b, c->event, c->prog), 0);
}

static void finish(const struct backend *b, struct copied *c)
{
	uint32_t zero = 0;

	assert_int_equal(map_lookup(b, c->map, &zero, c->bytes), 0);
	b->close(c->event);
	b->close(c->prog);
	b->close(c->map);
}

static uint32_t word(const struct copied *c, int offset)
{
	uint32_t value;

	memcpy(&value, c->bytes + offset - 8, sizeof(value));
	return value;
}

/* Until the record is of the process that was meant: others of the machine come in between. */
static void see(const struct backend *b, struct copied *c, const char *name,
		int (*happen)(const struct backend *b), int pid_at)
{
	int pid;

	for (int turn = 0; turn < 20; turn++) {
		begin(b, c, name, 8);
		pid = happen(b);
		finish(b, c);
		if (word(c, pid_at) == (uint32_t)pid)
			return;
	}
	fail_msg("%s: the record is of process %u", name, word(c, pid_at));
}

static void the_record_of_an_exec(void **state)
{
	struct copied c;

	see(backend_of(state), &c, EXEC, exec_here, 12);
	assert_int_equal(word(&c, 8), 20 | 10 << 16);	/* where the name is, and its size */
	assert_int_equal(word(&c, 16), word(&c, 12));
	assert_string_equal(c.bytes + 20 - 8, "/bin/true");
}

static void the_record_of_a_fork(void **state)
{
	struct copied c;

	see(backend_of(state), &c, FORK, perf_happen_fork, 20);
	assert_int_equal(word(&c, 12), perf_forking_pid(backend_of(state)));
	assert_int_equal(word(&c, 8) & 0xffff, 24);
	assert_int_equal(word(&c, 16) & 0xffff, 24 + (word(&c, 8) >> 16));
	assert_string_equal(c.bytes + 24 - 8, c.bytes + (word(&c, 16) & 0xffff) - 8);
	assert_int_equal(strlen(c.bytes + 24 - 8) + 1, word(&c, 8) >> 16);
}

static void the_record_of_an_exit(void **state)
{
	struct copied c;

	see(backend_of(state), &c, "sched/sched_process_exit", perf_happen_exit, 24);
	/* The priority is the one that forks inherit; an event of ours has the usual one. */
	assert_int_equal(word(&c, 28),
			 120 + (backend_of(state)->emulated ? 0 : getpriority(PRIO_PROCESS, 0)));
	assert_int_equal(c.bytes[32 - 8], 1);
	assert_true(strlen(c.bytes) > 0 && strlen(c.bytes) < 16);
}

/* The first eight bytes are not the program's to see. */
static void the_head_is_hidden(void **state)
{
	const struct backend *b = backend_of(state);
	const struct bpf_insn insns[] = { LOAD(W, 0, 1, 4), EXIT() };

	assert_int_equal(load_prog(b, BPF_PROG_TYPE_TRACEPOINT, insns, 2), -EACCES);
}

static void cookies(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	const struct bpf_insn insns[] = {
		CALL(BPF_FUNC_get_attach_cookie), MAP_VALUE(1, map, 0), STORE(DW, 1, 0, 0),
		MOV_IMM(0, 0), EXIT(),
	};
	int prog = load_prog(b, BPF_PROG_TYPE_TRACEPOINT, insns, ARRAY_CNT(insns));
	int event = perf_open_tracepoint(b, FORK, 0), link;

	link = perf_link(b, prog, event, 0x1122334455667788);
	assert_true(link >= 0);
	perf_happen_fork(b);
	assert_true(number(b, map) == 0x1122334455667788);
	b->close(link);
	check("without a link", set_bpf(b, event, prog), 0);
	perf_happen_fork(b);
	assert_int_equal(number(b, map), 0);
	b->close(event);
	b->close(prog);
	b->close(map);
}

/* ---- what is told ---- */

static int link_info(const struct backend *b, int link, struct bpf_link_info *info, char *name,
		     uint32_t room)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	info->perf_event.tracepoint.tp_name = (uintptr_t)name;
	info->perf_event.tracepoint.name_len = room;
	return obj_info(b, link, info, &len);
}

static void info_of_a_link(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_TRACEPOINT);
	int event = perf_open_tracepoint(b, EXEC, 0), link = perf_link(b, prog, event, 42);
	struct bpf_link_info info;
	char name[64] = "";

	assert_int_equal(link_info(b, link, &info, NULL, 0), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_PERF_EVENT);
	assert_int_equal(info.prog_id, prog_id(b, prog));
	assert_int_equal(info.perf_event.type, BPF_PERF_EVENT_TRACEPOINT);
	assert_int_equal(info.perf_event.tracepoint.name_len, 19);
	assert_int_equal(info.perf_event.tracepoint.cookie, 42);
	assert_int_equal(link_info(b, link, &info, name, sizeof(name)), 0);
	assert_string_equal(name, "sched_process_exec");
	assert_int_equal(link_info(b, link, &info, name, 0), -EINVAL);
	assert_int_equal(link_info(b, link, &info, NULL, 5), -EINVAL);
	assert_int_equal(link_info(b, link, &info, name, 6), -ENOSPC);
	assert_string_equal(name, "sched");
	assert_int_equal(link_info(b, link, &info, (char *)8, 64), -EFAULT);
	b->close(link);
	b->close(event);
	b->close(prog);
}

static void info_of_a_link_to_an_event_that_overflows(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_PERF_EVENT);
	int event = perf_open_output(b, 0, 1), link = perf_link(b, prog, event, 7);
	struct bpf_link_info info;

	assert_true(link >= 0);
	assert_int_equal(link_info(b, link, &info, NULL, 0), 0);
	assert_int_equal(info.perf_event.type, BPF_PERF_EVENT_EVENT);
	assert_int_equal(info.perf_event.event.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(info.perf_event.event.config, PERF_COUNT_SW_BPF_OUTPUT);
	assert_int_equal(info.perf_event.event.cookie, 7);
	b->close(link);
	b->close(event);
	b->close(prog);
}

static void fdinfo_text(const struct backend *b, int fd, char *text, size_t size)
{
	char path[64];
	ssize_t len;
	FILE *file;

	if (b->emulated) {
		len = kern_fdinfo(fd, text, size);
	} else {
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		file = fopen(path, "r");
		len = fread(text, 1, size - 1, file);
		fclose(file);
	}
	assert_true(len > 0);
	text[len] = 0;
}

static void fdinfo_of_a_link(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_TRACEPOINT);
	int sample = load_trivial(b, BPF_PROG_TYPE_PERF_EVENT);
	int event = perf_open_tracepoint(b, EXEC, 0), link = perf_link(b, prog, event, 42);
	int output = perf_open_output(b, 0, 1), other = perf_link(b, sample, output, 7);
	char text[1024];

	fdinfo_text(b, link, text, sizeof(text));
	if (!strstr(text, "link_type:\tperf\nlink_id:\t") ||
	    !strstr(text, "tp_name:\tsched_process_exec\nevent_type:\ttracepoint\ncookie:\t42\n"))
		fail_msg("%s", text);
	fdinfo_text(b, other, text, sizeof(text));
	if (!strstr(text, "type:\t1\nconfig:\t10\nevent_type:\tevent\ncookie:\t7\n"))
		fail_msg("%s", text);
	b->close(link);
	b->close(event);
	b->close(other);
	b->close(output);
	b->close(prog);
	b->close(sample);
}

static void links_stay_as_they_are(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_TRACEPOINT);
	int event = perf_open_tracepoint(b, EXEC, 0), link = perf_link(b, prog, event, 0);
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = link;
	assert_int_equal(b->bpf(BPF_LINK_DETACH, &attr, sizeof(attr)), -EOPNOTSUPP);
	memset(&attr, 0, sizeof(attr));
	attr.link_update.link_fd = link;
	attr.link_update.new_prog_fd = prog;
	assert_int_equal(b->bpf(BPF_LINK_UPDATE, &attr, sizeof(attr)), -EINVAL);
	b->close(link);
	b->close(event);
	b->close(prog);
}

static int task_query(const struct backend *b, int fd, union bpf_attr *attr, char *name,
		      uint32_t room)
{
	memset(attr, 0, sizeof(*attr));
	attr->task_fd_query.pid = getpid();
	attr->task_fd_query.fd = fd;
	attr->task_fd_query.buf = (uintptr_t)name;
	attr->task_fd_query.buf_len = room;
	return b->bpf(BPF_TASK_FD_QUERY, attr, sizeof(*attr));
}

static void what_a_task_runs(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_TRACEPOINT);
	int sample = load_trivial(b, BPF_PROG_TYPE_PERF_EVENT);
	int event = perf_open_tracepoint(b, EXEC, 0), output = perf_open_output(b, 0, 1), link;
	union bpf_attr attr;
	char name[64] = "";

	check("no program", task_query(b, event, &attr, name, sizeof(name)), -ENOENT);
	check("none of its own", task_query(b, output, &attr, name, sizeof(name)), -ENOENT);
	link = perf_link(b, prog, event, 0);
	check("the link", task_query(b, link, &attr, name, sizeof(name)), -ENOTSUPP);
	for (int turn = 0; turn < 2; turn++) {
		check("the event", task_query(b, event, &attr, name, sizeof(name)), 0);
		assert_string_equal(name, "sched_process_exec");
		assert_int_equal(attr.task_fd_query.prog_id, prog_id(b, prog));
		assert_int_equal(attr.task_fd_query.fd_type, BPF_FD_TYPE_TRACEPOINT);
		assert_int_equal(attr.task_fd_query.buf_len, 18);
		if (link < 0)
			break;
		b->close(link);
		link = -1;
		check("program", set_bpf(b, event, prog), 0);
	}
	check("short", task_query(b, event, &attr, name, 6), -ENOSPC);
	assert_string_equal(name, "sched");
	check("sample", set_bpf(b, output, sample), 0);
	check("of samples", task_query(b, output, &attr, name, sizeof(name)), -EOPNOTSUPP);
	b->close(event);
	b->close(output);
	b->close(prog);
	b->close(sample);
}

static void ids_of_a_tracepoints_programs(void **state)
{
	const struct backend *b = backend_of(state);
	struct { uint32_t room, cnt, ids[4]; } query = { 4, 0, { 0 } };
	int progs[3], events[3];

	for (int i = 0; i < 3; i++) {
		progs[i] = load_trivial(b, BPF_PROG_TYPE_TRACEPOINT);
		events[i] = perf_open_tracepoint(b, EXEC, 0);
		check("program", set_bpf(b, events[i], progs[i]), 0);
	}
	check("room", perf_ioctl(b, events[0], PERF_EVENT_IOC_QUERY_BPF, (uintptr_t)&query), 0);
	assert_int_equal(query.cnt, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(query.ids[i], prog_id(b, progs[i]));
	query.room = 2;
	memset(query.ids, 0, sizeof(query.ids));
	check("no room", perf_ioctl(b, events[0], PERF_EVENT_IOC_QUERY_BPF, (uintptr_t)&query),
	      -ENOSPC);
	assert_int_equal(query.cnt, 3);
	assert_int_equal(query.ids[1], prog_id(b, progs[1]));
	assert_int_equal(query.ids[2], 0);
	query.room = query.cnt = 0;
	check("only how many", perf_ioctl(b, events[0], PERF_EVENT_IOC_QUERY_BPF, (uintptr_t)&query), 0);
	assert_int_equal(query.cnt, 3);
	for (int i = 0; i < 3; i++) {
		b->close(events[i]);
		b->close(progs[i]);
	}
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(programs_read_as_far_as_the_fields_go),
		BOTH(one_program_per_event_and_once_per_tracepoint),
		BOTH(at_most_64_programs),
		BOTH(programs_run_in_order_whatever_their_events_are),
		BOTH(results_keep_the_event_back),
		BOTH(only_enabled_events_count),
		BOTH(the_record_of_an_exec),
		BOTH(the_record_of_a_fork),
		BOTH(the_record_of_an_exit),
		BOTH(the_head_is_hidden),
		BOTH(cookies),
		BOTH(info_of_a_link),
		BOTH(info_of_a_link_to_an_event_that_overflows),
		BOTH(fdinfo_of_a_link),
		BOTH(links_stay_as_they_are),
		BOTH(what_a_task_runs),
		BOTH(ids_of_a_tracepoints_programs),
	};

	return run_on_both("programs of perf events", tests, sizeof(tests) / sizeof(tests[0]));
}
