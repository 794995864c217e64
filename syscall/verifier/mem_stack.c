/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The stack: eight-byte slots that remember spilled registers whole, other bytes as written,
 * written with zero, or never written.
 */
#include "env.h"

static uint32_t slot_of(int off)
{
	return (-off - 1) / SLOT_SIZE;
}

static uint8_t *byte_of(struct frame *frame, int off)
{
	return &frame->stack[slot_of(off)].type[(-off - 1) % SLOT_SIZE];
}

static int value_width(const struct reg *reg)
{
	return reg->num.umax ? 64 - __builtin_clzll(reg->num.umax) : 0;
}

/* Only privileged programs may read what they never wrote. */
static bool may_read_unwritten(const struct verifier_env *env)
{
	return env->allow_leaks;
}

/* ---- bounds ---- */

int check_stack_bounds(struct verifier_env *env, uint32_t regno, int32_t off, int size,
		       enum access access)
{
	const struct reg *reg = &cur_regs(env)[regno];
	struct frame *frame = frame_of(env, reg);
	const char *what = access == ACCESS_READ ? " read from" : " write to";
	int64_t min, max, lowest = -MAX_STACK;
	char text[64];
	int err = 0;

	if (tnum_is_const(reg->num.bits)) {
		min = (int64_t)reg->num.bits.value + off;
		max = min + size;
	} else {
		if (reg->num.smax >= MAX_VAR_OFF || reg->num.smin <= -MAX_VAR_OFF) {
			vlog(env, "invalid unbounded variable-offset%s stack R%d\n", what, regno);
			return -EACCES;
		}
		min = reg->num.smin + off;
		max = reg->num.smax + off + size;
	}
	if (access == ACCESS_READ && !may_read_unwritten(env))
		lowest = -(int64_t)frame->slot_cnt * SLOT_SIZE;
	if (min < lowest || min > -1)
		err = -EACCES;
	else if (max > 0)
		err = -EINVAL;
	else if (size < 0)
		err = -EFAULT;
	if (!err) {
		frame_grow_stack(env, frame, -min);
		return 0;
	}
	if (tnum_is_const(reg->num.bits))
		vlog(env, "invalid%s stack R%d off=%lld size=%d\n", what, regno, (long long)min,
		     size);
	else
		vlog(env, "invalid variable-offset%s stack R%d var_off=%s off=%d size=%d\n", what,
		     regno, tnum_text(reg->num.bits, text, sizeof(text)), off, size);
	return err;
}

/* ---- writing ---- */

static void forget_spill_byte(uint8_t *type)
{
	if (*type != SLOT_INVALID)
		*type = SLOT_MISC;
}

/* A byte above a spilled part of a register: zero stays zero, never written stays so. */
static void keep_or_misc(const struct verifier_env *env, uint8_t *type)
{
	if (*type == SLOT_ZERO || (env->allow_leaks && *type == SLOT_INVALID))
		return;
	*type = SLOT_MISC;
}

static void spill(struct verifier_env *env, struct slot *slot, const struct reg *reg, int size)
{
	*slot->spilled = *reg;
	for (int i = SLOT_SIZE - 1; i >= 0; i--) {
		if (i >= SLOT_SIZE - size)
			slot->type[i] = SLOT_SPILL;
		else
			keep_or_misc(env, &slot->type[i]);
	}
}

/* Bytes without a register's identity. Zeros are worth remembering. */
static int write_bytes(struct verifier_env *env, struct frame *frame, int off, int size,
		       int value_regno, bool zero)
{
	struct slot *slot = &frame->stack[slot_of(off)];
	uint8_t *lowest = byte_of(frame, off);
	int err = 0;

	slot->spilled->type = REG_NOT_INIT;
	if (slot_has_reg(slot))
		for (int i = 0; i < SLOT_SIZE; i++)
			forget_spill_byte(&slot->type[i]);
	/* Zeros are compared exactly: where they came from must be, too. */
	if (zero && value_regno >= 0)
		err = mark_precise(env, value_regno);
	if (err)
		return err;
	for (int i = 0; i < size; i++)
		lowest[-i] = zero ? SLOT_ZERO : SLOT_MISC;
	return 0;
}

