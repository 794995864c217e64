/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* PROG_ATTACH, PROG_DETACH, PROG_QUERY and LINK_CREATE of ordered hooks: what is refused, and which of
 * two reasons is told. Rows measured on Linux 6.18. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "calls.h"
#include "cgroup_dirs.h"

#define MULTI	 BPF_F_ALLOW_MULTI
#define OVERRIDE BPF_F_ALLOW_OVERRIDE
#define OK	 0

/* ---- the family of each attach type ---- */

static const struct family {
	const char *types;
	int attach_bad_prog, attach_skb, detach_skb, detach_none, detach_bad_target;
	int query, query_bad_target;
} families[] = {
	{ "0 1", -EBADF, -EBADF, -ENOENT, -ENOENT, -EBADF, OK, -EBADF },
	{ "2 3 6 8 9 10 11 12 13 14 15 18 19 20 21 22 29 30 31 32 34 49 50 51 52 53",
	  -EBADF, -EINVAL, -ENOENT, -ENOENT, -EBADF, OK, -EBADF },
	{ "4 5 7 38", -EBADF, -EINVAL, -EINVAL, -EINVAL, -EBADF, -EINVAL, -EBADF },
	{ "17 36", -EBADF, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EBADF },
	{ "16 23 24 25 26 28 37 54 55", -EBADF, -EINVAL, -EINVAL, -EINVAL, -EINVAL, -EINVAL,
	  -EINVAL },
	{ "27", -EBADF, -EINVAL, -EINVAL, -EINVAL, -EBADF, -EINVAL, -EINVAL },
	{ "43", -EBADF, -EINVAL, -ENOENT, -ENOENT, -EBADF, -EINVAL, -EBADF },
	{ "46 47", -EBADF, -EINVAL, -EINVAL, -ENODEV, -ENODEV, -ENODEV, -ENODEV },
	{ "33 35 39 40 41 42 44 45 48 56 57 58 59 100 65535", -EINVAL, -EINVAL, -EINVAL, -EINVAL,
	  -EINVAL, -EINVAL, -EINVAL },
};

static void expect(const char *what, uint32_t type, int got, int want)
{
	if (got != want)
		fail_msg("type %u: %s is %s, want %s", type, what, result_name(got),
			 want ? result_name(want) : "ok");
}

static void check_type(const struct backend *b, uint32_t type, const struct family *f, int cgroup,
		       int skb)
{
	struct attach_answer answer;

	expect("attach of a bad program", type,
	       attach_prog(b, &(struct attach_args){ cgroup, -1, type }), f->attach_bad_prog);
	expect("attach to a bad target", type,
	       attach_prog(b, &(struct attach_args){ -1, skb, type }), f->attach_skb);
	expect("attach with a bad flag", type,
	       attach_prog(b, &(struct attach_args){ cgroup, skb, type, 1 << 20 }), -EINVAL);
	expect("detach", type, detach_prog(b, &(struct attach_args){ cgroup, skb, type }),
	       f->detach_skb);
	expect("detach of no program", type,
	       detach_prog(b, &(struct attach_args){ cgroup, 0, type }), f->detach_none);
	expect("detach from a bad target", type,
	       detach_prog(b, &(struct attach_args){ -1, 0, type }), f->detach_bad_target);
	ask(b, cgroup, type, 0, ASK_IDS, ANSWER_MAX, &answer);
	expect("query", type, answer.ret, f->query);
	ask(b, -1, type, 0, ASK_IDS, ANSWER_MAX, &answer);
	expect("query of a bad target", type, answer.ret, f->query_bad_target);
	ask(b, cgroup, type, 2, ASK_IDS, ANSWER_MAX, &answer);
	expect("query with a bad flag", type, answer.ret, -EINVAL);
}

static void every_attach_type_has_its_familys_errors(void **state)
{
	const struct backend *b = backend_of(state);
	int made = cgroup_dirs_make(cgroup_dirs_for(b), "types");
	int cgroup = fcntl(made, F_DUPFD_CLOEXEC, 900);	/* no interface has that number */
	int skb = load_for(b, BPF_PROG_TYPE_CGROUP_SKB, 0, 1);

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		uint32_t type;
		int len;

		for (const char *p = families[i].types; sscanf(p, "%u%n", &type, &len) == 1;
		     p += len)
			check_type(b, type, &families[i], cgroup, skb);
	}
	b->close(skb);
	close(made);
	close(cgroup);
	cgroup_dirs_remove(cgroup_dirs_for(b), "types");
}

/* ---- one row, one call ---- */

