/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * OBJ_GET_INFO_BY_FD: lengths, tails, faults and order of checks. Names carry the scenario numbers
 * of the extension model (S01-S16).
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <fcntl.h>

#include "backend.h"

#define PAGE 4096u

/* Two pages of which the second is inaccessible: a buffer that ends there catches every byte too
 * many. */
static char *guarded_end(void)
{
	static char *end;

	if (!end) {
		char *mem = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		assert_true(mem != MAP_FAILED);
		assert_int_equal(mprotect(mem + 2 * PAGE, PAGE, PROT_NONE), 0);
		end = mem + 2 * PAGE;
	}
	return end;
}

static int info_at(const struct backend *b, int fd, void *buf, uint32_t len, uint32_t *out)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info = (uintptr_t)buf;
	attr.info.info_len = len;
	err = b->bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	*out = attr.info.info_len;
	return err;
}

static int some_map(const struct backend *b)
{
	int fd = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 16, 0);

	assert_true(fd >= 0);
	return fd;
}

static int some_prog(const struct backend *b)
{
	int fd = load_trivial(b, BPF_PROG_TYPE_XDP);

	assert_true(fd >= 0);
	return fd;
}

static int some_link(const struct backend *b, int *prog)
{
	union bpf_attr attr;
	int fd;

	*prog = some_prog(b);
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = *prog;
	attr.link_create.target_ifindex = 1;
	attr.link_create.attach_type = BPF_XDP;
	fd = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	assert_true(fd >= 0);
	return fd;
}

/* Every length up to @size: that many bytes of the reference and none behind them. */
static void every_short_length(const struct backend *b, int fd, uint32_t size)
{
	char reference[512] = { 0 };
	uint32_t out;

	assert_int_equal(info_at(b, fd, reference, size, &out), 0);
	assert_int_equal(out, size);
	for (uint32_t len = 0; len <= size; len++) {
		char *buf = guarded_end() - len;

		/* Input counts and pointers of program and BTF info must be zero. */
		memset(buf, 0, len);
		buf[-1] = 0x5a;
		assert_int_equal(info_at(b, fd, buf, len, &out), 0);
		assert_int_equal(out, len);
		assert_memory_equal(buf, reference, len);
		assert_int_equal(buf[-1], 0x5a);
	}
}

static void longer_with_zero_tail(const struct backend *b, int fd, uint32_t size)
{
	uint32_t out;

	for (uint32_t len = size + 1; len <= PAGE; len += len < size + 70 ? 1 : 397) {
		char *buf = guarded_end() - len;

		memset(buf, 0, len);
		assert_int_equal(info_at(b, fd, buf, len, &out), 0);
		assert_int_equal(out, size);
		for (uint32_t i = size; i < len; i++)
			assert_int_equal(buf[i], 0);
	}
}

static void longer_with_non_zero_tail(const struct backend *b, int fd, uint32_t size)
{
	uint32_t out;

	for (uint32_t len = size + 1; len <= size + 64; len++) {
		for (uint32_t at = size; at < len; at++) {
			char *buf = guarded_end() - len;

			memset(buf, 0, len);
			buf[at] = 1;
			assert_int_equal(info_at(b, fd, buf, len, &out), -E2BIG);
			assert_int_equal(out, len);
			assert_int_equal(buf[0], 0);
		}
	}
}

static void s01_s02_s03_map_info_of_any_length(void **state)
{
	const struct backend *b = backend_of(state);
	const uint32_t size = sizeof(struct bpf_map_info);
	int fd = some_map(b);

	every_short_length(b, fd, size);
	longer_with_zero_tail(b, fd, size);
	longer_with_non_zero_tail(b, fd, size);
	b->close(fd);
}

static void s04_page_is_the_limit(void **state)
{
	static const uint32_t too_long[] = { PAGE + 1, 65536, 0xffffffff };
	const struct backend *b = backend_of(state);
	int fd = some_map(b);
	uint32_t out;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(info_at(b, fd, NULL, too_long[i], &out), -E2BIG);
		assert_int_equal(out, too_long[i]);
	}
	b->close(fd);
}

