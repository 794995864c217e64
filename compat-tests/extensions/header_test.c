/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The context header and the runs that go through it: who must have it, who may touch it, tail calls,
 * runs inside of runs, batches, and what a run costs besides. Scenarios S20 to S30.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "probe.h"

/* S24: part of the ABI. */
_Static_assert(BPFX_CTX_HEADER_SIZE == 64 && sizeof(struct bpfx_ctx_header) == 64, "header size");
_Static_assert(_Alignof(struct bpfx_ctx_header) == 8, "header alignment");
_Static_assert(BPFX_CTX_RUN == 0 && BPFX_CTX_DESC == 1 && BPFX_CTX_HOOK == 2 &&
	       BPFX_CTX_COOKIE == 3, "slots");
_Static_assert(sizeof(struct bpfx_batch) == 64, "state of a batch");

#define CANARY 0x0a

static void add_probe(void)
{
	probe_reset();
	assert_int_equal(bpfx_register(&probe.ext), 0);
}

static void drop_probe(void)
{
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

/* ---- S20, S21, S22: who must declare it ---- */

static void an_extension_without_the_header_is_refused(void **state)
{
	probe_reset();
	probe.ext.context_header_size = 0;
	assert_int_equal(bpfx_register(&probe.ext), -EINVAL);
	assert_non_null(strstr(bpfx_reason(), "no header of 64 bytes"));
	probe.ext.context_header_size = 64;
	probe.ext.reserved = 1;
	assert_int_equal(bpfx_register(&probe.ext), -EINVAL);
	assert_non_null(strstr(bpfx_reason(), "reserved"));
	assert_int_equal(bpfx_prog_type("probe"), 0);
	assert_int_not_equal(bpfx_prog_type("sample"), 0);
}

/* The hook alone, in an extension of its own. */
static void a_hook_without_the_header_is_refused(void **state)
{
	struct bpfx_hook_state other_state = { 0 };
	struct bpfx_hook other_hook;
	struct bpfx_extension other = { BPFX_EXTENSION_HEAD, .name = "other", .hooks = &other_hook,
					.hook_cnt = 1 };
	uint32_t link_id = 0;
	int prog;

	add_probe();
	prog = PROBE_LOAD(MOV_IMM(0, 0), EXIT());
	other_hook = probe.hooks[0];
	other_hook.name = "other";
	other_hook.state = &other_state;
	other_hook.context_header_size = 0;
	assert_int_equal(bpfx_register(&other), -EINVAL);
	assert_non_null(strstr(bpfx_reason(), "hook other: its contexts have no header"));
	assert_int_equal(probe_attach(prog, "other"), -EINVAL);
	assert_int_equal(next_id(&emulated_backend, BPF_LINK_GET_NEXT_ID, 0, &link_id), -ENOENT);
	/* The program is as good as before, and so is the hook once it declares the header. */
	other_hook.context_header_size = BPFX_CTX_HEADER_SIZE;
	assert_int_equal(bpfx_register(&other), 0);
	link_id = probe_attach(prog, "other");
	assert_true((int)link_id >= 0);
	kern_fd_close(link_id);
	assert_int_equal(bpfx_unregister(&other), 0);
	kern_fd_close(prog);
	drop_probe();
}

/* ---- S23: the runtime stays inside of it ---- */

struct guarded {
	unsigned char before[64];
	struct probe_ctx ctx;
	unsigned char after[64];
};

static void check_guarded(const struct guarded *g)
{
	for (int i = 0; i < 64; i++)
		if (g->before[i] != CANARY || g->after[i] != CANARY)
			fail_msg("canary %d is gone", i);
	for (int slot = BPFX_CTX_COOKIE + 2; slot < 8; slot++)
		assert_int_equal(g->ctx.header.slot[slot], 0x1111u * slot);
	assert_int_equal(g->ctx.header.slot[BPFX_CTX_RUN], 0);
}

static void prepare_guarded(struct guarded *g)
{
	memset(g, CANARY, sizeof(*g));
	memset(&g->ctx, 0, sizeof(g->ctx));
	for (int slot = BPFX_CTX_COOKIE + 2; slot < 8; slot++)
		g->ctx.header.slot[slot] = 0x1111u * slot;
	g->ctx.args.value = 7;
}

static int self_calling(int *array)
{
	int prog, key = 0;

	*array = map_create_simple(&emulated_backend, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	assert_true(*array >= 0);
	prog = PROBE_LOAD(MOV_REG(6, 1), MOV_IMM(2, 1), CALL(PROBE_ADD), MOV_REG(1, 6),
			  MAP_FD(2, *array), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call), MOV_IMM(0, 3),
			  EXIT());
	assert_true(prog >= 0);
	assert_int_equal(map_update(&emulated_backend, *array, &key, &prog, 0), 0);
	return prog;
}

static void canaries_around_the_context_stay(void **state)
{
	struct bpfx_batch batch;
	struct guarded g;
	uint32_t result;
	int array, prog, link;

	add_probe();
	prog = self_calling(&array);
	link = probe_attach(prog, "probe");
	assert_true(link >= 0);
	prepare_guarded(&g);
	assert_int_equal(bpfx_host()->run_hook(&probe.hooks[0], 0, &g.ctx.args, &result), 1);
	check_guarded(&g);
	assert_int_equal(bpfx_host()->hook_batch_begin(&batch, sizeof(batch), &probe.hooks[0], 0), 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(bpfx_host()->hook_batch_run(&batch, &g.ctx.args, &result), 1);
	bpfx_host()->hook_batch_end(&batch);
	check_guarded(&g);
	assert_int_equal(probe_test_run(prog, 1, &result), 0);
	kern_fd_close(link);
	kern_fd_close(prog);
	kern_fd_close(array);
	drop_probe();
}

/* ---- S24: programs do not reach it ---- */

static void programs_do_not_reach_it(void **state)
{
	static const struct {
		int offset, want;
	} rows[] = { { 0, 1 }, { -8, -EACCES }, { -64, -EACCES }, { -1, -EACCES } };

	add_probe();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int prog = PROBE_LOAD(LOAD(DW, 0, 1, rows[i].offset), EXIT());

		if (rows[i].want > 0 ? prog < 0 : prog != rows[i].want)
			fail_msg("offset %d: %d", rows[i].offset, prog);
		if (prog >= 0)
			kern_fd_close(prog);
	}
	drop_probe();
}

/* ---- S25: tail calls ---- */

static void each_firing_makes_33_tail_calls(void **state)
{
	struct bpfx_batch batch;
	struct probe_ctx ctx = { 0 };
	uint32_t result;
	int array, prog, link;

	add_probe();
	prog = self_calling(&array);
	link = probe_attach(prog, "probe");
	for (int i = 0; i < 1000; i++) {
		probe_calls = 0;
		assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 1);
		assert_int_equal(probe_calls, 34);
		assert_int_equal(result, 3);
	}
	probe_calls = 0;
	assert_int_equal(bpfx_host()->hook_batch_begin(&batch, sizeof(batch), &probe.hooks[0], 0), 0);
	for (int i = 0; i < 1000; i++)
		bpfx_host()->hook_batch_run(&batch, &ctx.args, &result);
	bpfx_host()->hook_batch_end(&batch);
	assert_int_equal(probe_calls, 34000);
	kern_fd_close(link);
	kern_fd_close(prog);
	kern_fd_close(array);
	drop_probe();
}

