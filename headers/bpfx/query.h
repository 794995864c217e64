/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What there is, what is attached, and why something does not work: for tools (bpf-shim hooks,
 * doctor) and for applications that want to tell their users.
 *
 * Each query fills a struct whose sz the caller has set to its size: fields that he does not know
 * are left out, fields that the kernel does not know are zero. All return 0, -ENOENT past the last
 * one, -EINVAL for a sz that makes no sense, or the store's -errno.
 */
#ifndef BPFX_QUERY_H
#define BPFX_QUERY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BPFX_NAME_SIZE 64

/* An extension registered in this process. */
struct bpfx_extension_facts {
	size_t sz;
	char name[BPFX_NAME_SIZE], version[BPFX_NAME_SIZE];
	uint32_t prog_types, helpers, hooks, sections, map_types;	/* how many it brings */
};
int bpfx_query_extension(uint32_t n, struct bpfx_extension_facts *out);

struct bpfx_prog_type_facts {
	size_t sz;
	char name[BPFX_NAME_SIZE], extension[BPFX_NAME_SIZE], context[BPFX_NAME_SIZE];
	uint32_t number;	/* for bpf_attr.prog_type */
	uint32_t context_size, own_helpers, general_helpers;
	uint32_t test_run;	/* BPF_PROG_TEST_RUN works */
};
int bpfx_query_prog_type(uint32_t n, struct bpfx_prog_type_facts *out);

struct bpfx_hook_facts {
	size_t sz;
	char name[BPFX_NAME_SIZE], extension[BPFX_NAME_SIZE], prog_type[BPFX_NAME_SIZE];
	uint32_t attach_type, link_type;
	uint32_t flags;		/* BPFX_HOOK_* */
	uint32_t attached;	/* programs attached in the store, by any process */
};
int bpfx_query_hook(uint32_t n, struct bpfx_hook_facts *out);

/* The @n-th program attached to a hook, in the order in which they run. */
struct bpfx_attachment_facts {
	size_t sz;
	uint64_t target;	/* ifindex, cgroup id, … */
	uint32_t link_id;	/* 0: attached without a link */
	uint32_t prog_id;
	uint32_t pid;		/* who loaded the program, which may have ended since */
	char prog_name[BPFX_NAME_SIZE], who[16];
};
int bpfx_query_attachment(const char *hook, uint32_t n, struct bpfx_attachment_facts *out);

/* The @n-th field of what a program type sees. */
struct bpfx_field_facts {
	size_t sz;
	char name[BPFX_NAME_SIZE];
	uint32_t offset, size;
	uint32_t kind;		/* enum bpfx_field_kind */
	uint32_t flags;		/* BPFX_FIELD_* */
};
int bpfx_query_field(const char *prog_type, uint32_t n, struct bpfx_field_facts *out);

/* The program with the next higher id than @id, and whether it could run here and now. */
struct bpfx_prog_facts {
	size_t sz;
	uint32_t id;
	uint32_t pid;		/* who loaded it */
	char name[BPFX_NAME_SIZE], prog_type[BPFX_NAME_SIZE], who[16];
	char why_not[224];	/* empty: it can run */
};
int bpfx_query_prog(uint32_t id, struct bpfx_prog_facts *out);

/* The @n-th newest refusal of the store, 0 the newest; the last 64 are kept. */
struct bpfx_refusal_facts {
	size_t sz;
	int64_t when;		/* seconds since 1970 */
	uint32_t pid;
	char who[16];
	char text[224];
};
int bpfx_query_refusal(uint32_t n, struct bpfx_refusal_facts *out);

/* The number by which hooks know the cgroup of a directory, for run_hook() and bpfx_sock_info: of a
 * cgroup2 file system or below the store's own tree, which stands for /sys/fs/cgroup where there is
 * none. 0, -EBADF: it is no cgroup, -ENOENT … */
int bpfx_cgroup_id(const char *directory, uint64_t *id);

#ifdef __cplusplus
}
#endif

#endif
