/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Dynptrs: two stack slots that only helpers and kernel functions look into. What programs got out
 * of one (a slice) is valid as long as the dynptr is.
 */
#include "env.h"

#define DYNPTR_SLOTS 2

const char *dynptr_kind_name(uint32_t kind)
{
	static const char *const names[] = {
		[DYNPTR_NONE] = "invalid", [DYNPTR_LOCAL] = "local", [DYNPTR_RINGBUF] = "ringbuf",
		[DYNPTR_SKB] = "skb", [DYNPTR_XDP] = "xdp", [DYNPTR_SKB_META] = "skb_meta",
	};

	return kind < ARRAY_SIZE(names) ? names[kind] : "<unknown>";
}

static bool is_counted(uint32_t kind)
{
	return kind == DYNPTR_RINGBUF;
}

/* What a slice of such a dynptr is beside memory. */
uint32_t dynptr_slice_flags(uint32_t kind)
{
	switch (kind) {
	case DYNPTR_RINGBUF:
		return REG_RINGBUF;
	case DYNPTR_SKB:
	case DYNPTR_XDP:
	case DYNPTR_SKB_META:
		return REG_PKT_SLICE;
	default:
		return 0;
	}
}

/* Packets that the program type may not write. */
bool dynptr_is_rdonly(const struct verifier_env *env, uint32_t kind)
{
	return (kind == DYNPTR_SKB || kind == DYNPTR_XDP || kind == DYNPTR_SKB_META) &&
	       !may_access_packet(env, NULL, ACCESS_WRITE);
}

/* ---- slots ---- */

/* Upper slot index, -EINVAL where no dynptr can be, -ERANGE past what the frame has. */
static int slot_index(struct verifier_env *env, const struct reg *reg)
{
	int off = reg->off + (int)reg->num.bits.value, index;

	if (!tnum_is_const(reg->num.bits)) {
		vlog(env, "dynptr has to be at a constant offset\n");
		return -EINVAL;
	}
	index = -off / SLOT_SIZE - 1;
	if (off % SLOT_SIZE || off >= 0 || index + 1 < DYNPTR_SLOTS) {
		vlog(env, "cannot pass in dynptr at an offset=%d\n", off);
		return -EINVAL;
	}
	return (uint32_t)index < frame_of(env, reg)->slot_cnt ? index : -ERANGE;
}

static bool is_dynptr_slot(const struct slot *slot)
{
	return slot->type[0] == SLOT_DYNPTR;
}

static int upper_slot(const struct frame *frame, int index)
{
	return frame->stack[index].spilled->dynptr_first ? index : index + 1;
}

static void forget_slots(struct verifier_env *env, struct frame *frame, int upper)
{
	for (int i = upper; i > upper - DYNPTR_SLOTS; i--) {
		reg_set_not_init(frame->stack[i].spilled);
		memset(frame->stack[i].type, SLOT_INVALID, SLOT_SIZE);
		scratch_slot(env, i);
	}
	live_stack_write(env, frame->frameno, 3ULL << (upper - 1));
}

static void invalidate_slices(struct verifier_env *env, uint32_t id)
{
	FOR_EACH_REG(env->cur, frame, reg, {
		if (reg_kind(reg) == REG_MEM && reg->mem_dynptr == id)
			invalidate_reg(env, reg);
	});
}

/* The program writes over it: fine unless it must be released. */
int destroy_overwritten_dynptr(struct verifier_env *env, struct frame *frame, uint32_t slot)
{
	uint32_t id;
	int upper;

	if (slot >= frame->slot_cnt || !is_dynptr_slot(&frame->stack[slot]))
		return 0;
	upper = upper_slot(frame, slot);
	if (is_counted(frame->stack[upper].spilled->dynptr_kind)) {
		vlog(env, "cannot overwrite referenced dynptr\n");
		return -EINVAL;
	}
	id = frame->stack[upper].spilled->id;
	for (int i = upper; i > upper - DYNPTR_SLOTS; i--) {
		memset(frame->stack[i].type, SLOT_INVALID, SLOT_SIZE);
		reg_set_not_init(frame->stack[i].spilled);
		scratch_slot(env, i);
	}
	invalidate_slices(env, id);
	return 0;
}

/* ---- making one ---- */

static int write_slots(struct verifier_env *env, uint32_t regno)
{
	struct mem_access m = { .regno = regno, .size = SLOT_SIZE, .access = ACCESS_WRITE,
				.value_regno = -1 };
	int err = 0;

	for (m.off = 0; !err && m.off < DYNPTR_SLOTS * SLOT_SIZE; m.off += SLOT_SIZE)
		err = check_mem_access(env, &m);
	return err;
}

