/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Prog arrays from the side of programs: who may be in one, and where a tail call goes. */
#include "err.h"
#include "helpers.h"
#include "prog_private.h"

int prog_array_claim(struct kern_map *map, uint32_t type, uint32_t attach_type,
		     uint32_t prog_flags)
{
	uint64_t owner = map_owner(type, attach_type, prog_flags & BPF_F_XDP_HAS_FRAGS);
	uint64_t found = 0;

	if (atomic_compare_exchange_strong(&map->shared->owner, &found, owner))
		return 0;
	return found == owner ? 0 : -EINVAL;
}

static int accepts(struct kern_map *map, const struct store_obj *obj)
{
	const struct prog_shared *prog = (const struct prog_shared *)obj->header->room;

	return prog_array_claim(map, prog->type, prog->expected_attach_type, prog->prog_flags);
}

/* Programs of devmaps are verified as such. */
static int devmap_accepts_prog(const struct store_obj *obj)
{
	const struct prog_shared *prog = (const struct prog_shared *)obj->header->room;

	return prog->type == BPF_PROG_TYPE_XDP && prog->expected_attach_type == BPF_XDP_DEVMAP ?
		0 : -EINVAL;
}

static const struct exec_image *target(struct bpfx_run *run, struct kern_map *map, uint32_t index)
{
	struct store_obj *obj = fd_array_object(map, index);
	struct prog_binding *binding;
	struct kern_prog *prog;

	if (!obj || prog_view(obj, &prog) || prog_bind(prog, &binding))
		return NULL;
	return binding->image;
}

__attribute__((constructor)) static void register_room(void)
{
	prog_array_accepts = accepts;
	devmap_accepts = devmap_accepts_prog;
	helper_tail_target = target;
}
