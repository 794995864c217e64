// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Programs on events of the process that runs the test. */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct {
	int pid, pad;
	__u64 hits[4];
} seen;

static __always_inline int is_ours(void)
{
	return bpf_get_current_pid_tgid() >> 32 == seen.pid;
}

SEC("tp/syscalls/sys_enter_getppid")
int tracepoint(void *ctx)
{
	__u64 sample = 0x1122334455667788;

	if (!is_ours())
		return 0;
	seen.hits[0]++;
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &sample, sizeof(sample));
	return 0;
}

SEC("raw_tp/sys_enter")
int BPF_PROG(raw, struct pt_regs *regs, long id)
{
	if (is_ours() && id == 110)
		seen.hits[1]++;
	return 0;
}

SEC("uprobe//proc/self/exe:traced_function")
int BPF_UPROBE(entry, int a, int b)
{
	if (is_ours())
		seen.hits[2] = a * 100 + b;
	return 0;
}

SEC("uretprobe")
int BPF_URETPROBE(leave, int ret)
{
	if (is_ours())
		seen.hits[3] = bpf_get_attach_cookie(ctx) + ret;
	return 0;
}

char _license[] SEC("license") = "GPL";
