/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* XDP and tc through netlink, on the loopback interface of an own network name space. */
#include "harness.h"

#include <linux/if_link.h>

#define LOOPBACK 1

static struct bpf_object *load(int *fd, __u32 *id)
{
	struct bpf_object *obj = open_prog("basic");
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	*fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "compute"));
	assert_int_equal(bpf_obj_get_info_by_fd(*fd, &info, &len), 0);
	*id = info.id;
	return obj;
}

static void xdp_is_attached_asked_for_and_removed(void **state)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, attach);
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	__u32 id, found;
	int fd;
	struct bpf_object *obj = load(&fd, &id);

	assert_int_equal(bpf_xdp_query_id(LOOPBACK, 0, &found), 0);
	assert_int_equal(found, 0);
	assert_int_equal(bpf_xdp_attach(LOOPBACK, fd, XDP_FLAGS_SKB_MODE, NULL), 0);
	assert_int_equal(bpf_xdp_query_id(LOOPBACK, 0, &found), 0);
	assert_int_equal(found, id);
	assert_int_equal(bpf_xdp_query(LOOPBACK, XDP_FLAGS_SKB_MODE, &query), 0);
	assert_int_equal(query.attach_mode, XDP_ATTACHED_SKB);
	assert_int_equal(query.skb_prog_id, id);
	assert_int_equal(query.drv_prog_id, 0);
	assert_int_equal(bpf_xdp_query(LOOPBACK, XDP_FLAGS_SKB_MODE | XDP_FLAGS_DRV_MODE, &query),
			 -EINVAL);
	assert_int_equal(bpf_xdp_attach(LOOPBACK, fd,
					XDP_FLAGS_SKB_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL),
			 -EBUSY);
	attach.old_prog_fd = fd;
	assert_int_equal(bpf_xdp_detach(LOOPBACK, XDP_FLAGS_SKB_MODE, &attach), 0);
	assert_int_equal(bpf_xdp_query_id(LOOPBACK, 0, &found), 0);
	assert_int_equal(found, 0);
	assert_int_equal(bpf_xdp_attach(100000, fd, XDP_FLAGS_SKB_MODE, NULL), -ENODEV);
	bpf_object__close(obj);
}

static int load_classifier(__u32 *id)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "classify", "GPL", insns, COUNT(insns), NULL);
	assert_true(fd > 0);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	*id = info.id;
	return fd;
}

static void filters_come_and_go(void **state)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = LOOPBACK, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts);
	LIBBPF_OPTS(bpf_tc_opts, query);
	__u32 id;
	int fd = load_classifier(&id), err;

	err = bpf_tc_hook_create(&hook);
	if (err == -ENOENT || err == -EOPNOTSUPP)
		skip();		/* a kernel without clsact */
	assert_int_equal(err, 0);
	assert_int_equal(bpf_tc_hook_create(&hook), -EEXIST);
	opts.prog_fd = fd;
	assert_int_equal(bpf_tc_attach(&hook, &opts), 0);
	assert_int_equal(opts.prog_id, id);
	assert_true(opts.handle > 0 && opts.priority > 0);
	query.handle = opts.handle;
	query.priority = opts.priority;
	assert_int_equal(bpf_tc_query(&hook, &query), 0);
	assert_int_equal(query.prog_id, id);
	/* results in the way */
	assert_int_equal(bpf_tc_detach(&hook, &opts), -EINVAL);
	query.prog_id = 0;
	assert_int_equal(bpf_tc_detach(&hook, &query), 0);
	assert_true(bpf_tc_query(&hook, &query) < 0);
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	assert_int_equal(bpf_tc_hook_destroy(&hook), 0);
	close(fd);
}

static void tc_arguments_are_checked(void **state)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = LOOPBACK, .attach_point = BPF_TC_CUSTOM);
	LIBBPF_OPTS(bpf_tc_opts, opts);

	assert_int_equal(bpf_tc_hook_create(NULL), -EINVAL);
	assert_int_equal(bpf_tc_hook_create(&hook), -EOPNOTSUPP);
	assert_int_equal(bpf_tc_attach(&hook, &opts), -EINVAL);
	hook.ifindex = 0;
	assert_int_equal(bpf_tc_hook_create(&hook), -EINVAL);
	hook.ifindex = LOOPBACK;
	hook.attach_point = BPF_TC_EGRESS;
	opts.prog_fd = 1;
	opts.priority = 70000;
	assert_int_equal(bpf_tc_attach(&hook, &opts), -EINVAL);
	assert_int_equal(bpf_tc_query(&hook, &opts), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xdp_is_attached_asked_for_and_removed),
		cmocka_unit_test(filters_come_and_go),
		cmocka_unit_test(tc_arguments_are_checked),
	};

	return run_group("netlink", tests, COUNT(tests));
}
