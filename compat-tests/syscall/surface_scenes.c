/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* The calls: one row each, and what they are made of. */
#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "asm.h"
#include "cgroup_dirs.h"
#include "surface.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))
#define PINNED	     "/sys/fs/bpf/surface"
#define LOOPBACK     1
#define PIN_HERE     "/sys/fs/bpf/surface_new"

/* ---- objects ---- */

static const struct {
	struct btf_header header;
	uint32_t types[4];
	char strings[5];
} __attribute__((packed)) one_int = {
	.header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(struct btf_header),
		    .type_len = 16, .str_off = 16, .str_len = 5 },
	.types = { 1, BTF_KIND_INT << 24, 4, 32 | BTF_INT_SIGNED << 24 },
	.strings = "\0int",
};

static const struct bpf_insn trivial[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };

static int load(const struct backend *b, uint32_t type, uint32_t attach_type, const char *name)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)trivial;
	attr.insn_cnt = ARRAY_CNT(trivial);
	attr.license = (uintptr_t)"GPL";
	snprintf(attr.prog_name, sizeof(attr.prog_name), "%s", name);
	fd = b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	assert_true(fd >= 0);
	return fd;
}

static int load_int(const struct backend *b)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&one_int;
	attr.btf_size = sizeof(one_int);
	return b->bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
}

static int link_to_cgroup(const struct backend *b, const struct objects *o)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = o->cgroup_skb;
	attr.link_create.target_fd = o->cgroup;
	attr.link_create.attach_type = BPF_CGROUP_INET_EGRESS;
	return b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr));
}

static int attach_or_detach(const struct backend *b, int cmd, int target, int prog, uint32_t type)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = target;
	attr.attach_bpf_fd = prog;
	attr.attach_type = type;
	if (cmd == BPF_PROG_ATTACH && type == BPF_CGROUP_INET_INGRESS)
		attr.attach_flags = BPF_F_ALLOW_MULTI;
	return b->bpf(cmd, &attr, sizeof(attr));
}

static int cgroup_for(const struct backend *b)
{
	static int emulated = -1, kernel = -1;
	int *fd = b->emulated ? &emulated : &kernel;

	if (*fd < 0)
		*fd = cgroup_dirs_make(cgroup_dirs_for(b), b->emulated ? "emulated" : "kernel");
	return *fd;
}

void maps_make(const struct backend *b, struct objects *o)
{
	const uint32_t one = 1, two = 2;
	const uint64_t value = 7;

	o->hash = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_ZERO_SEED);
	o->array = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0);
	o->queue = map_create_simple(b, BPF_MAP_TYPE_QUEUE, 0, 8, 2, 0);
	o->percpu = map_create_simple(b, BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4, 0);
	o->lpm = map_create_simple(b, BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, BPF_F_NO_PREALLOC);
	o->ring = map_create_simple(b, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	assert_true(o->hash >= 0 && o->array >= 0 && o->queue >= 0 && o->percpu >= 0 &&
		    o->lpm >= 0 && o->ring >= 0);
	assert_int_equal(map_update(b, o->hash, &one, &value, 0), 0);
	assert_int_equal(map_update(b, o->hash, &two, &value, 0), 0);
	assert_int_equal(map_update(b, o->queue, NULL, &value, 0), 0);
	assert_int_equal(obj_pin(b, o->hash, PINNED), 0);
	o->map_id = map_id(b, o->hash);
}

static void attach_all(const struct backend *b, struct objects *o)
{
	struct bpf_link_info info = { 0 };
	uint32_t len = sizeof(info);

	o->cgroup = cgroup_for(b);
	o->link = link_to_cgroup(b, o);
	assert_true(o->link >= 0);
	assert_int_equal(obj_info(b, o->link, &info, &len), 0);
	o->link_id = info.id;
	assert_int_equal(attach_or_detach(b, BPF_PROG_ATTACH, o->cgroup, o->cgroup_other,
					  BPF_CGROUP_INET_INGRESS), 0);
	assert_int_equal(attach_or_detach(b, BPF_PROG_ATTACH, LOOPBACK, o->skb, BPF_TCX_EGRESS), 0);
}