enum target { CGROUP, NO_FD, A_PROG, A_FOLDER, A_FILE, LO, NO_DEVICE, ZERO, NETNS, TARGETS };
enum prog { SKB, TYPED, SOCK, CLS, CLS2, XDP, NO_PROG, NONE, PROGS };
enum op { ATTACH, DETACH, LINK };

static const struct row {
	const char *name;
	enum op op;
	enum target target;
	enum prog prog;
	uint32_t type, flags;
	int want;
	enum prog replace;
	uint32_t relative;
	uint64_t revision;
} rows[] = {
	{ "flags_come_before_the_program", ATTACH, CGROUP, NO_PROG, 0, 1 << 20, -EINVAL, NONE, 0, 0 },
	{ "program_comes_before_the_target", ATTACH, NO_FD, XDP, 0, 0, -EINVAL, NONE, 0, 0 },
	{ "target_is_no_fd", ATTACH, NO_FD, SKB, 0, 0, -EBADF, NONE, 0, 0 },
	{ "target_is_a_program", ATTACH, A_PROG, SKB, 0, 0, -EBADF, NONE, 0, 0 },
	{ "target_is_another_folder", ATTACH, A_FOLDER, SKB, 0, 0, -EBADF, NONE, 0, 0 },
	{ "target_is_a_file_of_a_cgroup", ATTACH, A_FILE, SKB, 0, 0, -EBADF, NONE, 0, 0 },
	{ "target_is_a_namespace", ATTACH, NETNS, SKB, 0, 0, -EBADF, NONE, 0, 0 },
	{ "target_comes_before_modes", ATTACH, NO_FD, SKB, 0, MULTI | OVERRIDE, -EBADF, NONE, 0, 0 },
	{ "two_modes", ATTACH, CGROUP, SKB, 0, MULTI | OVERRIDE, -EINVAL, NONE, 0, 0 },
	{ "replaced_program_comes_before_modes", ATTACH, CGROUP, SKB, 0,
	  BPF_F_REPLACE | MULTI | OVERRIDE, -EBADF, NO_PROG, 0, 0 },
	{ "replaced_program_of_another_type", ATTACH, CGROUP, SKB, 0, BPF_F_REPLACE | MULTI, -EINVAL,
	  XDP, 0, 0 },
	{ "replace_needs_many", ATTACH, CGROUP, SKB, 0, BPF_F_REPLACE, -EINVAL, NO_PROG, 0, 0 },
	{ "replace_what_is_not_there", ATTACH, CGROUP, SKB, 0, BPF_F_REPLACE | MULTI, -ENOENT, TYPED,
	  0, 0 },
	{ "replace_and_place", ATTACH, CGROUP, SKB, 0, BPF_F_REPLACE | MULTI | BPF_F_BEFORE, -EINVAL,
	  TYPED, 0, 0 },
	{ "wrong_revision", ATTACH, CGROUP, SKB, 0, 0, -ESTALE, NONE, 0, 7 },
	{ "modes_come_before_the_revision", ATTACH, CGROUP, SKB, 0, MULTI | OVERRIDE, -EINVAL, NONE, 0,
	  7 },
	{ "anchor_without_place", ATTACH, CGROUP, SKB, 0, MULTI, -EINVAL, NONE, 5, 0 },
	{ "id_without_place", ATTACH, CGROUP, SKB, 0, MULTI | BPF_F_ID, -EINVAL, NONE, 0, 0 },
	{ "link_without_place", ATTACH, CGROUP, SKB, 0, MULTI | BPF_F_LINK, -EINVAL, NONE, 0, 0 },
	{ "anchor_of_id_zero", ATTACH, CGROUP, SKB, 0, MULTI | BPF_F_BEFORE | BPF_F_ID, -ENOENT, NONE,
	  0, 0 },
	{ "anchor_is_no_fd", ATTACH, CGROUP, SKB, 0, MULTI | BPF_F_AFTER, -EBADF, NONE, 9999, 0 },
	{ "anchor_between_both", ATTACH, CGROUP, SKB, 0, BPF_F_BEFORE | BPF_F_AFTER | BPF_F_ID,
	  -EINVAL, NONE, 0, 0 },
	{ "typed_program_at_another_type", ATTACH, CGROUP, TYPED, 0, 0, -EINVAL, NONE, 0, 0 },
	{ "typed_program_at_another_type_by_link", LINK, CGROUP, TYPED, 0, 0, -EINVAL, NONE, 0, 0 },
	{ "socket_program_at_another_type", ATTACH, CGROUP, SOCK, BPF_CGROUP_INET4_POST_BIND, 0,
	  -EINVAL, NONE, 0, 0 },
	{ "socket_program_at_another_type_by_link", LINK, CGROUP, SOCK, BPF_CGROUP_INET4_POST_BIND,
	  0, -EINVAL, NONE, 0, 0 },
	{ "program_type_of_another_hook", LINK, CGROUP, XDP, 0, 0, -EINVAL, NONE, 0, 0 },
	{ "link_with_a_mode", LINK, CGROUP, SKB, 0, MULTI, -EINVAL, NONE, 0, 0 },
	{ "link_flags_come_before_the_target", LINK, NO_FD, SKB, 0, 1 << 20, -EINVAL, NONE, 0, 0 },
	{ "link_of_no_program", LINK, CGROUP, NO_PROG, 0, 1 << 20, -EBADF, NONE, 0, 0 },
	{ "link_to_a_folder", LINK, A_FOLDER, SKB, 0, 0, -EBADF, NONE, 0, 0 },
	{ "link_with_a_wrong_revision", LINK, CGROUP, SKB, 0, 0, -ESTALE, NONE, 0, 99 },
	{ "link_beside_an_id", LINK, CGROUP, SKB, 0, BPF_F_AFTER | BPF_F_ID, -EINVAL, NONE, 1, 0 },
	{ "detach_with_a_flag", DETACH, CGROUP, SKB, 0, MULTI, -EINVAL, NONE, 0, 0 },
	{ "detach_beside_something", DETACH, NO_FD, SKB, 0, 0, -EINVAL, NONE, 5, 0 },
	{ "detach_from_no_fd", DETACH, NO_FD, SKB, 0, 0, -EBADF, NO_PROG, 0, 7 },
	{ "detach_of_what_is_no_program", DETACH, CGROUP, NO_PROG, 0, 0, -ENOENT, NONE, 0, 0 },
	{ "detach_with_a_wrong_revision", DETACH, CGROUP, SKB, 0, 0, -ESTALE, NONE, 0, 7 },
	{ "detach_of_a_type_that_has_nothing", DETACH, CGROUP, SKB, BPF_CGROUP_DEVICE, 0, -ENOENT,
	  NONE, 0, 0 },

	{ "no_device", ATTACH, NO_DEVICE, CLS, BPF_TCX_INGRESS, 0, -ENODEV, NONE, 0, 0 },
	{ "device_zero", ATTACH, ZERO, CLS, BPF_TCX_INGRESS, 0, -ENODEV, NONE, 0, 0 },
	{ "device_comes_before_the_replaced_program", ATTACH, NO_DEVICE, CLS, BPF_TCX_INGRESS,
	  BPF_F_REPLACE, -ENODEV, NO_PROG, 0, 0 },
	{ "device_comes_before_the_revision", ATTACH, NO_DEVICE, CLS, BPF_TCX_INGRESS, 0, -ENODEV,
	  NONE, 0, 9 },
	{ "program_comes_before_the_device", ATTACH, NO_DEVICE, NO_PROG, BPF_TCX_INGRESS, 0, -EBADF,
	  NONE, 0, 0 },
	{ "modes_are_for_cgroups", ATTACH, LO, CLS, BPF_TCX_INGRESS, MULTI, -EINVAL, NONE, 0, 0 },
	{ "preorder_is_for_cgroups", ATTACH, LO, CLS, BPF_TCX_INGRESS, BPF_F_PREORDER, -EINVAL, NONE,
	  0, 0 },
	{ "tcx_replaces_what_is_no_program", ATTACH, LO, CLS, BPF_TCX_INGRESS, BPF_F_REPLACE, -EBADF,
	  NO_PROG, 0, 0 },
	{ "tcx_replaces_what_is_not_there", ATTACH, LO, CLS, BPF_TCX_INGRESS, BPF_F_REPLACE, -ENOENT,
	  CLS2, 0, 0 },
	{ "tcx_between_both", ATTACH, LO, CLS, BPF_TCX_INGRESS, BPF_F_BEFORE | BPF_F_AFTER, -ERANGE,
	  NONE, 0, 0 },
	{ "tcx_id_zero", ATTACH, LO, CLS, BPF_TCX_INGRESS, BPF_F_ID, -ENOENT, NONE, 0, 0 },
	{ "tcx_wrong_revision", ATTACH, LO, CLS, BPF_TCX_INGRESS, 0, -ESTALE, NONE, 0, 9 },
	{ "tcx_program_of_another_type", ATTACH, LO, SKB, BPF_TCX_INGRESS, 0, -EINVAL, NONE, 0, 0 },
	{ "tcx_link_to_no_device", LINK, NO_DEVICE, CLS, BPF_TCX_INGRESS, 1 << 20, -ENODEV, NONE, 0,
	  0 },
	{ "tcx_link_with_an_unknown_flag", LINK, LO, CLS, BPF_TCX_INGRESS, 1 << 20, -EINVAL, NONE, 0,
	  0 },
	{ "tcx_link_that_replaces", LINK, LO, CLS, BPF_TCX_INGRESS, BPF_F_REPLACE, -ENOENT, NONE, 0,
	  0 },
	{ "tcx_link_of_another_type", LINK, LO, SKB, BPF_TCX_INGRESS, 0, -EINVAL, NONE, 0, 0 },
	{ "tcx_program_at_a_cgroup", LINK, LO, CLS, 0, 0, -EINVAL, NONE, 0, 0 },
	{ "tcx_detach_from_no_device", DETACH, NO_DEVICE, NONE, BPF_TCX_INGRESS, BPF_F_REPLACE,
	  -ENODEV, NONE, 0, 0 },
	{ "tcx_detach_of_nothing", DETACH, LO, CLS, BPF_TCX_INGRESS, 0, -ENOENT, NONE, 0, 0 },
	{ "tcx_detach_with_a_mode", DETACH, LO, CLS, BPF_TCX_INGRESS, MULTI, -EINVAL, NONE, 0, 0 },
};

