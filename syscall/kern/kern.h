/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The only door into the emulated kernel. libbpf-shim and the preload library call these and
 * nothing else; everything here is exported by libbpf-shim-kernel.so.1.
 *
 * Conventions: int results are >= 0 on success and -errno on failure; errno itself is never
 * touched. All functions are thread-safe. KERN_NOT_OURS means "this fd or path has nothing to do
 * with the emulated kernel": the caller then does what libc would have done.
 */
#ifndef BPF_SHIM_KERN_H
#define BPF_SHIM_KERN_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/bpf.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KERN_EXPORT __attribute__((visibility("default")))

/* Not an errno: the number lies outside what -errno can be. */
#define KERN_NOT_OURS	(-4096)

/**
 * kern_bpf() - one bpf(2) call, answered by the emulated kernel
 * @cmd: BPF_* command number
 * @attr: the caller's attr, @size bytes; may be any pointer, a bad one gives -EFAULT
 * @size: bytes at @attr; shorter than union bpf_attr is completed with zeros, longer must be zero
 *
 * Return: what Linux 6.18 returns for the command (a new fd, 0, a count), or -errno.
 * Output fields are written back into @attr as by Linux. Source: bpf(2), kernel/bpf/syscall.c.
 */
KERN_EXPORT int kern_bpf(int cmd, union bpf_attr *attr, unsigned int size);

/* ---- file descriptors of the emulated kernel ----
 *
 * A bpf fd is an ordinary fd of a file in the store. Callers that see fds go by (libbpf-shim's
 * exported close(), preload) tell the kernel here, so that an object goes when its last fd goes.
 */

enum kern_fd_kind {
	KERN_FD_MAP = 1,
	KERN_FD_PROG,
	KERN_FD_LINK,
	KERN_FD_BTF,
	KERN_FD_PERF,
};

/* Return: enum kern_fd_kind, or KERN_NOT_OURS. Opens no store in a process that has none, unless
 * the fd is an inherited bpf fd. */
KERN_EXPORT int kern_fd_kind(int fd);

/**
 * kern_fd_close() - close a bpf fd; the object goes at once if this was its last reference
 * Return: 0, or KERN_NOT_OURS (then @fd is still open).
 */
KERN_EXPORT int kern_fd_close(int fd);

/* The same for fds this process got from bpf(2) or has used with it, without a system call; 0 for
 * others. May be out of date where an fd was closed behind our back. */
KERN_EXPORT int kern_fd_known(int fd);

/* The caller stands before libc in symbol lookup, sees every close(), dup2(), dup3() and
 * close_range() of this process and tells: fds need not be looked at on each call then. */
KERN_EXPORT void kern_fds_are_watched(void);

/* @to became a duplicate of @from. */
KERN_EXPORT void kern_fd_duped(int from, int to);

/**
 * kern_fd_closed_range() - tell that fds first..last were closed behind our back
 *
 * Objects that lost their last reference by it are removed.
 */
KERN_EXPORT void kern_fd_closed_range(unsigned int first, unsigned int last);

/**
 * kern_mmap() - mmap(2) of a bpf fd with Linux's checks and views
 * @addr: in: wanted address; out: where it is
 *
 * Ring buffers show their data twice; maps refuse what Linux refuses (EPERM, EINVAL, EACCES).
 * Return: 0, -errno, or KERN_NOT_OURS.
 */
KERN_EXPORT int kern_mmap(void **addr, size_t length, int prot, int flags, int fd, off_t offset);

/**
 * kern_poll_fd() - the fd to wait on in place of @fd
 *
 * tmpfs files cannot be polled; what wakes a waiter has a FIFO beside it. A map that is no ring has an
 * error to tell at once.
 * Return: a new fd (O_CLOEXEC, owned by the caller), KERN_NOT_OURS, or -errno (-EPERM: this
 * kind of bpf fd cannot be waited for).
 */
KERN_EXPORT int kern_poll_fd(int fd);

/* Drain @wait_fd (from kern_poll_fd() of @fd) so that it becomes readable again only for records
 * that come after now. Call before the last emptiness check. */
KERN_EXPORT void kern_poll_drain(int fd, int wait_fd);

/* Make the fd from kern_poll_fd() readable if @fd has something to read: for programs that drain
 * by themselves nothing, called before they wait. */
KERN_EXPORT void kern_poll_arm(int fd);

/**
 * kern_epoll_ctl() - epoll_ctl(2) with a bpf fd as member
 *
 * A ring's fd is replaced by its FIFO. Return: 0, -errno, KERN_NOT_OURS.
 */
struct epoll_event;
KERN_EXPORT int kern_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);

/* Before a program that never drains waits: bring the FIFOs that stand for rings in epoll sets in
 * line with what the rings hold. All of them, because sets nest. */
KERN_EXPORT void kern_epoll_prepare(void);

/* Events of poll(2) that are true now for @fd: POLLIN, POLLOUT, POLLERR. KERN_NOT_OURS else. */
KERN_EXPORT int kern_poll_now(int fd);

