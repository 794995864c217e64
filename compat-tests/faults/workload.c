/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/btf.h>
#include <bpfx/net.h>
#include <bpfx/process.h>
#include <bpfx/query.h>
#include <bpfx/sched.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "kernel_types.h"
#include "perf.h"
#include "probe.h"
#include "workload.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct backend *const b = &emulated_backend;

/* fds of one step, closed at its end whatever happened. */
static int open_fds[64];
static unsigned int open_cnt;

/* Note a new fd; anything else is the step's result. */
static int note(int fd)
{
	if (fd >= 0)
		open_fds[open_cnt++] = fd;
	return fd;
}

static int finish(int ret)
{
	while (open_cnt)
		b->close(open_fds[--open_cnt]);
	return ret < 0 ? ret : 0;
}

/* Go on while it is good. */
#define TRY(expression)                                                                            \
	do {                                                                                       \
		int ret_ = (expression);                                                           \
		if (ret_ < 0)                                                                      \
			return ret_;                                                               \
	} while (0)

/* ---- maps ---- */

static int use_map(uint32_t type, uint32_t key_size, uint32_t flags)
{
	unsigned char key[8] = { 1 }, value[512] = { 2 }, next[8];
	int fd;

	if (type == BPF_MAP_TYPE_LPM_TRIE)
		key[0] = 8;
	TRY(fd = note(map_create_simple(b, type, key_size, 8, 16, flags)));
	TRY(map_update(b, fd, key, value, BPF_ANY));
	TRY(map_lookup(b, fd, key, value));
	TRY(map_next_key(b, fd, NULL, next));
	if (type != BPF_MAP_TYPE_ARRAY && type != BPF_MAP_TYPE_PERCPU_ARRAY)
		TRY(map_delete(b, fd, key));
	return 0;
}

static int maps(void)
{
	static const uint32_t types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH,
					  BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH,
					  BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH };
	int ret = 0;

	for (size_t i = 0; i < ARRAY_CNT(types) && ret >= 0; i++)
		ret = use_map(types[i], 4, 0);
	ret = ret < 0 ? ret : use_map(BPF_MAP_TYPE_HASH, 4, BPF_F_NO_PREALLOC);
	return finish(ret < 0 ? ret : use_map(BPF_MAP_TYPE_LPM_TRIE, 8, BPF_F_NO_PREALLOC));
}

static int batch(int cmd, int fd, void *keys, void *values, uint32_t cnt)
{
	uint32_t position;
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = fd;
	attr.batch.out_batch = (uintptr_t)&position;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.values = (uintptr_t)values;
	attr.batch.count = cnt;
	if (cmd == BPF_MAP_UPDATE_BATCH)
		attr.batch.out_batch = 0;
	ret = b->bpf(cmd, &attr, sizeof(attr));
	return ret == -ENOENT ? 0 : ret;
}

static int use_batches(uint32_t type)
{
	uint32_t keys[4] = { 1, 2, 3, 4 };
	uint64_t values[4] = { 1, 2, 3, 4 };
	int fd;

	TRY(fd = note(map_create_simple(b, type, 4, 8, 16, 0)));
	TRY(batch(BPF_MAP_UPDATE_BATCH, fd, keys, values, 4));
	return batch(BPF_MAP_LOOKUP_BATCH, fd, keys, values, 4);
}

static int batches(void)
{
	int ret = use_batches(BPF_MAP_TYPE_HASH);

	return finish(ret < 0 ? ret : use_batches(BPF_MAP_TYPE_ARRAY));
}

static int use_outer(void)
{
	uint32_t key = 0, id;
	union bpf_attr attr;
	int inner, outer;

	TRY(inner = note(map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 2, 0)));
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_HASH_OF_MAPS;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 4;
	attr.inner_map_fd = inner;
	TRY(outer = note(b->bpf(BPF_MAP_CREATE, &attr, sizeof(attr))));
	TRY(map_update(b, outer, &key, &inner, 0));
	TRY(map_lookup(b, outer, &key, &id));
	return note(fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id));
}

static int maps_in_maps(void)
{
	return finish(use_outer());
}

