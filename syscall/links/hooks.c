/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * From a hook to the programs attached to it. A process keeps a snapshot of a hook's attachments
 * and renews it when the store's generation of the hook changes, and at least every few
 * milliseconds: a killed process takes its links along without telling anybody.
 *
 * Snapshots are read without a lock: a reader counts itself into the hook's current phase before it
 * loads the pointer; whoever has replaced a snapshot turns the phase and waits until the old one has
 * no readers, twice, because a reader may have looked at the phase just before it was turned.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bits.h"
#include "err.h"
#include "fork_guard.h"
#include "hooks.h"
#include "log.h"
#include "registry.h"

#define RECHECK_NS 5000000ull

struct attachment {
	uint64_t target, cookie;
	uint32_t link_id;
	struct kern_prog *prog;
	struct store_obj *link;
};

struct snapshot {
	struct snapshot *next;		/* in the list of replaced ones */
	uint32_t generation, cnt;
	struct attachment at[];
};

/* Behind bpfx_hook_state.runtime. */
struct hook_runtime {
	struct hook_runtime *next;
	struct store_counter counter;
	struct snapshot *_Atomic now;
	struct snapshot *replaced;	/* by a thread that could not wait */
	_Atomic uint32_t phase, readers[2];
	_Atomic uint64_t checked_ns;
};

/* Replacing snapshots, of all hooks: it happens rarely. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct hook_runtime *runtimes;

/* Hooks that this thread is inside of: it must not wait for itself. */
static _Thread_local uint32_t depth;
/* It holds the mutex: a hook that fires in a signal handler meanwhile must not want it. */
static _Thread_local bool renewing;

/* ---- fork ---- */

static void before_fork(void)
{
	pthread_mutex_lock(&mutex);
}

static void after_fork(void)
{
	pthread_mutex_unlock(&mutex);
}

/* The other threads, and with them the readers, are not here. */
static void after_fork_in_child(void)
{
	for (struct hook_runtime *runtime = runtimes; runtime && !depth; runtime = runtime->next) {
		atomic_store(&runtime->readers[0], 0);
		atomic_store(&runtime->readers[1], 0);
	}
	pthread_mutex_unlock(&mutex);
}

__attribute__((constructor(FORK_RANK_LINKS))) static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork_in_child);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

int hooks_connect(const struct bpfx_hook *hook)
{
	struct hook_runtime *runtime;
	struct store_counter counter;
	int err;

	if (__atomic_load_n(&hook->state->runtime, __ATOMIC_ACQUIRE))
		return 0;
	err = store_hook_counter(hook->name, &counter);
	if (err)
		return err;
	runtime = calloc(1, sizeof(*runtime));
	if (!runtime)
		return -ENOMEM;
	runtime->counter = counter;
	pthread_mutex_lock(&mutex);
	if (hook->state->runtime) {	/* another thread was faster */
		free(runtime);
	} else {
		runtime->next = runtimes;
		runtimes = runtime;
		__atomic_store_n(&hook->state->runtime, runtime, __ATOMIC_RELEASE);
		__atomic_store_n(&hook->state->attached, counter.attached, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&mutex);
	return 0;
}

/* ---- snapshots ---- */

static void free_snapshot(struct snapshot *snapshot)
{
	for (uint32_t i = 0; snapshot && i < snapshot->cnt; i++) {
		prog_put(snapshot->at[i].prog);
		store_put(snapshot->at[i].link);
	}
	free(snapshot);
}

static bool is_for(const struct store_obj *obj, const struct bpfx_hook *hook)
{
	const struct link_shared *shared = link_shared_of(obj);

	return !shared->detached && !strncmp(shared->hook, hook->name, LINK_HOOK_NAME);
}

static int add_attachment(struct snapshot **snapshot, struct store_obj *obj)
{
	const struct link_shared *shared = link_shared_of(obj);
	struct snapshot *grown;
	struct kern_prog *prog;
	int err = prog_get(link_prog_id(obj), &prog);

	if (err)
		return err;
	grown = realloc(*snapshot, sizeof(**snapshot) +
					   ((*snapshot)->cnt + 1) * sizeof((*snapshot)->at[0]));
	if (!grown) {
		prog_put(prog);
		return -ENOMEM;
	}
	grown->at[grown->cnt++] = (struct attachment){ .target = shared->target,
						       .cookie = shared->cookie,
						       .link_id = obj->id,
						       .prog = prog,
						       .link = obj };
	*snapshot = grown;
	return 0;
}

/* All living links of the hook, in order of their ids: that is the order of attachment. */
static struct snapshot *take_snapshot(const struct bpfx_hook *hook, uint32_t generation)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	uint32_t id = 0;

	while (snapshot && !store_next_id(STORE_LINK, id, &id)) {
		struct store_obj *obj;

		if (store_get(STORE_LINK, id, &obj))
			continue;
		if (!is_for(obj, hook) || add_attachment(&snapshot, obj))
			store_put(obj);
	}
	if (snapshot)
		snapshot->generation = generation;
	return snapshot;
}

