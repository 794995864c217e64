/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Attachments to cgroups: by the program's own functions and by the calls beneath. */
#include "cgroup.h"

static struct bpf_object *obj;
static char cgroup_path[600];
static int cgroup;

static int set_up(void **state)
{
	(void)state;
	obj = open_prog("attach");
	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	cgroup = make_cgroup(cgroup_path, sizeof(cgroup_path));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bpf_object__close(obj);
	drop_cgroup(cgroup, cgroup_path);
	return 0;
}

static struct bpf_program *prog(const char *name)
{
	return bpf_object__find_program_by_name(obj, name);
}

static int prog_fd(const char *name)
{
	return bpf_program__fd(prog(name));
}

static __u32 prog_id(const char *name)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(prog_fd(name), &info, &len), 0);
	return info.id;
}

static __u32 attached(enum bpf_attach_type type, __u32 flags, __u32 *mode, __u32 *ids)
{
	__u32 cnt = 8;

	assert_int_equal(bpf_prog_query(cgroup, type, flags, mode, ids, &cnt), 0);
	return cnt;
}

static void programs_attach_by_link(void **state)
{
	struct bpf_link *link = bpf_program__attach_cgroup(prog("see_ingress"), cgroup);
	__u32 mode, ids[8], len;
	struct bpf_link_info info = { 0 };
	struct stat st;

	(void)state;
	if (!link)
		fail_msg("%s: %s", strerror(errno), messages);
	len = sizeof(info);
	assert_int_equal(bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &len), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_CGROUP);
	assert_int_equal(fstat(cgroup, &st), 0);
	assert_int_equal(info.cgroup.cgroup_id, st.st_ino);
	assert_int_equal(info.cgroup.attach_type, BPF_CGROUP_INET_INGRESS);
	assert_int_equal(attached(BPF_CGROUP_INET_INGRESS, 0, &mode, ids), 1);
	assert_int_equal(mode, BPF_F_ALLOW_MULTI);
	assert_int_equal(ids[0], prog_id("see_ingress"));
	assert_int_equal(bpf_link__update_program(link, prog("see_egress")), 0);
	assert_int_equal(attached(BPF_CGROUP_INET_INGRESS, BPF_F_QUERY_EFFECTIVE, &mode, ids), 1);
	assert_int_equal(ids[0], prog_id("see_egress"));
	assert_int_equal(bpf_link__update_program(link, prog("make_socket")), -EINVAL);
	assert_int_equal(bpf_link__detach(link), 0);
	assert_int_equal(attached(BPF_CGROUP_INET_INGRESS, 0, &mode, ids), 0);
	assert_int_equal(bpf_link__destroy(link), 0);
	assert_null(bpf_program__attach_cgroup(prog("see_ingress"), -1));
	assert_int_equal(errno, EBADF);
	/* Nobody says to which cgroup. */
	assert_null(bpf_program__attach(prog("see_ingress")));
	assert_int_equal(errno, EOPNOTSUPP);
}

static void pinned_links_keep_programs_attached(void **state)
{
	struct bpf_link *link = bpf_program__attach_cgroup(prog("connect_to"), cgroup);
	__u32 mode, ids[8];
	char path[256];

	(void)state;
	assert_non_null(link);
	snprintf(path, sizeof(path), "%s/cgroup_link", pin_dir());
	assert_int_equal(bpf_link__pin(link, path), 0);
	assert_int_equal(bpf_link__destroy(link), 0);
	assert_int_equal(attached(BPF_CGROUP_INET4_CONNECT, 0, &mode, ids), 1);
	link = bpf_link__open(path);
	assert_non_null(link);
	assert_int_equal(bpf_link__unpin(link), 0);
	assert_int_equal(bpf_link__destroy(link), 0);
	for (int i = 0; i < 100 && attached(BPF_CGROUP_INET4_CONNECT, 0, &mode, ids); i++)
		usleep(10000);
	assert_int_equal(attached(BPF_CGROUP_INET4_CONNECT, 0, &mode, ids), 0);
}

static void programs_attach_without_link(void **state)
{
	LIBBPF_OPTS(bpf_prog_attach_opts, replace, .flags = BPF_F_ALLOW_MULTI | BPF_F_REPLACE,
		    .replace_prog_fd = prog_fd("see_ingress"));
	int ingress = prog_fd("see_ingress"), egress = prog_fd("see_egress");
	__u32 mode, ids[8], flags[8];
	LIBBPF_OPTS(bpf_prog_query_opts, query, .prog_ids = ids, .prog_cnt = 8,
		    .prog_attach_flags = flags);

	(void)state;
	assert_int_equal(bpf_prog_attach(ingress, cgroup, BPF_CGROUP_INET_EGRESS,
					 BPF_F_ALLOW_OVERRIDE), 0);
	assert_int_equal(bpf_prog_attach(egress, cgroup, BPF_CGROUP_INET_EGRESS,
					 BPF_F_ALLOW_MULTI), -EPERM);
	assert_int_equal(bpf_prog_detach(cgroup, BPF_CGROUP_INET_EGRESS), 0);
	assert_int_equal(bpf_prog_attach(ingress, cgroup, BPF_CGROUP_INET_EGRESS,
					 BPF_F_ALLOW_MULTI), 0);
	assert_int_equal(bpf_prog_attach_opts(egress, cgroup, BPF_CGROUP_INET_EGRESS, &replace), 0);
	assert_int_equal(bpf_prog_query_opts(cgroup, BPF_CGROUP_INET_EGRESS, &query), 0);
	assert_int_equal(query.prog_cnt, 1);
	assert_int_equal(query.attach_flags, BPF_F_ALLOW_MULTI);
	assert_int_equal(ids[0], prog_id("see_egress"));
	assert_int_equal(flags[0], BPF_F_ALLOW_MULTI);
	assert_int_equal(bpf_prog_detach2(ingress, cgroup, BPF_CGROUP_INET_EGRESS), -ENOENT);
	assert_int_equal(bpf_prog_detach2(egress, cgroup, BPF_CGROUP_INET_EGRESS), 0);
	assert_int_equal(attached(BPF_CGROUP_INET_EGRESS, 0, &mode, ids), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(programs_attach_by_link, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pinned_links_keep_programs_attached, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(programs_attach_without_link, set_up, tear_down),
	};

	return run_group("attach", tests, COUNT(tests));
}
