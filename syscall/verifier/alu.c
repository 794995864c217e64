/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Arithmetic: on numbers, and of numbers with pointers. */
#include "env.h"

static const char *const op_signs[] = {
	"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>=", "endian",
};

static const char *op_sign(const struct bpf_insn *insn)
{
	return op_signs[BPF_OP(insn->code) >> 4];
}

static bool is_wide(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ALU64;
}

/* Linux calls it a bug and goes on. */
void forget_bounds(struct verifier_env *env, struct reg *reg, const char *where)
{
	struct scalar *s = &reg->num;
	const char *how = scalar_contradiction(s);

	vlog(env, "verifier bug: REG INVARIANTS VIOLATION (%s): %s u64=[0x%llx, 0x%llx] "
	     "s64=[0x%llx, 0x%llx] u32=[0x%x, 0x%x] s32=[0x%x, 0x%x] var_off=(0x%llx, 0x%llx)\n", where,
	     how, (unsigned long long)s->umin, (unsigned long long)s->umax,
	     (unsigned long long)s->smin, (unsigned long long)s->smax, s->u32_min, s->u32_max,
	     s->s32_min, s->s32_max, (unsigned long long)s->bits.value,
	     (unsigned long long)s->bits.mask);
	scalar_forget_bounds(s);
}

/* ---- number op number ---- */

static bool is_shift(uint8_t op)
{
	return op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
}

/* Can the result be described: shifts by one known, sensible amount; no division. */
static bool is_computable(const struct bpf_insn *insn, const struct scalar *src)
{
	uint8_t op = BPF_OP(insn->code);
	bool low_half = !is_wide(insn);

	if (op == BPF_DIV || op == BPF_MOD)
		return false;
	if (!is_shift(op))
		return true;
	if (!scalar_is_const(src, low_half) || src->umax >= (low_half ? 32 : 64))
		return false;
	return low_half ? src->u32_min == src->u32_max && src->s32_min == src->s32_max :
			  src->umin == src->umax && src->smin == src->smax;
}

/* The emulated machine has the byte order of the real one. */
static bool swaps_bytes(const struct bpf_insn *insn)
{
	bool big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	return is_wide(insn) || (BPF_SRC(insn->code) == BPF_TO_LE) == big_endian;
}

static void compute(const struct bpf_insn *insn, struct scalar *dst, const struct scalar *src)
{
	bool low_half = !is_wide(insn);
	uint8_t shift = low_half ? src->u32_min : src->umin;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:	return scalar_add(dst, src);
	case BPF_SUB:	return scalar_sub(dst, src);
	case BPF_NEG:	return scalar_neg(dst);
	case BPF_END:	return scalar_byte_order(dst, insn->imm / 8, swaps_bytes(insn));
	case BPF_MUL:	return scalar_mul(dst, src);
	case BPF_AND:	return scalar_and(dst, src);
	case BPF_OR:	return scalar_or(dst, src);
	case BPF_XOR:	return scalar_xor(dst, src);
	case BPF_LSH:	return scalar_lsh(dst, shift, low_half);
	case BPF_RSH:	return scalar_rsh(dst, shift, low_half);
	case BPF_ARSH:	return scalar_arsh(dst, shift, low_half);
	}
}

static void compute_whole(const struct bpf_insn *insn, struct scalar *dst, const struct scalar *src)
{
	compute(insn, dst, src);
	if (!is_wide(insn) && BPF_OP(insn->code) != BPF_END)
		scalar_zero_extend32(dst);
	scalar_sync(dst);
}

/* Instructions meet the same numbers again and again. */
static void compute_once(struct verifier_env *env, const struct bpf_insn *insn, struct scalar *dst,
			 const struct scalar *src)
{
	struct alu_memo *memo = alu_memo_of(env, env->insn_idx);

	if (memo->insn == env->insn_idx && scalar_same(&memo->dst, dst) &&
	    scalar_same(&memo->src, src)) {
		*dst = memo->result;
		return;
	}
	memo->insn = env->insn_idx;
	memo->dst = *dst;
	memo->src = *src;
	compute_whole(insn, dst, src);
	memo->result = *dst;
}

