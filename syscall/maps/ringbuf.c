/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Ring buffer (kernel Documentation ringbuf.rst): page 0 is the consumer's position, page 1 the
 * producers', then the data. Mappings show the data twice in a row, so that a record that wraps is
 * contiguous. A record is an 8-byte head and its sample, rounded up to 8.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "fork_guard.h"
#include "kill_point.h"
#include "lock.h"
#include "map_private.h"
#include "raw.h"
#include "ringbuf_private.h"
#include "self.h"

#define RINGBUF_MAX_SAMPLE (UINT32_MAX / 4)
/* Busy records name their producer in place of the page offset, until they are committed. */

struct record_head {
	_Atomic uint32_t length;
	_Atomic uint32_t page_offset;
};

static struct ringbuf_view *_Atomic views;
static pthread_mutex_t views_lock = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(views_lock, FORK_RANK_MAPS)

int ringbuf_check(const union bpf_attr *attr)
{
	if (attr->map_flags & ~BPF_F_NUMA_NODE || attr->key_size || attr->value_size ||
	    !is_power_of_two(attr->max_entries) || attr->max_entries % STORE_PAGE)
		return -EINVAL;
	return 0;
}

int ringbuf_layout(const union bpf_attr *attr, struct map_layout *layout)
{
	layout->front = 2 * STORE_PAGE + (size_t)attr->max_entries;
	return 0;
}

int ringbuf_init(struct kern_map *map)
{
	shm_lock_init(&ringbuf_shared_of(map)->lock);
	return 0;
}

static int map_data(struct kern_map *map, unsigned char **out)
{
	size_t size = map->max_entries;
	unsigned char *data;
	int err = 0;

	data = raw_mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			0);
	if (data == MAP_FAILED)
		return -ENOMEM;
	for (int half = 0; half < 2 && !err; half++)
		err = store_map_view(map->obj, data + half * size, 2 * STORE_PAGE, size,
				     PROT_READ | PROT_WRITE);
	if (err)
		raw_munmap(data, 2 * size);
	else
		*out = data;
	return err;
}

/* A view that is out of use, or a new one; under the lock. */
static struct ringbuf_view *take_view(void)
{
	struct ringbuf_view *view = views;

	while (view && view->data)
		view = view->next;
	if (view)
		return view;
	view = calloc(1, sizeof(*view));
	if (view) {
		view->next = views;
		atomic_store(&views, view);
	}
	return view;
}

int ringbuf_open(struct kern_map *map)
{
	struct ringbuf_view *view;
	unsigned char *data;
	int err = map_data(map, &data);

	if (err)
		return err;
	pthread_mutex_lock(&views_lock);
	view = take_view();
	if (view) {
		view->consumer = (_Atomic uint64_t *)map->front;
		view->producer = (_Atomic uint64_t *)(map->front + STORE_PAGE);
		view->mask = map->max_entries - 1;
		view->map = map;
		atomic_store(&view->data, data);
		map->view = view;
	} else {
		raw_munmap(data, 2 * (size_t)map->max_entries);
		err = -ENOMEM;
	}
	pthread_mutex_unlock(&views_lock);
	return err;
}

void ringbuf_close(struct kern_map *map)
{
	struct ringbuf_view *view = map->view;
	unsigned char *data = view->data;

	atomic_store(&view->data, NULL);
	raw_munmap(data, 2 * (size_t)map->max_entries);
}

/* The ring a sample was reserved in; it is in use by the program that holds the sample. */
static struct ringbuf_view *view_of_sample(const unsigned char *sample)
{
	for (struct ringbuf_view *view = views; view; view = view->next) {
		const unsigned char *data = atomic_load_explicit(&view->data, memory_order_acquire);

		if (data && sample >= data && sample <= data + 2 * (view->mask + 1))
			return view;
	}
	return NULL;
}

/* ---- waking ---- */

void ringbuf_wake(struct kern_map *map)
{
	store_fifo_wake(&ringbuf_shared_of(map)->fifo, map->obj);
}

