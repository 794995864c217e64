/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* PROG_QUERY: what is attached to a cgroup or an interface, in order. */
#include <sys/stat.h>
#include <sys/vfs.h>

#include "attach_types.h"
#include "bits.h"
#include "err.h"
#include "fault.h"
#include "ordered.h"
#include "privilege.h"

#define NSFS_MAGIC 0x6e736673
#define ROOM	   (64u * ATTACH_MAX)	/* programs that a deep cgroup may inherit */

/* What is told; fields a family does not tell stay as the caller had them. */
struct answer {
	uint32_t attach_flags, cnt;
	uint64_t revision;
	uint32_t revision_from;	/* attr size from which on it is told; 0: never */
	const struct attach_list *list;	/* for flags and links; NULL: ids only */
	const uint32_t *ids;
};

/* The caller's attr. */
struct asker {
	const union bpf_attr *attr;	/* a complete copy */
	uint64_t user;
	uint32_t size;
};

static int put(const struct asker *to, size_t offset, const void *value, size_t size)
{
	return user_write(to->user + offset, value, size);
}

#define PUT(to, field, value) put(to, offsetof(union bpf_attr, query.field), value, sizeof(*(value)))

/* Callers that were built for older kernels have no room for a cgroup's revision. */
#define REVISION_KNOWN (offsetof(union bpf_attr, query.revision) + sizeof(__u64))

/* One array of u32 of the caller. */
static int put_each(uint64_t user_array, const struct answer *answer, uint32_t cnt,
		    uint32_t (*value)(const struct answer *answer, uint32_t i))
{
	for (uint32_t i = 0; user_array && i < cnt; i++) {
		uint32_t word = value(answer, i);

		if (user_write(user_array + i * sizeof(word), &word, sizeof(word)))
			return -EFAULT;
	}
	return 0;
}

static uint32_t id_at(const struct answer *answer, uint32_t i)
{
	return answer->ids ? answer->ids[i] : answer->list->at[i].prog_id;
}

static uint32_t mode_at(const struct answer *answer, uint32_t i)
{
	(void)i;
	return answer->attach_flags;
}

static uint32_t link_at(const struct answer *answer, uint32_t i)
{
	return answer->list->at[i].link_id;
}

static uint32_t nothing_at(const struct answer *answer, uint32_t i)
{
	(void)answer;
	(void)i;
	return 0;
}

static int tell_head(const struct asker *to, const struct answer *answer)
{
	int err = PUT(to, attach_flags, &answer->attach_flags);

	err = err ? err : PUT(to, prog_cnt, &answer->cnt);
	if (!err && answer->revision_from && to->size >= answer->revision_from)
		err = PUT(to, revision, &answer->revision);
	return err;
}

/* Arrays that are too short are filled as far as they go. */
static uint32_t told_cnt(const struct asker *to, const struct answer *answer, int *err)
{
	if (to->attr->query.prog_cnt >= answer->cnt)
		return answer->cnt;
	*err = -ENOSPC;
	return to->attr->query.prog_cnt;
}

/* ---- cgroups ---- */

static int tell_cgroup(const struct asker *to, const struct answer *answer)
{
	const union bpf_attr *attr = to->attr;
	int err = tell_head(to, answer), short_err = 0;
	uint32_t cnt;

	if (err || !attr->query.prog_cnt || !attr->query.prog_ids || !answer->cnt)
		return err;
	cnt = told_cnt(to, answer, &short_err);
	err = put_each(attr->query.prog_ids, answer, cnt, id_at);
	err = err ? err : put_each(attr->query.prog_attach_flags, answer, cnt, mode_at);
	return err ? err : short_err;
}

static int query_effective(const struct asker *to, const struct bpfx_hook *hook,
			   const struct cgroup *cgroup)
{
	struct answer answer = { .revision_from = REVISION_KNOWN };
	uint32_t ids[ROOM];
	int cnt = 0;

	if (to->attr->query.prog_attach_flags)
		return -EINVAL;
	if (hook)
		cnt = cgroup_rules_effective(hook, cgroup, ids, ROOM);
	if (cnt < 0)
		return cnt;
	answer.cnt = MIN((uint32_t)cnt, ROOM);
	answer.ids = ids;
	return tell_cgroup(to, &answer);
}

