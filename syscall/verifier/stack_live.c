/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Which stack slots may still be read: collected while instructions are walked, per function and
 * the calls that lead to it (the same code reads other frames when called from elsewhere), then
 * spread backwards over the program text. Slots that are dead are taken out of remembered states.
 */
#include "env.h"

/* Masks of 64 slots of one frame at one instruction. */
struct masks {
	uint64_t may_read;
	uint64_t must_write;		/* written on every arrival */
	uint64_t must_write_acc;	/* … or on every way onwards */
	uint64_t live_before;
};

/* The calls to a function: call sites of the outer frames, then where it starts. */
struct callchain {
	uint32_t callsites[MAX_FRAMES];
	uint32_t curframe;
};

struct instance {
	struct callchain chain;
	uint32_t subprog;
	struct masks *frames[MAX_FRAMES];	/* one per instruction; NULL: nothing there */
	uint64_t *stale[MAX_FRAMES];		/* bits by place in postorder: what they follow from changed */
	bool *arrived;				/* per instruction */
	bool updated, write_dropped;
	struct instance *next;
};

#define BUCKETS 256

struct live_stack {
	struct instance *buckets[BUCKETS];
	struct instance *cur;		/* of the current state; NULL: to be looked up */
	uint64_t writes[MAX_FRAMES];	/* by the current instruction */
	uint32_t write_insn;
	/* spreading: an instruction's place in its function's postorder; predecessors of instruction i
	 * are preds[first_pred[i]] up to preds[first_pred[i + 1]] */
	uint32_t *place, *first_pred, *preds;
	/* query */
	struct instance *query[MAX_FRAMES];
	uint32_t query_frame, query_insn;
};

/* Itself, or in what it calls. */
static bool may_write_stack(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ST:
	case BPF_STX:
		return true;
	case BPF_JMP:
		return BPF_OP(insn->code) == BPF_CALL || BPF_OP(insn->code) == BPF_EXIT;
	default:
		return false;
	}
}

#define NO_PLACE UINT32_MAX

static void find_places(struct verifier_env *env)
{
	uint32_t *place = pool_alloc(&env->pool, env->insn_cnt * sizeof(*place));

	memset(place, 0xff, env->insn_cnt * sizeof(*place));
	for (uint32_t s = 0; s < env->subprog_cnt; s++)
		for (uint32_t i = 0; i < env->subprogs[s].postorder_cnt; i++)
			place[env->postorder[env->subprogs[s].postorder_start + i]] = i;
	env->live->place = place;
}

/* Counted first, then filled in from the end of each one's part. */
static void find_predecessors(struct verifier_env *env)
{
	uint32_t cnt = env->insn_cnt, succ[2];
	uint32_t *first = pool_zalloc(&env->pool, (cnt + 1) * sizeof(*first));
	uint32_t *preds = pool_alloc(&env->pool, 2 * cnt * sizeof(*preds));

	for (uint32_t i = 0; i < cnt; i++)
		for (uint32_t s = env->live->place[i] == NO_PLACE ? 0 : insn_successors(env, i, succ); s; s--)
			first[succ[s - 1]]++;
	for (uint32_t i = 1; i <= cnt; i++)
		first[i] += first[i - 1];
	for (uint32_t i = 0; i < cnt; i++)
		for (uint32_t s = env->live->place[i] == NO_PLACE ? 0 : insn_successors(env, i, succ); s; s--)
			preds[--first[succ[s - 1]]] = i;
	env->live->first_pred = first;
	env->live->preds = preds;
}

int live_stack_init(struct verifier_env *env)
{
	env->live = pool_zalloc(&env->pool, sizeof(*env->live));
	for (uint32_t i = 0; i < env->insn_cnt; i++)
		env->aux[i].may_write_stack = may_write_stack(&env->insns[i]);
	find_places(env);
	find_predecessors(env);
	return 0;
}

/* ---- instances ---- */

static uint32_t hash_chain(const struct callchain *chain)
{
	uint32_t hash = chain->curframe;

	for (uint32_t i = 0; i <= chain->curframe; i++)
		hash = (hash ^ chain->callsites[i]) * 0x9e3779b1u;
	return hash >> 24;
}

