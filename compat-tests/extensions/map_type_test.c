/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* Map types of extensions: what the extension sees, changes and refuses; and where it is not there. */
#include <errno.h>
#include <string.h>

#include "asm.h"
#include "backend.h"
#include "kern.h"
#include "probe.h"

#define ARRAY_CNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct backend *const b = &emulated_backend;

/* ---- the extension's side ---- */

static int check(const struct bpfx_map_info *info, const char **reason)
{
	if (info->value_size == 8)
		return 0;
	*reason = "values are 8 bytes";
	return -EDOM;
}

/* Even numbers are doubled, odd ones are refused. */
static int update(struct bpfx_map *map, const void *key, void *value, uint64_t flags)
{
	uint64_t number;

	memcpy(&number, value, sizeof(number));
	if (number & 1)
		return -ERANGE;
	number *= 2;
	memcpy(value, &number, sizeof(number));
	return 0;
}

/* Key 7 stays for ever. */
static int keep(struct bpfx_map *map, const void *key)
{
	return *(const uint32_t *)key == 7 ? -EPERM : 0;
}

/* Commands see one more than programs; key 9 is a secret. */
static int show(struct bpfx_map *map, const void *key, void *value)
{
	++*(uint64_t *)value;
	return *(const uint32_t *)key == 9 ? -EACCES : 0;
}

static void add_probe(uint32_t base)
{
	probe_reset();
	probe.map_types[0].base = base;
	probe.map_types[0].check = check;
	probe.map_types[0].update = update;
	probe.map_types[0].remove = keep;
	probe.map_types[0].lookup = show;
	if (bpfx_register(&probe.ext))
		fail_msg("%s", bpfx_reason());
}

static void drop_probe(void)
{
	assert_int_equal(bpfx_unregister(&probe.ext), 0);
}

static int make(uint32_t value_size, uint32_t flags)
{
	return map_create_simple(b, bpfx_map_type("probe_hash"), 4, value_size, 16, flags);
}

static int put(int fd, uint32_t key, uint64_t value)
{
	return map_update(b, fd, &key, &value, BPF_ANY);
}

static int get(int fd, uint32_t key, uint64_t *value)
{
	return map_lookup(b, fd, &key, value);
}

/* ---- tests ---- */

static void bases_are_few(void **state)
{
	static const uint32_t good[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH,
					 BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_LPM_TRIE };
	static const uint32_t bad[] = { 0, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_RINGBUF,
					BPF_MAP_TYPE_PROG_ARRAY, 0x10000 };

	for (size_t i = 0; i < ARRAY_CNT(good); i++) {
		add_probe(good[i]);
		drop_probe();
	}
	for (size_t i = 0; i < ARRAY_CNT(bad); i++) {
		probe_reset();
		probe.map_types[0].base = bad[i];
		assert_int_equal(bpfx_register(&probe.ext), -EINVAL);
		assert_non_null(strstr(bpfx_reason(), "map type probe_hash: type"));
	}
	assert_int_equal(bpfx_map_type("probe_hash"), 0);
}

static void commands_go_through_the_extension(void **state)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info), key = 7;
	uint64_t value;
	int fd;

	add_probe(BPF_MAP_TYPE_HASH);
	assert_int_equal(make(4, 0), -EDOM);
	assert_string_equal(bpfx_reason(), "values are 8 bytes");
	assert_int_equal(make(8, 1u << 30), -EINVAL);	/* the base's own checks come on top */
	fd = make(8, 0);
	assert_true(fd >= 0);
	assert_int_equal(obj_info(b, fd, &info, &len), 0);
	assert_int_equal(info.type, bpfx_map_type("probe_hash"));
	assert_true(info.type >= BPFX_TYPE_DYNAMIC);
	assert_int_equal(put(fd, 1, 3), -ERANGE);
	assert_int_equal(get(fd, 1, &value), -ENOENT);
	assert_int_equal(put(fd, 1, 4), 0);
	assert_int_equal(get(fd, 1, &value), 0);
	assert_int_equal(value, 9);
	assert_int_equal(put(fd, 7, 2), 0);
	assert_int_equal(map_delete(b, fd, &key), -EPERM);
	assert_int_equal(put(fd, 9, 2), 0);
	assert_int_equal(get(fd, 9, &value), -EACCES);
	key = 1;
	assert_int_equal(map_delete(b, fd, &key), 0);
	assert_int_equal(get(fd, 1, &value), -ENOENT);
	kern_fd_close(fd);
	drop_probe();
}

