/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What netlink attaches to the loopback interface: an XDP program, and filters of traffic control. Results,
 * texts and what is told afterwards, and that it runs. Measured on Linux 6.18.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpfx/net.h>

#include "calls.h"
#include "nl_call.h"

#define LO 1

static int step(const char *what, int n, int got, int want, const char *text, const char *want_text)
{
	if (got == want && !strcmp(text, want_text ? want_text : ""))
		return 0;
	fail_msg("%s %d: %s '%s', want %s '%s'", what, n, result_name(got), text,
		 result_name(want), want_text ? want_text : "");
	return 1;
}

/* ---- XDP ---- */

#define SKB XDP_FLAGS_SKB_MODE
#define DRV XDP_FLAGS_DRV_MODE
#define HW  XDP_FLAGS_HW_MODE
#define NX  XDP_FLAGS_UPDATE_IF_NOEXIST
#define REP XDP_FLAGS_REPLACE

#define NATIVE_AND_GENERIC "Native and generic XDP can't be active at the same time"
#define NO_NATIVE	   "Underlying driver does not support XDP in native mode"
#define MISMATCH	   "Active program does not match expected"
#define ATTACHED	   "XDP program already attached"
#define BY_LINK		   "Can't replace active BPF XDP link"

enum { NONE = -1, P0, P1, P2, FOR_MAP, OTHER_TYPE, BAD_FD, NO_ATTR };

/* One after the other: each finds what the one before left. */
static const struct xdp_step {
	int ifindex, prog;
	uint32_t flags;
	int expected;
	int want;
	const char *text;
	int now;		/* program afterwards */
} xdp_steps[] = {
	{ LO, NONE, 0, NO_ATTR, 0, NULL, NONE },
	{ LO, NONE, DRV, NO_ATTR, 0, NULL, NONE },
	{ LO, NONE, HW, NO_ATTR, 0, NULL, NONE },
	{ LO, P0, DRV, NO_ATTR, -EOPNOTSUPP, NO_NATIVE, NONE },
	{ LO, P0, HW, NO_ATTR, -EOPNOTSUPP, NO_NATIVE, NONE },
	{ LO, P0, SKB | DRV, NO_ATTR, -EINVAL, NULL, NONE },
	{ LO, P0, 32, NO_ATTR, -EINVAL, NULL, NONE },
	{ LO, BAD_FD, SKB | DRV, NO_ATTR, -EINVAL, NULL, NONE },
	{ LO, BAD_FD, SKB, NO_ATTR, -EBADF, NULL, NONE },
	{ LO, OTHER_TYPE, SKB, NO_ATTR, -EINVAL, NULL, NONE },
	{ LO, FOR_MAP, SKB, NO_ATTR, -EINVAL,
	  "BPF_XDP_DEVMAP programs can not be attached to a device", NONE },
	{ 999, P0, SKB, NO_ATTR, -ENODEV, NULL, NONE },
	{ 0, P0, SKB, NO_ATTR, -EINVAL, NULL, NONE },
	{ -1, P0, SKB, NO_ATTR, -EINVAL, NULL, NONE },
	{ LO, P0, REP, NO_ATTR, -EINVAL, NULL, NONE },
	{ LO, P0, SKB | REP, P1, -EEXIST, MISMATCH, NONE },
	{ LO, P0, SKB | REP, BAD_FD, -EBADF, NULL, NONE },
	{ LO, P0, SKB | REP, OTHER_TYPE, -EINVAL, NULL, NONE },
	{ LO, P0, SKB | REP, NONE, 0, NULL, P0 },
	{ LO, P0, SKB, NO_ATTR, 0, NULL, P0 },
	{ LO, P1, SKB | NX, NO_ATTR, -EBUSY, ATTACHED, P0 },
	{ LO, P1, SKB | NX | REP, P0, -EBUSY, ATTACHED, P0 },
	{ LO, P1, DRV, NO_ATTR, -EEXIST, NATIVE_AND_GENERIC, P0 },
	{ LO, P1, SKB | REP, P2, -EEXIST, MISMATCH, P0 },
	{ LO, P1, SKB | REP, NONE, -EEXIST, MISMATCH, P0 },
	{ LO, P1, SKB | REP, P0, 0, NULL, P1 },
	{ LO, P2, 0, P0, 0, NULL, P2 },
	{ LO, NONE, DRV, NO_ATTR, 0, NULL, P2 },
	{ LO, NONE, SKB | REP, P0, -EEXIST, MISMATCH, P2 },
	{ LO, NONE, 0, NO_ATTR, 0, NULL, NONE },
	{ LO, P0, NX, NO_ATTR, 0, NULL, P0 },
	{ LO, NONE, SKB | REP, P0, 0, NULL, NONE },
};