void objects_make(const struct backend *b, struct objects *o)
{
	struct bpf_btf_info info = { 0 };
	uint32_t len = sizeof(info);

	maps_make(b, o);
	o->xdp = load(b, BPF_PROG_TYPE_XDP, 0, "xdp");
	o->xdp_other = load(b, BPF_PROG_TYPE_XDP, 0, "other");
	o->skb = load(b, BPF_PROG_TYPE_SCHED_CLS, 0, "skb");
	o->cgroup_skb = load(b, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, "egress");
	o->cgroup_other = load(b, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_INGRESS, "ingress");
	o->raw_tp = load(b, BPF_PROG_TYPE_RAW_TRACEPOINT, 0, "raw_tp");
	o->btf = load_int(b);
	o->null = open("/dev/null", O_RDWR | O_CLOEXEC);
	o->directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(o->btf >= 0 && o->null >= 0 && o->directory >= 0);
	assert_int_equal(obj_info(b, o->btf, &info, &len), 0);
	o->prog_id = prog_id(b, o->xdp);
	o->btf_id = info.id;
	attach_all(b, o);
}

static void unpin(const struct backend *b, const char *path)
{
	char real[512];

	if (b->emulated)
		snprintf(real, sizeof(real), "%s/bpffs/%s", test_store_dir(),
			 path + strlen("/sys/fs/bpf/"));
	unlink(b->emulated ? real : path);
}

static void detach_all(const struct backend *b, const struct objects *o)
{
	attach_or_detach(b, BPF_PROG_DETACH, LOOPBACK, o->skb, BPF_TCX_INGRESS);
	attach_or_detach(b, BPF_PROG_DETACH, LOOPBACK, o->skb, BPF_TCX_EGRESS);
	for (uint32_t type = BPF_CGROUP_INET_INGRESS; type <= BPF_CGROUP_INET_EGRESS; type++) {
		attach_or_detach(b, BPF_PROG_DETACH, o->cgroup, o->cgroup_skb, type);
		attach_or_detach(b, BPF_PROG_DETACH, o->cgroup, o->cgroup_other, type);
	}
}

static void close_all(const struct backend *b, const int *fds, size_t cnt)
{
	for (size_t i = 0; i < cnt; i++)
		b->close(fds[i]);
}

void maps_drop(const struct backend *b, struct objects *o)
{
	const int fds[] = { o->hash, o->array, o->queue, o->percpu, o->lpm, o->ring };

	unpin(b, PINNED);
	unpin(b, PIN_HERE);
	close_all(b, fds, ARRAY_CNT(fds));
}

void objects_drop(const struct backend *b, struct objects *o)
{
	const int fds[] = { o->xdp, o->xdp_other, o->skb, o->cgroup_skb, o->cgroup_other,
			    o->raw_tp, o->btf, o->link, o->null, o->directory };

	detach_all(b, o);
	maps_drop(b, o);
	close_all(b, fds, ARRAY_CNT(fds));
}

/* ---- maps ---- */

static void map_create(const struct objects *o, union bpf_attr *attr)
{
	attr->map_type = BPF_MAP_TYPE_HASH;
	attr->key_size = 4;
	attr->value_size = 8;
	attr->max_entries = 4;
	strcpy(attr->map_name, "a_map");
}

static void map_create_array(const struct objects *o, union bpf_attr *attr)
{
	map_create(o, attr);
	attr->map_type = BPF_MAP_TYPE_ARRAY;
}

static void map_create_typed(const struct objects *o, union bpf_attr *attr)
{
	map_create(o, attr);
	attr->value_size = 4;
	attr->btf_fd = o->btf;
	attr->btf_key_type_id = 1;
	attr->btf_value_type_id = 1;
}

