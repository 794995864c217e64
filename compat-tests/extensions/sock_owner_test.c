/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Who owns a flow: programs are told the process that the socket was made for, not the one that
 * happens to run them. Named after the scenarios of requirement R0.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpfx/net.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "own_cgroup.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE	     4096u

static const struct backend *const b = &emulated_backend;
static int cgroup = -1;
static uint64_t cgroup_id;

static int set_up(void **state)
{
	cgroup = some_cgroup(&cgroup_id);
	return 0;
}

static int attach(int prog, uint32_t attach_type)
{
	union bpf_attr attr;
	int link;

	if (prog < 0)
		fail_msg("load: %s", result_name(prog));
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

static int load_at(uint32_t type, uint32_t attach_type, const struct bpf_insn *insns, uint32_t cnt)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uintptr_t)"GPL";
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* A map where programs leave what they were told: pid_tgid of two calls, number of runs. */
struct told {
	uint64_t first, second, runs;
};

static int told_map(void)
{
	int map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct told), 1, 0);

	assert_true(map >= 0);
	return map;
}

static struct told read_told(int map)
{
	struct told told;
	uint32_t key = 0;

	assert_int_equal(map_lookup(b, map, &key, &told), 0);
	return told;
}

static int load_telling(uint32_t type, uint32_t attach_type, int map)
{
	const struct bpf_insn insns[] = {
		MAP_VALUE(6, map, 0), CALL(BPF_FUNC_get_current_pid_tgid), STORE(DW, 6, 0, 0),
		CALL(BPF_FUNC_get_current_pid_tgid), STORE(DW, 6, 0, 8), LOAD(DW, 1, 6, 16),
		ALU_IMM(ADD, 1, 1), STORE(DW, 6, 1, 16), MOV_IMM(0, 1), EXIT(),
	};

	return load_at(type, attach_type, insns, ARRAY_CNT(insns));
}

/* ---- flows ---- */

static struct bpfx_sock *flow_of(uint32_t known, uint32_t pid, uint32_t tid)
{
	const struct bpfx_sock_info info = {
		.sz = sizeof(info), .cgroup_id = cgroup_id, .family = AF_INET, .type = SOCK_STREAM,
		.owner = { .known = known, .pid = pid, .tid = tid },
		.local = { { htonl(0x0a000001) }, 443 }, .remote = { { htonl(0x0a000002) }, 50000 },
	};
	struct bpfx_sock *flow;

	assert_int_equal(bpfx_sock_create(&info, &flow), 0);
	return flow;
}

struct event {
	struct bpfx_sock *flow;
	uint32_t op, new_state;
	int ran, reply;
};

static void *fire(void *arg)
{
	struct event *e = arg;
	struct bpfx_sock_ops event = {
		.sz = sizeof(event), .op = e->op, .args = { 0, e->new_state },
	};

	e->ran = bpfx_sock_ops_event(e->flow, &event);
	e->reply = event.reply;
	return NULL;
}

/* On a thread that is nobody's owner. */
static struct event fire_elsewhere(struct bpfx_sock *flow, uint32_t op, uint32_t new_state)
{
	struct event event = { flow, op, new_state, 0, 0 };
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, fire, &event), 0);
	pthread_join(thread, NULL);
	return event;
}

/* ---- scenarios ---- */

static void s31_passive_established_sees_the_owner(void **state)
{
	int map = told_map();
	int link = attach(load_telling(BPF_PROG_TYPE_SOCK_OPS, 0, map), BPF_CGROUP_SOCK_OPS);
	struct bpfx_sock *flow = flow_of(1, 4321, 0);
	struct told told;

	assert_int_not_equal(getpid(), 4321);
	assert_int_equal(fire_elsewhere(flow, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, 0).ran, 1);
	told = read_told(map);
	assert_int_equal(told.first >> 32, 4321);
	assert_int_equal((uint32_t)told.first, 4321);	/* no thread known: the pid again */
	assert_true(told.first == told.second);
	bpfx_sock_destroy(flow);
	flow = flow_of(1, 4321, 4325);
	fire_elsewhere(flow, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, 0);
	assert_true(read_told(map).first == (4321ull << 32 | 4325));
	bpfx_sock_destroy(flow);
	b->close(link);
	b->close(map);
}