static int set_xdp(const struct backend *b, int ifindex, int fd, uint32_t flags, const int *expected,
		   char *text)
{
	struct ifinfomsg info = { .ifi_index = ifindex };
	struct nl_message message;
	struct nlattr *nest;

	nl_init(&message, RTM_SETLINK, NLM_F_ACK, &info, sizeof(info));
	nest = nl_open(&message, IFLA_XDP);
	nl_add(&message, IFLA_XDP_FD, &fd, sizeof(fd));
	nl_add(&message, IFLA_XDP_FLAGS, &flags, sizeof(flags));
	if (expected)
		nl_add(&message, IFLA_XDP_EXPECTED_FD, expected, sizeof(*expected));
	nl_close(&message, nest);
	return nl_call(b, &message, NULL, NULL, text);
}

struct xdp_state {
	uint32_t attached, id, skb_id, drv_id;
};

static uint32_t number(const struct nlattr *attr)
{
	uint32_t value = 0;

	if (attr)
		memcpy(&value, attr + 1, attr->nla_len - NLA_HDRLEN);
	return value;
}

static void see_link(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *link[IFLA_XDP + 1], *xdp[IFLA_XDP_MAX + 1];
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct xdp_state *state = arg;

	if (info->ifi_index != LO)
		return;
	nl_read(link, IFLA_XDP, info + 1, message->nlmsg_len - NLMSG_LENGTH(sizeof(*info)));
	assert_non_null(link[IFLA_XDP]);
	assert_string_equal((const char *)(link[IFLA_IFNAME] + 1), "lo");
	nl_read(xdp, IFLA_XDP_MAX, link[IFLA_XDP] + 1, link[IFLA_XDP]->nla_len - NLA_HDRLEN);
	state->attached = number(xdp[IFLA_XDP_ATTACHED]);
	state->id = number(xdp[IFLA_XDP_PROG_ID]);
	state->skb_id = number(xdp[IFLA_XDP_SKB_PROG_ID]);
	state->drv_id = number(xdp[IFLA_XDP_DRV_PROG_ID]);
}

static struct xdp_state xdp_now(const struct backend *b)
{
	struct ifinfomsg info = { .ifi_family = AF_PACKET };
	struct xdp_state state = { 0 };
	struct nl_message message;

	nl_init(&message, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	assert_int_equal(nl_call(b, &message, see_link, &state, NULL), 0);
	return state;
}

static void xdp_programs_come_and_go(void **state)
{
	const struct backend *b = backend_of(state);
	int progs[] = {
		[P0] = load_for(b, BPF_PROG_TYPE_XDP, 0, XDP_PASS),
		[P1] = load_for(b, BPF_PROG_TYPE_XDP, 0, XDP_PASS),
		[P2] = load_for(b, BPF_PROG_TYPE_XDP, 0, XDP_PASS),
		[FOR_MAP] = load_for(b, BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, XDP_PASS),
		[OTHER_TYPE] = load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, 0),
		[BAD_FD] = 9999,
	};
	char text[128];

	for (size_t i = 0; i < sizeof(xdp_steps) / sizeof(xdp_steps[0]); i++) {
		const struct xdp_step *s = &xdp_steps[i];
		int fd = s->prog < 0 ? -1 : progs[s->prog];
		int expected = s->expected < 0 || s->expected == NO_ATTR ? -1 : progs[s->expected];
		uint32_t id = s->now < 0 ? 0 : prog_id(b, progs[s->now]);
		struct xdp_state now;

		step("xdp", i, set_xdp(b, s->ifindex, fd, s->flags,
				       s->expected == NO_ATTR ? NULL : &expected, text),
		     s->want, text, s->text);
		now = xdp_now(b);
		assert_int_equal(now.id, id);
		assert_int_equal(now.skb_id, id);
		assert_int_equal(now.drv_id, 0);
		assert_int_equal(now.attached, id ? XDP_ATTACHED_SKB : XDP_ATTACHED_NONE);
	}
	for (int i = 0; i <= OTHER_TYPE; i++)
		b->close(progs[i]);
}