static void map_create_outer(const struct objects *o, union bpf_attr *attr)
{
	map_create(o, attr);
	attr->map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS;
	attr->value_size = 4;
	attr->inner_map_fd = o->hash;
}

static void element_of(int map, uint32_t key, union bpf_attr *attr)
{
	const uint64_t value = 9;

	attr->map_fd = map;
	attr->key = place(&key, sizeof(key));
	attr->value = place(&value, sizeof(value));
}

static void hash_element(const struct objects *o, union bpf_attr *attr)
{
	element_of(o->hash, 1, attr);
}

static void array_element(const struct objects *o, union bpf_attr *attr)
{
	element_of(o->array, 1, attr);
}

static void queue_element(const struct objects *o, union bpf_attr *attr)
{
	element_of(o->queue, 0, attr);
	attr->key = 0;
}

static void lpm_element(const struct objects *o, union bpf_attr *attr)
{
	const uint32_t key[2] = { 32, 0x01010101 };

	element_of(o->lpm, 0, attr);
	attr->key = place(key, sizeof(key));
}

static void percpu_element(const struct objects *o, union bpf_attr *attr)
{
	static const uint64_t values[256];

	element_of(o->percpu, 1, attr);
	attr->value = place(values, sizeof(values));
}

static void ring_element(const struct objects *o, union bpf_attr *attr)
{
	element_of(o->ring, 0, attr);
}

static void hash_key(const struct objects *o, union bpf_attr *attr)
{
	element_of(o->hash, 1, attr);
	attr->value = 0;
}

static void just_map(const struct objects *o, union bpf_attr *attr)
{
	attr->map_fd = o->hash;
}

static void batch_of(int map, union bpf_attr *attr)
{
	static const uint32_t keys[2] = { 1, 2 };
	static const uint64_t values[2] = { 5, 6 };

	attr->batch.map_fd = map;
	attr->batch.count = 2;
	attr->batch.keys = place(keys, sizeof(keys));
	attr->batch.values = place(values, sizeof(values));
}

static void batch_write(const struct objects *o, union bpf_attr *attr)
{
	batch_of(o->hash, attr);
}

static void batch_write_array(const struct objects *o, union bpf_attr *attr)
{
	batch_of(o->array, attr);
}

static void batch_read(const struct objects *o, union bpf_attr *attr)
{
	batch_of(o->hash, attr);
	attr->batch.out_batch = place(NULL, 4);
}

static void batch_read_array(const struct objects *o, union bpf_attr *attr)
{
	batch_of(o->array, attr);
	attr->batch.out_batch = place(NULL, 4);
}

/* ---- programs and BTF ---- */

static void prog_load(const struct objects *o, union bpf_attr *attr)
{
	attr->prog_type = BPF_PROG_TYPE_XDP;
	attr->insns = place(trivial, sizeof(trivial));
	attr->insn_cnt = ARRAY_CNT(trivial);
	attr->license = place("GPL", 4);
	strcpy(attr->prog_name, "a_prog");
}

static void prog_load_log(const struct objects *o, union bpf_attr *attr)
{
	prog_load(o, attr);
	attr->log_level = 1;
	attr->log_size = 512;
	attr->log_buf = place(NULL, 512);
}

static void prog_load_btf(const struct objects *o, union bpf_attr *attr)
{
	prog_load(o, attr);
	attr->prog_btf_fd = o->btf;
}

static void prog_load_fds(const struct objects *o, union bpf_attr *attr)
{
	const int fds[] = { o->hash, o->btf };

	prog_load(o, attr);
	attr->fd_array = place(fds, sizeof(fds));
	attr->fd_array_cnt = 2;
}

