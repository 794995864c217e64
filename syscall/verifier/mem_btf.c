/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Structs behind typed pointers: which member an access meets, and what a loaded pointer is worth. */
#include "env.h"

/* WALK_MEMORY: a pointer to anything but a struct. */
enum walk_kind { WALK_NUMBER, WALK_POINTER, WALK_MEMORY, WALK_STRUCT };

struct walk {
	struct verifier_env *env;	/* for the log; NULL: say nothing */
	const struct kern_btf *btf;
	const struct btf_type *type;	/* struct in hand */
	uint32_t off, size;		/* in it */
	uint32_t next;			/* WALK_POINTER, WALK_STRUCT: id of the type found */
	uint32_t flags;			/* WALK_POINTER: REG_* by its type tag */
	const char *member;
};

#define walk_log(w, ...)						\
	do {								\
		if ((w)->env)						\
			vlog((w)->env, __VA_ARGS__);			\
	} while (0)

static const char *type_name(const struct walk *w)
{
	return kern_btf_type_name(w->btf, w->type);
}

/* Past arrays to their elements: element type, its size, and all of it. */
static const struct btf_type *flatten(const struct kern_btf *btf, uint32_t id, uint32_t *elem_id,
				      uint32_t *elem_size, uint32_t *total)
{
	const struct btf_type *t = kern_btf_skip_modifiers(btf, id, &id);
	uint32_t elems = 1;

	while (btf_kind(t) == BTF_KIND_ARRAY) {
		elems *= btf_array(t)->nelems;
		t = kern_btf_skip_modifiers(btf, btf_array(t)->type, &id);
	}
	*elem_id = id;
	if (kern_btf_size(btf, id, elem_size))
		*elem_size = 0;
	*total = *elem_size * elems;
	return t;
}

static uint32_t tag_flags(const struct kern_btf *btf, const struct btf_type *ptr)
{
	const struct btf_type *tag = kern_btf_type(btf, ptr->type);
	const char *name;

	if (btf_kind(tag) != BTF_KIND_TYPE_TAG)
		return 0;
	name = kern_btf_type_name(btf, tag);
	return !strcmp(name, "user") ? REG_USER : !strcmp(name, "percpu") ? REG_PERCPU :
	       !strcmp(name, "rcu") ? REG_RCU : 0;
}

static int meet_pointer(struct walk *w, const struct btf_type *ptr, uint32_t member_off)
{
	const struct btf_type *target;

	if (w->size != sizeof(uint64_t) || w->off != member_off) {
		walk_log(w, "cannot access ptr member %s with moff %u in struct %s with off %u size "
			 "%u\n", w->member, member_off, type_name(w), w->off, w->size);
		return -EACCES;
	}
	target = kern_btf_skip_modifiers(w->btf, ptr->type, &w->next);
	if (!btf_is_struct_or_union(target))
		return WALK_MEMORY;
	w->flags = tag_flags(w->btf, ptr);
	return WALK_POINTER;
}

static int meet_number(struct walk *w, uint32_t end)
{
	if (w->off + w->size <= end)
		return WALK_NUMBER;
	walk_log(w, "access beyond the end of member %s (mend:%u) in struct %s with off %u size %u\n",
		 w->member, end, type_name(w), w->off, w->size);
	return -EACCES;
}

static int no_member(struct walk *w)
{
	walk_log(w, "struct %s doesn't have field at offset %d\n", type_name(w), w->off);
	return -EINVAL;
}

/* 1: not this member. */
static int meet_bits(struct walk *w, const struct btf_member *m)
{
	uint32_t bit = btf_member_bit_offset(w->type, m), start = bit / 8;
	uint32_t end = (bit + btf_member_bits(w->type, m) + 7) / 8;

	if (w->off <= start && end <= w->off + w->size)
		return WALK_NUMBER;
	if (w->off > start)
		return -1;
	return w->off + w->size <= start ? -1 : WALK_NUMBER;
}

/* A trailing array of no length stands for as much as there is. */
static bool into_flexible_array(struct walk *w)
{
	const struct btf_member *last;
	const struct btf_type *t;
	uint32_t id, size, total, start;

	if (!btf_is_struct_or_union(w->type) || !btf_vlen(w->type))
		return false;
	last = &btf_members(w->type)[btf_vlen(w->type) - 1];
	t = kern_btf_skip_modifiers(w->btf, last->type, NULL);
	if (btf_kind(t) != BTF_KIND_ARRAY || btf_array(t)->nelems)
		return false;
	start = btf_member_bit_offset(w->type, last) / 8;
	t = flatten(w->btf, last->type, &id, &size, &total);
	if (w->off < start || !size || !btf_is_struct_or_union(t))
		return false;
	w->off = (w->off - start) % size;
	w->type = t;
	w->next = id;
	return true;
}

