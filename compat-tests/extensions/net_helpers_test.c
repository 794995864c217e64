/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Helpers of packet programs that ask what stands around a packet: interfaces, cgroups, tunnels,
 * routes. Each row is a program and what its test run gives on Linux; those that must not load say
 * the log's last line. Both kernels are in one network namespace: loopback, and where bpf(2) is
 * permitted the interfaces D0 (1500 bytes) and D1, which is down.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asm.h"
#include "logged_load.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define INSNS_MAX    64
#define LOG_SIZE     65536
#define LO	     1
#define D0	     77
#define D1	     78
#define NOWHERE	     9999
#define SIZE	     82
#define LONG	     1600	/* more than an MTU of 1500 */
#define FRAGS	     6000	/* more than a page */

static const unsigned char packet[FRAGS] = {
	1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 8, 0, 0x45, 0, 0, 60, 0, 0, 0, 0, 64, 6, 0x12, 0x34,
	10, 0, 0, 1, 10, 0, 0, 2, 0, 80, 0, 99, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2,
};

#define TC  BPF_PROG_TYPE_SCHED_CLS
#define ACT BPF_PROG_TYPE_SCHED_ACT
#define XDP BPF_PROG_TYPE_XDP
#define CG  BPF_PROG_TYPE_CGROUP_SKB
#define SF  BPF_PROG_TYPE_SOCKET_FILTER

/* r6: the context. What the last call leaves in r0 is the program's result. */
#define PROGRAM(...) { MOV_REG(6, 1), __VA_ARGS__, EXIT() }
#define CTX	     MOV_REG(1, 6)
#define ARG(n, v)    MOV_IMM(n, v)
#define DO(helper)   CALL(BPF_FUNC_##helper)
#define STACK(n, at) MOV_REG(n, 10), ALU_IMM(ADD, n, at)
#define ZERO(at)     STORE_IMM(DW, 10, at, 0)
#define SK	     LOAD(DW, 1, 6, offsetof(struct __sk_buff, sk)), JUMP_IMM(JNE, 1, 0, 2),      \
		     MOV_IMM(0, 0), EXIT()
#define BIT	     ALU_IMM(AND, 0, 1)	/* programs of cgroups may return no more */

struct row {
	const char *name;
	uint32_t type;
	struct bpf_insn insns[INSNS_MAX];
	int64_t want;
	uint32_t needs_d0, gso_size;
	uint32_t size;		/* of the packet; 0: SIZE */
};

/* ---- interfaces ---- */

#define MTU(type, ifindex, len, more, flags, ...)                                                  \
	{ "check_mtu", type, PROGRAM(STORE_IMM(DW, 10, -8, len), CTX, ARG(2, ifindex),             \
	  STACK(3, -8), ARG(4, more), ARG(5, flags), DO(check_mtu)), __VA_ARGS__ }
#define MTU_TOLD(type, ifindex, len, more, flags, ...)                                             \
	{ "check_mtu: length", type, PROGRAM(STORE_IMM(DW, 10, -8, len), CTX, ARG(2, ifindex),     \
	  STACK(3, -8), ARG(4, more), ARG(5, flags), DO(check_mtu), LOAD(W, 0, 10, -8)), __VA_ARGS__ }
#define MTU_BOTH(...) MTU(TC, __VA_ARGS__), MTU(XDP, __VA_ARGS__)
#define MTU_TOLD_BOTH(...) MTU_TOLD(TC, __VA_ARGS__), MTU_TOLD(XDP, __VA_ARGS__)
#define TOO_LONG BPF_MTU_CHK_RET_FRAG_NEEDED

