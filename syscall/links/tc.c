/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Filters of traffic control: a record per interface that has the clsact queueing discipline. */
#include <stdio.h>
#include <string.h>

#include "attach_list.h"
#include "bare.h"
#include "err.h"
#include "hooks.h"
#include "kill_point.h"
#include "registry.h"

#define RECORD TC_RECORD

_Static_assert(sizeof(struct tc_qdisc) <= sizeof(((struct store_record *)0)->room),
	       "filters fit into a record");
_Static_assert(TC_FILTERS_MAX <= STORE_RECORD_EDGES, "a record refers to all their programs");

static void record_name(char *out, size_t size, uint32_t ifindex)
{
	snprintf(out, size, RECORD "%u", ifindex);
}

static bool take_from(const struct store_record *record, struct tc_qdisc *qdisc)
{
	memcpy(qdisc, record->room, sizeof(*qdisc));
	return qdisc->cnt <= TC_FILTERS_MAX;
}

bool tc_record_is_kept(const struct store_record *record)
{
	struct tc_qdisc qdisc;

	return take_from(record, &qdisc) && !attach_target_is_gone(0, qdisc.ifindex, qdisc.netns);
}

int tc_load(uint32_t ifindex, struct tc_qdisc *qdisc)
{
	struct store_record record;
	char name[64];
	int err;

	record_name(name, sizeof(name), ifindex);
	err = store_record_read(name, &record);
	if (!err && tc_record_is_kept(&record)) {
		take_from(&record, qdisc);
		return 0;
	}
	memset(qdisc, 0, sizeof(*qdisc));
	qdisc->ifindex = ifindex;
	qdisc->netns = attach_own_netns();
	return !err || err == -EINVAL ? -ENOENT : err;
}

/* What this thread changed since it took the lock: programs that went, and whether one came. */
static _Thread_local struct {
	uint32_t cnt, gone[TC_FILTERS_MAX + 1];
	bool any;
} changes;

static void note_gone(uint32_t prog_id)
{
	store_collect(STORE_PROG, prog_id);
	changes.gone[changes.cnt++] = prog_id;
	changes.any = true;
}

/* Both hooks, since one record holds the filters of both. */
void tc_settle(void)
{
	static const char *const names[] = { TC_INGRESS_HOOK, TC_EGRESS_HOOK };

	for (int i = 0; i < 2 && changes.any; i++) {
		const struct bpfx_hook *hook = registry_hook_by_name(names[i]);

		if (!hook || hooks_connect(hook))
			continue;
		hook_changed(hook, 0, 0);
		for (uint32_t g = 0; g < changes.cnt; g++)
			hook_changed(hook, -1, ATTACH_BARE_RUN(changes.gone[g]));
	}
	changes.cnt = 0;
	changes.any = false;
}

int tc_save(const struct tc_qdisc *qdisc, struct kern_prog *added, uint32_t gone)
{
	struct store_record record = { 0 };
	char name[64];
	int err;

	record_name(name, sizeof(name), qdisc->ifindex);
	for (uint32_t i = 0; i < qdisc->cnt; i++)
		record.edges[record.edge_cnt++] =
			(struct store_edge){ STORE_PROG, qdisc->filters[i].prog_id };
	memcpy(record.room, qdisc, sizeof(*qdisc));
	if (added) {
		store_mark_target(added->obj);
		store_hook_changed(TC_INGRESS_HOOK, 1);
		store_hook_changed(TC_EGRESS_HOOK, 1);
	}
	err = store_record_write(name, &record);
	kill_point("tc.saved");
	if (err && added) {
		store_hook_changed(TC_INGRESS_HOOK, -1);
		store_hook_changed(TC_EGRESS_HOOK, -1);
	}
	changes.any |= !err;
	if (!err && gone)
		note_gone(gone);
	return err;
}

/* Programs of @before that are not in @after any more. */
static void let_go(const struct tc_qdisc *before, const struct tc_qdisc *after)
{
	for (uint32_t i = 0, kept = 0; i < before->cnt; i++) {
		if (kept < after->cnt && after->filters[kept].handle == before->filters[i].handle &&
		    after->filters[kept].priority == before->filters[i].priority &&
		    after->filters[kept].egress == before->filters[i].egress) {
			kept++;
			continue;
		}
		note_gone(before->filters[i].prog_id);
	}
}

int tc_flush(const struct tc_qdisc *qdisc, bool egress, uint32_t priority)
{
	struct tc_qdisc after = *qdisc;
	int err;

	after.cnt = 0;
	for (uint32_t i = 0; i < qdisc->cnt; i++)
		if (!qdisc->filters[i].egress == egress ||
		    (priority && qdisc->filters[i].priority != priority))
			after.filters[after.cnt++] = qdisc->filters[i];
	err = tc_save(&after, NULL, 0);
	if (!err)
		let_go(qdisc, &after);
	return err;
}

int tc_remove(const struct tc_qdisc *qdisc)
{
	struct tc_qdisc after = *qdisc;
	int err;

	after.cnt = after.present = 0;
	err = tc_save(&after, NULL, 0);
	if (!err)
		let_go(qdisc, &after);
	return err;
}

uint64_t tc_cookie(const struct tc_filter *filter)
{
	return filter->protocol | (uint64_t)(filter->flags & 1) << 16;
}

struct each {
	int (*fn)(const struct tc_qdisc *qdisc, void *arg);
	void *arg;
};

static int each_record(const char *name, const struct store_record *record, void *arg)
{
	const struct each *each = arg;
	struct tc_qdisc qdisc;

	(void)name;
	if (!tc_record_is_kept(record) || !take_from(record, &qdisc))
		return 0;
	return each->fn(&qdisc, each->arg);
}

int tc_each(int (*fn)(const struct tc_qdisc *qdisc, void *arg), void *arg)
{
	struct each each = { fn, arg };

	return store_record_each(RECORD, each_record, &each);
}
