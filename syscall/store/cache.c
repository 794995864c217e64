/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Objects this process has mapped, by kind and id, and which fd is which object.
 *
 * struct store_obj is type-stable: its memory is reused but never given back, so a reader may
 * look at one that is just being dropped; it counts only after users could be raised from >= 0
 * and the inode is still the one of the fd.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bits.h"
#include "err.h"
#include "fork_guard.h"
#include "raw.h"
#include "layout.h"
#include "cache.h"

#define BUCKETS	 1024
#define KNOWN_FDS 65536

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(mutex, FORK_RANK_CACHE)
static struct store_obj *buckets[BUCKETS];
static struct store_obj *spare;
static void (*free_room[STORE_KINDS])(struct store_obj *obj);
static _Atomic uint32_t seen_removals;

/* Object pointer with the fd's mode in the low bits. */
static _Atomic uintptr_t known[KNOWN_FDS];
#define MODE_BITS 7ul

static struct store_obj **bucket_of(enum store_kind kind, uint32_t id)
{
	return &buckets[(id * 4u + kind) % BUCKETS];
}

/* ---- objects ---- */

struct store_obj *cache_new_object(enum store_kind kind)
{
	struct store_obj *obj;

	pthread_mutex_lock(&mutex);
	obj = spare;
	if (obj)
		spare = obj->next;
	pthread_mutex_unlock(&mutex);
	if (!obj && posix_memalign((void **)&obj, 64, sizeof(*obj)))
		return NULL;
	obj->kind = kind;
	obj->id = 0;
	obj->mem = NULL;
	obj->size = 0;
	obj->header = NULL;
	obj->ino = 0;
	obj->room = NULL;
	obj->fd = -1;
	obj->next = NULL;
	obj->users = 1;
	return obj;
}

static void unmap_object(struct store_obj *obj)
{
	if (obj->room && free_room[obj->kind])
		free_room[obj->kind](obj);
	obj->room = NULL;
	if (obj->mem && obj->mem != MAP_FAILED)
		raw_munmap(obj->mem, obj->size + STORE_PAGE);
	obj->mem = NULL;
	obj->header = NULL;
}

void cache_free_object(struct store_obj *obj)
{
	int last = 1;

	/* A thread that found it under an fd closed meanwhile may be about to let go of it. */
	while (!atomic_compare_exchange_weak(&obj->users, &last, -1) && last > 0) {
		last = 1;
		sched_yield();
	}
	unmap_object(obj);
	pthread_mutex_lock(&mutex);
	obj->next = spare;
	spare = obj;
	pthread_mutex_unlock(&mutex);
}

void store_set_room(enum store_kind kind, void (*fn)(struct store_obj *obj))
{
	free_room[kind] = fn;
}

static bool raise_users(struct store_obj *obj)
{
	int users = atomic_load_explicit(&obj->users, memory_order_relaxed);

	while (users >= 0)
		if (atomic_compare_exchange_weak(&obj->users, &users, users + 1))
			return true;
	return false;
}

struct store_obj *store_ref(struct store_obj *obj)
{
	atomic_fetch_add(&obj->users, 1);
	return obj;
}

void store_put(struct store_obj *obj)
{
	atomic_fetch_sub(&obj->users, 1);
}

static struct store_obj *find(enum store_kind kind, uint32_t id)
{
	struct store_obj *obj = *bucket_of(kind, id);

	while (obj && (obj->kind != kind || obj->id != id))
		obj = obj->next;
	return obj;
}

/* Map an existing file through an OFD of our own, which holds no lock. */
static int map_existing(enum store_kind kind, uint32_t id, struct store_obj **out)
{
	struct store_header header;
	struct store_obj *obj;
	char path[PATH_MAX];
	struct stat st;
	int fd, err;

	object_path(path, sizeof(path), kind, id);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES ? -EPERM : errno == ENOENT ? -ENOENT : -errno;
	err = fstat(fd, &st) ? -errno : read_header(fd, &st, &header);
	if (!err && (header.kind != kind || header.id != id || header.dead))
		err = -ENOENT;
	obj = err ? NULL : cache_new_object(kind);
	if (!obj) {
		raw_close(fd);
		return err ? err : -ENOMEM;
	}
	obj->mem = raw_mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	raw_close(fd);
	if (obj->mem == MAP_FAILED) {
		cache_free_object(obj);
		return -ENOMEM;
	}
	obj->id = id;
	obj->ino = st.st_ino;
	obj->size = st.st_size - STORE_PAGE;
	obj->header = (struct store_header *)(obj->mem + obj->size);
	*out = obj;
	return 0;
}

