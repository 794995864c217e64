/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Arguments of helpers: one row per argument kind says which registers it takes and what is checked. */
#include "env.h"

/* ---- memory that a helper reads or writes ---- */

static int refuse_write(struct verifier_env *env, const struct reg *reg, uint32_t regno)
{
	vlog(env, "R%d cannot write into %s\n", regno, reg_type_name(env, reg->type));
	return -EACCES;
}

int check_helper_mem(struct verifier_env *env, uint32_t regno, int64_t size, enum access access,
		     bool zero_ok, struct raw_mem *raw)
{
	const struct reg *reg = &cur_regs(env)[regno];
	bool write = access == ACCESS_WRITE;

	switch (reg_kind(reg)) {
	case REG_PACKET:
	case REG_PACKET_META:
		return check_packet_access(env, regno, reg->off, size, zero_ok);
	case REG_MAP_KEY:
		return write ? refuse_write(env, reg, regno) :
			check_region(env, regno, reg->off, size, reg->map->key_size, false);
	case REG_MAP_VALUE:
		if (check_map_access_type(env, regno, reg->off, size, access))
			return -EACCES;
		return check_map_access(env, regno, reg->off, size, zero_ok);
	case REG_MEM:
		if (write && (reg->type & REG_RDONLY))
			return refuse_write(env, reg, regno);
		return check_region(env, regno, reg->off, size, reg->mem_size, zero_ok);
	case REG_BUF:
		if (write && (reg->type & REG_RDONLY))
			return refuse_write(env, reg, regno);
		return check_buf_access(env, regno, reg->off, size);
	case REG_STACK:
		return check_stack_range(env, regno, 0, size, zero_ok, access, raw);
	case REG_BTF_ID:
		if (write)
			return refuse_write(env, reg, regno);
		return access_btf(env, &(struct mem_access){ .regno = regno, .size = size,
							     .access = ACCESS_READ,
							     .value_regno = -1 }, reg->off);
	default:
		if (zero_ok && !size && reg_is_zero(reg))
			return 0;
		vlog(env, "R%d type=%s expected=fp\n", regno, reg_type_name(env, reg->type));
		return -EACCES;
	}
}

/* Pointers that may only be passed as they were got. */
int check_arg_offset(struct verifier_env *env, const struct reg *reg, uint32_t regno, bool release)
{
	if (release && reg->off) {
		vlog(env, "R%d must have zero offset when passed to release func or trusted arg to "
		     "kfunc\n", regno);
		return -EINVAL;
	}
	switch (release ? REG_NOT_INIT : reg_kind(reg)) {
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
	case REG_SCALAR:
		return 0;
	case REG_BTF_ID:
		return check_ptr_off(env, reg, regno,
				     !(reg->type & (REG_MAYBE_NULL | REG_UNTRUSTED | REG_USER |
						    REG_PERCPU)));
	default:
		return check_ptr_off(env, reg, regno, false);
	}
}

/* ---- map arguments ---- */

static int arg_map(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	const struct reg *reg = &cur_regs(env)[regno];

	call->map = reg->map;
	call->map_uid = reg->map_uid;
	return 0;
}

static int bytes_of_kind(const struct slot *slot, int from, enum slot_kind kind)
{
	int cnt = 0;

	for (int i = from; i >= 0 && slot->type[i] == kind; i--)
		cnt++;
	return cnt;
}

/* A key on the stack that is one known number tells whether a lookup can fail. */
static int find_const_key(struct verifier_env *env, const struct reg *key, int key_size,
			  int64_t *value)
{
	int off = key->off + (int)key->num.bits.value, byte = (-off - 1) % SLOT_SIZE;
	struct slot *slot;

	*value = -1;
	if (!env->bpf_capable || key->type != REG_STACK || !tnum_is_const(key->num.bits))
		return 0;
	slot = &frame_of(env, key)->stack[(-off - 1) / SLOT_SIZE];
	if (bytes_of_kind(slot, byte, SLOT_ZERO) >= key_size) {
		*value = 0;
		return 0;
	}
	if (!slot_is_spill(slot) || slot->spilled->type != REG_SCALAR ||
	    bytes_of_kind(slot, byte, SLOT_SPILL) != key_size ||
	    !tnum_is_const(slot->spilled->num.bits))
		return 0;
	*value = slot->spilled->num.bits.value;
	return mark_slot_precise(env, key->frameno, (-off - 1) / SLOT_SIZE);
}

