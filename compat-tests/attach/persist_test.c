/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* How long attachments last: without a link until they are detached, whatever becomes of who made
 * them (S65); with one as long as it does. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "cgroup_dirs.h"

#define MULTI BPF_F_ALLOW_MULTI

static uint32_t ids_at(const struct backend *b, int target, uint32_t type, uint32_t ids[4])
{
	static struct attach_answer answer;

	ask(b, target, type, 0, ASK_IDS, ANSWER_MAX, &answer);
	assert_int_equal(answer.ret, 0);
	memcpy(ids, answer.ids, 4 * sizeof(*ids));
	return answer.cnt;
}

static bool becomes(const struct backend *b, int target, uint32_t type, uint32_t want)
{
	uint32_t ids[4];

	for (int i = 0; i < 200; i++) {		/* Linux lets go of things a little later */
		if (ids_at(b, target, type, ids) == want)
			return true;
		usleep(10000);
	}
	return false;
}

/* Attaches in a process of its own, which then ends in the given way. */
static void in_child(const struct backend *b, const struct attach_args *where, uint32_t prog_type,
		     bool by_link, bool killed)
{
	int status, ready[2];
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		struct attach_args args = *where;
		int ret;

		args.prog = load_for(b, prog_type, 0, 1);
		ret = by_link ? attach_link(b, &args) : attach_prog(b, &args);
		if (ret < 0)
			_exit(1);
		if (killed && write(ready[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	if (killed) {
		char byte;

		assert_int_equal(read(ready[0], &byte, 1), 1);
		kill(pid, SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(killed ? WIFSIGNALED(status) : WIFEXITED(status) && !WEXITSTATUS(status));
	close(ready[0]);
	close(ready[1]);
}

static void s65_attached_without_link_survives_processes(void **state)
{
	const struct backend *b = backend_of(state);
	const char *root = cgroup_dirs_for(b);
	int cgroup = cgroup_dirs_make(root, "persist"), prog;
	struct attach_args where = { cgroup, 0, 0, MULTI };
	uint32_t ids[4];

	in_child(b, &where, BPF_PROG_TYPE_CGROUP_SKB, false, false);
	in_child(b, &where, BPF_PROG_TYPE_CGROUP_SKB, false, true);
	usleep(50000);
	assert_int_equal(ids_at(b, cgroup, 0, ids), 2);
	for (int i = 0; i < 2; i++) {
		prog = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, ids[i]);
		assert_true(prog >= 0);
		assert_int_equal(detach_prog(b, &(struct attach_args){ cgroup, prog, 0 }), 0);
		b->close(prog);
	}
	assert_true(becomes(b, cgroup, 0, 0));
	for (int i = 0, tries = 200; i < 2; i++) {
		while ((prog = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, ids[i])) >= 0 && tries--) {
			b->close(prog);
			usleep(10000);
		}
		assert_int_equal(prog, -ENOENT);
	}
	close(cgroup);
	cgroup_dirs_remove(root, "persist");
}

static void s65_links_go_with_their_process(void **state)
{
	const struct backend *b = backend_of(state);
	const char *root = cgroup_dirs_for(b);
	int cgroup = cgroup_dirs_make(root, "links");
	struct attach_args where = { cgroup };

	in_child(b, &where, BPF_PROG_TYPE_CGROUP_SKB, true, false);
	assert_true(becomes(b, cgroup, 0, 0));
	in_child(b, &where, BPF_PROG_TYPE_CGROUP_SKB, true, true);
	assert_true(becomes(b, cgroup, 0, 0));
	where = (struct attach_args){ .target = 1, .type = BPF_TCX_INGRESS };
	in_child(b, &where, BPF_PROG_TYPE_SCHED_CLS, true, true);
	assert_true(becomes(b, 1, BPF_TCX_INGRESS, 0));
	close(cgroup);
	cgroup_dirs_remove(root, "links");
}

static void s65_pinned_links_stay(void **state)
{
	const struct backend *b = backend_of(state);
	const char *root = cgroup_dirs_for(b), *path = "/sys/fs/bpf/attach_link";
	int cgroup = cgroup_dirs_make(root, "pinned"), status, link;
	uint32_t ids[4];
	pid_t pid = fork();

	if (!pid) {
		int prog = load_for(b, BPF_PROG_TYPE_CGROUP_SKB, 0, 1);

		link = attach_link(b, &(struct attach_args){ cgroup, prog });
		_exit(link < 0 || obj_pin(b, link, path));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(ids_at(b, cgroup, 0, ids), 1);
	link = obj_get(b, path);
	assert_true(link >= 0);
	assert_int_equal(detach_link(b, link), 0);
	assert_int_equal(ids_at(b, cgroup, 0, ids), 0);
	b->close(link);
	if (!b->emulated)
		assert_int_equal(unlink(path), 0);
	close(cgroup);
	cgroup_dirs_remove(root, "pinned");
}

/* With the cgroup goes what was attached to it. */
static void s65_attachments_go_with_their_cgroup(void **state)
{
	const struct backend *b = backend_of(state);
	const char *root = cgroup_dirs_for(b);
	int cgroup = cgroup_dirs_make(root, "short"), fd, tries = 300;
	struct attach_args where = { cgroup, 0, 0, MULTI };
	uint32_t ids[4];

	in_child(b, &where, BPF_PROG_TYPE_CGROUP_SKB, false, false);
	assert_int_equal(ids_at(b, cgroup, 0, ids), 1);
	close(cgroup);
	cgroup_dirs_remove(root, "short");
	do {
		usleep(10000);
		fd = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, ids[0]);
		if (fd >= 0)
			b->close(fd);
	} while (fd >= 0 && tries--);
	assert_int_equal(fd, -ENOENT);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(s65_attached_without_link_survives_processes),
		BOTH(s65_links_go_with_their_process),
		BOTH(s65_pinned_links_stay),
		BOTH(s65_attachments_go_with_their_cgroup),
	};

	return run_on_both("attach_persist", tests, sizeof(tests) / sizeof(tests[0]));
}
