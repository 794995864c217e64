/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Types, names, sizes, special fields and the kernel's own BTF through the room's door. */
#include <errno.h>
#include <stdlib.h>

#include "backend.h"
#include "btf.h"
#include <bpfx/kfunc.h>
#include "runtime_btf.h"
#include "words.h"

static struct kern_btf *parse(const uint32_t *words, uint32_t size, const struct kern_btf *base)
{
	unsigned char blob[BLOB_MAX];
	uint32_t blob_size = make_blob(words, size, blob);
	struct kern_btf *btf;

	assert_int_equal(kern_btf_parse(blob, blob_size, base, NULL, &btf), 0);
	return btf;
}

static const uint32_t types[] = {
	INT32,					/* 1 */
	T(0, CONST, 0, 1),			/* 2 */
	T(S_A, TYPEDEF, 0, 2),			/* 3 */
	T_ARRAY(3, 1, 5),			/* 4 */
	T(0, PTR, 0, 6),			/* 5 */
	T(S_S, STRUCT, 1, 20), S_A, 4, 0,	/* 6 */
	T(S_S, FWD, 0, 0),			/* 7 */
	T(S_OTHER, VAR, 0, 4), 1,		/* 8 */
};

static void names_find_the_first_of_their_kind(void **state)
{
	struct kern_btf *btf = parse(types, sizeof(types), NULL);

	assert_int_equal(kern_btf_type_cnt(btf), 9);
	assert_int_equal(kern_btf_find(btf, "s", BTF_KIND_STRUCT), 6);
	assert_int_equal(kern_btf_find(btf, "s", BTF_KIND_FWD), 7);
	assert_int_equal(kern_btf_find(btf, "s", BTF_KIND_UNION), 0);
	assert_int_equal(kern_btf_find(btf, "", BTF_KIND_PTR), 0);
	assert_int_equal(kern_btf_find(btf, "a", BTF_KIND_TYPEDEF), 3);
	assert_string_equal(kern_btf_type_name(btf, kern_btf_type(btf, 8)), "other");
	assert_null(kern_btf_type(btf, 9));
	assert_null(kern_btf_name(btf, sizeof(test_strings)));
	assert_int_equal(btf_kind(kern_btf_type(btf, 0)), BTF_KIND_UNKN);
	kern_btf_free(btf);
}

static void sizes_look_through_modifiers_and_arrays(void **state)
{
	static const struct { uint32_t id; int want; uint32_t size; } rows[] = {
		{ 0, -EINVAL, 0 }, { 1, 0, 4 }, { 2, 0, 4 }, { 3, 0, 4 }, { 4, 0, 20 },
		{ 5, 0, sizeof(void *) }, { 6, 0, 20 }, { 7, -EINVAL, 0 }, { 8, 0, 20 },
		{ 9, -EINVAL, 0 },
	};
	struct kern_btf *btf = parse(types, sizeof(types), NULL);
	uint32_t size, id;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size = 0;
		assert_int_equal(kern_btf_size(btf, rows[i].id, &size), rows[i].want);
		assert_int_equal(size, rows[i].size);
	}
	assert_ptr_equal(kern_btf_skip_modifiers(btf, 3, &id), kern_btf_type(btf, 1));
	assert_int_equal(id, 1);
	kern_btf_free(btf);
}

static void split_btf_goes_on_behind_its_base(void **state)
{
	static const uint32_t more[] = { T(0, PTR, 0, 6), T(0, PTR, 0, 9) };
	struct kern_btf *base = parse(types, sizeof(types), NULL);
	struct kern_btf *btf = parse(more, sizeof(more), base);

	assert_int_equal(kern_btf_type_cnt(btf), 11);
	assert_ptr_equal(kern_btf_type(btf, 6), kern_btf_type(base, 6));
	assert_int_equal(kern_btf_find(btf, "s", BTF_KIND_STRUCT), 6);
	assert_int_equal(kern_btf_type(btf, 10)->type, 9);
	kern_btf_free(btf);
	kern_btf_free(base);
}

static void an_odd_header_length_is_no_problem(void **state)
{
	unsigned char blob[BLOB_MAX], odd[BLOB_MAX];
	uint32_t size = make_blob(types, sizeof(types), blob), back;
	struct kern_btf *btf;

	memcpy(odd, blob, sizeof(struct btf_header));
	odd[offsetof(struct btf_header, hdr_len)]++;
	odd[sizeof(struct btf_header)] = 0;
	memcpy(odd + sizeof(struct btf_header) + 1, blob + sizeof(struct btf_header),
	       size - sizeof(struct btf_header));
	assert_int_equal(kern_btf_parse(odd, size + 1, NULL, NULL, &btf), 0);
	assert_int_equal(kern_btf_find(btf, "s", BTF_KIND_STRUCT), 6);
	assert_memory_equal(kern_btf_raw(btf, &back), odd, size + 1);
	kern_btf_free(btf);
	assert_int_equal(kern_btf_open(odd, size + 1, NULL, &btf), 0);
	assert_int_equal(kern_btf_type_cnt(btf), 9);
	kern_btf_free(btf);
}

