/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Programs of packets that look for sockets: the real kernel has them open, ours was told of the
 * same ones. Each row is a program's test run and what Linux answers; SYN cookies beside them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpfx/net.h>

#include "asm.h"
#include "logged_load.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define INSNS_MAX    80
#define LOG_SIZE     65536
#define SIZE	     64
#define HOME	     0x0100007f	/* 127.0.0.1, as it lies in memory */
#define HOME2	     0x0200007f
#define FAR	     0x0200000a
#define SOCKETS_MAX  32

#define TC  BPF_PROG_TYPE_SCHED_CLS
#define XDP BPF_PROG_TYPE_XDP
#define CG  BPF_PROG_TYPE_CGROUP_SKB
#define SF  BPF_PROG_TYPE_SOCKET_FILTER

struct row {
	const char *name;
	uint32_t type;
	struct bpf_insn insns[INSNS_MAX];
	int64_t want;
};

#define PROGRAM(...) { MOV_REG(6, 1), __VA_ARGS__, EXIT() }
#define CTX	     MOV_REG(1, 6)
#define ARG(n, v)    MOV_IMM(n, v)
#define DO(helper)   CALL(BPF_FUNC_##helper)
#define STACK(n, at) MOV_REG(n, 10), ALU_IMM(ADD, n, at)
#define ZERO(at)     STORE_IMM(DW, 10, at, 0)
#define PORT(p)	     ((int16_t)__builtin_bswap16(p))
#define IN(field)    offsetof(struct bpf_sock, field)
#define ANY_NETNS    -1ull
#define NONE	     -99

/* ---- looking ---- */

#define ENDS(from, from_port, to, to_port)                                                         \
	ZERO(-48), ZERO(-40), ZERO(-32), ZERO(-24), ZERO(-16), STORE_IMM(W, 10, -48, from),        \
	STORE_IMM(W, 10, -44, to), STORE_IMM(H, 10, -40, PORT(from_port)),                         \
	STORE_IMM(H, 10, -38, PORT(to_port))
#define LOOK(helper, size, netns, flags)                                                           \
	CTX, STACK(2, -48), ARG(3, size), IMM64(4, netns), IMM64(5, flags), DO(helper),            \
	JUMP_IMM(JNE, 0, 0, 2), MOV_IMM(0, NONE), EXIT()
#define RELEASE MOV_REG(1, 0), DO(sk_release), MOV_REG(0, 7)
#define FOUND(helper, type, field, want, ...)                                                      \
	{ #helper " " #__VA_ARGS__, type, PROGRAM(ENDS(__VA_ARGS__),                               \
	  LOOK(helper, 12, ANY_NETNS, 0), LOAD(W, 7, 0, IN(field)), RELEASE), want }
#define ASKED(helper, size, netns, flags, want)                                                    \
	{ #helper " " #size " " #netns " " #flags, TC, PROGRAM(ENDS(HOME, 1234, HOME, 5555),       \
	  LOOK(helper, size, netns, flags), LOAD(W, 7, 0, IN(state)), RELEASE), want }
#define TCP_BOTH(...) FOUND(sk_lookup_tcp, TC, __VA_ARGS__), FOUND(sk_lookup_tcp, XDP, __VA_ARGS__), \
	FOUND(skc_lookup_tcp, TC, __VA_ARGS__), FOUND(skc_lookup_tcp, XDP, __VA_ARGS__)
#define UDP_BOTH(...) FOUND(sk_lookup_udp, TC, __VA_ARGS__), FOUND(sk_lookup_udp, XDP, __VA_ARGS__)

static const struct row lookup_rows[] = {
	TCP_BOTH(state, NONE, FAR, 80, FAR, 99),
	TCP_BOTH(state, BPF_TCP_LISTEN, HOME, 1234, HOME, 5555),
	TCP_BOTH(src_ip4, HOME, HOME, 1234, HOME, 5555),
	TCP_BOTH(src_port, 5555, HOME, 1234, HOME, 5555),
	TCP_BOTH(family, AF_INET, HOME, 1234, HOME, 5555),
	FOUND(sk_lookup_tcp, TC, protocol, IPPROTO_TCP, HOME, 1234, HOME, 5555),
	TCP_BOTH(state, BPF_TCP_LISTEN, FAR, 1234, HOME, 5555),
	TCP_BOTH(state, NONE, FAR, 1234, HOME2, 5555),
	TCP_BOTH(state, BPF_TCP_LISTEN, FAR, 1234, HOME2, 5556),
	TCP_BOTH(src_ip4, 0, FAR, 1234, FAR, 5556),
	TCP_BOTH(src_ip4, HOME, FAR, 1234, HOME, 5557),	/* of two the one that says more */
	TCP_BOTH(src_ip4, 0, FAR, 1234, HOME2, 5557),
	TCP_BOTH(state, BPF_TCP_ESTABLISHED, HOME, 7777, HOME, 5555),
	TCP_BOTH(state, BPF_TCP_ESTABLISHED, HOME, 5555, HOME, 7777),
	TCP_BOTH(src_port, 7777, HOME, 5555, HOME, 7777),
	TCP_BOTH(state, NONE, HOME, 5554, HOME, 7777),
	TCP_BOTH(state, NONE, HOME, 1, HOME, 8888),	/* bound, no more */
	UDP_BOTH(state, BPF_TCP_CLOSE, HOME, 7777, HOME, 6666),
	UDP_BOTH(protocol, IPPROTO_UDP, HOME, 7777, HOME, 6666),
	UDP_BOTH(state, BPF_TCP_ESTABLISHED, HOME, 6666, HOME, 6667),
	UDP_BOTH(src_port, 6667, HOME, 6666, HOME, 6667),
	UDP_BOTH(state, NONE, HOME, 6600, HOME, 6667),
	UDP_BOTH(state, NONE, HOME, 1, HOME, 5555),
	ASKED(sk_lookup_tcp, 11, ANY_NETNS, 0, NONE),
	ASKED(sk_lookup_tcp, 13, ANY_NETNS, 0, NONE),
	ASKED(sk_lookup_tcp, 36, ANY_NETNS, 0, NONE),
	ASKED(sk_lookup_tcp, 12, ANY_NETNS, 1, NONE),
	ASKED(sk_lookup_tcp, 12, 0, 0, NONE),
	ASKED(sk_lookup_tcp, 12, 5, 0, NONE),
	ASKED(sk_lookup_tcp, 12, 0x100000000ull, 0, NONE),
	ASKED(sk_lookup_tcp, 12, -2ull, 0, BPF_TCP_LISTEN),
	ASKED(skc_lookup_tcp, 12, 0xffffffffull, 0, BPF_TCP_LISTEN),
	{ "in a cgroup's program", CG, PROGRAM(ENDS(HOME, 1, HOME, 5555), CTX, STACK(2, -48),
	  ARG(3, 12), IMM64(4, ANY_NETNS), ARG(5, 0), DO(sk_lookup_tcp), JUMP_IMM(JNE, 0, 0, 2),
	  MOV_IMM(0, 0), EXIT(), MOV_REG(1, 0), DO(sk_release), MOV_IMM(0, 1)), 1 },
};

