/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf_perf_event_output() and what its reader finds; bpf_perf_event_read(_value)(). */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/bpf_perf_event.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "perf.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define DATA_SIZE    16384
#define CURRENT	     BPF_F_CURRENT_CPU

static void check(const char *what, int got, int want)
{
	if (got != want)
		fail_msg("%s: %s, not %s", what, result_name(got), result_name(want));
}

/* ---- one event, its ring, and the maps around it ---- */

struct world {
	const struct backend *b;
	int event, events, data;	/* events: the array with it at 0; data: bytes of samples */
	struct perf_event_mmap_page *page;
	size_t pages;
	uint64_t tail;
};

static void fill_data(const struct backend *b, int map)
{
	static unsigned char bytes[DATA_SIZE];
	uint32_t zero = 0;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i % 251 + 1;
	assert_int_equal(map_update(b, map, &zero, bytes, 0), 0);
}

static void begin_with(struct world *w, const struct backend *b, struct perf_event_attr *attr,
		       size_t pages, int prot)
{
	uint32_t zero = 0;
	int err;

	*w = (struct world){ .b = b, .pages = pages };
	w->event = perf_open(b, attr, -1, 0, -1, 0);
	w->events = map_create_simple(b, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0);
	w->data = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, DATA_SIZE, 1, 0);
	assert_true(w->event >= 0 && w->events >= 0 && w->data >= 0);
	fill_data(b, w->data);
	if (pages) {
		w->page = b->mmap(NULL, (pages + 1) * 4096, prot, MAP_SHARED, w->event, 0, &err);
		check("mmap", err, 0);
	}
	check("update", map_update(b, w->events, &zero, &w->event, 0), 0);
}

static struct perf_event_attr output_attr(uint64_t sample_type)
{
	return (struct perf_event_attr){ .type = PERF_TYPE_SOFTWARE,
					 .size = sizeof(struct perf_event_attr),
					 .config = PERF_COUNT_SW_BPF_OUTPUT,
					 .sample_type = sample_type, .sample_period = 1,
					 .wakeup_events = 1 };
}

static void begin(struct world *w, const struct backend *b, size_t pages)
{
	struct perf_event_attr attr = output_attr(PERF_SAMPLE_RAW);

	begin_with(w, b, &attr, pages, PROT_READ | PROT_WRITE);
}

static void finish(struct world *w)
{
	if (w->page)
		munmap(w->page, (w->pages + 1) * 4096);
	w->b->close(w->event);
	w->b->close(w->events);
	w->b->close(w->data);
}

/* ---- runs ---- */

/* On the first CPU. */
static int run(const struct backend *b, int prog)
{
	union bpf_attr attr;
	cpu_set_t first;
	int err;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	assert_int_equal(sched_setaffinity(0, sizeof(first), &first), 0);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	err = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	return err ? err : (int)attr.test.retval;
}

static int load_output(const struct world *w, int events, uint64_t flags, int size)
{
	const struct bpf_insn insns[] = {
		MAP_FD(2, events), IMM64(3, flags), MAP_VALUE(4, w->data, 0), MOV_IMM(5, size),
		CALL(BPF_FUNC_perf_event_output), EXIT(),
	};

	return load_prog(w->b, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_CNT(insns));
}

static int output_to(const struct world *w, int events, uint64_t flags, int size)
{
	int prog = load_output(w, events, flags, size), ret;

	assert_true(prog >= 0);
	ret = run(w->b, prog);
	w->b->close(prog);
	return ret;
}

static int output(const struct world *w, int size)
{
	return output_to(w, w->events, CURRENT, size);
}

/* ---- reading ---- */