/* ---- BTF and programs ---- */

static int load_btf(void)
{
	struct {
		struct btf_header header;
		uint32_t types[4];
		char strings[6];
	} blob = { .header = { .magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(blob.header),
			       .type_len = 16, .str_off = 16, .str_len = 5 },
		   .types = { 1, BTF_KIND_INT << 24, 4, 1u << 24 | 32 }, .strings = "\0int" };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&blob;
	attr.btf_size = sizeof(blob.header) + 16 + 5;
	return finish(note(b->bpf(BPF_BTF_LOAD, &attr, sizeof(attr))));
}

static int load_with_log(const struct bpf_insn *insns, uint32_t cnt, uint32_t type)
{
	static char log[65536];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = cnt;
	attr.license = (uintptr_t)"GPL";
	attr.log_level = 2;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	return note(b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static int run_xdp(int prog)
{
	unsigned char packet[64] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = attr.test.data_out = (uintptr_t)packet;
	attr.test.data_size_in = attr.test.data_size_out = sizeof(packet);
	return b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

static int use_programs(void)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info), ids[4];
	int map, prog;

	TRY(map = note(map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0)));
	{
		/* Branches, a loop, a subprogram, a lookup. */
		const struct bpf_insn insns[] = {
			MOV_IMM(6, 0), STORE_IMM(W, 10, -4, 0), MAP_FD(1, map), MOV_REG(2, 10),
			ALU_IMM(ADD, 2, -4), CALL(BPF_FUNC_map_lookup_elem),
			JUMP_IMM(JEQ, 0, 0, 2), LOAD(DW, 6, 0, 0), JUMP_IMM(JGT, 6, 100, 2),
			ALU_IMM(ADD, 6, 1), JUMP_IMM(JLT, 6, 50, -2), MOV_REG(1, 6),
			CALL_LOCAL(1), EXIT(), MOV_IMM(0, 2), EXIT(),
		};

		TRY(prog = load_with_log(insns, ARRAY_CNT(insns), BPF_PROG_TYPE_XDP));
	}
	TRY(run_xdp(prog));
	info.map_ids = (uintptr_t)ids;
	info.nr_map_ids = 4;
	TRY(obj_info(b, prog, &info, &len));
	return note(fd_by_id(b, BPF_PROG_GET_FD_BY_ID, info.id));
}

static int programs(void)
{
	return finish(use_programs());
}

/* What is refused must be refused, or fail for lack of memory. */
static int bad_programs(void)
{
	const struct bpf_insn no_exit[] = { MOV_IMM(0, 0), JUMP(-2) };
	int ret = finish(load_with_log(no_exit, 2, BPF_PROG_TYPE_XDP));

	return ret == -EINVAL ? 0 : ret == -ENOMEM ? ret : -EPROTO;
}

/* ---- attachments ---- */

static int use_xdp_link(void)
{
	unsigned char packet[64] = { 0 };
	struct bpfx_xdp_packet received = { .sz = sizeof(received), .ifindex = 1,
					    .buffer = packet, .buffer_size = 64, .size = 64 };
	union bpf_attr attr;
	int prog;

	TRY(prog = note(load_trivial(b, BPF_PROG_TYPE_XDP)));
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_ifindex = 1;
	attr.link_create.attach_type = BPF_XDP;
	TRY(note(b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr))));
	/* A hook that has no memory for a new list of programs runs the old one. */
	return bpfx_xdp_receive(&received) < 0 ? -EPROTO : 0;
}

static int links(void)
{
	return finish(use_xdp_link());
}

static int cgroup_fd(void)
{
	char path[4400];

	snprintf(path, sizeof(path), "%s/root/sys/fs/cgroup/faults", test_store_dir());
	mkdir(path, 0755);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int attach_detach(int cgroup, int prog)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = cgroup;
	attr.attach_bpf_fd = prog;
	attr.attach_type = BPF_CGROUP_INET_INGRESS;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	ret = b->bpf(BPF_PROG_ATTACH, &attr, sizeof(attr));
	if (ret)
		return ret;
	attr.attach_flags = 0;
	do	/* it must go again */
		ret = b->bpf(BPF_PROG_DETACH, &attr, sizeof(attr));
	while (ret == -ENOMEM);
	return ret;
}

