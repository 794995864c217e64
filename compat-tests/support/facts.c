/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Reading the fact tables (tab-separated, first line is the head). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bpf.h>

#include "facts.h"

int facts_of(const char *file, const char *type, struct fact **out)
{
	char path[4096], line[1024];
	struct fact *rows = NULL;
	int cnt = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", TEST_DATA_DIR, file);
	f = fopen(path, "r");
	if (!f) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), f)) {
		struct fact row = { 0 };

		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "%31[^\t]\t%95[^\t]\t%47[^\t]", row.type, row.what, row.want) != 3) {
			fprintf(stderr, "%s: unreadable row: %s\n", path, line);
			exit(1);
		}
		if (strcmp(row.type, type))
			continue;
		rows = realloc(rows, (cnt + 1) * sizeof(*rows));
		rows[cnt++] = row;
	}
	fclose(f);
	*out = rows;
	return cnt;
}

uint32_t map_flag_by_name(const char *name, int *known)
{
	static const struct {
		const char *name;
		uint32_t flag;
	} flags[] = {
		{ "NO_PREALLOC", BPF_F_NO_PREALLOC },
		{ "NO_COMMON_LRU", BPF_F_NO_COMMON_LRU },
		{ "NUMA_NODE", BPF_F_NUMA_NODE },
		{ "RDONLY", BPF_F_RDONLY },
		{ "WRONLY", BPF_F_WRONLY },
		{ "STACK_BUILD_ID", BPF_F_STACK_BUILD_ID },
		{ "ZERO_SEED", BPF_F_ZERO_SEED },
		{ "RDONLY_PROG", BPF_F_RDONLY_PROG },
		{ "WRONLY_PROG", BPF_F_WRONLY_PROG },
		{ "CLONE", BPF_F_CLONE },
		{ "MMAPABLE", BPF_F_MMAPABLE },
		{ "PRESERVE_ELEMS", BPF_F_PRESERVE_ELEMS },
		{ "INNER_MAP", BPF_F_INNER_MAP },
		{ "LINK", BPF_F_LINK },
		{ "PATH_FD", BPF_F_PATH_FD },
		{ "VTYPE_BTF_OBJ_FD", BPF_F_VTYPE_BTF_OBJ_FD },
		{ "TOKEN_FD", BPF_F_TOKEN_FD },
		{ "SEGV_ON_FAULT", BPF_F_SEGV_ON_FAULT },
		{ "NO_USER_CONV", BPF_F_NO_USER_CONV },
		{ "RB_OVERWRITE", 1u << 19 },
		{ "bit31", 1u << 31 },
	};

	*known = 1;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!strcmp(flags[i].name, name))
			return flags[i].flag;
	*known = 0;
	return 0;
}
