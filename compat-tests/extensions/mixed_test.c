/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * One object with programs of four extensions: process, net (connect4 and sock_ops) and a plugin.
 * mixed_test OBJECT OBJECT: with the programs in two orders. Scenarios S34, S41, S43, S62.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <bpfx/net.h>
#include <bpfx/process.h>
#include <bpfx/query.h>

#include "backend.h"
#include "kern.h"
#include "probe.h"

extern const struct bpfx_extension net_extension, process_extension;

static const struct bpfx_extension *const extensions[3] = { &net_extension, &process_extension,
							    &probe.ext };
static const char *objects[2];
static char cgroup[4400];
static uint64_t cgroup_target;

static void register_in_order(const int order[3])
{
	for (int i = 0; i < 3; i++)
		if (bpfx_register(extensions[order[i]]))
			fail_msg("%s: %s", extensions[order[i]]->name, bpfx_reason());
}

static void unregister_all(void)
{
	for (int i = 0; i < 3; i++)
		assert_int_equal(bpfx_unregister(extensions[i]), 0);
}

/* ---- the object ---- */

struct mixed {
	struct bpf_object *obj;
	struct bpf_link *links[4];
};

static struct bpf_program *program(const struct mixed *mixed, const char *name)
{
	return bpf_object__find_program_by_name(mixed->obj, name);
}

static void open_mixed(struct mixed *mixed, const char *path)
{
	int fd = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	mixed->obj = bpf_object__open_file(path, NULL);
	assert_non_null(mixed->obj);
	if (bpf_object__load(mixed->obj))
		fail_msg("load of %s: %s", path, strerror(errno));
	mixed->links[0] = bpf_program__attach(program(mixed, "on_process"));
	mixed->links[1] = bpf_program__attach_cgroup(program(mixed, "on_connect"), fd);
	mixed->links[2] = bpf_program__attach_cgroup(program(mixed, "on_socket"), fd);
	mixed->links[3] = bpf_program__attach(program(mixed, "on_probe"));
	for (int i = 0; i < 4; i++)
		if (!mixed->links[i])
			fail_msg("link %d: %s: %s", i, strerror(errno), bpfx_reason());
	close(fd);
}

static void close_mixed(struct mixed *mixed)
{
	for (int i = 0; i < 4; i++)
		bpf_link__destroy(mixed->links[i]);
	bpf_object__close(mixed->obj);
}

/* ---- its events: how many of the four programs ran ---- */

static int connect_event(void)
{
	struct bpfx_sock_info info = { .sz = sizeof(info), .family = AF_INET, .type = SOCK_STREAM,
				       .cgroup_id = cgroup_target, .owner = { 1, 4321, 4322, 0 } };
	struct sockaddr_in in4 = { .sin_family = AF_INET, .sin_port = htons(80) };
	struct bpfx_sock_addr addr = { .sz = sizeof(addr), .attach_type = BPF_CGROUP_INET4_CONNECT,
				       .address = (struct sockaddr *)&in4,
				       .address_size = sizeof(in4) };
	struct bpfx_sock_ops ops = { .sz = sizeof(ops),
				     .op = BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB };
	struct bpfx_sock *sock;
	int ran;

	assert_int_equal(bpfx_sock_create(&info, &sock), 0);
	ran = bpfx_sock_addr_event(sock, &addr);
	ran += bpfx_sock_ops_event(sock, &ops);
	bpfx_sock_destroy(sock);
	return ran;
}

static int fire_all(void)
{
	struct bpfx_process_event process = { .sz = sizeof(process), .pid = 5 };
	uint32_t result;

	return bpfx_process_event(&process) + connect_event() +
	       probe_fire(&probe.hooks[0], 1, &result);
}

/* S34: each program type has its own idea of "current". */
static void check_pids(const struct mixed *mixed)
{
	struct bpf_map *bss = bpf_object__find_map_by_name(mixed->obj, "mixed.bss");
	const unsigned long long *pids;
	size_t size;

	assert_non_null(bss);
	pids = bpf_map__initial_value(bss, &size);
	assert_int_equal(pids[0], getpid());
	assert_int_equal(pids[1], 4321);
	assert_int_equal(pids[2], 4321);
	assert_int_equal(pids[3], 0);		/* the probe's own override: nobody */
}