static void links_and_netlink_respect_each_other(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_for(b, BPF_PROG_TYPE_XDP, 0, XDP_PASS);
	int other = load_for(b, BPF_PROG_TYPE_XDP, 0, XDP_PASS);
	struct attach_args args = { LO, prog, BPF_XDP };
	char text[128];
	int link = attach_link(b, &args);

	assert_true(link >= 0);
	assert_int_equal(xdp_now(b).skb_id, prog_id(b, prog));
	step("by link", 0, set_xdp(b, LO, other, 0, NULL, text), -EBUSY, text, BY_LINK);
	step("by link", 1, set_xdp(b, LO, -1, SKB, NULL, text), -EBUSY, text, BY_LINK);
	step("by link", 2, set_xdp(b, LO, other, SKB | REP, &prog, text), -EBUSY, text, BY_LINK);
	step("by link", 3, set_xdp(b, LO, other, DRV, NULL, text), -EEXIST, text,
	     NATIVE_AND_GENERIC);
	b->close(link);
	step("bare", 0, set_xdp(b, LO, other, 0, NULL, text), 0, text, NULL);
	assert_int_equal(attach_link(b, &args), -EBUSY);
	args.flags = SKB;
	assert_int_equal(attach_link(b, &args), -EBUSY);
	args.flags = DRV;
	assert_int_equal(attach_link(b, &args), -EEXIST);
	step("bare", 1, set_xdp(b, LO, -1, 0, NULL, text), 0, text, NULL);
	b->close(prog);
	b->close(other);
}

/* ---- traffic control ---- */

#define IN   TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define OUT  TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
#define ALL  htons(ETH_P_ALL)
#define MAKE (NLM_F_CREATE | NLM_F_EXCL)
#define NEED_BOTH "Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter"
#define FLUSH	  "Cannot flush filters with protocol, handle or kind set"

static int qdisc(const struct backend *b, uint16_t type, uint16_t flags, int ifindex,
		 const char *kind, char *text)
{
	struct tcmsg tc = { .tcm_ifindex = ifindex, .tcm_parent = TC_H_CLSACT,
			    .tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0) };
	struct nl_message message;

	nl_init(&message, type, NLM_F_ACK | flags, &tc, sizeof(tc));
	nl_add(&message, TCA_KIND, kind, strlen(kind) + 1);
	return nl_call(b, &message, NULL, NULL, text);
}

struct filter_seen {
	uint32_t cnt, handle, info, id;
	char order[32];		/* handles of a dump */
};

static void see_filter(const struct nlmsghdr *message, void *arg)
{
	const struct nlattr *attrs[TCA_MAX + 1], *bpf[TCA_BPF_MAX + 1];
	const struct tcmsg *tc = NLMSG_DATA(message);
	struct filter_seen *seen = arg;

	nl_read(attrs, TCA_MAX, tc + 1, message->nlmsg_len - NLMSG_LENGTH(sizeof(*tc)));
	assert_string_equal((const char *)(attrs[TCA_KIND] + 1), "bpf");
	seen->order[seen->cnt++] = '0' + tc->tcm_handle;
	seen->handle = tc->tcm_handle;
	seen->info = tc->tcm_info;
	if (!attrs[TCA_OPTIONS])
		return;
	nl_read(bpf, TCA_BPF_MAX, attrs[TCA_OPTIONS] + 1, attrs[TCA_OPTIONS]->nla_len - NLA_HDRLEN);
	seen->id = number(bpf[TCA_BPF_ID]);
	assert_int_equal(number(bpf[TCA_BPF_FLAGS_GEN]) & TCA_CLS_FLAGS_NOT_IN_HW,
			 TCA_CLS_FLAGS_NOT_IN_HW);
}

