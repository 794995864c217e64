/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * A process killed at any write to the store. In a build with kill points every point is passed
 * and killed at; the next process must find all acknowledged data, an operation done or not done,
 * and after its sweep no file that nobody refers to. Then a thousand kills at random times.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "map_ops.h"
#include "nl_call.h"
#include "perf.h"
#include "perf_event.h"
#include "self.h"

#define PINNED	"/sys/fs/bpf/kept"
#define KEYS	64u
#define POINTS_MAX 128

static const struct backend *const b = &emulated_backend;

/* ---- a store with acknowledged data: a pinned hash with KEYS values ---- */

static void fresh_store(void)
{
	static int number;
	char path[256];

	snprintf(path, sizeof(path), "%s/s%d", test_store_dir(), ++number);
	setenv("BPF_SHIM_STORE", path, 1);
}

static void in_child(void (*fn)(void), int want_signal)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		fn();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (want_signal) {
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), want_signal);
	} else if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		fail_msg("child: status %#x", status);
	}
}

static const char *now_at = "";	/* the kill point a check follows */

#define CHECK(condition)							\
	do {									\
		if (!(condition)) {						\
			fprintf(stderr, "%s:%d: %s (after %s)\n", __FILE__, __LINE__,	\
				#condition, now_at);				\
			_exit(1);						\
		}								\
	} while (0)

/* Empty pinned maps of further types. */
#define FEW 4u
static const struct extra {
	const char *path;
	uint32_t type, key_size, value_size, flags;
} extras[] = {
	{ "/sys/fs/bpf/of_maps", BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 0 },
	{ "/sys/fs/bpf/array_of_maps", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 0 },
	{ "/sys/fs/bpf/lru", BPF_MAP_TYPE_LRU_HASH, 4, 8, 0 },
	{ "/sys/fs/bpf/queue", BPF_MAP_TYPE_QUEUE, 0, 8, 0 },
	{ "/sys/fs/bpf/trie", BPF_MAP_TYPE_LPM_TRIE, 8, 8, BPF_F_NO_PREALLOC },
	{ "/sys/fs/bpf/events", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, BPF_F_PRESERVE_ELEMS },
};
#define EXTRAS ((int)(sizeof(extras) / sizeof(extras[0])))

static void prepare_extra(const struct extra *extra)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = extra->type;
	attr.key_size = extra->key_size;
	attr.value_size = extra->value_size;
	attr.max_entries = FEW;
	attr.map_flags = extra->flags;
	attr.inner_map_fd = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	fd = b->bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	CHECK(fd >= 0);
	CHECK(!obj_pin(b, fd, extra->path));
}

static int extra_map(const char *path)
{
	int fd = obj_get(b, path);

	CHECK(fd >= 0);
	return fd;
}

/* A cgroup of the store's own, with one program that nothing but its attachment refers to. */
static int kept_cgroup(void)
{
	char path[512];
	int err, fd;

	snprintf(path, sizeof(path), "%s/root/sys/fs/cgroup/kept", kern_store_dir(&err));
	mkdir(path, 0700);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static int attachment(int cmd, int target, int prog, uint32_t type, uint32_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = target;
	attr.attach_bpf_fd = prog;
	attr.attach_type = type;
	attr.attach_flags = flags;
	return b->bpf(cmd, &attr, sizeof(attr));
}

static int attach_to_kept(int prog)
{
	return attachment(BPF_PROG_ATTACH, kept_cgroup(), prog, BPF_CGROUP_INET_INGRESS,
			  BPF_F_ALLOW_MULTI);
}

/* ---- an event with a ring, which nothing but the pinned array refers to ---- */

/* On whatever CPU: an event of this thread. */
static int mapped_event(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
					.config = PERF_COUNT_SW_BPF_OUTPUT,
					.sample_type = PERF_SAMPLE_RAW, .wakeup_events = 1 };
	int err, fd = perf_open(b, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(b->mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0, &err));
	return fd;
}

/* The event of the array is on in whichever thread writes to it: it is nobody's in particular. */
static struct store_obj *kept_event(void)
{
	struct store_obj *event;

	CHECK(!store_get(STORE_PERF, 1, &event));
	return event;
}

