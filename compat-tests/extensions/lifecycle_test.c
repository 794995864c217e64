/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Extensions and links that go while programs run: who waits for whom, what stays, what works again.
 * Scenarios S60 to S67 and S92; BPF_SHIM_TEST_SECONDS makes the last two run for longer.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <bpfx/query.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "probe.h"

static void add_probe(void)
{
	probe_reset();
	if (bpfx_register(&probe.ext))
		fail_msg("%s", bpfx_reason());
}

static void drop_probe(void)
{
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

static int detach_link(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = fd;
	return kern_bpf(BPF_LINK_DETACH, &attr, sizeof(attr));
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

static uint64_t patience_ms(uint64_t usual)
{
	const char *seconds = getenv("BPF_SHIM_TEST_SECONDS");

	return seconds ? strtoull(seconds, NULL, 0) * 1000 : usual;
}

/* ---- S60: unregistering waits ---- */

static _Atomic bool over;

static void *fire_until_over(void *unused)
{
	uint32_t result;

	while (!over)
		probe_fire(&probe.hooks[0], 1, &result);
	return NULL;
}

static void unregistering_waits_for_who_is_inside(void **state)
{
	pthread_t threads[8];
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(CALL(PROBE_SLEEP), EXIT());
	link = probe_attach(prog, "probe");
	for (int round = 0; round < 3; round++) {
		over = false;
		for (int i = 0; i < 8; i++)
			pthread_create(&threads[i], NULL, fire_until_over, NULL);
		while (!probe_sleepers)
			sched_yield();
		drop_probe();
		/* Nobody is inside, and nobody comes in any more. */
		for (int i = 0; i < 20; i++) {
			assert_int_equal(probe_sleepers, 0);
			usleep(1000);
		}
		over = true;
		for (int i = 0; i < 8; i++)
			pthread_join(threads[i], NULL);
		add_probe();
	}
	kern_fd_close(link);
	kern_fd_close(prog);
	drop_probe();
}

/* ---- S61: what is left ---- */

static void programs_and_links_stay(void **state)
{
	struct bpf_prog_info prog_info = { 0 };
	struct bpf_link_info link_info = { 0 };
	uint32_t len, id, result;
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(MOV_IMM(0, 3), EXIT());
	link = probe_attach(prog, "probe");
	drop_probe();
	len = sizeof(prog_info);
	assert_int_equal(obj_info(&emulated_backend, prog, &prog_info, &len), 0);
	len = sizeof(link_info);
	assert_int_equal(obj_info(&emulated_backend, link, &link_info, &len), 0);
	assert_int_equal(link_info.prog_id, prog_info.id);
	assert_int_equal(next_id(&emulated_backend, BPF_PROG_GET_NEXT_ID, 0, &id), 0);
	assert_int_equal(id, prog_info.id);
	assert_int_equal(next_id(&emulated_backend, BPF_LINK_GET_NEXT_ID, 0, &id), 0);
	assert_int_equal(id, link_info.id);
	assert_int_equal(probe_test_run(prog, 1, &result), -EINVAL);
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 0);
	/* Detaching works without the extension. */
	assert_int_equal(detach_link(link), 0);
	kern_fd_close(link);
	kern_fd_close(prog);
}

/* ---- S62: over and over ---- */

static void reloading_does_not_grow(void **state)
{
	size_t before = 0, after;
	uint32_t result;
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(MOV_IMM(2, 1), CALL(PROBE_ADD), EXIT());
	link = probe_attach(prog, "probe");
	for (int i = 0; i < 100; i++) {
		drop_probe();
		add_probe();
		assert_int_equal(probe_fire(&probe.hooks[0], 41, &result), 1);
		assert_int_equal(result, 42);
		if (i == 10)
			before = mallinfo2().uordblks;
	}
	after = mallinfo2().uordblks;
	if (after > before + 4096)
		fail_msg("%zu bytes after 10 reloads, %zu after 100", before, after);
	kern_fd_close(link);
	kern_fd_close(prog);
	drop_probe();
}

/* ---- S63: a refusal says why ---- */

static int refusal;

static int refuse(const struct bpfx_host *host, struct bpfx_attach *attach)
{
	attach->reason = "the moon is full";
	return refusal;
}

static void a_refused_attachment_says_why(void **state)
{
	static const int errors[] = { -EINVAL, -EBUSY, -E2BIG, -ENOSPC, -EPERM };
	uint32_t id;
	int prog;

	probe_reset();
	probe.hooks[0].attach = refuse;
	assert_int_equal(bpfx_register(&probe.ext), 0);
	prog = PROBE_LOAD(MOV_IMM(0, 0), EXIT());
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		refusal = errors[i];
		assert_int_equal(probe_attach(prog, "probe"), errors[i]);
		assert_non_null(strstr(bpfx_reason(), "hook probe: the moon is full"));
	}
	assert_int_equal(next_id(&emulated_backend, BPF_LINK_GET_NEXT_ID, 0, &id), -ENOENT);
	kern_fd_close(prog);
	drop_probe();
}

