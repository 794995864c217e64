/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Names and numbers: types, sections, errors, probes. */
#include "harness.h"

static void section_names_mean_types(void **state)
{
	static const struct {
		const char *name;
		enum bpf_prog_type type;
		int attach_type;	/* -1: not asked for by name */
	} cases[] = {
		{ "socket", BPF_PROG_TYPE_SOCKET_FILTER, -1 },
		{ "kprobe/x", BPF_PROG_TYPE_KPROBE, -1 },
		{ "kprobe", BPF_PROG_TYPE_KPROBE, -1 },
		{ "kretprobe/x", BPF_PROG_TYPE_KPROBE, -1 },
		{ "tc", BPF_PROG_TYPE_SCHED_CLS, -1 },
		{ "classifier", BPF_PROG_TYPE_SCHED_CLS, -1 },
		{ "action", BPF_PROG_TYPE_SCHED_ACT, -1 },
		{ "tp/a/b", BPF_PROG_TYPE_TRACEPOINT, -1 },
		{ "raw_tp/x", BPF_PROG_TYPE_RAW_TRACEPOINT, -1 },
		{ "raw_tracepoint.w/x", BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, -1 },
		{ "fentry/x", BPF_PROG_TYPE_TRACING, -1 },
		{ "iter/task", BPF_PROG_TYPE_TRACING, -1 },
		{ "lsm/x", BPF_PROG_TYPE_LSM, -1 },
		{ "freplace/x", BPF_PROG_TYPE_EXT, -1 },
		{ "xdp", BPF_PROG_TYPE_XDP, BPF_XDP },
		{ "xdp/devmap", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP },
		{ "xdp.frags", BPF_PROG_TYPE_XDP, -1 },
		{ "cgroup_skb/ingress", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS },
		{ "cgroup/skb", BPF_PROG_TYPE_CGROUP_SKB, -1 },
		{ "cgroup/bind4", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
		{ "cgroup/connect6", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET6_CONNECT },
		{ "cgroup/getsockopt", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_GETSOCKOPT },
		{ "sockops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
		{ "sk_msg", BPF_PROG_TYPE_SK_MSG, BPF_SK_MSG_VERDICT },
		{ "sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP },
		{ "syscall", BPF_PROG_TYPE_SYSCALL, -1 },
		{ "struct_ops/x", BPF_PROG_TYPE_STRUCT_OPS, -1 },
	};
	static const char *const unknown[] = { "", "xdpx", "xdp/nosuch", "kprobex", "socket/x" };
	enum bpf_attach_type attach;
	enum bpf_prog_type type;
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		if (libbpf_prog_type_by_name(cases[i].name, &type, &attach))
			fail_msg("%s is unknown", cases[i].name);
		assert_int_equal(type, cases[i].type);
		if (cases[i].attach_type < 0) {
			assert_int_equal(libbpf_attach_type_by_name(cases[i].name, &attach),
					 -EINVAL);
			continue;
		}
		assert_int_equal(libbpf_attach_type_by_name(cases[i].name, &attach), 0);
		assert_int_equal(attach, cases[i].attach_type);
	}
	for (i = 0; i < COUNT(unknown); i++)
		assert_int_equal(libbpf_prog_type_by_name(unknown[i], &type, &attach), -ESRCH);
	assert_int_equal(libbpf_prog_type_by_name(NULL, &type, &attach), -EINVAL);
}

static void numbers_have_names(void **state)
{
	assert_string_equal(libbpf_bpf_prog_type_str(BPF_PROG_TYPE_XDP), "xdp");
	assert_string_equal(libbpf_bpf_map_type_str(BPF_MAP_TYPE_LRU_PERCPU_HASH),
			    "lru_percpu_hash");
	assert_string_equal(libbpf_bpf_attach_type_str(BPF_CGROUP_INET4_BIND),
			    "cgroup_inet4_bind");
	assert_string_equal(libbpf_bpf_link_type_str(BPF_LINK_TYPE_PERF_EVENT), "perf_event");
	assert_null(libbpf_bpf_prog_type_str(1000));
	assert_null(libbpf_bpf_map_type_str(1000));
	assert_null(libbpf_bpf_attach_type_str(1000));
	assert_null(libbpf_bpf_link_type_str(1000));
}

static void errors_have_texts(void **state)
{
	static const struct {
		int err;
		const char *text;
		int want;
	} cases[] = {
		{ EINVAL, "Invalid argument", 0 },
		{ -ENOENT, "No such file or directory", 0 },
		{ LIBBPF_ERRNO__FORMAT, "BPF object format invalid", 0 },
		{ -LIBBPF_ERRNO__RELOC, "Relocation failed", 0 },
		{ LIBBPF_ERRNO__ENDIAN, "Endian mismatch", 0 },
		{ 5000, "Unknown libbpf error 5000", -ENOENT },
	};
	char buf[128];
	size_t i;

	for (i = 0; i < COUNT(cases); i++) {
		assert_int_equal(libbpf_strerror(cases[i].err, buf, sizeof(buf)), cases[i].want);
		assert_string_equal(buf, cases[i].text);
	}
	assert_int_equal(libbpf_strerror(EINVAL, NULL, 10), -EINVAL);
	assert_int_equal(libbpf_strerror(EINVAL, buf, 0), -EINVAL);
	/* positive, as strerror_r() has it */
	assert_int_equal(libbpf_strerror(EINVAL, buf, 5), ERANGE);
	errno = ENOMEM;
	assert_int_equal(libbpf_get_error(NULL), -ENOMEM);
	assert_int_equal(libbpf_get_error(buf), 0);
	assert_int_equal(libbpf_get_error((void *)-5L), -5);
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static void the_print_function_is_exchanged(void **state)
{
	libbpf_print_fn_t mine = libbpf_set_print(silent);

	assert_ptr_equal(libbpf_set_print(NULL), silent);
	assert_null(libbpf_set_print(mine));
}

static void probes_know_what_is_there(void **state)
{
	assert_int_equal(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SOCKET_FILTER, NULL), 1);
	assert_int_equal(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL), 1);
	assert_int_equal(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, "x"), -EINVAL);
	assert_int_equal(libbpf_probe_bpf_prog_type(9999, NULL), -EOPNOTSUPP);
	assert_int_equal(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_HASH, NULL), 1);
	assert_int_equal(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL), 1);
	assert_int_equal(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_ARRAY_OF_MAPS, NULL), 1);
	assert_int_equal(libbpf_probe_bpf_map_type(9999, NULL), -EOPNOTSUPP);
	assert_int_equal(libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_map_lookup_elem, NULL),
			 1);
	/* the 1.1 series reads older words of the verifier */
	if (!is_old_libbpf())
		assert_int_equal(libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER,
							 BPF_FUNC_xdp_adjust_head, NULL), 0);
	assert_int_equal(libbpf_probe_bpf_helper(BPF_PROG_TYPE_TRACING, BPF_FUNC_map_lookup_elem,
						 NULL), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(section_names_mean_types),
		cmocka_unit_test(numbers_have_names),
		cmocka_unit_test(errors_have_texts),
		cmocka_unit_test(the_print_function_is_exchanged),
		cmocka_unit_test(probes_know_what_is_there),
	};

	return run_group("names", tests, COUNT(tests));
}
