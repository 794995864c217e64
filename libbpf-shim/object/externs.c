/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Undefined symbols: variables of the kernel's configuration (.kconfig) and of the kernel itself
 * (.ksyms). At open they are found and given a place; at load they get their values.
 */
#include "object.h"

#include <stdio.h>

static bool is_extern(const struct elf_symbol *symbol)
{
	return symbol->section == SHN_UNDEF && symbol->name[0] && symbol->type == STT_NOTYPE &&
	       (symbol->bind == STB_GLOBAL || symbol->bind == STB_WEAK);
}

static bool is_extern_type(const struct btf_type *t)
{
	return (btf_is_var(t) && btf_var(t)->linkage == BTF_VAR_GLOBAL_EXTERN) ||
	       (btf_is_func(t) && btf_vlen(t) == BTF_FUNC_EXTERN);
}

static __s32 find_type(const struct btf *btf, const char *name)
{
	const struct btf_type *t;
	__u32 id;

	for (id = 1; btf && id < btf__type_cnt(btf); id++) {
		t = btf__type_by_id(btf, id);
		if (is_extern_type(t) && strcmp(btf_type_name(btf, t), name) == 0)
			return id;
	}
	return -ENOENT;
}

static const char *find_section(const struct btf *btf, __u32 type_id)
{
	const struct btf_type *t;
	__u32 id;
	int i;

	for (id = 1; id < btf__type_cnt(btf); id++) {
		t = btf__type_by_id(btf, id);
		for (i = 0; btf_is_datasec(t) && i < btf_vlen(t); i++)
			if (btf_var_secinfos(t)[i].type == type_id)
				return btf_type_name(btf, t);
	}
	return NULL;
}

/* "name___flavor" is another declaration of "name". */
static char *essential_name(const char *name)
{
	const char *flavor = strstr(name, "___");

	return flavor && flavor != name ? strndup(name, flavor - name) : NULL;
}

static int init_kconfig(struct bpf_object *obj, struct extern_sym *ext)
{
	const struct btf_type *var = btf__type_by_id(obj->btf, ext->btf_id);
	__s64 size;

	if (!btf_is_var(var)) {
		pr_warn("extern function %s is unsupported under .kconfig section\n", ext->name);
		return -ENOTSUP;
	}
	ext->kind = EXTERN_KCONFIG;
	size = btf__resolve_size(obj->btf, var->type);
	if (size <= 0) {
		pr_warn("failed to resolve size of extern (kcfg) '%s': %lld\n", ext->name,
			(long long)size);
		return size ? size : -EINVAL;
	}
	ext->kcfg.size = size;
	ext->kcfg.align = btf__align_of(obj->btf, var->type);
	if (!ext->kcfg.align) {
		pr_warn("failed to determine alignment of extern (kcfg) '%s'\n", ext->name);
		return -EINVAL;
	}
	ext->kcfg.type = kconfig_type_of(obj->btf, var->type, &ext->kcfg.is_signed);
	if (ext->kcfg.type == KCFG_UNKNOWN) {
		pr_warn("extern (kcfg) '%s': type is unsupported\n", ext->name);
		return -ENOTSUP;
	}
	return 0;
}

static int init_ksym(struct bpf_object *obj, struct extern_sym *ext)
{
	const struct btf_type *t = btf__type_by_id(obj->btf, ext->btf_id);

	ext->kind = EXTERN_KSYM;
	ext->ksym.is_func = btf_is_func(t);
	/* `extern const void x __ksym` has no type: only its address is asked for */
	btf_skip_mods_and_typedefs(obj->btf, t->type, &ext->ksym.type_id);
	return 0;
}

