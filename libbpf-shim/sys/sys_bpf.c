/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The one call into the kernel, emulated or real, and what belongs to its fds and paths. */
#include "sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/perf_event.h>

#include "kern.h"
#include "libc_calls.h"
#include "util.h"

enum backend { BACKEND_UNKNOWN, BACKEND_EMULATED, BACKEND_KERNEL };

static enum backend choose_backend(void)
{
	const char *text = getenv("BPF_SHIM_BACKEND");

	if (!text || !*text || strcmp(text, "emulated") == 0)
		return BACKEND_EMULATED;
	if (strcmp(text, "kernel") == 0)
		return BACKEND_KERNEL;
	/* a typo must not reach the real kernel */
	pr_warn("BPF_SHIM_BACKEND: '%s' is neither 'emulated' nor 'kernel', using 'emulated'\n",
		text);
	return BACKEND_EMULATED;
}

bool sys_emulated(void)
{
	static enum backend cached;
	enum backend backend = __atomic_load_n(&cached, __ATOMIC_RELAXED);

	if (backend == BACKEND_UNKNOWN) {
		backend = choose_backend();
		__atomic_store_n(&cached, backend, __ATOMIC_RELAXED);
	}
	return backend == BACKEND_EMULATED;
}

int sys_bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	int saved_errno, ret;

	if (sys_emulated())
		return kern_bpf(cmd, attr, size);
	saved_errno = errno;
	ret = syscall(SYS_bpf, cmd, attr, size);
	if (ret < 0)
		ret = -errno;
	errno = saved_errno;
	return ret;
}

/* Programs close and reopen 0-2 without looking: keep ours above them. */
static int move_above_stdio(int fd)
{
	int moved;

	if (fd < 0 || fd > 2)
		return fd;
	moved = sys_dup(fd);
	sys_close(fd);
	return moved;
}

int sys_bpf_fd(int cmd, union bpf_attr *attr, unsigned int size)
{
	return move_above_stdio(sys_bpf(cmd, attr, size));
}

int sys_dup(int fd)
{
	int saved_errno = errno, ret = libc_fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (ret < 0)
		ret = -errno;
	else if (sys_emulated())
		kern_fd_duped(fd, ret);
	errno = saved_errno;
	return ret;
}

void sys_close(int fd)
{
	int saved_errno = errno;

	if (fd < 0)
		return;
	if (!sys_emulated() || kern_fd_close(fd) == KERN_NOT_OURS)
		libc_close(fd);
	errno = saved_errno;
}

int sys_mmap(void **addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	int saved_errno = errno, ret = KERN_NOT_OURS;
	void *mem;

	if (fd >= 0 && sys_emulated())
		ret = kern_mmap(addr, length, prot, flags, fd, offset);
	if (ret != KERN_NOT_OURS)
		return ret;
	mem = libc_mmap(*addr, length, prot, flags, fd, offset);
	ret = mem == MAP_FAILED ? -errno : 0;
	errno = saved_errno;
	if (!ret)
		*addr = mem;
	return ret;
}

void sys_munmap(void *addr, size_t length)
{
	int saved_errno = errno;

	munmap(addr, length);
	errno = saved_errno;
}

int sys_wait_fd(int fd)
{
	int ret = sys_emulated() ? kern_poll_fd(fd) : KERN_NOT_OURS;

	return ret == KERN_NOT_OURS ? fd : ret;
}

void sys_wait_fd_close(int fd, int wait_fd)
{
	if (wait_fd >= 0 && wait_fd != fd)
		libc_close(wait_fd);
}

void sys_wait_drain(int fd, int wait_fd)
{
	if (wait_fd != fd)
		kern_poll_drain(fd, wait_fd);
}

const char *sys_path(const char *path, char *buf, size_t size)
{
	if (sys_emulated() && kern_path(path, buf, size) > 0)
		return buf;
	return path;
}

bool sys_path_exists(const char *path)
{
	char buf[4096];

	return access(sys_path(path, buf, sizeof(buf)), F_OK) == 0;
}

int sys_unlink(const char *path)
{
	char buf[4096];
	int saved_errno = errno, ret = unlink(sys_path(path, buf, sizeof(buf)));

	if (ret)
		ret = -errno;
	else if (sys_emulated())
		kern_unpinned();
	errno = saved_errno;
	return ret;
}

int sys_netlink(int protocol, const void *request, size_t size, void **reply, size_t *reply_size)
{
	return kern_netlink(protocol, request, size, reply, reply_size);
}

int sys_possible_cpus(void)
{
	return sys_emulated() ? kern_possible_cpus() : -EOPNOTSUPP;
}

int sys_section(unsigned int n, struct kern_section *section)
{
	return sys_emulated() ? kern_section(n, section) : -ENOENT;
}

int sys_perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
			unsigned long flags)
{
	int saved_errno = errno, fd;

	if (sys_emulated())
		return kern_perf_event_open(attr, pid, cpu, group_fd, flags);
	fd = syscall(SYS_perf_event_open, attr, pid, cpu, group_fd, flags);
	if (fd < 0)
		fd = -errno;
	errno = saved_errno;
	return fd;
}

int sys_perf_ioctl(int fd, unsigned long request, unsigned long arg)
{
	int saved_errno = errno, ret = sys_emulated() ? kern_ioctl(fd, request, arg) : KERN_NOT_OURS;

	if (ret != KERN_NOT_OURS)
		return ret;
	ret = ioctl(fd, request, arg);
	if (ret < 0)
		ret = -errno;
	errno = saved_errno;
	return ret;
}
