/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Sockets of the routing netlink: requests about BPF get their answer from the emulated kernel, which
 * is kept here until it is received. All else passes to the machine's kernel.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "fork_guard.h"
#include "netlink_route.h"
#include "real.h"
#include "wrap_netlink.h"

#define SOCKETS_MAX 64
#define REQUEST_MAX 65536

/* A datagram of an answer. */
struct datagram {
	struct datagram *next;
	size_t size;
	char bytes[];
};

static struct nl_socket {
	_Atomic int fd;		/* and 1; 0: free */
	struct datagram *first, **last;
} sockets[SOCKETS_MAX];

static _Atomic int socket_cnt;
static pthread_mutex_t queues = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(queues, FORK_RANK_NETLINK)

/* One load for all who have no such socket. */
static struct nl_socket *socket_of(int fd)
{
	if (!atomic_load_explicit(&socket_cnt, memory_order_relaxed) || fd < 0)
		return NULL;
	for (int i = 0; i < SOCKETS_MAX; i++)
		if (atomic_load_explicit(&sockets[i].fd, memory_order_relaxed) == fd + 1)
			return &sockets[i];
	return NULL;
}

static void drop_first(struct nl_socket *s)
{
	struct datagram *gone = s->first;

	s->first = gone->next;
	if (!s->first)
		s->last = &s->first;
	free(gone);
}

static void remember(int fd)
{
	for (int i = 0; i < SOCKETS_MAX; i++) {
		int nobody = 0;

		if (!atomic_compare_exchange_strong(&sockets[i].fd, &nobody, fd + 1))
			continue;
		sockets[i].first = NULL;
		sockets[i].last = &sockets[i].first;
		atomic_fetch_add(&socket_cnt, 1);
		return;
	}
}

void netlink_closed(int fd)
{
	struct nl_socket *s = socket_of(fd);

	if (!s)
		return;
	pthread_mutex_lock(&queues);
	while (s->first)
		drop_first(s);
	pthread_mutex_unlock(&queues);
	atomic_fetch_sub(&socket_cnt, 1);
	atomic_store(&s->fd, 0);
}

EXPORT int socket(int domain, int type, int protocol)
{
	int fd = REAL(socket)(domain, type, protocol);

	if (fd >= 0 && domain == AF_NETLINK && protocol == NETLINK_ROUTE)
		remember(fd);
	return fd;
}

/* ---- sending ---- */

struct answer {
	struct nl_socket *socket;
	const struct nlmsghdr *request;
	uint32_t port;
};

static bool queue(void *arg, const struct nlmsghdr *message)
{
	const struct answer *answer = arg;
	struct datagram *datagram = malloc(sizeof(*datagram) + NLMSG_ALIGN(message->nlmsg_len));
	struct nlmsghdr *header;

	if (!datagram)
		return false;
	datagram->next = NULL;
	datagram->size = message->nlmsg_len;
	memcpy(datagram->bytes, message, message->nlmsg_len);
	header = (struct nlmsghdr *)datagram->bytes;
	header->nlmsg_seq = answer->request->nlmsg_seq;
	header->nlmsg_pid = answer->port;
	pthread_mutex_lock(&queues);
	*answer->socket->last = datagram;
	answer->socket->last = &datagram->next;
	pthread_mutex_unlock(&queues);
	return true;
}

static uint32_t port_of(int fd)
{
	struct sockaddr_nl own = { 0 };
	socklen_t len = sizeof(own);

	return getsockname(fd, (struct sockaddr *)&own, &len) ? 0 : own.nl_pid;
}

/* Answers what is ours of @size bytes of requests. Return: how many bytes those were, from the start;
 * -1 with errno. */
static ssize_t answer_all(int fd, struct nl_socket *s, const void *buf, size_t size)
{
	const struct nlmsghdr *request = buf;
	int saved = errno;
	size_t left = size;

	while (left >= sizeof(*request) && request->nlmsg_len >= sizeof(*request) &&
	       request->nlmsg_len <= left) {
		struct answer answer = { s, request, port_of(fd) };
		size_t step = NLMSG_ALIGN(request->nlmsg_len);
		int ret = netlink_route_answer(request, queue, &answer);

		if (ret < 0) {
			errno = -ret;
			return -1;
		}
		if (!ret)
			break;
		left -= step < left ? step : left;
		request = (const struct nlmsghdr *)((const char *)request + step);
	}
	errno = saved;
	return size - left;
}

