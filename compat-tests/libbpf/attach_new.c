/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Attachments in an order: what libbpf 1.1 does not have. */
#include "cgroup.h"

static struct bpf_object *obj;

static int set_up(void **state)
{
	(void)state;
	obj = open_prog("attach");
	/* As SEC("tcx/ingress") would say, which libbpf 1.1 does not know. */
	assert_int_equal(bpf_program__set_expected_attach_type(
		bpf_object__find_program_by_name(obj, "classify"), BPF_TCX_INGRESS), 0);
	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bpf_object__close(obj);
	return 0;
}

static struct bpf_program *prog(const char *name)
{
	return bpf_object__find_program_by_name(obj, name);
}

static __u32 id_of(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	assert_int_equal(bpf_prog_get_info_by_fd(fd, &info, &len), 0);
	return info.id;
}

static void tcx_programs_stand_where_they_are_wanted(void **state)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int second = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "second", "GPL", insns, 2, NULL);
	int third = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "third", "GPL", insns, 2, NULL);
	__u32 ids[8] = { 0 }, links[8] = { 0 }, len;
	LIBBPF_OPTS(bpf_prog_query_opts, query, .prog_ids = ids, .link_ids = links, .prog_cnt = 8);
	LIBBPF_OPTS(bpf_tcx_opts, tcx);
	LIBBPF_OPTS(bpf_prog_attach_opts, before, .flags = BPF_F_BEFORE);
	LIBBPF_OPTS(bpf_prog_attach_opts, wrong, .expected_revision = 77);
	LIBBPF_OPTS(bpf_prog_detach_opts, right);
	struct bpf_link *link = bpf_program__attach_tcx(prog("classify"), 1, &tcx);
	struct bpf_link_info info = { 0 };

	(void)state;
	assert_true(second >= 0 && third >= 0);
	if (!link)
		fail_msg("%s: %s", strerror(errno), messages);
	len = sizeof(info);
	assert_int_equal(bpf_link_get_info_by_fd(bpf_link__fd(link), &info, &len), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_TCX);
	assert_int_equal(info.tcx.ifindex, 1);
	before.relative_fd = bpf_program__fd(prog("classify"));
	assert_int_equal(bpf_prog_attach_opts(second, 1, BPF_TCX_INGRESS, &before), 0);
	assert_int_equal(bpf_prog_attach_opts(third, 1, BPF_TCX_INGRESS, &wrong), -ESTALE);
	assert_int_equal(bpf_prog_attach_opts(third, 1, BPF_TCX_INGRESS, NULL), 0);
	assert_int_equal(bpf_prog_query_opts(1, BPF_TCX_INGRESS, &query), 0);
	assert_int_equal(query.count, 3);
	assert_int_equal(query.revision, 4);
	assert_int_equal(ids[0], id_of(second));
	assert_int_equal(ids[1], info.prog_id);
	assert_int_equal(links[1], info.id);
	assert_int_equal(ids[2], id_of(third));
	right.expected_revision = query.revision;
	assert_int_equal(bpf_prog_detach_opts(third, 1, BPF_TCX_INGRESS, &right), 0);
	assert_int_equal(bpf_prog_detach_opts(second, 1, BPF_TCX_INGRESS, NULL), 0);
	assert_int_equal(bpf_link__destroy(link), 0);
	close(second);
	close(third);
}

static void cgroup_links_stand_where_they_are_wanted(void **state)
{
	LIBBPF_OPTS(bpf_cgroup_opts, opts, .flags = BPF_F_BEFORE);
	__u32 ids[8];
	LIBBPF_OPTS(bpf_prog_query_opts, query, .prog_ids = ids, .prog_cnt = 8);
	struct bpf_link *first, *second;
	char path[600];
	int cgroup = make_cgroup(path, sizeof(path));

	(void)state;
	first = bpf_program__attach_cgroup(prog("see_ingress"), cgroup);
	assert_non_null(first);
	second = bpf_program__attach_cgroup_opts(prog("see_ingress"), cgroup, &opts);
	if (!second)
		fail_msg("%s: %s", strerror(errno), messages);
	assert_int_equal(bpf_link__update_program(second, prog("see_egress")), 0);
	assert_int_equal(bpf_prog_query_opts(cgroup, BPF_CGROUP_INET_INGRESS, &query), 0);
	assert_int_equal(query.count, 2);
	assert_int_equal(query.revision, 4);
	assert_int_equal(ids[0], id_of(bpf_program__fd(prog("see_egress"))));
	assert_int_equal(bpf_link__destroy(first), 0);
	assert_int_equal(bpf_link__destroy(second), 0);
	drop_cgroup(cgroup, path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tcx_programs_stand_where_they_are_wanted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(cgroup_links_stand_where_they_are_wanted, set_up,
						tear_down),
	};

	return run_group("attach_new", tests, COUNT(tests));
}
