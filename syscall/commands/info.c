/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * OBJ_GET_INFO_BY_FD. Any length is fine: shorter buffers get the beginning, longer ones must be
 * zero behind what we know. Program, link and BTF info first read the caller's struct, because
 * it says where arrays go and how much room there is; counts that come back are always the full
 * ones. Scenarios S01-S16 of the extension model are about this file.
 */
#include <stdlib.h>
#include <string.h>

#include "bits.h"
#include "btf_objects.h"
#include "command.h"
#include "err.h"
#include "fault.h"
#include "links.h"
#include "map_ops.h"
#include "privilege.h"
#include "progs.h"

#define INFO_MAX 4096u
#define END_OF(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))

/* The caller's buffer: address and length, both from the attr. */
struct info_buffer {
	uint64_t addr;
	uint32_t len;
};

static int check_tail(const struct info_buffer *buffer, uint32_t known)
{
	char tail[256];

	if (buffer->len > INFO_MAX)
		return -E2BIG;
	for (uint32_t at = known; at < buffer->len; at += sizeof(tail)) {
		uint32_t step = MIN(buffer->len - at, sizeof(tail));

		if (user_read(tail, buffer->addr + at, step))
			return -EFAULT;
		if (!is_zero(tail, step))
			return -E2BIG;
	}
	return 0;
}

/* Check the tail and read the caller's struct into @info (zero beyond its length). Padding at its
 * end, from @known on, is no field either. */
static int begin(struct info_buffer *buffer, void *info, uint32_t size, uint32_t known)
{
	int err = check_tail(buffer, known);

	if (err)
		return err;
	buffer->len = MIN(buffer->len, size);
	memset(info, 0, size);
	return user_read(info, buffer->addr, buffer->len);
}

static int finish(struct call *call, const struct info_buffer *buffer, const void *info)
{
	if (user_write(buffer->addr, info, buffer->len))
		return -EFAULT;
	return call_write(call, offsetof(union bpf_attr, info.info_len), &buffer->len,
			  sizeof(buffer->len));
}

/* An array for the caller: @room elements fit at @addr. */
static int copy_array(uint64_t addr, uint32_t room, const void *data, uint32_t cnt, size_t size)
{
	uint32_t copied = MIN(room, cnt);

	return copied ? user_write(addr, data, copied * size) : 0;
}

/* ---- maps ---- */

static int map_info(struct call *call, struct store_obj *obj, struct info_buffer *buffer)
{
	struct bpf_map_info info;
	struct kern_map *map;
	int err = map_get(obj->id, &map);

	if (err)
		return err;
	/* What does not concern this map stays as the caller has it. */
	err = begin(buffer, &info, sizeof(info), END_OF(struct bpf_map_info, hash_size));
	if (!err) {
		info.type = map_type_number(map);
		info.id = map->id;
		info.key_size = map->key_size;
		info.value_size = map->value_size;
		info.max_entries = map->max_entries;
		info.map_flags = map->map_flags;
		info.map_extra = map->shared->map_extra;
		if (map->shared->btf_id) {
			info.btf_id = map->shared->btf_id;
			info.btf_key_type_id = map->shared->btf_key_type_id;
			info.btf_value_type_id = map->shared->btf_value_type_id;
		}
		info.btf_vmlinux_value_type_id = map->shared->btf_vmlinux_value_type_id;
		memcpy(info.name, obj->header->name, sizeof(info.name));
		/* No map type here keeps a hash of its content. */
		if (info.hash || info.hash_size)
			err = -EINVAL;
	}
	err = err ? err : finish(call, buffer, &info);
	map_put(map);
	return err;
}

/* ---- programs ---- */

/* A caller that gives a count must give our record size, or none and no count. */
static int check_record(uint32_t cnt, uint32_t record, uint32_t ours)
{
	return (cnt || record) && record != ours ? -EINVAL : 0;
}

static int check_records(const struct bpf_prog_info *info)
{
	int err = check_record(info->nr_func_info, info->func_info_rec_size,
			       sizeof(struct bpf_func_info));

	err = err ? err : check_record(info->nr_line_info, info->line_info_rec_size,
				       sizeof(struct bpf_line_info));
	return err ? err : check_record(info->nr_jited_line_info, info->jited_line_info_rec_size,
					sizeof(uint64_t));
}