/* ---- S26: runs inside of runs ---- */

static _Thread_local int inner_runs;

/* The event of another hook, from within a helper, with a context of its own. */
static uint64_t fire_closed(void *ctx)
{
	struct probe_ctx inner = { .args = { .value = ((struct probe_args *)ctx)->value + 1 } };
	uint32_t result = 0;

	if (bpfx_host()->run_hook(&probe.hooks[1], 0, &inner.args, &result) == 1)
		inner_runs++;
	return result;
}

static _Atomic bool wrong;

static void *fire_many(void *arg)
{
	uint32_t result;

	for (uint64_t i = 0; i < 500; i++) {
		uint64_t value = ((uintptr_t)arg << 16) + i;

		/* Outer: twice the inner result; inner: its value + 1 after 33 tail calls. */
		if (probe_fire(&probe.hooks[0], value, &result) != 1 ||
		    result != (uint32_t)(2 * (value + 2)))
			wrong = true;
	}
	if (inner_runs != 1000)
		wrong = true;
	return NULL;
}

static void each_run_has_its_own_state(void **state)
{
	int array, outer, inner, links[2], key = 0;
	pthread_t threads[8];

	add_probe();
	array = map_create_simple(&emulated_backend, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	inner = PROBE_LOAD(MOV_REG(6, 1), MAP_FD(2, array), MOV_IMM(3, 0), CALL(BPF_FUNC_tail_call),
			   MOV_REG(1, 6), MOV_IMM(2, 1), CALL(PROBE_ADD), EXIT());
	outer = PROBE_LOAD(CALL(PROBE_CALL), MOV_REG(6, 0), CALL(PROBE_CALL), ALU_REG(ADD, 0, 6),
			   EXIT());
	assert_true(array >= 0 && inner >= 0 && outer >= 0);
	assert_int_equal(map_update(&emulated_backend, array, &key, &inner, 0), 0);
	links[0] = probe_attach(outer, "probe");
	links[1] = probe_attach(inner, "probe_closed");
	probe_callback = fire_closed;
	for (uintptr_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fire_many, (void *)i), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_false(wrong);
	probe_callback = NULL;
	kern_fd_close(links[0]);
	kern_fd_close(links[1]);
	kern_fd_close(outer);
	kern_fd_close(inner);
	kern_fd_close(array);
	drop_probe();
}

/* ---- S27, S28: batches ---- */

static void a_batch_needs_room_for_its_state(void **state)
{
	const struct bpfx_host *host = bpfx_host();
	struct bpfx_batch batch[2];
	struct probe_ctx ctx = { .args = { .value = 40 } };
	uint32_t result;
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(MOV_IMM(2, 2), CALL(PROBE_ADD), EXIT());
	link = probe_attach(prog, "probe");
	for (size_t size = 0; size < 64; size++) {
		assert_int_equal(host->hook_batch_begin(batch, size, &probe.hooks[0], 0), -EINVAL);
		assert_int_equal(host->batch_begin(batch, size), -EINVAL);
	}
	/* Nothing has begun: this does not wait. */
	kern_fd_close(link);
	link = probe_attach(prog, "probe");
	for (size_t size = 64; size <= 128; size += 64) {
		assert_int_equal(host->hook_batch_begin(batch, size, &probe.hooks[0], 0), 0);
		for (int i = 0; i < 10; i++) {
			result = 0;
			assert_int_equal(host->hook_batch_run(batch, &ctx.args, &result), 1);
			assert_int_equal(result, 42);
		}
		host->hook_batch_end(batch);
	}
	kern_fd_close(link);
	kern_fd_close(prog);
	drop_probe();
}

static _Atomic bool detached;

static void *detach(void *link)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_detach.link_fd = *(int *)link;
	if (kern_bpf(BPF_LINK_DETACH, &attr, sizeof(attr)))
		abort();
	detached = true;
	return NULL;
}

