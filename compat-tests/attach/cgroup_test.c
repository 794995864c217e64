/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What is attached to cgroups: modes, limits, links and what is told of them, removal. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "cgroup_dirs.h"

#define MULTI	 BPF_F_ALLOW_MULTI
#define OVERRIDE BPF_F_ALLOW_OVERRIDE
#define LIMIT	 64

static int load(const struct backend *b)
{
	return load_for(b, BPF_PROG_TYPE_CGROUP_SKB, 0, 1);
}

static uint32_t count(const struct backend *b, int cgroup, uint32_t query)
{
	static struct attach_answer answer;

	ask(b, cgroup, 0, query, ASK_IDS, ANSWER_MAX, &answer);
	assert_int_equal(answer.ret, 0);
	return answer.cnt;
}

static int attach_flags(const struct backend *b, int cgroup, int prog, uint32_t flags)
{
	return attach_prog(b, &(struct attach_args){ cgroup, prog, 0, flags });
}

static int detach(const struct backend *b, int cgroup, int prog)
{
	return detach_prog(b, &(struct attach_args){ cgroup, prog, 0 });
}

static int link_to(const struct backend *b, int cgroup, int prog)
{
	return attach_link(b, &(struct attach_args){ cgroup, prog, 0 });
}

/* ---- modes (S73) ---- */

static void s73_one_program_is_replaced_and_need_not_be_named(void **state)
{
	const struct backend *b = backend_of(state);
	int cgroup = cgroup_dirs_make(cgroup_dirs_for(b), "one"), first = load(b), second = load(b);

	assert_int_equal(attach_flags(b, cgroup, first, 0), 0);
	assert_int_equal(attach_flags(b, cgroup, second, 0), 0);
	assert_int_equal(count(b, cgroup, 0), 1);
	assert_int_equal(attach_flags(b, cgroup, first, MULTI), -EPERM);
	assert_int_equal(attach_flags(b, cgroup, first, OVERRIDE), -EPERM);
	assert_int_equal(link_to(b, cgroup, first), -EPERM);
	assert_int_equal(detach(b, cgroup, first), 0);	/* not the one that is there */
	assert_int_equal(detach(b, cgroup, second), -ENOENT);
	assert_int_equal(attach_flags(b, cgroup, second, OVERRIDE), 0);
	assert_int_equal(detach(b, cgroup, 0), 0);
	b->close(first);
	b->close(second);
	close(cgroup);
	cgroup_dirs_remove(cgroup_dirs_for(b), "one");
}

static void s73_many_programs_are_64_different_ones(void **state)
{
	const struct backend *b = backend_of(state);
	int cgroup = cgroup_dirs_make(cgroup_dirs_for(b), "many"), progs[LIMIT], more = load(b), link;

	for (int i = 0; i < LIMIT; i++) {
		progs[i] = load(b);
		if (i < LIMIT - 1)
			assert_int_equal(attach_flags(b, cgroup, progs[i], MULTI), 0);
	}
	assert_int_equal(attach_flags(b, cgroup, progs[3], MULTI), -EINVAL);
	/* The same program is fine behind a link, and behind another. */
	link = link_to(b, cgroup, progs[3]);
	assert_true(link >= 0);
	assert_int_equal(count(b, cgroup, 0), LIMIT);
	assert_int_equal(attach_flags(b, cgroup, more, MULTI), -E2BIG);
	assert_int_equal(link_to(b, cgroup, more), -E2BIG);
	assert_int_equal(attach_prog(b, &(struct attach_args){ cgroup, more, 0,
							       MULTI | BPF_F_REPLACE, progs[0] }),
			 -E2BIG);
	assert_int_equal(attach_flags(b, cgroup, more, 0), -EPERM);
	b->close(link);
	assert_int_equal(attach_flags(b, cgroup, more, MULTI), 0);
	assert_int_equal(detach(b, cgroup, 0), -EINVAL);
	assert_int_equal(detach(b, cgroup, progs[LIMIT - 1]), -ENOENT);
	for (int i = 0; i < LIMIT; i++)
		b->close(progs[i]);
	b->close(more);
	close(cgroup);
	cgroup_dirs_remove(cgroup_dirs_for(b), "many");
}

