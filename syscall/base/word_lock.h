/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A lock in one word of shared memory: bpf_spin_lock. It holds the thread id of its owner, so that
 * it can be taken over when the owner was killed inside. Held for a few instructions and nothing
 * that waits, hence spinning.
 */
#ifndef BASE_WORD_LOCK_H
#define BASE_WORD_LOCK_H

#include <stdint.h>

/* Errno is kept. A signal handler may find the lock held by its own thread: waiting would never
 * end, so it goes in, as alone as the owner is; each take has its give. */
void word_lock(uint32_t *word);
void word_unlock(uint32_t *word);

#endif
