/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The clsact queueing discipline and bpf filters on it; nothing else of traffic control exists here.
 * Order of checks and texts measured on Linux 6.18.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#include "bare.h"
#include "bits.h"
#include "err.h"
#include "message.h"

#define QDISC	    "clsact"
#define CLASSIFIER  "bpf"
#define PARENT_IN   TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define PARENT_OUT  TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)
#define FIRST_AUTO_PRIORITY 0xc000u
#define TCA_HW_OFFLOAD_ATTR 12

static bool interface_is_there(uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	return ifindex && if_indextoname(ifindex, name);
}

/* Under the attach lock. */
static int locked(int (*run)(const struct nl_request *request, struct nl_reply *reply),
		  const struct nl_request *request, struct nl_reply *reply)
{
	int err = store_attach_lock();

	if (!err) {
		err = run(request, reply);
		store_attach_unlock();
		tc_settle();
	}
	return err;
}

/* ---- queueing disciplines ---- */

static int make_qdisc(const struct nl_request *request, struct nl_reply *reply)
{
	uint16_t flags = request->header->nlmsg_flags;
	const struct nlattr *attrs[TCA_KIND + 1];
	const struct tcmsg *tc = request->body;
	struct tc_qdisc qdisc;
	int err;

	nl_parse(attrs, TCA_KIND, request, sizeof(*tc));
	if (!interface_is_there(tc->tcm_ifindex))
		return -ENODEV;
	if (tc->tcm_parent != TC_H_CLSACT)
		return -EOPNOTSUPP;
	err = tc_load(tc->tcm_ifindex, &qdisc);
	if (err && err != -ENOENT)
		return err;
	if (qdisc.present && flags & NLM_F_EXCL)
		return nl_refuse(reply, -EEXIST, "Exclusivity flag on, cannot modify");
	if (qdisc.present)
		return !attrs[TCA_KIND] || nl_is(attrs[TCA_KIND], QDISC) ? 0 : -EINVAL;
	if (!(flags & NLM_F_CREATE))
		return nl_refuse(reply, -ENOENT,
				 "Qdisc not found. To create specify NLM_F_CREATE flag");
	if (!nl_is(attrs[TCA_KIND], QDISC))
		return nl_refuse(reply, -ENOENT, "Specified qdisc kind is unknown");
	qdisc.present = 1;
	return tc_save(&qdisc, NULL, 0);
}

int new_qdisc(const struct nl_request *request, struct nl_reply *reply)
{
	return locked(make_qdisc, request, reply);
}

static int remove_qdisc(const struct nl_request *request, struct nl_reply *reply)
{
	const struct nlattr *attrs[TCA_KIND + 1];
	const struct tcmsg *tc = request->body;
	struct tc_qdisc qdisc;
	int err;

	nl_parse(attrs, TCA_KIND, request, sizeof(*tc));
	if (!interface_is_there(tc->tcm_ifindex))
		return -ENODEV;
	if (tc->tcm_parent != TC_H_CLSACT)
		return -EOPNOTSUPP;
	err = tc_load(tc->tcm_ifindex, &qdisc);
	if (err == -ENOENT)
		return nl_refuse(reply, err, "Cannot find specified qdisc on specified device");
	if (!err && !qdisc.present)
		return nl_refuse(reply, -EINVAL, "Invalid handle");
	if (!err && attrs[TCA_KIND] && !nl_is(attrs[TCA_KIND], QDISC))
		return nl_refuse(reply, -EINVAL, "Invalid qdisc name: must match existing qdisc");
	return err ? err : tc_remove(&qdisc);
}

int del_qdisc(const struct nl_request *request, struct nl_reply *reply)
{
	return locked(remove_qdisc, request, reply);
}

struct listing {
	const struct nl_request *request;
	struct nl_reply *reply;
	uint32_t ifindex;		/* 0: all */
};

