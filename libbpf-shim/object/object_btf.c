/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The object's own BTF: read at open, completed (compilers leave offsets and sizes of global
 * variables to the loader), and loaded in a form that the kernel understands.
 */
#include "object.h"

#include "kernel_features.h"
#include "sys.h"

/* ---- open ---- */

int object_init_btf(struct bpf_object *obj)
{
	const struct elf_section *btf = elf_file_section(&obj->elf, BTF_ELF_SEC);
	const struct elf_section *ext = elf_file_section(&obj->elf, BTF_EXT_ELF_SEC);
	int err = 0;

	if (btf && btf->data) {
		obj->btf = btf__new(btf->data, btf->size);
		if (!obj->btf) {
			err = -errno;
			pr_warn("Error loading ELF section %s: %s.\n", BTF_ELF_SEC, errstr(err));
		} else {
			btf__set_pointer_size(obj->btf, 8);
		}
	}
	if (ext && ext->data && obj->btf) {
		obj->btf_ext = btf_ext__new(ext->data, ext->size);
		if (!obj->btf_ext)
			pr_warn("Error loading ELF section %s: %s. Ignored and continue.\n",
				BTF_EXT_ELF_SEC, errstr(-errno));
	}
	if (obj->btf || !obj->btf_needed)
		return 0;
	pr_warn("BTF is required, but is missing or corrupted.\n");
	return err ? err : -ENOENT;
}

static const struct elf_symbol *find_variable(const struct bpf_object *obj, size_t sec_idx,
					      const char *name)
{
	const struct elf_symbol *symbol;
	size_t i;

	for (i = 0; i < obj->elf.symbol_count; i++) {
		symbol = &obj->elf.symbols[i];
		if (symbol->section == sec_idx && symbol->type == STT_OBJECT &&
		    strcmp(symbol->name, name) == 0)
			return symbol;
	}
	return NULL;
}

