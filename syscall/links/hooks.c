/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * From a hook to the programs attached to it. A process keeps a snapshot of a hook's attachments
 * and renews it when the store's generation of the hook changes, and at least every few
 * milliseconds: a killed process takes its links along without telling anybody.
 *
 * Snapshots are read without a lock, inside of the hook's rundown mark: its state, which is the
 * extension's and stays where it is. Whoever replaced a snapshot waits until nobody is inside.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bits.h"
#include "clock.h"
#include "err.h"
#include "fork_guard.h"
#include "hooks.h"
#include "log.h"
#include "ordered.h"
#include "registry.h"
#include "rundown.h"
#include "snapshot.h"

#define RECHECK_NS     5000000ull
#define PATIENCE_NS 1000000000ull	/* with runs that may wait for us, or are of other processes */

/* Behind bpfx_hook_state.runtime. */
struct hook_runtime {
	const struct bpfx_hook *hook;	/* the registry's row */
	struct store_counter counter;
	struct snapshot *_Atomic now;
	struct snapshot *_Atomic replaced;	/* not waited for yet */
	_Atomic uint64_t checked_ns;
};

/* Replacing snapshots, of all hooks: it happens rarely. Nobody waits for runs while he has it. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(mutex, FORK_RANK_LINKS)
/* This thread has it: a hook that fires in a signal handler meanwhile must not want it. */
static _Thread_local bool have_mutex;

static bool lock(void)
{
	if (have_mutex)
		return false;
	have_mutex = true;
	pthread_mutex_lock(&mutex);
	return true;
}

static void unlock(void)
{
	pthread_mutex_unlock(&mutex);
	have_mutex = false;
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
	runtime->hook = hook;
	runtime->counter = counter;
	if (!lock()) {
		free(runtime);
		return -EBUSY;
	}
	if (hook->state->runtime) {	/* another thread was faster */
		free(runtime);
	} else {
		__atomic_store_n(&hook->state->runtime, runtime, __ATOMIC_RELEASE);
		__atomic_store_n(&hook->state->attached, counter.attached, __ATOMIC_RELEASE);
	}
	unlock();
	return 0;
}

/* ---- snapshots ---- */

static bool is_fresh(const struct hook_runtime *runtime, const struct snapshot *snapshot)
{
	return snapshot &&
	       snapshot->generation ==
		       __atomic_load_n(runtime->counter.generation, __ATOMIC_ACQUIRE) &&
	       clock_ns(CLOCK_MONOTONIC_COARSE) - atomic_load_explicit(&runtime->checked_ns, memory_order_relaxed) <
		       RECHECK_NS;
}

static void free_list(struct snapshot *snapshots)
{
	struct snapshot *next;

	for (; snapshots; snapshots = next) {
		next = snapshots->next;
		snapshot_free(snapshots);
	}
}

/* Free what was replaced as soon as nobody is inside of the hook, for which it is waited at most
 * @limit_ns. The caller is through with @own marks of his; further out he may be using it. */
static bool free_replaced(struct hook_runtime *runtime, uint32_t own, uint64_t limit_ns)
{
	struct snapshot *replaced, *last;
	bool empty;

	if (!lock())
		return false;
	replaced = runtime->replaced;
	runtime->replaced = NULL;
	unlock();
	empty = rundown_wait_for(runtime->hook->state, limit_ns);
	if (empty && rundown_inside(runtime->hook->state) <= own) {
		free_list(replaced);
		return true;
	}
	for (last = replaced; last && last->next; last = last->next)
		;
	if (last && lock()) {
		last->next = runtime->replaced;
		runtime->replaced = replaced;
		unlock();
	}
	return empty;
}

static void replace(struct hook_runtime *runtime, struct snapshot *fresh)
{
	struct snapshot *old = atomic_exchange(&runtime->now, fresh);

	atomic_store(&runtime->checked_ns, clock_ns(CLOCK_MONOTONIC_COARSE));
	if (old) {
		old->next = runtime->replaced;
		runtime->replaced = old;
	}
}

