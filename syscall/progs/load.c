/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BPF_PROG_LOAD, step by step: each step is a function, in Linux's order of checks. */
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "fault.h"
#include "helpers.h"
#include "journal.h"
#include "privilege.h"
#include "prog_private.h"
#include "registry.h"

#define LOAD_FLAGS (BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT | BPF_F_TEST_STATE_FREQ | \
		    BPF_F_SLEEPABLE | BPF_F_TEST_RND_HI32 | BPF_F_XDP_HAS_FRAGS | \
		    BPF_F_XDP_DEV_BOUND_ONLY | BPF_F_TEST_REG_INVARIANTS)
#define INSNS_MAX	       1000000u
#define INSNS_MAX_UNPRIVILEGED 4096u

static const char *const gpl_licenses[] = {
	"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
};

static bool is_gpl_compatible(const char *license)
{
	for (size_t i = 0; i < ARRAY_SIZE(gpl_licenses); i++)
		if (!strcmp(license, gpl_licenses[i]))
			return true;
	return false;
}

/* Before attach types existed a cgroup socket program said 0 and meant "create". */
static uint32_t attach_type_of(const union bpf_attr *attr)
{
	if (attr->prog_type == BPF_PROG_TYPE_CGROUP_SOCK && !attr->expected_attach_type)
		return BPF_CGROUP_INET_SOCK_CREATE;
	return attr->expected_attach_type;
}

static int check_shape(const union bpf_attr *attr)
{
	if (attr->prog_flags & ~LOAD_FLAGS)
		return -EINVAL;
	return 0;
}

/* Who may load what, and how much of it. */
static int check_privilege(const struct load *load)
{
	const uint32_t limit = load->cap_bpf ? INSNS_MAX : INSNS_MAX_UNPRIVILEGED;
	const uint32_t flags = load->type ? load->type->flags : 0;

	if (!load->cap_bpf && store_sysctl("unprivileged_bpf_disabled", 2))
		return -EPERM;
	if (!load->attr->insn_cnt || load->attr->insn_cnt > limit)
		return -E2BIG;
	if ((!load->cap_bpf && !(flags & BPFX_PROG_UNPRIV)) ||
	    (flags & BPFX_PROG_CAP_NET_ADMIN && !(flags & BPFX_PROG_UNPRIV) &&
	     !privileged(PRIVILEGE_NET_ADMIN)) ||
	    (flags & BPFX_PROG_CAP_PERFMON && !privileged(PRIVILEGE_PERFMON)))
		return -EPERM;
	return 0;
}

static int check_attach_type(const union bpf_attr *attr, const struct bpfx_prog_type *type)
{
	uint32_t wanted = attach_type_of(attr);

	if (!type || !(type->flags & BPFX_PROG_ATTACH_CHECKED))
		return 0;
	for (uint32_t i = 0; i < type->attach_type_cnt; i++)
		if (type->attach_types[i] == wanted)
			return 0;
	return -EINVAL;
}

/* Programs bound to a device: only two types know the idea, and no device here takes one. */
static int check_device(const union bpf_attr *attr)
{
	const uint32_t bound_flags = BPF_F_XDP_DEV_BOUND_ONLY | BPF_F_XDP_HAS_FRAGS;
	bool bound_only = attr->prog_flags & BPF_F_XDP_DEV_BOUND_ONLY;
	char name[IF_NAMESIZE];

	if (!attr->prog_ifindex)
		return 0;
	if (attr->prog_type != BPF_PROG_TYPE_XDP &&
	    (attr->prog_type != BPF_PROG_TYPE_SCHED_CLS || bound_only))
		return -EINVAL;
	/* An offloaded program has no fragments, and no other flag is for either. */
	if (attr->prog_flags & ~(bound_only ? bound_flags : 0))
		return -EINVAL;
	return if_indextoname(attr->prog_ifindex, name) ? -EOPNOTSUPP : -EINVAL;
}

