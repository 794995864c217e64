/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* dispatch_bench: what a hook costs with nothing attached, with one empty program, and in a batch. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpfx/hook.h>

#include "asm.h"

#define MANY 20000000
#define SOME  2000000

static struct {
	struct bpfx_ctx_header header;
	uint64_t args[3];
} event;

static double now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* An event source that does next to nothing else: with and without the hook. */
static double idle_loop(const struct bpfx_host *host, const struct bpfx_hook *hook)
{
	double start = now();
	unsigned long sum = 0;
	uint32_t result;

	for (int i = 0; i < MANY; i++) {
		sum += i;
		__asm__ volatile("" : "+r"(sum));
		if (hook && bpfx_hook_active(hook))
			host->run_hook(hook, 0, event.args, &result);
	}
	return (now() - start) / MANY;
}

static double fire(const struct bpfx_host *host, const struct bpfx_hook *hook)
{
	double start = now();
	uint32_t result;

	for (int i = 0; i < SOME; i++)
		if (bpfx_hook_active(hook))
			host->run_hook(hook, 0, event.args, &result);
	return (now() - start) / SOME;
}

static double fire_batch(const struct bpfx_host *host, const struct bpfx_hook *hook)
{
	struct bpfx_batch batch;
	double start = now();
	uint32_t result;

	if (host->hook_batch_begin(&batch, sizeof(batch), hook, 0))
		exit(1);
	for (int i = 0; i < SOME; i++)
		host->hook_batch_run(&batch, event.args, &result);
	host->hook_batch_end(&batch);
	return (now() - start) / SOME;
}

int main(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	const struct bpfx_hook *hook;
	const struct bpfx_host *host;
	int prog;

	setenv("BPF_SHIM_STORE", "private", 1);
	host = bpfx_host();
	hook = bpfx_find_hook("sample");
	if (!host || !hook)
		return 1;
	printf("nothing attached: %+.2f ns\n", idle_loop(host, hook) - idle_loop(host, NULL));
	prog = bpf_prog_load(bpfx_prog_type("sample"), "empty", "GPL", insns, 2, NULL);
	if (bpf_link_create(prog, 0, bpfx_attach_type("sample"), NULL) < 0)
		return 1;
	printf("one empty program: %.1f ns\n", fire(host, hook));
	printf("the same in a batch: %.1f ns\n", fire_batch(host, hook));
	return 0;
}
