/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Writing user ring buffers: the roles of ring_buffer.c turned round. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

struct user_ring_buffer {
	struct epoll_event event;
	unsigned long *consumer_pos;
	unsigned long *producer_pos;
	void *data;
	unsigned long size;
	size_t page_size;
	int map_fd, wait_fd, epoll_fd;
};

struct header {
	__u32 len;
	__u32 page_off;
};

static int map_ring(struct user_ring_buffer *rb)
{
	void *addr = NULL;
	int err;

	err = sys_mmap(&addr, rb->page_size, PROT_READ, MAP_SHARED, rb->map_fd, 0);
	if (err) {
		pr_warn("user ringbuf: failed to mmap consumer page for map fd=%d: %s\n",
			rb->map_fd, errstr(err));
		return err;
	}
	rb->consumer_pos = addr;
	addr = NULL;
	err = sys_mmap(&addr, rb->page_size + 2 * rb->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       rb->map_fd, rb->page_size);
	if (err) {
		pr_warn("user ringbuf: failed to mmap data pages for map fd=%d: %s\n", rb->map_fd,
			errstr(err));
		return err;
	}
	rb->producer_pos = addr;
	rb->data = (char *)addr + rb->page_size;
	return 0;
}

static int watch_ring(struct user_ring_buffer *rb)
{
	rb->event.events = EPOLLOUT;
	rb->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (rb->epoll_fd < 0)
		return -errno;
	rb->wait_fd = sys_wait_fd(rb->map_fd);
	if (rb->wait_fd < 0)
		return rb->wait_fd;
	/* a FIFO that stands for the ring becomes readable when the ring becomes writable */
	if (rb->wait_fd != rb->map_fd)
		rb->event.events = EPOLLIN;
	if (epoll_ctl(rb->epoll_fd, EPOLL_CTL_ADD, rb->wait_fd, &rb->event))
		return -errno;
	return 0;
}

static int init(struct user_ring_buffer *rb, int map_fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	int err;

	rb->map_fd = map_fd;
	rb->epoll_fd = rb->wait_fd = -1;
	rb->page_size = sysconf(_SC_PAGE_SIZE);
	err = bpf_map_get_info_by_fd(map_fd, &info, &len);
	if (err) {
		pr_warn("user ringbuf: failed to get map info for fd=%d: %s\n", map_fd,
			errstr(err));
		return err;
	}
	if (info.type != BPF_MAP_TYPE_USER_RINGBUF) {
		pr_warn("user ringbuf: map fd=%d is not BPF_MAP_TYPE_USER_RINGBUF\n", map_fd);
		return -EINVAL;
	}
	rb->size = info.max_entries;
	err = map_ring(rb);
	if (err)
		return err;
	err = watch_ring(rb);
	if (err)
		pr_warn("user ringbuf: failed to epoll add map fd=%d: %s\n", map_fd, errstr(err));
	return err;
}

struct user_ring_buffer *user_ring_buffer__new(int map_fd,
					       const struct user_ring_buffer_opts *opts)
{
	struct user_ring_buffer *rb;
	int err;

	if (!OPTS_VALID(opts, user_ring_buffer_opts))
		return libbpf_err_ptr(-EINVAL);
	rb = calloc(1, sizeof(*rb));
	if (!rb)
		return libbpf_err_ptr(-ENOMEM);
	err = init(rb, map_fd);
	if (err) {
		user_ring_buffer__free(rb);
		return libbpf_err_ptr(err);
	}
	return rb;
}

void user_ring_buffer__free(struct user_ring_buffer *rb)
{
	if (!rb)
		return;
	if (rb->consumer_pos)
		sys_munmap(rb->consumer_pos, rb->page_size);
	if (rb->producer_pos)
		sys_munmap(rb->producer_pos, rb->page_size + 2 * rb->size);
	sys_wait_fd_close(rb->map_fd, rb->wait_fd);
	sys_close(rb->epoll_fd);
	free(rb);
}

static void commit(struct user_ring_buffer *rb, void *sample, bool discard)
{
	unsigned long mask = rb->size - 1;
	unsigned long off = (char *)sample - (char *)rb->data;
	struct header *header = (void *)((char *)rb->data +
					 ((off + rb->size - sizeof(struct header)) & mask));
	__u32 len = header->len & ~BPF_RINGBUF_BUSY_BIT;

	if (discard)
		len |= BPF_RINGBUF_DISCARD_BIT;
	/* the program must not see the sample's bytes later than the length */
	__atomic_exchange_n(&header->len, len, __ATOMIC_ACQ_REL);
}

void user_ring_buffer__submit(struct user_ring_buffer *rb, void *sample)
{
	commit(rb, sample, false);
}

void user_ring_buffer__discard(struct user_ring_buffer *rb, void *sample)
{
	commit(rb, sample, true);
}

void *user_ring_buffer__reserve(struct user_ring_buffer *rb, __u32 size)
{
	unsigned long cons, prod, used, mask = rb->size - 1;
	struct header *header;
	__u64 total;

	if (size & (BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT))
		return libbpf_err_ptr(-E2BIG);
	/* we are the only writer of the producer's position */
	cons = __atomic_load_n(rb->consumer_pos, __ATOMIC_ACQUIRE);
	prod = __atomic_load_n(rb->producer_pos, __ATOMIC_ACQUIRE);
	used = prod - cons;
	total = round_up((__u64)size + BPF_RINGBUF_HDR_SZ, 8);
	if (total > rb->size)
		return libbpf_err_ptr(-E2BIG);
	if (used > rb->size || total > rb->size - used)
		return libbpf_err_ptr(-ENOSPC);
	header = (void *)((char *)rb->data + (prod & mask));
	header->len = size | BPF_RINGBUF_BUSY_BIT;
	header->page_off = 0;
	__atomic_store_n(rb->producer_pos, prod + total, __ATOMIC_RELEASE);
	return (char *)rb->data + ((prod + BPF_RINGBUF_HDR_SZ) & mask);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

void *user_ring_buffer__reserve_blocking(struct user_ring_buffer *rb, __u32 size, int timeout_ms)
{
	int64_t end = now_ms() + timeout_ms, left = timeout_ms;
	void *sample;

	for (;;) {
		if (rb->wait_fd != rb->map_fd)
			sys_wait_drain(rb->map_fd, rb->wait_fd);
		sample = user_ring_buffer__reserve(rb, size);
		if (sample || errno != ENOSPC)
			return sample;
		if (timeout_ms != -1) {
			left = end - now_ms();
			if (left <= 0)
				return libbpf_err_ptr(-ENOSPC);
		}
		if (epoll_wait(rb->epoll_fd, &rb->event, 1, timeout_ms == -1 ? -1 : (int)left) < 0)
			return NULL;
	}
}
