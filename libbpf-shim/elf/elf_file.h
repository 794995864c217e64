/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* An ELF file as plain structs: every offset and index in them has been checked. */
#ifndef BPF_SHIM_ELF_FILE_H
#define BPF_SHIM_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <elf.h>

#ifndef EM_BPF
#define EM_BPF 247
#endif

/* Relocation types of machine BPF. */
#define R_BPF_64_64	1
#define R_BPF_64_ABS64	2
#define R_BPF_64_ABS32	3
#define R_BPF_64_32	10

struct elf_section {
	const char *name;
	uint32_t type;
	uint64_t flags, addr, offset, align;
	uint64_t size;
	uint32_t link, info;
	const void *data;	/* NULL if it has no bytes in the file */
};

struct elf_symbol {
	const char *name;
	uint64_t value, size;
	uint8_t type, bind, visibility;
	uint16_t section;	/* may be SHN_UNDEF, SHN_ABS, SHN_COMMON … */
};

struct elf_rel {
	uint64_t offset;
	uint32_t symbol;	/* below symbol_count */
	uint32_t type;
};

struct elf_file {
	void *handle;		/* libelf's */
	uint16_t type, machine;
	bool is_64bit, is_big_endian;
	struct elf_section *sections;
	size_t section_count;	/* section 0 included */
	struct elf_symbol *symbols;
	size_t symbol_count;
	size_t symtab;		/* section index, 0: none */
};

/**
 * elf_file_parse() - read sections and symbols
 * @data: must outlive @file
 * @path: for messages
 *
 * Return: 0; -LIBBPF_ERRNO__LIBELF or -LIBBPF_ERRNO__FORMAT, with a message.
 */
int elf_file_parse(struct elf_file *file, const void *data, size_t size, const char *path);
void elf_file_free(struct elf_file *file);

/* First section of that name; NULL if there is none. */
const struct elf_section *elf_file_section(const struct elf_file *file, const char *name);

/* Relocations of an SHT_REL section. Return: 0, -LIBBPF_ERRNO__FORMAT or -ENOMEM. */
int elf_file_rels(const struct elf_file *file, const struct elf_section *section,
		  struct elf_rel **rels, size_t *count);

/* True if this machine runs code of that byte order. */
bool elf_file_is_native_endian(const struct elf_file *file);

#endif
