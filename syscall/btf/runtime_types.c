/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Types the emulated kernel shows: contexts and UAPI structs that programs and tools name, and the
 * task as far as it exists here. One more: a table of members and a row in structs[].
 */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <bpfx/sched.h>
#if defined(__x86_64__)
#include <asm/ptrace.h>
#endif

#include "bits.h"
#include "runtime_types.h"

/* ---- contexts and UAPI structs ---- */

static const struct member_def xdp_md_members[] = {
	M(xdp_md, data, "__u32"),
	M(xdp_md, data_end, "__u32"),
	M(xdp_md, data_meta, "__u32"),
	M(xdp_md, ingress_ifindex, "__u32"),
	M(xdp_md, rx_queue_index, "__u32"),
	M(xdp_md, egress_ifindex, "__u32"),
};

static const struct member_def __sk_buff_members[] = {
	M(__sk_buff, len, "__u32"),
	M(__sk_buff, pkt_type, "__u32"),
	M(__sk_buff, mark, "__u32"),
	M(__sk_buff, queue_mapping, "__u32"),
	M(__sk_buff, protocol, "__u32"),
	M(__sk_buff, vlan_present, "__u32"),
	M(__sk_buff, vlan_tci, "__u32"),
	M(__sk_buff, vlan_proto, "__u32"),
	M(__sk_buff, priority, "__u32"),
	M(__sk_buff, ingress_ifindex, "__u32"),
	M(__sk_buff, ifindex, "__u32"),
	M(__sk_buff, tc_index, "__u32"),
	M(__sk_buff, cb, "__u32[5]"),
	M(__sk_buff, hash, "__u32"),
	M(__sk_buff, tc_classid, "__u32"),
	M(__sk_buff, data, "__u32"),
	M(__sk_buff, data_end, "__u32"),
	M(__sk_buff, napi_id, "__u32"),
	M(__sk_buff, family, "__u32"),
	M(__sk_buff, remote_ip4, "__u32"),
	M(__sk_buff, local_ip4, "__u32"),
	M(__sk_buff, remote_ip6, "__u32[4]"),
	M(__sk_buff, local_ip6, "__u32[4]"),
	M(__sk_buff, remote_port, "__u32"),
	M(__sk_buff, local_port, "__u32"),
	M(__sk_buff, data_meta, "__u32"),
	M(__sk_buff, flow_keys, "struct bpf_flow_keys *"),
	M(__sk_buff, tstamp, "__u64"),
	M(__sk_buff, wire_len, "__u32"),
	M(__sk_buff, gso_segs, "__u32"),
	M(__sk_buff, sk, "struct bpf_sock *"),
	M(__sk_buff, gso_size, "__u32"),
	M(__sk_buff, tstamp_type, "__u8"),
	M(__sk_buff, hwtstamp, "__u64"),
};

static const struct member_def bpf_sock_members[] = {
	M(bpf_sock, bound_dev_if, "__u32"),
	M(bpf_sock, family, "__u32"),
	M(bpf_sock, type, "__u32"),
	M(bpf_sock, protocol, "__u32"),
	M(bpf_sock, mark, "__u32"),
	M(bpf_sock, priority, "__u32"),
	M(bpf_sock, src_ip4, "__u32"),
	M(bpf_sock, src_ip6, "__u32[4]"),
	M(bpf_sock, src_port, "__u32"),
	M(bpf_sock, dst_port, "__be16"),
	M(bpf_sock, dst_ip4, "__u32"),
	M(bpf_sock, dst_ip6, "__u32[4]"),
	M(bpf_sock, state, "__u32"),
	M(bpf_sock, rx_queue_mapping, "__s32"),
};

