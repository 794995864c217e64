/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The BTF of the machine's kernel in place of ours: programs at tracepoints and iterators that are not here
 * are judged as there, and cannot be attached. Rows of what that kernel does not have are left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/btf.h>

#include "asm.h"
#include "kernel_types.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define HOST_BTF     "/sys/kernel/btf/vmlinux"

static const struct {
	bool iter;
	const char *name;
	int arg, want;
	const char *text;
} rows[] = {
	{ false, "sched_process_exec", 0, 0, "R2=trusted_ptr_task_struct()" },
	{ false, "sched_process_exec", 3, -EACCES, "doesn't have 4-th argument\n" },
	{ false, "sys_enter", 0, 0, "R2=trusted_ptr_pt_regs()" },
	{ false, "sys_enter", 1, 0, "R2=scalar()" },
	{ false, "sched_switch", 1, 0, "R2=trusted_ptr_task_struct()" },
	{ false, "kfree_skb", 0, 0, "R2=trusted_ptr_sk_buff()" },
	{ false, "kfree_skb", 1, 0, "R2=scalar()" },
	{ false, "kfree_skb", 3, 0, "R2=trusted_ptr_or_null_sock(id=1)" },
	{ false, "tcp_send_reset", 0, 0, "R2=trusted_ptr_or_null_sock(id=1)" },
	{ false, "mm_page_alloc", 0, 0, "R2=trusted_ptr_or_null_page(id=1)" },
	{ false, "qdisc_dequeue", 3, 0, "R2=trusted_ptr_or_null_sk_buff(id=1)" },
	{ false, "cpuhp_enter", 3, -EACCES, "arg3 type FUNC_PROTO is not a struct\n" },
	{ true, "bpf_map", 1, 0, "R2=trusted_ptr_or_null_bpf_map(id=1)" },
	{ true, "task", 1, 0, "R2=trusted_ptr_or_null_task_struct(id=1)" },
	{ true, "task_file", 3, 0, "R2=ptr_or_null_file(id=1)" },
	{ true, "cgroup", 1, 0, "R2=trusted_ptr_or_null_cgroup(id=1)" },
	{ true, "udp", 1, 0, "R2=trusted_ptr_or_null_udp_sock(id=1)" },
	{ true, "ksym", 1, 0, "R2=ptr_or_null_kallsym_iter(id=1)" },
	{ true, "bpf_sk_storage_map", 3, 0, "R2=buf_or_null(id=1)" },
};

static bool is_there(const struct backend *b, bool iter, const char *target)
{
	char name[64];

	snprintf(name, sizeof(name), iter ? "bpf_iter_%s" : "btf_trace_%s", target);
	return kernel_type(b, name, iter ? BTF_KIND_FUNC : BTF_KIND_TYPEDEF);
}

static void arguments_are_those_of_that_kernel(void **state)
{
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		const struct bpf_insn insns[] = { LOAD(DW, 2, 1, 8 * rows[i].arg), MOV_IMM(0, 0), EXIT() };
		int fd;

		if (!is_there(b, rows[i].iter, rows[i].name))
			continue;
		fd = rows[i].iter ? load_iter(b, rows[i].name, insns, 3)
				  : load_tp_btf(b, rows[i].name, insns, 3);
		if ((rows[i].want ? fd != rows[i].want : fd < 0) || !strstr(log_text(), rows[i].text))
			fail_msg("%s, argument %d: %s\n%s", rows[i].name, rows[i].arg, result_name(fd),
				 log_text());
		if (fd >= 0)
			b->close(fd);
	}
}

/* Nobody fires it here, nobody walks there. */
static void what_is_not_here_is_not_attached(void **state)
{
	const struct backend *b = backend_of(state);
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	int tp = load_tp_btf(b, "sys_enter", insns, 2), task = load_iter(b, "task", insns, 2), fds[2];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = tp;
	fds[0] = b->bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = task;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	fds[1] = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	for (int i = 0; i < 2; i++) {
		if (b->emulated)
			assert_int_equal(fds[i], -ENOENT);
		else if (fds[i] >= 0)
			b->close(fds[i]);
	}
	b->close(tp);
	b->close(task);
}

/* What is here attaches, but a program that looks into the other kernel's structs cannot run. */
static void structs_of_that_kernel_are_not_here(void **state)
{
	const struct backend *b = backend_of(state);
	const struct bpf_insn insns[] = {
		LOAD(DW, 2, 1, 0), LOAD(DW, 0, 2, kernel_member(b, "bpf_iter_meta", "seq_num")),
		MOV_IMM(0, 0), EXIT(),
	};
	int prog = load_iter(b, "bpf_map", insns, ARRAY_CNT(insns)), link, file;
	union bpf_attr attr;

	assert_true(prog >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	link = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
	assert_true(link >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = link;
	file = b->bpf(BPF_ITER_CREATE, &attr, sizeof(attr));
	if (b->emulated)
		assert_int_equal(file, -EOPNOTSUPP);
	else
		b->close(file);
	b->close(link);
	b->close(prog);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(arguments_are_those_of_that_kernel),
		BOTH(what_is_not_here_is_not_attached),
		BOTH(structs_of_that_kernel_are_not_here),
	};

	if (access(HOST_BTF, R_OK)) {
		printf("skipped: no " HOST_BTF "\n");
		return 0;
	}
	setenv("BPF_SHIM_KERNEL_BTF", HOST_BTF, 1);
	return run_on_both("attach: BTF of the machine's kernel", tests, ARRAY_CNT(tests));
}
