/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Packets that XDP programs send elsewhere: maps of interfaces and bpf_redirect_map() on both
 * kernels, and where packets of applications really go.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpfx/net.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define LOOPBACK     1u
#define ROOM	     1024u

static int load_at(const struct backend *b, uint32_t attach_type, const struct bpf_insn *insns,
		   uint32_t cnt)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uintptr_t)"GPL";
	fd = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		fail_msg("load: %s", result_name(fd));
	return fd;
}

#define LOAD_AT(b, attach_type, ...)                                                               \
	load_at(b, attach_type, (const struct bpf_insn[]){ __VA_ARGS__ },                          \
		ARRAY_CNT(((const struct bpf_insn[]){ __VA_ARGS__ })))

static const uint32_t types[] = { BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_DEVMAP_HASH };

static int map_of(const struct backend *b, uint32_t type, uint32_t value_size)
{
	int fd = map_create_simple(b, type, 4, value_size, 8, 0);

	if (fd < 0)
		fail_msg("map: %s", result_name(fd));
	return fd;
}

/* Interface and program of a key. */
static int put(const struct backend *b, int map, uint32_t key, uint32_t ifindex, int prog)
{
	struct bpf_devmap_val value = { .ifindex = ifindex, .bpf_prog.fd = prog };

	return map_update(b, map, &key, &value, BPF_ANY);
}

/* ---- both kernels: the map ---- */

static void programs_of_a_map_are_verified_for_it(void **state)
{
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(types); i++) {
		int map = map_of(b, types[i], 8), good, plain, other;
		struct bpf_devmap_val value;
		uint32_t key = 1;

		good = LOAD_AT(b, BPF_XDP_DEVMAP, MOV_IMM(0, XDP_PASS), EXIT());
		plain = LOAD_AT(b, 0, MOV_IMM(0, XDP_PASS), EXIT());
		other = load_trivial(b, BPF_PROG_TYPE_SOCKET_FILTER);
		assert_int_equal(put(b, map, 1, LOOPBACK, good), 0);
		assert_int_equal(map_lookup(b, map, &key, &value), 0);
		assert_int_equal(value.ifindex, LOOPBACK);
		assert_int_equal(value.bpf_prog.id, prog_id(b, good));
		assert_int_equal(put(b, map, 1, LOOPBACK, plain), -EINVAL);
		assert_int_equal(put(b, map, 1, LOOPBACK, other), -EINVAL);
		assert_int_equal(put(b, map, 1, LOOPBACK, map), -EINVAL);
		assert_int_equal(put(b, map, 1, LOOPBACK, 999), -EINVAL);
		assert_int_equal(put(b, map, 1, 99999, good), -EINVAL);
		assert_int_equal(put(b, map, 1, 0, good), -EINVAL);
		/* What was refused has changed nothing; -1 and 0 are no program. */
		assert_int_equal(map_lookup(b, map, &key, &value), 0);
		assert_int_equal(value.bpf_prog.id, prog_id(b, good));
		assert_int_equal(put(b, map, 1, LOOPBACK, -1), 0);
		assert_int_equal(map_lookup(b, map, &key, &value), 0);
		assert_int_equal(value.bpf_prog.id, 0);
		b->close(good);
		b->close(plain);
		b->close(other);
		b->close(map);
	}
}

/* A map holds its programs: not counted by their fds, and gone with their slot. */
static void programs_live_in_their_slots(void **state)
{
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(types); i++)
		for (int way = 0; way < 3; way++) {
			int map = map_of(b, types[i], 8), prog, fd;
			uint32_t key = 3, id;

			prog = LOAD_AT(b, BPF_XDP_DEVMAP, MOV_IMM(0, XDP_PASS), EXIT());
			id = prog_id(b, prog);
			assert_int_equal(put(b, map, key, LOOPBACK, prog), 0);
			b->close(prog);
			fd = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, id);
			assert_true(fd >= 0);
			b->close(fd);
			if (way == 0)
				assert_int_equal(map_delete(b, map, &key), 0);
			else if (way == 1)
				assert_int_equal(put(b, map, key, LOOPBACK, -1), 0);
			else
				b->close(map);
			/* The real kernel frees some of it a little later. */
			for (int n = 0; b->emulated ? n < 1 : n < 1000000; n++) {
				fd = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, id);
				if (fd < 0)
					break;
				b->close(fd);
			}
			assert_int_equal(fd, -ENOENT);
			if (way != 2)
				b->close(map);
		}
}

