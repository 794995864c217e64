/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Helpers of Linux 6.18, by the number that a call carries. Details of each: bpf-helpers(7).
 * Included by bpf_helpers.h; linux/bpf.h or vmlinux.h must come before it.
 */
#ifndef __BPF_HELPER_DEFS_H
#define __BPF_HELPER_DEFS_H

/* Types that prototypes name and programs may not have. */
struct bpf_fib_lookup;
struct bpf_sk_lookup;
struct bpf_perf_event_data;
struct bpf_perf_event_value;
struct bpf_pidns_info;
struct bpf_redir_neigh;
struct bpf_sock;
struct bpf_sock_addr;
struct bpf_sock_ops;
struct bpf_sock_tuple;
struct bpf_spin_lock;
struct bpf_sysctl;
struct bpf_tcp_sock;
struct bpf_tunnel_key;
struct bpf_xfrm_state;
struct linux_binprm;
struct pt_regs;
struct sk_reuseport_md;
struct sockaddr;
struct tcphdr;
struct seq_file;
struct tcp6_sock;
struct tcp_sock;
struct tcp_timewait_sock;
struct tcp_request_sock;
struct udp6_sock;
struct unix_sock;
struct task_struct;
struct cgroup;
struct __sk_buff;
struct sk_msg_md;
struct xdp_md;
struct path;
struct btf_ptr;
struct inode;
struct socket;
struct file;
struct bpf_timer;
struct mptcp_sock;
struct bpf_dynptr;
struct iphdr;
struct ipv6hdr;

/* value of a key, NULL if there is none */
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;

/* add or change an element; flags BPF_ANY, BPF_NOEXIST, BPF_EXIST */
static long (*const bpf_map_update_elem)(void *map, const void *key, const void *value,
		__u64 flags) = (void *)2;

/* remove an element */
static long (*const bpf_map_delete_elem)(void *map, const void *key) = (void *)3;

/* copy from an address that may be bad; prefer _user and _kernel */
static long (*const bpf_probe_read)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)4;

/* nanoseconds since boot, without suspend */
static __u64 (*const bpf_ktime_get_ns)(void) = (void *)5;

/* formatted line into the trace pipe, at most three arguments */
static long (*const bpf_trace_printk)(const char *fmt, __u32 fmt_size, ...) = (void *)6;

/* pseudo-random number */
static __u32 (*const bpf_get_prandom_u32)(void) = (void *)7;

/* number of the CPU we run on */
static __u32 (*const bpf_get_smp_processor_id)(void) = (void *)8;

/* write into a packet */
static long (*const bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from,
		__u32 len, __u64 flags) = (void *)9;

/* adjust an IP checksum for a changed field */
static long (*const bpf_l3_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to,
		__u64 size) = (void *)10;

/* adjust a TCP or UDP checksum for a changed field */
static long (*const bpf_l4_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to,
		__u64 flags) = (void *)11;

/* jump to a program of a PROG_ARRAY; comes back only if it cannot */
static long (*const bpf_tail_call)(void *ctx, void *prog_array_map, __u32 index) = (void *)12;

/* send a copy of the packet through another interface */
static long (*const bpf_clone_redirect)(struct __sk_buff *skb, __u32 ifindex,
		__u64 flags) = (void *)13;

/* process id in the upper, thread id in the lower half */
static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;

/* gid in the upper, uid in the lower half */
static __u64 (*const bpf_get_current_uid_gid)(void) = (void *)15;

/* name of the current task */
static long (*const bpf_get_current_comm)(void *buf, __u32 size_of_buf) = (void *)16;

/* net_cls class of the current task */
static __u32 (*const bpf_get_cgroup_classid)(struct __sk_buff *skb) = (void *)17;

/* put a VLAN tag on the packet */
static long (*const bpf_skb_vlan_push)(struct __sk_buff *skb, __be16 vlan_proto,
		__u16 vlan_tci) = (void *)18;

/* take a VLAN tag off the packet */
static long (*const bpf_skb_vlan_pop)(struct __sk_buff *skb) = (void *)19;

/* tunnel metadata of the packet */
static long (*const bpf_skb_get_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key,
		__u32 size, __u64 flags) = (void *)20;

/* set tunnel metadata */
static long (*const bpf_skb_set_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key,
		__u32 size, __u64 flags) = (void *)21;

