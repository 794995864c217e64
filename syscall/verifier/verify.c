/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The room's door: the passes in their order, the statistics line, and the memory around them. */
#include <stdlib.h>
#include <time.h>
#include "env.h"

/* In Linux's order: of several mistakes the same one is reported. */
static int (*const passes[])(struct verifier_env *env) = {
	check_btf_info_early,
	add_subprogs,
	check_subprogs,
	check_btf_info,
	resolve_ld_imm64,
	check_cfg,
	compute_postorder,
	check_attach_target,
	compute_scc,
	compute_live_regs,
	live_stack_init,
	check_program,
	check_max_stack_depth,
	rewrite_program,
};

static void log_stats(struct verifier_env *env, uint64_t start_us)
{
	struct timespec now;

	if (env->log->level & ULOG_STATS) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		vlog(env, "verification time %llu usec\n", (unsigned long long)
		     (now.tv_sec * 1000000ULL + now.tv_nsec / 1000 - start_us));
		vlog(env, "stack depth ");
		for (uint32_t i = 0; i < env->subprog_cnt; i++)
			vlog(env, "%s%d", i ? "+" : "", env->subprogs[i].stack_depth);
		vlog(env, "\n");
	}
	vlog(env, "processed %d insns (limit %d) max_states_per_insn %d total_states %d "
	     "peak_states %d mark_read %d\n", env->insn_processed, LIMIT_INSNS,
	     env->max_states_per_insn, env->total_states, env->peak_states, 0);
}

static void memos_init(struct verifier_env *env)
{
	struct memos *memos = &env->memos;
	uint32_t cnt = 1;

	while (cnt < env->insn_cnt && cnt < MEMO_MAX)
		cnt *= 2;
	memos->mask = cnt - 1;
	memos->alu = pool_alloc(&env->pool, cnt * sizeof(*memos->alu));
	memos->jump = pool_alloc(&env->pool, cnt * sizeof(*memos->jump));
	for (uint32_t i = 0; i < cnt; i++)
		memos->alu[i].insn = memos->jump[i].insn = UINT32_MAX;
}

/* Most loads give a number of which nothing but its size is known. */
static void loads_init(struct verifier_env *env)
{
	for (int size = 1; size <= 4; size *= 2) {
		env->loaded[0][size] = env->loaded[1][size] = scalar_unknown();
		scalar_truncate(&env->loaded[0][size], size);
		scalar_sign_extend64(&env->loaded[1][size], size);
	}
}

static void env_init(struct verifier_env *env, const struct verifier_input *in)
{
	env->insn_cnt = in->insn_cnt;
	env->insns = pool_alloc(&env->pool, in->insn_cnt * sizeof(*env->insns));
	memcpy(env->insns, in->insns, in->insn_cnt * sizeof(*env->insns));
	env->aux = pool_zalloc(&env->pool, in->insn_cnt * sizeof(*env->aux));
	env->bpf_capable = in->cap_bpf;
	env->allow_leaks = in->cap_perfmon;
	env->strict_alignment = in->prog_flags & BPF_F_STRICT_ALIGNMENT;
	env->test_state_freq = (in->prog_flags & BPF_F_TEST_STATE_FREQ) && in->cap_bpf;
	memos_init(env);
	loads_init(env);
	prepare_tracking(env);
}

static int run_passes(struct verifier_env *env, const struct verifier_input *in)
{
	struct timespec now;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &now);
	env_init(env, in);
	for (size_t i = 0; !err && i < ARRAY_SIZE(passes); i++)
		err = passes[i](env);
	log_stats(env, now.tv_sec * 1000000ULL + now.tv_nsec / 1000);
	env->result->verified_insns = env->insn_processed;
	return err;
}

int verify_program(const struct verifier_input *in, struct verifier_result *result)
{
	struct verifier_env *env = calloc(1, sizeof(*env));
	struct ulog no_log = { 0 };
	jmp_buf no_memory;
	int err;

	memset(result, 0, sizeof(*result));
	if (!env)
		return -ENOMEM;
	if (!in->insn_cnt) {
		free(env);
		return -E2BIG;
	}
	env->in = in;
	env->result = result;
	env->log = in->log ? in->log : &no_log;
	pool_init(&env->pool, &no_memory);
	if (setjmp(no_memory))
		err = -ENOMEM;
	else
		err = run_passes(env, in);
	pool_destroy(&env->pool);
	free(env);
	return err;
}

void verifier_result_free(struct verifier_result *result)
{
	free(result->insns);
	free(result->aux);
	free(result->subprogs);
	free(result->func_info);
	free(result->line_info);
	free(result->map_used);
	free(result->helpers);
	free(result->kfuncs);
	memset(result, 0, sizeof(*result));
}
