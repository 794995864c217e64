/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Kernel functions of Linux that are not here: with the BTF of a real kernel (BPF_SHIM_KERNEL_BTF)
 * programs that call them are verified as there, but they cannot run. The emulated kernel's own BTF
 * does not name them.
 */
#include "rows.h"

static const char *const object_types[] = {
	"sched_cls", "sched_act", "xdp", "struct_ops", "syscall", "cgroup_skb", "cgroup_sock",
	"cgroup_sock_addr", "cgroup_sockopt", "cgroup_sysctl", "cgroup_device", "sock_ops",
	"tracing", "tracepoint", "perf_event", "lsm",
};
static const char *const xdp_types[] = { "xdp" };
static const char *const tc_types[] = { "sched_cls", "sched_act" };
static const char *const cpumask_types[] = {
	"tracing", "tracepoint", "perf_event", "lsm", "struct_ops", "syscall",
};

#define TYPES(list) .prog_types = list, .prog_type_cnt = ARRAY_SIZE(list)
#define NOT_HERE(kfunc, kfunc_flags, ...) { .name = kfunc, .flags = kfunc_flags, __VA_ARGS__ }
#define OBJECT(kfunc, kfunc_flags) NOT_HERE(kfunc, kfunc_flags, TYPES(object_types))
#define CPUMASK(kfunc, kfunc_flags) NOT_HERE(kfunc, kfunc_flags, TYPES(cpumask_types))
#define ANY(kfunc, kfunc_flags) NOT_HERE(kfunc, kfunc_flags, )

#define ACQ BPFX_KF_ACQUIRE
#define REL BPFX_KF_RELEASE
#define NUL BPFX_KF_RET_NULL
#define RCU BPFX_KF_RCU
#define TRU BPFX_KF_TRUSTED_ARGS

