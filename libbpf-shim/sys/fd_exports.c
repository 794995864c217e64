/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * close(), dup*(), mmap(), epoll_ctl() … of the program that uses the library. Programs close and
 * map bpf fds by libc's names; the emulated kernel has to know. Everything that is not a bpf fd
 * goes to libc unchanged. No locks, no allocation on the way of close(): safe in signal handlers.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern.h"
#include "libc_calls.h"
#include "sys.h"

#define EXPORT __attribute__((visibility("default")))

/* ---- libc behind us ---- */

static struct {
	int (*close)(int);
	int (*dup)(int);
	int (*dup2)(int, int);
	int (*dup3)(int, int, int);
	int (*close_range)(unsigned int, unsigned int, int);
	int (*fcntl)(int, int, ...);
	void *(*mmap)(void *, size_t, int, int, int, off_t);
	int (*epoll_ctl)(int, int, int, struct epoll_event *);
} next;

/* The preload library stands before us and has done the work already. */
static bool preload_does_it;

/* Our close(), whatever "close" means in this process. */
extern __typeof__(close) own_close __attribute__((visibility("hidden")));

/* Not where we were dlopen()ed or come behind libc: then the kernel has to look at fds itself. */
static void tell_if_first(void)
{
	if (!preload_does_it && dlsym(RTLD_DEFAULT, "close") == (void *)own_close)
		kern_fds_are_watched();
}

/* Other libraries' constructors may call us before this one ran: hence the direct calls below. */
__attribute__((constructor)) static void find_next(void)
{
	next.close = dlsym(RTLD_NEXT, "close");
	next.dup = dlsym(RTLD_NEXT, "dup");
	next.dup2 = dlsym(RTLD_NEXT, "dup2");
	next.dup3 = dlsym(RTLD_NEXT, "dup3");
	next.close_range = dlsym(RTLD_NEXT, "close_range");
	next.fcntl = dlsym(RTLD_NEXT, "fcntl");
	next.mmap = dlsym(RTLD_NEXT, "mmap");
	next.epoll_ctl = dlsym(RTLD_NEXT, "epoll_ctl");
	preload_does_it = dlsym(RTLD_DEFAULT, "bpf_shim_preload") != NULL;
	tell_if_first();
}

int libc_close(int fd)
{
	return next.close ? next.close(fd) : (int)syscall(SYS_close, fd);
}

int libc_dup(int fd)
{
	return next.dup ? next.dup(fd) : (int)syscall(SYS_dup, fd);
}

int libc_dup2(int from, int to)
{
	if (next.dup2)
		return next.dup2(from, to);
	/* dup3() refuses equal numbers, dup2() then only checks the fd */
	if (from == to)
		return libc_fcntl(from, F_GETFD, 0) < 0 ? -1 : to;
	return libc_dup3(from, to, 0);
}

int libc_dup3(int from, int to, int flags)
{
	return next.dup3 ? next.dup3(from, to, flags) : (int)syscall(SYS_dup3, from, to, flags);
}

int libc_close_range(unsigned int first, unsigned int last, int flags)
{
	if (next.close_range)
		return next.close_range(first, last, flags);
	return syscall(SYS_close_range, first, last, flags);
}

int libc_fcntl(int fd, int cmd, unsigned long arg)
{
	return next.fcntl ? next.fcntl(fd, cmd, arg) : (int)syscall(SYS_fcntl, fd, cmd, arg);
}

void *libc_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	if (next.mmap)
		return next.mmap(addr, length, prot, flags, fd, offset);
	return (void *)syscall(SYS_mmap, addr, length, prot, flags, fd, offset);
}

int libc_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	if (next.epoll_ctl)
		return next.epoll_ctl(epfd, op, fd, event);
	return syscall(SYS_epoll_ctl, epfd, op, fd, event);
}

/* ---- what is exported ---- */

static bool watching(void)
{
	return !preload_does_it && sys_emulated();
}

static bool is_ours(int fd)
{
	return watching() && kern_fd_known(fd) > 0;
}

EXPORT int close(int fd)
{
	if (watching() && kern_fd_close(fd) != KERN_NOT_OURS)
		return 0;
	return libc_close(fd);
}
extern __typeof__(close) own_close __attribute__((alias("close"), visibility("hidden")));

/* The duplicate is another fd of the same object; what it replaced is closed by that. */
static int after_dup(int from, int to, bool replaced_ours)
{
	int saved_errno = errno;

	if (to >= 0 && from != to && watching()) {
		if (replaced_ours)
			kern_fd_closed_range(to, to);
		if (kern_fd_known(from) > 0)
			kern_fd_duped(from, to);
	}
	errno = saved_errno;
	return to;
}

EXPORT int dup(int fd)
{
	return after_dup(fd, libc_dup(fd), false);
}

EXPORT int dup2(int from, int to)
{
	bool replaces_ours = is_ours(to);

	return after_dup(from, libc_dup2(from, to), replaces_ours);
}

EXPORT int dup3(int from, int to, int flags)
{
	bool replaces_ours = is_ours(to);

	return after_dup(from, libc_dup3(from, to, flags), replaces_ours);
}

EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	int ret = libc_close_range(first, last, flags), saved_errno = errno;

	if (!ret && !(flags & CLOSE_RANGE_CLOEXEC) && watching())
		kern_fd_closed_range(first, last);
	errno = saved_errno;
	return ret;
}

EXPORT int fcntl(int fd, int cmd, ...)
{
	unsigned long arg;
	va_list args;

	/* as libc does it: the argument is read whether or not the command has one */
	va_start(args, cmd);
	arg = va_arg(args, unsigned long);
	va_end(args);
	if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
		return after_dup(fd, libc_fcntl(fd, cmd, arg), false);
	return libc_fcntl(fd, cmd, arg);
}

EXPORT void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	int ret = KERN_NOT_OURS;

	if (fd >= 0 && !(flags & MAP_ANONYMOUS) && watching())
		ret = kern_mmap(&addr, length, prot, flags, fd, offset);
	if (ret == KERN_NOT_OURS)
		return libc_mmap(addr, length, prot, flags, fd, offset);
	if (ret < 0) {
		errno = -ret;
		return MAP_FAILED;
	}
	return addr;
}

#if __SIZEOF_LONG__ == 8
EXPORT void *mmap64(void *addr, size_t length, int prot, int flags, int fd, off64_t offset)
	__attribute__((alias("mmap")));
#endif

EXPORT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	int ret = watching() ? kern_epoll_ctl(epfd, op, fd, event) : KERN_NOT_OURS;

	if (ret == KERN_NOT_OURS)
		return libc_epoll_ctl(epfd, op, fd, event);
	if (ret < 0) {
		errno = -ret;
		return -1;
	}
	return ret;
}
