/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs of rows, loaded with a log. */
#ifndef EXTENSIONS_LOGGED_LOAD_H
#define EXTENSIONS_LOGGED_LOAD_H

#include "backend.h"

/* @room: of the array, whose rest behind the program is zero. fd or -errno. */
int load_logged(const struct backend *b, uint32_t type, const struct bpf_insn *insns, uint32_t room,
		uint32_t flags, char *log, uint32_t log_size);

/* The line before the statistics, cut off there. */
const char *last_line(char *log);

#endif