/* The record at the tail, in one piece; NULL: there is none. */
static const struct perf_event_header *next_record(struct world *w)
{
	static char copy[65536];
	uint64_t head = __atomic_load_n(&w->page->data_head, __ATOMIC_ACQUIRE);
	const char *data = (char *)w->page + w->page->data_offset;
	const struct perf_event_header *header = (void *)copy;

	if (w->tail == head)
		return NULL;
	for (size_t i = 0; i < sizeof(*header); i++)
		copy[i] = data[(w->tail + i) % w->page->data_size];
	for (size_t i = 0; i < header->size; i++)
		copy[i] = data[(w->tail + i) % w->page->data_size];
	w->tail += header->size;
	__atomic_store_n(&w->page->data_tail, w->tail, __ATOMIC_RELEASE);
	return header;
}

static uint32_t raw_size_of(const struct perf_event_header *sample)
{
	uint32_t size;

	memcpy(&size, sample + 1, sizeof(size));
	return size;
}

static void expect_sample(const struct perf_event_header *sample, int size)
{
	const unsigned char *bytes = (const unsigned char *)(sample + 1) + 4;
	int padded = (size + 4 + 7) / 8 * 8;

	assert_non_null(sample);
	assert_int_equal(sample->type, PERF_RECORD_SAMPLE);
	assert_int_equal(sample->size, 8 + padded);
	assert_int_equal(raw_size_of(sample), padded - 4);
	for (int i = 0; i < size; i++)
		assert_int_equal(bytes[i], i % 251 + 1);
}

/* ---- what the helper returns ---- */

static void results(void **state)
{
	const struct backend *b = backend_of(state);
	int tp = perf_open_tracepoint(b, "sched/sched_process_exec", 0);
	int other = perf_open_output(b, sysconf(_SC_NPROCESSORS_CONF) > 1, 1), off;
	struct world w;
	uint32_t at;

	begin(&w, b, 0);
	off = perf_open_output(b, 0, 1);
	assert_int_equal(map_update(b, w.events, &(uint32_t){ 1 }, &tp, 0), 0);
	assert_int_equal(map_update(b, w.events, &(uint32_t){ 2 }, &off, 0), 0);
	check("not mapped", output(&w, 8), -ENOSPC);
	check("by its index", output_to(&w, w.events, 0, 8), -ENOSPC);
	check("a tracepoint", output_to(&w, w.events, 1, 8), -EINVAL);
	check("disabled", output_to(&w, w.events, 2, 8), -EOPNOTSUPP);
	check("empty", output_to(&w, w.events, 3, 8), -ENOENT);
	check("behind the last", output_to(&w, w.events, 4, 8), -E2BIG);
	check("far behind", output_to(&w, w.events, 0xfffffffe, 8), -E2BIG);
	check("flags", output_to(&w, w.events, 1ull << 32, 8), -EINVAL);
	check("flags and behind the last", output_to(&w, w.events, 1ull << 63 | 4, 8), -EINVAL);
	if (sysconf(_SC_NPROCESSORS_CONF) > 1) {
		at = 1;
		assert_int_equal(perf_ioctl(b, other, PERF_EVENT_IOC_ENABLE, 0), 0);
		assert_int_equal(map_update(b, w.events, &at, &other, 0), 0);
		check("another CPU's", output_to(&w, w.events, 1, 8), -EOPNOTSUPP);
	}
	assert_int_equal(perf_ioctl(b, w.event, PERF_EVENT_IOC_DISABLE, 0), 0);
	check("disabled again", output(&w, 8), -EOPNOTSUPP);
	b->close(tp);
	b->close(other);
	b->close(off);
	finish(&w);
}

/* ---- samples ---- */

static void samples_are_padded(void **state)
{
	struct world w;

	begin(&w, backend_of(state), 2);
	for (int size = 0; size <= 40; size++) {
		check("output", output(&w, size), 0);
		expect_sample(next_record(&w), size);
		assert_null(next_record(&w));
	}
	finish(&w);
}