/* value of a perf counter */
static __u64 (*const bpf_perf_event_read)(void *map, __u64 flags) = (void *)22;

/* send the packet through another interface when the program returns */
static long (*const bpf_redirect)(__u32 ifindex, __u64 flags) = (void *)23;

/* realm of the packet's route */
static __u32 (*const bpf_get_route_realm)(struct __sk_buff *skb) = (void *)24;

/* sample into a perf buffer */
static long (*const bpf_perf_event_output)(void *ctx, void *map, __u64 flags, void *data,
		__u64 size) = (void *)25;

/* copy from a packet */
static long (*const bpf_skb_load_bytes)(const void *skb, __u32 offset, void *to,
		__u32 len) = (void *)26;

/* id of the current stack in a STACK_TRACE map */
static long (*const bpf_get_stackid)(void *ctx, void *map, __u64 flags) = (void *)27;

/* checksum difference of two buffers */
static __s64 (*const bpf_csum_diff)(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size,
		__wsum seed) = (void *)28;

/* tunnel options of the packet */
static long (*const bpf_skb_get_tunnel_opt)(struct __sk_buff *skb, void *opt,
		__u32 size) = (void *)29;

/* set tunnel options */
static long (*const bpf_skb_set_tunnel_opt)(struct __sk_buff *skb, void *opt,
		__u32 size) = (void *)30;

/* turn IPv4 into IPv6 or back */
static long (*const bpf_skb_change_proto)(struct __sk_buff *skb, __be16 proto,
		__u64 flags) = (void *)31;

/* set the packet type */
static long (*const bpf_skb_change_type)(struct __sk_buff *skb, __u32 type) = (void *)32;

/* is the packet's socket below a cgroup of an array */
static long (*const bpf_skb_under_cgroup)(struct __sk_buff *skb, void *map,
		__u32 index) = (void *)33;

/* flow hash of the packet, computed if need be */
static __u32 (*const bpf_get_hash_recalc)(struct __sk_buff *skb) = (void *)34;

/* address of the current task */
static __u64 (*const bpf_get_current_task)(void) = (void *)35;

/* write into the current task's memory */
static long (*const bpf_probe_write_user)(void *dst, const void *src, __u32 len) = (void *)36;

/* is the current task below a cgroup of an array */
static long (*const bpf_current_task_under_cgroup)(void *map, __u32 index) = (void *)37;

/* grow or shrink the packet at its end */
static long (*const bpf_skb_change_tail)(struct __sk_buff *skb, __u32 len,
		__u64 flags) = (void *)38;

/* make the first bytes directly accessible */
static long (*const bpf_skb_pull_data)(struct __sk_buff *skb, __u32 len) = (void *)39;

/* add to the packet's checksum */
static __s64 (*const bpf_csum_update)(struct __sk_buff *skb, __wsum csum) = (void *)40;

/* forget the packet's flow hash */
static void (*const bpf_set_hash_invalid)(struct __sk_buff *skb) = (void *)41;

/* NUMA node of this CPU */
static long (*const bpf_get_numa_node_id)(void) = (void *)42;

/* grow the packet at its start */
static long (*const bpf_skb_change_head)(struct __sk_buff *skb, __u32 len,
		__u64 flags) = (void *)43;

/* move the start of the packet */
static long (*const bpf_xdp_adjust_head)(struct xdp_md *xdp_md, int delta) = (void *)44;

/* copy a string from an address that may be bad */
static long (*const bpf_probe_read_str)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)45;

/* unique number of the socket */
static __u64 (*const bpf_get_socket_cookie)(void *ctx) = (void *)46;

/* owner of the socket */
static __u32 (*const bpf_get_socket_uid)(struct __sk_buff *skb) = (void *)47;

/* set the packet's flow hash */
static long (*const bpf_set_hash)(struct __sk_buff *skb, __u32 hash) = (void *)48;

/* set an option of the socket */
static long (*const bpf_setsockopt)(void *bpf_socket, int level, int optname, void *optval,
		int optlen) = (void *)49;

/* insert or remove room after a header */
static long (*const bpf_skb_adjust_room)(struct __sk_buff *skb, __s32 len_diff, __u32 mode,
		__u64 flags) = (void *)50;

