/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * bpf_setsockopt() and bpf_getsockopt() of a connecting socket: on the real kernel a program of this
 * process's cgroup runs when a socket connects, on the emulated one in a test run.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "own_cgroup.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

#ifndef SO_TXREHASH
#define SO_TXREHASH 74
#endif
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44
#endif

enum { TCP4, UDP4, TCP6, UDP6 };

/* What the program is asked to do, and what came of it: the value of a map. */
struct request {
	int32_t set_level, set_name, get_level, get_name;
	uint32_t size;
	int32_t set_result, get_result, reserved;
	unsigned char value[16];
};

#define AT(field) offsetof(struct request, field)

/* ---- the program, and a socket that connects ---- */

static int map_fd;

static int load_options(const struct backend *b, uint32_t attach_type)
{
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1), STORE_IMM(W, 10, -4, 0), MOV_REG(2, 10), ALU_IMM(ADD, 2, -4),
		MAP_FD(1, map_fd), CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(JNE, 0, 0, 2),
		MOV_IMM(0, 1), EXIT(), MOV_REG(7, 0), LOAD(W, 8, 7, AT(size)),
		JUMP_IMM(JGT, 8, 16, 17), JUMP_IMM(JLT, 8, 1, 16),
		MOV_REG(1, 6), LOAD(W, 2, 7, AT(set_level)), LOAD(W, 3, 7, AT(set_name)),
		MOV_REG(4, 7), ALU_IMM(ADD, 4, AT(value)), MOV_REG(5, 8),
		CALL(BPF_FUNC_setsockopt), STORE(W, 7, 0, AT(set_result)),
		MOV_REG(1, 6), LOAD(W, 2, 7, AT(get_level)), LOAD(W, 3, 7, AT(get_name)),
		MOV_REG(4, 7), ALU_IMM(ADD, 4, AT(value)), MOV_REG(5, 8),
		CALL(BPF_FUNC_getsockopt), STORE(W, 7, 0, AT(get_result)),
		/* Allow the connection. */
		MOV_IMM(0, 1), EXIT(),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_CNT(insns);
	attr.license = (uintptr_t)"GPL";
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static bool is_tcp(int kind)
{
	return kind == TCP4 || kind == TCP6;
}

static bool is_ip6(int kind)
{
	return kind == TCP6 || kind == UDP6;
}

static void connect_emulated(int prog, int kind)
{
	struct bpf_sock_addr ctx = {
		.user_family = is_ip6(kind) ? AF_INET6 : AF_INET,
		.type = is_tcp(kind) ? SOCK_STREAM : SOCK_DGRAM,
		.protocol = is_tcp(kind) ? IPPROTO_TCP : IPPROTO_UDP,
	};
	union bpf_attr attr;

	ctx.family = ctx.user_family;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.ctx_in = (uintptr_t)&ctx;
	attr.test.ctx_size_in = sizeof(ctx);
	assert_int_equal(emulated_backend.bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(attr.test.retval, 1);
}

static void connect_really(int kind)
{
	int fd = socket(is_ip6(kind) ? AF_INET6 : AF_INET,
			(is_tcp(kind) ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(9) };

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6.sin6_addr = in6addr_loopback;
	/* Nobody listens: refused, after the program ran. */
	if (is_ip6(kind))
		(void)!connect(fd, (struct sockaddr *)&in6, sizeof(in6));
	else
		(void)!connect(fd, (struct sockaddr *)&in, sizeof(in));
	close(fd);
}

/* One program for IPv4 and one for IPv6, attached where that is needed. */
struct programs {
	int fd[2];
};

static bool set_up(const struct backend *b, struct programs *programs)
{
	static const uint32_t types[] = { BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT };
	int cgroup = b->emulated ? 0 : own_cgroup_enter();

	if (cgroup < 0)
		return false;
	if (!b->emulated)
		own_loopback_up();
	map_fd = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct request), 1, 0);
	assert_true(map_fd >= 0);
	for (int i = 0; i < 2; i++) {
		union bpf_attr attr;

		programs->fd[i] = load_options(b, types[i]);
		assert_true(programs->fd[i] >= 0);
		if (b->emulated)
			continue;
		memset(&attr, 0, sizeof(attr));
		attr.target_fd = cgroup;
		attr.attach_bpf_fd = programs->fd[i];
		attr.attach_type = types[i];
		assert_int_equal(b->bpf(BPF_PROG_ATTACH, &attr, sizeof(attr)), 0);
	}
	return true;
}

