/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What programs on sockets do to system calls: on the real kernel this process, in a cgroup of its
 * own, makes the calls, on the emulated one it describes them. Results and addresses are the same.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <bpfx/net.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "own_cgroup.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define LOCAL	     0x7f000001u
#define OTHER	     0x7f000002u

/* ---- programs of a cgroup ---- */

static int cgroup = -1;
static uint64_t cgroup_id;

static void enter_cgroup(const struct backend *b)
{
	cgroup = b->emulated ? some_cgroup(&cgroup_id) : own_cgroup_enter();
	if (cgroup < 0)
		skip();
	if (!b->emulated)
		own_loopback_up();
}

static void leave_cgroup(const struct backend *b)
{
	if (b->emulated)
		close(cgroup);
}

static int load_at(const struct backend *b, uint32_t type, uint32_t attach_type,
		   const struct bpf_insn *insns, uint32_t cnt)
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

/* The link alone keeps the program. */
static int attach(const struct backend *b, int prog, uint32_t attach_type)
{
	union bpf_attr attr;
	int link;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = cgroup;
	attr.link_create.attach_type = attach_type;
	link = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	b->close(prog);
	if (link < 0)
		fail_msg("attach: %s", result_name(link));
	return link;
}

#define ATTACH(b, type, attach_type, ...)                                                          \
	attach(b, load_at(b, type, attach_type, (const struct bpf_insn[]){ __VA_ARGS__ },          \
			  ARRAY_CNT(((const struct bpf_insn[]){ __VA_ARGS__ }))), attach_type)
#define ATTACH_ADDR(b, attach_type, ...)                                                           \
	ATTACH(b, BPF_PROG_TYPE_CGROUP_SOCK_ADDR, attach_type, __VA_ARGS__)

/* ---- system calls, made or described; results are 0 or -errno ---- */

static struct sockaddr_in address(uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip),
	};
}

static struct bpfx_sock *describe(uint32_t family, uint32_t type)
{
	const struct bpfx_sock_info info = {
		.sz = sizeof(info), .family = family, .type = type, .cgroup_id = cgroup_id,
	};
	struct bpfx_sock *sock;

	assert_int_equal(bpfx_sock_create(&info, &sock), 0);
	return sock;
}

/* An event whose address is @sa; changed there. */
static int describe_call(uint32_t attach_type, uint32_t type, struct sockaddr *sa, uint32_t size)
{
	struct bpfx_sock *sock = describe(sa->sa_family, type);
	struct bpfx_sock_addr event = {
		.sz = sizeof(event), .attach_type = attach_type, .address = sa,
		.address_size = size,
	};

	assert_true(bpfx_sock_addr_event(sock, &event) >= 0);
	bpfx_sock_destroy(sock);
	return event.verdict;
}

static int result_of(int ret)
{
	return ret < 0 ? -errno : 0;
}

static int call_connect(const struct backend *b, uint32_t type, struct sockaddr_in *in)
{
	socklen_t size = sizeof(*in);
	int fd, ret;

	if (b->emulated)
		return describe_call(BPF_CGROUP_INET4_CONNECT, type, (struct sockaddr *)in, size);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	ret = result_of(connect(fd, (struct sockaddr *)in, sizeof(*in)));
	if (!ret)
		assert_int_equal(getpeername(fd, (struct sockaddr *)in, &size), 0);
	close(fd);
	return ret;
}

static int call_bind(const struct backend *b, uint32_t type, struct sockaddr_in *in)
{
	socklen_t size = sizeof(*in);
	int fd, ret;

	if (b->emulated)
		return describe_call(BPF_CGROUP_INET4_BIND, type, (struct sockaddr *)in, size);
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	ret = result_of(bind(fd, (struct sockaddr *)in, sizeof(*in)));
	if (!ret)
		assert_int_equal(getsockname(fd, (struct sockaddr *)in, &size), 0);
	close(fd);
	return ret;
}

