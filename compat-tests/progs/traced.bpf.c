// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* What tools show of a program on a tracepoint: a sample and a line for each run on a packet. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("tp/sched/sched_process_exec")
int on_exec(void *ctx)
{
	return 0;
}

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	char sample[12] = "one packet";

	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, sample, sizeof(sample));
	bpf_printk("packet of %u bytes", ctx->data_end - ctx->data);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
