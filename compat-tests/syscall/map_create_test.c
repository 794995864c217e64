/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/* MAP_CREATE: every row of data/map-create-errno.tsv for the types that exist. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/btf.h>

#include "backend.h"
#include "facts.h"

static const struct {
	const char *name;
	uint32_t type, key_size, value_size, max_entries;
} shapes[] = {
	{ "HASH", BPF_MAP_TYPE_HASH, 4, 8, 8 },
	{ "ARRAY", BPF_MAP_TYPE_ARRAY, 4, 8, 1 },	/* one row has values of 2 GiB */
	{ "PERCPU_ARRAY", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 8 },
	{ "RINGBUF", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096 },
	{ "PROG_ARRAY", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 8 },
	{ "ARRAY_OF_MAPS", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 8 },
	{ "PERCPU_HASH", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 8 },
	{ "HASH_OF_MAPS", BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 8 },
	{ "QUEUE", BPF_MAP_TYPE_QUEUE, 0, 8, 8 },
	{ "STACK", BPF_MAP_TYPE_STACK, 0, 8, 8 },
	{ "LPM_TRIE", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 8 },
	{ "BLOOM_FILTER", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 8 },
	{ "LRU_HASH", BPF_MAP_TYPE_LRU_HASH, 4, 8, 8 },
	{ "LRU_PERCPU_HASH", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 8 },
	{ "DEVMAP", BPF_MAP_TYPE_DEVMAP, 4, 4, 8 },
	{ "DEVMAP_HASH", BPF_MAP_TYPE_DEVMAP_HASH, 4, 4, 8 },
	{ "PERF_EVENT_ARRAY", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 8 },
	{ "CGROUP_ARRAY", BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 8 },
	{ "USER_RINGBUF", BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096 },
};

/* What a variant needs beside its attr, closed after the call. */
struct variant {
	const struct backend *b;
	union bpf_attr attr;
	uint32_t size;
	int helper_fd;
};

