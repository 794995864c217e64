/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Eight threads call bpf(2) at random on shared objects and perf events, whose fds are closed under their hands;
 * another thread forks. Nothing crashes or hangs, and in the end no object is left. Made for TSan;
 * BPF_SHIM_TEST_SECONDS prolongs it. Emulated kernel only.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/btf.h>
#include <bpfx/hook.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "kernel_types.h"
#include "perf.h"

#define THREADS 8
#define SLOTS 16

enum kind { MAP, PROG, LINK, WALKED, EVENT = WALKED, KINDS };	/* events have no ids */

static const struct backend *const b = &emulated_backend;
static _Atomic int slots[KINDS][SLOTS];	/* fds; 0: none */
static atomic_bool stop;
static uint32_t iter_type;	/* of maps, in the kernel's BTF */
static uint64_t tracepoint;	/* its number */

struct worker {
	pthread_t thread;
	uint64_t seed;
	unsigned long calls;
};

static uint32_t rnd(struct worker *w, uint32_t below)
{
	w->seed ^= w->seed << 13;
	w->seed ^= w->seed >> 7;
	w->seed ^= w->seed << 17;
	return (w->seed >> 20) % below;
}

static int any_fd(struct worker *w, enum kind kind)
{
	return atomic_load(&slots[kind][rnd(w, SLOTS)]);
}

static void put_fd(struct worker *w, enum kind kind, int fd)
{
	int old = atomic_exchange(&slots[kind][rnd(w, SLOTS)], fd > 0 ? fd : 0);

	if (old > 0)
		b->close(old);
}

/* ---- what a thread does ---- */

static void make_map(struct worker *w)
{
	static const struct { uint32_t type, key, value, max, flags; } rows[] = {
		{ BPF_MAP_TYPE_HASH, 4, 8, 64, 0 },
		{ BPF_MAP_TYPE_HASH, 4, 8, 64, BPF_F_NO_PREALLOC },
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 16, BPF_F_MMAPABLE },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0 },
		{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 },
		{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0 },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0 },
	};
	uint32_t i = rnd(w, sizeof(rows) / sizeof(rows[0]));

	put_fd(w, MAP, map_create_simple(b, rows[i].type, rows[i].key, rows[i].value, rows[i].max,
					 rows[i].flags));
}

static void use_map(struct worker *w)
{
	uint32_t key = rnd(w, 8), fd = any_fd(w, MAP);
	uint64_t value[64] = { any_fd(w, rnd(w, 2) ? PROG : EVENT) };
	uint32_t next;

	switch (rnd(w, 4)) {
	case 0:
		map_update(b, fd, &key, value, BPF_ANY);
		break;
	case 1:
		map_lookup(b, fd, &key, value);
		break;
	case 2:
		map_delete(b, fd, &key);
		break;
	default:
		map_next_key(b, fd, &key, &next);
	}
}

static void make_prog(struct worker *w)
{
	const struct bpf_insn insns[] = {
		MAP_FD(1, any_fd(w, MAP)), STORE_IMM(W, 10, -4, rnd(w, 8)), MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -4), CALL(BPF_FUNC_map_lookup_elem), MOV_IMM(0, 0), EXIT(),
	};

	put_fd(w, PROG, load_prog(b, bpfx_prog_type("sample"), insns,
				  sizeof(insns) / sizeof(insns[0])));
}

static void make_link(struct worker *w)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = any_fd(w, PROG);
	attr.link_create.attach_type = bpfx_attach_type("sample");
	put_fd(w, LINK, b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr)));
}

static void change_link(struct worker *w)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	if (rnd(w, 2)) {
		attr.link_detach.link_fd = any_fd(w, LINK);
		b->bpf(BPF_LINK_DETACH, &attr, sizeof(attr));
	} else {
		attr.link_update.link_fd = any_fd(w, LINK);
		attr.link_update.new_prog_fd = any_fd(w, PROG);
		b->bpf(BPF_LINK_UPDATE, &attr, sizeof(attr));
	}
}

static void fire(struct worker *w)
{
	struct {
		struct bpfx_ctx_header header;
		uint64_t value;
		uint32_t source, verdict;
		uint64_t pid_tgid;
	} ctx = { .value = rnd(w, 8) };
	uint32_t result;

	kern_host()->run_hook(bpfx_find_hook("sample"), 0, &ctx.value, &result);
}

