/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Something of everything that tools print: types in values, functions, tail calls, maps in maps. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum colour { RED, GREEN = 7, BLUE = -1 };

struct inner {
	__u16 small;
	_Bool flag;
	char letter;
};

union either {
	__u32 number;
	unsigned char bytes[4];
};

struct value {
	__u64 wide;
	enum colour colour;
	struct inner list[2];
	union either either;
	unsigned int low : 3, high : 29;
	const char *name;
	int pad[2][2];
};

struct prefix {
	__u32 bits;
	unsigned char address[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct inner);
	__type(value, struct value);
} typed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 8);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} prefixes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct inner);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__uint(value_size, 4);
} jumps SEC(".maps");

struct template {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} first SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct template);
} outer SEC(".maps") = { .values = { [1] = &first } };

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 2);
	__type(value, __u32);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, __u64);
	__type(value, __u64);
} recent SEC(".maps");

const volatile int limit = 3;
int seen;
struct value last = { .wide = 5, .colour = GREEN };

__attribute__((noinline)) int count(__u32 length)
{
	seen += length > 60 ? 2 : 1;
	return seen;
}

static __attribute__((noinline)) long add(__u64 length)
{
	__u64 *times = bpf_map_lookup_elem(&recent, &length), one = 1;

	if (times)
		return ++*times;
	return bpf_map_update_elem(&recent, &length, &one, BPF_NOEXIST);
}

SEC("tc")
int classify(struct __sk_buff *skb)
{
	if (count(skb->len) > limit)
		bpf_tail_call(skb, &jumps, 1);
	add(skb->len);
	return 0;
}

SEC("xdp")
int look(struct xdp_md *ctx)
{
	return ctx->data_end - ctx->data > 63 ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
