/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF: writing, reading, byte order, splitting, and what is refused. */
#include "harness.h"

static struct btf *sample(void)
{
	struct btf *btf = btf__new_empty();

	assert_non_null(btf);
	assert_int_equal(btf__add_int(btf, "int", 4, BTF_INT_SIGNED), 1);
	assert_int_equal(btf__add_ptr(btf, 1), 2);
	assert_int_equal(btf__add_struct(btf, "s", 16), 3);
	assert_int_equal(btf__add_field(btf, "a", 1, 0, 0), 0);
	assert_int_equal(btf__add_field(btf, "p", 2, 64, 0), 0);
	assert_int_equal(btf__add_typedef(btf, "s_t", 3), 4);
	assert_int_equal(btf__add_array(btf, 1, 4, 3), 5);
	assert_int_equal(btf__add_enum(btf, "e", 4), 6);
	assert_int_equal(btf__add_enum_value(btf, "E1", -1), 0);
	assert_int_equal(btf__add_enum_value(btf, "E2", 7), 0);
	assert_int_equal(btf__add_const(btf, 4), 7);
	assert_int_equal(btf__add_func_proto(btf, 1), 8);
	assert_int_equal(btf__add_func_param(btf, "x", 2), 0);
	assert_int_equal(btf__add_func(btf, "f", BTF_FUNC_GLOBAL, 8), 9);
	return btf;
}

static void what_is_written_is_read(void **state)
{
	struct btf *btf = sample(), *copy;
	const struct btf_type *t;
	const void *raw;
	__u32 size;

	raw = btf__raw_data(btf, &size);
	copy = btf__new(raw, size);
	assert_non_null(copy);
	assert_int_equal(btf__type_cnt(copy), 10);
	assert_int_equal(btf__find_by_name(copy, "s_t"), 4);
	assert_int_equal(btf__find_by_name_kind(copy, "s", BTF_KIND_STRUCT), 3);
	assert_int_equal(btf__find_by_name_kind(copy, "s", BTF_KIND_UNION), -ENOENT);
	assert_int_equal(btf__find_by_name(copy, "void"), 0);
	t = btf__type_by_id(copy, 3);
	assert_true(btf_is_struct(t));
	assert_int_equal(btf_member_bit_offset(t, 1), 64);
	assert_string_equal(btf__name_by_offset(copy, btf_members(t)[1].name_off), "p");
	t = btf__type_by_id(copy, 6);
	assert_true(btf_kflag(t));
	assert_int_equal(btf_enum(t)[0].val, -1);
	assert_null(btf__type_by_id(copy, 10));
	assert_int_equal(errno, EINVAL);
	assert_null(btf__str_by_offset(copy, 100000));
	btf__free(copy);
	btf__free(btf);
}

static void sizes_and_alignments_resolve(void **state)
{
	static const struct {
		__u32 id;
		__s64 size;
		int align;
	} cases[] = {
		{ 1, 4, 4 }, { 2, 8, 8 }, { 3, 16, 8 }, { 4, 16, 8 }, { 5, 48, 8 }, { 6, 4, 4 },
		{ 7, 16, 8 },
	};
	struct btf *btf = sample();
	size_t i;

	assert_int_equal(btf__set_pointer_size(btf, 3), -EINVAL);
	assert_int_equal(btf__set_pointer_size(btf, 8), 0);
	assert_int_equal(btf__pointer_size(btf), 8);
	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(btf__resolve_size(btf, cases[i].id), cases[i].size);
		assert_int_equal(btf__align_of(btf, cases[i].id), cases[i].align);
	}
	assert_int_equal(btf__resolve_type(btf, 7), 3);
	assert_true(btf__resolve_size(btf, 9) < 0);
	btf__free(btf);
}

static void writers_check_their_arguments(void **state)
{
	struct btf *btf = btf__new_empty();

	assert_int_equal(btf__add_int(btf, "", 4, 0), -EINVAL);
	assert_int_equal(btf__add_int(btf, "x", 3, 0), -EINVAL);
	assert_int_equal(btf__add_int(btf, "x", 4, 0x80), -EINVAL);
	assert_int_equal(btf__add_float(btf, "x", 3), -EINVAL);
	assert_int_equal(btf__add_ptr(btf, -1), -EINVAL);
	assert_int_equal(btf__add_field(btf, "x", 1, 0, 0), -EINVAL);
	assert_int_equal(btf__add_enum_value(btf, "x", 1), -EINVAL);
	assert_int_equal(btf__add_func_param(btf, "x", 1), -EINVAL);
	assert_int_equal(btf__add_typedef(btf, NULL, 1), -EINVAL);
	assert_int_equal(btf__add_func(btf, "f", 5, 1), -EINVAL);
	assert_int_equal(btf__add_datasec_var_info(btf, 1, 0, 0), -EINVAL);
	assert_int_equal(btf__add_union(btf, "u", 4), 1);
	assert_int_equal(btf__add_field(btf, "x", 1, 8, 0), -EINVAL);
	assert_int_equal(btf__add_enum(btf, "e", 4), 2);
	assert_int_equal(btf__add_enum_value(btf, "x", 1LL << 33), -E2BIG);
	assert_int_equal(btf__type_cnt(btf), 3);
	btf__free(btf);
}