static int call_post_bind(const struct backend *b, uint32_t type, struct sockaddr_in *in)
{
	struct bpfx_sock *sock;
	int ret;

	if (!b->emulated)
		return call_bind(b, type, in);
	sock = describe(AF_INET, type);
	ret = bpfx_sock_event(sock, BPF_CGROUP_INET4_POST_BIND);
	bpfx_sock_destroy(sock);
	return ret;
}

static int call_socket(const struct backend *b, uint32_t type, struct sockaddr_in *in)
{
	struct bpfx_sock *sock;
	int ret;

	if (b->emulated) {
		sock = describe(AF_INET, type);
		ret = bpfx_sock_event(sock, BPF_CGROUP_INET_SOCK_CREATE);
		bpfx_sock_destroy(sock);
		return ret;
	}
	ret = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (ret < 0)
		return -errno;
	close(ret);
	return 0;
}

static int call_sendto(const struct backend *b, uint32_t type, struct sockaddr_in *in)
{
	int fd, ret;

	if (b->emulated)
		return describe_call(BPF_CGROUP_UDP4_SENDMSG, type, (struct sockaddr *)in,
				     sizeof(*in));
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	ret = result_of(sendto(fd, "x", 1, 0, (struct sockaddr *)in, sizeof(*in)));
	close(fd);
	return ret;
}

static int call_unix_connect(const struct backend *b, uint32_t type, struct sockaddr_in *in)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX }, peer = un;
	int door, fd, ret;

	(void)in;
	snprintf(un.sun_path + 1, sizeof(un.sun_path) - 1, "bpf-shim-test-%d", getpid());
	if (b->emulated)
		return describe_call(BPF_CGROUP_UNIX_CONNECT, SOCK_DGRAM, (struct sockaddr *)&un,
				     sizeof(un));
	door = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(door, (struct sockaddr *)&un, sizeof(un)), 0);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	peer = un;
	ret = result_of(connect(fd, (struct sockaddr *)&peer, sizeof(peer)));
	close(fd);
	close(door);
	return ret;
}

/* ---- who refuses, and with what ---- */

struct step {
	bool sets;		/* bpf_set_retval(value) */
	int value, result;
};

/* A program that may look for what those before it made of the result. */
static int attach_step(const struct backend *b, uint32_t type, uint32_t attach_type,
		       const struct step *step)
{
	if (!step->sets)
		return ATTACH(b, type, attach_type, MOV_IMM(0, step->result), EXIT());
	return ATTACH(b, type, attach_type, MOV_IMM(1, step->value), CALL(BPF_FUNC_set_retval),
		      MOV_IMM(0, step->result), EXIT());
}

/* Replaces @before by @after. */
static int attach_replacing(const struct backend *b, uint32_t type, uint32_t attach_type,
			    int before, int after)
{
	return ATTACH(b, type, attach_type, CALL(BPF_FUNC_get_retval), MOV_REG(1, 0),
		      ALU_IMM(LSH, 1, 32), ALU_IMM(ARSH, 1, 32), JUMP_IMM(JNE, 1, before, 2),
		      MOV_IMM(1, after), CALL(BPF_FUNC_set_retval), MOV_IMM(0, 1), EXIT());
}

static const struct {
	const char *name;
	uint32_t prog_type, attach_type, sock_type;
	int (*call)(const struct backend *b, uint32_t type, struct sockaddr_in *in);
} calls[] = {
	{ "connect", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT, SOCK_DGRAM,
	  call_connect },
	{ "bind", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND, SOCK_DGRAM, call_bind },
	{ "sendmsg", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP4_SENDMSG, SOCK_DGRAM,
	  call_sendto },
	{ "unix connect", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UNIX_CONNECT, SOCK_DGRAM,
	  call_unix_connect },
	{ "socket", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE, SOCK_DGRAM,
	  call_socket },
	{ "post_bind", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND, SOCK_STREAM,
	  call_post_bind },
};

/* Any of one's own, or somebody's. */
static uint16_t port_of(size_t call)
{
	return calls[call].call == call_bind || calls[call].call == call_post_bind ? 0 : 9;
}