static int spill_number(struct verifier_env *env, struct slot *slot, struct reg *reg, int size)
{
	bool fits = value_width(reg) <= size * 8;

	if (fits)
		assign_scalar_id(env, reg);
	spill(env, slot, reg, size);
	if (!fits)
		reg_unlink(slot->spilled);
	return 0;
}

static int spill_pointer(struct verifier_env *env, struct frame *frame, struct slot *slot,
			 const struct reg *reg, int size)
{
	if (size != SLOT_SIZE) {
		log_line_info(env, env->insn_idx, "; ");
		vlog(env, "invalid size of register spill\n");
		return -EACCES;
	}
	if (frame != cur_frame(env) && reg->type == REG_STACK) {
		vlog(env, "cannot spill pointers to stack into stack frame of the caller\n");
		return -EINVAL;
	}
	spill(env, slot, reg, size);
	return 0;
}

static int write_fixed(struct verifier_env *env, struct frame *frame, int off, int size,
		       int value_regno)
{
	const struct bpf_insn *insn = &env->insns[env->insn_idx];
	struct reg *reg = value_regno >= 0 ? &cur_regs(env)[value_regno] : NULL;
	bool imm = !reg && BPF_CLASS(insn->code) == BPF_ST;
	struct slot *slot = &frame->stack[slot_of(off)];
	bool at_slot = !(off % SLOT_SIZE);
	int err;

	if (!env->allow_leaks && slot_is_spill(slot) && slot->spilled->type != REG_SCALAR &&
	    size != SLOT_SIZE) {
		vlog(env, "attempt to corrupt spilled pointer on stack\n");
		return -EACCES;
	}
	err = destroy_overwritten_dynptr(env, frame, slot_of(off));
	if (err)
		return err;
	if (at_slot && size == SLOT_SIZE)
		live_stack_write(env, frame->frameno, 1ULL << slot_of(off));
	scratch_slot(env, slot_of(off));
	if (reg && at_slot && reg->type == REG_SCALAR && env->bpf_capable) {
		err = spill_number(env, slot, reg, size);
	} else if (imm && at_slot && env->bpf_capable) {
		struct reg number = { .type = REG_SCALAR, .num = scalar_const((int64_t)insn->imm) };

		spill(env, slot, &number, size);
		err = 0;
	} else if (reg && reg->type != REG_SCALAR && reg->type != REG_NOT_INIT) {
		err = spill_pointer(env, frame, slot, reg, size);
	} else {
		return write_bytes(env, frame, off, size, value_regno,
				   (reg && reg_is_zero(reg)) || (imm && !insn->imm));
	}
	return err ? err : push_step(env, env->cur, step_stack(frame->frameno, slot_of(off)), 0);
}

/* The part of a slot that a helper has written: nothing is known of it, and only as much may be dead. */
static int write_part(struct verifier_env *env, struct frame *frame, int off, int size)
{
	struct slot *slot = &frame->stack[slot_of(off)];
	int err;

	if (!env->allow_leaks && slot_is_spill(slot) && slot->spilled->type != REG_SCALAR) {
		vlog(env, "attempt to corrupt spilled pointer on stack\n");
		return -EACCES;
	}
	err = destroy_overwritten_dynptr(env, frame, slot_of(off));
	if (err)
		return err;
	scratch_slot(env, slot_of(off));
	return write_bytes(env, frame, off, size, -1, false);
}

/* What check_stack_range() let a helper write is initialised now. */
int write_stack_raw(struct verifier_env *env, const struct raw_mem *raw)
{
	const struct reg *ptr = &cur_regs(env)[raw->regno];
	int at = ptr->off + (int)ptr->num.bits.value, end = at + raw->size;

	while (at < end) {
		int size = MIN(end - at, SLOT_SIZE - (at & (SLOT_SIZE - 1)));
		int err = write_part(env, frame_of(env, ptr), at, size);

		if (err)
			return err;
		at += size;
	}
	return 0;
}

