/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The bpf() commands: one row each, and the gate in front of them. Order of the gate's checks as
 * measured on Linux 6.18: size, bytes beyond the union, reading, then the command number, then
 * bytes behind the last field the command knows.
 */
#include <string.h>

#include "bits.h"
#include "command.h"
#include "commands.h"
#include "err.h"
#include "fault.h"
#include "store.h"

#define ATTR_MAX 4096u

struct command {
	const char *name;
	uint32_t known;			/* end of the last field the command reads */
	int (*run)(struct call *call);
};

#define END_OF(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))

static const struct command commands[] = {
	[BPF_MAP_CREATE] = { "MAP_CREATE", END_OF(excl_prog_hash_size), map_create_command },
	[BPF_MAP_LOOKUP_ELEM] = { "MAP_LOOKUP_ELEM", END_OF(flags), map_lookup_command },
	[BPF_MAP_UPDATE_ELEM] = { "MAP_UPDATE_ELEM", END_OF(flags), map_update_command },
	[BPF_MAP_DELETE_ELEM] = { "MAP_DELETE_ELEM", END_OF(key), map_delete_command },
	[BPF_MAP_GET_NEXT_KEY] = { "MAP_GET_NEXT_KEY", END_OF(next_key), map_next_key_command },
	[BPF_PROG_LOAD] = { "PROG_LOAD", END_OF(keyring_id), prog_load_command },
	[BPF_OBJ_PIN] = { "OBJ_PIN", END_OF(path_fd), obj_pin_command },
	[BPF_OBJ_GET] = { "OBJ_GET", END_OF(path_fd), obj_get_command },
	[BPF_PROG_ATTACH] = { "PROG_ATTACH", END_OF(expected_revision), prog_attach_command },
	[BPF_PROG_DETACH] = { "PROG_DETACH", END_OF(expected_revision), prog_detach_command },
	[BPF_PROG_QUERY] = { "PROG_QUERY", END_OF(query.revision), prog_query_command },
	[BPF_PROG_TEST_RUN] = { "PROG_TEST_RUN", END_OF(test.batch_size), prog_test_run_command },
	[BPF_PROG_GET_NEXT_ID] = { "PROG_GET_NEXT_ID", END_OF(next_id), prog_next_id_command },
	[BPF_MAP_GET_NEXT_ID] = { "MAP_GET_NEXT_ID", END_OF(next_id), map_next_id_command },
	[BPF_PROG_GET_FD_BY_ID] = { "PROG_GET_FD_BY_ID", END_OF(prog_id), prog_fd_by_id_command },
	[BPF_MAP_GET_FD_BY_ID] = { "MAP_GET_FD_BY_ID", END_OF(open_flags), map_fd_by_id_command },
	[BPF_OBJ_GET_INFO_BY_FD] = { "OBJ_GET_INFO_BY_FD", END_OF(info.info), obj_info_command },
	[BPF_RAW_TRACEPOINT_OPEN] = { "RAW_TRACEPOINT_OPEN", END_OF(raw_tracepoint.cookie),
				      raw_tracepoint_open_command },
	[BPF_BTF_LOAD] = { "BTF_LOAD", END_OF(btf_token_fd), btf_load_command },
	[BPF_BTF_GET_FD_BY_ID] = { "BTF_GET_FD_BY_ID", END_OF(fd_by_id_token_fd),
				   btf_fd_by_id_command },
	[BPF_MAP_LOOKUP_AND_DELETE_ELEM] = { "MAP_LOOKUP_AND_DELETE_ELEM", END_OF(flags),
					     map_lookup_and_delete_command },
	[BPF_MAP_FREEZE] = { "MAP_FREEZE", END_OF(map_fd), map_freeze_command },
	[BPF_BTF_GET_NEXT_ID] = { "BTF_GET_NEXT_ID", END_OF(next_id), btf_next_id_command },
	[BPF_MAP_LOOKUP_BATCH] = { "MAP_LOOKUP_BATCH", END_OF(batch.flags),
				   map_lookup_batch_command },
	[BPF_MAP_LOOKUP_AND_DELETE_BATCH] = { "MAP_LOOKUP_AND_DELETE_BATCH", END_OF(batch.flags),
					      map_lookup_and_delete_batch_command },
	[BPF_MAP_UPDATE_BATCH] = { "MAP_UPDATE_BATCH", END_OF(batch.flags),
				   map_update_batch_command },
	[BPF_MAP_DELETE_BATCH] = { "MAP_DELETE_BATCH", END_OF(batch.flags),
				   map_delete_batch_command },
	[BPF_LINK_CREATE] = { "LINK_CREATE", END_OF(link_create.uprobe_multi.pid),
			      link_create_command },
	[BPF_LINK_UPDATE] = { "LINK_UPDATE", END_OF(link_update.old_prog_fd), link_update_command },
	[BPF_LINK_GET_FD_BY_ID] = { "LINK_GET_FD_BY_ID", END_OF(link_id), link_fd_by_id_command },
	[BPF_LINK_GET_NEXT_ID] = { "LINK_GET_NEXT_ID", END_OF(next_id), link_next_id_command },
	[BPF_LINK_DETACH] = { "LINK_DETACH", END_OF(link_detach.link_fd), link_detach_command },
	[BPF_TASK_FD_QUERY] = { "TASK_FD_QUERY", END_OF(task_fd_query.probe_addr),
				task_fd_query_command },
	[BPF_ENABLE_STATS] = { "ENABLE_STATS", END_OF(enable_stats.type), enable_stats_command },
	[BPF_ITER_CREATE] = { "ITER_CREATE", END_OF(iter_create.flags), iter_create_command },
	[BPF_TOKEN_CREATE] = { "TOKEN_CREATE", END_OF(token_create.bpffs_fd),
			       token_create_command },
	[BPF_PROG_STREAM_READ_BY_FD] = { "PROG_STREAM_READ_BY_FD",
					 END_OF(prog_stream_read.prog_fd),
					 prog_stream_read_command },
	[BPF_PROG_BIND_MAP] = { "PROG_BIND_MAP", END_OF(prog_bind_map.flags),
				prog_bind_map_command },
};

