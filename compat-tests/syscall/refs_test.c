/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What keeps an object alive, and for how long: fds in all their ways, mappings, pins. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "kern.h"

static int new_array(const struct backend *b, uint32_t flags)
{
	int fd = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 4, flags);

	assert_true(fd >= 0);
	return fd;
}

/* The real kernel frees after an RCU grace period; give it a moment. */
static bool is_alive(const struct backend *b, uint32_t id, bool want)
{
	for (int i = 0; i < 200; i++) {
		int fd = fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id);

		if (fd >= 0)
			b->close(fd);
		if ((fd >= 0) == want)
			return want;
		usleep(10000);
	}
	return !want;
}

static bool id_is_walked(const struct backend *b, uint32_t id)
{
	uint32_t next = 0;

	while (!next_id(b, BPF_MAP_GET_NEXT_ID, next, &next))
		if (next == id)
			return true;
	return false;
}

static int child_status(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* "/sys/fs/bpf/x" as stat() and unlink() must be told on this backend. */
static const char *file_path(const struct backend *b, const char *path)
{
	static char real[4096];

	if (!b->emulated)
		return path;
	assert_int_equal(kern_path(path, real, sizeof(real)), KERN_PATH_BPFFS);
	return real;
}

static void unpin(const struct backend *b, const char *path)
{
	assert_int_equal(unlink(file_path(b, path)), 0);
	if (b->emulated)
		kern_unpinned();
}

static void an_fd_keeps_it_and_close_ends_it(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = new_array(b, 0);
	uint32_t id = map_id(b, fd);

	assert_true(id > 0);
	assert_true(id_is_walked(b, id));
	assert_true(is_alive(b, id, true));
	b->close(fd);
	assert_false(is_alive(b, id, false));
	assert_false(id_is_walked(b, id));
}

static void ids_rise_and_are_not_given_again(void **state)
{
	const struct backend *b = backend_of(state);
	uint32_t last = 0;

	for (int i = 0; i < 5; i++) {
		int fd = new_array(b, 0);
		uint32_t id = map_id(b, fd);

		assert_true(id > last);
		last = id;
		b->close(fd);
	}
}

static void dup_shares_the_reference(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = new_array(b, 0), copy = dup(fd);
	uint32_t id = map_id(b, fd), key = 0;
	uint64_t value = 7;

	b->close(fd);
	assert_true(is_alive(b, id, true));
	assert_int_equal(map_update(b, copy, &key, &value, 0), 0);
	b->close(copy);
	assert_false(is_alive(b, id, false));
}

static void fds_are_close_on_exec(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = new_array(b, 0);

	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	b->close(fd);
}

static void fork_shares_it_until_the_child_ends(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = new_array(b, 0), ready[2];
	uint32_t id = map_id(b, fd);
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		uint32_t key = 1;
		uint64_t value = 42;

		close(ready[1]);
		if (read(ready[0], &byte, 1) < 0)	/* until the parent has closed its fd */
			_exit(2);
		_exit(map_update(b, fd, &key, &value, 0) || map_lookup(b, fd, &key, &value) ||
		      value != 42);
	}
	close(ready[0]);
	b->close(fd);
	assert_true(is_alive(b, id, true));
	close(ready[1]);
	assert_int_equal(child_status(pid), 0);
	assert_false(is_alive(b, id, false));
}

static void a_killed_process_leaves_nothing(void **state)
{
	const struct backend *b = backend_of(state);
	int ids[2];
	uint32_t id;
	pid_t pid;

	assert_int_equal(pipe(ids), 0);
	pid = fork();
	if (!pid) {
		id = map_id(b, new_array(b, 0));
		if (write(ids[1], &id, sizeof(id)) != sizeof(id))
			_exit(1);
		pause();
	}
	assert_int_equal(read(ids[0], &id, sizeof(id)), sizeof(id));
	assert_true(is_alive(b, id, true));
	kill(pid, SIGKILL);
	assert_int_equal(child_status(pid), 128 + SIGKILL);
	assert_false(is_alive(b, id, false));
	assert_false(id_is_walked(b, id));
	close(ids[0]);
	close(ids[1]);
}

