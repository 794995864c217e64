/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Remembered process and thread ids. */
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "self.h"

static uint32_t pid;
static __thread uint32_t tid;
static pthread_once_t watch_once = PTHREAD_ONCE_INIT;

/* Only the thread that forked is there afterwards. */
static void forget(void)
{
	__atomic_store_n(&pid, 0, __ATOMIC_RELAXED);
	tid = 0;
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget);
}

uint32_t self_pid(void)
{
	uint32_t known = __atomic_load_n(&pid, __ATOMIC_RELAXED);

	if (!known) {
		pthread_once(&watch_once, watch_forks);
		known = getpid();
		__atomic_store_n(&pid, known, __ATOMIC_RELAXED);
	}
	return known;
}

uint32_t self_tid(void)
{
	if (!tid) {
		pthread_once(&watch_once, watch_forks);
		tid = syscall(SYS_gettid);
	}
	return tid;
}
