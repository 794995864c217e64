/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Kernel functions that an extension adds: programs find them in the BTF of a module of its name,
 * call them, and are held to their flags; they go and come with the extension.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpfx/hook.h>

#include "asm.h"
#include "backend.h"
#include "btf_objects.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the extension ---- */

static int owners;

static uint64_t add(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	return (uint32_t)(r1 + r2);
}

static uint64_t get(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	static uint64_t owner;

	if (!r1)
		return 0;
	owners++;
	return (uintptr_t)&owner;
}

static uint64_t put(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	owners--;
	return 0;
}

static const char *const tc[] = { "sched_cls" };

static const struct bpfx_kfunc kfuncs[] = {
	{ .name = "kt_add", .fn = add, .ret = "int", .params = { { "int", "a" }, { "int", "b" } } },
	{ .name = "kt_owner_get", .fn = get, .flags = BPFX_KF_ACQUIRE | BPFX_KF_RET_NULL,
	  .ret = "struct kt_owner *", .params = { { "__u32", "n" } } },
	{ .name = "kt_owner_put", .fn = put, .flags = BPFX_KF_RELEASE, .ret = "void",
	  .params = { { "struct kt_owner *", "owner" } } },
	{ .name = "kt_for_tc", .fn = add, .ret = "int", .prog_types = tc, .prog_type_cnt = 1 },
};

static struct bpfx_extension extension = {
	BPFX_EXTENSION_HEAD,
	.name = "kfunc_test",
	.version = "1",
	.kfuncs = kfuncs,
	.kfunc_cnt = ARRAY_CNT(kfuncs),
};

/* ---- finding and calling them ---- */

static int module_fd(const char *wanted)
{
	struct bpf_btf_info info;
	char name[64];
	uint32_t id = 0;

	while (!next_id(&emulated_backend, BPF_BTF_GET_NEXT_ID, id, &id)) {
		int fd = fd_by_id(&emulated_backend, BPF_BTF_GET_FD_BY_ID, id);
		uint32_t len = sizeof(info);

		memset(&info, 0, sizeof(info));
		info.name = (uintptr_t)name;
		info.name_len = sizeof(name);
		assert_true(fd >= 0);
		assert_int_equal(obj_info(&emulated_backend, fd, &info, &len), 0);
		if (info.kernel_btf && !strcmp(name, wanted))
			return fd;
		emulated_backend.close(fd);
	}
	return -ENOENT;
}

static uint32_t func_id(int fd, const char *name)
{
	const struct kern_btf *btf;
	struct store_obj *obj;
	uint32_t id;

	assert_int_equal(btf_object_get_fd(fd, &obj, &btf), 0);
	id = kern_btf_find(btf, name, BTF_KIND_FUNC);
	store_put(obj);
	assert_int_not_equal(id, 0);
	return id;
}

/* @fds: NULL: none are given. */
static int load(const struct bpf_insn *insns, uint32_t cnt, const int *fds, char *log, uint32_t size)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)insns,
		.insn_cnt = cnt,
		.license = (uintptr_t)"GPL",
		.log_level = 1,
		.log_buf = (uintptr_t)log,
		.log_size = size,
		.fd_array = (uintptr_t)fds,
	};

	return emulated_backend.bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int run(int fd, uint32_t *retval)
{
	unsigned char packet[64] = { 0 };
	union bpf_attr attr = {
		.test.prog_fd = fd, .test.data_in = (uintptr_t)packet,
		.test.data_size_in = sizeof(packet),
	};
	int err = emulated_backend.bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));

	*retval = attr.test.retval;
	return err;
}

#define KFUNC(id) RAW(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 1, id)

static char text[4096];

