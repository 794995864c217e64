/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Calls of helpers: may it be called, are its arguments right, what does it give and change. */
#include <stdio.h>
#include "env.h"

/* Those of one program type are known to its rows alone. */
const char *name_of_helper(struct verifier_env *env, uint32_t id)
{
	enum verifier_helper_state state;
	const struct bpfx_helper *row = NULL;

	if (id >= BPFX_HELPER_SPECIFIC && env->in->helper && env->in->type)
		row = env->in->helper(env->in->type, id, &state);
	if (row)
		return row->name;
	return env->in->helper_name ? env->in->helper_name(id) : NULL;
}

const char *helper_text(struct verifier_env *env, uint32_t id, char *buf, size_t size)
{
	const char *name = name_of_helper(env, id);

	snprintf(buf, size, "%s%s", name ? "bpf_" : "", name ? name : "unknown");
	return buf;
}

static void note_helper(struct verifier_env *env, uint32_t id)
{
	uint32_t at = 0;

	while (at < env->helper_cnt && env->helpers[at] < id)
		at++;
	if (at < env->helper_cnt && env->helpers[at] == id)
		return;
	if (env->helper_cnt == env->helper_cap)
		env->helpers = pool_grow(&env->pool, env->helpers, env->helper_cnt,
					 &env->helper_cap, sizeof(*env->helpers));
	memmove(&env->helpers[at + 1], &env->helpers[at],
		(env->helper_cnt - at) * sizeof(*env->helpers));
	env->helpers[at] = id;
	env->helper_cnt++;
}

/* ---- may it be called ---- */

static bool lacks_capability(const struct verifier_env *env, const struct bpfx_helper *row)
{
	return ((row->flags & BPFX_HELPER_CAP_BPF) && !env->in->cap_bpf) ||
	       ((row->flags & BPFX_HELPER_PERFMON) && !env->in->cap_perfmon);
}

static bool is_for_attach_type(const struct verifier_env *env, const struct bpfx_helper *row)
{
	bool listed = false;

	if (!row->attach_types)
		return true;
	for (uint32_t i = 0; i < row->attach_type_cnt; i++)
		listed |= row->attach_types[i] == env->in->expected_attach_type;
	return listed == !(row->flags & BPFX_HELPER_NOT_AT);
}

static const struct bpfx_helper *find_helper(struct verifier_env *env, uint32_t id)
{
	enum verifier_helper_state state = VERIFIER_HELPER_UNKNOWN;
	const struct bpfx_helper *row = env->in->helper(env->in->type, id, &state);
	char name[64];

	if (row && !lacks_capability(env, row) && is_for_attach_type(env, row))
		return row;
	if (row)
		state = VERIFIER_HELPER_FORBIDDEN;
	helper_text(env, id, name, sizeof(name));
	if (state == VERIFIER_HELPER_UNKNOWN)
		vlog(env, "invalid func %s#%d\n", name, id);
	else
		vlog(env, "program of this type cannot use helper %s#%d\n", name, id);
	return NULL;
}

static int check_section_for_helper(struct verifier_env *env, uint32_t id)
{
	char name[64], what[128];

	snprintf(what, sizeof(what), "sleepable helper %s#%d", helper_text(env, id, name, sizeof(name)),
		 id);
	return check_may_sleep(env, what);
}

static int check_callable(struct verifier_env *env, const struct bpfx_helper *row)
{
	if ((row->flags & BPFX_HELPER_GPL) && !env->in->gpl_compatible) {
		vlog(env, "cannot call GPL-restricted function from non-GPL compatible program\n");
		return -EINVAL;
	}
	if (!(row->flags & BPFX_HELPER_MIGHT_SLEEP))
		return 0;
	if (!env->cur->in_sleepable) {
		vlog(env, "helper call might sleep in a non-sleepable prog\n");
		return -EINVAL;
	}
	return check_section_for_helper(env, row->id);
}

/* ---- maps in arguments ---- */

static bool changes_map(uint32_t id)
{
	return id == BPF_FUNC_map_update_elem || id == BPF_FUNC_map_delete_elem ||
	       id == BPF_FUNC_map_push_elem || id == BPF_FUNC_map_pop_elem;
}

