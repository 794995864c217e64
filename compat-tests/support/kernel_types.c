/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/btf.h>

#include "btf.h"
#include "kernel_types.h"

#define KERNEL_BTF 1u	/* its id, on Linux as well */

static char log_buf[1 << 20];

const char *log_text(void)
{
	return log_buf;
}

static struct kern_btf *read_btf(const struct backend *b)
{
	struct bpf_btf_info info = { 0 };
	uint32_t len = sizeof(info);
	struct kern_btf *btf;
	int fd = fd_by_id(b, BPF_BTF_GET_FD_BY_ID, KERNEL_BTF);

	assert_true(fd >= 0);
	assert_int_equal(obj_info(b, fd, &info, &len), 0);
	len = info.btf_size;
	memset(&info, 0, sizeof(info));
	info.btf = (uintptr_t)malloc(len);
	info.btf_size = len;
	len = sizeof(info);
	assert_int_equal(obj_info(b, fd, &info, &len), 0);
	assert_int_equal(kern_btf_open((void *)(uintptr_t)info.btf, info.btf_size, NULL, &btf), 0);
	b->close(fd);
	return btf;
}

/* Read once; both live as long as the test. */
static const struct kern_btf *btf_of(const struct backend *b)
{
	static struct kern_btf *known[2];
	struct kern_btf **btf = &known[b->emulated];

	if (!*btf)
		*btf = read_btf(b);
	return *btf;
}

uint32_t kernel_type(const struct backend *b, const char *name, uint32_t kind)
{
	return kern_btf_find(btf_of(b), name, kind);
}

/* Looks through members without a name; -1: not there. */
static int find_member(const struct kern_btf *btf, const struct btf_type *t, const char *member)
{
	for (uint32_t i = 0; t && btf_is_struct_or_union(t) && i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *name = kern_btf_name(btf, m->name_off);
		int at = btf_member_bit_offset(t, m) / 8, in;

		if (!strcmp(name, member))
			return at;
		in = *name ? -1 : find_member(btf, kern_btf_type(btf, m->type), member);
		if (in >= 0)
			return at + in;
	}
	return -1;
}

int kernel_member(const struct backend *b, const char *type, const char *member)
{
	const struct kern_btf *btf = btf_of(b);
	const struct btf_type *t = kern_btf_type(btf, kernel_type(b, type, BTF_KIND_STRUCT));
	int at = find_member(btf, t, member);

	if (at < 0)
		fail_msg("%s: struct %s has no member %s", b->name, type, member);
	return at;
}

int load_target(const struct backend *b, const struct target_load *how,
		const struct bpf_insn *insns, uint32_t cnt)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = how->prog_type ? how->prog_type : BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = how->attach_type;
	attr.attach_btf_id = how->btf_id;
	attr.attach_prog_fd = how->target_fd;
	attr.prog_flags = how->flags;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uintptr_t)(how->not_gpl ? "none" : "GPL");
	attr.log_buf = (uintptr_t)log_buf;
	attr.log_size = sizeof(log_buf);
	attr.log_level = 2;
	log_buf[0] = 0;
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

int load_tp_btf(const struct backend *b, const char *tracepoint, const struct bpf_insn *insns,
		uint32_t cnt)
{
	struct target_load how = { .attach_type = BPF_TRACE_RAW_TP };
	char name[64];

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	how.btf_id = kernel_type(b, name, BTF_KIND_TYPEDEF);
	return load_target(b, &how, insns, cnt);
}

int load_iter(const struct backend *b, const char *iter, const struct bpf_insn *insns, uint32_t cnt)
{
	struct target_load how = { .attach_type = BPF_TRACE_ITER };
	char name[64];

	snprintf(name, sizeof(name), "bpf_iter_%s", iter);
	how.btf_id = kernel_type(b, name, BTF_KIND_FUNC);
	return load_target(b, &how, insns, cnt);
}