static void programs_call_them(void **state)
{
	int module, fds[2], fd;
	uint32_t retval;

	assert_int_equal(bpfx_register(&extension), 0);
	module = module_fd("kfunc_test");
	assert_true(module >= 0);
	fds[1] = module;
	{
		const struct bpf_insn good[] = {
			MOV_IMM(1, 3), KFUNC(func_id(module, "kt_owner_get")),
			JUMP_IMM(JEQ, 0, 0, 2), MOV_REG(1, 0), KFUNC(func_id(module, "kt_owner_put")),
			MOV_IMM(1, 40), MOV_IMM(2, 2), KFUNC(func_id(module, "kt_add")), EXIT(),
		};

		fd = load(good, ARRAY_CNT(good), fds, text, sizeof(text));
		if (fd < 0)
			fail_msg("%d\n%s", fd, text);
		assert_int_equal(run(fd, &retval), 0);
		assert_int_equal(retval, 42);
		assert_int_equal(owners, 0);
		assert_int_equal(load(good, ARRAY_CNT(good), NULL, text, sizeof(text)), -EPROTO);
		assert_non_null(strstr(text, "kfunc offset > 0 without fd_array is invalid"));
	}
	assert_int_equal(bpfx_unregister(&extension), 0);
	assert_int_equal(run(fd, &retval), -EINVAL);
	assert_int_equal(bpfx_register(&extension), 0);
	assert_int_equal(run(fd, &retval), 0);
	assert_int_equal(bpfx_unregister(&extension), 0);
	emulated_backend.close(fd);
	emulated_backend.close(module);
}

static void flags_are_enforced(void **state)
{
	int module, fds[2];

	assert_int_equal(bpfx_register(&extension), 0);
	module = module_fd("kfunc_test");
	fds[1] = module;
	{
		const struct {
			const char *name;
			struct bpf_insn insns[8];
			uint32_t cnt;
			int want;
			const char *line;
		} rows[] = {
			{ "not_released", { MOV_IMM(1, 3), KFUNC(func_id(module, "kt_owner_get")),
			  MOV_IMM(0, 0), EXIT() }, 4, -EINVAL, "Unreleased reference" },
			{ "not_checked", { MOV_IMM(1, 3), KFUNC(func_id(module, "kt_owner_get")),
			  MOV_REG(1, 0), KFUNC(func_id(module, "kt_owner_put")), EXIT() }, 5, -EACCES,
			  "Possibly NULL pointer passed to trusted arg0" },
			{ "not_an_owner", { KFUNC(func_id(module, "kt_owner_put")), EXIT() }, 2,
			  -EINVAL, "arg#0 pointer type STRUCT kt_owner must point to scalar, or struct "
			  "with scalar" },
			{ "not_a_number", { MOV_IMM(2, 0), KFUNC(func_id(module, "kt_add")), EXIT() }, 3,
			  -EINVAL, "R1 is not a scalar" },
			{ "not_for_xdp", { KFUNC(func_id(module, "kt_for_tc")), EXIT() }, 2, -EACCES,
			  "calling kernel function kt_for_tc is not allowed" },
		};

		for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
			int err = load(rows[i].insns, rows[i].cnt, fds, text, sizeof(text));

			if (err != rows[i].want || !strstr(text, rows[i].line))
				fail_msg("%s: %d\n%s", rows[i].name, err, text);
		}
	}
	emulated_backend.close(module);
	assert_int_equal(bpfx_unregister(&extension), 0);
}

static void bad_rows_are_refused(void **state)
{
	struct bpfx_kfunc row = kfuncs[0];
	struct bpfx_extension bad = extension;

	bad.kfuncs = &row;
	bad.kfunc_cnt = 1;
	row.fn = NULL;
	assert_int_equal(bpfx_register(&bad), -EINVAL);
	assert_non_null(strstr(bpfx_reason(), "kernel function kt_add has no function"));
	row = kfuncs[0];
	row.ret = NULL;
	assert_int_equal(bpfx_register(&bad), -EINVAL);
	assert_non_null(strstr(bpfx_reason(), "type of its result"));
	row = kfuncs[0];
	row.params[0].type = "no such type";
	assert_int_equal(bpfx_register(&bad), -EINVAL);
	row = kfuncs[0];
	row.flags = 0x80000000;
	assert_int_equal(bpfx_register(&bad), -EINVAL);
	assert_int_equal(module_fd("no such module"), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_call_them),
		cmocka_unit_test(flags_are_enforced),
		cmocka_unit_test(bad_rows_are_refused),
	};

	use_private_store();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
