/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Conditional jumps: which ways can be taken, and what each one teaches. */
#include "env.h"

/* Values of a packet pointer's range that say where it is instead. */
enum { AT_PACKET_END = -1, BEYOND_PACKET_END = -2 };

static bool is_any_packet(const struct reg *reg)
{
	return kind_is_packet(reg->type) || reg->type == REG_PACKET_END;
}

/* ---- which way ---- */

static bool is_not_null(const struct reg *reg)
{
	if (reg_may_be_null(reg))
		return false;
	switch (reg_kind(reg)) {
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_SOCK_COMMON:
	case REG_XDP_SOCK:
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
	case REG_MAP:
		return true;
	case REG_MEM:
		return !(reg->type & REG_UNTRUSTED);
	case REG_BTF_ID:
		return reg_is_trusted(reg);
	default:
		return false;
	}
}

static int packet_taken(const struct reg *a, const struct reg *b, uint8_t op)
{
	const struct reg *packet = a;

	if (b->type != REG_PACKET_END) {
		if (a->type != REG_PACKET_END)
			return -1;
		packet = b;
		op = scalar_swapped(op);
	}
	if (packet->range >= 0)
		return -1;
	if (op == BPF_JLE || op == BPF_JGT)
		return packet->range == BEYOND_PACKET_END ? op == BPF_JGT : -1;
	if (op == BPF_JLT || op == BPF_JGE)
		return op == BPF_JGE;
	return -1;
}

/* Pointers are only predicted against zero. */
static int pointer_taken(const struct reg *a, const struct reg *b, uint8_t op, bool low_half)
{
	const struct reg *ptr = a, *number = b;

	if (!reg_is_const(number, low_half)) {
		ptr = b;
		number = a;
	}
	if (!reg_is_const(number, low_half) || !is_not_null(ptr) ||
	    scalar_value(&number->num, low_half))
		return -1;
	return op == BPF_JEQ ? 0 : op == BPF_JNE ? 1 : -1;
}

static int branch_taken(const struct reg *a, const struct reg *b, uint8_t op, bool low_half)
{
	if (is_any_packet(a) && is_any_packet(b) && !low_half)
		return packet_taken(a, b, op);
	if (a->type != REG_SCALAR || b->type != REG_SCALAR)
		return pointer_taken(a, b, op, low_half);
	return scalar_compare(&a->num, &b->num, op, low_half);
}

/* ---- numbers ---- */

static void learn(struct reg *a, struct reg *b, uint8_t op, bool low_half)
{
	scalar_refine(&a->num, &b->num, op, low_half);
	scalar_sync(&a->num);
	scalar_sync(&b->num);
}

/* The two sides of a comparison on both ways, as they were before it. A branch meets the same numbers
 * again and again. */
static void learn_once(struct verifier_env *env, const struct bpf_insn *insn, struct reg *here[2],
		       struct reg *there[2])
{
	struct jump_memo *memo = jump_memo_of(env, env->insn_idx);
	bool low_half = BPF_CLASS(insn->code) == BPF_JMP32;
	uint8_t op = BPF_OP(insn->code);

	if (memo->insn != env->insn_idx || !scalar_same(&memo->before[0], &here[0]->num) ||
	    !scalar_same(&memo->before[1], &here[1]->num)) {
		memo->insn = env->insn_idx;
		for (int i = 0; i < 2; i++)
			memo->before[i] = here[i]->num;
		learn(here[0], here[1], scalar_opposite(op), low_half);
		learn(there[0], there[1], op, low_half);
		for (int i = 0; i < 2; i++) {
			memo->here[i] = here[i]->num;
			memo->there[i] = there[i]->num;
		}
		return;
	}
	for (int i = 0; i < 2; i++) {
		here[i]->num = memo->here[i];
		there[i]->num = memo->there[i];
	}
}

/* ---- null checks ---- */