static void prog_load_cgroup(const struct objects *o, union bpf_attr *attr)
{
	prog_load(o, attr);
	attr->prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR;
	attr->expected_attach_type = BPF_CGROUP_INET4_CONNECT;
	attr->insns = place((const struct bpf_insn[]){ MOV_IMM(BPF_REG_0, 1), EXIT() },
			    sizeof(trivial));
}

static void btf_load(const struct objects *o, union bpf_attr *attr)
{
	attr->btf = place(&one_int, sizeof(one_int));
	attr->btf_size = sizeof(one_int);
}

static void btf_load_log(const struct objects *o, union bpf_attr *attr)
{
	btf_load(o, attr);
	attr->btf_log_level = 1;
	attr->btf_log_size = 512;
	attr->btf_log_buf = place(NULL, 512);
}

static void test_run(int prog, union bpf_attr *attr)
{
	attr->test.prog_fd = prog;
	attr->test.data_size_in = 64;
	attr->test.data_in = place(NULL, 64);
	attr->test.data_size_out = 64;
	attr->test.data_out = place(NULL, 64);
}

static void test_run_xdp(const struct objects *o, union bpf_attr *attr)
{
	test_run(o->xdp, attr);
}

static void test_run_xdp_ctx(const struct objects *o, union bpf_attr *attr)
{
	const struct xdp_md md = { .data_end = 64 };

	test_run(o->xdp, attr);
	attr->test.ctx_in = place(&md, sizeof(md));
	attr->test.ctx_size_in = sizeof(md);
	attr->test.ctx_out = place(NULL, sizeof(md));
	attr->test.ctx_size_out = sizeof(md);
}

static void test_run_skb(const struct objects *o, union bpf_attr *attr)
{
	test_run(o->skb, attr);
}

static void test_run_skb_ctx(const struct objects *o, union bpf_attr *attr)
{
	const struct __sk_buff skb = { .mark = 3 };

	test_run(o->skb, attr);
	attr->test.ctx_in = place(&skb, sizeof(skb));
	attr->test.ctx_size_in = sizeof(skb);
	attr->test.ctx_out = place(NULL, sizeof(skb));
	attr->test.ctx_size_out = sizeof(skb);
}

static void test_run_raw_tp(const struct objects *o, union bpf_attr *attr)
{
	const uint64_t args[2] = { 1, 2 };

	attr->test.prog_fd = o->raw_tp;
	attr->test.ctx_in = place(args, sizeof(args));
	attr->test.ctx_size_in = sizeof(args);
}

static void bind_map(const struct objects *o, union bpf_attr *attr)
{
	attr->prog_bind_map.prog_fd = o->xdp;
	attr->prog_bind_map.map_fd = o->hash;
}

static void stream_read(const struct objects *o, union bpf_attr *attr)
{
	attr->prog_stream_read.prog_fd = o->xdp;
	attr->prog_stream_read.stream_id = BPF_STDOUT;
	attr->prog_stream_read.stream_buf = place(NULL, 16);
	attr->prog_stream_read.stream_buf_len = 16;
}

static void assoc_struct_ops(const struct objects *o, union bpf_attr *attr)
{
	const uint32_t words[] = { o->hash, o->xdp, 0 };

	memcpy(attr, words, sizeof(words));
}

/* ---- pins and ids ---- */

static void obj_pin_new(const struct objects *o, union bpf_attr *attr)
{
	attr->pathname = place(PIN_HERE, sizeof(PIN_HERE));
	attr->bpf_fd = o->hash;
}

static void obj_get_pinned(const struct objects *o, union bpf_attr *attr)
{
	attr->pathname = place(PINNED, sizeof(PINNED));
}

static void from_the_start(const struct objects *o, union bpf_attr *attr)
{
	attr->start_id = 0;
}

static void map_by_id(const struct objects *o, union bpf_attr *attr)
{
	attr->map_id = o->map_id;
}

static void prog_by_id(const struct objects *o, union bpf_attr *attr)
{
	attr->prog_id = o->prog_id;
}

