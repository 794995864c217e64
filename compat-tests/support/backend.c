/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The two backends, and running tests on both. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend.h"
#include "kern.h"

/* ---- the emulated kernel ---- */

static int emulated_bpf(int cmd, void *attr, unsigned int size)
{
	return kern_bpf(cmd, attr, size);
}

static int emulated_close(int fd)
{
	return kern_fd_close(fd) == KERN_NOT_OURS ? close(fd) : 0;
}

static void *emulated_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset,
			   int *err)
{
	*err = kern_mmap(&addr, length, prot, flags, fd, offset);
	return *err ? NULL : addr;
}

const struct backend emulated_backend = {
	.name = "emulated",
	.emulated = true,
	.bpf = emulated_bpf,
	.close = emulated_close,
	.mmap = emulated_mmap,
};

/* ---- the real kernel ---- */

static int kernel_bpf(int cmd, void *attr, unsigned int size)
{
	int ret = syscall(SYS_bpf, cmd, attr, size);

	return ret < 0 ? -errno : ret;
}

static void *kernel_mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset,
			 int *err)
{
	void *mem = mmap(addr, length, prot, flags, fd, offset);

	*err = mem == MAP_FAILED ? -errno : 0;
	return *err ? NULL : mem;
}

const struct backend kernel_backend = {
	.name = "kernel",
	.bpf = kernel_bpf,
	.close = close,
	.mmap = kernel_mmap,
};

bool kernel_is_permitted(void)
{
	int fd;

	if (getenv("BPF_SHIM_TEST_NO_KERNEL"))
		return false;
	fd = load_trivial(&kernel_backend, BPF_PROG_TYPE_XDP);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* ---- surroundings ---- */

static char store_path[128];
static pid_t store_owner;

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

static void remove_store(void)
{
	if (getpid() == store_owner)
		nftw(store_path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *test_store_dir(void)
{
	return store_path;
}

void use_private_store(void)
{
	const char *parent = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";

	snprintf(store_path, sizeof(store_path), "%s/bpf-shim-test-XXXXXX", parent);
	if (!mkdtemp(store_path)) {
		perror("mkdtemp");
		exit(1);
	}
	store_owner = getpid();
	setenv("BPF_SHIM_STORE", store_path, 1);
	atexit(remove_store);
}

static void bring_loopback_up(void)
{
	struct ifreq request = { .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(request.ifr_name, "lo");
	if (fd >= 0) {
		ioctl(fd, SIOCSIFFLAGS, &request);
		close(fd);
	}
}

/* Nothing a test does to the real kernel may be seen by the machine. */
static bool isolate(void)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		return false;
	bring_loopback_up();
	return true;
}

/* ---- running ---- */

static int run_on(const struct backend *backend, const char *group, const struct both_test *tests,
		  size_t cnt)
{
	struct CMUnitTest *unit = calloc(cnt, sizeof(*unit));
	char title[128];
	int failed;

	for (size_t i = 0; i < cnt; i++) {
		char *name = malloc(strlen(tests[i].name) + 16);

		sprintf(name, "%s [%s]", tests[i].name, backend->name);
		unit[i] = (struct CMUnitTest){ name, tests[i].run, NULL, NULL, (void *)backend };
	}
	snprintf(title, sizeof(title), "%s [%s]", group, backend->name);
	failed = _cmocka_run_group_tests(title, unit, cnt, NULL, NULL);
	for (size_t i = 0; i < cnt; i++)
		free((char *)unit[i].name);
	free(unit);
	return failed;
}

bool isolate_kernel(void)
{
	bool permitted = kernel_is_permitted();

	use_private_store();
	if (permitted && !isolate()) {
		fprintf(stderr, "cannot isolate the real kernel's half: skipped\n");
		permitted = false;
	}
	return permitted;
}

int run_on_both(const char *group, const struct both_test *tests, size_t cnt)
{
	bool permitted = isolate_kernel();
	int failed;

	failed = run_on(&emulated_backend, group, tests, cnt);
	if (permitted)
		failed += run_on(&kernel_backend, group, tests, cnt);
	printf("%s: %zu on the emulated kernel, %zu on the real one%s\n", group, cnt,
	       permitted ? cnt : 0, permitted ? "" : " (bpf(2) is not permitted here: skipped)");
	return failed;
}

/* ---- calls ---- */

int map_create_simple(const struct backend *b, uint32_t type, uint32_t key, uint32_t value,
		      uint32_t max, uint32_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key;
	attr.value_size = value;
	attr.max_entries = max;
	attr.map_flags = flags;
	return b->bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int element(const struct backend *b, int cmd, int fd, const void *key, const void *value,
		   uint64_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	attr.flags = flags;
	return b->bpf(cmd, &attr, sizeof(attr));
}

int map_update(const struct backend *b, int fd, const void *key, const void *value, uint64_t flags)
{
	return element(b, BPF_MAP_UPDATE_ELEM, fd, key, value, flags);
}

int map_lookup(const struct backend *b, int fd, const void *key, void *value)
{
	return element(b, BPF_MAP_LOOKUP_ELEM, fd, key, value, 0);
}

int map_delete(const struct backend *b, int fd, const void *key)
{
	return element(b, BPF_MAP_DELETE_ELEM, fd, key, NULL, 0);
}

int map_next_key(const struct backend *b, int fd, const void *key, void *next)
{
	return element(b, BPF_MAP_GET_NEXT_KEY, fd, key, next, 0);
}

int load_prog(const struct backend *b, uint32_t type, const struct bpf_insn *insns, uint32_t cnt)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uintptr_t)"GPL";
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

int load_trivial(const struct backend *b, uint32_t type)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return load_prog(b, type, insns, 2);
}

int obj_info(const struct backend *b, int fd, void *info, uint32_t *len)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info = (uintptr_t)info;
	attr.info.info_len = *len;
	err = b->bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	*len = attr.info.info_len;
	return err;
}

static int pathname(const struct backend *b, int cmd, int fd, const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uintptr_t)path;
	attr.bpf_fd = fd;
	return b->bpf(cmd, &attr, sizeof(attr));
}

int obj_pin(const struct backend *b, int fd, const char *path)
{
	return pathname(b, BPF_OBJ_PIN, fd, path);
}

int obj_get(const struct backend *b, const char *path)
{
	return pathname(b, BPF_OBJ_GET, 0, path);
}

int next_id(const struct backend *b, int cmd, uint32_t start, uint32_t *next)
{
	union bpf_attr attr;
	int err;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = start;
	err = b->bpf(cmd, &attr, sizeof(attr));
	*next = attr.next_id;
	return err;
}

int fd_by_id(const struct backend *b, int cmd, uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return b->bpf(cmd, &attr, sizeof(attr));
}

uint32_t map_id(const struct backend *b, int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);

	return obj_info(b, fd, &info, &len) ? 0 : info.id;
}

uint32_t prog_id(const struct backend *b, int fd)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	return obj_info(b, fd, &info, &len) ? 0 : info.id;
}

const char *result_name(int result)
{
	static char number[16];

	if (result >= 0)
		return "ok";
	if (result == -ENOTSUPP)
		return "ENOTSUPP(524)";
	if (strerrorname_np(-result)) {
		/* EOPNOTSUPP has two names. */
		return result == -EOPNOTSUPP ? "EOPNOTSUPP" : strerrorname_np(-result);
	}
	snprintf(number, sizeof(number), "%d", -result);
	return number;
}