static const struct member_def bpf_tcp_sock_members[] = {
	M(bpf_tcp_sock, snd_cwnd, "__u32"),
	M(bpf_tcp_sock, srtt_us, "__u32"),
	M(bpf_tcp_sock, rtt_min, "__u32"),
	M(bpf_tcp_sock, snd_ssthresh, "__u32"),
	M(bpf_tcp_sock, rcv_nxt, "__u32"),
	M(bpf_tcp_sock, snd_nxt, "__u32"),
	M(bpf_tcp_sock, snd_una, "__u32"),
	M(bpf_tcp_sock, mss_cache, "__u32"),
	M(bpf_tcp_sock, ecn_flags, "__u32"),
	M(bpf_tcp_sock, rate_delivered, "__u32"),
	M(bpf_tcp_sock, rate_interval_us, "__u32"),
	M(bpf_tcp_sock, packets_out, "__u32"),
	M(bpf_tcp_sock, retrans_out, "__u32"),
	M(bpf_tcp_sock, total_retrans, "__u32"),
	M(bpf_tcp_sock, segs_in, "__u32"),
	M(bpf_tcp_sock, data_segs_in, "__u32"),
	M(bpf_tcp_sock, segs_out, "__u32"),
	M(bpf_tcp_sock, data_segs_out, "__u32"),
	M(bpf_tcp_sock, lost_out, "__u32"),
	M(bpf_tcp_sock, sacked_out, "__u32"),
	M(bpf_tcp_sock, bytes_received, "__u64"),
	M(bpf_tcp_sock, bytes_acked, "__u64"),
	M(bpf_tcp_sock, dsack_dups, "__u32"),
	M(bpf_tcp_sock, delivered, "__u32"),
	M(bpf_tcp_sock, delivered_ce, "__u32"),
	M(bpf_tcp_sock, icsk_retransmits, "__u32"),
};

static const struct member_def bpf_sock_ops_members[] = {
	M(bpf_sock_ops, op, "__u32"),
	M(bpf_sock_ops, args, "__u32[4]"),
	M(bpf_sock_ops, reply, "__u32"),
	M(bpf_sock_ops, replylong, "__u32[4]"),
	M(bpf_sock_ops, family, "__u32"),
	M(bpf_sock_ops, remote_ip4, "__u32"),
	M(bpf_sock_ops, local_ip4, "__u32"),
	M(bpf_sock_ops, remote_ip6, "__u32[4]"),
	M(bpf_sock_ops, local_ip6, "__u32[4]"),
	M(bpf_sock_ops, remote_port, "__u32"),
	M(bpf_sock_ops, local_port, "__u32"),
	M(bpf_sock_ops, is_fullsock, "__u32"),
	M(bpf_sock_ops, snd_cwnd, "__u32"),
	M(bpf_sock_ops, srtt_us, "__u32"),
	M(bpf_sock_ops, bpf_sock_ops_cb_flags, "__u32"),
	M(bpf_sock_ops, state, "__u32"),
	M(bpf_sock_ops, rtt_min, "__u32"),
	M(bpf_sock_ops, snd_ssthresh, "__u32"),
	M(bpf_sock_ops, rcv_nxt, "__u32"),
	M(bpf_sock_ops, snd_nxt, "__u32"),
	M(bpf_sock_ops, snd_una, "__u32"),
	M(bpf_sock_ops, mss_cache, "__u32"),
	M(bpf_sock_ops, ecn_flags, "__u32"),
	M(bpf_sock_ops, rate_delivered, "__u32"),
	M(bpf_sock_ops, rate_interval_us, "__u32"),
	M(bpf_sock_ops, packets_out, "__u32"),
	M(bpf_sock_ops, retrans_out, "__u32"),
	M(bpf_sock_ops, total_retrans, "__u32"),
	M(bpf_sock_ops, segs_in, "__u32"),
	M(bpf_sock_ops, data_segs_in, "__u32"),
	M(bpf_sock_ops, segs_out, "__u32"),
	M(bpf_sock_ops, data_segs_out, "__u32"),
	M(bpf_sock_ops, lost_out, "__u32"),
	M(bpf_sock_ops, sacked_out, "__u32"),
	M(bpf_sock_ops, sk_txhash, "__u32"),
	M(bpf_sock_ops, bytes_received, "__u64"),
	M(bpf_sock_ops, bytes_acked, "__u64"),
	M(bpf_sock_ops, sk, "struct bpf_sock *"),
	M(bpf_sock_ops, skb_data, "void *"),
	M(bpf_sock_ops, skb_data_end, "void *"),
	M(bpf_sock_ops, skb_len, "__u32"),
	M(bpf_sock_ops, skb_tcp_flags, "__u32"),
	M(bpf_sock_ops, skb_hwtstamp, "__u64"),
};

