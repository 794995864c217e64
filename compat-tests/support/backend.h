/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Two kernels, one test. A test of semantics is a cmocka test that gets a struct backend as its
 * state; run_on_both() runs it on the emulated kernel and, where bpf(2) is permitted, on the real
 * one. Rows state what Linux does, so a difference fails on one of the two.
 */
#ifndef SUPPORT_BACKEND_H
#define SUPPORT_BACKEND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <cmocka.h>
#include <linux/bpf.h>

#ifndef ENOTSUPP
#define ENOTSUPP 524
#endif

struct backend {
	const char *name;
	bool emulated;
	/* >= 0 or -errno */
	int (*bpf)(int cmd, void *attr, unsigned int size);
	int (*close)(int fd);
	/* NULL with *err = -errno */
	void *(*mmap)(void *addr, size_t length, int prot, int flags, int fd, off_t offset, int *err);
};

struct both_test {
	const char *name;
	void (*run)(void **state);	/* *state: const struct backend * */
};

#define BOTH(function) { #function, function }

/**
 * run_on_both() - run tests on each kernel that is there
 *
 * Each process gets a private store; as root the real kernel's half runs in its own network and
 * mount namespace with a fresh bpf file system. Prints at the end how many ran on which.
 * Return: number of failed tests.
 */
int run_on_both(const char *group, const struct both_test *tests, size_t cnt);

/* A private store, and namespaces of our own for the real kernel. Return: may the real one be used. */
bool isolate_kernel(void);

/* Is bpf(2) of the real kernel permitted to this process. */
bool kernel_is_permitted(void);

/* A private store for the emulated kernel (BPF_SHIM_STORE); removed at exit. */
void use_private_store(void);
const char *test_store_dir(void);

extern const struct backend emulated_backend, kernel_backend;

static inline const struct backend *backend_of(void **state)
{
	return *state;
}

/* ---- calls that many tests make ---- */

int map_create_simple(const struct backend *b, uint32_t type, uint32_t key, uint32_t value,
		      uint32_t max, uint32_t flags);
int map_update(const struct backend *b, int fd, const void *key, const void *value,
	       uint64_t flags);
int map_lookup(const struct backend *b, int fd, const void *key, void *value);
int map_delete(const struct backend *b, int fd, const void *key);
int map_next_key(const struct backend *b, int fd, const void *key, void *next);
int load_prog(const struct backend *b, uint32_t type, const struct bpf_insn *insns, uint32_t cnt);
/* "r0 = 0; exit" */
int load_trivial(const struct backend *b, uint32_t type);
int obj_info(const struct backend *b, int fd, void *info, uint32_t *len);
int obj_pin(const struct backend *b, int fd, const char *path);
int obj_get(const struct backend *b, const char *path);
int next_id(const struct backend *b, int cmd, uint32_t start, uint32_t *next);
int fd_by_id(const struct backend *b, int cmd, uint32_t id);
uint32_t map_id(const struct backend *b, int fd);
uint32_t prog_id(const struct backend *b, int fd);

/* "ok", "EINVAL", "ENOTSUPP(524)" … as the fact tables write results. */
const char *result_name(int result);

#endif
