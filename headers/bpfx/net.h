/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * For applications that receive packets or have sockets of their own: hand what happens to the
 * programs attached.
 */
#ifndef BPFX_NET_H
#define BPFX_NET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Linux's drivers leave so much in front of a packet, and 40 bytes of it to themselves. */
#define BPFX_XDP_HEADROOM 256

/**
 * struct bpfx_xdp_packet - one received packet, in the caller's memory
 *
 * Programs may move both of its edges within the buffer (bpf_xdp_adjust_head, _tail, _meta); where
 * it stands afterwards is told here.
 */
struct bpfx_xdp_packet {
	size_t sz;			/* sizeof(struct bpfx_xdp_packet) */
	uint32_t ifindex;		/* interface it came from: programs attached to it run */
	uint32_t rx_queue_index;
	unsigned char *buffer;
	uint32_t buffer_size;
	uint32_t offset, size;		/* in and out: the packet in the buffer */
	uint32_t meta_size;		/* out: bytes of metadata that end at offset */
	uint32_t action;		/* out: XDP_PASS …; above XDP_REDIRECT is XDP_ABORTED */
	uint32_t redirect_ifindex;	/* out, with XDP_REDIRECT: of a single interface */
	/* Redirected packets leave here, once for each interface: bpf_redirect(), bpf_redirect_map()
	 * to one or, with BPF_F_BROADCAST, to all of a map. NULL: only told above, and packets for all
	 * of a map are dropped. Programs of the map have seen them. */
	void (*transmit)(void *cookie, uint32_t ifindex, const unsigned char *data, uint32_t size);
	void *cookie;
	uint32_t transmitted;		/* out: calls of transmit */
	uint32_t reserved;
};

/**
 * bpfx_xdp_receive() - run the XDP program attached to packet->ifindex
 *
 * Thread-safe; costs a look at a counter while nothing is attached to any interface.
 *
 * Return: programs that ran: 1, or 0 with XDP_PASS; -EINVAL: sz is too small, or the packet is
 * shorter than an Ethernet header or not in the buffer.
 */
int bpfx_xdp_receive(struct bpfx_xdp_packet *packet);

/* ---- packets of the host ---- */

struct bpfx_sock;

/**
 * struct bpfx_skb - one packet on its way into or out of the host
 *
 * An Ethernet frame for BPF_TCX_INGRESS and BPF_TCX_EGRESS, an IP packet for
 * BPF_CGROUP_INET_INGRESS and BPF_CGROUP_INET_EGRESS. Programs may change what stands under "in and
 * out", and those of tcx the packet, which may grow.
 */
struct bpfx_skb {
	size_t sz;			/* sizeof(struct bpfx_skb) */
	uint32_t attach_type;
	uint32_t ifindex;		/* interface; programs attached to it run for tcx */
	uint64_t cgroup_id;		/* its programs run for cgroups; 0: the socket's */
	/* Socket that sends or receives it; NULL: nobody's. It must stay until the event is over. Out, for
	 * BPF_TCX_INGRESS: the one that bpf_sk_assign() chose; valid while the application keeps it. */
	struct bpfx_sock *sock;
	unsigned char *buffer;
	uint32_t buffer_size;
	uint32_t offset, size;		/* in and out: the packet in the buffer */
	uint32_t mark, priority, queue_mapping, tc_index, tc_classid;	/* in and out */
	uint32_t hash, vlan_tci, vlan_proto;	/* vlan_proto 0: no tag; else network byte order */
	uint64_t tstamp;		/* in and out */
	/* out: TCX_NEXT (-1; also nothing attached), TCX_PASS, TCX_DROP, TCX_REDIRECT; for cgroups 0,
	 * -EPERM, or NET_XMIT_DROP and NET_XMIT_CN where a program asks to slow down */
	int32_t verdict;
	uint32_t redirect_ifindex;	/* out, with TCX_REDIRECT */
	uint32_t redirect_flags;	/* out: BPF_F_INGRESS */
	/* Copies that programs of tcx send elsewhere (bpf_clone_redirect()) leave here; @flags:
	 * BPF_F_INGRESS: as if they had come in there. NULL: they are gone. An sz without these two
	 * is fine. */
	void (*transmit)(void *cookie, uint32_t ifindex, uint32_t flags, const unsigned char *data,
			 uint32_t size);
	void *cookie;
};

