/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Iterators and typed tracepoints through the library: found in the kernel's BTF, attached, read. */
#include "harness.h"

static char text[65536];

static struct bpf_object *load(void)
{
	struct bpf_object *obj = open_prog("iter");

	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	return obj;
}

static struct bpf_link *attach(struct bpf_object *obj, const char *name, const char *map)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	union bpf_iter_link_info info = { 0 };
	struct bpf_link *link;

	if (map) {
		info.map.map_fd = bpf_object__find_map_fd_by_name(obj, map);
		opts.link_info = &info;
		opts.link_info_len = sizeof(info);
	}
	link = bpf_program__attach_iter(bpf_object__find_program_by_name(obj, name), &opts);
	if (!link)
		fail_msg("%s: %s\n%s", name, strerror(errno), messages);
	return link;
}

static const char *output(struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	size_t len = 0;
	ssize_t done;

	assert_true(fd >= 0);
	do {
		done = read(fd, text + len, sizeof(text) - 1 - len);
		len += done > 0 ? done : 0;
	} while (done > 0);
	text[len] = 0;
	close(fd);
	assert_int_equal(done, 0);
	return text;
}

static void maps_programs_and_links_are_told(void **state)
{
	struct bpf_object *obj = load();
	struct bpf_link *maps = attach(obj, "dump_map", NULL);
	struct bpf_link *progs = attach(obj, "dump_prog", NULL);
	struct bpf_link *links = attach(obj, "dump_link", NULL);

	/* Another object of these tests may be there at the same time. */
	assert_non_null(strstr(output(maps), "numbers type 2 key 4 value 8 max 3\n"));
	assert_string_equal(text + strlen(text) - 4, "end\n");
	output(progs);
	assert_non_null(strstr(text, "dump_map type 26 for 28 at bpf_iter_bpf_map, BTF ''\n"));
	assert_non_null(strstr(text, "dump_elem type 26 for 28 at bpf_iter_bpf_map_elem, BTF ''\n"));
	assert_non_null(strstr(output(links), "link of dump_link, type 4\n"));
	assert_int_equal(bpf_link__destroy(maps), 0);
	assert_int_equal(bpf_link__destroy(progs), 0);
	assert_int_equal(bpf_link__destroy(links), 0);
	bpf_object__close(obj);
}

static void elements_are_told(void **state)
{
	struct bpf_object *obj = load();
	int fd = bpf_object__find_map_fd_by_name(obj, "numbers");
	struct bpf_link *link;

	for (__u32 key = 0; key < 3; key++) {
		__u64 value = 7 * key;

		assert_int_equal(bpf_map_update_elem(fd, &key, &value, 0), 0);
	}
	link = attach(obj, "dump_elem", "numbers");
	assert_string_equal(output(link), "map numbers\n0: 0\n1: 7\n2: 14\n");
	/* Each file begins anew. */
	assert_string_equal(output(link), "map numbers\n0: 0\n1: 7\n2: 14\n");
	assert_int_equal(bpf_link__destroy(link), 0);
	bpf_object__close(obj);
}

static void an_iterator_of_elements_wants_a_map(void **state)
{
	struct bpf_object *obj = load();

	assert_null(bpf_program__attach(bpf_object__find_program_by_name(obj, "dump_elem")));
	assert_int_equal(errno, EBADF);
	bpf_object__close(obj);
}

static void a_pinned_iterator_is_opened_again(void **state)
{
	struct bpf_object *obj = load();
	struct bpf_link *link = attach(obj, "dump_elem", "numbers"), *again;
	char path[256];

	snprintf(path, sizeof(path), "%s/iterator", pin_dir());
	assert_int_equal(bpf_link__pin(link, path), 0);
	assert_int_equal(bpf_link__destroy(link), 0);
	bpf_object__close(obj);
	again = bpf_link__open(path);
	assert_non_null(again);
	assert_string_equal(output(again), "map numbers\n0: 0\n1: 0\n2: 0\n");
	assert_int_equal(bpf_link__unpin(again), 0);
	assert_int_equal(bpf_link__destroy(again), 0);
}

static void typed_tracepoints_attach_by_themselves(void **state)
{
	struct bpf_object *obj = load();
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "on_exec");
	struct bpf_link *link = bpf_program__attach(prog);
	struct bpf_link_info info = { 0 };
	__u32 len = sizeof(info);
	char name[64];

	if (!link)
		fail_msg("%s\n%s", strerror(errno), messages);
	assert_int_equal(bpf_program__expected_attach_type(prog), BPF_TRACE_RAW_TP);
	info.raw_tracepoint.tp_name = (uintptr_t)name;
	info.raw_tracepoint.tp_name_len = sizeof(name);
	assert_int_equal(bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_RAW_TRACEPOINT);
	assert_string_equal(name, "sched_process_exec");
	assert_int_equal(bpf_link__destroy(link), 0);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_programs_and_links_are_told),
		cmocka_unit_test(elements_are_told),
		cmocka_unit_test(an_iterator_of_elements_wants_a_map),
		cmocka_unit_test(a_pinned_iterator_is_opened_again),
		cmocka_unit_test(typed_tracepoints_attach_by_themselves),
	};

	return run_group("iter", tests, COUNT(tests));
}