static const struct member_def bpf_sock_addr_members[] = {
	M(bpf_sock_addr, user_family, "__u32"),
	M(bpf_sock_addr, user_ip4, "__u32"),
	M(bpf_sock_addr, user_ip6, "__u32[4]"),
	M(bpf_sock_addr, user_port, "__u32"),
	M(bpf_sock_addr, family, "__u32"),
	M(bpf_sock_addr, type, "__u32"),
	M(bpf_sock_addr, protocol, "__u32"),
	M(bpf_sock_addr, msg_src_ip4, "__u32"),
	M(bpf_sock_addr, msg_src_ip6, "__u32[4]"),
	M(bpf_sock_addr, sk, "struct bpf_sock *"),
};

static const struct member_def bpf_sk_lookup_members[] = {
	M(bpf_sk_lookup, sk, "struct bpf_sock *"),
	M(bpf_sk_lookup, cookie, "__u64"),
	M(bpf_sk_lookup, family, "__u32"),
	M(bpf_sk_lookup, protocol, "__u32"),
	M(bpf_sk_lookup, remote_ip4, "__u32"),
	M(bpf_sk_lookup, remote_ip6, "__u32[4]"),
	M(bpf_sk_lookup, remote_port, "__be16"),
	M(bpf_sk_lookup, local_ip4, "__u32"),
	M(bpf_sk_lookup, local_ip6, "__u32[4]"),
	M(bpf_sk_lookup, local_port, "__u32"),
	M(bpf_sk_lookup, ingress_ifindex, "__u32"),
};

static const struct member_def sk_msg_md_members[] = {
	M(sk_msg_md, data, "void *"),
	M(sk_msg_md, data_end, "void *"),
	M(sk_msg_md, family, "__u32"),
	M(sk_msg_md, remote_ip4, "__u32"),
	M(sk_msg_md, local_ip4, "__u32"),
	M(sk_msg_md, remote_ip6, "__u32[4]"),
	M(sk_msg_md, local_ip6, "__u32[4]"),
	M(sk_msg_md, remote_port, "__u32"),
	M(sk_msg_md, local_port, "__u32"),
	M(sk_msg_md, size, "__u32"),
	M(sk_msg_md, sk, "struct bpf_sock *"),
};

static const struct member_def sk_reuseport_md_members[] = {
	M(sk_reuseport_md, data, "void *"),
	M(sk_reuseport_md, data_end, "void *"),
	M(sk_reuseport_md, len, "__u32"),
	M(sk_reuseport_md, eth_protocol, "__u32"),
	M(sk_reuseport_md, ip_protocol, "__u32"),
	M(sk_reuseport_md, bind_inany, "__u32"),
	M(sk_reuseport_md, hash, "__u32"),
	M(sk_reuseport_md, sk, "struct bpf_sock *"),
	M(sk_reuseport_md, migrating_sk, "struct bpf_sock *"),
};

static const struct member_def bpf_sockopt_members[] = {
	M(bpf_sockopt, sk, "struct bpf_sock *"),
	M(bpf_sockopt, optval, "void *"),
	M(bpf_sockopt, optval_end, "void *"),
	M(bpf_sockopt, level, "__s32"),
	M(bpf_sockopt, optname, "__s32"),
	M(bpf_sockopt, optlen, "__s32"),
	M(bpf_sockopt, retval, "__s32"),
};

static const struct member_def bpf_sysctl_members[] = {
	M(bpf_sysctl, write, "__u32"),
	M(bpf_sysctl, file_pos, "__u32"),
};