/*
 * A mask that is all ones or all zeros, as compilers make it from a condition, is worth two paths:
 * and/or with a constant then gives a constant. The other path runs the instruction again with 0.
 */
static int split_mask(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst,
		      const struct scalar *by)
{
	uint8_t op = BPF_OP(insn->code);
	bool whole = dst->num.smin == -1 && dst->num.smax == 0;
	struct state *other;
	struct reg *other_dst;

	if ((op != BPF_AND && op != BPF_OR) || !tnum_is_const(by->bits) ||
	    (!whole && !(dst->num.s32_min == -1 && dst->num.s32_max == 0)))
		return 0;
	other = push_branch(env, env->insn_idx, env->insn_idx);
	if (!other)
		return -E2BIG;
	other_dst = &other->frame[other->curframe]->regs[insn->dst_reg];
	if (whole) {
		other_dst->num = scalar_const(0);
		dst->num = scalar_const(-1);
	} else {
		scalar_set_low_half(&other_dst->num, 0);
		scalar_set_low_half(&dst->num, -1);
	}
	return 0;
}

/* @by is not @dst's own number. */
static int numbers(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst,
		   const struct scalar *by)
{
	int err;

	if (!is_computable(insn, by)) {
		env_set_unknown(env, dst);
		return 0;
	}
	err = split_mask(env, insn, dst, by);
	if (err)
		return err;
	if (!scalar_fold(&dst->num, by, BPF_OP(insn->code), !is_wide(insn)))
		compute_once(env, insn, &dst->num, by);
	return 0;
}

/* The constant that an addition or subtraction moves a value by, where it is one. */
static bool constant_distance(const struct bpf_insn *insn, const struct scalar *by, int32_t *distance)
{
	uint8_t op = BPF_OP(insn->code);
	bool low_half = !is_wide(insn);
	int64_t value = scalar_value(by, low_half);

	if ((op != BPF_ADD && op != BPF_SUB) || !scalar_is_const(by, low_half) ||
	    (BPF_SRC(insn->code) == BPF_X && insn->src_reg == insn->dst_reg))
		return false;
	if (low_half)
		value = (int32_t)value;
	if (value < INT32_MIN || value > INT32_MAX || (op == BPF_SUB && value == INT32_MIN))
		return false;
	*distance = op == BPF_SUB ? -value : value;
	return true;
}

/*
 * Adding a constant keeps a scalar linked to those it was copied from, at a distance; once only.
 * In 32 bits only if the value was one of 32 bits before.
 */
static void keep_link(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst,
		      const struct scalar *by, bool was_short)
{
	int32_t distance;

	if (!env->bpf_capable || !dst->id || (!is_wide(insn) && !was_short) ||
	    (dst->id & ID_ADD_CONST) || !constant_distance(insn, by, &distance)) {
		reg_unlink(dst);
		return;
	}
	dst->id |= is_wide(insn) ? ID_ADD_CONST64 : ID_ADD_CONST32;
	dst->off = distance;
}

/* ---- pointer op number ---- */

static bool fixed_offset_is_sane(struct verifier_env *env, const struct reg *reg, uint32_t type)
{
	if (reg->off < MAX_VAR_OFF && reg->off > -MAX_VAR_OFF)
		return true;
	vlog(env, "%s pointer offset %d is not allowed\n", reg_type_name(env, type), reg->off);
	return false;
}

static bool offset_is_sane(struct verifier_env *env, const struct reg *reg, uint32_t type)
{
	int64_t value = reg->num.bits.value, smin = reg->num.smin;

	if (tnum_is_const(reg->num.bits) && (value >= MAX_VAR_OFF || value <= -MAX_VAR_OFF)) {
		vlog(env, "math between %s pointer and %lld is not allowed\n",
		     reg_type_name(env, type), (long long)value);
		return false;
	}
	if (!fixed_offset_is_sane(env, reg, type))
		return false;
	if (smin == INT64_MIN) {
		vlog(env, "math between %s pointer and register with unbounded min value is not "
		     "allowed\n", reg_type_name(env, type));
		return false;
	}
	if (smin >= MAX_VAR_OFF || smin <= -MAX_VAR_OFF) {
		vlog(env, "value %lld makes %s pointer be out of bounds\n", (long long)smin,
		     reg_type_name(env, type));
		return false;
	}
	return true;
}

