/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * S80 and S81: what BPF_PROG_TEST_RUN makes of sizes, pointers, repeats and attributes. Every
 * combination is tried on both kernels for each type that Linux can run, errno, told sizes and each
 * byte of the buffers compared; alone, the emulated kernel must keep within the sizes given.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "asm.h"
#include "backend.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE	     4096u
#define ROOM	     (2 * PAGE)

static const struct {
	const char *name;
	uint32_t type, attach_type, ctx_size;
} types[] = {
	{ "xdp", BPF_PROG_TYPE_XDP, 0, sizeof(struct xdp_md) },
	{ "sched_cls", BPF_PROG_TYPE_SCHED_CLS, 0, sizeof(struct __sk_buff) },
	{ "sched_act", BPF_PROG_TYPE_SCHED_ACT, 0, sizeof(struct __sk_buff) },
	{ "socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, 0, sizeof(struct __sk_buff) },
	{ "cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, 0, sizeof(struct __sk_buff) },
	{ "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 16 },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, 0, 8 },
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, 8 },
	{ "perf_event", BPF_PROG_TYPE_PERF_EVENT, 0, 8 },
};

/* Nothing, or memory of a size. */
struct buffer {
	bool there;
	uint32_t size;
};

struct outcome {
	int err;
	uint32_t retval, data_size, ctx_size;
	unsigned char data[ROOM], ctx[ROOM];
};

static int load(const struct backend *b, size_t type)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 1), EXIT() };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = types[type].type;
	attr.expected_attach_type = types[type].attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_CNT(insns);
	attr.license = (uintptr_t)"GPL";
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void run(const struct backend *b, int fd, const struct buffer buffers[4], uint32_t repeat,
		struct outcome *out)
{
	/* An XDP context describes data from 0 on: all zero is fine with no data but not with some. */
	static unsigned char data_in[ROOM], ctx_in[ROOM];
	union bpf_attr attr;

	memset(data_in, 0x11, sizeof(data_in));
	memset(out, 0xee, sizeof(*out));
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.repeat = repeat;
	attr.test.retval = 0x5a5a;
	attr.test.data_in = buffers[0].there ? (uintptr_t)data_in : 0;
	attr.test.data_size_in = buffers[0].size;
	attr.test.data_out = buffers[1].there ? (uintptr_t)out->data : 0;
	attr.test.data_size_out = buffers[1].size;
	attr.test.ctx_in = buffers[2].there ? (uintptr_t)ctx_in : 0;
	attr.test.ctx_size_in = buffers[2].size;
	attr.test.ctx_out = buffers[3].there ? (uintptr_t)out->ctx : 0;
	attr.test.ctx_size_out = buffers[3].size;
	out->err = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	out->retval = attr.test.retval;
	out->data_size = attr.test.data_size_out;
	out->ctx_size = attr.test.ctx_size_out;
}

static void check_within(const char *name, const struct buffer buffers[4],
			 const struct outcome *out)
{
	for (uint32_t i = 0; i < ROOM; i++) {
		if (out->data[i] != 0xee && (!buffers[1].there || i >= buffers[1].size) &&
		    !(buffers[1].there && !buffers[1].size))
			fail_msg("%s: data past %u bytes", name, buffers[1].size);
		if (out->ctx[i] != 0xee && (!buffers[3].there || i >= buffers[3].size))
			fail_msg("%s: context past %u bytes", name, buffers[3].size);
	}
}

static void compare(const char *name, const struct buffer b[4], const struct outcome *ours,
		    const struct outcome *theirs)
{
	if (!memcmp(ours, theirs, sizeof(*ours)))
		return;
	fail_msg("%s, data in %d/%u out %d/%u, context in %d/%u out %d/%u: %s %u %u %u, not %s %u "
		 "%u %u", name, b[0].there, b[0].size, b[1].there, b[1].size, b[2].there, b[2].size,
		 b[3].there, b[3].size, result_name(ours->err), ours->retval, ours->data_size,
		 ours->ctx_size, result_name(theirs->err), theirs->retval, theirs->data_size,
		 theirs->ctx_size);
}

