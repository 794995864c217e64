/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the registry's own files share. */
#ifndef EXTENSIONS_REGISTRY_PRIVATE_H
#define EXTENSIONS_REGISTRY_PRIVATE_H

#include <errno.h>
#include "registry.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* An extension with its rows in the layout of this build. */
struct extension {
	const struct bpfx_extension *source;
	struct bpfx_extension rows;	/* complete; tables replaced where row sizes differ */
	void *copies[4];		/* of those tables, to be freed */
};

/* Say why, for registry_reason(). Return: @err. */
int registry_refuse(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Everything about an extension that can be judged by itself: 0 or -EINVAL with the reason. Fills
 * @out; give back with extension_drop(). */
int extension_take(const struct bpfx_extension *source, struct extension *out);
void extension_drop(struct extension *extension);

/* Plugins that are named or installed. */
void loader_run(const struct bpfx_host *host);

/* Built-in extensions, in the order of registration. NULL ends the list. */
extern const struct bpfx_extension *const builtin_extensions[];

#endif
