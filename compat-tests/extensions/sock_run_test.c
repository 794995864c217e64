/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Test runs of programs on sockets, which Linux refuses (524) and we have: sizes as Linux's other
 * test runs take them (S80, S81), a state that never depends on anything but the caller (S36).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpfx/net.h>

#include "asm.h"
#include "backend.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE	     4096u

static const struct backend *const b = &emulated_backend;

struct run {
	const void *ctx_in;
	void *ctx_out;
	uint32_t in_size, out_size, repeat;
	uint32_t retval, duration;		/* out; out_size too */
};

static int run_prog(int fd, struct run *run)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.ctx_in = (uintptr_t)run->ctx_in;
	attr.test.ctx_size_in = run->in_size;
	attr.test.ctx_out = (uintptr_t)run->ctx_out;
	attr.test.ctx_size_out = run->out_size;
	attr.test.repeat = run->repeat;
	err = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	run->retval = attr.test.retval;
	run->duration = attr.test.duration;
	run->out_size = attr.test.ctx_size_out;
	return err;
}

static int load_at(uint32_t type, uint32_t attach_type, const struct bpf_insn *insns, uint32_t cnt)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uintptr_t)"GPL";
	fd = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		fail_msg("load: %s", result_name(fd));
	return fd;
}

#define PROG(type, attach_type, ...)                                                               \
	load_at(type, attach_type, (const struct bpf_insn[]){ __VA_ARGS__ },                       \
		ARRAY_CNT(((const struct bpf_insn[]){ __VA_ARGS__ })))

static const struct {
	const char *name;
	uint32_t type, attach_type, size, owner_at;
} types[] = {
	{ "sock_addr", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT,
	  sizeof(struct bpf_sock_addr), sizeof(struct bpf_sock_addr) },
	{ "sock_ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, sizeof(struct bpf_sock_ops),
	  sizeof(struct bpf_sock_ops) },
	{ "cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE,
	  sizeof(struct bpf_sock), sizeof(struct bpf_sock) },
};

/* ---- S80 ---- */

static void s80_sizes_are_judged_as_by_other_types(void **state)
{
	for (size_t i = 0; i < ARRAY_CNT(types); i++) {
		int fd = PROG(types[i].type, types[i].attach_type, MOV_IMM(0, 1), EXIT());
		uint32_t size = types[i].size, known = size + sizeof(struct bpfx_owner);
		const struct {
			uint32_t in, out, told;
			bool has_in, has_out, junk;
			int want;
		} rows[] = {
			{ 0, 0, 0, false, false, false, 0 },
			{ 1, 1, size, true, true, false, -ENOSPC },
			{ size - 1, size - 1, size, true, true, false, -ENOSPC },
			{ size, size, size, true, true, false, 0 },
			{ size + 1, size + 1, size, true, true, false, 0 },
			{ PAGE, PAGE, size, true, true, false, 0 },
			{ PAGE, PAGE, PAGE, true, true, true, -E2BIG },
			{ known + 1, 0, 0, true, false, true, -E2BIG },
			{ PAGE + 1, 0, 0, true, false, false, -E2BIG },
			{ size, 0, 0, false, false, false, -EINVAL },
			{ 0, size, size, false, false, false, -EINVAL },
			{ 0, 0, 0, true, false, false, -EINVAL },
			{ 0, 0, 0, false, true, false, -EINVAL },
			{ 0, size, size, false, true, false, 0 },
		};

		for (size_t n = 0; n < ARRAY_CNT(rows); n++) {
			static unsigned char in[PAGE + 1], out[PAGE + 1];
			struct run run = {
				rows[n].has_in ? in : NULL, rows[n].has_out ? out : NULL,
				rows[n].in, rows[n].out, 1, 0, 0,
			};
			int got;

			memset(in, 0, sizeof(in));
			memset(out, 0xee, sizeof(out));
			if (rows[n].junk)
				in[rows[n].in - 1] = 1;
			got = run_prog(fd, &run);
			if (got != rows[n].want || run.out_size != rows[n].told ||
			    (rows[n].has_out && out[rows[n].out] != 0xee) ||
			    (!got && run.retval != 1))
				fail_msg("%s, row %zu: %s, %u told", types[i].name, n,
					 result_name(got), run.out_size);
		}
		b->close(fd);
	}
}

