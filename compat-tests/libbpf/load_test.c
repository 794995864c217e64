/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Loading objects and running what was loaded. */
#include "harness.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void *data_of(struct bpf_object *obj, const char *section)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, section);
	size_t size;

	assert_non_null(map);
	return (void *)bpf_map__initial_value(map, &size);
}

static struct bpf_object *load_prog(const char *name)
{
	struct bpf_object *obj = open_prog(name);
	int err = bpf_object__load(obj);

	if (err)
		fail_msg("load %s: %d\n%s", name, err, messages);
	return obj;
}

/* Value of a global data map, by the map itself: libbpf 1.1 maps it only for skeletons. */
static int first_int(struct bpf_object *obj, const char *section)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, section);
	char value[4096];
	int zero = 0, result;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &zero, value), 0);
	memcpy(&result, value, sizeof(result));
	return result;
}

static void subprograms_and_global_data_work_together(void **state)
{
	struct bpf_object *obj = open_prog("basic");
	struct bpf_map *counters;
	__u32 key = 1;
	__u64 value = 10;
	int limit = 100;

	assert_int_equal(bpf_map__set_initial_value(bpf_object__find_map_by_name(obj, ".rodata"),
						    &limit, sizeof(limit)), 0);
	assert_int_equal(bpf_object__load(obj), 0);
	counters = bpf_object__find_map_by_name(obj, "counters");
	assert_int_equal(bpf_map__update_elem(counters, &key, 4, &value, 8, BPF_ANY), 0);
	assert_int_equal(run_prog(obj, "compute"), 2);
	/* 42 * 3 + 0 + 100, 2 * 3, 0+1+2+3+4, 7 */
	assert_int_equal(first_int(obj, ".bss"), 226 + 6 + 10 + 7);
	assert_int_equal(bpf_map__lookup_elem(counters, &key, 4, &value, 8, 0), 0);
	assert_int_equal(value, 11);
	bpf_object__close(obj);
}

static void element_functions_check_sizes(void **state)
{
	struct bpf_object *obj = load_prog("basic");
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "counters");
	struct bpf_map *percpu = bpf_object__find_map_by_name(obj, "percpu");
	int cpus = libbpf_num_possible_cpus();
	__u64 values[cpus], value = 1;
	__u32 key = 0, next;

	assert_true(cpus > 0);
	assert_int_equal(bpf_map__update_elem(map, &key, 3, &value, 8, 0), -EINVAL);
	assert_int_equal(bpf_map__update_elem(map, &key, 4, &value, 4, 0), -EINVAL);
	assert_int_equal(bpf_map__lookup_elem(map, &key, 4, &value, 8, 0), -ENOENT);
	assert_int_equal(bpf_map__update_elem(map, &key, 4, &value, 8, 0), 0);
	assert_int_equal(bpf_map__get_next_key(map, NULL, &next, 4), 0);
	assert_int_equal(bpf_map__get_next_key(map, &next, &next, 4), -ENOENT);
	assert_int_equal(bpf_map__lookup_and_delete_elem(map, &key, 4, &value, 8, 0), 0);
	assert_int_equal(bpf_map__delete_elem(map, &key, 4, 0), -ENOENT);
	/* four bytes are eight for each CPU */
	assert_int_equal(bpf_map__lookup_elem(percpu, &key, 4, values, 4 * cpus, 0), -EINVAL);
	assert_int_equal(bpf_map__lookup_elem(percpu, &key, 4, values, 8 * cpus, 0), 0);
	bpf_object__close(obj);
}

static void initial_elements_are_set(void **state)
{
	struct bpf_object *obj = open_prog("maps");
	int zero = 0, value = 33, id;
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
		assert_int_equal(bpf_map__set_pin_path(map, NULL), 0);
	assert_int_equal(bpf_object__load(obj), 0);
	assert_int_equal(run_prog(obj, "jump"), 77);
	map = bpf_object__find_map_by_name(obj, "inner_b");
	assert_int_equal(bpf_map__update_elem(map, &zero, 4, &value, 4, 0), 0);
	assert_int_equal(run_prog(obj, "through_outer"), 33);
	map = bpf_object__find_map_by_name(obj, "outer");
	id = 1;
	assert_int_equal(bpf_map__lookup_elem(map, &id, 4, &value, 4, 0), -ENOENT);
	bpf_object__close(obj);
}

