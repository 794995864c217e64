/* SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause */
/*
 * Element commands, batches, mmap, freeze and fd modes: every row of data/map-ops-errno.tsv for
 * the types that exist. Rows of a type are one story: they run in file order on one map.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "cgroup_dirs.h"
#include "facts.h"
#include "perf.h"

static const struct shape {
	const char *name;
	uint32_t type, key_size, value_size, max_entries;
} shapes[] = {
	{ "HASH", BPF_MAP_TYPE_HASH, 4, 8, 8 },
	{ "ARRAY", BPF_MAP_TYPE_ARRAY, 4, 8, 8 },
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

struct story {
	const struct backend *b;
	const struct shape *shape;
	int fd;			/* the map the rows are about */
	int value_fd;		/* what maps of fds take; -1: values are data */
	int special;		/* RDONLY, WRONLY or MMAPABLE one */
	char special_name[16];
	void *view;		/* writable view of the MMAPABLE map */
	uint32_t count;		/* what a batch wrote back */
	bool has_count;
};

/* With room for the keys of all types. */
static uint32_t good_key[2], odd_key[2] = { 999999 };
static char values[4096];
/* What lookups are given: a bloom filter is asked for a value that is not in it. */
static char asked[4096];

static int call(struct story *s, int cmd, int fd, const void *key, const void *value,
		uint64_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	attr.flags = flags;
	return s->b->bpf(cmd, &attr, sizeof(attr));
}

/* ---- maps whose values are fds ---- */

static int new_inner(struct story *s, uint32_t type, uint32_t value, uint32_t max)
{
	return map_create_simple(s->b, type, 4, value, max, 0);
}