/**
 * bpfx_skb_event() - run the programs attached to the packet's interface or cgroup
 *
 * Thread-safe; costs a look at a counter while nothing is attached.
 *
 * Return: programs that ran; -EINVAL: sz, attach_type, or no packet of that kind in the buffer;
 * -ENOMEM; -ENOSPC: they made it larger than the buffer has room for behind offset: size tells how
 * large, the verdict holds, the buffer is as it was.
 */
int bpfx_skb_event(struct bpfx_skb *skb);

/* ---- sockets ---- */

struct sockaddr;
struct bpf_tcp_sock;

/*
 * An emulated socket: its addresses, options, owner and whatever programs change of it. Programs of
 * its cgroup run when the application says that something happens to it. One thread at a time may
 * use it, as if it held Linux's socket lock; different sockets know nothing of each other.
 */
struct bpfx_sock;

/* Whose socket it is. What programs learn from bpf_get_current_pid_tgid(), whoever fires the event. */
struct bpfx_owner {
	uint32_t known;		/* 0: nobody knows; programs read 0 and a counter grows */
	uint32_t pid;		/* process (tgid) */
	uint32_t tid;		/* thread; 0: not known, the pid stands for it */
	uint32_t reserved;
};

/* Host byte order ports, network byte order addresses (IPv4: the first word). */
struct bpfx_endpoint {
	uint32_t address[4];
	uint32_t port;
};

#define BPFX_SOCK_ONLY_IPV6 1ull	/* IPV6_V6ONLY */

/**
 * struct bpfx_sock_info - what a socket is when it is made
 *
 * Zeros are the defaults of a socket that was just made, in the cgroup of this process.
 */
struct bpfx_sock_info {
	size_t sz;			/* sizeof(struct bpfx_sock_info) */
	uint64_t cgroup_id;		/* its programs run: bpfx_cgroup(); 0: this process's */
	uint64_t netns_cookie;		/* 0: the first network namespace's, 1 */
	uint32_t family, type, protocol;	/* AF_*, SOCK_*, IPPROTO_* (0: the type's own) */
	uint32_t state;			/* BPF_TCP_*; 0: BPF_TCP_CLOSE */
	uint32_t mark, priority, bound_dev_if;
	struct bpfx_owner owner;
	struct bpfx_endpoint local, remote;
	uint64_t flags;			/* BPFX_SOCK_*; an sz without it is fine */
};

/**
 * bpfx_sock_create() - make an emulated socket
 * @out: receives it; to be freed with bpfx_sock_destroy()
 *
 * Runs nothing: say BPF_CGROUP_INET_SOCK_CREATE to bpfx_sock_event() if programs shall judge it.
 *
 * Return: 0; -EINVAL: sz, family or flags; -ENOMEM.
 */
int bpfx_sock_create(const struct bpfx_sock_info *info, struct bpfx_sock **out);

/* Let go of it: it is found no more, and freed when no program holds it. NULL is fine. */
void bpfx_sock_destroy(struct bpfx_sock *sock);

/* What it is now: programs and bpf_bind() may have changed it. -EINVAL: info->sz is too small. */
int bpfx_sock_get_info(const struct bpfx_sock *sock, struct bpfx_sock_info *info);

/* Between events: the connection's ends and state. -EBUSY: an event is going on. */
int bpfx_sock_set_state(struct bpfx_sock *sock, uint32_t state,
			const struct bpfx_endpoint *local, const struct bpfx_endpoint *remote);

/* Never 0, different for each socket. */
uint64_t bpfx_sock_cookie(const struct bpfx_sock *sock);

/**
 * bpfx_sock_event() - it is made, has been bound, or is released
 * @attach_type: BPF_CGROUP_INET_SOCK_CREATE, BPF_CGROUP_INET4_POST_BIND,
 *	BPF_CGROUP_INET6_POST_BIND or BPF_CGROUP_INET_SOCK_RELEASE
 *
 * Return: 0: go on; -EPERM or what a program said instead (bpf_set_retval()): the system call fails
 * with it; -EINVAL: no such event; -EBUSY: the socket is in use.
 */
int bpfx_sock_event(struct bpfx_sock *sock, uint32_t attach_type);

