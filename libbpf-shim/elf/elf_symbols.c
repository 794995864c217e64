/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Symbol tables of executables and libraries: .symtab first, then .dynsym with its versions. */
#include "elf_symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <unistd.h>

#include "util.h"

struct binary {
	int fd;
	Elf *elf;
	const char *path;
};

static int open_binary(struct binary *binary, const char *path)
{
	GElf_Ehdr ehdr;
	int err;

	binary->path = path;
	elf_version(EV_CURRENT);
	binary->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (binary->fd < 0) {
		err = -errno;
		pr_warn("elf: failed to open %s: %s\n", path, errstr(err));
		return err;
	}
	binary->elf = elf_begin(binary->fd, ELF_C_READ_MMAP, NULL);
	if (!binary->elf || !gelf_getehdr(binary->elf, &ehdr)) {
		pr_warn("elf: could not read elf from %s: %s\n", path, elf_errmsg(-1));
		if (binary->elf)
			elf_end(binary->elf);
		close(binary->fd);
		return -LIBBPF_ERRNO__FORMAT;
	}
	if (ehdr.e_type != ET_EXEC && ehdr.e_type != ET_DYN) {
		pr_warn("elf: %s is neither executable nor library\n", path);
		elf_end(binary->elf);
		close(binary->fd);
		return -LIBBPF_ERRNO__FORMAT;
	}
	return 0;
}

static void close_binary(struct binary *binary)
{
	elf_end(binary->elf);
	close(binary->fd);
}

/* ---- walk over functions ---- */

struct symbol {
	const char *name;
	GElf_Sym sym;
	size_t index;
};

struct table {
	const struct binary *binary;
	Elf_Data *symbols, *versions, *version_defs;
	size_t names, version_names, version_def_count, count;
};

static Elf_Scn *find_section(const struct binary *binary, GElf_Word type, GElf_Shdr *shdr)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(binary->elf, scn)) != NULL)
		if (gelf_getshdr(scn, shdr) && shdr->sh_type == type)
			return scn;
	return NULL;
}

static bool open_table(struct table *table, const struct binary *binary, GElf_Word type)
{
	GElf_Shdr shdr;
	Elf_Scn *scn;

	memset(table, 0, sizeof(*table));
	table->binary = binary;
	scn = find_section(binary, type, &shdr);
	if (!scn || !shdr.sh_entsize)
		return false;
	table->symbols = elf_getdata(scn, NULL);
	table->names = shdr.sh_link;
	table->count = shdr.sh_size / shdr.sh_entsize;
	if (!table->symbols)
		return false;
	if (type != SHT_DYNSYM)
		return true;
	scn = find_section(binary, SHT_GNU_versym, &shdr);
	table->versions = scn ? elf_getdata(scn, NULL) : NULL;
	scn = find_section(binary, SHT_GNU_verdef, &shdr);
	if (scn) {
		table->version_defs = elf_getdata(scn, NULL);
		table->version_names = shdr.sh_link;
		table->version_def_count = shdr.sh_info;
	}
	return true;
}

static bool next_function(const struct table *table, struct symbol *symbol)
{
	for (; symbol->index < table->count; symbol->index++) {
		if (!gelf_getsym(table->symbols, symbol->index, &symbol->sym))
			return false;
		if (GELF_ST_TYPE(symbol->sym.st_info) != STT_FUNC ||
		    symbol->sym.st_shndx == SHN_UNDEF || symbol->sym.st_shndx >= SHN_LORESERVE)
			continue;
		symbol->name = elf_strptr(table->binary->elf, table->names, symbol->sym.st_name);
		if (symbol->name) {
			symbol->index++;
			return true;
		}
	}
	return false;
}

/* From an address to where its bytes are in the file. */
static int file_offset(const struct binary *binary, const GElf_Sym *sym, unsigned long *offset)
{
	Elf_Scn *scn = elf_getscn(binary->elf, sym->st_shndx);
	GElf_Shdr shdr;

	if (!scn || !gelf_getshdr(scn, &shdr))
		return -LIBBPF_ERRNO__FORMAT;
	*offset = sym->st_value - shdr.sh_addr + shdr.sh_offset;
	return 0;
}

/* ---- names with versions ---- */

/* NULL if the symbol has none. *hidden: only "sym@VER" means it, not "sym" alone. */
static const char *version_of(const struct table *table, size_t index, bool *hidden)
{
	GElf_Versym versym;
	GElf_Verdef def;
	GElf_Verdaux aux;
	size_t off = 0, i;

	*hidden = false;
	if (!table->versions || !gelf_getversym(table->versions, index, &versym))
		return NULL;
	*hidden = versym & 0x8000;
	for (i = 0; table->version_defs && i < table->version_def_count; i++) {
		if (!gelf_getverdef(table->version_defs, off, &def))
			return NULL;
		if (def.vd_ndx == (versym & 0x7fff)) {
			if (!gelf_getverdaux(table->version_defs, off + def.vd_aux, &aux))
				return NULL;
			return elf_strptr(table->binary->elf, table->version_names, aux.vda_name);
		}
		off += def.vd_next;
	}
	return NULL;
}

