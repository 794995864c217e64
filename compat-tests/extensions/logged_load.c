/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#include <string.h>

#include "logged_load.h"

int load_logged(const struct backend *b, uint32_t type, const struct bpf_insn *insns, uint32_t room,
		uint32_t flags, char *log, uint32_t log_size)
{
	union bpf_attr attr;

	while (!insns[room - 1].code)
		room--;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = room;
	attr.license = (uintptr_t)"GPL";
	attr.prog_flags = flags;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = log_size;
	attr.log_level = 1;
	log[0] = 0;
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

const char *last_line(char *log)
{
	char *end = strstr(log, "\nprocessed "), *line;

	if (!end)
		return "";
	*end = 0;
	line = strrchr(log, '\n');
	return line ? line + 1 : log;
}