static bool takes_offsets(const struct reg *ptr, bool known, int64_t value, uint8_t op)
{
	switch (reg_kind(ptr)) {
	case REG_CTX:
	case REG_MAP_VALUE:
	case REG_MAP_KEY:
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_BTF_ID:
	case REG_MEM:
	case REG_BUF:
	case REG_FUNC:
	case REG_DYNPTR:
		return true;
	case REG_FLOW_KEYS:
		return known || (known && !value && op == BPF_ADD);
	case REG_MAP:
		return known && !value && op == BPF_ADD;
	default:
		return false;
	}
}

static int check_pointer_op(struct verifier_env *env, const struct bpf_insn *insn,
			    const struct reg *ptr, const struct scalar *by)
{
	if (reg_may_be_null(ptr)) {
		vlog(env, "R%d pointer arithmetic on %s prohibited, null-check it first\n",
		     insn->dst_reg, reg_type_name(env, ptr->type));
		return -EACCES;
	}
	if (!takes_offsets(ptr, tnum_is_const(by->bits), by->smin, BPF_OP(insn->code))) {
		vlog(env, "R%d pointer arithmetic on %s prohibited\n", insn->dst_reg,
		     reg_type_name(env, ptr->type));
		return -EACCES;
	}
	return 0;
}

/* Unlike numbers, a bound of an offset that may wrap is of no use at all. */
static void add_offset(struct scalar *sum, const struct scalar *by)
{
	if (__builtin_add_overflow(sum->smin, by->smin, &sum->smin) ||
	    __builtin_add_overflow(sum->smax, by->smax, &sum->smax)) {
		sum->smin = INT64_MIN;
		sum->smax = INT64_MAX;
	}
	if (__builtin_add_overflow(sum->umin, by->umin, &sum->umin) ||
	    __builtin_add_overflow(sum->umax, by->umax, &sum->umax)) {
		sum->umin = 0;
		sum->umax = UINT64_MAX;
	}
	sum->bits = tnum_add(sum->bits, by->bits);
}

static void subtract_offset(struct scalar *rest, const struct scalar *by)
{
	if (__builtin_sub_overflow(rest->smin, by->smax, &rest->smin) ||
	    __builtin_sub_overflow(rest->smax, by->smin, &rest->smax)) {
		rest->smin = INT64_MIN;
		rest->smax = INT64_MAX;
	}
	if (rest->umin < by->umax) {
		rest->umin = 0;
		rest->umax = UINT64_MAX;
	} else {
		rest->umin -= by->umax;
		rest->umax -= by->umin;
	}
	rest->bits = tnum_sub(rest->bits, by->bits);
}

/* What moving makes of the variable part; lower halves are not tracked, but found. */
static bool finish_offset(struct verifier_env *env, struct reg *dst, struct alu_memo *memo)
{
	scalar_forget_bounds32(&dst->num);
	if (!offset_is_sane(env, dst, dst->type)) {
		memo->insn = UINT32_MAX;
		return false;
	}
	scalar_sync(&dst->num);
	memo->result = dst->num;
	return true;
}

static bool recall_offset(struct verifier_env *env, struct reg *dst, const struct alu_memo *memo)
{
	dst->num = memo->result;
	return fixed_offset_is_sane(env, dst, dst->type);
}

static bool move_by_variable(struct verifier_env *env, struct reg *dst, const struct scalar *by,
			     bool add)
{
	struct alu_memo *memo = alu_memo_of(env, env->insn_idx);

	if (memo->insn == env->insn_idx && scalar_same(&memo->dst, &dst->num) &&
	    scalar_same(&memo->src, by))
		return recall_offset(env, dst, memo);
	memo->insn = env->insn_idx;
	memo->dst = dst->num;
	memo->src = *by;
	if (add)
		add_offset(&dst->num, by);
	else
		subtract_offset(&dst->num, by);
	return finish_offset(env, dst, memo);
}