static void records_wrap(void **state)
{
	struct world w;

	begin(&w, backend_of(state), 1);
	for (int i = 0; i < 60; i++) {
		check("output", output(&w, 500), 0);
		expect_sample(next_record(&w), 500);
	}
	assert_true(w.page->data_head > 2 * 4096);
	finish(&w);
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void words_in_front_of_the_bytes(void **state)
{
	const struct backend *b = backend_of(state);
	static const uint64_t parts[] = {
		PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_TID, PERF_SAMPLE_TIME, PERF_SAMPLE_ADDR,
		PERF_SAMPLE_ID, PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_CPU, PERF_SAMPLE_PERIOD,
		PERF_SAMPLE_RAW,
	};

	for (uint32_t mask = 0; mask < 1 << ARRAY_CNT(parts); mask += 1 + mask % 3) {
		const struct perf_event_header *sample;
		struct perf_event_attr attr = output_attr(0);
		uint64_t word, id, before, after = 0;
		const char *at;
		struct world w;

		for (size_t i = 0; i < ARRAY_CNT(parts); i++)
			attr.sample_type |= mask & 1 << i ? parts[i] : 0;
		attr.use_clockid = 1;
		attr.clockid = CLOCK_MONOTONIC;
		begin_with(&w, b, &attr, 1, PROT_READ | PROT_WRITE);
		perf_ioctl(b, w.event, PERF_EVENT_IOC_ID, (uintptr_t)&id);
		before = monotonic_ns();
		check("output", output(&w, 12), 0);
		sample = next_record(&w);
		assert_non_null(sample);
		assert_int_equal(sample->misc & PERF_RECORD_MISC_CPUMODE_MASK,
				 PERF_RECORD_MISC_KERNEL);
		at = (const char *)(sample + 1);
		for (size_t i = 0; i + 1 < ARRAY_CNT(parts); i++) {
			if (!(attr.sample_type & parts[i]))
				continue;
			memcpy(&word, at, 8);
			at += 8;
			if (parts[i] & (PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID))
				assert_true(word == id);
			else if (parts[i] == PERF_SAMPLE_TID)
				assert_true(word == ((uint64_t)gettid() << 32 | (uint32_t)getpid()));
			else if (parts[i] == PERF_SAMPLE_TIME)
				after = word;
			else
				assert_true(word == 0);
		}
		if (attr.sample_type & PERF_SAMPLE_TIME)
			assert_true(after >= before && after <= monotonic_ns());
		assert_int_equal(sample->size, at - (const char *)sample +
					       (attr.sample_type & PERF_SAMPLE_RAW ? 16 : 0));
		finish(&w);
	}
}

/* ---- full rings ---- */

/* Fill it. Return: how many samples of @size fit. */
static int fill(struct world *w, int size)
{
	int prog = load_output(w, w->events, CURRENT, size), cnt = 0;

	while (run(w->b, prog) == 0)
		cnt++;
	assert_int_equal(run(w->b, prog), -ENOSPC);
	w->b->close(prog);
	return cnt;
}

static void lost_samples_are_told(void **state)
{
	const struct backend *b = backend_of(state);
	const struct {
		int id_all;
		uint64_t type;
		int size;	/* of the record of lost ones */
	} rows[] = {
		{ 0, PERF_SAMPLE_RAW, 24 },
		{ 1, PERF_SAMPLE_RAW, 24 },
		{ 0, PERF_SAMPLE_RAW | PERF_SAMPLE_TIME, 24 },
		{ 1, PERF_SAMPLE_RAW | PERF_SAMPLE_TIME | PERF_SAMPLE_TID, 40 },
		{ 1, PERF_SAMPLE_RAW | PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_CPU | PERF_SAMPLE_ID |
		     PERF_SAMPLE_ADDR, 48 },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct perf_event_attr attr = output_attr(rows[i].type);
		const struct perf_event_header *record;
		uint64_t words[2], id, values[2];
		struct world w;
		int cnt;

		attr.sample_id_all = rows[i].id_all;
		attr.read_format = 1 << 4;	/* lost samples */
		begin_with(&w, b, &attr, 1, PROT_READ | PROT_WRITE);
		perf_ioctl(b, w.event, PERF_EVENT_IOC_ID, (uintptr_t)&id);
		cnt = fill(&w, 100);
		assert_int_equal(output(&w, 100), -ENOSPC);
		assert_int_equal(output(&w, 100), -ENOSPC);
		while (cnt--)
			assert_int_equal(next_record(&w)->type, PERF_RECORD_SAMPLE);
		assert_null(next_record(&w));
		assert_int_equal(output(&w, 100), 0);
		record = next_record(&w);
		assert_non_null(record);
		assert_int_equal(record->type, PERF_RECORD_LOST);
		assert_int_equal(record->size, rows[i].size);
		memcpy(words, record + 1, sizeof(words));
		assert_true(words[0] == id);
		assert_true(words[1] == 4);
		assert_int_equal(next_record(&w)->type, PERF_RECORD_SAMPLE);
		assert_null(next_record(&w));
		assert_int_equal(perf_read(b, w.event, values, sizeof(values)), 16);
		assert_int_equal(values[1], 4);
		finish(&w);
	}
}

static void how_many_samples_fit(void **state)
{
	static const struct {
		int pages, size, want;
	} rows[] = { { 1, 4, 255 }, { 1, 12, 170 }, { 1, 100, 36 }, { 2, 100, 73 }, { 1, 4076, 1 },
		     { 1, 4084, 0 }, { 2, 4076, 2 }, { 1, 2036, 1 } };

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct world w;
		int cnt;

		begin(&w, backend_of(state), rows[i].pages);
		cnt = fill(&w, rows[i].size);
		if (cnt != rows[i].want)
			fail_msg("%d of %d in %d pages, not %d", cnt, rows[i].size, rows[i].pages,
				 rows[i].want);
		finish(&w);
	}
}

