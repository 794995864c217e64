/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BPF_BTF_LOAD: one row per rule, with result and the last line of the log, on both kernels. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "backend.h"
#include "words.h"

#define ROW(...) (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ })

static const struct row {
	const char *name;
	const uint32_t *words;
	uint32_t size;
	int want;
	const char *last;	/* line of the log; NULL: any */
} rows[] = {
	{ "an_int", ROW(INT32), 0, "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED" },
	{ "kind_0", ROW(T(0, UNKN, 0, 0)), -EINVAL, "[1] Invalid kind:0" },
	{ "kind_20", ROW(0, 20u << 24, 0), -EINVAL, "[1] Invalid kind:20" },
	{ "reserved_info_bits", ROW(0, 1u << 24 | 1 << 16, 4, 32), -EINVAL,
	  "[1] Invalid btf_info:1010000" },
	{ "name_out_of_range", ROW(5000, 1u << 24, 4, 32), -EINVAL, "[1] Invalid name_offset:5000" },
	{ "half_a_type", ROW(INT32, 0, 0), -EINVAL, "[2] meta_left:8 meta_needed:12" },
	{ "int_without_its_word", ROW(T(S_INT, INT, 0, 4)), -EINVAL,
	  "[1] INT int meta_left:0 meta_needed:4" },
	{ "int_bits_exceed_size", ROW(T_INT(4, 33)), -EINVAL,
	  "[1] INT int size=4 bits_offset=0 nr_bits=33 encoding=SIGNED nr_bits exceeds type_size" },
	{ "int_of_unknown_encoding", ROW(T(S_INT, INT, 0, 4), 3u << 24 | 32), -ENOTSUPP,
	  "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=UNKN Unsupported encoding" },
	{ "int_data_reserved", ROW(T(S_INT, INT, 0, 4), 0x10000020), -EINVAL,
	  "[1] INT int Invalid int_data:10000020" },
	{ "ptr_to_void", ROW(T(0, PTR, 0, 0)), 0, "[1] PTR (anon) type_id=0" },
	{ "ptr_to_nothing", ROW(T(0, PTR, 0, 9)), -EINVAL,
	  "[1] PTR (anon) type_id=9 Invalid type_id" },
	{ "ptr_to_itself", ROW(T(0, PTR, 0, 1)), -EEXIST, "[1] PTR (anon) type_id=1 Loop detected" },
	{ "ptr_with_name", ROW(T(S_A, PTR, 0, 0)), -EINVAL, "[1] PTR a type_id=0 Invalid name" },
	{ "ptr_through_struct_is_no_loop",
	  ROW(T(S_S, STRUCT, 1, 8), S_A, 2, 0, T(0, PTR, 0, 1)), 0, "[2] PTR (anon) type_id=1" },
	{ "struct_in_itself", ROW(T(S_S, STRUCT, 1, 8), S_A, 1, 0), -EEXIST,
	  "[1] STRUCT s size=8 vlen=1 Loop detected" },
	{ "typedef_without_name", ROW(INT32, T(0, TYPEDEF, 0, 1)), -EINVAL,
	  "[2] TYPEDEF (anon) type_id=1 Invalid name" },
	{ "const_with_kind_flag", ROW(INT32, TK(0, CONST, 0, 1)), -EINVAL,
	  "[2] CONST (anon) type_id=1 Invalid btf_info kind_flag" },
	{ "type_tag_with_kind_flag", ROW(INT32, TK(S_TAG, TYPE_TAG, 0, 1)), 0,
	  "[2] TYPE_TAG tag type_id=1" },
	{ "type_tag_behind_const", ROW(INT32, T(0, CONST, 0, 3), T(S_TAG, TYPE_TAG, 0, 1)), -EINVAL,
	  "Type tags don't precede modifiers" },
	{ "array", ROW(INT32, T_ARRAY(1, 1, 4)), 0,
	  "[2] ARRAY (anon) type_id=1 index_type_id=1 nr_elems=4" },
	{ "array_of_void", ROW(INT32, T_ARRAY(0, 1, 4)), -EINVAL,
	  "[2] ARRAY (anon) type_id=0 index_type_id=1 nr_elems=4 Invalid elem" },
	{ "array_too_large", ROW(INT32, T_ARRAY(1, 1, 0x80000000)), -EINVAL,
	  "[2] ARRAY (anon) type_id=1 index_type_id=1 nr_elems=2147483648 "
	  "Array size overflows U32_MAX" },
	{ "array_of_odd_ints", ROW(INT32, T_INT(4, 31), T_ARRAY(2, 1, 4)), -EINVAL,
	  "[3] ARRAY (anon) type_id=2 index_type_id=1 nr_elems=4 Invalid array of int" },
	{ "member_exceeds_struct", ROW(INT32, T(S_S, STRUCT, 1, 4), S_A, 1, 32), -EINVAL,
	  "\ta type_id=1 bits_offset=32 Member exceeds struct_size" },
	{ "members_out_of_order", ROW(INT32, T(S_S, STRUCT, 2, 8), S_A, 1, 32, S_A, 1, 0), -EINVAL,
	  "\ta type_id=1 bits_offset=0 Invalid member bits_offset" },
	{ "bitfield", ROW(INT32, TK(S_S, STRUCT, 1, 4), S_A, 1, 3u << 24 | 1), 0,
	  "\ta type_id=1 bitfield_size=3 bits_offset=1" },
	{ "bitfield_wider_than_its_type", ROW(INT32, TK(S_S, STRUCT, 1, 8), S_A, 1, 33u << 24),
	  -EINVAL, "\ta type_id=1 bitfield_size=33 bits_offset=0 Invalid member bitfield_size" },
	{ "union_member_not_at_start", ROW(INT32, T(S_S, UNION, 1, 8), S_A, 1, 8), -EINVAL,
	  "\ta type_id=1 bits_offset=8 Invalid member bits_offset" },
	{ "member_of_forward_type", ROW(T(S_A, FWD, 0, 0), T(S_S, STRUCT, 1, 8), S_A, 1, 0),
	  -EINVAL, "\ta type_id=1 bits_offset=0 Invalid member" },
	{ "modified_member_named_by_what_is_below",
	  ROW(INT32, T(0, CONST, 0, 1), T(S_S, STRUCT, 1, 3), S_A, 2, 0), -EINVAL,
	  "\ta type_id=1 bits_offset=0 Member exceeds struct_size" },
	{ "enum_of_3_bytes", ROW(T(S_S, ENUM, 1, 3), S_A, 1), -EINVAL,
	  "[1] ENUM s size=3 vlen=1 Unexpected size" },
	{ "signed_enum", ROW(TK(S_S, ENUM, 1, 4), S_A, 0xffffffff), 0, "\ta val=-1" },
	{ "unsigned_enum", ROW(T(S_S, ENUM, 1, 4), S_A, 0xffffffff), 0, "\ta val=4294967295" },
	{ "enum64", ROW(TK(S_S, ENUM64, 1, 8), S_A, 0, 0x80000000), 0,
	  "\ta val=-9223372036854775808" },
	{ "enumerator_with_bad_name", ROW(T(S_S, ENUM, 1, 4), S_BAD, 1), -EINVAL,
	  "[1] ENUM s size=4 vlen=1 Invalid name" },
	{ "func_proto_with_varargs", ROW(INT32, T(0, FUNC_PROTO, 2, 1), S_A, 1, 0, 0), 0,
	  "[2] FUNC_PROTO (anon) return=1 args=(1 a, vararg)" },
	{ "void_argument_in_the_middle", ROW(INT32, T(0, FUNC_PROTO, 2, 0), S_A, 0, S_A, 1),
	  -EINVAL, "[2] FUNC_PROTO (anon) return=0 args=(0 a, 1 a) Invalid arg#1" },
	{ "returns_a_forward_type", ROW(T(S_A, FWD, 0, 0), T(0, FUNC_PROTO, 0, 1)), -EINVAL,
	  "[2] FUNC_PROTO (anon) return=1 args=(void) Invalid return type" },
	{ "extern_func", ROW(T(0, FUNC_PROTO, 0, 0), T(S_A, FUNC, 2, 1)), -EINVAL,
	  "[2] FUNC a type_id=1 Invalid func linkage" },
	{ "func_without_argument_name", ROW(INT32, T(0, FUNC_PROTO, 1, 0), 0, 1, T(S_A, FUNC, 1, 2)),
	  -EINVAL, "[3] FUNC a type_id=2 Invalid arg#1" },
	{ "var_of_void", ROW(T(S_A, VAR, 0, 0), 1), -EINVAL,
	  "[1] VAR a type_id=0 linkage=1 Invalid type_id" },
	{ "extern_var", ROW(INT32, T(S_A, VAR, 0, 1), 2), -EINVAL,
	  "[2] VAR a type_id=1 linkage=2 Linkage not supported" },
	{ "datasec", ROW(INT32, T(S_A, VAR, 0, 1), 1, T(S_DATA, DATASEC, 1, 4), 2, 0, 4), 0,
	  "\t type_id=2 offset=0 size=4" },
	{ "datasec_of_an_int", ROW(INT32, T(S_DATA, DATASEC, 1, 4), 1, 0, 4), -EINVAL,
	  "\t type_id=1 offset=0 size=4 Not a VAR kind member" },
	{ "datasec_too_small", ROW(INT32, T(S_A, VAR, 0, 1), 1, T(S_DATA, DATASEC, 1, 4), 2, 2, 4),
	  -EINVAL, "\t type_id=2 offset=2 size=4 Invalid offset+size" },
	{ "datasec_name_may_have_spaces", ROW(T(S_BAD, DATASEC, 0, 4)), 0,
	  "[1] DATASEC b c size=4 vlen=0" },
	{ "float_of_3_bytes", ROW(T(S_A, FLOAT, 0, 3)), -EINVAL,
	  "[1] FLOAT a size=3 Invalid type_size" },
	{ "decl_tag_on_a_member", ROW(INT32, T(S_S, STRUCT, 1, 4), S_A, 1, 0, T_TAG(S_TAG, 2, 0)), 0,
	  "[3] DECL_TAG tag type=2 component_idx=0" },
	{ "decl_tag_on_a_member_too_many",
	  ROW(INT32, T(S_S, STRUCT, 1, 4), S_A, 1, 0, T_TAG(S_TAG, 2, 1)), -EINVAL,
	  "[3] DECL_TAG tag type=2 component_idx=1 Invalid component_idx" },
	{ "decl_tag_on_an_int", ROW(INT32, T_TAG(S_TAG, 1, -1)), -EINVAL,
	  "[2] DECL_TAG tag type=1 component_idx=-1 Invalid type_id" },
	{ "two_spin_locks",
	  ROW(T(S_SPIN, STRUCT, 0, 4), T(S_S, STRUCT, 2, 8), S_A, 1, 0, S_OTHER, 1, 32), -E2BIG,
	  NULL },
	{ "misplaced_spin_lock", ROW(T(S_SPIN, STRUCT, 0, 4), T(S_S, STRUCT, 1, 8), S_A, 1, 16),
	  -EFAULT, NULL },
	{ "list_head_without_lock",
	  ROW(T(S_HEAD, STRUCT, 0, 16), T(S_S, STRUCT, 1, 16), S_A, 1, 0), -EINVAL, NULL },
	{ "list_of_what_owns_a_list",
	  ROW(T(S_HEAD, STRUCT, 0, 16), T(S_SPIN, STRUCT, 0, 4), T(S_NODE, STRUCT, 0, 24),
	      T(S_S, STRUCT, 3, 48), S_A, 3, 0, S_OTHER, 1, 192, S_TAG, 2, 320,
	      T_TAG(S_CONTAINS, 4, 1)), -ELOOP, NULL },
};