/* Bytes beyond our union: for a newer kernel. They must be zero. */
static int check_tail(uint64_t user, uint32_t size)
{
	char tail[256];

	for (uint32_t at = sizeof(union bpf_attr); at < size; at += sizeof(tail)) {
		uint32_t step = MIN(size - at, sizeof(tail));

		if (user_read(tail, user + at, step))
			return -EFAULT;
		if (!is_zero(tail, step))
			return -E2BIG;
	}
	return 0;
}

int command_run(int cmd, uint64_t user_attr, uint32_t size)
{
	const struct command *command;
	struct call call;
	int err;

	if (size > ATTR_MAX)
		return -E2BIG;
	err = check_tail(user_attr, size);
	if (err)
		return err;
	memset(&call, 0, sizeof(call));
	call.user = user_attr;
	call.size = MIN(size, sizeof(call.attr));
	if (user_read(&call.attr, user_attr, call.size))
		return -EFAULT;
	if (cmd < 0 || cmd >= (int)ARRAY_SIZE(commands) || !commands[cmd].run)
		return -EINVAL;
	command = &commands[cmd];
	if (!is_zero((char *)&call.attr + command->known, sizeof(call.attr) - command->known))
		return -EINVAL;
	err = store_use();
	return err ? err : command->run(&call);
}

int call_write(const struct call *call, size_t offset, const void *value, size_t size)
{
	return user_write(call->user + offset, value, size);
}

int call_path(uint64_t user_path, char *out, size_t size)
{
	long len = fault_read_string(out, u64_to_ptr(user_path), size);

	if (len < 0)
		return -EFAULT;
	if (len == (long)size && out[size - 1])
		return -ENAMETOOLONG;
	return out[0] ? 0 : -ENOENT;
}

int call_mode(uint32_t flags, uint32_t *mode)
{
	switch (flags & (BPF_F_RDONLY | BPF_F_WRONLY)) {
	case 0:
		*mode = STORE_READ | STORE_WRITE;
		return 0;
	case BPF_F_RDONLY:
		*mode = STORE_READ;
		return 0;
	case BPF_F_WRONLY:
		*mode = STORE_WRITE;
		return 0;
	default:
		return -EINVAL;
	}
}