static int create(struct verifier_env *env, uint32_t regno, enum dynptr_kind kind,
		  uint32_t clone_ref)
{
	const struct reg *reg = &cur_regs(env)[regno];
	struct frame *frame = frame_of(env, reg);
	int upper = slot_index(env, reg);
	uint32_t id, ref = 0;
	int err = upper < 0 ? upper : destroy_overwritten_dynptr(env, frame, upper);

	if (!err)
		err = destroy_overwritten_dynptr(env, frame, upper - 1);
	if (err)
		return err;
	id = ++env->id_gen;
	if (is_counted(kind))
		ref = clone_ref ? clone_ref : (uint32_t)acquire_ref(env, env->insn_idx);
	for (int i = upper; i > upper - DYNPTR_SLOTS; i--) {
		struct slot *slot = &frame->stack[i];

		memset(slot->spilled, 0, sizeof(*slot->spilled));
		slot->spilled->type = REG_DYNPTR;
		reg_zero_offset(slot->spilled);
		slot->spilled->id = id;
		slot->spilled->ref_id = ref;
		slot->spilled->dynptr_kind = kind;
		slot->spilled->dynptr_first = i == upper;
		memset(slot->type, SLOT_DYNPTR, SLOT_SIZE);
		scratch_slot(env, i);
	}
	live_stack_write(env, frame->frameno, 3ULL << (upper - 1));
	return 0;
}

static bool may_be_overwritten(struct verifier_env *env, const struct reg *reg)
{
	int index = reg->type == REG_STACK ? slot_index(env, reg) : -EINVAL;

	return index >= 0 || index == -ERANGE;
}

/* ---- using one ---- */

static bool is_whole(struct verifier_env *env, const struct reg *reg)
{
	const struct frame *frame;
	int index;

	if (reg->type == REG_DYNPTR)
		return !reg->off;
	index = slot_index(env, reg);
	if (index < 0)
		return false;
	frame = frame_of(env, reg);
	if (!frame->stack[index].spilled->dynptr_first)
		return false;
	for (int i = index; i > index - DYNPTR_SLOTS; i--)
		for (int b = 0; b < SLOT_SIZE; b++)
			if (frame->stack[i].type[b] != SLOT_DYNPTR)
				return false;
	return true;
}

/* What is known of the dynptr that a checked argument points to. */
const struct reg *dynptr_of(const struct verifier_env *env, const struct reg *arg)
{
	int off = arg->off + (int)arg->num.bits.value;

	return arg->type == REG_DYNPTR ? arg :
		frame_of(env, arg)->stack[-off / SLOT_SIZE - 1].spilled;
}

static void note_read(struct verifier_env *env, const struct reg *reg)
{
	int upper;

	if (reg->type == REG_DYNPTR)
		return;
	upper = slot_index(env, reg);
	live_stack_read(env, reg->frameno, env->insn_idx, 3ULL << (upper - 1));
}

/**
 * check_dynptr_arg() - the dynptr in @regno
 * @uninit: it is made here, of @kind
 * @rdonly: the callee does not change it
 * @kind: otherwise: the kind it must be of; DYNPTR_NONE: any
 * @clone_ref: reference it shares with the one it is copied from
 */
int check_dynptr_arg(struct verifier_env *env, uint32_t regno, bool uninit, bool rdonly,
		     enum dynptr_kind kind, uint32_t clone_ref)
{
	const struct reg *reg = &cur_regs(env)[regno];
	int err;

	if (reg->type != REG_STACK && reg->type != REG_DYNPTR) {
		vlog(env, "arg#%d expected pointer to stack or const struct bpf_dynptr\n", regno - 1);
		return -EINVAL;
	}
	if (uninit) {
		if (!may_be_overwritten(env, reg)) {
			vlog(env, "Dynptr has to be an uninitialized dynptr\n");
			return -EINVAL;
		}
		err = write_slots(env, regno);
		return err ? err : create(env, regno, kind, clone_ref);
	}
	if (reg->type == REG_DYNPTR && !rdonly) {
		vlog(env, "cannot pass pointer to const bpf_dynptr, the helper mutates it\n");
		return -EINVAL;
	}
	if (!is_whole(env, reg)) {
		vlog(env, "Expected an initialized dynptr as arg #%d\n", regno - 1);
		return -EINVAL;
	}
	if (kind != DYNPTR_NONE && dynptr_of(env, reg)->dynptr_kind != kind) {
		vlog(env, "Expected a dynptr of type %s as arg #%d\n", dynptr_kind_name(kind),
		     regno - 1);
		return -EINVAL;
	}
	note_read(env, reg);
	return 0;
}

/* It and its clones are gone, and what was sliced out of them. */
int release_dynptr(struct verifier_env *env, const struct reg *arg)
{
	struct frame *frame = frame_of(env, arg);
	int upper = slot_index(env, arg);
	uint32_t ref = frame->stack[upper].spilled->ref_id;
	int err;

	if (!is_counted(frame->stack[upper].spilled->dynptr_kind)) {
		forget_slots(env, frame, upper);
		return 0;
	}
	err = release_ref(env, ref);
	for (uint32_t i = 1; !err && i < frame->slot_cnt; i++)
		if (is_dynptr_slot(&frame->stack[i]) && frame->stack[i].spilled->ref_id == ref &&
		    frame->stack[i].spilled->dynptr_first)
			forget_slots(env, frame, i);
	return err;
}
