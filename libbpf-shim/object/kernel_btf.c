/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The kernel's types: for CO-RE, for kernel symbols, and for what programs attach to by BTF id. */
#include "object.h"

#include <stdio.h>

#include "sys.h"

/* ---- which BTF is needed ---- */

static bool has_core_relocs(const struct bpf_object *obj)
{
	return obj->btf_ext && obj->btf_ext->core_relo.len;
}

static bool program_needs_vmlinux(const struct bpf_program *prog)
{
	if (!prog->autoload)
		return false;
	if (prog->type == BPF_PROG_TYPE_STRUCT_OPS || prog->type == BPF_PROG_TYPE_LSM)
		return true;
	return prog->type == BPF_PROG_TYPE_TRACING && !prog->attach_prog_fd;
}

static bool needs_vmlinux(const struct bpf_object *obj)
{
	struct bpf_program *prog;
	size_t i;

	if (has_core_relocs(obj) && !obj->btf_custom_path)
		return true;
	for (i = 0; i < obj->extern_cnt; i++)
		if (obj->externs[i].kind == EXTERN_KSYM && obj->externs[i].ksym.type_id)
			return true;
	bpf_object__for_each_program(prog, obj)
		if (program_needs_vmlinux(prog))
			return true;
	return false;
}

static int read_vmlinux(struct bpf_object *obj)
{
	int err;

	if (obj->vmlinux_btf)
		return 0;
	obj->vmlinux_btf = btf__load_vmlinux_btf();
	if (obj->vmlinux_btf)
		return 0;
	err = -errno;
	pr_warn("Error loading vmlinux BTF: %s\n", errstr(err));
	return err;
}

int object_read_kernel_btf(struct bpf_object *obj)
{
	int err;

	if (has_core_relocs(obj) && obj->btf_custom_path) {
		obj->core_btf = btf__parse(obj->btf_custom_path, NULL);
		if (!obj->core_btf) {
			err = -errno;
			pr_warn("failed to parse target BTF: %s\n", errstr(err));
			return err;
		}
	}
	return needs_vmlinux(obj) ? read_vmlinux(obj) : 0;
}

void object_forget_kernel_btf(struct bpf_object *obj)
{
	size_t i;

	for (i = 0; i < obj->module_cnt; i++) {
		btf__free(obj->modules[i].btf);
		sys_close(obj->modules[i].fd);
		free(obj->modules[i].name);
	}
	free(obj->modules);
	obj->modules = NULL;
	obj->module_cnt = obj->module_cap = 0;
	obj->modules_read = false;
	btf__free(obj->core_btf);
	btf__free(obj->vmlinux_btf);
	obj->core_btf = obj->vmlinux_btf = NULL;
}

/* ---- modules ---- */

/* Return: 1 if it was one, 0 if not, or -errno. Takes over @fd. */
static int add_module(struct bpf_object *obj, int fd, __u32 id)
{
	char name[64] = "";
	struct bpf_btf_info info = { .name = ptr_to_u64(name), .name_len = sizeof(name) };
	__u32 len = sizeof(info);
	struct module_btf *module;
	struct btf *btf;
	int err;

	err = bpf_btf_get_info_by_fd(fd, &info, &len);
	if (err) {
		pr_warn("failed to get BTF object #%u info: %s\n", id, errstr(err));
		goto close_fd;
	}
	if (!info.kernel_btf || strcmp(name, "vmlinux") == 0)
		goto close_fd;
	btf = btf_from_fd(fd, obj->vmlinux_btf);
	if (!btf) {
		err = -errno;
		pr_warn("failed to load module [%s]'s BTF object #%u: %s\n", name, id, errstr(err));
		goto close_fd;
	}
	module = array_grow((void **)&obj->modules, &obj->module_cnt, &obj->module_cap,
			    sizeof(*module));
	if (!module) {
		btf__free(btf);
		err = -ENOMEM;
		goto close_fd;
	}
	module->btf = btf;
	module->id = id;
	module->fd = fd;
	module->name = strdup(name);
	return module->name ? 1 : -ENOMEM;

close_fd:
	sys_close(fd);
	return err;
}

int object_read_modules(struct bpf_object *obj)
{
	__u32 id = 0;
	int err, fd;

	if (obj->modules_read)
		return 0;
	obj->modules_read = true;
	for (;;) {
		err = bpf_btf_get_next_id(id, &id);
		if (err == -ENOENT)
			return 0;
		if (err == -EPERM) {
			pr_debug("skipping module BTFs loading, missing privileges\n");
			return 0;
		}
		if (err) {
			pr_warn("failed to iterate BTF objects: %s\n", errstr(err));
			return err;
		}
		fd = bpf_btf_get_fd_by_id(id);
		if (fd == -ENOENT)
			continue; /* unloaded meanwhile */
		if (fd < 0) {
			pr_warn("failed to get BTF object #%u FD: %s\n", id, errstr(fd));
			return fd;
		}
		err = add_module(obj, fd, id);
		if (err < 0)
			return err;
	}
}

/* ---- attach targets ---- */

/* How the kernel names what programs of an attach type attach to. */
static const struct target_kind {
	enum bpf_attach_type type;
	const char *prefix;
	__u32 kind;
} target_kinds[] = {
	{ BPF_TRACE_RAW_TP, "btf_trace_", BTF_KIND_TYPEDEF },
	{ BPF_LSM_MAC, "bpf_lsm_", BTF_KIND_FUNC },
	{ BPF_LSM_CGROUP, "bpf_lsm_", BTF_KIND_FUNC },
	{ BPF_TRACE_ITER, "bpf_iter_", BTF_KIND_FUNC },
};

