/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Iterators: from a link to a file with what its program wrote. */
#ifndef SYSCALL_ITERS_H
#define SYSCALL_ITERS_H

#include "store.h"

/**
 * iter_new_fd() - run the link's program on everything there is, and once at the end
 * @flags: O_CLOEXEC, O_NONBLOCK and access mode of the fd
 *
 * Return: an fd to read, from its beginning, what it wrote; -EINVAL: the link is no iterator's; the
 * error that a first read() would have given on Linux (-E2BIG, -EAGAIN); why the program cannot run;
 * -ENOMEM, -EMFILE …
 */
int iter_new_fd(struct store_obj *link, int flags);

#endif
