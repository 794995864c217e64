/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Rewriting after the verdict, in one pass: which old instruction becomes which new ones is written
 * down first, then jumps, calls, functions and lines are moved along. Linear in the program's size.
 *
 * Dead code goes, branches that go one way become jumps or nothing, context accesses get the
 * offsets and sizes of the real struct, maps are named by id.
 */
#include <stdlib.h>
#include "env.h"

#define EXPANSION_MAX 5

struct rewrite {
	struct verifier_env *env;
	struct verifier_result *out;
	uint32_t *moved;	/* old index → new index of what stands there now; [insn_cnt]: the end */
	bool *keep;
	uint32_t cap;
};

/* ---- which instructions remain ---- */

static bool is_branch(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
	       op != BPF_EXIT;
}

/* A branch of which one way was never taken. */
static void hard_wire(struct verifier_env *env, uint32_t i)
{
	struct bpf_insn *insn = &env->insns[i];
	struct bpf_insn jump = { .code = BPF_JMP | BPF_JA, .off = insn->off };

	if (!is_branch(insn) || insn_is_may_goto(insn))
		return;
	if (env->aux[i + 1].seen) {
		if (env->aux[i + 1 + insn->off].seen)
			return;
		jump.off = 0;
	}
	*insn = jump;
}

/* Number of live instructions in front of each. */
static void count_live(struct rewrite *rw, const bool *keep, uint32_t *before)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < rw->env->insn_cnt; i++) {
		before[i] = live;
		live += keep[i];
	}
	before[rw->env->insn_cnt] = live;
}

static bool is_plain_jump(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JA);
}

/* Jumps to the next instruction, as seen without dead code. */
static void drop_nops(struct rewrite *rw)
{
	struct verifier_env *env = rw->env;
	uint32_t *before = rw->moved;

	count_live(rw, rw->keep, before);
	for (uint32_t i = 0; i < env->insn_cnt; i++) {
		const struct bpf_insn *insn = &env->insns[i];
		uint32_t target;

		if (!rw->keep[i] || (!is_plain_jump(insn) && !insn_is_may_goto(insn)))
			continue;
		target = insn_jump_target(insn, i);
		if (before[target] == before[i] + 1)
			env->aux[i].nop = true;
	}
	for (uint32_t i = 0; i < env->insn_cnt; i++)
		if (env->aux[i].nop)
			rw->keep[i] = false;
}

/* Unprivileged programs keep their dead code, made harmless: nothing can be told from timing. */
static void trap_dead_code(struct rewrite *rw)
{
	const struct bpf_insn trap = { .code = BPF_JMP | BPF_JA, .off = -1 };

	for (uint32_t i = 0; i < rw->env->insn_cnt; i++)
		if (!rw->env->aux[i].seen)
			rw->env->insns[i] = trap;
}

/* A callback that was passed on but is never called is gone: so is its address. */
static void forget_dead_function(struct verifier_env *env, uint32_t i)
{
	struct bpf_insn *insn = &env->insns[i];

	if (!insn_is_func_ptr(insn) || env->aux[i + 1 + insn->imm].seen)
		return;
	insn->src_reg = 0;
	insn[0].imm = insn[1].imm = 0;
}

static void choose(struct rewrite *rw)
{
	struct verifier_env *env = rw->env;

	if (!env->allow_leaks) {
		trap_dead_code(rw);
		memset(rw->keep, true, env->insn_cnt);
		return;
	}
	for (uint32_t i = 0; i < env->insn_cnt; i++) {
		rw->keep[i] = env->aux[i].seen;
		if (!rw->keep[i])
			continue;
		hard_wire(env, i);
		forget_dead_function(env, i);
	}
	drop_nops(rw);
}

/* ---- context accesses ---- */

static struct bpf_insn alu(uint8_t code, uint8_t dst, int32_t imm)
{
	return (struct bpf_insn){ .code = code, .dst_reg = dst, .imm = imm };
}

static uint8_t size_code(uint32_t size)
{
	return size == 8 ? BPF_DW : size == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;
}

static bool is_pointer_field(const struct bpfx_ctx_field *field)
{
	return field->kind != BPFX_FIELD_SCALAR;
}

/* A wide access covers two neighbouring fields, which are neighbours in the real struct too. */
static bool is_wide(const struct bpfx_ctx_field *field, int size)
{
	return (uint32_t)size > field->size;
}