static int compare_secinfo(const void *a, const void *b)
{
	const struct btf_var_secinfo *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int fix_variable(struct bpf_object *obj, const char *sec_name, size_t sec_idx,
			struct btf_var_secinfo *info)
{
	struct btf_type *var = btf_type_writable(obj->btf, info->type);
	const struct elf_symbol *symbol;
	const char *name;

	if (!var || !btf_is_var(var)) {
		pr_debug("Non-VAR type seen in section %s\n", sec_name);
		return -EINVAL;
	}
	/* statics have their offset from the compiler */
	if (btf_var(var)->linkage == BTF_VAR_STATIC)
		return 0;
	name = btf_type_name(obj->btf, var);
	symbol = find_variable(obj, sec_idx, name);
	if (!symbol) {
		pr_warn("sec '%s': failed to get symbol of variable '%s'\n", sec_name, name);
		return -ENOENT;
	}
	info->offset = symbol->value;
	/* hidden variables belong to this object alone */
	if (symbol->visibility == STV_HIDDEN || symbol->visibility == STV_INTERNAL)
		btf_var(var)->linkage = BTF_VAR_STATIC;
	return 0;
}

static int fix_datasec(struct bpf_object *obj, struct btf_type *t)
{
	const char *name = btf_type_name(obj->btf, t);
	struct btf_var_secinfo *info = btf_var_secinfos(t);
	const struct elf_section *sec;
	int i, err;

	/* filled in by whoever resolves them */
	if (strcmp(name, ".kconfig") == 0 || strcmp(name, ".ksyms") == 0)
		return 0;
	sec = elf_file_section(&obj->elf, name);
	if (!sec || (t->size && t->size != sec->size)) {
		pr_debug("Invalid size for section %s: %u bytes\n", name, t->size);
		return -ENOENT;
	}
	t->size = sec->size;
	for (i = 0; i < btf_vlen(t); i++) {
		err = fix_variable(obj, name, sec - obj->elf.sections, &info[i]);
		if (err)
			return err;
	}
	qsort(info, btf_vlen(t), sizeof(*info), compare_secinfo);
	return 0;
}

int object_fix_datasecs(struct bpf_object *obj)
{
	struct btf_type *t;
	__u32 id;
	int err;

	for (id = 1; obj->btf && id < btf__type_cnt(obj->btf); id++) {
		t = btf_type_writable(obj->btf, id);
		if (!btf_is_datasec(t))
			continue;
		err = fix_datasec(obj, t);
		if (err && obj->btf_needed) {
			pr_warn("Error finalizing %s: %s.\n", BTF_ELF_SEC, errstr(err));
			return err;
		}
	}
	return 0;
}

/* ---- load ---- */

/* What stands for a kind that the kernel does not have; sizes of the records do not change. */
struct sanitizer {
	enum feature feature;
	void (*change)(struct btf *btf, struct btf_type *t);
	__u32 kind;
};

static void datasec_to_struct(struct btf *btf, struct btf_type *t)
{
	const struct btf_var_secinfo *v = btf_var_secinfos(t);
	struct btf_member *m = btf_members(t);
	struct btf_type *var;
	__u32 offset, type;
	char *name = (char *)btf_type_name(btf, t);
	int i;

	for (; *name; name++)
		if (*name == '.' || *name == '?')
			*name = '_';
	t->info = btf_make_info(BTF_KIND_STRUCT, btf_vlen(t), false);
	for (i = 0; i < btf_vlen(t); i++, v++, m++) {
		offset = v->offset * 8;
		type = v->type;
		var = btf_type_writable(btf, type);
		m->offset = offset;
		m->type = type;
		m->name_off = var->name_off;
	}
}

/* A variable's record is as long as an int's. */
static void var_to_int(struct btf *btf, struct btf_type *t)
{
	t->info = btf_make_info(BTF_KIND_INT, 0, false);
	/* unnamed ints are refused; a name offset of its own is there */
	t->size = 1;
	*(__u32 *)(t + 1) = BTF_INT_CHAR << 24 | 8;
}

static void func_to_typedef(struct btf *btf, struct btf_type *t)
{
	t->info = btf_make_info(BTF_KIND_TYPEDEF, 0, false);
}

static void proto_to_enum(struct btf *btf, struct btf_type *t)
{
	t->info = btf_make_info(BTF_KIND_ENUM, btf_vlen(t), false);
	t->size = sizeof(__u32);
}

static void func_to_static(struct btf *btf, struct btf_type *t)
{
	t->info = btf_make_info(BTF_KIND_FUNC, BTF_FUNC_STATIC, false);
}

static void float_to_struct(struct btf *btf, struct btf_type *t)
{
	t->name_off = 0;
	t->info = btf_make_info(BTF_KIND_STRUCT, 0, false);
}

static void tag_to_const(struct btf *btf, struct btf_type *t)
{
	t->name_off = 0;
	t->info = btf_make_info(BTF_KIND_CONST, 0, false);
}

static void enum64_to_union(struct btf *btf, struct btf_type *t)
{
	struct btf_member *m = btf_members(t);
	int i;

	t->info = btf_make_info(BTF_KIND_UNION, btf_vlen(t), false);
	for (i = 0; i < btf_vlen(t); i++, m++) {
		m->offset = 0;
		m->type = 0;
	}
}

/* Offsets and sizes of a section that nobody could name are still right. */
static void rename_section(struct btf *btf, struct btf_type *t)
{
	char *name = (char *)btf_type_name(btf, t);

	if (*name == '?')
		*name = '_';
}

static const struct sanitizer sanitizers[] = {
	{ FEAT_BTF_DATASEC,		datasec_to_struct,	BTF_KIND_DATASEC },
	{ FEAT_BTF_DATASEC,		var_to_int,		BTF_KIND_VAR },
	{ FEAT_BTF_QMARK_DATASEC,	rename_section,		BTF_KIND_DATASEC },
	{ FEAT_BTF_FUNC,		func_to_typedef,	BTF_KIND_FUNC },
	{ FEAT_BTF_FUNC,		proto_to_enum,		BTF_KIND_FUNC_PROTO },
	{ FEAT_BTF_GLOBAL_FUNC,		func_to_static,		BTF_KIND_FUNC },
	{ FEAT_BTF_FLOAT,		float_to_struct,	BTF_KIND_FLOAT },
	{ FEAT_BTF_DECL_TAG,		var_to_int,		BTF_KIND_DECL_TAG },
	{ FEAT_BTF_TYPE_TAG,		tag_to_const,		BTF_KIND_TYPE_TAG },
	{ FEAT_BTF_ENUM64,		enum64_to_union,	BTF_KIND_ENUM64 },
};

/* Members of a union need a type: enumerators of 64 bits get one of that size. */
static int give_members_a_type(struct btf *btf, bool enum64_was_changed)
{
	struct btf_type *t;
	__u32 id, end = btf__type_cnt(btf);
	int filler, i;

	if (!enum64_was_changed)
		return 0;
	filler = btf__add_int(btf, "enum64_placeholder", 1, 0);
	if (filler < 0)
		return filler;
	for (id = 1; id < end; id++) {
		t = btf_type_writable(btf, id);
		for (i = 0; btf_is_union(t) && i < btf_vlen(t); i++)
			if (!btf_members(t)[i].type)
				btf_members(t)[i].type = filler;
	}
	return 0;
}

static int sanitize(struct bpf_object *obj, struct btf *btf)
{
	bool enum64_was_changed = false;
	struct btf_type *t;
	size_t i;
	__u32 id;

	for (i = 0; i < ARRAY_SIZE(sanitizers); i++) {
		const struct sanitizer *s = &sanitizers[i];

		for (id = 1; id < btf__type_cnt(btf); id++) {
			t = btf_type_writable(btf, id);
			if (btf_kind(t) != s->kind || kernel_supports(s->feature, obj->token_fd))
				continue;
			s->change(btf, t);
			enum64_was_changed |= s->kind == BTF_KIND_ENUM64;
		}
	}
	return give_members_a_type(btf, enum64_was_changed);
}

/* Functions that the ELF symbol marks hidden are not global for the verifier. */
static void apply_hidden(const struct bpf_object *obj, struct btf *btf)
{
	struct btf_type *t;
	__u32 id;
	size_t i;

	for (i = 0; i < obj->program_cnt; i++) {
		if (!obj->programs[i].hidden || !obj->programs[i].is_subprog)
			continue;
		for (id = 1; id < btf__type_cnt(btf); id++) {
			t = btf_type_writable(btf, id);
			if (btf_is_func(t) &&
			    strcmp(btf_type_name(btf, t), obj->programs[i].name) == 0)
				func_to_static(btf, t);
		}
	}
}

/* Types are changed for the kernel only: the object's own BTF stays as it is. */
int object_load_btf(struct bpf_object *obj)
{
	struct btf *kernel_btf;
	int err, fd;

	if (!obj->btf)
		return 0;
	if (!kernel_supports(FEAT_BTF, obj->token_fd)) {
		if (!obj->btf_needed)
			return 0;
		pr_warn("Kernel doesn't support BTF, but the object's maps need it\n");
		return -EOPNOTSUPP;
	}
	kernel_btf = btf_copy(obj->btf);
	if (!kernel_btf)
		return -errno;
	apply_hidden(obj, kernel_btf);
	err = sanitize(obj, kernel_btf);
	if (!err)
		err = btf_load_into_kernel(kernel_btf, obj->log_buf, obj->log_size,
					   obj->log_level, obj->token_fd);
	if (!err) {
		fd = btf__fd(kernel_btf);
		btf__set_fd(kernel_btf, -1);
		btf__set_fd(obj->btf, fd);
	} else if (obj->btf_needed) {
		pr_warn("Error loading %s into kernel: %s. BTF is mandatory, can't proceed.\n",
			BTF_ELF_SEC, errstr(err));
	} else {
		pr_info("Error loading %s into kernel: %s. BTF is optional, ignoring.\n",
			BTF_ELF_SEC, errstr(err));
		err = 0;
	}
	btf__free(kernel_btf);
	return err;
}
