/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Steps of random_test.c: each makes up one request of a family, mostly one that is nearly right. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/btf.h>

#include "asm.h"
#include "kern.h"
#include "random.h"

static void begin(struct request *req, int cmd)
{
	memset(req, 0, sizeof(*req));
	req->cmd = cmd;
	req->size = sizeof(req->attr);
}

static void name_field(char *field)
{
	static const char *const names[] = { "", "m", "a_name", "fifteen_letters", "sixteen_letters_",
					     "with space", "dot.ted", "1", "\x80" };

	const char *name = names[rnd(rnd(3) ? 4 : 9)];

	memset(field, 0, 16);
	memcpy(field, name, strlen(name) < 16 ? strlen(name) : 16);
}

/* ---- maps ---- */

void map_create_step(void)
{
	struct request req;
	union bpf_attr *a = &req.attr;

	begin(&req, BPF_MAP_CREATE);
	a->map_type = PICK(BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_HASH,
			   BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_RINGBUF, BPF_MAP_TYPE_PROG_ARRAY,
			   BPF_MAP_TYPE_ARRAY_OF_MAPS);
	a->key_size = rnd(6) ? 4 : PICK(0, 1, 3, 8, 12, 513, 65536);
	a->value_size = rnd(6) ? PICK(4, 8, 12, 1) : PICK(0, 3, 40, 4096, 32768, 32769);
	a->max_entries = rnd(8) ? PICK(1, 3, 7, 8) : PICK(0, 2, 64, 4096);
	if (a->map_type == BPF_MAP_TYPE_RINGBUF) {
		a->key_size = a->value_size = rnd(8) == 0;
		a->max_entries = PICK(4096, 4096, 8192, 4095, 6144, 12288, 0);
	}
	if (a->map_type == BPF_MAP_TYPE_PROG_ARRAY || a->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS)
		a->value_size = rnd(6) ? 4 : a->value_size;
	if (a->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS)
		set_fd(&req, &a->inner_map_fd, PAIR_MAP);
	if (rnd(2) || a->map_type == BPF_MAP_TYPE_ARRAY)
		a->map_flags = PICK(0, BPF_F_MMAPABLE, BPF_F_MMAPABLE, BPF_F_RDONLY, BPF_F_WRONLY,
				    BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG, BPF_F_NO_PREALLOC,
				    BPF_F_INNER_MAP, BPF_F_NUMA_NODE, BPF_F_STACK_BUILD_ID,
				    BPF_F_NO_COMMON_LRU, BPF_F_RDONLY | BPF_F_WRONLY,
				    BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG, 1u << rnd(32));
	/* Without a seed of chance both kernels walk in one order. */
	if (a->map_type == BPF_MAP_TYPE_HASH)
		a->map_flags |= BPF_F_ZERO_SEED | (rnd(3) ? 0 : BPF_F_NO_PREALLOC);
	if (rnd(16) == 0)
		a->numa_node = PICK(0, 1, 1000, UINT32_MAX);
	if (rnd(24) == 0)
		a->map_extra = PICK(1, 2, 15, 16);
	if (rnd(10) == 0) {
		set_fd(&req, &a->btf_fd, PAIR_BTF);
		a->btf_key_type_id = rnd(5);
		a->btf_value_type_id = rnd(5);
	}
	name_field(a->map_name);
	req.mutable_from = 16;
	req.makes = PAIR_MAP;
	request_run(&req, NULL);
}

/* Values of maps of fds are ids. */
static void forget_values(const struct request *req, unsigned char *mem, union bpf_attr *attr, int side)
{
	(void)attr;
	(void)side;
	if (req->pair && (req->pair->map_type == BPF_MAP_TYPE_PROG_ARRAY ||
			  req->pair->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS))
		memset(mem + AT_VALUE, 0, AT_INFO - AT_VALUE);
}

static void put_fd_value(const struct request *req, unsigned char *mem, int side)
{
	uint32_t fd = req->fixups[req->fixup_cnt - 1].value[side];

	if (req->pair && (req->pair->map_type == BPF_MAP_TYPE_PROG_ARRAY ||
			  req->pair->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS))
		memcpy(mem + AT_VALUE, &fd, sizeof(fd));
}