static void a_pinned_map_is_reused_if_it_fits(void **state)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = pin_dir());
	struct bpf_object *first, *second;
	int key = 3, value = 55;
	struct bpf_map *map;
	char path[256];

	first = open_prog_opts("maps", &opts);
	snprintf(path, sizeof(path), "%s/pinned", pin_dir());
	map = bpf_object__find_map_by_name(first, "pinned");
	assert_string_equal(bpf_map__pin_path(map), path);
	assert_int_equal(bpf_object__load(first), 0);
	assert_true(bpf_map__is_pinned(map));
	assert_int_equal(bpf_map__update_elem(map, &key, 4, &value, 4, 0), 0);

	second = open_prog_opts("maps", &opts);
	assert_int_equal(bpf_object__load(second), 0);
	assert_int_equal(run_prog(second, "use_pinned"), 55);
	bpf_object__close(second);

	second = open_prog_opts("maps", &opts);
	map = bpf_object__find_map_by_name(second, "pinned");
	assert_int_equal(bpf_map__set_max_entries(map, 5), 0);
	forget_messages();
	assert_int_equal(bpf_object__load(second), -EINVAL);
	assert_said("couldn't reuse pinned map at");
	assert_said("parameter mismatch");
	bpf_object__close(second);

	map = bpf_object__find_map_by_name(first, "pinned");
	assert_int_equal(bpf_map__unpin(map, NULL), 0);
	assert_false(bpf_map__is_pinned(map));
	assert_int_equal(bpf_map__unpin(map, NULL), -ENOENT);
	bpf_object__close(first);
}

static void whole_objects_pin_and_unpin(void **state)
{
	struct bpf_object *obj = open_prog("basic");
	char path[256];
	int fd;

	assert_int_equal(bpf_object__pin_programs(obj, pin_dir()), -ENOENT);
	assert_int_equal(bpf_object__load(obj), 0);
	bpf_program__set_autoattach(bpf_object__next_program(obj, NULL), true);
	assert_int_equal(bpf_object__pin_maps(obj, pin_dir()), 0);
	/* dots are not allowed there */
	snprintf(path, sizeof(path), "%s/basic_rodata", pin_dir());
	fd = bpf_obj_get(path);
	assert_true(fd > 2);
	close(fd);
	assert_int_equal(bpf_object__unpin_maps(obj, pin_dir()), 0);
	assert_int_equal(bpf_obj_get(path), -ENOENT);
	assert_int_equal(bpf_program__pin(bpf_object__find_program_by_name(obj, "optional"), path),
			 -EINVAL);
	bpf_object__close(obj);
}

static void a_refused_program_comes_with_its_log(void **state)
{
	struct bpf_object *obj = open_prog("bad");
	struct bpf_program *prog;

	prog = bpf_object__find_program_by_name(obj, "unknown");
	assert_int_equal(bpf_program__set_autoload(prog, false), 0);
	forget_messages();
	assert_int_equal(bpf_object__load(obj), -EACCES);
	assert_said("libbpf: prog 'without_check': BPF program load failed: ");
	assert_said("libbpf: prog 'without_check': -- BEGIN PROG LOAD LOG --\n");
	assert_said("R0 invalid mem access 'map_value_or_null'");
	assert_said("-- END PROG LOAD LOG --\n");
	assert_said("libbpf: prog 'without_check': failed to load: ");
	assert_said("libbpf: failed to load object '");
	/* nothing is left, and there is no second try */
	assert_int_equal(bpf_map__fd(bpf_object__find_map_by_name(obj, "values")), -1);
	assert_int_equal(bpf_object__load(obj), -EINVAL);
	bpf_object__close(obj);
}

static void the_log_goes_where_it_is_wanted(void **state)
{
	struct bpf_object *obj = open_prog("bad");
	struct bpf_program *prog;
	char log[4096] = "";

	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "unknown"), false);
	prog = bpf_object__find_program_by_name(obj, "without_check");
	assert_int_equal(bpf_program__set_log_buf(prog, NULL, 10), -EINVAL);
	assert_int_equal(bpf_program__set_log_buf(prog, log, sizeof(log)), 0);
	forget_messages();
	assert_int_equal(bpf_object__load(obj), -EACCES);
	assert_non_null(strstr(log, "R0 invalid mem access 'map_value_or_null'"));
	assert_null(strstr(messages, "BEGIN PROG LOAD LOG"));
	bpf_object__close(obj);
}

static void a_section_without_meaning_needs_a_type(void **state)
{
	struct bpf_object *obj = open_prog("bad");
	struct bpf_program *prog;

	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "without_check"), false);
	forget_messages();
	assert_int_equal(bpf_object__load(obj), -EINVAL);
	assert_said("prog 'unknown': missing BPF prog type, check ELF section name 'nosuchsection'");
	bpf_object__close(obj);

	obj = open_prog("bad");
	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "without_check"), false);
	prog = bpf_object__find_program_by_name(obj, "unknown");
	assert_int_equal(bpf_program__set_type(prog, BPF_PROG_TYPE_SOCKET_FILTER), 0);
	assert_int_equal(bpf_object__load(obj), 0);
	bpf_object__close(obj);
}

