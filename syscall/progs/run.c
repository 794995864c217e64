/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Runs: translation, and taking a CPU to run. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bits.h"
#include "clock.h"
#include "err.h"
#include "helpers.h"
#include "prog_private.h"
#include "rundown.h"

/* ---- translation ---- */

static const struct bpfx_helper *row_for(void *type, uint32_t id)
{
	enum verifier_helper_state state;

	return helper_row(type, id, &state);
}

static const struct bpfx_helper *row_of_helper(void *cookie, uint32_t id)
{
	return row_for((void *)((const struct prog_binding *)cookie)->type, id);
}

static bpfx_helper_fn kfunc_of(void *cookie, uint32_t id, int32_t off)
{
	const struct prog_binding *binding = cookie;
	const struct kern_prog *prog = binding->owner;
	const struct prog_kfunc *kfuncs = prog_section(prog, prog->shared->kfuncs);

	for (uint32_t i = 0; i < binding->kfunc_cnt; i++)
		if (kfuncs[i].id == id && kfuncs[i].off == off)
			return kfunc_fn(binding->type, binding->kfuncs[i]);
	return NULL;
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

int prog_translate(struct kern_prog *prog, const struct prog_binding *binding,
		   struct exec_image **out)
{
	const struct prog_shared *shared = prog->shared;
	struct exec_input in = {
		.insn_cnt = shared->insn_cnt,
		.probe_mem = prog_section(prog, shared->probes),
		.subprogs = prog_section(prog, shared->subprogs),
		.subprog_cnt = shared->subprog_cnt,
		.helper = row_of_helper,
		.kfunc = kfunc_of,
		.exception_start = shared->exception_start,
		.cookie = (void *)binding,
		.load_packet = binding->type->load_packet,
	};
	struct bpf_insn *insns;
	int err = shared->needs_kernel ? -EOPNOTSUPP : open_maps(prog);

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

bool prog_is_jited(struct kern_prog *prog)
{
	struct prog_binding *binding;
	bool jited;

	if (!rundown_enter(prog))
		return false;
	jited = !prog_bind(prog, &binding) && exec_is_jited(binding->image);
	rundown_leave();
	return jited;
}

/* ---- runs ---- */

const char prog_tail_runs;

/* Somebody wants statistics. */
static uint32_t run_timed(struct kern_prog *prog, const struct prog_binding *binding,
			  struct bpfx_run *run, void *ctx)
{
	uint64_t start = now_ns();
	uint32_t result = exec_run(binding->image, run, ctx);

	atomic_fetch_add_explicit(&prog->shared->run_time_ns, now_ns() - start,
				  memory_order_relaxed);
	atomic_fetch_add_explicit(&prog->shared->run_cnt, 1, memory_order_relaxed);
	return result;
}

static int run_bound(struct kern_prog *prog, const struct prog_binding *binding, void *ctx,
		     uint32_t cpu, uint32_t *result)
{
	struct bpfx_ctx_header *header = bpfx_ctx_header(ctx);
	uint64_t outer = header->slot[BPFX_CTX_RUN];
	struct bpfx_run run = { .image = binding->image, .prog = prog, .cpu = cpu };

	if (binding->tail_calls && !rundown_enter(&prog_tail_runs))
		return -EBUSY;
	header->slot[BPFX_CTX_RUN] = ptr_to_u64(&run);
	header->slot[BPFX_CTX_DESC] = ptr_to_u64(binding->type->ctx);
	if (store_stats_on())
		*result = run_timed(prog, binding, &run, ctx);
	else
		*result = exec_run(binding->image, &run, ctx);
	header->slot[BPFX_CTX_RUN] = outer;
	if (binding->tail_calls)
		rundown_leave();
	return 0;
}

int prog_run_on(struct kern_prog *prog, void *ctx, uint32_t cpu, uint32_t *result)
{
	struct prog_binding *binding;
	int err;

	*result = 0;
	if (!rundown_enter(prog))
		return -EBUSY;
	err = prog_bind(prog, &binding);
	err = err ? err : run_bound(prog, binding, ctx, cpu, result);
	rundown_leave();
	return err;
}

int prog_run(struct kern_prog *prog, void *ctx, uint32_t *result)
{
	uint32_t cpu = store_cpu_get();
	int err = prog_run_on(prog, ctx, cpu, result);

	store_cpu_put(cpu);
	return err;
}

/* opaque[0]: CPU slot + 1, 0 outside of a batch. */
int prog_batch_begin(struct bpfx_batch *batch, size_t size)
{
	if (size < sizeof(*batch))
		return -EINVAL;
	memset(batch, 0, sizeof(*batch));
	batch->opaque[0] = store_cpu_get() + 1ull;
	return 0;
}

int prog_batch_run(struct bpfx_batch *batch, struct kern_prog *prog, void *ctx, uint32_t *result)
{
	if (!batch->opaque[0])
		return -EINVAL;
	return prog_run_on(prog, ctx, batch->opaque[0] - 1, result);
}

void prog_batch_end(struct bpfx_batch *batch)
{
	if (batch->opaque[0])
		store_cpu_put(batch->opaque[0] - 1);
	batch->opaque[0] = 0;
}
