/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf_spin_lock's word. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "self.h"
#include "word_lock.h"

#define SPINS_BEFORE_YIELD 128
#define YIELDS_BEFORE_LOOK 64	/* at whether the owner is alive */

static __thread uint32_t nested;	/* takes by a program that interrupted the owner */

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
	return __atomic_compare_exchange_n(word, &from, self_tid(), false, __ATOMIC_ACQUIRE,
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

void word_lock(uint32_t *word)
{
	int saved = errno;

	if (__atomic_load_n(word, __ATOMIC_RELAXED) == self_tid()) {
		nested++;
		return;
	}
	for (uint32_t round = 1; !take(word, 0); round++)
		if (wait_for(word, round))
			break;
	errno = saved;
}

void word_unlock(uint32_t *word)
{
	if (nested)
		nested--;
	else
		__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}