/* Requests of @size bytes to @fd; those behind the first that is not ours go to Linux as they are. */
static ssize_t send_requests(int fd, struct nl_socket *s, const char *buf, size_t size, int flags)
{
	ssize_t ours = answer_all(fd, s, buf, size), rest;

	if (ours < 0 || (size_t)ours == size)
		return ours;
	rest = REAL(send)(fd, buf + ours, size - ours, flags);
	return rest < 0 ? rest : ours + rest;
}

EXPORT ssize_t send(int fd, const void *buf, size_t size, int flags)
{
	struct nl_socket *s = socket_of(fd);

	return s ? send_requests(fd, s, buf, size, flags) : REAL(send)(fd, buf, size, flags);
}

EXPORT ssize_t sendto(int fd, const void *buf, size_t size, int flags, const struct sockaddr *to,
		      socklen_t to_len)
{
	struct nl_socket *s = socket_of(fd);

	return s ? send_requests(fd, s, buf, size, flags)
		 : REAL(sendto)(fd, buf, size, flags, to, to_len);
}

static ssize_t send_gathered(int fd, struct nl_socket *s, const struct msghdr *message, int flags)
{
	size_t size = 0;
	ssize_t ret;
	char *buf;

	for (size_t i = 0; i < message->msg_iovlen; i++)
		size += message->msg_iov[i].iov_len;
	if (size > REQUEST_MAX)
		return REAL(sendmsg)(fd, message, flags);
	buf = malloc(size + 1);
	if (!buf) {
		errno = ENOBUFS;
		return -1;
	}
	size = 0;
	for (size_t i = 0; i < message->msg_iovlen; i++) {
		memcpy(buf + size, message->msg_iov[i].iov_base, message->msg_iov[i].iov_len);
		size += message->msg_iov[i].iov_len;
	}
	ret = send_requests(fd, s, buf, size, flags);
	free(buf);
	return ret;
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct nl_socket *s = socket_of(fd);

	return s ? send_gathered(fd, s, message, flags) : REAL(sendmsg)(fd, message, flags);
}

/* ---- receiving ---- */

/* The first datagram kept for @s, scattered. Return: its size, or what fits; -1: there is none. */
static ssize_t receive(struct nl_socket *s, struct msghdr *message, int flags)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct datagram *datagram;
	size_t done = 0;
	ssize_t ret = -1;

	pthread_mutex_lock(&queues);
	datagram = s->first;
	if (datagram) {
		for (size_t i = 0; i < message->msg_iovlen && done < datagram->size; i++) {
			size_t step = message->msg_iov[i].iov_len;

			step = step < datagram->size - done ? step : datagram->size - done;
			memcpy(message->msg_iov[i].iov_base, datagram->bytes + done, step);
			done += step;
		}
		message->msg_flags = done < datagram->size ? MSG_TRUNC : 0;
		message->msg_controllen = 0;
		if (message->msg_name && message->msg_namelen >= sizeof(kernel))
			memcpy(message->msg_name, &kernel, sizeof(kernel));
		message->msg_namelen = message->msg_name ? sizeof(kernel) : 0;
		ret = flags & MSG_TRUNC ? datagram->size : done;
		if (!(flags & MSG_PEEK))
			drop_first(s);
	}
	pthread_mutex_unlock(&queues);
	return ret;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct nl_socket *s = socket_of(fd);
	ssize_t ret = s ? receive(s, message, flags) : -1;

	return ret < 0 ? REAL(recvmsg)(fd, message, flags) : ret;
}

EXPORT ssize_t recvfrom(int fd, void *restrict buf, size_t size, int flags,
			struct sockaddr *restrict from, socklen_t *restrict from_len)
{
	struct nl_socket *s = socket_of(fd);
	struct iovec piece = { buf, size };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_name = from,
				  .msg_namelen = from && from_len ? *from_len : 0 };
	ssize_t ret = s ? receive(s, &message, flags) : -1;

	if (ret < 0)
		return REAL(recvfrom)(fd, buf, size, flags, from, from_len);
	if (from_len)
		*from_len = message.msg_namelen;
	return ret;
}

EXPORT ssize_t recv(int fd, void *buf, size_t size, int flags)
{
	return recvfrom(fd, buf, size, flags, NULL, NULL);
}
