/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* libc's own versions of the functions that fd_exports.c puts in front of them. */
#ifndef BPF_SHIM_LIBC_CALLS_H
#define BPF_SHIM_LIBC_CALLS_H

#include <stddef.h>
#include <sys/types.h>

struct epoll_event;

int libc_close(int fd);
int libc_dup(int fd);
int libc_dup2(int from, int to);
int libc_dup3(int from, int to, int flags);
int libc_close_range(unsigned int first, unsigned int last, int flags);
int libc_fcntl(int fd, int cmd, unsigned long arg);
void *libc_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
int libc_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);

#endif