static int copy_insns(struct load *load)
{
	size_t size = load->attr->insn_cnt * sizeof(*load->insns);

	load->insns = malloc(size);
	if (!load->insns)
		return -ENOMEM;
	return user_read(load->insns, load->attr->insns, size);
}

static int copy_license(struct load *load)
{
	const char *text = u64_to_ptr(load->attr->license);

	if (fault_read_string(load->license, text, sizeof(load->license)) < 0)
		return -EFAULT;
	load->license[sizeof(load->license) - 1] = 0;
	load->gpl_compatible = is_gpl_compatible(load->license);
	return 0;
}

static int begin_log(struct load *load)
{
	const union bpf_attr *attr = load->attr;

	return ulog_init(&load->log, attr->log_level, attr->log_buf, attr->log_size);
}

/* A store without one is as a kernel without BTF. */
static const struct kern_btf *kernel_btf(struct load *load, bool *foreign)
{
	const struct kern_btf *btf = NULL;

	*foreign = false;
	if (btf_object_get(KERNEL_BTF_ID, &load->kernel_btf_obj, &btf))
		return NULL;
	*foreign = btf_shared_of(load->kernel_btf_obj)->foreign;
	return btf;
}

static bool has_tracepoint(const char *name)
{
	char hook_name[PROG_TARGET_NAME + 8];

	snprintf(hook_name, sizeof(hook_name), "raw_tp.%.*s", (int)PROG_TARGET_NAME, name);
	return registry_hook_by_name(hook_name);
}

static int verify(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	bool foreign;
	const struct kern_btf *kernel = kernel_btf(load, &foreign);
	struct verifier_input in = {
		.insns = load->insns,
		.insn_cnt = attr->insn_cnt,
		.type = load->type,
		.type_number = attr->prog_type,
		.expected_attach_type = attach_type_of(attr),
		.prog_flags = attr->prog_flags,
		.name = load->name,
		.gpl_compatible = load->gpl_compatible,
		.maps = load->facts,
		.map_cnt = load->map_cnt,
		.refs = load->refs,
		.ref_cnt = load->ref_cnt,
		.helper = helper_row,
		.helper_name = helper_name,
		.kfunc = kfunc_row,
		.format_is_good = helper_format_is_good,
		.btf = load->btf,
		.func_info = load->func_info,
		.func_info_cnt = load->func_info_cnt,
		.line_info = load->line_info,
		.line_info_cnt = load->line_info_cnt,
		.core_relos = load->core_relos,
		.core_relo_cnt = load->core_relo_cnt,
		.fd_array_unread = load->fd_array_unread,
		.btf_unread = load->btf_unread,
		.func_unread = load->func_unread,
		.line_unread = load->line_unread,
		.core_unread = load->core_unread,
		.kernel_btf = kernel,
		.kernel_is_foreign = foreign,
		.modules = load->modules,
		.module_cnt = load->module_cnt,
		.has_fd_array = attr->fd_array,
		.attach_btf_id = attr->attach_btf_id,
		.attach_btf = load->attach_btf,
		.has_tracepoint = has_tracepoint,
		.iterator = iter_facts,
		.nr_cpus = store_possible_cpus(),
		.cap_bpf = load->cap_bpf,
		.cap_perfmon = privileged(PRIVILEGE_PERFMON),
		.cap_net_admin = privileged(PRIVILEGE_NET_ADMIN),
		.cap_sys_admin = privileged(PRIVILEGE_SYS_ADMIN),
		.log_level = attr->log_level,
		.log = &load->log,
	};

	if (load->attach_prog) {
		in.attaches_to_prog = true;
		in.attach_funcs = prog_section(load->attach_prog, load->attach_prog->shared->func_info);
		in.attach_func_cnt = load->attach_prog->shared->func_info_cnt;
	}
	load->verified = true;
	return verify_program(&in, &load->result);
}

