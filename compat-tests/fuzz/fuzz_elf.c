/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Object files: opened, and loaded where they open. */
#include <stdbool.h>
#include <bpf/libbpf.h>

#include "backend.h"
#include "kern.h"
#include "target.h"

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	use_private_store();
	kern_host();
	libbpf_set_print(quiet);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bpf_object *obj = bpf_object__open_mem(data, size, NULL);
	struct bpf_map *map;
	bool huge = false;

	if (!obj)
		return 0;
	bpf_object__for_each_map(map, obj) {
		if (bpf_map__max_entries(map) > 1 << 14)
			bpf_map__set_max_entries(map, 1 << 14);
		huge |= bpf_map__value_size(map) > 1 << 20;
	}
	if (!huge)		/* it would only cost memory */
		bpf_object__load(obj);
	bpf_object__close(obj);
	return 0;
}