static int load_blob(const struct backend *b, const void *blob, uint32_t size, char *log,
		     uint32_t log_size)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	log[0] = 0;
	attr.btf = (uintptr_t)blob;
	attr.btf_size = size;
	attr.btf_log_buf = (uintptr_t)log;
	attr.btf_log_size = log_size;
	attr.btf_log_level = 1;
	fd = b->bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		b->close(fd);
	return fd < 0 ? fd : 0;
}

/* Without the line's end; only the last line that is not empty. */
static const char *last_line(char *log)
{
	size_t len = strlen(log);
	char *start;

	while (len && log[len - 1] == '\n')
		log[--len] = 0;
	start = strrchr(log, '\n');
	return start ? start + 1 : log;
}

static void load_follows_the_rules(void **state)
{
	static unsigned char blob[BLOB_MAX];
	static char log[1 << 16];
	int failed = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t size = make_blob(rows[i].words, rows[i].size, blob);
		int got = load_blob(backend_of(state), blob, size, log, sizeof(log));
		const char *last = last_line(log);

		if (got == rows[i].want && (!rows[i].last || !strcmp(last, rows[i].last)))
			continue;
		print_error("%s: %s, not %s; '%s'\n", rows[i].name, result_name(got),
			    result_name(rows[i].want), last);
		failed++;
	}
	assert_int_equal(failed, 0);
}

