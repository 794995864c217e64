/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs on a tracepoint that write to perf buffers: in this process and from another. */
#include "harness.h"

#include <dlfcn.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <linux/perf_event.h>
#include <bpfx/sched.h>

struct facts {
	int pid, samples;
	int sent, failed;
};

#define TOLD_PID 4321

static void set_facts(struct bpf_object *obj, const struct facts *facts)
{
	int zero = 0;

	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(obj, ".bss"), &zero,
					     facts, 0), 0);
}

static struct facts get_facts(struct bpf_object *obj)
{
	struct facts facts;
	int zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(obj, ".bss"), &zero,
					     &facts), 0);
	return facts;
}

static void stay_on_a_cpu(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static struct bpf_object *load(struct bpf_link **link)
{
	struct facts facts = { is_emulated() ? TOLD_PID : getpid(), 1, 0, 0 };
	struct bpf_object *obj = open_prog("perf");

	stay_on_a_cpu();
	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	set_facts(obj, &facts);
	*link = bpf_program__attach(bpf_object__find_program_by_name(obj, "on_fork"));
	if (!*link)
		fail_msg("%s", messages);
	return obj;
}

static void set_samples(struct bpf_object *obj, int samples)
{
	struct facts facts = get_facts(obj);

	facts.samples = samples;
	set_facts(obj, &facts);
}

/* A process forks: told to the emulated kernel, done on the real one. */
static void fork_happens(void)
{
	struct bpfx_task task = { .pid = TOLD_PID, .tgid = TOLD_PID, .comm = "parent" };
	struct bpfx_task child = { .pid = TOLD_PID + 1, .tgid = TOLD_PID + 1 };
	struct bpfx_sched_event event = { .sz = sizeof(event), .kind = BPFX_SCHED_FORK,
					  .task = &task, .child = &child };
	int (*tell)(struct bpfx_sched_event *) = dlsym(RTLD_DEFAULT, "bpfx_sched_event");
	int pid;

	if (is_emulated()) {
		assert_non_null(tell);
		assert_true(tell(&event) >= 0);
		return;
	}
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

struct seen {
	int count;
	unsigned long long lost, next;
	bool wrong;
};

static void on_sample(void *ctx, int cpu, void *data, __u32 size)
{
	struct seen *seen = ctx;
	__u64 sample[3];

	if (size < sizeof(sample)) {
		seen->wrong = true;
		return;
	}
	memcpy(sample, data, sizeof(sample));
	seen->wrong |= sample[0] != 0x1122334455667788 || sample[1] != seen->next;
	seen->next = sample[1] + 1;
	seen->count++;
}

static void on_lost(void *ctx, int cpu, __u64 count)
{
	((struct seen *)ctx)->lost += count;
}

static int events_of(struct bpf_object *obj)
{
	return bpf_object__find_map_fd_by_name(obj, "events");
}

static void samples_arrive(void **state)
{
	struct seen seen = { 0 };
	struct bpf_link *link;
	struct bpf_object *obj = load(&link);
	struct perf_buffer *pb;
	int i;

	assert_null(perf_buffer__new(events_of(obj), 3, on_sample, on_lost, &seen, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(perf_buffer__new(bpf_object__find_map_fd_by_name(obj, ".bss"), 1, on_sample,
				     on_lost, &seen, NULL));
	assert_int_equal(errno, EINVAL);
	pb = perf_buffer__new(events_of(obj), 1, on_sample, on_lost, &seen, NULL);
	if (!pb)
		fail_msg("%s", messages);
	assert_int_equal(perf_buffer__poll(pb, 0), 0);
	for (i = 0; i < 3; i++)
		fork_happens();
	assert_true(perf_buffer__poll(pb, 1000) > 0);
	assert_int_equal(perf_buffer__consume(pb), 0);
	assert_int_equal(seen.count, 3);
	/* Nothing is left, and nobody says so. */
	assert_int_equal(perf_buffer__poll(pb, 10), 0);
	fork_happens();
	assert_true(perf_buffer__poll(pb, 1000) > 0);
	assert_int_equal(seen.count, 4);
	/* A page holds about a hundred: the rest is lost, and said to be. */
	set_samples(obj, 1000);
	fork_happens();
	set_samples(obj, 1);
	perf_buffer__consume(pb);
	fork_happens();
	perf_buffer__consume(pb);
	assert_int_equal(seen.count, get_facts(obj).sent);
	assert_int_equal(seen.lost, get_facts(obj).failed);
	assert_int_equal(seen.count + seen.lost, 1005);
	assert_false(seen.wrong);
	assert_int_equal(perf_buffer__consume_buffer(pb, 100000), -EINVAL);
	assert_true(perf_buffer__buffer_cnt(pb) > 0);
	assert_true(perf_buffer__buffer_fd(pb, 0) > 2);
	perf_buffer__free(pb);
	fork_happens();
	assert_int_equal(get_facts(obj).failed, seen.lost + 1);
	assert_int_equal(bpf_link__destroy(link), 0);
	fork_happens();
	assert_int_equal(get_facts(obj).failed, seen.lost + 1);
	bpf_object__close(obj);
}

/* Its epoll set is of use in the application's own. */
static void buffers_are_waited_for_in_other_sets(void **state)
{
	struct seen seen = { 0 };
	struct bpf_link *link;
	struct bpf_object *obj = load(&link);
	struct perf_buffer *pb = perf_buffer__new(events_of(obj), 1, on_sample, on_lost, &seen,
						  NULL);
	struct epoll_event event = { .events = EPOLLIN };
	int outer = epoll_create1(0);

	assert_non_null(pb);
	assert_int_equal(epoll_ctl(outer, EPOLL_CTL_ADD, perf_buffer__epoll_fd(pb), &event), 0);
	for (int i = 1; i <= 5; i++) {
		assert_int_equal(epoll_wait(outer, &event, 1, 0), 0);
		fork_happens();
		assert_int_equal(epoll_wait(outer, &event, 1, 1000), 1);
		assert_int_equal(perf_buffer__consume(pb), 0);
		assert_int_equal(seen.count, i);
		/* On Linux it is the set that must have been asked. */
		perf_buffer__poll(pb, 0);
	}
	close(outer);
	perf_buffer__free(pb);
	bpf_link__destroy(link);
	bpf_object__close(obj);
}

static enum bpf_perf_event_ret on_record(void *ctx, int cpu, struct perf_event_header *record)
{
	struct seen *seen = ctx;

	if (record->type == PERF_RECORD_SAMPLE && record->size == 8 + 8 + 32)
		seen->count++;
	return LIBBPF_PERF_EVENT_CONT;
}

/* As bpftool has it: with a time in front, for one CPU. */
static void raw_buffers_see_whole_records(void **state)
{
	int cpu = 0, key = 0;
	LIBBPF_OPTS(perf_buffer_raw_opts, opts, .cpu_cnt = 1, .cpus = &cpu, .map_keys = &key);
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT, .size = sizeof(attr),
		.sample_type = PERF_SAMPLE_RAW | PERF_SAMPLE_TIME, .sample_period = 1,
		.wakeup_events = 1,
	};
	struct seen seen = { 0 };
	struct bpf_link *link;
	struct bpf_object *obj = load(&link);
	struct perf_buffer *pb;

	pb = perf_buffer__new_raw(events_of(obj), 16, &attr, on_record, &seen, &opts);
	assert_non_null(pb);
	fork_happens();
	fork_happens();
	assert_int_equal(perf_buffer__poll(pb, 1000), 1);
	assert_int_equal(seen.count, 2);
	perf_buffer__free(pb);
	bpf_link__destroy(link);
	bpf_object__close(obj);
}

/* The other process tells of events until it is killed; whatever it has written is whole. */
static void another_process_is_killed_while_it_writes(void **state)
{
	struct seen seen = { 0 };
	struct bpf_link *link;
	struct bpf_object *obj;
	struct perf_buffer *pb;
	int pid, i;

	if (!is_emulated())
		return;		/* there the kernel writes */
	obj = load(&link);
	pb = perf_buffer__new(events_of(obj), 4, on_sample, on_lost, &seen, NULL);
	assert_non_null(pb);
	for (i = 0; i < 40; i++) {
		pid = fork();
		if (!pid)
			for (;;)
				fork_happens();
		usleep(500 * (i % 7));
		while (perf_buffer__poll(pb, 0) > 0 && seen.count % 64)
			;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(perf_buffer__consume(pb), 0);
		assert_false(seen.wrong && !seen.lost);
		/* The next one is woken for and whole. */
		while (perf_buffer__poll(pb, 0) > 0)
			;
		seen.next = get_facts(obj).sent;
		seen.wrong = false;
		fork_happens();
		assert_true(perf_buffer__poll(pb, 1000) > 0);
		assert_false(seen.wrong);
	}
	assert_true(seen.count > 40);
	perf_buffer__free(pb);
	bpf_link__destroy(link);
	bpf_object__close(obj);
}

static void bad_targets_are_refused(void **state)
{
	struct bpf_link *link;
	struct bpf_object *obj = load(&link);
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "on_fork");

	bpf_link__destroy(link);
	assert_null(bpf_program__attach_tracepoint(prog, "sched", "no_such_event"));
	assert_int_equal(errno, ENOENT);
	assert_null(bpf_program__attach_perf_event(prog, -1));
	assert_int_equal(errno, EINVAL);
	assert_null(bpf_program__attach_perf_event(prog, 0));
	assert_int_equal(errno, EBADF);
	bpf_object__close(obj);
	obj = open_prog("perf");
	prog = bpf_object__find_program_by_name(obj, "on_fork");
	assert_null(bpf_program__attach_perf_event(prog, 0));
	assert_int_equal(errno, EINVAL);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_arrive),
		cmocka_unit_test(buffers_are_waited_for_in_other_sets),
		cmocka_unit_test(raw_buffers_see_whole_records),
		cmocka_unit_test(another_process_is_killed_while_it_writes),
		cmocka_unit_test(bad_targets_are_refused),
	};

	return run_group("perf", tests, COUNT(tests));
}
