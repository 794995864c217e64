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
struct template {
	struct verifier_map facts;
	struct store_obj *btf;	/* in use, NULL: none */
};

static int template_facts(const struct map_shared *shared, const struct verifier_map **out)
{
	struct template *template = calloc(1, sizeof(*template));
	struct verifier_map *facts = &template->facts;

	if (!template)
		return -ENOMEM;
	facts->name = "";
	facts->type = shared->inner.type;
	facts->key_size = shared->inner.key_size;
	facts->value_size = shared->inner.value_size;
	facts->max_entries = shared->inner.max_entries;
	facts->map_flags = shared->inner.map_flags;
	facts->fields = shared->inner.fields;
	if (shared->inner.btf_id &&
	    btf_object_get(shared->inner.btf_id, &template->btf, &facts->btf)) {
		template->btf = NULL;
		facts->btf = NULL;
	}
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
	facts->name = map->obj->header->name;
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
	const struct template *template = (const void *)facts->inner;

	if (template && template->btf)
		store_put(template->btf);
	free((void *)template);
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

/* ---- modules: by the offset in calls, an index into fd_array ---- */

static int get_module(struct load *load, int32_t off, struct store_obj **obj,
		      const struct kern_btf **btf)
{
	int fd, err;

	err = user_read(&fd, load->attr->fd_array + (uint64_t)off * sizeof(fd), sizeof(fd));
	err = err ? err : btf_object_get_fd(fd, obj, btf);
	if (err || btf_shared_of(*obj)->module[0])
		return err;
	store_put(*obj);
	return -EINVAL;
}

static bool has_module(const struct load *load, int32_t off)
{
	for (uint32_t i = 0; i < load->module_cnt; i++)
		if (load->modules[i].off == off)
			return true;
	return false;
}

void resolve_modules(struct load *load)
{
	for (uint32_t i = 0; i < load->attr->insn_cnt; i++) {
		const struct bpf_insn *insn = &load->insns[i];
		uint32_t n = load->module_cnt;

		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_KFUNC_CALL ||
		    insn->off <= 0 || !load->attr->fd_array || n == PROG_BTFS_MAX ||
		    has_module(load, insn->off))
			continue;
		load->modules[n].off = insn->off;
		load->modules[n].err = get_module(load, insn->off, &load->module_objs[n],
						  &load->modules[n].btf);
		if (load->modules[n].err) {
			load->module_objs[n] = NULL;
			load->modules[n].btf = NULL;
		}
		load->module_cnt++;
	}
}

/* ---- fd_array_cnt: what the program holds whether or not an instruction names it ---- */

static int add_more_btf(struct load *load, int fd)
{
	const struct kern_btf *btf;
	struct store_obj *obj;

	if (btf_object_get_fd(fd, &obj, &btf))
		return -EINVAL;
	for (uint32_t i = 0; i < load->more_btf_cnt; i++) {
		if (load->more_btf[i] == obj) {
			store_put(obj);
			return 0;
		}
	}
	if (load->more_btf_cnt == PROG_BTFS_MAX) {
		store_put(obj);
		return -E2BIG;
	}
	load->more_btf[load->more_btf_cnt++] = obj;
	return 0;
}

static struct verifier_unread add_listed(struct load *load, int fd)
{
	struct kern_map *map;
	int err = map_get_fd(fd, &map, NULL);

	if (!err)
		err = add_map(load, map);
	else if (add_more_btf(load, fd) == 0)
		return (struct verifier_unread){ 0 };
	else
		return (struct verifier_unread){
			err, "fd %d is not pointing to valid bpf_map or btf\n", fd };
	if (err == -E2BIG)
		return (struct verifier_unread){
			err, "The total number of maps per program has reached the limit of %u\n",
			PROG_MAPS_MAX };
	return (struct verifier_unread){ .err = MIN(err, 0) };
}

void add_fd_array(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	struct verifier_unread *unread = &load->fd_array_unread;
	int fd;

	if (attr->fd_array_cnt >= UINT32_MAX / sizeof(fd)) {
		*unread = (struct verifier_unread){ -EINVAL, "fd_array_cnt is too big (%u)\n",
						    attr->fd_array_cnt };
		return;
	}
	for (uint32_t i = 0; i < attr->fd_array_cnt && !unread->err; i++) {
		unread->err = user_read(&fd, attr->fd_array + (uint64_t)i * sizeof(fd), sizeof(fd));
		if (!unread->err)
			*unread = add_listed(load, fd);
	}
}

/* ---- BTF ---- */