static void a_ring_mapped_to_be_read_is_overwritten(void **state)
{
	const struct backend *b = backend_of(state);
	struct perf_event_attr attr = output_attr(PERF_SAMPLE_RAW);
	struct world w;

	begin_with(&w, b, &attr, 1, PROT_READ);
	for (int i = 0; i < 100; i++)
		assert_int_equal(output(&w, 100), 0);
	assert_int_equal(w.page->data_head, 100 * 112);
	finish(&w);
}

static void output_pauses(void **state)
{
	const struct backend *b = backend_of(state);
	struct world w;

	begin(&w, b, 1);
	assert_int_equal(output(&w, 8), 0);
	assert_int_equal(perf_ioctl(b, w.event, PERF_EVENT_IOC_PAUSE_OUTPUT, 1), 0);
	assert_int_equal(output(&w, 8), -ENOSPC);
	assert_int_equal(perf_ioctl(b, w.event, PERF_EVENT_IOC_PAUSE_OUTPUT, 0), 0);
	assert_int_equal(output(&w, 8), 0);
	expect_sample(next_record(&w), 8);
	assert_int_equal(next_record(&w)->type, PERF_RECORD_LOST);
	expect_sample(next_record(&w), 8);
	assert_null(next_record(&w));
	finish(&w);
}

/* ---- waking ---- */

static int is_ready(const struct world *w)
{
	struct pollfd one = { .fd = w->event, .events = POLLIN };

	if (w->b->emulated)
		return kern_poll_now(w->event) & POLLIN ? 1 : 0;
	poll(&one, 1, 10);
	return one.revents & POLLIN ? 1 : 0;
}

static void drain(struct world *w)
{
	while (next_record(w))
		;
}

static void wakeups_after_some_samples(void **state)
{
	for (int every = 1; every <= 5; every++) {
		struct perf_event_attr attr = output_attr(PERF_SAMPLE_RAW);
		struct world w;

		attr.wakeup_events = every;
		begin_with(&w, backend_of(state), &attr, 4, PROT_READ | PROT_WRITE);
		assert_int_equal(is_ready(&w), 0);
		for (int i = 1; i <= 12; i++) {
			assert_int_equal(output(&w, 8), 0);
			assert_int_equal(is_ready(&w), i % every == 0);
			drain(&w);
			assert_int_equal(is_ready(&w), 0);
		}
		finish(&w);
	}
}

