/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Kernel functions: which one is called, may it be, what does it give and change. */
#include "env.h"

#define KFUNCS_MAX 256

/* ---- which function ---- */

static const char *const known_names[] = {
	[KFUNC_OTHER] = "",
#define KFUNC_KNOWN(name) #name,
#include "known_kfuncs.def"
#undef KFUNC_KNOWN
};

static enum known_kfunc known_by_name(const char *name)
{
	for (uint32_t i = 1; i < ARRAY_SIZE(known_names); i++)
		if (!strcmp(known_names[i], name))
			return i;
	return KFUNC_OTHER;
}

static const struct verifier_module *module_at(const struct verifier_env *env, int32_t off)
{
	for (uint32_t i = 0; i < env->in->module_cnt; i++)
		if (env->in->modules[i].off == off)
			return &env->in->modules[i];
	return NULL;
}

/* BTF that the call's id is of; NULL: there is none. */
static const struct kern_btf *called_btf(const struct verifier_env *env, const struct bpf_insn *insn)
{
	const struct verifier_module *module = insn->off ? module_at(env, insn->off) : NULL;

	return insn->off ? (module ? module->btf : NULL) : env->in->kernel_btf;
}

static const struct btf_type *function_type(const struct kern_btf *btf, const struct bpf_insn *insn)
{
	const struct btf_type *t = btf ? kern_btf_type(btf, insn->imm) : NULL;

	return t && btf_kind(t) == BTF_KIND_FUNC ? t : NULL;
}

const char *kfunc_name(const struct verifier_env *env, const struct bpf_insn *insn)
{
	const struct kern_btf *btf = called_btf(env, insn);
	const struct btf_type *t = function_type(btf, insn);

	return t ? kern_btf_type_name(btf, t) : NULL;
}

static struct kfunc *find_called(const struct verifier_env *env, const struct bpf_insn *insn,
				 uint32_t *cnt)
{
	*cnt = 0;
	for (struct kfunc *k = env->kfuncs; k; k = k->next, ++*cnt)
		if (k->id == (uint32_t)insn->imm && k->off == insn->off)
			return k;
	return NULL;
}

static int check_module(struct verifier_env *env, const struct bpf_insn *insn)
{
	const struct verifier_module *module = module_at(env, insn->off);

	if (!insn->off)
		return 0;
	if (insn->off < 0) {
		vlog(env, "negative offset disallowed for kernel module function call\n");
		return -EINVAL;
	}
	if (!env->in->has_fd_array) {
		vlog(env, "kfunc offset > 0 without fd_array is invalid\n");
		return -EPROTO;
	}
	if (module && !module->err)
		return 0;
	if (module && module->err == -EINVAL)
		vlog(env, "BTF fd for kfunc is not a module BTF\n");
	else
		vlog(env, "invalid module BTF fd specified\n");
	return module ? module->err : -EBADF;
}

static struct kfunc *new_kfunc(struct verifier_env *env, const struct bpf_insn *insn,
			       const struct kern_btf *btf, const struct btf_type *func)
{
	struct kfunc *k = pool_zalloc(&env->pool, sizeof(*k));
	const struct bpfx_kfunc *row;

	k->id = insn->imm;
	k->off = insn->off;
	k->btf = btf;
	k->name = kern_btf_type_name(btf, func);
	k->known = known_by_name(k->name);
	k->proto = kern_btf_type(btf, func->type);
	k->arg_cnt = btf_vlen(k->proto);
	row = env->in->kfunc ? env->in->kfunc(env->in->type, k->name, &k->allowed) : NULL;
	if (row)
		k->flags = row->flags;
	else
		k->allowed = false;
	k->next = env->kfuncs;
	env->kfuncs = k;
	return k;
}

/* Before the walk: the call at @idx is resolved, or refused as Linux does so early. */
int find_kfunc(struct verifier_env *env, uint32_t idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	const struct btf_type *func;
	struct kfunc *k;
	uint32_t cnt;
	int err;

	if (!env->in->kernel_btf) {
		vlog(env, "calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF\n");
		return -ENOTSUPP;
	}
	if (!env->in->gpl_compatible) {
		vlog(env, "cannot call kernel function from non-GPL compatible program\n");
		return -EINVAL;
	}
	if (!insn->imm && !insn->off)
		return 0;	/* may be dead code */
	err = check_module(env, insn);
	if (err)
		return err;
	func = function_type(called_btf(env, insn), insn);
	if (!func) {
		vlog(env, "kernel btf_id %u is not a function\n", insn->imm);
		return -EINVAL;
	}
	k = find_called(env, insn, &cnt);
	if (!k && cnt == KFUNCS_MAX) {
		vlog(env, "too many different kernel function calls\n");
		return -E2BIG;
	}
	env->aux[idx].kfunc = k ? k : new_kfunc(env, insn, called_btf(env, insn), func);
	return 0;
}