static int arg_map_key(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	int err;

	if (!call->map) {
		vlog(env, "invalid map_ptr to access map->key\n");
		return -EACCES;
	}
	err = check_helper_mem(env, regno, call->map->key_size, ACCESS_READ, false, NULL);
	if (err || !map_elides_null(call->map))
		return err;
	return find_const_key(env, &cur_regs(env)[regno], call->map->key_size, &call->const_key);
}

static enum access access_of(uint32_t arg)
{
	return arg & (BPFX_WRITE | BPFX_UNINIT) ? ACCESS_WRITE : ACCESS_READ;
}

static int arg_map_value(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	/* Peeking into a bloom filter asks for the value given. */
	if (call->map && call->map->type == BPF_MAP_TYPE_BLOOM_FILTER &&
	    call->row->id == BPF_FUNC_map_peek_elem)
		arg &= ~(BPFX_UNINIT | BPFX_WRITE);
	if ((arg & BPFX_NULLABLE) && reg_is_zero(&cur_regs(env)[regno]))
		return 0;
	if (!call->map) {
		vlog(env, "invalid map_ptr to access map->value\n");
		return -EACCES;
	}
	return check_helper_mem(env, regno, call->map->value_size, access_of(arg), false,
				arg & BPFX_UNINIT ? &call->raw : NULL);
}

/* ---- memory and its size ---- */

static int arg_mem(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	uint32_t size = call->row->arg_sizes[regno - 1];
	const struct reg *reg = &cur_regs(env)[regno];
	int err;

	call->raw_mode = arg & BPFX_UNINIT;
	if (!(arg & BPFX_FIXED_SIZE))
		return 0;	/* judged with its size, the next argument */
	err = check_helper_mem(env, regno, size, access_of(arg), false,
			       arg & BPFX_UNINIT ? &call->raw : NULL);
	if (err || !(arg & BPFX_ALIGNED))
		return err;
	return check_alignment(env, reg, &(struct mem_access){ .size = size, .strict = true });
}

/* Memory in @mem_regno of any length that @regno can be. */
static int check_length(struct verifier_env *env, uint32_t mem_regno, uint32_t regno,
			enum access access, bool zero_ok, struct raw_mem *raw)
{
	const struct reg *reg = &cur_regs(env)[regno];
	int err;

	if (reg->num.smin < 0) {
		vlog(env, "R%d min value is negative, either use unsigned or 'var &= const'\n",
		     regno);
		return -EACCES;
	}
	if (!reg->num.umin && !zero_ok) {
		vlog(env, "R%d invalid zero-sized read: u64=[%lld,%lld]\n", regno,
		     (long long)reg->num.umin, (long long)reg->num.umax);
		return -EACCES;
	}
	if (reg->num.umax >= MAX_VAR_SIZE) {
		vlog(env, "R%d unbounded memory access, use 'var &= const' or 'if (var < const)'\n",
		     regno);
		return -EACCES;
	}
	err = check_helper_mem(env, mem_regno, reg->num.umax, access, zero_ok, raw);
	return err ? err : mark_precise(env, regno);
}

static int check_size(struct verifier_env *env, struct call *call, uint32_t regno, bool zero_ok)
{
	const struct reg *reg = &cur_regs(env)[regno];
	uint32_t mem_arg = call->row->args[regno - 2];
	bool raw = call->raw_mode && tnum_is_const(reg->num.bits);

	call->max_size = reg->num.umax;
	return check_length(env, regno - 1, regno, access_of(mem_arg), zero_ok,
			    raw ? &call->raw : NULL);
}

static int arg_size(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	return check_size(env, call, regno, false);
}

static int arg_size_or_zero(struct verifier_env *env, struct call *call, uint32_t regno,
			    uint32_t arg)
{
	return check_size(env, call, regno, true);
}

static int arg_alloc_size(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	const struct reg *reg = &cur_regs(env)[regno];

	if (!tnum_is_const(reg->num.bits)) {
		vlog(env, "R%d is not a known constant'\n", regno);
		return -EACCES;
	}
	call->mem_size = reg->num.bits.value;
	return mark_precise(env, regno);
}

/* ---- the rest ---- */

static int arg_nothing(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	return 0;
}