static void link_by_id(const struct objects *o, union bpf_attr *attr)
{
	attr->link_id = o->link_id;
}

static void btf_by_id(const struct objects *o, union bpf_attr *attr)
{
	attr->btf_id = o->btf_id;
}

static void info_of(int fd, size_t size, union bpf_attr *attr)
{
	attr->info.bpf_fd = fd;
	attr->info.info = place(NULL, size);
	attr->info.info_len = size;
}

static void map_info(const struct objects *o, union bpf_attr *attr)
{
	info_of(o->hash, sizeof(struct bpf_map_info), attr);
}

static void prog_info(const struct objects *o, union bpf_attr *attr)
{
	info_of(o->xdp, sizeof(struct bpf_prog_info), attr);
}

static void link_info(const struct objects *o, union bpf_attr *attr)
{
	info_of(o->link, sizeof(struct bpf_link_info), attr);
}

static void btf_info(const struct objects *o, union bpf_attr *attr)
{
	info_of(o->btf, sizeof(struct bpf_btf_info), attr);
}

/* ---- attachments ---- */

static void attach(const struct objects *o, union bpf_attr *attr)
{
	attr->target_fd = o->cgroup;
	attr->attach_bpf_fd = o->cgroup_skb;
	attr->attach_type = BPF_CGROUP_INET_EGRESS;
	attr->attach_flags = BPF_F_ALLOW_MULTI;
}

static void attach_tcx(const struct objects *o, union bpf_attr *attr)
{
	attr->target_ifindex = LOOPBACK;
	attr->attach_bpf_fd = o->skb;
	attr->attach_type = BPF_TCX_INGRESS;
}

static void detach(const struct objects *o, union bpf_attr *attr)
{
	attr->target_fd = o->cgroup;
	attr->attach_bpf_fd = o->cgroup_other;
	attr->attach_type = BPF_CGROUP_INET_INGRESS;
}

static void detach_tcx(const struct objects *o, union bpf_attr *attr)
{
	attach_tcx(o, attr);
	attr->attach_type = BPF_TCX_EGRESS;
}

static void query_cgroup(const struct objects *o, union bpf_attr *attr)
{
	attr->query.target_fd = o->cgroup;
	attr->query.attach_type = BPF_CGROUP_INET_EGRESS;
	attr->query.prog_ids = place(NULL, 16);
	attr->query.prog_cnt = 4;
}

static void query_tcx(const struct objects *o, union bpf_attr *attr)
{
	attr->query.target_ifindex = LOOPBACK;
	attr->query.attach_type = BPF_TCX_INGRESS;
	attr->query.prog_ids = place(NULL, 16);
	attr->query.prog_cnt = 4;
}

static void link_cgroup(const struct objects *o, union bpf_attr *attr)
{
	attr->link_create.prog_fd = o->cgroup_skb;
	attr->link_create.target_fd = o->cgroup;
	attr->link_create.attach_type = BPF_CGROUP_INET_EGRESS;
}

static void link_tcx(const struct objects *o, union bpf_attr *attr)
{
	attr->link_create.prog_fd = o->skb;
	attr->link_create.target_ifindex = LOOPBACK;
	attr->link_create.attach_type = BPF_TCX_INGRESS;
}

static void link_xdp(const struct objects *o, union bpf_attr *attr)
{
	attr->link_create.prog_fd = o->xdp;
	attr->link_create.target_ifindex = LOOPBACK;
	attr->link_create.attach_type = BPF_XDP;
}

static void update_link(const struct objects *o, union bpf_attr *attr)
{
	attr->link_update.link_fd = o->link;
	attr->link_update.new_prog_fd = o->cgroup_skb;
	attr->link_update.old_prog_fd = o->cgroup_skb;
	attr->link_update.flags = BPF_F_REPLACE;
}