static void fill_facts(struct bpf_prog_info *info, const struct kern_prog *prog)
{
	const struct prog_shared *shared = prog->shared;
	const struct store_header *header = prog->obj->header;

	info->type = shared->type;
	info->id = prog->id;
	memcpy(info->tag, shared->tag, sizeof(info->tag));
	info->load_time = header->created_ns;
	info->created_by_uid = header->uid;
	memcpy(info->name, header->name, sizeof(info->name));
	info->gpl_compatible = shared->gpl_compatible;
	info->run_time_ns = shared->run_time_ns;
	info->run_cnt = shared->run_cnt;
	info->recursion_misses = shared->recursion_misses;
	info->verified_insns = shared->verified_insns;
	info->btf_id = shared->btf_id;
	info->attach_btf_obj_id = shared->attach_btf_obj_id;
	info->attach_btf_id = shared->attach_btf_id;
	info->func_info_rec_size = sizeof(struct bpf_func_info);
	info->line_info_rec_size = sizeof(struct bpf_line_info);
	info->jited_line_info_rec_size = sizeof(uint64_t);
}

static int copy_maps(struct bpf_prog_info *info, const struct kern_prog *prog)
{
	uint32_t ids[STORE_EDGES_MAX];
	uint32_t room = info->nr_map_ids;

	info->nr_map_ids = prog_all_maps(prog, ids, ARRAY_SIZE(ids));
	return copy_array(info->map_ids, room, ids, info->nr_map_ids, sizeof(ids[0]));
}

/* Calls of subprograms show their target twice, as Linux leaves them: its number in imm, its
 * distance in off. */
static void show_call(struct bpf_insn *insn, uint32_t at, const struct exec_subprog *subprogs,
		      uint32_t cnt)
{
	uint32_t target = at + 1 + insn->imm;

	insn->off = insn->imm;
	for (uint32_t i = 0; i < cnt; i++)
		if (subprogs[i].start == target)
			insn->imm = i;
}

static int copy_insns(struct bpf_prog_info *info, const struct kern_prog *prog)
{
	const struct prog_shared *shared = prog->shared;
	uint32_t room = info->xlated_prog_len, size = shared->insn_cnt * sizeof(struct bpf_insn);
	struct bpf_insn *insns;
	int err;

	info->xlated_prog_len = size;
	if (!room)
		return 0;
	insns = malloc(size);
	if (!insns)
		return -ENOMEM;
	memcpy(insns, prog_section(prog, shared->insns), size);
	for (uint32_t i = 0; i < shared->insn_cnt; i++)
		if (insns[i].code == (BPF_JMP | BPF_CALL) && insns[i].src_reg == BPF_PSEUDO_CALL)
			show_call(&insns[i], i, prog_section(prog, shared->subprogs),
				  shared->subprog_cnt);
	err = copy_array(info->xlated_prog_insns, room, insns, size, 1);
	free(insns);
	return err;
}

/* One tag per function; nothing is machine code, so there are no addresses and lengths. */
static int copy_functions(struct bpf_prog_info *info, const struct kern_prog *prog)
{
	uint32_t room = info->nr_prog_tags;
	int err;

	info->nr_prog_tags = prog->shared->subprog_cnt;
	err = copy_array(info->prog_tags, room, prog_section(prog, prog->shared->tags),
			 info->nr_prog_tags, BPF_TAG_SIZE);
	info->nr_jited_ksyms = 0;
	info->nr_jited_func_lens = 0;
	info->jited_prog_len = 0;
	info->nr_jited_line_info = 0;
	return err;
}

static int copy_btf_records(struct bpf_prog_info *info, const struct kern_prog *prog)
{
	const struct prog_shared *shared = prog->shared;
	uint32_t funcs = info->nr_func_info, lines = info->nr_line_info;
	int err;

	info->nr_func_info = shared->func_info_cnt;
	info->nr_line_info = shared->line_info_cnt;
	err = copy_array(info->func_info, funcs, prog_section(prog, shared->func_info),
			 info->nr_func_info, sizeof(struct bpf_func_info));
	return err ? err
		   : copy_array(info->line_info, lines, prog_section(prog, shared->line_info),
				info->nr_line_info, sizeof(struct bpf_line_info));
}