static void s32_nobody_known_is_zero_and_counted(void **state)
{
	int map = told_map();
	int link = attach(load_telling(BPF_PROG_TYPE_SOCK_OPS, 0, map), BPF_CGROUP_SOCK_OPS);
	struct bpfx_sock *flow = flow_of(0, 4321, 4321);
	uint64_t before = bpfx_sock_unowned_events();
	struct event event;

	event = fire_elsewhere(flow, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, 0);
	assert_int_equal(event.ran, 1);
	assert_int_equal(event.reply, 0);
	assert_int_equal(read_told(map).first, 0);
	assert_int_equal(bpfx_sock_unowned_events(), before + 1);
	b->close(link);
	/* The verdict counts all the same. */
	link = attach(load_at(BPF_PROG_TYPE_SOCK_OPS, 0, (const struct bpf_insn[]){
			MOV_IMM(0, 0), EXIT() }, 2), BPF_CGROUP_SOCK_OPS);
	assert_int_equal(fire_elsewhere(flow, BPF_SOCK_OPS_RWND_INIT, 0).reply, -1);
	assert_int_equal(bpfx_sock_unowned_events(), before + 2);
	bpfx_sock_destroy(flow);
	b->close(link);
	b->close(map);
}

/* A process that existed and does not any more. */
static pid_t gone_process(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

static void s33_the_owner_outlives_its_process(void **state)
{
	int map = told_map();
	int link = attach(load_telling(BPF_PROG_TYPE_SOCK_OPS, 0, map), BPF_CGROUP_SOCK_OPS);
	uint32_t pid = gone_process();
	struct bpfx_sock *flow = flow_of(1, pid, 0);

	fire_elsewhere(flow, BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB, 0);
	assert_int_equal(read_told(map).first >> 32, pid);
	fire_elsewhere(flow, BPF_SOCK_OPS_STATE_CB, BPF_TCP_CLOSE);
	assert_int_equal(read_told(map).first >> 32, pid);
	assert_int_equal(read_told(map).runs, 2);
	bpfx_sock_destroy(flow);
	b->close(link);
	b->close(map);
}

static void s34_each_type_has_its_own_current_process(void **state)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct bpfx_sock_addr event = {
		.sz = sizeof(event), .attach_type = BPF_CGROUP_INET4_CONNECT,
		.address = (struct sockaddr *)&in, .address_size = sizeof(in),
		.owner = { .known = 1, .pid = 77, .tid = 78 },
	};
	int ops_map = told_map(), addr_map = told_map(), sock_map = told_map();
	int links[] = {
		attach(load_telling(BPF_PROG_TYPE_SOCK_OPS, 0, ops_map), BPF_CGROUP_SOCK_OPS),
		attach(load_telling(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT,
				    addr_map), BPF_CGROUP_INET4_CONNECT),
		attach(load_telling(BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE,
				    sock_map), BPF_CGROUP_INET_SOCK_CREATE),
	};
	struct bpfx_sock *flow = flow_of(1, 4321, 4322);

	fire_elsewhere(flow, BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB, 0);
	assert_int_equal(bpfx_sock_addr_event(flow, &event), 1);
	assert_int_equal(bpfx_sock_event(flow, BPF_CGROUP_INET_SOCK_CREATE), 0);
	assert_true(read_told(ops_map).first == (4321ull << 32 | 4322));
	assert_true(read_told(addr_map).first == (77ull << 32 | 78));
	/* No override: whoever runs it, as on Linux. */
	assert_true(read_told(sock_map).first == ((uint64_t)getpid() << 32 | (uint32_t)gettid()));
	/* An address whose caller is not known is the socket's owner's. */
	event.owner.known = 0;
	assert_int_equal(bpfx_sock_addr_event(flow, &event), 1);
	assert_true(read_told(addr_map).first == (4321ull << 32 | 4322));
	bpfx_sock_destroy(flow);
	for (size_t i = 0; i < ARRAY_CNT(links); i++)
		b->close(links[i]);
	b->close(ops_map);
	b->close(addr_map);
	b->close(sock_map);
}

