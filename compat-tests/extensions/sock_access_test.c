/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Sockets behind pointers, and what programs on sockets may return: a program of one access, or of
 * one result, is loaded for each; every answer and every last line of the log is compared with the
 * real kernel's where bpf(2) is permitted.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define LOG_SIZE     8192
#define INSNS_MAX    16

struct prog {
	uint32_t type, attach_type, cnt;
	struct bpf_insn insns[INSNS_MAX];
};

/* Result, and the last line of the log but the statistics. */
static int load(const struct backend *b, const struct prog *prog, char *line)
{
	static char log[LOG_SIZE];
	union bpf_attr attr;
	char *next;
	int fd;

	memset(&attr, 0, sizeof(attr));
	log[0] = line[0] = 0;
	attr.prog_type = prog->type;
	attr.expected_attach_type = prog->attach_type;
	attr.insns = (uintptr_t)prog->insns;
	attr.insn_cnt = prog->cnt;
	attr.license = (uintptr_t)"GPL";
	attr.log_level = 1;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	fd = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		b->close(fd);
	for (char *at = log; fd < 0 && *at; at = next) {
		next = strchr(at, '\n');
		if (!next)
			break;
		*next++ = 0;
		if (*at && strncmp(at, "processed ", 10))
			snprintf(line, 256, "%.255s", at);
	}
	return fd < 0 ? fd : 0;
}

/* Our answer, compared with the real kernel's. */
static int judged(const struct prog *prog, bool compare, const char *what, int which)
{
	char ours[256], theirs[256];
	int got = load(&emulated_backend, prog, ours), want;

	if (!compare)
		return got;
	want = load(&kernel_backend, prog, theirs);
	/* Half of a field of 8 bytes: Linux finds out late, and says that it is its own mistake. */
	if (want == -EFAULT && !strncmp(theirs, "verifier bug:", 13) && got < 0)
		return got;
	if (got != want || strcmp(ours, theirs))
		fail_msg("%s %d: %s '%s', not %s '%s'", what, which, result_name(got), ours,
			 result_name(want), theirs);
	return got;
}

/* ---- pointers to sockets ---- */

#define PUT(prog, ...)                                                                             \
	do {                                                                                       \
		const struct bpf_insn put[] = { __VA_ARGS__ };                                     \
		memcpy(&(prog)->insns[(prog)->cnt], put, sizeof(put));                             \
		(prog)->cnt += ARRAY_CNT(put);                                                     \
	} while (0)

/* Each leaves the pointer in r1 and 0 in r2. */
static void to_sock(struct prog *prog)
{
	*prog = (struct prog){ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT };
	PUT(prog, LOAD(DW, 1, 1, offsetof(struct bpf_sock_addr, sk)), MOV_IMM(2, 0));
}

static void to_sock_common(struct prog *prog)
{
	*prog = (struct prog){ BPF_PROG_TYPE_SCHED_CLS };
	PUT(prog, LOAD(DW, 1, 1, offsetof(struct __sk_buff, sk)), MOV_IMM(2, 0),
	    JUMP_IMM(JEQ, 1, 0, 1));
}

static void to_tcp_sock(struct prog *prog)
{
	*prog = (struct prog){ BPF_PROG_TYPE_SOCK_OPS };
	PUT(prog, LOAD(DW, 1, 1, offsetof(struct bpf_sock_ops, sk)), JUMP_IMM(JEQ, 1, 0, 5),
	    CALL(BPF_FUNC_tcp_sock), JUMP_IMM(JEQ, 0, 0, 3), MOV_REG(1, 0), MOV_IMM(2, 0));
}

/* Without the check that it is there. */
static void to_sock_or_null(struct prog *prog)
{
	*prog = (struct prog){ BPF_PROG_TYPE_SOCK_OPS };
	PUT(prog, LOAD(DW, 1, 1, offsetof(struct bpf_sock_ops, sk)), MOV_IMM(2, 0));
}

