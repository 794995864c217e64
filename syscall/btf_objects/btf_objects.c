/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* BTF objects: create, find, parse once per process. */
#include <stdlib.h>
#include <string.h>

#include "btf_objects.h"
#include "err.h"
#include "ulog.h"

int btf_object_create(const void *data, uint32_t size, struct ulog *log)
{
	struct store_obj *obj;
	struct kern_btf *btf;
	int err = kern_btf_parse(data, size, NULL, log, &btf);

	if (err)
		return err;
	kern_btf_free(btf);
	err = store_create(STORE_BTF, size, &obj);
	if (err)
		return err;
	memcpy(obj->mem, data, size);
	btf_shared_of(obj)->size = size;
	return store_publish(obj, STORE_READ);
}

/* ---- modules ---- */

static bool is_module(struct store_obj *obj, const char *name, const void *data, uint32_t size)
{
	const struct btf_shared *shared = btf_shared_of(obj);

	return shared->kernel && !strcmp(shared->module, name) && shared->size == size &&
	       !memcmp(obj->mem, data, size);
}

static bool has_module(const char *name, const void *data, uint32_t size)
{
	struct store_obj *obj;
	bool found = false;
	uint32_t id = 0;

	while (!found && !store_next_id(STORE_BTF, id, &id)) {
		if (store_get(STORE_BTF, id, &obj))
			continue;
		found = is_module(obj, name, data, size);
		store_put(obj);
	}
	return found;
}

int btf_object_add_module(const char *name, const void *data, uint32_t size)
{
	struct store_obj *obj;
	int err;

	if (has_module(name, data, size))
		return 0;
	err = store_create(STORE_BTF, size, &obj);
	if (err)
		return err;
	memcpy(obj->mem, data, size);
	btf_shared_of(obj)->size = size;
	btf_shared_of(obj)->kernel = 1;
	strncpy(btf_shared_of(obj)->module, name, BTF_MODULE_NAME - 1);
	return store_publish_permanent(obj, store_reserve_id(obj));
}

/* What a module's types come after; NULL and 0: it is no module. Kept in use by this process. */
static int base_of(const struct store_obj *obj, const struct kern_btf **base)
{
	struct store_obj *kernel;

	*base = NULL;
	return btf_shared_of(obj)->module[0] ? btf_object_get(KERNEL_BTF_ID, &kernel, base) : 0;
}

/* ---- views ---- */

static void free_view(struct store_obj *obj)
{
	kern_btf_free(obj->room);
}

__attribute__((constructor)) static void register_room(void)
{
	store_set_room(STORE_BTF, free_view);
}

int btf_object_view(struct store_obj *obj, const struct kern_btf **out)
{
	struct kern_btf *btf = atomic_load_explicit(&obj->room, memory_order_acquire);
	const struct kern_btf *base;
	void *nobody = NULL;
	int err;

	if (!btf) {
		if (btf_shared_of(obj)->size > obj->size)
			return -EINVAL;
		err = base_of(obj, &base);
		if (err)
			return err;
		err = kern_btf_open(obj->mem, btf_shared_of(obj)->size, base, &btf);
		if (err)
			return err;
		if (!atomic_compare_exchange_strong(&obj->room, &nobody, btf)) {
			kern_btf_free(btf);
			btf = nobody;
		}
	}
	*out = btf;
	return 0;
}

static int view_or_put(struct store_obj *obj, const struct kern_btf **btf)
{
	int err = btf_object_view(obj, btf);

	if (err)
		store_put(obj);
	return err;
}

int btf_object_get_fd(int fd, struct store_obj **obj, const struct kern_btf **btf)
{
	int err = store_get_fd(fd, STORE_BTF, obj, NULL);

	return err ? err : view_or_put(*obj, btf);
}

int btf_object_get(uint32_t id, struct store_obj **obj, const struct kern_btf **btf)
{
	int err = store_get(STORE_BTF, id, obj);

	return err ? err : view_or_put(*obj, btf);
}
