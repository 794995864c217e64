/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Skeletons as bpftool writes them. */
#include "harness.h"

#include "basic.skel.h"

static void variables_are_memory_of_the_program(void **state)
{
	struct basic_bpf *skel = basic_bpf__open();
	__u64 before;

	assert_non_null(skel);
	skel->rodata->limit = 100;
	skel->data->start = 1;
	before = skel->data_mine->custom;
	assert_int_equal(before, 7);
	if (basic_bpf__load(skel))
		fail_msg("%s", messages);
	assert_int_equal(run_prog(skel->obj, "compute"), 2);
	/* 1 * 3 + 0 + 100, 2 * 3, 10, 7 */
	assert_int_equal(skel->bss->result, 103 + 6 + 10 + 7);
	/* both sides see what the other writes */
	skel->data->start = 2;
	skel->bss->result = 0;
	skel->data_mine->custom = 0;
	assert_int_equal(run_prog(skel->obj, "compute"), 2);
	assert_int_equal(skel->bss->result, 106 + 6 + 10);
	assert_ptr_equal(skel->progs.compute,
			 bpf_object__find_program_by_name(skel->obj, "compute"));
	assert_ptr_equal(skel->maps.ring, bpf_object__find_map_by_name(skel->obj, "ring"));
	basic_bpf__destroy(skel);
}

static void sections_that_do_not_say_where_are_passed_over(void **state)
{
	struct basic_bpf *skel = basic_bpf__open_and_load();

	assert_non_null(skel);
	assert_int_equal(basic_bpf__attach(skel), 0);
	assert_null(skel->links.compute);
	basic_bpf__detach(skel);
	basic_bpf__destroy(skel);
	basic_bpf__destroy(NULL);
}

static void another_object_name_does_not_fit(void **state)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "other");

	forget_messages();
	assert_null(basic_bpf__open_opts(&opts));
	assert_int_equal(errno, ESRCH);
	assert_said("failed to find skeleton map 'basic_bp.rodata'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_memory_of_the_program),
		cmocka_unit_test(sections_that_do_not_say_where_are_passed_over),
		cmocka_unit_test(another_object_name_does_not_fit),
	};

	return run_group("skeleton", tests, COUNT(tests));
}