/* One kind of records of the attr, and where they go. */
struct records {
	uint64_t src;
	uint32_t cnt, size;		/* as the caller says */
	uint32_t ours, min;
	const char *bad_size;		/* log lines; NULL: none */
	const char *bad_tail;
};

#define RECORD_MAX 252u

/* Records of a size that may differ from ours: a longer tail must be zero. */
static int copy_record(const struct records *from, uint32_t i, void *record)
{
	uint64_t at = from->src + (uint64_t)i * from->size;
	uint32_t known = MIN(from->size, from->ours);
	char tail[RECORD_MAX];

	if (from->size > known) {
		if (user_read(tail, at + known, from->size - known))
			return -EFAULT;
		if (!is_zero(tail, from->size - known))
			return -E2BIG;
	}
	return user_read(record, at, known);
}

/* Return: how many could be read; the verifier tells why not all, in its order of checks. */
static uint32_t copy_records(const struct records *from, uint32_t max, int too_many, void **out,
			     struct verifier_unread *unread)
{
	uint32_t done = 0;
	char *records;

	if (!from->cnt)
		return 0;
	if (from->size < from->min || from->size > RECORD_MAX || from->size % 4) {
		*unread = (struct verifier_unread){ -EINVAL, from->bad_size, from->size };
		return 0;
	}
	if (from->cnt > max) {
		unread->err = too_many;
		return 0;
	}
	records = calloc(from->cnt, from->ours);
	if (!records) {
		unread->err = -ENOMEM;
		return 0;
	}
	*out = records;
	while (done < from->cnt) {
		unread->err = copy_record(from, done, records + (size_t)done * from->ours);
		if (unread->err)
			break;
		done++;
	}
	if (unread->err == -E2BIG)
		unread->text = from->bad_tail;
	return done;
}

static void copy_func_info(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	const struct records from = {
		attr->func_info, attr->func_info_cnt, attr->func_info_rec_size,
		sizeof(struct bpf_func_info), 8, "invalid func info rec size %u\n",
		"nonzero tailing record in func info",
	};

	load->func_info_cnt = copy_records(&from, INT32_MAX / sizeof(struct bpf_func_info),
					   -ENOMEM, (void **)&load->func_info,
					   &load->func_unread);
}

static void copy_line_info(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	const struct records from = {
		attr->line_info, attr->line_info_cnt, attr->line_info_rec_size,
		sizeof(struct bpf_line_info), 16, NULL, "nonzero tailing record in line_info",
	};

	load->line_info_cnt = copy_records(&from, INT32_MAX / sizeof(struct bpf_line_info),
					   -EINVAL, (void **)&load->line_info, &load->line_unread);
}

static void copy_core_relos(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	const struct records from = {
		attr->core_relos, attr->core_relo_cnt, attr->core_relo_rec_size,
		sizeof(struct bpf_core_relo), sizeof(struct bpf_core_relo), NULL,
		"nonzero tailing record in core_relo",
	};

	load->core_relo_cnt = copy_records(&from, INT32_MAX / sizeof(struct bpf_core_relo),
					   -EINVAL, (void **)&load->core_relos, &load->core_unread);
}

void copy_btf_info(struct load *load)
{
	const union bpf_attr *attr = load->attr;
	int err;

	/* Without records no BTF is looked at, whatever its fd is. */
	if (!attr->func_info_cnt && !attr->line_info_cnt)
		return;
	err = btf_object_get_fd(attr->prog_btf_fd, &load->btf_obj, &load->btf);
	if (!err && btf_shared_of(load->btf_obj)->kernel)
		err = -EACCES;
	load->btf_unread.err = err;
	if (err)
		return;
	copy_func_info(load);
	copy_line_info(load);
	copy_core_relos(load);
}

/* The caller is told which size of records would have been right. */
int write_record_size(const struct load *load, uint64_t user_attr)
{
	static const uint32_t sizes[] = { 8, sizeof(struct bpf_line_info),
					  sizeof(struct bpf_core_relo) };
	size_t which, at[] = { offsetof(union bpf_attr, func_info_rec_size),
			       offsetof(union bpf_attr, line_info_rec_size),
			       offsetof(union bpf_attr, core_relo_rec_size) };

	if (load->func_unread.err == -E2BIG)
		which = 0;
	else if (load->line_unread.err == -E2BIG)
		which = 1;
	else if (load->core_unread.err == -E2BIG)
		which = 2;
	else
		return 0;
	return user_write(user_attr + at[which], &sizes[which], sizeof(sizes[which]));
}
