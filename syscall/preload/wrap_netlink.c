/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Sockets of the routing netlink: requests about BPF get their answer from the emulated kernel, which
 * is kept here until it is received. All else passes to the machine's kernel. In the socket itself a
 * mark stands for an answer: so whoever waits is woken, and answers come in the order of requests.
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
#include <unistd.h>

#include "fork_guard.h"
#include "netlink_route.h"
#include "real.h"
#include "wrap_netlink.h"

#define SOCKETS_MAX 64
#define REQUEST_MAX 65536
#define PIECES_MAX  1024

/* A datagram of an answer. */
struct datagram {
	struct datagram *next;
	uint32_t answer;	/* its number */
	size_t size;
	char bytes[];
};

static struct nl_socket {
	_Atomic int fd;		/* and 1; 0: free */
	uint32_t answers;	/* so far */
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

static void forget(struct nl_socket *s)
{
	pthread_mutex_lock(&queues);
	while (s->first)
		drop_first(s);
	pthread_mutex_unlock(&queues);
	atomic_fetch_sub(&socket_cnt, 1);
	atomic_store(&s->fd, 0);
}

void netlink_closed(int fd)
{
	struct nl_socket *s = socket_of(fd);

	if (s)
		forget(s);
}

void netlink_closed_range(unsigned int first, unsigned int last)
{
	for (int i = 0; atomic_load(&socket_cnt) && i < SOCKETS_MAX; i++) {
		unsigned int number = atomic_load(&sockets[i].fd);

		if (number && number - 1 >= first && number - 1 <= last)
			forget(&sockets[i]);
	}
}

EXPORT int socket(int domain, int type, int protocol)
{
	int fd = REAL(socket)(domain, type, protocol);

	netlink_closed(fd);	/* in a way that was not seen */
	if (fd >= 0 && domain == AF_NETLINK && protocol == NETLINK_ROUTE)
		remember(fd);
	return fd;
}

/* ---- marks ---- */

#define MARK_PORT 0x62706673u	/* in a request that nobody else makes */

struct mark {
	struct nlmsghdr header;
	struct nlmsgerr error;
};

/* Linux acknowledges what asks for nothing. */
static bool put_mark(int fd, uint32_t answer)
{
	const struct nlmsghdr nothing = { sizeof(nothing), NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK,
					  answer, MARK_PORT };

	return REAL(send)(fd, &nothing, sizeof(nothing), 0) == sizeof(nothing);
}

/* The number of the answer for which a mark is next; 0: something else is; -1: an error, in errno. */
static int64_t next_mark(int fd, int flags)
{
	struct mark mark;
	ssize_t size = REAL(recv)(fd, &mark, sizeof(mark), (flags & ~MSG_TRUNC) | MSG_PEEK);

	if (size < 0)
		return -1;
	if (size < (ssize_t)sizeof(mark) || mark.header.nlmsg_type != NLMSG_ERROR ||
	    mark.error.msg.nlmsg_type != NLMSG_NOOP || mark.error.msg.nlmsg_pid != MARK_PORT)
		return 0;
	return mark.header.nlmsg_seq;
}

static void take_mark(int fd)
{
	struct mark mark;

	REAL(recv)(fd, &mark, sizeof(mark), MSG_DONTWAIT);
}

/* ---- the caller's memory, which may not be there ---- */

enum direction {
	FROM_CALLER,
	TO_CALLER,
};

static ssize_t copy_plainly(enum direction direction, char *own, size_t size,
			    const struct iovec *pieces, size_t cnt)
{
	size_t done = 0;

	for (size_t i = 0; i < cnt && done < size; i++) {
		size_t step = pieces[i].iov_len < size - done ? pieces[i].iov_len : size - done;

		if (direction == FROM_CALLER)
			memcpy(own + done, pieces[i].iov_base, step);
		else
			memcpy(pieces[i].iov_base, own + done, step);
		done += step;
	}
	return done;
}

static size_t size_of(const struct iovec *pieces, size_t cnt)
{
	size_t size = 0;

	for (size_t i = 0; i < cnt; i++)
		size += pieces[i].iov_len;
	return size;
}

/* As much as both sides have: bytes, or -1 with EFAULT. */
static ssize_t copy(enum direction direction, void *own, size_t size, const struct iovec *pieces,
		    size_t cnt)
{
	const size_t theirs = size_of(pieces, cnt), wanted = size < theirs ? size : theirs;
	const struct iovec all = { own, size };
	int saved = errno;
	ssize_t done = direction == FROM_CALLER ?
			       process_vm_readv(getpid(), &all, 1, pieces, cnt, 0) :
			       process_vm_writev(getpid(), &all, 1, pieces, cnt, 0);

	if (done < 0 && errno != EFAULT)	/* a sandbox without these calls */
		done = copy_plainly(direction, own, size, pieces, cnt);
	errno = saved;
	if (done == (ssize_t)wanted)
		return done;
	errno = EFAULT;
	return -1;
}

/* ---- sending ---- */

struct answer {
	const struct nlmsghdr *request;
	uint32_t port;
	struct datagram *first, **last;
};

static bool keep(void *arg, const struct nlmsghdr *message)
{
	struct datagram *datagram = malloc(sizeof(*datagram) + NLMSG_ALIGN(message->nlmsg_len));
	struct answer *answer = arg;
	struct nlmsghdr *header;

	if (!datagram)
		return false;
	datagram->next = NULL;
	datagram->size = message->nlmsg_len;
	memcpy(datagram->bytes, message, message->nlmsg_len);
	header = (struct nlmsghdr *)datagram->bytes;
	header->nlmsg_seq = answer->request->nlmsg_seq;
	header->nlmsg_pid = answer->port;
	*answer->last = datagram;
	answer->last = &datagram->next;
	return true;
}

static void drop_answer(struct answer *answer)
{
	struct datagram *next;

	for (; answer->first; answer->first = next) {
		next = answer->first->next;
		free(answer->first);
	}
}

/* Behind all that the socket has: 0 or -errno. */
static int queue(int fd, struct nl_socket *s, struct answer *answer)
{
	int err = 0;

	pthread_mutex_lock(&queues);
	s->answers = s->answers == UINT32_MAX ? 1 : s->answers + 1;
	for (struct datagram *d = answer->first; d; d = d->next)
		d->answer = s->answers;
	if (put_mark(fd, s->answers)) {
		*s->last = answer->first;
		s->last = answer->last;
	} else {
		err = -errno;
	}
	pthread_mutex_unlock(&queues);
	return err;
}

static uint32_t port_of(int fd)
{
	struct sockaddr_nl own = { 0 };
	socklen_t len = sizeof(own);

	return getsockname(fd, (struct sockaddr *)&own, &len) ? 0 : own.nl_pid;
}

/* 1: it is answered; 0: it is not ours; -errno. */
static int answer_one(int fd, struct nl_socket *s, const struct nlmsghdr *request)
{
	struct answer answer = { .request = request, .port = port_of(fd), .last = &answer.first };
	int ret = netlink_route_answer(request, keep, &answer);
	int err = ret > 0 && answer.first ? queue(fd, s, &answer) : 0;

	if (ret > 0 && !err)
		return ret;
	drop_answer(&answer);
	return err ? err : ret;
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
		size_t step = NLMSG_ALIGN(request->nlmsg_len);
		int ret = answer_one(fd, s, request);

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
static ssize_t send_requests(int fd, struct nl_socket *s, const struct iovec *all, int flags,
			     const struct sockaddr *to, socklen_t to_len)
{
	ssize_t ours = answer_all(fd, s, all->iov_base, all->iov_len), rest;

	if (ours < 0 || (size_t)ours == all->iov_len)
		return ours;
	rest = REAL(sendto)(fd, (const char *)all->iov_base + ours, all->iov_len - ours, flags, to,
			    to_len);
	return rest < 0 ? rest : ours + rest;
}

static ssize_t send_gathered(int fd, struct nl_socket *s, const struct msghdr *message, int flags)
{
	struct iovec all = { NULL, 0 };
	ssize_t ret;

	if (message->msg_iovlen > PIECES_MAX ||
	    size_of(message->msg_iov, message->msg_iovlen) > REQUEST_MAX)
		return REAL(sendmsg)(fd, message, flags);
	all.iov_len = size_of(message->msg_iov, message->msg_iovlen);
	all.iov_base = malloc(all.iov_len + 1);
	if (!all.iov_base) {
		errno = ENOBUFS;
		return -1;
	}
	ret = copy(FROM_CALLER, all.iov_base, all.iov_len, message->msg_iov, message->msg_iovlen);
	if (ret >= 0)
		ret = send_requests(fd, s, &all, flags, message->msg_name, message->msg_namelen);
	free(all.iov_base);
	return ret;
}

EXPORT ssize_t sendto(int fd, const void *buf, size_t size, int flags, const struct sockaddr *to,
		      socklen_t to_len)
{
	struct iovec all = { (void *)buf, size };
	const struct msghdr message = { .msg_iov = &all, .msg_iovlen = 1, .msg_name = (void *)to,
					.msg_namelen = to_len };
	struct nl_socket *s = socket_of(fd);

	return s ? send_gathered(fd, s, &message, flags)
		 : REAL(sendto)(fd, buf, size, flags, to, to_len);
}

EXPORT ssize_t send(int fd, const void *buf, size_t size, int flags)
{
	return sendto(fd, buf, size, flags, NULL, 0);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct nl_socket *s = socket_of(fd);

	return s ? send_gathered(fd, s, message, flags) : REAL(sendmsg)(fd, message, flags);
}

/* ---- receiving ---- */

static ssize_t scatter(struct datagram *datagram, struct msghdr *message, int flags)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t done = copy(TO_CALLER, datagram->bytes, datagram->size, message->msg_iov,
			    message->msg_iovlen);

	if (done < 0)
		return done;
	message->msg_flags = (size_t)done < datagram->size ? MSG_TRUNC : 0;
	message->msg_controllen = 0;
	if (message->msg_name && message->msg_namelen >= sizeof(kernel))
		memcpy(message->msg_name, &kernel, sizeof(kernel));
	message->msg_namelen = message->msg_name ? sizeof(kernel) : 0;
	return flags & MSG_TRUNC ? (ssize_t)datagram->size : done;
}

#define TAKEN_AWAY -2	/* by another thread, or it was told that datagrams were lost */

/* A datagram of the answer for which a mark is next. */
static ssize_t receive_kept(int fd, struct nl_socket *s, struct msghdr *message, int flags)
{
	int64_t answer = next_mark(fd, MSG_DONTWAIT);
	ssize_t ret = TAKEN_AWAY;

	if (answer <= 0)
		return ret;
	while (s->first && s->first->answer != answer)
		drop_first(s);
	if (s->first)
		ret = scatter(s->first, message, flags);
	if (s->first && !(flags & MSG_PEEK))
		drop_first(s);
	if (!s->first || s->first->answer != answer)
		take_mark(fd);
	return ret;
}

#define THEIRS -3	/* what comes next is the machine's */

static ssize_t receive(int fd, struct nl_socket *s, struct msghdr *message, int flags)
{
	ssize_t ret = TAKEN_AWAY;

	while (ret == TAKEN_AWAY) {
		int64_t answer = next_mark(fd, flags);

		if (answer <= 0)
			return answer ? -1 : THEIRS;
		pthread_mutex_lock(&queues);
		ret = receive_kept(fd, s, message, flags);
		pthread_mutex_unlock(&queues);
	}
	return ret;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	struct nl_socket *s = socket_of(fd);
	ssize_t ret = s ? receive(fd, s, message, flags) : THEIRS;

	return ret == THEIRS ? REAL(recvmsg)(fd, message, flags) : ret;
}

EXPORT ssize_t recvfrom(int fd, void *restrict buf, size_t size, int flags,
			struct sockaddr *restrict from, socklen_t *restrict from_len)
{
	struct nl_socket *s = socket_of(fd);
	struct iovec piece = { buf, size };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1, .msg_name = from,
				  .msg_namelen = from && from_len ? *from_len : 0 };
	ssize_t ret = s ? receive(fd, s, &message, flags) : THEIRS;