static void run_row(const struct backend *b, const struct row *row, const int *targets,
		    const int *progs)
{
	struct attach_args args = {
		.target = targets[row->target],
		.prog = progs[row->prog],
		.type = row->type,
		.flags = row->flags,
		.replace = progs[row->replace],
		.relative = row->relative,
		.revision = row->revision,
	};
	int ret = row->op == ATTACH ? attach_prog(b, &args)
		: row->op == DETACH ? detach_prog(b, &args) : attach_link(b, &args);

	if (ret != row->want)
		fail_msg("%s: %s, want %s", row->name, result_name(ret), result_name(row->want));
}

static void each_wrong_argument_has_its_error(void **state)
{
	const struct backend *b = backend_of(state);
	const char *root = cgroup_dirs_for(b);
	int targets[TARGETS] = {
		[CGROUP] = cgroup_dirs_make(root, "rows"),
		[NO_FD] = -1,
		[A_FOLDER] = open("/tmp", O_RDONLY | O_CLOEXEC),
		[LO] = 1,
		[NO_DEVICE] = 999,
		[NETNS] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC),
	};
	int progs[PROGS] = {
		[SKB] = load_for(b, BPF_PROG_TYPE_CGROUP_SKB, 0, 1),
		[TYPED] = load_for(b, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 2),
		[SOCK] = load_for(b, BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, 1),
		[CLS] = load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, 0),
		[CLS2] = load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, 0),
		[XDP] = load_for(b, BPF_PROG_TYPE_XDP, 0, 0),
		[NO_PROG] = 9999,
	};
	int file = openat(targets[CGROUP], "cgroup.procs", O_RDONLY | O_CLOEXEC);

	targets[A_PROG] = progs[SKB];
	/* The store's own cgroups have no files: any other will do. */
	targets[A_FILE] = file >= 0 ? file : open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		run_row(b, &rows[i], targets, progs);
	for (int i = 0; i <= XDP; i++)
		b->close(progs[i]);
	close(targets[A_FILE]);
	close(targets[A_FOLDER]);
	close(targets[NETNS]);
	close(targets[CGROUP]);
	cgroup_dirs_remove(root, "rows");
}

