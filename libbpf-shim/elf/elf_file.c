/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* From libelf's view of an object to structs that need no further checks. */
#include "elf_file.h"

#include <gelf.h>
#include <libelf.h>

#include "util.h"

static int libelf_failed(const char *path, const char *what)
{
	pr_warn("elf: failed to %s of %s: %s\n", what, path, elf_errmsg(-1));
	return -LIBBPF_ERRNO__LIBELF;
}

static int bad_format(const char *path, const char *what)
{
	pr_warn("elf: %s in %s\n", what, path);
	return -LIBBPF_ERRNO__FORMAT;
}

bool elf_file_is_native_endian(const struct elf_file *file)
{
	return file->is_big_endian == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static int read_section(struct elf_file *file, Elf_Scn *scn, size_t names,
			struct elf_section *section, const char *path)
{
	GElf_Shdr shdr;
	Elf_Data *data;

	if (!gelf_getshdr(scn, &shdr))
		return libelf_failed(path, "get section header");
	section->name = elf_strptr(file->handle, names, shdr.sh_name);
	if (!section->name)
		return libelf_failed(path, "get section name");
	section->type = shdr.sh_type;
	section->flags = shdr.sh_flags;
	section->addr = shdr.sh_addr;
	section->offset = shdr.sh_offset;
	section->align = shdr.sh_addralign;
	section->size = shdr.sh_size;
	section->link = shdr.sh_link;
	section->info = shdr.sh_info;
	if (shdr.sh_type == SHT_NOBITS || shdr.sh_type == SHT_NULL || !shdr.sh_size)
		return 0;
	data = elf_getdata(scn, NULL);
	if (!data || !data->d_buf || data->d_size != shdr.sh_size)
		return libelf_failed(path, "get section data");
	section->data = data->d_buf;
	return 0;
}

static int read_sections(struct elf_file *file, const char *path)
{
	size_t names, i;
	Elf_Scn *scn;
	int err;

	if (elf_getshdrnum(file->handle, &file->section_count) ||
	    elf_getshdrstrndx(file->handle, &names))
		return libelf_failed(path, "get section names index");
	if (!file->section_count)
		return bad_format(path, "no sections");
	file->sections = calloc(file->section_count, sizeof(*file->sections));
	if (!file->sections)
		return -ENOMEM;
	file->sections[0].name = "";
	for (i = 1; i < file->section_count; i++) {
		scn = elf_getscn(file->handle, i);
		if (!scn)
			return libelf_failed(path, "get section");
		err = read_section(file, scn, names, &file->sections[i], path);
		if (err)
			return err;
	}
	return 0;
}

static int read_symbol(struct elf_file *file, Elf_Data *data, size_t index, const char *path)
{
	struct elf_symbol *symbol = &file->symbols[index];
	GElf_Sym sym;

	if (!gelf_getsym(data, index, &sym))
		return libelf_failed(path, "get symbol");
	symbol->name = elf_strptr(file->handle, file->sections[file->symtab].link, sym.st_name);
	if (!symbol->name)
		return libelf_failed(path, "get symbol name");
	symbol->value = sym.st_value;
	symbol->size = sym.st_size;
	symbol->type = GELF_ST_TYPE(sym.st_info);
	symbol->bind = GELF_ST_BIND(sym.st_info);
	symbol->visibility = GELF_ST_VISIBILITY(sym.st_other);
	symbol->section = sym.st_shndx;
	if (sym.st_shndx < SHN_LORESERVE && sym.st_shndx >= file->section_count)
		return bad_format(path, "symbol of a section that is not there");
	return 0;
}

static int read_symbols(struct elf_file *file, const char *path)
{
	Elf_Data *data;
	size_t i;
	int err;

	for (i = 1; i < file->section_count; i++) {
		if (file->sections[i].type != SHT_SYMTAB)
			continue;
		if (file->symtab)
			return bad_format(path, "more than one symbol table");
		file->symtab = i;
	}
	if (!file->symtab || !file->sections[file->symtab].data)
		return 0;
	data = elf_getdata(elf_getscn(file->handle, file->symtab), NULL);
	if (!data)
		return libelf_failed(path, "get symbol table");
	file->symbol_count = data->d_size /
			     (file->is_64bit ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym));
	file->symbols = calloc(file->symbol_count + 1, sizeof(*file->symbols));
	if (!file->symbols)
		return -ENOMEM;
	for (i = 0; i < file->symbol_count; i++) {
		err = read_symbol(file, data, i, path);
		if (err)
			return err;
	}
	return 0;
}

int elf_file_parse(struct elf_file *file, const void *data, size_t size, const char *path)
{
	GElf_Ehdr ehdr;
	int err;

	memset(file, 0, sizeof(*file));
	elf_version(EV_CURRENT);
	file->handle = elf_memory((char *)data, size);
	if (!file->handle || elf_kind(file->handle) != ELF_K_ELF || !gelf_getehdr(file->handle, &ehdr)) {
		pr_warn("elf: failed to open %s as ELF file: %s\n", path,
			elf_errno() ? elf_errmsg(-1) : "not an ELF file");
		elf_file_free(file);
		return -LIBBPF_ERRNO__FORMAT;
	}
	file->type = ehdr.e_type;
	file->machine = ehdr.e_machine;
	file->is_64bit = ehdr.e_ident[EI_CLASS] == ELFCLASS64;
	file->is_big_endian = ehdr.e_ident[EI_DATA] == ELFDATA2MSB;
	err = read_sections(file, path);
	if (!err)
		err = read_symbols(file, path);
	if (err)
		elf_file_free(file);
	return err;
}

void elf_file_free(struct elf_file *file)
{
	free(file->sections);
	free(file->symbols);
	if (file->handle)
		elf_end(file->handle);
	memset(file, 0, sizeof(*file));
}

const struct elf_section *elf_file_section(const struct elf_file *file, const char *name)
{
	size_t i;

	for (i = 1; i < file->section_count; i++)
		if (strcmp(file->sections[i].name, name) == 0)
			return &file->sections[i];
	return NULL;
}

int elf_file_rels(const struct elf_file *file, const struct elf_section *section,
		  struct elf_rel **rels, size_t *count)
{
	const Elf64_Rel *rel = section->data;
	size_t i;

	*rels = NULL;
	*count = 0;
	if (!file->is_64bit || section->type != SHT_REL || section->link != file->symtab)
		return -LIBBPF_ERRNO__FORMAT;
	if (!rel)
		return 0;
	*count = section->size / sizeof(*rel);
	*rels = calloc(*count + 1, sizeof(**rels));
	if (!*rels)
		return -ENOMEM;
	for (i = 0; i < *count; i++) {
		(*rels)[i].offset = rel[i].r_offset;
		(*rels)[i].symbol = ELF64_R_SYM(rel[i].r_info);
		(*rels)[i].type = ELF64_R_TYPE(rel[i].r_info);
		if ((*rels)[i].symbol >= file->symbol_count) {
			free(*rels);
			*rels = NULL;
			return -LIBBPF_ERRNO__FORMAT;
		}
	}
	return 0;
}
