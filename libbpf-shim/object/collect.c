/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* From sections and symbols to programs. What else an object has is found in map_defs.c,
 * global_data.c, externs.c and relocs.c; the order of these steps stands at the end. */
#include "object.h"

#include <stdio.h>

/* ---- programs ---- */

struct bpf_program *object_add_program(struct bpf_object *obj)
{
	struct bpf_program *prog = array_grow((void **)&obj->programs, &obj->program_cnt,
					      &obj->program_cap, sizeof(*prog));

	if (!prog)
		return NULL;
	prog->obj = obj;
	prog->fd = -1;
	prog->autoload = prog->autoattach = true;
	return prog;
}

void program_free(struct bpf_program *prog)
{
	bpf_program__unload(prog);
	free(prog->name);
	free(prog->elf_sec_name);
	free(prog->insns);
	free(prog->relocs);
	free(prog->pieces);
	free(prog->func_info);
	free(prog->line_info);
}

static int init_program(struct bpf_object *obj, size_t sec_idx, const struct elf_symbol *symbol)
{
	const struct elf_section *sec = &obj->elf.sections[sec_idx];
	struct bpf_program *prog = object_add_program(obj);

	if (!prog)
		return -ENOMEM;
	prog->sec_idx = sec_idx;
	prog->sec_insn_off = symbol->value / INSN_SIZE;
	prog->sec_insn_cnt = prog->insn_cnt = symbol->size / INSN_SIZE;
	/* functions marked __hidden are verified as part of their callers */
	prog->hidden = symbol->bind != STB_LOCAL && (symbol->visibility == STV_HIDDEN ||
						     symbol->visibility == STV_INTERNAL);
	prog->name = strdup(symbol->name);
	prog->elf_sec_name = strdup(sec->name);
	prog->insns = malloc(symbol->size);
	if (!prog->name || !prog->elf_sec_name || !prog->insns)
		return -ENOMEM;
	/* SEC("?…"): not loaded unless asked for */
	prog->autoload = prog->elf_sec_name[0] != '?';
	prog->sec_name = prog->elf_sec_name + !prog->autoload;
	memcpy(prog->insns, (const char *)sec->data + symbol->value, symbol->size);
	return 0;
}

static int bad_program(const struct bpf_object *obj, size_t sec_idx,
		       const struct elf_symbol *symbol, const char *what)
{
	pr_warn("sec '%s': program '%s' at offset %llu %s\n", obj->elf.sections[sec_idx].name,
		symbol->name, (unsigned long long)symbol->value, what);
	return -LIBBPF_ERRNO__FORMAT;
}

static int add_programs(struct bpf_object *obj, size_t sec_idx)
{
	const struct elf_section *sec = &obj->elf.sections[sec_idx];
	const struct elf_symbol *symbol;
	size_t i;
	int err;

	for (i = 0; i < obj->elf.symbol_count; i++) {
		symbol = &obj->elf.symbols[i];
		if (symbol->section != sec_idx || symbol->type != STT_FUNC)
			continue;
		if (!symbol->size || symbol->value % INSN_SIZE || symbol->size % INSN_SIZE ||
		    symbol->value > sec->size || symbol->size > sec->size - symbol->value)
			return bad_program(obj, sec_idx, symbol, "crosses section boundary");
		if (sec_idx != obj->text_idx && symbol->bind == STB_LOCAL) {
			pr_warn("sec '%s': program '%s' is static and not supported\n", sec->name,
				symbol->name);
			return -ENOTSUP;
		}
		pr_debug("sec '%s': found program '%s' at insn offset %llu (%llu bytes), code size %llu insns (%llu bytes)\n",
			 sec->name, symbol->name,
			 (unsigned long long)(symbol->value / INSN_SIZE),
			 (unsigned long long)symbol->value,
			 (unsigned long long)(symbol->size / INSN_SIZE),
			 (unsigned long long)symbol->size);
		err = init_program(obj, sec_idx, symbol);
		if (err)
			return err;
	}
	return 0;
}

static int compare_programs(const void *a, const void *b)
{
	const struct bpf_program *x = a, *y = b;

	if (x->sec_idx != y->sec_idx)
		return x->sec_idx < y->sec_idx ? -1 : 1;
	if (x->sec_insn_off != y->sec_insn_off)
		return x->sec_insn_off < y->sec_insn_off ? -1 : 1;
	return 0;
}

/* In the order of the file, and without two functions at one place. */
static int sort_programs(struct bpf_object *obj)
{
	struct bpf_program *prev = NULL, *prog;
	size_t i;

	if (obj->program_cnt)
		qsort(obj->programs, obj->program_cnt, sizeof(*obj->programs), compare_programs);
	obj->has_subprogs = obj->program_cnt > 1;
	for (i = 0; i < obj->program_cnt; i++) {
		prog = &obj->programs[i];
		/* an object with nothing but one function in .text means it as a program */
		prog->is_subprog = prog->sec_idx == obj->text_idx && obj->has_subprogs;
		if (prev && prev->sec_idx == prog->sec_idx &&
		    prev->sec_insn_off + prev->sec_insn_cnt > prog->sec_insn_off) {
			pr_warn("sec '%s': programs '%s' and '%s' overlap\n", prog->sec_name,
				prev->name, prog->name);
			return -LIBBPF_ERRNO__FORMAT;
		}
		prev = prog;
	}
	return 0;
}

