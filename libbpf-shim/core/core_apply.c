/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* One relocation from its record to the patched instruction. */
#include "core_internal.h"

#include <stdio.h>

/* A BTF to look in, with its named types by essential name. */
struct target {
	const struct btf *btf;
	char name[64];
	struct hashmap types;
	bool indexed;
};

struct core {
	const struct btf *local;
	struct target *targets;
	size_t target_count, target_capacity;
};

static uint64_t hash_essential(uintptr_t key, void *ctx)
{
	const char *name = (const char *)key;
	size_t len = core_essential_len(name);
	uint64_t hash = 0xcbf29ce484222325ULL;

	while (len--)
		hash = (hash ^ (unsigned char)*name++) * 0x100000001b3ULL;
	return hash;
}

static bool equal_essential(uintptr_t a, uintptr_t b, void *ctx)
{
	return core_names_equal((const char *)a, (const char *)b);
}

struct core *core_new(const struct btf *local)
{
	struct core *core = calloc(1, sizeof(*core));

	if (core)
		core->local = local;
	return core;
}

void core_free(struct core *core)
{
	size_t i;

	if (!core)
		return;
	for (i = 0; i < core->target_count; i++)
		hashmap_free(&core->targets[i].types);
	free(core->targets);
	free(core);
}

int core_add_target(struct core *core, const struct btf *btf, const char *name)
{
	struct target *target = array_grow((void **)&core->targets, &core->target_count,
					   &core->target_capacity, sizeof(*target));

	if (!target)
		return -ENOMEM;
	target->btf = btf;
	str_copy(target->name, name, sizeof(target->name));
	hashmap_init(&target->types, hash_essential, equal_essential, NULL);
	return 0;
}

/* Modules are split BTF: what they share with the kernel is found there. */
static int index_target(struct target *target)
{
	const struct btf *base = btf__base_btf(target->btf);
	__u32 id = base ? btf__type_cnt(base) : 1, end = btf__type_cnt(target->btf);
	const char *name;
	int err;

	for (; id < end; id++) {
		name = btf_type_name(target->btf, btf__type_by_id(target->btf, id));
		if (!*name)
			continue;
		err = hashmap_add(&target->types, (uintptr_t)name, id);
		if (err)
			return err;
	}
	target->indexed = true;
	return 0;
}

/* ---- search ---- */

struct result {
	struct core_value local, target;
	bool found, poison;
	struct core_spec spec;		/* the (first) match */
};

static int compare_candidate(const struct core_spec *local, const struct target *target, __u32 id,
			     struct result *result, const char *prog_name)
{
	struct core_value value;
	struct core_spec spec;
	int found;

	found = core_spec_match(local, target->btf, id, &spec);
	if (found <= 0)
		return found;
	found = core_spec_value(&spec, &value);
	if (found)
		return found;
	if (!result->found) {
		result->found = true;
		result->target = value;
		result->spec = spec;
		return 0;
	}
	/* several types may match as long as it makes no difference which is meant */
	if (result->target.value != value.value) {
		pr_warn("prog '%s': relo of [%u] ambiguous: value %llu in [%u], %llu in [%u]\n",
			prog_name, local->root_type_id, result->target.value,
			result->spec.root_type_id, value.value, id);
		return -EINVAL;
	}
	if (spec.bit_offset != result->spec.bit_offset && core_kind_is_field(local->kind)) {
		pr_warn("prog '%s': field offset ambiguity: %llu != %llu\n", prog_name,
			spec.bit_offset, result->spec.bit_offset);
		return -EINVAL;
	}
	return 0;
}

/* Return: number of candidates by name and kind, or -errno. */
static int search_target(const struct core_spec *local, struct target *target, const char *name,
			 const struct btf_type *local_type, struct result *result,
			 const char *prog_name)
{
	const struct hashmap_entry *entry = NULL;
	int count = 0, err;

	if (!target->indexed) {
		err = index_target(target);
		if (err)
			return err;
	}
	while ((entry = hashmap_next(&target->types, (uintptr_t)name, entry)) != NULL) {
		const struct btf_type *t = btf__type_by_id(target->btf, entry->value);

		if (!btf_kind_core_compat(t, local_type))
			continue;
		count++;
		err = compare_candidate(local, target, entry->value, result, prog_name);
		if (err)
			return err;
	}
	return count;
}