/* BTF with type 1: a 4-byte int. */
static int load_btf(const struct backend *b)
{
	struct {
		struct btf_header header;
		struct btf_type type;
		uint32_t encoding;
		char strings[8];
	} __attribute__((packed)) blob = {
		.header = { BTF_MAGIC, BTF_VERSION, 0, sizeof(struct btf_header), 0, 16, 16, 8 },
		.type = { 1, BTF_KIND_INT << 24, { 4 } },
		.encoding = BTF_INT_SIGNED << 24 | 32,
		.strings = "\0int",
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.btf = (uintptr_t)&blob;
	attr.btf_size = sizeof(blob);
	return b->bpf(BPF_BTF_LOAD, &attr, sizeof(attr));
}

static bool is_ring(uint32_t type)
{
	return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF;
}

static bool set_number(struct variant *v, const char *what)
{
	unsigned long value;

	if (sscanf(what, "key_size=%lu", &value) == 1)
		v->attr.key_size = value;
	else if (sscanf(what, "value_size=%lu", &value) == 1)
		v->attr.value_size = value;
	else if (sscanf(what, "max_entries=%lu", &value) == 1)
		v->attr.max_entries = value;
	else if (!strcmp(what, "map_extra=1<<32"))
		v->attr.map_extra = 1ull << 32;
	else if (sscanf(what, "map_extra=%lu", &value) == 1)
		v->attr.map_extra = value;
	else if (sscanf(what, "ifindex=%lu", &value) == 1)
		v->attr.map_ifindex = value;
	else if (!strncmp(what, "numa_node=", 10))
		v->attr.numa_node = atoi(what + 10);
	else
		return false;
	if (strstr(what, "value_huge"))
		v->attr.value_size = is_ring(v->attr.map_type) ? 0 : 1u << 20;
	if (strstr(what, "+flag"))
		v->attr.map_flags |= BPF_F_NUMA_NODE;
	return true;
}

static bool set_flags(struct variant *v, const char *what)
{
	char text[96], *word, *rest;
	int known = 0;

	if (strncmp(what, "flags", 5))
		return false;
	strcpy(text, what + 5);
	for (word = strtok_r(text, "^|", &rest); word; word = strtok_r(NULL, "^|", &rest)) {
		v->attr.map_flags ^= map_flag_by_name(word, &known);
		if (!known)
			return false;
	}
	return true;
}

static bool set_name(struct variant *v, const char *what)
{
	if (strncmp(what, "name=", 5))
		return false;
	what += 5;
	if (!strcmp(what, "16chars_unterminated"))
		memset(v->attr.map_name, 'a', 16);
	else if (!strcmp(what, "15chars"))
		memset(v->attr.map_name, 'a', 15);
	else if (!strcmp(what, "junk_after_nul"))
		memcpy(v->attr.map_name, "ok\0-- -", 7);
	else
		memcpy(v->attr.map_name, what, strnlen(what, 16));
	return true;
}

static bool set_fds(struct variant *v, const char *what)
{
	if (!strcmp(what, "inner_map_fd=-1"))
		v->attr.inner_map_fd = -1;
	else if (!strcmp(what, "inner_map_fd=btf_fd"))
		v->attr.inner_map_fd = v->helper_fd = load_btf(v->b);
	else if (!strcmp(what, "inner_map_fd=array"))
		v->attr.inner_map_fd = v->helper_fd =
			map_create_simple(v->b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	else if (!strcmp(what, "inner_map_fd=hash"))
		v->attr.inner_map_fd = v->helper_fd =
			map_create_simple(v->b, BPF_MAP_TYPE_HASH, 4, 4, 1, 0);
	else if (!strcmp(what, "value_type_btf_obj_fd=-1,noflag"))
		v->attr.value_type_btf_obj_fd = -1;
	else if (!strcmp(what, "token_fd=-1,noflag"))
		v->attr.map_token_fd = -1;
	else if (!strcmp(what, "token_fd=-1+flag")) {
		v->attr.map_token_fd = -1;
		v->attr.map_flags |= BPF_F_TOKEN_FD;
	} else
		return false;
	return true;
}

static void set_btf_ids(struct variant *v, int key, int value)
{
	v->attr.btf_fd = v->helper_fd = load_btf(v->b);
	v->attr.btf_key_type_id = key;
	v->attr.btf_value_type_id = value;
}

static bool set_btf(struct variant *v, const char *what)
{
	int key, value;

	if (!strcmp(what, "btf_fd=-1,ids0") || !strcmp(what, "btf_fd=-1,ids1")) {
		v->attr.btf_fd = -1;
		v->attr.btf_key_type_id = v->attr.btf_value_type_id = what[13] - '0';
	} else if (!strcmp(what, "btf_fd=map_fd,ids1")) {
		v->attr.btf_fd = v->helper_fd =
			map_create_simple(v->b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
		v->attr.btf_key_type_id = v->attr.btf_value_type_id = 1;
	} else if (sscanf(what, "btf kid=%d,vid=%d", &key, &value) == 2) {
		set_btf_ids(v, key, value);
	} else if (!strcmp(what, "btf_ok:key4,value4")) {
		v->attr.value_size = 4;
		set_btf_ids(v, 1, 1);
	} else if (!strcmp(what, "btf_value_size_mismatch")) {
		set_btf_ids(v, 1, 1);
	} else if (!strcmp(what, "btf_key_size_mismatch")) {
		v->attr.key_size = 8;
		v->attr.value_size = 4;
		set_btf_ids(v, 1, 1);
	} else if (!strcmp(what, "btf_vmlinux_value_type_id=1")) {
		v->attr.btf_vmlinux_value_type_id = 1;
	} else {
		return false;
	}
	return true;
}

static bool set_hash_or_tail(struct variant *v, const char *what)
{
	if (!strcmp(what, "valid"))
		return true;
	if (!strcmp(what, "excl_hash_size=32,ptr0"))
		v->attr.excl_prog_hash_size = 32;
	else if (!strcmp(what, "excl_hash_ptr=1,size0"))
		v->attr.excl_prog_hash = 1;
	else if (!strcmp(what, "excl_hash_size=31")) {
		v->attr.excl_prog_hash = (uintptr_t)v;
		v->attr.excl_prog_hash_size = 31;
	} else if (!strcmp(what, "attr_tail_nonzero"))
		((char *)&v->attr)[sizeof(v->attr) - 1] = 1;
	else
		return false;
	return true;
}

static int run_row(const struct backend *b, size_t shape, const struct fact *row)
{
	struct variant v = { .b = b, .size = sizeof(v.attr), .helper_fd = -1 };
	int fd, inner = -1;

	v.attr.map_type = shapes[shape].type;
	v.attr.key_size = shapes[shape].key_size;
	v.attr.value_size = shapes[shape].value_size;
	v.attr.max_entries = shapes[shape].max_entries;
	if (v.attr.map_type == BPF_MAP_TYPE_LPM_TRIE)
		v.attr.map_flags = BPF_F_NO_PREALLOC;
	if (v.attr.map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	    v.attr.map_type == BPF_MAP_TYPE_HASH_OF_MAPS)
		v.attr.inner_map_fd = inner = map_create_simple(b, BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0);
	if (!set_number(&v, row->what) && !set_flags(&v, row->what) && !set_name(&v, row->what) &&
	    !set_fds(&v, row->what) && !set_btf(&v, row->what) && !set_hash_or_tail(&v, row->what))
		fail_msg("no such variant: %s", row->what);
	fd = b->bpf(BPF_MAP_CREATE, &v.attr, v.size);
	if (fd >= 0)
		b->close(fd);
	if (v.helper_fd >= 0)
		b->close(v.helper_fd);
	if (inner >= 0)
		b->close(inner);
	return fd;
}

static void rows_of(const struct backend *b, size_t shape)
{
	struct fact *rows;
	int cnt = facts_of("map-create-errno.tsv", shapes[shape].name, &rows), wrong = 0;

	assert_true(cnt > 90);
	for (int i = 0; i < cnt; i++) {
		const char *got;

		/* Half of 2^32 buckets take 16 GiB. */
		if (shapes[shape].type == BPF_MAP_TYPE_DEVMAP_HASH &&
		    !strncmp(rows[i].what, "max_entries=2147483648", 22))
			continue;
		got = result_name(run_row(b, shape, &rows[i]));
		if (!strcmp(got, rows[i].want))
			continue;
		print_error("%s: %s: want %s, got %s\n", rows[i].type, rows[i].what, rows[i].want,
			    got);
		wrong++;
	}
	free(rows);
	assert_int_equal(wrong, 0);
}

static void hash_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 0);
}

static void array_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 1);
}