/* ---- query ---- */

static void query_tells_as_much_as_is_asked_for(void **state)
{
	const struct backend *b = backend_of(state);
	const char *root = cgroup_dirs_for(b);
	int cgroup = cgroup_dirs_make(root, "query"), progs[3];
	static struct attach_answer answer;

	for (int i = 0; i < 3; i++) {
		progs[i] = load_for(b, BPF_PROG_TYPE_CGROUP_SKB, 0, 1);
		assert_int_equal(attach_prog(b, &(struct attach_args){ cgroup, progs[i], 0, MULTI }),
				 0);
	}
	ask(b, cgroup, 0, 0, 0, 7, &answer);
	assert_int_equal(answer.ret, 0);
	assert_int_equal(answer.cnt, 3);
	assert_int_equal(answer.attach_flags, MULTI);
	assert_int_equal(answer.revision, 4);
	ask(b, cgroup, 0, 0, ASK_IDS | ASK_FLAGS, 0, &answer);
	assert_int_equal(answer.ret, 0);
	assert_int_equal(answer.cnt, 3);
	assert_int_equal(answer.ids[0], UNTOUCHED);
	ask(b, cgroup, 0, 0, ASK_IDS | ASK_FLAGS | ASK_LINKS | ASK_LINK_FLAGS, 2, &answer);
	assert_int_equal(answer.ret, -ENOSPC);
	assert_int_equal(answer.cnt, 3);
	assert_int_equal(answer.ids[1], prog_id(b, progs[1]));
	assert_int_equal(answer.ids[2], UNTOUCHED);
	assert_int_equal(answer.flags[1], MULTI);
	assert_int_equal(answer.flags[2], UNTOUCHED);
	assert_int_equal(answer.links[0], UNTOUCHED);
	assert_int_equal(answer.link_flags[0], UNTOUCHED);
	ask(b, cgroup, 0, BPF_F_QUERY_EFFECTIVE, ASK_IDS, 8, &answer);
	assert_int_equal(answer.ret, 0);
	assert_int_equal(answer.cnt, 3);
	assert_int_equal(answer.attach_flags, 0);
	assert_int_equal(answer.revision, 0);
	ask(b, cgroup, 0, BPF_F_QUERY_EFFECTIVE, ASK_IDS | ASK_FLAGS, 8, &answer);
	assert_int_equal(answer.ret, -EINVAL);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(detach_prog(b, &(struct attach_args){ cgroup, progs[i], 0 }), 0);
		b->close(progs[i]);
	}
	close(cgroup);
	cgroup_dirs_remove(root, "query");
}

