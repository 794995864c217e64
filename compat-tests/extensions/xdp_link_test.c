/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Links of XDP programs to the loopback interface, on both kernels. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "asm.h"
#include "backend.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define LOOPBACK     1u

static int load(const struct backend *b, uint32_t attach_type)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 2), EXIT() };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_CNT(insns);
	attr.license = (uintptr_t)"GPL";
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int create(const struct backend *b, int prog, uint32_t ifindex, uint32_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_ifindex = ifindex;
	attr.link_create.attach_type = BPF_XDP;
	attr.link_create.flags = flags;
	return b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static void parameters_are_checked(void **state)
{
	static const struct { uint32_t ifindex, flags, attach_type; int want; } rows[] = {
		{ LOOPBACK, 0, 0, 0 },	      { LOOPBACK, 1, 0, -EINVAL },
		{ LOOPBACK, 2, 0, 0 },	      { LOOPBACK, 4, 0, -EOPNOTSUPP },
		{ LOOPBACK, 8, 0, -EOPNOTSUPP }, { LOOPBACK, 16, 0, -EINVAL },
		{ LOOPBACK, 6, 0, -EINVAL },   { LOOPBACK, 14, 0, -EINVAL },
		{ 0, 0, 0, -EINVAL },	      { 99999, 0, 0, -EINVAL },
		{ 99999, 4, 0, -EINVAL },      { LOOPBACK, 0, BPF_XDP, 0 },
		{ LOOPBACK, 0, BPF_XDP_DEVMAP, -EINVAL },
		{ LOOPBACK, 0, BPF_XDP_CPUMAP, -EINVAL },
	};
	const struct backend *b = backend_of(state);

	for (size_t i = 0; i < ARRAY_CNT(rows); i++) {
		int prog = load(b, rows[i].attach_type);
		int link = create(b, prog, rows[i].ifindex, rows[i].flags);

		if ((link < 0 ? link : 0) != rows[i].want)
			fail_msg("row %zu: %s", i, result_name(link));
		if (link >= 0)
			b->close(link);
		b->close(prog);
	}
}

static void an_interface_has_one_link(void **state)
{
	const struct backend *b = backend_of(state);
	int first = load(b, 0), second = load(b, 0);
	int link = create(b, first, LOOPBACK, 0);

	assert_true(link >= 0);
	assert_int_equal(create(b, second, LOOPBACK, 0), -EBUSY);
	assert_int_equal(create(b, first, LOOPBACK, 0), -EBUSY);
	b->close(link);
	link = create(b, second, LOOPBACK, 0);
	assert_true(link >= 0);
	b->close(link);
	b->close(first);
	b->close(second);
}

static void other_programs_do_not_fit(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load_trivial(b, BPF_PROG_TYPE_SOCKET_FILTER);

	assert_int_equal(create(b, prog, LOOPBACK, 0), -EINVAL);
	b->close(prog);
}

static void the_link_knows_its_interface(void **state)
{
	const struct backend *b = backend_of(state);
	int prog = load(b, 0), link = create(b, prog, LOOPBACK, 0);
	struct bpf_link_info info;
	uint32_t len = sizeof(info);

	assert_true(link >= 0);
	memset(&info, 0, sizeof(info));
	assert_int_equal(obj_info(b, link, &info, &len), 0);
	assert_int_equal(info.type, BPF_LINK_TYPE_XDP);
	assert_int_equal(info.prog_id, prog_id(b, prog));
	assert_int_equal(info.xdp.ifindex, LOOPBACK);
	b->close(link);
	b->close(prog);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(parameters_are_checked),
		BOTH(an_interface_has_one_link),
		BOTH(other_programs_do_not_fit),
		BOTH(the_link_knows_its_interface),
	};

	return run_on_both("extensions: xdp links", tests, ARRAY_CNT(tests));
}