void make_not_null(struct reg *reg)
{
	const struct verifier_map *map;

	reg->type &= ~REG_MAYBE_NULL;
	if (reg->type != REG_MAP_VALUE)
		return;
	if (reg->map->type == BPF_MAP_TYPE_XSKMAP)
		reg->type = REG_XDP_SOCK;
	else if (reg->map->type == BPF_MAP_TYPE_SOCKMAP || reg->map->type == BPF_MAP_TYPE_SOCKHASH)
		reg->type = REG_SOCKET;
	if (!reg->map->inner)
		return;
	/* What an outer map holds are maps. */
	map = reg->map->inner;
	reg->type = REG_MAP;
	reg->map = map;
	reg->map_uid = map->fields.mask & (BTF_FIELD_TIMER | BTF_FIELD_WORKQUEUE |
					   BTF_FIELD_TASK_WORK) ? reg->id : 0;
}

static bool may_hold_lock(struct verifier_env *env, const struct reg *reg)
{
	const struct kern_btf_fields *fields = reg_fields(env, reg);

	return fields && fields->mask & (BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK);
}

static void decide_null(struct verifier_env *env, struct reg *reg, uint32_t id, bool is_null)
{
	if (!reg_may_be_null(reg) || reg->id != id)
		return;
	if (is_null) {
		bool precise = reg->precise;

		memset(reg, 0, sizeof(*reg));
		reg->type = REG_SCALAR;
		reg->num = scalar_const(0);
		reg->precise = precise;
		return;
	}
	make_not_null(reg);
	if (!may_hold_lock(env, reg))
		reg->id = 0;
}

/* Every copy of the pointer with @id is NULL in @state, or none is. */
static void decide_null_copies(struct verifier_env *env, struct state *state, uint32_t regno,
			       bool is_null)
{
	struct reg *decided = &state->frame[state->curframe]->regs[regno];
	uint32_t id = decided->id;

	if (decided->ref_id && decided->ref_id == id && is_null)
		ref_remove(state, id);		/* nothing was acquired after all */
	FOR_EACH_REG(state, frame, reg, decide_null(env, reg, id, is_null));
}

/* Two pointers of which one is known not to be NULL: where they are equal, neither is. */
static void propagate_not_null(const struct bpf_insn *insn, struct reg *here, struct reg *there)
{
	struct reg *dst = &here[insn->dst_reg], *src = &here[insn->src_reg], *equal;
	uint8_t op = BPF_OP(insn->code);

	if (BPF_CLASS(insn->code) != BPF_JMP || BPF_SRC(insn->code) != BPF_X ||
	    dst->type == REG_SCALAR || src->type == REG_SCALAR ||
	    reg_may_be_null(dst) == reg_may_be_null(src) || reg_kind(dst) == REG_BTF_ID ||
	    reg_kind(src) == REG_BTF_ID || (op != BPF_JEQ && op != BPF_JNE))
		return;
	equal = op == BPF_JEQ ? there : here;
	make_not_null(&equal[reg_may_be_null(src) ? insn->src_reg : insn->dst_reg]);
}

/* ---- packet bounds ---- */

/* In @state every pointer from the same start as @to may reach as far as it. */
static void extend_packet(struct state *state, const struct reg *to, bool one_more)
{
	struct reg checked = *to;
	int32_t range;

	if (checked.off < 0 || (!checked.off && one_more))
		return;
	if (checked.num.umax > MAX_PACKET_OFF || checked.num.umax + checked.off > MAX_PACKET_OFF)
		return;		/* could wrap */
	range = checked.off + one_more;
	FOR_EACH_REG(state, frame, reg, {
		if (reg->type == checked.type && reg->id == checked.id)
			reg->range = MAX(reg->range, range);
	});
}

static void mark_at_end(struct state *state, uint32_t regno, bool beyond)
{
	struct reg *reg = &state->frame[state->curframe]->regs[regno];

	if (reg->type == REG_PACKET)
		reg->range = beyond ? BEYOND_PACKET_END : AT_PACKET_END;
}

static bool is_packet_start(const struct reg *reg)
{
	return reg->type == REG_PACKET && !reg->id && !reg->off &&
	       tnum_equals_const(reg->num.bits, 0);
}

/* Packet against its end, or metadata against the packet's start. */
static bool is_bounds_check(const struct reg *inner, const struct reg *end)
{
	return (inner->type == REG_PACKET && end->type == REG_PACKET_END) ||
	       (inner->type == REG_PACKET_META && is_packet_start(end));
}