static int put_qdisc(const struct tc_qdisc *qdisc, void *arg)
{
	const struct listing *to = arg;
	struct tcmsg tc = {
		.tcm_ifindex = qdisc->ifindex,
		.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0),
		.tcm_parent = TC_H_CLSACT,
		.tcm_info = 1,
	};
	uint8_t offloaded = 0;

	if (!qdisc->present || (to->ifindex && to->ifindex != qdisc->ifindex))
		return 0;
	nl_begin(to->reply, to->request, RTM_NEWQDISC, NLM_F_MULTI, &tc, sizeof(tc));
	nl_put(to->reply, TCA_KIND, QDISC, sizeof(QDISC));
	nl_put(to->reply, TCA_OPTIONS, NULL, 0);
	nl_put(to->reply, TCA_HW_OFFLOAD_ATTR, &offloaded, sizeof(offloaded));
	nl_end(to->reply);
	return 0;
}

int get_qdiscs(const struct nl_request *request, struct nl_reply *reply)
{
	const struct tcmsg *tc = request->body;
	struct listing to = { request, reply, tc->tcm_ifindex };

	if ((request->header->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		return -EOPNOTSUPP;
	return tc_each(put_qdisc, &to);
}

/* ---- filters: what is told ---- */

static void put_options(struct nl_reply *reply, const struct tc_filter *filter)
{
	struct kern_prog *prog;

	nl_nest_begin(reply, TCA_OPTIONS);
	if (filter->has_name)
		nl_put(reply, TCA_BPF_NAME, filter->name, strlen(filter->name) + 1);
	nl_put_u32(reply, TCA_BPF_ID, filter->prog_id);
	if (!prog_get(filter->prog_id, &prog)) {
		nl_put(reply, TCA_BPF_TAG, prog->shared->tag, sizeof(prog->shared->tag));
		prog_put(prog);
	}
	if (filter->flags)
		nl_put_u32(reply, TCA_BPF_FLAGS, filter->flags);
	nl_put_u32(reply, TCA_BPF_FLAGS_GEN, filter->flags_gen | TCA_CLS_FLAGS_NOT_IN_HW);
	nl_nest_end(reply);
}

/* @whole: else only that the priority is there. */
static void put_filter(struct nl_reply *reply, const struct nl_request *request, uint16_t flags,
		       uint32_t ifindex, const struct tc_filter *filter, bool whole)
{
	struct tcmsg tc = {
		.tcm_ifindex = ifindex,
		.tcm_handle = whole ? filter->handle : 0,
		.tcm_parent = filter->egress ? PARENT_OUT : PARENT_IN,
		.tcm_info = TC_H_MAKE(filter->priority << 16, filter->protocol),
	};

	nl_begin(reply, request, RTM_NEWTFILTER, flags, &tc, sizeof(tc));
	nl_put(reply, TCA_KIND, CLASSIFIER, sizeof(CLASSIFIER));
	nl_put_u32(reply, TCA_CHAIN, 0);
	if (whole)
		put_options(reply, filter);
	nl_end(reply);
}

static void put_filters(struct nl_reply *reply, const struct nl_request *request,
			const struct tc_qdisc *qdisc, bool egress)
{
	uint32_t priority = 0;

	for (uint32_t i = 0; i < qdisc->cnt; i++) {
		const struct tc_filter *filter = &qdisc->filters[i];

		if (!filter->egress == egress)
			continue;
		if (filter->priority != priority)
			put_filter(reply, request, NLM_F_MULTI, qdisc->ifindex, filter, false);
		priority = filter->priority;
		put_filter(reply, request, NLM_F_MULTI, qdisc->ifindex, filter, true);
	}
}

/* ---- filters: which one ---- */

struct filter_request {
	struct tc_qdisc qdisc;
	const struct nlattr *attrs[TCA_MAX + 1];
	uint32_t ifindex, handle, priority;
	uint16_t protocol, flags;
	bool egress;
	int first;		/* of that priority; -1: none */
	int at;			/* the one with that handle; -1: none */
	uint32_t side_cnt;	/* filters on that side */
};

static void find(struct filter_request *r)
{
	r->first = r->at = -1;
	for (uint32_t i = 0; i < r->qdisc.cnt; i++) {
		const struct tc_filter *filter = &r->qdisc.filters[i];

		if (!filter->egress == r->egress)
			continue;
		r->side_cnt++;
		if (filter->priority != r->priority)
			continue;
		if (r->first < 0)
			r->first = i;
		if (r->handle && filter->handle == r->handle)
			r->at = i;
	}
}

static int find_side(struct filter_request *r, uint32_t parent, struct nl_reply *reply)
{
	if (!interface_is_there(r->ifindex))
		return -ENODEV;
	if (!parent)
		return nl_refuse(reply, -EINVAL, "Qdisc not classful");
	if (TC_H_MAJ(parent) != TC_H_MAJ(TC_H_CLSACT) || !r->qdisc.present)
		return nl_refuse(reply, -EINVAL, "Parent Qdisc doesn't exists");
	if (parent != PARENT_IN && parent != PARENT_OUT)
		return nl_refuse(reply, -ENOENT, "Specified class doesn't exist");
	r->egress = parent == PARENT_OUT;
	find(r);
	return 0;
}

static int read_filter_request(const struct nl_request *request, struct filter_request *r)
{
	const struct tcmsg *tc = request->body;
	int err;

	memset(r, 0, sizeof(*r));
	r->ifindex = tc->tcm_ifindex;
	r->handle = tc->tcm_handle;
	r->priority = TC_H_MAJ(tc->tcm_info) >> 16;
	r->protocol = TC_H_MIN(tc->tcm_info);
	r->flags = request->header->nlmsg_flags;
	nl_parse(r->attrs, TCA_MAX, request, sizeof(*tc));
	err = tc_load(r->ifindex, &r->qdisc);
	return err == -ENOENT ? 0 : err;
}

/* A priority has one protocol and one kind of classifier. */
static int check_match(const struct filter_request *r, struct nl_reply *reply)
{
	if (r->protocol && r->qdisc.filters[r->first].protocol != r->protocol)
		return nl_refuse(reply, -EINVAL,
				 "Protocol mismatch for filter with specified priority");
	if (r->attrs[TCA_KIND] && !nl_is(r->attrs[TCA_KIND], CLASSIFIER))
		return nl_refuse(reply, -EINVAL,
				 "Specified filter kind does not match existing one");
	return 0;
}

static int find_existing(const struct filter_request *r, struct nl_reply *reply)
{
	if (r->first < 0)
		return nl_refuse(reply, -ENOENT,
				 "Filter with specified priority/protocol not found");
	return check_match(r, reply);
}

/* ---- filters: get ---- */

int get_filters(const struct nl_request *request, struct nl_reply *reply)
{
	const struct tcmsg *tc = request->body;
	struct filter_request r;
	int err = read_filter_request(request, &r);

	if (err)
		return err;
	if ((r.flags & NLM_F_DUMP) == NLM_F_DUMP) {
		if (tc->tcm_parent == PARENT_IN || tc->tcm_parent == PARENT_OUT)
			put_filters(reply, request, &r.qdisc, tc->tcm_parent == PARENT_OUT);
		return 0;
	}
	if (!r.priority)
		return nl_refuse(reply, -ENOENT, "Invalid filter command with priority of zero");
	err = find_side(&r, tc->tcm_parent, reply);
	if (err)
		return err;
	if (!r.side_cnt)
		return nl_refuse(reply, -EINVAL, "Cannot find specified filter chain");
	err = find_existing(&r, reply);
	if (err)
		return err;
	if (r.at < 0)
		return nl_refuse(reply, -ENOENT, "Specified filter handle not found");
	put_filter(reply, request, r.flags, r.ifindex, &r.qdisc.filters[r.at], true);
	return 0;
}

/* ---- filters: new ---- */

static int read_program(const struct nlattr *const *bpf, struct kern_prog **prog)
{
	uint32_t fd;
	int err;

	if (!bpf[TCA_BPF_FD])	/* nor classic BPF, which does not exist here */
		return bpf[TCA_BPF_OPS] ? -EOPNOTSUPP : -EINVAL;
	err = nl_u32(bpf[TCA_BPF_FD], &fd);
	err = err ? err : prog_get_fd(fd, prog);
	if (err || (*prog)->shared->type == BPF_PROG_TYPE_SCHED_CLS)
		return err;
	prog_put(*prog);
	return -EINVAL;
}

static int read_options(const struct filter_request *r, struct tc_filter *filter,
			struct kern_prog **prog)
{
	const struct nlattr *bpf[TCA_BPF_MAX + 1];
	int err;

	if (!r->attrs[TCA_OPTIONS])
		return -EINVAL;
	nl_parse_nest(bpf, TCA_BPF_MAX, r->attrs[TCA_OPTIONS]);
	err = nl_u32(bpf[TCA_BPF_FLAGS], &filter->flags);
	err = err ? err : nl_u32(bpf[TCA_BPF_FLAGS_GEN], &filter->flags_gen);
	if (err)
		return err;
	if (filter->flags & ~TCA_BPF_FLAG_ACT_DIRECT ||
	    filter->flags_gen & ~(TCA_CLS_FLAGS_SKIP_HW | TCA_CLS_FLAGS_SKIP_SW))
		return -EINVAL;
	if (filter->flags_gen & TCA_CLS_FLAGS_SKIP_SW)	/* no interface here can */
		return -EOPNOTSUPP;
	if (bpf[TCA_BPF_NAME]) {
		filter->has_name = 1;
		memcpy(filter->name, nl_data(bpf[TCA_BPF_NAME]),
		       MIN(nl_size(bpf[TCA_BPF_NAME]), sizeof(filter->name) - 1));
	}
	err = read_program(bpf, prog);
	if (!err)
		filter->prog_id = (*prog)->id;
	return err;
}

static uint32_t free_handle(const struct filter_request *r)
{
	uint32_t handle = 0;
	bool taken = true;

	while (taken) {
		handle++;
		taken = false;
		for (uint32_t i = 0; i < r->qdisc.cnt; i++)
			taken |= !r->qdisc.filters[i].egress == !r->egress &&
				 r->qdisc.filters[i].priority == r->priority &&
				 r->qdisc.filters[i].handle == handle;
	}
	return handle;
}

/* In front of those that are there already. */
static uint32_t auto_priority(const struct filter_request *r)
{
	for (uint32_t i = 0; i < r->qdisc.cnt; i++)
		if (!r->qdisc.filters[i].egress == !r->egress)
			return r->qdisc.filters[i].priority - 1;
	return FIRST_AUTO_PRIORITY;
}

/* Rising priorities; of one priority the newest comes first. */
static void insert(struct tc_qdisc *qdisc, const struct tc_filter *filter)
{
	uint32_t at = 0;

	while (at < qdisc->cnt && qdisc->filters[at].priority < filter->priority)
		at++;
	memmove(&qdisc->filters[at + 1], &qdisc->filters[at],
		(qdisc->cnt++ - at) * sizeof(*filter));
	qdisc->filters[at] = *filter;
}

static int check_new(struct filter_request *r, struct nl_reply *reply)
{
	static const char need_both[] =
		"Need both RTM_NEWTFILTER and NLM_F_CREATE to create a new filter";

	if (r->first >= 0) {
		int err = check_match(r, reply);

		if (err)
			return err;
		r->protocol = r->qdisc.filters[r->first].protocol;
	} else if (!r->protocol || !r->attrs[TCA_KIND]) {
		return nl_refuse(reply, -EINVAL, "Filter kind and protocol must be specified");
	} else if (!(r->flags & NLM_F_CREATE)) {
		return nl_refuse(reply, -ENOENT, need_both);
	} else if (!nl_is(r->attrs[TCA_KIND], CLASSIFIER)) {
		return nl_refuse(reply, -ENOENT, "TC classifier not found");
	}
	if (r->at >= 0)
		return r->flags & NLM_F_EXCL ? nl_refuse(reply, -EEXIST, "Filter already exists")
					     : 0;
	if (!(r->flags & NLM_F_CREATE))
		return nl_refuse(reply, -ENOENT, need_both);
	return r->qdisc.cnt == TC_FILTERS_MAX ? -ENOSPC : 0;
}

static int save_filter(struct filter_request *r, struct tc_filter *filter, struct kern_prog *prog)
{
	uint32_t gone = 0;

	filter->egress = r->egress;
	filter->priority = r->priority;
	filter->protocol = r->protocol;
	filter->handle = r->handle ? r->handle : free_handle(r);
	if (r->at >= 0) {
		gone = r->qdisc.filters[r->at].prog_id;
		r->qdisc.filters[r->at] = *filter;
	} else {
		insert(&r->qdisc, filter);
	}
	return tc_save(&r->qdisc, prog, gone);
}

static int make_filter(const struct nl_request *request, struct nl_reply *reply)
{
	const struct tcmsg *tc = request->body;
	struct tc_filter filter = { 0 };
	struct kern_prog *prog;
	struct filter_request r;
	int err = read_filter_request(request, &r);

	if (err)
		return err;
	if (!r.priority && !(r.flags & NLM_F_CREATE))
		return nl_refuse(reply, -ENOENT, "Invalid filter command with priority of zero");
	err = find_side(&r, tc->tcm_parent, reply);
	if (err)
		return err;
	if (!r.priority)
		r.priority = auto_priority(&r);
	err = check_new(&r, reply);
	err = err ? err : read_options(&r, &filter, &prog);
	if (err)
		return err;
	err = save_filter(&r, &filter, prog);
	prog_put(prog);
	if (!err && r.flags & NLM_F_ECHO)
		put_filter(reply, request, r.flags, r.ifindex, &filter, true);
	return err;
}

int new_filter(const struct nl_request *request, struct nl_reply *reply)
{
	return locked(make_filter, request, reply);
}

/* ---- filters: delete ---- */

static int remove_one(struct filter_request *r)
{
	uint32_t gone = r->qdisc.filters[r->at].prog_id;

	memmove(&r->qdisc.filters[r->at], &r->qdisc.filters[r->at + 1],
		(--r->qdisc.cnt - r->at) * sizeof(r->qdisc.filters[0]));
	return tc_save(&r->qdisc, NULL, gone);
}

static int remove_filter(const struct nl_request *request, struct nl_reply *reply)
{
	const struct tcmsg *tc = request->body;
	struct filter_request r;
	int err = read_filter_request(request, &r);

	if (err)
		return err;
	if (!r.priority && (r.protocol || r.handle || r.attrs[TCA_KIND]))
		return nl_refuse(reply, -ENOENT,
				 "Cannot flush filters with protocol, handle or kind set");
	err = find_side(&r, tc->tcm_parent, reply);
	if (err)
		return err;
	if (!r.priority)
		return tc_flush(&r.qdisc, r.egress, 0);
	if (!r.side_cnt)
		return nl_refuse(reply, -ENOENT, "Cannot find specified filter chain");
	err = find_existing(&r, reply);
	if (err)
		return err;
	if (!r.handle)
		return tc_flush(&r.qdisc, r.egress, r.priority);
	if (r.at < 0)
		return nl_refuse(reply, -ENOENT, "Specified filter handle not found");
	return remove_one(&r);
}

int del_filter(const struct nl_request *request, struct nl_reply *reply)
{
	return locked(remove_filter, request, reply);
}