static uint64_t element_flags(void)
{
	return rnd(3) ? PICK(BPF_ANY, BPF_ANY, BPF_NOEXIST, BPF_EXIST)
		      : PICK(3, BPF_F_LOCK, BPF_F_LOCK | BPF_EXIST, 8, 1u << 31);
}

void element_step(void)
{
	static const uint32_t commands[] = {
		BPF_MAP_LOOKUP_ELEM, BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_UPDATE_ELEM,
		BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY,
		BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	};
	struct request req;
	union bpf_attr *a = &req.attr;
	struct pair *unused_value;

	begin(&req, pick_from(commands, 9));
	if (rnd(60) == 0)
		req.cmd = BPF_MAP_FREEZE;
	req.pair = set_fd(&req, &a->map_fd, PAIR_MAP);
	if (req.cmd != BPF_MAP_FREEZE) {
		set_ptr(&req, &a->key, AT_KEY + 4 * rnd(64));
		set_ptr(&req, &a->value, req.cmd == BPF_MAP_UPDATE_ELEM ? AT_VALUE : AT_OUT);
		if (req.cmd == BPF_MAP_UPDATE_ELEM)
			a->flags = element_flags();
		else if (rnd(16) == 0)
			a->flags = element_flags();
	}
	req.normalise = forget_values;
	if (req.cmd == BPF_MAP_UPDATE_ELEM) {
		/* An fd for maps of fds rides behind the attr. */
		unused_value = req.pair && req.pair->map_type == BPF_MAP_TYPE_PROG_ARRAY
				       ? pair_any(PAIR_PROG)
				       : pair_any(PAIR_MAP);
		req.fixups[req.fixup_cnt++] = (struct fixup){
			.offset = sizeof(union bpf_attr) - 4, .size = 0,
			.value = { unused_value ? unused_value->fd[0] : 5000,
				   unused_value ? unused_value->fd[1] : 5000 } };
		req.prepare = put_fd_value;
	}
	request_run(&req, NULL);
}

void batch_step(void)
{
	static const uint32_t commands[] = { BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH,
					     BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH };
	struct request req;
	union bpf_attr *a = &req.attr;

	begin(&req, pick_from(commands, 4));
	req.pair = set_fd(&req, &a->batch.map_fd, PAIR_MAP);
	if (req.pair && (req.pair->map_type == BPF_MAP_TYPE_PROG_ARRAY ||
			 req.pair->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS))
		return;
	if (rnd(3))
		set_ptr(&req, &a->batch.in_batch, AT_KEY + 4 * rnd(64));
	set_ptr(&req, &a->batch.out_batch, AT_INFO);
	set_ptr(&req, &a->batch.keys, req.cmd == BPF_MAP_UPDATE_BATCH ||
			req.cmd == BPF_MAP_DELETE_BATCH ? AT_KEY + 4 * rnd(32) : AT_ARRAYS);
	set_ptr(&req, &a->batch.values, req.cmd == BPF_MAP_UPDATE_BATCH ? AT_VALUE : AT_LOG);
	a->batch.count = rnd(8) ? rnd(8) : PICK(0, 64, 100);
	a->batch.elem_flags = rnd(4) ? 0 : element_flags();
	a->batch.flags = rnd(16) ? 0 : 1 + rnd(3);
	request_run(&req, NULL);
}

/* ---- pins ---- */

static void unlink_pin(const char *path)
{
	char real[4200];

	if (kern_path(path, real, sizeof(real)) == KERN_PATH_BPFFS) {
		unlink(real);
		kern_unpinned();
	}
	unlink(path);
}

