/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Links: their life and their names in the bpf file system. */
#include "link.h"

#include "pin_path.h"
#include "sys.h"

static int close_link_fd(struct bpf_link *link)
{
	sys_close(link->fd);
	return 0;
}

struct bpf_link *link_from_fd(int fd)
{
	struct bpf_link *link = calloc(1, sizeof(*link));

	if (!link) {
		sys_close(fd);
		return libbpf_err_ptr(-ENOMEM);
	}
	link->fd = fd;
	link->detach = close_link_fd;
	return link;
}

int link_program_fd(const struct bpf_program *prog)
{
	if (prog->fd >= 0)
		return prog->fd;
	pr_warn("prog '%s': can't attach BPF program without FD (was it loaded?)\n", prog->name);
	return -EINVAL;
}

struct bpf_link *link_failed(const struct bpf_program *prog, const char *what, int err)
{
	pr_warn("prog '%s': failed to attach to %s: %s\n", prog->name, what, errstr(err));
	return libbpf_err_ptr(err);
}

struct bpf_link *make_link(const struct bpf_program *prog, int target, const char *what,
			     const struct bpf_link_create_opts *opts)
{
	int prog_fd = link_program_fd(prog), fd;

	if (prog_fd < 0)
		return libbpf_err_ptr(prog_fd);
	fd = bpf_link_create(prog_fd, target, prog->expected_attach_type, opts);
	return fd < 0 ? link_failed(prog, what, fd) : link_from_fd(fd);
}

/* ---- life ---- */

int bpf_link__fd(const struct bpf_link *link)
{
	return link->fd;
}

void bpf_link__disconnect(struct bpf_link *link)
{
	link->disconnected = true;
}

int bpf_link__destroy(struct bpf_link *link)
{
	int err = 0;

	if (!link || (unsigned long)link >= (unsigned long)-4095)
		return 0;
	if (!link->disconnected && link->detach)
		err = link->detach(link);
	free(link->pin_path);
	if (link->dealloc)
		link->dealloc(link);
	else
		free(link);
	return libbpf_err(err);
}

int bpf_link__detach(struct bpf_link *link)
{
	return bpf_link_detach(link->fd);
}

int bpf_link__update_program(struct bpf_link *link, struct bpf_program *prog)
{
	int prog_fd = bpf_program__fd(prog);

	if (prog_fd < 0) {
		pr_warn("prog '%s': can't use BPF program without FD (was it loaded?)\n",
			prog->name);
		return libbpf_err(-EINVAL);
	}
	return bpf_link_update(link->fd, prog_fd, NULL);
}

/* ---- pins ---- */

struct bpf_link *bpf_link__open(const char *path)
{
	struct bpf_link *link;
	int fd;

	fd = bpf_obj_get(path);
	if (fd < 0) {
		pr_warn("failed to open link at %s: %s\n", path, errstr(fd));
		return libbpf_err_ptr(fd);
	}
	link = link_from_fd(fd);
	if (!link)
		return NULL;
	link->pin_path = strdup(path);
	if (!link->pin_path) {
		bpf_link__destroy(link);
		return libbpf_err_ptr(-ENOMEM);
	}
	return link;
}

const char *bpf_link__pin_path(const struct bpf_link *link)
{
	return link->pin_path;
}

int bpf_link__pin(struct bpf_link *link, const char *path)
{
	int err;

	if (link->pin_path)
		return libbpf_err(-EBUSY);
	err = pin_path_prepare(path);
	if (err)
		return libbpf_err(err);
	link->pin_path = strdup(path);
	if (!link->pin_path)
		return libbpf_err(-ENOMEM);
	err = bpf_obj_pin(link->fd, path);
	if (err) {
		free(link->pin_path);
		link->pin_path = NULL;
		return libbpf_err(err);
	}
	pr_debug("link fd=%d: pinned at %s\n", link->fd, path);
	return 0;
}

int bpf_link__unpin(struct bpf_link *link)
{
	int err;

	if (!link->pin_path)
		return libbpf_err(-EINVAL);
	err = pin_path_remove(link->pin_path);
	if (err)
		return libbpf_err(err);
	pr_debug("link fd=%d: unpinned from %s\n", link->fd, link->pin_path);
	free(link->pin_path);
	link->pin_path = NULL;
	return 0;
}
