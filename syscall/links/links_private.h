/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the files that make links share. */
#ifndef SYSCALL_LINKS_PRIVATE_H
#define SYSCALL_LINKS_PRIVATE_H

#include "links.h"

/* A new link of @prog to @hook: fd or -errno. The hook's attach function sees @attr. */
int link_attach(const union bpf_attr *attr, struct kern_prog *prog, const struct bpfx_hook *hook,
		uint64_t cookie);

/* Tell the caller (bpfx_reason()) and the journal why. Return: @err. */
int link_refuse(int err, const struct kern_prog *prog, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A name into the caller's buffer: 0, -EFAULT, or -ENOSPC where it was cut. */
int link_give_name(const char *name, uint64_t user, uint32_t room);

/* Links of iterators: fd or -errno; as raw_tp_fill_info(), raw_tp_fdinfo(). */
int iter_link_create(const union bpf_attr *attr, struct kern_prog *prog);
int iter_link_fill_info(const struct store_obj *obj, struct bpf_link_info *info);
int iter_link_fdinfo(const struct store_obj *obj, char *buf, size_t size);

/* LINK_CREATE of a program that has its tracepoint from the load. */
int raw_tp_link_create(const union bpf_attr *attr, struct kern_prog *prog);

/* LINK_CREATE to a perf event; what its links tell. */
int perf_link_create(const union bpf_attr *attr, struct kern_prog *prog);
int perf_link_fill_info(const struct store_obj *link, struct bpf_link_info *info);
int perf_link_fdinfo(const struct store_obj *link, char *buf, size_t size);

/* Raw tracepoints: 0, -EINVAL, -EFAULT, or -ENOSPC where the name was cut; length of the lines. */
int raw_tp_fill_info(const struct link_shared *shared, struct bpf_link_info *info);
int raw_tp_fdinfo(const struct link_shared *shared, char *buf, size_t size);

#endif
