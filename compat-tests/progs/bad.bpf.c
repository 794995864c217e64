// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Programs that the verifier refuses. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
} values SEC(".maps");

SEC("xdp")
int without_check(struct xdp_md *ctx)
{
	int key = 0, *value = bpf_map_lookup_elem(&values, &key);

	return *value;
}

SEC("nosuchsection")
int unknown(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