static void packets_and_devices_are_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_CNT(types); i++) {
		int fd = PROG(types[i].type, types[i].attach_type, MOV_IMM(0, 1), EXIT());
		unsigned char data[64] = { 0 };

		for (int what = 0; what < 5; what++) {
			union bpf_attr attr;

			memset(&attr, 0, sizeof(attr));
			attr.test.prog_fd = fd;
			if (what == 0) {
				attr.test.data_in = (uintptr_t)data;
				attr.test.data_size_in = sizeof(data);
			} else if (what == 1) {
				attr.test.data_out = (uintptr_t)data;
				attr.test.data_size_out = sizeof(data);
			}
			attr.test.flags = what == 2;
			attr.test.cpu = what == 3;
			attr.test.batch_size = what == 4;
			assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), -EINVAL);
		}
		b->close(fd);
	}
}

/* A program cannot be made to follow a pointer of the caller's. */
static void pointers_of_the_caller_are_refused(void **state)
{
	static const struct { size_t type, at; } rows[] = {
		{ 0, offsetof(struct bpf_sock_addr, sk) }, { 1, offsetof(struct bpf_sock_ops, sk) },
		{ 1, offsetof(struct bpf_sock_ops, skb_data) },
		{ 1, offsetof(struct bpf_sock_ops, skb_data_end) },
	};

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		size_t type = rows[i].type;
		int fd = PROG(types[type].type, types[type].attach_type, MOV_IMM(0, 1), EXIT());
		unsigned char ctx[sizeof(struct bpf_sock_ops)] = { 0 };
		struct run run = { ctx, ctx, types[type].size, types[type].size, 1, 0, 0 };

		ctx[rows[i].at] = 1;
		assert_int_equal(run_prog(fd, &run), -EINVAL);
		b->close(fd);
	}
}

/* ---- S36, S81 ---- */

static void dirty_the_heap(void)
{
	for (size_t size = 64; size < 16384; size *= 2) {
		char *dirt = malloc(size);

		memset(dirt, 0x5a, size);
		free(dirt);
	}
}

/* Upper half of the pid as the result. */
#define RETURN_PID                                                                                 \
	CALL(BPF_FUNC_get_current_pid_tgid), MOV_REG(6, 0), ALU_IMM(RSH, 0, 32),                   \
	JUMP_IMM(JEQ, 0, 0, 1), MOV_IMM(0, 1)

static void s36_nobody_owns_a_test_runs_socket(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		int fd = PROG(types[i].type, types[i].attach_type, RETURN_PID, EXIT());

		for (int n = 0; n < 100; n++) {
			struct run run = { .repeat = 1 };

			dirty_the_heap();
			assert_int_equal(run_prog(fd, &run), 0);
			assert_int_equal(run.retval, 0);
		}
		b->close(fd);
	}
}

static void s36_unless_the_caller_says_who(void **state)
{
	const struct bpfx_owner owner = { .known = 1, .pid = 4321, .tid = 4322 };
	/* Is it 4321 << 32 | 4322? */
	static const struct bpf_insn insns[] = {
		CALL(BPF_FUNC_get_current_pid_tgid), IMM64(1, 4321ull << 32 | 4322), MOV_REG(2, 0),
		MOV_IMM(0, 0), JUMP_REG(JNE, 1, 2, 1), MOV_IMM(0, 1), EXIT(),
	};

	for (size_t i = 0; i < 2; i++) {
		int fd = load_at(types[i].type, types[i].attach_type, insns, ARRAY_CNT(insns));
		unsigned char ctx[512] = { 0 };
		struct run run = { ctx, NULL, types[i].size + sizeof(owner), 0, 1, 0, 0 };

		memcpy(ctx + types[i].owner_at, &owner, sizeof(owner));
		assert_int_equal(run_prog(fd, &run), 0);
		assert_int_equal(run.retval, 1);
		b->close(fd);
	}
}