/* IPv6; the last two words of addresses, the others are zero. */
#define NO6    0, 0
#define HOME6  0, 0x01000000
#define FAR6   0x12345678, 0x02000000
#define HOME46 (int32_t)0xffff0000, HOME
#define FAR46  (int32_t)0xffff0000, FAR
#define ENDS6_(a, b, from_port, c, d, to_port)                                                     \
	ZERO(-48), ZERO(-40), ZERO(-32), ZERO(-24), ZERO(-16), STORE_IMM(W, 10, -40, a),           \
	STORE_IMM(W, 10, -36, b), STORE_IMM(W, 10, -24, c), STORE_IMM(W, 10, -20, d),              \
	STORE_IMM(H, 10, -16, PORT(from_port)), STORE_IMM(H, 10, -14, PORT(to_port))
#define ENDS6(...) ENDS6_(__VA_ARGS__)
#define FOUND6(helper, type, field, want, ...)                                                     \
	{ #helper " " #field " " #__VA_ARGS__, type, PROGRAM(ENDS6(__VA_ARGS__),                   \
	  LOOK(helper, 36, ANY_NETNS, 0), LOAD(W, 7, 0, IN(field)), RELEASE), want }
#define TCP6(...) FOUND6(sk_lookup_tcp, TC, __VA_ARGS__), FOUND6(skc_lookup_tcp, XDP, __VA_ARGS__)
#define UDP6(...) FOUND6(sk_lookup_udp, TC, __VA_ARGS__), FOUND6(sk_lookup_udp, XDP, __VA_ARGS__)
#define TCP4(...) FOUND(sk_lookup_tcp, TC, __VA_ARGS__), FOUND(skc_lookup_tcp, XDP, __VA_ARGS__)