/* One level: the member of w->type at w->off. */
static int walk_once(struct walk *w)
{
	if (w->off + w->size > w->type->size) {
		if (into_flexible_array(w))
			return WALK_STRUCT;
		walk_log(w, "access beyond struct %s at off %u size %u\n", type_name(w), w->off,
			 w->size);
		return -EACCES;
	}
	for (uint32_t i = 0; i < btf_vlen(w->type); i++) {
		const struct btf_member *m = &btf_members(w->type)[i];
		uint32_t start = btf_member_bit_offset(w->type, m) / 8, end, id, elem, total;
		const struct btf_type *t;

		w->member = kern_btf_name(w->btf, m->name_off);
		if (btf_member_bits(w->type, m)) {
			int met = meet_bits(w, m);

			if (met >= 0)
				return met;
			continue;
		}
		if (w->off + w->size <= start)
			break;
		t = flatten(w->btf, m->type, &id, &elem, &total);
		end = start + total;
		if (w->off >= end)
			continue;
		if (w->off < start)
			return no_member(w);
		if (elem && total > elem)
			start += (w->off - start) / elem * elem;
		if (btf_is_struct_or_union(t)) {
			w->type = t;
			w->off -= start;
			w->next = id;
			return WALK_STRUCT;
		}
		if (btf_kind(t) == BTF_KIND_PTR)
			return meet_pointer(w, t, start);
		return meet_number(w, end);	/* arrays of numbers are one */
	}
	return no_member(w);
}

/* Is there a struct @wanted at @off of struct @id. @strict: @id itself must be it. */
bool btf_struct_matches(const struct kern_btf *btf, uint32_t id, uint32_t off,
			const struct kern_btf *wanted_btf, uint32_t wanted, bool strict)
{
	struct walk w = { .btf = btf, .off = off, .size = 1, .next = id };

	if (btf == wanted_btf && id == wanted && !off)
		return true;
	if (strict || btf != wanted_btf)
		return false;
	w.type = kern_btf_type(btf, id);
	for (int depth = 0; depth < 32 && btf_is_struct_or_union(w.type); depth++) {
		if (walk_once(&w) != WALK_STRUCT)
			return false;
		if (w.next == wanted && !w.off)
			return true;
	}
	return false;
}

/* ---- trust ---- */

bool reg_is_trusted(const struct reg *reg)
{
	if (reg->ref_id)
		return true;
	switch (reg_kind(reg)) {
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
		return true;
	case REG_BTF_ID:
		return reg->type & (REG_TRUSTED | REG_ALLOC) &&
		       !(reg->type & (REG_UNTRUSTED | REG_MAYBE_NULL | REG_NON_OWN | REG_USER |
				      REG_PERCPU | REG_RCU));
	default:
		return reg->type & REG_TRUSTED;
	}
}

bool reg_is_rcu(const struct verifier_env *env, const struct reg *reg)
{
	return reg->type & REG_RCU;
}

/* Members whose pointers the kernel keeps good: as long as the struct, within an RCU section. */
static const struct safe_member {
	const char *type, *member;
	uint32_t flags;
} safe_members[] = {
	{ "task_struct", "cpus_ptr", REG_RCU },
	{ "task_struct", "cgroups", REG_RCU },
	{ "task_struct", "real_parent", REG_RCU },
	{ "task_struct", "group_leader", REG_RCU },
	{ "cgroup", "kn", REG_RCU },
	{ "css_set", "dfl_cgrp", REG_RCU },
	{ "cgroup_subsys_state", "cgroup", REG_RCU },
	{ "mm_struct", "exe_file", REG_RCU | REG_MAYBE_NULL },
	{ "sk_buff", "sk", REG_RCU | REG_MAYBE_NULL },
	{ "request_sock", "sk", REG_RCU | REG_MAYBE_NULL },
	{ "bpf_iter_meta", "seq", REG_TRUSTED },
	{ "bpf_iter__task", "meta", REG_TRUSTED },
	{ "bpf_iter__task", "task", REG_TRUSTED },
	{ "linux_binprm", "file", REG_TRUSTED },
	{ "file", "f_inode", REG_TRUSTED },
	{ "socket", "sk", REG_TRUSTED | REG_MAYBE_NULL },
	{ "vm_area_struct", "vm_mm", REG_TRUSTED | REG_MAYBE_NULL },
	{ "vm_area_struct", "vm_file", REG_TRUSTED | REG_MAYBE_NULL },
};