/* n-th combination of sizes and pointers. */
static void choose(uint32_t n, uint32_t ctx_size, struct buffer buffers[4])
{
	const uint32_t data[] = { 0, 1, 13, 14, 64, 3520, PAGE }, data_cnt = 7;
	const uint32_t ctx[] = { 0, 1, ctx_size - 1, ctx_size, ctx_size + 1, PAGE }, ctx_cnt = 6;

	buffers[0] = (struct buffer){ n & 1, data[n / 16 % data_cnt] };
	buffers[1] = (struct buffer){ n & 2, data[n / 16 / data_cnt % data_cnt] };
	n = n % 16 + n / 16 / data_cnt / data_cnt * 16;
	buffers[2] = (struct buffer){ n & 4, ctx[n / 16 % ctx_cnt] };
	buffers[3] = (struct buffer){ n & 8, ctx[n / 16 / ctx_cnt % ctx_cnt] };
}

#define COMBINATIONS (16 * 7 * 7 * 6 * 6)

static void s80_sizes_and_pointers(void **state)
{
	static struct outcome ours, theirs;
	bool permitted = kernel_is_permitted();

	for (size_t type = 0; type < ARRAY_CNT(types); type++) {
		int fd = load(&emulated_backend, type);
		int real = permitted ? load(&kernel_backend, type) : -1;

		assert_true(fd >= 0);
		/* A prime step: all sizes and pointers meet, not all combinations are run. */
		for (uint32_t n = 0; n < COMBINATIONS; n += 7) {
			struct buffer buffers[4];

			choose(n, types[type].ctx_size, buffers);
			run(&emulated_backend, fd, buffers, 1, &ours);
			check_within(types[type].name, buffers, &ours);
			if (!permitted)
				continue;
			run(&kernel_backend, real, buffers, 1, &theirs);
			compare(types[type].name, buffers, &ours, &theirs);
		}
		emulated_backend.close(fd);
		if (permitted)
			kernel_backend.close(real);
	}
}

/* A bad address in each place. */
static void s80_bad_addresses(void **state)
{
	static struct outcome out;
	bool permitted = kernel_is_permitted();
	void *bad = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t type = 0; type < ARRAY_CNT(types); type++)
		for (int place = 0; place < 4; place++) {
			int results[2] = { 0, 0 };

			for (int k = 0; k <= permitted; k++) {
				const struct backend *b = k ? &kernel_backend : &emulated_backend;
				int fd = load(b, type);
				uintptr_t good = (uintptr_t)out.data;
				union bpf_attr attr;

				memset(&attr, 0, sizeof(attr));
				memset(&out, 0, sizeof(out));
				attr.test.prog_fd = fd;
				attr.test.data_size_in = 64;
				attr.test.data_in = place == 0 ? (uintptr_t)bad : good;
				attr.test.data_size_out = 64;
				attr.test.data_out = place == 1 ? (uintptr_t)bad : good + PAGE;
				if (place > 1) {
					attr.test.ctx_size_in = 8;
					attr.test.ctx_in = place == 2 ? (uintptr_t)bad : good;
					attr.test.ctx_size_out = 8;
					attr.test.ctx_out = place == 3 ? (uintptr_t)bad
								       : (uintptr_t)out.ctx;
				}
				results[k] = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
				b->close(fd);
			}
			if (permitted && results[0] != results[1])
				fail_msg("%s, place %d: %s, not %s", types[type].name, place,
					 result_name(results[0]), result_name(results[1]));
		}
	munmap(bad, PAGE);
}

