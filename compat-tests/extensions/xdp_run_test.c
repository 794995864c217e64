/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN of XDP on both kernels: sizes, contexts, results that do not fit, order of
 * refusals, and the helpers that move a packet's edges.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "backend.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define DATA_MAX 80000

static unsigned char data_in[DATA_MAX], data_out[DATA_MAX];

struct call {
	uint32_t size_in, size_out;
	const struct xdp_md *md;
	uint32_t md_size, md_room;
	uint32_t repeat, flags, batch;
	struct xdp_md md_out;
};

static int run(const struct backend *b, int prog, struct call *c, union bpf_attr *attr)
{
	memset(attr, 0, sizeof(*attr));
	memset(data_out, 0xee, sizeof(data_out));
	memset(&c->md_out, 0xee, sizeof(c->md_out));
	for (uint32_t i = 0; i < c->size_in; i++)
		data_in[i] = i;
	attr->test.prog_fd = prog;
	attr->test.data_in = c->size_in ? (uintptr_t)data_in : 0;
	attr->test.data_size_in = c->size_in;
	attr->test.data_out = c->size_out ? (uintptr_t)data_out : 0;
	attr->test.data_size_out = c->size_out;
	attr->test.ctx_in = (uintptr_t)c->md;
	attr->test.ctx_size_in = c->md ? c->md_size ? c->md_size : sizeof(*c->md) : 0;
	attr->test.ctx_out = c->md_room ? (uintptr_t)&c->md_out : 0;
	attr->test.ctx_size_out = c->md_room;
	attr->test.repeat = c->repeat;
	attr->test.flags = c->flags;
	attr->test.batch_size = c->batch;
	return b->bpf(BPF_PROG_TEST_RUN, attr, sizeof(*attr));
}

static int returns_2(const struct backend *b)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 2), EXIT() };

	return load_prog(b, BPF_PROG_TYPE_XDP, insns, ARRAY_CNT(insns));
}

static void packet_sizes(void **state)
{
	static const struct { uint32_t in, out; int want; uint32_t written; } rows[] = {
		{ 0, 0, -EINVAL, 0 },	  { 13, 0, -EINVAL, 0 },   { 14, 0, 0, 0 },
		{ 64, 64, 0, 64 },	  { 64, 100, 0, 64 },	   { 64, 63, -ENOSPC, 63 },
		{ 64, 1, -ENOSPC, 1 },	  { 3520, 3520, 0, 3520 }, { 3521, 4000, 0, 3521 },
		{ 4096, 100, -ENOSPC, 0 }, { 4096, 600, -ENOSPC, 600 }, { 70000, 0, 0, 0 },
		{ 73152, 0, 0, 0 },	  { 73153, 0, -ENOMEM, 0 },
	};
	const struct backend *b = backend_of(state);
	int prog = returns_2(b);

	assert_true(prog >= 0);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct call c = { .size_in = rows[i].in, .size_out = rows[i].out };
		union bpf_attr attr;
		int got = run(b, prog, &c, &attr);
		bool untold = rows[i].want == -ENOSPC && !rows[i].written;

		if (got != rows[i].want)
			fail_msg("%u in, %u out: %s", rows[i].in, rows[i].out, result_name(got));
		if (got && got != -ENOSPC)
			continue;
		assert_int_equal(attr.test.retval, untold ? 0 : 2);
		assert_int_equal(attr.test.data_size_out, untold ? rows[i].out : rows[i].in);
		/* What is cut is cut from the linear part. */
		if (rows[i].written < rows[i].in && rows[i].in > 3520 && rows[i].written)
			assert_memory_equal(data_out + rows[i].written - 576, data_in + 3520, 576);
		else
			assert_memory_equal(data_out, data_in, rows[i].written);
		assert_int_equal(data_out[rows[i].written], 0xee);
	}
	b->close(prog);
}

