/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Bpf fds as members of epoll sets. A file on tmpfs cannot be waited for, so a ring's FIFO stands
 * in its place; this list knows which.
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "err.h"
#include "fork_guard.h"
#include "kern_private.h"
#include "raw.h"

struct member {
	struct member *next;
	int epfd, fd, wait_fd;
};

static struct member *members;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(lock, FORK_RANK_WAITING)

/* Past the exported epoll_ctl(). */
static int raw_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	return raw_syscall(SYS_epoll_ctl, epfd, op, fd, (long)event, 0, 0) < 0 ? -errno : 0;
}

/* The FIFO of a ring that can be written to becomes readable, too: EPOLLIN stands for both. */
static struct epoll_event *as_readable(struct epoll_event *event, struct epoll_event *copy)
{
	if (!event || !(event->events & EPOLLOUT))
		return event;
	*copy = *event;
	copy->events = (event->events & ~(uint32_t)EPOLLOUT) | EPOLLIN;
	return copy;
}

static struct member **find(int epfd, int fd)
{
	struct member **member = &members;

	while (*member && ((*member)->epfd != epfd || (*member)->fd != fd))
		member = &(*member)->next;
	return member;
}

static void drop(struct member **member)
{
	struct member *gone = *member;

	*member = gone->next;
	raw_close(gone->wait_fd);
	free(gone);
}

/* The application closed the fd or the set without a DEL and uses the numbers again. */
static bool is_stale(const struct member *member)
{
	struct epoll_event event = { 0 };
	int err = raw_epoll_ctl(member->epfd, EPOLL_CTL_ADD, member->wait_fd, &event);

	if (!err)
		raw_epoll_ctl(member->epfd, EPOLL_CTL_DEL, member->wait_fd, NULL);
	return err != -EEXIST;
}

static int add(int epfd, int fd, struct epoll_event *event)
{
	struct member **old = find(epfd, fd), *member;
	struct epoll_event copy;
	int wait_fd, err;

	if (*old) {
		if (!is_stale(*old))
			return -EEXIST;
		drop(old);
	}
	member = malloc(sizeof(*member));
	if (!member)
		return -ENOMEM;
	wait_fd = kern_poll_fd(fd);
	err = wait_fd < 0 ? wait_fd : raw_epoll_ctl(epfd, EPOLL_CTL_ADD, wait_fd, as_readable(event, &copy));
	if (err) {
		if (wait_fd >= 0)
			raw_close(wait_fd);
		free(member);
		return err == KERN_NOT_OURS ? -EPERM : err;
	}
	*member = (struct member){ members, epfd, fd, wait_fd };
	members = member;
	return 0;
}

static int change(int epfd, int op, int fd, struct epoll_event *event)
{
	struct member **member = find(epfd, fd);
	struct epoll_event copy;
	int err;

	if (!*member)
		return -ENOENT;
	err = raw_epoll_ctl(epfd, op, (*member)->wait_fd, as_readable(event, &copy));
	if (!err && op == EPOLL_CTL_DEL)
		drop(member);
	return err;
}

int kern_epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	int saved = errno, ret;

	if (kern_fd_kind(fd) == KERN_NOT_OURS)
		return KERN_NOT_OURS;
	pthread_mutex_lock(&lock);
	ret = op == EPOLL_CTL_ADD ? add(epfd, fd, event) : change(epfd, op, fd, event);
	pthread_mutex_unlock(&lock);
	errno = saved;
	return ret;
}

void kern_epoll_prepare(void)
{
	if (!__atomic_load_n(&members, __ATOMIC_RELAXED))
		return;
	pthread_mutex_lock(&lock);
	for (struct member *member = members; member; member = member->next) {
		if (!(kern_poll_now(member->fd) & (POLLIN | POLLOUT)))
			kern_poll_drain(member->fd, member->wait_fd);
		kern_poll_arm(member->fd);
	}
	pthread_mutex_unlock(&lock);
}