/* ---- both kernels: what bpf_redirect_map() returns ---- */

static void redirects_return_what_they_do_on_linux(void **state)
{
	static const struct { uint32_t key; int64_t flags; uint32_t want; } rows[] = {
		{ 1, 0, XDP_REDIRECT },
		{ 1, XDP_PASS, XDP_REDIRECT },
		{ 2, 0, XDP_ABORTED },
		{ 2, XDP_DROP, XDP_DROP },
		{ 2, XDP_PASS, XDP_PASS },
		{ 2, XDP_TX, XDP_TX },
		{ 2, XDP_REDIRECT, XDP_ABORTED },
		{ 1, 32, XDP_ABORTED },
		{ 1, 1ll << 40, XDP_ABORTED },
		{ 77, XDP_PASS, XDP_PASS },
		{ 77, BPF_F_BROADCAST, XDP_REDIRECT },
		{ 1, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS, XDP_REDIRECT },
		{ 1, BPF_F_EXCLUDE_INGRESS, XDP_REDIRECT },
		{ 77, BPF_F_EXCLUDE_INGRESS | XDP_PASS, XDP_PASS },
	};
	const struct backend *b = backend_of(state);

	for (size_t t = 0; t < ARRAY_CNT(types); t++) {
		int map = map_of(b, types[t], 4);
		uint32_t key = 1, ifindex = LOOPBACK;

		assert_int_equal(map_update(b, map, &key, &ifindex, BPF_ANY), 0);
		for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
			int prog = LOAD_AT(b, 0, MAP_FD(1, map), MOV_IMM(2, rows[i].key),
					   IMM64(3, rows[i].flags), CALL(BPF_FUNC_redirect_map),
					   EXIT());
			unsigned char data[64] = { 0 };
			union bpf_attr attr;

			memset(&attr, 0, sizeof(attr));
			attr.test.prog_fd = prog;
			attr.test.data_in = (uintptr_t)data;
			attr.test.data_size_in = sizeof(data);
			assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
			if (attr.test.retval != rows[i].want)
				fail_msg("map type %u, row %zu: %u", types[t], i, attr.test.retval);
			b->close(prog);
		}
		b->close(map);
	}
}

/* Programs read values and cannot write them. */
static void programs_only_read_the_map(void **state)
{
	const struct backend *b = backend_of(state);

	for (size_t t = 0; t < ARRAY_CNT(types); t++)
		for (int writes = 0; writes < 2; writes++) {
			int map = map_of(b, types[t], 8), fd;
			const struct bpf_insn insns[] = {
				STORE_IMM(W, 10, -4, 1), MOV_REG(2, 10), ALU_IMM(ADD, 2, -4),
				MAP_FD(1, map), CALL(BPF_FUNC_map_lookup_elem),
				JUMP_IMM(JNE, 0, 0, 1), EXIT(), MOV_IMM(1, 0),
				writes ? STORE(W, 0, 1, 0) : LOAD(W, 1, 0, 4), MOV_IMM(0, 0), EXIT(),
			};
			struct bpf_map_info info = { 0 };
			uint32_t size = sizeof(info);

			fd = load_prog(b, BPF_PROG_TYPE_XDP, insns, ARRAY_CNT(insns));
			assert_int_equal(fd < 0 ? fd : 0, writes ? -EACCES : 0);
			if (fd >= 0)
				b->close(fd);
			assert_int_equal(obj_info(b, map, &info, &size), 0);
			assert_int_equal(info.map_flags, BPF_F_RDONLY_PROG);
			b->close(map);
		}
}