/* The log is copied out whatever happened; a cut one makes the load fail. */
static int finish_log(struct load *load, int err, uint64_t user_attr, uint32_t user_size)
{
	uint32_t true_size;
	int log_err = ulog_finish(&load->log, &true_size);

	if (user_size >= offsetof(union bpf_attr, log_true_size) + sizeof(true_size) &&
	    user_write(user_attr + offsetof(union bpf_attr, log_true_size), &true_size,
		       sizeof(true_size)))
		log_err = log_err ? log_err : -EFAULT;
	return log_err ? log_err : err;
}

static int check_and_verify(struct load *load, uint64_t user_attr, uint32_t user_size)
{
	int err = begin_log(load);

	if (err)
		return err;
	prog_digest(load->insns, load->attr->insn_cnt, load->digest);
	copy_btf_info(load);
	add_fd_array(load);
	err = prog_hash_kind(load);
	resolve_modules(load);
	err = err ? err : resolve_references(load);
	err = err ? err : verify(load);
	if (err == -E2BIG && write_record_size(load, user_attr))
		err = -EFAULT;
	return finish_log(load, err, user_attr, user_size);
}

static void load_free(struct load *load)
{
	if (load->verified)
		verifier_result_free(&load->result);
	for (uint32_t i = 0; i < load->map_cnt; i++) {
		map_facts_free(load->facts[i]);
		map_put(load->maps[i]);
	}
	for (uint32_t i = 0; i < load->more_btf_cnt; i++)
		store_put(load->more_btf[i]);
	if (load->attach_btf_obj)
		store_put(load->attach_btf_obj);
	if (load->attach_prog)
		prog_put(load->attach_prog);
	if (load->btf_obj)
		store_put(load->btf_obj);
	if (load->kernel_btf_obj)
		store_put(load->kernel_btf_obj);
	for (uint32_t i = 0; i < load->module_cnt; i++)
		if (load->module_objs[i])
			store_put(load->module_objs[i]);
	free(load->refs);
	free(load->func_info);
	free(load->line_info);
	free(load->core_relos);
	free(load->insns);
}

static int gather(struct load *load)
{
	int err = check_shape(load->attr);

	if (err)
		return err;
	load->type = registry_prog_type(load->attr->prog_type);
	load->cap_bpf = privileged(PRIVILEGE_BPF);
	err = check_privilege(load);
	err = err ? err : resolve_attach(load);
	err = err ? err : check_attach_type(load->attr, load->type);
	err = err ? err : copy_insns(load);
	err = err ? err : copy_license(load);
	if (!err && load->attr->signature)
		err = -EOPNOTSUPP;	/* a kernel without keys */
	err = err ? err : check_device(load->attr);
	if (err)
		return err;
	if (!load->type) {
		if (load->attr->prog_type >= BPFX_TYPE_DYNAMIC)
			journal_note("a program is not loaded: nobody here has program type %u",
				     load->attr->prog_type);
		return -EINVAL;
	}
	err = kern_object_name(load->name, load->attr->prog_name, sizeof(load->attr->prog_name));
	return err < 0 ? err : 0;
}

/* A prog array belongs to the kind of program that used it first. */
static int claim_prog_arrays(struct load *load)
{
	int err = 0;

	for (uint32_t i = 0; i < load->map_cnt && !err; i++)
		if (load->maps[i]->type == BPF_MAP_TYPE_PROG_ARRAY)
			err = prog_array_claim(load->maps[i], load->attr->prog_type,
					       attach_type_of(load->attr), load->attr->prog_flags);
	return err;
}

int prog_load(const union bpf_attr *attr, uint64_t user_attr, uint32_t user_size)
{
	struct load load = { .attr = attr };
	int ret = store_use();

	if (ret)
		return ret;
	fault_check_handler();
	ret = gather(&load);
	ret = ret ? ret : check_and_verify(&load, user_attr, user_size);
	ret = ret ? ret : claim_prog_arrays(&load);
	ret = ret ? ret : prog_publish(&load);
	load_free(&load);
	return ret;
}
