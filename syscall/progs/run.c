/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Runs: translate on first use, take a CPU, run, count. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bits.h"
#include "err.h"
#include "fork_guard.h"
#include "helpers.h"
#include "log.h"
#include "prog_private.h"

/* ---- translation ---- */

static const struct bpfx_helper *row_for(void *cookie, uint32_t id)
{
	const struct kern_prog *prog = cookie;
	enum verifier_helper_state state;

	return helper_row(prog->type, id, &state);
}

static int open_maps(struct kern_prog *prog)
{
	const uint32_t *ids = prog_map_ids(prog);
	int err = 0;

	while (!err && prog->map_cnt < prog->shared->map_cnt) {
		err = map_get(ids[prog->map_cnt], &prog->maps[prog->map_cnt]);
		if (!err)
			prog->map_cnt++;
	}
	return err;
}

static struct kern_map *map_of_id(const struct kern_prog *prog, uint32_t id)
{
	for (uint32_t i = 0; i < prog->map_cnt; i++)
		if (prog->maps[i]->id == id)
			return prog->maps[i];
	return NULL;
}

/* The address an immediate load of a map or of its value stands for in this process. */
static int address_of(const struct kern_prog *prog, const struct bpf_insn *insn, uint64_t *addr)
{
	struct kern_map *map = map_of_id(prog, insn[0].imm);
	int err;

	if (!map)
		return -EINVAL;
	if (insn->src_reg == BPF_PSEUDO_MAP_FD) {
		*addr = ptr_to_u64(map);
		return 0;
	}
	err = map->ops->direct_value ? map->ops->direct_value(map, insn[1].imm, addr) : -EINVAL;
	*addr += (uint32_t)insn[1].imm;
	return err;
}

static int place_addresses(const struct kern_prog *prog, struct bpf_insn *insns)
{
	for (uint32_t i = 0; i + 1 < prog->shared->insn_cnt; i++) {
		struct bpf_insn *insn = &insns[i];
		uint64_t addr = 0;
		int err;

		if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
			continue;
		i++;
		if (insn->src_reg != BPF_PSEUDO_MAP_FD && insn->src_reg != BPF_PSEUDO_MAP_VALUE)
			continue;
		err = address_of(prog, insn, &addr);
		if (err)
			return err;
		insn[0].src_reg = 0;
		insn[0].imm = (uint32_t)addr;
		insn[1].imm = addr >> 32;
	}
	return 0;
}

static int translate(struct kern_prog *prog, struct exec_image **out)
{
	const struct prog_shared *shared = prog->shared;
	struct exec_input in = {
		.insn_cnt = shared->insn_cnt,
		.probe_mem = prog_section(prog, shared->probes),
		.subprogs = prog_section(prog, shared->subprogs),
		.subprog_cnt = shared->subprog_cnt,
		.helper = row_for,
		.cookie = prog,
		.load_packet = prog->type->load_packet,
	};
	struct bpf_insn *insns;
	int err = open_maps(prog);

	if (err)
		return err;
	insns = malloc(shared->insn_cnt * sizeof(*insns));
	if (!insns)
		return -ENOMEM;
	memcpy(insns, prog_section(prog, shared->insns), shared->insn_cnt * sizeof(*insns));
	err = place_addresses(prog, insns);
	in.insns = insns;
	err = err ? err : exec_translate(&in, out);
	free(insns);
	return err;
}

static pthread_mutex_t translate_mutex = PTHREAD_MUTEX_INITIALIZER;
FORK_GUARD(translate_mutex, FORK_RANK_PROGS)

int prog_image(struct kern_prog *prog, struct exec_image **out)
{
	struct exec_image *image = atomic_load_explicit(&prog->image, memory_order_acquire);
	int err = 0;

	if (!image) {
		if (!prog->type)
			return -EINVAL;
		pthread_mutex_lock(&translate_mutex);
		image = atomic_load(&prog->image);
		if (!image) {
			err = translate(prog, &image);
			if (!err)
				atomic_store_explicit(&prog->image, image, memory_order_release);
			else
				debug_log(LOG_LEVEL_ERROR, "prog %u: cannot be translated: %s",
					  prog->id, strerror(-err));
		}
		pthread_mutex_unlock(&translate_mutex);
	}
	*out = image;
	return err;
}

bool prog_is_jited(struct kern_prog *prog)
{
	struct exec_image *image;

	return !prog_image(prog, &image) && exec_is_jited(image);
}

/* ---- runs ---- */

static int run_on(struct kern_prog *prog, void *ctx, uint32_t cpu, uint32_t *result)
{
	struct exec_image *image;
	struct bpfx_ctx_header *header = bpfx_ctx_header(ctx);
	uint64_t outer = header->slot[BPFX_CTX_RUN];
	struct bpfx_run run = { .prog = prog, .cpu = cpu };
	int err = prog_image(prog, &image);

	if (err)
		return err;
	run.image = image;
	header->slot[BPFX_CTX_RUN] = ptr_to_u64(&run);
	header->slot[BPFX_CTX_DESC] = ptr_to_u64(prog->type->ctx);
	*result = exec_run(image, &run, ctx);
	header->slot[BPFX_CTX_RUN] = outer;
	return 0;
}

int prog_run(struct kern_prog *prog, void *ctx, uint32_t *result)
{
	uint32_t cpu = store_cpu_get();
	int err = run_on(prog, ctx, cpu, result);

	store_cpu_put(cpu);
	return err;
}

/* opaque[0]: CPU slot + 1, 0 outside of a batch. */
int prog_batch_begin(struct bpfx_batch *batch)
{
	memset(batch, 0, sizeof(*batch));
	batch->opaque[0] = store_cpu_get() + 1ull;
	return 0;
}

int prog_batch_run(struct bpfx_batch *batch, struct kern_prog *prog, void *ctx, uint32_t *result)
{
	if (!batch->opaque[0])
		return -EINVAL;
	return run_on(prog, ctx, batch->opaque[0] - 1, result);
}

void prog_batch_end(struct bpfx_batch *batch)
{
	if (batch->opaque[0])
		store_cpu_put(batch->opaque[0] - 1);
	batch->opaque[0] = 0;
}
