/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Kernel symbols: those with a type by the kernel's BTF, those without by its symbol table. */
#include "object.h"

#include <stdio.h>

#include "core.h"
#include "sys.h"

/* ---- by name and type ---- */

struct found {
	const struct btf *btf;
	struct module_btf *module;	/* NULL: vmlinux */
	__s32 id;
};

static int find_in_kernel(struct bpf_object *obj, const char *name, __u32 kind,
			  struct found *found)
{
	size_t i;
	int err;

	found->btf = obj->vmlinux_btf;
	found->module = NULL;
	found->id = btf__find_by_name_kind(found->btf, name, kind);
	if (found->id != -ENOENT)
		return found->id < 0 ? found->id : 0;
	err = object_read_modules(obj);
	if (err)
		return err;
	for (i = 0; i < obj->module_cnt; i++) {
		found->module = &obj->modules[i];
		found->btf = found->module->btf;
		found->id = btf_find_from(found->btf, btf__type_cnt(obj->vmlinux_btf), name, kind);
		if (found->id > 0)
			return 0;
	}
	return -ESRCH;
}

/* Index 0 of the array means vmlinux, so modules begin with 1. */
static int fd_array_index(struct bpf_object *obj, struct module_btf *module)
{
	int *slot;

	if (module->fd_array_idx)
		return module->fd_array_idx;
	if (!obj->fd_array_cnt &&
	    !array_grow((void **)&obj->fd_array, &obj->fd_array_cnt, &obj->fd_array_cap,
			sizeof(*slot)))
		return -ENOMEM;
	slot = array_grow((void **)&obj->fd_array, &obj->fd_array_cnt, &obj->fd_array_cap,
			  sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	*slot = module->fd;
	module->fd_array_idx = slot - obj->fd_array;
	return module->fd_array_idx > INT16_MAX ? -E2BIG : module->fd_array_idx;
}

static int not_found(const struct extern_sym *ext)
{
	if (ext->is_weak)
		return 0;
	pr_warn("extern (%s ksym) '%s': not found in kernel or module BTFs\n",
		ext->ksym.is_func ? "func" : "var", ext->name);
	return -ESRCH;
}

static int resolve_typed(struct bpf_object *obj, struct extern_sym *ext)
{
	const char *name = ext->essential_name ? ext->essential_name : ext->name;
	__u32 kind = ext->ksym.is_func ? BTF_KIND_FUNC : BTF_KIND_VAR;
	struct found found;
	__u32 type_id;
	int err, index;

	err = find_in_kernel(obj, name, kind, &found);
	if (err == -ESRCH)
		return not_found(ext);
	if (err)
		return err;
	btf_skip_mods_and_typedefs(found.btf, btf__type_by_id(found.btf, found.id)->type,
				   &type_id);
	if (core_types_are_compatible(obj->btf, ext->ksym.type_id, found.btf, type_id) <= 0) {
		/* another version of it: for a weak symbol as good as none */
		if (ext->is_weak)
			return 0;
		pr_warn("extern (%s ksym) '%s': incompatible types, expected [%u], but kernel has [%u]\n",
			ext->ksym.is_func ? "func" : "var", ext->name, ext->ksym.type_id, type_id);
		return -EINVAL;
	}
	ext->ksym.kernel_btf_id = found.id;
	if (found.module) {
		ext->ksym.kernel_btf_fd = found.module->fd;
		index = ext->ksym.is_func ? fd_array_index(obj, found.module) : 0;
		if (index < 0)
			return index;
		ext->ksym.btf_fd_idx = index;
	}
	ext->is_set = true;
	pr_debug("extern (%s ksym) '%s': resolved to [%d]\n", ext->ksym.is_func ? "func" : "var",
		 ext->name, found.id);
	return 0;
}

/* ---- by address ---- */

static int use_symbol(struct bpf_object *obj, const char *name, unsigned long long addr)
{
	struct extern_sym *ext;
	size_t i;

	for (i = 0; i < obj->extern_cnt; i++) {
		ext = &obj->externs[i];
		if (ext->kind != EXTERN_KSYM || ext->ksym.type_id || strcmp(ext->name, name) != 0)
			continue;
		if (ext->is_set && ext->ksym.addr != addr) {
			pr_warn("extern (ksym) '%s': resolution is ambiguous: 0x%llx or 0x%llx\n",
				name, (unsigned long long)ext->ksym.addr, addr);
			return -EINVAL;
		}
		ext->is_set = true;
		ext->ksym.addr = addr;
		pr_debug("extern (ksym) '%s': set to 0x%llx\n", name, addr);
	}
	return 0;
}

static int resolve_untyped(struct bpf_object *obj)
{
	char path[4096], line[1024], name[512], type;
	unsigned long long addr;
	int err = 0;
	FILE *file;

	file = fopen(sys_path("/proc/kallsyms", path, sizeof(path)), "re");
	if (!file) {
		err = -errno;
		pr_warn("failed to open /proc/kallsyms: %s\n", errstr(err));
		return err;
	}
	while (!err && fgets(line, sizeof(line), file))
		if (sscanf(line, "%llx %c %511s", &addr, &type, name) == 3)
			err = use_symbol(obj, name, addr);
	fclose(file);
	return err;
}

int ksyms_resolve(struct bpf_object *obj)
{
	bool has_untyped = false;
	struct extern_sym *ext;
	size_t i;
	int err;

	for (i = 0; i < obj->extern_cnt; i++) {
		ext = &obj->externs[i];
		if (ext->kind != EXTERN_KSYM)
			continue;
		if (!ext->ksym.type_id) {
			has_untyped = true;
			continue;
		}
		err = resolve_typed(obj, ext);
		if (err)
			return err;
	}
	return has_untyped ? resolve_untyped(obj) : 0;
}