static int copy_content(struct bpf_prog_info *info, const struct kern_prog *prog)
{
	int err = copy_insns(info, prog);

	err = err ? err : copy_functions(info, prog);
	return err ? err : copy_btf_records(info, prog);
}

/* From those who may not load programs. */
static void hide_content(struct bpf_prog_info *info)
{
	info->jited_prog_len = 0;
	info->xlated_prog_len = 0;
	info->nr_jited_ksyms = 0;
	info->nr_jited_func_lens = 0;
	info->nr_func_info = 0;
	info->nr_line_info = 0;
	info->nr_jited_line_info = 0;
}

static int prog_info(struct call *call, struct store_obj *obj, struct info_buffer *buffer)
{
	struct bpf_prog_info info;
	bool all = privileged(PRIVILEGE_BPF);
	struct kern_prog *prog;
	int err = prog_get(obj->id, &prog);

	if (err)
		return err;
	err = begin(buffer, &info, sizeof(info), END_OF(struct bpf_prog_info, attach_btf_id));
	err = err ? err : copy_maps(&info, prog);
	err = err ? err : check_records(&info);
	if (!err && !all)
		hide_content(&info);
	if (!err)
		fill_facts(&info, prog);
	err = err || !all ? err : copy_content(&info, prog);
	err = err ? err : finish(call, buffer, &info);
	prog_put(prog);
	return err;
}

/* ---- BTF ---- */

/* A name with too little room is cut, NUL-terminated, and ENOSPC in the end. */
static int copy_name(struct bpf_btf_info *info, const char *name)
{
	uint32_t room = info->name_len, len = strlen(name);

	if (!info->name != !room)
		return -EINVAL;
	info->name_len = len;
	if (!room)
		return 0;
	if (room > len)
		return user_write(info->name, name, len + 1);
	if (user_write(info->name, name, room - 1) || user_write(info->name + room - 1, "", 1))
		return -EFAULT;
	return -ENOSPC;
}

static int btf_info(struct call *call, struct store_obj *obj, struct info_buffer *buffer)
{
	const struct btf_shared *shared = btf_shared_of(obj);
	struct bpf_btf_info info;
	uint32_t room;
	int cut, err = begin(buffer, &info, sizeof(info), sizeof(info));

	if (err)
		return err;
	info.id = obj->id;
	room = info.btf_size;
	if (copy_array(info.btf, room, obj->mem, shared->size, 1))
		return -EFAULT;
	info.btf_size = shared->size;
	info.kernel_btf = shared->kernel;
	cut = copy_name(&info, shared->module[0] ? shared->module : shared->kernel ? "vmlinux" : "");
	if (cut && cut != -ENOSPC)
		return cut;
	err = finish(call, buffer, &info);
	return err ? err : cut;
}

/* ---- links ---- */

static int link_info(struct call *call, struct store_obj *obj, struct info_buffer *buffer)
{
	const struct link_shared *shared = link_shared_of(obj);
	struct bpf_link_info info;
	int err = begin(buffer, &info, sizeof(info), sizeof(info));

	if (err)
		return err;
	info.type = shared->link_type;
	info.id = obj->id;
	info.prog_id = link_prog_id(obj);
	err = link_fill_info(obj, &info);
	return err ? err : finish(call, buffer, &info);
}

int obj_info_command(struct call *call)
{
	static int (*const by_kind[])(struct call *, struct store_obj *, struct info_buffer *) = {
		[STORE_MAP] = map_info,
		[STORE_PROG] = prog_info,
		[STORE_LINK] = link_info,
		[STORE_BTF] = btf_info,
	};
	const union bpf_attr *attr = &call->attr;
	struct info_buffer buffer = { attr->info.info, attr->info.info_len };
	struct store_obj *obj;
	int err, kind = store_fd_kind(attr->info.bpf_fd, NULL);

	if (kind == -EBADF)
		return -EBADFD;		/* not EBADF: measured on 6.18 */
	if (kind < 0)
		return kind;
	if (!kind || kind == STORE_PERF)
		return -EINVAL;
	err = store_get_fd(attr->info.bpf_fd, kind, &obj, NULL);
	if (err)
		return err;
	err = by_kind[kind](call, obj, &buffer);
	store_put(obj);
	return err;
}
