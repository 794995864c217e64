/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * From a caller's fds to plain facts: maps named in instructions, BTF and its records. Errors of
 * single references are kept, because the verifier reports them in its own order.
 */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "err.h"
#include "fault.h"
#include "prog_private.h"

/* ---- maps ---- */

/* Values of a map-in-map are maps like its template. */
static int template_facts(const struct map_shared *shared, const struct verifier_map **out)
{
	struct verifier_map *facts = calloc(1, sizeof(*facts));

	if (!facts)
		return -ENOMEM;
	facts->type = shared->inner.type;
	facts->key_size = shared->inner.key_size;
	facts->value_size = shared->inner.value_size;
	facts->max_entries = shared->inner.max_entries;
	facts->map_flags = shared->inner.map_flags;
	facts->fields = shared->fields;
	*out = facts;
	return 0;
}

int map_facts(struct kern_map *map, struct verifier_map **out)
{
	struct verifier_map *facts = calloc(1, sizeof(*facts));
	const struct map_shared *shared = map->shared;
	uint64_t addr;
	int err = 0;

	if (!facts)
		return -ENOMEM;
	facts->id = map->id;
	facts->type = map->type;
	facts->key_size = map->key_size;
	facts->value_size = map->value_size;
	facts->max_entries = map->max_entries;
	facts->map_flags = map->map_flags;
	facts->map_extra = shared->map_extra;
	facts->frozen = shared->frozen;
	facts->btf = map_btf(map);
	facts->btf_key_type_id = shared->btf_key_type_id;
	facts->btf_value_type_id = shared->btf_value_type_id;
	facts->fields = shared->fields;
	if (map->ops->flags & MAP_OPS_INNER)
		err = template_facts(shared, &facts->inner);
	if (err) {
		free(facts);
		return err;
	}
	if (map->ops->direct_value && !map->ops->direct_value(map, 0, &addr)) {
		facts->direct_value_addr = addr;
		facts->value_mem = u64_to_ptr(addr);
	}
	*out = facts;
	return 0;
}

void map_facts_free(struct verifier_map *facts)
{
	free((void *)facts->inner);
	free(facts);
}

/* Index of the map in load->maps, added if new; or -errno. Takes over the caller's use. */
static int add_map(struct load *load, struct kern_map *map)
{
	int err;

	for (uint32_t i = 0; i < load->map_cnt; i++) {
		if (load->maps[i]->id == map->id) {
			map_put(map);
			return i;
		}
	}
	err = load->map_cnt == PROG_MAPS_MAX ? -E2BIG
					     : map_facts(map, &load->facts[load->map_cnt]);
	if (err) {
		map_put(map);
		return err;
	}
	load->maps[load->map_cnt] = map;
	return load->map_cnt++;
}

static bool by_index(uint8_t src)
{
	return src == BPF_PSEUDO_MAP_IDX || src == BPF_PSEUDO_MAP_IDX_VALUE;
}

static bool names_map(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) &&
	       (insn->src_reg == BPF_PSEUDO_MAP_FD || insn->src_reg == BPF_PSEUDO_MAP_VALUE ||
		by_index(insn->src_reg));
}

static int fd_of(const struct load *load, const struct bpf_insn *insn, int *fd)
{
	*fd = insn->imm;
	if (!by_index(insn->src_reg))
		return 0;
	if (!load->attr->fd_array)
		return -EPROTO;
	return user_read(fd, load->attr->fd_array + (uint64_t)insn->imm * sizeof(*fd), sizeof(*fd));
}

static int resolve_one(struct load *load, const struct bpf_insn *insn)
{
	struct kern_map *map;
	int fd, err;

	err = fd_of(load, insn, &fd);
	err = err ? err : map_get_fd(fd, &map, NULL);
	return err ? err : add_map(load, map);
}

static bool is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

