/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * System calls on our own files. close(), mmap() and friends are exported by libbpf-shim and
 * preload to see what happens to bpf fds; the kernel library's own housekeeping must not be seen,
 * so it goes to Linux directly.
 */
#ifndef BASE_RAW_H
#define BASE_RAW_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	long ret;
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	ret = x0;
#else
	ret = syscall(nr, a, b, c, d, e, f);
	return ret;
#endif
	if (ret < 0 && ret > -4096) {
		errno = -ret;
		return -1;
	}
	return ret;
}

/* What TSan must know about, so that it takes reused fds and addresses for new ones. */
#if defined(__SANITIZE_THREAD__)
int __interceptor_close(int fd);
int __interceptor_dup(int fd);
void *__interceptor_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset);
int __interceptor_munmap(void *addr, size_t length);
#define TSAN_SEES(call)	return __interceptor_##call
#else
#define TSAN_SEES(call)	((void)0)
#endif

/* For paths that preload would lead back to us. */
static inline int raw_open(const char *path, int flags)
{
	return raw_syscall(SYS_openat, AT_FDCWD, (long)path, flags, 0, 0, 0);
}

static inline int raw_close(int fd)
{
	TSAN_SEES(close(fd));
	return raw_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline int raw_dup(int fd)
{
	TSAN_SEES(dup(fd));
	return raw_syscall(SYS_dup, fd, 0, 0, 0, 0, 0);
}

static inline int raw_fcntl(int fd, int cmd, void *arg)
{
	return raw_syscall(SYS_fcntl, fd, cmd, (long)arg, 0, 0, 0);
}

static inline void *raw_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	TSAN_SEES(mmap(addr, length, prot, flags, fd, offset));
	return (void *)raw_syscall(SYS_mmap, (long)addr, length, prot, flags, fd, offset);
}

static inline int raw_munmap(void *addr, size_t length)
{
	TSAN_SEES(munmap(addr, length));
	return raw_syscall(SYS_munmap, (long)addr, length, 0, 0, 0, 0);
}

#endif