/* ---- under a spin lock only what works on the locked object may be called ---- */

bool kfunc_allowed_under_lock(const struct verifier_env *env, uint32_t insn)
{
	const struct kfunc *k = env->aux[insn].kfunc;

	switch (known_kfunc_at(env, insn)) {
	case KFUNC_bpf_list_push_front_impl ... KFUNC_bpf_rbtree_right:
	case KFUNC_bpf_res_spin_lock ... KFUNC_bpf_res_spin_unlock_irqrestore:
	case KFUNC_bpf_refcount_acquire_impl:
		return true;
	default:
		return k && !strncmp(k->name, "bpf_iter_num_", strlen("bpf_iter_num_"));
	}
}

/* ---- results ---- */

static struct reg *new_result(struct verifier_env *env, uint32_t type)
{
	struct reg *r0 = &cur_regs(env)[BPF_REG_0];

	memset(r0, 0, sizeof(*r0));
	r0->type = type;
	reg_zero_offset(r0);
	return r0;
}

static void object_result(struct verifier_env *env, const struct kern_btf *btf, uint32_t id,
			  uint32_t flags)
{
	struct reg *r0 = new_result(env, REG_BTF_ID | flags);

	r0->btf = btf;
	r0->btf_id = id;
}

/* A fresh object of a struct of the program's. */
static int new_object(struct verifier_env *env, struct kfunc_call *call)
{
	const struct kern_btf *btf = env->in->btf;
	bool percpu = call->kfunc->known == KFUNC_bpf_percpu_obj_new_impl;
	const struct btf_type *t;

	if (call->constant != (uint32_t)call->constant) {
		vlog(env, "local type ID argument must be in range [0, U32_MAX]\n");
		return -EINVAL;
	}
	if (!btf) {
		vlog(env, "bpf_obj_new/bpf_percpu_obj_new requires prog BTF\n");
		return -EINVAL;
	}
	t = kern_btf_type(btf, call->constant);
	if (!t || btf_kind(t) != BTF_KIND_STRUCT) {
		vlog(env, "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct\n");
		return -EINVAL;
	}
	if (percpu && t->size > 512) {
		vlog(env, "bpf_percpu_obj_new type size (%d) is greater than %d\n", t->size, 512);
		return -EINVAL;
	}
	if (percpu && object_fields(env, btf, call->constant)) {
		vlog(env, "bpf_percpu_obj_new type ID argument must not contain special fields\n");
		return -EINVAL;
	}
	object_result(env, btf, call->constant, REG_ALLOC | (percpu ? REG_PERCPU : 0));
	return 0;
}

/* An element of a list or tree: a pointer to its node within the object. */
static void graph_result(struct verifier_env *env, const struct kfunc_call *call)
{
	object_result(env, call->root_btf, call->root->type_id, REG_ALLOC);
	cur_regs(env)[BPF_REG_0].off = call->root->node_offset;
}

static int cast_result(struct verifier_env *env, struct kfunc_call *call)
{
	const struct btf_type *t = kern_btf_type(env->in->kernel_btf, call->constant);
	struct reg *r0;

	if (t && btf_is_struct_or_union(t)) {
		object_result(env, env->in->kernel_btf, call->constant, REG_UNTRUSTED);
		return 0;
	}
	if (t && !call->constant) {	/* void: memory nobody vouches for */
		r0 = new_result(env, REG_MEM | REG_RDONLY | REG_UNTRUSTED);
		r0->mem_size = 0;
		return 0;
	}
	vlog(env, "kfunc bpf_rdonly_cast type ID argument must be of a struct or void\n");
	return -EINVAL;
}

static int slice_result(struct verifier_env *env, struct kfunc_call *call)
{
	bool writable = call->kfunc->known == KFUNC_bpf_dynptr_slice_rdwr;
	struct reg *r0;

	if (writable && call->dynptr_rdonly) {
		vlog(env, "the prog does not allow writes to packet data\n");
		return -EINVAL;
	}
	if (writable && (call->dynptr_kind == DYNPTR_SKB || call->dynptr_kind == DYNPTR_XDP))
		env->seen_direct_write = true;
	r0 = new_result(env, REG_MEM | (writable ? 0 : REG_RDONLY) |
			dynptr_slice_flags(call->dynptr_kind));
	r0->mem_size = call->mem_size;
	r0->mem_dynptr = call->dynptr_id;
	r0->ref_id = call->dynptr_ref;
	return 0;
}

