// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Global data of every kind, maps, a ring buffer, static and global subprograms, callbacks. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} ring SEC(".maps");

const volatile int limit = 5;
int result;
int start = 42;
__u64 custom SEC(".data.mine") = 7;
static volatile int hidden_static = 3;

static __noinline int triple(int x)
{
	return x * 3 + result;
}

__noinline int scaled(int x)
{
	return triple(x) + limit;
}

__hidden __noinline int twice(int x)
{
	return x * 2;
}

static long sum(__u32 i, void *ctx)
{
	*(long *)ctx += i;
	return 0;
}

SEC("xdp")
int compute(struct xdp_md *ctx)
{
	long total = 0;
	__u32 key = 1;
	__u64 *value = bpf_map_lookup_elem(&counters, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
	bpf_loop(5, sum, &total, 0);
	result = scaled(start) + twice(hidden_static) + total + custom;
	return XDP_PASS;
}

SEC("xdp")
int emit(struct xdp_md *ctx)
{
	__u32 *sample = bpf_ringbuf_reserve(&ring, 8, 0);

	if (!sample)
		return XDP_DROP;
	sample[0] = result++;
	sample[1] = limit;
	if (sample[0] % 4 == 3)
		bpf_ringbuf_discard(sample, 0);
	else
		bpf_ringbuf_submit(sample, 0);
	return XDP_PASS;
}

SEC("?socket")
int optional(struct __sk_buff *skb)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