static const struct bpfx_kfunc linux_rows[] = {
	OBJECT("bpf_obj_new_impl", ACQ | NUL),
	OBJECT("bpf_percpu_obj_new_impl", ACQ | NUL),
	OBJECT("bpf_obj_drop_impl", REL),
	OBJECT("bpf_percpu_obj_drop_impl", REL),
	OBJECT("bpf_refcount_acquire_impl", ACQ | NUL | RCU),
	OBJECT("bpf_list_push_front_impl", 0),
	OBJECT("bpf_list_push_back_impl", 0),
	OBJECT("bpf_list_pop_front", ACQ | NUL),
	OBJECT("bpf_list_pop_back", ACQ | NUL),
	OBJECT("bpf_list_front", NUL),
	OBJECT("bpf_list_back", NUL),
	OBJECT("bpf_rbtree_add_impl", 0),
	OBJECT("bpf_rbtree_remove", ACQ | NUL),
	OBJECT("bpf_rbtree_first", NUL),
	OBJECT("bpf_rbtree_root", NUL),
	OBJECT("bpf_rbtree_left", NUL),
	OBJECT("bpf_rbtree_right", NUL),
	OBJECT("bpf_task_acquire", ACQ | RCU | NUL),
	OBJECT("bpf_task_release", REL),
	OBJECT("bpf_task_from_pid", ACQ | NUL),
	OBJECT("bpf_task_from_vpid", ACQ | NUL),
	OBJECT("bpf_cgroup_acquire", ACQ | RCU | NUL),
	OBJECT("bpf_cgroup_release", REL),
	OBJECT("bpf_cgroup_ancestor", ACQ | RCU | NUL),
	OBJECT("bpf_cgroup_from_id", ACQ | NUL),
	OBJECT("bpf_task_under_cgroup", RCU),
	OBJECT("bpf_task_get_cgroup1", ACQ | RCU | NUL),
	OBJECT("bpf_send_signal_task", TRU),
	ANY("bpf_cast_to_kern_ctx", 0),
	ANY("bpf_rdonly_cast", 0),
	ANY("bpf_iter_task_vma_new", BPFX_KF_ITER_NEW | RCU),
	ANY("bpf_iter_task_vma_next", BPFX_KF_ITER_NEXT | NUL),
	ANY("bpf_iter_task_vma_destroy", BPFX_KF_ITER_DESTROY),
	ANY("bpf_iter_css_task_new", BPFX_KF_ITER_NEW | TRU),
	ANY("bpf_iter_css_task_next", BPFX_KF_ITER_NEXT | NUL),
	ANY("bpf_iter_css_task_destroy", BPFX_KF_ITER_DESTROY),
	ANY("bpf_iter_css_new", BPFX_KF_ITER_NEW | TRU | BPFX_KF_RCU_PROTECTED),
	ANY("bpf_iter_css_next", BPFX_KF_ITER_NEXT | NUL),
	ANY("bpf_iter_css_destroy", BPFX_KF_ITER_DESTROY),
	ANY("bpf_iter_task_new", BPFX_KF_ITER_NEW | TRU | BPFX_KF_RCU_PROTECTED),
	ANY("bpf_iter_task_next", BPFX_KF_ITER_NEXT | NUL),
	ANY("bpf_iter_task_destroy", BPFX_KF_ITER_DESTROY),
	ANY("bpf_iter_bits_new", BPFX_KF_ITER_NEW),
	ANY("bpf_iter_bits_next", BPFX_KF_ITER_NEXT | NUL),
	ANY("bpf_iter_bits_destroy", BPFX_KF_ITER_DESTROY),
	ANY("bpf_iter_kmem_cache_new", BPFX_KF_ITER_NEW | BPFX_KF_SLEEPABLE),
	ANY("bpf_iter_kmem_cache_next", BPFX_KF_ITER_NEXT | NUL | BPFX_KF_SLEEPABLE),
	ANY("bpf_iter_kmem_cache_destroy", BPFX_KF_ITER_DESTROY | BPFX_KF_SLEEPABLE),
	ANY("bpf_copy_from_user_str", BPFX_KF_SLEEPABLE),
	ANY("bpf_map_sum_elem_count", TRU),
	ANY("bpf_wq_init", 0),
	ANY("bpf_wq_set_callback_impl", 0),
	ANY("bpf_wq_start", 0),
	ANY("bpf_modify_return_test_tp", 0),
	ANY("bpf_res_spin_lock", NUL),
	ANY("bpf_res_spin_unlock", 0),
	ANY("bpf_res_spin_lock_irqsave", NUL),
	ANY("bpf_res_spin_unlock_irqrestore", 0),
	NOT_HERE("bpf_dynptr_from_skb_meta", TRU, TYPES(tc_types)),
	NOT_HERE("bpf_xdp_metadata_rx_timestamp", TRU, TYPES(xdp_types)),
	NOT_HERE("bpf_xdp_metadata_rx_hash", TRU, TYPES(xdp_types)),
	NOT_HERE("bpf_xdp_metadata_rx_vlan_tag", TRU, TYPES(xdp_types)),
	NOT_HERE("bpf_sk_assign_tcp_reqsk", TRU, TYPES(tc_types)),
	CPUMASK("bpf_cpumask_create", ACQ | NUL),
	CPUMASK("bpf_cpumask_release", REL),
	CPUMASK("bpf_cpumask_acquire", ACQ | TRU),
	CPUMASK("bpf_cpumask_first", RCU),
	CPUMASK("bpf_cpumask_first_zero", RCU),
	CPUMASK("bpf_cpumask_first_and", RCU),
	CPUMASK("bpf_cpumask_set_cpu", RCU),
	CPUMASK("bpf_cpumask_clear_cpu", RCU),
	CPUMASK("bpf_cpumask_test_cpu", RCU),
	CPUMASK("bpf_cpumask_test_and_set_cpu", RCU),
	CPUMASK("bpf_cpumask_test_and_clear_cpu", RCU),
	CPUMASK("bpf_cpumask_setall", RCU),
	CPUMASK("bpf_cpumask_clear", RCU),
	CPUMASK("bpf_cpumask_and", RCU),
	CPUMASK("bpf_cpumask_or", RCU),
	CPUMASK("bpf_cpumask_xor", RCU),
	CPUMASK("bpf_cpumask_equal", RCU),
	CPUMASK("bpf_cpumask_intersects", RCU),
	CPUMASK("bpf_cpumask_subset", RCU),
	CPUMASK("bpf_cpumask_empty", RCU),
	CPUMASK("bpf_cpumask_full", RCU),
	CPUMASK("bpf_cpumask_copy", RCU),
	CPUMASK("bpf_cpumask_any_distribute", RCU),
	CPUMASK("bpf_cpumask_any_and_distribute", RCU),
	CPUMASK("bpf_cpumask_weight", RCU),
};
KFUNC_TABLE(linux);