/* ---- S35 ---- */

#define THREADS	 8
#define FLOWS	 10000
#define RING	 (4u << 20)
#define FIRST	 100000u	/* pid of the first flow; its port is the pid's, too */

/* Records are {flow's number as the program reads it in the context, pid_tgid}. */
static int load_recording(int ring)
{
	const struct bpf_insn insns[] = {
		LOAD(W, 6, 1, offsetof(struct bpf_sock_ops, args)), STORE(DW, 10, 6, -16),
		CALL(BPF_FUNC_get_current_pid_tgid), STORE(DW, 10, 0, -8),
		MAP_FD(1, ring), MOV_REG(2, 10), ALU_IMM(ADD, 2, -16), MOV_IMM(3, 16),
		MOV_IMM(4, BPF_RB_NO_WAKEUP), CALL(BPF_FUNC_ringbuf_output),
		MOV_IMM(0, 1), EXIT(),
	};

	return load_at(BPF_PROG_TYPE_SOCK_OPS, 0, insns, ARRAY_CNT(insns));
}

static void *fire_flows(void *arg)
{
	uint32_t first = FIRST + (uint32_t)(uintptr_t)arg * FLOWS;

	for (uint32_t pid = first; pid < first + FLOWS; pid++) {
		struct bpfx_sock_ops event = {
			.sz = sizeof(event), .op = BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB,
			.args = { pid },
		};
		struct bpfx_sock *flow = flow_of(1, pid, 0);

		if (bpfx_sock_ops_event(flow, &event) != 1)
			return arg ? arg : (void *)1;
		bpfx_sock_destroy(flow);
	}
	return NULL;
}

static void check_records(const unsigned char *records, uint64_t size)
{
	static bool seen[THREADS * FLOWS];
	uint32_t cnt = 0;

	for (uint64_t at = 0; at < size; at += 24) {
		uint64_t number, owner;

		memcpy(&number, records + at + 8, 8);
		memcpy(&owner, records + at + 16, 8);
		assert_true(owner == (number << 32 | number));
		assert_in_range(number, FIRST, FIRST + THREADS * FLOWS - 1);
		assert_false(seen[number - FIRST]);
		seen[number - FIRST] = true;
		cnt++;
	}
	assert_int_equal(cnt, THREADS * FLOWS);
}

static void s35_eight_threads_with_ten_thousand_flows_each(void **state)
{
	int ring = map_create_simple(b, BPF_MAP_TYPE_RINGBUF, 0, 0, RING, 0), link, err;
	pthread_t threads[THREADS];
	const unsigned char *mem;
	uint64_t end;

	assert_true(ring >= 0);
	link = attach(load_recording(ring), BPF_CGROUP_SOCK_OPS);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fire_flows, (void *)i), 0);
	for (int i = 0; i < THREADS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	mem = b->mmap(NULL, PAGE + RING, PROT_READ, MAP_SHARED, ring, PAGE, &err);
	assert_non_null(mem);
	memcpy(&end, mem, sizeof(end));
	check_records(mem + PAGE, end);
	munmap((void *)mem, PAGE + RING);
	b->close(link);
	b->close(ring);
}

/* ---- the connection itself ---- */

#define OPS(field) offsetof(struct bpf_sock_ops, field)
#define TCP(field) offsetof(struct bpf_tcp_sock, field)

