/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Sets a test program up for the library and kernel that the environment chooses. */
#include "harness.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define SKIPPED 77

char messages[65536];

void forget_messages(void)
{
	messages[0] = '\0';
}

static int capture(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t used = strlen(messages);

	if (level == LIBBPF_DEBUG)
		return 0;
	return vsnprintf(messages + used, sizeof(messages) - used, format, args);
}

bool is_old_libbpf(void)
{
	return libbpf_major_version() == 1 && libbpf_minor_version() < 3;
}

bool is_emulated(void)
{
	const char *backend = getenv("BPF_SHIM_BACKEND");

	return !backend || strcmp(backend, "kernel") != 0;
}

struct bpf_object *open_prog_opts(const char *name, const struct bpf_object_open_opts *opts)
{
	struct bpf_object *obj;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.bpf.o", PROGS_DIR, name);
	forget_messages();
	obj = bpf_object__open_file(path, opts);
	if (!obj)
		fail_msg("open %s: %s\n%s", path, strerror(errno), messages);
	return obj;
}

struct bpf_object *open_prog(const char *name)
{
	return open_prog_opts(name, NULL);
}

void *read_prog(const char *name, size_t *size)
{
	char path[512];
	struct stat st;
	void *data;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.bpf.o", PROGS_DIR, name);
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	data = malloc(st.st_size);
	assert_int_equal(fread(data, 1, st.st_size, file), st.st_size);
	fclose(file);
	*size = st.st_size;
	return data;
}

int run_prog(struct bpf_object *obj, const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, name);
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int err;

	assert_non_null(prog);
	err = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
	if (err)
		fail_msg("run of %s: %d", name, err);
	return opts.retval;
}

const char *pin_dir(void)
{
	static char dir[128];

	if (!dir[0])
		snprintf(dir, sizeof(dir), "/sys/fs/bpf/test_%d", getpid());
	return dir;
}

/* A name space of its own, so that nothing of the machine is touched. */
static bool isolate(void)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET))
		return false;
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) == 0;
}

static bool kernel_permits(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 4, 1, NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int run_group(const char *name, const struct CMUnitTest *tests, size_t count)
{
	libbpf_set_print(capture);
	if (!is_emulated() && !isolate()) {
		fprintf(stderr, "%s: skipped: no name spaces\n", name);
		return SKIPPED;
	}
	if (!kernel_permits()) {
		fprintf(stderr, "%s: skipped: bpf(2) is not permitted\n", name);
		return SKIPPED;
	}
	return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}