static const struct filter_step {
	uint16_t type, flags;
	uint32_t parent, priority, handle;
	const char *kind;
	int prog;			/* NO_ATTR: no options */
	uint32_t bpf_flags;
	int want;
	const char *text;
	uint32_t handle_seen, priority_seen;	/* in an echo or answer */
} filter_steps[] = {
	{ RTM_GETTFILTER, 0, IN, 1, 1, "bpf", NO_ATTR, 0, -EINVAL,
	  "Cannot find specified filter chain", 0, 0 },
	{ RTM_GETTFILTER, 0, IN, 0, 0, "bpf", NO_ATTR, 0, -ENOENT,
	  "Invalid filter command with priority of zero", 0, 0 },
	{ RTM_DELTFILTER, NLM_F_ACK, IN, 0, 0, "bpf", NO_ATTR, 0, -ENOENT, FLUSH, 0, 0 },
	{ RTM_NEWTFILTER, MAKE, 0, 5, 0, "bpf", P0, 1, -EINVAL, "Qdisc not classful", 0, 0 },
	{ RTM_NEWTFILTER, MAKE, 0xfffffff5, 5, 0, "bpf", P0, 1, -ENOENT,
	  "Specified class doesn't exist", 0, 0 },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 0, "nope", P0, 1, -ENOENT, "TC classifier not found", 0, 0 },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 0, NULL, P0, 1, -EINVAL,
	  "Filter kind and protocol must be specified", 0, 0 },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 0, "bpf", NO_ATTR, 1, -EINVAL, NULL, 0, 0 },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 0, "bpf", BAD_FD, 1, -EBADF, NULL, 0, 0 },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 0, "bpf", OTHER_TYPE, 1, -EINVAL, NULL, 0, 0 },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 0, "bpf", P0, 2, -EINVAL, NULL, 0, 0 },
	{ RTM_NEWTFILTER, 0, IN, 5, 0, "bpf", P0, 1, -ENOENT, NEED_BOTH, 0, 0 },
	{ RTM_NEWTFILTER, MAKE, IN, 0, 0, "bpf", P0, 1, 0, NULL, 1, 0xc000 },
	{ RTM_NEWTFILTER, MAKE, IN, 0, 0, "bpf", P1, 1, 0, NULL, 1, 0xbfff },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 0, "bpf", P1, 1, 0, NULL, 1, 5 },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 0, "bpf", P2, 1, 0, NULL, 2, 5 },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 1, "bpf", P2, 1, -EEXIST, "Filter already exists", 0, 0 },
	{ RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_REPLACE, IN, 5, 1, "bpf", P2, 1, 0, NULL, 1, 5 },
	{ RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_REPLACE, IN, 5, 7, "bpf", P0, 1, 0, NULL, 7, 5 },
	{ RTM_NEWTFILTER, 0, IN, 5, 9, "bpf", P0, 1, -ENOENT, NEED_BOTH, 0, 0 },
	{ RTM_NEWTFILTER, MAKE, IN, 5, 0, "bpf", P0, 1, 0, NULL, 3, 5 },
	{ RTM_GETTFILTER, 0, IN, 5, 1, "bpf", NO_ATTR, 0, 0, NULL, 1, 5 },
	{ RTM_GETTFILTER, 0, IN, 5, 77, "bpf", NO_ATTR, 0, -ENOENT,
	  "Specified filter handle not found", 0, 0 },
	{ RTM_GETTFILTER, 0, IN, 77, 1, "bpf", NO_ATTR, 0, -ENOENT,
	  "Filter with specified priority/protocol not found", 0, 0 },
	{ RTM_GETTFILTER, 0, IN, 5, 1, "u32", NO_ATTR, 0, -EINVAL,
	  "Specified filter kind does not match existing one", 0, 0 },
	{ RTM_DELTFILTER, NLM_F_ACK, IN, 5, 77, "bpf", NO_ATTR, 0, -ENOENT,
	  "Specified filter handle not found", 0, 0 },
	{ RTM_DELTFILTER, NLM_F_ACK, IN, 77, 1, "bpf", NO_ATTR, 0, -ENOENT,
	  "Filter with specified priority/protocol not found", 0, 0 },
	{ RTM_DELTFILTER, NLM_F_ACK, IN, 5, 1, "bpf", NO_ATTR, 0, 0, NULL, 0, 0 },
};

static int filter(const struct backend *b, const struct filter_step *s, int ifindex, int fd,
		  struct filter_seen *seen, char *text)
{
	uint16_t flags = s->flags | (s->type == RTM_NEWTFILTER ? NLM_F_ACK | NLM_F_ECHO : 0);
	struct tcmsg tc = { .tcm_ifindex = ifindex, .tcm_parent = s->parent,
			    .tcm_handle = s->handle };
	struct nl_message message;
	struct nlattr *nest;

