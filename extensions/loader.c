/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Plugins: those of BPF_SHIM_EXTENSIONS, then those in the folder beside the library. A broken one
 * is refused with the reason in the debug log, and nothing else happens.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry_private.h"

#define SYMBOL	"bpfx_extension"
#define FOLDER	"libbpf-shim/extensions"

static void load_plugin(const struct bpfx_host *host, const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct bpfx_extension *ext;

	if (!library) {
		host->log(1, "extension %s: %s", path, dlerror());
		return;
	}
	ext = dlsym(library, SYMBOL);
	if (!ext)
		host->log(1, "extension %s: it does not export '" SYMBOL "'", path);
	else if (registry_add(ext, host))
		host->log(1, "extension %s: %s", path, registry_reason());
	else
		return;		/* stays loaded: its rows are in use */
	dlclose(library);
}

static void load_list(const struct bpfx_host *host, const char *list)
{
	char *copy = strdup(list), *rest = copy, *path;

	if (!copy)
		return;
	while ((path = strsep(&rest, ":")))
		if (*path)
			load_plugin(host, path);
	free(copy);
}

/* Folder of installed plugins; false: we cannot tell where we are. */
static bool find_folder(char *out, size_t size)
{
	Dl_info info;
	const char *slash;

	if (!dladdr((void *)(uintptr_t)find_folder, &info) || !info.dli_fname)
		return false;
	slash = strrchr(info.dli_fname, '/');
	if (!slash)
		return false;
	return snprintf(out, size, "%.*s/" FOLDER, (int)(slash - info.dli_fname),
			info.dli_fname) < (int)size;
}

static int is_plugin(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot != entry->d_name && !strcmp(dot, ".so");
}

static void load_folder(const struct bpfx_host *host, const char *folder)
{
	struct dirent **entries;
	int cnt = scandir(folder, &entries, is_plugin, alphasort);
	char path[PATH_MAX];

	for (int i = 0; i < cnt; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) <
		    (int)sizeof(path))
			load_plugin(host, path);
		free(entries[i]);
	}
	if (cnt >= 0)
		free(entries);
}

void loader_run(const struct bpfx_host *host)
{
	const char *list = secure_getenv("BPF_SHIM_EXTENSIONS");
	char folder[PATH_MAX];

	if (list)
		load_list(host, list);
	if (find_folder(folder, sizeof(folder)))
		load_folder(host, folder);
}
