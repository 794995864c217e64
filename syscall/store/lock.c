/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Robust locks in shared memory: glibc's process-shared, robust, error-checking mutexes. */
#include <stdlib.h>

#include "err.h"
#include "lock.h"

void shm_lock_init(struct shm_lock *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&lock->mutex, &attr);
	pthread_mutexattr_destroy(&attr);
}

static int result_of(int err)
{
	switch (err) {
	case 0:
		return 0;
	case EOWNERDEAD:
		return SHM_LOCK_REPAIR;
	default:
		return -EBUSY;	/* EDEADLK: held by this thread; EBUSY: by another one */
	}
}

int shm_lock(struct shm_lock *lock)
{
	return result_of(pthread_mutex_lock(&lock->mutex));
}

int shm_trylock(struct shm_lock *lock)
{
	return result_of(pthread_mutex_trylock(&lock->mutex));
}

void shm_lock_repaired(struct shm_lock *lock)
{
	pthread_mutex_consistent(&lock->mutex);
}

void shm_unlock(struct shm_lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}