static int add_extern(struct bpf_object *obj, size_t symbol_idx)
{
	const struct elf_symbol *symbol = &obj->elf.symbols[symbol_idx];
	struct extern_sym *ext;
	const char *section;
	__s32 id;

	id = find_type(obj->btf, symbol->name);
	if (id < 0) {
		pr_warn("failed to find BTF for extern '%s': %s\n", symbol->name, errstr(id));
		return id;
	}
	ext = array_grow((void **)&obj->externs, &obj->extern_cnt, &obj->extern_cap, sizeof(*ext));
	if (!ext)
		return -ENOMEM;
	ext->symbol = symbol_idx;
	ext->btf_id = id;
	ext->is_weak = symbol->bind == STB_WEAK;
	ext->name = btf_type_name(obj->btf, btf__type_by_id(obj->btf, id));
	ext->essential_name = essential_name(ext->name);
	section = find_section(obj->btf, id);
	if (section && strcmp(section, ".kconfig") == 0) {
		obj->btf_needed = true;
		return init_kconfig(obj, ext);
	}
	if (section && strcmp(section, ".ksyms") == 0)
		return init_ksym(obj, ext);
	pr_warn("unrecognized extern section '%s' of '%s'\n", section ? section : "", ext->name);
	return section ? -ENOTSUP : -ENOENT;
}

/* Big alignments first, so that no room is lost; then by name, so that the order is known. */
static int compare_externs(const void *a, const void *b)
{
	const struct extern_sym *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->kind == EXTERN_KCONFIG && x->kcfg.align != y->kcfg.align)
		return x->kcfg.align > y->kcfg.align ? -1 : 1;
	if (x->kind == EXTERN_KCONFIG && x->kcfg.size != y->kcfg.size)
		return x->kcfg.size < y->kcfg.size ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* ---- BTF of extern sections, in a form that the kernel accepts ---- */

static struct btf_type *find_datasec(struct bpf_object *obj, const char *name)
{
	__s32 id = btf__find_by_name_kind(obj->btf, name, BTF_KIND_DATASEC);

	return id > 0 ? btf_type_writable(obj->btf, id) : NULL;
}

