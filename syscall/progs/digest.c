/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Digests: the program's tag, and the hash of the program information it was verified with. */
#include <sha2.h>
#include <string.h>

#include "bits.h"
#include "helpers.h"
#include "prog_private.h"

static bool holds_fd(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE);
}

/* Linux 6.18: SHA-256; an fd (and the offset beside it) says nothing about the program. */
void prog_digest(const struct bpf_insn *insns, uint32_t cnt, uint8_t digest[32])
{
	bool second_half = false;
	SHA2_CTX sha;

	SHA256Init(&sha);
	for (uint32_t i = 0; i < cnt; i++) {
		struct bpf_insn insn = insns[i];
		bool blank = holds_fd(&insn);

		if (blank || second_half)
			insn.imm = 0;
		second_half = blank && !second_half;
		SHA256Update(&sha, (const uint8_t *)&insn, sizeof(insn));
	}
	SHA256Final(digest, &sha);
}

/* Strings are hashed with their NUL, so that fields cannot run into each other. */
static void add_text(SHA2_CTX *sha, const char *text)
{
	text = text ? text : "";
	SHA256Update(sha, (const uint8_t *)text, strlen(text) + 1);
}

static void add_words(SHA2_CTX *sha, const uint32_t *words, size_t cnt)
{
	SHA256Update(sha, (const uint8_t *)words, cnt * sizeof(*words));
}

static void add_context(SHA2_CTX *sha, const struct bpfx_ctx_desc *ctx)
{
	uint32_t head[] = { ctx->size, ctx->real_size, ctx->real_data, ctx->real_data_end,
			    ctx->real_data_meta, ctx->field_cnt };

	add_words(sha, head, ARRAY_SIZE(head));
	for (uint32_t i = 0; i < ctx->field_cnt; i++) {
		const struct bpfx_ctx_field *f = &ctx->fields[i];
		uint32_t words[] = { f->offset, f->size, f->kind, f->flags, f->real_offset,
				     f->real_size, f->mem_size };

		add_text(sha, f->name);
		add_words(sha, words, ARRAY_SIZE(words));
		add_text(sha, f->type_name);
	}
}

static void add_helper(SHA2_CTX *sha, const struct bpfx_helper *row)
{
	uint32_t words[] = { row->id, row->ret, row->flags };

	add_text(sha, row->name);
	add_words(sha, words, ARRAY_SIZE(words));
	add_words(sha, row->args, ARRAY_SIZE(row->args));
	add_words(sha, row->arg_sizes, ARRAY_SIZE(row->arg_sizes));
	add_text(sha, row->ret_type);
	for (size_t i = 0; i < ARRAY_SIZE(row->arg_types); i++)
		add_text(sha, row->arg_types[i]);
}

/* Programs that call no helper have one too: the context alone can change under them. */
void prog_info_hash(const struct bpfx_prog_type *type, const uint32_t *helpers, uint32_t cnt,
		    uint8_t hash[32])
{
	enum verifier_helper_state state;
	SHA2_CTX sha;

	SHA256Init(&sha);
	add_text(&sha, type->name);
	if (type->ctx)
		add_context(&sha, type->ctx);
	add_words(&sha, &cnt, 1);
	for (uint32_t i = 0; i < cnt; i++) {
		const struct bpfx_helper *row = helper_row(type, helpers[i], &state);

		if (row)
			add_helper(&sha, row);
	}
	SHA256Final(hash, &sha);
}

bool prog_info_is_current(const struct kern_prog *prog)
{
	uint8_t now[sizeof(prog->shared->info_hash)];

	if (!prog->type)
		return false;
	prog_info_hash(prog->type, prog_section(prog, prog->shared->helpers),
		       prog->shared->helper_cnt, now);
	return !memcmp(now, prog->shared->info_hash, sizeof(now));
}
