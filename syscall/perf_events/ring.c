/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The ring of an event: a control page (struct perf_event_mmap_page) and pages of data, as their user
 * maps them. Where it stands is ours: of the control page only the reader's position is believed. A
 * record counts from the moment in which the head moves, so a writer that is killed leaves nothing.
 */
#include <poll.h>
#include <sys/mman.h>

#include "bits.h"
#include "err.h"
#include "kill_point.h"
#include "perf_private.h"
#include "raw.h"

#define MAPPED_MARK 0	/* on the open file that a mapping was made through */

static struct perf_event_mmap_page *page_of(const struct store_obj *event)
{
	return (struct perf_event_mmap_page *)event->mem;
}

static uint64_t data_size(const struct perf_ring *ring)
{
	return (uint64_t)atomic_load_explicit(&ring->pages, memory_order_acquire) * STORE_PAGE;
}

/* ---- mapping ---- */

static int check_mmap(const struct store_obj *event, size_t offset, size_t length, int prot, int flags)
{
	const struct perf_event_shared *shared = perf_shared_of(event);
	uint64_t pages = length / STORE_PAGE - 1;

	if (prot & PROT_EXEC)
		return -EPERM;		/* anonymous inodes are not executable */
	if ((shared->cpu == -1 && shared->attr.inherit) || (flags & MAP_TYPE) == MAP_PRIVATE ||
	    offset || (pages && !is_power_of_two(pages)))
		return -EINVAL;
	if (pages > PERF_RING_MAX / STORE_PAGE)
		return -ENOMEM;
	/* Samples that are not made here. */
	if (shared->attr.sample_type & ~(uint64_t)PERF_SAMPLE_KNOWN || shared->attr.write_backward ||
	    (!perf_event_is_output(shared) && shared->attr.sample_period))
		return -EOPNOTSUPP;
	return 0;
}

static void begin_page(struct store_obj *event, uint64_t pages)
{
	struct perf_event_mmap_page *page = page_of(event);

	memset(page, 0, STORE_PAGE);
	page->lock = 2;
	page->capabilities = 2;		/* bit 1: bit 0 is not what it once was */
	page->size = offsetof(struct perf_event_mmap_page, __reserved);
	page->data_offset = STORE_PAGE;
	page->data_size = pages * STORE_PAGE;
}

/* A ring that nobody maps any more is another one for who maps it next. */
static int begin_ring(struct store_obj *event, uint64_t pages, int prot)
{
	struct perf_ring *ring = &perf_shared_of(event)->ring;
	int err = store_allocate(event, 0, STORE_PAGE * (pages + 1));

	if (err)
		return err;
	atomic_store(&ring->pages, 0);
	begin_page(event, pages);
	ring->overwrite = !(prot & PROT_WRITE);
	ring->head = ring->lost = ring->wakeup_at = 0;
	ring->samples = 0;
	atomic_store(&ring->paused, 0);
	atomic_store(&ring->woken, 0);
	kill_point("perf.ring.begun");
	atomic_store(&ring->pages, pages);
	atomic_store(&ring->mapped, 1);
	return 0;
}

int perf_ring_prepare(struct store_obj *event, size_t offset, size_t length, int prot, int flags)
{
	struct perf_ring *ring = &perf_shared_of(event)->ring;
	uint64_t pages = length / STORE_PAGE - 1;
	int lock, err = check_mmap(event, offset, length, prot, flags);

	if (err)
		return err;
	lock = shm_lock(&ring->lock);
	if (lock < 0)
		return lock;
	if (lock == SHM_LOCK_REPAIR)
		shm_lock_repaired(&ring->lock);
	if (!atomic_load(&ring->mapped) || !store_has_mark(event, MAPPED_MARK))
		err = begin_ring(event, pages, prot);
	else if (atomic_load(&ring->pages) != pages)
		err = -EINVAL;
	shm_unlock(&ring->lock);
	return err;
}

