/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * The program-info hash: an extension goes, comes back with one thing changed, and programs that use
 * the thing are refused with a text that names it, at attach and at each run, while all others work
 * on without further ado. Scenarios S42 to S49 and S62.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asm.h"
#include "backend.h"
#include "journal.h"
#include "kern.h"
#include "probe.h"
#include "progs.h"
#include "registry.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- what can change ---- */

#define CHANGE(name, statement)                                                                    \
	static void name(void)                                                                     \
	{                                                                                          \
		statement;                                                                         \
	}

static struct bpfx_helper other_order[PROBE_HELPERS + 1];
static struct bpfx_ctx_field more_fields[4];

static void reorder(void)
{
	for (int i = 0; i < PROBE_HELPERS + 1; i++)
		other_order[i] = probe.helpers[PROBE_HELPERS - i];
	probe.types[0].helpers = other_order;
}

static uint64_t other_fn(uint64_t r1, uint64_t r2, uint64_t r3, uint64_t r4, uint64_t r5, void *ctx)
{
	return ((const struct probe_args *)(uintptr_t)r1)->value + r2;
}

CHANGE(nothing, (void)0)
CHANGE(unused_changed, probe.helpers[1].args[0] = BPFX_ARG_ANY; probe.helpers[1].args[1] = 0)
CHANGE(unused_added, probe.helpers[5] = probe.helpers[1]; probe.helpers[5].id = 0x10010;
       probe.helpers[5].name = "probe_more"; probe.types[0].helper_cnt++)
CHANGE(unused_gone, probe.types[0].helpers = &probe.helpers[0]; probe.types[0].helper_cnt = 1)
CHANGE(address, probe.helpers[0].fn = other_fn)
CHANGE(implicit_ctx, probe.helpers[0].flags ^= BPFX_HELPER_IMPLICIT_CTX)
CHANGE(other_version, probe.ext.version = "2")
CHANGE(override_changed, probe.helpers[4].fn = other_fn)
CHANGE(ret, probe.helpers[0].ret = BPFX_RET_VOID)
CHANGE(arg_1, probe.helpers[0].args[0] = BPFX_ARG_ANY)
CHANGE(arg_2, probe.helpers[0].args[1] = BPFX_ARG_STACK)
CHANGE(arg_3, probe.helpers[0].args[2] = BPFX_ARG_ANY)
CHANGE(arg_4, probe.helpers[0].args[2] = probe.helpers[0].args[3] = BPFX_ARG_ANY)
CHANGE(arg_5, for (int i = 2; i < 5; i++) probe.helpers[0].args[i] = BPFX_ARG_ANY)
CHANGE(name, probe.helpers[0].name = "probe_plus")
CHANGE(moves_packet, probe.helpers[0].flags |= BPFX_HELPER_CHANGES_PKT)
CHANGE(helper_gone, probe.types[0].helpers = &probe.helpers[1]; probe.types[0].helper_cnt = 4)
CHANGE(ctx_size, probe.ctx.size = 24)
CHANGE(ctx_real_size, probe.ctx.real_size = 32)
CHANGE(data, probe.ctx.real_data = 0)
CHANGE(data_end, probe.ctx.real_data_end = 8)
CHANGE(data_meta, probe.ctx.real_data_meta = 0)
CHANGE(field_moved, probe.fields[0].real_offset = 16)
CHANGE(field_writable, probe.fields[0].flags |= BPFX_FIELD_WRITE)
CHANGE(field_name, probe.fields[0].name = "number")
CHANGE(field_added, memcpy(more_fields, probe.fields, sizeof(probe.fields));
       more_fields[3] = probe.fields[1]; more_fields[3].name = "alias"; probe.ctx.fields = more_fields;
       probe.ctx.field_cnt = 4)
CHANGE(privilege, probe.types[0].flags |= BPFX_PROG_CAP_NET_ADMIN)
/* S49: a name ends where it ends. */
CHANGE(names_shifted, probe.fields[0].name = "valu"; probe.ctx.type_name = "probe_argse")

/* S44, S45: who notices what. The first program calls probe_add, the second one no helper at all
 * (S47). The text is part of the reason. */
