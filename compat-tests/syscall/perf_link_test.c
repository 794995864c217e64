/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* LINK_CREATE to what is no perf event: how libbpf finds out that a kernel knows perf links. */
#include <errno.h>
#include <string.h>

#include "backend.h"

static const struct {
	const char *name;
	uint32_t prog_type, attach_type;
	int target;
	uint32_t flags;
	int want;
} rows[] = {
	{ "closed fd", BPF_PROG_TYPE_TRACEPOINT, BPF_PERF_EVENT, -1, 0, -EBADF },
	{ "no perf event", BPF_PROG_TYPE_TRACEPOINT, BPF_PERF_EVENT, 0, 0, -EBADF },
	{ "kprobe", BPF_PROG_TYPE_KPROBE, BPF_PERF_EVENT, -1, 0, -EBADF },
	{ "perf event program", BPF_PROG_TYPE_PERF_EVENT, BPF_PERF_EVENT, -1, 0, -EBADF },
	{ "flags", BPF_PROG_TYPE_TRACEPOINT, BPF_PERF_EVENT, -1, 1, -EINVAL },
	{ "another type", BPF_PROG_TYPE_XDP, BPF_PERF_EVENT, -1, 0, -EINVAL },
	{ "another attach type", BPF_PROG_TYPE_TRACEPOINT, BPF_XDP, -1, 0, -EINVAL },
};

static void perf_links_want_a_perf_event(void **state)
{
	const struct backend *b = backend_of(state);
	int wrong = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int prog = load_trivial(b, rows[i].prog_type), got;
		union bpf_attr attr;

		assert_true(prog >= 0);
		memset(&attr, 0, sizeof(attr));
		attr.link_create.prog_fd = prog;
		attr.link_create.target_fd = rows[i].target;
		attr.link_create.attach_type = rows[i].attach_type;
		attr.link_create.flags = rows[i].flags;
		got = b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
		b->close(prog);
		if (got == rows[i].want)
			continue;
		print_error("%s: want %d, got %d\n", rows[i].name, rows[i].want, got);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(perf_links_want_a_perf_event),
	};

	return run_on_both("perf_link", tests, sizeof(tests) / sizeof(tests[0]));
}
