/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The words of records: which stand in front of a sample's bytes, and behind a record of lost ones. */

#include "bits.h"
#include "perf_private.h"
#include "self.h"

static uint64_t task_word(void)
{
	const uint32_t ids[2] = { self_pid(), self_tid() };
	uint64_t word;

	memcpy(&word, ids, sizeof(word));
	return word;
}

static uint64_t cpu_word(uint32_t cpu)
{
	const uint32_t both[2] = { cpu, 0 };
	uint64_t word;

	memcpy(&word, both, sizeof(word));
	return word;
}

/* Words in the order of a sample. */
static const uint64_t sample_order[] = {
	PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_TID, PERF_SAMPLE_TIME, PERF_SAMPLE_ADDR, PERF_SAMPLE_ID,
	PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_CPU, PERF_SAMPLE_PERIOD,
};

/* And of what stands behind other records. */
static const uint64_t id_order[] = {
	PERF_SAMPLE_TID, PERF_SAMPLE_TIME, PERF_SAMPLE_ID, PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_CPU,
	PERF_SAMPLE_IDENTIFIER,
};

static uint64_t word_of(uint64_t part, const struct store_obj *event, uint32_t cpu)
{
	switch (part) {
	case PERF_SAMPLE_TID:
		return task_word();
	case PERF_SAMPLE_TIME:
		return perf_event_clock(&perf_shared_of(event)->attr);
	case PERF_SAMPLE_CPU:
		return cpu_word(cpu);
	case PERF_SAMPLE_ADDR:
	case PERF_SAMPLE_PERIOD:
		return 0;	/* a program's sample has neither */
	default:
		return event->id;
	}
}

static void add_words(struct perf_record *record, const uint64_t *order, uint32_t cnt,
		      const struct store_obj *event, uint32_t cpu)
{
	uint64_t type = perf_shared_of(event)->attr.sample_type;

	for (uint32_t i = 0; i < cnt; i++)
		if (type & order[i])
			record->words[record->word_cnt++] = word_of(order[i], event, cpu);
}

void perf_record_sample(struct perf_record *record, const struct store_obj *event, uint32_t cpu,
			uint32_t raw_size)
{
	record->word_cnt = 0;
	add_words(record, sample_order, ARRAY_SIZE(sample_order), event, cpu);
	record->header.type = PERF_RECORD_SAMPLE;
	record->header.misc = PERF_RECORD_MISC_KERNEL;
	record->header.size = sizeof(record->header) + record->word_cnt * 8 + raw_size;
}

uint32_t perf_record_lost_size(const struct perf_event_attr *attr)
{
	uint32_t words = 2;

	for (uint32_t i = 0; attr->sample_id_all && i < ARRAY_SIZE(id_order); i++)
		words += (attr->sample_type & id_order[i]) != 0;
	return sizeof(struct perf_event_header) + words * 8;
}

void perf_record_lost(struct perf_record *record, const struct store_obj *event, uint32_t cpu,
		      uint64_t lost)
{
	record->words[0] = event->id;
	record->words[1] = lost;
	record->word_cnt = 2;
	if (perf_shared_of(event)->attr.sample_id_all)
		add_words(record, id_order, ARRAY_SIZE(id_order), event, cpu);
	record->header.type = PERF_RECORD_LOST;
	record->header.misc = 0;
	record->header.size = sizeof(record->header) + record->word_cnt * 8;
}