/**
 * struct bpfx_sock_addr - an address on its way into or out of a system call
 *
 * Linux's attach types stand in attach_type (BPF_CGROUP_INET4_BIND … BPF_CGROUP_UNIX_GETSOCKNAME);
 * the address has the family they name.
 */
struct bpfx_sock_addr {
	size_t sz;			/* sizeof(struct bpfx_sock_addr) */
	uint32_t attach_type;
	uint32_t address_size;		/* bytes at address */
	struct sockaddr *address;	/* in and out: programs may change it */
	uint32_t source[4];		/* in and out, for sendmsg: source address, network order */
	struct bpfx_owner owner;	/* who calls; not known: the socket's owner */
	int32_t verdict;		/* out: 0: go on; else the system call's result */
	uint32_t changed;		/* out: address or source is not what it was */
	uint32_t bind_any_port;		/* out, for bind: privileged ports are fine */
};

/**
 * bpfx_sock_addr_event() - let programs see, change or refuse an address
 *
 * Return: programs that ran, 0 with the verdict "go on" when nothing is attached; -EINVAL: sz,
 * attach_type or the address's family or size; -EBUSY: the socket is in use.
 */
int bpfx_sock_addr_event(struct bpfx_sock *sock, struct bpfx_sock_addr *event);

/**
 * struct bpfx_sock_ops - something in the life of a TCP socket
 *
 * @tcp tells the state of the connection (NULL: as it was). @header is the TCP header, options
 * included, of the packet that the operation is about (BPF_SOCK_OPS_PARSE_HDR_OPT_CB, …); options
 * that programs write go to @room.
 */
struct bpfx_sock_ops {
	size_t sz;			/* sizeof(struct bpfx_sock_ops) */
	uint32_t op;			/* BPF_SOCK_OPS_* */
	uint32_t args[4];
	uint32_t request_sock;		/* not a full socket yet: nothing of TCP is known */
	const struct bpf_tcp_sock *tcp;
	uint32_t tx_hash;		/* in and out */
	const void *header;
	uint32_t header_size;
	uint32_t packet_size;		/* all of the packet */
	uint64_t hwtstamp;
	void *room;			/* option space still free in the outgoing header */
	uint32_t room_size;		/* its size; for BPF_SOCK_OPS_HDR_OPT_LEN_CB: what is free */
	uint32_t used;			/* out: bytes of options written */
	uint32_t reserved_room;		/* out: bytes asked for by bpf_reserve_hdr_opt() */
	int32_t reply;			/* out: what Linux's caller gets: the reply, or -1 */
};

/**
 * bpfx_sock_ops_event() - run the sock_ops programs of the socket's cgroup
 *
 * Programs see the owner that the socket was made with, whichever thread calls this and whether
 * or not that process still is there.
 *
 * Return: programs that ran; -EINVAL: sz, op, header or room; -EBUSY: the socket is in use.
 */
int bpfx_sock_ops_event(struct bpfx_sock *sock, struct bpfx_sock_ops *event);

/** struct bpfx_sockopt - setsockopt(2) before the kernel, getsockopt(2) after it */
struct bpfx_sockopt {
	size_t sz;			/* sizeof(struct bpfx_sockopt) */
	uint32_t attach_type;		/* BPF_CGROUP_SETSOCKOPT, BPF_CGROUP_GETSOCKOPT */
	int32_t level, optname;		/* in and out: programs of setsockopt may change them */
	int32_t optlen;			/* in and out: bytes of the value */
	int32_t room;			/* bytes at optval */
	int32_t result;			/* in: of the kernel's getsockopt; out: of the call, -errno */
	void *optval;			/* in and out */
	uint32_t bypass;		/* out, for setsockopt: the program has done it all */
	uint32_t reserved;
};

/**
 * bpfx_sockopt_event() - let programs see, change or refuse a socket option
 *
 * Return: programs that ran, 0 with everything as it was when nothing is attached; -EINVAL: sz,
 * attach_type, optlen or room; -EBUSY: the socket is in use; -ENOMEM.
 */
int bpfx_sockopt_event(struct bpfx_sock *sock, struct bpfx_sockopt *event);

/* ---- devices ---- */

