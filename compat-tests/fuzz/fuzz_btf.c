/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF: the kernel's check with a log, and the library's reader of BTF and of BTF.ext. */
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "backend.h"
#include "kern.h"
#include "target.h"

static char log_text[1 << 14];

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

static void print(void *unused, const char *format, va_list args)
{
}

static void dump(const struct btf *btf)
{
	struct btf_dump *dump = btf_dump__new(btf, print, NULL, NULL);

	if (!dump)
		return;
	for (uint32_t id = 1; id < btf__type_cnt(btf) && id < 64; id++)
		if (btf_dump__dump_type(dump, id))
			break;
	btf_dump__free(dump);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct btf_ext *ext;
	union bpf_attr attr;
	struct btf *btf;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)data;
	attr.btf_size = size;
	attr.btf_log_level = 2;
	attr.btf_log_buf = (uintptr_t)log_text;
	attr.btf_log_size = sizeof(log_text);
	fd = kern_bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		kern_fd_close(fd);
	btf = btf__new(data, size);
	/* What the kernel takes is fit to be printed. */
	if (btf && fd >= 0)
		dump(btf);
	btf__free(btf);
	ext = btf_ext__new(data, size);
	btf_ext__free(ext);
	return 0;
}
