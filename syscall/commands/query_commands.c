/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Commands that ask or prepare something beside objects: what an fd of a task runs, statistics, tokens,
 * streams of programs, iterators. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bits.h"
#include "command.h"
#include "err.h"
#include "fault.h"
#include "iters.h"
#include "links.h"
#include "privilege.h"
#include "progs.h"

/* ---- TASK_FD_QUERY ---- */

static bool is_task(uint32_t pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u", pid);
	return pid <= INT_MAX && pid && !access(path, F_OK);
}

/* Into the caller's buffer: cut and ended with NUL. The length told is the text's own. */
static int give_text(const union bpf_attr *attr, const char *text)
{
	uint32_t room = attr->task_fd_query.buf_len, len = strlen(text);
	char cut[64];

	if (!room || !attr->task_fd_query.buf)
		return 0;
	snprintf(cut, MIN(room, sizeof(cut)), "%s", text);
	if (user_write(attr->task_fd_query.buf, cut, strlen(cut) + 1))
		return -EFAULT;
	return room > len ? 0 : -ENOSPC;
}

static int tell(struct call *call, const char *text, uint32_t prog_id, uint32_t type)
{
	union bpf_attr out = { 0 };
	int err, result = give_text(&call->attr, text);

	if (result == -EFAULT)
		return result;
	out.task_fd_query.buf_len = strlen(text);
	out.task_fd_query.prog_id = prog_id;
	out.task_fd_query.fd_type = type;
	err = call_write(call, offsetof(union bpf_attr, task_fd_query.buf_len),
			 &out.task_fd_query.buf_len, sizeof(uint32_t));
	err = err ? err : call_write(call, offsetof(union bpf_attr, task_fd_query.prog_id),
				     &out.task_fd_query.prog_id, 24);
	return err ? err : result;
}

static int tell_object(struct call *call, const struct store_obj *obj)
{
	const char *text = obj->kind == STORE_LINK ? link_tracepoint(obj) : NULL;
	uint32_t prog_id;
	int err;

	if (text)
		return tell(call, text, link_prog_id(obj), BPF_FD_TYPE_RAW_TRACEPOINT);
	if (obj->kind != STORE_PERF)
		return -ENOTSUPP;
	err = perf_event_query(obj, &prog_id, &text);
	return err ? err : tell(call, text, prog_id, BPF_FD_TYPE_TRACEPOINT);
}

int task_fd_query_command(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct store_obj *obj;
	int err;

	if (!privileged(PRIVILEGE_SYS_ADMIN))
		return -EPERM;
	if (attr->task_fd_query.flags)
		return -EINVAL;
	if (!is_task(attr->task_fd_query.pid))
		return -ENOENT;
	err = store_get_task_fd(attr->task_fd_query.pid, attr->task_fd_query.fd, &obj);
	if (err)
		return err;
	if (!obj)
		return -ENOTSUPP;
	err = tell_object(call, obj);
	store_put(obj);
	return err;
}

/* ---- ENABLE_STATS ---- */

int enable_stats_command(struct call *call)
{
	if (!privileged(PRIVILEGE_SYS_ADMIN))
		return -EPERM;
	return call->attr.enable_stats.type == BPF_STATS_RUN_TIME ? store_stats_fd() : -EINVAL;
}

/* ---- TOKEN_CREATE: of the bpf file system only, and never in the first user namespace ---- */

int token_create_command(struct call *call)
{
	char root[PATH_MAX];
	struct stat fs, st;

	if (call->attr.token_create.flags)
		return -EINVAL;
	if (fstat(call->attr.token_create.bpffs_fd, &st))
		return -EBADF;
	if (store_bpffs_path("/sys/fs/bpf", root, sizeof(root)) || stat(root, &fs) ||
	    fs.st_dev != st.st_dev || fs.st_ino != st.st_ino)
		return -EINVAL;
	return privileged(PRIVILEGE_BPF) ? -EOPNOTSUPP : -EPERM;
}

/* ---- PROG_STREAM_READ_BY_FD: both streams are there; nothing that runs here writes to them ---- */

#define STREAM_STDOUT 1u
#define STREAM_STDERR 2u

int prog_stream_read_command(struct call *call)
{
	const uint32_t stream = call->attr.prog_stream_read.stream_id;
	struct kern_prog *prog;
	int err = prog_get_fd(call->attr.prog_stream_read.prog_fd, &prog);

	if (err)
		return err;
	prog_put(prog);
	return stream == STREAM_STDOUT || stream == STREAM_STDERR ? 0 : -ENOENT;
}

/* ---- ITER_CREATE ---- */

int iter_create_command(struct call *call)
{
	struct store_obj *obj;
	int ret;

	if (call->attr.iter_create.flags)
		return -EINVAL;
	ret = store_get_fd(call->attr.iter_create.link_fd, STORE_LINK, &obj, NULL);
	if (ret)
		return ret;
	ret = iter_new_fd(obj, O_RDONLY | O_CLOEXEC);
	store_put(obj);
	return ret;
}
