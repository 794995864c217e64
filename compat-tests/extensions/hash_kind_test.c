/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* hash_kind_test OBJECT BOGUS_OBJECT: how program information is compared, program by program (S48). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "backend.h"
#include "kern.h"
#include "probe.h"

static const char *good, *with_bogus;
static char log_text[8192];

static int attach(struct bpf_object *obj, const char *name)
{
	struct bpf_link *link = bpf_program__attach(bpf_object__find_program_by_name(obj, name));
	int err = link ? 0 : -errno;

	bpf_link__destroy(link);
	return err;
}

static void each_program_as_it_says(void **state)
{
	struct bpf_object *obj;

	assert_int_equal(bpfx_register(&probe.ext), 0);
	obj = bpf_object__open_file(good, NULL);
	assert_non_null(obj);
	assert_int_equal(bpf_object__load(obj), 0);
	assert_int_equal(attach(obj, "plain"), 0);
	assert_int_equal(attach(obj, "hashed"), 0);
	assert_int_equal(attach(obj, "unhashed"), 0);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
	probe.fields[2].flags |= BPFX_FIELD_WRITE;
	assert_int_equal(bpfx_register(&probe.ext), 0);
	assert_int_equal(attach(obj, "plain"), -EINVAL);
	assert_int_equal(attach(obj, "hashed"), -EINVAL);
	assert_int_equal(attach(obj, "unhashed"), 0);
	bpf_object__close(obj);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
	probe_reset();
}

static void an_unknown_kind_is_refused_at_load(void **state)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .kernel_log_buf = log_text,
		    .kernel_log_size = sizeof(log_text), .kernel_log_level = 1);
	struct bpf_object *obj;
	uint32_t id = 0;

	assert_int_equal(bpfx_register(&probe.ext), 0);
	obj = bpf_object__open_file(with_bogus, &opts);
	assert_non_null(obj);
	assert_int_equal(bpf_object__load(obj), -EINVAL);
	assert_non_null(strstr(log_text, "hash 'bogus' is unknown"));
	bpf_object__close(obj);
	assert_int_equal(next_id(&emulated_backend, BPF_PROG_GET_NEXT_ID, 0, &id), -ENOENT);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_program_as_it_says),
		cmocka_unit_test(an_unknown_kind_is_refused_at_load),
	};

	if (argc != 3)
		return 2;
	good = argv[1];
	with_bogus = argv[2];
	libbpf_set_print(quiet);
	use_private_store();
	bpfx_host();
	probe_reset();
	return cmocka_run_group_tests_name("extensions: kinds of hashes", tests, NULL, NULL);
}
