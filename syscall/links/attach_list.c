/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Lists of attachments. A link that dies with its process tells nobody: whoever reads a list takes
 * dead links out and counts its revision on as Linux would have when they went.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "attach_list.h"
#include "bits.h"
#include "cgroups.h"
#include "err.h"

#define RECORD "list-"

_Static_assert(sizeof(struct attach_list) <= sizeof(((struct store_record *)0)->room),
	       "a list fits into a record");
_Static_assert(ATTACH_MAX <= STORE_RECORD_EDGES, "a record refers to all programs of a list");

static void record_name(char *out, size_t size, const char *hook, uint64_t target)
{
	snprintf(out, size, RECORD "%.31s-%llx", hook, (unsigned long long)target);
	for (char *slash = strchr(out, '/'); slash; slash = strchr(slash, '/'))
		*slash = '!';
}

uint64_t attach_own_netns(void)
{
	struct stat st;

	return stat("/proc/self/ns/net", &st) ? 0 : st.st_ino;
}

bool attach_target_is_gone(uint32_t hook_flags, uint64_t target, uint64_t netns)
{
	char name[IF_NAMESIZE];

	if (hook_flags & BPFX_HOOK_CGROUP)
		return cgroup_is_gone(target);
	/* Interfaces of other namespaces cannot be seen from here. */
	return netns && netns == attach_own_netns() && !if_indextoname(target, name);
}

/* ---- reading ---- */

void attach_list_drop(struct attach_list *list, uint32_t at)
{
	memmove(&list->at[at], &list->at[at + 1], (--list->cnt - at) * sizeof(list->at[0]));
	list->revision++;
	if (!list->cnt) {
		list->flags = 0;
		/* Linux frees the list of an interface with its last program. */
		if (list->hook_flags & BPFX_HOOK_MPROG)
			list->revision = 1;
	}
}

/* Is the link still there; its program may have been replaced. */
static bool link_lives(struct attach_entry *entry)
{
	struct store_obj *obj;
	bool lives;

	if (!store_alive(STORE_LINK, entry->link_id) ||
	    store_get(STORE_LINK, entry->link_id, &obj))
		return false;
	lives = !link_shared_of(obj)->detached;
	entry->prog_id = link_prog_id(obj);
	store_put(obj);
	return lives;
}

static void drop_dead(struct attach_list *list)
{
	for (uint32_t i = 0; i < list->cnt;) {
		if (list->at[i].link_id && !link_lives(&list->at[i]))
			attach_list_drop(list, i);
		else
			i++;
	}
}

static bool take_from(const struct store_record *record, struct attach_list *list)
{
	memcpy(list, record->room, sizeof(*list));
	return list->cnt <= ATTACH_MAX && memchr(list->hook, 0, sizeof(list->hook));
}

void attach_list_init(const char *hook, uint32_t hook_flags, uint64_t target,
		      struct attach_list *list)
{
	memset(list, 0, sizeof(*list));
	strncpy(list->hook, hook, LINK_HOOK_NAME - 1);
	list->target = target;
	list->hook_flags = hook_flags & (BPFX_HOOK_CGROUP | BPFX_HOOK_MPROG);
	list->revision = 1;
	if (!(hook_flags & BPFX_HOOK_CGROUP))
		list->netns = attach_own_netns();
}

int attach_list_load(const struct bpfx_hook *hook, uint64_t target, struct attach_list *list)
{
	struct store_record record;
	char name[64];
	int err;

	record_name(name, sizeof(name), hook->name, target);
	err = store_record_read(name, &record);
	if (err && err != -ENOENT)
		return err;
	if (!err && take_from(&record, list) &&
	    !attach_target_is_gone(hook->flags, target, list->netns))
		drop_dead(list);
	else
		attach_list_init(hook->name, hook->flags, target, list);
	return 0;
}

struct each {
	int (*fn)(struct attach_list *list, void *arg);
	void *arg;
};

static int each_record(const char *name, const struct store_record *record, void *arg)
{
	const struct each *each = arg;
	struct attach_list list;

	(void)name;
	if (!take_from(record, &list) ||
	    attach_target_is_gone(list.hook_flags, list.target, list.netns))
		return 0;
	drop_dead(&list);
	return each->fn(&list, each->arg);
}

int attach_list_each(const struct bpfx_hook *hook, int (*fn)(struct attach_list *list, void *arg),
		     void *arg)
{
	struct each each = { fn, arg };
	char prefix[64];

	record_name(prefix, sizeof(prefix), hook->name, 0);
	prefix[strlen(prefix) - 1] = 0;
	return store_record_each(prefix, each_record, &each);
}

/* ---- writing ---- */

int attach_list_save(const struct attach_list *list)
{
	struct store_record record = { 0 };
	char name[64];

	record_name(name, sizeof(name), list->hook, list->target);
	if (!list->cnt && !(list->hook_flags & BPFX_HOOK_CGROUP)) {
		store_record_remove(name);
		return 0;
	}
	for (uint32_t i = 0; i < list->cnt; i++)
		if (!list->at[i].link_id)
			record.edges[record.edge_cnt++] =
				(struct store_edge){ STORE_PROG, list->at[i].prog_id };
	memcpy(record.room, list, sizeof(*list));
	return store_record_write(name, &record);
}

/* ---- sweeping ---- */

/* Does it say anything: a cgroup's revision counts on when nothing is attached any more. */
static bool says_something(const struct attach_list *list)
{
	if (list->hook_flags & BPFX_HOOK_CGROUP)
		return true;
	for (uint32_t i = 0; i < list->cnt; i++)
		if (!list->at[i].link_id || store_exists(STORE_LINK, list->at[i].link_id))
			return true;
	return false;
}

static bool list_is_kept(const struct store_record *record)
{
	struct attach_list list;

	return take_from(record, &list) && says_something(&list) &&
	       !attach_target_is_gone(list.hook_flags, list.target, list.netns);
}

/* What was attached without a link to something that is gone now goes. A count that is too high, as
 * of filters, only costs a look. */
static void record_removed(const char *name, const struct store_record *record)
{
	struct attach_list list;

	if (!strncmp(name, RECORD, strlen(RECORD)) && record->edge_cnt && take_from(record, &list))
		store_hook_changed(list.hook, -(int)record->edge_cnt);
}

static bool is_kept(const char *name, const struct store_record *record)
{
	if (!strncmp(name, RECORD, strlen(RECORD)))
		return list_is_kept(record);
	if (!strncmp(name, TC_RECORD, strlen(TC_RECORD)))
		return tc_record_is_kept(record);
	return cgroup_record_is_kept(name);
}

__attribute__((constructor)) static void register_room(void)
{
	store_set_records(is_kept, record_removed);
}