static const struct row interface_rows[] = {
	MTU_BOTH(0, 0, 0, 0, 0),
	MTU_BOTH(LO, 0, 0, 0, 0),
	MTU_BOTH(LO, 65536, 0, 0, 0),
	MTU_BOTH(LO, 65537, 0, 0, TOO_LONG),
	MTU_BOTH(LO, 65537, -1, 0, 0),
	MTU_BOTH(LO, 65536, 1, 0, TOO_LONG),
	MTU_BOTH(NOWHERE, 0, 0, 0, -ENODEV),
	MTU_BOTH(-1, 0, 0, 0, -ENODEV),
	MTU_BOTH(LO, 0, 0, 2, -EINVAL),
	MTU_BOTH(NOWHERE, 0, 0, 2, -EINVAL),
	MTU_BOTH(D0, 0, 1432, 0, 0, 1),
	MTU_BOTH(D0, 0, 1433, 0, TOO_LONG, 1),
	MTU_BOTH(D0, 0, -200, 0, 0, 1),
	MTU_BOTH(D0, 1500, 0, 0, 0, 1),
	MTU_BOTH(D0, 1501, 0, 0, TOO_LONG, 1),
	MTU_BOTH(D0, 1600, -100, 0, 0, 1),
	MTU_BOTH(D0, 10, -25, 0, 0, 1),
	MTU_BOTH(D0, -1, 0, 0, 0, 1),
	MTU(TC, LO, 0, 0, BPF_MTU_CHK_SEGS, 0),
	MTU(XDP, LO, 0, 0, BPF_MTU_CHK_SEGS, -EINVAL),
	MTU(TC, LO, 1000, 0, BPF_MTU_CHK_SEGS, -EINVAL),
	MTU(TC, LO, 0, 20, BPF_MTU_CHK_SEGS, -EINVAL),
	MTU(TC, D0, 3000, 0, 0, 0, 1, 100),	/* segments are not counted */
	MTU(TC, D0, 0, 0, 0, TOO_LONG, 1, 0, LONG),
	MTU(TC, D0, 0, 0, BPF_MTU_CHK_SEGS, TOO_LONG, 1, 0, LONG),
	MTU(TC, D0, 0, 0, 0, 0, 1, 100, LONG),
	MTU(TC, D0, 0, 0, BPF_MTU_CHK_SEGS, 0, 1, 100),
	/* Of packets of test runs it is not known where segments' headers end. */
	MTU(TC, D0, 0, 0, BPF_MTU_CHK_SEGS, -EINVAL, 1, 100, LONG),
	MTU(TC, D0, 0, 0, BPF_MTU_CHK_SEGS, -EINVAL, 1, 1550, LONG),
	MTU(TC, LO, 0, 0, BPF_MTU_CHK_SEGS, 0, 0, 1550, LONG),
	MTU_TOLD(TC, D0, 0, 0, BPF_MTU_CHK_SEGS, 0, 1, 100, LONG),
	/* Lengths are 32 bits wide and have a sign. */
	MTU_BOTH(LO, 0x7ffffff0, 0, 0, TOO_LONG),
	MTU_BOTH(LO, 0x7fffffff, 0, 0, 0),
	MTU_BOTH(LO, 0x7fffffff, 0x7fffffff, 0, 0),
	MTU_BOTH(LO, 0, 0x7fffffff, 0, 0),
	MTU_BOTH(LO, 0x7ffffff0, 5, 0, 0),
	/* Fragments do not count. */
	MTU(XDP, LO, 0, 61550, 0, 0, 0, 0, FRAGS),
	MTU(XDP, LO, 0, 63550, 0, TOO_LONG, 0, 0, FRAGS),
	MTU_TOLD_BOTH(LO, 0, 0, 0, 65536),
	MTU_TOLD_BOTH(NOWHERE, 7, 0, 0, 7),
	MTU_TOLD_BOTH(LO, 7, 0, 2, 7),
	MTU_TOLD_BOTH(D0, 1501, 0, 0, 1500, 1),
	{ "check_mtu: nothing in the length", TC, PROGRAM(CTX, ARG(2, LO), STACK(3, -4), ARG(4, 0),
	  ARG(5, 0), DO(check_mtu), MOV_IMM(0, 5)), 5 },

#define CLONE(ifindex, flags, ...)                                                                 \
	{ "clone_redirect", TC, PROGRAM(CTX, ARG(2, ifindex), ARG(3, flags),                       \
	  DO(clone_redirect)), __VA_ARGS__ }
	CLONE(LO, 0, 0),
	CLONE(LO, BPF_F_INGRESS, 0),
	CLONE(LO, 2, -EINVAL),
	CLONE(0, 0, -EINVAL),
	CLONE(NOWHERE, 0, -EINVAL),
	CLONE(D0, 0, 0, 1),
	CLONE(D0, BPF_F_INGRESS, 0, 1),
	CLONE(D1, 0, 2, 1),
	CLONE(D1, BPF_F_INGRESS, 1, 1),
	CLONE(D0, BPF_F_INGRESS, 0, 1, 0, LONG),
	/* Segments of nobody knows what kind. */
	CLONE(LO, 0, -EBADMSG, 0, 100),
	CLONE(LO, BPF_F_INGRESS, -EBADMSG, 0, 100),
	CLONE(LO, 2, -EINVAL, 0, 100),
	CLONE(NOWHERE, 0, -EBADMSG, 0, 100),
	CLONE(D1, 0, -EBADMSG, 1, 100),
};

