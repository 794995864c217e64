/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* bpf_user_ringbuf_drain(): what a client may write into its ring, and what a program makes of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "callback.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define SIZE	     4096u
#define BUSY	     (1u << 31)
#define DISCARDED    (1u << 30)

struct ring {
	const struct backend *b;
	int map, log;		/* log: an array of one word, the samples' sum */
	volatile uint64_t *consumer, *producer;
	unsigned char *data;
};

static void begin(struct ring *ring, void **state)
{
	uint64_t zero = 0;
	uint32_t key = 0;
	int err;

	ring->b = backend_of(state);
	ring->map = map_create_simple(ring->b, BPF_MAP_TYPE_USER_RINGBUF, 0, 0, SIZE, 0);
	ring->log = map_create_simple(ring->b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	assert_true(ring->map >= 0 && ring->log >= 0);
	assert_int_equal(map_update(ring->b, ring->log, &key, &zero, 0), 0);
	ring->consumer = ring->b->mmap(NULL, 4096, PROT_READ, MAP_SHARED, ring->map, 0, &err);
	assert_int_equal(err, 0);
	ring->producer = ring->b->mmap(NULL, 4096 + 2 * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
				       ring->map, 4096, &err);
	assert_int_equal(err, 0);
	ring->data = (unsigned char *)ring->producer + 4096;
}

static void end(struct ring *ring)
{
	munmap((void *)ring->consumer, 4096);
	munmap((void *)ring->producer, 4096 + 2 * SIZE);
	ring->b->close(ring->map);
	ring->b->close(ring->log);
}

/* A program that drains with @flags; the callback adds the first word of each sample to the log and
 * returns @enough. Return: what the helper returned. */
static int64_t drain(struct ring *ring, uint64_t flags, int enough)
{
	const struct bpf_insn insns[] = {
		MAP_FD(1, ring->map), FUNC(2, 6), MOV_IMM(3, 0), IMM64(4, flags),
		CALL(BPF_FUNC_user_ringbuf_drain), EXIT(),
		/* take(dynptr, ctx) */
		MOV_REG(3, 1), MOV_REG(1, 10), ALU_IMM(ADD, 1, -8), STORE_IMM(DW, 10, -8, 0),
		MOV_IMM(2, 8), MOV_IMM(4, 0), MOV_IMM(5, 0), CALL(BPF_FUNC_dynptr_read),
		STORE_IMM(W, 10, -12, 0), MOV_REG(2, 10), ALU_IMM(ADD, 2, -12),
		MAP_FD(1, ring->log), CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(JEQ, 0, 0, 4),
		LOAD(DW, 1, 10, -8), LOAD(DW, 2, 0, 0), ALU_REG(ADD, 2, 1), STORE(DW, 0, 2, 0),
		MOV_IMM(0, enough), EXIT(),
	};
	unsigned char packet[64] = { 0 };
	union bpf_attr attr;
	int prog = load_with_callback(ring->b, insns, ARRAY_CNT(insns), 9);

	if (prog < 0)
		fail_msg("load: %s", result_name(prog));
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	assert_int_equal(ring->b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	ring->b->close(prog);
	return (int32_t)attr.test.retval;
}

static uint64_t sum(const struct ring *ring)
{
	uint32_t key = 0;
	uint64_t value;

	assert_int_equal(map_lookup(ring->b, ring->log, &key, &value), 0);
	return value;
}

/* A record at the producer's position, which moves behind it. */
static void produce(struct ring *ring, uint32_t word, uint64_t value)
{
	unsigned char *at = ring->data + (*ring->producer & (SIZE - 1));

	memcpy(at + 8, &value, sizeof(value));
	*(volatile uint32_t *)at = word;
	*ring->producer += 16;
}

static void samples_are_taken_in_order(void **state)
{
	struct ring ring;

	begin(&ring, state);
	assert_int_equal(drain(&ring, 0, 0), 0);
	for (uint64_t i = 1; i <= 3; i++)
		produce(&ring, 8, i);
	produce(&ring, 8 | DISCARDED, 1000);
	produce(&ring, 8, 4);
	assert_int_equal(drain(&ring, 0, 0), 4);
	assert_int_equal(sum(&ring), 10);
	assert_int_equal(*ring.consumer, *ring.producer);
	/* One is enough. */
	produce(&ring, 8, 100);
	produce(&ring, 8, 200);
	assert_int_equal(drain(&ring, 0, 1), 1);
	assert_int_equal(sum(&ring), 110);
	/* A busy one, and all behind it, wait. */
	produce(&ring, 8 | BUSY, 300);
	produce(&ring, 8, 400);
	assert_int_equal(drain(&ring, BPF_RB_NO_WAKEUP, 0), 1);
	assert_int_equal(sum(&ring), 310);
	assert_int_equal(drain(&ring, BPF_RB_FORCE_WAKEUP, 0), 0);
	assert_int_equal(drain(&ring, 4, 0), -EINVAL);
	end(&ring);
}

static void samples_wrap(void **state)
{
	struct ring ring;

	begin(&ring, state);
	for (int i = 0; i < 3; i++) {
		for (uint64_t n = 0; n < SIZE / 16 - 1; n++)
			produce(&ring, 8, 1);
		assert_int_equal(drain(&ring, 0, 0), SIZE / 16 - 1);
	}
	assert_int_equal(sum(&ring), 3 * (SIZE / 16 - 1));
	end(&ring);
}

static void what_is_no_sample_is_refused(void **state)
{
	static const struct {
		const char *name;
		uint64_t producer;
		uint32_t word;
		int want;
		uint64_t consumer;	/* afterwards */
	} rows[] = {
		{ "a position between records", 12, 0, -EINVAL, 0 },
		{ "behind the position", 16, 16, -EINVAL, 0 },
		{ "larger than the ring", 1 << 20, SIZE, -E2BIG, 0 },
		{ "larger than a dynptr", 1 << 30, 1 << 25, -E2BIG, 0 },
		{ "all bits", 1 << 20, UINT32_MAX, -EINVAL, 0 },
		{ "an empty one", 8, 0, 1, 8 },
		{ "an empty one, discarded", 8, DISCARDED, 0, 8 },
		{ "discarded while busy", 16, 8 | BUSY | DISCARDED, 0, 16 },
		{ "nothing", 0, 8, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct ring ring;
		int64_t got;

		begin(&ring, state);
		*(volatile uint32_t *)ring.data = rows[i].word;
		*ring.producer = rows[i].producer;
		got = drain(&ring, 0, 0);
		if (got != rows[i].want || *ring.consumer != rows[i].consumer)
			fail_msg("%s: %s, consumer at %llu", rows[i].name,
				 got < 0 ? result_name(got) : "ok",
				 (unsigned long long)*ring.consumer);
		end(&ring);
	}
}

static void the_consumers_page_is_not_the_clients(void **state)
{
	struct ring ring;
	int err;

	begin(&ring, state);
	ring.b->mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ring.map, 0, &err);
	assert_int_equal(err, -EPERM);
	ring.b->mmap(NULL, 4096 + 2 * SIZE + 4096, PROT_READ, MAP_SHARED, ring.map, 4096, &err);
	assert_int_equal(err, -EINVAL);
	end(&ring);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(samples_are_taken_in_order),
		BOTH(samples_wrap),
		BOTH(what_is_no_sample_is_refused),
		BOTH(the_consumers_page_is_not_the_clients),
	};

	return run_on_both("user_ringbuf", tests, ARRAY_CNT(tests));
}
