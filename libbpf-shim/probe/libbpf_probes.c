/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The public probes: program types, map types, helpers. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <stdio.h>
#include <unistd.h>

#include "kernel_features.h"
#include "sys.h"
#include "util.h"

/* ---- program types ---- */

/*
 * Most types load a program that does nothing. Some cannot, but a kernel that knows them refuses
 * it in its own way.
 */
static const struct prog_probe {
	enum bpf_attach_type attach_type;
	__u32 flags;
	__u32 attach_btf_id;
	int refusal;
	const char *message;
} prog_probes[__MAX_BPF_PROG_TYPE] = {
	[BPF_PROG_TYPE_CGROUP_SOCK_ADDR] = { .attach_type = BPF_CGROUP_INET4_CONNECT },
	[BPF_PROG_TYPE_CGROUP_SOCKOPT]	= { .attach_type = BPF_CGROUP_GETSOCKOPT },
	[BPF_PROG_TYPE_SK_LOOKUP]	= { .attach_type = BPF_SK_LOOKUP },
	[BPF_PROG_TYPE_LIRC_MODE2]	= { .attach_type = BPF_LIRC_MODE2 },
	[BPF_PROG_TYPE_NETFILTER]	= { .attach_type = BPF_NETFILTER },
	[BPF_PROG_TYPE_SYSCALL]		= { .flags = BPF_F_SLEEPABLE },
	[BPF_PROG_TYPE_TRACING]		= { .attach_type = BPF_TRACE_FENTRY, .attach_btf_id = 1,
					    .refusal = -EINVAL,
					    .message = "attach_btf_id 1 is not a function" },
	[BPF_PROG_TYPE_LSM]		= { .attach_type = BPF_LSM_MAC, .attach_btf_id = 1,
					    .refusal = -EINVAL,
					    .message = "attach_btf_id 1 is not a function" },
	[BPF_PROG_TYPE_EXT]		= { .attach_btf_id = 1, .refusal = -EINVAL,
					    .message = "Cannot replace kernel functions" },
	[BPF_PROG_TYPE_STRUCT_OPS]	= { .refusal = -524 },
};

static int load_probe(enum bpf_prog_type type, const struct bpf_insn *insns, size_t count,
		      char *log, size_t log_size)
{
	const struct prog_probe *probe = &prog_probes[type];
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = probe->attach_type,
		    .prog_flags = probe->flags, .attach_btf_id = probe->attach_btf_id,
		    .kern_version = type == BPF_PROG_TYPE_KPROBE ? kernel_version() : 0);

	if (log) {
		log[0] = '\0';
		opts.log_buf = log;
		opts.log_size = log_size;
		opts.log_level = 1;
	}
	return bpf_prog_load(type, NULL, "GPL", insns, count, &opts);
}

int libbpf_probe_bpf_prog_type(enum bpf_prog_type prog_type, const void *opts)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	const struct prog_probe *probe;
	char log[4096];
	int fd;

	if (opts)
		return libbpf_err(-EINVAL);
	if ((unsigned int)prog_type >= __MAX_BPF_PROG_TYPE || prog_type == BPF_PROG_TYPE_UNSPEC)
		return libbpf_err(-EOPNOTSUPP);
	probe = &prog_probes[prog_type];
	fd = load_probe(prog_type, insns, ARRAY_SIZE(insns), probe->message ? log : NULL,
			sizeof(log));
	sys_close(fd);
	if (fd >= 0)
		return 1;
	if (!probe->refusal || fd != probe->refusal)
		return 0;
	return !probe->message || strstr(log, probe->message) != NULL;
}

/* ---- map types ---- */

#define SIZES(key, value, entries) .key_size = key, .value_size = value, .max_entries = entries
#define STORAGE SIZES(4, 8, 0), .flags = BPF_F_NO_PREALLOC, .needs_btf = true
#define CGROUP_KEY sizeof(struct bpf_cgroup_storage_key)