/* send the packet to an element of a DEVMAP, CPUMAP or XSKMAP */
static long (*const bpf_redirect_map)(void *map, __u64 key, __u64 flags) = (void *)51;

/* send the packet to a socket of a SOCKMAP */
static long (*const bpf_sk_redirect_map)(struct __sk_buff *skb, void *map, __u32 key,
		__u64 flags) = (void *)52;

/* add the socket to a SOCKMAP */
static long (*const bpf_sock_map_update)(struct bpf_sock_ops *skops, void *map, void *key,
		__u64 flags) = (void *)53;

/* move the start of the metadata */
static long (*const bpf_xdp_adjust_meta)(struct xdp_md *xdp_md, int delta) = (void *)54;

/* value and times of a perf counter */
static long (*const bpf_perf_event_read_value)(void *map, __u64 flags,
		struct bpf_perf_event_value *buf, __u32 buf_size) = (void *)55;

/* value and times of the event that fired */
static long (*const bpf_perf_prog_read_value)(struct bpf_perf_event_data *ctx,
		struct bpf_perf_event_value *buf, __u32 buf_size) = (void *)56;

/* read an option of the socket */
static long (*const bpf_getsockopt)(void *bpf_socket, int level, int optname, void *optval,
		int optlen) = (void *)57;

/* make the probed function return a value at once */
static long (*const bpf_override_return)(struct pt_regs *regs, __u64 rc) = (void *)58;

/* choose the callbacks of this socket */
static long (*const bpf_sock_ops_cb_flags_set)(struct bpf_sock_ops *bpf_sock,
		int argval) = (void *)59;

/* send the message to a socket of a SOCKMAP */
static long (*const bpf_msg_redirect_map)(struct sk_msg_md *msg, void *map, __u32 key,
		__u64 flags) = (void *)60;

/* let the verdict stand for the next bytes */
static long (*const bpf_msg_apply_bytes)(struct sk_msg_md *msg, __u32 bytes) = (void *)61;

/* wait for more bytes before the next verdict */
static long (*const bpf_msg_cork_bytes)(struct sk_msg_md *msg, __u32 bytes) = (void *)62;

/* make a part of the message directly accessible */
static long (*const bpf_msg_pull_data)(struct sk_msg_md *msg, __u32 start, __u32 end,
		__u64 flags) = (void *)63;

/* bind the socket before it connects */
static long (*const bpf_bind)(struct bpf_sock_addr *ctx, struct sockaddr *addr,
		int addr_len) = (void *)64;

/* move the end of the packet */
static long (*const bpf_xdp_adjust_tail)(struct xdp_md *xdp_md, int delta) = (void *)65;

/* IPsec state of the packet */
static long (*const bpf_skb_get_xfrm_state)(struct __sk_buff *skb, __u32 index,
		struct bpf_xfrm_state *xfrm_state, __u32 size, __u64 flags) = (void *)66;

/* copy of the current stack */
static long (*const bpf_get_stack)(void *ctx, void *buf, __u32 size, __u64 flags) = (void *)67;

/* copy from a packet, counted from its MAC or network header */
static long (*const bpf_skb_load_bytes_relative)(const void *skb, __u32 offset, void *to, __u32 len,
		__u32 start_header) = (void *)68;

/* routing decision for given parameters */
static long (*const bpf_fib_lookup)(void *ctx, struct bpf_fib_lookup *params, int plen,
		__u32 flags) = (void *)69;

/* add the socket to a SOCKHASH */
static long (*const bpf_sock_hash_update)(struct bpf_sock_ops *skops, void *map, void *key,
		__u64 flags) = (void *)70;

/* send the message to a socket of a SOCKHASH */
static long (*const bpf_msg_redirect_hash)(struct sk_msg_md *msg, void *map, void *key,
		__u64 flags) = (void *)71;

/* send the packet to a socket of a SOCKHASH */
static long (*const bpf_sk_redirect_hash)(struct __sk_buff *skb, void *map, void *key,
		__u64 flags) = (void *)72;

/* encapsulate the packet */
static long (*const bpf_lwt_push_encap)(struct __sk_buff *skb, __u32 type, void *hdr,
		__u32 len) = (void *)73;

/* write into the segment routing header */
static long (*const bpf_lwt_seg6_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from,
		__u32 len) = (void *)74;

/* resize the segment routing header */
static long (*const bpf_lwt_seg6_adjust_srh)(struct __sk_buff *skb, __u32 offset,
		__s32 delta) = (void *)75;