/* 1: not one of those whose result is special. */
static int known_result(struct verifier_env *env, struct kfunc_call *call)
{
	switch (call->kfunc->known) {
	case KFUNC_bpf_obj_new_impl:
	case KFUNC_bpf_percpu_obj_new_impl:
		return new_object(env, call);
	case KFUNC_bpf_refcount_acquire_impl:
		object_result(env, call->arg_btf, call->arg_btf_id, REG_ALLOC);
		return 0;
	case KFUNC_bpf_list_pop_front:
	case KFUNC_bpf_list_pop_back:
	case KFUNC_bpf_list_front:
	case KFUNC_bpf_list_back:
	case KFUNC_bpf_rbtree_remove:
	case KFUNC_bpf_rbtree_first:
	case KFUNC_bpf_rbtree_root:
	case KFUNC_bpf_rbtree_left:
	case KFUNC_bpf_rbtree_right:
		if (!call->root)
			return 1;
		graph_result(env, call);
		return 0;
	case KFUNC_bpf_cast_to_kern_ctx:
		object_result(env, call->arg_btf, call->arg_btf_id, REG_TRUSTED);
		return 0;
	case KFUNC_bpf_rdonly_cast:
		return cast_result(env, call);
	case KFUNC_bpf_dynptr_slice:
	case KFUNC_bpf_dynptr_slice_rdwr:
		return slice_result(env, call);
	default:
		return 1;
	}
}

/* Memory of a known size: what a pointer to a number or to void points to. */
static int memory_result(struct verifier_env *env, struct kfunc_call *call, uint32_t id,
			 const struct btf_type *t)
{
	const struct kern_btf *btf = call->kfunc->btf;
	uint32_t size = call->buf_size;
	struct reg *r0;

	if (call->buf_size < 0 && (!id || kern_btf_size(btf, id, &size))) {
		vlog(env, "kernel function %s returns pointer type %s %s is not supported\n",
		     call->kfunc->name, "UNKNOWN", kern_btf_type_name(btf, t));
		return -EINVAL;
	}
	r0 = new_result(env, REG_MEM | (call->buf_size < 0 || call->buf_rdonly ? REG_RDONLY : 0));
	r0->mem_size = size;
	r0->ref_id = call->iter_id ? call->iter_id : call->ref_id;
	return 0;
}

static int pointer_result(struct verifier_env *env, struct kfunc_call *call,
			  const struct btf_type *ptr)
{
	const struct kern_btf *btf = call->kfunc->btf;
	const struct btf_type *t;
	uint32_t id, flags = 0;

	t = kern_btf_skip_modifiers(btf, ptr->type, &id);
	if (!btf_is_struct_or_union(t))
		return memory_result(env, call, id, t);
	if (call->kfunc->flags & BPFX_KF_ITER_NEXT)
		flags = iter_is_rcu(env, call) ? REG_RCU : REG_TRUSTED;
	else if (call->kfunc->flags & BPFX_KF_RCU_PROTECTED)
		flags = REG_RCU;
	else if (call->kfunc->flags & BPFX_KF_ACQUIRE)
		flags = 0;
	object_result(env, btf, id, flags);
	return 0;
}

static bool is_graph_getter(enum known_kfunc known)
{
	switch (known) {
	case KFUNC_bpf_list_front:
	case KFUNC_bpf_list_back:
	case KFUNC_bpf_rbtree_first:
	case KFUNC_bpf_rbtree_root:
	case KFUNC_bpf_rbtree_left:
	case KFUNC_bpf_rbtree_right:
		return true;
	default:
		return false;
	}
}

static void number_result(struct verifier_env *env, const struct kfunc_call *call)
{
	struct reg *r0 = &cur_regs(env)[BPF_REG_0];
	const struct kern_btf_fields *fields;
	uint32_t flags = call->kfunc->flags;

	/* Who owns the object knows that it is counted. */
	if (call->kfunc->known == KFUNC_bpf_refcount_acquire_impl && call->owning_arg)
		flags &= ~BPFX_KF_RET_NULL;
	if (flags & BPFX_KF_RET_NULL) {
		r0->type |= REG_MAYBE_NULL;
		r0->id = ++env->id_gen;
	}
	if (flags & BPFX_KF_ACQUIRE) {
		uint32_t id = acquire_ref(env, call->insn_idx);

		if (flags & BPFX_KF_RET_NULL)
			r0->id = id;
		r0->ref_id = id;
	} else if (is_graph_getter(call->kfunc->known)) {
		make_non_owning(env, r0);
	}
	fields = reg_fields(env, r0);
	if (fields && fields->mask & BTF_FIELD_SPIN_LOCK && !r0->id)
		r0->id = ++env->id_gen;
}

static int set_result(struct verifier_env *env, struct kfunc_call *call)
{
	const struct btf_type *t = kern_btf_skip_modifiers(call->kfunc->btf, call->kfunc->proto->type,
							   NULL);
	int err;

	if (btf_kind(t) == BTF_KIND_UNKN)
		return 0;
	if (btf_kind(t) != BTF_KIND_PTR) {
		env_set_unknown(env, &cur_regs(env)[BPF_REG_0]);
		return 0;
	}
	err = known_result(env, call);
	if (err == 1)
		err = pointer_result(env, call, t);
	if (!err)
		number_result(env, call);
	return err;
}

