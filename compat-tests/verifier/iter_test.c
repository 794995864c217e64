/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Open-coded iterators: programs that call bpf_iter_num_*() of a kernel whose BTF names nothing
 * else, through verify_program(). Verdicts and words as measured on Linux 6.18.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "asm.h"
#include "btf.h"
#include "ulog.h"
#include "verifier.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the kernel's BTF: the iterator's struct, the three functions, and another one ---- */

#define STRINGS "\0int\0bpf_iter_num_new\0bpf_iter_num_next\0bpf_iter_num_destroy\0bpf_other\0" \
		"bpf_iter_num\0it\0__opaque"
enum { NAME_INT = 1, NAME_NEW = 5, NAME_NEXT = 22, NAME_DESTROY = 40, NAME_OTHER = 61,
       NAME_STRUCT = 71, NAME_IT = 84, NAME_OPAQUE = 87 };

enum { ID_INT = 1, ID_STRUCT, ID_STRUCT_PTR, ID_INT_PTR, ID_PROTO_NEW, ID_PROTO_NEXT,
       ID_PROTO_DESTROY, ID_PROTO_OTHER, ID_NEW, ID_NEXT, ID_DESTROY, ID_OTHER };

static struct {
	struct btf_header header;
	uint32_t types[4 + 9 + 3 + 3 + 9 + 5 + 5 + 3 + 4 * 3];
	char strings[sizeof(STRINGS)];
} blob = {
	.header = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(struct btf_header),
		    .type_len = sizeof(blob.types), .str_off = sizeof(blob.types),
		    .str_len = sizeof(STRINGS) },
	.types = {
		NAME_INT, BTF_KIND_INT << 24, 4, 1 << 24 | 32,
		NAME_STRUCT, BTF_KIND_STRUCT << 24 | 2, 8,
		NAME_OPAQUE, ID_INT, 0, NAME_IT, ID_INT, 32,
		0, BTF_KIND_PTR << 24, ID_STRUCT,
		0, BTF_KIND_PTR << 24, ID_INT,
		0, BTF_KIND_FUNC_PROTO << 24 | 3, ID_INT,
		NAME_IT, ID_STRUCT_PTR, NAME_IT, ID_INT, NAME_IT, ID_INT,
		0, BTF_KIND_FUNC_PROTO << 24 | 1, ID_INT_PTR, NAME_IT, ID_STRUCT_PTR,
		0, BTF_KIND_FUNC_PROTO << 24 | 1, 0, NAME_IT, ID_STRUCT_PTR,
		0, BTF_KIND_FUNC_PROTO << 24, ID_INT,
		NAME_NEW, BTF_KIND_FUNC << 24 | BTF_FUNC_GLOBAL, ID_PROTO_NEW,
		NAME_NEXT, BTF_KIND_FUNC << 24 | BTF_FUNC_GLOBAL, ID_PROTO_NEXT,
		NAME_DESTROY, BTF_KIND_FUNC << 24 | BTF_FUNC_GLOBAL, ID_PROTO_DESTROY,
		NAME_OTHER, BTF_KIND_FUNC << 24 | BTF_FUNC_GLOBAL, ID_PROTO_OTHER,
	},
	.strings = STRINGS,
};

/* Without what the compiler adds behind it. */
#define BLOB_SIZE (sizeof(struct btf_header) + sizeof(blob.types) + sizeof(STRINGS))

/* ---- programs ---- */

#define KFUNC(id) RAW(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id)
#define ITER MOV_REG(1, 10), ALU_IMM(ADD, 1, -8)
#define NEW ITER, MOV_IMM(2, 0), MOV_IMM(3, 1000000), KFUNC(ID_NEW)
#define NEXT ITER, KFUNC(ID_NEXT)
#define DESTROY ITER, KFUNC(ID_DESTROY)
#define RETURN MOV_IMM(0, 0), EXIT()

#define MAX_INSNS 32

struct row {
	const char *name;
	struct bpf_insn insns[MAX_INSNS];
	int want;
	const char *line;	/* part of the log */
};

static const struct bpfx_ctx_desc ctx = { .size = 0, .type_name = "none" };
static const struct bpfx_prog_type type = { .name = "test", .ctx = &ctx };

static const struct bpfx_helper *helper(const struct bpfx_prog_type *t, uint32_t id,
					enum verifier_helper_state *state)
{
	*state = VERIFIER_HELPER_UNKNOWN;
	return NULL;
}

static const struct bpfx_kfunc kfuncs[] = {
	{ .name = "bpf_iter_num_new", .flags = BPFX_KF_ITER_NEW },
	{ .name = "bpf_iter_num_next", .flags = BPFX_KF_ITER_NEXT | BPFX_KF_RET_NULL },
	{ .name = "bpf_iter_num_destroy", .flags = BPFX_KF_ITER_DESTROY },
};