static void a_map_that_is_not_created_is_named(void **state)
{
	struct bpf_object *obj = open_prog("bad");

	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "unknown"), false);
	assert_int_equal(bpf_map__set_autocreate(bpf_object__find_map_by_name(obj, "values"),
						 false), 0);
	forget_messages();
	assert_int_equal(bpf_object__load(obj), -EINVAL);
	/* the 1.1 series looks for older words of the verifier */
	if (!is_old_libbpf())
		assert_said("BPF map 'values' is referenced but wasn't created");
	bpf_object__close(obj);
}

static void fds_are_never_those_of_stdio(void **state)
{
	int saved = dup(0), fd;

	close(0);
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "a", 4, 4, 1, NULL);
	assert_true(fd > 2);
	close(fd);
	dup2(saved, 0);
	close(saved);
}

static void another_map_takes_the_place(void **state)
{
	struct bpf_object *obj = open_prog("basic");
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "counters");
	__u32 key = 1;
	__u64 value = 5;
	int fd;

	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "mine", 4, 8, 99, NULL);
	assert_int_equal(bpf_map__reuse_fd(map, fd), 0);
	assert_int_equal(bpf_map__max_entries(map), 99);
	assert_string_equal(bpf_map__name(map), "mine");
	assert_int_equal(bpf_object__load(obj), 0);
	assert_int_equal(bpf_map_update_elem(fd, &key, &value, 0), 0);
	run_prog(obj, "compute");
	assert_int_equal(bpf_map_lookup_elem(fd, &key, &value), 0);
	assert_int_equal(value, 6);
	close(fd);
	bpf_object__close(obj);
}

static void configuration_lines_become_variables(void **state)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts,
		    .kconfig = "CONFIG_TEST_BOOL=y\nCONFIG_TEST_TRI=m\nCONFIG_TEST_INT=-7\n"
			       "CONFIG_TEST_HEX=0xdeadbeefcafe\nCONFIG_TEST_STR=\"too long a text\"\n"
			       "CONFIG_TEST_ABSENT=123\n");
	struct bpf_object *obj = open_prog_opts("kconfig", &opts);
	struct {
		int version, boolean, tri, integer;
	} seen;
	struct bpf_map *map;
	char value[64];
	int zero = 0;

	if (bpf_object__load(obj))
		fail_msg("%s", messages);
	run_prog(obj, "copy");
	map = bpf_object__find_map_by_name(obj, ".bss");
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &zero, value), 0);
	memcpy(&seen, value, sizeof(seen));
	assert_int_equal(seen.version >> 16, 6);
	assert_int_equal(seen.boolean, 1);
	assert_int_equal(seen.tri, TRI_MODULE);
	assert_int_equal(seen.integer, -7);
	assert_int_equal(first_int(obj, ".data"), 123);
	bpf_object__close(obj);
}

static void configuration_values_are_checked(void **state)
{
	static const char *const lines[] = {
		"CONFIG_TEST_BOOL=m\n", "CONFIG_TEST_INT=y\n", "CONFIG_TEST_INT=4294967296\n",
		"CONFIG_TEST_STR=abc\n", "CONFIG_TEST_STR=\"abc\n", "CONFIG_TEST_TRI=1\n",
		"CONFIG_TEST_INT=\n",
	};
	size_t i;

	for (i = 0; i < COUNT(lines); i++) {
		LIBBPF_OPTS(bpf_object_open_opts, opts, .kconfig = lines[i]);
		struct bpf_object *obj = open_prog_opts("kconfig", &opts);

		if (bpf_object__load(obj) != -EINVAL)
			fail_msg("accepted: %s", lines[i]);
		bpf_object__close(obj);
	}
}

