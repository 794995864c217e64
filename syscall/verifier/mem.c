/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Loads, stores and atomics: what kind of memory it is decides who judges the access. */
#include "env.h"

/* ---- alignment ---- */

static const char *region_name(const struct reg *reg)
{
	switch (reg_kind(reg)) {
	case REG_FLOW_KEYS:	return "flow keys ";
	case REG_MAP_KEY:	return "key ";
	case REG_MAP_VALUE:	return "value ";
	case REG_CTX:		return "context ";
	case REG_STACK:		return "stack ";
	case REG_SOCKET:	return "sock ";
	case REG_SOCK_COMMON:	return "sock_common ";
	case REG_TCP_SOCK:	return "tcp_sock ";
	default:		return "";
	}
}

/* Two bytes before the packet align the IP header behind an Ethernet header. */
#define PACKET_ALIGN 2

int check_alignment(struct verifier_env *env, const struct reg *reg, const struct mem_access *m)
{
	bool strict = env->strict_alignment || m->strict || reg->type == REG_STACK;
	bool packet = kind_is_packet(reg->type);
	struct tnum off;
	char text[64];

	if (!strict || m->size == 1)
		return 0;
	off = tnum_add(reg->num.bits,
		       tnum_const((int64_t)reg->off + m->off + (packet ? PACKET_ALIGN : 0)));
	if (tnum_is_aligned(off, m->size))
		return 0;
	tnum_text(reg->num.bits, text, sizeof(text));
	if (packet)
		vlog(env, "misaligned packet access off %d+%s+%d+%d size %d\n", PACKET_ALIGN, text,
		     reg->off, m->off, m->size);
	else
		vlog(env, "misaligned %saccess off %s+%d+%d size %d\n", region_name(reg), text,
		     reg->off, m->off, m->size);
	return -EACCES;
}

/* ---- regions of known size ---- */

int check_fixed_region(struct verifier_env *env, uint32_t regno, int64_t off, int64_t size,
		       uint64_t mem_size, bool zero_ok)
{
	const struct reg *reg = &cur_regs(env)[regno];
	int shown_off = off, shown_size = size;

	if (off >= 0 && (size > 0 || (!size && zero_ok)) && (uint64_t)off + size <= mem_size)
		return 0;
	switch (reg_kind(reg)) {
	case REG_MAP_KEY:
		vlog(env, "invalid access to map key, key_size=%d off=%d size=%d\n", (int)mem_size,
		     shown_off, shown_size);
		break;
	case REG_MAP_VALUE:
		vlog(env, "invalid access to map value, value_size=%d off=%d size=%d\n",
		     (int)mem_size, shown_off, shown_size);
		break;
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_PACKET_END:
		vlog(env, "invalid access to packet, off=%d size=%d, R%d(id=%d,off=%d,r=%d)\n",
		     shown_off, shown_size, regno, reg->id, shown_off, (int)mem_size);
		break;
	default:
		vlog(env, "invalid access to memory, mem_size=%u off=%d size=%d\n",
		     (uint32_t)mem_size, shown_off, shown_size);
	}
	return -EACCES;
}

/* Both ends of a variable offset must be inside. */
int check_region(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size,
		 uint64_t mem_size, bool zero_ok)
{
	const struct reg *reg = &cur_regs(env)[regno];
	int64_t smin = reg->num.smin;
	int err;

	if (smin < 0 && (smin == INT64_MIN || off + smin != (int32_t)(off + smin) || smin + off < 0)) {
		vlog(env, "R%d min value is negative, either use unsigned index or do a if "
		     "(index >=0) check.\n", regno);
		return -EACCES;
	}
	err = check_fixed_region(env, regno, smin + off, size, mem_size, zero_ok);
	if (err) {
		vlog(env, "R%d min value is outside of the allowed memory range\n", regno);
		return err;
	}
	if (reg->num.umax >= MAX_VAR_OFF) {
		vlog(env, "R%d unbounded memory access, make sure to bounds check any such access\n",
		     regno);
		return -EACCES;
	}
	err = check_fixed_region(env, regno, reg->num.umax + off, size, mem_size, zero_ok);
	if (err)
		vlog(env, "R%d max value is outside of the allowed memory range\n", regno);
	return err;
}

