/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Where a binary or library is that is named without a path. */
#include "link.h"

#include <stdio.h>
#include <unistd.h>

/* Debian's directories for libraries of one machine. */
static const char *machine_libs(void)
{
#if defined(__x86_64__)
	return "/lib/x86_64-linux-gnu";
#elif defined(__i386__)
	return "/lib/i386-linux-gnu";
#elif defined(__aarch64__)
	return "/lib/aarch64-linux-gnu";
#elif defined(__arm__)
	return "/lib/arm-linux-gnueabi";
#elif defined(__riscv) && __riscv_xlen == 64
	return "/lib/riscv64-linux-gnu";
#elif defined(__s390x__)
	return "/lib/s390x-linux-gnu";
#else
	return "";
#endif
}

static bool search(const char *dirs, const char *name, int mode, char *path, size_t size)
{
	size_t len;

	for (; dirs && *dirs; dirs += len + (dirs[len] == ':')) {
		len = strcspn(dirs, ":");
		if (!len || snprintf(path, size, "%.*s/%s", (int)len, dirs, name) >= (int)size)
			continue;
		/* a file must be readable for us to find symbols in it */
		if (access(path, mode) == 0)
			return true;
	}
	return false;
}

int resolve_binary(const char *name, char *path, size_t size)
{
	bool is_library = strstr(name, ".so") && (str_has_prefix(strstr(name, ".so"), ".so.") ||
						  strcmp(name + strlen(name) - 3, ".so") == 0);
	char libs[256];

	snprintf(libs, sizeof(libs), "/usr/lib64:/usr/lib:/usr%s:%s", machine_libs(),
		 machine_libs());
	if (is_library) {
		if (search(getenv("LD_LIBRARY_PATH"), name, R_OK, path, size) ||
		    search(libs, name, R_OK, path, size))
			return 0;
		return -ENOENT;
	}
	if (search(getenv("PATH"), name, R_OK | X_OK, path, size) ||
	    search("/usr/bin:/usr/sbin", name, R_OK | X_OK, path, size))
		return 0;
	return -ENOENT;
}