	tc.tcm_info = TC_H_MAKE(s->priority << 16, ALL);
	nl_init(&message, s->type, flags, &tc, sizeof(tc));
	if (s->kind)
		nl_add(&message, TCA_KIND, s->kind, strlen(s->kind) + 1);
	if (s->prog != NO_ATTR) {
		nest = nl_open(&message, TCA_OPTIONS);
		nl_add(&message, TCA_BPF_FD, &fd, sizeof(fd));
		nl_add(&message, TCA_BPF_NAME, "name", 5);
		nl_add(&message, TCA_BPF_FLAGS, &s->bpf_flags, sizeof(s->bpf_flags));
		nl_close(&message, nest);
	}
	memset(seen, 0, sizeof(*seen));
	return nl_call(b, &message, see_filter, seen, text);
}

static void dump(const struct backend *b, uint32_t parent, struct filter_seen *seen)
{
	struct tcmsg tc = { .tcm_ifindex = LO, .tcm_parent = parent };
	struct nl_message message;

	memset(seen, 0, sizeof(*seen));
	nl_init(&message, RTM_GETTFILTER, NLM_F_DUMP, &tc, sizeof(tc));
	assert_int_equal(nl_call(b, &message, see_filter, seen, NULL), 0);
}

static void disciplines_come_and_go(void **state)
{
	const struct backend *b = backend_of(state);
	char text[128];

	step("qdisc", 0, qdisc(b, RTM_NEWQDISC, MAKE, 999, "clsact", text), -ENODEV, text, NULL);
	step("qdisc", 1, qdisc(b, RTM_DELQDISC, 0, LO, "clsact", text), -ENOENT, text,
	     "Cannot find specified qdisc on specified device");
	step("qdisc", 2, qdisc(b, RTM_NEWQDISC, MAKE, LO, "clsact", text), 0, text, NULL);
	step("qdisc", 3, qdisc(b, RTM_NEWQDISC, MAKE, LO, "clsact", text), -EEXIST, text,
	     "Exclusivity flag on, cannot modify");
	step("qdisc", 4, qdisc(b, RTM_NEWQDISC, NLM_F_CREATE, LO, "clsact", text), 0, text, NULL);
	step("qdisc", 5, qdisc(b, RTM_DELQDISC, 0, LO, "clsact", text), 0, text, NULL);
	step("qdisc", 6, qdisc(b, RTM_DELQDISC, 0, LO, "clsact", text), -EINVAL, text,
	     "Invalid handle");
}

static void filters_come_and_go(void **state)
{
	const struct backend *b = backend_of(state);
	int progs[] = {
		[P0] = load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, -1),
		[P1] = load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, -1),
		[P2] = load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, -1),
		[FOR_MAP] = -1,
		[OTHER_TYPE] = load_for(b, BPF_PROG_TYPE_XDP, 0, 0),
		[BAD_FD] = 9999,
		[NO_ATTR] = -1,
	};
	struct filter_seen seen;
	char text[128];

	assert_int_equal(qdisc(b, RTM_NEWQDISC, MAKE, LO, "clsact", text), 0);
	for (size_t i = 0; i < sizeof(filter_steps) / sizeof(filter_steps[0]); i++) {
		const struct filter_step *s = &filter_steps[i];

		step("filter", i, filter(b, s, LO, progs[s->prog], &seen, text), s->want, text,
		     s->text);
		assert_int_equal(seen.handle, s->handle_seen);
		assert_int_equal(seen.info >> 16, s->priority_seen);
		if (s->type == RTM_NEWTFILTER && !s->want)
			assert_int_equal(seen.id, prog_id(b, progs[s->prog]));
	}
	/* Priorities rise; each is told by itself, then its filters, the newest first. */
	dump(b, IN, &seen);
	assert_string_equal(seen.order, "03720101");
	dump(b, OUT, &seen);
	assert_string_equal(seen.order, "");
	assert_int_equal(qdisc(b, RTM_DELQDISC, 0, LO, "clsact", text), 0);
	dump(b, IN, &seen);
	assert_string_equal(seen.order, "");
	for (int i = 0; i <= OTHER_TYPE; i++)
		if (progs[i] >= 0)
			b->close(progs[i]);
}

/* ---- runs ---- */

static int send_packet(const struct backend *b, int32_t *verdict)
{
	static unsigned char buffer[64] = { [12] = 8, [14] = 0x45 };
	struct bpfx_skb event = { .sz = sizeof(event), .attach_type = BPF_TCX_EGRESS,
				  .ifindex = LO, .buffer = buffer, .buffer_size = sizeof(buffer),
				  .size = sizeof(buffer) };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd, on = 1, ret;

	if (b->emulated) {
		assert_true(bpfx_skb_event(&event) >= 0);
		*verdict = event.verdict;
		return event.verdict == TC_ACT_SHOT ? ENOBUFS : 0;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, IPPROTO_IP, 11 /* IP_RECVERR */, &on, sizeof(on));
	ret = sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)) < 0 ? errno : 0;
	close(fd);
	return ret;
}

