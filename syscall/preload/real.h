/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The libc behind our wrappers. Originals are looked up when first wanted: other libraries'
 * constructors call us before ours has run.
 */
#ifndef PRELOAD_REAL_H
#define PRELOAD_REAL_H

#include <dlfcn.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

/* The function named @name as libc has it; the process cannot go on without it. */
static inline void *real_symbol(void **cache, const char *name)
{
	void *found = __atomic_load_n(cache, __ATOMIC_RELAXED);

	if (!found) {
		found = dlsym(RTLD_NEXT, name);
		__atomic_store_n(cache, found, __ATOMIC_RELAXED);
	}
	return found;
}

/* REAL(open)(path, flags): call libc's, typed as the wrapper itself. */
#define REAL(name)						\
	({							\
		static void *cache_##name;			\
		(__typeof__(&name))real_symbol(&cache_##name, #name); \
	})

#endif