static void refusals_are_told_as_on_linux(void **state)
{
	static const struct {
		struct step steps[3];
		int cnt, want;
	} rows[] = {
		{ { { .result = 1 } }, 1, 0 },
		{ { { .result = 0 } }, 1, -EPERM },
		{ { { true, -EACCES, 0 } }, 1, -EACCES },
		{ { { true, -EACCES, 1 } }, 1, -EACCES },
		{ { { true, -EACCES, 1 }, { .result = 0 } }, 2, -EACCES },
		{ { { true, -EACCES, 1 }, { .result = 1 } }, 2, -EACCES },
		{ { { .result = 0 }, { .result = 1 } }, 2, -EPERM },
		{ { { .result = 1 }, { .result = 0 } }, 2, -EPERM },
		{ { { .result = 0 }, { true, 0, 1 } }, 2, 0 },
		{ { { .result = 0 }, { true, 0, 0 } }, 2, -EPERM },
		{ { { .result = 0 }, { true, -EBUSY, 1 } }, 2, -EBUSY },
		{ { { true, 0, 0 } }, 1, -EPERM },
		{ { { true, -EBUSY, 1 }, { true, 0, 1 } }, 2, 0 },
		{ { { true, -EBUSY, 1 }, { true, 0, 1 }, { .result = 0 } }, 3, -EPERM },
	};
	const struct backend *b = backend_of(state);

	enter_cgroup(b);
	for (size_t c = 0; c < ARRAY_CNT(calls); c++)
		for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
			struct sockaddr_in in = address(LOCAL, port_of(c));
			int links[3], got;

			for (int n = 0; n < rows[i].cnt; n++)
				links[n] = attach_step(b, calls[c].prog_type, calls[c].attach_type,
						       &rows[i].steps[n]);
			got = calls[c].call(b, calls[c].sock_type, &in);
			for (int n = 0; n < rows[i].cnt; n++)
				b->close(links[n]);
			if (got != rows[i].want)
				fail_msg("%s, row %zu: %s, not %s", calls[c].name, i,
					 result_name(got), result_name(rows[i].want));
		}
	leave_cgroup(b);
}

static void a_refusal_can_be_read_and_replaced(void **state)
{
	const struct backend *b = backend_of(state);

	enter_cgroup(b);
	for (size_t c = 0; c < ARRAY_CNT(calls); c++) {
		static const struct step refuses = { .result = 0 }, allows = { .result = 1 };
		struct sockaddr_in in = address(LOCAL, port_of(c));
		int first = attach_step(b, calls[c].prog_type, calls[c].attach_type, &refuses);
		int second = attach_replacing(b, calls[c].prog_type, calls[c].attach_type, -EPERM,
					      -ENOLINK);

		assert_int_equal(calls[c].call(b, calls[c].sock_type, &in), -ENOLINK);
		b->close(first);
		first = attach_step(b, calls[c].prog_type, calls[c].attach_type, &allows);
		b->close(second);
		second = attach_replacing(b, calls[c].prog_type, calls[c].attach_type, 0,
					  -EXDEV);
		assert_int_equal(calls[c].call(b, calls[c].sock_type, &in), -EXDEV);
		b->close(first);
		b->close(second);
	}
	leave_cgroup(b);
}

/* ---- addresses ---- */

#define USER_IP4  offsetof(struct bpf_sock_addr, user_ip4)
#define USER_PORT offsetof(struct bpf_sock_addr, user_port)
#define REDIRECT(ip, port)                                                                         \
	MOV_IMM(2, (int)htonl(ip)), STORE(W, 1, 2, USER_IP4), MOV_IMM(2, htons(port)),             \
	STORE(W, 1, 2, USER_PORT), MOV_IMM(0, 1), EXIT()

