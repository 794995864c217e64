/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Options of TCP headers, read, written and given room by sock_ops programs: on the real kernel of
 * connections over the loopback interface, on the emulated one of packets like theirs. Each row is
 * a program that calls one helper the first time an operation is told.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpfx/net.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "own_cgroup.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define OPTION_MAX   16
#define INSNS_MAX    64
#define ROOM	     12

/* What came of a row's call: the value of a map. */
struct outcome {
	uint64_t done;
	int64_t result;
	unsigned char option[OPTION_MAX];
};

#define LOAD_IT	   BPF_FUNC_load_hdr_opt
#define STORE_IT   BPF_FUNC_store_hdr_opt
#define RESERVE_IT BPF_FUNC_reserve_hdr_opt

#define CONNECT	BPF_SOCK_OPS_TCP_CONNECT_CB
#define ACTIVE	BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB
#define PASSIVE	BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB
#define LISTENS	BPF_SOCK_OPS_TCP_LISTEN_CB
#define STATE	BPF_SOCK_OPS_STATE_CB
#define RTT	BPF_SOCK_OPS_RTT_CB
#define PARSE	BPF_SOCK_OPS_PARSE_HDR_OPT_CB
#define LEN	BPF_SOCK_OPS_HDR_OPT_LEN_CB
#define WRITES	BPF_SOCK_OPS_WRITE_HDR_OPT_CB