/* ---- S64: detaching ---- */

static int own_link;

static uint64_t detach_own(void *ctx)
{
	return detach_link(own_link);
}

static uint64_t unregister_own(void *ctx)
{
	return bpfx_unregister(&probe.ext);
}

static void a_link_is_detached_from_inside(void **state)
{
	uint32_t result;
	int prog;

	add_probe();
	prog = PROBE_LOAD(CALL(PROBE_CALL), EXIT());
	own_link = probe_attach(prog, "probe");
	probe_callback = detach_own;
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 1);
	assert_int_equal(result, 0);
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 0);
	assert_int_equal(detach_link(own_link), 0);	/* again: as on Linux */
	kern_fd_close(own_link);
	/* An extension cannot go from inside. */
	own_link = probe_attach(prog, "probe");
	probe_callback = unregister_own;
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 1);
	assert_int_equal((int)result, -EDEADLK);
	probe_callback = NULL;
	kern_fd_close(own_link);
	kern_fd_close(prog);
	drop_probe();
}

static void *fire_once(void *unused)
{
	uint32_t result;

	probe_fire(&probe.hooks[0], 1, &result);
	return NULL;
}

/* Both ways to go: LINK_DETACH, and the last fd. */
static void after_detach_nothing_runs(void **state)
{
	pthread_t thread;
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(CALL(PROBE_SLEEP), EXIT());
	for (int by_close = 0; by_close < 2; by_close++) {
		link = probe_attach(prog, "probe");
		pthread_create(&thread, NULL, fire_once, NULL);
		while (!probe_sleepers)
			sched_yield();
		if (!by_close)
			assert_int_equal(detach_link(link), 0);
		kern_fd_close(link);
		assert_int_equal(probe_sleepers, 0);
		pthread_join(thread, NULL);
	}
	kern_fd_close(prog);
	drop_probe();
}

/* A run in another process is waited for, too; one that is stopped for a second at most. */
static pid_t fire_in_child(int ready[2], int close_there)
{
	uint32_t result;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid)
		return pid;
	probe_sleepers = 0;
	kern_fd_close(close_there);
	if (write(ready[1], "", 1) == 1)
		probe_fire(&probe.hooks[0], 1, &result);
	_exit(0);
}

static void runs_of_other_processes_are_waited_for(void **state)
{
	int prog, link, ready[2];
	uint64_t start, took;
	char byte;
	pid_t pid;

	add_probe();
	prog = PROBE_LOAD(CALL(PROBE_SLEEP), EXIT());
	for (int stopped = 0; stopped < 2; stopped++) {
		link = probe_attach(prog, "probe");
		pid = fire_in_child(ready, -1);
		assert_int_equal(read(ready[0], &byte, 1), 1);
		usleep(15000);		/* it is in its program for 50 ms */
		if (stopped)
			kill(pid, SIGSTOP);
		start = now_ms();
		assert_int_equal(detach_link(link), 0);
		took = now_ms() - start;
		if (stopped ? took < 900 || took > 5000 : took < 5 || took > 900)
			fail_msg("%s: detach took %llu ms", stopped ? "stopped" : "running",
				 (unsigned long long)took);
		kill(pid, SIGCONT);
		waitpid(pid, NULL, 0);
		kern_fd_close(link);
		close(ready[0]);
		close(ready[1]);
	}
	kern_fd_close(prog);
	drop_probe();
}