/**
 * kern_fd_link_text() - what readlink("/proc/self/fd/N") says of a bpf fd
 *
 * "anon_inode:bpf-map", "anon_inode:bpf-prog", "anon_inode:btf", "anon_inode:bpf-link", …
 * Return: length written (no NUL, as readlink), or KERN_NOT_OURS.
 */
KERN_EXPORT ssize_t kern_fd_link_text(int fd, char *buf, size_t size);

/**
 * kern_fdinfo() - text of /proc/self/fdinfo/N of a bpf fd
 * Return: length of the text written to @buf (NUL-terminated, cut to @size), or KERN_NOT_OURS.
 */
KERN_EXPORT ssize_t kern_fdinfo(int fd, char *buf, size_t size);

/* ---- perf events ---- */

struct perf_event_attr;

/**
 * kern_perf_event_open() - perf_event_open(2), answered by the emulated kernel
 *
 * There are tracepoints by the ids of the emulated tracefs, and BPF output; whatever else is asked for is
 * -ENOENT, as on a kernel without what counts it. Return: fd or -errno.
 */
KERN_EXPORT int kern_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
				     unsigned long flags);

/* ioctl(2) of a bpf fd: result, -errno, or KERN_NOT_OURS. */
KERN_EXPORT int kern_ioctl(int fd, unsigned long request, unsigned long arg);

/* read(2) of a bpf fd: bytes, -errno (-EINVAL: it has nothing to read), or KERN_NOT_OURS. */
KERN_EXPORT ssize_t kern_read(int fd, void *buf, size_t size);

/* ---- paths of the emulated kernel ---- */

/**
 * kern_path() - the real path behind one that belongs to the emulated kernel
 * @path: absolute path as the program knows it (/sys/fs/bpf/x, /sys/kernel/btf/vmlinux, …)
 * @out: receives the real path, NUL-terminated
 *
 * Return: enum kern_path_kind, KERN_NOT_OURS, or -errno (-ENAMETOOLONG, -ENOENT …).
 */
enum kern_path_kind {
	KERN_PATH_BPFFS = 1,	/* below the bpf file system */
	KERN_PATH_FILE = 2,	/* an emulated file of /sys, /proc */
	KERN_PATH_CGROUP = 3,	/* below the cgroup file system */
	KERN_PATH_TRACEFS = 4,	/* below the tracing file system, by either of its names */
	KERN_PATH_TRACE_PIPE = 5,	/* its trace_pipe, to be opened by kern_trace_pipe() */
};
KERN_EXPORT int kern_path(const char *path, char *out, size_t size);
/* A KERN_PATH_FILE was opened to be written to, emptied if it is not read as well. */
KERN_EXPORT void kern_setting_opened(void);

/* open() of a pin: an iterator's is read like a file. An fd, KERN_NOT_OURS: it is none, -errno. */
KERN_EXPORT int kern_open_pinned(const char *path, int flags);

/* open(2) of trace_pipe: an fd to be read, in which lines of bpf_trace_printk() arrive, or -errno. Those
 * that nobody has read yet are in it already. */
KERN_EXPORT int kern_trace_pipe(int flags);

/* A path below the bpf file system was unlinked or replaced: objects that only it held go now. */
KERN_EXPORT void kern_unpinned(void);

/* ---- netlink ---- */

/**
 * kern_netlink() - a netlink request about XDP programs, or bpf filters of traffic control
 * @protocol: NETLINK_ROUTE, NETLINK_GENERIC
 * @request: one message of @size bytes; its nlmsg_pid is repeated in the answer
 * @reply: receives the messages that Linux would send back, free() them
 *
 * Interfaces are the host's, what is attached to them is in the store. Other requests than those are
 * answered with EOPNOTSUPP. Return: 0, also where the answer is an error; -EINVAL: no message; -ENOMEM.
 */
KERN_EXPORT int kern_netlink(int protocol, const void *request, size_t size, void **reply,
			     size_t *reply_size);

/* ---- process life ---- */

/* The directory of the store this process uses, for messages; creates it on first use. NULL and
 * -errno in *err where it cannot be used. */
KERN_EXPORT const char *kern_store_dir(int *err);

/* Sweep this store, and remove private stores of this user whose processes are all gone. Return:
 * how many of those, or -errno. */
KERN_EXPORT int kern_collect_stores(void);

/* Number of possible CPUs of the emulated kernel: what per-CPU values are multiplied with. */
KERN_EXPORT int kern_possible_cpus(void);

/* A section name that an extension gives to the loader. */
struct kern_section {
	char name[64];		/* "xdp"; with prefix set also "xdp/…" */
	bool prefix;
	uint32_t prog_type, attach_type;
	bool attaches;		/* LINK_CREATE with attach_type attaches it */
};

/* @n-th section of all extensions: 0 or -ENOENT past the last. Strings live as long as they. */
KERN_EXPORT int kern_section(unsigned int n, struct kern_section *section);

/* ---- hooks: for whoever sees events happen (applications through bpfx/hook.h, preload) ---- */
struct bpfx_host;
KERN_EXPORT const struct bpfx_host *kern_host(void);

#ifdef __cplusplus
}
#endif

#endif
