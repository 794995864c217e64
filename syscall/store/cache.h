/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the store room: objects this process has mapped, and which fd is which object. */
#ifndef SYSCALL_STORE_CACHE_H
#define SYSCALL_STORE_CACHE_H

#include "store.h"

struct store_obj *cache_new_object(enum store_kind kind);	/* one user: the creator */
void cache_free_object(struct store_obj *obj);			/* of one that was never added */
void cache_add(struct store_obj *obj, int fd, uint32_t mode);	/* drops the creator's use */
void cache_note_fd(int fd, struct store_obj *obj, uint32_t mode);
void cache_forget_fd(int fd);
/* Fds in [first, last] that were known to be ours: forget them, telling each object. */
void cache_forget_range(unsigned int first, unsigned int last,
			void (*fn)(enum store_kind kind, uint32_t id));
uint32_t mode_of_flags(int flags);

#endif
