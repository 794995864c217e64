/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Which bytes of its context a program may load and store: a program of one access is loaded for
 * each type, offset, size and direction. The number that Linux 6.18 accepts stands in the row; where
 * bpf(2) is permitted each single answer is compared with the real kernel's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct row {
	const char *name;
	uint32_t type, attach_type;
	int end, result;	/* offsets below end; a result that every program may return */
	uint32_t accepted;
} rows[] = {
	{ "socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, 0, 200, 0, 187 },
	{ "sched_cls", BPF_PROG_TYPE_SCHED_CLS, 0, 200, 0, 213 },
	{ "sched_act", BPF_PROG_TYPE_SCHED_ACT, 0, 200, 0, 213 },
	{ "cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, 200, 0, 225 },
	{ "xdp", BPF_PROG_TYPE_XDP, 0, 32, 0, 5 },
	{ "xdp in a devmap", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, 32, 0, 6 },
	{ "sock create", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, 88, 1, 60 },
	{ "sock bind4", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND, 88, 1, 64 },
	{ "sock bind6", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET6_POST_BIND, 88, 1, 85 },
	{ "sock release", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_RELEASE, 88, 1, 60 },
	{ "bind4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, 80, 1, 21 },
	{ "bind6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_BIND, 80, 1, 49 },
	{ "connect4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, 80, 1, 21 },
	{ "connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT, 80, 1, 49 },
	{ "connect unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_CONNECT, 80, 1, 13 },
	{ "sendmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG, 80, 1, 29 },
	{ "sendmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG, 80, 1, 83 },
	{ "sendmsg unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_SENDMSG, 80, 1, 13 },
	{ "recvmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_RECVMSG, 80, 1, 21 },
	{ "recvmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG, 80, 1, 49 },
	{ "recvmsg unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_RECVMSG, 80, 1, 13 },
	{ "getpeername4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME, 80, 1, 21 },
	{ "getpeername6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETPEERNAME, 80, 1, 49 },
	{ "getpeername unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_GETPEERNAME, 80, 1, 13 },
	{ "getsockname4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETSOCKNAME, 80, 1, 21 },
	{ "getsockname6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_GETSOCKNAME, 80, 1, 49 },
	{ "getsockname unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_GETSOCKNAME, 80, 1, 13 },
	{ "sock_ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, 232, 1, 54 },
	{ "cgroup_device", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE, 24, 1, 9 },
	{ "cgroup_sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL, 24, 1, 15 },
	{ "getsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT, 56, 1, 9 },
	{ "setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT, 56, 1, 9 },
#if defined(__x86_64__)
	{ "kprobe", BPF_PROG_TYPE_KPROBE, 0, 176, 0, 315 },
	{ "perf_event", BPF_PROG_TYPE_PERF_EVENT, 0, 192, 0, 51 },
#endif
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0, 24, 0, 30 },
	{ "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 104, 0, 180 },
};

static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

static bool accepts(const struct backend *b, const struct row *row, int offset, int size, bool write)
{
	const struct bpf_insn insns[] = {
		MOV_IMM(2, 0),
		write ? RAW(BPF_STX | BPF_MEM | sizes[size], 1, 2, offset, 0)
		      : RAW(BPF_LDX | BPF_MEM | sizes[size], 2, 1, offset, 0),
		MOV_IMM(0, row->result), EXIT(),
	};
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = row->type;
	attr.expected_attach_type = row->attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_CNT(insns);
	attr.license = (uintptr_t)"GPL";
	fd = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		b->close(fd);
	else if (fd != -EACCES)
		fail_msg("%s: load: %s", row->name, result_name(fd));
	return fd >= 0;
}

static uint32_t count(const struct row *row, bool compare)
{
	uint32_t accepted = 0;

	/* Linux lets tracepoint programs read in front of the record, by a mistake in a comparison:
	 * our header is there. */
	int begin = row->type == BPF_PROG_TYPE_TRACEPOINT ? 0 : -8;

	for (int offset = begin; offset < row->end; offset++)
		for (int size = 0; size < 4; size++)
			for (int write = 0; write < 2; write++) {
				bool ours = accepts(&emulated_backend, row, offset, size, write);

				accepted += ours;
				if (compare &&
				    accepts(&kernel_backend, row, offset, size, write) != ours)
					fail_msg("%s: %s of %d bytes at %d: %s", row->name,
						 write ? "store" : "load", 1 << size, offset,
						 ours ? "accepted" : "refused");
			}
	return accepted;
}

static void contexts_are_accessed_as_on_linux(void **state)
{
	bool compare = kernel_is_permitted();
	int failed = 0;

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		uint32_t accepted = count(&rows[i], compare);

		if (accepted == rows[i].accepted)
			continue;
		print_error("%s: %u accesses are accepted, not %u\n", rows[i].name, accepted,
			    rows[i].accepted);
		failed++;
	}
	assert_int_equal(failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_are_accessed_as_on_linux),
	};

	use_private_store();
	return cmocka_run_group_tests_name("extensions: context access", tests, NULL, NULL);
}