static void prepare_event(void)
{
	int map = extra_map("/sys/fs/bpf/events"), event = mapped_event();
	uint32_t zero = 0;

	CHECK(!map_update(b, map, &zero, &event, 0));
}

static int write_sample(int map, uint32_t index)
{
	struct bpf_insn insns[] = {
		STORE_IMM(DW, 10, -8, 77), MAP_FD(2, map), MOV_IMM(3, (int)index), MOV_REG(4, 10),
		ALU_IMM(ADD, 4, -8), MOV_IMM(5, 8), CALL(BPF_FUNC_perf_event_output), EXIT(),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = load_prog(b, BPF_PROG_TYPE_RAW_TRACEPOINT, insns,
				      sizeof(insns) / sizeof(insns[0]));
	CHECK((int)attr.test.prog_fd >= 0);
	CHECK(!b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)));
	b->close(attr.test.prog_fd);
	return attr.test.retval;
}

static void prepare(void)
{
	int fd = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, KEYS + 8, 0);

	CHECK(fd >= 0);
	CHECK(!attach_to_kept(load_trivial(b, BPF_PROG_TYPE_CGROUP_SKB)));
	for (uint32_t key = 0; key < KEYS; key++) {
		uint64_t value = key * 1000;

		CHECK(!map_update(b, fd, &key, &value, 0));
	}
	CHECK(!obj_pin(b, fd, PINNED));
	for (int i = 0; i < EXTRAS; i++)
		prepare_extra(&extras[i]);
	prepare_event();
}

/* ---- operations ---- */

static int kept(void)
{
	int fd = obj_get(b, PINNED);

	CHECK(fd >= 0);
	return fd;
}

static void op_create(void)
{
	CHECK(map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 100, 0) >= 0);
}

static void op_replace(void)
{
	uint32_t key = 7;
	uint64_t value = 7001;

	CHECK(!map_update(b, kept(), &key, &value, BPF_EXIST));
}

static void op_insert(void)
{
	uint32_t key = 1000;
	uint64_t value = 1;

	CHECK(!map_update(b, kept(), &key, &value, BPF_NOEXIST));
}

static void op_delete(void)
{
	uint32_t key = 9;

	CHECK(!map_delete(b, kept(), &key));
}

static void op_pin(void)
{
	CHECK(!obj_pin(b, map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0),
		       "/sys/fs/bpf/second"));
}

static int load_with_map(void)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = kept() },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return load_prog(b, BPF_PROG_TYPE_XDP, insns, 4);
}

static void op_load(void)
{
	CHECK(load_with_map() >= 0);
}

static void op_bind(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_bind_map.prog_fd = load_trivial(b, BPF_PROG_TYPE_XDP);
	attr.prog_bind_map.map_fd = kept();
	CHECK(!b->bpf(BPF_PROG_BIND_MAP, &attr, sizeof(attr)));
}

static void op_attach(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = load_trivial(b, BPF_PROG_TYPE_XDP);
	attr.link_create.target_ifindex = 1;
	attr.link_create.attach_type = BPF_XDP;
	CHECK(b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr)) >= 0);
}

static void op_attach_without_link(void)
{
	int prog = load_trivial(b, BPF_PROG_TYPE_CGROUP_SKB);

	CHECK(!attach_to_kept(prog));
	CHECK(!attachment(BPF_PROG_DETACH, kept_cgroup(), prog, BPF_CGROUP_INET_INGRESS, 0));
}

static void op_attach_in_order(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = load_trivial(b, BPF_PROG_TYPE_CGROUP_SKB);
	attr.link_create.target_fd = kept_cgroup();
	attr.link_create.attach_type = BPF_CGROUP_INET_INGRESS;
	attr.link_create.flags = BPF_F_BEFORE;
	CHECK(b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr)) >= 0);
}

static void op_attach_to_interface(void)
{
	int prog = load_trivial(b, BPF_PROG_TYPE_SCHED_CLS);

	CHECK(!attachment(BPF_PROG_ATTACH, 1, prog, BPF_TCX_INGRESS, 0));
	CHECK(!attachment(BPF_PROG_DETACH, 1, prog, BPF_TCX_INGRESS, 0));
}