static int query_cgroup(const struct asker *to, const struct bpfx_hook *hook)
{
	const union bpf_attr *attr = to->attr;
	const struct cgroup *cgroup;
	struct attach_list list;
	int err;

	err = cgroup_of_fd(attr->query.target_fd, &cgroup);
	if (err)
		return err;
	/* Programs of the security module are told by the function they are attached to. */
	if (attr->query.attach_type == BPF_LSM_CGROUP)
		return -EINVAL;
	if (attr->query.query_flags & BPF_F_QUERY_EFFECTIVE)
		return query_effective(to, hook, cgroup);
	if (hook)
		err = attach_list_load(hook, cgroup->target, &list);
	else
		attach_list_init("", BPFX_HOOK_CGROUP, cgroup->target, &list);
	return err ? err : tell_cgroup(to, &(struct answer){
		.attach_flags = list.flags,
		.cnt = list.cnt,
		.revision = list.revision,
		.revision_from = REVISION_KNOWN,
		.list = &list,
	});
}

/* ---- interfaces ---- */

static int tell_mprog(const struct asker *to, const struct answer *answer)
{
	const union bpf_attr *attr = to->attr;
	int err = tell_head(to, answer), short_err = 0;
	uint32_t cnt;

	if (err || !attr->query.prog_cnt || !attr->query.prog_ids || !answer->cnt)
		return err;
	cnt = told_cnt(to, answer, &short_err);
	err = put_each(attr->query.prog_ids, answer, cnt, id_at);
	err = err ? err : put_each(attr->query.prog_attach_flags, answer, cnt, nothing_at);
	err = err ? err : put_each(attr->query.link_ids, answer, cnt, link_at);
	err = err ? err : put_each(attr->query.link_attach_flags, answer, cnt, nothing_at);
	return err ? err : short_err;
}

static int query_mprog(const struct asker *to, const struct bpfx_hook *hook)
{
	const union bpf_attr *attr = to->attr;
	struct ordered_place place;
	struct attach_list list;
	int err;

	if (!hook)
		return -EINVAL;
	err = ordered_place_find(hook, attr->query.target_ifindex, 0, NULL, &place);
	if (err)
		return err;
	if (attr->query.query_flags || attr->query.attach_flags)
		return -EINVAL;
	err = attach_list_load(hook, place.target, &list);
	return err ? err : tell_mprog(to, &(struct answer){
		.cnt = list.cnt,
		.revision = list.revision,
		/* Linux writes it whatever the size. */
		.revision_from = 1,
		.list = &list,
	});
}

/* ---- where nothing can be attached here ---- */

static bool is_netns(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == NSFS_MAGIC;
}

static bool is_open(int fd)
{
	struct stat st;

	return !fstat(fd, &st);
}

static const struct {
	uint32_t attach_type;
	bool query, detach;	/* looks at the fd */
} others[] = {
	{ BPF_SK_SKB_STREAM_PARSER, true, true },
	{ BPF_SK_SKB_STREAM_VERDICT, true, true },
	{ BPF_SK_MSG_VERDICT, true, true },
	{ BPF_SK_SKB_VERDICT, true, true },
	{ BPF_FLOW_DISSECTOR, true, false },
	{ BPF_SK_LOOKUP, true, false },
};

static int other_error(uint32_t attach_type, int fd, bool query)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(others); i++)
		if (others[i].attach_type == attach_type &&
		    (query ? others[i].query : others[i].detach))
			return is_open(fd) ? -EINVAL : -EBADF;
	return -EINVAL;
}

int attach_other_error(uint32_t attach_type, int target_fd)
{
	const struct cgroup *cgroup;
	int err = attach_type == BPF_LSM_MAC ? cgroup_of_fd(target_fd, &cgroup) : 0;

	return err ? err : other_error(attach_type, target_fd, false);
}

/* A network namespace has no programs of its own here. */
static int query_other(const struct asker *to)
{
	const union bpf_attr *attr = to->attr;
	uint32_t type = attr->query.attach_type;

	if ((type == BPF_FLOW_DISSECTOR || type == BPF_SK_LOOKUP) && !attr->query.query_flags &&
	    is_netns(attr->query.target_fd))
		return tell_head(to, &(struct answer){ 0 });
	if (attr->query.query_flags)
		return -EINVAL;
	return other_error(type, attr->query.target_fd, true);
}

int prog_query(const union bpf_attr *attr, uint64_t user, uint32_t user_size)
{
	const struct asker to = { attr, user, user_size };
	const struct bpfx_hook *hook;
	int err = privileged(PRIVILEGE_NET_ADMIN) ? 0 : -EPERM;

	if (err)
		return err;

	if (attr->query.query_flags & ~BPF_F_QUERY_EFFECTIVE)
		return -EINVAL;
	err = attach_hook_of(attr->query.attach_type, &hook);
	if (err)
		return err;
	switch (attach_family_of(attr->query.attach_type)) {
	case ATTACH_FAMILY_CGROUP:
		return query_cgroup(&to, hook);
	case ATTACH_FAMILY_MPROG:
		return query_mprog(&to, hook);
	default:
		return query_other(&to);
	}
}