static const struct member_def bpf_cgroup_dev_ctx_members[] = {
	M(bpf_cgroup_dev_ctx, access_type, "__u32"),
	M(bpf_cgroup_dev_ctx, major, "__u32"),
	M(bpf_cgroup_dev_ctx, minor, "__u32"),
};

/* bpftool looks for it before it lists struct_ops. */
static const struct member_def bpf_map_info_members[] = {
	M(bpf_map_info, type, "__u32"),
	M(bpf_map_info, id, "__u32"),
	M(bpf_map_info, key_size, "__u32"),
	M(bpf_map_info, value_size, "__u32"),
	M(bpf_map_info, max_entries, "__u32"),
	M(bpf_map_info, map_flags, "__u32"),
	M(bpf_map_info, name, "char[16]"),
	M(bpf_map_info, ifindex, "__u32"),
	M(bpf_map_info, btf_vmlinux_value_type_id, "__u32"),
	M(bpf_map_info, netns_dev, "__u64"),
	M(bpf_map_info, netns_ino, "__u64"),
	M(bpf_map_info, btf_id, "__u32"),
	M(bpf_map_info, btf_key_type_id, "__u32"),
	M(bpf_map_info, btf_value_type_id, "__u32"),
	M(bpf_map_info, btf_vmlinux_id, "__u32"),
	M(bpf_map_info, map_extra, "__u64"),
	M(bpf_map_info, hash, "__u64"),
	M(bpf_map_info, hash_size, "__u32"),
};

static const struct member_def bpf_flow_keys_members[] = {
	M(bpf_flow_keys, nhoff, "__u16"),
	M(bpf_flow_keys, thoff, "__u16"),
	M(bpf_flow_keys, addr_proto, "__u16"),
	M(bpf_flow_keys, is_frag, "__u8"),
	M(bpf_flow_keys, is_first_frag, "__u8"),
	M(bpf_flow_keys, is_encap, "__u8"),
	M(bpf_flow_keys, ip_proto, "__u8"),
	M(bpf_flow_keys, n_proto, "__be16"),
	M(bpf_flow_keys, sport, "__be16"),
	M(bpf_flow_keys, dport, "__be16"),
	M(bpf_flow_keys, ipv4_src, "__be32"),
	M(bpf_flow_keys, ipv4_dst, "__be32"),
	M(bpf_flow_keys, ipv6_src, "__u32[4]"),
	M(bpf_flow_keys, ipv6_dst, "__u32[4]"),
	M(bpf_flow_keys, flags, "__u32"),
	M(bpf_flow_keys, flow_label, "__be32"),
};

static const struct member_def bpf_perf_event_value_members[] = {
	M(bpf_perf_event_value, counter, "__u64"),
	M(bpf_perf_event_value, enabled, "__u64"),
	M(bpf_perf_event_value, running, "__u64"),
};

static const struct member_def bpf_pidns_info_members[] = {
	M(bpf_pidns_info, pid, "__u32"),
	M(bpf_pidns_info, tgid, "__u32"),
};

static const struct member_def btf_ptr_members[] = {
	M(btf_ptr, ptr, "void *"),
	M(btf_ptr, type_id, "__u32"),
	M(btf_ptr, flags, "__u32"),
};

static const struct member_def bpf_spin_lock_members[] = {
	M(bpf_spin_lock, val, "__u32"),
};

static const struct member_def bpf_timer_members[] = {
	M(bpf_timer, __opaque, "__u64[2]"),
};

static const struct member_def bpf_wq_members[] = {
	M(bpf_wq, __opaque, "__u64[2]"),
};

static const struct member_def bpf_task_work_members[] = {
	M(bpf_task_work, __opaque, "__u64"),
};

static const struct member_def bpf_dynptr_members[] = {
	M(bpf_dynptr, __opaque, "__u64[2]"),
};

static const struct member_def bpf_list_head_members[] = {
	M(bpf_list_head, __opaque, "__u64[2]"),
};

