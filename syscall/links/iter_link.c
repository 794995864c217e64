/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Links of iterators: what they are made with, what they tell. Whoever opens one reads: iters room. */
#include <stdio.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "fault.h"
#include "helpers.h"
#include "links_private.h"

#define TAIL_MAX 4096u

/* The caller's struct may be longer than ours, with zeros. */
static int copy_info(const union bpf_attr *attr, union bpf_iter_link_info *info)
{
	uint64_t user = attr->link_create.iter_info;
	uint32_t size = attr->link_create.iter_info_len;
	char tail[256];

	memset(info, 0, sizeof(*info));
	if (!user != !size)
		return -EINVAL;
	if (size > TAIL_MAX)
		return -E2BIG;
	for (uint32_t at = sizeof(*info); at < size; at += sizeof(tail)) {
		uint32_t step = MIN(size - at, sizeof(tail));

		if (user_read(tail, user + at, step))
			return -EFAULT;
		if (!is_zero(tail, step))
			return -E2BIG;
	}
	return size ? user_read(info, user, MIN(size, sizeof(*info))) : 0;
}

static bool may_be_walked(const struct kern_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return map->ops->for_each;
	default:
		return false;
	}
}

static int get_map(const struct kern_prog *prog, int fd, struct kern_map **out)
{
	struct kern_map *map;
	int err = fd ? map_get_fd(fd, &map, NULL) : -EBADF;

	if (err)
		return err;
	if (!may_be_walked(map))
		err = -EINVAL;
	else if (prog->shared->max_rdonly_buf > map->key_size ||
		 prog->shared->max_rdwr_buf > map_user_value_size(map))
		err = -EACCES;
	if (err)
		map_put(map);
	else
		*out = map;
	return err;
}

static int publish(struct kern_prog *prog, struct kern_map *map)
{
	struct link_shared *shared;
	struct store_obj *obj;
	int err = store_create(STORE_LINK, 0, &obj);

	if (err)
		return err;
	shared = link_shared_of(obj);
	shared->link_type = BPF_LINK_TYPE_ITER;
	shared->attach_type = BPF_TRACE_ITER;
	store_edge_to(obj, prog->obj);
	if (map) {
		shared->info[0] = map->id;
		store_edge_to(obj, map->obj);
	}
	return store_publish(obj, STORE_READ | STORE_CREATED);
}

int iter_link_create(const union bpf_attr *attr, struct kern_prog *prog)
{
	const struct iter_target *target;
	union bpf_iter_link_info info;
	struct kern_map *map = NULL;
	int ret;

	if (attr->link_create.target_fd || attr->link_create.flags)
		return -EINVAL;
	ret = copy_info(attr, &info);
	if (ret)
		return ret;
	target = iter_target(prog->shared->target);
	if (!target || target->facts.not_here)
		return -ENOENT;
	/* None of those that are here gives way to others while it walks. */
	if (prog->shared->prog_flags & BPF_F_SLEEPABLE)
		return -EINVAL;
	if (target->of_map)
		ret = get_map(prog, info.map.map_fd, &map);
	ret = ret ? ret : publish(prog, map);
	if (map)
		map_put(map);
	return ret;
}

/* ---- what a link tells ---- */

/* By its program, which only one of the same iterator takes the place of. */
static int name_of(const struct store_obj *obj, char *name, size_t size)
{
	struct kern_prog *prog;
	int err = prog_get(link_prog_id(obj), &prog);

	if (err)
		return err;
	snprintf(name, size, "%s", prog->shared->target + strlen(ITER_FUNCTION));
	prog_put(prog);
	return 0;
}

int iter_link_fill_info(const struct store_obj *obj, struct bpf_link_info *info)
{
	uint64_t user = info->iter.target_name;
	uint32_t room = info->iter.target_name_len;
	char name[PROG_TARGET_NAME];
	int err;

	if (!user != !room)
		return -EINVAL;
	err = name_of(obj, name, sizeof(name));
	if (err)
		return err;
	info->iter.target_name_len = strlen(name) + 1;
	err = user ? link_give_name(name, user, room) : 0;
	if (!err)
		info->iter.map.map_id = link_shared_of(obj)->info[0];
	return err;
}

int iter_link_fdinfo(const struct store_obj *obj, char *buf, size_t size)
{
	uint32_t map = link_shared_of(obj)->info[0];
	char name[PROG_TARGET_NAME];
	int len;

	if (name_of(obj, name, sizeof(name)))
		return 0;
	len = snprintf(buf, size, "target_name:\t%s\n", name);
	if (map && (size_t)len < size)
		len += snprintf(buf + len, size - len, "map_id:\t%u\n", map);
	return len;
}