int resolve_references(struct load *load)
{
	uint32_t cnt = 0, insn_cnt = load->attr->insn_cnt;

	for (uint32_t i = 0; i < insn_cnt; i++)
		cnt += names_map(&load->insns[i]);
	load->refs = calloc(cnt + 1, sizeof(*load->refs));
	if (!load->refs)
		return -ENOMEM;
	for (uint32_t i = 0; i < insn_cnt; i++) {
		if (names_map(&load->insns[i])) {
			int map = resolve_one(load, &load->insns[i]);

			load->refs[load->ref_cnt++] = (struct verifier_ref){ i, map };
			if (map < 0)
				break;	/* the verifier stops there */
		}
		if (is_wide(&load->insns[i]))
			i++;
	}
	return 0;
}

/* ---- BTF ---- */

/*
 * Records of a size that may differ from ours: shorter ones than @min are refused, a longer tail
 * must be zero. What the caller's record size should have been is written back on E2BIG.
 */
static int copy_records(uint64_t src, uint32_t cnt, uint32_t record, uint32_t ours, void **out)
{
	char *records, tail[64];

	if (!cnt)
		return 0;
	records = calloc(cnt, ours);
	if (!records)
		return -ENOMEM;
	*out = records;
	for (uint32_t i = 0; i < cnt; i++) {
		uint64_t at = src + (uint64_t)i * record;
		uint32_t known = MIN(record, ours);

		for (uint32_t done = known; done < record; done += sizeof(tail)) {
			uint32_t step = MIN(record - done, sizeof(tail));

			if (user_read(tail, at + done, step))
				return -EFAULT;
			if (!is_zero(tail, step))
				return -E2BIG;
		}
		if (user_read(records + (size_t)i * ours, at, known))
			return -EFAULT;
	}
	return 0;
}

#define RECORD_MAX 252u

static int check_record(struct load *load, const char *what, uint32_t record, uint32_t min)
{
	if (record >= min && record <= RECORD_MAX && !(record % 4))
		return 0;
	if (!strcmp(what, "func info"))
		ulog_printf(&load->log, "invalid func info rec size %u\n", record);
	return -EINVAL;
}

static int copy_func_info(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	int err;

	if (!attr->func_info_cnt)
		return 0;
	err = check_record(load, "func info", attr->func_info_rec_size, 8);
	if (err)
		return err;
	if (attr->func_info_cnt > attr->insn_cnt)
		return -EINVAL;
	err = copy_records(attr->func_info, attr->func_info_cnt, attr->func_info_rec_size,
			   sizeof(*load->func_info), (void **)&load->func_info);
	if (err == -E2BIG)
		ulog_printf(&load->log, "nonzero tailing record in func info");
	return err;
}

static int copy_line_info(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	int err;

	if (!attr->line_info_cnt)
		return 0;
	if (attr->line_info_cnt > INT32_MAX / sizeof(struct bpf_line_info))
		return -EINVAL;
	err = check_record(load, "line info", attr->line_info_rec_size, 16);
	if (err)
		return err;
	err = copy_records(attr->line_info, attr->line_info_cnt, attr->line_info_rec_size,
			   sizeof(*load->line_info), (void **)&load->line_info);
	if (err == -E2BIG)
		ulog_printf(&load->log, "nonzero tailing record in line_info");
	return err;
}

static int copy_core_relos(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	int err;

	if (!attr->core_relo_cnt)
		return 0;
	if (attr->core_relo_cnt > INT32_MAX / sizeof(struct bpf_core_relo))
		return -EINVAL;
	err = check_record(load, "core_relo", attr->core_relo_rec_size,
			   sizeof(struct bpf_core_relo));
	return err ? err
		   : copy_records(attr->core_relos, attr->core_relo_cnt, attr->core_relo_rec_size,
				  sizeof(*load->core_relos), (void **)&load->core_relos);
}

int copy_btf_info(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	int err;

	/* Without records no BTF is looked at, whatever its fd is. */
	if (!attr->func_info_cnt && !attr->line_info_cnt && !attr->core_relo_cnt)
		return 0;
	err = btf_object_get_fd(attr->prog_btf_fd, &load->btf_obj, &load->btf);
	if (err)
		return err;
	if (btf_shared_of(load->btf_obj)->kernel)
		return -EACCES;
	err = copy_func_info(load);
	err = err ? err : copy_line_info(load);
	return err ? err : copy_core_relos(load);
}