static bool match_packet(const struct bpf_insn *insn, struct state *here, struct state *there)
{
	struct reg *regs = here->frame[here->curframe]->regs;
	struct reg *dst = &regs[insn->dst_reg], *src = &regs[insn->src_reg];
	uint8_t op = BPF_OP(insn->code), regno = insn->dst_reg;
	struct reg *packet = dst;
	bool good_there, strict;

	if (BPF_SRC(insn->code) != BPF_X || BPF_CLASS(insn->code) == BPF_JMP32 ||
	    (op != BPF_JGT && op != BPF_JGE && op != BPF_JLT && op != BPF_JLE))
		return false;
	if (!is_bounds_check(dst, src)) {
		if (!is_bounds_check(src, dst))
			return false;
		packet = src;
		regno = insn->src_reg;
		op = scalar_swapped(op);
	}
	/* Now "packet op end": with < and <= it is inside where the jump is taken. */
	good_there = op == BPF_JLT || op == BPF_JLE;
	/* packet < end: one byte more than the pointer says is there. */
	strict = op == BPF_JLT || op == BPF_JGE;
	extend_packet(good_there ? there : here, packet, strict);
	mark_at_end(good_there ? here : there, regno, !strict);
	return true;
}

/* ---- may_goto ---- */

/* Leaving the loop is always possible; going on starts with what may differ forgotten. */
static int check_may_goto(struct verifier_env *env, const struct bpf_insn *insn,
			  uint32_t *insn_idx)
{
	const struct state *earlier;
	struct state *queued;

	if (insn->code != (BPF_JMP | BPF_JCOND) || insn->src_reg != BPF_MAY_GOTO ||
	    insn->dst_reg || insn->imm) {
		vlog(env, "invalid may_goto imm %d\n", insn->imm);
		return -EINVAL;
	}
	/* The parent is the state remembered just now. */
	earlier = env->cur->parent ?
		earlier_round(env->cur->parent->parent, env->cur, *insn_idx) : NULL;
	queued = push_branch(env, *insn_idx + 1, *insn_idx);
	if (!queued)
		return -E2BIG;
	queued->may_goto_depth++;
	if (earlier)
		widen_imprecise(env, earlier, queued);
	*insn_idx += insn->off + 1;
	return 0;
}

/* ---- the jump ---- */

static int check_sides(struct verifier_env *env, const struct bpf_insn *insn, struct reg **dst,
		       struct reg **src, uint32_t *flags)
{
	struct reg *regs = cur_regs(env);
	int err = check_reg_arg(env, insn->dst_reg, REG_READ);

	if (!err)
		err = check_reserved(env, insn);
	if (err)
		return err;
	*dst = &regs[insn->dst_reg];
	if (BPF_SRC(insn->code) == BPF_X) {
		err = check_reg_arg(env, insn->src_reg, REG_READ);
		if (err)
			return err;
		*src = &regs[insn->src_reg];
		if (!(is_any_packet(*dst) && is_any_packet(*src)) &&
		    reg_is_pointer(env, insn->src_reg)) {
			vlog(env, "R%d pointer comparison prohibited\n", insn->src_reg);
			return -EACCES;
		}
		if ((*src)->type == REG_STACK)
			*flags |= STEP_SRC_STACK;
	} else {
		*src = &env->scratch_reg[0];
		memset(*src, 0, sizeof(**src));
		(*src)->type = REG_SCALAR;
		reg_set_const(*src, (int64_t)insn->imm);
	}
	if ((*dst)->type == REG_STACK)
		*flags |= STEP_DST_STACK;
	return 0;
}

/* A branch that goes one way only because of these values must find them again. */
static int mark_decisive(struct verifier_env *env, const struct bpf_insn *insn,
			 const struct reg *dst, const struct reg *src)
{
	int err = 0;

	if (dst->type == REG_SCALAR)
		err = mark_precise(env, insn->dst_reg);
	if (!err && BPF_SRC(insn->code) == BPF_X && src->type == REG_SCALAR)
		err = mark_precise(env, insn->src_reg);
	return err;
}