static void s73_modes_of_those_above_decide(void **state)
{
	static const struct {
		uint32_t above, below;
		int want;
		uint32_t effective;
	} cases[] = {
		{ 0, 0, -EPERM, 1 }, { 0, OVERRIDE, -EPERM, 1 }, { 0, MULTI, -EPERM, 1 },
		{ OVERRIDE, 0, 0, 1 }, { OVERRIDE, OVERRIDE, 0, 1 }, { OVERRIDE, MULTI, 0, 1 },
		{ MULTI, 0, 0, 2 }, { MULTI, OVERRIDE, 0, 2 }, { MULTI, MULTI, 0, 2 },
	};
	const struct backend *b = backend_of(state);
	const char *root = cgroup_dirs_for(b);
	int above = cgroup_dirs_make(root, "up"), between = cgroup_dirs_make(root, "up/mid");
	int below = cgroup_dirs_make(root, "up/mid/low"), first = load(b), second = load(b);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(attach_flags(b, above, first, cases[i].above), 0);
		assert_int_equal(attach_flags(b, below, second, cases[i].below), cases[i].want);
		assert_int_equal(count(b, below, BPF_F_QUERY_EFFECTIVE), cases[i].effective);
		assert_int_equal(count(b, between, BPF_F_QUERY_EFFECTIVE), 1);
		assert_int_equal(count(b, between, 0), 0);
		assert_int_equal(detach(b, above, first), 0);
		assert_int_equal(detach(b, below, second), cases[i].want ? -ENOENT : 0);
	}
	b->close(first);
	b->close(second);
	close(above);
	close(between);
	close(below);
	cgroup_dirs_remove(root, "up/mid/low");
	cgroup_dirs_remove(root, "up/mid");
	cgroup_dirs_remove(root, "up");
}

/* ---- links ---- */

static void links_tell_where_they_are(void **state)
{
	const struct backend *b = backend_of(state);
	int cgroup = cgroup_dirs_make(cgroup_dirs_for(b), "info"), prog = load(b);
	int link = attach_link(b, &(struct attach_args){ cgroup, prog, BPF_CGROUP_INET_EGRESS });
	uint64_t id = cgroup_dirs_id(cgroup);
	struct bpf_link_info info;
	char text[512], want[512];

	assert_true(link >= 0);
	assert_int_equal(link_info(b, link, &info), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_CGROUP);
	assert_int_equal(info.prog_id, prog_id(b, prog));
	assert_int_equal(info.cgroup.cgroup_id, id);
	assert_int_equal(info.cgroup.attach_type, BPF_CGROUP_INET_EGRESS);
	link_fdinfo_of(b, link, text, sizeof(text));
	snprintf(want, sizeof(want), "link_type:\tcgroup\ncgroup_id:\t%llu\nattach_type:\t1\n",
		 (unsigned long long)id);
	assert_string_equal(text, want);
	assert_int_equal(detach_prog(b, &(struct attach_args){ cgroup, prog,
							       BPF_CGROUP_INET_EGRESS }), -ENOENT);
	assert_int_equal(detach_link(b, link), 0);
	assert_int_equal(detach_link(b, link), 0);
	assert_int_equal(link_info(b, link, &info), 0);
	assert_int_equal(info.cgroup.cgroup_id, 0);
	assert_int_equal(info.cgroup.attach_type, BPF_CGROUP_INET_EGRESS);
	assert_int_equal(info.prog_id, prog_id(b, prog));
	link_fdinfo_of(b, link, text, sizeof(text));
	assert_string_equal(text, "link_type:\tcgroup\ncgroup_id:\t0\nattach_type:\t1\n");
	assert_int_equal(update_link(b, link, prog, 0, 0), -ENOLINK);
	b->close(link);
	b->close(prog);
	close(cgroup);
	cgroup_dirs_remove(cgroup_dirs_for(b), "info");
}

static void links_take_any_program_of_their_type(void **state)
{
	const struct backend *b = backend_of(state);
	int cgroup = cgroup_dirs_make(cgroup_dirs_for(b), "update"), first = load(b);
	int other = load_for(b, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, 2);
	int xdp = load_for(b, BPF_PROG_TYPE_XDP, 0, 0), link = link_to(b, cgroup, first);
	static struct attach_answer answer;

	assert_true(link >= 0);
	assert_int_equal(update_link(b, link, xdp, 0, 0), -EINVAL);
	assert_int_equal(update_link(b, link, xdp, BPF_F_REPLACE, other), -EPERM);
	assert_int_equal(update_link(b, link, other, BPF_F_REPLACE, first), 0);
	assert_int_equal(update_link(b, link, other, 0, 0), 0);
	assert_int_equal(update_link(b, link, first, 0, other), -EINVAL);
	assert_int_equal(update_link(b, link, first, MULTI, 0), -EINVAL);
	ask(b, cgroup, 0, 0, ASK_IDS, ANSWER_MAX, &answer);
	assert_int_equal(answer.ids[0], prog_id(b, other));
	assert_int_equal(answer.revision, 4);
	b->close(link);
	ask(b, cgroup, 0, 0, ASK_IDS, ANSWER_MAX, &answer);
	assert_int_equal(answer.cnt, 0);
	assert_int_equal(answer.revision, 5);
	b->close(first);
	b->close(other);
	b->close(xdp);
	close(cgroup);
	cgroup_dirs_remove(cgroup_dirs_for(b), "update");
}