static void wakeups_after_some_bytes(void **state)
{
	static const struct {
		uint32_t watermark, bytes;
		int first;	/* sample of 112 bytes that wakes */
	} rows[] = { { 1, 1, 1 }, { 1, 111, 1 }, { 1, 112, 2 },
		     { 1, 500, 5 }, { 1, 0, 19 }, { 0, 0, 19 } };

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct perf_event_attr attr = output_attr(PERF_SAMPLE_RAW);
		struct world w;
		int cnt = 0;

		attr.watermark = rows[i].watermark;
		attr.wakeup_watermark = rows[i].bytes;
		begin_with(&w, backend_of(state), &attr, 1, PROT_READ | PROT_WRITE);
		do {
			assert_int_equal(output(&w, 100), 0);
			cnt++;
		} while (!is_ready(&w) && cnt < 30);
		if (cnt != rows[i].first)
			fail_msg("row %zu: woken by sample %d, not %d", i, cnt, rows[i].first);
		finish(&w);
	}
}

/* ---- from many threads at once ---- */

#define THREADS	   4
#define PER_THREAD 500

struct writer {
	const struct backend *b;
	int prog, failed;
};

static void *write_often(void *arg)
{
	struct writer *writer = arg;
	union bpf_attr attr;

	for (int i = 0; i < PER_THREAD; i++) {
		memset(&attr, 0, sizeof(attr));
		attr.test.prog_fd = writer->prog;
		if (writer->b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)) || attr.test.retval)
			writer->failed++;
	}
	return NULL;
}