static void contexts(void **state)
{
	static const struct { const char *name; struct xdp_md md; uint32_t size; int want; } rows[] = {
		{ "plain", { .data_end = 64 }, 0, 0 },
		{ "metadata", { .data = 8, .data_end = 64 }, 0, 0 },
		{ "metadata_not_in_words", { .data = 3, .data_end = 64 }, 0, -EINVAL },
		{ "metadata_leaves_14_bytes", { .data = 48, .data_end = 64 }, 0, 0 },
		{ "metadata_leaves_12_bytes", { .data = 52, .data_end = 64 }, 0, -EINVAL },
		{ "data_meta_given", { .data = 8, .data_end = 64, .data_meta = 4 }, 0, -EINVAL },
		{ "rest_in_fragments", { .data_end = 20 }, 0, 0 },
		{ "end_behind_the_data", { .data_end = 65 }, 0, -EINVAL },
		{ "egress", { .data_end = 64, .egress_ifindex = 1 }, 0, -EINVAL },
		{ "loopback", { .data_end = 64, .ingress_ifindex = 1 }, 0, 0 },
		{ "queue_without_interface", { .data_end = 64, .rx_queue_index = 1 }, 0, -EINVAL },
		{ "no_such_queue", { .data_end = 64, .ingress_ifindex = 1, .rx_queue_index = 77 }, 0,
		  -EINVAL },
		{ "no_such_interface", { .data_end = 64, .ingress_ifindex = 99999 }, 0, -ENODEV },
		{ "short", { .data_end = 64 }, 8, 0 },
	};
	const struct backend *b = backend_of(state);
	int prog = returns_2(b);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct call c = { .size_in = 64, .size_out = 64, .md = &rows[i].md,
				  .md_size = rows[i].size, .md_room = sizeof(struct xdp_md) };
		union bpf_attr attr;
		int got = run(b, prog, &c, &attr);

		if (got != rows[i].want)
			fail_msg("%s: %s", rows[i].name, result_name(got));
		if (got)
			continue;
		assert_int_equal(attr.test.ctx_size_out, sizeof(struct xdp_md));
		assert_memory_equal(&c.md_out, &rows[i].md, sizeof(struct xdp_md));
	}
	b->close(prog);
}

static void a_context_longer_than_known(void **state)
{
	static const struct { uint32_t size; int fill, want; } rows[] = {
		{ 32, 0, 0 }, { 32, 1, -E2BIG }, { 4096, 0, 0 }, { 4097, 0, -E2BIG },
	};
	static unsigned char ctx[5000];
	const struct backend *b = backend_of(state);
	int prog = returns_2(b);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct call c = { .size_in = 64, .md = (void *)ctx, .md_size = rows[i].size };
		union bpf_attr attr;

		memset(ctx, 0, sizeof(ctx));
		((struct xdp_md *)ctx)->data_end = 64;
		ctx[rows[i].size - 1] = rows[i].fill;
		assert_int_equal(run(b, prog, &c, &attr), rows[i].want);
	}
	b->close(prog);
}

static void a_context_that_does_not_fit_is_cut(void **state)
{
	const struct xdp_md md = { .data = 8, .data_end = 64 };
	struct call c = { .size_in = 64, .size_out = 64, .md = &md, .md_room = 5 };
	const struct backend *b = backend_of(state);
	int prog = returns_2(b);
	union bpf_attr attr;

	assert_int_equal(run(b, prog, &c, &attr), -ENOSPC);
	assert_int_equal(attr.test.ctx_size_out, sizeof(md));
	assert_int_equal(attr.test.retval, 2);
	assert_memory_equal(&c.md_out, &md, 5);
	assert_int_equal(((unsigned char *)&c.md_out)[5], 0xee);
	b->close(prog);
}

static void refusals_come_in_linuxs_order(void **state)
{
	static unsigned char ctx[32] = { [4] = 1, [31] = 1 };
	static const struct { const char *name; struct call call; int want; } rows[] = {
		{ "unknown_flag", { .size_in = 64, .flags = 1 }, -EINVAL },
		{ "batch_without_live_frames", { .size_in = 64, .batch = 1 }, -EINVAL },
		{ "long_context_before_small_packet",
		  { .size_in = 1, .md = (void *)ctx, .md_size = 32 }, -E2BIG },
		{ "flags_before_long_context",
		  { .size_in = 1, .md = (void *)ctx, .md_size = 32, .flags = 4 }, -EINVAL },
	};
	const struct backend *b = backend_of(state);
	int prog = returns_2(b);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct call c = rows[i].call;
		union bpf_attr attr;
		int got = run(b, prog, &c, &attr);

		if (got != rows[i].want)
			fail_msg("%s: %s", rows[i].name, result_name(got));
		assert_int_equal(attr.test.retval, 0);
	}
	b->close(prog);
}