/* One byte that may or may not be written: what holds in both cases remains. */
static int write_maybe(struct verifier_env *env, struct frame *frame, int off, bool zero,
		       bool *zero_used)
{
	struct slot *slot = &frame->stack[slot_of(off)];
	uint8_t *type = byte_of(frame, off);

	scratch_slot(env, slot_of(off));
	if (!env->allow_leaks && *type != SLOT_MISC && *type != SLOT_ZERO) {
		vlog(env, "spilled ptr in range of var-offset stack write; insn %d, ptr off: %d",
		     env->insn_idx, off);
		return -EINVAL;
	}
	if (zero && *type == SLOT_SPILL && reg_is_zero(slot->spilled)) {
		*zero_used = true;
		return 0;
	}
	slot->spilled->type = REG_NOT_INIT;
	if (slot_is_spill(slot))
		for (int i = 0; i < SLOT_SIZE; i++)
			forget_spill_byte(&slot->type[i]);
	if (*type == SLOT_INVALID && !may_read_unwritten(env)) {
		vlog(env, "uninit stack in range of var-offset write prohibited for !root; insn %d, "
		     "off: %d", env->insn_idx, off);
		return -EINVAL;
	}
	if (zero && *type == SLOT_ZERO)
		*zero_used = true;
	else
		*type = SLOT_MISC;
	return 0;
}

static int write_variable(struct verifier_env *env, struct frame *frame, const struct reg *ptr,
			  int off, int size, int value_regno)
{
	const struct bpf_insn *insn = &env->insns[env->insn_idx];
	const struct reg *reg = value_regno >= 0 ? &cur_regs(env)[value_regno] : NULL;
	bool zero = reg ? reg_is_zero(reg) : BPF_CLASS(insn->code) == BPF_ST && !insn->imm;
	int min = ptr->num.smin + off, max = ptr->num.smax + off + size;
	bool zero_used = false;

	for (uint32_t slot = slot_of(max - 1); slot <= slot_of(min); slot++) {
		int err = destroy_overwritten_dynptr(env, frame, slot);

		if (err)
			return err;
	}
	for (int i = min; i < max; i++) {
		int err = write_maybe(env, frame, i, zero, &zero_used);

		if (err)
			return err;
	}
	return zero_used && value_regno >= 0 ? mark_precise(env, value_regno) : 0;
}

/* ---- reading ---- */

static void set_const_zero(struct verifier_env *env, struct reg *reg)
{
	env_set_unknown(env, reg);
	reg_set_const(reg, 0);
}

static int refuse_unwritten(struct verifier_env *env, int off, int i, int size)
{
	vlog(env, "invalid read from stack off %d+%d size %d\n", off, i, size);
	return -EACCES;
}

static bool readable(const struct verifier_env *env, uint8_t type)
{
	return type != SLOT_ITER && type != SLOT_DYNPTR && type != SLOT_IRQ &&
	       (type != SLOT_INVALID || may_read_unwritten(env));
}

/* What bytes min..max-1 give when loaded: zero if all are. */
static void load_bytes(struct verifier_env *env, struct frame *frame, int min, int max,
		       struct reg *dst)
{
	int zeros = 0;

	for (int i = min; i < max; i++) {
		scratch_slot(env, slot_of(i));
		if (*byte_of(frame, i) != SLOT_ZERO)
			break;
		zeros++;
	}
	if (zeros == max - min)
		set_const_zero(env, dst);
	else
		env_set_unknown(env, dst);
}

static int spilled_size(const struct slot *slot)
{
	int size = 0;

	for (int i = SLOT_SIZE - 1; i >= 0 && slot->type[i] == SLOT_SPILL; i--)
		size++;
	return size;
}

/* The whole of what was spilled, or its low bytes. */
static void fill_low_bytes(const struct reg *spilled, struct reg *dst, int size)
{
	*dst = *spilled;
	if (value_width(spilled) > size * 8)
		reg_unlink(dst);
}

/* Some other bytes of a slot that holds a spilled number: 1 when the register decides them. */
static int load_spilled_bytes(struct verifier_env *env, struct frame *frame, int off, int size,
			      struct reg *dst)
{
	const struct reg *spilled = frame->stack[slot_of(off)].spilled;
	int spills = 0, zeros = 0;