static void percpu_array_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 2);
}

static void ringbuf_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 3);
}

static void prog_array_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 4);
}

static void array_of_maps_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 5);
}

static void percpu_hash_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 6);
}

static void hash_of_maps_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 7);
}

static void queue_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 8);
}

static void stack_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 9);
}

static void lpm_trie_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 10);
}

static void bloom_filter_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 11);
}

static void lru_hash_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 12);
}

static void lru_percpu_hash_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 13);
}

static void devmap_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 14);
}

static void devmap_hash_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 15);
}

static void perf_event_array_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 16);
}

static void cgroup_array_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 17);
}

static void user_ringbuf_create_checks_attributes(void **state)
{
	rows_of(backend_of(state), 18);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(hash_create_checks_attributes),
		BOTH(array_create_checks_attributes),
		BOTH(percpu_array_create_checks_attributes),
		BOTH(ringbuf_create_checks_attributes),
		BOTH(prog_array_create_checks_attributes),
		BOTH(array_of_maps_create_checks_attributes),
		BOTH(percpu_hash_create_checks_attributes),
		BOTH(hash_of_maps_create_checks_attributes),
		BOTH(queue_create_checks_attributes),
		BOTH(stack_create_checks_attributes),
		BOTH(lpm_trie_create_checks_attributes),
		BOTH(bloom_filter_create_checks_attributes),
		BOTH(lru_hash_create_checks_attributes),
		BOTH(lru_percpu_hash_create_checks_attributes),
		BOTH(devmap_create_checks_attributes),
		BOTH(devmap_hash_create_checks_attributes),
		BOTH(perf_event_array_create_checks_attributes),
		BOTH(cgroup_array_create_checks_attributes),
		BOTH(user_ringbuf_create_checks_attributes),
	};

	return run_on_both("map_create", tests, sizeof(tests) / sizeof(tests[0]));
}