static int ringbuf_poll(struct kern_map *map)
{
	const struct ringbuf_view *view = map->view;
	uint64_t consumer = atomic_load_explicit(view->consumer, memory_order_acquire);

	return atomic_load_explicit(view->producer, memory_order_acquire) != consumer
		       ? POLLIN | POLLRDNORM
		       : 0;
}

/* Waiting is the same for both kinds of rings. */

int ringbuf_wait_fd(struct kern_map *map)
{
	int fd = store_fifo_open(&ringbuf_shared_of(map)->fifo, map->obj);

	if (fd >= 0 && map->ops->poll(map))
		ringbuf_wake(map);
	return fd;
}

void ringbuf_wait_drain(struct kern_map *map, int fd)
{
	store_fifo_drain(&ringbuf_shared_of(map)->fifo, fd);
}

void ringbuf_wait_arm(struct kern_map *map)
{
	if (map->ops->poll(map))
		ringbuf_wake(map);
}

/* ---- producing ---- */

static struct record_head *record_at(const struct ringbuf_view *view, uint64_t position)
{
	return (struct record_head *)(view->data + (position & view->mask));
}

static bool producer_died(uint32_t pid)
{
	return pid && kill(pid, 0) && errno == ESRCH;
}

static uint32_t page_offset_of(const struct ringbuf_view *view, const struct record_head *head)
{
	return ((const unsigned char *)head - view->data) / STORE_PAGE + PAGES_BEFORE_DATA;
}

/* Move past committed records. A record whose producer was killed is discarded; that is looked at
 * only when the ring is full, or its killer's lock was found. */
static void advance_pending(struct kern_map *map, bool look_for_dead)
{
	struct ringbuf_shared *shared = ringbuf_shared_of(map);
	struct ringbuf_view *view = map->view;
	uint64_t producer = atomic_load(view->producer);
	uint64_t pending = shared->pending;

	while (pending < producer) {
		struct record_head *head = record_at(view, pending);
		uint32_t length = atomic_load_explicit(&head->length, memory_order_acquire);

		if (length & BPF_RINGBUF_BUSY_BIT) {
			if (!look_for_dead || !producer_died(head->page_offset))
				break;
			head->page_offset = page_offset_of(view, head);
			length = (length & ~BPF_RINGBUF_BUSY_BIT) | BPF_RINGBUF_DISCARD_BIT;
			atomic_store_explicit(&head->length, length, memory_order_release);
			ringbuf_wake(map);
		}
		pending += ringbuf_record_size(length);
	}
	shared->pending = pending;
}

static bool has_room(struct kern_map *map, uint64_t end)
{
	const struct ringbuf_view *view = map->view;
	uint64_t consumer = atomic_load_explicit(view->consumer, memory_order_acquire);

	/* One byte is never used: full and empty must differ. */
	return end - consumer <= view->mask && end - ringbuf_shared_of(map)->pending <= view->mask;
}

static void *reserve_locked(struct kern_map *map, uint64_t size, bool repair)
{
	struct ringbuf_view *view = map->view;
	uint64_t producer = atomic_load_explicit(view->producer, memory_order_relaxed);
	uint64_t end = producer + round_up64(size + BPF_RINGBUF_HDR_SZ, 8);
	struct record_head *head = record_at(view, producer);

	advance_pending(map, repair);
	if (!has_room(map, end)) {
		advance_pending(map, true);
		if (!has_room(map, end))
			return NULL;
	}
	head->page_offset = self_pid();
	kill_point("ringbuf.reserve.owner");
	atomic_store_explicit(&head->length, size | BPF_RINGBUF_BUSY_BIT, memory_order_relaxed);
	kill_point("ringbuf.reserve.head");
	atomic_store_explicit(view->producer, end, memory_order_release);
	kill_point("ringbuf.reserve.done");
	return head + 1;
}

