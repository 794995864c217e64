/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The life of an object's file: create, publish, open by id, new fds. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bits.h"
#include "clock.h"
#include "err.h"
#include "raw.h"
#include "kill_point.h"
#include "layout.h"
#include "log.h"
#include "cache.h"

static const struct {
	char letter;
	const char *word;
} kinds[STORE_KINDS] = {
	[STORE_MAP] = { 'm', "map" },
	[STORE_PROG] = { 'p', "prog" },
	[STORE_LINK] = { 'l', "link" },
	[STORE_BTF] = { 'b', "btf" },
	[STORE_PERF] = { 'e', "perf event" },
};

char kind_letter(enum store_kind kind)
{
	return kinds[kind].letter;
}

const char *kind_word(enum store_kind kind)
{
	return kinds[kind].word;
}

enum store_kind kind_of_letter(char letter)
{
	for (int kind = 1; kind < STORE_KINDS; kind++)
		if (kinds[kind].letter == letter)
			return kind;
	return 0;
}

void object_path(char *out, size_t size, enum store_kind kind, uint32_t id)
{
	snprintf(out, size, "%s/obj/%c%u", store.dir, kind_letter(kind), id);
}

void pin_file_path(char *out, size_t size, enum store_kind kind, uint32_t id)
{
	snprintf(out, size, "%s/pin/%c%u", store.dir, kind_letter(kind), id);
}

/* ---- locks on bytes ---- */

int lock_byte(int fd, long long byte)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return raw_fcntl(fd, F_OFD_SETLK, &lock) ? -errno : 0;
}

bool byte_is_locked(int fd, long long byte)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1 };

	return !raw_fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
}

int read_header(int fd, const struct stat *st, struct store_header *header)
{
	if (!S_ISREG(st->st_mode) || st->st_size < STORE_PAGE || st->st_size % STORE_PAGE)
		return -EINVAL;
	if (pread(fd, header, sizeof(*header), st->st_size - STORE_PAGE) != sizeof(*header))
		return -EINVAL;
	if (header->magic != STORE_MAGIC || header->format != STORE_FORMAT || !header->published ||
	    !header->kind || header->kind >= STORE_KINDS || header->edge_cnt > STORE_EDGES_MAX)
		return -EINVAL;
	return 0;
}

/* ---- create and publish ---- */

static void temp_path(char *out, size_t size, const struct store_obj *obj)
{
	snprintf(out, size, "%s/obj/t%d-%p", store.dir, (int)getpid(), (const void *)obj);
}

static int allocate_range(int fd, size_t offset, size_t size)
{
	int err = size ? posix_fallocate(fd, offset, size) : 0;

	if (!err)
		return 0;
	debug_log(LOG_LEVEL_ERROR,
		  "store: no room for %zu bytes in %s: %s (BPF_SHIM_STORE names another directory)",
		  size, store.dir, strerror(err));
	return -ENOMEM;
}

/* A file that is being made is locked, so that a sweep tells it from one left by the dead. */
static int open_temp(const char *path)
{
	int fd, err = store_lock();

	if (err)
		return err;
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = errno == ENOSPC ? -ENOMEM : errno == EACCES ? -EPERM : -errno;
	else
		lock_byte(fd, LOCK_BYTE(0));
	store_unlock();
	return fd;
}

int store_create(enum store_kind kind, size_t size, struct store_obj **out)
{
	return store_create_sparse(kind, size, size, out);
}

int store_create_sparse(enum store_kind kind, size_t size, size_t allocate,
			struct store_obj **out)
{
	size_t front = round_up64(size, STORE_PAGE);
	struct store_obj *obj;
	char path[PATH_MAX];
	int fd, err = store_use();

