/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Program, BTF and link commands: thin, the rooms behind do the work. */
#include <stdlib.h>

#include "btf_objects.h"
#include "command.h"
#include "err.h"
#include "fault.h"
#include "links.h"
#include "privilege.h"
#include "progs.h"
#include "ulog.h"

#define BTF_MAX_BLOB (16u << 20)

int prog_load_command(struct call *call)
{
	return prog_load(&call->attr, call->user, call->size);
}

int prog_test_run_command(struct call *call)
{
	return prog_test_run(&call->attr, call->user, &link_host);
}

int prog_bind_map_command(struct call *call)
{
	struct kern_prog *prog;
	struct kern_map *map;
	int err;

	if (call->attr.prog_bind_map.flags)
		return -EINVAL;
	err = prog_get_fd(call->attr.prog_bind_map.prog_fd, &prog);
	if (err)
		return err;
	err = map_get_fd(call->attr.prog_bind_map.map_fd, &map, NULL);
	if (!err) {
		err = prog_bind_map(prog, map);
		map_put(map);
	}
	prog_put(prog);
	return err;
}

/* ---- BTF ---- */

static int read_btf(const union bpf_attr *attr, void **out)
{
	int err;

	*out = malloc(attr->btf_size + 1);
	if (!*out)
		return -ENOMEM;
	err = user_read(*out, attr->btf, attr->btf_size);
	if (err)
		free(*out);
	return err;
}

int btf_load_command(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	size_t at = offsetof(union bpf_attr, btf_log_true_size);
	uint32_t true_size;
	struct ulog log;
	void *data;
	int ret, err;

	if (attr->btf_flags & ~BPF_F_TOKEN_FD)
		return -EINVAL;
	if (attr->btf_flags & BPF_F_TOKEN_FD)	/* no fd of this kernel is a token */
		return store_fd_kind(attr->btf_token_fd, NULL) == -EBADF ? -EBADF : -EINVAL;
	if (!privileged(PRIVILEGE_BPF))
		return -EPERM;
	if (attr->btf_size > BTF_MAX_BLOB)
		return -E2BIG;
	err = ulog_init(&log, attr->btf_log_level, attr->btf_log_buf, attr->btf_log_size);
	if (err)
		return err;
	fault_check_handler();
	err = read_btf(attr, &data);
	if (err)		/* the log is not finished then, and says nothing of its size */
		return err;
	ret = btf_object_create(data, attr->btf_size, &log);
	free(data);
	err = ulog_finish(&log, &true_size);
	if (call->size >= at + sizeof(true_size) &&
	    call_write(call, at, &true_size, sizeof(true_size)))
		err = err ? err : -EFAULT;
	if (err && ret >= 0)
		store_close_fd(ret);
	return err ? err : ret;
}

/* ---- attachments ---- */

int prog_attach_command(struct call *call)
{
	return prog_attach(&call->attr);
}

int prog_detach_command(struct call *call)
{
	return prog_detach(&call->attr);
}

int prog_query_command(struct call *call)
{
	return prog_query(&call->attr, call->user, call->size);
}

int link_create_command(struct call *call)
{
	return link_create(&call->attr);
}

int link_detach_command(struct call *call)
{
	return link_detach(call->attr.link_detach.link_fd);
}

int link_update_command(struct call *call)
{
	return link_update(&call->attr);
}

int raw_tracepoint_open_command(struct call *call)
{
	return raw_tracepoint_open(&call->attr);
}