static void what_threads_write_is_whole(void **state)
{
	const struct backend *b = backend_of(state);
	int cpus = sysconf(_SC_NPROCESSORS_CONF), failed = 0, got = 0;
	struct world all[16] = { { 0 } };
	struct writer writers[THREADS];
	pthread_t threads[THREADS];
	struct world *first = &all[0];
	cpu_set_t every;

	if (cpus > 16)
		cpus = 16;
	CPU_ZERO(&every);
	for (int cpu = 0; cpu < cpus; cpu++)
		CPU_SET(cpu, &every);
	sched_setaffinity(0, sizeof(every), &every);
	begin(first, b, 16);
	for (int cpu = 1; cpu < cpus; cpu++) {
		int err;

		all[cpu] = (struct world){ .b = b, .pages = 16 };
		all[cpu].event = perf_open_output(b, cpu, 1);
		all[cpu].page = b->mmap(NULL, 17 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
					all[cpu].event, 0, &err);
		check("mmap", err, 0);
		perf_ioctl(b, all[cpu].event, PERF_EVENT_IOC_ENABLE, 0);
		check("update", map_update(b, first->events, &cpu, &all[cpu].event, 0),
		      cpu < 4 ? 0 : -E2BIG);
	}
	for (int i = 0; i < THREADS; i++) {
		writers[i] = (struct writer){ b, load_output(first, first->events, CURRENT, 100), 0 };
		pthread_create(&threads[i], NULL, write_often, &writers[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		failed += writers[i].failed;
		b->close(writers[i].prog);
	}
	for (int cpu = 0; cpu < cpus; cpu++) {
		const struct perf_event_header *sample;

		while ((sample = next_record(&all[cpu]))) {
			expect_sample(sample, 100);
			got++;
		}
		if (cpu) {
			munmap(all[cpu].page, 17 * 4096);
			b->close(all[cpu].event);
		}
	}
	assert_true(got > 0);
	assert_int_equal(got + failed, THREADS * PER_THREAD);
	finish(first);
}

/* ---- elements ---- */

static void elements_go_with_the_fd_they_were_written_by(void **state)
{
	const struct backend *b = backend_of(state);

	for (int preserve = 0; preserve < 2; preserve++) {
		uint32_t zero = 0, id;
		struct world w;
		int map, again, copy;

		begin(&w, b, 1);
		map = map_create_simple(b, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1,
					preserve ? BPF_F_PRESERVE_ELEMS : 0);
		assert_true(map >= 0);
		id = map_id(b, map);
		again = fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id);
		assert_int_equal(map_update(b, again, &zero, &w.event, 0), 0);
		assert_int_equal(output_to(&w, map, 0, 8), 0);
		copy = dup(again);
		b->close(again);
		usleep(10000);
		assert_int_equal(output_to(&w, map, 0, 8), 0);
		close(copy);
		usleep(10000);
		check("after the last fd", output_to(&w, map, 0, 8), preserve ? 0 : -ENOENT);
		check("delete", map_delete(b, map, &zero), preserve ? 0 : -ENOENT);
		b->close(map);
		finish(&w);
	}
}

static void events_live_as_long_as_an_array_has_them(void **state)
{
	const struct backend *b = backend_of(state);
	struct world w;
	uint32_t zero = 0;

	begin(&w, b, 1);
	b->close(w.event);
	assert_int_equal(output(&w, 8), 0);
	expect_sample(next_record(&w), 8);
	assert_int_equal(map_delete(b, w.events, &zero), 0);
	assert_int_equal(output(&w, 8), -ENOENT);
	munmap(w.page, 2 * 4096);
	b->close(w.events);
	b->close(w.data);
}

/* ---- with bytes of a packet ---- */

static int run_packet(const struct backend *b, int prog, const void *packet, uint32_t size)
{
	union bpf_attr attr;
	cpu_set_t first;
	int err;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = size;
	attr.test.repeat = 1;
	err = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	return err ? err : (int)attr.test.retval;
}

static void packets_come_behind_the_sample(void **state)
{
	static const uint32_t types[] = { BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS,
					  BPF_PROG_TYPE_SOCKET_FILTER };
	const struct backend *b = backend_of(state);
	unsigned char packet[100];

	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = 200 - i;
	packet[12] = packet[13] = 0xee;		/* no protocol that is known */
	for (size_t t = 0; t < ARRAY_CNT(types); t++) {
		/* A socket filter does not see the Ethernet header. */
		uint32_t seen = types[t] == BPF_PROG_TYPE_SOCKET_FILTER ? 86 : 100;
		const uint32_t sizes[] = { 0, 1, 30, seen, seen + 1, 0xfffff };

		for (size_t i = 0; i < ARRAY_CNT(sizes); i++) {
			const struct perf_event_header *sample;
			struct world w;
			int prog, want = sizes[i] > seen ? -EFAULT : 0;

			begin(&w, b, 1);
			const struct bpf_insn insns[] = {
				MAP_FD(2, w.events), IMM64(3, (uint64_t)sizes[i] << 32 | CURRENT),
				MAP_VALUE(4, w.data, 0), MOV_IMM(5, 5),
				CALL(BPF_FUNC_perf_event_output), EXIT(),
			};

			prog = load_prog(b, types[t], insns, ARRAY_CNT(insns));
			assert_true(prog >= 0);
			check("packet", run_packet(b, prog, packet, sizeof(packet)), want);
			sample = next_record(&w);
			if (want) {
				assert_null(sample);
			} else {
				assert_int_equal(raw_size_of(sample),
						 (5 + sizes[i] + 4 + 7) / 8 * 8 - 4);
				assert_memory_equal((const char *)(sample + 1) + 9,
						    packet + 100 - seen, sizes[i]);
			}
			b->close(prog);
			finish(&w);
		}
	}
}

static void packets_have_flags_of_their_own(void **state)
{
	const struct backend *b = backend_of(state);
	unsigned char packet[64] = { 0 };
	static const struct {
		uint64_t flags;
		int want;
	} rows[] = { { 1ull << 52 | CURRENT, -EINVAL }, { 1ull << 63 | CURRENT, -EINVAL },
		     { 1, -ENOENT }, { 9, -E2BIG }, { 1000ull << 32 | 9, -EFAULT },
		     { 1000ull << 32 | 1ull << 60 | 9, -EINVAL } };

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct world w;
		int prog;

		begin(&w, b, 1);
		const struct bpf_insn insns[] = {
			MAP_FD(2, w.events), IMM64(3, rows[i].flags), MAP_VALUE(4, w.data, 0),
			MOV_IMM(5, 5), CALL(BPF_FUNC_perf_event_output), EXIT(),
		};

		prog = load_prog(b, BPF_PROG_TYPE_XDP, insns, ARRAY_CNT(insns));
		check("flags", run_packet(b, prog, packet, sizeof(packet)), rows[i].want);
		b->close(prog);
		finish(&w);
	}
}