static const struct row {
	uint32_t op, helper, size, times;
	uint64_t flags;
	unsigned char option[OPTION_MAX];
	int want;
	unsigned char found[2];		/* first bytes afterwards, where loaded */
} rows[] = {
	/* Where no packet is, or it has gone. */
	{ CONNECT, LOAD_IT, 10, 0, 0, { 8 }, -EPERM, { 0 } },
	{ LISTENS, LOAD_IT, 10, 0, 0, { 8 }, -EPERM, { 0 } },
	{ LEN, LOAD_IT, 10, 0, 0, { 8 }, -EPERM, { 0 } },
	{ STATE, LOAD_IT, 10, 0, 0, { 8 }, -EPERM, { 0 } },
	{ RTT, LOAD_IT, 10, 0, 0, { 8 }, -EPERM, { 0 } },
	/* Found, whole or cut; not found; no question. */
	{ PARSE, LOAD_IT, 10, 0, 0, { 8 }, 10, { 8, 10 } },
	{ PARSE, LOAD_IT, 16, 0, 0, { 8 }, 10, { 8, 10 } },
	{ PARSE, LOAD_IT, 2, 0, 0, { 8 }, -ENOSPC, { 8, 10 } },
	{ PARSE, LOAD_IT, 9, 0, 0, { 8 }, -ENOSPC, { 8, 10 } },
	{ ACTIVE, LOAD_IT, 4, 0, 0, { 2 }, 4, { 2, 4 } },
	{ ACTIVE, LOAD_IT, 2, 0, 0, { 4 }, 2, { 4, 2 } },
	{ ACTIVE, LOAD_IT, 3, 0, 0, { 3 }, 3, { 3, 3 } },
	{ PASSIVE, LOAD_IT, 10, 0, 0, { 8 }, 10, { 8, 10 } },
	{ WRITES, LOAD_IT, 4, 0, 0, { 2 }, 4, { 2, 4 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 77 }, -ENOMSG, { 77, 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 0 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 1 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 8, 10 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 8, 1 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 1, 0, 0, { 8 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 2, { 8 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 1, { 8 }, -ENOENT, { 0 } },
	{ CONNECT, LOAD_IT, 10, 0, 1, { 8 }, -ENOENT, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 253 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 253, 2 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 254, 3, 1 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 254, 4, 1, 2 }, -ENOMSG, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 254, 5, 1, 2 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 254, 6, 1, 2, 3, 4 }, -ENOMSG, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 254, 8, 1, 2, 3, 4 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 4, 0, 0, { 254, 6, 1, 2 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 3, 0, 0, { 254, 4, 1 }, -EINVAL, { 0 } },
	{ PARSE, LOAD_IT, 10, 0, 0, { 255 }, -ENOMSG, { 0 } },
	/* Written, once. */
	{ CONNECT, STORE_IT, 4, 0, 0, { 77, 4, 1, 2 }, -EPERM, { 0 } },
	{ PARSE, STORE_IT, 4, 0, 0, { 77, 4, 1, 2 }, -EPERM, { 0 } },
	{ LEN, STORE_IT, 4, 0, 0, { 77, 4, 1, 2 }, -EPERM, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 0, { 77, 4, 1, 2 }, 0, { 0 } },
	{ WRITES, STORE_IT, 2, 0, 0, { 77, 2 }, 0, { 0 } },
	{ WRITES, STORE_IT, 12, 0, 0, { 77, 12 }, 0, { 0 } },
	{ WRITES, STORE_IT, 13, 0, 0, { 77, 13 }, -ENOSPC, { 0 } },
	{ WRITES, STORE_IT, 13, 0, 0, { 77, 4 }, 0, { 0 } },
	{ WRITES, STORE_IT, 4, 2, 0, { 77, 4, 1, 2 }, -EEXIST, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 0, { 2, 4, 1, 2 }, -EEXIST, { 0 } },
	{ WRITES, STORE_IT, 10, 0, 0, { 8, 10 }, -EEXIST, { 0 } },
	{ WRITES, STORE_IT, 8, 2, 0, { 77, 8, 1, 2 }, -ENOSPC, { 0 } },
	{ WRITES, STORE_IT, 1, 0, 0, { 77, 1 }, -EINVAL, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 0, { 77, 1 }, 0, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 0, { 77, 0 }, 0, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 0, { 77, 5 }, -EINVAL, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 0, { 0, 4 }, -EINVAL, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 0, { 1, 4 }, -EINVAL, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 1, { 77, 4, 1, 2 }, -EINVAL, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 0, { 253, 4, 1, 2 }, 0, { 0 } },
	{ WRITES, STORE_IT, 4, 2, 0, { 253, 4, 1, 2 }, -EEXIST, { 0 } },
	{ WRITES, STORE_IT, 5, 0, 0, { 254, 5, 1, 2, 3 }, 0, { 0 } },
	{ WRITES, STORE_IT, 6, 2, 0, { 254, 6, 1, 2, 3, 4 }, -EEXIST, { 0 } },
	{ WRITES, STORE_IT, 3, 0, 0, { 253, 3, 1 }, -EINVAL, { 0 } },
	{ WRITES, STORE_IT, 2, 0, 0, { 254, 2 }, -EINVAL, { 0 } },
	{ WRITES, STORE_IT, 4, 0, 0, { 255, 4, 1, 2 }, 0, { 0 } },
	/* Room. */
	{ CONNECT, RESERVE_IT, 4, 0, 0, { 0 }, -EPERM, { 0 } },
	{ WRITES, RESERVE_IT, 4, 0, 0, { 0 }, -EPERM, { 0 } },
	{ LEN, RESERVE_IT, 4, 0, 0, { 0 }, 0, { 0 } },
	{ LEN, RESERVE_IT, 20, 0, 0, { 0 }, 0, { 0 } },
	{ LEN, RESERVE_IT, 21, 0, 0, { 0 }, -ENOSPC, { 0 } },
	{ LEN, RESERVE_IT, 11, 2, 0, { 0 }, -ENOSPC, { 0 } },
	{ LEN, RESERVE_IT, 10, 2, 0, { 0 }, 0, { 0 } },
	{ LEN, RESERVE_IT, 1, 0, 0, { 0 }, -EINVAL, { 0 } },
	{ LEN, RESERVE_IT, 0, 0, 0, { 0 }, -EINVAL, { 0 } },
	{ LEN, RESERVE_IT, 4, 0, 1, { 0 }, -EINVAL, { 0 } },
};

/* ---- a row's program ---- */

struct program {
	struct bpf_insn insns[INSNS_MAX];
	uint32_t cnt;
};

#define PUT(program, ...)                                                                          \
	do {                                                                                       \
		const struct bpf_insn put[] = { __VA_ARGS__ };                                     \
		memcpy(&(program)->insns[(program)->cnt], put, sizeof(put));                       \
		(program)->cnt += ARRAY_CNT(put);                                                  \
	} while (0)

/* r6: context, r9: operation. Connections begin: all callbacks, please. */
static void put_begin(struct program *p)
{
	PUT(p, MOV_REG(6, 1), LOAD(W, 9, 6, offsetof(struct bpf_sock_ops, op)),
	    JUMP_IMM(JEQ, 9, CONNECT, 3), JUMP_IMM(JEQ, 9, ACTIVE, 2), JUMP_IMM(JEQ, 9, LISTENS, 1),
	    JUMP(3), MOV_REG(1, 6), MOV_IMM(2, BPF_SOCK_OPS_ALL_CB_FLAGS),
	    CALL(BPF_FUNC_sock_ops_cb_flags_set));
}

static void put_room(struct program *p)
{
	PUT(p, JUMP_IMM(JNE, 9, LEN, 4), MOV_REG(1, 6), MOV_IMM(2, ROOM), MOV_IMM(3, 0),
	    CALL(BPF_FUNC_reserve_hdr_opt));
}

static void put_call(struct program *p, const struct row *row)
{
	if (row->helper == RESERVE_IT)
		PUT(p, MOV_REG(1, 6), MOV_IMM(2, row->size), IMM64(3, row->flags),
		    CALL(RESERVE_IT));
	else
		PUT(p, MOV_REG(1, 6), MOV_REG(2, 10), ALU_IMM(ADD, 2, -OPTION_MAX),
		    MOV_IMM(3, row->size), IMM64(4, row->flags), CALL(row->helper));
}

/* r7: outcome. */
static void put_work(struct program *p, const struct row *row, int map)
{
	uint64_t words[2];

	memcpy(words, row->option, sizeof(words));
	PUT(p, STORE_IMM(DW, 7, 0, 1), IMM64(1, words[0]), STORE(DW, 10, 1, -16),
	    IMM64(1, words[1]), STORE(DW, 10, 1, -8));
	for (uint32_t i = 0; i < (row->times ? row->times : 1); i++)
		put_call(p, row);
	PUT(p, STORE(DW, 7, 0, offsetof(struct outcome, result)), LOAD(DW, 1, 10, -16),
	    STORE(DW, 7, 1, offsetof(struct outcome, option)), LOAD(DW, 1, 10, -8),
	    STORE(DW, 7, 1, offsetof(struct outcome, option) + 8));
}

static int load_row(const struct backend *b, const struct row *row, int map)
{
	struct program p = { .cnt = 0 }, work = { .cnt = 0 };

	put_begin(&p);
	if (row->op != LEN)
		put_room(&p);
	put_work(&work, row, map);
	PUT(&p, JUMP_IMM(JNE, 9, row->op, work.cnt + 4), MAP_VALUE(7, map, 0),
	    LOAD(DW, 1, 7, 0), JUMP_IMM(JNE, 1, 0, work.cnt));
	memcpy(&p.insns[p.cnt], work.insns, work.cnt * sizeof(work.insns[0]));
	p.cnt += work.cnt;
	PUT(&p, MOV_IMM(0, 1), EXIT());
	return load_prog(b, BPF_PROG_TYPE_SOCK_OPS, p.insns, p.cnt);
}

static int attach(const struct backend *b, int prog, int cgroup)
{
	union bpf_attr attr;
	int link;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_fd = cgroup;
	attr.link_create.attach_type = BPF_CGROUP_SOCK_OPS;
	link = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	if (link < 0)
		fail_msg("attach: %s", result_name(link));
	return link;
}

/* ---- a connection over which a byte goes there and another one back ---- */

static int listening(struct sockaddr_in *in)
{
	socklen_t size = sizeof(*in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(in, 0, sizeof(*in));
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)in, sizeof(*in)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)in, &size), 0);
	return fd;
}

