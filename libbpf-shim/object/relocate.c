/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Relocation, once maps exist: CO-RE on the functions as the compiler left them, then main
 * programs are put together, then references get their fds, ids and addresses.
 */
#include "object.h"

#include "core.h"
#include "kernel_features.h"
#include "sys.h"

/* ---- CO-RE ---- */

static int add_core_targets(struct bpf_object *obj, struct core *core)
{
	size_t i;
	int err;

	if (obj->core_btf)
		return core_add_target(core, obj->core_btf, obj->btf_custom_path);
	err = core_add_target(core, obj->vmlinux_btf, "vmlinux");
	err = err ? err : object_read_modules(obj);
	for (i = 0; i < obj->module_cnt && !err; i++)
		err = core_add_target(core, obj->modules[i].btf, obj->modules[i].name);
	return err;
}

static size_t find_section_idx(const struct bpf_object *obj, const char *name)
{
	const struct elf_section *sec = elf_file_section(&obj->elf, name);

	return sec ? sec - obj->elf.sections : 0;
}

static int relocate_core_insn(struct bpf_object *obj, struct core *core, size_t sec_idx,
			      const struct bpf_core_relo *relo)
{
	struct bpf_program *prog;
	size_t insn_idx = relo->insn_off / INSN_SIZE;

	if (relo->insn_off % INSN_SIZE)
		return -EINVAL;
	prog = object_program_at(obj, sec_idx, insn_idx);
	if (!prog) {
		/* dead code of a function that nobody names */
		pr_debug("sec idx %zu: no program for CO-RE relocation at insn #%zu\n", sec_idx,
			 insn_idx);
		return 0;
	}
	/* a program that is not loaded need not fit the kernel; subprograms may be called */
	if (!prog->autoload && !prog->is_subprog)
		return 0;
	insn_idx -= prog->sec_insn_off;
	/* prog_prepare_load and the like may have replaced the code */
	if (insn_idx >= prog->insn_cnt)
		return -EINVAL;
	return core_relocate(core, prog->name, relo, prog->insns, prog->insn_cnt, insn_idx);
}

static int relocate_core(struct bpf_object *obj)
{
	const struct btf_ext_info *info;
	const struct btf_ext_info_sec *sec = NULL;
	struct core *core;
	size_t sec_idx;
	__u32 i;
	int err;

	if (!obj->btf_ext || !obj->btf_ext->core_relo.len)
		return 0;
	info = &obj->btf_ext->core_relo;
	core = core_new(obj->btf);
	if (!core)
		return -ENOMEM;
	err = add_core_targets(obj, core);
	while (!err && (sec = btf_ext_next_sec(info, sec)) != NULL) {
		const char *name = btf_str(obj->btf, sec->sec_name_off);

		sec_idx = find_section_idx(obj, name);
		if (!sec_idx) {
			pr_warn("sec '%s': failed to find section of CO-RE relocations\n", name);
			err = -ENOENT;
			break;
		}
		pr_debug("sec '%s': found %u CO-RE relocations\n", name, sec->num_info);
		for (i = 0; i < sec->num_info && !err; i++)
			err = relocate_core_insn(obj, core, sec_idx,
						 (void *)(sec->data + (size_t)i * info->rec_size));
	}
	core_free(core);
	return err;
}

/* ---- references ---- */

/* A call of a helper that does not exist; its number says what is missing. */
static void poison(struct bpf_insn *insn, int imm)
{
	insn->code = BPF_JMP | BPF_CALL;
	insn->dst_reg = insn->src_reg = 0;
	insn->off = 0;
	insn->imm = imm;
}

static void load_map(struct bpf_program *prog, const struct reloc *reloc, struct bpf_insn *insn)
{
	const struct bpf_map *map = object_map(prog->obj, reloc->index);

	if (map->fd < 0) {
		poison(insn, POISON_MAP_BASE + reloc->index);
		poison(insn + 1, POISON_MAP_BASE + reloc->index);
		return;
	}
	insn[0].src_reg = BPF_PSEUDO_MAP_FD;
	insn[0].imm = map->fd;
	insn[1].imm = 0;
}

