/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The door: start of the emulated kernel in this process, and bpf(2) itself. */
#include <pthread.h>
#include <string.h>

#include "bits.h"
#include "commands.h"
#include "err.h"
#include "fork_guard.h"
#include "kern_private.h"
#include "links.h"
#include "log.h"
#include "registry.h"
#include "rundown.h"
#include "store.h"

/* ---- start ---- */

static pthread_mutex_t start_mutex = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(start_mutex, FORK_RANK_START)
static atomic_bool started;

static void start_module(const struct bpfx_extension *ext)
{
	if (kern_add_module(ext))
		debug_log(LOG_LEVEL_ERROR, "kern: no BTF for what %s brings", ext->name);
}

static void start(void)
{
	registry_start(&link_host);
	kern_trace_start();
	if (kern_create_btf())
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
