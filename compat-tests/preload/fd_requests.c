/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Requests that every fd understands, and poll, of those of bpf(2) and of perf events: run it under preload, or as
 * root without. Exit status: 0, or 1 where an answer is not Linux's. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failed;

static void expect(const char *what, int got, int wanted)
{
	if (got != wanted) {
		printf("%s: %d instead of %d\n", what, got, wanted);
		failed = 1;
	}
}

static int make_map(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int open_event(void)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_BPF_OUTPUT;
	attr.sample_type = PERF_SAMPLE_RAW;
	return syscall(SYS_perf_event_open, &attr, -1, 0, -1, 0);
}

/* What is true at once, whether it was asked for or not. */
static void ask(int fd, short state)
{
	struct pollfd both[] = { { fd, POLLIN, 0 }, { -1, POLLIN, POLLIN } };
	int one = 1, zero = 0;

	expect("is there", fd >= 0, 1);
	expect("FIOCLEX", ioctl(fd, FIOCLEX), 0);
	expect("its flag", fcntl(fd, F_GETFD), FD_CLOEXEC);
	expect("FIONCLEX", ioctl(fd, FIONCLEX), 0);
	expect("its flag", fcntl(fd, F_GETFD), 0);
	expect("FIONBIO", ioctl(fd, FIONBIO, &one), 0);
	expect("its flag", fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	expect("FIONBIO", ioctl(fd, FIONBIO, &zero), 0);
	expect("its flag", fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	expect("FIONREAD", ioctl(fd, FIONREAD, &one) ? errno : 0, ENOTTY);
	expect("poll", poll(both, 2, 1000), 1);
	expect("its state", both[0].revents, state);
	expect("that of none", both[1].revents, 0);
	close(fd);
}

/* A map that is no ring in a set: an error at once, whatever it was asked for. */
static void ask_set(int fd, uint32_t events, int second)
{
	struct epoll_event event = { .events = events, .data.u32 = 7 }, told = { 0 };
	int set = epoll_create1(EPOLL_CLOEXEC);

	expect("into the set", epoll_ctl(set, EPOLL_CTL_ADD, fd, &event), 0);
	expect("once more", epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) ? errno : 0, EEXIST);
	expect("waiting", epoll_wait(set, &told, 1, 1000), 1);
	expect("what for", told.events, EPOLLERR);
	expect("whose", told.data.u32, 7);
	expect("waiting again", epoll_wait(set, &told, 1, 0), second);
	expect("out of the set", epoll_ctl(set, EPOLL_CTL_DEL, fd, NULL), 0);
	expect("waiting for none", epoll_wait(set, &told, 1, 0), 0);
	close(set);
	close(fd);
}

int main(void)
{
	ask_set(make_map(), EPOLLIN, 1);
	ask_set(make_map(), EPOLLOUT, 1);
	ask_set(make_map(), 0, 1);
	ask_set(make_map(), EPOLLIN | EPOLLOUT | EPOLLET, 0);
	ask(make_map(), POLLERR);
	ask(open_event(), POLLHUP);
	return failed;
}
