/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * How answers of routing netlink arrive: whether one can wait for them, in which order they come, what
 * is told of one that is too large. Prints lines; netlink_test.sh compares them with and without us.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#define LO 1
#define NO_SUCH 99999

static int nl_socket(void)
{
	const struct timeval patience = { .tv_sec = 5 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct tcmsg tc;
	};
};

static struct request request_of(uint16_t type, uint16_t flags, uint32_t seq, int ifindex)
{
	struct request r = { .header = { NLMSG_LENGTH(sizeof(struct ifinfomsg)), type, flags, seq, 0 } };

	if (type == RTM_GETQDISC) {
		r.header.nlmsg_len = NLMSG_LENGTH(sizeof(r.tc));
		r.tc.tcm_ifindex = ifindex;
	} else {
		r.link.ifi_index = ifindex;
	}
	return r;
}

static void ask(int fd, uint16_t type, uint16_t flags, uint32_t seq, int ifindex)
{
	struct request r = request_of(type, flags, seq, ifindex);

	if (send(fd, &r, r.header.nlmsg_len, 0) != (ssize_t)r.header.nlmsg_len)
		printf("  send: %s\n", strerror(errno));
}

/* ---- waiting ---- */

static void wait_all_ways(int fd)
{
	const struct epoll_event wanted = { .events = EPOLLIN };
	struct pollfd one = { .fd = fd, .events = POLLIN };
	struct timeval patience = { .tv_sec = 2 };
	struct epoll_event event = wanted;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
	printf("  select %d", select(fd + 1, &set, NULL, NULL, &patience));
	printf(", poll %d", poll(&one, 1, 2000));
	printf(", epoll %d\n", epoll_wait(ep, &event, 1, 2000));
	close(ep);
}

/* ---- receiving ---- */

static void show_messages(const char *buf, ssize_t size, uint16_t *last)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)buf;

	for (; NLMSG_OK(message, size); message = NLMSG_NEXT(message, size)) {
		if (message->nlmsg_type != *last)	/* how many there are is the machine's affair */
			printf("  type %u, seq %u\n", message->nlmsg_type, message->nlmsg_seq);
		*last = message->nlmsg_type;
	}
}

static void receive_all(int fd)
{
	static char buf[65536];
	uint16_t last = 0;
	ssize_t size;

	while (last != NLMSG_DONE && (size = recv(fd, buf, sizeof(buf), MSG_DONTWAIT)) >= 0)
		show_messages(buf, size, &last);
	printf("  then %s\n", recv(fd, buf, sizeof(buf), MSG_DONTWAIT) < 0 ? strerror(errno) : "more");
}

static void exchange(const char *what, uint16_t type, uint16_t flags, int ifindex)
{
	int fd = nl_socket();

	printf("%s\n", what);
	ask(fd, type, NLM_F_REQUEST | flags, 7, ifindex);
	wait_all_ways(fd);
	receive_all(fd);
	close(fd);
}

static void in_order(void)
{
	static char buf[65536];
	int fd = nl_socket();

	printf("in the order of requests\n");
	ask(fd, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 1, 0);
	ask(fd, RTM_GETLINK, NLM_F_REQUEST, 2, LO);
	ask(fd, NLMSG_NOOP, NLM_F_REQUEST | NLM_F_ACK, 3, 0);
	ask(fd, RTM_GETLINK, NLM_F_REQUEST, 4, LO);
	for (int i = 0; i < 4; i++) {
		uint16_t last = 0;

		show_messages(buf, recv(fd, buf, sizeof(buf), 0), &last);
	}
	close(fd);
}

static void looked_at_first(void)
{
	char buf[16384], small[20];
	struct iovec piece = { NULL, 0 };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t size, again;
	int fd = nl_socket();

	printf("looked at before it is taken\n");
	ask(fd, RTM_GETLINK, NLM_F_REQUEST, 1, LO);
	size = recvmsg(fd, &message, MSG_PEEK | MSG_TRUNC);
	printf("  all of it: %d, cut: %d\n", size > 100, (message.msg_flags & MSG_TRUNC) != 0);
	again = recv(fd, buf, sizeof(buf), MSG_PEEK);
	printf("  the same: %d\n", size == again);
	printf("  small: %zd\n", recv(fd, small, sizeof(small), 0));
	printf("  then %zd\n", recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	close(fd);
}

static void told(const char *what, ssize_t ret)
{
	printf("  %s: %s\n", what, ret < 0 ? strerror(errno) : "yes");
}

/* Through memory that is not there, and without a call of sockets. */
static void by_other_means(void)
{
	struct request r = request_of(RTM_GETLINK, NLM_F_REQUEST, 1, LO);
	static char buf[65536];
	struct iovec out = { &r, r.header.nlmsg_len }, in[] = { { buf, 8 }, { buf + 8, sizeof(buf) - 8 } };
	struct iovec bad[] = { { buf, 8 }, { (void *)8, sizeof(buf) } };
	struct msghdr message = { .msg_iov = bad, .msg_iovlen = 2 };
	int fd = nl_socket();

	printf("by other means\n");
	told("from nowhere", send(fd, (void *)8, r.header.nlmsg_len, 0));
	bad[1].iov_len = 24;
	told("partly from nowhere", sendmsg(fd, &message, 0));
	told("nothing came", recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	ask(fd, RTM_GETLINK, NLM_F_REQUEST, 1, LO);
	told("to nowhere", recv(fd, (void *)8, sizeof(buf), 0));
	told("it is gone", recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	ask(fd, RTM_GETLINK, NLM_F_REQUEST, 1, LO);
	bad[1].iov_len = sizeof(buf);
	told("partly to nowhere", readv(fd, bad, 2));
	told("it is gone", recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	told("written", write(fd, &r, r.header.nlmsg_len));
	told("nothing is read", read(fd, buf, 0));
	told("read", read(fd, buf, sizeof(buf)));
	printf("  what: %d\n", ((struct nlmsghdr *)buf)->nlmsg_type);
	told("written in pieces", writev(fd, &out, 1));
	told("read in pieces", readv(fd, in, 2));
	printf("  what: %d\n", ((struct nlmsghdr *)buf)->nlmsg_type);
	close(fd);
}

/* Another socket under the number of one that was closed by the range. */
static void number_again(void)
{
	struct request r = request_of(RTM_GETLINK, NLM_F_REQUEST, 1, LO);
	int pair[2], fd = nl_socket();
	char buf[256];

	printf("the number again\n");
	close_range(fd, fd, 0);
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) || pair[0] != fd)
		printf("  another number\n");
	printf("  sent %zd", send(pair[0], &r, r.header.nlmsg_len, 0));
	printf(", got %zd\n", recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT));
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	exchange("links", RTM_GETLINK, NLM_F_DUMP, 0);
	exchange("links, acknowledged", RTM_GETLINK, NLM_F_DUMP | NLM_F_ACK, 0);
	exchange("a link", RTM_GETLINK, 0, LO);
	exchange("a link, acknowledged", RTM_GETLINK, NLM_F_ACK, LO);
	exchange("no such link", RTM_GETLINK, 0, NO_SUCH);
	exchange("disciplines", RTM_GETQDISC, NLM_F_DUMP, 0);
	exchange("a discipline, acknowledged", RTM_GETQDISC, NLM_F_ACK, NO_SUCH);
	in_order();
	looked_at_first();
	by_other_means();
	number_again();
	return 0;
}
