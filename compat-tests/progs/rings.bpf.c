// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Two ring buffers to user space. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} left SEC(".maps"), right SEC(".maps");

struct {
	__u64 sum, dropped;
} totals;

SEC("xdp")
int send(struct xdp_md *ctx)
{
	__u64 value = ++totals.sum;

	if (bpf_ringbuf_output(&left, &value, sizeof(value), 0))
		__sync_fetch_and_add(&totals.dropped, 1);
	if (bpf_ringbuf_output(&right, &value, 4, 0))
		__sync_fetch_and_add(&totals.dropped, 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
