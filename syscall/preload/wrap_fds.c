/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Calls on fds: the kernel hears of closed and duplicated bpf fds, mmap and waiting go its way. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kern.h"
#include "raw.h"
#include "real.h"
#include "wrap_netlink.h"

/* ---- close and dup ---- */

EXPORT int close(int fd)
{
	netlink_closed(fd);
	return kern_fd_close(fd) == KERN_NOT_OURS ? REAL(close)(fd) : 0;
}

EXPORT int dup(int fd)
{
	int to = REAL(dup)(fd);

	if (to >= 0)
		kern_fd_duped(fd, to);
	return to;
}

/* The fd that is overwritten is closed by that. */
static int after_dup(int ret, int from, int to)
{
	if (ret < 0 || from == to)
		return ret;
	netlink_closed(to);
	kern_fd_closed_range(to, to);
	kern_fd_duped(from, to);
	return ret;
}

EXPORT int dup2(int from, int to)
{
	return after_dup(REAL(dup2)(from, to), from, to);
}

EXPORT int dup3(int from, int to, int flags)
{
	return after_dup(REAL(dup3)(from, to, flags), from, to);
}

EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	int ret = REAL(close_range)(first, last, flags);

	if (!ret && !(flags & CLOSE_RANGE_CLOEXEC)) {
		netlink_closed_range(first, last);
		kern_fd_closed_range(first, last);
	}
	return ret;
}

EXPORT void closefrom(int first)
{
	REAL(closefrom)(first);
	netlink_closed_range(first < 0 ? 0 : first, ~0u);
	kern_fd_closed_range(first < 0 ? 0 : first, ~0u);
}

static int after_fcntl(int ret, int fd, int cmd)
{
	if (ret >= 0 && (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC))
		kern_fd_duped(fd, ret);
	return ret;
}

EXPORT int fcntl(int fd, int cmd, ...)
{
	unsigned long arg;
	va_list args;

	va_start(args, cmd);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return after_fcntl(REAL(fcntl)(fd, cmd, arg), fd, cmd);
}

EXPORT int fcntl64(int fd, int cmd, ...)
{
	unsigned long arg;
	va_list args;

	va_start(args, cmd);
	arg = va_arg(args, unsigned long);
	va_end(args);
	return after_fcntl(REAL(fcntl64)(fd, cmd, arg), fd, cmd);
}

/* ---- mmap ---- */

EXPORT void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	int ret = kern_mmap(&addr, length, prot, flags, fd, offset);

	if (ret == KERN_NOT_OURS)
		return REAL(mmap)(addr, length, prot, flags, fd, offset);
	if (ret) {
		errno = -ret;
		return MAP_FAILED;
	}
	return addr;
}

#if __SIZEOF_LONG__ == 8
EXPORT void *mmap64(void *addr, size_t length, int prot, int flags, int fd, off64_t offset)
	__attribute__((alias("mmap")));
#endif

/* ---- read and write: of bpf fds only perf events have something to read ---- */

static bool is_bpf_fd(int fd)
{
	return kern_fd_known(fd) && kern_fd_kind(fd) != KERN_NOT_OURS;
}

static long answer(long ret)
{
	if (ret >= 0)
		return ret;
	errno = ret == KERN_NOT_OURS ? EBADF : -ret;	/* closed at this moment */
	return -1;
}

EXPORT ssize_t read(int fd, void *buf, size_t size)
{
	if (is_bpf_fd(fd))
		return answer(kern_read(fd, buf, size));
	if (size && netlink_has(fd))
		return recv(fd, buf, size, 0);
	return REAL(read)(fd, buf, size);
}

EXPORT ssize_t write(int fd, const void *buf, size_t size)
{
	if (is_bpf_fd(fd)) {
		errno = EINVAL;
		return -1;
	}
	if (netlink_has(fd))
		return send(fd, buf, size, 0);
	return REAL(write)(fd, buf, size);
}

EXPORT off_t lseek(int fd, off_t offset, int whence)
{
	if (is_bpf_fd(fd)) {
		errno = ESPIPE;
		return -1;
	}
	return REAL(lseek)(fd, offset, whence);
}

#if __SIZEOF_LONG__ == 8
EXPORT off64_t lseek64(int fd, off64_t offset, int whence) __attribute__((alias("lseek")));
#endif

