/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Relocation records: which instruction refers to what. Nothing is changed here. */
#include "object.h"

struct record {
	struct bpf_object *obj;
	struct bpf_program *prog;
	size_t insn_idx;
	const struct bpf_insn *insn;
	const struct elf_symbol *symbol;
	size_t symbol_idx;
	const char *name;		/* of the symbol, or of the section it stands for */
	struct reloc *reloc;
};

static int bad(const struct record *r, const char *what)
{
	pr_warn("prog '%s': insn #%zu: %s '%s'\n", r->prog->name, r->insn_idx, what, r->name);
	return -LIBBPF_ERRNO__RELOC;
}

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL);
}

static bool is_ldimm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

static int record_extern(const struct record *r)
{
	size_t i;

	for (i = 0; i < r->obj->extern_cnt; i++)
		if (r->obj->externs[i].symbol == r->symbol_idx)
			break;
	if (i == r->obj->extern_cnt)
		return bad(r, "extern relo failed to find extern for symbol");
	r->reloc->kind = is_call(r->insn) ? RELOC_KFUNC : RELOC_EXTERN;
	r->reloc->index = i;
	return 0;
}

static int record_call(const struct record *r)
{
	if (r->insn->src_reg != BPF_PSEUDO_CALL)
		return bad(r, "incorrect bpf_call opcode for");
	if (!r->obj->text_idx || r->symbol->section != r->obj->text_idx)
		return bad(r, "bad call relo against");
	if (r->symbol->value % INSN_SIZE)
		return bad(r, "bad call relo offset of");
	r->reloc->kind = RELOC_CALL;
	r->reloc->offset = r->symbol->value;
	return 0;
}

static int record_func_addr(const struct record *r)
{
	if (r->symbol->value % INSN_SIZE || r->insn->imm % (int)INSN_SIZE)
		return bad(r, "bad subprog addr relo offset of");
	r->reloc->kind = RELOC_FUNC_ADDR;
	r->reloc->offset = r->symbol->value;
	return 0;
}

static int record_map(const struct record *r)
{
	const struct bpf_map *map;
	size_t i;

	for (i = 0; i < r->obj->map_cnt; i++) {
		map = &r->obj->maps[i];
		if (map->origin == MAP_DEFINED && map->sec_idx == r->symbol->section &&
		    map->sec_offset == r->symbol->value)
			break;
	}
	if (i == r->obj->map_cnt)
		return bad(r, "map relo failed to find map for");
	r->reloc->kind = RELOC_MAP;
	r->reloc->index = i;
	return 0;
}

static int record_data(const struct record *r)
{
	const struct bpf_map *map;
	size_t i;

	for (i = 0; i < r->obj->map_cnt; i++) {
		map = &r->obj->maps[i];
		if (map_is_internal(map) && map->origin != MAP_KCONFIG &&
		    map->sec_idx == r->symbol->section)
			break;
	}
	if (i == r->obj->map_cnt)
		return bad(r, "data relo failed to find map for section of");
	r->reloc->kind = RELOC_DATA;
	r->reloc->index = i;
	r->reloc->offset = r->symbol->value;
	return 0;
}

static int record_load(const struct record *r)
{
	if (r->symbol->section == SHN_UNDEF || r->symbol->section >= SHN_LORESERVE)
		return bad(r, "invalid relo in special section; forgot to initialize global var?");
	switch (r->obj->uses[r->symbol->section]) {
	case SEC_USE_TEXT:
		return record_func_addr(r);
	case SEC_USE_MAPS:
		return record_map(r);
	case SEC_USE_DATA:
	case SEC_USE_BSS:
	case SEC_USE_RODATA:
		return record_data(r);
	default:
		return bad(r, "bad data relo against section of");
	}
}

