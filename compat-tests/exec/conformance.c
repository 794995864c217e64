/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Instruction semantics: the 313 vectors of data/conformance on each engine. Each is a program on
 * raw memory (r1: memory, r2: its length) and the r0 it must return.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "bits.h"
#include "exec.h"

#define MEM_MAX	    128
#define INSNS_MAX   512
#define OPCODE_CALLX 0x8d

struct vector {
	const char *name;
	struct bpf_insn insns[INSNS_MAX];
	uint32_t insn_cnt;
	uint8_t mem[MEM_MAX];
	uint32_t mem_size;
	uint64_t result;
	bool refused;		/* an instruction that we, like Linux, do not have */
};

static size_t read_hex(const char *hex, void *out, size_t room)
{
	size_t cnt = strlen(hex) / 2;

	assert_true(cnt <= room);
	for (size_t i = 0; i < cnt; i++)
		assert_int_equal(sscanf(hex + 2 * i, "%2hhx", (unsigned char *)out + i), 1);
	return cnt;
}

static const char *text(struct json_object *row, const char *key)
{
	struct json_object *value = json_object_object_get(row, key);

	return value ? json_object_get_string(value) : NULL;
}

static void read_vector(struct json_object *row, struct vector *v)
{
	const char *mem = text(row, "mem");

	memset(v, 0, sizeof(*v));
	v->name = text(row, "name");
	v->insn_cnt = read_hex(text(row, "insns"), v->insns, sizeof(v->insns)) /
		      sizeof(v->insns[0]);
	v->mem_size = mem ? read_hex(mem, v->mem, sizeof(v->mem)) : 0;
	v->result = strtoull(text(row, "result"), NULL, 16);
	for (uint32_t i = 0; i < v->insn_cnt; i++)
		v->refused |= v->insns[i].code == OPCODE_CALLX;
}

/* Helper 5 of the suite ends the program on 0; its callers only need it to return. */
static uint64_t first_argument(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5,
			       void *ctx)
{
	return r1;
}

static const struct bpfx_helper *helper_of(void *cookie, uint32_t id)
{
	static const struct bpfx_helper row = { .id = 5, .name = "five", .fn = first_argument };

	return id == 5 ? &row : NULL;
}

static int by_number(const void *a, const void *b)
{
	const struct exec_subprog *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Subprograms begin at 0 and where local calls go. */
static uint32_t find_subprogs(const struct vector *v, struct exec_subprog *subprogs)
{
	uint32_t cnt = 0, kept = 0;

	subprogs[cnt++] = (struct exec_subprog){ 0, 512 };
	for (uint32_t i = 0; i < v->insn_cnt; i++)
		if (v->insns[i].code == (BPF_JMP | BPF_CALL) &&
		    v->insns[i].src_reg == BPF_PSEUDO_CALL)
			subprogs[cnt++] = (struct exec_subprog){ i + 1 + v->insns[i].imm, 512 };
	qsort(subprogs, cnt, sizeof(*subprogs), by_number);
	for (uint32_t i = 0; i < cnt; i++)
		if (!kept || subprogs[kept - 1].start != subprogs[i].start)
			subprogs[kept++] = subprogs[i];
	return kept;
}

/* 1: passed. */
static int run_vector(const struct vector *v, uint32_t flags)
{
	struct exec_subprog subprogs[INSNS_MAX];
	struct exec_input in = {
		.insns = v->insns, .insn_cnt = v->insn_cnt, .subprogs = subprogs,
		.helper = helper_of, .flags = flags,
	};
	struct bpfx_run run = { 0 };
	struct exec_image *image;
	uint8_t mem[MEM_MAX];
	uint64_t r0;
	int err;

	in.subprog_cnt = find_subprogs(v, subprogs);
	err = exec_translate(&in, &image);
	if (err || v->refused) {
		if (!err)
			exec_free(image);
		if (v->refused && err == -EINVAL)
			return 1;
		print_error("%s: translate: %d\n", v->name, err);
		return 0;
	}
	memcpy(mem, v->mem, sizeof(mem));
	r0 = exec_run_raw(image, &run, v->mem_size ? (uintptr_t)mem : 0, v->mem_size);
	exec_free(image);
	if (r0 == v->result && !run.fault)
		return 1;
	print_error("%s: r0 0x%llx, not 0x%llx\n", v->name, (unsigned long long)r0,
		    (unsigned long long)v->result);
	return 0;
}

static void run_all(uint32_t flags)
{
	struct json_object *list = json_object_from_file(TEST_DATA_DIR "/conformance/vectors.json");
	static struct vector v;
	size_t cnt, passed = 0;

	assert_non_null(list);
	cnt = json_object_array_length(list);
	assert_int_equal(cnt, 313);
	for (size_t i = 0; i < cnt; i++) {
		read_vector(json_object_array_get_idx(list, i), &v);
		passed += run_vector(&v, flags);
	}
	json_object_put(list);
	assert_int_equal(passed, cnt);
}

static void interpreter_passes_all_vectors(void **state)
{
	run_all(EXEC_INTERPRET);
}

static void default_engine_passes_all_vectors(void **state)
{
	run_all(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interpreter_passes_all_vectors),
		cmocka_unit_test(default_engine_passes_all_vectors),
	};

	return cmocka_run_group_tests_name("exec: conformance", tests, NULL, NULL);
}