static void connect_really(void)
{
	struct sockaddr_in in;
	int door = listening(&in), client, server;
	char byte = 'x';

	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&in, sizeof(in)), 0);
	server = accept(door, NULL, NULL);
	assert_true(server >= 0);
	assert_int_equal(send(client, &byte, 1, 0), 1);
	assert_int_equal(recv(server, &byte, 1, 0), 1);
	assert_int_equal(send(server, &byte, 1, 0), 1);
	assert_int_equal(recv(client, &byte, 1, 0), 1);
	close(client);
	close(server);
	close(door);
}

/* The same in events. Headers: 20 bytes and options as Linux writes them. */
#define HEADER 0x10, 0x92, 0x10, 0x92, [12] = 0x80, [13] = TH_ACK
static const unsigned char syn[40] = {
	HEADER, [20] = 2, 4, 0xff, 0xd7, 4, 2, 8, 10, 1, 1, 1, 1, 0, 0, 0, 0, 1, 3, 3, 7,
};
static const unsigned char data[32] = { HEADER, [20] = 1, 1, 8, 10, 1, 1, 1, 1, 2, 2, 2, 2 };

static const struct {
	uint32_t op;
	const unsigned char *header;
	uint32_t header_size, room;
} events[] = {
	{ LISTENS }, { CONNECT }, { LEN, .room = 20 }, { WRITES, syn, sizeof(syn), ROOM },
	{ ACTIVE, syn, sizeof(syn) }, { PASSIVE, data, sizeof(data) },
	{ PARSE, data, sizeof(data) }, { RTT }, { STATE },
};