static struct instance *instance_of_chain(struct verifier_env *env, const struct callchain *chain,
					  uint32_t subprog)
{
	struct instance **bucket = &env->live->buckets[hash_chain(chain) % BUCKETS], *i;
	uint32_t insn_cnt = env->subprogs[subprog + 1].start - env->subprogs[subprog].start;

	for (i = *bucket; i; i = i->next)
		if (!memcmp(&i->chain, chain, sizeof(*chain)))
			return i;
	i = pool_zalloc(&env->pool, sizeof(*i));
	i->chain = *chain;
	i->subprog = subprog;
	i->arrived = pool_zalloc(&env->pool, insn_cnt);
	i->next = *bucket;
	*bucket = i;
	return i;
}

static struct instance *instance_of(struct verifier_env *env, const struct state *state,
				    uint32_t frameno)
{
	struct callchain chain = { .curframe = frameno };
	uint32_t subprog = state->frame[frameno]->subprog;

	for (uint32_t i = 0; i < frameno; i++)
		chain.callsites[i] = state->frame[i + 1]->callsite;
	chain.callsites[frameno] = env->subprogs[subprog].start;
	return instance_of_chain(env, &chain, subprog);
}

static struct instance *outer_instance(struct verifier_env *env, const struct instance *inner)
{
	struct callchain chain = inner->chain;
	struct subprog *sub = subprog_containing(env, chain.callsites[chain.curframe - 1]);

	chain.callsites[chain.curframe--] = 0;
	chain.callsites[chain.curframe] = sub->start;
	return instance_of_chain(env, &chain, sub - env->subprogs);
}

static struct masks *masks_at(const struct verifier_env *env, const struct instance *instance,
			      uint32_t frame, uint32_t insn)
{
	struct masks *masks = instance->frames[frame];

	return masks ? &masks[insn - env->subprogs[instance->subprog].start] : NULL;
}

static uint32_t words(uint32_t bits)
{
	return (bits + 63) / 64;
}

static struct masks *need_masks(struct verifier_env *env, struct instance *instance,
				uint32_t frame, uint32_t insn)
{
	const struct subprog *sub = &env->subprogs[instance->subprog];

	if (!instance->frames[frame]) {
		instance->frames[frame] = pool_zalloc(&env->pool, (sub[1].start - sub->start) *
						      sizeof(struct masks));
		instance->stale[frame] = pool_zalloc(&env->pool, words(sub->postorder_cnt) *
						     sizeof(uint64_t));
	}
	return masks_at(env, instance, frame, insn);
}

static void mark_stale(const struct verifier_env *env, struct instance *instance, uint32_t frame,
		       uint32_t insn)
{
	uint32_t place = env->live->place[insn];

	if (place != NO_PLACE)
		instance->stale[frame][place / 64] |= 1ULL << place % 64;
}

static struct instance *cur_instance(struct verifier_env *env)
{
	if (!env->live->cur)
		env->live->cur = instance_of(env, env->cur, env->cur->curframe);
	return env->live->cur;
}

void live_stack_reset_callchain(struct verifier_env *env)
{
	env->live->cur = NULL;
}

/* ---- collecting ---- */

static void note_read(struct verifier_env *env, struct instance *instance, uint32_t frame,
		      uint32_t insn, uint64_t slots)
{
	struct masks *m;

	if (!slots)
		return;
	m = need_masks(env, instance, frame, insn);
	if (!(slots & ~m->may_read))
		return;
	if (slots & ~m->may_read & ~m->live_before)
		instance->updated = true;
	m->may_read |= slots;
	mark_stale(env, instance, frame, insn);
}

static void begin_writes(struct verifier_env *env, uint32_t insn, uint32_t frames)
{
	env->live->write_insn = insn;
	memset(env->live->writes, 0, (frames + 1) * sizeof(uint64_t));
}