/* What a helper says and what it leaves: linear length, metadata, whole length. */
struct edge_row {
	int helper, argument;
	uint32_t size;
	int64_t want;
	uint32_t linear, meta, whole;
};

static const struct edge_row edges[] = {
	{ BPF_FUNC_xdp_adjust_head, -217, 64, -EINVAL, 64, 0, 64 },
	{ BPF_FUNC_xdp_adjust_head, -216, 64, 0, 280, 0, 280 },
	{ BPF_FUNC_xdp_adjust_head, 50, 64, 0, 14, 0, 14 },
	{ BPF_FUNC_xdp_adjust_head, 51, 64, -EINVAL, 64, 0, 64 },
	{ BPF_FUNC_xdp_adjust_head, 3506, 4000, 0, 14, 0, 494 },
	{ BPF_FUNC_xdp_adjust_head, 3507, 4000, -EINVAL, 3520, 0, 4000 },
	{ BPF_FUNC_xdp_adjust_meta, -8, 64, 0, 64, 8, 64 },
	{ BPF_FUNC_xdp_adjust_meta, -216, 64, 0, 64, 216, 64 },
	{ BPF_FUNC_xdp_adjust_meta, -220, 64, -EINVAL, 64, 0, 64 },
	{ BPF_FUNC_xdp_adjust_meta, -3, 64, -EACCES, 64, 0, 64 },
	{ BPF_FUNC_xdp_adjust_meta, 4, 64, -EINVAL, 64, 0, 64 },
	{ BPF_FUNC_xdp_adjust_tail, -50, 64, 0, 14, 0, 14 },
	{ BPF_FUNC_xdp_adjust_tail, -51, 64, -EINVAL, 64, 0, 64 },
	{ BPF_FUNC_xdp_adjust_tail, 3456, 64, 0, 3520, 0, 3520 },
	{ BPF_FUNC_xdp_adjust_tail, 3457, 64, -EINVAL, 64, 0, 64 },
	{ BPF_FUNC_xdp_adjust_tail, -480, 4000, 0, 3520, 0, 3520 },
	{ BPF_FUNC_xdp_adjust_tail, -481, 4000, 0, 3519, 0, 3519 },
	{ BPF_FUNC_xdp_adjust_tail, -3987, 4000, -EINVAL, 3520, 0, 4000 },
	{ BPF_FUNC_xdp_adjust_tail, 100, 4000, 0, 3520, 0, 4100 },
	{ BPF_FUNC_xdp_adjust_tail, 3617, 4000, -EINVAL, 3520, 0, 4000 },
};

static void check_edge(const struct backend *b, const struct edge_row *row, int map)
{
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1), MOV_IMM(2, row->argument), CALL(row->helper),
		MAP_VALUE(7, map, 0), STORE(DW, 7, 0, 0),
		LOAD(W, 2, 6, 0), LOAD(W, 3, 6, 4), LOAD(W, 4, 6, 8),
		ALU_REG(SUB, 3, 2), STORE(DW, 7, 3, 8),
		ALU_REG(SUB, 2, 4), STORE(DW, 7, 2, 16),
		MOV_REG(1, 6), CALL(BPF_FUNC_xdp_get_buff_len),
		MAP_VALUE(7, map, 0), STORE(DW, 7, 0, 24), MOV_IMM(0, 2), EXIT(),
	};
	struct call c = { .size_in = row->size };
	int prog = load_prog(b, BPF_PROG_TYPE_XDP, insns, ARRAY_CNT(insns));
	uint32_t key = 0;
	union bpf_attr attr;
	int64_t got[4];

	assert_true(prog >= 0);
	assert_int_equal(run(b, prog, &c, &attr), 0);
	assert_int_equal(map_lookup(b, map, &key, got), 0);
	if (got[0] != row->want || got[1] != row->linear || got[2] != row->meta ||
	    got[3] != row->whole)
		fail_msg("helper %d(%d) on %u bytes: %lld, %lld %lld %lld", row->helper,
			 row->argument, row->size, (long long)got[0], (long long)got[1],
			 (long long)got[2], (long long)got[3]);
	assert_int_equal(attr.test.data_size_out, row->whole + row->meta);
	b->close(prog);
}

