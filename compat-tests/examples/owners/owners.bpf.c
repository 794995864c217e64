/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Programs of three extensions in one object: processes are told, connections to a port that is in
 * the map are denied, and each established TCP connection is told with the pid of its owner.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpfx/process_types.h>

#include "owners.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, unsigned int);	/* port */
	__type(value, unsigned int);
} denied_ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} told SEC(".maps");

static void tell(unsigned int what, unsigned int ip, unsigned int port)
{
	struct told *record = bpf_ringbuf_reserve(&told, sizeof(*record), 0);

	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	record->what = what;
	record->pid = bpf_get_current_pid_tgid() >> 32;
	record->remote_ip4 = ip;
	record->remote_port = port;
	bpf_ringbuf_submit(record, 0);
}

SEC("process")
int on_process(struct process_md *ctx)
{
	struct told *record;

	if (ctx->operation != PROCESS_CREATE)
		return 0;
	record = bpf_ringbuf_reserve(&told, sizeof(*record), 0);
	if (!record)
		return 0;
	__builtin_memset(record, 0, sizeof(*record));
	record->what = TOLD_PROCESS;
	record->pid = ctx->process_id;
	bpf_process_get_image_path(ctx, record->image, sizeof(record->image));
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	unsigned int port = bpf_ntohs(ctx->user_port), ip = ctx->user_ip4;

	if (!bpf_map_lookup_elem(&denied_ports, &port))
		return 1;
	tell(TOLD_DENIED, ip, port);
	return 0;
}

SEC("sockops")
int on_socket(struct bpf_sock_ops *ctx)
{
	if (ctx->op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB)
		tell(TOLD_ACTIVE, ctx->remote_ip4, bpf_ntohl(ctx->remote_port));
	if (ctx->op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB)
		tell(TOLD_PASSIVE, ctx->remote_ip4, bpf_ntohl(ctx->remote_port));
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