static void exec_hands_an_open_fd_on(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = new_array(b, 0);
	uint32_t id = map_id(b, fd), key = 2;
	uint64_t value = 0;
	pid_t pid;

	fcntl(fd, F_SETFD, 0);
	pid = fork();
	if (!pid) {
		char number[16];

		snprintf(number, sizeof(number), "%d", fd);
		execl("/proc/self/exe", "refs_test", "--use-fd", b->name, number, NULL);
		_exit(127);
	}
	assert_int_equal(child_status(pid), 0);
	assert_int_equal(map_lookup(b, fd, &key, &value), 0);
	assert_int_equal(value, 99);
	b->close(fd);
	assert_false(is_alive(b, id, false));
}

/* The program that exec_hands_an_open_fd_on() starts: the fd must work and name its object. */
static int use_inherited_fd(const char *backend, int fd)
{
	const struct backend *b = strcmp(backend, "kernel") ? &emulated_backend : &kernel_backend;
	uint32_t key = 2;
	uint64_t value = 99;

	return map_update(b, fd, &key, &value, 0) || !map_id(b, fd);
}

static void send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	assert_int_equal(sendmsg(socket, &message, 0), 1);
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int fd;

	assert_int_equal(recvmsg(socket, &message, 0), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void an_fd_in_flight_keeps_it(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = new_array(b, 0), sockets[2], received;
	uint32_t id = map_id(b, fd), key = 0;
	uint64_t value = 5;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
	assert_int_equal(map_update(b, fd, &key, &value, 0), 0);
	send_fd(sockets[0], fd);
	b->close(fd);
	assert_true(is_alive(b, id, true));
	received = receive_fd(sockets[1]);
	value = 0;
	assert_int_equal(map_lookup(b, received, &key, &value), 0);
	assert_int_equal(value, 5);
	assert_int_equal(map_id(b, received), id);
	b->close(received);
	assert_false(is_alive(b, id, false));
	close(sockets[0]);
	close(sockets[1]);
}

static void a_mapping_alone_keeps_it(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = new_array(b, BPF_F_MMAPABLE), err;
	uint32_t id = map_id(b, fd);
	uint64_t *view = b->mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0, &err);

	assert_non_null(view);
	b->close(fd);
	assert_true(is_alive(b, id, true));
	view[3] = 77;
	fd = fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id);
	assert_true(fd >= 0);
	{
		uint32_t key = 3;
		uint64_t value = 0;

		assert_int_equal(map_lookup(b, fd, &key, &value), 0);
		assert_int_equal(value, 77);
	}
	b->close(fd);
	munmap(view, 4096);
	assert_false(is_alive(b, id, false));
}

static void a_program_keeps_its_maps(void **state)
{
	const struct backend *b = backend_of(state);
	int map = new_array(b, 0), prog;
	uint32_t id = map_id(b, map);
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	prog = load_prog(b, BPF_PROG_TYPE_XDP, insns, 4);
	assert_true(prog >= 0);
	b->close(map);
	assert_true(is_alive(b, id, true));
	b->close(prog);
	assert_false(is_alive(b, id, false));
}

static void a_pin_keeps_it_until_unlinked(void **state)
{
	const struct backend *b = backend_of(state);
	const char *path = "/sys/fs/bpf/pin_keeps";
	int fd = new_array(b, 0), again;
	uint32_t id = map_id(b, fd);

	assert_int_equal(obj_pin(b, fd, path), 0);
	b->close(fd);
	assert_true(is_alive(b, id, true));
	assert_true(id_is_walked(b, id));
	again = obj_get(b, path);
	assert_true(again >= 0);
	assert_int_equal(map_id(b, again), id);
	b->close(again);
	unpin(b, path);
	assert_false(is_alive(b, id, false));
}

static void two_pins_and_a_rename(void **state)
{
	const struct backend *b = backend_of(state);
	const char *one = "/sys/fs/bpf/pin_one", *two = "/sys/fs/bpf/pin_two",
		   *three = "/sys/fs/bpf/pin_three";
	char real_one[4096];
	int fd = new_array(b, 0);
	uint32_t id = map_id(b, fd);

	assert_int_equal(obj_pin(b, fd, one), 0);
	assert_int_equal(obj_pin(b, fd, two), 0);
	b->close(fd);
	snprintf(real_one, sizeof(real_one), "%s", file_path(b, one));
	assert_int_equal(rename(real_one, file_path(b, three)), 0);
	assert_int_equal(obj_get(b, one), -ENOENT);
	unpin(b, two);
	assert_true(is_alive(b, id, true));
	fd = obj_get(b, three);
	assert_true(fd >= 0);
	b->close(fd);
	unpin(b, three);
	assert_false(is_alive(b, id, false));
}

