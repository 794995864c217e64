/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Single rings and bounded reads: newer than libbpf 1.1. */
#include "harness.h"

static int count(void *ctx, void *data, size_t size)
{
	++*(int *)ctx;
	return 0;
}

static void one_ring_of_several_is_read_by_itself(void **state)
{
	struct bpf_object *obj = open_prog("rings");
	int left = 0, right = 0, i;
	struct ring_buffer *rb;
	struct ring *ring;

	assert_int_equal(bpf_object__load(obj), 0);
	rb = ring_buffer__new(bpf_object__find_map_fd_by_name(obj, "left"), count, &left, NULL);
	assert_int_equal(ring_buffer__add(rb, bpf_object__find_map_fd_by_name(obj, "right"), count,
					  &right), 0);
	for (i = 0; i < 5; i++)
		run_prog(obj, "send");
	assert_null(ring_buffer__ring(rb, 2));
	assert_int_equal(errno, ERANGE);
	ring = ring_buffer__ring(rb, 1);
	assert_non_null(ring);
	assert_int_equal(ring__size(ring), 4096);
	assert_int_equal(ring__map_fd(ring), bpf_object__find_map_fd_by_name(obj, "right"));
	assert_int_equal(ring__avail_data_size(ring), 5 * 16);
	assert_int_equal(ring__producer_pos(ring), 5 * 16);
	assert_int_equal(ring__consumer_pos(ring), 0);
	assert_int_equal(ring__consume_n(ring, 2), 2);
	assert_int_equal(ring__consumer_pos(ring), 2 * 16);
	assert_int_equal(ring__consume(ring), 3);
	assert_int_equal(left, 0);
	assert_int_equal(ring_buffer__consume_n(rb, 4), 4);
	assert_int_equal(ring_buffer__consume_n(rb, 4), 1);
	assert_int_equal(right, 5);
	ring_buffer__free(rb);
	bpf_object__close(obj);
}

static void prepare_makes_maps_and_no_programs(void **state)
{
	struct bpf_object *obj = open_prog("rings");
	struct bpf_program *prog;
	int fd;

	assert_int_equal(bpf_object__prepare(obj), 0);
	assert_true(bpf_object__find_map_fd_by_name(obj, "left") > 2);
	prog = bpf_object__find_program_by_name(obj, "send");
	assert_int_equal(bpf_program__fd(prog), -ENOENT);
	fd = bpf_program__clone(prog, NULL);
	assert_true(fd > 2);
	close(fd);
	assert_int_equal(bpf_object__prepare(obj), -EINVAL);
	assert_int_equal(bpf_object__load(obj), 0);
	assert_int_equal(run_prog(obj, "send"), 2);
	assert_true(bpf_program__func_info_cnt(prog) > 0);
	assert_true(bpf_program__line_info_cnt(prog) > 0);
	assert_int_equal(bpf_program__set_type(prog, BPF_PROG_TYPE_SCHED_CLS), -EBUSY);
	assert_int_equal(bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, "left"), 1),
			 -EBUSY);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_ring_of_several_is_read_by_itself),
		cmocka_unit_test(prepare_makes_maps_and_no_programs),
	};

	return run_group("ring_new", tests, COUNT(tests));
}