void pin_step(void)
{
	static const char *const paths[] = {
		"/sys/fs/bpf/a", "/sys/fs/bpf/b", "/sys/fs/bpf/c", "/sys/fs/bpf/d.e",
		"/sys/fs/bpf/no/such", "/dev/null", "", "/sys/fs/bpf/a/b", "/sys/fs/bpf", "/sys/fs/bpf//b",
		"/sys/fs/bpf/./c", "/sys/fs/bpf/", "/sys/fs/bpf/.", "/sys/fs/bpf/a/",
	};
	const char *path = paths[rnd(rnd(3) ? 3 : 14)];
	struct request req;
	union bpf_attr *a = &req.attr;

	strcpy(arena_at(AT_TEXT), path);
	if (rnd(3) == 0) {
		if (strlen(path) == 13)
			unlink_pin(path);
		return;
	}
	begin(&req, rnd(2) ? BPF_OBJ_PIN : BPF_OBJ_GET);
	set_ptr(&req, &a->pathname, AT_TEXT);
	if (req.cmd == BPF_OBJ_PIN) {
		set_fd(&req, &a->bpf_fd, rnd(4));
		a->file_flags = rnd(12) ? 0 : 1u << rnd(16);
	} else {
		req.makes = PAIR_MAP;
		a->file_flags = rnd(3) ? 0 : PICK(BPF_F_RDONLY, BPF_F_WRONLY, 24, 1);
	}
	a->path_fd = rnd(24) ? 0 : (uint32_t)-100;
	request_run(&req, NULL);
}

/* ---- ids ---- */

static void forget_next(const struct request *req, unsigned char *mem, union bpf_attr *attr, int side)
{
	(void)mem;
	if (attr->next_id == req->pair->id[side])
		attr->next_id = 1;
}

void id_step(void)
{
	static const int by_id[] = { 0, BPF_MAP_GET_FD_BY_ID, BPF_PROG_GET_FD_BY_ID,
				     BPF_LINK_GET_FD_BY_ID, BPF_BTF_GET_FD_BY_ID };
	static const int walks[] = { 0, BPF_MAP_GET_NEXT_ID, BPF_PROG_GET_NEXT_ID,
				     BPF_LINK_GET_NEXT_ID, BPF_BTF_GET_NEXT_ID };
	static struct pair remembered[32];
	struct pair *old = &remembered[rnd(32)];
	struct pair *pair = pair_any(0);
	struct request req;

	if (pair && rnd(2))
		*old = *pair;
	pair = rnd(3) ? pair : old;
	if (!pair || !pair->id[0])
		return;
	if (rnd(4)) {
		begin(&req, by_id[pair->kind]);
		set_pair(&req, &req.attr.start_id, pair->id[0], pair->id[1]);
		req.attr.open_flags = pair->kind != PAIR_MAP || rnd(3)
					      ? 0 : PICK(BPF_F_RDONLY, BPF_F_WRONLY, 24, 1, 1u << 16);
		req.makes = pair->kind;
		req.retry = true;
	} else {
		if (pair == old)
			return;
		begin(&req, walks[pair->kind]);
		set_pair(&req, &req.attr.start_id, pair->id[0] - 1, pair->id[1] - 1);
		req.pair = pair;
		req.normalise = forget_next;
	}
	request_run(&req, NULL);
}

/* ---- info ---- */

#define CLEAR(type, field)                                                                         \
	memset(mem + AT_INFO + offsetof(type, field), 0, sizeof(((type *)0)->field))

/* Ids, times, addresses, machine code: what two kernels cannot agree on. */
static void forget_info(const struct request *req, unsigned char *mem, union bpf_attr *attr, int side)
{
	(void)side;
	(void)attr;
	if (!req->pair)
		return;
	switch (req->pair->kind) {
	case PAIR_MAP:
		CLEAR(struct bpf_map_info, id);
		CLEAR(struct bpf_map_info, btf_id);
		break;
	case PAIR_PROG:
		CLEAR(struct bpf_prog_info, id);
		CLEAR(struct bpf_prog_info, jited_prog_len);
		CLEAR(struct bpf_prog_info, xlated_prog_len);	/* lookups are made inline */
		CLEAR(struct bpf_prog_info, jited_prog_insns);
		CLEAR(struct bpf_prog_info, xlated_prog_insns);
		CLEAR(struct bpf_prog_info, load_time);
		CLEAR(struct bpf_prog_info, map_ids);
		CLEAR(struct bpf_prog_info, btf_id);
		CLEAR(struct bpf_prog_info, nr_jited_ksyms);
		CLEAR(struct bpf_prog_info, nr_jited_func_lens);
		CLEAR(struct bpf_prog_info, nr_jited_line_info);
		CLEAR(struct bpf_prog_info, func_info);
		CLEAR(struct bpf_prog_info, line_info);
		CLEAR(struct bpf_prog_info, prog_tags);
		break;
	case PAIR_LINK:
		CLEAR(struct bpf_link_info, id);
		CLEAR(struct bpf_link_info, prog_id);
		break;
	case PAIR_BTF:
		CLEAR(struct bpf_btf_info, id);
		CLEAR(struct bpf_btf_info, btf);
		CLEAR(struct bpf_btf_info, name);
		break;
	}
	memset(mem + AT_ARRAYS, 0, 256);	/* ids of maps */
}

