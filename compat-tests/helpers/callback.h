/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs with a second function: Linux wants to know from BTF that it is static. */
#ifndef HELPERS_CALLBACK_H
#define HELPERS_CALLBACK_H

#include "backend.h"

/* An XDP program whose function at instruction @callback is passed to helpers. Return: fd or -errno. */
int load_with_callback(const struct backend *b, const struct bpf_insn *insns, uint32_t cnt,
		       uint32_t callback);

#endif