static const struct change {
	const char *name;
	void (*apply)(void);
	const char *caller, *plain;	/* NULL: not noticed */
} changes[] = {
	{ "nothing", nothing, NULL, NULL },
	{ "an unused helper has other arguments", unused_changed, NULL, NULL },
	{ "an unused helper was added", unused_added, NULL, NULL },
	{ "unused helpers are gone", unused_gone, NULL, NULL },
	{ "helpers in another order", reorder, NULL, NULL },
	{ "the helper's address", address, NULL, NULL },
	{ "the helper takes an implicit context", implicit_ctx, NULL, NULL },
	{ "the extension's version", other_version, NULL, NULL },
	{ "an override that nobody calls", override_changed, NULL, NULL },
	{ "the helper's result", ret, "bpf_probe_add", NULL },
	{ "the helper's 1st argument", arg_1, "bpf_probe_add", NULL },
	{ "the helper's 2nd argument", arg_2, "bpf_probe_add", NULL },
	{ "the helper's 3rd argument", arg_3, "bpf_probe_add", NULL },
	{ "the helper's 4th argument", arg_4, "bpf_probe_add", NULL },
	{ "the helper's 5th argument", arg_5, "bpf_probe_add", NULL },
	{ "the helper's name", name, "bpf_probe_plus", NULL },
	{ "the helper moves the packet", moves_packet, "bpf_probe_add", NULL },
	{ "the helper is gone", helper_gone, "0x10000", NULL },
	{ "the context's size", ctx_size, "another context", "another context" },
	{ "the context's real size", ctx_real_size, "another context", "another context" },
	{ "the context's data", data, "another context", "another context" },
	{ "the context's data_end", data_end, "another context", "another context" },
	{ "the context's data_meta", data_meta, "another context", "another context" },
	{ "a context field's place", field_moved, "another context", "another context" },
	{ "a context field can be written", field_writable, "another context", "another context" },
	{ "a context field's name", field_name, "another context", "another context" },
	{ "a context field was added", field_added, "another context", "another context" },
	{ "names with a letter moved", names_shifted, "another context", "another context" },
	{ "the type asks for another privilege", privilege, "other properties", "other properties" },
};

static int load_caller(void)
{
	return PROBE_LOAD(MOV_IMM(2, 1), CALL(PROBE_ADD), EXIT());
}

static int load_plain(void)
{
	return PROBE_LOAD(LOAD(DW, 0, 1, 0), EXIT());
}

/* Attach to the hook, a test run and what is attached already: all or nothing. */
static void expect(const struct change *change, const char *who, int prog, const char *why)
{
	uint32_t result;
	int link = probe_attach(prog, "probe"), run = probe_test_run(prog, 41, &result);

	if (!why && (link < 0 || run))
		fail_msg("%s: %s: attach %d, run %d", change->name, who, link, run);
	if (why && (link != -EINVAL || run != -EINVAL))
		fail_msg("%s: %s: attach %d, run %d", change->name, who, link, run);
	if (why && !strstr(bpfx_reason(), why))
		fail_msg("%s: %s: '%s' does not say '%s'", change->name, who, bpfx_reason(), why);
	if (link >= 0)
		kern_fd_close(link);
}

static void fire(const struct change *change)
{
	int want = !change->caller + !change->plain;
	int closed_want = want == 2 ? 2 : -EINVAL;
	uint32_t result;
	int ran = probe_fire(&probe.hooks[0], 10, &result);
	int closed = probe_fire(&probe.hooks[1], 10, &result);

	/* S75: a hook that fails open goes on without the program, one that fails closed fails. */
	if (ran != want || closed != closed_want)
		fail_msg("%s: %d programs ran, not %d; closed %d", change->name, ran, want, closed);
}

static void a_change_is_noticed_by_who_uses_it(void **state)
{
	for (size_t i = 0; i < ARRAY_CNT(changes); i++) {
		int caller, plain, links[4];

		probe_reset();
		assert_int_equal(bpfx_register(&probe.ext), 0);
		caller = load_caller();
		plain = load_plain();
		assert_true(caller >= 0 && plain >= 0);
		links[0] = probe_attach(caller, "probe");
		links[1] = probe_attach(plain, "probe");
		links[2] = probe_attach(caller, "probe_closed");
		links[3] = probe_attach(plain, "probe_closed");
		assert_int_equal(bpfx_unregister(&probe.ext), 0);
		changes[i].apply();
		if (bpfx_register(&probe.ext))
			fail_msg("%s: %s", changes[i].name, bpfx_reason());
		expect(&changes[i], "caller", caller, changes[i].caller);
		expect(&changes[i], "plain", plain, changes[i].plain);
		fire(&changes[i]);
		assert_int_equal(bpfx_unregister(&probe.ext), 0);
		/* The original again: everything works again, as it is. */
		probe_reset();
		assert_int_equal(bpfx_register(&probe.ext), 0);
		expect(&changes[0], "caller", caller, NULL);
		expect(&changes[0], "plain", plain, NULL);
		fire(&changes[0]);
		for (int j = 0; j < 4; j++)
			kern_fd_close(links[j]);
		kern_fd_close(caller);
		kern_fd_close(plain);
		assert_int_equal(bpfx_unregister(&probe.ext), 0);
	}
}

