/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What both kinds of rings have in common: three parts of a file, this process's view of them. */
#ifndef SYSCALL_MAPS_RINGBUF_PRIVATE_H
#define SYSCALL_MAPS_RINGBUF_PRIVATE_H

#include "bits.h"
#include "lock.h"
#include "map_private.h"

/* Pages of Linux's struct bpf_ringbuf in front of the data: what a head's page offset counts from. */
#define PAGES_BEFORE_DATA 3u
/* In the header page: what processes share beside the client's two pages. */
struct ringbuf_shared {
	struct shm_lock lock;		/* reservations */
	struct store_fifo fifo;
	_Atomic uint64_t pending;	/* oldest record not yet committed */
};

/*
 * In this process: the two positions and the data, mapped twice. Views stand in a list and are
 * reused, never freed: a program commits a record by its address alone, and whoever looks the
 * address up takes no lock.
 */
struct ringbuf_view {
	_Atomic uint64_t *consumer, *producer;
	unsigned char *_Atomic data;	/* NULL: not in use */
	uint64_t mask;
	struct kern_map *map;
	struct ringbuf_view *next;
};

static inline struct ringbuf_shared *ringbuf_shared_of(const struct kern_map *map)
{
	return map_type_room(map);
}

/* Head and sample of a record, by its length word. */
static inline uint64_t ringbuf_record_size(uint32_t length)
{
	return round_up64((length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT)) +
				  BPF_RINGBUF_HDR_SZ, 8);
}

int ringbuf_check(const union bpf_attr *attr);
int ringbuf_layout(const union bpf_attr *attr, struct map_layout *layout);
int ringbuf_init(struct kern_map *map);
int ringbuf_open(struct kern_map *map);
void ringbuf_close(struct kern_map *map);
uint64_t ringbuf_memlock(const struct kern_map *map);
/* Whoever waits for the ring looks again. */
void ringbuf_wake(struct kern_map *map);

#endif