/* ---- routes ---- */

#define FIB_AT(field) -64 + (int)offsetof(struct bpf_fib_lookup, field)
#define FIB(type, of, index, size, flags, ...)                                                     \
	{ "fib_lookup", type, PROGRAM(ZERO(-64), ZERO(-56), ZERO(-48), ZERO(-40), ZERO(-32),       \
	  ZERO(-24), ZERO(-16), ZERO(-8), STORE_IMM(B, 10, FIB_AT(family), of),                    \
	  STORE_IMM(W, 10, FIB_AT(ifindex), index), STORE_IMM(W, 10, FIB_AT(ipv4_dst), 0x0100007f), \
	  CTX, STACK(2, -64), ARG(3, size), ARG(4, flags), DO(fib_lookup)), __VA_ARGS__ }
#define FIB_BOTH(...) FIB(TC, __VA_ARGS__), FIB(XDP, __VA_ARGS__)
#define OFF BPF_FIB_LKUP_RET_FWD_DISABLED

static const struct row route_rows[] = {
	FIB_BOTH(2, LO, 64, 0, OFF),
	FIB_BOTH(10, LO, 64, 0, OFF),
	FIB_BOTH(2, LO, 63, 0, -EINVAL),
	FIB_BOTH(2, LO, 64, 0x40, -EINVAL),
	FIB_BOTH(2, LO, 64, 0x100, -EINVAL),
	FIB_BOTH(0, LO, 64, 0, -EAFNOSUPPORT),
	FIB_BOTH(0, NOWHERE, 64, 0, -EAFNOSUPPORT),
	FIB_BOTH(1, LO, 64, 0, -EAFNOSUPPORT),
	FIB_BOTH(2, 0, 64, 0, -ENODEV),
	FIB_BOTH(10, NOWHERE, 64, 0, -ENODEV),
	FIB_BOTH(2, -1, 64, 0, -ENODEV),
	FIB_BOTH(2, LO, 64, BPF_FIB_LOOKUP_OUTPUT, OFF),
	FIB_BOTH(2, LO, 64, BPF_FIB_LOOKUP_OUTPUT | BPF_FIB_LOOKUP_DIRECT, OFF),
	FIB_BOTH(2, LO, 64, BPF_FIB_LOOKUP_TBID | BPF_FIB_LOOKUP_DIRECT, OFF),
	FIB_BOTH(2, LO, 64, 0x3f, OFF),
	FIB_BOTH(2, D0, 64, 0, OFF, 1),
	FIB_BOTH(10, D1, 64, 0, OFF, 1),
};

/* ---- whose ---- */

#define ANCESTOR(level, want_id)                                                                   \
	{ "skb_ancestor_cgroup_id", TC, PROGRAM(CTX, ARG(2, level), DO(skb_ancestor_cgroup_id)),   \
	  want_id },                                                                               \
	{ "skb_ancestor_cgroup_id", CG, PROGRAM(CTX, ARG(2, level), DO(skb_ancestor_cgroup_id),    \
	  BIT), want_id },                                                                         \
	{ "sk_ancestor_cgroup_id", CG, PROGRAM(SK, ARG(2, level), DO(sk_ancestor_cgroup_id), BIT), \
	  want_id }

static const struct row cgroup_rows[] = {
	ANCESTOR(0, 1), ANCESTOR(1, 0), ANCESTOR(2, 0), ANCESTOR(-1, 0), ANCESTOR(70000, 0),
	{ "sk_cgroup_id", CG, PROGRAM(SK, DO(sk_cgroup_id), BIT), 1 },
	{ "get_cgroup_classid", TC, PROGRAM(CTX, DO(get_cgroup_classid)), 0 },
	{ "get_cgroup_classid", ACT, PROGRAM(CTX, DO(get_cgroup_classid)), 0 },
	{ "get_cgroup_classid", SF, PROGRAM(DO(get_cgroup_classid)), 0 },
	{ "get_cgroup_classid", XDP, PROGRAM(DO(get_cgroup_classid)), 0 },
	{ "csum_update", TC, PROGRAM(CTX, ARG(2, 5), DO(csum_update)), -ENOTSUPP },
	{ "csum_update", TC, PROGRAM(CTX, ARG(2, BPF_CSUM_LEVEL_INC), DO(csum_level), CTX,
	  ARG(2, 5), DO(csum_update)), -ENOTSUPP },
};