	for (int i = 0; i < size; i++) {
		uint8_t type = *byte_of(frame, off + i);

		spills += type == SLOT_SPILL;
		zeros += type == SLOT_ZERO;
		if (!readable(env, type))
			return refuse_unwritten(env, off, i, size);
	}
	if (spills == size && reg_is_zero(spilled)) {
		set_const_zero(env, dst);
		return 1;
	}
	if (zeros == size)
		set_const_zero(env, dst);
	else
		env_set_unknown(env, dst);
	return 0;
}

/* Return: 1 when the loaded value is that of the spilled register, 0 when not, -errno. */
static int read_spilled(struct verifier_env *env, struct frame *frame, int off, int size,
			int dst_regno)
{
	struct slot *slot = &frame->stack[slot_of(off)];
	struct reg *spilled = slot->spilled;
	struct reg *dst = dst_regno >= 0 ? &cur_regs(env)[dst_regno] : NULL;
	int spill_size = spilled_size(slot);

	if (size != SLOT_SIZE || spill_size != SLOT_SIZE) {
		if (spilled->type != REG_SCALAR) {
			log_line_info(env, env->insn_idx, "; ");
			vlog(env, "invalid size of register fill\n");
			return -EACCES;
		}
		if (!dst)
			return 0;
		if (size > spill_size || off % SLOT_SIZE)
			return load_spilled_bytes(env, frame, off, size, dst);
		fill_low_bytes(spilled, dst, size);
		return 1;
	}
	if (dst) {
		*dst = *spilled;
	} else if (!env->allow_leaks && spilled->type != REG_SCALAR) {
		vlog(env, "leaking pointer from stack off %d\n", off);
		return -EACCES;
	}
	return 1;
}

static int read_fixed(struct verifier_env *env, struct frame *frame, int off, int size,
		      int dst_regno)
{
	uint32_t index = slot_of(off);
	int filled;

	scratch_slot(env, index);
	live_stack_read(env, frame->frameno, env->insn_idx, 1ULL << index);
	if (slot_is_spill(&frame->stack[index])) {
		filled = read_spilled(env, frame, off, size, dst_regno);
		if (filled <= 0)
			return filled;
		return push_step(env, env->cur, step_stack(frame->frameno, index), 0);
	}
	for (int i = 0; i < size; i++)
		if (!readable(env, *byte_of(frame, off + i)))
			return refuse_unwritten(env, off, i, size);
	if (dst_regno >= 0)
		load_bytes(env, frame, off, off + size, &cur_regs(env)[dst_regno]);
	return 0;
}

static int read_variable(struct verifier_env *env, const struct mem_access *m, int off)
{
	struct reg ptr = cur_regs(env)[m->regno];
	int err = check_stack_range(env, m->regno, m->off, m->size, false, ACCESS_READ, NULL);

	if (err)
		return err;
	load_bytes(env, frame_of(env, &ptr), ptr.num.smin + off, ptr.num.smax + off + m->size,
		   &cur_regs(env)[m->value_regno]);
	return 0;
}

int access_stack(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	const struct reg *ptr = &cur_regs(env)[m->regno];
	struct frame *frame = frame_of(env, ptr);
	bool fixed = tnum_is_const(ptr->num.bits);
	int at = off + (fixed ? (int)ptr->num.bits.value : 0);
	char text[64];
	int err = check_stack_bounds(env, m->regno, off, m->size, m->access);

	if (err)
		return err;
	if (m->access == ACCESS_WRITE)
		return fixed ? write_fixed(env, frame, at, m->size, m->value_regno) :
			       write_variable(env, frame, ptr, off, m->size, m->value_regno);
	if (fixed)
		return read_fixed(env, frame, at, m->size, m->value_regno);
	if (m->value_regno < 0) {
		vlog(env, "variable offset stack pointer cannot be passed into helper function; "
		     "var_off=%s off=%d size=%d\n",
		     tnum_text(ptr->num.bits, text, sizeof(text)), off, m->size);
		return -EACCES;
	}
	return read_variable(env, m, off);
}

