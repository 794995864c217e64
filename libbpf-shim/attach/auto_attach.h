/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Attaching by section name, for skeletons. */
#ifndef BPF_SHIM_AUTO_ATTACH_H
#define BPF_SHIM_AUTO_ATTACH_H

#include <stdbool.h>
#include <bpf/libbpf.h>

/* Does the section name belong to a kind that can attach by itself? */
bool program_can_auto_attach(const struct bpf_program *prog);

/* Return: 0 with a link, 0 with *link NULL for a name that does not say where, or -errno. */
int program_auto_attach(const struct bpf_program *prog, struct bpf_link **link);

#endif
