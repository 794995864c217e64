/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What processes share besides objects: edges added later, writable views, hook counters, CPU
 * slots. */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>

#include "bits.h"
#include "clock.h"
#include "err.h"
#include "raw.h"
#include "rundown.h"
#include "kill_point.h"
#include "layout.h"
#include "cache.h"

/* First the mark: whoever sees the edge must not take its target for free. */
void store_mark_target(struct store_obj *obj)
{
	__atomic_store_n(&obj->header->is_target, 1, __ATOMIC_RELEASE);
}

void store_edge_to(struct store_obj *from, struct store_obj *to)
{
	store_mark_target(to);
	kill_point("edge.marked");
	from->header->edges[from->header->edge_cnt++] = (struct store_edge){ to->kind, to->id };
}

int store_check_target(const struct store_obj *obj)
{
	int err = store_lock();

	if (err)
		return 0;
	err = store_exists(obj->kind, obj->id) ? 0 : -EBADF;
	store_unlock();
	return err;
}

int store_add_edge(struct store_obj *from, struct store_obj *to)
{
	struct store_header *header = from->header;
	int err = store_lock();

	if (err)
		return err;
	for (uint32_t i = 0; i < header->edge_cnt; i++)
		if (header->edges[i].kind == to->kind && header->edges[i].id == to->id)
			err = -EEXIST;
	if (!err && header->edge_cnt == STORE_EDGES_MAX)
		err = -ENOSPC;
	if (!err && !store_exists(to->kind, to->id))
		err = -EBADF;		/* closed meanwhile */
	if (!err) {
		store_mark_target(to);
		header->edges[header->edge_cnt] = (struct store_edge){ to->kind, to->id };
		kill_point("edge.written");
		__atomic_store_n(&header->edge_cnt, header->edge_cnt + 1, __ATOMIC_RELEASE);
	}
	store_unlock();
	return err;
}

/* ---- writable views ---- */

int store_view_fd(struct store_obj *obj, bool writable)
{
	int err, fd = store_new_fd(obj, writable ? STORE_READ | STORE_WRITE : STORE_READ);

	if (fd < 0)
		return fd;
	cache_forget_fd(fd);
	err = writable ? lock_byte(fd, WRITABLE_BYTE) : 0;
	if (err) {
		raw_close(fd);
		return err;
	}
	return fd;
}

static bool has_lock(const struct store_obj *obj, long long byte)
{
	char path[PATH_MAX];
	bool locked;
	int fd;

	object_path(path, sizeof(path), obj->kind, obj->id);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	locked = byte_is_locked(fd, byte);
	raw_close(fd);
	return locked;
}

bool store_has_writable(struct store_obj *obj)
{
	return has_lock(obj, WRITABLE_BYTE);
}

/* ---- marks ---- */

int store_fd_mark(int fd, uint32_t mark)
{
	return lock_byte(fd, MARK_BYTE(mark));
}

bool store_has_mark(struct store_obj *obj, uint32_t mark)
{
	return has_lock(obj, MARK_BYTE(mark));
}

/* ---- hooks ---- */

static struct store_hook *find_hook(const char *name, bool create)
{
	struct store_control *control = store.control;
	uint32_t cnt = atomic_load(&control->hook_cnt);
	struct store_hook *hook = NULL;

	for (uint32_t i = 0; i < cnt; i++)
		if (!strncmp(control->hooks[i].name, name, sizeof(control->hooks[i].name)))
			return &control->hooks[i];
	if (!create || store_lock())
		return NULL;
	/* Another process may have added it meanwhile. */
	for (uint32_t i = cnt; i < atomic_load(&control->hook_cnt) && !hook; i++)
		if (!strncmp(control->hooks[i].name, name, sizeof(control->hooks[i].name)))
			hook = &control->hooks[i];
	cnt = atomic_load(&control->hook_cnt);
	if (!hook && cnt < STORE_HOOKS_MAX) {
		hook = &control->hooks[cnt];
		snprintf(hook->name, sizeof(hook->name), "%s", name);
		kill_point("hook.named");
		atomic_store(&control->hook_cnt, cnt + 1);
	}
	store_unlock();
	return hook;
}

int store_hook_counter(const char *name, struct store_counter *counter)
{
	struct store_hook *hook;
	int err = store_use();

	if (err)
		return err;
	hook = find_hook(name, true);
	if (!hook)
		return -ENOSPC;
	counter->attached = (const uint32_t *)&hook->attached;
	counter->generation = (const uint32_t *)&hook->generation;
	return 0;
}

int store_hook_number(const char *name)
{
	struct store_hook *hook = find_hook(name, true);

	return hook ? (int)(hook - store.control->hooks) : -ENOSPC;
}

const char *store_hook_name(uint32_t number)
{
	return number < atomic_load(&store.control->hook_cnt) ? store.control->hooks[number].name
							      : NULL;
}

void store_hook_changed(const char *name, int attached_by)
{
	struct store_hook *hook = find_hook(name, true);

	if (!hook)
		return;
	atomic_fetch_add(&hook->attached, attached_by);
	atomic_fetch_add(&hook->generation, 1);
}

int store_attach_lock(void)
{
	int err = shm_lock(&store.control->attach_lock);

	/* It protects no data of its own: links are whole or not there. */
	if (err == SHM_LOCK_REPAIR) {
		shm_lock_repaired(&store.control->attach_lock);
		err = 0;
	}
	return err;
}

void store_attach_unlock(void)
{
	shm_unlock(&store.control->attach_lock);
}