/* Filters are asked in their order until one has an opinion, behind the programs of tcx. */
static void filters_run_behind_tcx(void **state)
{
	static const struct {
		int results[3];		/* priorities 3, 2, 1 */
		uint32_t direct;
		int tcx;
		int want;
	} cases[] = {
		{ { TC_ACT_SHOT, -1, -1 }, 1, TCX_NEXT, ENOBUFS },
		{ { TC_ACT_SHOT, TC_ACT_OK, -1 }, 1, TCX_NEXT, 0 },
		{ { TC_ACT_SHOT, TC_ACT_OK, TC_ACT_SHOT }, 1, TCX_NEXT, ENOBUFS },
		{ { TC_ACT_SHOT, 99, TC_ACT_PIPE }, 1, TCX_NEXT, ENOBUFS },
		{ { TC_ACT_SHOT, -1, -1 }, 1, TCX_PASS, 0 },
		{ { TC_ACT_OK, -1, -1 }, 1, TCX_DROP, ENOBUFS },
		{ { TC_ACT_SHOT, -1, -1 }, 0, TCX_NEXT, 0 },
	};
	const struct backend *b = backend_of(state);
	struct filter_step s = { RTM_NEWTFILTER, MAKE, OUT, 0, 0, "bpf", P0, 1, 0, NULL, 0, 0 };
	struct filter_seen seen;
	char text[128];

	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		int tcx = load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, cases[n].tcx), err;
		struct attach_args args = { LO, tcx, BPF_TCX_EGRESS };
		int32_t verdict = 0;

		assert_int_equal(qdisc(b, RTM_NEWQDISC, MAKE, LO, "clsact", text), 0);
		for (int i = 0; i < 3; i++) {
			int prog = load_for(b, BPF_PROG_TYPE_SCHED_CLS, 0, cases[n].results[i]);

			s.priority = 3 - i;
			s.bpf_flags = cases[n].direct;
			assert_int_equal(filter(b, &s, LO, prog, &seen, text), 0);
			b->close(prog);
		}
		assert_int_equal(attach_prog(b, &args), 0);
		err = send_packet(b, &verdict);
		if (err != cases[n].want)
			fail_msg("case %zu: %s (verdict %d)", n, strerror(err), verdict);
		assert_int_equal(detach_prog(b, &args), 0);
		b->close(tcx);
		assert_int_equal(qdisc(b, RTM_DELQDISC, 0, LO, "clsact", text), 0);
		assert_int_equal(send_packet(b, &verdict), 0);
	}
}

/* An XDP program without a link runs, and is kept alive by nothing but its place. */
static void xdp_without_link_runs(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_for(b, BPF_PROG_TYPE_XDP, 0, XDP_DROP);
	unsigned char buffer[64] = { 0 };
	struct bpfx_xdp_packet packet = { .sz = sizeof(packet), .ifindex = LO, .buffer = buffer,
					  .buffer_size = sizeof(buffer), .size = sizeof(buffer) };
	uint32_t id = prog_id(b, prog);
	char text[128];

	assert_int_equal(set_xdp(b, LO, prog, SKB, NULL, text), 0);
	b->close(prog);
	assert_int_equal(xdp_now(b).id, id);
	prog = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, id);
	assert_true(prog >= 0);
	b->close(prog);
	if (b->emulated) {
		assert_int_equal(bpfx_xdp_receive(&packet), 1);
		assert_int_equal(packet.action, XDP_DROP);
	}
	assert_int_equal(set_xdp(b, LO, -1, SKB, NULL, text), 0);
	if (b->emulated)
		assert_int_equal(bpfx_xdp_receive(&packet), 0);
	for (int i = 0; i < 200 && (prog = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, id)) >= 0; i++) {
		b->close(prog);
		usleep(10000);
	}
	assert_int_equal(prog, -ENOENT);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(xdp_programs_come_and_go),
		BOTH(links_and_netlink_respect_each_other),
		BOTH(disciplines_come_and_go),
		BOTH(filters_come_and_go),
		BOTH(filters_run_behind_tcx),
		BOTH(xdp_without_link_runs),
	};

	return run_on_both("attach_netlink", tests, sizeof(tests) / sizeof(tests[0]));
}
