/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The gate in front of all commands: sizes, tails, bad pointers, unknown bytes (S15). Every
 * command is asked with fds that are not open, so nothing is made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "backend.h"

#define END_OF(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))

static const struct row {
	const char *name;
	int cmd;
	uint32_t known;		/* end of the last field the command reads */
	int base;		/* answer to an attr of 0xff fds */
	uint32_t fds[3];	/* offsets of fds, 0xff…: none */
} rows[] = {
#define NONE UINT32_MAX
	{ "MAP_LOOKUP_ELEM", BPF_MAP_LOOKUP_ELEM, END_OF(flags), -EBADF, { 0, NONE, NONE } },
	{ "MAP_UPDATE_ELEM", BPF_MAP_UPDATE_ELEM, END_OF(flags), -EBADF, { 0, NONE, NONE } },
	{ "MAP_DELETE_ELEM", BPF_MAP_DELETE_ELEM, END_OF(key), -EBADF, { 0, NONE, NONE } },
	{ "MAP_GET_NEXT_KEY", BPF_MAP_GET_NEXT_KEY, END_OF(next_key), -EBADF, { 0, NONE, NONE } },
	{ "PROG_LOAD", BPF_PROG_LOAD, END_OF(keyring_id), -E2BIG, { NONE, NONE, NONE } },
	{ "OBJ_PIN", BPF_OBJ_PIN, END_OF(path_fd), -EINVAL, { 8, NONE, NONE } },
	{ "OBJ_GET", BPF_OBJ_GET, END_OF(path_fd), -EFAULT, { NONE, NONE, NONE } },
	{ "PROG_TEST_RUN", BPF_PROG_TEST_RUN, END_OF(test.batch_size), -EBADF,
	  { 0, NONE, NONE } },
	{ "PROG_GET_FD_BY_ID", BPF_PROG_GET_FD_BY_ID, END_OF(prog_id), -ENOENT,
	  { NONE, NONE, NONE } },
	{ "MAP_GET_FD_BY_ID", BPF_MAP_GET_FD_BY_ID, END_OF(open_flags), -ENOENT,
	  { NONE, NONE, NONE } },
	{ "LINK_GET_FD_BY_ID", BPF_LINK_GET_FD_BY_ID, END_OF(link_id), -ENOENT,
	  { NONE, NONE, NONE } },
	{ "OBJ_GET_INFO_BY_FD", BPF_OBJ_GET_INFO_BY_FD, END_OF(info.info), -EBADFD,
	  { 0, NONE, NONE } },
	{ "MAP_FREEZE", BPF_MAP_FREEZE, END_OF(map_fd), -EBADF, { 0, NONE, NONE } },
	{ "MAP_LOOKUP_AND_DELETE_ELEM", BPF_MAP_LOOKUP_AND_DELETE_ELEM, END_OF(flags), -EBADF,
	  { 0, NONE, NONE } },
	{ "MAP_LOOKUP_BATCH", BPF_MAP_LOOKUP_BATCH, END_OF(batch.flags), -EBADF,
	  { 36, NONE, NONE } },
	{ "MAP_UPDATE_BATCH", BPF_MAP_UPDATE_BATCH, END_OF(batch.flags), -EBADF,
	  { 36, NONE, NONE } },
	{ "MAP_DELETE_BATCH", BPF_MAP_DELETE_BATCH, END_OF(batch.flags), -EBADF,
	  { 36, NONE, NONE } },
	{ "LINK_CREATE", BPF_LINK_CREATE, END_OF(link_create.uprobe_multi.pid), -EBADF,
	  { 0, NONE, NONE } },
	{ "LINK_DETACH", BPF_LINK_DETACH, END_OF(link_detach.link_fd), -EBADF, { 0, NONE, NONE } },
	{ "PROG_BIND_MAP", BPF_PROG_BIND_MAP, END_OF(prog_bind_map.flags), -EBADF,
	  { 0, 4, NONE } },
};

/* Room for attrs longer than any kernel knows. */
static char attr[8192];

static void fill(const struct row *row)
{
	memset(attr, 0, sizeof(attr));
	for (int i = 0; i < 3; i++)
		if (row->fds[i] != NONE)
			memset(attr + row->fds[i], 0xff, 4);
}

static int wrong;

static void expect(const struct row *row, const char *what, uint32_t at, int want, int got)
{
	if (want == got)
		return;
	print_error("%s, %s %u: want %d, got %d\n", row->name, what, at, want, got);
	wrong++;
}

static void longer_attrs_must_end_in_zeros(void **state)
{
	const struct backend *b = backend_of(state);
	const uint32_t size = sizeof(union bpf_attr);

	wrong = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		fill(row);
		expect(row, "exact", size, row->base, b->bpf(row->cmd, attr, size));
		expect(row, "longer", size + 1, row->base, b->bpf(row->cmd, attr, size + 1));
		expect(row, "longer", 4096, row->base, b->bpf(row->cmd, attr, 4096));
		expect(row, "too long", 4097, -E2BIG, b->bpf(row->cmd, attr, 4097));
		for (uint32_t at = size; at < size + 64; at += 9) {
			attr[at] = 1;
			expect(row, "tail", at, -E2BIG, b->bpf(row->cmd, attr, size + 64));
			attr[at] = 0;
		}
	}
	assert_int_equal(wrong, 0);
}

static void shorter_attrs_are_completed_with_zeros(void **state)
{
	const struct backend *b = backend_of(state);

	wrong = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		fill(row);
		expect(row, "short", row->known, row->base, b->bpf(row->cmd, attr, row->known));
	}
	assert_int_equal(wrong, 0);
}

static void unknown_bytes_are_refused(void **state)
{
	const struct backend *b = backend_of(state);

	wrong = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		for (uint32_t at = row->known; at < sizeof(union bpf_attr); at++) {
			fill(row);
			attr[at] = 1;
			expect(row, "byte", at, -EINVAL,
			       b->bpf(row->cmd, attr, sizeof(union bpf_attr)));
		}
	}
	assert_int_equal(wrong, 0);
}

static void bad_pointers_come_before_the_command(void **state)
{
	const struct backend *b = backend_of(state);
	char *hole = mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_int_equal(b->bpf(BPF_MAP_CREATE, NULL, 8), -EFAULT);
	assert_int_equal(b->bpf(BPF_MAP_CREATE, hole, sizeof(union bpf_attr)), -EFAULT);
	assert_int_equal(b->bpf(4711, hole, 8), -EFAULT);
	assert_int_equal(b->bpf(4711, attr, 0), -EINVAL);
	assert_int_equal(b->bpf(-1, attr, 8), -EINVAL);
	assert_int_equal(b->bpf(4711, NULL, 5000), -E2BIG);
	/* No bytes at all are legal: every field is zero then. */
	assert_int_equal(b->bpf(BPF_MAP_CREATE, NULL, 0), -EINVAL);
	assert_int_equal(b->bpf(BPF_PROG_LOAD, NULL, 0), -E2BIG);
	assert_int_equal(b->bpf(BPF_OBJ_GET, NULL, 0), -EFAULT);
	munmap(hole, 8192);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(longer_attrs_must_end_in_zeros),
		BOTH(shorter_attrs_are_completed_with_zeros),
		BOTH(unknown_bytes_are_refused),
		BOTH(bad_pointers_come_before_the_command),
	};

	return run_on_both("gate", tests, sizeof(tests) / sizeof(tests[0]));
}
