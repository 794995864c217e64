/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Kernel objects that iterators show (shown.h), under Linux's names, and the contexts of iterators. */
#include "bits.h"
#include "runtime_types.h"
#include "shown.h"

static const struct member_def seq_file_members[] = {
	M(shown_seq, buf, "char *"),
	M(shown_seq, size, "size_t"),
	M(shown_seq, count, "size_t"),
};

static const struct member_def bpf_iter_meta_members[] = {
	M(shown_meta, seq, "struct seq_file *"),
	M(shown_meta, session_id, "u64"),
	M(shown_meta, seq_num, "u64"),
};

static const struct member_def btf_header_members[] = {
	M(btf_header, magic, "__u16"),
	M(btf_header, version, "__u8"),
	M(btf_header, flags, "__u8"),
	M(btf_header, hdr_len, "__u32"),
	M(btf_header, type_off, "__u32"),
	M(btf_header, type_len, "__u32"),
	M(btf_header, str_off, "__u32"),
	M(btf_header, str_len, "__u32"),
};

static const struct member_def btf_type_members[] = {
	M(btf_type, name_off, "__u32"),
	M(btf_type, info, "__u32"),
	M(btf_type, size, "__u32"),
};

static const struct member_def btf_members[] = {
	M(shown_btf, types, "struct btf_type **"),
	M(shown_btf, strings, "const char *"),
	M(shown_btf, nr_types, "u32"),
	M(shown_btf, id, "u32"),
	M(shown_btf, kernel_btf, "bool"),
	M(shown_btf, hdr, "struct btf_header"),
};

static const struct member_def bpf_func_info_members[] = {
	M(bpf_func_info, insn_off, "__u32"),
	M(bpf_func_info, type_id, "__u32"),
};

static const struct member_def bpf_line_info_members[] = {
	M(bpf_line_info, insn_off, "__u32"),
	M(bpf_line_info, file_name_off, "__u32"),
	M(bpf_line_info, line_off, "__u32"),
	M(bpf_line_info, line_col, "__u32"),
};

static const struct member_def bpf_map_members[] = {
	M(shown_map, map_type, "enum bpf_map_type"),
	M(shown_map, key_size, "u32"),
	M(shown_map, value_size, "u32"),
	M(shown_map, max_entries, "u32"),
	M(shown_map, map_extra, "u64"),
	M(shown_map, map_flags, "u32"),
	M(shown_map, id, "u32"),
	M(shown_map, btf_key_type_id, "u32"),
	M(shown_map, btf_value_type_id, "u32"),
	M(shown_map, btf_vmlinux_value_type_id, "u32"),
	M(shown_map, btf, "struct btf *"),
	M(shown_map, name, "char[16]"),
	M(shown_map, frozen, "bool"),
};

static const struct member_def bpf_prog_aux_members[] = {
	M(shown_aux, used_map_cnt, "u32"),
	M(shown_aux, id, "u32"),
	M(shown_aux, func_info_cnt, "u32"),
	M(shown_aux, nr_linfo, "u32"),
	M(shown_aux, verified_insns, "u32"),
	M(shown_aux, attach_btf_id, "u32"),
	M(shown_aux, max_ctx_offset, "u32"),
	M(shown_aux, attach_func_name, "const char *"),
	M(shown_aux, dst_prog, "struct bpf_prog *"),
	M(shown_aux, btf, "struct btf *"),
	M(shown_aux, func_info, "struct bpf_func_info *"),
	M(shown_aux, linfo, "struct bpf_line_info *"),
	M(shown_aux, load_time, "u64"),
	M(shown_aux, name, "char[16]"),
};

static const struct member_def bpf_prog_members[] = {
	M(shown_prog, len, "u32"),
	M(shown_prog, type, "enum bpf_prog_type"),
	M(shown_prog, expected_attach_type, "enum bpf_attach_type"),
	M(shown_prog, tag, "u8[8]"),
	M(shown_prog, aux, "struct bpf_prog_aux *"),
};

static const struct member_def bpf_link_members[] = {
	M(shown_link, id, "u32"),
	M(shown_link, type, "enum bpf_link_type"),
	M(shown_link, attach_type, "enum bpf_attach_type"),
	M(shown_link, prog, "struct bpf_prog *"),
};

/* ---- contexts: the arguments of the iterator's function, a word each ---- */

#define META { "meta", "struct bpf_iter_meta *", 0 }
#define ARG(i, name, type) { name, type, 8 * (i) }

static const struct member_def iter_map_members[] = { META, ARG(1, "map", "struct bpf_map *") };
static const struct member_def iter_prog_members[] = { META, ARG(1, "prog", "struct bpf_prog *") };
static const struct member_def iter_link_members[] = { META, ARG(1, "link", "struct bpf_link *") };
static const struct member_def iter_elem_members[] = {
	META, ARG(1, "map", "struct bpf_map *"), ARG(2, "key", "void *"), ARG(3, "value", "void *"),
};