/* The whole real field is loaded, then what the program did not ask for is shifted out. */
static uint32_t convert_load(const struct bpf_insn *insn, const struct bpfx_ctx_field *field,
			     uint32_t visible_off, struct bpf_insn *out)
{
	int size = insn_access_size(insn);
	uint32_t n = 0, shift = (visible_off - field->offset) * 8;
	uint8_t dst = insn->dst_reg;

	out[n++] = (struct bpf_insn){
		.code = BPF_LDX | BPF_MEM | size_code(is_wide(field, size) ? 8 : field->real_size),
		.dst_reg = dst, .src_reg = insn->src_reg, .off = field->real_offset,
	};
	if ((uint32_t)size < field->size && !is_pointer_field(field)) {
		bool half = field->size <= 4;

		if (shift)
			out[n++] = alu((half ? BPF_ALU : BPF_ALU64) | BPF_RSH | BPF_K, dst, shift);
		if (size < 4)
			out[n++] = alu(BPF_ALU | BPF_AND | BPF_K, dst, (1 << size * 8) - 1);
		else
			out[n++] = (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_X,
						      .dst_reg = dst, .src_reg = dst };
	} else if (field->real_size > field->size && !is_pointer_field(field) &&
		   !is_wide(field, size)) {
		out[n++] = (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = dst,
					      .src_reg = dst };
	}
	if (BPF_MODE(insn->code) == BPF_MEMSX)
		out[n++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst,
					      .src_reg = dst, .off = size * 8 };
	return n;
}

static uint32_t convert_store(const struct bpf_insn *insn, const struct bpfx_ctx_field *field,
			      uint32_t visible_off, struct bpf_insn *out)
{
	int size = insn_access_size(insn);
	bool whole = (uint32_t)size >= field->size;
	uint32_t real_size = is_wide(field, size) ? 8 : whole ? field->real_size : (uint32_t)size;

	*out = *insn;
	out->code = BPF_CLASS(insn->code) | BPF_MEM | size_code(real_size);
	out->off = field->real_offset + (whole ? 0 : visible_off - field->offset);
	return 1;
}

/* An area looks to the program as it is. */
static uint32_t convert_area(const struct bpf_insn *insn, const struct bpfx_ctx_field *field,
			     struct bpf_insn *out)
{
	*out = *insn;
	out->off = field->real_offset + insn->off - field->offset;
	return 1;
}

/* Offset in the context as the program sees it: its pointer has none. */
static uint32_t convert_ctx(const struct bpf_insn *insn, const struct bpfx_ctx_field *field,
			    struct bpf_insn *out)
{
	if (field->size > 8)
		return convert_area(insn, field, out);
	if (BPF_CLASS(insn->code) == BPF_LDX)
		return convert_load(insn, field, insn->off, out);
	return convert_store(insn, field, insn->off, out);
}

/* ---- one instruction ---- */

static uint32_t convert_map(struct verifier_env *env, uint32_t i, struct bpf_insn *out)
{
	bool value = out->src_reg == BPF_PSEUDO_MAP_VALUE ||
		     out->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;

	out[0].src_reg = value ? BPF_PSEUDO_MAP_VALUE : BPF_PSEUDO_MAP_FD;
	out[0].imm = env->in->maps[env->aux[i].map - 1]->id;
	out[1].imm = value ? env->aux[i].map_off : 0;
	return 2;
}

static uint32_t convert(struct verifier_env *env, uint32_t i, struct bpf_insn *out)
{
	const struct bpf_insn *insn = &env->insns[i];
	const struct insn_aux *aux = &env->aux[i];

	out[0] = *insn;
	if (insn_is_ld_imm64(insn)) {
		out[1] = insn[1];
		return aux->map ? convert_map(env, i, out) : 2;
	}
	return aux->field ? convert_ctx(insn, aux->field, out) : 1;
}

/* ---- output ---- */

static uint32_t known_map(const struct verifier_env *env, uint32_t i)
{
	const struct insn_aux *aux = &env->aux[i];

	if (aux->map)
		return aux->map;
	if (!aux->call_map || aux->map_varies)
		return 0;
	for (uint32_t m = 0; m < env->in->map_cnt; m++)
		if (env->in->maps[m] == aux->call_map)
			return m + 1;
	return 0;
}