static void sockets_are_read_as_on_linux(void **state)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	static const struct {
		const char *name;
		void (*get)(struct prog *prog);
		uint32_t accepted;
	} kinds[] = {
		{ "sock", to_sock, 95 }, { "sock_common", to_sock_common, 87 },
		{ "tcp_sock", to_tcp_sock, 26 }, { "sock_or_null", to_sock_or_null, 0 },
	};
	bool compare = kernel_is_permitted();

	for (size_t i = 0; i < ARRAY_CNT(kinds); i++) {
		uint32_t accepted = 0;

		for (int n = -8 * 8; n < 8 * 128; n++) {
			struct prog prog;
			int off = n >> 3;

			kinds[i].get(&prog);
			PUT(&prog, n & 4 ? RAW(BPF_STX | BPF_MEM | sizes[n & 3], 1, 2, off, 0)
					 : RAW(BPF_LDX | BPF_MEM | sizes[n & 3], 2, 1, off, 0),
			    MOV_IMM(0, 1), EXIT());
			accepted += !judged(&prog, compare, kinds[i].name, n);
		}
		if (accepted != kinds[i].accepted)
			fail_msg("%s: %u accepted", kinds[i].name, accepted);
	}
}

/* ---- results and attach types ---- */

static void results_are_judged_as_on_linux(void **state)
{
	static const struct {
		uint32_t type;
		const char *name;
	} types[] = {
		{ BPF_PROG_TYPE_CGROUP_SOCK_ADDR, "sock_addr" },
		{ BPF_PROG_TYPE_CGROUP_SOCK, "cgroup_sock" },
		{ BPF_PROG_TYPE_SOCK_OPS, "sock_ops" },
		{ BPF_PROG_TYPE_CGROUP_DEVICE, "cgroup_device" },
		{ BPF_PROG_TYPE_CGROUP_SOCKOPT, "cgroup_sockopt" },
		{ BPF_PROG_TYPE_CGROUP_SYSCTL, "cgroup_sysctl" },
	};
	bool compare = kernel_is_permitted();

	for (size_t i = 0; i < ARRAY_CNT(types); i++)
		for (uint32_t attach = 0; attach < __MAX_BPF_ATTACH_TYPE + 2; attach++)
			for (int result = -2; result < 6; result++) {
				struct prog prog = { types[i].type, attach };

				PUT(&prog, MOV_IMM(0, result), EXIT());
				judged(&prog, compare, types[i].name, attach * 100 + result);
			}
}

/* The packet of a sock_ops program, read and written, whole and in helpers. */
static void packets_of_sock_ops_are_read_as_on_linux(void **state)
{
	static const struct bpf_insn ends[] = {
		LOAD(DW, 2, 1, offsetof(struct bpf_sock_ops, skb_data)),
		LOAD(DW, 3, 1, offsetof(struct bpf_sock_ops, skb_data_end)),
		MOV_REG(4, 2), ALU_IMM(ADD, 4, 8), MOV_IMM(0, 1), JUMP_REG(JGT, 4, 3, 3),
	};
	bool compare = kernel_is_permitted();

	for (int i = 0; i < 4; i++) {
		struct prog prog = { BPF_PROG_TYPE_SOCK_OPS };

		memcpy(prog.insns, ends, sizeof(ends));
		prog.cnt = ARRAY_CNT(ends);
		if (i == 0)
			PUT(&prog, LOAD(B, 5, 2, 7));
		else if (i == 1)
			PUT(&prog, RAW(BPF_STX | BPF_MEM | BPF_B, 2, 0, 0, 0));
		else if (i == 2)
			PUT(&prog, LOAD(B, 5, 2, 8));
		else
			PUT(&prog, MOV_IMM(3, 8), MOV_IMM(4, 0), CALL(BPF_FUNC_store_hdr_opt));
		PUT(&prog, MOV_IMM(0, 1), EXIT());
		judged(&prog, compare, "packet", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_are_read_as_on_linux),
		cmocka_unit_test(results_are_judged_as_on_linux),
		cmocka_unit_test(packets_of_sock_ops_are_read_as_on_linux),
	};

	use_private_store();
	return cmocka_run_group_tests_name("extensions: sockets and results", tests, NULL, NULL);
}