static void destinations_are_changed(void **state)
{
	const struct backend *b = backend_of(state);
	struct sockaddr_in in = address(0x0a0a0a0a, 53);
	int link;

	enter_cgroup(b);
	link = ATTACH_ADDR(b, BPF_CGROUP_INET4_CONNECT, REDIRECT(OTHER, 4053));
	assert_int_equal(call_connect(b, SOCK_DGRAM, &in), 0);
	assert_int_equal(ntohl(in.sin_addr.s_addr), OTHER);
	assert_int_equal(ntohs(in.sin_port), 4053);
	b->close(link);
	link = ATTACH_ADDR(b, BPF_CGROUP_INET4_BIND, REDIRECT(OTHER, 40531));
	in = address(0x0a0a0a0a, 53);
	assert_int_equal(call_bind(b, SOCK_DGRAM, &in), 0);
	assert_int_equal(ntohl(in.sin_addr.s_addr), OTHER);
	assert_int_equal(ntohs(in.sin_port), 40531);
	b->close(link);
	leave_cgroup(b);
}

/* What programs see of a call: 1 if all is as expected, else the call is refused. */
#define SEE(size, field, value)                                                                    \
	LOAD(size, 2, 6, offsetof(struct bpf_sock_addr, field)), JUMP_IMM(JEQ, 2, value, 1), EXIT()
#define SEE_SOCK(field, value)                                                                     \
	LOAD(W, 2, 7, offsetof(struct bpf_sock, field)), JUMP_IMM(JEQ, 2, value, 1), EXIT()

static void programs_see_the_call_and_its_socket(void **state)
{
	const struct backend *b = backend_of(state);
	struct sockaddr_in in = address(LOCAL, 9);
	int link;

	enter_cgroup(b);
	link = ATTACH_ADDR(b, BPF_CGROUP_INET4_CONNECT, MOV_REG(6, 1), MOV_IMM(0, 0),
			   SEE(W, user_family, AF_INET), SEE(W, user_ip4, (int)htonl(LOCAL)),
			   SEE(W, user_port, htons(9)), SEE(W, family, AF_INET),
			   SEE(W, type, SOCK_DGRAM), SEE(W, protocol, IPPROTO_UDP),
			   SEE(B, user_ip4, 127), LOAD(DW, 7, 6, offsetof(struct bpf_sock_addr, sk)),
			   SEE_SOCK(family, AF_INET), SEE_SOCK(type, SOCK_DGRAM),
			   SEE_SOCK(protocol, IPPROTO_UDP), SEE_SOCK(mark, 0), SEE_SOCK(priority, 0),
			   SEE_SOCK(src_port, 0), SEE_SOCK(dst_port, 0), SEE_SOCK(dst_ip4, 0),
			   SEE_SOCK(state, BPF_TCP_CLOSE), SEE_SOCK(bound_dev_if, 0),
			   MOV_REG(1, 6), CALL(BPF_FUNC_get_socket_cookie), MOV_REG(7, 0),
			   MOV_REG(1, 6), CALL(BPF_FUNC_get_socket_cookie), MOV_REG(8, 0),
			   MOV_IMM(0, 0), JUMP_IMM(JNE, 7, 0, 1), EXIT(), JUMP_REG(JEQ, 7, 8, 1),
			   EXIT(), MOV_IMM(0, 1), EXIT());
	assert_int_equal(call_connect(b, SOCK_DGRAM, &in), 0);
	b->close(link);
	leave_cgroup(b);
}