static void who_detaches_waits_for_the_end_of_the_batch(void **state)
{
	const struct bpfx_host *host = bpfx_host();
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct probe_ctx ctx = { .args = { .value = 40 } };
	struct bpfx_batch batch;
	uint32_t result;
	int one, two, links[2], ran = 1;
	pthread_t thread;

	add_probe();
	one = PROBE_LOAD(MOV_IMM(0, 1), EXIT());
	two = PROBE_LOAD(MOV_IMM(0, 100), EXIT());
	links[0] = probe_attach(one, "probe");
	assert_int_equal(host->hook_batch_begin(&batch, sizeof(batch), &probe.hooks[0], 0), 0);
	detached = false;
	assert_int_equal(pthread_create(&thread, NULL, detach, &links[0]), 0);
	/* Before the detach it runs, from some moment on it does not; never does another one. */
	links[1] = probe_attach(two, "probe");
	for (int i = 0; i < 5000 && ran; i++) {
		result = 0;
		ran = host->hook_batch_run(&batch, &ctx.args, &result);
		assert_int_equal(result, ran);
		nanosleep(&pause, NULL);
	}
	assert_int_equal(ran, 0);
	nanosleep(&pause, NULL);
	assert_false(detached);
	host->hook_batch_end(&batch);
	pthread_join(thread, NULL);
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 1);
	assert_int_equal(result, 100);
	kern_fd_close(links[0]);
	kern_fd_close(links[1]);
	kern_fd_close(one);
	kern_fd_close(two);
	drop_probe();
}

