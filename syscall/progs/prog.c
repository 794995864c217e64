/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Programs as objects of the store, and this process's view of them. */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "prog_private.h"
#include "registry.h"

_Static_assert(sizeof(struct prog_shared) <= sizeof(((struct store_header *)0)->room),
	       "program facts fit into the header");

static struct prog_shared *shared_of(const struct store_obj *obj)
{
	return (struct prog_shared *)obj->header->room;
}

/* ---- publish ---- */

/* One section of the file: where it goes and what is copied there. */
struct section {
	uint32_t *offset;
	const void *data;
	size_t size;
};

static uint32_t *used_map_ids(const struct load *load, uint32_t *cnt)
{
	uint32_t *ids = calloc(load->map_cnt + 1, sizeof(*ids));

	*cnt = 0;
	for (uint32_t i = 0; ids && i < load->map_cnt; i++)
		ids[(*cnt)++] = load->maps[i]->id;
	return ids;
}

static uint8_t *probe_flags(const struct verifier_result *result)
{
	uint8_t *flags = calloc(result->insn_cnt + 1, 1);

	for (uint32_t i = 0; flags && i < result->insn_cnt; i++)
		flags[i] = result->aux ? result->aux[i].probe_mem : 0;
	return flags;
}

static struct exec_subprog *exec_subprogs(const struct verifier_result *result)
{
	struct exec_subprog *subprogs = calloc(result->subprog_cnt + 1, sizeof(*subprogs));

	for (uint32_t i = 0; subprogs && i < result->subprog_cnt; i++) {
		subprogs[i].start = result->subprogs[i].start;
		subprogs[i].stack_depth = result->subprogs[i].stack_depth;
	}
	return subprogs;
}

/* The number of the function that begins at an instruction. */
static uint32_t subprog_at(const struct verifier_result *result, uint32_t start)
{
	uint32_t i = 0;

	while (i < result->subprog_cnt && result->subprogs[i].start != start)
		i++;
	return i;
}

/* Instructions as Linux digests them, when their calls name functions but no addresses yet. */
static struct bpf_insn *unplaced_insns(const struct verifier_result *result)
{
	struct bpf_insn *insns = malloc(result->insn_cnt * sizeof(*insns));

	for (uint32_t i = 0; insns && i < result->insn_cnt; i++) {
		insns[i] = result->insns[i];
		if (insns[i].code == (BPF_JMP | BPF_CALL) &&
		    insns[i].src_reg == BPF_PSEUDO_CALL) {
			insns[i].off = subprog_at(result, i + 1 + insns[i].imm);
			insns[i].imm = 1;
		}
	}
	return insns;
}

/* One tag per function; a program of one function has its own only. */
static uint8_t *subprog_tags(const struct load *load)
{
	const struct verifier_result *r = &load->result;
	uint8_t *tags = calloc(r->subprog_cnt + 1, BPF_TAG_SIZE), digest[32];
	struct bpf_insn *insns = unplaced_insns(r);

	for (uint32_t i = 0; tags && insns && i < r->subprog_cnt; i++) {
		uint32_t start = r->subprogs[i].start;
		uint32_t end = i + 1 < r->subprog_cnt ? r->subprogs[i + 1].start : r->insn_cnt;

		prog_digest(insns + start, end - start, digest);
		memcpy(tags + i * BPF_TAG_SIZE, r->subprog_cnt > 1 ? digest : load->digest,
		       BPF_TAG_SIZE);
	}
	if (!insns) {
		free(tags);
		tags = NULL;
	}
	free(insns);
	return tags;
}

static uint64_t *helper_sums(const struct load *load)
{
	const struct verifier_result *r = &load->result;
	uint64_t *sums = calloc(r->helper_cnt + 1, sizeof(*sums));

	for (uint32_t i = 0; sums && i < r->helper_cnt; i++)
		sums[i] = prog_helper_sum(load->type, r->helpers[i]);
	return sums;
}

static uint32_t module_id(const struct load *load, int32_t off)
{
	for (uint32_t i = 0; i < load->module_cnt; i++)
		if (load->modules[i].off == off && load->module_objs[i])
			return load->module_objs[i]->id;
	return KERNEL_BTF_ID;
}

static struct prog_kfunc *called_kfuncs(const struct load *load)
{
	const struct verifier_result *r = &load->result;
	struct prog_kfunc *kfuncs = calloc(r->kfunc_cnt + 1, sizeof(*kfuncs));

	for (uint32_t i = 0; kfuncs && i < r->kfunc_cnt; i++) {
		struct prog_kfunc *k = &kfuncs[i];

		*k = (struct prog_kfunc){ .id = r->kfuncs[i].id, .off = r->kfuncs[i].off };
		k->btf_id = module_id(load, k->off);
		k->sum = prog_kfunc_sum(prog_kfunc_row(load->type, k->btf_id, k->id));
	}
	return kfuncs;
}