static void edges_move_within_limits(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 32, 1, 0);

	for (size_t i = 0; i < ARRAY_CNT(edges); i++)
		check_edge(b, &edges[i], map);
	b->close(map);
}

static void edits_accumulate_over_repeats(void **state)
{
	static const struct { uint32_t repeat, size; } rows[] = {
		{ 0, 60 }, { 1, 60 }, { 2, 56 }, { 12, 16 }, { 20, 16 },
	};
	const struct bpf_insn insns[] = { MOV_IMM(2, 4), CALL(BPF_FUNC_xdp_adjust_head),
					  MOV_IMM(0, 2), EXIT() };
	const struct backend *b = backend_of(state);
	int prog = load_prog(b, BPF_PROG_TYPE_XDP, insns, ARRAY_CNT(insns));

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct call c = { .size_in = 64, .repeat = rows[i].repeat };
		union bpf_attr attr;

		assert_int_equal(run(b, prog, &c, &attr), 0);
		assert_int_equal(attr.test.data_size_out, rows[i].size);
	}
	b->close(prog);
}

static void bytes_are_reached_across_fragments(void **state)
{
	static const struct { int load, offset, size; int64_t want; } rows[] = {
		{ 1, 0, 8, 0 }, { 1, 3518, 8, 0 }, { 1, 3992, 8, 0 }, { 1, 3993, 8, -EINVAL },
		{ 1, 0x10000, 1, -EFAULT }, { 1, -1, 4, -EFAULT }, { 0, 3518, 8, 0 },
		{ 0, 3999, 2, -EINVAL },
	};
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 16, 1, 0);
	uint32_t key = 0;

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		const struct bpf_insn insns[] = {
			MAP_VALUE(3, map, 8), MOV_IMM(2, rows[i].offset), MOV_IMM(4, rows[i].size),
			CALL(rows[i].load ? BPF_FUNC_xdp_load_bytes : BPF_FUNC_xdp_store_bytes),
			MAP_VALUE(7, map, 0), STORE(DW, 7, 0, 0), MOV_IMM(0, 2), EXIT(),
		};
		int prog = load_prog(b, BPF_PROG_TYPE_XDP, insns, ARRAY_CNT(insns));
		struct call c = { .size_in = 4000, .size_out = 4000 };
		unsigned char value[16] = { [8] = 0x55 };
		union bpf_attr attr;

		assert_true(prog >= 0);
		assert_int_equal(map_update(b, map, &key, value, 0), 0);
		assert_int_equal(run(b, prog, &c, &attr), 0);
		assert_int_equal(map_lookup(b, map, &key, value), 0);
		assert_int_equal(*(int64_t *)value, rows[i].want);
		if (!rows[i].want && rows[i].load)
			assert_memory_equal(value + 8, data_in + rows[i].offset, rows[i].size);
		if (!rows[i].want && !rows[i].load)
			assert_int_equal(data_out[rows[i].offset], 0x55);
		b->close(prog);
	}
	b->close(map);
}

#define LIVE BPF_F_TEST_XDP_LIVE_FRAMES

/* Counts its runs, writes to the packet. */
static int counts_and_returns(const struct backend *b, int map, int action)
{
	const struct bpf_insn insns[] = {
		LOAD(W, 2, 1, 0), LOAD(W, 3, 1, 4), MOV_REG(4, 2), ALU_IMM(ADD, 4, 14),
		JUMP_REG(JGT, 4, 3, 1), STORE_IMM(B, 2, 0, 0x77),
		MAP_VALUE(1, map, 0), MOV_IMM(2, 1), RAW(BPF_STX | BPF_ATOMIC | BPF_DW, 1, 2, 0, BPF_ADD),
		MOV_IMM(0, action), EXIT(),
	};

	return load_prog(b, BPF_PROG_TYPE_XDP, insns, ARRAY_CNT(insns));
}