/* Whoever detaches need not have the extension whose program another process runs. */
static void they_are_waited_for_without_the_extension_too(void **state)
{
	int prog, link, ready[2];
	uint64_t start, took;
	char byte;
	pid_t pid;

	for (int by_close = 0; by_close < 2; by_close++) {
		add_probe();
		prog = PROBE_LOAD(CALL(PROBE_SLEEP), EXIT());
		link = probe_attach(prog, "probe");
		pid = fire_in_child(ready, link);
		assert_int_equal(read(ready[0], &byte, 1), 1);
		drop_probe();
		usleep(15000);
		start = now_ms();
		if (!by_close)
			assert_int_equal(detach_link(link), 0);
		kern_fd_close(link);
		took = now_ms() - start;
		waitpid(pid, NULL, 0);
		if (took < 5 || took > 900)
			fail_msg("%s took %llu ms", by_close ? "close" : "detach",
				 (unsigned long long)took);
		kern_fd_close(prog);
		close(ready[0]);
		close(ready[1]);
	}
}

/* The run goes on in a child forked within it, but the CPU's books are the parent's. */
static uint64_t fork_within(void *ctx)
{
	return fork();
}

static void a_fork_within_a_run_leaves_the_books_right(void **state)
{
	int prog, link, ready[2];
	uint64_t start, took;
	cpu_set_t usual, one;
	uint32_t child;
	char byte;
	pid_t pid;

	/* One CPU, so that all runs have the same slot. */
	assert_int_equal(sched_getaffinity(0, sizeof(usual), &usual), 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	add_probe();
	prog = PROBE_LOAD(CALL(PROBE_CALL), EXIT());
	link = probe_attach(prog, "probe");
	probe_callback = fork_within;
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &child), 1);
	if (!child) {
		probe_callback = NULL;
		_exit(probe_fire(&probe.hooks[0], 1, &child) != 1);
	}
	probe_callback = NULL;
	waitpid(child, (int *)&child, 0);
	assert_int_equal(child, 0);
	kern_fd_close(link);
	kern_fd_close(prog);
	prog = PROBE_LOAD(CALL(PROBE_SLEEP), EXIT());
	link = probe_attach(prog, "probe");
	pid = fire_in_child(ready, -1);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	usleep(15000);
	start = now_ms();
	assert_int_equal(detach_link(link), 0);
	took = now_ms() - start;
	waitpid(pid, NULL, 0);
	sched_setaffinity(0, sizeof(usual), &usual);
	if (took < 5 || took > 900)
		fail_msg("detach took %llu ms", (unsigned long long)took);
	close(ready[0]);
	close(ready[1]);
	kern_fd_close(link);
	kern_fd_close(prog);
	drop_probe();
}

/* A thread that ends within a run is in it no more. */
static uint64_t end_thread(void *ctx)
{
	pthread_exit(NULL);
}

static void a_thread_that_ends_within_a_run_is_not_waited_for(void **state)
{
	pthread_t thread;
	uint32_t result;
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(CALL(PROBE_CALL), EXIT());
	link = probe_attach(prog, "probe");
	probe_callback = end_thread;
	pthread_create(&thread, NULL, fire_once, NULL);
	pthread_join(thread, NULL);
	probe_callback = NULL;
	assert_int_equal(detach_link(link), 0);
	kern_fd_close(link);
	link = probe_attach(prog, "probe");
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 1);
	kern_fd_close(link);
	kern_fd_close(prog);
	drop_probe();
}