/* ---- the emulated one: where packets go ---- */

static unsigned char buffer[ROOM];

struct sent {
	uint32_t ifindex, size;
	unsigned char first;
};

struct wire {
	struct sent sent[8];
	uint32_t cnt;
};

static void transmit(void *cookie, uint32_t ifindex, const unsigned char *data, uint32_t size)
{
	struct wire *wire = cookie;

	assert_true(wire->cnt < ARRAY_CNT(wire->sent));
	wire->sent[wire->cnt++] = (struct sent){ ifindex, size, data[0] };
}

static struct bpfx_xdp_packet a_packet(struct wire *wire)
{
	memset(buffer, 7, sizeof(buffer));
	return (struct bpfx_xdp_packet){
		.sz = sizeof(struct bpfx_xdp_packet), .ifindex = LOOPBACK, .buffer = buffer,
		.buffer_size = ROOM, .offset = BPFX_XDP_HEADROOM, .size = 64,
		.transmit = wire ? transmit : NULL, .cookie = wire,
	};
}

static int attach(const struct backend *b, int prog)
{
	union bpf_attr attr;
	int link;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_ifindex = LOOPBACK;
	attr.link_create.attach_type = BPF_XDP;
	link = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	b->close(prog);
	assert_true(link >= 0);
	return link;
}

static int attach_redirect(const struct backend *b, int map, uint32_t key, int flags)
{
	return attach(b, LOAD_AT(b, 0, MAP_FD(1, map), MOV_IMM(2, key), MOV_IMM(3, flags),
				 CALL(BPF_FUNC_redirect_map), EXIT()));
}

static void packets_leave_by_one_interface(void **state)
{
	const struct backend *b = &emulated_backend;
	struct wire wire = { .cnt = 0 };
	struct bpfx_xdp_packet packet = a_packet(&wire);
	int map = map_of(b, BPF_MAP_TYPE_DEVMAP, 4), link;
	uint32_t key = 5, ifindex = LOOPBACK;

	map_update(b, map, &key, &ifindex, BPF_ANY);
	link = attach_redirect(b, map, 5, 0);
	assert_int_equal(bpfx_xdp_receive(&packet), 1);
	assert_int_equal(packet.action, XDP_REDIRECT);
	assert_int_equal(packet.redirect_ifindex, LOOPBACK);
	assert_int_equal(packet.transmitted, 1);
	assert_int_equal(wire.sent[0].ifindex, LOOPBACK);
	assert_int_equal(wire.sent[0].size, 64);
	b->close(link);
	/* Without somebody to take it the application is told. */
	link = attach(b, LOAD_AT(b, 0, MOV_IMM(1, 42), MOV_IMM(2, 0), CALL(BPF_FUNC_redirect),
				 EXIT()));
	packet = a_packet(NULL);
	assert_int_equal(bpfx_xdp_receive(&packet), 1);
	assert_int_equal(packet.action, XDP_REDIRECT);
	assert_int_equal(packet.redirect_ifindex, 42);
	assert_int_equal(packet.transmitted, 0);
	b->close(link);
	b->close(map);
}

