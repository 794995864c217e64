/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The door: start of the emulated kernel in this process, and bpf(2) itself. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bits.h"
#include "btf_objects.h"
#include "commands.h"
#include "err.h"
#include "fork_guard.h"
#include "helpers.h"
#include "kern_private.h"
#include "links.h"
#include "log.h"
#include "raw.h"
#include "registry.h"
#include "rundown.h"
#include "runtime_btf.h"
#include "store.h"

/* ---- the kernel's own BTF: object 1, or the file that BPF_SHIM_KERNEL_BTF names ---- */

static int read_file(const char *path, void **data, uint32_t *size)
{
	int fd = raw_open(path, O_RDONLY | O_CLOEXEC), err = -EIO;
	size_t done = 0, room = 1 << 20;
	char *text = NULL, *grown;
	ssize_t len;

	if (fd < 0)
		return -errno;
	/* Files of sysfs do not tell their size. */
	for (;;) {
		grown = realloc(text, room);
		if (!grown) {
			err = -ENOMEM;
			break;
		}
		text = grown;
		len = read(fd, text + done, room - done);
		if (len < 0)
			break;
		done += len;
		if (!len) {
			raw_close(fd);
			*data = text;
			*size = done;
			return 0;
		}
		if (done == room)
			room *= 2;
	}
	free(text);
	raw_close(fd);
	return err;
}

static int kernel_btf_data(void **data, uint32_t *size, uint32_t *foreign)
{
	const char *path = getenv("BPF_SHIM_KERNEL_BTF");
	int err;

	*foreign = path && *path;
	if (!*foreign)
		return kern_btf_runtime(kfunc_runtime_row, data, size);
	err = read_file(path, data, size);
	if (err)
		debug_log(LOG_LEVEL_ERROR, "kern: BPF_SHIM_KERNEL_BTF='%s' cannot be read: %s",
			  path, strerror(-err));
	return err;
}

static int create_kernel_btf(void)
{
	struct store_obj *obj;
	void *data = NULL;
	uint32_t size, foreign;
	int err;

	if (store_exists(STORE_BTF, KERNEL_BTF_ID))
		return 0;
	err = kernel_btf_data(&data, &size, &foreign);
	if (err)
		return err;
	err = store_create(STORE_BTF, size, &obj);
	if (!err) {
		memcpy(obj->mem, data, size);
		btf_shared_of(obj)->size = size;
		btf_shared_of(obj)->kernel = 1;
		btf_shared_of(obj)->foreign = foreign;
		err = store_publish_permanent(obj, KERNEL_BTF_ID);
	}
	free(data);
	return err;
}

/* ---- start ---- */

static pthread_mutex_t start_mutex = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(start_mutex, FORK_RANK_START)
static atomic_bool started;

/* BTF of the kernel functions that @ext adds. */
int kern_add_module(const struct bpfx_extension *ext)
{
	const struct kern_btf *base;
	struct store_obj *obj;
	void *data = NULL;
	uint32_t size;
	int err;

	if (!ext->kfunc_cnt)
		return 0;
	err = btf_object_get(KERNEL_BTF_ID, &obj, &base);
	if (err)
		return err;
	err = kern_btf_module(base, ext->kfuncs, ext->kfunc_cnt, &data, &size);
	if (!err)
		err = btf_object_add_module(ext->name, data, size);
	free(data);
	store_put(obj);
	return err;
}

static void start_module(const struct bpfx_extension *ext)
{
	if (kern_add_module(ext))
		debug_log(LOG_LEVEL_ERROR, "kern: no BTF for kernel functions of %s", ext->name);
}

static void start(void)
{
	registry_start(&link_host);
	kern_trace_start();
	if (create_kernel_btf())
		debug_log(LOG_LEVEL_ERROR, "kern: this store has no kernel BTF");
	registry_each(start_module);
}

/* The store may become usable later (a full file system), so a failure is not remembered. */
int kern_start(void)
{
	int err = store_use();

	if (err || atomic_load_explicit(&started, memory_order_acquire))
		return err;
	pthread_mutex_lock(&start_mutex);
	if (!atomic_load(&started)) {
		start();
		atomic_store(&started, true);
	}
	pthread_mutex_unlock(&start_mutex);
	return 0;
}

int kern_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	int saved = errno, ret;

	ret = kern_start();
	if (!ret && !rundown_enter(&rundown_commands))
		ret = -EBUSY;
	if (!ret) {
		ret = command_run(cmd, ptr_to_u64(attr), size);
		rundown_leave();
		links_settle();
	}
	errno = saved;
	return ret;
}

const char *kern_store_dir(int *err)
{
	*err = kern_start();
	return *err ? NULL : store_dir();
}

int kern_collect_stores(void)
{
	int err = kern_start();

	if (err)
		return err;
	store_collect_all();
	return store_collect_private("/dev/shm") + store_collect_private("/tmp");
}

int kern_possible_cpus(void)
{
	int err = kern_start();

	return err ? err : store_possible_cpus();
}

static void connect_hooks(const struct bpfx_extension *ext)
{
	for (uint32_t i = 0; i < ext->hook_cnt; i++)
		hooks_connect(&ext->hooks[i]);
}

/* Whoever asks for the host is about to fire hooks: connect them to the store. */
const struct bpfx_host *kern_host(void)
{
	if (kern_start() || !rundown_enter(&rundown_commands))
		return NULL;
	registry_each(connect_hooks);
	rundown_leave();
	return &link_host;
}
