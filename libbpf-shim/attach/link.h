/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What an attachment is, inside: an fd and how to give it up. */
#ifndef BPF_SHIM_LINK_H
#define BPF_SHIM_LINK_H

#include <stdbool.h>

#include "object.h"

struct bpf_link {
	int (*detach)(struct bpf_link *link);
	void (*dealloc)(struct bpf_link *link);	/* NULL: free() */
	char *pin_path;
	int fd;
	bool disconnected;
};

/* A link that ends when its fd is closed. Takes over @fd, also on failure. */
struct bpf_link *link_from_fd(int fd);

/* The program's fd; -EINVAL, with a message, if it is not loaded. */
int link_program_fd(const struct bpf_program *prog);

/* LINK_CREATE with the program's own attach type. @what: for the message. */
struct bpf_link *make_link(const struct bpf_program *prog, int target,
			     const char *what, const struct bpf_link_create_opts *opts);

/* Reads a link's failure from errno and says what failed. Return: NULL. */
struct bpf_link *link_failed(const struct bpf_program *prog, const char *what, int err);

/* ---- by section name; link NULL and 0: the name does not say where to ---- */

int attach_kprobe_section(const struct bpf_program *prog, struct bpf_link **link);
int attach_uprobe_section(const struct bpf_program *prog, struct bpf_link **link);
int attach_ksyscall_section(const struct bpf_program *prog, struct bpf_link **link);
int attach_tracepoint_section(const struct bpf_program *prog, struct bpf_link **link);
int attach_kprobe_multi_section(const struct bpf_program *prog, struct bpf_link **link);
int attach_kprobe_session_section(const struct bpf_program *prog, struct bpf_link **link);
int attach_uprobe_multi_section(const struct bpf_program *prog, struct bpf_link **link);

/* Full path of a binary that may be named without one. Return: 0 or -errno. */
int resolve_binary(const char *name, char *path, size_t size);

#endif