/* The map's program sees both interfaces, changes the packet, and decides. */
static void programs_of_the_map_see_packets_leave(void **state)
{
	const struct backend *b = &emulated_backend;

	for (size_t t = 0; t < ARRAY_CNT(types); t++)
		for (uint32_t action = XDP_ABORTED; action <= XDP_REDIRECT + 1; action++) {
			struct wire wire = { .cnt = 0 };
			struct bpfx_xdp_packet packet = a_packet(&wire);
			int map = map_of(b, types[t], 8), prog, link;

			prog = LOAD_AT(b, BPF_XDP_DEVMAP, LOAD(W, 2, 1, offsetof(struct xdp_md, data)),
				       LOAD(W, 3, 1, offsetof(struct xdp_md, data_end)),
				       MOV_REG(4, 2), ALU_IMM(ADD, 4, 1), MOV_IMM(0, XDP_DROP),
				       JUMP_REG(JGT, 4, 3, 5),
				       LOAD(W, 5, 1, offsetof(struct xdp_md, egress_ifindex)),
				       LOAD(W, 4, 1, offsetof(struct xdp_md, ingress_ifindex)),
				       JUMP_REG(JNE, 5, 4, 2), STORE(B, 2, 5, 0),
				       MOV_IMM(0, action), EXIT());
			assert_int_equal(put(b, map, 2, LOOPBACK, prog), 0);
			b->close(prog);
			link = attach_redirect(b, map, 2, 0);
			assert_int_equal(bpfx_xdp_receive(&packet), 1);
			assert_int_equal(packet.transmitted, action == XDP_PASS);
			assert_int_equal(packet.action, action == XDP_PASS ? XDP_REDIRECT : XDP_DROP);
			if (action == XDP_PASS)
				assert_int_equal(wire.sent[0].first, LOOPBACK);
			b->close(link);
			b->close(map);
		}
}

static void broadcasts_reach_all_of_the_map(void **state)
{
	const struct backend *b = &emulated_backend;

	for (size_t t = 0; t < ARRAY_CNT(types); t++) {
		int map = map_of(b, types[t], 8), prog, link;
		struct wire wire = { .cnt = 0 };
		struct bpfx_xdp_packet packet = a_packet(&wire);

		/* Three times the loopback: as it is, changed, dropped. */
		prog = LOAD_AT(b, BPF_XDP_DEVMAP, MOV_IMM(2, -14), CALL(BPF_FUNC_xdp_adjust_head),
			       MOV_IMM(0, XDP_PASS), EXIT());
		put(b, map, 0, LOOPBACK, -1);
		put(b, map, 3, LOOPBACK, prog);
		b->close(prog);
		prog = LOAD_AT(b, BPF_XDP_DEVMAP, MOV_IMM(0, XDP_DROP), EXIT());
		put(b, map, 6, LOOPBACK, prog);
		b->close(prog);
		link = attach_redirect(b, map, 0, BPF_F_BROADCAST);
		assert_int_equal(bpfx_xdp_receive(&packet), 1);
		assert_int_equal(packet.action, XDP_REDIRECT);
		assert_int_equal(packet.transmitted, 2);
		assert_int_equal(wire.sent[0].size + wire.sent[1].size, 64 + 64 + 14);
		/* The packet itself is as it was; without anybody to send it nobody has it. */
		assert_int_equal(packet.size, 64);
		packet = a_packet(NULL);
		assert_int_equal(bpfx_xdp_receive(&packet), 1);
		assert_int_equal(packet.action, XDP_DROP);
		b->close(link);
		link = attach_redirect(b, map, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
		packet = a_packet(&wire);
		assert_int_equal(bpfx_xdp_receive(&packet), 1);
		assert_int_equal(packet.transmitted, 0);
		assert_int_equal(packet.action, XDP_DROP);
		b->close(link);
		b->close(map);
	}
}

int main(void)
{
	static const struct both_test both[] = {
		BOTH(programs_of_a_map_are_verified_for_it),
		BOTH(programs_live_in_their_slots),
		BOTH(redirects_return_what_they_do_on_linux),
		BOTH(programs_only_read_the_map),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_leave_by_one_interface),
		cmocka_unit_test(programs_of_the_map_see_packets_leave),
		cmocka_unit_test(broadcasts_reach_all_of_the_map),
	};
	int failed = run_on_both("extensions: maps of interfaces", both, ARRAY_CNT(both));

	kern_host();
	return failed + cmocka_run_group_tests_name("extensions: xdp redirects", tests, NULL, NULL);
}
