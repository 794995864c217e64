/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What a program names at load that it attaches to: from the caller's fd and type id to facts. */
#include <stdio.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "prog_private.h"
#include "registry.h"

#define BTF_TYPE_MAX 0xfffffu
#define TRACE_PREFIX "btf_trace_"

static bool has_target(const struct load *load)
{
	return load->type && load->type->flags & BPFX_PROG_BTF_TARGET;
}

/* The fd is of a program or of the BTF of kernel or module. */
static int take_fd(struct load *load, int fd)
{
	if (!prog_get_fd(fd, &load->attach_prog))
		return 0;
	load->attach_prog = NULL;
	if (btf_object_get_fd(fd, &load->attach_btf_obj, &load->attach_btf)) {
		load->attach_btf_obj = NULL;
		return -EINVAL;
	}
	return btf_shared_of(load->attach_btf_obj)->kernel ? 0 : -ENOTSUPP;
}

static int take_kernel_btf(struct load *load)
{
	if (!btf_object_get(KERNEL_BTF_ID, &load->attach_btf_obj, &load->attach_btf))
		return 0;
	load->attach_btf_obj = NULL;
	return -EINVAL;
}

/* The target program's own BTF; it may have none. */
static void take_prog_btf(struct load *load)
{
	if (btf_object_get(load->attach_prog->shared->btf_id, &load->attach_btf_obj,
			   &load->attach_btf))
		load->attach_btf_obj = NULL;
}

int resolve_attach(struct load *load)
{
	uint32_t id = load->attr->attach_btf_id;
	int err = 0;

	if (load->attr->attach_prog_fd)
		err = take_fd(load, load->attr->attach_prog_fd);
	else if (id)
		err = take_kernel_btf(load);
	if (err)
		return err;
	if (id && (id > BTF_TYPE_MAX || !has_target(load)))
		return -EINVAL;
	if (load->attach_btf_obj && !id)
		return -EINVAL;
	if (!load->attach_prog)
		return 0;
	if (!has_target(load))
		return -EINVAL;
	take_prog_btf(load);
	return 0;
}

/* ---- what is kept of it with the program ---- */

static const char *target_name(const struct load *load)
{
	return kern_btf_type_name(load->attach_btf,
				  kern_btf_type(load->attach_btf, load->attr->attach_btf_id));
}

void keep_target(struct prog_shared *shared, const struct load *load)
{
	const struct bpfx_hook *hook;

	if (!has_target(load))
		return;
	shared->attach_btf_obj_id = load->attach_btf_obj->id;
	shared->attach_btf_id = load->attr->attach_btf_id;
	shared->max_rdonly_buf = load->result.max_rdonly_buf;
	shared->max_rdwr_buf = load->result.max_rdwr_buf;
	if (load->attr->expected_attach_type != BPF_TRACE_RAW_TP) {
		snprintf(shared->target, sizeof(shared->target), "%s", target_name(load));
		return;
	}
	snprintf(shared->target, sizeof(shared->target), "raw_tp.%s",
		 target_name(load) + strlen(TRACE_PREFIX));
	hook = registry_hook_by_name(shared->target);
	shared->target_sum = hook ? prog_args_sum(hook) : 0;
}