static void read_only_data_cannot_be_written(void **state)
{
	struct bpf_object *obj = load_prog("basic");
	struct bpf_map *map = bpf_object__find_map_by_name(obj, ".rodata");
	int zero = 0, value = 1, status;
	pid_t child;

	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), &zero, &value, 0), -EPERM);
	if (!is_old_libbpf()) {
		child = fork();
		if (!child) {
			signal(SIGSEGV, SIG_DFL);
			*(volatile int *)data_of(obj, ".rodata") = 1;
			_exit(0);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
	bpf_object__close(obj);
}

/* ---- info: the length is the caller's own where nothing is told ---- */

static void a_failed_query_leaves_the_length(void **state)
{
	struct bpf_object *obj = load_prog("basic");
	int map = bpf_map__fd(bpf_object__find_map_by_name(obj, "counters"));
	char *room = calloc(1, 8192);
	const struct {
		const char *what;
		int fd;
		void *info;
		__u32 len;
		int want;
		__u32 told;
	} rows[] = {
		{ "no fd", -1, room, 80, -EBADFD, 80 },
		{ "no fd and too much", -1, room, 8192, -EBADFD, 8192 },
		{ "no memory", map, (void *)8, 80, -EFAULT, 80 },
		{ "beyond a page", map, room, 8192, -E2BIG, 8192 },
		{ "more, not zero", map, room, 2048, -E2BIG, 2048 },
		{ "a part", map, room, 40, 0, 40 },
		{ "nothing", map, room, 0, 0, 0 },
	};
	__u32 full, len;

	room[2047] = 1;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int err;

		len = rows[i].len;
		err = bpf_obj_get_info_by_fd(rows[i].fd, rows[i].info, &len);
		if (err != rows[i].want || len != rows[i].told)
			fail_msg("%s: %d, length %u", rows[i].what, err, len);
	}
	room[2047] = 0;
	full = 1024;
	assert_int_equal(bpf_obj_get_info_by_fd(map, room, &full), 0);
	assert_true(full >= sizeof(struct bpf_map_info) - 8 && full < 1024);
	free(room);
	bpf_object__close(obj);
}

/* ---- maps pinned by name ---- */

#define LOADERS 8

static int load_and_tell(int go, int tell)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = pin_dir());
	struct bpf_object *obj = open_prog_opts("maps", &opts);
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);
	char byte;

	if (read(go, &byte, 1) != 1 || bpf_object__load(obj))
		return 1;
	if (bpf_obj_get_info_by_fd(bpf_map__fd(bpf_object__find_map_by_name(obj, "pinned")), &info,
				   &len))
		return 1;
	return write(tell, &info.id, sizeof(info.id)) == sizeof(info.id) ? 0 : 1;
}

/* S84: however many load at once, there is one map. */
static void loaders_at_once_share_a_pinned_map(void **state)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .pin_root_path = pin_dir());
	struct bpf_object *obj;
	char path[4096], bytes[LOADERS] = { 0 };
	int go[2], tell[2], status;
	__u32 first = 0, id;
	pid_t pids[LOADERS];

	snprintf(path, sizeof(path), "%s/pinned", pin_dir());
	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(tell), 0);
	for (int i = 0; i < LOADERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(load_and_tell(go[0], tell[1]));
	}
	assert_int_equal(write(go[1], bytes, LOADERS), LOADERS);
	for (int i = 0; i < LOADERS; i++) {
		waitpid(pids[i], &status, 0);
		assert_int_equal(status, 0);
		assert_int_equal(read(tell[0], &id, sizeof(id)), sizeof(id));
		first = first ? first : id;
		assert_int_equal(id, first);
	}
	assert_int_equal(close(go[0]) | close(go[1]) | close(tell[0]) | close(tell[1]), 0);
	/* For those that come later: unpinned through a map, as the path need not be a real one. */
	obj = open_prog_opts("maps", &opts);
	assert_int_equal(bpf_object__load(obj), 0);
	assert_int_equal(bpf_map__unpin(bpf_object__find_map_by_name(obj, "pinned"), path), 0);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subprograms_and_global_data_work_together),
		cmocka_unit_test(element_functions_check_sizes),
		cmocka_unit_test(initial_elements_are_set),
		cmocka_unit_test(a_pinned_map_is_reused_if_it_fits),
		cmocka_unit_test(loaders_at_once_share_a_pinned_map),
		cmocka_unit_test(a_failed_query_leaves_the_length),
		cmocka_unit_test(whole_objects_pin_and_unpin),
		cmocka_unit_test(a_refused_program_comes_with_its_log),
		cmocka_unit_test(the_log_goes_where_it_is_wanted),
		cmocka_unit_test(a_section_without_meaning_needs_a_type),
		cmocka_unit_test(a_map_that_is_not_created_is_named),
		cmocka_unit_test(fds_are_never_those_of_stdio),
		cmocka_unit_test(another_map_takes_the_place),
		cmocka_unit_test(configuration_lines_become_variables),
		cmocka_unit_test(configuration_values_are_checked),
		cmocka_unit_test(read_only_data_cannot_be_written),
	};

	return run_group("load", tests, COUNT(tests));
}