static int search(struct core *core, const struct core_spec *local, struct result *result,
		  const char *prog_name)
{
	const struct btf_type *t = btf__type_by_id(core->local, local->root_type_id);
	const char *name = btf_type_name(core->local, t);
	size_t i;
	int ret;

	if (!*name)
		return -EINVAL;
	for (i = 0; i < core->target_count; i++) {
		ret = search_target(local, &core->targets[i], name, t, result, prog_name);
		if (ret < 0)
			return ret;
		/* a type of the kernel proper hides those of modules */
		if (ret && i == 0)
			break;
	}
	return 0;
}

/* A field or value that is not there cannot be used; a type that is not there has size and id 0. */
static bool absence_is_an_answer(enum bpf_core_relo_kind kind)
{
	return kind == BPF_CORE_FIELD_EXISTS || kind == BPF_CORE_ENUMVAL_EXISTS ||
	       core_kind_is_type(kind);
}

static int resolve(struct core *core, const struct core_spec *local, struct result *result,
		   const char *prog_name)
{
	int err;

	memset(result, 0, sizeof(*result));
	err = core_spec_value(local, &result->local);
	if (err)
		return err;
	if (local->kind == BPF_CORE_TYPE_ID_LOCAL) {
		result->target = result->local;
		result->found = true;
		return 0;
	}
	err = search(core, local, result, prog_name);
	if (err)
		return err;
	result->poison = !result->found && !absence_is_an_answer(local->kind);
	return 0;
}

/* ---- patch ---- */

static void poison(struct bpf_insn *insn, int relo_imm)
{
	insn->code = BPF_JMP | BPF_CALL;
	insn->dst_reg = 0;
	insn->src_reg = 0;
	insn->off = 0;
	/* an unknown helper: the verifier says so if it gets here */
	insn->imm = relo_imm;
}

static bool is_ldimm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static int access_size(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

static int size_code(__u32 size)
{
	switch (size) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	case 8:
		return BPF_DW;
	default:
		return -EINVAL;
	}
}

struct patch {
	const struct core *core;
	const char *prog_name;
	size_t insn_idx;
	struct bpf_insn *insn;
	const struct result *result;
};

static int unexpected(const struct patch *patch, const char *what, long long got)
{
	pr_warn("prog '%s': unexpected insn #%zu (%s) value: got %lld, exp %llu -> %llu\n",
		patch->prog_name, patch->insn_idx, what, got, patch->result->local.value,
		patch->result->target.value);
	return -EINVAL;
}

/* A load of another size is right for pointers and for what is zero-extended. */
static bool may_resize(const struct patch *patch)
{
	const struct core_value *local = &patch->result->local, *target = &patch->result->target;
	const struct btf_type *a = btf__type_by_id(patch->core->local, local->type_id);
	const struct btf_type *b = btf__type_by_id(patch->result->spec.btf, target->type_id);

	if (btf_is_ptr(a) && btf_is_ptr(b))
		return true;
	return btf_is_int(a) && btf_is_int(b) && btf_int_encoding(a) != BTF_INT_SIGNED &&
	       btf_int_encoding(b) != BTF_INT_SIGNED;
}

static int patch_memory(const struct patch *patch)
{
	const struct core_value *local = &patch->result->local, *target = &patch->result->target;
	struct bpf_insn *insn = patch->insn;
	int code;

	if (local->validate && (__u64)(__s64)insn->off != local->value)
		return unexpected(patch, "LDX/ST/STX", insn->off);
	if (target->value > INT16_MAX) {
		pr_warn("prog '%s': insn #%zu (LDX/ST/STX) value too big: %llu\n",
			patch->prog_name, patch->insn_idx, target->value);
		return -ERANGE;
	}
	if (local->size != target->size && !may_resize(patch)) {
		pr_warn("prog '%s': insn #%zu accesses field incorrectly: only pointers and "
			"unsigned integers may change their size\n",
			patch->prog_name, patch->insn_idx);
		poison(insn, CORE_POISON_IMM);
		return 0;
	}
	insn->off = target->value;
	if (local->size == target->size)
		return 0;
	code = size_code(target->size);
	if (access_size(insn) != (int)local->size || code < 0) {
		pr_warn("prog '%s': insn #%zu (LDX/ST/STX) unexpected mem size: got %d, exp %u -> %u\n",
			patch->prog_name, patch->insn_idx, access_size(insn), local->size,
			target->size);
		return -EINVAL;
	}
	insn->code = BPF_MODE(insn->code) | code | BPF_CLASS(insn->code);
	return 0;
}