static size_t place(const struct section *sections, size_t cnt)
{
	size_t at = 0;

	for (size_t i = 0; i < cnt; i++) {
		*sections[i].offset = at;
		at = round_up64(at + sections[i].size, 8);
	}
	return at;
}

static void fill_shared(struct prog_shared *shared, const struct load *load)
{
	const union bpf_attr *attr = load->attr;
	const struct verifier_result *result = &load->result;

	strncpy(shared->type_name, load->type->name, PROG_TYPE_NAME - 1);
	shared->type = attr->prog_type;
	shared->expected_attach_type = attr->expected_attach_type;
	if (attr->prog_type == BPF_PROG_TYPE_CGROUP_SOCK && !attr->expected_attach_type)
		shared->expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE;
	shared->prog_flags = attr->prog_flags;
	shared->gpl_compatible = load->gpl_compatible;
	shared->info_unhashed = load->unhashed;
	shared->needs_kernel = result->needs_kernel;
	shared->exception_start = result->exception_start;
	memcpy(shared->digest, load->digest, sizeof(shared->digest));
	memcpy(shared->tag, load->digest, sizeof(shared->tag));
	prog_info_hash(load->type, result->helpers, result->helper_cnt, shared->info_hash);
	shared->type_sum = prog_type_sum(load->type);
	keep_target(shared, load);
	shared->btf_id = load->btf_obj ? load->btf_obj->id : 0;
	shared->verified_insns = result->verified_insns;
	shared->max_ctx_offset = result->max_ctx_offset;
	shared->result_is_typed = result->result_is_typed;
	shared->insn_cnt = result->insn_cnt;
	shared->subprog_cnt = result->subprog_cnt;
	shared->func_info_cnt = result->func_info_cnt;
	shared->line_info_cnt = result->line_info_cnt;
	shared->helper_cnt = result->helper_cnt;
	shared->kfunc_cnt = result->kfunc_cnt;
}

static void add_edges(struct store_obj *obj, const struct load *load)
{
	for (uint32_t i = 0; i < load->map_cnt; i++)
		store_edge_to(obj, load->maps[i]->obj);
	for (uint32_t i = 0; i < load->more_btf_cnt; i++)
		store_edge_to(obj, load->more_btf[i]);
	for (uint32_t i = 0; i < load->module_cnt; i++)
		if (load->module_objs[i])
			store_edge_to(obj, load->module_objs[i]);
	if (load->btf_obj)
		store_edge_to(obj, load->btf_obj);
}

static int write_object(const struct load *load, struct prog_shared *shared,
			const struct section *sections, size_t section_cnt)
{
	struct store_obj *obj;
	int err = store_create(STORE_PROG, place(sections, section_cnt), &obj);

	if (err)
		return err;
	for (size_t i = 0; i < section_cnt; i++)
		if (sections[i].size)
			memcpy(obj->mem + *sections[i].offset, sections[i].data, sections[i].size);
	memcpy(shared_of(obj), shared, sizeof(*shared));
	memcpy(obj->header->name, load->name, sizeof(load->name));
	add_edges(obj, load);
	return store_publish(obj, STORE_READ | STORE_WRITE);
}

int prog_publish(struct load *load)
{
	const struct verifier_result *r = &load->result;
	struct prog_shared shared = { 0 };
	uint32_t *ids = used_map_ids(load, &shared.map_cnt);
	struct exec_subprog *subprogs = exec_subprogs(r);
	uint8_t *probes = probe_flags(r), *tags = subprog_tags(load);
	uint64_t *sums = helper_sums(load);
	struct prog_kfunc *kfuncs = called_kfuncs(load);
	int ret = -ENOMEM;

	if (kfuncs && ids && subprogs && probes && tags && sums) {
		struct section sections[] = {
			{ &shared.insns, r->insns, r->insn_cnt * sizeof(*r->insns) },
			{ &shared.probes, probes, r->insn_cnt },
			{ &shared.subprogs, subprogs, r->subprog_cnt * sizeof(*subprogs) },
			{ &shared.tags, tags, r->subprog_cnt * BPF_TAG_SIZE },
			{ &shared.func_info, r->func_info, r->func_info_cnt * sizeof(*r->func_info) },
			{ &shared.line_info, r->line_info, r->line_info_cnt * sizeof(*r->line_info) },
			{ &shared.maps, ids, shared.map_cnt * sizeof(*ids) },
			{ &shared.helpers, r->helpers, r->helper_cnt * sizeof(*r->helpers) },
			{ &shared.helper_sums, sums, r->helper_cnt * sizeof(*sums) },
			{ &shared.kfuncs, kfuncs, r->kfunc_cnt * sizeof(*kfuncs) },
		};

		fill_shared(&shared, load);
		ret = write_object(load, &shared, sections, ARRAY_SIZE(sections));
	}
	free(ids);
	free(subprogs);
	free(probes);
	free(tags);
	free(sums);
	free(kfuncs);
	return ret;
}

