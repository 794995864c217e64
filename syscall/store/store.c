/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Where the store of this process is, and its first use: choose or create the directory, check
 * that it is ours alone, map the control page, sweep what dead processes left.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "bits.h"
#include "err.h"
#include "fork_guard.h"
#include "raw.h"
#include "kill_point.h"
#include "layout.h"
#include "log.h"

struct store store;

static pthread_mutex_t open_mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_open;

const char *store_dir(void)
{
	return store.dir;
}

int store_possible_cpus(void)
{
	return store.control->possible_cpus;
}

/* ---- choosing the directory ---- */

static bool usable_parent(const char *dir)
{
	return dir && dir[0] == '/' && strlen(dir) < sizeof(store.dir) - 64 &&
	       !access(dir, W_OK | X_OK);
}

static const char *shared_parent(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	if (usable_parent(runtime))
		return runtime;
	return usable_parent("/dev/shm") ? "/dev/shm" : "/tmp";
}

/* The processes that use a private store: one line "pid starttime" each, in the file "users". */
static unsigned long long start_time(pid_t pid)
{
	char path[64], text[1024], *p;
	unsigned long long ticks = 0;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	len = read(fd, text, sizeof(text) - 1);
	raw_close(fd);
	if (len <= 0)
		return 0;
	text[len] = 0;
	/* The command name may hold anything: fields count from its closing parenthesis. */
	p = strrchr(text, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (p)
		ticks = strtoull(p + 1, NULL, 10);
	return ticks;
}

static bool user_lives(pid_t pid, unsigned long long start)
{
	if (kill(pid, 0) && errno == ESRCH)
		return false;
	/* Without /proc the start time is unknown: the pid must do. */
	return !start || !start_time(pid) || start_time(pid) == start;
}

static bool has_living_user(const char *dir, pid_t except)
{
	char path[PATH_MAX];
	unsigned long long start;
	bool lives = false;
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "%s/users", dir);
	file = fopen(path, "re");
	if (!file)
		return errno != ENOENT;
	while (!lives && fscanf(file, "%d %llu", &pid, &start) == 2)
		lives = pid != except && user_lives(pid, start);
	fclose(file);
	return lives;
}

static void add_user(const char *dir)
{
	char path[PATH_MAX], line[64];
	int fd, len;

	snprintf(path, sizeof(path), "%s/users", dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	len = snprintf(line, sizeof(line), "%d %llu\n", (int)getpid(), start_time(getpid()));
	if (write(fd, line, len) != len)
		debug_log(LOG_LEVEL_WARN, "store: cannot record this process in %s: %m", path);
	raw_close(fd);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	if (type == FTW_DP)
		rmdir(path);
	else
		unlink(path);
	return 0;
}

static void remove_tree(const char *dir)
{
	nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool any_object_locked(const char *dir)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool locked = false;
	DIR *list;

	snprintf(path, sizeof(path), "%s/obj", dir);
	list = opendir(path);
	while (list && !locked && (entry = readdir(list))) {
		int fd;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/obj/%s", dir, entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0) {
			locked = errno != ENOENT;
			continue;
		}
		locked = byte_is_locked(fd, LOCK_BYTE(strtoul(entry->d_name + 1, NULL, 10)));
		raw_close(fd);
	}
	if (list)
		closedir(list);
	return locked;
}

#define PRIVATE_PREFIX "bpf-shim-private-"
/* Whoever is making one has not signed it yet. */
#define YOUNG_SECONDS 5

int store_collect_private(const char *parent)
{
	char prefix[64], path[PATH_MAX];
	struct dirent *entry;
	struct stat st;
	int removed = 0;
	DIR *list = opendir(parent);

	snprintf(prefix, sizeof(prefix), PRIVATE_PREFIX "%u-", geteuid());
	while (list && (entry = readdir(list))) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, sizeof(path), "%s/%s", parent, entry->d_name);
		if (lstat(path, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
			continue;
		if (time(NULL) - st.st_ctime < YOUNG_SECONDS || has_living_user(path, 0) ||
		    any_object_locked(path))
			continue;
		remove_tree(path);
		removed++;
	}
	if (list)
		closedir(list);
	return removed;
}

static void leave_private(void)
{
	if (!store.is_private || has_living_user(store.dir, getpid()) ||
	    any_object_locked(store.dir))
		return;
	remove_tree(store.dir);
}

static int create_private(void)
{
	const char *parent = usable_parent("/dev/shm") ? "/dev/shm" : "/tmp";

	store_collect_private(parent);
	snprintf(store.dir, sizeof(store.dir), "%s/" PRIVATE_PREFIX "%u-XXXXXX", parent, geteuid());
	if (!mkdtemp(store.dir)) {
		debug_log(LOG_LEVEL_ERROR, "store: cannot create %s: %m", store.dir);
		return -errno;
	}
	/* Children find it where they look for theirs. */
	setenv("BPF_SHIM_STORE", store.dir, 1);
	return 0;
}

static int choose_dir(void)
{
	const char *wanted = getenv("BPF_SHIM_STORE");

	if (wanted && !strcmp(wanted, "private"))
		return create_private();
	if (!wanted || !*wanted) {
		snprintf(store.dir, sizeof(store.dir), "%s/bpf-shim-%u", shared_parent(),
			 geteuid());
	} else if (wanted[0] != '/' || strlen(wanted) >= sizeof(store.dir)) {
		debug_log(LOG_LEVEL_ERROR, "store: BPF_SHIM_STORE='%s' is not an absolute path",
			  wanted);
		return -EINVAL;
	} else {
		strcpy(store.dir, wanted);
	}
	if (mkdir(store.dir, 0700) && errno != EEXIST) {
		debug_log(LOG_LEVEL_ERROR, "store: cannot create %s: %m (BPF_SHIM_STORE)",
			  store.dir);
		return -errno;
	}
	return 0;
}