static void insert(struct store_obj *obj)
{
	struct store_obj **bucket = bucket_of(obj->kind, obj->id);

	obj->next = *bucket;
	*bucket = obj;
}

int store_get(enum store_kind kind, uint32_t id, struct store_obj **out)
{
	struct store_obj *obj;
	int err;

	err = store_use();
	if (err)
		return err;
	pthread_mutex_lock(&mutex);
	obj = find(kind, id);
	if (obj && raise_users(obj)) {
		pthread_mutex_unlock(&mutex);
		*out = obj;
		return 0;
	}
	pthread_mutex_unlock(&mutex);

	err = map_existing(kind, id, &obj);
	if (err)
		return err;
	pthread_mutex_lock(&mutex);
	*out = find(kind, id);
	if (*out && raise_users(*out)) {		/* another thread was faster */
		pthread_mutex_unlock(&mutex);
		cache_free_object(obj);
		return 0;
	}
	insert(obj);
	pthread_mutex_unlock(&mutex);
	*out = obj;
	return 0;
}

/* Take dead objects out; the last user of one in use leaves it to the next call. */
static void drop_dead_in(struct store_obj **link, struct store_obj **dropped)
{
	while (*link) {
		struct store_obj *obj = *link;
		int idle = 0;

		if (!obj->header->dead || !atomic_compare_exchange_strong(&obj->users, &idle, -1)) {
			link = &obj->next;
			continue;
		}
		*link = obj->next;
		obj->next = *dropped;
		*dropped = obj;
	}
}

void cache_drop_dead(void)
{
	uint32_t removals = atomic_load(&store.control->removals);
	struct store_obj *dropped = NULL;

	if (removals == atomic_exchange(&seen_removals, removals))
		return;
	pthread_mutex_lock(&mutex);
	for (int i = 0; i < BUCKETS; i++)
		drop_dead_in(&buckets[i], &dropped);
	pthread_mutex_unlock(&mutex);
	while (dropped) {
		struct store_obj *next = dropped->next;

		cache_free_object(dropped);
		dropped = next;
	}
}

/* ---- fds ---- */

void cache_note_fd(int fd, struct store_obj *obj, uint32_t mode)
{
	if (fd >= 0 && fd < KNOWN_FDS)
		atomic_store(&known[fd], (uintptr_t)obj | mode);
}

void cache_forget_fd(int fd)
{
	if (fd >= 0 && fd < KNOWN_FDS)
		atomic_store(&known[fd], 0);
}

void cache_add(struct store_obj *obj, int fd, uint32_t mode)
{
	struct stat st;

	obj->ino = fstat(fd, &st) ? 0 : st.st_ino;
	pthread_mutex_lock(&mutex);
	insert(obj);
	pthread_mutex_unlock(&mutex);
	cache_note_fd(fd, obj, mode);
	store_put(obj);
}

/* An fd we did not make or know under this number: its file says what it is. */
static int identify(int fd, const struct stat *st, uint32_t *mode, struct store_obj **out)
{
	struct store_header header;
	int flags = raw_fcntl(fd, F_GETFL, NULL);
	int err;

	if (flags < 0)
		return -EBADF;
	err = read_header(fd, st, &header);
	if (err)
		return err;
	err = store_get(header.kind, header.id, out);
	if (err)
		return err == -ENOENT ? -EINVAL : err;
	if ((*out)->ino != st->st_ino) {
		store_put(*out);
		return -EINVAL;
	}
	*mode = mode_of_flags(flags);
	cache_note_fd(fd, *out, *mode);
	return 0;
}

static atomic_bool fds_are_watched;

void store_fds_are_watched(void)
{
	atomic_store(&fds_are_watched, true);
}