/* ---- CPU slots ---- */

/* The slot of this thread in one word, which a signal handler finds whole: how many are on it, whether
 * it is ours to unlock, whether it is that of the process which forked us, and the CPU above. */
#define HELD_DEPTH  0xffffu
#define HELD_OWNED  0x10000u
#define HELD_FORKED 0x20000u
#define HELD_CPU    32

static HOT_THREAD_LOCAL _Atomic uint64_t held;

static uint64_t held_now(void)
{
	return atomic_load_explicit(&held, memory_order_relaxed);
}

static void set_held(uint64_t now)
{
	atomic_store_explicit(&held, now, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
}

/* A child forked within a run ends that run, too, but the slot and its books are its parent's. */
static void forked_within_run(void)
{
	if (held_now() & HELD_DEPTH)
		set_held((held_now() & ~(uint64_t)HELD_OWNED) | HELD_FORKED);
}

__attribute__((constructor)) static void guard_slot(void)
{
	pthread_atfork(NULL, NULL, forked_within_run);
}

/* A slot whose owner died inside of a program runs nothing any more. */
static void slot_repaired(uint32_t cpu)
{
	atomic_store(&store.control->running[cpu].depth, 0);
	shm_lock_repaired(&store.control->cpu[cpu]);
}

/* The word for a slot that was free, or is waited for. Not owned: a signal handler that came in where
 * its thread had locked the slot and not written that down yet, or had written it off already. */
static uint64_t take_slot(void)
{
	uint32_t cpus = store.control->possible_cpus;
	int now = sched_getcpu();
	uint32_t first = now < 0 ? 0 : (uint32_t)now % cpus, cpu = first;
	int err = -EBUSY;

	for (uint32_t i = 0; i < cpus && err < 0; i++) {
		cpu = (first + i) % cpus;
		err = shm_trylock(&store.control->cpu[cpu]);
	}
	if (err < 0) {
		cpu = first;
		err = shm_lock(&store.control->cpu[cpu]);
	}
	if (err == SHM_LOCK_REPAIR)
		slot_repaired(cpu);
	return (uint64_t)cpu << HELD_CPU | (err < 0 ? 0 : HELD_OWNED);
}

uint32_t store_cpu_get(void)
{
	uint64_t now = held_now();

	/* A program inside a program stays on its CPU. */
	if (!(now & HELD_DEPTH))
		now = take_slot();
	set_held(now + 1);
	return now >> HELD_CPU;
}

void store_cpu_put(uint32_t cpu)
{
	uint64_t now = held_now();

	if ((now & HELD_DEPTH) > 1) {
		set_held(now - 1);
		return;
	}
	set_held(0);
	if (now & HELD_OWNED)
		shm_unlock(&store.control->cpu[cpu]);
}

/* ---- what runs on them ---- */

void store_run_begin(uint32_t cpu, uint32_t link_id)
{
	struct store_running *running = &store.control->running[cpu];
	uint32_t depth = atomic_load_explicit(&running->depth, memory_order_relaxed);
	uint32_t turn;

	if (held_now() & HELD_FORKED)
		return;
	if (depth < STORE_RUNS_MAX) {
		turn = atomic_load_explicit(&running->at[depth].turn, memory_order_relaxed);
		atomic_store_explicit(&running->at[depth].turn, turn + 1, memory_order_relaxed);
		atomic_store_explicit(&running->at[depth].link, link_id, memory_order_relaxed);
	}
	atomic_store_explicit(&running->depth, depth + 1, memory_order_release);
	rundown_marked();
}

void store_run_end(uint32_t cpu)
{
	struct store_running *running = &store.control->running[cpu];

	if (held_now() & HELD_FORKED)
		return;
	atomic_store_explicit(&running->depth,
			      atomic_load_explicit(&running->depth, memory_order_relaxed) - 1,
			      memory_order_release);
}

static bool runs_at(const struct store_running *running, uint32_t i, uint32_t link_id)
{
	return i < atomic_load_explicit(&running->depth, memory_order_acquire) &&
	       atomic_load_explicit(&running->at[i].link, memory_order_relaxed) == link_id;
}

/* Nobody has the slot: what stands there was left by a process that was killed. */
static bool is_left_over(uint32_t cpu)
{
	int err = shm_trylock(&store.control->cpu[cpu]);

	if (err < 0)
		return false;
	if (err == SHM_LOCK_REPAIR)
		slot_repaired(cpu);
	shm_unlock(&store.control->cpu[cpu]);
	return true;
}

static bool wait_for_run(uint32_t cpu, uint32_t i, uint32_t link_id, uint64_t until)
{
	const struct store_running *running = &store.control->running[cpu];
	const struct timespec moment = { .tv_nsec = 50000 };
	uint32_t turn = atomic_load(&running->at[i].turn);

	while (runs_at(running, i, link_id) && atomic_load(&running->at[i].turn) == turn) {
		if (is_left_over(cpu))
			return true;
		if (now_ns() >= until)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

bool store_wait_runs(uint32_t link_id, uint64_t limit_ns)
{
	uint64_t until = now_ns() + limit_ns, now = held_now();
	bool done = true;

	rundown_look();
	for (uint32_t cpu = 0; cpu < store.control->possible_cpus; cpu++)
		for (uint32_t i = 0; i < STORE_RUNS_MAX &&
				     !(now & HELD_DEPTH && cpu == now >> HELD_CPU); i++)
			done &= wait_for_run(cpu, i, link_id, until);
	return done;
}