/* What is written on the first arrival, as far as on every other one too. */
static void commit_writes(struct verifier_env *env, struct instance *instance)
{
	uint32_t start = env->subprogs[instance->subprog].start;
	uint32_t insn = env->live->write_insn;
	bool *arrived = &instance->arrived[insn - start];

	for (uint32_t f = 0; f <= instance->chain.curframe; f++) {
		uint64_t writes = env->live->writes[f], old;
		struct masks *m;

		if (!instance->frames[f] && (!writes || *arrived))
			continue;
		m = need_masks(env, instance, f, insn);
		old = m->must_write;
		m->must_write = *arrived ? old & writes : old | writes;
		if (m->must_write != old) {
			instance->updated = true;
			mark_stale(env, instance, f, insn);
		}
		if (old & ~m->must_write)
			instance->write_dropped = true;
	}
	*arrived = true;
}

void live_stack_begin(struct verifier_env *env, uint32_t insn_idx)
{
	begin_writes(env, insn_idx, cur_instance(env)->chain.curframe);
}

void live_stack_read(struct verifier_env *env, uint32_t frameno, uint32_t insn_idx, uint64_t slots)
{
	note_read(env, cur_instance(env), frameno, insn_idx, slots);
}

void live_stack_write(struct verifier_env *env, uint32_t frameno, uint64_t slots)
{
	env->live->writes[frameno] |= slots;
}

/* Not after a call or return: then the instruction belongs to another instance, which learns what
 * the function did when it is left. */
void live_stack_commit(struct verifier_env *env)
{
	if (env->live->cur)
		commit_writes(env, env->live->cur);
}

/* ---- spreading ---- */

static void log_chain(struct verifier_env *env, const struct callchain *chain)
{
	for (uint32_t i = 0; i <= chain->curframe; i++)
		vlog(env, "%c%u", i ? ',' : '(', chain->callsites[i]);
	vlog(env, ") ");
}

/* Shown where it matters: at accesses, where states are compared, and at the start. */
static void log_change(struct verifier_env *env, const struct instance *instance, uint32_t frame,
		       uint32_t insn, const struct masks *m, const char *what, uint64_t old,
		       uint64_t new)
{
	if (old == new || !log_verbose(env) ||
	    !(env->aux[insn].prune_point || m->may_read || m->must_write ||
	      insn == env->subprogs[instance->subprog].start))
		return;
	log_chain(env, &instance->chain);
	vlog(env, "frame %d insn %d ", frame, insn);
	if (new & ~old) {
		vlog(env, "+%s ", what);
		log_slots(env, new & ~old);
		vlog(env, " ");
	}
	if (old & ~new) {
		vlog(env, "-%s ", what);
		log_slots(env, old & ~new);
	}
	vlog(env, "\n");
}

static bool update_insn(struct verifier_env *env, struct instance *instance, uint32_t frame,
			uint32_t insn)
{
	struct masks *m = masks_at(env, instance, frame, insn);
	uint64_t after = 0, written = 0, before;
	uint32_t succ[2], cnt = insn_successors(env, insn, succ);

	for (uint32_t s = 0; s < cnt; s++) {
		struct masks *next = masks_at(env, instance, frame, succ[s]);

		after |= next->live_before;
		written = s ? written & next->must_write_acc : next->must_write_acc;
	}
	written |= m->must_write;
	before = (after & ~m->must_write) | m->may_read;
	if (before == m->live_before && written == m->must_write_acc)
		return false;
	log_change(env, instance, frame, insn, m, "live", m->live_before, before);
	log_change(env, instance, frame, insn, m, "written", m->must_write_acc, written);
	m->live_before = before;
	m->must_write_acc = written;
	return true;
}

/* Less is dead than was thought: begin again. */
static void forget_live(struct verifier_env *env, struct instance *instance)
{
	const struct subprog *sub = &env->subprogs[instance->subprog];

	for (uint32_t f = 0; f <= instance->chain.curframe; f++)
		for (uint32_t i = 0; instance->frames[f] && i < sub[1].start - sub->start; i++) {
			instance->frames[f][i].live_before = 0;
			if (instance->frames[f][i].may_read)
				mark_stale(env, instance, f, sub->start + i);
		}
}

