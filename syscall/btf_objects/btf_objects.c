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
	void *nobody = NULL;
	int err;

	if (!btf) {
		if (btf_shared_of(obj)->size > obj->size)
			return -EINVAL;
		err = kern_btf_open(obj->mem, btf_shared_of(obj)->size, NULL, &btf);
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
