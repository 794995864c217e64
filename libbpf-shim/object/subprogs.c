/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The kernel takes a program as one piece: every subprogram that it calls, directly or not, is
 * appended once, and calls become distances within the piece.
 */
#include "object.h"

/* More than any kernel takes; stops runaway growth early. */
#define MAX_INSNS 1000000

static bool is_subprog_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static bool is_ldimm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

const struct reloc *program_reloc_at(const struct bpf_program *prog, size_t insn_idx)
{
	size_t low = 0, high = prog->reloc_cnt, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (prog->relocs[middle].insn_idx < insn_idx)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < prog->reloc_cnt && prog->relocs[low].insn_idx == insn_idx)
		return &prog->relocs[low];
	return NULL;
}

static int copy_insns(struct bpf_program *main, const struct bpf_program *sub)
{
	struct bpf_insn *insns;
	size_t count = main->insn_cnt + sub->sec_insn_cnt;

	if (count > MAX_INSNS)
		return -E2BIG;
	insns = reallocarray(main->insns, count, sizeof(*insns));
	if (!insns)
		return -ENOMEM;
	memcpy(insns + main->insn_cnt, sub->insns, sub->sec_insn_cnt * sizeof(*insns));
	main->insns = insns;
	main->insn_cnt = count;
	return 0;
}

static int copy_relocs(struct bpf_program *main, const struct bpf_program *sub)
{
	struct reloc *reloc;
	size_t i;

	for (i = 0; i < sub->reloc_cnt; i++) {
		reloc = array_grow((void **)&main->relocs, &main->reloc_cnt, &main->reloc_cap,
				   sizeof(*reloc));
		if (!reloc)
			return -ENOMEM;
		*reloc = sub->relocs[i];
		reloc->insn_idx += sub->sub_insn_off;
	}
	return 0;
}

static int append(struct bpf_program *main, struct bpf_program *sub)
{
	struct piece *piece = array_grow((void **)&main->pieces, &main->piece_cnt,
					 &main->piece_cap, sizeof(*piece));
	int err;

	if (!piece)
		return -ENOMEM;
	piece->prog_idx = sub - main->obj->programs;
	piece->insn_off = sub->sub_insn_off = main->insn_cnt;
	err = copy_insns(main, sub);
	err = err ? err : copy_relocs(main, sub);
	if (!err)
		pr_debug("prog '%s': added %zu insns from sub-prog '%s'\n", main->name,
			 sub->sec_insn_cnt, sub->name);
	return err;
}

/*
 * Where a call or an address goes to, as an instruction of .text. A call within one section has
 * no relocation: the compiler knew the distance.
 */
static int find_target(const struct bpf_program *prog, size_t insn_idx, size_t *target)
{
	const struct bpf_insn *insn = &prog->insns[insn_idx];
	const struct reloc *reloc = program_reloc_at(prog, insn_idx);
	__s64 to;

	if (reloc && reloc->kind == RELOC_FUNC_ADDR)
		/* of a static function the section is the symbol, and the immediate the offset */
		to = reloc->offset / INSN_SIZE + insn->imm / (__s64)INSN_SIZE;
	else if (reloc && reloc->kind == RELOC_CALL)
		to = reloc->offset / INSN_SIZE + insn->imm + 1;
	else if (!reloc)
		to = prog->sec_insn_off + insn_idx + insn->imm + 1;
	else
		return -LIBBPF_ERRNO__RELOC;
	if (to < 0)
		return -LIBBPF_ERRNO__RELOC;
	*target = to;
	return 0;
}

static int link_code(struct bpf_program *main, struct bpf_program *prog);

