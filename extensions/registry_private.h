/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the registry's own files share. */
#ifndef EXTENSIONS_REGISTRY_PRIVATE_H
#define EXTENSIONS_REGISTRY_PRIVATE_H

#include <errno.h>
#include "registry.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

struct block;

/* A registered extension: a copy of its tables in the layout of this build. */
struct extension {
	const struct bpfx_extension *source;
	struct bpfx_extension rows;
	struct block *blocks;		/* memory of all that rows point to */
	bool leaving;			/* hidden, waiting for its users */
};

/* Everything about an extension that can be judged by itself: 0 or -EINVAL with the reason. Fills
 * @out; give back with extension_drop(). */
int extension_take(const struct bpfx_extension *source, struct extension *out);
void extension_drop(struct extension *extension);

/* Replace the tables of @extension by copies in our layout: 0, -ENOMEM or -EINVAL. */
int extension_copy(struct extension *extension);
/* Is that row, or what it points to, one of its own. */
bool extension_has(const struct extension *extension, const void *row);

/* Plugins that are named or installed. */
void loader_run(const struct bpfx_host *host);

/* Built-in extensions, in the order of registration. NULL ends the list. */
extern const struct bpfx_extension *const builtin_extensions[];

#endif