/* A signal handler that came in while its thread was renewing makes do with the old one. */
static void renew(struct hook_runtime *runtime)
{
	struct snapshot *fresh;
	uint32_t generation;

	if (!lock())
		return;
	if (!is_fresh(runtime, runtime->now)) {
		generation = __atomic_load_n(runtime->counter.generation, __ATOMIC_ACQUIRE);
		fresh = snapshot_take(runtime->hook, generation);
		if (fresh)
			replace(runtime, fresh);
	}
	unlock();
}

/* Has an event looked what is attached, or is one looking now: the mutex waits for that. */
static bool has_snapshot(struct hook_runtime *runtime)
{
	bool has;

	if (!lock())
		return true;
	has = atomic_load(&runtime->now);
	unlock();
	return has;
}

void hooks_disconnect(const struct bpfx_hook *hook)
{
	struct hook_runtime *runtime;

	lock();
	runtime = hook->state->runtime;
	__atomic_store_n(&hook->state->attached, NULL, __ATOMIC_RELEASE);
	__atomic_store_n(&hook->state->runtime, NULL, __ATOMIC_RELEASE);
	unlock();
	if (!runtime)
		return;
	rundown_wait(hook->state);
	free_list(runtime->replaced);
	snapshot_free(atomic_load(&runtime->now));
	free(runtime);
}

/* ---- running ---- */

/* A link that is detached meanwhile is not begun any more, whoever detached it: see hook_changed(). What
 * another process detaches that has no link may be begun by who looked just before, as on Linux. */
static int run_one(const struct bpfx_hook *hook, const struct attachment *at, uint32_t cpu,
		   void *ctx, uint32_t *result, int *ran)
{
	struct bpfx_ctx_header *header = bpfx_ctx_header(ctx);
	uint32_t value;
	int err = -ENOLINK;

	store_run_begin(cpu, at->run_id);
	if (attachment_lives(at) && (!hook->wanted || hook->wanted(ctx, at->cookie))) {
		header->slot[BPFX_CTX_HOOK] = ptr_to_u64(hook);
		header->slot[BPFX_CTX_COOKIE] = at->cookie;
		header->slot[BPFX_CTX_RESULT] = ptr_to_u64(result);
		err = prog_run_on(at->prog, ctx, cpu, &value);
	}
	store_run_end(cpu);
	if (err)
		return hook->flags & BPFX_HOOK_FAIL_CLOSED && err != -ENOLINK ? err : 0;
	(*ran)++;
	if (hook->combine_ctx)
		return hook->combine_ctx(ctx, result, value);
	if (hook->combine)
		return hook->combine(result, value);
	*result = value;
	return 0;
}

/* ---- of one target ---- */

static bool has_target(const struct snapshot *snapshot, uint64_t target)
{
	for (uint32_t i = 0; snapshot && i < snapshot->cnt; i++)
		if (snapshot->at[i].target == target)
			return true;
	return false;
}

static int run_target(const struct bpfx_hook *hook, const struct snapshot *snapshot,
		      uint64_t target, void *ctx, uint32_t *result)
{
	int ran = 0, stop = 0;
	uint32_t cpu;

	if (!has_target(snapshot, target) && !(snapshot && snapshot->event_cnt))
		return 0;
	cpu = store_cpu_get();
	for (uint32_t i = 0; i < snapshot->cnt && !stop; i++)
		if (snapshot->at[i].target == target)
			stop = run_one(hook, &snapshot->at[i], cpu, ctx, result, &ran);
	/* Programs that return 0 keep a tracepoint's event to themselves. */
	for (uint32_t i = 0; *result && i < snapshot->event_cnt; i++)
		perf_event_happened(snapshot->events[i], cpu);
	store_cpu_put(cpu);
	return stop < 0 ? stop : ran;
}

/* ---- of a cgroup and those above it ---- */

static int run_list(const struct bpfx_hook *hook, const struct snapshot *snapshot,
		    const struct attached_list *list, uint32_t preorder, uint32_t cpu, void *ctx,
		    uint32_t *result, int *ran)
{
	int stop = 0;

	for (uint32_t i = list->first; i < list->first + list->cnt && !stop; i++)
		if ((snapshot->at[i].flags & BPF_F_PREORDER) == preorder)
			stop = run_one(hook, &snapshot->at[i], cpu, ctx, result, ran);
	return stop;
}