static int record(struct record *r)
{
	if (!is_call(r->insn) && !is_ldimm64(r->insn)) {
		pr_warn("prog '%s': invalid relo against '%s' for insns[%zu].code 0x%x\n",
			r->prog->name, r->name, r->insn_idx, r->insn->code);
		return -LIBBPF_ERRNO__RELOC;
	}
	if (is_ldimm64(r->insn) && r->insn_idx + 1 >= r->prog->sec_insn_cnt)
		return bad(r, "half an instruction refers to");
	r->reloc = array_grow((void **)&r->prog->relocs, &r->prog->reloc_cnt,
			      &r->prog->reloc_cap, sizeof(*r->reloc));
	if (!r->reloc)
		return -ENOMEM;
	r->reloc->insn_idx = r->insn_idx;
	if (r->symbol->section == SHN_UNDEF && r->symbol->type == STT_NOTYPE)
		return record_extern(r);
	return is_call(r->insn) ? record_call(r) : record_load(r);
}

static int compare_relocs(const void *a, const void *b)
{
	const struct reloc *x = a, *y = b;

	return x->insn_idx < y->insn_idx ? -1 : x->insn_idx > y->insn_idx;
}

static const char *symbol_name(const struct bpf_object *obj, const struct elf_symbol *symbol)
{
	if (symbol->type == STT_SECTION && !symbol->name[0] &&
	    symbol->section < obj->elf.section_count)
		return obj->elf.sections[symbol->section].name;
	return symbol->name[0] ? symbol->name : "<?>";
}

static int collect_section(struct bpf_object *obj, size_t sec_idx, const struct elf_rel *rels,
			   size_t count)
{
	struct record r = { .obj = obj };
	size_t i;
	int err;

	for (i = 0; i < count; i++) {
		if (rels[i].offset % INSN_SIZE) {
			pr_warn("sec '%s': relo #%zu has a bad offset\n",
				obj->elf.sections[sec_idx].name, i);
			return -LIBBPF_ERRNO__FORMAT;
		}
		r.insn_idx = rels[i].offset / INSN_SIZE;
		r.prog = object_program_at(obj, sec_idx, r.insn_idx);
		if (!r.prog) {
			/* a function that no symbol names cannot be called either */
			pr_debug("sec '%s': relo #%zu: couldn't find program, skipping\n",
				 obj->elf.sections[sec_idx].name, i);
			continue;
		}
		r.insn_idx -= r.prog->sec_insn_off;
		r.insn = &r.prog->insns[r.insn_idx];
		r.symbol_idx = rels[i].symbol;
		r.symbol = &obj->elf.symbols[r.symbol_idx];
		r.name = symbol_name(obj, r.symbol);
		err = record(&r);
		if (err)
			return err;
	}
	for (i = 0; i < obj->program_cnt; i++)
		if (obj->programs[i].sec_idx == sec_idx && obj->programs[i].reloc_cnt)
			qsort(obj->programs[i].relocs, obj->programs[i].reloc_cnt,
			      sizeof(struct reloc), compare_relocs);
	return 0;
}

/* ---- initial elements of maps of maps and programs ---- */

static struct bpf_map *map_at(struct bpf_object *obj, __u64 offset)
{
	const struct btf_type *t;
	struct bpf_map *map;
	__s32 id;

	bpf_object__for_each_map(map, obj) {
		if (map->origin != MAP_DEFINED)
			continue;
		id = btf__find_by_name_kind(obj->btf, map->name, BTF_KIND_VAR);
		if (id < 0)
			continue;
		t = btf_skip_mods_and_typedefs(obj->btf, btf__type_by_id(obj->btf, id)->type, NULL);
		/* "values" is what follows the struct's own size */
		if (offset >= map->sec_offset && btf_vlen(t)) {
			const struct btf_member *last = &btf_members(t)[btf_vlen(t) - 1];
			const struct elf_section *sec = &obj->elf.sections[map->sec_idx];
			__u64 start = map->sec_offset +
				      btf_member_bit_offset(t, btf_vlen(t) - 1) / 8;
			size_t i;
			__u64 end = sec->size;

			if (strcmp(btf_str(obj->btf, last->name_off), "values") != 0 ||
			    offset < start)
				continue;
			for (i = 0; i < obj->map_cnt; i++)
				if (obj->maps[i].origin == MAP_DEFINED &&
				    obj->maps[i].sec_offset > map->sec_offset)
					end = MIN(end, obj->maps[i].sec_offset);
			if (offset < end)
				return map;
		}
	}
	return NULL;
}