/* For pointers that may only be used where they point to. */
int check_ptr_off(struct verifier_env *env, const struct reg *reg, uint32_t regno, bool fixed_ok)
{
	char text[64];

	if (reg->off < 0) {
		vlog(env, "negative offset %s ptr R%d off=%d disallowed\n",
		     reg_type_name(env, reg->type), regno, reg->off);
		return -EACCES;
	}
	if (!fixed_ok && reg->off) {
		vlog(env, "dereference of modified %s ptr R%d off=%d disallowed\n",
		     reg_type_name(env, reg->type), regno, reg->off);
		return -EACCES;
	}
	if (!tnum_is_const(reg->num.bits) || reg->num.bits.value) {
		vlog(env, "variable %s access var_off=%s disallowed\n",
		     reg_type_name(env, reg->type), tnum_text(reg->num.bits, text, sizeof(text)));
		return -EACCES;
	}
	return 0;
}

/* ---- kinds of memory that need little ---- */

static int refuse(struct verifier_env *env, const struct mem_access *m)
{
	vlog(env, "R%d invalid mem access '%s'\n", m->regno,
	     reg_type_name(env, cur_regs(env)[m->regno].type));
	return -EACCES;
}

static int access_map_key(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	struct reg *regs = cur_regs(env);
	int err;

	if (m->access == ACCESS_WRITE) {
		vlog(env, "write to change key R%d not allowed\n", m->regno);
		return -EACCES;
	}
	err = check_region(env, m->regno, off, m->size, regs[m->regno].map->key_size, false);
	if (!err && m->value_regno >= 0)
		env_set_unknown(env, &regs[m->value_regno]);
	return err;
}

static int access_memory(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	struct reg *regs = cur_regs(env), *reg = &regs[m->regno];
	bool read_only = reg->type & REG_RDONLY;
	bool anywhere = read_only && reg->type & REG_UNTRUSTED;
	int err = 0;

	if (reg_may_be_null(reg))
		return refuse(env, m);
	if (m->access == ACCESS_WRITE && read_only) {
		vlog(env, "R%d cannot write into %s\n", m->regno, reg_type_name(env, reg->type));
		return -EACCES;
	}
	if (m->access == ACCESS_WRITE && m->value_regno >= 0 &&
	    reg_is_pointer(env, m->value_regno)) {
		vlog(env, "R%d leaks addr into mem\n", m->value_regno);
		return -EACCES;
	}
	/* Memory that nobody vouches for is read with care, so bounds do not matter. */
	if (anywhere)
		env->aux[env->insn_idx].probe_mem = true;
	else
		err = check_region(env, m->regno, off, m->size, reg->mem_size, false);
	if (!err && m->value_regno >= 0 && (m->access == ACCESS_READ || read_only))
		env_set_unknown(env, &regs[m->value_regno]);
	return err;
}

static int access_by_kind(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	const struct reg *reg = &cur_regs(env)[m->regno];

	if (reg_kind(reg) == REG_MEM)
		return access_memory(env, m, off);
	if (reg_kind(reg) == REG_BTF_ID && !reg_may_be_null(reg))
		return access_btf(env, m, off);
	if (reg_kind(reg) == REG_BUF && !reg_may_be_null(reg))
		return access_buf(env, m, off);
	switch (reg->type) {	/* with flags: what may be NULL is not among them */
	case REG_MAP_KEY:
		return access_map_key(env, m, off);
	case REG_MAP_VALUE:
		return access_map_value(env, m, off);
	case REG_CTX:
		return access_ctx(env, m, off);
	case REG_STACK:
		return access_stack(env, m, off);
	case REG_PACKET:
	case REG_PACKET_META:
		return access_packet(env, m, off);
	case REG_MAP:
		return access_map(env, m, off);
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK:
		return access_sock(env, m, off);
	default:
		return refuse(env, m);
	}
}