static const struct member_def bpf_list_node_members[] = {
	M(bpf_list_node, __opaque, "__u64[3]"),
};

static const struct member_def bpf_rb_root_members[] = {
	M(bpf_rb_root, __opaque, "__u64[2]"),
};

static const struct member_def bpf_rb_node_members[] = {
	M(bpf_rb_node, __opaque, "__u64[4]"),
};

static const struct member_def bpf_refcount_members[] = {
	M(bpf_refcount, __opaque, "__u32[1]"),
};

static const struct member_def bpf_iter_num_members[] = {
	M(bpf_iter_num, __opaque, "__u64[1]"),
};

/* ---- what a raw tracepoint or a sample passes ---- */

static const struct member_def bpf_raw_tracepoint_args_members[] = {
	{ "args", "__u64[0]", 0 },
};

#if defined(__x86_64__)
static const struct member_def pt_regs_members[] = {
	M(pt_regs, r15, "long unsigned int"),
	M(pt_regs, r14, "long unsigned int"),
	M(pt_regs, r13, "long unsigned int"),
	M(pt_regs, r12, "long unsigned int"),
	{ "bp", "long unsigned int", offsetof(struct pt_regs, rbp) },
	{ "bx", "long unsigned int", offsetof(struct pt_regs, rbx) },
	M(pt_regs, r11, "long unsigned int"),
	M(pt_regs, r10, "long unsigned int"),
	M(pt_regs, r9, "long unsigned int"),
	M(pt_regs, r8, "long unsigned int"),
	{ "ax", "long unsigned int", offsetof(struct pt_regs, rax) },
	{ "cx", "long unsigned int", offsetof(struct pt_regs, rcx) },
	{ "dx", "long unsigned int", offsetof(struct pt_regs, rdx) },
	{ "si", "long unsigned int", offsetof(struct pt_regs, rsi) },
	{ "di", "long unsigned int", offsetof(struct pt_regs, rdi) },
	{ "orig_ax", "long unsigned int", offsetof(struct pt_regs, orig_rax) },
	{ "ip", "long unsigned int", offsetof(struct pt_regs, rip) },
	{ "cs", "long unsigned int", offsetof(struct pt_regs, cs) },
	{ "flags", "long unsigned int", offsetof(struct pt_regs, eflags) },
	{ "sp", "long unsigned int", offsetof(struct pt_regs, rsp) },
	{ "ss", "long unsigned int", offsetof(struct pt_regs, ss) },
};
#endif

/* ---- a task, as far as one exists here ---- */

static const struct member_def task_struct_members[] = {
	M(bpfx_task, flags, "unsigned int"),
	M(bpfx_task, exit_code, "int"),
	M(bpfx_task, pid, "pid_t"),
	M(bpfx_task, tgid, "pid_t"),
	M(bpfx_task, real_parent, "struct task_struct *"),
	M(bpfx_task, parent, "struct task_struct *"),
	M(bpfx_task, group_leader, "struct task_struct *"),
	M(bpfx_task, start_time, "u64"),
	M(bpfx_task, start_boottime, "u64"),
	M(bpfx_task, comm, "char[16]"),
};

static const struct member_def linux_binprm_members[] = {
	M(bpfx_binprm, filename, "const char *"),
	M(bpfx_binprm, interp, "const char *"),
};