static int ask_netlink(uint16_t type, uint16_t flags, uint32_t parent, uint16_t attr,
		       const void *data, size_t size, int prog)
{
	struct tcmsg tc = { .tcm_ifindex = 1, .tcm_parent = parent };
	struct nl_message message;
	struct nlattr *nest;

	tc.tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_ALL));
	nl_init(&message, type, NLM_F_ACK | flags, &tc, sizeof(tc));
	nl_add(&message, attr, data, size);
	if (prog >= 0) {
		nest = nl_open(&message, TCA_OPTIONS);
		nl_add(&message, TCA_BPF_FD, &prog, sizeof(prog));
		nl_close(&message, nest);
	}
	return nl_call(b, &message, NULL, NULL, NULL);
}

static void op_filter(void)
{
	const uint32_t parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	int prog = load_trivial(b, BPF_PROG_TYPE_SCHED_CLS);

	CHECK(!ask_netlink(RTM_NEWQDISC, NLM_F_CREATE, TC_H_CLSACT, TCA_KIND, "clsact", 7, -1));
	CHECK(!ask_netlink(RTM_NEWTFILTER, NLM_F_CREATE, parent, TCA_KIND, "bpf", 4, prog));
	CHECK(!ask_netlink(RTM_DELTFILTER, 0, parent, TCA_KIND, "bpf", 4, -1));
}

static int set_xdp(int prog)
{
	struct ifinfomsg info = { .ifi_index = 1 };
	struct nl_message message;
	struct nlattr *nest;

	nl_init(&message, RTM_SETLINK, NLM_F_ACK, &info, sizeof(info));
	nest = nl_open(&message, IFLA_XDP);
	nl_add(&message, IFLA_XDP_FD, &prog, sizeof(prog));
	nl_close(&message, nest);
	return nl_call(b, &message, NULL, NULL, NULL);
}

static void op_xdp_without_link(void)
{
	CHECK(!set_xdp(load_trivial(b, BPF_PROG_TYPE_XDP)));
	CHECK(!set_xdp(-1));
}

static int load_for_devmap(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.expected_attach_type = BPF_XDP_DEVMAP;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t)"GPL";
	return b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* Programs that only an element refers to come, are replaced, and go. */
static void redirect_through(uint32_t type)
{
	int fd = map_create_simple(b, type, 4, sizeof(struct bpf_devmap_val), FEW, 0);
	uint32_t key = 1;

	CHECK(fd >= 0);
	for (int i = 0; i < 2; i++) {
		struct bpf_devmap_val value = { .ifindex = 1, .bpf_prog.fd = load_for_devmap() };

		CHECK(!map_update(b, fd, &key, &value, 0));
		CHECK(!b->close(value.bpf_prog.fd));
	}
	CHECK(!map_delete(b, fd, &key));
}

static void op_devmap(void)
{
	redirect_through(BPF_MAP_TYPE_DEVMAP);
	redirect_through(BPF_MAP_TYPE_DEVMAP_HASH);
}

static void op_close_last(void)
{
	int fd = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

	CHECK(fd >= 0 && !b->close(fd));
}

static void op_ring(void)
{
	int fd = map_create_simple(b, BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);
	struct kern_map *map;

	CHECK(fd >= 0 && !map_get_fd(fd, &map, NULL));
	CHECK(!ringbuf_output(map, "0123456789abcde", 16, 0));
}

/* Into the ring that is kept, and one of its own that somebody waits for. */
static void op_perf_output(void)
{
	int map = map_create_simple(b, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1, 0);
	int kept_map = extra_map("/sys/fs/bpf/events"), event = mapped_event();
	uint32_t zero = 0;

	perf_shared_of(kept_event())->pid = self_tid();
	CHECK(!write_sample(kept_map, 0));
	CHECK(!map_update(b, map, &zero, &event, 0));
	CHECK(kern_poll_fd(event) >= 0);
	CHECK(!write_sample(map, 0));
}

static void op_tracepoint(void)
{
	int events[2] = { perf_open_tracepoint(b, "sched/sched_process_exec", 0),
			  perf_open_tracepoint(b, "sched/sched_process_exec", 0) };

	CHECK(perf_link(b, load_trivial(b, BPF_PROG_TYPE_TRACEPOINT), events[0], 0) >= 0);
	CHECK(!perf_ioctl(b, events[1], PERF_EVENT_IOC_SET_BPF,
			  load_trivial(b, BPF_PROG_TYPE_TRACEPOINT)));
}

