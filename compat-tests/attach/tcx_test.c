/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What is attached to interfaces by tcx: limits, links and what is told of them, removal. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"

#define LO    1
#define LIMIT 63

static int load(const struct backend *b)
{
	return load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, 0);
}

static int attach(const struct backend *b, int ifindex, int prog)
{
	return attach_prog(b, &(struct attach_args){ ifindex, prog, BPF_TCX_INGRESS });
}

static int detach(const struct backend *b, int ifindex, int prog)
{
	return detach_prog(b, &(struct attach_args){ ifindex, prog, BPF_TCX_INGRESS });
}

static int link_to(const struct backend *b, int ifindex, int prog)
{
	return attach_link(b, &(struct attach_args){ ifindex, prog, BPF_TCX_INGRESS });
}

static void all(const struct backend *b, int ifindex, struct attach_answer *answer)
{
	ask(b, ifindex, BPF_TCX_INGRESS, 0, ASK_IDS | ASK_FLAGS | ASK_LINKS | ASK_LINK_FLAGS,
	    ANSWER_MAX, answer);
}

static void s73_63_different_programs_are_the_limit(void **state)
{
	const struct backend *b = backend_of(state);
	int progs[LIMIT + 1], link;

	for (int i = 0; i <= LIMIT; i++) {
		progs[i] = load(b);
		if (i < LIMIT - 1)
			assert_int_equal(attach(b, LO, progs[i]), 0);
	}
	assert_int_equal(attach(b, LO, progs[3]), -EEXIST);
	assert_int_equal(link_to(b, LO, progs[3]), -EEXIST);
	link = link_to(b, LO, progs[LIMIT - 1]);
	assert_true(link >= 0);
	assert_int_equal(attach(b, LO, progs[LIMIT]), -ERANGE);
	assert_int_equal(link_to(b, LO, progs[LIMIT]), -ERANGE);
	assert_int_equal(attach_prog(b, &(struct attach_args){ LO, progs[LIMIT], BPF_TCX_INGRESS,
							       BPF_F_REPLACE, progs[0] }), 0);
	assert_int_equal(detach(b, LO, progs[LIMIT - 1]), -EBUSY);
	assert_int_equal(attach_prog(b, &(struct attach_args){ LO, progs[0], BPF_TCX_INGRESS,
							       BPF_F_REPLACE, progs[LIMIT - 1] }),
			 -EBUSY);
	b->close(link);
	for (int i = 1; i <= LIMIT; i++) {
		if (i != LIMIT - 1)
			assert_int_equal(detach(b, LO, progs[i]), 0);
		b->close(progs[i]);
	}
	b->close(progs[0]);
}

static void revisions_begin_anew_with_the_first_program(void **state)
{
	const struct backend *b = backend_of(state);
	static struct attach_answer answer;
	int prog = load(b), other = load(b), link;

	all(b, LO, &answer);
	assert_int_equal(answer.ret, 0);
	assert_int_equal(answer.cnt, 0);
	assert_int_equal(answer.revision, 1);
	assert_int_equal(attach(b, LO, prog), 0);
	link = link_to(b, LO, other);
	all(b, LO, &answer);
	assert_int_equal(answer.cnt, 2);
	assert_int_equal(answer.revision, 3);
	assert_int_equal(answer.ids[0], prog_id(b, prog));
	assert_int_equal(answer.links[0], 0);
	assert_int_equal(answer.links[1], link_id(b, link));
	assert_int_equal(answer.flags[0], 0);
	assert_int_equal(answer.link_flags[1], 0);
	assert_int_equal(detach_prog(b, &(struct attach_args){ LO, prog, BPF_TCX_INGRESS,
							       .revision = 2 }), -ESTALE);
	assert_int_equal(detach_prog(b, &(struct attach_args){ LO, prog, BPF_TCX_INGRESS,
							       .revision = 3 }), 0);
	b->close(link);
	all(b, LO, &answer);
	assert_int_equal(answer.cnt, 0);
	assert_int_equal(answer.revision, 1);
	b->close(prog);
	b->close(other);
}

static void links_tell_where_they_are(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load(b), other = load(b), listed = load(b);
	int link = link_to(b, LO, prog);
	struct bpf_link_info info;
	char text[512];

	assert_true(link >= 0);
	assert_int_equal(link_info(b, link, &info), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_TCX);
	assert_int_equal(info.tcx.ifindex, LO);
	assert_int_equal(info.tcx.attach_type, BPF_TCX_INGRESS);
	link_fdinfo_of(b, link, text, sizeof(text));
	assert_string_equal(text, "link_type:\ttcx\nifindex:\t1\nattach_type:\t46 (ingress)\n");
	assert_int_equal(attach(b, LO, listed), 0);
	assert_int_equal(update_link(b, link, listed, 0, 0), -EEXIST);
	assert_int_equal(update_link(b, link, prog, 0, 0), 0);
	assert_int_equal(update_link(b, link, other, BPF_F_REPLACE, listed), -EPERM);
	assert_int_equal(update_link(b, link, other, 0, 0), 0);
	assert_int_equal(detach_link(b, link), 0);
	assert_int_equal(detach_link(b, link), 0);
	assert_int_equal(update_link(b, link, prog, 0, 0), -ENOLINK);
	assert_int_equal(link_info(b, link, &info), 0);
	assert_int_equal(info.tcx.ifindex, 0);
	assert_int_equal(info.tcx.attach_type, BPF_TCX_INGRESS);
	assert_int_equal(info.prog_id, prog_id(b, other));
	link_fdinfo_of(b, link, text, sizeof(text));
	assert_string_equal(text, "link_type:\ttcx\nifindex:\t0\nattach_type:\t46 (ingress)\n");
	b->close(link);
	link = attach_link(b, &(struct attach_args){ LO, prog, BPF_TCX_EGRESS });
	link_fdinfo_of(b, link, text, sizeof(text));
	assert_string_equal(text, "link_type:\ttcx\nifindex:\t1\nattach_type:\t47 (egress)\n");
	b->close(link);
	assert_int_equal(detach(b, LO, listed), 0);
	b->close(prog);
	b->close(other);
	b->close(listed);
}

static void a_removed_interface_takes_its_attachments_along(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load(b), other = load(b), link, ifindex;
	static struct attach_answer answer;
	struct bpf_link_info info;

	if (getuid() || system("ip link add bpfshim0 type veth peer name bpfshim1 2>/dev/null"))
		skip();
	ifindex = if_nametoindex("bpfshim0");
	link = link_to(b, ifindex, prog);
	assert_true(link >= 0);
	assert_int_equal(attach(b, ifindex, other), 0);
	all(b, ifindex, &answer);
	assert_int_equal(answer.cnt, 2);
	assert_int_equal(system("ip link del bpfshim0"), 0);
	all(b, ifindex, &answer);
	assert_int_equal(answer.ret, -ENODEV);
	assert_int_equal(attach(b, ifindex, other), -ENODEV);
	assert_int_equal(link_info(b, link, &info), 0);
	assert_int_equal(info.tcx.ifindex, 0);
	assert_int_equal(update_link(b, link, other, 0, 0), -ENOLINK);
	assert_int_equal(detach_link(b, link), 0);
	b->close(link);
	b->close(prog);
	b->close(other);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(s73_63_different_programs_are_the_limit),
		BOTH(revisions_begin_anew_with_the_first_program),
		BOTH(links_tell_where_they_are),
		BOTH(a_removed_interface_takes_its_attachments_along),
	};

	return run_on_both("attach_tcx", tests, sizeof(tests) / sizeof(tests[0]));
}