/* ---- ranges that helpers read and write ---- */

static bool may_pass(const struct verifier_env *env, const struct slot *slot, uint8_t type)
{
	if (type == SLOT_MISC || type == SLOT_ZERO)
		return true;
	if (type == SLOT_ITER || type == SLOT_DYNPTR || type == SLOT_IRQ)
		return false;
	if (slot_is_spill(slot))
		return type == SLOT_SPILL ? slot->spilled->type == REG_SCALAR || env->allow_leaks :
					    true;
	return may_read_unwritten(env);
}

/* A helper may have written here. */
static void clobber(struct verifier_env *env, struct slot *slot, uint8_t *type)
{
	if (*type == SLOT_MISC)
		return;
	if (*type == SLOT_ZERO || *type == SLOT_INVALID) {
		*type = SLOT_MISC;
		return;
	}
	env_set_unknown(env, slot->spilled);
	for (int i = 0; i < SLOT_SIZE; i++)
		forget_spill_byte(&slot->type[i]);
}

/* All bytes of the slot may be read or written, and that changes none. */
static bool passes_whole(const struct verifier_env *env, const struct slot *slot, enum access access)
{
	return access == ACCESS_READ ? may_read_unwritten(env) && !slot_has_reg(slot) :
				       slot->types == ALL_OF(SLOT_MISC);
}

static int refuse_range(struct verifier_env *env, const struct reg *ptr, uint32_t regno, int min,
			int i, int size)
{
	char text[64];

	if (tnum_is_const(ptr->num.bits))
		vlog(env, "invalid read from stack R%d off %d+%d size %d\n", regno, min, i - min,
		     size);
	else
		vlog(env, "invalid read from stack R%d var_off %s+%d size %d\n", regno,
		     tnum_text(ptr->num.bits, text, sizeof(text)), i - min, size);
	return -EACCES;
}

/* @off does not include the pointer's own fixed offset. */
int check_stack_range(struct verifier_env *env, uint32_t regno, int32_t off, int size,
		      bool zero_ok, enum access access, struct raw_mem *raw)
{
	struct reg *ptr = &cur_regs(env)[regno];
	struct frame *frame = frame_of(env, ptr);
	uint64_t slots = 0;
	int min, max, err;
	char text[64];

	off += ptr->off;
	if (!size && !zero_ok) {
		vlog(env, "invalid zero-sized read\n");
		return -EACCES;
	}
	err = check_stack_bounds(env, regno, off, size, access);
	if (err)
		return err;
	if (tnum_is_const(ptr->num.bits)) {
		min = max = (int)ptr->num.bits.value + off;
	} else {
		if (!env->allow_leaks) {
			vlog(env, "R%d variable offset stack access prohibited for !root, var_off=%s\n",
			     regno, tnum_text(ptr->num.bits, text, sizeof(text)));
			return -EACCES;
		}
		raw = NULL;	/* which bytes will be written is not known */
		min = ptr->num.smin + off;
		max = ptr->num.smax + off;
	}
	if (raw) {
		for (int i = min; i < max + size; i = (i | (SLOT_SIZE - 1)) + 1)
			if (*byte_of(frame, i) == SLOT_DYNPTR) {	/* then all of its slot is */
				vlog(env, "potential write to dynptr at off=%d disallowed\n", i);
				return -EACCES;
			}
		raw->regno = regno;
		raw->size = size;
		return 0;
	}
	for (int i = min; i < max + size; i++) {
		struct slot *slot = &frame->stack[slot_of(i)];
		uint8_t *type = &slot->type[(-i - 1) % SLOT_SIZE];

		slots |= 1ULL << slot_of(i);
		if (passes_whole(env, slot, access)) {
			i |= SLOT_SIZE - 1;
			continue;
		}
		if (!may_pass(env, slot, *type))
			return refuse_range(env, ptr, regno, min, i, size);
		if (access == ACCESS_WRITE)
			clobber(env, slot, type);
	}
	live_stack_read(env, frame->frameno, env->insn_idx, slots);
	return 0;
}