/* Lists whose programs run for @cgroup, its own first. See cgroup_rules_effective(). */
static uint32_t inherited_lists(const struct snapshot *snapshot, const struct cgroup *cgroup,
				const struct attached_list **lists)
{
	uint32_t cnt = 0, below = 0;

	for (; cgroup; cgroup = cgroup->parent) {
		const struct attached_list *list = snapshot_list(snapshot, cgroup->target);

		if (!list || !cgroup_rules_inherited(list->flags, below))
			continue;
		lists[cnt++] = list;
		below += list->cnt;
	}
	return cnt;
}

static int run_cgroup(const struct bpfx_hook *hook, const struct snapshot *snapshot,
		      uint64_t target, void *ctx, uint32_t *result)
{
	bool any = snapshot && snapshot->cnt;
	const struct cgroup *cgroup = any ? cgroup_find(target ? target : links_own_cgroup()) : NULL;
	const struct attached_list *lists[cgroup ? cgroup->depth : 1];
	uint32_t cnt, cpu;
	int ran = 0, stop = 0;

	cnt = cgroup ? inherited_lists(snapshot, cgroup, lists) : 0;
	if (!cnt)
		return 0;
	cpu = store_cpu_get();
	for (uint32_t i = cnt; i-- && !stop;)
		stop = run_list(hook, snapshot, lists[i], BPF_F_PREORDER, cpu, ctx, result, &ran);
	for (uint32_t i = 0; i < cnt && !stop; i++)
		stop = run_list(hook, snapshot, lists[i], 0, cpu, ctx, result, &ran);
	store_cpu_put(cpu);
	return stop < 0 ? stop : ran;
}

static int run_all(const struct bpfx_hook *hook, const struct snapshot *snapshot, uint64_t target,
		   void *ctx, uint32_t *result)
{
	return hook->flags & BPFX_HOOK_CGROUP ? run_cgroup(hook, snapshot, target, ctx, result)
					      : run_target(hook, snapshot, target, ctx, result);
}

/*
 * Inside of the hook's mark from here until hook_end(). NULL: not connected any more, and the mark
 * is left. *renewed: the snapshot is a new one.
 */
static struct hook_runtime *hook_begin(const struct bpfx_hook *hook, bool *renewed)
{
	struct hook_runtime *runtime = __atomic_load_n(&hook->state->runtime, __ATOMIC_ACQUIRE);

	*renewed = runtime && !is_fresh(runtime, atomic_load(&runtime->now));
	if (*renewed)
		renew(runtime);
	if (!runtime)
		rundown_leave();
	return runtime;
}

/* Who renewed lets go of the old one, if nobody uses it any more: an event does not wait. */
static void hook_end(struct hook_runtime *runtime, bool renewed)
{
	if (renewed && runtime->replaced)
		free_replaced(runtime, 1, 0);
	rundown_leave();
}

int hook_run(const struct bpfx_hook *hook, uint64_t target, void *ctx, uint32_t *result)
{
	struct hook_runtime *runtime;
	bool renewed;
	int ret;

	if (!bpfx_hook_active(hook))
		return 0;
	if (!rundown_enter(hook->state))
		return -EBUSY;
	runtime = hook_begin(hook, &renewed);
	if (!runtime)
		return 0;
	ret = run_all(runtime->hook, atomic_load(&runtime->now), target, ctx, result);
	hook_end(runtime, renewed);
	return ret;
}

/* ---- batches ---- */

/* In struct bpfx_batch. The snapshot stays the same until the end. */
struct hook_batch {
	uint64_t slot;		/* CPU + 1, 0 outside of a batch */
	struct hook_runtime *runtime;
	const struct snapshot *snapshot;
	uint64_t target, renewed;
};
_Static_assert(sizeof(struct hook_batch) <= sizeof(struct bpfx_batch), "a batch has room for it");