static uint32_t enter(struct hook_runtime *runtime)
{
	uint32_t phase = atomic_load(&runtime->phase) & 1;

	atomic_fetch_add(&runtime->readers[phase], 1);
	depth++;
	return phase;
}

static void leave(struct hook_runtime *runtime, uint32_t phase)
{
	depth--;
	atomic_fetch_sub(&runtime->readers[phase], 1);
}

/* Everybody who might still see what was replaced before this call is gone. */
static void wait_for_readers(struct hook_runtime *runtime)
{
	for (int turn = 0; turn < 2; turn++) {
		uint32_t phase = atomic_fetch_add(&runtime->phase, 1) & 1;

		while (atomic_load(&runtime->readers[phase]))
			sched_yield();
	}
}

static bool is_fresh(const struct hook_runtime *runtime, const struct snapshot *snapshot)
{
	return snapshot &&
	       snapshot->generation ==
		       __atomic_load_n(runtime->counter.generation, __ATOMIC_ACQUIRE) &&
	       now_ns() - atomic_load_explicit(&runtime->checked_ns, memory_order_relaxed) <
		       RECHECK_NS;
}

/* Put in place of the old snapshot; a thread inside of a hook leaves the old one to the next. */
static void replace(struct hook_runtime *runtime, struct snapshot *fresh)
{
	struct snapshot *old = atomic_exchange(&runtime->now, fresh);

	atomic_store(&runtime->checked_ns, now_ns());
	if (old) {
		old->next = runtime->replaced;
		runtime->replaced = old;
	}
	if (depth)
		return;
	wait_for_readers(runtime);
	while (runtime->replaced) {
		old = runtime->replaced;
		runtime->replaced = old->next;
		free_snapshot(old);
	}
}

static void renew(const struct bpfx_hook *hook, struct hook_runtime *runtime)
{
	struct snapshot *fresh;
	uint32_t generation;

	pthread_mutex_lock(&mutex);
	renewing = true;
	if (!is_fresh(runtime, runtime->now)) {
		generation = __atomic_load_n(runtime->counter.generation, __ATOMIC_ACQUIRE);
		fresh = take_snapshot(hook, generation);
		if (fresh)
			replace(runtime, fresh);
	}
	renewing = false;
	pthread_mutex_unlock(&mutex);
}

/* ---- running ---- */

static int run_one(const struct bpfx_hook *hook, const struct attachment *at, void *ctx,
		   uint32_t *result, int *ran)
{
	struct bpfx_ctx_header *header = bpfx_ctx_header(ctx);
	uint32_t value;
	int err;

	if (atomic_load(&link_shared_of(at->link)->detached) || at->link->header->dead)
		return 0;
	header->slot[BPFX_CTX_HOOK] = ptr_to_u64(hook);
	header->slot[BPFX_CTX_COOKIE] = at->cookie;
	err = prog_run(at->prog, ctx, &value);
	if (err)
		return hook->flags & BPFX_HOOK_FAIL_CLOSED ? err : 0;
	(*ran)++;
	if (hook->combine)
		return hook->combine(result, value);
	*result = value;
	return 0;
}

static int run_all(const struct bpfx_hook *hook, const struct snapshot *snapshot, uint64_t target,
		   void *ctx, uint32_t *result)
{
	int ran = 0, stop = 0;

	for (uint32_t i = 0; snapshot && i < snapshot->cnt && !stop; i++)
		if (snapshot->at[i].target == target)
			stop = run_one(hook, &snapshot->at[i], ctx, result, &ran);
	return stop < 0 ? stop : ran;
}

int hook_run(const struct bpfx_hook *hook, uint64_t target, void *ctx, uint32_t *result)
{
	struct hook_runtime *runtime;
	uint32_t phase;
	int ret;

	if (!bpfx_hook_active(hook))
		return 0;
	runtime = __atomic_load_n(&hook->state->runtime, __ATOMIC_ACQUIRE);
	phase = enter(runtime);
	if (!is_fresh(runtime, atomic_load(&runtime->now)) && depth == 1 &&
	    !renewing) {
		leave(runtime, phase);
		renew(hook, runtime);
		phase = enter(runtime);
	}
	ret = run_all(hook, atomic_load(&runtime->now), target, ctx, result);
	leave(runtime, phase);
	return ret;
}

/* ---- attaching ---- */

bool hook_is_taken(const struct bpfx_hook *hook, uint64_t target)
{
	bool taken = false;
	uint32_t id = 0;

	while (!taken && !store_next_id(STORE_LINK, id, &id)) {
		struct store_obj *obj;

		if (store_get(STORE_LINK, id, &obj))
			continue;
		taken = is_for(obj, hook) && link_shared_of(obj)->target == target;
		store_put(obj);
	}
	return taken;
}

void hook_changed(const struct bpfx_hook *hook, int attached_by)
{
	struct hook_runtime *runtime = __atomic_load_n(&hook->state->runtime, __ATOMIC_ACQUIRE);

	store_hook_changed(hook->name, attached_by);
	/* When this returns, nothing in this process runs through what is gone. */
	if (runtime && atomic_load(&runtime->now))
		renew(hook, runtime);
}
