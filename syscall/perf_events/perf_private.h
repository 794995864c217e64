/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the room of perf events. */
#ifndef SYSCALL_PERF_PRIVATE_H
#define SYSCALL_PERF_PRIVATE_H

#include "perf_event.h"

/* More data than this in a ring is -ENOMEM. */
#define PERF_RING_MAX (64u << 20)

/* Parts of a sample that are written here. */
#define PERF_SAMPLE_KNOWN                                                                          \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR |          \
	 PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD |           \
	 PERF_SAMPLE_RAW)

/* One record that is being put together: head, then words, then the pieces of a sample. */
struct perf_record {
	struct perf_event_header header;
	uint64_t words[10];
	uint32_t word_cnt;
};

void perf_record_sample(struct perf_record *record, const struct store_obj *event, uint32_t cpu,
			uint32_t raw_size);
void perf_record_lost(struct perf_record *record, const struct store_obj *event, uint32_t cpu,
		      uint64_t lost);
uint32_t perf_record_lost_size(const struct perf_event_attr *attr);

uint64_t perf_event_clock(const struct perf_event_attr *attr);

#endif
