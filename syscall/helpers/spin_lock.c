/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * bpf_spin_lock: a word in a map value, shared by all processes. It holds the thread id of its
 * owner, so that it can be taken over when the owner was killed inside. Programs hold it for a few
 * instructions and nothing that waits, hence spinning.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rows.h"

#define SPINS_BEFORE_YIELD 128
#define YIELDS_BEFORE_LOOK 64	/* at whether the owner is alive */

static __thread uint32_t own_tid;
static __thread uint32_t nested;	/* takes by a program that interrupted the owner */
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

static void forget_tid(void)
{
	own_tid = 0;
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_tid);
}

static uint32_t tid(void)
{
	if (!own_tid) {
		pthread_once(&watch_once, watch_forks);
		own_tid = syscall(SYS_gettid);
	}
	return own_tid;
}

static void pause_cpu(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static bool is_dead(uint32_t owner)
{
	return kill(owner, 0) && errno == ESRCH;
}

static bool take(uint32_t *word, uint32_t from)
{
	return __atomic_compare_exchange_n(word, &from, tid(), false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* Wait a little. True: the owner is gone and the lock is ours. */
static bool wait_for(uint32_t *word, uint32_t round)
{
	uint32_t owner = __atomic_load_n(word, __ATOMIC_RELAXED);

	if (round % SPINS_BEFORE_YIELD) {
		pause_cpu();
		return false;
	}
	sched_yield();
	return round / SPINS_BEFORE_YIELD % YIELDS_BEFORE_LOOK == 0 && owner && is_dead(owner) &&
	       take(word, owner);
}

/* A signal handler that fires a hook may find the lock held by its own thread: waiting would never
 * end, so it goes in, as alone as the owner is. */
HELPER(help_spin_lock)
{
	uint32_t *word = u64_to_ptr(r1);
	int saved = errno;

	if (__atomic_load_n(word, __ATOMIC_RELAXED) == tid()) {
		nested++;
		return 0;
	}
	for (uint32_t round = 1; !take(word, 0); round++)
		if (wait_for(word, round))
			break;
	errno = saved;
	return 0;
}

HELPER(help_spin_unlock)
{
	if (nested)
		nested--;
	else
		__atomic_store_n((uint32_t *)u64_to_ptr(r1), 0, __ATOMIC_RELEASE);
	return 0;
}

static const struct bpfx_helper spin_rows[] = {
	{ BPF_FUNC_spin_lock, "spin_lock", help_spin_lock, BPFX_RET_VOID,
	  { BPFX_ARG_SPIN_LOCK }, .flags = BASE_CAP },
	{ BPF_FUNC_spin_unlock, "spin_unlock", help_spin_unlock, BPFX_RET_VOID,
	  { BPFX_ARG_SPIN_LOCK }, .flags = BASE_CAP },
};
HELPER_TABLE(spin);