/* perform a segment routing action */
static long (*const bpf_lwt_seg6_action)(struct __sk_buff *skb, __u32 action, void *param,
		__u32 param_len) = (void *)76;

/* report a repeated key of a remote control */
static long (*const bpf_rc_repeat)(void *ctx) = (void *)77;

/* report a key of a remote control */
static long (*const bpf_rc_keydown)(void *ctx, __u32 protocol, __u64 scancode,
		__u32 toggle) = (void *)78;

/* cgroup of the packet's socket */
static __u64 (*const bpf_skb_cgroup_id)(struct __sk_buff *skb) = (void *)79;

/* cgroup of the current task */
static __u64 (*const bpf_get_current_cgroup_id)(void) = (void *)80;

/* memory of this cgroup for the program */
static void *(*const bpf_get_local_storage)(void *map, __u64 flags) = (void *)81;

/* choose a socket of a REUSEPORT_SOCKARRAY */
static long (*const bpf_sk_select_reuseport)(struct sk_reuseport_md *reuse, void *map, void *key,
		__u64 flags) = (void *)82;

/* ancestor, at a level, of the packet's cgroup */
static __u64 (*const bpf_skb_ancestor_cgroup_id)(struct __sk_buff *skb,
		int ancestor_level) = (void *)83;

/* TCP socket for a tuple; to be released */
static struct bpf_sock *(*const bpf_sk_lookup_tcp)(void *ctx, struct bpf_sock_tuple *tuple,
		__u32 tuple_size, __u64 netns, __u64 flags) = (void *)84;

/* UDP socket for a tuple; to be released */
static struct bpf_sock *(*const bpf_sk_lookup_udp)(void *ctx, struct bpf_sock_tuple *tuple,
		__u32 tuple_size, __u64 netns, __u64 flags) = (void *)85;

/* give back a socket reference */
static long (*const bpf_sk_release)(void *sock) = (void *)86;

/* put a value into a queue, stack or bloom filter */
static long (*const bpf_map_push_elem)(void *map, const void *value, __u64 flags) = (void *)87;

/* take a value out of a queue or stack */
static long (*const bpf_map_pop_elem)(void *map, void *value) = (void *)88;

/* look at the next value, or ask a bloom filter */
static long (*const bpf_map_peek_elem)(void *map, void *value) = (void *)89;

/* insert bytes into the message */
static long (*const bpf_msg_push_data)(struct sk_msg_md *msg, __u32 start, __u32 len,
		__u64 flags) = (void *)90;

/* remove bytes from the message */
static long (*const bpf_msg_pop_data)(struct sk_msg_md *msg, __u32 start, __u32 len,
		__u64 flags) = (void *)91;

/* report a pointer movement of a remote control */
static long (*const bpf_rc_pointer_rel)(void *ctx, __s32 rel_x, __s32 rel_y) = (void *)92;

/* take the lock in a map value */
static long (*const bpf_spin_lock)(struct bpf_spin_lock *lock) = (void *)93;

/* release it */
static long (*const bpf_spin_unlock)(struct bpf_spin_lock *lock) = (void *)94;

/* full socket of a request or time-wait socket, or NULL */
static struct bpf_sock *(*const bpf_sk_fullsock)(struct bpf_sock *sk) = (void *)95;

/* the socket as a TCP socket, or NULL */
static struct bpf_tcp_sock *(*const bpf_tcp_sock)(struct bpf_sock *sk) = (void *)96;

/* set ECN congestion experienced */
static long (*const bpf_skb_ecn_set_ce)(struct __sk_buff *skb) = (void *)97;

/* the listener behind a request socket */
static struct bpf_sock *(*const bpf_get_listener_sock)(struct bpf_sock *sk) = (void *)98;

/* TCP socket of any state for a tuple; to be released */
static struct bpf_sock *(*const bpf_skc_lookup_tcp)(void *ctx, struct bpf_sock_tuple *tuple,
		__u32 tuple_size, __u64 netns, __u64 flags) = (void *)99;

/* is this a valid SYN cookie */
static long (*const bpf_tcp_check_syncookie)(void *sk, void *iph, __u32 iph_len, struct tcphdr *th,
		__u32 th_len) = (void *)100;

