// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* A ring buffer from user space. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} incoming SEC(".maps");

__u64 sum;

static long take(struct bpf_dynptr *dynptr, void *ctx)
{
	__u64 *value = bpf_dynptr_data(dynptr, 0, sizeof(*value));

	if (value)
		sum += *value;
	return 0;
}

SEC("xdp")
int receive(struct xdp_md *ctx)
{
	long count = bpf_user_ringbuf_drain(&incoming, take, 0, 0);

	return count < 0 ? 255 : count;
}

char _license[] SEC("license") = "GPL";
