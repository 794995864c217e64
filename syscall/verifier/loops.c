/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Loops whose rounds are not counted (callbacks, may_goto): a path may end at a state that is equal
 * up to ranges but whose own future is not known yet. Such back edges are kept until the whole loop
 * has been walked; then precision goes along them until nothing changes.
 */
#include "env.h"

#define MAX_BACKEDGE_ROUNDS 64

struct backedge {
	struct state state;	/* arrived in this state; ->equal is the one it equals */
	struct backedge *next;
};

/* One activation of a loop: the component, and the calls that lead to it. */
struct loop_key {
	uint32_t callsites[MAX_FRAMES - 1];
	uint32_t depth;		/* calls in callsites */
	uint32_t scc;
};

struct loop_visit {
	struct loop_key key;
	struct state *entry;	/* first remembered state in it; NULL: not in progress */
	struct backedge *backedges;
	struct loop_visit *next;
};

struct scc_info {
	struct loop_visit *visits;
};

void scc_init(struct verifier_env *env)
{
	env->scc_info = pool_zalloc(&env->pool, (env->scc_cnt + 1) * sizeof(*env->scc_info));
}

/* The outermost loop @state is in, seen through its frames. */
static bool loop_of(const struct verifier_env *env, const struct state *state, struct loop_key *key)
{
	memset(key, 0, sizeof(*key));
	for (uint32_t i = 0; i <= state->curframe; i++) {
		uint32_t insn = frame_insn(state, i);

		if (env->aux[insn].scc) {
			key->scc = env->aux[insn].scc;
			return true;
		}
		if (i < state->curframe)
			key->callsites[key->depth++] = insn;
	}
	return false;
}

static struct loop_visit *find_visit(struct verifier_env *env, const struct loop_key *key)
{
	struct loop_visit *v;

	for (v = env->scc_info[key->scc].visits; v; v = v->next)
		if (!memcmp(&v->key, key, sizeof(*key)))
			return v;
	return NULL;
}

/* "SCC enter (callsite,scc)", for loops that Linux sees as such. */
static void log_loop(struct verifier_env *env, const char *what, const struct loop_key *key)
{
	if (!log_verbose(env) || key->scc > env->visible_scc_cnt)
		return;
	vlog(env, "SCC %s (", what);
	for (uint32_t i = 0; i < key->depth && key->callsites[i]; i++)
		vlog(env, "%u,", key->callsites[i]);
	vlog(env, "%u)\n", key->scc);
}

void scc_enter(struct verifier_env *env, struct state *state)
{
	struct loop_visit *visit;
	struct loop_key key;

	if (!loop_of(env, state, &key))
		return;
	visit = find_visit(env, &key);
	if (!visit) {
		visit = pool_zalloc(&env->pool, sizeof(*visit));
		visit->key = key;
		visit->next = env->scc_info[key.scc].visits;
		env->scc_info[key.scc].visits = visit;
	}
	if (visit->entry)
		return;
	visit->entry = state;
	log_loop(env, "enter", &key);
}

/* Back edges mean that precision marks may still be missing. */
bool scc_incomplete(struct verifier_env *env, struct state *state)
{
	struct loop_visit *visit;
	struct loop_key key;

	if (!env->open_backedges || !loop_of(env, state, &key))
		return false;
	visit = find_visit(env, &key);
	return visit && visit->backedges;
}

int scc_add_backedge(struct verifier_env *env, struct state *old, struct state *cur, uint32_t insn)
{
	struct loop_visit *visit;
	struct backedge *edge;
	struct loop_key key;

	if (!loop_of(env, old, &key))
		return -EFAULT;
	visit = find_visit(env, &key);
	if (!visit)
		return -EFAULT;
	log_loop(env, "backedge", &key);
	edge = pool_zalloc(&env->pool, sizeof(*edge));
	state_save(env, &edge->state, cur);
	edge->state.equal = old;
	edge->state.insn = insn;
	edge->next = visit->backedges;
	visit->backedges = edge;
	env->open_backedges++;
	if (key.scc <= env->visible_scc_cnt)
		env->backedge_cnt++;
	note_peak(env);
	return 0;
}

static int settle(struct verifier_env *env, struct loop_visit *visit)
{
	bool changed = true;

	for (int round = 0; changed; round++) {
		changed = false;
		for (struct backedge *e = visit->backedges; e; e = e->next) {
			int err;

			if (round > MAX_BACKEDGE_ROUNDS) {
				all_scalars_precise(env, &e->state);
				continue;
			}
			err = propagate_precision(env, e->state.equal, &e->state, &changed);
			if (err)
				return err;
		}
	}
	return 0;
}

/* All paths from the loop's first state are walked. */
int scc_exit(struct verifier_env *env, struct state *state)
{
	uint32_t level = env->log->level;
	struct loop_visit *visit;
	struct loop_key key;
	int err;

	if (!loop_of(env, state, &key))
		return 0;
	visit = find_visit(env, &key);
	if (!visit || visit->entry != state)
		return 0;
	log_loop(env, "exit", &key);
	/* Linux does this only for loops it sees in the program text: say no more than it does. */
	if (key.scc > env->visible_scc_cnt)
		env->log->level &= ~ULOG_LEVEL2;
	err = settle(env, visit);
	env->log->level = level;
	visit->entry = NULL;
	while (visit->backedges) {
		struct backedge *e = visit->backedges;

		visit->backedges = e->next;
		env->open_backedges--;
		state_release(env, &e->state);
		pool_free(&env->pool, e, sizeof(*e));
		if (key.scc <= env->visible_scc_cnt)
			env->backedge_cnt--;
	}
	return err;
}
