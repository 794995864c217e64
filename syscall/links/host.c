/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What extensions may ask of the emulated kernel: struct bpfx_host, filled in. */
#include <stdio.h>

#include "err.h"
#include "fault.h"
#include "helpers.h"
#include "hooks.h"
#include "journal.h"
#include "perf_event.h"
#include "registry.h"
#include "log.h"

static int run_prog(struct bpfx_prog *prog, void *ctx, uint32_t *result)
{
	return prog_run((struct kern_prog *)prog, ctx, result);
}

static int batch_run(struct bpfx_batch *batch, struct bpfx_prog *prog, void *ctx,
		     uint32_t *result)
{
	return prog_batch_run(batch, (struct kern_prog *)prog, ctx, result);
}

static int copy_from_user(void *dst, uint64_t src, size_t size)
{
	return user_read(dst, src, size);
}

static int copy_to_user(uint64_t dst, const void *src, size_t size)
{
	return user_write(dst, src, size);
}

static void *map_lookup(struct bpfx_map *opaque, const void *key)
{
	struct kern_map *map = (struct kern_map *)opaque;
	uint32_t cpu = store_cpu_get();
	void *value = map->ops->lookup ? map->ops->lookup(map, key, cpu) : NULL;

	store_cpu_put(cpu);
	return value;
}

static int map_update(struct bpfx_map *opaque, const void *key, const void *value, uint64_t flags)
{
	struct kern_map *map = (struct kern_map *)opaque;
	uint32_t cpu = store_cpu_get();
	int err = map->ops->update ? map->ops->update(map, key, value, flags, cpu) : -ENOTSUPP;

	store_cpu_put(cpu);
	return err;
}

static int map_delete(struct bpfx_map *opaque, const void *key)
{
	struct kern_map *map = (struct kern_map *)opaque;

	return map->ops->delete ? map->ops->delete(map, key) : -ENOTSUPP;
}

static uint32_t map_value_size(const struct bpfx_map *map)
{
	return ((const struct kern_map *)map)->value_size;
}

static int map_next_key(struct bpfx_map *opaque, const void *key, void *next)
{
	struct kern_map *map = (struct kern_map *)opaque;

	return map->ops->next_key ? map->ops->next_key(map, key, next) : -ENOTSUPP;
}

static struct bpfx_map *ref_map(struct bpfx_map *map)
{
	return (struct bpfx_map *)map_ref((struct kern_map *)map);
}

static void put_map(struct bpfx_map *map)
{
	map_put((struct kern_map *)map);
}

static int run_prog_id(uint32_t id, void *ctx, uint32_t *result)
{
	struct kern_prog *prog;
	int err = prog_get(id, &prog);

	if (err)
		return -ENOENT;
	err = prog_run(prog, ctx, result);
	prog_put(prog);
	return err;
}

static uint32_t cpu_of(void *ctx)
{
	const struct bpfx_run *run = (void *)(uintptr_t)bpfx_ctx_header(ctx)->slot[BPFX_CTX_RUN];

	return run ? run->cpu : 0;
}

static int perf_output(struct bpfx_map *map, void *ctx, uint64_t flags,
		       const struct bpfx_piece *pieces, uint32_t cnt)
{
	struct perf_raw raw = { 0 };

	if (cnt > PERF_RAW_PIECES || flags & ~BPF_F_INDEX_MASK)
		return -EINVAL;
	for (uint32_t i = 0; i < cnt; i++) {
		raw.piece[i].data = pieces[i].data;
		raw.piece[i].size = pieces[i].size;
	}
	return help_perf_output((struct kern_map *)map, flags, cpu_of(ctx), &raw);
}

static int cgroup_under(struct bpfx_map *map, uint32_t index, uint64_t cgroup)
{
	uint64_t target;
	int err = cgroup_array_get((struct kern_map *)map, index, &target);

	return err ? err : links_cgroup_is_under(cgroup, target);
}

static uint32_t type_of(const struct bpfx_prog *prog)
{
	return ((const struct kern_prog *)prog)->shared->type;
}

static uint32_t attach_type_of(const struct bpfx_prog *prog)
{
	return ((const struct kern_prog *)prog)->shared->expected_attach_type;
}

static uint32_t flags_of(const struct bpfx_prog *prog)
{
	return ((const struct kern_prog *)prog)->shared->prog_flags;
}

static uint32_t ctx_size_of(const struct bpfx_prog *prog)
{
	return ((const struct kern_prog *)prog)->shared->max_ctx_offset;
}

static void log_line(int level, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (level <= LOG_LEVEL_WARN)
		journal_note("%s", text);
	else
		debug_log(level, "%s", text);
}

const struct bpfx_host link_host = {
	.size		  = sizeof(struct bpfx_host),
	.abi_version	  = BPFX_ABI_VERSION,
	.run_hook	  = hook_run,
	.run_prog	  = run_prog,
	.batch_begin	  = prog_batch_begin,
	.batch_run	  = batch_run,
	.batch_end	  = prog_batch_end,
	.hook_batch_begin = hook_batch_begin,
	.hook_batch_run	  = hook_batch_run,
	.hook_batch_end	  = hook_batch_end,
	.copy_from_user	  = copy_from_user,
	.copy_to_user	  = copy_to_user,
	.map_lookup	  = map_lookup,
	.map_update	  = map_update,
	.map_delete	  = map_delete,
	.cpu		  = cpu_of,
	.prog_type	  = type_of,
	.prog_attach_type = attach_type_of,
	.prog_flags	  = flags_of,
	.prog_ctx_size	  = ctx_size_of,
	.log		  = log_line,
	.refuse		  = registry_refuse,
	.map_value_size	  = map_value_size,
	.map_next_key	  = map_next_key,
	.map_ref	  = ref_map,
	.map_put	  = put_map,
	.run_prog_id	  = run_prog_id,
	.perf_output	  = perf_output,
	.cgroup_ancestor  = links_cgroup_ancestor,
	.cgroup_under	  = cgroup_under,
};