static int note_map(struct verifier_env *env, struct call *call)
{
	struct insn_aux *aux = &env->aux[env->insn_idx];

	if (!call->map)
		return 0;
	if (changes_map(call->row->id) && (call->map->map_flags & BPF_F_RDONLY_PROG)) {
		vlog(env, "write into map forbidden\n");
		return -EACCES;
	}
	if (aux->call_map && aux->call_map != call->map)
		aux->map_varies = true;
	aux->call_map = call->map;
	return 0;
}

static int note_tail_call_index(struct verifier_env *env, const struct call *call)
{
	const struct reg *index = &cur_regs(env)[BPF_REG_3];

	if (call->row->id != BPF_FUNC_tail_call || !call->map)
		return 0;
	env->uses_tail_call = true;
	if (!reg_is_const(index, false) || index->num.bits.value >= call->map->max_entries)
		return 0;
	return mark_precise(env, BPF_REG_3);
}

/* ---- effects ---- */

static int release(struct verifier_env *env, const struct call *call)
{
	char name[64];
	int err = -EINVAL;

	if (!call->release_regno)
		return 0;
	if (cur_regs(env)[call->release_regno].type == REG_STACK)
		err = release_dynptr(env, &cur_regs(env)[call->release_regno]);
	else if (call->ref_id)
		err = release_ref(env, call->ref_id);
	else if (reg_is_zero(&cur_regs(env)[call->release_regno]))
		err = 0;
	if (err)
		vlog(env, "func %s#%d reference has not been acquired before\n",
		     helper_text(env, call->row->id, name, sizeof(name)), call->row->id);
	return err;
}

/* Pointers are new objects without an offset. */
static void set_result_type(struct verifier_env *env, struct reg *r0, uint32_t type)
{
	memset(r0, 0, sizeof(*r0));
	r0->type = type;
	reg_zero_offset(r0);
}

static bool holds_lock(const struct verifier_map *map)
{
	return map->fields.mask & (BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK);
}

static int set_map_value(struct verifier_env *env, const struct call *call, struct reg *r0,
			 uint32_t null)
{
	if (!call->map) {
		vlog(env, "kernel subsystem misconfigured verifier\n");
		return -EINVAL;
	}
	/* Every element of an array exists. */
	if (call->row->id == BPF_FUNC_map_lookup_elem && map_elides_null(call->map) &&
	    call->const_key >= 0 && call->const_key < call->map->max_entries)
		null = 0;
	set_result_type(env, r0, REG_MAP_VALUE | null);
	r0->map = call->map;
	r0->map_uid = call->map_uid;
	if (!null && holds_lock(call->map))
		r0->id = ++env->id_gen;
	return 0;
}

static int set_btf_result(struct verifier_env *env, const struct call *call, struct reg *r0,
			  uint32_t null)
{
	const char *type = call->row->ret_type;
	uint32_t id = env->in->kernel_btf && type ?
		kern_btf_find(env->in->kernel_btf, type, BTF_KIND_STRUCT) : 0;

	if (!id) {
		vlog(env, "invalid return type %u of func %s#%d\n", call->row->ret, call->row->name,
		     call->row->id);
		return -EINVAL;
	}
	set_result_type(env, r0, REG_BTF_ID | REG_TRUSTED | null);
	r0->btf = env->in->kernel_btf;
	r0->btf_id = id;
	return 0;
}

static int set_result(struct verifier_env *env, const struct call *call)
{
	uint32_t null = call->row->ret & BPFX_RET_OR_NULL ? REG_MAYBE_NULL : 0;
	struct reg *r0 = &cur_regs(env)[BPF_REG_0];

	switch (call->row->ret & BPFX_RET_KIND_MASK) {
	case BPFX_RET_INTEGER:
		env_set_unknown(env, r0);
		return 0;
	case BPFX_RET_VOID:
		return 0;
	case BPFX_RET_MAP_VALUE:
		return set_map_value(env, call, r0, null);
	case BPFX_RET_SOCKET:
		set_result_type(env, r0, REG_SOCKET | null);
		return 0;
	case BPFX_RET_TCP_SOCK:
		set_result_type(env, r0, REG_TCP_SOCK | null);
		return 0;
	case BPFX_RET_SOCK_COMMON:
		set_result_type(env, r0, REG_SOCK_COMMON | null);
		return 0;
	case BPFX_RET_RINGBUF_MEM:
		set_result_type(env, r0, REG_MEM | REG_RINGBUF | null);
		r0->mem_size = call->mem_size;
		return 0;
	case BPFX_RET_DYNPTR_MEM:
		set_result_type(env, r0, REG_MEM | null);
		r0->mem_size = call->mem_size;
		r0->mem_dynptr = call->dynptr_id;
		r0->ref_id = call->ref_id;
		return 0;
	case BPFX_RET_BTF_ID:
		return set_btf_result(env, call, r0, null);
	default:
		vlog(env, "unknown return type %u of func %s#%d\n", call->row->ret, call->row->name,
		     call->row->id);
		return -EINVAL;
	}
}