static bool move_by_constant(struct verifier_env *env, struct reg *dst)
{
	struct alu_memo *memo = alu_memo_of(env, env->insn_idx);
	uint32_t key = env->insn_idx | MEMO_RESYNC;

	if (scalar_is_one_number(&dst->num))
		return offset_is_sane(env, dst, dst->type);
	if (memo->insn == key && scalar_same(&memo->dst, &dst->num))
		return recall_offset(env, dst, memo);
	memo->insn = key;
	memo->dst = dst->num;
	return finish_offset(env, dst, memo);
}

/* Packet pointers that moved by something unknown get a new identity. */
static bool move_pointer(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst,
			 const struct reg *ptr, const struct reg *by)
{
	bool add = BPF_OP(insn->code) == BPF_ADD;
	int64_t by_value = by->num.smin;
	int64_t moved = add ? ptr->off + by_value : ptr->off - by_value;

	dst->off = ptr->off;
	dst->raw[0] = ptr->raw[0];
	dst->raw[1] = ptr->raw[1];
	dst->num = ptr->num;
	if (tnum_is_const(by->num.bits) && moved == (int32_t)moved) {
		dst->off = moved;
		return move_by_constant(env, dst);
	}
	if (kind_is_packet(reg_kind(ptr))) {
		dst->id = ++env->id_gen;
		/* Going back by something leaves at least what was there. */
		if (add || by->num.smin < 0)
			dst->raw[0] = dst->raw[1] = 0;
	}
	return move_by_variable(env, dst, &by->num, add);
}

static int check_operator(struct verifier_env *env, const struct bpf_insn *insn,
			  const struct reg *ptr, bool number_first)
{
	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
		return 0;
	case BPF_SUB:
		if (number_first) {
			vlog(env, "R%d tried to subtract pointer from scalar\n", insn->dst_reg);
			return -EACCES;
		}
		if (ptr->type == REG_STACK) {
			vlog(env, "R%d subtraction from stack pointer prohibited\n", insn->dst_reg);
			return -EACCES;
		}
		return 0;
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		vlog(env, "R%d bitwise operator %s on pointer prohibited\n", insn->dst_reg,
		     op_sign(insn));
		return -EACCES;
	default:
		vlog(env, "R%d pointer arithmetic with %s operator prohibited\n", insn->dst_reg,
		     op_sign(insn));
		return -EACCES;
	}
}

/* @ptr and @by are copies: the destination may be either. */
static int pointer_and_number(struct verifier_env *env, const struct bpf_insn *insn,
			      struct reg ptr, struct reg by, bool number_first)
{
	struct reg *dst = &cur_regs(env)[insn->dst_reg];
	const struct scalar *n = &by.num;
	int err;

	if ((tnum_is_const(n->bits) && (n->smin != n->smax || n->umin != n->umax)) ||
	    n->smin > n->smax || n->umin > n->umax) {
		env_set_unknown(env, dst);	/* a dead branch */
		return 0;
	}
	if (!is_wide(insn)) {
		if (BPF_OP(insn->code) == BPF_SUB && env->allow_leaks) {
			env_set_unknown(env, dst);
			return 0;
		}
		vlog(env, "R%d 32-bit pointer arithmetic prohibited\n", insn->dst_reg);
		return -EACCES;
	}
	err = check_pointer_op(env, insn, &ptr, n);
	if (err)
		return err;
	if (reg_kind(&ptr) == REG_MEM && ptr.type & REG_UNTRUSTED)
		return 0;	/* read with care, wherever it points: offsets are not followed */
	if (!offset_is_sane(env, &by, ptr.type) || !offset_is_sane(env, &ptr, ptr.type))
		return -EINVAL;
	err = check_operator(env, insn, &ptr, number_first);
	if (err)
		return err;
	dst->type = ptr.type;
	dst->id = ptr.id;
	if (number_first) {
		dst->ref_id = ptr.ref_id;
		dst->frameno = ptr.frameno;
	}
	return move_pointer(env, insn, dst, &ptr, &by) ? 0 : -EINVAL;
}

/* ---- choosing between them ---- */