/* A shape that each type accepts; all zeros: that of plain_map. */
static const struct map_probe {
	unsigned short key_size, value_size;
	unsigned int max_entries;
	__u32 flags;
	bool needs_btf, needs_inner, page_sized;
	int refusal;
} map_probes[__MAX_BPF_MAP_TYPE] = {
	[BPF_MAP_TYPE_STACK_TRACE]	= { SIZES(4, 8, 1) },
	[BPF_MAP_TYPE_LPM_TRIE]		= { SIZES(8, 8, 1), .flags = BPF_F_NO_PREALLOC },
	[BPF_MAP_TYPE_CGROUP_STORAGE]	= { SIZES(CGROUP_KEY, 8, 0) },
	[BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = { SIZES(CGROUP_KEY, 8, 0) },
	[BPF_MAP_TYPE_QUEUE]		= { SIZES(0, 4, 1) },
	[BPF_MAP_TYPE_STACK]		= { SIZES(0, 4, 1) },
	[BPF_MAP_TYPE_SK_STORAGE]	= { STORAGE },
	[BPF_MAP_TYPE_INODE_STORAGE]	= { STORAGE },
	[BPF_MAP_TYPE_TASK_STORAGE]	= { STORAGE },
	[BPF_MAP_TYPE_CGRP_STORAGE]	= { STORAGE },
	[BPF_MAP_TYPE_RINGBUF]		= { SIZES(0, 0, 1), .page_sized = true },
	[BPF_MAP_TYPE_USER_RINGBUF]	= { SIZES(0, 0, 1), .page_sized = true },
	[BPF_MAP_TYPE_STRUCT_OPS]	= { SIZES(4, 4, 1), .refusal = -524 },
	[BPF_MAP_TYPE_BLOOM_FILTER]	= { SIZES(0, 4, 1) },
	[BPF_MAP_TYPE_ARENA]		= { SIZES(0, 0, 1), .flags = BPF_F_MMAPABLE },
	[BPF_MAP_TYPE_ARRAY_OF_MAPS]	= { SIZES(4, 4, 1), .needs_inner = true },
	[BPF_MAP_TYPE_HASH_OF_MAPS]	= { SIZES(4, 4, 1), .needs_inner = true },
};

static const struct map_probe plain_map = { .key_size = 4, .value_size = 4, .max_entries = 1 };

/* Local storage wants types for its key and for a value with a spin lock. */
static int load_storage_btf(void)
{
	struct btf *btf = btf__new_empty();
	const void *raw;
	__u32 size;
	int fd = -ENOMEM;

	if (!btf)
		return fd;
	if (btf__add_int(btf, "int", 4, BTF_INT_SIGNED) == 1 &&
	    btf__add_struct(btf, "bpf_spin_lock", 4) == 2 &&
	    !btf__add_field(btf, "val", 1, 0, 0) && btf__add_struct(btf, "val", 8) == 3 &&
	    !btf__add_field(btf, "cnt", 1, 0, 0) && !btf__add_field(btf, "l", 2, 32, 0) &&
	    (raw = btf__raw_data(btf, &size)))
		fd = bpf_btf_load(raw, size, NULL);
	btf__free(btf);
	return fd;
}

static bool is_plain(const struct map_probe *probe)
{
	return mem_is_zero(probe, sizeof(*probe));
}

int libbpf_probe_bpf_map_type(enum bpf_map_type map_type, const void *opts)
{
	LIBBPF_OPTS(bpf_map_create_opts, create);
	const struct map_probe *probe;
	int fd, btf_fd = -1, inner_fd = -1;

	if (opts)
		return libbpf_err(-EINVAL);
	if ((unsigned int)map_type >= __MAX_BPF_MAP_TYPE || map_type == BPF_MAP_TYPE_UNSPEC)
		return libbpf_err(-EOPNOTSUPP);
	probe = is_plain(&map_probes[map_type]) ? &plain_map : &map_probes[map_type];
	create.map_flags = probe->flags;
	if (probe->needs_btf) {
		btf_fd = load_storage_btf();
		if (btf_fd < 0)
			return libbpf_err(btf_fd);
		create.btf_fd = btf_fd;
		create.btf_key_type_id = 1;
		create.btf_value_type_id = 3;
	}
	if (probe->needs_inner) {
		inner_fd = bpf_map_create(BPF_MAP_TYPE_HASH, NULL, 4, 4, 1, NULL);
		if (inner_fd < 0)
			return libbpf_err(inner_fd);
		create.inner_map_fd = inner_fd;
	}
	if (map_type == BPF_MAP_TYPE_STRUCT_OPS)
		create.btf_vmlinux_value_type_id = 1;
	fd = bpf_map_create(map_type, NULL, probe->key_size, probe->value_size,
			    probe->page_sized ? sysconf(_SC_PAGE_SIZE) : probe->max_entries,
			    &create);
	sys_close(fd);
	sys_close(btf_fd);
	sys_close(inner_fd);
	return fd >= 0 || (probe->refusal && fd == probe->refusal);
}

/* ---- helpers ---- */

/* How verifiers say that a helper does not exist or is not for this type. */
static const char *const refusals[] = {
	"invalid func ", "unknown func ", "program of this type cannot use helper ",
};

int libbpf_probe_bpf_helper(enum bpf_prog_type prog_type, enum bpf_func_id helper_id,
			    const void *opts)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = helper_id },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[4096];
	size_t i;
	int fd;

	if (opts)
		return libbpf_err(-EINVAL);
	switch (prog_type) {
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_EXT:
	case BPF_PROG_TYPE_LSM:
	case BPF_PROG_TYPE_STRUCT_OPS:
		/* what they may call depends on what they attach to */
		return libbpf_err(-EOPNOTSUPP);
	default:
		break;
	}
	if ((unsigned int)prog_type >= __MAX_BPF_PROG_TYPE || prog_type == BPF_PROG_TYPE_UNSPEC)
		return libbpf_err(-EOPNOTSUPP);
	fd = load_probe(prog_type, insns, ARRAY_SIZE(insns), log, sizeof(log));
	sys_close(fd);
	if (fd >= 0)
		return 1;
	/* no log: it did not come as far as the verifier */
	if (!log[0])
		return libbpf_err(fd == -EPERM ? fd : -EOPNOTSUPP);
	for (i = 0; i < ARRAY_SIZE(refusals); i++)
		if (strstr(log, refusals[i]))
			return 0;
	return 1;
}
