/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The registry: what a bad extension is told, what is found and what is gone, rows of other sizes,
 * and plugins. Everything is refused before anything of the extension runs.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "registry.h"
#include "rundown.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

static void no_log(int level, const char *format, ...)
{
}

static const struct bpfx_host host = { .size = sizeof(host), .abi_version = BPFX_ABI_VERSION,
				       .log = no_log };

/* Readers are inside of this mark. */
static const char looking;

static void quiesce(const struct bpfx_extension *rows)
{
	rundown_wait(&looking);
}

static uint64_t helper(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	return 0;
}

/* A good extension to be spoilt: everything can be written to. */
static struct {
	struct bpfx_ctx_field fields[1];
	struct bpfx_ctx_desc ctx;
	struct bpfx_helper helpers[2];
	struct bpfx_helper general[1];
	struct bpfx_prog_type types[1];
	struct bpfx_hook_state state;
	struct bpfx_hook hooks[1];
	struct bpfx_section sections[1];
	struct bpfx_extension ext;
} x;

static void make_good(void)
{
	memset(&x, 0, sizeof(x));
	x.fields[0] = (struct bpfx_ctx_field){ "value", 0, 8, BPFX_FIELD_SCALAR, BPFX_FIELD_READ,
					       0, 8, .type_name = NULL };
	x.ctx = (struct bpfx_ctx_desc){ 8, 8, "t_args", x.fields, 1, -1, -1, -1 };
	for (int i = 0; i < 2; i++)
		x.helpers[i] = (struct bpfx_helper){ BPFX_HELPER_SPECIFIC + i, i ? "t_two" : "t_one",
						     helper, BPFX_RET_INTEGER,
						     { BPFX_ARG_MEM, BPFX_ARG_SIZE }, .flags = 0 };
	x.general[0] = x.helpers[0];
	x.general[0].id = 5000;
	x.general[0].name = "t_general";
	x.types[0] = (struct bpfx_prog_type){ .name = "t_type", .ctx = &x.ctx,
					      .helpers = x.helpers, .helper_cnt = 2 };
	x.hooks[0] = (struct bpfx_hook){ .name = "t_hook", .prog_type = "t_type",
					 .flags = BPFX_HOOK_DYNAMIC, .state = &x.state,
					 .context_header_size = BPFX_CTX_HEADER_SIZE };
	x.sections[0] = (struct bpfx_section){ "t", "t_type", "t_hook", 1 };
	x.ext = (struct bpfx_extension){
		BPFX_EXTENSION_HEAD, .name = "t", .version = "1",
		.prog_types = x.types, .prog_type_cnt = 1,
		.helpers = x.general, .helper_cnt = 1,
		.hooks = x.hooks, .hook_cnt = 1,
		.sections = x.sections, .section_cnt = 1,
	};
}

/* ---- one fault at a time ---- */

static const struct bpfx_ret_range empty_range = { .attach_type = 0, .min = 2, .max = 1 };

#define FAULT(fault_name, change)						\
	static void fault_name(void)						\
	{									\
		change;								\
	}