static int use_cgroup(void)
{
	union bpf_attr attr;
	int prog, fd, ret;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_SKB;
	attr.expected_attach_type = BPF_CGROUP_INET_INGRESS;
	attr.insns = (uintptr_t)(const struct bpf_insn[]){ MOV_IMM(0, 1), EXIT() };
	attr.insn_cnt = 2;
	attr.license = (uintptr_t)"GPL";
	TRY(prog = note(b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr))));
	fd = cgroup_fd();
	ret = attach_detach(fd, prog);
	close(fd);
	return ret;
}

static int cgroups(void)
{
	return finish(use_cgroup());
}

static int use_pin(void)
{
	int fd;

	TRY(fd = note(map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0)));
	TRY(obj_pin(b, fd, "/sys/fs/bpf/faults"));
	return note(obj_get(b, "/sys/fs/bpf/faults"));
}

static int pins(void)
{
	char path[4400];
	int ret = finish(use_pin());

	snprintf(path, sizeof(path), "%s/bpffs/faults", test_store_dir());
	unlink(path);
	kern_unpinned();
	return ret;
}

/* ---- extensions ---- */

static int use_probe(void)
{
	uint32_t result;
	int prog, ret;

	TRY(prog = note(PROBE_LOAD(MOV_IMM(2, 1), CALL(PROBE_ADD), EXIT())));
	TRY(note(probe_attach(prog, "probe")));
	ret = probe_test_run(prog, 41, &result);
	if (ret)
		return ret;
	ret = probe_fire(&probe.hooks[0], 41, &result);
	return ret < 0 ? -EPROTO : result && result != 42 ? -EPROTO : 0;
}

static int extensions(void)
{
	int ret, gone;

	probe_reset();
	ret = bpfx_register(&probe.ext);
	if (ret)
		return ret;
	ret = finish(use_probe());
	gone = bpfx_unregister(&probe.ext);
	return ret ? ret : gone;
}

static int events(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct bpfx_sock_info info = { .sz = sizeof(info), .family = AF_INET, .type = SOCK_STREAM };
	struct bpfx_sock_addr addr = { .sz = sizeof(addr), .attach_type = BPF_CGROUP_INET4_CONNECT,
				       .address = (struct sockaddr *)&address,
				       .address_size = sizeof(address) };
	struct bpfx_task task = { .pid = 1, .tgid = 1 };
	struct bpfx_sched_event sched = { .sz = sizeof(sched), .kind = BPFX_SCHED_EXIT, .task = &task };
	struct bpfx_process_event process = { .sz = sizeof(process), .pid = 1 };
	struct bpfx_sock *sock;
	int ret = bpfx_sock_create(&info, &sock);

	if (ret)
		return ret;
	ret = bpfx_sock_addr_event(sock, &addr);
	bpfx_sock_destroy(sock);
	ret = ret < 0 ? ret : bpfx_process_event(&process);
	return ret < 0 ? ret : bpfx_sched_event(&sched);
}

/* ---- perf events ---- */

static int use_tracepoint(void)
{
	struct bpfx_task task = { .pid = 1, .tgid = 1 };
	struct bpfx_sched_event sched = { .sz = sizeof(sched), .kind = BPFX_SCHED_EXIT, .task = &task };
	int event[2], prog[2];

	for (int i = 0; i < 2; i++) {
		TRY(event[i] = note(perf_open_tracepoint(b, "sched/sched_process_exit", 0)));
		TRY(prog[i] = note(load_trivial(b, BPF_PROG_TYPE_TRACEPOINT)));
	}
	TRY(note(perf_link(b, prog[0], event[0], 7)));
	TRY(perf_ioctl(b, event[1], PERF_EVENT_IOC_SET_BPF, prog[1]));
	return bpfx_sched_event(&sched) < 0 ? -EPROTO : 0;
}