/* ---- S29: the header may not vanish with a reload ---- */

static void a_reload_without_the_header_leaves_programs_inert(void **state)
{
	uint32_t result;
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(MOV_IMM(0, 5), EXIT());
	link = probe_attach(prog, "probe");
	drop_probe();
	probe.ext.context_header_size = 0;
	assert_int_equal(bpfx_register(&probe.ext), -EINVAL);
	assert_int_equal(probe_test_run(prog, 1, &result), -EINVAL);
	assert_int_equal(result, 0);
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 0);
	add_probe();
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 1);
	assert_int_equal(result, 5);
	kern_fd_close(link);
	kern_fd_close(prog);
	drop_probe();
}

/* ---- S30: what a run costs besides ---- */

static _Thread_local bool counting;
static _Atomic int allocations, locks;

void *__real_malloc(size_t size);
void *__real_calloc(size_t cnt, size_t size);
void *__real_realloc(void *old, size_t size);
int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t cnt, size_t size);
void *__wrap_realloc(void *old, size_t size);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);

void *__wrap_malloc(size_t size)
{
	allocations += counting;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t cnt, size_t size)
{
	allocations += counting;
	return __real_calloc(cnt, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	allocations += counting;
	return __real_realloc(old, size);
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
	locks += counting;
	return __real_pthread_mutex_lock(mutex);
}

static void a_run_allocates_nothing_and_takes_no_lock(void **state)
{
	const struct bpfx_host *host = bpfx_host();
	struct probe_ctx ctx = { 0 };
	struct bpfx_batch batch;
	uint32_t result;
	int prog, link;

	add_probe();
	prog = PROBE_LOAD(MOV_IMM(0, 0), EXIT());
	link = probe_attach(prog, "probe");
	assert_int_equal(probe_fire(&probe.hooks[0], 1, &result), 1);
	assert_int_equal(host->hook_batch_begin(&batch, sizeof(batch), &probe.hooks[0], 0), 0);
	counting = true;
	for (int i = 0; i < 100000; i++)
		host->hook_batch_run(&batch, &ctx.args, &result);
	counting = false;
	host->hook_batch_end(&batch);
	assert_int_equal(allocations, 0);
	assert_int_equal(locks, 0);
	kern_fd_close(link);
	kern_fd_close(prog);
	drop_probe();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_extension_without_the_header_is_refused),
		cmocka_unit_test(a_hook_without_the_header_is_refused),
		cmocka_unit_test(canaries_around_the_context_stay),
		cmocka_unit_test(programs_do_not_reach_it),
		cmocka_unit_test(each_firing_makes_33_tail_calls),
		cmocka_unit_test(each_run_has_its_own_state),
		cmocka_unit_test(a_batch_needs_room_for_its_state),
		cmocka_unit_test(who_detaches_waits_for_the_end_of_the_batch),
		cmocka_unit_test(a_reload_without_the_header_leaves_programs_inert),
		cmocka_unit_test(a_run_allocates_nothing_and_takes_no_lock),
	};

	use_private_store();
	return cmocka_run_group_tests_name("extensions: context header", tests, NULL, NULL);
}