static bool is_map_in_map(const struct story *s)
{
	return s->shape->type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	       s->shape->type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static int new_map(struct story *s, uint32_t flags)
{
	union bpf_attr attr;
	int inner = new_inner(s, BPF_MAP_TYPE_ARRAY, 4, 2), fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = s->shape->type;
	attr.key_size = s->shape->key_size;
	attr.value_size = s->shape->value_size;
	attr.max_entries = s->shape->max_entries;
	attr.map_flags = flags | (s->shape->type == BPF_MAP_TYPE_LPM_TRIE ? BPF_F_NO_PREALLOC : 0);
	if (is_map_in_map(s))
		attr.inner_map_fd = inner;
	fd = s->b->bpf(BPF_MAP_CREATE, &attr, sizeof(attr));
	s->b->close(inner);
	return fd;
}

/* Made once. */
static int open_cgroup(const struct backend *b)
{
	static int made = -1;

	if (made < 0)
		made = cgroup_dirs_make(cgroup_dirs_for(b), "in_array");
	return dup(made);
}

static int good_value_fd(struct story *s)
{
	if (s->shape->type == BPF_MAP_TYPE_PROG_ARRAY)
		return load_trivial(s->b, BPF_PROG_TYPE_XDP);
	if (is_map_in_map(s))
		return new_inner(s, BPF_MAP_TYPE_ARRAY, 4, 2);
	if (s->shape->type == BPF_MAP_TYPE_CGROUP_ARRAY)
		return open_cgroup(s->b);
	if (s->shape->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return perf_open_output(s->b, 0, 1);
	return -1;
}

/* An update with some other fd as value: closed, of something else, of an unfit object. */
static bool fd_row(struct story *s, const char *what, int *got)
{
	int fd = -1;

	if (!strcmp(what, "update value fd=/dev/null"))
		fd = open("/dev/null", O_RDONLY);
	else if (!strcmp(what, "update value fd=other-kind(btf)"))
		fd = s->shape->type == BPF_MAP_TYPE_PROG_ARRAY ? new_inner(s, 1, 4, 2)
							       : load_trivial(s->b, 6);
	else if (!strcmp(what, "update prog of other type"))
		fd = load_trivial(s->b, BPF_PROG_TYPE_SOCKET_FILTER);
	else if (!strcmp(what, "update inner of other type"))
		fd = new_inner(s, BPF_MAP_TYPE_HASH, 4, 2);
	else if (!strcmp(what, "update inner with other max_entries"))
		fd = new_inner(s, BPF_MAP_TYPE_ARRAY, 4, 3);
	else if (!strcmp(what, "update inner with other value_size"))
		fd = new_inner(s, BPF_MAP_TYPE_ARRAY, 8, 2);
	else if (strcmp(what, "update value fd=-1"))
		return false;
	*got = map_update(s->b, s->fd, good_key, &fd, 0);
	if (fd >= 0)
		s->b->close(fd);
	return true;
}

static int delete(struct story *s, int fd, const void *key)
{
	return call(s, BPF_MAP_DELETE_ELEM, fd, key, NULL, 0);
}

static int freeze(struct story *s, int fd)
{
	return call(s, BPF_MAP_FREEZE, fd, NULL, NULL, 0);
}

/* Ring buffers have no keys: a good one is NULL. */
static const void *good(const struct story *s)
{
	return s->shape->key_size ? good_key : NULL;
}

static bool element_row(struct story *s, const char *what, int fd, int *got)
{
	unsigned long long flags = 0;

	if (!strcmp(what, "lookup empty/missing good key") || !strcmp(what, "lookup existing") ||
	    !strcmp(what, "lookup shorter-prefix match") ||
	    !strcmp(what, "lookup after freeze") || !strcmp(what, "lookup"))
		*got = call(s, BPF_MAP_LOOKUP_ELEM, fd, good(s), asked, 0);
	else if (!strcmp(what, "lookup out-of-range/invalid key"))
		*got = call(s, BPF_MAP_LOOKUP_ELEM, fd, odd_key, asked, 0);
	else if (!strcmp(what, "lookup key=NULL"))
		*got = call(s, BPF_MAP_LOOKUP_ELEM, fd, NULL, asked, 0);
	else if (!strcmp(what, "lookup value=NULL"))
		*got = call(s, BPF_MAP_LOOKUP_ELEM, fd, good(s), NULL, 0);
	else if (sscanf(what, "lookup existing flags=%llu", &flags) == 1)
		*got = call(s, BPF_MAP_LOOKUP_ELEM, fd, good(s), asked, flags);
	else if (!strcmp(what, "update key=NULL"))
		*got = call(s, BPF_MAP_UPDATE_ELEM, fd, NULL, values, 0);
	else if (!strcmp(what, "update value=NULL"))
		*got = call(s, BPF_MAP_UPDATE_ELEM, fd, good(s), NULL, 0);
	else if (!strcmp(what, "update out-of-range/invalid key"))
		*got = call(s, BPF_MAP_UPDATE_ELEM, fd, odd_key, values, 0);
	else if (sscanf(what, "update good key flags=%llu", &flags) == 1)
		*got = call(s, BPF_MAP_UPDATE_ELEM, fd, good(s), values, flags);
	else if (!strcmp(what, "update good key NOEXIST again"))
		*got = call(s, BPF_MAP_UPDATE_ELEM, fd, good(s), values, BPF_NOEXIST);
	else if (!strcmp(what, "update good key EXIST again"))
		*got = call(s, BPF_MAP_UPDATE_ELEM, fd, good(s), values, BPF_EXIST);
	else if (!strncmp(what, "update good key ANY", 19) || !strncmp(what, "update again", 12) ||
		 !strcmp(what, "update after freeze") || !strcmp(what, "update"))
		*got = call(s, BPF_MAP_UPDATE_ELEM, fd, good(s), values, 0);
	else
		return false;
	return true;
}

static bool delete_row(struct story *s, const char *what, int fd, int *got)
{
	unsigned long long flags = 0;

	if (sscanf(what, "lookup_and_delete existing flags=%llu", &flags) == 1 ||
	    !strcmp(what, "lookup_and_delete again") ||
	    !strcmp(what, "lookup_and_delete after freeze"))
		*got = call(s, BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, good(s), values, flags);
	else if (!strncmp(what, "delete out-of-range/invalid", 27))
		*got = delete(s, fd, odd_key);
	else if (!strcmp(what, "delete key=NULL"))
		*got = delete(s, fd, NULL);
	else if (!strncmp(what, "delete", 6) && !strstr(what, "batch"))
		*got = delete(s, fd, good(s));
	else
		return false;
	return true;
}

static bool next_key_row(struct story *s, const char *what, int fd, int *got)
{
	uint32_t next[2] = { 0 };

	if (!strncmp(what, "next_key NULL", 13) || !strcmp(what, "next_key"))
		*got = call(s, BPF_MAP_GET_NEXT_KEY, fd, NULL, next, 0);
	else if (!strcmp(what, "next_key existing(last)"))
		*got = call(s, BPF_MAP_GET_NEXT_KEY, fd, good(s), next, 0);
	else if (!strcmp(what, "next_key missing/out-of-range"))
		*got = call(s, BPF_MAP_GET_NEXT_KEY, fd, odd_key, next, 0);
	else if (!strcmp(what, "next_key next_key=NULL"))
		*got = call(s, BPF_MAP_GET_NEXT_KEY, fd, NULL, NULL, 0);
	else
		return false;
	return true;
}

static bool batch_row(struct story *s, const char *what, int fd, int *got)
{
	static const struct {
		const char *name;
		int cmd;
	} cmds[] = {
		{ "lookup_batch ", BPF_MAP_LOOKUP_BATCH },
		{ "update_batch ", BPF_MAP_UPDATE_BATCH },
		{ "delete_batch ", BPF_MAP_DELETE_BATCH },
		{ "lookup_and_delete_batch ", BPF_MAP_LOOKUP_AND_DELETE_BATCH },
	};
	static uint32_t keys[16];
	const char *text;
	union bpf_attr attr;
	char token[64];
	size_t i;

	for (i = 0; i < 4 && strncmp(what, cmds[i].name, strlen(cmds[i].name)); i++)
		;
	if (i == 4)
		return false;
	memset(&attr, 0, sizeof(attr));
	keys[0] = strstr(what, "missing") ? odd_key[0] + 1 : good_key[0];
	attr.batch.map_fd = fd;
	attr.batch.keys = (uintptr_t)keys;
	attr.batch.values = (uintptr_t)values;
	attr.batch.out_batch = (uintptr_t)token;
	attr.batch.count = strstr(what, "missing") ? 1 : 2;
	text = strstr(what, " count=");
	if (text)
		attr.batch.count = atoi(text + 7);
	text = strstr(what, "elem_flags=");
	if (text)
		attr.batch.elem_flags = strstr(text, "NOEXIST") ? BPF_NOEXIST : atoi(text + 11);
	else if ((text = strstr(what, " flags=")))
		attr.batch.flags = atoi(text + 7);
	*got = s->b->bpf(cmds[i].cmd, &attr, sizeof(attr));
	s->count = attr.batch.count;
	s->has_count = true;
	return true;
}

static int map_view(struct story *s, int fd, size_t length, int prot, off_t offset, void **keep)
{
	int err;
	void *mem = s->b->mmap(NULL, length, prot, MAP_SHARED, fd, offset, &err);

	if (keep)
		*keep = mem;
	else if (mem)
		munmap(mem, length);
	return err;
}

static bool mmap_row(struct story *s, const char *what, int fd, int *got)
{
	const int rw = PROT_READ | PROT_WRITE;

	if (!strcmp(what, "mmap RW page 0"))
		*got = map_view(s, fd, 4096, rw, 0, fd == s->special ? &s->view : NULL);
	else if (!strcmp(what, "mmap R page 0") || !strcmp(what, "mmap R"))
		*got = map_view(s, fd, 4096, PROT_READ, 0, NULL);
	else if (!strcmp(what, "mmap RW page 1"))
		*got = map_view(s, fd, 4096, rw, 4096, NULL);
	else if (!strcmp(what, "mmap R pages 0-2"))
		*got = map_view(s, fd, 3 * 4096, PROT_READ, 0, NULL);
	else if (!strcmp(what, "mmap R page 1..3"))
		*got = map_view(s, fd, 3 * 4096, PROT_READ, 4096, NULL);
	else if (!strcmp(what, "mmap RWX page 0"))
		*got = map_view(s, fd, 4096, rw | PROT_EXEC, 0, NULL);
	else if (!strcmp(what, "mmap page 1 (past end)"))
		*got = map_view(s, fd, 4096, rw, 4096, NULL);
	else if (!strcmp(what, "mmap R 2 pages"))
		*got = map_view(s, fd, 2 * 4096, PROT_READ, 0, NULL);
	else if (!strcmp(what, "mmap RX"))
		*got = map_view(s, fd, 4096, PROT_READ | PROT_EXEC, 0, NULL);
	else if (!strcmp(what, "mmap RW"))
		*got = map_view(s, fd, 4096, rw, 0, NULL);
	else
		return false;
	return true;
}

static bool freeze_row(struct story *s, const char *what, int fd, int *got)
{
	if (strncmp(what, "freeze", 6))
		return false;
	if (!strcmp(what, "freeze after unmap"))
		munmap(s->view, 4096);
	*got = freeze(s, fd);
	return true;
}

/* "RDONLY fd: …" and the like: a map of its own, made when the first such row comes. */
static int special_map(struct story *s, const char *name, uint32_t flag)
{
	if (strcmp(s->special_name, name)) {
		if (s->special >= 0)
			s->b->close(s->special);
		s->special = new_map(s, flag);
		strcpy(s->special_name, name);
	}
	return s->special;
}

static const char *choose_map(struct story *s, const char *what, int *fd)
{
	*fd = s->fd;
	if (!strncmp(what, "RDONLY fd: ", 11)) {
		*fd = special_map(s, "RDONLY", BPF_F_RDONLY);
		return what + 11;
	}
	if (!strncmp(what, "WRONLY fd: ", 11)) {
		*fd = special_map(s, "WRONLY", BPF_F_WRONLY);
		return what + 11;
	}
	if (!strncmp(what, "MMAPABLE: ", 10) || !strncmp(what, "MMAPABLE frozen: ", 17)) {
		*fd = special_map(s, "MMAPABLE", BPF_F_MMAPABLE);
		return strchr(what, ':') + 2;
	}
	return what;
}

/* Values of maps of interfaces: the loopback's index, or the one that the row names. */
static bool interface_row(struct story *s, const char *what, int *got)
{
	uint32_t index = 1;

	if (s->shape->type != BPF_MAP_TYPE_DEVMAP && s->shape->type != BPF_MAP_TYPE_DEVMAP_HASH)
		return false;
	memcpy(values, &index, sizeof(index));
	if (sscanf(what, "update ifindex %u", &index) != 1)
		return false;
	*got = map_update(s->b, s->fd, good_key, &index, 0);
	return true;
}

static int run_row(struct story *s, const char *what)
{
	int fd, got = 0;

	s->has_count = false;
	if (!strcmp(what, "create RDONLY fd"))
		return special_map(s, "create RDONLY", BPF_F_RDONLY);
	if (!strcmp(what, "create WRONLY fd"))
		return special_map(s, "create WRONLY", BPF_F_WRONLY);
	if (s->value_fd >= 0)
		memcpy(values, &s->value_fd, sizeof(s->value_fd));
	if (interface_row(s, what, &got) || fd_row(s, what, &got))
		return got;
	what = choose_map(s, what, &fd);
	if (!freeze_row(s, what, fd, &got) && !mmap_row(s, what, fd, &got) &&
	    !batch_row(s, what, fd, &got) && !next_key_row(s, what, fd, &got) &&
	    !delete_row(s, what, fd, &got) && !element_row(s, what, fd, &got))
		fail_msg("no such operation: %s", what);
	return got;
}

static void story_of(const struct backend *b, size_t shape)
{
	struct story s = { .b = b, .shape = &shapes[shape], .special = -1 };
	int cnt, wrong = 0;
	struct fact *rows;

	cnt = facts_of("map-ops-errno.tsv", s.shape->name, &rows);
	assert_true(cnt > 60);
	memset(asked, 0xff, sizeof(asked));
	s.fd = new_map(&s, 0);
	s.value_fd = good_value_fd(&s);
	assert_true(s.fd >= 0);
	for (int i = 0; i < cnt; i++) {
		char got[48];
		int len = snprintf(got, sizeof(got), "%s", result_name(run_row(&s, rows[i].what)));

		if (s.has_count)
			snprintf(got + len, sizeof(got) - len, ":count=%u", s.count);
		if (!strcmp(got, rows[i].want))
			continue;
		print_error("%s: %s: want %s, got %s\n", rows[i].type, rows[i].what, rows[i].want,
			    got);
		wrong++;
	}
	free(rows);
	b->close(s.fd);
	if (s.value_fd >= 0)
		b->close(s.value_fd);
	if (s.special >= 0)
		b->close(s.special);
	assert_int_equal(wrong, 0);
}

static void hash_operations(void **state)
{
	story_of(backend_of(state), 0);
}

static void array_operations(void **state)
{
	story_of(backend_of(state), 1);
}

static void percpu_array_operations(void **state)
{
	story_of(backend_of(state), 2);
}

static void ringbuf_operations(void **state)
{
	story_of(backend_of(state), 3);
}

static void prog_array_operations(void **state)
{
	story_of(backend_of(state), 4);
}

static void array_of_maps_operations(void **state)
{
	story_of(backend_of(state), 5);
}

static void percpu_hash_operations(void **state)
{
	story_of(backend_of(state), 6);
}

static void hash_of_maps_operations(void **state)
{
	story_of(backend_of(state), 7);
}

static void queue_operations(void **state)
{
	story_of(backend_of(state), 8);
}

static void stack_operations(void **state)
{
	story_of(backend_of(state), 9);
}

static void lpm_trie_operations(void **state)
{
	story_of(backend_of(state), 10);
}

static void bloom_filter_operations(void **state)
{
	story_of(backend_of(state), 11);
}

static void lru_hash_operations(void **state)
{
	story_of(backend_of(state), 12);
}

static void lru_percpu_hash_operations(void **state)
{
	story_of(backend_of(state), 13);
}

static void devmap_operations(void **state)
{
	story_of(backend_of(state), 14);
}

static void devmap_hash_operations(void **state)
{
	story_of(backend_of(state), 15);
}

static void perf_event_array_operations(void **state)
{
	story_of(backend_of(state), 16);
}

static void cgroup_array_operations(void **state)
{
	story_of(backend_of(state), 17);
}

static void user_ringbuf_operations(void **state)
{
	story_of(backend_of(state), 18);
}

int main(void)
{
	static const struct both_test tests[] = {
		BOTH(hash_operations),
		BOTH(array_operations),
		BOTH(percpu_array_operations),
		BOTH(ringbuf_operations),
		BOTH(prog_array_operations),
		BOTH(array_of_maps_operations),
		BOTH(percpu_hash_operations),
		BOTH(hash_of_maps_operations),
		BOTH(queue_operations),
		BOTH(stack_operations),
		BOTH(lpm_trie_operations),
		BOTH(bloom_filter_operations),
		BOTH(lru_hash_operations),
		BOTH(lru_percpu_hash_operations),
		BOTH(devmap_operations),
		BOTH(devmap_hash_operations),
		BOTH(perf_event_array_operations),
		BOTH(cgroup_array_operations),
		BOTH(user_ringbuf_operations),
	};

	return run_on_both("map_ops", tests, sizeof(tests) / sizeof(tests[0]));
}
