/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Values of maps: bounds, read-only maps, fields that only helpers may touch. */
#include "env.h"

const char *field_name(uint32_t kind)
{
	switch (kind) {
	case BTF_FIELD_SPIN_LOCK:	return "bpf_spin_lock";
	case BTF_FIELD_RES_SPIN_LOCK:	return "bpf_res_spin_lock";
	case BTF_FIELD_TIMER:		return "bpf_timer";
	case BTF_FIELD_WORKQUEUE:	return "bpf_wq";
	case BTF_FIELD_TASK_WORK:	return "bpf_task_work";
	case BTF_FIELD_KPTR_UNREF:
	case BTF_FIELD_KPTR_REF:	return "kptr";
	case BTF_FIELD_KPTR_PERCPU:	return "percpu_kptr";
	case BTF_FIELD_UPTR:		return "uptr";
	case BTF_FIELD_LIST_HEAD:	return "bpf_list_head";
	case BTF_FIELD_LIST_NODE:	return "bpf_list_node";
	case BTF_FIELD_RB_ROOT:		return "bpf_rb_root";
	case BTF_FIELD_RB_NODE:		return "bpf_rb_node";
	case BTF_FIELD_REFCOUNT:	return "bpf_refcount";
	default:			return "unknown";
	}
}

int check_map_access_type(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size,
			  enum access access)
{
	const struct verifier_map *map = cur_regs(env)[regno].map;
	bool write = access == ACCESS_WRITE;

	if (!(map->map_flags & (write ? BPF_F_RDONLY_PROG : BPF_F_WRONLY_PROG)))
		return 0;
	vlog(env, "%s map forbidden, value_size=%d off=%d size=%d\n",
	     write ? "write into" : "read from", map->value_size, off, (int)size);
	return -EACCES;
}

int check_map_access(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size,
		     bool zero_ok)
{
	const struct reg *reg = &cur_regs(env)[regno];
	const struct kern_btf_fields *fields = &reg->map->fields;
	int err = check_region(env, regno, off, size, reg->map->value_size, zero_ok);

	for (uint32_t i = 0; !err && i < fields->cnt; i++) {
		const struct kern_btf_field *field = &fields->field[i];
		int64_t start = reg->num.smin + off, end = (int64_t)reg->num.umax + off + size;

		if (start >= (int64_t)field->offset + field->size || end <= field->offset)
			continue;
		vlog(env, "%s cannot be accessed directly by load/store\n",
		     field_name(field->kind));
		err = -EACCES;
	}
	return err;
}

/* The contents of a frozen map that programs cannot write are known. */
static bool is_constant_memory(const struct verifier_map *map)
{
	return (map->map_flags & BPF_F_RDONLY_PROG) && map->frozen && map->value_mem;
}

static uint64_t read_constant(const struct verifier_map *map, int off, int size, bool sign)
{
	uint64_t value = 0;
	int unused = 64 - size * 8;

	memcpy(&value, (const char *)map->value_mem + off, size);
	return sign ? (uint64_t)((int64_t)(value << unused) >> unused) : value;
}

int access_map_value(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	struct reg *regs = cur_regs(env), *ptr = &regs[m->regno], *value;
	const struct verifier_map *map = ptr->map;
	int err;

	if (m->access == ACCESS_WRITE && m->value_regno >= 0 &&
	    reg_is_pointer(env, m->value_regno)) {
		vlog(env, "R%d leaks addr into map\n", m->value_regno);
		return -EACCES;
	}
	err = check_map_access_type(env, m->regno, off, m->size, m->access);
	if (!err)
		err = check_map_access(env, m->regno, off, m->size, false);
	if (err || m->access == ACCESS_WRITE || m->value_regno < 0)
		return err;
	value = &regs[m->value_regno];
	if (tnum_is_const(ptr->num.bits) && is_constant_memory(map)) {
		uint64_t constant = read_constant(map, off + (int)ptr->num.bits.value, m->size,
						  m->sign);

		reg_set_unknown(value);
		reg_set_const(value, constant);
	} else {
		env_set_unknown(env, value);
	}
	return 0;
}