/* name of the sysctl */
static long (*const bpf_sysctl_get_name)(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len,
		__u64 flags) = (void *)101;

/* its value */
static long (*const bpf_sysctl_get_current_value)(struct bpf_sysctl *ctx, char *buf,
		unsigned long buf_len) = (void *)102;

/* the value to be written */
static long (*const bpf_sysctl_get_new_value)(struct bpf_sysctl *ctx, char *buf,
		unsigned long buf_len) = (void *)103;

/* write another value instead */
static long (*const bpf_sysctl_set_new_value)(struct bpf_sysctl *ctx, const char *buf,
		unsigned long buf_len) = (void *)104;

/* text to signed number */
static long (*const bpf_strtol)(const char *buf, unsigned long buf_len, __u64 flags,
		long *res) = (void *)105;

/* text to unsigned number */
static long (*const bpf_strtoul)(const char *buf, unsigned long buf_len, __u64 flags,
		unsigned long *res) = (void *)106;

/* storage of a socket, created on request */
static void *(*const bpf_sk_storage_get)(void *map, void *sk, void *value,
		__u64 flags) = (void *)107;

/* remove it */
static long (*const bpf_sk_storage_delete)(void *map, void *sk) = (void *)108;

/* signal to the current process */
static long (*const bpf_send_signal)(__u32 sig) = (void *)109;

/* make a SYN cookie */
static __s64 (*const bpf_tcp_gen_syncookie)(void *sk, void *iph, __u32 iph_len, struct tcphdr *th,
		__u32 th_len) = (void *)110;

/* packet sample into a perf buffer, from tracing */
static long (*const bpf_skb_output)(void *ctx, void *map, __u64 flags, void *data,
		__u64 size) = (void *)111;

/* copy from user memory */
static long (*const bpf_probe_read_user)(void *dst, __u32 size,
		const void *unsafe_ptr) = (void *)112;

/* copy from kernel memory */
static long (*const bpf_probe_read_kernel)(void *dst, __u32 size,
		const void *unsafe_ptr) = (void *)113;

/* copy a string from user memory */
static long (*const bpf_probe_read_user_str)(void *dst, __u32 size,
		const void *unsafe_ptr) = (void *)114;

/* copy a string from kernel memory */
static long (*const bpf_probe_read_kernel_str)(void *dst, __u32 size,
		const void *unsafe_ptr) = (void *)115;

/* send an ACK */
static long (*const bpf_tcp_send_ack)(void *tp, __u32 rcv_nxt) = (void *)116;

/* signal to the current thread */
static long (*const bpf_send_signal_thread)(__u32 sig) = (void *)117;

/* the 64-bit jiffies counter */
static __u64 (*const bpf_jiffies64)(void) = (void *)118;

/* branch records of a perf event */
static long (*const bpf_read_branch_records)(struct bpf_perf_event_data *ctx, void *buf, __u32 size,
		__u64 flags) = (void *)119;

/* ids of the current task in a pid namespace */
static long (*const bpf_get_ns_current_pid_tgid)(__u64 dev, __u64 ino,
		struct bpf_pidns_info *nsdata, __u32 size) = (void *)120;

/* XDP packet sample into a perf buffer, from tracing */
static long (*const bpf_xdp_output)(void *ctx, void *map, __u64 flags, void *data,
		__u64 size) = (void *)121;

/* unique number of the network namespace */
static __u64 (*const bpf_get_netns_cookie)(void *ctx) = (void *)122;

/* ancestor, at a level, of the current task's cgroup */
static __u64 (*const bpf_get_current_ancestor_cgroup_id)(int ancestor_level) = (void *)123;

/* give the packet to a socket */
static long (*const bpf_sk_assign)(void *ctx, void *sk, __u64 flags) = (void *)124;

/* nanoseconds since boot, with suspend */
static __u64 (*const bpf_ktime_get_boot_ns)(void) = (void *)125;

/* formatted text into an iterator's output */
static long (*const bpf_seq_printf)(struct seq_file *m, const char *fmt, __u32 fmt_size,
		const void *data, __u32 data_len) = (void *)126;

/* bytes into an iterator's output */
static long (*const bpf_seq_write)(struct seq_file *m, const void *data, __u32 len) = (void *)127;

/* cgroup of a socket */
static __u64 (*const bpf_sk_cgroup_id)(void *sk) = (void *)128;

