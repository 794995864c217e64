/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the verifier says: instructions, states and source lines in the form of Linux's log. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include "env.h"

void vlog(struct verifier_env *env, const char *format, ...)
{
	va_list args;

	if (!env->log->level)
		return;
	va_start(args, format);
	ulog_vprintf(env->log, format, args);
	va_end(args);
}

void log_slots(struct verifier_env *env, uint64_t slots)
{
	const char *sep = "";

	for (int i = 0; i < 64; i++)
		if (slots >> i & 1) {
			vlog(env, "%s%d", sep, -(i + 1) * SLOT_SIZE);
			sep = ",";
		}
}

/* ---- which registers and slots the next line shows ---- */

void scratch_all(struct verifier_env *env)
{
	env->scratched_regs = UINT32_MAX;
	env->scratched_slots = UINT64_MAX;
}

void scratch_none(struct verifier_env *env)
{
	env->scratched_regs = 0;
	env->scratched_slots = 0;
}

/* ---- names ---- */

static const char *const kind_names[REG_KIND_CNT] = {
	[REG_NOT_INIT]		= "?",
	[REG_SCALAR]		= "scalar",
	[REG_CTX]		= "ctx",
	[REG_MAP]		= "map_ptr",
	[REG_MAP_VALUE]		= "map_value",
	[REG_MAP_KEY]		= "map_key",
	[REG_STACK]		= "fp",
	[REG_PACKET_META]	= "pkt_meta",
	[REG_PACKET]		= "pkt",
	[REG_PACKET_END]	= "pkt_end",
	[REG_FLOW_KEYS]		= "flow_keys",
	[REG_SOCKET]		= "sock",
	[REG_SOCK_COMMON]	= "sock_common",
	[REG_TCP_SOCK]		= "tcp_sock",
	[REG_XDP_SOCK]		= "xdp_sock",
	[REG_BUF]		= "buf",
	[REG_BTF_ID]		= "ptr_",
	[REG_MEM]		= "mem",
	[REG_FUNC]		= "func",
	[REG_DYNPTR]		= "dynptr_ptr",
};

const char *reg_type_name(struct verifier_env *env, uint32_t type)
{
	static __thread char name[64];
	uint32_t kind = type & REG_KIND_MASK;

	snprintf(name, sizeof(name), "%s%s%s%s%s%s%s%s%s", type & REG_RDONLY ? "rdonly_" : "",
		 type & REG_RINGBUF ? "ringbuf_" : "", type & REG_USER ? "user_" : "",
		 type & REG_PERCPU ? "percpu_" : "", type & REG_RCU ? "rcu_" : "",
		 type & REG_UNTRUSTED ? "untrusted_" : "",
		 type & REG_TRUSTED ? "trusted_" : "", kind_names[kind],
		 !(type & REG_MAYBE_NULL) ? "" : kind == REG_BTF_ID ? "or_null_" : "_or_null");
	return name;
}

const char *subprog_name(struct verifier_env *env, uint32_t subprog)
{
	const struct btf_type *func;

	if (!env->in->func_info || subprog >= env->in->func_info_cnt)
		return "";
	func = kern_btf_type(env->in->btf, env->in->func_info[subprog].type_id);
	return func ? kern_btf_type_name(env->in->btf, func) : "";
}

/* ---- numbers: decimal while short ---- */

static void log_unsigned(struct verifier_env *env, uint64_t value)
{
	if (value <= UINT16_MAX)
		vlog(env, "%" PRIu64, value);
	else
		vlog(env, "%#" PRIx64, value);
}

static void log_signed(struct verifier_env *env, int64_t value)
{
	if (value >= INT16_MIN && value <= INT16_MAX)
		vlog(env, "%" PRId64, value);
	else
		vlog(env, "%#" PRIx64, (uint64_t)value);
}

const char *tnum_text(struct tnum t, char *buf, size_t size)
{
	if (t.mask == 0 && t.value <= UINT16_MAX)
		snprintf(buf, size, "%" PRIu64, t.value);
	else if (t.mask == 0)
		snprintf(buf, size, "%#" PRIx64, t.value);
	else
		snprintf(buf, size, "(0x%" PRIx64 "; 0x%" PRIx64 ")", t.value, t.mask);
	return buf;
}

/* ---- one register ---- */

