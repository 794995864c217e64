/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Functions of a native binary, as offsets into its file. */
#ifndef BPF_SHIM_ELF_SYMBOLS_H
#define BPF_SHIM_ELF_SYMBOLS_H

#include <stddef.h>

/* @name may carry a version, "sym@VER" or "sym@@VER". Return: offset, or -errno (-ENOENT). */
long elf_find_function(const char *path, const char *name);

/* Offsets of @count functions, to be freed. Return: 0 or -errno. */
int elf_find_functions(const char *path, const char **names, size_t count,
		       unsigned long **offsets);

/* Offsets of all functions that match a glob, each once. -ENOENT if there is none. */
int elf_match_functions(const char *path, const char *pattern, unsigned long **offsets,
			size_t *count);

#endif