/* ancestor, at a level, of a socket's cgroup */
static __u64 (*const bpf_sk_ancestor_cgroup_id)(void *sk, int ancestor_level) = (void *)129;

/* copy a record into a ring buffer */
static long (*const bpf_ringbuf_output)(void *ringbuf, void *data, __u64 size,
		__u64 flags) = (void *)130;

/* room for a record, or NULL */
static void *(*const bpf_ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *)131;

/* hand a reserved record over */
static void (*const bpf_ringbuf_submit)(void *data, __u64 flags) = (void *)132;

/* give a reserved record up */
static void (*const bpf_ringbuf_discard)(void *data, __u64 flags) = (void *)133;

/* state of a ring buffer */
static __u64 (*const bpf_ringbuf_query)(void *ringbuf, __u64 flags) = (void *)134;

/* read or change the checksum level */
static long (*const bpf_csum_level)(struct __sk_buff *skb, __u64 level) = (void *)135;

/* cast, or NULL */
static struct tcp6_sock *(*const bpf_skc_to_tcp6_sock)(void *sk) = (void *)136;

/* cast, or NULL */
static struct tcp_sock *(*const bpf_skc_to_tcp_sock)(void *sk) = (void *)137;

/* cast, or NULL */
static struct tcp_timewait_sock *(*const bpf_skc_to_tcp_timewait_sock)(void *sk) = (void *)138;

/* cast, or NULL */
static struct tcp_request_sock *(*const bpf_skc_to_tcp_request_sock)(void *sk) = (void *)139;

/* cast, or NULL */
static struct udp6_sock *(*const bpf_skc_to_udp6_sock)(void *sk) = (void *)140;

/* copy of a task's stack */
static long (*const bpf_get_task_stack)(struct task_struct *task, void *buf, __u32 size,
		__u64 flags) = (void *)141;

/* read a TCP header option */
static long (*const bpf_load_hdr_opt)(struct bpf_sock_ops *skops, void *searchby_res, __u32 len,
		__u64 flags) = (void *)142;

/* write a TCP header option */
static long (*const bpf_store_hdr_opt)(struct bpf_sock_ops *skops, const void *from, __u32 len,
		__u64 flags) = (void *)143;

/* reserve room for one */
static long (*const bpf_reserve_hdr_opt)(struct bpf_sock_ops *skops, __u32 len,
		__u64 flags) = (void *)144;

/* storage of an inode, created on request */
static void *(*const bpf_inode_storage_get)(void *map, void *inode, void *value,
		__u64 flags) = (void *)145;

/* remove it */
static int (*const bpf_inode_storage_delete)(void *map, void *inode) = (void *)146;

/* path of a struct path */
static long (*const bpf_d_path)(struct path *path, char *buf, __u32 sz) = (void *)147;

/* copy from user memory, may sleep */
static long (*const bpf_copy_from_user)(void *dst, __u32 size, const void *user_ptr) = (void *)148;

/* value as text, by its BTF */
static long (*const bpf_snprintf_btf)(char *str, __u32 str_size, struct btf_ptr *ptr,
		__u32 btf_ptr_size, __u64 flags) = (void *)149;

/* value as text into an iterator's output */
static long (*const bpf_seq_printf_btf)(struct seq_file *m, struct btf_ptr *ptr, __u32 ptr_size,
		__u64 flags) = (void *)150;

/* net_cls class of the packet's socket */
static __u64 (*const bpf_skb_cgroup_classid)(struct __sk_buff *skb) = (void *)151;

/* send the packet to a neighbour */
static long (*const bpf_redirect_neigh)(__u32 ifindex, struct bpf_redir_neigh *params, int plen,
		__u64 flags) = (void *)152;

/* a kernel per-CPU variable on some CPU */
static void *(*const bpf_per_cpu_ptr)(const void *percpu_ptr, __u32 cpu) = (void *)153;

/* a kernel per-CPU variable on this CPU */
static void *(*const bpf_this_cpu_ptr)(const void *percpu_ptr) = (void *)154;

/* hand the packet to the peer of a veth */
static long (*const bpf_redirect_peer)(__u32 ifindex, __u64 flags) = (void *)155;

/* storage of a task, created on request */
static void *(*const bpf_task_storage_get)(void *map, struct task_struct *task, void *value,
		__u64 flags) = (void *)156;

