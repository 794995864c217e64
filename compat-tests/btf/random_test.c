/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Random types: parsing ends well whatever comes, and where bpf(2) is permitted result and log are
 * compared with the real kernel's, letter for letter. BTF_RANDOM_ROUNDS, BTF_RANDOM_SEED.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend.h"
#include "btf.h"
#include "ulog.h"
#include "words.h"

#define LOG_SIZE (1 << 16)
#define TYPES_MAX 10

static uint64_t seed;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % below;
}

static bool one_in(uint32_t n)
{
	return !rnd(n);
}

struct writer {
	uint32_t words[512];
	uint32_t cnt, types;
};

static void put(struct writer *w, uint32_t word)
{
	w->words[w->cnt++] = word;
}

static uint32_t some_id(const struct writer *w)
{
	if (one_in(40))
		return one_in(2) ? BTF_MAX_TYPE : BTF_MAX_TYPE + 1;
	return one_in(8) ? rnd(2) * (w->types + 1) : 1 + rnd(w->types);
}

static uint32_t some_name(void)
{
	static const uint32_t names[] = { S_INT, S_A, S_S, S_OTHER, S_SPIN, S_HEAD, S_NODE, S_TIMER,
					  S_A, S_S, S_INT, S_OTHER, S_BAD, S_NONE, 5000 };

	return names[rnd(one_in(10) ? 15 : one_in(3) ? 12 : 4)];
}

static uint32_t some_size(void)
{
	static const uint32_t sizes[] = { 4, 8, 16, 24, 1, 2, 12, 3, 32, 0 };

	return sizes[rnd(10)];
}

static void put_items(struct writer *w, uint32_t kind, uint32_t vlen, bool kflag)
{
	uint32_t offset = 0;

	for (uint32_t i = 0; i < vlen; i++) {
		switch (kind) {
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			put(w, some_name());
			put(w, some_id(w));
			put(w, (kflag && one_in(2) ? rnd(40) << 24 : 0) | offset);
			offset += kind == BTF_KIND_UNION ? 0 : rnd(4) * 32 + one_in(12);
			break;
		case BTF_KIND_ENUM64:
			put(w, rnd(1000));
			/* fall through */
		case BTF_KIND_ENUM:
			put(w, some_name());
			put(w, rnd(1u << 31) * 2);
			break;
		case BTF_KIND_FUNC_PROTO:
			put(w, some_name());
			put(w, some_id(w));
			break;
		case BTF_KIND_DATASEC:
			put(w, some_id(w));
			put(w, offset);
			put(w, 4 + 4 * rnd(2));
			offset += 4 + 4 * rnd(2);
			break;
		}
	}
}

static void put_type(struct writer *w)
{
	uint32_t kind = one_in(100) ? rnd(32) : 1 + rnd(NR_BTF_KINDS - 1);
	bool listed = kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION || kind == BTF_KIND_ENUM ||
		      kind == BTF_KIND_ENUM64 || kind == BTF_KIND_FUNC_PROTO ||
		      kind == BTF_KIND_DATASEC;
	uint32_t vlen = listed || kind == BTF_KIND_FUNC ? rnd(4) : one_in(60);
	bool kflag = listed ? one_in(3) : one_in(40);
	bool anonymous = kind == BTF_KIND_PTR || kind == BTF_KIND_ARRAY ||
			 (kind >= BTF_KIND_VOLATILE && kind <= BTF_KIND_RESTRICT) ||
			 kind == BTF_KIND_FUNC_PROTO;
	bool sized = kind == BTF_KIND_INT || kind == BTF_KIND_FLOAT || listed;
	uint32_t size = some_size();

	put(w, anonymous && !one_in(30) ? 0 : some_name());
	put(w, (uint32_t)kflag << 31 | kind << 24 | vlen);
	if (kind == BTF_KIND_ARRAY || kind == BTF_KIND_FWD)
		put(w, one_in(30));
	else
		put(w, sized && kind != BTF_KIND_FUNC_PROTO ? size : some_id(w));
	if (kind == BTF_KIND_INT)
		put(w, rnd(5) << 24 | (one_in(10) ? 1 << 16 : 0) | (one_in(6) ? 7 : size * 8));
	if (kind == BTF_KIND_VAR)
		put(w, rnd(3));
	if (kind == BTF_KIND_DECL_TAG)
		put(w, rnd(3) - 1);
	if (kind == BTF_KIND_ARRAY) {
		put(w, some_id(w));
		put(w, some_id(w));
		put(w, one_in(10) ? 0x40000000 : rnd(4));
	}
	put_items(w, kind, vlen, kflag);
}

static uint32_t random_blob(unsigned char *blob)
{
	struct writer w = { .types = 1 + rnd(TYPES_MAX) };
	uint32_t size;

	for (uint32_t i = 0; i < w.types; i++)
		put_type(&w);
	size = make_blob(w.words, w.cnt * 4, blob);
	for (uint32_t i = one_in(6) ? 1 + rnd(3) : 0; i; i--)
		blob[rnd(size)] = rnd(256);
	return one_in(30) ? rnd(size) : size;
}

static int load_ours(const void *blob, uint32_t size, char *text)
{
	struct kern_btf *btf;
	uint32_t true_size;
	struct ulog log;
	int err, log_err;

	text[0] = 0;
	assert_int_equal(ulog_init(&log, 1, (uintptr_t)text, LOG_SIZE), 0);
	err = kern_btf_parse(blob, size, NULL, &log, &btf);
	log_err = ulog_finish(&log, &true_size);
	if (!err)
		kern_btf_free(btf);
	return log_err ? log_err : err;
}

static int load_theirs(const void *blob, uint32_t size, char *text)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	text[0] = 0;
	attr.btf = (uintptr_t)blob;
	attr.btf_size = size;
	attr.btf_log_buf = (uintptr_t)text;
	attr.btf_log_size = LOG_SIZE;
	attr.btf_log_level = 1;
	fd = kernel_backend.bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static uint32_t number_of(const char *variable, uint32_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

static void random_types_are_judged_as_by_linux(void **state)
{
	static char ours[LOG_SIZE], theirs[LOG_SIZE];
	uint32_t rounds = number_of("BTF_RANDOM_ROUNDS", 20000), good = 0;
	bool compare = kernel_is_permitted();

	seed = number_of("BTF_RANDOM_SEED", 1);
	for (uint32_t i = 0; i < rounds; i++) {
		/* Of its exact size, so that a sanitizer sees a byte too many. */
		unsigned char room[BLOB_MAX], *blob;
		uint64_t before = seed;
		uint32_t size = random_blob(room);
		int want, got;

		blob = malloc(size ? size : 1);
		assert_non_null(blob);
		memcpy(blob, room, size);
		got = load_ours(blob, size, ours);
		good += !got;
		want = compare ? load_theirs(blob, size, theirs) : got;
		free(blob);
		if (got != want || (compare && strcmp(ours, theirs)))
			fail_msg("state %#llx: %s, not %s\n%s---\n%s", (unsigned long long)before,
				 result_name(got), result_name(want), ours, theirs);
	}
	print_message("%u of %u accepted, %s\n", good, rounds,
		      compare ? "as by the real kernel" : "no real kernel to compare with");
	assert_true(good > rounds / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_types_are_judged_as_by_linux),
	};

	return cmocka_run_group_tests_name("btf: random", tests, NULL, NULL);
}