struct header_row {
	const char *name;
	struct btf_header header;	/* magic to str_len; the blob is one int */
	uint32_t blob_size;
	int want;
	const char *last;
};

#define H(m, v, f, len, toff, tlen, soff, slen) { m, v, f, len, toff, tlen, soff, slen }
static const struct header_row header_rows[] = {
	{ "good", H(BTF_MAGIC, 1, 0, 24, 0, 16, 16, 5), 45, 0,
	  "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED" },
	{ "empty", H(0, 0, 0, 0, 0, 0, 0, 0), 0, -EINVAL, "hdr_len not found" },
	{ "cut", H(BTF_MAGIC, 1, 0, 24, 0, 16, 16, 5), 10, -EINVAL, "btf_header not found" },
	{ "magic", H(0x9feb, 1, 0, 24, 0, 16, 16, 5), 45, -EINVAL, "Invalid magic" },
	{ "version", H(BTF_MAGIC, 2, 0, 24, 0, 16, 16, 5), 45, -ENOTSUPP, "Unsupported version" },
	{ "flags", H(BTF_MAGIC, 1, 1, 24, 0, 16, 16, 5), 45, -ENOTSUPP, "Unsupported flags" },
	{ "no_data", H(BTF_MAGIC, 1, 0, 24, 0, 0, 0, 0), 24, -EINVAL, "No data" },
	{ "gap", H(BTF_MAGIC, 1, 0, 24, 0, 12, 16, 5), 45, -EINVAL, "Unsupported section found" },
	{ "overlap", H(BTF_MAGIC, 1, 0, 24, 0, 16, 8, 5), 45, -EINVAL, "Section overlap found" },
	{ "too_long", H(BTF_MAGIC, 1, 0, 24, 0, 1000, 1000, 5), 45, -EINVAL,
	  "Total section length too long" },
	{ "far_away", H(BTF_MAGIC, 1, 0, 24, 0, 16, 0x90000000, 5), 45, -EINVAL,
	  "Invalid section offset" },
	{ "longer_header_not_zero", H(BTF_MAGIC, 1, 0, 28, 0, 16, 16, 5), 45, -E2BIG,
	  "Unsupported btf_header" },
	{ "strings_without_start", H(BTF_MAGIC, 1, 0, 24, 0, 20, 20, 1), 45, -EINVAL, NULL },
};

