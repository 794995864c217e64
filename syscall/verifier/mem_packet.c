/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Packet memory: only what was compared with the packet's end is there. */
#include "env.h"

/* Direct access depends on the program type, helpers say for themselves whether they take it. */
bool may_access_packet(const struct verifier_env *env, const struct bpfx_helper *helper,
		       enum access access)
{
	uint32_t flags = env->in->type->flags;

	if (helper)
		return helper->flags & BPFX_HELPER_PKT_ACCESS;
	return flags & (access == ACCESS_WRITE ? BPFX_PROG_PKT_WRITE : BPFX_PROG_PKT_READ);
}

int check_packet_access(struct verifier_env *env, uint32_t regno, int32_t off, int64_t size,
			bool zero_ok)
{
	const struct reg *reg = &cur_regs(env)[regno];
	int err;

	if (reg->num.smin < 0) {
		vlog(env, "R%d min value is negative, either use unsigned index or do a if "
		     "(index >=0) check.\n", regno);
		return -EACCES;
	}
	err = reg->range < 0 ? -EINVAL :
		check_fixed_region(env, regno, off, size, reg->range, zero_ok);
	if (err) {
		vlog(env, "R%d offset is outside of the packet\n", regno);
		return err;
	}
	env->max_pkt_offset = MAX(env->max_pkt_offset,
				  (uint32_t)(off + reg->num.umax + size - 1));
	return 0;
}

int access_packet(struct verifier_env *env, const struct mem_access *m, int32_t off)
{
	int err;

	if (m->access == ACCESS_WRITE) {
		if (!may_access_packet(env, NULL, ACCESS_WRITE)) {
			vlog(env, "cannot write into packet\n");
			return -EACCES;
		}
		env->seen_direct_write = true;
		if (m->value_regno >= 0 && reg_is_pointer(env, m->value_regno)) {
			vlog(env, "R%d leaks addr into packet\n", m->value_regno);
			return -EACCES;
		}
	}
	err = check_packet_access(env, m->regno, off, m->size, false);
	if (!err && m->access == ACCESS_READ && m->value_regno >= 0)
		env_set_unknown(env, &cur_regs(env)[m->value_regno]);
	return err;
}
