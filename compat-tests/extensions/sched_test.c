/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* sched_test OBJECT: tracepoints of processes, fired by an application and by names and numbers. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <bpfx/fire.h>
#include <bpfx/hook.h>
#include <bpfx/sched.h>

#include "backend.h"
#include "kern.h"

static const char *object;

/* As the object's .bss has them, in the order of their names' addresses: looked up by BTF. */
static struct bpf_object *obj;

static void *variable(const char *name)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(obj, "sched.bss");
	const struct btf *btf = bpf_object__btf(obj);
	int id = btf__find_by_name_kind(btf, ".bss", BTF_KIND_DATASEC);
	const struct btf_type *section = btf__type_by_id(btf, id);
	const struct btf_var_secinfo *var = btf_var_secinfos(section);
	size_t size;

	for (int i = 0; i < btf_vlen(section); i++, var++)
		if (!strcmp(btf__name_by_offset(btf, btf__type_by_id(btf, var->type)->name_off), name))
			return (char *)bpf_map__initial_value(bss, &size) + var->offset;
	fail_msg("no variable %s", name);
	return NULL;
}

static int number(const char *name)
{
	return *(int *)variable(name);
}

static struct bpf_link *attach(const char *name)
{
	struct bpf_link *link;

	link = bpf_program__attach(bpf_object__find_program_by_name(obj, name));
	if (!link)
		fail_msg("attach of %s: %s", name, strerror(errno));
	return link;
}

static void unpin(const char *path)
{
	char real[4096];

	assert_int_equal(kern_path(path, real, sizeof(real)), KERN_PATH_BPFFS);
	assert_int_equal(unlink(real), 0);
	kern_unpinned();
}

static void programs_see_the_tasks(void **state)
{
	struct bpfx_task parent = { .pid = 100, .tgid = 100, .comm = "init" };
	struct bpfx_task task = { .pid = 4322, .tgid = 4321, .real_parent = &parent,
				  .exit_code = 256, .comm = "worker" };
	struct bpfx_task child = { .pid = 5000, .tgid = 5000 };
	struct bpfx_sched_event event = { .sz = sizeof(event), .kind = BPFX_SCHED_FORK,
					  .task = &task, .child = &child };
	struct bpf_link *links[3];
	const unsigned long long *ids;

	assert_int_equal(bpfx_sched_event(&event), 0);
	links[0] = attach("on_fork");
	links[1] = attach("on_exec");
	links[2] = attach("on_exit");
	assert_int_equal(bpfx_sched_event(&event), 1);
	assert_int_equal(number("forked_parent"), 4321);
	assert_int_equal(number("forked_child"), 5000);
	event.kind = BPFX_SCHED_EXEC;
	event.filename = "/usr/bin/true";
	assert_int_equal(bpfx_sched_event(&event), 1);
	assert_int_equal(number("executed"), 4322);
	assert_int_equal(number("old"), 4322);
	assert_string_equal(variable("filename"), "/usr/bin/true");
	assert_string_equal(variable("comm"), "worker");
	event.kind = BPFX_SCHED_EXIT;
	assert_int_equal(bpfx_sched_event(&event), 1);
	assert_int_equal(number("exited"), 4322);
	assert_int_equal(number("exit_code"), 256);
	assert_int_equal(number("parent_of_exited"), 100);
	/* Whoever fires: current is the event's task. */
	ids = variable("current_ids");
	for (int i = 0; i < 3; i++)
		assert_int_equal(ids[i], 4321ull << 32 | 4322);
	for (int i = 0; i < 3; i++)
		bpf_link__destroy(links[i]);
	assert_int_equal(bpfx_sched_event(&event), 0);
}

static void typed_arguments_are_the_same(void **state)
{
	struct bpfx_task parent = { .pid = 100, .tgid = 100 };
	struct bpfx_task task = { .pid = 4322, .tgid = 4321, .real_parent = &parent,
				  .comm = "worker" };
	struct bpfx_sched_event event = { .sz = sizeof(event), .kind = BPFX_SCHED_EXEC, .old_pid = 9,
					  .task = &task, .filename = "/usr/bin/false" };
	struct bpf_link *typed = attach("typed_exec"), *untyped = attach("on_exec");
	const unsigned long long *ids = variable("typed_ids");

	assert_int_equal(bpfx_sched_event(&event), 2);
	assert_int_equal(number("typed_pid"), 4322);
	assert_int_equal(number("typed_tgid_of_parent"), 100);
	assert_int_equal(number("typed_old"), 9);
	assert_int_equal(number("typed_is_worker"), 1);
	assert_int_equal(number("current_task_tgid"), 4321);
	assert_int_equal(*ids, 4321ull << 32 | 4322);
	assert_string_equal(variable("typed_filename"), "/usr/bin/false");
	assert_int_equal(number("executed"), 4322);
	bpf_link__destroy(typed);
	bpf_link__destroy(untyped);
	assert_int_equal(bpfx_sched_event(&event), 0);
}

static unsigned long long long_number(const char *name)
{
	return *(unsigned long long *)variable(name);
}