static void put_inner(int fd, uint32_t key, int want)
{
	int inner = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);

	CHECK(inner >= 0);
	CHECK(map_update(b, fd, &key, &inner, 0) == want);
	b->close(inner);
}

static void op_of_maps(void)
{
	int fd = extra_map("/sys/fs/bpf/of_maps");
	uint32_t key = 1;

	put_inner(fd, 1, 0);
	put_inner(fd, 2, 0);
	put_inner(fd, 1, 0);
	CHECK(!map_delete(b, fd, &key));
}

static void op_array_of_maps(void)
{
	int fd = extra_map("/sys/fs/bpf/array_of_maps");
	uint32_t key = 1;

	put_inner(fd, 1, 0);
	put_inner(fd, 1, 0);
	CHECK(!map_delete(b, fd, &key));
}

static int pop(int fd, uint64_t *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.value = (uintptr_t)value;
	return b->bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attr, sizeof(attr));
}

static void op_queue(void)
{
	int fd = extra_map("/sys/fs/bpf/queue");
	uint64_t value;

	for (value = 1; value <= FEW + 1; value++)
		CHECK(!map_update(b, fd, NULL, &value, BPF_EXIST));
	CHECK(!pop(fd, &value) && value == 2);
}

struct trie_key {
	uint32_t len;
	unsigned char data[4];
};

/* Each way of putting in and taking out, and a node used again. */
static void op_trie(void)
{
	int fd = extra_map("/sys/fs/bpf/trie");
	const struct trie_key a = { 16, { 10, 1 } }, other = { 16, { 10, 2 } }, above = { 8, { 10 } };
	uint64_t value = 1;

	for (int i = 0; i < 8; i++) {
		CHECK(!map_update(b, fd, &a, &value, 0));
		CHECK(!map_update(b, fd, &other, &value, 0));
		CHECK(!map_update(b, fd, &above, &value, 0));
		CHECK(!map_update(b, fd, &a, &value, BPF_EXIST));
		CHECK(!map_delete(b, fd, &a));
		CHECK(!map_delete(b, fd, &above));
		CHECK(!map_delete(b, fd, &other));
	}
}

static void op_bloom(void)
{
	int fd = map_create_simple(b, BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, FEW, 0);
	uint64_t value = 1;

	CHECK(fd >= 0 && !map_update(b, fd, NULL, &value, 0));
}

static void op_lru(void)
{
	int fd = extra_map("/sys/fs/bpf/lru");

	for (uint32_t key = 0; key < FEW + 2; key++) {
		uint64_t value = key;

		CHECK(!map_update(b, fd, &key, &value, 0));
	}
}

static void op_first_use(void)
{
	int err;

	CHECK(kern_store_dir(&err));
}

static const struct operation {
	const char *name;
	void (*run)(void);
	bool on_empty;		/* there is no store yet */
} operations[] = {
	{ "first_use", op_first_use, true },
	{ "create", op_create, false },
	{ "replace", op_replace, false },
	{ "insert", op_insert, false },
	{ "delete", op_delete, false },
	{ "pin", op_pin, false },
	{ "load", op_load, false },
	{ "bind", op_bind, false },
	{ "attach", op_attach, false },
	{ "attach_without_link", op_attach_without_link, false },
	{ "attach_in_order", op_attach_in_order, false },
	{ "attach_to_interface", op_attach_to_interface, false },
	{ "filter", op_filter, false },
	{ "devmap", op_devmap, false },
	{ "xdp_without_link", op_xdp_without_link, false },
	{ "close_last", op_close_last, false },
	{ "ring", op_ring, false },
	{ "perf_output", op_perf_output, false },
	{ "tracepoint", op_tracepoint, false },
	{ "of_maps", op_of_maps, false },
	{ "array_of_maps", op_array_of_maps, false },
	{ "queue", op_queue, false },
	{ "trie", op_trie, false },
	{ "lru", op_lru, false },
	{ "bloom", op_bloom, false },
};

/* ---- what the next process must find ---- */

