// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Every kind of CO-RE relocation, against types that the test makes up. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct core_inner {
	int x;
	int y;
} __attribute__((preserve_access_index));

union core_union {
	int a;
	long b;
} __attribute__((preserve_access_index));

struct core_target___local {
	int first;
	struct core_inner in;
	int array[4];
	unsigned int bits : 5;
	int gone;
	union core_union u;
} __attribute__((preserve_access_index));

struct core_missing {
	int x;
} __attribute__((preserve_access_index));

enum core_enum {
	CORE_ONE = 1,
	CORE_GONE = 2,
};

__s64 out[16];

SEC("xdp")
int ask(struct xdp_md *ctx)
{
	struct core_target___local *t = 0;

	out[0] = bpf_core_field_offset(struct core_target___local, first);
	out[1] = bpf_core_field_offset(struct core_target___local, in.y);
	out[2] = bpf_core_field_offset(struct core_target___local, array[2]);
	out[3] = bpf_core_field_size(struct core_target___local, first);
	out[4] = bpf_core_field_exists(t->gone);
	out[5] = bpf_core_field_exists(t->first);
	out[6] = bpf_core_type_exists(struct core_target___local);
	out[7] = bpf_core_type_exists(struct core_missing);
	out[8] = bpf_core_type_size(struct core_target___local);
	out[9] = bpf_core_enum_value(enum core_enum, CORE_ONE);
	out[10] = bpf_core_enum_value_exists(enum core_enum, CORE_GONE);
	out[11] = __builtin_preserve_field_info(t->bits, BPF_FIELD_LSHIFT_U64);
	out[12] = __builtin_preserve_field_info(t->bits, BPF_FIELD_RSHIFT_U64);
	out[13] = __builtin_preserve_field_info(t->first, BPF_FIELD_SIGNED);
	out[14] = bpf_core_type_id_kernel(struct core_target___local);
	out[15] = bpf_core_field_offset(struct core_target___local, u.b);
	return XDP_PASS;
}

SEC("?xdp")
int use_missing(struct xdp_md *ctx)
{
	out[0] = bpf_core_field_offset(struct core_missing, x);
	out[1] = bpf_core_type_size(struct core_missing);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