#define SHOWN(name, structure)                                                                     \
	{ #name, sizeof(struct structure), name##_members, ARRAY_SIZE(name##_members) }
#define CONTEXT(name, members) { name, 8 * ARRAY_SIZE(members), members, ARRAY_SIZE(members) }

static const struct struct_def structs[] = {
	SHOWN(seq_file, shown_seq),
	SHOWN(bpf_iter_meta, shown_meta),
	STRUCT(btf_header),
	STRUCT(btf_type),
	SHOWN(btf, shown_btf),
	STRUCT(bpf_func_info),
	STRUCT(bpf_line_info),
	SHOWN(bpf_map, shown_map),
	SHOWN(bpf_prog_aux, shown_aux),
	SHOWN(bpf_prog, shown_prog),
	SHOWN(bpf_link, shown_link),
	CONTEXT("bpf_iter__bpf_map", iter_map_members),
	CONTEXT("bpf_iter__bpf_prog", iter_prog_members),
	CONTEXT("bpf_iter__bpf_link", iter_link_members),
	CONTEXT("bpf_iter__bpf_map_elem", iter_elem_members),
};

/* ---- enums ---- */

static const struct value_def bpf_map_type_values[] = {
	V(BPF_MAP_TYPE_UNSPEC), V(BPF_MAP_TYPE_HASH), V(BPF_MAP_TYPE_ARRAY),
	V(BPF_MAP_TYPE_PROG_ARRAY), V(BPF_MAP_TYPE_PERF_EVENT_ARRAY), V(BPF_MAP_TYPE_PERCPU_HASH),
	V(BPF_MAP_TYPE_PERCPU_ARRAY), V(BPF_MAP_TYPE_STACK_TRACE), V(BPF_MAP_TYPE_CGROUP_ARRAY),
	V(BPF_MAP_TYPE_LRU_HASH), V(BPF_MAP_TYPE_LRU_PERCPU_HASH), V(BPF_MAP_TYPE_LPM_TRIE),
	V(BPF_MAP_TYPE_ARRAY_OF_MAPS), V(BPF_MAP_TYPE_HASH_OF_MAPS), V(BPF_MAP_TYPE_DEVMAP),
	V(BPF_MAP_TYPE_SOCKMAP), V(BPF_MAP_TYPE_CPUMAP), V(BPF_MAP_TYPE_XSKMAP),
	V(BPF_MAP_TYPE_SOCKHASH), V(BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED),
	V(BPF_MAP_TYPE_CGROUP_STORAGE), V(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY),
	V(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED), V(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE),
	V(BPF_MAP_TYPE_QUEUE), V(BPF_MAP_TYPE_STACK), V(BPF_MAP_TYPE_SK_STORAGE),
	V(BPF_MAP_TYPE_DEVMAP_HASH), V(BPF_MAP_TYPE_STRUCT_OPS), V(BPF_MAP_TYPE_RINGBUF),
	V(BPF_MAP_TYPE_INODE_STORAGE), V(BPF_MAP_TYPE_TASK_STORAGE), V(BPF_MAP_TYPE_BLOOM_FILTER),
	V(BPF_MAP_TYPE_USER_RINGBUF), V(BPF_MAP_TYPE_CGRP_STORAGE), V(BPF_MAP_TYPE_ARENA),
	V(__MAX_BPF_MAP_TYPE),
};

static const struct value_def bpf_prog_type_values[] = {
	V(BPF_PROG_TYPE_UNSPEC), V(BPF_PROG_TYPE_SOCKET_FILTER), V(BPF_PROG_TYPE_KPROBE),
	V(BPF_PROG_TYPE_SCHED_CLS), V(BPF_PROG_TYPE_SCHED_ACT), V(BPF_PROG_TYPE_TRACEPOINT),
	V(BPF_PROG_TYPE_XDP), V(BPF_PROG_TYPE_PERF_EVENT), V(BPF_PROG_TYPE_CGROUP_SKB),
	V(BPF_PROG_TYPE_CGROUP_SOCK), V(BPF_PROG_TYPE_LWT_IN), V(BPF_PROG_TYPE_LWT_OUT),
	V(BPF_PROG_TYPE_LWT_XMIT), V(BPF_PROG_TYPE_SOCK_OPS), V(BPF_PROG_TYPE_SK_SKB),
	V(BPF_PROG_TYPE_CGROUP_DEVICE), V(BPF_PROG_TYPE_SK_MSG), V(BPF_PROG_TYPE_RAW_TRACEPOINT),
	V(BPF_PROG_TYPE_CGROUP_SOCK_ADDR), V(BPF_PROG_TYPE_LWT_SEG6LOCAL),
	V(BPF_PROG_TYPE_LIRC_MODE2), V(BPF_PROG_TYPE_SK_REUSEPORT),
	V(BPF_PROG_TYPE_FLOW_DISSECTOR), V(BPF_PROG_TYPE_CGROUP_SYSCTL),
	V(BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE), V(BPF_PROG_TYPE_CGROUP_SOCKOPT),
	V(BPF_PROG_TYPE_TRACING), V(BPF_PROG_TYPE_STRUCT_OPS), V(BPF_PROG_TYPE_EXT),
	V(BPF_PROG_TYPE_LSM), V(BPF_PROG_TYPE_SK_LOOKUP), V(BPF_PROG_TYPE_SYSCALL),
	V(BPF_PROG_TYPE_NETFILTER), V(__MAX_BPF_PROG_TYPE),
};

static const struct value_def bpf_attach_type_values[] = {
	V(BPF_CGROUP_INET_INGRESS), V(BPF_CGROUP_INET_EGRESS), V(BPF_CGROUP_INET_SOCK_CREATE),
	V(BPF_CGROUP_SOCK_OPS), V(BPF_SK_SKB_STREAM_PARSER), V(BPF_SK_SKB_STREAM_VERDICT),
	V(BPF_CGROUP_DEVICE), V(BPF_SK_MSG_VERDICT), V(BPF_CGROUP_INET4_BIND),
	V(BPF_CGROUP_INET6_BIND), V(BPF_CGROUP_INET4_CONNECT), V(BPF_CGROUP_INET6_CONNECT),
	V(BPF_CGROUP_INET4_POST_BIND), V(BPF_CGROUP_INET6_POST_BIND), V(BPF_CGROUP_UDP4_SENDMSG),
	V(BPF_CGROUP_UDP6_SENDMSG), V(BPF_LIRC_MODE2), V(BPF_FLOW_DISSECTOR),
	V(BPF_CGROUP_SYSCTL), V(BPF_CGROUP_UDP4_RECVMSG), V(BPF_CGROUP_UDP6_RECVMSG),
	V(BPF_CGROUP_GETSOCKOPT), V(BPF_CGROUP_SETSOCKOPT), V(BPF_TRACE_RAW_TP),
	V(BPF_TRACE_FENTRY), V(BPF_TRACE_FEXIT), V(BPF_MODIFY_RETURN), V(BPF_LSM_MAC),
	V(BPF_TRACE_ITER), V(BPF_CGROUP_INET4_GETPEERNAME), V(BPF_CGROUP_INET6_GETPEERNAME),
	V(BPF_CGROUP_INET4_GETSOCKNAME), V(BPF_CGROUP_INET6_GETSOCKNAME), V(BPF_XDP_DEVMAP),
	V(BPF_CGROUP_INET_SOCK_RELEASE), V(BPF_XDP_CPUMAP), V(BPF_SK_LOOKUP), V(BPF_XDP),
	V(BPF_SK_SKB_VERDICT), V(BPF_SK_REUSEPORT_SELECT), V(BPF_SK_REUSEPORT_SELECT_OR_MIGRATE),
	V(BPF_PERF_EVENT), V(BPF_TRACE_KPROBE_MULTI), V(BPF_LSM_CGROUP), V(BPF_STRUCT_OPS),
	V(BPF_NETFILTER), V(BPF_TCX_INGRESS), V(BPF_TCX_EGRESS), V(BPF_TRACE_UPROBE_MULTI),
	V(BPF_CGROUP_UNIX_CONNECT), V(BPF_CGROUP_UNIX_SENDMSG), V(BPF_CGROUP_UNIX_RECVMSG),
	V(BPF_CGROUP_UNIX_GETPEERNAME), V(BPF_CGROUP_UNIX_GETSOCKNAME), V(BPF_NETKIT_PRIMARY),
	V(BPF_NETKIT_PEER), V(BPF_TRACE_KPROBE_SESSION), V(BPF_TRACE_UPROBE_SESSION),
	V(__MAX_BPF_ATTACH_TYPE),
};

static const struct value_def bpf_link_type_values[] = {
	V(BPF_LINK_TYPE_UNSPEC), V(BPF_LINK_TYPE_RAW_TRACEPOINT), V(BPF_LINK_TYPE_TRACING),
	V(BPF_LINK_TYPE_CGROUP), V(BPF_LINK_TYPE_ITER), V(BPF_LINK_TYPE_NETNS),
	V(BPF_LINK_TYPE_XDP), V(BPF_LINK_TYPE_PERF_EVENT), V(BPF_LINK_TYPE_KPROBE_MULTI),
	V(BPF_LINK_TYPE_STRUCT_OPS), V(BPF_LINK_TYPE_NETFILTER), V(BPF_LINK_TYPE_TCX),
	V(BPF_LINK_TYPE_UPROBE_MULTI), V(BPF_LINK_TYPE_NETKIT), V(BPF_LINK_TYPE_SOCKMAP),
	V(__MAX_BPF_LINK_TYPE),
};

static const struct enum_def enums[] = {
	ENUM(bpf_map_type),
	ENUM(bpf_prog_type),
	ENUM(bpf_attach_type),
	ENUM(bpf_link_type),
};

const struct type_set runtime_objects = {
	structs, ARRAY_SIZE(structs), enums, ARRAY_SIZE(enums),
};