static const struct bpfx_kfunc *kfunc(const struct bpfx_prog_type *t, const char *name, bool *allowed)
{
	for (size_t i = 0; i < ARRAY_SIZE(kfuncs); i++)
		if (!strcmp(kfuncs[i].name, name)) {
			*allowed = true;
			return &kfuncs[i];
		}
	*allowed = false;
	return NULL;
}

static const char *helper_name(uint32_t id)
{
	return NULL;
}

/* Every row ends with an exit; zeros behind it are no instructions. */
static uint32_t length(const struct bpf_insn *insns)
{
	uint32_t cnt = MAX_INSNS;

	while (cnt && insns[cnt - 1].code != (BPF_JMP | BPF_EXIT))
		cnt--;
	return cnt;
}

static void check(const struct row *row, const struct kern_btf *kernel)
{
	static char text[1 << 17];
	struct ulog log;
	struct verifier_result result;
	struct verifier_input in = {
		.insns = row->insns, .insn_cnt = length(row->insns), .type = &type, .name = "iter",
		.gpl_compatible = true, .helper = helper, .helper_name = helper_name, .kfunc = kfunc,
		.kernel_btf = kernel, .cap_bpf = true, .cap_perfmon = true, .log_level = 2,
		.log = &log,
	};
	uint32_t size;
	int err;

	assert_int_equal(ulog_init(&log, 2, (uintptr_t)text, sizeof(text)), 0);
	err = verify_program(&in, &result);
	verifier_result_free(&result);
	ulog_finish(&log, &size);
	if (err != row->want || (row->line && !strstr(text, row->line)))
		fail_msg("%s: %d instead of %d\n%s", row->name, err, row->want, text);
}

static void iterators_are_judged(void **state)
{
	const struct row rows[] = {
		{ "loop_without_bound",
		  { NEW, NEXT, JUMP_IMM(JEQ, 0, 0, 2), LOAD(W, 6, 0, 0), JUMP(-6), DESTROY, RETURN },
		  0, "fp-8=iter_num(ref_id=1,state=active,depth=1)" },
		{ "sum_is_widened",
		  { MOV_IMM(6, 0), NEW, NEXT, JUMP_IMM(JEQ, 0, 0, 3), LOAD(W, 7, 0, 0),
		    ALU_REG(ADD, 6, 7), JUMP(-7), DESTROY, RETURN }, 0, "fp-8=iter_num" },
		{ "element_must_be_checked",
		  { NEW, NEXT, LOAD(W, 6, 0, 0), DESTROY, RETURN }, -EACCES,
		  "R0 invalid mem access 'scalar'" },
		{ "element_is_read_only",
		  { NEW, NEXT, JUMP_IMM(JEQ, 0, 0, 1), STORE_IMM(W, 0, 0, 1), DESTROY, RETURN },
		  -EACCES, "R0 cannot write into rdonly_mem" },
		{ "element_dies_with_iterator",
		  { NEW, NEXT, MOV_REG(6, 0), JUMP_IMM(JEQ, 0, 0, 6), DESTROY, LOAD(W, 0, 6, 0),
		    RETURN, DESTROY, RETURN }, -EACCES, "R6 invalid mem access 'scalar'" },
		{ "forgotten", { NEW, RETURN }, -EINVAL, "Unreleased reference id=1 alloc_insn=4" },
		{ "next_without_new", { NEXT, RETURN }, -EINVAL,
		  "expected an initialized iter_num as arg #0" },
		{ "made_twice", { NEW, NEW, RETURN }, -EINVAL,
		  "expected uninitialized iter_num as arg #0" },
		{ "destroyed_twice", { NEW, DESTROY, DESTROY, RETURN }, -EINVAL,
		  "expected an initialized iter_num as arg #0" },
		{ "overwritten", { NEW, STORE_IMM(DW, 10, -8, 0), DESTROY, RETURN }, -EINVAL,
		  "expected an initialized iter_num as arg #0" },
		{ "read_by_program", { NEW, LOAD(DW, 0, 10, -8), DESTROY, RETURN }, -EACCES,
		  "invalid read from stack off -8+0 size 8" },
		{ "not_on_the_stack", { MOV_IMM(1, 0), KFUNC(ID_NEXT), RETURN }, -EINVAL,
		  "arg#0 expected pointer to an iterator on stack" },
		{ "other_function", { KFUNC(ID_OTHER), RETURN }, -EACCES,
		  "calling kernel function bpf_other is not allowed" },
		{ "no_function", { KFUNC(ID_INT), RETURN }, -EINVAL,
		  "kernel btf_id 1 is not a function" },
	};
	struct kern_btf *kernel;

	assert_int_equal(kern_btf_parse(&blob, BLOB_SIZE, NULL, NULL, &kernel), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check(&rows[i], kernel);
	kern_btf_free(kernel);
}

static void no_kernel_btf_no_functions(void **state)
{
	const struct row row = { "no_btf", { KFUNC(ID_NEW), RETURN }, -524,
				 "calling kernel function is not supported without "
				 "CONFIG_DEBUG_INFO_BTF" };

	check(&row, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iterators_are_judged),
		cmocka_unit_test(no_kernel_btf_no_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