static void walk(struct worker *w)
{
	static const int next[] = { BPF_MAP_GET_NEXT_ID, BPF_PROG_GET_NEXT_ID, BPF_LINK_GET_NEXT_ID };
	static const int by_id[] = { BPF_MAP_GET_FD_BY_ID, BPF_PROG_GET_FD_BY_ID,
				     BPF_LINK_GET_FD_BY_ID };
	uint32_t kind = rnd(w, WALKED), id = 0;

	for (int i = rnd(w, 8); i >= 0; i--)
		if (next_id(b, next[kind], id, &id))
			return;
	put_fd(w, kind, fd_by_id(b, by_id[kind], id));
}

static void ask(struct worker *w)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);

	obj_info(b, any_fd(w, rnd(w, WALKED)), &info, &len);
}

static void map_memory(struct worker *w)
{
	int err;
	void *mem = b->mmap(NULL, 4096, PROT_READ, MAP_SHARED, any_fd(w, MAP), 0, &err);

	if (!err)
		munmap(mem, 4096);
}

static void pin(struct worker *w)
{
	char path[64], real[4200];

	snprintf(path, sizeof(path), "/sys/fs/bpf/t%u", rnd(w, 4));
	switch (rnd(w, 3)) {
	case 0:
		obj_pin(b, any_fd(w, MAP), path);
		break;
	case 1:
		put_fd(w, MAP, obj_get(b, path));
		break;
	default:
		if (kern_path(path, real, sizeof(real)) > 0 && !unlink(real))
			kern_unpinned();
	}
}

/* ---- perf events ---- */

static void make_event(struct worker *w)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .config = tracepoint,
					.size = sizeof(attr), .sample_type = PERF_SAMPLE_RAW,
					.wakeup_events = 1 };

	if (rnd(w, 3)) {
		attr.type = PERF_TYPE_SOFTWARE;
		attr.config = PERF_COUNT_SW_BPF_OUTPUT;
		attr.sample_period = 1;
	}
	put_fd(w, EVENT, perf_open(b, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC));
}

/* Its reader says of where he is what he likes. */
static void map_ring(struct worker *w)
{
	size_t size = 4096 * (rnd(w, 2) ? 2 : 5);
	struct perf_event_mmap_page *page;
	int err;

	page = b->mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, any_fd(w, EVENT), 0, &err);
	if (err)
		return;
	__atomic_store_n(&page->data_tail, rnd(w, 2) ? page->data_head : w->seed, __ATOMIC_RELAXED);
	__atomic_store_n(&page->data_size, w->seed, __ATOMIC_RELAXED);
	munmap(page, size);
}

static void use_event(struct worker *w)
{
	int fd = any_fd(w, EVENT);
	uint64_t count;

	switch (rnd(w, 6)) {
	case 0:
		perf_ioctl(b, fd, PERF_EVENT_IOC_ENABLE, 0);
		break;
	case 1:
		perf_ioctl(b, fd, PERF_EVENT_IOC_DISABLE, 0);
		break;
	case 2:
		perf_ioctl(b, fd, PERF_EVENT_IOC_SET_BPF, any_fd(w, PROG));
		break;
	case 3:
		perf_read(b, fd, &count, sizeof(count));
		break;
	default:
		map_ring(w);
	}
}

static int make_array(struct worker *w)
{
	int fd = map_create_simple(b, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0);
	uint32_t event = any_fd(w, EVENT);

	for (uint32_t key = 0; fd >= 0 && key < 4; key++)
		map_update(b, fd, &key, &event, BPF_ANY);
	put_fd(w, MAP, fd);
	return fd;
}

static void make_writer(struct worker *w)
{
	const struct bpf_insn insns[] = {
		STORE_IMM(DW, 10, -8, 7), MAP_FD(2, make_array(w)), MOV_IMM(3, rnd(w, 4)),
		MOV_REG(4, 10), ALU_IMM(ADD, 4, -8), MOV_IMM(5, 8), CALL(BPF_FUNC_perf_event_output),
		MOV_IMM(0, 1), EXIT(),
	};

	put_fd(w, PROG, load_prog(b, rnd(w, 2) ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_TRACEPOINT, insns,
				  sizeof(insns) / sizeof(insns[0])));
}