static void tracepoint_programs_see_the_record(void **state)
{
	LIBBPF_OPTS(bpf_tracepoint_opts, opts, .bpf_cookie = 77);
	struct bpfx_task task = { .pid = 4322, .tgid = 4321, .comm = "worker" };
	struct bpfx_sched_event event = { .sz = sizeof(event), .kind = BPFX_SCHED_EXEC,
					  .task = &task, .filename = "/usr/bin/env",
					  .old_pid = 4320 };
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "on_record");
	struct bpf_link *link = attach("on_record"), *raw;

	assert_int_equal(bpfx_sched_event(&event), 1);
	assert_int_equal(number("record_pid"), 4322);
	assert_int_equal(number("record_old_pid"), 4320);
	assert_string_equal(variable("record_filename"), "/usr/bin/env");
	assert_true(long_number("record_ids") == (4321ull << 32 | 4322));
	assert_true(long_number("record_cookie") == 0);
	/* With the raw one, which runs first. */
	raw = attach("on_exec");
	assert_int_equal(bpfx_sched_event(&event), 2);
	bpf_link__destroy(raw);
	bpf_link__destroy(link);
	assert_int_equal(bpfx_sched_event(&event), 0);
	link = bpf_program__attach_tracepoint_opts(prog, "sched", "sched_process_exec", &opts);
	assert_non_null(link);
	assert_int_equal(bpfx_sched_event(&event), 1);
	assert_true(long_number("record_cookie") == 77);
	bpf_link__destroy(link);
	assert_null(bpf_program__attach_tracepoint(prog, "sched", "no_such_event"));
	assert_int_equal(errno, ENOENT);
}

/* The link is pinned by a process that ends; the event happens in another. */
static void a_pinned_link_outlives_its_maker(void **state)
{
	struct bpfx_task task = { .pid = 1, .tgid = 1 };
	struct bpfx_sched_event event = { .sz = sizeof(event), .kind = BPFX_SCHED_EXEC,
					  .task = &task, .filename = "/bin/sh" };
	int status, pid = fork();

	if (!pid) {
		struct bpf_link *link = attach("on_record");

		if (!link || bpf_link__pin(link, "/sys/fs/bpf/on_record"))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(bpfx_sched_event(&event), 1);
	assert_string_equal(variable("record_filename"), "/bin/sh");
	unpin("/sys/fs/bpf/on_record");
	assert_int_equal(bpfx_sched_event(&event), 0);
	/* Not pinned: it goes with the process. */
	pid = fork();
	if (!pid) {
		attach("on_record");
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, &status, 0);
	usleep(20000);
	assert_int_equal(bpfx_sched_event(&event), 0);
}

static void bad_events_are_refused(void **state)
{
	struct bpfx_task task = { 0 };
	struct bpfx_sched_event event = { .sz = sizeof(event) - 1, .kind = BPFX_SCHED_EXIT,
					  .task = &task };

	assert_int_equal(bpfx_sched_event(&event), -EINVAL);
	event.sz = sizeof(event);
	assert_int_equal(bpfx_sched_event(&event), 0);
	event.task = NULL;
	assert_int_equal(bpfx_sched_event(&event), -EINVAL);
	event.task = &task;
	event.kind = BPFX_SCHED_FORK;
	assert_int_equal(bpfx_sched_event(&event), -EINVAL);
	event.kind = BPFX_SCHED_EXEC;
	assert_int_equal(bpfx_sched_event(&event), -EINVAL);
	event.kind = 3;
	assert_int_equal(bpfx_sched_event(&event), -EINVAL);
}

/* ---- by names and numbers ---- */

static int number_of(const struct bpfx_fire *fire, const char *name, uint64_t *value)
{
	*value = 77;
	return strcmp(name, "pid") && strcmp(name, "exit_code") ? -ENOENT : 0;
}

static int text_of(const struct bpfx_fire *fire, const char *name, const char **value)
{
	*value = "/bin/sh";
	return strcmp(name, "filename") ? -ENOENT : 0;
}

static void tell_number(struct bpfx_fire *fire, const char *name, int64_t value)
{
}

static void tell_text(struct bpfx_fire *fire, const char *name, const char *value)
{
}

static void events_are_made_up_from_names(void **state)
{
	struct bpfx_fire fire = { .sz = sizeof(fire), .number = number_of, .text = text_of,
				  .tell_number = tell_number, .tell_text = tell_text };
	struct bpf_link *exec = attach("on_exec"), *exit = attach("on_exit");

	assert_int_equal(bpfx_fire_hook("raw_tp.sched_process_exec", &fire), 1);
	assert_int_equal(number("executed"), 77);
	assert_string_equal(variable("filename"), "/bin/sh");
	assert_int_equal(bpfx_fire_hook("raw_tp.sched_process_exit", &fire), 1);
	assert_int_equal(number("exit_code"), 77);
	bpf_link__destroy(exec);
	exec = attach("on_record");
	assert_int_equal(bpfx_fire_hook("tp.sched_process_exec", &fire), 1);
	assert_int_equal(number("record_pid"), 77);
	bpf_link__destroy(exec);
	bpf_link__destroy(exit);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_see_the_tasks),
		cmocka_unit_test(typed_arguments_are_the_same),
		cmocka_unit_test(tracepoint_programs_see_the_record),
		cmocka_unit_test(a_pinned_link_outlives_its_maker),
		cmocka_unit_test(bad_events_are_refused),
		cmocka_unit_test(events_are_made_up_from_names),
	};

	if (argc != 2)
		return 2;
	object = argv[1];
	libbpf_set_print(quiet);
	use_private_store();
	bpfx_host();
	obj = bpf_object__open_file(object, NULL);
	if (!obj || bpf_object__load(obj))
		return 2;
	return cmocka_run_group_tests_name("extensions: tracepoints of processes", tests, NULL, NULL);
}
