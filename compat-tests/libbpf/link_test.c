/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Links: attach, update, pin, detach. The loopback interface of an own network name space. */
#include "harness.h"

#include <net/if.h>

static struct bpf_object *load(const char *name)
{
	struct bpf_object *obj = open_prog(name);

	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	return obj;
}

static struct bpf_link *attach(struct bpf_object *obj, const char *name)
{
	struct bpf_link *link;

	link = bpf_program__attach_xdp(bpf_object__find_program_by_name(obj, name), 1);
	if (!link)
		fail_msg("attach: %s\n%s", strerror(errno), messages);
	return link;
}

static __u32 attached_prog(const struct bpf_link *link)
{
	struct bpf_link_info info = { 0 };
	__u32 len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_XDP);
	return info.prog_id;
}

static __u32 prog_id(struct bpf_object *obj, const char *name)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = bpf_program__fd(bpf_object__find_program_by_name(obj, name));

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	return info.id;
}

static void a_link_holds_and_gives_up_the_hook(void **state)
{
	struct bpf_object *obj = load("basic");
	struct bpf_program *emit = bpf_object__find_program_by_name(obj, "emit");
	struct bpf_link *link = attach(obj, "compute");

	assert_int_equal(attached_prog(link), prog_id(obj, "compute"));
	assert_null(bpf_program__attach_xdp(emit, 1));
	assert_int_equal(errno, EBUSY);
	assert_int_equal(bpf_link__update_program(link, emit), 0);
	assert_int_equal(attached_prog(link), prog_id(obj, "emit"));
	assert_int_equal(bpf_link__detach(link), 0);
	assert_int_equal(bpf_link__detach(link), 0);
	assert_int_equal(bpf_link__destroy(link), 0);
	link = attach(obj, "emit");
	assert_int_equal(bpf_link__destroy(link), 0);
	assert_int_equal(bpf_link__destroy(NULL), 0);
	bpf_object__close(obj);
}

static void a_pinned_link_outlives_its_fd(void **state)
{
	struct bpf_object *obj = load("basic");
	struct bpf_link *link = attach(obj, "compute"), *again;
	char path[256];

	snprintf(path, sizeof(path), "%s/a_link", pin_dir());
	assert_null(bpf_link__pin_path(link));
	assert_int_equal(bpf_link__unpin(link), -EINVAL);
	assert_int_equal(bpf_link__pin(link, path), 0);
	assert_int_equal(bpf_link__pin(link, path), -EBUSY);
	assert_string_equal(bpf_link__pin_path(link), path);
	assert_int_equal(bpf_link__destroy(link), 0);
	again = bpf_link__open(path);
	assert_non_null(again);
	assert_int_equal(attached_prog(again), prog_id(obj, "compute"));
	assert_int_equal(bpf_link__unpin(again), 0);
	assert_int_equal(bpf_link__destroy(again), 0);
	assert_null(bpf_link__open(path));
	assert_int_equal(errno, ENOENT);
	bpf_object__close(obj);
}

static void a_section_that_does_not_say_where_cannot_attach(void **state)
{
	struct bpf_object *obj = load("basic");
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "compute");

	assert_null(bpf_program__attach(prog));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_null(bpf_program__attach_xdp(bpf_object__find_program_by_name(obj, "optional"), 1));
	assert_int_equal(errno, EINVAL);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_holds_and_gives_up_the_hook),
		cmocka_unit_test(a_pinned_link_outlives_its_fd),
		cmocka_unit_test(a_section_that_does_not_say_where_cannot_attach),
	};

	return run_group("link", tests, COUNT(tests));
}