	if (ret == THEIRS)
		return REAL(recvfrom)(fd, buf, size, flags, from, from_len);
	if (ret >= 0 && from_len)
		*from_len = message.msg_namelen;
	return ret;
}

EXPORT ssize_t recv(int fd, void *buf, size_t size, int flags)
{
	return recvfrom(fd, buf, size, flags, NULL, NULL);
}

/* ---- read and write ---- */

bool netlink_has(int fd)
{
	return socket_of(fd);
}

EXPORT ssize_t readv(int fd, const struct iovec *pieces, int cnt)
{
	struct msghdr message = { .msg_iov = (struct iovec *)pieces, .msg_iovlen = cnt };

	if (!netlink_has(fd) || cnt < 0 || cnt > PIECES_MAX || !size_of(pieces, cnt))
		return REAL(readv)(fd, pieces, cnt);
	return recvmsg(fd, &message, 0);
}

EXPORT ssize_t writev(int fd, const struct iovec *pieces, int cnt)
{
	const struct msghdr message = { .msg_iov = (struct iovec *)pieces, .msg_iovlen = cnt };

	return netlink_has(fd) && cnt >= 0 && cnt <= PIECES_MAX ? sendmsg(fd, &message, 0)
								: REAL(writev)(fd, pieces, cnt);
}
