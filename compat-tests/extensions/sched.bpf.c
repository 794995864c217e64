/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What programs of tracepoints see of a process's life, read as they would on any kernel. */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct task_struct {
	int exit_code, pid, tgid;
	struct task_struct *real_parent;
	char comm[16];
} __attribute__((preserve_access_index));

struct linux_binprm {
	const char *filename;
} __attribute__((preserve_access_index));

int forked_parent, forked_child, executed, old, exited, exit_code, parent_of_exited;
unsigned long long current_ids[3];
char filename[32], comm[16];

SEC("raw_tp/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	forked_parent = BPF_CORE_READ(parent, tgid);
	forked_child = BPF_CORE_READ(child, tgid);
	current_ids[0] = bpf_get_current_pid_tgid();
	return 0;
}

SEC("raw_tp/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *binprm)
{
	const char *name = BPF_CORE_READ(binprm, filename);

	executed = BPF_CORE_READ(task, pid);
	old = old_pid;
	bpf_probe_read_kernel_str(filename, sizeof(filename), name);
	bpf_get_current_comm(comm, sizeof(comm));
	current_ids[1] = bpf_get_current_pid_tgid();
	return 0;
}

SEC("raw_tp/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	exited = BPF_CORE_READ(task, pid);
	exit_code = BPF_CORE_READ(task, exit_code);
	parent_of_exited = BPF_CORE_READ(task, real_parent, tgid);
	current_ids[2] = bpf_get_current_pid_tgid();
	return 0;
}

/* The same with typed arguments: members are read where they are. */
int typed_pid, typed_tgid_of_parent, typed_old, typed_is_worker, current_task_tgid;
unsigned long long typed_ids;
char typed_filename[32];

SEC("tp_btf/sched_process_exec")
int BPF_PROG(typed_exec, struct task_struct *task, int old_pid, struct linux_binprm *binprm)
{
	typed_pid = task->pid;
	typed_tgid_of_parent = task->real_parent->tgid;
	typed_old = old_pid;
	typed_is_worker = !bpf_strncmp(task->comm, sizeof(task->comm), "worker");
	typed_ids = bpf_get_current_pid_tgid();
	current_task_tgid = ((struct task_struct *)bpf_get_current_task_btf())->tgid;
	bpf_probe_read_kernel_str(typed_filename, sizeof(typed_filename), binprm->filename);
	return 0;
}

/* ---- by the record that tracefs describes ---- */

struct exec_record {
	unsigned long long common;
	unsigned int filename_at;
	int pid, old_pid;
};

int record_pid, record_old_pid;
unsigned long long record_ids, record_cookie;
char record_filename[32];

SEC("tracepoint/sched/sched_process_exec")
int on_record(struct exec_record *ctx)
{
	record_pid = ctx->pid;
	record_old_pid = ctx->old_pid;
	record_ids = bpf_get_current_pid_tgid();
	record_cookie = bpf_get_attach_cookie(ctx);
	bpf_probe_read_kernel_str(record_filename, sizeof(record_filename),
				  (char *)ctx + (ctx->filename_at & 0xffff));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
