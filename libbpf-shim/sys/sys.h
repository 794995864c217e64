/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Where the library meets a kernel: the emulated one (kern.h) or, with BPF_SHIM_BACKEND=kernel,
 * the real one. Results are values or -errno; errno itself is left as it was.
 */
#ifndef BPF_SHIM_SYS_H
#define BPF_SHIM_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/bpf.h>

struct perf_event_attr;

/* True for the emulated kernel. Decided once, by the environment. */
bool sys_emulated(void);

/* One bpf(2) call. */
int sys_bpf(int cmd, union bpf_attr *attr, unsigned int size);
/* The same for commands that make an fd: it is never 0, 1 or 2. */
int sys_bpf_fd(int cmd, union bpf_attr *attr, unsigned int size);

/* A duplicate, close-on-exec, not below 3. */
int sys_dup(int fd);
/* Closes any fd of ours or of libc's; nothing happens for a negative one. */
void sys_close(int fd);

int sys_mmap(void **addr, size_t length, int prot, int flags, int fd, off_t offset);
void sys_munmap(void *addr, size_t length);

/* The fd to put into an epoll set in place of a ring's; may be @fd itself. */
int sys_wait_fd(int fd);
void sys_wait_fd_close(int fd, int wait_fd);
/* To be called before the last emptiness check that comes before a wait. */
void sys_wait_drain(int fd, int wait_fd);

/* The real path behind one of the kernel's files; @path itself if there is nothing behind it. */
const char *sys_path(const char *path, char *buf, size_t size);
bool sys_path_exists(const char *path);
/* Removes a name of the bpf file system. */
int sys_unlink(const char *path);

int sys_possible_cpus(void);

/* The @n-th section name that an extension of the emulated kernel brings; -ENOENT past the last. */
struct kern_section;
int sys_section(unsigned int n, struct kern_section *section);

/* A netlink request to the emulated kernel; see kern_netlink(). */
int sys_netlink(int protocol, const void *request, size_t size, void **reply, size_t *reply_size);

int sys_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			unsigned long flags);
int sys_perf_ioctl(int fd, unsigned long request, unsigned long arg);

/* Raises RLIMIT_MEMLOCK where the kernel still counts BPF memory in it. Once. */
void sys_raise_memlock(void);

#endif