FAULT(abi, x.ext.abi_version = 2)
FAULT(too_small, x.ext.size = 8)
FAULT(no_header, x.ext.context_header_size = 0)
FAULT(wrong_header, x.ext.context_header_size = 32)
FAULT(reserved, x.ext.reserved = 1)
FAULT(no_name, x.ext.name = NULL)
FAULT(name_with_slash, x.ext.name = "a/b")
FAULT(long_name, x.ext.name = "0123456789012345678901234567890123456789012345678901234567890123456")
FAULT(no_types, x.ext.prog_types = NULL)
FAULT(odd_row_size, x.ext.prog_type_size = 13)
FAULT(type_without_name, x.types[0].name = "")
FAULT(type_without_ctx, x.types[0].ctx = NULL)
FAULT(type_with_own_number, x.types[0].type = 0x10001)
FAULT(ctx_of_no_bytes, x.ctx.size = 0)
FAULT(ctx_huge, x.ctx.real_size = 1 << 20)
FAULT(ctx_without_fields, x.ctx.fields = NULL)
FAULT(field_behind_ctx, x.fields[0].offset = 4)
FAULT(field_behind_real, x.fields[0].real_offset = 8)
FAULT(field_of_3_bytes, x.fields[0].size = 3)
FAULT(field_kind, x.fields[0].kind = 99)
FAULT(field_without_type, x.fields[0].kind = BPFX_FIELD_BTF_ID)
FAULT(field_without_mem, x.fields[0].kind = BPFX_FIELD_MEM)
FAULT(packet_outside, x.ctx.real_data = 4)
FAULT(helpers_missing, x.types[0].helpers = NULL)
FAULT(helper_without_fn, x.helpers[1].fn = NULL)
FAULT(helper_without_name, x.helpers[1].name = NULL)
FAULT(helper_without_id, x.helpers[1].id = 0)
FAULT(helper_twice, x.helpers[1].id = x.helpers[0].id)
FAULT(helper_result, x.helpers[0].ret = 200)
FAULT(helper_result_type, x.helpers[0].ret = BPFX_RET_BTF_ID)
FAULT(helper_argument, x.helpers[0].args[0] = 200)
FAULT(helper_size_first, x.helpers[0].args[0] = BPFX_ARG_SIZE)
FAULT(helper_gap, x.helpers[0].args[3] = BPFX_ARG_ANY)
FAULT(general_specific, x.general[0].id = 0x10000)
FAULT(range_empty, x.types[0].ret_ranges = &empty_range; x.types[0].ret_range_cnt = 1)
FAULT(attach_unlisted, x.types[0].flags = BPFX_PROG_ATTACH_CHECKED)
FAULT(hook_without_header, x.hooks[0].context_header_size = 0)
FAULT(hook_without_state, x.hooks[0].state = NULL)
FAULT(hook_long_name, x.hooks[0].name = "a_hook_whose_name_is_32_letters.x")
FAULT(type_long_name, x.types[0].name = "a_type_whose_name_is_32_letters.x")
FAULT(hook_of_nobody, x.hooks[0].prog_type = "nobody")
FAULT(hook_with_numbers, x.hooks[0].attach_type = 3)
FAULT(hook_own_number, x.hooks[0].flags = 0; x.hooks[0].link_type = 0x10000)
FAULT(hook_no_link, x.hooks[0].flags = 0)
FAULT(section_of_nobody, x.sections[0].prog_type = "nobody")
FAULT(section_hook, x.sections[0].hook = "nobody")

#define BAD(fault, text) { #fault, fault, -EINVAL, text }
static const struct {
	const char *name;
	void (*spoil)(void);
	int want;
	const char *text;	/* part of the reason */
} faults[] = {
	BAD(abi, "ABI version 2"),
	BAD(too_small, "size 8"),
	BAD(no_header, "context_header_size is 0"),
	BAD(wrong_header, "context_header_size is 32"),
	BAD(reserved, "reserved"),
	BAD(no_name, "no name"),
	BAD(name_with_slash, "'a/b'"),
	BAD(long_name, "longer than"),
	BAD(hook_long_name, "longer than 31"),
	BAD(type_long_name, "longer than 31"),
	BAD(no_types, "prog_types"),
	BAD(odd_row_size, "prog_types: rows of 13 bytes"),
	BAD(type_without_name, "program type has no name"),
	BAD(type_without_ctx, "t_type has no context"),
	BAD(type_with_own_number, "0x10001"),
	BAD(ctx_of_no_bytes, "context of 0 bytes"),
	BAD(ctx_huge, "1048576"),
	BAD(ctx_without_fields, "no table"),
	BAD(field_behind_ctx, "field value ends behind the context"),
	BAD(field_behind_real, "ends behind the real struct"),
	BAD(field_of_3_bytes, "no access has"),
	BAD(field_kind, "unknown kind 99"),
	BAD(field_without_type, "does not name its type"),
	BAD(field_without_mem, "size of its memory"),
	BAD(packet_outside, "packet pointer at offset 4"),
	BAD(helpers_missing, "helpers of a program type: 2 rows, but no table"),
	BAD(helper_without_fn, "t_two has no function"),
	BAD(helper_without_name, "helper has no name"),
	BAD(helper_without_id, "t_two has no id"),
	BAD(helper_twice, "same id"),
	BAD(helper_result, "result is of unknown kind 200"),
	BAD(helper_result_type, "type of its result"),
	BAD(helper_argument, "argument 1 is of unknown kind"),
	BAD(helper_size_first, "argument 1 is a size"),
	BAD(helper_gap, "after the end"),
	BAD(general_specific, "for helpers of one program type"),
	BAD(range_empty, "range 0 is empty"),
	BAD(attach_unlisted, "lists none"),
	BAD(hook_without_header, "hook t_hook: its contexts have no header"),
	BAD(hook_without_state, "no state"),
	BAD(hook_of_nobody, "runs program type nobody"),
	BAD(hook_with_numbers, "wants them allotted"),
	BAD(hook_own_number, "not its own to choose"),
	BAD(hook_no_link, "no link type"),
	BAD(section_of_nobody, "nobody has program type"),
	BAD(section_hook, "nobody has hook"),
};

