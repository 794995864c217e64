/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Arguments of kernel functions: what each parameter wants is read from its type in the kernel's
 * BTF and from its name's suffix; one row per kind says what is checked.
 */
#include "env.h"

enum arg_kind {
	ARG_CTX,
	ARG_OWNED_OBJECT,	/* __alloc-ed: handed over */
	ARG_COUNTED_OBJECT,
	ARG_DYNPTR,
	ARG_ITER,
	ARG_LIST_HEAD,
	ARG_LIST_NODE,
	ARG_RB_ROOT,
	ARG_RB_NODE,
	ARG_MAP,
	ARG_TYPED,		/* a kernel object */
	ARG_MEM,
	ARG_MEM_AND_SIZE,
	ARG_CALLBACK,
	ARG_STRING,
	ARG_NULL,
	ARG_WORK,
	ARG_IRQ,
	ARG_RES_LOCK,
};

struct param {
	struct kfunc_call *call;
	uint32_t index, regno;
	const struct kern_btf *btf;
	const char *name;
	const struct btf_type *target;	/* pointed-to type without qualifiers */
	uint32_t target_id;
	const char *target_name;
};

/* ---- what the parameter's name and type tell ---- */

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), tail = strlen(suffix);

	return len >= tail && !strcmp(name + len - tail, suffix);
}

static const char *param_name(const struct kfunc *k, uint32_t i)
{
	return kern_btf_name(k->btf, btf_params(k->proto)[i].name_off);
}

static bool is_nullable(const struct param *p)
{
	return ends_with(p->name, "__nullable") || ends_with(p->name, "__opt");
}

static bool is_size_of(const struct verifier_env *env, const struct kfunc *k, uint32_t i)
{
	const struct btf_type *t;
	const char *name;

	if (i >= k->arg_cnt)
		return false;
	t = kern_btf_skip_modifiers(k->btf, btf_params(k->proto)[i].type, NULL);
	name = param_name(k, i);
	return btf_kind(t) == BTF_KIND_INT &&
	       cur_regs(env)[i + 1].type == REG_SCALAR &&
	       (ends_with(name, "__sz") || ends_with(name, "__szk"));
}

static bool is_struct_named(const struct param *p, const char *name)
{
	return btf_kind(p->target) == BTF_KIND_STRUCT && !strcmp(p->target_name, name);
}

static bool is_prog_context(const struct verifier_env *env, const struct param *p)
{
	const struct bpfx_ctx_desc *ctx = env->in->type->ctx;

	return ctx && ctx->type_name && is_struct_named(p, ctx->type_name);
}

static bool is_number(const struct btf_type *t)
{
	uint32_t kind = btf_kind(t);

	return kind == BTF_KIND_INT || kind == BTF_KIND_ENUM || kind == BTF_KIND_ENUM64;
}

/* A struct of numbers, arrays of them and such structs. */
static bool is_plain(const struct kern_btf *btf, const struct btf_type *t, int depth)
{
	if (is_number(t))
		return true;
	if (btf_kind(t) != BTF_KIND_STRUCT || depth > 4)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *m = kern_btf_skip_modifiers(btf, btf_members(t)[i].type, NULL);

		if (btf_kind(m) == BTF_KIND_ARRAY)
			m = kern_btf_skip_modifiers(btf, btf_array(m)->type, NULL);
		if (!is_number(m) && !is_plain(btf, m, depth + 1))
			return false;
	}
	return true;
}

const char *btf_kind_text(const struct btf_type *t)
{
	static const char *const names[NR_BTF_KINDS] = {
		"UNKNOWN", "INT", "PTR", "ARRAY", "STRUCT", "UNION", "ENUM", "FWD", "TYPEDEF",
		"VOLATILE", "CONST", "RESTRICT", "FUNC", "FUNC_PROTO", "VAR", "DATASEC", "FLOAT",
		"DECL_TAG", "TYPE_TAG", "ENUM64",
	};

	return btf_kind(t) < NR_BTF_KINDS && names[btf_kind(t)] ? names[btf_kind(t)] : "UNKNOWN";
}

