/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Cgroups by fd and by number. A process keeps those that it has met; what others of the store must
 * know, a cgroup's parent and its path, is a record.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bits.h"
#include "cgroups.h"
#include "err.h"
#include "fork_guard.h"
#include "raw.h"
#include "store.h"

#define CGROUP2_MAGIC 0x63677270
/* Cgroups of the store's tree have inode numbers of another file system. */
#define OF_TREE	      (1ULL << 63)
#define BUCKETS	      256u
#define RECORD	      "cgroup-"

static struct cgroup *_Atomic buckets[BUCKETS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(mutex, FORK_RANK_CGROUPS)

uint64_t cgroup_id(uint64_t target)
{
	return target & ~OF_TREE;
}

/* ---- those that this process has met ---- */

static struct cgroup *known(uint64_t target)
{
	struct cgroup *cgroup = atomic_load(&buckets[target % BUCKETS]);

	while (cgroup && cgroup->target != target)
		cgroup = cgroup->next;
	return cgroup;
}

/* A cgroup's parent never changes, so what is there is what would be added. */
static struct cgroup *add(uint64_t target, struct cgroup *parent)
{
	struct cgroup *cgroup;

	pthread_mutex_lock(&mutex);
	cgroup = known(target);
	if (!cgroup)
		cgroup = calloc(1, sizeof(*cgroup));
	if (cgroup && !cgroup->depth) {
		cgroup->target = target;
		cgroup->parent = parent;
		cgroup->depth = parent ? parent->depth + 1 : 1;
		cgroup->next = atomic_load(&buckets[target % BUCKETS]);
		atomic_store(&buckets[target % BUCKETS], cgroup);
	}
	pthread_mutex_unlock(&mutex);
	return cgroup;
}

/* ---- records ---- */

struct cgroup_facts {
	uint64_t parent;	/* 0: none */
	uint64_t dev, ino;
	char path[3000];	/* empty: not known */
};
_Static_assert(sizeof(struct cgroup_facts) <= sizeof(((struct store_record *)0)->room),
	       "the facts fit into a record");

static void record_name(char *out, size_t size, uint64_t target)
{
	snprintf(out, size, RECORD "%llx", (unsigned long long)target);
}

static int read_facts(uint64_t target, struct cgroup_facts *facts)
{
	struct store_record record;
	char name[64];
	int err;

	record_name(name, sizeof(name), target);
	err = store_record_read(name, &record);
	if (err)
		return err;
	memcpy(facts, record.room, sizeof(*facts));
	return memchr(facts->path, 0, sizeof(facts->path)) ? 0 : -EINVAL;
}

static int write_facts(uint64_t target, const struct cgroup_facts *facts)
{
	struct store_record record = { 0 };
	char name[64];

	record_name(name, sizeof(name), target);
	memcpy(record.room, facts, sizeof(*facts));
	return store_record_write(name, &record);
}

/* ---- directories ---- */

/* Preload gives some of these paths another meaning. */
static int stat_path(const char *path, struct stat *st)
{
	int fd = raw_open(path, O_PATH | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, st) ? -errno : 0;
	raw_close(fd);
	return err;
}

/* The root of the store's own tree. */
static int tree_root(struct stat *st)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/root/sys/fs/cgroup", store_dir());
	return stat_path(path, st);
}

/* Walk up until the root of the tree is met, or there is no further up. */
static bool is_in_tree(int fd, const struct stat *st)
{
	struct stat root, now = *st, up;
	int at = raw_fcntl(fd, F_DUPFD_CLOEXEC, NULL), next;
	bool found = false;

	if (tree_root(&root) || root.st_dev != st->st_dev) {
		raw_close(at);
		return false;
	}
	while (at >= 0) {
		found = now.st_ino == root.st_ino;
		next = found ? -1 : openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		raw_close(at);
		at = next;
		if (at < 0 || fstat(at, &up) || up.st_dev != root.st_dev ||
		    up.st_ino == now.st_ino)
			break;
		now = up;
	}
	if (at >= 0)
		raw_close(at);
	return found;
}

enum dir_kind { DIR_OTHER, DIR_CGROUP2, DIR_TREE };

static enum dir_kind kind_of(int fd, const struct stat *st)
{
	struct statfs fs;

	if (!S_ISDIR(st->st_mode))
		return DIR_OTHER;
	/* Preload would say so of the store's tree, too. */
	if (!raw_syscall(SYS_fstatfs, fd, (long)&fs, 0, 0, 0, 0) && fs.f_type == CGROUP2_MAGIC)
		return DIR_CGROUP2;
	return is_in_tree(fd, st) ? DIR_TREE : DIR_OTHER;
}

/* The directory above, if that is a cgroup, too. */
static int open_parent(int fd, enum dir_kind kind, const struct stat *st, struct stat *up)
{
	struct stat root;
	int parent;

	if (kind == DIR_TREE && !tree_root(&root) && root.st_ino == st->st_ino)
		return -ENOENT;
	parent = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return -errno;
	if (fstat(parent, up) || up->st_dev != st->st_dev || up->st_ino == st->st_ino) {
		raw_close(parent);
		return -ENOENT;
	}
	return parent;
}