struct bound {
	const char *name;
	uint64_t value;
	bool is_signed, silent;
};

static bool is_negative(const struct bound *b)
{
	return b->is_signed && (int64_t)b->value < 0;
}

/* A 32-bit bound is shown as a signed number while that is short, else as 32 bits. */
static uint64_t bound32(int32_t value)
{
	return value >= INT16_MIN && value <= INT16_MAX ? (uint64_t)(int64_t)value :
							   (uint64_t)(uint32_t)value;
}

/* Bounds of equal value share it: "umin=smin=1"; those that say nothing are left out. */
static void log_bounds(struct verifier_env *env, const struct scalar *s, const char **sep)
{
	struct bound bounds[] = {
		{ "smin", s->smin, true, s->smin == INT64_MIN },
		{ "smax", s->smax, true, s->smax == INT64_MAX },
		{ "umin", s->umin, false, s->umin == 0 },
		{ "umax", s->umax, false, s->umax == UINT64_MAX },
		{ "smin32", bound32(s->s32_min), true, s->s32_min == INT32_MIN },
		{ "smax32", bound32(s->s32_max), true, s->s32_max == INT32_MAX },
		{ "umin32", s->u32_min, false, s->u32_min == 0 },
		{ "umax32", s->u32_max, false, s->u32_max == UINT32_MAX },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (bounds[i].silent)
			continue;
		vlog(env, "%s%s=", *sep, bounds[i].name);
		*sep = ",";
		for (size_t j = i + 2; j < ARRAY_SIZE(bounds); j += 2) {	/* min with min */
			if (bounds[j].silent || bounds[j].value != bounds[i].value ||
			    is_negative(&bounds[i]) != is_negative(&bounds[j]))
				continue;
			bounds[j].silent = true;
			vlog(env, "%s=", bounds[j].name);
		}
		if (bounds[i].is_signed)
			log_signed(env, bounds[i].value);
		else
			log_unsigned(env, bounds[i].value);
	}
}

static void log_range(struct verifier_env *env, const struct reg *reg, const char **sep)
{
	char text[64];

	if (tnum_is_const(reg->num.bits)) {
		if (reg->num.bits.value) {
			vlog(env, "%simm=", *sep);
			log_signed(env, reg->num.bits.value);
			*sep = ",";
		}
		return;
	}
	log_bounds(env, &reg->num, sep);
	if (!tnum_is_unknown(reg->num.bits)) {
		vlog(env, "%svar_off=%s", *sep, tnum_text(reg->num.bits, text, sizeof(text)));
		*sep = ",";
	}
}

static void log_identity(struct verifier_env *env, const struct reg *reg, const char **sep)
{
	if (reg->id) {
		vlog(env, "id=%d", reg->id & ~ID_ADD_CONST);
		*sep = ",";
	}
	if (reg->id & ID_ADD_CONST)
		vlog(env, "%+d", reg->off);
	if (reg->ref_id) {
		vlog(env, "%sref_obj_id=%d", *sep, reg->ref_id);
		*sep = ",";
	}
}

static void log_pointee(struct verifier_env *env, const struct reg *reg, const char **sep)
{
	uint32_t kind = reg_kind(reg);

	if (kind == REG_MAP || kind == REG_MAP_VALUE || kind == REG_MAP_KEY) {
		if (reg->map->name && reg->map->name[0]) {
			vlog(env, "%smap=%s", *sep, reg->map->name);
			*sep = ",";
		}
		vlog(env, "%sks=%d,vs=%d", *sep, reg->map->key_size, reg->map->value_size);
		*sep = ",";
	}
	if (kind != REG_SCALAR && reg->off) {
		vlog(env, "%soff=", *sep);
		log_signed(env, reg->off);
		*sep = ",";
	}
	if (kind_is_packet(kind)) {
		vlog(env, "%sr=", *sep);
		log_unsigned(env, (int64_t)reg->range);
		*sep = ",";
	}
	if (kind == REG_MEM) {
		vlog(env, "%ssz=", *sep);
		log_unsigned(env, reg->mem_size);
		*sep = ",";
	}
}