static void s05_prog_info_has_padding_that_counts(void **state)
{
	const struct backend *b = backend_of(state);
	const uint32_t size = sizeof(struct bpf_prog_info);
	int fd = some_prog(b);

	every_short_length(b, fd, size);
	longer_with_zero_tail(b, fd, size);
	longer_with_non_zero_tail(b, fd, size);
	b->close(fd);
}

static void s06_prog_info_arrays_give_full_counts(void **state)
{
	const struct backend *b = backend_of(state);
	struct bpf_prog_info info = { 0 };
	struct bpf_insn insns[4];
	int fd = some_prog(b);
	uint32_t out;

	/* No room asked for: the full size comes back, nothing is written. */
	assert_int_equal(info_at(b, fd, &info, sizeof(info), &out), 0);
	assert_int_equal(info.xlated_prog_len, 16);
	assert_int_equal(info.nr_map_ids, 0);
	/* Room for one instruction: one is written. */
	memset(&info, 0, sizeof(info));
	memset(insns, 0xee, sizeof(insns));
	info.xlated_prog_len = 8;
	info.xlated_prog_insns = (uintptr_t)insns;
	assert_int_equal(info_at(b, fd, &info, sizeof(info), &out), 0);
	assert_int_equal(info.xlated_prog_len, 16);
	assert_int_equal(insns[0].code, BPF_ALU64 | BPF_MOV | BPF_K);
	assert_int_equal(insns[1].code, 0xee);
	/* A count without a pointer is a fault, if there is something to copy. */
	memset(&info, 0, sizeof(info));
	info.xlated_prog_len = 16;
	assert_int_equal(info_at(b, fd, &info, sizeof(info), &out), -EFAULT);
	memset(&info, 0, sizeof(info));
	info.nr_map_ids = 5;
	assert_int_equal(info_at(b, fd, &info, sizeof(info), &out), 0);
	b->close(fd);
}

static void s07_prog_info_record_sizes_must_be_ours(void **state)
{
	static const struct {
		uint32_t cnt, size;
		int want;
	} rows[] = {
		{ 0, 0, 0 }, { 0, 8, 0 }, { 1, 8, 0 }, { 1, 0, -EINVAL }, { 0, 4, -EINVAL },
		{ 1, 16, -EINVAL },
	};
	const struct backend *b = backend_of(state);
	int fd = some_prog(b);
	uint32_t out;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bpf_prog_info info = { .nr_func_info = rows[i].cnt,
					      .func_info_rec_size = rows[i].size };

		assert_int_equal(info_at(b, fd, &info, sizeof(info), &out), rows[i].want);
	}
	b->close(fd);
}

static void s09_link_info_lives_on_after_detach(void **state)
{
	const struct backend *b = backend_of(state);
	struct bpf_link_info info = { 0 };
	union bpf_attr attr;
	int prog, fd = some_link(b, &prog);
	uint32_t out, id;

	every_short_length(b, fd, sizeof(info));
	longer_with_zero_tail(b, fd, sizeof(info));
	longer_with_non_zero_tail(b, fd, sizeof(info));
	assert_int_equal(info_at(b, fd, &info, sizeof(info), &out), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_XDP);
	assert_int_equal(info.prog_id, prog_id(b, prog));
	assert_int_equal(info.xdp.ifindex, 1);
	id = info.id;
	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = fd;
	assert_int_equal(b->bpf(BPF_LINK_DETACH, &attr, sizeof(attr)), 0);
	assert_int_equal(b->bpf(BPF_LINK_DETACH, &attr, sizeof(attr)), 0);
	memset(&info, 0, sizeof(info));
	assert_int_equal(info_at(b, fd, &info, sizeof(info), &out), 0);
	assert_int_equal(info.id, id);
	assert_int_equal(info.prog_id, prog_id(b, prog));
	assert_int_equal(info.xdp.ifindex, 0);
	b->close(fd);
	b->close(prog);
}

