/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Paths that belong to the emulated kernel: the bpf file system and a few files of sysfs. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bits.h"
#include "btf_objects.h"
#include "err.h"
#include "iters.h"
#include "kern_private.h"
#include "links.h"
#include "raw.h"
#include "rundown.h"
#include "store.h"

/* ---- files that are written when first asked for ---- */

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t done = write(fd, data, size);

		if (done <= 0)
			return errno == ENOSPC ? -ENOMEM : -EIO;
		data += done;
		size -= done;
	}
	return 0;
}

int kern_write_file(const char *path, const void *data, size_t size)
{
	char temp[PATH_MAX + 16];
	int fd, err;

	snprintf(temp, sizeof(temp), "%s.%d", path, (int)getpid());
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
	if (fd < 0)
		return -errno;
	err = write_all(fd, data, size);
	raw_close(fd);
	if (!err && rename(temp, path))
		err = -errno;
	if (err)
		unlink(temp);
	return err;
}

static int make_vmlinux(const char *path)
{
	const struct kern_btf *btf;
	struct store_obj *obj;
	const void *data;
	uint32_t size;
	int err = btf_object_get(KERNEL_BTF_ID, &obj, &btf);

	if (err)
		return err;
	data = kern_btf_raw(btf, &size);
	err = kern_write_file(path, data, size);
	store_put(obj);
	return err;
}

/* Values per CPU have room for these. */
static int make_possible_cpus(const char *path)
{
	int last = store_possible_cpus() - 1;
	char text[32];

	if (last)
		snprintf(text, sizeof(text), "0-%d\n", last);
	else
		strcpy(text, "0\n");
	return kern_write_file(path, text, strlen(text));
}

/* Settings: who may load programs, statistics, and what the JIT of a kernel without one says. */

static int make_number(const char *path, const char *text)
{
	int err = kern_write_file(path, text, strlen(text));

	return err ? err : chmod(path, 0644) ? -errno : 0;
}

static int make_0(const char *path)
{
	return make_number(path, "0\n");
}

static int make_2(const char *path)
{
	return make_number(path, "2\n");
}

static const struct {
	const char *path;	/* as programs know it */
	const char *name;	/* in the store's root/ */
	int (*make)(const char *path);
	bool if_missing;	/* the machine's own says the same, where there is one */
} files[] = {
	{ "/sys/kernel/btf/vmlinux", "vmlinux", make_vmlinux, false },
	{ "/sys/devices/system/cpu/possible", "possible", make_possible_cpus, true },
	{ "/proc/sys/kernel/unprivileged_bpf_disabled", "unprivileged_bpf_disabled", make_2, false },
	{ "/proc/sys/kernel/bpf_stats_enabled", "bpf_stats_enabled", make_0, false },
	{ "/proc/sys/net/core/bpf_jit_enable", "bpf_jit_enable", make_0, false },
	{ "/proc/sys/net/core/bpf_jit_harden", "bpf_jit_harden", make_0, false },
	{ "/proc/sys/net/core/bpf_jit_kallsyms", "bpf_jit_kallsyms", make_0, false },
	{ "/proc/sys/net/core/bpf_jit_limit", "bpf_jit_limit", make_0, false },
};

static bool is_there(const char *path)
{
	int fd = raw_open(path, O_PATH | O_CLOEXEC);

	if (fd >= 0)
		raw_close(fd);
	return fd >= 0;
}

static int emulated_file(const char *path, char *out, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (strcmp(path, files[i].path))
			continue;
		if ((files[i].if_missing && is_there(path)) || kern_start())
			return KERN_NOT_OURS;
		if (snprintf(out, size, "%s/root/%s", store_dir(), files[i].name) >= (int)size)
			return -ENAMETOOLONG;
		if (access(out, F_OK) && files[i].make(out))
			return -ENOENT;
		return KERN_PATH_FILE;
	}
	return KERN_NOT_OURS;
}

void kern_setting_opened(void)
{
	if (store_in_use())
		store_stats_look();
}

/* Cgroups of the store, for those who have no others. */
static int cgroup_path(const char *path, char *out, size_t size)
{
	int err;

	if (!links_cgroups_of_store())
		return KERN_NOT_OURS;
	err = kern_start();
	if (err)
		return err;
	return snprintf(out, size, "%s/root%s", store_dir(), path) < (int)size ? KERN_PATH_CGROUP
									      : -ENAMETOOLONG;
}

bool kern_is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return !strncmp(path, folder, len) && (!path[len] || path[len] == '/');
}

int kern_path(const char *path, char *out, size_t size)
{
	int saved = errno, ret;

	/* Cheap for everybody else's paths, which is nearly all of them. */
	if (strncmp(path, "/sys/", 5) && strncmp(path, "/proc/sys/", 10))
		return KERN_NOT_OURS;
	if (kern_is_below(path, "/sys/fs/bpf")) {
		ret = kern_start();
		ret = ret ? ret : store_bpffs_path(path, out, size);
		ret = ret ? ret : KERN_PATH_BPFFS;
	} else if (kern_is_below(path, "/sys/fs/cgroup")) {
		ret = cgroup_path(path, out, size);
	} else {
		ret = kern_tracefs_path(path, out, size);
		if (ret == KERN_NOT_OURS)
			ret = emulated_file(path, out, size);
	}
	errno = saved;
	return ret;
}

static int open_iterator(const char *path, int flags)
{
	enum store_kind kind;
	struct store_obj *obj;
	uint32_t id;
	int ret = store_get_pinned(path, &kind, &id);

	if (ret || kind != STORE_LINK || store_get(STORE_LINK, id, &obj))
		return KERN_NOT_OURS;
	if (link_shared_of(obj)->link_type == BPF_LINK_TYPE_ITER)
		ret = iter_new_fd(obj, flags);
	else
		ret = KERN_NOT_OURS;
	store_put(obj);
	return ret;
}

int kern_open_pinned(const char *path, int flags)
{
	int saved = errno, ret = kern_start();

	if (!ret && !rundown_enter(&rundown_commands))
		ret = -EBUSY;
	if (!ret) {
		ret = open_iterator(path, flags);
		rundown_leave();
		links_settle();
	}
	errno = saved;
	return ret;
}

void kern_unpinned(void)
{
	int saved = errno;

	if (store_in_use())
		store_collect_all();
	links_settle();
	errno = saved;
}