struct bpf_program *object_program_at(const struct bpf_object *obj, size_t sec_idx,
				      size_t insn_off)
{
	size_t low = 0, high = obj->program_cnt, middle;
	struct bpf_program *prog;

	while (low < high) {
		middle = low + (high - low) / 2;
		prog = &obj->programs[middle];
		if (prog->sec_idx < sec_idx ||
		    (prog->sec_idx == sec_idx &&
		     prog->sec_insn_off + prog->sec_insn_cnt <= insn_off))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == obj->program_cnt)
		return NULL;
	prog = &obj->programs[low];
	if (prog->sec_idx != sec_idx || insn_off < prog->sec_insn_off)
		return NULL;
	return prog;
}

/* ---- other sections ---- */

static int read_license(struct bpf_object *obj, const struct elf_section *sec)
{
	if (!sec->data) {
		pr_warn("invalid license section in %s\n", obj->path);
		return -LIBBPF_ERRNO__FORMAT;
	}
	memcpy(obj->license, sec->data, MIN(sec->size, sizeof(obj->license) - 1));
	pr_debug("license of %s is %s\n", obj->path, obj->license);
	return 0;
}

static int read_version(struct bpf_object *obj, const struct elf_section *sec)
{
	if (!sec->data || sec->size != sizeof(obj->kern_version)) {
		pr_warn("invalid kver section in %s\n", obj->path);
		return -LIBBPF_ERRNO__FORMAT;
	}
	memcpy(&obj->kern_version, sec->data, sizeof(obj->kern_version));
	return 0;
}

static bool is_data_name(const char *name, const char *base)
{
	size_t len = strlen(base);

	return strncmp(name, base, len) == 0 && (name[len] == '\0' || name[len] == '.');
}

/* Debug information and what linkers need is no global data. */
static bool is_ignored(const struct elf_section *sec)
{
	const char *name = sec->name;

	if (sec->type == SHT_STRTAB || strcmp(name, ".llvm_addrsig") == 0)
		return true;
	if (sec->type == SHT_PROGBITS && !sec->size && strcmp(name, ".text") == 0)
		return true;
	if (str_has_prefix(name, ".debug_") || is_data_name(name, ".eh_frame"))
		return true;
	if (str_has_prefix(name, ".rel") && sec->type == SHT_REL)
		name += 4;
	return strcmp(name, BTF_ELF_SEC) == 0 || strcmp(name, BTF_EXT_ELF_SEC) == 0;
}

static bool is_struct_ops(const char *name)
{
	if (*name == '?')
		name++;
	return strcmp(name, ".struct_ops") == 0 || strcmp(name, ".struct_ops.link") == 0;
}

static int classify(struct bpf_object *obj, size_t i)
{
	const struct elf_section *sec = &obj->elf.sections[i];

	if (strcmp(sec->name, "license") == 0)
		return read_license(obj, sec);
	if (strcmp(sec->name, "version") == 0)
		return read_version(obj, sec);
	if (strcmp(sec->name, "maps") == 0) {
		pr_warn("elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+\n");
		return -ENOTSUP;
	}
	if (strcmp(sec->name, MAPS_ELF_SEC) == 0) {
		obj->uses[i] = SEC_USE_MAPS;
		obj->maps_idx = i;
		obj->btf_needed = true;
	} else if (sec->type == SHT_PROGBITS && sec->size && sec->data) {
		if (sec->flags & SHF_EXECINSTR) {
			obj->uses[i] = SEC_USE_PROGRAMS;
			if (strcmp(sec->name, ".text") == 0) {
				obj->uses[i] = SEC_USE_TEXT;
				obj->text_idx = i;
			}
		} else if (is_data_name(sec->name, ".data")) {
			obj->uses[i] = SEC_USE_DATA;
		} else if (is_data_name(sec->name, ".rodata")) {
			obj->uses[i] = SEC_USE_RODATA;
		} else if (is_struct_ops(sec->name)) {
			obj->uses[i] = SEC_USE_STRUCT_OPS;
			obj->btf_needed = true;
		} else if (!is_ignored(sec)) {
			pr_info("elf: skipping unrecognized data section(%zu) %s\n", i, sec->name);
		}
	} else if (sec->type == SHT_NOBITS && is_data_name(sec->name, ".bss")) {
		obj->uses[i] = SEC_USE_BSS;
	}
	return 0;
}

static int classify_sections(struct bpf_object *obj)
{
	size_t i;
	int err = 0;

	if (!obj->elf.symtab) {
		pr_warn("elf: couldn't find symbol table in %s, stripped object file?\n",
			obj->path);
		return -LIBBPF_ERRNO__FORMAT;
	}
	obj->uses = calloc(obj->elf.section_count, sizeof(*obj->uses));
	if (!obj->uses)
		return -ENOMEM;
	for (i = 1; i < obj->elf.section_count && !err; i++)
		if (!is_ignored(&obj->elf.sections[i]))
			err = classify(obj, i);
	for (i = 1; i < obj->elf.section_count && !err; i++)
		if (obj->uses[i] == SEC_USE_TEXT || obj->uses[i] == SEC_USE_PROGRAMS)
			err = add_programs(obj, i);
	return err ? err : sort_programs(obj);
}

int object_collect(struct bpf_object *obj, bool relaxed_maps, const char *pin_root)
{
	int err;

	err = classify_sections(obj);
	err = err ? err : object_init_btf(obj);
	err = err ? err : object_collect_externs(obj);
	err = err ? err : object_fix_datasecs(obj);
	err = err ? err : object_collect_maps(obj, relaxed_maps, pin_root);
	err = err ? err : object_collect_data(obj);
	return err ? err : object_collect_relocs(obj);
}