static int arg_func(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	call->subprog = cur_regs(env)[regno].subprog;
	return 0;
}

static int arg_spin_lock(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	return process_lock(env, regno, call->row->id == BPF_FUNC_spin_lock);
}

/* Memory in @regno of the length in @size_regno, read and written. */
int check_memory_and_size(struct verifier_env *env, uint32_t regno, uint32_t size_regno)
{
	struct reg *reg = &cur_regs(env)[regno], saved = *reg;
	int err;

	reg->type &= ~REG_MAYBE_NULL;
	err = check_length(env, regno, size_regno, ACCESS_READ, true, NULL);
	if (!err)
		err = check_length(env, regno, size_regno, ACCESS_WRITE, true, NULL);
	*reg = saved;
	return err;
}

int check_const_string(struct verifier_env *env, uint32_t regno)
{
	const struct reg *reg = &cur_regs(env)[regno];
	const struct verifier_map *map = reg->map;
	int64_t off = reg->off + (int64_t)reg->num.bits.value;
	int err;

	if (!(map->map_flags & BPF_F_RDONLY_PROG) || !map->frozen) {
		vlog(env, "R%d does not point to a readonly map'\n", regno);
		return -EACCES;
	}
	if (!tnum_is_const(reg->num.bits)) {
		vlog(env, "R%d is not a constant address'\n", regno);
		return -EACCES;
	}
	if (!map->value_mem) {
		vlog(env, "no direct value access support for this map type\n");
		return -EACCES;
	}
	err = check_map_access(env, regno, reg->off, map->value_size - reg->off, false);
	if (err)
		return err;
	if (!memchr((const char *)map->value_mem + off, 0, map->value_size - off)) {
		vlog(env, "string is not zero-terminated\n");
		return -EINVAL;
	}
	return 0;
}

static int arg_const_str(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	return check_const_string(env, regno);
}

/* A member of a map's value that only the kernel touches: a timer, a work queue. */
int check_map_field(struct verifier_env *env, uint32_t regno, uint32_t kind)
{
	const struct reg *reg = &cur_regs(env)[regno];
	const struct kern_btf_field *field = field_of_kind(&reg->map->fields, kind);
	int64_t off = reg->num.bits.value + reg->off;

	if (!tnum_is_const(reg->num.bits)) {
		vlog(env, "R%d doesn't have constant offset. %s has to be at the constant offset\n",
		     regno, field_name(kind));
		return -EINVAL;
	}
	if (!reg->map->btf) {
		vlog(env, "map '%s' has to have BTF in order to use %s\n", reg->map->name,
		     field_name(kind));
		return -EINVAL;
	}
	if (!field) {
		vlog(env, "map '%s' has no valid %s\n", reg->map->name, field_name(kind));
		return -EINVAL;
	}
	if (field->offset != off) {
		vlog(env, "off %lld doesn't point to 'struct %s' that is at %d\n", (long long)off,
		     field_name(kind), field->offset);
		return -EINVAL;
	}
	return 0;
}

/* A kernel object of the type in the row. */
static int arg_btf_id(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	const struct reg *reg = &cur_regs(env)[regno];
	const char *wanted = call->row->arg_types[regno - 1];
	uint32_t id = env->in->kernel_btf ?
		kern_btf_find(env->in->kernel_btf, wanted, BTF_KIND_STRUCT) : 0;

	if (reg->type == REG_SCALAR ||
	    (id && btf_struct_matches(reg->btf, reg->btf_id, reg->off, env->in->kernel_btf, id, false)))
		return 0;
	vlog(env, "R%d is of type %s but %s is expected\n", regno,
	     kern_btf_type_name(reg->btf, kern_btf_type(reg->btf, reg->btf_id)), wanted);
	return -EACCES;
}

static const struct {
	const char *type;
	enum dynptr_kind kind;
} dynptr_types[] = {
	{ "local", DYNPTR_LOCAL },
	{ "ringbuf", DYNPTR_RINGBUF },
	{ "skb", DYNPTR_SKB },
	{ "xdp", DYNPTR_XDP },
};

/* The row's arg_types[] names the kind; none: any. */
static enum dynptr_kind dynptr_kind_of(const struct call *call, uint32_t regno)
{
	const char *type = call->row->arg_types[regno - 1];