/* Results that have to be released later. */
static bool acquires(const struct call *call)
{
	switch (call->row->id) {
	case BPF_FUNC_ringbuf_reserve:
	case BPF_FUNC_sk_lookup_tcp:
	case BPF_FUNC_sk_lookup_udp:
	case BPF_FUNC_skc_lookup_tcp:
		return true;
	case BPF_FUNC_map_lookup_elem:
		return call->map && (call->map->type == BPF_MAP_TYPE_SOCKMAP ||
				     call->map->type == BPF_MAP_TYPE_SOCKHASH);
	default:
		return (call->row->ret & BPFX_RET_KIND_MASK) == BPFX_RET_RINGBUF_MEM;
	}
}

static void number_result(struct verifier_env *env, const struct call *call)
{
	struct reg *r0 = &cur_regs(env)[BPF_REG_0];

	if (reg_may_be_null(r0))
		r0->id = ++env->id_gen;
	if (acquires(call)) {
		r0->id = acquire_ref(env, env->insn_idx);
		r0->ref_id = r0->id;
	}
}

#define MAX_ERRNO 4095

/* Integer results whose range is known. */
static void refine_result(struct verifier_env *env, const struct call *call)
{
	struct scalar *n = &cur_regs(env)[BPF_REG_0].num;

	switch (call->row->id) {
	case BPF_FUNC_get_stack:
	case BPF_FUNC_get_task_stack:
	case BPF_FUNC_probe_read_str:
	case BPF_FUNC_probe_read_kernel_str:
	case BPF_FUNC_probe_read_user_str:
		n->smax = call->max_size;
		n->s32_max = call->max_size;
		n->smin = -MAX_ERRNO;
		n->s32_min = -MAX_ERRNO;
		scalar_sync(n);
		break;
	case BPF_FUNC_get_smp_processor_id:
		if (!env->in->nr_cpus)
			break;
		n->umax = n->smax = n->u32_max = n->s32_max = env->in->nr_cpus - 1;
		n->umin = n->smin = n->u32_min = n->s32_min = 0;
		scalar_sync(n);
		break;
	}
}

/* Also the program that a tail call goes to, seen from who called the function it stands in. */
bool helper_changes_packet(const struct bpfx_helper *row)
{
	return (row->flags & BPFX_HELPER_CHANGES_PKT) || row->id == BPF_FUNC_tail_call;
}

/* The format of bpf_snprintf() is constant: judged here once, not at each run. */
static int check_format(struct verifier_env *env, const struct call *call)
{
	const struct reg *format = &cur_regs(env)[BPF_REG_3], *size = &cur_regs(env)[BPF_REG_5];
	const char *text;

	if (call->row->id != BPF_FUNC_snprintf || !env->in->format_is_good)
		return 0;
	if (size->num.bits.value % 8)
		return -EINVAL;
	text = (const char *)format->map->value_mem + format->off + format->num.bits.value;
	if (env->in->format_is_good(text, size->num.bits.value / 8))
		return 0;
	vlog(env, "Invalid format string\n");
	return -EINVAL;
}

/* Data that is cloned or not in one piece may move when it is written. */
static bool writes_packet_dynptr(const struct call *call)
{
	return call->row->id == BPF_FUNC_dynptr_write && call->dynptr_kind == DYNPTR_SKB;
}

static int check_dynptr_memory(struct verifier_env *env, const struct call *call)
{
	const struct reg *reg = &cur_regs(env)[BPF_REG_1];

	if (call->row->id != BPF_FUNC_dynptr_from_mem || reg->type == REG_MAP_VALUE)
		return 0;
	vlog(env, "Unsupported reg type %s for bpf_dynptr_from_mem data\n",
	     reg_type_name(env, reg->type));
	return -EACCES;
}

