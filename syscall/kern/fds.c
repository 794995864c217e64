/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What can be done with a bpf fd beside bpf(2): close, mmap, poll, and what /proc says of it. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bits.h"
#include "btf_objects.h"
#include "err.h"
#include "kern_private.h"
#include "links.h"
#include "map_ops.h"
#include "perf_event.h"
#include "progs.h"
#include "raw.h"
#include "store.h"

/* Kinds agree by value. */
_Static_assert((int)KERN_FD_MAP == (int)STORE_MAP && (int)KERN_FD_PROG == (int)STORE_PROG &&
	       (int)KERN_FD_LINK == (int)STORE_LINK && (int)KERN_FD_BTF == (int)STORE_BTF &&
	       (int)KERN_FD_PERF == (int)STORE_PERF,
	       "fd kinds are store kinds");

int kern_fd_kind(int fd)
{
	int saved = errno, kind;

	/* A process that has no store yet may have inherited fds of one: look. */
	if (fd < 0 || (!store_in_use() && !store_fd_may_be_object(fd)) || kern_start())
		kind = 0;
	else
		kind = store_fd_kind(fd, NULL);
	errno = saved;
	return kind > 0 ? kind : KERN_NOT_OURS;
}

int kern_fd_close(int fd)
{
	int saved = errno, err = store_close_fd(fd);

	links_settle();
	errno = saved;
	return err ? KERN_NOT_OURS : 0;
}

int kern_fd_known(int fd)
{
	return store_known_fd(fd);
}

void kern_fds_are_watched(void)
{
	store_fds_are_watched();
}

void kern_fd_duped(int from, int to)
{
	int saved = errno;

	store_duped_fd(from, to);
	links_settle();
	errno = saved;
}

void kern_fd_closed_range(unsigned int first, unsigned int last)
{
	int saved = errno;

	store_closed_range(first, last);
	links_settle();
	errno = saved;
}

/* ---- mmap ---- */

/* One piece of a view: pages of the object's file at a place in the wanted range. */
static int map_piece(int fd, char *base, size_t at, size_t file_offset, size_t length, int prot)
{
	void *mem = raw_mmap(base + at, length, prot, MAP_SHARED | MAP_FIXED, fd, file_offset);

	return mem == MAP_FAILED ? -errno : 0;
}

/* The file has a ring's data once, the view shows it twice. */
static int map_ring(struct kern_map *map, int fd, char *base, size_t offset, size_t length,
		    int prot)
{
	size_t once = 2 * STORE_PAGE + (size_t)map->max_entries, first = 0;
	int err = 0;

	if (offset < once) {
		first = MIN(length, once - offset);
		err = map_piece(fd, base, 0, offset, first, prot);
	}
	if (!err && first < length) {
		size_t in_second = offset + first - once;

		err = map_piece(fd, base, first, 2 * STORE_PAGE + in_second, length - first, prot);
	}
	return err;
}

static int map_memory(struct kern_map *map, void **addr, size_t length, int prot, int flags,
		    off_t offset)
{
	bool writable = prot & PROT_WRITE;
	int fd, err;
	char *base;

	/* Holes first, so that a range the caller gave is replaced in one step. */
	base = raw_mmap(*addr, length, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)),
			-1, 0);
	if (base == MAP_FAILED)
		return -errno;
	fd = store_view_fd(map->obj, writable);
	if (fd < 0) {
		raw_munmap(base, length);
		return fd;
	}
	if (map->base->flags & MAP_OPS_RING)
		err = map_ring(map, fd, base, offset, length, prot);
	else
		err = map_piece(fd, base, 0, offset, length, prot);
	raw_close(fd);
	if (err)
		raw_munmap(base, length);
	else
		*addr = base;
	return err;
}

static int check_mode(uint32_t mode, int prot, int flags)
{
	if ((flags & MAP_TYPE) != MAP_PRIVATE && prot & PROT_WRITE && !(mode & STORE_WRITE))
		return -EACCES;
	if (!(mode & STORE_READ))
		return -EACCES;
	return prot & PROT_EXEC ? -EPERM : 0;	/* anonymous inodes are not executable */
}