static void tear_down(const struct backend *b, const struct programs *programs)
{
	static const uint32_t types[] = { BPF_CGROUP_INET4_CONNECT, BPF_CGROUP_INET6_CONNECT };

	for (int i = 0; i < 2; i++) {
		union bpf_attr attr;

		memset(&attr, 0, sizeof(attr));
		attr.target_fd = b->emulated ? -1 : own_cgroup_enter();
		attr.attach_bpf_fd = programs->fd[i];
		attr.attach_type = types[i];
		if (!b->emulated)
			b->bpf(BPF_PROG_DETACH, &attr, sizeof(attr));
		b->close(programs->fd[i]);
	}
	b->close(map_fd);
}

static void ask(const struct backend *b, const struct programs *programs, int kind,
		struct request *request)
{
	uint32_t key = 0;

	request->set_result = request->get_result = 12345;
	assert_int_equal(map_update(b, map_fd, &key, request, BPF_ANY), 0);
	if (b->emulated)
		connect_emulated(programs->fd[is_ip6(kind)], kind);
	else
		connect_really(kind);
	assert_int_equal(map_lookup(b, map_fd, &key, request), 0);
}

/* ---- integers ---- */

static const struct {
	int socket, level, name, value, set_result, get_result, want;
} rows[] = {
	{ TCP4, SOL_SOCKET, SO_REUSEADDR, 0, 0, 0, 0 },
	{ TCP4, SOL_SOCKET, SO_REUSEADDR, 1, 0, 0, 1 },
	{ TCP4, SOL_SOCKET, SO_REUSEADDR, 7, 0, 0, 1 },
	{ TCP4, SOL_SOCKET, SO_SNDBUF, 0, 0, 0, 4608 },
	{ TCP4, SOL_SOCKET, SO_SNDBUF, 4096, 0, 0, 8192 },
	{ TCP4, SOL_SOCKET, SO_SNDBUF, 32767, 0, 0, 65534 },
	{ TCP4, SOL_SOCKET, SO_SNDBUF, 1073741824, 0, 0, 8388608 },
	{ TCP4, SOL_SOCKET, SO_SNDBUF, -1, 0, 0, 8388608 },
	{ TCP4, SOL_SOCKET, SO_RCVBUF, 0, 0, 0, 2304 },
	{ TCP4, SOL_SOCKET, SO_RCVBUF, 2303, 0, 0, 4606 },
	{ TCP4, SOL_SOCKET, SO_RCVBUF, 2304, 0, 0, 4608 },
	{ TCP4, SOL_SOCKET, SO_RCVBUF, 40000, 0, 0, 80000 },
	{ TCP4, SOL_SOCKET, SO_RCVBUF, 2147483647, 0, 0, 8388608 },
	{ TCP4, SOL_SOCKET, SO_KEEPALIVE, 0, 0, 0, 0 },
	{ TCP4, SOL_SOCKET, SO_KEEPALIVE, 7, 0, 0, 1 },
	{ TCP4, SOL_SOCKET, SO_PRIORITY, 0, 0, 0, 0 },
	{ TCP4, SOL_SOCKET, SO_PRIORITY, 7, 0, 0, 7 },
	{ TCP4, SOL_SOCKET, SO_PRIORITY, -1, 0, 0, -1 },
	{ TCP4, SOL_SOCKET, SO_REUSEPORT, 0, 0, 0, 0 },
	{ TCP4, SOL_SOCKET, SO_REUSEPORT, 7, 0, 0, 1 },
	{ TCP4, SOL_SOCKET, SO_RCVLOWAT, 0, 0, 0, 1 },
	{ TCP4, SOL_SOCKET, SO_RCVLOWAT, 7, 0, 0, 7 },
	{ TCP4, SOL_SOCKET, SO_RCVLOWAT, 1048576, 0, 0, 1048576 },
	{ TCP4, SOL_SOCKET, SO_RCVLOWAT, 1073741824, 0, 0, 16777216 },
	{ TCP4, SOL_SOCKET, SO_RCVLOWAT, -1, 0, 0, 16777216 },
	{ TCP4, SOL_SOCKET, SO_MARK, 7, 0, 0, 7 },
	{ TCP4, SOL_SOCKET, SO_MARK, -1, 0, 0, -1 },
	{ TCP4, SOL_SOCKET, SO_MAX_PACING_RATE, 0, 0, 0, 0 },
	{ TCP4, SOL_SOCKET, SO_MAX_PACING_RATE, 1000, 0, 0, 1000 },
	{ TCP4, SOL_SOCKET, SO_MAX_PACING_RATE, -1, 0, 0, -1 },
	{ TCP4, SOL_SOCKET, SO_BINDTOIFINDEX, 0, 0, 0, 0 },
	{ TCP4, SOL_SOCKET, SO_BINDTOIFINDEX, 7, 0, 0, 7 },
	{ TCP4, SOL_SOCKET, SO_BINDTOIFINDEX, -1, -EINVAL, 0, 0 },
	{ TCP4, SOL_SOCKET, SO_TXREHASH, 0, 0, 0, 0 },
	{ TCP4, SOL_SOCKET, SO_TXREHASH, 1, 0, 0, 1 },
	{ TCP4, SOL_SOCKET, SO_TXREHASH, 2, -EINVAL, 0, 1 },
	{ TCP4, SOL_SOCKET, SO_TXREHASH, -1, 0, 0, 1 },
	{ TCP4, SOL_SOCKET, SO_TXREHASH, -2, -EINVAL, 0, 1 },
	{ TCP4, SOL_SOCKET, SK_BPF_CB_FLAGS, 0, 0, 0, 0 },
	{ TCP4, SOL_SOCKET, SK_BPF_CB_FLAGS, 1, 0, 0, 1 },
	{ TCP4, SOL_SOCKET, SK_BPF_CB_FLAGS, 2, -EINVAL, 0, 0 },
	{ TCP4, SOL_SOCKET, SK_BPF_CB_FLAGS, -1, -EINVAL, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_NODELAY, 0, 0, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_NODELAY, 7, 0, 0, 1 },
	{ TCP4, IPPROTO_TCP, TCP_MAXSEG, 0, 0, 0, 536 },
	{ TCP4, IPPROTO_TCP, TCP_MAXSEG, 60, -EINVAL, 0, 536 },
	{ TCP4, IPPROTO_TCP, TCP_MAXSEG, 100, 0, 0, 100 },
	{ TCP4, IPPROTO_TCP, TCP_MAXSEG, 32767, 0, 0, 32767 },
	{ TCP4, IPPROTO_TCP, TCP_MAXSEG, 32768, -EINVAL, 0, 536 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPIDLE, 0, -EINVAL, 0, 7200 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPIDLE, 1, 0, 0, 1 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPIDLE, 32767, 0, 0, 32767 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPIDLE, 32768, -EINVAL, 0, 7200 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPINTVL, 0, -EINVAL, 0, 75 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPINTVL, 1, 0, 0, 1 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPINTVL, 32767, 0, 0, 32767 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPINTVL, 32768, -EINVAL, 0, 75 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPCNT, 0, -EINVAL, 0, 9 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPCNT, 1, 0, 0, 1 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPCNT, 127, 0, 0, 127 },
	{ TCP4, IPPROTO_TCP, TCP_KEEPCNT, 128, -EINVAL, 0, 9 },
	{ TCP4, IPPROTO_TCP, TCP_SYNCNT, 0, -EINVAL, 0, 6 },
	{ TCP4, IPPROTO_TCP, TCP_SYNCNT, 127, 0, 0, 127 },
	{ TCP4, IPPROTO_TCP, TCP_SYNCNT, 128, -EINVAL, 0, 6 },
	{ TCP4, IPPROTO_TCP, TCP_WINDOW_CLAMP, 0, 0, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_WINDOW_CLAMP, 1, 0, 0, 1152 },
	{ TCP4, IPPROTO_TCP, TCP_WINDOW_CLAMP, 2303, 0, 0, 2303 },
	{ TCP4, IPPROTO_TCP, TCP_WINDOW_CLAMP, -1, 0, 0, 1152 },
	{ TCP4, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 0, 0, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 1, 0, 0, 1 },
	{ TCP4, IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 2, -EINVAL, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 0, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_USER_TIMEOUT, 1000, 0, 0, 1000 },
	{ TCP4, IPPROTO_TCP, TCP_USER_TIMEOUT, -1, -EINVAL, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 7, 0, 0, 7 },
	{ TCP4, IPPROTO_TCP, TCP_NOTSENT_LOWAT, -1, 0, 0, -1 },
	{ TCP4, IPPROTO_TCP, TCP_SAVE_SYN, 0, 0, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_SAVE_SYN, 2, 0, 0, 2 },
	{ TCP4, IPPROTO_TCP, TCP_SAVE_SYN, 3, -EINVAL, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_SAVE_SYN, -1, -EINVAL, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_RTO_MAX_MS, 999, -EINVAL, 0, 120000 },
	{ TCP4, IPPROTO_TCP, TCP_RTO_MAX_MS, 1001, 0, 0, 1004 },
	{ TCP4, IPPROTO_TCP, TCP_RTO_MAX_MS, 120000, 0, 0, 120000 },
	{ TCP4, IPPROTO_TCP, TCP_RTO_MAX_MS, 120001, -EINVAL, 0, 120000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_IW, 0, -EINVAL, -EINVAL, 0 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_IW, 1, 0, -EINVAL, 0 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_SNDCWND_CLAMP, 0, -EINVAL, -EINVAL, 0 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_SNDCWND_CLAMP, 1, 0, -EINVAL, 0 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_DELACK_MAX, 2304, -EINVAL, 0, 200000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_DELACK_MAX, 4096, 0, 0, 8000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_DELACK_MAX, 32767, 0, 0, 36000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_DELACK_MAX, 200000, 0, 0, 200000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_DELACK_MAX, 200001, -EINVAL, 0, 200000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_RTO_MIN, 2303, -EINVAL, 0, 200000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_RTO_MIN, 4096, 0, 0, 8000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_RTO_MIN, 120001, 0, 0, 124000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_RTO_MIN, 200001, -EINVAL, 0, 200000 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_SOCK_OPS_CB_FLAGS, 0, 0, 0, 0 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_SOCK_OPS_CB_FLAGS, 127, 0, 0, 127 },
	{ TCP4, IPPROTO_TCP, TCP_BPF_SOCK_OPS_CB_FLAGS, 128, -EINVAL, 0, 0 },
	{ TCP4, IPPROTO_IP, IP_TOS, 0, 0, 0, 0 },
	{ TCP4, IPPROTO_IP, IP_TOS, 3, 0, 0, 0 },
	{ TCP4, IPPROTO_IP, IP_TOS, 10, 0, 0, 8 },
	{ TCP4, IPPROTO_IP, IP_TOS, 60, 0, 0, 60 },
	{ TCP4, IPPROTO_IP, IP_TOS, 255, 0, 0, 252 },
	{ TCP4, IPPROTO_IP, IP_TOS, 256, 0, 0, 0 },
	{ TCP4, IPPROTO_IP, IP_TOS, 999, 0, 0, 228 },
	{ TCP4, IPPROTO_IP, IP_TOS, -1, 0, 0, 252 },
	{ UDP4, SOL_SOCKET, SO_RCVLOWAT, -1, 0, 0, INT_MAX },
	{ UDP4, SOL_SOCKET, SO_TXREHASH, 1, -EOPNOTSUPP, -EOPNOTSUPP, 0 },
	{ UDP4, IPPROTO_TCP, TCP_NODELAY, 1, -EINVAL, -EINVAL, 0 },
	{ UDP4, IPPROTO_IP, IP_TOS, 7, 0, 0, 7 },
	{ UDP4, IPPROTO_IP, IP_TOS, 999, 0, 0, 231 },
	{ UDP4, IPPROTO_IPV6, IPV6_TCLASS, 4, -EINVAL, -EINVAL, 0 },
	{ TCP6, IPPROTO_IP, IP_TOS, 7, 0, 0, 4 },
	{ TCP6, IPPROTO_IPV6, IPV6_TCLASS, 7, 0, 0, 4 },
	{ TCP6, IPPROTO_IPV6, IPV6_TCLASS, -1, 0, 0, 0 },
	{ TCP6, IPPROTO_IPV6, IPV6_TCLASS, 256, -EINVAL, 0, 0 },
	{ TCP6, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 7, 0, 0, 1 },
	{ UDP6, IPPROTO_IPV6, IPV6_TCLASS, 7, 0, 0, 7 },
	{ TCP4, 99, 1, 1, -EINVAL, -EINVAL, 0 },
	{ TCP4, SOL_SOCKET, SO_TYPE, 1, -EINVAL, -EINVAL, 0 },
};