static void s81_context_and_maps_are_shared_by_repeats(void **state)
{
	uint32_t repeats[] = { 0, 1, 1000 }, key = 0;
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	/* Counts in the map and in the port. */
	int fd = PROG(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT,
		      LOAD(W, 2, 1, offsetof(struct bpf_sock_addr, user_port)), ALU_IMM(ADD, 2, 1),
		      STORE(W, 1, 2, offsetof(struct bpf_sock_addr, user_port)),
		      MAP_VALUE(1, map, 0), LOAD(DW, 2, 1, 0), ALU_IMM(ADD, 2, 1),
		      STORE(DW, 1, 2, 0), MOV_IMM(0, 1), EXIT());

	for (size_t i = 0; i < ARRAY_CNT(repeats); i++) {
		struct bpf_sock_addr ctx = { .user_family = AF_INET, .family = AF_INET };
		uint64_t before, after;
		struct run run = { &ctx, &ctx, sizeof(ctx), sizeof(ctx), repeats[i], 0, 0 };
		uint32_t want = repeats[i] ? repeats[i] : 1;

		map_lookup(b, map, &key, &before);
		assert_int_equal(run_prog(fd, &run), 0);
		map_lookup(b, map, &key, &after);
		assert_int_equal(after - before, want);
		assert_int_equal(ctx.user_port, want);
		assert_null(ctx.sk);
	}
	b->close(fd);
	b->close(map);
}

static void s81_bad_fds_and_types(void **state)
{
	struct run run = { .repeat = 1 };

	assert_int_equal(run_prog(-1, &run), -EBADF);
}

/* ---- what programs see and change ---- */

static void ports_have_16_bits(void **state)
{
	int fd = PROG(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT,
		      MOV_IMM(2, 0x12345678), STORE(W, 1, 2, offsetof(struct bpf_sock_addr, user_port)),
		      LOAD(W, 3, 1, offsetof(struct bpf_sock_addr, user_port)),
		      LOAD(B, 4, 1, offsetof(struct bpf_sock_addr, user_port) + 3), MOV_IMM(0, 0),
		      JUMP_IMM(JNE, 3, 0x5678, 2), JUMP_IMM(JNE, 4, 0, 1), MOV_IMM(0, 1), EXIT());
	struct bpf_sock_addr ctx = { .user_family = AF_INET };
	struct run run = { &ctx, &ctx, sizeof(ctx), sizeof(ctx), 1, 0, 0 };

	assert_int_equal(run_prog(fd, &run), 0);
	assert_int_equal(run.retval, 1);
	assert_int_equal(ctx.user_port, 0x5678);
	b->close(fd);
}

static void flags_of_callbacks_are_kept(void **state)
{
	/* Unknown ones come back; what is set is seen in the context. */
	int fd = PROG(BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, MOV_REG(6, 1),
		      MOV_IMM(2, BPF_SOCK_OPS_ALL_CB_FLAGS | 0x1000),
		      CALL(BPF_FUNC_sock_ops_cb_flags_set), MOV_REG(7, 0), MOV_IMM(0, 0),
		      JUMP_IMM(JNE, 7, 0x1000, 1), MOV_IMM(0, 1), EXIT());
	struct bpf_sock_ops ctx = { .op = BPF_SOCK_OPS_TCP_CONNECT_CB, .is_fullsock = 1 };
	struct run run = { &ctx, &ctx, sizeof(ctx), sizeof(ctx), 1, 0, 0 };

	assert_int_equal(run_prog(fd, &run), 0);
	assert_int_equal(run.retval, 1);
	assert_int_equal(ctx.bpf_sock_ops_cb_flags, BPF_SOCK_OPS_ALL_CB_FLAGS);
	/* A request socket has none: -EINVAL is not 0x1000. */
	ctx.is_fullsock = 0;
	run.out_size = sizeof(ctx);
	assert_int_equal(run_prog(fd, &run), 0);
	assert_int_equal(run.retval, 0);
	b->close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s80_sizes_are_judged_as_by_other_types),
		cmocka_unit_test(packets_and_devices_are_refused),
		cmocka_unit_test(pointers_of_the_caller_are_refused),
		cmocka_unit_test(s36_nobody_owns_a_test_runs_socket),
		cmocka_unit_test(s36_unless_the_caller_says_who),
		cmocka_unit_test(s81_context_and_maps_are_shared_by_repeats),
		cmocka_unit_test(s81_bad_fds_and_types),
		cmocka_unit_test(ports_have_16_bits),
		cmocka_unit_test(flags_of_callbacks_are_kept),
	};

	use_private_store();
	return cmocka_run_group_tests_name("extensions: test runs on sockets", tests, NULL, NULL);
}
