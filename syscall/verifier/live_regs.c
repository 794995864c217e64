/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Which registers may still be read before they are written: a data-flow fact of the program text.
 * States are compared only in these. Also finds the loops (strongly connected components).
 */
#include "env.h"

#define ALL_REGS	((1u << MAX_BPF_REG) - 1)
#define CALLER_SAVED	0x3fu		/* r0..r5 */
#define ARGS		0x3eu		/* r1..r5 */

struct regs_used {
	uint16_t use, def;
};

/* Numbers of no register are refused when the walk comes there. */
static uint16_t bit(uint8_t reg)
{
	return reg < MAX_BPF_REG ? 1u << reg : 0;
}

static struct regs_used used_by_alu(const struct bpf_insn *insn)
{
	uint16_t dst = bit(insn->dst_reg);
	uint16_t src = BPF_SRC(insn->code) == BPF_X ? bit(insn->src_reg) : 0;

	switch (BPF_OP(insn->code)) {
	case BPF_MOV:
		return (struct regs_used){ .use = src, .def = dst };
	case BPF_NEG:
	case BPF_END:
		return (struct regs_used){ .use = dst, .def = dst };
	default:
		return (struct regs_used){ .use = dst | src, .def = dst };
	}
}

static struct regs_used used_by_stx(const struct bpf_insn *insn)
{
	uint16_t dst = bit(insn->dst_reg), src = bit(insn->src_reg);

	if (BPF_MODE(insn->code) == BPF_MEM || insn->imm == BPF_STORE_REL)
		return (struct regs_used){ .use = dst | src };
	if (insn->imm == BPF_LOAD_ACQ)
		return (struct regs_used){ .use = src, .def = dst };
	if (insn->imm == BPF_CMPXCHG)
		return (struct regs_used){ .use = dst | src | bit(0), .def = bit(0) };
	return (struct regs_used){ .use = dst | src, .def = insn->imm & BPF_FETCH ? src : 0 };
}

static uint16_t args_of(const struct verifier_env *env, const struct bpf_insn *insn)
{
	const struct bpfx_helper *row;
	enum verifier_helper_state state;
	uint16_t use = 0;

	if (insn_is_kfunc_call(insn) && env->aux[insn - env->insns].kfunc)
		return ARGS & ((2u << MIN(env->aux[insn - env->insns].kfunc->arg_cnt, 5u)) - 1);
	if (!insn_is_helper_call(insn))
		return ARGS;
	row = env->in->helper(env->in->type, insn->imm, &state);
	if (!row)
		return ARGS;
	for (uint32_t i = 0; i < 5 && row->args[i]; i++)
		use |= bit(i + 1);
	return use;
}

static struct regs_used used_by_jump(const struct verifier_env *env, const struct bpf_insn *insn)
{
	switch (BPF_OP(insn->code)) {
	case BPF_EXIT:
		return (struct regs_used){ .use = bit(0) };
	case BPF_JA:
	case BPF_JCOND:
		return (struct regs_used){ 0 };
	case BPF_CALL:
		return (struct regs_used){ .use = args_of(env, insn), .def = CALLER_SAVED };
	default:
		return (struct regs_used){ .use = bit(insn->dst_reg) |
			(BPF_SRC(insn->code) == BPF_X ? bit(insn->src_reg) : 0) };
	}
}

static struct regs_used used_by(const struct verifier_env *env, const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return used_by_alu(insn);
	case BPF_LDX:
		return (struct regs_used){ .use = bit(insn->src_reg), .def = bit(insn->dst_reg) };
	case BPF_ST:
		return (struct regs_used){ .use = bit(insn->dst_reg) };
	case BPF_STX:
		return used_by_stx(insn);
	case BPF_JMP:
	case BPF_JMP32:
		return used_by_jump(env, insn);
	default:
		if (insn_is_ld_imm64(insn))
			return (struct regs_used){ .def = bit(insn->dst_reg) };
		return (struct regs_used){ .use = ALL_REGS };	/* packet loads */
	}
}

static void log_live_regs(struct verifier_env *env)
{
	vlog(env, "Live regs before insn:\n");
	for (uint32_t i = 0; i < env->insn_cnt; i++) {
		if (env->aux[i].scc && env->aux[i].scc <= env->visible_scc_cnt)
			vlog(env, "%3d ", env->aux[i].scc);
		else
			vlog(env, "    ");
		vlog(env, "%3d: ", i);
		for (uint32_t r = 0; r < BPF_REG_FP; r++)
			vlog(env, "%c", env->aux[i].live_regs & bit(r) ? '0' + r : '.');
		vlog(env, " ");
		log_insn(env, i);
		if (insn_is_ld_imm64(&env->insns[i]))
			i++;
	}
}

