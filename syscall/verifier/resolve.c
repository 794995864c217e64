/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* 64-bit immediates: what they refer to; and instructions that do not exist. */
#include "env.h"

static const struct verifier_ref *ref_of(const struct verifier_env *env, uint32_t insn)
{
	uint32_t low = 0, high = env->in->ref_cnt;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (env->in->refs[middle].insn == insn)
			return &env->in->refs[middle];
		if (env->in->refs[middle].insn < insn)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static int refuse_map(struct verifier_env *env, const struct bpf_insn *insn, int err)
{
	if (err == -EPROTO)
		vlog(env, "fd_idx without fd_array is invalid\n");
	else if (err == -E2BIG)
		vlog(env, "The total number of maps per program has reached the limit of %u\n",
		     MAX_MAPS);
	else
		vlog(env, "fd %d is not pointing to valid bpf_map\n", insn->imm);
	return err;
}

static int check_value_address(struct verifier_env *env, const struct verifier_map *map,
			       uint32_t off)
{
	int err = 0;

	if (map->type != BPF_MAP_TYPE_ARRAY && !map->direct_value_addr) {
		vlog(env, "no direct value access support for this map type\n");
		return -EINVAL;
	}
	if (map->max_entries != 1)
		err = -ENOTSUPP;
	else if (off >= map->value_size)
		err = -EINVAL;
	if (err)
		vlog(env, "invalid access to map value pointer, value_size=%u off=%u\n",
		     map->value_size, off);
	return err;
}

/* Of the types there are. */
static bool fits_sleepable(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return true;
	default:
		return false;
	}
}

/* Locks and timers are not for programs that run anywhere. */
static int check_map_fits(struct verifier_env *env, const struct verifier_map *map)
{
	uint32_t flags = env->in->type->flags;
	bool tracing = flags & BPFX_PROG_CAP_PERFMON && !(flags & BPFX_PROG_BTF_TARGET);
	/* Anybody may load it and it reads packets the classic way: a socket filter. */
	bool filter = (flags & BPFX_PROG_UNPRIV) && (flags & BPFX_PROG_LD_ABS);

	if ((map->fields.mask & (BTF_FIELD_LIST_HEAD | BTF_FIELD_RB_ROOT)) && tracing) {
		vlog(env, "tracing progs cannot use bpf_{list_head,rb_root} yet\n");
		return -EINVAL;
	}
	if ((map->fields.mask & BTF_FIELD_SPIN_LOCK) && (tracing || filter)) {
		vlog(env, "%s progs cannot use bpf_spin_lock yet\n",
		     filter ? "socket filter" : "tracing");
		return -EINVAL;
	}
	if ((map->fields.mask & BTF_FIELD_TIMER) && tracing) {
		vlog(env, "tracing progs cannot use bpf_timer yet\n");
		return -EINVAL;
	}
	if (env->in->prog_flags & BPF_F_SLEEPABLE && !fits_sleepable(map->type)) {
		vlog(env, "Sleepable programs can only use array, hash, ringbuf and local storage "
		     "maps\n");
		return -EINVAL;
	}
	return 0;
}

static int resolve_map(struct verifier_env *env, const struct bpf_insn *insn, uint32_t idx)
{
	bool value = insn->src_reg == BPF_PSEUDO_MAP_VALUE ||
		     insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE;
	const struct verifier_ref *ref;
	int err;

	if (!value && ((insn->src_reg != BPF_PSEUDO_MAP_FD && insn->src_reg != BPF_PSEUDO_MAP_IDX) ||
		       insn[1].imm)) {
		vlog(env, "unrecognized bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
	ref = ref_of(env, idx);
	if (!ref || ref->map < 0)
		return refuse_map(env, insn, ref ? ref->map : -EBADF);
	if ((uint32_t)ref->map >= env->in->map_cnt || ref->map >= MAX_MAPS)
		return refuse_map(env, insn, -E2BIG);
	err = check_map_fits(env, env->in->maps[ref->map]);
	if (err)
		return err;
	env->aux[idx].map = ref->map + 1;
	if (!value)
		return 0;
	env->aux[idx].map_off = insn[1].imm;
	return check_value_address(env, env->in->maps[ref->map], insn[1].imm);
}

static int resolve_one(struct verifier_env *env, const struct bpf_insn *insn, uint32_t idx)
{
	if (idx == env->insn_cnt - 1 || insn[1].code || insn[1].dst_reg || insn[1].src_reg ||
	    insn[1].off) {
		vlog(env, "invalid bpf_ld_imm64 insn\n");
		return -EINVAL;
	}
	if (!insn->src_reg || insn->src_reg == BPF_PSEUDO_FUNC)
		return 0;
	if (insn->src_reg == BPF_PSEUDO_BTF_ID) {
		vlog(env, "kernel doesn't have btf_id %u\n", (uint32_t)insn->imm);
		return -ENOENT;
	}
	return resolve_map(env, insn, idx);
}

int resolve_ld_imm64(struct verifier_env *env)
{
	for (uint32_t i = 0; i < env->insn_cnt; i++) {
		const struct bpf_insn *insn = &env->insns[i];
		uint8_t mode = BPF_MODE(insn->code);

		if (BPF_CLASS(insn->code) == BPF_LDX &&
		    ((mode != BPF_MEM && mode != BPF_MEMSX) || insn->imm)) {
			vlog(env, "BPF_LDX uses reserved fields\n");
			return -EINVAL;
		}
		if (insn_is_ld_imm64(insn)) {
			int err = resolve_one(env, insn, i);

			if (err)
				return err;
			i++;
			continue;
		}
		if (!insn_opcode_known(insn->code)) {
			vlog(env, "unknown opcode %02x\n", insn->code);
			return -EINVAL;
		}
	}
	return 0;
}