static void header_is_checked(void **state)
{
	static const uint32_t words[] = { INT32 };
	static unsigned char blob[64];
	static char log[4096];

	for (size_t i = 0; i < sizeof(header_rows) / sizeof(header_rows[0]); i++) {
		const struct header_row *row = &header_rows[i];
		const char *last;
		int got;

		memcpy(blob, &row->header, sizeof(row->header));
		memcpy(blob + sizeof(row->header), words, sizeof(words));
		memcpy(blob + sizeof(row->header) + sizeof(words), "\0int", 5);
		got = load_blob(backend_of(state), blob, row->blob_size, log, sizeof(log));
		last = last_line(log);
		if (got != row->want || (row->last && strcmp(last, row->last)))
			fail_msg("%s: %s, '%s'", row->name, result_name(got), last);
	}
}

/* The log's own error wins over the verdict. */
static void a_log_too_small_is_enospc(void **state)
{
	static const uint32_t bad[] = { T(0, PTR, 0, 9) };
	unsigned char blob[BLOB_MAX];
	uint32_t size = make_blob(bad, sizeof(bad), blob);
	char log[32];

	assert_int_equal(load_blob(backend_of(state), blob, size, log, sizeof(log)), -ENOSPC);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(load_follows_the_rules),
		BOTH(header_is_checked),
		BOTH(a_log_too_small_is_enospc),
	};

	return run_on_both("btf: load", tests, sizeof(tests) / sizeof(tests[0]));
}