static void a_fault_is_named_and_leaves_nothing(void **state)
{
	for (size_t i = 0; i < ARRAY_CNT(faults); i++) {
		int err;

		make_good();
		faults[i].spoil();
		err = registry_add(&x.ext, &host);
		if (err != faults[i].want || !strstr(registry_reason(), faults[i].text))
			fail_msg("%s: %d '%s'", faults[i].name, err, registry_reason());
		assert_null(registry_prog_type_by_name("t_type"));
		assert_null(registry_hook_by_name("t_hook"));
		assert_null(registry_helper(5000));
	}
	assert_int_equal(registry_add(NULL, &host), -EINVAL);
}

/* ---- what is there ---- */

static void rows_are_found_until_removed(void **state)
{
	uint32_t number, attach, link;

	make_good();
	assert_int_equal(registry_add(&x.ext, &host), 0);
	number = registry_prog_type_number(&x.types[0]);
	assert_true(number >= BPFX_TYPE_DYNAMIC);
	assert_non_null(registry_prog_type(number));
	assert_string_equal(registry_prog_type(number)->name, "t_type");
	assert_ptr_equal(registry_prog_type_by_name("t_type"), registry_prog_type(number));
	attach = registry_hook_attach_type(&x.hooks[0]);
	link = registry_hook_link_type(&x.hooks[0]);
	assert_true(attach >= BPFX_TYPE_DYNAMIC && link >= BPFX_TYPE_DYNAMIC);
	assert_non_null(registry_hook(attach));
	assert_string_equal(registry_hook(attach)->name, "t_hook");
	assert_non_null(registry_helper(5000));
	assert_string_equal(registry_helper(5000)->name, "t_general");
	assert_int_equal(registry_add(&x.ext, &host), -EEXIST);

	assert_int_equal(registry_remove(&x.ext, quiesce), 0);
	assert_null(registry_prog_type(number));
	assert_null(registry_hook(attach));
	assert_null(registry_helper(5000));
	assert_int_equal(registry_remove(&x.ext, quiesce), -ENOENT);

	/* Numbers belong to names: a reload gets the same ones. */
	assert_int_equal(registry_add(&x.ext, &host), 0);
	assert_int_equal(registry_prog_type_number(&x.types[0]), number);
	assert_int_equal(registry_hook_attach_type(&x.hooks[0]), attach);
	assert_int_equal(registry_remove(&x.ext, quiesce), 0);
}

static void names_and_numbers_are_taken_once(void **state)
{
	struct bpfx_prog_type types[1];
	struct bpfx_extension second;

	make_good();
	assert_int_equal(registry_add(&x.ext, &host), 0);
	memset(&second, 0, sizeof(second));
	second = (struct bpfx_extension){
		BPFX_EXTENSION_HEAD, .name = "t2",
		.prog_types = types, .prog_type_cnt = 1,
	};
	types[0] = x.types[0];
	assert_int_equal(registry_add(&second, &host), -EEXIST);
	assert_non_null(strstr(registry_reason(), "t_type"));
	types[0].name = "t_other";
	types[0].type = 77;
	assert_int_equal(registry_add(&second, &host), 0);
	assert_string_equal(registry_prog_type(77)->name, "t_other");
	assert_int_equal(registry_remove(&second, quiesce), 0);
	assert_int_equal(registry_remove(&x.ext, quiesce), 0);
}

/* ---- rows of other builds ---- */

static void older_rows_are_completed_with_zeros(void **state)
{
	struct old_type { unsigned char bytes[offsetof(struct bpfx_prog_type, load_packet)]; };
	struct old_type old[1];
	const struct bpfx_prog_type *type;

	make_good();
	memcpy(old, x.types, sizeof(old));
	x.ext.prog_types = (void *)old;
	x.ext.prog_type_size = sizeof(old[0]);
	assert_int_equal(registry_add(&x.ext, &host), 0);
	type = registry_prog_type_by_name("t_type");
	assert_non_null(type);
	assert_null(type->load_packet);
	assert_int_equal(type->ctx->size, x.ctx.size);
	assert_int_equal(registry_remove(&x.ext, quiesce), 0);
}