static const struct row lookup6_rows[] = {
	TCP6(state, NONE, FAR6, 80, FAR6, 99),
	TCP6(state, BPF_TCP_LISTEN, FAR6, 1234, HOME6, 5560),
	TCP6(family, AF_INET6, FAR6, 1234, HOME6, 5560),
	TCP6(src_ip6[3], 0x01000000, FAR6, 1234, HOME6, 5560),
	TCP6(state, NONE, FAR6, 1234, FAR6, 5560),
	TCP4(state, NONE, HOME, 1234, HOME, 5560),
	TCP6(state, BPF_TCP_LISTEN, FAR6, 1234, FAR6, 5561),
	TCP6(state, BPF_TCP_LISTEN, FAR6, 1234, HOME46, 5561),
	TCP4(state, BPF_TCP_LISTEN, FAR, 1234, HOME, 5561),
	TCP4(family, AF_INET6, FAR, 1234, HOME, 5561),
	TCP4(src_ip4, 0, FAR, 1234, HOME, 5561),
	TCP6(state, NONE, FAR6, 1234, HOME6, 5555),	/* IPv4 only */
	TCP6(state, NONE, FAR46, 1234, HOME46, 5555),
	TCP6(state, NONE, FAR6, 1234, FAR6, 5556),
	TCP6(state, BPF_TCP_ESTABLISHED, HOME6, 7760, HOME6, 5560),
	TCP6(state, BPF_TCP_ESTABLISHED, HOME6, 5560, HOME6, 7760),
	TCP6(src_port, 7760, HOME6, 5560, HOME6, 7760),
	TCP6(state, NONE, HOME6, 5554, HOME6, 7760),
	/* A connection of IPv4 that a listener of IPv6 took. */
	TCP4(state, BPF_TCP_ESTABLISHED, HOME, 7761, HOME, 5561),
	TCP4(family, AF_INET6, HOME, 7761, HOME, 5561),
	TCP4(src_ip4, HOME, HOME, 7761, HOME, 5561),
	TCP4(dst_ip4, HOME, HOME, 7761, HOME, 5561),
	TCP4(src_ip6[2], (int32_t)0xffff0000, HOME, 7761, HOME, 5561),
	TCP4(src_ip6[3], HOME, HOME, 7761, HOME, 5561),
	TCP6(state, BPF_TCP_LISTEN, HOME46, 7761, HOME46, 5561),
	UDP6(state, BPF_TCP_CLOSE, FAR6, 1, HOME6, 6660),
	UDP6(state, NONE, FAR6, 1, FAR6, 6660),
	FOUND(sk_lookup_udp, TC, state, NONE, HOME, 1, HOME, 6660),
	UDP6(state, BPF_TCP_CLOSE, FAR6, 1, FAR6, 6661),
	FOUND(sk_lookup_udp, TC, family, AF_INET6, FAR, 1, HOME, 6661),
	/* Bound to an address of IPv4. */
	TCP4(state, BPF_TCP_LISTEN, FAR, 1, HOME, 5563),
	TCP4(state, NONE, FAR, 1, HOME2, 5563),
	TCP6(state, BPF_TCP_LISTEN, FAR46, 1, HOME46, 5563),
	TCP6(state, NONE, FAR6, 1, HOME6, 5563),
	FOUND(sk_lookup_udp, TC, family, AF_INET6, FAR, 1, HOME, 6663),
	FOUND(sk_lookup_udp, TC, family, NONE, FAR, 1, HOME2, 6663),
	UDP6(family, AF_INET6, FAR46, 1, HOME46, 6663),
	FOUND(sk_lookup_udp, TC, family, AF_INET6, HOME, 6666, HOME, 6664),
	FOUND(sk_lookup_udp, TC, family, NONE, HOME, 6665, HOME, 6664),
	UDP6(family, AF_INET6, HOME46, 6666, HOME46, 6664),
	UDP6(family, NONE, HOME46, 6665, HOME46, 6664),
	/* Where IPv4's address stands. */
	TCP6(src_ip4, 0, FAR6, 1234, FAR6, 5561),
	TCP6(src_ip4, 0x0600007f, FAR6, 1234, HOME6, 5560),
	TCP6(src_ip4, 0x0600007f, HOME6, 5560, HOME6, 7760),
	TCP6(src_ip4, 0x0600007f, HOME6, 7760, HOME6, 5560),
	UDP6(src_ip4, 0x0600007f, HOME6, 6660, HOME6, 6662),
	UDP6(dst_ip4, 0, HOME6, 6660, HOME6, 6662),
	FOUND(sk_lookup_udp, TC, dst_ip4, HOME, HOME, 6666, HOME, 6664),
	UDP6(state, BPF_TCP_ESTABLISHED, HOME6, 6660, HOME6, 6662),
	UDP6(state, NONE, HOME6, 6600, HOME6, 6662),
	UDP6(state, NONE, HOME46, 1, HOME46, 6666),
	UDP6(state, BPF_TCP_CLOSE, HOME46, 1, HOME46, 6661),
	/* Two with one port: the family and the address decide. */
	TCP4(family, AF_INET, FAR, 1, HOME, 5558),
	TCP6(family, AF_INET6, FAR6, 1, HOME6, 5558),
	TCP4(family, AF_INET, FAR, 1, FAR, 5559),
	TCP6(family, AF_INET6, FAR6, 1, FAR6, 5559),
	/* Of IPv6 only. */
	TCP6(state, BPF_TCP_LISTEN, FAR6, 1, HOME6, 5562),
	TCP4(state, NONE, FAR, 1, HOME, 5562),
};

/* ---- with a socket in hand: r8 ---- */

#define LISTENER ENDS(HOME, 1234, HOME, 5555), LOOK(sk_lookup_tcp, 12, ANY_NETNS, 0), MOV_REG(8, 0)
#define PEER	 ENDS(HOME, 7777, HOME, 5555), LOOK(sk_lookup_tcp, 12, ANY_NETNS, 0), MOV_REG(8, 0)
#define DONE	 MOV_REG(7, 0), MOV_REG(1, 8), DO(sk_release), MOV_REG(0, 7)
/* An IP header at -128, a TCP header with @flags at -88. */
#define HEADERS(version, words, flags)                                                             \
	ZERO(-128), ZERO(-120), ZERO(-112), ZERO(-104), ZERO(-96), ZERO(-88), ZERO(-80),           \
	ZERO(-72), ZERO(-64), STORE_IMM(B, 10, -128, (version) << 4 | 5),                          \
	STORE_IMM(B, 10, -76, (words) << 4), STORE_IMM(B, 10, -75, flags)
#define COOKIE(helper, sock, version, words, flags, ip_size, tcp_size, want)                       \
	{ #helper " " #sock " " #version " " #words " " #flags " " #ip_size " " #tcp_size, TC,     \
	  PROGRAM(HEADERS(version, words, flags), sock, MOV_REG(1, 8), STACK(2, -128),             \
	  ARG(3, ip_size), STACK(4, -88), ARG(5, tcp_size), DO(helper), DONE), want }
#define ACK 0x10
#define SYN 0x02
#define RST 0x04