static void run_writer(struct worker *w)
{
	unsigned char packet[64] = { 0 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = any_fd(w, PROG);
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = 8;
	b->bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
}

/* ---- iterators ---- */

static void make_iter(struct worker *w)
{
	const struct bpf_insn insns[] = {
		LOAD(DW, 1, 1, 0), LOAD(DW, 1, 1, 0), STORE_IMM(DW, 10, -8, 7), MOV_REG(2, 10),
		ALU_IMM(ADD, 2, -8), MOV_IMM(3, 8), CALL(BPF_FUNC_seq_write), MOV_IMM(0, 0), EXIT(),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = BPF_TRACE_ITER;
	attr.attach_btf_id = iter_type;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(insns[0]);
	attr.license = (uintptr_t)"GPL";
	put_fd(w, PROG, b->bpf(BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static void link_iter(struct worker *w)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = any_fd(w, PROG);
	attr.link_create.attach_type = BPF_TRACE_ITER;
	put_fd(w, LINK, b->bpf(BPF_LINK_CREATE, &attr, sizeof(attr)));
}

static void read_iter(struct worker *w)
{
	union bpf_attr attr;
	char buf[512];
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = any_fd(w, LINK);
	fd = b->bpf(BPF_ITER_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return;
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	b->close(fd);
}

/* ---- all ---- */

static void close_one(struct worker *w)
{
	put_fd(w, rnd(w, KINDS), 0);
}

static void *work(void *arg)
{
	static void (*const calls[])(struct worker *) = {
		make_map, use_map, use_map, use_map, use_map, make_prog, make_link, change_link,
		fire, fire, fire, walk, ask, map_memory, pin, close_one, close_one, close_one,
		make_event, use_event, use_event, make_writer, run_writer, run_writer, make_iter,
		link_iter, read_iter, close_one,
	};
	struct worker *w = arg;

	for (; !atomic_load(&stop); w->calls++)
		calls[rnd(w, sizeof(calls) / sizeof(calls[0]))](w);
	return NULL;
}

/* ---- the test ---- */

static unsigned int seconds(void)
{
	const char *text = getenv("BPF_SHIM_TEST_SECONDS");

	return text ? atoi(text) : 3;
}

/* A child of a process full of threads can use the kernel. */
__attribute__((unused)) static void fork_child(void)
{
	pid_t child = fork();
	int status;

	if (!child) {
		struct worker w = { .seed = 99 };
		int fd = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 4, 1, 0);

		alarm(20);
		for (int i = 0; i < 20; i++)
			fire(&w);
		_exit(fd < 0 || b->close(fd) ? 1 : 0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static uint32_t objects(void)
{
	static const int next[] = { BPF_MAP_GET_NEXT_ID, BPF_PROG_GET_NEXT_ID,
				    BPF_LINK_GET_NEXT_ID };
	uint32_t cnt = 0;

	for (int kind = 0; kind < WALKED; kind++)
		for (uint32_t id = 0; !next_id(b, next[kind], id, &id);)
			cnt++;
	return cnt;
}

static void remove_pins(void)
{
	char path[64], real[4200];

	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "/sys/fs/bpf/t%d", i);
		if (kern_path(path, real, sizeof(real)) > 0)
			unlink(real);
	}
	kern_unpinned();
}

static void threads_share_objects(void **state)
{
	struct worker workers[THREADS] = { 0 };
	unsigned long calls = 0;
	char id[16];
	time_t end = time(NULL) + seconds();

	(void)state;
	iter_type = kernel_type(b, "bpf_iter_bpf_map", BTF_KIND_FUNC);
	assert_true(iter_type);
	assert_true(tracefs_read(b, "events/sched/sched_process_exec/id", id, sizeof(id)) > 0);
	tracepoint = atoi(id);
	assert_int_equal(objects(), 0);
	for (int i = 0; i < THREADS; i++) {
		workers[i].seed = i + 1;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	while (time(NULL) < end) {
#ifndef __SANITIZE_ADDRESS__	/* its malloc() does not survive a fork among threads */
		fork_child();
#endif
		usleep(50000);
	}
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		calls += workers[i].calls;
	}
	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < SLOTS; i++)
			if (slots[kind][i] > 0)
				b->close(slots[kind][i]);
	remove_pins();
	printf("%lu calls\n", calls);
	assert_int_equal(objects(), 0);
	/* Links whose last holder was a child are counted until somebody sweeps. */
	kern_collect_stores();
	assert_int_equal(*bpfx_find_hook("sample")->state->attached, 0);
	assert_false(bpfx_hook_active(bpfx_find_hook("sample")));
}

/* On purpose, and as on Linux: fds are closed while others use them, values written by two,
 * elements of a hash reused under readers. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:^raw_close$\nrace:^object_of_fd$\nrace:^read_header$\n"
	       "race:^map_value_in$\nrace:^map_value_out$\n"
	       "race:^fill_element$\nrace:^find_in$\n";
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(threads_share_objects) };

	use_private_store();
	return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
