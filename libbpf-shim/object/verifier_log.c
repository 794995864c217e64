/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * What is missing was replaced by calls of helpers that do not exist. When the verifier comes to
 * one it complains of its number; people are told what the number stood for instead.
 */
#include "object.h"

#include <stdio.h>

#include "core.h"

/* Where a line of the log begins. */
static char *line_before(const char *log, char *pos)
{
	while (pos > log && pos[-1] != '\n')
		pos--;
	return pos;
}

/* Puts @text in place of [from, to), cutting the end of the log if there is no room. */
static void replace(char *log, size_t size, char *from, char *to, const char *text)
{
	size_t head = from - log, len = strlen(text), tail = strlen(to), room;

	room = size - 1 - head;
	len = MIN(len, room);
	tail = MIN(tail, room - len);
	memmove(from + len, to, tail);
	memcpy(from, text, len);
	from[len + tail] = '\0';
}

/* The CO-RE relocation that an instruction of the assembled program goes back to. */
static const struct bpf_core_relo *core_relo_at(const struct bpf_program *prog, size_t insn_idx)
{
	const struct bpf_object *obj = prog->obj;
	const struct btf_ext_info_sec *sec = NULL;
	const struct btf_ext_info *info;
	const struct bpf_program *owner = prog;
	size_t i, in_section, off = 0;
	__u32 n;

	if (!obj->btf_ext)
		return NULL;
	for (i = 0; i < prog->piece_cnt && prog->pieces[i].insn_off <= insn_idx; i++) {
		owner = &obj->programs[prog->pieces[i].prog_idx];
		off = prog->pieces[i].insn_off;
	}
	in_section = insn_idx - off + owner->sec_insn_off;
	info = &obj->btf_ext->core_relo;
	while ((sec = btf_ext_next_sec(info, sec)) != NULL) {
		if (strcmp(btf_str(obj->btf, sec->sec_name_off), owner->elf_sec_name) != 0)
			continue;
		for (n = 0; n < sec->num_info; n++) {
			const struct bpf_core_relo *relo =
				(const void *)(sec->data + (size_t)n * info->rec_size);

			if (relo->insn_off / INSN_SIZE == in_section)
				return relo;
		}
	}
	return NULL;
}

static void explain_core(struct bpf_program *prog, size_t insn_idx, char *text, size_t size)
{
	const struct bpf_core_relo *relo = core_relo_at(prog, insn_idx);
	struct core *core = relo ? core_new(prog->obj->btf) : NULL;
	char spec[256];

	text[0] = '\0';
	if (core && core_describe(core, relo, spec, sizeof(spec)) >= 0)
		snprintf(text, size,
			 "%zu: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation %s\n",
			 insn_idx, spec);
	core_free(core);
}

static void explain_map(struct bpf_program *prog, size_t insn_idx, size_t map_idx, char *text,
			size_t size)
{
	text[0] = '\0';
	if (map_idx < prog->obj->map_cnt)
		snprintf(text, size,
			 "%zu: <invalid BPF map reference>\nBPF map '%s' is referenced but wasn't created\n",
			 insn_idx, prog->obj->maps[map_idx].name);
}

static void explain_kfunc(struct bpf_program *prog, size_t insn_idx, size_t ext_idx, char *text,
			  size_t size)
{
	text[0] = '\0';
	if (ext_idx < prog->obj->extern_cnt)
		snprintf(text, size,
			 "%zu: <invalid kfunc call>\nkfunc '%s' is referenced but wasn't resolved\n",
			 insn_idx, prog->obj->externs[ext_idx].name);
}

void verifier_log_explain(struct bpf_program *prog, char *log, size_t size)
{
	size_t insn_idx;
	char *message, *line, text[512];
	int number;

	/* the instruction's line, then "invalid func unknown#195896080" as the last message */
	message = strstr(log, "invalid func unknown#");
	if (!message || message == log)
		return;
	if (sscanf(message, "invalid func unknown#%d", &number) != 1)
		return;
	line = line_before(log, message - 1);
	if (sscanf(line, "%zu: (%*x) call unknown#%*d", &insn_idx) != 1)
		return;
	if (number == CORE_POISON_IMM)
		explain_core(prog, insn_idx, text, sizeof(text));
	else if (number >= POISON_KFUNC_BASE)
		explain_kfunc(prog, insn_idx, number - POISON_KFUNC_BASE, text, sizeof(text));
	else if (number >= POISON_MAP_BASE)
		explain_map(prog, insn_idx, number - POISON_MAP_BASE, text, sizeof(text));
	else
		return;
	if (text[0])
		replace(log, size, line, strchr(message, '\n') ? strchr(message, '\n') + 1 :
						message + strlen(message), text);
}