static int reserve(struct rewrite *rw)
{
	struct verifier_result *out = rw->out;
	uint32_t cap = MAX(rw->cap * 2, rw->env->insn_cnt + EXPANSION_MAX);
	void *insns, *aux;

	if (out->insn_cnt + EXPANSION_MAX <= rw->cap)
		return 0;
	insns = realloc(out->insns, cap * sizeof(*out->insns));
	if (insns)
		out->insns = insns;
	aux = realloc(out->aux, cap * sizeof(*out->aux));
	if (aux)
		out->aux = aux;
	if (!insns || !aux)
		return -ENOMEM;
	rw->cap = cap;
	return 0;
}

static int emit_all(struct rewrite *rw)
{
	struct verifier_env *env = rw->env;
	struct verifier_result *out = rw->out;

	for (uint32_t i = 0; i < env->insn_cnt; i++) {
		bool two = insn_is_ld_imm64(&env->insns[i]);
		uint32_t cnt;

		rw->moved[i] = out->insn_cnt;
		if (reserve(rw))
			return -ENOMEM;
		if (rw->keep[i]) {
			cnt = convert(env, i, out->insns + out->insn_cnt);
			for (uint32_t n = 0; n < cnt; n++)
				out->aux[out->insn_cnt + n] = (struct verifier_insn){
					.orig = i + (two ? n : 0), .map = n ? 0 : known_map(env, i),
					.probe_mem = env->aux[i].probe_mem,
				};
			out->insn_cnt += cnt;
		}
		if (two && i + 1 < env->insn_cnt && (rw->keep[i] || env->allow_leaks))
			rw->moved[++i] = out->insn_cnt;
	}
	rw->moved[env->insn_cnt] = out->insn_cnt;
	return 0;
}

static int move_jump(struct rewrite *rw, uint32_t at, uint32_t orig)
{
	struct bpf_insn *insn = &rw->out->insns[at];
	int64_t off = (int64_t)rw->moved[insn_jump_target(&rw->env->insns[orig], orig)] - at - 1;

	if (insn->code == (BPF_JMP32 | BPF_JA)) {
		insn->imm = off;
		return 0;
	}
	if (off != (int16_t)off) {
		vlog(rw->env, "insn %d cannot be patched due to 16-bit range\n", orig);
		return -ERANGE;
	}
	insn->off = off;
	return 0;
}

/* A function at the end that is gone with the dead code is never called: any place will do. */
static int32_t move_function(struct rewrite *rw, uint32_t at, uint32_t orig)
{
	uint32_t target = rw->moved[orig + 1 + rw->env->insns[orig].imm];

	return (target == rw->out->insn_cnt ? 0 : target) - at - 1;
}

static int move_targets(struct rewrite *rw)
{
	struct verifier_env *env = rw->env;

	for (uint32_t at = 0; at < rw->out->insn_cnt; at++) {
		struct bpf_insn *insn = &rw->out->insns[at];
		uint32_t orig = rw->out->aux[at].orig;
		uint8_t class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);
		int err = 0;

		if (insn_is_local_call(insn) || insn_is_func_ptr(insn))
			insn->imm = move_function(rw, at, orig);
		else if ((class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL &&
			 op != BPF_EXIT && env->aux[orig].seen)
			err = move_jump(rw, at, orig);
		if (err)
			return err;
		if (insn_is_ld_imm64(insn))
			at++;
	}
	return 0;
}

/* ---- what is told along with the instructions ---- */

static int move_subprogs(struct rewrite *rw)
{
	struct verifier_env *env = rw->env;
	struct verifier_result *out = rw->out;

	out->subprogs = calloc(env->subprog_cnt, sizeof(*out->subprogs));
	if (env->in->func_info_cnt)
		out->func_info = calloc(env->subprog_cnt, sizeof(*out->func_info));
	if (!out->subprogs || (env->in->func_info_cnt && !out->func_info))
		return -ENOMEM;
	for (uint32_t i = 0; i < env->subprog_cnt; i++) {
		const struct subprog *sub = &env->subprogs[i];
		uint32_t start = rw->moved[sub->start];

		if (i && start == rw->moved[sub[1].start])
			continue;	/* never called: gone with the dead code */
		if (sub->is_exception_callback)
			out->exception_start = start;
		if (out->func_info) {
			out->func_info[out->func_info_cnt] = env->in->func_info[i];
			out->func_info[out->func_info_cnt++].insn_off = start;
		}
		out->subprogs[out->subprog_cnt++] = (struct verifier_subprog){
			.start = start, .orig_start = sub->start,
			.stack_depth = round_up64(sub->stack_depth, SLOT_SIZE),
			.is_callback = sub->is_callback, .has_tail_call = sub->has_tail_call,
		};
	}
	return 0;
}

