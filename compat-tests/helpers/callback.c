/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#include <linux/btf.h>
#include <string.h>

#include "callback.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

#define INFO(kind, vlen) (uint32_t)(BTF_KIND_##kind << 24 | (vlen))

static int load_btf(const struct backend *b)
{
	static const struct {
		struct btf_header header;
		uint32_t words[4 + 3 + 3 + 3];
		char strings[10];
	} blob = {
		{ BTF_MAGIC, BTF_VERSION, 0, sizeof(struct btf_header), 0, 52, 52, 10 },
		{ 1, INFO(INT, 0), 4, 32, 0, INFO(FUNC_PROTO, 0), 1,
		  1, INFO(FUNC, BTF_FUNC_GLOBAL), 2, 5, INFO(FUNC, BTF_FUNC_STATIC), 2 },
		"\0int\0call",
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&blob;
	attr.btf_size = sizeof(blob.header) + sizeof(blob.words) + sizeof(blob.strings);
	return b->bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
}

int load_with_callback(const struct backend *b, const struct bpf_insn *insns, uint32_t cnt,
		       uint32_t callback)
{
	const struct bpf_func_info info[] = { { 0, 3 }, { callback, 4 } };
	int btf = load_btf(b), prog;
	union bpf_attr attr;

	assert_true(btf >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uintptr_t)"GPL";
	attr.prog_btf_fd = btf;
	attr.func_info_rec_size = sizeof(info[0]);
	attr.func_info = (uintptr_t)info;
	attr.func_info_cnt = ARRAY_CNT(info);
	prog = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	b->close(btf);
	return prog;
}