static void check_values(int fd)
{
	uint32_t cnt = 0, next, *previous = NULL;

	for (uint32_t key = 0; key < KEYS; key++) {
		uint64_t value = 0;
		int err = map_lookup(b, fd, &key, &value);

		if (key == 9 && err == -ENOENT)	/* op_delete was done */
			continue;
		CHECK(!err);
		CHECK(value == key * 1000 || (key == 7 && value == 7001));
	}
	while (!map_next_key(b, fd, previous, &next)) {
		previous = &next;
		CHECK(++cnt <= KEYS + 1);	/* none twice */
	}
	CHECK(cnt >= KEYS - 1);
}

/* The map still takes and gives every element it has room for. */
static void check_capacity(int fd)
{
	uint32_t added = 0;

	for (uint32_t key = 5000; key < 5100; key++) {
		uint64_t value = key;

		if (map_update(b, fd, &key, &value, BPF_NOEXIST))
			break;
		added++;
	}
	CHECK(added >= 7 && added <= 9);
	for (uint32_t key = 5000; key < 5000 + added; key++)
		CHECK(!map_delete(b, fd, &key));
}

/* Every key has a map, there is room for FEW, and none is left over afterwards. */
static void check_of_maps(void)
{
	int fd = extra_map("/sys/fs/bpf/of_maps");
	uint32_t key, id, cnt = 0;

	while (!map_next_key(b, fd, NULL, &key)) {
		CHECK(!map_lookup(b, fd, &key, &id));
		CHECK(fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id) >= 0);
		CHECK(!map_delete(b, fd, &key));
		CHECK(++cnt <= 2);
	}
	for (key = 0; key < FEW; key++)
		put_inner(fd, key, 0);
	put_inner(fd, FEW, -E2BIG);
	for (key = 0; key < FEW; key++)
		CHECK(!map_delete(b, fd, &key));
}

static void check_array_of_maps(void)
{
	int fd = extra_map("/sys/fs/bpf/array_of_maps");
	uint32_t key = 1, id;

	if (map_lookup(b, fd, &key, &id))
		return;
	CHECK(fd_by_id(b, BPF_MAP_GET_FD_BY_ID, id) >= 0);
	CHECK(!map_delete(b, fd, &key));
}

/* Numbers in a row, none lost in between. */
static void check_queue(void)
{
	int fd = extra_map("/sys/fs/bpf/queue");
	uint64_t value, last = 0, cnt = 0;

	while (!pop(fd, &value)) {
		CHECK(cnt++ < FEW);
		CHECK(value >= 1 && value <= FEW + 1 && (!last || value == last + 1));
		last = value;
	}
	for (value = 0; value < FEW; value++)
		CHECK(!map_update(b, fd, NULL, &value, BPF_ANY));
	CHECK(map_update(b, fd, NULL, &value, BPF_ANY) == -E2BIG);
}

static void check_trie(void)
{
	int fd = extra_map("/sys/fs/bpf/trie");
	struct trie_key key, *previous = NULL;
	uint64_t value = 1;
	uint32_t cnt = 0;

	while (!map_next_key(b, fd, previous, &key)) {
		previous = &key;
		CHECK(++cnt <= 3);
	}
	while (!map_next_key(b, fd, NULL, &key)) {
		CHECK(!map_lookup(b, fd, &key, &value) && value == 1);
		CHECK(!map_delete(b, fd, &key));
		CHECK(cnt--);
	}
	CHECK(!cnt);
	for (int i = 0; i < 40; i++) {
		key = (struct trie_key){ 32, { 10, i, i } };
		CHECK(map_update(b, fd, &key, &value, 0) == (i < (int)FEW ? 0 : -ENOSPC));
	}
}

static void check_lru(void)
{
	int fd = extra_map("/sys/fs/bpf/lru");
	uint32_t key, *previous = NULL, cnt = 0;
	uint64_t value;

	for (key = 100; key < 100 + 3 * FEW; key++) {
		value = key;
		CHECK(!map_update(b, fd, &key, &value, 0));
	}
	while (!map_next_key(b, fd, previous, &key)) {
		previous = &key;
		CHECK(!map_lookup(b, fd, &key, &value) && value == key);
		CHECK(++cnt <= FEW);
	}
	CHECK(cnt == FEW);
}

static uint32_t attached(int target, uint32_t type, uint32_t *ids)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = target;
	attr.query.attach_type = type;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = 4;
	CHECK(!b->bpf(BPF_PROG_QUERY, &attr, sizeof(attr)));
	return attr.query.prog_cnt;
}