	for (uint32_t i = 0; type && i < ARRAY_SIZE(dynptr_types); i++)
		if (!strcmp(dynptr_types[i].type, type))
			return dynptr_types[i].kind;
	return DYNPTR_NONE;
}

static int arg_dynptr(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg)
{
	const struct reg *dynptr;
	int err = check_dynptr_arg(env, regno, arg & BPFX_UNINIT, arg & BPFX_RDONLY,
				   dynptr_kind_of(call, regno), 0);

	if (err || arg & BPFX_UNINIT)
		return err;
	dynptr = dynptr_of(env, &cur_regs(env)[regno]);
	call->dynptr_kind = dynptr->dynptr_kind;
	call->dynptr_id = dynptr->id;
	call->ref_id = call->ref_id ? call->ref_id : dynptr->ref_id;
	return 0;
}

#define TYPES_MAX 10

struct arg_rule {
	/* Registers it takes, ended by REG_NOT_INIT. */
	uint32_t types[TYPES_MAX + 1];
	/* What is checked once the type fits. NULL: programs here cannot have such a pointer. */
	int (*check)(struct verifier_env *env, struct call *call, uint32_t regno, uint32_t arg);
};

#define MEMORY_TYPES								\
	{ REG_STACK, REG_PACKET, REG_PACKET_META, REG_MAP_KEY, REG_MAP_VALUE, REG_MEM,	\
	  REG_MEM | REG_RINGBUF, REG_BUF, REG_BTF_ID | REG_TRUSTED }

static const struct arg_rule arg_rules[] = {
	[BPFX_ARG_MAP]		= { { REG_MAP }, arg_map },
	[BPFX_ARG_MAP_KEY]	= { MEMORY_TYPES, arg_map_key },
	[BPFX_ARG_MAP_VALUE]	= { MEMORY_TYPES, arg_map_value },
	[BPFX_ARG_MEM]		= { MEMORY_TYPES, arg_mem },
	[BPFX_ARG_INT_MEM]	= { MEMORY_TYPES, arg_mem },
	[BPFX_ARG_SIZE]		= { { REG_SCALAR }, arg_size },
	[BPFX_ARG_SIZE_OR_ZERO]	= { { REG_SCALAR }, arg_size_or_zero },
	[BPFX_ARG_ALLOC_SIZE]	= { { REG_SCALAR }, arg_alloc_size },
	[BPFX_ARG_CTX]		= { { REG_CTX }, arg_nothing },
	[BPFX_ARG_SPIN_LOCK]	= { { REG_MAP_VALUE, REG_BTF_ID | REG_ALLOC }, arg_spin_lock },
	[BPFX_ARG_SOCK_COMMON]	= { { REG_SOCK_COMMON, REG_SOCKET, REG_TCP_SOCK, REG_XDP_SOCK },
				    arg_nothing },
	[BPFX_ARG_SOCKET]	= { { REG_SOCKET }, arg_nothing },
	[BPFX_ARG_BTF_ID_SOCK_COMMON] = { { REG_SOCK_COMMON, REG_SOCKET, REG_TCP_SOCK, REG_XDP_SOCK,
					    REG_BTF_ID, REG_BTF_ID | REG_TRUSTED }, arg_nothing },
	[BPFX_ARG_RINGBUF_MEM]	= { { REG_MEM | REG_RINGBUF }, arg_nothing },
	[BPFX_ARG_FUNC]		= { { REG_FUNC }, arg_func },
	[BPFX_ARG_STACK]	= { { REG_STACK }, arg_nothing },
	[BPFX_ARG_CONST_STR]	= { { REG_MAP_VALUE }, arg_const_str },
	[BPFX_ARG_BTF_ID]	= { { REG_BTF_ID, REG_BTF_ID | REG_TRUSTED, REG_BTF_ID | REG_RCU },
				    arg_btf_id },
	[BPFX_ARG_DYNPTR]	= { { REG_STACK, REG_DYNPTR }, arg_dynptr },
};

/* A member of an object for memory: only where it is read. */
static int check_object_memory(struct verifier_env *env, const struct call *call, const struct reg *reg,
			       uint32_t regno, uint32_t arg)
{
	char name[64];

	switch (arg & BPFX_ARG_KIND_MASK) {
	case BPFX_ARG_MAP_KEY:
	case BPFX_ARG_MAP_VALUE:
	case BPFX_ARG_MEM:
	case BPFX_ARG_INT_MEM:
		break;
	default:
		return 0;
	}
	if (reg_kind(reg) != REG_BTF_ID || arg & BPFX_RDONLY)
		return 0;
	vlog(env, "%s() may write into memory pointed by R%d type=%s\n",
	     helper_text(env, call->row->id, name, sizeof(name)), regno,
	     reg_type_name(env, reg->type));
	return -EACCES;
}