int check_mem_access(struct verifier_env *env, const struct mem_access *m)
{
	struct reg *regs = cur_regs(env), *reg = &regs[m->regno], *value;
	int err = check_alignment(env, reg, m);

	if (!err)
		err = access_by_kind(env, m, m->off + reg->off);
	if (err || m->value_regno < 0 || m->access != ACCESS_READ || m->size >= SLOT_SIZE)
		return err;
	value = &regs[m->value_regno];
	if (value->type != REG_SCALAR)
		return 0;
	/* Linux 6.18 keeps a filled number linked to the spilled one though its sign may have spread. */
	if (m->sign && value->num.umax >= 1ULL << (m->size * 8 - 1))
		reg_unlink(value);
	if (scalar_is_any(&value->num))
		value->num = env->loaded[m->sign][m->size];
	else if (m->sign)
		scalar_sign_extend64(&value->num, m->size);
	else
		scalar_truncate(&value->num, m->size);
	return 0;
}

/* ---- instructions ---- */

/* An instruction that is rewritten for one kind of pointer cannot serve another. */
static bool needs_rewriting(uint32_t type)
{
	switch (type & REG_KIND_MASK) {
	case REG_CTX:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
	case REG_BTF_ID:
		return true;
	default:
		return false;
	}
}

static bool is_mem_or_object(uint32_t type)
{
	return (type & REG_KIND_MASK) == REG_MEM || (type & REG_KIND_MASK) == REG_BTF_ID;
}

/* Loads from objects may be of any trust: reading is careful where one of them asks for it. */
static int note_pointer(struct verifier_env *env, uint32_t type, bool load)
{
	struct insn_aux *aux = &env->aux[env->insn_idx];

	if (aux->ptr_type == REG_NOT_INIT) {
		aux->ptr_type = type;
	} else if (load && is_mem_or_object(type) && is_mem_or_object(aux->ptr_type)) {
		return 0;
	} else if (aux->ptr_type != type &&
		   (needs_rewriting(type) || needs_rewriting(aux->ptr_type))) {
		vlog(env, "same insn cannot be used with different pointers\n");
		return -EINVAL;
	}
	return 0;
}

static int load_from(struct verifier_env *env, const struct bpf_insn *insn, bool strict, bool sign,
		     const char *what)
{
	struct mem_access m = {
		.regno = insn->src_reg, .off = insn->off, .size = insn_access_size(insn),
		.access = ACCESS_READ, .value_regno = insn->dst_reg, .strict = strict, .sign = sign,
	};
	uint32_t type;
	int err = check_reg_arg(env, insn->src_reg, REG_READ);

	if (!err)
		err = check_reg_arg(env, insn->dst_reg, REG_WRITE_KEEP);
	if (err)
		return err;
	type = cur_regs(env)[insn->src_reg].type;
	err = check_mem_access(env, &m);
	if (!err)
		err = note_pointer(env, type, true);
	if (!err)
		bounds_sanity(env, &cur_regs(env)[insn->dst_reg], what);
	return err;
}

int check_load(struct verifier_env *env, const struct bpf_insn *insn)
{
	bool sign = BPF_MODE(insn->code) == BPF_MEMSX;

	return load_from(env, insn, false, sign, sign ? "ldsx" : "ldx");
}

static int store_to(struct verifier_env *env, const struct bpf_insn *insn, int value_regno,
		    bool strict)
{
	struct mem_access m = {
		.regno = insn->dst_reg, .off = insn->off, .size = insn_access_size(insn),
		.access = ACCESS_WRITE, .value_regno = value_regno, .strict = strict,
	};
	uint32_t type;
	int err = value_regno >= 0 ? check_reg_arg(env, value_regno, REG_READ) : 0;

	if (!err)
		err = check_reg_arg(env, insn->dst_reg, REG_READ);
	if (err)
		return err;
	type = cur_regs(env)[insn->dst_reg].type;
	err = check_mem_access(env, &m);
	return err ? err : note_pointer(env, type, false);
}

