/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Which directories are a store, and what happens where one cannot be used. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sched.h>
#include <unistd.h>

#include "backend.h"
#include "kern.h"

static const struct backend *const b = &emulated_backend;

/* Each case is a process of its own: a process keeps the store it has opened. */
static int result_in_child(int (*fn)(void))
{
	int ends[2], result = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		result = fn();
		if (write(ends[1], &result, sizeof(result)) < 0)
			_exit(1);
		exit(0);	/* with what a process does at its end */
	}
	close(ends[1]);
	if (read(ends[0], &result, sizeof(result)) != sizeof(result))
		result = -EPIPE;
	close(ends[0]);
	waitpid(pid, NULL, 0);
	return result;
}

static int create_array(void)
{
	return map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
}

static char dir[512], log_file[512];

static void use_dir(const char *name)
{
	snprintf(dir, sizeof(dir), "%s/%s", test_store_dir(), name);
	setenv("BPF_SHIM_STORE", dir, 1);
	snprintf(log_file, sizeof(log_file), "error:%s/log", test_store_dir());
	unlink(log_file + 6);
	setenv("BPF_SHIM_LOG", log_file, 1);
}

static bool log_names(const char *word)
{
	char text[4096] = { 0 };
	FILE *file = fopen(log_file + 6, "r");
	size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

	if (file)
		fclose(file);
	text[len] = 0;
	return strstr(text, word) != NULL;
}

static int entries(const char *path)
{
	const struct dirent *entry;
	DIR *list = opendir(path);
	int cnt = 0;

	while (list && (entry = readdir(list)))
		cnt += entry->d_name[0] != '.';
	if (list)
		closedir(list);
	return cnt;
}

static void a_missing_directory_is_made_for_its_owner_alone(void **state)
{
	struct stat st;

	(void)state;
	use_dir("new");
	assert_true(result_in_child(create_array) >= 0);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_store_that_others_can_reach_is_refused(void **state)
{
	(void)state;
	use_dir("open");
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(result_in_child(create_array), -EPERM);
	assert_true(log_names(dir));
	assert_int_equal(entries(dir), 0);
}

static void a_store_of_somebody_else_is_refused(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	use_dir("foreign");
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(chown(dir, 65534, 65534), 0);
	assert_int_equal(result_in_child(create_array), -EPERM);
	assert_int_equal(entries(dir), 0);
}

static void a_relative_path_is_refused(void **state)
{
	(void)state;
	use_dir("x");
	setenv("BPF_SHIM_STORE", "relative/path", 1);
	assert_int_equal(result_in_child(create_array), -EINVAL);
	assert_true(log_names("BPF_SHIM_STORE"));
}

static void a_file_in_its_place_is_refused(void **state)
{
	(void)state;
	use_dir("file");
	close(open(dir, O_CREAT | O_WRONLY, 0600));
	assert_true(result_in_child(create_array) < 0);
	assert_true(log_names(dir));
}

static void a_store_of_another_format_is_refused(void **state)
{
	char path[600];
	int fd;

	(void)state;
	use_dir("format");
	assert_int_equal(mkdir(dir, 0700), 0);
	snprintf(path, sizeof(path), "%s/control", dir);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "something else", 14), 14);
	close(fd);
	assert_int_equal(result_in_child(create_array), -EINVAL);
	assert_true(log_names("format"));
}

static int open_file_store_dir(void)
{
	int err;

	return kern_store_dir(&err) ? 0 : err;
}

static void an_unwritable_parent_is_an_error(void **state)
{
	(void)state;
	if (!geteuid())
		skip();		/* root writes everywhere */
	use_dir("x");
	setenv("BPF_SHIM_STORE", "/proc/bpf-shim-store", 1);
	assert_true(result_in_child(open_file_store_dir) < 0);
}

/* ---- a full store ---- */

static int fill_and_count(void)
{
	int cnt = 0, fd;

	while ((fd = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4096, 16, 0)) >= 0)
		cnt++;
	/* It is full; small things may still fit, and nothing half-made is left. */
	if (fd != -ENOMEM || cnt < 5)
		return fd < 0 ? fd : -EDOM;
	return entries(dir) < 6 ? -ENOENT : cnt;
}

static int files_without_owner(void)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/obj", dir);
	kern_collect_stores();
	return entries(path);
}

static void a_full_store_is_enomem_and_leaves_nothing(void **state)
{
	(void)state;
	if (geteuid() || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		skip();
	use_dir("full");
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mount("tmpfs", dir, "tmpfs", 0, "size=2m,mode=0700"), 0);
	assert_true(result_in_child(fill_and_count) > 0);
	assert_true(log_names("BPF_SHIM_STORE"));
	/* The kernel's BTF stays; all maps went with their process. */
	assert_true(result_in_child(files_without_owner) <= 1);
	assert_true(result_in_child(create_array) >= 0);
	umount(dir);
}

/* ---- another user than the one who opened it ---- */

static int use_after_setuid(void)
{
	uint32_t key = 0;
	uint64_t value = 5;
	int fd = create_array();

	if (fd < 0 || setgid(65534) || setuid(65534))
		return -EIO;
	/* What an fd needs was mapped when it was made. */
	if (map_update(b, fd, &key, &value, 0) || map_lookup(b, fd, &key, &value) || value != 5)
		return -EDOM;
	return create_array();
}

static void after_setuid_old_fds_work_and_new_ones_are_refused(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	use_dir("setuid");
	assert_int_equal(result_in_child(use_after_setuid), -EPERM);
}

/* ---- private stores ---- */

static char private_dir[512];
static int report[2];

static int use_private(void)
{
	int err, fd = create_array();

	snprintf(private_dir, sizeof(private_dir), "%s", kern_store_dir(&err));
	if (fd < 0 || strcmp(getenv("BPF_SHIM_STORE"), private_dir))
		return -EINVAL;
	if (write(report[1], private_dir, sizeof(private_dir)) < 0)
		return -EIO;
	close(fd);
	return 0;
}

static void a_private_store_goes_with_its_process(void **state)
{
	(void)state;
	use_dir("x");
	setenv("BPF_SHIM_STORE", "private", 1);
	assert_int_equal(pipe(report), 0);
	assert_int_equal(result_in_child(use_private), 0);
	assert_int_equal(read(report[0], private_dir, sizeof(private_dir)), sizeof(private_dir));
	assert_non_null(strstr(private_dir, "bpf-shim-private-"));
	assert_int_equal(access(private_dir, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_directory_is_made_for_its_owner_alone),
		cmocka_unit_test(a_store_that_others_can_reach_is_refused),
		cmocka_unit_test(a_store_of_somebody_else_is_refused),
		cmocka_unit_test(a_relative_path_is_refused),
		cmocka_unit_test(a_file_in_its_place_is_refused),
		cmocka_unit_test(a_store_of_another_format_is_refused),
		cmocka_unit_test(an_unwritable_parent_is_an_error),
		cmocka_unit_test(a_full_store_is_enomem_and_leaves_nothing),
		cmocka_unit_test(after_setuid_old_fds_work_and_new_ones_are_refused),
		cmocka_unit_test(a_private_store_goes_with_its_process),
	};

	use_private_store();
	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