static int collect_slot(struct bpf_object *obj, const struct elf_rel *rel)
{
	const struct elf_symbol *symbol = &obj->elf.symbols[rel->symbol];
	const char *name = symbol_name(obj, symbol);
	struct bpf_map *map = map_at(obj, rel->offset);
	const struct btf_type *t;
	struct map_slot *slot;
	__u64 start;

	if (!map) {
		pr_warn(".maps relo for '%s' at offset %llu doesn't belong to an initializer\n",
			name, (unsigned long long)rel->offset);
		return -EINVAL;
	}
	t = btf__type_by_id(obj->btf, btf__find_by_name_kind(obj->btf, map->name, BTF_KIND_VAR));
	t = btf_skip_mods_and_typedefs(obj->btf, t->type, NULL);
	start = map->sec_offset + btf_member_bit_offset(t, btf_vlen(t) - 1) / 8;
	if ((rel->offset - start) % sizeof(__u64)) {
		pr_warn(".maps relo for '%s' at offset %llu is not aligned\n", name,
			(unsigned long long)rel->offset);
		return -EINVAL;
	}
	slot = array_grow((void **)&map->slots, &map->slot_cnt, &map->slot_cap, sizeof(*slot));
	if (!slot)
		return -ENOMEM;
	slot->index = (rel->offset - start) / sizeof(__u64);
	if (map_type_is_map_in_map(map->type)) {
		slot->map = bpf_object__find_map_by_name(obj, name);
		if (slot->map && slot->map->origin == MAP_DEFINED)
			return 0;
		pr_warn(".maps relo for '%s': map '%s' not found\n", map->name, name);
		return -ESRCH;
	}
	slot->prog = bpf_object__find_program_by_name(obj, name);
	if (!slot->prog) {
		pr_warn(".maps relo for '%s': program '%s' not found\n", map->name, name);
		return -ESRCH;
	}
	if (slot->prog->is_subprog) {
		pr_warn(".maps relo for '%s': '%s' is not an entry-point BPF program\n", map->name,
			name);
		return -EOPNOTSUPP;
	}
	return 0;
}

static int collect_maps(struct bpf_object *obj, const struct elf_rel *rels, size_t count)
{
	size_t i;
	int err = 0;

	for (i = 0; i < count && !err; i++)
		err = collect_slot(obj, &rels[i]);
	return err;
}

int object_collect_relocs(struct bpf_object *obj)
{
	const struct elf_section *sec;
	struct elf_rel *rels;
	size_t i, count;
	int err;

	for (i = 1; i < obj->elf.section_count; i++) {
		sec = &obj->elf.sections[i];
		if (sec->type != SHT_REL || !sec->info || sec->info >= obj->elf.section_count)
			continue;
		switch (obj->uses[sec->info]) {
		case SEC_USE_TEXT:
		case SEC_USE_PROGRAMS:
		case SEC_USE_MAPS:
			break;
		default:
			continue;
		}
		err = elf_file_rels(&obj->elf, sec, &rels, &count);
		if (err) {
			pr_warn("elf: bad relocation section '%s' in %s\n", sec->name, obj->path);
			return err;
		}
		if (obj->uses[sec->info] == SEC_USE_MAPS)
			err = collect_maps(obj, rels, count);
		else
			err = collect_section(obj, sec->info, rels, count);
		free(rels);
		if (err)
			return err;
	}
	return 0;
}