/* A store of somebody else, or one that others can reach, is not used. */
static int check_owner(void)
{
	struct stat st;

	if (lstat(store.dir, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || st.st_mode & 077) {
		debug_log(LOG_LEVEL_ERROR,
			  "store: %s is not a directory of uid %u with mode 0700: refused",
			  store.dir, geteuid());
		return -EPERM;
	}
	store.dev = st.st_dev;
	store.owner = st.st_uid;
	return 0;
}

/* ---- the control page ---- */

static void init_control(struct store_control *control)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	control->magic = STORE_MAGIC;
	control->format = STORE_FORMAT;
	control->size = sizeof(*control);
	control->last_id[STORE_BTF] = FIRST_BTF_ID - 1;
	control->possible_cpus = MAX(1, MIN(cpus, STORE_CPUS_MAX));
	shm_lock_init(&control->lock);
	shm_lock_init(&control->attach_lock);
	for (int i = 0; i < STORE_CPUS_MAX; i++)
		shm_lock_init(&control->cpu[i]);
}

static void *map_file(int fd, size_t size)
{
	void *mem = raw_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

/* Complete under another name first: whoever finds "control" finds a whole one. */
static int create_control(const char *path)
{
	char temp[PATH_MAX];
	struct store_control *control = NULL;
	int fd, err;

	snprintf(temp, sizeof(temp), "%s/control-%d", store.dir, (int)getpid());
	fd = open(temp, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	kill_point("store.control.created");
	err = posix_fallocate(fd, 0, sizeof(*control));
	if (!err)
		control = map_file(fd, sizeof(*control));
	raw_close(fd);
	if (!control) {
		unlink(temp);
		return err == ENOSPC || !err ? -ENOMEM : -err;
	}
	init_control(control);
	raw_munmap(control, sizeof(*control));
	kill_point("store.control.filled");
	err = link(temp, path) && errno != EEXIST ? -errno : 0;
	kill_point("store.control.linked");
	unlink(temp);
	return err;
}

static int open_control(void)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, err;

	snprintf(path, sizeof(path), "%s/control", store.dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		err = create_control(path);
		if (err)
			return err;
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || st.st_size != sizeof(*store.control)) {
		raw_close(fd);
		debug_log(LOG_LEVEL_ERROR, "store: %s has another format", path);
		return -EINVAL;
	}
	store.control = map_file(fd, sizeof(*store.control));
	raw_close(fd);
	if (!store.control)
		return -ENOMEM;
	if (store.control->magic != STORE_MAGIC || store.control->format != STORE_FORMAT ||
	    store.control->size != sizeof(*store.control)) {
		debug_log(LOG_LEVEL_ERROR, "store: %s has another format", path);
		raw_munmap(store.control, sizeof(*store.control));
		store.control = NULL;
		return -EINVAL;
	}
	return 0;
}

static int make_folders(void)
{
	static const char *const names[] = { "obj", "pin", "bpffs", "root", "fifo", "attach",
					     "root/sys", "root/sys/fs", "root/sys/fs/cgroup" };
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", store.dir, names[i]);
		if (mkdir(path, 0700) && errno != EEXIST)
			return errno == ENOSPC ? -ENOMEM : -errno;
	}
	return 0;
}

static int open_store(void)
{
	int err = choose_dir();

	err = err ? err : check_owner();
	err = err ? err : make_folders();
	err = err ? err : open_control();
	if (err) {
		debug_log(LOG_LEVEL_ERROR, "store: %s cannot be used: %s (BPF_SHIM_STORE)",
			  store.dir, strerror(-err));
		return err;
	}
	store.is_private = strstr(store.dir, "/" PRIVATE_PREFIX) != NULL;
	if (store.is_private) {
		add_user(store.dir);
		atexit(leave_private);
	}
	return 0;
}

/* A forked child is another user of a private store. */
static _Atomic pid_t user_pid;

int store_use(void)
{
	bool first = false;
	int err = 0;

	if (atomic_load_explicit(&is_open, memory_order_acquire) && user_pid)
		return 0;
	pthread_mutex_lock(&open_mutex);
	if (!atomic_load(&is_open)) {
		err = open_store();
		if (!err)
			atomic_store(&is_open, true);
		first = !err;
	} else if (!user_pid && store.is_private) {
		add_user(store.dir);
	}
	if (!err)
		user_pid = getpid();
	pthread_mutex_unlock(&open_mutex);
	/* What dead processes left; rooms may look at objects meanwhile, so the store is open. */
	if (first)
		store_collect_all();
	return err;
}

bool store_in_use(void)
{
	return atomic_load_explicit(&is_open, memory_order_acquire);
}

static void before_fork(void)
{
	pthread_mutex_lock(&open_mutex);
}

static void after_fork_parent(void)
{
	pthread_mutex_unlock(&open_mutex);
}

static void after_fork_child(void)
{
	pthread_mutex_unlock(&open_mutex);
	user_pid = 0;
}

__attribute__((constructor(FORK_RANK_OPEN))) static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork_parent, after_fork_child);
}

/* ---- the store's lock ---- */

int store_lock(void)
{
	int err = shm_lock(&store.control->lock);

	if (err == SHM_LOCK_REPAIR) {
		/* Whatever its owner was doing, files are either whole or swept now. */
		sweep();
		shm_lock_repaired(&store.control->lock);
		err = 0;
	}
	return err;
}

void store_unlock(void)
{
	shm_unlock(&store.control->lock);
}