static void batches_go_through_it_too(void **state)
{
	uint32_t keys[4] = { 1, 2, 3, 4 }, found[4], next;
	uint64_t values[4] = { 2, 4, 5, 6 }, got[4];
	union bpf_attr attr;
	int fd;

	add_probe(BPF_MAP_TYPE_HASH);
	fd = make(8, 0);
	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = fd;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.values = (uintptr_t)values;
	attr.batch.count = 4;
	assert_int_equal(b->bpf(BPF_MAP_UPDATE_BATCH, &attr, sizeof(attr)), -ERANGE);
	assert_int_equal(attr.batch.count, 2);
	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = fd;
	attr.batch.out_batch = (uintptr_t)&next;
	attr.batch.keys = (uintptr_t)found;
	attr.batch.values = (uintptr_t)got;
	attr.batch.count = 4;
	assert_int_equal(b->bpf(BPF_MAP_LOOKUP_BATCH, &attr, sizeof(attr)), -ENOENT);
	assert_int_equal(attr.batch.count, 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(got[i], 2 * 2 * found[i] + 1);
	kern_fd_close(fd);
	drop_probe();
}

/* A program's update goes through the extension, its lookup sees what is stored. */
static void programs_use_it_as_a_map_of_the_base_type(void **state)
{
	uint64_t value;
	uint32_t result;
	int fd, prog;

	add_probe(BPF_MAP_TYPE_HASH);
	fd = make(8, 0);
	prog = PROBE_LOAD(MOV_REG(6, 1), LOAD(DW, 1, 1, 0), STORE(DW, 10, 1, -16),
			  STORE_IMM(W, 10, -4, 5), MAP_FD(1, fd), MOV_REG(2, 10),
			  ALU_IMM(ADD, 2, -4), MOV_REG(3, 10), ALU_IMM(ADD, 3, -16), MOV_IMM(4, 0),
			  CALL(BPF_FUNC_map_update_elem), JUMP_IMM(JNE, 0, 0, 7),
			  MAP_FD(1, fd), MOV_REG(2, 10), ALU_IMM(ADD, 2, -4),
			  CALL(BPF_FUNC_map_lookup_elem), JUMP_IMM(JEQ, 0, 0, 1),
			  LOAD(DW, 0, 0, 0), EXIT());
	assert_true(prog >= 0);
	assert_int_equal(probe_test_run(prog, 10, &result), 0);
	assert_int_equal(result, 20);
	assert_int_equal(get(fd, 5, &value), 0);
	assert_int_equal(value, 21);
	assert_int_equal(probe_test_run(prog, 11, &result), 0);
	assert_int_equal((int)result, -ERANGE);
	kern_fd_close(prog);
	kern_fd_close(fd);
	drop_probe();
}

/* Whether two types are alike only their extensions would know; Linux's types that do not say so are
 * no inner maps either. */
static void it_is_no_inner_map(void **state)
{
	union bpf_attr attr;
	int custom, plain, outer, fd;
	uint32_t key = 0;

	add_probe(BPF_MAP_TYPE_HASH);
	custom = make(8, 0);
	plain = map_create_simple(b, BPF_MAP_TYPE_HASH, 4, 8, 16, 0);
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS;
	attr.key_size = attr.value_size = 4;
	attr.max_entries = 1;
	attr.inner_map_fd = custom;
	assert_int_equal(b->bpf(BPF_MAP_CREATE, &attr, sizeof(attr)), -524);
	attr.inner_map_fd = plain;
	outer = b->bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	assert_true(outer >= 0);
	assert_int_equal(map_update(b, outer, &key, &custom, BPF_ANY), -EINVAL);
	assert_int_equal(map_update(b, outer, &key, &plain, BPF_ANY), 0);
	for (fd = 0; fd < 3; fd++)
		b->close((int[]){ outer, plain, custom }[fd]);
	drop_probe();
}

static void without_the_extension_nothing_is_changed(void **state)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info), key = 1;
	uint64_t value;
	int fd;

	add_probe(BPF_MAP_TYPE_HASH);
	fd = make(8, 0);
	assert_int_equal(put(fd, 1, 4), 0);
	drop_probe();
	assert_int_equal(put(fd, 1, 6), -EOPNOTSUPP);
	assert_int_equal(get(fd, 1, &value), -EOPNOTSUPP);
	assert_int_equal(map_delete(b, fd, &key), -EOPNOTSUPP);
	assert_int_equal(make(8, 0), -EINVAL);
	assert_int_equal(obj_info(b, fd, &info, &len), 0);
	assert_int_equal(info.value_size, 8);
	add_probe(BPF_MAP_TYPE_HASH);
	assert_int_equal(get(fd, 1, &value), 0);
	assert_int_equal(value, 9);
	kern_fd_close(fd);
	drop_probe();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bases_are_few),
		cmocka_unit_test(commands_go_through_the_extension),
		cmocka_unit_test(batches_go_through_it_too),
		cmocka_unit_test(programs_use_it_as_a_map_of_the_base_type),
		cmocka_unit_test(it_is_no_inner_map),
		cmocka_unit_test(without_the_extension_nothing_is_changed),
	};

	use_private_store();
	bpfx_host();
	return cmocka_run_group_tests_name("extensions: map types", tests, NULL, NULL);
}