int perf_ring_view_fd(struct store_obj *event, bool writable)
{
	int fd = store_view_fd(event, writable);
	int err = fd < 0 ? 0 : store_fd_mark(fd, MAPPED_MARK);

	if (err) {
		raw_close(fd);
		return err;
	}
	return fd;
}

/* ---- waking ---- */

static bool is_empty(const struct store_obj *event)
{
	const struct perf_ring *ring = &perf_shared_of(event)->ring;

	return atomic_load_explicit(&ring->head, memory_order_acquire) ==
	       __atomic_load_n(&page_of(event)->data_tail, __ATOMIC_ACQUIRE);
}

/* Whoever finds it empty has seen what he was woken for; what comes meanwhile is looked at again. */
int perf_ring_poll(struct store_obj *event)
{
	struct perf_ring *ring = &perf_shared_of(event)->ring;

	if (!atomic_load(&ring->mapped))
		return POLLHUP;
	if (!atomic_load(&ring->woken))
		return 0;
	if (is_empty(event)) {
		atomic_store(&ring->woken, 0);
		if (is_empty(event))
			return 0;
		atomic_store(&ring->woken, 1);
	}
	return POLLIN;
}

int perf_ring_wait_fd(struct store_obj *event)
{
	int fd = store_fifo_open(&perf_shared_of(event)->ring.fifo, event);

	if (fd >= 0)
		perf_ring_wait_arm(event);
	return fd;
}

void perf_ring_wait_drain(struct store_obj *event, int fd)
{
	store_fifo_drain(&perf_shared_of(event)->ring.fifo, fd);
}

void perf_ring_wait_arm(struct store_obj *event)
{
	if (perf_ring_poll(event) & POLLIN)
		store_fifo_wake(&perf_shared_of(event)->ring.fifo, event);
}

/* After so many samples, or so many bytes: half of the ring where nothing is said. */
static bool is_due(const struct perf_event_attr *attr, struct perf_ring *ring)
{
	uint64_t mark = attr->watermark && attr->wakeup_watermark
				? MIN(attr->wakeup_watermark, data_size(ring))
				: data_size(ring) / 2;
	bool due = false;

	if (!attr->watermark && attr->wakeup_events && ++ring->samples >= attr->wakeup_events) {
		ring->samples = 0;
		due = true;
	}
	if (ring->head - ring->wakeup_at > mark) {
		ring->wakeup_at += mark;
		due = true;
	}
	return due;
}

static void wake_reader(struct store_obj *event)
{
	struct perf_ring *ring = &perf_shared_of(event)->ring;

	if (!is_due(&perf_shared_of(event)->attr, ring))
		return;
	atomic_store(&ring->woken, 1);
	store_fifo_wake(&ring->fifo, event);
}

/* ---- writing ---- */

static uint64_t put(struct store_obj *event, uint64_t at, const void *from, uint32_t size)
{
	uint64_t ring_size = data_size(&perf_shared_of(event)->ring);
	uint64_t offset = at & (ring_size - 1);
	uint32_t first = MIN(size, ring_size - offset);
	unsigned char *data = event->mem + STORE_PAGE;

	if (size) {
		memcpy(data + offset, from, first);
		memcpy(data, (const char *)from + first, size - first);
	}
	return at + size;
}

static uint64_t put_record(struct store_obj *event, uint64_t at, const struct perf_record *record)
{
	at = put(event, at, &record->header, sizeof(record->header));
	return put(event, at, record->words, record->word_cnt * 8);
}

static uint64_t raw_size(const struct perf_raw *raw)
{
	uint64_t size = 0;

	for (uint32_t i = 0; i < PERF_RAW_PIECES; i++)
		size += raw->piece[i].size;
	return size;
}

/* The size in front of a sample's bytes counts what pads them: the record ends at a multiple of 8. */
static uint32_t padded_raw(const struct perf_raw *raw)
{
	return round_up64(raw_size(raw) + sizeof(uint32_t), 8);
}