static int collect_both(struct verifier_env *env, const struct bpf_insn *insn,
			const struct reg *dst, const struct reg *src, uint64_t *linked)
{
	if (BPF_SRC(insn->code) == BPF_X && src->type == REG_SCALAR && src->id)
		collect_linked(env, src->id, linked);
	if (dst->type == REG_SCALAR && dst->id)
		collect_linked(env, dst->id, linked);
	return linked_count(*linked) > 1 ? push_step(env, env->cur, 0, *linked) : 0;
}

/* Both ways are possible: numbers first, then what is linked to them. */
static void learn_both(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst,
		       struct reg *src, struct state *there, uint64_t linked)
{
	struct reg *there_regs = there->frame[there->curframe]->regs;
	struct reg *there_dst = &there_regs[insn->dst_reg], *there_src = &env->scratch_reg[1];
	bool reg = BPF_SRC(insn->code) == BPF_X;

	if (reg)
		there_src = &there_regs[insn->src_reg];
	else
		*there_src = *src;
	if (dst->type == REG_SCALAR && src->type == REG_SCALAR) {
		learn_once(env, insn, (struct reg *[]){ dst, src },
			   (struct reg *[]){ there_dst, there_src });
		bounds_sanity(env, there_dst, "true_reg1");
		bounds_sanity(env, there_src, "true_reg2");
		bounds_sanity(env, dst, "false_reg1");
		bounds_sanity(env, src, "false_reg2");
	}
	if (reg && src->type == REG_SCALAR && src->id) {
		sync_linked(env->cur, src, linked);
		sync_linked(there, there_src, linked);
	}
	if (dst->type == REG_SCALAR && dst->id) {
		sync_linked(env->cur, dst, linked);
		sync_linked(there, there_dst, linked);
	}
}

static bool is_null_check(const struct bpf_insn *insn, const struct reg *dst, const struct reg *src)
{
	uint8_t op = BPF_OP(insn->code);

	return BPF_CLASS(insn->code) == BPF_JMP && (op == BPF_JEQ || op == BPF_JNE) &&
	       reg_may_be_null(dst) && reg_is_zero(src);
}

static int learn_pointers(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst,
			  struct reg *src, struct state *there)
{
	bool equal = BPF_OP(insn->code) == BPF_JEQ;

	propagate_not_null(insn, cur_regs(env), there->frame[there->curframe]->regs);
	if (is_null_check(insn, dst, src)) {
		decide_null_copies(env, env->cur, insn->dst_reg, !equal);
		decide_null_copies(env, there, insn->dst_reg, equal);
		return 0;
	}
	if (!match_packet(insn, env->cur, there) && reg_is_pointer(env, insn->dst_reg)) {
		vlog(env, "R%d pointer comparison prohibited\n", insn->dst_reg);
		return -EACCES;
	}
	return 0;
}

int check_cond_jump(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx)
{
	struct reg *dst, *src;
	struct state *there;
	uint32_t flags = 0;
	uint64_t linked = 0;
	int err, taken;

	if (BPF_OP(insn->code) == BPF_JCOND)
		return check_may_goto(env, insn, insn_idx);
	err = check_sides(env, insn, &dst, &src, &flags);
	if (!err && flags)
		err = push_step(env, env->cur, flags, 0);
	if (err)
		return err;
	taken = branch_taken(dst, src, BPF_OP(insn->code), BPF_CLASS(insn->code) == BPF_JMP32);
	if (taken >= 0) {
		err = mark_decisive(env, insn, dst, src);
		if (err)
			return err;
		if (log_enabled(env))
			log_insn_state(env, env->cur, env->cur->curframe);
		*insn_idx += 1 + (taken ? insn->off : 0);
		return 0;
	}
	err = collect_both(env, insn, dst, src, &linked);
	if (err)
		return err;
	there = push_branch(env, *insn_idx + insn->off + 1, *insn_idx);
	if (!there)
		return -E2BIG;
	learn_both(env, insn, dst, src, there, linked);
	err = learn_pointers(env, insn, dst, src, there);
	if (err)
		return err;
	if (log_enabled(env))
		log_insn_state(env, env->cur, env->cur->curframe);
	*insn_idx += 1;
	return 0;
}
