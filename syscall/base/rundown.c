/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Each thread writes down what it is inside of, in a record that only it writes. Who waits reads all
 * records; membarrier(2) makes sure that a thread which it did not see inside sees what was put in
 * place before. Where a sandbox forbids membarrier, entering has a full fence.
 */
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bits.h"
#include "clock.h"
#include "rundown.h"

#define SPINS 200u

struct place {
	_Atomic(const void *) what;	/* NULL: nothing */
	_Atomic uint64_t turn;		/* counts entries: two runs of the same thing differ */
};

struct record {
	struct record *next;
	_Atomic bool taken;
	_Atomic uint32_t depth;
	struct place at[RUNDOWN_DEPTH_MAX];
} __attribute__((aligned(64)));

const char rundown_commands;

static struct record *_Atomic records;	/* never freed, used again by later threads */
static _Atomic bool fences;
static pthread_key_t key;
static bool has_key;
static HOT_THREAD_LOCAL struct record *mine;

static long membarrier(int cmd)
{
	return syscall(SYS_membarrier, cmd, 0, 0);
}

/* ---- records ---- */

/* Also of a thread that ended within a run, which nobody must wait for. */
static void empty(struct record *r)
{
	for (uint32_t i = 0; i < RUNDOWN_DEPTH_MAX; i++)
		atomic_store(&r->at[i].what, NULL);
	atomic_store(&r->depth, 0);
	atomic_store_explicit(&r->taken, false, memory_order_release);
}

static void give_back(void *record)
{
	mine = NULL;
	empty(record);
}

/* Other threads, and with them their runs, are not in a child. */
static void forget_others(void)
{
	for (struct record *r = atomic_load(&records); r; r = r->next)
		if (r != mine)
			empty(r);
}

__attribute__((constructor)) static void start(void)
{
	if (membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) ||
	    membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED))
		atomic_store(&fences, true);
	has_key = !pthread_key_create(&key, give_back);
	pthread_atfork(NULL, NULL, forget_others);
}

static struct record *take_free(void)
{
	for (struct record *r = atomic_load_explicit(&records, memory_order_acquire); r; r = r->next) {
		bool taken = false;

		if (atomic_compare_exchange_strong(&r->taken, &taken, true))
			return r;
	}
	return NULL;
}

/* By mmap: the first run of a thread may be in a signal handler, where malloc is not allowed. */
static struct record *make_record(void)
{
	struct record *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (r == MAP_FAILED)
		return NULL;
	atomic_store(&r->taken, true);
	r->next = atomic_load(&records);
	while (!atomic_compare_exchange_weak(&records, &r->next, r))
		;
	return r;
}

static struct record *get_record(void)
{
	struct record *r = take_free();

	r = r ? r : make_record();
	if (r && has_key)
		pthread_setspecific(key, r);
	mine = r;
	return r;
}

/* ---- entering ---- */

void rundown_marked(void)
{
	if (atomic_load_explicit(&fences, memory_order_relaxed))
		atomic_thread_fence(memory_order_seq_cst);
	else
		atomic_signal_fence(memory_order_seq_cst);
}

/* The depth counts first: a signal handler that comes in between uses the next place. */
bool rundown_enter(const void *what)
{
	struct record *r = mine ? mine : get_record();
	struct place *place;
	uint32_t depth;

	if (!r)
		return false;
	depth = atomic_load_explicit(&r->depth, memory_order_relaxed);
	if (depth == RUNDOWN_DEPTH_MAX)
		return false;
	place = &r->at[depth];
	atomic_store_explicit(&r->depth, depth + 1, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&place->turn,
			      atomic_load_explicit(&place->turn, memory_order_relaxed) + 1,
			      memory_order_relaxed);
	atomic_store_explicit(&place->what, what, memory_order_release);
	rundown_marked();
	return true;
}

void rundown_leave(void)
{
	struct record *r = mine;
	uint32_t depth = atomic_load_explicit(&r->depth, memory_order_relaxed) - 1;

	atomic_store_explicit(&r->at[depth].what, NULL, memory_order_release);
	atomic_signal_fence(memory_order_seq_cst);
	atomic_store_explicit(&r->depth, depth, memory_order_relaxed);
}

uint32_t rundown_depth(void)
{
	return mine ? atomic_load_explicit(&mine->depth, memory_order_relaxed) : 0;
}

bool rundown_running(void)
{
	uint32_t depth = rundown_depth();

	for (uint32_t i = 0; i < depth; i++)
		if (atomic_load_explicit(&mine->at[i].what, memory_order_relaxed) !=
		    &rundown_commands)
			return true;
	return false;
}

uint32_t rundown_inside(const void *what)
{
	uint32_t depth = rundown_depth(), cnt = 0;

	for (uint32_t i = 0; i < depth; i++)
		if (atomic_load_explicit(&mine->at[i].what, memory_order_relaxed) == what)
			cnt++;
	return cnt;
}

/* ---- waiting ---- */

static void rest(uint32_t tries)
{
	const struct timespec moment = { .tv_nsec = 50000 };

	if (tries < SPINS)
		sched_yield();
	else
		nanosleep(&moment, NULL);
}

static bool wait_for_place(struct place *place, const void *what, uint64_t until)
{
	uint64_t turn = atomic_load_explicit(&place->turn, memory_order_acquire);

	for (uint32_t tries = 0;
	     atomic_load_explicit(&place->what, memory_order_acquire) == what &&
	     atomic_load_explicit(&place->turn, memory_order_acquire) == turn;
	     tries++) {
		if (until != UINT64_MAX && now_ns() >= until)
			return false;
		rest(tries);
	}
	return true;
}

/* Registration does not outlive an exec, and need not outlive a fork. */
static void synchronize(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load(&fences) || !membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
		return;
	if (!membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) &&
	    !membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
		return;
	/* Forbidden from now on: fences for those to come, time for those who entered without. */
	atomic_store(&fences, true);
	rest(SPINS);
}

/* Every process that shares a store has registered, or has fences. */
void rundown_look(void)
{
	atomic_thread_fence(memory_order_seq_cst);
	if (membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED))
		rest(SPINS);
}

static bool wait_until(const void *what, uint64_t until)
{
	bool nobody = true;

	synchronize();
	for (struct record *r = atomic_load_explicit(&records, memory_order_acquire); r; r = r->next)
		for (uint32_t i = 0; r != mine && i < RUNDOWN_DEPTH_MAX; i++)
			nobody &= wait_for_place(&r->at[i], what, until);
	return nobody;
}

void rundown_wait(const void *what)
{
	wait_until(what, UINT64_MAX);
}

bool rundown_wait_for(const void *what, uint64_t limit_ns)
{
	return wait_until(what, limit_ns == UINT64_MAX ? UINT64_MAX : now_ns() + limit_ns);
}