/* Of records that come to stand at the same place the last one is right. */
static int move_lines(struct rewrite *rw)
{
	const struct verifier_input *in = rw->env->in;
	struct verifier_result *out = rw->out;

	if (!in->line_info_cnt)
		return 0;
	out->line_info = calloc(in->line_info_cnt, sizeof(*out->line_info));
	if (!out->line_info)
		return -ENOMEM;
	for (uint32_t i = 0; i < in->line_info_cnt; i++) {
		struct bpf_line_info line = in->line_info[i];

		line.insn_off = rw->moved[line.insn_off];
		if (line.insn_off >= out->insn_cnt)
			continue;
		if (out->line_info_cnt &&
		    out->line_info[out->line_info_cnt - 1].insn_off == line.insn_off)
			out->line_info_cnt--;
		out->line_info[out->line_info_cnt++] = line;
	}
	return 0;
}

/* Every map the program names, also in code that turned out to be dead: as on Linux. */
static int list_maps(struct rewrite *rw)
{
	struct verifier_env *env = rw->env;

	if (!env->in->map_cnt)
		return 0;
	rw->out->map_used = calloc(env->in->map_cnt, sizeof(bool));
	if (!rw->out->map_used)
		return -ENOMEM;
	for (uint32_t i = 0; i < env->insn_cnt; i++)
		if (env->aux[i].map)
			rw->out->map_used[env->aux[i].map - 1] = true;
	return 0;
}

static bool is_called(const struct verifier_result *out, const struct kfunc *k)
{
	for (uint32_t i = 0; i < out->insn_cnt; i++)
		if (insn_is_kfunc_call(&out->insns[i]) && (uint32_t)out->insns[i].imm == k->id &&
		    out->insns[i].off == k->off)
			return true;
	return false;
}

/* Those that live code calls. */
static int list_kfuncs(struct rewrite *rw)
{
	struct verifier_result *out = rw->out;
	uint32_t cnt = 0;

	for (const struct kfunc *k = rw->env->kfuncs; k; k = k->next)
		cnt++;
	if (!cnt)
		return 0;
	out->kfuncs = malloc(cnt * sizeof(*out->kfuncs));
	if (!out->kfuncs)
		return -ENOMEM;
	for (const struct kfunc *k = rw->env->kfuncs; k; k = k->next)
		if (is_called(out, k))
			out->kfuncs[out->kfunc_cnt++] = (struct verifier_kfunc){ k->id, k->off };
	return 0;
}

static int list_helpers(struct rewrite *rw)
{
	struct verifier_env *env = rw->env;
	size_t size = env->helper_cnt * sizeof(uint32_t);

	if (!env->helper_cnt)
		return 0;
	rw->out->helpers = malloc(size);
	if (!rw->out->helpers)
		return -ENOMEM;
	memcpy(rw->out->helpers, env->helpers, size);
	rw->out->helper_cnt = env->helper_cnt;
	return 0;
}

static int write_out(struct rewrite *rw)
{
	int err = emit_all(rw);

	if (!err)
		err = move_targets(rw);
	if (!err)
		err = move_subprogs(rw);
	if (!err)
		err = move_lines(rw);
	if (!err)
		err = list_maps(rw);
	if (!err)
		err = list_kfuncs(rw);
	return err ? err : list_helpers(rw);
}

int rewrite_program(struct verifier_env *env)
{
	struct rewrite rw = { .env = env, .out = env->result };

	rw.moved = pool_alloc(&env->pool, (env->insn_cnt + 1) * sizeof(*rw.moved));
	rw.keep = pool_zalloc(&env->pool, env->insn_cnt + 1);
	choose(&rw);
	env->result->max_ctx_offset = env->max_ctx_offset;
	env->result->max_rdonly_buf = env->max_rdonly_buf;
	env->result->max_rdwr_buf = env->max_rdwr_buf;
	env->result->result_is_typed = env->result_is_typed;
	env->result->max_pkt_offset = env->max_pkt_offset;
	env->result->writes_packet = env->seen_direct_write;
	env->result->uses_tail_call = env->uses_tail_call;
	env->result->needs_kernel = env->needs_kernel;
	env->result->sleepable = env->in->prog_flags & BPF_F_SLEEPABLE;
	return write_out(&rw);
}
