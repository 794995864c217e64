/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Locks in shared memory that survive their owner's death: robust process-shared mutexes that
 * refuse a nested take by the same thread.
 */
#ifndef SYSCALL_STORE_LOCK_H
#define SYSCALL_STORE_LOCK_H

#include <pthread.h>

struct shm_lock {
	pthread_mutex_t mutex;
};

void shm_lock_init(struct shm_lock *lock);

/**
 * shm_lock() - take it
 * Return: 0; SHM_LOCK_REPAIR: taken, but its owner died inside: put the protected data right, then
 * call shm_lock_repaired(); -EBUSY: this thread holds it already (signal handler, program inside a
 * program).
 */
#define SHM_LOCK_REPAIR 1
int shm_lock(struct shm_lock *lock);
/* The same without waiting: -EBUSY also where another thread or process holds it. */
int shm_trylock(struct shm_lock *lock);
void shm_lock_repaired(struct shm_lock *lock);
void shm_unlock(struct shm_lock *lock);

#endif