/* Structs that mean an argument of a kind of its own. */
static const struct {
	const char *name;
	enum arg_kind kind;
} special_structs[] = {
	{ "bpf_dynptr", ARG_DYNPTR },
	{ "bpf_dynptr_kern", ARG_DYNPTR },
	{ "bpf_list_head", ARG_LIST_HEAD },
	{ "bpf_list_node", ARG_LIST_NODE },
	{ "bpf_rb_root", ARG_RB_ROOT },
	{ "bpf_rb_node", ARG_RB_NODE },
	{ "bpf_wq", ARG_WORK },
	{ "bpf_res_spin_lock", ARG_RES_LOCK },
};

static const struct {
	const char *suffix;
	enum arg_kind kind;
} special_suffixes[] = {
	{ "__alloc", ARG_OWNED_OBJECT },
	{ "__refcounted_kptr", ARG_COUNTED_OBJECT },
	{ "__iter", ARG_ITER },
	{ "__map", ARG_MAP },
	{ "__str", ARG_STRING },
	{ "__irq_flag", ARG_IRQ },
};

static bool is_object_register(const struct reg *reg)
{
	switch (reg_kind(reg)) {
	case REG_BTF_ID:
	case REG_SOCKET:
	case REG_SOCK_COMMON:
	case REG_TCP_SOCK:
		return true;
	default:
		return false;
	}
}

static bool is_iter_function(const struct kfunc *k)
{
	return k->flags & (BPFX_KF_ITER_NEW | BPFX_KF_ITER_NEXT | BPFX_KF_ITER_DESTROY);
}

static int memory_kind(struct verifier_env *env, const struct param *p, bool with_size)
{
	if (is_plain(p->btf, p->target, 0) ||
	    (with_size && btf_kind(p->target) == BTF_KIND_UNKN))
		return with_size ? ARG_MEM_AND_SIZE : ARG_MEM;
	vlog(env, "arg#%d pointer type %s %s must point to %sscalar, or struct with scalar\n",
	     p->index, btf_kind_text(p->target), p->target_name, with_size ? "void, " : "");
	return -EINVAL;
}

/* What the pointer parameter wants: enum arg_kind or -errno. */
static int kind_of(struct verifier_env *env, const struct param *p)
{
	const struct kfunc *k = p->call->kfunc;
	const struct reg *reg = &cur_regs(env)[p->regno];
	bool with_size = is_size_of(env, k, p->index + 1);

	if (k->known == KFUNC_bpf_cast_to_kern_ctx || is_prog_context(env, p))
		return ARG_CTX;
	if (is_nullable(p) && reg_is_zero(reg) && !with_size)
		return ARG_NULL;
	for (uint32_t i = 0; i < ARRAY_SIZE(special_suffixes); i++)
		if (ends_with(p->name, special_suffixes[i].suffix))
			return special_suffixes[i].kind;
	for (uint32_t i = 0; i < ARRAY_SIZE(special_structs); i++)
		if (is_struct_named(p, special_structs[i].name))
			return special_structs[i].kind;
	if (is_iter_function(k) && !p->index)
		return ARG_ITER;
	if (is_object_register(reg)) {
		if (btf_is_struct_or_union(p->target))
			return ARG_TYPED;
		vlog(env, "kernel function %s args#%d pointer type %s %s is not supported\n", k->name,
		     p->index, btf_kind_text(p->target), p->target_name);
		return -EINVAL;
	}
	if (btf_kind(p->target) == BTF_KIND_FUNC_PROTO)
		return ARG_CALLBACK;
	return memory_kind(env, p, with_size);
}

/* ---- one check per kind ---- */

static int arg_ctx(struct verifier_env *env, const struct param *p)
{
	const struct reg *reg = &cur_regs(env)[p->regno];
	const char *kernel_name;

	if (reg->type != REG_CTX) {
		vlog(env, "arg#%d expected pointer to ctx, but got %s\n", p->index,
		     reg_type_name(env, reg->type));
		return -EINVAL;
	}
	if (p->call->kfunc->known != KFUNC_bpf_cast_to_kern_ctx)
		return 0;
	kernel_name = env->in->type->ctx ? env->in->type->ctx->kernel_name : NULL;
	p->call->arg_btf = env->in->kernel_btf;
	p->call->arg_btf_id = kernel_name ? kern_btf_find(env->in->kernel_btf, kernel_name,
							  BTF_KIND_STRUCT) : 0;
	return p->call->arg_btf_id ? 0 : -EINVAL;
}

