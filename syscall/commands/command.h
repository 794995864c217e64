/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Inside of the commands room: what a handler gets, and the handlers. */
#ifndef SYSCALL_COMMANDS_COMMAND_H
#define SYSCALL_COMMANDS_COMMAND_H

#include <stddef.h>
#include <stdint.h>
#include <linux/bpf.h>

/* One call: a complete, zero-filled copy of the caller's attr, and where results go. */
struct call {
	union bpf_attr attr;
	uint64_t user;		/* address of the caller's attr */
	uint32_t size;		/* bytes there */
};

/* Write an output field of the caller's attr: 0 or -EFAULT. */
int call_write(const struct call *call, size_t offset, const void *value, size_t size);

/* Path argument: 0, -EFAULT, -ENAMETOOLONG, -ENOENT for an empty one. */
int call_path(uint64_t user_path, char *out, size_t size);

/* Access mode from BPF_F_RDONLY and BPF_F_WRONLY; -EINVAL for both. */
int call_mode(uint32_t flags, uint32_t *mode);

int map_create_command(struct call *call);
int map_lookup_command(struct call *call);
int map_update_command(struct call *call);
int map_delete_command(struct call *call);
int map_next_key_command(struct call *call);
int map_lookup_and_delete_command(struct call *call);
int map_freeze_command(struct call *call);

int map_lookup_batch_command(struct call *call);
int map_lookup_and_delete_batch_command(struct call *call);
int map_update_batch_command(struct call *call);
int map_delete_batch_command(struct call *call);

int prog_load_command(struct call *call);
int prog_test_run_command(struct call *call);
int prog_bind_map_command(struct call *call);
int btf_load_command(struct call *call);
int prog_attach_command(struct call *call);
int prog_detach_command(struct call *call);
int prog_query_command(struct call *call);
int link_create_command(struct call *call);
int link_detach_command(struct call *call);
int link_update_command(struct call *call);
int raw_tracepoint_open_command(struct call *call);
int task_fd_query_command(struct call *call);
int enable_stats_command(struct call *call);
int token_create_command(struct call *call);
int prog_stream_read_command(struct call *call);
int iter_create_command(struct call *call);

int obj_pin_command(struct call *call);
int obj_get_command(struct call *call);
int prog_next_id_command(struct call *call);
int map_next_id_command(struct call *call);
int btf_next_id_command(struct call *call);
int link_next_id_command(struct call *call);
int prog_fd_by_id_command(struct call *call);
int map_fd_by_id_command(struct call *call);
int btf_fd_by_id_command(struct call *call);
int link_fd_by_id_command(struct call *call);
int obj_info_command(struct call *call);

#endif
