/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * User ring buffer: the client produces, a program takes the samples. The client writes its position and
 * the data, so nothing of them is believed: each word is read once and checked.
 */
#include <poll.h>
#include <sys/mman.h>

#include "err.h"
#include "ringbuf_private.h"

/* Samples that one call takes. */
#define DRAIN_MAX (128u * 1024)
/* What a dynptr can hold. */
#define SAMPLE_MAX ((1u << 24) - 1)

static int user_ringbuf_mmap(struct kern_map *map, size_t offset, size_t length, int prot, int flags)
{
	size_t bytes = 2 * STORE_PAGE + 2 * (size_t)map->max_entries;

	(void)flags;
	if (prot & PROT_WRITE && !offset)	/* the consumer's page */
		return -EPERM;
	return offset > bytes || length > bytes - offset ? -EINVAL : 0;
}

static int user_ringbuf_poll(struct kern_map *map)
{
	const struct ringbuf_view *view = map->view;
	uint64_t consumer = atomic_load_explicit(view->consumer, memory_order_acquire);
	uint64_t producer = atomic_load_explicit(view->producer, memory_order_acquire);

	return producer - consumer <= view->mask ? POLLOUT | POLLWRNORM : 0;
}

/* ---- consuming ---- */

struct sample {
	void *data;
	uint32_t size;
	uint64_t next;		/* the consumer's position behind it */
	bool discarded;
};

/* The next one: 0, -ENODATA: none yet, -EINVAL, -E2BIG: what the client wrote is no sample. */
static int peek(const struct ringbuf_view *view, struct sample *sample)
{
	uint64_t producer = atomic_load_explicit(view->producer, memory_order_acquire);
	uint64_t consumer = atomic_load_explicit(view->consumer, memory_order_acquire);
	unsigned char *head = view->data + (consumer & view->mask);
	uint32_t word;
	uint64_t total;

	if (producer % 8)
		return -EINVAL;
	if (consumer >= producer)
		return -ENODATA;
	word = atomic_load_explicit((_Atomic uint32_t *)head, memory_order_acquire);
	sample->size = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	total = ringbuf_record_size(word);
	if (total > producer - consumer)
		return -EINVAL;
	if (total > view->mask + 1 || sample->size > SAMPLE_MAX)
		return -E2BIG;
	sample->discarded = word & BPF_RINGBUF_DISCARD_BIT;
	if (word & BPF_RINGBUF_BUSY_BIT && !sample->discarded)
		return -ENODATA;
	/* The data is mapped twice: a sample that wraps goes on behind the first. */
	sample->data = head + BPF_RINGBUF_HDR_SZ;
	sample->next = consumer + total;
	return 0;
}

/* Samples that were taken, or why there can be no more. */
static int64_t take_all(struct ringbuf_view *view, user_ringbuf_take_fn take, void *arg)
{
	int64_t taken = 0;
	bool stop = false;

	for (uint32_t i = 0; i < DRAIN_MAX && !stop; i++) {
		struct sample sample;
		int err = peek(view, &sample);

		if (err)
			return err == -ENODATA ? taken : err;
		if (!sample.discarded) {
			stop = take(arg, sample.data, sample.size);
			taken++;
		}
		atomic_store_explicit(view->consumer, sample.next, memory_order_release);
	}
	return taken;
}

int64_t user_ringbuf_drain(struct kern_map *map, user_ringbuf_take_fn take, void *arg, uint64_t flags)
{
	struct shm_lock *lock = &ringbuf_shared_of(map)->lock;
	int64_t ret;
	int err;

	if (flags & ~(uint64_t)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	err = shm_trylock(lock);
	if (err < 0)
		return -EBUSY;
	/* A consumer that died had not moved its position: its sample comes again. */
	if (err == SHM_LOCK_REPAIR)
		shm_lock_repaired(lock);
	ret = take_all(map->view, take, arg);
	shm_unlock(lock);
	if (flags & BPF_RB_FORCE_WAKEUP || (ret > 0 && !(flags & BPF_RB_NO_WAKEUP)))
		ringbuf_wake(map);
	return ret;
}

const struct map_ops user_ringbuf_map_ops = {
	.name		= "user_ringbuf",
	.check		= ringbuf_check,
	.layout		= ringbuf_layout,
	.init		= ringbuf_init,
	.open		= ringbuf_open,
	.close		= ringbuf_close,
	.mmap		= user_ringbuf_mmap,
	.poll		= user_ringbuf_poll,
	.memlock	= ringbuf_memlock,
	.flags		= MAP_OPS_RING,
};