/* ---- tunnels ---- */

#define KEY	  -48
#define NO_KEY	  ZERO(-56), ZERO(-48), ZERO(-40), ZERO(-32), ZERO(-24), ZERO(-16), ZERO(-8)
#define PUT(at, v) STORE_IMM(W, 10, KEY + (at), v)
#define TOLD(at)  LOAD(W, 0, 10, KEY + (at))
#define GET(size, flags) CTX, STACK(2, KEY), ARG(3, size), ARG(4, flags), DO(skb_get_tunnel_key)
#define SET(size, flags) CTX, STACK(2, KEY), ARG(3, size), ARG(4, flags), DO(skb_set_tunnel_key)
#define GET_OPT(size) CTX, STACK(2, KEY), ARG(3, size), DO(skb_get_tunnel_opt)
#define SET_OPT(size) CTX, STACK(2, KEY), ARG(3, size), DO(skb_set_tunnel_opt)
#define TUNNEL(name, want, ...) { name, TC, PROGRAM(NO_KEY, __VA_ARGS__), want }
/* What is set, with one word in the key; then what is got. */
#define THERE(at, v, set_size, set_flags, ...)                                                     \
	PUT(at, v), SET(set_size, set_flags), NO_KEY, GET(__VA_ARGS__)
#define V6 BPF_F_TUNINFO_IPV6
#define FLAGS BPF_F_TUNINFO_FLAGS