static __s32 find_target(const struct btf *btf, const char *name, enum bpf_attach_type type,
			 __u32 start)
{
	const char *prefix = "";
	__u32 kind = BTF_KIND_FUNC;
	char full[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(target_kinds); i++) {
		if (target_kinds[i].type != type)
			continue;
		prefix = target_kinds[i].prefix;
		kind = target_kinds[i].kind;
	}
	if (snprintf(full, sizeof(full), "%s%s", prefix, name) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	return btf_find_from(btf, start, full, kind);
}

int object_find_attach_id(struct bpf_object *obj, const char *name, enum bpf_attach_type type,
			  int *obj_fd)
{
	const char *colon = strchr(name, ':');
	size_t module_len = colon ? (size_t)(colon - name) : 0, i;
	const struct module_btf *module;
	__s32 id;
	int err;

	err = read_vmlinux(obj);
	if (err)
		return err;
	/* "module:function" looks nowhere else */
	if (!module_len || strncmp(name, "vmlinux:", 8) == 0) {
		id = find_target(obj->vmlinux_btf, module_len ? colon + 1 : name, type, 1);
		if (id > 0) {
			*obj_fd = 0;
			return id;
		}
		if (id != -ENOENT || module_len)
			return id;
	}
	err = object_read_modules(obj);
	if (err)
		return err;
	for (i = 0; i < obj->module_cnt; i++) {
		module = &obj->modules[i];
		if (module_len && (strncmp(module->name, name, module_len) != 0 ||
				   module->name[module_len]))
			continue;
		id = find_target(module->btf, module_len ? colon + 1 : name, type,
				 btf__type_cnt(obj->vmlinux_btf));
		if (id > 0) {
			*obj_fd = module->fd;
			return id;
		}
		if (id != -ENOENT)
			return id;
	}
	return -ESRCH;
}

/* A function of a program that is loaded already. */
static int find_in_program(const char *name, int prog_fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	struct btf *btf;
	int err, id;

	err = bpf_prog_get_info_by_fd(prog_fd, &info, &len);
	if (err) {
		pr_warn("failed bpf_prog_get_info_by_fd for FD %d: %s\n", prog_fd, errstr(err));
		return err;
	}
	if (!info.btf_id) {
		pr_warn("The target program doesn't have BTF\n");
		return -EINVAL;
	}
	btf = btf__load_from_kernel_by_id(info.btf_id);
	if (!btf) {
		err = -errno;
		pr_warn("Failed to get BTF %u of the program: %s\n", info.btf_id, errstr(err));
		return err;
	}
	id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
	btf__free(btf);
	if (id <= 0)
		pr_warn("%s is not found in prog's BTF\n", name);
	return id;
}

int prog_find_attach_target(struct bpf_program *prog)
{
	const char *name = sec_def_suffix(prog->sec_def, prog->sec_name);
	int id, obj_fd = 0;

	if (!name) {
		pr_warn("prog '%s': no BTF-based attach target is specified, use bpf_program__set_attach_target()\n",
			prog->name);
		return -EINVAL;
	}
	if (prog->type == BPF_PROG_TYPE_EXT || prog->attach_prog_fd) {
		if (!prog->attach_prog_fd) {
			pr_warn("prog '%s': attach program FD is not set\n", prog->name);
			return -EINVAL;
		}
		id = find_in_program(name, prog->attach_prog_fd);
		if (id < 0) {
			pr_warn("prog '%s': failed to find BPF program (FD %d) BTF ID for '%s': %s\n",
				prog->name, prog->attach_prog_fd, name, errstr(id));
			return id;
		}
	} else {
		id = object_find_attach_id(prog->obj, name, prog->expected_attach_type, &obj_fd);
		if (id < 0) {
			pr_warn("prog '%s': failed to find kernel BTF type ID of '%s': %s\n",
				prog->name, name, errstr(id));
			return id;
		}
	}
	prog->attach_btf_obj_fd = obj_fd;
	prog->attach_btf_id = id;
	return 0;
}

int bpf_program__set_attach_target(struct bpf_program *prog, int attach_prog_fd,
				   const char *attach_func_name)
{
	int id, obj_fd = 0;

	if (!prog || attach_prog_fd < 0)
		return libbpf_err(-EINVAL);
	if (prog->obj->state >= OBJECT_LOADED)
		return libbpf_err(-EINVAL);
	if (attach_prog_fd && !attach_func_name) {
		/* the function is the section name's; it is looked up at load */
		prog->attach_prog_fd = attach_prog_fd;
		return 0;
	}
	if (attach_prog_fd) {
		id = find_in_program(attach_func_name, attach_prog_fd);
	} else {
		if (!attach_func_name)
			return libbpf_err(-EINVAL);
		id = object_find_attach_id(prog->obj, attach_func_name,
					   prog->expected_attach_type, &obj_fd);
	}
	if (id < 0)
		return libbpf_err(id);
	prog->attach_btf_id = id;
	prog->attach_btf_obj_fd = obj_fd;
	prog->attach_prog_fd = attach_prog_fd;
	return 0;
}

int libbpf_find_vmlinux_btf_id(const char *name, enum bpf_attach_type attach_type)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id;

	if (!btf) {
		pr_warn("vmlinux BTF is not found\n");
		return libbpf_err(-errno);
	}
	id = find_target(btf, name, attach_type, 1);
	btf__free(btf);
	if (id <= 0)
		pr_warn("%s is not found in vmlinux BTF\n", name);
	return libbpf_err(id);
}