/* remove it */
static long (*const bpf_task_storage_delete)(void *map, struct task_struct *task) = (void *)157;

/* the current task, as a typed pointer */
static struct task_struct *(*const bpf_get_current_task_btf)(void) = (void *)158;

/* options of the program about to be executed */
static long (*const bpf_bprm_opts_set)(struct linux_binprm *bprm, __u64 flags) = (void *)159;

/* coarse monotonic clock */
static __u64 (*const bpf_ktime_get_coarse_ns)(void) = (void *)160;

/* IMA hash of an inode */
static long (*const bpf_ima_inode_hash)(struct inode *inode, void *dst, __u32 size) = (void *)161;

/* socket behind a file */
static struct socket *(*const bpf_sock_from_file)(struct file *file) = (void *)162;

/* does the packet fit the MTU */
static long (*const bpf_check_mtu)(void *ctx, __u32 ifindex, __u32 *mtu_len, __s32 len_diff,
		__u64 flags) = (void *)163;

/* call a function for each element */
static long (*const bpf_for_each_map_elem)(void *map, void *callback_fn, void *callback_ctx,
		__u64 flags) = (void *)164;

/* formatted text */
static long (*const bpf_snprintf)(char *str, __u32 str_size, const char *fmt, __u64 *data,
		__u32 data_len) = (void *)165;

/* bpf(2) from a syscall program */
static long (*const bpf_sys_bpf)(__u32 cmd, void *attr, __u32 attr_size) = (void *)166;

/* id of a type */
static long (*const bpf_btf_find_by_name_kind)(char *name, int name_sz, __u32 kind,
		int flags) = (void *)167;

/* close(2) from a syscall program */
static long (*const bpf_sys_close)(__u32 fd) = (void *)168;

/* set a timer up */
static long (*const bpf_timer_init)(struct bpf_timer *timer, void *map, __u64 flags) = (void *)169;

/* choose what it calls */
static long (*const bpf_timer_set_callback)(struct bpf_timer *timer,
		void *callback_fn) = (void *)170;

/* start it */
static long (*const bpf_timer_start)(struct bpf_timer *timer, __u64 nsecs,
		__u64 flags) = (void *)171;

/* stop it, waiting for a running callback */
static long (*const bpf_timer_cancel)(struct bpf_timer *timer) = (void *)172;

/* address of the traced function */
static __u64 (*const bpf_get_func_ip)(void *ctx) = (void *)173;

/* the number given at attach */
static __u64 (*const bpf_get_attach_cookie)(void *ctx) = (void *)174;

/* user registers of a task */
static long (*const bpf_task_pt_regs)(struct task_struct *task) = (void *)175;

/* recent branches of this CPU */
static long (*const bpf_get_branch_snapshot)(void *entries, __u32 size, __u64 flags) = (void *)176;

/* formatted line into the trace pipe, any number of arguments */
static long (*const bpf_trace_vprintk)(const char *fmt, __u32 fmt_size, const void *data,
		__u32 data_len) = (void *)177;

/* cast, or NULL */
static struct unix_sock *(*const bpf_skc_to_unix_sock)(void *sk) = (void *)178;

/* address of a kernel symbol */
static long (*const bpf_kallsyms_lookup_name)(const char *name, int name_sz, int flags,
		__u64 *res) = (void *)179;

/* call a function with the mapping at an address */
static long (*const bpf_find_vma)(struct task_struct *task, __u64 addr, void *callback_fn,
		void *callback_ctx, __u64 flags) = (void *)180;

/* call a function a number of times */
static long (*const bpf_loop)(__u32 nr_loops, void *callback_fn, void *callback_ctx,
		__u64 flags) = (void *)181;

/* compare with a constant string */
static long (*const bpf_strncmp)(const char *s1, __u32 s1_sz, const char *s2) = (void *)182;

/* argument of the traced function */
static long (*const bpf_get_func_arg)(void *ctx, __u32 n, __u64 *value) = (void *)183;

/* result of the traced function */
static long (*const bpf_get_func_ret)(void *ctx, __u64 *value) = (void *)184;

/* number of its arguments */
static long (*const bpf_get_func_arg_cnt)(void *ctx) = (void *)185;

/* what the system call would return */
static int (*const bpf_get_retval)(void) = (void *)186;