static void load_data(struct bpf_program *prog, const struct reloc *reloc, struct bpf_insn *insn)
{
	const struct bpf_map *map = object_map(prog->obj, reloc->index);

	if (map->fd < 0) {
		poison(insn, POISON_MAP_BASE + reloc->index);
		poison(insn + 1, POISON_MAP_BASE + reloc->index);
		return;
	}
	insn[1].imm = insn[0].imm + reloc->offset;
	insn[0].src_reg = BPF_PSEUDO_MAP_VALUE;
	insn[0].imm = map->fd;
}

static int load_extern(struct bpf_program *prog, const struct reloc *reloc, struct bpf_insn *insn)
{
	struct bpf_object *obj = prog->obj;
	const struct extern_sym *ext = &obj->externs[reloc->index];

	if (ext->kind == EXTERN_KCONFIG) {
		const struct bpf_map *map = object_map(obj, obj->kconfig_map);

		if (map->fd < 0) {
			pr_warn("prog '%s': kconfig map is not there\n", prog->name);
			return -LIBBPF_ERRNO__RELOC;
		}
		insn[0].src_reg = BPF_PSEUDO_MAP_VALUE;
		insn[0].imm = map->fd;
		insn[1].imm = ext->kcfg.data_off;
	} else if (ext->ksym.type_id && ext->is_set) {
		insn[0].src_reg = BPF_PSEUDO_BTF_ID;
		insn[0].imm = ext->ksym.kernel_btf_id;
		insn[1].imm = ext->ksym.kernel_btf_fd;
	} else {
		/* an address; zero for a weak symbol that is not there */
		insn[0].imm = (__u32)ext->ksym.addr;
		insn[1].imm = ext->ksym.addr >> 32;
	}
	return 0;
}

static void call_kfunc(struct bpf_program *prog, const struct reloc *reloc, struct bpf_insn *insn)
{
	const struct extern_sym *ext = &prog->obj->externs[reloc->index];

	if (!ext->is_set) {
		poison(insn, POISON_KFUNC_BASE + reloc->index);
		return;
	}
	insn->src_reg = BPF_PSEUDO_KFUNC_CALL;
	insn->imm = ext->ksym.kernel_btf_id;
	insn->off = ext->ksym.btf_fd_idx;
}

static int relocate_references(struct bpf_program *prog)
{
	const struct reloc *reloc;
	struct bpf_insn *insn;
	size_t i;
	int err = 0;

	for (i = 0; i < prog->reloc_cnt && !err; i++) {
		reloc = &prog->relocs[i];
		if (reloc->insn_idx >= prog->insn_cnt)
			return -LIBBPF_ERRNO__RELOC;
		insn = &prog->insns[reloc->insn_idx];
		switch (reloc->kind) {
		case RELOC_MAP:
			load_map(prog, reloc, insn);
			break;
		case RELOC_DATA:
			load_data(prog, reloc, insn);
			break;
		case RELOC_EXTERN:
			err = load_extern(prog, reloc, insn);
			break;
		case RELOC_KFUNC:
			call_kfunc(prog, reloc, insn);
			break;
		case RELOC_CALL:
		case RELOC_FUNC_ADDR:
			/* done when the program was put together */
			break;
		}
	}
	return err;
}

int object_relocate(struct bpf_object *obj)
{
	struct bpf_program *prog;
	int err;

	err = relocate_core(obj);
	if (err) {
		pr_warn("failed to perform CO-RE relocations: %s\n", errstr(err));
		return err;
	}
	bpf_object__for_each_program(prog, obj) {
		if (!prog->autoload)
			continue;
		err = program_append_subprogs(prog);
		if (err) {
			pr_warn("prog '%s': failed to relocate calls: %s\n", prog->name,
				errstr(err));
			return err;
		}
	}
	bpf_object__for_each_program(prog, obj) {
		if (!prog->autoload)
			continue;
		err = relocate_references(prog);
		if (err) {
			pr_warn("prog '%s': failed to relocate data references: %s\n", prog->name,
				errstr(err));
			return err;
		}
	}
	return 0;
}