static int query_into(const struct backend *b, int cgroup, void *ids, void *flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = cgroup;
	attr.query.prog_cnt = 8;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_attach_flags = (uintptr_t)flags;
	return b->bpf(BPF_PROG_QUERY, &attr, sizeof(attr));
}

static void query_into_bad_memory_is_a_fault(void **state)
{
	const struct backend *b = backend_of(state);
	const char *root = cgroup_dirs_for(b);
	int cgroup = cgroup_dirs_make(root, "fault");
	int prog = load_for(b, BPF_PROG_TYPE_CGROUP_SKB, 0, 1);
	void *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t ids[8];

	assert_int_equal(query_into(b, cgroup, page, page), 0);	/* nothing to tell */
	assert_int_equal(attach_prog(b, &(struct attach_args){ cgroup, prog, 0, MULTI }), 0);
	assert_int_equal(query_into(b, cgroup, page, NULL), -EFAULT);
	assert_int_equal(query_into(b, cgroup, ids, page), -EFAULT);
	assert_int_equal(query_into(b, cgroup, ids, NULL), 0);
	assert_int_equal(detach_prog(b, &(struct attach_args){ cgroup, prog, 0 }), 0);
	munmap(page, 4096);
	b->close(prog);
	close(cgroup);
	cgroup_dirs_remove(root, "fault");
}

/* Callers built for older kernels have no room for the fields behind. */
static void query_of_an_old_caller_writes_what_fits(void **state)
{
	const struct backend *b = backend_of(state);
	const char *root = cgroup_dirs_for(b);
	int cgroup = cgroup_dirs_make(root, "old"), netns;
	uint32_t ids[8];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = cgroup;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = 8;
	attr.query.revision = 0x7777;
	assert_int_equal(b->bpf(BPF_PROG_QUERY, &attr, 40), 0);
	assert_int_equal(attr.query.prog_cnt, 0);
	assert_int_equal(attr.query.revision, 0x7777);
	netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = netns;
	attr.query.attach_type = BPF_FLOW_DISSECTOR;
	attr.query.prog_cnt = 5;
	attr.query.revision = 0x7777;
	assert_int_equal(b->bpf(BPF_PROG_QUERY, &attr, sizeof(attr)), 0);
	assert_int_equal(attr.query.prog_cnt, 0);
	assert_int_equal(attr.query.revision, 0x7777);
	close(netns);
	close(cgroup);
	cgroup_dirs_remove(root, "old");
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(every_attach_type_has_its_familys_errors),
		BOTH(each_wrong_argument_has_its_error),
		BOTH(query_tells_as_much_as_is_asked_for),
		BOTH(query_into_bad_memory_is_a_fault),
		BOTH(query_of_an_old_caller_writes_what_fits),
	};

	return run_on_both("attach_commands", tests, sizeof(tests) / sizeof(tests[0]));
}