static int arg_owned_object(struct verifier_env *env, const struct param *p)
{
	const struct reg *reg = &cur_regs(env)[p->regno];
	bool percpu = reg->type & REG_PERCPU;
	enum known_kfunc want = percpu ? KFUNC_bpf_percpu_obj_drop_impl : KFUNC_bpf_obj_drop_impl;

	if (!is_object(reg) || reg_may_be_null(reg) || is_non_owning(reg)) {
		vlog(env, "arg#%d expected pointer to allocated object\n", p->index);
		return -EINVAL;
	}
	if (p->call->kfunc->known != want) {
		vlog(env, "arg#%d expected for %s()\n", p->index,
		     percpu ? "bpf_percpu_obj_drop_impl" : "bpf_obj_drop_impl");
		return -EINVAL;
	}
	if (!reg->ref_id) {
		vlog(env, "allocated object must be referenced\n");
		return -EINVAL;
	}
	p->call->arg_btf = reg->btf;
	p->call->arg_btf_id = reg->btf_id;
	return 0;
}

static int arg_counted_object(struct verifier_env *env, const struct param *p)
{
	const struct reg *reg = &cur_regs(env)[p->regno];
	const struct kern_btf_fields *fields;

	if (!is_object(reg) || reg_may_be_null(reg)) {
		vlog(env, "arg#%d is neither owning or non-owning ref\n", p->index);
		return -EINVAL;
	}
	p->call->owning_arg = !is_non_owning(reg);
	fields = reg_fields(env, reg);
	if (!fields || !(fields->mask & BTF_FIELD_REFCOUNT)) {
		vlog(env, "arg#%d doesn't point to a type with bpf_refcount field\n", p->index);
		return -EINVAL;
	}
	p->call->arg_btf = reg->btf;
	p->call->arg_btf_id = reg->btf_id;
	return 0;
}

static enum dynptr_kind made_dynptr(enum known_kfunc known)
{
	switch (known) {
	case KFUNC_bpf_dynptr_from_skb:		return DYNPTR_SKB;
	case KFUNC_bpf_dynptr_from_xdp:		return DYNPTR_XDP;
	case KFUNC_bpf_dynptr_from_skb_meta:	return DYNPTR_SKB_META;
	default:				return DYNPTR_NONE;
	}
}

static bool is_const_target(const struct param *p)
{
	const struct btf_type *ptr = kern_btf_skip_modifiers(
		p->btf, btf_params(p->call->kfunc->proto)[p->index].type, NULL);

	return btf_kind(kern_btf_type(p->btf, ptr->type)) == BTF_KIND_CONST;
}

static int arg_dynptr(struct verifier_env *env, const struct param *p)
{
	struct kfunc_call *call = p->call;
	bool uninit = ends_with(p->name, "__uninit"), rdonly = is_const_target(p);
	enum dynptr_kind kind = uninit ? made_dynptr(call->kfunc->known) : DYNPTR_NONE;
	const struct reg *reg = &cur_regs(env)[p->regno], *dynptr;
	bool clone = uninit && call->kfunc->known == KFUNC_bpf_dynptr_clone;
	int err;

	if (clone)
		kind = call->dynptr_kind;
	if (call->kfunc->flags & BPFX_KF_RELEASE)
		call->release_regno = p->regno;
	err = check_dynptr_arg(env, p->regno, uninit, rdonly, kind, clone ? call->dynptr_ref : 0);
	if (err || uninit)
		return err;
	dynptr = dynptr_of(env, reg);
	call->dynptr_kind = dynptr->dynptr_kind;
	call->dynptr_id = dynptr->id;
	call->dynptr_ref = dynptr->ref_id;
	call->dynptr_rdonly = dynptr_is_rdonly(env, dynptr->dynptr_kind);
	return 0;
}

static int arg_iter(struct verifier_env *env, const struct param *p)
{
	return check_iter_arg(env, p->call, p->regno, p->target);
}

static int arg_list_head(struct verifier_env *env, const struct param *p)
{
	return check_graph_root(env, p->call, p->regno, BTF_FIELD_LIST_HEAD);
}