static void both_byte_orders_are_the_same_types(void **state)
{
	struct btf *btf = sample(), *other;
	enum btf_endianness native = btf__endianness(btf);
	const void *raw;
	__u32 size;

	assert_int_equal(btf__set_endianness(btf, 2), -EINVAL);
	assert_int_equal(btf__set_endianness(btf, native == BTF_LITTLE_ENDIAN ?
					     BTF_BIG_ENDIAN : BTF_LITTLE_ENDIAN), 0);
	raw = btf__raw_data(btf, &size);
	other = btf__new(raw, size);
	assert_non_null(other);
	assert_int_not_equal(btf__endianness(other), native);
	assert_int_equal(btf__find_by_name(other, "s_t"), 4);
	assert_int_equal(btf_member_bit_offset(btf__type_by_id(other, 3), 1), 64);
	assert_int_equal(btf_vlen(btf__type_by_id(other, 6)), 2);
	btf__free(other);
	btf__free(btf);
}

static void split_btf_continues_its_base(void **state)
{
	struct btf *base = sample(), *split = btf__new_empty_split(base), *copy;
	int id;

	assert_non_null(split);
	assert_ptr_equal(btf__base_btf(split), base);
	assert_int_equal(btf__type_cnt(split), 10);
	id = btf__add_struct(split, "more", 16);
	assert_int_equal(id, 10);
	/* "a" and "s" are strings of the base already */
	assert_int_equal(btf__add_field(split, "a", 3, 0, 0), 0);
	assert_int_equal(btf__find_str(split, "a"), btf__find_str(base, "a"));
	assert_int_equal(btf__find_by_name(split, "more"), 10);
	assert_int_equal(btf__find_by_name(split, "s"), 3);
	assert_int_equal(btf__find_by_name(base, "more"), -ENOENT);

	copy = btf__new_empty();
	assert_int_equal(btf__add_btf(copy, base), 1);
	assert_int_equal(btf__add_btf(copy, base), 10);
	assert_int_equal(btf__type_by_id(copy, 13)->type, 12);
	assert_int_equal(btf__add_btf(copy, split), -ENOTSUP);
	btf__free(copy);
	btf__free(split);
	btf__free(base);
}

static void malformed_btf_is_refused(void **state)
{
	struct btf *btf = sample();
	__u32 size, i;
	char *raw;

	raw = malloc(4096);
	btf__raw_data(btf, &size);
	memcpy(raw, btf__raw_data(btf, &size), size);
	for (i = 0; i < size; i++)
		assert_null(btf__new(raw, i));
	raw[0] ^= 1;
	assert_null(btf__new(raw, size));
	assert_int_equal(errno, EINVAL);
	free(raw);
	btf__free(btf);
	assert_null(btf__parse("/nosuch", NULL));
	assert_int_equal(errno, ENOENT);
	assert_null(btf__parse("/proc/self/exe", NULL));
}

static void objects_carry_btf(void **state)
{
	char path[512];
	struct btf_ext *ext = NULL;
	struct btf *btf;
	__u32 size;

	snprintf(path, sizeof(path), "%s/core.bpf.o", PROGS_DIR);
	btf = btf__parse(path, &ext);
	assert_non_null(btf);
	assert_non_null(ext);
	assert_true(btf__find_by_name_kind(btf, "core_inner", BTF_KIND_STRUCT) > 0);
	assert_non_null(btf_ext__get_raw_data(ext, &size));
	assert_true(size > 32);
	btf_ext__free(ext);
	btf__free(btf);
}

static void the_kernel_takes_and_gives_btf(void **state)
{
	struct btf *btf = sample(), *back;
	struct bpf_btf_info info = { 0 };
	__u32 len = sizeof(info);

	assert_int_equal(btf__fd(btf), -1);
	assert_int_equal(btf__load_into_kernel(btf), 0);
	assert_true(btf__fd(btf) > 2);
	assert_int_equal(btf__load_into_kernel(btf), -EEXIST);
	assert_int_equal(bpf_obj_get_info_by_fd(btf__fd(btf), &info, &len), 0);
	back = btf__load_from_kernel_by_id(info.id);
	assert_non_null(back);
	assert_int_equal(btf__type_cnt(back), 10);
	assert_int_equal(btf__find_by_name(back, "f"), 9);
	btf__free(back);
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(sizes_and_alignments_resolve),
		cmocka_unit_test(writers_check_their_arguments),
		cmocka_unit_test(both_byte_orders_are_the_same_types),
		cmocka_unit_test(split_btf_continues_its_base),
		cmocka_unit_test(malformed_btf_is_refused),
		cmocka_unit_test(objects_carry_btf),
		cmocka_unit_test(the_kernel_takes_and_gives_btf),
	};

	return run_group("btf", tests, COUNT(tests));
}
