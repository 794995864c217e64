/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * From a fired hook to the programs attached to it: in one process and with the loader in another
 * one, which detaches, exits or is killed. Emulated kernel only: hooks are fired by the test.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpfx/hook.h>
#include <bpfx/query.h>

#include "backend.h"
#include "kern.h"

static const struct backend *const b = &emulated_backend;

/* As the sample extension passes it. */
struct sample_ctx {
	struct bpfx_ctx_header header;
	uint64_t value;
	uint32_t source, verdict;
	uint64_t pid_tgid;
};

static int fire(uint32_t *result)
{
	struct sample_ctx ctx = { .value = 7 };

	*result = 0xdead;
	return kern_host()->run_hook(bpfx_find_hook("sample"), 0, &ctx.value, result);
}

static int load_returning(int value)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = value },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = load_prog(b, bpfx_prog_type("sample"), insns, 2);

	assert_true(fd >= 0);
	return fd;
}

static int attach(int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = bpfx_attach_type("sample");
	return b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int detach(int link)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = link;
	return b->bpf(BPF_LINK_DETACH, &attr, sizeof(attr));
}

static void nothing_attached_runs_nothing(void **state)
{
	uint32_t result;

	(void)state;
	assert_int_equal(fire(&result), 0);
	assert_int_equal(result, 0xdead);
	assert_false(bpfx_hook_active(bpfx_find_hook("sample")));
}

static void an_attached_program_runs_until_detached(void **state)
{
	int prog = load_returning(0), link = attach(prog);
	uint32_t result;

	(void)state;
	assert_true(link >= 0);
	assert_true(bpfx_hook_active(bpfx_find_hook("sample")));
	assert_int_equal(fire(&result), 1);
	assert_int_equal(result, 0);
	assert_int_equal(detach(link), 0);
	assert_int_equal(fire(&result), 0);
	b->close(link);
	b->close(prog);
}

static void programs_run_in_order_until_one_says_no(void **state)
{
	int progs[3] = { load_returning(0), load_returning(5), load_returning(9) }, links[3];
	uint32_t result;

	(void)state;
	for (int i = 0; i < 3; i++)
		links[i] = attach(progs[i]);
	assert_int_equal(fire(&result), 2);
	assert_int_equal(result, 5);
	b->close(links[1]);
	assert_int_equal(fire(&result), 2);
	assert_int_equal(result, 9);
	for (int i = 0; i < 3; i++) {
		if (i != 1)
			b->close(links[i]);
		b->close(progs[i]);
	}
	assert_int_equal(fire(&result), 0);
}

static void a_link_keeps_its_program(void **state)
{
	int prog = load_returning(3), link = attach(prog);
	uint32_t result;

	(void)state;
	b->close(prog);
	assert_int_equal(fire(&result), 1);
	assert_int_equal(result, 3);
	b->close(link);
	assert_int_equal(fire(&result), 0);
}

/* ---- the loader in another process ---- */

static pid_t start_loader(int *ready)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		int link = attach(load_returning(4));

		if (link < 0 || write(ends[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	*ready = ends[0];
	close(ends[1]);
	return pid;
}

/* What is attached elsewhere is seen at once, a killed loader's links within moments. */
static void a_loader_in_another_process(void **state)
{
	uint32_t result;
	int ready, ran = 0;
	pid_t pid = start_loader(&ready);
	char byte;

	(void)state;
	assert_int_equal(read(ready, &byte, 1), 1);
	assert_int_equal(fire(&result), 1);
	assert_int_equal(result, 4);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (int i = 0; i < 100; i++) {
		ran = fire(&result);
		if (!ran)
			break;
		usleep(1000);
	}
	assert_int_equal(ran, 0);
	close(ready);
}

static void a_pinned_link_outlives_its_loader(void **state)
{
	int prog = load_returning(6), link = attach(prog);
	uint32_t result;
	char real[4096];

	(void)state;
	assert_int_equal(obj_pin(b, link, "/sys/fs/bpf/link"), 0);
	b->close(link);
	b->close(prog);
	assert_int_equal(fire(&result), 1);
	assert_int_equal(result, 6);
	assert_int_equal(kern_path("/sys/fs/bpf/link", real, sizeof(real)), KERN_PATH_BPFFS);
	unlink(real);
	kern_unpinned();
	assert_int_equal(fire(&result), 0);
}

/* ---- threads ---- */

static volatile bool stop;

static void *fire_until_stopped(void *arg)
{
	uint32_t result;
	long wrong = 0;

	(void)arg;
	while (!stop) {
		int ran = fire(&result);

		wrong += ran < 0 || ran > 1 || (ran && result != 2);
	}
	return (void *)wrong;
}

static void attach_and_detach_under_fire(void **state)
{
	int prog = load_returning(2);
	pthread_t threads[4];

	(void)state;
	stop = false;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fire_until_stopped, NULL), 0);
	for (int i = 0; i < 200; i++) {
		int link = attach(prog);

		assert_true(link >= 0);
		if (i % 2)
			assert_int_equal(detach(link), 0);
		b->close(link);
	}
	stop = true;
	for (int i = 0; i < 4; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	b->close(prog);
}

static void only_its_own_type_attaches(void **state)
{
	union bpf_attr attr;
	int prog = load_trivial(b, BPF_PROG_TYPE_XDP);

	(void)state;
	assert_int_equal(attach(prog), -EINVAL);
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = 0x1ffff;
	assert_int_equal(b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr)), -EINVAL);
	b->close(prog);
}

static void without_a_name_nothing_is_found(void **state)
{
	struct bpfx_fire event = { .sz = sizeof(event) };

	(void)state;
	assert_null(bpfx_find_hook(NULL));
	assert_int_equal(bpfx_prog_type(NULL), 0);
	assert_int_equal(bpfx_attach_type(NULL), 0);
	assert_int_equal(bpfx_map_type(NULL), 0);
	assert_int_equal(bpfx_fire_hook(NULL, &event), -EINVAL);
	assert_int_equal(bpfx_fire_hook("sample", NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_attached_runs_nothing),
		cmocka_unit_test(an_attached_program_runs_until_detached),
		cmocka_unit_test(programs_run_in_order_until_one_says_no),
		cmocka_unit_test(a_link_keeps_its_program),
		cmocka_unit_test(a_loader_in_another_process),
		cmocka_unit_test(a_pinned_link_outlives_its_loader),
		cmocka_unit_test(attach_and_detach_under_fire),
		cmocka_unit_test(only_its_own_type_attaches),
		cmocka_unit_test(without_a_name_nothing_is_found),
	};

	use_private_store();
	return cmocka_run_group_tests_name("hook", tests, NULL, NULL);
}