/* ---- removal ---- */

static void a_removed_cgroup_takes_no_more(void **state)
{
	const struct backend *b = backend_of(state);
	int cgroup = cgroup_dirs_make(cgroup_dirs_for(b), "gone"), first = load(b), second = load(b);
	int link = link_to(b, cgroup, first), tries = 200;
	static struct attach_answer answer;
	struct bpf_link_info info;

	assert_true(link >= 0);
	assert_int_equal(attach_flags(b, cgroup, second, MULTI), 0);
	cgroup_dirs_remove(cgroup_dirs_for(b), "gone");
	assert_int_equal(attach_flags(b, cgroup, first, MULTI), -ENOENT);
	assert_int_equal(link_to(b, cgroup, first), -ENOENT);
	assert_int_equal(detach(b, cgroup, second), -ENOENT);
	ask(b, cgroup, 0, 0, ASK_IDS, ANSWER_MAX, &answer);
	assert_int_equal(answer.ret, -ENOENT);
	/* Linux takes links off a little later. */
	do {
		usleep(10000);
		assert_int_equal(link_info(b, link, &info), 0);
	} while (info.cgroup.cgroup_id && tries--);
	assert_int_equal(info.cgroup.cgroup_id, 0);
	assert_int_equal(update_link(b, link, second, 0, 0), -ENOLINK);
	assert_int_equal(detach_link(b, link), 0);
	close(cgroup);
	/* One of the same name is another. */
	cgroup = cgroup_dirs_make(cgroup_dirs_for(b), "gone");
	assert_int_equal(count(b, cgroup, 0), 0);
	assert_int_equal(attach_flags(b, cgroup, second, 0), 0);
	assert_int_equal(link_info(b, link, &info), 0);
	assert_int_equal(info.cgroup.cgroup_id, 0);
	assert_int_equal(detach(b, cgroup, second), 0);
	b->close(link);
	b->close(first);
	b->close(second);
	close(cgroup);
	cgroup_dirs_remove(cgroup_dirs_for(b), "gone");
}

/* A program that only an attachment refers to. */
static void programs_live_as_long_as_they_are_attached(void **state)
{
	const struct backend *b = backend_of(state);
	int cgroup = cgroup_dirs_make(cgroup_dirs_for(b), "alive"), prog = load(b), other = load(b);
	uint32_t id = prog_id(b, prog), next;

	assert_int_equal(attach_flags(b, cgroup, prog, OVERRIDE), 0);
	b->close(prog);
	assert_int_equal(next_id(b, BPF_PROG_GET_NEXT_ID, id - 1, &next), 0);
	assert_int_equal(next, id);
	prog = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, id);
	assert_true(prog >= 0);
	b->close(prog);
	assert_int_equal(attach_flags(b, cgroup, other, OVERRIDE), 0);
	for (int tries = 0; tries < 100; tries++) {	/* freed after a grace period */
		prog = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, id);
		if (prog < 0)
			break;
		b->close(prog);
		usleep(10000);
	}
	assert_int_equal(prog, -ENOENT);
	assert_int_equal(detach(b, cgroup, 0), 0);
	b->close(other);
	close(cgroup);
	cgroup_dirs_remove(cgroup_dirs_for(b), "alive");
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(s73_one_program_is_replaced_and_need_not_be_named),
		BOTH(s73_many_programs_are_64_different_ones),
		BOTH(s73_modes_of_those_above_decide),
		BOTH(links_tell_where_they_are),
		BOTH(links_take_any_program_of_their_type),
		BOTH(a_removed_cgroup_takes_no_more),
		BOTH(programs_live_as_long_as_they_are_attached),
	};

	return run_on_both("attach_cgroup", tests, sizeof(tests) / sizeof(tests[0]));
}