static uint64_t put_raw(struct store_obj *event, uint64_t at, const struct perf_raw *raw)
{
	static const char zeros[8];
	uint32_t whole = padded_raw(raw), size = whole - sizeof(uint32_t);

	at = put(event, at, &size, sizeof(size));
	for (uint32_t i = 0; i < PERF_RAW_PIECES; i++)
		at = put(event, at, raw->piece[i].data, raw->piece[i].size);
	return put(event, at, zeros, size - raw_size(raw));
}

/* One byte is never used: full and empty must differ. */
static bool has_room(const struct store_obj *event, uint64_t size)
{
	const struct perf_ring *ring = &perf_shared_of(event)->ring;
	uint64_t tail = __atomic_load_n(&page_of(event)->data_tail, __ATOMIC_ACQUIRE);
	uint64_t mask = data_size(ring) - 1;

	return ring->overwrite ? size <= mask + 1 : ((tail - (ring->head + 1)) & mask) >= size;
}

static int count_lost(struct store_obj *event)
{
	struct perf_event_shared *shared = perf_shared_of(event);

	shared->ring.lost++;
	atomic_fetch_add(&shared->lost, 1);
	return -ENOSPC;
}

static int write_locked(struct store_obj *event, const struct perf_raw *raw, uint32_t cpu)
{
	struct perf_event_shared *shared = perf_shared_of(event);
	struct perf_ring *ring = &shared->ring;
	bool has_raw = shared->attr.sample_type & PERF_SAMPLE_RAW;
	struct perf_record sample, lost;
	uint64_t at = ring->head, size;

	if (!data_size(ring))
		return -ENOSPC;
	if (atomic_load(&ring->paused))
		return count_lost(event);
	perf_record_sample(&sample, event, cpu, has_raw ? padded_raw(raw) : 0);
	size = sample.header.size + (ring->lost ? perf_record_lost_size(&shared->attr) : 0);
	if (!has_room(event, size))
		return count_lost(event);
	if (ring->lost) {
		perf_record_lost(&lost, event, cpu, ring->lost);
		at = put_record(event, at, &lost);
	}
	at = put_record(event, at, &sample);
	if (has_raw)
		at = put_raw(event, at, raw);
	kill_point("perf.written");
	ring->lost = 0;
	atomic_store_explicit(&ring->head, at, memory_order_release);
	kill_point("perf.head");
	__atomic_store_n(&page_of(event)->data_head, at, __ATOMIC_RELEASE);
	kill_point("perf.shown");
	wake_reader(event);
	return 0;
}

/* A record's size has 16 bits. */
static bool is_too_large(const struct perf_raw *raw)
{
	return raw_size(raw) > UINT16_MAX - sizeof(struct perf_record);
}

int perf_event_output(struct store_obj *event, const struct perf_raw *raw, uint32_t cpu)
{
	struct perf_ring *ring = &perf_shared_of(event)->ring;
	int err;

	if (is_too_large(raw))
		return -E2BIG;
	err = shm_lock(&ring->lock);
	if (err < 0)
		return err;
	/* Whoever died inside may have moved the head and not shown it. */
	if (err == SHM_LOCK_REPAIR) {
		__atomic_store_n(&page_of(event)->data_head, ring->head, __ATOMIC_RELEASE);
		shm_lock_repaired(&ring->lock);
	}
	err = write_locked(event, raw, cpu);
	shm_unlock(&ring->lock);
	return err;
}

int perf_ring_pause(struct store_obj *event, bool pause)
{
	struct perf_ring *ring = &perf_shared_of(event)->ring;

	if (!atomic_load(&ring->pages) || !store_has_mark(event, MAPPED_MARK))
		return -EINVAL;
	atomic_store(&ring->paused, pause);
	return 0;
}