static uint32_t flags_of_member(const char *type, const char *member)
{
	for (uint32_t i = 0; i < ARRAY_SIZE(safe_members); i++)
		if (!strcmp(safe_members[i].type, type) && !strcmp(safe_members[i].member, member))
			return safe_members[i].flags;
	return 0;
}

/* What a pointer that was loaded through @reg is. */
static uint32_t loaded_flags(const struct verifier_env *env, const struct reg *reg,
			     const struct walk *w)
{
	/* Of the struct that is pointed to, whichever union or struct inside of it the member is in. */
	const char *of = kern_btf_type_name(reg->btf, kern_btf_type(reg->btf, reg->btf_id));
	uint32_t safe = flags_of_member(of, w->member), tagged = w->flags;

	if (reg->type & REG_UNTRUSTED)
		return REG_UNTRUSTED;
	if (!reg_is_trusted(reg) && !reg_is_rcu(env, reg))
		return tagged & (REG_USER | REG_PERCPU);	/* as before there was trust */
	if (safe & REG_TRUSTED)
		return safe;
	if (!in_rcu_section(env) || reg_may_be_null(reg))
		return tagged & (REG_USER | REG_PERCPU) ? tagged : (tagged & ~REG_RCU) | REG_UNTRUSTED;
	if (safe & REG_RCU)
		return safe;
	if (tagged & REG_RCU)
		return tagged | REG_MAYBE_NULL;
	return tagged & (REG_USER | REG_PERCPU);
}

/* ---- access ---- */

static int refuse_pointer(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	const struct reg *reg = &cur_regs(env)[m->regno];
	const char *name = kern_btf_type_name(reg->btf, kern_btf_type(reg->btf, reg->btf_id));
	char text[64];

	if (off < 0)
		vlog(env, "R%d is ptr_%s invalid negative access: off=%d\n", m->regno, name, off);
	else if (!tnum_is_const(reg->num.bits) || reg->num.bits.value)
		vlog(env, "R%d is ptr_%s invalid variable offset: off=%d, var_off=%s\n", m->regno, name,
		     off, tnum_text(reg->num.bits, text, sizeof(text)));
	else if (reg->type & REG_USER)
		vlog(env, "R%d is ptr_%s access user memory: off=%d\n", m->regno, name, off);
	else if (reg->type & REG_PERCPU)
		vlog(env, "R%d is ptr_%s access percpu memory: off=%d\n", m->regno, name, off);
	else
		return 0;
	return -EACCES;
}

static int check_special_fields(struct verifier_env *env, const struct reg *reg, int32_t off, int size)
{
	const struct kern_btf_fields *fields = reg_fields(env, reg);

	for (uint32_t i = 0; fields && i < fields->cnt; i++) {
		const struct kern_btf_field *field = &fields->field[i];

		if (off < (int64_t)field->offset + field->size && field->offset < (int64_t)off + size) {
			vlog(env, "direct access to %s is disallowed\n", field_name(field->kind));
			return -EACCES;
		}
	}
	return 0;
}

static void set_loaded_pointer(struct verifier_env *env, const struct mem_access *m,
			       const struct walk *w, uint32_t flags)
{
	struct reg *dst = &cur_regs(env)[m->value_regno];

	memset(dst, 0, sizeof(*dst));
	dst->type = REG_BTF_ID | flags;
	dst->btf = w->btf;
	dst->btf_id = w->next;
	reg_zero_offset(dst);
	if (flags & REG_MAYBE_NULL)
		dst->id = ++env->id_gen;
}

/* What a member means that is read into a register; @pointer_flags of one to a struct. */
static void set_loaded(struct verifier_env *env, const struct mem_access *m, const struct walk *w,
		       int met, uint32_t pointer_flags)
{
	struct reg *dst = &cur_regs(env)[m->value_regno];

	if (met == WALK_POINTER) {
		set_loaded_pointer(env, m, w, pointer_flags);
	} else if (met == WALK_MEMORY) {
		memset(dst, 0, sizeof(*dst));
		dst->type = REG_MEM | REG_RDONLY | REG_UNTRUSTED;
		reg_zero_offset(dst);
	} else {
		env_set_unknown(env, dst);
	}
}

