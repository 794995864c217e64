/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Digests: the program's tag, and the hash of the program information it was verified with. */
#include <sha2.h>
#include <stdio.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "helpers.h"
#include "prog_private.h"
#include "registry.h"

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

/* How a helper gets its context, and how an engine may call it, is nothing that was verified. */
#define FLAGS_HASHED (~BPFX_HELPER_IMPLICIT_CTX)

static void add_helper(SHA2_CTX *sha, const struct bpfx_helper *row)
{
	uint32_t words[] = { row->id, row->ret, row->flags & FLAGS_HASHED };

	add_text(sha, row->name);
	add_words(sha, words, ARRAY_SIZE(words));
	add_words(sha, row->args, ARRAY_SIZE(row->args));
	add_words(sha, row->arg_sizes, ARRAY_SIZE(row->arg_sizes));
	add_text(sha, row->ret_type);
	for (size_t i = 0; i < ARRAY_SIZE(row->arg_types); i++)
		add_text(sha, row->arg_types[i]);
}

static void add_type(SHA2_CTX *sha, const struct bpfx_prog_type *type)
{
	uint32_t words[] = { type->type, type->flags };

	add_text(sha, type->name);
	add_words(sha, words, ARRAY_SIZE(words));
	if (type->ctx)
		add_context(sha, type->ctx);
}

static const struct bpfx_helper *row_of(const struct bpfx_prog_type *type, uint32_t id)
{
	enum verifier_helper_state state;

	return helper_row(type, id, &state);
}

/* Programs that call no helper have one too: the context alone can change under them. */
void prog_info_hash(const struct bpfx_prog_type *type, const uint32_t *helpers, uint32_t cnt,
		    uint8_t hash[32])
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	add_type(&sha, type);
	add_words(&sha, &cnt, 1);
	for (uint32_t i = 0; i < cnt; i++) {
		const struct bpfx_helper *row = row_of(type, helpers[i]);

		if (row)
			add_helper(&sha, row);
	}
	SHA256Final(hash, &sha);
}

static uint64_t sum_of(SHA2_CTX *sha)
{
	uint8_t digest[32];
	uint64_t sum;

	SHA256Final(digest, sha);
	memcpy(&sum, digest, sizeof(sum));
	return sum;
}

uint64_t prog_type_sum(const struct bpfx_prog_type *type)
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	add_type(&sha, type);
	return sum_of(&sha);
}

uint64_t prog_helper_sum(const struct bpfx_prog_type *type, uint32_t helper)
{
	const struct bpfx_helper *row = row_of(type, helper);
	SHA2_CTX sha;

	if (!row)
		return 0;
	SHA256Init(&sha);
	add_helper(&sha, row);
	return sum_of(&sha);
}

uint64_t prog_kfunc_sum(const struct bpfx_kfunc *row)
{
	SHA2_CTX sha;

	if (!row)
		return 0;
	SHA256Init(&sha);
	add_text(&sha, row->name);
	add_words(&sha, &row->flags, 1);
	add_text(&sha, row->ret);
	for (size_t i = 0; i < ARRAY_SIZE(row->params); i++) {
		add_text(&sha, row->params[i].type);
		add_text(&sha, row->params[i].name);
	}
	return sum_of(&sha);
}

uint64_t prog_args_sum(const struct bpfx_hook *hook)
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	add_words(&sha, &hook->arg_cnt, 1);
	for (uint32_t i = 0; i < hook->arg_cnt; i++)
		add_text(&sha, hook->args[i].type);
	return sum_of(&sha);
}

/* ---- comparing ---- */

/* A tracepoint that is not there runs nothing: that is told where it is looked for. */
static int check_target(const struct kern_prog *prog, char *why, size_t size)
{
	const struct bpfx_hook *hook =
		prog->shared->target_sum ? registry_hook_by_name(prog->shared->target) : NULL;

	if (!hook || prog_args_sum(hook) == prog->shared->target_sum)
		return 0;
	snprintf(why, size, "tracepoint %s has other arguments now; the program was verified with "
		 "different ones", hook->name + strlen("raw_tp."));
	return -EINVAL;
}

static int tell_helper(const struct bpfx_prog_type *type, uint32_t id, char *why, size_t size)
{
	const struct bpfx_helper *row = row_of(type, id);
	const char *name = row ? row->name : helper_name(id);

	snprintf(why, size, "helper %s%s%s (0x%x) %s; it was verified with another one",
		 name ? "bpf_" : "", name ? name : "", name ? "" : "of the program", id,
		 row ? "has another prototype now" : "is gone");
	return -EINVAL;
}

static int tell_difference(const struct kern_prog *prog, const struct bpfx_prog_type *type,
			   char *why, size_t size)
{
	const uint32_t *ids = prog_section(prog, prog->shared->helpers);
	const uint64_t *sums = prog_section(prog, prog->shared->helper_sums);

	if (prog_type_sum(type) != prog->shared->type_sum) {
		snprintf(why, size, "program type %s has another context or other properties than "
			 "when it was verified", type->name);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < prog->shared->helper_cnt; i++)
		if (prog_helper_sum(type, ids[i]) != sums[i])
			return tell_helper(type, ids[i], why, size);
	snprintf(why, size, "program type %s is not what it was verified with", type->name);
	return -EINVAL;
}

int prog_info_check(const struct kern_prog *prog, const struct bpfx_prog_type *type, char *why,
		    size_t size)
{
	uint8_t now[sizeof(prog->shared->info_hash)];

	if (!type) {
		snprintf(why, size, "no extension with program type %s is registered here",
			 prog->shared->type_name);
		return -EINVAL;
	}
	if (prog->shared->info_unhashed)
		return 0;
	prog_info_hash(type, prog_section(prog, prog->shared->helpers), prog->shared->helper_cnt,
		       now);
	if (!memcmp(now, prog->shared->info_hash, sizeof(now)))
		return check_target(prog, why, size);
	return tell_difference(prog, type, why, size);
}