/* ---- effects ---- */

static int release(struct verifier_env *env, const struct kfunc_call *call)
{
	const struct kfunc *k = call->kfunc;
	const struct reg *reg = &cur_regs(env)[call->release_regno];
	int err;

	if (!call->release_regno)
		return 0;
	if (reg_kind(reg) == REG_STACK)
		err = release_dynptr(env, reg);
	else
		err = release_ref(env, call->ref_id);
	if (err)
		vlog(env, "kfunc %s#%d reference has not been acquired before\n", k->name, k->id);
	return err;
}

static bool gives_node(enum known_kfunc known)
{
	return known == KFUNC_bpf_list_push_front_impl || known == KFUNC_bpf_list_push_back_impl ||
	       known == KFUNC_bpf_rbtree_add_impl;
}

/* The program ends here: r1 is what it returns. */
static int check_throw(struct verifier_env *env)
{
	env->seen_exception = true;
	return env->exception_subprog ? 0 : check_return_value(env, BPF_REG_1, "R1");
}

/* The lock may not be got: another path goes on with an error. */
static int try_lock(struct verifier_env *env, uint32_t insn_idx)
{
	struct state *failed = push_branch(env, insn_idx + 1, insn_idx);
	struct reg *r0 = &cur_regs(env)[BPF_REG_0];
	struct frame *frame;

	if (!failed)
		return -E2BIG;
	frame = failed->frame[failed->curframe];
	for (uint32_t i = BPF_REG_0; i <= BPF_REG_5; i++)
		set_not_init(env, frame, i);
	env_set_unknown(env, &frame->regs[BPF_REG_0]);
	frame->regs[BPF_REG_0].num.smin = -4095;
	frame->regs[BPF_REG_0].num.smax = -1;
	scalar_sync(&frame->regs[BPF_REG_0].num);
	env_set_unknown(env, r0);
	return 0;
}

static bool is_res_lock(enum known_kfunc known)
{
	return known == KFUNC_bpf_res_spin_lock || known == KFUNC_bpf_res_spin_lock_irqsave;
}

static int check_callable(struct verifier_env *env, const struct kfunc *k)
{
	if (!k->allowed) {
		vlog(env, "calling kernel function %s is not allowed\n", k->name);
		return -EACCES;
	}
	if (k->flags & BPFX_KF_DESTRUCTIVE && !env->in->cap_sys_admin) {
		vlog(env, "destructive kfunc calls require CAP_SYS_BOOT capability\n");
		return -EACCES;
	}
	if (k->flags & BPFX_KF_SLEEPABLE && !env->cur->in_sleepable) {
		vlog(env, "program must be sleepable to call sleepable kfunc %s\n", k->name);
		return -EACCES;
	}
	return 0;
}

/* Before registers are lost. */
static int check_before(struct verifier_env *env, struct kfunc_call *call)
{
	const struct kfunc *k = call->kfunc;
	int err = check_callable(env, k);

	if (!err)
		err = check_kfunc_args(env, call);
	if (!err && k->known == KFUNC_bpf_rbtree_add_impl) {
		err = call_tree_callback(env, call);
		if (err)
			vlog(env, "kfunc %s#%d failed callback verification\n", k->name, k->id);
	}
	if (!err && k->known == KFUNC_bpf_wq_set_callback_impl) {
		err = call_work_callback(env, call);
		if (err)
			vlog(env, "kfunc %s#%d failed callback verification\n", k->name, k->id);
	}
	if (!err)
		err = check_section(env, k);
	if (!err)
		err = release(env, call);
	if (!err && gives_node(k->known))
		err = give_to_graph(env, call);
	if (!err && k->known == KFUNC_bpf_throw)
		err = check_throw(env);
	return err;
}

int check_kfunc_call(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx)
{
	struct kfunc_call call = { .kfunc = env->aux[*insn_idx].kfunc, .insn_idx = *insn_idx,
				   .buf_size = -1 };
	int err;

	if (!insn->imm) {
		vlog(env, "invalid kernel function call not eliminated in verifier pass\n");
		return -EINVAL;
	}
	err = check_before(env, &call);
	if (err)
		return err;
	if (is_res_lock(call.kfunc->known) && try_lock(env, *insn_idx))
		return -E2BIG;
	clear_caller_saved(env, cur_frame(env));
	err = set_result(env, &call);
	if (err)
		return err;
	if (is_res_lock(call.kfunc->known))
		reg_set_const(&cur_regs(env)[BPF_REG_0], 0);
	if (call.kfunc->flags & BPFX_KF_ITER_NEXT)
		err = iter_next(env, &call);
	*insn_idx += 1;
	return err;
}