static const struct row socket_rows[] = {
	{ "sk_assign", TC, PROGRAM(LISTENER, CTX, MOV_REG(2, 8), ARG(3, 0), DO(sk_assign), DONE),
	  -EOPNOTSUPP },
	{ "sk_assign: flags", TC, PROGRAM(LISTENER, CTX, MOV_REG(2, 8), ARG(3, 1), DO(sk_assign),
	  DONE), -EINVAL },
	COOKIE(tcp_check_syncookie, LISTENER, 4, 5, ACK, 20, 20, -ENOENT),
	COOKIE(tcp_check_syncookie, LISTENER, 4, 5, SYN, 20, 20, -ENOENT),
	COOKIE(tcp_check_syncookie, LISTENER, 4, 5, SYN | ACK, 20, 20, -ENOENT),
	COOKIE(tcp_check_syncookie, LISTENER, 4, 5, RST | ACK, 20, 20, -ENOENT),
	COOKIE(tcp_check_syncookie, PEER, 4, 5, ACK, 20, 20, -EINVAL),
	COOKIE(tcp_check_syncookie, LISTENER, 4, 5, ACK, 20, 19, -EINVAL),
	COOKIE(tcp_check_syncookie, LISTENER, 4, 5, ACK, 19, 20, -EINVAL),
	COOKIE(tcp_check_syncookie, LISTENER, 4, 5, ACK, 40, 20, -ENOENT),
	COOKIE(tcp_check_syncookie, LISTENER, 6, 5, ACK, 40, 20, -ENOENT),
	COOKIE(tcp_check_syncookie, LISTENER, 5, 5, ACK, 20, 20, -ENOENT),
	COOKIE(tcp_gen_syncookie, LISTENER, 4, 5, SYN, 20, 20, -ENOENT),
	COOKIE(tcp_gen_syncookie, LISTENER, 4, 5, ACK, 20, 20, -EINVAL),
	COOKIE(tcp_gen_syncookie, LISTENER, 4, 5, SYN | ACK, 20, 20, -EINVAL),
	COOKIE(tcp_gen_syncookie, LISTENER, 4, 4, SYN, 20, 20, -EINVAL),
	COOKIE(tcp_gen_syncookie, LISTENER, 4, 6, SYN, 20, 20, -EINVAL),
	COOKIE(tcp_gen_syncookie, LISTENER, 4, 6, SYN, 20, 24, -ENOENT),
	COOKIE(tcp_gen_syncookie, LISTENER, 4, 5, SYN, 20, 19, -EINVAL),
	COOKIE(tcp_gen_syncookie, LISTENER, 4, 5, SYN, 19, 20, -EINVAL),
	COOKIE(tcp_gen_syncookie, PEER, 4, 5, SYN, 20, 20, -EINVAL),
	COOKIE(tcp_gen_syncookie, LISTENER, 6, 5, SYN, 40, 20, -EINVAL),
	COOKIE(tcp_gen_syncookie, LISTENER, 5, 5, SYN, 20, 20, -EPROTONOSUPPORT),
};

/* ---- SYN cookies without a socket ---- */

#define GEN(v, size) STACK(1, -128), STACK(2, -88), ARG(3, size), DO(tcp_raw_gen_syncookie_ipv##v)
#define CHECK(v)     STACK(1, -128), STACK(2, -88), DO(tcp_raw_check_syncookie_ipv##v)
#define UPPER	     ALU_IMM(ARSH, 0, 32)
/* What the other side sends back: one more in both directions. */
#define ANSWER                                                                                     \
	ALU_IMM(ADD, 0, 1), RAW(BPF_ALU | BPF_END | BPF_TO_BE, 0, 0, 0, 32),                       \
	STORE(W, 10, 0, -80), STORE_IMM(W, 10, -84, 0x01000000)
#define OPTION_AT(at, size) STORE_IMM(W, 10, at, 0x0402 | (int)__builtin_bswap32(size))
#define OPTION(size) OPTION_AT(-68, size)
#define RAW_COOKIE(name, want, ...) { name, TC, PROGRAM(HEADERS(4, 5, SYN), __VA_ARGS__), want }, \
	{ name, XDP, PROGRAM(HEADERS(4, 5, SYN), __VA_ARGS__), want }

static const struct row cookie_rows[] = {
	RAW_COOKIE("gen: size", -EINVAL, GEN(4, 19)),
	RAW_COOKIE("gen: size", -EINVAL, GEN(4, 24)),
	RAW_COOKIE("gen: size", -EINVAL, GEN(6, 0)),
	RAW_COOKIE("gen: segments", 536, GEN(4, 20), UPPER),
	RAW_COOKIE("gen: segments", 1220, GEN(6, 20), UPPER),
#define SEGMENTS(v, told, want)                                                                    \
	RAW_COOKIE("gen: segments", want, STORE_IMM(B, 10, -76, 0x60), OPTION(told), GEN(v, 24), UPPER)
	SEGMENTS(4, 1, 536), SEGMENTS(4, 1299, 536), SEGMENTS(4, 1300, 1300),
	SEGMENTS(4, 1459, 1440), SEGMENTS(4, 1460, 1460), SEGMENTS(4, 65535, 1460),
	SEGMENTS(6, 1, 1220), SEGMENTS(6, 1420, 1420), SEGMENTS(6, 1440, 1440),
	SEGMENTS(6, 8939, 1440), SEGMENTS(6, 8940, 8940), SEGMENTS(6, 0, 1220),
#define TWO_SEGMENTS(first, second, want)                                                          \
	RAW_COOKIE("gen: segments, twice", want, STORE_IMM(B, 10, -76, 0x70), OPTION(first),       \
		   OPTION_AT(-64, second), GEN(4, 28), UPPER)
	TWO_SEGMENTS(1300, 1460, 1460), TWO_SEGMENTS(1460, 1300, 1300),
	TWO_SEGMENTS(1300, 0, 1300), TWO_SEGMENTS(0, 1300, 1300),
	RAW_COOKIE("gen: options end too early", 1300, STORE_IMM(B, 10, -76, 0x70), OPTION(1300),
		   STORE_IMM(W, 10, -64, 0x0503), GEN(4, 28), UPPER),
	RAW_COOKIE("gen: end of options", 536, STORE_IMM(B, 10, -76, 0x70), STORE_IMM(W, 10, -68, 0),
		   OPTION_AT(-64, 1300), GEN(4, 28), UPPER),
	RAW_COOKIE("check: another's", -EACCES, CHECK(4)),
	RAW_COOKIE("check: another's", -EACCES, CHECK(6)),
	RAW_COOKIE("check", 0, GEN(4, 20), ANSWER, CHECK(4)),
	RAW_COOKIE("check", 0, GEN(6, 20), ANSWER, CHECK(6)),
	RAW_COOKIE("check: other port", -EACCES, GEN(4, 20), ANSWER, STORE_IMM(H, 10, -88, 7),
		   CHECK(4)),
	RAW_COOKIE("check: other address", -EACCES, GEN(6, 20), ANSWER,
		   STORE_IMM(W, 10, -128 + 36, 7), CHECK(6)),
	RAW_COOKIE("check: far off", -EACCES, GEN(4, 20), ALU_IMM(ADD, 0, 50), ANSWER, CHECK(4)),
};

