/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A tracepoint that an application publishes: raw tracepoint programs read its arguments as numbers,
 * tp_btf programs by their types, which they find in the BTF of a module of the extension's name. When it
 * comes back with other arguments, programs that relied on the first ones are refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/btf.h>
#include <bpfx/hook.h>
#include <bpfx/sched.h>

#include "asm.h"
#include "btf_objects.h"
#include "kernel_types.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define B	     (&emulated_backend)

static const struct bpfx_param args[] = {
	{ "struct task_struct *", "task" }, { "int", "number" }, { "struct app_thing *", "thing" },
};
static const struct bpfx_param other_args[] = {
	{ "int", "number" }, { "struct task_struct *", "task" }, { "struct app_thing *", "thing" },
};
static struct bpfx_hook_state state;

static struct bpfx_hook hooks[] = {
	{ .name = "raw_tp.app_event", .link_type = BPF_LINK_TYPE_RAW_TRACEPOINT,
	  .prog_type = "raw_tracepoint", .flags = BPFX_HOOK_TRACEPOINT | BPFX_HOOK_MULTI,
	  .context_header_size = BPFX_CTX_HEADER_SIZE, .args = args, .arg_cnt = ARRAY_CNT(args),
	  .state = &state },
};

static struct bpfx_extension extension = {
	BPFX_EXTENSION_HEAD,
	.name = "app",
	.version = "1",
	.hooks = hooks,
	.hook_cnt = 1,
};

static void add(const struct bpfx_param *its_args, uint32_t cnt)
{
	hooks[0].args = its_args;
	hooks[0].arg_cnt = cnt;
	if (bpfx_register(&extension))
		fail_msg("%s", bpfx_reason());
	assert_non_null(bpfx_host());
}

/* Programs that ran; the result of the last one. */
static int fire(struct bpfx_task *task, uint64_t number, uint32_t *result)
{
	struct bpfx_tracepoint_ctx ctx;

	memset(&ctx, 0, sizeof(ctx));
	ctx.current_task = task;
	ctx.args[0] = (uintptr_t)task;
	ctx.args[1] = number;
	return bpfx_host()->run_hook(bpfx_find_hook("raw_tp.app_event"), 0, ctx.args, result);
}

/* BTF of the module, the last one of that name: fd, and the id of the tracepoint's typedef in it. */
static int find_module(uint32_t *tracepoint)
{
	const struct kern_btf *btf;
	struct store_obj *obj;
	uint32_t id = 0, found = 0;

	while (!store_next_id(STORE_BTF, id, &id)) {
		assert_int_equal(btf_object_get(id, &obj, &btf), 0);
		if (!strcmp(btf_shared_of(obj)->module, extension.name)) {
			*tracepoint = kern_btf_find(btf, "btf_trace_app_event", BTF_KIND_TYPEDEF);
			found = id;
		}
		store_put(obj);
	}
	assert_int_not_equal(found, 0);
	return fd_by_id(B, BPF_BTF_GET_FD_BY_ID, found);
}

/* Its result: the task's tgid and the number. */
static int load_typed(void)
{
	const struct bpf_insn insns[] = {
		LOAD(DW, 2, 1, 0),
		MOV_IMM(0, 0),
		JUMP_IMM(JEQ, 2, 0, 3),		/* of a module: may be NULL */
		LOAD(W, 0, 2, kernel_member(B, "task_struct", "tgid")),
		LOAD(DW, 3, 1, 8),
		ALU_REG(ADD, 0, 3),
		EXIT(),
	};
	struct target_load how = { .attach_type = BPF_TRACE_RAW_TP };
	int prog;

	how.target_fd = find_module(&how.btf_id);
	prog = load_target(B, &how, insns, ARRAY_CNT(insns));
	if (prog < 0)
		fail_msg("%s\n%s", result_name(prog), log_text());
	assert_non_null(strstr(log_text(), "R2=trusted_ptr_or_null_task_struct"));
	B->close(how.target_fd);
	return prog;
}

static int attach(const char *name, int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)name;
	attr.raw_tracepoint.prog_fd = prog;
	return B->bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
}

