/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Taking a snapshot of a hook's attachments from the store: links by themselves in order of their ids,
 * which is the order of attachment, or the lists of a hook that keeps them in an order of its own. */
#include <stdlib.h>
#include <string.h>

#include "bare.h"
#include "err.h"
#include "hooks.h"
#include "ordered.h"
#include "perf_event.h"
#include "snapshot.h"

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (uint32_t i = 0; i < snapshot->cnt; i++) {
		prog_put(snapshot->at[i].prog);
		if (snapshot->at[i].link)
			store_put(snapshot->at[i].link);
	}
	for (uint32_t i = 0; i < snapshot->event_cnt; i++)
		store_put(snapshot->events[i]);
	free(snapshot->events);
	free(snapshot->at);
	free(snapshot->lists);
	free(snapshot);
}

/* Room for one more; it is not counted yet. */
static struct attachment *next_attachment(struct snapshot *snapshot)
{
	struct attachment *grown = realloc(snapshot->at, (snapshot->cnt + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	snapshot->at = grown;
	return &grown[snapshot->cnt];
}

static int add(struct snapshot *snapshot, const struct attachment *facts, uint32_t prog_id)
{
	struct attachment *at = next_attachment(snapshot);
	int err;

	if (!at)
		return -ENOMEM;
	*at = *facts;
	err = prog_get(prog_id, &at->prog);
	if (!err)
		snapshot->cnt++;
	return err;
}

/* ---- links by themselves ---- */

/* Consumes the use of @obj. */
static int add_link(struct snapshot *snapshot, struct store_obj *obj, uint32_t flags)
{
	struct attachment facts = {
		.target = link_shared_of(obj)->target,
		.cookie = link_shared_of(obj)->cookie,
		.run_id = obj->id,
		.flags = flags,
		.link = obj,
	};
	int err = add(snapshot, &facts, link_prog_id(obj));

	if (err)
		store_put(obj);
	return err;
}

static void take_links(struct snapshot *snapshot, const struct bpfx_hook *hook)
{
	uint32_t id = 0;

	while (!store_next_id(STORE_LINK, id, &id)) {
		struct store_obj *obj;

		if (store_get(STORE_LINK, id, &obj))
			continue;
		if (hook_has_link(hook, obj))
			add_link(snapshot, obj, 0);
		else
			store_put(obj);
	}
}

/* ---- perf events of a tracepoint: those that run a program without a link, and all that count ---- */

static int add_event_prog(struct snapshot *snapshot, struct store_obj *event, uint32_t prog_id)
{
	struct attachment facts = {
		.run_id = ATTACH_BARE_RUN(prog_id),
		.link = store_ref(event),
	};
	int err = add(snapshot, &facts, prog_id);

	if (err)
		store_put(event);
	return err == -ENOMEM ? err : 0;
}

static int take_event(struct store_obj *event, void *arg)
{
	struct snapshot *snapshot = arg;
	uint32_t prog_id = atomic_load(&perf_shared_of(event)->prog_id);
	struct store_obj **grown;

	grown = realloc(snapshot->events, (snapshot->event_cnt + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	snapshot->events = grown;
	grown[snapshot->event_cnt++] = store_ref(event);
	return prog_id ? add_event_prog(snapshot, event, prog_id) : 0;
}

static uint64_t attached_at(const struct attachment *at)
{
	if (at->link->kind == STORE_PERF)
		return perf_shared_of(at->link)->attached_ns;
	return at->link->header->created_ns;
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = attached_at(a), y = attached_at(b);

	return x < y ? -1 : x > y;
}

static int take_record(struct snapshot *snapshot, const struct bpfx_hook *hook)
{
	int err;

	take_links(snapshot, hook);
	err = perf_events_each(hook, take_event, snapshot);
	if (!err && snapshot->cnt)
		qsort(snapshot->at, snapshot->cnt, sizeof(*snapshot->at), by_time);
	return err;
}

/* ---- filters of traffic control ---- */

struct filters {
	struct snapshot *snapshot;
	bool egress;
};

static int take_filters(const struct tc_qdisc *qdisc, void *arg)
{
	const struct filters *to = arg;

	for (uint32_t i = 0; i < qdisc->cnt; i++) {
		const struct tc_filter *filter = &qdisc->filters[i];
		struct attachment facts = {
			.target = qdisc->ifindex,
			.cookie = tc_cookie(filter),
			.run_id = ATTACH_BARE_RUN(filter->prog_id),
		};

		if (!filter->egress == !to->egress &&
		    add(to->snapshot, &facts, filter->prog_id) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

/* ---- lists ---- */

static int add_entry(struct snapshot *snapshot, const struct attach_entry *entry, uint64_t target)
{
	struct attachment facts = {
		.target = target,
		.run_id = attach_run_id(entry),
		.flags = entry->flags,
	};
	struct store_obj *obj;

	if (!entry->link_id)
		return add(snapshot, &facts, entry->prog_id);
	if (store_get(STORE_LINK, entry->link_id, &obj))
		return 0;		/* gone since the list was read */
	return add_link(snapshot, obj, entry->flags);
}

static int take_list(struct attach_list *list, void *arg)
{
	struct snapshot *snapshot = arg;
	struct attached_list *grown;

	grown = realloc(snapshot->lists, (snapshot->list_cnt + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	snapshot->lists = grown;
	grown[snapshot->list_cnt] = (struct attached_list){ .target = list->target,
							    .first = snapshot->cnt,
							    .flags = list->flags };
	for (uint32_t i = 0; i < list->cnt; i++)
		if (add_entry(snapshot, &list->at[i], list->target) == -ENOMEM)
			return -ENOMEM;
	grown[snapshot->list_cnt].cnt = snapshot->cnt - grown[snapshot->list_cnt].first;
	snapshot->list_cnt += grown[snapshot->list_cnt].cnt != 0;
	return 0;
}

/* A program that netlink attached stands where a link could. */
static int take_bare(struct attach_list *list, void *arg)
{
	for (uint32_t i = 0; i < list->cnt; i++)
		if (add_entry(arg, &list->at[i], list->target) == -ENOMEM)
			return -ENOMEM;
	return 0;
}

static int take_links_and_bare(struct snapshot *snapshot, const struct bpfx_hook *hook)
{
	take_links(snapshot, hook);
	return attach_list_each(hook, take_bare, snapshot);
}

static int by_target(const void *a, const void *b)
{
	uint64_t x = ((const struct attached_list *)a)->target;
	uint64_t y = ((const struct attached_list *)b)->target;

	return x < y ? -1 : x > y;
}

struct snapshot *snapshot_take(const struct bpfx_hook *hook, uint32_t generation)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	int err = 0;

	if (!snapshot)
		return NULL;
	snapshot->generation = generation;
	if (hook_is_ordered(hook))
		err = attach_list_each(hook, take_list, snapshot);
	else if (hook->flags & BPFX_HOOK_NETLINK)
		err = tc_each(take_filters, &(struct filters){
			snapshot, !strcmp(hook->name, TC_EGRESS_HOOK) });
	else if (hook->flags & BPFX_HOOK_RECORD)
		err = take_record(snapshot, hook);
	else
		err = take_links_and_bare(snapshot, hook);
	if (err) {
		snapshot_free(snapshot);
		return NULL;
	}
	if (snapshot->list_cnt)
		qsort(snapshot->lists, snapshot->list_cnt, sizeof(*snapshot->lists), by_target);
	return snapshot;
}

const struct attached_list *snapshot_list(const struct snapshot *snapshot, uint64_t target)
{
	struct attached_list key = { .target = target };

	if (!snapshot || !snapshot->list_cnt)
		return NULL;
	return bsearch(&key, snapshot->lists, snapshot->list_cnt, sizeof(key), by_target);
}