/* The context, the socket and what is TCP's of it tell the same; only full sockets have the last. */
static void connections_are_told_in_three_ways(void **state)
{
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1), LOAD(DW, 7, 6, OPS(sk)), MOV_IMM(0, 0), JUMP_IMM(JNE, 7, 0, 1), EXIT(),
		LOAD(W, 1, 6, OPS(local_ip4)), LOAD(W, 2, 7, offsetof(struct bpf_sock, src_ip4)),
		JUMP_REG(JEQ, 1, 2, 1), EXIT(),
		LOAD(W, 1, 6, OPS(remote_port)), RAW(BPF_ALU | BPF_END | BPF_TO_BE, 1, 0, 0, 32),
		JUMP_IMM(JEQ, 1, 50000, 1), EXIT(),
		LOAD(H, 1, 7, offsetof(struct bpf_sock, dst_port)),
		RAW(BPF_ALU | BPF_END | BPF_TO_BE, 1, 0, 0, 16), JUMP_IMM(JEQ, 1, 50000, 1), EXIT(),
		MOV_REG(1, 7), CALL(BPF_FUNC_tcp_sock), MOV_REG(8, 0), MOV_IMM(0, 0),
		JUMP_IMM(JNE, 8, 0, 1), EXIT(),
		LOAD(W, 1, 8, TCP(snd_cwnd)), JUMP_IMM(JEQ, 1, 33, 1), EXIT(),
		LOAD(W, 2, 6, OPS(snd_cwnd)), JUMP_REG(JEQ, 1, 2, 1), EXIT(),
		LOAD(DW, 1, 8, TCP(bytes_acked)), LOAD(DW, 2, 6, OPS(bytes_acked)),
		JUMP_REG(JEQ, 1, 2, 1), EXIT(), ALU_IMM(RSH, 1, 40), JUMP_IMM(JEQ, 1, 1, 1), EXIT(),
		LOAD(W, 1, 8, TCP(icsk_retransmits)), JUMP_IMM(JEQ, 1, 9, 1), EXIT(),
		/* A pointer to the one is a pointer to the other. */
		MOV_REG(1, 8), CALL(BPF_FUNC_tcp_sock), MOV_REG(8, 0), MOV_IMM(0, 0),
		JUMP_IMM(JNE, 8, 0, 1), EXIT(), LOAD(W, 1, 8, TCP(snd_cwnd)),
		JUMP_IMM(JEQ, 1, 33, 1), EXIT(), MOV_IMM(0, 1), EXIT(),
	};
	const struct bpf_tcp_sock tcp = {
		.snd_cwnd = 33, .bytes_acked = 1ull << 40 | 5, .icsk_retransmits = 9,
	};
	int link = attach(load_at(BPF_PROG_TYPE_SOCK_OPS, 0, insns, ARRAY_CNT(insns)),
			  BPF_CGROUP_SOCK_OPS);
	struct bpfx_sock *flow = flow_of(1, 4321, 0);
	struct bpfx_sock_ops event = {
		.sz = sizeof(event), .op = BPF_SOCK_OPS_RTT_CB, .tcp = &tcp,
	};

	assert_int_equal(bpfx_sock_ops_event(flow, &event), 1);
	assert_int_equal(event.reply, 0);	/* the program returned 1 */
	event.request_sock = 1;
	assert_int_equal(bpfx_sock_ops_event(flow, &event), 1);
	assert_int_equal(event.reply, -1);
	bpfx_sock_destroy(flow);
	b->close(link);
}

/* ---- misuse ---- */

