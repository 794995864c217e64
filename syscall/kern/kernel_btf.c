/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The kernel's own BTF: object 1, or the file that BPF_SHIM_KERNEL_BTF names; BTF of extensions. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "btf_objects.h"
#include "err.h"
#include "helpers.h"
#include "kern_private.h"
#include "log.h"
#include "raw.h"
#include "registry.h"
#include "runtime_btf.h"

/* ---- functions that it names ---- */

struct funcs {
	struct btf_func_def *at;	/* NULL: they are only counted */
	uint32_t cnt;
};

static void add(struct funcs *funcs, enum btf_func_kind kind, const char *name, const char *ret,
		const struct bpfx_param *params, uint32_t param_cnt)
{
	if (funcs->at)
		funcs->at[funcs->cnt] = (struct btf_func_def){ kind, name, ret, params, param_cnt };
	funcs->cnt++;
}

static void add_kfunc(struct funcs *funcs, const struct bpfx_kfunc *kfunc)
{
	uint32_t cnt = 0;

	while (cnt < BPFX_KFUNC_PARAMS && kfunc->params[cnt].type)
		cnt++;
	add(funcs, BTF_FUNC_KFUNC, kfunc->name, kfunc->ret, kfunc->params, cnt);
}

static void add_tracepoints(struct funcs *funcs, const struct bpfx_extension *ext)
{
	for (uint32_t i = 0; i < ext->hook_cnt; i++)
		if (ext->hooks[i].args)
			add(funcs, BTF_FUNC_TRACEPOINT, ext->hooks[i].name + strlen("raw_tp."), "void",
			    ext->hooks[i].args, ext->hooks[i].arg_cnt);
}

static void add_iterator(struct funcs *funcs, const struct iter_target *target)
{
	uint32_t cnt = 0;

	while (cnt < VERIFIER_ITERATOR_ARGS && target->params[cnt].type)
		cnt++;
	add(funcs, BTF_FUNC_PLAIN, target->function, "int", target->params, cnt);
}

static void add_kernels_own(struct funcs *funcs, const struct bpfx_extension *unused)
{
	const struct iter_target *target;
	const struct bpfx_kfunc *kfunc;

	for (uint32_t n = 0; (kfunc = kfunc_runtime_row(n)); n++)
		add_kfunc(funcs, kfunc);
	for (uint32_t n = 0; (target = iter_target_row(n)); n++)
		add_iterator(funcs, target);
	for (uint32_t n = 0; registry_builtin(n); n++)
		add_tracepoints(funcs, registry_builtin(n));
}

/* Tracepoints of built-in extensions are the kernel's own. */
static void add_extensions(struct funcs *funcs, const struct bpfx_extension *ext)
{
	for (uint32_t i = 0; i < ext->kfunc_cnt; i++)
		add_kfunc(funcs, &ext->kfuncs[i]);
	if (!registry_is_builtin(ext))
		add_tracepoints(funcs, ext);
}

/* Counted, then listed; to be freed. 0 or -ENOMEM. */
static int list(void (*add_all)(struct funcs *, const struct bpfx_extension *),
		const struct bpfx_extension *ext, struct funcs *funcs)
{
	*funcs = (struct funcs){ 0 };
	add_all(funcs, ext);
	funcs->at = calloc(funcs->cnt + 1, sizeof(*funcs->at));
	if (!funcs->at)
		return -ENOMEM;
	funcs->cnt = 0;
	add_all(funcs, ext);
	return 0;
}

/* ---- the kernel's ---- */

static int read_file(const char *path, void **data, uint32_t *size)
{
	int fd = raw_open(path, O_RDONLY | O_CLOEXEC), err = -EIO;
	size_t done = 0, room = 1 << 20;
	char *text = NULL, *grown;
	ssize_t len;

	if (fd < 0)
		return -errno;
	/* Files of sysfs do not tell their size. */
	for (;;) {
		grown = realloc(text, room);
		if (!grown) {
			err = -ENOMEM;
			break;
		}
		text = grown;
		len = read(fd, text + done, room - done);
		if (len < 0)
			break;
		done += len;
		if (!len) {
			raw_close(fd);
			*data = text;
			*size = done;
			return 0;
		}
		if (done == room)
			room *= 2;
	}
	free(text);
	raw_close(fd);
	return err;
}

static int kernel_btf_data(void **data, uint32_t *size, uint32_t *foreign)
{
	const char *path = getenv("BPF_SHIM_KERNEL_BTF");
	struct funcs funcs;
	int err;

	*foreign = path && *path;
	if (!*foreign) {
		err = list(add_kernels_own, NULL, &funcs);
		err = err ? err : kern_btf_runtime(funcs.at, funcs.cnt, data, size);
		free(funcs.at);
		return err;
	}
	err = read_file(path, data, size);
	if (err)
		debug_log(LOG_LEVEL_ERROR, "kern: BPF_SHIM_KERNEL_BTF='%s' cannot be read: %s",
			  path, strerror(-err));
	return err;
}

int kern_create_btf(void)
{
	struct store_obj *obj;
	void *data = NULL;
	uint32_t size, foreign;
	int err;

	if (store_exists(STORE_BTF, KERNEL_BTF_ID))
		return 0;
	err = kernel_btf_data(&data, &size, &foreign);
	if (err)
		return err;
	err = store_create(STORE_BTF, size, &obj);
	if (!err) {
		memcpy(obj->mem, data, size);
		btf_shared_of(obj)->size = size;
		btf_shared_of(obj)->kernel = 1;
		btf_shared_of(obj)->foreign = foreign;
		err = store_publish_permanent(obj, KERNEL_BTF_ID);
	}
	free(data);
	return err;
}

/* ---- of extensions ---- */

int kern_add_module(const struct bpfx_extension *ext)
{
	const struct kern_btf *base;
	struct store_obj *obj;
	struct funcs funcs;
	void *data = NULL;
	uint32_t size;
	int err = list(add_extensions, ext, &funcs);

	if (!err && funcs.cnt) {
		err = btf_object_get(KERNEL_BTF_ID, &obj, &base);
		if (!err) {
			err = kern_btf_module(base, funcs.at, funcs.cnt, &data, &size);
			err = err ? err : btf_object_add_module(ext->name, data, size);
			store_put(obj);
		}
	}
	free(data);
	free(funcs.at);
	return err;
}