static int patch_ldimm64(const struct patch *patch, size_t insn_cnt)
{
	const struct core_value *local = &patch->result->local, *target = &patch->result->target;
	struct bpf_insn *insn = patch->insn;
	__u64 imm;

	if (!is_ldimm64(insn) || insn->src_reg || insn->off || patch->insn_idx + 1 >= insn_cnt ||
	    insn[1].code || insn[1].dst_reg || insn[1].src_reg || insn[1].off) {
		pr_warn("prog '%s': insn #%zu (LDIMM64) has unexpected form\n", patch->prog_name,
			patch->insn_idx);
		return -EINVAL;
	}
	imm = (__u32)insn[0].imm | (__u64)(__u32)insn[1].imm << 32;
	if (local->validate && imm != local->value)
		return unexpected(patch, "LDIMM64", imm);
	insn[0].imm = target->value;
	/* enumerators of 32 bits are sign-extended by their type, not by the load */
	insn[1].imm = target->value >> 32;
	return 0;
}

static int patch_insn(const struct patch *patch, size_t insn_cnt)
{
	const struct core_value *local = &patch->result->local, *target = &patch->result->target;
	struct bpf_insn *insn = patch->insn;

	if (patch->result->poison) {
		if (is_ldimm64(insn) && patch->insn_idx + 1 < insn_cnt)
			poison(insn + 1, CORE_POISON_IMM);
		poison(insn, CORE_POISON_IMM);
		return 0;
	}
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_SRC(insn->code) != BPF_K)
			return -EINVAL;
		if (local->validate && (__u32)insn->imm != (__u32)local->value)
			return unexpected(patch, "ALU/ALU64", insn->imm);
		insn->imm = target->value;
		return 0;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return patch_memory(patch);
	case BPF_LD:
		return patch_ldimm64(patch, insn_cnt);
	default:
		pr_warn("prog '%s': trying to relocate unrecognized insn #%zu, code:0x%x\n",
			patch->prog_name, patch->insn_idx, insn->code);
		return -EINVAL;
	}
}

int core_relocate(struct core *core, const char *prog_name, const struct bpf_core_relo *relo,
		  struct bpf_insn *insns, size_t insn_cnt, size_t insn_idx)
{
	struct core_spec local;
	struct result result;
	char text[256];
	int err;

	err = core_spec_parse(&local, core->local, relo);
	if (err) {
		pr_warn("prog '%s': parsing [%u] %s spec failed: %s\n", prog_name, relo->type_id,
			core_kind_name(relo->kind), errstr(err));
		return err;
	}
	core_spec_print(&local, text, sizeof(text));
	err = resolve(core, &local, &result, prog_name);
	if (err) {
		pr_warn("prog '%s': insn #%zu: failed to resolve CO-RE relocation %s: %s\n",
			prog_name, insn_idx, text, errstr(err));
		return err;
	}
	pr_debug("prog '%s': insn #%zu: %s %llu -> %llu%s\n", prog_name, insn_idx, text,
		 result.local.value, result.target.value,
		 result.poison ? ": no matching targets found" : "");
	err = patch_insn(&(struct patch){ core, prog_name, insn_idx, &insns[insn_idx], &result },
			 insn_cnt);
	if (err)
		pr_warn("prog '%s': failed to patch insn #%zu for %s: %s\n", prog_name, insn_idx,
			text, errstr(err));
	return err;
}

int core_describe(struct core *core, const struct bpf_core_relo *relo, char *buf, size_t size)
{
	struct core_spec spec;
	int err;

	err = core_spec_parse(&spec, core->local, relo);
	return err ? err : core_spec_print(&spec, buf, size);
}
