// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Samples of what a process does, by a tracepoint that both kernels have. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct {
	int pid, samples;
	int sent, failed;
} facts;

SEC("tp/sched/sched_process_fork")
int on_fork(void *ctx)
{
	__u64 sample[3] = { 0x1122334455667788, facts.sent, 0 };

	if (bpf_get_current_pid_tgid() >> 32 != facts.pid)
		return 0;
	for (int i = 0; i < 1024 && i < facts.samples; i++) {
		sample[1] = facts.sent;
		if (bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, sample, sizeof(sample)))
			facts.failed++;
		else
			facts.sent++;
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
