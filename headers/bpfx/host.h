/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* What the emulated kernel offers an extension, its helpers and an application with own hooks. */
#ifndef BPFX_HOST_H
#define BPFX_HOST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bpfx_hook;
struct bpfx_prog;	/* a loaded program */
struct bpfx_map;	/* a map, as a helper's MAP argument */

/* State of a batch of runs; the caller provides the memory and does not look into it. */
struct bpfx_batch {
	uint64_t opaque[8];
};

struct bpfx_piece {
	const void *data;
	uint64_t size;
};

struct bpfx_host {
	uint32_t size;
	uint32_t abi_version;

	/**
	 * run_hook() - run what is attached to @hook for @target
	 * @target: what the attachment was made for (an ifindex, a cgroup id, 0)
	 * @ctx: context behind its header (bpfx/context.h)
	 * @result: in: result when nothing runs; out: combined result of the programs
	 *
	 * Return: number of programs that ran, or -errno where the hook fails closed.
	 */
	int (*run_hook)(const struct bpfx_hook *hook, uint64_t target, void *ctx, uint32_t *result);

	/**
	 * run_prog() - one run of one program
	 * Return: 0 with r0 (32 bits) in @result, or -errno: the program could not run.
	 */
	int (*run_prog)(struct bpfx_prog *prog, void *ctx, uint32_t *result);

	/* As run_prog(), but CPU slot and bookkeeping are taken once for many runs. Same thread
	 * from begin to end; batches must be bounded. begin: -EINVAL where @size is smaller than
	 * struct bpfx_batch; nothing has begun then. */
	int (*batch_begin)(struct bpfx_batch *batch, size_t size);
	int (*batch_run)(struct bpfx_batch *batch, struct bpfx_prog *prog, void *ctx,
			 uint32_t *result);
	void (*batch_end)(struct bpfx_batch *batch);

	/* Copy from and to memory of the calling application, which may be bad: 0 or -EFAULT. */
	int (*copy_from_user)(void *dst, uint64_t user_src, size_t size);
	int (*copy_to_user)(uint64_t user_dst, const void *src, size_t size);

	/* Maps, for helpers that take one. lookup: pointer into the map or NULL. */
	void *(*map_lookup)(struct bpfx_map *map, const void *key);
	int (*map_update)(struct bpfx_map *map, const void *key, const void *value, uint64_t flags);
	int (*map_delete)(struct bpfx_map *map, const void *key);

	/* Facts about the run that @ctx belongs to. */
	uint32_t (*cpu)(void *ctx);
	/* Type, expected_attach_type of a program. */
	uint32_t (*prog_type)(const struct bpfx_prog *prog);
	uint32_t (*prog_attach_type)(const struct bpfx_prog *prog);
	uint32_t (*prog_flags)(const struct bpfx_prog *prog);

	/* Debug log (BPF_SHIM_LOG); level 0 error, 1 warning, 2 info, 3 debug. */
	void (*log)(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

	/* One above the last byte of the context that a program reads. */
	uint32_t (*prog_ctx_size)(const struct bpfx_prog *prog);

	/**
	 * hook_batch_begin() - as run_hook() for many events in a row, under the rules of batches
	 *
	 * All of them run what was attached when the batch began. Who detaches one of those waits
	 * for the end of the batch if he is in this process; a run meanwhile leaves out links that
	 * are detached already.
	 *
	 * Return: 0, also where nothing is attached: the runs are 0 programs then; -EINVAL: @size.
	 */
	int (*hook_batch_begin)(struct bpfx_batch *batch, size_t size,
				const struct bpfx_hook *hook, uint64_t target);
	int (*hook_batch_run)(struct bpfx_batch *batch, void *ctx, uint32_t *result);
	void (*hook_batch_end)(struct bpfx_batch *batch);

	/* Say why, in words, before returning an error: bpfx_reason(). Return: @err. */
	int (*refuse)(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

	/* More of maps. next_key: 0 with the key behind @key (NULL: the first) in @next, -ENOENT. A
	 * map that a helper got stays while its program runs, with a reference also afterwards. */
	uint32_t (*map_value_size)(const struct bpfx_map *map);
	int (*map_next_key)(struct bpfx_map *map, const void *key, void *next);
	struct bpfx_map *(*map_ref)(struct bpfx_map *map);
	void (*map_put)(struct bpfx_map *map);

	/* As run_prog(), of the program that a map's value names. -ENOENT: it has gone. */
	int (*run_prog_id)(uint32_t id, void *ctx, uint32_t *result);

	/* bpf_perf_event_output() of up to three pieces of memory in a row, for helpers that add bytes of
	 * a packet. @flags: an index or BPF_F_CURRENT_CPU, nothing else. What Linux's helper returns. */
	int (*perf_output)(struct bpfx_map *map, void *ctx, uint64_t flags,
			   const struct bpfx_piece *pieces, uint32_t cnt);

	/* Cgroups, by the number that hooks know them by. ancestor: id of the one at that level above
	 * it or itself, the root is level 0; 0: there is none. under: is it the one at @index of a
	 * cgroup array or below it: 1, 0; -E2BIG, -EAGAIN: nobody stands there. */
	uint64_t (*cgroup_ancestor)(uint64_t cgroup, uint32_t level);
	int (*cgroup_under)(struct bpfx_map *map, uint32_t index, uint64_t cgroup);
};

#ifdef __cplusplus
}
#endif

#endif
