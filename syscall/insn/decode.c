/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* From 8-byte slots to decoded instructions, and the fields that must be zero. */
#include <errno.h>
#include "insn_rows.h"

static int32_t selecting_field(const struct insn_row *row, const struct bpf_insn *raw)
{
	switch (row->select) {
	case SELECT_OFF:
		return raw->off;
	case SELECT_IMM:
		return raw->imm;
	case SELECT_SRC:
		return raw->src_reg;
	default:
		return 0;
	}
}

int insn_lookup(const struct bpf_insn *raw)
{
	int row = insn_first_row(raw->code);

	if (row < 0)
		return -1;
	for (; row < INSN_OP_CNT && insn_rows[row].code == raw->code; row++)
		if (selecting_field(&insn_rows[row], raw) == insn_rows[row].value)
			return row;
	return -1;
}

/* Fields an instruction neither lists nor is selected by must be zero. */
static bool unused_fields_are_zero(const struct insn_row *row, const struct bpf_insn *raw)
{
	if (!(row->fields & FIELD_D) && raw->dst_reg)
		return false;
	if (!(row->fields & FIELD_S) && row->select != SELECT_SRC && raw->src_reg)
		return false;
	if (!(row->fields & FIELD_O) && row->select != SELECT_OFF && raw->off)
		return false;
	return (row->fields & FIELD_I) || row->select == SELECT_IMM || !raw->imm;
}

int insn_access_size(const struct bpf_insn *raw)
{
	static const uint8_t bytes[] = { 4, 2, 1, 8 };
	uint8_t class = BPF_CLASS(raw->code);

	if (class != BPF_LDX && class != BPF_ST && class != BPF_STX)
		return 0;
	return bytes[BPF_SIZE(raw->code) >> 3];
}

/* ---- Linux's words for a field that should be zero ---- */

static bool field_used(const struct bpf_insn *raw, uint8_t fields)
{
	return ((fields & FIELD_D) && raw->dst_reg) || ((fields & FIELD_S) && raw->src_reg) ||
	       ((fields & FIELD_O) && raw->off) || ((fields & FIELD_I) && raw->imm);
}

static const char *reserved_in_alu(const struct bpf_insn *raw)
{
	bool reg = BPF_SRC(raw->code) == BPF_X;
	bool wide = BPF_CLASS(raw->code) == BPF_ALU64;
	int row = insn_lookup(raw);

	switch (BPF_OP(raw->code)) {
	case BPF_NEG:
		return field_used(raw, FIELD_S | FIELD_O | FIELD_I) ?
			"BPF_NEG uses reserved fields" : NULL;
	case BPF_END:
		return row < 0 || field_used(raw, FIELD_S | FIELD_O) ?
			"BPF_END uses reserved fields" : NULL;
	case BPF_MOV:
		if (row == INSN_ADDR_SPACE_CAST && wide)
			return raw->imm == 1 || raw->imm == 1 << 16 ? NULL :
			       "addr_space_cast insn can only convert between address space 1 and 0";
		return row < 0 || field_used(raw, reg ? FIELD_I : FIELD_S | FIELD_O) ?
			"BPF_MOV uses reserved fields" : NULL;
	default:
		return row < 0 || !unused_fields_are_zero(&insn_rows[row], raw) ?
			"BPF_ALU uses reserved fields" : NULL;
	}
}

static const char *reserved_in_jump(const struct bpf_insn *raw)
{
	int row = insn_lookup(raw);
	bool fine = row >= 0 && unused_fields_are_zero(&insn_rows[row], raw);

	if (fine)
		return NULL;
	switch (BPF_OP(raw->code)) {
	case BPF_JA:
		return "BPF_JA uses reserved fields";
	case BPF_CALL:
		return "BPF_CALL uses reserved fields";
	case BPF_EXIT:
		return "BPF_EXIT uses reserved fields";
	default:
		return "BPF_JMP/JMP32 uses reserved fields";
	}
}

const char *insn_reserved(const struct bpf_insn *raw)
{
	switch (BPF_CLASS(raw->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return reserved_in_alu(raw);
	case BPF_JMP:
	case BPF_JMP32:
		return reserved_in_jump(raw);
	case BPF_LDX:
		return raw->imm ? "BPF_LDX uses reserved fields" : NULL;
	case BPF_ST:
		return raw->src_reg ? "BPF_ST uses reserved fields" : NULL;
	case BPF_STX:
		return BPF_MODE(raw->code) == BPF_MEM && raw->imm ?
			"BPF_STX uses reserved fields" : NULL;
	default:
		break;
	}
	if (insn_is_ld_imm64(raw))
		return raw->off ? "BPF_LD_IMM64 uses reserved fields" : NULL;
	return raw->dst_reg || raw->off || (BPF_MODE(raw->code) == BPF_ABS && raw->src_reg) ?
		"BPF_LD_[ABS|IND] uses reserved fields" : NULL;
}

/* ---- decoding ---- */

static bool is_jump(int op)
{
	return (op >= INSN_JA && op <= INSN_MAY_GOTO) || op == INSN_CALL_LOCAL ||
	       op == INSN_LD_FUNC;
}

static int64_t target_of(int op, const struct bpf_insn *raw, uint32_t index)
{
	if (op == INSN_CALL_LOCAL || op == INSN_LD_FUNC || op == INSN_GOTOL)
		return (int64_t)index + 1 + raw->imm;
	return (int64_t)index + 1 + raw->off;
}

static bool second_slot_fine(const struct bpf_insn *raw, uint32_t left)
{
	return left >= 2 && !raw[1].code && !raw[1].dst_reg && !raw[1].src_reg && !raw[1].off;
}

static int decode_one(const struct bpf_insn *raw, uint32_t index, uint32_t cnt, struct insn *out)
{
	int op = insn_lookup(raw);
	int64_t target;

	if (op < 0 || op == INSN_SECOND_SLOT || insn_reserved(raw) ||
	    !unused_fields_are_zero(&insn_rows[op], raw))
		return -EINVAL;
	if (raw->dst_reg > BPF_REG_10 || ((insn_rows[op].fields & FIELD_S) && raw->src_reg > BPF_REG_10))
		return -EINVAL;
	*out = (struct insn){ .op = op, .dst = raw->dst_reg, .src = raw->src_reg,
			      .off = raw->off, .imm = raw->imm };
	if (is_jump(op)) {
		target = target_of(op, raw, index);
		if (target < 0 || target >= cnt)
			return -EINVAL;
		out->target = target;
	}
	if (!insn_is_ld_imm64(raw))
		return 1;
	if (!second_slot_fine(raw, cnt - index))
		return -EINVAL;
	out->imm = (int64_t)((uint64_t)(uint32_t)raw[1].imm << 32 | (uint32_t)raw->imm);
	out[1] = (struct insn){ .op = INSN_SECOND_SLOT };
	return 2;
}

int insn_decode(const struct bpf_insn *raw, uint32_t cnt, struct insn *out)
{
	for (uint32_t i = 0; i < cnt;) {
		int slots = decode_one(raw + i, i, cnt, out + i);

		if (slots < 0)
			return slots;
		i += slots;
	}
	for (uint32_t i = 0; i < cnt; i++)
		if (is_jump(out[i].op) && out[out[i].target].op == INSN_SECOND_SLOT)
			return -EINVAL;
	return 0;
}
