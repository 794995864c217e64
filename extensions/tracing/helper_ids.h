/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * General helpers that the tracing program types may call on Linux 6.18 besides those of every
 * type, measured by loading one call of each helper per type.
 */
#ifndef EXTENSIONS_TRACING_HELPER_IDS_H
#define EXTENSIONS_TRACING_HELPER_IDS_H

#include <stdint.h>
#include <linux/bpf.h>

static const uint32_t kprobe_ids[] = {
	BPF_FUNC_probe_read,
	BPF_FUNC_perf_event_read,
	BPF_FUNC_perf_event_output,
	BPF_FUNC_perf_event_read_value,
	BPF_FUNC_get_stackid,
	BPF_FUNC_probe_read_str,
	BPF_FUNC_get_stack,
	BPF_FUNC_get_func_ip,
	BPF_FUNC_get_attach_cookie,
};

static const uint32_t tracepoint_ids[] = {
	BPF_FUNC_probe_read,
	BPF_FUNC_perf_event_read,
	BPF_FUNC_perf_event_output,
	BPF_FUNC_perf_event_read_value,
	BPF_FUNC_get_stackid,
	BPF_FUNC_probe_read_str,
	BPF_FUNC_get_stack,
	BPF_FUNC_get_attach_cookie,
};

static const uint32_t perf_event_ids[] = {
	BPF_FUNC_probe_read,
	BPF_FUNC_perf_event_read,
	BPF_FUNC_perf_event_output,
	BPF_FUNC_perf_event_read_value,
	BPF_FUNC_get_stackid,
	BPF_FUNC_probe_read_str,
	BPF_FUNC_perf_prog_read_value,
	BPF_FUNC_get_stack,
	BPF_FUNC_read_branch_records,
	BPF_FUNC_get_attach_cookie,
};

static const uint32_t raw_tracepoint_ids[] = {
	BPF_FUNC_probe_read,
	BPF_FUNC_perf_event_read,
	BPF_FUNC_perf_event_output,
	BPF_FUNC_perf_event_read_value,
	BPF_FUNC_get_stackid,
	BPF_FUNC_probe_read_str,
	BPF_FUNC_get_stack,
	BPF_FUNC_get_attach_cookie,
};

/* seq_*: of iterators only, as their rows say. */
static const uint32_t tracing_ids[] = {
	BPF_FUNC_probe_read,
	BPF_FUNC_perf_event_output,
	BPF_FUNC_get_stackid,
	BPF_FUNC_probe_read_str,
	BPF_FUNC_get_stack,
	BPF_FUNC_seq_printf,
	BPF_FUNC_seq_write,
	BPF_FUNC_seq_printf_btf,
};

#endif
