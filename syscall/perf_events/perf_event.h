/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Perf events as objects: what perf_event_open(2) makes. An event counts, and has a ring that its user
 * maps and programs write samples to. Programs that it runs are the business of links.
 */
#ifndef SYSCALL_PERF_EVENT_H
#define SYSCALL_PERF_EVENT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <linux/perf_event.h>
#include "lock.h"
#include "store.h"

#define PERF_HOOK_NAME 32u

/* The ring of an event; the data pages stand behind its control page, at offset 0 of its file. */
struct perf_ring {
	struct shm_lock lock;		/* writers */
	_Atomic uint32_t pages;		/* of data, a power of two; 0: there is none */
	_Atomic uint32_t mapped;	/* somebody mapped it, if only the control page */
	uint32_t overwrite;		/* mapped read-only: the writer never waits for the reader */
	_Atomic uint32_t paused;
	_Atomic uint64_t head;
	uint64_t lost;			/* since the last record that told of it */
	uint64_t wakeup_at;		/* head at which the reader was woken last for its size */
	uint32_t samples;		/* since it was woken last for their number */
	_Atomic uint32_t woken;		/* a reader has not looked since */
	struct store_fifo fifo;
};

/* Facts that all processes share, in the object's header. */
struct perf_event_shared {
	struct perf_event_attr attr;
	int32_t pid, cpu;		/* -1: any; pid is a thread's */
	char hook[PERF_HOOK_NAME];	/* of a tracepoint; empty: BPF output */
	_Atomic uint32_t enabled;
	_Atomic uint64_t enabled_since, enabled_before;	/* ns: now, and all earlier times */
	_Atomic uint64_t count, lost;
	/* The program it runs: by a link, or for good by PERF_EVENT_IOC_SET_BPF. */
	_Atomic uint32_t link_id, prog_id;
	uint64_t cookie, attached_ns;
	struct perf_ring ring;
};

static inline struct perf_event_shared *perf_shared_of(const struct store_obj *obj)
{
	return (struct perf_event_shared *)obj->header->room;
}

static inline bool perf_event_is_output(const struct perf_event_shared *shared)
{
	return shared->attr.type == PERF_TYPE_SOFTWARE;
}

/* The hook of the tracepoint with that id, NULL: there is none. Set by the room that knows hooks. */
extern const char *(*perf_tracepoint_hook)(uint64_t id);
/* A tracepoint's event came (+1) or went (-1). */
extern void (*perf_tracepoint_used)(const char *hook, int by);

/* perf_event_open(2): fd or -errno. @attr: the caller's. */
int perf_event_open(uint64_t attr, int pid, int cpu, int group_fd, unsigned long flags);
/* Copy and check the caller's attr as Linux does: 0 or -errno. */
int perf_attr_copy(uint64_t user, struct perf_event_attr *attr);

void perf_event_enable(struct store_obj *event, bool enable);
/* Is it counting and sampling on that CPU, in this thread. */
bool perf_event_is_on(const struct store_obj *event, uint32_t cpu);
/* What a program may read of it: 0 or -errno. */
int perf_event_value(const struct store_obj *event, uint32_t cpu, uint64_t *count,
		     uint64_t *enabled_ns);
/* read(2): bytes or -errno. */
long perf_event_read(struct store_obj *event, uint64_t buf, size_t size);

/* ---- its ring ---- */

/* mmap(2) of @length bytes at @offset is about to be made: checks, and space. 0 or -errno. */
int perf_ring_prepare(struct store_obj *event, size_t offset, size_t length, int prot, int flags);
/* The fd through which it is mapped: see store_view_fd(). */
int perf_ring_view_fd(struct store_obj *event, bool writable);

/* What a sample carries: pieces of memory in a row. */
#define PERF_RAW_PIECES 3u
struct perf_raw {
	struct {
		const void *data;
		uint64_t size;
	} piece[PERF_RAW_PIECES];
};
/* 0, -ENOSPC: the ring has no room, or there is none; -EBUSY: this thread is writing to it. */
int perf_event_output(struct store_obj *event, const struct perf_raw *raw, uint32_t cpu);

/* Events of poll(2) that are true now; waiting: see kern_poll_fd(), kern_poll_drain(), kern_poll_arm(). */
int perf_ring_poll(struct store_obj *event);
int perf_ring_wait_fd(struct store_obj *event);
void perf_ring_wait_drain(struct store_obj *event, int fd);
void perf_ring_wait_arm(struct store_obj *event);

/* PERF_EVENT_IOC_PAUSE_OUTPUT: 0 or -EINVAL. */
int perf_ring_pause(struct store_obj *event, bool pause);

#endif
