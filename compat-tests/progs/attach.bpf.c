/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs of the types that are attached to cgroups and interfaces. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup_skb/ingress")
int see_ingress(struct __sk_buff *skb)
{
	return 1;
}

SEC("cgroup_skb/egress")
int see_egress(struct __sk_buff *skb)
{
	return skb->len > 1000 ? 3 : 1;
}

SEC("cgroup/sock_create")
int make_socket(struct bpf_sock *sk)
{
	return 1;
}

SEC("cgroup/connect4")
int connect_to(struct bpf_sock_addr *addr)
{
	return 1;
}

SEC("tc")
int classify(struct __sk_buff *skb)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