static int write_sample(int map)
{
	const struct bpf_insn insns[] = {
		STORE_IMM(DW, 10, -8, 77), MAP_FD(2, map), MOV_IMM(3, 0), MOV_REG(4, 10),
		ALU_IMM(ADD, 4, -8), MOV_IMM(5, 8), CALL(BPF_FUNC_perf_event_output), EXIT(),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	TRY(attr.test.prog_fd = note(load_prog(b, BPF_PROG_TYPE_RAW_TRACEPOINT, insns,
					       ARRAY_CNT(insns))));
	TRY(b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)));
	/* An array that has no memory for what it looks up looks empty. */
	return (int)attr.test.retval == -ENOENT ? -ENOMEM : (int)attr.test.retval;
}

static int use_output(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
					.config = PERF_COUNT_SW_BPF_OUTPUT,
					.sample_type = PERF_SAMPLE_RAW, .wakeup_events = 1 };
	int event, map, ret, wait_fd;
	uint32_t zero = 0;
	void *ring;

	TRY(event = note(perf_open(b, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
	TRY(map = note(map_create_simple(b, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1, 0)));
	TRY(map_update(b, map, &zero, &event, BPF_ANY));
	ring = b->mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0, &ret);
	TRY(ret);
	wait_fd = kern_poll_fd(event);
	ret = wait_fd < 0 ? wait_fd : write_sample(map);
	if (wait_fd >= 0)
		close(wait_fd);
	munmap(ring, 2 * 4096);
	return ret;
}

static int perf_events(void)
{
	int ret = finish(use_tracepoint());

	return ret < 0 ? ret : finish(use_output());
}

/* ---- iterators: over programs, and over a map with a value per CPU ---- */

static uint32_t iter_ids[2];

void workload_prepare(void)
{
	iter_ids[0] = kernel_type(b, "bpf_iter_bpf_prog", BTF_KIND_FUNC);
	iter_ids[1] = kernel_type(b, "bpf_iter_bpf_map_elem", BTF_KIND_FUNC);
}

static int use_iterator(uint32_t id, int map)
{
	static const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	const struct target_load how = { .attach_type = BPF_TRACE_ITER, .btf_id = id };
	const union bpf_iter_link_info info = { .map.map_fd = map };
	union bpf_attr attr;
	int prog, link, fd;

	TRY(prog = note(load_target(b, &how, insns, 2)));
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.attach_type = BPF_TRACE_ITER;
	attr.link_create.iter_info = (uintptr_t)&info;
	attr.link_create.iter_info_len = sizeof(info);
	TRY(link = note(b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr))));
	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = link;
	TRY(fd = b->bpf(BPF_ITER_CREATE, &attr, sizeof(attr)));
	close(fd);
	return 0;
}

static int use_iterators(void)
{
	int map;

	TRY(map = note(map_create_simple(b, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 2, 0)));
	TRY(use_iterator(iter_ids[0], map));
	return use_iterator(iter_ids[1], map);
}

static int iterators(void)
{
	return finish(use_iterators());
}

static int queries(void)
{
	struct bpfx_hook_facts hook = { .sz = sizeof(hook) };
	struct bpfx_attachment_facts at = { .sz = sizeof(at) };
	int ret = 0;

	for (uint32_t n = 0; !ret; n++) {
		ret = bpfx_query_hook(n, &hook);
		if (!ret)
			ret = bpfx_query_attachment(hook.name, 0, &at);
		ret = ret == -ENOENT && *hook.name && n < 1000 && !bpfx_query_hook(n, &hook) ? 0 : ret;
	}
	return ret == -ENOENT ? 0 : ret;
}

const struct step workload[] = {
	{ "maps", maps }, { "batches", batches }, { "maps_in_maps", maps_in_maps },
	{ "btf", load_btf }, { "programs", programs }, { "bad_programs", bad_programs },
	{ "links", links }, { "cgroups", cgroups }, { "pins", pins },
	{ "extensions", extensions }, { "events", events }, { "perf_events", perf_events },
	{ "queries", queries },
	{ "iterators", iterators },
};
const unsigned int workload_cnt = ARRAY_CNT(workload);