static const struct struct_def structs[] = {
	STRUCT(xdp_md),
	STRUCT(__sk_buff),
	STRUCT(bpf_sock),
	STRUCT(bpf_tcp_sock),
	STRUCT(bpf_sock_ops),
	STRUCT(bpf_sock_addr),
	STRUCT(bpf_sk_lookup),
	STRUCT(sk_msg_md),
	STRUCT(sk_reuseport_md),
	STRUCT(bpf_sockopt),
	STRUCT(bpf_sysctl),
	STRUCT(bpf_cgroup_dev_ctx),
	STRUCT(bpf_flow_keys),
	STRUCT(bpf_map_info),
	STRUCT(bpf_perf_event_value),
	STRUCT(bpf_pidns_info),
	STRUCT(btf_ptr),
	STRUCT(bpf_spin_lock),
	STRUCT(bpf_timer),
	STRUCT(bpf_wq),
	STRUCT(bpf_task_work),
	STRUCT(bpf_dynptr),
	STRUCT(bpf_list_head),
	STRUCT(bpf_list_node),
	STRUCT(bpf_rb_root),
	STRUCT(bpf_rb_node),
	STRUCT(bpf_refcount),
	STRUCT(bpf_iter_num),
	{ "bpf_raw_tracepoint_args", 0, bpf_raw_tracepoint_args_members, 1 },
#if defined(__x86_64__)
	STRUCT(pt_regs),
#endif
	{ "task_struct", sizeof(struct bpfx_task), task_struct_members,
	  ARRAY_SIZE(task_struct_members) },
	{ "linux_binprm", sizeof(struct bpfx_binprm), linux_binprm_members,
	  ARRAY_SIZE(linux_binprm_members) },
};

/* ---- enums: what programs ask for by name ---- */

static const struct value_def bpf_func_id_values[] = {
#define VALUE(name, id, ...) { "BPF_FUNC_" #name, id },
	___BPF_FUNC_MAPPER(VALUE)
#undef VALUE
};

static const struct value_def xdp_action_values[] = {
	V(XDP_ABORTED), V(XDP_DROP), V(XDP_PASS), V(XDP_TX), V(XDP_REDIRECT),
};

static const struct value_def bpf_ret_code_values[] = {
	V(BPF_OK), V(BPF_DROP), V(BPF_REDIRECT), V(BPF_LWT_REROUTE),
	V(BPF_FLOW_DISSECTOR_CONTINUE),
};

static const struct enum_def enums[] = {
	ENUM(bpf_func_id),
	ENUM(xdp_action),
	ENUM(bpf_ret_code),
};

const struct type_set runtime_uapi = {
	structs, ARRAY_SIZE(structs), enums, ARRAY_SIZE(enums),
};

/* ---- scalars ---- */

const struct int_def runtime_ints[] = {
	{ "unsigned int", 4, 0 },		/* the index of arrays, too */
	{ "int", 4, BTF_INT_SIGNED },
	{ "char", 1, 0 },			/* as kernels are compiled */
	{ "signed char", 1, BTF_INT_SIGNED },
	{ "unsigned char", 1, 0 },
	{ "short int", 2, BTF_INT_SIGNED },
	{ "short unsigned int", 2, 0 },
	{ "long int", 8, BTF_INT_SIGNED },
	{ "long unsigned int", 8, 0 },
	{ "long long int", 8, BTF_INT_SIGNED },
	{ "long long unsigned int", 8, 0 },
	{ "_Bool", 1, BTF_INT_BOOL },
};
const uint32_t runtime_int_cnt = ARRAY_SIZE(runtime_ints);

const struct typedef_def runtime_typedefs[] = {
	{ "__u8", "unsigned char" },	     { "u8", "__u8" },
	{ "__s8", "signed char" },	     { "s8", "__s8" },
	{ "__u16", "short unsigned int" },   { "u16", "__u16" },
	{ "__s16", "short int" },	     { "s16", "__s16" },
	{ "__u32", "unsigned int" },	     { "u32", "__u32" },
	{ "__s32", "int" },		     { "s32", "__s32" },
	{ "__u64", "long long unsigned int" }, { "u64", "__u64" },
	{ "__s64", "long long int" },	     { "s64", "__s64" },
	{ "__be16", "__u16" },		     { "__be32", "__u32" },
	{ "bool", "_Bool" },		     { "__kernel_pid_t", "int" },
	{ "pid_t", "__kernel_pid_t" },	     { "size_t", "long unsigned int" },
};
const uint32_t runtime_typedef_cnt = ARRAY_SIZE(runtime_typedefs);
