/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Random numbers, and the CPU a program runs on. */
#include <pthread.h>
#include <sched.h>
#include <sys/random.h>

#include "rows.h"

/* splitmix64 per thread: fast, well spread, nothing secret about it. A forked child goes on with
 * numbers of its own. */
static __thread uint64_t random_state;
static pthread_once_t reseed_once = PTHREAD_ONCE_INIT;

static void forget_seed(void)
{
	random_state = 0;
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_seed);
}

static void seed(void)
{
	pthread_once(&reseed_once, watch_forks);
	if (getrandom(&random_state, sizeof(random_state), GRND_NONBLOCK) < 0)
		random_state = ptr_to_u64(&random_state);
	random_state |= 1;
}

HELPER(help_get_prandom_u32)
{
	uint64_t z;

	if (!random_state)
		seed();
	z = random_state += 0x9e3779b97f4a7c15ull;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return (uint32_t)(z ^ (z >> 31));
}

HELPER(help_get_smp_processor_id)
{
	return help_cpu(ctx);
}

HELPER(help_get_numa_node_id)
{
	unsigned int cpu = 0, node = 0;

	getcpu(&cpu, &node);
	return node;
}

static const struct bpfx_helper misc_rows[] = {
	{ BPF_FUNC_get_prandom_u32, "get_prandom_u32", help_get_prandom_u32, BPFX_RET_INTEGER,
	  .flags = BASE },
	{ BPF_FUNC_get_smp_processor_id, "get_smp_processor_id", help_get_smp_processor_id,
	  BPFX_RET_INTEGER, .flags = BASE | BPFX_HELPER_IMPLICIT_CTX },
	{ BPF_FUNC_get_numa_node_id, "get_numa_node_id", help_get_numa_node_id, BPFX_RET_INTEGER,
	  .flags = BASE },
};
HELPER_TABLE(misc);