/* ---- view ---- */

static bool section_fits(const struct store_obj *obj, uint32_t offset, uint64_t size)
{
	return offset <= obj->size && size <= obj->size - offset;
}

/* A damaged file must not lead outside of it. */
static bool is_whole(const struct store_obj *obj, const struct prog_shared *s)
{
	return section_fits(obj, s->insns, (uint64_t)s->insn_cnt * sizeof(struct bpf_insn)) &&
	       section_fits(obj, s->probes, s->insn_cnt) &&
	       section_fits(obj, s->subprogs,
			    (uint64_t)s->subprog_cnt * sizeof(struct exec_subprog)) &&
	       section_fits(obj, s->tags, (uint64_t)s->subprog_cnt * BPF_TAG_SIZE) &&
	       section_fits(obj, s->func_info,
			    (uint64_t)s->func_info_cnt * sizeof(struct bpf_func_info)) &&
	       section_fits(obj, s->line_info,
			    (uint64_t)s->line_info_cnt * sizeof(struct bpf_line_info)) &&
	       section_fits(obj, s->maps, (uint64_t)s->map_cnt * 4) && s->map_cnt <= PROG_MAPS_MAX &&
	       section_fits(obj, s->helpers, (uint64_t)s->helper_cnt * 4) &&
	       section_fits(obj, s->helper_sums, (uint64_t)s->helper_cnt * 8) &&
	       section_fits(obj, s->kfuncs, (uint64_t)s->kfunc_cnt * sizeof(struct prog_kfunc));
}

static int open_view(struct store_obj *obj, struct kern_prog **out)
{
	struct kern_prog *prog;

	if (!is_whole(obj, shared_of(obj)))
		return -EINVAL;
	prog = calloc(1, sizeof(*prog));
	if (!prog)
		return -ENOMEM;
	prog->obj = obj;
	prog->shared = shared_of(obj);
	prog->id = obj->id;
	prog_view_opened(prog);
	*out = prog;
	return 0;
}

static void close_view(struct kern_prog *prog)
{
	prog_view_closed(prog);
	for (uint32_t i = 0; i < prog->map_cnt; i++)
		map_put(prog->maps[i]);
	free(prog);
}

static void free_room(struct store_obj *obj)
{
	close_view(obj->room);
}

__attribute__((constructor)) static void register_room(void)
{
	store_set_room(STORE_PROG, free_room);
}

int prog_view(struct store_obj *obj, struct kern_prog **out)
{
	struct kern_prog *prog = atomic_load_explicit(&obj->room, memory_order_acquire);
	void *nobody = NULL;
	int err;

	if (!prog) {
		err = open_view(obj, &prog);
		if (err)
			return err;
		if (!atomic_compare_exchange_strong(&obj->room, &nobody, prog)) {
			close_view(prog);
			prog = nobody;
		}
	}
	*out = prog;
	return 0;
}

int prog_get_fd(int fd, struct kern_prog **out)
{
	struct store_obj *obj;
	int err = store_get_fd(fd, STORE_PROG, &obj, NULL);

	if (err)
		return err;
	err = prog_view(obj, out);
	if (err)
		store_put(obj);
	return err;
}

int prog_get(uint32_t id, struct kern_prog **out)
{
	struct store_obj *obj;
	int err = store_get(STORE_PROG, id, &obj);

	if (err)
		return err;
	err = prog_view(obj, out);
	if (err)
		store_put(obj);
	return err;
}

struct kern_prog *prog_ref(struct kern_prog *prog)
{
	store_ref(prog->obj);
	return prog;
}

void prog_put(struct kern_prog *prog)
{
	store_put(prog->obj);
}

/* ---- maps it refers to ---- */

uint32_t prog_all_maps(const struct kern_prog *prog, uint32_t *ids, uint32_t room)
{
	const struct store_header *header = prog->obj->header;
	uint32_t edge_cnt = __atomic_load_n(&header->edge_cnt, __ATOMIC_ACQUIRE), cnt = 0;

	/* Maps of the instructions were added first, bound ones later: order of edges. */
	for (uint32_t i = 0; i < edge_cnt; i++) {
		if (header->edges[i].kind != STORE_MAP)
			continue;
		if (cnt < room)
			ids[cnt] = header->edges[i].id;
		cnt++;
	}
	return cnt;
}

int prog_bind_map(struct kern_prog *prog, struct kern_map *map)
{
	int err = store_add_edge(prog->obj, map->obj);

	return err == -EEXIST ? 0 : err == -ENOSPC ? -ENOMEM : err;
}