static int object_of_fd(int fd, struct store_obj **out, uint32_t *mode)
{
	uintptr_t entry = fd >= 0 && fd < KNOWN_FDS ? atomic_load(&known[fd]) : 0;
	struct store_obj *obj = (struct store_obj *)(entry & ~MODE_BITS);
	struct stat st;
	int flags;

	if (obj && atomic_load_explicit(&fds_are_watched, memory_order_relaxed) &&
	    raise_users(obj)) {
		/* Still the fd's, not one that was closed and made again in its memory. */
		if (atomic_load(&known[fd]) == entry) {
			*out = obj;
			*mode = entry & MODE_BITS;
			return 0;
		}
		store_put(obj);
		obj = NULL;
	}
	if (fd < 0 || fstat(fd, &st))
		return -EBADF;
	if (st.st_dev != store.dev)
		return -EINVAL;
	if (obj && raise_users(obj)) {
		flags = raw_fcntl(fd, F_GETFL, NULL);
		if (obj->ino == st.st_ino && flags >= 0 &&
		    mode_of_flags(flags) == (entry & MODE_BITS)) {
			*out = obj;
			*mode = entry & MODE_BITS;
			return 0;
		}
		store_put(obj);
	}
	return identify(fd, &st, mode, out);
}

int store_get_fd(int fd, enum store_kind kind, struct store_obj **out, uint32_t *mode)
{
	uint32_t fd_mode;
	int err = store_use();

	err = err ? err : object_of_fd(fd, out, &fd_mode);
	if (err)
		return err;
	if ((*out)->kind != kind) {
		store_put(*out);
		return -EINVAL;
	}
	if (mode)
		*mode = fd_mode;
	return 0;
}

int store_fd_kind(int fd, uint32_t *id)
{
	struct store_obj *obj;
	uint32_t mode;
	int kind, err = store_use();

	err = err ? err : object_of_fd(fd, &obj, &mode);
	if (err)
		return err == -EINVAL ? 0 : err;
	kind = obj->kind;
	if (id)
		*id = obj->id;
	store_put(obj);
	return kind;
}

bool store_fd_may_be_object(int fd)
{
	struct store_header header;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & 077)
		return false;
	return !read_header(fd, &st, &header);
}

/* Fds that are not known (inherited, never used) are left to libc: their reference goes with them
 * all the same. So closing what is not ours costs one load. */
int store_close_fd(int fd)
{
	uint32_t id;
	int kind;

	if (fd < 0 || fd >= KNOWN_FDS || !atomic_load_explicit(&known[fd], memory_order_relaxed))
		return -EINVAL;
	kind = store_fd_kind(fd, &id);
	cache_forget_fd(fd);
	if (kind <= 0 || raw_close(fd))
		return -EINVAL;
	store_collect(kind, id);
	return 0;
}

int store_known_fd(int fd)
{
	uintptr_t entry = fd >= 0 && fd < KNOWN_FDS
				  ? atomic_load_explicit(&known[fd], memory_order_relaxed)
				  : 0;

	return entry ? ((struct store_obj *)(entry & ~MODE_BITS))->kind : 0;
}

void store_duped_fd(int from, int to)
{
	if (from >= 0 && from < KNOWN_FDS && to >= 0 && to < KNOWN_FDS)
		atomic_store(&known[to], atomic_load(&known[from]));
}

void store_closed_range(unsigned int first, unsigned int last)
{
	if (store.control)
		cache_forget_range(first, last, store_collect);
}

void cache_forget_range(unsigned int first, unsigned int last,
			void (*fn)(enum store_kind kind, uint32_t id))
{
	for (unsigned int fd = first; fd <= last && fd < KNOWN_FDS; fd++) {
		struct store_obj *obj;
		enum store_kind kind;
		uint32_t id;

		if (!atomic_load_explicit(&known[fd], memory_order_relaxed))
			continue;
		obj = (struct store_obj *)(atomic_exchange(&known[fd], 0) & ~MODE_BITS);
		if (!obj || !raise_users(obj))
			continue;
		kind = obj->kind;
		id = obj->id;
		store_put(obj);
		fn(kind, id);
	}
}