static int compare_secinfo(const void *a, const void *b)
{
	const struct btf_var_secinfo *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static struct extern_sym *extern_of_type(struct bpf_object *obj, __u32 btf_id)
{
	size_t i;

	for (i = 0; i < obj->extern_cnt; i++)
		if (obj->externs[i].btf_id == btf_id)
			return &obj->externs[i];
	return NULL;
}

int kconfig_layout(struct bpf_object *obj)
{
	struct btf_type *sec = find_datasec(obj, ".kconfig");
	struct btf_var_secinfo *info;
	struct extern_sym *ext;
	__u64 off = 0;
	size_t n;
	int i;

	for (n = 0; n < obj->extern_cnt; n++) {
		ext = &obj->externs[n];
		if (ext->kind != EXTERN_KCONFIG)
			continue;
		off = round_up(off, ext->kcfg.align);
		ext->kcfg.data_off = off;
		off += ext->kcfg.size;
		if (off > INT32_MAX)
			return -E2BIG;
	}
	if (!sec || !off)
		return 0;
	for (i = 0, info = btf_var_secinfos(sec); i < btf_vlen(sec); i++, info++) {
		ext = extern_of_type(obj, info->type);
		if (!ext) {
			pr_warn("failed to find extern definition for BTF %s '%s'\n", "var",
				btf_type_name(obj->btf, btf__type_by_id(obj->btf, info->type)));
			return -ESRCH;
		}
		btf_var(btf_type_writable(obj->btf, info->type))->linkage =
			BTF_VAR_GLOBAL_ALLOCATED;
		info->offset = ext->kcfg.data_off;
	}
	sec->size = off;
	qsort(btf_var_secinfos(sec), btf_vlen(sec), sizeof(*info), compare_secinfo);
	return 0;
}

static __s32 find_int_type(const struct btf *btf)
{
	const struct btf_type *t;
	__u32 id;

	for (id = 1; id < btf__type_cnt(btf); id++) {
		t = btf__type_by_id(btf, id);
		if (btf_is_int(t) && btf_int_bits(t) == 32)
			return id;
	}
	return 0;
}

/* Compilers leave out the names of a declaration's parameters; the kernel wants each to have one. */
static void name_params(struct btf *btf, __u32 proto_id, __u32 name_off)
{
	struct btf_type *proto = btf_type_writable(btf, proto_id);
	struct btf_param *param = btf_params(proto);

	for (int i = 0; i < btf_vlen(proto); i++)
		if (param[i].type && !param[i].name_off)
			param[i].name_off = name_off;
}

/*
 * The kernel takes neither extern functions nor functions in a section: those become global, and
 * a variable stands for them in the section. What type an extern variable has is the kernel's
 * own affair; four bytes are as good as any.
 */
static int rewrite_ksyms(struct bpf_object *obj)
{
	struct btf_type *sec = find_datasec(obj, ".ksyms"), *t;
	struct btf_var_secinfo *info;
	int int_id, dummy_id = 0, i;
	bool has_func = false;

	if (!sec)
		return 0;
	for (i = 0; i < btf_vlen(sec); i++)
		has_func |= btf_is_func(
			btf__type_by_id(obj->btf, btf_var_secinfos(sec)[i].type));
	int_id = find_int_type(obj->btf);
	if (!int_id)
		int_id = btf__add_int(obj->btf, "int", 4, BTF_INT_SIGNED);
	if (int_id > 0 && has_func)
		dummy_id = btf__add_var(obj->btf, "dummy_ksym", BTF_VAR_GLOBAL_ALLOCATED, int_id);
	if (int_id < 0 || dummy_id < 0)
		return int_id < 0 ? int_id : dummy_id;
	/* the section may have moved */
	sec = find_datasec(obj, ".ksyms");
	for (i = 0, info = btf_var_secinfos(sec); i < btf_vlen(sec); i++, info++) {
		t = btf_type_writable(obj->btf, info->type);
		if (btf_is_func(t)) {
			t->info = btf_make_info(BTF_KIND_FUNC, BTF_FUNC_GLOBAL, false);
			name_params(obj->btf, t->type,
				    btf__type_by_id(obj->btf, dummy_id)->name_off);
			info->type = dummy_id;
		} else {
			btf_var(t)->linkage = BTF_VAR_GLOBAL_ALLOCATED;
			t->type = int_id;
		}
		info->offset = i * sizeof(int);
		info->size = sizeof(int);
	}
	sec->size = btf_vlen(sec) * sizeof(int);
	return 0;
}

/* Names point into the BTF's strings, which may have moved. */
static void refresh_names(struct bpf_object *obj)
{
	size_t i;

	for (i = 0; i < obj->extern_cnt; i++)
		obj->externs[i].name = btf_type_name(
			obj->btf, btf__type_by_id(obj->btf, obj->externs[i].btf_id));
}

int object_collect_externs(struct bpf_object *obj)
{
	size_t i;
	int err;

	for (i = 0; i < obj->elf.symbol_count; i++) {
		if (!is_extern(&obj->elf.symbols[i]))
			continue;
		err = add_extern(obj, i);
		if (err)
			return err;
	}
	if (!obj->extern_cnt)
		return 0;
	qsort(obj->externs, obj->extern_cnt, sizeof(*obj->externs), compare_externs);
	err = kconfig_layout(obj);
	err = err ? err : rewrite_ksyms(obj);
	refresh_names(obj);
	return err;
}

int object_resolve_externs(struct bpf_object *obj)
{
	struct extern_sym *ext;
	size_t i;
	int err;

	err = kconfig_resolve(obj);
	err = err ? err : ksyms_resolve(obj);
	if (err)
		return err;
	for (i = 0; i < obj->extern_cnt; i++) {
		ext = &obj->externs[i];
		if (ext->is_set || ext->is_weak) {
			if (!ext->is_set)
				pr_debug("extern '%s' (weak): not resolved, defaulting to zero\n",
					 ext->name);
			continue;
		}
		pr_warn("extern '%s' (strong): not resolved\n", ext->name);
		return -ESRCH;
	}
	return 0;
}
