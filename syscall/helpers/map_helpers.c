/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Maps from programs: values in place, updates, queues, walking, tail calls. */
#include "rows.h"

HELPER(help_map_lookup)
{
	struct kern_map *map = u64_to_ptr(r1);

	return ptr_to_u64(map->ops->lookup(map, u64_to_ptr(r2), help_cpu(ctx)));
}

HELPER(help_map_lookup_percpu)
{
	struct kern_map *map = u64_to_ptr(r1);

	if (r3 >= (uint64_t)store_possible_cpus())
		return 0;
	return ptr_to_u64(map->ops->lookup(map, u64_to_ptr(r2), r3));
}

HELPER(help_map_update)
{
	struct kern_map *map = u64_to_ptr(r1);

	return (int64_t)map->ops->update(map, u64_to_ptr(r2), u64_to_ptr(r3), r4, help_cpu(ctx));
}

HELPER(help_map_delete)
{
	struct kern_map *map = u64_to_ptr(r1);

	return (int64_t)map->ops->delete(map, u64_to_ptr(r2));
}

HELPER(help_map_push)
{
	struct kern_map *map = u64_to_ptr(r1);

	return (int64_t)map->ops->push(map, u64_to_ptr(r2), r3);
}

HELPER(help_map_pop)
{
	struct kern_map *map = u64_to_ptr(r1);

	return (int64_t)map->ops->pop(map, u64_to_ptr(r2));
}

HELPER(help_map_peek)
{
	struct kern_map *map = u64_to_ptr(r1);

	return (int64_t)map->ops->peek(map, u64_to_ptr(r2));
}

/* ---- bpf_for_each_map_elem ---- */

struct walk {
	struct bpfx_run *run;
	void *ctx;
	struct kern_map *map;
	uint64_t callback, callback_ctx;
	uint64_t visited;
};

static uint64_t visit(void *arg, const void *key, void *value)
{
	struct walk *walk = arg;

	walk->visited++;
	return exec_callback(walk->run, walk->ctx, walk->callback, ptr_to_u64(walk->map),
			     ptr_to_u64(key), ptr_to_u64(value), walk->callback_ctx, 0);
}

HELPER(help_for_each_map_elem)
{
	struct kern_map *map = u64_to_ptr(r1);
	struct walk walk = { help_run(ctx), ctx, map, r2, r3, 0 };
	int err;

	if (r4)
		return -EINVAL;
	err = map->ops->for_each ? map->ops->for_each(map, help_cpu(ctx), visit, &walk) : -EINVAL;
	return err < 0 ? (uint64_t)err : walk.visited;
}

/* ---- bpf_tail_call ---- */

const struct exec_image *(*helper_tail_target)(struct bpfx_run *run, struct kern_map *map,
					       uint32_t index);

/* Where it succeeds the engine goes on in the next program; else the program continues. */
HELPER(help_tail_call)
{
	struct bpfx_run *run = help_run(ctx);
	struct kern_map *map = u64_to_ptr(r2);
	const struct exec_image *next;

	if (!run || !helper_tail_target || (uint32_t)r3 >= map->max_entries ||
	    run->tail_calls >= EXEC_TAIL_CALLS_MAX)
		return -EINVAL;
	next = helper_tail_target(run, map, (uint32_t)r3);
	if (!next)
		return -ENOENT;
	run->tail_calls++;
	run->next = next;
	return 0;
}

#define MAP   BPFX_ARG_MAP
#define KEY   BPFX_ARG_MAP_KEY
#define VALUE BPFX_ARG_MAP_VALUE
#define ANY   BPFX_ARG_ANY
#define CTX   BPFX_HELPER_IMPLICIT_CTX
#define PKT   BPFX_HELPER_PKT_ACCESS

static const struct bpfx_helper map_rows[] = {
	{ BPF_FUNC_map_lookup_elem, "map_lookup_elem", help_map_lookup,
	  BPFX_RET_MAP_VALUE | BPFX_RET_OR_NULL, { MAP, KEY }, .flags = BASE | PKT | CTX },
	{ BPF_FUNC_map_update_elem, "map_update_elem", help_map_update, BPFX_RET_INTEGER,
	  { MAP, KEY, VALUE, ANY }, .flags = BASE | PKT | CTX },
	{ BPF_FUNC_map_delete_elem, "map_delete_elem", help_map_delete, BPFX_RET_INTEGER,
	  { MAP, KEY }, .flags = BASE | PKT },
	{ BPF_FUNC_map_push_elem, "map_push_elem", help_map_push, BPFX_RET_INTEGER,
	  { MAP, VALUE, ANY }, .flags = BASE | PKT },
	{ BPF_FUNC_map_pop_elem, "map_pop_elem", help_map_pop, BPFX_RET_INTEGER,
	  { MAP, VALUE | BPFX_UNINIT | BPFX_WRITE }, .flags = BASE },
	{ BPF_FUNC_map_peek_elem, "map_peek_elem", help_map_peek, BPFX_RET_INTEGER,
	  { MAP, VALUE | BPFX_UNINIT | BPFX_WRITE }, .flags = BASE },
	{ BPF_FUNC_map_lookup_percpu_elem, "map_lookup_percpu_elem", help_map_lookup_percpu,
	  BPFX_RET_MAP_VALUE | BPFX_RET_OR_NULL, { MAP, KEY, ANY }, .flags = BASE | PKT },
	{ BPF_FUNC_for_each_map_elem, "for_each_map_elem", help_for_each_map_elem,
	  BPFX_RET_INTEGER, { MAP, BPFX_ARG_FUNC, BPFX_ARG_STACK | BPFX_NULLABLE, ANY },
	  .flags = BASE_CAP | CTX },
	{ BPF_FUNC_tail_call, "tail_call", help_tail_call, BPFX_RET_VOID,
	  { BPFX_ARG_CTX, MAP, ANY }, .flags = BASE | CTX },
};
HELPER_TABLE(map);