int hook_batch_begin(struct bpfx_batch *opaque, size_t size, const struct bpfx_hook *hook,
		     uint64_t target)
{
	struct hook_batch *batch = (struct hook_batch *)opaque;
	struct hook_runtime *runtime;
	bool renewed;

	if (size < sizeof(*opaque))
		return -EINVAL;
	memset(opaque, 0, sizeof(*opaque));
	if (!bpfx_hook_active(hook))
		return 0;
	if (!rundown_enter(hook->state))
		return -EBUSY;
	runtime = hook_begin(hook, &renewed);
	if (!runtime)
		return 0;
	*batch = (struct hook_batch){ store_cpu_get() + 1ull, runtime, atomic_load(&runtime->now),
				      target, renewed };
	return 0;
}

int hook_batch_run(struct bpfx_batch *opaque, void *ctx, uint32_t *result)
{
	const struct hook_batch *batch = (const struct hook_batch *)opaque;

	if (!batch->slot)
		return 0;
	return run_all(batch->runtime->hook, batch->snapshot, batch->target, ctx, result);
}

void hook_batch_end(struct bpfx_batch *opaque)
{
	struct hook_batch *batch = (struct hook_batch *)opaque;

	if (!batch->slot)
		return;
	store_cpu_put(batch->slot - 1);
	batch->slot = 0;
	hook_end(batch->runtime, batch->renewed);
}

/* ---- attaching ---- */

bool hook_has_link(const struct bpfx_hook *hook, const struct store_obj *link)
{
	const struct link_shared *shared = link_shared_of(link);

	return !shared->detached && !strncmp(shared->hook, hook->name, LINK_HOOK_NAME);
}

uint32_t hook_link_cnt(const struct bpfx_hook *hook, uint64_t target)
{
	uint32_t cnt = 0, id = 0;

	while (!store_next_id(STORE_LINK, id, &id)) {
		struct store_obj *obj;

		if (store_get(STORE_LINK, id, &obj))
			continue;
		cnt += hook_has_link(hook, obj) && link_shared_of(obj)->target == target;
		store_put(obj);
	}
	return cnt;
}

/*
 * When this returns nothing runs through what is gone: not in this process, and not in others unless
 * they stay in a program for longer than we are patient (stopped, traced). A caller who is in a run
 * himself is not waited for, and is as patient with the other threads: they may be waiting for him.
 * @hook is NULL where its extension is not in this process: those of others may run it all the same.
 */
static void wait_for_runs(const struct bpfx_hook *hook, uint32_t link_id)
{
	struct hook_runtime *runtime = NULL;
	bool done = true;

	if (hook)
		runtime = __atomic_load_n(&hook->state->runtime, __ATOMIC_ACQUIRE);
	if (runtime && has_snapshot(runtime)) {
		renew(runtime);
		done = free_replaced(runtime, 0, rundown_running() ? PATIENCE_NS : UINT64_MAX);
	}
	if (link_id)
		done &= store_wait_runs(link_id, PATIENCE_NS);
	if (!done)
		debug_log(LOG_LEVEL_WARN, "link %u: its program is still running after a second; "
			  "it is not begun again", link_id);
}

void hook_changed(const struct bpfx_hook *hook, int attached_by, uint32_t link_id)
{
	store_hook_changed(hook->name, attached_by);
	wait_for_runs(hook, attached_by < 0 ? link_id : 0);
}

void hook_link_detached(const struct store_obj *link)
{
	const char *name = link_shared_of(link)->hook;

	store_hook_changed(name, -1);
	wait_for_runs(registry_hook_by_name(name), link->id);
}

/* ---- links that go with their last reference, wherever that was let go ---- */

#define LOST_MAX 8

static _Thread_local struct {
	uint32_t cnt, id[LOST_MAX];
	char hook[LOST_MAX][LINK_HOOK_NAME];
} lost;

void hook_lost_link(const char *hook, uint32_t link_id)
{
	store_hook_changed(hook, -1);
	if (lost.cnt == LOST_MAX)
		return;		/* very many at once: they are seen detached, but not waited for */
	lost.id[lost.cnt] = link_id;
	memcpy(lost.hook[lost.cnt++], hook, LINK_HOOK_NAME);
}

void links_settle(void)
{
	while (lost.cnt && rundown_enter(&rundown_commands)) {
		lost.cnt--;
		wait_for_runs(registry_hook_by_name(lost.hook[lost.cnt]), lost.id[lost.cnt]);
		rundown_leave();
	}
}
