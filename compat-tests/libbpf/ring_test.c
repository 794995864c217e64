/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Ring buffers in both directions. */
#include "harness.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/wait.h>

struct seen {
	int count, stop_at, result;
	__u64 last;
	size_t size;
};

static int on_sample(void *ctx, void *data, size_t size)
{
	struct seen *seen = ctx;

	seen->last = 0;
	memcpy(&seen->last, data, size < 8 ? size : 8);
	seen->size = size;
	return ++seen->count == seen->stop_at ? seen->result : 0;
}

static struct bpf_object *load(const char *name)
{
	struct bpf_object *obj = open_prog(name);

	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	return obj;
}

static int fd_of(struct bpf_object *obj, const char *name)
{
	return bpf_object__find_map_fd_by_name(obj, name);
}

static void samples_come_in_order_and_once(void **state)
{
	struct bpf_object *obj = load("rings");
	struct seen left = { 0 }, right = { 0 };
	struct ring_buffer *rb;
	int i;

	rb = ring_buffer__new(fd_of(obj, "left"), on_sample, &left, NULL);
	assert_non_null(rb);
	assert_int_equal(ring_buffer__add(rb, fd_of(obj, "right"), on_sample, &right), 0);
	assert_int_equal(ring_buffer__poll(rb, 0), 0);
	for (i = 0; i < 3; i++)
		run_prog(obj, "send");
	assert_int_equal(ring_buffer__poll(rb, 1000), 6);
	assert_int_equal(left.count, 3);
	assert_int_equal(left.last, 3);
	assert_int_equal(left.size, 8);
	assert_int_equal(right.size, 4);
	assert_int_equal(ring_buffer__poll(rb, 0), 0);
	run_prog(obj, "send");
	assert_int_equal(ring_buffer__consume(rb), 2);
	assert_int_equal(left.last, 4);
	ring_buffer__free(rb);
	bpf_object__close(obj);
}

static void a_callback_stops_with_its_result(void **state)
{
	struct seen seen = { .stop_at = 2, .result = -77 };
	struct bpf_object *obj = load("rings");
	struct ring_buffer *rb;
	int i;

	rb = ring_buffer__new(fd_of(obj, "left"), on_sample, &seen, NULL);
	for (i = 0; i < 3; i++)
		run_prog(obj, "send");
	assert_int_equal(ring_buffer__poll(rb, 1000), -77);
	/* the sample it stopped at counts as read */
	assert_int_equal(ring_buffer__consume(rb), 1);
	assert_int_equal(seen.last, 3);
	ring_buffer__free(rb);
	bpf_object__close(obj);
}

static void a_full_ring_drops_and_recovers(void **state)
{
	struct bpf_object *obj = load("rings");
	struct seen seen = { 0 };
	struct ring_buffer *rb;
	int i, round;

	rb = ring_buffer__new(fd_of(obj, "left"), on_sample, &seen, NULL);
	for (round = 1; round <= 3; round++) {
		for (i = 0; i < 300; i++)
			run_prog(obj, "send");
		/* one byte is never used: 255 records of sixteen bytes */
		assert_int_equal(ring_buffer__consume(rb), 255);
		assert_int_equal(seen.count, round * 255);
		assert_int_equal(seen.last, (round - 1) * 300 + 255);
	}
	ring_buffer__free(rb);
	bpf_object__close(obj);
}

#define PRODUCERS 8
#define RUNS	  500

/* Return: NULL, or what went wrong. */
static void *produce(void *arg)
{
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int fd = *(int *)arg, i;

	for (i = 0; i < RUNS; i++)
		if (bpf_prog_test_run_opts(fd, &opts))
			return "a run failed";
	return NULL;
}

static void whoever_produces_at_once_loses_nothing_uncounted(void **state)
{
	struct bpf_object *obj = load("rings");
	struct seen left = { 0 }, right = { 0 };
	struct { __u64 sum, dropped; } totals;
	int fd, zero = 0, i, ret;
	pthread_t threads[PRODUCERS];
	struct ring_buffer *rb;
	void *wrong;

	fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "send"));
	rb = ring_buffer__new(fd_of(obj, "left"), on_sample, &left, NULL);
	assert_int_equal(ring_buffer__add(rb, fd_of(obj, "right"), on_sample, &right), 0);
	for (i = 0; i < PRODUCERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, produce, &fd), 0);
	/* Slower than they are, so that some samples find no room. */
	for (i = 0; i < 5; i++) {
		ret = ring_buffer__poll(rb, 100);
		assert_true(ret >= 0);
		usleep(1000);
	}
	for (i = 0; i < PRODUCERS; i++) {
		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_true(ring_buffer__consume(rb) >= 0);
	assert_int_equal(ring_buffer__consume(rb), 0);
	assert_int_equal(bpf_map_lookup_elem(fd_of(obj, ".bss"), &zero, &totals), 0);
	assert_int_equal(left.count + right.count + totals.dropped, 2 * PRODUCERS * RUNS);
	assert_true(left.count >= 255 && right.count >= 255);
	ring_buffer__free(rb);
	bpf_object__close(obj);
}