static uint64_t target_of(enum dir_kind kind, const struct stat *st)
{
	return st->st_ino | (kind == DIR_TREE ? OF_TREE : 0);
}

/* All of them up to the root, the root first. Recursion is as deep as the directory. */
static struct cgroup *meet(int fd, enum dir_kind kind, const struct stat *st)
{
	struct cgroup *cgroup = known(target_of(kind, st)), *above = NULL;
	struct stat up;
	int parent;

	if (cgroup)
		return cgroup;
	parent = open_parent(fd, kind, st, &up);
	if (parent >= 0) {
		above = meet(parent, kind, &up);
		raw_close(parent);
		if (!above)
			return NULL;
	}
	return add(target_of(kind, st), above);
}

/* Where the directory is now; empty where nobody can say. */
static void path_of(int fd, char *out, size_t size)
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, out, size - 1);
	out[MAX(len, 0)] = 0;
}

#define DELETED " (deleted)"

static bool fd_is_removed(int fd, const struct stat *st)
{
	char path[PATH_MAX];
	struct stat now;
	size_t len;

	if (!st->st_nlink)
		return true;
	path_of(fd, path, sizeof(path));
	len = strlen(path);
	if (len < strlen(DELETED) || strcmp(path + len - strlen(DELETED), DELETED))
		return false;
	return stat_path(path, &now) || now.st_ino != st->st_ino || now.st_dev != st->st_dev;
}

static int publish_one(const struct cgroup *cgroup, const struct cgroup_facts *facts)
{
	struct cgroup_facts before;

	if (!read_facts(cgroup->target, &before) && !strcmp(before.path, facts->path))
		return 0;
	return write_facts(cgroup->target, facts);
}

/* Facts of the cgroup at @fd and of those above, whose paths are the beginnings of its own. */
static int remember(int fd, const struct cgroup *cgroup, const struct stat *st)
{
	struct cgroup_facts facts = { .dev = st->st_dev };
	char *slash;
	int err = 0;

	path_of(fd, facts.path, sizeof(facts.path));
	for (; cgroup && !err; cgroup = cgroup->parent) {
		facts.ino = cgroup_id(cgroup->target);
		facts.parent = cgroup->parent ? cgroup->parent->target : 0;
		err = publish_one(cgroup, &facts);
		slash = strrchr(facts.path, '/');
		if (slash)
			*slash = 0;
	}
	return err;
}

int cgroup_of_fd(int fd, const struct cgroup **out)
{
	enum dir_kind kind;
	struct stat st;

	if (fstat(fd, &st))
		return -EBADF;
	kind = kind_of(fd, &st);
	if (kind == DIR_OTHER)
		return -EBADF;
	if (fd_is_removed(fd, &st))
		return -ENOENT;
	*out = meet(fd, kind, &st);
	if (!*out)
		return -ENOMEM;
	return 0;
}

int cgroup_publish(int fd, const struct cgroup *cgroup)
{
	struct stat st;

	return fstat(fd, &st) ? -EBADF : remember(fd, cgroup, &st);
}

/* ---- by number ---- */

static struct cgroup *find(uint64_t target)
{
	struct cgroup *cgroup = known(target), *above = NULL;
	struct cgroup_facts facts;

	if (cgroup || read_facts(target, &facts))
		return cgroup;
	if (facts.parent && facts.parent != target) {
		above = find(facts.parent);
		if (!above)
			return NULL;
	}
	return add(target, above);
}

/* An id may also be that of a cgroup of the store's tree. */
const struct cgroup *cgroup_find(uint64_t target)
{
	struct cgroup *cgroup = known(target);

	if (!cgroup && !(target & OF_TREE))
		cgroup = known(target | OF_TREE);
	if (!cgroup)
		cgroup = find(target);
	return cgroup || target & OF_TREE ? cgroup : find(target | OF_TREE);
}

/* ---- removed ones ---- */

/* Nothing at @path: is it at least the same file system that can be seen above. */
static bool same_fs_above(const char *path, uint64_t dev)
{
	char copy[PATH_MAX], *slash;
	struct stat st;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((slash = strrchr(copy, '/')) && slash != copy) {
		*slash = 0;
		if (!stat_path(copy, &st))
			return st.st_dev == dev;
	}
	return false;
}

static bool facts_are_gone(const struct cgroup_facts *facts)
{
	struct stat st;
	int err;

	if (!facts->path[0])
		return false;
	err = stat_path(facts->path, &st);
	if (!err)
		return st.st_dev == facts->dev && st.st_ino != facts->ino;
	return (err == -ENOENT || err == -ENOTDIR) && same_fs_above(facts->path, facts->dev);
}

/* Without a record it was swept away: that happens to those that are gone only. */
bool cgroup_is_gone(uint64_t target)
{
	struct cgroup_facts facts;
	int err = read_facts(target, &facts);

	return err ? err == -ENOENT : facts_are_gone(&facts);
}

bool cgroup_record_is_kept(const char *name)
{
	unsigned long long target;

	if (sscanf(name, RECORD "%llx", &target) != 1)
		return true;
	return !cgroup_is_gone(target);
}