/* Each hook has a state of its own: what one leaves in it another one would use. */
static void hooks_do_not_share_a_state(void **state)
{
	struct bpfx_hook other = { 0 };
	struct bpfx_extension late = { BPFX_EXTENSION_HEAD, .name = "late", .hooks = &other,
				       .hook_cnt = 1 };

	probe_reset();
	probe.hooks[1].state = probe.hooks[0].state;
	assert_int_equal(bpfx_register(&probe.ext), -EEXIST);
	assert_non_null(strstr(bpfx_reason(), "state"));
	add_probe();
	other = probe.hooks[0];
	other.name = "other";
	assert_int_equal(bpfx_register(&late), -EEXIST);
	drop_probe();
}

/* ---- S65: how long a link lives ---- */

static void a_link_lives_as_long_as_its_references(void **state)
{
	char path[4200];
	uint32_t result;
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(MOV_IMM(0, 1), EXIT());
	link = probe_attach(prog, "probe");
	kern_fd_close(link);
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 0);
	link = probe_attach(prog, "probe");
	assert_int_equal(obj_pin(&emulated_backend, link, "/sys/fs/bpf/link"), 0);
	kern_fd_close(link);
	kern_fd_close(prog);
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 1);
	snprintf(path, sizeof(path), "%s/bpffs/link", test_store_dir());
	assert_int_equal(unlink(path), 0);
	kern_unpinned();
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 0);
	drop_probe();
}

/* ---- S66: the hook comes later ---- */

static void a_hook_may_come_after_the_program(void **state)
{
	struct bpfx_hook_state late_state = { 0 };
	struct bpfx_hook late_hook;
	struct bpfx_extension late = { BPFX_EXTENSION_HEAD, .name = "late", .hooks = &late_hook,
				       .hook_cnt = 1 };
	uint32_t result;
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(MOV_IMM(0, 9), EXIT());
	assert_int_equal(probe_attach(prog, "late"), -EINVAL);
	late_hook = probe.hooks[0];
	late_hook.name = "late";
	late_hook.state = &late_state;
	assert_int_equal(bpfx_register(&late), 0);
	link = probe_attach(prog, "late");
	assert_true(link >= 0);
	assert_int_equal(probe_fire(&late_hook, 1, &result), 1);
	assert_int_equal(result, 9);
	assert_int_equal(bpfx_unregister(&late), 0);
	kern_fd_close(link);
	kern_fd_close(prog);
	drop_probe();
}

/* ---- S67: attaching and firing at once ---- */

static _Atomic int bad_results;

static void *attach_until_over(void *arg)
{
	int prog = *(int *)arg;

	while (!over) {
		int link = probe_attach(prog, "probe");

		if (link < 0)
			bad_results++;
		else
			kern_fd_close(link);
	}
	return NULL;
}

static void *fire_and_check(void *unused)
{
	uint32_t result;

	while (!over) {
		int ran = probe_fire(&probe.hooks[0], 6, &result);

		if (ran < 0 || result != 7u * ran)
			bad_results++;
	}
	return NULL;
}

static void attaching_and_firing_at_once(void **state)
{
	uint64_t end = now_ms() + patience_ms(1000);
	pthread_t threads[8];
	int prog;

	add_probe();
	prog = PROBE_LOAD(MOV_IMM(2, 1), CALL(PROBE_ADD), EXIT());
	over = false;
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, i < 2 ? attach_until_over : fire_and_check, &prog);
	while (now_ms() < end)
		usleep(10000);
	over = true;
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(bad_results, 0);
	kern_fd_close(prog);
	drop_probe();
}

/* ---- S92: everything at once, the extension comes and goes ---- */

/* The first of them is told: what it was, and the result. */
static _Atomic(const char *) bad_what;
static _Atomic int bad_value;

static void note_bad(const char *what, int value)
{
	if (!bad_results++) {
		bad_value = value;
		bad_what = what;
	}
}