static void log_reg(struct verifier_env *env, const struct frame *frame, const struct reg *reg)
{
	const char *sep = "";

	if (reg->type == REG_SCALAR && reg->precise)
		vlog(env, "P");
	if (reg->type == REG_SCALAR && tnum_is_const(reg->num.bits)) {
		log_signed(env, reg->num.bits.value);
		return;
	}
	vlog(env, "%s", reg_type_name(env, reg->type));
	if (reg->type == REG_STACK) {
		if (frame->frameno != reg->frameno)
			vlog(env, "[%d]", reg->frameno);
		if (tnum_is_const(reg->num.bits)) {
			log_signed(env, reg->num.bits.value + reg->off);
			return;
		}
	}
	if (reg_kind(reg) == REG_BTF_ID)
		vlog(env, "%s", kern_btf_type_name(reg->btf, kern_btf_type(reg->btf, reg->btf_id)));
	vlog(env, "(");
	log_identity(env, reg, &sep);
	if (is_non_owning(reg)) {
		vlog(env, "%snon_own_ref", sep);
		sep = ",";
	}
	log_pointee(env, reg, &sep);
	log_range(env, reg, &sep);
	vlog(env, ")");
}

/* ---- a state ---- */

static const char slot_letters[] = { [SLOT_INVALID] = '?', [SLOT_SPILL] = 'r', [SLOT_MISC] = 'm',
				     [SLOT_ZERO] = '0', [SLOT_ITER] = 'i',
				     [SLOT_DYNPTR] = 'd', [SLOT_IRQ] = 'f' };

static void log_iter(struct verifier_env *env, const struct reg *iter, uint32_t i)
{
	if (!iter->ref_id)
		return;		/* not its first slot */
	vlog(env, " fp%d=iter_%s(ref_id=%d,state=%s,depth=%u)", -(int)(i + 1) * SLOT_SIZE,
	     iter_type_name(env, iter->iter_type), iter->ref_id, iter_state_name(iter->iter_state),
	     iter->iter_depth);
}

static void log_dynptr(struct verifier_env *env, const struct reg *dynptr, uint32_t i)
{
	const char *sep = "";

	if (!dynptr->dynptr_first)
		return;		/* told with its first slot */
	vlog(env, " fp%d=dynptr_%s(", -(int)(i + 1) * SLOT_SIZE, dynptr_kind_name(dynptr->dynptr_kind));
	if (dynptr->id) {
		vlog(env, "id=%d", dynptr->id);
		sep = ",";
	}
	if (dynptr->ref_id)
		vlog(env, "%sref_id=%d", sep, dynptr->ref_id);
	vlog(env, ")");
}

static void log_slot(struct verifier_env *env, const struct frame *frame, uint32_t i)
{
	const struct slot *slot = &frame->stack[i];
	char letters[SLOT_SIZE + 1] = "";
	bool written = false;

	for (int j = 0; j < SLOT_SIZE; j++) {
		written |= slot->type[j] != SLOT_INVALID;
		letters[j] = slot_letters[slot->type[j]];
	}
	if (!written)
		return;
	if (slot->type[SLOT_SIZE - 1] == SLOT_ITER) {
		log_iter(env, slot->spilled, i);
		return;
	}
	if (slot->type[SLOT_SIZE - 1] == SLOT_DYNPTR) {
		log_dynptr(env, slot->spilled, i);
		return;
	}
	if (!slot_is_spill(slot)) {
		vlog(env, " fp%d=%s", -(int)(i + 1) * SLOT_SIZE, letters);
		return;
	}
	/* Bytes above a spilled part of a register come first. */
	*strchr(letters, 'r') = '\0';
	vlog(env, " fp%d=%s", -(int)(i + 1) * SLOT_SIZE, letters);
	log_reg(env, frame, slot->spilled);
}

static void log_refs(struct verifier_env *env, const struct state *state)
{
	if (!state->ref_cnt || !state->refs[0].id)
		return;
	vlog(env, " refs=%d", state->refs[0].id);
	for (uint32_t i = 1; i < state->ref_cnt; i++)
		if (state->refs[i].id)
			vlog(env, ",%d", state->refs[i].id);
}