static void bad_descriptions_are_refused(void **state)
{
	struct bpfx_sock_info info = { .sz = sizeof(info), .family = AF_INET };
	struct bpfx_sock_ops ops = { .sz = sizeof(ops), .op = BPF_SOCK_OPS_RTT_CB };
	unsigned char header[20] = { 0 };
	struct bpfx_sock *sock;

	info.sz = 8;
	assert_int_equal(bpfx_sock_create(&info, &sock), -EINVAL);
	info.sz = sizeof(info);
	info.family = 77;
	assert_int_equal(bpfx_sock_create(&info, &sock), -EINVAL);
	info.family = AF_INET;
	info.type = SOCK_DGRAM;
	assert_int_equal(bpfx_sock_create(&info, &sock), 0);
	assert_int_equal(bpfx_sock_ops_event(sock, &ops), -EINVAL);	/* not TCP */
	assert_int_equal(bpfx_sock_event(sock, BPF_CGROUP_INET4_CONNECT), -EINVAL);
	assert_int_equal(bpfx_sock_event(sock, 12345), -EINVAL);
	bpfx_sock_destroy(sock);
	bpfx_sock_destroy(NULL);
	sock = flow_of(0, 0, 0);
	ops.sz = 8;
	assert_int_equal(bpfx_sock_ops_event(sock, &ops), -EINVAL);
	ops.sz = sizeof(ops);
	ops.op = BPF_SOCK_OPS_VOID;
	assert_int_equal(bpfx_sock_ops_event(sock, &ops), -EINVAL);
	ops.op = BPF_SOCK_OPS_PARSE_HDR_OPT_CB;
	ops.header = header;
	ops.header_size = 19;
	assert_int_equal(bpfx_sock_ops_event(sock, &ops), -EINVAL);
	ops.header = NULL;
	assert_int_equal(bpfx_sock_ops_event(sock, &ops), -EINVAL);
	bpfx_sock_destroy(sock);
}

static void sockets_are_described_as_they_are(void **state)
{
	struct bpfx_endpoint local = { { htonl(0x0a000009) }, 99 };
	struct bpfx_sock *sock = flow_of(1, 7, 8), *other = flow_of(0, 0, 0);
	struct bpfx_sock_info info = { .sz = sizeof(info) };

	assert_int_equal(bpfx_sock_get_info(sock, &info), 0);
	assert_int_equal(info.cgroup_id, cgroup_id);
	assert_int_equal(info.netns_cookie, 1);
	assert_int_equal(info.protocol, IPPROTO_TCP);
	assert_int_equal(info.state, BPF_TCP_CLOSE);
	assert_int_equal(info.owner.pid, 7);
	assert_int_equal(info.remote.port, 50000);
	assert_int_equal(info.remote.address[0], htonl(0x0a000002));
	assert_int_equal(bpfx_sock_set_state(sock, BPF_TCP_ESTABLISHED, &local, NULL), 0);
	assert_int_equal(bpfx_sock_get_info(sock, &info), 0);
	assert_int_equal(info.state, BPF_TCP_ESTABLISHED);
	assert_int_equal(info.local.port, 99);
	assert_int_equal(info.remote.port, 50000);
	assert_true(bpfx_sock_cookie(sock) && bpfx_sock_cookie(sock) != bpfx_sock_cookie(other));
	info.sz = 8;
	assert_int_equal(bpfx_sock_get_info(sock, &info), -EINVAL);
	bpfx_sock_destroy(sock);
	bpfx_sock_destroy(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s31_passive_established_sees_the_owner),
		cmocka_unit_test(s32_nobody_known_is_zero_and_counted),
		cmocka_unit_test(s33_the_owner_outlives_its_process),
		cmocka_unit_test(s34_each_type_has_its_own_current_process),
		cmocka_unit_test(s35_eight_threads_with_ten_thousand_flows_each),
		cmocka_unit_test(connections_are_told_in_three_ways),
		cmocka_unit_test(bad_descriptions_are_refused),
		cmocka_unit_test(sockets_are_described_as_they_are),
	};

	use_private_store();
	kern_host();
	return cmocka_run_group_tests_name("extensions: owners of flows", tests, set_up, NULL);
}
