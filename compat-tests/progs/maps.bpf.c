// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Maps of maps and programs with initial elements, and a map that is pinned by its name. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
} inner_a SEC(".maps"), inner_b SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__array(values, struct inner);
} outer SEC(".maps") = {
	.values = { [0] = &inner_a, [2] = &inner_b },
};

int tail(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = {
	.values = { [1] = (void *)&tail },
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, int);
	__uint(pinning, LIBBPF_PIN_BY_NAME);
} pinned SEC(".maps");

SEC("xdp")
int tail(struct xdp_md *ctx)
{
	return 77;
}

SEC("xdp")
int jump(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 1);
	return 1;
}

SEC("xdp")
int through_outer(struct xdp_md *ctx)
{
	int key = 2, zero = 0, *value;
	void *map = bpf_map_lookup_elem(&outer, &key);

	if (!map)
		return 1;
	value = bpf_map_lookup_elem(map, &zero);
	return value ? *value : 2;
}

SEC("xdp")
int use_pinned(struct xdp_md *ctx)
{
	int key = 3, *value = bpf_map_lookup_elem(&pinned, &key);

	return value ? *value : 2;
}

char _license[] SEC("license") = "Dual BSD/GPL";
