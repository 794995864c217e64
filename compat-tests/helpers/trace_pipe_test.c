/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What programs print arrives in trace_pipe, and nobody waits for who does not read. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- printing ---- */

/* "n <number>": which is what the tests look for among whatever else is printed on the machine. */
static int load_print(const struct backend *b, uint32_t number)
{
	const uint64_t format = 0x00007525206eull;	/* "n %u" */
	const struct bpf_insn insns[] = {
		IMM64(1, format), STORE(DW, 10, 1, -8), MOV_REG(1, 10), ALU_IMM(ADD, 1, -8),
		MOV_IMM(2, 5), MOV_IMM(3, (int)number), CALL(BPF_FUNC_trace_printk), MOV_IMM(0, 0),
		EXIT(),
	};

	return load_prog(b, BPF_PROG_TYPE_XDP, insns, ARRAY_CNT(insns));
}

static void run(const struct backend *b, int prog)
{
	char packet[64] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	if (b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		abort();
}

static uint32_t print(const struct backend *b)
{
	static uint32_t last;
	uint32_t number = last = last ? last + 1 : (uint32_t)getpid() * 1000 % 1000000000;
	int prog = load_print(b, number);

	assert_true(prog >= 0);
	run(b, prog);
	b->close(prog);
	return number;
}

/* ---- reading ---- */

/* On the real kernel in an instance of our own: nobody's lines are taken away. */
static char instance[128];

/* A failed test may have left it open. */
static void leave_instance(void)
{
	fflush(NULL);
	close_range(3, ~0u, 0);
	rmdir(instance);
}

static void make_instance(void)
{
	char path[256];
	int fd;

	snprintf(instance, sizeof(instance), "/sys/kernel/tracing/instances/bpf_shim_%d",
		 (int)getpid());
	assert_int_equal(mkdir(instance, 0700), 0);
	atexit(leave_instance);
	snprintf(path, sizeof(path), "%s/events/bpf_trace/bpf_trace_printk/enable", instance);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0 && write(fd, "1", 1) == 1);
	close(fd);
}