/* ---- tests ---- */

/* All orders of registration, both orders of sections. */
static void programs_of_four_extensions_load_and_fire(void **state)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					  { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	for (int i = 0; i < 6; i++)
		for (int j = 0; j < 2; j++) {
			struct mixed mixed;

			register_in_order(orders[i]);
			open_mixed(&mixed, objects[j]);
			assert_int_equal(fire_all(), 4);
			check_pids(&mixed);
			close_mixed(&mixed);
			assert_int_equal(fire_all(), 0);
			unregister_all();
		}
}

/* Each extension goes and comes: the others' programs do not notice, its own work again. */
static void they_survive_a_reload_of_each(void **state)
{
	static const int order[3] = { 0, 1, 2 }, left[3] = { 2, 3, 3 };
	struct mixed mixed;

	register_in_order(order);
	open_mixed(&mixed, objects[0]);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(bpfx_unregister(extensions[i]), 0);
		/* Nobody fires a hook of an extension that is not there. */
		assert_int_equal(fire_all(), left[i]);
		assert_int_equal(bpfx_register(extensions[i]), 0);
		assert_int_equal(fire_all(), 4);
	}
	close_mixed(&mixed);
	unregister_all();
}

/* A used helper's prototype: the program is refused with its name, the others are attached. */
static void a_changed_prototype_is_refused_by_name(void **state)
{
	static const int order[3] = { 0, 1, 2 };
	struct mixed mixed;
	struct bpf_link *link;

	register_in_order(order);
	open_mixed(&mixed, objects[0]);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
	probe.helpers[0].args[1] = BPFX_ARG_STACK;
	assert_int_equal(bpfx_register(&probe.ext), 0);
	assert_int_equal(fire_all(), 3);
	link = bpf_program__attach(program(&mixed, "on_probe"));
	assert_null(link);
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(bpfx_reason(), "bpf_probe_add"));
	link = bpf_program__attach(program(&mixed, "on_process"));
	assert_non_null(link);
	bpf_link__destroy(link);
	close_mixed(&mixed);
	unregister_all();
	probe_reset();
}

/* S43: one extension is missing: nothing of the object stays. */
static void a_missing_extension_leaves_nothing(void **state)
{
	struct bpf_object *obj;
	uint32_t id = 0;

	assert_int_equal(bpfx_register(&net_extension), 0);
	assert_int_equal(bpfx_register(&process_extension), 0);
	obj = bpf_object__open_file(objects[0], NULL);
	assert_non_null(obj);
	assert_int_equal(bpf_object__load(obj), -EINVAL);
	bpf_object__close(obj);
	assert_int_equal(bpf_prog_get_next_id(0, &id), -ENOENT);
	assert_int_equal(bpf_map_get_next_id(0, &id), -ENOENT);
	assert_int_equal(bpfx_unregister(&net_extension), 0);
	assert_int_equal(bpfx_unregister(&process_extension), 0);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_of_four_extensions_load_and_fire),
		cmocka_unit_test(they_survive_a_reload_of_each),
		cmocka_unit_test(a_changed_prototype_is_refused_by_name),
		cmocka_unit_test(a_missing_extension_leaves_nothing),
	};

	if (argc != 3)
		return 2;
	objects[0] = argv[1];
	objects[1] = argv[2];
	libbpf_set_print(quiet);
	use_private_store();
	bpfx_host();
	probe_reset();
	snprintf(cgroup, sizeof(cgroup), "%s/root/sys/fs/cgroup/mixed", test_store_dir());
	if (mkdir(cgroup, 0755) || bpfx_cgroup_id(cgroup, &cgroup_target))
		return 2;
	/* The tests register these themselves. */
	if (bpfx_unregister(&net_extension) || bpfx_unregister(&process_extension))
		return 2;
	return cmocka_run_group_tests_name("extensions: several in one object", tests, NULL, NULL);
}
