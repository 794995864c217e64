/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Function and line info of a program: the records of its functions, at their new places. */
#include "object.h"

#include "kernel_features.h"

struct source {
	struct bpf_program *main;
	const struct bpf_program *prog;
	size_t insn_off;	/* of prog in main */
};

static const struct btf_ext_info_sec *find_section(const struct bpf_object *obj,
						   const struct btf_ext_info *info,
						   const char *sec_name)
{
	const struct btf_ext_info_sec *sec = NULL;

	while ((sec = btf_ext_next_sec(info, sec)) != NULL)
		if (strcmp(btf_str(obj->btf, sec->sec_name_off), sec_name) == 0)
			return sec;
	return NULL;
}

/* All records begin with the byte offset of an instruction. */
static bool is_of_source(const struct source *source, __u32 byte_off, size_t *insn_idx)
{
	size_t insn = byte_off / INSN_SIZE;

	if (byte_off % INSN_SIZE || insn < source->prog->sec_insn_off ||
	    insn >= source->prog->sec_insn_off + source->prog->sec_insn_cnt)
		return false;
	*insn_idx = insn - source->prog->sec_insn_off + source->insn_off;
	return true;
}

static int append_funcs(const struct source *source)
{
	const struct btf_ext_info *info = &source->main->obj->btf_ext->func_info;
	const struct btf_ext_info_sec *sec;
	const struct bpf_func_info *from;
	struct bpf_func_info *to;
	size_t insn_idx;
	__u32 i;

	sec = find_section(source->main->obj, info, source->prog->elf_sec_name);
	for (i = 0; sec && i < sec->num_info; i++) {
		from = (const void *)(sec->data + (size_t)i * info->rec_size);
		if (!is_of_source(source, from->insn_off, &insn_idx))
			continue;
		to = array_grow((void **)&source->main->func_info, &source->main->func_info_cnt,
				&source->main->func_info_cap, sizeof(*to));
		if (!to)
			return -ENOMEM;
		to->insn_off = insn_idx;
		to->type_id = from->type_id;
	}
	return 0;
}

static int append_lines(const struct source *source)
{
	const struct btf_ext_info *info = &source->main->obj->btf_ext->line_info;
	const struct btf_ext_info_sec *sec;
	const struct bpf_line_info *from;
	struct bpf_line_info *to;
	size_t insn_idx;
	__u32 i;

	sec = find_section(source->main->obj, info, source->prog->elf_sec_name);
	for (i = 0; sec && i < sec->num_info; i++) {
		from = (const void *)(sec->data + (size_t)i * info->rec_size);
		if (!is_of_source(source, from->insn_off, &insn_idx))
			continue;
		to = array_grow((void **)&source->main->line_info, &source->main->line_info_cnt,
				&source->main->line_info_cap, sizeof(*to));
		if (!to)
			return -ENOMEM;
		*to = *from;
		to->insn_off = insn_idx;
	}
	return 0;
}

int program_append_ext_info(struct bpf_program *main, const struct bpf_program *prog,
			    size_t insn_off)
{
	struct source source = { main, prog, insn_off };
	struct bpf_object *obj = main->obj;
	int err;

	/* without BTF in the kernel the type ids would refer to nothing */
	if (!obj->btf_ext || !obj->btf || btf__fd(obj->btf) < 0 ||
	    !kernel_supports(FEAT_BTF_FUNC, obj->token_fd))
		return 0;
	err = append_funcs(&source);
	return err ? err : append_lines(&source);
}