/* One pass in postorder over what may have changed; what depends on it is for this pass or the next. */
static bool pass(struct verifier_env *env, struct instance *instance, uint32_t frame)
{
	const struct subprog *sub = &env->subprogs[instance->subprog];
	const uint32_t *order = &env->postorder[sub->postorder_start];
	const struct live_stack *live = env->live;
	uint64_t *stale = instance->stale[frame];
	bool changed = false;

	for (uint32_t w = 0; w < words(sub->postorder_cnt); w++) {
		for (uint64_t todo = stale[w]; todo; ) {
			uint32_t bit = __builtin_ctzll(todo), insn = order[w * 64 + bit];

			stale[w] &= ~(1ULL << bit);
			if (update_insn(env, instance, frame, insn)) {
				changed = true;
				for (uint32_t p = live->first_pred[insn]; p < live->first_pred[insn + 1]; p++)
					mark_stale(env, instance, frame, live->preds[p]);
			}
			todo = stale[w] & (~0ULL << bit) & ~(1ULL << bit);
		}
	}
	return changed;
}

static void spread(struct verifier_env *env, struct instance *instance)
{
	bool changed = true;
	int rounds = 0;

	if (instance->write_dropped)
		forget_live(env, instance);
	for (; changed; rounds++) {
		changed = false;
		for (uint32_t f = 0; f <= instance->chain.curframe; f++)
			if (instance->frames[f])
				changed |= pass(env, instance, f);
	}
	if (log_verbose(env)) {
		log_chain(env, &instance->chain);
		vlog(env, "live stack update done in %d iterations\n", rounds);
	}
}

/* What a function does with its callers' frames, the call does. */
static void tell_caller(struct verifier_env *env, struct instance *instance)
{
	uint32_t start = env->subprogs[instance->subprog].start;
	struct instance *outer = outer_instance(env, instance);
	uint32_t callsite = instance->chain.callsites[instance->chain.curframe - 1];

	begin_writes(env, callsite, outer->chain.curframe);
	for (uint32_t f = 0; f < instance->chain.curframe; f++) {
		struct masks *m = masks_at(env, instance, f, start);

		if (!m)
			continue;
		live_stack_write(env, f, m->must_write_acc);
		note_read(env, outer, f, callsite, m->live_before);
	}
	commit_writes(env, outer);
}

static void update_instance(struct verifier_env *env, struct instance *instance)
{
	if (!instance->updated)
		return;
	spread(env, instance);
	instance->updated = false;
	instance->write_dropped = false;
	if (instance->chain.curframe)
		tell_caller(env, instance);
}

/* Before a function or path is left. */
void live_stack_update(struct verifier_env *env)
{
	struct state *state = env->cur;

	live_stack_reset_callchain(env);
	for (int f = state->curframe; f >= 0; f--)
		update_instance(env, instance_of(env, state, f));
}

/* ---- asking ---- */

void live_stack_query(struct verifier_env *env, const struct state *state)
{
	struct live_stack *live = env->live;

	for (uint32_t f = 0; f <= state->curframe; f++)
		live->query[f] = instance_of(env, state, f);
	live->query_frame = state->curframe;
	live->query_insn = state->insn;
}

static uint64_t live_at(struct verifier_env *env, const struct instance *instance, uint32_t insn,
			uint32_t frame)
{
	const struct subprog *sub = &env->subprogs[instance->subprog];
	struct masks *m;

	if (insn < sub->start || insn >= sub[1].start)
		return 0;
	m = masks_at(env, instance, frame, insn);
	return m ? m->live_before : 0;
}

/* Slots read in the function itself, or in one of those that wait for it to return. */
uint64_t live_stack_alive(struct verifier_env *env, uint32_t frameno)
{
	struct live_stack *live = env->live;
	uint64_t alive = live_at(env, live->query[live->query_frame], live->query_insn, frameno);

	for (uint32_t i = frameno; i < live->query_frame; i++) {
		uint32_t callsite = live->query[i + 1]->chain.callsites[i];
		bool repeats = env->aux[callsite].calls_callback;

		alive |= live_at(env, live->query[i], callsite + !repeats, frameno);
	}
	return alive;
}
