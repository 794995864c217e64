/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* An object with a program for each kind of socket, address and packet event, as tools write them. */
#include "harness.h"

static const struct {
	const char *name;
	enum bpf_prog_type type;
	uint32_t attach_type;
} programs[] = {
	{ "redirect_dns", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_CONNECT },
	{ "refuse_network", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_UDP6_SENDMSG },
	{ "allow_port", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_BIND },
	{ "hide_port", BPF_PROG_TYPE_CGROUP_SOCK_ADDR, BPF_CGROUP_INET4_GETPEERNAME },
	{ "follow_flows", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS },
	{ "no_raw_sockets", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET_SOCK_CREATE },
	{ "no_port_81", BPF_PROG_TYPE_CGROUP_SOCK, BPF_CGROUP_INET4_POST_BIND },
	{ "null_and_zero", BPF_PROG_TYPE_CGROUP_DEVICE, BPF_CGROUP_DEVICE },
	{ "up_to_100", BPF_PROG_TYPE_CGROUP_SYSCTL, BPF_CGROUP_SYSCTL },
	{ "own_priority", BPF_PROG_TYPE_CGROUP_SOCKOPT, BPF_CGROUP_SETSOCKOPT },
	{ "wrap", BPF_PROG_TYPE_SCHED_CLS, 0 },
	{ "forward", BPF_PROG_TYPE_XDP, BPF_XDP },
	{ "stamp", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP },
};

static void programs_of_all_kinds_load(void **state)
{
	struct bpf_object *obj = open_prog("sockets");

	assert_int_equal(bpf_object__load(obj), 0);
	for (size_t i = 0; i < COUNT(programs); i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, programs[i].name);

		assert_non_null(prog);
		assert_true(bpf_program__fd(prog) >= 0);
		assert_int_equal(bpf_program__type(prog), programs[i].type);
		if (programs[i].attach_type)
			assert_int_equal(bpf_program__expected_attach_type(prog),
					 programs[i].attach_type);
	}
	bpf_object__close(obj);
}

/* Ethernet and an IPv4 header with room for congestion marks. */
static const unsigned char packet[64] = {
	1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 7, 8, 0, 0x45, 2, 0, 50, 0, 0, 0, 0, 64, 17,
};

static void packets_are_wrapped_and_forwarded(void **state)
{
	struct bpf_object *obj = open_prog("sockets");
	struct bpf_devmap_val value = { .ifindex = 1 };
	unsigned char out[256];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet),
		    .data_out = out, .data_size_out = sizeof(out));
	uint32_t key = 0;
	int fd;

	assert_int_equal(bpf_object__load(obj), 0);
	fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "wrap"));
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(opts.retval, 7);
	assert_int_equal(opts.data_size_out, sizeof(packet) + 20);
	assert_int_equal(out[14], 0x45);
	assert_memory_equal(out + 34, packet + 14, sizeof(packet) - 14);
	fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "forward"));
	opts.data_size_out = sizeof(out);
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(opts.retval, XDP_PASS);
	value.bpf_prog.fd = bpf_program__fd(bpf_object__find_program_by_name(obj, "stamp"));
	assert_int_equal(bpf_map_update_elem(bpf_object__find_map_fd_by_name(obj, "interfaces"),
					     &key, &value, BPF_ANY), 0);
	opts.data_size_out = sizeof(out);
	assert_int_equal(bpf_prog_test_run_opts(fd, &opts), 0);
	assert_int_equal(opts.retval, XDP_REDIRECT);
	bpf_object__close(obj);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_of_all_kinds_load),
		cmocka_unit_test(packets_are_wrapped_and_forwarded),
	};

	return run_group("libbpf: sockets", tests, COUNT(tests));
}
