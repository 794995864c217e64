/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What programs of type "process" see; for the BPF side and for whoever test-runs one. */
#ifndef BPFX_PROCESS_TYPES_H
#define BPFX_PROCESS_TYPES_H

#include <linux/types.h>

enum process_operation {
	PROCESS_CREATE = 0,	/* a negative result denies it: the -errno that the creator gets */
	PROCESS_DELETE = 1,	/* it has ended; results are ignored */
};

/*
 * Context of SEC("process"). The command line lies between command_start and command_end, words
 * separated by NUL, and is read like a packet: compare with command_end first. In a context handed to
 * BPF_PROG_TEST_RUN both are 0, the command line is the data.
 */
struct process_md {
	__u64 command_start, command_end;
	__u64 process_id, parent_process_id;
	__u64 creating_process_id, creating_thread_id;	/* who called for it */
	__u64 creation_time, exit_time;	/* CLOCK_BOOTTIME, ns; exit_time 0: it lives */
	__u32 process_exit_code;	/* as wait(2) tells it */
	__u32 operation;		/* enum process_operation */
};

/* Helpers: copy a text with its NUL to @buf. Return: bytes copied, -EINVAL: @size is too small,
 * -ENOENT: nobody knows. */
#define PROCESS_FUNC_IMAGE_PATH	    0x10000
#define PROCESS_FUNC_ACCOUNT_NAME   0x10001
#define PROCESS_FUNC_ACCOUNT_DOMAIN 0x10002

#ifdef __bpf__
static long (*bpf_process_get_image_path)(struct process_md *ctx, void *buf, __u32 size) =
	(void *)PROCESS_FUNC_IMAGE_PATH;
static long (*bpf_process_get_account_name)(struct process_md *ctx, void *buf, __u32 size) =
	(void *)PROCESS_FUNC_ACCOUNT_NAME;
static long (*bpf_process_get_account_domain)(struct process_md *ctx, void *buf, __u32 size) =
	(void *)PROCESS_FUNC_ACCOUNT_DOMAIN;
#endif

#endif