	if (err)
		return err;
	if (front < size || front > SIZE_MAX / 2)
		return -ENOMEM;
	obj = cache_new_object(kind);
	if (!obj)
		return -ENOMEM;
	temp_path(path, sizeof(path), obj);
	fd = open_temp(path);
	if (fd < 0) {
		err = fd;
		goto free_object;
	}
	kill_point("create.opened");
	err = allocate_range(fd, 0, MIN(round_up64(allocate, STORE_PAGE), front));
	kill_point("create.front");
	err = err ? err : allocate_range(fd, front, STORE_PAGE);
	if (err)
		goto remove_file;
	kill_point("create.allocated");
	obj->mem = raw_mmap(NULL, front + STORE_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (obj->mem == MAP_FAILED) {
		err = -ENOMEM;
		goto remove_file;
	}
	obj->size = front;
	obj->header = (struct store_header *)(obj->mem + front);
	obj->header->kind = kind;
	obj->header->format = STORE_FORMAT;
	obj->header->created_ns = clock_ns(CLOCK_BOOTTIME);
	obj->header->pid = getpid();
	prctl(PR_GET_NAME, obj->header->who);
	obj->header->uid = geteuid();
	obj->fd = fd;
	*out = obj;
	return 0;

remove_file:
	unlink(path);
	raw_close(fd);
free_object:
	cache_free_object(obj);
	return err;
}

/* Path of the file, published or not. */
static int open_file_of(const struct store_obj *obj)
{
	char path[PATH_MAX];

	if (obj->fd >= 0)
		return raw_dup(obj->fd);
	object_path(path, sizeof(path), obj->kind, obj->id);
	return open(path, O_RDWR | O_CLOEXEC);
}

int store_allocate(struct store_obj *obj, size_t offset, size_t size)
{
	int fd = open_file_of(obj), err;

	if (fd < 0)
		return -ENOMEM;
	err = allocate_range(fd, offset, size);
	raw_close(fd);
	return err;
}

int store_map_view(struct store_obj *obj, void *addr, size_t offset, size_t size, int prot)
{
	int fd = open_file_of(obj);
	void *mem;

	if (fd < 0)
		return errno == EACCES ? -EPERM : -ENOMEM;
	mem = raw_mmap(addr, size, prot, MAP_SHARED | MAP_FIXED, fd, offset);
	raw_close(fd);
	return mem == MAP_FAILED ? -ENOMEM : 0;
}

void store_drop(struct store_obj *obj)
{
	char path[PATH_MAX];

	temp_path(path, sizeof(path), obj);
	unlink(path);
	raw_close(obj->fd);
	obj->fd = -1;
	cache_free_object(obj);
}

uint32_t store_next_session(void)
{
	return atomic_fetch_add(&store.control->last_id[0], 1) + 1;
}

uint32_t store_reserve_id(struct store_obj *obj)
{
	if (!obj->id) {
		obj->id = atomic_fetch_add(&store.control->last_id[obj->kind], 1) + 1;
		obj->header->id = obj->id;
	}
	return obj->id;
}

/* The mode must be found in a plain inherited fd, and the lock needs a readable file: O_APPEND
 * marks a writable fd that must not read, and a read-only one that was a link's first. */
static int open_flags(uint32_t mode)
{
	if (mode & STORE_WRITE)
		return O_RDWR | O_CLOEXEC | (mode & STORE_READ ? 0 : O_APPEND);
	return O_RDONLY | O_CLOEXEC | (mode & STORE_CREATED ? O_APPEND : 0);
}

uint32_t mode_of_flags(int flags)
{
	if ((flags & O_ACCMODE) == O_RDONLY)
		return STORE_READ | (flags & O_APPEND ? STORE_CREATED : 0);
	return STORE_WRITE | (flags & O_APPEND ? 0 : STORE_READ);
}

static int open_locked(const char *path, uint32_t id, uint32_t mode)
{
	int fd = open(path, open_flags(mode));
	int err;

	if (fd < 0)
		return errno == EACCES ? -EPERM : -errno;
	err = lock_byte(fd, LOCK_BYTE(id));
	if (err) {
		raw_close(fd);
		return err;
	}
	return fd;
}

bool store_exists(enum store_kind kind, uint32_t id)
{
	char path[PATH_MAX];

	object_path(path, sizeof(path), kind, id);
	return !access(path, F_OK) || errno != ENOENT;
}

/* What it refers to may have lost its last fd, and been removed, before its edges can be seen: then
 * that close came first. Nothing is removed while the lock is held. */
static int give_name(const struct store_obj *obj, const char *temp, const char *path)
{
	const struct store_header *header = obj->header;
	bool locked = header->edge_cnt && !store_lock();
	int err = 0;

	for (uint32_t i = 0; locked && i < header->edge_cnt && !err; i++)
		if (!store_exists(header->edges[i].kind, header->edges[i].id))
			err = -EBADF;
	if (!err && rename(temp, path))
		err = errno == ENOSPC ? -ENOMEM : -errno;
	if (locked)
		store_unlock();
	return err;
}

int store_publish(struct store_obj *obj, uint32_t mode)
{
	char temp[PATH_MAX], path[PATH_MAX];
	uint32_t id = store_reserve_id(obj);
	int fd, err;

	temp_path(temp, sizeof(temp), obj);
	object_path(path, sizeof(path), obj->kind, id);
	obj->header->magic = STORE_MAGIC;
	obj->header->published = 1;
	kill_point("publish.filled");
	fd = open_locked(temp, id, mode);
	if (fd < 0)
		goto drop;
	kill_point("publish.locked");
	err = give_name(obj, temp, path);
	if (err) {
		raw_close(fd);
		fd = err;
		goto drop;
	}
	kill_point("publish.named");
	raw_close(obj->fd);
	obj->fd = -1;
	cache_add(obj, fd, mode);
	return fd;
drop:
	store_drop(obj);
	return fd;
}

int store_publish_permanent(struct store_obj *obj, uint32_t id)
{
	char temp[PATH_MAX], path[PATH_MAX];
	int err = 0;

	temp_path(temp, sizeof(temp), obj);
	object_path(path, sizeof(path), obj->kind, id);
	obj->header->id = id;
	obj->header->permanent = 1;
	obj->header->magic = STORE_MAGIC;
	obj->header->published = 1;
	kill_point("publish.permanent");
	if (link(temp, path) && errno != EEXIST)
		err = errno == ENOSPC ? -ENOMEM : -errno;
	store_drop(obj);
	return err;
}

/* ---- more fds ---- */

int store_new_fd(struct store_obj *obj, uint32_t mode)
{
	char path[PATH_MAX];
	int fd;

	object_path(path, sizeof(path), obj->kind, obj->id);
	fd = open_locked(path, obj->id, mode);
	if (fd >= 0)
		cache_note_fd(fd, obj, mode);
	return fd;
}

/* The lock is taken first and life checked then: an object that is alive with our lock on it
 * cannot be removed, one that was dead before must stay so. */
int store_fd_by_id(enum store_kind kind, uint32_t id, uint32_t mode)
{
	struct store_obj *obj;
	int fd, err = store_use();

	if (err)
		return err;
	err = store_lock();
	if (err)
		return err;
	if (!id || !alive_locked(kind, id))
		err = -ENOENT;
	else
		err = store_get(kind, id, &obj);
	if (err) {
		store_unlock();
		return err;
	}
	fd = store_new_fd(obj, mode);
	store_unlock();
	store_put(obj);
	return fd;
}