static void typed_and_untyped_programs_run(void **unused)
{
	const struct bpf_insn insns[] = { LOAD(DW, 0, 1, 8), EXIT() };
	const struct bpf_insn too_many[] = { LOAD(DW, 0, 1, 24), EXIT() };
	struct bpfx_task task = { .pid = 40, .tgid = 40 };
	int typed, raw, greedy, links[2];
	uint32_t result = 0;

	add(args, ARRAY_CNT(args));
	typed = load_typed();
	raw = load_prog(B, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, 2);
	greedy = load_prog(B, BPF_PROG_TYPE_RAW_TRACEPOINT, too_many, 2);
	assert_int_equal(attach("app_event", greedy), -EINVAL);
	assert_non_null(strstr(bpfx_reason(), "more arguments"));
	links[0] = attach("app_event", raw);
	assert_true(links[0] >= 0);
	assert_int_equal(fire(&task, 2, &result), 1);
	assert_int_equal(result, 2);
	links[1] = attach(NULL, typed);
	assert_true(links[1] >= 0);
	assert_int_equal(fire(&task, 2, &result), 2);
	assert_int_equal(result, 42);
	B->close(links[0]);
	B->close(links[1]);
	assert_int_equal(fire(&task, 2, &result), 0);
	B->close(typed);
	B->close(raw);
	B->close(greedy);
	assert_int_equal(bpfx_unregister(&extension), 0);
}

static void other_arguments_are_noticed(void **unused)
{
	struct bpfx_task task = { .pid = 40, .tgid = 40 };
	uint32_t result = 0;
	int typed, link;

	add(args, ARRAY_CNT(args));
	typed = load_typed();
	link = attach(NULL, typed);
	assert_true(link >= 0);
	assert_int_equal(bpfx_unregister(&extension), 0);
	assert_int_equal(attach(NULL, typed), -ENOENT);
	add(other_args, ARRAY_CNT(other_args));
	assert_int_equal(fire(&task, 2, &result), 0);
	assert_int_equal(attach(NULL, typed), -EINVAL);
	assert_non_null(strstr(bpfx_reason(), "app_event has other arguments"));
	assert_int_equal(bpfx_unregister(&extension), 0);
	/* The first ones again: all is well. */
	add(args, ARRAY_CNT(args));
	assert_int_equal(fire(&task, 2, &result), 1);
	assert_int_equal(result, 42);
	B->close(link);
	B->close(typed);
	assert_int_equal(bpfx_unregister(&extension), 0);
}

static void bad_tables_are_refused(void **unused)
{
	static const struct bpfx_param nameless[] = { { "int", "" } }, untyped[] = { { "", "n" } };
	static const struct {
		const char *name;
		uint32_t flags;
		const struct bpfx_param *args;
		uint32_t arg_cnt;
		const char *reason;
	} rows[] = {
		{ "app_event", BPFX_HOOK_TRACEPOINT, args, 3, "begins with raw_tp." },
		{ "raw_tp.app_event", BPFX_HOOK_TRACEPOINT, args, 13, "13 arguments" },
		{ "raw_tp.app_event", BPFX_HOOK_TRACEPOINT, NULL, 1, "no table" },
		{ "raw_tp.app_event", BPFX_HOOK_TRACEPOINT, nameless, 1, "argument 1 has no type" },
		{ "raw_tp.app_event", BPFX_HOOK_TRACEPOINT, untyped, 1, "argument 1 has no type" },
		{ "app_event", BPFX_HOOK_DYNAMIC, args, 1, "is no tracepoint" },
	};
	static const struct bpfx_param many[13] = { { "int", "n" } };
	const struct bpfx_hook good = hooks[0];

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		hooks[0].name = rows[i].name;
		hooks[0].flags = rows[i].flags | BPFX_HOOK_MULTI;
		hooks[0].link_type = rows[i].flags & BPFX_HOOK_DYNAMIC ? 0 : good.link_type;
		hooks[0].args = rows[i].arg_cnt > 3 ? many : rows[i].args;
		hooks[0].arg_cnt = rows[i].arg_cnt;
		assert_int_equal(bpfx_register(&extension), -EINVAL);
		if (!strstr(bpfx_reason(), rows[i].reason))
			fail_msg("row %zu: %s", i, bpfx_reason());
	}
	hooks[0] = good;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(typed_and_untyped_programs_run),
		cmocka_unit_test(other_arguments_are_noticed),
		cmocka_unit_test(bad_tables_are_refused),
	};

	use_private_store();
	return cmocka_run_group_tests_name("extensions: a tracepoint of an application", tests, NULL,
					   NULL);
}