static int arg_rb_root(struct verifier_env *env, const struct param *p)
{
	return check_graph_root(env, p->call, p->regno, BTF_FIELD_RB_ROOT);
}

static int arg_list_node(struct verifier_env *env, const struct param *p)
{
	return check_graph_node(env, p->call, p->regno, BTF_FIELD_LIST_NODE);
}

static int arg_rb_node(struct verifier_env *env, const struct param *p)
{
	return check_graph_node(env, p->call, p->regno, BTF_FIELD_RB_NODE);
}

static int arg_map(struct verifier_env *env, const struct param *p)
{
	if (cur_regs(env)[p->regno].type == REG_MAP)
		return 0;
	vlog(env, "arg#%d expected pointer to map\n", p->index);
	return -EINVAL;
}

/* Sockets that are pointers of their own kind, as structs of the kernel. */
static uint32_t struct_of(const struct verifier_env *env, const struct reg *reg)
{
	const char *name = reg_kind(reg) == REG_SOCKET ? "sock" :
			   reg_kind(reg) == REG_SOCK_COMMON ? "sock_common" : "tcp_sock";

	return reg_kind(reg) == REG_BTF_ID ? reg->btf_id :
		kern_btf_find(env->in->kernel_btf, name, BTF_KIND_STRUCT);
}

static int arg_typed(struct verifier_env *env, const struct param *p)
{
	const struct reg *reg = &cur_regs(env)[p->regno];
	const struct kern_btf *btf = reg_kind(reg) == REG_BTF_ID ? reg->btf : env->in->kernel_btf;
	bool strict = p->call->kfunc->flags & BPFX_KF_TRUSTED_ARGS ||
		      (p->call->kfunc->flags & BPFX_KF_RELEASE && reg->ref_id);
	uint32_t unsafe = REG_UNTRUSTED | REG_MAYBE_NULL | REG_USER | REG_PERCPU, id;

	if (reg_kind(reg) == REG_BTF_ID && reg->type & unsafe && !reg_is_rcu(env, reg)) {
		vlog(env, "arg#%d is %s ", p->index, reg_type_name(env, reg->type));
		vlog(env, "expected %s or socket\n",
		     reg_type_name(env, REG_BTF_ID | (reg->type & (REG_TRUSTED | REG_ALLOC))));
		return -EINVAL;
	}
	id = struct_of(env, reg);
	if (btf_struct_matches(btf, id, reg->off, p->btf, p->target_id, strict))
		return 0;
	vlog(env, "kernel function %s args#%d expected pointer to STRUCT %s but R%d has a pointer to "
	     "STRUCT %s\n", p->call->kfunc->name, p->index, p->target_name, p->regno,
	     kern_btf_type_name(btf, kern_btf_type(btf, id)));
	return -EINVAL;
}

static int arg_mem(struct verifier_env *env, const struct param *p)
{
	struct reg *reg = &cur_regs(env)[p->regno];
	uint32_t size;
	int err = kern_btf_size(p->btf, p->target_id, &size);

	if (err) {
		vlog(env, "arg#%d reference type('%s %s') size cannot be determined: %d\n", p->index,
		     btf_kind_text(p->target), p->target_name, err);
		return -EINVAL;
	}
	return check_memory_arg(env, reg, p->regno, size);
}

static int arg_mem_and_size(struct verifier_env *env, const struct param *p)
{
	struct reg *regs = cur_regs(env), *size = &regs[p->regno + 1];
	const char *size_name = param_name(p->call->kfunc, p->index + 1);
	int err = 0;

	if (!reg_is_zero(&regs[p->regno]) || !is_nullable(p)) {
		err = check_memory_and_size(env, p->regno, p->regno + 1);
		if (err) {
			vlog(env, "arg#%d arg#%d memory, len pair leads to invalid memory access\n",
			     p->index, p->index + 1);
			return err;
		}
	}
	if (!ends_with(size_name, "__szk"))
		return 0;
	if (!tnum_is_const(size->num.bits)) {
		vlog(env, "R%d must be a known constant\n", p->regno + 1);
		return -EINVAL;
	}
	p->call->mem_size = size->num.bits.value;
	return mark_precise(env, p->regno + 1);
}

