/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF as C: every form of declarator, order, padding, names that collide. */
#include "harness.h"

static char out[16384];

static void print(void *ctx, const char *format, va_list args)
{
	size_t used = strlen(out);

	vsnprintf(out + used, sizeof(out) - used, format, args);
}

static struct btf *btf;
static struct btf_dump *dump;

static int begin(void **state)
{
	btf = btf__new_empty();
	btf__set_pointer_size(btf, 8);
	btf__add_int(btf, "int", 4, BTF_INT_SIGNED);	/* 1 */
	btf__add_int(btf, "char", 1, BTF_INT_SIGNED);	/* 2 */
	btf__add_int(btf, "long", 8, BTF_INT_SIGNED);	/* 3 */
	out[0] = '\0';
	return 0;
}

static int end(void **state)
{
	btf_dump__free(dump);
	btf__free(btf);
	return 0;
}

static void expect_all(const char *want)
{
	__u32 id;

	dump = btf_dump__new(btf, print, NULL, NULL);
	assert_non_null(dump);
	for (id = 1; id < btf__type_cnt(btf); id++)
		assert_int_equal(btf_dump__dump_type(dump, id), 0);
	assert_int_equal(btf_dump__dump_type(dump, id), -EINVAL);
	if (strcmp(out, want) != 0)
		fail_msg("printed:\n%s", out);
}

static void declarators_nest(void **state)
{
	int ptr, array, func, fptr, cptr, ptrc;

	ptr = btf__add_ptr(btf, 2);				/* char * */
	array = btf__add_array(btf, 1, ptr, 3);			/* char *[3] */
	func = btf__add_func_proto(btf, 1);			/* int (char **, ...) */
	btf__add_func_param(btf, "p", array);
	btf__add_func_param(btf, NULL, 0);
	fptr = btf__add_ptr(btf, func);
	cptr = btf__add_ptr(btf, btf__add_const(btf, 2));	/* const char * */
	ptrc = btf__add_const(btf, ptr);			/* char * const */
	btf__add_struct(btf, "s", 48);
	btf__add_field(btf, "a", array, 0, 0);
	btf__add_field(btf, "f", fptr, 192, 0);
	btf__add_field(btf, "c", cptr, 256, 0);
	btf__add_field(btf, "k", ptrc, 320, 0);
	expect_all("struct s {\n\tchar *a[3];\n\tint (*f)(char *p[3], ...);\n\tconst char *c;\n"
		   "\tchar * const k;\n};\n\n");
}

static void what_is_used_comes_first(void **state)
{
	int node, ptr, list;

	btf__add_struct(btf, "list", 24);			/* 4: uses node by value */
	btf__add_field(btf, "head", 6, 0, 0);
	btf__add_field(btf, "tail", 5, 128, 0);
	ptr = btf__add_ptr(btf, 6);				/* 5 */
	node = btf__add_struct(btf, "node", 16);		/* 6 */
	btf__add_field(btf, "next", ptr, 0, 0);
	btf__add_field(btf, "owner", 7, 64, 0);
	list = btf__add_ptr(btf, 4);				/* 7 */
	assert_int_equal(ptr, 5);
	assert_int_equal(node, 6);
	assert_int_equal(list, 7);
	expect_all("struct list;\n\nstruct node {\n\tstruct node *next;\n\tstruct list *owner;\n};\n\n"
		   "struct list {\n\tstruct node head;\n\tstruct node *tail;\n};\n\n");
}

static void colliding_names_are_told_apart(void **state)
{
	btf__add_struct(btf, "s", 4);
	btf__add_field(btf, "x", 1, 0, 0);
	btf__add_struct(btf, "s", 8);
	btf__add_field(btf, "y", 3, 0, 0);
	btf__add_enum(btf, "e", 4);
	btf__add_enum_value(btf, "A", 0);
	btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "A", 1);
	btf__add_typedef(btf, "t", 4);
	expect_all("struct s {\n\tint x;\n};\n\nstruct s___2 {\n\tlong y;\n};\n\n"
		   "enum e {\n\tA = 0,\n};\n\nenum {\n\tA___2 = 1,\n};\n\ntypedef struct s t;\n\n");
}