/* ---- reading what was counted ---- */

static int load_read_value(const struct world *w, uint64_t flags, int size)
{
	const struct bpf_insn insns[] = {
		MAP_FD(1, w->events), IMM64(2, flags), MAP_VALUE(3, w->data, 0), MOV_IMM(4, size),
		CALL(BPF_FUNC_perf_event_read_value), EXIT(),
	};

	return load_prog(w->b, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_CNT(insns));
}

static void counters_are_read(void **state)
{
	const struct backend *b = backend_of(state);
	static const struct {
		const char *what;
		uint64_t flags;
		int size, want;
	} rows[] = {
		{ "by index", 0, 24, 0 }, { "of this CPU", CURRENT, 24, 0 },
		{ "another size", 0, 16, -EINVAL }, { "another size, no event", 3, 32, -EINVAL },
		{ "no event", 3, 24, -ENOENT }, { "behind the last", 9, 24, -E2BIG },
		{ "flags", 1ull << 32, 24, -EINVAL },
	};
	static union {
		struct bpf_perf_event_value value;
		char bytes[DATA_SIZE];
	} got;
	uint32_t zero = 0;
	struct world w;

	begin(&w, b, 0);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int prog = load_read_value(&w, rows[i].flags, rows[i].size);

		assert_true(prog >= 0);
		fill_data(b, w.data);
		check(rows[i].what, run(b, prog), rows[i].want);
		assert_int_equal(map_lookup(b, w.data, &zero, &got), 0);
		assert_int_equal(got.value.counter, 0);
		if (rows[i].want)
			assert_int_equal(got.value.enabled, 0);
		else
			assert_true(got.value.enabled && got.value.enabled == got.value.running);
		b->close(prog);
	}
	const struct bpf_insn insns[] = { MAP_FD(1, w.events), MOV_IMM(2, 9),
					  CALL(BPF_FUNC_perf_event_read), EXIT() };
	int prog = load_prog(b, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_CNT(insns));

	check("the old way", run(b, prog), -E2BIG);
	b->close(prog);
	finish(&w);
}

static void only_programs_under_the_gpl_write(void **state)
{
	const struct backend *b = backend_of(state);
	struct world w;
	union bpf_attr attr;

	begin(&w, b, 0);
	const struct bpf_insn insns[] = {
		MAP_FD(2, w.events), MOV_IMM(3, 0), MAP_VALUE(4, w.data, 0), MOV_IMM(5, 8),
		CALL(BPF_FUNC_perf_event_output), EXIT(),
	};
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_CNT(insns);
	attr.license = (uintptr_t)"BSD";
	assert_int_equal(b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr)), -EINVAL);
	finish(&w);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(results),
		BOTH(samples_are_padded),
		BOTH(records_wrap),
		BOTH(words_in_front_of_the_bytes),
		BOTH(lost_samples_are_told),
		BOTH(how_many_samples_fit),
		BOTH(a_ring_mapped_to_be_read_is_overwritten),
		BOTH(output_pauses),
		BOTH(wakeups_after_some_samples),
		BOTH(wakeups_after_some_bytes),
		BOTH(what_threads_write_is_whole),
		BOTH(elements_go_with_the_fd_they_were_written_by),
		BOTH(events_live_as_long_as_an_array_has_them),
		BOTH(packets_come_behind_the_sample),
		BOTH(packets_have_flags_of_their_own),
		BOTH(counters_are_read),
		BOTH(only_programs_under_the_gpl_write),
	};

	return run_on_both("perf output", tests, sizeof(tests) / sizeof(tests[0]));
}