/* Does "name", "name@version" or "name@@version" mean this symbol? */
static bool name_matches(const struct table *table, const struct symbol *symbol, const char *name)
{
	const char *at = strchr(name, '@'), *version, *wanted;
	size_t len = at ? (size_t)(at - name) : strlen(name);
	bool hidden;

	if (strncmp(symbol->name, name, len) != 0 ||
	    (symbol->name[len] != '\0' && symbol->name[len] != '@'))
		return false;
	/* .symtab may have the version in the name itself */
	if (strcmp(symbol->name, name) == 0)
		return true;
	if (symbol->name[len] == '@')
		return !at;
	version = version_of(table, symbol->index - 1, &hidden);
	if (!at)
		return !hidden;
	wanted = at + strspn(at, "@");
	return version && strcmp(version, wanted) == 0 && (at[1] != '@' || !hidden);
}

static const GElf_Word tables[] = { SHT_SYMTAB, SHT_DYNSYM };

/* Return: 0, -ENOENT, or -ESRCH-like errors for names that mean two functions. */
static int find_in_binary(const struct binary *binary, const char *name, unsigned long *offset)
{
	int best_bind = -1, bind, err;
	unsigned long found = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++) {
		struct symbol symbol = { 0 };
		struct table table;

		if (!open_table(&table, binary, tables[i]))
			continue;
		while (next_function(&table, &symbol)) {
			if (!name_matches(&table, &symbol, name))
				continue;
			err = file_offset(binary, &symbol.sym, offset);
			if (err)
				return err;
			/* a global function wins over a weak one, both over static ones */
			bind = GELF_ST_BIND(symbol.sym.st_info);
			bind = bind == STB_GLOBAL ? 2 : bind == STB_WEAK ? 1 : 0;
			if (bind == best_bind && *offset != found) {
				if (bind == 1)
					continue;
				pr_warn("elf: ambiguous match for '%s' in '%s'\n", name,
					binary->path);
				return -LIBBPF_ERRNO__FORMAT;
			}
			if (bind <= best_bind)
				continue;
			best_bind = bind;
			found = *offset;
		}
		if (best_bind >= 0)
			break;
	}
	*offset = found;
	return best_bind < 0 ? -ENOENT : 0;
}

long elf_find_function(const char *path, const char *name)
{
	struct binary binary;
	unsigned long offset;
	int err;

	err = open_binary(&binary, path);
	if (err)
		return err;
	err = find_in_binary(&binary, name, &offset);
	close_binary(&binary);
	if (err)
		pr_warn("elf: failed to find symbol '%s' in '%s': %s\n", name, path, errstr(err));
	return err ? err : (long)offset;
}

int elf_find_functions(const char *path, const char **names, size_t count,
		       unsigned long **offsets)
{
	struct binary binary;
	size_t i;
	int err;

	err = open_binary(&binary, path);
	if (err)
		return err;
	*offsets = calloc(count, sizeof(**offsets));
	if (!*offsets)
		err = -ENOMEM;
	for (i = 0; !err && i < count; i++)
		err = find_in_binary(&binary, names[i], &(*offsets)[i]);
	close_binary(&binary);
	if (err) {
		free(*offsets);
		*offsets = NULL;
	}
	return err;
}

static int compare_offsets(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

int elf_match_functions(const char *path, const char *pattern, unsigned long **offsets,
			size_t *count)
{
	size_t capacity = 0, i, kept = 0;
	struct binary binary;
	unsigned long *slot;
	int err;

	*offsets = NULL;
	*count = 0;
	err = open_binary(&binary, path);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(tables) && !err && !*count; i++) {
		struct symbol symbol = { 0 };
		struct table table;

		if (!open_table(&table, &binary, tables[i]))
			continue;
		while (!err && next_function(&table, &symbol)) {
			if (!glob_match(symbol.name, pattern))
				continue;
			slot = array_grow((void **)offsets, count, &capacity, sizeof(*slot));
			err = slot ? file_offset(&binary, &symbol.sym, slot) : -ENOMEM;
		}
	}
	close_binary(&binary);
	if (!err && !*count)
		err = -ENOENT;
	if (err) {
		free(*offsets);
		*offsets = NULL;
		*count = 0;
		return err;
	}
	/* aliases are one function */
	qsort(*offsets, *count, sizeof(**offsets), compare_offsets);
	for (i = 0; i < *count; i++)
		if (!kept || (*offsets)[kept - 1] != (*offsets)[i])
			(*offsets)[kept++] = (*offsets)[i];
	*count = kept;
	return 0;
}