/* What Linux does by itself, whatever the fd is of. */
static bool is_of_every_fd(unsigned long request)
{
	return request == FIOCLEX || request == FIONCLEX || request == FIONBIO;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	unsigned long arg;
	va_list args;

	va_start(args, request);
	arg = va_arg(args, unsigned long);
	va_end(args);
	if (!is_of_every_fd(request) && is_bpf_fd(fd))
		return answer(kern_ioctl(fd, request, arg));
	return REAL(ioctl)(fd, request, arg);
}

/* ---- epoll ---- */

EXPORT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	int ret = kern_epoll_ctl(epfd, op, fd, event);

	if (ret == KERN_NOT_OURS)
		return REAL(epoll_ctl)(epfd, op, fd, event);
	if (ret) {
		errno = -ret;
		return -1;
	}
	return 0;
}

EXPORT int epoll_wait(int epfd, struct epoll_event *events, int room, int timeout)
{
	kern_epoll_prepare();
	return REAL(epoll_wait)(epfd, events, room, timeout);
}

EXPORT int epoll_pwait(int epfd, struct epoll_event *events, int room, int timeout,
		       const sigset_t *mask)
{
	kern_epoll_prepare();
	return REAL(epoll_pwait)(epfd, events, room, timeout, mask);
}

/* ---- poll: bpf fds are replaced for the time of the call ---- */

struct swap {
	struct pollfd *fds;	/* what libc gets */
	nfds_t cnt;
	bool any;		/* of the fds is ours */
	bool ready;		/* and has its answer already */
};

static void swap_one(struct swap *swap, nfds_t i, const struct pollfd *asked)
{
	int now = kern_poll_now(asked->fd);

	if (now == KERN_NOT_OURS)
		return;
	swap->any = true;
	now &= asked->events | POLLERR | POLLHUP;
	swap->fds[i].fd = now ? -1 : kern_poll_fd(asked->fd);
	swap->ready |= now != 0;
	if (swap->fds[i].fd >= 0) {
		kern_poll_drain(asked->fd, swap->fds[i].fd);
		kern_poll_arm(asked->fd);
	}
}

/* Return: false where nothing is ours (or there is no memory): the plain call will do. */
static bool swap_in(struct swap *swap, struct pollfd *fds, nfds_t cnt)
{
	bool known = false;

	for (nfds_t i = 0; i < cnt && !known; i++)
		known = kern_fd_known(fds[i].fd) != 0;
	if (!known)
		return false;
	*swap = (struct swap){ .fds = calloc(cnt, sizeof(*fds)), .cnt = cnt };
	if (!swap->fds)
		return false;
	memcpy(swap->fds, fds, cnt * sizeof(*fds));
	for (nfds_t i = 0; i < cnt; i++)
		if (kern_fd_known(fds[i].fd))
			swap_one(swap, i, &fds[i]);
	return true;
}

static int swap_out(struct swap *swap, struct pollfd *fds, int ret)
{
	int saved = errno, cnt = 0;

	for (nfds_t i = 0; i < swap->cnt; i++) {
		bool ours = swap->fds[i].fd != fds[i].fd;

		if (ours)	/* libc has nothing to tell of those without one of its own */
			swap->fds[i].revents = kern_poll_now(fds[i].fd) &
					       (fds[i].events | POLLERR | POLLHUP);
		if (ours && swap->fds[i].fd >= 0)
			raw_close(swap->fds[i].fd);
		fds[i].revents = swap->fds[i].revents;
		cnt += fds[i].revents != 0;
	}
	free(swap->fds);
	errno = saved;
	return ret < 0 ? ret : cnt;
}

EXPORT int poll(struct pollfd *fds, nfds_t cnt, int timeout)
{
	struct swap swap;
	int ret;

	kern_epoll_prepare();
	if (!swap_in(&swap, fds, cnt))
		return REAL(poll)(fds, cnt, timeout);
	ret = REAL(poll)(swap.fds, cnt, swap.ready ? 0 : timeout);
	return swap_out(&swap, fds, ret);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t cnt, const struct timespec *timeout,
		 const sigset_t *mask)
{
	const struct timespec now = { 0, 0 };
	struct swap swap;
	int ret;

	kern_epoll_prepare();
	if (!swap_in(&swap, fds, cnt))
		return REAL(ppoll)(fds, cnt, timeout, mask);
	ret = REAL(ppoll)(swap.fds, cnt, swap.ready ? &now : timeout, mask);
	return swap_out(&swap, fds, ret);
}
