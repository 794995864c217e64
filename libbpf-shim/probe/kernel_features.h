/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the kernel that programs are loaded into can do, found out by trying it once. */
#ifndef BPF_SHIM_FEATURES_H
#define BPF_SHIM_FEATURES_H

#include <stdbool.h>
#include <linux/types.h>

enum feature {
	FEAT_PROG_NAME,		/* names of programs and maps */
	FEAT_GLOBAL_DATA,	/* direct access to map values */
	FEAT_BTF,		/* any BTF at all */
	FEAT_BTF_FUNC,
	FEAT_BTF_GLOBAL_FUNC,
	FEAT_BTF_DATASEC,
	FEAT_BTF_FLOAT,
	FEAT_BTF_DECL_TAG,
	FEAT_BTF_TYPE_TAG,
	FEAT_BTF_ENUM64,
	FEAT_BTF_QMARK_DATASEC,	/* section names that begin with '?' */
	FEAT_ARRAY_MMAP,
	FEAT_EXP_ATTACH_TYPE,
	FEAT_PROG_BIND_MAP,
	FEAT_PERF_LINK,
	FEAT_BPF_COOKIE,
	FEAT_SYSCALL_WRAPPER,	/* system calls have a machine-specific prefix */
	FEAT_UPROBE_MULTI_LINK,
	FEATURE_COUNT,
};

/* @token_fd: probe with the rights of that token; 0: without one. */
bool kernel_supports(enum feature feature, int token_fd);

/* LINUX_VERSION_CODE of the kernel. */
__u32 kernel_version(void);

/* "__x64_" and its like; NULL for a machine without one. */
const char *syscall_prefix(void);

#endif
