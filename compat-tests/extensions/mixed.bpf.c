/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs of four extensions in one object, in one order and, with REVERSED, in the other. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpfx/process_types.h>

/* As probe.h has it. */
struct probe_args {
	unsigned long long value;
	unsigned int verdict, source;
};
static long (*probe_add)(struct probe_args *ctx, unsigned long long n) = (void *)0x10000;

unsigned long long pids[4];	/* what each program saw as its pid */
unsigned int runs[4];

static void saw(unsigned int who)
{
	pids[who] = bpf_get_current_pid_tgid() >> 32;
	__sync_fetch_and_add(&runs[who], 1);
}

#define ON_PROCESS SEC("process") int on_process(struct process_md *ctx) \
	{ saw(0); return ctx->process_id == 13 ? -1 : 0; }
#define ON_CONNECT SEC("cgroup/connect4") int on_connect(struct bpf_sock_addr *ctx) \
	{ saw(1); return 1; }
#define ON_SOCKET SEC("sockops") int on_socket(struct bpf_sock_ops *ctx) \
	{ saw(2); return 1; }
#define ON_PROBE SEC("probe") int on_probe(struct probe_args *ctx) \
	{ saw(3); return probe_add(ctx, 1); }

#ifdef REVERSED
ON_PROBE ON_SOCKET ON_CONNECT ON_PROCESS
#else
ON_PROCESS ON_CONNECT ON_SOCKET ON_PROBE
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";