/* Into structs whose layout the kernel's BTF tells. */
static bool gives_kernel_pointer(uint32_t id)
{
	return id == BPF_FUNC_get_current_task || id == BPF_FUNC_get_current_task_btf;
}

/* ---- the call ---- */

static int check_before(struct verifier_env *env, struct call *call)
{
	int err = check_callable(env, call->row);

	for (uint32_t i = 0; !err && i < 5; i++)
		err = check_helper_arg(env, call, i);
	if (!err)
		err = note_map(env, call);
	if (!err)
		err = note_tail_call_index(env, call);
	if (!err)
		err = check_format(env, call);
	if (!err)
		err = call->raw.regno < 0 ? 0 : write_stack_raw(env, &call->raw);
	if (!err)
		err = release(env, call);
	if (!err)
		err = check_dynptr_memory(env, call);
	if (!err && call->row->id == BPF_FUNC_tail_call)
		err = check_ref_leak(env, false, true, "tail_call");
	return err;
}

/* In a called function it returns what the other program returned, which may have moved the
 * packet; in the main one a tail call that succeeds does not come back. */
static int after_tail_call(struct verifier_env *env, uint32_t *insn_idx)
{
	struct state *on;
	struct reg result;

	if (!env->cur->curframe) {
		*insn_idx += 1;
		return 0;
	}
	on = push_branch(env, *insn_idx + 1, *insn_idx);
	if (!on)
		return -E2BIG;
	scratch_reg(env, BPF_REG_0);
	invalidate_packet(env);
	env_set_unknown(env, &result);
	cur_regs(env)[BPF_REG_0] = result;
	return prepare_func_exit(env, insn_idx);
}

int check_helper_call(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx)
{
	struct call call = { .raw = { .regno = -1 }, .const_key = -1 };
	int err;

	call.row = find_helper(env, insn->imm);
	if (!call.row)
		return -EINVAL;
	err = check_before(env, &call);
	if (!err)
		err = call_callbacks(env, insn, *insn_idx, &call);
	if (err)
		return err;
	note_helper(env, insn->imm);
	if (gives_kernel_pointer(insn->imm))
		env->needs_kernel |= env->in->kernel_is_foreign;
	clear_caller_saved(env, cur_frame(env));
	err = set_result(env, &call);
	if (err)
		return err;
	number_result(env, &call);
	refine_result(env, &call);
	err = check_map_func(env, call.map, call.row);
	if (err)
		return err;
	if (insn->imm == BPF_FUNC_tail_call)
		return after_tail_call(env, insn_idx);
	if (helper_changes_packet(call.row) || writes_packet_dynptr(&call))
		invalidate_packet(env);
	*insn_idx += 1;
	return 0;
}

/* ---- packet loads of classic BPF: calls in disguise ---- */

int check_ld_abs(struct verifier_env *env, const struct bpf_insn *insn, uint32_t *insn_idx)
{
	struct reg *ctx = &cur_regs(env)[BPF_REG_6], zero;
	int err;

	if (!(env->in->type->flags & BPFX_PROG_LD_ABS)) {
		vlog(env, "BPF_LD_[ABS|IND] instructions not allowed for this program type\n");
		return -EINVAL;
	}
	err = check_reserved(env, insn);
	if (!err)
		err = check_reg_arg(env, BPF_REG_6, REG_READ);
	if (!err)
		err = check_ref_leak(env, false, true, "BPF_LD_[ABS|IND]");
	if (err)
		return err;
	if (ctx->type != REG_CTX) {
		vlog(env, "at the time of BPF_LD_ABS|IND R6 != pointer to skb\n");
		return -EINVAL;
	}
	if (BPF_MODE(insn->code) == BPF_IND)
		err = check_reg_arg(env, insn->src_reg, REG_READ);
	if (!err)
		err = check_ptr_off(env, ctx, BPF_REG_6, false);
	if (err)
		return err;
	clear_caller_saved(env, cur_frame(env));
	set_unknown(env, cur_frame(env), BPF_REG_0);
	if (!env->cur->curframe) {
		*insn_idx += 1;
		return 0;
	}
	env_set_unknown(env, &zero);	/* out of bounds returns 0 */
	reg_set_const(&zero, 0);
	return end_function_here(env, insn_idx, &zero);
}
