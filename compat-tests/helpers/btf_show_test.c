/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * bpf_snprintf_btf(): memory as a type of the kernel's BTF, on both kernels. Types are those that are the
 * same on both. Random memory is shown on both at once and must look the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/btf.h>

#include "asm.h"
#include "kernel_types.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define TEXT_SIZE    4096
#define DATA_SIZE    512

/* ---- one call ---- */

struct call {
	uint32_t type_id, ptr_size;
	uint64_t flags;
	uint32_t size;		/* of the text */
	bool bad_pointer;
};

struct maps {
	int data, text, result;
};

static struct maps make_maps(const struct backend *b)
{
	return (struct maps){
		map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, DATA_SIZE, 1, 0),
		map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, TEXT_SIZE, 1, 0),
		map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0),
	};
}

static int load(const struct backend *b, const struct maps *maps, const struct call *c)
{
	const struct bpf_insn insns[] = {
		MAP_VALUE(2, maps->data, 0),
		c->bad_pointer ? (struct bpf_insn)MOV_IMM(2, 8) : (struct bpf_insn)MOV_REG(2, 2),
		STORE(DW, 10, 2, -16),
		STORE_IMM(W, 10, -8, (int)c->type_id),
		STORE_IMM(W, 10, -4, 0),
		MAP_VALUE(1, maps->text, 0),
		MOV_IMM(2, (int)c->size),
		MOV_REG(3, 10),
		ALU_IMM(ADD, 3, -16),
		MOV_IMM(4, (int)c->ptr_size),
		MOV_IMM(5, (int)c->flags),
		CALL(BPF_FUNC_snprintf_btf),
		MAP_VALUE(1, maps->result, 0),
		STORE(DW, 1, 0, 0),
		MOV_IMM(0, 0),
		EXIT(),
	};

	return load_prog(b, BPF_PROG_TYPE_XDP, insns, ARRAY_CNT(insns));
}

static int64_t show(const struct backend *b, const struct call *c, const void *data, size_t size,
		    char *text)
{
	const struct maps maps = make_maps(b);
	char packet[64] = "", value[DATA_SIZE] = "";
	int prog = load(b, &maps, c);
	uint32_t zero = 0;
	union bpf_attr attr;
	int64_t result;

	assert_true(prog >= 0);
	memcpy(value, data, size);
	assert_int_equal(map_update(b, maps.data, &zero, value, 0), 0);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	assert_int_equal(map_lookup(b, maps.result, &zero, &result), 0);
	assert_int_equal(map_lookup(b, maps.text, &zero, text), 0);
	b->close(prog);
	b->close(maps.data);
	b->close(maps.text);
	b->close(maps.result);
	return result;
}

/* ---- what it looks like ---- */

static const struct {
	const char *type;
	uint32_t kind;
	uint64_t flags;
	uint32_t words[16];
	const char *text;
} forms[] = {
	{ "u32", BTF_KIND_TYPEDEF, 0, { 7 }, "(u32)7\n" },
	{ "u32", BTF_KIND_TYPEDEF, 0, { 0 }, "(u32)0\n" },
	{ "u32", BTF_KIND_TYPEDEF, BTF_F_NONAME, { 7 }, "7\n" },
	{ "s64", BTF_KIND_TYPEDEF, 0, { ~0u, ~0u }, "(s64)-1\n" },
	{ "u64", BTF_KIND_TYPEDEF, 0, { ~0u, ~0u }, "(u64)18446744073709551615\n" },
	{ "__s16", BTF_KIND_TYPEDEF, 0, { 0xfffe }, "(__s16)-2\n" },
	{ "bool", BTF_KIND_TYPEDEF, 0, { 1 }, "(bool)1\n" },
	{ "pid_t", BTF_KIND_TYPEDEF, 0, { -5 }, "(pid_t)-5\n" },
	{ "int", BTF_KIND_INT, 0, { -5 }, "(int)-5\n" },
	{ "xdp_action", BTF_KIND_ENUM, 0, { 2 }, "(enum xdp_action)XDP_PASS\n" },
	{ "xdp_action", BTF_KIND_ENUM, 0, { 77 }, "(enum xdp_action)77\n" },
	{ "xdp_action", BTF_KIND_ENUM, BTF_F_NONAME, { 0 }, "XDP_ABORTED\n" },
	{ "bpf_pidns_info", BTF_KIND_STRUCT, 0, { 1, 2 },
	  "(struct bpf_pidns_info){\n .pid = (__u32)1,\n .tgid = (__u32)2,\n}\n" },
	{ "bpf_pidns_info", BTF_KIND_STRUCT, 0, { 0, 2 },
	  "(struct bpf_pidns_info){\n .tgid = (__u32)2,\n}\n" },
	{ "bpf_pidns_info", BTF_KIND_STRUCT, 0, { 0 }, "(struct bpf_pidns_info){\n}\n" },
	{ "bpf_pidns_info", BTF_KIND_STRUCT, BTF_F_ZERO, { 0 },
	  "(struct bpf_pidns_info){\n .pid = (__u32)0,\n .tgid = (__u32)0,\n}\n" },
	{ "bpf_pidns_info", BTF_KIND_STRUCT, BTF_F_COMPACT, { 1, 2 },
	  "(struct bpf_pidns_info){.pid = (__u32)1,.tgid = (__u32)2,}" },
	{ "bpf_pidns_info", BTF_KIND_STRUCT, BTF_F_COMPACT | BTF_F_NONAME, { 1, 2 }, "{1,2,}" },
	{ "bpf_sock", BTF_KIND_STRUCT, 0, { [1] = 2, [7] = 1, [9] = 3 },
	  "(struct bpf_sock){\n .family = (__u32)2,\n .src_ip6 = (__u32[])[\n  1,\n  3,\n ],\n}\n" },
	{ "bpf_sock", BTF_KIND_STRUCT, BTF_F_COMPACT, { [7] = 1 },
	  "(struct bpf_sock){.src_ip6 = (__u32[])[1,],}" },
	{ "btf_ptr", BTF_KIND_STRUCT, BTF_F_PTR_RAW, { 0x12345678, 0xff, 5 },
	  "(struct btf_ptr){\n .ptr = ( *)0x000000ff12345678,\n .type_id = (__u32)5,\n}\n" },
};

