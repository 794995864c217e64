/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The built-in extensions: one row each. */
#include <stddef.h>

#include "registry_private.h"

extern const struct bpfx_extension net_extension, net_policy_extension, tracing_extension,
	process_extension, sample_extension;

const struct bpfx_extension *const builtin_extensions[] = {
	&net_extension,
	&net_policy_extension,
	&tracing_extension,
	&process_extension,
	&sample_extension,
	NULL,
};
