/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* For whoever sees processes come and go: let the programs attached to hook "process" know. */
#ifndef BPFX_PROCESS_H
#define BPFX_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <bpfx/process_types.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct bpfx_process_event - a process is about to be created, or has ended
 *
 * Texts may be NULL: then nobody knows. Zeros elsewhere are fine.
 */
struct bpfx_process_event {
	size_t sz;			/* sizeof(struct bpfx_process_event) */
	uint32_t operation;		/* enum process_operation */
	uint32_t exit_code;
	uint64_t pid, parent_pid, creating_pid, creating_tid;
	uint64_t creation_time, exit_time;
	const char *command;		/* not NUL-terminated: words separated by NUL */
	uint32_t command_size;
	uint32_t reserved;
	const char *image_path, *account_name, *account_domain;
	int32_t status;			/* out: 0: go on; -errno: a program denies the creation */
};

/**
 * bpfx_process_event() - run the programs attached to hook "process", in the order of attachment
 *
 * At a creation the first negative result ends it and is the status; when a process has ended all
 * programs run and their results are ignored. A program that cannot run counts as one that allows
 * (the hook fails open). Costs a look at a counter while nothing is attached. Thread-safe.
 *
 * Return: programs that ran; -EINVAL: sz, operation, reserved or a command that is longer than 64 KiB.
 */
int bpfx_process_event(struct bpfx_process_event *event);

#ifdef __cplusplus
}
#endif

#endif
