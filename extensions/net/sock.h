/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What programs on events of sockets really get, their helpers and how events are run.
 */
#ifndef EXTENSIONS_NET_SOCK_H
#define EXTENSIONS_NET_SOCK_H

#include <arpa/inet.h>
#include <bpfx/net.h>
#include "net.h"

/* Nobody said whose it is: 0. */
static inline struct sock_owner sock_owner_of(const struct bpfx_owner *owner)
{
	uint32_t tid = owner->tid ? owner->tid : owner->pid;

	return (struct sock_owner){ owner->known ? (uint64_t)owner->pid << 32 | tid : 0 };
}

/* The socket behind an application's handle (sock_events.c). */
struct net_sock *net_sock_of_handle(struct bpfx_sock *handle);
/* Back again: only of an application's socket. */
struct bpfx_sock *net_sock_handle(struct net_sock *sock);
/* It stays until given back, also after its application has let go. */
void sock_get(struct net_sock *sock);
void sock_put(struct net_sock *sock);
/* Until the end of an event: programs may still look at it. */
struct sock_held {
	struct sock_held *next;
	struct net_sock *sock;
};
/* For one event; false: another one is going on. */
bool sock_take(struct bpfx_sock *handle);
void sock_give_back(struct bpfx_sock *handle);

/* ---- contexts ---- */

/* Of sock_addr programs: the UAPI's struct, its sk a pointer to a net_sock's start. */
struct sock_addr_args {
	struct bpf_sock_addr uapi;
	struct net_sock *sock;
	struct sock_owner owner;
	uint64_t cgroup_id;
};

/* Option space of a TCP header, for the operations that deal with it. */
struct sock_ops_packet {
	const unsigned char *data;	/* TCP header of the received or of the outgoing packet */
	uint32_t size;
	unsigned char *room;		/* where options are written; NULL: not now */
	uint32_t room_size, used;
	uint32_t reserved;
};

/* Of sock_ops programs. */
struct sock_ops_args {
	struct bpf_sock_ops uapi;
	struct net_sock *sock;
	struct sock_ops_packet packet;
};

/* Of cgroup_sock programs the context is the net_sock itself. */

extern const struct bpfx_ctx_desc sock_addr_ctx, sock_ops_ctx, sock_ctx;
#define SOCK_ADDR_ATTACH_TYPE_CNT 17
#define SOCK_ADDR_RESULT_CNT	  12
extern const uint32_t sock_addr_attach_types[SOCK_ADDR_ATTACH_TYPE_CNT];
extern const struct bpfx_ret_range sock_addr_results[SOCK_ADDR_RESULT_CNT];

/* ---- helpers ---- */

#define SOCK_ADDR_ROW_CNT 13
#define SOCK_OPS_ROW_CNT  11
#define SOCK_ROW_CNT	  5
extern const struct bpfx_helper sock_addr_rows[SOCK_ADDR_ROW_CNT];
extern const struct bpfx_helper sock_ops_rows[SOCK_OPS_ROW_CNT];
extern const struct bpfx_helper cgroup_sock_rows[SOCK_ROW_CNT];

/* sock_options.c: what setsockopt(2) and getsockopt(2) do to it. 0 or -errno. */
int sock_option_set(struct net_sock *sock, int level, int name, const void *value, uint32_t size);
int sock_option_get(struct net_sock *sock, int level, int name, void *value, uint32_t size);

/* sock_bind.c */
int sock_bind(struct net_sock *sock, const void *addr, uint32_t size);

/* sock_header.c: options in TCP headers. */
int sock_load_option(const struct sock_ops_args *ops, void *search, uint32_t size, uint64_t flags);
int sock_store_option(struct sock_ops_args *ops, const void *option, uint32_t size, uint64_t flags);
int sock_reserve_option(struct sock_ops_args *ops, uint32_t size, uint64_t flags);

/* ---- events: sock_hooks.c, sock_events.c ---- */

struct sock_verdict {
	int32_t retval;		/* 0: go on; else what the system call returns */
	uint32_t flags;		/* what results say besides yes and no, shifted to bit 0 */
};

/* Run what is attached for @sock's cgroup with @ctx. Programs that ran, or -errno. */
int sock_hook_run(uint32_t attach_type, struct net_sock *sock, void *ctx,
		  struct sock_verdict *verdict);
/* The same for any cgroup; *retval: in: what stands there before anybody was asked; out: the result. */
int cgroup_hook_run(uint32_t attach_type, uint64_t cgroup_id, void *ctx, int32_t *retval,
		    uint32_t *flags);
bool sock_hook_is_active(uint32_t attach_type);

/* bpf_get_retval() and bpf_set_retval(): a program before this one may have refused. */
int32_t cgroup_get_retval(const int32_t *retval, void *ctx);
void cgroup_set_retval(int32_t *retval, void *ctx, int32_t value);

/* An address of IPv6 that stands for one of IPv4. */
static inline bool sock_is_mapped(const uint32_t address[4])
{
	return !address[0] && !address[1] && address[2] == htonl(0xffff);
}

/* sock_events.c: a socket's state; addresses of sockets as programs see them, and back. */
const struct net_sock *sock_state_of(const struct bpfx_sock *sock);
void sock_read_address(const struct sockaddr *address, struct bpf_sock_addr *uapi);
void sock_write_address(const struct bpf_sock_addr *uapi, struct sockaddr *address);

/* A sock_ops context of @sock as it is now. */
void sock_ops_fill(struct sock_ops_args *ops, struct net_sock *sock, bool full);

/* ---- sock_table.c: where programs find sockets ---- */

struct sock_entry {
	struct sock_entry *next;
	struct net_sock *sock;
	uint32_t refs, port;		/* the local port it is found by */
};

void sock_table_add(struct sock_entry *entry, struct net_sock *sock);
void sock_table_remove(struct sock_entry *entry);
/* @change it while nobody looks. */
void sock_table_change(struct sock_entry *entry, void (*change)(struct net_sock *, const void *),
		       const void *arg);
void sock_table_refresh(struct sock_entry *entry);

/* ---- test runs: sock_test_run.c ---- */

int sock_addr_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);
int sock_ops_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);
int sock_test_run(const struct bpfx_host *host, struct bpfx_test_run *run);

#endif