/* All that is listed is there, and goes when it is detached. */
static void check_attached(int target, uint32_t type, uint32_t min)
{
	uint32_t ids[4], cnt = attached(target, type, ids);

	CHECK(cnt >= min && cnt <= min + 1);
	for (uint32_t i = 0; i < cnt; i++) {
		int prog = fd_by_id(b, BPF_PROG_GET_FD_BY_ID, ids[i]);

		CHECK(prog >= 0);
		CHECK(!attachment(BPF_PROG_DETACH, target, prog, type, 0));
		CHECK(!b->close(prog));
		CHECK(fd_by_id(b, BPF_PROG_GET_FD_BY_ID, ids[i]) == -ENOENT);
	}
	CHECK(!attached(target, type, ids));
}

static void check_attachments(void)
{
	check_attached(kept_cgroup(), BPF_CGROUP_INET_INGRESS, 1);
	check_attached(1, BPF_TCX_INGRESS, 0);
	CHECK(!set_xdp(-1));
	ask_netlink(RTM_DELQDISC, 0, TC_H_CLSACT, TCA_KIND, "clsact", 7, -1);
}

/* Whole samples up to where the head is, which is what the reader sees; and one more fits. */
static void check_events(void)
{
	struct store_obj *event = kept_event();
	struct perf_event_shared *shared = perf_shared_of(event);
	const struct perf_event_mmap_page *page = (void *)event->mem;
	uint64_t before = shared->ring.head;

	shared->pid = self_tid();
	CHECK(!write_sample(extra_map("/sys/fs/bpf/events"), 0));
	CHECK(page->data_head == shared->ring.head && page->data_head == before + 24);
	for (uint64_t at = 0; at < page->data_head; at += 24) {
		const struct perf_event_header *record = (void *)(event->mem + 4096 + at);

		CHECK(record->type == PERF_RECORD_SAMPLE && record->size == 24);
		CHECK(*(const uint64_t *)((const char *)record + 12) == 77);
	}
	store_put(event);
	perf_happen_exec(b, "/bin/true");
}

static void check_extras(void)
{
	check_events();
	check_attachments();
	check_lru();
	check_trie();
	check_queue();
	check_array_of_maps();
	check_of_maps();
}

static int count_files(const char *folder, const char *kinds)
{
	const struct dirent *entry;
	char path[512];
	int cnt = 0, err;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", kern_store_dir(&err), folder);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		cnt += entry->d_name[0] != '.' && strchr(kinds, entry->d_name[0]);
	if (dir)
		closedir(dir);
	return cnt;
}

/* Temporary files of attachments. */
static bool any_hidden(const char *folder)
{
	const struct dirent *entry;
	bool any = false;
	char path[512];
	int err;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", kern_store_dir(&err), folder);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		any |= entry->d_name[0] == '.' && entry->d_name[1] && entry->d_name[1] != '.';
	if (dir)
		closedir(dir);
	return any;
}

static void check_store(void)
{
	int fd = obj_get(b, PINNED), second;

	CHECK(fd >= 0);
	check_values(fd);
	check_capacity(fd);
	in_child(check_extras, 0);
	CHECK(kern_collect_stores() >= 0);
	second = obj_get(b, "/sys/fs/bpf/second");
	CHECK(second >= 0 || second == -ENOENT);
	/* Maps: the pinned ones. Programs, links, temporary files: none are left. */
	CHECK(count_files("obj", "m") == 1 + EXTRAS + (second >= 0));
	CHECK(count_files("obj", "plt") == 0);
	CHECK(count_files("obj", "e") == 1);
	CHECK(count_files("fifo", "mplte") == 0);
	CHECK(!any_hidden("attach"));
	CHECK(count_files("pin", "mplt") == 1 + EXTRAS + (second >= 0));
}

static void check_after_first_use(void)
{
	prepare();
	CHECK(kern_collect_stores() >= 0);
}

/* ---- points ---- */

struct point {
	char name[64];
	int passes;		/* in one run of the operation */
};

static const char *trace_path(void)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/trace", test_store_dir());
	return path;
}