static void memory_is_shown_by_its_type(void **state)
{
	const struct backend *b = backend_of(state);
	char text[TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_CNT(forms); i++) {
		const struct call call = { kernel_type(b, forms[i].type, forms[i].kind), 16,
					   forms[i].flags, TEXT_SIZE };
		int64_t len = show(b, &call, forms[i].words, sizeof(forms[i].words), text);

		assert_int_not_equal(call.type_id, 0);
		if (strcmp(text, forms[i].text) || len != (int64_t)strlen(forms[i].text))
			fail_msg("%s: %lld, '%s', not '%s'", forms[i].type, (long long)len, text,
				 forms[i].text);
	}
}

static void what_does_not_fit_is_cut_and_counted(void **state)
{
	const struct backend *b = backend_of(state);
	const uint32_t words[] = { 1, 2 };
	static const char whole[] = "(struct bpf_pidns_info){\n .pid = (__u32)1,\n .tgid = (__u32)2,\n}\n";
	static const uint32_t sizes[] = { 1, 2, 24, 25, 40, sizeof(whole) - 1, sizeof(whole) };
	struct call call = { kernel_type(b, "bpf_pidns_info", BTF_KIND_STRUCT), 16, 0, 0 };
	char text[TEXT_SIZE], want[TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_CNT(sizes); i++) {
		call.size = sizes[i];
		assert_int_equal(show(b, &call, words, sizeof(words), text), sizeof(whole) - 1);
		snprintf(want, sizes[i], "%s", whole);
		if (strcmp(text, want))
			fail_msg("size %u: '%s'", sizes[i], text);
	}
}

static void bad_calls_are_refused(void **state)
{
	const struct backend *b = backend_of(state);
	uint32_t u32 = kernel_type(b, "u32", BTF_KIND_TYPEDEF);
	const struct {
		const char *what;
		struct call call;
		int want;
	} rows[] = {
		{ "no type", { 0, 16, 0, 64 }, -EINVAL },
		{ "no such type", { 0x7ffffff, 16, 0, 64 }, -ENOENT },
		{ "a negative one", { -5, 16, 0, 64 }, -ENOENT },
		{ "unknown flags", { u32, 16, 16, 64 }, -EINVAL },
		{ "a short pointer", { u32, 8, 0, 64 }, -EINVAL },
		{ "a bad address", { u32, 16, 0, 64, true }, -ERANGE },
	};
	char text[TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int64_t ret = show(b, &rows[i].call, "", 1, text);

		if (ret != rows[i].want)
			fail_msg("%s: %s", rows[i].what, result_name(ret));
	}
}

/* ---- random memory ---- */

static const struct {
	const char *name;
	uint32_t kind;
} types[] = {
	{ "xdp_md", BTF_KIND_STRUCT }, { "bpf_sock", BTF_KIND_STRUCT },
	{ "bpf_tcp_sock", BTF_KIND_STRUCT }, { "bpf_perf_event_value", BTF_KIND_STRUCT },
	{ "btf_ptr", BTF_KIND_STRUCT }, { "bpf_cgroup_dev_ctx", BTF_KIND_STRUCT },
	{ "btf_header", BTF_KIND_STRUCT }, { "bpf_line_info", BTF_KIND_STRUCT },
	{ "bpf_map_type", BTF_KIND_ENUM }, { "bpf_attach_type", BTF_KIND_ENUM },
	{ "size_t", BTF_KIND_TYPEDEF }, { "__be16", BTF_KIND_TYPEDEF }, { "char", BTF_KIND_INT },
	{ "short int", BTF_KIND_INT },
};

static void random_memory_looks_the_same(void **state)
{
	const struct backend *b = backend_of(state);
	unsigned int seed = 1;
	char here[TEXT_SIZE], there[TEXT_SIZE];

	if (!b->emulated || !kernel_is_permitted())
		return;
	for (int i = 0; i < 300; i++) {
		size_t type = rand_r(&seed) % ARRAY_CNT(types);
		struct call call = { 0, 16, rand_r(&seed) % 16 | BTF_F_PTR_RAW,
				     1 + rand_r(&seed) % TEXT_SIZE };
		unsigned char data[256] = { 0 };
		int64_t len;

		for (size_t j = 0; j < sizeof(data); j++)
			if (rand_r(&seed) % 3 == 0)
				data[j] = rand_r(&seed) % 2 ? rand_r(&seed) : rand_r(&seed) % 100;
		call.type_id = kernel_type(b, types[type].name, types[type].kind);
		len = show(b, &call, data, sizeof(data), here);
		call.type_id = kernel_type(&kernel_backend, types[type].name, types[type].kind);
		if (show(&kernel_backend, &call, data, sizeof(data), there) != len ||
		    strcmp(here, there))
			fail_msg("%s, flags %d:\n%s\nthere:\n%s", types[type].name, (int)call.flags,
				 here, there);
	}
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(memory_is_shown_by_its_type),
		BOTH(what_does_not_fit_is_cut_and_counted),
		BOTH(bad_calls_are_refused),
		BOTH(random_memory_looks_the_same),
	};

	return run_on_both("helpers: memory by its type", tests, ARRAY_CNT(tests));
}
