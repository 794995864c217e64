/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs that say how their program information is compared; with BOGUS one of a kind that nobody has. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpfx/prog.h>

struct probe_args {
	unsigned long long value;
	unsigned int verdict, source;
};

SEC("probe") int plain(struct probe_args *ctx)
{
	return ctx->value;
}

BPFX_INFO_HASH("SHA256") SEC("probe") int hashed(struct probe_args *ctx)
{
	return ctx->value;
}

BPFX_INFO_HASH("none") SEC("probe") int unhashed(struct probe_args *ctx)
{
	return ctx->value;
}

#ifdef BOGUS
BPFX_INFO_HASH("bogus") SEC("probe") int bogus(struct probe_args *ctx)
{
	return ctx->value;
}
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";