static int check_rights(struct verifier_env *env, const struct reg *reg, const struct mem_access *m)
{
	const char *name = kern_btf_type_name(reg->btf, kern_btf_type(reg->btf, reg->btf_id));

	if (!env->allow_leaks) {
		vlog(env, "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n", name);
		return -EPERM;
	}
	if (!env->in->gpl_compatible && reg->btf == env->in->kernel_btf) {
		vlog(env, "Cannot access kernel 'struct %s' from non-GPL compatible program\n", name);
		return -EINVAL;
	}
	return 0;
}

int access_btf(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	struct reg *regs = cur_regs(env), reg = regs[m->regno];
	struct walk w = { .env = env, .btf = reg.btf, .off = off, .size = m->size };
	bool object = is_object(&reg);
	int met, err = check_rights(env, &reg, m);

	if (!err)
		err = refuse_pointer(env, m, off);
	if (err)
		return err;
	if (m->access == ACCESS_WRITE && !object) {
		vlog(env, "only read is supported\n");
		return -EACCES;
	}
	err = object ? check_special_fields(env, &reg, off, m->size) : 0;
	if (err)
		return err;
	w.type = kern_btf_type(reg.btf, reg.btf_id);
	do
		met = walk_once(&w);
	while (met == WALK_STRUCT);
	if (met < 0)
		return met;
	if (!object) {
		/* A load, that is; a helper gets what is there. */
		env->aux[env->insn_idx].probe_mem |= m->value_regno >= 0;
		env->needs_kernel |= env->in->kernel_is_foreign;
	}
	if (m->access != ACCESS_READ || m->value_regno < 0)
		return 0;
	/* In what a program made a pointer to a struct is a number. */
	if (object && met == WALK_POINTER)
		met = WALK_NUMBER;
	set_loaded(env, m, &w, met, met == WALK_POINTER ? loaded_flags(env, &reg, &w) : 0);
	return 0;
}

/* ---- fields of maps: struct bpf_map and what is around it, by map type ---- */

static const char *map_struct(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return "bpf_array";
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return "bpf_htab";
	case BPF_MAP_TYPE_LPM_TRIE:
		return "lpm_trie";
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return "bpf_queue_stack";
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return "bpf_ringbuf_map";
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return "bpf_bloom_filter";
	case BPF_MAP_TYPE_STACK_TRACE:
		return "bpf_stack_map";
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return "bpf_cgroup_storage_map";
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
		return "bpf_local_storage_map";
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
		return "bpf_dtab";
	case BPF_MAP_TYPE_CPUMAP:
		return "bpf_cpu_map";
	case BPF_MAP_TYPE_XSKMAP:
		return "xsk_map";
	case BPF_MAP_TYPE_SOCKMAP:
		return "bpf_stab";
	case BPF_MAP_TYPE_SOCKHASH:
		return "bpf_shtab";
	case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
		return "reuseport_array";
	default:
		return "bpf_map";
	}
}

int access_map(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	struct reg *regs = cur_regs(env);
	const struct kern_btf *btf = env->in->kernel_btf;
	uint32_t type = regs[m->regno].map->type;
	const char *name = map_struct(type);
	uint32_t id = btf ? kern_btf_find(btf, name, BTF_KIND_STRUCT) : 0;
	struct walk w = { .env = env, .btf = btf, .off = off, .size = m->size };
	int met;

	if (!id) {
		vlog(env, "map_ptr access not supported for map type %d\n", type);
		return -ENOTSUPP;
	}
	if (!env->allow_leaks) {
		vlog(env, "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN\n", name);
		return -EPERM;
	}
	if (off < 0) {
		vlog(env, "R%d is %s invalid negative access: off=%d\n", m->regno, name, off);
		return -EACCES;
	}
	if (m->access != ACCESS_READ) {
		vlog(env, "only read from %s is supported\n", name);
		return -EACCES;
	}
	w.type = kern_btf_type(btf, id);
	do
		met = walk_once(&w);
	while (met == WALK_STRUCT);
	if (met < 0)
		return met;
	env->needs_kernel |= env->in->kernel_is_foreign;
	if (m->value_regno < 0)
		return 0;
	set_loaded(env, m, &w, met, REG_UNTRUSTED);
	return 0;
}