static void point_into_arena(const struct request *req, unsigned char *mem, int side)
{
	struct bpf_prog_info *info = (void *)(mem + AT_INFO);

	(void)side;
	if (!req->pair || req->pair->kind != PAIR_PROG)
		return;
	info->map_ids = info->nr_map_ids ? (uintptr_t)mem + AT_ARRAYS : 0;
	info->xlated_prog_insns = 0;
	info->func_info = info->nr_func_info ? (uintptr_t)mem + AT_ARRAYS + 512 : 0;
	info->line_info = info->nr_line_info ? (uintptr_t)mem + AT_ARRAYS + 1024 : 0;
	info->prog_tags = info->nr_prog_tags ? (uintptr_t)mem + AT_ARRAYS + 2048 : 0;
}

static void prefill_prog(void)
{
	struct bpf_prog_info *info = arena_at(AT_INFO);

	info->nr_map_ids = rnd(3);
	info->nr_func_info = rnd(3);
	info->func_info_rec_size = rnd(8) ? 8 : rnd(16);
	info->nr_line_info = rnd(3);
	info->line_info_rec_size = rnd(8) ? 16 : rnd(32);
	info->nr_jited_line_info = 0;
	info->jited_line_info_rec_size = rnd(8) ? 8 : 0;
	info->nr_prog_tags = rnd(2);
}

void info_step(void)
{
	static const uint32_t sizes[] = { 0, sizeof(struct bpf_map_info), sizeof(struct bpf_prog_info),
					  sizeof(struct bpf_link_info), sizeof(struct bpf_btf_info) };
	struct request req;
	union bpf_attr *a = &req.attr;
	uint32_t size;

	begin(&req, BPF_OBJ_GET_INFO_BY_FD);
	req.pair = set_fd(&req, &a->info.bpf_fd, 1 + rnd(4));
	size = req.pair ? sizes[req.pair->kind] : 80;
	set_ptr(&req, &a->info.info, AT_INFO);
	a->info.info_len = rnd(3) ? size : rnd(2) ? rnd(size + 16) : PICK(0, 4, 4096, 4097, 300);
	memset(arena_at(AT_INFO), 0, 4096);
	if (req.pair && req.pair->kind == PAIR_PROG && rnd(2))
		prefill_prog();
	else if (rnd(8) == 0 && (!req.pair || req.pair->kind == PAIR_MAP))
		((unsigned char *)arena_at(AT_INFO))[rnd(320)] = 1;
	req.prepare = point_into_arena;
	req.normalise = forget_info;
	req.mutable_from = 16;
	request_run(&req, NULL);
}

/* ---- programs ---- */

/* "verification time 123 usec" */
static void forget_times(unsigned char *log, size_t room)
{
	char *at;

	log[room - 1] = 0;
	at = strstr((char *)log, "verification time ");
	for (at = at ? at + 18 : NULL; at && *at >= '0' && *at <= '9'; at++)
		*at = '#';
	for (at = strstr((char *)log, "fd "); at; at = strstr(at + 3, "fd "))
		for (char *digit = at + 3; *digit >= '0' && *digit <= '9'; digit++)
			*digit = '#';
	for (at = strstr((char *)log, "0xffff"); at; at = strstr(at + 3, "0xffff"))
		memset(at, '#', strlen(at) < 18 ? strlen(at) : 18);
	/* Linux writes as it goes; what stands behind the end is none of the log. */
	memset(log + strlen((char *)log), 0, room - strlen((char *)log));
}

static void forget_log(const struct request *req, unsigned char *mem, union bpf_attr *attr, int side)
{
	(void)side;
	memset(mem + AT_INSNS, 0, AT_TEXT - AT_INSNS);	/* fds of maps */
	if (req->attr.log_size || req->attr.log_level)
		forget_times(mem + AT_LOG, ARENA_SIZE - AT_LOG);
	if (req->attr.log_level & 4) {
		memset(mem + AT_LOG, 0, ARENA_SIZE - AT_LOG);	/* cut at another place */
		attr->log_true_size = attr->log_true_size > 90;
	}
}