/* Linux takes a shared mapping of an fd that must not write for a private one. */
static int check_mmap(const struct kern_map *map, uint32_t mode, int prot, int flags)
{
	if (!map->ops->mmap || map->shared->fields.cnt)
		return -ENOTSUPP;
	if ((flags & MAP_TYPE) == MAP_PRIVATE || !(mode & STORE_WRITE))
		return -EINVAL;
	if (!(prot & PROT_WRITE))
		return 0;
	if (map->shared->frozen)
		return -EPERM;
	return map->map_flags & BPF_F_RDONLY_PROG ? -EACCES : 0;
}

static int mmap_map(void **addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	struct kern_map *map;
	uint32_t mode;
	int err;

	length = round_up64(length, STORE_PAGE);
	err = map_get_fd(fd, &map, &mode);
	if (err)
		return err;
	err = check_mode(mode, prot, flags);
	err = err ? err : check_mmap(map, mode, prot, flags);
	err = err ? err : map->ops->mmap((struct kern_map *)map, offset, length, prot, flags);
	err = err ? err : map_memory(map, addr, length, prot, flags, offset);
	map_put(map);
	return err;
}

/* Objects that cannot be mapped are refused in the same order. */
static int refuse_mmap(int fd, int kind, int prot, int flags)
{
	struct store_obj *obj;
	uint32_t mode;
	int err = store_get_fd(fd, kind, &obj, &mode);

	if (err)
		return err;
	store_put(obj);
	err = check_mode(mode, prot, flags);
	return err ? err : -ENODEV;
}

/* ---- perf events ---- */

static int map_perf(struct store_obj *event, void **addr, size_t length, int prot, int flags,
		    off_t offset)
{
	int fd, err = perf_ring_prepare(event, offset, length, prot, flags);
	char *base;

	if (err)
		return err;
	fd = perf_ring_view_fd(event, prot & PROT_WRITE);
	if (fd < 0)
		return fd;
	base = raw_mmap(*addr, length, prot,
			MAP_SHARED | (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)), fd, 0);
	err = base == MAP_FAILED ? -errno : 0;
	raw_close(fd);
	if (!err)
		*addr = base;
	return err;
}

static int mmap_perf(void **addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	struct store_obj *event;
	int err = store_get_fd(fd, STORE_PERF, &event, NULL);

	if (err)
		return err;
	err = map_perf(event, addr, round_up64(length, STORE_PAGE), prot, flags, offset);
	store_put(event);
	return err;
}

int kern_mmap(void **addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	int saved = errno, kind, ret;

	if (fd < 0 || flags & MAP_ANONYMOUS)
		return KERN_NOT_OURS;
	kind = kern_fd_kind(fd);
	if (kind == KERN_NOT_OURS)
		return KERN_NOT_OURS;
	if (!length || offset & (STORE_PAGE - 1))
		ret = -EINVAL;
	else if (kind == KERN_FD_MAP)
		ret = mmap_map(addr, length, prot, flags, fd, offset);
	else if (kind == KERN_FD_PERF)
		ret = mmap_perf(addr, length, prot, flags, fd, offset);
	else
		ret = refuse_mmap(fd, kind, prot, flags);
	errno = saved;
	return ret;
}

/* ---- poll ---- */

/* What can be waited for: rings. One of the two is set. */
struct waitable {
	struct kern_map *map;
	struct store_obj *event;
};

static int waitable_get(int fd, int kind, struct waitable *out)
{
	int err = -EPERM;

	*out = (struct waitable){ NULL, NULL };
	if (kind == KERN_FD_PERF)
		return store_get_fd(fd, STORE_PERF, &out->event, NULL);
	if (kind == KERN_FD_MAP)
		err = map_get_fd(fd, &out->map, NULL);
	if (!err && !(out->map->base->flags & MAP_OPS_RING)) {
		map_put(out->map);
		err = -EPERM;
	}
	return err;
}

static void waitable_put(const struct waitable *what)
{
	if (what->map)
		map_put(what->map);
	else
		store_put(what->event);
}

/* Maps that are no rings can be put into a set, where they have nothing but an error to tell: so does a
 * pipe without a reader. */
static int error_fd(void)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	raw_close(ends[0]);
	return ends[1];
}