/* ---- refused: the log's last line ---- */

#define LEAK "BPF_EXIT instruction in main prog would lead to reference leak"
#define SOCKET_KINDS "sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_"
#define NOT(line, type, ...) { line, type, PROGRAM(__VA_ARGS__), -1 }
static const struct row refused[] = {
	NOT("program of this type cannot use helper bpf_sk_lookup_tcp#84", SF, DO(sk_lookup_tcp)),
	NOT(LEAK, TC, LISTENER, MOV_IMM(0, 0)),
	NOT("R1 type=sock_or_null expected=" SOCKET_KINDS, TC, ENDS(HOME, 1, HOME, 5555), CTX,
	    STACK(2, -48), ARG(3, 12), ARG(4, -1), ARG(5, 0), DO(sk_lookup_tcp), MOV_REG(1, 0),
	    DO(sk_release)),
	NOT("R1 must be referenced when passed to release function", TC,
	    LOAD(DW, 1, 6, offsetof(struct __sk_buff, sk)), JUMP_IMM(JNE, 1, 0, 2), MOV_IMM(0, 0),
	    EXIT(), DO(sk_release)),
	NOT("R1 type=ctx expected=" SOCKET_KINDS, TC, CTX, DO(sk_release)),
	NOT("R1 type=scalar expected=" SOCKET_KINDS, TC, ARG(1, 0), DO(sk_release)),
	NOT("R8 invalid mem access 'scalar'", TC, LISTENER, MOV_REG(1, 8), DO(sk_release),
	    LOAD(W, 0, 8, 0)),
	NOT("R1 type=scalar expected=" SOCKET_KINDS, TC, LISTENER, MOV_REG(1, 8), DO(sk_release),
	    MOV_REG(1, 8), DO(sk_release)),
	NOT("R1 pointer arithmetic on sock prohibited", XDP, LISTENER, MOV_REG(1, 8),
	    ALU_IMM(ADD, 1, 4), DO(sk_release)),
	NOT("R2 type=scalar expected=" SOCKET_KINDS, TC, CTX, ARG(2, 0), ARG(3, 0), DO(sk_assign)),
	NOT("invalid read from stack R1 off=-16 size=20", TC, ZERO(-8), ZERO(-16), STACK(1, -16),
	    STACK(2, -16), DO(tcp_raw_check_syncookie_ipv4)),
};

/* ---- the sockets ---- */

static bool permitted;
static struct bpfx_sock *told[SOCKETS_MAX];
static int opened[SOCKETS_MAX], told_cnt, opened_cnt;

/* An address in memory order; ports of 0: none. */
static void tell_ends(uint32_t family, uint32_t type, uint32_t state, struct bpfx_endpoint local,
		      struct bpfx_endpoint remote)
{
	struct bpfx_sock_info info = {
		.sz = sizeof(info), .family = family, .type = type, .state = state,
		.local = local, .remote = remote,
	};

	assert_int_equal(bpfx_sock_create(&info, &told[told_cnt++]), 0);
}

static void tell_only6(uint32_t port)
{
	struct bpfx_sock_info info = {
		.sz = sizeof(info), .family = AF_INET6, .type = SOCK_STREAM,
		.state = BPF_TCP_LISTEN, .local.port = port, .flags = BPFX_SOCK_ONLY_IPV6,
	};

	assert_int_equal(bpfx_sock_create(&info, &told[told_cnt++]), 0);
	info.flags = 0;
	assert_int_equal(bpfx_sock_get_info(told[told_cnt - 1], &info), 0);
	assert_int_equal(info.flags, BPFX_SOCK_ONLY_IPV6);
	info.flags = 2;
	assert_int_equal(bpfx_sock_create(&info, &told[told_cnt]), -EINVAL);
}

static void tell(uint32_t type, uint32_t state, uint32_t local, uint32_t port, uint32_t peer,
		 uint32_t peer_port)
{
	tell_ends(AF_INET, type, state, (struct bpfx_endpoint){ { local }, port },
		  (struct bpfx_endpoint){ { peer }, peer_port });
}

#define TELL6_(type, state, a, b, port, c, d, peer_port)                                           \
	tell_ends(AF_INET6, type, state, (struct bpfx_endpoint){ { 0, 0, a, b }, port },           \
		  (struct bpfx_endpoint){ { 0, 0, c, d }, peer_port })
