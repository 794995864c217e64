/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Reading ring buffers. A ring is one page with the consumer's position, which we write, one with
 * the producer's, and the data, which appears twice in a row so that no record is torn.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

struct ring {
	ring_buffer_sample_fn sample_cb;
	void *ctx;
	void *data;
	unsigned long *consumer_pos;
	unsigned long *producer_pos;
	size_t size;		/* a power of two */
	int map_fd;
	int wait_fd;		/* what stands in the epoll set for map_fd */
};

struct ring_buffer {
	struct epoll_event *events;
	struct ring **rings;	/* each with memory of its own: callers keep pointers to them */
	size_t page_size;
	int epoll_fd;
	int ring_cnt;
};

/* ---- making and freeing ---- */

static void unmap_ring(struct ring_buffer *rb, struct ring *ring)
{
	if (ring->consumer_pos)
		sys_munmap(ring->consumer_pos, rb->page_size);
	if (ring->producer_pos)
		sys_munmap(ring->producer_pos, rb->page_size + 2 * ring->size);
}

static void free_ring(struct ring_buffer *rb, struct ring *ring)
{
	unmap_ring(rb, ring);
	sys_wait_fd_close(ring->map_fd, ring->wait_fd);
	free(ring);
}

static int map_ring(struct ring_buffer *rb, struct ring *ring)
{
	void *addr = NULL;
	size_t length = rb->page_size + 2 * ring->size;
	int err;

	if (ring->size > (SIZE_MAX - rb->page_size) / 2) {
		pr_warn("ringbuf: ring buffer size (%zu) is too big\n", ring->size);
		return -E2BIG;
	}
	err = sys_mmap(&addr, rb->page_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->map_fd, 0);
	if (err) {
		pr_warn("ringbuf: failed to mmap consumer page for map fd=%d: %s\n", ring->map_fd,
			errstr(err));
		return err;
	}
	ring->consumer_pos = addr;
	addr = NULL;
	err = sys_mmap(&addr, length, PROT_READ, MAP_SHARED, ring->map_fd, rb->page_size);
	if (err) {
		pr_warn("ringbuf: failed to mmap data pages for map fd=%d: %s\n", ring->map_fd,
			errstr(err));
		return err;
	}
	ring->producer_pos = addr;
	ring->data = (char *)addr + rb->page_size;
	return 0;
}

static int watch_ring(struct ring_buffer *rb, struct ring *ring)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = rb->ring_cnt };
	int err;

	ring->wait_fd = sys_wait_fd(ring->map_fd);
	if (ring->wait_fd < 0)
		return ring->wait_fd;
	if (epoll_ctl(rb->epoll_fd, EPOLL_CTL_ADD, ring->wait_fd, &event)) {
		err = -errno;
		pr_warn("ringbuf: failed to epoll add map fd=%d: %s\n", ring->map_fd, errstr(err));
		return err;
	}
	return 0;
}

static int reserve_slot(struct ring_buffer *rb)
{
	void *bigger;

	bigger = reallocarray(rb->rings, rb->ring_cnt + 1, sizeof(*rb->rings));
	if (!bigger)
		return -ENOMEM;
	rb->rings = bigger;
	bigger = reallocarray(rb->events, rb->ring_cnt + 1, sizeof(*rb->events));
	if (!bigger)
		return -ENOMEM;
	rb->events = bigger;
	return 0;
}

int ring_buffer__add(struct ring_buffer *rb, int map_fd, ring_buffer_sample_fn sample_cb,
		     void *ctx)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	struct ring *ring;
	int err;

	err = bpf_map_get_info_by_fd(map_fd, &info, &len);
	if (err) {
		pr_warn("ringbuf: failed to get map info for fd=%d: %s\n", map_fd, errstr(err));
		return libbpf_err(err);
	}
	if (info.type != BPF_MAP_TYPE_RINGBUF) {
		pr_warn("ringbuf: map fd=%d is not BPF_MAP_TYPE_RINGBUF\n", map_fd);
		return libbpf_err(-EINVAL);
	}
	err = reserve_slot(rb);
	if (err)
		return libbpf_err(err);
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return libbpf_err(-ENOMEM);
	ring->sample_cb = sample_cb;
	ring->ctx = ctx;
	ring->map_fd = map_fd;
	ring->wait_fd = -1;
	ring->size = info.max_entries;
	err = map_ring(rb, ring);
	err = err ? err : watch_ring(rb, ring);
	if (err) {
		free_ring(rb, ring);
		return libbpf_err(err);
	}
	rb->rings[rb->ring_cnt++] = ring;
	return 0;
}

void ring_buffer__free(struct ring_buffer *rb)
{
	int i;

	if (!rb)
		return;
	for (i = 0; i < rb->ring_cnt; i++)
		free_ring(rb, rb->rings[i]);
	if (rb->epoll_fd >= 0)
		sys_close(rb->epoll_fd);
	free(rb->events);
	free(rb->rings);
	free(rb);
}

struct ring_buffer *ring_buffer__new(int map_fd, ring_buffer_sample_fn sample_cb, void *ctx,
				     const struct ring_buffer_opts *opts)
{
	struct ring_buffer *rb;
	int err;

	if (!OPTS_VALID(opts, ring_buffer_opts))
		return libbpf_err_ptr(-EINVAL);
	rb = calloc(1, sizeof(*rb));
	if (!rb)
		return libbpf_err_ptr(-ENOMEM);
	rb->page_size = sysconf(_SC_PAGE_SIZE);
	rb->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (rb->epoll_fd < 0) {
		err = -errno;
		pr_warn("ringbuf: failed to create epoll instance: %s\n", errstr(err));
	} else {
		err = ring_buffer__add(rb, map_fd, sample_cb, ctx);
	}
	if (err) {
		ring_buffer__free(rb);
		return libbpf_err_ptr(err);
	}
	return rb;
}