static int points_of(const struct operation *op, struct point *points)
{
	char line[64];
	int cnt = 0, i;
	FILE *file;

	fresh_store();
	if (!op->on_empty)
		in_child(prepare, 0);
	unlink(trace_path());
	setenv("BPF_SHIM_KILL_TRACE", trace_path(), 1);
	in_child(op->run, 0);
	unsetenv("BPF_SHIM_KILL_TRACE");
	file = fopen(trace_path(), "r");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		for (i = 0; i < cnt && strcmp(points[i].name, line); i++)
			;
		if (i == cnt) {
			assert_true(cnt < POINTS_MAX);
			points[cnt++] = (struct point){ 0 };
			strcpy(points[i].name, line);
		}
		points[i].passes++;
	}
	if (file)
		fclose(file);
	return cnt;
}

static void kill_at(const struct operation *op, const char *point, int pass)
{
	char at[96];

	fresh_store();
	if (!op->on_empty)
		in_child(prepare, 0);
	snprintf(at, sizeof(at), "%s:%d", point, pass);
	setenv("BPF_SHIM_KILL_AT", at, 1);
	in_child(op->run, SIGKILL);
	unsetenv("BPF_SHIM_KILL_AT");
	now_at = at;
	in_child(op->on_empty ? check_after_first_use : check_store, 0);
}

/* Names in the sources, put there by the build: each must have been passed by some operation. */
static const char *const all_points[] = { KILL_POINT_NAMES };

static void every_point_is_survived(void **state)
{
	const size_t known = sizeof(all_points) / sizeof(all_points[0]);
	bool passed[POINTS_MAX] = { false };
	struct point points[POINTS_MAX];
	int kills = 0;

	(void)state;
	for (size_t o = 0; o < sizeof(operations) / sizeof(operations[0]); o++) {
		int cnt = points_of(&operations[o], points);

		for (int i = 0; i < cnt; i++) {
			for (size_t k = 0; k < known; k++)
				passed[k] |= !strcmp(all_points[k], points[i].name);
			for (int pass = 1; pass <= points[i].passes && pass <= 3; pass++, kills++)
				kill_at(&operations[o], points[i].name, pass);
		}
	}
	for (size_t k = 0; k < known; k++)
		if (!passed[k])
			fail_msg("no operation passes the kill point %s", all_points[k]);
	print_message("%d kills at %zu points\n", kills, known);
}

/* ---- random kills ---- */

static int round_number;
static int acknowledged;	/* pipe: (key, value) after each update that returned */

static void work_until_killed(void)
{
	int fd = kept();

	srand(getpid());
	for (uint64_t n = 1;; n++) {
		uint32_t key = rand() % KEYS;
		uint64_t pair[2] = { key, (uint64_t)round_number << 32 | n };

		if (n % 7 == 0)
			b->close(map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 4, 10, 0));
		if (n % 11 == 0)
			b->close(load_trivial(b, BPF_PROG_TYPE_XDP));
		CHECK(!map_update(b, fd, &key, &pair[1], 0));
		CHECK(write(acknowledged, pair, sizeof(pair)) == sizeof(pair));
	}
}

static void nap(long ns)
{
	struct timespec time = { 0, ns };

	nanosleep(&time, NULL);
}

static uint64_t last_acknowledged[KEYS];

static void check_acknowledged(void)
{
	int fd = kept();

	for (uint32_t key = 0; key < KEYS; key++) {
		uint64_t value;

		CHECK(!map_lookup(b, fd, &key, &value));
		/* The last one told of, or the one that was on its way. */
		CHECK(value >= last_acknowledged[key]);
	}
}

static void a_thousand_random_kills_lose_nothing(void **state)
{
	int ends[2];

	(void)state;
	fresh_store();
	in_child(prepare, 0);
	srand(20260101);
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	acknowledged = ends[1];
	for (int i = 0; i < 1000; i++) {
		uint64_t pair[2];
		pid_t pid;

		round_number = i + 1;
		pid = fork();

		if (!pid) {
			fcntl(ends[1], F_SETFL, 0);
			work_until_killed();
		}
		nap(rand() % 3000000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
		while (read(ends[0], pair, sizeof(pair)) == sizeof(pair))
			last_acknowledged[pair[0]] = pair[1];
		if (i % 20 == 19)
			in_child(check_acknowledged, 0);
	}
	in_child(check_acknowledged, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_point_is_survived),
		cmocka_unit_test(a_thousand_random_kills_lose_nothing),
	};

	use_private_store();
	return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