void log_state(struct verifier_env *env, const struct state *state, uint32_t frameno, bool all)
{
	const struct frame *frame = state->frame[frameno];

	if (!env->log->level)
		return;
	if (frame->frameno)
		vlog(env, " frame%d:", frame->frameno);
	for (uint32_t i = 0; i < MAX_BPF_REG; i++) {
		if (frame->regs[i].type == REG_NOT_INIT ||
		    (!all && !(env->scratched_regs & 1u << i)))
			continue;
		vlog(env, " R%d=", i);
		log_reg(env, frame, &frame->regs[i]);
	}
	for (uint32_t i = 0; i < frame->slot_cnt; i++)
		if (all || (env->scratched_slots & 1ULL << i))
			log_slot(env, frame, i);
	log_refs(env, state);
	if (frame->in_callback)
		vlog(env, " cb");
	if (frame->in_async_callback)
		vlog(env, " async_cb");
	vlog(env, "\n");
	if (!all)
		scratch_none(env);
}

#define STATE_COLUMN 40

/* What an instruction changed goes behind it, in a column, unless something was printed since. */
void log_insn_state(struct verifier_env *env, const struct state *state, uint32_t frameno)
{
	if (env->prev_log_end && env->prev_log_end == env->log->end) {
		uint32_t column = MAX(env->prev_insn_len + 4, (uint32_t)STATE_COLUMN);

		ulog_reset(env->log, env->prev_log_end - 1);
		column = round_up64(column, 8) - env->prev_insn_len - 1;
		vlog(env, "%*c;", column, ' ');
	} else {
		vlog(env, "%d:", env->insn_idx);
	}
	log_state(env, state, frameno, false);
}

/* ---- instructions and source lines ---- */

/* Linux shows the address of the map or value here. Ours are made up from the id, in its form. */
static bool print_imm64(void *cookie, const struct bpf_insn *raw, char *buf, size_t size)
{
	struct verifier_env *env = cookie;
	const struct insn_aux *aux = &env->aux[raw - env->insns];
	uint64_t address;

	if (!aux->map)
		return false;
	address = raw->src_reg == BPF_PSEUDO_MAP_VALUE || raw->src_reg == BPF_PSEUDO_MAP_IDX_VALUE ?
		0xffffc90000000000 : 0xffff888000000000;
	address += (uint64_t)env->in->maps[aux->map - 1]->id << 12;
	snprintf(buf, size, "0x%" PRIx64, env->allow_leaks ? address + aux->map_off : 0);
	return true;
}

static const char *print_kfunc(void *cookie, const struct bpf_insn *raw)
{
	return kfunc_name(cookie, raw);
}

static const char *print_helper(void *cookie, uint32_t id)
{
	return name_of_helper(cookie, id);
}

void log_insn(struct verifier_env *env, uint32_t insn)
{
	struct insn_printer printer = {
		.helper_name = print_helper,
		.kfunc_name = print_kfunc,
		.imm64 = print_imm64,
		.cookie = env,
	};
	char text[INSN_TEXT_MAX];

	if (!env->log->level)
		return;
	insn_print(&printer, &env->insns[insn], text);
	vlog(env, "%s\n", text);
}

/* Last record that starts at or before @insn. */
static const struct bpf_line_info *find_line(const struct verifier_env *env, uint32_t insn)
{
	const struct bpf_line_info *lines = env->in->line_info;
	uint32_t low = 0, high = env->in->line_info_cnt;

	if (!high || insn >= env->insn_cnt || lines[0].insn_off > insn)
		return NULL;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (lines[middle].insn_off <= insn)
			low = middle;
		else
			high = middle;
	}
	return &lines[low];
}

static bool same_line(const struct bpf_line_info *a, const struct bpf_line_info *b)
{
	return a == b || (a->file_name_off == b->file_name_off &&
			  BPF_LINE_INFO_LINE_NUM(a->line_col) == BPF_LINE_INFO_LINE_NUM(b->line_col));
}

void log_line_info(struct verifier_env *env, uint32_t insn, const char *prefix)
{
	const struct bpf_line_info *line;
	const char *text, *file, *slash;

	if (!env->log->level)
		return;
	line = find_line(env, insn);
	if (!line || (env->prev_line && same_line(env->prev_line, line)))
		return;
	text = kern_btf_name(env->in->btf, line->line_off);
	file = kern_btf_name(env->in->btf, line->file_name_off);
	if (!text || !file)
		return;
	text += strspn(text, " \t\n\v\f\r");
	slash = strrchr(file, '/');
	vlog(env, "%s%s @ %s:%u\n", prefix, text, slash ? slash + 1 : file,
	     BPF_LINE_INFO_LINE_NUM(line->line_col));
	env->prev_line = line;
}