/* bpf_bind() in a connect program: what comes of it, as the call's result. */
static void connecting_sockets_are_bound(void **state)
{
	static const struct {
		const char *name;
		uint32_t ip;
		uint16_t family, port;
		int size, want;
	} rows[] = {
		{ "any port", LOCAL, AF_INET, 0, 16, 0 },
		{ "of an interface", OTHER, AF_INET, 0, 16, 0 },
		{ "any address", 0, AF_INET, 0, 16, 0 },
		{ "nobody's address", 0x0a0a0a0a, AF_INET, 0, 16, -EADDRNOTAVAIL },
		{ "too short", LOCAL, AF_INET, 0, 15, -EINVAL },
		{ "no family", LOCAL, AF_INET, 0, 1, -EINVAL },
		{ "another family", LOCAL, AF_UNIX, 0, 16, -EAFNOSUPPORT },
		{ "IPv6, short", LOCAL, AF_INET6, 0, 16, -EINVAL },
		{ "a port", LOCAL, AF_INET, 40123, 16, 0 },
	};
	const struct backend *b = backend_of(state);

	enter_cgroup(b);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		struct sockaddr_in in = address(LOCAL, 9), from = address(rows[i].ip, rows[i].port);
		uint64_t word;
		int link, got;

		from.sin_family = rows[i].family;
		memcpy(&word, &from, sizeof(word));
		link = ATTACH_ADDR(b, BPF_CGROUP_INET4_CONNECT, IMM64(2, word), STORE(DW, 10, 2, -16),
				   STORE_IMM(DW, 10, -8, 0), MOV_REG(2, 10), ALU_IMM(ADD, 2, -16),
				   MOV_IMM(3, rows[i].size), CALL(BPF_FUNC_bind),
				   JUMP_IMM(JEQ, 0, 0, 4), MOV_REG(1, 0), CALL(BPF_FUNC_set_retval),
				   MOV_IMM(0, 0), EXIT(), MOV_IMM(0, 1), EXIT());
		got = call_connect(b, SOCK_DGRAM, &in);
		if (got != rows[i].want)
			fail_msg("%s: %s", rows[i].name, result_name(got));
		b->close(link);
	}
	leave_cgroup(b);
}

/* ---- what only tells: sockets' ends and where datagrams come from ---- */

static void ends_are_told_otherwise(void **state)
{
	const struct backend *b = backend_of(state);
	struct sockaddr_in door = address(LOCAL, 0), peer, own;
	socklen_t size = sizeof(door);
	int server = -1, client = -1, links[3];
	char byte;

	enter_cgroup(b);
	links[0] = ATTACH_ADDR(b, BPF_CGROUP_INET4_GETPEERNAME, REDIRECT(0x01020304, 5));
	links[1] = ATTACH_ADDR(b, BPF_CGROUP_INET4_GETSOCKNAME, REDIRECT(0x05060708, 6));
	links[2] = ATTACH_ADDR(b, BPF_CGROUP_UDP4_RECVMSG, REDIRECT(0x090a0b0c, 7));
	if (b->emulated) {
		peer = own = door;
		assert_int_equal(describe_call(BPF_CGROUP_INET4_GETPEERNAME, SOCK_DGRAM,
					       (struct sockaddr *)&peer, size), 0);
		assert_int_equal(describe_call(BPF_CGROUP_INET4_GETSOCKNAME, SOCK_DGRAM,
					       (struct sockaddr *)&own, size), 0);
		assert_int_equal(describe_call(BPF_CGROUP_UDP4_RECVMSG, SOCK_DGRAM,
					       (struct sockaddr *)&door, size), 0);
	} else {
		server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		door.sin_port = htons(40777);
		assert_int_equal(bind(server, (struct sockaddr *)&door, size), 0);
		assert_int_equal(connect(client, (struct sockaddr *)&door, size), 0);
		assert_int_equal(send(client, "x", 1, 0), 1);
		assert_int_equal(recvfrom(server, &byte, 1, 0, (struct sockaddr *)&door, &size), 1);
		getpeername(client, (struct sockaddr *)&peer, &size);
		getsockname(client, (struct sockaddr *)&own, &size);
		close(client);
		close(server);
	}
	for (int i = 0; i < 3; i++)
		b->close(links[i]);
	assert_int_equal(ntohl(peer.sin_addr.s_addr), 0x01020304);
	assert_int_equal(ntohs(peer.sin_port), 5);
	assert_int_equal(ntohl(own.sin_addr.s_addr), 0x05060708);
	assert_int_equal(ntohs(own.sin_port), 6);
	assert_int_equal(ntohl(door.sin_addr.s_addr), 0x090a0b0c);
	assert_int_equal(ntohs(door.sin_port), 7);
	leave_cgroup(b);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(refusals_are_told_as_on_linux),
		BOTH(a_refusal_can_be_read_and_replaced),
		BOTH(destinations_are_changed),
		BOTH(programs_see_the_call_and_its_socket),
		BOTH(connecting_sockets_are_bound),
		BOTH(ends_are_told_otherwise),
	};

	return run_on_both("extensions: events of sockets", tests, ARRAY_CNT(tests));
}