int kern_poll_fd(int fd)
{
	int saved = errno, kind = kern_fd_kind(fd), ret;
	struct waitable what;

	if (kind == KERN_NOT_OURS)
		return kind;
	ret = waitable_get(fd, kind, &what);
	if (!ret) {
		ret = what.map ? ringbuf_wait_fd(what.map) : perf_ring_wait_fd(what.event);
		waitable_put(&what);
	} else if (ret == -EPERM && kind == KERN_FD_MAP) {
		ret = error_fd();
	}
	errno = saved;
	return ret;
}

void kern_poll_drain(int fd, int wait_fd)
{
	struct waitable what;
	int saved = errno;

	if (!waitable_get(fd, kern_fd_kind(fd), &what)) {
		if (what.map)
			ringbuf_wait_drain(what.map, wait_fd);
		else
			perf_ring_wait_drain(what.event, wait_fd);
		waitable_put(&what);
	}
	errno = saved;
}

void kern_poll_arm(int fd)
{
	struct waitable what;
	int saved = errno;

	if (!waitable_get(fd, kern_fd_kind(fd), &what)) {
		if (what.map)
			ringbuf_wait_arm(what.map);
		else
			perf_ring_wait_arm(what.event);
		waitable_put(&what);
	}
	errno = saved;
}

static int poll_map(int fd)
{
	struct kern_map *map;
	int ret;

	if (map_get_fd(fd, &map, NULL))
		return POLLERR;
	ret = map->ops->poll ? map->ops->poll(map) : POLLERR;
	map_put(map);
	return ret;
}

static int poll_perf(int fd)
{
	struct store_obj *event;
	int ret;

	if (store_get_fd(fd, STORE_PERF, &event, NULL))
		return POLLERR;
	ret = perf_ring_poll(event);
	store_put(event);
	return ret;
}

int kern_poll_now(int fd)
{
	int saved = errno, ret = kern_fd_kind(fd);

	if (ret == KERN_FD_MAP)
		ret = poll_map(fd);
	else if (ret == KERN_FD_PERF)
		ret = poll_perf(fd);
	else if (ret != KERN_NOT_OURS)
		ret = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	errno = saved;
	return ret;
}

/* ---- what /proc says ---- */

ssize_t kern_fd_link_text(int fd, char *buf, size_t size)
{
	static const char *const texts[] = {
		[STORE_MAP] = "anon_inode:bpf-map",
		[STORE_PROG] = "anon_inode:bpf-prog",
		[STORE_LINK] = "anon_inode:bpf-link",
		[STORE_BTF] = "anon_inode:btf",
		[STORE_PERF] = "anon_inode:[perf_event]",
	};
	int kind = kern_fd_kind(fd);
	struct store_obj *obj;
	const char *text;
	uint32_t mode;
	size_t len;

	if (kind == KERN_NOT_OURS || store_get_fd(fd, kind, &obj, &mode))
		return KERN_NOT_OURS;
	store_put(obj);
	/* The fd that LINK_CREATE returned has another name than later ones. */
	text = mode & STORE_CREATED ? "anon_inode:bpf_link" : texts[kind];
	len = MIN(strlen(text), size);
	memcpy(buf, text, len);
	return len;
}

struct text {
	char *buf;
	size_t size, len;
};

static void add(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text->buf + text->len, text->size - text->len, format, args);
	va_end(args);
	if (len > 0)
		text->len = MIN(text->len + len, text->size - 1);
}

static void add_hex(struct text *text, const uint8_t *bytes, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		add(text, "%02x", bytes[i]);
}

static void add_map(struct text *text, struct store_obj *obj)
{
	struct kern_map *map;

	if (map_get(obj->id, &map))
		return;
	add(text, "map_type:\t%u\nkey_size:\t%u\nvalue_size:\t%u\nmax_entries:\t%u\n",
	    map_type_number(map),
	    map->key_size, map->value_size, map->max_entries);
	add(text, "map_flags:\t%#x\nmap_extra:\t%#llx\n", map->map_flags,
	    (unsigned long long)map->shared->map_extra);
	add(text, "memlock:\t%llu\nmap_id:\t%u\nfrozen:\t%u\n",
	    (unsigned long long)(map->ops->memlock ? map->ops->memlock(map) : 0), map->id,
	    map->shared->frozen);
	if (map->shared->owner)
		add(text, "owner_prog_type:\t%u\nowner_jited:\t0\n",
		    map_owner_type(map->shared->owner));
	map_put(map);
}