static void special_fields_are_found_in_place(void **state)
{
	static const uint32_t words[] = {
		INT32,					/* 1 */
		T(S_SPIN, STRUCT, 0, 4),		/* 2 */
		T(S_TIMER, STRUCT, 0, 16),		/* 3 */
		T(S_OTHER, STRUCT, 1, 4), S_A, 1, 0,	/* 4 */
		T(S_KPTR, TYPE_TAG, 0, 4),		/* 5 */
		T(0, PTR, 0, 5),			/* 6 */
		T_ARRAY(6, 1, 2),			/* 7 */
		T(S_S, STRUCT, 3, 48),			/* 8 */
		S_A, 3, 0, S_OTHER, 2, 128, S_TAG, 7, 192,
	};
	struct kern_btf *btf = parse(words, sizeof(words), NULL);
	struct kern_btf_fields f;

	assert_int_equal(kern_btf_find_fields(btf, 8, ~0u, 48, &f), 0);
	assert_int_equal(f.cnt, 4);
	assert_int_equal(f.field[0].kind, BTF_FIELD_TIMER);
	assert_int_equal(f.field[1].kind, BTF_FIELD_SPIN_LOCK);
	assert_int_equal(f.field[1].offset, 16);
	assert_int_equal(f.field[3].kind, BTF_FIELD_KPTR_REF);
	assert_int_equal(f.field[3].offset, 32);
	assert_int_equal(f.field[3].type_id, 4);
	/* A type of map that knows no timers does not see one. */
	assert_int_equal(kern_btf_find_fields(btf, 8, BTF_FIELD_SPIN_LOCK, 48, &f), 0);
	assert_int_equal(f.mask, BTF_FIELD_SPIN_LOCK);
	/* Larger than the value. */
	assert_int_equal(kern_btf_find_fields(btf, 8, ~0u, 32, &f), -EFAULT);
	assert_int_equal(kern_btf_find_fields(btf, 1, ~0u, 4, &f), -EINVAL);
	kern_btf_free(btf);
}

static void our_own_types_are_good_btf(void **state)
{
	static const struct bpfx_param params[] = {
		{ "struct task_struct *", "task" }, { "bool", "yes" },
	};
	static const struct btf_func_def funcs[] = {
		{ BTF_FUNC_PLAIN, "plain", "int", params, 2 },
		{ BTF_FUNC_TRACEPOINT, "tp", "void", params, 2 },
		{ BTF_FUNC_KFUNC, "kfunc", "u64", NULL, 0 },
	};
	struct kern_btf *btf;
	void *data, *again;
	uint32_t size, size2, id;

	assert_int_equal(kern_btf_runtime(funcs, 3, &data, &size), 0);
	assert_int_equal(kern_btf_runtime(funcs, 3, &again, &size2), 0);
	assert_int_equal(size, size2);
	assert_memory_equal(data, again, size);
	assert_int_equal(kern_btf_parse(data, size, NULL, NULL, &btf), 0);
	id = kern_btf_find(btf, "xdp_md", BTF_KIND_STRUCT);
	assert_int_not_equal(id, 0);
	assert_int_equal(kern_btf_type(btf, id)->size, 24);
	id = kern_btf_find(btf, "bpf_func_id", BTF_KIND_ENUM);
	assert_true(btf_vlen(kern_btf_type(btf, id)) > 200);
	id = kern_btf_type(btf, kern_btf_find(btf, "plain", BTF_KIND_FUNC))->type;
	assert_int_equal(btf_vlen(kern_btf_type(btf, id)), 2);
	/* A tracepoint: the typedef of a pointer to what has an argument more. */
	id = kern_btf_type(btf, kern_btf_find(btf, "btf_trace_tp", BTF_KIND_TYPEDEF))->type;
	assert_int_equal(btf_kind(kern_btf_type(btf, id)), BTF_KIND_PTR);
	id = kern_btf_type(btf, id)->type;
	assert_int_equal(btf_vlen(kern_btf_type(btf, id)), 3);
	id = kern_btf_type(btf, kern_btf_find(btf, "__bpf_trace_tp", BTF_KIND_FUNC))->type;
	assert_string_equal(kern_btf_name(btf, btf_params(kern_btf_type(btf, id))[2].name_off),
			    "yes");
	assert_int_not_equal(kern_btf_find(btf, "kfunc", BTF_KIND_FUNC), 0);
	kern_btf_free(btf);
	free(data);
	free(again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_find_the_first_of_their_kind),
		cmocka_unit_test(sizes_look_through_modifiers_and_arrays),
		cmocka_unit_test(split_btf_goes_on_behind_its_base),
		cmocka_unit_test(an_odd_header_length_is_no_problem),
		cmocka_unit_test(special_fields_are_found_in_place),
		cmocka_unit_test(our_own_types_are_good_btf),
	};

	return cmocka_run_group_tests_name("btf: walk", tests, NULL, NULL);
}
