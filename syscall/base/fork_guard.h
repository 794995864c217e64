/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A process-private mutex that other threads may hold when one forks: held over the fork, so that
 * the child finds it free and what it protects whole. Handlers registered later run first: the
 * mutex under which calls into other rooms are made must be taken first, so it has a higher rank.
 */
#ifndef BASE_FORK_GUARD_H
#define BASE_FORK_GUARD_H

#include <pthread.h>

/* Priorities of constructors, in the order of registration. */
#define FORK_RANK_CGROUPS 200
#define FORK_RANK_OPEN	  201	/* the store's use */
#define FORK_RANK_CACHE	  202
#define FORK_RANK_MAPS	  203
#define FORK_RANK_PROGS	  204
#define FORK_RANK_LINKS	  205
#define FORK_RANK_REGISTRY 206	/* it is not a room: see extensions/registry.c */
#define FORK_RANK_START	  207
#define FORK_RANK_WAITING 208
#define FORK_RANK_NETLINK 209

#define FORK_GUARD(mutex, rank)                                                                    \
	static void before_fork_##mutex(void)                                                      \
	{                                                                                          \
		pthread_mutex_lock(&mutex);                                                        \
	}                                                                                          \
	static void after_fork_##mutex(void)                                                       \
	{                                                                                          \
		pthread_mutex_unlock(&mutex);                                                      \
	}                                                                                          \
	__attribute__((constructor(rank))) static void guard_##mutex(void)                         \
	{                                                                                          \
		pthread_atfork(before_fork_##mutex, after_fork_##mutex, after_fork_##mutex);       \
	}

#endif