#define TELL6(...) TELL6_(__VA_ARGS__)

static int open_at(int type, const void *address, socklen_t size, int only6)
{
	const struct sockaddr *at = address;
	int fd = socket(at->sa_family, type | SOCK_CLOEXEC, 0), one = 1;

	assert_true(fd >= 0);
	opened[opened_cnt++] = fd;
	/* One on all addresses beside one on some. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	if (only6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	assert_int_equal(bind(fd, at, size), 0);
	return fd;
}

static int open_socket(int type, uint32_t address, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = address };

	return open_at(type, &in, sizeof(in), 0);
}

static int open_socket6(int type, struct in6_addr address, int port, int only6)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_port = htons(port),
				   .sin6_addr = address };

	return open_at(type, &in, sizeof(in), only6);
}

static void connect_socket(int fd, int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = HOME };

	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
}

static void connect_socket46(int fd, int port)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_port = htons(port),
				   .sin6_addr.s6_addr = { [10] = 0xff, 0xff, 127, 0, 0, 1 } };

	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
}

static void connect_socket6(int fd, int port)
{
	struct sockaddr_in6 in = { .sin6_family = AF_INET6, .sin6_port = htons(port),
				   .sin6_addr = in6addr_loopback };

	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
}

static void open_all(void)
{
	int listener = open_socket(SOCK_STREAM, HOME, 5555);

	listen(listener, 5);
	listen(open_socket(SOCK_STREAM, 0, 5556), 5);
	listen(open_socket(SOCK_STREAM, 0, 5557), 5);
	open_socket(SOCK_STREAM, HOME, 8888);
	connect_socket(open_socket(SOCK_STREAM, HOME, 7777), 5555);
	opened[opened_cnt++] = accept(listener, NULL, NULL);
	open_socket(SOCK_DGRAM, HOME, 6666);
	connect_socket(open_socket(SOCK_DGRAM, HOME, 6667), 6666);
	listen(open_socket(SOCK_STREAM, HOME, 5557), 5);
}

static void open_all6(void)
{
	const struct in6_addr home46 = { .s6_addr = { [10] = 0xff, 0xff, 127, 0, 0, 1 } };
	int home = open_socket6(SOCK_STREAM, in6addr_loopback, 5560, 0);
	int any = open_socket6(SOCK_STREAM, in6addr_any, 5561, 0);

	listen(home, 5);
	listen(any, 5);
	connect_socket6(open_socket6(SOCK_STREAM, in6addr_loopback, 7760, 0), 5560);
	opened[opened_cnt++] = accept(home, NULL, NULL);
	connect_socket(open_socket(SOCK_STREAM, HOME, 7761), 5561);
	opened[opened_cnt++] = accept(any, NULL, NULL);
	open_socket6(SOCK_DGRAM, in6addr_loopback, 6660, 0);
	open_socket6(SOCK_DGRAM, in6addr_any, 6661, 0);
	connect_socket6(open_socket6(SOCK_DGRAM, in6addr_loopback, 6662, 0), 6660);
	listen(open_socket6(SOCK_STREAM, home46, 5563, 0), 5);
	open_socket6(SOCK_DGRAM, home46, 6663, 0);
	connect_socket46(open_socket6(SOCK_DGRAM, home46, 6664, 0), 6666);
	listen(open_socket(SOCK_STREAM, HOME, 5558), 5);
	listen(open_socket6(SOCK_STREAM, in6addr_any, 5558, 0), 5);
	listen(open_socket(SOCK_STREAM, 0, 5559), 5);
	listen(open_socket6(SOCK_STREAM, in6addr_any, 5559, 0), 5);
	listen(open_socket6(SOCK_STREAM, in6addr_any, 5562, 1), 5);
}

static void tell_all(void)
{
	tell(SOCK_STREAM, BPF_TCP_LISTEN, HOME, 5555, 0, 0);
	tell(SOCK_STREAM, BPF_TCP_LISTEN, 0, 5556, 0, 0);
	tell(SOCK_STREAM, BPF_TCP_LISTEN, 0, 5557, 0, 0);
	tell(SOCK_STREAM, BPF_TCP_CLOSE, HOME, 8888, 0, 0);
	tell(SOCK_STREAM, BPF_TCP_ESTABLISHED, HOME, 7777, HOME, 5555);
	tell(SOCK_STREAM, BPF_TCP_ESTABLISHED, HOME, 5555, HOME, 7777);
	tell(SOCK_DGRAM, BPF_TCP_CLOSE, HOME, 6666, 0, 0);
	tell(SOCK_DGRAM, BPF_TCP_ESTABLISHED, HOME, 6667, HOME, 6666);
	tell(SOCK_STREAM, BPF_TCP_LISTEN, HOME, 5557, 0, 0);
}

static void tell_all6(void)
{
	TELL6(SOCK_STREAM, BPF_TCP_LISTEN, HOME6, 5560, NO6, 0);
	TELL6(SOCK_STREAM, BPF_TCP_LISTEN, NO6, 5561, NO6, 0);
	TELL6(SOCK_STREAM, BPF_TCP_ESTABLISHED, HOME6, 7760, HOME6, 5560);
	TELL6(SOCK_STREAM, BPF_TCP_ESTABLISHED, HOME6, 5560, HOME6, 7760);
	tell(SOCK_STREAM, BPF_TCP_ESTABLISHED, HOME, 7761, HOME, 5561);
	TELL6(SOCK_STREAM, BPF_TCP_ESTABLISHED, HOME46, 5561, HOME46, 7761);
	TELL6(SOCK_DGRAM, BPF_TCP_CLOSE, HOME6, 6660, NO6, 0);
	TELL6(SOCK_DGRAM, BPF_TCP_CLOSE, NO6, 6661, NO6, 0);
	TELL6(SOCK_DGRAM, BPF_TCP_ESTABLISHED, HOME6, 6662, HOME6, 6660);
	TELL6(SOCK_STREAM, BPF_TCP_LISTEN, HOME46, 5563, NO6, 0);
	TELL6(SOCK_DGRAM, BPF_TCP_CLOSE, HOME46, 6663, NO6, 0);
	TELL6(SOCK_DGRAM, BPF_TCP_ESTABLISHED, HOME46, 6664, HOME46, 6666);
	tell(SOCK_STREAM, BPF_TCP_LISTEN, HOME, 5558, 0, 0);
	TELL6(SOCK_STREAM, BPF_TCP_LISTEN, NO6, 5558, NO6, 0);
	tell(SOCK_STREAM, BPF_TCP_LISTEN, 0, 5559, 0, 0);
	TELL6(SOCK_STREAM, BPF_TCP_LISTEN, NO6, 5559, NO6, 0);
	tell_only6(5562);
}

static int set_up(void **state)
{
	tell_all();
	tell_all6();
	if (permitted) {
		open_all();
		open_all6();
	}
	return 0;
}

static int tear_down(void **state)
{
	while (told_cnt)
		bpfx_sock_destroy(told[--told_cnt]);
	while (opened_cnt)
		close(opened[--opened_cnt]);
	return 0;
}

/* ---- running ---- */

static int load(const struct backend *b, const struct row *row, char *log)
{
	return load_logged(b, row->type, row->insns, INSNS_MAX, 0, log, LOG_SIZE);
}

static void run_row(const struct backend *b, const struct row *row, size_t i)
{
	static const unsigned char packet[SIZE] = { [12] = 8, [14] = 0x45 };
	static char log[LOG_SIZE];
	union bpf_attr attr;
	int fd = load(b, row, log), err;

	if (fd < 0)
		fail_msg("%s, row %zu (%s): load: %s\n%s", row->name, i, b->name,
			 result_name(fd), log);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = SIZE;
	err = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	b->close(fd);
	if (err || (int)attr.test.retval != (int)row->want)
		fail_msg("%s, row %zu (%s): run %s, %d, not %d", row->name, i, b->name,
			 result_name(err), (int)attr.test.retval, (int)row->want);
}

#define ROWS_TEST(test, rows)                                                                      \
	static void test(void **state)                                                             \
	{                                                                                          \
		for (size_t i = 0; i < ARRAY_CNT(rows); i++) {                                     \
			run_row(&emulated_backend, &rows[i], i);                                   \
			if (permitted)                                                             \
				run_row(&kernel_backend, &rows[i], i);                             \
		}                                                                                  \
	}

ROWS_TEST(sockets_are_found_by_their_ends, lookup_rows)
ROWS_TEST(sockets_of_ipv6_are_found, lookup6_rows)
ROWS_TEST(listeners_take_their_cookies, socket_rows)
ROWS_TEST(cookies_are_good_for_who_got_them, cookie_rows)

static void check_refusal(const struct backend *b, const struct row *row)
{
	static char log[LOG_SIZE];
	int fd = load(b, row, log);
	const char *line = last_line(log);

	if (fd >= 0 || strcmp(line, row->name))
		fail_msg("row %zu (%s): %s, '%s', not '%s'", row - refused, b->name,
			 result_name(fd), line, row->name);
}

static void references_are_given_back(void **state)
{
	for (size_t i = 0; i < ARRAY_CNT(refused); i++) {
		check_refusal(&emulated_backend, &refused[i]);
		if (permitted)
			check_refusal(&kernel_backend, &refused[i]);
	}
}

/* ---- an application's packets ---- */

static int attach_ingress(int prog)
{
	union bpf_attr attr;
	int link;

	assert_true(prog >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_ifindex = 1;
	attr.link_create.attach_type = BPF_TCX_INGRESS;
	link = emulated_backend.bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	emulated_backend.close(prog);
	assert_true(link >= 0);
	return link;
}

/* The application learns which socket a packet was given to. */
static void packets_are_given_to_sockets(void **state)
{
	const struct row row = { "assign", TC, PROGRAM(LISTENER, CTX, MOV_REG(2, 8), ARG(3, 0),
						       DO(sk_assign), DONE) };
	unsigned char buffer[128] = { [12] = 8, [14] = 0x45 };
	static char log[LOG_SIZE];
	struct bpfx_skb event = { .sz = sizeof(event), .attach_type = BPF_TCX_INGRESS,
				  .ifindex = 1, .buffer = buffer, .size = SIZE,
				  .buffer_size = sizeof(buffer) };
	int link = attach_ingress(load(&emulated_backend, &row, log));

	assert_int_equal(bpfx_skb_event(&event), 1);
	assert_int_equal(event.verdict, TCX_PASS);
	assert_ptr_equal(event.sock, told[0]);
	emulated_backend.close(link);
}

/* A socket that was let go, moved or is in another network namespace is not found. */
static void sockets_that_changed(void **state)
{
	const struct bpfx_endpoint home = { { HOME }, 4000 }, moved = { { HOME }, 4001 };
	struct bpfx_sock_info info = { .sz = sizeof(info), .family = AF_INET, .type = SOCK_DGRAM,
				       .state = BPF_TCP_CLOSE, .local = home };
	const struct row at_home[] = { FOUND(sk_lookup_udp, TC, src_port, 4000, FAR, 1, HOME, 4000) };
	const struct row at_new[] = { FOUND(sk_lookup_udp, TC, src_port, 4001, FAR, 1, HOME, 4001) };
	const struct row nowhere[] = { FOUND(sk_lookup_udp, TC, src_port, NONE, FAR, 1, HOME, 4000),
				       FOUND(sk_lookup_udp, TC, src_port, NONE, FAR, 1, HOME, 4001) };
	struct bpfx_sock *sock;

	assert_int_equal(bpfx_sock_create(&info, &sock), 0);
	run_row(&emulated_backend, &at_home[0], 0);
	assert_int_equal(bpfx_sock_set_state(sock, BPF_TCP_CLOSE, &moved, NULL), 0);
	run_row(&emulated_backend, &at_new[0], 0);
	run_row(&emulated_backend, &nowhere[0], 0);
	bpfx_sock_destroy(sock);
	run_row(&emulated_backend, &nowhere[1], 1);
	info.netns_cookie = 5;
	assert_int_equal(bpfx_sock_create(&info, &sock), 0);
	run_row(&emulated_backend, &nowhere[0], 0);
	bpfx_sock_destroy(sock);
}

static void count_copy(void *cookie, uint32_t ifindex, uint32_t flags, const unsigned char *data,
		       uint32_t size)
{
	assert_int_equal(ifindex, 1);
	assert_int_equal(flags, BPF_F_INGRESS);
	assert_int_equal(size, SIZE);
	assert_int_equal(data[12], 8);
	++*(int *)cookie;
}

static void copies_leave_by_the_application(void **state)
{
	const struct row row = { "clone", TC, PROGRAM(CTX, ARG(2, 1), ARG(3, BPF_F_INGRESS),
						      DO(clone_redirect)) };
	unsigned char buffer[128] = { [12] = 8, [14] = 0x45 };
	static char log[LOG_SIZE];
	int copies = 0;
	struct bpfx_skb event = { .sz = sizeof(event), .attach_type = BPF_TCX_INGRESS,
				  .ifindex = 1, .buffer = buffer, .size = SIZE,
				  .buffer_size = sizeof(buffer), .transmit = count_copy,
				  .cookie = &copies };
	int link = attach_ingress(load(&emulated_backend, &row, log));

	assert_int_equal(bpfx_skb_event(&event), 1);
	assert_int_equal(copies, 1);
	event.sz = offsetof(struct bpfx_skb, transmit);
	assert_int_equal(bpfx_skb_event(&event), 1);
	assert_int_equal(copies, 1);
	emulated_backend.close(link);
}

static void let_go(void *cookie, uint32_t ifindex, uint32_t flags, const unsigned char *data,
		   uint32_t size)
{
	bpfx_sock_destroy(cookie);
}

#define ASSIGN(...)                                                                                \
	ENDS(__VA_ARGS__), LOOK(sk_lookup_tcp, 12, ANY_NETNS, 0), MOV_REG(8, 0), CTX,              \
	MOV_REG(2, 8), ARG(3, 0), DO(sk_assign), MOV_REG(1, 8), DO(sk_release)

/* Its application lets go of the socket, the packet is given to another: it can still be read. */
static void sockets_of_packets_stay(void **state)
{
	const struct row row = { "assign twice", TC, PROGRAM(ASSIGN(FAR, 1, HOME, 4100),
		LOAD(DW, 9, 6, offsetof(struct __sk_buff, sk)), JUMP_IMM(JNE, 9, 0, 2),
		MOV_IMM(0, 1), EXIT(), CTX, ARG(2, 1), ARG(3, 0), DO(clone_redirect),
		ASSIGN(FAR, 1, FAR, 5556), LOAD(W, 0, 9, IN(src_port)), ALU_IMM(SUB, 0, 4100)) };
	const struct bpfx_sock_info info = { .sz = sizeof(info), .family = AF_INET,
					     .type = SOCK_STREAM, .state = BPF_TCP_LISTEN,
					     .local = { { HOME }, 4100 } };
	unsigned char buffer[128] = { [12] = 8, [14] = 0x45 };
	struct bpfx_skb event = { .sz = sizeof(event), .attach_type = BPF_TCX_INGRESS,
				  .ifindex = 1, .buffer = buffer, .size = SIZE,
				  .buffer_size = sizeof(buffer), .transmit = let_go };
	static char log[LOG_SIZE];
	struct bpfx_sock *sock;
	int link;

	assert_int_equal(bpfx_sock_create(&info, &sock), 0);
	event.cookie = sock;
	link = attach_ingress(load(&emulated_backend, &row, log));
	assert_int_equal(bpfx_skb_event(&event), 1);
	assert_int_equal(event.verdict, TCX_PASS);
	assert_ptr_equal(event.sock, told[1]);
	emulated_backend.close(link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_are_found_by_their_ends),
		cmocka_unit_test(sockets_of_ipv6_are_found),
		cmocka_unit_test(listeners_take_their_cookies),
		cmocka_unit_test(cookies_are_good_for_who_got_them),
		cmocka_unit_test(references_are_given_back),
		cmocka_unit_test(packets_are_given_to_sockets),
		cmocka_unit_test(sockets_of_packets_stay),
		cmocka_unit_test(sockets_that_changed),
		cmocka_unit_test(copies_leave_by_the_application),
	};

	permitted = isolate_kernel();
	return cmocka_run_group_tests_name("extensions: looking for sockets", tests, set_up,
					   tear_down);
}