static const struct row tunnel_rows[] = {
	TUNNEL("key: none", -EINVAL, GET(44, 0)),
	TUNNEL("key: none, zeros", 0, PUT(0, 7), GET(44, 0), TOLD(0)),
	TUNNEL("key: unknown flag", -EINVAL, SET(44, 0), GET(44, 4)),
	TUNNEL("set: unknown flag", -EINVAL, SET(44, 32)),
	TUNNEL("set: size", -EINVAL, SET(43, 0)),
	TUNNEL("set: size", -EINVAL, SET(48, 0)),
	TUNNEL("set: size", -EINVAL, SET(1, 0)),
	TUNNEL("set: size", -EINVAL, SET(20, 0)),
	TUNNEL("set: size", -EINVAL, SET(26, 0)),
	TUNNEL("set: old size", 0, SET(28, 0)),
	TUNNEL("set: old size", 0, SET(24, 0)),
	TUNNEL("set: old size", 0, SET(22, 0)),
	TUNNEL("set: old size", 0, SET(8, V6)),
	TUNNEL("set: extension", -EINVAL, PUT(20, 0x30102), SET(44, 0)),
	TUNNEL("set: extension", -EINVAL, PUT(20, 0x30102), SET(24, 0)),
	TUNNEL("set: label of IPv4", -EINVAL, PUT(24, 1), SET(44, 0)),
	TUNNEL("set: label", 0, PUT(24, 0x100000), SET(44, V6)),
	TUNNEL("key: size", -EINVAL, SET(44, 0), GET(26, 0)),
	TUNNEL("key: size", -EINVAL, SET(44, 0), GET(40, 0)),
	TUNNEL("key: size", -EINVAL, SET(44, 0), GET(48, 0)),
	TUNNEL("key: size", -EINVAL, SET(44, 0), GET(4, 0)),
	TUNNEL("key: old size of IPv6", -EINVAL, SET(44, V6), GET(8, V6)),
	TUNNEL("key: other family", -EPROTO, SET(44, 0), GET(44, V6)),
	TUNNEL("key: other family", -EPROTO, SET(44, V6), GET(44, 0)),
	TUNNEL("key: other family, size", -EPROTO, SET(44, V6), GET(43, 0)),
	TUNNEL("key: id", 5, THERE(0, 5, 44, 0, 44, 0), TOLD(0)),
	TUNNEL("key: id", 5, THERE(0, 5, 28, 0, 22, 0), TOLD(0)),
	TUNNEL("key: id", 5, THERE(0, 5, 8, 0, 8, 0), TOLD(0)),
	TUNNEL("key: tos, ttl", 0x102, THERE(20, 0x102, 44, 0, 44, 0), TOLD(20)),
	TUNNEL("key: tos, ttl", 0x102, THERE(20, 0x102, 22, 0, 22, 0), TOLD(20)),
	TUNNEL("key: remote", 0, THERE(4, 0x1020304, 44, 0, 44, 0), TOLD(4)),
	TUNNEL("key: remote is local", 0x1020304, THERE(4, 0x1020304, 44, 0, 44, 0), TOLD(28)),
	TUNNEL("key: local is remote", 0x1020304, THERE(28, 0x1020304, 44, 0, 44, 0), TOLD(4)),
	TUNNEL("key: too much of IPv4", 0, THERE(8, 9, 44, 0, 44, 0), TOLD(32)),
	TUNNEL("key: remote6", 9, THERE(16, 9, 44, V6, 44, V6), TOLD(40)),
	TUNNEL("key: local6", 9, THERE(28, 9, 44, V6, 44, V6), TOLD(4)),
	TUNNEL("key: local, too short", 0, THERE(28, 9, 28, 0, 44, 0), TOLD(4)),
	TUNNEL("key: label", 0x12345, THERE(24, 0x12345, 44, V6, 44, V6), TOLD(24)),
	TUNNEL("key: label", 0x12345, THERE(24, 0x112345, 44, V6, 44, V6), TOLD(24)),
	TUNNEL("key: flags", 0x05200000, SET(44, 0), NO_KEY, GET(44, FLAGS), TOLD(20)),
	TUNNEL("key: flags", 0x04200000, SET(44, 2), NO_KEY, GET(44, FLAGS), TOLD(20)),
	TUNNEL("key: flags", 0x05210000, SET(44, 4), NO_KEY, GET(44, FLAGS), TOLD(20)),
	TUNNEL("key: flags", 0x0d200000, SET(44, 8), NO_KEY, GET(44, FLAGS), TOLD(20)),
	TUNNEL("key: flags", 0x01200000, SET(44, 16), NO_KEY, GET(44, FLAGS), TOLD(20)),
	TUNNEL("key: flags", 0x04210000, SET(44, V6 | 2 | 4), NO_KEY, GET(44, V6 | FLAGS),
	       TOLD(20)),
	TUNNEL("key: flags, options", 0x05f80000, SET(44, 0), SET_OPT(8), NO_KEY, GET(44, FLAGS),
	       TOLD(20)),
	TUNNEL("key: flags do not fit", 0, SET(44, 0), NO_KEY, GET(22, FLAGS), TOLD(20)),
	TUNNEL("key: flags in 24 bytes", 0x05200000, SET(44, 0), NO_KEY, GET(24, FLAGS), TOLD(20)),
	TUNNEL("options: no key", -ENOENT, GET_OPT(8)),
	TUNNEL("set options: no key", -EINVAL, SET_OPT(8)),
	TUNNEL("options: none", -ENOENT, SET(44, 0), GET_OPT(8)),
	TUNNEL("options: none, zeros", 0, SET(44, 0), PUT(0, 9), GET_OPT(8), TOLD(0)),
	TUNNEL("set options: size", -EINVAL, SET(44, 0), SET_OPT(7)),
	TUNNEL("set options: size", -ENOMEM, SET(44, 0), ZERO(-256), STACK(2, -256), CTX,
	       ARG(3, 256), DO(skb_set_tunnel_opt)),
	TUNNEL("options", 8, SET(44, 0), SET_OPT(8), GET_OPT(8)),
	TUNNEL("options: room", 8, SET(44, 0), SET_OPT(8), GET_OPT(16)),
	TUNNEL("options: no room", -ENOMEM, SET(44, 0), SET_OPT(8), GET_OPT(4)),
	TUNNEL("options: value", 9, SET(44, 0), PUT(4, 9), SET_OPT(8), NO_KEY, GET_OPT(16), TOLD(4)),
	TUNNEL("options: zeros behind", 0, SET(44, 0), SET_OPT(8), PUT(12, 9), GET_OPT(16),
	       TOLD(12)),
	TUNNEL("options: of another key", -ENOENT, SET(44, 0), SET_OPT(8), SET(44, 0), GET_OPT(8)),
#define XFRM(size, flags)                                                                          \
	CTX, ARG(2, 0), STACK(3, KEY), ARG(4, size), ARG(5, flags), DO(skb_get_xfrm_state)
	TUNNEL("xfrm state", -EINVAL, XFRM(24, 0)),
	TUNNEL("xfrm state: flags", -EINVAL, XFRM(20, 1)),
	TUNNEL("xfrm state: zeros", 0, PUT(0, 7), XFRM(24, 0), TOLD(0)),
};