/* ---- reading ---- */

/* A record's header holds its length and in the two upper bits its state, then its page. */
static size_t record_size(__u32 len)
{
	len &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	return round_up((__u64)len + BPF_RINGBUF_HDR_SZ, 8);
}

static bool has_data(const struct ring *ring)
{
	unsigned long cons = __atomic_load_n(ring->consumer_pos, __ATOMIC_ACQUIRE);
	const __u32 *header = (__u32 *)((char *)ring->data + (cons & (ring->size - 1)));

	return cons < __atomic_load_n(ring->producer_pos, __ATOMIC_ACQUIRE) &&
	       !(__atomic_load_n(header, __ATOMIC_ACQUIRE) & BPF_RINGBUF_BUSY_BIT);
}

/*
 * A FIFO that stands for a ring keeps its byte until it is drained, and gets no other meanwhile.
 * Drained first and looked at then, a ring that seems empty wakes us for sure.
 */
static void drain(const struct ring *ring)
{
	if (ring->wait_fd != ring->map_fd)
		sys_wait_drain(ring->map_fd, ring->wait_fd);
}

/* Return: samples delivered, at most @n, or what the callback said. */
static int64_t consume_ring(struct ring *ring, size_t n)
{
	unsigned long mask = ring->size - 1, cons, prod;
	int64_t count = 0;
	__u32 *header, len;
	bool got_new;
	int err;

	cons = __atomic_load_n(ring->consumer_pos, __ATOMIC_ACQUIRE);
	do {
		got_new = false;
		prod = __atomic_load_n(ring->producer_pos, __ATOMIC_ACQUIRE);
		while (cons < prod) {
			header = (__u32 *)((char *)ring->data + (cons & mask));
			len = __atomic_load_n(header, __ATOMIC_ACQUIRE);
			/* reserved, not yet submitted: those behind it have to wait */
			if (len & BPF_RINGBUF_BUSY_BIT)
				return count;
			got_new = true;
			cons += record_size(len);
			if (!(len & BPF_RINGBUF_DISCARD_BIT)) {
				err = ring->sample_cb(ring->ctx,
						      (char *)header + BPF_RINGBUF_HDR_SZ, len);
				if (err < 0) {
					__atomic_store_n(ring->consumer_pos, cons,
							 __ATOMIC_RELEASE);
					return err;
				}
				count++;
			}
			__atomic_store_n(ring->consumer_pos, cons, __ATOMIC_RELEASE);
			if ((size_t)count >= n)
				return count;
		}
	} while (got_new);
	return count;
}

static int capped(int64_t count)
{
	return libbpf_err(count > INT_MAX ? INT_MAX : (int)count);
}

int ring_buffer__consume_n(struct ring_buffer *rb, size_t n)
{
	int64_t total = 0, count;
	int i;

	for (i = 0; i < rb->ring_cnt && n; i++) {
		drain(rb->rings[i]);
		count = consume_ring(rb->rings[i], n);
		if (count < 0)
			return libbpf_err(count);
		total += count;
		n -= count;
	}
	return capped(total);
}

int ring_buffer__consume(struct ring_buffer *rb)
{
	return ring_buffer__consume_n(rb, INT_MAX);
}

/* Return: whether there is something to read without waiting. */
static bool rearm(struct ring_buffer *rb)
{
	bool ready = false;
	int i;

	for (i = 0; i < rb->ring_cnt; i++) {
		if (rb->rings[i]->wait_fd == rb->rings[i]->map_fd)
			continue;
		drain(rb->rings[i]);
		ready |= has_data(rb->rings[i]);
	}
	return ready;
}

int ring_buffer__poll(struct ring_buffer *rb, int timeout_ms)
{
	int64_t total = 0, count;
	int i, n;

	if (rearm(rb))
		return ring_buffer__consume(rb);
	n = epoll_wait(rb->epoll_fd, rb->events, rb->ring_cnt, timeout_ms);
	if (n < 0)
		return libbpf_err(-errno);
	for (i = 0; i < n; i++) {
		count = consume_ring(rb->rings[rb->events[i].data.fd], INT_MAX);
		if (count < 0)
			return libbpf_err(count);
		total += count;
	}
	return capped(total);
}

int ring_buffer__epoll_fd(const struct ring_buffer *rb)
{
	return rb->epoll_fd;
}

/* ---- one ring ---- */

struct ring *ring_buffer__ring(struct ring_buffer *rb, unsigned int idx)
{
	return idx < (unsigned int)rb->ring_cnt ? rb->rings[idx] : libbpf_err_ptr(-ERANGE);
}

unsigned long ring__consumer_pos(const struct ring *r)
{
	return __atomic_load_n(r->consumer_pos, __ATOMIC_ACQUIRE);
}

unsigned long ring__producer_pos(const struct ring *r)
{
	return __atomic_load_n(r->producer_pos, __ATOMIC_ACQUIRE);
}

size_t ring__avail_data_size(const struct ring *r)
{
	unsigned long cons = ring__consumer_pos(r);

	return ring__producer_pos(r) - cons;
}

size_t ring__size(const struct ring *r)
{
	return r->size;
}

int ring__map_fd(const struct ring *r)
{
	return r->map_fd;
}

int ring__consume_n(struct ring *r, size_t n)
{
	drain(r);
	return capped(consume_ring(r, n));
}

int ring__consume(struct ring *r)
{
	return ring__consume_n(r, INT_MAX);
}