int compute_live_regs(struct verifier_env *env)
{
	struct regs_used *used = pool_alloc(&env->pool, env->insn_cnt * sizeof(*used));
	bool changed = true;

	for (uint32_t i = 0; i < env->insn_cnt; i++) {
		used[i] = used_by(env, &env->insns[i]);
		env->aux[i].live_regs = 0;
	}
	while (changed) {
		changed = false;
		for (uint32_t p = 0; p < env->postorder_cnt; p++) {
			uint32_t i = env->postorder[p], succ[2];
			uint16_t after = 0, before;

			for (uint32_t s = insn_successors(env, i, succ); s > 0; s--)
				after |= env->aux[succ[s - 1]].live_regs;
			before = (after & ~used[i].def) | used[i].use;
			changed |= before != env->aux[i].live_regs;
			env->aux[i].live_regs = before;
		}
	}
	if (log_verbose(env))
		log_live_regs(env);
	pool_free(&env->pool, used, env->insn_cnt * sizeof(*used));
	return 0;
}

/* ---- loops: Tarjan's algorithm without recursion ---- */

struct tarjan {
	uint32_t *stack, *walk, *pre, *low;
	uint32_t stack_cnt, walk_cnt, next_pre;
	bool done;
};

#define TARJAN_DONE UINT32_MAX

static bool has_self_edge(const struct verifier_env *env, uint32_t insn)
{
	uint32_t succ[2];

	for (uint32_t s = insn_successors(env, insn, succ); s > 0; s--)
		if (succ[s - 1] == insn)
			return true;
	return false;
}

/* @root is the first-visited of its component: everything above it on the stack belongs to it. */
static void close_component(struct verifier_env *env, struct tarjan *t, uint32_t root)
{
	bool loop = t->stack[t->stack_cnt - 1] != root || has_self_edge(env, root);
	uint32_t member;

	if (loop)
		env->scc_cnt++;
	do {
		member = t->stack[--t->stack_cnt];
		t->low[member] = TARJAN_DONE;
		if (loop)
			env->aux[member].scc = env->scc_cnt;
	} while (member != root);
}

static bool visit_successors(struct verifier_env *env, struct tarjan *t, uint32_t at)
{
	uint32_t succ[2], cnt = insn_successors(env, at, succ);

	for (uint32_t s = 0; s < cnt; s++) {
		if (t->pre[succ[s]]) {
			t->low[at] = MIN(t->low[at], t->low[succ[s]]);
		} else {
			t->walk[t->walk_cnt++] = succ[s];
			return true;
		}
	}
	return false;
}

static void walk_from(struct verifier_env *env, struct tarjan *t, uint32_t start)
{
	t->walk[0] = start;
	t->walk_cnt = 1;
	while (t->walk_cnt) {
		uint32_t at = t->walk[t->walk_cnt - 1];

		if (!t->pre[at]) {
			t->pre[at] = t->low[at] = ++t->next_pre;
			t->stack[t->stack_cnt++] = at;
		}
		if (visit_successors(env, t, at))
			continue;
		if (t->low[at] == t->pre[at])
			close_component(env, t, at);
		t->walk_cnt--;
	}
}

/* A call that may run a callback many times is a loop by itself. Numbered behind the loops that
 * Linux numbers. */
static void number_callbacks(struct verifier_env *env)
{
	env->visible_scc_cnt = env->scc_cnt;
	for (uint32_t i = 0; i < env->insn_cnt; i++)
		if (env->aux[i].calls_callback && !env->aux[i].scc)
			env->aux[i].scc = ++env->scc_cnt;
}

int compute_scc(struct verifier_env *env)
{
	size_t size = (env->insn_cnt + 1) * sizeof(uint32_t);
	struct tarjan t = {
		.stack = pool_alloc(&env->pool, size), .walk = pool_alloc(&env->pool, size),
		.pre = pool_zalloc(&env->pool, size), .low = pool_zalloc(&env->pool, size),
	};

	for (uint32_t i = 0; i < env->insn_cnt; i++) {
		if (!t.pre[i])
			walk_from(env, &t, i);
		if (insn_is_ld_imm64(&env->insns[i]))
			i++;
	}
	number_callbacks(env);
	scc_init(env);
	return 0;
}