/* ---- what the verifier refuses: the log's last line ---- */

static const struct {
	struct row row;
	const char *line;
} refused[] = {
#define NOT(type, text, ...) { { "refused", type, PROGRAM(__VA_ARGS__), -1 }, text }
#define MEMORY "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_"
#define SOCKET "sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_"
	NOT(TC, "R1 type=scalar expected=ctx", ARG(1, 5), DO(get_cgroup_classid)),
	NOT(TC, "R3 type=scalar expected=" MEMORY, CTX, ARG(2, 1), ARG(3, 0), ARG(4, 0), ARG(5, 0),
	    DO(check_mtu)),
	NOT(TC, "misaligned stack access off 0+-6+0 size 4", ZERO(-8), CTX, ARG(2, 1), STACK(3, -6),
	    ARG(4, 0), ARG(5, 0), DO(check_mtu)),
	NOT(XDP, "invalid write to stack R3 off=0 size=4", ZERO(-8), CTX, ARG(2, 1), STACK(3, 0),
	    ARG(4, 0), ARG(5, 0), DO(check_mtu)),
	NOT(TC, "R1 type=scalar expected=ctx", ZERO(-8), ARG(1, 0), ARG(2, 1), STACK(3, -8),
	    ARG(4, 0), ARG(5, 0), DO(check_mtu)),
	NOT(TC, "R2 type=scalar expected=" MEMORY, CTX, ARG(2, 0), ARG(3, 64), ARG(4, 0),
	    DO(fib_lookup)),
	NOT(XDP, "R3 invalid zero-sized read: u64=[0,0]", CTX, STACK(2, -64), ARG(3, 0), ARG(4, 0),
	    DO(fib_lookup)),
	NOT(XDP, "invalid write to stack R2 off=-64 size=65", CTX, STACK(2, -64), ARG(3, 65),
	    ARG(4, 0), DO(fib_lookup)),
	NOT(TC, "R2 type=scalar expected=" MEMORY, CTX, ARG(2, 0), ARG(3, 44), ARG(4, 0),
	    DO(skb_get_tunnel_key)),
	NOT(TC, "R3 invalid zero-sized read: u64=[0,0]", CTX, STACK(2, -8), ARG(3, 0),
	    DO(skb_set_tunnel_opt)),
	NOT(TC, "R2 type=scalar expected=map_ptr", CTX, ARG(2, 0), ARG(3, 0), DO(skb_under_cgroup)),
	NOT(CG, "R1 type=scalar expected=" SOCKET, ARG(1, 0), DO(sk_cgroup_id)),
	NOT(CG, "R1 type=ctx expected=" SOCKET, CTX, ARG(2, 0), DO(sk_ancestor_cgroup_id)),
	/* The packet may have moved. */
	NOT(TC, "R8 invalid mem access 'scalar'", LOAD(W, 8, 6, offsetof(struct __sk_buff, data)),
	    LOAD(W, 9, 6, offsetof(struct __sk_buff, data_end)), MOV_REG(2, 8),
	    ALU_IMM(ADD, 2, 14), MOV_IMM(0, 0), JUMP_REG(JLE, 2, 9, 1), EXIT(), CTX, ARG(2, 1),
	    ARG(3, 0), DO(clone_redirect), LOAD(B, 0, 8, 0)),
};

/* ---- running ---- */

static bool permitted;

static int load(const struct backend *b, const struct row *row, char *log)
{
	return load_logged(b, row->type, row->insns, INSNS_MAX,
			   row->size == FRAGS ? BPF_F_XDP_HAS_FRAGS : 0, log, LOG_SIZE);
}

