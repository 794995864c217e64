/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Which program type may call which helper, with a GPL licence and without: a program of one call
 * is loaded for each, and where bpf(2) is permitted result and last line of the log are compared with
 * the real kernel's. A helper that we do not have must be refused as not for this type.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define LOG_SIZE 8192

static const struct {
	const char *name;
	uint32_t type, attach_type;
} types[] = {
	{ "socket_filter", BPF_PROG_TYPE_SOCKET_FILTER, 0 },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, 0 },
	{ "sched_cls", BPF_PROG_TYPE_SCHED_CLS, 0 },
	{ "sched_act", BPF_PROG_TYPE_SCHED_ACT, 0 },
	{ "tracepoint", BPF_PROG_TYPE_TRACEPOINT, 0 },
	{ "xdp", BPF_PROG_TYPE_XDP, 0 },
	{ "perf_event", BPF_PROG_TYPE_PERF_EVENT, 0 },
	{ "cgroup_skb", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS },
	{ "cgroup_sock", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
	{ "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0 },
	{ "bind4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
	{ "connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT },
	{ "sendmsg4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG },
	{ "recvmsg6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_RECVMSG },
	{ "getpeername4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME },
	{ "getsockname unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_GETSOCKNAME },
	{ "connect unix", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_CONNECT },
	{ "sock_ops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
	{ "cgroup_device", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE },
	{ "cgroup_sysctl", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL },
	{ "cgroup_device at 0", BPF_PROG_TYPE_CGROUP_DEVICE, 0 },
	{ "cgroup_sysctl at 0", BPF_PROG_TYPE_CGROUP_SYSCTL, 0 },
	{ "cgroup_device at sock_ops", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_SOCK_OPS },
	{ "cgroup_sysctl at a name", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_UNIX_GETSOCKNAME },
	{ "cgroup_sysctl at an address", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_UNIX_SENDMSG },
	{ "cgroup_device at no type", BPF_PROG_TYPE_CGROUP_DEVICE, 4711 },
	{ "getsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT },
	{ "setsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT },
};

/* Result, and the last line but the statistics. */
static int load_call(const struct backend *b, uint32_t i, int id, const char *license, char *line)
{
	const struct bpf_insn insns[] = { CALL(id), MOV_IMM(0, 0), EXIT() };
	static char log[LOG_SIZE];
	union bpf_attr attr;
	char *next;
	int fd;

	memset(&attr, 0, sizeof(attr));
	log[0] = line[0] = 0;
	attr.prog_type = types[i].type;
	attr.expected_attach_type = types[i].attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_CNT(insns);
	attr.license = (uintptr_t)license;
	attr.log_level = 1;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	fd = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		b->close(fd);
	for (char *at = log; *at; at = next) {
		next = strchr(at, '\n');
		if (!next)
			break;
		*next++ = 0;
		if (*at && strncmp(at, "processed ", 10))
			snprintf(line, 256, "%.255s", at);
	}
	return fd < 0 ? fd : 0;
}

static bool is_refused_by_type(const char *line)
{
	return strstr(line, "cannot use helper");
}

static void calls_are_judged_as_by_linux(void **state)
{
	bool compare = kernel_is_permitted();
	uint32_t have = 0, missing = 0;

	for (uint32_t i = 0; i < ARRAY_CNT(types); i++)
		for (int id = 0; id < __BPF_FUNC_MAX_ID + 3; id++)
			for (int gpl = 0; gpl < 2; gpl++) {
				char ours[256], theirs[256];
				int got = load_call(&emulated_backend, i, id, gpl ? "GPL" : "none",
						    ours), want;

				have += !is_refused_by_type(ours) && id < __BPF_FUNC_MAX_ID;
				if (!compare)
					continue;
				want = load_call(&kernel_backend, i, id, gpl ? "GPL" : "none",
						 theirs);
				if (is_refused_by_type(ours) && !is_refused_by_type(theirs)) {
					missing++;
					continue;
				}
				if (got != want || strcmp(ours, theirs))
					fail_msg("%s, helper %d: %s '%s', not %s '%s'",
						 types[i].name, id, result_name(got), ours,
						 result_name(want), theirs);
			}
	print_message("%u calls are known%s%u that Linux knows are not\n", have,
		      compare ? ", " : " (no real kernel): ", missing);
	assert_true(have > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_are_judged_as_by_linux),
	};

	use_private_store();
	return cmocka_run_group_tests_name("helpers: who may call", tests, NULL, NULL);
}