static uint32_t put(uint32_t at, struct bpf_insn insn)
{
	((struct bpf_insn *)arena_at(AT_INSNS))[at] = insn;
	return at + 1;
}

#define PUT_ALL(...)                                                                               \
	do {                                                                                       \
		const struct bpf_insn list[] = { __VA_ARGS__ };                                    \
		memcpy(arena_at(AT_INSNS), list, sizeof(list));                                    \
		return sizeof(list) / sizeof(list[0]);                                             \
	} while (0)

static uint32_t lookup_insns(void)
{
	PUT_ALL(STORE_IMM(W, 10, -4, rnd(3)), MOV_REG(2, 10), ALU_IMM(ADD, 2, rnd(8) ? -4 : -3),
		MAP_FD(1, 0), CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(JEQ, 0, 0, rnd(8) ? 1 : 0),
		LOAD(B, 0, 0, rnd(2)), MOV_IMM(0, 1), EXIT());
}

static uint32_t ring_insns(void)
{
	PUT_ALL(MAP_FD(1, 0), MOV_IMM(2, PICK(8, 16, 8, 4000, 5000)), MOV_IMM(3, 0),
		CALL(BPF_FUNC_ringbuf_reserve), JUMP_IMM(JEQ, 0, 0, 5), STORE_IMM(DW, 0, 0, 7),
		MOV_REG(1, 0), MOV_IMM(2, rnd(2)), CALL(rnd(8) ? BPF_FUNC_ringbuf_submit
						       : BPF_FUNC_ringbuf_discard), MOV_IMM(0, 2), MOV_IMM(0, 0), EXIT());
}

static uint32_t array_value_insns(void)
{
	PUT_ALL(MAP_VALUE(1, 0, rnd(8) ? 0 : rnd(64)), LOAD(B, 0, 1, 0), MOV_IMM(0, 2), EXIT());
}

static uint32_t packet_insns(void)
{
	PUT_ALL(LOAD(W, 2, 1, 0), LOAD(W, 3, 1, 4), MOV_REG(4, 2), ALU_IMM(ADD, 4, 14),
		JUMP_REG(JGT, 4, 3, 2), LOAD(B, 5, 2, rnd(8) ? 13 : 14), STORE(B, 2, 5, 0),
		MOV_IMM(0, 2), EXIT());
}

static uint32_t call_insns(void)
{
	PUT_ALL(MOV_IMM(1, rnd(5)), CALL_LOCAL(1), EXIT(), MOV_REG(0, 1), ALU_IMM(AND, 0, 3), EXIT());
}

static uint32_t simple_insns(void)
{
	uint32_t at = 0;

	for (uint32_t i = rnd(4); i; i--)
		at = put(at, MOV_IMM(rnd(10), rnd(100)));
	if (rnd(4))
		at = put(at, MOV_IMM(0, rnd(4)));
	if (rnd(16))
		at = put(at, EXIT());
	return at;
}