static int two_pointers(struct verifier_env *env, const struct bpf_insn *insn)
{
	if (BPF_OP(insn->code) == BPF_SUB && env->allow_leaks) {
		env_set_unknown(env, &cur_regs(env)[insn->dst_reg]);
		return 0;
	}
	vlog(env, "R%d pointer %s pointer prohibited\n", insn->dst_reg, op_sign(insn));
	return -EACCES;
}

static int offset_pointer(struct verifier_env *env, const struct bpf_insn *insn,
			  const struct reg *ptr, const struct reg *src)
{
	struct reg constant;

	if (!src) {
		constant = (struct reg){ .type = REG_SCALAR,
					 .num = scalar_const((int64_t)insn->imm) };
		src = &constant;
	}
	return pointer_and_number(env, insn, *ptr, *src, false);
}

static int operate(struct verifier_env *env, const struct bpf_insn *insn)
{
	struct reg *dst = &cur_regs(env)[insn->dst_reg];
	bool ptr = dst->type != REG_SCALAR, was_short;
	const struct reg *src = NULL;
	struct scalar by;
	int err = 0;

	if (BPF_SRC(insn->code) == BPF_X) {
		src = &cur_regs(env)[insn->src_reg];
		if (src->type != REG_SCALAR) {
			if (ptr)
				return two_pointers(env, insn);
			err = mark_precise(env, insn->dst_reg);
			return err ? err : pointer_and_number(env, insn, *src, *dst, true);
		}
		if (ptr || dst->precise)
			err = mark_precise(env, insn->src_reg);
		if (err)
			return err;
	}
	if (ptr)
		return offset_pointer(env, insn, dst, src);
	by = src ? src->num : scalar_const((int64_t)insn->imm);
	was_short = dst->num.umax <= UINT32_MAX;
	err = numbers(env, insn, dst, &by);
	if (!err)
		keep_link(env, insn, dst, &by, was_short);
	return err;
}

/* ---- moves ---- */

void assign_scalar_id(struct verifier_env *env, struct reg *src)
{
	if (src->type != REG_SCALAR)
		return;
	if (src->id & ID_ADD_CONST)
		reg_unlink(src);	/* links reach over one distance only */
	if (!src->id && !tnum_is_const(src->num.bits))
		src->id = ++env->id_gen;
}

static int move_wide(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst,
		     struct reg *src)
{
	bool same_value;

	if (!insn->off) {
		assign_scalar_id(env, src);
		*dst = *src;
		return 0;
	}
	if (reg_is_pointer(env, insn->src_reg)) {
		vlog(env, "R%d sign-extension part of pointer\n", insn->src_reg);
		return -EACCES;
	}
	if (src->type != REG_SCALAR) {
		env_set_unknown(env, dst);
		return 0;
	}
	same_value = src->num.umax < 1ULL << (insn->off - 1);
	if (same_value)
		assign_scalar_id(env, src);
	*dst = *src;
	if (!same_value)
		reg_unlink(dst);
	scalar_sign_extend64(&dst->num, insn->off / 8);
	return 0;
}

/* To 32 bits, of which the low @size bytes are extended; 0: all are taken. */
static void shorten_once(struct verifier_env *env, struct scalar *num, int size)
{
	struct alu_memo *memo = alu_memo_of(env, env->insn_idx);

	if (scalar_is_one_number(num) && !size) {
		*num = scalar_const((uint32_t)num->bits.value);
		return;
	}
	if (memo->insn == env->insn_idx && scalar_same(&memo->dst, num)) {
		*num = memo->result;
		return;
	}
	memo->insn = env->insn_idx;
	memo->dst = *num;
	if (size)
		scalar_sign_extend32(num, size);
	scalar_zero_extend32(num);
	scalar_sync(num);
	memo->result = *num;
}

static int move_half(struct verifier_env *env, const struct bpf_insn *insn, struct reg *dst,
		     struct reg *src)
{
	bool same_value;