/* S42: what is stored with a program depends on nothing but its own type and helpers. */
static void hash_of(int prog, uint8_t hash[32])
{
	struct kern_prog *view;

	assert_int_equal(prog_get_fd(prog, &view), 0);
	memcpy(hash, view->shared->info_hash, 32);
	prog_put(view);
}

static int load_n(int n)
{
	static const uint32_t types[] = { BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SOCKET_FILTER,
					  BPF_PROG_TYPE_KPROBE };

	if (n % 5 == 0)
		return load_caller();
	if (n % 5 == 1)
		return load_plain();
	return load_trivial(&emulated_backend, types[n % 5 - 2]);
}

static uint8_t alone[5][32];

static void *load_many(void *arg)
{
	uint8_t hash[32];

	for (int i = 0; i < 200; i++) {
		int n = (i + (int)(intptr_t)arg) % 5, prog = load_n(n);

		if (prog < 0)
			abort();
		hash_of(prog, hash);
		if (memcmp(hash, alone[n], 32))
			abort();
		kern_fd_close(prog);
	}
	return NULL;
}

static void hashes_know_no_neighbours(void **state)
{
	pthread_t threads[8];

	probe_reset();
	assert_int_equal(bpfx_register(&probe.ext), 0);
	for (int n = 0; n < 5; n++) {
		int prog = load_n(n);

		assert_true(prog >= 0);
		hash_of(prog, alone[n]);
		kern_fd_close(prog);
		for (int m = 0; m < n; m++)
			assert_memory_not_equal(alone[n], alone[m], 32);
	}
	for (intptr_t i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, load_many, (void *)i), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

/* S43: what the load of a program of a missing extension leaves behind. */
static void a_missing_extension_refuses_the_load(void **state)
{
	uint32_t type, id = 0;

	probe_reset();
	assert_int_equal(bpfx_register(&probe.ext), 0);
	type = bpfx_prog_type("probe");
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
	assert_int_equal(load_trivial(&emulated_backend, type), -EINVAL);
	assert_int_equal(next_id(&emulated_backend, BPF_PROG_GET_NEXT_ID, 0, &id), -ENOENT);
	assert_int_equal(bpfx_prog_type("probe"), 0);
}

/* S46: rows of a build that does not know the newest fields hash alike. */
static void rows_without_the_newest_fields_hash_alike(void **state)
{
	struct old_helper { char bytes[offsetof(struct bpfx_helper, attach_types)]; } old[5];
	uint8_t now[32], before[32];
	int prog;

	probe_reset();
	assert_int_equal(bpfx_register(&probe.ext), 0);
	prog = load_caller();
	hash_of(prog, now);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
	for (int i = 0; i < 5; i++)
		memcpy(&old[i], &probe.helpers[i], sizeof(old[i]));
	probe.types[0].helpers = (const void *)old;
	probe.ext.helper_size = sizeof(old[0]);
	assert_int_equal(bpfx_register(&probe.ext), 0);
	expect(&changes[0], "caller", prog, NULL);
	kern_fd_close(prog);
	prog = load_caller();
	hash_of(prog, before);
	kern_fd_close(prog);
	assert_memory_equal(now, before, 32);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

/* The journal tells another process what was refused. */
static void refusals_are_in_the_journal(void **state)
{
	struct journal_line line;
	uint32_t result;
	int prog;

	probe_reset();
	assert_int_equal(bpfx_register(&probe.ext), 0);
	prog = load_caller();
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
	assert_int_equal(probe_test_run(prog, 1, &result), -EINVAL);
	probe.ext.context_header_size = 0;
	assert_int_equal(bpfx_register(&probe.ext), -EINVAL);
	assert_int_equal(journal_read(0, &line), 0);
	assert_non_null(strstr(line.text, "extension probe is not registered"));
	assert_non_null(strstr(line.text, "context_header_size is 0"));
	probe_reset();
	ret();
	assert_int_equal(bpfx_register(&probe.ext), 0);
	assert_int_equal(probe_attach(prog, "probe"), -EINVAL);
	assert_int_equal(journal_read(0, &line), 0);
	assert_non_null(strstr(line.text, "bpf_probe_add"));
	kern_fd_close(prog);
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_is_noticed_by_who_uses_it),
		cmocka_unit_test(hashes_know_no_neighbours),
		cmocka_unit_test(a_missing_extension_refuses_the_load),
		cmocka_unit_test(rows_without_the_newest_fields_hash_alike),
		cmocka_unit_test(refusals_are_in_the_journal),
	};

	use_private_store();
	return cmocka_run_group_tests_name("extensions: program information", tests, NULL, NULL);
}