void *ringbuf_reserve(struct kern_map *map, uint64_t size, uint64_t flags)
{
	struct ringbuf_shared *shared = ringbuf_shared_of(map);
	void *sample;
	int err;

	if (flags || size > RINGBUF_MAX_SAMPLE ||
	    round_up64(size + BPF_RINGBUF_HDR_SZ, 8) > map->max_entries)
		return NULL;
	err = shm_lock(&shared->lock);
	if (err < 0)
		return NULL;
	sample = reserve_locked(map, size, err == SHM_LOCK_REPAIR);
	if (err == SHM_LOCK_REPAIR)
		shm_lock_repaired(&shared->lock);
	shm_unlock(&shared->lock);
	return sample;
}

static void commit(struct ringbuf_view *view, void *sample, uint64_t flags, uint32_t discard)
{
	struct record_head *head = (struct record_head *)sample - 1;
	uint32_t length = atomic_load(&head->length) & ~BPF_RINGBUF_BUSY_BIT;
	uint64_t position = ((unsigned char *)head - view->data) & view->mask;
	uint64_t consumer;

	head->page_offset = page_offset_of(view, head);
	kill_point("ringbuf.commit.head");
	atomic_exchange(&head->length, length | discard);
	kill_point("ringbuf.commit.done");
	consumer = atomic_load(view->consumer) & view->mask;
	if (flags & BPF_RB_FORCE_WAKEUP || (consumer == position && !(flags & BPF_RB_NO_WAKEUP)))
		ringbuf_wake(view->map);
}

void ringbuf_submit(void *sample, uint64_t flags)
{
	struct ringbuf_view *view = view_of_sample(sample);

	if (view)
		commit(view, sample, flags, 0);
}

void ringbuf_discard(void *sample, uint64_t flags)
{
	struct ringbuf_view *view = view_of_sample(sample);

	if (view)
		commit(view, sample, flags, BPF_RINGBUF_DISCARD_BIT);
}

int ringbuf_output(struct kern_map *map, const void *data, uint64_t size, uint64_t flags)
{
	void *sample;

	if (flags & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	sample = ringbuf_reserve(map, size, 0);
	if (!sample)
		return -EAGAIN;
	memcpy(sample, data, size);
	commit(map->view, sample, flags, 0);
	return 0;
}

uint64_t ringbuf_query(struct kern_map *map, uint64_t what)
{
	const struct ringbuf_view *view = map->view;

	switch (what) {
	case BPF_RB_AVAIL_DATA:
		return *view->producer - *view->consumer;
	case BPF_RB_RING_SIZE:
		return map->max_entries;
	case BPF_RB_CONS_POS:
		return *view->consumer;
	case BPF_RB_PROD_POS:
		return *view->producer;
	default:
		return 0;
	}
}

/* ---- commands ---- */

static int ringbuf_mmap(struct kern_map *map, size_t offset, size_t length, int prot, int flags)
{
	size_t bytes = 2 * STORE_PAGE + 2 * (size_t)map->max_entries;

	if (prot & PROT_WRITE && (offset || length != STORE_PAGE))
		return -EPERM;
	return offset > bytes || length > bytes - offset ? -EINVAL : 0;
}

/* Linux counts its page array too: a pointer per page of data, mapped twice. */
uint64_t ringbuf_memlock(const struct kern_map *map)
{
	uint64_t data_pages = map->max_entries / STORE_PAGE;
	uint64_t pages = PAGES_BEFORE_DATA + 2 * data_pages;

	return 304 + (PAGES_BEFORE_DATA + data_pages) * STORE_PAGE + pages * sizeof(void *);
}

const struct map_ops ringbuf_map_ops = {
	.name		= "ringbuf",
	.check		= ringbuf_check,
	.layout		= ringbuf_layout,
	.init		= ringbuf_init,
	.open		= ringbuf_open,
	.close		= ringbuf_close,
	.mmap		= ringbuf_mmap,
	.poll		= ringbuf_poll,
	.memlock	= ringbuf_memlock,
	.flags		= MAP_OPS_RING,
};