static int arg_callback(struct verifier_env *env, const struct param *p)
{
	const struct reg *reg = &cur_regs(env)[p->regno];

	if (reg->type != REG_FUNC) {
		vlog(env, "arg%d expected pointer to func\n", p->index);
		return -EINVAL;
	}
	p->call->subprog = reg->subprog;
	return 0;
}

static int arg_string(struct verifier_env *env, const struct param *p)
{
	if (cur_regs(env)[p->regno].type == REG_MAP_VALUE)
		return check_const_string(env, p->regno);
	vlog(env, "arg#%d doesn't point to a const string\n", p->index);
	return -EINVAL;
}

static int arg_null(struct verifier_env *env, const struct param *p)
{
	return 0;
}

static int arg_work(struct verifier_env *env, const struct param *p)
{
	if (cur_regs(env)[p->regno].type == REG_MAP_VALUE)
		return check_map_field(env, p->regno, BTF_FIELD_WORKQUEUE);
	vlog(env, "arg#%d doesn't point to a map value\n", p->index);
	return -EINVAL;
}

static int arg_irq(struct verifier_env *env, const struct param *p)
{
	if (cur_regs(env)[p->regno].type == REG_STACK)
		return check_irq_arg(env, p->call, p->regno);
	vlog(env, "arg#%d doesn't point to an irq flag on stack\n", p->index);
	return -EINVAL;
}

static int arg_res_lock(struct verifier_env *env, const struct param *p)
{
	const struct reg *reg = &cur_regs(env)[p->regno];

	if (reg->type == REG_MAP_VALUE || is_object(reg))
		return process_res_lock(env, p->regno, p->call->kfunc->known);
	vlog(env, "arg#%d doesn't point to map value or allocated object\n", p->index);
	return -EINVAL;
}

static int (*const arg_checks[])(struct verifier_env *env, const struct param *p) = {
	[ARG_CTX] = arg_ctx, [ARG_OWNED_OBJECT] = arg_owned_object,
	[ARG_COUNTED_OBJECT] = arg_counted_object, [ARG_DYNPTR] = arg_dynptr,
	[ARG_ITER] = arg_iter, [ARG_LIST_HEAD] = arg_list_head, [ARG_LIST_NODE] = arg_list_node,
	[ARG_RB_ROOT] = arg_rb_root, [ARG_RB_NODE] = arg_rb_node, [ARG_MAP] = arg_map,
	[ARG_TYPED] = arg_typed, [ARG_MEM] = arg_mem, [ARG_MEM_AND_SIZE] = arg_mem_and_size,
	[ARG_CALLBACK] = arg_callback, [ARG_STRING] = arg_string, [ARG_NULL] = arg_null,
	[ARG_WORK] = arg_work, [ARG_IRQ] = arg_irq, [ARG_RES_LOCK] = arg_res_lock,
};

/* ---- numbers ---- */

static int check_number(struct verifier_env *env, struct kfunc_call *call, uint32_t i)
{
	const struct reg *reg = &cur_regs(env)[i + 1];
	const char *name = param_name(call->kfunc, i);
	bool rdonly = !strcmp(name, "rdonly_buf_size"), rdwr = !strcmp(name, "rdwr_buf_size");

	if (reg->type != REG_SCALAR) {
		vlog(env, "R%d is not a scalar\n", i + 1);
		return -EINVAL;
	}
	if (!rdonly && !rdwr && !ends_with(name, "__k"))
		return 0;
	if (!tnum_is_const(reg->num.bits)) {
		if (rdonly || rdwr)
			vlog(env, "R%d is not a const\n", i + 1);
		else
			vlog(env, "R%d must be a known constant\n", i + 1);
		return -EINVAL;
	}
	if (rdonly || rdwr) {
		if (call->buf_size >= 0) {
			vlog(env, "2 or more rdonly/rdwr_buf_size parameters for kfunc");
			return -EINVAL;
		}
		call->buf_size = reg->num.bits.value;
		call->buf_rdonly = rdonly;
	} else {
		call->constant = reg->num.bits.value;
		call->has_constant = true;
	}
	return mark_precise(env, i + 1);
}

/* ---- pointers ---- */

