/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Counts packets by protocol and by flow; tells of new flows through a ring buffer. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flows.h"

#define ETH_P_IP   0x0800
#define ETH_P_IPV6 0x86dd
#define PROTO_TCP  6
#define PROTO_UDP  17
#define MAX_FLOWS  1024

struct ethernet {
	unsigned char to[6], from[6];
	__be16 type;
} __attribute__((packed));

struct ipv4 {
	unsigned char version_ihl, tos;
	__be16 length, id, fragment;
	unsigned char ttl, protocol;
	__be16 checksum;
	unsigned char source[4], destination[4];
};

struct ipv6 {
	__be32 version;
	__be16 length;
	unsigned char next, hops;
	unsigned char source[16], destination[16];
};

struct ports {
	__be16 source, destination;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_FLOWS);
	__type(key, struct flow_key);
	__type(value, struct flow_stats);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} protocols SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

/* Set by the application before load: shorter packets are not counted. */
const volatile __u32 shortest_packet = 0;

__u64 packets_seen, packets_malformed;
__u64 events_lost = 0;

static __always_inline int count_protocol(__u32 protocol)
{
	__u64 *count = bpf_map_lookup_elem(&protocols, &protocol);

	if (count)
		*count += 1;
	return 0;
}

static void announce(const struct flow_key *key, __u32 length)
{
	struct new_flow *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&events_lost, 1);
		return;
	}
	event->key = *key;
	event->length = length;
	bpf_ringbuf_submit(event, 0);
}

static __noinline int count_flow(const struct flow_key *key, __u32 length)
{
	struct flow_stats first = { 1, length };
	struct flow_stats *stats;

	if (!key)
		return 0;
	stats = bpf_map_lookup_elem(&flows, key);
	if (stats) {
		__sync_fetch_and_add(&stats->packets, 1);
		__sync_fetch_and_add(&stats->bytes, length);
		return 0;
	}
	if (!bpf_map_update_elem(&flows, key, &first, BPF_NOEXIST))
		announce(key, length);
	return 0;
}

/* Where the transport header begins, or NULL. */
static __always_inline void *parse_ip(void *at, void *end, __be16 type, struct flow_key *key)
{
	if (type == bpf_htons(ETH_P_IP)) {
		struct ipv4 *ip = at;

		if ((void *)(ip + 1) > end)
			return 0;
		key->ip_version = 4;
		key->protocol = ip->protocol;
		__builtin_memcpy(key->source, ip->source, 4);
		__builtin_memcpy(key->destination, ip->destination, 4);
		return at + (ip->version_ihl & 15) * 4;
	}
	if (type == bpf_htons(ETH_P_IPV6)) {
		struct ipv6 *ip = at;

		if ((void *)(ip + 1) > end)
			return 0;
		key->ip_version = 6;
		key->protocol = ip->next;
		__builtin_memcpy(key->source, ip->source, 16);
		__builtin_memcpy(key->destination, ip->destination, 16);
		return ip + 1;
	}
	return 0;
}

SEC("xdp")
int count_packet(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 length = end - data;
	struct ethernet *eth = data;
	struct flow_key key = {};
	struct ports *ports;

	packets_seen++;
	if (length < shortest_packet)
		return XDP_PASS;
	if ((void *)(eth + 1) > end)
		goto malformed;
	ports = parse_ip(eth + 1, end, eth->type, &key);
	if (!ports)
		goto malformed;
	count_protocol(key.protocol);
	if (key.protocol == PROTO_TCP || key.protocol == PROTO_UDP) {
		if ((void *)(ports + 1) > end)
			goto malformed;
		key.source_port = bpf_ntohs(ports->source);
		key.destination_port = bpf_ntohs(ports->destination);
	}
	count_flow(&key, length);
	return XDP_PASS;

malformed:
	packets_malformed++;
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