/* Nothing but the time is told of them. */
static void live_frames_run_each_on_its_own(void **state)
{
	static const uint32_t repeats[] = { 0, 1, 10, 1000 };
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	uint64_t before = 0, runs;
	uint32_t key = 0;

	for (uint32_t i = 0; i < ARRAY_CNT(repeats) * 6; i++) {
		struct call c = { .size_in = 64, .size_out = 64, .flags = LIVE,
				  .repeat = repeats[i / 6] };
		int prog = counts_and_returns(b, map, i % 6);
		union bpf_attr attr;

		assert_true(prog >= 0);
		assert_int_equal(run(b, prog, &c, &attr), 0);
		assert_int_equal(attr.test.retval, 0);
		assert_int_equal(attr.test.data_size_out, 64);
		assert_memory_equal(data_out, data_in, 64);
		assert_int_equal(map_lookup(b, map, &key, &runs), 0);
		assert_int_equal(runs - before, c.repeat ? c.repeat : 1);
		before = runs;
		b->close(prog);
	}
	b->close(map);
}

static void live_frames_are_refused_as_by_linux(void **state)
{
	static const struct xdp_md plain = { .data_end = 64 }, meta = { .data = 32, .data_end = 3440 },
				   long_meta = { .data = 32, .data_end = 3441 };
	static const struct { const char *name; struct call call; int want; } rows[] = {
		{ "batch", { .size_in = 64, .flags = LIVE, .batch = 256 }, 0 },
		{ "large batch", { .size_in = 64, .flags = LIVE, .batch = 257 }, -E2BIG },
		{ "large batch, size", { .size_in = 1, .flags = LIVE, .batch = 257 }, -E2BIG },
		{ "another flag", { .size_in = 64, .flags = LIVE | 1, .batch = 257 }, -EINVAL },
		{ "another flag", { .size_in = 64, .flags = LIVE | 4 }, -EINVAL },
		{ "size", { .size_in = 13, .flags = LIVE }, -EINVAL },
		{ "one page", { .size_in = 3408, .flags = LIVE }, 0 },
		{ "more than a page", { .size_in = 3409, .flags = LIVE }, -EINVAL },
		{ "metadata", { .size_in = 3440, .flags = LIVE, .md = &meta }, 0 },
		{ "metadata, long", { .size_in = 3441, .flags = LIVE, .md = &long_meta }, -EINVAL },
		{ "context", { .size_in = 64, .flags = LIVE, .md = &plain }, 0 },
		{ "context out", { .size_in = 64, .flags = LIVE, .md = &plain, .md_room = 24 },
		  -EINVAL },
		{ "context, data out", { .size_in = 64, .flags = LIVE, .md = &plain,
		  .size_out = 64 }, -EINVAL },
		{ "data that do not fit", { .size_in = 64, .flags = LIVE, .size_out = 50 },
		  -ENOSPC },
	};
	const struct backend *b = backend_of(state);
	int prog = returns_2(b);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct call c = rows[i].call;
		union bpf_attr attr;
		int got = run(b, prog, &c, &attr);

		if (got != rows[i].want)
			fail_msg("%s: %s, not %s", rows[i].name, result_name(got),
				 result_name(rows[i].want));
	}
	b->close(prog);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(packet_sizes),
		BOTH(contexts),
		BOTH(a_context_longer_than_known),
		BOTH(a_context_that_does_not_fit_is_cut),
		BOTH(refusals_come_in_linuxs_order),
		BOTH(live_frames_run_each_on_its_own),
		BOTH(live_frames_are_refused_as_by_linux),
		BOTH(edges_move_within_limits),
		BOTH(edits_accumulate_over_repeats),
		BOTH(bytes_are_reached_across_fragments),
	};

	return run_on_both("extensions: xdp test run", tests, ARRAY_CNT(tests));
}