static int check_type(struct verifier_env *env, const struct call *call, const struct reg *reg,
		      uint32_t regno, uint32_t arg, const struct arg_rule *rule)
{
	uint32_t type = reg->type;

	type &= ~REG_PKT_SLICE;
	if (arg & BPFX_RDONLY)
		type &= ~REG_RDONLY;
	if (arg & BPFX_NULLABLE)
		type &= ~REG_MAYBE_NULL;
	for (uint32_t i = 0; rule->types[i]; i++)
		if (rule->types[i] == type)
			return check_object_memory(env, call, reg, regno, arg);
	vlog(env, "R%d type=%s expected=", regno, reg_type_name(env, reg->type));
	for (uint32_t i = 0; rule->types[i]; i++)
		vlog(env, "%s%s", i ? ", " : "", reg_type_name(env, rule->types[i]));
	vlog(env, "\n");
	return -EACCES;
}

static int check_reference(struct verifier_env *env, struct call *call, const struct reg *reg,
			   uint32_t regno, uint32_t arg)
{
	if (arg & BPFX_RELEASE && (arg & BPFX_ARG_KIND_MASK) == BPFX_ARG_DYNPTR) {
		int off = reg->off + (int)reg->num.bits.value;

		if (reg->type == REG_DYNPTR) {
			vlog(env, "cannot release unowned const bpf_dynptr\n");
			return -EINVAL;
		}
		if (off >= 0 || (uint32_t)(-off - 1) / SLOT_SIZE >= frame_of(env, reg)->slot_cnt ||
		    off % SLOT_SIZE || !dynptr_of(env, reg)->ref_id) {
			vlog(env, "arg %d is an unacquired reference\n", regno);
			return -EINVAL;
		}
		call->release_regno = regno;
	} else if (arg & BPFX_RELEASE) {
		if (!reg->ref_id && !reg_is_zero(reg)) {
			vlog(env, "R%d must be referenced when passed to release function\n", regno);
			return -EINVAL;
		}
		call->release_regno = regno;
	}
	if (!reg->ref_id)
		return 0;
	if (call->ref_id) {
		vlog(env, "more than one arg with ref_obj_id R%d %u %u", regno, reg->ref_id,
		     call->ref_id);
		return -EACCES;
	}
	call->ref_id = reg->ref_id;
	return 0;
}

/* @index: argument number from 0. */
int check_helper_arg(struct verifier_env *env, struct call *call, uint32_t index)
{
	uint32_t arg = call->row->args[index], kind = arg & BPFX_ARG_KIND_MASK;
	uint32_t regno = BPF_REG_1 + index;
	const struct reg *reg = &cur_regs(env)[regno];
	const struct arg_rule *rule;
	int err;

	if (kind == BPFX_ARG_NONE)
		return 0;
	err = check_reg_arg(env, regno, REG_READ);
	if (err)
		return err;
	if (kind == BPFX_ARG_ANY) {
		if (!reg_is_pointer(env, regno))
			return 0;
		vlog(env, "R%d leaks addr into helper function\n", regno);
		return -EACCES;
	}
	if (kind_is_packet(reg->type) && !may_access_packet(env, call->row, ACCESS_READ)) {
		vlog(env, "helper access to the packet is not allowed\n");
		return -EACCES;
	}
	rule = kind < ARRAY_SIZE(arg_rules) ? &arg_rules[kind] : NULL;
	if (!rule || !rule->check) {
		vlog(env, "unsupported argument %d of helper\n", regno);
		return -EINVAL;
	}
	if (!(reg_is_zero(reg) && (arg & BPFX_NULLABLE))) {
		err = check_type(env, call, reg, regno, arg, rule);
		if (!err)
			err = check_arg_offset(env, reg, regno,
					       arg & BPFX_RELEASE && kind != BPFX_ARG_DYNPTR);
		if (err)
			return err;
	}
	err = check_reference(env, call, reg, regno, arg);
	return err ? err : rule->check(env, call, regno, arg);
}
