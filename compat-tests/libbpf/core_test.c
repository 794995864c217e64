/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* CO-RE against a kernel that the test writes itself. */
#include "harness.h"

static char btf_path[64];
static int target_id;

/*
 * The same names as in core.bpf.c at other places: `first` is a long, `in` stands first, the
 * array is longer, the bit-field has other neighbours, `gone` is gone, `u` is in an anonymous
 * struct.
 */
static void write_target(void)
{
	struct btf *btf = btf__new_empty();
	int int_id, long_id, uint_id, inner, array, anon, un;
	const void *raw;
	__u32 size;
	FILE *file;

	int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	long_id = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	uint_id = btf__add_int(btf, "unsigned int", 4, 0);
	inner = btf__add_struct(btf, "core_inner", 16);
	btf__add_field(btf, "before", long_id, 0, 0);
	btf__add_field(btf, "y", int_id, 64, 0);
	btf__add_field(btf, "x", int_id, 96, 0);
	array = btf__add_array(btf, int_id, int_id, 10);
	un = btf__add_union(btf, "core_union", 8);
	btf__add_field(btf, "b", long_id, 0, 0);
	btf__add_field(btf, "a", int_id, 0, 0);
	anon = btf__add_struct(btf, NULL, 16);
	btf__add_field(btf, "pad", long_id, 0, 0);
	btf__add_field(btf, "u", un, 64, 0);
	target_id = btf__add_struct(btf, "core_target", 96);
	btf__add_field(btf, "in", inner, 0, 0);
	btf__add_field(btf, "first", long_id, 128, 0);
	btf__add_field(btf, "array", array, 192, 0);
	btf__add_field(btf, "more", uint_id, 512, 3);
	btf__add_field(btf, "bits", uint_id, 515, 7);
	btf__add_field(btf, NULL, anon, 576, 0);
	btf__add_enum(btf, "core_enum", 4);
	btf__add_enum_value(btf, "CORE_ZERO", 0);
	btf__add_enum_value(btf, "CORE_ONE", 11);
	raw = btf__raw_data(btf, &size);
	assert_non_null(raw);
	snprintf(btf_path, sizeof(btf_path), "/tmp/core_test.%d.btf", getpid());
	file = fopen(btf_path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(raw, 1, size, file), size);
	fclose(file);
	btf__free(btf);
}

static void accesses_are_fitted_to_the_kernel(void **state)
{
	static const struct {
		const char *name;
		__s64 want;
	} cases[] = {
		{ "offset of first", 16 },	{ "offset of in.y", 8 },
		{ "offset of array[2]", 32 },	{ "size of first", 8 },
		{ "gone exists", 0 },		{ "first exists", 1 },
		{ "type exists", 1 },		{ "missing type exists", 0 },
		{ "size of type", 96 },		{ "value of CORE_ONE", 11 },
		{ "CORE_GONE exists", 0 },	{ "left shift", 64 - 10 },
		{ "right shift", 64 - 7 },	{ "first is signed", 1 },
		{ "id of type", 0 },		{ "offset of u.b", 80 },
	};
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf_path);
	struct bpf_object *obj = open_prog_opts("core", &opts);
	int zero = 0;
	__s64 out[16];
	size_t i;

	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	run_prog(obj, "ask");
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(bpf_object__find_map_by_name(obj, ".bss")),
					     &zero, out), 0);
	for (i = 0; i < COUNT(cases); i++)
		if (out[i] != (i == 14 ? target_id : cases[i].want))
			fail_msg("%s: %lld", cases[i].name, (long long)out[i]);
	bpf_object__close(obj);
}

static void what_is_missing_is_named(void **state)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = btf_path);
	struct bpf_object *obj = open_prog_opts("core", &opts);

	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "use_missing"), true);
	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "ask"), false);
	forget_messages();
	assert_int_equal(bpf_object__load(obj), -EINVAL);
	/* the 1.1 series looks for older words of the verifier */
	if (!is_old_libbpf()) {
		assert_said("<invalid CO-RE relocation>");
		assert_said("failed to resolve CO-RE relocation <byte_off>");
		assert_said("struct core_missing");
	}
	bpf_object__close(obj);
}

static void a_bad_target_is_an_error(void **state)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = "/nosuch/btf");
	struct bpf_object *obj = open_prog_opts("core", &opts);

	assert_int_equal(bpf_object__load(obj), -ENOENT);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accesses_are_fitted_to_the_kernel),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(a_bad_target_is_an_error),
	};
	int failed;

	write_target();
	failed = run_group("core", tests, COUNT(tests));
	unlink(btf_path);
	return failed;
}
