/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Commands that any kind of object shares: pins, walks over ids, fds by id. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "err.h"
#include "privilege.h"
#include "store.h"

#define PIN_FLAGS ((uint32_t)BPF_F_PATH_FD)
#define GET_FLAGS ((uint32_t)(BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PATH_FD))

/* ---- pins ---- */

/* A path relative to a directory fd. */
static int full_path(const union bpf_attr *attr, char *out, size_t size)
{
	char path[PATH_MAX], dir[PATH_MAX], proc[64];
	ssize_t len;
	int err = call_path(attr->pathname, path, sizeof(path));

	if (err)
		return err;
	if (path[0] == '/' || !(attr->file_flags & BPF_F_PATH_FD)) {
		snprintf(out, size, "%s", path);
		return 0;
	}
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", attr->path_fd);
	len = readlink(proc, dir, sizeof(dir) - 1);
	if (len < 0)
		return -EBADF;
	dir[len] = 0;
	if (snprintf(out, size, "%s/%s", dir, path) >= (int)size)
		return -ENAMETOOLONG;
	return 0;
}

int obj_pin_command(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	char path[2 * PATH_MAX];
	struct store_obj *obj;
	uint32_t id;
	int kind, err;

	if (attr->file_flags & ~PIN_FLAGS || (!(attr->file_flags & BPF_F_PATH_FD) && attr->path_fd))
		return -EINVAL;
	/* A closed fd is EINVAL here, and BTF and perf events cannot be pinned. */
	kind = store_fd_kind(attr->bpf_fd, &id);
	if (kind <= 0 || kind == STORE_BTF || kind == STORE_PERF)
		return -EINVAL;
	err = store_get_fd(attr->bpf_fd, kind, &obj, NULL);
	if (err)
		return -EINVAL;
	err = full_path(attr, path, sizeof(path));
	err = err ? err : store_pin(obj, path);
	store_put(obj);
	return err;
}

int obj_get_command(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	char path[2 * PATH_MAX];
	enum store_kind kind;
	uint32_t id, mode;
	int err;

	if (attr->bpf_fd || attr->file_flags & ~GET_FLAGS ||
	    (!(attr->file_flags & BPF_F_PATH_FD) && attr->path_fd))
		return -EINVAL;
	err = call_mode(attr->file_flags, &mode);
	err = err ? err : full_path(attr, path, sizeof(path));
	err = err ? err : store_get_pinned(path, &kind, &id);
	if (err)
		return err;
	if (kind == STORE_LINK) {
		if (mode != (STORE_READ | STORE_WRITE))
			return -EINVAL;
		mode = STORE_READ;
	} else if (kind == STORE_PROG) {
		mode = STORE_READ | STORE_WRITE;	/* access flags mean nothing to it */
	}
	return store_fd_by_id(kind, id, mode);
}

/* ---- walks ---- */

static int next_id(struct call *call, enum store_kind kind)
{
	uint32_t next;
	int err;

	if (call->attr.start_id >= INT_MAX)
		return -EINVAL;
	if (!privileged(PRIVILEGE_SYS_ADMIN))
		return -EPERM;
	err = store_next_id(kind, call->attr.start_id, &next);
	return err ? err
		   : call_write(call, offsetof(union bpf_attr, next_id), &next, sizeof(next));
}

int prog_next_id_command(struct call *call)
{
	return next_id(call, STORE_PROG);
}

int map_next_id_command(struct call *call)
{
	return next_id(call, STORE_MAP);
}

int btf_next_id_command(struct call *call)
{
	return next_id(call, STORE_BTF);
}

int link_next_id_command(struct call *call)
{
	return next_id(call, STORE_LINK);
}

/* ---- fds by id ---- */

static int fd_by_id(enum store_kind kind, uint32_t id, uint32_t mode)
{
	return privileged(PRIVILEGE_SYS_ADMIN) ? store_fd_by_id(kind, id, mode) : -EPERM;
}

int prog_fd_by_id_command(struct call *call)
{
	return fd_by_id(STORE_PROG, call->attr.prog_id, STORE_READ | STORE_WRITE);
}

int map_fd_by_id_command(struct call *call)
{
	uint32_t mode;
	int err;

	if (call->attr.open_flags & ~(uint32_t)(BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	err = privileged(PRIVILEGE_SYS_ADMIN) ? 0 : -EPERM;
	err = err ? err : call_mode(call->attr.open_flags, &mode);
	return err ? err : store_fd_by_id(STORE_MAP, call->attr.map_id, mode);
}

int btf_fd_by_id_command(struct call *call)
{
	if (call->attr.open_flags & ~BPF_F_TOKEN_FD)
		return -EINVAL;
	if (call->attr.open_flags & BPF_F_TOKEN_FD)	/* no fd of this kernel is a token */
		return store_fd_kind(call->attr.fd_by_id_token_fd, NULL) == -EBADF ? -EBADF : -EINVAL;
	return fd_by_id(STORE_BTF, call->attr.btf_id, STORE_READ);
}

int link_fd_by_id_command(struct call *call)
{
	return fd_by_id(STORE_LINK, call->attr.link_id, STORE_READ);
}