static void add_prog(struct text *text, struct store_obj *obj)
{
	struct prog_shared *shared;
	struct kern_prog *prog;

	if (prog_get(obj->id, &prog))
		return;
	shared = prog->shared;
	add(text, "prog_type:\t%u\nprog_jited:\t%u\nprog_tag:\t", shared->type,
	    prog_is_jited(prog));
	add_hex(text, shared->tag, sizeof(shared->tag));
	add(text, "\nmemlock:\t%llu\nprog_id:\t%u\n", (unsigned long long)obj->size + STORE_PAGE,
	    prog->id);
	add(text, "run_time_ns:\t%llu\nrun_cnt:\t%llu\nrecursion_misses:\t%llu\n",
	    (unsigned long long)shared->run_time_ns, (unsigned long long)shared->run_cnt,
	    (unsigned long long)shared->recursion_misses);
	add(text, "verified_insns:\t%u\n", shared->verified_insns);
	prog_put(prog);
}

static const char *link_type_name(uint32_t type)
{
	static const char *const names[] = {
		[BPF_LINK_TYPE_RAW_TRACEPOINT] = "raw_tracepoint",
		[BPF_LINK_TYPE_TRACING] = "tracing",
		[BPF_LINK_TYPE_CGROUP] = "cgroup",
		[BPF_LINK_TYPE_ITER] = "iter",
		[BPF_LINK_TYPE_NETNS] = "netns",
		[BPF_LINK_TYPE_XDP] = "xdp",
		[BPF_LINK_TYPE_PERF_EVENT] = "perf",
		[BPF_LINK_TYPE_TCX] = "tcx",
	};

	return type < ARRAY_SIZE(names) ? names[type] : NULL;
}

static void add_link(struct text *text, struct store_obj *obj)
{
	const struct link_shared *shared = link_shared_of(obj);
	const char *name = link_type_name(shared->link_type);
	struct kern_prog *prog;
	char own[256];
	int len;

	if (name)
		add(text, "link_type:\t%s\nlink_id:\t%u\n", name, obj->id);
	else
		add(text, "link_type:\t<%u>\nlink_id:\t%u\n", shared->link_type, obj->id);
	if (!prog_get(link_prog_id(obj), &prog)) {
		add(text, "prog_tag:\t");
		add_hex(text, prog->shared->tag, sizeof(prog->shared->tag));
		add(text, "\nprog_id:\t%u\n", prog->id);
		prog_put(prog);
	}
	len = link_fdinfo(obj, own, sizeof(own));
	if (len > 0)
		add(text, "%.*s", MIN(len, (int)sizeof(own) - 1), own);
}

static void add_btf(struct text *text, struct store_obj *obj)
{
	add(text, "btf_id:\t%u\n", obj->id);
}

static void add_nothing(struct text *text, struct store_obj *obj)
{
}

/* Flags as the fd of an anonymous inode would show them: mode and O_CLOEXEC. */
static unsigned int shown_flags(int fd, uint32_t mode)
{
	unsigned int flags = 02000000 * !!(raw_fcntl(fd, F_GETFD, NULL) & FD_CLOEXEC);

	if (mode & STORE_WRITE)
		flags |= mode & STORE_READ ? O_RDWR : O_WRONLY;
	return flags;
}

ssize_t kern_fdinfo(int fd, char *buf, size_t size)
{
	static void (*const by_kind[])(struct text *, struct store_obj *) = {
		[STORE_MAP] = add_map,
		[STORE_PROG] = add_prog,
		[STORE_LINK] = add_link,
		[STORE_BTF] = add_btf,
		[STORE_PERF] = add_nothing,
	};
	struct text text = { buf, size, 0 };
	int saved = errno, kind = kern_fd_kind(fd);
	struct store_obj *obj;
	uint32_t mode;

	if (kind == KERN_NOT_OURS || !size || store_get_fd(fd, kind, &obj, &mode))
		return KERN_NOT_OURS;
	add(&text, "pos:\t0\nflags:\t0%o\nmnt_id:\t15\nino:\t%llu\n", shown_flags(fd, mode),
	    (unsigned long long)obj->ino);
	by_kind[kind](&text, obj);
	store_put(obj);
	errno = saved;
	return text.len;
}