/* The place of an instruction that names a map. */
static void put_map_fd(const struct request *req, unsigned char *mem, int side)
{
	struct bpf_insn *insns = (void *)(mem + AT_INSNS);

	if (!req->pair)
		return;
	for (uint32_t i = 0; i < 16; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			insns[i].imm = req->pair->fd[side];
}

static void make_insns(struct request *req)
{
	static uint32_t (*const makers[])(void) = { simple_insns, simple_insns, lookup_insns,
						    ring_insns, array_value_insns, packet_insns,
						    call_insns };
	static const uint32_t wanted[] = { 0, 0, 0, BPF_MAP_TYPE_RINGBUF, BPF_MAP_TYPE_ARRAY, 0, 0 };
	uint32_t which = rnd(7);

	req->attr.insn_cnt = makers[which]();
	for (int i = 0; i < 8; i++) {
		req->pair = pair_any(PAIR_MAP);
		/* Values of arrays of maps are maps, whose memory is for the verifier's tests. */
		if (!req->pair || req->pair->map_type == wanted[which] ||
		    (!wanted[which] && req->pair->map_type != BPF_MAP_TYPE_ARRAY_OF_MAPS))
			break;
	}
	req->prepare = put_map_fd;
	if (rnd(24) == 0)
		req->attr.insn_cnt = PICK(0, 1, 1000001);
}

static void choose_log(struct request *req)
{
	union bpf_attr *a = &req->attr;

	if (rnd(3) == 0)
		return;
	a->log_level = rnd(6) ? PICK(1, 2, 2, 10, 9, 8) : PICK(0, 4, 3, 7, 16, 18);
	a->log_size = rnd(4) ? PICK(32768, 100, 64, 20) : PICK(0, 1, 2, 127, 128, UINT32_MAX);
	if (rnd(16))
		set_ptr(req, &a->log_buf, AT_LOG);
	memset(arena_at(AT_LOG), 0x2e, ARENA_SIZE - AT_LOG);
}

static void choose_btf(struct request *req)
{
	union bpf_attr *a = &req->attr;
	struct bpf_func_info *func = arena_at(AT_ARRAYS);
	struct bpf_line_info *line = arena_at(AT_ARRAYS + 256);

	set_fd(req, &a->prog_btf_fd, PAIR_BTF);
	for (int i = 0; i < 4; i++) {
		func[i] = (struct bpf_func_info){ i ? rnd(6) : rnd(16) == 0, rnd(8) ? 3 : rnd(6) };
		line[i] = (struct bpf_line_info){ i ? rnd(6) : rnd(16) == 0, rnd(8) ? 7 : rnd(64),
						  rnd(8) ? 14 : rnd(64), rnd(8) ? 1024 : rnd(4000) };
	}
	a->func_info_cnt = rnd(8) ? 1 : rnd(4);
	a->func_info_rec_size = rnd(16) ? 8 : PICK(0, 4, 12, 16, 252, 256);
	a->line_info_cnt = rnd(8) ? rnd(3) : rnd(5);
	a->line_info_rec_size = rnd(16) ? 16 : PICK(0, 8, 20, 32, 252, 256);
	set_ptr(req, &a->func_info, AT_ARRAYS);
	set_ptr(req, &a->line_info, AT_ARRAYS + 256);
}

void load_step(void)
{
	static const char *const licenses[] = { "GPL", "Dual BSD/GPL", "MIT", "", "GPL v2",
						"Proprietary" };
	struct request req;
	union bpf_attr *a = &req.attr;

	begin(&req, BPF_PROG_LOAD);
	a->prog_type = rnd(3) ? BPF_PROG_TYPE_XDP : PICK(BPF_PROG_TYPE_SOCKET_FILTER,
							 BPF_PROG_TYPE_SCHED_CLS, 0, 200);
	make_insns(&req);
	strcpy(arena_at(AT_TEXT), licenses[rnd(6)]);
	set_ptr(&req, &a->insns, AT_INSNS);
	set_ptr(&req, &a->license, AT_TEXT);
	choose_log(&req);
	if (rnd(4) == 0)
		choose_btf(&req);
	if (rnd(12) == 0)
		a->prog_flags = 1u << rnd(9);
	if (rnd(12) == 0)
		a->expected_attach_type = rnd(48);
	if (rnd(32) == 0)
		a->prog_ifindex = rnd(3);
	if (rnd(32) == 0)
		a->kern_version = rnd(100);
	if (rnd(8) == 0)
		req.size = 136 + rnd(20);
	name_field(a->prog_name);
	req.normalise = forget_log;
	req.makes = PAIR_PROG;
	req.mutable_from = 16;
	request_run(&req, NULL);
}

void bind_step(void)
{
	struct request req;

	begin(&req, BPF_PROG_BIND_MAP);
	set_fd(&req, &req.attr.prog_bind_map.prog_fd, PAIR_PROG);
	set_fd(&req, &req.attr.prog_bind_map.map_fd, PAIR_MAP);
	req.attr.prog_bind_map.flags = rnd(16) == 0;
	request_run(&req, NULL);
}

static void forget_test(const struct request *req, unsigned char *mem, union bpf_attr *attr, int side)
{
	(void)req;
	(void)mem;
	(void)side;
	attr->test.duration = 0;
}

void test_run_step(void)
{
	struct request req;
	union bpf_attr *a = &req.attr;

	begin(&req, BPF_PROG_TEST_RUN);
	set_fd(&req, &a->test.prog_fd, PAIR_PROG);
	a->test.repeat = rnd(3);
	a->test.data_size_in = rnd(8) ? 14 + rnd(100) : PICK(0, 1, 13, 14, 3000, 5000);
	a->test.data_size_out = rnd(3) ? 256 : rnd(64);
	set_ptr(&req, &a->test.data_in, AT_VALUE);
	if (rnd(3))
		set_ptr(&req, &a->test.data_out, AT_OUT);
	a->test.flags = rnd(24) ? 0 : 1u << rnd(4);
	a->test.flags &= ~(uint32_t)BPF_F_TEST_XDP_LIVE_FRAMES;
	a->test.cpu = rnd(24) == 0;
	req.normalise = forget_test;
	req.mutable_from = 64;
	request_run(&req, NULL);
}

/* ---- links ---- */

void link_step(void)
{
	struct request req;
	union bpf_attr *a = &req.attr;

	switch (rnd(4)) {
	case 0:
	case 1:
		begin(&req, BPF_LINK_CREATE);
		set_fd(&req, &a->link_create.prog_fd, PAIR_PROG);
		a->link_create.target_ifindex = rnd(16) ? 1 : PICK(0, 2, 99);
		a->link_create.attach_type = rnd(16) ? BPF_XDP
						 : PICK(0, BPF_XDP_DEVMAP, BPF_XDP_CPUMAP, 60);
		a->link_create.flags = rnd(4) ? 0 : PICK(1, 2, 4, 8, 3, 16);
		req.makes = PAIR_LINK;
		req.mutable_from = 16;
		break;
	case 2:
		begin(&req, BPF_LINK_DETACH);
		set_fd(&req, &a->link_detach.link_fd, PAIR_LINK);
		break;
	default:
		begin(&req, BPF_LINK_UPDATE);
		set_fd(&req, &a->link_update.link_fd, PAIR_LINK);
		set_fd(&req, &a->link_update.new_prog_fd, PAIR_PROG);
		a->link_update.flags = rnd(3) ? 0 : rnd(8);
		if (a->link_update.flags)
			set_fd(&req, &a->link_update.old_prog_fd, PAIR_PROG);
		break;
	}
	request_run(&req, NULL);
}

/* ---- BTF ---- */

void btf_step(void)
{
	static const char strings[] = "\0int\0f\0file.c\0return 0;";
	static const uint32_t types[] = {
		1, BTF_KIND_INT << 24, 4, BTF_INT_SIGNED << 24 | 32,	/* 1: int */
		0, BTF_KIND_FUNC_PROTO << 24, 1,			/* 2: int () */
		5, BTF_KIND_FUNC << 24 | BTF_FUNC_GLOBAL, 2,		/* 3: f */
	};
	struct btf_header header = { .magic = BTF_MAGIC, .version = BTF_VERSION,
				     .hdr_len = sizeof(header), .type_len = sizeof(types),
				     .str_off = sizeof(types), .str_len = sizeof(strings) };
	unsigned char *blob = arena_at(AT_BTF);
	struct request req;

	begin(&req, BPF_BTF_LOAD);
	memcpy(blob, &header, sizeof(header));
	memcpy(blob + sizeof(header), types, sizeof(types));
	memcpy(blob + sizeof(header) + sizeof(types), strings, sizeof(strings));
	req.attr.btf_size = sizeof(header) + sizeof(types) + sizeof(strings);
	if (rnd(2))
		blob[rnd(req.attr.btf_size)] ^= 1u << rnd(8);
	if (rnd(16) == 0)
		req.attr.btf_size -= rnd(30);
	set_ptr(&req, &req.attr.btf, AT_BTF);
	if (rnd(2)) {
		req.attr.btf_log_level = rnd(6) ? 1 : rnd(12);
		req.attr.btf_log_size = rnd(4) ? 32768 : PICK(0, 1, 20, 127, 128);
		set_ptr(&req, &req.attr.btf_log_buf, AT_LOG);
		memset(arena_at(AT_LOG), 0x2e, ARENA_SIZE - AT_LOG);
	}
	if (rnd(24) == 0)
		req.attr.btf_flags = 1u << rnd(20);
	req.makes = PAIR_BTF;
	req.mutable_from = 32;
	request_run(&req, NULL);
}
