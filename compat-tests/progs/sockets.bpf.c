/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What tools really do with sockets, addresses and packets: one program per type and attach type. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define AF_INET	       2
#define SOCK_RAW       3
#define SOL_SOCKET     1
#define SO_PRIORITY    12
#define SOL_TCP	       6
#define TCP_NODELAY    1
#define TCP_CONGESTION 13

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u64);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} interfaces SEC(".maps");

struct event {
	__u64 pid, cookie;
	__u32 ip, port, srtt, cwnd;
};

struct address {
	__u16 family, port;
	__u32 ip;
	__u64 zero;
};

/* DNS goes to a resolver here, other connections leave from the loopback address. */
SEC("cgroup/connect4")
int redirect_dns(struct bpf_sock_addr *ctx)
{
	struct address from = { AF_INET, 0, bpf_htonl(0x7f000001), 0 };
	__u64 cookie = bpf_get_socket_cookie(ctx), owner = bpf_get_current_pid_tgid();
	struct bpf_sock *sk = ctx->sk;
	char algorithm[16];
	int one = 1;

	if (ctx->user_port == bpf_htons(53)) {
		ctx->user_ip4 = bpf_htonl(0x7f000001);
		ctx->user_port = bpf_htons(5353);
	}
	if (!bpf_getsockopt(ctx, SOL_TCP, TCP_CONGESTION, algorithm, sizeof(algorithm)) &&
	    algorithm[0] == 'c')
		bpf_setsockopt(ctx, SOL_TCP, TCP_NODELAY, &one, sizeof(one));
	if (bpf_bind(ctx, (struct sockaddr *)&from, sizeof(from)))
		return 0;
	bpf_map_update_elem(&flows, &cookie, &owner, BPF_ANY);
	return sk->family == AF_INET && sk->state != BPF_TCP_ESTABLISHED;
}

SEC("cgroup/sendmsg6")
int refuse_network(struct bpf_sock_addr *ctx)
{
	if (ctx->user_ip6[0] != bpf_htonl(0xfd000000))
		return 1;
	ctx->msg_src_ip6[3] = bpf_htonl(1);
	bpf_set_retval(-13);
	return 1;
}

SEC("cgroup/bind4")
int allow_port(struct bpf_sock_addr *ctx)
{
	return ctx->user_port == bpf_htons(80) ? 3 : 1;
}

SEC("cgroup/getpeername4")
int hide_port(struct bpf_sock_addr *ctx)
{
	ctx->user_port = 0;
	return 1;
}

static void tell_established(struct bpf_sock_ops *ops)
{
	__u8 option[8] = { 254, 4, 0xeb, 0x9f };
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	struct bpf_tcp_sock *tcp;
	struct bpf_sock *sk;

	if (!event)
		return;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->cookie = bpf_get_socket_cookie(ops);
	event->ip = ops->remote_ip4;
	event->port = bpf_ntohl(ops->remote_port);
	event->srtt = event->cwnd = 0;
	sk = ops->sk;
	tcp = sk ? bpf_tcp_sock(sk) : 0;
	if (tcp) {
		event->srtt = tcp->srtt_us >> 3;
		event->cwnd = tcp->snd_cwnd;
	}
	bpf_ringbuf_submit(event, 0);
	bpf_load_hdr_opt(ops, option, sizeof(option), 0);
}

SEC("sockops")
int follow_flows(struct bpf_sock_ops *ops)
{
	__u8 option[4] = { 254, 4, 0xeb, 0x9f };
	__u64 cookie;

	switch (ops->op) {
	case BPF_SOCK_OPS_TCP_CONNECT_CB:
	case BPF_SOCK_OPS_TCP_LISTEN_CB:
		bpf_sock_ops_cb_flags_set(ops, ops->bpf_sock_ops_cb_flags |
					       BPF_SOCK_OPS_STATE_CB_FLAG |
					       BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG);
		break;
	case BPF_SOCK_OPS_HDR_OPT_LEN_CB:
		bpf_reserve_hdr_opt(ops, sizeof(option), 0);
		break;
	case BPF_SOCK_OPS_WRITE_HDR_OPT_CB:
		bpf_store_hdr_opt(ops, option, sizeof(option), 0);
		break;
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		tell_established(ops);
		break;
	case BPF_SOCK_OPS_RWND_INIT:
		ops->reply = 40;
		break;
	case BPF_SOCK_OPS_STATE_CB:
		cookie = bpf_get_socket_cookie(ops);
		if (ops->args[1] == BPF_TCP_CLOSE)
			bpf_map_delete_elem(&flows, &cookie);
		break;
	}
	return 1;
}

SEC("cgroup/sock_create")
int no_raw_sockets(struct bpf_sock *sk)
{
	sk->mark = 7;
	return sk->type != SOCK_RAW;
}

SEC("cgroup/post_bind4")
int no_port_81(struct bpf_sock *sk)
{
	return sk->src_port != 81;
}

SEC("cgroup/dev")
int null_and_zero(struct bpf_cgroup_dev_ctx *ctx)
{
	if ((ctx->access_type & 0xffff) != BPF_DEVCG_DEV_CHAR || ctx->major != 1)
		return 0;
	return ctx->minor == 3 || ctx->minor == 5;
}

SEC("cgroup/sysctl")
int up_to_100(struct bpf_sysctl *ctx)
{
	unsigned long number = 0;
	char name[64], value[16];

	if (bpf_sysctl_get_name(ctx, name, sizeof(name), 0) < 0)
		return 0;
	if (!ctx->write || bpf_sysctl_get_new_value(ctx, value, sizeof(value)) < 0)
		return 1;
	return bpf_strtoul(value, sizeof(value), 0, &number) > 0 && number <= 100;
}

SEC("cgroup/setsockopt")
int own_priority(struct bpf_sockopt *ctx)
{
	__u8 *value = ctx->optval;

	if (ctx->level == SOL_SOCKET && ctx->optname == SO_PRIORITY) {
		if (value + 4 > (__u8 *)ctx->optval_end)
			return 0;
		value[0] = 3;
		ctx->optlen = 4;
	}
	return 1;
}

/* Into another network, with a tag for every second flow. */
SEC("tc")
int wrap(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	struct iphdr ip = { .version = 4, .ihl = 5 };
	struct ethhdr *eth = data;

	if (data + sizeof(*eth) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return -1;
	if (bpf_get_hash_recalc(skb) & 1)
		bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 5);
	if (bpf_skb_adjust_room(skb, sizeof(ip), BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4))
		return 2;
	bpf_skb_store_bytes(skb, ETH_HLEN, &ip, sizeof(ip), 0);
	bpf_skb_ecn_set_ce(skb);
	return bpf_redirect(skb->ifindex, 0);
}

SEC("xdp")
int forward(struct xdp_md *ctx)
{
	return bpf_redirect_map(&interfaces, ctx->rx_queue_index, XDP_PASS);
}

SEC("xdp/devmap")
int stamp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;

	if (data + ETH_HLEN > data_end)
		return XDP_DROP;
	((__u8 *)data)[0] = ctx->egress_ifindex;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