static int check_trust(struct verifier_env *env, const struct param *p, enum arg_kind kind)
{
	const struct reg *reg = &cur_regs(env)[p->regno];
	uint32_t flags = p->call->kfunc->flags;

	if ((kind != ARG_TYPED && kind != ARG_OWNED_OBJECT) ||
	    !(flags & (BPFX_KF_TRUSTED_ARGS | BPFX_KF_RELEASE | BPFX_KF_RCU)) || reg_is_trusted(reg))
		return 0;
	if (!(flags & BPFX_KF_RCU)) {
		vlog(env, "R%d must be referenced or trusted\n", p->regno);
		return -EINVAL;
	}
	if (reg_is_rcu(env, reg))
		return 0;
	vlog(env, "R%d must be a rcu pointer\n", p->regno);
	return -EINVAL;
}

/* Handing over what is not the whole object is only right for nodes within it. */
static bool needs_no_offset(const struct kfunc_call *call, const struct reg *reg,
			    enum arg_kind kind)
{
	return call->kfunc->flags & BPFX_KF_RELEASE && reg->ref_id &&
	       (kind == ARG_TYPED || kind == ARG_OWNED_OBJECT);
}

static int check_pointer(struct verifier_env *env, struct kfunc_call *call, uint32_t i,
			 const struct btf_type *ptr)
{
	struct param p = { .call = call, .index = i, .regno = i + 1, .btf = call->kfunc->btf,
			   .name = param_name(call->kfunc, i) };
	const struct reg *reg = &cur_regs(env)[p.regno];
	uint32_t flags = call->kfunc->flags;
	int kind, err;

	if ((flags & (BPFX_KF_TRUSTED_ARGS | BPFX_KF_RELEASE | BPFX_KF_RCU)) &&
	    (reg_is_zero(reg) || reg_may_be_null(reg)) && !is_nullable(&p)) {
		vlog(env, "Possibly NULL pointer passed to trusted arg%d\n", i);
		return -EACCES;
	}
	if (reg->ref_id) {
		call->ref_id = reg->ref_id;
		if (flags & BPFX_KF_RELEASE)
			call->release_regno = p.regno;
	}
	p.target = kern_btf_skip_modifiers(p.btf, ptr->type, &p.target_id);
	p.target_name = kern_btf_type_name(p.btf, p.target);
	kind = kind_of(env, &p);
	if (kind < 0)
		return kind;
	err = check_trust(env, &p, kind);
	if (!err && kind != ARG_NULL)
		err = check_arg_offset(env, reg, p.regno, needs_no_offset(call, reg, kind));
	if (!err)
		err = arg_checks[kind](env, &p);
	return err ? err : kind == ARG_MEM_AND_SIZE;
}

static int check_arg(struct verifier_env *env, struct kfunc_call *call, uint32_t i)
{
	const struct btf_type *t = kern_btf_skip_modifiers(call->kfunc->btf,
							   btf_params(call->kfunc->proto)[i].type, NULL);

	if (is_number(t))
		return check_number(env, call, i);
	if (btf_kind(t) == BTF_KIND_PTR)
		return check_pointer(env, call, i, t);
	vlog(env, "Unrecognized arg#%d type %s\n", i, btf_kind_text(t));
	return -EINVAL;
}

int check_kfunc_args(struct verifier_env *env, struct kfunc_call *call)
{
	const struct kfunc *k = call->kfunc;

	if (k->arg_cnt > BPFX_KFUNC_PARAMS) {
		vlog(env, "Function %s has %d > %d args\n", k->name, k->arg_cnt, BPFX_KFUNC_PARAMS);
		return -EINVAL;
	}
	for (uint32_t i = 0; i < k->arg_cnt; i++) {
		int taken;

		if (ends_with(param_name(k, i), "__ign") || ends_with(param_name(k, i), "__prog"))
			continue;
		taken = check_arg(env, call, i);
		if (taken < 0)
			return taken;
		i += taken;	/* a size was judged with its memory */
	}
	if (k->flags & BPFX_KF_RELEASE && !call->release_regno) {
		vlog(env, "release kernel function %s expects refcounted PTR_TO_BTF_ID\n", k->name);
		return -EINVAL;
	}
	return 0;
}