static void detach_link(const struct objects *o, union bpf_attr *attr)
{
	attr->link_detach.link_fd = o->link;
}

static void raw_tracepoint(const struct objects *o, union bpf_attr *attr)
{
	attr->raw_tracepoint.name = place("sched_process_exit", 19);
	attr->raw_tracepoint.prog_fd = o->raw_tp;
}

/* ---- the rest ---- */

static void task_fd(const struct objects *o, union bpf_attr *attr)
{
	attr->task_fd_query.pid = getpid();
	attr->task_fd_query.fd = o->link;
	attr->task_fd_query.buf = place(NULL, 16);
	attr->task_fd_query.buf_len = 16;
}

static void statistics(const struct objects *o, union bpf_attr *attr)
{
	attr->enable_stats.type = BPF_STATS_RUN_TIME;
}

static void iterator(const struct objects *o, union bpf_attr *attr)
{
	attr->iter_create.link_fd = o->link;
}

static void token(const struct objects *o, union bpf_attr *attr)
{
	attr->token_create.bpffs_fd = o->directory;
}

const struct scene scenes[] = {
	{ "MAP_CREATE hash", BPF_MAP_CREATE, "MAP_CREATE", map_create },
	{ "MAP_CREATE array", BPF_MAP_CREATE, "MAP_CREATE", map_create_array },
	{ "MAP_CREATE with BTF", BPF_MAP_CREATE, "MAP_CREATE", map_create_typed },
	{ "MAP_CREATE of maps", BPF_MAP_CREATE, "MAP_CREATE", map_create_outer },
	{ "LOOKUP_ELEM hash", BPF_MAP_LOOKUP_ELEM, "MAP_ELEM", hash_element },
	{ "LOOKUP_ELEM array", BPF_MAP_LOOKUP_ELEM, "MAP_ELEM", array_element },
	{ "LOOKUP_ELEM queue", BPF_MAP_LOOKUP_ELEM, "MAP_ELEM", queue_element },
	{ "LOOKUP_ELEM lpm", BPF_MAP_LOOKUP_ELEM, "MAP_ELEM", lpm_element },
	{ "LOOKUP_ELEM ringbuf", BPF_MAP_LOOKUP_ELEM, "MAP_ELEM", ring_element },
	{ "UPDATE_ELEM hash", BPF_MAP_UPDATE_ELEM, "MAP_ELEM", hash_element },
	{ "UPDATE_ELEM array", BPF_MAP_UPDATE_ELEM, "MAP_ELEM", array_element },
	{ "UPDATE_ELEM queue", BPF_MAP_UPDATE_ELEM, "MAP_ELEM", queue_element },
	{ "UPDATE_ELEM lpm", BPF_MAP_UPDATE_ELEM, "MAP_ELEM", lpm_element },
	{ "UPDATE_ELEM percpu", BPF_MAP_UPDATE_ELEM, "MAP_ELEM", percpu_element },
	{ "UPDATE_ELEM ringbuf", BPF_MAP_UPDATE_ELEM, "MAP_ELEM", ring_element },
	{ "DELETE_ELEM hash", BPF_MAP_DELETE_ELEM, "MAP_ELEM", hash_key },
	{ "GET_NEXT_KEY hash", BPF_MAP_GET_NEXT_KEY, "MAP_ELEM", hash_element },
	{ "GET_NEXT_KEY array", BPF_MAP_GET_NEXT_KEY, "MAP_ELEM", array_element },
	{ "LOOKUP_AND_DELETE hash", BPF_MAP_LOOKUP_AND_DELETE_ELEM, "MAP_ELEM", hash_element },
	{ "LOOKUP_AND_DELETE queue", BPF_MAP_LOOKUP_AND_DELETE_ELEM, "MAP_ELEM", queue_element },
	{ "LOOKUP_AND_DELETE array", BPF_MAP_LOOKUP_AND_DELETE_ELEM, "MAP_ELEM", array_element },
	{ "MAP_FREEZE", BPF_MAP_FREEZE, "MAP_ELEM", just_map },
	{ "LOOKUP_BATCH hash", BPF_MAP_LOOKUP_BATCH, "batch", batch_read },
	{ "LOOKUP_BATCH array", BPF_MAP_LOOKUP_BATCH, "batch", batch_read_array },
	{ "LOOKUP_AND_DELETE_BATCH", BPF_MAP_LOOKUP_AND_DELETE_BATCH, "batch", batch_read },
	{ "UPDATE_BATCH hash", BPF_MAP_UPDATE_BATCH, "batch", batch_write },
	{ "UPDATE_BATCH array", BPF_MAP_UPDATE_BATCH, "batch", batch_write_array },
	{ "DELETE_BATCH hash", BPF_MAP_DELETE_BATCH, "batch", batch_write },
	{ "PROG_LOAD", BPF_PROG_LOAD, "PROG_LOAD", prog_load },
	{ "PROG_LOAD with a log", BPF_PROG_LOAD, "PROG_LOAD", prog_load_log },
	{ "PROG_LOAD with BTF", BPF_PROG_LOAD, "PROG_LOAD", prog_load_btf },
	{ "PROG_LOAD with fds", BPF_PROG_LOAD, "PROG_LOAD", prog_load_fds },
	{ "PROG_LOAD sock_addr", BPF_PROG_LOAD, "PROG_LOAD", prog_load_cgroup },
	{ "BTF_LOAD", BPF_BTF_LOAD, "BTF_LOAD", btf_load },
	{ "BTF_LOAD with a log", BPF_BTF_LOAD, "BTF_LOAD", btf_load_log },
	{ "TEST_RUN xdp", BPF_PROG_TEST_RUN, "test", test_run_xdp },
	{ "TEST_RUN xdp, context", BPF_PROG_TEST_RUN, "test", test_run_xdp_ctx },
	{ "TEST_RUN skb", BPF_PROG_TEST_RUN, "test", test_run_skb },
	{ "TEST_RUN skb, context", BPF_PROG_TEST_RUN, "test", test_run_skb_ctx },
	{ "TEST_RUN raw_tp", BPF_PROG_TEST_RUN, "test", test_run_raw_tp },
	{ "PROG_BIND_MAP", BPF_PROG_BIND_MAP, "prog_bind_map", bind_map },
	{ "PROG_STREAM_READ", 37, "prog_stream_read", stream_read },
	{ "PROG_ASSOC_STRUCT_OPS", 38, "prog_assoc_struct_ops", assoc_struct_ops },
	{ "OBJ_PIN", BPF_OBJ_PIN, "OBJ", obj_pin_new },
	{ "OBJ_GET", BPF_OBJ_GET, "OBJ", obj_get_pinned },
	{ "PROG_GET_NEXT_ID", BPF_PROG_GET_NEXT_ID, "GET_ID", from_the_start },
	{ "MAP_GET_NEXT_ID", BPF_MAP_GET_NEXT_ID, "GET_ID", from_the_start },
	{ "BTF_GET_NEXT_ID", BPF_BTF_GET_NEXT_ID, "GET_ID", from_the_start },
	{ "LINK_GET_NEXT_ID", BPF_LINK_GET_NEXT_ID, "GET_ID", from_the_start },
	{ "PROG_GET_FD_BY_ID", BPF_PROG_GET_FD_BY_ID, "GET_ID", prog_by_id },
	{ "MAP_GET_FD_BY_ID", BPF_MAP_GET_FD_BY_ID, "GET_ID", map_by_id },
	{ "BTF_GET_FD_BY_ID", BPF_BTF_GET_FD_BY_ID, "GET_ID", btf_by_id },
	{ "LINK_GET_FD_BY_ID", BPF_LINK_GET_FD_BY_ID, "GET_ID", link_by_id },
	{ "INFO map", BPF_OBJ_GET_INFO_BY_FD, "info", map_info },
	{ "INFO prog", BPF_OBJ_GET_INFO_BY_FD, "info", prog_info },
	{ "INFO link", BPF_OBJ_GET_INFO_BY_FD, "info", link_info },
	{ "INFO btf", BPF_OBJ_GET_INFO_BY_FD, "info", btf_info },
	{ "PROG_ATTACH cgroup", BPF_PROG_ATTACH, "PROG_ATTACH", attach },
	{ "PROG_ATTACH tcx", BPF_PROG_ATTACH, "PROG_ATTACH", attach_tcx },
	{ "PROG_DETACH cgroup", BPF_PROG_DETACH, "PROG_ATTACH", detach },
	{ "PROG_DETACH tcx", BPF_PROG_DETACH, "PROG_ATTACH", detach_tcx },
	{ "PROG_QUERY cgroup", BPF_PROG_QUERY, "query", query_cgroup },
	{ "PROG_QUERY tcx", BPF_PROG_QUERY, "query", query_tcx },
	{ "LINK_CREATE cgroup", BPF_LINK_CREATE, "link_create", link_cgroup },
	{ "LINK_CREATE tcx", BPF_LINK_CREATE, "link_create", link_tcx },
	{ "LINK_CREATE xdp", BPF_LINK_CREATE, "link_create", link_xdp },
	{ "LINK_UPDATE", BPF_LINK_UPDATE, "link_update", update_link },
	{ "LINK_DETACH", BPF_LINK_DETACH, "link_detach", detach_link },
	{ "RAW_TRACEPOINT_OPEN", BPF_RAW_TRACEPOINT_OPEN, "raw_tracepoint", raw_tracepoint },
	{ "TASK_FD_QUERY", BPF_TASK_FD_QUERY, "task_fd_query", task_fd },
	{ "ENABLE_STATS", BPF_ENABLE_STATS, "enable_stats", statistics },
	{ "ITER_CREATE", BPF_ITER_CREATE, "iter_create", iterator },
	{ "TOKEN_CREATE", BPF_TOKEN_CREATE, "token_create", token },
};