static void newer_rows_must_not_use_what_we_do_not_know(void **state)
{
	struct new_type { struct bpfx_prog_type type; uint64_t more; } new[1];

	make_good();
	memset(new, 0, sizeof(new));
	new[0].type = x.types[0];
	x.ext.prog_types = (void *)new;
	x.ext.prog_type_size = sizeof(new[0]);
	assert_int_equal(registry_add(&x.ext, &host), 0);
	assert_int_equal(registry_remove(&x.ext, quiesce), 0);
	new[0].more = 1;
	assert_int_equal(registry_add(&x.ext, &host), -EINVAL);
	assert_non_null(strstr(registry_reason(), "does not know"));
}

/* S53: rows are copies. */
static void what_the_extension_does_with_its_tables_afterwards_is_its_business(void **state)
{
	const struct bpfx_prog_type *type;
	char name[] = "t_type", hook[] = "t_hook";

	make_good();
	x.types[0].name = name;
	x.hooks[0].name = hook;
	assert_int_equal(registry_add(&x.ext, &host), 0);
	memset(name, 'x', 6);
	memset(hook, 'x', 6);
	memset(x.fields, 0xee, sizeof(x.fields));
	memset(&x.ctx, 0xee, sizeof(x.ctx));
	memset(x.helpers, 0xee, sizeof(x.helpers));
	type = registry_prog_type_by_name("t_type");
	assert_non_null(type);
	assert_string_equal(type->helpers[1].name, "t_two");
	assert_string_equal(type->ctx->fields[0].name, "value");
	assert_non_null(registry_hook_by_name("t_hook"));
	assert_int_equal(registry_remove(&x.ext, quiesce), 0);
}

/* ---- start ---- */

static int started;

static int start_fails(const struct bpfx_host *unused)
{
	started++;
	return -EBUSY;
}

static void a_failed_start_undoes_everything(void **state)
{
	make_good();
	x.ext.start = start_fails;
	assert_int_equal(registry_add(&x.ext, &host), -EBUSY);
	assert_int_equal(started, 1);
	assert_null(registry_prog_type_by_name("t_type"));
}

/* ---- readers while an extension comes and goes ---- */

static _Atomic bool over;

static void *look_up(void *unused)
{
	while (!over) {
		const struct bpfx_prog_type *type;

		rundown_enter(&looking);
		type = registry_prog_type_by_name("t_type");
		if (type && (strcmp(type->name, "t_type") || type->ctx->size != 8))
			abort();
		registry_hook_by_name("t_hook");
		registry_helper(5000);
		rundown_leave();
	}
	return NULL;
}

static void lookups_need_no_lock(void **state)
{
	pthread_t threads[3];

	make_good();
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, look_up, NULL), 0);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(registry_add(&x.ext, &host), 0);
		assert_int_equal(registry_remove(&x.ext, quiesce), 0);
	}
	over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

/* ---- built-ins and plugins ---- */

static void builtins_and_plugins_are_registered_once(void **state)
{
	static const char *const types[] = { "socket_filter", "kprobe", "sched_cls", "tracepoint",
					     "xdp", "perf_event", "cgroup_skb", "cgroup_sock",
					     "raw_tracepoint", "sample", "plugin_good" };

	setenv("BPF_SHIM_EXTENSIONS", PLUGIN_BROKEN ":" PLUGIN_OLD_ABI ":/nowhere.so:" PLUGIN_GOOD, 1);
	registry_start(&host);
	registry_start(&host);
	for (size_t i = 0; i < ARRAY_CNT(types); i++)
		if (!registry_prog_type_by_name(types[i]))
			fail_msg("there is no program type %s", types[i]);
	assert_int_equal(registry_prog_type_number(registry_prog_type_by_name("xdp")),
			 BPF_PROG_TYPE_XDP);
	assert_null(registry_prog_type_by_name("plugin_old"));
	assert_null(registry_prog_type_by_name("plugin_broken"));
	assert_ptr_equal(registry_hook(BPF_XDP), registry_hook_by_name("xdp"));
	assert_non_null(registry_section(0));
	assert_non_null(registry_extension(3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_fault_is_named_and_leaves_nothing),
		cmocka_unit_test(rows_are_found_until_removed),
		cmocka_unit_test(names_and_numbers_are_taken_once),
		cmocka_unit_test(older_rows_are_completed_with_zeros),
		cmocka_unit_test(newer_rows_must_not_use_what_we_do_not_know),
		cmocka_unit_test(what_the_extension_does_with_its_tables_afterwards_is_its_business),
		cmocka_unit_test(a_failed_start_undoes_everything),
		cmocka_unit_test(lookups_need_no_lock),
		cmocka_unit_test(builtins_and_plugins_are_registered_once),
	};

	return cmocka_run_group_tests_name("extensions: registry", tests, NULL, NULL);
}