static void *use_until_over(void *unused)
{
	uint32_t result;
	int prog, link;

	while (!over) {
		prog = PROBE_LOAD(MOV_IMM(2, 1), CALL(PROBE_ADD), EXIT());
		if (prog < 0) {
			if (prog != -EINVAL)	/* its type is not there now */
				note_bad("load", prog);
			continue;
		}
		link = probe_attach(prog, "probe");
		if (link < 0 && link != -EINVAL)
			note_bad("attach", link);
		for (int i = 0; i < 20; i++) {
			int ran = probe_fire(&probe.hooks[0], 1, &result);
			int run = probe_test_run(prog, 1, &result);

			if (ran < 0)
				note_bad("fire", ran);
			if (run ? run != -EINVAL : result != 2)
				note_bad("test run", run ? run : (int)result);
		}
		if (link >= 0)
			kern_fd_close(link);
		kern_fd_close(prog);
	}
	return NULL;
}

/* What looks extensions up without using them. */
static void *ask_until_over(void *own_name)
{
	struct bpfx_prog_type_facts type = { .sz = sizeof(type) };
	struct bpfx_hook_facts hook = { .sz = sizeof(hook) };
	struct bpfx_extension own = { BPFX_EXTENSION_HEAD, .name = own_name };
	uint64_t value = 0;
	uint32_t key = 0;
	int map = -1;

	while (!over) {
		for (uint32_t n = 0; !bpfx_query_hook(n, &hook); n++)
			;
		for (uint32_t n = 0; !bpfx_query_prog_type(n, &type); n++)
			;
		bpfx_host();
		if (bpfx_register(&own) || bpfx_unregister(&own))
			note_bad("register and unregister", -1);
		if (map < 0)
			map = map_create_simple(&emulated_backend, bpfx_map_type("probe_hash"), 4, 8, 4,
						0);
		for (int i = 0; map >= 0 && i < 50; i++) {
			int err = map_update(&emulated_backend, map, &key, &value, BPF_ANY);

			err = err ? err : map_lookup(&emulated_backend, map, &key, &value);
			if (err && err != -EOPNOTSUPP)
				note_bad("element", err);
		}
	}
	if (map >= 0)
		kern_fd_close(map);
	return NULL;
}

static void an_extension_restarts_under_fire(void **state)
{
	int restarts = 1000, done = 0;
	pthread_t threads[8];
	uint64_t end = now_ms() + patience_ms(8000);
	uint32_t id = 0;

	bad_results = 0;
	add_probe();
	over = false;
	for (int i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, i < 2 ? ask_until_over : use_until_over,
			       i ? "second" : "first");
	/* 1,000 of them, where the machine is fast enough. */
	while (done < restarts && now_ms() < end) {
		drop_probe();
		if (bpfx_register(&probe.ext))
			bad_results++;
		done++;
	}
	over = true;
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	print_message("%d restarts\n", done);
	if (bad_results)
		fail_msg("%d bad results, the first: %s: %d", bad_results, bad_what, bad_value);
	assert_true(done > 0);
	assert_int_equal(next_id(&emulated_backend, BPF_PROG_GET_NEXT_ID, 0, &id), -ENOENT);
	assert_int_equal(next_id(&emulated_backend, BPF_LINK_GET_NEXT_ID, 0, &id), -ENOENT);
	drop_probe();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unregistering_waits_for_who_is_inside),
		cmocka_unit_test(programs_and_links_stay),
		cmocka_unit_test(reloading_does_not_grow),
		cmocka_unit_test(a_refused_attachment_says_why),
		cmocka_unit_test(a_link_is_detached_from_inside),
		cmocka_unit_test(after_detach_nothing_runs),
		cmocka_unit_test(runs_of_other_processes_are_waited_for),
		cmocka_unit_test(they_are_waited_for_without_the_extension_too),
		cmocka_unit_test(a_fork_within_a_run_leaves_the_books_right),
		cmocka_unit_test(a_thread_that_ends_within_a_run_is_not_waited_for),
		cmocka_unit_test(hooks_do_not_share_a_state),
		cmocka_unit_test(a_link_lives_as_long_as_its_references),
		cmocka_unit_test(a_hook_may_come_after_the_program),
		cmocka_unit_test(attaching_and_firing_at_once),
		cmocka_unit_test(an_extension_restarts_under_fire),
	};

	use_private_store();
	bpfx_host();
	return cmocka_run_group_tests_name("extensions: life cycle", tests, NULL, NULL);
}