const size_t scene_cnt = ARRAY_CNT(scenes);

/* ---- types ---- */

static bool is_in(uint32_t type, const uint8_t *types, size_t cnt)
{
	return type < 256 && memchr(types, (int)type, cnt);
}

bool surface_map_type_is_absent(uint32_t type)
{
	static const uint8_t types[] = {
		BPF_MAP_TYPE_STACK_TRACE,
		BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_CPUMAP, BPF_MAP_TYPE_XSKMAP,
		BPF_MAP_TYPE_SOCKHASH, BPF_MAP_TYPE_CGROUP_STORAGE,
		BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
		BPF_MAP_TYPE_ARENA,
	};

	return is_in(type, types, sizeof(types));
}

bool surface_prog_type_is_absent(uint32_t type)
{
	static const uint8_t types[] = {
		BPF_PROG_TYPE_LWT_IN, BPF_PROG_TYPE_LWT_OUT, BPF_PROG_TYPE_LWT_XMIT,
		BPF_PROG_TYPE_SK_SKB, BPF_PROG_TYPE_SK_MSG, BPF_PROG_TYPE_LWT_SEG6LOCAL,
		BPF_PROG_TYPE_LIRC_MODE2, BPF_PROG_TYPE_SK_REUSEPORT, BPF_PROG_TYPE_FLOW_DISSECTOR,
		BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
		BPF_PROG_TYPE_STRUCT_OPS, BPF_PROG_TYPE_EXT, BPF_PROG_TYPE_LSM,
		BPF_PROG_TYPE_SK_LOOKUP, BPF_PROG_TYPE_SYSCALL, BPF_PROG_TYPE_NETFILTER,
	};

	return is_in(type, types, sizeof(types));
}