/* Patches one reference in main's copy of prog, appending what it refers to if need be. */
static int link_insn(struct bpf_program *main, struct bpf_program *prog, size_t insn_idx)
{
	size_t at = prog->sub_insn_off + insn_idx, target, sec_idx;
	const struct reloc *reloc = program_reloc_at(prog, insn_idx);
	struct bpf_program *sub;
	struct bpf_insn *insn;
	int err;

	err = find_target(prog, insn_idx, &target);
	if (err)
		return err;
	sec_idx = reloc ? prog->obj->text_idx : prog->sec_idx;
	sub = object_program_at(prog->obj, sec_idx, target);
	if (!sub || (!reloc && sec_idx != prog->obj->text_idx && sub != prog)) {
		pr_warn("prog '%s': no .text section found yet sub-program call exists, or insn #%zu calls nothing\n",
			prog->name, insn_idx);
		return -LIBBPF_ERRNO__RELOC;
	}
	if (!sub->is_subprog && sub != main) {
		pr_warn("prog '%s': insn #%zu calls another program\n", prog->name, insn_idx);
		return -LIBBPF_ERRNO__RELOC;
	}
	if (sub != main && !sub->sub_insn_off) {
		err = append(main, sub);
		err = err ? err : link_code(main, sub);
		if (err)
			return err;
	}
	insn = &main->insns[at];
	insn->imm = (__s32)(sub->sub_insn_off + (target - sub->sec_insn_off) - at - 1);
	if (is_ldimm64(insn)) {
		insn[0].src_reg = BPF_PSEUDO_FUNC;
		insn[1].imm = 0;
	}
	pr_debug("prog '%s': insn #%zu relocated, imm %d points to subprog '%s' (now at %zu offset)\n",
		 prog->name, at, insn->imm, sub->name, sub->sub_insn_off);
	return 0;
}

/*
 * Subprograms keep their own instructions untouched: they are copied into each main program. Main
 * programs have theirs at the start of the piece.
 */
static int link_code(struct bpf_program *main, struct bpf_program *prog)
{
	size_t count = prog == main ? main->sec_insn_cnt : prog->sec_insn_cnt, i;
	const struct bpf_insn *insn;
	const struct reloc *reloc;
	int err;

	/* the kernel wants the records in the order of instructions: before those of what is called */
	err = program_append_ext_info(main, prog, prog->sub_insn_off);
	if (err)
		return err;
	for (i = 0; i < count; i++) {
		insn = &prog->insns[i];
		if (is_subprog_call(insn)) {
			/* the kernel's own functions are called where they are */
			reloc = program_reloc_at(prog, i);
			err = reloc && reloc->kind == RELOC_KFUNC ? 0 : link_insn(main, prog, i);
		} else if (is_ldimm64(insn)) {
			reloc = program_reloc_at(prog, i);
			err = reloc && reloc->kind == RELOC_FUNC_ADDR ?
				      link_insn(main, prog, i) : 0;
			i++;
		} else {
			continue;
		}
		if (err)
			return err;
	}
	return 0;
}

/* ---- the function that an exception goes to: nobody calls it ---- */

#define EXCEPTION_TAG "exception_callback:"

/* Name behind the tag on the program's function; of several the first: the kernel refuses them. */
static const char *exception_callback_name(const struct bpf_program *main)
{
	const struct btf *btf = main->obj->btf;
	int func = btf ? btf__find_by_name_kind(btf, main->name, BTF_KIND_FUNC) : -ENOENT;

	for (__u32 id = 1; func > 0 && id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *text;

		if (!btf_is_decl_tag(t) || btf_decl_tag(t)->component_idx != -1 ||
		    t->type != (__u32)func)
			continue;
		text = btf_type_name(btf, t);
		if (strncmp(text, EXCEPTION_TAG, strlen(EXCEPTION_TAG)) == 0)
			return text + strlen(EXCEPTION_TAG);
	}
	return NULL;
}

static int append_exception_callback(struct bpf_program *main)
{
	struct bpf_object *obj = main->obj;
	struct bpf_program *sub = NULL;
	const char *name = exception_callback_name(main);
	size_t i;
	int err;

	if (!name)
		return 0;
	for (i = 0; i < obj->program_cnt && !sub; i++)
		if (obj->programs[i].is_subprog && strcmp(obj->programs[i].name, name) == 0)
			sub = &obj->programs[i];
	if (!sub) {
		pr_warn("prog '%s': cannot find exception callback '%s'\n", main->name, name);
		return -ENOENT;
	}
	/* called directly, too: the kernel will say what is wrong with that */
	if (sub->sub_insn_off)
		return 0;
	err = append(main, sub);
	return err ? err : link_code(main, sub);
}

int program_append_subprogs(struct bpf_program *main)
{
	struct bpf_object *obj = main->obj;
	size_t i;
	int err;

	for (i = 0; i < obj->program_cnt; i++)
		obj->programs[i].sub_insn_off = 0;
	err = link_code(main, main);
	return err ? err : append_exception_callback(main);
}