static void s80_other_attributes(void **state)
{
	bool permitted = kernel_is_permitted();

	for (size_t type = 0; type < ARRAY_CNT(types); type++)
		for (uint32_t n = 0; n < 3 * 8; n++) {
			static const uint32_t values[] = { 1, 2, 3, 4, 8, 64, 0x10000, 0x80000000 };
			int results[2] = { 0, 0 };

			/* Live frames really leave: see the README. */
			if (n / 8 == 0 && values[n % 8] & 2 &&
			    types[type].type == BPF_PROG_TYPE_XDP)
				continue;
			for (int k = 0; k <= permitted; k++) {
				const struct backend *b = k ? &kernel_backend : &emulated_backend;
				static unsigned char data[64];
				int fd = load(b, type);
				union bpf_attr attr;

				memset(&attr, 0, sizeof(attr));
				attr.test.prog_fd = fd;
				if (types[type].type != BPF_PROG_TYPE_RAW_TRACEPOINT) {
					attr.test.data_in = (uintptr_t)data;
					attr.test.data_size_in = sizeof(data);
				}
				if (n / 8 == 0)
					attr.test.flags = values[n % 8];
				else if (n / 8 == 1)
					attr.test.cpu = values[n % 8];
				else
					attr.test.batch_size = values[n % 8];
				results[k] = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
				b->close(fd);
			}
			if (permitted && results[0] != results[1])
				fail_msg("%s, attribute %u, value %#x: %s, not %s", types[type].name,
					 n / 8, values[n % 8], result_name(results[0]),
					 result_name(results[1]));
		}
}

/* ---- S81 ---- */

static void s81_repeats(void **state)
{
	static const uint32_t repeats[] = { 0, 1, 2, 1000, 5000 };
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	/* Counts in the map and in the packet's mark. */
	const struct bpf_insn insns[] = {
		LOAD(W, 2, 1, offsetof(struct __sk_buff, mark)), ALU_IMM(ADD, 2, 1),
		STORE(W, 1, 2, offsetof(struct __sk_buff, mark)), MAP_VALUE(1, map, 0),
		LOAD(DW, 2, 1, 0), ALU_IMM(ADD, 2, 1), STORE(DW, 1, 2, 0), MOV_IMM(0, 0), EXIT(),
	};
	int fd = load_prog(b, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_CNT(insns));
	uint64_t before = 0, after;
	uint32_t key = 0;

	assert_true(fd >= 0);
	for (size_t i = 0; i < ARRAY_CNT(repeats); i++) {
		uint32_t want = repeats[i] ? repeats[i] : 1;
		unsigned char data[64] = { 0 };
		struct __sk_buff ctx = { 0 };
		union bpf_attr attr;

		memset(&attr, 0, sizeof(attr));
		attr.test.prog_fd = fd;
		attr.test.data_in = (uintptr_t)data;
		attr.test.data_size_in = sizeof(data);
		attr.test.ctx_in = attr.test.ctx_out = (uintptr_t)&ctx;
		attr.test.ctx_size_in = attr.test.ctx_size_out = sizeof(ctx);
		attr.test.repeat = repeats[i];
		assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
		assert_int_equal(map_lookup(b, map, &key, &after), 0);
		assert_int_equal(after - before, want);
		assert_int_equal(ctx.mark, want);
		assert_true(attr.test.duration < 1000000000);
		before = after;
	}
	b->close(fd);
	b->close(map);
}

static void s81_bad_fds_and_types(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	int fd = load_trivial(b, BPF_PROG_TYPE_KPROBE);
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = -1;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EBADF);
	attr.test.prog_fd = map;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EINVAL);
	attr.test.prog_fd = fd;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -ENOTSUPP);
	b->close(fd);
	b->close(map);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(s81_repeats),
		BOTH(s81_bad_fds_and_types),
	};
	const struct CMUnitTest compared[] = {
		cmocka_unit_test(s80_sizes_and_pointers),
		cmocka_unit_test(s80_bad_addresses),
		cmocka_unit_test(s80_other_attributes),
	};
	int failed;

	failed = run_on_both("extensions: repeats of test runs", tests, ARRAY_CNT(tests));
	return failed + cmocka_run_group_tests_name("extensions: sizes of test runs", compared, NULL,
						    NULL);
}