static void anonymous_types_stand_where_they_are_used(void **state)
{
	btf__add_union(btf, NULL, 8);				/* 4 */
	btf__add_field(btf, "a", 1, 0, 0);
	btf__add_field(btf, "b", 3, 0, 0);
	btf__add_struct(btf, "outer", 24);			/* 5 */
	btf__add_field(btf, NULL, 4, 0, 0);
	btf__add_field(btf, "named", 4, 64, 0);
	btf__add_field(btf, "bits", 1, 128, 5);
	btf__add_field(btf, "more", 1, 133, 3);
	btf__add_struct(btf, "empty", 0);
	btf__add_struct(btf, "packed", 5);
	btf__add_field(btf, "c", 2, 0, 0);
	btf__add_field(btf, "i", 1, 8, 0);
	expect_all("struct outer {\n\tunion {\n\t\tint a;\n\t\tlong b;\n\t};\n\tunion {\n\t\tint a;\n"
		   "\t\tlong b;\n\t} named;\n\tint bits: 5;\n\tint more: 3;\n};\n\n"
		   "struct empty {};\n\nstruct packed {\n\tchar c;\n\tint i;\n"
		   "} __attribute__((packed));\n\n");
}

static void single_declarations_are_printed(void **state)
{
	LIBBPF_OPTS(btf_dump_emit_type_decl_opts, opts, .field_name = "name", .strip_mods = true);
	int id;

	id = btf__add_array(btf, 1, btf__add_ptr(btf, btf__add_const(btf, 2)), 4);
	dump = btf_dump__new(btf, print, NULL, NULL);
	assert_int_equal(btf_dump__emit_type_decl(dump, id, NULL), 0);
	assert_string_equal(out, "const char *[4]");
	out[0] = '\0';
	assert_int_equal(btf_dump__emit_type_decl(dump, id, &opts), 0);
	assert_string_equal(out, "char *name[4]");
}

static void values_are_initializers(void **state)
{
	static const struct {
		int a;
		char text[8];
		long big;
		unsigned int low : 3, high : 5;
	} value = { -5, "foo", 0, 2, 0x11 };
	LIBBPF_OPTS(btf_dump_type_data_opts, compact, .compact = true);
	LIBBPF_OPTS(btf_dump_type_data_opts, bare, .compact = true, .skip_names = true,
		    .emit_zeroes = true);
	int array, id;

	array = btf__add_array(btf, 1, 2, 8);
	btf__add_int(btf, "unsigned int", 4, 0);
	id = btf__add_struct(btf, "v", sizeof(value));
	btf__add_field(btf, "a", 1, 0, 0);
	btf__add_field(btf, "text", array, 32, 0);
	btf__add_field(btf, "big", 3, 128, 0);
	btf__add_field(btf, "low", id - 1, 192, 3);
	btf__add_field(btf, "high", id - 1, 195, 5);
	dump = btf_dump__new(btf, print, NULL, NULL);
	assert_int_equal(btf_dump__dump_type_data(dump, id, &value, sizeof(value), &compact),
			 sizeof(value));
	assert_string_equal(out, "(struct v){.a = (int)-5,.text = (char[8])['f','o','o',],"
				 ".low = (unsigned int)0x2,.high = (unsigned int)0x11,}");
	out[0] = '\0';
	assert_int_equal(btf_dump__dump_type_data(dump, id, &value, sizeof(value), &bare),
			 sizeof(value));
	assert_string_equal(out, "{-5,['f','o','o',],0,0x2,0x11,}");
	out[0] = '\0';
	assert_int_equal(btf_dump__dump_type_data(dump, 1, &value, 4, NULL), 4);
	assert_string_equal(out, "(int)-5");
	assert_int_equal(btf_dump__dump_type_data(dump, 1, &value, 3, NULL), -E2BIG);
	assert_int_equal(btf_dump__dump_type_data(dump, 1000, &value, 3, NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(declarators_nest, begin, end),
		cmocka_unit_test_setup_teardown(what_is_used_comes_first, begin, end),
		cmocka_unit_test_setup_teardown(colliding_names_are_told_apart, begin, end),
		cmocka_unit_test_setup_teardown(anonymous_types_stand_where_they_are_used, begin, end),
		cmocka_unit_test_setup_teardown(values_are_initializers, begin, end),
		cmocka_unit_test_setup_teardown(single_declarations_are_printed, begin, end),
	};

	return run_group("dump", tests, COUNT(tests));
}
