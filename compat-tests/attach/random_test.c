/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Random attachments on both kernels at once: to a hierarchy of cgroups and to interfaces, with and
 * without links, in every mode and place, with wrong arguments among the right ones. After each step
 * results and all lists must agree: programs, links, flags, revisions, effective programs.
 *
 * BPF_SHIM_TEST_SEED and BPF_SHIM_TEST_STEPS repeat or prolong a run.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "cgroup_dirs.h"
#include "kern.h"

#define PROGS	8		/* of each type; the last is of another one */
#define LINKS	12
#define CGROUPS 5
#define ID_GAP	200		/* ids must not look like fds */

struct side {
	const struct backend *b;
	int progs[2][PROGS], links[LINKS], cgroups[CGROUPS];
	uint32_t prog_ids[2][PROGS], link_ids[LINKS];
};

static struct side sides[2] = { { .b = &emulated_backend }, { .b = &kernel_backend } };
static int side_cnt = 2;

/* ---- choosing ---- */

static uint64_t state;

static uint32_t rnd(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % below;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

/* ---- the two families ---- */

enum family { TO_CGROUP, TO_INTERFACE };

static const struct {
	uint32_t prog_type, other_type, types[2];
	const char *name;
} families[] = {
	[TO_CGROUP] = { BPF_PROG_TYPE_CGROUP_SKB, BPF_PROG_TYPE_XDP,
			{ BPF_CGROUP_INET_INGRESS, BPF_CGROUP_INET_EGRESS }, "cgroup" },
	[TO_INTERFACE] = { BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_XDP,
			   { BPF_TCX_INGRESS, BPF_TCX_EGRESS }, "tcx" },
};

/* Ids far from fds, so that an id given for an fd, or the other way, is nothing on both kernels. */
static void use_up_ids(struct side *side)
{
	int cgroup = side->cgroups[0];

	for (int i = 0; i < ID_GAP; i++) {
		int prog = load_for(side->b, BPF_PROG_TYPE_CGROUP_SOCK,
				    BPF_CGROUP_INET_SOCK_CREATE, 1);
		struct attach_args args = { .target = cgroup, .prog = prog,
					    .type = BPF_CGROUP_INET_SOCK_CREATE };
		int link = attach_link(side->b, &args);

		assert_true(link >= 0);
		side->b->close(link);
		side->b->close(prog);
	}
}

static void set_up(struct side *side, const char *root)
{
	static const char *const names[CGROUPS] = { "a", "a/b", "a/b/c", "a/b/c/d", "a/e" };

	for (int i = 0; i < CGROUPS; i++)
		side->cgroups[i] = cgroup_dirs_make(root, names[i]);
	if (side->b->emulated)
		use_up_ids(side);
	for (int family = 0; family < 2; family++)
		for (int i = 0; i < PROGS; i++) {
			uint32_t type = i == PROGS - 1 ? families[family].other_type
						       : families[family].prog_type;
			/* The sixth knows that it is for packets that leave. */
			bool typed = family == TO_CGROUP && i == 5;

			side->progs[family][i] = load_for(side->b, type,
							  typed ? BPF_CGROUP_INET_EGRESS : 0,
							  typed ? 2 : 1);
			side->prog_ids[family][i] = prog_id(side->b, side->progs[family][i]);
		}
	for (int i = 0; i < LINKS; i++)
		side->links[i] = -1;
}

static void tear_down(struct side *side, const char *root)
{
	static const char *const names[CGROUPS] = { "a/e", "a/b/c/d", "a/b/c", "a/b", "a" };
	struct attach_args args = { 0 };

	for (int i = 0; i < LINKS; i++)
		if (side->links[i] >= 0)
			side->b->close(side->links[i]);
	for (int i = 0; i < PROGS; i++) {
		for (int type = 0; type < 2; type++) {
			args.target = 1;
			args.prog = side->progs[TO_INTERFACE][i];
			args.type = families[TO_INTERFACE].types[type];
			detach_prog(side->b, &args);
		}
		side->b->close(side->progs[0][i]);
		side->b->close(side->progs[1][i]);
	}
	for (int i = 0; i < CGROUPS; i++) {
		close(side->cgroups[i]);
		cgroup_dirs_remove(root, names[i]);
	}
}

/* ---- steps: the same choice for both sides ---- */

struct choice {
	enum family family;
	uint32_t op, type, cgroup, prog, slot, flags, replace, anchor, anchor_kind, revision;
	uint32_t bad;			/* one argument that is wrong */
};

enum { OP_ATTACH, OP_DETACH, OP_LINK, OP_UPDATE, OP_LINK_DETACH, OP_CLOSE, OP_CNT };
enum { ANCHOR_NONE, ANCHOR_PROG_FD, ANCHOR_LINK_FD, ANCHOR_PROG_ID, ANCHOR_LINK_ID, ANCHOR_BAD_FD,
       ANCHOR_BAD_ID, ANCHOR_CNT };
enum { BAD_NOTHING, BAD_TARGET, BAD_PROG, BAD_FLAG, BAD_TYPE, BAD_REPLACE, BAD_CNT };

static uint32_t choose_flags(enum family family)
{
	static const uint32_t places[] = { 0, 0, 0, BPF_F_BEFORE, BPF_F_AFTER, BPF_F_BEFORE,
					   BPF_F_AFTER, BPF_F_BEFORE | BPF_F_AFTER };
	uint32_t flags = places[rnd(8)];

	if (!rnd(5))
		flags |= BPF_F_REPLACE;
	if (family != TO_CGROUP)
		return flags;
	if (!rnd(4))
		flags |= BPF_F_PREORDER;
	if (rnd(8))
		return flags | BPF_F_ALLOW_MULTI;
	return flags | (rnd(3) ? 0 : BPF_F_ALLOW_OVERRIDE);
}

static void choose(struct choice *c, enum family family)
{
	static const uint8_t ops[] = { OP_ATTACH, OP_ATTACH, OP_ATTACH, OP_DETACH, OP_DETACH, OP_LINK,
				       OP_LINK, OP_UPDATE, OP_LINK_DETACH, OP_CLOSE };

	memset(c, 0, sizeof(*c));
	c->family = family;
	c->op = ops[rnd(sizeof(ops))];
	c->type = rnd(2);
	c->cgroup = rnd(CGROUPS);
	c->prog = rnd(PROGS - 1);
	c->slot = rnd(LINKS);
	c->flags = choose_flags(family);
	c->replace = rnd(PROGS);
	if (c->flags & (BPF_F_BEFORE | BPF_F_AFTER) ? rnd(3) : !rnd(8))
		c->anchor_kind = rnd(ANCHOR_CNT);
	c->anchor = c->anchor_kind == ANCHOR_LINK_FD || c->anchor_kind == ANCHOR_LINK_ID
			    ? rnd(LINKS) : rnd(PROGS);
	if (c->anchor_kind == ANCHOR_PROG_ID || c->anchor_kind == ANCHOR_LINK_ID ||
	    c->anchor_kind == ANCHOR_BAD_ID || !rnd(30))
		c->flags |= BPF_F_ID;
	if (c->anchor_kind == ANCHOR_LINK_FD || c->anchor_kind == ANCHOR_LINK_ID || !rnd(30))
		c->flags |= BPF_F_LINK;
	if (!rnd(20))
		c->revision = 1 + rnd(3);
	if (!rnd(12))
		c->bad = rnd(BAD_CNT);
	if (c->op == OP_DETACH && rnd(3))
		c->flags = family == TO_CGROUP ? 0 : c->flags & ~BPF_F_REPLACE;
	if (c->op == OP_LINK && rnd(4))
		c->flags &= ~(BPF_F_ALLOW_MULTI | BPF_F_ALLOW_OVERRIDE | BPF_F_REPLACE);
}

static uint32_t anchor_of(const struct side *side, const struct choice *c)
{
	switch (c->anchor_kind) {
	case ANCHOR_PROG_FD:
		return side->progs[c->family][c->anchor];
	case ANCHOR_LINK_FD:
		return side->links[c->anchor] < 0 ? 9999 : side->links[c->anchor];
	case ANCHOR_PROG_ID:
		return side->prog_ids[c->family][c->anchor];
	case ANCHOR_LINK_ID:
		return side->link_ids[c->anchor];
	case ANCHOR_BAD_FD:
		return 9999;
	case ANCHOR_BAD_ID:
		return 0x7ffffff0;
	default:
		return 0;
	}
}

static void args_of(const struct side *side, const struct choice *c, uint64_t revision,
		    struct attach_args *args)
{
	memset(args, 0, sizeof(*args));
	args->target = c->family == TO_CGROUP ? side->cgroups[c->cgroup] : 1;
	if (c->bad == BAD_TARGET)
		args->target = c->family == TO_CGROUP ? side->progs[0][0] : 999;
	args->prog = c->bad == BAD_PROG ? (c->prog & 1 ? 9999 : 0)
					: side->progs[c->family][c->prog];
	if (c->bad == BAD_TYPE)
		args->prog = side->progs[c->family][PROGS - 1];
	args->type = families[c->family].types[c->type];
	args->flags = c->flags | (c->bad == BAD_FLAG ? 1u << c->replace : 0);
	/* Also where it is not asked for: it must not matter. */
	args->replace = c->bad == BAD_REPLACE ? 9999 : side->progs[c->family][c->replace];
	args->relative = anchor_of(side, c);
	if (c->revision)
		args->revision = revision + c->revision - 2;
}

static uint64_t revision_of(const struct side *side, const struct choice *c)
{
	struct attach_answer answer;

	ask(side->b, c->family == TO_CGROUP ? side->cgroups[c->cgroup] : 1,
	    families[c->family].types[c->type], 0, ASK_IDS, ANSWER_MAX, &answer);
	return answer.ret ? 0 : answer.revision;
}

static int take_step(struct side *side, const struct choice *c)
{
	struct attach_args args;
	int ret, *link = &side->links[c->slot];

	args_of(side, c, revision_of(side, c), &args);
	switch (c->op) {
	case OP_ATTACH:
		return attach_prog(side->b, &args);
	case OP_DETACH:
		return detach_prog(side->b, &args);
	case OP_LINK:
		if (*link >= 0)
			return 0;
		ret = attach_link(side->b, &args);
		*link = ret;
		side->link_ids[c->slot] = ret >= 0 ? link_id(side->b, ret) : 0;
		return ret < 0 ? ret : 0;
	case OP_UPDATE:
		return update_link(side->b, *link < 0 ? 9999 : *link, args.prog,
				   args.flags & (rnd(2) ? BPF_F_REPLACE : UINT32_MAX),
				   args.flags & BPF_F_REPLACE ? args.replace : 0);
	case OP_LINK_DETACH:
		return detach_link(side->b, *link < 0 ? 9999 : *link);
	default:
		if (*link >= 0)
			side->b->close(*link);
		*link = -1;
		return 0;
	}
}

/* ---- what must agree ---- */

static uint32_t number_of(uint32_t id, const uint32_t *ids, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (ids[i] == id)
			return i + 1;
	return id ? UINT32_MAX : 0;
}

/* An answer with the same words on both sides. */
static void translate(const struct side *side, enum family family, struct attach_answer *answer)
{
	for (uint32_t i = 0; i < ANSWER_MAX; i++) {
		if (answer->ids[i] != UNTOUCHED)
			answer->ids[i] = number_of(answer->ids[i], side->prog_ids[family], PROGS);
		if (answer->links[i] != UNTOUCHED)
			answer->links[i] = number_of(answer->links[i], side->link_ids, LINKS);
	}
}

static void print_answer(const char *who, const struct attach_answer *answer)
{
	printf("  %-8s ret %d flags %#x cnt %u revision %llu:", who, answer->ret,
	       answer->attach_flags, answer->cnt, (unsigned long long)answer->revision);
	for (uint32_t i = 0; i < answer->cnt && i < ANSWER_MAX; i++)
		printf(" %u/%d", answer->ids[i], answer->links[i] == UNTOUCHED ? -1
									: (int)answer->links[i]);
	printf("\n");
}

static int compare_list(enum family family, int cgroup, uint32_t type, uint32_t query, uint32_t what)
{
	static struct attach_answer answers[2];

	for (int i = 0; i < side_cnt; i++) {
		int target = family == TO_CGROUP ? sides[i].cgroups[cgroup] : 1;

		ask(sides[i].b, target, families[family].types[type], query, what, ANSWER_MAX,
		    &answers[i]);
		translate(&sides[i], family, &answers[i]);
	}
	if (side_cnt < 2 || !memcmp(&answers[0], &answers[1], sizeof(answers[0])))
		return 0;
	printf("lists differ: %s %d type %u query %u\n", families[family].name, cgroup, type, query);
	print_answer("emulated", &answers[0]);
	print_answer("kernel", &answers[1]);
	return 1;
}

static int compare_lists(enum family family)
{
	int differ = 0;

	for (uint32_t type = 0; type < 2; type++) {
		if (family == TO_INTERFACE) {
			differ |= compare_list(family, 0, type, 0,
					       ASK_IDS | ASK_FLAGS | ASK_LINKS | ASK_LINK_FLAGS);
			continue;
		}
		for (int cgroup = 0; cgroup < CGROUPS; cgroup++) {
			differ |= compare_list(family, cgroup, type, 0, ASK_IDS | ASK_FLAGS);
			differ |= compare_list(family, cgroup, type, BPF_F_QUERY_EFFECTIVE, ASK_IDS);
		}
	}
	return differ;
}

static void print_step(unsigned long step, const struct choice *c, const int *results)
{
	static const char *const ops[] = { "attach", "detach", "link", "update", "link_detach",
					   "close" };

	printf("step %lu: %s %s type %u cgroup %u prog %u slot %u flags %#x replace %u anchor %u of "
	       "kind %u revision %u bad %u: emulated %s", step, families[c->family].name, ops[c->op],
	       c->type, c->cgroup, c->prog + 1, c->slot + 1, c->flags, c->replace + 1, c->anchor + 1,
	       c->anchor_kind, c->revision, c->bad, result_name(results[0]));
	printf(", kernel %s\n", result_name(results[1]));
}

static void walk(enum family family, unsigned long steps)
{
	uint64_t before;

	for (unsigned long step = 0; step < steps; step++) {
		int results[2] = { 0 };
		struct choice c;

		choose(&c, family);
		before = state;
		for (int i = 0; i < side_cnt; i++) {
			state = before;
			results[i] = take_step(&sides[i], &c);
		}
		if (getenv("BPF_SHIM_TEST_VERBOSE"))
			print_step(step, &c, results);
		if ((side_cnt == 2 && results[0] != results[1]) || compare_lists(family)) {
			print_step(step, &c, results);
			fail_msg("the kernels differ");
		}
	}
}

static void run(enum cgroup_place place, enum family family)
{
	const char *roots[2] = { cgroup_dirs_root(place), cgroup_dirs_root(CGROUPS_OF_HOST) };

	if (!roots[0])
		skip();
	if (place == CGROUPS_OF_HOST && side_cnt == 2) {
		static char other[600];

		/* The two kernels have directories of their own, of the same shape. */
		snprintf(other, sizeof(other), "%s/k", roots[1]);
		close(cgroup_dirs_make(roots[1], "k"));
		roots[1] = other;
	}
	state = number_from("BPF_SHIM_TEST_SEED", 1) * 0x9e3779b97f4a7c15ull + family + 1;
	for (int i = 0; i < side_cnt; i++)
		set_up(&sides[i], roots[i]);
	walk(family, number_from("BPF_SHIM_TEST_STEPS", 1500));
	for (int i = 0; i < side_cnt; i++)
		tear_down(&sides[i], roots[i]);
	if (place == CGROUPS_OF_HOST && side_cnt == 2)
		rmdir(roots[1]);
}

static void cgroups_of_the_host_agree(void **unused)
{
	(void)unused;
	run(CGROUPS_OF_HOST, TO_CGROUP);
}

static void cgroups_of_the_store_agree(void **unused)
{
	(void)unused;
	run(CGROUPS_OF_STORE, TO_CGROUP);
}

static void interfaces_agree(void **unused)
{
	(void)unused;
	run(CGROUPS_OF_STORE, TO_INTERFACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cgroups_of_the_host_agree),
		cmocka_unit_test(cgroups_of_the_store_agree),
		cmocka_unit_test(interfaces_agree),
	};

	if (!isolate_kernel() || !cgroup_dirs_root(CGROUPS_OF_HOST))
		side_cnt = 1;
	return cmocka_run_group_tests_name("attach_random", tests, NULL, NULL);
}