/* make it return something else */
static int (*const bpf_set_retval)(int retval) = (void *)187;

/* length of a packet with fragments */
static __u64 (*const bpf_xdp_get_buff_len)(struct xdp_md *xdp_md) = (void *)188;

/* copy from a packet with fragments */
static long (*const bpf_xdp_load_bytes)(struct xdp_md *xdp_md, __u32 offset, void *buf,
		__u32 len) = (void *)189;

/* write into a packet with fragments */
static long (*const bpf_xdp_store_bytes)(struct xdp_md *xdp_md, __u32 offset, void *buf,
		__u32 len) = (void *)190;

/* copy from another task's memory, may sleep */
static long (*const bpf_copy_from_user_task)(void *dst, __u32 size, const void *user_ptr,
		struct task_struct *tsk, __u64 flags) = (void *)191;

/* set the packet's time stamp */
static long (*const bpf_skb_set_tstamp)(struct __sk_buff *skb, __u64 tstamp,
		__u32 tstamp_type) = (void *)192;

/* IMA hash of a file, computed if need be */
static long (*const bpf_ima_file_hash)(struct file *file, void *dst, __u32 size) = (void *)193;

/* exchange a kernel pointer in a map value */
static void *(*const bpf_kptr_xchg)(void *map_value, void *ptr) = (void *)194;

/* value on some CPU */
static void *(*const bpf_map_lookup_percpu_elem)(void *map, const void *key,
		__u32 cpu) = (void *)195;

/* cast, or NULL */
static struct mptcp_sock *(*const bpf_skc_to_mptcp_sock)(void *sk) = (void *)196;

/* dynptr for memory of a map value */
static long (*const bpf_dynptr_from_mem)(void *data, __u32 size, __u64 flags,
		struct bpf_dynptr *ptr) = (void *)197;

/* room for a record of variable size */
static long (*const bpf_ringbuf_reserve_dynptr)(void *ringbuf, __u32 size, __u64 flags,
		struct bpf_dynptr *ptr) = (void *)198;

/* hand it over */
static void (*const bpf_ringbuf_submit_dynptr)(struct bpf_dynptr *ptr, __u64 flags) = (void *)199;

/* give it up */
static void (*const bpf_ringbuf_discard_dynptr)(struct bpf_dynptr *ptr, __u64 flags) = (void *)200;

/* copy out of a dynptr */
static long (*const bpf_dynptr_read)(void *dst, __u32 len, const struct bpf_dynptr *src,
		__u32 offset, __u64 flags) = (void *)201;

/* copy into a dynptr */
static long (*const bpf_dynptr_write)(const struct bpf_dynptr *dst, __u32 offset, void *src,
		__u32 len, __u64 flags) = (void *)202;

/* direct pointer to a slice, or NULL */
static void *(*const bpf_dynptr_data)(const struct bpf_dynptr *ptr, __u32 offset,
		__u32 len) = (void *)203;

/* SYN cookie without a socket */
static __s64 (*const bpf_tcp_raw_gen_syncookie_ipv4)(struct iphdr *iph, struct tcphdr *th,
		__u32 th_len) = (void *)204;

/* SYN cookie without a socket */
static __s64 (*const bpf_tcp_raw_gen_syncookie_ipv6)(struct ipv6hdr *iph, struct tcphdr *th,
		__u32 th_len) = (void *)205;

/* check one without a socket */
static long (*const bpf_tcp_raw_check_syncookie_ipv4)(struct iphdr *iph,
		struct tcphdr *th) = (void *)206;

/* check one without a socket */
static long (*const bpf_tcp_raw_check_syncookie_ipv6)(struct ipv6hdr *iph,
		struct tcphdr *th) = (void *)207;

/* international atomic time */
static __u64 (*const bpf_ktime_get_tai_ns)(void) = (void *)208;

/* call a function for each record from user space */
static long (*const bpf_user_ringbuf_drain)(void *map, void *callback_fn, void *ctx,
		__u64 flags) = (void *)209;

/* storage of a cgroup, created on request */
static void *(*const bpf_cgrp_storage_get)(void *map, struct cgroup *cgroup, void *value,
		__u64 flags) = (void *)210;

/* remove it */
static long (*const bpf_cgrp_storage_delete)(void *map, struct cgroup *cgroup) = (void *)211;

#endif
