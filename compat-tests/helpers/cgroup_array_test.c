/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Arrays of cgroups: bpf_current_task_under_cgroup(). */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "cgroup_dirs.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* The root of the machine's cgroups, which everybody is below of; -1: there is none. */
static int open_root(void)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	struct mntent *entry;
	int fd = -1;

	while (mounts && fd < 0 && (entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "cgroup2"))
			fd = open(entry->mnt_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mounts)
		endmntent(mounts);
	return fd;
}

static int ask(const struct backend *b, int map, uint32_t index)
{
	const struct bpf_insn insns[] = {
		MAP_FD(1, map), MOV_IMM(2, (int)index), CALL(BPF_FUNC_current_task_under_cgroup),
		EXIT(),
	};
	int prog = load_prog(b, BPF_PROG_TYPE_RAW_TRACEPOINT, insns, ARRAY_CNT(insns));
	union bpf_attr attr;

	assert_true(prog >= 0);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	assert_int_equal(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)), 0);
	b->close(prog);
	return attr.test.retval;
}

static void programs_ask_for_the_cgroup(void **state)
{
	const struct backend *b = backend_of(state);
	int map = map_create_simple(b, BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 3, 0);
	int other = cgroup_dirs_make(cgroup_dirs_for(b), b->name), root = open_root();
	uint32_t key = 0;

	assert_int_equal(ask(b, map, 0), -EAGAIN);
	assert_int_equal(ask(b, map, 3), -E2BIG);
	assert_int_equal(ask(b, map, 0xffffffff), -E2BIG);
	assert_int_equal(map_update(b, map, &key, &other, 0), 0);
	assert_int_equal(ask(b, map, 0), 0);
	key = 1;
	if (root >= 0) {
		assert_int_equal(map_update(b, map, &key, &root, 0), 0);
		assert_int_equal(ask(b, map, 1), 1);
		assert_int_equal(map_delete(b, map, &key), 0);
		close(root);
	}
	assert_int_equal(ask(b, map, 1), -EAGAIN);
	close(other);
	b->close(map);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(programs_ask_for_the_cgroup),
	};

	return run_on_both("cgroup arrays", tests, sizeof(tests) / sizeof(tests[0]));
}