static void waiting_ends_when_a_sample_comes(void **state)
{
	struct bpf_object *obj = load("rings");
	struct seen seen = { 0 };
	struct ring_buffer *rb;
	int round, status;
	pid_t child;

	rb = ring_buffer__new(fd_of(obj, "left"), on_sample, &seen, NULL);
	for (round = 1; round <= 3; round++) {
		child = fork();
		if (!child) {
			usleep(50000);
			run_prog(obj, "send");
			_exit(0);
		}
		assert_int_equal(ring_buffer__poll(rb, 10000), 1);
		assert_int_equal(seen.count, round);
		assert_int_equal(waitpid(child, &status, 0), child);
	}
	ring_buffer__free(rb);
	bpf_object__close(obj);
}

static void its_epoll_fd_can_be_watched(void **state)
{
	struct bpf_object *obj = load("rings");
	struct epoll_event event = { .events = EPOLLIN };
	struct seen seen = { 0 };
	struct ring_buffer *rb;
	int epfd = epoll_create1(EPOLL_CLOEXEC), round;

	rb = ring_buffer__new(fd_of(obj, "left"), on_sample, &seen, NULL);
	assert_int_equal(epoll_ctl(epfd, EPOLL_CTL_ADD, ring_buffer__epoll_fd(rb), &event), 0);
	for (round = 1; round <= 3; round++) {
		assert_int_equal(epoll_wait(epfd, &event, 1, 0), 0);
		run_prog(obj, "send");
		assert_int_equal(epoll_wait(epfd, &event, 1, 1000), 1);
		assert_int_equal(ring_buffer__consume(rb), 1);
	}
	close(epfd);
	ring_buffer__free(rb);
	bpf_object__close(obj);
}

static void other_maps_are_refused(void **state)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "a", 4, 4, 1, NULL);
	struct seen seen = { 0 };

	assert_null(ring_buffer__new(fd, on_sample, &seen, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(user_ring_buffer__new(fd, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(ring_buffer__new(-1, on_sample, &seen, NULL));
	assert_int_equal(errno, EBADFD);
	close(fd);
	ring_buffer__free(NULL);
	user_ring_buffer__free(NULL);
}

static void user_samples_reach_the_program(void **state)
{
	struct user_ring_buffer *rb;
	__u64 *sample, sum = 0;
	struct bpf_object *obj;
	int zero = 0, i, fits;
	__u64 seen;

	obj = load("user_ring");
	rb = user_ring_buffer__new(fd_of(obj, "incoming"), NULL);
	assert_non_null(rb);
	assert_null(user_ring_buffer__reserve(rb, 4096));
	assert_int_equal(errno, E2BIG);
	for (i = 1; i <= 4; i++) {
		sample = user_ring_buffer__reserve(rb, sizeof(*sample));
		assert_non_null(sample);
		*sample = i * 100;
		if (i == 3) {
			user_ring_buffer__discard(rb, sample);
			continue;
		}
		sum += *sample;
		user_ring_buffer__submit(rb, sample);
	}
	assert_int_equal(run_prog(obj, "receive"), 3);
	assert_int_equal(bpf_map_lookup_elem(fd_of(obj, ".bss"), &zero, &seen), 0);
	assert_int_equal(seen, sum);
	for (fits = 0; (sample = user_ring_buffer__reserve(rb, 8)); fits++)
		user_ring_buffer__discard(rb, sample);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(fits, 256);
	assert_null(user_ring_buffer__reserve_blocking(rb, 8, 20));
	assert_int_equal(errno, ENOSPC);
	user_ring_buffer__free(rb);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_come_in_order_and_once),
		cmocka_unit_test(a_callback_stops_with_its_result),
		cmocka_unit_test(a_full_ring_drops_and_recovers),
		cmocka_unit_test(whoever_produces_at_once_loses_nothing_uncounted),
		cmocka_unit_test(waiting_ends_when_a_sample_comes),
		cmocka_unit_test(its_epoll_fd_can_be_watched),
		cmocka_unit_test(other_maps_are_refused),
		cmocka_unit_test(user_samples_reach_the_program),
	};

	return run_group("ring", tests, COUNT(tests));
}
