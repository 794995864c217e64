/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Sections that programs enter and leave. What they protect from cannot happen here: memory that a
 * program looks at stays as long as the run, and a run keeps its CPU slot. So they only begin and end.
 */
#include "rows.h"

HELPER(nothing)
{
	return 0;
}

HELPER(irq_save)
{
	*(uint64_t *)u64_to_ptr(r1) = 0;
	return 0;
}

static const char *const throw_types[] = {
	"sched_cls", "sched_act", "xdp", "cgroup_skb", "cgroup_sock", "cgroup_sock_addr", "sock_ops",
	"cgroup_sockopt", "cgroup_sysctl", "cgroup_device", "tracing", "tracepoint", "perf_event",
	"lsm", "struct_ops", "syscall",
};

static const struct bpfx_kfunc section_rows[] = {
	{ .name = "bpf_throw", .fn = exec_throw, .ret = "void", .params = { { "__u64", "cookie" } },
	  .prog_types = throw_types, .prog_type_cnt = ARRAY_SIZE(throw_types) },
	{ .name = "bpf_rcu_read_lock", .fn = nothing, .ret = "void" },
	{ .name = "bpf_rcu_read_unlock", .fn = nothing, .ret = "void" },
	{ .name = "bpf_preempt_disable", .fn = nothing, .ret = "void" },
	{ .name = "bpf_preempt_enable", .fn = nothing, .ret = "void" },
	{ .name = "bpf_local_irq_save", .fn = irq_save, .ret = "void",
	  .params = { { "long unsigned int *", "flags__irq_flag" } } },
	{ .name = "bpf_local_irq_restore", .fn = nothing, .ret = "void",
	  .params = { { "long unsigned int *", "flags__irq_flag" } } },
};
KFUNC_TABLE(section);