	if (reg_is_pointer(env, insn->src_reg)) {
		vlog(env, "R%d partial copy of pointer\n", insn->src_reg);
		return -EACCES;
	}
	if (src->type != REG_SCALAR) {
		env_set_unknown(env, dst);
		scalar_zero_extend32(&dst->num);
		scalar_sync(&dst->num);
		return 0;
	}
	same_value = insn->off ? src->num.umax < 1ULL << (insn->off - 1) :
				 src->num.umax <= UINT32_MAX;
	if (same_value)
		assign_scalar_id(env, src);
	*dst = *src;
	if (!same_value)
		reg_unlink(dst);
	shorten_once(env, &dst->num, insn->off / 8);
	return 0;
}

static int check_move(struct verifier_env *env, const struct bpf_insn *insn)
{
	struct reg *regs = cur_regs(env), *dst;
	bool reg = BPF_SRC(insn->code) == BPF_X;
	int err;

	if (reg && is_wide(insn) && insn->off == BPF_ADDR_SPACE_CAST) {
		vlog(env, "addr_space_cast insn can only be used in a program that has an "
		     "associated arena\n");
		return -EINVAL;
	}
	err = reg ? check_reg_arg(env, insn->src_reg, REG_READ) : 0;
	if (!err)
		err = check_reg_arg(env, insn->dst_reg, REG_WRITE_KEEP);
	if (err)
		return err;
	dst = &regs[insn->dst_reg];
	if (reg)
		return is_wide(insn) ? move_wide(env, insn, dst, &regs[insn->src_reg]) :
				       move_half(env, insn, dst, &regs[insn->src_reg]);
	env_set_unknown(env, dst);
	reg_set_const(dst, is_wide(insn) ? (uint64_t)(int64_t)insn->imm : (uint32_t)insn->imm);
	return 0;
}

/* ---- one operand ---- */

static int check_unary(struct verifier_env *env, const struct bpf_insn *insn)
{
	struct reg *dst;
	int err = check_reg_arg(env, insn->dst_reg, REG_READ);

	if (err)
		return err;
	dst = &cur_regs(env)[insn->dst_reg];
	if (reg_is_pointer(env, insn->dst_reg)) {
		vlog(env, "R%d pointer arithmetic prohibited\n", insn->dst_reg);
		return -EACCES;
	}
	if (dst->type == REG_SCALAR) {
		struct scalar self = dst->num;

		err = check_reg_arg(env, insn->dst_reg, REG_WRITE_KEEP);
		/* Not the value of those it was copied from any more. */
		if (!err && (BPF_OP(insn->code) == BPF_NEG || swaps_bytes(insn) || insn->imm < 64))
			reg_unlink(dst);
		return err ? err : numbers(env, insn, dst, &self);
	}
	return check_reg_arg(env, insn->dst_reg, REG_WRITE);
}

static int check_constant_operand(struct verifier_env *env, const struct bpf_insn *insn)
{
	uint8_t op = BPF_OP(insn->code);

	if ((op == BPF_DIV || op == BPF_MOD) && !insn->imm) {
		vlog(env, "div by zero\n");
		return -EINVAL;
	}
	if (is_shift(op) && (insn->imm < 0 || insn->imm >= (is_wide(insn) ? 64 : 32))) {
		vlog(env, "invalid shift %d\n", insn->imm);
		return -EINVAL;
	}
	return 0;
}

static int check_binary(struct verifier_env *env, const struct bpf_insn *insn)
{
	int err = 0;

	if (BPF_SRC(insn->code) == BPF_X)
		err = check_reg_arg(env, insn->src_reg, REG_READ);
	if (!err)
		err = check_reg_arg(env, insn->dst_reg, REG_READ);
	if (!err && BPF_SRC(insn->code) == BPF_K)
		err = check_constant_operand(env, insn);
	if (!err)
		err = check_reg_arg(env, insn->dst_reg, REG_WRITE_KEEP);
	return err ? err : operate(env, insn);
}

int check_alu(struct verifier_env *env, const struct bpf_insn *insn)
{
	uint8_t op = BPF_OP(insn->code);
	int err;

	if (op == BPF_NEG || op == BPF_END)
		err = check_unary(env, insn);
	else if (op == BPF_MOV)
		err = check_move(env, insn);
	else
		err = check_binary(env, insn);
	if (!err)
		bounds_sanity(env, &cur_regs(env)[insn->dst_reg], "alu");
	return err;
}