static void values_are_taken_and_told(void **state)
{
	const struct backend *b = backend_of(state);
	struct programs programs;

	if (!set_up(b, &programs))
		skip();
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct request r = {
			.set_level = rows[i].level, .set_name = rows[i].name,
			.get_level = rows[i].level, .get_name = rows[i].name, .size = 4,
		};
		int32_t got;

		memcpy(r.value, &rows[i].value, sizeof(rows[i].value));
		ask(b, &programs, rows[i].socket, &r);
		memcpy(&got, r.value, sizeof(got));
		if (r.set_result != rows[i].set_result || r.get_result != rows[i].get_result ||
		    got != rows[i].want)
			fail_msg("row %zu: level %d name %d value %d: %d, %d, %d", i, rows[i].level,
				 rows[i].name, rows[i].value, r.set_result, r.get_result, got);
	}
	tear_down(b, &programs);
}

static void sizes_must_be_those_of_an_int(void **state)
{
	const struct backend *b = backend_of(state);
	struct programs programs;

	if (!set_up(b, &programs))
		skip();
	for (size_t i = 0; i < ARRAY_CNT(rows); i++)
		for (uint32_t size = 1; size <= 8; size += size == 3 ? 2 : 1) {
			struct request r = {
				.set_level = rows[i].level, .set_name = rows[i].name,
				.get_level = rows[i].level, .get_name = rows[i].name,
				.size = size, .value = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
			};

			if (size == 4)
				continue;
			ask(b, &programs, rows[i].socket, &r);
			if (r.set_result != -EINVAL || r.get_result != -EINVAL || r.value[0])
				fail_msg("row %zu, %u bytes: %d, %d, %d", i, size, r.set_result,
					 r.get_result, r.value[0]);
			assert_int_equal(r.value[size], 1);
		}
	tear_down(b, &programs);
}

