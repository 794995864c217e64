/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Objects and BTF with bytes changed or cut off must open or be refused, nothing else; run under
 * ASan it also means no access outside. Seeds make every run the same.
 */
#include "harness.h"

#define ROUNDS 1000

static const char *const names[] = { "basic", "maps", "core", "rings", "kconfig", "bad" };

static unsigned int next_random(unsigned int *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Few bytes at random, more often near a place where headers and tables are. */
static size_t mutate(unsigned char *data, size_t size, unsigned int seed)
{
	static const unsigned char interesting[] = { 0, 1, 0x7f, 0x80, 0xff, 0x10 };
	unsigned int count = 1 + next_random(&seed) % 6, at;

	while (count--) {
		at = next_random(&seed) % size;
		if (next_random(&seed) % 2)
			data[at] = interesting[next_random(&seed) % sizeof(interesting)];
		else
			data[at] = next_random(&seed);
	}
	return next_random(&seed) % 10 ? size : next_random(&seed) % size;
}

static void look_at(struct bpf_object *obj)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	unsigned long count = 0;

	bpf_object__for_each_program(prog, obj)
		count += strlen(bpf_program__name(prog)) + bpf_program__insn_cnt(prog);
	bpf_object__for_each_map(map, obj)
		count += strlen(bpf_map__name(map)) + bpf_map__value_size(map);
	assert_true(count < 1UL << 48);
}

static void changed_objects_do_no_harm(void **state)
{
	/* another library's weaknesses are not ours to find */
	unsigned int rounds = is_old_libbpf() ? 0 : ROUNDS, seed;
	size_t size, cut, i;
	unsigned char *data, *copy;
	struct bpf_object *obj;

	for (i = 0; i < COUNT(names); i++) {
		data = read_prog(names[i], &size);
		for (seed = 0; seed < rounds; seed++) {
			copy = malloc(size);
			memcpy(copy, data, size);
			cut = mutate(copy, size, seed * COUNT(names) + i);
			forget_messages();
			obj = bpf_object__open_mem(copy, cut, NULL);
			if (obj)
				look_at(obj);
			bpf_object__close(obj);
			free(copy);
		}
		free(data);
	}
}

static void swallow(void *ctx, const char *format, va_list args)
{
	*(size_t *)ctx += vsnprintf(NULL, 0, format, args);
}

static void print_all(const struct btf *btf)
{
	static const char zeros[4096];
	struct btf_dump *dump;
	size_t printed = 0;
	__u32 id;

	dump = btf_dump__new(btf, swallow, &printed, NULL);
	assert_non_null(dump);
	for (id = 1; id < btf__type_cnt(btf); id++) {
		btf_dump__dump_type(dump, id);
		btf_dump__dump_type_data(dump, id, zeros, sizeof(zeros), NULL);
	}
	btf_dump__free(dump);
}

/* Without ELF around it, every change hits BTF. */
static void changed_btf_does_no_harm(void **state)
{
	unsigned int rounds = is_old_libbpf() ? 0 : ROUNDS, seed;
	const void *raw;
	unsigned char *copy;
	struct btf *btf, *changed;
	char path[512];
	__u32 size, cut, id;

	snprintf(path, sizeof(path), "%s/core.bpf.o", PROGS_DIR);
	btf = btf__parse(path, NULL);
	assert_non_null(btf);
	raw = btf__raw_data(btf, &size);
	for (seed = 0; seed < rounds; seed++) {
		copy = malloc(size);
		memcpy(copy, raw, size);
		cut = mutate(copy, size, seed);
		forget_messages();
		changed = btf__new(copy, cut);
		for (id = 1; changed && id < btf__type_cnt(changed); id++) {
			btf__resolve_size(changed, id);
			btf__resolve_type(changed, id);
			btf__align_of(changed, id);
			btf__name_by_offset(changed, btf__type_by_id(changed, id)->name_off);
		}
		if (changed)
			print_all(changed);
		btf__free(changed);
		free(copy);
	}
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changed_objects_do_no_harm),
		cmocka_unit_test(changed_btf_does_no_harm),
	};

	return run_group("fuzz", tests, COUNT(tests));
}