static void fire_all(uint64_t cgroup_id)
{
	const struct bpfx_sock_info info = {
		.sz = sizeof(info), .family = AF_INET, .type = SOCK_STREAM,
		.cgroup_id = cgroup_id,
	};
	struct bpfx_sock *sock;

	assert_int_equal(bpfx_sock_create(&info, &sock), 0);
	for (size_t i = 0; i < ARRAY_CNT(events); i++) {
		unsigned char room[40] = { 0 };
		struct bpfx_sock_ops event = {
			.sz = sizeof(event), .op = events[i].op, .header = events[i].header,
			.header_size = events[i].header_size, .packet_size = events[i].header_size,
			.room = room, .room_size = events[i].room,
		};

		assert_int_equal(bpfx_sock_ops_event(sock, &event), 1);
	}
	bpfx_sock_destroy(sock);
}

/* ---- rows ---- */

static void run_row(const struct backend *b, size_t i, int cgroup, uint64_t cgroup_id, int map)
{
	static const struct outcome nothing;
	const struct row *row = &rows[i];
	int prog = load_row(b, row, map), link;
	struct outcome outcome;
	uint32_t key = 0;

	if (prog < 0)
		fail_msg("row %zu: %s", i, result_name(prog));
	assert_int_equal(map_update(b, map, &key, &nothing, BPF_ANY), 0);
	link = attach(b, prog, cgroup);
	if (b->emulated)
		fire_all(cgroup_id);
	else
		connect_really();
	b->close(link);
	b->close(prog);
	assert_int_equal(map_lookup(b, map, &key, &outcome), 0);
	if (!outcome.done || outcome.result != row->want ||
	    (row->found[0] && memcmp(outcome.option, row->found, sizeof(row->found))))
		fail_msg("row %zu: %s%d, %d %d", i, outcome.done ? "" : "did not run, ",
			 (int)outcome.result, outcome.option[0], outcome.option[1]);
}

static void options_are_found_written_and_given_room(void **state)
{
	const struct backend *b = backend_of(state);
	uint64_t cgroup_id = 0;
	int cgroup = b->emulated ? some_cgroup(&cgroup_id) : own_cgroup_enter(), map;

	if (cgroup < 0)
		skip();
	if (!b->emulated)
		own_loopback_up();
	map = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct outcome), 1, 0);
	assert_true(map >= 0);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++)
		run_row(b, i, cgroup, cgroup_id, map);
	b->close(map);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(options_are_found_written_and_given_room),
	};

	return run_on_both("extensions: options of TCP headers", tests, ARRAY_CNT(tests));
}
