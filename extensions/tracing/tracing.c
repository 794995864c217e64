/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The tracing extension: program types on registers, tracepoint records, samples and arguments. */
#include <errno.h>
#include <stddef.h>
#include <linux/bpf_perf_event.h>
#include <bpfx/extension.h>

#include "helper_ids.h"
#include "tracing_private.h"

#define GENERAL(id_table) .general = id_table, .general_cnt = ARRAY_CNT(id_table)
#define NO_PACKET	  .real_data = -1, .real_data_end = -1, .real_data_meta = -1

#define READ   BPFX_FIELD_READ
#define NARROW BPFX_FIELD_NARROW

/* Bytes of a scalar area or word that programs see where they are. */
#define SAME(field_name, at, field_size, field_flags)                                              \
	{ field_name, at, field_size, BPFX_FIELD_SCALAR, field_flags, at, field_size,              \
	  .type_name = NULL }

/* ---- kprobe: the registers, in parts, too ---- */

static const struct bpfx_ctx_field regs_fields[] = {
	SAME("regs", 0, sizeof(bpf_user_pt_regs_t), READ | NARROW),
};

static const struct bpfx_ctx_desc regs_ctx = {
	.size = sizeof(bpf_user_pt_regs_t),
	.real_size = sizeof(bpf_user_pt_regs_t),
	.type_name = "pt_regs",
	.fields = regs_fields,
	.field_cnt = ARRAY_CNT(regs_fields),
	NO_PACKET,
};

/* ---- tracepoint: the record behind its common pointer ---- */

#define RECORD_HIDDEN 8
#define RECORD_MAX    8192	/* PERF_MAX_TRACE_SIZE */

static const struct bpfx_ctx_field record_fields[] = {
	SAME("record", RECORD_HIDDEN, RECORD_MAX - RECORD_HIDDEN, READ | NARROW),
};

static const struct bpfx_ctx_desc record_ctx = {
	.size = RECORD_MAX,
	.real_size = RECORD_MAX,
	.type_name = "trace_entry",
	.fields = record_fields,
	.field_cnt = ARRAY_CNT(record_fields),
	NO_PACKET,
};

/* ---- perf_event: registers as whole words, then period and address ---- */

#define WORD(i) SAME("regs[" #i "]", 8 * i, 8, READ)

static const struct bpfx_ctx_field sample_fields[] = {
#if defined(__x86_64__)
	WORD(0), WORD(1), WORD(2), WORD(3), WORD(4), WORD(5), WORD(6), WORD(7), WORD(8), WORD(9),
	WORD(10), WORD(11), WORD(12), WORD(13), WORD(14), WORD(15), WORD(16), WORD(17), WORD(18),
	WORD(19), WORD(20),
#endif
	SAME("sample_period", offsetof(struct bpf_perf_event_data, sample_period), 8,
	     READ | NARROW),
	SAME("addr", offsetof(struct bpf_perf_event_data, addr), 8, READ | NARROW),
};

static const struct bpfx_ctx_desc sample_ctx = {
	.size = sizeof(struct bpf_perf_event_data),
	.real_size = sizeof(struct bpf_perf_event_data),
	.type_name = "bpf_perf_event_data",
	.fields = sample_fields,
	.field_cnt = ARRAY_CNT(sample_fields),
	NO_PACKET,
};

/* ---- raw_tracepoint: the arguments ---- */

static const struct bpfx_ctx_field args_fields[] = {
	SAME("args", 0, BPFX_TRACEPOINT_ARGS_MAX * 8, READ | NARROW),
};

static const struct bpfx_ctx_desc args_ctx = {
	.size = BPFX_TRACEPOINT_ARGS_MAX * 8,
	.real_size = BPFX_TRACEPOINT_ARGS_MAX * 8,
	.type_name = "bpf_raw_tracepoint_args",
	.fields = args_fields,
	.field_cnt = ARRAY_CNT(args_fields),
	NO_PACKET,
};

/* ---- tracing: arguments that the target's prototype types ---- */

static const struct bpfx_ctx_desc typed_args_ctx = {
	.size = BPFX_TRACEPOINT_ARGS_MAX * 8,
	.real_size = BPFX_TRACEPOINT_ARGS_MAX * 8,
	NO_PACKET,
};

/* Of a tracepoint any result is fine. */
static const struct bpfx_ret_range target_results[] = { { BPF_TRACE_ITER, 0, 1 } };

static const struct bpfx_prog_type types[] = {
	{
		.name = "kprobe",
		.type = BPF_PROG_TYPE_KPROBE,
		.flags = BPFX_PROG_CAP_PERFMON | BPFX_PROG_SLEEPABLE_OK,
		.ctx = &regs_ctx,
		.helpers = cookie_rows,
		.helper_cnt = COOKIE_ROW_CNT,
		GENERAL(kprobe_ids),
	},
	{
		.name = "tracepoint",
		.type = BPF_PROG_TYPE_TRACEPOINT,
		.flags = BPFX_PROG_CAP_PERFMON,
		.ctx = &record_ctx,
		.helpers = event_rows,
		.helper_cnt = EVENT_ROW_CNT,
		GENERAL(tracepoint_ids),
	},
	{
		.name = "perf_event",
		.type = BPF_PROG_TYPE_PERF_EVENT,
		.flags = BPFX_PROG_CAP_PERFMON,
		.ctx = &sample_ctx,
		.helpers = cookie_rows,
		.helper_cnt = COOKIE_ROW_CNT,
		GENERAL(perf_event_ids),
	},
	{
		.name = "raw_tracepoint",
		.type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.flags = BPFX_PROG_CAP_PERFMON,
		.ctx = &args_ctx,
		.helpers = event_rows,
		.helper_cnt = EVENT_ROW_CNT,
		GENERAL(raw_tracepoint_ids),
		.test_run = raw_tp_test_run,
	},
	{
		.name = "tracing",
		.type = BPF_PROG_TYPE_TRACING,
		.flags = BPFX_PROG_CAP_PERFMON | BPFX_PROG_BTF_TARGET,
		.ctx = &typed_args_ctx,
		.helpers = btf_target_rows,
		.helper_cnt = EVENT_ROW_CNT,
		GENERAL(tracing_ids),
		.ret_ranges = target_results,
		.ret_range_cnt = ARRAY_CNT(target_results),
		.test_run = btf_target_test_run,
	},
};

const struct bpfx_host *tracing_host;

static int start(const struct bpfx_host *host)
{
	tracing_host = host;
	return 0;
}

extern const struct bpfx_extension tracing_extension;
const struct bpfx_extension tracing_extension = {
	BPFX_EXTENSION_HEAD,
	.name = "tracing",
	.version = "1",
	.prog_types = types,
	.prog_type_cnt = ARRAY_CNT(types),
	.hooks = tracing_hooks,
	.hook_cnt = TRACING_HOOK_CNT,
	.start = start,
};