static void run_row(const struct backend *b, const struct row *row, size_t i)
{
	struct __sk_buff ctx = { .gso_size = row->gso_size };
	static unsigned char out[8192];
	static char log[LOG_SIZE];
	union bpf_attr attr;
	int fd, err;

	if (row->needs_d0 && !permitted)
		return;
	fd = load(b, row, log);
	if (fd < 0)
		fail_msg("%s, row %zu (%s): load: %s\n%s", row->name, i, b->name,
			 result_name(fd), log);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = row->size ? row->size : SIZE;
	attr.test.data_out = (uintptr_t)out;
	attr.test.data_size_out = sizeof(out);
	if (row->gso_size) {
		attr.test.ctx_in = (uintptr_t)&ctx;
		attr.test.ctx_size_in = sizeof(ctx);
	}
	err = b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	b->close(fd);
	if (err || (int)attr.test.retval != (int)row->want)
		fail_msg("%s, row %zu (%s): run %s, %d, not %d", row->name, i, b->name,
			 result_name(err), (int)attr.test.retval, (int)row->want);
}

static void run_rows(const struct row *rows, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++) {
		run_row(&emulated_backend, &rows[i], i);
		if (permitted)
			run_row(&kernel_backend, &rows[i], i);
	}
}

#define ROWS_TEST(test, rows)                                                                      \
	static void test(void **state)                                                             \
	{                                                                                          \
		run_rows(rows, ARRAY_CNT(rows));                                                   \
	}

ROWS_TEST(interfaces_say_how_long_packets_may_be, interface_rows)
ROWS_TEST(nothing_is_forwarded, route_rows)
ROWS_TEST(test_runs_are_of_the_root_cgroup, cgroup_rows)
ROWS_TEST(tunnels_are_what_was_set, tunnel_rows)

static void check_refusal(const struct backend *b, size_t i)
{
	static char log[LOG_SIZE];
	int fd = load(b, &refused[i].row, log);
	const char *line = last_line(log);

	if (fd >= 0 || strcmp(line, refused[i].line))
		fail_msg("row %zu (%s): %s, '%s', not '%s'", i, b->name, result_name(fd), line,
			 refused[i].line);
}

static void bad_arguments_are_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_CNT(refused); i++) {
		check_refusal(&emulated_backend, i);
		if (permitted)
			check_refusal(&kernel_backend, i);
	}
}

/* Cgroup arrays: an empty place, no place. */
static void under_cgroup(const struct backend *b)
{
	int map = map_create_simple(b, BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 2, 0);
	struct row rows[] = {
		{ "skb_under_cgroup: nobody", TC,
		  PROGRAM(CTX, MAP_FD(2, map), ARG(3, 1), DO(skb_under_cgroup)), -EAGAIN },
		{ "skb_under_cgroup: no place", TC,
		  PROGRAM(CTX, MAP_FD(2, map), ARG(3, 2), DO(skb_under_cgroup)), -E2BIG },
		{ "skb_under_cgroup: no place", ACT,
		  PROGRAM(CTX, MAP_FD(2, map), ARG(3, -1), DO(skb_under_cgroup)), -E2BIG },
	};

	assert_true(map >= 0);
	for (size_t i = 0; i < ARRAY_CNT(rows); i++)
		run_row(b, &rows[i], i);
	b->close(map);
}

static void places_of_cgroup_arrays(void **state)
{
	under_cgroup(&emulated_backend);
	if (permitted)
		under_cgroup(&kernel_backend);
}

/* Namespaces inherit from the machine what they forward. */
static int make_interfaces(void)
{
	return system("ip link add d0 index 77 mtu 1500 type veth peer name d0peer && "
		      "ip link set d0 up && ip link set d0peer up && "
		      "ip link add d1 index 78 type veth peer name d1peer && "
		      "echo 0 >/proc/sys/net/ipv4/ip_forward");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interfaces_say_how_long_packets_may_be),
		cmocka_unit_test(nothing_is_forwarded),
		cmocka_unit_test(test_runs_are_of_the_root_cgroup),
		cmocka_unit_test(tunnels_are_what_was_set),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(places_of_cgroup_arrays),
	};

	permitted = isolate_kernel();
	if (permitted && make_interfaces())
		return 1;
	return cmocka_run_group_tests_name("extensions: helpers around packets", tests, NULL,
					   NULL);
}