/** struct bpfx_device - a device file that a process of a cgroup opens or makes */
struct bpfx_device {
	size_t sz;			/* sizeof(struct bpfx_device) */
	uint64_t cgroup_id;		/* bpfx_cgroup(); 0: of this process */
	uint32_t access;		/* BPF_DEVCG_ACC_* */
	uint32_t type;			/* BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_DEV_CHAR */
	uint32_t major_number, minor_number;
};

/* Return: 0: fine; -EPERM, or what a program said instead; -EINVAL: sz, access or type. */
int bpfx_cgroup_device(const struct bpfx_device *device);

/* ---- sysctls ---- */

/** struct bpfx_sysctl - a process of a cgroup reads or writes a file of /proc/sys */
struct bpfx_sysctl {
	size_t sz;			/* sizeof(struct bpfx_sysctl) */
	uint64_t cgroup_id;		/* bpfx_cgroup(); 0: of this process */
	const char *name;		/* "net/ipv4/ip_forward" */
	uint32_t write;			/* 1: value is written; 0: it is read */
	uint32_t file_pos;		/* in and out */
	const char *current;		/* what reading gives, newline included */
	uint32_t current_size;
	uint32_t value_size;		/* in and out: bytes at value, at most 4095 */
	char *value;			/* in and out, for writing */
	uint32_t room;			/* bytes at value that may be used */
	int32_t result;			/* out: 0: go on; else what the system call returns */
};

/* Return: programs that ran; -EINVAL: sz, name, write, value or its size. */
int bpfx_sysctl_event(struct bpfx_sysctl *event);

/* Events of this process whose owner nobody knew. */
uint64_t bpfx_sock_unowned_events(void);

/* ---- policies on connections and on binding, which Linux does not have ---- */

enum bpfx_policy_event {
	BPFX_CONNECT_REDIRECT,		/* where shall it go; programs may change the destination */
	BPFX_CONNECT_AUTHORIZATION,	/* it will go there: may it */
	BPFX_RECV_ACCEPT,		/* a connection or a first datagram came in */
	BPFX_LISTEN,
};

/**
 * struct bpfx_sock_policy_event - a connection that programs judge
 *
 * The hook is that of the event and of the address's family: "connect_redirect4", "listen6" … Its
 * programs for this compartment are asked, if there are none those for all others.
 */
struct bpfx_sock_policy_event {
	size_t sz;			/* sizeof(struct bpfx_sock_policy_event) */
	uint32_t event;			/* enum bpfx_policy_event */
	uint32_t compartment_id;
	struct sockaddr *address;	/* peer, or own end of what listens; redirect may change it */
	uint32_t address_size;
	struct bpfx_endpoint source;	/* the other end, where it is known */
	uint64_t interface_luid;
	struct bpfx_owner owner;	/* not known: the socket's owner */
	uint32_t verdict;		/* in: an earlier one or PROCEED_SOFT; out: enum bpfx_policy */
	uint32_t changed;		/* out: the address is not what it was */
};

/**
 * bpfx_sock_policy_fire() - ask the programs
 *
 * The most restrictive answer counts; PROCEED_HARD that stood in the verdict before stays at least
 * that, REJECT is final and asks nobody. A program that cannot run rejects (and is counted).
 *
 * Return: programs that ran; -EINVAL: sz, event, verdict, address or its size.
 */
int bpfx_sock_policy_fire(struct bpfx_sock *sock, struct bpfx_sock_policy_event *event);

/** struct bpfx_bind_event - an application takes a local address, or gives it back */
struct bpfx_bind_event {
	size_t sz;			/* sizeof(struct bpfx_bind_event) */
	const void *app_id;		/* name of its image, UTF-16 */
	uint32_t app_id_size;		/* in bytes: even */
	uint32_t operation;		/* enum bpfx_bind_operation */
	uint64_t process_id;
	unsigned char socket_address[16];
	uint32_t socket_address_length;
	uint32_t protocol;
	uint32_t action;		/* out: enum bpfx_bind_action; what is unknown is DENY */
};

/**
 * bpfx_bind_fire() - ask the bind program
 *
 * Return: programs that ran, 0 with BPFX_BIND_PERMIT_SOFT; a program that cannot run denies.
 * -EINVAL: sz, operation, protocol or a size.
 */
int bpfx_bind_fire(struct bpfx_bind_event *event);

/* Policy events of this process that were refused because a program could not run. */
uint64_t bpfx_policy_failures(void);

#ifdef __cplusplus
}
#endif

#endif