/* ---- what is not an integer, and what changes something else ---- */

#define TEXT(text) .size = sizeof(text), .value = text

static void texts_and_side_effects(void **state)
{
	static const struct {
		const char *name;
		struct request ask;
		int set_result, get_result;
		char want[5];
	} texts[] = {
		{ "algorithm", { IPPROTO_TCP, TCP_CONGESTION, IPPROTO_TCP, TCP_CONGESTION,
				 TEXT("reno") }, 0, 0, "reno" },
		{ "unknown algorithm", { IPPROTO_TCP, TCP_CONGESTION, SOL_SOCKET, SO_TYPE,
					 TEXT("nosuch") }, -ENOENT, -EINVAL, "" },
		{ "forbidden algorithm", { IPPROTO_TCP, TCP_CONGESTION, SOL_SOCKET, SO_TYPE,
					   TEXT("cdg") }, -ENOTSUPP, -EINVAL, "" },
		{ "one byte of an algorithm", { IPPROTO_TCP, TCP_CONGESTION, IPPROTO_TCP,
						TCP_CONGESTION, .size = 1 },
		  -EINVAL, -EINVAL, "" },
		{ "device", { SOL_SOCKET, SO_BINDTODEVICE, SOL_SOCKET, SO_BINDTOIFINDEX,
			      .size = 4, .value = "lo" }, 0, 0, "\001" },
		{ "unknown device", { SOL_SOCKET, SO_BINDTODEVICE, SOL_SOCKET, SO_BINDTOIFINDEX,
				      .size = 4, .value = "nil" }, -ENODEV, 0, "" },
		{ "device is not told", { SOL_SOCKET, SO_TYPE, SOL_SOCKET, SO_BINDTODEVICE,
					  .size = 4 }, -EINVAL, -EINVAL, "" },
		{ "saved SYN", { IPPROTO_TCP, TCP_SAVED_SYN, IPPROTO_TCP, TCP_SAVED_SYN, .size = 4 },
		  -ENOPROTOOPT, -EINVAL, "" },
		{ "short saved SYN", { IPPROTO_TCP, TCP_SAVED_SYN, IPPROTO_TCP, TCP_SAVED_SYN,
				       .size = 3 }, -EINVAL, -EINVAL, "" },
		{ "service decides priority", { IPPROTO_IP, IP_TOS, SOL_SOCKET, SO_PRIORITY,
						.size = 4, .value = { 60 } }, 0, 0, "\004" },
		{ "bulk service", { IPPROTO_IP, IP_TOS, SOL_SOCKET, SO_PRIORITY, .size = 4,
				    .value = { 10 } }, 0, 0, "\002" },
		{ "low water wants no window", { SOL_SOCKET, SO_RCVLOWAT, IPPROTO_TCP,
						TCP_WINDOW_CLAMP, .size = 4,
						.value = { 0, 0, 16 } }, 0, 0, "" },
		{ "low water wants a buffer", { SOL_SOCKET, SO_RCVLOWAT, SOL_SOCKET, SO_RCVBUF,
						.size = 4, .value = { 0, 0, 16 } }, 0, 0,
		  "\000\000\040" },
	};
	const struct backend *b = backend_of(state);
	struct programs programs;

	if (!set_up(b, &programs))
		skip();
	for (size_t i = 0; i < ARRAY_CNT(texts); i++) {
		struct request r = texts[i].ask;

		ask(b, &programs, TCP4, &r);
		if (r.set_result != texts[i].set_result || r.get_result != texts[i].get_result ||
		    memcmp(r.value, texts[i].want, r.size < 4 ? 1 : 3))
			fail_msg("%s: %d, %d, %02x %02x %02x", texts[i].name, r.set_result,
				 r.get_result, r.value[0], r.value[1], r.value[2]);
	}
	tear_down(b, &programs);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(values_are_taken_and_told),
		BOTH(sizes_must_be_those_of_an_int),
		BOTH(texts_and_side_effects),
	};

	return run_on_both("extensions: socket options", tests, ARRAY_CNT(tests));
}