int check_store_reg(struct verifier_env *env, const struct bpf_insn *insn)
{
	return store_to(env, insn, insn->src_reg, false);
}

int check_store_imm(struct verifier_env *env, const struct bpf_insn *insn)
{
	return store_to(env, insn, -1, false);
}

/* ---- atomics ---- */

static bool takes_atomics(const struct reg *reg)
{
	switch (reg_kind(reg)) {
	case REG_CTX:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_FLOW_KEYS:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
		return false;
	default:
		return true;
	}
}

static int check_atomic_pointer(struct verifier_env *env, uint32_t regno, const char *what)
{
	const struct reg *reg = &cur_regs(env)[regno];

	if (takes_atomics(reg))
		return 0;
	vlog(env, "BPF_ATOMIC %s R%d %s is not allowed\n", what, regno,
	     reg_type_name(env, reg->type));
	return -EACCES;
}

static int check_no_leak(struct verifier_env *env, uint32_t regno)
{
	if (!reg_is_pointer(env, regno))
		return 0;
	vlog(env, "R%d leaks addr into mem\n", regno);
	return -EACCES;
}

static int check_atomic_operands(struct verifier_env *env, const struct bpf_insn *insn)
{
	int err = check_reg_arg(env, insn->src_reg, REG_READ);

	if (!err)
		err = check_reg_arg(env, insn->dst_reg, REG_READ);
	if (!err && insn->imm == BPF_CMPXCHG) {
		err = check_reg_arg(env, BPF_REG_0, REG_READ);
		if (!err)
			err = check_no_leak(env, BPF_REG_0);
	}
	if (!err)
		err = check_no_leak(env, insn->src_reg);
	return err ? err : check_atomic_pointer(env, insn->dst_reg, "stores into");
}

/* Read, modify, write: readable and writable; the old value may go into a register. */
static int check_rmw(struct verifier_env *env, const struct bpf_insn *insn)
{
	struct mem_access m = {
		.regno = insn->dst_reg, .off = insn->off, .size = insn_access_size(insn),
		.access = ACCESS_READ, .value_regno = -1, .strict = true,
	};
	int load_regno = insn->imm == BPF_CMPXCHG ? BPF_REG_0 :
			 insn->imm & BPF_FETCH ? insn->src_reg : -1;
	int err;

	if (m.size < 4) {
		vlog(env, "invalid atomic operand size\n");
		return -EINVAL;
	}
	err = check_atomic_operands(env, insn);
	if (!err && load_regno >= 0)
		err = check_reg_arg(env, load_regno, REG_WRITE);
	if (!err)
		err = check_mem_access(env, &m);
	if (!err && load_regno >= 0) {
		m.value_regno = load_regno;
		err = check_mem_access(env, &m);
	}
	if (err)
		return err;
	m.value_regno = -1;
	m.access = ACCESS_WRITE;
	return check_mem_access(env, &m);
}

static bool is_rmw(int32_t op)
{
	switch (op & ~BPF_FETCH) {
	case BPF_ADD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return true;
	default:
		return op == BPF_XCHG || op == BPF_CMPXCHG;
	}
}

int check_atomic(struct verifier_env *env, const struct bpf_insn *insn)
{
	int err;

	if (is_rmw(insn->imm))
		return check_rmw(env, insn);
	if (insn->imm == BPF_LOAD_ACQ) {
		err = load_from(env, insn, true, false, "atomic_load");
		return err ? err : check_atomic_pointer(env, insn->src_reg, "loads from");
	}
	if (insn->imm == BPF_STORE_REL) {
		err = store_to(env, insn, insn->src_reg, true);
		return err ? err : check_atomic_pointer(env, insn->dst_reg, "stores into");
	}
	vlog(env, "BPF_ATOMIC uses invalid atomic opcode %02x\n", insn->imm);
	return -EINVAL;
}