static void pin_errors_come_in_linux_order(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = new_array(b, 0);
	static const struct {
		const char *path;
		int want;
	} rows[] = {
		{ "/sys/fs/bpf/there", -EEXIST },
		{ "/sys/fs/bpf/with.dot", -EPERM },
		{ "/sys/fs/bpf/no_such_dir/x", -ENOENT },
		{ "/tmp/bpf_shim_not_bpffs", -EPERM },
		{ "/no_such_dir/x", -ENOENT },
		{ "", -ENOENT },
		{ "/sys/fs/bpf/there/x", -ENOTDIR },
	};

	assert_int_equal(obj_pin(b, fd, rows[0].path), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int got = obj_pin(b, fd, rows[i].path);

		if (got != rows[i].want)
			fail_msg("pin '%s': want %d, got %d", rows[i].path, rows[i].want, got);
	}
	assert_int_equal(obj_pin(b, -1, "/sys/fs/bpf/x"), -EINVAL);
	assert_int_equal(obj_get(b, "/sys/fs/bpf/no_such"), -ENOENT);
	assert_int_equal(obj_get(b, "/sys/fs/bpf"), -EACCES);
	assert_int_equal(obj_get(b, "/proc/self/exe"), -EACCES);
	unpin(b, rows[0].path);
	b->close(fd);
}

static void a_process_may_close_all_its_fds(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = new_array(b, 0);
	uint32_t id = map_id(b, fd);
	pid_t pid = fork();

	if (!pid) {
		uint32_t key = 0;
		uint64_t value = 1;
		int own;

		close_range(0, ~0u, 0);
		own = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
		_exit(own < 0 || map_update(b, own, &key, &value, 0) ||
		      fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id) < 0);
	}
	assert_int_equal(child_status(pid), 0);
	assert_true(is_alive(b, id, true));
	b->close(fd);
}

static void two_processes_share_a_map(void **state)
{
	const struct backend *b = backend_of(state);
	int fd = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 4096, 0);
	uint32_t id = map_id(b, fd), cnt = 0, key, *previous = NULL;
	pid_t pids[2];

	for (uint32_t p = 0; p < 2; p++) {
		pids[p] = fork();
		if (pids[p])
			continue;
		fd = fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id);
		for (uint32_t i = 0; i < 1000; i++) {
			uint64_t value = i;

			key = i * 2 + p;
			if (map_update(b, fd, &key, &value, BPF_NOEXIST))
				_exit(1);
		}
		_exit(0);
	}
	assert_int_equal(child_status(pids[0]), 0);
	assert_int_equal(child_status(pids[1]), 0);
	while (!map_next_key(b, fd, previous, &key)) {
		previous = &key;
		cnt++;
	}
	assert_int_equal(cnt, 2000);
	b->close(fd);
}

int main(int argc, char **argv)
{
	static const struct both_test tests[] = {
		BOTH(an_fd_keeps_it_and_close_ends_it),
		BOTH(ids_rise_and_are_not_given_again),
		BOTH(dup_shares_the_reference),
		BOTH(fds_are_close_on_exec),
		BOTH(fork_shares_it_until_the_child_ends),
		BOTH(a_killed_process_leaves_nothing),
		BOTH(exec_hands_an_open_fd_on),
		BOTH(an_fd_in_flight_keeps_it),
		BOTH(a_mapping_alone_keeps_it),
		BOTH(a_program_keeps_its_maps),
		BOTH(a_pin_keeps_it_until_unlinked),
		BOTH(two_pins_and_a_rename),
		BOTH(pin_errors_come_in_linux_order),
		BOTH(a_process_may_close_all_its_fds),
		BOTH(two_processes_share_a_map),
	};

	if (argc == 4 && !strcmp(argv[1], "--use-fd"))
		return use_inherited_fd(argv[2], atoi(argv[3]));
	return run_on_both("refs", tests, sizeof(tests) / sizeof(tests[0]));
}
