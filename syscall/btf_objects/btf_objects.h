/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF as an object of the store: raw data in a file, and this process's parsed view of it. */
#ifndef SYSCALL_BTF_OBJECTS_H
#define SYSCALL_BTF_OBJECTS_H

#include "btf.h"
#include <stdatomic.h>
#include "store.h"

struct ulog;

/* Id of the kernel's own BTF, as on Linux. */
#define KERNEL_BTF_ID 1u

#define BTF_MODULE_NAME 64

/* Facts in the object's header. */
struct btf_shared {
	uint32_t size;
	uint32_t kernel;	/* the emulated kernel's own: "vmlinux" */
	char module[BTF_MODULE_NAME];	/* kernel: of an extension, named so; "": the kernel's itself */
	uint32_t foreign;	/* kernel: a file that stands for it, see BPF_SHIM_KERNEL_BTF */
};

/* BTF_LOAD after the gate: check @size bytes at @data and make an object. Return: fd or -errno. */
int btf_object_create(const void *data, uint32_t size, struct ulog *log);

/**
 * btf_object_add_module() - BTF of an extension's kernel functions, on top of the kernel's
 *
 * It stays as long as the store: another process that registers the same extension finds it.
 * Return: 0 or -errno.
 */
int btf_object_add_module(const char *name, const void *data, uint32_t size);

/* Parsed view of an object in hand; owned by it, valid while it is in use. */
int btf_object_view(struct store_obj *obj, const struct kern_btf **btf);

/* By fd and by id; give back with store_put(). -EBADF, -EINVAL, -ENOENT, -ENOMEM. */
int btf_object_get_fd(int fd, struct store_obj **obj, const struct kern_btf **btf);
int btf_object_get(uint32_t id, struct store_obj **obj, const struct kern_btf **btf);

static inline struct btf_shared *btf_shared_of(const struct store_obj *obj)
{
	return (struct btf_shared *)obj->header->room;
}

#endif