static int open_pipe(const struct backend *b)
{
	char path[256];
	int fd;

	if (b->emulated) {
		fd = kern_trace_pipe(O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	} else {
		snprintf(path, sizeof(path), "%s/trace_pipe", instance);
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
	assert_true(fd >= 0);
	return fd;
}

/* First of all tests. */
static void there_is_a_pipe(void **state)
{
	if (!backend_of(state)->emulated)
		make_instance();
	close(open_pipe(backend_of(state)));
}

static char text[4 << 20];

/* All that is there, until @wanted has come or nothing comes any more. */
static bool read_until(int fd, const char *wanted)
{
	size_t used = 0;
	ssize_t len;

	for (int turn = 0; turn < 100; turn++) {
		while ((len = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
			used += len;
		text[used] = 0;
		if (wanted ? strstr(text, wanted) != NULL : turn > 2)
			return true;
		usleep(10000);
	}
	return false;
}

static bool line_comes(int fd, uint32_t number)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), ": bpf_trace_printk: n %u\n", number);
	return read_until(fd, wanted);
}

static void lines_arrive(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = open_pipe(b);
	char want[128];
	regex_t regex;

	for (int i = 0; i < 3; i++) {
		uint32_t number = print(b);

		assert_true(line_comes(fd, number));
		snprintf(want, sizeof(want), "[^ ]+-%d +\\[[0-9]{3}\\] b\\.\\.11 +[0-9]+\\.[0-9]{6}: "
			 "bpf_trace_printk: n %u\n", (int)gettid(), number);
		assert_int_equal(regcomp(&regex, want, REG_EXTENDED), 0);
		if (regexec(&regex, text, 0, NULL, 0))
			fail_msg("%s", text);
		regfree(&regex);
	}
	close(fd);
}

static void lines_wait_for_a_reader(void **state)
{
	const struct backend *b = backend_of(state);
	uint32_t first = print(b), second = print(b);
	int fd = open_pipe(b);
	char *one, *two, line[64];

	assert_true(line_comes(fd, second));
	snprintf(line, sizeof(line), ": n %u\n", first);
	one = strstr(text, line);
	snprintf(line, sizeof(line), ": n %u\n", second);
	two = strstr(text, line);
	assert_true(one && two && one < two);
	close(fd);
	/* Once. */
	fd = open_pipe(b);
	read_until(fd, NULL);
	assert_null(strstr(text, line));
	close(fd);
}

static void nobody_waits_for_a_slow_reader(void **state)
{
	const struct backend *b = backend_of(state);
	int fd, prog, lines = 40000, got = 0;
	unsigned int lost = 0;
	const char *at;
	uint32_t last;

	if (!b->emulated)
		return;		/* its buffers are as large as the machine wants */
	fd = open_pipe(b);
	prog = load_print(b, 5);
	for (int i = 0; i < lines; i++)
		run(b, prog);
	read_until(fd, NULL);
	for (at = text; (at = strstr(at, ": n 5\n")); at++)
		got++;
	assert_true(got > 1000 && got < lines);
	/* The next one tells how many there were. */
	last = print(b);
	assert_true(line_comes(fd, last));
	assert_int_equal(sscanf(text, "CPU:0 [LOST %u EVENTS]", &lost), 1);
	assert_int_equal(got + lost, lines);
	b->close(prog);
	close(fd);
}

/* Without a reader the oldest go. */
static void what_is_kept_is_bounded(void **state)
{
	const struct backend *b = backend_of(state);
	int fd, prog, got = 0;
	const char *at;
	uint32_t last;

	if (!b->emulated)
		return;
	prog = load_print(b, 6);
	for (int i = 0; i < 60000; i++)
		run(b, prog);
	last = print(b);
	fd = open_pipe(b);
	assert_true(line_comes(fd, last));
	for (at = text; (at = strstr(at, ": n 6\n")); at++)
		got++;
	assert_true(got > 5000 && got < 20000);
	b->close(prog);
	close(fd);
}

static void readers_that_go_harm_nobody(void **state)
{
	const struct backend *b = backend_of(state);
	uint32_t last = 0;
	int fd;

	for (int i = 0; i < 50; i++) {
		fd = open_pipe(b);
		last = print(b);
		close(fd);
	}
	fd = open_pipe(b);
	last = print(b);
	assert_true(line_comes(fd, last));
	close(fd);
}

static const struct backend *shared;

static void *print_often(void *arg)
{
	int prog = load_print(shared, 7);

	for (int i = 0; i < 500; i++)
		run(shared, prog);
	shared->close(prog);
	return arg;
}

static void lines_are_whole(void **state)
{
	const struct backend *b = backend_of(state);
	pthread_t threads[4];
	int fd, got = 0;

	shared = b;
	fd = open_pipe(b);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, print_often, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_true(line_comes(fd, print(b)));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		const char *mark = strstr(line, ": bpf_trace_printk: n 7");

		got += mark && !mark[strlen(": bpf_trace_printk: n 7")];
	}
	/* The real kernel's buffer is small before somebody traces. */
	if (b->emulated)
		assert_int_equal(got, 2000);
	else
		assert_true(got > 10);
	close(fd);
}

static void printers_may_be_killed(void **state)
{
	const struct backend *b = backend_of(state);
	int fd, prog, pid;

	if (!b->emulated)
		return;
	prog = load_print(b, 8);
	for (int i = 0; i < 30; i++) {
		fd = i % 2 ? open_pipe(b) : -1;
		pid = fork();
		if (!pid)
			for (;;)
				run(b, prog);
		usleep(2000 + 300 * i);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		if (fd < 0)
			fd = open_pipe(b);
		read_until(fd, NULL);
		assert_true(line_comes(fd, print(b)));
		close(fd);
	}
	b->close(prog);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(there_is_a_pipe),
		BOTH(lines_arrive),
		BOTH(lines_wait_for_a_reader),
		BOTH(nobody_waits_for_a_slow_reader),
		BOTH(what_is_kept_is_bounded),
		BOTH(readers_that_go_harm_nobody),
		BOTH(lines_are_whole),
		BOTH(printers_may_be_killed),
	};

	return run_on_both("trace_pipe", tests, sizeof(tests) / sizeof(tests[0]));
}