static void s11_bad_buffers_are_faults(void **state)
{
	const struct backend *b = backend_of(state);
	const uint32_t size = sizeof(struct bpf_map_info);
	int fd = some_map(b);
	uint32_t out;

	assert_int_equal(info_at(b, fd, NULL, 0, &out), 0);
	assert_int_equal(out, 0);
	assert_int_equal(info_at(b, fd, NULL, 8, &out), -EFAULT);
	for (uint32_t valid = 0; valid < size; valid++) {
		memset(guarded_end() - valid, 0, valid);
		assert_int_equal(info_at(b, fd, guarded_end() - valid, size, &out), -EFAULT);
		assert_int_equal(out, size);
	}
	b->close(fd);
}

static void s12_bad_fds_and_order_of_checks(void **state)
{
	const struct backend *b = backend_of(state);
	int file = open("/proc/self/exe", O_RDONLY), event = eventfd(0, 0), closed = some_map(b);
	char buf[PAGE] = { 0 };
	union bpf_attr attr;
	uint32_t out;

	b->close(closed);
	assert_int_equal(info_at(b, -1, buf, 8, &out), -EBADFD);
	assert_int_equal(info_at(b, closed, buf, 8, &out), -EBADFD);
	assert_int_equal(info_at(b, file, buf, 8, &out), -EINVAL);
	assert_int_equal(info_at(b, event, buf, 8, &out), -EINVAL);
	assert_int_equal(info_at(b, -1, buf, 1 << 20, &out), -EBADFD);
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = -1;
	((char *)&attr)[16] = 1;
	assert_int_equal(b->bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)), -EINVAL);
	close(file);
	close(event);
}

static void s14_old_clients_get_their_own_size(void **state)
{
	const struct backend *b = backend_of(state);
	char buf[256] = { 0 };
	int fd = some_map(b);
	uint32_t out;

	assert_int_equal(info_at(b, fd, buf, 40, &out), 0);
	assert_int_equal(out, 40);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(info_at(b, fd, buf, sizeof(buf), &out), 0);
	assert_int_equal(out, sizeof(struct bpf_map_info));
	b->close(fd);
}

/* ---- S16 ---- */

struct shared_fds {
	const struct backend *b;
	int map, prog;
	uint32_t map_id, prog_id;
	volatile bool stop;
};

static void *ask(void *arg)
{
	struct shared_fds *shared = arg;
	long wrong = 0;

	while (!shared->stop) {
		struct bpf_map_info map = { 0 };
		struct bpf_prog_info prog = { 0 };
		uint32_t out;

		if (!info_at(shared->b, shared->map, &map, sizeof(map), &out))
			wrong += map.id != shared->map_id || map.type != BPF_MAP_TYPE_HASH;
		if (!info_at(shared->b, shared->prog, &prog, sizeof(prog), &out))
			wrong += prog.id != shared->prog_id || prog.type != BPF_PROG_TYPE_XDP;
	}
	return (void *)wrong;
}

static void s16_info_is_consistent_under_concurrency(void **state)
{
	const struct backend *b = backend_of(state);
	struct shared_fds shared = { .b = b, .map = some_map(b), .prog = some_prog(b) };
	pthread_t threads[4];

	shared.map_id = map_id(b, shared.map);
	shared.prog_id = prog_id(b, shared.prog);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &shared), 0);
	for (int i = 0; i < 200; i++) {
		int again = fd_by_id(b, BPF_MAP_GET_FD_BY_ID, shared.map_id), other;

		assert_true(again >= 0);
		b->close(again);
		other = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
		assert_true(other >= 0);
		b->close(other);
	}
	shared.stop = true;
	for (int i = 0; i < 4; i++) {
		void *wrong;

		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	b->close(shared.map);
	b->close(shared.prog);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(s01_s02_s03_map_info_of_any_length),
		BOTH(s04_page_is_the_limit),
		BOTH(s05_prog_info_has_padding_that_counts),
		BOTH(s06_prog_info_arrays_give_full_counts),
		BOTH(s07_prog_info_record_sizes_must_be_ours),
		BOTH(s09_link_info_lives_on_after_detach),
		BOTH(s11_bad_buffers_are_faults),
		BOTH(s12_bad_fds_and_order_of_checks),
		BOTH(s14_old_clients_get_their_own_size),
		BOTH(s16_info_is_consistent_under_concurrency),
	};

	return run_on_both("info", tests, sizeof(tests) / sizeof(tests[0]));
}
